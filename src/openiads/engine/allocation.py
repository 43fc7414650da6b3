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
_SLIGHT = 1e-11  # of the surviving value: a gain below it is none


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
class Allocation(NamedTuple):
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


def empty_allocation(units: int, targets: int) -> Allocation:
    """Working memory for [units] fire units and [targets] targets."""
    rows = units + targets

    def i(*shape: int) -> np.ndarray:
        return np.zeros(shape, np.int64)

    def f(*shape: int) -> np.ndarray:
        return np.zeros(shape)

    return Allocation(
        i(units, targets), i(units, targets), i(units), i(units), i(targets), f(targets), f(targets), i(targets),
        f(targets), i(rows), i(rows), i(rows), np.zeros(rows, np.bool_), f(rows, targets), i(targets + 1), f(targets + 1),
        i(targets + 1), i(targets + 1), np.zeros(1, np.uint64),
    )  # fmt: skip


@jit
def allocate(chances, a, units, targets, tries):
    """Fills a.rounds[:units, :targets] and returns the value that survives; deterministic, ties to the first.

    `tries` times the best is left for a local optimum elsewhere; with -1 it stays at greedy, the largest gain first.
    """
    a.luck[0] = 88172645463325252
    a.rounds[:units, :targets] = 0
    _restore(chances, a, units, targets)
    _fill(chances, a, units, targets)
    if tries >= 0:
        _settle(chances, a, units, targets)
    best = _total(a, targets)
    _keep(a, units, targets)
    for _ in range(tries):
        _disturb(chances, a, units, targets)
        _settle(chances, a, units, targets)
        if _total(a, targets) < best * (1.0 - _SLIGHT):
            best = _total(a, targets)
            _keep(a, units, targets)
        else:
            _restore(chances, a, units, targets)
    return best


@part
def _total(a, targets):
    total = 0.0
    for t in range(targets):
        total += a.alive[t]
    return total


@part
def _keep(a, units, targets):
    for w in range(units):
        for t in range(targets):
            a.rounds[w, t] = a.fired[w, t]


@part
def _restore(chances, a, units, targets):
    """Go back to the best allocation so far."""
    for t in range(targets):
        a.shots[t] = 0
        a.value[t] = chances.value[t]
    for w in range(units):
        a.left[w], a.free[w] = chances.ready[w], chances.channels[w]
        for t in range(targets):
            a.fired[w, t] = 0
            if a.rounds[w, t] > 0:
                _put(a, w, t, a.rounds[w, t])
    for t in range(targets):
        _weigh(chances, a, units, t)


@part
def _put(a, w, t, size):
    """Fire `size` more rounds of unit w at target t; fewer where it is negative."""
    if a.fired[w, t] == 0:
        a.free[w] -= 1
    a.fired[w, t] += size
    a.left[w] -= size
    a.shots[t] += size
    if a.fired[w, t] == 0:
        a.free[w] += 1


@part
def _weigh(chances, a, units, t):
    """Value of target t that survives, product by product: nothing is divided, so no error grows."""
    alive = a.value[t]
    for w in range(units):
        for _ in range(a.fired[w, t]):
            alive *= chances.survival[w, t]
    a.alive[t] = alive


@part
def _fits(chances, a, w, t, size):
    """Whether the bounds of a salvo and of a target leave room; rounds and channels are counted elsewhere."""
    return (
        chances.survival[w, t] < 1.0
        and a.fired[w, t] + size <= chances.most_salvo[w]
        and a.shots[t] + size <= chances.most[t]
    )


@part
def _fill(chances, a, units, targets):
    """Fire the round that gains most until none gains or none is left (maximum marginal return)."""
    slight = _SLIGHT * _total(a, targets)
    for t in range(targets):
        a.taker[t] = -2
    while True:
        best, most = -1, slight
        for t in range(targets):
            if a.taker[t] == -2:
                _find_taker(chances, a, units, t)
            if a.gain[t] > most:
                best, most = t, a.gain[t]
        if best < 0:
            return
        w = a.taker[best]
        free = a.free[w]
        _put(a, w, best, 1)
        a.alive[best] *= chances.survival[w, best]
        a.taker[best] = -2
        if a.left[w] == 0 or (a.free[w] == 0 and free > 0):
            for t in range(targets):
                if a.taker[t] == w:
                    a.taker[t] = -2


@part
def _find_taker(chances, a, units, t):
    """The unit whose next round at target t gains most."""
    a.taker[t], a.gain[t] = -1, 0.0
    for w in range(units):
        if a.left[w] > 0 and (a.free[w] > 0 or a.fired[w, t] > 0) and _fits(chances, a, w, t, 1):
            gain = a.alive[t] * (1.0 - chances.survival[w, t])
            if gain > a.gain[t]:
                a.taker[t], a.gain[t] = w, gain


@part
def _settle(chances, a, units, targets):
    """Exchange until it gains nothing any more."""
    before = _total(a, targets)
    idle = 0
    while idle < _PATIENCE:
        if _exchange(chances, a, units, targets):
            _fill(chances, a, units, targets)
        after = _total(a, targets)
        idle = 0 if after < before * (1.0 - _SLIGHT) else idle + 1
        before = after


@part
def _disturb(chances, a, units, targets):
    """Exchange as if targets were worth more than they are, each by a chance of its own."""
    for t in range(targets):
        a.value[t] = chances.value[t] * (1.0 + _NOISE * _draw(a, 1024) / 1024.0)
        _weigh(chances, a, units, t)
    for _ in range(_NOISY):
        _exchange(chances, a, units, targets)
    for t in range(targets):
        a.value[t] = chances.value[t]
        _weigh(chances, a, units, t)
    _fill(chances, a, units, targets)


