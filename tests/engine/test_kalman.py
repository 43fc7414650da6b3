"""The filter of one track: against full matrices, and against the closed forms of the alpha-beta filter."""

from __future__ import annotations

import math

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openiads.engine.tracking import UNIT_TIME, empty_scratch, empty_tracks, models, track
from openiads.engine.tracking import filter as kernels
from openiads.engine.tracking.filter import distance
from openiads.engine.tracking.lanes import LANES, ROWS
from tests.oracles.tracking import Plot, covariance, look, noise, pack, pack_covariance, trackers, transition

LANE = 11  # the others hold other tracks, which nothing may touch
_straight, _update = numba.njit(models.straight), numba.njit(kernels.update)
SEEDS = st.integers(0, 2**32 - 1)
ONE_RADAR = (np.zeros(1, np.int32), np.zeros(1, np.int32))

# tracking index -> alpha, beta (validation reference TRK-2)
ALPHA_BETA = {
    0.01: (0.131851, 0.009317),
    0.1: (0.36, 0.08),
    0.5: (0.628373, 0.304806),
    1.0: (0.75, 0.5),
    2.0: (0.854102, 0.763932),
    10.0: (0.978714, 1.458980),
}


def random_state(seed: int):
    """One track and one plot with full covariances of aircraft-like size."""
    g = np.random.default_rng(seed)
    scale = np.array([1e3, 1e3, 1e3, 100.0, 100.0, 100.0])
    root = g.normal(size=(6, 6)) * scale[:, None] * 10 ** g.uniform(-2, 1)
    p = root @ root.T + np.diag(scale**2) * 1e-6
    x = np.concatenate([g.uniform(-6.4e6, 6.4e6, 3), g.normal(0, 300, 3)])
    root = g.normal(size=(3, 3)) * 10 ** g.uniform(1, 3.5)
    r = root @ root.T + np.eye(3)
    y = np.linalg.cholesky(p[:3, :3] + r) @ g.normal(size=3)
    return x, p, x[:3] + y, r, g.uniform(0, 10)


def arrays(x, p, pos, r):
    """As the kernels take them."""
    plots = pack([[Plot(0.0, pos, r)]])
    return x[None, None].copy(), pack_covariance(p)[None, None].copy(), plots.pos, plots.cov


def unpacked(p):
    tracks = empty_tracks(1, 1, 1)
    tracks.p[:] = p
    return covariance(tracks, 0, 0)


def laned(kx, kp):
    """A block in which one lane is the track and the others are others."""
    block = np.random.default_rng(1).normal(size=(ROWS, LANES))
    block[6:] = pack_covariance(np.diag([1e4] * 3 + [100.0] * 3))[:, None]
    block[:6, LANE], block[6:, LANE] = kx[0, 0], kp[0, 0]
    return block


def predict(kx, kp, n, s, dt, density):
    """One track through the kernel of sixteen."""
    block = laned(kx, kp).ravel()
    _straight(block, dt, density)
    kx[n, s], kp[n, s] = block.reshape(ROWS, LANES)[:6, LANE], block.reshape(ROWS, LANES)[6:, LANE]


def update(kx, kp, n, s, pos, cov, q, back):
    """One plot through the kernel of sixteen; lanes without a plot keep their bytes."""
    block, plot, fit = laned(kx, kp), np.ones((11, LANES)), np.zeros(2 * LANES)
    before = np.delete(block, LANE, axis=1)
    plot[3:9] = np.array([1.0, 0.0, 0.0, 1.0, 0.0, 1.0])[:, None]
    plot[10] = 0.0
    plot[:, LANE] = [*pos[q], *cov[q], back, 1.0]
    _update(block.ravel(), plot.ravel(), fit)
    assert np.array_equal(np.delete(block, LANE, axis=1), before)
    kx[n, s], kp[n, s] = block[:6, LANE], block[6:, LANE]


@given(SEEDS)
def test_prediction_is_f_p_f_plus_q(seed):
    x, p, pos, r, dt = random_state(seed)
    kx, kp, _, _ = arrays(x, p, pos, r)
    predict(kx, kp, 0, 0, dt, 9.0)
    f = transition(dt)
    np.testing.assert_allclose(kx[0, 0], f @ x, rtol=1e-14)
    expected = f @ p @ f.T + noise(dt, 9.0)
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert np.abs(unpacked(kp) - expected).max(initial=0, where=scale > 0) <= 1e-12 * scale.max()
    np.testing.assert_allclose(unpacked(kp) / scale, expected / scale, atol=1e-12)


