"""Network: what every node holds. Reads Tracks and the Reports inbox, writes Pictures and the Messages under way.

A picture is the node's own firm tracks (rows 0..S-1, the same slots as in Tracks) followed by tracks that came
over links (rows S..P-1). A link sends a frame every period, a guard decides what goes in, latency passes, the
receiver files each track under its origin, so that a track relayed in a circle is never a second track.
docs/equations/network.md.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from openiads.engine import rng
from openiads.engine.bundle import bundle
from openiads.engine.jit import part
from openiads.engine.tracking import FIRM

PENDING, UNKNOWN, ASSUMED_FRIEND, FRIEND, NEUTRAL, SUSPECT, HOSTILE = 0, 1, 2, 3, 4, 5, 6

_SAME_SIGMAS = 3.0  # two tracks of two nodes are one object within this many sigmas ...
_SAME_FLOOR = 1_000.0  # ... plus registration between nodes (m)
_SAME_CAP = 12_000.0  # m
_SAME_SPEED = 150.0  # m/s


@bundle
class Links(NamedTuple):
    """Directed connections; axis 0 = link, closed ones are left out."""

    key: np.ndarray  # uint32[L]
    source: np.ndarray  # int32[L] node
    sink: np.ndarray  # int32[L] node
    latency: np.ndarray  # float64[L] s
    period: np.ndarray  # float64[L] s between frames
    phase: np.ndarray  # float64[L] s
    capacity: np.ndarray  # int32[L] tracks a frame
    availability: np.ndarray  # float64[L] probability that a frame goes out
    passes: np.ndarray  # int32[L] bit i: identity i may pass
    precision: np.ndarray  # float64[L] m, positions are rounded to this; 0 for as they are
    bits: np.ndarray  # float64[L] bits a track
    status: np.ndarray  # bool[L] it also says which tracks the sender engages
    keep: np.ndarray  # float64[N, 2] s, most age of the last plot behind a received track, and of its last news


@bundle
class Reports(NamedTuple):
    """Inbox: what command and the fire units said in the last tick."""

    identity: np.ndarray  # int8[N, P] what each node believes of each row of its picture
    number: np.ndarray  # int64[N, P] the track it said it of
    basis: np.ndarray  # int32[N, P] node whose evidence that rests on
    engaged: np.ndarray  # bool[N, P] it has given an order to engage it
    phase: np.ndarray  # int8[F, C] state of each engagement
    verdict: np.ndarray  # int8[F, C] kill assessment: 0 none, 1 believed killed, 2 believed missed
    rounds: np.ndarray  # int32[F] ready rounds
    fired: np.ndarray  # int32[F, C] rounds of the engagement
    up: np.ndarray  # bool[N] does the node run
    stands: np.ndarray  # bool[N] it has not been destroyed


@bundle
class Messages(NamedTuple):
    """Frames under way; axis 0 = link, 1 = frame slot, 2 = track."""

    count: np.ndarray  # int32[L, D] tracks in the frame, -1 for an empty slot
    due: np.ndarray  # float64[L, D] s
    x: np.ndarray  # float64[L, D, K, 6]
    sigma: np.ndarray  # float64[L, D, K] m
    t: np.ndarray  # float64[L, D, K] s the state is valid for
    t_update: np.ndarray  # float64[L, D, K] s, last plot behind it
    identity: np.ndarray  # int8[L, D, K]
    basis: np.ndarray  # int32[L, D, K] node whose evidence that rests on
    engaged: np.ndarray  # bool[L, D, K] the sender engages it
    origin: np.ndarray  # int32[L, D, K, 2] node and slot that made the track
    number: np.ndarray  # int64[L, D, K] its track number there
    luck: np.ndarray  # uint32[L, D, K]
    sent: np.ndarray  # int64[L] tracks sent in this tick
    withheld: np.ndarray  # int64[L] tracks that the guard or the capacity kept back in this tick
    begin: np.ndarray  # int64[L] row at which the next frame begins, so that a narrow link takes every track in turn


@bundle
class Pictures(NamedTuple):
    """The tracks that each node holds; axis 0 = node, 1 = row."""

    valid: np.ndarray  # bool[N, P]
    number: np.ndarray  # int64[N, P] track number at its origin
    origin: np.ndarray  # int32[N, P, 2] node and slot that made the track
    x: np.ndarray  # float64[N, P, 6] m, m/s at the end of the tick
    sigma: np.ndarray  # float64[N, P] m, one-sigma position
    t_update: np.ndarray  # float64[N, P] s, last plot behind it
    asked: np.ndarray  # int32[N, P, 3] interrogations by group of modes: civil, military in clear, under keys
    answered: np.ndarray  # int32[N, P, 3] replies to them
    address: np.ndarray  # int32[N, P] of mode S, -1 for none given
    luck: np.ndarray  # uint32[N, P]
    held: np.ndarray  # float64[N, S, K] s, last plot from each of the node's own radars
    told: np.ndarray  # int8[N, P] identity that came over a link, PENDING for none
    teller: np.ndarray  # int32[N, P] node whose evidence that rests on
    engaged: np.ndarray  # bool[N, P] the sender of a received row engages it
    same: np.ndarray  # int32[N, P] row of the same object that stands earlier, -1 for none
    news: np.ndarray  # float64[N, P] s, when a received track last arrived
    row: np.ndarray  # int32[N, N, S] row of (origin node, slot), -1 for none
    dropped: np.ndarray  # int64[1] received tracks for which there was no row


def empty_reports(nodes: int, rows: int, units: int, channels: int) -> Reports:
    """Nothing said yet."""
    return Reports(
        np.zeros((nodes, rows), np.int8), np.zeros((nodes, rows), np.int64), np.zeros((nodes, rows), np.int32),
        np.zeros((nodes, rows), np.bool_), np.zeros((units, channels), np.int8), np.zeros((units, channels), np.int8),
        np.zeros(units, np.int32), np.zeros((units, channels), np.int32), np.ones(nodes, np.bool_),
        np.ones(nodes, np.bool_),
    )  # fmt: skip


def empty_messages(links: int, frames: int, tracks: int) -> Messages:
    """No frame under way."""
    return Messages(
        np.full((links, frames), -1, np.int32), np.zeros((links, frames)), np.zeros((links, frames, tracks, 6)),
        np.zeros((links, frames, tracks)), np.zeros((links, frames, tracks)), np.zeros((links, frames, tracks)),
        np.zeros((links, frames, tracks), np.int8), np.zeros((links, frames, tracks), np.int32),
        np.zeros((links, frames, tracks), np.bool_), np.zeros((links, frames, tracks, 2), np.int32),
        np.zeros((links, frames, tracks), np.int64), np.zeros((links, frames, tracks), np.uint32),
        np.zeros(links, np.int64), np.zeros(links, np.int64), np.zeros(links, np.int64),
    )  # fmt: skip


def empty_pictures(nodes: int, slots: int, received: int, radars: int) -> Pictures:
    """Every picture blank: [slots] own rows and [received] further ones."""
    rows = slots + received
    return Pictures(
        np.zeros((nodes, rows), np.bool_), np.zeros((nodes, rows), np.int64), np.full((nodes, rows, 2), -1, np.int32),
        np.zeros((nodes, rows, 6)), np.zeros((nodes, rows)), np.zeros((nodes, rows)),
        np.zeros((nodes, rows, 3), np.int32), np.zeros((nodes, rows, 3), np.int32), np.full((nodes, rows), -1, np.int32),
        np.zeros((nodes, rows), np.uint32), np.full((nodes, slots, radars), -1e9), np.zeros((nodes, rows), np.int8),
        np.full((nodes, rows), -1, np.int32), np.zeros((nodes, rows), np.bool_),
        np.full((nodes, rows), -1, np.int32), np.zeros((nodes, rows)), np.full((nodes, nodes, slots), -1, np.int32), np.zeros(1, np.int64),
    )  # fmt: skip


@part
def exchange(links, tracks, reports, messages, pictures, key, t0, t1):
    """One tick: own tracks into the pictures, frames that are due delivered, new frames sent."""
    nodes = pictures.valid.shape[0]
    for n in range(nodes):
        _own_rows(tracks, reports, pictures, n)
        _age_received(links, reports, pictures, n, t0, t1)
    for n in range(nodes):
        news = False
        for k in range(links.key.size):
            if links.sink[k] == n:
                news |= _deliver(links, reports, messages, pictures, k, t1)
        if news:
            _correlate(pictures, n)
    for k in range(links.key.size):
        messages.sent[k] = 0
        messages.withheld[k] = 0
        frame = math.floor((t1 - links.phase[k]) / links.period[k])
        if frame > math.floor((t0 - links.phase[k]) / links.period[k]):
            up = rng.uniform(key, rng.LINK, links.key[k], np.uint32(0), frame) < links.availability[k]
            if up and reports.up[links.source[k]]:
                _send(links, reports, messages, pictures, k, t1)


@part
def _own_rows(tracks, reports, pictures, n):
    """Rows 0..S-1: the node's own firm tracks; a node that was destroyed holds none."""
    for s in range(tracks.status.shape[1]):
        firm = tracks.status[n, s] == FIRM and reports.stands[n]
        if not firm:
            pictures.valid[n, s] = False
            continue
        if not pictures.valid[n, s] or pictures.number[n, s] != tracks.number[n, s]:
            pictures.told[n, s] = PENDING
            pictures.same[n, s] = -1
            pictures.teller[n, s] = -1
        pictures.valid[n, s] = True
        pictures.number[n, s] = tracks.number[n, s]
        pictures.origin[n, s, 0], pictures.origin[n, s, 1] = n, s
        for i in range(6):
            pictures.x[n, s, i] = tracks.x[n, s, i]
        pictures.sigma[n, s] = math.sqrt(tracks.p[n, s, 0] + tracks.p[n, s, 3] + tracks.p[n, s, 5])
        pictures.t_update[n, s] = tracks.t_update[n, s]
        pictures.luck[n, s] = tracks.luck[n, s]
        pictures.address[n, s] = tracks.address[n, s]
        for g in range(3):
            pictures.asked[n, s, g] = tracks.asked[n, s, g]
            pictures.answered[n, s, g] = tracks.answered[n, s, g]
        for r in range(pictures.held.shape[2]):
            pictures.held[n, s, r] = tracks.radar_t[n, s, r]


