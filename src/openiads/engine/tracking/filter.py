"""What a plot does to a track: its distance, and the update of sixteen tracks at once. docs/equations/tracking.md.

Numbers lie in lanes (lanes.py): k of a track is f[k * LANES], where f begins at its lane.
"""

from __future__ import annotations

import math

from openiads.engine.jit import inlined, part
from openiads.engine.tracking.lanes import LANES


@inlined
def innovation(f, plots, q, back):
    """Plot q minus where a track was `back` seconds before its time: difference (3), covariance (6)."""
    pos, cov = plots.pos, plots.cov
    difference = (
        pos[q, 0] - (f[0 * LANES] - back * f[3 * LANES]),
        pos[q, 1] - (f[1 * LANES] - back * f[4 * LANES]),
        pos[q, 2] - (f[2 * LANES] - back * f[5 * LANES]),
    )
    covariance = (
        cov[q, 0] + f[6 * LANES] - back * (2.0 * f[12 * LANES] - back * f[21 * LANES]),
        cov[q, 1] + f[7 * LANES] - back * (f[13 * LANES] + f[15 * LANES] - back * f[22 * LANES]),
        cov[q, 2] + f[8 * LANES] - back * (f[14 * LANES] + f[18 * LANES] - back * f[23 * LANES]),
        cov[q, 3] + f[9 * LANES] - back * (2.0 * f[16 * LANES] - back * f[24 * LANES]),
        cov[q, 4] + f[10 * LANES] - back * (f[17 * LANES] + f[19 * LANES] - back * f[25 * LANES]),
        cov[q, 5] + f[11 * LANES] - back * (2.0 * f[20 * LANES] - back * f[26 * LANES]),
    )
    return difference, covariance


@inlined
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


@inlined
def solve_lower(low, v):
    """L^-1 v for a unit lower triangle."""
    v1 = v[1] - low[0] * v[0]
    return v[0], v1, v[2] - low[1] * v[0] - low[2] * v1


@inlined
def product(left, g, right):
    """left' diag(g) right."""
    return left[0] * g[0] * right[0] + left[1] * g[1] * right[1] + left[2] * g[2] * right[2]


@part
def turn_to(f, plots, q, back, plot, i):
    """Covariance of a wide plot as if it had been measured in the direction of the track in f, into lane i of a block's plots.

    Along the measured direction its error would go with that of the point. docs/equations/tracking.md.
    """
    gauge, pos, c = plots.gauge, plots.pos, plots.cov
    u0, u1, u2 = pos[q, 0] - gauge[q, 2], pos[q, 1] - gauge[q, 3], pos[q, 2] - gauge[q, 4]
    w0 = f[0] - back * f[3 * LANES] - gauge[q, 2]
    w1 = f[LANES] - back * f[4 * LANES] - gauge[q, 3]
    w2 = f[2 * LANES] - back * f[5 * LANES] - gauge[q, 4]
    size = math.sqrt((u0 * u0 + u1 * u1 + u2 * u2) * (w0 * w0 + w1 * w1 + w2 * w2))
    k, v0, v1, v2 = u0 * w0 + u1 * w1 + u2 * w2, u1 * w2 - u2 * w1, u2 * w0 - u0 * w2, u0 * w1 - u1 * w0
    if k < 0.5 * size:
        return
    k, v0, v1, v2 = k / size, v0 / size, v1 / size, v2 / size
    g = 1.0 / (1.0 + k)  # Rodrigues
    a = (k + g * v0 * v0, g * v0 * v1 - v2, g * v0 * v2 + v1)
    b = (g * v0 * v1 + v2, k + g * v1 * v1, g * v1 * v2 - v0)
    d = (g * v0 * v2 - v1, g * v1 * v2 + v0, k + g * v2 * v2)
    ca, cb, cd = _times(c, q, a), _times(c, q, b), _times(c, q, d)
    plot[3 * LANES + i], plot[4 * LANES + i], plot[5 * LANES + i] = _dot(a, ca), _dot(a, cb), _dot(a, cd)
    plot[6 * LANES + i], plot[7 * LANES + i], plot[8 * LANES + i] = _dot(b, cb), _dot(b, cd), _dot(d, cd)


@part
def _times(c, q, v):
    """Covariance of plot q times a vector."""
    return (
        c[q, 0] * v[0] + c[q, 1] * v[1] + c[q, 2] * v[2],
        c[q, 1] * v[0] + c[q, 3] * v[1] + c[q, 4] * v[2],
        c[q, 2] * v[0] + c[q, 4] * v[1] + c[q, 5] * v[2],
    )


@part
def _dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@inlined
def distance(f, plots, q, back, gate):
    """Squared Mahalanobis distance of plot q from the track that lies in f, and ln of the determinant of its covariance.

    (inf, 0) outside the gate.
    """
    y, c = innovation(f, plots, q, back)
    low, g, determinant = factor(c)
    z = solve_lower(low, y)
    far = product(z, g, z)
    if far > gate:
        return math.inf, 0.0
    return far, math.log(determinant)


