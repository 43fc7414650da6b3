"""Which plots can belong to which tracks: those in whose box they lie, then the gate.

Functions take bundles: a call that is not inlined hands over ten words for each array.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from openiads.engine.jit import inlined, part
from openiads.engine.sensing import NO_CODE, NOTHING, RATE
from openiads.engine.tracking.filter import distance
from openiads.engine.tracking.grid import neighbours
from openiads.engine.tracking.lanes import lane
from openiads.engine.tracking.single import single_distance

SECOND_LOOK = 0.25  # s: one radar's plots of one body in a tick lie further apart than this
NEVER = -1e9  # s, when a radar that never saw a track last saw it
# An address has a checksum: one in a million aircraft would have it by chance, and no body has two.
_SAME_ADDRESS = 2.0 * math.log(1e6)
# A code is garbled or changed in 5 % of replies, and shared with 5 % of the others.
_CODE = 2.0 * math.log(0.95 / 0.05)


class Pass(NamedTuple):
    """One radar's turn at its node."""

    node: int
    best: np.ndarray  # float64[B * SIZE] estimates of its tracks (lanes.py)
    local: int  # number of the radar among those of the node
    first: int  # its first plot ...
    last: int  # ... and the one after its last
    since: float  # s, before its oldest plot
    t1: float  # s
    gate: float  # chi-square
    plain: bool  # the plots of the node in this tick are points without a name


@inlined
def unlikeness(tracks, s, plots, q, turn, one):
    """Against a plot being of a track: misfit and kinship, and ln of the determinant; (inf, 0) outside the gate."""
    f, back = lane(turn.best, s), turn.t1 - plots.t[q]
    if turn.plain:
        return distance(f, plots, q, back, turn.gate)
    far, size = misfit(f, plots, q, back, turn.gate, one)
    return (far + kinship(tracks, turn.node, s, plots, q), size) if far < math.inf else (far, size)


@part
def misfit(f, plots, q, back, gate, one):
    """How badly a plot fits a track: squared Mahalanobis distance, and ln of the determinant of its covariance.

    (inf, 0) outside the gate.
    """
    if plots.single[q] == NOTHING:
        return distance(f, plots, q, back, gate)
    far, size = single_distance(f, plots, q, back, one)
    if plots.single[q] == RATE:
        point, more = distance(f, plots, q, back, gate)
        far, size = far + point, size + more
    return (far, size) if far <= gate else (math.inf, 0.0)


@part
def kinship(tracks, n, s, plots, q):
    """What the codes of a plot and of a track say for or against that they are of one body, as a cost; inf: another body.

    Twice the logarithm of how much likelier the pair is for one body than for two.
    """
    address, code = plots.address[q], plots.code[q]
    if address != NO_CODE and tracks.address[n, s] != NO_CODE:
        return -_SAME_ADDRESS if address == tracks.address[n, s] else math.inf
    if code != NO_CODE and tracks.code[n, s] != NO_CODE:
        return -_CODE if code == tracks.code[n, s] else _CODE
    return 0.0


@part
def pair_up(plots, tracks, scratch, turn):
    """List every plot-track pair of a pass that gates, with its cost.

    Cost = squared Mahalanobis distance + ln|S| + kinship, twice the negative logarithm of the likelihood less a constant.
    Leaving a plot alone costs gate + the largest ln|S| among its tracks, which is taken off, so that it costs 0:
    a plot that gates with one free track is always taken, and rivals are weighed by likelihood. Pairs for which
    there is no room are counted in dropped.
    """
    gate, grid, one = turn.gate, scratch.grid, scratch.lanes.one
    first, slots, costs, sizes = scratch.pairs.first, scratch.pairs.slot, scratch.pairs.cost, scratch.pairs.size
    e = 0
    for q in range(turn.first, turn.last):
        first[q - turn.first] = e
        found = neighbours(grid, plots, q)
        begin, largest = e, -math.inf
        for k in range(found):
            s = grid.near[k]
            far, size = unlikeness(tracks, s, plots, q, turn, one)
            if far < math.inf and e < slots.size:
                slots[e], costs[e], sizes[e] = s, far + size, size
                largest = max(largest, size)
                e += 1
            elif far < math.inf:
                tracks.dropped[0] += 1
        scratch.pairs.base[q - turn.first] = gate + largest
        for k in range(begin, e):
            costs[k] -= gate + largest
    first[turn.last - turn.first] = e


@part
def entry(pairs, row, s):
    """The pair of a plot and a track, -1 for none."""
    for e in range(pairs.first[row], pairs.first[row + 1]):
        if pairs.slot[e] == s:
            return e
    return np.int64(-1)


@part
def nis(plots, tracks, scratch, turn, row):
    """Normalised innovation squared of a plot in the track it was assigned to, NaN for none; it comes before `take`."""
    s, pairs = scratch.matching.track_of[row], scratch.pairs
    if s < 0:
        return math.nan
    e = entry(pairs, row, s)
    far = pairs.cost[e] + pairs.base[row] - pairs.size[e]
    return far if turn.plain else far - kinship(tracks, turn.node, s, plots, turn.first + row)


@part
def again(plots, scratch, turn, row, s):
    """Was the plot that a track takes in this pass of another moment than this one? The beam came by twice."""
    own = scratch.matching.plot_of[s]
    return own >= 0 and abs(plots.t[turn.first + row] - plots.t[turn.first + own]) > SECOND_LOOK


@part
def seen_before(plots, tracks, scratch, turn, q):
    """The likeliest track that this radar has already updated in this pass by a look at another moment, or -1.

    A search and a track dwell of one radar can both report a body within a tick. Two bodies near each other
    are passed by the beam at nearly the same moment, so only looks more than SECOND_LOOK apart count.
    """
    n, t, grid, one = turn.node, plots.t[q], scratch.grid, scratch.lanes.one
    best, nearest = np.int64(-1), math.inf
    for k in range(neighbours(grid, plots, q)):
        s = grid.near[k]
        look = tracks.radar_t[n, s, turn.local]
        if look > turn.since and abs(look - t) > SECOND_LOOK:
            far, size = unlikeness(tracks, s, plots, q, turn, one)
            if far + size < nearest:
                best, nearest = s, far + size
    return best
