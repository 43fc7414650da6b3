"""Two postures on common random numbers: paired differences, what the pairing gained, and the break-even belief.

Every difference is a - b, replication by replication: a is the posture, b the baseline. The equations and how often
the intervals cover stand in docs/equations/statistics.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from openiads.errors import UsageError
from openiads.studies.statistics import (
    TESTED_N,
    Bounds,
    Estimate,
    Floats,
    Kind,
    censored_ranges,
    clopper_pearson,
    defined_pairs,
    few_differ,
    fieller,
    finite_or_nan,
    lost,
    mean_t,
    most_common,
    notes,
    quantile_of_ranges,
    stratified_total,
    t_quantile,
    too_few,
    total_variance,
)

Side = Literal["first", "second"]
IDENTICAL = "identical in every replication"


class Difference(NamedTuple):
    """a - b with its 95 % interval, (Var A + Var B) / Var(A - B), and the n that would decide its sign.

    needed is None where the sign is decided or no number would do; it supposes that estimate and scatter stay.
    """

    estimate: float | None
    low: float | None
    high: float | None
    variance_ratio: float | None
    needed: int | None
    n: int
    reason: str | None = None


class BreakEven(NamedTuple):
    """The belief at which two postures come to the same, its 95 % interval, and which has less on each side of it."""

    belief: float | None
    low: float | None
    high: float | None
    less_below: Side | None
    less_above: Side | None
    reason: str | None = None


class _Scatter(NamedTuple):
    """Half-width of a plain t interval, its degrees of freedom, and how many changes differ from a common one."""

    half: float
    df: float
    others: int


def difference_of_means(
    a: ArrayLike, b: ArrayLike, *, kind: Kind = "sampled", bounds: Bounds | None = None
) -> Difference:
    """Mean of a - b over replications [n]; bounds are those of one value, as in mean_t."""
    x, y, note = defined_pairs(a, b)
    span = bounds[1] - bounds[0] if bounds else math.inf
    found = mean_t(x - y, kind=kind, bounds=(-span, span) if bounds else None)
    return _compared(found, x, y, note, _scatter(x - y))


def difference_of_proportions(a: ArrayLike, b: ArrayLike) -> Difference:
    """P(a) - P(b) of an event [n] of 0 and 1; square-and-add of exact limits (Newcombe 1998; Zou & Donner 2008)."""
    x, y, note = defined_pairs(a, b)
    if not (np.isin(x, (0.0, 1.0)).all() and np.isin(y, (0.0, 1.0)).all()):
        raise UsageError("an event of a replication is 0, 1 or NaN; for other values use difference_of_means")
    n = len(x)
    if n == 0:
        return _missing(None, n, note)
    limits = paired_limits(int((x > y).sum()), int((x < y).sum()), n)
    return _compared(Estimate(float((x - y).mean()), *limits, n), x, y, note)


def paired_limits(first: int, second: int, n: int) -> tuple[float, float]:
    """Limits of P(only a) - P(only b), seen `first` and `second` times in n pairs (Zou & Donner 2008)."""
    p, q = first / n, second / n
    (l1, l2), (u1, u2) = (ends.tolist() for ends in clopper_pearson([first, second], n))
    # the two shares exclude each other, so they are negatively correlated
    together = -2.0 * math.sqrt(p * q / ((1.0 - p) * (1.0 - q))) if p < 1.0 and q < 1.0 else 0.0
    below = (p - l1) ** 2 + (u2 - q) ** 2 - together * (p - l1) * (u2 - q)
    above = (u1 - p) ** 2 + (q - l2) ** 2 - together * (u1 - p) * (q - l2)
    return max(p - q - math.sqrt(below), -1.0), min(p - q + math.sqrt(above), 1.0)


def difference_of_ratios(
    a: tuple[ArrayLike, ArrayLike],
    b: tuple[ArrayLike, ArrayLike],
    *,
    scale: float = 1.0,
    per: str = "denominator",
) -> Difference:
    """scale x (ratio of a - ratio of b), each (numerators, denominators) [n]; jackknife (Miller 1974)."""
    columns = [finite_or_nan(c) for c in (*a, *b)]
    if len({len(c) for c in columns}) > 1:
        raise UsageError(f"columns of the same replications have one length, got {[len(c) for c in columns]}")
    whole = ~np.isnan(np.array(columns)).any(axis=0)
    ya, xa, yb, xb = kept = [c[whole] for c in columns]
    n, note = len(ya), lost(len(columns[0]), len(ya))
    if n == 0 or not xa.any() or not xb.any():
        return _missing(None, n, note, f"no {per} in any replication of one posture" if n else None)
    value = scale * float(ya.sum() / xa.sum() - yb.sum() / xb.sum())
    if why := _no_t_for_ratios(kept, per):
        return _missing(value, n, note, why)
    first, second = jackknife(ya * scale, xa), jackknife(yb * scale, xb)
    found = mean_t(first - second)._replace(estimate=value)
    return _compared(found, first, second, note, _scatter(first - second))


def jackknife(y: Floats, x: Floats) -> Floats:
    """Pseudo-values [n] of sum y / sum x, whose mean is free of the ratio's bias of order 1 / n (Miller 1974)."""
    n = len(x)
    return n * y.sum() / x.sum() - (n - 1) * (y.sum() - y) / (x.sum() - x)


