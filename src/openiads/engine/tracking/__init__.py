"""Tracking: what each node's own radars add up to. Reads Plots, writes Tracks; knows no body.

One tick of a node: predict every track once, then take its radars in turn: gate, assign, update, start; then
confirm and drop. docs/equations/tracking.md.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from openiads.engine.bundle import bundle
from openiads.engine.jit import jit, part
from openiads.engine.sensing import NO_CODE
from openiads.engine.tracking.associate import NEVER, SECOND_LOOK, Pass, pair_up
from openiads.engine.tracking.blend import Blend, empty_blend
from openiads.engine.tracking.evidence import forget
from openiads.engine.tracking.grid import FIRM, FREE, TENTATIVE, Grid, empty_grid, list_live, list_tracks
from openiads.engine.tracking.imm import carry
from openiads.engine.tracking.joint import Joint, empty_joint
from openiads.engine.tracking.lanes import LANES, SIZE, Lanes, blocks_of, empty_lanes, estimates, lane, take_out
from openiads.engine.tracking.lifecycle import IFF_GROUPS, UNIT_TIME, count, ponder, settle, start, take
from openiads.engine.tracking.matching import Matching, Pairs, assign, empty_matching, empty_pairs

__all__ = [
    "FIRM", "FREE", "IFF_GROUPS", "NEVER", "SECOND_LOOK", "TENTATIVE", "UNIT_TIME", "Scratch", "Trackers", "Tracks",
    "clear", "empty_scratch", "empty_tracks", "track",
]  # fmt: skip

_BEFORE = 1e-6  # s


@bundle
class Trackers(NamedTuple):
    """What a node's tracker is set to; axis 0 = node."""

    active: np.ndarray  # bool[N] has a tracker
    kind: np.ndarray  # int8[M] of each model: straight, turning, falling, accelerating (models.py)
    accel: (
        np.ndarray
    )  # float64[N, M] m/s2, one-sigma acceleration over a second (white noise); of its change if accelerating
    sojourn: np.ndarray  # float64[M] s, how long a model holds on average
    prior: np.ndarray  # float64[M] probability of each model for a new track
    drag: np.ndarray  # float64[M] m2/kg, inverse ballistic coefficient of a falling model
    speed: np.ndarray  # float64[N] m/s, one-sigma speed of a new track on each axis
    hits: np.ndarray  # int32[N] plots that confirm a track ...
    window: np.ndarray  # float64[N] s ... within this time of the first, else it is dropped
    coast: np.ndarray  # float64[N] s without a plot after which a track is dropped, if it is firm or lives by its score
    gate: np.ndarray  # float64[N] chi-square of 3 degrees
    joint: np.ndarray  # bool[N] firm tracks take all plots that may be theirs, by probability; else the likeliest
    scored: np.ndarray  # bool[N] tracks live by their score; else by hits in the window and coasting
    detect: np.ndarray  # float64[N] probability that a radar sees a body it covers
    scan: np.ndarray  # float64[N, K] s in which each of the node's radars looks once
    late: np.ndarray  # float64[N] s by which a plot may come late: a scan is over so much later
    limit: np.ndarray  # float64[N, 3] score that confirms, that rejects, and how far below its best a track is dropped


@bundle
class Tracks(NamedTuple):
    """The tracks of every node; axis 0 = node, 1 = slot. Slots are used again, numbers are not."""

    status: np.ndarray  # int8[N, S] FREE, TENTATIVE, FIRM
    number: np.ndarray  # int64[N, S] from 1 at each node
    next_number: np.ndarray  # int64[N]
    x: np.ndarray  # float64[N, S, 6] m, m/s at the end of the tick, earth-centred
    p: np.ndarray  # float64[N, S, 21] covariance: position [6], position x velocity [9], velocity [6]
    bank: np.ndarray  # float64[N * B * M * 432] every model of every track, sixteen tracks side by side (lanes.py)
    share: np.ndarray  # float64[N, S, M] probability that a model holds
    extra: np.ndarray  # float64[N * B * M * 432] turn rate or acceleration and its covariances (rates, accelerations)
    t_update: np.ndarray  # float64[N, S] s, last plot
    t_first: np.ndarray  # float64[N, S] s, first plot
    hits: np.ndarray  # int32[N, S] plots
    asked: np.ndarray  # int32[N, S, 3] interrogations by group of modes: civil, military in clear, under keys
    answered: np.ndarray  # int32[N, S, 3] replies to them
    address: np.ndarray  # int32[N, S] of mode S, NO_CODE as long as none was given
    code: np.ndarray  # int32[N, S] of mode 3/A, the last one given
    luck: np.ndarray  # uint32[N, S] of the plot that started it
    plot: np.ndarray  # int32[N, S] row of the last plot taken in this tick, -1 for none
    radar_t: np.ndarray  # float64[N, S, K] s, last plot of each of the node's radars, NEVER for none
    score: np.ndarray  # float64[N, S] logarithm of the odds that it is of a body
    peak: np.ndarray  # float64[N, S] the highest it was
    clutter: (
        np.ndarray
    )  # float64[N, K, 2] of each radar: plots in the gate of a track that took another, volume of gates
    dropped: np.ndarray  # int64[1] starts without a free slot and pairs without room, since the beginning


@bundle
class Scratch(NamedTuple):
    """Working memory; nothing in it is read in a later tick."""

    grid: Grid
    pairs: Pairs
    matching: Matching
    lanes: Lanes
    joint: Joint
    blend: Blend
    taken: np.ndarray  # int64[Q] by row of plots: number of the track that took it, 0 for none
    nis: np.ndarray  # float64[Q] how badly it fitted there (associate.nis), NaN where it began a track or found none


