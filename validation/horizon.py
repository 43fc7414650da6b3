"""The radio horizon: printed tables (facts 6.1), the closed form, and masks of the engine to hold against both."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from scipy.optimize import brentq

from openiads.engine import sensing
from openiads.engine.geo import EARTH_RADIUS, RADIO_RADIUS, Terrain, sight_slope
from tests import builders
from validation import looks

TARGETS = (30, 60, 100, 150, 300, 500, 1_000, 3_000, 5_000, 10_000, 11_000, 20_000, 30_000)  # m
TABLE = {  # antenna (m): range (km) to which each target is visible over a smooth earth
    4: (30.8, 40.2, 49.5, 58.7, 79.6, 100.4, 138.6, 234.0, 299.7, 420.4, 440.5, 591.2, 722.2),
    10: (35.6, 45.0, 54.3, 63.5, 84.4, 105.2, 143.4, 238.8, 304.5, 425.2, 445.3, 595.9, 727.0),
    24: (42.8, 52.1, 61.4, 70.7, 91.6, 112.4, 150.5, 246.0, 311.6, 432.4, 452.5, 603.1, 734.1),
    40: (48.6, 58.0, 67.3, 76.6, 97.5, 118.2, 156.4, 251.8, 317.5, 438.2, 458.4, 609.0, 740.0),
}
# smallest visible height (m) of a target at a distance (km), antenna at 10 m
LOWEST = {20: 3, 35: 28, 60: 130, 120: 674, 150: 1_104, 200: 2_058, 250: 3_305, 380: 7_926, 400: 8_814, 600: 20_279}
# mask angle (deg): range (km) to which a target is visible, antenna at 10 m
MASKED = {
    0.0: (18.4, 29.1, 39.1, 48.8, 70.2, 91.2, 129.7, 225.4, 291.2, 412.0),
    0.25: (4.3, 10.1, 16.8, 24.2, 42.3, 61.4, 97.8, 191.3, 256.4, 376.6),
    0.5: (2.3, 5.5, 9.7, 14.6, 28.0, 43.4, 75.3, 163.1, 226.3, 344.5),
    1.0: (1.1, 2.8, 5.1, 7.8, 15.8, 25.8, 48.7, 121.5, 178.5, 289.6),
    2.0: (0.6, 1.4, 2.6, 4.0, 8.2, 13.7, 27.1, 75.9, 119.0, 211.0),
}
BIN = sensing.MASK_STEP
STRAIGHT = np.zeros((1, 1), np.float32)  # no table of bending: a 4/3 earth


def closed_form(height_1: float, height_2: float) -> float:
    """Radio horizon (m) between two heights (m) over a smooth 4/3 earth: the sum of both sqrt(2 a h) (Blake 1986)."""
    return math.sqrt(2.0 * RADIO_RADIUS * height_1) + math.sqrt(2.0 * RADIO_RADIUS * height_2)


def tolerance(kilometres: float) -> float:
    """How far (km) the engine's horizon may lie from a printed one.

    Half a digit of print; and the engine walks arcs on the ground where the formula adds tangents, which parts them
    by 0.15 % at 30 km of height.
    """
    return 0.06 + 1.5e-3 * kilometres


def masked(terrain: Terrain, antenna: float, bins: int = 1000) -> np.ndarray:
    """The engine's mask float32[720, bins] of an antenna (m above the sea) at the builders' site."""
    out = np.empty((sensing.MASK_AZIMUTHS, bins), np.float32)
    sensing.horizon_mask(terrain, STRAIGHT, *builders.SITE, antenna, out)
    return out


def rim(ground: float) -> Terrain:
    """Flat ground with a rim: all cells whose centres lie 0.7 to 1.3 km from the site are as high as asked (m)."""
    rows, step = 401, math.radians(0.001)
    north = builders.SITE[0] + 0.5 * rows * step
    west = builders.SITE[1] - 0.5 * rows * step
    i, j = np.mgrid[:rows, :rows]
    up = (rows // 2 - i) * step * EARTH_RADIUS
    across = (j - rows // 2) * step * EARTH_RADIUS * math.cos(builders.SITE[0])
    ring = np.abs(np.hypot(up, across) - 1_000.0) < 300.0
    return Terrain(np.where(ring, round(ground), 0).astype(np.int16), north, west, step, step, 0.0, ground)


def rim_to(angle: float) -> tuple[Terrain, float]:
    """A rim one bin away whose top stands at an angle (deg) to an antenna at 10 m, and by how much all heights shift.

    The grid holds whole metres; antenna and targets are raised by what the rim's top was rounded up.
    """
    top = brentq(lambda h: sight_slope(BIN, 10.0, h) - math.tan(math.radians(angle)), -10.0, 1_000.0)
    return rim(top), round(top) - top


@cache
def sharp(antenna: int) -> looks.Eye:
    """A radar that geometry alone limits, antenna in m."""
    return looks.sharp(float(antenna))


@cache
def _behind_rim(angle: float) -> tuple[looks.Eye, float]:
    terrain, shift = rim_to(angle)
    return looks.sharp(10.0 + shift).behind(masked(terrain, 10.0 + shift)), shift


def farthest_behind(angle: float, height: float) -> float:
    """How far (m) a body at a height (m) stays in sight behind a rim at an angle (deg), antenna at 10 m."""
    eye, shift = _behind_rim(angle)
    return looks.farthest(eye, height + shift, low=2.0 * BIN + 1.0)


def lowest_behind(angle: float, distance: float) -> float:
    """From which height (m) a body at a distance (m) is in sight there."""
    eye, shift = _behind_rim(angle)
    return looks.lowest(eye, distance) - shift


@cache
def airborne(height: float) -> looks.Eye:
    """The same aboard a body (m)."""
    return looks.airborne(height)
