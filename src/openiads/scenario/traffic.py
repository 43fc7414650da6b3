"""Friendly and civil traffic of a vignette: flights in steady state, calibrated to published movements."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from openiads.engine import motion, rng
from openiads.engine.geo import destination, ground_distance
from openiads.scenario.flights import OWNERS, Flight, Waypoint, cruise, name_key
from openiads.scenario.spec import BodyClass, Civil, Place, Scenario, Sortie

_LONGEST = 3.0 * 3600.0  # s: no civil flight across the area takes longer
_SHORTEST = 60e3  # m: no flight is shorter
_CLIMB, _DESCENT = 180e3, 220e3  # m over the ground (about 3 degrees)
_LEVELS = (9_450.0, 10_050.0, 10_350.0, 10_650.0, 10_950.0, 11_250.0, 11_550.0)  # m


def civil_flights(
    scenario: Scenario, key: np.ndarray, clock: float, span: tuple[float, float], share: float = 1.0
) -> list[Flight]:
    """Civil flights in the air at some time of span (s); clock: local time (s) at t = 0; share of a day's flights."""
    civil = scenario.civil
    if civil is None:
        return []
    model = scenario.library.bodies[civil.airliner]
    flights = []
    for purpose, (name, per_day) in enumerate(
        (("domestic", civil.domestic), ("international", civil.international), ("overflight", civil.overflight))
    ):
        starts = departures(civil, key, purpose, share * per_day, clock, (span[0] - _LONGEST, span[1]))
        draws = rng.uniform_table(key, rng.TRAFFIC, np.uint32(purpose), np.uint32(1), len(starts))
        for i, t0 in enumerate(starts):
            route = _civil_route(civil, name, float(t0), model.speed or 0.0, draws[i])
            if route and route[-1].t > span[0]:
                flights.append(Flight(f"{name}-{i}", civil.airliner, model, motion.CIVIL, 2, route=route))
    return flights


def departures(civil: Civil, key: np.ndarray, purpose: int, per_day: float, clock: float,
               span: tuple[float, float]) -> np.ndarray:  # fmt: skip
    """Departure times (s) of one class of flights: a Poisson process with the day's hour profile."""
    profile = np.asarray(civil.hour_profile) / sum(civil.hour_profile)
    edges = np.arange(math.floor((clock + span[0]) / 3600.0), math.ceil((clock + span[1]) / 3600.0) + 1)
    cumulative = np.concatenate([[0.0], np.cumsum(per_day * profile[edges[:-1].astype(int) % 24])])
    hours = (clock + np.asarray(span)) / 3600.0
    low, high = np.interp(hours, edges, cumulative)
    gaps_count = int(high - low + 10.0 * math.sqrt(high - low) + 20.0)
    u = rng.uniform_table(key, rng.TRAFFIC, np.uint32(purpose), np.uint32(0), gaps_count)[:, 0]
    arrivals = low + np.cumsum(-np.log(u))
    arrivals = arrivals[arrivals < high]
    return np.interp(arrivals, cumulative, edges) * 3600.0 - clock


def _pick(places: Sequence[Place], u: float, other: Place | None = None) -> Place:
    """One place by weight; never one that lies too near to the other end of the flight."""
    weight = np.array([0.0 if other is not None and _distance(p, other) < _SHORTEST else p.weight for p in places])
    total = np.cumsum(weight if weight.any() else 1.0)
    return places[int(np.searchsorted(total, u * total[-1], side="right").clip(0, len(places) - 1))]


def _distance(a: Place, b: Place) -> float:
    return float(ground_distance(a.latitude, a.longitude, b.latitude, b.longitude))


def _civil_route(civil: Civil, name: str, t0: float, speed: float, u: np.ndarray) -> list[Waypoint]:
    """Climb, cruise and descent between two airports, an airport and a border point, or two border points."""
    level = _LEVELS[int(u[2] * len(_LEVELS))]
    if name == "domestic":
        a, up, down = _pick(civil.airports, u[0]), True, True
        b = _pick(civil.airports, u[1], a)
    elif name == "overflight":
        a, up, down = _pick(civil.gates, u[0]), False, False
        b = _pick(civil.gates, u[1], a)
    elif u[3] < 0.5:
        a, up, down = _pick(civil.airports, u[0]), True, False
        b = _pick(civil.gates, u[1], a)
    else:
        a, up, down = _pick(civil.gates, u[0]), False, True
        b = _pick(civil.airports, u[1], a)
    start, end = (a.latitude, a.longitude), (b.latitude, b.longitude)
    distance = ground_distance(*start, *end)
    if distance < _SHORTEST:  # only where no place is far enough
        return []
    fit = min(1.0, distance / (_CLIMB * up + _DESCENT * down + 1.0))
    top = level * fit
    azimuth = _azimuth(start, end)
    points = [(0.0, 0.0 if up else top)]
    if up:
        points.append((_CLIMB * fit, top))
    if down and distance - _DESCENT * fit > points[-1][0] + 1.0:
        points.append((distance - _DESCENT * fit, top))
    points.append((distance, 0.0 if down else top))
    route = []
    for d, height in points:
        latitude, longitude = destination(*start, azimuth, d)
        route.append(
            Waypoint(
                t0 + d / speed, latitude, longitude, max(height, 150.0), height == 0.0 and (d == 0.0 or d == distance)
            )
        )
    return route


