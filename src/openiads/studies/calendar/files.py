"""From names and files to checked paths; evidence that came later than a day is left out where that is asked for."""

from __future__ import annotations

from datetime import date as Date
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path as File
from typing import Any, TypeVar

from pydantic import ValidationError

from openiads.errors import ScenarioError, UsageError
from openiads.scenario import words
from openiads.scenario.load import read_toml, refused, sources
from openiads.scenario.quantity import Spec
from openiads.studies.calendar.evidence import earlier, ids
from openiads.studies.calendar.path import Assumptions, Event, Notice, Path, Period, Step

_LIBRARY = files("openiads").joinpath("library")
_Model = TypeVar("_Model", bound=Spec)


def path_names() -> list[str]:
    """Names of the paths that are shipped."""
    return sorted(
        f.name.removesuffix(".toml") for f in _LIBRARY.joinpath("paths").iterdir() if f.name.endswith(".toml")
    )


def load_path(path: str | File, sets: dict[str, str] | None = None, as_of: Date | None = None) -> Path:
    """A path by name or file, its library events and assumptions merged in; `as_of` leaves out what was not known then."""
    source, label = _find(path)
    table = earlier(read_toml(source, label), as_of)
    table["assumptions"] = _assumed(table.get("assumptions", {}), sets or {}, label, as_of)
    found = _read(Path, table, label)
    problems = [*_problems(found), *_uncited(found)]
    if problems:
        raise ScenarioError("\n".join(f"{label}: {p}" for p in problems))
    events = [e for e in library_events() if e.name in found.events] + found.event
    found = found.model_copy(update={"event": _latest(events, as_of)})
    if as_of is None:
        return found
    steps = [s for s in found.step if s.known <= as_of]
    if not steps or steps[0].posture is None:
        raise UsageError(
            f"--as-of {as_of}: nothing of path '{found.name}' was known then; the first of it on {found.step[0].known}"
        )
    return found.model_copy(update={"step": steps})


def _find(path: str | File) -> tuple[File | Traversable, str]:
    if File(path).suffix != ".toml":
        if str(path) not in path_names():
            raise UsageError(f"{words.unknown('path', str(path), path_names())}, or the path of a .toml file")
        return _LIBRARY.joinpath(f"paths/{path}.toml"), f"{path}.toml"
    if not File(path).is_file():
        raise UsageError(f"no file '{path}'; give the path of a .toml file, or one of {', '.join(path_names())}")
    return File(path), str(path)


def _read(model: type[_Model], table: dict[str, Any], label: str) -> _Model:
    try:
        return model.model_validate(table)
    except ValidationError as error:
        raise refused(label, table, error) from None


def _problems(path: Path) -> list[str]:
    """What the fields alone can not say."""
    out = []
    known = {e.name for e in library_events()}
    if path.step[0].posture is None:
        out.append("step: the first one must say its posture")
    dates = [s.date for s in path.step]
    if dates != sorted(dates) or len(set(dates)) < len(dates):
        out.append(f"step: dates must rise from one to the next (given: {', '.join(map(str, dates))})")
    if path.end <= dates[-1]:
        out.append(f"end: {path.end} must lie after the last step ({dates[-1]})")
    out += [f"events: {words.unknown('event', name, sorted(known))}" for name in path.events if name not in known]
    out += [
        f"event.{e.name}: its trigger is a date; state `date`" for e in path.event if e.trigger == "date" and not e.date
    ]
    out += [
        f"event.{e.name}: `date` goes with trigger = 'date' alone" for e in path.event if e.trigger != "date" and e.date
    ]
    return out


def _uncited(path: Path) -> list[str]:
    """Sources of the path that the library does not list."""
    parts: list[tuple[str, Spec]] = [("", path), ("assumptions", path.assumptions)]
    parts += [(f"step {s.date}", s) for s in path.step] + [(f"event.{e.name}", e) for e in path.event]
    cited = [(where, proof.source) for where, part in parts for proof in part.evidence.values()]
    cited += [(where, part.source) for where, part in parts if isinstance(part, Step | Event)]
    return [
        f"{where + ': ' if where else ''}no source '{name}' in the library's list; name one of it (S00 …), or cite your own in words"
        for where, source in cited for name in ids(source) if name not in sources()
    ]  # fmt: skip


def _assumed(own: Any, sets: dict[str, str], label: str, as_of: Date | None) -> dict[str, Any]:
    """The library's assumptions with the published tail, the path's own, and those that are set, laid over them in this order."""
    if not isinstance(own, dict):
        raise ScenarioError(f"{label}: assumptions: must be a table (given: {words.show(own)})")
    accepted = Assumptions.accepted()
    library = read_toml(_LIBRARY.joinpath("calendar/assumptions.toml"), "assumptions.toml")
    merged = {k: v for k, v in earlier(library, as_of).items() if k in accepted}
    layers = [_tail(library, as_of), earlier(own, as_of), {k: _number(k, text) for k, text in sets.items()}]
    for key, value in [item for layer in layers for item in layer.items()]:
        if key in accepted:
            merged = {k: v for k, v in merged.items() if accepted[k].field != accepted[key].field}
        merged[key] = value
    return merged


def _tail(library: dict[str, Any], as_of: Date | None) -> dict[str, Any]:
    """The tail of the time to notice that was published last, as assumptions; nothing where none was."""
    told = [n for n in library["notice"] if "tail_share" in n and (as_of is None or n["published"] <= as_of)]
    last: dict[str, Any] = max(told, key=lambda n: n["published"], default={})
    return {f"notice_{key}": value for key, value in last.items() if key.startswith("tail")}


def _number(key: str, text: str) -> int | float:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    raise UsageError(f"--set assumptions.{key}={text}: a number is accepted")


def _latest(events: list[Event], as_of: Date | None) -> list[Event]:
    """Of each event the version that was published last, up to a day."""
    found: dict[str, Event] = {}
    for event in events:
        if as_of is not None and event.known > as_of:
            continue
        if event.name not in found or event.known >= found[event.name].known:
            found[event.name] = event
    return list(found.values())


def library_events() -> list[Event]:
    """The events that are shipped, in every version."""
    return [*_entries("events.toml", "event", Event)]


def notices(as_of: Date | None = None) -> list[Notice]:
    """Published medians of the time to notice, those known on a day, by year."""
    return [x for x in _entries("assumptions.toml", "notice", Notice) if as_of is None or x.published <= as_of]


def periods() -> list[Period]:
    """Published movements."""
    return [*_entries("traffic.toml", "period", Period)]


@lru_cache(maxsize=8)
def _entries(name: str, key: str, model: type[_Model]) -> tuple[_Model, ...]:
    table = read_toml(_LIBRARY.joinpath(f"calendar/{name}"), name)
    return tuple(_read(model, entry, name) for entry in table[key])
