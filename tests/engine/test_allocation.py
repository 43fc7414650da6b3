"""Weapon-target assignment in the engine: bounds kept, optimum where it can be enumerated, published instances (WTA-1, -2, -4)."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from openiads.engine.command.allocation import SURE, Chances, allocate, empty_plan

SMALL = Path(__file__).parents[1] / "data" / "assignment" / "small_bruteforce.json"
PUBLIC = Path(__file__).parents[2].parent / "shared" / "data" / "assignment"
OPTIMA = {"wta_50x100x1.txt": (1734.302278, 1801.727146), "wta_50x100x2.txt": (123.838458, 159.152524)}  # and greedy
NO_LIMIT = 1000


def chances(value, pk, ready, channels=NO_LIMIT, most_salvo=NO_LIMIT, most=NO_LIMIT) -> Chances:
    """Numbers that go for all units or targets are spread."""
    pk = np.asarray(pk, float)
    w, t = (np.broadcast_to(np.int64(0), n) for n in pk.shape)
    return Chances(
        np.asarray(value, float), np.maximum(1.0 - pk, SURE), w + ready, w + channels, w + most_salvo, t + most
    )


def surviving(c: Chances, fired) -> float:
    return float(c.value @ np.prod(c.survival**fired, axis=0))


def solve(c: Chances, tries: int = 100):
    """Rounds [W, T] and what they leave, which the kernel must have counted right."""
    memory = empty_plan(*c.survival.shape)
    left = allocate(c, memory, *c.survival.shape, tries)
    np.testing.assert_allclose(left, surviving(c, memory.rounds), rtol=1e-9, atol=1e-300)
    return memory.rounds, left


def check_bounds(c: Chances, fired) -> None:
    assert (fired >= 0).all()
    assert (fired.sum(axis=1) <= c.ready).all()
    assert ((fired > 0).sum(axis=1) <= c.channels).all()
    assert (fired <= c.most_salvo[:, None]).all()
    assert (fired.sum(axis=0) <= c.most).all()
    assert (fired[c.survival == 1.0] == 0).all()


def drawn(seed: int, units: int, targets: int, ready: int) -> Chances:
    """Bounds of every kind, pairs that can not meet, whole and sure chances that make ties."""
    g = np.random.default_rng(seed)
    pk = g.choice([0.0, 0.3, 0.5, 0.5, 0.8, 1.0], (units, targets)) if seed % 2 else g.random((units, targets))
    pk[g.random(pk.shape) < 0.2] = 0.0
    return chances(
        g.integers(0, 20, targets), pk, g.integers(0, ready + 1, units), g.integers(0, targets + 1, units),
        g.integers(0, 4, units), g.integers(0, 5, targets),
    )  # fmt: skip


@settings(max_examples=300)
@given(st.integers(0, 2**31), st.integers(1, 12), st.integers(1, 15), st.integers(0, 8))
def test_bounds_are_kept_and_greedy_is_never_better(seed, units, targets, ready):
    c = drawn(seed, units, targets, ready)
    fired, left = solve(c, 5)
    check_bounds(c, fired)
    greedy, greedy_left = solve(c, -1)
    check_bounds(c, greedy)
    assert left <= greedy_left * (1.0 + 1e-9)
    assert solve(c, 50)[1] <= left * (1.0 + 1e-9)


def enumerated(c: Chances) -> float:
    """Least value that survives, over all that the bounds allow."""
    units, targets = c.survival.shape
    rows = []
    for w in range(units):
        most = [min(c.ready[w], c.most_salvo[w]) if c.survival[w, t] < 1.0 else 0 for t in range(targets)]
        every = np.array(list(itertools.product(*(range(m + 1) for m in most))))
        rows.append(every[(every.sum(1) <= c.ready[w]) & ((every > 0).sum(1) <= c.channels[w])])
    shots, alive = np.zeros((1, targets), np.int64), c.value[None, :]
    for w, every in enumerate(rows):
        shots = (shots[:, None] + every[None]).reshape(-1, targets)
        alive = (alive[:, None] * c.survival[w] ** every[None]).reshape(-1, targets)
        alive, shots = alive[(shots <= c.most).all(axis=1)], shots[(shots <= c.most).all(axis=1)]
    return float(alive.sum(axis=1).min())


@settings(max_examples=60)
@given(st.integers(0, 2**31), st.integers(1, 3), st.integers(1, 4), st.integers(1, 3))
def test_optimum_of_tiny_problems(seed, units, targets, ready):
    """Channels, salvos, rounds and bounds of targets all bind."""
    c = drawn(seed, units, targets, ready)
    assert solve(c)[1] <= enumerated(c) * (1.0 + 1e-9) + 1e-9


@pytest.mark.parametrize("number", range(5))
def test_enumerated_instances(number):
    """WTA-2: units of one round each."""
    case = json.loads(SMALL.read_text(encoding="utf-8"))[number]
    fired, left = solve(chances(case["values"], case["p"], 1))
    assert left == pytest.approx(case["opt"], abs=1e-9)
    assert [int(t) for t in fired.argmax(axis=1)] == case["assign"]


@pytest.mark.parametrize("name", OPTIMA)
def test_public_instances(name):
    """WTA-1: within 1 % of the optimum, better than greedy, which has its published value."""
    if not (PUBLIC / name).exists():
        pytest.skip("the public instances (GPL) lie beside the project, not in it")
    c = read(PUBLIC / name)
    optimum, greedy = OPTIMA[name]
    assert solve(c, -1)[1] == pytest.approx(greedy, abs=1e-6)
    for tries in (0, 20):
        fired, left = solve(c, tries)
        check_bounds(c, fired)
        assert optimum - 1e-6 <= left <= 1.01 * optimum
        assert left < greedy


def read(path: Path) -> Chances:
    """Units, targets and rounds of a unit; values; then unit, target and pk."""
    numbers = np.array(path.read_text(encoding="ascii").split(), float)
    units, targets, ready = (int(n) for n in numbers[:3])
    pk = numbers[3 + targets :].reshape(-1, 3)[:, 2].reshape(units, targets)
    return chances(numbers[3 : 3 + targets], pk, ready)


@pytest.mark.parametrize("seed", range(10))
def test_greedy_is_optimal_where_units_do_not_differ(seed):
    """WTA-4, den Broeder 1959: nothing can be gained on greedy."""
    g = np.random.default_rng(seed)
    units, targets = g.integers(2, 20, 2)
    c = chances(g.integers(1, 100, targets), np.tile(g.uniform(0.1, 0.9, targets), (units, 1)), g.integers(1, 4))
    assert solve(c)[1] == pytest.approx(solve(c, -1)[1], rel=1e-9)


@pytest.mark.parametrize("seed", range(10))
def test_one_shot_a_target_is_linear_assignment(seed):
    """WTA-4: units of one round, one round a target, against scipy's."""
    g = np.random.default_rng(seed)
    units, targets = g.integers(2, 30, 2)
    value, pk = g.uniform(1, 100, targets), g.random((units, targets))
    gain = value * pk
    best = value.sum() - gain[linear_sum_assignment(gain, maximize=True)].sum()
    assert solve(chances(value, pk, 1, most=1))[1] == pytest.approx(best, rel=1e-9)


