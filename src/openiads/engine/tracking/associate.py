"""Which plots can belong to which tracks: cells of a grid, then the gate.

Functions take bundles: a call that is not inlined hands over ten words for each array.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from openiads.engine.bundle import bundle
from openiads.engine.jit import part
from openiads.engine.sensing import NO_CODE, NOTHING, RATE
from openiads.engine.tracking.filter import distance
from openiads.engine.tracking.single import single_distance

FREE, TENTATIVE, FIRM = 0, 1, 2  # status of a slot
NEVER = -1e9  # s, when a radar that never saw a track last saw it
# An address has a checksum: one in a million aircraft would have it by chance, and no body has two.
_SAME_ADDRESS = 2.0 * math.log(1e6)
# A code is garbled or changed in 5 % of replies, and shared with 5 % of the others.
_CODE = 2.0 * math.log(0.95 / 0.05)


@bundle
class Grid(NamedTuple):
    """The tracks of one node in square cells on two axes; tentative and firm ones apart, since their widths differ.

    A track stays in the cell where it was when the tick began; how far it has moved since is part of its width.
    """

    axes: np.ndarray  # int64[2] the two on which tracks spread most
    low: np.ndarray  # float64[2] m, least coordinate on each
    size: np.ndarray  # float64[2] m, of a cell; axis 0 = tentative, firm, as below
    cells: np.ndarray  # int64[2, 2] on each axis
    head: np.ndarray  # int64[2, C] last track entered in a cell, -1 for none
    next: np.ndarray  # int64[S] the one before it
    at: np.ndarray  # float64[S, 2] m, coordinates by which it was entered
    widest: np.ndarray  # float64[2, 2] m, largest half-width on each axis, movement included
    half: np.ndarray  # float64[S, 3] m, by slot: how far off a plot without error can lie on each axis and still gate
    near: np.ndarray  # int64[S] tracks in the box around one plot


class Pass(NamedTuple):
    """One radar's turn at its node."""

    node: int
    local: int  # number of the radar among those of the node
    first: int  # its first plot ...
    last: int  # ... and the one after its last
    since: float  # s, before its oldest plot
    t1: float  # s
    gate: float  # chi-square
    plain: bool  # the plots of the node in this tick are points without a name


def empty_grid(slots: int) -> Grid:
    """Room for [slots] tracks, in up to twice as many cells."""
    return Grid(
        np.zeros(2, np.int64), np.zeros(2), np.ones(2), np.ones((2, 2), np.int64), np.full((2, 2 * slots + 8), -1),
        np.zeros(slots, np.int64), np.zeros((slots, 2)), np.zeros((2, 2)), np.zeros((slots, 3)),
        np.zeros(slots, np.int64),
    )  # fmt: skip


@part
def lay(tracks, n, grid):
    """Choose the two axes on which the node's tracks spread most; returns how far (m)."""
    status, x = tracks.status, tracks.x
    low_x, low_y, low_z = math.inf, math.inf, math.inf
    high_x, high_y, high_z = -math.inf, -math.inf, -math.inf
    for s in range(status.shape[1]):
        if status[n, s] != FREE:
            low_x, high_x = min(low_x, x[n, s, 0]), max(high_x, x[n, s, 0])
            low_y, high_y = min(low_y, x[n, s, 1]), max(high_y, x[n, s, 1])
            low_z, high_z = min(low_z, x[n, s, 2]), max(high_z, x[n, s, 2])
    if low_x == math.inf:
        low_x, high_x, low_y, high_y, low_z, high_z = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    first, second = (0, low_x, high_x - low_x), (1, low_y, high_y - low_y)
    third = (2, low_z, high_z - low_z)
    if first[2] < third[2] and first[2] <= second[2]:
        first = third
    elif second[2] < third[2]:
        second = third
    grid.axes[0], grid.axes[1] = first[0], second[0]
    grid.low[0], grid.low[1] = first[1], second[1]
    return first[2], second[2]


@part
def box(tracks, n, s, grid, sigmas, span):
    """Fill grid.half[s]: how far (m) a plot without error, up to `span` s old, can lie from a track and still gate.

    An upper bound on each axis, since sd(position - back velocity) <= sd(position) + back sd(velocity).
    """
    x, p, half = tracks.x, tracks.p, grid.half
    half[s, 0] = sigmas * (math.sqrt(p[n, s, 0]) + span * math.sqrt(p[n, s, 15])) + span * abs(x[n, s, 3])
    half[s, 1] = sigmas * (math.sqrt(p[n, s, 3]) + span * math.sqrt(p[n, s, 18])) + span * abs(x[n, s, 4])
    half[s, 2] = sigmas * (math.sqrt(p[n, s, 5]) + span * math.sqrt(p[n, s, 20])) + span * abs(x[n, s, 5])


