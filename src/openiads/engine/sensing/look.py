"""One look: is the body strong enough, detected, answered and visible, and where does the radar believe it is."""

from __future__ import annotations

import math

import numpy as np

from openiads.engine import rng
from openiads.engine.geo import EARTH_RADIUS, ground_distance, to_geodetic, turned
from openiads.engine.jit import part
from openiads.engine.sensing.detection import probability
from openiads.engine.sensing.horizon import lowest_elevation, visible
from openiads.engine.sensing.jamming import jammed
from openiads.engine.sensing.measurement import (
    ASSUMED_HEIGHT,
    ASSUMED_SIGMA,
    NO_CODE,
    NOTHING,
    REPLY_SIGMA,
    elevation_from,
    place,
    set_bearing,
    set_rate,
)
from openiads.engine.sensing.signal import aspect_side, signal, surface_factor

IFF_MODES = ("1", "2", "3A", "C", "4", "5", "S", "ADS-B")  # in the order of their bits
PLAIN, SECURE, CIVIL = 0b00000011, 0b00110000, 0b11001100  # military in clear, military under keys, civil
_HEIGHT_REPLY = 0b11001000  # Mode C, Mode S and ADS-B say how high
_ADDRESS_REPLY, _CODE_REPLY = 0b11000000, 0b00000100  # Mode S and ADS-B say who, mode 3/A under which code
_FASTEST = 1_000.0  # m/s: range rates of false plots lie within
_TWO_PI = 2.0 * math.pi


@part
def looks(radars, bodies, terrain, key, truth, antennas, plots, origin, due, count, jammers, r, row, t1):
    """Radar r takes its first `count` looks that are due, each at its time; returns the next free row.

    The loop stands here: a call for each look that hands on nine bundles would cost a third of the looking.
    """
    detection = radars.detection[r]
    for i in range(count):
        b, scan, t = due.body[i], due.scan[i], due.t[i]
        back = t - t1  # the body is taken back to the moment of the look
        vx, vy, vz = truth.vel[b, 0], truth.vel[b, 1], truth.vel[b, 2]
        dx = truth.pos[b, 0] + back * vx - antennas.pos[r, 0]
        dy = truth.pos[b, 1] + back * vy - antennas.pos[r, 1]
        dz = truth.pos[b, 2] + back * vz - antennas.pos[r, 2]
        distance = math.sqrt(dx * dx + dy * dy + dz * dz)
        east = _component(antennas.axes, r, 0, dx, dy, dz)
        north = _component(antennas.axes, r, 1, dx, dy, dz)
        up = _component(antennas.axes, r, 2, dx, dy, dz)
        level = math.sqrt(east * east + north * north)
        closing = -(vx * dx + vy * dy + vz * dz) / (distance * max(1e-9, math.sqrt(vx * vx + vy * vy + vz * vz)))
        snr = signal(radars, r, _source(radars, bodies, r, b, closing), distance, level, up)
        if snr <= 0.0:
            continue
        if radars.reflection[r] > 0.0:
            snr *= _surface(radars, truth, antennas, r, b, back)
        if jammers > 0:
            snr /= 1.0 + jammed(radars, due, r, jammers, math.atan2(east, north))
        u = rng.uniforms(key, rng.LOOK, radars.key[r], bodies.key[b], scan)
        detected = u[0] < probability(detection, snr)
        reply = _interrogate(radars, bodies, r, b, u[1], u[2]) if distance < radars.iff_range[r] else 0
        if not detected and reply < 256:
            continue
        azimuth = math.atan2(east, north)
        if not visible(radars, terrain, truth, antennas, r, b, back, azimuth):  # last: a walk along the ground is dear
            continue
        if row >= plots.t.size:
            plots.dropped[0] += 1
            continue
        height = -1.0
        if (reply >> 8) & _HEIGHT_REPLY:
            height = math.sqrt(truth.pos[b, 0] ** 2 + truth.pos[b, 1] ** 2 + truth.pos[b, 2] ** 2) - EARTH_RADIUS
        n = rng.uniforms(key, rng.NOISE, radars.key[r], bodies.key[b], scan)
        elevation = math.atan2(up, level)
        sharp = _blurred(radars, antennas, plots, r, row, distance, azimuth, elevation, height, snr, n)
        if radars.sigma[r, 3] > 0.0:
            luck, _ = rng.normals(*rng.uniforms(key, rng.DOPPLER, radars.key[r], bodies.key[b], scan)[:2])
            sigma = sharp * radars.sigma[r, 3]
            set_rate(antennas, plots, r, row, (vx * dx + vy * dy + vz * dz) / distance + luck * sigma, sigma)
        _named(plots, row, reply, bodies.key[b])
        plots.t[row] = t
        plots.snr[row] = snr
        plots.reply[row] = reply
        plots.luck[row] = bodies.key[b]
        origin.body[row] = b
        origin.aspect[row] = _aspect_cell(truth, b, dx, dy, dz, distance)
        row += 1
    return row


