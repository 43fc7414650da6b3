"""Range rates and bearings: the scalar update against a Kalman filter of full matrices with numerical derivatives."""

from __future__ import annotations

import math

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openiads.engine.sensing import BEARING, RATE
from openiads.engine.tracking import lanes, models, single
from openiads.engine.tracking.lanes import LANES, ROWS
from tests.oracles.tracking import pack_covariance, unpack_covariance

SEEDS = st.integers(0, 2**32 - 1)
LANE = 5
_update = numba.njit(single.single_update)
_ahead = numba.njit(single.before_the_eye)


def gauge_of(what, antenna, measured, sigma, azimuth=0.0):
    """A gauge as sensing writes it."""
    up = antenna / np.linalg.norm(antenna)
    east = np.cross([0.0, 0.0, 1.0], up)
    east /= np.linalg.norm(east)
    north = np.cross(up, east)
    normal = math.cos(azimuth) * east - math.sin(azimuth) * north
    return np.array([measured if what == RATE else 0.0, sigma**2, *antenna, *(normal if what == BEARING else [0] * 3)])


def seen(what, antenna, azimuth, x, back):
    """What an antenna measures of a state that is `back` seconds younger and flies straight: the definition itself."""
    p, v = x[:3] - back * x[3:], x[3:]
    d = p - antenna
    if what == RATE:
        return d @ v / np.linalg.norm(d)
    up = antenna / np.linalg.norm(antenna)
    east = np.cross([0.0, 0.0, 1.0], up)
    east /= np.linalg.norm(east)
    north = np.cross(up, east)
    turn = math.atan2(d @ east, d @ north) - azimuth
    return (turn + math.pi) % (2.0 * math.pi) - math.pi


def world(seed):
    """An antenna on the ground, a state some way off with its covariance."""
    g = np.random.default_rng(seed)
    antenna = g.normal(size=3)
    antenna *= 6_371_000.0 / np.linalg.norm(antenna)
    if abs(antenna[2]) > 6e6:
        antenna = np.roll(antenna, 1)
    up = antenna / np.linalg.norm(antenna)
    side = np.cross(up, g.normal(size=3))
    side /= np.linalg.norm(side)
    place = antenna + g.uniform(20e3, 300e3) * side + g.uniform(1e3, 12e3) * up
    x = np.concatenate([place, g.normal(0, 150.0, 3)])
    root = np.vstack([g.normal(0, 60.0, (3, 6)), g.normal(0, 8.0, (3, 6))])
    return g, antenna, x, root @ root.T + np.diag([100.0] * 3 + [4.0] * 3)


def block(x, p):
    f = np.random.default_rng(1).normal(size=(ROWS, LANES))
    f[:6, LANE], f[6:, LANE] = x, pack_covariance(p)
    return f.ravel()


def lane_of(f):
    rows = f.reshape(ROWS, LANES)[:, LANE]
    return rows[:6], unpack_covariance(rows[6:])


def derivatives(what, antenna, azimuth, x, back):
    steps = np.array([10.0] * 3 + [0.1] * 3)
    return np.array([
        (seen(what, antenna, azimuth, x + h, back) - seen(what, antenna, azimuth, x - h, back)) / (2.0 * s)
        for s, h in zip(steps, np.diag(steps), strict=True)
    ])  # fmt: skip


