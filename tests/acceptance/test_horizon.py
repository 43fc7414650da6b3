"""The radio horizon against published tables and figures, through the masks and looks that the engine uses.

Oracles: the closed form d = 4.1218 (sqrt(ha) + sqrt(ht)) km, its printed table and its inverses (facts 6.1), a flat
ray from a mask angle on the 4/3 earth, the published figures V1 and V8 to V11, and validation PROP-1.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq

from openiads import coverage
from openiads.engine import motion, sensing
from openiads.engine.geo import (
    EARTH_RADIUS,
    RADIO_RADIUS,
    Terrain,
    destination,
    horizon_distance,
    sight_slope,
    smooth_earth,
)
from tests import builders

TARGETS = (30, 60, 100, 150, 300, 500, 1_000, 3_000, 5_000, 10_000, 11_000, 20_000, 30_000)
TABLE = {
    4: (30.8, 40.2, 49.5, 58.7, 79.6, 100.4, 138.6, 234.0, 299.7, 420.4, 440.5, 591.2, 722.2),
    10: (35.6, 45.0, 54.3, 63.5, 84.4, 105.2, 143.4, 238.8, 304.5, 425.2, 445.3, 595.9, 727.0),
    24: (42.8, 52.1, 61.4, 70.7, 91.6, 112.4, 150.5, 246.0, 311.6, 432.4, 452.5, 603.1, 734.1),
    40: (48.6, 58.0, 67.3, 76.6, 97.5, 118.2, 156.4, 251.8, 317.5, 438.2, 458.4, 609.0, 740.0),
}
# smallest visible height (m) of a target at a distance (km), antenna at 10 m
INVERSE = {20: 3, 35: 28, 60: 130, 120: 674, 150: 1_104, 200: 2_058, 250: 3_305, 380: 7_926, 400: 8_814, 600: 20_279}
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


def masked(terrain: Terrain, antenna: float, bins: int = 1000) -> np.ndarray:
    """The engine's mask of an antenna (m above the sea) at 38 N, along one azimuth: tangent by range bin."""
    out = np.empty((sensing.MASK_AZIMUTHS, bins), np.float32)
    sensing.horizon_mask(terrain, STRAIGHT, *builders.SITE, antenna, out)
    assert np.ptp(out, axis=0).max() < 1e-6, "a smooth earth, or one with a round rim, looks the same all around"
    return out[0]


@pytest.fixture(scope="module")
def smooth() -> dict[int, np.ndarray]:
    return {antenna: masked(smooth_earth(), antenna) for antenna in (4, 10, 15, 20, 24, 40, 1000, 9150)}


def visible_to(mask: np.ndarray, antenna: float, height: float, start: float = BIN) -> float:
    """How far (m) a target can go out and stay visible, by the comparison that a look makes."""
    k = int(start / BIN)
    while k + 1 < mask.size and sight_slope((k + 1) * BIN - 1e-6, antenna, height) >= mask[k]:
        k += 1
    if sight_slope(k * BIN, antenna, height) < mask[k]:
        return k * BIN  # the bin that begins here has steeper ground before it
    return float(brentq(lambda d: sight_slope(d, antenna, height) - mask[k], k * BIN, (k + 1) * BIN))


@pytest.mark.parametrize("antenna", list(TABLE))
def test_smooth_earth(smooth, antenna):
    """All 52 cells: the formula to 0.1 km as printed, the engine's mask to its bin of a kilometre."""
    for height, printed in zip(TARGETS, TABLE[antenna], strict=True):
        assert horizon_distance(antenna, height) / 1e3 == pytest.approx(printed, abs=0.051)
        # the engine walks arcs on the ground, the formula adds tangents: they part by 0.2 % at 30 km of height
        assert visible_to(smooth[antenna], antenna, height) / 1e3 == pytest.approx(printed, abs=1.0 + 2e-3 * printed)


@pytest.mark.parametrize(("distance", "printed"), INVERSE.items())
def test_smallest_visible_height(smooth, distance, printed):
    slope = smooth[10][int(distance * 1e3 / BIN)]
    height = brentq(lambda h: sight_slope(distance * 1e3, 10.0, h) - slope, 0.0, 1e5)
    assert height == pytest.approx(printed, abs=max(1.0, 0.01 * printed))


