"""From a name or a file to a checked Scenario; every problem is named with file, key, what was given, what is accepted."""

from __future__ import annotations

import difflib
import tomllib
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from openiads.errors import ScenarioError, UsageError
from openiads.scenario.check import cross_references
from openiads.scenario.quantity import Spec
from openiads.scenario.spec import Scenario

_MOST_BYTES = 5_000_000
_KINDS = ("radars", "missiles", "fire_units", "bodies")


def scenario_names() -> list[str]:
    """Names of the scenarios that are shipped."""
    folder = files("openiads").joinpath("library/scenarios")
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))


def library_file(name: str) -> Traversable:
    """The file of a shipped scenario."""
    if name not in scenario_names():
        near = difflib.get_close_matches(name, scenario_names(), n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ";"
        raise UsageError(
            f"no scenario '{name}'{hint} accepted: {', '.join(scenario_names())}, or the path of a .toml file"
        )
    return files("openiads").joinpath(f"library/scenarios/{name}.toml")


def load(scenario: str | Path | Scenario, sets: dict[str, str] | None = None) -> Scenario:
    """A scenario by library name or path; `sets` changes values by bare modifier or dotted path."""
    if isinstance(scenario, Scenario):
        if not sets:
            return scenario
        raise UsageError("values can be set when a scenario is loaded by name or path, not on one that is loaded")
    path = Path(scenario)
    if path.suffix == ".toml":
        source, label = path, str(path)
        if not path.is_file():
            raise UsageError(f"no file '{path}'")
    else:
        source, label = library_file(str(scenario)), f"{scenario}.toml"
    return parse(read_toml(source, label), label, sets)


def read_toml(source: Path | Traversable, label: str) -> dict[str, Any]:
    """A TOML file as a dict, with its size bounded and its faults named."""
    data = source.read_bytes()
    if len(data) > _MOST_BYTES:
        raise ScenarioError(f"{label}: {len(data)} bytes; a scenario file has at most {_MOST_BYTES}")
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{label}: not valid TOML: {error}") from None


def parse(table: dict[str, Any], label: str, sets: dict[str, str] | None = None) -> Scenario:
    """A TOML table as a Scenario, with the shipped classes that it names merged in."""
    table = dict(table)
    table["library"] = _merged_library(table.get("library", {}), label)
    for key, text in (sets or {}).items():
        set_value(table, key, text)
    try:
        scenario = Scenario.model_validate(table)
    except ValidationError as error:
        problems = [f"{label}: {_where(e['loc'])}{_what(e)}" for e in error.errors(include_url=False)]
        raise ScenarioError("\n".join(problems), problems) from None
    problems = [f"{label}: {p}" for p in cross_references(scenario)]
    if problems:
        raise ScenarioError("\n".join(problems), problems)
    return scenario


@lru_cache(maxsize=1)
def _shipped_library() -> dict[str, dict[str, Any]]:
    merged: dict[str, dict[str, Any]] = {kind: {} for kind in _KINDS}
    folder = files("openiads").joinpath("library/systems")
    for source in sorted(folder.iterdir(), key=lambda f: f.name):
        if not source.name.endswith(".toml"):
            continue
        for kind, entries in read_toml(source, source.name).items():
            merged[kind].update(entries)
    return merged


def _merged_library(own: Any, label: str) -> dict[str, Any]:
    """Shipped classes, with the scenario's own `[library.KIND.NAME]` tables laid over them."""
    if not isinstance(own, dict) or not set(own) <= set(_KINDS):
        raise ScenarioError(f"{label}: library: accepted tables are {', '.join('library.' + k for k in _KINDS)}")
    merged = {}
    for kind in _KINDS:
        entries = dict(_shipped_library()[kind])
        for name, entry in own.get(kind, {}).items():
            entries[name] = {**entries.get(name, {}), **entry}
        merged[kind] = entries
    return merged


def _where(location: tuple[int | str, ...]) -> str:
    path = ".".join(str(part) for part in location)
    return f"{path}: " if path else ""


def _what(error: Any) -> str:
    message = error["msg"].removeprefix("Value error, ")
    given = error.get("input")
    if error["type"] == "missing" or isinstance(given, dict | list | BaseModel):
        return message
    return f"{message} (given: {given!r})"


# ---------------------------------------------------------------- values set from outside


def set_value(table: dict[str, Any], key: str, text: str) -> None:
    """Set one value of a raw table by modifier name or dotted path; refuses what studies must not sweep."""
    parts = key.split(".")
    if len(parts) == 1:
        parts = ["modifiers", *parts]
    target: Any = table
    model: Any = Scenario
    for i, part in enumerate(parts[:-1]):
        target, model = _descend(target, model, part, ".".join(parts[: i + 1]), key)
    last = parts[-1]
    if not (isinstance(model, type) and issubclass(model, Spec)):
        raise UsageError(f"--set {key}: '{'.'.join(parts[:-1])}' is not a table of settings")
    accepted = model.accepted()
    if last not in accepted:
        near = difflib.get_close_matches(last, accepted, n=1, cutoff=0.4)
        hint = f"; did you mean '{near[0]}'?" if near else ";"
        raise UsageError(f"--set {key}: unknown '{last}'{hint} accepted: {', '.join(sorted(accepted))}")
    _refuse_unsweepable(model, accepted[last][0], key)
    for other, (field, _, _) in accepted.items():
        if field == accepted[last][0]:
            target.pop(other, None)
    target[last] = _typed(text)


def _descend(target: Any, model: Any, part: str, path: str, key: str) -> tuple[Any, Any]:
    """One step of a dotted path: into a table, a named entry of a dict, or a named entry of a list."""
    if isinstance(target, list):
        for entry in target:
            if entry.get("name") == part or entry.get("class") == part:
                return entry, model
        names = [str(e.get("name", e.get("class"))) for e in target]
        raise UsageError(f"--set {key}: no entry '{part}' in '{path}'; accepted: {', '.join(names)}")
    inner = model
    if isinstance(model, type) and issubclass(model, Spec):
        fields = {(f.alias or n.rstrip("_")): (n, f) for n, f in model.model_fields.items()}
        if part not in fields:
            near = difflib.get_close_matches(part, fields, n=1, cutoff=0.4)
            hint = f"; did you mean '{near[0]}'?" if near else ";"
            raise UsageError(f"--set {key}: unknown '{part}'{hint} accepted: {', '.join(sorted(fields))}")
        _refuse_unsweepable(model, fields[part][0], key)
        inner = _inner_model(fields[part][1].annotation)
        target = target.setdefault(part, {})
        return target, inner
    if isinstance(target, dict) and part in target:
        return target[part], inner
    raise UsageError(f"--set {key}: no entry '{part}'; accepted: {', '.join(map(str, target))}")


def _inner_model(annotation: Any) -> Any:
    """The Spec inside `X`, `X | None`, `list[X]` or `dict[Name, X]`; plain types come back as they are."""
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _inner_model(argument)
        if isinstance(found, type) and issubclass(found, Spec):
            return found
    return annotation


def _refuse_unsweepable(model: type[Spec], field: str, key: str) -> None:
    extra = model.model_fields[field].json_schema_extra
    if isinstance(extra, dict) and extra.get("sweepable") is False:
        raise UsageError(
            f"--set {key}: kept out: the route, bearing, height, timing and composition of a raid can not be set or "
            "swept; axes are drawn by the seed. Edit a scenario file of your own to change its laydown instead"
        )


def _typed(text: str) -> Any:
    """A value as TOML would read it; bare words are strings."""
    try:
        return tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        return text