@part
def would_detect(radars, antennas, r, x, rcs):
    """Probability that radar r detects a body of an RCS (m2) at a place x (m) as its beam comes by: free space, terrain, no jamming."""
    dx, dy, dz = x[0] - antennas.pos[r, 0], x[1] - antennas.pos[r, 1], x[2] - antennas.pos[r, 2]
    distance = math.sqrt(dx * dx + dy * dy + dz * dz)
    east = _component(antennas.axes, r, 0, dx, dy, dz)
    north = _component(antennas.axes, r, 1, dx, dy, dz)
    up = _component(antennas.axes, r, 2, dx, dy, dz)
    azimuth, level = math.atan2(east, north), math.sqrt(east * east + north * north)
    turn = abs(turned(azimuth - radars.sector_centre[r] + math.pi) - math.pi)
    if radars.dimensions[r] == 1 or turn > 0.5 * radars.sector_width[r]:
        return 0.0
    snr = signal(radars, r, rcs, distance, level, up)
    if snr <= 0.0 or math.atan2(up, level) < lowest_elevation(radars, antennas, r, distance, azimuth):
        return 0.0
    return probability(radars.detection[r], snr)


@part
def _blurred(radars, antennas, plots, r, row, distance, azimuth, elevation, height, snr, luck):
    """What the radar measures: the truth, its registration error and noise that falls with the root of the SNR.

    Returns the errors over those at the reference.
    """
    n0, n1 = rng.normals(luck[0], luck[1])
    n2, n3 = rng.normals(luck[2], luck[3])
    sharp = min(2.0, max(0.25, math.sqrt(radars.snr_ref[r] / max(snr, 1e-9))))
    _report(
        radars, antennas, plots, r, row,
        distance + radars.bias[r, 1] + n0 * sharp * radars.sigma[r, 0],
        azimuth + radars.bias[r, 0] + n1 * sharp * radars.sigma[r, 1],
        elevation + n2 * sharp * radars.sigma[r, 2], height + n3 * REPLY_SIGMA if height >= 0.0 else height,
        sharp,
    )  # fmt: skip
    return sharp


@part
def _named(plots, row, reply, name):
    """The address and the code that a transponder gives: parts of the name of its body; another may have the same code."""
    if (reply >> 8) & _ADDRESS_REPLY:
        plots.address[row] = name & np.uint32(0xFFFFFF)
    if (reply >> 8) & _CODE_REPLY:
        plots.code[row] = (name >> np.uint32(8)) & np.uint32(0xFFF)


@part
def _component(axes, r, axis, dx, dy, dz):
    """Along an axis of the antenna's frame: 0 east, 1 north, 2 up. Indices and no view, which would be counted."""
    return axes[r, axis, 0] * dx + axes[r, axis, 1] * dy + axes[r, axis, 2] * dz


@part
def _source(radars, bodies, r, b, closing):
    """What of a body reaches a radar: RCS (m2), or what it emits and jams with (W) in the band of a passive sensor."""
    if radars.dimensions[r] != 1:
        return bodies.rcs[b, aspect_side(closing)]
    heard = bodies.emission[b] if bodies.emission_bands[b] & radars.band[r] else 0.0
    return heard + (bodies.jammer[b] if bodies.jammer_bands[b] & radars.band[r] else 0.0)


