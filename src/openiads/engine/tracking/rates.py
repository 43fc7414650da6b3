"""How fast a turning track turns: a seventh number beside its position and velocity. docs/equations/tracking.md.

The first eight rows of `extra`: the rate (rad/s about the vertical), its variance, its covariance with position and
velocity. They have their own place because no other model has them.
"""

from __future__ import annotations

from openiads.engine.jit import part
from openiads.engine.tracking.filter import factor, solve_lower
from openiads.engine.tracking.lanes import LANES

RATE = 0.1  # rad/s, one sigma of the rate at which a turn begins: 2 g at 200 m/s
MOST = 0.3  # rad/s: no aircraft that a radar follows turns faster for long
DRIFT = 1e-5  # rad2/s3: how the variance of a rate grows


@part
def at_rest(rates, i):
    """A new track: as likely to turn left as right."""
    for k in range(8):
        rates[k * LANES + i] = 0.0
    rates[LANES + i] = RATE * RATE


@part
def push(f, rates, step, dt):
    """The covariance of the rate with a state that is carried forward: F c + J variance; J: rows 24-29 of step.

    Leaves F c in rows 30-35 of step, and in row 36 the variance of the acceleration that the derivatives leave out: the
    rate's error times the velocity's, and the square of its own.
    """
    for i in range(LANES):
        w0, w1, w2 = f[3 * LANES + i], f[4 * LANES + i], f[5 * LANES + i]
        wide = (f[21 * LANES + i] + f[24 * LANES + i] + f[26 * LANES + i]) / 2.0
        fast = w0 * w0 + w1 * w1 + w2 * w2
        square = rates[1 * LANES + i]
        step[36 * LANES + i] = square * (wide + 0.5 * square * dt * dt * fast)
        v0, v1, v2 = rates[5 * LANES + i], rates[6 * LANES + i], rates[7 * LANES + i]
        variance = rates[1 * LANES + i]
        for k in range(3):
            g, h = 6 + 3 * k, 15 + 3 * k
            x = (
                rates[(2 + k) * LANES + i]
                + step[g * LANES + i] * v0
                + step[(g + 1) * LANES + i] * v1
                + step[(g + 2) * LANES + i] * v2
            )
            v = step[h * LANES + i] * v0 + step[(h + 1) * LANES + i] * v1 + step[(h + 2) * LANES + i] * v2
            step[(30 + k) * LANES + i], step[(33 + k) * LANES + i] = x, v
            rates[(2 + k) * LANES + i] = x + step[(24 + k) * LANES + i] * variance
        for k in range(3):
            rates[(5 + k) * LANES + i] = step[(33 + k) * LANES + i] + step[(27 + k) * LANES + i] * variance
        rates[1 * LANES + i] = variance + DRIFT * dt


@part
def blur(f, rates, step):
    """What the rate's error adds to the covariance of the state: J c' + (F c) J', c as push has left it."""
    for i in range(LANES):
        for k in range(3):
            jx, jv = step[(24 + k) * LANES + i], step[(27 + k) * LANES + i]
            cx, cv = step[(30 + k) * LANES + i], step[(33 + k) * LANES + i]
            for m in range(3):
                nx, nv = rates[(2 + m) * LANES + i], rates[(5 + m) * LANES + i]
                f[(12 + 3 * k + m) * LANES + i] += jx * nv + cx * step[(27 + m) * LANES + i]
                if m >= k:
                    row = m + k + (k > 0)
                    f[(6 + row) * LANES + i] += jx * nx + cx * step[(24 + m) * LANES + i]
                    f[(21 + row) * LANES + i] += jv * nv + cv * step[(27 + m) * LANES + i]


