"""From what a radar measures to a point with a covariance in earth-centred coordinates. docs/equations/tracking.md."""

from __future__ import annotations

import math

from openiads.engine.geo import EARTH_RADIUS
from openiads.engine.jit import jit, part

REPLY_SIGMA = 38.0  # m: 125 ft, what a reported height may be off (ICAO Annex 10)
ASSUMED_HEIGHT, ASSUMED_SIGMA = 6_000.0, 3_500.0  # m: what a radar without a height of its own takes a body for
NOTHING, RATE, BEARING = 0, 1, 2  # what a plot holds beside or instead of a point
NO_CODE = -1  # an address or a code that was not reported


@part
def stretch(sigma):
    """How much shorter a direction is on average than it was before noise of sigma (rad) turned it: exp(sigma^2 / 2).

    Its inverse is the bias of a converted polar measurement (Lerro, Bar-Shalom 1993; Mo et al. 1998); 1e-7 to 0.1 rad.
    """
    square = sigma * sigma
    return 1.0 + 0.5 * square * (1.0 + 0.25 * square)


@part
def elevation_from(antenna, distance, height):
    """Elevation (rad) of a body at a slant range (m) and a height, both heights in m above the sea."""
    low, high = EARTH_RADIUS + antenna, EARTH_RADIUS + height
    sine = (high * high - low * low - distance * distance) / (2.0 * low * distance)
    return math.asin(min(0.95, max(-0.95, sine)))


@part
def place(antennas, plots, r, q, distance, azimuth, elevation, sigma_r, sigma_a, sigma_e, measured):
    """Fill pos and cov of plot q of radar r from range, azimuth, elevation and their errors (m, rad), without bias.

    Bundles and no arrays: a call that is not inlined hands over ten words for each array. An elevation that was not measured but follows from a height is no angle
    with noise, and is not stretched.
    """
    sa, ca, se, ce = math.sin(azimuth), math.cos(azimuth), math.sin(elevation), math.cos(elevation)
    s_r = sigma_r * sigma_r
    s_a = (sigma_a * distance * ce) ** 2
    s_e = (sigma_e * distance) ** 2
    upright = stretch(sigma_e) if measured else 1.0
    flat = upright * stretch(sigma_a)
    point = _along(antennas, r, flat * ce * sa, flat * ce * ca, upright * se)
    ray = _along(antennas, r, ce * sa, ce * ca, se)
    across = _along(antennas, r, ca, -sa, 0.0)
    upward = _along(antennas, r, -se * sa, -se * ca, ce)
    m = 0
    for i in range(3):
        plots.pos[q, i] = antennas.pos[r, i] + distance * point[i]
        for j in range(i, 3):
            plots.cov[q, m] = s_r * ray[i] * ray[j] + s_a * across[i] * across[j] + s_e * upward[i] * upward[j]
            m += 1


@part
def _along(antennas, r, east, north, up):
    """A local vector in earth-centred coordinates; a tuple, since a small array would come from the heap."""
    axes = antennas.axes
    return (
        east * axes[r, 0, 0] + north * axes[r, 1, 0] + up * axes[r, 2, 0],
        east * axes[r, 0, 1] + north * axes[r, 1, 1] + up * axes[r, 2, 1],
        east * axes[r, 0, 2] + north * axes[r, 1, 2] + up * axes[r, 2, 2],
    )


@part
def set_rate(antennas, plots, r, q, rate, sigma):
    """A range rate (m/s, opening) beside the point of plot q, over the ground: a radar takes off its own movement."""
    plots.single[q] = RATE
    plots.gauge[q, 0], plots.gauge[q, 1] = rate, sigma * sigma
    for k in range(3):
        plots.gauge[q, 2 + k] = antennas.pos[r, k]


@part
def set_bearing(antennas, plots, r, q, azimuth, sigma):
    """A bearing (rad) instead of the point of plot q: the upright plane through the antenna that stands on it."""
    plots.single[q] = BEARING
    plots.gauge[q, 0], plots.gauge[q, 1] = 0.0, sigma * sigma
    normal = _along(antennas, r, math.cos(azimuth), -math.sin(azimuth), 0.0)
    for k in range(3):
        plots.gauge[q, 2 + k], plots.gauge[q, 5 + k] = antennas.pos[r, k], normal[k]


@jit
def place_all(antennas, plots, sigma, bias, rows, radar, distance, azimuth, elevation, height):
    """Fill pos and cov of rows of plots from columns [K].

    sigma[R, 4]: m, rad, rad, m/s, NaN without an elevation; bias[R, 2]: m, rad, taken off; elevation and height: NaN for none.
    A plot without elevation is placed by its reported height, else at an assumed one of large error.
    """
    for q in range(rows.size):
        r = radar[q]
        d, a, e, sigma_e = distance[q] - bias[r, 0], azimuth[q] - bias[r, 1], elevation[q], sigma[r, 2]
        measured = not (math.isnan(e) or math.isnan(sigma_e))
        if not measured:
            known = not math.isnan(height[q])
            e = elevation_from(antennas.site[r, 2], d, height[q] if known else ASSUMED_HEIGHT)
            sigma_e = (REPLY_SIGMA if known else ASSUMED_SIGMA) / (d * math.cos(e))
        place(antennas, plots, r, rows[q], d, a, e, sigma[r, 0], sigma[r, 1], sigma_e, measured)


@jit
def gauge_all(antennas, plots, sigma, bias, bearing, rows, radar, azimuth, rate):
    """Fill single and gauge of rows of plots from columns [K]; sigma[R, 4] and bias as in place_all, a range rate without
    an error (0) is not used; bearing[R]: the radar hears bearings; rate: NaN for none.
    """
    for q in range(rows.size):
        r = radar[q]
        if bearing[r]:
            set_bearing(antennas, plots, r, rows[q], azimuth[q] - bias[r, 1], sigma[r, 1])
        elif sigma[r, 3] > 0.0 and not math.isnan(rate[q]):
            set_rate(antennas, plots, r, rows[q], rate[q], sigma[r, 3])