@part
def _age_received(links, reports, pictures, n, t0, t1):
    """Received rows are carried forward at their speed, and dropped when their last plot or last news is too old."""
    for p in range(pictures.held.shape[1], pictures.valid.shape[1]):
        if not pictures.valid[n, p]:
            continue
        old = t1 - pictures.t_update[n, p] > links.keep[n, 0] or t1 - pictures.news[n, p] > links.keep[n, 1]
        if old or not reports.up[n]:
            _forget(pictures, n, p)
            continue
        for i in range(3):
            pictures.x[n, p, i] += (t1 - t0) * pictures.x[n, p, i + 3]
        same = pictures.same[n, p]
        if same >= 0 and not pictures.valid[n, same]:
            pictures.same[n, p] = -1


@part
def _forget(pictures, n, p):
    """Free a received row; what it told of the row that shows the same object goes with it."""
    pictures.valid[n, p] = False
    pictures.engaged[n, p] = False
    if pictures.same[n, p] >= 0:
        pictures.told[n, pictures.same[n, p]] = PENDING
    pictures.same[n, p] = -1
    pictures.row[n, pictures.origin[n, p, 0], pictures.origin[n, p, 1]] = -1


@part
def _deliver(links, reports, messages, pictures, k, t1):
    """Frames of link k that are due by t1 are filed at the receiver; True if there was one.

    A copy without a newer plot is no news, or two nodes that forward to each other would keep a dead track alive.
    """
    n = links.sink[k]
    delivered = False
    for d in range(messages.count.shape[1]):
        if messages.count[k, d] < 0 or messages.due[k, d] > t1:
            continue
        count = messages.count[k, d] if reports.up[n] else 0
        delivered = delivered or count > 0
        for m in range(count):
            node, slot = messages.origin[k, d, m, 0], messages.origin[k, d, m, 1]
            p = pictures.row[n, node, slot]
            if p >= 0 and pictures.number[n, p] == messages.number[k, d, m]:
                if pictures.t_update[n, p] == messages.t_update[k, d, m]:
                    _tell(links, pictures, messages, n, p, k, d, m)
                if pictures.t_update[n, p] >= messages.t_update[k, d, m]:
                    continue
            elif t1 - messages.t_update[k, d, m] > links.keep[n, 0]:
                continue
            else:
                if p < 0:
                    p = _free_row(pictures, n)
                if p < 0:
                    pictures.dropped[0] += 1
                    continue
                pictures.row[n, node, slot] = p
                pictures.same[n, p] = -1
                pictures.engaged[n, p] = False
            pictures.valid[n, p] = True
            pictures.number[n, p] = messages.number[k, d, m]
            pictures.origin[n, p, 0], pictures.origin[n, p, 1] = node, slot
            late = t1 - messages.t[k, d, m]
            for i in range(3):
                pictures.x[n, p, i] = messages.x[k, d, m, i] + late * messages.x[k, d, m, i + 3]
                pictures.x[n, p, i + 3] = messages.x[k, d, m, i + 3]
            pictures.sigma[n, p] = messages.sigma[k, d, m]
            pictures.t_update[n, p] = messages.t_update[k, d, m]
            _tell(links, pictures, messages, n, p, k, d, m)
            pictures.luck[n, p] = messages.luck[k, d, m]
            pictures.news[n, p] = t1
        messages.count[k, d] = -1
    return delivered


