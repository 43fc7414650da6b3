"""`openiads check`: everything that is wrong with a scenario file, as a list instead of an error."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from openiads.errors import ScenarioError
from openiads.scenario.load import find, parse, read_toml


@dataclass(frozen=True)
class Problem:
    """One thing to mend: where, and what was given, what is accepted, what is near."""

    file: str
    key: str  # dotted path; empty for the file as a whole
    text: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.text}" if self.key else f"{self.file}: {self.text}"


def check(scenario: str | Path) -> list[Problem]:
    """All problems of a scenario by library name or path; none for one that can be run."""
    source, label = find(scenario)
    try:
        parse(read_toml(source, label), label)
    except ScenarioError as error:
        return [_problem(label, line) for line in error.problems]
    return []


def _problem(label: str, line: str) -> Problem:
    rest = line.removeprefix(f"{label}: ")
    key, colon, text = rest.partition(": ")
    return Problem(label, key, text) if colon and " " not in key else Problem(label, "", rest)
