"""The quality table of a surveillance picture, with and without a truth to compare. docs/equations/tracking-metrics.md."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from openiads.errors import UsageError
from openiads.tracking.metrics import Mot, clear_mot
from openiads.tracking.scene import Scene, TrackTable, align, assign, near
from openiads.tracking.truth import Truth

ESASSP = "SPEC-0147, non-cooperative"
COMPASS = "COMPASS tracker comparison"


class Demand(NamedTuple):
    """What SPEC-0147 asks of a non-cooperative (primary radar) picture for a separation."""

    interval: float  # s, of measurement
    update: float  # share of intervals with an update, at least
    rms: float  # m, horizontal, at most


DEMANDS = {"5NM": Demand(8.0, 0.90, 500.0), "3NM": Demand(5.0, 0.90, 300.0)}
_COMPASS_RMS, _COMPASS_FAR, _COMPASS_EXTRA = 200.0, 1.0, 3.0  # m, % of errors above 500 m, % of tracks


@dataclass(frozen=True)
class Row:
    """One line of a table: NaN is what could not be measured; a bound is published or absent."""

    name: str
    value: float
    unit: str
    bound: float | None = None
    source: str = ""  # of the bound
    above: bool = False  # whether the value must lie above its bound; else at or below it

    @property
    def verdict(self) -> str:
        """`met`, `not met`, or nothing where there is no bound or no value."""
        if self.bound is None or math.isnan(self.value):
            return ""
        good = self.value > self.bound if self.above else self.value <= self.bound
        return "met" if good else "not met"


def quality(
    truth: Truth,
    tracks: TrackTable,
    separation: str = "5NM",
    times: np.ndarray | Sequence[float] | None = None,
    hold: float = 0.0,
    cutoff: float = 2000.0,
    turning: float = 1.5,
) -> list[Row]:
    """The table of tracks against truth: a body's track is nearer than `cutoff` (m) on the ground; it turns above `turning` (m/s2)."""
    if separation not in DEMANDS:
        raise UsageError(f"separation = '{separation}' is not known; {' or '.join(DEMANDS)}")
    scene = align(truth, tracks, times, hold)
    if len(scene.t) == 0 or len(scene.truth_id) == 0:
        raise UsageError("there is no time at which both the truth and the tracks could be compared")
    demand, level = DEMANDS[separation], scene.level()  # radars without a height must not lose their tracks for it
    mot = clear_mot(level, cutoff)
    return [
        *_updates(scene, mot, _fresh(scene, tracks), demand),
        *_accuracy(scene, mot, demand, turning),
        *_extra(level, mot, cutoff),
    ]


def _fresh(scene: Scene, tracks: TrackTable) -> np.ndarray:
    """When the plot came that is behind each track row, s [M]; the row's own time in tables that do not say."""
    t = getattr(tracks, "t_update", tracks.t)
    return np.asarray(t, np.float64)[scene.track_row]


def _updates(scene: Scene, mot: Mot, fresh: np.ndarray, demand: Demand) -> list[Row]:
    """Share of the measurement intervals of a body in which a plot updated its track, and how the rest hang together."""
    start, end = _lives(scene)
    count = np.floor((end - start) / demand.interval + 1e-9).astype(np.int64)
    first = np.cumsum(np.append(0, count))
    hit = np.zeros(first[-1], np.bool_)
    body, t = scene.truth_id[mot.pairs.truth], fresh[mot.pairs.track]
    k = np.ceil((t - start[body]) / demand.interval - 1e-9).astype(np.int64) - 1  # an interval owns its end
    k[np.abs(t - start[body]) < 1e-9] = 0
    good = (k >= 0) & (k < count[body])
    hit[first[body[good]] + k[good]] = True
    flown = count > 0
    whose = np.repeat(np.arange(len(count)), count)
    share = np.bincount(whose, hit, minlength=len(count))[flown] / count[flown]
    long = _long_misses(hit, whose)
    minutes = float((end - start).sum()) / 60.0
    return [
        Row(f"probability of update in {demand.interval:g} s", _mean(hit), "", demand.update, ESASSP, above=True),
        Row("the same of the worst flight", float(share.min(initial=1.0)) if flown.any() else math.nan, ""),
        Row("updates missed in long gaps", 100.0 * _mean(long), "%"),
        Row("number changes", 60.0 * mot.switches / minutes if minutes > 0 else math.nan, "/h"),
    ]


