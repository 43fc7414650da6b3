"""`openiads check`: everything that is wrong with a scenario file, as a list instead of an error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import get_args

import numpy as np

from openiads.errors import ScenarioError
from openiads.scenario.load import find, parse, read_scenario
from openiads.scenario.spec import Modifiers, Scenario


@dataclass(frozen=True)
class Problem:
    """One thing to mend: where, and what was given, what is accepted, what is near."""

    file: str
    key: str  # dotted path; empty for the file as a whole
    text: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.text}" if self.key else f"{self.file}: {self.text}"


def check(name_or_path: str | Path) -> list[Problem]:
    """All problems of a scenario by library name or path; none for one that can be run."""
    source, label = find(name_or_path)
    try:
        scenario = parse(read_scenario(source, label), label)
    except ScenarioError as error:
        return [_problem(label, line) for line in error.problems]
    return [Problem(label, key, text) for key, text in chain(_closed_circles(scenario), _baseless(scenario))]


def _closed_circles(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Postures whose open links can not stand side by side (a diode and a way back, a circle outside), in every topology."""
    from openiads.scenario.links import links_of, require_ends  # here, since it loads the engine

    for topology in get_args(Modifiers.model_fields["topology"].annotation):
        variant = _with(scenario, topology=topology)
        for name in scenario.postures:
            try:
                require_ends(variant, name, links_of(variant, name))
            except ScenarioError as error:
                yield f"postures.{name}", f"topology {topology}: {error}"


def _baseless(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Sites without known land, and radars where the ground is unknown or lies above them."""
    from openiads.scenario.world import antenna_height, draw_site, radar_place

    for name in scenario.sites:
        try:
            draw_site(_with(scenario, site=name), np.zeros(2, np.uint32))
        except ScenarioError as error:
            yield f"sites.{name}", str(error)
    for radar in scenario.radars:
        if radar.at == "place" and radar.aboard is None:
            try:
                antenna_height(scenario, radar, radar_place(scenario, radar, (0.0, 0.0)))
            except ScenarioError as error:
                yield f"radars.{radar.name}", str(error)


def _with(scenario: Scenario, **modifiers: str) -> Scenario:
    """The scenario with other modifiers."""
    return scenario.model_copy(update={"modifiers": scenario.modifiers.model_copy(update=modifiers)})


def _problem(label: str, line: str) -> Problem:
    rest = line.removeprefix(f"{label}: ")
    key, colon, text = rest.partition(": ")
    return Problem(label, key, text) if colon and " " not in key else Problem(label, "", rest)
