"""The radio horizon against published tables and figures, through the looks that a run takes.

Oracles: the closed form d = 4.1218 (sqrt(ha) + sqrt(ht)) km, its printed table and its inverses (facts 6.1), a flat
ray from a mask angle on the 4/3 earth, and the published figures V8 to V11. Tables and looks are those of
docs/validation.md; the looks of coverage maps are asked here besides.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq

from openiads import coverage
from openiads.engine.geo import destination, sight_slope, smooth_earth
from tests import builders
from validation import horizon, looks


@pytest.mark.parametrize("antenna", list(horizon.TABLE))
def test_smooth_earth(antenna):
    """All 52 cells: the formula to 0.1 km as printed, a run's own looks to 0.15 %."""
    for height, printed in zip(horizon.TARGETS, horizon.TABLE[antenna], strict=True):
        assert horizon.closed_form(antenna, height) / 1e3 == pytest.approx(printed, abs=0.051)
        got = looks.farthest(horizon.sharp(antenna), height) / 1e3
        assert got == pytest.approx(printed, abs=horizon.tolerance(printed))


def test_a_smooth_earth_looks_the_same_all_around():
    for antenna in (10.0, 1_000.0):
        assert np.ptp(horizon.masked(smooth_earth(), antenna), axis=0).max() < 1e-6


@pytest.mark.parametrize(("distance", "printed"), horizon.LOWEST.items())
def test_smallest_visible_height(distance, printed):
    got = looks.lowest(horizon.sharp(10), distance * 1e3)
    assert got == pytest.approx(printed, abs=max(1.0, 0.004 * printed))


@pytest.mark.parametrize("angle", list(horizon.MASKED))
def test_screening_angle(angle):
    """A rim of ground all around, right at the antenna, whose top stands at the angle; at 0 degrees just as high as it.

    The rim is one bin away, where the engine's mask takes its first look at the ground: a target that the
    table loses within two bins has no mask to lose it, so those rows are asked of the formula alone.
    """
    tangent = math.tan(math.radians(angle))
    terrain, shift = horizon.rim_to(angle)
    mask = horizon.masked(terrain, 10.0 + shift)
    assert (mask[:, 0] == -1.0).all()
    assert mask[:, 1:] == pytest.approx(np.full((mask.shape[0], mask.shape[1] - 1), tangent), abs=5e-6)
    for height, printed in zip(horizon.TARGETS, horizon.MASKED[angle], strict=False):
        exact = brentq(lambda d, h=height: sight_slope(d, 10.0, h) - tangent, 1.0, 2e6)
        assert exact / 1e3 == pytest.approx(printed, abs=0.051 + 1e-3 * printed)
        if printed > 2.5:
            assert horizon.farthest_behind(angle, height) == pytest.approx(exact, abs=20.0)


# ---------------------------------------------------------------- published figures, by two kinds of look


def on_the_map(eye: looks.Eye, distance: float, height: float) -> bool:
    """Does the coverage's look at a body there (m, m) see it."""
    lat, lon = destination(*builders.SITE, looks.NORTH_EAST, distance)
    terrain = eye.simulation.params.terrain
    return bool(coverage.seen(eye.radars, terrain, 0, lat, lon, height, looks.NORTH_EAST, np.array([10.0, 10.0, 10.0])))


@pytest.mark.parametrize("look", [on_the_map, looks.plotted])
@pytest.mark.parametrize(
    ("name", "distance", "below", "above"),
    [
        ("V9: 600 km only against what is 20.3 km high", 600e3, 20_200, 20_400),
        ("V9: an airliner at 11 km is lost beyond 445 km", 444e3, 10_850, 11_000),
        ("V9: ... and not seen at 447 km", 447e3, 11_000, 11_150),
        ("V10: 400 km needs 8.8 km", 400e3, 8_760, 8_870),
        ("V11: 250 km needs 3.3 km", 250e3, 3_290, 3_320),
        ("V8: 450 km against 10 to 30 km: not at 10 km", 450e3, 10_000, 11_300),
    ],
)
def test_published_figures(name, distance, below, above, look):
    """A claim is clipped by geometry: the lower body is under the horizon, the higher one is over it and seen."""
    eye = horizon.sharp(10)
    assert not look(eye, distance, below), name
    assert look(eye, distance, above), name


@pytest.mark.parametrize(("height", "printed"), [(0.0, 394.3), (30.0, 416.9)])
def test_v1_airborne(height, printed):
    """V1: low flyers within 400 km from 9,150 m: 394 km to the sea, 417 km to 30 m, within 5 % of the figure."""
    assert horizon.closed_form(9_150.0, height) / 1e3 == pytest.approx(printed, abs=0.1)
    got = looks.farthest(horizon.airborne(9_150.0), height) / 1e3
    assert got == pytest.approx(printed, rel=1e-3)
    assert got == pytest.approx(400.0, rel=0.05)
