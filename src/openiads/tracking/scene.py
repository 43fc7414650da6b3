"""Truth and tracks at the same instants, who is near whom, and who is paired with whom."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from openiads.errors import UsageError
from openiads.tracking.truth import SAME_TIME, SPHERE, Truth

_FEW = 4096  # pairs of a frame that are tried one by one; more than that go through a tree


class TrackTable(Protocol):
    """Tracks as columns: `openiads.tracking.Tracks`, or any table with these."""

    @property
    def t(self) -> np.ndarray:
        """Seconds, [N]."""

    @property
    def number(self) -> np.ndarray:
        """Track numbers, [N]."""

    @property
    def x(self) -> np.ndarray:
        """Position, or position and velocity, float64[N, 3 or 6] m, m/s."""


@dataclass(frozen=True)
class Scene:
    """Frames of truth and tracks: rows sorted by frame, places in `d` dimensions."""

    t: np.ndarray  # s, [F]
    truth_frame: np.ndarray  # [N]
    truth_id: np.ndarray  # [N], 0 .. bodies - 1
    truth_x: np.ndarray  # [N, d] m
    truth_v: np.ndarray  # [N, d] m/s, NaN where it is not known
    track_frame: np.ndarray  # [M]
    track_id: np.ndarray  # [M], 0 .. numbers - 1
    track_x: np.ndarray
    track_v: np.ndarray
    track_row: np.ndarray  # [M], of the table of tracks
    bodies: np.ndarray  # names of the bodies
    numbers: np.ndarray  # of the tracks
    earth: bool = True

    @classmethod
    def instant(cls, truth: np.ndarray, tracks: np.ndarray) -> Scene:
        """One frame of two sets of points, [n, d] and [m, d] m."""
        truth, tracks = np.asarray(truth, np.float64), np.asarray(tracks, np.float64)
        (n, d), m = truth.shape, len(tracks)
        i, j = np.arange(n), np.arange(m)
        zero, still = np.zeros(n, np.int64), np.full((m, d), np.nan)
        return cls(np.zeros(1), zero, i, truth, np.full((n, d), np.nan), np.zeros(m, np.int64), j, tracks, still, j, i, j, False)  # fmt: skip

    def level(self) -> Scene:
        """The same with every place brought to sea level, for scores of horizontal distance."""
        flat = [x * np.array([1.0, 1.0, 0.0]) for x in (self.truth_x, self.track_x)]
        if self.earth:
            size = (np.linalg.norm(x, axis=1, keepdims=True) for x in (self.truth_x, self.track_x))
            flat = [SPHERE / r * x for r, x in zip(size, (self.truth_x, self.track_x), strict=True)]
        return replace(self, truth_x=flat[0], track_x=flat[1])


class Pairs(NamedTuple):
    """Truth and track rows of one frame that are closer than a cutoff, sorted by truth row, each [P]."""

    truth: np.ndarray
    track: np.ndarray
    distance: np.ndarray  # m


def align(
    truth: Truth,
    tracks: TrackTable,
    times: np.ndarray | Sequence[float] | None = None,
    hold: float = 0.0,
    method: str = "cubic",
    longest: float = np.inf,
) -> Scene:
    """Truth by interpolation, tracks by their last row, at most `hold` (s) old and moved on by its velocity.

    Without `times` (s) the frames are the instants of the tracks, and go on at their usual step where there are none.
    """
    numbers, number = np.unique(np.asarray(tracks.number), return_inverse=True)
    t, x = np.asarray(tracks.t, np.float64), np.asarray(tracks.x, np.float64)
    if x.ndim != 2 or x.shape[0] != len(t) or x.shape[1] not in (3, 6):
        raise UsageError(
            f"tracks: column 'x' has shape {x.shape}; with {len(t)} times it must be ({len(t)}, 3) or (…, 6)"
        )
    finite = np.isfinite(t) & np.isfinite(x[:, :3]).all(axis=1)
    if not finite.all():
        raise UsageError(f"tracks: row {np.flatnonzero(~finite)[0]} is not finite; leave such rows out")
    require_common(truth.t, t, hold)
    if times is None:
        frames = _frames(truth, t, number)
    else:
        frames = np.unique(np.asarray(times, np.float64))
    there = truth.at(frames, method, longest)
    bodies, body = np.unique(there.id, return_inverse=True)
    row, frame = _latest(t, number, len(numbers), frames, hold)
    age = (frames[frame] - t[row])[:, None]
    speed = x[row, 3:] if x.shape[1] == 6 else np.full((len(row), 3), np.nan)
    place = x[row, :3] + np.where(age > SAME_TIME, age * np.nan_to_num(speed), 0.0)
    assert there.v is not None
    when = np.searchsorted(frames, there.t)
    order, mine = np.lexsort((body, when)), np.lexsort((number[row], frame))
    return Scene(
        frames, when[order], body[order], there.x[order], there.v[order],
        frame[mine], number[row][mine], place[mine], speed[mine], row[mine], bodies, numbers, truth.earth,
    )  # fmt: skip


def require_common(truth: np.ndarray, tracks: np.ndarray, hold: float = 0.0) -> None:
    """Refuse times of a truth and of tracks (s) without a moment at which both are there; either may be empty."""
    if not len(truth) or not len(tracks):
        return
    late, early = truth.min() - tracks.max() - hold, tracks.min() - truth.max()
    if max(late, early) > SAME_TIME:
        spans = [f"from {t.min():.10g} to {t.max():.10g} s" for t in (truth, tracks)]
        raise UsageError(
            f"the truth runs {spans[0]}, the tracks {spans[1]}; nothing is common; give both in seconds of one clock, "
            "from the same midnight"
        )


def _frames(truth: Truth, t: np.ndarray, number: np.ndarray) -> np.ndarray:
    """The instants of the tracks, and more of them at the usual step where all tracks pause while bodies are there."""
    own = np.unique(t)
    if own.size == 0:
        return np.unique(truth.t)
    first, last = np.full(number.max() + 1, np.inf), np.full(number.max() + 1, -np.inf)
    np.minimum.at(first, number, t)
    np.maximum.at(last, number, t)
    expected = (np.searchsorted(own, last, "right") - np.searchsorted(own, first, "left")).sum()
    if 2 * len(t) < expected:
        raise UsageError(
            "the tracks are not reported at common instants; give times=, and hold= for how old a row may be"
        )
    steps = np.diff(own if own.size > 1 else np.unique(truth.t))
    if steps.size == 0 or len(truth) == 0:
        return own
    step = float(np.quantile(steps, 0.5, method="lower"))
    low, high = float(truth.t.min()), float(truth.t.max())
    before = own[0] - step * np.arange(1, max(0.0, own[0] - low) / step + 1.0 + 1e-9)[::-1]
    after = own[-1] + step * np.arange(1, max(0.0, high - own[-1]) / step + 1.0 + 1e-9)
    gap = np.diff(own)
    held = [own[k] + step * np.arange(1, round(gap[k] / step)) for k in np.flatnonzero(gap > 1.5 * step)]
    frames = np.unique(np.concatenate([before, own, after, *held]))
    return frames[((frames >= low) & (frames <= high)) | ((frames >= own[0]) & (frames <= own[-1]))]


def _latest(
    t: np.ndarray, number: np.ndarray, numbers: int, frames: np.ndarray, hold: float
) -> tuple[np.ndarray, np.ndarray]:
    """For each track and each frame that a row of it serves: the row, int64[M], and the frame, int64[M]."""
    order = np.lexsort((t, number))
    edges = np.searchsorted(number[order], np.arange(numbers + 1))
    slack = hold + SAME_TIME
    rows, served = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for first, end in itertools.pairwise(edges):
        own = t[order[first:end]]
        low = np.searchsorted(frames, own[0] - SAME_TIME, "left")
        high = np.searchsorted(frames, own[-1] + slack, "right")
        k = np.searchsorted(own, frames[low:high] + SAME_TIME, "right") - 1
        fresh = frames[low:high] - own[k] <= slack
        rows.append(order[first + k[fresh]])
        served.append(low + np.flatnonzero(fresh))
    return np.concatenate(rows), np.concatenate(served)


def near(scene: Scene, cutoff: float) -> Pairs:
    """All pairs of a frame closer than `cutoff` (m); the work grows with the pairs, not with truth times tracks."""
    if not (cutoff > 0.0 and np.isfinite(cutoff)):
        raise UsageError(f"cutoff = {cutoff!r} must be a number of metres above 0")
    edges = np.arange(len(scene.t) + 1)
    a, b = np.searchsorted(scene.truth_frame, edges), np.searchsorted(scene.track_frame, edges)
    truth, track, distance = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0)]
    for k in np.flatnonzero((np.diff(a) > 0) & (np.diff(b) > 0)):
        i, j, d = _closer(scene.truth_x[a[k] : a[k + 1]], scene.track_x[b[k] : b[k + 1]], cutoff)
        truth.append(a[k] + i)
        track.append(b[k] + j)
        distance.append(d)
    return Pairs(np.concatenate(truth), np.concatenate(track), np.concatenate(distance))


def _closer(x: np.ndarray, y: np.ndarray, cutoff: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of points closer than a cutoff, sorted by the first, and their distances."""
    if len(x) * len(y) <= _FEW:
        d = cdist(x, y)
        i, j = np.nonzero(d < cutoff)
        return i, j, d[i, j]
    trees = [cKDTree(points, leafsize=32, balanced_tree=False, compact_nodes=False) for points in (x, y)]
    found = trees[0].sparse_distance_matrix(trees[1], cutoff, output_type="ndarray")
    found = found[found["v"] < cutoff]
    found = found[np.lexsort((found["j"], found["i"]))]
    return found["i"].astype(np.int64), found["j"].astype(np.int64), found["v"]