@part
def _tell(links, pictures, messages, n, p, k, d, m):
    """The identity that a message gives row p of node n, and whether its sender engages it.

    An identity that rests on the node's own evidence is an echo, and no news.
    """
    if links.status[k] and links.source[k] == messages.origin[k, d, m, 0]:  # a copy that was forwarded does not know
        pictures.engaged[n, p] = messages.engaged[k, d, m]
    echo = messages.basis[k, d, m] == n
    pictures.told[n, p] = PENDING if echo else messages.identity[k, d, m]
    pictures.teller[n, p] = messages.basis[k, d, m]


@part
def _free_row(pictures, n):
    """A received row that is free, or -1."""
    for p in range(pictures.held.shape[1], pictures.valid.shape[1]):
        if not pictures.valid[n, p]:
            return p
    return -1


@part
def _correlate(pictures, n):
    """Mark each received row that shows an object which an earlier row shows; the earlier row learns its identity.

    Nearest neighbour within a gate, by a sweep along one axis; two tracks of one origin are never one object.
    """
    rows = pictures.valid.shape[1]
    own = pictures.held.shape[1]
    index = np.empty(rows, np.int64)
    count = 0
    for p in range(rows):
        if pictures.valid[n, p]:
            index[count] = p
            count += 1
            if p < own:
                pictures.told[n, p] = PENDING
    along = np.empty(count)
    for i in range(count):
        along[i] = pictures.x[n, index[i], 0]
    order = np.argsort(along, kind="mergesort")
    place = np.empty(rows, np.int64)
    for i in range(count):
        place[index[order[i]]] = i
    for i in range(count):
        p = index[i]
        if p < own:
            continue
        best, nearest = -1, math.inf
        for direction in (-1, 1):
            j = place[p] + direction
            while 0 <= j < count and abs(along[order[j]] - pictures.x[n, p, 0]) < _SAME_CAP:
                q = index[order[j]]
                j += direction
                if q >= p or (q >= own and (pictures.origin[n, q, 0] == pictures.origin[n, p, 0])):
                    continue
                gap = _gap(pictures, n, p, q)
                if gap < nearest:
                    best, nearest = q, gap
        if best >= own and pictures.same[n, best] >= 0:
            best = pictures.same[n, best]
        pictures.same[n, p] = best
        if best >= 0 and _outranks(pictures.told[n, p], pictures.told[n, best]):
            pictures.told[n, best], pictures.teller[n, best] = pictures.told[n, p], pictures.teller[n, p]


