"""The Earth: a sphere for the bodies, a sphere of 4/3 its radius for the radio horizon, a grid for the ground.

Positions are earth-centred Cartesian, metres. A sphere of the mean radius is within 0.5 % of WGS-84 in
distance, keeps the horizon and ballistic formulas exact, and costs one square root per height.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from openiads.engine.bundle import bundle
from openiads.engine.jit import jit, part

EARTH_RADIUS = 6_371_008.8  # m, mean radius (IUGG)
REFRACTION = 4.0 / 3.0  # effective radius factor for radio in a standard atmosphere (ITU-R P.453, Blake 1986)
RADIO_RADIUS = REFRACTION * EARTH_RADIUS
_TURN = 2.0 * math.pi
GM = 3.986004418e14  # m3/s2
NO_DATA = -32768  # m: a cell of which no height is known


@bundle
class Terrain(NamedTuple):
    """Ground height on a regular grid of latitude and longitude; one cell of height 0 is a smooth Earth."""

    height: np.ndarray  # int16[rows, columns] m, at least 2 x 2, first row in the north; NO_DATA where nothing is known
    north: float  # rad, northern edge of the first row
    west: float  # rad, western edge of the first column
    step_north: float  # rad, height of a cell
    step_east: float  # rad, its width
    lowest: float  # m, no ground is lower, the sea around the grid included: at most 0
    highest: float  # m, none is higher: at least 0


def smooth_earth() -> Terrain:
    """A ground of height 0 everywhere."""
    return Terrain(np.zeros((1, 1), np.int16), 0.0, 0.0, 1.0, 1.0, 0.0, 0.0)


@jit
def to_ecef(latitude, longitude, height):
    """Latitude, longitude (rad) and height (m) to earth-centred x, y, z (m)."""
    r = EARTH_RADIUS + height
    c = math.cos(latitude)
    return r * c * math.cos(longitude), r * c * math.sin(longitude), r * math.sin(latitude)


@jit
def to_geodetic(x, y, z):
    """Earth-centred x, y, z (m) to latitude, longitude (rad) and height (m)."""
    r = math.sqrt(x * x + y * y + z * z)
    return math.asin(z / r), math.atan2(y, x), r - EARTH_RADIUS


@part
def turned(angle):
    """An angle (rad) within one turn, [0, 2 pi]: a floor is cheaper than the remainder of the library."""
    return angle - _TURN * np.floor(angle * (1.0 / _TURN))


@jit
def set_frame(axes, i, latitude, longitude):
    """Fill axes[i, 3, 3] with a place's local axes: rows are east, north and up in earth-centred coordinates."""
    sl, cl = math.sin(latitude), math.cos(latitude)
    so, co = math.sin(longitude), math.cos(longitude)
    axes[i, 0, 0], axes[i, 0, 1], axes[i, 0, 2] = -so, co, 0.0
    axes[i, 1, 0], axes[i, 1, 1], axes[i, 1, 2] = -sl * co, -sl * so, cl
    axes[i, 2, 0], axes[i, 2, 1], axes[i, 2, 2] = cl * co, cl * so, sl


@jit
def ground_height(terrain, latitude, longitude):
    """Height of the ground (m), bilinear between cell centres that have data; 0 outside the grid and without any.

    The outer half of an edge cell has the height of the nearest place between centres.
    """
    rows, columns = terrain.height.shape
    if rows < 2:
        return 0.0
    row = (terrain.north - latitude) / terrain.step_north - 0.5
    column = (longitude - terrain.west) / terrain.step_east - 0.5
    if abs(row - 0.5 * (rows - 1)) > 0.5 * rows or abs(column - 0.5 * (columns - 1)) > 0.5 * columns:
        return 0.0
    i = min(int(row), rows - 2)
    j = min(int(column), columns - 2)
    u = min(max(row - i, 0.0), 1.0)
    v = min(max(column - j, 0.0), 1.0)
    h = terrain.height
    if min(h[i, j], h[i, j + 1], h[i + 1, j], h[i + 1, j + 1]) == NO_DATA:
        return _partly_known(h, i, j, u, v)
    return (h[i, j] * (1 - v) + h[i, j + 1] * v) * (1 - u) + (h[i + 1, j] * (1 - v) + h[i + 1, j + 1] * v) * u