def assign(left: np.ndarray, right: np.ndarray, saving: np.ndarray) -> np.ndarray:
    """Which pairs to take, bool[P]: no row twice, the greatest sum of savings (all above 0)."""
    if len(left) == 0:
        return np.zeros(0, np.bool_)
    taken = (np.bincount(left)[left] == 1) & (np.bincount(right)[right] == 1)
    contested = np.flatnonzero(~taken)
    if contested.size:
        taken[contested] = _by_component(left[contested], right[contested], saving[contested])
    return taken


def _by_component(left: np.ndarray, right: np.ndarray, saving: np.ndarray) -> np.ndarray:
    """The same, each component of the pairs by itself; in a star, where one row is in all pairs, the best is taken."""
    rows, i = np.unique(left, return_inverse=True)
    columns, j = np.unique(right, return_inverse=True)
    n, m = len(rows), len(columns)
    graph = coo_array((np.ones(len(i), np.int8), (i, n + j)), shape=(n + m, n + m))
    label = connected_components(graph, directed=False)[1]
    of_pair = label[i]
    size, lefts, rights = (np.bincount(label_of, minlength=n + m) for label_of in (of_pair, label[:n], label[n:]))
    order = np.lexsort((-saving, of_pair))
    taken = np.zeros(len(i), np.bool_)
    best = order[np.append(True, np.diff(of_pair[order]) != 0)]
    star = (lefts == 1) | (rights == 1)
    taken[best[star[of_pair[best]]]] = True
    start = np.cumsum(np.append(0, size))
    for c in np.flatnonzero(~star & (size > 0)):
        own = order[start[c] : start[c + 1]]
        taken[own] = _dense(i[own], j[own], saving[own])
    return taken


def _dense(left: np.ndarray, right: np.ndarray, saving: np.ndarray) -> np.ndarray:
    """The same for one component, by SciPy's assignment; what is no pair saves nothing."""
    rows, i = np.unique(left, return_inverse=True)
    columns, j = np.unique(right, return_inverse=True)
    table = np.zeros((len(rows), len(columns)))
    table[i, j] = saving
    partner = np.full(len(rows), -1)
    a, b = linear_sum_assignment(table, maximize=True)
    partner[a] = b
    return partner[i] == j
