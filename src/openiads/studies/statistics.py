"""Estimates with 95 % intervals; the unit is the replication, or the window of a day of peace.

What each interval assumes and how often it covers stands in docs/equations/statistics.md. Undefined is None with a
reason, never 0. A sample smaller than those that were tested has an estimate and no interval, and so have values
that hardly vary: no scatter seen is no proof of none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from openiads.errors import UsageError

CONFIDENCE = 0.95
TAIL = (1.0 - CONFIDENCE) / 2.0
TESTED_N = 5  # the smallest sample with an interval, and the fewest values that must differ from a common one
RESAMPLES = 2000
FROM_BOUNDS = "interval from the bounds"  # says so where too few replications differ

Floats = NDArray[np.float64]
Kind = Literal["sampled", "exact"]
Bounds = tuple[float, float]


class Estimate(NamedTuple):
    """An estimate from n replications or windows, its 95 % interval, and why a part is missing or unusual."""

    estimate: float | None
    low: float | None
    high: float | None
    n: int
    reason: str | None = None


def mean_t(values: ArrayLike, *, kind: Kind = "sampled", bounds: Bounds | None = None) -> Estimate:
    """Mean over replications [n], NaN = undefined there; t interval widened for skewness (Student 1908; Hall 1992).

    bounds: the smallest and largest value that a replication can have; nearly constant values then get an interval.
    """
    x, note = defined(values)
    n = len(x)
    if n == 0:
        return Estimate(None, None, None, 0, note)
    mean = float(x[0]) if np.all(x == x[0]) else float(x.mean())
    if kind == "exact":
        return Estimate(mean, *_only_value(x), n, note)
    _inside(x, bounds)
    if n < TESTED_N:
        return Estimate(mean, None, None, n, notes(note, too_few()))
    common, others = most_common(x)
    if others >= TESTED_N:
        return Estimate(mean, *clip(*skewed_t(x), bounds), n, note)
    reason = few_differ(f"{common:g}", others, n)
    if bounds is None:
        return Estimate(mean, None, None, n, notes(note, reason))
    share = upper_share(others, n)
    low, high = common - share * (common - bounds[0]), common + share * (bounds[1] - common)
    return Estimate(mean, low, high, n, notes(note, f"{reason}: {FROM_BOUNDS}"))


def proportion(k: int, n: int) -> Estimate:
    """Share k / n of replications with its exact interval (Clopper & Pearson 1934)."""
    if not 0 <= k <= n:
        raise UsageError(f"a proportion needs 0 <= k <= n, got k = {k}, n = {n}")
    if n == 0:
        return Estimate(None, None, None, 0, "no replications")
    low, high = clopper_pearson(k, n)
    return Estimate(k / n, float(low), float(high), n)


def ratio(
    numerators: ArrayLike,
    denominators: ArrayLike,
    *,
    scale: float = 1.0,
    bounds: Bounds | None = None,
    per: str = "denominator",
    seed: int = 0,
) -> Estimate:
    """scale x sum(numerators) / sum(denominators) over replications [n] (Fieller 1954); bounds in scaled units.

    Where Fieller's interval is unbounded: paired bootstrap, keyed by seed. `per` names the denominator in reasons.
    """
    y, x, note = defined_pairs(numerators, denominators)
    n = len(x)
    if n == 0 or not x.any():
        return Estimate(None, None, None, n, notes(note, f"no {per} in any replication" if n else None))
    if x.min() < 0.0:
        raise UsageError(f"the denominator of a ratio is a count or a time, got {x.min():g}; give numbers >= 0")
    y = y * scale
    value = float(y.sum() / x.sum())
    low, high, reason = _ratio_limits(y, x, value, bounds, per, seed)
    return Estimate(value, low, high, n, notes(note, reason))


def median(values: ArrayLike, *, right: ArrayLike | None = None, left: ArrayLike | None = None) -> Estimate:
    """The quantile 0.5 over replications [n], see quantile."""
    return quantile(values, 0.5, right=right, left=left)


def quantile(values: ArrayLike, q: float, *, right: ArrayLike | None = None, left: ArrayLike | None = None) -> Estimate:
    """Quantile over replications [n] with an order-statistic interval (Thompson 1936), free of any distribution.

    right, left: masks [n] where the true value is at least, at most, the one given. What censoring leaves open stays
    open: an end that lies among the censored values is None.
    """
    return quantile_of_ranges(*censored_ranges(values, right, left), q)


def quantile_of_ranges(least: Floats, most: Floats, q: float) -> Estimate:
    """Quantile of n values each known to lie in [least, most] [n]: low comes from the least, high from the most."""
    if not 0.0 < q < 1.0:
        raise UsageError(f"a quantile lies between 0 and 1, got {q:g}")
    kept = ~(np.isnan(least) | np.isnan(most))
    n, note = int(kept.sum()), lost(len(least), int(kept.sum()))
    if n == 0:
        return Estimate(None, None, None, 0, note)
    lows, highs = np.sort(least[kept]), np.sort(most[kept])
    at_least, at_most = _interpolated(lows, q), _interpolated(highs, q)
    value = at_least if at_least == at_most and math.isfinite(at_least) else None
    if value is None:
        note = notes(note, "the quantile lies among censored values")
    if n < TESTED_N:
        return Estimate(value, None, None, n, notes(note, too_few()))
    first, last = _order_statistics(n, q)
    low, why_low = _end(lows, first, "lower")
    high, why_high = _end(highs, last, "upper")
    return Estimate(value, low, high, n, notes(note, why_low, why_high))


def stratified_total(values: Sequence[ArrayLike], weights: Sequence[float], *, kind: Kind = "sampled") -> Estimate:
    """Sum over strata of weight x mean of its windows (Cochran 1977, 5.3; df: Satterthwaite 1946).

    values: per stratum the rates of its windows [n_h]; weights: sizes of the strata, for instance hours of the day.
    """
    strata, sizes, note = defined_strata(values, weights)
    n = sum(map(len, strata))
    if empty := sum(len(s) == 0 for s in strata):
        return Estimate(None, None, None, n, notes(note, f"no window in {empty} of {len(strata)} strata"))
    total = sum(w * float(s.mean()) for w, s in zip(sizes, strata, strict=True))
    if kind == "exact":
        return Estimate(total, total, total, n, note)
    if n < TESTED_N:
        return Estimate(total, None, None, n, notes(note, too_few("window")))
    common, others = most_common(np.concatenate(strata))
    if others < TESTED_N:
        return Estimate(total, None, None, n, notes(note, few_differ(f"{common:g}", others, n, "window")))
    variance, df = total_variance(strata, sizes)
    below, above = skewed_steps(t_quantile(df), total_third(strata, sizes) / variance**1.5)
    step = math.sqrt(variance)
    return Estimate(total, total - below * step, total + above * step, n, note)


def total_variance(strata: Sequence[Floats], weights: Sequence[float]) -> tuple[float, float]:
    """Variance of a stratified total and its degrees of freedom (Satterthwaite 1946).

    A stratum of one window has no variance of its own: it is pooled with its neighbour, the difference of their means
    included, which makes the interval wider, never narrower (collapsed strata: Cochran 1977, 5A.12).
    """
    variance, spread = 0.0, 0.0
    for group in collapsed([len(s) for s in strata]):
        pooled = np.concatenate([strata[h] for h in group])
        part = float(pooled.var(ddof=1)) * sum(weights[h] ** 2 / len(strata[h]) for h in group)
        variance += part
        spread += part**2 / (len(pooled) - 1)
    return variance, variance**2 / spread if spread > 0.0 else 1.0


def total_third(strata: Sequence[Floats], weights: Sequence[float]) -> float:
    """Third central moment of a stratified total, from the third sample moment of each group."""
    third = 0.0
    for group in collapsed([len(s) for s in strata]):
        pooled = np.concatenate([strata[h] for h in group])
        moment = float(((pooled - pooled.mean()) ** 3).mean())
        third += moment * sum(weights[h] ** 3 / len(strata[h]) ** 2 for h in group)
    return third


def collapsed(counts: Sequence[int]) -> list[list[int]]:
    """Neighbouring strata [h] put together until every group holds at least two windows."""
    groups: list[list[int]] = []
    group: list[int] = []
    for h in range(len(counts)):
        group.append(h)
        if sum(counts[g] for g in group) >= 2:
            groups.append(group)
            group = []
    if group and groups:
        groups[-1] += group
    return groups


def clopper_pearson(k: ArrayLike, n: ArrayLike, tail: float = TAIL) -> tuple[Floats, Floats]:
    """Limits for k of n [any shape], each missed with probability `tail` at most (Clopper & Pearson 1934)."""
    hits = np.asarray(k, float)
    misses = np.asarray(n, float) - hits
    low = special.betaincinv(np.maximum(hits, 0.5), misses + 1.0, tail)
    high = special.betaincinv(hits + 1.0, np.maximum(misses, 0.5), 1.0 - tail)
    return np.where(hits == 0.0, 0.0, low), np.where(misses == 0.0, 1.0, high)


def upper_share(k: int, n: int) -> float:
    """One-sided 95 % upper limit of a share seen k times in n; about 3 / n for k = 0, the rule of three."""
    return float(clopper_pearson(k, n, 2.0 * TAIL)[1])


def fieller(y: float, x: float, covariance: tuple[float, float, float], df: float) -> tuple[float, float] | None:
    """Limits of E y / E x from two means and the (yy, xy, xx) of their covariance; None if unbounded (Fieller 1954)."""
    t2 = t_quantile(df) ** 2
    yy, xy, xx = covariance
    a, b, c = x * x - t2 * xx, x * y - t2 * xy, y * y - t2 * yy
    if a <= 0.0:
        return None
    root = math.sqrt(max(b * b - a * c, 0.0))
    return (b - root) / a, (b + root) / a


def t_quantile(df: float) -> float:
    """The 97.5 % point of Student's t."""
    return float(special.stdtrit(df, 1.0 - TAIL))


