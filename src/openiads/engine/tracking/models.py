"""How a track moves between two ticks: straight, in a turn, falling, accelerating. docs/equations/tracking.md.

Each model carries sixteen tracks forward at once. White acceleration is constant over a step with variance
density / dt, so that the growth of the velocity does not depend on the length of a step (Bar-Shalom, Li, Kirubarajan
2001, section 6.3.2). How fast a turning track turns is estimated with it
(rates.py), and so is the acceleration of an accelerating one (accelerations.py). `extra` holds what a model keeps of these.
"""

from __future__ import annotations

import math

from openiads.engine.geo import EARTH_RADIUS, GM
from openiads.engine.jit import part
from openiads.engine.tracking.accelerations import accelerate
from openiads.engine.tracking.lanes import LANES
from openiads.engine.tracking.rates import blur, push

STRAIGHT, TURNING, FALLING, ACCELERATING = 0, 1, 2, 3  # kinds of model
AIR_DENSITY, AIR_SCALE = 1.225, 7163.0  # kg/m3 at the sea, m (Allen, Eggers 1958)
_SLOW = 1e-5  # rad/s: below it a turn is straight
_PARTS = 8  # of a step of a falling model
_CALM = 0.5  # of its speed a body loses at most in one part: what falls loses far less, what does not stays finite
_CREEP = 1e-9


@part
def predict(f, extra, kind, dt, density, drag, step):
    """Carry the tracks of a block forward by dt (s); drag: m2/kg of a falling model."""
    if kind == STRAIGHT:
        straight(f, dt, density)
        return
    if kind == ACCELERATING:
        accelerate(f, extra, dt, density, step)
        return
    for i in range(LANES):
        curved_step(f, extra, kind, i, dt, drag, step)
    if kind == TURNING:
        push(f, extra, step, dt)
    curved(f, step, dt, density)
    roughen(f, step, dt)
    if kind == TURNING:
        blur(f, extra, step)


@part
def curved_step(f, extra, kind, i, dt, drag, step):
    """Where a track is after dt (s), which may be negative, and the derivatives, into lane i of step."""
    if kind == TURNING:
        turned_step(f, i, dt, extra[i], step)
    else:
        falling_step(f, i, dt, drag, step)


@part
def straight(f, dt, density):
    """Constant velocity."""
    noise_v = density * dt
    noise_c = 0.5 * noise_v * dt
    noise_x = 0.5 * noise_c * dt
    for i in range(LANES):
        c00, c01, c02 = f[21 * LANES + i], f[22 * LANES + i], f[23 * LANES + i]
        c11, c12, c22 = f[24 * LANES + i], f[25 * LANES + i], f[26 * LANES + i]
        b00 = f[12 * LANES + i] + dt * c00
        b01 = f[13 * LANES + i] + dt * c01
        b02 = f[14 * LANES + i] + dt * c02
        b10 = f[15 * LANES + i] + dt * c01
        b11 = f[16 * LANES + i] + dt * c11
        b12 = f[17 * LANES + i] + dt * c12
        b20 = f[18 * LANES + i] + dt * c02
        b21 = f[19 * LANES + i] + dt * c12
        b22 = f[20 * LANES + i] + dt * c22
        # With b already carried forward, a + dt (b + b') counts dt2 c twice.
        f[6 * LANES + i] += dt * (2.0 * b00 - dt * c00) + noise_x
        f[7 * LANES + i] += dt * (b01 + b10 - dt * c01)
        f[8 * LANES + i] += dt * (b02 + b20 - dt * c02)
        f[9 * LANES + i] += dt * (2.0 * b11 - dt * c11) + noise_x
        f[10 * LANES + i] += dt * (b12 + b21 - dt * c12)
        f[11 * LANES + i] += dt * (2.0 * b22 - dt * c22) + noise_x
        f[12 * LANES + i], f[13 * LANES + i], f[14 * LANES + i] = b00 + noise_c, b01, b02
        f[15 * LANES + i], f[16 * LANES + i], f[17 * LANES + i] = b10, b11 + noise_c, b12
        f[18 * LANES + i], f[19 * LANES + i], f[20 * LANES + i] = b20, b21, b22 + noise_c
        f[21 * LANES + i], f[24 * LANES + i], f[26 * LANES + i] = c00 + noise_v, c11 + noise_v, c22 + noise_v
        f[0 * LANES + i] += dt * f[3 * LANES + i]
        f[1 * LANES + i] += dt * f[4 * LANES + i]
        f[2 * LANES + i] += dt * f[5 * LANES + i]


