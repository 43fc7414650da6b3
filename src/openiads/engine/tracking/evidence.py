"""What the plots of a pass say: odds of every pair against clutter, how dense the clutter is, the score of a track.

docs/equations/tracking.md. Clutter is counted where tracks are: plots in the gate of a firm track beside the one that it
took, for the volume of the gate. The unit of volume is the blur of one plot, (2 pi)^(n/2) |R|^(1/2): a radar with a
constant false-alarm rate has one density everywhere in this unit.
"""

from __future__ import annotations

import math

from openiads.engine.jit import part
from openiads.engine.sensing import BEARING, NOTHING
from openiads.engine.tracking.associate import again, entry
from openiads.engine.tracking.filter import factor
from openiads.engine.tracking.grid import FIRM

USUAL = (1.0, 1e4)  # plots and volume that are known beforehand: one in ten thousand
MEMORY = 600.0  # s, after which a count weighs a third
_MOST = 30.0  # of a logarithm of odds
_BALL = (2.0, 4.0 / 3.0 * math.pi, 0.5 * math.pi * math.pi)  # volume of a unit ball of 1, 3 and 4 dimensions


@part
def forget(tracks, n, dt):
    """What was counted long ago weighs less."""
    for k in range(tracks.clutter.shape[1]):
        tracks.clutter[n, k, 0] *= math.exp(-dt / MEMORY)
        tracks.clutter[n, k, 1] *= math.exp(-dt / MEMORY)


@part
def density(tracks, n, local):
    """False plots of a radar of a node in one unit of volume."""
    return (tracks.clutter[n, local, 0] + USUAL[0]) / (tracks.clutter[n, local, 1] + USUAL[1])


@part
def log_blur(plots, q):
    """ln |R| of what plot q measures."""
    size = 0.0
    if plots.single[q] != NOTHING:
        size = math.log(plots.gauge[q, 1])
    if plots.single[q] != BEARING:
        cov = plots.cov
        c = (cov[q, 0], cov[q, 1], cov[q, 2], cov[q, 3], cov[q, 4], cov[q, 5])
        _, _, determinant = factor(c)
        size += math.log(max(determinant, 1e-300))
    return size


@part
def weigh_pairs(trackers, plots, tracks, scratch, turn):
    """Fill joint.odds: of each pair, the likelihood of the plot over that of clutter, times Pd / (1 - Pd); and joint.blur."""
    pairs, pd = scratch.pairs, trackers.detect[turn.node]
    least = math.log(pd / (1.0 - pd)) - math.log(density(tracks, turn.node, turn.local))
    for row in range(turn.last - turn.first):
        if pairs.first[row] < pairs.first[row + 1]:
            scratch.joint.blur[row] = log_blur(plots, turn.first + row)
            alone = least + 0.5 * scratch.joint.blur[row]
            for e in range(pairs.first[row], pairs.first[row + 1]):
                scratch.joint.odds[e] = math.exp(min(_MOST, alone - 0.5 * (pairs.cost[e] + pairs.base[row])))


@part
def count_clutter(plots, tracks, scratch, turn):
    """Plots in the gates of firm tracks that took another one, and the volume of those gates."""
    pairs, matching, n = scratch.pairs, scratch.matching, turn.node
    for row in range(turn.last - turn.first):
        q, own = turn.first + row, matching.track_of[row]
        firm = own >= 0 and tracks.status[n, own] == FIRM
        for e in range(pairs.first[row], pairs.first[row + 1]):
            s = pairs.slot[e]
            taken = matching.plot_of[s] >= 0 and not again(plots, scratch, turn, row, s)
            if not firm and taken and tracks.status[n, s] == FIRM:
                tracks.clutter[n, turn.local, 0] += 1.0
        if firm:
            size = pairs.size[entry(pairs, row, own)]
            tracks.clutter[n, turn.local, 1] += gate_volume(plots.single[q], turn.gate, size - scratch.joint.blur[row])


@part
def gate_volume(single, gate, log_ratio):
    """Volume of a gate in blurs; log_ratio: ln |S| / |R|."""
    if single == BEARING:
        ball, half = _BALL[0], 0.5
    elif single == NOTHING:
        ball, half = _BALL[1], 1.5
    else:
        ball, half = _BALL[2], 2.0
    return ball * (gate / (2.0 * math.pi)) ** half * math.exp(0.5 * log_ratio)


@part
def credit_hits(tracks, scratch, turn):
    """The score of a track that takes a plot grows by the logarithm of the pair's odds."""
    pairs, n = scratch.pairs, turn.node
    for row in range(turn.last - turn.first):
        s = scratch.matching.track_of[row]
        if s >= 0:
            tracks.score[n, s] += math.log(max(1e-13, scratch.joint.odds[entry(pairs, row, s)]))
            tracks.peak[n, s] = max(tracks.peak[n, s], tracks.score[n, s])


@part
def debit_silence(trackers, tracks, n, s, t1, dt):
    """The score of a track falls by -ln(1 - Pd) for every scan of each radar that has seen it lately.

    It falls all the time, so returns how far of that may be of a scan that is not over.
    """
    miss, still = -math.log(1.0 - trackers.detect[n]), 0.0
    for k in range(tracks.radar_t.shape[2]):
        if t1 - tracks.radar_t[n, s, k] < trackers.coast[n]:
            tracks.score[n, s] -= miss * dt / trackers.scan[n, k]
            still += miss * (1.0 + trackers.late[n] / trackers.scan[n, k])
    return still
