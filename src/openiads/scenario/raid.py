"""The raid: hostile bodies launched to one plan. Axes come from the seed, over all azimuths; targets are notional."""

from __future__ import annotations

import math

import numpy as np

from openiads.engine import motion, rng
from openiads.engine.geo import destination
from openiads.scenario.flights import Flight, Waypoint, cruise, name_key
from openiads.scenario.spec import Scenario, Vignette

_LEG = 20e3  # m, half of the leg of a body that stays
_FAN = math.radians(20.0)  # half-width of the fan within which a group comes


def threats(scenario: Scenario, vignette: Vignette, key: np.ndarray) -> list[Flight]:
    """All hostile bodies of the raid; each group has one axis, each threat its own target by value."""
    values = np.cumsum([asset.value for asset in scenario.assets])
    flights = []
    for g, group in enumerate(vignette.threats):
        model = scenario.library.bodies[group.class_]
        u = rng.uniform_table(key, rng.RAID, name_key(f"{group.class_}-{g}"), np.uint32(0), group.count + 1)
        axis = 2.0 * math.pi * u[0, 0]
        for i in range(group.count):
            target = int(np.searchsorted(values, u[i + 1, 0] * values[-1], side="right").clip(0, len(values) - 1))
            asset = scenario.assets[target]
            bearing = (axis + _FAN * (2.0 * u[i + 1, 1] - 1.0)) % (2.0 * math.pi)
            start = destination(asset.latitude, asset.longitude, bearing, group.distance)
            end = (asset.latitude, asset.longitude)
            t0 = u[i + 1, 2] * group.spread
            aim = target if group.stand_off == 0.0 else -1
            flight = Flight(f"{group.class_}-{g}-{i + 1}", group.class_, model, motion.HOSTILE, 3, target=aim)
            if model.kind == "ballistic":
                flight.arc = (t0, start, end)
            else:
                ground = model.altitude_reference == "ground"
                if group.stand_off > 0.0:
                    end = destination(*end, bearing, group.stand_off)
                flight.route = cruise(start, end, t0, model.speed or 0.0, model.altitude, ground)
                if group.stand_off > 0.0:
                    flight.route += _stay(flight.route[-1], bearing, model.speed or 0.0, vignette.duration)
            flights.append(flight)
    return flights


def _stay(last: Waypoint, bearing: float, speed: float, until: float) -> list[Waypoint]:
    """To and fro across its way in, from the last waypoint until the vignette has ended."""
    ends = [
        destination(last.latitude, last.longitude, bearing + turn, _LEG) for turn in (0.5 * math.pi, -0.5 * math.pi)
    ]
    leg = 2.0 * _LEG / speed
    points: list[Waypoint] = []
    t, side = last.t + 0.5 * leg, 0
    while not points or points[-1].t < until:
        points.append(Waypoint(t, ends[side][0], ends[side][1], last.height, last.ground))
        t, side = t + leg, 1 - side
    return points
