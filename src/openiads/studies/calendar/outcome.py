"""What a calendar says, as plain numbers and dates: the content of calendar.json."""

from __future__ import annotations

from datetime import date as Date
from typing import Any, NamedTuple

import numpy as np

from openiads.errors import UsageError
from openiads.scenario import words
from openiads.scenario.spec import Scenario
from openiads.studies.calendar.evidence import later_numbers
from openiads.studies.calendar.filling import Floats
from openiads.studies.calendar.losses import SHARES
from openiads.studies.calendar.path import Assumptions
from openiads.studies.calendar.reckon import Calendar, Filling, crossing, date_of, filling_band, interval
from openiads.studies.calendar.timeline import Timeline
from openiads.studies.calendar.watch import either, seen_by_chance, seen_from_afar, seen_on_schedule
from openiads.studies.calendar.worth import money, time_to_ready, value_of_feed
from openiads.studies.measure import signature_keys
from openiads.studies.statistics import TESTED_N
from openiads.studies.study import Study

METRICS = {
    "C1": ("friendly and civil track-hours held", "track h"),
    "C1.military": ("of these, military", "track h"),
    "C2": ("signature dwells", "dwells"),
    "X1": ("friendly track-hours that left by links and visits", "track h"),
    "X1.held": ("recorded, and held for the next visit", "track h"),
    "X2": ("through the undeclared channel, given that it exists", "track h"),
    "X4.channel": ("lost before the undeclared channel is noticed, given that it exists", "track h"),
    "X4.compromise": ("expected to be copied out by compromises before they are noticed", "track h"),
}
LEVELS = (0.5, 0.9)


class Limit(NamedTuple):
    """A threshold: the day on which a metric reaches a value is asked for."""

    metric: str
    value: float


def limits(texts: list[str]) -> list[Limit]:
    """METRIC=VALUE as a user writes it."""
    found = []
    for text in texts:
        name, _, value = text.partition("=")
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if not (0.0 < number < float("inf")):
            raise UsageError(
                f"--limit {text}: write METRIC=VALUE with a value above 0, as C1=10000 or C3.fighter-small.X=0.5"
            )
        if name.startswith("C3.") and number > 1.0:
            raise UsageError(f"--limit {text}: C3 is a share of the aspects shown; write a value above 0 and at most 1")
        if name not in METRICS and name != "defended" and not name.startswith("C3."):
            raise UsageError(
                f"--limit {text}: {words.unknown('metric', name, [*METRICS, 'defended', 'C3.CLASS.BAND'])}"
            )
        found.append(Limit(name, number))
    return found


def require_classes(asked: list[Limit], scenario: Scenario) -> None:
    """Refuse a threshold on aspects of a class or in a band that the scenario does not have, before anything is run."""
    known = [key for key, _, _ in signature_keys(scenario)]
    for limit in asked:
        name = limit.metric.removeprefix("C3.")
        if name != limit.metric and name not in known:
            raise UsageError(f"--limit {limit.metric}: {words.unknown('class and band', name, known)}")


def outcome(c: Calendar, scenario: Scenario, raids: Study | None, as_of: Date | None,
            asked: list[Limit]) -> dict[str, Any]:  # fmt: skip
    """One path's part of calendar.json; `raids`: a study with raids where there is one."""
    line, path = c.timeline, c.path
    postures = list(dict.fromkeys(s.posture for s in line.states))
    return {
        "path": path.name, "title": path.title, "scenario": scenario.name, "site": scenario.modifiers.site, "as_of": as_of,
        "start": line.start, "end": line.day(line.days - 1), "replications": c.replications,
        "states": [_state(line, *span) for span in line.spans()],
        "steps": [{"date": d, "text": s.text, "source": s.source, "grade": s.grade, "known": s.known, "note": s.note}
                  for d, s in line.steps if d <= line.day(line.days - 1)],
        "events": [{"name": h.event.name, "title": h.event.title, "trigger": h.event.trigger, "date": h.day, "earliest": h.earliest,
                    "latest": h.latest, "source": h.event.source, "grade": h.event.grade, "known": h.event.known,
                    "note": h.event.note} for h in line.happenings],
        "metrics": {name: _metric(c, name) for name in METRICS},
        "filling": {name: _filled(line, f) for name, f in c.filling.items()},
        "defended": {"days": float(c.defended[-1]), "of": line.days, "warning_h": path.assumptions.warning / 3600.0,
                     "first": date_of(line, crossing(c.defended, 1e-9))},
        "limits": [_limit(c, limit) for limit in asked],
        "verification": verification(line, path.assumptions),
        "traffic": {"sourced_days": int(c.factor.sourced.sum()), "days": line.days, "least": float(c.factor.value.min()),
                    "most": float(c.factor.value.max())},
        "D5": time_to_ready(scenario, postures),
        "D6": value_of_feed(raids, postures, path.assumptions.warning),
        "K1": money(path, line, raids),
        "assumptions": path.assumptions.model_dump(),
        "later": later_numbers(scenario, as_of),
    }  # fmt: skip