def empty_tracks(nodes: int, slots: int, radars: int, models: int = 1) -> Tracks:
    """No tracks: [slots] at each node, of up to [radars] radars, each with [models]."""
    shape, blocks = (nodes, slots), blocks_of(slots)
    tracks = Tracks(
        np.zeros(shape, np.int8), np.zeros(shape, np.int64), np.zeros(nodes, np.int64),
        np.zeros((*shape, 6)), np.zeros((*shape, 21)), np.zeros(nodes * blocks * models * SIZE), np.zeros((*shape, models)),
        np.zeros(nodes * blocks * models * SIZE), np.zeros(shape), np.zeros(shape),
        np.zeros(shape, np.int32), np.zeros((*shape, 3), np.int32), np.zeros((*shape, 3), np.int32),
        np.zeros(shape, np.int32), np.zeros(shape, np.int32), np.zeros(shape, np.uint32), np.zeros(shape, np.int32),
        np.zeros((*shape, radars)), np.zeros(shape), np.zeros(shape), np.zeros((nodes, radars, 2)), np.zeros(1, np.int64),
    )  # fmt: skip
    _begin(tracks)
    return tracks


def empty_scratch(slots: int, plots: int, rows: int = 0, models: int = 1) -> Scratch:
    """Working memory for [slots] tracks a node, [plots] plots of a radar in a tick and [rows] plots in all."""
    rows = max(plots, rows)
    pairs = empty_pairs(plots, slots)
    return Scratch(
        empty_grid(slots), pairs, empty_matching(plots, slots), empty_lanes(slots, models),
        empty_joint(plots, slots, pairs.slot.size), empty_blend(models), np.zeros(rows, np.int64), np.full(rows, np.nan),
    )  # fmt: skip


def clear(tracks: Tracks) -> None:
    """Forget everything, numbers too: the beginning of a run."""
    for field in tracks:
        field[...] = 0
    _begin(tracks)


def _begin(tracks: Tracks) -> None:
    """What is not 0 at the beginning."""
    tracks.next_number[:] = 1
    tracks.plot[:] = -1
    tracks.address[:] = tracks.code[:] = NO_CODE
    tracks.radar_t[:] = NEVER


@part
def survey(feeds_node, plots, n, t1):
    """Time (s) of the oldest plot of a node in this tick, and whether its plots are points without a name."""
    first, rest = t1, 0
    for r in range(feeds_node.size):
        if feeds_node[r] == n:
            for q in range(plots.first[r], plots.first[r + 1]):
                first = min(first, plots.t[q])
                rest |= plots.single[q] | (plots.address[q] - NO_CODE) | (plots.code[q] - NO_CODE)
    return first, rest == 0


@part
def carry_all(trackers, tracks, scratch, n, dt):
    """Every track of a node forward by dt (s); none has taken a plot yet."""
    grid, last = scratch.grid, np.int64(-1)
    list_live(tracks, n, grid)
    for k in range(grid.count[0]):
        tracks.plot[n, grid.live[k]] = -1
        if grid.live[k] // LANES != last:
            last = grid.live[k] // LANES
            carry(trackers, tracks, scratch.lanes, n, scratch.lanes.some.size, last, dt)


@part
def advance(trackers, feeds_node, feeds_local, plots, tracks, scratch, n, t0, t1):
    """One tick of a node; its estimates stay where they lie in lanes."""
    carry_all(trackers, tracks, scratch, n, t1 - t0)
    weighs = trackers.joint[n] or trackers.scored[n]
    if weighs:
        forget(tracks, n, t1 - t0)
    first_look, plain = survey(feeds_node, plots, n, t1)
    since, best = min(t0, first_look - _BEFORE), estimates(tracks, scratch.lanes, n)
    list_tracks(tracks, n, best, scratch.grid, math.sqrt(trackers.gate[n]), t1 - since)
    for r in range(feeds_node.size):
        first, last = np.int64(plots.first[r]), np.int64(plots.first[r + 1])
        if feeds_node[r] == n and first < last:
            turn = Pass(n, best, feeds_local[r], first, last, since, t1, trackers.gate[n], plain)
            pair_up(plots, tracks, scratch, turn)
            assign(scratch.pairs, last - first, scratch.matching)
            if weighs:
                ponder(trackers, plots, tracks, scratch, turn)
            take(trackers, plots, tracks, scratch, turn)
            start(trackers, plots, tracks, scratch, turn)
            count(plots, tracks, scratch, turn)
    settle(trackers, tracks, n, scratch.grid, t0, t1)


@part
def publish(tracks, scratch, n):
    """The estimates of a node's tracks to where readers find them."""
    best = estimates(tracks, scratch.lanes, n)
    for k in range(scratch.grid.count[0]):
        s = scratch.grid.live[k]
        take_out(lane(best, s), tracks.x[n, s], tracks.p[n, s])


@jit
def track(trackers, feeds_node, feeds_local, plots, tracks, scratch, t0, t1):
    """One tick of every node, from t0 to t1 (s): afterwards every track is valid for t1.

    A feed is a radar, or a radar of another node whose plots a link brings; it has a node and a number there.
    Plots may be older than t0: they arrived late, and are compared with where each track was then.
    """
    for n in range(trackers.active.size):
        if trackers.active[n]:
            advance(trackers, feeds_node, feeds_local, plots, tracks, scratch, n, t0, t1)
            publish(tracks, scratch, n)