def test_a_channel_is_kept_for_the_salvo():
    """One channel: both rounds go to the one target that is worth most, though another target would gain more by the second."""
    fired, _ = solve(chances([10.0, 9.0], [[0.8, 0.8]], 2, channels=1))
    assert fired.tolist() == [[2, 0]]
    fired, _ = solve(chances([10.0, 9.0], [[0.8, 0.8]], 2))
    assert fired.tolist() == [[1, 1]]


def test_a_round_that_gains_nothing_is_kept():
    fired, left = solve(chances([5.0], [[1.0], [1.0]], 3))
    assert fired.sum() == 1
    assert left < 1e-9


def test_ties_go_to_the_first():
    assert solve(chances([1.0, 1.0], [[0.5, 0.5], [0.5, 0.5]], 1))[0].tolist() == [[1, 0], [0, 1]]


def test_memory_leaves_no_trace_and_may_be_larger():
    """The same problem gives the same answer after others, in memory that holds more units and targets."""
    problems = [drawn(seed, 1 + seed % 7, 1 + seed % 9, 4) for seed in range(12)]
    memory = empty_plan(9, 12)
    for c in problems:
        units, targets = c.survival.shape
        fresh, left = solve(c, 20)
        assert allocate(c, memory, units, targets, 20) == left
        np.testing.assert_array_equal(memory.rounds[:units, :targets], fresh)
