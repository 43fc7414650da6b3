"""What the guard of a link lets through, and how precisely. docs/equations/network.md."""

from __future__ import annotations

import math

from openiads.engine.geo import in_circle
from openiads.engine.jit import part


@part
def lets_through(guards, k, identity, x):
    """May a track of this identity and state pass the guard of link k: by identity, kind of flight, and area."""
    if not (guards.passes[k] >> identity) & 1:
        return False
    if guards.kinds[k] != 3:
        fast = x[3] * x[3] + x[4] * x[4] + x[5] * x[5] > guards.fast[k] * guards.fast[k]
        if not (guards.kinds[k] >> fast) & 1:
            return False
    if guards.area[k, 3] <= -1.0:
        return True
    return in_circle(guards.area, k, x) != guards.outside[k]


@part
def coarsen(guards, k, x, sigma):
    """Round the position x[:3] in place to the precision of link k; its one-sigma error (m) then."""
    grain = guards.precision[k]
    if grain <= 0.0:
        return sigma
    for i in range(3):
        x[i] = math.floor(x[i] / grain + 0.5) * grain
    return math.sqrt(sigma * sigma + grain * grain / 4.0)
