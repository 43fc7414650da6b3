"""Command: what is decided. Reads Pictures and the Reports inbox, writes Orders.

Identity of every track, threat evaluation, weapon assignment, and the queue of a human authority: every
decision is taken on the picture that the deciding node holds, never on the truth. docs/equations/command.md.
"""

from __future__ import annotations

from openiads.engine.command.assignment import assign, cue_radar, follow
from openiads.engine.command.authority import MATCH_WITHIN, control_status
from openiads.engine.command.bundles import (
    ACQUIRING,
    AERODYNAMIC,
    APPROVED,
    ARC,
    ASKED,
    ASSESSING,
    AUTONOMOUS,
    BELIEVED_KILLED,
    BELIEVED_MISSED,
    CENTRALISED,
    DECENTRALISED,
    FAST,
    FREE,
    FRIEND_THERE,
    HOLD,
    IDLE,
    IN_FLIGHT,
    LOST,
    NEVER_ASKED,
    NO_LIMIT,
    NOTHING_THERE,
    REPLIES,
    SILENCE,
    TIGHT,
    TOLD_HOSTILE,
    UNLESS_FRIEND,
    WHEN_HELD,
    Doctrine,
    FireUnits,
    Likelihoods,
    Orders,
    empty_orders,
)  # fmt: skip
from openiads.engine.command.identity import identify_all, odds
from openiads.engine.command.meeting import ahead, flight_time, inside, intercept
from openiads.engine.command.sharing import AIMS
from openiads.engine.command.threat import GRAVITY, falls, time_to_asset
from openiads.engine.jit import part

__all__ = [
    "ACQUIRING", "AERODYNAMIC", "AIMS", "APPROVED", "ARC", "ASKED", "ASSESSING", "AUTONOMOUS", "BELIEVED_KILLED", "BELIEVED_MISSED",
    "CENTRALISED", "DECENTRALISED", "FAST", "FREE", "FRIEND_THERE", "GRAVITY", "HOLD", "IDLE", "IN_FLIGHT", "LOST", "MATCH_WITHIN", "NEVER_ASKED",
    "NOTHING_THERE", "NO_LIMIT", "REPLIES", "SILENCE", "TIGHT", "TOLD_HOSTILE", "UNLESS_FRIEND", "WHEN_HELD", "Doctrine", "FireUnits",
    "Likelihoods", "Orders", "ahead", "control_status", "decide", "empty_orders", "falls", "flight_time", "inside", "intercept", "odds", "time_to_asset",
]  # fmt: skip


@part
def decide(units, doctrine, pictures, reports, orders, key, t1):
    """One tick of every node: who is who, what threatens, who shoots, who must be asked."""
    for n in range(pictures.valid.shape[0]):
        identify_all(doctrine, pictures, orders, n, t1)
    for f in range(units.key.size):
        follow(units, doctrine, pictures, reports, orders, f, t1)
    for n in range(pictures.valid.shape[0]):
        if commands(units, n):
            assign(units, doctrine, pictures, reports, orders, key, n, t1)
    for f in range(units.key.size):
        cue_radar(units, pictures, orders, f, t1)


@part
def commands(units, n):
    """Does any fire unit belong to the node."""
    for f in range(units.node.size):
        if units.node[f] == n:
            return True
    return False