@given(SEEDS)
def test_update_is_the_joseph_form_at_the_moment_of_the_look(seed):
    x, p, pos, r, back = random_state(seed)
    kx, kp, kpos, kcov = arrays(x, p, pos, r)
    h = look(back)
    s = h @ p @ h.T + r
    y = kpos[0] - h @ x
    far, size = apart(x, p, pos, r, back, np.inf)
    np.testing.assert_allclose(far, y @ np.linalg.solve(s, y), rtol=1e-6)
    np.testing.assert_allclose(size, np.linalg.slogdet(s)[1], rtol=1e-9)
    update(kx, kp, 0, 0, kpos, kcov, 0, back)
    gain = np.linalg.solve(s, h @ p).T
    joseph = np.eye(6) - gain @ h
    expected = joseph @ p @ joseph.T + gain @ r @ gain.T
    scale = np.sqrt(np.diag(p))
    np.testing.assert_allclose((kx[0, 0] - (x + gain @ y)) / scale, 0, atol=1e-7)
    np.testing.assert_allclose((unpacked(kp) - expected) / np.outer(scale, scale), 0, atol=1e-9)


@given(SEEDS)
def test_the_gate_is_sharp(seed):
    x, p, pos, r, back = random_state(seed)
    far, _ = apart(x, p, pos, r, back, np.inf)
    assert apart(x, p, pos, r, back, far * 1.001)[0] == far
    assert apart(x, p, pos, r, back, far * 0.999)[0] == math.inf


def apart(x, p, pos, r, back, gate):
    """The kernel's distance and size of one plot and one track."""
    plots = pack([[Plot(0.0, pos, r)]])
    block = laned(x[None, None], pack_covariance(p)[None, None])
    return distance(block.ravel()[LANE:], plots, 0, back, gate)


@given(SEEDS)
@settings(max_examples=10)
def test_the_covariance_stays_positive(seed):
    """A thousand predictions and updates, from a start 100 km wide, with plots good to a metre on one axis."""
    g = np.random.default_rng(seed)
    kx, kp = np.zeros((1, 1, 6)), pack_covariance(np.diag([1e10] * 3 + [1e7] * 3))[None, None].copy()
    for step in range(1000):
        axes = np.linalg.qr(g.normal(size=(3, 3)))[0]
        r = axes @ np.diag([1.0, 10 ** g.uniform(2, 7), 10 ** g.uniform(2, 7)]) @ axes.T
        plots = pack([[Plot(0.0, g.normal(size=3), r)]])
        predict(kx, kp, 0, 0, g.choice([0.0, 2.0, 10.0]), 1.0)
        update(kx, kp, 0, 0, plots.pos, plots.cov, 0, g.uniform(0, 2))
        if step % 50 == 0:
            p = unpacked(kp)
            scale = np.sqrt(np.diag(p))
            assert np.linalg.eigvalsh(p / np.outer(scale, scale)).min() > 0


def test_growth_does_not_depend_on_the_tick():
    """Uncertainty after 12 s in ticks of 4, 2 and 1/4 s: velocity the same, position within 2 %."""
    grown = []
    for steps in (3, 6, 48):
        kx, kp = np.zeros((1, 1, 6)), pack_covariance(np.diag([1e4] * 3 + [100.0] * 3))[None, None].copy()
        for _ in range(steps):
            predict(kx, kp, 0, 0, 12.0 / steps, 25.0)
        grown.append((kp[0, 0, 0], kp[0, 0, 15]))
    np.testing.assert_allclose([v for _, v in grown], 100.0 + 25.0 * 12.0, rtol=1e-12)
    np.testing.assert_allclose([x for x, _ in grown], grown[2][0], rtol=0.02)


