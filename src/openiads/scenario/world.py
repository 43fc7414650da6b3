"""One draw of the world, the same for every posture: where the system stands, who flies, what each radar can see."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from openiads.engine import motion, rng, sensing
from openiads.engine.geo import Terrain, destination, ground_height, has_height
from openiads.errors import ScenarioError
from openiads.scenario.air import bend_of
from openiads.scenario.flights import Flight, name_key, to_bodies
from openiads.scenario.raid import threats
from openiads.scenario.spec import Propagation, Radar, Scenario, Vignette
from openiads.scenario.terrain import outside, terrain_of
from openiads.scenario.traffic import civil_flights, sorties

MASK_BINS = 320  # of one kilometre
_TRIES = 64
_FILL_THE_GAP = 'fill the gap (gdal_fillnodata.py), move it, or set terrain = "smooth"'


@dataclass(frozen=True)
class World:
    """Truth to be of one replication of one vignette."""

    key: np.ndarray  # uint32[2] seed, replication
    vignette: str
    clock: float  # s, local time at t = 0
    weekday: bool
    terrain: Terrain
    site: tuple[float, float]  # rad
    antenna: np.ndarray  # float64[R, 3] rad, rad, m above the sea
    mask: np.ndarray  # float32[R, 720, K]
    assets: np.ndarray  # float64[A, 2] rad, where each asset stands
    flights: list[Flight]
    bodies: motion.Bodies
    groups: list[str]


def draw_site(scenario: Scenario, key: np.ndarray) -> tuple[float, float]:
    """The system's position within its region, on known land; drawn by the seed, the same for all postures.

    Only the sea is exactly 0 m high: land may lie below it.
    """
    terrain = terrain_of(scenario.terrain)
    region = scenario.sites[scenario.modifiers.site]
    u = rng.uniform_table(key, rng.SITE, name_key(scenario.modifiers.site), np.uint32(0), _TRIES)
    known = False
    for i in range(_TRIES):
        place = destination(
            region.latitude, region.longitude, 2.0 * math.pi * u[i, 0], region.radius * math.sqrt(u[i, 1])
        )
        covered = has_height(terrain, *place)
        if terrain.height.size == 1 or (covered and ground_height(terrain, *place) != 0.0):
            return place
        known |= covered
    within = f"within {region.radius / 1e3:g} km of its centre" if region.radius else "at its centre"
    raise ScenarioError(
        f"site region '{scenario.modifiers.site}' has no land {within}; move it or widen it"
        if known
        else f"site region '{scenario.modifiers.site}' lies where the terrain has no data ({within}); {_FILL_THE_GAP}"
    )


def radar_place(scenario: Scenario, radar: Radar, site: tuple[float, float]) -> tuple[float, float]:
    """Latitude and longitude (rad) of a radar; one that is carried starts at its sortie's centre."""
    if radar.at == "site":
        return destination(*site, radar.bearing, radar.offset)
    if radar.aboard is not None:
        sortie = next(s for s in scenario.sorties if s.name == radar.aboard)
        return sortie.latitude, sortie.longitude
    return radar.latitude, radar.longitude


def node_place(scenario: Scenario, name: str, site: tuple[float, float]) -> tuple[float, float]:
    """Latitude and longitude (rad) of a node: its own, that of its first radar on the ground, or the site."""
    node = next(n for n in scenario.nodes if n.name == name)
    if node.latitude is not None and node.longitude is not None:
        return node.latitude, node.longitude
    radar = next((r for r in scenario.radars if r.node == name and r.aboard is None), None)
    return site if radar is None else radar_place(scenario, radar, site)


def asset_places(scenario: Scenario, site: tuple[float, float]) -> np.ndarray:
    """Where every asset stands, float64[A, 2] rad: its own place, or that of the part of the defence that it is."""
    radars = {r.name: r for r in scenario.radars}
    radars |= {u.name: radars[u.radar] for u in scenario.fire_units}
    places = []
    for asset in scenario.assets:
        if asset.component is None:
            places.append((asset.latitude, asset.longitude))
        elif asset.component in radars:
            places.append(radar_place(scenario, radars[asset.component], site))
        else:
            places.append(node_place(scenario, asset.component, site))
    return np.array(places, float).reshape(-1, 2)


def require_ground(scenario: Scenario, what: str, place: tuple[float, float]) -> None:
    """Refuse a place outside the terrain, or where the terrain has no data."""
    where = f"{what} at {math.degrees(place[0]):.2f} N {math.degrees(place[1]):.2f} E"
    why = outside(scenario.terrain, *place)
    if why:
        raise ScenarioError(f"{where} {why}")
    if not has_height(terrain_of(scenario.terrain), *place):
        raise ScenarioError(f"{where} stands where the terrain has no data; {_FILL_THE_GAP}")


