"""Which postures each actor accepts, what all accept, and the smallest concession where that is nothing.

Equations: docs/equations/robustness.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

from openiads.studies.decide.limits import Actor, Limit, Limits
from openiads.studies.statistics import proportion

Word = Literal["accepted", "refused", "undecided"]
Cell = Mapping[str, Any]  # estimate, low, high of a metric in a posture
Columns = Mapping[str, np.ndarray]  # metric -> values [draws, postures]


class Judgement(NamedTuple):
    """One bound against one posture: inside by the estimate (None: undefined), and whether the interval decides it."""

    actor: str
    limit: Limit
    cell: Cell
    inside: bool | None
    decided: bool


class Move(NamedTuple):
    """A bound that an actor would have to move, to where, and by how much of the bound (infinite from a bound of 0)."""

    actor: str
    limit: Limit
    to: float
    share: float


class Concession(NamedTuple):
    """What would make a posture acceptable to all, by the estimates."""

    posture: str
    moves: list[Move]

    @property
    def size(self) -> tuple[int, float]:
        """Fewest bounds first, then the smallest of the largest moves."""
        return len(self.moves), max((m.share for m in self.moves), default=0.0)


def judge(actor: str, limit: Limit, cell: Cell) -> Judgement:
    """A bound against an estimate with its interval; without an interval nothing is decided.

    What has no limit is within no bound from above.
    """
    value, low, high = (
        math.inf if end in cell.get("unlimited", ()) else cell[end] for end in ("estimate", "low", "high")
    )
    if value is None:
        inside = None if limit.undefined is None else limit.undefined == "accepted"
        return Judgement(actor, limit, cell, inside, inside is not None)
    inside = limit.inside(value)
    ends = [] if low is None or high is None else [limit.inside(low), limit.inside(high)]
    return Judgement(actor, limit, cell, inside, bool(ends) and all(end == inside for end in ends))


def judgements(limits: Limits, metrics: Mapping[str, Any], posture: str) -> list[Judgement]:
    """Every bound of every actor against one posture."""
    return [judge(a.name, x, metrics[x.metric]["postures"][posture]) for a in limits.actor for x in a.limits]


def verdict(found: list[Judgement]) -> Word:
    """Refused where one bound is decidedly broken, accepted where all are decidedly kept."""
    if any(j.decided and j.inside is False for j in found):
        return "refused"
    return "accepted" if all(j.decided and j.inside for j in found) else "undecided"


def concession(posture: str, found: list[Judgement]) -> Concession | None:
    """The bounds that a posture breaks by its estimates, moved to them; None where a metric is undefined."""
    if any(j.inside is not True and j.cell["estimate"] is None for j in found):
        return None
    broken = [j for j in found if not j.inside]
    moves = []
    for j in broken:
        to, bound = float(j.cell["estimate"]), j.limit.bound
        moves.append(Move(j.actor, j.limit, to, abs(to - bound) / abs(bound) if bound else math.inf))
    return Concession(posture, moves)


def smallest(every: list[Concession]) -> Concession | None:
    """The smallest of the concessions; the first of equals."""
    return min(every, key=lambda c: c.size) if every else None


def conceded(limits: Limits, made: Concession) -> Limits:
    """The limits after a concession."""
    moved = {(m.actor, id(m.limit)): m.limit.moved(m.to) for m in made.moves}
    return limits.model_copy(
        update={
            "actor": [
                a.model_copy(update={"limits": [moved.get((a.name, id(x)), x) for x in a.limits]}) for a in limits.actor
            ]
        }
    )


def kept(actor: Actor, columns: Columns) -> np.ndarray:
    """Draws and postures bool[D, P] in which an actor's bounds are all kept; undefined as the limit says, else not."""
    whole: np.ndarray = np.ones(next(iter(columns.values())).shape, bool)
    for x in actor.limits:
        values = columns[x.metric]
        within = values >= x.bound if x.most is None else values <= x.bound
        whole &= np.where(np.isnan(values), x.undefined == "accepted", within)
    return whole


def over_draws(limits: Limits, columns: Columns, postures: list[str], made: Concession | None) -> dict[str, Any]:
    """Shares of draws: in which some posture suits all, in which it does after the concession, by actor and posture."""
    by_actor = {a.name: kept(a, columns) for a in limits.actor}
    by_all = np.logical_and.reduce(list(by_actor.values()))
    n = len(by_all)

    def share(flags: np.ndarray) -> dict[str, Any]:
        return proportion(int(flags.sum()), n)._asdict()

    after = None
    if made is not None and made.moves:
        moved = conceded(limits, made)
        after = share(np.logical_and.reduce([kept(a, columns) for a in moved.actor]).any(axis=1))
    return {
        "n": n, "nonempty": share(by_all.any(axis=1)), "after_concession": after,
        "all": {p: share(by_all[:, i]) for i, p in enumerate(postures)},
        "actors": {a: {p: share(flags[:, i]) for i, p in enumerate(postures)} for a, flags in by_actor.items()},
    }  # fmt: skip
