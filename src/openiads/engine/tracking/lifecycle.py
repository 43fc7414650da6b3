"""From plot to track and out again: start, count, confirm, drop."""

from __future__ import annotations

import math

import numpy as np

from openiads.engine.jit import part
from openiads.engine.sensing import CIVIL, PLAIN, SECURE
from openiads.engine.tracking.associate import (
    FIRM,
    FREE,
    NEVER,
    TENTATIVE,
    box,
    enter,
    relist,
    seen_before,
)
from openiads.engine.tracking.filter import begin, update

IFF_GROUPS = (CIVIL, PLAIN, SECURE)  # what replies are counted by
SECOND_LOOK = 0.25  # s: one radar's plots of one body in a tick lie further apart than this


@part
def take(plots, tracks, sweep, track_of, turn):
    """Update the tracks of a pass with the plots that are assigned to them."""
    t, pos, cov, x, p, radar_t, half = plots.t, plots.pos, plots.cov, tracks.x, tracks.p, tracks.radar_t, sweep.half
    n, local, t1 = turn.node, turn.local, turn.t1
    sigmas, span = math.sqrt(turn.gate), turn.t1 - turn.t0
    for q in range(turn.first, turn.last):
        s = track_of[q - turn.first]
        if s >= 0:
            update(x, p, n, s, pos, cov, q, t1 - t[q])
            radar_t[n, s, local] = max(radar_t[n, s, local], t[q])
            box(x, p, n, s, half, sigmas, span)
    relist(x, n, sweep, turn.axis)


@part
def start(plots, tracks, sweep, track_of, turn, speed, density):
    """Every plot that is left starts a track, unless it is a second look at one of this pass.

    Its slot is entered in track_of. speed: m/s, one sigma; density: m2/s3.
    """
    t, pos, cov, x, p, radar_t = plots.t, plots.pos, plots.cov, tracks.x, tracks.p, tracks.radar_t
    status, half = tracks.status, sweep.half
    n, t1 = turn.node, turn.t1
    sigmas, span = math.sqrt(turn.gate), turn.t1 - turn.t0
    free = np.int64(0)
    for q in range(turn.first, turn.last):
        if track_of[q - turn.first] >= 0 or not plots.starts[q]:
            continue
        s = seen_before(t, pos, cov, x, p, radar_t, sweep, turn, q, SECOND_LOOK)
        if s >= 0:
            update(x, p, n, s, pos, cov, q, t1 - t[q])
            box(x, p, n, s, half, sigmas, span)
            relist(x, n, sweep, turn.axis)
        else:
            while free < status.shape[1] and status[n, free] != FREE:
                free += 1
            if free == status.shape[1]:
                tracks.dropped[0] += 1
                continue
            s = free
            status[n, s] = TENTATIVE
            radar_t[n, s, :] = NEVER
            begin(x, p, n, s, pos, cov, q, t1 - t[q], speed, density)
            enter(x, p, n, s, sweep, turn.axis, sigmas, span)
        radar_t[n, s, turn.local] = max(radar_t[n, s, turn.local], t[q])
        track_of[q - turn.first] = s


@part
def count(plots, tracks, track_of, taken, turn):
    """Enter the plots of a pass into the books of their tracks; a track without a hit is new and gets its number."""
    t, reply, luck = plots.t, plots.reply, plots.luck
    n, hits, t_update = turn.node, tracks.hits, tracks.t_update
    asked, answered = tracks.asked, tracks.answered
    for q in range(turn.first, turn.last):
        s = track_of[q - turn.first]
        taken[q] = 0
        if s < 0:
            continue
        if hits[n, s] == 0:
            tracks.number[n, s] = tracks.next_number[n]
            tracks.next_number[n] += 1
            tracks.t_first[n, s] = t_update[n, s] = t[q]
            tracks.luck[n, s] = luck[q]
            asked[n, s, :] = 0
            answered[n, s, :] = 0
        hits[n, s] += 1
        for g in range(3):
            asked[n, s, g] += (reply[q] & IFF_GROUPS[g]) != 0
            answered[n, s, g] += ((reply[q] >> 8) & IFF_GROUPS[g]) != 0
        t_update[n, s] = max(t_update[n, s], t[q])
        tracks.plot[n, s] = q
        taken[q] = tracks.number[n, s]


@part
def settle(trackers, tracks, n, t1):
    """Confirm tentative tracks that have their plots in time; drop those out of time, and firm ones without news."""
    status, hits, t_first, t_update = tracks.status, tracks.hits, tracks.t_first, tracks.t_update
    for s in range(status.shape[1]):
        if status[n, s] == TENTATIVE:
            lasted = t_update[n, s] - t_first[n, s]
            if hits[n, s] >= trackers.hits[n] and lasted <= trackers.window[n]:
                status[n, s] = FIRM
            elif t1 - t_first[n, s] > trackers.window[n]:
                status[n, s] = FREE
        elif status[n, s] == FIRM and t1 - t_update[n, s] > trackers.coast[n]:
            status[n, s] = FREE
        if status[n, s] == FREE:
            hits[n, s] = 0
            tracks.plot[n, s] = -1
