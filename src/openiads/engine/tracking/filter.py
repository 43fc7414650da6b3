"""The filter of one track: constant velocity in earth-centred coordinates, seen through whole positions.

State float64[6] = position (m), velocity (m/s). Covariance float64[21] in three blocks:
p[0:6] position xx xy xz yy yz zz; p[6:15] position i with velocity j, row by row; p[15:21] velocity, as position.
Arrays come whole, x[N, S, 6] and p[N, S, 21], with node n and slot s. docs/equations/tracking.md.
"""

from __future__ import annotations

import math

from openiads.engine.jit import jit, part


@jit
def predict(x, p, n, s, dt, density):
    """Carry a track forward by dt (s) under white acceleration of a density (m2/s3).

    Over one step the acceleration is constant with variance density / dt, so that the growth of the velocity
    does not depend on the length of a step (Bar-Shalom, Li, Kirubarajan 2001, section 6.3.2).
    """
    noise_v = density * dt
    noise_c = 0.5 * noise_v * dt
    noise_x = 0.5 * noise_c * dt
    c00, c01, c02 = p[n, s, 15], p[n, s, 16], p[n, s, 17]
    c11, c12, c22 = p[n, s, 18], p[n, s, 19], p[n, s, 20]
    b00, b01, b02 = p[n, s, 6] + dt * c00, p[n, s, 7] + dt * c01, p[n, s, 8] + dt * c02
    b10, b11, b12 = p[n, s, 9] + dt * c01, p[n, s, 10] + dt * c11, p[n, s, 11] + dt * c12
    b20, b21, b22 = p[n, s, 12] + dt * c02, p[n, s, 13] + dt * c12, p[n, s, 14] + dt * c22
    # With b already carried forward, a + dt (b + b') counts dt2 c twice.
    p[n, s, 0] += dt * (2.0 * b00 - dt * c00) + noise_x
    p[n, s, 1] += dt * (b01 + b10 - dt * c01)
    p[n, s, 2] += dt * (b02 + b20 - dt * c02)
    p[n, s, 3] += dt * (2.0 * b11 - dt * c11) + noise_x
    p[n, s, 4] += dt * (b12 + b21 - dt * c12)
    p[n, s, 5] += dt * (2.0 * b22 - dt * c22) + noise_x
    p[n, s, 6], p[n, s, 7], p[n, s, 8] = b00 + noise_c, b01, b02
    p[n, s, 9], p[n, s, 10], p[n, s, 11] = b10, b11 + noise_c, b12
    p[n, s, 12], p[n, s, 13], p[n, s, 14] = b20, b21, b22 + noise_c
    p[n, s, 15], p[n, s, 18], p[n, s, 20] = c00 + noise_v, c11 + noise_v, c22 + noise_v
    x[n, s, 0] += dt * x[n, s, 3]
    x[n, s, 1] += dt * x[n, s, 4]
    x[n, s, 2] += dt * x[n, s, 5]


@part
def innovation(x, p, n, s, pos, cov, q, back):
    """Plot q minus where the track was `back` seconds before its time: difference (3), covariance (6)."""
    difference = (
        pos[q, 0] - (x[n, s, 0] - back * x[n, s, 3]),
        pos[q, 1] - (x[n, s, 1] - back * x[n, s, 4]),
        pos[q, 2] - (x[n, s, 2] - back * x[n, s, 5]),
    )
    covariance = (
        cov[q, 0] + p[n, s, 0] - back * (2.0 * p[n, s, 6] - back * p[n, s, 15]),
        cov[q, 1] + p[n, s, 1] - back * (p[n, s, 7] + p[n, s, 9] - back * p[n, s, 16]),
        cov[q, 2] + p[n, s, 2] - back * (p[n, s, 8] + p[n, s, 12] - back * p[n, s, 17]),
        cov[q, 3] + p[n, s, 3] - back * (2.0 * p[n, s, 10] - back * p[n, s, 18]),
        cov[q, 4] + p[n, s, 4] - back * (p[n, s, 11] + p[n, s, 13] - back * p[n, s, 19]),
        cov[q, 5] + p[n, s, 5] - back * (2.0 * p[n, s, 14] - back * p[n, s, 20]),
    )
    return difference, covariance


@part
def factor(c):
    """A symmetric 3x3 [6] as L D L': L below its unit diagonal (3), 1 / D (3), and the determinant."""
    g0 = 1.0 / c[0]
    l10 = c[1] * g0
    l20 = c[2] * g0
    d1 = c[3] - l10 * c[1]
    rest = c[4] - l20 * c[1]
    g1 = 1.0 / d1
    l21 = rest * g1
    d2 = c[5] - l20 * c[2] - l21 * rest
    return (l10, l20, l21), (g0, g1, 1.0 / d2), c[0] * d1 * d2