def _azimuth(start: tuple[float, float], end: tuple[float, float]) -> float:
    dlon = end[1] - start[1]
    return math.atan2(
        math.sin(dlon) * math.cos(end[0]),
        math.cos(start[0]) * math.sin(end[0]) - math.sin(start[0]) * math.cos(end[0]) * math.cos(dlon),
    )


def sorties(scenario: Scenario, key: np.ndarray, vignette: str, clock: float, weekday: bool,
            span: tuple[float, float]) -> list[Flight]:  # fmt: skip
    """Military flights in the air during span (s): orbits, training boxes and transits."""
    flights = []
    for sortie in scenario.sorties:
        if sortie.patterns and scenario.modifiers.allied_pattern not in sortie.patterns:
            continue
        if vignette == "raid" and not sortie.in_raid:
            continue
        if vignette == "peace" and (not sortie.in_peace or (sortie.weekdays_only and not weekday)):
            continue
        model = scenario.library.bodies[sortie.class_]
        augmented = sortie.reflectors == "always" or (sortie.reflectors == "modifier" and scenario.modifiers.reflectors)
        for i in range(sortie.count):
            route = _sortie_route(sortie, model, key, i, vignette, clock, span)
            if route:
                name = sortie.name if sortie.count == 1 else f"{sortie.name}-{i + 1}"
                flights.append(
                    Flight(
                        name, sortie.class_, model, motion.FRIEND, OWNERS.index(sortie.owner), augmented, route=route
                    )
                )
    return flights


def _sortie_route(sortie: Sortie, model: BodyClass, key: np.ndarray, ordinal: int, vignette: str, clock: float,
                  span: tuple[float, float]) -> list[Waypoint]:  # fmt: skip
    """Route of one aircraft of a sortie, empty when it is not in the air."""
    hours = (sortie.start, sortie.end)
    speed = sortie.speed or model.speed or 0.0
    height = sortie.altitude if sortie.altitude is not None else model.altitude
    u = rng.uniform_table(key, rng.SORTIE, name_key(sortie.name), np.uint32(ordinal), 1)
    centre = (sortie.latitude, sortie.longitude)
    if sortie.kind == "transit":
        length = hours[1] - hours[0] if vignette == "peace" else span[1] - span[0]
        start = hours[0] - clock if vignette == "peace" else span[0]
        t0 = start + u[0, 0] * length
        route = cruise(centre, (sortie.to_latitude, sortie.to_longitude), t0, speed, height)
        return route if route[-1].t > span[0] and t0 < span[1] else []
    now = clock % 86400.0
    if vignette == "peace" and not hours[0] <= now < hours[1]:
        return []
    if sortie.kind == "orbit":
        return _loop(centre, sortie.radius, (1.0, 1.0), (u[0, 1] * 2.0 * math.pi, 0.25), speed, height, span)
    return _loop(centre, sortie.radius, (1.0, 2.0 + u[0, 2]), (u[0, 1] * 2.0 * math.pi, u[0, 3]), speed, height, span)


def _loop(centre: tuple[float, float], radius: float, rate: tuple[float, float], phase: tuple[float, float],
          speed: float, height: float, span: tuple[float, float]) -> list[Waypoint]:  # fmt: skip
    """A smooth closed path at constant speed: a circle, or a Lissajous figure that fills a training area.

    Sampled every 20 s, so that no corner asks for more than a gentle turn.
    """
    stride = 20.0
    angle, route = phase[0], []
    shift = 2.0 * math.pi * phase[1]
    for i in range(math.ceil((span[1] - span[0]) / stride) + 2):
        east = radius * math.sin(rate[0] * angle)
        north = radius * math.sin(rate[1] * angle + shift)
        latitude, longitude = destination(*centre, math.atan2(east, north), math.hypot(east, north))
        route.append(Waypoint(span[0] + i * stride, latitude, longitude, height))
        pace = radius * math.hypot(rate[0] * math.cos(rate[0] * angle), rate[1] * math.cos(rate[1] * angle + shift))
        angle += speed * stride / max(pace, 0.2 * radius)
    return route
