"""The tracking stage as a whole: against the slow oracle, and what it promises about slots, numbers and bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openiads.engine.sensing import IFF_MODES, Plots
from openiads.engine.tracking import (
    FIRM,
    FREE,
    TENTATIVE,
    UNIT_TIME,
    clear,
    empty_scratch,
    empty_tracks,
    track,
)
from openiads.engine.tracking.matching import Pairs
from tests.oracles.tracking import OracleNode, Plot, covariance, pack, trackers

CENTRE = np.array([4.0e6, 2.8e6, 4.0e6])  # m, somewhere on the Earth
SETTINGS = {"accel": 4.0, "speed": 250.0, "hits": 3, "window": 11.0, "coast": 9.0, "gate": 16.0}


def axes_of(g):
    return np.linalg.qr(g.normal(size=(3, 3)))[0]


def world(seed, ticks=15, tick=2.0, radars=3, targets=8, width=6e3, clutter=1.5, pd=0.85, second=0.2):
    """Targets that cross in a small volume, seen by radars with errors of every shape; plots by tick and radar."""
    g = np.random.default_rng(seed)
    x = CENTRE + g.uniform(-width, width, (targets, 3))
    v = g.normal(0, 150, (targets, 3))
    out = []
    for k in range(ticks):
        x = x + tick * v
        by_radar = []
        for r in range(radars):
            root = axes_of(np.random.default_rng([seed, r])) * [30.0, 200.0, 300.0]
            plots = []
            for b in range(targets):
                looks = [g.uniform(0, tick)] * (g.random() < pd) + [g.uniform(0, tick)] * (g.random() < second)
                for back in looks:
                    pos = x[b] - back * v[b] + root @ g.normal(size=3)
                    plots.append(Plot((k + 1) * tick - back, pos, root @ root.T, int(g.integers(16)), b))
            for _ in range(g.poisson(clutter)):
                pos = CENTRE + g.uniform(-width, width, 3)
                plots.append(Plot((k + g.random()) * tick, pos, root @ root.T, 0, 999))
            by_radar.append(plots)
        out.append(by_radar)
    return out


def run(ticks, tick=2.0, slots=64, nodes=1, node_of=None, tracks=None, scratch=None, **changed):
    """The kernel over a list of ticks; yields the tracks after each."""
    ticks = [by_radar if isinstance(by_radar, Plots) else pack(by_radar) for by_radar in ticks]
    radars = ticks[0].first.size - 1
    node_of = np.zeros(radars, np.int32) if node_of is None else np.array(node_of, np.int32)
    local = np.array([np.count_nonzero(node_of[:r] == node_of[r]) for r in range(radars)], np.int32)
    tracks = tracks or empty_tracks(nodes, slots, radars)
    scratch = scratch or empty_scratch(slots, 512)
    chosen = trackers(nodes, **(SETTINGS | changed))
    for k, plots in enumerate(ticks):
        track(chosen, node_of, local, plots, tracks, scratch, k * tick, (k + 1) * tick)
        yield tracks


def snapshot(tracks):
    """Every byte of the tracks in use, and of the counters."""
    live = tracks.status != FREE
    fields = [tracks.status, tracks.next_number, tracks.dropped, tracks.plot]
    fields += [f[live] for f in tracks if f.shape[:2] == live.shape]
    return b"".join(np.ascontiguousarray(f).tobytes() for f in fields)


def compare(tracks, n, node):
    """Node n of the kernel's tracks against its oracle."""
    assert np.flatnonzero(tracks.status[n]).tolist() == sorted(t.slot for t in node.tracks)
    assert tracks.next_number[n] == node.number
    for t in node.tracks:
        s = t.slot
        counts = [*tracks.asked[n, s].tolist(), *tracks.answered[n, s].tolist()]
        assert (tracks.number[n, s], tracks.hits[n, s], tracks.plot[n, s]) == (t.number, t.hits, t.plot)
        assert (tracks.status[n, s] == FIRM) == t.firm
        assert (tracks.t_first[n, s], tracks.t_update[n, s]) == (t.t_first, t.t_update)
        assert (counts, tracks.luck[n, s]) == (t.replies.tolist(), t.luck)
        for k, seen in enumerate(tracks.radar_t[n, s]):
            assert seen == t.looks.get(k, -1e9)
        scale = np.sqrt(np.diag(t.p))
        np.testing.assert_allclose((tracks.x[n, s] - t.x) / scale, 0, atol=1e-7)
        np.testing.assert_allclose((covariance(tracks, n, s) - t.p) / np.outer(scale, scale), 0, atol=1e-9)
        np.testing.assert_allclose(tracks.x[n, s], t.x, rtol=1e-9, atol=1e-6)