@pytest.mark.parametrize("angle", list(MASKED))
def test_screening_angle(angle):
    """A rim of ground all around, right at the antenna, whose top stands at the angle; at 0 degrees just as high as it.

    The rim is one bin away, where the engine's mask takes its first look at the ground: a target that the
    table loses within that bin has no mask to lose it, so rows below 2 km are asked of the formula alone.
    """
    tangent = math.tan(math.radians(angle))
    ground = brentq(lambda h: sight_slope(BIN, 10.0, h) - tangent, -10.0, 1_000.0)
    mask = masked(rim(ground), 10.0)
    assert mask[0] == -1.0
    assert mask[1:].min() == pytest.approx(tangent, abs=0.0006), "the rim, to a metre of ground in a kilometre"
    assert np.ptp(mask[1:]) == 0.0
    for height, printed in zip(TARGETS, MASKED[angle], strict=False):
        exact = brentq(lambda d, h=height: sight_slope(d, 10.0, h) - tangent, 1.0, 2e6)
        assert exact / 1e3 == pytest.approx(printed, abs=0.051 + 1e-3 * printed)
        if printed > 2.0:
            # a metre of ground in the rim (the grid holds whole metres) moves the range by this much
            play = abs(sensitivity(height, tangent)) * abs(float(mask[1]) - tangent) + 20.0
            assert visible_to(mask, 10.0, height, 2 * BIN) == pytest.approx(exact, abs=play)


def sensitivity(height: float, tangent: float) -> float:
    """Metres of range for a unit of tangent."""
    here, there = (brentq(lambda d, t=t: sight_slope(d, 10.0, height) - t, 1.0, 2e6) for t in (tangent, tangent + 6e-4))
    return 1.2 * (there - here) / 6e-4


