"""Times of day without a date."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from openiads.recording.clock import DAY, days, over_midnight, unwrapped


@given(st.floats(0, DAY - 1), st.floats(0.01, 400.0), st.integers(1, 300), st.integers(0, 2**32 - 1))
def test_any_run_of_times_goes_on_over_midnight(start, step, count, seed):
    """Reports that arrive a little out of order keep their distances, whatever the hour."""
    g = np.random.default_rng(seed)
    true = start + step * np.arange(count) + g.uniform(0, 3, count)
    t, wrong = unwrapped(true % DAY)
    assert not wrong.any()
    assert np.allclose(np.diff(t), np.diff(true), atol=1e-6) and 0 <= t[0] < DAY


@given(st.integers(3, 96), st.floats(400.0, 40_000.0), st.booleans())
def test_one_wrong_time_is_found_and_does_no_harm(at, off, sign):
    true = 40_000.0 + np.arange(100.0)
    spoiled = true.copy()
    spoiled[at] += off if sign else -off
    t, wrong = unwrapped(spoiled % DAY)
    assert np.flatnonzero(wrong).tolist() == [at]
    assert np.allclose(np.delete(t, at), np.delete(true, at))


def test_wrong_times_at_the_ends():
    true = 40_000.0 + np.arange(50.0)
    for at in (0, 49):
        spoiled = true.copy()
        spoiled[at] -= 20_000.0
        t, wrong = unwrapped(spoiled)
        assert np.flatnonzero(wrong).tolist() == [at] and np.allclose(np.delete(t, at), np.delete(true, at))


def test_no_times_and_one_time():
    assert len(unwrapped(np.zeros(0))[0]) == 0
    assert unwrapped(np.array([5.0]))[0].tolist() == [5.0]


def test_inputs_without_a_date_stand_beside_those_that_have_one():
    noon = 20_000 * DAY + 43_200.0
    shifts, midnight = days([noon, 43_300.0], [noon, 43_300.0], [True, False], None)
    assert midnight == 20_000 * DAY and shifts == [-20_000 * DAY, 0.0]
    late = 20_000 * DAY + 86_000.0
    shifts, midnight = days([late, 300.0], [late, 300.0], [True, False], None)
    assert shifts == [-20_000 * DAY, DAY]  # after midnight
    shifts, midnight = days([86_000.0, 300.0], [86_000.0, 300.0], [False, False], None)
    assert midnight is None and shifts == [0.0, DAY]
    shifts, midnight = days([300.0, 86_000.0], [300.0, 86_000.0], [False, False], 5 * DAY)
    assert midnight == 4 * DAY and shifts == [DAY, 0.0]


@given(st.floats(0, DAY - 100), st.floats(10.0, 3000.0), st.integers(100, 400), st.integers(0, 2**32 - 1))
def test_a_table_in_order_of_time_may_go_over_many_midnights(start, step, count, seed):
    """Also where its rows come a little out of order."""
    true = start + step * np.arange(count) + np.random.default_rng(seed).uniform(0, 60, count)
    t, guessed = over_midnight(true % DAY)
    assert not guessed and np.allclose(t, true, atol=1e-6)


def test_a_table_by_body_that_fills_a_day_is_taken_for_one_day_and_says_so():
    day = np.arange(0.0, DAY, 600.0)
    t, guessed = over_midnight(np.concatenate([day, day[70:], day[:70]]))
    assert guessed and t.max() < DAY
