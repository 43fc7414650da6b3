"""Whether somebody notices: inspections and monitoring of emission (I1), and the time until a compromise is found (X4)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import special

from openiads.errors import UsageError
from openiads.studies.calendar.filling import Floats
from openiads.studies.calendar.path import Assumptions, Notice

YEAR = 365.25 * 86400.0  # s
DAY = 86400.0


def seen_by_chance(rate: float, interval: float, visit: float = 0.0) -> float:
    """P that an interval (s) meets one of `rate` visits a year on random days, each of `visit` s (Poisson)."""
    return -math.expm1(-rate * (interval + visit) / YEAR)


def seen_on_schedule(rate: float, interval: float, visit: float = 0.0) -> float:
    """The same with visits evenly spaced, the interval's begin unrelated to them: (interval + visit) / period, at most 1."""
    return min(1.0, rate * (interval + visit) / YEAR)


def seen_from_afar(per_hour: float, interval: float) -> float:
    """P that monitoring sees an interval (s) of emission, each hour with a probability of its own."""
    return -math.expm1(interval / 3600.0 * math.log1p(-per_hour)) if per_hour < 1.0 else 1.0


def either(a: float, b: float) -> float:
    """P of one of two independent events."""
    return 1.0 - (1.0 - a) * (1.0 - b)


def sigma(median: float, beyond: float, share: float) -> float:
    """Sigma of the logarithm of a log-normal time with a median that exceeds `beyond` with probability `share`."""
    if beyond <= median:
        raise UsageError(
            f"assumptions.notice_tail = {beyond / DAY:g} days must exceed the median of {median / DAY:g} days"
        )
    return math.log(beyond / median) / float(special.ndtri(1.0 - share))


def unnoticed(days: Floats, median: float, assumed: Assumptions) -> Floats:
    """P that a compromise is not noticed after so many days [n]; log-normal, median in s."""
    spread = sigma(median, assumed.notice_tail, assumed.notice_tail_share)
    with np.errstate(divide="ignore"):
        out: Floats = special.ndtr(-(np.log(np.asarray(days, float) * DAY) - math.log(median)) / spread)
    return out


def medians(known: Sequence[Notice]) -> tuple[float, float, float]:
    """Median time to notice (s) of the latest year that is known, and the smallest and largest of all."""
    if not known:
        raise UsageError("no figure of the time to notice was known then; choose a later --as-of")
    last = max(known, key=lambda n: n.year)
    return last.median, min(n.median for n in known), max(n.median for n in known)


def lost_through_channel(rate: Floats, median: float, assumed: Assumptions) -> Floats:
    """Expected loss by each day [R, D] of a channel that is used from the first loss on until it is noticed; `rate` a day."""
    rate = (1.0 - assumed.allow_list) * rate
    used = np.flatnonzero(rate.any(axis=0))
    if not len(used):
        return np.zeros(rate.shape)
    since = np.arange(rate.shape[1]) - used[0]
    left = np.where(since >= 0, unnoticed(np.maximum(since, 0).astype(np.float64) + 0.5, median, assumed), 0.0)
    return np.asarray((rate * left * np.exp(-_alarms(rate, assumed, 0.5))).cumsum(axis=1))


def lost_by_compromise(rate: Floats, running: np.ndarray, median: float, assumed: Assumptions) -> Floats:
    """Expected loss by each day [R, D] where a compromise comes with a hazard on days that run [D], until it is noticed."""
    rate = (1.0 - assumed.allow_list) * rate
    daily = assumed.hazard * DAY / YEAR
    still = np.exp(-daily * np.cumsum(running))
    begins = np.concatenate([[1.0], still[:-1]]) - still  # P that the first compromise begins on a day
    left = unnoticed(np.arange(rate.shape[1], dtype=np.float64) + 0.5, median, assumed)
    before, alarms = _alarms(rate, assumed, 0.0), _alarms(rate, assumed, 0.5)
    under_way = np.zeros(rate.shape)
    for day in np.flatnonzero(begins):
        silent = np.exp(before[:, day, None] - alarms[:, day:])
        under_way[:, day:] += begins[day] * left[: rate.shape[1] - day] * silent
    return np.asarray((rate * under_way).cumsum(axis=1))


def _alarms(rate: Floats, assumed: Assumptions, share: float) -> Floats:
    """Alarms of a flow baseline expected until some share of each day [R, D] has passed, from the first day on: one for so much flow."""
    if assumed.baseline <= 0.0:
        return np.zeros(rate.shape)
    return np.asarray((rate.cumsum(axis=1) - (1.0 - share) * rate) / assumed.baseline)