@part
def learn(f, rates, plot):
    """What the plots of a block say about the rates; before `update`, whose covariance it needs.

    The innovation is written out as in `update`: shared as a function of the lane, neither loop fills the lanes (an
    update then takes 43 ns a track, not 5).
    """
    for i in range(LANES):
        back, there = plot[9 * LANES + i], plot[10 * LANES + i]
        y = (
            plot[0 * LANES + i] - (f[0 * LANES + i] - back * f[3 * LANES + i]),
            plot[1 * LANES + i] - (f[1 * LANES + i] - back * f[4 * LANES + i]),
            plot[2 * LANES + i] - (f[2 * LANES + i] - back * f[5 * LANES + i]),
        )
        a00, a01, a02 = f[6 * LANES + i], f[7 * LANES + i], f[8 * LANES + i]
        a11, a12, a22 = f[9 * LANES + i], f[10 * LANES + i], f[11 * LANES + i]
        b00, b01, b02 = f[12 * LANES + i], f[13 * LANES + i], f[14 * LANES + i]
        b10, b11, b12 = f[15 * LANES + i], f[16 * LANES + i], f[17 * LANES + i]
        b20, b21, b22 = f[18 * LANES + i], f[19 * LANES + i], f[20 * LANES + i]
        c00, c01, c02 = f[21 * LANES + i], f[22 * LANES + i], f[23 * LANES + i]
        c11, c12, c22 = f[24 * LANES + i], f[25 * LANES + i], f[26 * LANES + i]
        low, g, _ = factor((
            plot[3 * LANES + i] + a00 - back * (2.0 * b00 - back * c00),
            plot[4 * LANES + i] + a01 - back * (b01 + b10 - back * c01),
            plot[5 * LANES + i] + a02 - back * (b02 + b20 - back * c02),
            plot[6 * LANES + i] + a11 - back * (2.0 * b11 - back * c11),
            plot[7 * LANES + i] + a12 - back * (b12 + b21 - back * c12),
            plot[8 * LANES + i] + a22 - back * (2.0 * b22 - back * c22),
        ))  # fmt: skip
        seen = (
            rates[2 * LANES + i] - back * rates[5 * LANES + i],
            rates[3 * LANES + i] - back * rates[6 * LANES + i],
            rates[4 * LANES + i] - back * rates[7 * LANES + i],
        )
        z = solve_lower(low, seen)
        q2 = g[2] * z[2] * there
        q1 = g[1] * z[1] * there - low[2] * q2
        q0 = g[0] * z[0] * there - low[0] * q1 - low[1] * q2
        rate = rates[0 * LANES + i] + q0 * y[0] + q1 * y[1] + q2 * y[2]
        rates[0 * LANES + i] = min(MOST, max(-MOST, rate))
        rates[1 * LANES + i] -= q0 * seen[0] + q1 * seen[1] + q2 * seen[2]
        rates[2 * LANES + i] -= q0 * (a00 - back * b00) + q1 * (a01 - back * b01) + q2 * (a02 - back * b02)
        rates[3 * LANES + i] -= q0 * (a01 - back * b10) + q1 * (a11 - back * b11) + q2 * (a12 - back * b12)
        rates[4 * LANES + i] -= q0 * (a02 - back * b20) + q1 * (a12 - back * b21) + q2 * (a22 - back * b22)
        rates[5 * LANES + i] -= q0 * (b00 - back * c00) + q1 * (b10 - back * c01) + q2 * (b20 - back * c02)
        rates[6 * LANES + i] -= q0 * (b01 - back * c01) + q1 * (b11 - back * c11) + q2 * (b21 - back * c12)
        rates[7 * LANES + i] -= q0 * (b02 - back * c02) + q1 * (b12 - back * c12) + q2 * (b22 - back * c22)


@part
def mix_rates(rates, f, mixed, weight):
    """The rate at the start of a step: its own, or, as far as another model led here, that of a turn about to begin.

    Moments of a mixture; f: the turning model before mixing, weight: how much of it is its own.
    """
    for i in range(LANES):
        w, rate = weight[i], rates[i]
        mean = w * rate
        rates[1 * LANES + i] = w * (rates[1 * LANES + i] + (rate - mean) ** 2) + (1.0 - w) * (RATE * RATE + mean * mean)
        rates[i] = mean
        for k in range(6):
            # sum over models of weight (x - mean x) (rate - mean rate), where only the turning model's rate is not 0;
            # (x - mean x) sums to nothing
            gap = f[k * LANES + i] - mixed[k * LANES + i]
            rates[(2 + k) * LANES + i] = w * (rates[(2 + k) * LANES + i] + gap * rate)
