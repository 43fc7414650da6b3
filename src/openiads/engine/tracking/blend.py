"""A track that is updated by every plot it may have caused, each with its probability (JPDA). docs/equations/tracking.md.

Each candidate updates all models of the track by itself, as if it were the one; what comes out is the mixture of these
and of the track without a plot: mean and covariance of each model, and the probabilities of the models.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from openiads.engine.bundle import bundle
from openiads.engine.jit import part
from openiads.engine.sensing import NOTHING
from openiads.engine.tracking.grid import FIRM, TENTATIVE, measure, put_box, widen
from openiads.engine.tracking.imm import combine, hand_over, update_models
from openiads.engine.tracking.lanes import LANES, SIZE, model_of
from openiads.engine.tracking.models import TURNING

# Which two numbers of the state a row of a packed covariance belongs to.
_A = np.array([0, 0, 0, 1, 1, 2, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 5])
_B = np.array([0, 1, 2, 1, 2, 2, 3, 4, 5, 3, 4, 5, 3, 4, 5, 3, 4, 5, 4, 5, 5])


@bundle
class Blend(NamedTuple):
    """A block before its plots, and sums over the candidates; nothing in it is read later."""

    before: np.ndarray  # float64[M * SIZE] models
    more: np.ndarray  # float64[M * SIZE] their extra
    share: np.ndarray  # float64[M * LANES]
    total: np.ndarray  # float64[M * SIZE] of states less `before`, and of squares
    rates: np.ndarray  # float64[M * 8 * LANES] of turn rates: mean, square, products with the state
    weight: np.ndarray  # float64[M * LANES] probability
    chance: np.ndarray  # float64[LANES] of the candidate of each lane
    next: np.ndarray  # int64[LANES] its pair, -1 for none


def empty_blend(models: int) -> Blend:
    """Room for one block."""
    return Blend(
        np.zeros(models * SIZE), np.zeros(models * SIZE), np.zeros(models * LANES), np.zeros(models * SIZE),
        np.zeros(models * 8 * LANES), np.zeros(models * LANES), np.zeros(LANES), np.zeros(LANES, np.int64),
    )  # fmt: skip


@part
def blend_all(trackers, plots, tracks, scratch, turn):
    """Update every firm track of the pairs of a pass; their heads are taken off again."""
    pairs, head, blocks = scratch.pairs, scratch.joint.head, scratch.lanes.some.size
    for e in range(pairs.first[turn.last - turn.first]):
        s = pairs.slot[e]
        if head[s] >= 0 and tracks.status[turn.node, s] == FIRM:
            blend(trackers, plots, tracks, scratch, turn, blocks, s // LANES)


@part
def blend(trackers, plots, tracks, scratch, turn, blocks, b):
    """The tracks of one block that have candidates."""
    n, mix, joint, lanes, first = turn.node, scratch.blend, scratch.joint, scratch.lanes, b * LANES
    models = tracks.share.shape[2]
    keep(tracks, mix, n, blocks, b)
    for i in range(LANES):
        mix.next[i] = joint.head[first + i] if first + i < tracks.status.shape[1] else -1
        if mix.next[i] >= 0:
            mix.chance[i], e = 1.0, mix.next[i]
            while e >= 0:
                mix.chance[i] -= joint.beta[e]
                e = joint.follow[e]
            mix.chance[i] = max(0.0, mix.chance[i])
            add(trackers, tracks, mix, n, blocks, b, i)
    while True:
        some = False
        for i in range(LANES):
            e = mix.next[i]
            if e >= 0:
                q = turn.first + joint.row[e]
                hand_over(turn.best, lanes, plots, q, first + i, turn.t1 - plots.t[q])
                mix.chance[i] = joint.beta[e]
                some = True
        if not some:
            break
        update_models(trackers, tracks, lanes, n, blocks, b)
        for i in range(LANES):
            if mix.next[i] >= 0:
                add(trackers, tracks, mix, n, blocks, b, i)
                mix.next[i] = joint.follow[mix.next[i]]
                lanes.plot[b, 10 * LANES + i], lanes.single[first + i] = 0.0, NOTHING
        restore(tracks, mix, n, blocks, b)
    for i in range(LANES):
        if first + i < tracks.status.shape[1] and joint.head[first + i] >= 0:
            for m in range(models):
                settle_model(trackers, tracks, mix, n, blocks, b, m, i)
    combine(tracks.share, tracks.bank, lanes, n, blocks, b)
    measure(turn.best, b, scratch.grid)
    for i in range(LANES):
        if first + i < tracks.status.shape[1] and joint.head[first + i] >= 0:
            put_box(scratch.grid, first + i, i)
            widen(scratch.grid, first + i, FIRM - TENTATIVE)
            joint.head[first + i] = -1
    lanes.some[b] = False


@part
def keep(tracks, mix, n, blocks, b):
    """Remember a block, and set the sums to nothing."""
    models = tracks.share.shape[2]
    for m in range(models):
        f, extra = model_of(tracks.bank, blocks, models, n, b, m), model_of(tracks.extra, blocks, models, n, b, m)
        for k in range(SIZE):
            mix.before[m * SIZE + k], mix.more[m * SIZE + k], mix.total[m * SIZE + k] = f[k], extra[k], 0.0
        for k in range(8 * LANES):
            mix.rates[m * 8 * LANES + k] = 0.0
        for i in range(LANES):
            s = b * LANES + i
            mix.weight[m * LANES + i] = 0.0
            mix.share[m * LANES + i] = tracks.share[n, s, m] if s < tracks.status.shape[1] else 0.0


@part
def restore(tracks, mix, n, blocks, b):
    """The block as it was before a candidate."""
    models = tracks.share.shape[2]
    for m in range(models):
        f, extra = model_of(tracks.bank, blocks, models, n, b, m), model_of(tracks.extra, blocks, models, n, b, m)
        for k in range(SIZE):
            f[k], extra[k] = mix.before[m * SIZE + k], mix.more[m * SIZE + k]
        for i in range(min(LANES, tracks.status.shape[1] - b * LANES)):
            tracks.share[n, b * LANES + i, m] = mix.share[m * LANES + i]


@part
def add(trackers, tracks, mix, n, blocks, b, i):
    """What lane i holds now into the sums, with the chance of its candidate."""
    models = tracks.share.shape[2]
    for m in range(models):
        f, extra = model_of(tracks.bank, blocks, models, n, b, m), model_of(tracks.extra, blocks, models, n, b, m)
        w, z = mix.chance[i] * tracks.share[n, b * LANES + i, m], m * SIZE + i
        mix.weight[m * LANES + i] += w
        for k in range(6):
            mix.total[z + k * LANES] += w * (f[k * LANES + i] - mix.before[z + k * LANES])
        for k in range(21):
            d = f[_A[k] * LANES + i] - mix.before[z + _A[k] * LANES]
            e = f[_B[k] * LANES + i] - mix.before[z + _B[k] * LANES]
            mix.total[z + (6 + k) * LANES] += w * (f[(6 + k) * LANES + i] + d * e)
        if trackers.kind[m] == TURNING:
            r, y = extra[i] - mix.more[z], m * 8 * LANES + i
            mix.rates[y] += w * r
            mix.rates[y + LANES] += w * (extra[LANES + i] + r * r)
            for k in range(6):
                d = f[k * LANES + i] - mix.before[z + k * LANES]
                mix.rates[y + (2 + k) * LANES] += w * (extra[(2 + k) * LANES + i] + d * r)


@part
def settle_model(trackers, tracks, mix, n, blocks, b, m, i):
    """Mean and covariance of the mixture into lane i of a model, and the probability of the model."""
    models, w = tracks.share.shape[2], max(mix.weight[m * LANES + i], 1e-300)
    f, extra = model_of(tracks.bank, blocks, models, n, b, m), model_of(tracks.extra, blocks, models, n, b, m)
    z, y = m * SIZE + i, m * 8 * LANES + i
    for k in range(21):
        square = mix.total[z + _A[k] * LANES] * mix.total[z + _B[k] * LANES] / (w * w)
        f[(6 + k) * LANES + i] = mix.total[z + (6 + k) * LANES] / w - square
    for k in range(6):
        f[k * LANES + i] = mix.before[z + k * LANES] + mix.total[z + k * LANES] / w
    if trackers.kind[m] == TURNING:
        r = mix.rates[y] / w
        extra[i] = mix.more[z] + r
        extra[LANES + i] = mix.rates[y + LANES] / w - r * r
        for k in range(6):
            extra[(2 + k) * LANES + i] = mix.rates[y + (2 + k) * LANES] / w - mix.total[z + k * LANES] / w * r
    tracks.share[n, b * LANES + i, m] = mix.weight[m * LANES + i]
