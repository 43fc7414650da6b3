"""Sensing: what every radar reports. Reads Truth, writes Plots (and PlotOrigin, which only outcome may read).

One look: is the body in the beam now, above the horizon and the terrain mask, strong enough (radar equation),
detected (Swerling), answered (IFF), and where does the radar believe it is. docs/equations/sensing.md.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from openiads.engine import rng
from openiads.engine.bundle import bundle
from openiads.engine.geo import (
    EARTH_RADIUS,
    destination,
    frame,
    ground_height,
    sight_slope,
    to_ecef,
    to_geodetic,
)
from openiads.engine.jit import jit, part
from openiads.engine.motion import FLYING

ASKED_CIVIL, CIVIL_REPLY, ASKED_MILITARY, MILITARY_REPLY = 1, 2, 4, 8
CIVIL_MODES, MILITARY_MODES = 1, 2

MASK_AZIMUTHS = 720
MASK_STEP = 1000.0  # m
HIGHEST_GROUND = 5200.0  # m: above it nothing of the shipped terrain can hide a body
_TRACK_LOOKS = 1 << 30  # scan numbers of track dwells start here, so that they never meet those of search
_TWO_PI = 2.0 * math.pi


@bundle
class Radars(NamedTuple):
    """What a radar is; axis 0 = radar."""

    key: np.ndarray  # uint32[R]
    node: np.ndarray  # int32[R] tracking node that gets its plots
    local: np.ndarray  # int32[R] its number among the radars of that node
    host: np.ndarray  # int32[R] body that carries it, -1 on the ground
    kinds: np.ndarray  # int32[R] bit k: it reports bodies of kind k
    period: np.ndarray  # float64[R] s, rotation or search frame
    phase: np.ndarray  # float64[R] s
    track_period: np.ndarray  # float64[R] s, revisit of a designated target; 0 for a radar that takes none
    sector_centre: np.ndarray  # float64[R] rad
    sector_width: np.ndarray  # float64[R] rad, of its search
    track_width: np.ndarray  # float64[R] rad, within which it can look at a designated target
    slope: np.ndarray  # float64[R, 2] tangent of the lowest and the highest elevation
    reach: np.ndarray  # float64[R, 2] m, minimum and instrumented range
    gain: np.ndarray  # float64[R] SNR x R^4 / RCS, from a stated range against a stated RCS
    log_pfa: np.ndarray  # float64[R]
    swerling: np.ndarray  # int8[R] 0, 1 or 3
    sigma: np.ndarray  # float64[R, 3] m, rad, rad at snr_ref: range, azimuth, elevation
    snr_ref: np.ndarray  # float64[R]
    bias: np.ndarray  # float64[R] rad, azimuth registration error
    modes: np.ndarray  # int32[R] what it interrogates: 1 civil, 2 military
    iff_range: np.ndarray  # float64[R] m
    false_mean: np.ndarray  # float64[R] false plots a scan
    antenna: np.ndarray  # float64[R, 3] latitude, longitude (rad), height (m) of a fixed antenna
    mask: np.ndarray  # float32[R, 720, K] tangent of the lowest visible elevation by azimuth and range


@bundle
class Antennas(NamedTuple):
    """Where every antenna is now; axis 0 = radar."""

    site: np.ndarray  # float64[R, 3] latitude, longitude (rad), height (m)
    pos: np.ndarray  # float64[R, 3] m
    axes: np.ndarray  # float64[R, 3, 3] east, north, up


@bundle
class Taskings(NamedTuple):
    """Inbox: which radars may emit, and where the engagement radars are told to look; axis 0 = radar."""

    on: np.ndarray  # bool[R]
    active: np.ndarray  # bool[R, C]
    centre: np.ndarray  # float64[R, C, 3] m
    radius: np.ndarray  # float64[R, C] m


@bundle
class Plots(NamedTuple):
    """The reports of one tick, grouped by radar; axis 0 = plot unless said."""

    first: np.ndarray  # int32[R + 1] plots of radar r are rows first[r]:first[r + 1]
    t: np.ndarray  # float64[Q] s, when the beam passed
    pos: np.ndarray  # float64[Q, 3] m, earth-centred
    cov: np.ndarray  # float64[Q, 6] m2, xx xy xz yy yz zz
    snr: np.ndarray  # float64[Q]
    reply: np.ndarray  # int32[Q] bits: asked and answered, civil and military
    luck: np.ndarray  # uint32[Q] names the object for later draws; tells a reader nothing
    dropped: np.ndarray  # int64[1] plots for which there was no room


@bundle
class PlotOrigin(NamedTuple):
    """Which body a plot came from; only outcome may read it."""

    body: np.ndarray  # int32[Q], -1 for a false plot
    aspect: np.ndarray  # int32[Q] ten-degree cell of azimuth and elevation from which the body was seen


def empty_plots(radars: int, capacity: int) -> tuple[Plots, PlotOrigin]:
    """No plots, room for [capacity]."""
    plots = Plots(
        np.zeros(radars + 1, np.int32), np.zeros(capacity), np.zeros((capacity, 3)), np.zeros((capacity, 6)),
        np.zeros(capacity), np.zeros(capacity, np.int32), np.zeros(capacity, np.uint32), np.zeros(1, np.int64),
    )  # fmt: skip
    return plots, PlotOrigin(np.full(capacity, -1, np.int32), np.zeros(capacity, np.int32))


def empty_taskings(radars: int, channels: int) -> Taskings:
    """Nobody emits, nobody is told where to look."""
    return Taskings(
        np.zeros(radars, np.bool_), np.zeros((radars, channels), np.bool_),
        np.zeros((radars, channels, 3)), np.zeros((radars, channels)),
    )  # fmt: skip


def empty_antennas(radars: Radars) -> Antennas:
    """Fixed antennas in place; carried ones follow their body from the first tick on."""
    count = radars.key.size
    antennas = Antennas(radars.antenna.copy(), np.zeros((count, 3)), np.zeros((count, 3, 3)))
    for r in range(count):
        antennas.pos[r] = to_ecef(*radars.antenna[r])
        antennas.axes[r] = frame(radars.antenna[r, 0], radars.antenna[r, 1])
    return antennas


@jit
def detection_probability(snr, log_pfa, swerling):
    """Single-look probability of detection behind a square-law detector; snr linear, any Swerling case.

    Cases 1 and 3 in closed form (Swerling 1954); case 0 as the Marcum Q function by its Poisson series.
    """
    threshold = -log_pfa
    if swerling == 1 or swerling == 2:
        return math.exp(-threshold / (1.0 + snr))
    if swerling >= 3:
        k = 1.0 + 0.5 * snr
        return math.exp(-threshold / k) * (1.0 + 0.5 * snr * threshold / (k * k))
    return _marcum(snr, threshold)


@part
def _marcum(snr, threshold):
    """P(X > threshold) for a noncentral chi-square of 2 degrees: a Poisson mixture of gamma tails."""
    if snr > 300.0:  # the series would underflow; the tail of a normal is exact to double precision here
        return 1.0 if snr > 2.0 * threshold else 0.0
    weight = math.exp(-snr)
    tail_term = math.exp(-threshold)
    tail = tail_term
    total = weight * tail
    n = 0
    while n < 2000:
        n += 1
        weight *= snr / n
        tail_term *= threshold / n
        tail += tail_term
        total += weight * tail
        if n > snr and weight < 1e-17:
            break
    return min(1.0, total)


@jit
def horizon_mask(terrain, latitude, longitude, height, out):
    """Fill float32[720, K]: the tangent of the lowest elevation at which range bin k is visible on an azimuth.

    4/3 earth. A bin holds the steepest ground from the antenna out to the start of the bin, so that a body
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
            slope = sight_slope(d, height, ground_height(terrain, lat, lon))
            steepest = max(steepest, slope)


