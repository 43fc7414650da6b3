"""From what a radar measures to a point with a covariance in earth-centred coordinates. docs/equations/tracking.md."""

from __future__ import annotations

import math

from openiads.engine.geo import EARTH_RADIUS
from openiads.engine.jit import jit, part

REPLY_SIGMA = 38.0  # m: 125 ft, what a reported height may be off (ICAO Annex 10)
ASSUMED_HEIGHT, ASSUMED_SIGMA = 6_000.0, 3_500.0  # m: what a radar without a height of its own takes a body for
STEEPEST = 0.999  # sine of the elevation up to which a height places a plot
NOTHING, RATE, BEARING = 0, 1, 2  # what a plot holds beside or instead of a point
_WIDE = 0.1  # of the range error, by which noise of an angle bends a plot's tangent off the arc: worth a turn
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
    return math.asin(min(STEEPEST, max(-STEEPEST, sine)))


@part
def place(antennas, plots, r, q, distance, azimuth, elevation, sigma_r, sigma_a, sigma_e, measured):
    """Fill pos, cov and wide of plot q of radar r from range, azimuth, elevation and their errors (m, rad), without bias.

    Bundles and no arrays: a call that is not inlined hands over ten words for each array. An elevation that was not
    measured follows from a height: it is no angle with noise, is not stretched, and an error of range moves the plot level.
    """
    sa, ca, se, ce = math.sin(azimuth), math.cos(azimuth), math.sin(elevation), math.cos(elevation)
    s_a = (sigma_a * distance * ce) ** 2
    s_e = (sigma_e * distance) ** 2
    bent = 0.5 * distance * distance * ((sigma_a * ce) ** 4 + sigma_e**4)  # variance of arc less tangent
    s_r = sigma_r * sigma_r
    upright = stretch(sigma_e) if measured else 1.0
    flat = upright * stretch(sigma_a)
    point = _along(antennas, r, flat * ce * sa, flat * ce * ca, upright * se)
    ray = _along(antennas, r, ce * sa, ce * ca, se)
    error = ray if measured else _along(antennas, r, sa / ce, ca / ce, 0.0)
    across = _along(antennas, r, ca, -sa, 0.0)
    upward = _along(antennas, r, -se * sa, -se * ca, ce)
    m = 0
    for i in range(3):
        plots.pos[q, i] = antennas.pos[r, i] + distance * point[i]
        for j in range(i, 3):
            plots.cov[q, m] = (
                s_r * error[i] * error[j]
                + bent * ray[i] * ray[j]
                + s_a * across[i] * across[j]
                + s_e * upward[i] * upward[j]
            )
            m += 1
    bend = max(sigma_a, sigma_e if measured else 0.0)
    plots.wide[q] = distance * bend * bend > _WIDE * sigma_r
    if plots.wide[q]:
        set_origin(antennas, plots, r, q)


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
def set_origin(antennas, plots, r, q):
    """Where the antenna was, into the gauge of plot q."""
    for k in range(3):
        plots.gauge[q, 2 + k] = antennas.pos[r, k]


@part
def set_rate(antennas, plots, r, q, rate, sigma):
    """A range rate (m/s, opening) beside the point of plot q, over the ground: a radar takes off its own movement."""
    plots.single[q] = RATE
    plots.gauge[q, 0], plots.gauge[q, 1] = rate, sigma * sigma
    set_origin(antennas, plots, r, q)


@part
def set_bearing(antennas, plots, r, q, azimuth, sigma):
    """A bearing (rad) instead of the point of plot q: the upright plane through the antenna that stands on it."""
    plots.single[q] = BEARING
    plots.gauge[q, 0], plots.gauge[q, 1] = 0.0, sigma * sigma
    set_origin(antennas, plots, r, q)
    normal = _along(antennas, r, math.cos(azimuth), -math.sin(azimuth), 0.0)
    for k in range(3):
        plots.gauge[q, 5 + k] = normal[k]


@jit
def place_all(antennas, plots, sigma, bias, rows, radar, distance, azimuth, elevation, height):
    """Fill pos, cov and wide of rows of plots from columns [K].

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


@part
def copy_plot(plots, q, to, row):
    """Plot q of some plots as plot `row` of others."""
    to.t[row], to.snr[row], to.reply[row], to.starts[row] = plots.t[q], plots.snr[q], plots.reply[q], plots.starts[q]
    to.luck[row], to.single[row], to.wide[row] = plots.luck[q], plots.single[q], plots.wide[q]
    to.address[row], to.code[row] = plots.address[q], plots.code[q]
    for i in range(3):
        to.pos[row, i] = plots.pos[q, i]
    for i in range(6):
        to.cov[row, i] = plots.cov[q, i]
    for i in range(8):
        to.gauge[row, i] = plots.gauge[q, i]
