"""Command: what is decided. Reads Pictures and the Reports inbox, writes Orders.

Identity of every track, threat evaluation, weapon assignment, and the queue of a human authority: every
decision is taken on the picture that the deciding node holds, never on the truth. docs/equations/command.md.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from openiads.engine import rng
from openiads.engine.bundle import bundle
from openiads.engine.geo import EARTH_RADIUS
from openiads.engine.jit import jit, part
from openiads.engine.network import (
    ASSUMED_FRIEND,
    FRIEND,
    HOSTILE,
    NEUTRAL,
    PENDING,
    SUSPECT,
    UNKNOWN,
)

FREE, TIGHT, HOLD = 0, 1, 2  # control status
CENTRALISED, DECENTRALISED, AUTONOMOUS = 0, 1, 2  # method of control
IDLE, ASKED, APPROVED = 0, 1, 2  # state of an order
ACQUIRING, IN_FLIGHT, ASSESSING = 1, 2, 3  # phase of an engagement
BELIEVED_KILLED, BELIEVED_MISSED = 1, 2
AERODYNAMIC, ARC = 0, 1  # the two envelopes of a missile

GRAVITY = 9.81
_AIRLINER_HEIGHT = 6_000.0  # m: cruise of civil traffic, where behaviour alone accuses nobody
_AIRLINER_SPEED = (130.0, 290.0)  # m/s
_PASS_WITHIN = 15_000.0  # m: a track that will pass an asset this close is coming for it
_MATCH_WITHIN = 6_000.0  # m: the authority takes the nearest track of its own picture within this
_BARRED_FOR = 60.0  # s after a no until the authority is asked again
_CIVIL, _PLAIN, _SECURE = 0, 1, 2  # groups of modes by which replies are counted
_LUCKS = 1024
_STILL_THERE = 12.0  # s after a believed kill at which a track that is still updated is alive again


@bundle
class FireUnits(NamedTuple):
    """What a fire unit is; axis 0 = fire unit."""

    key: np.ndarray  # uint32[F]
    node: np.ndarray  # int32[F] command post
    radar: np.ndarray  # int32[F] its engagement radar
    local: np.ndarray  # int32[F] that radar's number at the node
    pos: np.ndarray  # float64[F, 3] m, launchers
    channels: np.ndarray  # int32[F] targets at once
    rounds: np.ndarray  # int32[F] ready rounds at the start
    reserve: np.ndarray  # int32[F] rounds that a reload brings
    reload: np.ndarray  # float64[F] s
    reach: np.ndarray  # float64[F, 2, 2] m, ground range min, max: against aircraft, against ballistic arcs
    height: np.ndarray  # float64[F, 2, 2] m, min, max
    speed: np.ndarray  # float64[F] m/s, average of a round
    target_speed: np.ndarray  # float64[F] m/s, fastest target
    pk: np.ndarray  # float64[F, 5] kill probability of a round by kind of body (the user's input)
    reaction: np.ndarray  # float64[F] s from holding the target to launch
    interval: np.ndarray  # float64[F] s between rounds of a salvo
    hold: np.ndarray  # float64[F] s, how old the radar's last plot may be
    assessment: np.ndarray  # float64[F] s from intercept to kill assessment
    right: np.ndarray  # float64[F] probability that the assessment is right


@bundle
class Doctrine(NamedTuple):
    """How a node decides; axis 0 = node."""

    status: np.ndarray  # int8[N] control status
    method: np.ndarray  # int8[N] method of control
    authority: np.ndarray  # int32[N] node that authorises, -1 for nobody
    contact: np.ndarray  # float64[N] probability that the authority can be reached in a replication
    delay: np.ndarray  # float64[N] s, each way on the order path
    operators: np.ndarray  # int32[N] people who authorise, at the authority
    service: np.ndarray  # float64[N, 2] s median of their time to decide, and its sigma in logarithm
    salvo: np.ndarray  # int32[N] rounds of an engagement
    most: np.ndarray  # int32[N] rounds against one track
    silent: np.ndarray  # int32[N] interrogations without a reply that make a suspect
    urgent: np.ndarray  # float64[N] s to an asset below which a suspect is hostile
    ballistic: np.ndarray  # float64[N] m/s above which a track is a ballistic missile
    key: np.ndarray  # uint32[N]
    asset: np.ndarray  # float64[A, 3] m, earth-centred
    ready: np.ndarray  # float64[N] s from the alert to the first emission of what the node commands


@bundle
class Orders(NamedTuple):
    """Decisions and what they were taken on; [F, C] = fire unit, engagement channel."""

    identity: np.ndarray  # int8[N, P]
    number: np.ndarray  # int64[N, P] the track that the identity belongs to
    state: np.ndarray  # int8[F, C] IDLE, ASKED, APPROVED
    slot: np.ndarray  # int32[F, C] own track slot
    track: np.ndarray  # int64[F, C] its track number
    luck: np.ndarray  # uint32[F, C]
    ordinal: np.ndarray  # int32[F, C] number of this request among those of its node and luck
    rounds: np.ndarray  # int32[F, C] rounds to fire
    t_asked: np.ndarray  # float64[F, C] s
    t_answer: np.ndarray  # float64[F, C] s, when the authority will have answered
    x: np.ndarray  # float64[F, C, 6] the track now
    arc: np.ndarray  # bool[F, C] it is taken as ballistic
    held: np.ndarray  # float64[F, C] s, last plot of the engagement radar
    live: np.ndarray  # bool[F, C] the track is still in the picture
    cause: np.ndarray  # int8[F, C] evidence the engagement was ordered on (see Cause constants)
    refused: np.ndarray  # bool[F, C] the authority said no in this tick
    fired: np.ndarray  # int32[N, S] rounds fired at the track so far
    done: np.ndarray  # float64[N, S] s, believed killed at; inf for not
    barred: np.ndarray  # float64[N, S] s until which the track is not asked for again
    memory: np.ndarray  # int64[N, S] track number that fired, done and barred belong to
    cue: np.ndarray  # int32[F, X] further rows to search at, -1 for none
    cue_x: np.ndarray  # float64[F, X, 4] m, where, and how wide
    busy: np.ndarray  # float64[N, O] s until which each operator is busy
    alert: np.ndarray  # float64[N] s, when the node first held a hostile track; inf before
    requests: np.ndarray  # int32[N, 1024] engagements opened so far, by luck modulo 1024: names their draws


# What an engagement was ordered on, for the ledger of friendly losses.
SILENCE, NEVER_ASKED, TOLD_HOSTILE, FAST = 0, 1, 2, 3


def empty_orders(nodes: int, rows: int, slots: int, units: int, channels: int, operators: int, cues: int) -> Orders:
    """No decision taken."""
    shape = (units, channels)
    return Orders(
        np.zeros((nodes, rows), np.int8), np.full((nodes, rows), -1, np.int64), np.zeros(shape, np.int8),
        np.zeros(shape, np.int32), np.zeros(shape, np.int64), np.zeros(shape, np.uint32), np.zeros(shape, np.int32),
        np.zeros(shape, np.int32), np.zeros(shape), np.zeros(shape), np.zeros((*shape, 6)), np.zeros(shape, np.bool_),
        np.full(shape, -1e9), np.zeros(shape, np.bool_), np.zeros(shape, np.int8), np.zeros(shape, np.bool_),
        np.zeros((nodes, slots), np.int32), np.full((nodes, slots), np.inf), np.full((nodes, slots), -np.inf),
        np.full((nodes, slots), -1, np.int64), np.full((units, cues), -1, np.int32), np.zeros((units, cues, 4)),
        np.full((nodes, operators), -np.inf), np.full(nodes, np.inf), np.zeros((nodes, _LUCKS), np.int32),
    )  # fmt: skip


@part
def decide(units, doctrine, pictures, reports, orders, key, t1):
    """One tick of every node: who is who, what threatens, who shoots, who must be asked."""
    for n in range(pictures.valid.shape[0]):
        _identify(doctrine, pictures, orders, n, t1)
    for f in range(units.key.size):
        _follow(units, doctrine, pictures, reports, orders, f, t1)
    for n in range(pictures.valid.shape[0]):
        if _commands(units, n):
            _assign(units, doctrine, pictures, reports, orders, key, n, t1)
    for f in range(units.key.size):
        _cue(units, pictures, orders, f, t1)


@part
def _commands(units, n):
    """Does any fire unit belong to the node."""
    for f in range(units.node.size):
        if units.node[f] == n:
            return True
    return False


@part
def _identify(doctrine, pictures, orders, n, t1):
    """Identity of every row; the first hostile one is the node's alert."""
    own = pictures.held.shape[1]
    for p in range(pictures.valid.shape[1]):
        if not pictures.valid[n, p]:
            orders.number[n, p] = -1
            continue
        told = pictures.told[n, p]
        if p < own:
            identity = identify(doctrine, pictures, n, p, told)
            declared = orders.number[n, p] == pictures.number[n, p] and orders.identity[n, p] == HOSTILE
            if declared and (identity == SUSPECT or identity == UNKNOWN or identity == PENDING):
                identity = HOSTILE  # nobody takes a declaration back because the track turned for a moment
        else:
            identity = told
        orders.identity[n, p] = identity
        orders.number[n, p] = pictures.number[n, p]
        if identity == HOSTILE and t1 < orders.alert[n]:
            orders.alert[n] = t1


