"""The field of one radar over a grid of latitude and longitude: what it detects at each height. docs/equations/coverage.md."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from openiads.engine.bundle import bundle
from openiads.engine.geo import EARTH_RADIUS, RADIO_RADIUS
from openiads.engine.jit import jit
from openiads.engine.sensing.detection import probability
from openiads.engine.sensing.propagation import pattern_factor, straight_height, transmission

_TWO_PI = 2.0 * math.pi
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
    above: float  # m, height of the antenna above the ground beneath it


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
    """Rows first..last of a field."""
    site = radars.antenna[r]
    sin0, cos0 = math.sin(site[0]), math.cos(site[0])
    low = EARTH_RADIUS + site[2]
    middle = sight.lowest.shape[0] // 2
    whole = radars.sector_width[r] > _TWO_PI - 1e-6 or radars.track_width[r] > _TWO_PI - 1e-6
    width = max(radars.sector_width[r], radars.track_width[r])
    turn = np.empty((span[1], 2))
    for j in range(span[0], span[1]):
        turn[j, 0] = math.sin(grid.longitude[j] - site[1])
        turn[j, 1] = math.cos(grid.longitude[j] - site[1])
    for i in range(first, last):
        sin_i, cos_i = math.sin(grid.latitude[i]), math.cos(grid.latitude[i])
        for j in range(span[0], span[1]):
            cosine = sin0 * sin_i + cos0 * cos_i * turn[j, 1]
            east, north = cos_i * turn[j, 0], cos0 * sin_i - sin0 * cos_i * turn[j, 1]
            sine = math.sqrt(east * east + north * north)  # of the arc from the radar
            arc = math.atan2(sine, cosine)
            ground_range = arc * EARTH_RADIUS
            if ground_range > radars.reach[r, 1]:
                continue
            if not whole and (math.atan2(east, north) - radars.sector_centre[r] + 0.5 * width) % _TWO_PI > width:
                continue
            scale = arc / max(sine, 1e-12) * EARTH_RADIUS / sight.cell
            lowest = _sampled(sight.lowest, middle - north * scale, middle + east * scale)
            ground = grid.ground[i, j]
            for h in range(grid.height.size):
                height = grid.height[h] + (ground if grid.above_ground else 0.0)
                if height < ground or straight_height(radars.bend[r], ground_range, site[2], height) < lowest:
                    continue
                high = EARTH_RADIUS + height
                gap = (high - low) ** 2 + 2.0 * high * low * (1.0 - cosine)
                slant = math.sqrt(gap)
                up, level = high * cosine - low, high * sine
                if not radars.slope[r, 0] * level <= up <= radars.slope[r, 1] * level:
                    continue
                if slant > radars.reach[r, 1] or slant < radars.reach[r, 0]:
                    continue
                snr = radars.gain[r] * rcs / (gap * gap)
                snr *= transmission(radars.transmission, r, up / slant, slant / radars.reach[r, 1])
                if radars.reflection[r] > 0.0:
                    snr *= (
                        pattern_factor(
                            ground_range,
                            sight.above,
                            height - ground,
                            radars.wavelength[r],
                            radars.reflection[r],
                            RADIO_RADIUS,
                        )
                        ** 4
                    )
                pd = probability(radars.detection[r], snr)
                field.missed[h, i, j] *= 1.0 - pd
                if pd >= needed:
                    field.count[h, i, j] += 1


@jit
def _sampled(table, row, column):
    """Bilinear value of a square grid at a row and column; its edge beyond."""
    n = table.shape[0]
    row, column = min(max(row, 0.0), n - 1.001), min(max(column, 0.0), n - 1.001)
    i, j = int(row), int(column)
    u, v = row - i, column - j
    upper = table[i, j] * (1.0 - v) + table[i, j + 1] * v
    return upper * (1.0 - u) + (table[i + 1, j] * (1.0 - v) + table[i + 1, j + 1] * v) * u