@part
def turned_step(f, i, dt, rate, step):
    """Where a track is after turning about the vertical at a rate (rad/s), and the derivatives with velocity and rate.

    Rotation by t = rate dt about the unit vertical u: v cos t + (u x v) sin t + u (u v) (1 - cos t); the way is its
    integral over the step.
    """
    x, y, z = f[0 * LANES + i], f[1 * LANES + i], f[2 * LANES + i]
    r = max(1.0, math.sqrt(x * x + y * y + z * z))
    u0, u1, u2 = x / r, y / r, z / r
    angle = rate * dt
    s, c = math.sin(angle), math.cos(angle)
    if abs(rate) < _SLOW:
        way_s, way_c, more_s, more_c = dt, 0.5 * rate * dt * dt, -rate * dt * dt * dt / 3.0, 0.5 * dt * dt
    else:
        way_s, way_c = s / rate, (1.0 - c) / rate
        more_s, more_c = (dt * c - way_s) / rate, (dt * s - way_c) / rate
    _turning(step, 6, i, u0, u1, u2, way_s, way_c, dt - way_s)
    _turning(step, 15, i, u0, u1, u2, c, s, 1.0 - c)
    v0, v1, v2 = f[3 * LANES + i], f[4 * LANES + i], f[5 * LANES + i]
    for k in range(3):
        g, h = 6 + 3 * k, 15 + 3 * k
        step[k * LANES + i] = (
            f[k * LANES + i]
            + step[g * LANES + i] * v0
            + step[(g + 1) * LANES + i] * v1
            + step[(g + 2) * LANES + i] * v2
        )
        step[(k + 3) * LANES + i] = (
            step[h * LANES + i] * v0 + step[(h + 1) * LANES + i] * v1 + step[(h + 2) * LANES + i] * v2
        )
    up = u0 * v0 + u1 * v1 + u2 * v2
    n0, n1, n2 = u1 * v2 - u2 * v1, u2 * v0 - u0 * v2, u0 * v1 - u1 * v0
    h0, h1, h2 = v0 - up * u0, v1 - up * u1, v2 - up * u2
    step[24 * LANES + i] = more_s * h0 + more_c * n0
    step[25 * LANES + i] = more_s * h1 + more_c * n1
    step[26 * LANES + i] = more_s * h2 + more_c * n2
    step[27 * LANES + i] = dt * (c * n0 - s * h0)
    step[28 * LANES + i] = dt * (c * n1 - s * h1)
    step[29 * LANES + i] = dt * (c * n2 - s * h2)


@part
def _turning(step, row, i, u0, u1, u2, even, odd, along):
    """even I + odd [u]x + along u u' into nine rows."""
    step[row * LANES + i] = even + along * u0 * u0
    step[(row + 1) * LANES + i] = along * u0 * u1 - odd * u2
    step[(row + 2) * LANES + i] = along * u0 * u2 + odd * u1
    step[(row + 3) * LANES + i] = along * u1 * u0 + odd * u2
    step[(row + 4) * LANES + i] = even + along * u1 * u1
    step[(row + 5) * LANES + i] = along * u1 * u2 - odd * u0
    step[(row + 6) * LANES + i] = along * u2 * u0 - odd * u1
    step[(row + 7) * LANES + i] = along * u2 * u1 + odd * u0
    step[(row + 8) * LANES + i] = even + along * u2 * u2


