"""A unit holds its fire at what would be met near a friend that it holds. docs/equations/command.md."""

from __future__ import annotations

from openiads.engine.command.meeting import ahead
from openiads.engine.jit import part
from openiads.engine.network import ASSUMED_FRIEND, FRIEND


@part
def keeps_clear(doctrine, pictures, orders, f, n, s, arc, time, t1):
    """Is no friend held near where fire unit f would meet own track s after `time` (s); if one is, it is noted as spared."""
    if doctrine.clearance[n] <= 0.0:
        return True
    friend = _friend_beside(doctrine, pictures, orders, n, s, arc, time)
    if friend >= 0 and orders.spared[n, s, 1] < 0:
        orders.t_spared[n, s] = t1
    orders.spared[n, s, 0], orders.spared[n, s, 1] = f, friend
    return friend < 0


@part
def _friend_beside(doctrine, pictures, orders, n, s, arc, time):
    """Row of the first friend that is now within the clearance of where own track s will be after `time` (s); -1 for none.

    Where the friend will be is not asked: one that turns is soon elsewhere than its track says.
    """
    px, py, pz = ahead(pictures.x[n, s], arc, time)
    for p in range(pictures.valid.shape[1]):
        if not pictures.valid[n, p] or p == s or pictures.same[n, p] == s:
            continue
        if orders.identity[n, p] != FRIEND and orders.identity[n, p] != ASSUMED_FRIEND:
            continue
        gap = (px - pictures.x[n, p, 0]) ** 2 + (py - pictures.x[n, p, 1]) ** 2 + (pz - pictures.x[n, p, 2]) ** 2
        if gap < doctrine.clearance[n] * doctrine.clearance[n]:
            return p
    return -1
