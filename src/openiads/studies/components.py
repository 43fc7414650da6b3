"""How much of a table of postures by draws the draw explains, with an interval over the draws (docs/equations/statistics.md)."""

from __future__ import annotations

import numpy as np

from openiads.studies.statistics import Estimate, Floats, mean_t

FEWEST = 20  # draws: with fewer the interval held the truth too rarely


def share_of_draws(grid: Floats) -> Estimate:
    """Variance between draws over the sum of those between draws and between postures, grid [P, n].

    Jackknife over the draws of the logarithm of their quotient (Miller 1974), widened for skewness; no interval below FEWEST.
    """
    n = grid.shape[1]
    if n < 3:
        return Estimate(None, None, None, n, "fewer than 3 draws")
    by_draw = grid.mean(axis=0)
    rest = grid - by_draw
    means, within = _without_each(grid)[0], _without_each(rest)[1]
    whole = _odds(by_draw.var(ddof=1), grid.mean(axis=1), rest.var(axis=1, ddof=1), n)
    without = _odds(_without_each(by_draw)[1], means, within, n - 1)
    if not (np.isfinite(whole) and np.isfinite(without).all()):
        value = None if np.isnan(whole) else _share(float(whole))
        return Estimate(value, None, None, n, "one of the two variances is no larger than chance makes it")
    pseudo = n * whole - (n - 1) * without
    found, value = mean_t(pseudo), _share(float(pseudo.mean()))
    if n < FEWEST or found.low is None or found.high is None:
        return Estimate(value, None, None, n, f"fewer than {FEWEST} draws" if n < FEWEST else found.reason)
    return Estimate(value, _share(found.low), _share(found.high), n)


def _odds(between_draws: Floats, means: Floats, rest: Floats, n: int) -> Floats:
    """Logarithm of variance between draws over variance between postures, both without bias.

    means: of the postures [P, …]; rest: variance [P, …] of what the draw alone does not explain, which n draws leave in them.
    """
    between_postures = means.var(axis=0) - rest.mean(axis=0) / n
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(between_draws) - np.log(np.maximum(between_postures, 0.0)))


def _without_each(x: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of x [..., n] without each of its values in turn."""
    n = x.shape[-1]
    mean = x.mean(axis=-1, keepdims=True)
    gap = x - mean
    squares = (gap**2).sum(axis=-1, keepdims=True)
    return mean - gap / (n - 1), (squares - n / (n - 1) * gap**2) / (n - 2)


def _share(odds: float) -> float:
    return 1.0 / (1.0 + float(np.exp(-odds)))
