"""From the order to the meeting point: hold, react, launch, guide. docs/equations/engagement.md."""

from __future__ import annotations

import math

from openiads.engine.command import ACQUIRING, APPROVED, IN_FLIGHT, ahead, intercept
from openiads.engine.jit import part

_LOSE_AFTER = 3.0  # times the hold time without a plot, and a round in flight is lost


@part
def acquire(units, orders, engagements, f, c, t1):
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
    x, arc = orders.x[f, c], orders.arc[f, c]
    first = intercept(units, f, x, arc, 0.0)
    rounds = min(orders.rounds[f, c], engagements.rounds[f])
    if math.isnan(first) or rounds <= 0 or not orders.clear[f, c]:
        return
    last = intercept(units, f, x, arc, (rounds - 1) * units.interval[f])
    while math.isnan(last):  # a round that would meet it outside the envelope stays
        rounds -= 1
        last = intercept(units, f, x, arc, (rounds - 1) * units.interval[f])
    engagements.phase[f, c] = IN_FLIGHT
    engagements.launched[f, c] = True
    engagements.track[f, c] = orders.track[f, c]
    engagements.t_launch[f, c] = t1
    engagements.t_meet[f, c] = t1 + first
    engagements.between[f, c] = (last - first) / max(1, rounds - 1)
    engagements.fired[f, c] = rounds
    engagements.met_by[f, c] = 0
    engagements.rounds[f] -= rounds
    engagements.lost[f, c] = False
    engagements.opening[f, c] = _opens(units, f, x)
    _extrapolate(orders, engagements, f, c, first)


@part
def _opens(units, f, x):
    """Does a track fly away from the launchers."""
    along = 0.0
    for i in range(3):
        along += (x[i] - units.pos[f, i]) * x[i + 3]
    return along > 0.0


@part
def guide(units, orders, engagements, f, c, t1):
    """The meeting point of the next round follows the track while the radar holds it."""
    if t1 - orders.held[f, c] > _LOSE_AFTER * units.hold[f]:
        engagements.lost[f, c] = True
    if orders.live[f, c]:
        _extrapolate(orders, engagements, f, c, engagements.t_meet[f, c] - t1)


@part
def _extrapolate(orders, engagements, f, c, time):
    """Where the track will be after `time` seconds."""
    aim = engagements.aim
    aim[f, c, 0], aim[f, c, 1], aim[f, c, 2] = ahead(orders.x[f, c], orders.arc[f, c], time)
