"""Which track is engaged by which fire unit, and what becomes of the order. docs/equations/command.md."""

from __future__ import annotations

import math

import numpy as np

from openiads.engine.command.authority import answer, ask, eligible
from openiads.engine.command.bundles import (
    APPROVED,
    ASKED,
    BELIEVED_KILLED,
    FAST,
    IDLE,
    IN_FLIGHT,
    LOST,
    LUCKS,
    NEVER_ASKED,
    NO_CHANNEL,
    NO_CONTACT,
    NO_ROUNDS,
    OUT_OF_REACH,
    SILENCE,
    TAKEN,
    TOLD_HOSTILE,
    WEAPONS_HELD,
)
from openiads.engine.command.capability import channels_left, engaged, free_channel, notice, rounds_left, soonest
from openiads.engine.command.clearance import keeps_clear
from openiads.engine.command.meeting import intercept
from openiads.engine.command.sharing import AIMS, share
from openiads.engine.command.threat import falls, time_to_asset, urgency
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
                if reports.verdict[f, c] == BELIEVED_KILLED:
                    orders.done[n, s] = t1
                elif t1 > orders.done[n, s] + _STILL_THERE:  # a second salvo that finds nothing undoes no fresh kill
                    orders.done[n, s] = math.inf
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
    """Rank the tracks that are to be engaged, most urgent first, and engage one after the other or share them all out."""
    own = pictures.held.shape[1]
    times = np.empty(own)
    slots = np.empty(own, np.int64)
    count = 0
    for s in range(own):
        if pictures.valid[n, s] and _wanted(units, doctrine, pictures, orders, n, s, t1):
            x = pictures.x[n, s]
            times[count] = urgency(doctrine, x, falls(doctrine, n, x))
            slots[count] = s
            count += 1
    order = slots[np.argsort(times[:count], kind="mergesort")]
    if doctrine.shared[n] and count > 0:
        _engage_shared(units, doctrine, pictures, reports, orders, key, n, order, t1)
    else:
        for i in range(count):
            _engage(units, doctrine, pictures, reports, orders, key, n, order[i], t1)


@part
def _wanted(units, doctrine, pictures, orders, n, s, t1):
    """Is this own track one to engage now: not engaged, eligible, not barred or taken, rounds left for it, not believed dead."""
    if orders.memory[n, s] != pictures.number[n, s]:
        orders.memory[n, s] = pictures.number[n, s]
        orders.fired[n, s] = 0
        orders.done[n, s] = math.inf
        orders.barred[n, s] = -math.inf
        orders.spared[n, s, 1] = -1
        orders.kept[n, s] = 0
    if not eligible(doctrine, n, orders.identity[n, s], pictures.x[n, s], falls(doctrine, n, pictures.x[n, s])):
        _keep(orders, n, s, WEAPONS_HELD if orders.identity[n, s] == HOSTILE else 0, t1)
        return False
    if t1 < orders.barred[n, s] or orders.fired[n, s] >= doctrine.most[n] or engaged(units, pictures, orders, n, s):
        return False
    if _taken(pictures, n, s):
        _keep(orders, n, s, TAKEN, t1)
        return False
    if orders.done[n, s] < math.inf:
        if pictures.t_update[n, s] < orders.done[n, s] + _STILL_THERE:
            return False
        orders.done[n, s] = math.inf
    return True


@part
def _taken(pictures, n, s):
    """Has another node said that it engages what own track s shows; what it no longer says is forgotten."""
    for p in range(pictures.held.shape[1], pictures.valid.shape[1]):
        if pictures.engaged[n, p] and pictures.valid[n, p] and pictures.same[n, p] == s:
            return True
    return False


