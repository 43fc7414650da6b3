"""Damage: what a threat does where it was sent, and what is lost with it. Reads Truth, writes Damage.

Nature draws, nobody decides: whether a leaker hits, whether the debris of one that was killed close by does, and
how much of the target is left. What a loss stops, the table of contents tells the stages through their inboxes.
docs/equations/outcome.md.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from openiads.engine import rng
from openiads.engine.bundle import bundle
from openiads.engine.jit import part
from openiads.engine.motion import ARRIVED, KILLED, aimed_at

NOT_STRUCK, BY_LEAKER, BY_DEBRIS = 0, 1, 2  # what a body did in this tick


@bundle
class Targets(NamedTuple):
    """What a threat can be sent to, and which part of the defence it is; axis 0 = asset."""

    key: np.ndarray  # uint32[A]
    pos: np.ndarray  # float64[A, 3] m, earth-centred
    hits: np.ndarray  # int32[A] that destroy it (the user's input)
    radar: np.ndarray  # int32[A] the radar that it is, -1 for none
    unit: np.ndarray  # int32[A] the fire unit whose launchers it is
    node: np.ndarray  # int32[A] the node


@bundle
class Damage(NamedTuple):
    """What has been hit so far, and what does not stand any more."""

    struck: np.ndarray  # int8[B] what a body did in this tick: NOT_STRUCK, BY_LEAKER, BY_DEBRIS
    hits: np.ndarray  # int32[A, 2] by leakers, by debris
    share: np.ndarray  # float64[A] hits as a share of those that destroy it, at most 1
    t_lost: np.ndarray  # float64[A] s, when it was destroyed; inf for not
    radar: np.ndarray  # bool[R] destroyed
    launchers: np.ndarray  # float64[F] share of its launchers that a fire unit has lost
    node: np.ndarray  # bool[N] destroyed


def empty_damage(bodies: int, assets: int, radars: int, units: int, nodes: int) -> Damage:
    """Everything stands."""
    return Damage(
        np.zeros(bodies, np.int8), np.zeros((assets, 2), np.int32), np.zeros(assets), np.full(assets, np.inf),
        np.zeros(radars, np.bool_), np.zeros(units), np.zeros(nodes, np.bool_),
    )  # fmt: skip


@part
def strike(bodies, targets, key, truth, damage, t0, t1):
    """Every body whose flight ended within (t0, t1] hits what it was sent to, or does not."""
    for b in range(truth.status.size):
        damage.struck[b] = NOT_STRUCK
        if not t0 < truth.t_end[b] <= t1:
            continue
        a = aimed_at(bodies, truth, b)
        if a < 0:
            continue
        how, chance = NOT_STRUCK, 0.0
        if truth.status[b] == ARRIVED:
            how, chance = BY_LEAKER, bodies.hit[b]
        elif truth.status[b] == KILLED and _gap(targets, truth, a, b) <= bodies.debris[b, 0]:
            how, chance = BY_DEBRIS, bodies.debris[b, 1]
        if chance > 0.0 and rng.uniform(key, rng.HIT, bodies.key[b], targets.key[a], how) < chance:
            damage.struck[b] = how
            damage.hits[a, how - 1] += 1
            _hurt(targets, damage, a, truth.t_end[b])


@part
def _gap(targets, truth, a, b):
    """How far a body was from an asset where its flight ended (m)."""
    gap = 0.0
    for i in range(3):
        gap += (truth.pos[b, i] - targets.pos[a, i]) ** 2
    return math.sqrt(gap)


@part
def _hurt(targets, damage, a, t):
    """One hit more: a radar and a node stop when they are destroyed, a fire unit loses launcher after launcher."""
    damage.share[a] = min(1.0, (damage.hits[a, 0] + damage.hits[a, 1]) / targets.hits[a])
    if targets.unit[a] >= 0:
        damage.launchers[targets.unit[a]] = max(damage.launchers[targets.unit[a]], damage.share[a])
    if damage.share[a] < 1.0 or damage.t_lost[a] < math.inf:
        return
    damage.t_lost[a] = t
    if targets.radar[a] >= 0:
        damage.radar[targets.radar[a]] = True
    if targets.node[a] >= 0:
        damage.node[targets.node[a]] = True