@part
def solve_lower(low, v):
    """L^-1 v for a unit lower triangle."""
    v1 = v[1] - low[0] * v[0]
    return v[0], v1, v[2] - low[1] * v[0] - low[2] * v1


@part
def product(left, g, right):
    """left' diag(g) right."""
    return left[0] * g[0] * right[0] + left[1] * g[1] * right[1] + left[2] * g[2] * right[2]


@jit
def distance(x, p, n, s, pos, cov, q, back, gate):
    """Squared Mahalanobis distance of plot q from a track, and ln of the determinant of its covariance.

    (inf, 0) outside the gate.
    """
    y, c = innovation(x, p, n, s, pos, cov, q, back)
    low, g, determinant = factor(c)
    z = solve_lower(low, y)
    far = product(z, g, z)
    if far > gate:
        return math.inf, 0.0
    return far, math.log(determinant)


@jit
def update(x, p, n, s, pos, cov, q, back):
    """Take in plot q. P - W D^-1 W' with W = P H' L'^-1 is symmetric by construction, and stays positive."""
    y, c = innovation(x, p, n, s, pos, cov, q, back)
    low, g, _ = factor(c)
    z = solve_lower(low, y)
    a00, a01, a02 = p[n, s, 0], p[n, s, 1], p[n, s, 2]
    a11, a12, a22 = p[n, s, 3], p[n, s, 4], p[n, s, 5]
    b00, b01, b02 = p[n, s, 6], p[n, s, 7], p[n, s, 8]
    b10, b11, b12 = p[n, s, 9], p[n, s, 10], p[n, s, 11]
    b20, b21, b22 = p[n, s, 12], p[n, s, 13], p[n, s, 14]
    c00, c01, c02 = p[n, s, 15], p[n, s, 16], p[n, s, 17]
    c11, c12, c22 = p[n, s, 18], p[n, s, 19], p[n, s, 20]
    w0 = solve_lower(low, (a00 - back * b00, a01 - back * b01, a02 - back * b02))
    w1 = solve_lower(low, (a01 - back * b10, a11 - back * b11, a12 - back * b12))
    w2 = solve_lower(low, (a02 - back * b20, a12 - back * b21, a22 - back * b22))
    w3 = solve_lower(low, (b00 - back * c00, b10 - back * c01, b20 - back * c02))
    w4 = solve_lower(low, (b01 - back * c01, b11 - back * c11, b21 - back * c12))
    w5 = solve_lower(low, (b02 - back * c02, b12 - back * c12, b22 - back * c22))
    x[n, s, 0] += product(w0, g, z)
    x[n, s, 1] += product(w1, g, z)
    x[n, s, 2] += product(w2, g, z)
    x[n, s, 3] += product(w3, g, z)
    x[n, s, 4] += product(w4, g, z)
    x[n, s, 5] += product(w5, g, z)
    p[n, s, 0] = a00 - product(w0, g, w0)
    p[n, s, 1] = a01 - product(w0, g, w1)
    p[n, s, 2] = a02 - product(w0, g, w2)
    p[n, s, 3] = a11 - product(w1, g, w1)
    p[n, s, 4] = a12 - product(w1, g, w2)
    p[n, s, 5] = a22 - product(w2, g, w2)
    p[n, s, 6] = b00 - product(w0, g, w3)
    p[n, s, 7] = b01 - product(w0, g, w4)
    p[n, s, 8] = b02 - product(w0, g, w5)
    p[n, s, 9] = b10 - product(w1, g, w3)
    p[n, s, 10] = b11 - product(w1, g, w4)
    p[n, s, 11] = b12 - product(w1, g, w5)
    p[n, s, 12] = b20 - product(w2, g, w3)
    p[n, s, 13] = b21 - product(w2, g, w4)
    p[n, s, 14] = b22 - product(w2, g, w5)
    p[n, s, 15] = c00 - product(w3, g, w3)
    p[n, s, 16] = c01 - product(w3, g, w4)
    p[n, s, 17] = c02 - product(w3, g, w5)
    p[n, s, 18] = c11 - product(w4, g, w4)
    p[n, s, 19] = c12 - product(w4, g, w5)
    p[n, s, 20] = c22 - product(w5, g, w5)


@part
def begin(x, p, n, s, pos, cov, q, back, speed, density):
    """A new track from plot q: at rest, give or take `speed` (m/s) on each axis, carried forward by `back`."""
    for i in range(3):
        x[n, s, i] = pos[q, i]
        x[n, s, i + 3] = 0.0
    for i in range(6):
        p[n, s, i] = cov[q, i]
    for i in range(6, 21):
        p[n, s, i] = 0.0
    p[n, s, 15] = p[n, s, 18] = p[n, s, 20] = speed * speed
    predict(x, p, n, s, back, density)