@part
def identify(doctrine, pictures, n, p, told):
    """The seven identities from replies, from what came over a link, and from behaviour.

    A reply is positive evidence (a third of the civil questions answered), the stronger when it is under keys; silence
    is evidence only after several interrogations, and never alone proof: a suspect becomes hostile by coming for an
    asset. Without an interrogator behaviour stands alone.
    """
    asked, answered = pictures.asked[n, p], pictures.answered[n, p]
    if answered[_SECURE] > 0 or told == FRIEND:
        return FRIEND
    if answered[_PLAIN] > 0 or told == ASSUMED_FRIEND:
        return ASSUMED_FRIEND
    vx, vy, vz = pictures.x[n, p, 3], pictures.x[n, p, 4], pictures.x[n, p, 5]
    speed = math.sqrt(vx * vx + vy * vy + vz * vz)
    if speed > doctrine.ballistic[n]:
        return HOSTILE
    if 3 * answered[_CIVIL] > asked[_CIVIL] or told == NEUTRAL:
        return NEUTRAL
    if told == HOSTILE:
        return HOSTILE
    time, _ = time_to_asset(doctrine, pictures.x[n, p], speed > doctrine.ballistic[n])
    silent = max(asked[_CIVIL], asked[_PLAIN], asked[_SECURE])
    if silent > 0:
        if silent < doctrine.silent[n]:
            return PENDING
        return HOSTILE if time < doctrine.urgent[n] else SUSPECT
    height = math.sqrt(pictures.x[n, p, 0] ** 2 + pictures.x[n, p, 1] ** 2 + pictures.x[n, p, 2] ** 2) - EARTH_RADIUS
    civil = height > _AIRLINER_HEIGHT and _AIRLINER_SPEED[0] < speed < _AIRLINER_SPEED[1]
    if civil:
        return UNKNOWN
    return HOSTILE if time < doctrine.urgent[n] else UNKNOWN


