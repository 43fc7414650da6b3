"""System tracks: the tracks of several nodes put together, one number for a body. docs/equations/tracking-metrics.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.stats import chi2

from openiads.errors import UsageError
from openiads.tracking.fusion import correlate, covariance_intersection, full_covariance, squared_distance
from openiads.tracking.scene import TrackTable
from openiads.tracking.truth import SAME_TIME

_LOOSE = 1.0 - 1e-6  # share of true pairs that stay together once they are


class NodeTracks(TrackTable, Protocol):
    """Tracks of one node with their covariances: `openiads.tracking.Tracks`, or any table with these columns."""

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


def fuse(nodes: Sequence[NodeTracks], probability: float = 0.999) -> SystemTracks:
    """Tracks of nodes at common instants, correlated and fused by covariance intersection: nothing counts twice.

    Two tracks are of one body if their difference lies in the gate that holds this share of true pairs, of all pairs the
    likeliest; they stay together until it leaves a wider one. Of two system tracks that turn out to be one, the older stays.
    """
    if not nodes:
        raise UsageError("fuse: no nodes were given")
    if not 0.0 < probability < 1.0:
        raise UsageError(f"fuse: probability = {probability!r} must lie between 0 and 1")
    tables = [_Node(k, table) for k, table in enumerate(nodes)]
    times = np.unique(np.concatenate([n.t for n in tables]))
    keep = np.append(True, np.diff(times) > SAME_TIME)[: len(times)]
    book, rows = _Book(len(nodes), probability), []
    for t in times[keep].tolist():
        rows.append(book.instant(t, [n.at(t) for n in tables]))
    if not rows:
        none = np.zeros(0)
        return SystemTracks(none, none.astype(np.int64), np.zeros((0, 6)), np.zeros((0, 6, 6)), np.zeros((0, len(nodes)), np.int64))  # fmt: skip
    return SystemTracks(*(np.concatenate(column) for column in zip(*rows, strict=True)))


class _Node:
    """The rows of one node by instant."""

    def __init__(self, k: int, table: NodeTracks) -> None:
        self.t, number, x, p = (np.asarray(getattr(table, name)) for name in ("t", "number", "x", "p"))
        if x.shape != (len(self.t), 6) or p.shape != (len(self.t), 21):
            raise UsageError(
                f"fuse: node {k} has x of shape {x.shape} and p of {p.shape}; they must be [N, 6] and [N, 21]"
            )
        if (number <= 0).any():
            raise UsageError(f"fuse: node {k} has a track number {number.min()}; numbers are above 0")
        order = np.lexsort((number, self.t))
        self.t, self.number, self.x, self.p = self.t[order], number[order], x[order], full_covariance(p[order])

    def at(self, t: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Numbers [n], states [n, 6] and covariances [n, 6, 6] of one instant."""
        first, last = np.searchsorted(self.t, [t - SAME_TIME, t + SAME_TIME])
        return self.number[first:last], self.x[first:last], self.p[first:last]


class _Book:
    """Which track of which node is behind which system track."""

    def __init__(self, nodes: int, probability: float) -> None:
        self.probability, self.loose = probability, float(chi2.ppf(_LOOSE, 6))
        self.number: list[dict[int, int]] = [{} for _ in range(nodes)]  # of the system, by the node's own
        self.next = 1

    def instant(self, t: float, seen: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> tuple[np.ndarray, ...]:
        """The system tracks of one instant, node after node: those known, then those that correlate, then new ones."""
        system, x, p = np.zeros(0, np.int64), np.zeros((0, 6)), np.zeros((0, 6, 6))
        members = np.zeros((0, len(seen)), np.int64)
        for k, (number, own_x, own_p) in enumerate(seen):
            known = np.array([self.number[k].get(int(n), 0) for n in number], np.int64)
            row = self._known(known, own_x, own_p, system, x, p)
            row = self._correlated(row, own_x, own_p, x, p)
            old, new = np.flatnonzero(row >= 0), np.flatnonzero(row < 0)
            x[row[old]], p[row[old]], _ = covariance_intersection(x[row[old]], p[row[old]], own_x[old], own_p[old])
            members[row[old], k] = number[old]
            fresh = self._numbers(known[new], system)
            more = np.zeros((len(new), len(seen)), np.int64)
            more[:, k] = number[new]
            system, members = np.append(system, fresh), np.concatenate([members, more])
            x, p = np.concatenate([x, own_x[new]]), np.concatenate([p, own_p[new]])
            returns = (known[old] > 0) & ~np.isin(known[old], system)
            system[row[old]] = np.where(returns, np.minimum(system[row[old]], known[old]), system[row[old]])
        for k, (number, _, _) in enumerate(seen):
            present = members[:, k] > 0
            self.number[k] = dict(zip(members[present, k].tolist(), system[present].tolist(), strict=True))
            assert len(self.number[k]) == len(number)
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
