"""When a round meets its target: tables of average speed, targets that fall, and whole runs from launch to meeting.

Oracles: the printed numbers of ENG-1; scipy's root finder on the whole curve, finely sampled, and its bilinear
interpolator; the closed rows stand in validation/engagement.py.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator
from scipy.optimize import brentq

from openiads.engine import command, step
from openiads.engine.geo import EARTH_RADIUS
from openiads.engine.motion import KILLED
from tests import builders
from validation.engagement import ENG_1, table

RANGES, ALTITUDES = [5.0, 40.0, 90.0], [0.5, 8.0, 20.0]  # km
SPEEDS = [[700.0, 800.0, 600.0], [800.0, 1000.0, 900.0], [850.0, 1200.0, 1150.0]]
INNER = RegularGridInterpolator((ALTITUDES, RANGES), SPEEDS)
EXACT = {"sigma_range_m": 0.01, "sigma_azimuth_deg": 1e-6, "sigma_elevation_deg": 1e-6}  # of the radar
HALF_MS = 5e-4  # s, of the bracketing


def average(slant: float, altitude: float) -> float:
    """The table, by scipy, held at its edges."""
    point = np.clip(altitude / 1e3, ALTITUDES[0], ALTITUDES[-1]), np.clip(slant / 1e3, RANGES[0], RANGES[-1])
    return INNER(point).item()


def test_the_table_is_bilinear_and_held_at_its_edges():
    units = builders.armed(**table(RANGES, ALTITUDES, SPEEDS))
    rng = np.random.default_rng(4)
    for slant, altitude in rng.uniform((100.0, -100.0), (150e3, 40e3), (300, 2)):
        want = slant / average(slant, altitude)
        assert command.flight_time(units, 0, slant, altitude) == pytest.approx(want, rel=1e-12)
    assert command.flight_time(builders.armed(speed_mps=900.0), 0, 45e3, 1e3) == 50.0


def first_meeting(units, x, arc, delay, round_speed):
    """Least time at which a round can be where the target is, by scanning every 20 ms; nan for none in 300 s."""

    def short(t):
        drop = 0.5 * 9.81 * t * t / EARTH_RADIUS if arc else 0.0
        p = x[:3] * (1.0 - drop) + t * x[3:]
        slant = np.linalg.norm(p - units.pos[0])
        return slant - round_speed(slant, np.linalg.norm(p) - EARTH_RADIUS) * (t - delay)

    last = delay
    for t in np.arange(delay, delay + 300.0, 0.02):
        if short(t) <= 0.0:
            return brentq(short, last, t) if t > last else t
        last = t
    return math.nan


@pytest.mark.parametrize("arc", [False, True])
def test_meetings_against_a_root_finder(arc):
    """Targets from everywhere, against a table and, where they fall, against one speed."""
    box = {
        "range_max_km": 2000.0,
        "altitude_max_km": 900.0,
        "ballistic_range_km": 2000.0,
        "ballistic_altitude_max_km": 900.0,
    }
    box |= {"range_min_km": 0.0, "altitude_min_m": 0.0, "ballistic_altitude_min_km": 0.0}
    steady = builders.armed(speed_mps=1500.0, **box)
    shaped = builders.armed(**table(RANGES, ALTITUDES, SPEEDS), **box)
    rng = np.random.default_rng(5)
    found = 0
    for _ in range(25):
        place = rng.uniform((-90e3, -90e3, 5e3), (90e3, 90e3, 60e3 if arc else 25e3))
        velocity = rng.uniform(-300.0, 300.0, 3) if not arc else -place / np.linalg.norm(place) * rng.uniform(1e3, 2e3)
        delay = rng.uniform(0.0, 20.0)
        x = builders.seen_from(shaped, place, velocity if arc else velocity * (1.0, 1.0, 0.1))
        for units, speed in ((shaped, average), (steady, lambda r, h: 1500.0)):
            want = first_meeting(units, x, arc, delay, speed)
            p = x[:3] * (1.0 - (0.5 * 9.81 * want**2 / EARTH_RADIUS if arc else 0.0)) + want * x[3:]
            if math.isnan(want) or np.linalg.norm(p) < EARTH_RADIUS + 10.0:
                continue  # into the ground first
            assert command.intercept(units, 0, x, arc, delay) == pytest.approx(want, abs=HALF_MS)
            found += 1
    assert found > 25


def test_no_meeting_within_the_envelope_takes_longer_than_the_search():
    """The search ends with the longest flight to a corner: a meeting there, and one beyond it."""
    units = builders.armed(**table([10.0, 90.0], [0.0], [[900.0, 800.0]]))
    assert 100e3 / 800.0 < units.longest[0, 0] < 1.5 * 100e3 / 800.0
    at_rest = builders.seen_from(units, (99e3, 0.0, 3e3))
    assert command.intercept(units, 0, at_rest, False, 40.0) == pytest.approx(
        40.0 + math.hypot(99, 3) / 0.8, abs=HALF_MS
    )
    assert math.isnan(command.intercept(units, 0, builders.seen_from(units, (120e3, 0.0, 3e3)), False, 40.0))


def flown(place, velocity, missile, t0):
    """A run until the round meets a target that is at a place at t0: launch time and meeting time."""
    units = builders.armed(**missile)
    ahead = builders.seen_from(units, np.array(place) + 120.0 * np.array(velocity))
    below = ahead[:3] / np.linalg.norm(ahead[:3])
    asset = {
        "latitude_deg": math.degrees(math.asin(below[2])),
        "longitude_deg": math.degrees(math.atan2(below[1], below[0])),
    }
    s = builders.scenario(
        doctrine={"control_status": "free"},  # two of the four fly as airliners do
        assets=[{"name": "ahead", "title": "what it comes for", **asset}],
        library={"radars": {"sharp": EXACT}, "missiles": {"round": {"pk_cruise": 1.0, "range_min_km": 0.1, **missile}}},
    )
    sim = builders.simulation(s, [builders.straight(s, "target", units, place, velocity, t0)])
    step.simulate(sim.params, sim.state, 0, sim.tick, 88)
    assert sim.state.truth.status[0] == KILLED and sim.state.tally.rounds.sum() == 1
    return float(sim.state.engagements.t_launch.max()), float(sim.state.engagements.t_meet.max())


@pytest.mark.parametrize(("place", "velocity", "speed", "expected"), ENG_1)
def test_a_run_takes_as_long_as_the_closed_form(place, velocity, speed, expected):
    """ENG-1 from launch to meeting: a first run tells when the unit fires, in the second the target is there by then."""
    for missile in ({"speed_mps": speed}, table([10.0, 80.0], [0.0], [[speed, speed]])):
        launch, _ = flown(place, velocity, missile, 10.0)
        again, meeting = flown(place, velocity, missile, launch)
        assert again == launch
        assert meeting - launch == pytest.approx(expected, abs=0.01)
