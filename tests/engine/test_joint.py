"""Joint probabilities of association against the sum over every joint event, written down one by one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openiads.engine.tracking.joint import MOST_PLOTS, empty_joint, marginals
from openiads.engine.tracking.matching import Pairs


def enumerated(odds):
    """Probability of each pair [plots, tracks]: every track takes one plot or none, no plot twice."""
    many, held = odds.shape
    beta, whole = np.zeros(odds.shape), 0.0
    for choice in itertools.product(range(-1, many), repeat=held):
        taken = [q for q in choice if q >= 0]
        if len(set(taken)) < len(taken):
            continue
        weight = np.prod([odds[q, s] for s, q in enumerate(choice) if q >= 0])
        whole += weight
        for s, q in enumerate(choice):
            if q >= 0:
                beta[q, s] += weight
    return beta / whole


def joined(odds, order=None):
    """The same by the kernel, from a sparse list."""
    many, held = odds.shape
    slots = np.arange(held) * 3 + 1 if order is None else order  # not all slots of the node
    first, slot, values = [0], [], []
    for q in range(many):
        row = np.flatnonzero(odds[q])
        slot += slots[row].tolist()
        values += odds[q, row].tolist()
        first.append(len(slot))
    room = max(1, len(slot))
    pairs = Pairs(np.array(first), np.array([*slot, 0][:room]), np.zeros(room), np.zeros(room), np.zeros(many))
    joint = empty_joint(many, 3 * held + 2, room)
    joint.odds[: len(slot)] = values
    marginals(pairs, many, joint)
    beta = np.zeros(odds.shape)
    for q in range(many):
        for e in range(first[q], first[q + 1]):
            beta[q, np.flatnonzero(slots == slot[e])[0]] = joint.beta[e]
    return beta


def clusters(seed, many, held, density):
    g = np.random.default_rng(seed)
    return np.where(g.random((many, held)) < density, np.exp(g.normal(1.0, 3.0, (many, held))), 0.0)


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 5), st.floats(0.1, 1.0))
def test_the_probabilities_are_those_of_every_joint_event(seed, many, held, density):
    odds = clusters(seed, many, held, density)
    np.testing.assert_allclose(joined(odds), enumerated(odds), rtol=1e-9, atol=1e-12)


@given(st.integers(0, 2**32 - 1))
def test_one_track_or_one_plot_is_the_filter_of_one(seed):
    """Without rivals: beta = odds over one plus the sum of odds (PDA)."""
    odds = clusters(seed, 5, 1, 0.8)
    np.testing.assert_allclose(joined(odds), odds / (1.0 + odds.sum()), rtol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_a_crowd_is_close_to_the_sum(seed):
    """More plots than are summed exactly: belief propagation, whose probabilities are near and share each plot once."""
    odds = clusters(seed, MOST_PLOTS + 2, 3, 0.9)
    beta, exact = joined(odds), enumerated(odds)
    assert np.abs(beta - exact).max() < 0.1 and np.abs(beta - exact).mean() < 0.01
    assert (beta.sum(axis=0) <= 1.0 + 1e-9).all() and (beta.sum(axis=1) <= 1.0 + 1e-6).all()


def test_odds_without_end_stay_probabilities():
    """Forty tracks that all but surely want one plot: nothing overflows, and one of them has it."""
    odds = np.zeros((MOST_PLOTS, 40))
    odds[0] = 1e12
    odds[1:, 0] = 1e6
    beta = joined(odds)
    assert np.isfinite(beta).all() and abs(beta[0].sum() - 1.0) < 1e-3


def test_clusters_do_not_touch():
    a, b = clusters(1, 4, 3, 1.0), clusters(2, 3, 2, 1.0)
    both = np.zeros((7, 5))
    both[:4, :3], both[4:, 3:] = a, b
    beta = joined(both)
    np.testing.assert_allclose(beta[:4, :3], joined(a), rtol=1e-12)
    np.testing.assert_allclose(beta[4:, 3:], joined(b), rtol=1e-12)