def as_mean(y: Floats, x: Floats) -> Floats:
    """Values [n] whose mean is sum y / sum x, and whose scatter is that of its jackknife."""
    pseudo = jackknife(y, x)
    return np.asarray(pseudo + (y.sum() / x.sum() - pseudo.mean()))


def median_of_differences(
    a: ArrayLike,
    b: ArrayLike,
    *,
    right: tuple[ArrayLike, ArrayLike] | None = None,
    left: tuple[ArrayLike, ArrayLike] | None = None,
) -> Difference:
    """Median of a - b over replications [n], free of any distribution; right, left: masks of censoring for (a, b).

    This is the median of the changes, which need not be the change of the medians.
    """
    (right_a, right_b), (left_a, left_b) = right or (None, None), left or (None, None)
    least_a, most_a = censored_ranges(a, right_a, left_a)
    least_b, most_b = censored_ranges(b, right_b, left_b)
    if len(least_a) != len(least_b):
        raise UsageError(f"columns of the same replications have one length, got {len(least_a)}, {len(least_b)}")
    found = quantile_of_ranges(least_a - most_b, most_a - least_b, 0.5)
    known = np.isfinite(least_a) & np.isfinite(most_a) & np.isfinite(least_b) & np.isfinite(most_b)
    if known.sum() < found.n:
        reason = notes(found.reason, "no variance ratio: censored")
        return Difference(*found[:3], None, _needed(found), found.n, reason)
    return _compared(found, least_a[known], least_b[known], None)


def difference_of_totals(
    a: Sequence[ArrayLike], b: Sequence[ArrayLike], weights: Sequence[float], *, kind: Kind = "sampled"
) -> Difference:
    """Difference of two stratified totals over the same windows, as in stratified_total."""
    (first, second), note = paired_strata(a, b)
    changes = [x - y for x, y in zip(first, second, strict=True)]
    found = stratified_total(changes, weights, kind=kind)
    flat = np.concatenate(changes)
    if found.estimate is None or not flat.any() or found.n < 2:
        why = IDENTICAL.replace("replication", "window") if found.estimate == 0.0 and not flat.any() else found.reason
        return _missing(found.estimate, found.n, note, why)._replace(low=found.low, high=found.high)
    (va, _), (vb, _), (vd, df) = (total_variance(s, weights) for s in (first, second, changes))
    ratio, why = variance_ratio(va, vb, vd)
    needed = _needed(found, _Scatter(t_quantile(df) * math.sqrt(vd), df, most_common(flat)[1]))
    return Difference(*found[:3], ratio, needed, found.n, notes(note, found.reason, why))


def paired_strata(*sides: Sequence[ArrayLike], unit: str = "window") -> tuple[list[list[Floats]], str | None]:
    """Strata [h][n_h] of several sides without the windows that are NaN in one of them, and a note on those."""
    strata = [[finite_or_nan(s) for s in side] for side in sides]
    sizes = [[len(s) for s in side] for side in strata]
    if any(size != sizes[0] for size in sizes):
        raise UsageError(f"paired totals need the same windows in the same strata, got {sizes}")
    whole = [~np.isnan(np.array(windows)).any(axis=0) for windows in zip(*strata, strict=True)]
    kept = [[s[w] for s, w in zip(side, whole, strict=True)] for side in strata]
    return kept, lost(sum(sizes[0]), sum(int(w.sum()) for w in whole), unit)


def variance_ratio(a: float, b: float, between: float) -> tuple[float | None, str | None]:
    """(Var A + Var B) / Var(A - B): how many times the replications that independent draws would need."""
    if between <= 1e-20 * (a + b):
        return None, "no variance ratio: the difference is constant"
    return (a + b) / between, None


def break_even(
    first: tuple[ArrayLike, ArrayLike] | tuple[Sequence[ArrayLike], Sequence[ArrayLike]],
    second: tuple[ArrayLike, ArrayLike] | tuple[Sequence[ArrayLike], Sequence[ArrayLike]],
    weights: Sequence[float] | None = None,
    unit: str = "window",
) -> BreakEven:
    """The belief p at which without + p x more is equal in two postures. Fieller (1954).

    Each posture: (without, more) of the same windows or replications [n]: a quantity if what is believed in does not exist,
    and how much more it is if it does, as X1 and X2 of the undeclared channel; with weights per stratum [h][n_h], as in
    stratified_total; unit: what one of the n is called in reasons.
    """
    sides: list[Any] = [[part] if weights is None else part for posture in (first, second) for part in posture]
    weights = [1.0] if weights is None else weights
    (x1_first, x2_first, x1_second, x2_second), note = paired_strata(*sides, unit=unit)
    saved = [b - a for a, b in zip(x1_first, x1_second, strict=True)]
    risked = [a - b for a, b in zip(x2_first, x2_second, strict=True)]
    y, x = (stratified_total(s, weights, kind="exact").estimate for s in (saved, risked))
    if y is None or x is None:
        return BreakEven(None, None, None, None, None, notes(note, f"a stratum has no {unit}"))
    limits, why = _belief_limits(saved, risked, weights, y, x, unit) if x else ((None, None), None)
    if x and 0.0 <= y / x <= 1.0:
        return BreakEven(abs(y / x), *limits, _less(-x), _less(x), notes(note, why))
    side = _less(x / 2.0 - y)
    always = f"less in the {side} at every belief" if side else "the same at every belief"
    return BreakEven(None, *limits, side, side, notes(note, always, why if limits[0] is not None else None))


