"""Several models of one track at once: mix before a step, weigh after a plot, combine for whoever reads.

Interacting multiple models (Blom, Bar-Shalom 1988). With one model nothing is mixed and the model is the estimate.
"""

from __future__ import annotations

import math

from openiads.engine.jit import part
from openiads.engine.sensing import BEARING, NOTHING
from openiads.engine.tracking.accelerations import feel, forward, mix_accelerations, rewind
from openiads.engine.tracking.filter import turn_to, update
from openiads.engine.tracking.lanes import LANES, SIZE, lane, model_of
from openiads.engine.tracking.models import ACCELERATING, STRAIGHT, TURNING, curved_step, predict
from openiads.engine.tracking.rates import learn, mix_rates
from openiads.engine.tracking.single import single_update

_LEAST = 1e-4  # probability that a model keeps, so that it can come back
_NONE = -1e300  # logarithm of a likelihood that could not be told


@part
def carry(trackers, tracks, lanes, n, blocks, b, dt):
    """Every track of a block forward by dt (s): mix, predict each model, combine."""
    bank, share, models = tracks.bank, tracks.share, tracks.share.shape[2]
    if models > 1:
        mix(trackers, share, bank, tracks.extra, lanes, n, blocks, b, dt)
    for m in range(models):
        density = trackers.accel[n, m] * trackers.accel[n, m]
        f, extra = model_of(bank, blocks, models, n, b, m), model_of(tracks.extra, blocks, models, n, b, m)
        predict(f, extra, trackers.kind[m], dt, density, trackers.drag[m], lanes.step)
    combine(share, bank, lanes, n, blocks, b)


@part
def mix(trackers, share, bank, extra, lanes, n, blocks, b, dt):
    """What each model starts from: all of them, weighted by how likely each led to it; and its new probability."""
    models, first = share.shape[2], b * LANES
    wide = min(LANES, share.shape[1] - first)
    for j in range(models):
        out = lanes.mixed[j * SIZE : (j + 1) * SIZE]
        for i in range(wide):
            total = 0.0
            for m in range(models):
                lanes.weight[m * LANES + i] = passage(trackers, m, j, models, dt) * share[n, first + i, m]
                total += lanes.weight[m * LANES + i]
            for m in range(models):
                lanes.weight[m * LANES + i] /= max(total, 1e-300)
        moment_match(bank, lanes, n, blocks, b, models, out)
        before, more = model_of(bank, blocks, models, n, b, j), model_of(extra, blocks, models, n, b, j)
        own = lanes.weight[j * LANES : (j + 1) * LANES]
        if trackers.kind[j] == TURNING:
            mix_rates(more, before, out, own)
        elif trackers.kind[j] == ACCELERATING:
            mix_accelerations(more, before, out, own)
    for i in range(wide):
        for j in range(models):
            lanes.weight[j * LANES + i] = 0.0
            for m in range(models):
                lanes.weight[j * LANES + i] += passage(trackers, m, j, models, dt) * share[n, first + i, m]
        for j in range(models):
            share[n, first + i, j] = lanes.weight[j * LANES + i]
    for j in range(models):
        f, mixed = model_of(bank, blocks, models, n, b, j), lanes.mixed[j * SIZE : (j + 1) * SIZE]
        for k in range(SIZE):
            f[k] = mixed[k]


@part
def passage(trackers, m, j, models, dt):
    """Probability that model m has become j after dt (s): it lasts trackers.sojourn[m] s on average."""
    stays = math.exp(-dt / trackers.sojourn[m])
    return stays if m == j else (1.0 - stays) / (models - 1)


@part
def combine(share, bank, lanes, n, blocks, b):
    """One estimate of every track of a block, where it has several models."""
    models, first = share.shape[2], b * LANES
    if models == 1:
        return
    for i in range(min(LANES, share.shape[1] - first)):
        for m in range(models):
            lanes.weight[m * LANES + i] = share[n, first + i, m]
    moment_match(bank, lanes, n, blocks, b, models, lanes.best[b * SIZE : (b + 1) * SIZE])


