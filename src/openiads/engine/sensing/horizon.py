"""What the Earth hides: the horizon mask of a fixed antenna, and a walk along the ground for a moving one."""

from __future__ import annotations

import math

from openiads.engine.geo import EARTH_RADIUS, destination, ground_height, sight_slope, turned
from openiads.engine.jit import jit, part
from openiads.engine.sensing.propagation import apparent_slope

MASK_AZIMUTHS = 720
MASK_STEP = 1000.0  # m
HIGHEST_GROUND = 5200.0  # m: above it nothing of the shipped terrain can hide a body
_TWO_PI = 2.0 * math.pi


@jit
def horizon_mask(terrain, bend, latitude, longitude, height, out):
    """Fill float32[720, K]: the tangent of the lowest elevation at which range bin k is visible on an azimuth.

    4/3 earth, or with a table of bending. A bin holds the steepest ground from the antenna out to the start of the bin, so that a body
    is never hidden by the ground beneath it.
    """
    bins = out.shape[1]
    s_lat, c_lat = math.sin(latitude), math.cos(latitude)
    for a in range(MASK_AZIMUTHS):
        azimuth = (a + 0.5) * _TWO_PI / MASK_AZIMUTHS
        s_az, c_az = math.sin(azimuth), math.cos(azimuth)
        steepest = -1.0
        for k in range(bins):
            out[a, k] = steepest
            d = (k + 1) * MASK_STEP
            s, c = math.sin(d / EARTH_RADIUS), math.cos(d / EARTH_RADIUS)
            z = s_lat * c + c_lat * s * c_az
            lat = math.asin(min(1.0, max(-1.0, z)))
            lon = longitude + math.atan2(s_az * s * c_lat, c - s_lat * z)
            slope = apparent_slope(bend, d, height, ground_height(terrain, lat, lon))
            steepest = max(steepest, slope)


@jit
def line_of_sight(terrain, site, height, distance, azimuth):
    """Is a point visible from a moving antenna: march along the ground from the point to the antenna.

    Only the stretch where the ray runs below the highest ground is walked; smooth-earth limb by formula.
    """
    aim = sight_slope(distance, site[2], height)
    limb = math.acos(min(1.0, (EARTH_RADIUS * 4.0 / 3.0) / (EARTH_RADIUS * 4.0 / 3.0 + max(site[2], 0.0))))
    if aim < -math.tan(limb) and distance > limb * EARTH_RADIUS * 4.0 / 3.0:
        return False
    if terrain.height.shape[0] < 2 or height > HIGHEST_GROUND:
        return True
    d = distance - 2.0 * MASK_STEP
    while d > MASK_STEP:
        lat, lon = destination(site[0], site[1], azimuth, d)
        if sight_slope(d, site[2], ground_height(terrain, lat, lon)) > aim:
            return False
        ray = height + (site[2] - height) * (1.0 - d / distance)
        if ray > HIGHEST_GROUND and site[2] > HIGHEST_GROUND:
            break
        d -= 2.0 * MASK_STEP
    return True


@part
def visible(radars, terrain, truth, antennas, r, b, back, azimuth):
    """Above the horizon and the terrain, as the 4/3 earth sees it."""
    x = truth.pos[b, 0] + back * truth.vel[b, 0]
    y = truth.pos[b, 1] + back * truth.vel[b, 1]
    z = truth.pos[b, 2] + back * truth.vel[b, 2]
    radius = math.sqrt(x * x + y * y + z * z)
    up = antennas.axes[r, 2, 0] * x + antennas.axes[r, 2, 1] * y + antennas.axes[r, 2, 2] * z
    distance = EARTH_RADIUS * math.acos(min(1.0, max(-1.0, up / radius)))
    height = radius - EARTH_RADIUS
    if radars.host[r] >= 0:
        return line_of_sight(terrain, antennas.site[r], height, distance, azimuth)
    a = int(turned(azimuth) * (MASK_AZIMUTHS / _TWO_PI)) % MASK_AZIMUTHS
    k = min(int(distance / MASK_STEP), radars.mask.shape[2] - 1)
    if radars.bend.shape[1] < 2:
        return sight_slope(distance, antennas.site[r, 2], height) >= radars.mask[r, a, k]
    return apparent_slope(radars.bend[r], distance, antennas.site[r, 2], height) >= radars.mask[r, a, k]
