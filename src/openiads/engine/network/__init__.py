"""Network: what every node holds. Reads Plots, Tracks and the Reports inbox, writes Pictures and what is under way.

A picture is the node's own firm tracks (rows 0..S-1, the same slots as in Tracks) followed by tracks that came
over links (rows S..P-1). A link sends a frame every period (`access`), a guard decides what goes in (`guard`,
`sending`), latency passes, the receiver files each track under its origin, so that a track relayed in a circle is
never a second track (`receiving`), may ask its own radars whether there is one (`checking`), and finds which rows
show one object (`correlation`). A link that carries plots brings them to the receiver's tracker instead (`plots`).
docs/equations/network.md.
"""

from __future__ import annotations

import numpy as np

from openiads.engine.jit import part
from openiads.engine.network.access import NO_FRAME, choose_turn, collides, frame_at, is_up
from openiads.engine.network.bundles import (
    ASSUMED_FRIEND,
    BY_CAPACITY,
    BY_GUARD,
    FRIEND,
    HOSTILE,
    NEUTRAL,
    OWN_TURN,
    PENDING,
    SLOTTED,
    SUSPECT,
    UNKNOWN,
    UNSLOTTED,
    Guards,
    Links,
    Messages,
    Pictures,
    Reports,
    Tampering,
    empty_messages,
    empty_pictures,
    empty_reports,
)
from openiads.engine.network.checking import cross_check
from openiads.engine.network.correlation import correlate
from openiads.engine.network.plots import Carried, Feeds, bring_plots, carry_plots, empty_carried
from openiads.engine.network.receiving import age_received, deliver, own_rows
from openiads.engine.network.sending import send

__all__ = [
    "ASSUMED_FRIEND", "BY_CAPACITY", "BY_GUARD", "FRIEND", "HOSTILE", "NEUTRAL", "NO_FRAME", "OWN_TURN", "PENDING",
    "SLOTTED", "SUSPECT", "UNKNOWN", "UNSLOTTED", "Carried", "Feeds", "Guards", "Links", "Messages", "Pictures",
    "Reports", "Tampering", "bring_plots", "empty_carried", "empty_messages", "empty_pictures", "empty_reports",
    "exchange", "frame_at",
]  # fmt: skip


@part
def exchange(
    links, feeds, radars, antennas, taskings, plots, tracks, reports, messages, carried, pictures, key, t0, t1
):
    """One tick: own tracks into the pictures, frames that are due delivered, new frames sent; plots on their way."""
    nodes = pictures.valid.shape[0]
    for n in range(nodes):
        own_rows(tracks, reports, pictures, n)
        age_received(links, reports, pictures, n, t0, t1)
    for n in range(nodes):
        news, checked = False, False
        for k in range(links.key.size):
            if links.sink[k] == n:
                news |= deliver(links, reports, messages, pictures, k, t1)
                checked |= links.check[k] < np.inf
        if checked:
            cross_check(links, radars, antennas, taskings, pictures, n, t1)
        if news:
            correlate(pictures, n)
    frames = np.empty(links.key.size, np.int64)
    for k in range(links.key.size):
        messages.sent[k] = 0
        messages.withheld[k, BY_GUARD] = messages.withheld[k, BY_CAPACITY] = 0
        frames[k] = frame_at(links, k, t0, t1)
        if frames[k] != NO_FRAME and links.access[k] != OWN_TURN:
            choose_turn(links, messages, key, k, frames[k])
    for k in range(links.key.size):
        if frames[k] != NO_FRAME and not links.plots[k] and is_up(links, reports, key, k, frames[k], t1):
            lost = collides(links, reports, messages, key, k, frames[k], t1)
            send(links, reports, messages, pictures, key, k, lost, t1)
    carry_plots(links, feeds, reports, plots, messages, carried, key, frames, t1)