@part
def list_tracks(tracks, n, grid, sigmas, span):
    """Enter every track of the node into its cell. Cells are as wide as the widest box, or as few as there is room for."""
    status = tracks.status
    wide, long = lay(tracks, n, grid)
    grid.widest[:] = 0.0
    for s in range(status.shape[1]):
        if status[n, s] != FREE:
            _lie(tracks, n, s, grid)
            box(tracks, n, s, grid, sigmas, span)
            widen(tracks, n, s, grid, status[n, s] - TENTATIVE)
    for g in range(2):
        size = max(2.0 * max(grid.widest[g, 0], grid.widest[g, 1]), 1.0, max(wide, long) * 4.0 / grid.head.shape[1])
        size = max(size, math.sqrt(wide * long / (0.5 * grid.head.shape[1])))
        grid.size[g] = size
        grid.cells[g, 0], grid.cells[g, 1] = np.int64(wide / size) + 1, np.int64(long / size) + 1
        for c in range(grid.cells[g, 0] * grid.cells[g, 1]):
            grid.head[g, c] = -1
    for s in range(status.shape[1]):
        if status[n, s] != FREE:
            _put(grid, status[n, s] - TENTATIVE, s)


@part
def _lie(tracks, n, s, grid):
    """Where a track is entered."""
    grid.at[s, 0] = tracks.x[n, s, grid.axes[0]]
    grid.at[s, 1] = tracks.x[n, s, grid.axes[1]]


@part
def widen(tracks, n, s, grid, g):
    """Let the widest box of a group hold that of a track, where it is now."""
    for k in range(2):
        moved = abs(tracks.x[n, s, grid.axes[k]] - grid.at[s, k])
        grid.widest[g, k] = max(grid.widest[g, k], grid.half[s, grid.axes[k]] + moved)


@part
def _cell(grid, g, k, z):
    """Row or column of a coordinate; what lies outside all cells counts as in those at the edge."""
    place = (z - grid.low[k]) / grid.size[g]
    return np.int64(min(place, grid.cells[g, k] - 1.0)) if place > 0.0 else np.int64(0)


@part
def _put(grid, g, s):
    c = _cell(grid, g, 0, grid.at[s, 0]) * grid.cells[g, 1] + _cell(grid, g, 1, grid.at[s, 1])
    grid.next[s] = grid.head[g, c]
    grid.head[g, c] = s


@part
def enter(tracks, n, s, grid, sigmas, span):
    """Add one new, tentative track."""
    _lie(tracks, n, s, grid)
    box(tracks, n, s, grid, sigmas, span)
    widen(tracks, n, s, grid, 0)
    _put(grid, 0, s)


@part
def neighbours(tracks, n, grid, plots, q, own):
    """List in grid.near the tracks in whose box plot q can lie, tentative ones first; returns how many there are."""
    x, pos = tracks.x, plots.pos
    z0, z1, z2 = pos[q, 0], pos[q, 1], pos[q, 2]
    near, half, first, second = grid.near, grid.half, grid.axes[0], grid.axes[1]
    found = np.int64(0)
    for g in range(2):
        wide, long = own[first] + grid.widest[g, 0], own[second] + grid.widest[g, 1]
        left, right = _cell(grid, g, 1, pos[q, second] - long), _cell(grid, g, 1, pos[q, second] + long)
        for row in range(_cell(grid, g, 0, pos[q, first] - wide), _cell(grid, g, 0, pos[q, first] + wide) + 1):
            for c in range(row * grid.cells[g, 1] + left, row * grid.cells[g, 1] + right + 1):
                s = grid.head[g, c]
                while s >= 0:
                    near[found] = s
                    found += (
                        (abs(x[n, s, 0] - z0) <= own[0] + half[s, 0])
                        & (abs(x[n, s, 1] - z1) <= own[1] + half[s, 1])
                        & (abs(x[n, s, 2] - z2) <= own[2] + half[s, 2])
                    )
                    s = grid.next[s]
    return found


