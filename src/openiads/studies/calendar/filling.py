"""How a signature database fills: the probability that an aspect cell has its dwells after some days.

Equations and their check: docs/equations/calendar.md.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
_NODES = 24  # of the mixture over sites


class Moments(NamedTuple):
    """Dwells of a day in each cell [C]: mean, variance from day to day at one site, squared variation from site to site."""

    mean: Floats
    variance: Floats
    spread: Floats  # variance between sites over the squared mean


def moments(counts: Floats, hours: Floats, window: float) -> Moments:
    """From dwells in windows [R sites, K parts of the day, C cells], each of `window` h, standing for hours [K] of a day.

    Two-way layout with one window a place: what sites and hours do not explain is scatter from window to window; what
    sites differ by beyond that scatter is lasting (Searle, Casella & McCulloch 1992, 4.4). Flights come independently, so the
    windows of a part of the day do.
    """
    sites, parts, _ = counts.shape
    scale = (hours / window)[None, :, None]
    days = (counts * scale).sum(axis=1)
    mean = days.mean(axis=0)
    if sites < 2:
        return Moments(mean, mean.copy(), np.zeros_like(mean))
    residual = counts - counts.mean(axis=0) - (counts.mean(axis=1) - counts.mean(axis=(0, 1)))[:, None, :]
    scatter = (residual**2).sum(axis=(0, 1)) / ((sites - 1) * max(1, parts - 1))
    if parts == 1:
        scatter = counts.var(axis=0, ddof=1)[0]
    variance = np.maximum(mean, (hours / window).sum() * scatter)
    lasting = np.maximum(0.0, days.var(axis=0, ddof=1) - ((hours / window) ** 2).sum() * scatter)
    spread = np.divide(lasting, mean**2, out=np.zeros_like(mean), where=mean > 0.0)
    return Moments(mean, variance, spread)


def filled(mean: Floats, variance: Floats, spread: Floats, dwells: int) -> Floats:
    """Probability [...] of at least `dwells` dwells of a sum over days with these moments.

    At one site passes are Poisson and the dwells of a pass follow the logarithmic series: a negative binomial (Quenouille
    1949). Sites multiply the rate of passes by a gamma variable of mean 1 and variance `spread`.
    """
    mean, variance, spread = np.broadcast_arrays(mean, variance, spread)
    out = np.zeros(mean.shape)
    on = mean > 0.0
    m, v, s = mean[on], np.maximum(variance[on], mean[on]), spread[on]
    if dwells == 1:  # the mixture has a closed form: the Laplace transform of the gamma
        passes = _passes(m, v)
        out[on] = np.where(s > 1e-9, -np.expm1(-np.log1p(s * passes) / np.maximum(s, 1e-9)), -np.expm1(-passes))
        return out
    total = np.zeros(m.shape)
    for g in _gamma_points(s):
        total += _at_least(g * m, v / m, dwells)
    out[on] = total / _NODES
    return out


def _passes(mean: Floats, variance: Floats) -> Floats:
    """Expected number of passes: minus the logarithm of the probability of no dwell."""
    index = np.maximum(variance / mean, 1.0 + 1e-12)
    return mean / (index - 1.0) * np.log(index)


def _at_least(mean: Floats, index: Floats, dwells: int) -> Floats:
    """P(N >= dwells) of a negative binomial with a mean and an index of dispersion; a Poisson where that is 1."""
    size = mean / np.maximum(index - 1.0, 1e-12)
    clustered = special.betainc(dwells, np.maximum(size, 1e-300), 1.0 - 1.0 / np.maximum(index, 1.0 + 1e-12))
    return np.where(index > 1.0 + 1e-9, clustered, special.gammainc(dwells, mean))


def _gamma_points(spread: Floats) -> list[Floats]:
    """Gamma variables of mean 1 and variance `spread`: means of equally likely slices, so that the mean is exact."""
    shape = 1.0 / np.maximum(spread, 1e-9)
    edges = np.linspace(0.0, 1.0, _NODES + 1)
    limits = [special.gammaincinv(shape, q) for q in edges[:-1]] + [np.full(shape.shape, np.inf)]
    below = [special.gammainc(shape + 1.0, x) for x in limits]
    return [_NODES * (b - a) for a, b in pairwise(below)]


def at_most(hours: Floats, observed: float) -> Floats:
    """Probability [...] that a cell without a dwell in `observed` h of windows is passed in some hours: the 95 % upper limit
    of its rate (the rule of three), a pass taken to be enough."""
    return np.asarray(-np.expm1(-math.log(20.0) / observed * hours))


def share_filled(probability: Floats, weight: Floats, shown: Floats) -> Floats:
    """Filled share [...] of the solid angle of the cells shown, from probabilities [..., C] and the probability [C] that a site
    shows a cell, which they include; 0 where nothing is shown."""
    whole = float(weight @ shown)
    if whole == 0.0:
        return np.zeros(probability.shape[:-1])
    out: Floats = probability @ weight / whole
    return out
