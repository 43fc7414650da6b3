"""Paired differences: known answers, what common random numbers gain, and the break-even belief."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from openiads.errors import UsageError
from openiads.studies import compare as c
from openiads.studies.statistics import mean_t, ratio


def _rng(key: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=key))


def test_a_paired_difference_is_students_paired_test() -> None:
    a, b = np.array([3.0, 5.0, 7.0, 9.0, 11.0]), np.array([2.0, 3.0, 4.0, 5.0, 6.0])
    found, oracle = c.difference_of_means(a, b), stats.ttest_rel(a, b)
    ends = oracle.confidence_interval(0.95)
    assert found[:3] == pytest.approx((3.0, ends.low, ends.high))
    assert found.variance_ratio == pytest.approx((a.var() + b.var()) / (a - b).var())


def test_common_random_numbers_gain_what_theory_says() -> None:
    """Luck of variance 16 shared, 1 of one's own on each side: (17 + 17) / 2 = 17."""
    rng = _rng(1)
    luck = rng.normal(0.0, 4.0, 20_000)
    found = c.difference_of_means(luck + rng.normal(0.0, 1.0, 20_000), luck + rng.normal(0.0, 1.0, 20_000))
    assert found.variance_ratio == pytest.approx(17.0, rel=0.05)
    apart = c.difference_of_means(luck, rng.normal(0.0, 4.0, 20_000))
    assert apart.variance_ratio == pytest.approx(1.0, rel=0.05)


def test_identical_postures_say_so() -> None:
    x, strata = np.arange(8.0), [np.array([v]) for v in range(8)]
    for found in (
        c.difference_of_means(x, x),
        c.difference_of_ratios((x, x + 1), (x, x + 1)),
        c.median_of_differences(x, x),
    ):
        assert (found.estimate, found.variance_ratio, found.needed) == (0.0, None, None)
        assert found.reason == "identical in every replication"
    total = c.difference_of_totals(strata, strata, [3.0] * 8)
    assert total == c.Difference(0.0, None, None, None, None, 8, "identical in every window")
    events = c.difference_of_proportions(x > 3, x > 3)
    assert events.reason == "identical in every replication"
    assert (events.low, events.high) == pytest.approx((-(1 - 0.025 ** (1 / 8)), 1 - 0.025 ** (1 / 8)))


def test_a_constant_difference_has_no_variance_ratio() -> None:
    found = c.difference_of_means(np.arange(8.0), np.arange(8.0) + 2.0)
    assert (found.estimate, found.low, found.variance_ratio) == (-2.0, None, None)
    assert found.reason == "-2 in every replication; no variance ratio: the difference is constant"
    bounded = c.difference_of_means(np.arange(8.0), np.arange(8.0) + 2.0, bounds=(0.0, 10.0))
    share = 1 - 0.05 ** (1 / 8)
    assert (bounded.low, bounded.high) == pytest.approx((-2.0 - share * 8.0, -2.0 + share * 12.0))
    exact = c.difference_of_means([5.0] * 3, [3.0] * 3, kind="exact")
    assert exact[:3] == (2.0, 2.0, 2.0)


def test_replications_undefined_in_one_posture_are_left_out_of_both() -> None:
    a, b = [1.0, math.nan, 3.0, 4.0, 6.0, 9.0, 4.0], [0.0, 1.0, math.nan, 1.0, 1.0, 2.0, 3.0]
    found = c.difference_of_means(a, b)
    assert (found.estimate, found.n, found.reason) == (3.4, 5, "undefined in 2 of 7 replications")
    assert c.difference_of_means([math.nan], [1.0]).reason == "undefined in every replication"
    with pytest.raises(UsageError, match="one length"):
        c.difference_of_means([1.0], [1.0, 2.0])


