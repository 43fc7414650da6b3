"""Engagement: what a fire unit does with an order. Reads Orders and Truth (nature decides the hit), writes Engagements.

Acquire with the own engagement radar, react, fire the salvo, guide until the meeting point, draw the kill,
assess it. A round hits one of the bodies around the predicted point, which need not be the one that was meant.
docs/equations/engagement.md.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from openiads.engine import rng
from openiads.engine.bundle import bundle
from openiads.engine.command import (
    ACQUIRING,
    APPROVED,
    ASSESSING,
    BELIEVED_KILLED,
    BELIEVED_MISSED,
    GRAVITY,
    IN_FLIGHT,
    LOST,
    intercept,
)
from openiads.engine.engagement.losses import Losses as Losses
from openiads.engine.engagement.losses import empty_losses as empty_losses
from openiads.engine.engagement.losses import remaining
from openiads.engine.geo import EARTH_RADIUS
from openiads.engine.jit import part
from openiads.engine.motion import FLYING, ROUND

_BASKET_SIGMA = 750.0  # m: a body this far from the predicted point is found less easily by a factor of exp(-1/2)
_BASKET_END = 3_000.0  # m: beyond it a round finds nothing
_LOSE_AFTER = 3.0  # times the hold time without a plot, and a round in flight is lost


@bundle
class Engagements(NamedTuple):
    """State of every engagement channel; [F, C] = fire unit, channel."""

    phase: np.ndarray  # int8[F, C] 0, ACQUIRING, IN_FLIGHT, ASSESSING, LOST
    track: np.ndarray  # int64[F, C]
    t_held: np.ndarray  # float64[F, C] s since when the engagement radar holds it; inf for not
    t_launch: np.ndarray  # float64[F, C] s
    t_meet: np.ndarray  # float64[F, C] s
    t_assess: np.ndarray  # float64[F, C] s
    fired: np.ndarray  # int32[F, C] rounds of this engagement
    aim: np.ndarray  # float64[F, C, 3] m
    verdict: np.ndarray  # int8[F, C] what the crew believes, in the tick of the assessment
    hit: np.ndarray  # int32[F, C] body that the rounds found, -1 for none
    killed: np.ndarray  # bool[F, C]
    lost: np.ndarray  # bool[F, C] guidance was lost before the meeting point
    launched: np.ndarray  # bool[F, C] in this tick
    met: np.ndarray  # bool[F, C] in this tick
    rounds: np.ndarray  # int32[F] ready rounds
    reserve: np.ndarray  # int32[F]
    t_reload: np.ndarray  # float64[F] s, when the reload is done; inf for none under way
    t_empty: np.ndarray  # float64[F] s, when the magazine was first empty; inf for never
    launchers_lost: np.ndarray  # float64[F] share of its launchers whose rounds have been taken off
    arrived: np.ndarray  # int32[F, B] rounds of the unit that have reached the body: names their draws


def empty_engagements(units: int, channels: int, bodies: int) -> Engagements:
    """Nothing under way; magazines are filled by the first call of `engage`."""
    shape = (units, channels)
    return Engagements(
        np.zeros(shape, np.int8), np.zeros(shape, np.int64), np.full(shape, np.inf),
        np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape, np.int32), np.zeros((*shape, 3)),
        np.zeros(shape, np.int8), np.full(shape, -1, np.int32), np.zeros(shape, np.bool_), np.zeros(shape, np.bool_),
        np.zeros(shape, np.bool_), np.zeros(shape, np.bool_), np.zeros(units, np.int32), np.zeros(units, np.int32),
        np.full(units, np.inf), np.full(units, np.inf), np.zeros(units), np.zeros((units, bodies), np.int32),
    )  # fmt: skip


@part
def engage(units, orders, losses, bodies, truth, engagements, key, t1):
    """One tick of every engagement."""
    for f in range(units.key.size):
        _reload(units, engagements, f, t1)
        left = remaining(units, losses, engagements, f)
        for c in range(units.channels[f]):
            engagements.launched[f, c] = False
            engagements.met[f, c] = False
            engagements.verdict[f, c] = 0
            phase = engagements.phase[f, c]
            if phase <= ACQUIRING and c >= left:
                engagements.phase[f, c] = LOST
            elif phase <= ACQUIRING:
                _acquire(units, orders, engagements, f, c, t1)
            elif phase == IN_FLIGHT:
                engagements.lost[f, c] |= losses.radar[f]
                _fly(units, orders, bodies, truth, engagements, key, f, c, t1)
            elif t1 >= engagements.t_assess[f, c]:
                _assess(units, orders, engagements, key, f, c)


@part
def _reload(units, engagements, f, t1):
    """An empty fire unit takes its reserve aboard after the reload time."""
    if engagements.rounds[f] == 0:
        engagements.t_empty[f] = min(engagements.t_empty[f], t1)
        if engagements.reserve[f] > 0 and engagements.t_reload[f] == math.inf:
            engagements.t_reload[f] = t1 + units.reload[f]
    if t1 >= engagements.t_reload[f]:
        engagements.rounds[f] += engagements.reserve[f]
        engagements.reserve[f] = 0
        engagements.t_reload[f] = math.inf


@part
def _acquire(units, orders, engagements, f, c, t1):
    """Hold the target with the own engagement radar for the reaction time, then fire if it can still be met."""
    if orders.state[f, c] != APPROVED:
        engagements.phase[f, c] = 0
        engagements.t_held[f, c] = math.inf
        return
    engagements.phase[f, c] = ACQUIRING
    if t1 - orders.held[f, c] > units.hold[f]:
        engagements.t_held[f, c] = math.inf
        return
    engagements.t_held[f, c] = min(engagements.t_held[f, c], t1)
    if t1 - engagements.t_held[f, c] < units.reaction[f]:
        return
    time = intercept(units, f, orders.x[f, c], orders.arc[f, c], 0.0)
    rounds = min(orders.rounds[f, c], engagements.rounds[f])
    if math.isnan(time) or rounds <= 0:
        return
    engagements.phase[f, c] = IN_FLIGHT
    engagements.launched[f, c] = True
    engagements.track[f, c] = orders.track[f, c]
    engagements.t_launch[f, c] = t1
    engagements.t_meet[f, c] = t1 + time + (rounds - 1) * units.interval[f]
    engagements.fired[f, c] = rounds
    engagements.rounds[f] -= rounds
    engagements.lost[f, c] = False
    _extrapolate(orders, engagements, f, c, time)


@part
def _extrapolate(orders, engagements, f, c, time):
    """Where the track will be after `time` seconds."""
    drop = 0.5 * GRAVITY * time * time / EARTH_RADIUS if orders.arc[f, c] else 0.0
    for i in range(3):
        engagements.aim[f, c, i] = orders.x[f, c, i] * (1.0 - drop) + time * orders.x[f, c, i + 3]


@part
def _fly(units, orders, bodies, truth, engagements, key, f, c, t1):
    """The meeting point follows the track while the radar holds it; at the meeting nature draws."""
    if t1 - orders.held[f, c] > _LOSE_AFTER * units.hold[f]:
        engagements.lost[f, c] = True
    if orders.live[f, c]:
        _extrapolate(orders, engagements, f, c, engagements.t_meet[f, c] - t1)
    if t1 < engagements.t_meet[f, c]:
        return
    engagements.met[f, c] = True
    engagements.phase[f, c] = ASSESSING
    engagements.t_assess[f, c] = t1 + units.assessment[f]
    engagements.killed[f, c] = False
    engagements.hit[f, c] = -1
    if engagements.lost[f, c]:
        return
    body = _body_in_basket(bodies, truth, engagements, orders, units, key, f, c, t1)
    engagements.hit[f, c] = body
    if body < 0:
        return
    for _ in range(engagements.fired[f, c]):
        u = rng.uniform(key, rng.KILL, units.key[f], bodies.key[body], engagements.arrived[f, body])
        engagements.arrived[f, body] += 1
        if u < units.pk[f, bodies.kind[body]]:
            engagements.killed[f, c] = True


@part
def _body_in_basket(bodies, truth, engagements, orders, units, key, f, c, t1):
    """One of the bodies around the predicted point: likelier the nearer it is and the more it reflects."""
    back = t1 - engagements.t_meet[f, c]
    u = rng.uniform(key, rng.BASKET, units.key[f], orders.luck[f, c], orders.ordinal[f, c])
    for turn in range(2):
        total = 0.0
        for b in range(truth.status.size):
            if truth.status[b] != FLYING or bodies.kind[b] == ROUND:
                continue
            gap = 0.0
            for i in range(3):
                gap += (truth.pos[b, i] - back * truth.vel[b, i] - engagements.aim[f, c, i]) ** 2
            if gap > _BASKET_END * _BASKET_END:
                continue
            total += bodies.rcs[b, 1] ** 0.5 * math.exp(-gap / (2.0 * _BASKET_SIGMA * _BASKET_SIGMA))
            if turn == 1 and total >= u:
                return b
        if total <= 0.0:
            return -1
        u *= total
    return -1


@part
def _assess(units, orders, engagements, key, f, c):
    """The crew sees a kill or a miss, and is right with a given probability."""
    u = rng.uniform(key, rng.ASSESS, units.key[f], orders.luck[f, c], orders.ordinal[f, c])
    right = u < units.right[f]
    killed = engagements.killed[f, c]
    engagements.verdict[f, c] = BELIEVED_KILLED if killed == right else BELIEVED_MISSED
    engagements.phase[f, c] = 0
    engagements.t_held[f, c] = math.inf