@part
def time_to_asset(doctrine, x, arc):
    """Seconds until a track passes (or falls on) an asset, and which; (inf, -1) when it comes for none."""
    best, which = math.inf, -1
    if arc:
        fall = _time_to_fall(x)
        for a in range(doctrine.asset.shape[0]):
            gap = 0.0
            for i in range(3):
                up = x[i] / EARTH_RADIUS
                end = x[i] + fall * x[i + 3] - 0.5 * GRAVITY * up * fall * fall
                gap += (end - doctrine.asset[a, i]) ** 2
            if gap < (2.0 * _PASS_WITHIN) ** 2 and fall < best:
                best, which = fall, a
        return best, which
    speed2 = max(1e-9, x[3] ** 2 + x[4] ** 2 + x[5] ** 2)
    for a in range(doctrine.asset.shape[0]):
        along, gap = 0.0, 0.0
        for i in range(3):
            along += (doctrine.asset[a, i] - x[i]) * x[i + 3]
        time = along / speed2
        if time <= 0.0 or time >= best:
            continue
        for i in range(3):
            gap += (x[i] + time * x[i + 3] - doctrine.asset[a, i]) ** 2
        if gap < _PASS_WITHIN**2:
            best, which = time, a
    return best, which


@part
def _time_to_fall(x):
    """Seconds until a body without thrust or drag is at sea level (flat-earth gravity along its vertical)."""
    r = math.sqrt(x[0] ** 2 + x[1] ** 2 + x[2] ** 2)
    climb = (x[0] * x[3] + x[1] * x[4] + x[2] * x[5]) / r
    return (climb + math.sqrt(climb * climb + 2.0 * GRAVITY * max(0.0, r - EARTH_RADIUS))) / GRAVITY


