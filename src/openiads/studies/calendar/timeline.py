"""From steps and events to the state of every day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date as Date
from datetime import timedelta
from itertools import groupby
from typing import Any, Literal, NamedTuple

import numpy as np

from openiads.errors import UsageError
from openiads.scenario import words
from openiads.scenario.links import powered
from openiads.scenario.spec import Scenario
from openiads.studies.calendar.path import Event, Path, Step
from openiads.studies.measure import emitting_share

Change = tuple[Date, dict[str, Any]]  # a day, and what it changes in the state
Lag = Literal["value", "low", "high"]  # of the events
ENDS: tuple[Lag, Lag] = ("low", "high")
_GUARD = ("hazard", "allow_list", "baseline")  # what steps may change of the assumptions


class Variant(NamedTuple):
    """What a study must be run with: modifiers of the scenario."""

    pattern: str
    reflectors: bool
    batches: int

    def sets(self) -> dict[str, str]:
        """The same as --set takes it."""
        return {
            "allied_pattern": self.pattern,
            "reflectors": str(self.reflectors).lower(),
            "batches": str(self.batches),
        }

    @staticmethod
    def of(scenario: Scenario) -> Variant:
        """That of a scenario."""
        m = scenario.modifiers
        return Variant(m.allied_pattern, m.reflectors, m.batches)

    def __str__(self) -> str:
        return ", ".join(f"{key}={value}" for key, value in self.sets().items())


@dataclass(frozen=True)
class State:
    """How things stand on a day."""

    posture: str
    variant: Variant
    share: float  # of the time for which the system emits
    inspections: float  # a year
    monitor: float  # probability an hour
    visit: float  # s between two visitors, or media, that take what was recorded; 0 for none
    powered: float = 0.0  # share of the day for which the system is on
    hazard: float = 0.0  # compromises a year of that time
    allow_list: float = 0.0  # share of what one would send that is stopped
    baseline: float = 0.0  # track h a day that a flow baseline notices; 0 for none


class Happening(NamedTuple):
    """An event of a path with its day, and the days between which its lag may put it."""

    event: Event
    day: Date
    earliest: Date
    latest: Date


@dataclass(frozen=True)
class Timeline:
    """Every day of a path."""

    start: Date
    states: list[State]  # one a day
    happenings: list[Happening]  # within the calendar, by day
    steps: list[tuple[Date, Step]]  # with the days on which they take place

    @property
    def days(self) -> int:
        """How many."""
        return len(self.states)

    def day(self, i: int) -> Date:
        """The date of day i."""
        return self.start + timedelta(int(i))

    def column(self, name: str) -> np.ndarray:
        """One number of the state of every day."""
        return np.array([getattr(s, name) for s in self.states], float)

    def weekend(self) -> np.ndarray:
        """Is it Saturday or Sunday, bool[D]."""
        return np.array([self.day(i).weekday() >= 5 for i in range(self.days)])

    def spans(self) -> Iterator[tuple[State, int, int]]:
        """Stretches of one state: first day, and the day after the last."""
        first = 0
        for state, group in groupby(self.states):
            length = len(list(group))
            yield state, first, first + length
            first += length

    def first(self, wanted: Any) -> int | None:
        """The first day whose state satisfies a condition."""
        return next((i for i, s in enumerate(self.states) if wanted(s)), None)


def timeline(path: Path, scenario: Scenario, lag: Lag = "value") -> Timeline:
    """The days of a path in a scenario, events after one end of their lags; UsageError for names that the scenario does not have."""
    _require(path, scenario)
    start, days = path.step[0].date, (path.end - path.step[0].date).days + 1
    trigger = _Triggers(path, scenario, lag)
    found = sorted((h for h in map(trigger.happening, path.event) if h is not None), key=lambda h: h.day)
    late = [timedelta(seconds=_lags(h.event)[lag]) for h in found if h.event.delays == "batches"]
    delay = sum(late, timedelta())
    steps = [(s.date + (delay if s.batches == 2 and s.posture is None else timedelta()), s) for s in path.step]
    states = [*_live(scenario, start, days, _changes(path, found, delay), path)]
    return Timeline(start, states, [h for h in found if h.day <= path.end], steps)


def _changes(path: Path, found: list[Happening], delay: timedelta) -> list[Change]:
    """What changes on which day; the second batch comes late by the delay."""
    out: list[Change] = []
    for step in path.step:
        said = {
            name: getattr(step, name)
            for name in ("posture", "pattern", "reflectors", "inspections", "monitor", *_GUARD)
        }
        said = {name: value for name, value in said.items() if value is not None}
        for name in ("duty", "visit"):  # they belong to their step: a new posture has its own again
            if step.posture is not None or getattr(step, name) is not None:
                said[name] = getattr(step, name)
        out.append((step.date, said))
        if step.batches is not None:
            out.append((step.date + (delay if step.batches == 2 else timedelta()), {"batches": step.batches}))
    out += [(h.day, {"pattern": h.event.pattern}) for h in found if h.event.pattern]
    return sorted(out, key=lambda change: change[0])


def _live(scenario: Scenario, start: Date, days: int, changes: list[Change], path: Path) -> Iterator[State]:
    """The state of each day; what a change does not say stays, and at first is as the scenario and the assumptions have it."""
    m = scenario.modifiers
    now: dict[str, Any] = {"posture": "", "duty": None, "visit": None, "pattern": m.allied_pattern, "reflectors": m.reflectors,
                           "batches": m.batches, "inspections": 0.0, "monitor": 0.0}  # fmt: skip
    now |= {name: getattr(path.assumptions, name) for name in _GUARD}
    left = list(changes)
    state = State("", Variant.of(scenario), 0.0, 0.0, 0.0, 0.0)
    for i in range(days):
        while left and left[0][0] <= start + timedelta(i):
            now |= left.pop(0)[1]
            variant = Variant(now["pattern"], now["reflectors"], now["batches"])
            share = emitting_share(scenario, now["posture"]) if now["duty"] is None else now["duty"]
            visit = _visit(scenario, now["posture"]) if now["visit"] is None else now["visit"]
            state = replace(state, posture=now["posture"], variant=variant, share=share,
                            inspections=now["inspections"], monitor=now["monitor"], visit=visit,
                            powered=_powered(scenario, now["posture"], share), **{n: now[n] for n in _GUARD})  # fmt: skip
        yield state


def _powered(scenario: Scenario, posture: str, share: float) -> float:
    """Share of a day for which a system that emits for some share of it is on: all of it where it stands by between."""
    waits = scenario.postures[posture].readiness in ("standby", "radiating")
    return 1.0 if share > 0.0 and waits else share


def _visit(scenario: Scenario, posture: str) -> float:
    """Time between two visits that a posture states (s), 0 for none."""
    model = scenario.postures[posture]
    return model.visit if model.support == "visits" else 0.0


def _lags(event: Event) -> dict[Lag, float]:
    """The lag of an event (s) and the ends of its band."""
    proof = event.evidence.get("lag")
    return {"value": event.lag, "low": proof.low if proof else event.lag, "high": proof.high if proof else event.lag}


class _Triggers:
    """When what triggers an event takes place."""

    def __init__(self, path: Path, scenario: Scenario, lag: Lag) -> None:
        self.lag: Lag = lag
        self.days: dict[str, Date] = {}
        self.batch = next((s.date for s in path.step if s.batches == 2), None)
        for step in path.step:
            for mark in step.marks:
                self.days.setdefault(mark, step.date)
            posture = step.posture
            emits = step.duty if step.duty is not None else emitting_share(scenario, posture) if posture else 0.0
            if emits > 0.0:
                self.days.setdefault("operates", step.date)

    def happening(self, event: Event) -> Happening | None:
        """The event on its day, or None where nothing triggers it."""
        origin = event.date if event.trigger == "date" else self.days.get(event.trigger)
        if event.delays == "batches" and origin is not None:
            origin = self.batch  # what is put off, not the talks, is what happens on a day
        if origin is None:
            return None
        lags = _lags(event)
        return Happening(event, *(origin + timedelta(seconds=lags[end]) for end in (self.lag, *ENDS)))


def _require(path: Path, scenario: Scenario) -> None:
    """Refuse what the scenario does not have."""
    patterns = {"none", scenario.modifiers.allied_pattern, *(p for s in scenario.sorties for p in s.patterns)}
    posture = ""
    named = [x.pattern for x in path.step] + [x.pattern for x in path.event]
    for pattern in named:
        if pattern is not None and pattern not in patterns:
            raise UsageError(f"path '{path.name}': {words.unknown('flight pattern', pattern, sorted(patterns))}")
    for step in path.step:
        posture = step.posture or posture
        if posture not in scenario.postures:
            raise UsageError(f"path '{path.name}': {words.unknown('posture', posture, list(scenario.postures))}")
        model = scenario.postures[posture]
        if step.duty is not None and not (powered(model) and model.emits != "on-threat"):
            raise UsageError(
                f"path '{path.name}', {step.date}: duty = {step.duty:g}, but posture '{posture}' does not emit in peace; "
                "leave it out, or name a posture that does"
            )
        if step.visit and powered(model) and model.emits != "on-threat" and model.support != "visits":
            raise UsageError(
                f"path '{path.name}', {step.date}: visits every {step.visit / 86400.0:g} days, but in posture '{posture}' nothing "
                "is kept for a visitor; leave visit_days out, or name a posture with support = 'visits'"
            )
