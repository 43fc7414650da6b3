"""Tracking: what each node's own radars add up to. Reads Plots, writes Tracks; knows no body.

One tick of a node: predict every track once, then take its radars in turn: gate, assign, update, start; then
confirm and drop. docs/equations/tracking.md.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from openiads.engine.bundle import bundle
from openiads.engine.jit import jit
from openiads.engine.tracking.associate import (
    FIRM,
    FREE,
    NEVER,
    TENTATIVE,
    Grid,
    Pass,
    empty_grid,
    list_tracks,
    pair_up,
)
from openiads.engine.tracking.imm import carry
from openiads.engine.tracking.lanes import LANES, SIZE, Lanes, blocks_of, empty_lanes
from openiads.engine.tracking.lifecycle import SECOND_LOOK, UNIT_TIME, count, lives, settle, start, take
from openiads.engine.tracking.matching import Matching, Pairs, assign, empty_matching, empty_pairs

__all__ = [
    "FIRM", "FREE", "NEVER", "SECOND_LOOK", "TENTATIVE", "UNIT_TIME", "Scratch", "Trackers", "Tracks",
    "clear", "empty_scratch", "empty_tracks", "track",
]  # fmt: skip


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
    coast: np.ndarray  # float64[N] s without a plot after which a firm track is dropped
    gate: np.ndarray  # float64[N] chi-square of 3 degrees


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
    luck: np.ndarray  # uint32[N, S] of the plot that started it
    plot: np.ndarray  # int32[N, S] row of the last plot taken in this tick, -1 for none
    radar_t: np.ndarray  # float64[N, S, K] s, last plot of each of the node's radars, NEVER for none
    dropped: np.ndarray  # int64[1] starts without a free slot and pairs without room, since the beginning


@bundle
class Scratch(NamedTuple):
    """Working memory; nothing in it is read in a later tick."""

    grid: Grid
    pairs: Pairs
    matching: Matching
    lanes: Lanes
    taken: np.ndarray  # int64[Q] by row of plots: number of the track that took it, 0 for none


def empty_tracks(nodes: int, slots: int, radars: int, models: int = 1) -> Tracks:
    """No tracks: [slots] at each node, of up to [radars] radars, each with [models]."""
    shape, blocks = (nodes, slots), blocks_of(slots)
    tracks = Tracks(
        np.zeros(shape, np.int8), np.zeros(shape, np.int64), np.zeros(nodes, np.int64),
        np.zeros((*shape, 6)), np.zeros((*shape, 21)), np.zeros(nodes * blocks * models * SIZE), np.zeros((*shape, models)),
        np.zeros(nodes * blocks * models * SIZE), np.zeros(shape), np.zeros(shape),
        np.zeros(shape, np.int32), np.zeros((*shape, 3), np.int32), np.zeros((*shape, 3), np.int32), np.zeros(shape, np.uint32), np.zeros(shape, np.int32),
        np.zeros((*shape, radars)), np.zeros(1, np.int64),
    )  # fmt: skip
    clear(tracks)
    return tracks


def empty_scratch(slots: int, plots: int, rows: int = 0, models: int = 1) -> Scratch:
    """Working memory for [slots] tracks a node, [plots] plots of a radar in a tick and [rows] plots in all."""
    taken = np.zeros(max(plots, rows), np.int64)
    return Scratch(
        empty_grid(slots), empty_pairs(plots, slots), empty_matching(plots, slots), empty_lanes(slots, models), taken
    )


def clear(tracks: Tracks) -> None:
    """Forget everything, numbers too: the beginning of a run."""
    for field in tracks:
        field[...] = 0
    tracks.next_number[:] = 1
    tracks.plot[:] = -1
    tracks.radar_t[:] = NEVER


@jit
def track(trackers, radars_node, radars_local, plots, tracks, scratch, t0, t1):
    """One tick of every node, from t0 to t1 (s): afterwards every track is valid for t1."""
    status, track_of = tracks.status, scratch.matching.track_of
    grid, pairs, blocks = scratch.grid, scratch.pairs, (status.shape[1] + LANES - 1) // LANES
    for n in range(trackers.active.size):
        if not trackers.active[n]:
            continue
        for b in range(blocks):
            if lives(tracks, n, b):
                carry(trackers, tracks, scratch.lanes, n, blocks, b, t1 - t0)
        list_tracks(tracks, n, grid, math.sqrt(trackers.gate[n]), t1 - t0)
        for r in range(radars_node.size):
            first, last = np.int64(plots.first[r]), np.int64(plots.first[r + 1])
            if radars_node[r] == n and first < last:
                turn = Pass(n, radars_local[r], first, last, t0, t1, trackers.gate[n])
                pair_up(plots, tracks, grid, pairs, turn)
                assign(pairs, last - first, scratch.matching)
                take(trackers, plots, tracks, grid, scratch.lanes, track_of, turn)
                start(trackers, plots, tracks, grid, scratch.lanes, track_of, turn)
                count(plots, tracks, track_of, scratch.taken, turn)
        settle(trackers, tracks, n, t1)
