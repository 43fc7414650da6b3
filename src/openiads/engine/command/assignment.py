"""Which track is engaged by which fire unit, and what becomes of the order. docs/equations/command.md."""

from __future__ import annotations

import math

import numpy as np

from openiads.engine.command.authority import answer, ask, eligible
from openiads.engine.command.bundles import (
    APPROVED,
    ASKED,
    BELIEVED_KILLED,
    DECENTRALISED,
    FAST,
    IDLE,
    IN_FLIGHT,
    LOST,
    LUCKS,
    NEVER_ASKED,
    NO_LIMIT,
    SILENCE,
    TOLD_HOSTILE,
)
from openiads.engine.command.clearance import keeps_clear
from openiads.engine.command.meeting import intercept
from openiads.engine.command.threat import falls, time_to_asset
from openiads.engine.jit import part
from openiads.engine.network import HOSTILE

_STILL_THERE = 12.0  # s after a believed kill at which a track that is still updated is alive again


@part
def follow(units, doctrine, pictures, reports, orders, f, t1):
    """Bring the engagements of fire unit f up to date: track lost, identity changed, answered, assessed."""
    n = units.node[f]
    for c in range(orders.state.shape[1]):
        orders.refused[f, c] = 0
        if orders.state[f, c] == IDLE:
            continue
        if reports.phase[f, c] == LOST:
            orders.state[f, c] = IDLE
            continue
        s = orders.slot[f, c]
        alive = pictures.valid[n, s] and pictures.number[n, s] == orders.track[f, c]
        flying = reports.phase[f, c] >= IN_FLIGHT
        if reports.verdict[f, c] > 0:
            if alive and orders.memory[n, s] == orders.track[f, c]:
                orders.fired[n, s] += reports.fired[f, c]
                orders.done[n, s] = t1 if reports.verdict[f, c] == BELIEVED_KILLED else math.inf
            orders.state[f, c] = IDLE
            continue
        orders.live[f, c] = alive
        if alive:
            for i in range(6):
                orders.x[f, c, i] = pictures.x[n, s, i]
            orders.held[f, c] = pictures.held[n, s, units.local[f]]
        elif not flying:
            orders.state[f, c] = IDLE
            continue
        if flying:
            continue
        identity = orders.identity[n, s]
        if not eligible(doctrine, n, identity, orders.x[f, c], orders.arc[f, c]):
            orders.state[f, c] = IDLE
            continue
        if orders.state[f, c] == ASKED and t1 >= orders.t_answer[f, c]:
            answer(doctrine, pictures, reports, orders, f, c, n, s, t1)
        if doctrine.clearance[n] > 0.0 and orders.state[f, c] == APPROVED:
            time = intercept(units, f, orders.x[f, c], orders.arc[f, c], 0.0)
            orders.clear[f, c] = keeps_clear(doctrine, pictures, orders, f, n, s, orders.arc[f, c], time, t1)


@part
def assign(units, doctrine, pictures, reports, orders, key, n, t1):
    """Most urgent track first; for each the fire unit that can meet it soonest and has a channel and rounds."""
    own = pictures.held.shape[1]
    times = np.empty(own)
    slots = np.empty(own, np.int64)
    count = 0
    for s in range(own):
        if pictures.valid[n, s] and _wanted(doctrine, pictures, orders, n, s, t1):
            x = pictures.x[n, s]
            times[count], _ = time_to_asset(doctrine, x, falls(doctrine, n, x))
            slots[count] = s
            count += 1
    order = np.argsort(times[:count], kind="mergesort")
    for i in range(count):
        _engage(units, doctrine, pictures, reports, orders, key, n, slots[order[i]], t1)


@part
def _wanted(doctrine, pictures, orders, n, s, t1):
    """Is this own track one to engage now: eligible, not engaged already, rounds left for it, not believed dead."""
    if orders.memory[n, s] != pictures.number[n, s]:
        orders.memory[n, s] = pictures.number[n, s]
        orders.fired[n, s] = 0
        orders.done[n, s] = math.inf
        orders.barred[n, s] = -math.inf
        orders.spared[n, s, 1] = -1
    if t1 < orders.barred[n, s] or not eligible(
        doctrine, n, orders.identity[n, s], pictures.x[n, s], falls(doctrine, n, pictures.x[n, s])
    ):
        return False
    if orders.fired[n, s] >= doctrine.most[n]:
        return False
    if orders.done[n, s] < math.inf:
        if pictures.t_update[n, s] < orders.done[n, s] + _STILL_THERE:
            return False
        orders.done[n, s] = math.inf
    return True


