"""Where a beam points: when it passes a place, and the places that an engagement radar was told to look at."""

from __future__ import annotations

import math

from openiads.engine.geo import frame, to_geodetic
from openiads.engine.jit import part
from openiads.engine.motion import FLYING

_TWO_PI = 2.0 * math.pi


@part
def look_time(fraction, period, phase, t0, t1):
    """When the beam passes a place within (t0, t1], and the number of that scan; (nan, 0) if it does not."""
    scan = math.floor((t1 - phase) / period - fraction)
    t = phase + (scan + fraction) * period
    if t > t0:
        return t, int(scan)
    return math.nan, 0


@part
def swept(period, phase, width, begin, t0, t1):
    """Unit vector (east, north) to the middle of what the beam sweeps in this tick, and the cosine of half of it.

    A cheap test that lets nine of ten pairs go without an arctangent; whoever passes is tested exactly.
    """
    sweep = width * (t1 - t0) / period
    if sweep > 0.5 * width or sweep > 2.5:
        return 0.0, 1.0, -2.0
    share = (0.5 * (t0 + t1) - phase) / period
    middle = begin + width * (share - math.floor(share))
    if width < _TWO_PI - 1e-6 and (middle - begin < sweep or begin + width - middle < sweep):
        return 0.0, 1.0, -2.0  # the sector ends within the tick
    return math.sin(middle), math.cos(middle), math.cos(0.5 * sweep + 0.02)


@part
def designated(active, centre, radius, pos):
    """Does a position lie in one of the places an engagement radar was told to look at."""
    for c in range(active.size):
        if active[c]:
            gap = 0.0
            for i in range(3):
                gap += (pos[i] - centre[c, i]) ** 2
            if gap < radius[c] ** 2:
                return True
    return False


@part
def carry(radars, truth, antennas, r):
    """Move a carried antenna with its body; False when the body is not flying."""
    host = radars.host[r]
    if host < 0:
        return True
    if truth.status[host] != FLYING:
        return False
    lat, lon, height = to_geodetic(truth.pos[host, 0], truth.pos[host, 1], truth.pos[host, 2])
    antennas.site[r, 0], antennas.site[r, 1], antennas.site[r, 2] = lat, lon, height
    for i in range(3):
        antennas.pos[r, i] = truth.pos[host, i]
    antennas.axes[r] = frame(lat, lon)
    return True
