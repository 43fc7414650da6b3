"""Optimal assignment of plots to tracks on a sparse list of gated pairs: shortest augmenting paths.

Jonker and Volgenant 1987, in the form of Crouse 2016, except that a row may also stay alone at cost 0. A path
never leaves the component of pairs in which it starts, so each component is solved on its own and most take one step.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from openiads.engine.bundle import bundle
from openiads.engine.jit import jit, part

MOST_PAIRS = 1 << 20  # a thousand plots of one radar that each gate with a thousand tracks


@bundle
class Pairs(NamedTuple):
    """Gated pairs, grouped by plot; rows are the plots of one radar."""

    first: np.ndarray  # int64[Q + 1] pairs of row i are entries first[i]:first[i + 1]
    slot: np.ndarray  # int64[E] track
    cost: np.ndarray  # float64[E] of the pair, below that of leaving the plot alone, which is 0
    size: np.ndarray  # float64[E] ln of the determinant of the innovation's covariance
    base: np.ndarray  # float64[Q] what was taken off the costs of a plot


@bundle
class Matching(NamedTuple):
    """The assignment and its working memory; the dual prices tell how contested a row or a track is."""

    track_of: np.ndarray  # int64[Q] slot, -1 for alone
    plot_of: np.ndarray  # int64[S] row, -1 for none
    u: np.ndarray  # float64[Q] price of a row
    v: np.ndarray  # float64[S] price of a track
    reach: np.ndarray  # float64[S] length of the shortest path to a track
    via: np.ndarray  # int64[S] the row before it on that path
    settled: np.ndarray  # bool[S] the path is final
    met: np.ndarray  # int64[S] tracks that a path has reached


def empty_pairs(rows: int, slots: int) -> Pairs:
    """Room for every pair, up to a million of them; memory that is not touched costs nothing."""
    room = min(rows * slots, MOST_PAIRS)
    return Pairs(np.zeros(rows + 1, np.int64), np.empty(room, np.int64), np.empty(room), np.empty(room), np.zeros(rows))


def empty_matching(rows: int, slots: int) -> Matching:
    """Working memory for [rows] plots of a radar and [slots] tracks."""
    return Matching(
        np.full(rows, -1, np.int64), np.full(slots, -1, np.int64), np.zeros(rows), np.zeros(slots),
        np.full(slots, np.inf), np.zeros(slots, np.int64), np.zeros(slots, np.bool_), np.zeros(slots, np.int64),
    )  # fmt: skip


@jit
def assign(pairs, rows, matching):
    """Least total cost: fills matching.track_of[:rows]. Rows in order, ties to the pair that is listed first."""
    plot_of, v = matching.plot_of, matching.v
    for e in range(pairs.first[rows]):
        plot_of[pairs.slot[e]] = -1
        v[pairs.slot[e]] = 0.0
    for row in range(rows):
        matching.track_of[row] = -1
        matching.u[row] = 0.0
        best, cheapest = -1, 0.0
        for e in range(pairs.first[row], pairs.first[row + 1]):
            price = pairs.cost[e] - v[pairs.slot[e]]
            if price < cheapest or (price == cheapest and best < 0):
                best, cheapest = pairs.slot[e], price
        if best < 0:
            continue
        if plot_of[best] < 0:  # the cheapest track is free: a path of one step, and no price but the row's changes
            matching.u[row] = cheapest
            matching.track_of[row] = best
            plot_of[best] = row
        else:
            _augment(pairs, matching, row)


@part
def _augment(pairs, matching, row):
    """Bring in one more row along the shortest alternating path, which may end where a row is left alone."""
    reach, settled, met, plot_of = matching.reach, matching.settled, matching.met, matching.plot_of
    count = np.int64(0)
    i, length = row, 0.0
    alone, alone_length = -1, math.inf
    end = np.int64(-1)
    while end < 0:
        count = _relax(pairs, matching, i, length, count)
        if length - matching.u[i] < alone_length:
            alone, alone_length = i, length - matching.u[i]
        nearest, length = -1, math.inf
        for m in range(count):
            s = met[m]
            if not settled[s] and reach[s] < length:
                nearest, length = s, reach[s]
        if nearest < 0 or alone_length < length:
            length = alone_length
            break
        settled[nearest] = True
        if plot_of[nearest] < 0:
            end = nearest
        else:
            i = plot_of[nearest]
    matching.u[row] += length
    for m in range(count):
        s = met[m]
        if settled[s] and plot_of[s] >= 0:
            matching.u[plot_of[s]] += length - reach[s]
            matching.v[s] -= length - reach[s]
        settled[s] = False
        reach[s] = math.inf
    _flip(matching, row, alone, end)


@part
def _relax(pairs, matching, i, length, count):
    """Look for shorter paths through row i, which `length` reaches; returns how many tracks have been met."""
    reach = matching.reach
    for e in range(pairs.first[i], pairs.first[i + 1]):
        s = pairs.slot[e]
        if matching.settled[s]:
            continue
        longer = length + pairs.cost[e] - matching.u[i] - matching.v[s]
        if longer < reach[s]:
            if reach[s] == math.inf:
                matching.met[count] = s
                count += 1
            reach[s] = longer
            matching.via[s] = i
    return count


@part
def _flip(matching, row, alone, end):
    """Re-match along the path that was found, from its end back to `row`."""
    s = end
    if end < 0:
        s = matching.track_of[alone]
        matching.track_of[alone] = -1
        if alone == row:
            return
    while True:
        i = matching.via[s]
        before = matching.track_of[i]
        matching.track_of[i] = s
        matching.plot_of[s] = i
        if i == row:
            return
        s = before
