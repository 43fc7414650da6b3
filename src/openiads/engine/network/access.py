"""When a link sends: its frames, outages, line of sight, and media that several links share. docs/equations/network.md."""

from __future__ import annotations

import math

import numpy as np

from openiads.engine import rng
from openiads.engine.jit import part
from openiads.engine.network.bundles import OWN_TURN, SLOTTED
from openiads.engine.network.tampering import at_work
from openiads.engine.spans import within

NO_FRAME = -(1 << 40)
TURN = np.uint32(1)  # draws of a link beside those of its frames


@part
def frame_at(links, k, t0, t1):
    """Number of the frame that link k sends in the tick from t0 to t1, NO_FRAME for none; negative before time 0."""
    frame = math.floor((t1 - links.phase[k]) / links.period[k])
    return frame if frame > math.floor((t0 - links.phase[k]) / links.period[k]) else NO_FRAME


@part
def is_up(links, reports, key, k, frame, t1):
    """Does a frame go out: sender and line are up, its ends see each other, and no outage falls on it."""
    if not reports.up[links.source[k]] or not reports.sight[k] or within(links.outage, k, t1):
        return False
    if links.tampering.deny[k] > 0.0 and at_work(links.tampering, k, t1):
        if rng.uniform(key, rng.TAMPERING, links.key[k], np.uint32(0), frame) < links.tampering.deny[k]:
            return False
    return rng.uniform(key, rng.LINK, links.key[k], np.uint32(0), frame) < links.availability[k]


@part
def choose_turn(links, messages, key, k, frame):
    """The moment at which link k sends on a shared medium, in slots of its period: where it likes."""
    turn = links.slots[k] * rng.uniform(key, rng.LINK, links.key[k], TURN, frame)
    messages.turn[k] = math.floor(turn) if links.access[k] == SLOTTED else turn


@part
def collides(links, reports, messages, key, k, frame, t1):
    """Is a frame of link k lost to another that is sent on the same medium at the same time; both are."""
    if links.access[k] == OWN_TURN:
        return False
    for o in range(links.key.size):
        if o == k or links.net[o] != links.net[k] or not is_up(links, reports, key, o, frame, t1):
            continue
        if abs(messages.turn[o] - messages.turn[k]) < 1.0:  # a frame lasts one slot
            return True
    return False
