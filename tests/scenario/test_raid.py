"""Where a raid comes from: along a bearing that the file states, else along an axis that the seed draws."""

from __future__ import annotations

import math

import pytest

from openiads.engine.geo import ground_distance
from openiads.scenario.spec import Scenario
from openiads.scenario.world import draw_world
from tests import builders


def bearings(s: Scenario, seed: int = 1) -> list[float]:
    """Degrees from north, clockwise, at which each threat of the raid starts, as seen from the depot."""
    found = []
    for flight in draw_world(s, "raid", seed, 0).flights:
        start = flight.route[0]
        assert ground_distance(*builders.SITE, start.latitude, start.longitude) == pytest.approx(60e3)
        east = math.cos(start.latitude) * math.sin(start.longitude - builders.SITE[1])
        north = math.cos(builders.SITE[0]) * math.sin(start.latitude) - math.sin(builders.SITE[0]) * math.cos(
            start.latitude
        ) * math.cos(start.longitude - builders.SITE[1])
        found.append(math.degrees(math.atan2(east, north)))
    return found


def group(**more: float) -> Scenario:
    raid = {"class": "raider", "count": 4, "distance_km": 60.0, "spread_min": 0.0, **more}
    return builders.scenario(vignettes={"raid": {"threats": [raid]}})


@pytest.mark.parametrize("degrees", [0.0, 45.0, 150.0, -90.0])
def test_a_stated_bearing_is_where_all_of_a_group_start(degrees):
    for seed in (1, 2):
        assert bearings(group(bearing_deg=degrees), seed) == pytest.approx([degrees] * 4, abs=1e-6)


def test_without_a_bearing_a_group_comes_in_a_fan_about_an_axis_of_the_seed():
    """The fan is 20 degrees to either side; another seed, another axis."""
    for seed in (1, 2, 3):
        found = bearings(group(), seed)
        turned = [(b - found[0] + 180.0) % 360.0 - 180.0 for b in found]
        assert 0.1 < max(turned) - min(turned) < 40.0
    assert len({round(bearings(group(), seed)[0]) for seed in range(1, 9)}) > 6