@part
def _engage(units, doctrine, pictures, reports, orders, key, n, s, t1):
    """Open an engagement of own track s if some fire unit of the node can, and ask the authority if one must."""
    speed = math.sqrt(pictures.x[n, s, 3] ** 2 + pictures.x[n, s, 4] ** 2 + pictures.x[n, s, 5] ** 2)
    arc = falls(doctrine, n, pictures.x[n, s])
    lead = 0.0  # ask early enough for the answer to come in time
    if doctrine.second[n] >= 0 or (doctrine.method[n] != DECENTRALISED and doctrine.authority[n] >= 0):
        lead = 2.0 * doctrine.delay[n] + doctrine.service[n, 0]
    best, channel, soonest = -1, -1, math.inf
    for f in range(units.key.size):
        if units.node[f] != n or speed > units.target_speed[f]:
            continue
        free, committed = -1, 0
        for c in range(orders.state.shape[1]):
            if orders.state[f, c] != IDLE:
                if orders.slot[f, c] == s and orders.track[f, c] == pictures.number[n, s]:
                    return  # engaged already
                if reports.phase[f, c] < IN_FLIGHT:
                    committed += orders.rounds[f, c]
            elif free < 0 and c < units.channels[f] and reports.phase[f, c] == 0:
                free = c
        if free < 0 or reports.rounds[f] - committed <= 0 or not _guides_more(units, reports, orders, f):
            continue
        time = intercept(units, f, pictures.x[n, s], arc, lead + units.reaction[f])
        if time < soonest:  # false for nan
            best, channel, soonest = f, free, time
    if best < 0 or not keeps_clear(doctrine, pictures, orders, best, n, s, arc, soonest, t1):
        return
    orders.slot[best, channel] = s
    orders.track[best, channel] = pictures.number[n, s]
    orders.luck[best, channel] = pictures.luck[n, s]
    luck = pictures.luck[n, s] % np.uint32(LUCKS)
    orders.ordinal[best, channel] = orders.requests[n, luck]
    orders.requests[n, luck] += 1
    orders.arc[best, channel] = arc
    orders.held[best, channel] = pictures.held[n, s, units.local[best]]
    orders.t_asked[best, channel] = t1
    orders.clear[best, channel] = True
    orders.cause[best, channel] = _cause(doctrine, pictures, n, s, arc)
    for i in range(6):
        orders.x[best, channel, i] = pictures.x[n, s, i]
    orders.rounds[best, channel] = _rounds(units, doctrine, orders, best, channel, lead, soonest)
    ask(doctrine, reports, orders, key, n, best, channel, t1)


@part
def _guides_more(units, reports, orders, f):
    """Have the engagement radar and the system of fire unit f a channel left, beside all that they already engage."""
    radar, system = units.limit[f, 0], units.limit[f, 1]
    if radar >= NO_LIMIT and system >= NO_LIMIT:
        return True
    for g in range(units.key.size):
        if units.node[g] != units.node[f]:
            continue
        for c in range(orders.state.shape[1]):
            if orders.state[g, c] != IDLE or reports.phase[g, c] > 0:
                system -= 1
                radar -= units.radar[g] == units.radar[f]
    return radar > 0 and system > 0


@part
def _rounds(units, doctrine, orders, f, c, lead, soonest):
    """Rounds at once: one where a second could still meet the target after a look at the first, else the whole salvo."""
    n, x, arc = units.node[f], orders.x[f, c], orders.arc[f, c]
    most = min(doctrine.salvo[n], doctrine.most[n] - orders.fired[n, orders.slot[f, c]])
    if not doctrine.look[n] or most == 1:
        return most
    again = intercept(units, f, x, arc, soonest + units.assessment[f] + lead + units.reaction[f])
    left, _ = time_to_asset(doctrine, x, arc)
    return 1 if again < left else most  # false for nan


@part
def _cause(doctrine, pictures, n, s, arc):
    """What the order rests on, for the ledger."""
    if arc:
        return FAST
    if pictures.told[n, s] == HOSTILE:
        return TOLD_HOSTILE
    return SILENCE if pictures.asked[n, s].max() > 0 else NEVER_ASKED


@part
def cue_radar(units, pictures, orders, f, t1):
    """Rows that the engagement radar should search at: hostile tracks that only a link or another radar brought."""
    n = units.node[f]
    cues = orders.cue.shape[1]
    for i in range(cues):
        orders.cue[f, i] = -1
    count = 0
    for p in range(pictures.valid.shape[1]):
        if count >= cues:
            return
        if not pictures.valid[n, p] or pictures.same[n, p] >= 0 or orders.identity[n, p] != HOSTILE:
            continue
        orders.cue[f, count] = p
        for i in range(3):
            orders.cue_x[f, count, i] = pictures.x[n, p, i]
        orders.cue_x[f, count, 3] = 3_000.0 + 4.0 * pictures.sigma[n, p]
        count += 1
