"""Directed graphs: what is reached, over which edges, and the smallest cut that stops it (docs/equations/flows.md)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

Near = Literal["sources", "sinks"]
_MOST = 2**29  # SciPy's flows are int32, and a residual is up to twice a capacity


class Cut(NamedTuple):
    """Edges without which nothing gets from the sources to the sinks, and what they carry together; inf if none do."""

    value: float
    edges: np.ndarray  # int[k] rows of the graph


@dataclass(frozen=True)
class Graph:
    """Vertices 0 … count - 1 and directed edges [E]; edges between the same two vertices are told apart by their row."""

    count: int
    tail: np.ndarray  # int[E]
    head: np.ndarray  # int[E]

    def reverse(self) -> Graph:
        """The same edges, pointing back."""
        return Graph(self.count, self.head, self.tail)

    def reached(self, start: Collection[int], keep: np.ndarray | None = None) -> np.ndarray:
        """Vertices bool[count] at the end of a path from `start`, over the edges that are kept (bool[E])."""
        return self._search(start, keep)[0]

    def ways_out(self, ends: Collection[int], keep: np.ndarray | None = None) -> np.ndarray:
        """Per vertex the edge int[count] with which a shortest way to one of `ends` begins; -1 at them, or without a way."""
        _, after = self.reverse()._search(ends, keep)
        first = np.full(self.count, -1)
        for e in np.flatnonzero(np.ones(len(self.tail), bool) if keep is None else keep)[::-1]:
            if after[self.tail[e]] == self.head[e]:
                first[self.tail[e]] = e
        return first

    def _search(self, start: Collection[int], keep: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Reached bool[count], and the vertex int[count] from which each was; below 0 at the start."""
        root, begin = self.count, np.array(sorted(start), int)
        tail, head = (self.tail, self.head) if keep is None else (self.tail[keep], self.head[keep])
        matrix = _matrix(root + 1, [tail, np.full(len(begin), root)], [head, begin])
        order, before = breadth_first_order(matrix, root)
        found = np.zeros(root + 1, bool)
        found[order] = True
        before = before[:root].copy()
        before[begin] = -1
        return found[:root], before

    def min_cut(
        self, sources: Collection[int], sinks: Collection[int], capacity: np.ndarray, near: Near = "sinks"
    ) -> Cut:
        """The cut of least capacity (float[E]; inf = can not be cut), of several the one nearest to `near`.

        Capacities beyond whole numbers are told apart to 2e-9 of their sum (scipy.sparse.csgraph.maximum_flow).
        """
        none = np.zeros(0, int)
        first, last = set(sources), set(sinks)
        if not first or not last:
            return Cut(0.0, none)
        certain = self.reached(first, np.isinf(capacity))
        if certain[sorted(last)].any():
            return Cut(np.inf, none)
        whole, most = _whole(capacity)
        s, t = self.count, self.count + 1
        tails: list[Collection[int]] = [self.tail, [s] * len(first), sorted(last)]
        heads: list[Collection[int]] = [self.head, sorted(first), [t] * len(last)]
        weights = np.concatenate([whole, np.full(len(first) + len(last), most)])
        room = _matrix(self.count + 2, tails, heads, weights, most)
        left = (room - maximum_flow(room, s, t).flow).tocoo()
        open_ = left.data > 0
        rest = Graph(self.count + 2, left.row[open_], left.col[open_])
        if near == "sources":
            side = rest.reached([s])
            crossing = side[self.tail] & ~side[self.head]
        else:
            side = rest.reverse().reached([t])
            crossing = ~side[self.tail] & side[self.head]
        edges = np.flatnonzero(crossing & (capacity > 0.0))
        return Cut(float(capacity[edges].sum()), edges)


def _whole(capacity: np.ndarray) -> tuple[np.ndarray, int]:
    """Capacities int64[E] as SciPy takes them, and one that is larger than all that can be cut."""
    finite = capacity[np.isfinite(capacity)]
    total = float(finite.sum())
    exact = total <= _MOST and bool((finite == np.rint(finite)).all())
    scale = 1.0 if exact or total == 0.0 else _MOST / total
    whole = np.rint(np.minimum(capacity, total) * scale).astype(np.int64)
    most = int(whole[np.isfinite(capacity)].sum()) + 1
    return np.where(np.isinf(capacity), most, whole), most


def _matrix(size: int, tail: Sequence[Collection[int]], head: Sequence[Collection[int]],
            weight: np.ndarray | None = None, most: int = 1) -> csr_matrix:  # fmt: skip
    """Sparse int32[size, size]; edges between the same two vertices add up, to `most` at most."""
    rows, columns = (np.concatenate([np.asarray(part, int) for part in parts]) for parts in (tail, head))
    values = np.ones(len(rows), np.int64) if weight is None else weight
    matrix = csr_matrix((values, (rows, columns)), shape=(size, size))
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    matrix.data = np.minimum(matrix.data, most).astype(np.int32)
    return matrix
