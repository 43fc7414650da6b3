"""How far a picture is from the truth: OSPA (Schuhmacher, Vo, Vo 2008) and GOSPA (Rahmathullah et al. 2017)."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist


def ospa(truth: np.ndarray, tracks: np.ndarray, cutoff: float, order: float) -> float:
    """Distance (m) per object of two sets of points [n, d] and [m, d], order p."""
    n, m = sorted((len(truth), len(tracks)))
    if m == 0:
        return 0.0
    if n == 0:
        return cutoff
    cost = np.minimum(cdist(truth, tracks), cutoff) ** order
    matched = cost[linear_sum_assignment(cost)].sum()
    return float(((matched + cutoff**order * (m - n)) / m) ** (1 / order))


def gospa(truth: np.ndarray, tracks: np.ndarray, cutoff: float, order: float) -> float:
    """Distance (m) of two sets of points, alpha 2: every missed or false one costs cutoff^p / 2."""
    alone = cutoff**order / 2
    missed = np.where(np.eye(len(truth), dtype=bool), alone, np.inf)
    # a pair costs its distance and saves a false track
    pair = cdist(truth, tracks) ** order - alone if len(truth) and len(tracks) else np.zeros((len(truth), len(tracks)))
    cost = np.hstack([pair, missed])
    cost = np.where(cost > alone, 1e18, cost)
    rows, columns = linear_sum_assignment(cost)
    return float(max(0.0, cost[rows, columns].sum() + alone * len(tracks)) ** (1 / order))
