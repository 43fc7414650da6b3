"""Which postures are non-dominated, their ranks and their regrets; values are turned so that more is better.

Arrays: D draws, P postures, M metrics; NaN where a metric is undefined. Equations: docs/equations/robustness.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from openiads.studies.statistics import Floats

Flags = NDArray[np.bool_]


def turned(values: Floats, better: list[str]) -> Floats:
    """Values [..., M] with the sign that makes more of every metric better; better: low or high, per metric."""
    return values * np.array([1.0 if b == "high" else -1.0 for b in better])


def non_dominated(values: Floats, *, leave_out: bool = False) -> Flags:
    """Postures [..., P] that no other matches in every metric and beats in one, from values [..., P, M].

    Undefined equals undefined and compares with nothing else; leave_out: what is undefined in one of two does not count between them.
    """
    a, b = values[..., :, None, :], values[..., None, :, :]
    missing = np.isnan(a) | np.isnan(b) if leave_out else np.isnan(a) & np.isnan(b)
    matches = (a >= b) | missing
    dominated: Flags = np.asarray(matches.all(axis=-1) & (a > b).any(axis=-1))
    return np.asarray(~dominated.any(axis=-2))


def non_dominated_decided(better: Flags) -> Flags:
    """Postures [..., P] that no other beats decidedly in one metric without being beaten decidedly in another.

    better [..., P, P, M]: the first is better than the second, the interval of the paired difference leaves 0 out. Ties
    within noise do not hand on, so postures may beat one another in a circle: then none of them is out for it.
    """
    some: Flags = np.asarray(better.any(axis=-1))
    beats: Flags = some & ~some.swapaxes(-1, -2)
    for _ in range(better.shape[-2].bit_length()):
        beats = beats | np.asarray((beats[..., :, :, None] & beats[..., None, :, :]).any(axis=-2))
    return np.asarray(~(beats & ~beats.swapaxes(-1, -2)).any(axis=-2))


def ranks(values: Floats) -> Floats:
    """Rank [..., P, M] from 1, equal values sharing the best one; NaN where undefined."""
    above = (values[..., None, :, :] > values[..., :, None, :]).sum(axis=-2)
    return np.where(np.isnan(values), np.nan, 1.0 + above)


def regret(values: Floats) -> Floats:
    """How much [..., P, M] each posture falls short of the best one, in the metric's unit (Savage 1951).

    Infinite for one without limit beside one that has one; 0 where all are without.
    """
    best = np.max(np.where(np.isnan(values), -np.inf, values), axis=-2, keepdims=True)
    with np.errstate(invalid="ignore"):
        short = np.where(values == best, 0.0, best - values)
    return np.where(np.isnan(values), np.nan, short)