@part
def update(f, plot, fit):
    """Take in the plots of a block, one a lane; a lane without one stays as it is, bit by bit.

    P - W D^-1 W' with W = P H' L'^-1 is symmetric by construction, and stays positive. fit[2 * LANES]: squared
    distance and determinant, how well the plot fitted.
    """
    for i in range(LANES):
        back, there = plot[9 * LANES + i], plot[10 * LANES + i]
        a00, a01, a02 = f[6 * LANES + i], f[7 * LANES + i], f[8 * LANES + i]
        a11, a12, a22 = f[9 * LANES + i], f[10 * LANES + i], f[11 * LANES + i]
        b00, b01, b02 = f[12 * LANES + i], f[13 * LANES + i], f[14 * LANES + i]
        b10, b11, b12 = f[15 * LANES + i], f[16 * LANES + i], f[17 * LANES + i]
        b20, b21, b22 = f[18 * LANES + i], f[19 * LANES + i], f[20 * LANES + i]
        c00, c01, c02 = f[21 * LANES + i], f[22 * LANES + i], f[23 * LANES + i]
        c11, c12, c22 = f[24 * LANES + i], f[25 * LANES + i], f[26 * LANES + i]
        y = (
            plot[0 * LANES + i] - (f[0 * LANES + i] - back * f[3 * LANES + i]),
            plot[1 * LANES + i] - (f[1 * LANES + i] - back * f[4 * LANES + i]),
            plot[2 * LANES + i] - (f[2 * LANES + i] - back * f[5 * LANES + i]),
        )
        low, g, determinant = factor((
            plot[3 * LANES + i] + a00 - back * (2.0 * b00 - back * c00),
            plot[4 * LANES + i] + a01 - back * (b01 + b10 - back * c01),
            plot[5 * LANES + i] + a02 - back * (b02 + b20 - back * c02),
            plot[6 * LANES + i] + a11 - back * (2.0 * b11 - back * c11),
            plot[7 * LANES + i] + a12 - back * (b12 + b21 - back * c12),
            plot[8 * LANES + i] + a22 - back * (2.0 * b22 - back * c22),
        ))  # fmt: skip
        z = solve_lower(low, y)
        fit[0 * LANES + i] = product(z, g, z)
        fit[1 * LANES + i] = determinant
        g = (g[0] * there, g[1] * there, g[2] * there)
        w0 = solve_lower(low, (a00 - back * b00, a01 - back * b01, a02 - back * b02))
        w1 = solve_lower(low, (a01 - back * b10, a11 - back * b11, a12 - back * b12))
        w2 = solve_lower(low, (a02 - back * b20, a12 - back * b21, a22 - back * b22))
        w3 = solve_lower(low, (b00 - back * c00, b10 - back * c01, b20 - back * c02))
        w4 = solve_lower(low, (b01 - back * c01, b11 - back * c11, b21 - back * c12))
        w5 = solve_lower(low, (b02 - back * c02, b12 - back * c12, b22 - back * c22))
        f[0 * LANES + i] += product(w0, g, z)
        f[1 * LANES + i] += product(w1, g, z)
        f[2 * LANES + i] += product(w2, g, z)
        f[3 * LANES + i] += product(w3, g, z)
        f[4 * LANES + i] += product(w4, g, z)
        f[5 * LANES + i] += product(w5, g, z)
        f[6 * LANES + i] = a00 - product(w0, g, w0)
        f[7 * LANES + i] = a01 - product(w0, g, w1)
        f[8 * LANES + i] = a02 - product(w0, g, w2)
        f[9 * LANES + i] = a11 - product(w1, g, w1)
        f[10 * LANES + i] = a12 - product(w1, g, w2)
        f[11 * LANES + i] = a22 - product(w2, g, w2)
        f[12 * LANES + i] = b00 - product(w0, g, w3)
        f[13 * LANES + i] = b01 - product(w0, g, w4)
        f[14 * LANES + i] = b02 - product(w0, g, w5)
        f[15 * LANES + i] = b10 - product(w1, g, w3)
        f[16 * LANES + i] = b11 - product(w1, g, w4)
        f[17 * LANES + i] = b12 - product(w1, g, w5)
        f[18 * LANES + i] = b20 - product(w2, g, w3)
        f[19 * LANES + i] = b21 - product(w2, g, w4)
        f[20 * LANES + i] = b22 - product(w2, g, w5)
        f[21 * LANES + i] = c00 - product(w3, g, w3)
        f[22 * LANES + i] = c01 - product(w3, g, w4)
        f[23 * LANES + i] = c02 - product(w3, g, w5)
        f[24 * LANES + i] = c11 - product(w4, g, w4)
        f[25 * LANES + i] = c12 - product(w4, g, w5)
        f[26 * LANES + i] = c22 - product(w5, g, w5)
