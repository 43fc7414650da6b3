"""Missile classes as the engine has them: envelopes as polygons of ground range and altitude, fly-out as a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from openiads.engine.geo import EARTH_RADIUS
from openiads.scenario.classes import MissileClass

Corners = list[tuple[float, float]]  # m, ground range and altitude
_LAUNCHER = 10e3  # m, by which a launcher may stand above or below the sea, and a margin


def aerodynamic(m: MissileClass) -> Corners:
    """Corners of the envelope against what flies by itself."""
    if m.envelope is not None:
        return [(r, h) for r, h in m.envelope]
    return _box(m.range_min or 0.0, m.range_max or 0.0, m.altitude_min or 0.0, m.altitude_max or 0.0)


def ballistic(m: MissileClass) -> Corners:
    """Corners of the envelope against ballistic targets; none for a class that does not engage them."""
    if m.ballistic_envelope is not None:
        return [(r, h) for r, h in m.ballistic_envelope]
    if m.ballistic_range == 0.0:
        return []
    return _box(0.0, m.ballistic_range, m.ballistic_altitude_min, m.ballistic_altitude_max)


def _box(near: float, far: float, low: float, high: float) -> Corners:
    return [(near, low), (far, low), (far, high), (near, high)]


def envelopes(missiles: Sequence[MissileClass]) -> tuple[np.ndarray, np.ndarray]:
    """Corners [F, 2, V, 2] (m), filled up with zeros, and how many of them count [F, 2]."""
    outlines = [(aerodynamic(m), ballistic(m)) for m in missiles]
    count = np.array([[len(corners) for corners in pair] for pair in outlines], np.int32).reshape(-1, 2)
    out = np.zeros((len(missiles), 2, max(4, count.max(initial=0)), 2))
    for f, pair in enumerate(outlines):
        for e, corners in enumerate(pair):
            out[f, e, : len(corners)] = np.reshape(corners, (-1, 2))
    return out, count


def flyouts(missiles: Sequence[MissileClass]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Average speeds [F, A, R] (m/s) and their altitudes [F, A] and slant ranges [F, R] (m).

    What lies beyond the last node of a table is filled up with it, at infinity.
    """
    tables = [
        (m.flyout_speed or [[m.speed or 0.0]], m.flyout_altitude or [0.0], m.flyout_range or [0.0]) for m in missiles
    ]
    rows, columns = (1 + max((len(t[i]) for t in tables), default=0) for i in (1, 2))
    speed = np.zeros((len(tables), rows, columns))
    altitude, distance = np.full((len(tables), rows), np.inf), np.full((len(tables), columns), np.inf)
    for f, (table, high, far) in enumerate(tables):
        altitude[f, : len(high)], distance[f, : len(far)] = high, far
        speed[f] = np.pad(np.array(table), ((0, rows - len(high)), (0, columns - len(far))), "edge")
    return speed, altitude, distance


def longest_flights(missiles: Sequence[MissileClass]) -> np.ndarray:
    """Seconds [F, 2] that no flight within an envelope exceeds: to its farthest corner, at the lowest speed."""
    out = np.zeros((len(missiles), 2))
    for f, m in enumerate(missiles):
        slowest = min(m.speed or np.inf, *(v for row in m.flyout_speed or [] for v in row), np.inf)
        for e, corners in enumerate((aerodynamic(m), ballistic(m))):
            out[f, e] = max((r * (1.0 + h / EARTH_RADIUS) + h + _LAUNCHER for r, h in corners), default=0.0) / slowest
    return out