@part
def _engage(units, doctrine, pictures, reports, orders, key, n, s, t1):
    """Open an engagement of own track s by the fire unit of the node that can meet it soonest, if one can."""
    best, first, short = -1, math.inf, False
    for f in range(units.key.size):
        if units.node[f] != n:
            continue
        if rounds_left(reports, orders, f) <= 0 or channels_left(units, reports, orders, f) <= 0:
            short = True
            continue
        time = soonest(units, doctrine, pictures, n, s, f)
        if time < first:  # false for nan
            best, first = f, time
    if best >= 0:
        _open(units, doctrine, pictures, reports, orders, key, n, s, best, doctrine.salvo[n], first, t1)
    else:
        _keep(orders, n, s, _lacking(units, doctrine, pictures, reports, orders, n, s) if short else OUT_OF_REACH, t1)


@part
def _lacking(units, doctrine, pictures, reports, orders, n, s):
    """What the fire units of the node that could meet own track s lack: OUT_OF_REACH if there is none."""
    why = OUT_OF_REACH
    for f in range(units.key.size):
        if units.node[f] == n and not math.isnan(soonest(units, doctrine, pictures, n, s, f)):
            if rounds_left(reports, orders, f) > 0:
                return NO_CHANNEL
            why = NO_ROUNDS
    return why


@part
def _keep(orders, n, s, why, t1):
    """Note why own track s is not engaged, 0 for none of the reasons."""
    if orders.kept[n, s] != why:
        orders.kept[n, s], orders.t_kept[n, s] = why, t1


@part
def _engage_shared(units, doctrine, pictures, reports, orders, key, n, slots, t1):
    """Open what a plan for all tracks gives each fire unit; a channel that units share may run out before its end."""
    share(units, doctrine, pictures, reports, orders, n, slots)
    for t in range(min(slots.size, AIMS)):
        given = False
        for f in range(units.key.size):
            rounds = orders.plan.rounds[f, t]
            if rounds > 0 and channels_left(units, reports, orders, f) > 0:
                salvo = doctrine.salvo[n] if doctrine.look[n] else rounds
                time = soonest(units, doctrine, pictures, n, slots[t], f)
                _open(units, doctrine, pictures, reports, orders, key, n, slots[t], f, salvo, time, t1)
                given = True
        if not given:
            _keep(orders, n, slots[t], _lacking(units, doctrine, pictures, reports, orders, n, slots[t]), t1)


@part
def _open(units, doctrine, pictures, reports, orders, key, n, s, f, salvo, time, t1):
    """Give fire unit f own track s, which it meets after `time` (s), unless a friend is near; ask the authority if one must be asked."""
    arc = falls(doctrine, n, pictures.x[n, s])
    if not keeps_clear(doctrine, pictures, orders, f, n, s, arc, time, t1):
        return
    c = free_channel(units, reports, orders, f)
    orders.slot[f, c] = s
    orders.track[f, c] = pictures.number[n, s]
    orders.luck[f, c] = pictures.luck[n, s]
    luck = pictures.luck[n, s] % np.uint32(LUCKS)
    orders.ordinal[f, c] = orders.requests[n, luck]
    orders.requests[n, luck] += 1
    orders.arc[f, c] = arc
    orders.held[f, c] = pictures.held[n, s, units.local[f]]
    orders.t_asked[f, c] = t1
    orders.clear[f, c] = True
    orders.cause[f, c] = _cause(doctrine, pictures, n, s, arc)
    for i in range(6):
        orders.x[f, c, i] = pictures.x[n, s, i]
    orders.rounds[f, c] = _rounds(units, doctrine, orders, f, c, salvo, time)
    ask(doctrine, reports, orders, key, n, f, c, t1)
    _keep(orders, n, s, NO_CONTACT if orders.state[f, c] == IDLE else 0, t1)


@part
def _rounds(units, doctrine, orders, f, c, salvo, time):
    """Rounds at once: one where a second could still meet the target after a look at the first, which meets it after
    `time` (s), else the whole salvo.
    """
    n, x, arc = units.node[f], orders.x[f, c], orders.arc[f, c]
    most = min(salvo, doctrine.most[n] - orders.fired[n, orders.slot[f, c]])
    if not doctrine.look[n] or most == 1:
        return most
    again = intercept(units, f, x, arc, time + units.assessment[f] + notice(units, doctrine, f))
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
