"""Which fire unit fires how many rounds at which target: the optimum with its proof, and the heuristic of the engine.

Least surviving value: the sum over targets of value x product over units of (1 - pk)^rounds. docs/equations/assignment.md.
"""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, vstack

from openiads.engine.command.allocation import SURE, Chances, allocate, empty_plan
from openiads.errors import UsageError

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

_NO_LIMIT = 1 << 30
_LARGE, _FINE = 1e3, 1e-9  # values above which they are scaled, and the least tolerance in the largest of them then
_FIRST_CUTS = 8  # tangents of a target before the first solution, evenly spaced in the value that survives
_EFFORT = 500_000  # pairs of unit and target that the heuristic may look at, by which its tries are chosen


class Assignment(NamedTuple):
    """Rounds of every fire unit at every target, and what it leaves."""

    rounds: Whole  # [W, T]
    expected: float  # value that survives
    bound: float  # no assignment leaves less; 0 where none was sought


def surviving(value: ArrayLike, pk: ArrayLike, rounds: ArrayLike) -> float:
    """Value that is expected to survive: value[T], pk[W, T] of one round, rounds[W, T] fired."""
    return float(np.asarray(value, float) @ np.prod((1.0 - np.asarray(pk, float)) ** np.asarray(rounds), axis=0))


def optimal_assignment(
    value: ArrayLike, pk: ArrayLike, rounds: ArrayLike, channels: ArrayLike | None = None,
    most_salvo: ArrayLike | None = None, most: ArrayLike | None = None,
    *, time_limit_s: float = 300.0, tolerance: float = 1e-6,
) -> Assignment:  # fmt: skip
    """The optimum within `tolerance` (value), or the best found in time: at most expected - bound above it.

    value[T] of a target that gets through; pk[W, T] of one round, 0 where unit can not meet target in its envelope and
    in time; rounds[W] ready; channels[W], most targets at once; most_salvo[W], most rounds of a unit at one target;
    most[T], most rounds at a target. A single number goes for all, None is no limit.
    """
    if not time_limit_s > 0.0:
        raise UsageError(f"time_limit_s = {time_limit_s}: give a number of seconds above 0")
    if not tolerance >= 0.0:
        raise UsageError(f"tolerance = {tolerance}: give a value of 0 or more")
    deadline = time.monotonic() + time_limit_s
    chances = _chances(value, pk, rounds, channels, most_salvo, most)
    scale = float(chances.value.max(initial=0.0))
    if scale > _LARGE:  # the solver keeps its own tolerances, which are absolute
        scaled = optimal_assignment(
            chances.value / scale, pk, rounds, channels, most_salvo, most,
            time_limit_s=time_limit_s, tolerance=max(tolerance / scale, _FINE),
        )  # fmt: skip
        return scaled._replace(expected=surviving(value, pk, scaled.rounds), bound=scaled.bound * scale)
    best = _assigned(chances, pk, _tries(chances))
    programme = _Programme(chances)
    if programme.pairs == 0:
        return best._replace(bound=best.expected)
    programme.cut(programme.exponents(best.rounds))
    bound = 0.0
    while best.expected - bound > tolerance and (left := deadline - time.monotonic()) > 0.0:
        found = programme.solve(left)
        bound = max(bound, found.bound)
        if found.rounds is None:
            break
        expected = surviving(value, pk, found.rounds)
        if expected < best.expected:
            best = Assignment(found.rounds, expected, 0.0)
        if not programme.cut(programme.exponents(found.rounds), found.survivors):
            break
    return best._replace(bound=min(bound, best.expected))


def heuristic_assignment(
    value: ArrayLike, pk: ArrayLike, rounds: ArrayLike, channels: ArrayLike | None = None,
    most_salvo: ArrayLike | None = None, most: ArrayLike | None = None,
    *, tries: int | None = None,
) -> Assignment:  # fmt: skip
    """The heuristic of the engine, which takes 40 `tries`: local optima left for others (None: 20 to 500, by size). Arguments as of the optimum."""
    chances = _chances(value, pk, rounds, channels, most_salvo, most)
    if tries is not None and tries < 0:
        raise UsageError(f"tries = {tries}: give 0 or more")
    return _assigned(chances, pk, _tries(chances) if tries is None else tries)


