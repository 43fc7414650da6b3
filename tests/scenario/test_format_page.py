"""The reference page of the scenario file names every key, and its examples load."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from openiads.scenario import classes, spec
from openiads.scenario.load import library_file, parse
from openiads.scenario.quantity import Spec
from openiads.units import UNITS

PAGE = (Path(__file__).parents[2] / "docs" / "scenario-format.md").read_text(encoding="utf-8")
WORDS = set(re.findall(r"`\[*([A-Za-z0-9_.]+)\]*`|\b(\w+) =", PAGE))
NAMED = {word for pair in WORDS for word in pair if word}
TABLES = [
    model
    for module in (classes, spec)
    for model in vars(module).values()
    if isinstance(model, type) and issubclass(model, Spec) and model not in (Spec, spec.Scenario, classes.Library)
]


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.__name__)
def test_every_key_is_on_the_page(table: type[Spec]) -> None:
    for field in table.model_fields:
        key = table.spelled(field) + ("_" if table.extra(field, "dimension") else "")
        assert key in NAMED or f"civil.{key}" in NAMED or key in ("airports", "gates", "threats"), key


def test_every_unit_is_on_the_page() -> None:
    for units in UNITS.values():
        assert {f"_{suffix}" for suffix in units} <= NAMED


def test_the_example_of_own_classes_loads() -> None:
    block = next(b for b in re.findall(r"```toml\n(.*?)```", PAGE, re.S) if "[library." in b)
    table = tomllib.loads(library_file("turkey-2019").read_text(encoding="utf-8"))
    table["library"] = tomllib.loads(block)["library"]
    table["library"]["bodies"]["fighter-at-war"] = table["library"]["bodies"]["fighter-silent"]
    scenario = parse(table, "example.toml")
    assert scenario.library.radars["96l6e-class"].antenna_height == 24.0
    assert scenario.library.radars["96l6e-class"].range == 300e3
    assert scenario.library.bodies["fighter-silent"].reply_probability == 0.0