def _long_misses(hit: np.ndarray, whose: np.ndarray) -> np.ndarray:
    """Missed intervals in runs of more than three, bool[K]."""
    edge = np.append(True, (np.diff(hit) != 0) | (np.diff(whose) != 0))[: len(hit)]
    run = np.cumsum(edge) - 1
    return ~hit & (np.bincount(run)[run] > 3) if len(hit) else hit


def _accuracy(scene: Scene, mot: Mot, demand: Demand, turning: float) -> list[Row]:
    """Errors of the tracks of bodies: across, along the vertical, and of the horizontal velocity."""
    i, j = mot.pairs.truth, mot.pairs.track
    across, height = _split(scene, i, scene.track_x[j] - scene.truth_x[i])
    speed, _ = _split(scene, i, scene.track_v[j] - scene.truth_v[i])
    turns = _turning(scene, turning)[i]
    rms, far = _rms(across), 100.0 * _mean(across > 500.0)
    return [
        Row("horizontal RMS error", rms, "m", demand.rms, ESASSP),
        Row("horizontal RMS error", rms, "m", _COMPASS_RMS, COMPASS),
        Row("horizontal error, 95 %", _quantile(across, 0.95), "m"),
        Row("horizontal error, 99 %", _quantile(across, 0.99), "m"),
        Row("horizontal errors above 500 m", far, "%", _COMPASS_FAR, COMPASS),
        Row("height RMS error", _rms(height), "m"),
        Row("height error, 95 %", _quantile(np.abs(height), 0.95), "m"),
        Row("velocity RMS error, straight", _rms(speed[~turns]), "m/s"),
        Row("velocity RMS error, turning", _rms(speed[turns]), "m/s"),
    ]


def _extra(scene: Scene, mot: Mot, cutoff: float) -> list[Row]:
    """Track rows that no body needs: near one that another track already follows, or near none."""
    rows = len(scene.track_id)
    used = np.zeros(rows, np.bool_)
    used[mot.pairs.track] = True
    close = np.zeros(rows, np.bool_)
    close[near(scene, cutoff).track] = True
    multiple, false = (100.0 * _mean(part) for part in (close & ~used, ~close))
    never = np.bincount(scene.track_id, used, minlength=len(scene.numbers)) == 0.0
    return [
        Row("bodies with a track", 100.0 * len(mot.pairs.truth) / max(1, len(scene.truth_id)), "%"),
        Row("multiple tracks", multiple, "%"),
        Row("false tracks", false, "%"),
        Row("extra tracks", multiple + false, "%", _COMPASS_EXTRA, COMPASS),
        Row("track numbers that never followed a body", float(np.count_nonzero(never)), ""),
        Row("MOTA", mot.mota, ""),
    ]


def quality_alone(tracks: TrackTable, join: float = 30.0, cutoff: float = 2000.0) -> list[Row]:
    """What tracks tell without a truth; a number changes where one ends and within `join` (s) another starts in its path."""
    t = np.asarray(getattr(tracks, "t_update", tracks.t), np.float64)
    number = np.unique(np.asarray(tracks.number), return_inverse=True)[1].reshape(-1)
    order = np.lexsort((t, number))
    fresh = order[np.append(True, (np.diff(t[order]) > 0.0) | (np.diff(number[order]) != 0))[: len(order)]]
    gaps = np.diff(t[fresh])[np.diff(number[fresh]) == 0]
    edges = np.flatnonzero(np.append(True, np.diff(number[fresh]) != 0)) if len(fresh) else np.zeros(0, np.int64)
    first, last = fresh[edges], fresh[np.append(edges[1:], len(fresh)) - 1] if len(fresh) else fresh
    length = t[last] - t[first]
    usual = float(np.median(gaps)) if gaps.size else math.nan
    lived = float(length.sum())
    changes = _joins(np.asarray(tracks.t, np.float64), np.asarray(tracks.x, np.float64), number, join, cutoff)
    return [
        Row("tracks", float(len(first)), ""),
        Row("tracks at a time, mean", lived / float(np.ptp(t)) if len(t) and np.ptp(t) > 0 else math.nan, ""),
        Row("updates", (len(fresh) - len(first)) / lived if lived > 0 else math.nan, "/s"),
        Row("update interval, median", usual, "s"),
        Row("update interval, 95 %", _quantile(gaps, 0.95), "s"),
        Row("longest gap", float(gaps.max()) if gaps.size else math.nan, "s"),
        Row("gaps above 3 intervals", 100.0 * _mean(gaps > 3.0 * usual), "%"),
        Row("track length, median", _quantile(length, 0.5), "s"),
        Row("tracks shorter than 60 s", 100.0 * _mean(length < 60.0), "%"),
        Row("number changes", float(changes), ""),
    ]


