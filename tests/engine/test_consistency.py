"""Every motion model's covariance tells its error (TRK-3): truth is the model itself, NEES lies within its bounds."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.stats import chi2

from openiads.engine.tracking import FIRM, empty_scratch, empty_tracks, track
from openiads.engine.tracking.models import FALLING, STRAIGHT, TURNING
from tests.oracles.imm import falling, settings, turned
from tests.oracles.tracking import Plot, covariance, pack

RUNS, SIGMA = 100, 50.0
GATE = chi2.ppf([0.025, 0.975], 6 * RUNS) / RUNS
TURNS = 0.05  # rad/s, one sigma of the truth: 1 g at 200 m/s


def begin(g, speed, height):
    """Bodies far apart on a sphere: places, and velocities that are normal on each axis."""
    up = g.normal(size=(RUNS, 3))
    up /= np.linalg.norm(up, axis=1)[:, None]
    return up * (6_371_008.8 + height), g.normal(0, speed, (RUNS, 3))


def straight_truth(dt, **_):
    return lambda x: np.hstack([x[:, :3] + dt * x[:, 3:], x[:, 3:]])


def turning_truth(dt, rates, **_):
    return lambda x: np.array([turned(row, dt, rate) for row, rate in zip(x, rates, strict=True)])


def falling_truth(dt, drag, **_):
    def step(x):
        return solve_ivp(
            lambda _, y: falling(y.reshape(-1, 6), drag).ravel(), (0, dt), x.ravel(), method="DOP853", rtol=1e-9
        ).y[:, -1].reshape(-1, 6)  # fmt: skip

    return step


TRUTHS = {STRAIGHT: straight_truth, TURNING: turning_truth, FALLING: falling_truth}


def consistency(seed, kind, accel, tick, ticks=30, after=12, drag=0.0, speed=200.0, height=9e3, told=1.0, down=0.0,
                spread=False, rate=None):  # fmt: skip
    """NEES of each of [RUNS] bodies after every tick from `after` on: [ticks, runs]."""
    g = np.random.default_rng(seed)
    x = np.hstack(begin(g, speed, height))
    if down:
        up = x[:, :3] / np.linalg.norm(x[:, :3], axis=1)[:, None]
        x[:, 3:] -= down * up
    rates = g.normal(0, TURNS, RUNS) if rate is None else np.full(RUNS, rate)
    truth = functools.partial(TRUTHS[kind], rates=rates, drag=drag)
    axes = [np.linalg.qr(g.normal(size=(3, 3)))[0] * [1.0, 3.0, 4.0] * SIGMA for _ in range(RUNS)]
    chosen = settings([(kind, accel * told, drag)], speed=np.hypot(speed, down), window=1e9, coast=1e9, gate=1e3)
    tracks, scratch = empty_tracks(1, 2 * RUNS, 1), empty_scratch(2 * RUNS, 2 * RUNS)
    found = []
    for k in range(ticks):
        a = g.normal(0, accel / np.sqrt(tick), (RUNS, 3))
        noise = np.hstack([0.5 * tick**2 * a, tick * a])
        back = g.uniform(0, tick) if spread else 0.0
        x = truth(tick)(x) + noise
        seen = truth(-back)(x) if back else x
        plots = pack([[Plot(tick * (k + 1) - back, s[:3] + r @ g.normal(size=3), r @ r.T)
                       for s, r in zip(seen, axes, strict=True)]])  # fmt: skip
        track(chosen, np.zeros(1, np.int32), np.zeros(1, np.int32), plots, tracks, scratch, tick * k, tick * (k + 1))
        if k >= after:
            assert (tracks.status[0] == FIRM).sum() == RUNS and (tracks.status[0, :RUNS] == FIRM).all()
            errors = tracks.x[0, :RUNS] - x
            found.append([e @ np.linalg.solve(covariance(tracks, 0, s), e) for s, e in enumerate(errors)])
    return np.array(found)
