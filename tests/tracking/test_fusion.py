"""Fusion: the numbers of TRK-7, Stone Soup, the limits of the formulas, and what correlates two nodes' tracks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment, minimize_scalar
from scipy.stats import chi2
from stonesoup.mixturereducer.gaussianmixture import CovarianceIntersection
from stonesoup.types.state import GaussianState

from openiads.errors import UsageError
from openiads.tracking.fusion import (
    correlate,
    covariance_intersection,
    full_covariance,
    fuse_correlated,
    fuse_independent,
)
from tests.oracles.tracking import pack_covariance

A, P_A = np.array([10.0, 5.0]), np.array([[100.0, 20.0], [20.0, 50.0]])
B, P_B = np.array([14.0, 2.0]), np.array([[60.0, -10.0], [-10.0, 120.0]])
CROSS = np.array([[20.0, 5.0], [5.0, 15.0]])


def test_independent():
    x, p = fuse_independent(A, P_A, B, P_B)
    np.testing.assert_allclose(x, (12.236162, 4.564576), atol=5e-7)
    np.testing.assert_allclose(p, [[36.383764, 3.542435], [3.542435, 33.468635]], atol=5e-7)


def test_bar_shalom_campo():
    x, p = fuse_correlated(A, P_A, B, P_B, CROSS)
    np.testing.assert_allclose(x, (12.345238, 4.75), atol=5e-7)
    np.testing.assert_allclose(p, [[45.059524, 6.25], [6.25, 39.375]], atol=5e-7)


def test_covariance_intersection():
    x, _, w = covariance_intersection(A, P_A, B, P_B)
    assert w == pytest.approx(0.607152, abs=5e-7)
    np.testing.assert_allclose(x, (11.843485, 4.763913), atol=5e-7)
    _, _, w = covariance_intersection(A, P_A, B, P_B, "determinant")
    assert w == pytest.approx(0.837838, abs=5e-7)


def covariances(g, shape, n):
    root = g.normal(size=(*shape, n, n))
    return root @ root.swapaxes(-1, -2) + 0.05 * np.eye(n)


@pytest.mark.parametrize("least", ["trace", "determinant"])
def test_the_weight_is_the_least(least):
    """Against a bounded search for every one of a batch."""
    g = np.random.default_rng(1)
    p_a, p_b = covariances(g, (40,), 4), covariances(g, (40,), 4)
    x, p, w = covariance_intersection(g.normal(size=(40, 4)), p_a, g.normal(size=(40, 4)), p_b, least)
    size = np.trace if least == "trace" else np.linalg.det
    for k in range(40):

        def cost(w, k=k):
            return size(np.linalg.inv(w * np.linalg.inv(p_a[k]) + (1 - w) * np.linalg.inv(p_b[k])))

        best = minimize_scalar(cost, bounds=(0, 1), method="bounded", options={"xatol": 1e-10})
        assert size(p[k]) <= best.fun * (1 + 1e-9)
        assert size(p[k]) == pytest.approx(cost(w[k]), rel=1e-9)
    assert x.shape == (40, 4)


def test_against_stone_soup():
    """Its covariance intersection takes the weights as given."""
    x, p, w = covariance_intersection(A, P_A, B, P_B)
    parts = GaussianState(A[:, None], P_A), GaussianState(B[:, None], P_B)
    got = CovarianceIntersection.merge_components(*parts, weights=[float(w), float(1 - w)])
    np.testing.assert_allclose(np.ravel(got.state_vector), x, rtol=1e-9)
    np.testing.assert_allclose(got.covar, p, rtol=1e-9)


def test_one_that_knows_everything_better_is_taken_as_it_is():
    x, p, w = covariance_intersection(A, P_A, B, P_A / 2)
    assert w == 0.0
    np.testing.assert_allclose(x, B)
    np.testing.assert_allclose(p, P_A / 2)
    assert covariance_intersection(A, P_A, B, P_A)[2] == 0.5


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 6), st.sampled_from(["trace", "determinant"]))
def test_invariants(seed, n, least):
    """The order of the two does not matter; fusing helps; intersection is never surer than the truth for any correlation."""
    g = np.random.default_rng(seed)
    joint = covariances(g, (), 2 * n)
    p_a, p_b, cross = joint[:n, :n], joint[n:, n:], joint[:n, n:]
    a, b = g.normal(size=(2, n))
    for one, two in (
        (fuse_independent(a, p_a, b, p_b), fuse_independent(b, p_b, a, p_a)),
        (fuse_correlated(a, p_a, b, p_b, cross), fuse_correlated(b, p_b, a, p_a, cross.T)),
        (covariance_intersection(a, p_a, b, p_b, least)[:2], covariance_intersection(b, p_b, a, p_a, least)[:2]),
    ):
        np.testing.assert_allclose(one[0], two[0], rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(one[1], two[1], rtol=1e-5, atol=1e-5)
    _, best = fuse_correlated(a, p_a, b, p_b, cross)
    _, p, w = covariance_intersection(a, p_a, b, p_b, least)
    scale = np.trace(p_a) + np.trace(p_b)
    assert np.linalg.eigvalsh(p_a - best)[0] > -1e-9 * scale
    gains = w * p @ np.linalg.inv(p_a), (1 - w) * p @ np.linalg.inv(p_b)
    true = np.hstack(gains) @ joint @ np.hstack(gains).T
    assert np.linalg.eigvalsh(p - true)[0] > -1e-6 * scale


def test_covariances_of_tracks_unpack():
    g = np.random.default_rng(3)
    p = covariances(g, (7,), 6)
    np.testing.assert_array_equal(full_covariance(np.array([pack_covariance(m) for m in p])), p)


def nodes(seed, n=60, size=2e4, only_a=5, only_b=7):
    """Tracks of two nodes: `n` bodies in common, some of one alone; covariances of their own, rows shuffled."""
    g = np.random.default_rng(seed)
    x = np.hstack([g.uniform(-size, size, (n + only_a + only_b, 3)), g.normal(0, 200, (n + only_a + only_b, 3))])
    scale = np.diag([60.0] * 3 + [8.0] * 3)
    seen = []
    for rows in (np.arange(n + only_a), np.append(np.arange(n), np.arange(n + only_a, n + only_a + only_b))):
        rows = g.permutation(rows)
        p = scale @ covariances(g, (len(rows),), 6) @ scale / 6
        seen.append((x[rows] + (np.linalg.cholesky(p) @ g.normal(size=(len(rows), 6, 1)))[..., 0], p, rows))
    return seen


@pytest.mark.parametrize("seed", range(4))
def test_tracks_of_two_nodes_are_put_together(seed):
    (a, p_a, bodies_a), (b, p_b, bodies_b) = nodes(seed)
    i, j, d2 = correlate(a, p_a, b, p_b)
    assert len(i) >= 58
    assert (bodies_a[i] == bodies_b[j]).mean() > 0.98
    assert d2.max() <= chi2.ppf(0.999, 6)
    back = correlate(b, p_b, a, p_a)
    assert set(zip(back[1], back[0], strict=True)) == set(zip(i, j, strict=True))


def test_correlation_of_a_dense_raid_is_the_best_of_all():
    """Bodies inside each other's errors: against the whole table of likelihoods."""
    (a, p_a, _), (b, p_b, _) = nodes(9, n=30, size=120.0)
    i, j, _ = correlate(a, p_a, b, p_b)
    total = p_a[:, None] + p_b[None]
    apart = a[:, None] - b[None]
    d2 = np.einsum("ijk,ijkl,ijl->ij", apart, np.linalg.inv(total), apart)
    limit, spread = chi2.ppf(0.999, 6), np.linalg.slogdet(total)[1]
    saving = np.where(d2 <= limit, limit - d2 + spread[d2 <= limit].max() - spread, 0.0)
    assert saving[i, j].sum() == pytest.approx(saving[linear_sum_assignment(saving, maximize=True)].sum(), rel=1e-6)


def test_nothing_correlates_with_nothing():
    none, p = np.zeros((0, 2)), np.zeros((0, 2, 2))
    assert all(len(c) == 0 for c in correlate(none, p, A[None], P_A[None]))
    assert all(len(c) == 0 for c in correlate(A[None] + 1e6, P_A[None], B[None], P_B[None]))


def test_clear_errors():
    with pytest.raises(UsageError, match="a covariance has shape"):
        fuse_independent(A, P_A[:1], B, P_B)
    with pytest.raises(UsageError, match="can not be put together"):
        fuse_independent(A, P_A, np.zeros(3), np.eye(3))
    with pytest.raises(UsageError, match="trace or determinant"):
        covariance_intersection(A, P_A, B, P_B, "volume")
    with pytest.raises(UsageError, match="between 0 and 1"):
        correlate(A[None], P_A[None], B[None], P_B[None], 1.0)
