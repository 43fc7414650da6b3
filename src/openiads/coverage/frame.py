"""Where a map lies: its edges, its cells, and how much of the reach lies beyond the terrain."""

from __future__ import annotations

import math

import numpy as np

from openiads.coverage.fields import Grid
from openiads.engine.geo import EARTH_RADIUS, ground_heights
from openiads.errors import ScenarioError, UsageError
from openiads.scenario.build import Simulation
from openiads.scenario.terrain import edges

MOST_CELLS = 20_000_000
_MARGIN = 50e3  # m around the radars on a smooth Earth
_FARTHEST = math.radians(85.0)  # latitude
_SAMPLES = 400  # a side of the grid that `beyond` counts on

Edges = tuple[float, float, float, float]  # south, north, west, east, rad


def grid_of(sim: Simulation, cell: float, heights: tuple[float, ...], above_ground: bool) -> Grid:
    """Cells (m) over the terrain; on a smooth Earth over the reach of the radars."""
    radars = sim.params.radars
    south, north, west, east = limits = edges(sim.scenario.terrain) or _around(
        radars.antenna, float(radars.reach[:, 1].max()) + _MARGIN
    )
    _require_plain(limits)
    step = cell / EARTH_RADIUS
    step_east = step / math.cos(0.5 * (south + north))
    rows, columns = int((north - south) / step), int((east - west) / step_east)
    if rows * columns > MOST_CELLS:
        raise UsageError(
            f"the map would have {rows * columns:,} cells; at most {MOST_CELLS:,} are drawn: take a larger cell"
        )
    if rows < 2 or columns < 2:
        raise ScenarioError("the terrain is smaller than two cells of the map")
    latitude = north - (np.arange(rows) + 0.5) * step
    longitude = west + (np.arange(columns) + 0.5) * step_east
    ground = np.zeros((rows, columns), np.float32)
    ground_heights(sim.params.terrain, latitude, longitude, ground)
    return Grid(latitude, longitude, ground, np.array(heights), above_ground)


def beyond(limits: Edges, places: np.ndarray, reach: np.ndarray) -> float:
    """Share of the ground within reach (m) of one of the places float64[n, >= 2] (rad) that lies off the terrain."""
    if len(places) == 0:
        return 0.0
    south, north, west, east = _around(places, float(reach.max()))
    half = 0.5 / _SAMPLES
    lat = np.linspace(south, north, _SAMPLES, endpoint=False)[:, None] + half * (north - south)
    lon = np.linspace(west, east, _SAMPLES, endpoint=False)[None, :] + half * (east - west)
    reached = np.zeros((_SAMPLES, _SAMPLES), np.bool_)
    for place, far in zip(places, reach, strict=True):
        cosine = np.sin(lat) * math.sin(place[0]) + np.cos(lat) * math.cos(place[0]) * np.cos(lon - place[1])
        reached |= cosine >= math.cos(far / EARTH_RADIUS)
    weight = reached * np.cos(lat)
    inside = (lat >= limits[0]) & (lat <= limits[1]) & (lon >= limits[2]) & (lon <= limits[3])
    return float(1.0 - (weight * inside).sum() / max(weight.sum(), 1e-12))


def cell_area(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """km2 of the cells of a row, float64[rows, 1]."""
    north, east = abs(float(latitude[0] - latitude[1])), float(longitude[1] - longitude[0])
    return (EARTH_RADIUS / 1e3) ** 2 * north * east * np.cos(latitude)[:, None]


def spoken(limits: Edges) -> str:
    """Edges in degrees: 33 to 43 N, 24 to 46 E."""
    south, north, west, east = (math.degrees(x) for x in limits)
    return f"{south:.4g} to {north:.4g} N, {west:.4g} to {east:.4g} E"


def _around(places: np.ndarray, reach: float) -> Edges:
    """Edges of all that lies within reach (m) of places float64[n, >= 2] (rad)."""
    arc = reach / EARTH_RADIUS
    lat, lon = places[:, 0], places[:, 1]
    south, north = float(lat.min()) - arc, float(lat.max()) + arc
    across = arc / math.cos(min(_FARTHEST, max(abs(south), abs(north))))
    return south, north, float(lon.min()) - across, float(lon.max()) + across


def _require_plain(limits: Edges) -> None:
    """Refuse a map that a plain grid of latitude and longitude can not show."""
    south, north, west, east = limits
    if max(-south, north) > _FARTHEST or west < -math.pi - 1e-9 or east > math.pi + 1e-9:
        raise ScenarioError(
            f"the map would cover {spoken(limits)}; a map that crosses the date line or comes within 5 degrees of a "
            "pole is not drawn: move the radars, or give a terrain that ends before"
        )
