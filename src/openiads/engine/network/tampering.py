"""A link or node that is not what it seems, by its effect alone. docs/equations/network.md."""

from __future__ import annotations

import math

import numpy as np

from openiads.engine import rng
from openiads.engine.jit import part

_GHOST_SPEED = 230.0  # m/s
_GHOST_HEIGHT = 8_000.0  # m above its home
_GHOST_SIGMA = 200.0  # m


@part
def tamper(links, messages, key, k, d, count, t1):
    """Move the tracks of frame d of link k and rename them; how much longer (s) it takes."""
    tampering = links.tampering
    if not tampering.during[k, 0] <= t1 < tampering.during[k, 1]:
        return 0.0
    angle = 2.0 * math.pi * rng.uniform(key, rng.TAMPERING, links.key[k], np.uint32(1), 0)
    for m in range(count):
        if tampering.claim[k] >= 0:
            messages.identity[k, d, m], messages.basis[k, d, m] = tampering.claim[k], links.source[k]
        x = messages.x[k, d, m]
        move = _level(x, tampering.shift[k] * math.cos(angle), tampering.shift[k] * math.sin(angle))
        x[0], x[1], x[2] = x[0] + move[0], x[1] + move[1], x[2] + move[2]
    return tampering.late[k]


@part
def add_ghosts(links, messages, pictures, key, k, d, count, room, t1):
    """Tracks of nothing, in circles around a home, behind the `count` true ones of frame d of link k; how many there are then."""
    tampering = links.tampering
    if not tampering.during[k, 0] <= t1 < tampering.during[k, 1]:
        return count
    slots, home = pictures.held.shape[1], tampering.home[k]
    rise = 1.0 + _GHOST_HEIGHT / math.sqrt(home[0] ** 2 + home[1] ** 2 + home[2] ** 2)
    ghosts = min(tampering.ghosts[k], room - count)
    for g in range(ghosts):
        u = rng.uniforms(key, rng.TAMPERING, links.key[k], np.uint32(2), g)
        radius = max(1_000.0, tampering.around[k] * math.sqrt(u[0]))
        angle = 2.0 * math.pi * u[1] + _GHOST_SPEED / radius * t1
        x, m = messages.x[k, d, count + g], count + g
        place = _level(home, radius * math.cos(angle), radius * math.sin(angle))
        speed = _level(home, -_GHOST_SPEED * math.sin(angle), _GHOST_SPEED * math.cos(angle))
        for i in range(3):
            x[i], x[3 + i] = rise * home[i] + place[i], speed[i]
        messages.sigma[k, d, m], messages.t[k, d, m], messages.t_update[k, d, m] = _GHOST_SIGMA, t1, t1
        messages.identity[k, d, m] = max(tampering.claim[k], 0)
        messages.basis[k, d, m] = messages.origin[k, d, m, 0] = links.source[k]
        messages.origin[k, d, m, 1] = slots - 1 - g  # true tracks take the first free slots
        messages.engaged[k, d, m] = False
        messages.number[k, d, m] = -1 - g
        messages.luck[k, d, m] = links.key[k] + np.uint32(g)
    return count + ghosts


@part
def _level(place, east, north):
    """The vector (earth-centred) that points `east` and `north` at a place."""
    flat = math.sqrt(place[0] ** 2 + place[1] ** 2)
    whole = math.sqrt(flat * flat + place[2] ** 2)
    c, s = place[0] / flat, place[1] / flat
    up, out = place[2] / whole, flat / whole
    return -s * east - up * c * north, c * east - up * s * north, out * north