@part
def intercept(units, f, x, arc, delay):
    """Earliest seconds from now at which a round fired after `delay` meets the track inside the envelope, else nan.

    Constant speeds: the smaller root of a quadratic (validation ENG-1). A ballistic target falls on the way.
    """
    dx, dy, dz = x[0] - units.pos[f, 0], x[1] - units.pos[f, 1], x[2] - units.pos[f, 2]
    time = (
        _meeting_falling(x, dx, dy, dz, units.speed[f], delay)
        if arc
        else _meeting(x, dx, dy, dz, units.speed[f], delay)
    )
    if math.isnan(time):
        return time
    drop = 0.5 * GRAVITY * time * time / EARTH_RADIUS if arc else 0.0
    px, py, pz = x[0] * (1.0 - drop) + time * x[3], x[1] * (1.0 - drop) + time * x[4], x[2] * (1.0 - drop) + time * x[5]
    return time if inside(units, f, px, py, pz, arc) else math.nan


@part
def _meeting(x, dx, dy, dz, speed, delay):
    """|d + v t| = speed (t - delay), t >= delay; nan when the target outruns the round."""
    v2 = x[3] * x[3] + x[4] * x[4] + x[5] * x[5]
    a = v2 - speed * speed
    b = dx * x[3] + dy * x[4] + dz * x[5] + speed * speed * delay
    c = dx * dx + dy * dy + dz * dz - speed * speed * delay * delay
    if abs(a) < 1e-6 * speed * speed:
        time = -0.5 * c / b if b != 0.0 else math.nan
        return time if time >= delay else math.nan
    root = b * b - a * c
    if root < 0.0:
        return math.nan
    root = math.sqrt(root)
    first, second = (-b - root) / a, (-b + root) / a
    if first > second:
        first, second = second, first
    if first >= delay:
        return first
    return second if second >= delay else math.nan


@part
def _meeting_falling(x, dx, dy, dz, speed, delay):
    """The same for a target that falls freely: first sign change of gap - reach in steps of 2 s, then bisection."""
    low, high = delay, delay
    for _ in range(120):
        high = low + 2.0
        if _short(x, dx, dy, dz, speed, delay, high) <= 0.0:
            for _ in range(12):
                middle = 0.5 * (low + high)
                if _short(x, dx, dy, dz, speed, delay, middle) <= 0.0:
                    high = middle
                else:
                    low = middle
            return high
        low = high
    return math.nan


@part
def _short(x, dx, dy, dz, speed, delay, time):
    """How far a round is short of a falling target at a time (m)."""
    drop = 0.5 * GRAVITY * time * time / EARTH_RADIUS
    gx, gy, gz = dx + time * x[3] - drop * x[0], dy + time * x[4] - drop * x[1], dz + time * x[5] - drop * x[2]
    return math.sqrt(gx * gx + gy * gy + gz * gz) - speed * (time - delay)


@jit
def inside(units, f, px, py, pz, arc):
    """Is a point inside the envelope of fire unit f."""
    lx, ly, lz = units.pos[f, 0], units.pos[f, 1], units.pos[f, 2]
    r = math.sqrt(px * px + py * py + pz * pz)
    base = math.sqrt(lx * lx + ly * ly + lz * lz)
    cos_arc = min(1.0, (px * lx + py * ly + pz * lz) / (r * base))
    ground = EARTH_RADIUS * math.acos(cos_arc)
    height = r - EARTH_RADIUS
    e = ARC if arc else AERODYNAMIC
    return (
        units.reach[f, e, 0] <= ground <= units.reach[f, e, 1]
        and units.height[f, e, 0] <= height <= units.height[f, e, 1]
    )


@part
def _follow(units, doctrine, pictures, reports, orders, f, t1):
    """Bring the engagements of fire unit f up to date: track lost, identity changed, answered, assessed."""
    n = units.node[f]
    for c in range(orders.state.shape[1]):
        orders.refused[f, c] = False
        if orders.state[f, c] == IDLE:
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
        if not _eligible(doctrine, n, identity):
            orders.state[f, c] = IDLE
            continue
        if orders.state[f, c] == ASKED and t1 >= orders.t_answer[f, c]:
            _answer(doctrine, pictures, orders, f, c, n, s, t1)


@part
def _answer(doctrine, pictures, orders, f, c, n, s, t1):
    """The authority looks at its own picture: a friend or a neutral there is a no, and bars the track for a minute."""
    a = doctrine.authority[n]
    best, nearest = -1, _MATCH_WITHIN**2
    for p in range(pictures.valid.shape[1]):
        if not pictures.valid[a, p] or pictures.origin[a, p, 0] == n:  # what the asker sent proves nothing
            continue
        gap = 0.0
        for i in range(3):
            gap += (pictures.x[a, p, i] - orders.x[f, c, i]) ** 2
        if gap < nearest:
            best, nearest = p, gap
    if best >= 0:
        identity = orders.identity[a, pictures.same[a, best] if pictures.same[a, best] >= 0 else best]
        if identity == FRIEND or identity == ASSUMED_FRIEND or identity == NEUTRAL:
            orders.state[f, c] = IDLE
            orders.refused[f, c] = True
            orders.barred[n, s] = t1 + _BARRED_FOR
            return
    orders.state[f, c] = APPROVED


