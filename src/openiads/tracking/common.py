"""Which plots of several sensors are of one body, told before any of their errors are known. docs/equations/registration.md."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from openiads.engine.geo import EARTH_RADIUS
from openiads.errors import UsageError
from openiads.tracking.earth import Earth, to_geodetic
from openiads.tracking.fusion import full_covariance
from openiads.tracking.plots import Plots, Radar, Source
from openiads.tracking.tracker import MANOEUVRING, Config, Tracker
from openiads.tracking.truth import Truth

_STEP = 10.0  # s between the moments at which tracks of two sensors are compared
_NEAR, _LEVEL = 5000.0, 600.0  # m along the ground, and in height beyond three sigmas, that they may lie apart
_MOMENTS, _SHARE = 3, 0.8  # at which they must be each other's nearest: so many, and of those of one of them that share
_USUAL = Config(models=MANOEUVRING)


@dataclass(frozen=True)
class _Alone:
    """Tracks of one sensor at common moments, each [N], and the track of each of its plots."""

    moment: np.ndarray  # whole steps
    track: np.ndarray  # counted over all sensors
    place: np.ndarray  # float64[N, 3] m: straight below, on a sphere
    height: np.ndarray  # m
    sigma: np.ndarray  # m, of the height
    partner: np.ndarray  # int64[Q], one more than the track of each plot, 0 for none
    name: np.ndarray  # int64[tracks]: what most of its plots call themselves, -1 if they do not


def common_targets(
    plots: Plots,
    radars: Sequence[Radar | Source],
    earth: Earth = "sphere",
    config: Config = _USUAL,
    identity: np.ndarray | None = None,
) -> np.ndarray:
    """A number for the body of each plot, int64[Q], 0 for none; of two sensors only if they saw it together.

    Every sensor is tracked by itself, so its errors do not part a body from itself. identity int64[Q], -1 for none: bodies
    with one number (mode S address) are one; the others are told by lying nearest to each other.
    """
    names = np.full(len(plots), -1) if identity is None else np.asarray(identity, np.int64)
    if names.shape != (len(plots),):
        raise UsageError(
            f"common targets: identity has shape {names.shape}; one number a plot, ({len(plots)},), is needed"
        )
    sound, target, before = ~plots.refused(radars), np.zeros(len(plots), np.int64), 0
    alone = []
    for r, radar in enumerate(radars):
        rows = np.flatnonzero(sound & (plots.radar == r))
        if rows.size:
            alone.append(_alone(plots.rows(rows), names[rows], Tracker([radar], config, earth), before))
            target[rows] = alone[-1].partner
            before += len(alone[-1].name)
    if not alone:
        return target
    name = np.concatenate([one.name for one in alone])
    ties = [_same_name(name), *(_nearest(a, b, name) for a, b in itertools.combinations(alone, 2))]
    one, other = np.concatenate(ties).T
    body = connected_components(coo_array((np.ones(len(one)), (one, other)), shape=(before, before)))[1] + 1
    alien = (target > 0) & (names >= 0) & (names != name[target - 1])
    return np.where((target > 0) & ~alien, body[target - 1], 0)


def _alone(plots: Plots, names: np.ndarray, tracker: Tracker, before: int) -> _Alone:
    """Track one sensor; its tracks are counted from `before`."""
    (radar,) = tracker.radars
    tracks = tracker.process(replace(plots, radar=np.zeros(len(plots), np.int64)))
    numbers = np.unique(tracks.number)
    fresh = tracks.t - tracks.t_update <= radar.period
    t, who, x = tracks.t[fresh], np.searchsorted(numbers, tracks.number[fresh]), tracks.x[fresh]
    up = x[:, :3] / np.linalg.norm(x[:, :3], axis=1, keepdims=True)
    sigma = np.sqrt(np.einsum("ni,nij,nj->n", up, full_covariance(tracks.p[fresh])[:, :3, :3], up))
    steps = np.arange(np.ceil(t.min(initial=0.0) / _STEP), np.floor(t.max(initial=0.0) / _STEP) + 1.0)
    at = Truth(t, who, x[:, :3], x[:, 3:]).at(_STEP * steps, longest=_STEP)
    place = at.x / np.linalg.norm(at.x, axis=1, keepdims=True) * EARTH_RADIUS
    widest = np.zeros(len(numbers))
    np.maximum.at(widest, who, sigma)
    known = np.isin(tracks.partner, numbers)
    partner = np.where(known, before + 1 + np.searchsorted(numbers, tracks.partner), 0)
    return _Alone(
        np.rint(at.t / _STEP).astype(np.int64), before + at.id, place, to_geodetic(at.x, tracker.earth)[2], widest[at.id],
        partner, _usual_names(partner - before - 1, names, len(numbers)),
    )  # fmt: skip


def _usual_names(track: np.ndarray, names: np.ndarray, count: int) -> np.ndarray:
    """What most of the plots of each track call themselves, int64[count]; -1 if none does."""
    rows = (track >= 0) & (names >= 0)
    pairs, often = np.unique(np.stack([track[rows], names[rows]], axis=-1), axis=0, return_counts=True)
    out = np.full(count, -1)
    order = np.argsort(often, kind="stable")
    out[pairs[order, 0]] = pairs[order, 1]  # the most frequent is written last
    return out


def _same_name(name: np.ndarray) -> np.ndarray:
    """Pairs of tracks, int64[P, 2], that tie all of one name together."""
    named = np.flatnonzero(name >= 0)
    _, first, which = np.unique(name[named], return_index=True, return_inverse=True)
    return np.stack([named, named[first][which.reshape(-1)]], axis=-1)


def _nearest(a: _Alone, b: _Alone, name: np.ndarray) -> np.ndarray:
    """Pairs of tracks, int64[P, 2], of two sensors that lie nearest to each other nearly all the time."""
    none = np.zeros((0, 2), np.int64)
    if not len(a.track) or not len(b.track):
        return none
    here, there = (np.hstack([one.place, 1e3 * _NEAR * one.moment[:, None]]) for one in (a, b))  # moments lie far apart
    near, mate = cKDTree(there).query(here, distance_upper_bound=_NEAR)
    back = cKDTree(here).query(there, distance_upper_bound=_NEAR)[1]
    i = np.flatnonzero(np.isfinite(near))
    j = mate[i]
    apart = np.abs(a.height[i] - b.height[j]) - 3.0 * np.hypot(a.sigma[i], b.sigma[j])
    good = (back[j] == i) & (apart < _LEVEL)
    pairs, moments = np.unique(np.stack([a.track[i[good]], b.track[j[good]]], axis=-1), axis=0, return_counts=True)
    if not len(pairs):
        return none
    mine, its = (np.bincount(pairs[:, k], moments)[pairs[:, k]] for k in (0, 1))
    sure = (moments >= _MOMENTS) & (moments >= _SHARE * np.minimum(mine, its))
    one, other = name[pairs[:, 0]], name[pairs[:, 1]]
    return np.asarray(pairs[sure & ((one < 0) | (other < 0))])