@jit
def line_of_sight(terrain, site, latitude, longitude, height, distance, azimuth):
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
def look_time(fraction, period, phase, t0, t1):
    """When the beam passes a place within (t0, t1], and the number of that scan; (nan, 0) if it does not."""
    scan = math.floor((t1 - phase) / period - fraction)
    t = phase + (scan + fraction) * period
    if t > t0:
        return t, int(scan)
    return math.nan, 0


@jit
def sense(radars, bodies, terrain, key, truth, antennas, taskings, plots, origin, t0, t1):
    """All looks of all radars in (t0, t1]; bodies are where Truth has them at t1.

    The beam test stands in this loop and not in a function of its own: most pairs end here, and a call that
    hands on nine bundles costs more than the test.
    """
    row = np.int64(0)
    plots.dropped[0] = 0
    due = np.empty(truth.status.size, np.int64)
    scans = np.empty(truth.status.size, np.int64)
    times = np.empty(truth.status.size)
    for r in range(radars.key.size):
        plots.first[r] = row
        if not taskings.on[r] or not _carry(radars, truth, antennas, r):
            continue
        site, axes = antennas.pos[r], antennas.axes[r]
        reach2 = radars.reach[r, 1] ** 2
        period, phase, width = radars.period[r], radars.phase[r], radars.sector_width[r]
        begin = radars.sector_centre[r] - 0.5 * width
        dwells = radars.track_period[r] > 0.0 and taskings.active[r].any()
        beam = _beam(period, phase, width, begin, t0, t1)
        count = 0
        for b in range(truth.status.size):
            if truth.status[b] != FLYING or not (radars.kinds[r] >> bodies.kind[b]) & 1 or radars.host[r] == b:
                continue
            dx = truth.pos[b, 0] - site[0]
            dy = truth.pos[b, 1] - site[1]
            dz = truth.pos[b, 2] - site[2]
            if dx * dx + dy * dy + dz * dz > reach2:
                continue
            east = axes[0, 0] * dx + axes[0, 1] * dy + axes[0, 2] * dz
            north = axes[1, 0] * dx + axes[1, 1] * dy + axes[1, 2] * dz
            if dwells and designated(taskings.active[r], taskings.centre[r], taskings.radius[r], truth.pos[b]):
                turn = abs((math.atan2(east, north) - radars.sector_centre[r] + math.pi) % _TWO_PI - math.pi)
                if turn > 0.5 * radars.track_width[r]:
                    continue
                t, scan = look_time(0.0, radars.track_period[r], phase, t0, t1)
                scan += _TRACK_LOOKS
            else:
                if east * beam[0] + north * beam[1] < beam[2] * math.sqrt(east * east + north * north):
                    continue
                offset = (math.atan2(east, north) - begin) % _TWO_PI
                if offset > width:
                    continue
                t, scan = look_time(offset / width, period, phase, t0, t1)
            if t > t0:
                due[count], scans[count], times[count] = b, scan, t
                count += 1
        for i in range(count):
            row = _look(
                radars, bodies, terrain, key, truth, antennas, plots, origin, r, due[i], row, scans[i], times[i], t1
            )
        row = _false_plots(radars, key, antennas, plots, origin, r, row, t0, t1)
    plots.first[radars.key.size] = row