@part
def _partly_known(h, i, j, u, v):
    """The mean of what is known of four neighbours, weighted as between all of them."""
    total, weights = 0.0, 0.0
    for k in range(2):
        for n in range(2):
            weight = (u if k else 1.0 - u) * (v if n else 1.0 - v)
            if h[i + k, j + n] != NO_DATA:
                total += weight * h[i + k, j + n]
                weights += weight
    return total / weights if weights > 0.0 else 0.0


@jit
def ground_heights(terrain, latitude, longitude, out):
    """Fill float32[rows, columns] with the ground at latitudes and longitudes (rad)."""
    for i in range(latitude.size):
        for j in range(longitude.size):
            out[i, j] = ground_height(terrain, latitude[i], longitude[j])


@jit
def has_height(terrain, latitude, longitude):
    """Is the height of the ground known at a place: always on a smooth Earth and outside the grid (the sea)."""
    row = int((terrain.north - latitude) / terrain.step_north)
    column = int((longitude - terrain.west) / terrain.step_east)
    if terrain.height.shape[0] < 2 or not (
        0 <= row < terrain.height.shape[0] and 0 <= column < terrain.height.shape[1]
    ):
        return True
    return terrain.height[row, column] != NO_DATA


@jit
def sight_slope(distance, from_height, to_height):
    """Tangent of the elevation (4/3 earth) of a point at a ground distance (m); heights in m above sea.

    Exact on a sphere of radius RADIO_RADIUS, where a ray is a straight line.
    """
    psi = distance / RADIO_RADIUS
    return (math.cos(psi) - (RADIO_RADIUS + from_height) / (RADIO_RADIUS + to_height)) / max(math.sin(psi), 1e-12)


@jit
def destination(latitude, longitude, azimuth, distance):
    """Where a great circle ends: latitude, longitude (rad) after a distance (m) on an azimuth (rad)."""
    d = distance / EARTH_RADIUS
    sin_lat = math.sin(latitude) * math.cos(d) + math.cos(latitude) * math.sin(d) * math.cos(azimuth)
    lat = math.asin(min(1.0, max(-1.0, sin_lat)))
    lon = longitude + math.atan2(
        math.sin(azimuth) * math.sin(d) * math.cos(latitude), math.cos(d) - math.sin(latitude) * sin_lat
    )
    return lat, lon


@part
def in_circle(circles, k, x):
    """Lies a point (earth-centred, m) above circle k on the ground: circles float64[K, 4], direction of the centre, cosine of the radius."""
    along, square = 0.0, 0.0
    for i in range(3):
        along += x[i] * circles[k, i]
        square += x[i] * x[i]
    return along >= circles[k, 3] * math.sqrt(square)


@jit
def ground_distance(latitude, longitude, latitude_2, longitude_2):
    """Great-circle distance (m), haversine: stable for short arcs."""
    a = math.sin(0.5 * (latitude_2 - latitude)) ** 2
    b = math.sin(0.5 * (longitude_2 - longitude)) ** 2
    h = a + math.cos(latitude) * math.cos(latitude_2) * b
    return 2.0 * EARTH_RADIUS * math.asin(math.sqrt(min(1.0, h)))


def horizon_distance(height_1: float, height_2: float) -> float:
    """Radio horizon (m) between two heights (m) over a smooth 4/3 earth: the sum of both sqrt(2 a h) (Blake 1986)."""
    return math.sqrt(2.0 * RADIO_RADIUS * height_1) + math.sqrt(2.0 * RADIO_RADIUS * height_2)
