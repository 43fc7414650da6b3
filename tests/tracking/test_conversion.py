"""From what a radar measures to a point and its covariance, and what tracks make of it (TRK-8)."""

from __future__ import annotations

import math

import numpy as np
import pytest

from openiads.tracking import Config, Model, Plots, Radar, Tracker, nees
from openiads.tracking.earth import frames, to_ecef, to_geodetic
from openiads.tracking.fusion import full_covariance
from openiads.tracking.plots import placed

SITE = (0.7, 0.5, 0.0)
ORIGIN = to_ecef(*(np.array([a]) for a in SITE))[0]
AXES = frames(np.array([SITE[0]]), np.array([SITE[1]]))[0]


def ahead(distance, elevation):
    """A place due north of the radar."""
    return ORIGIN + distance * (math.cos(elevation) * AXES[1] + math.sin(elevation) * AXES[2])


def covariances(c):
    out = np.zeros((len(c), 3, 3))
    i, j = np.triu_indices(3)
    out[:, i, j] = out[:, j, i] = c
    return out


@pytest.mark.parametrize(("degrees", "expected"), [(0.5, -3.8076), (1.0, -15.2297), (2.0, -60.9049)])
def test_a_converted_plot_has_no_bias(degrees, expected):
    """TRK-8: uncorrected, a plot at 100 km would lie this much (m) short on average; as placed, it does not."""
    sigma = math.radians(degrees)
    radar = Radar("far", 0.0, 0.0, 0.0, 1.0, sigma, 1e-5)
    rng = np.random.default_rng(1)
    n = 400_000
    azimuth = rng.normal(0.0, sigma, n)
    pos, _ = placed(Plots(np.zeros(n), np.zeros(n), np.full(n, 100e3), azimuth, np.zeros(n)), [radar])
    assert 100e3 * np.cos(azimuth).mean() - 100e3 == pytest.approx(expected, abs=4 * 100e3 * sigma**2 / math.sqrt(n))
    assert pos[:, 2].mean() == pytest.approx(100e3, abs=4 * 100e3 * sigma**2 / math.sqrt(n))


@pytest.mark.parametrize(
    ("degrees", "distance", "sigma_range"), [(2.0, 100e3, 50.0), (1.0, 200e3, 100.0), (0.5, 200e3, 100.0)]
)
def test_a_track_of_coarse_angles_stands_where_the_body_is(degrees, distance, sigma_range):
    """TRK-8 where r s^2 / sigma_r is up to 2.4: weighed along each measured direction, tracks stood 32 to 256 m too far, NEES up to 380."""
    sigma, n, runs, elevation = math.radians(degrees), 60, 40, 0.05
    radar = Radar("coarse", *SITE, sigma_range, sigma, sigma, period=4.0)
    config = Config(models=(Model(accel=0.01),), speed=30.0, gate=1e4, coast_scans=20.0)
    true, far, errors, p = ahead(distance, elevation), [], [], []
    for k in range(runs):
        g = np.random.default_rng(k)
        noise = g.normal(size=(3, n))
        t = 4.0 * np.arange(1, n + 1)
        plots = Plots(t, np.zeros(n), distance + sigma_range * noise[0], sigma * noise[1], elevation + sigma * noise[2])
        tracks = Tracker([radar], config).process(plots, until=t[-1])
        last = np.flatnonzero(tracks.t == tracks.t.max())
        assert len(last) == 1
        errors.append(tracks.x[last[0], :3] - true)
        far.append(np.linalg.norm(tracks.x[last[0], :3] - ORIGIN) - distance)
        p.append(full_covariance(tracks.p[last])[0, :3, :3])
    assert abs(np.mean(far)) < 3.0 * np.std(far) / math.sqrt(runs) + 2.0
    assert 2.0 < nees(np.array(errors), np.array(p)).mean() < 4.0


@pytest.mark.parametrize(("distance", "degrees"), [(200e3, 2.0), (20e3, 35.0), (12e3, 55.0), (10e3, 70.0)])
def test_a_plot_placed_by_a_reported_height_tells_its_error(distance, degrees):
    """At a fixed height an error of range moves a plot level, by 1 / cos e as much."""
    true = ahead(distance, math.radians(degrees))
    height, n = float(to_geodetic(true[None])[2][0]), 20_000
    radar, g = Radar("two", *SITE, 50.0, math.radians(0.1), None), np.random.default_rng(0)
    noise = g.normal(size=(3, n)) * [[50.0], [math.radians(0.1)], [38.0]]
    plots = Plots(np.zeros(n), np.zeros(n), distance + noise[0], noise[1], height=height + noise[2])
    pos, cov = placed(plots, [radar])
    found = nees(pos - true, covariances(cov))
    assert np.linalg.norm((pos - true).mean(axis=0)) < 25.0
    assert np.median(found) == pytest.approx(2.366, abs=0.15), "of chi-square with three degrees"


def test_nearly_overhead_a_height_places_a_plot_where_it_is():
    """10 km away at a height of 9.9 km: 1.4 km along the ground."""
    plots = Plots(np.zeros(1), np.zeros(1), np.array([10e3]), np.array([0.0]), height=np.array([9.9e3]))
    pos, cov = placed(plots, [Radar("two", *SITE, 50.0, math.radians(0.1), None)])
    east, north, up = AXES @ (pos[0] - ORIGIN)
    assert (east, north, up) == pytest.approx((0.0, 1411.0, 9900.0), abs=2.0)
    assert math.sqrt(AXES[1] @ covariances(cov)[0] @ AXES[1]) > 250.0


def test_innovations_are_as_large_as_they_say():
    """NIS of a body that flies as its model says: three on average; four with a range rate, one of a bearing."""
    g, n = np.random.default_rng(3), 400
    t = 4.0 * np.arange(1, n + 1)
    x = ORIGIN + t[:, None] * (20.0 * AXES[0]) + 60e3 * AXES[1] + 9e3 * AXES[2]
    d = (x - ORIGIN) @ AXES.T
    far, flat = np.linalg.norm(d, axis=1), np.hypot(d[:, 0], d[:, 1])
    noise = g.normal(size=(4, n)) * [[50.0], [3e-3], [3e-3], [1.0]]
    azimuth, elevation = np.arctan2(d[:, 0], d[:, 1]) + noise[1], np.arctan2(d[:, 2], flat) + noise[2]
    rate = 20.0 * d[:, 0] / far + noise[3]
    sharp = Radar("sharp", *SITE, 50.0, 3e-3, 3e-3, sigma_range_rate=1.0)
    ear = Radar("ear", *SITE, None, 3e-3, None)
    config = Config(models=(Model(accel=0.01),), gate=100.0, tick=4.0)
    for rates, expected in ((None, 3.0), (rate, 4.0)):
        found = Tracker([sharp], config).process(
            Plots(t, np.zeros(n), far + noise[0], azimuth, elevation, range_rate=rates)
        )
        assert np.isnan(found.nis[0]) and (found.freedom == expected).all()
        assert found.nis[10:].mean() == pytest.approx(expected, abs=4.0 * math.sqrt(2.0 * expected / n))
    both = Plots(
        np.repeat(t, 2), np.tile([0, 1], n), np.repeat(far + noise[0], 2), np.repeat(azimuth, 2) + np.tile([0.0, 1.0], n) * g.normal(0, 0.0042, 2 * n),
        np.repeat(elevation, 2),
    )  # fmt: skip
    found = Tracker([sharp, ear], config).process(both)
    assert found.freedom.tolist() == [3, 1] * n