def skewed_t(x: Floats) -> tuple[float, float]:
    """Limits of the mean of [n]: the t interval, widened on one side for skewness."""
    n = len(x)
    mean, step = float(x.mean()), float(x.std(ddof=1)) / math.sqrt(n)
    skewness = float(((x - mean) ** 3).mean()) / float(x.std()) ** 3
    below, above = skewed_steps(t_quantile(n - 1), skewness / math.sqrt(n))
    return mean - below * step, mean + above * step


def skewed_steps(t: float, skewness: float) -> tuple[float, float]:
    """Standard errors below and above an estimator of given skewness: t, more where Hall's (1992) map asks for it.

    With a = skewness / 3, T + a T^2 + a^2 T^3 / 3 + a / 2 is free of skewness; its inverse is a cube root.
    """
    a = skewness / 3.0
    if abs(a) < 1e-6:
        return t, t
    below = (math.cbrt(1.0 + 3.0 * a * (t - a / 2.0)) - 1.0) / a
    above = (1.0 - math.cbrt(1.0 - 3.0 * a * (t + a / 2.0))) / a
    return max(t, below), max(t, above)


def _ratio_limits(
    y: Floats, x: Floats, value: float, bounds: Bounds | None, per: str, seed: int
) -> tuple[float | None, float | None, str | None]:
    """Limits of a ratio over replications [n], and why they are missing or not Fieller's."""
    n, filled, hits = len(x), int(np.count_nonzero(x)), int(np.count_nonzero(y))
    if n < TESTED_N:
        return None, None, too_few()
    if filled < TESTED_N:
        return None, None, f"{per} in only {filled} of {n} replications"
    if hits < TESTED_N:
        reason = few_differ("0", hits, n)
        if bounds is None or bounds[0] != 0.0:
            return None, None, reason
        # no replication is taken to hold more of the denominator than the largest one seen
        high = bounds[1] * min(1.0, upper_share(hits, n) * float(x.max() / x.mean()))
        return 0.0, high, f"{reason}: {FROM_BOUNDS}"
    residual = y - value * x
    residual[np.abs(residual) <= 1e-12 * np.abs(y).max()] = 0.0
    if (others := int(np.count_nonzero(residual))) < TESTED_N:
        return None, None, few_differ(f"ratio {value:g}", others, n)
    yy, xy, _, xx = (np.cov(y, x) / n).ravel().tolist()
    limits = fieller(float(y.mean()), float(x.mean()), (yy, xy, xx), n - 1)
    if limits is None:
        return *clip(*_paired_bootstrap(y, x, seed), bounds), "Fieller's interval is unbounded: paired bootstrap"
    skewed = skewed_t(value + residual / x.mean())
    return *clip(min(limits[0], skewed[0]), max(limits[1], skewed[1]), bounds), None


