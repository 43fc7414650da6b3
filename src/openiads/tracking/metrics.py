"""How far a picture is from the truth: OSPA, GOSPA, CLEAR MOT and the consistency of covariances. docs/equations/tracking-metrics.md."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.stats import chi2

from openiads.errors import UsageError
from openiads.tracking.scene import Pairs, Scene, assign, near


@dataclass(frozen=True)
class Gospa:
    """GOSPA of every frame [F] (m) and its parts to the power of its order; with alpha 2 they are what they are called."""

    distance: np.ndarray
    localisation: np.ndarray  # m^p, of the pairs
    missed: np.ndarray  # m^p, of bodies without a track
    false: np.ndarray  # m^p, of tracks without a body


class _Sums(NamedTuple):
    """Of every frame [F]: bodies, tracks, pairs closer than the cutoff c, and the sum of their (d / c)^p."""

    bodies: np.ndarray
    tracks: np.ndarray
    pairs: np.ndarray
    cost: np.ndarray


def ospa(scene: Scene, cutoff: float, order: float = 1.0) -> np.ndarray:
    """OSPA distance of every frame, float64[F] m (Schuhmacher, Vo & Vo 2008); 0 where nothing is there."""
    _check(cutoff, order)
    s = _sums(scene, cutoff, order)
    most = np.maximum(s.bodies, s.tracks)
    return cutoff * ((s.cost + most - s.pairs) / np.maximum(most, 1)) ** (1.0 / order)


def gospa(scene: Scene, cutoff: float, order: float = 1.0, alpha: float = 2.0) -> Gospa:
    """GOSPA of every frame (Rahmathullah, García-Fernández & Svensson 2017); without alpha 2, pairs may lie at the cutoff."""
    _check(cutoff, order)
    if not 0.0 < alpha <= 2.0:
        raise UsageError(f"alpha = {alpha!r} must be above 0 and at most 2")
    s = _sums(scene, cutoff, order)
    missed, false = s.bodies - s.pairs, s.tracks - s.pairs
    localisation = s.cost
    if alpha != 2.0:
        forced = np.minimum(missed, false)
        localisation = localisation + forced
        missed, false = missed - forced, false - forced
    parts = np.array([localisation, missed / alpha, false / alpha])
    return Gospa(cutoff * parts.sum(axis=0) ** (1.0 / order), *parts * cutoff**order)


def _check(cutoff: float, order: float) -> None:
    if not (cutoff > 0.0 and math.isfinite(cutoff)):
        raise UsageError(f"cutoff = {cutoff!r} must be a number of metres above 0")
    if not 1.0 <= order <= 50.0:
        raise UsageError(f"order = {order!r} must be a number from 1 to 50")


def _sums(scene: Scene, cutoff: float, order: float) -> _Sums:
    """The best pairs are the same for OSPA and for GOSPA with every alpha: they save most against the cutoff."""
    pairs = near(scene, cutoff)
    cost = (pairs.distance / cutoff) ** order
    taken = assign(pairs.truth, pairs.track, 1.0 - cost)
    frames, frame = len(scene.t), scene.truth_frame[pairs.truth[taken]]
    return _Sums(
        np.bincount(scene.truth_frame, minlength=frames),
        np.bincount(scene.track_frame, minlength=frames),
        np.bincount(frame, minlength=frames),
        np.bincount(frame, cost[taken], minlength=frames),
    )


@dataclass(frozen=True)
class Mot:
    """CLEAR MOT scores (Bernardin & Stiefelhagen 2008) and what they are made of; NaN where they are undefined."""

    mota: float  # 1 - (misses + false + switches) / bodies over all frames
    motp: float  # m, mean distance of the pairs
    misses: int
    false: int
    switches: int  # a body's track has another number than its last one
    pairs: Pairs  # the pairs themselves


def clear_mot(scene: Scene, cutoff: float) -> Mot:
    """Pairs that hold from frame to frame while closer than a cutoff (m); the rest as many as can be, then as near."""
    return mot_of(scene, near(scene, cutoff))


def mot_of(scene: Scene, pairs: Pairs) -> Mot:
    """The same from distances that are given: of each frame, the pairs that are allowed."""
    edges = np.searchsorted(scene.truth_frame[pairs.truth], np.arange(len(scene.t) + 1))
    taken = np.zeros(len(pairs.truth), np.bool_)
    last = np.full(int(scene.truth_id.max(initial=-1)) + 1, -1)
    switches, far = 0, 1e6 * float(pairs.distance.max(initial=1.0))  # a pair more outweighs any distance
    for k in np.flatnonzero(np.diff(edges)):
        own = slice(edges[k], edges[k + 1])
        body, track = scene.truth_id[pairs.truth[own]], scene.track_id[pairs.track[own]]
        held = _first_claims(last[body] == track, track)
        free = ~(np.isin(body, body[held]) | np.isin(track, track[held]))
        chosen = held.copy()
        chosen[free] = assign(body[free], track[free], far - pairs.distance[own][free])
        switches += int(np.count_nonzero(chosen & ~held & (last[body] >= 0) & (last[body] != track)))
        last[body[chosen]] = track[chosen]
        taken[own] = chosen
    found = Pairs(*(column[taken] for column in pairs))
    n, bodies = len(found.truth), len(scene.truth_id)
    misses, false = bodies - n, len(scene.track_id) - n
    mota = 1.0 - (misses + false + switches) / bodies if bodies else math.nan
    return Mot(mota, float(found.distance.mean()) if n else math.nan, misses, false, switches, found)


def _first_claims(held: np.ndarray, track: np.ndarray) -> np.ndarray:
    """Of two bodies that last had the same track, only the first keeps it."""
    rows = np.flatnonzero(held)
    out = np.zeros(len(held), np.bool_)
    out[rows[np.unique(track[rows], return_index=True)[1]]] = True
    return out


def nees(errors: np.ndarray, covariances: np.ndarray) -> np.ndarray:
    """Errors [..., n] squared in units of their covariances [..., n, n]: NEES of states, NIS of innovations; float64[...]."""
    errors = np.asarray(errors, np.float64)
    covariances = np.asarray(covariances, np.float64)
    if covariances.shape[-2:] != errors.shape[-1:] * 2:
        raise UsageError(f"covariances of shape {covariances.shape} do not fit errors of shape {errors.shape}")
    try:
        solved = np.linalg.solve(covariances, errors[..., None])[..., 0]
    except np.linalg.LinAlgError:
        row = int(np.argmin(np.abs(np.linalg.det(covariances))))
        raise UsageError(
            f"covariance {row} is singular: in some direction it has no variance at all; leave that direction, or such rows, out"
        ) from None
    return np.asarray((errors * solved).sum(axis=-1))


def consistency_gate(dimensions: int, runs: int = 1, probability: float = 0.95) -> tuple[float, float]:
    """Between which two values the mean of NEES (or NIS) over independent runs lies with this probability."""
    tail = 0.5 * (1.0 - probability)
    low, high = chi2.ppf([tail, 1.0 - tail], dimensions * runs) / runs
    return float(low), float(high)


def gate(dimensions: int, probability: float = 0.99) -> float:
    """What a normalised error squared exceeds with one less this probability."""
    return float(chi2.ppf(probability, dimensions))
