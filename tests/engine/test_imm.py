"""Several models at once: the kernels against full matrices, track by track; and that no lane hears of another."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from openiads.engine.tracking import FREE, empty_scratch, empty_tracks, models, track
from openiads.engine.tracking import imm as kernels
from openiads.engine.tracking.lanes import LANES
from tests.oracles.imm import RADIUS, OracleImm, settings, straight_step
from tests.oracles.tracking import Plot, covariance, pack

SEEDS = st.integers(0, 2**32 - 1)
APART = 2e5  # m between bodies: no plot is anyone else's
STRAIGHT, TURNING, FALLING = (models.STRAIGHT, 3.0, 0.0), (models.TURNING, 4.0, 0.0), (models.FALLING, 6.0, 1 / 4e3)
ACCELERATING = (models.ACCELERATING, 3.0, 0.0)
SETS = {
    "two straight": ([STRAIGHT, (models.STRAIGHT, 40.0, 0.0)], (20.0, 5.0), (0.7, 0.3)),
    "straight and turning": ([STRAIGHT, TURNING], (25.0, 8.0), (0.9, 0.1)),
    "straight and accelerating": ([STRAIGHT, ACCELERATING], (25.0, 8.0), (0.7, 0.3)),
    "all": (
        [STRAIGHT, TURNING, (models.STRAIGHT, 60.0, 0.0), FALLING, ACCELERATING],
        (25.0, 8.0, 5.0, 40.0, 12.0),
        (0.3, 0.3, 0.2, 0.1, 0.1),
    ),
    "turning": ([TURNING], (1.0,), (1.0,)),
    "falling": ([FALLING], (1.0,), (1.0,)),
    "accelerating": ([ACCELERATING], (1.0,), (1.0,)),
}
_falling, _weigh = numba.njit(models.falling_step), numba.njit(kernels.weigh)


def falling_step(drag):
    """The kernel's own step, which test_models.py checks, as the oracle takes it."""

    def step(x, p, dt):
        f, out = np.zeros((27, LANES)), np.zeros(37 * LANES)
        f[:6], f[6:12] = x[:, None], p[:3, :3][np.triu_indices(3)][:, None]
        _falling(f.ravel(), 3, dt, drag, out)
        rows, whole = out.reshape(-1, LANES)[:, 3], np.eye(6)
        whole[:3, 3:], whole[3:, 3:] = rows[6:15].reshape(3, 3), rows[15:24].reshape(3, 3)
        return rows[:6], whole, rows[36]

    return step


def oracle(chosen, n, z, cov, back):
    steps = [
        falling_step(d) if k == models.FALLING else straight_step for k, d in zip(chosen.kind, chosen.drag, strict=True)
    ]
    return OracleImm(chosen, n, steps).begin(z, cov, back)


class World:
    """Bodies that weave about, far apart, each seen now and then by the two radars of one of two nodes."""

    def __init__(self, seed, bodies, ticks=12, tick=4.0):
        self.g, self.tick, self.ticks, self.bodies = np.random.default_rng(seed), tick, ticks, bodies
        side = int(np.ceil(np.sqrt(bodies)))
        where = APART * np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2)[:bodies] / RADIUS
        up = np.stack(
            [np.cos(where[:, 0]) * np.cos(where[:, 1]), np.sin(where[:, 0]) * np.cos(where[:, 1]), np.sin(where[:, 1])],
            1,
        )
        self.x, self.v = up * (RADIUS + 10e3), self.g.normal(0, 200.0, (bodies, 3))

    def seen(self, b, t0):
        """Plots of a body in a tick by radar: time, place, covariance."""
        for radar in range(2):
            if self.g.random() < 0.7:
                root = np.linalg.qr(self.g.normal(size=(3, 3)))[0] * [40.0, 150.0, 120.0]
                d = self.g.choice([self.tick, self.g.uniform(0, self.tick)])
                yield radar, Plot(t0 + d, self.x[b] + d * self.v[b] + root @ self.g.normal(size=3), root @ root.T)

    def go(self):
        self.x = self.x + self.tick * self.v
        self.v = self.v + self.g.normal(0, 15.0, self.v.shape)