def _paired_bootstrap(y: Floats, x: Floats, seed: int) -> tuple[float, float]:
    """Percentile limits of sum y / sum x over keyed resamples of replications [n] (Efron & Tibshirani 1993)."""
    rows = np.random.Generator(np.random.Philox(key=seed)).integers(0, len(x), (RESAMPLES, len(x)))
    above, below = y[rows].sum(axis=1), x[rows].sum(axis=1)
    ratios = np.divide(above, below, out=np.full(RESAMPLES, np.inf), where=below > 0.0)
    low, high = np.quantile(ratios, [TAIL, 1.0 - TAIL], method="inverted_cdf")
    return float(low), float(high)


def _order_statistics(n: int, q: float) -> tuple[int, int]:
    """Ranks from 1 that enclose the quantile; 0 or n + 1 where n is too small (binomial tails)."""
    cdf = special.bdtr(np.arange(n + 1), n, q)
    return int(np.count_nonzero(cdf <= TAIL)), int(np.argmax(cdf >= 1.0 - TAIL)) + 1


def _end(ordered: Floats, rank: int, side: str) -> tuple[float | None, str | None]:
    """The order statistic of a rank from 1 in [n], or why there is none."""
    if not 1 <= rank <= len(ordered):
        return None, f"too few replications for the {side} end"
    value = float(ordered[rank - 1])
    return (value, None) if math.isfinite(value) else (None, f"the {side} end lies among censored values")


