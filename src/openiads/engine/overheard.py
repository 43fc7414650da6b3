"""Overheard: what reports that arrive over links tell of the sensors behind them. Decides nothing.

It sees pictures alone, as whoever holds them does: no truth and no radar. docs/equations/outcome.md.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from openiads.engine.bundle import bundle
from openiads.engine.jit import part

GAP, GAPS = 0.5, 120  # s, and how many: bins of the time between two plots of a track
DIRECTIONS = 27  # sums of the axes, each with -1, 0 or 1


@bundle
class Overheard(NamedTuple):
    """Tallies of received reports; axis 0 = node that holds them, axis 1 (where it is a node) = node that made them."""

    track: np.ndarray  # int64[N, P] the track last counted in a row: its number there * N + its maker; -1 for none
    t_update: np.ndarray  # float64[N, P] s, its last plot
    t_counted: np.ndarray  # float64[N, N] s, the last tick with one of its tracks
    seconds: np.ndarray  # float64[N, N] s with at least one of its tracks
    gaps: np.ndarray  # int64[N, N, GAPS] times between the plots behind two reports of a track
    far: np.ndarray  # float64[N, N, DIRECTIONS, 5] farthest report by direction: how far, its place (m), its sigma (m)


def empty_overheard(nodes: int, rows: int) -> Overheard:
    """Nothing heard."""
    out = Overheard(
        np.full((nodes, rows), -1, np.int64), np.zeros((nodes, rows)), np.full((nodes, nodes), -np.inf),
        np.zeros((nodes, nodes)), np.zeros((nodes, nodes, GAPS), np.int64), np.zeros((nodes, nodes, DIRECTIONS, 5)),
    )  # fmt: skip
    forget(out)
    return out


def forget(overheard: Overheard) -> None:
    """Set the tallies to zero."""
    overheard.seconds[:] = 0.0
    overheard.gaps[:] = 0
    overheard.far[:] = 0.0
    overheard.far[:, :, :, 0] = -np.inf


@part
def overhear(pictures, overheard, t0, t1):
    """Count the received reports of one tick; a track of nothing has no maker."""
    nodes = pictures.valid.shape[0]
    for n in range(nodes):
        for p in range(pictures.held.shape[1], pictures.valid.shape[1]):
            if not pictures.valid[n, p] or pictures.number[n, p] < 0:
                continue
            o = pictures.origin[n, p, 0]
            if overheard.t_counted[n, o] < t1:
                overheard.t_counted[n, o] = t1
                overheard.seconds[n, o] += t1 - t0
            track, t = pictures.number[n, p] * nodes + o, pictures.t_update[n, p]
            if overheard.track[n, p] == track:
                if overheard.t_update[n, p] == t:  # no newer plot
                    continue
                gap = int((t - overheard.t_update[n, p]) / GAP)
                if 0 <= gap < GAPS:
                    overheard.gaps[n, o, gap] += 1
            overheard.track[n, p], overheard.t_update[n, p] = track, t
            _stretch(overheard.far[n, o], pictures.x[n, p], t1 - t, pictures.sigma[n, p])


@part
def _stretch(far, x, age, sigma):
    """Where the body was at its last plot is the farthest report in some directions."""
    px, py, pz = x[0] - age * x[3], x[1] - age * x[4], x[2] - age * x[5]
    for d in range(DIRECTIONS):
        reach = (d // 9 - 1) * px + (d // 3 % 3 - 1) * py + (d % 3 - 1) * pz
        if reach > far[d, 0]:
            far[d, 0], far[d, 1], far[d, 2], far[d, 3], far[d, 4] = reach, px, py, pz, sigma