@part
def _gap(pictures, n, p, q):
    """Distance between two rows in units of their gate; infinite outside it."""
    far, fast = 0.0, 0.0
    for i in range(3):
        far += (pictures.x[n, p, i] - pictures.x[n, q, i]) ** 2
        fast += (pictures.x[n, p, i + 3] - pictures.x[n, q, i + 3]) ** 2
    sigma = math.sqrt(pictures.sigma[n, p] ** 2 + pictures.sigma[n, q] ** 2)
    gate = min(_SAME_CAP, _SAME_SIGMAS * sigma + _SAME_FLOOR)
    if far > gate * gate or fast > _SAME_SPEED * _SAME_SPEED:
        return math.inf
    return math.sqrt(far) / gate


@part
def _outranks(new, old):
    """Friend outranks hostile outranks neutral outranks the rest: a positive reply is the strongest evidence."""
    return _rank(new) > _rank(old)


@part
def _rank(identity):
    if identity == FRIEND:
        return 6
    if identity == ASSUMED_FRIEND:
        return 5
    if identity == NEUTRAL:
        return 4
    if identity == HOSTILE:
        return 3
    return identity if identity != SUSPECT else 2


@part
def _send(links, reports, messages, pictures, k, t1):
    """Put the sender's picture into a frame, as far as the guard and the capacity let it; what is left goes first next."""
    n = links.source[k]
    free = -1
    for d in range(messages.count.shape[1]):
        if messages.count[k, d] < 0:
            free = d
            break
    if free < 0 or links.capacity[k] == 0:  # a link for orders only
        return
    count = 0
    room = min(links.capacity[k], messages.x.shape[2])
    rows, own, begin = pictures.valid.shape[1], pictures.held.shape[1], messages.begin[k]
    for i in range(rows):
        p = (begin + i) % rows
        if not pictures.valid[n, p] or pictures.origin[n, p, 0] == links.sink[k]:
            continue
        if 0 <= pictures.same[n, p] < own:  # what the sender sees itself it reports once, with all that it was told
            continue
        identity, basis, engaged = PENDING, n, False
        if reports.number[n, p] == pictures.number[n, p]:
            identity, basis = reports.identity[n, p], reports.basis[n, p]
            engaged = links.status[k] and reports.engaged[n, p]
        if not (links.passes[k] >> identity) & 1:
            messages.withheld[k] += 1
            continue
        if count >= room:
            if messages.begin[k] == begin:
                messages.begin[k] = p
            messages.withheld[k] += 1
            continue
        for j in range(6):
            messages.x[k, free, count, j] = pictures.x[n, p, j]
        grain = links.precision[k]
        sigma = pictures.sigma[n, p]
        if grain > 0.0:
            for j in range(3):
                messages.x[k, free, count, j] = math.floor(messages.x[k, free, count, j] / grain + 0.5) * grain
            sigma = math.sqrt(sigma * sigma + grain * grain / 4.0)
        messages.sigma[k, free, count] = sigma
        messages.t[k, free, count] = t1
        messages.t_update[k, free, count] = pictures.t_update[n, p]
        messages.identity[k, free, count], messages.basis[k, free, count] = identity, basis
        messages.engaged[k, free, count] = engaged
        messages.origin[k, free, count, 0] = pictures.origin[n, p, 0]
        messages.origin[k, free, count, 1] = pictures.origin[n, p, 1]
        messages.number[k, free, count] = pictures.number[n, p]
        messages.luck[k, free, count] = pictures.luck[n, p]
        count += 1
    messages.count[k, free] = count
    messages.due[k, free] = t1 + links.latency[k]
    messages.sent[k] += count
