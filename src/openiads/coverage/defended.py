"""Where a fire unit can engage what: the defended area of a laydown by height and class of target (metric D1).

A cell is defended at a height for the share of approach directions (a fixed rose, never ranked) from which a
target flying level towards the cell is seen by the engagement radar for long enough - reaction and fly-out -
before it is there, with the meeting point inside the envelope. Geometry and mean detection only: no Monte Carlo.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from openiads.coverage.active import units_on
from openiads.engine import command, step
from openiads.engine.geo import EARTH_RADIUS, destination, ground_height, to_ecef, turned
from openiads.engine.jit import jit
from openiads.engine.sensing.detection import probability
from openiads.engine.sensing.horizon import above_mask
from openiads.engine.sensing.signal import aspect_side, signal, surface_factor
from openiads.scenario.flights import KINDS
from openiads.scenario.spec import BodyClass

APPROACHES = 8
SEEN = 0.5  # probability of detection in a look from which a target counts as seen
CELL = 5_000.0  # m
_ALONG = 6  # points of the approach that must be seen


@dataclass(frozen=True)
class Area:
    """Defended area of one posture at one height for one class."""

    square_metres: float
    share: np.ndarray  # float64[rows, columns] share of approaches from which a cell is defended
    latitude: np.ndarray  # float64[rows] rad
    longitude: np.ndarray  # float64[columns] rad


def defended_area(params: step.Params, units: list[int], model: BodyClass, height: float, *,
                  cell: float = CELL) -> Area:  # fmt: skip
    """Area (m2) that fire units [units] defend against a class flying `height` metres above the ground."""
    usable = units_on(params, units)
    if not usable:
        return Area(0.0, np.zeros((0, 0)), np.zeros(0), np.zeros(0))
    reach = max(float(params.units.corner[f, 0, :, 0].max()) for f in usable)
    centre = params.radars.antenna[params.units.radar[usable[0]]]
    lat, lon = _grid(centre, reach, cell)
    share = defended_share(params, usable, model, height, lat, lon)
    area = (cell * cell * np.cos(lat)[:, None] / math.cos(centre[0]) * share).sum()
    return Area(float(area), share, lat, lon)


def defended_share(params: step.Params, units: list[int], model: BodyClass, height: float, latitude: np.ndarray,
                   longitude: np.ndarray, above_ground: bool = True) -> np.ndarray:  # fmt: skip
    """Share of approaches from which each cell is defended, float64[rows, columns]; latitude and longitude in rad."""
    share = np.zeros((latitude.size, longitude.size))
    if units:
        kind = KINDS.index(model.kind)
        rcs = np.array([model.rcs_nose, model.rcs_beam, model.rcs_tail])
        _defended(
            params.units, params.radars, params.terrain, np.array(units), kind, rcs, model.speed, height, above_ground,
            latitude, longitude, share,
        )  # fmt: skip
    return share


def _grid(centre: np.ndarray, reach: float, cell: float) -> tuple[np.ndarray, np.ndarray]:
    """Cell centres (rad) around a place, `cell` metres apart at its latitude."""
    n = math.ceil(reach / cell)
    steps = np.arange(-n, n + 1) * cell / EARTH_RADIUS
    return centre[0] + steps, centre[1] + steps / math.cos(centre[0])


@jit
def _defended(units, radars, terrain, usable, kind, rcs, speed, height, above_ground, lat, lon, share):
    """Fill share[rows, columns]: the best fire unit for each approach, the mean over approaches."""
    for i in range(lat.size):
        for j in range(lon.size):
            ground = ground_height(terrain, lat[i], lon[j])
            if not above_ground and height < ground:
                continue
            altitude = height + (ground if above_ground else 0.0)
            x, y, z = to_ecef(lat[i], lon[j], altitude)
            count = 0
            for a in range(APPROACHES):
                for f in usable:
                    if not (radars.kinds[units.radar[f]] >> kind) & 1 or not command.inside(units, f, x, y, z, False):
                        continue
                    gap = math.sqrt(
                        (x - units.pos[f, 0]) ** 2 + (y - units.pos[f, 1]) ** 2 + (z - units.pos[f, 2]) ** 2
                    )
                    needed = units.reaction[f] + command.flight_time(units, f, gap, altitude)
                    back = 2.0 * math.pi * a / APPROACHES
                    if approach_seen(
                        radars, terrain, units.radar[f], lat[i], lon[j], back, needed * speed, height, above_ground, rcs
                    ):
                        count += 1
                        break
            share[i, j] = count / APPROACHES


@jit
def approach_seen(radars, terrain, r, latitude, longitude, back, length, height, above_ground, rcs):
    """Is a target seen at every point of the last `length` metres of its way to a cell."""
    for k in range(_ALONG):
        lat, lon = destination(latitude, longitude, back, length * k / (_ALONG - 1.0))
        ground = ground_height(terrain, lat, lon)
        above_sea = height + ground if above_ground else height
        if above_sea < ground or not seen(radars, terrain, r, lat, lon, above_sea, back, rcs):
            return False
    return True


@jit
def seen(radars, terrain, r, lat, lon, height, back, rcs):
    """Is a place seen by fixed radar r: reach, elevation, terrain mask, and detection of the class at its aspect; bool.

    lat, lon: rad; height: m above the sea; back: rad, azimuth from which the target comes; rcs: float64[3] m2 of nose,
    beam and tail.
    """
    site = radars.antenna[r]
    turn, s_lat, c_lat = lon - site[1], math.sin(lat), math.cos(lat)
    cosine = s_lat * math.sin(site[0]) + c_lat * math.cos(site[0]) * math.cos(turn)
    east = c_lat * math.sin(turn)
    north = math.cos(site[0]) * s_lat - math.sin(site[0]) * c_lat * math.cos(turn)
    sine, azimuth = math.sqrt(east * east + north * north), math.atan2(east, north)
    width = radars.track_width[r]
    if turned(azimuth - radars.sector_centre[r] + 0.5 * width) > width:
        return False
    distance = EARTH_RADIUS * math.atan2(sine, cosine)
    if not above_mask(radars, r, site[2], distance, azimuth, height):
        return False
    level, up = (EARTH_RADIUS + height) * sine, (EARTH_RADIUS + height) * cosine - EARTH_RADIUS - site[2]
    towards = math.cos(back - azimuth)  # the target comes from `back`; the radar sees its nose when it closes
    snr = signal(radars, r, rcs[aspect_side(towards)], math.sqrt(level * level + up * up), level, up)
    snr *= surface_factor(radars, r, distance, site[2], height)
    return probability(radars.detection[r], snr) >= SEEN