@pytest.mark.parametrize("n", [10, 20, 50])
def test_a_difference_of_proportions_covers_everywhere(n: int) -> None:
    """Exact, by summing over every pair of discordant counts."""
    x, y = (v.ravel() for v in np.meshgrid(np.arange(n + 1), np.arange(n + 1)))
    x, y = x[x + y <= n], y[x + y <= n]
    low, high = np.array([c.paired_limits(int(i), int(j), n) for i, j in zip(x, y, strict=True)]).T
    ways = special.gammaln(n + 1) - special.gammaln([x + 1, y + 1, n - x - y + 1]).sum(axis=0)
    for p in (0.002, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7):
        for q in (0.001, 0.01, 0.05, 0.1, 0.25):
            chance = np.exp(ways + x * math.log(p) + y * math.log(q) + (n - x - y) * math.log1p(-p - q))
            assert chance[(low <= p - q + 1e-12) & (p - q - 1e-12 <= high)].sum() >= 0.95


def test_square_and_add_with_the_correlation_of_a_multinomial() -> None:
    p, q, n = 0.3, 0.1, 20
    one, two = (stats.binomtest(k, n).proportion_ci(method="exact") for k in (6, 2))
    rho = -p * q / math.sqrt(p * (1 - p) * q * (1 - q))
    below, above = (p - one.low, two.high - q), (one.high - p, q - two.low)
    half = [math.sqrt(u**2 + v**2 - 2 * rho * u * v) for u, v in (below, above)]
    assert c.paired_limits(6, 2, n) == pytest.approx((0.2 - half[0], 0.2 + half[1]))
    assert c.paired_limits(3, 0, 3)[1] == 1.0


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_a_difference_of_proportions_is_antisymmetric(first: int, second: int, same: int) -> None:
    n = max(first + second + same, 1)
    low, high = c.paired_limits(first, second, n)
    assert -1.0 <= low <= (first - second) / n <= high <= 1.0
    assert c.paired_limits(second, first, n) == pytest.approx((-high, -low))


def test_events_are_zero_or_one() -> None:
    with pytest.raises(UsageError, match="0, 1 or NaN"):
        c.difference_of_proportions([0.0, 2.0], [0.0, 1.0])
    assert c.difference_of_proportions([], []).reason == "no replications"


def test_a_difference_of_ratios_with_one_denominator_is_one_of_means() -> None:
    rng = _rng(2)
    y, z, ten = rng.poisson(5.0, 12), rng.poisson(3.0, 12), np.full(12, 10.0)
    found, plain = c.difference_of_ratios((y, ten), (z, ten), scale=1000.0), c.difference_of_means(100.0 * y, 100.0 * z)
    assert found[:4] == pytest.approx(plain[:4])


def test_a_difference_of_ratios_is_the_difference_of_the_ratios() -> None:
    rng = _rng(3)
    a, b = (rng.poisson(9.0, 15), rng.poisson(4.0, 15)), (rng.poisson(8.0, 15), rng.poisson(5.0, 15))
    found = c.difference_of_ratios(a, b)
    assert found.estimate == pytest.approx(ratio(*a).estimate - ratio(*b).estimate)  # type: ignore[operator]
    assert found.low < found.estimate < found.high  # type: ignore[operator]


def test_ratios_that_can_not_be_compared_say_why() -> None:
    ten, none, few = [10] * 8, [0] * 8, [0] * 6 + [1, 2]
    assert c.difference_of_ratios((ten, none), (ten, ten), per="kills") == c.Difference(
        None, None, None, None, None, 8, "no kills in any replication of one posture"
    )
    assert c.difference_of_ratios((few, ten), (none, ten)).reason == "0 in all but 2 of 8 replications"
    sparse = c.difference_of_ratios((ten, few), (ten, ten), per="kills")
    assert sparse.reason == "kills in fewer than 5 replications of one posture"
    assert c.difference_of_ratios(([1, 2], [1, 1]), ([2, 1], [1, 1])).reason == "fewer than 5 replications"
    one = c.difference_of_ratios((ten[1:] + [9], ten), (ten, ten))
    assert (one.low, one.reason) == (None, "identical in all but 1 of 8 replications")
    with pytest.raises(UsageError, match="one length"):
        c.difference_of_ratios(([1], [1]), ([1, 2], [1, 2]))


def test_the_median_of_differences_is_free_of_any_distribution() -> None:
    a = np.array([3.0, 9.0, 4.0, 8.0, 100.0, 6.0])
    found = c.median_of_differences(a, np.zeros(6))
    assert found[:3] == (7.0, 3.0, 100.0)
    assert found.needed is None  # the interval leaves 0 out


