"""Which plots can belong to which tracks: a sorted sweep along one axis, then the gate.

Inner functions take single arrays: a call that is not inlined costs more for a whole bundle than for its lanes.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from openiads.engine.bundle import bundle
from openiads.engine.jit import jit, part
from openiads.engine.tracking.filter import distance

FREE, TENTATIVE, FIRM = 0, 1, 2  # status of a slot
NEVER = -1e9  # s, when a radar that never saw a track last saw it
_ADJACENT = np.int64(1)  # not a literal, for which numba would compile a sort of its own


@bundle
class Sweep(NamedTuple):
    """The tracks of one node in the order of one coordinate; axis 0 = tentative, firm (their widths differ)."""

    count: np.ndarray  # int64[2]
    slot: np.ndarray  # int64[2, S] first the lowest
    key: np.ndarray  # float64[2, S] m, its coordinate
    widest: np.ndarray  # float64[2] m, largest half-width on this coordinate
    half: np.ndarray  # float64[S, 3] m, by slot: how far off a plot without error can lie on each axis and still gate
    near: np.ndarray  # int64[S] tracks in the box around one plot


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
    return Sweep(
        np.zeros(2, np.int64), np.zeros((2, slots), np.int64), np.zeros((2, slots)), np.zeros(2),
        np.zeros((slots, 3)), np.zeros(slots, np.int64),
    )  # fmt: skip


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


@part
def box(x, p, n, s, half, sigmas, span):
    """Fill half[s]: how far (m) a plot without error, up to `span` s old, can lie from a track and still gate.

    An upper bound on each axis, since sd(position - back velocity) <= sd(position) + back sd(velocity).
    """
    half[s, 0] = sigmas * (math.sqrt(p[n, s, 0]) + span * math.sqrt(p[n, s, 15])) + span * abs(x[n, s, 3])
    half[s, 1] = sigmas * (math.sqrt(p[n, s, 3]) + span * math.sqrt(p[n, s, 18])) + span * abs(x[n, s, 4])
    half[s, 2] = sigmas * (math.sqrt(p[n, s, 5]) + span * math.sqrt(p[n, s, 20])) + span * abs(x[n, s, 5])


@part
def list_tracks(status, x, p, n, sweep, axis, sigmas, span):
    """Enter every track of the node into the sweep."""
    sweep.count[:] = 0
    sweep.widest[:] = 0.0
    for s in range(status.shape[1]):
        if status[n, s] != FREE:
            g = status[n, s] - TENTATIVE
            i = sweep.count[g]
            sweep.slot[g, i] = s
            sweep.key[g, i] = x[n, s, axis]
            box(x, p, n, s, sweep.half, sigmas, span)
            sweep.widest[g] = max(sweep.widest[g], sweep.half[s, axis])
            sweep.count[g] += 1
    for g in range(2):
        gap = 1
        while gap < sweep.count[g] // 3:
            gap = 3 * gap + 1
        while gap >= 1:  # Shell sort: in place, and quick where little has moved
            _sort(sweep.slot, sweep.key, g, gap, sweep.count[g], gap)
            gap //= 3


@part
def relist(x, n, sweep, axis):
    """Put the sweep in order again after tracks have moved a little."""
    for g in range(2):
        widest = 0.0
        for i in range(sweep.count[g]):
            s = sweep.slot[g, i]
            sweep.key[g, i] = x[n, s, axis]
            widest = max(widest, sweep.half[s, axis])
        sweep.widest[g] = widest
        _sort(sweep.slot, sweep.key, g, _ADJACENT, sweep.count[g], _ADJACENT)


@part
def enter(x, p, n, s, sweep, axis, sigmas, span):
    """Add one new, tentative track to the sweep."""
    g = np.int64(0)
    i = sweep.count[g]
    sweep.slot[g, i] = s
    sweep.key[g, i] = x[n, s, axis]
    box(x, p, n, s, sweep.half, sigmas, span)
    sweep.widest[g] = max(sweep.widest[g], sweep.half[s, axis])
    sweep.count[g] += 1
    _sort(sweep.slot, sweep.key, g, i, i + 1, _ADJACENT)


@part
def _sort(slot, key, g, begin, count, gap):
    """Insertion sort of places `gap` apart, those before `begin` being in order; equal keys by slot."""
    for i in range(begin, count):
        k, s = key[g, i], slot[g, i]
        j = i
        while j >= gap and (key[g, j - gap] > k or (key[g, j - gap] == k and slot[g, j - gap] > s)):
            key[g, j], slot[g, j] = key[g, j - gap], slot[g, j - gap]
            j -= gap
        if j != i:
            key[g, j], slot[g, j] = k, s


@part
def neighbours(x, n, slot, key, half, near, found, low, high, pos, q, own):
    """Add to near the tracks of one group in whose box plot q can lie; returns how many there are now.

    Without branches on the data: a mispredicted one costs more than the tests of three axes.
    """
    z0, z1, z2 = pos[q, 0], pos[q, 1], pos[q, 2]
    i, size = 0, slot.size
    while size > 1:
        middle = size // 2
        i += middle * (key[i + middle - 1] < low)
        size -= middle
    while i < slot.size and key[i] <= high:
        s = slot[i]
        near[found] = s
        found += (
            (abs(x[n, s, 0] - z0) <= own[0] + half[s, 0])
            & (abs(x[n, s, 1] - z1) <= own[1] + half[s, 1])
            & (abs(x[n, s, 2] - z2) <= own[2] + half[s, 2])
        )
        i += 1
    return found


@part
def pair_up(plots, x, p, sweep, pairs, dropped, turn):
    """List every plot-track pair of a pass that gates, with its cost.

    Cost = squared Mahalanobis distance + ln|S|, twice the negative logarithm of the likelihood less a constant.
    Leaving a plot alone costs gate + the largest ln|S| among its tracks, which is taken off, so that it costs 0:
    a plot that gates with one free track is always taken, and rivals are weighed by likelihood. Pairs for which
    there is no room are counted in dropped.
    """
    t, pos, cov, n, gate, axis, t1 = plots.t, plots.pos, plots.cov, turn.node, turn.gate, turn.axis, turn.t1
    first, slots, costs = pairs.first, pairs.slot, pairs.cost
    half, near = sweep.half, sweep.near
    tent, firm = sweep.count[0], sweep.count[1]
    slot0, key0, wide0 = sweep.slot[0, :tent], sweep.key[0, :tent], sweep.widest[0]
    slot1, key1, wide1 = sweep.slot[1, :firm], sweep.key[1, :firm], sweep.widest[1]
    sigmas = math.sqrt(gate)
    e = 0
    for q in range(turn.first, turn.last):
        first[q - turn.first] = e
        own = (sigmas * math.sqrt(cov[q, 0]), sigmas * math.sqrt(cov[q, 3]), sigmas * math.sqrt(cov[q, 5]))
        z, o = pos[q, axis], own[axis]
        found = neighbours(x, n, slot0, key0, half, near, 0, z - o - wide0, z + o + wide0, pos, q, own)
        found = neighbours(x, n, slot1, key1, half, near, found, z - o - wide1, z + o + wide1, pos, q, own)
        begin, largest = e, -math.inf
        for k in range(found):
            s = near[k]
            far, size = distance(x, p, n, s, pos, cov, q, t1 - t[q], gate)
            if far < math.inf and e < slots.size:
                slots[e], costs[e] = s, far + size
                largest = max(largest, size)
                e += 1
            elif far < math.inf:
                dropped[0] += 1
        for k in range(begin, e):
            costs[k] -= gate + largest
    first[turn.last - turn.first] = e


@part
def seen_before(plots_t, pos, cov, x, p, radar_t, sweep, turn, q, apart):
    """The likeliest track that this radar has already updated in this pass by a look at another moment, or -1.

    A search and a track dwell of one radar can both report a body within a tick. Two bodies near each other
    are passed by the beam at nearly the same moment, so only looks more than `apart` (s) apart count.
    """
    n, t, sigmas = turn.node, plots_t[q], math.sqrt(turn.gate)
    own = (sigmas * math.sqrt(cov[q, 0]), sigmas * math.sqrt(cov[q, 3]), sigmas * math.sqrt(cov[q, 5]))
    z = pos[q, turn.axis]
    best, nearest = np.int64(-1), math.inf
    for g in range(2):
        reach = own[turn.axis] + sweep.widest[g]
        slot, key = sweep.slot[g, : sweep.count[g]], sweep.key[g, : sweep.count[g]]
        found = neighbours(x, n, slot, key, sweep.half, sweep.near, 0, z - reach, z + reach, pos, q, own)
        for k in range(found):
            s = sweep.near[k]
            look = radar_t[n, s, turn.local]
            if look > turn.t0 and abs(look - t) > apart:
                far, size = distance(x, p, n, s, pos, cov, q, turn.t1 - t, turn.gate)
                if far + size < nearest:
                    best, nearest = s, far + size
    return best
