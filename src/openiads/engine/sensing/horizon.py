"""What the Earth hides: the horizon mask of a fixed antenna, and a walk along the ground for a moving one.

docs/equations/sensing.md; checked against GRASS and a fine march in docs/validation.md.
"""

from __future__ import annotations

import math

from openiads.engine.geo import EARTH_RADIUS, RADIO_RADIUS, ground_height, sight_slope, turned
from openiads.engine.jit import jit, part
from openiads.engine.sensing.propagation import apparent_slope

MASK_AZIMUTHS = 720
MASK_STEP = 1000.0  # m
_MARGIN = 100.0  # m: more than the parabola is off within 600 km
_LEAST_STEP = 250.0  # m: a third of a cell of the shipped grid
_STEEPEST = 0.5  # rise of the ground over its length: of the cells of the shipped grid one in 170 rises faster
_TWO_PI = 2.0 * math.pi


@jit
def horizon_mask(terrain, bend, latitude, longitude, height, out):
    """Fill float32[720, K]: the tangent of the lowest elevation at which range bin k is visible on an azimuth.

    terrain: Terrain; bend: float32[D, H] of the antenna, or one cell for a 4/3 earth; latitude, longitude: rad;
    height: m above the sea. A bin holds the steepest ground from the antenna out to the start of the bin,
    so that a body is never hidden by the ground beneath it.
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
    """Is a point seen from a moving antenna (4/3 earth): march along the ground from the point to the antenna; bool.

    site: float64[3] latitude, longitude (rad), height (m); height (m), distance over ground (m) and azimuth (rad) of
    the point. The smooth earth's limb by formula; ground only over the stretch where the ray (a parabola over distance)
    runs below the highest. A step is as long as the ray is clear of ground that rises one in two, 250 m at least.
    """
    aim = sight_slope(distance, site[2], height)
    limb = math.acos(min(1.0, RADIO_RADIUS / (RADIO_RADIUS + max(site[2], 0.0))))
    if aim < -math.tan(limb) and distance > limb * RADIO_RADIUS:
        return False
    clear = site[2] - terrain.highest - _MARGIN
    square = aim * aim - 2.0 * clear / RADIO_RADIUS
    if terrain.height.shape[0] < 2 or square <= 0.0:
        return True
    near, far = RADIO_RADIUS * (-aim - math.sqrt(square)), RADIO_RADIUS * (-aim + math.sqrt(square))
    s_lat, c_lat = math.sin(site[0]), math.cos(site[0])
    s_az, c_az = math.sin(azimuth), math.cos(azimuth)
    d = min(distance - _LEAST_STEP, far)
    while d >= max(_LEAST_STEP, near):
        s, c = math.sin(d / EARTH_RADIUS), math.cos(d / EARTH_RADIUS)
        z = s_lat * c + c_lat * s * c_az
        lat = math.asin(min(1.0, max(-1.0, z)))
        lon = site[1] + math.atan2(s_az * s * c_lat, c - s_lat * z)
        above = aim - sight_slope(d, site[2], ground_height(terrain, lat, lon))
        if above < 0.0:
            return False
        d -= max(_LEAST_STEP, above * d / _STEEPEST)
    return True


@part
def lowest_elevation(radars, antennas, r, distance, azimuth):
    """Elevation (rad) of the straight line to the lowest place seen at a slant range (m): sea, limb or mask."""
    radius = EARTH_RADIUS + antennas.site[r, 2]
    sine = (EARTH_RADIUS * EARTH_RADIUS - radius * radius - distance * distance) / (2.0 * radius * distance)
    limb = -math.acos(min(1.0, RADIO_RADIUS / (RADIO_RADIUS + max(antennas.site[r, 2], 0.0))))
    rise = 0.5 * distance * (1.0 / EARTH_RADIUS - 1.0 / RADIO_RADIUS)  # of a 4/3 ray over the straight line
    lowest = max(math.asin(min(1.0, max(-1.0, sine))), limb - rise if distance > -limb * RADIO_RADIUS else -math.inf)
    if radars.host[r] >= 0:
        return lowest
    a, k = _cell(radars, r, distance, azimuth)
    return max(lowest, math.atan(radars.mask[r, a, k]) - rise)


@part
def _cell(radars, r, distance, azimuth):
    """Row and column of the mask of a radar."""
    a = int(turned(azimuth) * (MASK_AZIMUTHS / _TWO_PI)) % MASK_AZIMUTHS
    return a, min(int(distance / MASK_STEP), radars.mask.shape[2] - 1)


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
        place = (antennas.site[r, 0], antennas.site[r, 1], antennas.site[r, 2])
        return line_of_sight(terrain, place, height, distance, azimuth)
    return above_mask(radars, r, antennas.site[r, 2], distance, azimuth, height)


@part
def above_mask(radars, r, antenna, distance, azimuth, height):
    """Is a point at a distance over ground (m), azimuth (rad) and height (m) above what hides it from a fixed radar."""
    a, k = _cell(radars, r, distance, azimuth)
    if radars.bend.shape[1] < 2:
        return sight_slope(distance, antenna, height) >= radars.mask[r, a, k]
    return apparent_slope(radars.bend[r], distance, antenna, height) >= radars.mask[r, a, k]