@part
def _draw(a, below):
    """A whole number from 0 to `below` - 1 (xorshift, Marsaglia 2003): the same ones in every call of `allocate`."""
    x = a.luck[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    a.luck[0] = x
    return np.int64((x >> np.uint64(33)) % np.uint64(below))


@part
def _exchange(chances, a, units, targets):
    """Lift one block of rounds off each of many targets and put the blocks back at least cost; whether any moved."""
    slight = _SLIGHT * _total(a, targets)
    rows = _choose(a, units, targets)
    _lift(chances, a, units, targets, rows)
    _price(chances, a, targets, rows)
    for c in range(targets + 1):
        a.dist[c] = 0.0
    moved = False
    while _cancel(a, targets, rows, slight):
        moved = True
    for r in range(rows):
        a.free[a.unit[r]] += a.right[r]
    for r in range(rows):
        if a.column[r] >= 0:
            _put(a, a.unit[r], a.column[r], a.size[r])
    for t in range(targets):
        _weigh(chances, a, units, t)
    return moved


@part
def _choose(a, units, targets):
    """Rows of an exchange: all rounds, or one, of a unit at a target, drawn; and a round of each unit that has some left."""
    rows = np.int64(0)
    for t in range(targets):
        a.row[t] = -1
        if a.shots[t] == 0 or _draw(a, 100) < _KEPT:
            continue
        engaged = 0
        for w in range(units):
            engaged += a.fired[w, t] > 0
        nth = _draw(a, engaged)
        w = -1
        while nth >= 0:
            w += 1
            nth -= a.fired[w, t] > 0
        a.unit[rows], a.column[rows], a.size[rows] = w, t, a.fired[w, t]
        if a.size[rows] > 1 and _draw(a, 2) == 0:
            a.size[rows] = 1
        a.row[t] = rows
        rows += 1
    for w in range(units):
        if a.left[w] > 0:
            a.unit[rows], a.column[rows], a.size[rows] = w, -1, 1
            rows += 1
    return rows


@part
def _lift(chances, a, units, targets, rows):
    """Take the rows off their targets and share out the free channels: a row that gave one up has it for certain."""
    for r in range(rows):
        if a.column[r] >= 0:
            _put(a, a.unit[r], a.column[r], -a.size[r])
            _weigh(chances, a, units, a.column[r])
            a.right[r] = a.fired[a.unit[r], a.column[r]] == 0
            a.free[a.unit[r]] -= a.right[r]
    for r in range(rows):
        w = a.unit[r]
        if a.column[r] < 0 or a.fired[w, a.column[r]] > 0:
            a.right[r] = a.free[w] > 0
            a.free[w] -= a.right[r]


@part
def _price(chances, a, targets, rows):
    """Surviving value of every target with every row less that without, infinite where the row does not fit."""
    for r in range(rows):
        w = a.unit[r]
        for t in range(targets):
            a.cost[r, t] = math.inf
            if (a.right[r] or a.fired[w, t] > 0) and _fits(chances, a, w, t, a.size[r]):
                survival = chances.survival[w, t]
                for _ in range(a.size[r] - 1):
                    survival *= chances.survival[w, t]
                a.cost[r, t] = a.alive[t] * (survival - 1.0)


@part
def _cancel(a, targets, rows, slight):
    """Shorten paths of rows that push each other on (Bellman and Ford) until some close, and go round; False if none do."""
    dist, via, nowhere = a.dist, a.via, targets
    for c in range(targets + 1):
        via[c] = -1
    while True:
        shorter = False
        for r in range(rows):
            c = a.column[r]
            start = dist[nowhere] if c < 0 else dist[c] - a.cost[r, c]
            for t in range(targets):
                if start + a.cost[r, t] < dist[t] - slight:
                    dist[t] = start + a.cost[r, t]
                    via[t] = r
                    shorter = True
            if c >= 0 and start < dist[nowhere] - slight:
                dist[nowhere] = start
                via[nowhere] = r
                shorter = True
        for t in range(targets):  # an empty column has nothing to push on; from a full one, a row may leave a gap
            if a.row[t] < 0 and dist[t] < dist[nowhere] - slight:
                dist[nowhere] = dist[t]
                via[nowhere] = -2 - t
                shorter = True
            elif a.row[t] >= 0 and dist[nowhere] < dist[t] - slight:
                dist[t] = dist[nowhere]
                via[t] = -2 - nowhere
                shorter = True
        if not shorter:
            return False
        if _go_round(a, targets):
            return True


@part
def _before(a, targets, c):
    """The column before c on its path, -1 for none."""
    r = a.via[c]
    if r < 0:
        return -2 - r if r < -1 else -1
    return a.column[r] if a.column[r] >= 0 else targets


@part
def _go_round(a, targets):
    """Move every row of every closed path one column on; whether there was one."""
    for c in range(targets + 1):
        a.seen[c] = -1
    moved = False
    for first in range(targets + 1):
        c = np.int64(first)
        while c >= 0 and a.seen[c] < 0:
            a.seen[c] = first
            c = _before(a, targets, c)
        if c < 0 or a.seen[c] != first:
            continue
        last = c
        while True:
            before = _before(a, targets, c)
            if c < targets:
                a.row[c] = max(a.via[c], -1)
            if a.via[c] >= 0:
                a.column[a.via[c]] = c if c < targets else -1
            c = before
            if c == last:
                break
        moved = True
    return moved