@part
def moment_match(bank, lanes, n, blocks, b, models, out):
    """Mean and covariance of a mixture of the models with the weights of `lanes`, into out."""
    for k in range(SIZE):
        out[k] = 0.0
    for m in range(models):
        add_mean(out, model_of(bank, blocks, models, n, b, m), lanes.weight[m * LANES : (m + 1) * LANES])
    for m in range(models):
        add_covariance(out, model_of(bank, blocks, models, n, b, m), lanes.weight[m * LANES : (m + 1) * LANES])


@part
def add_mean(out, f, weight):
    for i in range(LANES):
        w = weight[i]
        out[0 * LANES + i] += w * f[0 * LANES + i]
        out[1 * LANES + i] += w * f[1 * LANES + i]
        out[2 * LANES + i] += w * f[2 * LANES + i]
        out[3 * LANES + i] += w * f[3 * LANES + i]
        out[4 * LANES + i] += w * f[4 * LANES + i]
        out[5 * LANES + i] += w * f[5 * LANES + i]


@part
def add_covariance(out, f, weight):
    """w (P + d d'), d from the mean that `out` holds already."""
    for i in range(LANES):
        w = weight[i]
        d0, d1, d2 = (
            f[0 * LANES + i] - out[0 * LANES + i],
            f[1 * LANES + i] - out[1 * LANES + i],
            f[2 * LANES + i] - out[2 * LANES + i],
        )
        e0, e1, e2 = (
            f[3 * LANES + i] - out[3 * LANES + i],
            f[4 * LANES + i] - out[4 * LANES + i],
            f[5 * LANES + i] - out[5 * LANES + i],
        )
        out[6 * LANES + i] += w * (f[6 * LANES + i] + d0 * d0)
        out[7 * LANES + i] += w * (f[7 * LANES + i] + d0 * d1)
        out[8 * LANES + i] += w * (f[8 * LANES + i] + d0 * d2)
        out[9 * LANES + i] += w * (f[9 * LANES + i] + d1 * d1)
        out[10 * LANES + i] += w * (f[10 * LANES + i] + d1 * d2)
        out[11 * LANES + i] += w * (f[11 * LANES + i] + d2 * d2)
        out[12 * LANES + i] += w * (f[12 * LANES + i] + d0 * e0)
        out[13 * LANES + i] += w * (f[13 * LANES + i] + d0 * e1)
        out[14 * LANES + i] += w * (f[14 * LANES + i] + d0 * e2)
        out[15 * LANES + i] += w * (f[15 * LANES + i] + d1 * e0)
        out[16 * LANES + i] += w * (f[16 * LANES + i] + d1 * e1)
        out[17 * LANES + i] += w * (f[17 * LANES + i] + d1 * e2)
        out[18 * LANES + i] += w * (f[18 * LANES + i] + d2 * e0)
        out[19 * LANES + i] += w * (f[19 * LANES + i] + d2 * e1)
        out[20 * LANES + i] += w * (f[20 * LANES + i] + d2 * e2)
        out[21 * LANES + i] += w * (f[21 * LANES + i] + e0 * e0)
        out[22 * LANES + i] += w * (f[22 * LANES + i] + e0 * e1)
        out[23 * LANES + i] += w * (f[23 * LANES + i] + e0 * e2)
        out[24 * LANES + i] += w * (f[24 * LANES + i] + e1 * e1)
        out[25 * LANES + i] += w * (f[25 * LANES + i] + e1 * e2)
        out[26 * LANES + i] += w * (f[26 * LANES + i] + e2 * e2)


@part
def hand_over(best, lanes, plots, q, s, back):
    """Plot q, `back` seconds old, to the lane of slot s, whose estimate lies in `best`."""
    b, i = s // LANES, s % LANES
    for k in range(3):
        lanes.plot[b, k * LANES + i] = plots.pos[q, k]
    for k in range(6):
        lanes.plot[b, (3 + k) * LANES + i] = plots.cov[q, k]
    if plots.wide[q]:
        turn_to(lane(best, s), plots, q, back, lanes.plot[b], i)
    lanes.plot[b, 9 * LANES + i] = back
    lanes.plot[b, 10 * LANES + i] = plots.single[q] != BEARING
    lanes.single[s] = plots.single[q]
    if plots.single[q] != NOTHING:
        for k in range(8):
            lanes.gauge[s, k] = plots.gauge[q, k]
    lanes.some[b] = True


