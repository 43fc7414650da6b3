"""How likely every pair is, all pairs of a cluster weighed together (JPDA). docs/equations/tracking.md.

A cluster is what pairs connect. Small ones are summed over every joint event by dynamic programming over the sets of
plots already taken (as Zhou & Bose 1993 do over a tree), large ones by belief propagation (Williams & Lau 2014).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from openiads.engine.bundle import bundle
from openiads.engine.jit import jit, part

MOST_PLOTS = 10  # of a cluster that is summed exactly ...
ROOM = 1 << 16  # ... with this many numbers for its tracks and sets of plots
_TURNS, _STILL = 200, 1e-9  # of belief propagation, and the change of a message at which it ends


@bundle
class Joint(NamedTuple):
    """Probabilities and their working memory; axis of pairs as in Pairs."""

    odds: np.ndarray  # float64[E] of a pair: likelihood of the plot from the track over clutter's, with Pd / (1 - Pd)
    blur: np.ndarray  # float64[Q] ln |R| of a plot that has pairs
    beta: np.ndarray  # float64[E] probability of the pair
    row: np.ndarray  # int64[E] plot of the pair
    follow: np.ndarray  # int64[E] the next pair of the same track, -1 for none
    head: np.ndarray  # int64[S] the first pair of a track, -1 for none
    place: np.ndarray  # int64[Q] number of a plot in its cluster, -1 for not met
    plots: np.ndarray  # int64[Q] of the cluster
    tracks: np.ndarray  # int64[S] of the cluster
    met: np.ndarray  # bool[S] is among them
    forward: np.ndarray  # float64[ROOM] sums over the first tracks, by the set of plots they took
    backward: np.ndarray  # float64[ROOM] over the others, by the set taken before
    into: np.ndarray  # float64[E] messages to plots ...
    back: np.ndarray  # float64[E] ... and from them


def empty_joint(rows: int, slots: int, pairs: int) -> Joint:
    """Working memory for [rows] plots of a radar, [slots] tracks and [pairs]; what is not touched costs nothing."""
    return Joint(
        np.empty(pairs), np.empty(rows), np.empty(pairs), np.empty(pairs, np.int64), np.empty(pairs, np.int64),
        np.full(slots, -1, np.int64), np.full(rows, -1, np.int64), np.zeros(rows, np.int64), np.zeros(slots, np.int64),
        np.zeros(slots, np.bool_),
        np.empty(ROOM), np.empty(ROOM), np.empty(pairs), np.empty(pairs),
    )  # fmt: skip


@jit
def marginals(pairs, rows, joint):
    """Fill joint.beta of all pairs from joint.odds; a pair without odds does not count."""
    joint.place[:rows] = -1
    for e in range(pairs.first[rows]):
        joint.head[pairs.slot[e]] = -1
    for row in range(rows - 1, -1, -1):
        for e in range(pairs.first[row + 1] - 1, pairs.first[row] - 1, -1):
            joint.row[e], joint.beta[e] = row, 0.0
            if joint.odds[e] > 0.0:
                joint.follow[e] = joint.head[pairs.slot[e]]
                joint.head[pairs.slot[e]] = e
    for row in range(rows):
        if joint.place[row] < 0:
            many, held = _collect(pairs, joint, row)
            if held == 0:
                continue
            exact = many <= MOST_PLOTS and (held + 1) << many <= ROOM
            if not exact or not _summed(pairs, joint, many, held):
                _propagated(pairs, joint, many, held)


@part
def _collect(pairs, joint, row):
    """The cluster of a plot: how many plots and tracks."""
    plots, tracks, place, head = joint.plots, joint.tracks, joint.place, joint.head
    many, held, next_plot = np.int64(1), np.int64(0), np.int64(0)
    plots[0], place[row] = row, 0
    while next_plot < many:
        i = plots[next_plot]
        next_plot += 1
        for e in range(pairs.first[i], pairs.first[i + 1]):
            s = pairs.slot[e]
            if joint.odds[e] > 0.0 and not joint.met[s]:
                tracks[held], joint.met[s] = s, True
                held += 1
                other = head[s]
                while other >= 0:
                    j = joint.row[other]
                    if place[j] < 0:
                        plots[many], place[j] = j, many
                        many += 1
                    other = joint.follow[other]
    for k in range(held):
        joint.met[tracks[k]] = False
    return many, held


@part
def _summed(pairs, joint, many, held):
    """Exact: over every way in which the tracks can share the plots. False if the numbers ran out of their range."""
    forward, backward, sets = joint.forward, joint.backward, 1 << many
    for u in range(sets):
        forward[u], backward[held * sets + u] = 0.0, 1.0
    forward[0] = 1.0
    for k in range(held):
        alone = _alone(joint, k)
        for u in range(sets):
            total, e = alone * forward[k * sets + u], joint.head[joint.tracks[k]]
            while e >= 0:
                bit = 1 << joint.place[joint.row[e]]
                if u & bit:
                    total += alone * joint.odds[e] * forward[k * sets + (u ^ bit)]
                e = joint.follow[e]
            forward[(k + 1) * sets + u] = total
    for k in range(held - 1, -1, -1):
        alone = _alone(joint, k)
        for u in range(sets):
            total, e = alone * backward[(k + 1) * sets + u], joint.head[joint.tracks[k]]
            while e >= 0:
                bit = 1 << joint.place[joint.row[e]]
                if not u & bit:
                    total += alone * joint.odds[e] * backward[(k + 1) * sets + (u | bit)]
                e = joint.follow[e]
            backward[k * sets + u] = total
    whole = backward[0]
    if not (whole > 1e-250 and whole < math.inf):
        return False
    for k in range(held):
        alone, e = _alone(joint, k), joint.head[joint.tracks[k]]
        while e >= 0:
            bit, total = 1 << joint.place[joint.row[e]], 0.0
            for u in range(sets):
                if not u & bit:
                    total += forward[k * sets + u] * backward[(k + 1) * sets + (u | bit)]
            joint.beta[e] = min(1.0, alone * joint.odds[e] * total / whole)
            e = joint.follow[e]
    return True


@part
def _alone(joint, k):
    """A factor that keeps the numbers of a track near one: the probability that it took none, had it no rivals."""
    total, e = 1.0, joint.head[joint.tracks[k]]
    while e >= 0:
        total += joint.odds[e]
        e = joint.follow[e]
    return 1.0 / total


@part
def _propagated(pairs, joint, many, held):
    """Belief propagation: messages between tracks and plots until they no longer change."""
    odds, into, back = joint.odds, joint.into, joint.back
    for k in range(held):
        e = joint.head[joint.tracks[k]]
        while e >= 0:
            back[e] = 1.0
            e = joint.follow[e]
    for _ in range(_TURNS):
        for k in range(held):
            total, e = _offered(joint, k), joint.head[joint.tracks[k]]
            while e >= 0:
                into[e] = odds[e] / max(1e-300, total - odds[e] * back[e])
                e = joint.follow[e]
        change = 0.0
        for m in range(many):
            i, total = joint.plots[m], 1.0
            for e in range(pairs.first[i], pairs.first[i + 1]):
                if odds[e] > 0.0:
                    total += into[e]
            for e in range(pairs.first[i], pairs.first[i + 1]):
                if odds[e] > 0.0:
                    new = 1.0 / max(1.0, total - into[e])
                    change = max(change, abs(new - back[e]))
                    back[e] = new
        if change < _STILL:
            break
    for k in range(held):
        total, e = _offered(joint, k), joint.head[joint.tracks[k]]
        while e >= 0:
            joint.beta[e] = odds[e] * back[e] / total
            e = joint.follow[e]


@part
def _offered(joint, k):
    """One, for no plot, and the odds of a track's pairs, each as far as other tracks leave it its plot."""
    total, e = 1.0, joint.head[joint.tracks[k]]
    while e >= 0:
        total += joint.odds[e] * joint.back[e]
        e = joint.follow[e]
    return total
