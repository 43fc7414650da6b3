"""Assignment of plots to tracks against scipy's (TRK-9): dense, sparse, with rows left alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from openiads.engine.tracking.matching import assign, empty_matching, empty_pairs

FORBIDDEN = 1e9


def solve(cost, allowed, matching=None, alone=0.0):
    """Track of every row by the kernel, -1 for alone; pairs listed row by row."""
    rows, columns = cost.shape
    pairs, matching = empty_pairs(rows, columns), matching or empty_matching(rows, columns)
    e = 0
    for i in range(rows):
        for j in range(columns):
            if allowed[i, j]:
                pairs.slot[e], pairs.cost[e] = j, cost[i, j] - alone
                e += 1
        pairs.first[i + 1] = e
    assign(pairs, rows, matching)
    return matching.track_of[:rows].copy()


def total(cost, chosen, alone=0.0):
    return sum(cost[i, j] if j >= 0 else alone for i, j in enumerate(chosen))


def best(cost, allowed, alone=0.0):
    """Least total cost by scipy: every row gets a column of its own for being alone."""
    own = np.where(np.eye(len(cost), dtype=bool), alone, FORBIDDEN)
    wide = np.hstack([np.where(allowed, cost, FORBIDDEN), own])
    i, j = linear_sum_assignment(wide)
    return wide[i, j].sum()


def check(cost, allowed, alone=0.0):
    chosen = solve(cost, allowed, alone=alone)
    taken = chosen[chosen >= 0]
    assert len(set(taken)) == len(taken)
    assert all(allowed[i, j] for i, j in enumerate(chosen) if j >= 0)
    np.testing.assert_allclose(total(cost, chosen, alone), best(cost, allowed, alone), rtol=1e-12, atol=1e-9)


def test_scipys_own_example():
    cost = np.array([[4.0, 1, 3], [2, 0, 5], [3, 2, 2]])
    chosen = solve(cost, np.ones((3, 3), bool), alone=100.0)
    assert total(cost, chosen) == 5
    assert chosen.tolist() == [1, 0, 2]


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32 - 1), st.booleans())
def test_dense(rows, columns, seed, whole):
    """Every pair allowed and better than being alone; whole numbers make ties."""
    g = np.random.default_rng(seed)
    cost = g.integers(0, 6, (rows, columns)).astype(float) if whole else g.uniform(0, 10, (rows, columns))
    check(cost, np.ones((rows, columns), bool), alone=1000.0)


@given(st.integers(1, 14), st.integers(1, 14), st.integers(0, 2**32 - 1), st.floats(0.05, 0.9))
def test_sparse_with_rows_alone(rows, columns, seed, share):
    """Gated pairs only, in several components; a row alone costs about as much as a pair."""
    g = np.random.default_rng(seed)
    cost = g.uniform(-10, 0, (rows, columns))
    check(cost, g.random((rows, columns)) < share)


@pytest.mark.parametrize("size", [40, 150])
def test_one_large_component(size):
    g = np.random.default_rng(size)
    check(g.uniform(-10, 0, (size, size)), g.random((size, size)) < 0.3)


def test_components_do_not_touch_each_other():
    """Two blocks solved together give what they give alone."""
    g = np.random.default_rng(5)
    one, two = g.uniform(-10, 0, (6, 5)), g.uniform(-10, 0, (4, 7))
    both = np.zeros((10, 12))
    both[:6, :5], both[6:, 5:] = one, two
    allowed = np.zeros(both.shape, bool)
    allowed[:6, :5] = allowed[6:, 5:] = True
    together = solve(both, allowed)
    np.testing.assert_array_equal(together[:6], solve(one, np.ones(one.shape, bool)))
    second = solve(two, np.ones(two.shape, bool))
    np.testing.assert_array_equal(together[6:], np.where(second >= 0, second + 5, -1))


def test_working_memory_leaves_no_trace():
    """The same problem gives the same answer after another one has used the memory."""
    g = np.random.default_rng(9)
    memory = empty_matching(20, 20)
    problems = [(g.uniform(-10, 0, (20, 20)), g.random((20, 20)) < 0.4) for _ in range(10)]
    fresh = [solve(*problem) for problem in problems]
    used = [solve(*problem, matching=memory) for problem in problems]
    np.testing.assert_array_equal(fresh, used)


def test_a_tie_goes_to_the_pair_listed_first():
    cost = np.full((2, 3), -1.0)
    assert solve(cost, np.ones((2, 3), bool)).tolist() == [0, 1]


def test_a_row_without_pairs_stays_alone():
    assert solve(np.full((2, 2), -1.0), np.array([[False, False], [True, True]])).tolist() == [-1, 0]
