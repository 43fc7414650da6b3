"""Tracks of several nodes put together: one number for a body, better than each, never too sure."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from openiads.errors import UsageError
from openiads.tracking import Tracker, fuse
from openiads.tracking.fusion import full_covariance
from tests.tracking.recorded import NORTH, SOUTH, STILL, plots_of, recorded, rms


def two_nodes(seed, count=30, scans=15):
    """The tracks of two nodes, each with a radar of its own, at the same instants; and the truth."""
    table, _, truth = recorded(seed, [NORTH, SOUTH], count=count, scans=scans)
    nodes = []
    for r, radar in enumerate((NORTH, SOUTH)):
        mine = table[table[:, 1] == r]
        mine[:, 1] = 0
        begin = Tracker([radar], STILL)
        begin.process(plots_of(mine[:0]), until=0.0)
        nodes.append(begin.process(plots_of(mine, False), until=4.0 * scans))
    return nodes, truth


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
    alone = [rms(nearest(n.x[n.t == t], truth(t))[1]) for n in nodes]
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
        off = x - truth(t)[nearest(x, truth(t))[0]]
        values += (off * np.linalg.solve(p, off[..., None])[..., 0]).sum(axis=1).tolist()
    assert np.mean(values) < 6.0


def test_a_pair_that_parts_becomes_two():
    """One node follows a body that turns away from where the other still believes it: two system tracks, the older number stays."""
    steps, cov = np.arange(20), np.zeros(21)
    cov[[0, 3, 5]], cov[[15, 18, 20]] = 100.0**2, 20.0**2
    straight = np.array([[6.4e6, 200.0 * k, 0.0, 0.0, 200.0, 0.0] for k in steps])
    parting = straight.copy()
    parting[10:, 2] += 400.0 * (steps[10:] - 9)
    nodes = [
        SimpleNamespace(t=4.0 * steps, number=np.full(20, n), x=x, p=np.tile(cov, (20, 1)))
        for n, x in ((7, straight), (9, parting))
    ]
    system = fuse(nodes)
    count = [int((system.t == 4.0 * k).sum()) for k in steps]
    assert count[:10] == [1] * 10 and count[-1] == 2
    assert set(system.number[system.t == 0.0]) <= set(system.number[system.t == 76.0])


def test_what_can_not_be():
    nodes, _ = two_nodes(1, count=2, scans=5)
    with pytest.raises(UsageError, match="no nodes"):
        fuse([])
    with pytest.raises(UsageError, match="between 0 and 1"):
        fuse(nodes, 1.0)
    bad = SimpleNamespace(t=np.zeros(1), number=np.ones(1), x=np.zeros((1, 3)), p=np.zeros((1, 21)))
    with pytest.raises(UsageError, match="node 1 has x of shape"):
        fuse([nodes[0], bad])
    with pytest.raises(UsageError, match="above 0"):
        fuse([SimpleNamespace(t=np.zeros(1), number=np.zeros(1), x=np.zeros((1, 6)), p=np.zeros((1, 21)))])
    empty = SimpleNamespace(t=np.zeros(0), number=np.zeros(0), x=np.zeros((0, 6)), p=np.zeros((0, 21)))
    assert len(fuse([empty, empty])) == 0
