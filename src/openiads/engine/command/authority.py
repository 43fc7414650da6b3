"""Who must be asked, and what the answer is: a queue of people. docs/equations/command.md."""

from __future__ import annotations

import math

import numpy as np

from openiads.engine import rng
from openiads.engine.command.bundles import APPROVED, ASKED, AUTONOMOUS, DECENTRALISED, IDLE
from openiads.engine.jit import part
from openiads.engine.network import ASSUMED_FRIEND, FRIEND, NEUTRAL

_MATCH_WITHIN = 6_000.0  # m: the authority takes the nearest track of its own picture within this
_BARRED_FOR = 60.0  # s after a no until the authority is asked again


@part
def ask(doctrine, reports, orders, key, n, f, c, t1):
    """Approve at once, or queue at the authority's first free operator; without contact by the method of control."""
    a = doctrine.authority[n]
    method = doctrine.method[n]
    if method == DECENTRALISED:
        orders.state[f, c] = APPROVED
        orders.t_answer[f, c] = t1
        return
    stands = a >= 0 and reports.stands[a]
    reached = stands and rng.uniform(key, rng.CONTACT, doctrine.key[n], np.uint32(0), 0) < doctrine.contact[n]
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
def answer(doctrine, pictures, reports, orders, f, c, n, s, t1):
    """The authority looks at its own picture: a friend or a neutral there is a no, and bars the track for a minute.

    One that was destroyed in the meantime says nothing: the method of control decides, as without contact.
    """
    a = doctrine.authority[n]
    if not reports.stands[a]:
        orders.state[f, c] = APPROVED if doctrine.method[n] == AUTONOMOUS else IDLE
        return
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
