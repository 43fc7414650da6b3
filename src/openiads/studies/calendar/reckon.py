"""The calendar of one path: what has been learned, lost and defended by each day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date

import numpy as np

from openiads.scenario.spec import Scenario
from openiads.studies.calendar.filling import Floats
from openiads.studies.calendar.known import Filling as Filling
from openiads.studies.calendar.known import Spell, filling, replications
from openiads.studies.calendar.known import filling_band as filling_band
from openiads.studies.calendar.losses import (
    Spread,
    Watched,
    lost_by_compromise,
    lost_through_channel,
    spread_of_channel,
    spread_of_compromise,
    watched,
)
from openiads.studies.calendar.path import Path
from openiads.studies.calendar.rates import WEEKEND, Rates
from openiads.studies.calendar.source import Need
from openiads.studies.calendar.timeline import State, Timeline
from openiads.studies.calendar.traffic import Factor
from openiads.studies.calendar.watch import DAY, Medians
from openiads.studies.statistics import TESTED_N, t_quantile


@dataclass(frozen=True)
class Calendar:
    """A path reckoned day by day; `series` [R, D] are sums up to and including each day."""

    path: Path
    timeline: Timeline
    series: dict[str, Floats]
    traffic_low: Floats  # [D] as series["C1"], mean, with the low end of the traffic factor ...
    traffic_high: Floats  # ... and the high end
    filling: dict[str, Filling]
    defended: np.ndarray  # [D] days on which the system would have been ready
    factor: Factor
    lost: dict[
        str, tuple[float, float]
    ]  # by metric: at the end, with the smallest and the largest median time to notice
    daily: dict[str, Floats]  # [R, D] track-hours of each day
    spread: dict[str, Spread | None]  # by metric: how far apart the time to notice draws it

    @property
    def replications(self) -> int:
        """Sites and synthetic weeks that the rates come from."""
        return len(self.series["C1"])


def reckon(path: Path, line: Timeline, scenario: Scenario, rates: dict[Need, Rates], factor: Factor,
           notice: Medians) -> Calendar:  # fmt: skip
    """All series of one path; `notice` are the published medians of the time to notice."""
    daily = {name: daily_flow(line, rates, name, factor.value) for name in ("held_now", "sent", "kept", "hidden")}
    military = daily_flow(line, rates, "held_now", np.zeros(line.days))
    carried = carried_out(daily["kept"], line)
    series = {
        "C1": daily["held_now"].cumsum(axis=1), "C1.military": military.cumsum(axis=1),
        "C2": _dwells(line, rates).cumsum(axis=1),
        "X1": daily["sent"].cumsum(axis=1) + carried, "X1.held": daily["kept"].cumsum(axis=1) - carried,
        "X2": daily["hidden"].cumsum(axis=1),
    }  # fmt: skip
    lost = {}
    guards = [watched(line, path.assumptions, known) for known in (notice, *notice.ends())]
    three = [losses(daily, guard) for guard in guards]
    for name, value in three[0].items():
        series[name] = value
        ends = [float(x[name].mean(axis=0)[-1]) for x in three]
        lost[name] = (min(ends), max(ends))
    spread = {"X4.channel": spread_of_channel(daily["hidden"], guards[0]),
              "X4.compromise": spread_of_compromise(daily["held_now"], guards[0])}  # fmt: skip
    band = [daily_flow(line, rates, "held_now", f).cumsum(axis=1).mean(axis=0) for f in (factor.low, factor.high)]
    classes = sorted({name for r in rates.values() for name in r.counts})
    telling, every = _telling_days(line), spells(line, rates)
    fillings = {name: filling(every, name, path.assumptions.dwells, telling) for name in classes}
    return Calendar(path, line, series, band[0], band[1], {n: f for n, f in fillings.items() if f.shown},
                    np.cumsum([ready_share(scenario, s, path.assumptions.warning) for s in line.states]), factor, lost, daily, spread)  # fmt: skip


def losses(daily: dict[str, Floats], guard: Watched) -> dict[str, Floats]:
    """X4 by each day [R, D], from track-hours of each day."""
    return {"X4.channel": lost_through_channel(daily["hidden"], guard),
            "X4.compromise": lost_by_compromise(daily["held_now"], guard)}  # fmt: skip


def daily_flow(line: Timeline, rates: dict[Need, Rates], name: str, factor: Floats) -> Floats:
    """Track-hours of each day [R, D]; civil flights follow the traffic, military ones do not."""
    count = replications(list(rates.values()))
    out = np.zeros((count, line.days))
    kind = line.weekend().astype(int)
    for i, state in enumerate(line.states):
        if state.share > 0.0:
            day = rates[state.variant, state.posture].day(name, float(factor[i]))
            out[:, i] = state.share * day[:count, kind[i]]
    return out


def _dwells(line: Timeline, rates: dict[Need, Rates]) -> Floats:
    """Dwells of each day [R, D] on aircraft without reflectors."""
    count = replications(list(rates.values()))
    totals = {need: sum((r.dwells(n)[:count] for n in r.counts), np.zeros((count, 2))) for need, r in rates.items()}
    out = np.zeros((count, line.days))
    kind = line.weekend().astype(int)
    for i, state in enumerate(line.states):
        if state.share > 0.0:
            out[:, i] = state.share * totals[state.variant, state.posture][:, kind[i]]
    return out


def carried_out(kept: Floats, line: Timeline) -> Floats:
    """What visits have carried out by each day [R, D], of what is kept on each day; the first comes a period after it was agreed on.

    What nobody took yet stays in the recordings, whatever the posture becomes, until somebody comes again.
    """
    total, out = kept.cumsum(axis=1), np.zeros(kept.shape)
    gone = np.zeros(len(kept))
    since, visit = 0, 0.0
    for i, state in enumerate(line.states):
        if state.visit != visit:
            since, visit = i, state.visit
        if visit and i > since and (i - since) % max(1, round(visit / DAY)) == 0:
            gone = total[:, i]
        out[:, i] = gone
    return out


def ready_share(scenario: Scenario, state: State, warning: float) -> float:
    """Probability that the system could fire in a raid with so much warning (s), by the rule of the raid vignette."""
    posture = scenario.postures[state.posture]
    if posture.located != "site":
        return 0.0
    if posture.emits == "duty-cycle" and warning > 0.0:
        return 1.0
    if posture.emits == "duty-cycle":
        return state.share
    return float(warning > 0.0 and scenario.ready(posture) <= warning)


def spells(line: Timeline, rates: dict[Need, Rates]) -> list[Spell]:
    """Days of emission behind each day, by variant and posture."""
    weekend, shares = line.weekend(), line.column("share")
    out = []
    for need, found in sorted(rates.items()):
        here = np.array([(s.variant, s.posture) == need for s in line.states]) * shares
        days = [np.cumsum(here * (weekend == (day_type == WEEKEND))) for day_type in range(2)]
        out.append(Spell(found, np.stack(days, axis=1)))
    return out


def _telling_days(line: Timeline) -> np.ndarray:
    """Days on which something changes, and others ever farther apart from the first emission on."""
    first = int(np.argmax(line.column("share") > 0.0))
    later = first + np.unique(np.geomspace(1, max(1, line.days - first), 40).astype(int)) - 1
    edges = [d for _, a, b in line.spans() for d in (a, b - 1)]
    return np.unique(np.concatenate([later, edges, [line.days - 1]]).astype(int))


def interval(series: Floats) -> tuple[Floats, Floats, Floats] | None:
    """Mean and Student's 95 % limits over replications [R, D], by day; None for fewer than are accepted."""
    count = len(series)
    if count < TESTED_N:
        return None
    mean = series.mean(axis=0)
    half = t_quantile(count - 1) * series.std(axis=0, ddof=1) / np.sqrt(count)
    return mean, np.maximum(0.0, mean - half), mean + half


def crossing(values: Floats, level: float) -> int | None:
    """The first day on which a series that never falls has reached a level."""
    reached = np.flatnonzero(values >= level)
    return int(reached[0]) if len(reached) else None


def date_of(line: Timeline, day: int | None) -> Date | None:
    """The date of a day, None for none."""
    return None if day is None else line.day(day)
