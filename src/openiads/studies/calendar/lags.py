"""What the lags of events do to sums and dates: the same path with every event as early, and as late, as its band allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openiads.studies.calendar.timeline import Timeline

Cell = dict[str, Any]
_EMPTY: Cell = {"share": 0.0, "reached": {}}  # of a class that with other lags shows nothing
_NEVER: Cell = {"date": None}


def moved(line: Timeline, others: list[Timeline]) -> list[Timeline]:
    """The timelines of other lags, where they change the state of any day; else none."""
    return others if any(other.states != line.states for other in others) else []


def with_lags(said: Cell, others: list[Cell]) -> Cell:
    """What a path says, each sum and date with its range over what it says with other lags; None for a date is never."""
    for ours, *theirs in _cells(said, others):
        if "date" in ours:
            days = [cell["date"] for cell in (ours, *theirs)]
            ours["lag"] = [min((d for d in days if d), default=None), max(days) if all(days) else None]
        else:
            key = next(k for k in ("estimate", "share", "days") if k in ours)
            sums = [cell[key] for cell in (ours, *theirs)]
            ours["lag"] = [min(sums), max(sums)]
    return said


def _cells(said: Cell, others: list[Cell]) -> Iterator[tuple[Cell, ...]]:
    """Each sum and date that a path says, beside the same with other lags."""
    every = (said, *others)
    for name in said["metrics"]:
        yield tuple(s["metrics"][name] for s in every)
    for name, filling in said["filling"].items():
        same = [s["filling"].get(name, _EMPTY) for s in every]
        yield tuple(same)
        for level in filling["reached"]:
            yield tuple(f["reached"].get(level, _NEVER) for f in same)
    yield tuple(s["defended"] for s in every)
    yield from zip(*(s["limits"] for s in every), strict=True)
