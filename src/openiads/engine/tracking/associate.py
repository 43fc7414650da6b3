"""Which plots can belong to which tracks: strips in which tracks are sorted, then the gate.

Inner functions take single arrays: a call that is not inlined costs more for a whole bundle than for its work.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from openiads.engine.bundle import bundle
from openiads.engine.jit import part
from openiads.engine.tracking.filter import distance

FREE, TENTATIVE, FIRM = 0, 1, 2  # status of a slot
NEVER = -1e9  # s, when a radar that never saw a track last saw it
_ADJACENT = np.int64(1)  # not a literal, for which numba would compile a sort of its own


@bundle
class Sweep(NamedTuple):
    """The tracks of one node in strips, in each by the other coordinate; axis 0 = tentative, firm (their widths differ).

    The key of a track is strip x (span + 1 m) + its place along the strip, so one sorted list holds all strips.
    """

    axes: np.ndarray  # int64[2] across the strips, along them
    low: np.ndarray  # float64[2] m, least coordinate on each
    span: np.ndarray  # float64[1] m, length of a strip
    width: np.ndarray  # float64[2] m, of a strip
    last: np.ndarray  # float64[2] number of the last strip
    count: np.ndarray  # int64[2]
    slot: np.ndarray  # int64[2, S] first the lowest
    key: np.ndarray  # float64[2, S]
    widest: np.ndarray  # float64[2, 2] m, largest half-width across and along
    half: np.ndarray  # float64[S, 3] m, by slot: how far off a plot without error can lie on each axis and still gate
    near: np.ndarray  # int64[S] tracks in the box around one plot


class Pass(NamedTuple):
    """One radar's turn at its node."""

    node: int
    local: int  # number of the radar among those of the node
    first: int  # its first plot ...
    last: int  # ... and the one after its last
    t0: float  # s
    t1: float  # s
    gate: float  # chi-square


def empty_sweep(slots: int) -> Sweep:
    """Room for [slots] tracks."""
    return Sweep(
        np.zeros(2, np.int64), np.zeros(2), np.zeros(1), np.ones(2), np.zeros(2), np.zeros(2, np.int64),
        np.zeros((2, slots), np.int64), np.zeros((2, slots)), np.zeros((2, 2)), np.zeros((slots, 3)),
        np.zeros(slots, np.int64),
    )  # fmt: skip


@part
def lay_strips(status, x, n, sweep):
    """Strips run along the axis on which the node's tracks spread most, side by side along the second."""
    low_x, low_y, low_z = math.inf, math.inf, math.inf
    high_x, high_y, high_z = -math.inf, -math.inf, -math.inf
    for s in range(status.shape[1]):
        if status[n, s] != FREE:
            low_x, high_x = min(low_x, x[n, s, 0]), max(high_x, x[n, s, 0])
            low_y, high_y = min(low_y, x[n, s, 1]), max(high_y, x[n, s, 1])
            low_z, high_z = min(low_z, x[n, s, 2]), max(high_z, x[n, s, 2])
    if low_x == math.inf:
        low_x, high_x, low_y, high_y, low_z, high_z = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    spread_x, spread_y, spread_z = high_x - low_x, high_y - low_y, high_z - low_z
    if spread_x <= spread_y and spread_x <= spread_z:
        first = (1, low_y, spread_y)
        second = (2, low_z, spread_z)
    elif spread_y <= spread_z:
        first = (0, low_x, spread_x)
        second = (2, low_z, spread_z)
    else:
        first = (0, low_x, spread_x)
        second = (1, low_y, spread_y)
    across, along = (first, second) if first[2] <= second[2] else (second, first)
    sweep.axes[0], sweep.axes[1] = across[0], along[0]
    sweep.low[0], sweep.low[1] = across[1], along[1]
    sweep.span[0] = along[2]
    return across[2]


@part
def box(x, p, n, s, half, sigmas, span):
    """Fill half[s]: how far (m) a plot without error, up to `span` s old, can lie from a track and still gate.

    An upper bound on each axis, since sd(position - back velocity) <= sd(position) + back sd(velocity).
    """
    half[s, 0] = sigmas * (math.sqrt(p[n, s, 0]) + span * math.sqrt(p[n, s, 15])) + span * abs(x[n, s, 3])
    half[s, 1] = sigmas * (math.sqrt(p[n, s, 3]) + span * math.sqrt(p[n, s, 18])) + span * abs(x[n, s, 4])
    half[s, 2] = sigmas * (math.sqrt(p[n, s, 5]) + span * math.sqrt(p[n, s, 20])) + span * abs(x[n, s, 5])


@part
def list_tracks(status, x, p, n, sweep, sigmas, span):
    """Enter every track of the node into the sweep."""
    spread = lay_strips(status, x, n, sweep)
    sweep.count[:] = 0
    sweep.widest[:] = 0.0
    for s in range(status.shape[1]):
        if status[n, s] != FREE:
            g = status[n, s] - TENTATIVE
            sweep.slot[g, sweep.count[g]] = s
            sweep.count[g] += 1
            box(x, p, n, s, sweep.half, sigmas, span)
            _widen(sweep, g, s)
    for g in range(2):
        sweep.width[g] = max(1.0, 2.0 * sweep.widest[g, 0] if sweep.count[g] > 0 else spread)
        sweep.last[g] = np.floor(spread / sweep.width[g])
        for i in range(sweep.count[g]):
            sweep.key[g, i] = _key(x, n, sweep.slot[g, i], sweep, g)
        gap = 1
        while gap < sweep.count[g] // 3:
            gap = 3 * gap + 1
        while gap >= 1:  # Shell sort: in place, and quick where little has moved
            _sort(sweep.slot, sweep.key, g, gap, sweep.count[g], gap)
            gap //= 3


