"""What an accelerating track keeps beside position and velocity: its acceleration. docs/equations/tracking.md.

All 27 rows of `extra`: 0-2 acceleration a (m/s2); 3-11 covariance D of position i with a j, row by row; 12-20 E of
velocity i with a j; 21-26 U of a, as position.
"""

from __future__ import annotations

from openiads.engine.jit import part
from openiads.engine.sensing import NOTHING
from openiads.engine.tracking.filter import factor, product, solve_lower
from openiads.engine.tracking.lanes import LANES, ROWS

ACCELERATION = 20.0  # m/s2, one sigma on each axis at which an acceleration begins: 2 g
_D, _E, _U = 3, 12, 21  # first rows in extra
_A, _B, _C = 6, 12, 21  # in the block


@part
def symmetric(k, m):
    """Where element k, m of a symmetric 3x3 lies among its six."""
    return k + m + (k > 0 and m > 0)


@part
def unpushed(extra, i):
    """A new track: as likely to accelerate any way."""
    for k in range(ROWS):
        extra[k * LANES + i] = 0.0
    for k in (0, 3, 5):
        extra[(_U + k) * LANES + i] = ACCELERATION * ACCELERATION


@part
def accelerate(f, extra, dt, density, spans):
    """The tracks of a block forward by dt (s). The acceleration jumps at the beginning of a step, by a variance density dt."""
    for i in range(LANES):
        spans[i] = dt
        for k in (0, 3, 5):
            extra[(_U + k) * LANES + i] += density * dt
    move(f, extra, spans)


@part
def move(f, extra, spans):
    """Each track of a block by a time of its own (s), which may be negative, without noise; by no time: bit by bit.

    P' = F P F' with r' = r + t v + h a, v' = v + t a, h = t2 / 2, in an order in which each line needs only what is old.
    """
    for k in range(3):
        for m in range(k, 3):
            a, c, u = _A + symmetric(k, m), _C + symmetric(k, m), _U + symmetric(k, m)
            b, bt, d, dt, e, et = 3 * k + m, 3 * m + k, _D + 3 * k + m, _D + 3 * m + k, _E + 3 * k + m, _E + 3 * m + k
            for i in range(LANES):
                t = spans[i]
                h = 0.5 * t * t
                f[a * LANES + i] += (
                    t * (f[(_B + b) * LANES + i] + f[(_B + bt) * LANES + i] + t * f[c * LANES + i])
                    + h * (extra[d * LANES + i] + extra[dt * LANES + i])
                    + h * (t * (extra[e * LANES + i] + extra[et * LANES + i]) + h * extra[u * LANES + i])
                )
    for k in range(3):
        for m in range(3):
            b, c, u = _B + 3 * k + m, _C + symmetric(k, m), _U + symmetric(k, m)
            d, e, et = _D + 3 * k + m, _E + 3 * k + m, _E + 3 * m + k
            for i in range(LANES):
                t = spans[i]
                h = 0.5 * t * t
                f[b * LANES + i] += (
                    t * (f[c * LANES + i] + extra[d * LANES + i] + t * extra[e * LANES + i])
                    + h * (extra[et * LANES + i] + t * extra[u * LANES + i])
                )  # fmt: skip
    for k in range(3):
        for m in range(3):
            c, u, d, e = _C + symmetric(k, m), _U + symmetric(k, m), _D + 3 * k + m, _E + 3 * k + m
            et = _E + 3 * m + k
            for i in range(LANES):
                t = spans[i]
                if m >= k:
                    f[c * LANES + i] += t * (extra[e * LANES + i] + extra[et * LANES + i] + t * extra[u * LANES + i])
                extra[d * LANES + i] += t * (extra[e * LANES + i] + 0.5 * t * extra[u * LANES + i])
    for k in range(3):
        for m in range(3):
            e, u = _E + 3 * k + m, _U + symmetric(k, m)
            for i in range(LANES):
                extra[e * LANES + i] += spans[i] * extra[u * LANES + i]
        for i in range(LANES):
            t = spans[i]
            f[k * LANES + i] += t * (f[(3 + k) * LANES + i] + 0.5 * t * extra[k * LANES + i])
            f[(3 + k) * LANES + i] += t * extra[k * LANES + i]


