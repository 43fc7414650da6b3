"""Propagation: how the air bends and dims a ray, and how a smooth surface beneath it adds or cancels.

Tables are made once per antenna; kernels look them up. docs/equations/propagation.md.
"""

from __future__ import annotations

import math

import numpy as np

from openiads.engine.geo import EARTH_RADIUS, RADIO_RADIUS, sight_slope
from openiads.engine.jit import jit, part

_LEAST_SINE = -0.1  # of the elevations of a loss table: what lies lower has the loss of its edge
_BEND_REACH, _BEND_TOP = 640e3, 40e3  # m, of a table of bending
_BEND_SHAPE = (33, 25)
_RAY_STEP = 1000.0  # m along the ground
_LEAST_GAIN = -60.0  # dB, of an antenna on the ground: 2 + 20 log K with the surface admittance K of land at 1 GHz
_DEEPEST = -5000.0  # m: rays go on below the ground, where nothing asks for them


def loss_elevations(count: int) -> np.ndarray:
    """Elevations (rad) of the rows of a loss table: dense near the horizon, where the loss changes fast."""
    part_of = np.arange(count) / (count - 1.0)
    return np.arcsin((1.0 - _LEAST_SINE) * part_of**2 + _LEAST_SINE)


def loss_ranges(count: int, reach: float) -> np.ndarray:
    """Slant ranges (m) of the columns of a loss table."""
    return np.arange(count) * (reach / (count - 1.0))


@part
def transmission(radars, r, sine, share):
    """Two-way power that the air lets through to a body, float 0 to 1, 1 for none lost; bilinear.

    table: float32[R, E, K] of all radars, r one of them; sine of the elevation; slant range as a share of its reach.
    """
    table = radars.transmission
    rows, columns = table.shape[1], table.shape[2]
    if rows < 2:
        return 1.0
    u = math.sqrt(max(0.0, (sine - _LEAST_SINE) / (1.0 - _LEAST_SINE))) * (rows - 1)
    v = min(max(share, 0.0), 1.0) * (columns - 1)
    i, j = min(int(u), rows - 2), min(int(v), columns - 2)
    u, v = u - i, v - j
    low = table[r, i, j] * (1.0 - v) + table[r, i, j + 1] * v
    return low * (1.0 - u) + (table[r, i + 1, j] * (1.0 - v) + table[r, i + 1, j + 1] * v) * u


def decay_of(refractivity: float) -> float:
    """Decay with height (1/m) of the CRPL exponential reference atmosphere; refractivity at the surface in N units.

    The first kilometre loses 7.32 exp(0.005577 N) N units (Bean and Thayer 1959).
    """
    return 1e-3 * math.log(refractivity / (refractivity - 7.32 * math.exp(0.005577 * refractivity)))


def index_of_refraction(height: np.ndarray | float, refractivity: float) -> np.ndarray:
    """n of the exponential atmosphere at a height (m); refractivity at the surface in N units (Blake 1986)."""
    above = np.maximum(height, _DEEPEST)
    return 1.0 + refractivity * 1e-6 * np.exp(-decay_of(refractivity) * above)