def greedy_assignment(
    value: ArrayLike, pk: ArrayLike, rounds: ArrayLike, channels: ArrayLike | None = None,
    most_salvo: ArrayLike | None = None, most: ArrayLike | None = None,
) -> Assignment:  # fmt: skip
    """Round by round, each where it gains most (den Broeder 1959). Arguments as of the optimum."""
    return _assigned(_chances(value, pk, rounds, channels, most_salvo, most), pk, -1)


def _tries(chances: Chances) -> int:
    return int(np.clip(_EFFORT // max(chances.survival.size, 1), 20, 500))


def _assigned(chances: Chances, pk: ArrayLike, tries: int) -> Assignment:
    units, targets = chances.survival.shape
    memory = empty_plan(units, targets)
    allocate(chances, memory, units, targets, tries)
    return Assignment(memory.rounds, surviving(chances.value, pk, memory.rounds), 0.0)


def _chances(
    value: ArrayLike, pk: ArrayLike, rounds: ArrayLike, channels: ArrayLike | None,
    most_salvo: ArrayLike | None, most: ArrayLike | None,
) -> Chances:  # fmt: skip
    """The arguments, checked, as the kernel takes them."""
    try:
        worth, hit = np.asarray(value, float), np.asarray(pk, float)
    except (TypeError, ValueError):
        raise UsageError(
            "value or pk is no table of numbers: give one number a target, and pk as rows of equal length"
        ) from None
    if hit.ndim != 2:
        raise UsageError(f"pk has {hit.ndim} axes: give a table, one row a fire unit, one column a target")
    units, targets = hit.shape
    if worth.shape != (targets,):
        raise UsageError(f"value has the shape {worth.shape}: give one number for each of the {targets} columns of pk")
    if not ((hit >= 0.0) & (hit <= 1.0)).all():
        raise UsageError("pk holds a number outside 0 to 1: give the chance that one round kills, 0 where it can not")
    if not ((worth >= 0.0) & np.isfinite(worth)).all():
        raise UsageError(
            "value holds a number below 0 or none: give what is lost if the target gets through, 0 or more"
        )
    return Chances(
        worth, np.maximum(1.0 - hit, SURE), _counts("rounds", rounds, units), _counts("channels", channels, units),
        _counts("most_salvo", most_salvo, units), _counts("most", most, targets),
    )  # fmt: skip


def _counts(name: str, given: ArrayLike | None, size: int) -> Whole:
    """One whole number, 0 or more, for each of `size` units or targets."""
    counts = np.asarray(_NO_LIMIT if given is None else given)
    if counts.dtype.kind not in "biuf":
        raise UsageError(f"{name} holds what is no number: give whole numbers, 0 or more")
    if counts.shape not in ((), (size,)):
        raise UsageError(f"{name} has the shape {counts.shape}: give one number, or one for each of {size}")
    if not (counts >= 0).all() or not (counts == np.floor(counts)).all():
        raise UsageError(f"{name} holds a number that is no count: give whole numbers, 0 or more")
    return np.broadcast_to(np.minimum(counts, _NO_LIMIT), size).astype(np.int64)


class _Found(NamedTuple):
    rounds: Whole | None  # [W, T]
    survivors: Floats  # [T] value that survives by the tangents
    bound: float


class _Programme:
    """Integer programme below the problem: exp(-y) is replaced by tangents, y being the sum of -ln(1 - pk) of the rounds.

    Columns: rounds of each pair of unit and target, whether a pair is engaged where channels are scarce, survivors.
    """

    def __init__(self, chances: Chances) -> None:
        self.shape = units, targets = chances.survival.shape
        self.value = chances.value
        ceiling = np.minimum(np.minimum(chances.ready, chances.most_salvo)[:, None], chances.most[None, :])
        ceiling = ceiling * ((chances.survival < 1.0) & (chances.channels > 0)[:, None] & (self.value > 0.0)[None, :])
        self.unit, self.target = np.nonzero(ceiling)
        self.ceiling = ceiling[self.unit, self.target]
        self.weight = -np.log(chances.survival[self.unit, self.target])
        # a unit that fires one round at each of its targets needs no column to count its channels
        single = np.array([self.ceiling[self.unit == w].max(initial=0) <= 1 for w in range(units)], bool)
        scarce = chances.channels < np.minimum(chances.ready, np.bincount(self.unit, minlength=units))
        counted = np.flatnonzero((scarce & ~single)[self.unit])
        self.pairs, self.engaged = len(self.unit), len(counted)
        self.columns = self.pairs + self.engaged + targets
        each, engaged = np.arange(self.pairs), self.pairs + np.arange(self.engaged)
        some = np.arange(self.engaged)
        self.rows = [
            self._row(self.unit, each, np.ones(self.pairs), units),
            self._row(self.target, each, np.ones(self.pairs), targets),
            self._row(self.unit[counted], engaged, np.ones(self.engaged), units),
            self._row(
                np.r_[some, some], np.r_[counted, engaged], np.r_[some * 0 + 1, -self.ceiling[counted]], self.engaged
            ),
        ]
        ready = np.where(scarce & single, np.minimum(chances.ready, chances.channels), chances.ready)
        self.limits = [ready, chances.most, chances.channels, np.zeros(self.engaged)]
        self._first_cuts()

    def _row(self, row: Whole, column: Whole, factor: NDArray[np.generic], rows: int) -> csr_array:
        return csr_array((factor.astype(float), (row, column)), shape=(rows, self.columns))

    def exponents(self, rounds: Whole) -> Floats:
        """Sum of -ln(1 - pk) of the rounds [W, T] at each target, [T]."""
        fired = rounds[self.unit, self.target]
        return np.bincount(self.target, self.weight * fired, minlength=self.shape[1]).astype(float)

    def _first_cuts(self) -> None:
        """Tangents between no round at all and everything that can be fired."""
        most = np.exp(-np.minimum(np.bincount(self.target, self.weight * self.ceiling, minlength=self.shape[1]), 30.0))
        for share in np.arange(_FIRST_CUTS) / _FIRST_CUTS:
            self.cut(-np.log(1.0 - share * (1.0 - most)))

    def cut(self, exponents: Floats, survivors: Floats | None = None) -> bool:
        """Add the tangents at these exponents, of those targets only whose survivors lie below; whether there were any."""
        height = self.value * np.exp(-exponents)
        low = height > (0.0 if survivors is None else survivors + 1e-9)
        if not low.any():
            return False
        number = np.cumsum(low) - 1
        pair = np.flatnonzero(low[self.target])
        at, targets = self.target[pair], np.flatnonzero(low)
        self.rows.append(self._row(
            np.r_[number[at], np.arange(len(targets))], np.r_[pair, self.pairs + self.engaged + targets],
            -np.r_[height[at] * self.weight[pair], np.ones(len(targets))], len(targets),
        ))  # fmt: skip
        self.limits.append(-height[low] * (1.0 + exponents[low]))
        return True

    def solve(self, seconds: float) -> _Found:
        """Rounds of least survivors by the tangents that there are."""
        targets = self.shape[1]
        whole = self.columns - targets
        result = milp(
            np.r_[np.zeros(whole), np.ones(targets)],
            integrality=np.r_[np.ones(whole), np.zeros(targets)],
            bounds=Bounds(0.0, np.r_[self.ceiling, np.ones(self.engaged), self.value]),
            constraints=LinearConstraint(vstack(self.rows).tocsr(), -np.inf, np.concatenate(self.limits)),
            options={"time_limit": seconds, "mip_rel_gap": 0.0},
        )  # fmt: skip
        bound = float(result.mip_dual_bound) if result.mip_dual_bound is not None else 0.0
        if result.x is None:
            return _Found(None, np.zeros(targets), bound)
        rounds = np.zeros(self.shape, np.int64)
        rounds[self.unit, self.target] = np.rint(result.x[: self.pairs]).astype(np.int64)
        return _Found(rounds, result.x[whole:], bound)