def _state(line: Timeline, state: Any, first: int, after: int) -> dict[str, Any]:
    return {"from": line.day(first), "to": line.day(after - 1), "posture": state.posture, **state.variant._asdict(),
            "emits": state.share, "powered": state.powered, "inspections": state.inspections, "monitor": state.monitor,
            "hazard": state.hazard, "allow_list": state.allow_list, "baseline": state.baseline,
            "visit_days": state.visit / 86400.0}  # fmt: skip


def _metric(c: Calendar, name: str) -> dict[str, Any]:
    """The sum at the end with its interval over sites, and the band of an input where one is known."""
    series = c.series[name]
    title, unit = METRICS[name]
    band = interval(series)
    cell: dict[str, Any] = {"title": title, "unit": unit, "estimate": float(series[:, -1].mean()), "low": None, "high": None,
                            "n": len(series), "reason": None}  # fmt: skip
    if not series.any():
        cell["reason"] = "nothing: the system does not emit, or nothing leaves"
    elif band is None:
        cell["reason"] = f"fewer than {TESTED_N} windows of each stratum: no interval"
    else:
        cell |= {"low": float(band[1][-1]), "high": float(band[2][-1])}
    if name == "C1":
        cell["traffic"] = [float(c.traffic_low[-1]), float(c.traffic_high[-1])]
    if name in c.lost:
        cell["notice"] = list(c.lost[name])
        spread = c.spread[name]
        cell["spread"] = None if spread is None else {"shares": list(SHARES), **spread._asdict()}
    return cell


def _filled(line: Timeline, f: Filling) -> dict[str, Any]:
    band = filling_band(f)
    first = crossing(f.share, 1e-12)
    cell: dict[str, Any] = {"share": float(f.share[-1]), "low": float(band[0][-1]) if band else None,
                            "high": float(band[1][-1]) if band else None, "cells_shown": f.shown, "sphere": f.sphere * float(f.share[-1]),
                            "seen_in_windows": f.seen, "most": float(f.most[-1]), "begins": date_of(line, first), "reached": {}}  # fmt: skip
    for level in LEVELS:
        day = crossing(f.share, level)
        after = None if day is None or first is None else day - first + 1
        cell["reached"][f"{level:g}"] = {
            "date": date_of(line, day), "days": after, **_between(line, band, level), "reason": _why_not(line, f, level, day),
        }  # fmt: skip
    return cell


def _between(line: Timeline, band: tuple[Floats, Floats] | None, level: float) -> dict[str, Any]:
    """Dates on which the upper and the lower limit reach a level."""
    if band is None:
        return {"earliest": None, "latest": None}
    low, high = (np.maximum.accumulate(b) for b in band)
    return {"earliest": date_of(line, crossing(high, level)), "latest": date_of(line, crossing(low, level))}


def _why_not(line: Timeline, f: Filling, level: float, day: int | None) -> str | None:
    if day is not None:
        return None
    if f.seen >= level:
        return f"not reached within the calendar ({f.share[-1]:.0%} at its end)"
    soonest = date_of(line, crossing(f.most, level))
    rest = f"on {soonest} at the soonest" if soonest else "no sooner than its end"
    return (
        f"not reached: {f.seen:.0%} of the cells shown were seen in any window; with all that windows may miss, {rest}"
    )


def _limit(c: Calendar, limit: Limit) -> dict[str, Any]:
    """The day on which a metric reaches a value."""
    line, band = c.timeline, None
    if limit.metric == "defended":
        values = c.defended
    elif limit.metric in METRICS:
        values = c.series[limit.metric].mean(axis=0)
        found = interval(c.series[limit.metric])
        band = found[1:] if found and c.series[limit.metric].any() else None
    else:
        name = limit.metric.removeprefix("C3.")
        values = c.filling[name].share if name in c.filling else np.zeros(line.days)
        band = filling_band(c.filling[name]) if name in c.filling else None
    day = crossing(values, limit.value)
    reason = None if day is not None else f"not reached within the calendar ({values[-1]:.3g} at its end)"
    return {"metric": limit.metric, "value": limit.value, "date": date_of(line, day), **_between(line, band, limit.value),
            "reason": reason}  # fmt: skip


def verification(line: Timeline, assumed: Assumptions) -> list[dict[str, Any]]:
    """I1: for each way of watching, the probability that an undeclared stretch of emission is seen."""
    rows: dict[tuple[float, float], Date] = {}
    for state, first, _ in line.spans():
        rows.setdefault((state.inspections, state.monitor), line.day(first))
    out = []
    for (rate, monitor), since in rows.items():
        afar = seen_from_afar(monitor, assumed.interval)
        chance = seen_by_chance(rate, assumed.interval, assumed.visit)
        scheduled = seen_on_schedule(rate, assumed.interval, assumed.visit)
        out.append({"since": since, "inspections": rate, "monitor": monitor, "interval_h": assumed.interval / 3600.0,
                    "by_chance": chance, "on_schedule": scheduled, "from_afar": afar, "random_and_afar": either(chance, afar)})  # fmt: skip
    return out
