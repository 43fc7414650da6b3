"""Pareto sets, ranks and regrets against tables made by hand, and against a model whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from openiads.studies.robustness.rank import non_dominated, non_dominated_decided, ranks, regret, turned
from openiads.studies.statistics import t_quantile

SMALL = hnp.arrays(
    np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=5), elements=st.sampled_from([0.0, 1.0, 2.0, np.nan])
)


def test_a_table_made_by_hand():
    values = np.array([[3.0, 1.0], [1.0, 3.0], [1.0, 1.0], [3.0, 1.0], [2.0, 2.0]])
    assert non_dominated(values).tolist() == [True, True, False, True, True]


def test_less_is_better_where_it_says_so():
    values = np.array([[10.0, 1.0], [10.0, 2.0], [5.0, 1.0]])
    assert non_dominated(turned(values, ["high", "low"])).tolist() == [True, False, False]


def test_without_limit_is_the_worst_and_equal_to_itself():
    values = turned(np.array([[np.inf, 1.0], [np.inf, 2.0], [5.0, 3.0], [np.nan, 4.0]]), ["low", "low"])
    assert non_dominated(values).tolist() == [True, False, True, True]
    assert ranks(values)[:, 0].tolist()[:3] == [2.0, 2.0, 1.0]
    assert regret(values)[:3, 0].tolist() == [np.inf, np.inf, 0.0]
    assert regret(values[:2])[:, 0].tolist() == [0.0, 0.0], "where all are without limit none falls short"


def test_undefined_equals_undefined_and_compares_with_nothing_else():
    values = np.array([[1.0, np.nan], [0.0, np.nan], [0.0, 5.0]])
    assert non_dominated(values).tolist() == [True, False, True]
    assert non_dominated(values, leave_out=True).tolist() == [True, False, False], "only what is defined in both counts"


@given(SMALL)
def test_the_set_is_never_empty_and_holds_no_dominated_posture(values):
    inside = non_dominated(values)
    assert inside.any()
    for i in range(len(values)):
        beaten = any(
            all(x >= y or (np.isnan(x) and np.isnan(y)) for x, y in zip(a, values[i], strict=True))
            and any(x > y for x, y in zip(a, values[i], strict=True))
            for a in values
        )
        assert inside[i] == (not beaten)


@given(SMALL, st.data())
def test_adding_a_dominated_posture_changes_nothing_for_the_others(values, data):
    better = data.draw(st.integers(0, len(values) - 1))
    worse = values[better] - data.draw(
        hnp.arrays(np.float64, values.shape[1], elements=st.sampled_from([0.0, 0.5, 3.0]))
    )
    with_it = non_dominated(np.vstack([values, worse]))
    assert with_it[:-1].tolist() == non_dominated(values).tolist()


@given(hnp.arrays(np.float64, (6, 4, 3), elements=st.sampled_from([0.0, 1.0, 2.0])), st.permutations(range(6)))
def test_draws_are_judged_each_for_itself(values, order):
    for judge in (non_dominated, ranks, regret):
        assert np.array_equal(judge(values)[list(order)], judge(values[list(order)]))


def decided(size, *pairs):
    flags = np.zeros((size, size, 3), bool)
    for first, second, metric in pairs:
        flags[first, second, metric] = True
    return flags


def test_only_decided_differences_count():
    assert non_dominated_decided(decided(3)).all()
    assert non_dominated_decided(decided(3, (0, 1, 0))).tolist() == [True, False, True]
    assert non_dominated_decided(decided(3, (0, 1, 0), (1, 0, 2))).all()


def test_postures_that_beat_one_another_in_a_circle_stay_and_what_they_beat_goes():
    circle = [(0, 1, 0), (1, 2, 1), (2, 0, 2)]
    assert non_dominated_decided(decided(4, *circle, (1, 3, 0))).tolist() == [True, True, True, False]


@given(hnp.arrays(bool, (4, 4, 2)))
def test_some_posture_always_stays(better):
    assert non_dominated_decided(better).any()


def test_equal_values_share_the_best_rank_and_undefined_has_none():
    values = np.array([[2.0], [3.0], [3.0], [np.nan], [1.0]])
    assert np.array_equal(ranks(values)[:, 0], [3.0, 1.0, 1.0, np.nan, 4.0], equal_nan=True)


def test_regret_is_the_distance_to_the_best_of_the_draw():
    values = turned(np.array([[[5.0], [7.0], [np.nan]], [[4.0], [1.0], [2.0]]]), ["low"])
    assert np.array_equal(regret(values)[..., 0], [[0.0, 2.0, np.nan], [3.0, 0.0, 1.0]], equal_nan=True)


def errors(replications, gap, trials=200, postures=5, lines=4):
    """Shares of dominated postures that stay, and of non-dominated ones that go: by the values, by decided differences.

    Truth: levels of 0, 1 or 2 gaps, so that true ties are common; unit noise, of which 0.7 is common to all postures.
    """
    rng = np.random.default_rng([replications, int(10 * gap)])
    wrong, of = np.zeros((2, 2)), np.zeros(2)
    for _ in range(trials):
        levels = gap * rng.integers(0, 3, (postures, lines))
        shared = np.sqrt(0.7) * rng.normal(size=(replications, 1, lines))
        seen = levels + shared + np.sqrt(0.3) * rng.normal(size=(replications, postures, lines))
        pairs = seen[:, :, None, :] - seen[:, None, :, :]
        error = t_quantile(replications - 1) * pairs.std(axis=0, ddof=1) / np.sqrt(replications)
        better = pairs.mean(axis=0) > error + 1e-12
        truth = non_dominated(levels)
        of += [(~truth).sum(), truth.sum()]
        for i, got in enumerate((non_dominated(seen.mean(axis=0)), non_dominated_decided(better))):
            wrong[i] += [(got & ~truth).sum(), (~got & truth).sum()]
    return wrong / of


@pytest.mark.parametrize("gap", [0.5, 1.5])
def test_values_alone_keep_dominated_postures_and_decided_differences_find_the_truth_with_replications(gap):
    few, many = errors(5, gap), errors(60, gap)
    for by_value in (few[0], many[0]):
        assert by_value[0] > 0.45, "luck breaks true ties, and more replications do not mend it"
        assert by_value[1] < 0.05
    assert many[1].max() < 0.10, "decided differences tell both apart"
    assert many[1].sum() < few[1].sum()
