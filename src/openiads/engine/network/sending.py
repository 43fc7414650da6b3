"""A frame: what a node puts into it, what the guard leaves, what a compromise makes of it. docs/equations/network.md."""

from __future__ import annotations

import numpy as np

from openiads.engine.jit import part
from openiads.engine.network.bundles import BY_CAPACITY, BY_GUARD, OWN_TURN, PENDING
from openiads.engine.network.guard import coarsen, lets_through
from openiads.engine.network.tampering import GHOST_SIGMA, at_work, ghost, move, tamper, write_ghost


@part
def send(links, reports, messages, pictures, key, k, lost, t1):
    """Put the sender's picture into a frame of link k, as far as guard and capacity let it; what is left goes first next.

    A frame leaves when the line has sent the ones before it. One that finds no room to wait in, or is `lost` on a shared
    medium, takes its tracks with it; the next one tells newer ones.
    """
    d = _free_slot(messages, k)
    if links.capacity[k] == 0:  # a link for orders only
        return
    tampered = at_work(links.tampering, k, t1)
    lies = tampered and links.tampering.sender[k]
    count, room = 0, min(links.capacity[k], messages.x.shape[2])
    rows, begin = pictures.valid.shape[1], messages.begin[k]
    offered = rows + (links.tampering.ghosts[k] if lies else 0)  # a liar offers ghosts like rows of its picture
    x = np.empty(6)
    for i in range(offered):
        p = (begin + i) % offered
        if p < rows and not _tells(links, pictures, k, p):
            continue
        identity = _as_told(links, reports, pictures, key, k, p, lies, t1, x)
        if not lets_through(links.guards, k, identity, x):
            messages.withheld[k, BY_GUARD] += 1
            continue
        if d < 0 or count >= room:
            if messages.begin[k] == begin and d >= 0:
                messages.begin[k] = p
            messages.withheld[k, BY_CAPACITY] += 1
            continue
        _write(links, reports, messages, pictures, k, d, count, p, lies, identity, x, t1)
        count += 1
    if d < 0:
        return
    if tampered and not lies:
        count = tamper(links, messages, pictures, key, k, d, count, room, t1)
    start = max(t1, messages.free[k])
    messages.free[k] = start + count * links.bits[k] / links.rate[k]
    turn = 0.0 if links.access[k] == OWN_TURN else (messages.turn[k] + 1.0) * links.period[k] / links.slots[k]
    late = links.tampering.late[k] if tampered else 0.0
    messages.due[k, d] = messages.free[k] + turn + links.latency[k] + late
    messages.sent[k] += count
    messages.count[k, d] = -1 if lost else count


@part
def _free_slot(messages, k):
    """A slot for one more frame under way on link k, or -1."""
    for d in range(messages.count.shape[1]):
        if messages.count[k, d] < 0:
            return d
    return -1


@part
def _tells(links, pictures, k, p):
    """Does the sender tell of row p on link k: not to its maker, and what it sees itself once, with all that it was told."""
    n = links.source[k]
    if not pictures.valid[n, p] or pictures.origin[n, p, 0] == links.sink[k]:
        return False
    return not 0 <= pictures.same[n, p] < pictures.held.shape[1]


@part
def _as_told(links, reports, pictures, key, k, p, lies, t1, x):
    """State into x[:6], and identity, that the sender gives row p; behind its picture stand the ghosts of one that lies."""
    n, rows = links.source[k], pictures.valid.shape[1]
    if p >= rows:
        ghost(links.tampering, key, k, p - rows, t1, x)
        return links.tampering.called[k]
    for j in range(6):
        x[j] = pictures.x[n, p, j]
    if lies:
        move(links.tampering, key, k, x)
        if links.tampering.claim[k] >= 0:
            return links.tampering.claim[k]
    return reports.identity[n, p] if reports.number[n, p] == pictures.number[n, p] else np.int8(PENDING)


@part
def _write(links, reports, messages, pictures, k, d, m, p, lies, identity, x, t1):
    """Track m of frame d is row p of the sender's picture, as it tells it, or a ghost."""
    n, rows = links.source[k], pictures.valid.shape[1]
    for j in range(6):
        messages.x[k, d, m, j] = x[j]
    if p >= rows:
        write_ghost(links, messages, pictures, k, d, m, p - rows, t1)
        messages.sigma[k, d, m] = coarsen(links.guards, k, messages.x[k, d, m], GHOST_SIGMA)
        messages.identity[k, d, m] = identity if links.identity[k] else PENDING
        return
    messages.sigma[k, d, m] = coarsen(links.guards, k, messages.x[k, d, m], pictures.sigma[n, p])
    messages.t[k, d, m] = t1
    messages.t_update[k, d, m] = pictures.t_update[n, p]
    known = reports.number[n, p] == pictures.number[n, p]
    claimed = lies and links.tampering.claim[k] >= 0
    messages.identity[k, d, m] = identity if links.identity[k] else PENDING
    messages.basis[k, d, m] = reports.basis[n, p] if known and links.identity[k] and not claimed else n
    messages.engaged[k, d, m] = known and links.status[k] and reports.engaged[n, p]
    messages.origin[k, d, m, 0], messages.origin[k, d, m, 1] = pictures.origin[n, p, 0], pictures.origin[n, p, 1]
    messages.number[k, d, m] = pictures.number[n, p]
    messages.luck[k, d, m] = pictures.luck[n, p]
