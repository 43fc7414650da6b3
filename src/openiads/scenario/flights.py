"""Routes: collects the bodies of a vignette and turns them into the engine's arrays."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from openiads.engine import motion
from openiads.engine.geo import EARTH_RADIUS, ground_distance
from openiads.engine.sensing import IFF_MODES
from openiads.scenario.classes import BANDS, BodyClass

KINDS = ("aircraft", "airliner", "cruise", "drone", "ballistic", "interceptor")  # the order of motion's constants
SIDES = ("friend", "civil", "hostile", "own")
OWNERS = ("national", "nato", "civil", "hostile")
ROUND_SLOTS = 24


def name_key(name: str) -> np.uint32:
    """32-bit hash of a scenario name: what random draws about it are keyed by."""
    return np.uint32(int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "little"))


def mode_bits(modes: Sequence[str]) -> int:
    """IFF and surveillance modes as the engine's bits."""
    return sum(1 << IFF_MODES.index(mode) for mode in set(modes))


def band_bits(bands: Sequence[str]) -> int:
    """Radar bands as bits."""
    return sum(1 << list(BANDS).index(band) for band in set(bands))


def _replies(model: BodyClass) -> list[float]:
    """Probability of an answer by mode: the transponder works, and so does the mode."""
    failures: Mapping[str, float] = {str(mode): share for mode, share in model.mode_failures.items()}
    return [model.reply_probability * (1.0 - failures.get(mode, 0.0)) for mode in IFF_MODES]


@dataclass
class Waypoint:
    """A timed point of a route: s, rad, rad, m above the sea or the ground."""

    t: float
    latitude: float
    longitude: float
    height: float
    ground: bool = False


@dataclass
class Flight:
    """One body to be: who it is, and a route or an arc."""

    name: str
    group: str  # name of its class
    model: BodyClass
    side: int
    owner: int
    augmented: bool = False
    target: int = -1
    route: list[Waypoint] = field(default_factory=list)
    carrier: str = ""  # name of the flight that releases it, which must come before it
    choices: int = 1  # routes of equal length within `route`: to its target, to the next asset, ...
    arc: tuple[float, tuple[float, float], tuple[float, float]] | None = None  # launch time, from, to


def cruise(start: tuple[float, float], end: tuple[float, float], t0: float, speed: float, height: float,
           ground: bool = False) -> list[Waypoint]:  # fmt: skip
    """A great circle at one height: two waypoints."""
    duration = ground_distance(*start, *end) / speed * (1.0 + height / EARTH_RADIUS)
    return [Waypoint(t0, *start, height, ground), Waypoint(t0 + max(duration, 1.0), *end, height, ground)]


def along(route: list[Waypoint], t: float) -> tuple[float, float, float]:
    """Where a route is at time t (s): latitude, longitude (rad), height (m, above what the leg's height is above)."""
    w = max(0, next((i for i, way in enumerate(route) if way.t > t), len(route) - 1) - 1)
    here, there = route[w], route[w + 1]
    f = min(1.0, max(0.0, (t - here.t) / (there.t - here.t)))
    ends = _units([here, there])
    arc = math.acos(min(1.0, max(-1.0, float(ends[0] @ ends[1]))))
    p, q = (math.sin((1.0 - f) * arc), math.sin(f * arc)) if arc > 1e-9 else (1.0 - f, f)
    x, y, z = (float(v) for v in p * ends[0] + q * ends[1])
    return math.atan2(z, math.hypot(x, y)), math.atan2(y, x), here.height + f * (there.height - here.height)


