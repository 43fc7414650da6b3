"""Chances against the sum over every state of the edges, and draws against what is exact."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openiads.errors import UsageError
from openiads.studies.flows import chance
from openiads.studies.flows.chance import largest_part, reached, time_to_reach
from openiads.studies.flows.graph import Graph
from tests.studies.flows.graphs import every_state, graphs, walked

BRIDGE = Graph(4, np.array([0, 0, 1, 2, 1, 2]), np.array([1, 2, 2, 1, 3, 3]))


@given(graphs(7), st.data())
@settings(deadline=None)
def test_every_set_has_the_probability_that_the_states_add_up_to(graph, data):
    values = st.sampled_from([0.0, 0.1, 0.5, 0.83, 1.0])
    p = np.array(data.draw(st.lists(values, min_size=len(graph.tail), max_size=len(graph.tail))), float)
    found = reached(graph, p, [0])
    assert found.weight is not None and found.weight.sum() == pytest.approx(1.0, abs=1e-12)
    sums: dict[frozenset[int], float] = {}
    for up in every_state(len(p)):
        got = frozenset(walked(graph, [0], np.array(up, bool)))
        sums[got] = sums.get(got, 0.0) + float(np.prod(np.where(up, p, 1.0 - p)))
    for row, weight in zip(found.member, found.weight, strict=True):
        assert weight == pytest.approx(sums.pop(frozenset(np.flatnonzero(row).tolist()), 0.0), abs=1e-12)
    assert sum(sums.values()) == 0.0
    every = range(graph.count)
    assert found.expected(every).estimate == pytest.approx(
        sum(found.at_least(k, every).estimate for k in range(1, graph.count + 1))
    )


def test_draws_agree_with_what_is_exact(monkeypatch):
    exact, p = reached(BRIDGE, np.full(6, 0.6), [0]), np.full(6, 0.6)
    within = time_to_reach(BRIDGE, np.arange(1.0, 7.0), [0], [3], 4.0)
    monkeypatch.setattr(chance, "MOST_SETS", 1)
    drawn = reached(BRIDGE, p, [0], name="bridge")
    assert drawn.weight is None and len(drawn.member) == chance.DRAWS
    for ask in (lambda r: r.at_least(1, [3]), lambda r: r.at_least(2, [1, 2]), lambda r: r.expected(range(4))):
        true, got = ask(exact), ask(drawn)
        assert got.low < true.estimate < got.high and got.low < got.estimate < got.high
    for true, got in zip(within, time_to_reach(BRIDGE, np.arange(1.0, 7.0), [0], [3], 4.0), strict=True):
        assert got.low < true.estimate < got.high


def test_draws_are_a_function_of_name_and_seed(monkeypatch):
    monkeypatch.setattr(chance, "MOST_SETS", 1)
    one = reached(BRIDGE, np.full(6, 0.6), [0], draws=500, name="a").member
    monkeypatch.setattr(chance, "_AT_ONCE", 100)  # a few draws at once
    assert (reached(BRIDGE, np.full(6, 0.6), [0], draws=500, name="a").member == one).all()
    assert (reached(BRIDGE, np.full(6, 0.6), [0], draws=500, name="b").member != one).any()
    assert (reached(BRIDGE, np.full(6, 0.6), [0], draws=500, name="a", seed=2).member != one).any()


def test_a_large_graph_is_drawn_and_a_long_line_that_is_certain_is_walked():
    line = Graph(200, np.arange(199), np.arange(1, 200))
    got = reached(line, np.ones(199), [0], draws=50)
    assert got.weight is None and got.expected(range(200)).estimate == 200.0


def test_more_ways_reach_more_and_never_less():
    p = np.full(6, 0.7)
    for e in range(6):
        less = p.copy()
        less[e] = 0.2
        assert reached(BRIDGE, less, [0]).at_least(1, [3]).estimate <= reached(BRIDGE, p, [0]).at_least(1, [3]).estimate


def test_the_largest_part_of_one_line_by_hand():
    pair = Graph(2, np.array([0]), np.array([1]))
    got = largest_part(pair, np.array([0.5]))
    assert got.low < 0.75 < got.high
    assert largest_part(pair, np.array([1.0])).estimate == 1.0
    assert largest_part(pair, np.array([0.0])).estimate == 0.5


def test_a_race_of_two_steps_and_steps_of_different_means():
    race = Graph(3, np.array([0, 0]), np.array([1, 2]))
    mean, within = time_to_reach(race, np.array([2.0, 3.0]), [0], [1, 2], 1.0)
    assert mean.estimate == pytest.approx(1.0 / (1 / 2 + 1 / 3))
    assert within.estimate == pytest.approx(1.0 - math.exp(-5 / 6))
    two = Graph(3, np.array([0, 1]), np.array([1, 2]))
    mean, within = time_to_reach(two, np.array([2.0, 5.0]), [0], [2], 4.0)
    assert mean.estimate == pytest.approx(7.0)
    assert within.estimate == pytest.approx(1.0 - (5 * math.exp(-4 / 5) - 2 * math.exp(-4 / 2)) / 3)


def test_a_long_time_costs_no_more_than_a_short_one_and_adds_up_to_the_same():
    """Erlang's distribution by hand at every length, and nothing left where a thousand million flows fit in."""
    line, ones = Graph(4, np.arange(3), np.arange(1, 4)), np.ones(3)
    for within in (0.01, 1.0, 10.0, 40.0):
        still = math.exp(-within) * (1.0 + within + within**2 / 2.0)
        assert time_to_reach(line, ones, [0], [3], within)[1].estimate == pytest.approx(1.0 - still, abs=1e-12)
    for within in (1e6, 1e12):
        begun = time.monotonic()
        assert time_to_reach(BRIDGE, np.arange(1.0, 7.0), [0], [3], within)[1].estimate == 1.0
        assert time.monotonic() - begun < 5.0


def test_a_goal_that_is_there_or_nowhere():
    line = Graph(3, np.array([0]), np.array([1]))
    mean, within = time_to_reach(line, np.ones(1), [0], [2], 1.0)
    assert mean.estimate is None and mean.reason and within.estimate == 0.0
    mean, within = time_to_reach(line, np.ones(1), [0], [0], 1.0)
    assert mean.estimate == 0.0 and within.estimate == 1.0


def test_what_is_no_chance_and_no_time():
    with pytest.raises(UsageError, match="between 0 and 1"):
        reached(BRIDGE, np.full(6, 1.1), [0])
    with pytest.raises(UsageError, match="between 0 and 1"):
        reached(BRIDGE, np.full(6, np.nan), [0])
    with pytest.raises(UsageError, match="above 0"):
        time_to_reach(BRIDGE, np.zeros(6), [0], [3], 1.0)
