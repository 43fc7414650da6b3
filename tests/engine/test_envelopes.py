"""Envelopes: polygons of ground range and altitude, edges inside; a box is one of four corners.

Oracles: winding numbers by numpy for random outlines; plain comparisons for boxes, bit for bit.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from openiads.engine import command, step
from openiads.engine.geo import EARTH_RADIUS, destination, to_ecef
from openiads.engine.motion import KILLED
from openiads.engine.outcome import LAUNCH, MEETING
from tests import builders

BOX = {"range_max_km": None, "range_min_km": None, "altitude_max_km": None, "altitude_min_m": None}
BALLISTIC = {"ballistic_range_km": None, "ballistic_altitude_max_km": None, "ballistic_altitude_min_km": None}
CONE = [[2.0, 0.0], [60.0, 0.0], [60.0, 20.0], [25.0, 20.0]]  # km: overhead is a dead zone


def shaped(corners) -> dict:
    return {**BOX, "envelope_km": corners}


def inside(units, ground: float, height: float, arc: bool = False) -> bool:
    """Is a place at a ground range and a height (m) inside the envelope of the first unit."""
    lat, lon = destination(*builders.SITE, 0.7, ground)
    return bool(command.inside(units, 0, *to_ecef(lat, lon, height), arc))


def winding(corners, x: float, y: float) -> float:
    """Turns of the outline around a point."""
    angles = np.arctan2(np.array(corners)[:, 1] - y, np.array(corners)[:, 0] - x)
    turns = np.diff(np.append(angles, angles[0]))
    return float(np.round(((turns + math.pi) % (2.0 * math.pi) - math.pi).sum() / (2.0 * math.pi)))


@pytest.mark.parametrize("corners", [3, 5, 8, 16])
def test_a_random_outline_against_its_winding_number(corners):
    """Stars around a point, so that no two edges meet; both envelopes, each way round."""
    rng = np.random.default_rng(corners)
    for turn in (1, -1):
        angles = 2.0 * math.pi * (np.arange(corners) + rng.uniform(0.0, 0.4, corners))[::turn] / corners
        spokes = rng.uniform(2.0, 14.0, corners) * np.array([3.0 * np.cos(angles), np.sin(angles)])
        star = np.array([50.0, 15.0]) + spokes.T
        units = builders.armed(**shaped(star.tolist()), **BALLISTIC, ballistic_envelope_km=(0.5 * star).tolist())
        for ground, height in rng.uniform((1.0, 0.1), (95.0, 30.0), (400, 2)):
            assert inside(units, 1e3 * ground, 1e3 * height) == (winding(star, ground, height) != 0.0)
            assert inside(units, 1e3 * ground, 1e3 * height, True) == (winding(0.5 * star, ground, height) != 0.0)


def test_a_box_holds_its_edges_and_nothing_beyond():
    """The polygon rule on numbers of a box, on each edge, in each corner, and one float beyond."""
    units = builders.armed()
    corners, count = units.corner[0, 0], int(units.corners[0, 0])
    assert corners[:count].tolist() == [[1e3, 1.0], [100e3, 1.0], [100e3, 30e3], [1e3, 30e3]]
    encloses = builders.compiled(command.meeting._encloses)
    for ground in (1e3, 1e3 + 1e-9, 40e3, 100e3):
        for height in (1.0, 7.0, 30e3):
            assert encloses(corners, count, ground, height)
    for ground, height in ((np.nextafter(1e3, 0.0), 7.0), (np.nextafter(100e3, 2e5), 7.0), (5e3, np.nextafter(1.0, 0.0)),
                           (5e3, np.nextafter(30e3, 1e5)), (0.0, 1.0), (2e5, 30e3)):  # fmt: skip
        assert not encloses(corners, count, ground, height)


def test_edges_and_corners_of_a_polygon_are_inside():
    encloses = builders.compiled(command.meeting._encloses)
    corners = np.array([[0.0, 0.0], [8.0, 0.0], [8.0, 4.0], [4.0, 2.0], [0.0, 4.0]])
    on = [[0, 0], [8, 4], [4, 2], [6, 3], [2, 3], [4, 0], [8, 2], [0, 1]]
    assert all(encloses(corners, 5, float(x), float(y)) for x, y in on)
    off = [[4, 2.001], [4, 4], [8.001, 2], [-0.001, 0], [9, 0], [-1, 4], [4, -0.001]]
    assert not any(encloses(corners, 5, float(x), float(y)) for x, y in off)
    assert not encloses(corners, 0, 4.0, 1.0), "a class without an envelope against ballistic targets holds none"


def test_a_class_without_a_ballistic_range_engages_no_arc():
    units = builders.armed(ballistic_range_km=0.0)
    assert not inside(units, 10e3, 10e3, True) and inside(units, 10e3, 10e3)


def test_a_target_in_the_dead_zone_is_engaged_when_it_leaves_it():
    """It appears overhead at 15 km and flies off: the round meets it as soon as the outline allows, not before."""
    s = builders.scenario(
        doctrine={"control_status": "free"},
        assets=[{"name": "far", "title": "beyond", "latitude_deg": 38.7, "longitude_deg": 34.0}],
        library={
            "missiles": {"round": {**shaped(CONE), "pk_cruise": 1.0}},
            "radars": {"sharp": {"elevation_max_deg": 90.0}},
        },
    )
    end = destination(*builders.SITE, 0.0, 60e3)
    raider = builders.flight(s, "raider", destination(*builders.SITE, 0.0, 1e3), end, height=15e3)
    sim = builders.simulation(s, [raider], log=50)
    step.simulate(sim.params, sim.state, 0, sim.tick, 110)
    assert sim.state.truth.status[0] == KILLED
    log = sim.state.events.row[: sim.state.events.count[0]]
    met = float(log[log[:, 1] == MEETING, 0][0])
    ground, edge = (
        1e3 + 300.0 / (1.0 + 15e3 / EARTH_RADIUS) * met,
        (2.0 + 23.0 * 15.0 / 20.0) * 1e3,
    )  # where the outline is 15 km high
    assert edge <= ground < edge + 3.0 * 300.0, "in one of the first ticks in which a meeting lies inside"
    assert (log[:, 1] == LAUNCH).sum() == 1


def test_a_target_that_stays_in_the_dead_zone_is_not():
    s = builders.scenario(library={"missiles": {"round": shaped(CONE)}})
    raider = builders.inbound(s, "raider", 0.0, 17e3, 1e3, height=15e3)
    sim = builders.simulation(s, [raider])
    step.simulate(sim.params, sim.state, 0, sim.tick, 60)
    assert sim.state.tally.rounds.sum() == 0
