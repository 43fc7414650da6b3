"""From plot to track and out again: start, count, confirm, drop."""

from __future__ import annotations

import numpy as np

from openiads.engine.jit import part
from openiads.engine.sensing import BEARING, CIVIL, NO_CODE, NOTHING, PLAIN, RATE, SECURE
from openiads.engine.tracking.accelerations import unpushed
from openiads.engine.tracking.associate import NEVER, again, nis, seen_before
from openiads.engine.tracking.blend import blend_all
from openiads.engine.tracking.evidence import count_clutter, credit_hits, debit_silence, weigh_pairs
from openiads.engine.tracking.grid import FIRM, FREE, TENTATIVE, enter, measure, put_box, widen
from openiads.engine.tracking.imm import combine, hand_over, take_in
from openiads.engine.tracking.joint import marginals
from openiads.engine.tracking.lanes import LANES, lane, model_of, put_in
from openiads.engine.tracking.models import ACCELERATING
from openiads.engine.tracking.rates import at_rest
from openiads.engine.tracking.single import begin_with_rate

IFF_GROUPS = (CIVIL, PLAIN, SECURE)  # what replies are counted by
UNIT_TIME = 1.0  # s: the acceleration of Trackers is a mean over this time, its density accel^2 UNIT_TIME


@part
def ponder(trackers, plots, tracks, scratch, turn):
    """What the pairs of a pass say beside who is whose: scores, clutter, and probabilities of pairs with firm tracks.

    A plot of another moment than the one that a track takes is no rival of it: the beam came by twice.
    """
    n, pairs, rows = turn.node, scratch.pairs, turn.last - turn.first
    weigh_pairs(trackers, plots, tracks, scratch, turn)
    credit_hits(tracks, scratch, turn)
    count_clutter(plots, tracks, scratch, turn)
    if trackers.joint[n]:
        for row in range(rows):
            for e in range(pairs.first[row], pairs.first[row + 1]):
                if again(plots, scratch, turn, row, pairs.slot[e]) or tracks.status[n, pairs.slot[e]] != FIRM:
                    scratch.joint.odds[e] = 0.0
        marginals(pairs, rows, scratch.joint)


@part
def take(trackers, plots, tracks, scratch, turn):
    """Update the tracks of a pass with the plots that are assigned to them, or firm ones with all that may be theirs."""
    t, radar_t = plots.t, tracks.radar_t
    lanes, track_of = scratch.lanes, scratch.matching.track_of
    n, local, t1 = turn.node, turn.local, turn.t1
    for q in range(turn.first, turn.last):
        s = track_of[q - turn.first]
        scratch.nis[q] = nis(plots, tracks, scratch, turn, q - turn.first)
        if s >= 0:
            if not (trackers.joint[n] and tracks.status[n, s] == FIRM):
                hand_over(turn.best, lanes, plots, q, s, t1 - t[q])
            radar_t[n, s, local] = max(radar_t[n, s, local], t[q])
    for b in range(lanes.some.size):
        if lanes.some[b]:
            renew(trackers, tracks, scratch, turn, b)
    if trackers.joint[n]:
        blend_all(trackers, plots, tracks, scratch, turn)


@part
def renew(trackers, tracks, scratch, turn, b):
    """Update the tracks of a block with the plots handed over to them, and their boxes."""
    n, grid, lanes, first, plot = turn.node, scratch.grid, scratch.lanes, b * LANES, scratch.lanes.plot[b]
    take_in(trackers, tracks, lanes, n, lanes.some.size, b)
    measure(turn.best, b, grid)
    for i in range(LANES):
        if plot[10 * LANES + i] > 0.0 or lanes.single[first + i] == BEARING:
            put_box(grid, first + i, i)
            widen(grid, first + i, tracks.status[n, first + i] - TENTATIVE)
            plot[10 * LANES + i] = 0.0
            lanes.single[first + i] = NOTHING
    lanes.some[b] = False