@part
def take_in(trackers, tracks, lanes, n, blocks, b):
    """Update the tracks of a block with the plots handed over to them."""
    update_models(trackers, tracks, lanes, n, blocks, b)
    combine(tracks.share, tracks.bank, lanes, n, blocks, b)


@part
def update_models(trackers, tracks, lanes, n, blocks, b):
    """All models of the tracks of a block with the plots handed over to them, and how likely each model is then."""
    share, models, first = tracks.share, tracks.share.shape[2], b * LANES
    singles = False
    for i in range(LANES):
        singles |= lanes.single[first + i] != NOTHING
    for m in range(models):
        f, extra = model_of(tracks.bank, blocks, models, n, b, m), model_of(tracks.extra, blocks, models, n, b, m)
        update_model(trackers, lanes, f, extra, m, b, singles)
    if models > 1:
        for i in range(LANES):
            if lanes.plot[b, 10 * LANES + i] > 0.0 or lanes.single[first + i] == BEARING:
                weigh(share, lanes.fit, n, first + i, i)


@part
def update_model(trackers, lanes, f, extra, m, b, singles):
    """One model of every track of a block: the points of its plots, then their single numbers."""
    kind, plot, fit = trackers.kind[m], lanes.plot[b], lanes.fit[2 * m * LANES : 2 * (m + 1) * LANES]
    if kind == STRAIGHT:
        update(f, plot, fit)
    elif kind == ACCELERATING:
        rewind(f, extra, plot, lanes.single[b * LANES : (b + 1) * LANES], lanes.bent, lanes.step)
        feel(f, extra, lanes.bent)
        update(f, lanes.bent, fit)
    else:
        unbend(f, extra, kind, trackers.drag[m], plot, lanes.bent, lanes.step)
        if kind == TURNING:
            learn(f, extra, lanes.bent)
        update(f, lanes.bent, fit)
    if singles:
        for i in range(LANES):
            what = lanes.single[b * LANES + i]
            if plot[10 * LANES + i] == 0.0:
                fit[i], fit[LANES + i] = 0.0, 1.0
            if what != NOTHING:
                back = plot[9 * LANES + i] if kind != ACCELERATING else 0.0
                single_update(f, extra, kind, trackers.drag[m], i, what, lanes.gauge[b * LANES + i], back,
                              lanes.step, lanes.one, fit)  # fmt: skip
    if kind == ACCELERATING:
        forward(f, extra, lanes.step)


@part
def unbend(f, extra, kind, drag, plot, bent, step):
    """The plots of a block where a track would have been seen that had flown straight: `update` looks back that way.

    A model that turns was elsewhere `back` seconds ago than its velocity says: 230 m at 3 g and 4 s. What the error of
    the rate makes of it is added to that of the plot.
    """
    for k in range(11 * LANES):
        bent[k] = plot[k]
    for i in range(LANES):
        back = plot[9 * LANES + i]
        if plot[10 * LANES + i] > 0.0 and back > 0.0:
            curved_step(f, extra, kind, i, -back, drag, step)
            for k in range(3):
                bent[k * LANES + i] -= step[k * LANES + i] - (f[k * LANES + i] - back * f[(k + 3) * LANES + i])
            if kind == TURNING:
                variance, row = extra[LANES + i], 3
                for k in range(3):
                    for m in range(k, 3):
                        bent[row * LANES + i] += variance * step[(24 + k) * LANES + i] * step[(24 + m) * LANES + i]
                        row += 1


@part
def weigh(share, fit, n, s, i):
    """Probabilities of the models of a track after a plot: each by the likelihood it gave to the plot."""
    models, best, total = share.shape[2], _NONE, 0.0
    for m in range(models):
        far, determinant = fit[2 * m * LANES + i], fit[(2 * m + 1) * LANES + i]
        told = far >= 0.0 and far < math.inf and determinant > 0.0 and determinant < math.inf
        fit[2 * m * LANES + i] = -0.5 * (far + math.log(determinant)) if told else _NONE
        best = max(best, fit[2 * m * LANES + i])
    for m in range(models):
        share[n, s, m] = max(_LEAST, share[n, s, m] * math.exp(fit[2 * m * LANES + i] - best))
        total += share[n, s, m]
    for m in range(models):
        share[n, s, m] /= total
