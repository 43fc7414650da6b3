"""Whether somebody notices: inspections and monitoring of emission (I1), and the time until a compromise is found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date as Date
from typing import NamedTuple

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


def noticed_within(shares: Sequence[float], median: float, assumed: Assumptions) -> list[float]:
    """Days within which a compromise is noticed with each of some probabilities."""
    spread = sigma(median, assumed.notice_tail, assumed.notice_tail_share)
    return [median / DAY * math.exp(spread * float(special.ndtri(q))) for q in shares]


class Medians(NamedTuple):
    """Published medians of the time to notice (s), by the year that they are of."""

    years: tuple[int, ...]
    values: tuple[float, ...]

    def of(self, day: Date) -> float:
        """That of the last year up to a day's own; of a day before all of them the first."""
        past = [m for year, m in zip(self.years, self.values, strict=True) if year <= day.year]
        return past[-1] if past else self.values[0]

    def ends(self) -> tuple[Medians, Medians]:
        """The smallest and the largest of all, in every year."""
        return Medians(self.years[:1], (min(self.values),)), Medians(self.years[:1], (max(self.values),))


def medians(known: Sequence[Notice]) -> Medians:
    """The figures that are known, by year."""
    if not known:
        raise UsageError("no figure of the time to notice was known then; choose a later --as-of")
    last = sorted({n.year: n for n in sorted(known, key=lambda n: n.published)}.values(), key=lambda n: n.year)
    return Medians(tuple(n.year for n in last), tuple(n.median for n in last))
