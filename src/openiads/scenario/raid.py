"""The raid: hostile bodies launched to one plan. Axes come from the seed, over all azimuths, where the file states none; targets are notional.

A carrier flies straight at its target and releases weapons on the way, or from where it stays.
"""

from __future__ import annotations

import math

import numpy as np

from openiads.engine import motion, rng
from openiads.engine.geo import destination, ground_distance
from openiads.scenario.flights import Flight, Waypoint, along, cruise, name_key
from openiads.scenario.spec import Scenario, Vignette

_LEG = 20e3  # m, half of the leg of a body that stays
_FAN = math.radians(20.0)  # half-width of the fan within which a group comes


def threats(scenario: Scenario, vignette: Vignette, key: np.ndarray, assets: np.ndarray) -> list[Flight]:
    """All hostile bodies of the raid; each group has one axis, each threat its own target by value.

    assets: float64[A, 2] rad, where the targets stand.
    """
    values = np.cumsum([asset.value for asset in scenario.assets])
    flights = []
    for g, group in enumerate(vignette.threats):
        model = scenario.library.bodies[group.class_]
        u = rng.uniform_table(key, rng.RAID, name_key(f"{group.class_}-{g}"), np.uint32(0), group.count + 1)
        axis, fan = (2.0 * math.pi * u[0, 0], _FAN) if group.bearing is None else (group.bearing, 0.0)
        for i in range(group.count):
            target = int(np.searchsorted(values, u[i + 1, 0] * values[-1], side="right").clip(0, len(values) - 1))
            bearing = (axis + fan * (2.0 * u[i + 1, 1] - 1.0)) % (2.0 * math.pi)
            end = (float(assets[target, 0]), float(assets[target, 1]))
            start = destination(*end, bearing, group.distance)
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
            if model.releases:
                flights += weapons(scenario, flight, target, assets, vignette.duration)
    return flights


def weapons(scenario: Scenario, carrier: Flight, target: int, assets: np.ndarray, until: float) -> list[Flight]:
    """What a carrier that is sent to asset number `target` releases before `until` (s), in order.

    It is released from where the carrier then is, and flies straight to its target. One that aims at what is living
    has a route to every asset, so that weapon after weapon goes to the next that still stands.
    """
    model = carrier.model
    weapon = scenario.library.bodies[str(model.weapon)]
    first, end = _begin(carrier.route, assets[target], model.release_distance), carrier.route[-1].t
    living = model.aims == "living"
    out = []
    for j in range(model.releases):
        t = first + j * model.interval
        if t >= min(end, until):
            break
        latitude, longitude, height = along(carrier.route, t)
        ground = weapon.altitude_reference == "ground"
        aim = (target + j) % len(assets) if living else target
        route: list[Waypoint] = []
        for k in range(len(assets) if living else 1):
            to = assets[(aim + k) % len(assets)]
            leg = cruise(
                (latitude, longitude), (float(to[0]), float(to[1])), t, weapon.speed or 0.0, weapon.altitude, ground
            )
            leg[0].height = height
            route += leg
        out.append(
            Flight(f"{carrier.name}-{j + 1}", str(model.weapon), weapon, motion.HOSTILE, 3, target=aim, route=route,
                   carrier=carrier.name, choices=len(assets) if living else 1)
        )  # fmt: skip
    return out


def _begin(route: list[Waypoint], target: np.ndarray, distance: float) -> float:
    """When a carrier that flies straight at its target comes within a distance (m) of it (s)."""
    far, near = (ground_distance(way.latitude, way.longitude, target[0], target[1]) for way in route[:2])
    share = (far - distance) / (far - near)
    return route[0].t + max(0.0, share) * (route[1].t - route[0].t)


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