@given(st.integers(0, 2**32 - 1), st.integers(2, 60), st.sampled_from([2e3, 6e3, 40e3]))
@settings(max_examples=15)
def test_the_same_tracks_as_the_oracle(seed, slots, width):
    """Contested plots, second looks, false plots, slots that run out: slot by slot the same, to 1e-9."""
    ticks = world(seed, width=width)
    node = OracleNode(slots, **SETTINGS)
    for k, tracks in enumerate(run(ticks, slots=slots)):
        node.tick(ticks[k], 2.0 * k, 2.0 * k + 2.0)
        compare(tracks, 0, node)
        assert tracks.dropped[0] == node.dropped


def test_nodes_do_not_mix():
    """Two nodes with radars of their own, one without a tracker: each as if it were alone."""
    ticks = world(4, radars=5)
    node_of = [1, 0, 1, 2, 0]
    nodes = [OracleNode(64, **SETTINGS) for _ in range(2)]
    tracks = empty_tracks(3, 64, 5)
    chosen = trackers(3, **SETTINGS)
    chosen.active[2] = False
    local = np.array([0, 0, 1, 0, 1], np.int32)
    for k, by_radar in enumerate(ticks):
        t0, t1 = 2.0 * k, 2.0 * k + 2.0
        plots = pack(by_radar)
        track(chosen, np.array(node_of, np.int32), local, plots, tracks, empty_scratch(64, 512), t0, t1)
        for n, node in enumerate(nodes):
            mine = [by_radar[r] if node_of[r] == n else [] for r in range(5)]
            numbers = [q for r in range(5) for q in range(*plots.first[r : r + 2]) if node_of[r] == n]
            node.tick([plots_r for r, plots_r in enumerate(mine) if node_of[r] == n], t0, t1)
            for t in node.tracks:
                t.plot = numbers[t.plot] if t.plot >= 0 else -1
            compare(tracks, n, node)
    assert not tracks.status[2].any()


def test_same_input_same_bytes():
    """Again, over the remains of another run, and with more memory than needed."""
    ticks = world(11)
    expected = [snapshot(t) for t in run(ticks)]
    assert [snapshot(t) for t in run(ticks)] == expected
    used, scratch = empty_tracks(1, 64, 3), empty_scratch(64, 512)
    for _ in run(world(12), tracks=used, scratch=scratch):
        pass
    clear(used)
    assert [snapshot(t) for t in run(ticks, tracks=used, scratch=scratch)] == expected
    roomy = [(t.x[t.status != FREE].tobytes(), t.number[t.status != FREE].tobytes()) for t in run(ticks, slots=200)]
    assert roomy == [(t.x[t.status != FREE].tobytes(), t.number[t.status != FREE].tobytes()) for t in run(ticks)]


def test_it_writes_nothing_upstream():
    """Plots and settings may be frozen."""
    frozen = [pack(by_radar) for by_radar in world(2)]
    for plots in frozen:
        for f in plots:
            f.flags.writeable = False
    chosen = trackers(**SETTINGS)
    radars = np.zeros(3, np.int32), np.arange(3, dtype=np.int32)
    for f in (*chosen, *radars):
        f.flags.writeable = False
    tracks, scratch = empty_tracks(1, 64, 3), empty_scratch(64, 512)
    for k, plots in enumerate(frozen):
        track(chosen, *radars, plots, tracks, scratch, 2.0 * k, 2.0 * k + 2.0)
    assert np.count_nonzero(tracks.status == FIRM) > 3


