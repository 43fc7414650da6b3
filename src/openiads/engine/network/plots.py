"""Plots over links: a radar of one node is one more radar of another's tracker. docs/equations/network.md."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from openiads.engine.bundle import bundle
from openiads.engine.jit import part
from openiads.engine.network.access import NO_FRAME, is_up
from openiads.engine.network.bundles import BY_CAPACITY, BY_GUARD, PENDING
from openiads.engine.network.guard import lets_through
from openiads.engine.network.tampering import at_work
from openiads.engine.sensing import BEARING, NOTHING, RATE, Plots, empty_plots
from openiads.engine.sensing.measurement import copy_plot
from openiads.engine.tracking import UNIT_TIME


@bundle
class Feeds(NamedTuple):
    """Whose plots a tracker takes: every radar at its own node, then those that links bring to others; axis 0 = feed."""

    radar: np.ndarray  # int32[E]
    node: np.ndarray  # int32[E] that tracks with it
    local: np.ndarray  # int32[E] its number among the radars of that node
    link: np.ndarray  # int32[E] over which its plots come, -1 for none


@bundle
class Carried(NamedTuple):
    """Plots on their way; axis 0 = link, 1 = place in the order in which they were taken up."""

    count: np.ndarray  # int32[L]
    due: np.ndarray  # float64[L, W] s, infinite until a frame takes the plot
    feed: np.ndarray  # int32[L, W] it will be of
    rows: Plots  # plot of place i of link k is row k * W + i


def empty_carried(links: int, places: int) -> Carried:
    """Nothing on its way, room for [places] plots of each link."""
    rows, _ = empty_plots(0, links * places)
    return Carried(np.zeros(links, np.int32), np.zeros((links, places)), np.zeros((links, places), np.int32), rows)


@part
def carry_plots(links, feeds, reports, plots, messages, carried, key, frames, t1):
    """One tick of the links that carry plots: those of the tick wait for the next frame, and a frame takes what waits.

    frames: int64[L] number of the frame that each link sends now, NO_FRAME for none.
    """
    for k in range(links.key.size):
        if not links.plots[k]:
            continue
        if reports.up[links.source[k]]:
            _take_up(links, feeds, plots, messages, carried, k)
        if frames[k] != NO_FRAME:
            _depart(links, messages, carried, k, is_up(links, reports, key, k, frames[k], t1), t1)


@part
def _take_up(links, feeds, plots, messages, carried, k):
    """Plots of the sender's own radars that pass the guard, as precisely as it lets them; without room they are lost."""
    places, grain = carried.due.shape[1], links.guards.precision[k]
    for f in range(feeds.link.size):
        if feeds.link[f] != k:
            continue
        r = feeds.radar[f]
        for q in range(plots.first[r], plots.first[r + 1]):
            rounded_away = grain > 0.0 and plots.single[q] == BEARING  # a direction has no place to round
            if rounded_away or not lets_through(links.guards, k, PENDING, plots.pos[q]):
                messages.withheld[k, BY_GUARD] += 1
                continue
            i = carried.count[k]
            if i == places:
                messages.withheld[k, BY_CAPACITY] += 1
                continue
            carried.due[k, i], carried.feed[k, i] = math.inf, f
            copy_plot(plots, q, carried.rows, k * places + i)
            if grain > 0.0:
                _round(carried.rows, k * places + i, grain)
            carried.count[k] = i + 1


@part
def _round(rows, q, grain):
    """A position to multiples of `grain` (m), uniform in its cell: a twelfth of its square on each axis; without its range rate."""
    for i in range(3):
        rows.pos[q, i] = math.floor(rows.pos[q, i] / grain + 0.5) * grain
    for i in (0, 3, 5):
        rows.cov[q, i] += grain * grain / 12.0
    rows.single[q] = NOTHING


@part
def _depart(links, messages, carried, k, up, t1):
    """A frame leaves with what waits, as far as its capacity goes; the rest is lost with it, for the next one has newer plots."""
    waiting = 0
    for i in range(carried.count[k]):
        waiting += carried.due[k, i] == math.inf
    sent = min(waiting, links.capacity[k]) if up else 0
    messages.free[k] = max(t1, messages.free[k]) + sent * links.bits[k] / links.rate[k]
    late = links.tampering.late[k] if at_work(links.tampering, k, t1) else 0.0
    due, taken = messages.free[k] + links.latency[k] + late, 0
    for i in range(carried.count[k]):
        if carried.due[k, i] == math.inf:
            carried.due[k, i] = due if taken < sent else -math.inf
            taken += 1
    messages.sent[k] = sent
    if up:
        messages.withheld[k, BY_CAPACITY] += waiting - sent
    _close_up(carried, k, -math.inf)


@part
def _close_up(carried, k, gone):
    """Give the places of plots that were due until `gone` (s) to those behind them."""
    places, kept = carried.due.shape[1], 0
    for i in range(carried.count[k]):
        if carried.due[k, i] <= gone:
            continue
        if kept < i:
            carried.due[k, kept], carried.feed[k, kept] = carried.due[k, i], carried.feed[k, i]
            copy_plot(carried.rows, k * places + i, carried.rows, k * places + kept)
        kept += 1
    carried.count[k] = kept


@part
def bring_plots(links, feeds, trackers, reports, carried, plots, t0):
    """Put the plots that came in by t0 behind those of the tick, each as of its feed; who is down takes none."""
    places = carried.due.shape[1]
    for f in range(feeds.link.size):
        k = feeds.link[f]
        if k < 0:
            continue
        row = plots.first[f]
        for i in range(carried.count[k]):
            if carried.feed[k, i] != f or carried.due[k, i] > t0 or not reports.up[links.sink[k]]:
                continue
            if row < plots.t.size:
                copy_plot(carried.rows, k * places + i, plots, row)
                _loosen(plots, row, trackers.accel[feeds.node[f], 0] ** 2 * UNIT_TIME, t0 - plots.t[row])
                row += 1
            else:
                plots.dropped[0] += 1
        plots.first[f + 1] = row
    for k in range(carried.count.size):
        _close_up(carried, k, t0)


@part
def _loosen(plots, q, density, age):
    """What a body may have done since (m2/s3, s), which the tracker knows no better: without it, it trusts late plots too much."""
    for i in (0, 3, 5):
        plots.cov[q, i] += density * age**3
    if plots.single[q] == RATE:
        plots.gauge[q, 1] += density * age
