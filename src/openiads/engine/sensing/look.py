"""One look: is the body strong enough, detected, answered and visible, and where does the radar believe it is."""

from __future__ import annotations

import math

import numpy as np

from openiads.engine import rng
from openiads.engine.jit import part
from openiads.engine.sensing.detection import detection_probability
from openiads.engine.sensing.horizon import visible

ASKED_CIVIL, CIVIL_REPLY, ASKED_MILITARY, MILITARY_REPLY = 1, 2, 4, 8
CIVIL_MODES, MILITARY_MODES = 1, 2
_TWO_PI = 2.0 * math.pi


@part
def look(radars, bodies, terrain, key, truth, antennas, plots, origin, r, b, row, scan, t, t1):
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
    if not visible(radars, terrain, truth, antennas, r, b, back, azimuth):  # last: a walk along the ground is dear
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
def false_plots(radars, key, antennas, plots, origin, r, row, t0, t1):
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
