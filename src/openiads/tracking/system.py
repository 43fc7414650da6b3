"""System tracks: the tracks of several nodes put together, one number for a body. docs/equations/tracking-metrics.md."""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.stats import chi2

from openiads.errors import UsageError
from openiads.tracking.fusion import (
    correlate,
    covariance_intersection,
    full_covariance,
    fuse_independent,
    squared_distance,
)
from openiads.tracking.scene import TrackTable
from openiads.tracking.truth import SAME_TIME

_LOOSE = 1.0 - 1e-6  # share of true pairs that stay together once they are
_USUAL_STEPS = 1.5  # of a node's usual interval that its tracks are carried on ...
_FIRST_AGE = 15.0  # s, and before it has shown an interval: a turn of a slow radar, and some


class NodeTracks(TrackTable, Protocol):
    """Tracks of one node with their covariances, at each instant all it has: `openiads.tracking.Tracks`, or such a table."""

    @property
    def p(self) -> np.ndarray:
        """Covariance, float64[N, 21] as in `Tracks`."""


@dataclass(frozen=True)
class SystemTracks:
    """Fused tracks as columns [N]: one row for a body at each instant."""

    t: np.ndarray  # s
    number: np.ndarray  # system track number, from 1
    x: np.ndarray  # float64[N, 6] m, m/s, earth-centred
    p: np.ndarray  # float64[N, 6, 6]
    members: np.ndarray  # int64[N, nodes] number of the track of each node behind it, 0 for none

    def __len__(self) -> int:
        return len(self.t)


def fuse(
    nodes: Sequence[NodeTracks],
    times: np.ndarray | Sequence[float] | None = None,
    *,
    age: float | None = None,
    accel: float = 5.0,
    independent: bool = False,
    probability: float = 0.999,
) -> SystemTracks:
    """Tracks of nodes at `times` (s; if None, at every instant of any node), correlated and fused; clocks may differ.

    Each node gives what its latest instant shows, carried on straight with an acceleration of `accel` (m/s2, one sigma over
    a second), unless that is more than `age` (s) ago: 1.5 of the node's usual intervals if None. Nothing later is used.

    Fused by covariance intersection, so that nothing counts twice; `independent`: as errors with nothing in common, which
    the accelerations are that no node foresaw: only for bodies that hardly manoeuvre.

    Two tracks are of one body if their difference lies in the gate that holds this share of true pairs, of all pairs the
    likeliest; they stay together until it leaves a wider one. Of two system tracks that turn out to be one, the older stays.
    """
    if not nodes:
        raise UsageError("fuse: no nodes were given")
    if not 0.0 < probability < 1.0:
        raise UsageError(f"fuse: probability = {probability!r} must lie between 0 and 1")
    if not 0.0 <= accel < np.inf:
        raise UsageError(f"fuse: accel = {accel!r} must be a number of m/s2, 0 or more")
    if age is not None and not age >= 0.0:
        raise UsageError(f"fuse: age = {age!r} must be a number of seconds, 0 or more, or None")
    tables = [_Node(k, table, age, accel) for k, table in enumerate(nodes)]
    clock = np.concatenate([n.t for n in tables]) if times is None else np.asarray(times, np.float64)
    if clock.ndim != 1 or not np.isfinite(clock).all():
        raise UsageError(f"fuse: times of shape {clock.shape} must be finite seconds [K], or None")
    book, rows = _Book(len(nodes), probability, independent), [_none(len(nodes))]
    for t in _instants(clock)[0].tolist():
        rows.append(book.instant(t, [n.at(t) for n in tables]))
    return SystemTracks(*(np.concatenate(column) for column in zip(*rows, strict=True)))


def _none(nodes: int) -> tuple[np.ndarray, ...]:
    """The columns of no system track."""
    whole = np.zeros(0, np.int64)
    return np.zeros(0), whole, np.zeros((0, 6)), np.zeros((0, 6, 6)), np.zeros((0, nodes), np.int64)