@part
def _surface(radars, truth, antennas, r, b, back):
    """Power factor of the smooth surface between radar and body, at the height of the sea."""
    lat, lon, height = to_geodetic(
        truth.pos[b, 0] + back * truth.vel[b, 0],
        truth.pos[b, 1] + back * truth.vel[b, 1],
        truth.pos[b, 2] + back * truth.vel[b, 2],
    )
    distance = ground_distance(antennas.site[r, 0], antennas.site[r, 1], lat, lon)
    return surface_factor(radars, r, distance, antennas.site[r, 2], height)


@part
def _interrogate(radars, bodies, r, b, civil_luck, military_luck):
    """Modes asked and, from bit 8 on, answered. One transponder: its civil modes fail together, so do the others."""
    asked = radars.modes[r]
    held = asked & bodies.modes[b]
    if radars.crypto[r] != bodies.crypto[b]:
        held &= ~SECURE
    answered = 0
    for m in range(8):
        if (held >> m) & 1:
            luck = civil_luck if (CIVIL >> m) & 1 else military_luck
            if luck < bodies.reply[b, m]:
                answered |= 1 << m
    return asked | answered << 8


@part
def _report(radars, antennas, plots, r, row, distance, azimuth, elevation, height, sharp):
    """Where the radar believes the body is. One without a height of its own uses a reported one, else assumes."""
    sigma_r, sigma_e = sharp * radars.sigma[r, 0], sharp * radars.sigma[r, 2]
    if radars.dimensions[r] == 1:
        distance = 0.5 * (radars.reach[r, 0] + radars.reach[r, 1])
        sigma_r = (radars.reach[r, 1] - radars.reach[r, 0]) / math.sqrt(12.0)
    if radars.dimensions[r] < 3:
        spread = REPLY_SIGMA
        if height < 0.0 or radars.dimensions[r] == 1:
            height, spread = ASSUMED_HEIGHT, ASSUMED_SIGMA
        elevation = elevation_from(antennas.site[r, 2], distance, height)
        sigma_e = spread / (distance * math.cos(elevation))
    place(
        antennas, plots, r, row, distance, azimuth, elevation, sigma_r,
        sharp * radars.sigma[r, 1], sigma_e, radars.dimensions[r] == 3,
    )  # fmt: skip
    plots.starts[row] = radars.dimensions[r] > 1
    plots.single[row] = NOTHING
    plots.address[row] = plots.code[row] = NO_CODE
    if radars.dimensions[r] == 1:
        set_bearing(antennas, plots, r, row, azimuth, sharp * radars.sigma[r, 1])


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
    azimuth = turned(math.atan2(right, ahead))
    elevation = math.asin(min(1.0, max(-1.0, above)))
    column = min(35, int(azimuth / _TWO_PI * 36.0))
    line = min(17, int((elevation / math.pi + 0.5) * 18.0))
    return line * 36 + column


@part
def false_plots(radars, key, antennas, plots, origin, r, row, t0, t1):
    """Poisson number of false plots a scan; each has its own place and time in the scan.

    Every resolution cell of range, azimuth and elevation is as likely: uniform in each, from the ground up.
    """
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
            distance = radars.reach[r, 0] + u[1] * (radars.reach[r, 1] - radars.reach[r, 0])
            lowest = max(math.atan(radars.slope[r, 0]), lowest_elevation(radars, antennas, r, distance, azimuth))
            elevation = lowest + u[2] * max(0.0, math.atan(radars.slope[r, 1]) - lowest)
            _report(radars, antennas, plots, r, row, distance, azimuth, elevation, -1.0, 1.0)
            if radars.sigma[r, 3] > 0.0:
                luck = rng.uniform(key, rng.DOPPLER, radars.key[r], np.uint32(ordinal), scan)
                set_rate(antennas, plots, r, row, _FASTEST * (2.0 * luck - 1.0), radars.sigma[r, 3])
            plots.t[row] = t
            plots.snr[row] = radars.floor[r]
            plots.reply[row] = radars.modes[r]
            plots.luck[row] = radars.key[r] ^ np.uint32(scan * 1024 + ordinal)
            origin.body[row] = -1
            origin.aspect[row] = 0
            row += 1
    return row
