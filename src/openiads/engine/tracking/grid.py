"""Where a node's tracks are: boxes in cells of a grid, so that a plot is compared with few of them.

A box holds every plot without error that can gate: where a track was at any moment that a plot of this tick can be of,
give or take its error. What is older lies back along the velocity, so the middle of a box does, too.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from openiads.engine.bundle import bundle
from openiads.engine.jit import inlined, part
from openiads.engine.tracking.lanes import LANES, SIZE, lane

FREE, TENTATIVE, FIRM = 0, 1, 2  # status of a slot


@bundle
class Grid(NamedTuple):
    """The tracks of one node in square cells on two axes; tentative and firm ones apart, since their widths differ.

    A track stays in the cell where it was when the tick began; how far it has moved since is part of its width.
    """

    live: np.ndarray  # int64[S] slots in use, those of new tracks last
    count: np.ndarray  # int64[1] how many
    scale: np.ndarray  # float64[2] sigmas of the gate, s that a plot can be old
    axes: np.ndarray  # int64[2] the two on which tracks spread most
    low: np.ndarray  # float64[2] m, least coordinate on each
    per: np.ndarray  # float64[2] 1/m, cells on a metre; axis 0 = tentative, firm, as below
    cells: np.ndarray  # int64[2, 2] on each axis
    head: np.ndarray  # int64[2, C] last track entered in a cell, -1 for none
    next: np.ndarray  # int64[S] the one before it
    widest: np.ndarray  # float64[2, 2] m, largest half-width on each axis, movement included
    box: np.ndarray  # float64[S, 8] m: middle, half-widths, coordinates by which it was entered
    sides: np.ndarray  # float64[6 * LANES] m, middles and half-widths of a block
    own: np.ndarray  # float64[3] m, how far the error of a plot reaches
    near: np.ndarray  # int64[S] tracks in the box around one plot


def empty_grid(slots: int) -> Grid:
    """Room for [slots] tracks, in up to twice as many cells."""
    return Grid(
        np.zeros(slots, np.int64), np.zeros(1, np.int64), np.zeros(2), np.zeros(2, np.int64), np.zeros(2), np.ones(2),
        np.ones((2, 2), np.int64), np.full((2, 2 * slots + 8), -1), np.zeros(slots, np.int64), np.zeros((2, 2)),
        np.zeros((slots, 8)), np.zeros(6 * LANES), np.zeros(3), np.zeros(slots, np.int64),
    )  # fmt: skip


@part
def list_live(tracks, n, grid):
    """List the slots that hold a track."""
    status, live, count = tracks.status, grid.live, np.int64(0)
    for s in range(status.shape[1]):
        live[count] = s
        count += status[n, s] != FREE
    grid.count[0] = count


@inlined
def _measure_lane(f, sides, i, sigmas, span):
    """The box of one lane of a block.

    The variance of position - back velocity has no maximum but at the ends of what `back` can be.
    """
    v0, v1, v2 = 0.5 * span * f[3 * LANES + i], 0.5 * span * f[4 * LANES + i], 0.5 * span * f[5 * LANES + i]
    a0, a1, a2 = f[6 * LANES + i], f[9 * LANES + i], f[11 * LANES + i]
    then0 = a0 - span * (2.0 * f[12 * LANES + i] - span * f[21 * LANES + i])
    then1 = a1 - span * (2.0 * f[16 * LANES + i] - span * f[24 * LANES + i])
    then2 = a2 - span * (2.0 * f[20 * LANES + i] - span * f[26 * LANES + i])
    sides[0 * LANES + i] = f[0 * LANES + i] - v0
    sides[1 * LANES + i] = f[1 * LANES + i] - v1
    sides[2 * LANES + i] = f[2 * LANES + i] - v2
    sides[3 * LANES + i] = sigmas * math.sqrt(max(a0, then0)) + abs(v0)
    sides[4 * LANES + i] = sigmas * math.sqrt(max(a1, then1)) + abs(v1)
    sides[5 * LANES + i] = sigmas * math.sqrt(max(a2, then2)) + abs(v2)


@part
def measure(best, b, grid):
    """Boxes of the lanes of a block into grid.sides."""
    f, sides, sigmas, span = best[b * SIZE : (b + 1) * SIZE], grid.sides, grid.scale[0], grid.scale[1]
    for i in range(LANES):
        _measure_lane(f, sides, i, sigmas, span)


@inlined
def put_box(grid, s, i):
    """Numbers of lane i of grid.sides into the box of a slot."""
    box, sides = grid.box[s], grid.sides[i:]
    for k in range(6):
        box[k] = sides[k * LANES]


@part
def _measure_all(best, grid):
    """Boxes of all tracks."""
    block = np.int64(-1)
    for k in range(grid.count[0]):
        s = grid.live[k]
        if s // LANES != block:
            block = s // LANES
            measure(best, block, grid)
        put_box(grid, s, s % LANES)


@part
def _lay(grid):
    """Choose the two axes on which the tracks spread most; returns how far (m)."""
    box = grid.box
    low_x, low_y, low_z = math.inf, math.inf, math.inf
    high_x, high_y, high_z = -math.inf, -math.inf, -math.inf
    for k in range(grid.count[0]):
        s = grid.live[k]
        low_x, high_x = min(low_x, box[s, 0]), max(high_x, box[s, 0])
        low_y, high_y = min(low_y, box[s, 1]), max(high_y, box[s, 1])
        low_z, high_z = min(low_z, box[s, 2]), max(high_z, box[s, 2])
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
def list_tracks(tracks, n, best, grid, sigmas, span):
    """Enter every track of the node into its cell. Cells are as wide as the widest box, or as few as there is room for."""
    status, live, count = tracks.status, grid.live, grid.count[0]
    grid.scale[0], grid.scale[1] = sigmas, span
    _measure_all(best, grid)
    wide, long = _lay(grid)
    grid.widest[:] = 0.0
    for k in range(count):
        _lie(grid, live[k])
        widen(grid, live[k], status[n, live[k]] - TENTATIVE)
    for g in range(2):
        size = max(2.0 * max(grid.widest[g, 0], grid.widest[g, 1]), 1.0, max(wide, long) * 4.0 / grid.head.shape[1])
        size = max(size, math.sqrt(wide * long / (0.5 * grid.head.shape[1])))
        grid.per[g] = 1.0 / size
        grid.cells[g, 0], grid.cells[g, 1] = np.int64(wide / size) + 1, np.int64(long / size) + 1
        for c in range(grid.cells[g, 0] * grid.cells[g, 1]):
            grid.head[g, c] = -1
    for k in range(count):
        _put(grid, status[n, live[k]] - TENTATIVE, live[k])


@inlined
def _lie(grid, s):
    """Where a track is entered."""
    grid.box[s, 6], grid.box[s, 7] = grid.box[s, grid.axes[0]], grid.box[s, grid.axes[1]]


@inlined
def widen(grid, s, g):
    """Let the widest box of a group hold that of a track, where it is now."""
    for k in range(2):
        moved = abs(grid.box[s, grid.axes[k]] - grid.box[s, 6 + k])
        grid.widest[g, k] = max(grid.widest[g, k], grid.box[s, 3 + grid.axes[k]] + moved)


@inlined
def _cell(grid, g, k, z):
    """Row or column of a coordinate; what lies outside all cells, or is no number, counts as in those at the edge."""
    return np.int64(max(0.0, min((z - grid.low[k]) * grid.per[g], grid.cells[g, k] - 1.0)))


@inlined
def _put(grid, g, s):
    c = _cell(grid, g, 0, grid.box[s, 6]) * grid.cells[g, 1] + _cell(grid, g, 1, grid.box[s, 7])
    grid.next[s] = grid.head[g, c]
    grid.head[g, c] = s


@part
def enter(best, s, grid):
    """Add one new, tentative track."""
    grid.live[grid.count[0]] = s
    grid.count[0] += 1
    _measure_lane(lane(best, s), grid.sides, 0, grid.scale[0], grid.scale[1])
    put_box(grid, s, 0)
    _lie(grid, s)
    widen(grid, s, 0)
    _put(grid, 0, s)


@part
def neighbours(grid, plots, q):
    """List in grid.near the tracks in whose box plot q can lie, tentative ones first; returns how many there are."""
    pos, cov, own, sigmas = plots.pos, plots.cov, grid.own, grid.scale[0]
    z0, z1, z2 = pos[q, 0], pos[q, 1], pos[q, 2]
    own0, own1, own2 = sigmas * math.sqrt(cov[q, 0]), sigmas * math.sqrt(cov[q, 3]), sigmas * math.sqrt(cov[q, 5])
    own[0], own[1], own[2] = own0, own1, own2
    near, box, head, earlier = grid.near, grid.box, grid.head, grid.next
    first, second = grid.axes[0], grid.axes[1]
    found = np.int64(0)
    for g in range(2):
        wide, long = own[first] + grid.widest[g, 0], own[second] + grid.widest[g, 1]
        left, right = _cell(grid, g, 1, pos[q, second] - long), _cell(grid, g, 1, pos[q, second] + long)
        low, high = _cell(grid, g, 0, pos[q, first] - wide), _cell(grid, g, 0, pos[q, first] + wide)
        columns = grid.cells[g, 1]
        for row in range(low, high + 1):
            for c in range(row * columns + left, row * columns + right + 1):
                s = head[g, c]
                while s >= 0:
                    near[found] = s
                    found += (
                        (abs(box[s, 0] - z0) <= own0 + box[s, 3])
                        & (abs(box[s, 1] - z1) <= own1 + box[s, 4])
                        & (abs(box[s, 2] - z2) <= own2 + box[s, 5])
                    )
                    s = earlier[s]
    return found