def test_luck_changes_no_association():
    """Another luck on every plot: the same tracks but for the luck they carry."""
    ticks = [pack(by_radar) for by_radar in world(3)]
    changed = [t._replace(luck=np.random.default_rng(1).permutation(t.luck) + np.uint32(7)) for t in ticks]
    for a, b in zip(run(ticks), run(changed), strict=True):
        for name in set(a._fields) - {"luck"}:
            assert getattr(a, name).tobytes() == getattr(b, name).tobytes(), name
    assert a.luck.tobytes() != b.luck.tobytes()


def test_luck_is_that_of_the_first_plot():
    plots = [[[line(2.0 * k + 2.0, luck=k + 5)]] for k in range(4)]
    assert [int(t.luck[0, 0]) for t in run(plots)] == [5] * 4


def line(t, y=0.0, sigma=50.0, speed=200.0, **more):
    """A plot of a body that flies along the first axis."""
    return Plot(t, CENTRE + [speed * t, y, 0.0], np.eye(3) * sigma**2, **more)


def test_life_of_a_track():
    """Tentative at once, firm with the third plot, coasting, dropped: and its number is not used again."""
    ticks = [[[line(t)]] if t <= 8 else [[]] for t in np.arange(2.0, 22.0, 2.0)]
    ticks += [[[line(t)]] for t in np.arange(22.0, 30.0, 2.0)]
    seen = []
    for k, t in enumerate(run(ticks)):
        s = int(t.status[0, 0])
        seen.append((s, int(t.number[0, 0]) if s else 0, int(t.plot[0, 0])))
        if k == 3:
            assert (t.t_first[0, 0], t.t_update[0, 0], t.hits[0, 0]) == (2.0, 8.0, 4)
    assert seen[:4] == [(TENTATIVE, 1, 0), (TENTATIVE, 1, 0), (FIRM, 1, 0), (FIRM, 1, 0)]
    assert seen[4:8] == [(FIRM, 1, -1)] * 4  # 2, 4, 6 and 8 s without a plot
    assert seen[8:10] == [(FREE, 0, -1)] * 2  # 10 s are more than 9
    assert [s for s, _, _ in seen[10:]] == [TENTATIVE, TENTATIVE, FIRM, FIRM]
    assert [number for _, number, _ in seen[10:]] == [2] * 4


def test_a_tentative_track_needs_its_plots_in_time():
    """Three plots in 12 s with a window of 11 s: dropped, however late the third; in 10 s: firm."""
    late = [[[line(t)]] if t in (2.0, 8.0, 14.0) else [[]] for t in np.arange(2.0, 20.0, 2.0)]
    assert all(t.status[0, 0] != FIRM for t in run(late, speed=500.0))
    in_time = [[[line(t)]] if t in (2.0, 8.0, 12.0) else [[]] for t in np.arange(2.0, 20.0, 2.0)]
    assert any(t.status[0, 0] == FIRM for t in run(in_time, speed=500.0))


def test_replies_are_counted():
    """Questions in the low eight bits, answers in the next; by civil modes, military in clear, under keys."""
    civil, clear, keys = 1 << IFF_MODES.index("3A"), 1 << IFF_MODES.index("1"), 1 << IFF_MODES.index("5")
    every = civil | clear | keys
    replies = [civil, civil | civil << 8, keys | keys << 8, civil | keys, every | every << 8]
    *_, t = run([[[line(2.0 * k + 2.0, reply=r)]] for k, r in enumerate(replies)])
    assert t.asked[0, 0].tolist() == [4, 1, 3]
    assert t.answered[0, 0].tolist() == [2, 1, 2]


def test_overflow_is_counted():
    """Five bodies far apart, three slots: three tracks, and two starts lost in every tick."""
    ticks = [[[line(t, y=5e4 * b) for b in range(5)]] for t in (2.0, 4.0, 6.0)]
    *_, t = run(ticks, slots=3)
    assert (t.status == FIRM).all()
    assert t.dropped[0] == 6
    clear(t)
    assert t.dropped[0] == 0


