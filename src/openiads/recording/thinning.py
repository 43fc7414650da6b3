"""Of several reports of an aircraft by one sensor at almost one time, one is used."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from openiads.recording.reports import UNKNOWN, Account, Reports

SPLIT = 0.5  # s, half of the shortest scan: closer plots of an aircraft are of one scan ...
_BESIDE = 1000.0  # m, ... and no reflection if their ranges are so close


def thinned(reports: Reports, accounts: Sequence[Account], source: int, tick: float) -> Reports:
    """Reports without the spare and the split ones, which are counted."""
    early, second = spare(reports, source, tick), split(reports, source)
    for reason, out in (
        ("position before another of the aircraft in one update", early),
        ("second plot of the aircraft in one scan", second),
    ):
        for row, count in zip(*np.unique(reports.origin[out], return_counts=True), strict=True):
            accounts[int(row)].used -= int(count)
            accounts[int(row)].refused[reason] += int(count)
    return reports.rows(~(early | second))


def spare(reports: Reports, source: int, tick: float) -> np.ndarray:
    """Positions of an aircraft that come before another of its own in the same update, bool[Q]."""
    plots = reports.plots
    said = np.flatnonzero((plots.radar == source) & (reports.address != UNKNOWN))
    update = np.ceil((plots.t[said] - plots.t[0]) / tick - 1e-9).astype(np.int64)
    who = reports.address[said]
    order = np.lexsort((update, who))  # stable: the last of an update stays the last
    last = np.append((np.diff(update[order]) != 0) | (np.diff(who[order]) != 0), True)[: len(order)]
    out = np.zeros(len(reports), np.bool_)
    out[said[order[~last]]] = True
    return out


def split(reports: Reports, source: int) -> np.ndarray:
    """Plots of a radar that come shortly after another of the same aircraft, bool[Q]."""
    plots = reports.plots
    said = np.flatnonzero((plots.radar != source) & (reports.address != UNKNOWN))
    said = said[np.lexsort((plots.t[said], reports.address[said], plots.radar[said]))]
    same = (np.diff(plots.radar[said]) == 0) & (np.diff(reports.address[said]) == 0)
    near = (np.diff(plots.t[said]) < SPLIT) & (np.abs(np.diff(plots.range[said])) < _BESIDE)
    out = np.zeros(len(reports), np.bool_)
    out[said[1:][same & near]] = True
    return out
