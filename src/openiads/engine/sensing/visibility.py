"""The lowest height that an antenna sees over every cell of a grid around it: what coverage maps are made from.

Rays run from the centre to the rim of each quadrant and cross one row of cells after the other; each carries the
steepest ground so far. Their number doubles as the ring grows, so the work per cell is constant.
docs/equations/coverage.md.
"""

from __future__ import annotations

import math

import numpy as np

from openiads.engine.geo import EARTH_RADIUS, ground_height
from openiads.engine.jit import jit, part
from openiads.engine.sensing.propagation import straight_height

_STRIP = 16  # columns: a cache line of them
RAYS = 2  # rays per cell of the widest ring of a level: more is more exact and slower
_FLAT = np.float32(-1e9)  # steepness before any ground: nothing hides


def minimum_visible_height(ground: np.ndarray, cell: float, antenna: float, radius: float) -> np.ndarray:
    """Lowest visible height above the sea (m), float32[n, n]; n odd, the antenna over the centre cell.

    ground: float32[n, n] m above the sea, row 0 in the north, straight lines through the centre great circles
    (azimuthal equidistant); cell: m; antenna: m above the sea; radius: m, of the sphere on which rays are straight.
    Never below the ground of its cell.
    """
    ground = np.ascontiguousarray(ground, np.float32)
    n = ground.shape[0]
    if ground.shape != (n, n) or n % 2 == 0:
        raise ValueError(f"ground must be a square with an odd number of rows, not {ground.shape}")
    out = np.empty((n, n), np.float32)
    for sign in (-1, 1):
        _rows(ground, sign, cell, antenna, radius, out)
        _columns(ground, sign, cell, antenna, radius, out)
    out[n // 2, n // 2] = ground[n // 2, n // 2]
    return out


@jit
def _rows(ground, sign, cell, antenna, radius, out):
    """The northern or southern quadrant: rows half + sign k, columns within k of the middle."""
    half = ground.shape[0] // 2
    steep, rays, work, index = _start(half)
    for k in range(1, half + 1):
        if RAYS * k > rays:
            steep, rays = _doubled(steep), 2 * rays
        line, row = ground[half + sign * k, half - k : half + k + 1], out[half + sign * k, half - k : half + k + 1]
        _ring(line, row, k, steep, rays, work, index, cell, antenna, radius)


@jit
def _columns(ground, sign, cell, antenna, radius, out):
    """The eastern or western quadrant without its diagonals: columns half + sign k, some at a time made lines."""
    half = ground.shape[0] // 2
    steep, rays, work, index = _start(half)
    lines, found = np.empty((_STRIP, 2 * half + 1), np.float32), np.empty((_STRIP, 2 * half + 1), np.float32)
    for k0 in range(1, half + 1, _STRIP):
        width = min(_STRIP, half + 1 - k0)
        top = k0 + width - 1
        for i in range(half - top, half + top + 1):
            for w in range(width):
                lines[w, i] = ground[i, half + sign * (k0 + w)]
        for w in range(width):
            k = k0 + w
            if RAYS * k > rays:
                steep, rays = _doubled(steep), 2 * rays
            line, row = lines[w, half - k : half + k + 1], found[w, half - k : half + k + 1]
            _ring(line, row, k, steep, rays, work, index, cell, antenna, radius)
        for i in range(half - top + 1, half + top):
            for w in range(max(0, abs(i - half) + 1 - k0), width):
                out[i, half + sign * (k0 + w)] = found[w, i]


@part
def _start(half):
    """No ground yet under the first rays; and room to work in."""
    most = 4 * RAYS * half + 8 * RAYS + 1
    return np.full(8 * RAYS + 1, _FLAT, np.float32), 4 * RAYS, np.empty((4, most), np.float32), np.empty(most, np.int32)


@part
def _ring(line, row, k, steep, rays, work, index, cell, antenna, radius):
    """One line of 2k + 1 cells: heights over them from the rays so far, then the rays over its ground."""
    across, antenna, radius = np.float32(k * cell), np.float32(antenna), np.float32(radius)
    share, slope, height = work[0], work[1], work[2]
    _between(steep, np.float32(rays / k), index, share, slope[: 2 * k])
    slope[2 * k] = steep[2 * rays]
    _cells(slope[: 2 * k + 1], line, row, np.float32(k), across, antenna, radius)
    _between(line, np.float32(k / rays), index, share, height[: 2 * rays])
    height[2 * rays] = line[2 * k]
    _rays(height, steep, np.float32(rays), across, antenna, radius)


@part
def _doubled(steep):
    """Twice the rays: each new one between two old ones, as steep as their mean."""
    out = np.empty(2 * steep.size - 1, np.float32)
    for a in range(steep.size - 1):
        out[2 * a] = steep[a]
        out[2 * a + 1] = np.float32(0.5) * (steep[a] + steep[a + 1])
    out[-1] = steep[-1]
    return out


@part
def _between(line, pace, index, share, out):
    """Linear interpolation of a line at i pace; two passes, since only the first vectorises."""
    for i in range(out.size):
        place = np.float32(i) * pace
        index[i] = np.int32(place)
        share[i] = place - np.float32(np.int32(place))
    for i in range(out.size):
        j = np.uint32(index[i])
        out[i] = line[j] + (line[j + np.uint32(1)] - line[j]) * share[i]


@part
def _rays(height, steep, rays, across, antenna, radius):
    """Carry every ray over one row: height is the ground under it there; keep the steepest."""
    one, half_one, sixth, twelfth = np.float32(1.0), np.float32(0.5), np.float32(1.0 / 6.0), np.float32(1.0 / 12.0)
    per, share = one / radius, one / rays
    for a in range(steep.size):
        aside = np.float32(a) * share - one
        distance = across * np.sqrt(one + aside * aside)
        arc = distance * per
        square = arc * arc
        slope = (height[a] - antenna) / ((one + height[a] * per) * distance) - half_one * arc * (one - square * twelfth)
        steep[a] = max(steep[a], slope * (one + square * sixth))


@part
def _cells(slope, line, out, k, across, antenna, radius):
    """Heights over the 2k + 1 cells of a row from the steepness of the rays there; its own ground hides none."""
    one, half_one, sixth, twelfth = np.float32(1.0), np.float32(0.5), np.float32(1.0 / 6.0), np.float32(1.0 / 12.0)
    slant, per = one / (k * k), one / radius
    for m in range(slope.size):
        off = np.float32(m) - k
        distance = across * np.sqrt(one + off * off * slant)
        arc = distance * per
        square = arc * arc
        rise = (slope[m] / (one + square * sixth) + half_one * arc * (one - square * twelfth)) * distance
        out[m] = max((antenna + rise) / (one - rise * per), line[m])


@jit
def straighten(ground, bend, cell, antenna):
    """Bring the ground of a local grid to where it would stand on a 4/3 earth (table of `propagation.bending`)."""
    middle = ground.shape[0] // 2
    for i in range(ground.shape[0]):
        for j in range(ground.shape[1]):
            distance = cell * math.sqrt(float((i - middle) ** 2 + (j - middle) ** 2))
            if distance > 0.0:
                ground[i, j] = straight_height(bend, distance, antenna, ground[i, j])


@jit
def local_grid(terrain, latitude, longitude, cell, n):
    """Ground (m) float32[n, n] around a place (rad), azimuthal equidistant, cells of `cell` m, row 0 in the north."""
    out = np.empty((n, n), np.float32)
    middle = n // 2
    s0, c0 = math.sin(latitude), math.cos(latitude)
    for i in range(n):
        north = (middle - i) * cell / EARTH_RADIUS
        for j in range(n):
            east = (j - middle) * cell / EARTH_RADIUS
            arc = math.sqrt(north * north + east * east)
            shrink = _sinc(arc * arc)  # sin(arc) / arc
            up = s0 * _cosine(arc * arc) + c0 * north * shrink
            lat = math.asin(min(1.0, max(-1.0, up)))
            lon = longitude + math.atan2(east * shrink, c0 * _cosine(arc * arc) - s0 * north * shrink)
            out[i, j] = ground_height(terrain, lat, lon)
    return out


@part
def _sinc(square):
    """sin(x) / x from x^2, to 1e-12 below 0.4 rad (2,500 km)."""
    return 1.0 - square / 6.0 * (
        1.0 - square / 20.0 * (1.0 - square / 42.0 * (1.0 - square / 72.0 * (1.0 - square / 110.0)))
    )


@part
def _cosine(square):
    """cos(x) from x^2, likewise."""
    return 1.0 - square / 2.0 * (
        1.0 - square / 12.0 * (1.0 - square / 30.0 * (1.0 - square / 56.0 * (1.0 - square / 90.0)))
    )
