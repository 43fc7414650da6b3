"""Every motion model's covariance tells its error (TRK-3): truth is the model itself, NEES lies within its bounds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.stats import chi2

from openiads.engine.tracking import FIRM, empty_scratch, empty_tracks, track
from openiads.engine.tracking.accelerations import ACCELERATION
from openiads.engine.tracking.lanes import LANES, ROWS
from openiads.engine.tracking.models import ACCELERATING, FALLING, STRAIGHT, TURNING
from tests.oracles.imm import falling, settings
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
    """Rotation about the vertical by rate dt, and its integral."""

    def step(x):
        up, v, w = x[:, :3] / np.linalg.norm(x[:, :3], axis=1)[:, None], x[:, 3:], rates[:, None]
        side, climb = np.cross(up, v), np.sum(up * v, axis=1)[:, None] * up
        flat = v - climb
        way = (np.sin(w * dt) * flat + (1 - np.cos(w * dt)) * side) / w + dt * climb
        return np.hstack([x[:, :3] + way, np.cos(w * dt) * flat + np.sin(w * dt) * side + climb])

    return step


def falling_truth(dt, drag, **_):
    def step(x):
        return solve_ivp(
            lambda _, y: falling(y.reshape(-1, 6), drag).ravel(), (0, dt), x.ravel(), method="DOP853", rtol=1e-9
        ).y[:, -1].reshape(-1, 6)  # fmt: skip

    return step


def accelerating_truth(dt, pushes, **_):
    """pushes [runs, 3]: what each body accelerates with at the moment."""
    return lambda x: np.hstack([x[:, :3] + dt * x[:, 3:] + 0.5 * dt**2 * pushes, x[:, 3:] + dt * pushes])


TRUTHS = {STRAIGHT: straight_truth, TURNING: turning_truth, FALLING: falling_truth, ACCELERATING: accelerating_truth}


def consistency(
    kind, accel, tick, seed=1, ticks=30, after=12, drag=0.0, told=1.0, fall=0.0, spread=False, supplied=None
):
    """NEES of each of [RUNS] bodies after every tick from `after` on: [ticks, runs].

    The filter's drag, or how fast it believes accelerations to change, is `told` times the truth; supplied: so
    much of each body's turn rate is told it. spread: looks at any moment of a tick, which only the end of has the noise
    that the model says.
    """
    g = np.random.default_rng(seed)
    x = np.hstack(begin(g, 200.0 if not fall else 300.0, 80e3 if fall else 9e3))
    x[:, 3:] -= fall * x[:, :3] / np.linalg.norm(x[:, :3], axis=1)[:, None]
    rates, pushes = g.normal(0, TURNS, RUNS), np.zeros((RUNS, 3))
    if kind == ACCELERATING:
        pushes[:] = g.normal(0, ACCELERATION, (RUNS, 3))
    truth, back_in = (TRUTHS[kind](d, rates=rates, drag=drag, pushes=pushes) for d in (tick, -1.0))
    axes = [np.linalg.qr(g.normal(size=(3, 3)))[0] * [1.0, 3.0, 4.0] * SIGMA for _ in range(RUNS)]
    chosen = settings(
        [(kind, accel * (told if kind == ACCELERATING else 1.0), drag * told)],
        speed=np.hypot(200.0, fall),
        window=1e9,
        coast=1e9,
        gate=1e3,
    )
    tracks, scratch = empty_tracks(1, 2 * RUNS, 1), empty_scratch(2 * RUNS, 2 * RUNS)
    found = []
    for k in range(ticks):
        if supplied is not None:
            known = tracks.extra.reshape(-1, ROWS, LANES)
            known[:] = 0.0
            known[np.arange(RUNS) // LANES, 0, np.arange(RUNS) % LANES] = rates * supplied
        a = g.normal(0, accel / np.sqrt(tick), (RUNS, 3))
        if kind == ACCELERATING:  # jumps, and stays
            pushes += tick * a
            a[:] = 0.0
        x = truth(x) + np.hstack([0.5 * tick**2 * a, tick * a])
        back = float(g.choice([0.0, 1.0])) if spread else 0.0
        seen = back_in(x) if back else x
        plots = pack([[Plot(tick * (k + 1) - back, s[:3] + r @ g.normal(size=3), r @ r.T)
                       for s, r in zip(seen, axes, strict=True)]])  # fmt: skip
        track(chosen, np.zeros(1, np.int32), np.zeros(1, np.int32), plots, tracks, scratch, tick * k, tick * (k + 1))
        if k >= after:
            assert (tracks.status[0] == FIRM).sum() == RUNS and (tracks.status[0, :RUNS] == FIRM).all()
            errors = tracks.x[0, :RUNS] - x
            found.append([e @ np.linalg.solve(covariance(tracks, 0, s), e) for s, e in enumerate(errors)])
    return np.array(found)


def is_consistent(nees):
    """Mean over the ticks within the 95 % bounds, and most ticks too: neighbouring ones are correlated."""
    each = nees.mean(axis=1)
    assert GATE[0] < each.mean() < GATE[1], each.mean()
    assert np.mean((each > GATE[0]) & (each < GATE[1])) > 0.5, each


@pytest.mark.parametrize(("accel", "tick"), [(1.0, 2.0), (5.0, 4.0)])
def test_straight(accel, tick):
    is_consistent(consistency(STRAIGHT, accel, tick))


@pytest.mark.parametrize(("accel", "tick"), [(1.0, 2.0), (1.0, 4.0), (5.0, 4.0)])
@pytest.mark.parametrize("spread", [False, True])
def test_a_turn_whose_rate_is_known(accel, tick, spread):
    is_consistent(consistency(TURNING, accel, tick, supplied=1.0, spread=spread))


FOUND_OUT = [
    (1.0, 2.0, False),
    (1.0, 4.0, False),
    (5.0, 2.0, False),
    (5.0, 4.0, False),
    (5.0, 2.0, True),
    (5.0, 4.0, True),
]


@pytest.mark.parametrize(("accel", "tick", "spread"), FOUND_OUT)
def test_a_turn_whose_rate_is_found_out(accel, tick, spread):
    """Every body turns at a rate of its own, 1 g at 200 m/s for one sigma, of which the filter knows nothing."""
    is_consistent(consistency(TURNING, accel, tick, spread=spread))


@pytest.mark.parametrize(("accel", "tick"), [(1.0, 1.0), (1.0, 2.0), (5.0, 2.0), (5.0, 4.0)])
@pytest.mark.parametrize("coefficient", [1e3, 5e3])
@pytest.mark.parametrize("spread", [False, True])
def test_a_fall(accel, tick, coefficient, spread):
    """From 80 km at 2 km/s down for 32 s, through more than 10 g of drag; the ballistic coefficient (kg/m2) is known."""
    is_consistent(
        consistency(FALLING, accel, tick, drag=1 / coefficient, fall=2e3, ticks=int(32 / tick), after=int(16 / tick),
                    spread=spread)
    )  # fmt: skip


@pytest.mark.parametrize(("accel", "tick"), [(0.5, 1.0), (1.0, 2.0), (5.0, 2.0), (2.0, 4.0)])
@pytest.mark.parametrize("spread", [False, True])
def test_an_acceleration_that_is_found_out(accel, tick, spread):
    """Every body begins with one of its own, 2 g on each axis for one sigma, which changes at every tick."""
    is_consistent(consistency(ACCELERATING, accel, tick, spread=spread, after=6))


def test_a_wrong_model_is_seen():
    """The bounds bite: a turn taken for straight, a fall with half the drag, accelerations that change faster, are far outside."""
    assert consistency(TURNING, 1.0, 4.0, supplied=0.8).mean() > 1.5 * GATE[1]
    half = consistency(FALLING, 1.0, 2.0, drag=1 / 5e3, told=0.5, fall=2e3, ticks=16, after=8)
    assert half.mean() > 3 * GATE[1]
    assert consistency(ACCELERATING, 5.0, 2.0, told=0.5).mean() > 1.3 * GATE[1]