@part
def start(trackers, plots, tracks, scratch, turn):
    """Every plot that is left starts a track, unless it is a second look at one of this pass.

    Its slot is entered in track_of.
    """
    t, radar_t, status = plots.t, tracks.radar_t, tracks.status
    grid, lanes, track_of = scratch.grid, scratch.lanes, scratch.matching.track_of
    n, t1 = turn.node, turn.t1
    free = np.int64(0)
    for q in range(turn.first, turn.last):
        if track_of[q - turn.first] >= 0 or not plots.starts[q]:
            continue
        s = seen_before(plots, tracks, scratch, turn, q)
        if s >= 0:
            hand_over(turn.best, lanes, plots, q, s, t1 - t[q])
            renew(trackers, tracks, scratch, turn, s // LANES)
        else:
            while free < status.shape[1] and status[n, free] != FREE:
                free += 1
            if free == status.shape[1]:
                tracks.dropped[0] += 1
                continue
            s = free
            status[n, s] = TENTATIVE
            radar_t[n, s, :] = NEVER
            begin(trackers, tracks, lanes, n, s, plots, q, t1 - t[q])
            enter(turn.best, s, grid)
        radar_t[n, s, turn.local] = max(radar_t[n, s, turn.local], t[q])
        track_of[q - turn.first] = s


@part
def begin(trackers, tracks, lanes, n, s, plots, q, back):
    """A new track from plot q, `back` seconds old: at rest, give or take trackers.speed (m/s) on each axis."""
    blocks = lanes.some.size
    tracks.address[n, s], tracks.code[n, s] = plots.address[q], plots.code[q]
    tracks.score[n, s] = tracks.peak[n, s] = 0.0
    x, p, speed, models = lanes.one.x, lanes.one.p, trackers.speed[n], tracks.share.shape[2]
    density = trackers.accel[n, 0] * trackers.accel[n, 0] * UNIT_TIME
    for i in range(3):
        x[i], x[i + 3] = plots.pos[q, i], 0.0
    for i in range(21):
        p[i] = plots.cov[q, i] if i < 6 else 0.0
    square = speed * speed
    for i in (0, 3, 5):
        p[i] += back * back * (square + 0.25 * density * back)
        p[15 + i] = square + density * back
    for i in (6, 10, 14):
        p[i] = back * (square + 0.5 * density * back)
    if plots.single[q] == RATE:
        begin_with_rate(plots, q, back, lanes.one)
    for m in range(models):
        tracks.share[n, s, m] = trackers.prior[m]
        put_in(lane(model_of(tracks.bank, blocks, models, n, s // LANES, m), s % LANES), x, p)
        extra = model_of(tracks.extra, blocks, models, n, s // LANES, m)
        if trackers.kind[m] == ACCELERATING:
            unpushed(extra, s % LANES)
        else:
            at_rest(extra, s % LANES)
    combine(tracks.share, tracks.bank, lanes, n, blocks, s // LANES)


@part
def count(plots, tracks, scratch, turn):
    """Enter the plots of a pass into the books of their tracks; a track without a hit is new and gets its number."""
    t, reply, luck = plots.t, plots.reply, plots.luck
    n, hits, t_update = turn.node, tracks.hits, tracks.t_update
    asked, answered = tracks.asked, tracks.answered
    track_of, taken = scratch.matching.track_of, scratch.taken
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
        if plots.address[q] != NO_CODE:
            tracks.address[n, s] = plots.address[q]
        if plots.code[q] != NO_CODE:
            tracks.code[n, s] = plots.code[q]
        t_update[n, s] = max(t_update[n, s], t[q])
        tracks.plot[n, s] = q
        taken[q] = tracks.number[n, s]


@part
def settle(trackers, tracks, n, grid, t0, t1):
    """Confirm tentative tracks and drop those that are none, by their plots in time or by their score."""
    status, hits = tracks.status, tracks.hits
    for k in range(grid.count[0]):
        s = grid.live[k]
        if trackers.scored[n]:
            by_score(trackers, tracks, n, s, debit_silence(trackers, tracks, n, s, t1, t1 - t0))
        else:
            by_hits(trackers, tracks, n, s, t1)
        lasts = status[n, s] == FIRM or trackers.scored[n]
        if lasts and t1 - tracks.t_update[n, s] > trackers.coast[n]:
            status[n, s] = FREE
        if status[n, s] == FREE:
            hits[n, s] = 0
            tracks.plot[n, s] = -1


@part
def by_hits(trackers, tracks, n, s, t1):
    """Enough plots in the window of the first one."""
    if tracks.status[n, s] == TENTATIVE:
        lasted = tracks.t_update[n, s] - tracks.t_first[n, s]
        if tracks.hits[n, s] >= trackers.hits[n] and lasted <= trackers.window[n]:
            tracks.status[n, s] = FIRM
        elif t1 - tracks.t_first[n, s] > trackers.window[n]:
            tracks.status[n, s] = FREE


@part
def by_score(trackers, tracks, n, s, open_scan):
    """Wald's sequential test; a firm track is dropped as far below its best (Blackman, Popoli 1999, section 6.2)."""
    score = tracks.score[n, s]
    if tracks.status[n, s] == TENTATIVE:
        if score >= trackers.limit[n, 0]:
            tracks.status[n, s] = FIRM
        elif score + open_scan <= trackers.limit[n, 1]:
            tracks.status[n, s] = FREE
    elif tracks.peak[n, s] - score - open_scan > trackers.limit[n, 2]:
        tracks.status[n, s] = FREE
