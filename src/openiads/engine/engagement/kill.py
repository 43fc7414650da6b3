"""At the meeting points: which body a round finds, whether it kills it, and what the crew believes. docs/equations/engagement.md."""

from __future__ import annotations

import math

from openiads.engine import rng
from openiads.engine.command import ASSESSING, BELIEVED_KILLED, BELIEVED_MISSED
from openiads.engine.engagement.registration import true_place
from openiads.engine.geo import EARTH_RADIUS
from openiads.engine.jit import part
from openiads.engine.motion import FLYING, ROUND

_BASKET_SIGMA = 750.0  # m: a body this far from the predicted point is found less easily by a factor of exp(-1/2)
_BASKET_END = 3_000.0  # m: beyond it a round finds nothing


@part
def meet(units, orders, bodies, truth, engagements, key, f, c, t1):
    """The rounds that are there by t1, one after the other, until one kills or the last is through."""
    if engagements.met_by[f, c] == 0:
        engagements.killed[f, c] = False
        engagements.hit[f, c] = -1
    while engagements.t_meet[f, c] <= t1:
        engagements.met_by[f, c] += 1
        if not engagements.lost[f, c]:
            _round_meets(units, orders, bodies, truth, engagements, key, f, c, t1)
        if engagements.killed[f, c] or engagements.met_by[f, c] == engagements.fired[f, c]:
            engagements.met[f, c] = True
            engagements.phase[f, c] = ASSESSING
            engagements.t_assess[f, c] = t1 + units.assessment[f]
            return
        engagements.t_meet[f, c] += engagements.between[f, c]


@part
def _round_meets(units, orders, bodies, truth, engagements, key, f, c, t1):
    """Nature draws what the round finds and whether it kills that; those behind a kill find nothing more."""
    body = _body_in_basket(bodies, truth, engagements, orders, units, key, f, c, t1)
    if body < 0:
        return
    engagements.hit[f, c] = body
    pk = _kill_probability(units, bodies, truth, engagements, f, c, body)
    if _round_kills(units, bodies, engagements, key, f, c, body, pk):
        engagements.killed[f, c] = True
        engagements.arrived[f, body] += engagements.fired[f, c] - engagements.met_by[f, c]


@part
def _body_in_basket(bodies, truth, engagements, orders, units, key, f, c, t1):
    """One of the bodies around the predicted point: likelier the nearer it is and the more it reflects."""
    back = t1 - engagements.t_meet[f, c]
    aim = engagements.aim
    x, y, z = true_place(units, f, aim[f, c, 0], aim[f, c, 1], aim[f, c, 2])
    u = rng.uniform(key, rng.BASKET, units.key[f], orders.luck[f, c], orders.ordinal[f, c])
    for turn in range(2):
        total = 0.0
        for b in range(truth.status.size):
            if truth.status[b] != FLYING or bodies.kind[b] == ROUND:
                continue
            gap = 0.0
            for i, at in enumerate((x, y, z)):
                gap += (truth.pos[b, i] - back * truth.vel[b, i] - at) ** 2
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
def _kill_probability(units, bodies, truth, engagements, f, c, body):
    """The user's number for the kind of body, times the factors that hold."""
    pk = units.pk[f, bodies.kind[body]]
    x, y, z = truth.pos[body, 0], truth.pos[body, 1], truth.pos[body, 2]
    if math.sqrt(x * x + y * y + z * z) - EARTH_RADIUS < units.low[f, 0]:
        pk *= units.low[f, 1]
    if engagements.opening[f, c]:
        pk *= units.receding[f]
    return pk


@part
def _round_kills(units, bodies, engagements, key, f, c, body, pk):
    """A draw for what fails all rounds of the salvo, and one of its own; a round alone kills with `pk` whatever is common."""
    own = engagements.arrived[f, body]
    engagements.arrived[f, body] += 1
    if engagements.met_by[f, c] == 1:
        engagements.salvo[f, c] = own
    common = units.common[f] * (1.0 - pk)
    if common > 0.0 and rng.uniform(key, rng.SALVO, units.key[f], bodies.key[body], engagements.salvo[f, c]) < common:
        return False
    return rng.uniform(key, rng.KILL, units.key[f], bodies.key[body], own) < pk / (1.0 - common)


@part
def assess(units, orders, engagements, key, f, c):
    """The crew sees a kill or a miss, and is right with a given probability."""
    u = rng.uniform(key, rng.ASSESS, units.key[f], orders.luck[f, c], orders.ordinal[f, c])
    right = u < units.right[f]
    killed = engagements.killed[f, c]
    engagements.verdict[f, c] = BELIEVED_KILLED if killed == right else BELIEVED_MISSED
    engagements.phase[f, c] = 0
    engagements.t_held[f, c] = math.inf
