"""How far the aspects of a class are known after days of emission (C3): one reckoning for the calendar and the exposure ledger.

Equations: docs/equations/calendar.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from openiads.studies.calendar.filling import Floats, at_most, filled, share_filled
from openiads.studies.calendar.rates import WEIGHT, Rates
from openiads.studies.statistics import TESTED_N, t_quantile


class Spell(NamedTuple):
    """Days of emission in one variant and posture that lie behind each of D days: weekdays, weekends."""

    rates: Rates
    days: Floats  # [D, 2]


@dataclass(frozen=True)
class Filling:
    """How far the aspects of one class are known by each day."""

    share: Floats  # [D] of the solid angle of the cells shown
    error: Floats | None  # [D] standard error over sites; None for fewer than are accepted
    replications: int
    shown: float  # cells, mean of the sites
    sphere: float  # share of the sphere that the cells shown are
    seen: float  # share of them, by solid angle, with a dwell in any window: what `share` can not exceed
    most: Floats  # [D] the share, were what is not known passed as often as windows without a pass allow (95 %)


def replications(every: Sequence[Rates]) -> int:
    """Sites that all the rates have."""
    return min((r.replications for r in every), default=1)


def filling(
    spells: Sequence[Spell], name: str, dwells: int, telling: np.ndarray | None = None, errors: bool = True
) -> Filling:
    """Expected filling of the aspects of a class in a band, `dwells` of a cell making it known, and its jackknife error over the sites.

    telling: rows of the days at which the error is reckoned, with a straight line between; all of them if None. errors: are they wanted.
    """
    every = [s.rates for s in spells]
    days, count = len(spells[0].days), replications(every)
    rows, sites = np.arange(days), np.arange(count)
    shown = np.logical_or.reduce([r.shown[name][:count] for r in every])
    looked = np.logical_or.reduce([r.counts[name][:count].any(axis=(1, 2)) for r in every])
    seen = (shown & looked).any(axis=0)
    likely = shown.mean(axis=0)
    share = _expected(spells, name, dwells, sites, shown, seen, rows)
    error = None
    if errors and count >= TESTED_N and seen.any():
        grid = rows if telling is None else telling
        others = np.array([_expected(spells, name, dwells, np.delete(sites, r), shown, seen, grid) for r in sites])
        jackknife = np.sqrt((count - 1) / count * ((others - others.mean(axis=0)) ** 2).sum(axis=0))
        error = np.where(share > 0.0, np.interp(rows, grid, jackknife), 0.0)
    whole = float(WEIGHT @ likely)
    part = float(WEIGHT[seen] @ likely[seen]) / whole if whole else 0.0
    emitted = sum((s.days.sum(axis=1) for s in spells), np.zeros(days))
    missed = at_most(24.0 * emitted, max(r.observed for r in every)) if part < 1.0 and whole else np.zeros(days)
    most = 1.0 - (1.0 - share) * (1.0 - missed)
    return Filling(share, error, count, float(likely.sum()), whole, part, most)


def _expected(spells: Sequence[Spell], name: str, dwells: int, sites: np.ndarray, shown: np.ndarray, seen: np.ndarray,
              rows: np.ndarray) -> Floats:  # fmt: skip
    """Filled share of the cells shown on some days [n], from some sites; only cells that were ever seen can fill.

    A cell fills with the share of the sites that show it times its filling there, from their windows alone.
    """
    probability = np.zeros((len(rows), len(WEIGHT)))
    cells = np.flatnonzero(seen & shown[sites].any(axis=0))
    patterns, which = np.unique(shown[sites][:, cells], axis=1, return_inverse=True)
    for k, pattern in enumerate(patterns.T):
        alike = cells[which.ravel() == k]
        chance = _filled(spells, name, dwells, sites[pattern], alike, rows)
        probability[:, alike] = pattern.mean() * chance
    share = share_filled(probability, WEIGHT, shown[sites].mean(axis=0))
    return np.maximum.accumulate(share)  # a match of moments alone might fall


def _filled(spells: Sequence[Spell], name: str, dwells: int, sites: np.ndarray, cells: np.ndarray,
            rows: np.ndarray) -> Floats:  # fmt: skip
    """Probability that some cells are known on some days [n, cells], at sites that show them."""
    mean, variance, lasting = (np.zeros((len(rows), len(cells))) for _ in range(3))
    for found, days in spells:
        for day_type in range(2):
            spent = days[rows, day_type, None]
            m = found.moments(name, day_type, sites, cells)
            mean += spent * m.mean
            variance += spent * m.variance
            lasting += spent * m.mean * m.spread
    spread = np.divide(lasting, mean, out=np.zeros_like(mean), where=mean > 0.0)
    return filled(mean, variance, spread, dwells)


def filling_band(found: Filling) -> tuple[Floats, Floats] | None:
    """95 % limits of the filled share, by day."""
    if found.error is None:
        return None
    half = t_quantile(found.replications - 1) * found.error
    return np.clip(found.share - half, 0.0, 1.0), np.clip(found.share + half, 0.0, 1.0)
