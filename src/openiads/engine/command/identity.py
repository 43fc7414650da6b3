"""Who a track is, from what the node holds of it. docs/equations/command.md."""

from __future__ import annotations

import math

from openiads.engine.command.threat import time_to_asset
from openiads.engine.geo import EARTH_RADIUS
from openiads.engine.jit import part
from openiads.engine.network import ASSUMED_FRIEND, FRIEND, HOSTILE, NEUTRAL, PENDING, SUSPECT, UNKNOWN

_AIRLINER_HEIGHT = 6_000.0  # m: cruise of civil traffic, where behaviour alone accuses nobody
_AIRLINER_SPEED = (130.0, 290.0)  # m/s
_CIVIL, _PLAIN, _SECURE = 0, 1, 2  # groups of modes by which replies are counted


@part
def identify_all(doctrine, pictures, orders, n, t1):
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
