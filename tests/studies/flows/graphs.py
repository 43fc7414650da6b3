"""Small random graphs, and slow answers that nobody can doubt."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import strategies as st

from openiads.studies.flows.graph import Graph


@st.composite
def graphs(draw: st.DrawFn, most: int = 8) -> Graph:
    """Up to five vertices and `most` edges, parallel ones and loops among them."""
    count = draw(st.integers(2, 5))
    ends = st.integers(0, count - 1)
    pairs = draw(st.lists(st.tuples(ends, ends), max_size=most))
    tail, head = np.array(pairs, int).reshape(-1, 2).T
    return Graph(count, tail, head)


def walked(graph: Graph, start: list[int], keep: np.ndarray) -> set[int]:
    """What is reached, step by step."""
    found = set(start)
    for _ in range(graph.count):
        found |= {int(b) for a, b, k in zip(graph.tail, graph.head, keep, strict=True) if k and a in found}
    return found


def every_state(edges: int) -> itertools.product:
    """All ways in which edges can be there or not."""
    return itertools.product((False, True), repeat=edges)
