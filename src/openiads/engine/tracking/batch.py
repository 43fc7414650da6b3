"""Many ticks in one call, for plots that are there beforehand: recordings, benchmarks, Monte Carlo.

The stage of a run and this loop call the same `track`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from openiads.engine.bundle import bundle
from openiads.engine.jit import jit
from openiads.engine.tracking import track
from openiads.engine.tracking.associate import FIRM


@bundle
class Log(NamedTuple):
    """The firm tracks of one node at the end of every tick; axis 0 = row."""

    count: np.ndarray  # int64[1] rows in use
    tick: np.ndarray  # int64[L] number of the tick
    number: np.ndarray  # int64[L]
    t_update: np.ndarray  # float64[L] s, last plot
    x: np.ndarray  # float64[L, 6] m, m/s
    p: np.ndarray  # float64[L, 21]


def empty_log(rows: int) -> Log:
    """Room for [rows]."""
    return Log(
        np.zeros(1, np.int64), np.zeros(rows, np.int64), np.zeros(rows, np.int64), np.zeros(rows),
        np.zeros((rows, 6)), np.zeros((rows, 21)),
    )  # fmt: skip


@jit
def track_all(trackers, radars_node, radars_local, plots, tracks, scratch, first, times, begin, end, log):
    """Ticks begin..end-1 of node 0: tick k covers (times[k], times[k + 1]], its plots of radar r are rows
    first[k, r]:first[k, r + 1]. Fills log with the firm tracks after each, and scratch.taken.
    """
    row = np.int64(0)
    for k in range(begin, end):
        for r in range(first.shape[1]):
            plots.first[r] = first[k, r]
        track(trackers, radars_node, radars_local, plots, tracks, scratch, times[k], times[k + 1])
        for s in range(tracks.status.shape[1]):
            if tracks.status[0, s] != FIRM or row >= log.tick.size:
                continue
            log.tick[row], log.number[row] = k, tracks.number[0, s]
            log.t_update[row] = tracks.t_update[0, s]
            for i in range(6):
                log.x[row, i] = tracks.x[0, s, i]
            for i in range(21):
                log.p[row, i] = tracks.p[0, s, i]
            row += 1
    log.count[0] = row