@part
def _eligible(doctrine, n, identity):
    """May a track of this identity be engaged under the node's control status."""
    if doctrine.status[n] == HOLD:
        return False
    if identity == HOSTILE:
        return True
    return doctrine.status[n] == FREE and (identity == SUSPECT or identity == UNKNOWN)


@part
def _assign(units, doctrine, pictures, reports, orders, key, n, t1):
    """Most urgent track first; for each the fire unit that can meet it soonest and has a channel and rounds."""
    own = pictures.held.shape[1]
    times = np.empty(own)
    slots = np.empty(own, np.int64)
    count = 0
    for s in range(own):
        if pictures.valid[n, s] and _wanted(doctrine, pictures, orders, n, s, t1):
            speed = math.sqrt(pictures.x[n, s, 3] ** 2 + pictures.x[n, s, 4] ** 2 + pictures.x[n, s, 5] ** 2)
            times[count], _ = time_to_asset(doctrine, pictures.x[n, s], speed > doctrine.ballistic[n])
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
    if not _eligible(doctrine, n, orders.identity[n, s]) or t1 < orders.barred[n, s]:
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
    arc = speed > doctrine.ballistic[n]
    lead = 0.0  # ask early enough for the answer to come in time
    if doctrine.method[n] != DECENTRALISED and doctrine.authority[n] >= 0:
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
        if free < 0 or reports.rounds[f] - committed <= 0:
            continue
        time = intercept(units, f, pictures.x[n, s], arc, lead + units.reaction[f])
        if time < soonest:  # false for nan
            best, channel, soonest = f, free, time
    if best < 0:
        return
    orders.slot[best, channel] = s
    orders.track[best, channel] = pictures.number[n, s]
    orders.luck[best, channel] = pictures.luck[n, s]
    luck = pictures.luck[n, s] % np.uint32(_LUCKS)
    orders.ordinal[best, channel] = orders.requests[n, luck]
    orders.requests[n, luck] += 1
    orders.rounds[best, channel] = min(doctrine.salvo[n], doctrine.most[n] - orders.fired[n, s])
    orders.arc[best, channel] = arc
    orders.held[best, channel] = pictures.held[n, s, units.local[best]]
    orders.t_asked[best, channel] = t1
    orders.cause[best, channel] = _cause(doctrine, pictures, n, s, arc)
    for i in range(6):
        orders.x[best, channel, i] = pictures.x[n, s, i]
    _ask(doctrine, orders, key, n, best, channel, t1)


@part
def _cause(doctrine, pictures, n, s, arc):
    """What the order rests on, for the ledger."""
    if arc:
        return FAST
    if pictures.told[n, s] == HOSTILE:
        return TOLD_HOSTILE
    return SILENCE if pictures.asked[n, s].max() > 0 else NEVER_ASKED


@part
def _ask(doctrine, orders, key, n, f, c, t1):
    """Approve at once, or queue at the authority's first free operator; without contact by the method of control."""
    a = doctrine.authority[n]
    method = doctrine.method[n]
    if method == DECENTRALISED:
        orders.state[f, c] = APPROVED
        orders.t_answer[f, c] = t1
        return
    reached = a >= 0 and rng.uniform(key, rng.CONTACT, doctrine.key[n], np.uint32(0), 0) < doctrine.contact[n]
    if not reached:
        orders.state[f, c] = APPROVED if method == AUTONOMOUS else IDLE
        orders.t_answer[f, c] = t1
        return
    first = 0
    for o in range(1, doctrine.operators[n]):
        if orders.busy[a, o] < orders.busy[a, first]:
            first = o
    u = rng.uniforms(key, rng.HUMAN, doctrine.key[n], orders.luck[f, c], orders.ordinal[f, c])
    normal, _ = rng.normals(u[0], u[1])
    service = doctrine.service[n, 0] * math.exp(doctrine.service[n, 1] * normal)
    start = max(t1 + doctrine.delay[n], orders.busy[a, first])
    orders.busy[a, first] = start + service
    orders.state[f, c] = ASKED
    orders.t_answer[f, c] = start + service + doctrine.delay[n]


@part
def _cue(units, pictures, orders, f, t1):
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