@part
def _beam(period, phase, width, begin, t0, t1):
    """Unit vector (east, north) to the middle of what the beam sweeps in this tick, and the cosine of half of it.

    A cheap test that lets nine of ten pairs go without an arctangent; whoever passes is tested exactly.
    """
    sweep = width * (t1 - t0) / period
    if sweep > 0.5 * width or sweep > 2.5:
        return 0.0, 1.0, -2.0
    middle = begin + width * (((0.5 * (t0 + t1) - phase) / period) % 1.0)
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
def _carry(radars, truth, antennas, r):
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


@part
def _look(radars, bodies, terrain, key, truth, antennas, plots, origin, r, b, row, scan, t, t1):
    """One look of radar r at body b at time t; returns the next free row."""
    axes = antennas.axes[r]
    dx = truth.pos[b, 0] - antennas.pos[r, 0]
    dy = truth.pos[b, 1] - antennas.pos[r, 1]
    dz = truth.pos[b, 2] - antennas.pos[r, 2]
    back = t - t1  # the body is taken back to the moment of the look
    vx, vy, vz = truth.vel[b, 0], truth.vel[b, 1], truth.vel[b, 2]
    dx, dy, dz = dx + back * vx, dy + back * vy, dz + back * vz
    distance = math.sqrt(dx * dx + dy * dy + dz * dz)
    if distance < radars.reach[r, 0] or distance > radars.reach[r, 1]:
        return row
    up = axes[2, 0] * dx + axes[2, 1] * dy + axes[2, 2] * dz
    east = axes[0, 0] * dx + axes[0, 1] * dy + axes[0, 2] * dz
    north = axes[1, 0] * dx + axes[1, 1] * dy + axes[1, 2] * dz
    level = math.sqrt(east * east + north * north)
    if not radars.slope[r, 0] * level <= up <= radars.slope[r, 1] * level:
        return row
    closing = -(vx * dx + vy * dy + vz * dz) / (distance * max(1e-9, math.sqrt(vx * vx + vy * vy + vz * vz)))
    side = 0 if closing > 0.7071 else (2 if closing < -0.7071 else 1)
    snr = radars.gain[r] * bodies.rcs[b, side] / distance**4
    u = rng.uniforms(key, rng.LOOK, radars.key[r], bodies.key[b], scan)
    detected = u[0] < detection_probability(snr, radars.log_pfa[r], radars.swerling[r])
    reply = 0
    if radars.modes[r] and distance < radars.iff_range[r]:
        if radars.modes[r] & CIVIL_MODES:
            answers = bodies.modes[b] & CIVIL_MODES and u[1] < bodies.reply[b]
            reply |= ASKED_CIVIL | (CIVIL_REPLY if answers else 0)
        if radars.modes[r] & MILITARY_MODES:
            answers = bodies.modes[b] & MILITARY_MODES and u[2] < bodies.reply[b]
            reply |= ASKED_MILITARY | (MILITARY_REPLY if answers else 0)
    if not detected and not reply & (CIVIL_REPLY | MILITARY_REPLY):
        return row
    azimuth = math.atan2(east, north)
    if not _visible(radars, terrain, truth, antennas, r, b, back, azimuth):  # last: a walk along the ground is dear
        return row
    if row >= plots.t.size:
        plots.dropped[0] += 1
        return row
    n = rng.uniforms(key, rng.NOISE, radars.key[r], bodies.key[b], scan)
    n0, n1 = rng.normals(n[0], n[1])
    n2, _ = rng.normals(n[2], n[3])
    sharp = min(2.0, max(0.25, math.sqrt(radars.snr_ref[r] / max(snr, 1e-9))))
    _measure(
        radars, antennas, plots, r, row,
        distance + n0 * sharp * radars.sigma[r, 0],
        azimuth + radars.bias[r] + n1 * sharp * radars.sigma[r, 1],
        math.atan2(up, level) + n2 * sharp * radars.sigma[r, 2], sharp,
    )  # fmt: skip
    plots.t[row] = t
    plots.snr[row] = snr
    plots.reply[row] = reply
    plots.luck[row] = bodies.key[b]
    origin.body[row] = b
    origin.aspect[row] = _aspect_cell(truth, b, dx, dy, dz, distance)
    return row + 1