def trace(antenna: float, elevations: np.ndarray, refractivity: float, reach: float,
          step: float = _RAY_STEP) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Rays through the exponential atmosphere: heights and radio ranges (m) [steps + 1, rays] by ground distance.

    Runge-Kutta over the angle at the Earth's centre: dr = r tan e, de = 1 + r n'/n, path = n r / cos e (Snell's law
    on a sphere). Radio range is what a clock measures: the path times n.
    """

    def rates(ray: np.ndarray) -> np.ndarray:
        r, e = ray[0], ray[1]
        n = index_of_refraction(r - EARTH_RADIUS, refractivity)
        slope = -decay_of(refractivity) * (n - 1.0)
        return np.stack([r * np.tan(e), 1.0 + r * slope / n, n * r / np.cos(e)])

    count = round(reach / step)
    h = step / EARTH_RADIUS
    ray = np.stack([np.full(elevations.size, EARTH_RADIUS + antenna), elevations.copy(), np.zeros(elevations.size)])
    heights, paths = np.empty((count + 1, elevations.size)), np.empty((count + 1, elevations.size))
    for k in range(count + 1):
        heights[k], paths[k] = ray[0] - EARTH_RADIUS, ray[2]
        k1 = rates(ray)
        k2 = rates(ray + 0.5 * h * k1)
        k3 = rates(ray + 0.5 * h * k2)
        k4 = rates(ray + h * k3)
        ray = ray + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        ray[1] = np.minimum(ray[1], 1.4)  # a ray that has left for space stays there
    return heights, paths


def bending(antenna: float, refractivity: float) -> np.ndarray:
    """What to add to sight_slope for the exponential atmosphere: float32[distances, heights] for an antenna (m)."""
    slopes = 0.9 * np.sinh(np.linspace(-4.0, 6.0, 400)) / np.sinh(6.0)
    heights, _ = trace(antenna, np.arctan(slopes), refractivity, _BEND_REACH)
    rows, columns = _BEND_SHAPE
    out = np.zeros((rows, columns), np.float32)
    tops = _BEND_TOP * (np.arange(columns) / (columns - 1.0)) ** 2
    for i in range(1, rows):
        distance = _BEND_REACH * i / (rows - 1.0)
        line = heights[round(distance / _RAY_STEP)]
        keep = np.concatenate([np.diff(line) > 0.0, [True]])
        found = np.interp(tops, line[keep], slopes[keep])
        straight = np.array([sight_slope(distance, antenna, top) for top in tops])
        out[i] = np.where(tops <= line[keep][-1], found - straight, 0.0)
    return out


@jit
def apparent_slope(bend, distance, from_height, to_height):
    """Tangent of the elevation at which a point is seen: on a 4/3 earth, or with a table of `bending` added."""
    slope = sight_slope(distance, from_height, to_height)
    rows, columns = bend.shape
    if rows < 2:
        return slope
    u = min(distance / _BEND_REACH, 1.0) * (rows - 1)
    v = math.sqrt(min(max(to_height, 0.0) / _BEND_TOP, 1.0)) * (columns - 1)
    i, j = min(int(u), rows - 2), min(int(v), columns - 2)
    u, v = u - i, v - j
    low = bend[i, j] * (1.0 - v) + bend[i, j + 1] * v
    return slope + low * (1.0 - u) + (bend[i + 1, j] * (1.0 - v) + bend[i + 1, j + 1] * v) * u


@jit
def straight_height(bend, distance, from_height, height):
    """Height (m) at which a point would stand on a 4/3 earth to be seen at the same elevation."""
    if bend.shape[0] < 2:
        return height
    slope, arc = apparent_slope(bend, distance, from_height, height), distance / RADIO_RADIUS
    return (RADIO_RADIUS + from_height) / (math.cos(arc) - slope * math.sin(arc)) - RADIO_RADIUS


@jit
def pattern_factor(distance, height_1, height_2, wavelength, reflection, radius):
    """Voltage factor F of a smooth reflecting surface; received power goes as F^4. All lengths in m.

    Direct and reflected ray with phase reversal and divergence, the point of reflection on a sphere of `radius` by
    Fishback's cubic (Kerr 1951, 2.13). Where the ray passes the surface closer than 0.55 of the first Fresnel zone,
    optics fades and the smaller of it and the diffraction over the sphere counts (ITU-R P.526-15, 3.2). Heights
    are above the surface; radius may be infinite, a plane.
    """
    if not height_1 > 0.0 or not height_2 > 0.0:
        return 0.0
    divergence, low, high, most = 1.0, height_1, height_2, 2.0
    if radius < math.inf:
        p = 2.0 / math.sqrt(3.0) * math.sqrt(radius * (height_1 + height_2) + 0.25 * distance * distance)
        turn = math.asin(min(1.0, max(-1.0, 2.0 * radius * distance * (height_2 - height_1) / p**3)))
        d1 = 0.5 * distance - p * math.sin(turn / 3.0)
        d2 = distance - d1
        low -= d1 * d1 / (2.0 * radius)
        high -= d2 * d2 / (2.0 * radius)
        clearance = (low * d2 + high * d1) / distance
        needed = 0.552 * math.sqrt(d1 * d2 * wavelength / distance)
        if clearance < needed:
            reach = distance / (math.sqrt(height_1) + math.sqrt(height_2))
            loss = -diffracted(distance, height_1, height_2, wavelength, 0.5 * reach * reach)
            share = 1.0 - max(0.0, clearance) / needed
            most = 10.0 ** (-max(0.0, share * loss) / 20.0)
            if low <= 0.0 or high <= 0.0:
                return most
        grazing = math.sin(math.atan2(low + high, distance))
        divergence = 1.0 / math.sqrt(1.0 + 2.0 * d1 * d2 / (radius * distance * grazing))
    far = math.sqrt(distance * distance + (low + high) ** 2)
    near = math.sqrt(distance * distance + (low - high) ** 2)
    phase = 2.0 * math.pi * 4.0 * low * high / ((far + near) * wavelength)
    rho = reflection * divergence
    return min(most, math.sqrt(max(0.0, 1.0 + rho * rho - 2.0 * rho * math.cos(phase))))


@jit
def diffracted(distance, height_1, height_2, wavelength, radius):
    """Field (dB) over that of empty space behind a smooth sphere: first term of the residue series (P.526-15, 3.1)."""
    x = distance * (math.pi / (wavelength * radius * radius)) ** (1.0 / 3.0)
    scale = 2.0 * (math.pi * math.pi / (wavelength * wavelength * radius)) ** (1.0 / 3.0)
    far = 11.0 + 10.0 * math.log10(x) - 17.6 * x if x >= 1.6 else -20.0 * math.log10(x) - 5.6488 * x**1.425
    return far + _height_gain(scale * height_1) + _height_gain(scale * height_2)


@part
def _height_gain(y):
    if y > 2.0:
        return 17.6 * math.sqrt(y - 1.1) - 5.0 * math.log10(y - 1.1) - 8.0
    return max(_LEAST_GAIN, 20.0 * math.log10(y + 0.1 * y**3))