@part
def rewind(f, extra, plot, single, bent, spans):
    """Each track of a block back to where its plot saw it, where it is updated: the plots are of that moment in bent."""
    for k in range(11 * LANES):
        bent[k] = plot[k]
    for i in range(LANES):
        spans[i] = -plot[9 * LANES + i] if plot[10 * LANES + i] > 0.0 or single[i] != NOTHING else 0.0
        bent[9 * LANES + i] = 0.0
    move(f, extra, spans)


@part
def forward(f, extra, spans):
    """Each track of a block to where it was before `rewind`."""
    for i in range(LANES):
        spans[i] = -spans[i]
    move(f, extra, spans)


@part
def feel(f, extra, plot):
    """What plots of this moment say about the accelerations; before `update`, whose covariance it needs: P - W D^-1 W'."""
    for i in range(LANES):
        there = plot[10 * LANES + i]
        a00, a01, a02 = f[6 * LANES + i], f[7 * LANES + i], f[8 * LANES + i]
        a11, a12, a22 = f[9 * LANES + i], f[10 * LANES + i], f[11 * LANES + i]
        low, g, _ = factor((
            plot[3 * LANES + i] + a00, plot[4 * LANES + i] + a01, plot[5 * LANES + i] + a02,
            plot[6 * LANES + i] + a11, plot[7 * LANES + i] + a12, plot[8 * LANES + i] + a22,
        ))  # fmt: skip
        g = (g[0] * there, g[1] * there, g[2] * there)
        z = solve_lower(low, (
            plot[0 * LANES + i] - f[0 * LANES + i], plot[1 * LANES + i] - f[1 * LANES + i], plot[2 * LANES + i] - f[2 * LANES + i],
        ))  # fmt: skip
        w0 = solve_lower(low, (extra[3 * LANES + i], extra[6 * LANES + i], extra[9 * LANES + i]))
        w1 = solve_lower(low, (extra[4 * LANES + i], extra[7 * LANES + i], extra[10 * LANES + i]))
        w2 = solve_lower(low, (extra[5 * LANES + i], extra[8 * LANES + i], extra[11 * LANES + i]))
        extra[0 * LANES + i] += product(w0, g, z)
        extra[1 * LANES + i] += product(w1, g, z)
        extra[2 * LANES + i] += product(w2, g, z)
        extra[21 * LANES + i] -= product(w0, g, w0)
        extra[22 * LANES + i] -= product(w0, g, w1)
        extra[23 * LANES + i] -= product(w0, g, w2)
        extra[24 * LANES + i] -= product(w1, g, w1)
        extra[25 * LANES + i] -= product(w1, g, w2)
        extra[26 * LANES + i] -= product(w2, g, w2)
        for k in range(3):
            r = solve_lower(low, (
                f[(_A + k) * LANES + i], f[(_A + symmetric(k, 1)) * LANES + i], f[(_A + symmetric(k, 2)) * LANES + i],
            ))  # fmt: skip
            v = solve_lower(low, (f[(_B + k) * LANES + i], f[(_B + 3 + k) * LANES + i], f[(_B + 6 + k) * LANES + i]))
            extra[(_D + 3 * k) * LANES + i] -= product(r, g, w0)
            extra[(_D + 3 * k + 1) * LANES + i] -= product(r, g, w1)
            extra[(_D + 3 * k + 2) * LANES + i] -= product(r, g, w2)
            extra[(_E + 3 * k) * LANES + i] -= product(v, g, w0)
            extra[(_E + 3 * k + 1) * LANES + i] -= product(v, g, w1)
            extra[(_E + 3 * k + 2) * LANES + i] -= product(v, g, w2)


@part
def mix_accelerations(extra, f, mixed, weight):
    """The acceleration at the start of a step: its own, or, as far as another model led here, one about to begin.

    Moments of a mixture as in rates.py; f: the accelerating model before mixing, weight: how much of it is its own.
    """
    for i in range(LANES):
        w = weight[i]
        for k in range(3):
            for m in range(k, 3):
                row = (_U + symmetric(k, m)) * LANES + i
                extra[row] = w * (extra[row] + (1.0 - w) * extra[k * LANES + i] * extra[m * LANES + i])
                if m == k:
                    extra[row] += (1.0 - w) * ACCELERATION * ACCELERATION
        for k in range(6):
            gap = f[k * LANES + i] - mixed[k * LANES + i]
            for m in range(3):
                row = (_D + 3 * k + m) * LANES + i
                extra[row] = w * (extra[row] + gap * extra[m * LANES + i])
        for k in range(3):
            extra[k * LANES + i] *= w