@part
def _visible(radars, terrain, truth, antennas, r, b, back, azimuth):
    """Above the horizon and the terrain, as the 4/3 earth sees it."""
    site = antennas.site[r]
    lat, lon, height = to_geodetic(
        truth.pos[b, 0] + back * truth.vel[b, 0],
        truth.pos[b, 1] + back * truth.vel[b, 1],
        truth.pos[b, 2] + back * truth.vel[b, 2],
    )
    cos_arc = math.sin(lat) * math.sin(site[0]) + math.cos(lat) * math.cos(site[0]) * math.cos(lon - site[1])
    distance = EARTH_RADIUS * math.acos(min(1.0, max(-1.0, cos_arc)))
    if radars.host[r] >= 0:
        return line_of_sight(terrain, site, lat, lon, height, distance, azimuth)
    a = int((azimuth % _TWO_PI) * (MASK_AZIMUTHS / _TWO_PI)) % MASK_AZIMUTHS
    k = min(int(distance / MASK_STEP), radars.mask.shape[2] - 1)
    return sight_slope(distance, site[2], height) >= radars.mask[r, a, k]


@part
def _measure(radars, antennas, plots, r, row, distance, azimuth, elevation, sharp):
    """Turn range, azimuth, elevation and their errors into an earth-centred point and its covariance."""
    sa, ca, se, ce = math.sin(azimuth), math.cos(azimuth), math.sin(elevation), math.cos(elevation)
    axes = antennas.axes[r]
    s_r = (sharp * radars.sigma[r, 0]) ** 2
    s_a = (sharp * radars.sigma[r, 1] * distance * ce) ** 2
    s_e = (sharp * radars.sigma[r, 2] * distance) ** 2
    ray, across, upward = np.empty(3), np.empty(3), np.empty(3)
    for i in range(3):
        east, north, up = axes[0, i], axes[1, i], axes[2, i]
        ray[i] = ce * (sa * east + ca * north) + se * up
        across[i] = ca * east - sa * north
        upward[i] = -se * (sa * east + ca * north) + ce * up
        plots.pos[row, i] = antennas.pos[r, i] + distance * ray[i]
    m = 0
    for i in range(3):
        for j in range(i, 3):
            plots.cov[row, m] = s_r * ray[i] * ray[j] + s_a * across[i] * across[j] + s_e * upward[i] * upward[j]
            m += 1


