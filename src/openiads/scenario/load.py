"""From a name or a file to a checked Scenario; every problem names file, key, what was given, what is accepted."""

from __future__ import annotations

import os
import tomllib
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from openiads.errors import ScenarioError, UsageError
from openiads.scenario import words
from openiads.scenario.references import cross_references
from openiads.scenario.sets import set_value
from openiads.scenario.spec import Scenario
from openiads.scenario.terrain import SHIPPED, SMOOTH

_MOST_BYTES = 5_000_000
_MOST_PROBLEMS = 40  # that one error repeats
_KINDS = ("radars", "missiles", "fire_units", "bodies")


def scenario_names() -> list[str]:
    """Names of the scenarios that are shipped."""
    folder = files("openiads").joinpath("library/scenarios")
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))


def library_file(name: str) -> Traversable:
    """The file of a shipped scenario."""
    if name not in scenario_names():
        raise UsageError(f"{words.unknown('scenario', name, scenario_names())}, or the path of a .toml file")
    return files("openiads").joinpath(f"library/scenarios/{name}.toml")


def load(scenario: str | Path | Scenario, sets: dict[str, str] | None = None) -> Scenario:
    """A scenario by library name or path; `sets` changes values by bare modifier or dotted path."""
    if isinstance(scenario, Scenario):
        if not sets:
            return scenario
        raise UsageError("values are set when a scenario is loaded by name or path, not on one that is loaded")
    source, label = find(scenario)
    return parse(read_scenario(source, label), label, sets)


def find(scenario: str | Path) -> tuple[Path | Traversable, str]:
    """The file behind a name or a path, and what messages call it."""
    if not isinstance(scenario, str | os.PathLike):
        raise UsageError(f"scenario = {scenario!r}: give the name of a shipped scenario, or the path of a file")
    path = Path(scenario)
    if path.suffix != ".toml":
        return library_file(str(scenario)), f"{scenario}.toml"
    if not path.is_file():
        raise UsageError(f"no file '{path}'; give the path of a .toml file, or one of {', '.join(scenario_names())}")
    return path, str(path)


def read_scenario(source: Path | Traversable, label: str) -> dict[str, Any]:
    """The table of a scenario file; the path of a terrain in it is seen from the file."""
    table = read_toml(source, label)
    terrain = table.get("terrain")
    if isinstance(source, Path) and isinstance(terrain, str) and terrain not in (SHIPPED, SMOOTH):
        table["terrain"] = str((source.parent / terrain).resolve())
    return table


def read_toml(source: Path | Traversable, label: str) -> dict[str, Any]:
    """A TOML file as a dict, with its size bounded and its faults named."""
    try:
        with source.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ScenarioError(f"{label}: can not be read: {error.strerror}") from None
    if len(data) > _MOST_BYTES:
        raise ScenarioError(f"{label}: more than {_MOST_BYTES} bytes; a scenario file has at most that many")
    try:
        return tomllib.loads(data.decode("utf-8"))
    except RecursionError:
        raise ScenarioError(f"{label}: not valid TOML: nested too deeply") from None
    except ValueError as error:  # TOMLDecodeError, UnicodeDecodeError, an integer with thousands of digits
        raise ScenarioError(f"{label}: not valid TOML: {error}") from None


def parse(table: dict[str, Any], label: str, sets: dict[str, str] | None = None) -> Scenario:
    """A TOML table as a Scenario, with the shipped classes that it names merged in."""
    table = {**table, "library": _merged_library(table.get("library", {}), label)}
    for key, text in (sets or {}).items():
        set_value(table, key, text)
    try:
        scenario = Scenario.model_validate(table)
    except ValidationError as error:
        raise refused(label, table, error) from None
    problems = cross_references(scenario)
    if problems:
        raise _scenario_error(label, problems)
    scenario._table = table
    return scenario


def refused(label: str, table: dict[str, Any], error: ValidationError) -> ScenarioError:
    """What pydantic found in a table, in the words of its file."""
    return _scenario_error(label, [_line(table, e) for e in error.errors(include_url=False)])


def _scenario_error(label: str, problems: list[str]) -> ScenarioError:
    lines = [f"{label}: {problem}" for problem in problems]
    cut = [f"{label}: … and {len(lines) - _MOST_PROBLEMS} more problems"] if len(lines) > _MOST_PROBLEMS else []
    return ScenarioError("\n".join(lines[:_MOST_PROBLEMS] + cut), lines)


def _line(table: Any, error: Any) -> str:
    """`key.path: message`; entries of a list are called by their name where they have one."""
    parts = []
    for part in error["loc"]:
        inside = None
        if isinstance(table, dict):
            inside = table.get(part)
        elif isinstance(table, list) and isinstance(part, int) and part < len(table):
            inside = table[part]
            if isinstance(inside, dict):
                part = str(inside.get("name") or inside.get("class") or part)
        if part != "[key]":
            parts.append(str(part)[:80])
        table = inside
    return f"{'.'.join(parts)}: {error['msg']}" if parts else str(error["msg"])


@lru_cache(maxsize=1)
def _shipped_library() -> dict[str, dict[str, Any]]:
    """All classes of library/systems, raw, by kind and name."""
    merged: dict[str, dict[str, Any]] = {kind: {} for kind in _KINDS}
    folder = files("openiads").joinpath("library/systems")
    for source in sorted(folder.iterdir(), key=lambda f: f.name):
        if not source.name.endswith(".toml"):
            continue
        for kind, entries in read_toml(source, source.name).items():
            double = set(entries) & set(merged[kind])
            if double:
                raise ScenarioError(f"{source.name}: {kind} {', '.join(sorted(double))}: defined in two library files")
            merged[kind].update(entries)
    return merged


@lru_cache(maxsize=1)
def sources() -> dict[str, str]:
    """Where the library's numbers come from: source id -> short citation."""
    return dict(read_toml(files("openiads").joinpath("library/sources.toml"), "sources.toml")["sources"])


def _merged_library(own: Any, label: str) -> dict[str, Any]:
    """Shipped classes, with the scenario's own `[library.KIND.NAME]` tables laid over them, key by key."""
    if not isinstance(own, dict):
        raise ScenarioError(f"{label}: library: must be a table (given: {words.show(own)})")
    merged = {kind: dict(entries) for kind, entries in _shipped_library().items()}
    for kind, entries in own.items():
        if kind not in _KINDS:
            raise ScenarioError(f"{label}: library: {words.unknown('kind of class', kind, _KINDS)}")
        if not isinstance(entries, dict) or not all(isinstance(e, dict) for e in entries.values()):
            raise ScenarioError(f"{label}: library.{kind}: must hold tables: [library.{kind}.NAME]")
        for name, entry in entries.items():
            merged[kind][name] = _laid_over(kind, merged[kind].get(name, {}), entry)
    return merged


def _laid_over(kind: str, base: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    """An entry over its shipped namesake; a quantity replaces its namesake in whatever unit that was written."""
    model = Scenario.library_model(kind)
    accepted = model.accepted()
    given = {accepted[key].field for key in entry if key in accepted}
    kept = {k: v for k, v in base.items() if k not in accepted or accepted[k].field not in given}
    return {**kept, **entry}
