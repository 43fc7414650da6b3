"""Filling of aspect cells: against days that are played out one by one, a closed form, and what must hold for any numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openiads.studies.calendar.filling import at_most, filled, moments, share_filled

DRAWS = 40_000


def played_out(days: int, passes: float, index: float, spread: float, dwells: int, seed: int) -> float:
    """Share of sites whose cell has its dwells after days in which Poisson passes leave logarithmic numbers of dwells."""
    draw = np.random.default_rng(seed)
    p = 1.0 - 1.0 / index
    site = draw.gamma(1.0 / spread, spread, DRAWS) if spread else np.ones(DRAWS)
    have = np.zeros(DRAWS, np.int64)
    for _ in range(days):
        count = draw.poisson(site * passes)
        which = np.repeat(np.arange(DRAWS), count)
        have += np.bincount(which, draw.logseries(p, which.size), DRAWS).astype(np.int64)
    return float((have >= dwells).mean())


@pytest.mark.parametrize(
    ("days", "passes", "index", "spread", "dwells"),
    [(1, 0.7, 3.0, 0.0, 1), (20, 0.03, 5.0, 0.0, 1), (20, 0.03, 5.0, 1.5, 1), (15, 0.2, 4.0, 0.0, 10), (15, 0.2, 4.0, 0.6, 10), (8, 1.0, 2.0, 3.0, 5)],
)  # fmt: skip
def test_against_days_played_out(days, passes, index, spread, dwells):
    mean_of_pass = -(1.0 - 1.0 / index) / (1.0 / index * np.log(1.0 / index))  # of the logarithmic series
    mean = np.array([days * passes * mean_of_pass])
    expected = filled(mean, index * mean, np.array([spread]), dwells)[0]
    found = played_out(days, passes, index, spread, dwells, seed=days + dwells)
    assert found == pytest.approx(expected, abs=4.0 * np.sqrt(0.25 / DRAWS) + 0.003)


def test_poisson_passes_of_one_dwell_are_the_coupon_collector():
    """Unequal coupons in Poisson time: the expected number of kinds is the sum of 1 - exp(-rate)."""
    rates = np.array([0.01, 0.3, 1.0, 4.0])
    for days in (1, 10, 100):
        found = filled(days * rates, days * rates, np.zeros(4), 1)
        assert found == pytest.approx(1.0 - np.exp(-days * rates), rel=1e-9)


def test_poisson_with_several_dwells_is_erlang():
    mean = np.array([2.0])
    erlang = 1.0 - np.exp(-2.0) * (1.0 + 2.0 + 2.0)
    assert filled(mean, mean, np.zeros(1), 3)[0] == pytest.approx(erlang, rel=1e-6)


def test_sites_that_differ_have_the_laplace_transform_of_the_gamma():
    assert filled(np.array([3.0]), np.array([3.0]), np.array([0.5]), 1)[0] == pytest.approx(
        1.0 - (1.0 + 0.5 * 3.0) ** -2.0
    )


def test_a_cell_without_dwells_never_fills():
    assert filled(np.zeros(3), np.zeros(3), np.ones(3), 1).tolist() == [0.0, 0.0, 0.0]


positive = st.floats(1e-4, 1e3)


@settings(max_examples=200, deadline=None)
@given(
    positive, st.floats(1.0, 50.0), st.floats(0.0, 5.0), st.integers(1, 30), st.integers(1, 400), st.integers(1, 400)
)
def test_more_days_never_lower_the_filling(mean, index, spread, dwells, days, more):
    early, late = (
        filled(np.array([d * mean]), np.array([d * mean * index]), np.array([spread]), dwells)[0]
        for d in (days, days + more)
    )
    assert 0.0 <= early <= late + 1e-9 <= 1.0 + 2e-9


@settings(max_examples=100, deadline=None)
@given(positive, st.floats(1.0, 50.0), st.floats(0.0, 5.0), st.integers(1, 30))
def test_more_dwells_are_never_likelier(mean, index, spread, dwells):
    few, many = (
        filled(np.array([mean]), np.array([mean * index]), np.array([spread]), n)[0] for n in (dwells, dwells + 1)
    )
    assert many <= few + 2e-3  # one dwell has the closed form, more the slices of the gamma


def test_moments_tell_sites_from_days():
    """Sites of gamma rates with Poisson passes in each window: the layout gives mean, variance of a day and spread back."""
    draw = np.random.default_rng(5)
    sites, parts, window = 4000, 6, 0.25
    hours = np.full(parts, 4.0)
    rate, spread, p = 0.8, 0.7, 0.6  # passes an hour, and the logarithmic series of dwells
    g = draw.gamma(1.0 / spread, spread, sites)
    passes = draw.poisson(np.broadcast_to((g * rate * window)[:, None], (sites, parts)))
    counts = np.array([[draw.logseries(p, n).sum() for n in row] for row in passes], float)[:, :, None]
    found = moments(counts, hours, window)
    of_pass = -p / ((1.0 - p) * np.log(1.0 - p))
    mean = 24.0 * rate * of_pass
    assert found.mean[0] == pytest.approx(mean, rel=0.06)
    assert found.variance[0] == pytest.approx(mean / (1.0 - p), rel=0.1)
    assert found.spread[0] == pytest.approx(spread, rel=0.15)


def test_moments_of_equal_sites_have_no_spread():
    draw = np.random.default_rng(6)
    counts = draw.poisson(2.0, (2000, 6, 1)).astype(float)
    found = moments(counts, np.full(6, 4.0), 0.25)
    assert found.spread[0] < 0.01
    assert found.variance[0] == pytest.approx(found.mean[0], rel=0.05)


def test_one_site_says_nothing_of_variance():
    found = moments(np.full((1, 6, 2), 3.0), np.full(6, 4.0), 0.25)
    assert found.mean.tolist() == found.variance.tolist() == [288.0, 288.0] and not found.spread.any()


def test_share_is_weighted_by_solid_angle_over_the_cells_shown():
    weight = np.array([1.0, 3.0, 10.0])
    assert share_filled(np.array([1.0, 0.0, 0.0]), weight, np.array([1.0, 1.0, 0.0])) == pytest.approx(0.25)
    assert share_filled(np.array([1.0, 0.5, 0.0]), weight, np.array([1.0, 0.5, 0.0])) == pytest.approx(1.0)
    assert share_filled(np.ones((2, 3)), weight, np.zeros(3)).tolist() == [0.0, 0.0]


def test_what_windows_can_have_missed_is_the_rule_of_three():
    assert at_most(np.array([24.0]), 24.0)[0] == pytest.approx(0.95)
    assert at_most(np.array([0.0]), 24.0)[0] == 0.0
