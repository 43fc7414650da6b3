"""Known answers, measured coverage, and what has no interval. `python -m tests.studies.test_statistics` measures."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from openiads.errors import UsageError
from openiads.studies import statistics as s
from openiads.studies.compare import (
    as_mean,
    break_even,
    difference_of_means,
    difference_of_ratios,
    difference_of_totals,
    median_of_differences,
)
from openiads.studies.components import FEWEST, share_of_draws

PAGE = Path(__file__).parents[2] / "docs" / "equations" / "statistics.md"
P2 = (0.005, 0.02, 0.1, 0.5, 0.9, 0.98)
HOURS = (3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0)
DAY = np.array([0.2, 0.5, 1.4, 1.6, 1.5, 1.6, 1.4, 0.6])  # traffic by time of day, in strata of HOURS

Draw = Callable[[np.random.Generator, int], np.ndarray]
Interval = tuple[float | None, float | None]


class Case(NamedTuple):
    """A model with a known answer: the interval of one study of n replications, and what it must enclose."""

    interval: str
    data: str
    sizes: Sequence[int]
    study: Callable[[np.random.Generator, int], Interval]
    truth: float


def _ends(found: s.Estimate | NamedTuple) -> Interval:
    return found.low, found.high  # type: ignore[union-attr]


NORMAL: Draw = lambda rng, n: rng.normal(10.0, 3.0, n)  # noqa: E731
POISSON: Draw = lambda rng, n: rng.poisson(3.0, n)  # noqa: E731
RARE: Draw = lambda rng, n: rng.poisson(0.3, n)  # noqa: E731
CLUSTERED: Draw = lambda rng, n: rng.negative_binomial(1, 1 / 3, n)  # noqa: E731  # mean 2, variance 6
SKEWED: Draw = lambda rng, n: rng.exponential(1.0, n)  # noqa: E731
HEAVY: Draw = lambda rng, n: rng.lognormal(0.0, 1.0, n)  # noqa: E731


def _rounds_per_kill(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    rounds = rng.poisson(12.0, n)
    return rounds, rng.binomial(rounds, 0.6)


def _few_kills(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    rounds = rng.poisson(1.0, n)
    return rounds, rng.binomial(rounds, 0.5)


def _losses(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Clustered losses among transits: mean 1.2 of 60."""
    return 3.0 * rng.poisson(0.4, n), rng.poisson(60.0, n)