def test_a_censored_change_is_only_known_from_one_side() -> None:
    a, b = np.array([5.0, 6.0, 7.0, 8.0, 9.0, 9.0, 9.0]), np.array([1.0, 1.0, 2.0, 3.0, 9.0, 4.0, 2.0])
    found = c.median_of_differences(a, b, right=(a == 9.0, b == 9.0))
    assert (found.estimate, found.low, found.high) == (5.0, None, None)
    assert found.variance_ratio is None and found.reason is not None and "censored" in found.reason
    swapped = c.median_of_differences(b, a, right=(b == 9.0, a == 9.0))
    assert swapped.estimate == -5.0


def test_a_difference_of_totals_is_that_of_the_paired_windows() -> None:
    rng = _rng(4)
    b = [rng.poisson(20.0, 3).astype(float) for _ in range(4)]
    a = [x + rng.poisson(2.0, 3) for x in b]
    found = c.difference_of_totals(a, b, [6.0] * 4)
    assert found.estimate == pytest.approx(6.0 * sum((x - y).mean() for x, y in zip(a, b, strict=True)))
    assert found.variance_ratio is not None and found.variance_ratio > 5.0
    holes = c.difference_of_totals([*a[:3], [math.nan, *a[3][1:]]], b, [6.0] * 4)
    assert (holes.n, holes.reason) == (11, "undefined in 1 of 12 windows")
    with pytest.raises(UsageError, match="same windows"):
        c.difference_of_totals(a[:3], b, [6.0] * 4)
    assert c.difference_of_totals([[1.0], []], [[2.0], []], [1.0, 1.0]).reason == "no window in 1 of 2 strata"


def test_needed_is_the_smallest_number_that_decides() -> None:
    x = _rng(5).normal(0.5, 3.0, 20)
    found = c.difference_of_means(x - x.mean() + 0.6, np.zeros(20))
    assert found.low is not None and found.low < 0.0 and found.needed is not None and found.needed > 20
    sigma = (0.6 - found.low) * math.sqrt(20) / stats.t.ppf(0.975, 19)
    ends = [0.6 - stats.t.ppf(0.975, n - 1) * sigma / math.sqrt(n) for n in (found.needed - 1, found.needed)]
    assert ends[0] < 0.0 <= ends[1] + 1e-9
    small = c.difference_of_means(x - x.mean() + 0.6, np.zeros(20))
    assert c.difference_of_means(0.001 * (x - x.mean() + 0.6), np.zeros(20)).needed == small.needed
    clear = c.difference_of_means(0.001 * (x - x.mean() + 9.0), np.zeros(20))
    assert clear.low is not None and 0.0 < clear.low < 0.1 and clear.needed is None
    barely = c.difference_of_means(x - x.mean() + 0.999 * (0.6 - found.low), np.zeros(20))
    assert barely.needed == 21
    assert c.difference_of_means(x - x.mean() + 1e-6, np.zeros(20)).needed is None  # beyond 10^8 times as many


def test_a_study_of_the_needed_size_decides_about_half_the_time() -> None:
    """needed supposes that the estimate is the truth, so the sign is then decided with a chance of one half."""
    rng, effect = _rng(6), 0.3
    pilot = rng.normal(0.0, 1.0, 30)
    found = c.difference_of_means((pilot - pilot.mean()) / pilot.std(ddof=1) + effect, np.zeros(30))
    assert found.needed is not None
    decided = [mean_t(rng.normal(effect, 1.0, found.needed)).low > 0.0 for _ in range(2000)]  # type: ignore[operator]
    assert 0.4 < np.mean(decided) < 0.65


def test_a_rare_change_needs_replications_until_enough_of_them_differ() -> None:
    found = c.difference_of_means([1.0] + [0.0] * 19, [0.0] * 20, bounds=(0.0, 1.0))
    assert found.low is not None and found.low < 0.0 and found.needed is not None and found.needed >= 100
    few = c.difference_of_means([3.0, 1.0, 4.0], [2.0, 1.0, 1.0])
    assert (few.low, few.reason) == (None, "fewer than 5 replications") and few.needed is not None and few.needed >= 5
    balanced = c.difference_of_means([1.0, -1.0, 2.0, -2.0, 3.0, -3.0], [0.0] * 6)
    assert balanced.needed is None  # no number decides a difference of 0