def near(tracks, n, x):
    """Slot of the track at a place."""
    gaps = np.where(tracks.status[n] != FREE, np.linalg.norm(tracks.x[n, :, :3] - x, axis=1), np.inf)
    return int(gaps.argmin()), gaps.min()


def follow(seed, chosen, slots, bodies, ticks=10, gone=lambda b, k: False):
    """Kernel and oracle over the same plots; after every tick every track that is alive is compared."""
    world = World(seed, bodies, ticks)
    tracks, scratch = empty_tracks(2, slots, 4, chosen.kind.size), empty_scratch(slots, 128, models=chosen.kind.size)
    node_of, local = np.array([0, 1, 0, 1], np.int32), np.array([0, 0, 1, 1], np.int32)
    held: dict[int, OracleImm] = {}
    compared = 0
    for k in range(ticks):
        t0, t1 = k * world.tick, (k + 1) * world.tick
        for body in held.values():
            body.tick(world.tick)
        by_radar: list[list[Plot]] = [[] for _ in range(4)]
        for b in range(bodies):
            for radar, plot in () if gone(b, k) else world.seen(b, t0):
                by_radar[2 * radar + b % 2].append(plot)
                if b in held:
                    held[b].take(plot.pos, plot.cov, t1 - plot.t)
                else:
                    held[b] = oracle(chosen, b % 2, plot.pos, plot.cov, t1 - plot.t)
        track(chosen, node_of, local, pack(by_radar, 128), tracks, scratch, t0, t1)
        world.go()
        for b, body in list(held.items()):
            x, p = body.combined()
            slot, gap = near(tracks, b % 2, x[:3])
            if gap > APART / 4:  # dropped, and started anew with its next plot
                del held[b]
                continue
            scale = np.sqrt(np.diag(p))
            np.testing.assert_allclose((tracks.x[b % 2, slot] - x) / scale, 0, atol=1e-6)
            np.testing.assert_allclose((covariance(tracks, b % 2, slot) - p) / np.outer(scale, scale), 0, atol=1e-6)
            np.testing.assert_allclose(tracks.share[b % 2, slot], body.share, atol=1e-7)
            compared += 1
    return compared, tracks


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(("slots", "bodies"), [(8, 6), (40, 74)])
def test_the_same_tracks_as_the_oracle(name, slots, bodies):
    """Two nodes; one block that is partly filled, and three of which the last is."""
    kinds, sojourn, prior = SETS[name]
    chosen = settings(kinds, 2, sojourn, prior, window=1e9, coast=1e9, gate=400.0)
    compared, tracks = follow(bodies, chosen, slots, bodies)
    assert compared > 7 * bodies
    assert tracks.dropped[0] == 0


@given(SEEDS)
@examples(max_examples=10)
def test_any_sequence_of_looks(seed):
    kinds, sojourn, prior = SETS["all"]
    chosen = settings(kinds, 2, sojourn, prior, window=1e9, coast=1e9, gate=400.0)
    assert follow(seed, chosen, 18, 5, ticks=15)[0] > 30


def test_a_slot_starts_clean():
    """Bodies come and go; whoever gets a slot next starts as if it had never been used."""
    kinds, sojourn, prior = SETS["all"]
    chosen = settings(kinds, 2, sojourn, prior, hits=1, window=10.0, coast=10.0, gate=400.0)
    for seed in (1, 2):
        # a third is there for the first eight ticks, a third from the twelfth on, a third always
        compared, tracks = follow(
            seed, chosen, 20, 24, 24, lambda b, k: (b % 3 == 1 and k >= 8) or (b % 3 == 2 and k < 12)
        )
        assert compared > 200
        used = np.flatnonzero((tracks.number > 0).any(axis=0)).max() + 1
        assert used < tracks.next_number.max() - 1, "no slot was used again"