def rim(ground: float) -> Terrain:
    """Flat ground with a rim: all cells whose centres lie 0.7 to 1.3 km from the site are as high as asked."""
    rows, step = 401, math.radians(0.001)
    north = builders.SITE[0] + 0.5 * rows * step
    west = builders.SITE[1] - 0.5 * rows * step
    i, j = np.mgrid[:rows, :rows]
    up = (rows // 2 - i) * step * EARTH_RADIUS
    across = (j - rows // 2) * step * EARTH_RADIUS * math.cos(builders.SITE[0])
    ring = np.abs(np.hypot(up, across) - 1_000.0) < 300.0
    return Terrain(np.where(ring, round(ground), 0).astype(np.int16), north, west, step, step, 0.0, ground)


@pytest.mark.parametrize(
    ("first", "second", "kilometres"), [(20, 100, 59.652), (10, 50, 42.180), (15, 3_000, 241.745), (1_000, 10_000, 542.649)]
)  # fmt: skip
def test_two_antennas(smooth, first, second, kilometres):
    """PROP-1, tangent sums."""
    assert horizon_distance(first, second) / 1e3 == pytest.approx(kilometres, rel=3e-4)
    assert 4.12 * (math.sqrt(first) + math.sqrt(second)) == pytest.approx(kilometres, rel=1e-3)
    assert visible_to(smooth[first], first, second) / 1e3 == pytest.approx(kilometres, abs=1.0 + 2e-3 * kilometres)


def test_one_antenna():
    """PROP-1: horizonrange(30) is 22,576 m with exactly 4/3 (22,553 m with another effective radius)."""
    assert horizon_distance(30.0, 0.0) == pytest.approx(22_576.1, abs=0.2)


@pytest.mark.parametrize(("distance", "elevation", "height"), [(300e3, 0.5, 7.9325e3), (2.7125e4, 2.0, 1e3)])
def test_height_and_range_at_an_elevation(distance, elevation, height):
    """PROP-1, range2height and height2range from 10 m: the slant range is the distance along the ray."""
    up = math.radians(elevation)
    r = math.sqrt((RADIO_RADIUS + 10.0) ** 2 + distance**2 + 2.0 * (RADIO_RADIUS + 10.0) * distance * math.sin(up))
    assert r - RADIO_RADIUS == pytest.approx(height, rel=2e-3)  # those values are for 1.3306 radii, not 4/3
    arc = RADIO_RADIUS * math.asin(distance * math.cos(up) / r)
    assert sight_slope(arc, 10.0, r - RADIO_RADIUS) == pytest.approx(math.tan(up), rel=1e-9)


# ---------------------------------------------------------------- published figures, with a radar that looks


def radar(antenna: float, instrumented: float = 800.0) -> builders.Simulation:
    """A radar that no weakness of its own limits, on smooth earth."""
    s = builders.scenario(
        library={
            "radars": {"sharp": {"antenna_height_m": antenna, "range_km": 20_000.0, "instrumented_range_km": instrumented}}
        }
    )  # fmt: skip
    return builders.simulation(s)


def seen(sim: builders.Simulation, distance: float, height: float) -> bool:
    """Does the coverage's look at a body there (m, m) see it."""
    lat, lon = destination(*builders.SITE, 1.0, distance)
    return bool(coverage.seen(sim.params.radars, sim.params.terrain, 0, lat, lon, height, 1.0, np.array([10.0, 10.0])))


def plotted(sim: builders.Simulation, distance: float, height: float) -> bool:
    """Does the engine's own `sense` plot a body that stands there."""
    bodies, _ = builders.to_bodies([builders.inbound(sim.scenario, "x", 1.0, distance, distance - 1e3, height=height)])
    truth = motion.empty_truth(bodies.key.size)
    motion.move(bodies, sim.params.terrain, motion.empty_effects(bodies.key.size), truth, 0.0)
    plots, origin = sensing.empty_plots(1, 8)
    taskings = sensing.empty_taskings(1, 1)
    taskings.on[:] = True
    sensing.sense(
        sim.params.radars, bodies, sim.params.terrain, sim.params.key, truth,
        sensing.empty_antennas(sim.params.radars), sensing.empty_due(bodies.key.size), taskings, plots, origin, -1.0, 0.0,
    )  # fmt: skip
    return bool(plots.first[1] > 0)


@pytest.mark.parametrize("look", [seen, plotted])
@pytest.mark.parametrize(
    ("name", "antenna", "distance", "below", "above"),
    [
        ("V9: 600 km only against what is 20.3 km high", 10, 600e3, 20_000, 20_600),
        ("V9: an airliner at 11 km is lost beyond 445 km", 10, 444e3, 10_800, 11_050),
        ("V9: ... and not seen at 447 km", 10, 447e3, 11_000, 11_200),
        ("V10: 400 km needs 8.8 km", 10, 400e3, 8_700, 8_930),
        ("V11: 250 km needs 3.3 km", 10, 250e3, 3_250, 3_360),
        ("V8: 450 km against 10 to 30 km: not at 10 km", 10, 450e3, 10_000, 11_400),
    ],
)
def test_published_figures(name, antenna, distance, below, above, look):
    """A claim is clipped by geometry: the lower body is under the horizon, the higher one is over it and seen."""
    sim = radar(antenna)
    assert not look(sim, distance, below), name
    assert look(sim, distance, above), name


def test_v1_airborne():
    """V1: low-flying targets within 400 km from 9,150 m: 394 km to the sea, 417 km to 30 m, within 5 % of the figure."""
    site = np.array([*builders.SITE, 9_150.0])
    for height, printed in ((0.0, 394.3), (30.0, 416.9)):
        assert horizon_distance(9_150.0, height) / 1e3 == pytest.approx(printed, abs=0.1)

        def sight(d, height=height):
            return sensing.line_of_sight(smooth_earth(), (site[0], site[1], site[2]), height, d, 0.7)

        edge = 1e3 * printed
        low, high = edge - 30e3, edge + 30e3
        assert sight(low) and not sight(high)
        while high - low > 10.0:
            middle = 0.5 * (low + high)
            low, high = (middle, high) if sight(middle) else (low, middle)
        assert low == pytest.approx(edge, rel=0.005)
        assert low / 1e3 == pytest.approx(400.0, rel=0.05)
