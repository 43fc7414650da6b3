"""Reach and cuts against going through every set of edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openiads.studies.flows.graph import Graph
from tests.studies.flows.graphs import every_state, graphs, walked


@settings(deadline=None)
@given(graphs(), st.data())
def test_reach_is_what_one_can_walk_to(graph, data):
    keep = np.array(data.draw(st.lists(st.booleans(), min_size=len(graph.tail), max_size=len(graph.tail))), bool)
    start = data.draw(st.lists(st.integers(0, graph.count - 1), max_size=2))
    assert set(np.flatnonzero(graph.reached(start, keep))) == walked(graph, start, keep)


@settings(deadline=None)
@given(graphs(), st.integers(0, 4))
def test_a_way_out_ends_there_and_is_the_shortest(graph, end):
    end %= graph.count
    first = graph.ways_out([end])
    can = graph.reverse().reached([end])
    for v in range(graph.count):
        steps, at = 0, v
        while first[at] >= 0:
            assert graph.tail[first[at]] == at
            at, steps = int(graph.head[first[at]]), steps + 1
            assert steps < graph.count
        assert (at == end) == can[v]
        if can[v]:
            shorter = np.flatnonzero([_distance(graph, v, end) < steps])
            assert not len(shorter)


def _distance(graph: Graph, a: int, b: int) -> int:
    ring, steps = {a}, 0
    while b not in ring:
        ring |= {int(h) for t, h in zip(graph.tail, graph.head, strict=True) if t in ring}
        steps += 1
    return steps


@settings(deadline=None)
@given(graphs(7), st.data(), st.sampled_from(["sources", "sinks"]))
def test_the_smallest_cut_of_all_and_its_edges_cut(graph, data, near):
    sizes = st.sampled_from([0.0, 1.0, 2.0, 0.37, 1e6, 12.5, np.inf])
    capacity = np.array(data.draw(st.lists(sizes, min_size=len(graph.tail), max_size=len(graph.tail))), float)
    cut = graph.min_cut([0], [graph.count - 1], capacity, near)
    open_ = capacity > 0.0
    best = min(
        (capacity[list(gone)].sum() if any(gone) else 0.0)
        for gone in (np.array(g, bool) for g in every_state(len(capacity)))
        if graph.count - 1 not in walked(graph, [0], open_ & ~gone)
    )
    assert cut.value == pytest.approx(best, rel=1e-6)
    if np.isfinite(best):
        assert capacity[cut.edges].sum() == cut.value
        left = open_.copy()
        left[cut.edges] = False
        assert graph.count - 1 not in walked(graph, [0], left)
    else:
        assert not len(cut.edges)


def test_of_several_smallest_cuts_the_nearest():
    line = Graph(4, np.arange(3), np.arange(1, 4))
    assert line.min_cut([0], [3], np.ones(3)).edges.tolist() == [2]
    assert line.min_cut([0], [3], np.ones(3), "sources").edges.tolist() == [0]


def test_capacities_of_any_size_are_told_apart():
    """Far beyond what int32 holds, and parallel edges that can not be cut."""
    graph = Graph(3, np.array([0, 0, 1, 1]), np.array([1, 1, 2, 2]))
    assert graph.min_cut([0], [2], np.array([np.inf, np.inf, 3e12, 4e12])) == (7e12, pytest.approx([2, 3]))
    assert graph.min_cut([0], [2], np.array([1.0, 2.0, 3e12, np.inf])).value == 3.0
    assert graph.min_cut([0], [2], np.full(4, np.inf)).value == np.inf
    assert graph.min_cut([0], [2], np.array([1e-3, 0.0, 1e12, 0.0])) == (1e-3, pytest.approx([0]))


def test_nobody_and_nowhere_need_no_cut():
    line = Graph(2, np.array([0]), np.array([1]))
    assert line.min_cut([], [1], np.ones(1)).value == line.min_cut([0], [], np.ones(1)).value == 0.0
