"""What drives a difference: the share of its variance over the draws that one input accounts for by itself.

First-order variance shares from given draws (Plischke, Borgonovo & Smith 2013): the draws are put into classes of the
input, and the variance between classes is compared with all variance, less what chance alone would give (Kelley 1935).
Equations, and how often the intervals cover: docs/equations/robustness.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from openiads.scenario.box import Input
from openiads.studies.statistics import Floats, t_quantile

LEAST = 12  # draws below which no driver is looked for
_PERMUTATIONS = 500
_CHANCE = 0.95  # how often the largest share by chance stays below the level that is printed
_THIRD = 1.0 / 3.0


class Driver(NamedTuple):
    """An input with its share of the variance, the 95 % interval, and the mean difference at its two ends.

    The ends of a number are its lower and upper third; of a choice, those with the smallest and the largest mean.
    """

    input: str
    share: float
    low: float
    high: float
    at: tuple[str, str]
    mean: tuple[float, float]


class Drivers(NamedTuple):
    """Inputs by share, the level that the largest of all reaches by chance one time in twenty, or why there are none."""

    found: list[Driver]
    level: float | None
    n: int
    reason: str | None = None


def drivers(inputs: list[Input], values: Mapping[str, np.ndarray], y: Floats, seed: int, most: int = 8) -> Drivers:
    """The inputs with the largest shares of the variance of y [draws], NaN = undefined, inf = no limit; values: their columns."""
    kept = np.isfinite(y)
    y = y[kept]
    n = len(y)
    if n < LEAST:
        return Drivers([], None, n, f"defined in {n} draws, {LEAST} are needed")
    if not inputs or np.all(y == y[0]):
        return Drivers([], None, n, "the same in every draw" if inputs else "no input is varied")
    columns = [values[x.name][kept] for x in inputs]
    classes = [classes_of(c, x) for x, c in zip(inputs, columns, strict=True)]
    shares = np.array([variance_share(y, c) for c in classes])
    level = chance_level(y, classes, seed)
    order = sorted(range(len(inputs)), key=lambda i: (-shares[i], inputs[i].name))[:most]
    return Drivers([_driver(inputs[i], columns[i], classes[i], y) for i in order], level, n)


def classes_of(column: np.ndarray, x: Input) -> np.ndarray:
    """The class int[n] of every draw: the choice, or one of about n^(1/2) / 2 equally filled steps of a number."""
    if x.scale == "choice":
        return np.unique(column, return_inverse=True)[1]
    count = max(3, int(0.5 * math.sqrt(len(column))))
    place = np.searchsorted(np.sort(column), column)  # equal values fall into one class
    return place * count // len(column)


def variance_share(y: Floats, classes: np.ndarray) -> float:
    """Variance of y [n] between classes int[n] over all variance, free of its bias by chance; below 0 by chance only."""
    k = len(np.unique(classes))
    return float(_corrected(_between(y - y.mean(), classes), len(y), k))


def variance_share_limits(y: Floats, classes: np.ndarray) -> tuple[float, float]:
    """95 % limits of the share from a jackknife over the draws (Miller 1974)."""
    n = len(y)
    whole = variance_share(y, classes)
    keep = ~np.eye(n, dtype=bool)
    without = np.array([variance_share(y[k], classes[k]) if np.ptp(y[k]) else whole for k in keep])
    pseudo = n * whole - (n - 1) * without
    half = t_quantile(n - 1) * float(pseudo.std(ddof=1)) / math.sqrt(n)
    return max(0.0, whole - half), min(1.0, whole + half)


def chance_level(y: Floats, classes: list[np.ndarray], seed: int) -> float:
    """The share that the largest of all inputs stays below in 95 % of random orders of y (Westfall & Young 1993)."""
    rng = np.random.default_rng([seed, len(y), len(classes)])
    shuffled = rng.permuted(np.broadcast_to(y - y.mean(), (_PERMUTATIONS, len(y))), axis=1)
    largest = np.full(_PERMUTATIONS, -np.inf)
    for c in classes:
        members = np.eye(int(c.max()) + 1)[c]  # [n, k]
        counts = members.sum(axis=0)
        sums = (shuffled @ members)[:, counts > 0]
        between = (sums**2 / counts[counts > 0]).sum(axis=1) / float(shuffled[0] @ shuffled[0])
        np.maximum(largest, _corrected(between, len(y), sums.shape[1]), out=largest)
    return max(0.0, float(np.quantile(largest, _CHANCE)))


def _between(centred: Floats, classes: np.ndarray) -> float:
    """Sum of squares between classes over the whole."""
    sums, counts = np.bincount(classes, centred), np.bincount(classes)
    filled = counts > 0
    return float((sums[filled] ** 2 / counts[filled]).sum() / (centred @ centred))


def _corrected(between: Any, n: int, k: int) -> Any:
    """Kelley's epsilon squared: by chance k classes of n draws account for (k - 1) / (n - 1)."""
    by_chance = (k - 1) / (n - 1)
    return (between - by_chance) / (1.0 - by_chance)


def _driver(x: Input, column: np.ndarray, classes: np.ndarray, y: Floats) -> Driver:
    share = variance_share(y, classes)
    low, high = variance_share_limits(y, classes)
    if x.scale == "choice":
        means = {str(name): float(y[column == name].mean()) for name in np.unique(column)}
        first, last = min(means, key=lambda name: means[name]), max(means, key=lambda name: means[name])
        return Driver(x.name, max(0.0, share), low, high, (first, last), (means[first], means[last]))
    a, b = np.quantile(column, [_THIRD, 1.0 - _THIRD])
    lower, upper = y[column <= a], y[column >= b]
    ends = f"{_few(x.low)} to {_few(a)}", f"{_few(b)} to {_few(x.high)}"
    return Driver(x.name, max(0.0, share), low, high, ends, (float(lower.mean()), float(upper.mean())))


def _few(x: float) -> str:
    """Three digits; thousands in full."""
    return f"{x:,.0f}" if 1e3 <= abs(x) < 1e7 else f"{x:.3g}"
