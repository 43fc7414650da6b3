"""What a node makes of its own tracks and of the frames that reach it. docs/equations/network.md."""

from __future__ import annotations

import math

from openiads.engine.jit import part
from openiads.engine.network.bundles import PENDING
from openiads.engine.tracking import FIRM


@part
def own_rows(tracks, reports, pictures, n):
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
def age_received(links, reports, pictures, n, t0, t1):
    """Received rows are carried forward at their speed, and dropped when their last plot is too old or their report counts no more."""
    for p in range(pictures.held.shape[1], pictures.valid.shape[1]):
        if not (pictures.valid[n, p] or pictures.aside[n, p]):
            continue
        old = t1 - pictures.t_update[n, p] > links.keep[n] or t1 > pictures.until[n, p]
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
    """Free a received row."""
    unsay(pictures, n, p)
    pictures.valid[n, p] = pictures.aside[n, p] = False
    pictures.row[n, pictures.origin[n, p, 0], pictures.origin[n, p, 1]] = -1


@part
def unsay(pictures, n, p):
    """What a received row told of the row that shows the same object goes, and its engagement."""
    pictures.engaged[n, p] = False
    if pictures.same[n, p] >= 0:
        pictures.told[n, pictures.same[n, p]] = PENDING
    pictures.same[n, p] = -1


@part
def deliver(links, reports, messages, pictures, k, t1):
    """Frames of link k that are due by t1 are filed at the receiver; True if there was one.

    A copy without a newer plot is no news, or two nodes that forward to each other would keep a dead track alive; to who
    is credited with what it was told, it is one more report.
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
                pictures.until[n, p] = max(pictures.until[n, p], t1 + links.credit[k])
                if pictures.t_update[n, p] == messages.t_update[k, d, m]:
                    _tell(links, pictures, messages, n, p, k, d, m)
                if pictures.t_update[n, p] >= messages.t_update[k, d, m]:
                    continue
            elif t1 - messages.t_update[k, d, m] > links.keep[n]:
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
                pictures.aside[n, p], pictures.unseen[n, p] = False, math.inf
                pictures.until[n, p] = t1 + links.credit[k]
            pictures.valid[n, p] = not pictures.aside[n, p]
            pictures.number[n, p] = messages.number[k, d, m]
            pictures.origin[n, p, 0], pictures.origin[n, p, 1] = node, slot
            pictures.via[n, p] = k
            late = t1 - messages.t[k, d, m]
            for i in range(3):
                pictures.x[n, p, i] = messages.x[k, d, m, i] + late * messages.x[k, d, m, i + 3]
                pictures.x[n, p, i + 3] = messages.x[k, d, m, i + 3]
            pictures.sigma[n, p] = messages.sigma[k, d, m]
            pictures.t_update[n, p] = messages.t_update[k, d, m]
            _tell(links, pictures, messages, n, p, k, d, m)
            pictures.luck[n, p] = messages.luck[k, d, m]
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
        if not (pictures.valid[n, p] or pictures.aside[n, p]):
            return p
    return -1