@part
def falling_step(f, i, dt, drag, step):
    """Where a track is after falling freely through an exponential atmosphere, and the derivatives with its velocity.

    Acceleration -GM r / |r|^3 - rho |v| v / 2 drag, drag = 1 / ballistic coefficient (m2/kg); Runge-Kutta, in up to eight
    parts where the air changes fast. With K the integral of k = rho |v| drag / 2, a small velocity across decays by
    exp(-K), along by exp(-2K), since k grows with speed. The gradient of gravity, 2e-6 / s2, is left out; that of the
    air makes an acceleration of the error of the height, k |v| / scale for each metre, which goes to row 36.
    """
    x, y, z = f[0 * LANES + i], f[1 * LANES + i], f[2 * LANES + i]
    v0, v1, v2 = f[3 * LANES + i], f[4 * LANES + i], f[5 * LANES + i]
    s0, s1, s2 = v0, v1, v2
    parts = 1
    if drag > 0.0:
        speed = math.sqrt(v0 * v0 + v1 * v1 + v2 * v2)
        _, _, _, k = _fall(x, y, z, v0, v1, v2, drag, math.inf)
        parts = min(_PARTS, 1 + int(min(_PARTS, abs(dt) * (speed / AIR_SCALE + 4.0 * k))))
    h = dt / parts
    # backward a drag feeds itself: a body of no use to this model must not fly off
    most, decay = (_CALM if dt > 0.0 else 0.5 * _CALM) / max(1e-9, abs(h)), 0.0
    for _ in range(parts):
        a0, a1, a2, _k = _fall(x, y, z, v0, v1, v2, drag, most)
        p0, p1, p2 = v0 + 0.5 * h * a0, v1 + 0.5 * h * a1, v2 + 0.5 * h * a2
        b0, b1, b2, k = _fall(x + 0.5 * h * v0, y + 0.5 * h * v1, z + 0.5 * h * v2, p0, p1, p2, drag, most)
        q0, q1, q2 = v0 + 0.5 * h * b0, v1 + 0.5 * h * b1, v2 + 0.5 * h * b2
        c0, c1, c2, _k = _fall(x + 0.5 * h * p0, y + 0.5 * h * p1, z + 0.5 * h * p2, q0, q1, q2, drag, most)
        r0, r1, r2 = v0 + h * c0, v1 + h * c1, v2 + h * c2
        d0, d1, d2, _k = _fall(x + h * q0, y + h * q1, z + h * q2, r0, r1, r2, drag, most)
        sixth = h / 6.0
        x += sixth * (v0 + 2.0 * (p0 + q0) + r0)
        y += sixth * (v1 + 2.0 * (p1 + q1) + r1)
        z += sixth * (v2 + 2.0 * (p2 + q2) + r2)
        v0 += sixth * (a0 + 2.0 * (b0 + c0) + d0)
        v1 += sixth * (a1 + 2.0 * (b1 + c1) + d1)
        v2 += sixth * (a2 + 2.0 * (b2 + c2) + d2)
        decay += h * k
    step[0 * LANES + i], step[1 * LANES + i], step[2 * LANES + i] = x, y, z
    step[3 * LANES + i], step[4 * LANES + i], step[5 * LANES + i] = v0, v1, v2
    e0, e1, e2 = s0 + v0, s1 + v1, s2 + v2
    fast = max(1.0, math.sqrt(e0 * e0 + e1 * e1 + e2 * e2))
    across, along = math.exp(-decay), math.exp(-2.0 * decay)
    way_across, way_along = dt, dt
    if abs(decay) > _CREEP:
        way_across, way_along = dt * (1.0 - across) / decay, 0.5 * dt * (1.0 - along) / decay
    _turning(step, 6, i, e0 / fast, e1 / fast, e2 / fast, way_across, 0.0, way_along - way_across)
    _turning(step, 15, i, e0 / fast, e1 / fast, e2 / fast, across, 0.0, along - across)
    r = max(1.0, math.sqrt(x * x + y * y + z * z))
    u0, u1, u2 = x / r, y / r, z / r
    height = (
        u0 * u0 * f[6 * LANES + i] + u1 * u1 * f[9 * LANES + i] + u2 * u2 * f[11 * LANES + i]
        + 2.0 * (u0 * u1 * f[7 * LANES + i] + u0 * u2 * f[8 * LANES + i] + u1 * u2 * f[10 * LANES + i])
    )  # fmt: skip
    steep = 0.5 * fast * decay / (dt * AIR_SCALE) if dt != 0.0 else 0.0
    step[36 * LANES + i] = steep * steep * height


