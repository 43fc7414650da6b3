"""Places on the sphere and on WGS-84 against pymap3d, and positions as plots."""

from __future__ import annotations

import math

import numpy as np
import pymap3d
import pytest

from openiads.errors import UsageError
from openiads.tracking import Config, Model, Plots, Radar, Source, Tracker
from openiads.tracking.earth import elevations, frames, to_ecef, to_geodetic
from openiads.tracking.plots import placed

RADAR = Radar("eye", math.radians(48.7), math.radians(2.3), 120.0, 50.0, math.radians(0.08))


def places(n=500, seed=3):
    g = np.random.default_rng(seed)
    return g.uniform(-1.5, 1.5, n), g.uniform(-math.pi, math.pi, n), g.uniform(-400.0, 30e3, n)


def test_wgs84_is_that_of_pymap3d():
    lat, lon, height = places()
    x = to_ecef(lat, lon, height, "wgs84")
    assert np.allclose(x, np.stack(pymap3d.geodetic2ecef(lat, lon, height, deg=False), -1), atol=1e-6)
    back = to_geodetic(x, "wgs84")
    assert np.allclose(back[0], lat, atol=1e-12) and np.allclose(back[1], lon, atol=1e-12)
    assert np.allclose(back[2], height, atol=1e-3)
    assert np.allclose(to_geodetic(to_ecef(lat, lon, height))[2], height, atol=1e-6)


def polar(lat, lon, height):
    """What a radar at RADAR measures of places, exactly."""
    site = (RADAR.latitude, RADAR.longitude, RADAR.height)
    azimuth, elevation, distance = pymap3d.geodetic2aer(lat, lon, height, *site, deg=False)
    return distance, azimuth, elevation


def aircraft(n=400, seed=5):
    g = np.random.default_rng(seed)
    return (
        RADAR.latitude + g.uniform(-3e-2, 3e-2, n),
        RADAR.longitude + g.uniform(-5e-2, 5e-2, n),
        g.uniform(2e3, 13e3, n),
    )


def test_a_slant_range_and_a_height_make_the_place():
    """Else two radars, and ADS-B, would see one aircraft at several places."""
    lat, lon, height = aircraft()
    distance, azimuth, elevation = polar(lat, lon, height)
    far = distance > 2.0 * height
    plots = Plots(np.zeros(len(lat)), np.zeros(len(lat)), distance, azimuth, None, height)
    x = to_ecef(lat, lon, height, "wgs84")
    error = np.linalg.norm(placed(plots, [RADAR], "wgs84")[0] - x, axis=1)
    assert error[far].max() < 2.0
    assert np.linalg.norm(placed(plots, [RADAR])[0] - to_ecef(lat, lon, height), axis=1).max() > 200.0  # the sphere
    site = np.broadcast_to([RADAR.latitude, RADAR.longitude, RADAR.height], (len(lat), 3))
    found = elevations(site, frames(site[:, 0], site[:, 1]), to_ecef(*site.T, "wgs84"), distance, azimuth, height)
    assert np.abs(found - elevation)[far].max() < 1e-5


def test_the_errors_of_a_position_lie_along_its_axes():
    lat, lon, height = (np.array([v]) for v in (0.8, 0.4, 1e4))
    for earth in ("sphere", "wgs84"):
        pos, cov = placed(
            Plots.positions(np.zeros(1), np.zeros(1), lat, lon, height, 40.0, 7.0), [Source("adsb")], earth
        )
        full = cov[0][[[0, 1, 2], [1, 3, 4], [2, 4, 5]]]
        local = frames(lat, lon)[0] @ full @ frames(lat, lon)[0].T
        assert np.allclose(local, np.diag([1600.0, 1600.0, 49.0]))
        assert np.allclose(pos, to_ecef(lat, lon, height, earth))


def flight(seconds=300.0, step=1.0, seed=2):
    """One aircraft on its way north-east: times and places."""
    t = np.arange(0.0, seconds, step)
    return t, RADAR.latitude + 0.01 + 2.4e-5 * t, RADAR.longitude + 0.01 + 2e-5 * t, np.full(t.shape, 9e3)


@pytest.mark.parametrize("which", ["radar", "source", "both"])
def test_one_aircraft_is_one_track_whoever_reports_it(which):
    g = np.random.default_rng(1)
    t, lat, lon, height = flight()
    seen, told = np.arange(0, 300, 4), np.arange(1, 300, 2)
    distance, azimuth, _ = polar(lat[seen], lon[seen], height[seen])
    noisy = distance + g.normal(0, 50, len(seen)), azimuth + g.normal(0, math.radians(0.08), len(seen))
    mine = Plots(t[seen], np.zeros(len(seen)), *noisy, None, height[seen])
    said = Plots.positions(t[told], np.ones(len(told)), lat[told], lon[told], height[told], 30.0, 15.0)
    plots = Plots.joined({"radar": [mine], "source": [said], "both": [mine, said]}[which])
    config = Config(models=(Model(accel=2.0),), tick=1.0)
    tracks = Tracker([RADAR, Source("adsb", 2.0)], config, "wgs84").process(plots)
    assert set(tracks.number.tolist()) == {1}
    there = to_ecef(*(np.interp(tracks.t, t, c) for c in (lat, lon, height)), "wgs84")
    error = np.linalg.norm(tracks.x[:, :3] - there, axis=1)[30:-2]
    assert np.sqrt(np.mean(error**2)) < (160.0 if which == "radar" else 40.0)


def test_rows_that_can_not_be_used_are_found():
    whole = Plots.positions(np.arange(3.0), np.array([1, 1, 0]), np.zeros(3), np.zeros(3), np.array([0.0, np.nan, 0.0]))
    radars = [RADAR, Source("adsb")]
    assert whole.refused(radars).tolist() == [False, True, True]  # no height; a position of a radar
    polar_of_source = Plots(np.zeros(1), np.ones(1), np.full(1, 1e4), np.zeros(1))
    assert polar_of_source.refused(radars).tolist() == [True]
    with pytest.raises(UsageError, match="earth = 'flat' is not known; accepted: sphere, wgs84"):
        Tracker([RADAR], earth="flat")
    with pytest.raises(UsageError, match="period"):
        Source("adsb", 0.0)
