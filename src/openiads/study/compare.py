"""Two postures on common random numbers: paired differences, what the pairing gained, and the break-even belief.

Every difference is a - b, replication by replication: a is the posture, b the baseline.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from openiads.errors import UsageError
from openiads.study.statistics import (
    TESTED_N,
    Bounds,
    Estimate,
    Kind,
    censored_ranges,
    defined_pairs,
    defined_strata,
    finite_or_nan,
    lost,
    mean_t,
    notes,
    quantile_of_ranges,
    stratified_total,
    total_variance,
)

IDENTICAL = "identical in every replication"
CONSTANT = "differs by a constant: no variance ratio"


class Difference(NamedTuple):
    """a - b with its 95 % interval, (Var A + Var B) / Var(A - B), and the n that would decide the sign."""

    estimate: float | None
    low: float | None
    high: float | None
    variance_ratio: float | None
    needed: int | None
    n: int
    reason: str | None = None


class BreakEven(NamedTuple):
    """The belief at which two postures let the same leave, its 95 % interval, and who lets less leave on each side."""

    belief: float | None
    low: float | None
    high: float | None
    less_below: Literal["first", "second"] | None
    less_above: Literal["first", "second"] | None
    reason: str | None = None


def difference_of_means(
    a: ArrayLike, b: ArrayLike, *, kind: Kind = "sampled", bounds: Bounds | None = None
) -> Difference:
    """Mean of a - b over replications [n]; bounds are those of one value, as in mean_t."""
    x, y, note = defined_pairs(a, b)
    width = bounds[1] - bounds[0] if bounds else None
    found = mean_t(x - y, kind=kind, bounds=(-width, width) if width is not None else None)
    if len(x) and np.array_equal(x, y):
        return _identical(found, note)
    ratio = None if len(x) < 2 else _variance_ratio(float(x.var()), float(y.var()), float((x - y).var()))
    return _difference(found, ratio, note, _needed(found, found.n - 1))


def difference_of_proportions(a: ArrayLike, b: ArrayLike) -> Difference:
    """P(a) - P(b) of an event [n] of 0 and 1; square-and-add of exact limits (Newcombe 1998; Zou & Donner 2008)."""
    x, y, note = defined_pairs(a, b)
    if not np.isin(x, (0.0, 1.0)).all() or not np.isin(y, (0.0, 1.0)).all():
        raise UsageError("an event of a replication is 0, 1 or NaN; for other values use difference_of_means")
    n = len(x)
    if n == 0:
        return Difference(None, None, None, None, None, 0, note)
    d = x - y
    found = Estimate(float(d.mean()), *_paired_limits(int((d > 0).sum()), int((d < 0).sum()), n), n)
    if not d.any():
        return _identical(found, note)
    ratio = _variance_ratio(float(x.var()), float(y.var()), float(d.var()))
    return _difference(found, ratio, note, _needed(found, math.inf))


def difference_of_ratios(
    a: tuple[ArrayLike, ArrayLike],
    b: tuple[ArrayLike, ArrayLike],
    *,
    scale: float = 1.0,
    per: str = "denominator",
) -> Difference:
    """scale x (ratio of a - ratio of b); each (numerators, denominators) [n]; jackknife (Miller 1974)."""
    columns = np.array(np.broadcast_arrays(*(finite_or_nan(c) for c in (*a, *b))))
    kept = columns[:, ~np.isnan(columns).any(axis=0)]
    n = kept.shape[1]
    note = lost(columns.shape[1], n)
    if n == 0 or not kept[1].any() or not kept[3].any():
        missing = f"no {per} in any replication of one posture" if n else None
        return Difference(None, None, None, None, None, n, notes(note, missing))
    whole = scale * (kept[0].sum() / kept[1].sum() - kept[2].sum() / kept[3].sum())
    if np.array_equal(kept[:2], kept[2:]):
        return _identical(Estimate(0.0, None, None, n), note)
    if min(np.count_nonzero(kept[1]), np.count_nonzero(kept[3])) < TESTED_N:
        few = f"{per} in fewer than {TESTED_N} replications of one posture"
        return Difference(float(whole), None, None, None, None, n, notes(note, few))
    first, second = _pseudo(kept[0] * scale, kept[1]), _pseudo(kept[2] * scale, kept[3])
    found = mean_t(first - second)._replace(estimate=float(whole))
    ratio = _variance_ratio(float(first.var()), float(second.var()), float((first - second).var()))
    return _difference(found, ratio, note, _needed(found, n - 1))


def median_of_differences(
    a: ArrayLike,
    b: ArrayLike,
    *,
    right: tuple[ArrayLike, ArrayLike] | None = None,
    left: tuple[ArrayLike, ArrayLike] | None = None,
) -> Difference:
    """Median of a - b over replications [n], free of any distribution; masks of censoring as in quantile, for a and b.

    This is the median of the changes, which need not be the change of the medians.
    """
    rights, lefts = right or (None, None), left or (None, None)
    least_a, most_a = censored_ranges(a, rights[0], lefts[0])
    least_b, most_b = censored_ranges(b, rights[1], lefts[1])
    if len(least_a) != len(least_b):
        raise UsageError(f"paired values have one length, got {len(least_a)} and {len(least_b)}")
    found = quantile_of_ranges(least_a - most_b, most_a - least_b, 0.5)
    whole = np.isfinite(least_a) & np.isfinite(most_a) & np.isfinite(least_b) & np.isfinite(most_b)
    x, y = least_a[whole], least_b[whole]
    if len(x) and len(x) == found.n and np.array_equal(x, y):
        return _identical(found, found.reason)
    if len(x) < found.n or len(x) < 2:
        censored = "censored: no variance ratio" if found.n else None
        return _difference(found, (None, censored), None, _needed(found, math.inf))
    ratio = _variance_ratio(float(x.var()), float(y.var()), float((x - y).var()))
    return _difference(found, ratio, None, _needed(found, math.inf))


def difference_of_totals(
    a: Sequence[ArrayLike], b: Sequence[ArrayLike], weights: Sequence[float], *, kind: Kind = "sampled"
) -> Difference:
    """Difference of two stratified totals over the same windows, as in stratified_total."""
    pairs = _paired_strata(a, b)
    changes = [x - y for x, y in pairs]
    found = stratified_total(changes, weights, kind=kind)
    if found.n and all(np.array_equal(x, y) for x, y in pairs):
        return _identical(found._replace(reason=None), found.reason)
    if found.n < 2 or found.estimate is None:
        return _difference(found, (None, None), None, None)
    variances = [total_variance(defined_strata(s, weights)[0], weights) for s in (*zip(*pairs, strict=True), changes)]
    ratio = _variance_ratio(*(v for v, _ in variances))
    return _difference(found, ratio, None, _needed(found, variances[2][1]))
