"""All urgent tracks of a node shared out among its fire units at once: least is expected to get through.

docs/equations/command.md; the problem and how it is solved: docs/equations/assignment.md.
"""

from __future__ import annotations

import math

from openiads.engine.command.allocation import SURE, allocate
from openiads.engine.command.capability import channels_left, rounds_left, soonest
from openiads.engine.command.threat import falls, worth
from openiads.engine.jit import part

AIMS = 32  # tracks that are shared out at once, the most urgent
_TRIES = 40  # local optima that are left for others: 0.7 ms for 6 units and 12 tracks
_FLYING, _FALLING = (0, 2, 3), 4  # columns of pk that a track may belong to: who shoots does not know what it is


@part
def share(units, doctrine, pictures, reports, orders, n, slots):
    """Rounds of every fire unit at every track, orders.plan.rounds[f, t], for the first AIMS of `slots`.

    Where the doctrine is to look after one round, one unit is chosen for each track, and a round stands for it.
    """
    chances, shooters, aims = orders.chances, units.key.size, min(slots.size, AIMS)
    for f in range(shooters):
        chances.ready[f] = rounds_left(reports, orders, f) if units.node[f] == n else 0
        chances.channels[f] = max(0, channels_left(units, reports, orders, f))
        chances.most_salvo[f] = doctrine.salvo[n]
    for t in range(aims):
        s = slots[t]
        chances.value[t] = worth(doctrine, pictures.x[n, s], falls(doctrine, n, pictures.x[n, s]))
        left = doctrine.most[n] - orders.fired[n, s]
        chances.most[t] = min(left, 1) if doctrine.look[n] else left
        for f in range(shooters):
            chances.survival[f, t] = _survival(units, doctrine, pictures, n, s, f) if chances.ready[f] > 0 else 1.0
    allocate(chances, orders.plan, shooters, aims, _TRIES)


@part
def _survival(units, doctrine, pictures, n, s, f):
    """Chance that a track survives a round of a unit; 1 if they can not meet."""
    if math.isnan(soonest(units, doctrine, pictures, n, s, f)):
        return 1.0
    if falls(doctrine, n, pictures.x[n, s]):
        pk = units.pk[f, _FALLING]
    else:
        pk = 0.0
        for k in _FLYING:
            pk += units.pk[f, k] / len(_FLYING)
    return max(SURE, 1.0 - pk)
