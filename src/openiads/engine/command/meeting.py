"""Where a round meets a target, and whether that lies inside the envelope. docs/equations/engagement.md."""

from __future__ import annotations

import math

from openiads.engine.command.bundles import AERODYNAMIC, ARC
from openiads.engine.command.threat import GRAVITY
from openiads.engine.geo import EARTH_RADIUS
from openiads.engine.jit import jit, part


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