@part
def unlikeness(tracks, s, plots, q, turn, one):
    """Against a plot being of a track: misfit and kinship, and ln of the determinant; (inf, 0) outside the gate."""
    n, back = turn.node, turn.t1 - plots.t[q]
    if turn.plain:
        return distance(tracks, n, s, plots, q, back, turn.gate)
    far, size = misfit(tracks, n, s, plots, q, back, turn.gate, one)
    return (far + kinship(tracks, n, s, plots, q), size) if far < math.inf else (far, size)


@part
def misfit(tracks, n, s, plots, q, back, gate, one):
    """How badly a plot fits a track: squared Mahalanobis distance, and ln of the determinant of its covariance.

    (inf, 0) outside the gate.
    """
    if plots.single[q] == NOTHING:
        return distance(tracks, n, s, plots, q, back, gate)
    far, size = single_distance(tracks, n, s, plots, q, back, one)
    if plots.single[q] == RATE:
        point, more = distance(tracks, n, s, plots, q, back, gate)
        far, size = far + point, size + more
    return (far, size) if far <= gate else (math.inf, 0.0)


@part
def kinship(tracks, n, s, plots, q):
    """What the codes of a plot and of a track say for or against that they are of one body, as a cost; inf: another body.

    Twice the logarithm of how much likelier the pair is for one body than for two.
    """
    address, code = plots.address[q], plots.code[q]
    if address != NO_CODE and tracks.address[n, s] != NO_CODE:
        return -_SAME_ADDRESS if address == tracks.address[n, s] else math.inf
    if code != NO_CODE and tracks.code[n, s] != NO_CODE:
        return -_CODE if code == tracks.code[n, s] else _CODE
    return 0.0


@part
def pair_up(plots, tracks, scratch, turn):
    """List every plot-track pair of a pass that gates, with its cost.

    Cost = squared Mahalanobis distance + ln|S| + kinship, twice the negative logarithm of the likelihood less a constant.
    Leaving a plot alone costs gate + the largest ln|S| among its tracks, which is taken off, so that it costs 0:
    a plot that gates with one free track is always taken, and rivals are weighed by likelihood. Pairs for which
    there is no room are counted in dropped.
    """
    cov, n, gate = plots.cov, turn.node, turn.gate
    grid, one = scratch.grid, scratch.lanes.one
    first, slots, costs = scratch.pairs.first, scratch.pairs.slot, scratch.pairs.cost
    near = grid.near
    sigmas = math.sqrt(gate)
    e = 0
    for q in range(turn.first, turn.last):
        first[q - turn.first] = e
        own = (sigmas * math.sqrt(cov[q, 0]), sigmas * math.sqrt(cov[q, 3]), sigmas * math.sqrt(cov[q, 5]))
        found = neighbours(tracks, n, grid, plots, q, own)
        begin, largest = e, -math.inf
        for k in range(found):
            s = near[k]
            far, size = unlikeness(tracks, s, plots, q, turn, one)
            if far < math.inf and e < slots.size:
                slots[e], costs[e] = s, far + size
                largest = max(largest, size)
                e += 1
            elif far < math.inf:
                tracks.dropped[0] += 1
        scratch.pairs.base[q - turn.first] = gate + largest
        for k in range(begin, e):
            costs[k] -= gate + largest
    first[turn.last - turn.first] = e


@part
def seen_before(plots, tracks, scratch, turn, q, apart):
    """The likeliest track that this radar has already updated in this pass by a look at another moment, or -1.

    A search and a track dwell of one radar can both report a body within a tick. Two bodies near each other
    are passed by the beam at nearly the same moment, so only looks more than `apart` (s) apart count.
    """
    n, t, cov, sigmas = turn.node, plots.t[q], plots.cov, math.sqrt(turn.gate)
    own = (sigmas * math.sqrt(cov[q, 0]), sigmas * math.sqrt(cov[q, 3]), sigmas * math.sqrt(cov[q, 5]))
    grid, one = scratch.grid, scratch.lanes.one
    best, nearest = np.int64(-1), math.inf
    for k in range(neighbours(tracks, n, grid, plots, q, own)):
        s = grid.near[k]
        look = tracks.radar_t[n, s, turn.local]
        if look > turn.since and abs(look - t) > apart:
            far, size = unlikeness(tracks, s, plots, q, turn, one)
            if far + size < nearest:
                best, nearest = s, far + size
    return best