@part
def _fall(x, y, z, v0, v1, v2, drag, most):
    """Acceleration (m/s2), and drag over speed (1/s), which is at most `most`."""
    r = max(0.5 * EARTH_RADIUS, math.sqrt(x * x + y * y + z * z))
    speed = math.sqrt(v0 * v0 + v1 * v1 + v2 * v2)
    k = min(most, 0.5 * AIR_DENSITY * math.exp(-max(0.0, r - EARTH_RADIUS) / AIR_SCALE) * speed * drag)
    g = -GM / (r * r * r)
    return g * x - k * v0, g * y - k * v1, g * z - k * v2, k


@part
def roughen(f, step, dt):
    """Noise of the acceleration that the derivatives of a curved model leave out: its variance in row 36 of step."""
    for i in range(LANES):
        noise_v = step[36 * LANES + i] * dt * dt
        noise_c = 0.5 * noise_v * dt
        noise_x = 0.5 * noise_c * dt
        for k in (0, 3, 5):
            f[(6 + k) * LANES + i] += noise_x
            f[(21 + k) * LANES + i] += noise_v
        for k in (12, 16, 20):
            f[k * LANES + i] += noise_c


@part
def curved(f, step, dt, density):
    """Covariance under position' = position + G velocity, velocity' = H velocity; new positions and velocities.

    A' = A + G B' + B G' + G C G', B' = (B + G C) H', C' = H C H'. Rows 6-14 of step are G, 15-23 H.
    """
    noise_v = density * dt
    noise_c = 0.5 * noise_v * dt
    noise_x = 0.5 * noise_c * dt
    for i in range(LANES):
        g00, g01, g02 = step[6 * LANES + i], step[7 * LANES + i], step[8 * LANES + i]
        g10, g11, g12 = step[9 * LANES + i], step[10 * LANES + i], step[11 * LANES + i]
        g20, g21, g22 = step[12 * LANES + i], step[13 * LANES + i], step[14 * LANES + i]
        h00, h01, h02 = step[15 * LANES + i], step[16 * LANES + i], step[17 * LANES + i]
        h10, h11, h12 = step[18 * LANES + i], step[19 * LANES + i], step[20 * LANES + i]
        h20, h21, h22 = step[21 * LANES + i], step[22 * LANES + i], step[23 * LANES + i]
        c00, c01, c02 = f[21 * LANES + i], f[22 * LANES + i], f[23 * LANES + i]
        c11, c12, c22 = f[24 * LANES + i], f[25 * LANES + i], f[26 * LANES + i]
        b00, b01, b02 = f[12 * LANES + i], f[13 * LANES + i], f[14 * LANES + i]
        b10, b11, b12 = f[15 * LANES + i], f[16 * LANES + i], f[17 * LANES + i]
        b20, b21, b22 = f[18 * LANES + i], f[19 * LANES + i], f[20 * LANES + i]
        # d = b + g c, so that a' = a + d g' + g b'
        d00, d01, d02 = (
            b00 + g00 * c00 + g01 * c01 + g02 * c02,
            b01 + g00 * c01 + g01 * c11 + g02 * c12,
            b02 + g00 * c02 + g01 * c12 + g02 * c22,
        )
        d10, d11, d12 = (
            b10 + g10 * c00 + g11 * c01 + g12 * c02,
            b11 + g10 * c01 + g11 * c11 + g12 * c12,
            b12 + g10 * c02 + g11 * c12 + g12 * c22,
        )
        d20, d21, d22 = (
            b20 + g20 * c00 + g21 * c01 + g22 * c02,
            b21 + g20 * c01 + g21 * c11 + g22 * c12,
            b22 + g20 * c02 + g21 * c12 + g22 * c22,
        )
        f[6 * LANES + i] += d00 * g00 + d01 * g01 + d02 * g02 + g00 * b00 + g01 * b01 + g02 * b02 + noise_x
        f[7 * LANES + i] += d00 * g10 + d01 * g11 + d02 * g12 + g00 * b10 + g01 * b11 + g02 * b12
        f[8 * LANES + i] += d00 * g20 + d01 * g21 + d02 * g22 + g00 * b20 + g01 * b21 + g02 * b22
        f[9 * LANES + i] += d10 * g10 + d11 * g11 + d12 * g12 + g10 * b10 + g11 * b11 + g12 * b12 + noise_x
        f[10 * LANES + i] += d10 * g20 + d11 * g21 + d12 * g22 + g10 * b20 + g11 * b21 + g12 * b22
        f[11 * LANES + i] += d20 * g20 + d21 * g21 + d22 * g22 + g20 * b20 + g21 * b21 + g22 * b22 + noise_x
        f[12 * LANES + i] = d00 * h00 + d01 * h01 + d02 * h02 + noise_c
        f[13 * LANES + i] = d00 * h10 + d01 * h11 + d02 * h12
        f[14 * LANES + i] = d00 * h20 + d01 * h21 + d02 * h22
        f[15 * LANES + i] = d10 * h00 + d11 * h01 + d12 * h02
        f[16 * LANES + i] = d10 * h10 + d11 * h11 + d12 * h12 + noise_c
        f[17 * LANES + i] = d10 * h20 + d11 * h21 + d12 * h22
        f[18 * LANES + i] = d20 * h00 + d21 * h01 + d22 * h02
        f[19 * LANES + i] = d20 * h10 + d21 * h11 + d22 * h12
        f[20 * LANES + i] = d20 * h20 + d21 * h21 + d22 * h22 + noise_c
        e00, e01, e02 = (
            h00 * c00 + h01 * c01 + h02 * c02, h00 * c01 + h01 * c11 + h02 * c12, h00 * c02 + h01 * c12 + h02 * c22,
        )  # fmt: skip
        e10, e11, e12 = (
            h10 * c00 + h11 * c01 + h12 * c02, h10 * c01 + h11 * c11 + h12 * c12, h10 * c02 + h11 * c12 + h12 * c22,
        )  # fmt: skip
        e20, e21, e22 = (
            h20 * c00 + h21 * c01 + h22 * c02, h20 * c01 + h21 * c11 + h22 * c12, h20 * c02 + h21 * c12 + h22 * c22,
        )  # fmt: skip
        f[21 * LANES + i] = e00 * h00 + e01 * h01 + e02 * h02 + noise_v
        f[22 * LANES + i] = e00 * h10 + e01 * h11 + e02 * h12
        f[23 * LANES + i] = e00 * h20 + e01 * h21 + e02 * h22
        f[24 * LANES + i] = e10 * h10 + e11 * h11 + e12 * h12 + noise_v
        f[25 * LANES + i] = e10 * h20 + e11 * h21 + e12 * h22
        f[26 * LANES + i] = e20 * h20 + e21 * h21 + e22 * h22 + noise_v
        for k in range(6):
            f[k * LANES + i] = step[k * LANES + i]
