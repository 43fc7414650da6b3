"""Registration errors found from common targets: right, as sure as they say, and silent about what can not be told."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pymap3d
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import least_squares
from scipy.stats import chi2

from openiads.errors import UsageError
from openiads.tracking import MANOEUVRING, Config, Plots, Radar, Tracker, common_targets, estimate_bias, quality
from openiads.tracking.plots import placed
from openiads.tracking.registration import PRIOR
from tests.tracking.biased import ADSB, BIAS, DEG, RADARS, World, with_source

DRAWN = (100.0, 0.2 * DEG, 0.5)  # m, rad, s: prior of errors that a test draws


def off(found, bias):
    """How far each error of a radar is off, in its sigmas."""
    radars = found.sigma[:, 0] > 0.0
    return ((found.bias - bias) / np.where(found.sigma > 0.0, found.sigma, 1.0))[radars]


@pytest.mark.parametrize("seed", range(4))
def test_a_reference_tells_range_azimuth_and_time(seed):
    sensors, bias = [*RADARS, ADSB], with_source(BIAS)
    plots, whose = World(seed).plots(sensors, bias)
    found = estimate_bias(plots, sensors, whose)
    assert np.abs(off(found, bias)).max() < 3.0
    assert found.observable[:3].all() and found.differs[:3].all()
    assert (found.sigma[:3] < [2.5, 0.005 * DEG, 0.02]).all()
    assert not found.bias[3].any() and not found.sigma[3].any() and not found.differs[3].any()
    assert found.plots.sum() > 0.9 * len(plots) and found.targets >= 29
    assert found.after < 0.6 * found.before
    assert found.scale.max() < 1.15


def test_sigmas_are_honest():
    """Errors drawn anew from the prior for each seed: normalised squares follow chi-square."""
    squares, sensors = [], [*RADARS[:2], ADSB]
    for seed in range(30):
        bias = with_source(np.random.default_rng(100 + seed).normal(size=(2, 3)) * DRAWN)
        plots, whose = World(seed, 20, 200.0).plots(sensors, bias)
        found = estimate_bias(plots, sensors, whose, prior=DRAWN)
        error = (found.bias - bias)[:2].ravel()
        squares.append(error @ np.linalg.solve(found.covariance[:6, :6], error))
    low, high = chi2.ppf([0.005, 0.995], 6 * 30)
    assert low < sum(squares) < high
    assert not low < sum(squares) / 0.8**2 < high  # a sigma four fifths as large would be found out


def test_without_a_reference_only_one_time_is_left_open():
    """Range and azimuth come out, and the differences of the clocks; the mean of the clocks stays at its prior."""
    plots, whose = World(1).plots(RADARS, BIAS)
    found = estimate_bias(plots, RADARS, whose)
    assert np.abs(off(found, BIAS)[:, :2]).max() < 3.0
    assert found.observable.tolist() == [[True, True, False]] * 3
    assert found.relative.tolist() == [[False, False, True]] * 3
    assert (found.sigma[:, 2] > 0.9 * 2.0 / math.sqrt(3)).all()  # of the mean of three clocks, 2 s each
    assert found.bias[:, 2].mean() == pytest.approx(0.0, abs=0.01)  # the least that explains the plots
    times = found.covariance.reshape(3, 3, 3, 3)[:, 2, :, 2]
    for i, j in itertools.combinations(range(3), 2):
        sigma = math.sqrt(times[i, i] + times[j, j] - 2.0 * times[i, j])
        assert sigma < 0.05
        assert abs(found.bias[i, 2] - found.bias[j, 2] - BIAS[i, 2] + BIAS[j, 2]) < 3.5 * sigma


def test_many_radars_without_a_reference_do_not_know_the_time():
    """The mean of five clocks of 2 s is good to 0.9 s before any plot is seen: that is no knowledge from plots."""
    five = [replace(RADARS[k % 3], name=str(k), longitude=(31.5 + 0.8 * k) * DEG) for k in range(5)]
    plots, whose = World(16, 10, 150.0).plots(five, BIAS[[0, 1, 2, 0, 1]])
    found = estimate_bias(plots, five, whose)
    assert (found.sigma[:, 2] < 1.0).all() and not found.observable[:, 2].any() and found.relative[:, 2].all()


def test_radars_on_one_place_tell_only_their_differences():
    pair = [RADARS[0], replace(RADARS[0], name="beside", period=5.0)]
    plots, whose = World(2).plots(pair, BIAS[:2])
    found = estimate_bias(plots, pair, whose)
    assert not found.observable.any() and found.relative.all() and not found.differs.any()
    assert np.abs(np.diff(found.bias - BIAS[:2], axis=0)[0] / [10.0, 0.01 * DEG, 0.1]).max() < 1.0


def test_one_target_in_straight_flight_leaves_range_and_time_open():
    """It flies away from the radar: a late clock and a short range look the same."""
    t = np.arange(0.0, 200.0, 4.0)
    place = 39.5 * DEG + (40e3 + 200.0 * t) / 6.371e6
    height, west = np.full(len(t), 9000.0), np.full(len(t), RADARS[0].longitude)
    polar = pymap3d.geodetic2aer(
        np.degrees(place),
        np.degrees(west),
        height,
        39.5,
        np.degrees(west[0]),
        1000.0,
        pymap3d.Ellipsoid.from_name("wgs84"),
    )
    seen = Plots(t, np.zeros(len(t)), polar[2], np.radians(polar[0]), None, height)
    told = Plots.positions(t + 1.0, np.ones(len(t)), place + 200.0 / 6.371e6, west, height, 20.0, 20.0)
    plots = Plots.joined([seen, told])
    found = estimate_bias(plots, [RADARS[0], ADSB], np.ones(len(plots)), "wgs84")
    assert found.observable[0].tolist() == [False, True, False]
    assert found.sigma[0, 0] > 200.0 and found.sigma[0, 2] > 1.0


@pytest.mark.parametrize("sensors", [RADARS[:1], RADARS[:2], [RADARS[0], ADSB]])
def test_nothing_in_common_is_said(sensors):
    plots, whose = World(3, 5, 60.0).plots(sensors, with_source(BIAS))
    found = estimate_bias(plots, sensors, whose + 100 * plots.radar)
    assert not found.plots.any() and found.targets == 0 and math.isnan(found.before) and math.isnan(found.after)
    assert not found.observable.any() and not found.relative.any() and not found.differs.any()
    assert np.allclose(found.sigma[0], PRIOR) and not found.bias.any()


def test_no_errors_are_found_where_there_are_none():
    sensors, none = [*RADARS, ADSB], np.zeros((4, 3))
    squares = []
    for seed in range(6):
        plots, whose = World(20 + seed, 20, 200.0).plots(sensors, none)
        found = estimate_bias(plots, sensors, whose)
        assert not found.differs.any() and found.before < 1.02 * found.after
        squares.append((off(found, none) ** 2).mean())
    assert np.mean(squares) < 1.5


def test_outliers_do_not_spoil_it():
    """One plot of a radar in twenty lies to one side by up to 1.5 km and a degree."""
    sensors, bias = [*RADARS, ADSB], with_source(BIAS)
    world = World(4)
    plots, whose = world.plots(sensors, bias)
    wild = ~plots.placed & (world.g.random(len(plots)) < 0.05)
    spoilt = replace(
        plots, range=plots.range + wild * world.g.uniform(200, 1500, len(plots)),
        azimuth=plots.azimuth + wild * world.g.uniform(0, DEG, len(plots)),
    )  # fmt: skip
    clean, found = estimate_bias(plots, sensors, whose), estimate_bias(spoilt, sensors, whose)
    assert np.abs(off(found, bias)).max() < 3.0
    assert (found.sigma <= 1.3 * clean.sigma).all()
    assert found.plots[:3].sum() < clean.plots[:3].sum() - 0.8 * wild.sum()


@pytest.mark.parametrize("sensors", [RADARS, [*RADARS, ADSB]])
def test_wrong_associations_do_not_spoil_it(sensors):
    """Two radars take one aircraft in ten for another."""
    bias = with_source(BIAS)[: len(sensors)]
    world = World(5)
    plots, whose = world.plots(sensors, bias)
    wrong = whose.copy()
    for radar in (0, 1):
        for body in world.g.choice(30, 3, replace=False) + 1:
            wrong[(plots.radar == radar) & (whose == body)] = world.g.integers(1, 31)
    found = estimate_bias(plots, sensors, wrong)
    known = 3 if len(sensors) > 3 else 2
    assert np.abs(off(found, bias)[:, :known]).max() < 3.0
    assert (found.sigma[:3, :2] < [3.0, 0.005 * DEG]).all()


def test_errors_larger_than_stated_widen_the_sigmas():
    sensors, bias = [*RADARS, ADSB], with_source(BIAS)
    plots, whose = World(6).plots(sensors, bias, noise=2.0)
    found = estimate_bias(plots, sensors, whose)
    assert np.allclose(found.scale[:3, :2], 2.0, rtol=0.15) and (found.scale[:, 2] < 1.2).all()
    assert np.abs(off(found, bias)).max() < 3.0 and found.plots.sum() > 0.9 * len(plots)


def test_an_error_of_a_whole_flight_widens_the_sigmas():
    """Positions of each aircraft are late by a time of its own: 0.3 s over 40 aircraft leave 0.05 s, whatever the plots say."""
    sensors, bias = [*RADARS, ADSB], with_source(BIAS)
    world = World(7, 40)
    plots, whose = world.plots(sensors, bias)
    late = world.g.normal(0.0, 0.3, 41)
    found = estimate_bias(replace(plots, t=plots.t + plots.placed * late[whose]), sensors, whose)
    assert (found.sigma[:3, 2] > 0.02).all() and (found.sigma[:3, 2] < 0.1).all()
    assert np.abs(off(found, bias)).max() < 3.0


def test_heights_of_warm_air_are_no_range_error():
    """Reported heights 4 % too large, which is metres of slant range for aircraft that are high and near."""
    sensors, bias = [*RADARS, ADSB], with_source(BIAS)
    plots, whose = World(8, earth="wgs84").plots(sensors, bias, warm=0.04)
    told = estimate_bias(plots, sensors, whose, "wgs84", height_share=0.05)
    assert np.abs(off(told, bias)).max() < 3.0
    blind = estimate_bias(plots, sensors, whose, "wgs84")
    assert np.abs(off(blind, bias))[:, 0].max() > 5.0


def test_radars_without_heights_do_not_lean_on_what_they_assume():
    """6 km, give or take 3.5, are assumed once for a piece; the aircraft fly at 3 to 11.5 km."""
    squares = []
    for seed in range(6):
        plots, whose = World(60 + seed, 40, 400.0).plots(RADARS, BIAS)
        found = estimate_bias(replace(plots, height=np.full(len(plots), np.nan)), RADARS, whose)
        squares.append((off(found, BIAS)[:, :2] ** 2).mean())
    assert np.mean(squares) < 1.5


def test_bearings_and_points_take_no_part():
    """A sensor without a range and a source of points beside the others: the answer is that without them."""
    sensors = [*RADARS, ADSB]
    plots, whose = World(17, 10, 100.0).plots(sensors, with_source(BIAS))
    alone = estimate_bias(plots, sensors, whose)
    deaf, node = replace(RADARS[0], name="ears", sigma_range=None), replace(ADSB, name="node")
    own = np.flatnonzero(plots.placed)
    points = Plots.points(
        plots.t[own],
        np.full(len(own), 5),
        placed(plots.rows(own), sensors)[0] + 500.0,
        np.tile([1.0, 0, 0, 1, 0, 1], (len(own), 1)),
    )
    heard = np.flatnonzero(plots.radar == 0)
    bearings = replace(plots.rows(heard), radar=np.full(len(heard), 4), range=np.full(len(heard), np.nan))
    both = Plots.joined([plots, bearings, points])
    found = estimate_bias(both, [*sensors, deaf, node], np.concatenate([whose, whose[heard], whose[own]]))
    assert np.allclose(found.bias[:4], alone.bias) and not found.plots[4:].any() and not found.observable[4].any()
    target = common_targets(both, [*sensors, deaf, node])
    assert not target[len(plots) : len(plots) + len(heard)].any() and (target[: len(plots)] > 0).mean() > 0.95


def test_many_plots_are_thinned(monkeypatch):
    """Evenly: the answer has the same errors within its larger sigmas."""
    plots, whose = World(15, 20, 200.0).plots(RADARS, BIAS)
    whole = estimate_bias(plots, RADARS, whose)
    monkeypatch.setattr("openiads.tracking.registration.MOST", len(plots) // 4)
    found = estimate_bias(plots, RADARS, whose)
    assert 0.2 * len(plots) < found.plots.sum() < 0.3 * len(plots)
    ratio = (found.sigma / whole.sigma)[:, :2]
    assert (ratio > 1.5).all() and (ratio < 3.0).all() and np.abs(off(found, BIAS)[:, :2]).max() < 3.0


def test_what_the_radars_state_is_where_it_begins():
    """Stated errors are part of the answer, and one that is right stays."""
    sensors, bias = [*RADARS, ADSB], with_source(BIAS)
    plots, whose = World(9, 20, 200.0).plots(sensors, bias)
    found = estimate_bias(plots, sensors, whose)
    again = estimate_bias(plots, found.applied(sensors), whose)
    assert np.abs((again.bias - found.bias)[:3] / found.sigma[:3]).max() < 0.3
    assert again.before == pytest.approx(again.after, rel=1e-3)
    narrow = estimate_bias(plots, found.applied(sensors), whose, prior=(1e-3, 1e-9, 1e-6))
    assert np.allclose(narrow.bias, found.bias, atol=1e-2)
    stated = [replace(RADARS[0], time_bias=30.0), *sensors[1:]]
    late = replace(plots, t=plots.t + 30.0 * (plots.radar == 0))
    assert estimate_bias(late, stated, whose).bias[0, 2] == pytest.approx(30.0 + found.bias[0, 2], abs=0.05)


@given(
    st.integers(0, 10**6), st.lists(st.floats(-3.0, 3.0), min_size=6, max_size=6), st.floats(0.0, 2.0 * math.pi),
    st.floats(20e3, 150e3),
)  # fmt: skip
def test_any_errors_of_any_two_radars(seed, sizes, bearing, apart):
    """Three of the sigmas that are common in practice, two radars wherever they stand: within 5 sigmas."""
    bias = np.reshape(sizes, (2, 3)) * [150.0, 0.3 * DEG, 0.7]
    north, east = apart * math.cos(bearing) / 6.371e6, apart * math.sin(bearing) / (6.371e6 * math.cos(39.7 * DEG))
    pair = [
        RADARS[0],
        replace(RADARS[1], latitude=RADARS[0].latitude + north, longitude=RADARS[0].longitude + east),
        ADSB,
    ]
    plots, whose = World(seed, 6, 100.0).plots(pair, with_source(bias))
    found = estimate_bias(plots, pair, whose)
    assert np.abs(off(found, with_source(bias))).max() < 5.0


def test_corrected_radars_track_as_if_they_had_no_errors():
    """Horizontal RMS error and number of tracks of a tracker of three radars: unbiased, biased, corrected."""
    world = World(10, 30, 300.0)
    state = world.g.bit_generator.state
    right = {}
    for name, bias in (("none", np.zeros((3, 3))), ("raw", BIAS), ("corrected", BIAS)):
        world.g.bit_generator.state = state  # the same noise
        sensors = [*RADARS, ADSB]
        plots, whose = world.plots(sensors, with_source(bias))
        if name == "corrected":
            sensors = estimate_bias(plots, sensors, whose).applied(sensors)
        radars, own = sensors[:3], ~plots.placed
        tracks = Tracker(radars, Config(models=MANOEUVRING, tick=1.0)).process(plots.rows(own))
        rows = quality(world.truth(), tracks)
        right[name] = next(r.value for r in rows if r.name == "horizontal RMS error")
    assert right["corrected"] < 1.02 * right["none"] and right["raw"] > 2.0 * right["none"]


def _path(c, s):
    return c[0] + s * c[1] + 0.5 * s * s * c[2]


def test_against_one_large_least_squares_problem():
    """Oracle: every path and every error at once by SciPy, with ranges and azimuths of pymap3d, gives errors and covariance."""
    pair, sensors = RADARS[:2], [*RADARS[:2], ADSB]
    plots, whose = World(11, 3, 80.0, turns=False, earth="wgs84", width=50e3).plots(sensors, with_source(BIAS[:2]))
    found = estimate_bias(plots, sensors, whose, "wgs84")
    assert found.plots.sum() == len(plots)
    piece = np.unique(np.stack([whose, np.floor(plots.t / 20.0)], axis=-1), axis=0, return_inverse=True)[1].ravel()
    middle = 20.0 * (np.floor(plots.t / 20.0) + 0.5)
    centre = np.array(pymap3d.geodetic2ecef(39.7, 33.4, 7000.0))
    across, turned, upright = found.scale.T  # by how much the errors were widened

    def residuals(p):
        bias, paths = p[:6].reshape(2, 3) * PRIOR, p[6:].reshape(-1, 3, 3) * [[1e4], [100.0], [1.0]]
        own = np.where(plots.placed, 0.0, bias[np.minimum(plots.radar, 1), 2])
        x = np.array([_path(paths[w], s) for w, s in zip(piece, plots.t - own - middle, strict=True)]) + centre
        rows = []
        for r, radar in enumerate(pair):
            k = plots.radar == r
            site = np.degrees(radar.latitude), np.degrees(radar.longitude), radar.height
            azimuth, _, distance = pymap3d.ecef2aer(*x[k].T, *site)
            height = pymap3d.ecef2geodetic(*x[k].T)[2]
            turn = np.remainder(plots.azimuth[k] - np.radians(azimuth) - bias[r, 1] + math.pi, 2 * math.pi) - math.pi
            rows += [(plots.range[k] - distance - bias[r, 0]) / (across[r] * radar.sigma_range)]
            rows += [turn / (turned[r] * radar.sigma_azimuth), (plots.height[k] - height) / (38.0 * upright[r])]
        k = plots.placed
        enu = pymap3d.ecef2enu(*x[k].T, np.degrees(plots.latitude[k]), np.degrees(plots.longitude[k]), plots.height[k])
        rows += [enu[0] / (30.0 * across[2]), enu[1] / (30.0 * turned[2]), enu[2] / (10.0 * upright[2])]
        return np.concatenate([*rows, p[:6], (paths[:, 1] / 1000.0).ravel(), (paths[:, 2] / 10.0).ravel()])

    start = np.zeros(6 + 9 * (piece.max() + 1))
    start[6:] = 1e-3
    solved = least_squares(residuals, start, method="lm", xtol=1e-14, ftol=1e-14)
    covariance = np.linalg.inv(solved.jac.T @ solved.jac)[:6, :6]
    scale = np.tile(PRIOR, 2)
    sigma = np.sqrt(np.diag(covariance)) * scale
    assert np.abs((found.bias[:2].ravel() - solved.x[:6] * scale) / sigma).max() < 0.02
    assert np.allclose(found.sigma[:2].ravel(), sigma, rtol=0.02)


@pytest.mark.parametrize("earth", ["sphere", "wgs84"])
def test_derivatives_are_those_of_differences(earth):
    """Of every kind of look with path, errors and the share of heights."""
    from openiads.tracking.pieces import foretold, looks_at_common

    sensors = [RADARS[0], replace(RADARS[1], sigma_elevation=0.1 * DEG), ADSB]
    plots, whose = World(12, 4, 60.0, earth=earth).plots(sensors, with_source(BIAS[:2]))
    plots = replace(plots, elevation=np.where(plots.radar == 1, 0.05, np.nan))
    looks = looks_at_common(plots, sensors, whose, earth, 1000, 10)
    assert sorted(np.unique(looks.kind)) == [0, 1, 2]
    g = np.random.default_rng(1)
    path = np.concatenate([looks.point[looks.first][:, None], g.normal(0, 150, (len(looks.first), 1, 3)),
                           g.normal(0, 3, (len(looks.first), 1, 3))], axis=1)  # fmt: skip
    bias, size = with_source(BIAS[:2]), np.array([10.0, 1e-4, 0.01])
    seen = foretold(looks, path, bias, 0.01, earth)
    for k in range(3):
        way = np.eye(3)[k] * size
        up, down = (foretold(looks, path, bias + s * way, 0.01, earth).off for s in (1, -1))
        slope = (down - up) / (2 * size[k]) * (looks.radar < 2)[:, None]
        assert np.allclose(slope, seen.error[:, :, k], rtol=1e-4, atol=1e-6)
    up, down = (foretold(looks, path, bias, 0.01 + s * 1e-4, earth).off for s in (1, -1))
    assert np.allclose((down - up) / 2e-4, seen.error[:, :, 3], rtol=1e-4, atol=1e-3)
    for k, (power, axis) in enumerate(itertools.product(range(3), range(3))):
        way = np.zeros((3, 3))
        way[power, axis] = (10.0, 1.0, 0.1)[power]
        up, down = (foretold(looks, path + s * way, bias, 0.01, earth).off for s in (1, -1))
        slope = (down - up) / (2 * way[power, axis])
        assert np.allclose(slope, seen.place[:, :, k], rtol=2e-3, atol=2e-3 * np.abs(slope).max())


def test_the_same_plots_give_the_same_bytes():
    sensors = [*RADARS, ADSB]
    plots, whose = World(13, 10, 100.0).plots(sensors, with_source(BIAS))
    one, two = (estimate_bias(plots, sensors, whose) for _ in range(2))
    assert one.bias.tobytes() == two.bias.tobytes() and one.covariance.tobytes() == two.covariance.tobytes()


WRONG = [
    ({"target": np.zeros(3)}, r"target has shape \(3,\)"),
    ({"prior": (500.0, 0.0, 2.0)}, "three numbers above 0"),
    ({"prior": (500.0, 2.0)}, "three numbers above 0"),
    ({"height_share": -0.1}, "a share, 0 or above"),
    ({"earth": "flat"}, "earth = 'flat' is not known"),
]


@pytest.mark.parametrize(("given", "message"), WRONG)
def test_wrong_arguments_are_refused(given, message):
    plots, whose = World(14, 2, 30.0).plots(RADARS, BIAS)
    with pytest.raises(UsageError, match=message):
        estimate_bias(plots, RADARS, **{"target": whose, **given})


def test_a_bias_that_is_no_number_is_refused():
    with pytest.raises(UsageError, match="time_bias = nan must be a finite number"):
        Radar("late", 0.7, 0.6, 100.0, time_bias=math.nan)