def test_break_even_is_where_the_totals_cross() -> None:
    """sealed-off but recorded: 2 leave anyway against 5, while the channel would take 10 against 4."""
    first, second = (np.full(8, 2.0), np.full(8, 10.0)), (np.full(8, 5.0), np.full(8, 4.0))
    found = c.break_even(first, second)
    assert found.belief == pytest.approx(0.5) and (found.less_below, found.less_above) == ("first", "second")
    assert found.reason == "one belief in every window"
    low = c.break_even(first, (np.full(8, 2.06), np.full(8, 4.0)))
    assert low.belief == pytest.approx(0.01) and (low.less_below, low.less_above) == ("first", "second")
    never = c.break_even(first, (np.full(8, 2.0), np.full(8, 4.0)))
    assert never.belief == 0.0 and never.less_above == "second"
    turned = c.break_even(second, first)
    assert turned.belief == pytest.approx(0.5) and (turned.less_below, turned.less_above) == ("second", "first")


def test_break_even_says_when_one_posture_lets_more_leave_at_every_belief() -> None:
    rng = _rng(8)
    seen = rng.poisson(30.0, 20)
    more = c.break_even((seen, seen), (0.5 * seen, 0.2 * seen))
    assert (more.belief, more.low, more.less_below, more.less_above) == (None, None, "second", "second")
    assert more.reason == "less in the second at every belief"
    tiny = c.break_even((seen, seen), (seen - 0.001 * seen, seen))
    assert tiny.less_below == tiny.less_above == "second"
    same = c.break_even((seen, seen), (seen, seen))
    assert (same.belief, same.reason, same.less_below) == (None, "the same at every belief", None)
    shifted = c.break_even((seen, seen), (seen + 1, seen))
    assert (shifted.less_above, shifted.reason) == ("first", "less in the first at every belief")


def test_break_even_interval_ends_where_the_totals_can_no_longer_be_told_apart() -> None:
    rng = _rng(9)
    seen = rng.poisson(30.0, 12)
    held = rng.binomial(seen, 0.4)
    found = c.break_even((seen, 0.0 * seen), (held, seen))
    assert found.belief == pytest.approx((seen.sum() - held.sum()) / seen.sum())
    for end in (found.low, found.high):
        assert end is not None
        assert stats.ttest_rel(seen, held + end * seen).pvalue == pytest.approx(0.05)


def test_break_even_takes_strata_and_their_weights() -> None:
    rng = _rng(10)
    seen = [rng.poisson(m, 2).astype(float) for m in (5.0, 40.0, 20.0)]
    none, held = [0.0 * s for s in seen], [rng.binomial(s.astype(int), 0.4) for s in seen]
    found = c.break_even((seen, none), (held, seen), [6.0, 12.0, 6.0])
    total, kept = (sum(w * np.mean(s) for w, s in zip((6, 12, 6), side, strict=True)) for side in (seen, held))
    assert found.belief == pytest.approx((total - kept) / total)
    assert found.low is not None and found.high is not None and found.low < found.belief < found.high
    few = c.break_even(([1.0, 2.0], [0.0, 0.0]), ([0.0, 0.0], [2.0, 3.0]))
    assert (few.belief, few.low, few.reason) == (pytest.approx(0.6), None, "fewer than 5 windows")
    raids = c.break_even(([[1.0, 2.0]], [[0.0, 0.0]]), ([[0.0, 0.0]], [[2.0, 3.0]]), [1.0], "replication")
    assert raids.reason == "fewer than 5 replications"
    wild = c.break_even((rng.normal(0.0, 9.0, 8) + 1.0, np.zeros(8)), (np.zeros(8), rng.normal(0.0, 9.0, 8) ** 3))
    assert wild.reason is not None and (wild.low, wild.high) == (0.0, 1.0) and "unbounded" in wild.reason
