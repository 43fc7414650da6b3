"""A frame: what a node puts into it, what the guard leaves, what a compromise makes of it. docs/equations/network.md."""

from __future__ import annotations

from openiads.engine.jit import part
from openiads.engine.network.bundles import BY_CAPACITY, BY_GUARD, OWN_TURN, PENDING
from openiads.engine.network.guard import coarsen, lets_through
from openiads.engine.network.tampering import add_ghosts, tamper


@part
def send(links, reports, messages, pictures, key, k, lost, t1):
    """Put the sender's picture into a frame of link k, as far as guard and capacity let it; what is left goes first next.

    A frame leaves when the line has sent the ones before it. One that finds no room to wait in, or is `lost` on a shared
    medium, takes its tracks with it; the next one tells newer ones.
    """
    n = links.source[k]
    d = _free_slot(messages, k)
    if links.capacity[k] == 0:  # a link for orders only
        return
    count, room = 0, min(links.capacity[k], messages.x.shape[2])
    rows, own, begin = pictures.valid.shape[1], pictures.held.shape[1], messages.begin[k]
    for i in range(rows):
        p = (begin + i) % rows
        if not pictures.valid[n, p] or pictures.origin[n, p, 0] == links.sink[k]:
            continue
        if 0 <= pictures.same[n, p] < own:  # what the sender sees itself it reports once, with all that it was told
            continue
        known = reports.number[n, p] == pictures.number[n, p]
        identity = reports.identity[n, p] if known else PENDING
        if not lets_through(links.guards, k, identity, pictures.x[n, p]):
            messages.withheld[k, BY_GUARD] += 1
            continue
        if d < 0 or count >= room:
            if messages.begin[k] == begin and d >= 0:
                messages.begin[k] = p
            messages.withheld[k, BY_CAPACITY] += 1
            continue
        _write(links, reports, messages, pictures, k, d, count, p, known, t1)
        count += 1
    if d < 0:
        return
    late = tamper(links, messages, key, k, d, count, t1)
    count = add_ghosts(links, messages, pictures, key, k, d, count, room, t1)
    start = max(t1, messages.free[k])
    messages.free[k] = start + count * links.bits[k] / links.rate[k]
    turn = 0.0 if links.access[k] == OWN_TURN else (messages.turn[k] + 1.0) * links.period[k] / links.slots[k]
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
def _write(links, reports, messages, pictures, k, d, m, p, known, t1):
    """Track m of frame d is row p of the sender's picture."""
    n = links.source[k]
    for j in range(6):
        messages.x[k, d, m, j] = pictures.x[n, p, j]
    messages.sigma[k, d, m] = coarsen(links.guards, k, messages.x[k, d, m], pictures.sigma[n, p])
    messages.t[k, d, m] = t1
    messages.t_update[k, d, m] = pictures.t_update[n, p]
    tells = known and links.identity[k]
    messages.identity[k, d, m] = reports.identity[n, p] if tells else PENDING
    messages.basis[k, d, m] = reports.basis[n, p] if tells else n
    messages.engaged[k, d, m] = known and links.status[k] and reports.engaged[n, p]
    messages.origin[k, d, m, 0], messages.origin[k, d, m, 1] = pictures.origin[n, p, 0], pictures.origin[n, p, 1]
    messages.number[k, d, m] = pictures.number[n, p]
    messages.luck[k, d, m] = pictures.luck[n, p]
