"""Two estimates of one thing made one, and which tracks of two nodes are of one thing. docs/equations/tracking-metrics.md."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree
from scipy.stats import chi2

from openiads.errors import UsageError
from openiads.tracking.scene import assign

_HALVINGS = 60  # of the interval in which the weight of a covariance intersection lies
_UPPER = np.triu_indices(3)


def full_covariance(p: np.ndarray) -> np.ndarray:
    """The covariances of `Tracks.p`, [..., 21], as matrices [..., 6, 6]."""
    p = np.asarray(p, np.float64)
    out = np.zeros((*p.shape[:-1], 6, 6))
    i, j = _UPPER
    out[..., i, j] = out[..., j, i] = p[..., :6]
    cross = p[..., 6:15].reshape(*p.shape[:-1], 3, 3)
    out[..., :3, 3:], out[..., 3:, :3] = cross, np.swapaxes(cross, -1, -2)
    out[..., 3 + i, 3 + j] = out[..., 3 + j, 3 + i] = p[..., 15:]
    return out


def packed_covariance(p: np.ndarray) -> np.ndarray:
    """Matrices [..., 6, 6] as `Tracks.p` holds them, [..., 21]: the inverse of full_covariance."""
    p = np.asarray(p, np.float64)
    i, j = _UPPER
    cross = p[..., :3, 3:].reshape(*p.shape[:-2], 9)
    return np.concatenate([p[..., i, j], cross, p[..., 3 + i, 3 + j]], axis=-1)


def fuse_independent(a: np.ndarray, p_a: np.ndarray, b: np.ndarray, p_b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """State [..., n] and covariance [..., n, n] of two estimates whose errors have nothing in common."""
    return fuse_correlated(a, p_a, b, p_b, np.zeros_like(np.asarray(p_a, np.float64)))


def fuse_correlated(
    a: np.ndarray, p_a: np.ndarray, b: np.ndarray, p_b: np.ndarray, cross: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The same with the cross-covariance E[(a - x)(b - x)^T] of the errors, [..., n, n] (Bar-Shalom & Campo 1986)."""
    a, p_a, b, p_b, cross = (np.asarray(m, np.float64) for m in (a, p_a, b, p_b, cross))
    _check(a, p_a, b, p_b)
    own = p_a - cross
    total = own + p_b - _t(cross)
    gain = _t(np.linalg.solve(_t(total), _t(own)))
    x = a + (gain @ (b - a)[..., None])[..., 0]
    return x, _even(p_a - gain @ _t(own))


