"""Measurements of one number: how fast a body opens (range rate), and a bearing without a range. docs/equations/tracking.md.

A scalar step of the extended Kalman filter. A bearing is the plane that stands on it: how far a body lies beside that
plane, over its distance along the ground, is the angle by which it is missed. An angle far away has no bend that a
range would need, so a bearing never needs one.
"""

from __future__ import annotations

import math

from openiads.engine.jit import part
from openiads.engine.sensing import BEARING, RATE
from openiads.engine.tracking.accelerations import symmetric
from openiads.engine.tracking.lanes import LANES, put_in, take_out
from openiads.engine.tracking.models import ACCELERATING, FALLING, TURNING, curved_step

VALUE, VARIANCE, ORIGIN, NORMAL = 0, 1, 2, 5  # places in a gauge


@part
def slope(x, gauge, kind, back, out):
    """What a state (x[6], `back` seconds after the plot) says that was measured; its derivatives into out[6].

    A range rate: (p - o) v / |p - o|. A bearing: (p - o) n / distance along the ground, 0 on the plane itself.
    """
    d0 = x[0] - back * x[3] - gauge[ORIGIN]
    d1 = x[1] - back * x[4] - gauge[ORIGIN + 1]
    d2 = x[2] - back * x[5] - gauge[ORIGIN + 2]
    far = max(1.0, math.sqrt(d0 * d0 + d1 * d1 + d2 * d2))
    if kind == RATE:
        u = (d0 / far, d1 / far, d2 / far)
        value = u[0] * x[3] + u[1] * x[4] + u[2] * x[5]
        for k in range(3):
            out[k] = (x[3 + k] - value * u[k]) / far
            out[3 + k] = u[k] - back * out[k]
        return value
    d, o, n = (
        (d0, d1, d2),
        (gauge[ORIGIN], gauge[ORIGIN + 1], gauge[ORIGIN + 2]),
        (gauge[NORMAL], gauge[NORMAL + 1], gauge[NORMAL + 2]),
    )
    r = max(1.0, math.sqrt(o[0] * o[0] + o[1] * o[1] + o[2] * o[2]))
    up = (d0 * o[0] + d1 * o[1] + d2 * o[2]) / r
    level = max(1.0, math.sqrt(max(0.0, far * far - up * up)))
    beside = (d0 * n[0] + d1 * n[1] + d2 * n[2]) / level
    for k in range(3):
        out[k] = (n[k] - beside * (d[k] - up * o[k] / r) / level) / level
        out[3 + k] = -back * out[k]
    return beside


@part
def before_the_eye(x, gauge, back):
    """Does a state lie on the side of the antenna to which a bearing points? The plane goes through it, and on."""
    n, o = (gauge[NORMAL], gauge[NORMAL + 1], gauge[NORMAL + 2]), (gauge[ORIGIN], gauge[ORIGIN + 1], gauge[ORIGIN + 2])
    ahead = (o[1] * n[2] - o[2] * n[1], o[2] * n[0] - o[0] * n[2], o[0] * n[1] - o[1] * n[0])
    along = 0.0
    for k in range(3):
        along += ahead[k] * (x[k] - back * x[3 + k] - o[k])
    return along > 0.0


@part
def across(p, h, out):
    """P h of a packed covariance (21 numbers of a state) into out[6], and h P h."""
    total = 0.0
    for k in range(3):
        position, velocity = 0.0, 0.0
        for m in range(3):
            position += p[symmetric(k, m)] * h[m] + p[6 + 3 * k + m] * h[3 + m]
            velocity += p[6 + 3 * m + k] * h[m] + p[15 + symmetric(k, m)] * h[3 + m]
        out[k], out[3 + k] = position, velocity
        total += position * h[k] + velocity * h[3 + k]
    return total


@part
def correct(x, p, h, ph, missed, spread):
    """The update of a state x[6], p[21] by what was missed, with the variance of that."""
    for k in range(6):
        x[k] += ph[k] * missed / spread
    for k in range(3):
        for m in range(3):
            p[6 + 3 * k + m] -= ph[k] * ph[3 + m] / spread
            if m >= k:
                p[symmetric(k, m)] -= ph[k] * ph[m] / spread
                p[15 + symmetric(k, m)] -= ph[3 + k] * ph[3 + m] / spread


