"""The elevation at which a look finds its body in the air: the short formula against exact geometry on a 4/3 earth."""

from __future__ import annotations

import math

import numpy as np
import pytest

from openiads.engine.geo import EARTH_RADIUS, RADIO_RADIUS
from openiads.engine.sensing.signal import apparent_sine
from tests.builders import compiled

FAR = np.geomspace(1e3, 600e3, 120)  # m over ground
HEIGHTS = np.linspace(0.0, 20e3, 41)  # m


def off(antenna: float) -> float:
    """Largest error of the sine over those distances and heights."""
    sine, worst = compiled(apparent_sine), 0.0
    low, low_radio = EARTH_RADIUS + antenna, RADIO_RADIUS + antenna
    for height in HEIGHTS:
        high, high_radio = EARTH_RADIUS + height, RADIO_RADIUS + height
        for d in FAR:
            level, up = high * math.sin(d / EARTH_RADIUS), high * math.cos(d / EARTH_RADIUS) - low
            arc = d / RADIO_RADIUS
            exact = math.atan2(high_radio * math.cos(arc) - low_radio, high_radio * math.sin(arc))
            worst = max(worst, abs(sine(math.hypot(level, up), level, up) - math.sin(exact)))
    return worst


@pytest.mark.parametrize(
    ("antenna", "stated"), [(0.0, 1.52e-4), (200.0, 1.52e-4), (3_000.0, 1.8e-4), (9_150.0, 2.2e-4)]
)
def test_the_stated_error_of_the_apparent_sine(antenna, stated):
    """What signal.py and docs/equations/sensing.md say, and not half of it."""
    assert 0.9 * stated < off(antenna) <= stated


def test_a_straight_line_would_be_far_off():
    """What the formula mends: at 400 km the straight line to 11 km lies 8 milliradians lower."""
    d, low, high = 400e3, EARTH_RADIUS + 10.0, EARTH_RADIUS + 11e3
    level, up = high * math.sin(d / EARTH_RADIUS), high * math.cos(d / EARTH_RADIUS) - low
    slant = math.hypot(level, up)
    assert compiled(apparent_sine)(slant, level, up) - up / slant == pytest.approx(
        0.25 * 0.5 * d / EARTH_RADIUS, rel=0.02
    )
