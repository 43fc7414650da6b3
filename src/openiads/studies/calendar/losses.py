"""What is lost until somebody notices (X4): expected, and how far apart the time to notice draws it.

Equations: docs/equations/calendar.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from openiads.studies.calendar.filling import Floats
from openiads.studies.calendar.path import Assumptions
from openiads.studies.calendar.timeline import Timeline
from openiads.studies.calendar.watch import DAY, YEAR, Medians, noticed_within, unnoticed

SHARES = (0.05, 0.5, 0.95)  # of the times to notice
_SLICES = 100  # equally likely times to notice


class Watched(NamedTuple):
    """What guards a system on each of D days against a compromise, and how likely one is."""

    powered: Floats  # share of the day for which it is on
    hazard: Floats  # compromises a year of powered time
    allow_list: Floats  # share of what would be sent that is stopped
    baseline: Floats  # track h a day that a flow baseline notices within a day on average; 0 for none
    median: Floats  # s, of the time to notice of a compromise that begins on the day
    assumed: Assumptions  # the tail of that time

    @property
    def begins(self) -> Floats:
        """P that the first compromise begins on each day."""
        still = np.exp(-np.cumsum(self.hazard * self.powered) * DAY / YEAR)
        return np.asarray(np.concatenate([[1.0], still[:-1]]) - still)

    def unnoticed(self, day: int, days: int) -> Floats:
        """P that what began on a day is not yet noticed, in the middle of that day and of those after it, [days]."""
        return unnoticed(np.arange(days, dtype=np.float64) + 0.5, float(self.median[day]), self.assumed)

    def sent(self, rate: Floats) -> Floats:
        """What gets past the allow-list [..., D]."""
        return np.asarray((1.0 - self.allow_list) * rate)

    def alarms(self, sent: Floats, share: float) -> Floats:
        """Alarms of a flow baseline expected until some share of each day [..., D] has passed, from the first day on."""
        daily = np.where(self.baseline > 0.0, sent / np.where(self.baseline > 0.0, self.baseline, 1.0), 0.0)
        return np.asarray(daily.cumsum(axis=-1) - (1.0 - share) * daily)


class Spread(NamedTuple):
    """How far apart the time to notice draws a loss."""

    chance: float  # that there is one by the end
    days: tuple[float, ...]  # within which it is noticed with SHARES, where no flow baseline helps
    lost: tuple[float, ...]  # by the end with SHARES, given that there is one


def watched(line: Timeline, assumed: Assumptions, known: Medians) -> Watched:
    """Of every day of a timeline."""
    powered, hazard, allow_list, baseline = map(line.column, ("powered", "hazard", "allow_list", "baseline"))
    median = np.array([known.of(line.day(i)) for i in range(line.days)])
    return Watched(powered, hazard, allow_list, baseline, median, assumed)


def lost_through_channel(rate: Floats, w: Watched) -> Floats:
    """Expected loss by each day [R, D] of a channel that is used from the first loss on until it is noticed; `rate` a day."""
    sent = w.sent(rate)
    first = _first(sent)
    if first is None:
        return np.zeros(rate.shape)
    left = np.zeros(rate.shape[1])
    left[first:] = w.unnoticed(first, rate.shape[1] - first)
    return np.asarray((sent * left * np.exp(-w.alarms(sent, 0.5))).cumsum(axis=1))


def lost_by_compromise(rate: Floats, w: Watched) -> Floats:
    """Expected loss by each day [R, D] where a compromise comes with a hazard while the system is on, until it is noticed."""
    sent, begins = w.sent(rate), w.begins
    before, alarms = w.alarms(sent, 0.0), w.alarms(sent, 0.5)
    under_way = np.zeros(rate.shape)
    for day in np.flatnonzero(begins).tolist():
        silent = np.exp(before[:, day, None] - alarms[:, day:])
        under_way[:, day:] += begins[day] * w.unnoticed(day, rate.shape[1] - day) * silent
    return np.asarray((sent * under_way).cumsum(axis=1))


def spread_of_channel(rate: Floats, w: Watched) -> Spread | None:
    """Of what is lost through the channel, given that it exists; `rate` [R, D] a day, in the mean. None where nothing is sent."""
    sent = w.sent(rate.mean(axis=0))
    first = _first(sent[None])
    if first is None:
        return None
    lost = _lost(sent, w)(first, np.array(SHARES))
    return Spread(1.0, tuple(noticed_within(SHARES, float(w.median[first]), w.assumed)), tuple(lost.tolist()))


def spread_of_compromise(rate: Floats, w: Watched) -> Spread | None:
    """The same of what the first compromise loses, given that there is one."""
    sent, begins = w.sent(rate.mean(axis=0)), w.begins
    days = np.flatnonzero(begins)
    if not len(days):
        return None
    likely, lost = begins[days] / begins.sum(), _lost(sent, w)
    slices = (np.arange(_SLICES) + 0.5) / _SLICES
    draws = np.array([lost(int(day), slices) for day in days]).ravel()
    order = np.argsort(draws, kind="stable")
    below = np.repeat(likely / _SLICES, _SLICES)[order].cumsum()
    at = np.minimum(np.searchsorted(below, SHARES), len(order) - 1)
    # of the days on which it may begin, as likely as they are
    within = [np.array(noticed_within(SHARES, float(w.median[day]), w.assumed)) for day in days]
    return Spread(float(begins.sum()), tuple((likely @ np.array(within)).tolist()), tuple(draws[order][at].tolist()))


def _first(sent: Floats) -> int | None:
    """The first day on which anything is sent."""
    used = np.flatnonzero(sent.any(axis=0))
    return int(used[0]) if len(used) else None


def _lost(sent: Floats, w: Watched) -> Callable[[int, Floats], Floats]:
    """What is lost from a day on until it is noticed with some probabilities [n]: to the middle of that day, or all to the end."""
    total, before, alarms = np.append(0.0, sent.cumsum()), w.alarms(sent, 0.0), w.alarms(sent, 0.5)

    def lost(day: int, shares: Floats) -> Floats:
        noticed = 1.0 - w.unnoticed(day, len(sent) - day) * np.exp(before[day] - alarms[day:])
        ends = day + np.searchsorted(noticed, shares)
        middle = np.append(total[:-1] + 0.5 * sent, total[-1])
        return np.asarray(middle[ends] - total[day])

    return lost
