"""Where a beam points: when it passes a place, and the places that an engagement radar was told to look at."""

from __future__ import annotations

import math

import numpy as np

from openiads.engine.geo import RADIO_RADIUS, set_frame, to_geodetic
from openiads.engine.jit import part
from openiads.engine.motion import FLYING
from openiads.engine.sensing.signal import RISE

_TWO_PI = 2.0 * math.pi


@part
def look_time(fraction, period, phase, t0, t1):
    """When (s) the beam passes a place within (t0, t1], and the number of that scan (int); (nan, 0) if it does not.

    fraction: 0 to 1, of a scan until the place is reached; period, phase, t0, t1: s.
    """
    scan = np.floor((t1 - phase) / period - fraction)
    t = phase + (scan + fraction) * period
    if t > t0:
        return t, int(scan)
    return math.nan, 0


@part
def swept(period, phase, width, begin, t0, t1):
    """Unit vector (east, north) to the middle of what the beam sweeps in this tick, and the cosine of half of it.

    For a cheap test that needs no arctangent; whoever passes is tested exactly.
    """
    sweep = width * (t1 - t0) / period
    if sweep > 0.5 * width or sweep > 2.5:
        return 0.0, 1.0, -2.0
    share = (0.5 * (t0 + t1) - phase) / period
    middle = begin + width * (share - np.floor(share))
    if width < _TWO_PI - 1e-6 and (middle - begin < sweep or begin + width - middle < sweep):
        return 0.0, 1.0, -2.0  # the sector ends within the tick
    return math.sin(middle), math.cos(middle), math.cos(0.5 * sweep + 0.02)


@part
def line_up(truth, due):
    """Positions as one lane for each axis; what is not flying is nowhere (nan)."""
    place = due.place
    for b in range(place.shape[1]):
        flying = truth.status[b] == FLYING
        place[0, b] = truth.pos[b, 0] if flying else math.nan
        place[1, b] = truth.pos[b, 1]
        place[2, b] = truth.pos[b, 2]


@part
def beyond(radars, terrain, antennas, r):
    """Square of a distance (m2) beyond which all that lies below a slope is hidden by the sea, and that slope.

    The limb of a 4/3 earth at the lowest ground, with room for what `apparent_sine` is off; a bent ray knows no limb.
    """
    above = max(0.0, antennas.site[r, 2] - terrain.lowest)
    if radars.bend.shape[1] > 1:
        return math.inf, 0.0
    return 2.02 * RADIO_RADIUS * above + 1e6, math.sqrt(2.0 * above / RADIO_RADIUS) + 5e-4


@part
def cull(antennas, due, r, reach, beam, limb):
    """Which bodies radar r can look at now: within >= 0 in range and not behind the limb, lit >= 0 also in the beam.

    No branch, so that the loop fills the lanes of the processor; squares that keep their sign in place of roots.
    """
    x, y, z = antennas.pos[r, 0], antennas.pos[r, 1], antennas.pos[r, 2]
    e0, e1, e2 = antennas.axes[r, 0, 0], antennas.axes[r, 0, 1], antennas.axes[r, 0, 2]
    n0, n1, n2 = antennas.axes[r, 1, 0], antennas.axes[r, 1, 1], antennas.axes[r, 1, 2]
    u0, u1, u2 = antennas.axes[r, 2, 0], antennas.axes[r, 2, 1], antennas.axes[r, 2, 2]
    middle_e, middle_n, narrow = beam
    square, cone, far, dip = reach * reach, narrow * abs(narrow), limb[0], limb[1] * limb[1]
    place, within, lit = due.place, due.within, due.lit
    for b in range(within.size):
        dx, dy, dz = place[0, b] - x, place[1, b] - y, place[2, b] - z
        east = e0 * dx + e1 * dy + e2 * dz
        north = n0 * dx + n1 * dy + n2 * dz
        level = east * east + north * north
        up = u0 * dx + u1 * dy + u2 * dz + RISE * level
        along = east * middle_e + north * middle_n
        seen = max(far - level, up * abs(up) + dip * level)
        within[b] = min(square - (dx * dx + dy * dy + dz * dz), seen)
        lit[b] = min(within[b], along * abs(along) - cone * level)


@part
def bearing(antennas, due, r, b):
    """Azimuth (rad) from radar r to body b."""
    dx = due.place[0, b] - antennas.pos[r, 0]
    dy = due.place[1, b] - antennas.pos[r, 1]
    dz = due.place[2, b] - antennas.pos[r, 2]
    east = antennas.axes[r, 0, 0] * dx + antennas.axes[r, 0, 1] * dy + antennas.axes[r, 0, 2] * dz
    north = antennas.axes[r, 1, 0] * dx + antennas.axes[r, 1, 1] * dy + antennas.axes[r, 1, 2] * dz
    return math.atan2(east, north)


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
    set_frame(antennas.axes, r, lat, lon)
    return True
