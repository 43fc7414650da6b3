"""A node or link that is not what it seems, by its effect alone. docs/equations/network.md.

A node lies before the guards of its links, and tells one story on all of them. A link changes what its guard let through.
"""

from __future__ import annotations

import math

import numpy as np

from openiads.engine import rng
from openiads.engine.jit import part

GHOST_SIGMA = 200.0  # m, what a ghost claims
_GHOST_SPEED = 230.0  # m/s
_GHOST_HEIGHT = 8_000.0  # m above its home


@part
def at_work(tampering, k, t1):
    """Does a compromise do something to link k now."""
    return tampering.during[k, 0] <= t1 < tampering.during[k, 1]


@part
def tamper(links, messages, pictures, key, k, d, count, room, t1):
    """What link k makes of frame d behind its guard: tracks moved and renamed, ghosts behind them; how many there are then."""
    tampering = links.tampering
    for m in range(count):
        if tampering.claim[k] >= 0:
            messages.identity[k, d, m], messages.basis[k, d, m] = tampering.claim[k], links.source[k]
        move(tampering, key, k, messages.x[k, d, m])
    ghosts = min(tampering.ghosts[k], room - count)
    for g in range(ghosts):
        ghost(tampering, key, k, g, t1, messages.x[k, d, count + g])
        write_ghost(links, messages, pictures, k, d, count + g, g, t1)
    return count + ghosts


@part
def move(tampering, key, k, x):
    """Shift the position x[:3] in place, all of a liar's the same way."""
    if tampering.shift[k] == 0.0:
        return
    angle = 2.0 * math.pi * rng.uniform(key, rng.TAMPERING, tampering.key[k], np.uint32(1), 0)
    by = _level(x, tampering.shift[k] * math.cos(angle), tampering.shift[k] * math.sin(angle))
    x[0], x[1], x[2] = x[0] + by[0], x[1] + by[1], x[2] + by[2]


@part
def ghost(tampering, key, k, g, t1, x):
    """State of ghost g into x[:6]: a circle around a home, the same on every link of one liar."""
    home = tampering.home[k]
    rise = 1.0 + _GHOST_HEIGHT / math.sqrt(home[0] ** 2 + home[1] ** 2 + home[2] ** 2)
    u = rng.uniforms(key, rng.TAMPERING, tampering.key[k], np.uint32(2), g)
    radius = max(1_000.0, tampering.around[k] * math.sqrt(u[0]))
    angle = 2.0 * math.pi * u[1] + _GHOST_SPEED / radius * t1
    place = _level(home, radius * math.cos(angle), radius * math.sin(angle))
    speed = _level(home, -_GHOST_SPEED * math.sin(angle), _GHOST_SPEED * math.cos(angle))
    for i in range(3):
        x[i], x[3 + i] = rise * home[i] + place[i], speed[i]


@part
def write_ghost(links, messages, pictures, k, d, m, g, t1):
    """Track m of frame d is ghost g, whose state stands there: all but its state."""
    messages.sigma[k, d, m], messages.t[k, d, m], messages.t_update[k, d, m] = GHOST_SIGMA, t1, t1
    messages.identity[k, d, m] = links.tampering.called[k]
    messages.basis[k, d, m] = messages.origin[k, d, m, 0] = links.source[k]
    messages.origin[k, d, m, 1] = pictures.held.shape[1] - 1 - g  # true tracks take the first free slots
    messages.engaged[k, d, m] = False
    messages.number[k, d, m] = -1 - g
    messages.luck[k, d, m] = links.tampering.key[k] + np.uint32(g)


@part
def _level(place, east, north):
    """The vector (earth-centred) that points `east` and `north` at a place."""
    flat = math.sqrt(place[0] ** 2 + place[1] ** 2)
    whole = math.sqrt(flat * flat + place[2] ** 2)
    c, s = place[0] / flat, place[1] / flat
    up, out = place[2] / whole, flat / whole
    return -s * east - up * c * north, c * east - up * s * north, out * north