@pytest.mark.parametrize("what", [RATE, BEARING])
@given(SEEDS, st.floats(0.0, 5.0))
def test_one_number_updates_as_a_full_filter_does(what, seed, back):
    g, antenna, x, p = world(seed)
    sigma = g.uniform(0.5, 5.0) if what == RATE else g.uniform(1e-3, 2e-2)
    azimuth = seen(BEARING, antenna, 0.0, x, back) + g.normal(0, 2e-3)
    measured = seen(RATE, antenna, 0.0, x, back) + g.normal(0, 3.0)
    f, fit, step = block(x, p), np.zeros(2 * LANES), np.zeros(37 * LANES)
    fit[LANE], fit[LANES + LANE] = 2.0, 3.0
    before = f.copy()
    gauge = gauge_of(what, antenna, measured, sigma, azimuth)
    _update(f, np.zeros(ROWS * LANES), models.STRAIGHT, 0.0, LANE, what, gauge, back, step, lanes.empty_one(), fit)
    h = derivatives(what, antenna, azimuth, x, back)
    y = measured - seen(RATE, antenna, 0.0, x, back) if what == RATE else -seen(BEARING, antenna, azimuth, x, back)
    s = h @ p @ h + sigma**2
    new_x, new_p = lane_of(f)
    gain = p @ h / s
    np.testing.assert_allclose(new_x, x + gain * y, rtol=0, atol=0.01 * (0.1 + np.abs(gain * y).max()))
    np.testing.assert_allclose(new_p, p - np.outer(gain, h @ p), rtol=5e-3, atol=5e-3 * p.max())
    np.testing.assert_allclose([fit[LANE] - 2.0, fit[LANES + LANE] / 3.0], [y * y / s, s], rtol=2e-2, atol=1e-6)
    assert np.linalg.eigvalsh(new_p).min() > 0.0
    others = np.delete(before.reshape(ROWS, LANES), LANE, axis=1)
    assert np.array_equal(np.delete(f.reshape(ROWS, LANES), LANE, axis=1), others)


@given(SEEDS)
def test_a_range_rate_tells_an_acceleration(seed):
    """Nine states: the acceleration learns by what it has to do with the velocity."""
    g, antenna, x, _ = world(seed)
    root = np.vstack([g.normal(0, 60.0, (3, 9)), g.normal(0, 8.0, (3, 9)), g.normal(0, 5.0, (3, 9))])
    whole = root @ root.T + np.diag([100.0] * 3 + [4.0] * 3 + [1.0] * 3)
    a = g.normal(0, 5.0, 3)
    f, extra = block(x, whole[:6, :6]), np.zeros((ROWS, LANES))
    extra[:3, LANE], extra[3:21, LANE] = a, whole[:6, 6:].ravel()
    extra[21:, LANE] = whole[6:, 6:][np.triu_indices(3)]
    measured, sigma = seen(RATE, antenna, 0.0, x, 0.0) + g.normal(0, 3.0), 1.0
    gauge, flat = gauge_of(RATE, antenna, measured, sigma), extra.ravel()
    _update(f, flat, models.ACCELERATING, 0.0, LANE, RATE, gauge, 0.0, np.zeros(37 * LANES), lanes.empty_one(), np.ones(2 * LANES))  # fmt: skip
    h = np.concatenate([derivatives(RATE, antenna, 0.0, x, 0.0), np.zeros(3)])
    gain = whole @ h / (h @ whole @ h + sigma**2)
    y = measured - seen(RATE, antenna, 0.0, x, 0.0)
    after = whole - np.outer(gain, h @ whole)
    new = flat.reshape(ROWS, LANES)[:, LANE]
    np.testing.assert_allclose(new[:3], a + (gain * y)[6:], atol=1e-4)
    np.testing.assert_allclose(new[3:21].reshape(6, 3), after[:6, 6:], rtol=1e-5, atol=1e-5 * np.abs(whole).max())
    np.testing.assert_allclose(new[21:], after[6:, 6:][np.triu_indices(3)], rtol=1e-5, atol=1e-4)


@given(SEEDS)
def test_a_bearing_looks_one_way(seed):
    g, antenna, x, _ = world(seed)
    azimuth = seen(BEARING, antenna, 0.0, x, 0.0)
    there, behind = (gauge_of(BEARING, antenna, 0.0, 0.01, azimuth + turn) for turn in (g.normal(0, 0.1), math.pi))
    assert _ahead(x, there, 0.0) and not _ahead(x, behind, 0.0)