@lru_cache(maxsize=64)
def _fixed_mask(terrain_kind: str, air: Propagation, latitude: float, longitude: float, height: float) -> np.ndarray:
    """Horizon mask of an antenna; cached, since most radars stand where they stood in the last replication."""
    out = np.empty((sensing.MASK_AZIMUTHS, MASK_BINS), np.float32)
    sensing.horizon_mask(terrain_of(terrain_kind), bend_of(air, height), latitude, longitude, height, out)
    return out


def antennas(scenario: Scenario, site: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Place of every radar's antenna (m above the sea; a carried one at its sortie's height) and its horizon mask."""
    antenna = np.zeros((len(scenario.radars), 3))
    mask = np.zeros((len(scenario.radars), sensing.MASK_AZIMUTHS, MASK_BINS), np.float32)
    for r, radar in enumerate(scenario.radars):
        place = radar_place(scenario, radar, site)
        if radar.aboard is None:
            height = antenna_height(scenario, radar, place)
            mask[r] = _fixed_mask(scenario.terrain, scenario.propagation, place[0], place[1], height)
        else:
            height = carried_height(scenario, radar.aboard)
            ground = ground_height(terrain_of(scenario.terrain), *place)
            if height < ground:
                raise ScenarioError(
                    f"radar '{radar.name}' flies with sortie '{radar.aboard}' at {height:g} m above the sea, below the ground "
                    f"there ({ground:.0f} m); raise the sortie's altitude"
                )
        antenna[r] = *place, height
    return antenna, mask


def antenna_height(scenario: Scenario, radar: Radar, place: tuple[float, float]) -> float:
    """Height (m above the sea) of an antenna on the ground, or at the altitude that its radar states."""
    require_ground(scenario, f"radar '{radar.name}'", place)
    ground = ground_height(terrain_of(scenario.terrain), *place)
    if radar.altitude is not None:
        if radar.altitude < ground:
            raise ScenarioError(
                f"radar '{radar.name}' stands {radar.altitude:g} m above the sea, {ground - radar.altitude:.0f} m below the "
                f"ground there ({ground:.0f} m); raise altitude, or leave it out and give antenna_height above the ground"
            )
        return radar.altitude
    above = (
        scenario.library.radars[radar.class_].antenna_height if radar.antenna_height is None else radar.antenna_height
    )
    return float(ground + above)


def carried_height(scenario: Scenario, sortie: str) -> float:
    """Height (m above the sea) at which a sortie flies."""
    found = next(s for s in scenario.sorties if s.name == sortie)
    return scenario.library.bodies[found.class_].altitude if found.altitude is None else found.altitude


def draw_world(scenario: Scenario, vignette: str, seed: int, replication: int, stratum: int = 0) -> World:
    """One replication of a vignette; `stratum` is a part of the day in a vignette of peace: weekdays, then weekends."""
    spec: Vignette = scenario.vignettes[vignette]
    site_key = np.array([seed, replication], np.uint32)
    site = draw_site(scenario, site_key)
    antenna, mask = antennas(scenario, site)
    draw = np.array([seed, replication * 4096 + stratum + (1 if spec.kind == "peace" else 0)], np.uint32)
    u = rng.uniforms(draw, rng.WINDOW, name_key(vignette), np.uint32(0), 0)
    if spec.kind == "peace":
        clock = (stratum % spec.windows + u[0]) * 86400.0 / spec.windows
        weekday = stratum < spec.windows
    else:
        clock, weekday = u[0] * 86400.0, u[1] < 5.0 / 7.0
    span = (-spec.warmup, spec.duration)
    assets = asset_places(scenario, site)
    flights = civil_flights(scenario, draw, clock, span, spec.civil_share)
    flights += sorties(scenario, draw, spec.kind, clock, weekday, span)
    if spec.kind == "raid":
        flights += threats(scenario, spec, draw, assets)
    if len(flights) > 2000:
        raise ScenarioError(f"vignette '{vignette}' has {len(flights)} bodies; at most 2000 are accepted")
    bodies, groups = to_bodies(flights)
    return World(
        draw,
        vignette,
        clock,
        weekday,
        terrain_of(scenario.terrain),
        site,
        antenna,
        mask,
        assets,
        flights,
        bodies,
        groups,
    )