@part
def _aspect_cell(truth, b, dx, dy, dz, distance):
    """Ten-degree cell (36 azimuths x 18 elevations) of the direction to the radar, seen from a level body."""
    px, py, pz = truth.pos[b, 0], truth.pos[b, 1], truth.pos[b, 2]
    radius = math.sqrt(px * px + py * py + pz * pz)
    ux, uy, uz = px / radius, py / radius, pz / radius
    vx, vy, vz = truth.vel[b, 0], truth.vel[b, 1], truth.vel[b, 2]
    climb = vx * ux + vy * uy + vz * uz
    fx, fy, fz = vx - climb * ux, vy - climb * uy, vz - climb * uz
    speed = max(1e-9, math.sqrt(fx * fx + fy * fy + fz * fz))
    fx, fy, fz = fx / speed, fy / speed, fz / speed
    rx, ry, rz = fy * uz - fz * uy, fz * ux - fx * uz, fx * uy - fy * ux  # to the right
    ahead = -(dx * fx + dy * fy + dz * fz)
    right = -(dx * rx + dy * ry + dz * rz)
    above = -(dx * ux + dy * uy + dz * uz) / distance
    azimuth = math.atan2(right, ahead) % _TWO_PI
    elevation = math.asin(min(1.0, max(-1.0, above)))
    column = min(35, int(azimuth / _TWO_PI * 36.0))
    line = min(17, int((elevation / math.pi + 0.5) * 18.0))
    return line * 36 + column


@part
def _false_plots(radars, key, antennas, plots, origin, r, row, t0, t1):
    """Poisson number of false plots a scan, uniform over the area; each has its own place and time in the scan."""
    if radars.false_mean[r] <= 0.0:
        return row
    period, phase = radars.period[r], radars.phase[r]
    zero = math.exp(-radars.false_mean[r])
    for scan in range(math.floor((t0 - phase) / period), math.floor((t1 - phase) / period) + 1):
        count, left = 0, rng.uniform(key, rng.FALSE_PLOT, radars.key[r], np.uint32(0), scan)
        term, total = zero, zero
        while left > total and count < 1000:
            count += 1
            term *= radars.false_mean[r] / count
            total += term
        for ordinal in range(count):
            u = rng.uniforms(key, rng.FALSE_PLOT, radars.key[r], np.uint32(ordinal + 1), scan)
            t = phase + (scan + u[0]) * period
            if not t0 < t <= t1:
                continue
            if row >= plots.t.size:
                plots.dropped[0] += 1
                continue
            azimuth = radars.sector_centre[r] + (u[0] - 0.5) * radars.sector_width[r]
            distance = max(radars.reach[r, 0], math.sqrt(u[1]) * radars.reach[r, 1])
            elevation = math.atan(radars.slope[r, 0]) + u[2] * 0.05 + 0.005
            _measure(radars, antennas, plots, r, row, distance, azimuth, elevation, 1.0)
            plots.t[row] = t
            plots.snr[row] = -radars.log_pfa[r]
            asked = ASKED_CIVIL if radars.modes[r] & CIVIL_MODES else 0
            plots.reply[row] = asked | (ASKED_MILITARY if radars.modes[r] & MILITARY_MODES else 0)
            plots.luck[row] = radars.key[r] ^ np.uint32(scan * 64 + ordinal)
            origin.body[row] = -1
            origin.aspect[row] = 0
            row += 1
    return row