@part
def _widen(sweep, g, s):
    sweep.widest[g, 0] = max(sweep.widest[g, 0], sweep.half[s, sweep.axes[0]])
    sweep.widest[g, 1] = max(sweep.widest[g, 1], sweep.half[s, sweep.axes[1]])


@part
def _key(x, n, s, sweep, g):
    """What the list is sorted by; a track outside all strips counts as at their edge."""
    strip = _strip(x[n, s, sweep.axes[0]], sweep, g)
    place = min(max(x[n, s, sweep.axes[1]] - sweep.low[1], 0.0), sweep.span[0])
    return strip * (sweep.span[0] + 1.0) + place


@part
def _strip(z, sweep, g):
    return min(max(np.floor((z - sweep.low[0]) / sweep.width[g]), 0.0), sweep.last[g])


@part
def relist(x, n, sweep):
    """Put the sweep in order again after tracks have moved a little."""
    sweep.widest[:] = 0.0
    for g in range(2):
        for i in range(sweep.count[g]):
            s = sweep.slot[g, i]
            sweep.key[g, i] = _key(x, n, s, sweep, g)
            _widen(sweep, g, s)
        _sort(sweep.slot, sweep.key, g, _ADJACENT, sweep.count[g], _ADJACENT)


@part
def enter(x, p, n, s, sweep, sigmas, span):
    """Add one new, tentative track to the sweep."""
    g = np.int64(0)
    i = sweep.count[g]
    sweep.slot[g, i] = s
    sweep.key[g, i] = _key(x, n, s, sweep, g)
    box(x, p, n, s, sweep.half, sigmas, span)
    _widen(sweep, g, s)
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
def neighbours(x, n, sweep, pos, q, own):
    """List in sweep.near the tracks in whose box plot q can lie, tentative ones first; returns how many there are.

    Without branches on the data: a mispredicted one costs more than the tests of three axes.
    """
    z0, z1, z2 = pos[q, 0], pos[q, 1], pos[q, 2]
    near, half, row = sweep.near, sweep.half, sweep.span[0] + 1.0
    across, along = sweep.axes[0], sweep.axes[1]
    found = np.int64(0)
    for g in range(2):
        if sweep.count[g] == 0:
            continue
        reach, wide = own[along] + sweep.widest[g, 1], own[across] + sweep.widest[g, 0]
        low = min(max(pos[q, along] - reach - sweep.low[1], 0.0), sweep.span[0])
        high = min(max(pos[q, along] + reach - sweep.low[1], 0.0), sweep.span[0])
        strip, last = _strip(pos[q, across] - wide, sweep, g), _strip(pos[q, across] + wide, sweep, g)
        slot, key = sweep.slot[g, : sweep.count[g]], sweep.key[g, : sweep.count[g]]
        while strip <= last:
            i, size, begin, end = 0, slot.size, strip * row + low, strip * row + high
            while size > 1:
                middle = size // 2
                i += middle * (key[i + middle - 1] < begin)
                size -= middle
            i += key[i] < begin
            while i < slot.size and key[i] <= end:
                s = slot[i]
                near[found] = s
                found += (
                    (abs(x[n, s, 0] - z0) <= own[0] + half[s, 0])
                    & (abs(x[n, s, 1] - z1) <= own[1] + half[s, 1])
                    & (abs(x[n, s, 2] - z2) <= own[2] + half[s, 2])
                )
                i += 1
            strip += 1.0
    return found


@part
def pair_up(plots, x, p, sweep, pairs, dropped, turn):
    """List every plot-track pair of a pass that gates, with its cost.

    Cost = squared Mahalanobis distance + ln|S|, twice the negative logarithm of the likelihood less a constant.
    Leaving a plot alone costs gate + the largest ln|S| among its tracks, which is taken off, so that it costs 0:
    a plot that gates with one free track is always taken, and rivals are weighed by likelihood. Pairs for which
    there is no room are counted in dropped.
    """
    t, pos, cov, n, gate, t1 = plots.t, plots.pos, plots.cov, turn.node, turn.gate, turn.t1
    first, slots, costs = pairs.first, pairs.slot, pairs.cost
    near = sweep.near
    sigmas = math.sqrt(gate)
    e = 0
    for q in range(turn.first, turn.last):
        first[q - turn.first] = e
        own = (sigmas * math.sqrt(cov[q, 0]), sigmas * math.sqrt(cov[q, 3]), sigmas * math.sqrt(cov[q, 5]))
        found = neighbours(x, n, sweep, pos, q, own)
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
    best, nearest = np.int64(-1), math.inf
    for k in range(neighbours(x, n, sweep, pos, q, own)):
        s = sweep.near[k]
        look = radar_t[n, s, turn.local]
        if look > turn.t0 and abs(look - t) > apart:
            far, size = distance(x, p, n, s, pos, cov, q, turn.t1 - t, turn.gate)
            if far + size < nearest:
                best, nearest = s, far + size
    return best
