"""The field of one radar over a grid of latitude and longitude: what it detects at each height.

docs/equations/coverage.md.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from openiads.engine.bundle import bundle
from openiads.engine.geo import EARTH_RADIUS
from openiads.engine.jit import jit
from openiads.engine.sensing.detection import probabilities
from openiads.engine.sensing.propagation import straight_height
from openiads.engine.sensing.signal import signal, surface_factor

_TWO_PI = 2.0 * math.pi
_ALL_ROUND = _TWO_PI - 1e-6
_BLOCK = 64  # rows that a thread takes at a time


@bundle
class Grid(NamedTuple):
    """Cells of a map; rows from the north."""

    latitude: np.ndarray  # float64[rows] rad
    longitude: np.ndarray  # float64[columns] rad
    ground: np.ndarray  # float32[rows, columns] m above the sea
    height: np.ndarray  # float64[H] m
    above_ground: bool  # are the heights above the ground, else above the sea


@bundle
class Field(NamedTuple):
    """What a set of radars sees; axes: height, row, column."""

    missed: np.ndarray  # float32 probability that one look of each misses
    count: np.ndarray  # uint8 radars that see with the probability asked for


@bundle
class Sight(NamedTuple):
    """Lowest visible height around one radar, on a square grid centred on it (azimuthal equidistant)."""

    lowest: np.ndarray  # float32[n, n] m above the sea as on a 4/3 earth, row 0 in the north
    cell: float  # m


def empty_field(grid: Grid) -> Field:
    """Nobody sees anything."""
    shape = (grid.height.size, *grid.ground.shape)
    return Field(np.ones(shape, np.float32), np.zeros(shape, np.uint8))


def add_radar(
    radars: Any, r: int, sight: Sight, rcs: float, needed: float, grid: Grid, field: Field, threads: int
) -> None:
    """Enter radar r into a field: rcs in m2; needed is the probability of detection from which it counts."""
    site = radars.antenna[r]
    reach = radars.reach[r, 1] / EARTH_RADIUS
    rows = np.flatnonzero(np.abs(grid.latitude - site[0]) <= reach)
    widest = min(abs(site[0]) + reach, math.radians(89.0))
    columns = np.flatnonzero(np.abs(grid.longitude - site[1]) <= reach / math.cos(widest))
    if rows.size == 0 or columns.size == 0:
        return
    span = np.array([columns[0], columns[-1] + 1])
    blocks = [(i, min(i + _BLOCK, rows[-1] + 1)) for i in range(rows[0], rows[-1] + 1, _BLOCK)]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda b: _paint(radars, r, sight, rcs, needed, grid, field, b[0], b[1], span), blocks))


@jit
def _paint(radars, r, sight, rcs, needed, grid, field, first, last, span):
    """Rows first..last of a field: the way to every cell once, then strength, probability and entry for each height."""
    n = span[1] - span[0]
    turn = np.empty((2, n))
    for j in range(n):
        gap = grid.longitude[span[0] + j] - radars.antenna[r, 1]
        turn[0, j], turn[1, j] = math.sin(gap), math.cos(gap)
    way = np.empty((4, n))  # cosine and sine of the arc, distance over ground (m), lowest visible height (m)
    snr, pd = np.empty(n), np.empty(n)
    for i in range(first, last):
        _ways(radars, r, sight, grid.latitude[i], turn, way)
        for h in range(grid.height.size):
            if not _strengths(radars, r, sight, rcs, grid, i, h, span[0], way, snr):
                continue
            probabilities(radars.detection[r], snr, pd)
            for j in range(n):
                if snr[j] > 0.0:
                    field.missed[h, i, span[0] + j] *= 1.0 - pd[j]
                    field.count[h, i, span[0] + j] += pd[j] >= needed


@jit
def _ways(radars, r, sight, latitude, turn, way):
    """Fill way[4, n] for the cells of a row; turn[2, n]: sine and cosine of their longitude from the radar."""
    site = radars.antenna[r]
    sin_0, cos_0, sin_i, cos_i = math.sin(site[0]), math.cos(site[0]), math.sin(latitude), math.cos(latitude)
    middle = sight.lowest.shape[0] // 2
    width = radars.sector_width[r]  # of its search: nobody tells it where to look
    start = radars.sector_centre[r] - 0.5 * width
    for j in range(turn.shape[1]):
        cosine = sin_0 * sin_i + cos_0 * cos_i * turn[1, j]
        east, north = cos_i * turn[0, j], cos_0 * sin_i - sin_0 * cos_i * turn[1, j]
        sine = math.sqrt(east * east + north * north)
        arc = math.atan2(sine, cosine)
        way[0, j], way[1, j], way[2, j], way[3, j] = cosine, sine, arc * EARTH_RADIUS, math.inf
        if way[2, j] > radars.reach[r, 1]:
            continue
        if width <= _ALL_ROUND and (math.atan2(east, north) - start) % _TWO_PI > width:
            continue
        scale = arc / max(sine, 1e-12) * EARTH_RADIUS / sight.cell
        way[3, j] = _sampled(sight.lowest, middle - north * scale, middle + east * scale)


@jit
def _strengths(radars, r, sight, rcs, grid, i, h, begin, way, snr):
    """Fill snr float64[n] of row i at height h of the grid, 0 where a cell is not seen; bool, whether any is.

    rcs: m2; begin: first column; way: float64[4, n] of `_ways`, arcs as cosine and sine, the rest m.
    """
    site = radars.antenna[r]
    low = EARTH_RADIUS + site[2]
    some = False
    for j in range(snr.size):
        snr[j] = 0.0
        cosine, sine, distance, lowest = way[0, j], way[1, j], way[2, j], way[3, j]
        ground = grid.ground[i, begin + j]
        height = grid.height[h] + (ground if grid.above_ground else 0.0)
        if lowest == math.inf or height < ground or straight_height(radars.bend[r], distance, site[2], height) < lowest:
            continue
        high = EARTH_RADIUS + height
        gap = (high - low) ** 2 + 2.0 * high * low * (1.0 - cosine)
        snr[j] = signal(radars, r, rcs, math.sqrt(gap), high * sine, high * cosine - low)
        snr[j] *= surface_factor(radars, r, distance, site[2], height)
        some |= snr[j] > 0.0
    return some


@jit
def _sampled(table, row, column):
    """Bilinear value of a square grid at a row and column; its edge beyond."""
    n = table.shape[0]
    row, column = min(max(row, 0.0), n - 1.001), min(max(column, 0.0), n - 1.001)
    i, j = int(row), int(column)
    u, v = row - i, column - j
    upper = table[i, j] * (1.0 - v) + table[i, j + 1] * v
    return upper * (1.0 - u) + (table[i + 1, j] * (1.0 - v) + table[i + 1, j + 1] * v) * u
