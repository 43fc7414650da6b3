"""What the benchmark of real flights does to them: cleaning, smoothing, moving, sensing, and the peer's tracker."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.trackers import flights, jpda
from benchmarks.trackers.axes import Axes, frame
from benchmarks.trackers.score import Table, scores
from benchmarks.trackers.sensed import DETECTION, FALSE, PERIOD, sensed
from openiads.tracking import Truth
from openiads.tracking.earth import to_ecef, to_geodetic

PLACE = Axes(math.radians(49.0), math.radians(2.4))
SECONDS = 200


def turn(t):
    """Latitude, longitude (deg) of a turn of 2 degrees a second with a radius of 4 km."""
    angle = np.radians(2.0) * t
    return 49.0 + 4.0 / 111.2 * np.sin(angle), 2.4 + 4.0 / 111.2 / math.cos(math.radians(49.0)) * np.cos(angle)


def reports(name="aa", seed=0):
    """One a second, as a receiver gives them: position up to a second older than its stamp."""
    rng, t = np.random.default_rng(seed), np.arange(float(SECONDS))
    latitude, longitude = turn(t - rng.uniform(0.0, 0.6, SECONDS))
    return [
        {"icao24": name, "timestamp": int(1000 * now), "latitude": a, "longitude": o, "altitude": 10000.0, "onground": False}
        for now, a, o in zip(t, latitude, longitude, strict=True)
    ]  # fmt: skip


def straight(bodies=6, seconds=120):
    """Flights side by side at 8 km, 200 m/s, every second."""
    t = np.arange(0.0, seconds + 1.0)
    start = np.column_stack([np.full(bodies, -12e3), np.linspace(-30e3, 30e3, bodies), np.full(bodies, 8e3)])
    velocity = np.array([200.0, 0.0, 0.0])
    local = np.hstack(
        [(start[:, None] + t[None, :, None] * velocity).reshape(-1, 3), np.tile(velocity, (bodies * len(t), 1))]
    )
    x = PLACE.earth(local)
    return Truth(np.tile(t, bodies), np.repeat([f"flight-{b}" for b in range(bodies)], len(t)), x[:, :3], x[:, 3:])


RADARS = [(49.3, 2.0), (48.7, 2.0), (49.0, 3.0)]


def test_what_is_left_out_is_counted():
    good = reports()
    held = {**good[50], "timestamp": good[51]["timestamp"]}
    bad = [{**good[80], "latitude": 49.3}, {**good[90], "altitude": 123100.0}]
    none = [{**good[10], "altitude": None}, {**good[20], "onground": True}, {**good[30], "altitude": 1000.0}]
    lone = [{**good[0], "timestamp": good[-1]["timestamp"] + 100_000}]
    rest = [r for k, r in enumerate(good) if k not in (10, 20, 30, 51, 80, 90)]
    found, counts = flights.parts([*rest, held, *bad, *none, *lone])
    assert [part.name for part in found] == ["aa/0"]
    assert counts == {"reports": SECONDS + 1, "low": 3, "held": 1, "outliers": 2, "short": 1}
    assert (found[0].begin, found[0].end) == (0.0, SECONDS - 1.0)


def test_stamps_are_smoothed_and_the_turn_is_kept():
    (part,), _ = flights.parts(reports())
    t = np.arange(50.0, SECONDS - 50.0)  # at its ends a spline is straight
    wanted = to_ecef(*np.radians(turn(t - 0.3)), np.full(len(t), 3048.0))
    assert np.abs(to_geodetic(part.path(t))[2] - 3048.0).max() < 5.0
    assert np.linalg.norm(part.path(t) - wanted, axis=1).max() < 40.0
    assert np.linalg.norm(part.speed(t), axis=1) == pytest.approx(4000.0 * math.radians(2.0), rel=0.1)
    load = np.linalg.norm(part.speed.derivative()(t), axis=1)
    assert load.mean() == pytest.approx(4000.0 * math.radians(2.0) ** 2, rel=0.1)


def test_a_moved_flight_keeps_its_height_and_shape():
    (part,), _ = flights.parts(reports())
    there = frame(math.radians(10.0), math.radians(20.0)).T @ frame(*PLACE)
    moved, t = part.moved("bb", 1000.0, there), np.array([20.0, 60.0, 150.0])
    before, after = part.path(t), moved.path(t)
    assert (moved.name, moved.begin, moved.end) == ("bb", 1000.0, 1000.0 + SECONDS - 1.0)
    assert to_geodetic(after)[2] == pytest.approx(to_geodetic(before)[2])
    assert np.linalg.norm(np.diff(after, axis=0), axis=1) == pytest.approx(
        np.linalg.norm(np.diff(before, axis=0), axis=1)
    )
    assert np.degrees(to_geodetic(after)[0]) == pytest.approx(10.0, abs=0.1)
    table = flights.truth([moved], 990.0, 1010.0)
    assert table.t[0] == 10.0 and table.x[0] == pytest.approx(moved.path(0.0))


def test_the_sensing_is_as_stated():
    """Flat chance of detection, honest errors, the mean number of false plots; the same again for the same seed."""
    truth = straight()
    seen, again = sensed(truth, RADARS, 1), sensed(truth, RADARS, 1)
    assert np.array_equal(seen.plots.range, again.plots.range)
    real = seen.body >= 0
    looks = 6 * len(RADARS) * 120.0 / PERIOD
    assert abs(real.sum() - DETECTION * looks) < 4.0 * math.sqrt(looks * DETECTION * (1.0 - DETECTION)) + 6 * len(
        RADARS
    )
    assert abs((~real).sum() - FALSE * len(RADARS) * 120.0 / PERIOD) < 5.0 * math.sqrt(
        FALSE * len(RADARS) * 120.0 / PERIOD
    )
    names = np.unique(truth.id)
    rows = np.flatnonzero(real)
    sites = PLACE.sites(seen.radars)
    errors = []
    for q in rows:
        own = truth.id == names[seen.body[q]]
        x = np.array([np.interp(seen.plots.t[q], truth.t[own], truth.x[own, i]) for i in range(3)])
        radar = seen.radars[seen.plots.radar[q]]
        local = frame(radar.latitude, radar.longitude) @ (
            x - PLACE.earth(np.append(sites[seen.plots.radar[q]], [0, 0, 0])[None])[0, :3]
        )
        distance = np.linalg.norm(local)
        turned = math.remainder(seen.plots.azimuth[q] - math.atan2(local[0], local[1]), 2.0 * math.pi)
        up = seen.plots.elevation[q] - math.asin(local[2] / distance)
        errors.append(
            [
                (seen.plots.range[q] - distance) / radar.sigma_range,
                turned / radar.sigma_azimuth,
                up / radar.sigma_elevation,
            ]
        )
    square = np.mean(np.square(errors), axis=0)
    assert np.all(np.abs(square - 1.0) < 5.0 * math.sqrt(2.0 / len(rows))), square


def test_the_peer_follows_every_flight():
    truth = straight(4, 40)
    seen = sensed(truth, RADARS, 2)
    run = jpda.Run(jpda.scans(seen.plots, seen.radars, PLACE, 1.25), jpda.Setting(density=seen.density))
    run()
    table = run.table(PLACE)
    times = seen.plots.t.min() + np.arange(20.0, 38.0, 5.0)
    found = scores(truth, table, times)
    assert found.completeness == 1.0 and found.changes == 0
    assert 0.0 < found.horizontal < 300.0 and found.horizontal < found.whole


def test_scores_of_a_picture_that_is_known():
    """All bodies 30 m east of where they are, one under another number halfway, and one track of nothing."""
    truth = straight(3, 20)
    assert truth.v is not None
    number = np.unique(truth.id, return_inverse=True)[1] + 1
    number[(number == 2) & (truth.t > 10.0)] = 9
    east = PLACE.rows[0]
    x = np.hstack([truth.x + 30.0 * east, truth.v])
    ghost = x[:21] + 1e5
    table = Table(np.append(truth.t, truth.t[:21]), np.append(number, np.full(21, 77)), np.vstack([x, ghost]))
    found = scores(truth, table, np.arange(0.0, 21.0))
    assert (found.completeness, found.spurious, found.changes) == (1.0, 1.0, 1)
    assert found.whole == pytest.approx(30.0) and found.horizontal == pytest.approx(30.0, rel=0.01)
    assert found.gospa == pytest.approx(3 * 30.0 + 1000.0) and found.ospa == pytest.approx((90.0 + 2000.0) / 4.0)
