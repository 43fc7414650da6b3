"""Many ticks in one call, for plots that are there beforehand: recordings, benchmarks, Monte Carlo.

The stage of a run and this loop call the same `advance`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from openiads.engine.bundle import bundle
from openiads.engine.jit import jit, part
from openiads.engine.tracking import advance, publish
from openiads.engine.tracking.grid import FIRM, FREE
from openiads.engine.tracking.lanes import estimates, lane, take_out


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
        np.zeros(1, np.int64), np.empty(rows, np.int64), np.empty(rows, np.int64), np.empty(rows),
        np.empty((rows, 6)), np.empty((rows, 21)),
    )  # fmt: skip


@jit
def track_all(trackers, radars_node, radars_local, plots, tracks, scratch, first, times, begin, end, log):
    """Ticks from `begin` on of node 0, up to `end` or as long as there is room; returns the next tick to do.

    Tick k covers (times[k], times[k + 1]]; one of no length takes late plots and is not logged. Its plots of radar r are
    rows first[k, r]:first[k, r + 1]. Fills log with the firm tracks after each tick, and scratch.taken. A tick is begun
    only when every plot of it could start a track.
    """
    row, live, best = np.int64(0), _live(tracks.status), estimates(tracks, scratch.lanes, 0)
    log.count[0] = 0
    done = begin
    for k in range(begin, end):
        most = live + first[k, first.shape[1] - 1] - first[k, 0]
        if most > tracks.status.shape[1] or row + most > log.tick.size:
            break
        for r in range(first.shape[1]):
            plots.first[r] = first[k, r]
        advance(trackers, radars_node, radars_local, plots, tracks, scratch, 0, times[k], times[k + 1])
        if times[k + 1] > times[k]:
            row = _write(tracks, best, log, row, k)
        live, done = _live(tracks.status), k + 1
    log.count[0] = row
    if done > begin:
        publish(tracks, scratch, 0)
    return done


@part
def _live(status):
    count = np.int64(0)
    for s in range(status.shape[1]):
        count += status[0, s] != FREE
    return count


@part
def _write(tracks, best, log, row, k):
    """The firm tracks of node 0 into the log; returns its next row."""
    for s in range(tracks.status.shape[1]):
        if tracks.status[0, s] == FIRM:
            log.tick[row], log.number[row], log.t_update[row] = k, tracks.number[0, s], tracks.t_update[0, s]
            take_out(lane(best, s), log.x[row], log.p[row])
            row += 1
    return row
