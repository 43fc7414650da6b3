"""What a node's own radars say of what it is told: a track that they should see and do not. docs/equations/network.md."""

from __future__ import annotations

import math

from openiads.engine.jit import part
from openiads.engine.network.correlation import gap
from openiads.engine.network.receiving import unsay
from openiads.engine.sensing import would_detect

_SURE = 0.9  # probability of detection from which on a radar should see what it is told of


@part
def cross_check(links, radars, antennas, taskings, pictures, n, t1):
    """Put aside the received rows of node n that its radars should have seen for long enough and have not; take them back when they do."""
    for p in range(pictures.held.shape[1], pictures.valid.shape[1]):
        k = pictures.via[n, p]
        if not (pictures.valid[n, p] or pictures.aside[n, p]) or links.check[k] == math.inf:
            continue
        if _shown(pictures, n, p) or not _should_see(
            radars, antennas, taskings, n, pictures.x[n, p], links.check_rcs[k]
        ):
            pictures.unseen[n, p] = math.inf
        elif pictures.unseen[n, p] == math.inf:
            pictures.unseen[n, p] = t1
        aside = t1 - pictures.unseen[n, p] >= links.check[k]
        if aside:
            unsay(pictures, n, p)
        pictures.aside[n, p], pictures.valid[n, p] = aside, not aside


@part
def _shown(pictures, n, p):
    """Is one of the node's own tracks of the object of a received row."""
    for s in range(pictures.held.shape[1]):
        if pictures.valid[n, s] and gap(pictures, n, p, s) < math.inf:
            return True
    return False


@part
def _should_see(radars, antennas, taskings, n, x, rcs):
    """Does a radar of the node that is on nearly always detect a body of this RCS (m2) there."""
    for r in range(radars.key.size):
        if radars.node[r] == n and taskings.on[r] and would_detect(radars, antennas, r, x, rcs) >= _SURE:
            return True
    return False