def _interpolated(ordered: Floats, q: float) -> float:
    """Sample quantile of sorted values [n], linear between neighbours (Hyndman & Fan 1996, type 7)."""
    at = q * (len(ordered) - 1)
    i = int(at)
    if at == i or ordered[i] == ordered[i + 1] or math.isinf(ordered[i]):
        return float(ordered[i])
    return float(ordered[i] + (at - i) * (ordered[i + 1] - ordered[i]))


def defined(values: ArrayLike) -> tuple[Floats, str | None]:
    """The values [n] that are not NaN, and a note on those that are."""
    x = finite_or_nan(values)
    kept = x[~np.isnan(x)]
    return kept, lost(len(x), len(kept))


def defined_pairs(a: ArrayLike, b: ArrayLike) -> tuple[Floats, Floats, str | None]:
    """Two columns [n] without the replications in which one of them is NaN, and a note on those."""
    x, y = finite_or_nan(a), finite_or_nan(b)
    if len(x) != len(y):
        raise UsageError(f"columns of the same replications have one length, got {len(x)} and {len(y)}")
    kept = ~(np.isnan(x) | np.isnan(y))
    return x[kept], y[kept], lost(len(x), int(kept.sum()))


def defined_strata(
    values: Sequence[ArrayLike], weights: Sequence[float]
) -> tuple[list[Floats], list[float], str | None]:
    """Strata [h][n_h] without windows that are NaN, their weights, and a note on what was left out."""
    if not len(values) or len(values) != len(weights) or not all(0.0 < w < math.inf for w in weights):
        raise UsageError(f"each of {len(values)} strata needs one weight > 0, got {list(weights)}")
    strata = [defined(v)[0] for v in values]
    note = lost(sum(np.size(v) for v in values), sum(map(len, strata)), "window")
    return strata, [float(w) for w in weights], note