def _joins(t: np.ndarray, x: np.ndarray, number: np.ndarray, join: float, cutoff: float) -> int:
    """How many tracks begin where one that has ended would be by then, one to one."""
    order = np.lexsort((t, number))
    edges = np.flatnonzero(np.append(True, np.diff(number[order]) != 0)) if len(order) else order
    if len(edges) < 2:
        return 0
    begin, over = order[edges], order[np.append(edges[1:], len(order)) - 1]
    by_time = np.argsort(t[begin], kind="stable")
    starts = t[begin][by_time]
    low, high = np.searchsorted(starts, t[over], "right"), np.searchsorted(starts, t[over] + join, "right")
    count = high - low
    ended = np.repeat(np.arange(len(over)), count)
    started = by_time[np.arange(len(ended)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)]
    wait = (t[begin[started]] - t[over[ended]])[:, None]
    path = x[over[ended], :3] + (wait * x[over[ended], 3:] if x.shape[1] == 6 else 0.0)
    away = np.linalg.norm(x[begin[started], :3] - path, axis=1)
    close = away < cutoff
    taken = assign(ended[close], started[close], 1e6 * cutoff - away[close])
    return int(np.count_nonzero(taken))


def _lives(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """First and last frame of each body, s [B]."""
    t, bodies = scene.t[scene.truth_frame], len(scene.bodies)
    start, end = np.full(bodies, np.inf), np.full(bodies, -np.inf)
    np.minimum.at(start, scene.truth_id, t)
    np.maximum.at(end, scene.truth_id, t)
    return start, end


def _split(scene: Scene, rows: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Errors [K, 3] at truth rows as a horizontal length and a height, each [K]."""
    if scene.earth:
        up = scene.truth_x[rows] / np.linalg.norm(scene.truth_x[rows], axis=1, keepdims=True)
    else:
        up = np.broadcast_to([0.0, 0.0, 1.0], error.shape)
    height = (error * up).sum(axis=1)
    return np.linalg.norm(error - height[:, None] * up, axis=1), height


def _turning(scene: Scene, least: float) -> np.ndarray:
    """Truth rows where the velocity of the body turns by more than an acceleration (m/s2) across, bool[N]."""
    order = np.lexsort((scene.truth_frame, scene.truth_id))
    v, t, who = scene.truth_v[order], scene.t[scene.truth_frame[order]], scene.truth_id[order]
    before, after = np.arange(len(order)) - 1, np.arange(len(order)) + 1
    before, after = np.maximum(before, 0), np.minimum(after, max(0, len(order) - 1))
    before, after = (np.where(who[k] == who, k, np.arange(len(order))) for k in (before, after))
    step = np.maximum(t[after] - t[before], 1e-9)[:, None]
    a = (v[after] - v[before]) / step
    size = np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-9)
    across = a - (a * v).sum(axis=1, keepdims=True) / size**2 * v
    out = np.zeros(len(order), np.bool_)
    out[order] = _split(scene, order, across)[0] > least
    return out


def _mean(a: np.ndarray) -> float:
    return float(np.mean(a)) if len(a) else math.nan


def _rms(a: np.ndarray) -> float:
    a = a[np.isfinite(a)]
    return float(np.sqrt(np.mean(a**2))) if a.size else math.nan


def _quantile(a: np.ndarray, q: float) -> float:
    a = a[np.isfinite(a)]
    return float(np.quantile(a, q)) if a.size else math.nan
