"""SIAP: how complete, clear and continuous a single air picture is (Votruba et al. 2001). docs/equations/tracking-metrics.md."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from openiads.tracking.scene import Pairs, Scene, near


@dataclass(frozen=True)
class Siap:
    """Scores over all frames, and those that exist of every frame [F]; NaN where one is undefined."""

    completeness: float  # bodies with a track, of all
    ambiguity: float  # tracks of a body that has one
    spuriousness: float  # tracks without a body, of all
    position: float  # m, mean error
    velocity: float  # m/s
    number_changes: float  # per second of tracked time
    longest: float  # share of a body's life with its longest track
    completeness_at: np.ndarray
    ambiguity_at: np.ndarray
    spuriousness_at: np.ndarray
    position_at: np.ndarray
    velocity_at: np.ndarray


def siap(scene: Scene, cutoff: float) -> Siap:
    """Every track belongs to the body nearest to it, if that is closer than a cutoff (m)."""
    pairs = nearest(near(scene, cutoff))
    frames = len(scene.t)
    frame = scene.track_frame[pairs.track]
    bodies, tracks = (np.bincount(f, minlength=frames) for f in (scene.truth_frame, scene.track_frame))
    found = np.bincount(scene.truth_frame[np.unique(pairs.truth)], minlength=frames)
    belonging = np.bincount(frame, minlength=frames)
    error = np.linalg.norm(scene.track_v[pairs.track] - scene.truth_v[pairs.truth], axis=1)
    position = np.bincount(frame, pairs.distance, minlength=frames)
    known = np.isfinite(error)
    velocity, speeds = (np.bincount(frame[known], w, minlength=frames) for w in (error[known], None))
    at = [
        (found, bodies),
        (belonging, found),
        (tracks - belonging, tracks),
        (position, belonging),
        (velocity, speeds),
    ]
    changes, tracked, longest, life = continuity(scene, pairs)
    c, a, s, p, v = (_ratio(part.sum(), whole.sum()) for part, whole in at)
    every = [np.divide(part, whole, out=np.full(frames, np.nan), where=whole > 0) for part, whole in at]
    return Siap(c, a, s, p, v, _ratio(changes.sum(), tracked.sum()), _ratio(longest.sum(), life.sum()), *every)


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else math.nan


def nearest(pairs: Pairs) -> Pairs:
    """Of every track only the pair with the body nearest to it (the first of equals), sorted by track row."""
    order = np.lexsort((pairs.truth, pairs.distance, pairs.track))
    first = np.append(True, np.diff(pairs.track[order]) != 0)[: len(order)]
    return Pairs(*(column[order[first]] for column in pairs))


def continuity(scene: Scene, pairs: Pairs) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of every body: changes of number, and seconds tracked, held by its longest track, and lived.

    A stretch is a track's time with a body without a break. The fewest stretches that cover what can be covered are
    counted, and their number less one is that of changes.
    """
    bodies = int(scene.truth_id.max(initial=-1)) + 1
    place = _places(scene)
    body, track = scene.truth_id[pairs.truth], scene.track_id[pairs.track]
    order = np.lexsort((place[pairs.truth], track, body))
    body, track, sample = body[order], track[order], place[pairs.truth[order]]
    t = scene.t[scene.truth_frame[pairs.truth[order]]]
    goes_on = (np.diff(body) == 0) & (np.diff(track) == 0) & (np.diff(sample) == 1)
    first = np.flatnonzero(np.append(True, ~goes_on)[: len(body)])
    end = np.flatnonzero(np.append(~goes_on, True)[: len(body)])
    longest = np.zeros(bodies)
    np.maximum.at(longest, body[first], _held(body[first], track[first], t[end] - t[first]))
    # between two samples a body is tracked if any one track has both
    inside = np.flatnonzero(goes_on)
    inside = inside[np.lexsort((sample[inside], body[inside]))]
    again = (np.diff(body[inside]) == 0) & (np.diff(sample[inside]) == 0)
    rows = inside[np.append(True, ~again)[: len(inside)]]
    tracked = np.bincount(body[rows], t[rows + 1] - t[rows], minlength=bodies)
    changes = _fewest(body[first], sample[first], sample[end], bodies)
    seen = np.bincount(scene.truth_id, minlength=bodies) > 0
    begin, over = np.full(bodies, np.inf), np.full(bodies, -np.inf)
    np.minimum.at(begin, scene.truth_id, scene.t[scene.truth_frame])
    np.maximum.at(over, scene.truth_id, scene.t[scene.truth_frame])
    life = np.where(seen, np.where(seen, over, 0.0) - np.where(seen, begin, 0.0), 0.0)
    return np.maximum(changes - 1, 0), tracked, longest, life


def _held(body: np.ndarray, track: np.ndarray, duration: np.ndarray) -> np.ndarray:
    """Of every stretch, how long (s) its track had its body in all."""
    if len(body) == 0:
        return duration
    pair = np.unique(np.stack([body, track]), axis=1, return_inverse=True)[1].reshape(-1)
    return np.asarray(np.bincount(pair, duration)[pair])


def _places(scene: Scene) -> np.ndarray:
    """The how-manieth sample of its body each truth row is, int64[N]."""
    order = np.lexsort((scene.truth_frame, scene.truth_id))
    count = np.bincount(scene.truth_id)
    out = np.empty(len(order), np.int64)
    out[order] = np.arange(len(order)) - np.repeat(np.cumsum(count) - count, count)
    return out


def _fewest(body: np.ndarray, first: np.ndarray, end: np.ndarray, bodies: int) -> np.ndarray:
    """Least number of stretches [first, end] that cover all samples that any of a body's stretches covers."""
    out = np.zeros(bodies, np.int64)
    order = np.lexsort((first, body))
    now, reach, best = -1, -1, -1  # body, last sample that is covered, farthest that the next could cover
    for b, low, high in zip(body[order].tolist(), first[order].tolist(), end[order].tolist(), strict=True):
        if b != now:
            if now >= 0 and best > reach:
                out[now] += 1
            now, reach, best = b, -1, -1
        if low > reach + 1 and best > reach:
            out[now] += 1
            reach = best
        if low > reach + 1:
            reach = low - 1
        best = max(best, high)
    if now >= 0 and best > reach:
        out[now] += 1
    return out