def follow(period: float, accel: float, speed: float, sigma: float, heights: np.ndarray):
    """One target that a radar reports at the end of every tick; the tracks after each of them."""
    tracks, scratch = empty_tracks(1, 2, 1), empty_scratch(2, 4)
    chosen = trackers(accel=accel, speed=speed, gate=1e30, window=1e9, coast=1e9)
    for k, height in enumerate(heights):
        t = (k + 1) * period
        plots = pack([[Plot(t, np.array([height, 0.0, 0.0]), np.eye(3) * sigma**2)]])
        track(chosen, *ONE_RADAR, plots, tracks, scratch, t - period, t)
        assert np.count_nonzero(tracks.status) == 1
        yield tracks


@pytest.mark.parametrize(("index", "gains"), ALPHA_BETA.items())
@pytest.mark.parametrize("period", [1.0, 4.0])
def test_steady_state_is_the_alpha_beta_filter(index, gains, period):
    """TRK-2: gains in the limit from the closed form, position variance alpha sigma^2, and the same response."""
    sigma = 50.0
    r = (4 + index - math.sqrt(8 * index + index**2)) / 4
    alpha = 1 - r**2
    beta = 2 * (2 - alpha) - 4 * math.sqrt(1 - alpha)
    np.testing.assert_allclose((alpha, beta), gains, atol=6e-7)
    # acceleration of a whole tick, as the index has it, against that of the unit time
    accel = index * sigma / period**2 * math.sqrt(period / UNIT_TIME)
    heights = np.random.default_rng(7).normal(0, 1e3, 600)
    x, v = math.nan, math.nan
    for k, tracks in enumerate(follow(period, accel, 1e4, sigma, heights)):
        if k == 500:
            x, v = tracks.x[0, 0, 0], tracks.x[0, 0, 3]
        elif k > 500:
            residual = heights[k] - (x + period * v)
            x, v = x + period * v + alpha * residual, v + beta / period * residual
            np.testing.assert_allclose(tracks.x[0, 0, [0, 3]], [x, v], rtol=1e-7, atol=1e-7)
    p = covariance(tracks, 0, 0)
    np.testing.assert_allclose(p[0, 0] / sigma**2, alpha, rtol=1e-9)
    np.testing.assert_allclose(p[0, 3] / sigma**2 * period, beta, rtol=1e-9)
    np.testing.assert_allclose(p[0, [1, 2, 4, 5]], 0, atol=1e-9)


@pytest.mark.parametrize("period", [2.0, 10.0])
def test_lag_in_a_steady_turn(period):
    """A body with constant acceleration a runs ahead by a / (accel sqrt(UNIT_TIME / T)) sigmas of the innovation.

    From lag = a T^2 / beta (Kalata 1984) and the tracking index beta^2 / (1 - alpha) of the steady state.
    """
    a, accel, sigma = 30.0, 15.0, 80.0
    heights = 0.5 * a * (period * np.arange(400.0)) ** 2
    *_, tracks = follow(period, accel, 1e4, sigma, heights)
    before = covariance(tracks, 0, 0)
    x = transition(period) @ tracks.x[0, 0]
    s = (transition(period) @ before @ transition(period).T + noise(period, accel**2 * UNIT_TIME))[0, 0] + sigma**2
    ahead = 0.5 * a * (period * 400.0) ** 2 - x[0]
    np.testing.assert_allclose(ahead / np.sqrt(s), a / (accel * np.sqrt(UNIT_TIME / period)), rtol=1e-6)


def test_without_process_noise_it_is_least_squares():
    """TRK-2: N fixes of a straight line give 2(2N-1)/(N(N+1)) and 12/(N(N^2-1)T^2)."""
    n, period, sigma = 10, 2.0, 3.0
    g = np.random.default_rng(3)
    heights = 40.0 + 7.0 * period * np.arange(n) + g.normal(0, sigma, n)
    *_, tracks = follow(period, 0.0, 1e5, sigma, heights)
    p = covariance(tracks, 0, 0)
    np.testing.assert_allclose(p[0, 0] / sigma**2, 0.345455, rtol=1e-5)
    np.testing.assert_allclose(p[3, 3] / sigma**2 * period**2, 0.0121212, rtol=1e-5)
    slope, end = np.polyfit(period * np.arange(1 - n, 1), heights, 1)
    np.testing.assert_allclose(tracks.x[0, 0, [0, 3]], [end, slope], rtol=1e-6)
