"""How much traffic a day has, against the month to which a scenario's civil flights are calibrated."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from openiads.errors import UsageError
from openiads.studies.calendar.path import Period

REFERENCE = Date(2019, 9, 15)  # the flights of the shipped scenario are those of September 2019


class Factor(NamedTuple):
    """Movements of a day over those of a day of the reference month, float64[D] each; `sourced` where a figure covers the day."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    sourced: np.ndarray


def traffic(start: Date, days: int, periods: Sequence[Period], as_of: Date | None = None) -> Factor:
    """The factor of each day from `start` on, from the figures known on `as_of`.

    Between two figures it is drawn straight, with both as its band; after the last it is that of the same month a year
    before, else the last, with the smallest and largest of all that are known as its band.
    """
    table = _by_day(periods, as_of)
    base = table.get(REFERENCE) or table.get(max(table)) if table else None
    if base is None:
        raise UsageError(f"--as-of {as_of}: no figure of the traffic was known then; the first was published on "
                         f"{min(p.published for p in periods)}")  # fmt: skip
    known = np.array(sorted(d.toordinal() for d in table))
    rows = np.array([table[Date.fromordinal(d)] for d in known.tolist()]) / base[0]
    out = np.zeros((days, 3))
    sourced = np.zeros(days, bool)
    for i in range(days):
        day = start + timedelta(i)
        sourced[i] = day in table
        out[i] = rows[np.searchsorted(known, day.toordinal())] if sourced[i] else _guess(day, known, rows)
    return Factor(out[:, 0], out[:, 1], out[:, 2], sourced)


def _by_day(periods: Sequence[Period], as_of: Date | None) -> dict[Date, tuple[float, float, float]]:
    """Movements a day (value, low, high) of every day that a figure covers; what was published later holds."""
    table: dict[Date, tuple[float, float, float]] = {}
    for period in sorted(periods, key=lambda p: p.published):
        if as_of is not None and period.published > as_of:
            continue
        length = (period.to - period.from_).days + 1
        proof = period.evidence.get("movements")
        three = (period.movements, proof.low, proof.high) if proof else (period.movements,) * 3
        for k in range(length):
            table[period.from_ + timedelta(k)] = (three[0] / length, three[1] / length, three[2] / length)
    return table


def _guess(day: Date, known: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Value, low and high of a day that no figure covers."""
    at = day.toordinal()
    after = int(np.searchsorted(known, at))
    if after == 0:
        return np.array([rows[0, 0], rows[:, 1].min(), rows[:, 2].max()])
    if after < len(known):
        a, b = rows[after - 1], rows[after]
        share = (at - known[after - 1]) / (known[after] - known[after - 1])
        return np.array([a[0] + share * (b[0] - a[0]), min(a[1], b[1]), max(a[2], b[2])])
    for years in range(1, 60):
        year_before = at - round(365.25 * years)
        where = int(np.searchsorted(known, year_before))
        if where < len(known) and known[where] == year_before:
            return np.array([rows[where, 0], rows[:, 1].min(), rows[:, 2].max()])
    return np.array([rows[-1, 0], rows[:, 1].min(), rows[:, 2].max()])
