"""Outcome: what happened, what leaked, what every node could have learned. Sees everything, decides nothing.

Writes the Tally that a study keeps, the Exposure ledger, and the Events that a recorded run keeps.
Definitions of the metrics: docs/metrics.md.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from openiads.engine.bundle import bundle
from openiads.engine.command import (
    APPROVED,
    MATCH_WITHIN,
    control_status,
    falls,
    inside,
    intercept,
    odds,
    time_to_asset,
)
from openiads.engine.damage import NOT_STRUCK
from openiads.engine.jit import part
from openiads.engine.motion import ARRIVED, CIVIL, FLYING, FRIEND, HOSTILE, ROUND, aimed_at
from openiads.engine.network import HOSTILE as HOSTILE_IDENTITY
from openiads.engine.network import PENDING, SUSPECT, UNKNOWN

ASPECT_CELLS = 648
AGE_BINS = 120  # of one second
SIGNATURE_SNR = 20.0  # linear, 13 dB: a dwell good enough to keep

# Events: time, kind, and what each kind names
(
    FIRM_TRACK,
    LAUNCH,
    MEETING,
    LEAKER,
    REFUSAL,
    ASKED_FOR,
    ASSESSED,
    ASSET_HIT,
    ASSET_LOST,
    EVIDENCE,
    RULES,
    SPARED,
    KEPT,
) = range(1, 14)


@bundle
class Observers(NamedTuple):
    """What to keep a ledger of; axis 0 = node."""

    system: np.ndarray  # bool[N] a node of the system that the study is about
    scored: np.ndarray  # bool[N] quality of its picture is scored
    source: np.ndarray  # int32[N, K] node whose radar is the k-th of a node's tracker, -1 for none
    recent: np.ndarray  # float64[N] s for which a radar's plot makes a track its own too; inf without feeds
    keeper: np.ndarray  # int32[N] place of a node among those that keep signatures, -1 for one that does not
    band: np.ndarray  # int32[R] band of a radar among those of the keepers' radars
    step: np.ndarray  # float64[1] s between two samples of the ledgers


@bundle
class Tally(NamedTuple):
    """Sums over a run."""

    rounds: np.ndarray  # int64[F] fired
    hits: np.ndarray  # int64[F, 4] bodies killed by side
    refused: np.ndarray  # int64[F]
    asked: np.ndarray  # int64[F]
    wait: np.ndarray  # float64[F] s, summed from request to answer
    siap: np.ndarray  # float64[N, 6] sums: bodies, bodies tracked, tracks on bodies, tracks, errors in m and in m/s
    age: np.ndarray  # int64[N, 120] age of the tracks in the picture, one-second bins
    undecided: np.ndarray  # float64[N, 2] s: unresolved tracks in the zone, and those with less than 60 s left
    link_tracks: np.ndarray  # int64[L]
    link_withheld: np.ndarray  # int64[L, 2] by the guard, for lack of room
    aside: np.ndarray  # float64[N, 2] s, tracks put aside as unseen by own radars: of a body, of nothing
    dropped: np.ndarray  # int64[4] overflow: plots, track starts, received rows, events


@bundle
class Exposure(NamedTuple):
    """What every node could have learned of every body; axis 0 = node or body."""

    body: np.ndarray  # int32[N, S] body behind each own track, -1 for none
    number: np.ndarray  # int64[N, S] the track it belongs to
    seconds: np.ndarray  # float64[N, B, 2] held: from the system's own sensors, from any source
    first: np.ndarray  # float64[N, B] s, first held as a firm track; inf for never
    error: np.ndarray  # float64[N, B] m s, one-sigma error of the best row that showed it, summed over its seconds
    source: np.ndarray  # float64[N, N] s, rows of a node that another node made, summed
    told: np.ndarray  # float64[N] s, rows of which the sender said that it engages them, summed
    aspect: np.ndarray  # float64[C, G, K, 648] dwells of a keeper's radars on a class, by band and ten-degree cell
    snr: np.ndarray  # float64[C, G, K, 648] dB, summed over these dwells
    transit: np.ndarray  # bool[B] was inside the envelope of a fire unit whose radar was on
    tracked: np.ndarray  # bool[B] ... and held there by its node
    known: np.ndarray  # bool[B] ... and taken as hostile there
    cause: np.ndarray  # int8[B] why it was shot, -1 for not; 4 for hit in place of another
    beside: np.ndarray  # bool[B, 2] ... and decided alone; ... and its track lay far from it


@bundle
class Events(NamedTuple):
    """Log of a recorded run; emptied between blocks."""

    count: np.ndarray  # int64[1]
    row: np.ndarray  # float64[E, 10] time, kind, and eight numbers by kind


WRONG_BODY = 4
ALONE, MISPLACED = 0, 1  # columns of Exposure.beside


def empty_tally(units: int, nodes: int, links: int) -> Tally:
    """All sums zero."""
    return Tally(
        np.zeros(units, np.int64), np.zeros((units, 4), np.int64), np.zeros(units, np.int64), np.zeros(units, np.int64),
        np.zeros(units), np.zeros((nodes, 6)), np.zeros((nodes, AGE_BINS), np.int64),
        np.zeros((nodes, 2)), np.zeros(links, np.int64), np.zeros((links, 2), np.int64), np.zeros((nodes, 2)), np.zeros(4, np.int64),
    )  # fmt: skip


def empty_exposure(nodes: int, slots: int, bodies: int, signatures: tuple[int, int, int]) -> Exposure:
    """Nobody has learned anything; signatures: keepers, groups of bodies, bands."""
    aspects = (*signatures, ASPECT_CELLS)
    return Exposure(
        np.full((nodes, slots), -1, np.int32), np.full((nodes, slots), -1, np.int64), np.zeros((nodes, bodies, 2)),
        np.full((nodes, bodies), np.inf), np.zeros((nodes, bodies)), np.zeros((nodes, nodes)), np.zeros(nodes),
        np.zeros(aspects), np.zeros(aspects), np.zeros(bodies, np.bool_),
        np.zeros(bodies, np.bool_), np.zeros(bodies, np.bool_), np.full(bodies, -1, np.int8), np.zeros((bodies, 2), np.bool_),
    )  # fmt: skip


def empty_events(capacity: int) -> Events:
    """An empty log; capacity 0 keeps none."""
    return Events(np.zeros(1, np.int64), np.zeros((capacity, 10)))


@part
def credit(radars, plots, origin, tracks, reports, exposure, bodies, observers):
    """Give every own track the body behind its last plot, and every dwell of a keeper its aspect cell."""
    for n in range(tracks.status.shape[0]):
        for s in range(tracks.status.shape[1]):
            if tracks.status[n, s] == 0:
                continue
            if exposure.number[n, s] != tracks.number[n, s]:
                exposure.number[n, s] = tracks.number[n, s]
                exposure.body[n, s] = -1
            if tracks.plot[n, s] >= 0:
                exposure.body[n, s] = _body_of_plot(radars, bodies, plots, origin, tracks.plot[n, s])
    for r in range(radars.key.size):
        keeper = observers.keeper[radars.node[r]]
        if keeper < 0 or not reports.stands[radars.node[r]]:  # nobody is there to keep it
            continue
        for q in range(plots.first[r], plots.first[r + 1]):
            b = origin.body[q]
            if b >= 0 and bodies.signature[b] and plots.snr[q] >= SIGNATURE_SNR:
                group, band, cell = bodies.group[b], observers.band[r], origin.aspect[q]
                exposure.aspect[keeper, group, band, cell] += 1.0
                exposure.snr[keeper, group, band, cell] += 10.0 * math.log10(plots.snr[q])


@part
def _body_of_plot(radars, bodies, plots, origin, q):
    """Body behind a plot, -1 for a false one; one that came over a link is known by the name of its luck."""
    if q < plots.first[radars.key.size]:
        return origin.body[q]
    for b in range(bodies.key.size):
        if bodies.key[b] == plots.luck[q]:
            return b
    return np.int64(-1)


@part
def account(units, doctrine, bodies, observers, truth, damage, plots, tracks, messages, pictures, orders, engagements,
            taskings, tally, exposure, events, t0, t1):  # fmt: skip
    """One tick of the ledgers."""
    for k in range(messages.sent.size):
        tally.link_tracks[k] += messages.sent[k]
        for why in range(2):
            tally.link_withheld[k, why] += messages.withheld[k, why]
    tally.dropped[0] += plots.dropped[0]
    tally.dropped[1] = tracks.dropped[0]
    tally.dropped[2] = pictures.dropped[0]
    every = observers.step[0]
    if math.floor(t1 / every + 1e-9) > math.floor(t0 / every + 1e-9):
        for n in range(pictures.valid.shape[0]):
            _expose(bodies, observers, truth, tracks, pictures, tally, exposure, events, n, t1)
        _zone(units, doctrine, bodies, truth, pictures, orders, taskings, observers, tally, exposure)
    if events.row.shape[0] > 0:
        _spared(doctrine, tracks, pictures, orders, exposure, tally, events, t0, t1)
        _kept(tracks, pictures, orders, exposure, tally, events, t0, t1)
    for f in range(units.key.size):
        for c in range(units.channels[f]):
            if events.row.shape[0] > 0:
                _decided(units, doctrine, pictures, orders, tally, events, f, c, t0, t1)
            _fire(units, bodies, truth, orders, engagements, exposure, tally, events, f, c, t0, t1)
    for b in range(truth.status.size):
        if truth.status[b] == ARRIVED and t0 < truth.t_end[b] <= t1 and bodies.side[b] == HOSTILE:
            note(events, tally, t1, LEAKER, b, aimed_at(bodies, truth, b), 0, 0, 0, 0, 0, 0)
        if damage.struck[b] != NOT_STRUCK:
            a = aimed_at(bodies, truth, b)
            note(events, tally, t1, ASSET_HIT, b, a, damage.struck[b], damage.share[a], 0, 0, 0, 0)
    for a in range(damage.t_lost.size):
        if t0 < damage.t_lost[a] <= t1:
            note(events, tally, t1, ASSET_LOST, a, 0, 0, 0, 0, 0, 0, 0)


@part
def note(events, tally, t, kind, a, b, c, d, e, f, g, h):
    """Write one event; a full log is counted, never silent."""
    n = events.count[0]
    if events.row.shape[0] == 0:
        return
    if n >= events.row.shape[0]:
        tally.dropped[3] += 1
        return
    row = events.row[n]
    row[0], row[1], row[2], row[3], row[4] = t, kind, a, b, c
    row[5], row[6], row[7], row[8], row[9] = d, e, f, g, h
    events.count[0] = n + 1


@part
def body_of(tracks, pictures, exposure, n, p):
    """Body behind a row of a picture, -1 when it can not be named."""
    node, slot = pictures.origin[n, p, 0], pictures.origin[n, p, 1]
    if exposure.number[node, slot] != pictures.number[n, p] or tracks.number[node, slot] != pictures.number[n, p]:
        return -1
    return exposure.body[node, slot]


@part
def _expose(bodies, observers, truth, tracks, pictures, tally, exposure, events, n, t1):
    """What node n holds now: seconds by body and source, first time, quality of the picture."""
    count = truth.status.size
    scored = observers.scored[n]
    seen = np.zeros(count, np.int32)
    held = np.zeros((count, 2), np.bool_)  # a body with two tracks is held once
    sharp = np.full(count, np.inf)
    for p in range(pictures.valid.shape[1]):
        if pictures.aside[n, p]:
            tally.aside[n, int(pictures.number[n, p] < 0)] += observers.step[0]
        if not pictures.valid[n, p]:
            continue
        ours = False
        if pictures.number[n, p] >= 0:  # else a track of nothing
            ours = _see(observers, tracks, pictures, exposure, n, p, t1)
            exposure.told[n] += observers.step[0] * pictures.engaged[n, p]
        b = body_of(tracks, pictures, exposure, n, p)
        if b >= 0:
            if exposure.first[n, b] == math.inf:
                exposure.first[n, b] = t1
                note(events, tally, t1, FIRM_TRACK, n, pictures.number[n, p], b, pictures.origin[n, p, 0], 0, 0, 0, 0)
            if truth.status[b] == FLYING:
                held[b, 1] = True
                sharp[b] = min(sharp[b], pictures.sigma[n, p])
                if ours:
                    held[b, 0] = True
        if not scored or pictures.same[n, p] >= 0:
            continue
        tally.siap[n, 3] += 1.0
        tally.age[n, min(AGE_BINS - 1, max(0, int(t1 - pictures.t_update[n, p])))] += 1
        if b >= 0 and truth.status[b] == FLYING:
            seen[b] += 1
            gap, fast = 0.0, 0.0
            for i in range(3):
                gap += (pictures.x[n, p, i] - truth.pos[b, i]) ** 2
                fast += (pictures.x[n, p, i + 3] - truth.vel[b, i]) ** 2
            tally.siap[n, 2] += 1.0
            tally.siap[n, 4] += math.sqrt(gap)
            tally.siap[n, 5] += math.sqrt(fast)
    for b in range(count):
        for source in range(2):
            if held[b, source]:
                exposure.seconds[n, b, source] += observers.step[0]
        if held[b, 1]:
            exposure.error[n, b] += observers.step[0] * sharp[b]
    if scored:
        for b in range(count):
            if truth.status[b] == FLYING and bodies.kind[b] != ROUND:
                tally.siap[n, 0] += 1.0
                if seen[b] > 0:
                    tally.siap[n, 1] += 1.0


@part
def _see(observers, tracks, pictures, exposure, n, p, t1):
    """Credit node n with what a row of its picture shows of whose sensors are at work; True if the system's are among them.

    A track is of its node's radars, or, where links bring plots of others, of those that have reported it lately.
    """
    m, s = pictures.origin[n, p, 0], pictures.origin[n, p, 1]
    if observers.recent[m] == math.inf or tracks.number[m, s] != pictures.number[n, p]:
        exposure.source[n, m] += observers.step[0]
        return observers.system[m]
    ours = False
    for k in range(observers.source.shape[1]):
        node = observers.source[m, k]
        if node < 0 or t1 - tracks.radar_t[m, s, k] > observers.recent[m]:
            continue
        ours |= observers.system[node]
        first = True  # of the radars of its node
        for j in range(k):
            first &= observers.source[m, j] != node or t1 - tracks.radar_t[m, s, j] > observers.recent[m]
        if first:
            exposure.source[n, node] += observers.step[0]
    return ours


@part
def _zone(units, doctrine, bodies, truth, pictures, orders, taskings, observers, tally, exposure):
    """Who is inside the envelope of a fire unit that is on, and which tracks its node holds there."""
    for f in range(units.key.size):
        if not taskings.on[units.radar[f]]:
            continue
        for b in range(truth.status.size):
            if truth.status[b] == FLYING and bodies.kind[b] != ROUND and not exposure.transit[b]:
                p = truth.pos[b]
                exposure.transit[b] = inside(units, f, p[0], p[1], p[2], False)
    for n in range(pictures.valid.shape[0]):
        for s in range(pictures.held.shape[1]):
            if pictures.valid[n, s]:
                _track_in_zone(units, doctrine, pictures, orders, taskings, observers, tally, exposure, n, s)


@part
def _track_in_zone(units, doctrine, pictures, orders, taskings, observers, tally, exposure, n, s):
    """One track of a node: held or known in the envelope of a unit that is on, and undecided there; once for all units."""
    x = pictures.x[n, s]
    soonest, held = math.inf, False
    for f in range(units.key.size):
        if units.node[f] != n or not taskings.on[units.radar[f]] or not inside(units, f, x[0], x[1], x[2], False):
            continue
        held = True
        need = intercept(units, f, x, False, units.reaction[f])
        if need < soonest:  # false for nan
            soonest = need
    b = exposure.body[n, s]
    if held and b >= 0:
        exposure.tracked[b] = True
        if orders.identity[n, s] == HOSTILE_IDENTITY:
            exposure.known[b] = True
    if held and _unresolved(orders.identity[n, s]):
        tally.undecided[n, 0] += observers.step[0]
    if soonest < math.inf and _unproven(pictures, orders, doctrine, n, s):
        left, _ = time_to_asset(doctrine, x, False)
        if left - soonest < 60.0:
            tally.undecided[n, 1] += observers.step[0]


@part
def _unresolved(identity):
    """Neither friend, neutral nor hostile."""
    return identity == PENDING or identity == UNKNOWN or identity == SUSPECT


@part
def _unproven(pictures, orders, doctrine, n, s):
    """No reply, no word from a link, no ballistic speed: whatever it is called, somebody has to decide on silence."""
    identity = orders.identity[n, s]
    if _unresolved(identity):
        return True
    if identity != HOSTILE_IDENTITY or pictures.told[n, s] == HOSTILE_IDENTITY:
        return False
    x = pictures.x[n, s]
    return x[3] ** 2 + x[4] ** 2 + x[5] ** 2 < doctrine.ballistic[n] ** 2


@part
def _decided(units, doctrine, pictures, orders, tally, events, f, c, t0, t1):
    """What was known when an engagement was ordered in this tick, and the rules that held for it."""
    if not (orders.t_asked[f, c] > t0 and orders.state[f, c] > 0):
        return
    _known(doctrine, pictures, orders, tally, events, f, units.node[f], orders.slot[f, c], orders.unseen[f, c], t1)


@part
def _spared(doctrine, tracks, pictures, orders, exposure, tally, events, t0, t1):
    """Fire units that have begun in this tick to hold their fire at a track, with what was known of it, and for whom."""
    for n in range(orders.t_spared.shape[0]):
        for s in range(orders.t_spared.shape[1]):
            f, friend = orders.spared[n, s, 0], orders.spared[n, s, 1]
            if orders.t_spared[n, s] > t0 and friend >= 0:
                _known(doctrine, pictures, orders, tally, events, f, n, s, False, t1)
                note(events, tally, t1, SPARED, f, pictures.number[n, s], body_of(tracks, pictures, exposure, n, s),
                     body_of(tracks, pictures, exposure, n, friend), 0, 0, 0, 0)  # fmt: skip


@part
def _kept(tracks, pictures, orders, exposure, tally, events, t0, t1):
    """Hostile tracks that a node has begun in this tick not to engage, and why."""
    for n in range(orders.kept.shape[0]):
        for s in range(orders.kept.shape[1]):
            if orders.t_kept[n, s] > t0 and orders.kept[n, s] > 0 and pictures.valid[n, s]:
                note(events, tally, t1, KEPT, n, pictures.number[n, s], body_of(tracks, pictures, exposure, n, s),
                     orders.kept[n, s], 0, 0, 0, 0)  # fmt: skip


@part
def _known(doctrine, pictures, orders, tally, events, f, n, s, unseen, t1):
    """What node n knows of own track s, and the rules that hold for it."""
    friend, neutral, hostile, _, _ = odds(doctrine, pictures, n, s, pictures.told[n, s], t1)
    total = friend + neutral + hostile
    number, asked, answered, x = pictures.number[n, s], pictures.asked[n, s], pictures.answered[n, s], pictures.x[n, s]
    arc = falls(doctrine, n, x)
    left, asset = time_to_asset(doctrine, x, arc)
    note(events, tally, t1, EVIDENCE, f, number, friend / total, neutral / total, hostile / total,
         asked[0] + asked[1] + asked[2], answered[0] + answered[1] + answered[2], left)  # fmt: skip
    note(events, tally, t1, RULES, f, number, orders.identity[n, s], pictures.told[n, s], pictures.teller[n, s],
         control_status(doctrine, n, x, arc), asset, unseen)  # fmt: skip


@part
def _far(x, place):
    """Is a place farther from a track than a node looks for the same track in its own picture."""
    gap = 0.0
    for i in range(3):
        gap += (x[i] - place[i]) ** 2
    return gap > MATCH_WITHIN * MATCH_WITHIN


@part
def _fire(units, bodies, truth, orders, engagements, exposure, tally, events, f, c, t0, t1):
    """Shots, hits and refusals of one engagement channel in this tick."""
    n = units.node[f]
    s = orders.slot[f, c]
    aimed = exposure.body[n, s] if exposure.number[n, s] == orders.track[f, c] else -1
    if orders.refused[f, c] > 0:
        tally.refused[f] += 1
        note(events, tally, t1, REFUSAL, f, orders.track[f, c], aimed, orders.refused[f, c], 0, 0, 0, 0)
    if orders.t_asked[f, c] > t0 and orders.state[f, c] > 0:
        tally.asked[f] += 1
        tally.wait[f] += orders.t_answer[f, c] - orders.t_asked[f, c]
        note(events, tally, t1, ASKED_FOR, f, orders.track[f, c], aimed, orders.t_answer[f, c],
             1.0 if orders.state[f, c] == APPROVED else 0.0, 0, 0, 0)  # fmt: skip
    if engagements.launched[f, c]:
        tally.rounds[f] += engagements.fired[f, c]
        note(events, tally, t1, LAUNCH, f, engagements.track[f, c], aimed, engagements.fired[f, c],
             engagements.t_meet[f, c], orders.t_asked[f, c], orders.t_answer[f, c], 0)  # fmt: skip
    if engagements.met[f, c]:
        hit = engagements.hit[f, c]
        killed = engagements.killed[f, c] and exposure.cause[hit] < 0  # two salvos in one tick kill a body once
        if killed:
            side = bodies.side[hit]
            tally.hits[f, side] += 1
            wrong = (side == FRIEND or side == CIVIL) and aimed >= 0 and bodies.side[aimed] == HOSTILE
            exposure.cause[hit] = WRONG_BODY if wrong else orders.cause[f, c]
            exposure.beside[hit, ALONE] = orders.alone[f, c]
            exposure.beside[hit, MISPLACED] = orders.live[f, c] and _far(orders.x[f, c], truth.pos[hit])
        note(events, tally, engagements.t_meet[f, c], MEETING, f, engagements.track[f, c], aimed, hit,
             1.0 if killed else 0.0, engagements.t_launch[f, c], engagements.fired[f, c], orders.t_asked[f, c])  # fmt: skip
    if engagements.verdict[f, c] > 0:
        note(events, tally, t1, ASSESSED, f, engagements.track[f, c], engagements.verdict[f, c],
             engagements.t_meet[f, c], 0, 0, 0, 0)  # fmt: skip
