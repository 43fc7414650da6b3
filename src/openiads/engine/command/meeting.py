"""Where a round meets a target, and whether that lies inside the envelope. docs/equations/engagement.md."""

from __future__ import annotations

import math

from openiads.engine.command.bundles import AERODYNAMIC, ARC
from openiads.engine.command.threat import GRAVITY
from openiads.engine.geo import EARTH_RADIUS
from openiads.engine.jit import jit, part


@part
def intercept(units, f, x, arc, delay):
    """Seconds from now at which a round fired after `delay` meets the track, if that lies in the envelope, else nan.

    Constant speeds: the smaller root of a quadratic (validation ENG-1). For a target that falls, or a round whose
    average speed depends on the point: bracketed. One that can not be met yet is asked for again in the next tick.
    """
    dx, dy, dz = x[0] - units.pos[f, 0], x[1] - units.pos[f, 1], x[2] - units.pos[f, 2]
    if arc or units.speed[f] == 0.0:
        time = _bracketed(units, f, x, arc, delay)
    else:
        time = _meeting(x, dx, dy, dz, units.speed[f], delay)
    if math.isnan(time):
        return time
    px, py, pz = ahead(x, arc, time)
    return time if inside(units, f, px, py, pz, arc) else math.nan


@part
def flight_time(units, f, slant, altitude):
    """Seconds of a round to a point at a slant range and an altitude (m)."""
    return slant / (units.speed[f] if units.speed[f] > 0.0 else _average(units, f, slant, altitude))


@part
def _average(units, f, slant, altitude):
    """Average speed (m/s) to a point: bilinear in the table, that of its edge beyond (an infinite node has no weight)."""
    ranges, altitudes = units.flyout_range[f], units.flyout_altitude[f]
    i, j = 0, 0
    while ranges[i + 1] < slant:
        i += 1
    while altitudes[j + 1] < altitude:
        j += 1
    u = max(0.0, (slant - ranges[i]) / (ranges[i + 1] - ranges[i]))
    v = max(0.0, (altitude - altitudes[j]) / (altitudes[j + 1] - altitudes[j]))
    low = (1.0 - u) * units.flyout[f, j, i] + u * units.flyout[f, j, i + 1]
    high = (1.0 - u) * units.flyout[f, j + 1, i] + u * units.flyout[f, j + 1, i + 1]
    return (1.0 - v) * low + v * high


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
def _bracketed(units, f, x, arc, delay):
    """First sign change of what the round is short of, in steps of 2 s up to its longest flight, then bisection."""
    low, last = delay, delay + units.longest[f, ARC if arc else AERODYNAMIC]
    while low < last:
        high = low + 2.0
        if _short(units, f, x, arc, delay, high) <= 0.0:
            for _ in range(12):
                middle = 0.5 * (low + high)
                if _short(units, f, x, arc, delay, middle) <= 0.0:
                    high = middle
                else:
                    low = middle
            return high
        low = high
    return math.nan


@part
def _short(units, f, x, arc, delay, time):
    """How far a round is short of a target at a time (m)."""
    px, py, pz = ahead(x, arc, time)
    gx, gy, gz = px - units.pos[f, 0], py - units.pos[f, 1], pz - units.pos[f, 2]
    slant = math.sqrt(gx * gx + gy * gy + gz * gz)
    speed = units.speed[f]
    if speed == 0.0:
        speed = _average(units, f, slant, math.sqrt(px * px + py * py + pz * pz) - EARTH_RADIUS)
    return slant - speed * (time - delay)


@part
def ahead(x, arc, time):
    """Where a track will be after `time` (s): straight on; one that falls, below that by a share of its distance from the centre."""
    drop = 0.5 * GRAVITY * time * time / EARTH_RADIUS if arc else 0.0
    return x[0] * (1.0 - drop) + time * x[3], x[1] * (1.0 - drop) + time * x[4], x[2] * (1.0 - drop) + time * x[5]


@jit
def inside(units, f, px, py, pz, arc):
    """Is a point inside the envelope of fire unit f."""
    lx, ly, lz = units.pos[f, 0], units.pos[f, 1], units.pos[f, 2]
    r = math.sqrt(px * px + py * py + pz * pz)
    base = math.sqrt(lx * lx + ly * ly + lz * lz)
    cos_arc = min(1.0, (px * lx + py * ly + pz * lz) / (r * base))
    ground = EARTH_RADIUS * math.acos(cos_arc)
    e = ARC if arc else AERODYNAMIC
    return _encloses(units.corner[f, e], units.corners[f, e], ground, r - EARTH_RADIUS)


@part
def _encloses(corner, corners, ground, height):
    """Is a point inside a closed polygon [V, 2], or on an edge: edges on one side of it are crossed an odd number of times."""
    within = False
    for i in range(corners):
        k = i + 1 if i + 1 < corners else 0
        g0, h0, g1, h1 = corner[i, 0], corner[i, 1], corner[k, 0], corner[k, 1]
        side = (g1 - g0) * (height - h0) - (h1 - h0) * (ground - g0)
        if side == 0.0 and min(g0, g1) <= ground <= max(g0, g1) and min(h0, h1) <= height <= max(h0, h1):
            return True
        if (h0 > height) != (h1 > height) and (side > 0.0) == (h1 > h0):
            within = not within
    return within
