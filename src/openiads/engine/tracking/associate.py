"""Which plots can belong to which tracks: a sorted sweep along one axis, then the gate."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from openiads.engine.jit import jit
from openiads.engine.tracking.filter import distance
from openiads.engine.tracking.lifecycle import FREE


class Sweep(NamedTuple):
    """The tracks of one node in the order of one coordinate."""

    slot: np.ndarray  # int32[S] first the lowest
    key: np.ndarray  # float64[S] m, its coordinate
    half: np.ndarray  # float64[S] m, by slot: how far off a plot without error can lie and still gate
    widest: np.ndarray  # float64[1] m, largest of them


class Pass(NamedTuple):
    """One radar's turn at its node."""

    node: int
    local: int  # number of the radar among those of the node
    first: int  # its first plot ...
    last: int  # ... and the one after its last
    axis: int  # of the sweep
    t0: float  # s
    t1: float  # s
    gate: float  # chi-square


def empty_sweep(slots: int) -> Sweep:
    """Room for [slots] tracks."""
    return Sweep(np.zeros(slots, np.int32), np.zeros(slots), np.zeros(slots), np.zeros(1))


@jit
def widest_axis(status, x, n):
    """The axis along which the node's tracks spread most: there the sweep separates them best."""
    low_x, low_y, low_z = math.inf, math.inf, math.inf
    high_x, high_y, high_z = -math.inf, -math.inf, -math.inf
    for s in range(status.shape[1]):
        if status[n, s] != FREE:
            low_x, high_x = min(low_x, x[n, s, 0]), max(high_x, x[n, s, 0])
            low_y, high_y = min(low_y, x[n, s, 1]), max(high_y, x[n, s, 1])
            low_z, high_z = min(low_z, x[n, s, 2]), max(high_z, x[n, s, 2])
    if high_x - low_x >= high_y - low_y and high_x - low_x >= high_z - low_z:
        return 0
    return 1 if high_y - low_y >= high_z - low_z else 2


@jit
def half_width(x, p, n, s, axis, sigmas, span):
    """How far (m) a plot without error can lie from a track on one axis and still gate, up to `span` s earlier.

    An upper bound, since sd(position - back velocity) <= sd(position) + back sd(velocity).
    """
    diagonal = axis * (7 - axis) // 2
    spread = math.sqrt(p[n, s, diagonal]) + span * math.sqrt(p[n, s, 15 + diagonal])
    return sigmas * spread + span * abs(x[n, s, axis + 3])


@jit
def list_tracks(status, x, p, n, sweep, axis, sigmas, span):
    """Enter every track of the node into the sweep; returns how many."""
    count = 0
    sweep.widest[0] = 0.0
    for s in range(status.shape[1]):
        if status[n, s] != FREE:
            sweep.slot[count] = s
            sweep.key[count] = x[n, s, axis]
            sweep.half[s] = half_width(x, p, n, s, axis, sigmas, span)
            sweep.widest[0] = max(sweep.widest[0], sweep.half[s])
            count += 1
    gap = 1
    while gap < count // 3:
        gap = 3 * gap + 1
    while gap > 1:  # Shell sort: in place, and quick where little has moved
        _sort(sweep, gap, count, gap)
        gap //= 3
    _sort(sweep, 1, count, 1)
    return count


@jit
def relist(x, n, sweep, count, axis):
    """Put the sweep in order again after tracks have moved a little."""
    sweep.widest[0] = 0.0
    for i in range(count):
        s = sweep.slot[i]
        sweep.key[i] = x[n, s, axis]
        sweep.widest[0] = max(sweep.widest[0], sweep.half[s])
    _sort(sweep, 1, count, 1)


@jit
def enter(x, p, n, s, sweep, count, axis, sigmas, span):
    """Add one new track to the sweep; returns how many there are."""
    sweep.slot[count] = s
    sweep.key[count] = x[n, s, axis]
    sweep.half[s] = half_width(x, p, n, s, axis, sigmas, span)
    sweep.widest[0] = max(sweep.widest[0], sweep.half[s])
    _sort(sweep, count, count + 1, 1)
    return count + 1


@jit
def _sort(sweep, begin, count, gap):
    """Insertion sort of places `gap` apart, those before `begin` being in order; equal keys by slot."""
    slot, key = sweep.slot, sweep.key
    for i in range(begin, count):
        k, s = key[i], slot[i]
        j = i
        while j >= gap and (key[j - gap] > k or (key[j - gap] == k and slot[j - gap] > s)):
            key[j], slot[j] = key[j - gap], slot[j - gap]
            j -= gap
        key[j], slot[j] = k, s


@jit
def first_from(key, count, low):
    """The first place in the sweep whose coordinate is at least `low`."""
    a, b = 0, count
    while a < b:
        middle = (a + b) // 2
        if key[middle] < low:
            a = middle + 1
        else:
            b = middle
    return a


@jit
def pair_up(plots, tracks, sweep, count, pairs, turn):
    """List every plot-track pair of a pass that gates, with its cost.

    Cost = squared Mahalanobis distance + ln|S|, twice the negative logarithm of the likelihood less a constant.
    Leaving a plot alone costs gate + the largest ln|S| among its tracks, which is taken off, so that it costs 0:
    a plot that gates with one free track is always taken, and rivals are weighed by likelihood.
    """
    t, pos, cov, x, p, n = plots.t, plots.pos, plots.cov, tracks.x, tracks.p, turn.node
    key, slot, half = sweep.key, sweep.slot, sweep.half
    diagonal = turn.axis * (7 - turn.axis) // 2
    sigmas = math.sqrt(turn.gate)
    e = 0
    for q in range(turn.first, turn.last):
        pairs.first[q - turn.first] = e
        z, back = pos[q, turn.axis], turn.t1 - t[q]
        own = sigmas * math.sqrt(cov[q, diagonal])
        begin, largest = e, -math.inf
        i = first_from(key, count, z - own - sweep.widest[0])
        while i < count and key[i] <= z + own + sweep.widest[0]:
            s = slot[i]
            if abs(key[i] - z) <= own + half[s]:
                far, size = distance(x, p, n, s, pos, cov, q, back, turn.gate)
                if far < math.inf:
                    pairs.slot[e], pairs.cost[e] = s, far + size
                    largest = max(largest, size)
                    e += 1
            i += 1
        for k in range(begin, e):
            pairs.cost[k] -= turn.gate + largest
    pairs.first[turn.last - turn.first] = e


@jit
def seen_before(plots, tracks, sweep, count, turn, q, apart):
    """The nearest track that this radar has already updated in this pass by a look at another moment, or -1.

    A search and a track dwell of one radar can both report a body within a tick. Two bodies near each other
    are passed by the beam at nearly the same moment, so only looks more than `apart` (s) apart count.
    """
    n, axis = turn.node, turn.axis
    z = plots.pos[q, axis]
    own = math.sqrt(turn.gate * plots.cov[q, axis * (7 - axis) // 2])
    best, nearest = -1, math.inf
    i = first_from(sweep.key, count, z - own - sweep.widest[0])
    while i < count and sweep.key[i] <= z + own + sweep.widest[0]:
        s = sweep.slot[i]
        i += 1
        look = tracks.radar_t[n, s, turn.local]
        if look > turn.t0 and abs(look - plots.t[q]) > apart:
            far, size = distance(
                tracks.x, tracks.p, n, s, plots.pos, plots.cov, q, turn.t1 - plots.t[q], turn.gate
            )
            if far + size < nearest:
                best, nearest = s, far + size
    return best