def _instants(t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Instants (s) in their order, times that are one taken for the first of them; and which is that of each time."""
    order = np.argsort(t)
    first = np.append(True, np.diff(t[order]) > SAME_TIME)[: len(t)]
    of = np.empty(len(t), np.int64)
    of[order] = np.cumsum(first) - 1
    return t[order][first], of


class _Node:
    """The rows of one node by instant."""

    def __init__(self, k: int, table: NodeTracks, age: float | None, accel: float) -> None:
        t, number, x, p = (np.asarray(getattr(table, name)) for name in ("t", "number", "x", "p"))
        if x.shape != (len(t), 6) or p.shape != (len(t), 21):
            raise UsageError(
                f"fuse: node {k} has x of shape {x.shape} and p of {p.shape}; they must be [N, 6] and [N, 21]"
            )
        finite = np.isfinite(t) & np.isfinite(x).all(axis=1) & np.isfinite(p).all(axis=1)
        if not finite.all():
            raise UsageError(f"fuse: row {np.flatnonzero(~finite)[0]} of node {k} is not finite; leave such rows out")
        if (number <= 0).any():
            raise UsageError(f"fuse: node {k} has a track number {number.min()}; numbers are above 0")
        self.t, of = _instants(t)
        _require_pictures(k, self.t, of, number)
        order = np.lexsort((number, of))
        self.number, self.x, self.p = number[order], x[order], full_covariance(p[order])
        self.edges = np.searchsorted(of[order], np.arange(len(self.t) + 1))
        self.age, self.accel = _ages(self.t) if age is None else np.full(len(self.t), age), accel

    def at(self, t: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Numbers [n], states [n, 6] and covariances [n, 6, 6] at a time (s): those of the latest instant, carried there.

        A track that it does not show has ended.
        """
        k = int(np.searchsorted(self.t, t + SAME_TIME, "right")) - 1
        old = t - self.t[k] if k >= 0 else np.inf
        if k < 0 or old > self.age[k] + SAME_TIME:
            return self.number[:0], self.x[:0], self.p[:0]
        rows = slice(self.edges[k], self.edges[k + 1])
        if old <= SAME_TIME:
            return self.number[rows], self.x[rows], self.p[rows]
        return self.number[rows], *_carried(self.x[rows], self.p[rows], old, self.accel)


def _require_pictures(k: int, t: np.ndarray, of: np.ndarray, number: np.ndarray) -> None:
    """Refuse a node whose instants (s) do not show what it has, each track once: which tracks are over could not be told."""
    numbers, own = np.unique(number, return_inverse=True)
    order = np.lexsort((of, own))
    twice = np.flatnonzero((np.diff(own[order]) == 0) & (np.diff(of[order]) == 0))
    if twice.size:
        row = order[twice[0]]
        raise UsageError(
            f"fuse: node {k} has track {number[row]} twice at {t[of[row]]:g} s; keep one row of each instant"
        )
    first, last = np.full(len(numbers), len(t)), np.full(len(numbers), -1)
    np.minimum.at(first, own, of)
    np.maximum.at(last, own, of)
    if 2 * len(number) < (last - first + 1).sum():
        raise UsageError(
            f"fuse: node {k} reports each track at a time of its own; give it a row of every track at each of its instants"
        )


def _ages(t: np.ndarray) -> np.ndarray:
    """How long each instant (s) serves: by the usual interval (lower median) as it was known by then, [K]."""
    steps: list[float] = []
    ages = [_FIRST_AGE]
    for step in np.diff(t).tolist():
        insort(steps, step)
        ages.append(_USUAL_STEPS * steps[(len(steps) - 1) // 2])
    return np.array(ages[: len(t)])


def _carried(x: np.ndarray, p: np.ndarray, tau: float, accel: float) -> tuple[np.ndarray, np.ndarray]:
    """States [n, 6] and covariances [n, 6, 6] after tau (s) of straight flight with white acceleration."""
    eye, q = np.eye(3), accel**2  # m2/s3: times one second
    f = np.block([[eye, tau * eye], [0.0 * eye, eye]])
    noise = q * np.block([[tau**3 / 3.0 * eye, tau**2 / 2.0 * eye], [tau**2 / 2.0 * eye, tau * eye]])
    return x @ f.T, f @ p @ f.T + noise


class _Book:
    """Which track of which node is behind which system track."""

    def __init__(self, nodes: int, probability: float, independent: bool) -> None:
        self.probability, self.loose = probability, float(chi2.ppf(_LOOSE, 6))
        self.together = fuse_independent if independent else _intersected
        self.number: list[dict[int, int]] = [{} for _ in range(nodes)]  # of the system, by the node's own
        self.next = 1

    def instant(self, t: float, seen: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> tuple[np.ndarray, ...]:
        """The system tracks of one instant, node after node: those known, then those that correlate, then new ones."""
        _, system, x, p, members = _none(len(seen))
        for k, (number, own_x, own_p) in enumerate(seen):
            known = np.array([self.number[k].get(int(n), 0) for n in number], np.int64)
            row = self._known(known, own_x, own_p, system, x, p)
            row = self._correlated(row, own_x, own_p, x, p)
            old, new = np.flatnonzero(row >= 0), np.flatnonzero(row < 0)
            x[row[old]], p[row[old]] = self.together(x[row[old]], p[row[old]], own_x[old], own_p[old])
            members[row[old], k] = number[old]
            fresh = self._numbers(known[new], system)
            more = np.zeros((len(new), len(seen)), np.int64)
            more[:, k] = number[new]
            system, members = np.append(system, fresh), np.concatenate([members, more])
            x, p = np.concatenate([x, own_x[new]]), np.concatenate([p, own_p[new]])
            returns = (known[old] > 0) & ~np.isin(known[old], system)
            system[row[old]] = np.where(returns, np.minimum(system[row[old]], known[old]), system[row[old]])
        for k, (number, _, _) in enumerate(seen):
            if len(number):  # a node that shows nothing now may come back: its book waits
                present = members[:, k] > 0
                self.number[k] = dict(zip(members[present, k].tolist(), system[present].tolist(), strict=True))
        order = np.argsort(system)
        return np.full(len(system), t), system[order], x[order], p[order], members[order]

    def _known(
        self, known: np.ndarray, own_x: np.ndarray, own_p: np.ndarray, system: np.ndarray, x: np.ndarray, p: np.ndarray
    ) -> np.ndarray:
        """Row of the system track that each track was part of, and still is; -1 for none."""
        place = {int(n): i for i, n in enumerate(system)}
        row = np.array([place.get(int(n), -1) for n in known], np.int64)
        there = np.flatnonzero(row >= 0)
        d2 = squared_distance(own_x[there] - x[row[there]], own_p[there] + p[row[there]])
        row[there[d2 > self.loose]] = -1
        return row

    def _correlated(
        self, row: np.ndarray, own_x: np.ndarray, own_p: np.ndarray, x: np.ndarray, p: np.ndarray
    ) -> np.ndarray:
        """The same, with tracks that are not part of any taken for the likeliest that has none of this node."""
        free_own = np.flatnonzero(row < 0)
        free = np.setdiff1d(np.arange(len(x)), row)
        i, j, _ = correlate(own_x[free_own], own_p[free_own], x[free], p[free], self.probability)
        row = row.copy()
        row[free_own[i]] = free[j]
        return row

    def _numbers(self, known: np.ndarray, taken: np.ndarray) -> np.ndarray:
        """Numbers of system tracks that begin here or go on: a known one that no other has, else the next."""
        out, used = [], set(taken.tolist())
        for n in known.tolist():
            if n == 0 or n in used:
                n, self.next = self.next, self.next + 1
            used.add(n)
            out.append(n)
        return np.array(out, np.int64)


def _intersected(a: np.ndarray, p_a: np.ndarray, b: np.ndarray, p_b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return covariance_intersection(a, p_a, b, p_b)[:2]
