"""What a node can infer of others' sensors from the reports that it is passed: where they stand, how often they look.

Equations, limits and their check: docs/equations/outcome.md.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openiads.engine.geo import to_ecef
from openiads.scenario.build import Simulation

Floats = NDArray[np.float64]

INFERRED = (
    "lat_deg",
    "lon_deg",
    "extent_m",
    "within_m",
    "period_s",
    "heard_s",
)  # columns of the tables sources and known
_BIN = 0.5  # s, of the tally of times between plots
_NEAR, _LEAST, _MOST, _REGULAR, _FEWEST = 0.75, 3.0, 30.0, 0.95, 20  # s, s, s, share, times: see `period`
_SIGMAS = 3.0


class Ball(NamedTuple):
    """A centre [3] and a radius, m."""

    centre: Floats
    radius: float


class Place(NamedTuple):
    """Where the middle of a node's sensors stands (rad), to within how much (m), and how far its reports spread from there (m)."""

    latitude: float
    longitude: float
    within: float
    extent: float


def smallest_ball(points: Floats) -> Ball:
    """The smallest ball around points [n, 3]; a farther point joins those on its surface until none is outside."""
    basis, ball = points[:1], Ball(points[0], 0.0)
    while True:
        gaps = np.linalg.norm(points - ball.centre, axis=1)
        if gaps.max() <= ball.radius * (1.0 + 1e-9) + 1e-3:
            return ball
        basis, ball = _with(basis, points[gaps.argmax()])


def _with(basis: Floats, point: Floats) -> tuple[Floats, Ball]:
    """The smallest ball around a few points and one outside theirs, which lies on its surface, and the points there."""
    every = np.vstack([basis, point])
    best, ball = every, Ball(point, math.inf)
    for count in range(4):
        for others in itertools.combinations(range(len(basis)), count):
            on = np.vstack([basis[list(others)], point])
            found = _through(on)
            inside = np.linalg.norm(every - found.centre, axis=1) <= found.radius * (1.0 + 1e-9) + 1e-6
            if found.radius < ball.radius and inside.all():
                best, ball = on, found
    return best, ball


def _through(on: Floats) -> Ball:
    """The ball with points [k, 3] on its surface and its centre among them."""
    sides = on[1:] - on[0]
    if not len(sides):
        return Ball(on[0], 0.0)
    share = np.linalg.lstsq(2.0 * sides @ sides.T, (sides**2).sum(axis=1), rcond=None)[0]
    return Ball(on[0] + share @ sides, float(np.linalg.norm(share @ sides)))


def place(far: Floats, reach: float, apart: float) -> Place | None:
    """From the farthest reports of a node [D, 5] (how far, place, sigma; m), the published reach of its radars and how far they
    stand from their middle (m): every report lies within the sum of the two from the middle. None without a report.
    """
    heard = far[np.isfinite(far[:, 0])]
    if not len(heard):
        return None
    ball = smallest_ball(heard[:, 1:4])
    most = reach + apart + _SIGMAS * float(heard[:, 4].max())
    x, y, z = ball.centre / np.linalg.norm(ball.centre)
    return Place(math.asin(z), math.atan2(y, x), math.sqrt(max(0.0, most**2 - ball.radius**2)), ball.radius)


def period(gaps: NDArray[np.int64]) -> float:
    """Time (s) of which nearly all times between plots [GAPS] are multiples: a scan, or several where reports come more rarely.

    NaN where there is none: too few, or several sensors at work.
    """
    count, times = int(gaps.sum()), _BIN * (np.arange(gaps.size) + 0.5)
    if count < _FEWEST:
        return math.nan
    wholes = np.arange(_MOST, _LEAST - 1e-9, -0.05)[:, None]
    scans = np.maximum(1.0, np.round(times / wholes))
    near = gaps * (np.abs(times - scans * wholes) <= _NEAR)
    regular = np.flatnonzero(near.sum(axis=1) >= _REGULAR * count)
    if not len(regular):
        return math.nan
    longest = regular[0]
    return float((near[longest] * times).sum() / (near[longest] * scans[longest]).sum())


def middle(simulation: Simulation, node: int) -> Ball | None:
    """The middle of a node's radars and how far they get from it; one that is carried is wherever its way leads. None without."""
    radars, world = simulation.params.radars, simulation.world
    places = []
    for r in np.flatnonzero(radars.node == node):
        if radars.host[r] >= 0:
            places += [(p.latitude, p.longitude, p.height) for p in world.flights[radars.host[r]].route]
        else:
            places.append(tuple(world.antenna[r]))
    if not places:
        return None
    return smallest_ball(np.array([to_ecef(*p) for p in places], float))


def inferred(simulation: Simulation, node: int, maker: int) -> dict[str, float]:
    """What `node` can infer of the sensors of `maker`, by INFERRED; NaN where nothing can be."""
    overheard, radars, stand = simulation.state.overheard, simulation.params.radars, middle(simulation, maker)
    row = dict.fromkeys(INFERRED, math.nan)
    row |= {"period_s": period(overheard.gaps[node, maker]), "heard_s": float(overheard.seconds[node, maker])}
    if stand is not None:
        found = place(overheard.far[node, maker], float(radars.reach[radars.node == maker, 1].max()), stand.radius)
        if found is not None:
            row |= {"lat_deg": math.degrees(found.latitude), "lon_deg": math.degrees(found.longitude),
                    "extent_m": found.extent, "within_m": found.within}  # fmt: skip
    return row