@part
def single_distance(f, plots, q, back, one):
    """Squared distance of the one number of plot q from the track that lies in f, and ln of its variance.

    (inf, 0) behind the antenna.
    """
    x, p, gauge, kind = one.x, one.p, plots.gauge[q], plots.single[q]
    take_out(f, x, p)
    if kind == BEARING and not before_the_eye(x, gauge, back):
        return math.inf, 0.0
    missed = gauge[VALUE] - slope(x, gauge, kind, back, one.slope)
    spread = across(p, one.slope, one.cross) + gauge[VARIANCE]
    return missed * missed / spread, math.log(spread)


@part
def begin_with_rate(plots, q, back, one):
    """What a range rate says of the velocity of a new track, which `one` holds."""
    x, p, gauge = one.x, one.p, plots.gauge[q]
    missed = gauge[VALUE] - slope(x, gauge, RATE, back, one.slope)
    spread = across(p, one.slope, one.cross) + gauge[VARIANCE]
    correct(x, p, one.slope, one.cross, missed, spread)


@part
def single_update(f, extra, kind, drag, i, what, gauge, back, step, one, fit):
    """Take the one number of a plot, `back` seconds old, into lane i of a model; multiplies its likelihood into fit."""
    x, p, h, ph = one.x, one.p, one.slope, one.cross
    take_out(f[i:], x, p)
    value, unsure = slope(x, gauge, what, back, h), 0.0
    if back != 0.0 and (kind == TURNING or kind == FALLING):
        value, unsure = _as_it_was(f, extra, kind, drag, i, what, gauge, back, step, one)
    missed = gauge[VALUE] - value
    spread = across(p, h, ph) + gauge[VARIANCE] + unsure
    if kind == TURNING:
        _learn_rate(extra, i, h, ph, missed, spread)
    elif kind == ACCELERATING:
        _learn_acceleration(extra, i, h, ph, missed, spread)
    correct(x, p, h, ph, missed, spread)
    put_in(f[i:], x, p)
    fit[i] += missed * missed / spread
    fit[LANES + i] *= spread


@part
def _as_it_was(f, extra, kind, drag, i, what, gauge, back, step, one):
    """What would be measured of a body that has not flown straight since, and what the error of a turn rate makes of it."""
    curved_step(f, extra, kind, i, -back, drag, step)
    for k in range(6):
        one.then[k] = step[k * LANES + i]
    value, turned = slope(one.then, gauge, what, 0.0, one.there), 0.0
    if kind == TURNING:
        for k in range(6):
            turned += one.there[k] * step[(24 + k) * LANES + i]
        turned *= turned * extra[LANES + i]
    return value, turned


@part
def _learn_rate(rates, i, h, ph, missed, spread):
    """The turn rate, by its covariance with what was measured."""
    seen = 0.0
    for k in range(6):
        seen += rates[(2 + k) * LANES + i] * h[k]
    rates[i] += seen * missed / spread
    rates[LANES + i] -= seen * seen / spread
    for k in range(6):
        rates[(2 + k) * LANES + i] -= seen * ph[k] / spread


@part
def _learn_acceleration(extra, i, h, ph, missed, spread):
    """The acceleration, by its covariance with what was measured: rows of extra as in accelerations.py."""
    s0, s1, s2 = 0.0, 0.0, 0.0
    for k in range(6):
        s0 += extra[(3 + 3 * k) * LANES + i] * h[k]
        s1 += extra[(4 + 3 * k) * LANES + i] * h[k]
        s2 += extra[(5 + 3 * k) * LANES + i] * h[k]
    seen = (s0, s1, s2)
    for m in range(3):
        extra[m * LANES + i] += seen[m] * missed / spread
        for k in range(6):
            extra[(3 + 3 * k + m) * LANES + i] -= ph[k] * seen[m] / spread
        for k in range(m, 3):
            extra[(21 + symmetric(m, k)) * LANES + i] -= seen[m] * seen[k] / spread
