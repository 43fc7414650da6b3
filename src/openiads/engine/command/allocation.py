"""Which fire unit fires how many rounds at which target, fast: greedy, then optimal exchanges of many rounds at once.

One block of rounds is lifted off each of many targets, and the blocks are put back, at most one at a target, at
least total: an assignment problem, solved by cancelling negative cycles (Klein 1967) from where the blocks were. That
is the cyclic exchange of Ahuja, Kumar, Jha and Orlin 2007 with the best set of cycles. docs/equations/assignment.md.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from openiads.engine.bundle import bundle
from openiads.engine.jit import jit, part

SURE = 1e-13  # chance to survive that stands for none, so that a round can be taken off a product again
_PATIENCE = 5  # exchanges in a row that gain nothing, after which no more are tried
_KEPT = 20  # % of the targets that keep all their rounds in an exchange: they can be given more
_NOISE = 8.0  # values are raised by up to so many times themselves to leave a local optimum
_NOISY = 3  # exchanges at those values
_SLIGHT = 1e-12  # of the value of all targets: a gain below it is none, nor is a second round where one is SURE


@bundle
class Chances(NamedTuple):
    """What can be fired and what it would do; axis W = fire unit, axis T = target."""

    value: np.ndarray  # float64[T] of a target that gets through
    survival: np.ndarray  # float64[W, T] 1 - pk of one round, at least SURE; 1 where unit can not meet target in time
    ready: np.ndarray  # int64[W] rounds
    channels: np.ndarray  # int64[W] most targets at once
    most_salvo: np.ndarray  # int64[W] most rounds of a unit at one target
    most: np.ndarray  # int64[T] most rounds at a target, of all units


@bundle
class Plan(NamedTuple):
    """The rounds, what they leave, and working memory; a row is a block of rounds that an exchange may move."""

    rounds: np.ndarray  # int64[W, T] the answer
    fired: np.ndarray  # int64[W, T] the trial
    left: np.ndarray  # int64[W] rounds
    free: np.ndarray  # int64[W] channels
    shots: np.ndarray  # int64[T] rounds at a target
    value: np.ndarray  # float64[T] of the targets as this trial sees it
    alive: np.ndarray  # float64[T] value that survives
    taker: np.ndarray  # int64[T] unit whose next round gains most, -1 none, -2 not known
    gain: np.ndarray  # float64[T] what it gains
    unit: np.ndarray  # int64[R] of a row
    size: np.ndarray  # int64[R] rounds
    column: np.ndarray  # int64[R] where it is put, -1 nowhere
    right: np.ndarray  # bool[R] it may take a channel
    cost: np.ndarray  # float64[R, T] value that survives with the row less without it
    row: np.ndarray  # int64[T + 1] in a column, -1 none
    dist: np.ndarray  # float64[T + 1] length of a path to a column; the last is that of rows put nowhere
    via: np.ndarray  # int64[T + 1] row that comes into the column on that path; -2 - column before it where none does
    seen: np.ndarray  # int64[T + 1] walk that passed a column
    luck: np.ndarray  # uint64[1] state of the generator


def empty_chances(shooters: int, aims: int) -> Chances:
    """Room for [units] fire units and [targets] targets."""
    return Chances(
        np.zeros(aims), np.ones((shooters, aims)), np.zeros(shooters, np.int64), np.zeros(shooters, np.int64),
        np.zeros(shooters, np.int64), np.zeros(aims, np.int64),
    )  # fmt: skip


def empty_plan(shooters: int, aims: int) -> Plan:
    """Working memory for [units] fire units and [targets] targets."""
    rows = shooters + aims

    def i(*shape: int) -> np.ndarray:
        return np.zeros(shape, np.int64)

    def f(*shape: int) -> np.ndarray:
        return np.zeros(shape)

    return Plan(
        i(shooters, aims), i(shooters, aims), i(shooters), i(shooters), i(aims), f(aims), f(aims), i(aims),
        f(aims), i(rows), i(rows), i(rows), np.zeros(rows, np.bool_), f(rows, aims), i(aims + 1), f(aims + 1),
        i(aims + 1), i(aims + 1), np.zeros(1, np.uint64),
    )  # fmt: skip


@jit
def allocate(chances, plan, shooters, aims, tries):
    """Fills plan.rounds[:units, :targets] and returns the value that survives; deterministic, ties to the first.

    `tries` times the best is left for a local optimum elsewhere; with -1 it stays at greedy, the largest gain first.
    """
    plan.luck[0] = 88172645463325252
    plan.rounds[:shooters, :aims] = 0
    _restore(chances, plan, shooters, aims)
    _fill(chances, plan, shooters, aims)
    if tries >= 0:
        _settle(chances, plan, shooters, aims)
    best = _total(plan, aims)
    _keep(plan, shooters, aims)
    for _ in range(tries):
        _disturb(chances, plan, shooters, aims)
        _settle(chances, plan, shooters, aims)
        if _total(plan, aims) < best - _slight(plan, aims):
            best = _total(plan, aims)
            _keep(plan, shooters, aims)
        else:
            _restore(chances, plan, shooters, aims)
    return best


@part
def _total(plan, aims):
    """Value that survives."""
    return _sum(plan.alive, aims)


@part
def _slight(plan, aims):
    """What is too little to count as a gain."""
    return _SLIGHT * _sum(plan.value, aims)


@part
def _sum(values, aims):
    total = 0.0
    for t in range(aims):
        total += values[t]
    return total


@part
def _keep(plan, shooters, aims):
    for w in range(shooters):
        for t in range(aims):
            plan.rounds[w, t] = plan.fired[w, t]


@part
def _restore(chances, plan, shooters, aims):
    """Go back to the best allocation so far."""
    for t in range(aims):
        plan.shots[t] = 0
        plan.value[t] = chances.value[t]
    for w in range(shooters):
        plan.left[w], plan.free[w] = chances.ready[w], chances.channels[w]
        for t in range(aims):
            plan.fired[w, t] = 0
            if plan.rounds[w, t] > 0:
                _put(plan, w, t, plan.rounds[w, t])
    for t in range(aims):
        _weigh(chances, plan, shooters, t)


@part
def _put(plan, w, t, size):
    """Fire `size` more rounds of unit w at target t; fewer where it is negative."""
    if plan.fired[w, t] == 0:
        plan.free[w] -= 1
    plan.fired[w, t] += size
    plan.left[w] -= size
    plan.shots[t] += size
    if plan.fired[w, t] == 0:
        plan.free[w] += 1


@part
def _weigh(chances, plan, shooters, t):
    """Value of target t that survives, product by product: nothing is divided, so no error grows."""
    alive = plan.value[t]
    for w in range(shooters):
        for _ in range(plan.fired[w, t]):
            alive *= chances.survival[w, t]
    plan.alive[t] = alive


@part
def _fits(chances, plan, w, t, size):
    """Whether the bounds of a salvo and of a target leave room; rounds and channels are counted elsewhere."""
    return (
        chances.survival[w, t] < 1.0
        and plan.fired[w, t] + size <= chances.most_salvo[w]
        and plan.shots[t] + size <= chances.most[t]
    )


@part
def _fill(chances, plan, shooters, aims):
    """Fire the round that gains most until none gains or none is left (maximum marginal return)."""
    slight = _slight(plan, aims)
    for t in range(aims):
        plan.taker[t] = -2
    while True:
        best, most = -1, slight
        for t in range(aims):
            if plan.taker[t] == -2:
                _find_taker(chances, plan, shooters, t)
            if plan.gain[t] > most:
                best, most = t, plan.gain[t]
        if best < 0:
            return
        w = plan.taker[best]
        free = plan.free[w]
        _put(plan, w, best, 1)
        plan.alive[best] *= chances.survival[w, best]
        plan.taker[best] = -2
        if plan.left[w] == 0 or (plan.free[w] == 0 and free > 0):
            for t in range(aims):
                if plan.taker[t] == w:
                    plan.taker[t] = -2


@part
def _find_taker(chances, plan, shooters, t):
    """The unit whose next round at target t gains most."""
    plan.taker[t], plan.gain[t] = -1, 0.0
    for w in range(shooters):
        if plan.left[w] > 0 and (plan.free[w] > 0 or plan.fired[w, t] > 0) and _fits(chances, plan, w, t, 1):
            gain = plan.alive[t] * (1.0 - chances.survival[w, t])
            if gain > plan.gain[t]:
                plan.taker[t], plan.gain[t] = w, gain


@part
def _settle(chances, plan, shooters, aims):
    """Exchange until it gains nothing any more."""
    before = _total(plan, aims)
    idle = 0
    while idle < _PATIENCE:
        if _exchange(chances, plan, shooters, aims):
            _fill(chances, plan, shooters, aims)
        after = _total(plan, aims)
        idle = 0 if after < before - _slight(plan, aims) else idle + 1
        before = after


@part
def _disturb(chances, plan, shooters, aims):
    """Exchange as if targets were worth more than they are, each by a chance of its own."""
    for t in range(aims):
        plan.value[t] = chances.value[t] * (1.0 + _NOISE * _draw(plan, 1024) / 1024.0)
        _weigh(chances, plan, shooters, t)
    for _ in range(_NOISY):
        _exchange(chances, plan, shooters, aims)
    for t in range(aims):
        plan.value[t] = chances.value[t]
        _weigh(chances, plan, shooters, t)
    _fill(chances, plan, shooters, aims)


@part
def _draw(plan, below):
    """A whole number from 0 to `below` - 1 (xorshift, Marsaglia 2003): the same ones in every call of `allocate`."""
    x = plan.luck[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    plan.luck[0] = x
    return np.int64((x >> np.uint64(33)) % np.uint64(below))


@part
def _exchange(chances, plan, shooters, aims):
    """Lift one block of rounds off each of many targets and put the blocks back at least cost; whether any moved."""
    slight = _slight(plan, aims)
    rows = _choose(plan, shooters, aims)
    _lift(chances, plan, shooters, aims, rows)
    _price(chances, plan, aims, rows)
    for c in range(aims + 1):
        plan.dist[c] = 0.0
    moved = False
    while _cancel(plan, aims, rows, slight):
        moved = True
    for r in range(rows):
        plan.free[plan.unit[r]] += plan.right[r]
    for r in range(rows):
        if plan.column[r] >= 0:
            _put(plan, plan.unit[r], plan.column[r], plan.size[r])
    for t in range(aims):
        _weigh(chances, plan, shooters, t)
    return moved


@part
def _choose(plan, shooters, aims):
    """Rows of an exchange: all rounds, or one, of a unit at a target, drawn; and a round of each unit that has some left."""
    rows = np.int64(0)
    for t in range(aims):
        plan.row[t] = -1
        if plan.shots[t] == 0 or _draw(plan, 100) < _KEPT:
            continue
        engaged = 0
        for w in range(shooters):
            engaged += plan.fired[w, t] > 0
        nth = _draw(plan, engaged)
        w = -1
        while nth >= 0:
            w += 1
            nth -= plan.fired[w, t] > 0
        plan.unit[rows], plan.column[rows], plan.size[rows] = w, t, plan.fired[w, t]
        if plan.size[rows] > 1 and _draw(plan, 2) == 0:
            plan.size[rows] = 1
        plan.row[t] = rows
        rows += 1
    for w in range(shooters):
        if plan.left[w] > 0:
            plan.unit[rows], plan.column[rows], plan.size[rows] = w, -1, 1
            rows += 1
    return rows


@part
def _lift(chances, plan, shooters, aims, rows):
    """Take the rows off their targets and share out the free channels: a row that gave one up has it for certain."""
    for r in range(rows):
        if plan.column[r] >= 0:
            _put(plan, plan.unit[r], plan.column[r], -plan.size[r])
            _weigh(chances, plan, shooters, plan.column[r])
            plan.right[r] = plan.fired[plan.unit[r], plan.column[r]] == 0
            plan.free[plan.unit[r]] -= plan.right[r]
    for r in range(rows):
        w = plan.unit[r]
        if plan.column[r] < 0 or plan.fired[w, plan.column[r]] > 0:
            plan.right[r] = plan.free[w] > 0
            plan.free[w] -= plan.right[r]


@part
def _price(chances, plan, aims, rows):
    """Surviving value of every target with every row less that without, infinite where the row does not fit."""
    for r in range(rows):
        w = plan.unit[r]
        for t in range(aims):
            plan.cost[r, t] = math.inf
            if (plan.right[r] or plan.fired[w, t] > 0) and _fits(chances, plan, w, t, plan.size[r]):
                survival = chances.survival[w, t]
                for _ in range(plan.size[r] - 1):
                    survival *= chances.survival[w, t]
                plan.cost[r, t] = plan.alive[t] * (survival - 1.0)


@part
def _cancel(plan, aims, rows, slight):
    """Shorten paths of rows that push each other on (Bellman and Ford) until some close, and go round; False if none do."""
    dist, via, nowhere = plan.dist, plan.via, aims
    for c in range(aims + 1):
        via[c] = -1
    while True:
        shorter = False
        for r in range(rows):
            c = plan.column[r]
            start = dist[nowhere] if c < 0 else dist[c] - plan.cost[r, c]
            for t in range(aims):
                if start + plan.cost[r, t] < dist[t] - slight:
                    dist[t] = start + plan.cost[r, t]
                    via[t] = r
                    shorter = True
            if c >= 0 and start < dist[nowhere] - slight:
                dist[nowhere] = start
                via[nowhere] = r
                shorter = True
        for t in range(aims):  # an empty column has nothing to push on; from a full one, a row may leave a gap
            if plan.row[t] < 0 and dist[t] < dist[nowhere] - slight:
                dist[nowhere] = dist[t]
                via[nowhere] = -2 - t
                shorter = True
            elif plan.row[t] >= 0 and dist[nowhere] < dist[t] - slight:
                dist[t] = dist[nowhere]
                via[t] = -2 - nowhere
                shorter = True
        if not shorter:
            return False
        if _go_round(plan, aims):
            return True


@part
def _before(plan, aims, c):
    """The column before c on its path, -1 for none."""
    r = plan.via[c]
    if r < 0:
        return -2 - r if r < -1 else -1
    return plan.column[r] if plan.column[r] >= 0 else aims


@part
def _go_round(plan, aims):
    """Move every row of every closed path one column on; whether there was one."""
    for c in range(aims + 1):
        plan.seen[c] = -1
    moved = False
    for first in range(aims + 1):
        c = np.int64(first)
        while c >= 0 and plan.seen[c] < 0:
            plan.seen[c] = first
            c = _before(plan, aims, c)
        if c < 0 or plan.seen[c] != first:
            continue
        last = c
        while True:
            before = _before(plan, aims, c)
            if c < aims:
                plan.row[c] = max(plan.via[c], -1)
            if plan.via[c] >= 0:
                plan.column[plan.via[c]] = c if c < aims else -1
            c = before
            if c == last:
                break
        moved = True
    return moved