def _belief_limits(
    saved: list[Floats], risked: list[Floats], weights: Sequence[float], y: float, x: float, unit: str
) -> tuple[tuple[float | None, float | None], str | None]:
    """Fieller's limits of y / x within [0, 1], and why they are missing or wide."""
    residual = np.concatenate([a - b * (y / x) for a, b in zip(saved, risked, strict=True)])
    residual[np.abs(residual) <= 1e-12 * np.abs(np.concatenate(saved + risked)).max()] = 0.0
    n, others = len(residual), most_common(residual)[1]
    if n < TESTED_N or others < TESTED_N:
        return (None, None), too_few(unit) if n < TESTED_N else few_differ("one belief", others, n, unit)
    (yy, df), (xx, _) = total_variance(saved, weights), total_variance(risked, weights)
    both = [a + b for a, b in zip(saved, risked, strict=True)]
    xy = (total_variance(both, weights)[0] - yy - xx) / 2.0
    limits = fieller(y, x, (yy, xy, xx), df)
    if limits is None:
        return (0.0, 1.0), "the interval is unbounded: any belief"
    low, high = max(limits[0], 0.0), min(limits[1], 1.0)
    return ((low, high) if low <= high else (None, None)), None


def _less(first_minus_second: float) -> Side | None:
    """Which has less, from the sign of the difference of the totals."""
    if first_minus_second == 0.0:
        return None
    return "first" if first_minus_second < 0.0 else "second"


def _no_t_for_ratios(columns: list[Floats], per: str) -> str | None:
    """Why Student's t can not compare two ratios, from their (ya, xa, yb, xb) [n]; None if it can."""
    ya, xa, yb, xb = columns
    n = len(ya)
    changed = int(np.count_nonzero((ya != yb) | (xa != xb)))
    if changed == 0:
        return IDENTICAL
    if n < TESTED_N:
        return too_few()
    if min(np.count_nonzero(xa), np.count_nonzero(xb)) < TESTED_N:
        return f"{per} in fewer than {TESTED_N} replications of one posture"
    hits = int(np.count_nonzero((ya != 0.0) | (yb != 0.0)))
    if hits < TESTED_N:
        return few_differ("0", hits, n)
    return few_differ("identical", changed, n) if changed < TESTED_N else None


def _missing(estimate: float | None, n: int, *reasons: str | None) -> Difference:
    """A difference without interval, variance ratio or needed number, and why."""
    return Difference(estimate, None, None, None, None, n, notes(*reasons))


def _compared(found: Estimate, x: Floats, y: Floats, note: str | None, scatter: _Scatter | None = None) -> Difference:
    """A paired estimate with what the pairing gained, from the values [n] of both postures."""
    if len(x) and np.array_equal(x, y):
        return Difference(*found[:3], None, None, found.n, notes(note, IDENTICAL))
    if len(x) < 2:
        return _missing(found.estimate, found.n, note, found.reason if found.n else None)
    ratio, why = variance_ratio(float(x.var()), float(y.var()), float((x - y).var()))
    return Difference(*found[:3], ratio, _needed(found, scatter), found.n, notes(note, found.reason, why))


def _scatter(changes: Floats) -> _Scatter | None:
    """The plain t interval of the mean of changes [n], for the number that is needed."""
    n = len(changes)
    if n < 2:
        return None
    return _Scatter(t_quantile(n - 1) * float(changes.std(ddof=1)) / math.sqrt(n), n - 1, most_common(changes)[1])


def _needed(found: Estimate, scatter: _Scatter | None = None) -> int | None:
    """Smallest n whose interval would leave 0 out, were estimate and scatter to stay as they are."""
    value, low, high, n = found[:4]
    if value is None or value == 0.0 or (low is not None and low > 0.0) or (high is not None and high < 0.0):
        return None
    toward_zero = low if value > 0.0 else high
    half, df, least = None, math.inf, n + 1
    if scatter is not None and (n < TESTED_N or scatter.others < TESTED_N):
        half, df = scatter.half, scatter.df
        least = max(TESTED_N, math.ceil(n * TESTED_N / max(scatter.others, 1)))
    elif toward_zero is not None:
        half, df = abs(value - toward_zero), scatter.df if scatter else math.inf
    if half is None or half > 1e4 * abs(value):
        return None
    sigma = half * math.sqrt(n) / t_quantile(df)
    count = max(least, math.ceil((sigma * t_quantile(math.inf) / value) ** 2))
    while t_quantile(df * count / n) * sigma > abs(value) * math.sqrt(count):
        count += 1
    return count