def test_pairs_without_room_are_counted():
    """With memory for one pair only, the second body's plot finds no track, and the loss is counted."""
    ticks = [[[line(t, y=5e4 * b) for b in range(2)]] for t in (2.0, 4.0)]
    scratch = empty_scratch(8, 8)._replace(
        pairs=Pairs(np.zeros(9, np.int64), np.zeros(1, np.int64), np.zeros(1), np.zeros(1), np.zeros(8))
    )
    *_, t = run(ticks, slots=8, scratch=scratch)
    assert t.dropped[0] == 1
    assert t.hits[0, :3].tolist() == [2, 1, 1]


@pytest.mark.parametrize("gap", [0.4, 1.5])
def test_a_second_look_starts_no_ghost(gap):
    """A search and a track dwell of one radar in a tick: one track, and both looks count."""
    ticks = [[[line(t - gap), line(t)]] for t in np.arange(2.0, 22.0, 2.0)]
    for k, t in enumerate(run(ticks)):
        assert np.count_nonzero(t.status) == 1
        assert t.hits[0, 0] == 2 * k + 2


def test_two_bodies_in_one_beam_are_two_tracks():
    """Plots of the same moment are never second looks, however close."""
    ticks = [[[line(t), line(t + 0.01, y=150.0)]] for t in np.arange(2.0, 42.0, 4.0)]
    *_, t = run(ticks, tick=4.0, coast=20.0, window=20.0)
    assert np.count_nonzero(t.status == FIRM) == 2
    assert t.next_number[0] == 3


def test_radars_of_a_node_share_a_track():
    """Three radars that look at different moments of the tick: one track, updated by each."""
    looks = (1.7, 0.3, 1.1)
    *_, t = run([[[line(t - back)] for back in looks] for t in np.arange(2.0, 22.0, 2.0)])
    assert np.count_nonzero(t.status) == 1
    assert t.hits[0, 0] == 30
    np.testing.assert_allclose(t.radar_t[0, 0], [20.0 - back for back in looks])
    np.testing.assert_allclose(t.x[0, 0, :3], CENTRE + [200.0 * 20.0, 0, 0], atol=1.0)
    np.testing.assert_allclose(t.x[0, 0, 3:], [200.0, 0, 0], atol=0.5)


def test_crossing_targets_keep_their_numbers():
    """Two bodies that pass each other 300 m apart at 400 m/s."""
    times = np.arange(2.0, 62.0, 2.0)
    ticks = [[[line(t), Plot(t, CENTRE + [12e3 - 200.0 * t, 300.0, 0.0], np.eye(3) * 50.0**2)]] for t in times]
    first = {}
    for k, t in enumerate(run(ticks)):
        if k == 5:
            first = {int(t.number[0, s]): np.sign(t.x[0, s, 3]) for s in range(2)}
    assert {int(t.number[0, s]): np.sign(t.x[0, s, 3]) for s in range(2)} == first
    assert t.next_number[0] == 3


def test_a_turn_of_three_g_is_held():
    """A fighter at 250 m/s that turns through a half circle, seen every 4 s with 100 m errors.

    The noise is set by the rule of docs/equations/tracking.md: the lag is then 2.5 sigmas of the innovation.
    """
    g = np.random.default_rng(8)
    rate, speed = 3 * 9.81 / 250.0, 250.0
    ticks = []
    for t in np.arange(2.0, 122.0, 2.0):
        turned = rate * np.clip(t - 60.0, 0.0, np.pi / rate)
        arc = [speed / rate * np.sin(turned), speed / rate * (1 - np.cos(turned))]
        straight = speed * (min(t, 60.0) - max(t - 60.0 - np.pi / rate, 0.0))
        pos = CENTRE + [straight + arc[0], arc[1], 0.0] + g.normal(0, 100, 3)
        ticks.append([[Plot(t, pos, np.eye(3) * 100.0**2)] if t % 4 == 0 else []])
    accel = 3 * 9.81 * np.sqrt(4.0 / UNIT_TIME) / 2.5
    numbers = [
        t.number[t.status == FIRM].tolist() for t in run(ticks, accel=accel, speed=350.0, window=20.0, coast=14.0)
    ]
    assert numbers[6:] == [[1]] * len(numbers[6:])


def test_an_empty_sky():
    *_, t = run([[[], []]] * 3)
    assert not t.status.any() and t.next_number[0] == 1
