"""What reports betray of the sensors behind them: the stated error covers, and the period is that of the scan.

Oracles: the true place of the radar, which the tallies never see, and what the scenario says of its scan and its silence.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from openiads.engine import step
from openiads.engine.geo import to_ecef
from openiads.engine.overheard import DIRECTIONS, GAP, GAPS
from openiads.inferred import inferred, middle, period, place, smallest_ball
from openiads.scenario.build import Simulation
from tests import builders

RNG = np.random.default_rng(5)


def test_the_smallest_ball_holds_all_and_none_smaller_does():
    for n in (1, 2, 3, 4, 5, 30):
        points = RNG.normal(size=(n, 3)) * [5e5, 2e5, 1e4]
        ball = smallest_ball(points)
        assert np.linalg.norm(points - ball.centre, axis=1).max() <= ball.radius + 0.01
        for step_ in RNG.normal(size=(200, 3)) * ball.radius * 0.01:
            assert np.linalg.norm(points - ball.centre - step_, axis=1).max() > ball.radius - 0.01
    flat = smallest_ball(np.array([[0.0, 0.0, 0.0], [2.0, 0.0, 0.0], [1.0, 0.1, 0.0]]))
    assert flat.centre == pytest.approx([1.0, 0.0, 0.0]) and flat.radius == pytest.approx(1.0)


def tallied(reports: np.ndarray) -> np.ndarray:
    """The farthest reports [DIRECTIONS, 5] of some places [n, 3], each exact."""
    far = np.zeros((DIRECTIONS, 5))
    for d in range(DIRECTIONS):
        score = reports @ np.array([d // 9 - 1, d // 3 % 3 - 1, d % 3 - 1], float)
        far[d] = [score.max(), *reports[score.argmax()], 0.0]
    return far


def around(sensor: tuple[float, float], count: int, reach: float, width: float) -> np.ndarray:
    """Places of bodies 1 to 12 km high within reach of a sensor (rad) and within a sector of some width (rad)."""
    out = []
    while len(out) < count:
        far, way = reach * math.sqrt(RNG.uniform()), RNG.uniform(0.0, width)
        latitude = sensor[0] + far / 6.371e6 * math.cos(way)
        longitude = sensor[1] + far / 6.371e6 * math.sin(way) / math.cos(sensor[0])
        x = np.array(to_ecef(latitude, longitude, RNG.uniform(1e3, 12e3)))
        if np.linalg.norm(x - to_ecef(*sensor, 0.0)) <= reach:
            out.append(x)
    return np.array(out)


def test_the_stated_error_always_covers_and_shrinks_with_reports():
    """Lopsided traffic, few reports or many: a bound, not a guess; it is no empty one."""
    worst, all_around = 0.0, []
    for _ in range(300):
        sensor = RNG.uniform(-1.2, 1.2), RNG.uniform(-3.0, 3.0)
        reach, width = RNG.uniform(50e3, 600e3), RNG.uniform(0.3, 2.0 * math.pi)
        reports = around(sensor, int(RNG.integers(1, 100)), reach, width)
        found, fewer = place(tallied(reports), reach, 0.0), place(tallied(reports[:1]), reach, 0.0)
        assert found is not None and fewer is not None and found.within <= fewer.within
        miss = np.linalg.norm(np.subtract(to_ecef(found.latitude, found.longitude, 0.0), to_ecef(*sensor, 0.0)))
        assert miss <= found.within * 1.01 + 100.0
        worst = max(worst, miss / found.within)
        if len(reports) > 50 and width > 5.5:
            all_around.append(found.within / reach)
    assert worst > 0.8 and np.median(all_around) < 0.4
    assert place(np.full((DIRECTIONS, 5), -np.inf), 1e5, 0.0) is None


def histogram(times: np.ndarray) -> np.ndarray:
    return np.bincount((times / GAP).astype(int), minlength=GAPS)[:GAPS]


def test_a_period_is_found_where_looks_are_missed_and_none_where_two_radars_look():
    missed = RNG.geometric(0.7, 500)
    for scan in (4.0, 6.0, 10.0, 12.5):
        assert period(histogram(scan * missed + RNG.normal(0.0, 0.1, 500))) == pytest.approx(scan, abs=0.25)
    assert period(histogram(12.0 + 6.0 * (missed - 1))) == pytest.approx(
        6.0, abs=0.15
    )  # frames let every second one through
    assert math.isnan(period(histogram(RNG.uniform(0.5, 10.0, 500))))
    assert math.isnan(period(histogram(np.full(19, 10.0))))


def overheard(radars: list[dict], ticks: int = 400, **link: object) -> Simulation:
    """Eight bodies, a post with radars that reach 120 km, and another that is passed its tracks."""
    eye = {**builders.BASE["radars"][0], "class": "slow"}
    models = {r["class"]: {**builders.SHARP_RADAR, "instrumented_range_km": 120.0, "scan_period_s": r.pop("scan", 6.0),
                           "track_period_s": None, "role": "surveillance"} for r in radars}  # fmt: skip
    s = builders.scenario(
        nodes=[*builders.BASE["nodes"], {"name": "far", "title": "another post", "owner": "nato"}],
        radars=[{**eye, **r} for r in radars], fire_units=[], library={"radars": models},
        links=[{"name": "line", "from": "post", "to": "far", "role": "fixed", "latency_s": 2.0, "period_s": 2.0,
                "capacity": 100, "message_bits": 100.0, **link}],
    )  # fmt: skip
    flights = [builders.inbound(s, f"b{i}", 0.5 * i, 140e3, 5e3, height=8e3) for i in range(8)]
    sim = builders.simulation(s, flights)
    step.simulate(sim.params, sim.state, 0, sim.tick, ticks)
    return sim


def missed(sim: Simulation, row: dict[str, float]) -> float:
    """How far (m) the estimate is from the true middle of the post's radars."""
    stand = middle(sim, 0)
    assert stand is not None
    estimate = to_ecef(math.radians(row["lat_deg"]), math.radians(row["lon_deg"]), 0.0)
    return float(np.linalg.norm(np.subtract(estimate, stand.centre)))