def censored_ranges(
    values: ArrayLike, right: ArrayLike | None = None, left: ArrayLike | None = None
) -> tuple[Floats, Floats]:
    """The least and the most that each value [n] can be; NaN stays NaN in both."""
    x = finite_or_nan(values)
    masks = [np.zeros(len(x), bool) if m is None else np.asarray(m, bool).ravel() for m in (left, right)]
    if any(len(m) != len(x) for m in masks):
        raise UsageError(f"a censoring mask has one entry per value, got {[len(m) for m in masks]} for {len(x)}")
    nan = np.isnan(x)
    return np.where(masks[0] & ~nan, -np.inf, x), np.where(masks[1] & ~nan, np.inf, x)


def finite_or_nan(values: ArrayLike) -> Floats:
    """Values as floats [n]; an infinite one is an error."""
    x = np.asarray(values, float).ravel()
    if np.isinf(x).any():
        raise UsageError("a value is infinite; give a finite number, or NaN where the metric is undefined")
    return x


def most_common(x: Floats) -> tuple[float, int]:
    """The most common value of [n] and how many differ from it; n where no value fills more than half."""
    found, counts = np.unique(x, return_counts=True)
    most = int(counts.max())
    return float(found[counts.argmax()]), len(x) - most if 2 * most > len(x) else len(x)


def clip(low: float, high: float, bounds: Bounds | None) -> tuple[float | None, float | None]:
    """Limits within the bounds of the estimand; an infinite end is None."""
    least, most = bounds or (-math.inf, math.inf)
    ends = max(low, least), min(high, most)
    return ends[0] if math.isfinite(ends[0]) else None, ends[1] if math.isfinite(ends[1]) else None


def notes(*reasons: str | None) -> str | None:
    """The reasons that there are, in one line."""
    return "; ".join(dict.fromkeys(r for r in reasons if r)) or None


def lost(n: int, kept: int, unit: str = "replication") -> str | None:
    """How many of n are undefined, in words."""
    if n == 0:
        return f"no {unit}s"
    if kept == 0:
        return f"undefined in every {unit}"
    return f"undefined in {n - kept} of {n} {unit}s" if kept < n else None


def too_few(unit: str = "replication") -> str:
    """Why a small sample has no interval."""
    return f"fewer than {TESTED_N} {unit}s"


def few_differ(value: str, others: int, n: int, unit: str = "replication") -> str:
    """Why nearly constant values have no Student interval."""
    return f"{value} in all but {others} of {n} {unit}s" if others else f"{value} in every {unit}"


def _only_value(x: Floats) -> tuple[float, float]:
    """The one value of an exact metric [n], as both ends of its interval."""
    if np.any(x != x[0]):
        raise UsageError(f"an exact metric has one value, got {x.min():g} to {x.max():g}; declare it sampled")
    return float(x[0]), float(x[0])


def _inside(x: Floats, bounds: Bounds | None) -> None:
    """Values [n] outside the bounds that were declared for them are an error."""
    if bounds and (x.min() < bounds[0] or x.max() > bounds[1]):
        raise UsageError(f"values lie within {bounds[0]:g} to {bounds[1]:g}, got {x.min():g} to {x.max():g}")