def to_bodies(flights: list[Flight]) -> tuple[motion.Bodies, list[str]]:
    """The engine's Bodies and the class names that its `group` counts, with slots for rounds in flight."""
    count = len(flights) + ROUND_SLOTS
    groups = sorted({f.group for f in flights})
    ways = [w for f in flights for w in f.route]
    arcs = [f for f in flights if f.arc is not None]
    bodies = motion.Bodies(
        key=np.zeros(count, np.uint32), side=np.full(count, motion.OWN, np.int8),
        kind=np.full(count, motion.ROUND, np.int8), group=np.zeros(count, np.int32), rcs=np.zeros((count, 3)),
        modes=np.zeros(count, np.int32), crypto=np.zeros(count, np.uint32), reply=np.zeros((count, len(IFF_MODES))),
        jammer=np.zeros(count), jammer_bandwidth=np.ones(count), jammer_bands=np.zeros(count, np.int32),
        emission=np.zeros(count), emission_bands=np.zeros(count, np.int32), signature=np.zeros(count, np.bool_),
        owner=np.zeros(count, np.int8), first=np.zeros(count, np.int32), count=np.zeros(count, np.int32),
        arc=np.full(count, -1, np.int32), target=np.full(count, -1, np.int32),
        carrier=np.full(count, -1, np.int32), choices=np.ones(count, np.int32), hit=np.ones(count), debris=np.zeros((count, 2)),
        way_t=np.array([w.t for w in ways] or [0.0]), way_unit=_units(ways),
        way_height=np.array([w.height for w in ways] or [0.0]),
        way_ground=np.array([w.ground for w in ways] or [False]),
        arc_t=np.zeros((max(1, len(arcs)), 2)), arc_axis=np.zeros((max(1, len(arcs)), 2, 3)),
        arc_orbit=np.zeros((max(1, len(arcs)), 3)),
    )  # fmt: skip
    number = {f.name: b for b, f in enumerate(flights)}
    way = arc = 0
    for b, flight in enumerate(flights):
        model = flight.model
        seen = model.augmented_rcs if flight.augmented and model.augmented_rcs is not None else None
        bodies.key[b] = name_key(flight.name)
        bodies.side[b], bodies.owner[b] = flight.side, flight.owner
        bodies.kind[b] = KINDS.index(model.kind)
        bodies.group[b] = groups.index(flight.group)
        bodies.rcs[b] = [seen or model.rcs_nose, seen or model.rcs_beam, seen or model.rcs_tail]
        bodies.modes[b] = mode_bits(model.iff_modes)
        bodies.crypto[b] = name_key(model.crypto)
        bodies.reply[b] = _replies(model)
        bodies.jammer[b], bodies.jammer_bandwidth[b] = model.jammer or 0.0, model.jammer_bandwidth
        bodies.jammer_bands[b] = band_bits(model.jammer_bands)
        bodies.emission[b] = model.emission or 0.0
        bodies.emission_bands[b] = band_bits(model.emission_bands)
        bodies.signature[b] = model.signature and not flight.augmented
        bodies.first[b], bodies.count[b] = way, len(flight.route) // flight.choices
        bodies.target[b], bodies.choices[b] = flight.target, flight.choices
        bodies.carrier[b] = number[flight.carrier] if flight.carrier else -1
        bodies.hit[b] = model.hit_probability
        bodies.debris[b] = model.debris, model.debris_probability
        way += len(flight.route)
        if flight.arc is not None:
            bodies.arc[b] = arc
            t0, start, end = flight.arc
            axis, orbit, _, _, _, duration = motion.minimum_energy_arc(_unit(*start), _unit(*end))
            bodies.arc_axis[arc], bodies.arc_orbit[arc] = axis, orbit
            bodies.arc_t[arc] = t0, t0 + duration
            arc += 1
    return bodies, groups


def _unit(latitude: float, longitude: float) -> np.ndarray:
    c = math.cos(latitude)
    return np.array([c * math.cos(longitude), c * math.sin(longitude), math.sin(latitude)])


def _units(ways: list[Waypoint]) -> np.ndarray:
    if not ways:
        return np.zeros((1, 3))
    lat = np.array([w.latitude for w in ways])
    lon = np.array([w.longitude for w in ways])
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)