def test_who_is_passed_tracks_can_tell_the_place_and_the_scan():
    sim = overheard([{"name": "eye", "class": "slow", "scan": 6.0}])
    row = inferred(sim, 1, 0)
    assert row["period_s"] == pytest.approx(6.0, abs=0.25)
    assert missed(sim, row) <= row["within_m"] < 100e3 and 60e3 < row["extent_m"] < 121e3
    assert 250.0 < row["heard_s"] <= 400.0
    assert all(math.isnan(x) for name, x in inferred(sim, 0, 1).items() if name != "heard_s")  # nothing comes back
    coarse = inferred(
        overheard([{"name": "eye", "class": "slow", "scan": 6.0}], guard="filter", guard_precision_m=20e3), 1, 0
    )
    assert coarse["within_m"] > row["within_m"]


def test_radio_silence_shows_in_the_share_of_time_with_reports():
    open_, still = (
        inferred(overheard([{"name": "eye", "class": "slow", "silence": gap}]), 1, 0)["heard_s"]
        for gap in ([], [{"from_min": 2.0, "to_min": 5.0}])
    )
    assert 110.0 < open_ - still < 180.0  # tracks coast for three and a half scans, and a few have to begin again


def test_several_radars_have_a_middle_and_no_single_scan():
    radars = [
        {"name": "a", "class": "slow", "scan": 6.0},
        {"name": "b", "class": "slower", "scan": 9.0, "offset_km": 30.0},
    ]
    sim = overheard(radars)
    row = inferred(sim, 1, 0)
    stand = middle(sim, 0)
    assert stand is not None and stand.radius == pytest.approx(15e3, rel=0.01)
    assert missed(sim, row) <= row["within_m"] and math.isnan(row["period_s"])
