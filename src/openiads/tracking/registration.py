"""Registration errors of radars (range, azimuth, clock) from targets that several sensors saw. docs/equations/registration.md.

>>> from openiads.tracking import common_targets, estimate_bias
>>> found = estimate_bias(plots, radars, common_targets(plots, radars))
>>> tracks = Tracker(found.applied(radars)).process(plots)
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import chi2

from openiads.errors import UsageError
from openiads.tracking.earth import Earth, require_earth
from openiads.tracking.pieces import (
    POSITION,
    Looks,
    Reduced,
    Seen,
    first_paths,
    foretold,
    looks_at_common,
    reduced,
    shared,
)
from openiads.tracking.plots import Plots, Radar, Source

PRIOR = (500.0, math.radians(1.0), 2.0)  # m, rad, s: one sigma of errors of which nothing is known
MOST = 150_000  # plots that are used
GROUPS = 200  # of targets that are left out one after another
_ROUNDS, _STILL = 30, 0.01  # steps at most; sigmas of a step that is none
_FREE, _FEW = 0.2, 20  # share of a look that its path leaves free; looks that tell how wide errors are
_SURE = 0.999  # share of sound plots, and of sound pieces, that are kept
_KNOWN, _VAGUE = 0.5, 10.0  # the plots tell what they know to half the prior when this is so many times as wide


@dataclass(frozen=True)
class Registration:
    """Errors of the sensors, a row each, as what is to be taken off: range (m), azimuth (rad), time (s). A Source has none."""

    bias: np.ndarray  # float64[R, 3]
    sigma: np.ndarray  # float64[R, 3], one sigma
    covariance: np.ndarray  # float64[3 R, 3 R]
    observable: np.ndarray  # bool[R, 3]: told by the plots; the rest leans on the prior
    plots: np.ndarray  # int64[R], that were used
    scale: np.ndarray  # float64[R, 3]: errors of range, azimuth and height over those that are stated; at least 1
    targets: int  # that were used
    before: float  # m, RMS horizontal distance of plots of radars from the common paths with the errors that are stated
    after: float  # m, with these
    prior: np.ndarray  # float64[3], one sigma that was assumed

    @property
    def relative(self) -> np.ndarray:
        """What the plots have told of the differences between radars alone, bool[R, 3]: all may be off by the same."""
        seen = np.flatnonzero((self.plots > 0) & (self.sigma > 0.0).any(axis=1))
        away = np.eye(len(self.plots))[seen] - np.isin(np.arange(len(self.plots)), seen) / max(1, len(seen))
        spread = np.einsum("sr,rckc,sk->sc", away, self.covariance.reshape(2 * self.bias.shape), away)
        known = np.zeros(self.bias.shape, np.bool_)
        known[seen] = np.sqrt(spread) < _KNOWN * self.prior * math.sqrt(max(0.0, 1.0 - 1.0 / max(1, len(seen))))
        return known & ~self.observable

    @property
    def differs(self) -> np.ndarray:
        """What differs from zero by three sigmas, bool[R, 3]."""
        return self.observable & (np.abs(self.bias) > 3.0 * self.sigma)

    def applied(self, radars: Sequence[Radar | Source]) -> list[Radar | Source]:
        """The sensors with these errors."""
        return [
            replace(r, range_bias=float(b[0]), azimuth_bias=float(b[1]), time_bias=float(b[2])) if isinstance(r, Radar) else r
            for r, b in zip(radars, self.bias, strict=True)
        ]  # fmt: skip


def estimate_bias(
    plots: Plots,
    radars: Sequence[Radar | Source],
    target: np.ndarray,
    earth: Earth = "sphere",
    prior: Sequence[float] = PRIOR,
    height_share: float = 0.0,
) -> Registration:
    """Errors of the radars; target int64[Q] says which plots are of one body (0: not known), as `Tracks.partner` does.

    prior: one sigma (m, rad, s) about the errors that the radars state. height_share: one sigma of the share by which all
    reported heights are too large, as pressure heights are in warm air.
    """
    require_earth(earth)
    target, scales = np.asarray(target, np.int64), np.asarray([*prior], np.float64)
    if target.shape != (len(plots),):
        raise UsageError(
            f"registration: target has shape {target.shape}; one number a plot, ({len(plots)},), is needed"
        )
    if scales.shape != (3,) or not (np.isfinite(scales) & (scales > 0.0)).all():
        raise UsageError(f"registration: prior = {prior!r} must be three numbers above 0 (m, rad, s)")
    if not 0.0 <= height_share < 1.0:
        raise UsageError(f"registration: height_share = {height_share!r} must be a share, 0 or above and below 1")
    looks = looks_at_common(plots, radars, target, earth, MOST, GROUPS)
    search = _Search(looks, radars, np.append(scales, height_share), earth)
    if len(looks):
        search.settle(robust=True)
        search.rescale()
        search.settle(robust=True)
        for _ in range(2):
            search.choose()
            search.settle()
    return search.found()


class _Search:
    """Gauss-Newton over errors and paths; the paths are eliminated, so a step solves 3 R + 1 equations."""

    def __init__(self, looks: Looks, radars: Sequence[Radar | Source], prior: np.ndarray, earth: Earth) -> None:
        self.looks, self.radars, self.prior, self.earth = looks, radars, prior, earth
        self.stated = np.array(
            [(r.range_bias, r.azimuth_bias, r.time_bias) if isinstance(r, Radar) else (0.0,) * 3 for r in radars]
        )
        self.error = np.zeros(self.stated.size + 1)  # from what is stated, in units of the priors
        self.path = first_paths(looks)
        self.weight = np.ones(len(looks))
        self.scale = np.ones(self.stated.shape)

    @property
    def bias(self) -> np.ndarray:
        """Errors as they are to be taken off, float64[R, 3]."""
        return self.stated + self.prior[:3] * self.error[:-1].reshape(-1, 3)

    def seen(self) -> Seen:
        """Looks against paths and errors as they stand."""
        return foretold(self.looks, self.path, self.bias, float(self.prior[3] * self.error[-1]), self.earth)

    def reduced(self, seen: Seen) -> Reduced:
        """The equations of a step."""
        return reduced(self.looks, seen, self.weight, self.path, self.prior, len(self.stated))

    def settle(self, robust: bool = False) -> None:
        """Step until the errors stay, at least twice, since the paths have to follow."""
        for k in range(_ROUNDS):
            seen = self.seen()
            if robust:
                self.weight = _trust(seen.off)
            now = self.reduced(seen)
            covariance = np.linalg.inv(np.eye(len(self.error)) + now.matrix.sum(axis=0))
            step = covariance @ (now.right.sum(axis=0) - self.error)
            self.error = self.error + step
            self.path = self.path + (now.alone - np.einsum("wpi,p->wi", now.along, step)).reshape(self.path.shape)
            if k > 0 and (np.abs(step) < _STILL * np.sqrt(np.diag(covariance))).all():
                return

    def rescale(self) -> None:
        """Widen the errors of a sensor to what its looks show: the median of their squares, each free of its own pull."""
        seen = self.seen()
        spread = self.reduced(seen).spread[self.looks.piece]
        free = 1.0 - np.einsum("qki,qij,qkj->qk", seen.place, spread, seen.place)
        for r, c in itertools.product(range(len(self.radars)), range(3)):
            rows = (self.looks.radar == r) & (free[:, c] > _FREE)
            if np.count_nonzero(rows) >= _FEW:
                square = float(np.median(seen.off[rows, c] ** 2 / free[rows, c])) / chi2.ppf(0.5, 1)
                self.scale[r, c] = math.sqrt(max(1.0, square))
        self.looks = replace(self.looks, sigma=self.looks.sigma * self.scale[self.looks.radar])

    def choose(self) -> None:
        """Keep looks and pieces that are as near as chance lets them be."""
        square = (self.seen().off ** 2).sum(axis=1)
        good = square <= chi2.ppf(_SURE, 3)
        total, count = (np.bincount(self.looks.piece, good * a) for a in (square, np.ones(len(good))))
        good &= (total <= chi2.ppf(_SURE, np.maximum(1.0, 3.0 * count - 9.0)))[self.looks.piece]
        self.weight = shared(self.looks.piece, self.looks.radar, good).astype(np.float64)

    def found(self) -> Registration:
        """The answer, and how sure it is."""
        rows = self.weight > 0.0
        information = covariance = np.eye(len(self.error))
        if rows.any():
            now = self.reduced(self.seen())
            information = information + now.matrix.sum(axis=0)
            covariance = _honest(information, now)
        vague = np.linalg.inv(information - (1.0 - _VAGUE**-2) * np.eye(len(information)))
        observable = np.sqrt(np.diag(vague)[:-1]).reshape(-1, 3) < _KNOWN
        unit = np.tile(self.prior[:3], len(self.radars)) * np.repeat([isinstance(r, Radar) for r in self.radars], 3)
        covariance = covariance[:-1, :-1] * unit[:, None] * unit
        bias, after = self.bias, self.apart(rows)
        self.error[:] = 0.0
        for _ in range(3 if rows.any() else 0):
            self.path = self.path + self.reduced(self.seen()).alone.reshape(self.path.shape)
        return Registration(
            bias, np.sqrt(np.diag(covariance)).reshape(-1, 3), covariance, observable,
            np.bincount(self.looks.radar[rows], minlength=len(self.radars)), self.scale,
            len(np.unique(self.looks.target[rows])), self.apart(rows), after, self.prior[:3],
        )  # fmt: skip

    def apart(self, rows: np.ndarray) -> float:
        """RMS horizontal distance (m) of plots of radars from their paths; NaN without any."""
        rows = rows & (self.looks.kind != POSITION)
        off = (self.seen().off * self.looks.sigma)[rows, :2]
        off[:, 1] *= self.looks.measured[rows, 0]
        return float(np.sqrt((off**2).sum(axis=1).mean())) if rows.any() else math.nan


def _trust(off: np.ndarray) -> np.ndarray:
    """Weights of looks, [Q]: 1 up to three sigmas, then falling with the square."""
    return np.asarray(np.minimum(1.0, 9.0 / np.maximum((off**2).sum(axis=1), 1e-9)))


def _honest(information: np.ndarray, now: Reduced) -> np.ndarray:
    """The covariance; wider along what leaving out one group of targets after another moves more than chance lets it.

    Delete-a-group jackknife: errors that stay the same for a whole flight are seen here alone.
    """
    root = np.linalg.cholesky(np.linalg.inv(information))
    count, size = np.count_nonzero(now.right.any(axis=1)), len(information)
    if count < 2:
        return root @ root.T
    moved = np.linalg.solve(information - now.matrix, -now.right[:, :, None])[:, :, 0]
    moved = np.linalg.solve(root, (moved - moved.mean(axis=0)).T)  # of covariance 1 if the errors are as they are told
    ratio, axes = np.linalg.eigh((count - 1) / count * moved @ moved.T)
    chance = (1.0 + math.sqrt(size / count)) ** 2  # largest eigenvalue of so few samples (Marchenko, Pastur 1967)
    wide = root @ axes
    return np.asarray((wide * np.where(ratio > chance, ratio, 1.0)) @ wide.T)
