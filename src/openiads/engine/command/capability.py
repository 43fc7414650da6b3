"""What a fire unit can still take on: channels, rounds, and when it would meet a track. docs/equations/command.md."""

from __future__ import annotations

import math

from openiads.engine.command.bundles import DECENTRALISED, IDLE, IN_FLIGHT, NO_LIMIT
from openiads.engine.command.meeting import intercept
from openiads.engine.command.threat import falls
from openiads.engine.jit import part


@part
def engaged(units, pictures, orders, n, s):
    """Has a fire unit of node n an order for own track s."""
    for f in range(units.key.size):
        if units.node[f] != n:
            continue
        for c in range(orders.state.shape[1]):
            if orders.state[f, c] != IDLE and orders.slot[f, c] == s and orders.track[f, c] == pictures.number[n, s]:
                return True
    return False


@part
def free_channel(units, reports, orders, f):
    """A channel of fire unit f that engages nothing, -1 for none."""
    for c in range(units.channels[f]):
        if orders.state[f, c] == IDLE and reports.phase[f, c] == 0:
            return c
    return -1


@part
def channels_left(units, reports, orders, f):
    """Targets that fire unit f may still take: its own channels, its engagement radar's and its system's."""
    own, radar, system = 0, units.limit[f, 0], units.limit[f, 1]
    for c in range(units.channels[f]):
        own += orders.state[f, c] == IDLE and reports.phase[f, c] == 0
    if radar >= NO_LIMIT and system >= NO_LIMIT:
        return own
    for g in range(units.key.size):
        if units.node[g] != units.node[f]:
            continue
        for c in range(orders.state.shape[1]):
            if orders.state[g, c] != IDLE or reports.phase[g, c] > 0:
                system -= 1
                radar -= units.radar[g] == units.radar[f]
    return min(own, radar, system)


@part
def rounds_left(reports, orders, f):
    """Rounds of fire unit f that no order has spoken for."""
    left = reports.rounds[f]
    for c in range(orders.state.shape[1]):
        if orders.state[f, c] != IDLE and reports.phase[f, c] < IN_FLIGHT:
            left -= orders.rounds[f, c]
    return left


@part
def notice(units, doctrine, f):
    """Seconds from a request to a launch: the median answer, asked for early enough, and the reaction."""
    n, lead = units.node[f], 0.0
    if doctrine.second[n] >= 0 or (doctrine.method[n] != DECENTRALISED and doctrine.authority[n] >= 0):
        lead = 2.0 * doctrine.delay[n] + doctrine.service[n, 0]
    return lead + units.reaction[f]


@part
def soonest(units, doctrine, pictures, n, s, f):
    """Seconds until fire unit f would meet own track s if it were asked for now, nan if it can not."""
    x = pictures.x[n, s]
    if x[3] * x[3] + x[4] * x[4] + x[5] * x[5] > units.target_speed[f] * units.target_speed[f]:
        return math.nan
    return intercept(units, f, x, falls(doctrine, n, x), notice(units, doctrine, f))