def _clustered_kills(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Most replications without a kill, some with many: Fieller's interval is often unbounded."""
    kills = rng.negative_binomial(0.2, 0.2 / 2.2, n)
    return 2.0 * kills + rng.poisson(1.0, n), kills


def _wild_pairs(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    return rng.lognormal(0.0, 1.0, n), rng.lognormal(0.0, 2.5, n)


def _heavy_pairs(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    x = rng.lognormal(0.0, 1.0, n)
    return x * rng.gamma(2.0, 1.0, n), x


def _windows(kind: str, each: int) -> Callable[[np.random.Generator, int], list[np.ndarray]]:
    draws: dict[str, Callable[[np.random.Generator, float, int], np.ndarray]] = {
        "normal": lambda rng, m, n: rng.normal(20.0 * m, 3.0, n),
        "Poisson": lambda rng, m, n: rng.poisson(5.0 * m, n).astype(float),
        "exponential": lambda rng, m, n: rng.exponential(m, n),
    }
    return lambda rng, n: [draws[kind](rng, m, each) for m in DAY]


def _both(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Two postures that share most of their luck; b is larger by 1.5 on average."""
    luck = rng.poisson(8.0, n)
    return luck + rng.poisson(0.5, n), luck + rng.poisson(2.0, n)


def _both_ratios(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rounds = rng.poisson(12.0, n)
    more = rounds + rng.poisson(4.0, n)
    return rounds, rng.binomial(rounds, 0.6), more, rng.binomial(more, 0.4)


def _both_days(rng: np.random.Generator, each: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    luck = [rng.poisson(20.0 * m, each) for m in DAY]
    return [rng.binomial(x, 0.7).astype(float) for x in luck], [x.astype(float) for x in luck]


def _leaving(rng: np.random.Generator, n: int) -> Interval:
    seen = rng.poisson(30.0, n)
    return _ends(break_even((seen, 0.0 * seen), (rng.binomial(seen, 0.4), seen)))


def _believed_ratios(rng: np.random.Generator, n: int) -> Interval:
    """Rounds per kill of two postures without and with a compromise, 1.25 and 2.5 against 5/3 and 2: alike at a belief of 0.4545."""
    rounds = rng.poisson(12.0, n)
    first, first_with, second, second_with = (as_mean(rounds, rng.binomial(rounds, pk)) for pk in (0.8, 0.4, 0.6, 0.5))
    return _ends(break_even((first, first_with - first), (second, second_with - second)))


def _believed_means(rng: np.random.Generator, n: int) -> Interval:
    """Leakers of two postures on the same luck, 6 and 10 against 8 and 8.8: alike at a belief of 0.625."""
    raid = rng.poisson(20.0, n)
    first, first_with, second, second_with = (rng.binomial(raid, p).astype(float) for p in (0.3, 0.5, 0.4, 0.44))
    return _ends(break_even((first, first_with - first), (second, second_with - second)))


BELIEVED = (1 / 0.6 - 1 / 0.8) / (1 / 0.4 - 1 / 0.8 - 1 / 0.5 + 1 / 0.6)
HELD = np.array([-1.5, -0.75, 0.0, 0.75, 1.5, 0.0, 0.0, 0.0, 0.0])  # what nine postures add to a site's area
ON = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0])  # two of nine are off, wherever they stand


def _sites(draw: Draw, apart: float = 0.0) -> Callable[[np.random.Generator, int], Interval]:
    """Sites and postures that add up, and how far (one sigma) each posture goes its own way at each site."""
    return lambda rng, n: _ends(share_of_draws(HELD[:, None] + draw(rng, n) + rng.normal(0.0, apart, (len(HELD), n))))


def _sites_off(rng: np.random.Generator, n: int) -> Interval:
    """Areas of a coefficient of variation of one half, and nothing in postures that are off."""
    return _ends(share_of_draws(ON[:, None] * rng.gamma(4.0, 0.25, n)))


def _totals(kind: str, each: int) -> Callable[[np.random.Generator, int], Interval]:
    draw = _windows(kind, each)
    return lambda rng, n: _ends(s.stratified_total(draw(rng, n), HOURS))


def _censored(rng: np.random.Generator, n: int) -> Interval:
    x = rng.exponential(1.0, n)
    return _ends(s.median(np.minimum(x, 0.9), right=x > 0.9))


def _cases() -> list[Case]:
    means = [("normal", NORMAL, 10.0), ("Poisson 3", POISSON, 3.0), ("Poisson 0.3", RARE, 0.3),
             ("clustered count", CLUSTERED, 2.0), ("exponential", SKEWED, 1.0), ("lognormal 1", HEAVY, math.exp(0.5))]  # fmt: skip
    ratios = [("rounds per kill", _rounds_per_kill, 1 / 0.6), ("few kills", _few_kills, 2.0),
              ("clustered losses", _losses, 0.02), ("lognormal 1 weights", _heavy_pairs, 2.0),
              ("clustered kills, bootstrap often", _clustered_kills, 2.5),
              ("lognormal 2.5 weights, bootstrap often", _wild_pairs, math.exp(0.5 - 3.125))]  # fmt: skip
    day = 3.0 * DAY.sum()
    found = [Case("mean", d, (5, 12, 20, 50), lambda r, n, f=f: _ends(s.mean_t(f(r, n))), t) for d, f, t in means]
    found += [Case("ratio", d, (5, 12, 20, 50), lambda r, n, f=f: _ends(s.ratio(*f(r, n))), t) for d, f, t in ratios]
    for each in (1, 3):
        for kind, scale in (("normal", 20.0), ("Poisson", 5.0), ("exponential", 1.0)):
            found.append(Case("total", f"{kind}, 8 strata of {each}", (8 * each,), _totals(kind, each), scale * day))
    found += [
        Case("median", "exponential", (6, 12, 20, 50), lambda r, n: _ends(s.median(SKEWED(r, n))), math.log(2.0)),
        Case("median", "exponential, censored at 0.9", (6, 12, 20, 50), _censored, math.log(2.0)),
        Case("quantile 0.1", "exponential", (12, 50), lambda r, n: _ends(s.quantile(SKEWED(r, n), 0.1)), -math.log(0.9)),
        Case("difference of means", "shared Poisson", (5, 12, 20, 50),
             lambda r, n: _ends(difference_of_means(*_both(r, n))), -1.5),
        Case("difference of ratios", "rounds per kill", (5, 12, 20, 50),
             lambda r, n: _ends(difference_of_ratios((c := _both_ratios(r, n))[:2], c[2:])), 1 / 0.6 - 1 / 0.4),
        Case("difference of totals", "thinned Poisson, 8 strata of 3", (24,),
             lambda r, n: _ends(difference_of_totals(*_both_days(r, n // 8), HOURS)), -0.3 * 20.0 * day),
        Case("median of differences", "normal", (6, 12, 20, 50),
             lambda r, n: _ends(median_of_differences(NORMAL(r, n), NORMAL(r, n))), 0.0),
        Case("break-even", "thinned Poisson", (5, 12, 20, 50), _leaving, 0.6),
        Case("break-even", "leakers, a compromise", (5, 12, 20, 50), _believed_means, 0.625),
        Case("break-even", "rounds per kill, a compromise", (5, 12, 20, 50), _believed_ratios, BELIEVED),
        Case("share of draws", "normal", (20, 60), _sites(lambda r, n: r.normal(0.0, 1.0, n)), 1.0 / (1.0 + HELD.var())),
        Case("share of draws", "exponential", (20, 60), _sites(SKEWED), 1.0 / (1.0 + HELD.var())),
        Case("share of draws", "normal, postures apart", (20, 60), _sites(lambda r, n: r.normal(0.0, 1.0, n), 0.7),
             (1.0 + 0.49 / 9) / (1.0 + 0.49 / 9 + HELD.var())),
        Case("share of draws", "gamma, two of nine off", (20, 60), _sites_off,
             ON.mean() ** 2 / 4.0 / (ON.mean() ** 2 / 4.0 + ON.var())),
    ]  # fmt: skip
    return found


def coverage(case: Case, n: int, studies: int) -> tuple[float, float]:
    """Share of studies that state an interval, and the share of those whose interval holds the truth."""
    key = zlib.crc32(f"{case.interval}, {case.data}, {n}".encode())
    rng = np.random.Generator(np.random.Philox(key=key))
    stated = held = 0
    for _ in range(studies):
        low, high = case.study(rng, n)
        if low is not None or high is not None:
            stated += 1
            held += (low is None or low <= case.truth) and (high is None or case.truth <= high)
    return stated / studies, held / max(stated, 1)


def table(studies: int) -> str:
    """The table of docs/equations/statistics.md."""
    lines = ["| interval | data | n | stated % | covers % |", "|---|---|--:|--:|--:|"]
    for case in _cases():
        for n in case.sizes:
            stated, held = coverage(case, n, studies)
            lines.append(f"| {case.interval} | {case.data} | {n} | {100 * stated:.0f} | {100 * held:.1f} |")
    return "\n".join(lines)


def documented() -> dict[tuple[str, str, int], tuple[float, float]]:
    """The rows of the page: (interval, data, n) -> (stated, covers), as shares."""
    rows = [line.strip("| ").split(" | ") for line in PAGE.read_text("utf-8").splitlines() if line.endswith(" |")]
    cells = [row for row in rows if len(row) == 5 and row[2].isdigit()]
    return {(i, d, int(n)): (float(a) / 100.0, float(c) / 100.0) for i, d, n, a, c in cells}


# the rows below 94 %, each with what it covers at least; the page says why they are left so
WEAK = {
    ("mean", "exponential", 5): 0.92,
    ("mean", "lognormal 1", 5): 0.88,
    ("mean", "lognormal 1", 12): 0.91,
    ("mean", "lognormal 1", 20): 0.92,
    ("ratio", "lognormal 1 weights", 5): 0.87,
    ("ratio", "lognormal 2.5 weights, bootstrap often", 5): 0.45,
    ("ratio", "lognormal 2.5 weights, bootstrap often", 12): 0.65,
    ("ratio", "lognormal 2.5 weights, bootstrap often", 20): 0.80,
    ("ratio", "lognormal 2.5 weights, bootstrap often", 50): 0.92,
}


@pytest.mark.parametrize("case", _cases(), ids=lambda case: f"{case.interval}, {case.data}")
def test_coverage_is_what_the_page_says(case: Case) -> None:
    page, studies = documented(), 800
    for n in case.sizes:
        stated, covers = page[case.interval, case.data, n]
        seen_stated, seen = coverage(case, n, studies)
        assert abs(seen_stated - stated) <= 0.01 + 4.0 * math.sqrt(0.25 / studies)
        if stated >= 0.05:
            scatter = math.sqrt(covers * (1.0 - covers) / (studies * stated))
            assert abs(seen - covers) <= 0.001 + 4.5 * scatter


def test_every_row_of_the_page_covers_what_is_promised() -> None:
    page = documented()
    assert set(page) == {(c.interval, c.data, n) for c in _cases() for n in c.sizes}
    for row, (stated, covers) in page.items():
        assert covers >= WEAK.get(row, 0.94) or stated < 0.05, row


@pytest.mark.parametrize("n", [1, 5, 10, 20, 50, 100, 300, 1000])
def test_a_proportion_covers_at_every_p(n: int) -> None:
    """Exact, by summing over every k: no simulation error."""
    k = np.arange(n + 1)
    low, high = s.clopper_pearson(k, n)
    for p in (*P2, *np.linspace(0.001, 0.999, 99)):
        assert stats.binom.pmf(k, n, p)[(low <= p) & (p <= high)].sum() >= 0.95


def _stopped(limits: Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray]], p: float) -> float:
    """Coverage of a study that stops at a half-width of 5 points, 10 to 600 replications; exact, over every path."""
    path, held = np.array([1.0]), 0.0
    for n in range(1, 601):
        path = np.append(path * (1.0 - p), 0.0) + np.append(0.0, path * p)
        if n >= 10:
            low, high = limits(np.arange(n + 1), n)
            stop = (high - low <= 0.1) | (n == 600)
            held += path[stop & (low <= p) & (p <= high)].sum()
            path[stop] = 0.0
    return float(held)


def test_a_proportion_covers_when_the_study_stops_early() -> None:
    def wald(k: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
        half = 1.96 * np.sqrt(k / n * (1.0 - k / n) / n)
        return k / n - half, k / n + half

    assert min(_stopped(s.clopper_pearson, p) for p in P2) >= 0.94
    assert _stopped(wald, 0.02) < 0.2  # what the exact interval is there for


@pytest.mark.parametrize("n", [10, 20, 50, 100])
def test_a_mean_of_events_covers_at_every_p(n: int) -> None:
    """A mean over bounded values takes over from the exact interval without a hole between."""
    k = np.arange(n + 1)
    found = [s.mean_t(np.r_[np.ones(i), np.zeros(n - i)], bounds=(0.0, 1.0)) for i in k]
    low, high = np.array([f.low for f in found]), np.array([f.high for f in found])
    for p in P2:
        assert stats.binom.pmf(k, n, p)[(low <= p) & (p <= high)].sum() >= 0.94


@pytest.mark.parametrize(("k", "n"), [(0, 10), (1, 10), (5, 10), (10, 10), (3, 200)])
def test_proportion_against_scipy(k: int, n: int) -> None:
    ends = stats.binomtest(k, n).proportion_ci(method="exact")
    assert s.proportion(k, n)[1:3] == pytest.approx((ends.low, ends.high), abs=1e-12)


def test_a_proportion_of_nothing_is_undefined() -> None:
    assert s.proportion(0, 0) == s.Estimate(None, None, None, 0, "no replications")
    with pytest.raises(UsageError, match="k = 3, n = 2"):
        s.proportion(3, 2)


def test_a_symmetric_sample_has_the_t_interval() -> None:
    x = [1.0, 2.0, 3.0, 4.0, 5.0]
    ends = stats.t.interval(0.95, 4, 3.0, stats.sem(x))
    assert s.mean_t(x) == pytest.approx((3.0, *ends, 5, None))


def test_a_skewed_sample_is_widened_where_halls_transformation_says() -> None:
    x = np.array([0.0, 0.0, 1.0, 1.0, 2.0, 9.0, 3.0, 1.0, 2.0, 1.0])
    n, mean, step = len(x), x.mean(), stats.sem(x)
    low, high = s.skewed_t(x)
    t = stats.t.ppf(0.975, n - 1)
    assert low == pytest.approx(mean - t * step)  # the t end is the wider one here
    a, at_high = stats.skew(x) / (3.0 * math.sqrt(n)), (mean - high) / step
    assert at_high + a * at_high**2 + a**2 * at_high**3 / 3.0 + a / 2.0 == pytest.approx(-t)
    assert s.skewed_t(-x) == pytest.approx((-high, -low))


@given(st.lists(st.integers(-50, 50), min_size=5, max_size=30), st.floats(0.1, 10.0), st.floats(-5.0, 5.0))
def test_a_mean_moves_with_its_unit(values: list[int], scale: float, shift: float) -> None:
    x = np.array(values, float)
    one, other = s.mean_t(x), s.mean_t(scale * x + shift)
    assert (one.low is None) == (other.low is None)
    if one.low is not None:
        expected = [scale * v + shift for v in one[:3] if v is not None]
        assert other[:3] == pytest.approx(tuple(expected), rel=1e-6, abs=1e-6)
        assert s.mean_t(x[::-1])[:3] == pytest.approx(one[:3])


def test_few_replications_have_no_interval() -> None:
    assert s.mean_t([1.0, 2.0, 4.0, 5.0]) == s.Estimate(3.0, None, None, 4, "fewer than 5 replications")
    assert s.mean_t([]) == s.Estimate(None, None, None, 0, "no replications")


def test_undefined_replications_are_counted_not_zeroed() -> None:
    found = s.mean_t([1.0, math.nan, 2.0, 3.0, 4.0, 5.0])
    assert (found.estimate, found.n, found.reason) == (3.0, 5, "undefined in 1 of 6 replications")
    assert s.mean_t([math.nan] * 6).reason == "undefined in every replication"
    with pytest.raises(UsageError, match="infinite"):
        s.mean_t([1.0, math.inf])


def test_no_scatter_is_not_taken_for_certainty() -> None:
    assert s.mean_t([0.0] * 20) == s.Estimate(0.0, None, None, 20, "0 in every replication")
    ruled = s.mean_t([0.0] * 20, bounds=(0.0, 40.0))
    assert (ruled.low, ruled.high) == pytest.approx((0.0, 40.0 * (1.0 - 0.05 ** (1 / 20))))
    assert s.mean_t([0.0] * 18 + [3.0, 1.0]).reason == "0 in all but 2 of 20 replications"
    both = s.mean_t([4.0] * 10, bounds=(0.0, 10.0))
    share = 1.0 - 0.05 ** (1 / 10)
    assert (both.low, both.high) == pytest.approx((4.0 - share * 4.0, 4.0 + share * 6.0))


def test_the_rule_of_three_covers_whatever_hides_beyond_the_bounds() -> None:
    """Worst case: a rare replication in which everything leaks. Exact over how often it was seen."""
    n, worst = 30, 40.0
    k = np.arange(5)
    ends = [s.mean_t(np.r_[np.full(i, worst), np.zeros(n - i)], bounds=(0.0, worst)) for i in k]
    for p in np.linspace(0.001, 0.2, 60):
        missed = [not e.low <= p * worst <= e.high for e in ends]  # type: ignore[operator]
        assert (stats.binom.pmf(k, n, p) * missed).sum() <= 0.05


def test_exact_metrics_have_one_value() -> None:
    assert s.mean_t([7.0], kind="exact") == s.Estimate(7.0, 7.0, 7.0, 1)
    assert s.mean_t([7.0, 7.0], kind="exact") == s.Estimate(7.0, 7.0, 7.0, 2)
    with pytest.raises(UsageError, match="declare it sampled"):
        s.mean_t([7.0, 8.0], kind="exact")
    with pytest.raises(UsageError, match="within 0 to 1"):
        s.mean_t([0.0, 2.0], bounds=(0.0, 1.0))


def test_fieller_limits_are_where_students_test_turns() -> None:
    rng = np.random.Generator(np.random.Philox(key=7))
    y, x = _rounds_per_kill(rng, 30)
    cov = np.cov(y, x) / 30
    limits = s.fieller(y.mean(), x.mean(), (cov[0, 0], cov[0, 1], cov[1, 1]), 29)
    assert limits is not None
    for end in limits:
        assert stats.ttest_1samp(y - end * x, 0.0).pvalue == pytest.approx(0.05)
    found = s.ratio(y, x, scale=1000.0)
    assert found.estimate == pytest.approx(1000.0 * y.sum() / x.sum())
    ends = min(1000.0 * limits[0], found.low), max(1000.0 * limits[1], found.high)  # type: ignore[type-var]
    assert found[1:3] == pytest.approx(ends)  # wider than Fieller's where skewness asks for it, never narrower


def test_a_ratio_without_a_denominator_is_undefined() -> None:
    assert s.ratio([3, 4], [0, 0], per="kills") == s.Estimate(None, None, None, 2, "no kills in any replication")
    few = s.ratio([2] * 10, [1] * 3 + [0] * 7, per="kills")
    assert few == s.Estimate(20 / 3, None, None, 10, "kills in only 3 of 10 replications")
    with pytest.raises(UsageError, match="one length"):
        s.ratio([1], [1, 2])
    with pytest.raises(UsageError, match=">= 0"):
        s.ratio([1, 1], [1, -2])


def test_a_ratio_that_hardly_varies_has_no_interval_of_its_own() -> None:
    assert s.ratio([2, 4, 6, 8, 10], [1, 2, 3, 4, 5]).reason == "ratio 2 in every replication"
    none = s.ratio([0] * 20, [50] * 20, scale=1000.0)
    assert none == s.Estimate(0.0, None, None, 20, "0 in every replication")
    ruled = s.ratio([0] * 20, [40] * 10 + [60] * 10, scale=1000.0, bounds=(0.0, 1000.0))
    assert ruled.high == pytest.approx(1000.0 * (1.0 - 0.05 ** (1 / 20)) * 60 / 50)


def test_an_unbounded_ratio_is_bootstrapped_with_its_seed() -> None:
    rng = np.random.Generator(np.random.Philox(key=3))
    y, x = rng.lognormal(0.0, 1.0, 10), rng.lognormal(0.0, 2.5, 10)
    found = s.ratio(y, x, seed=1)
    assert found.reason == "Fieller's interval is unbounded: paired bootstrap"
    assert found == s.ratio(y, x, seed=1) != s.ratio(y, x, seed=2)


@pytest.mark.parametrize(("n", "q", "ranks"), [(6, 0.5, (1, 6)), (20, 0.5, (6, 15)), (36, 0.1, (1, 8))])
def test_quantile_ends_are_the_binomial_order_statistics(n: int, q: float, ranks: tuple[int, int]) -> None:
    found = s.quantile(np.arange(n, 0, -1), q)
    assert (found.low, found.high) == ranks
    assert stats.binom.cdf(ranks[0] - 1, n, q) <= 0.025 <= stats.binom.cdf(ranks[0], n, q)
    assert stats.binom.cdf(ranks[1] - 2, n, q) < 0.975 <= stats.binom.cdf(ranks[1] - 1, n, q)


def test_a_small_sample_leaves_an_end_open() -> None:
    found = s.quantile(np.arange(20), 0.1)
    assert found.low is None and found.high is not None
    assert found.reason == "too few replications for the lower end"
    assert s.median([1.0, 2.0, 3.0]) == s.Estimate(2.0, None, None, 3, "fewer than 5 replications")
    with pytest.raises(UsageError, match="between 0 and 1"):
        s.quantile([1.0], 1.0)


def test_censored_warnings_leave_open_what_they_hide() -> None:
    x = np.array([100.0, 200.0, 300.0, 400.0, 500.0, 600.0, 600.0, 600.0])
    some = s.median(x, right=x == 600.0)
    assert (some.estimate, some.low, some.high) == (450.0, 100.0, None)
    assert some.reason == "the upper end lies among censored values"
    most = s.median(x, right=x >= 300.0)
    assert (most.estimate, most.low, most.high) == (None, 100.0, None)
    assert most.reason is not None and most.reason.startswith("the quantile lies among censored values")
    between = s.median([1.0, 2.0, 3.0, 3.0, 5.0, 6.0], right=[False] * 4 + [True] * 2)
    assert (between.estimate, between.low, between.high) == (3.0, 1.0, None)
    early = s.median(x, left=x <= 400.0)
    assert (early.estimate, early.low, early.high) == (None, None, 600.0)
    assert s.median([*x, math.nan], right=[*(x == 600.0), False]).n == 8
    with pytest.raises(UsageError, match="one entry per value"):
        s.median(x, right=[True])


def test_two_strata_are_welchs_problem() -> None:
    a, b = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 5.0, 9.0, 13.0, 17.0, 21.0])
    found, welch = s.stratified_total([a, -b], [1.0, 1.0]), stats.ttest_ind(a, b, equal_var=False)
    ends = welch.confidence_interval(0.95)
    assert found[1:3] == pytest.approx((ends.low, ends.high))
    assert s.total_variance([a, b], [1.0, 1.0])[1] == pytest.approx(welch.df)


def test_single_windows_are_collapsed_with_their_neighbour() -> None:
    windows = [np.array([v]) for v in (1.0, 4.0, 10.0, 11.0, 7.0, 9.0)]
    variance, df = s.total_variance(windows, [4.0] * 6)
    assert variance == pytest.approx(16.0 * (9.0 + 1.0 + 4.0))  # sum of squared differences (Cochran 1977, 5A.12)
    assert df == pytest.approx(14.0**2 / (81.0 + 1.0 + 16.0))
    half = special.stdtrit(df, 0.975) * math.sqrt(variance)
    assert s.stratified_total(windows, [4.0] * 6) == pytest.approx((168.0, 168.0 - half, 168.0 + half, 6, None))


def test_a_skewed_total_is_widened() -> None:
    a, b = np.array([0.0, 0.0, 1.0, 8.0]), np.array([1.0, 2.0, 2.0, 7.0, 3.0])
    third = 8.0 * stats.moment(a, 3) / 4**2 + 27.0 * stats.moment(b, 3) / 5**2
    assert s.total_third([a, b], [2.0, 3.0]) == pytest.approx(third)
    variance, df = s.total_variance([a, b], [2.0, 3.0])
    below, above = s.skewed_steps(s.t_quantile(df), third / variance**1.5)
    assert below == pytest.approx(stats.t.ppf(0.975, df)) and above > 1.1 * below
    total = 2.0 * a.mean() + 3.0 * b.mean()
    ends = total - below * math.sqrt(variance), total + above * math.sqrt(variance)
    assert s.stratified_total([a, b], [2.0, 3.0])[1:3] == pytest.approx(ends)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=12).filter(lambda counts: sum(counts) >= 2))
def test_every_group_of_strata_holds_two_windows(counts: list[int]) -> None:
    groups = s.collapsed(counts)
    assert [h for group in groups for h in group] == list(range(len(counts)))
    assert all(sum(counts[h] for h in group) >= 2 for group in groups)


def test_a_total_says_what_is_missing() -> None:
    assert s.stratified_total([[1.0], []], [1.0, 2.0]).reason == "no window in 1 of 2 strata"
    assert s.stratified_total([[1.0], [3.0]], [1.0, 2.0]) == s.Estimate(7.0, None, None, 2, "fewer than 5 windows")
    assert s.stratified_total([[0.0]] * 8, [3.0] * 8) == s.Estimate(0.0, None, None, 8, "0 in every window")
    assert s.stratified_total([[0.0]] * 8, [3.0] * 8, kind="exact") == s.Estimate(0.0, 0.0, 0.0, 8)
    lost = s.stratified_total([[1.0, math.nan], [2.0, 2.5], [3.0, 3.5]], [1.0] * 3)
    assert (lost.n, lost.reason) == (5, "undefined in 1 of 6 windows")
    with pytest.raises(UsageError, match="weight"):
        s.stratified_total([[1.0]], [0.0])


if __name__ == "__main__":
    print(table(20_000))


def test_a_share_of_draws_is_that_of_a_two_way_table() -> None:
    """Draws of 0 to 4 times the root of 2, and postures that differ by 2: variances 4 and 1."""
    grid = np.array([[10.0 + math.sqrt(2.0) * (r % 5) + p for r in range(400)] for p in (0.0, 2.0)])
    found = share_of_draws(grid)
    assert found.estimate == pytest.approx(0.8, abs=0.002) and found.low < found.estimate < found.high  # type: ignore[operator]
    assert share_of_draws(7.0 * grid + 3.0)[:3] == pytest.approx(found[:3])
    assert share_of_draws(grid[:, ::-1])[:3] == pytest.approx(found[:3])


def test_a_share_of_draws_leaves_each_out_in_turn() -> None:
    """The pseudo-values, by leaving out for real; and no bias where the draws are as many as they are in a study."""

    def odds(g: np.ndarray) -> float:
        n, by_draw = g.shape[1], g.mean(axis=0)
        apart = (g - by_draw).var(axis=1, ddof=1).mean()
        return math.log(by_draw.var(ddof=1) / (g.mean(axis=1).var() - apart / n))

    rng = np.random.Generator(np.random.Philox(key=11))
    grid = HELD[:, None] + rng.normal(0.0, 1.0, 20) + rng.normal(0.0, 0.5, (9, 20))
    pseudo = np.array([20 * odds(grid) - 19 * odds(np.delete(grid, i, axis=1)) for i in range(20)])
    ends = [float(special.expit(x)) for x in (pseudo.mean(), *s.skewed_t(pseudo))]
    assert share_of_draws(grid)[:3] == pytest.approx(tuple(ends))
    many = [share_of_draws(HELD[:, None] + rng.normal(0.0, 1.0, 20)).estimate for _ in range(3000)]
    assert np.mean(many) == pytest.approx(1.0 / (1.0 + HELD.var()), abs=0.01)  # type: ignore[arg-type]


def test_a_share_of_draws_has_no_interval_below_what_was_measured() -> None:
    rng = np.random.Generator(np.random.Philox(key=12))
    grid = HELD[:, None] + rng.normal(0.0, 1.0, FEWEST)
    few = share_of_draws(grid[:, 1:])
    assert (few.low, few.high, few.reason) == (None, None, f"fewer than {FEWEST} draws") and few.estimate is not None
    assert share_of_draws(grid).low is not None and share_of_draws(grid[:, :2]).estimate is None
    assert min(n for case in _cases() if case.interval == "share of draws" for n in case.sizes) == FEWEST
    same = share_of_draws(np.tile(rng.normal(0.0, 1.0, 30), (4, 1)))
    assert same[:3] == (1.0, None, None) and "chance" in str(same.reason)
    assert share_of_draws(np.tile(HELD[:, None], 30))[:3] == (0.0, None, None)
    assert share_of_draws(np.ones((4, 30)))[:3] == (None, None, None)