def covariance_intersection(
    a: np.ndarray, p_a: np.ndarray, b: np.ndarray, p_b: np.ndarray, least: str = "trace"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """State [..., n], covariance [..., n, n] and weight of a [...]: never too sure, whatever the errors have in common.

    Of the weights, the one with the least trace or determinant (Julier & Uhlmann 1997). Both are convex, so the slope
    is halved to its zero, in the axes in which both inverse covariances are diagonal.
    """
    a, p_a, b, p_b = (np.asarray(m, np.float64) for m in (a, p_a, b, p_b))
    _check(a, p_a, b, p_b)
    if least not in ("trace", "determinant"):
        raise UsageError(f"covariance intersection: least = '{least}' is not known; trace or determinant")
    root = np.linalg.cholesky(p_a)
    d, turn = np.linalg.eigh(_even(_t(root) @ np.linalg.solve(p_b, root)))
    axes = root @ turn  # axes^T P_a^-1 axes = 1, axes^T P_b^-1 axes = d
    size = (axes**2).sum(axis=-2)

    def slope(w: np.ndarray) -> np.ndarray:
        """Sign of the change of the trace, or of the logarithm of the determinant, with w."""
        mixed = w[..., None] + (1.0 - w[..., None]) * d
        return np.asarray(((d - 1.0) * (size / mixed**2 if least == "trace" else 1.0 / mixed)).sum(axis=-1))

    low, high = np.zeros(d.shape[:-1]), np.ones(d.shape[:-1])
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        rising = slope(middle) >= 0.0
        low, high = np.where(rising, low, middle), np.where(rising, middle, high)
    w = 0.5 * (low + high)
    w = np.where(slope(np.zeros_like(w)) > 0.0, 0.0, np.where(slope(np.ones_like(w)) < 0.0, 1.0, w))
    same = np.abs(d - 1.0).max(axis=-1) < 1e-12
    w = np.where(same, 0.5, w)
    mixed = w[..., None] + (1.0 - w[..., None]) * d
    p = _even((axes / mixed[..., None, :]) @ _t(axes))
    weighed = w[..., None] * _solved(p_a, a) + (1.0 - w[..., None]) * _solved(p_b, b)
    return (p @ weighed[..., None])[..., 0], p, w


def correlate(
    a: np.ndarray, p_a: np.ndarray, b: np.ndarray, p_b: np.ndarray, probability: float = 0.999
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which tracks of one node, [N, n], are those of another, [M, n], at one time: rows of both, and their d2, each [P].

    A pair's difference lies in the gate that holds this share of true pairs; the pairs chosen are the likeliest of all.
    Errors count as independent, so those with a common part gate a little too easily.
    """
    a, p_a, b, p_b = (np.asarray(m, np.float64) for m in (a, p_a, b, p_b))
    _check(a, p_a, b, p_b, same=False)
    if not 0.0 < probability < 1.0:
        raise UsageError(f"correlate: probability = {probability!r} must lie between 0 and 1")
    none = np.zeros(0, np.int64)
    if len(a) == 0 or len(b) == 0:
        return none, none, np.zeros(0)
    limit = float(chi2.ppf(probability, a.shape[-1]))
    i, j = _candidates(a, p_a, b, p_b, limit)
    total = p_a[i] + p_b[j]
    difference = a[i] - b[j]
    d2 = squared_distance(difference, total)
    inside = d2 <= limit
    i, j, d2 = i[inside], j[inside], d2[inside]
    if i.size == 0:
        return none, none, np.zeros(0)
    spread = np.linalg.slogdet(total[inside])[1]
    taken = assign(i, j, limit - d2 + spread.max() - spread + 1e-9)
    return i[taken], j[taken], d2[taken]


def squared_distance(difference: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Squared Mahalanobis distance, [...], of differences [..., n] with covariances [..., n, n]."""
    return np.asarray((difference * _solved(covariance, difference)).sum(axis=-1))


def _candidates(
    a: np.ndarray, p_a: np.ndarray, b: np.ndarray, p_b: np.ndarray, limit: float
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs whose places (the first three numbers at most) are not too far apart for the gate, by a tree."""
    k = min(3, a.shape[-1])
    width_a, width_b = (np.linalg.eigvalsh(p[:, :k, :k])[:, -1] for p in (p_a, p_b))
    found = cKDTree(b[:, :k]).query_ball_point(a[:, :k], np.sqrt(limit * (width_a + width_b.max())))
    count = np.array([len(f) for f in found])
    i = np.repeat(np.arange(len(a)), count)
    return i, np.concatenate([np.asarray(f, np.int64) for f in found])


def _check(a: np.ndarray, p_a: np.ndarray, b: np.ndarray, p_b: np.ndarray, same: bool = True) -> None:
    for x, p in ((a, p_a), (b, p_b)):
        if p.shape != (*x.shape, *x.shape[-1:]):
            raise UsageError(
                f"a covariance has shape {p.shape}; for states of shape {x.shape} it must be {(*x.shape, *x.shape[-1:])}"
            )
    if a.shape[-1:] != b.shape[-1:] or (same and a.shape != b.shape):
        raise UsageError(f"states of shapes {a.shape} and {b.shape} can not be put together")


def _t(m: np.ndarray) -> np.ndarray:
    return np.swapaxes(m, -1, -2)


def _even(m: np.ndarray) -> np.ndarray:
    return 0.5 * (m + _t(m))


def _solved(p: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.solve(p, x[..., None])[..., 0])
