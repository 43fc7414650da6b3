"""Tracks of several nodes put together: one number for a body, better than each, never too sure."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from openiads.errors import UsageError
from openiads.tracking import Tracker, fuse
from openiads.tracking.fusion import full_covariance, packed_covariance
from tests.tracking.recorded import NORTH, SOUTH, STILL, flights, plots_of, rms, seen

RADARS = (NORTH, 0.0), (replace(SOUTH, period=5.0), 0.7)  # clocks that meet once in 20 s, if they began together


def two_nodes(seed, count=30, seconds=60.0):
    """The tracks of two nodes with a radar and a clock of their own, each since its first plot; and the truth."""
    g = np.random.default_rng(seed)
    start, v = flights(g, count)
    nodes = []
    for radar, shift in RADARS:
        scans = []
        for k in range(int(seconds / radar.period)):
            t = shift + radar.period * (k + g.random(count))
            scans.append(seen(radar, 0, t, start + t[:, None] * v, v, g)[g.random(count) < 0.9])
        plots = np.concatenate(scans)
        nodes.append(Tracker([radar], STILL).process(plots_of(plots[plots[:, 0].argsort()], False)))
    return nodes, lambda t: np.hstack([start + t * v, v])


def table(t, number, x, p):
    """Tracks of a node from columns; p as a matrix, of all rows or of each."""
    t = np.asarray(t, float)
    return SimpleNamespace(t=t, number=np.asarray(number), x=x, p=np.broadcast_to(packed_covariance(p), (len(t), 21)))


def only(tracks, rows):
    return SimpleNamespace(t=tracks.t[rows], number=tracks.number[rows], x=tracks.x[rows], p=tracks.p[rows])


def off(system, truth):
    """Errors of the tracks of the one body that there is, [N, 6]."""
    return system.x - np.array([truth(t)[0] for t in system.t])


def squared(error, p):
    return (error * np.linalg.solve(p, error[..., None])[..., 0]).sum(axis=1)


def nearest(x, there):
    gap = np.linalg.norm(x[:, None, :3] - there[None, :, :3], axis=2)
    return gap.argmin(axis=1), gap.min(axis=1)


def test_one_number_for_a_body_and_better_than_each_node():
    nodes, truth = two_nodes(1)
    system = fuse(nodes)
    t = system.t.max()
    last = system.t == t
    body, gap = nearest(system.x[last], truth(t))
    assert last.sum() == 30 and len(set(body.tolist())) == 30
    alone = [rms(nearest(fuse([n], [t]).x, truth(t))[1]) for n in nodes]
    assert rms(gap) < min(alone)
    assert (system.members[last] > 0).all(axis=1).mean() > 0.9


def test_numbers_stay():
    """Of each pair of instants: a body keeps its number, but for the merging of two that were begun apart."""
    nodes, truth = two_nodes(2)
    system, changes = fuse(nodes), 0
    times = np.unique(system.t)[6:]
    held: dict[int, int] = {}
    for t in times:
        rows = np.flatnonzero(system.t == t)
        for row, body in zip(rows, nearest(system.x[rows], truth(t))[0], strict=True):
            changes += held.get(int(body), int(system.number[row])) != system.number[row]
            held[int(body)] = int(system.number[row])
    assert changes == 0
    assert len(np.unique(system.number)) < 40


def test_the_same_twice_is_no_better():
    """Two nodes with the very same tracks: covariance intersection gives them back, where counting twice would halve."""
    (node, _), _ = two_nodes(3, count=8)
    system = fuse([node, node])
    order = np.lexsort((node.number, node.t))
    once = full_covariance(node.p)[order]
    own = np.lexsort((system.members[:, 0], system.t))
    np.testing.assert_allclose(system.x[own], node.x[order], atol=1e-3)
    np.testing.assert_allclose(system.p[own], once, rtol=1e-6, atol=1e-6 * once.max())


def test_it_is_never_too_sure():
    """NEES of the fused tracks: at most that of independent errors, six on average."""
    values = []
    for seed in range(4):
        nodes, truth = two_nodes(seed)
        system = fuse(nodes)
        t = system.t.max()
        x, p = system.x[system.t == t], system.p[system.t == t]
        values += squared(x - truth(t)[nearest(x, truth(t))[0]], p).tolist()
    assert np.mean(values) < 6.0


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("independent", [False, True])
def test_one_aircraft_and_clocks_that_never_meet(seed, independent):
    nodes, truth = two_nodes(seed, 1, 240.0)
    system = fuse(nodes, independent=independent)
    assert len(system) == len(np.unique(system.t)) == len(nodes[0]) + len(nodes[1])
    assert set(system.number) == {1}
    assert (system.members > 0).all(axis=1).mean() > 0.9
    settled = system.t > 40.0
    error = off(system, truth)[settled]
    alone = [fuse([n], system.t[settled]) for n in nodes]
    assert rms(np.linalg.norm(error[:, :3], axis=1)) < min(
        rms(np.linalg.norm(off(a, truth)[:, :3], axis=1)) for a in alone
    )
    assert squared(error, system.p[settled]).mean() < 6.0


def test_instants_of_ones_own():
    nodes, truth = two_nodes(1, 1, 120.0)
    times = np.arange(10.0, 150.0, 1.0)
    system = fuse(nodes, times[::-1])
    first = min(n.t[0] for n in nodes)
    last = max(n.t[-1] + 1.5 * radar.period for n, (radar, _) in zip(nodes, RADARS, strict=True))
    assert set(system.t) == set(times[(times >= first) & (times <= last)])
    assert set(system.number) == {1}
    assert rms(np.linalg.norm(off(system, truth)[:, :3], axis=1)) < 400.0


@pytest.mark.parametrize("silent", [0, 1])
def test_a_gap_of_one_node_keeps_the_number(silent):
    nodes, _ = two_nodes(3, 1, 240.0)
    gap = (nodes[silent].t > 80.0) & (nodes[silent].t < 160.0)
    nodes[silent] = only(nodes[silent], ~gap)
    system = fuse(nodes)
    assert set(system.number) == {1}
    there = system.members[:, silent] > 0
    assert not there[(system.t > 88.0) & (system.t < 155.0)].any() and there[system.t > 165.0].all()


def test_numbers_survive_when_all_are_silent():
    nodes, _ = two_nodes(3, 1, 240.0)
    system = fuse([only(n, (n.t < 80.0) | (n.t > 160.0)) for n in nodes], np.arange(240.0))
    assert set(system.number) == {1}
    assert not ((system.t > 90.0) & (system.t < 155.0)).any()


P = np.diag([100.0] * 3 + [10.0] * 3) ** 2
EAST = np.array([6.4e6, 0.0, 0.0, 0.0, 200.0, 0.0])
FAR = EAST + np.array([0.0, 0.0, 5e4, 0.0, 0.0, 0.0])


def test_a_dropped_track_is_not_carried_on():
    """Carried until the node shows that it is gone; one of a node that falls silent, for 1.5 intervals."""
    t = np.array([0.0, 0.0, 4.0, 4.0, 8.0, 12.0])
    node = table(t, [1, 2, 1, 2, 1, 1], np.where(np.arange(6)[:, None] % 2 * (t[:, None] < 8.0), FAR, EAST), P)
    system = fuse([node], np.arange(0.0, 30.0, 0.5))
    assert system.t[system.members[:, 0] == 2].max() == 7.5
    assert system.t[system.members[:, 0] == 1].max() == 18.0
    assert fuse([node], np.arange(0.0, 30.0, 0.5), age=2.0).t.max() == 14.0
    other = table([10.0], [5], FAR[None], P)
    assert (fuse([node, other]).members.prod(axis=1) == 0).all()


def test_carried_by_straight_flight_with_white_acceleration():
    """One step as a thousand small ones; the state on a straight line."""
    node = table([2.0], [1], EAST[None], P)
    got = fuse([node], [5.0], accel=3.0)
    np.testing.assert_allclose(got.x[0], EAST + [0.0, 600.0, 0.0, 0.0, 0.0, 0.0])
    h, p = 3e-3, P
    f = np.kron([[1.0, h], [0.0, 1.0]], np.eye(3))
    for _ in range(1000):
        p = f @ p @ f.T + np.kron([[0.0, 0.0], [0.0, 9.0 * h]], np.eye(3))
    np.testing.assert_allclose(got.p[0], p, rtol=1e-3)


def test_independent_errors():
    """The information form, and its errors as large as it says: two instants, white acceleration in between."""
    g, n, tau, accel = np.random.default_rng(5), 300, 3.0, 5.0
    f = np.kron([[1.0, tau], [0.0, 1.0]], np.eye(3))
    q = accel**2 * np.kron([[tau**3 / 3, tau**2 / 2], [tau**2 / 2, tau]], np.eye(3))
    start = np.hstack([1e6 * g.normal(size=(n, 3)), 200.0 * g.normal(size=(n, 3))])
    there = start @ f.T + g.multivariate_normal(np.zeros(6), q, n)
    a, b = (x + g.multivariate_normal(np.zeros(6), P, n) for x in (start, there))
    nodes = [table(np.full(n, t), np.arange(1, n + 1), x, P) for t, x in ((0.0, a), (tau, b))]
    system = fuse(nodes, [tau], accel=accel, independent=True, probability=1.0 - 1e-9)
    assert (system.members == np.arange(1, n + 1)[:, None]).all()
    told = np.linalg.inv(f @ P @ f.T + q), np.linalg.inv(P)
    np.testing.assert_allclose(system.p, np.broadcast_to(np.linalg.inv(sum(told)), (n, 6, 6)), rtol=1e-6, atol=1e-6)
    assert chi2.ppf(0.001, 6 * n) < squared(system.x - there, system.p).sum() < chi2.ppf(0.999, 6 * n)
    assert (np.trace(fuse(nodes, [tau]).p, axis1=1, axis2=2) > np.trace(system.p, axis1=1, axis2=2)).all()


def lives(g, nodes=3, bodies=6):
    """Tables of nodes whose clocks are their own and uneven; bodies come and go."""
    start = EAST + np.hstack([g.normal(0, 3e3, (bodies, 3)), g.normal(0, 100.0, (bodies, 3))])
    tables = []
    for _ in range(nodes):
        t = np.cumsum(g.uniform(0.5, 9.0, g.integers(1, 25)))
        begin, end = np.sort(g.uniform(0, 80, (2, bodies)), axis=0)
        k, i = np.nonzero((t[:, None] >= begin) & (t[:, None] <= end))
        x = np.hstack([start[i, :3] + t[k, None] * start[i, 3:], start[i, 3:]]) + g.normal(size=(len(k), 6)) @ np.sqrt(
            P
        )
        tables.append(table(t[k], i + 1, x, P))
    return tables


@settings(max_examples=60)
@given(st.integers(0, 2**31), st.floats(0.0, 100.0), st.booleans(), st.sampled_from([None, 9.0]))
def test_nothing_later_is_used(seed, cut, clock, age):
    """Without the rows after an instant, the answers up to it are the same."""
    nodes = lives(np.random.default_rng(seed))
    times = np.arange(0.0, 100.0, 1.1) if clock else None
    whole, part = fuse(nodes, times, age=age), fuse([only(n, n.t <= cut) for n in nodes], times, age=age)
    for name in ("t", "number", "x", "p", "members"):
        np.testing.assert_array_equal(getattr(whole, name)[whole.t <= cut], getattr(part, name)[part.t <= cut])


def test_a_pair_that_parts_becomes_two():
    """One node follows a body that turns away from where the other still believes it: two system tracks, the older number stays."""
    steps, cov = np.arange(20), np.diag([100.0] * 3 + [20.0] * 3) ** 2
    straight = np.array([[6.4e6, 200.0 * k, 0.0, 0.0, 200.0, 0.0] for k in steps])
    parting = straight.copy()
    parting[10:, 2] += 400.0 * (steps[10:] - 9)
    nodes = [table(4.0 * steps, np.full(20, n), x, cov) for n, x in ((7, straight), (9, parting))]
    system = fuse(nodes)
    count = [int((system.t == 4.0 * k).sum()) for k in steps]
    assert count[:10] == [1] * 10 and count[-1] == 2
    assert set(system.number[system.t == 0.0]) <= set(system.number[system.t == 76.0])


def test_what_can_not_be():
    nodes, _ = two_nodes(1, 2, 20.0)
    with pytest.raises(UsageError, match="no nodes"):
        fuse([])
    with pytest.raises(UsageError, match="between 0 and 1"):
        fuse(nodes, probability=1.0)
    with pytest.raises(UsageError, match=r"times of shape \(\)"):
        fuse(nodes, 4.0)
    with pytest.raises(UsageError, match="must be finite"):
        fuse(nodes, [0.0, np.nan])
    with pytest.raises(UsageError, match="age = -1"):
        fuse(nodes, age=-1.0)
    with pytest.raises(UsageError, match="accel = nan"):
        fuse(nodes, accel=float("nan"))
    with pytest.raises(UsageError, match="row 1 of node 0 is not finite"):
        fuse([table([0.0, np.inf], [1, 2], np.zeros((2, 6)), P)])
    with pytest.raises(UsageError, match="node 0 has track 3 twice at 4 s"):
        fuse([table([0.0, 4.0, 4.0], [3, 3, 3], np.zeros((3, 6)), P)])
    with pytest.raises(UsageError, match="each track at a time of its own"):
        fuse([table(np.arange(9.0), np.arange(9) % 3 + 1, np.zeros((9, 6)), P)])
    bad = SimpleNamespace(t=np.zeros(1), number=np.ones(1), x=np.zeros((1, 3)), p=np.zeros((1, 21)))
    with pytest.raises(UsageError, match="node 1 has x of shape"):
        fuse([nodes[0], bad])
    with pytest.raises(UsageError, match="above 0"):
        fuse([SimpleNamespace(t=np.zeros(1), number=np.zeros(1), x=np.zeros((1, 6)), p=np.zeros((1, 21)))])
    empty = SimpleNamespace(t=np.zeros(0), number=np.zeros(0), x=np.zeros((0, 6)), p=np.zeros((0, 21)))
    assert len(fuse([empty, empty])) == len(fuse([empty], [1.0, 2.0])) == 0