@pytest.mark.parametrize("name", SETS)
def test_no_lane_hears_of_another(name):
    """The same plots of one body alone, and among others in other lanes that come and go: the same bits."""
    kinds, sojourn, prior = SETS[name]
    chosen = settings(kinds, 1, sojourn, prior, window=1e9, coast=9.0, gate=400.0)
    ends = []
    for crowd in (0, 7, 30):
        g, others = np.random.default_rng(5), np.random.default_rng(6)
        tracks, scratch = empty_tracks(1, 40, 1, len(kinds)), empty_scratch(40, 64, models=len(kinds))
        if crowd == 30:  # memory that has seen worse
            for array in (tracks.bank, tracks.extra, tracks.x, tracks.p, *scratch.lanes[:-1], *scratch.lanes.one):
                array[...] = others.normal(size=array.shape) * 1e3 if array.dtype == np.float64 else array
            scratch.lanes.plot[:] = 0.0
        x, v = np.array([RADIUS + 9e3, 0.0, 0.0]), np.array([10.0, 200.0, -80.0])
        for k in range(15):
            back = g.uniform(0, 4)
            plots = [Plot(4.0 * k + 4.0 - back, x + (4.0 * k - back) * v + g.normal(0, 50, 3), np.eye(3) * 2500.0)]
            for c in range(crowd):
                if others.random() < (0.9 if (k // 4) % 2 == 0 else 0.0):
                    plots.append(
                        Plot(4.0 * k + 4.0, x + [0, APART * (c + 1), 0] + others.normal(0, 500, 3), np.eye(3) * 1e4)
                    )
            track(
                chosen,
                np.zeros(1, np.int32),
                np.zeros(1, np.int32),
                pack([plots], 64),
                tracks,
                scratch,
                4.0 * k,
                4.0 * k + 4.0,
            )
        slot, gap = near(tracks, 0, x + 60.0 * v)
        assert gap < 2e3
        ends.append((tracks.x[0, slot].tobytes(), tracks.p[0, slot].tobytes(), tracks.share[0, slot].tobytes()))
    assert ends[0] == ends[1] == ends[2]


WILD = st.floats(allow_nan=True, allow_infinity=True)


@given(st.lists(st.tuples(WILD, WILD), min_size=3, max_size=3))
def test_a_likelihood_that_can_not_be_told(values):
    """Whatever distances and determinants come out of a covariance, probabilities stay probabilities."""
    share = np.array([[[0.6, 0.3, 0.1]]])
    fit = np.zeros((3, 2, LANES))
    fit[:, :, 2] = values
    _weigh(share, fit.ravel(), 0, 0, 2)
    assert np.isfinite(share).all() and share.sum() == pytest.approx(1.0) and share.min() > 0.9e-4
    told = [0.0 <= far < np.inf and 0.0 < size < np.inf for far, size in values]
    if any(told) and not all(told):
        assert share[0, 0][[not t for t in told]].max() < 0.01


@given(SEEDS, st.floats(-3, 5), st.floats(0, 6))
@examples(max_examples=60)
def test_wild_covariances_give_no_nonsense(seed, size, skew):
    """Plots of errors from a millimetre to 100 km, flat as paper: estimates and probabilities stay finite."""
    kinds, sojourn, prior = SETS["all"]
    chosen = settings(kinds, 1, sojourn, prior, window=1e9, coast=1e9, gate=1e12)
    g = np.random.default_rng(seed)
    tracks, scratch = empty_tracks(1, 4, 1, len(kinds)), empty_scratch(4, 8, models=len(kinds))
    x = np.array([RADIUS + 9e3, 0.0, 0.0])
    for k in range(12):
        axes = np.linalg.qr(g.normal(size=(3, 3)))[0] * 10.0 ** np.array(
            [size - skew, size, g.uniform(size - skew, size)]
        )
        t = 4.0 * k + g.uniform(0, 4)
        plots = pack([[Plot(t, x + t * np.array([0.0, 300.0, 0.0]) + axes @ g.normal(size=3), axes @ axes.T)]])
        track(chosen, np.zeros(1, np.int32), np.zeros(1, np.int32), plots, tracks, scratch, 4.0 * k, 4.0 * k + 4.0)
        live = tracks.status[0] != FREE
        assert live.any()
        assert np.isfinite(tracks.x[0, live]).all() and np.isfinite(tracks.p[0, live]).all()
        assert np.isfinite(tracks.share[0, live]).all()
        np.testing.assert_allclose(tracks.share[0, live].sum(axis=1), 1.0)
