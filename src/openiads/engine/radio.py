"""Which radio links have line of sight: nature's part of a link, which its ends can not choose. docs/equations/network.md."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from openiads.engine.bundle import bundle
from openiads.engine.geo import ground_distance, to_geodetic
from openiads.engine.jit import part
from openiads.engine.network import NO_FRAME, frame_at
from openiads.engine.sensing.horizon import line_of_sight


@bundle
class Stations(NamedTuple):
    """Where every node's antenna is; axis 0 = node."""

    place: np.ndarray  # float64[N, 3] latitude, longitude (rad), height above the sea (m)
    host: np.ndarray  # int32[N] body that carries it, -1 on the ground


@part
def connect(stations, links, terrain, truth, reports, t0, t1):
    """Fill the inbox of network: for radio links that send in this tick, whether their ends see each other (4/3 earth)."""
    for k in range(links.key.size):
        if links.radio[k] and frame_at(links, k, t0, t1) != NO_FRAME:
            reports.sight[k] = _see(stations, terrain, truth, links.source[k], links.sink[k])


@part
def _see(stations, terrain, truth, a, b):
    """Does one antenna see the other, over the ground between them."""
    here, there = _where(stations, truth, a), _where(stations, truth, b)
    if there[2] > here[2]:  # from the higher one, as one set of numbers for both ways
        here, there = there, here
    distance = ground_distance(here[0], here[1], there[0], there[1])
    east = math.sin(there[1] - here[1]) * math.cos(there[0])
    north = math.cos(here[0]) * math.sin(there[0]) - math.sin(here[0]) * math.cos(there[0]) * math.cos(
        there[1] - here[1]
    )
    return line_of_sight(terrain, here, there[2], distance, math.atan2(east, north))


@part
def _where(stations, truth, n):
    """Latitude, longitude (rad) and height (m) of a node's antenna now."""
    b = stations.host[n]
    if b < 0:
        return stations.place[n, 0], stations.place[n, 1], stations.place[n, 2]
    return to_geodetic(truth.pos[b, 0], truth.pos[b, 1], truth.pos[b, 2])
