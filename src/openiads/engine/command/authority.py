"""Who may be engaged, who must be asked, and what the answer is: a queue of people. docs/equations/command.md."""

from __future__ import annotations

import math

import numpy as np

from openiads.engine import rng
from openiads.engine.command.bundles import (
    APPROVED,
    ASKED,
    AUTONOMOUS,
    DECENTRALISED,
    FREE,
    FRIEND_THERE,
    HOLD,
    IDLE,
    NOTHING_THERE,
    WHEN_HELD,
)
from openiads.engine.command.identity import judge
from openiads.engine.geo import in_circle
from openiads.engine.jit import part
from openiads.engine.network import ASSUMED_FRIEND, FRIEND, HOSTILE, NEUTRAL, PENDING, SUSPECT, UNKNOWN
from openiads.engine.spans import within

MATCH_WITHIN = 6_000.0  # m: the authority takes the nearest track of its own picture within this
_BARRED_FOR = 60.0  # s after a no until the authority is asked again


@part
def control_status(doctrine, n, x, arc):
    """Free, tight or hold for a track: that of the first area which holds it, else of its node."""
    for z in range(doctrine.zone_status.size):
        if not (doctrine.zone_kind[z] >> arc) & 1:
            continue
        if in_circle(doctrine.zone, z, x):  # ground range: whatever the height
            return doctrine.zone_status[z]
    return doctrine.status[n]


@part
def eligible(doctrine, n, identity, x, arc):
    """May a track of this identity be engaged where it is."""
    if identity != HOSTILE and identity != SUSPECT and identity != UNKNOWN:
        return False
    status = control_status(doctrine, n, x, arc)
    if status == HOLD:
        return False
    return identity == HOSTILE or status == FREE


@part
def ask(doctrine, reports, orders, key, n, f, c, t1):
    """Approve at once, or queue at every node that must agree; without contact by the method of control.

    A second node that can not be reached is a no: two must agree.
    """
    a, second, method = doctrine.authority[n], doctrine.second[n], doctrine.method[n]
    orders.unseen[f, c] = 0
    orders.alone[f, c] = False
    orders.t_answer[f, c] = t1
    if method == DECENTRALISED and second < 0:
        orders.state[f, c] = APPROVED
        return
    if method != DECENTRALISED and not _reached(doctrine, reports, key, n, a, 0, t1):
        orders.alone[f, c] = method == AUTONOMOUS and second < 0
        orders.state[f, c] = APPROVED if orders.alone[f, c] else IDLE
        return
    if second >= 0 and not _reached(doctrine, reports, key, n, second, 1, t1):
        orders.state[f, c] = IDLE
        return
    if method != DECENTRALISED:
        _queue(doctrine, orders, key, n, a, f, c, 0, t1)
    if second >= 0:
        _queue(doctrine, orders, key, n, second, f, c, 1, t1)
    orders.state[f, c] = ASKED


@part
def _reached(doctrine, reports, key, n, a, turn, t1):
    """Does this one stand, and can the node reach it in this replication, and now."""
    return (
        a >= 0
        and not within(doctrine.closed, n, t1)
        and reports.stands[a]
        and rng.uniform(key, rng.CONTACT, doctrine.key[n], np.uint32(turn), 0) < doctrine.contact[n]
    )


@part
def _queue(doctrine, orders, key, n, a, f, c, turn, t1):
    """The first free operator of node a: people slow down on a long watch, and do not look when too much waits."""
    first = 0
    for o in range(1, doctrine.operators[n]):
        if orders.busy[a, o] < orders.busy[a, first]:
            first = o
    u = rng.uniforms(key, rng.HUMAN, doctrine.key[n], orders.luck[f, c], 2 * orders.ordinal[f, c] + turn)
    normal, _ = rng.normals(u[0], u[1])
    median = doctrine.service[n, 0] * (1.0 + doctrine.tiring[n] * max(0.0, doctrine.watch[n] + t1))
    service = median * math.exp(doctrine.service[n, 1] * normal)
    here = t1 + doctrine.delay[n]
    start = max(here, orders.busy[a, first])
    if start - here > doctrine.patience[n]:
        orders.unseen[f, c] |= 1 << turn
        start, service = here + doctrine.patience[n], 0.0
    else:
        orders.busy[a, first] = start + service
    orders.t_answer[f, c] = max(orders.t_answer[f, c], start + service + doctrine.delay[n])


@part
def answer(doctrine, pictures, reports, orders, f, c, n, s, t1):
    """Each node that was asked looks at its own picture; a no bars the track for a minute.

    One that was destroyed in the meantime says nothing: the method of control decides, as without contact.
    """
    a, second, refused = doctrine.authority[n], doctrine.second[n], 0
    if doctrine.method[n] != DECENTRALISED and not reports.stands[a]:
        orders.state[f, c] = APPROVED if doctrine.method[n] == AUTONOMOUS and second < 0 else IDLE
        return
    if second >= 0 and not reports.stands[second]:
        orders.state[f, c] = IDLE
        return
    if doctrine.method[n] != DECENTRALISED and not orders.unseen[f, c] & 1:
        refused = _objection(doctrine, pictures, orders, a, f, c, n, t1)
    if second >= 0 and refused == 0 and not orders.unseen[f, c] & 2:
        refused = _objection(doctrine, pictures, orders, second, f, c, n, t1)
    if refused > 0:
        orders.state[f, c] = IDLE
        orders.refused[f, c] = refused
        orders.barred[n, s] = t1 + _BARRED_FOR
    else:
        orders.state[f, c] = APPROVED


@part
def _objection(doctrine, pictures, orders, a, f, c, n, t1):
    """Why node a says no, 0 for not: a friend or a neutral at the target, or nothing; what asker n sent proves nothing."""
    best, nearest = -1, MATCH_WITHIN**2
    for p in range(pictures.valid.shape[1]):
        if not pictures.valid[a, p] or pictures.origin[a, p, 0] == n:
            continue
        gap = 0.0
        for i in range(3):
            gap += (pictures.x[a, p, i] - orders.x[f, c, i]) ** 2
        if gap < nearest:
            best, nearest = p, gap
    if best < 0:
        return NOTHING_THERE if doctrine.approval[a] == WHEN_HELD else 0
    row = pictures.same[a, best] if pictures.same[a, best] >= 0 else best
    identity = orders.identity[a, row]
    if row < pictures.held.shape[1] and (pictures.teller[a, row] == n or orders.basis[a, row] == n):
        # what it would say had the asker told it nothing
        identity = judge(doctrine, pictures, a, row, PENDING, False, t1)
    return FRIEND_THERE if identity == FRIEND or identity == ASSUMED_FRIEND or identity == NEUTRAL else 0
