"""The shipped library: every number states its source, grade and range; references lead somewhere."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from openiads.scenario.load import library_file, load, parse, scenario_names, sources
from openiads.scenario.schema import json_schema
from openiads.scenario.spec import Scenario
from openiads.scenario.spelling import GRADES

LIBRARY = files("openiads").joinpath("library")
SYSTEMS = {f.name: tomllib.loads(f.read_text(encoding="utf-8")) for f in LIBRARY.joinpath("systems").iterdir()}
SCENARIOS = {name: tomllib.loads(library_file(name).read_text(encoding="utf-8")) for name in scenario_names()}


def entries() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(path, kind, raw table) of every class, shipped or defined by a shipped scenario."""
    for name, kinds in [*SYSTEMS.items(), *((n, s.get("library", {})) for n, s in SCENARIOS.items())]:
        for kind, tables in kinds.items():
            for entry, table in tables.items():
                yield f"{name}:{kind}.{entry}", kind, table


def proofs(table: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every evidence table inside a raw table."""
    if isinstance(table, dict) and "value" in table and "source" in table:
        yield path, table
    elif isinstance(table, dict):
        for key, inside in table.items():
            yield from proofs(inside, f"{path}.{key}")
    elif isinstance(table, list):
        for i, inside in enumerate(table):
            yield from proofs(inside, f"{path}.{i}")


@pytest.mark.parametrize(("path", "kind", "table"), list(entries()), ids=lambda x: x if isinstance(x, str) else "")
def test_every_number_of_a_class_states_its_evidence(path: str, kind: str, table: dict[str, Any]) -> None:
    accepted = Scenario.library_model(kind).accepted()
    for key, given in table.items():
        plain = isinstance(given, int | float) and not isinstance(given, bool)
        decade = bool(Scenario.library_model(kind).extra(accepted[key].field, "decade")) and isinstance(given, str)
        assert not plain and not decade, f"{path}.{key} has no source and grade"


def test_sources_are_listed_once_and_all_are_used() -> None:
    used: set[str] = set()
    for name, table in [*SYSTEMS.items(), *SCENARIOS.items()]:
        for path, proof in proofs(table, name):
            assert proof["grade"] in GRADES, path
            for source in proof["source"].split(", "):
                assert source in sources() or source in ("GK", "CALC", "assumption"), f"{path}: {source}"
                used.add(source)
    text = "".join(
        f.read_text(encoding="utf-8")
        for d in ("systems", "scenarios", "paths", "calendar")
        for f in LIBRARY.joinpath(d).iterdir()
    )
    assert set(sources()) == set(re.findall(r"\bS\d+\b", text))
    assert len(used) > 30


def test_what_has_no_source_is_labelled_so() -> None:
    for name, table in SYSTEMS.items():
        for path, proof in proofs(table, name):
            cites = re.search(r"S\d+", proof["source"])
            if proof["grade"] in ("A", "B", "C", "D"):
                assert cites, f"{path}: grade {proof['grade']} without a source"
            elif proof["grade"] == "GK":
                assert proof["source"] == "GK", path


def test_disagreement_is_a_range() -> None:
    """The numbers of which the open literature disagrees most keep their spread."""
    library = load("turkey-2019").library
    channels = library.fire_units["s400-battalion"].evidence["channels"]
    assert channels.low <= 6 and channels.high >= 36
    heights = library.radars["96l6e-class"].evidence["antenna_height"]
    assert (heights.low, heights.high) == (4.0, 39.0)
    reach = library.radars["tpy-2-class"].evidence["range"]
    assert (reach.low, reach.high) == (600e3, 1500e3)


def test_kill_probabilities_are_user_inputs_with_a_band() -> None:
    for name, missile in load("turkey-2019").library.missiles.items():
        for field in ("pk_aircraft", "pk_cruise", "pk_drone", "pk_ballistic"):
            proof = missile.evidence[field]
            assert proof.grade == "assumption" and "user input" in proof.note, f"{name}.{field}"
            assert proof.low < proof.value < proof.high


def test_illustrative_anchor_of_the_acquisition_radar() -> None:
    radar = load("s400-alone").library.radars["91n6e-class"]
    assert (radar.range, radar.range_rcs) == (390e3, 4.0)
    assert pytest.approx(219.0, abs=0.5) == 390.0 * (0.4 / 4.0) ** 0.25  # 230 km is published: 5 per cent


def test_envelopes_as_published() -> None:
    missiles = load("turkey-2019").library.missiles
    assert {n: missiles[n].range_max / 1e3 for n in ("48n6e3-class", "9m96e2-class", "40n6e-class")} == {
        "48n6e3-class": 250.0, "9m96e2-class": 120.0, "40n6e-class": 400.0,
    }  # fmt: skip
    assert missiles["48n6e3-class"].ballistic_range == 60e3


def test_own_values_replace_shipped_ones_in_any_unit() -> None:
    table = {**SCENARIOS["s400-alone"], "library": {"radars": {"91n6e-class": {"range_m": 123e3}}}}
    radar = parse(table, "mine.toml").library.radars["91n6e-class"]
    assert radar.range == 123e3 and "range" not in radar.evidence
    assert radar.instrumented_range == 600e3 and "instrumented_range" in radar.evidence


def test_no_threat_answers_an_interrogation() -> None:
    library = load("turkey-2019").library.bodies
    for name in ("cruise-missile", "one-way-drone", "strike-aircraft", "short-range-ballistic"):
        assert library[name].iff_modes == [] and library[name].reply_probability == 0.0


@pytest.mark.parametrize("name", scenario_names())
def test_schema_accepts_what_is_shipped(name: str) -> None:
    jsonschema.Draft202012Validator(json_schema()).validate(SCENARIOS[name])


@pytest.mark.parametrize(
    "change",
    [
        {"sites": {"plain": {"title": "a", "latitude_deg": 1, "longitude_deg": 1, "radius": 1}}},
        {"sites": {"plain": {"title": "a", "latitude_deg": 91, "longitude_deg": 1, "radius_km": 1}}},
        {"sites": {"plain": {"title": "a", "longitude_deg": 1, "radius_km": 1}}},
        {"sites": {"plain": {"title": "a", "latitude_deg": 1, "longitude_deg": 1, "radius_km": 201}}},
        {"terrain": "flat"},
        {"library": {"bodies": {"airliner": {"rcs_nose": 5}}}},
        {"library": {"radars": {"91n6e-class": {"range_km": {"value": 1, "source": "x", "grade": "F"}}}}},
        {"unheard": 1},
    ],
)
def test_schema_refuses_what_loading_refuses(change: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(json_schema()).validate({**SCENARIOS["s400-alone"], **change})


def test_schema_is_itself_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
