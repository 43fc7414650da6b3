"""Coverage maps of a posture: which cells its radars see, or its fire units defend, at each height."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from openiads.coverage.defended import defended_share, units_on
from openiads.coverage.fields import Field, Grid, Sight, add_radar, empty_field
from openiads.engine.geo import EARTH_RADIUS, RADIO_RADIUS, ground_heights
from openiads.engine.sensing.logic import m_of_n
from openiads.engine.sensing.visibility import local_grid, minimum_visible_height, straighten
from openiads.errors import ScenarioError, UsageError
from openiads.scenario import words
from openiads.scenario.build import Simulation, build, system_nodes
from openiads.scenario.radars import kind_bits
from openiads.scenario.spec import BodyClass, Scenario
from openiads.scenario.terrain import edges

TRACK = (3, 4)  # plots out of looks that make a track (docs/equations/tracking.md)
SEEN = 0.5  # probability from which a target counts as detected, or as tracked
SMALLEST_CELL = 1000.0  # m
MOST_CELLS = 20_000_000
MOST_HEIGHTS = 20
MOST_WARNING = 365.0 * 86400.0  # s
_MARGIN = 50e3  # m around the radars on a smooth Earth


@dataclass(frozen=True)
class Question:
    """What is asked: who sees, tracks or can engage which class, at which heights."""

    posture: str
    body: str  # name of a body class
    what: str = "detect"  # detect, track, engage
    heights: tuple[float, ...] = (30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0)  # m
    reference: str = "ground"  # the heights are above the ground, or above the sea
    vignette: str | None = None  # the first raid, else the first
    warning: float = 86400.0  # s
    sites: int = 10  # draws of the site within its region
    seed: int = 1
    cell: float = 2000.0  # m


SEEING = ("share", "system", "number", "pd")
ENGAGING = ("share", "system")


@dataclass(frozen=True)
class Layer:
    """The map of one height: bands float32[rows, columns], means over the draws of the site.

    share: seen by any radar, or defended by any fire unit; system: by the system's own; number: radars that see;
    pd: probability that one look of each detects. areas: km2 of each draw, for any, system and two radars or more.
    """

    height: float
    bands: dict[str, np.ndarray]
    areas: dict[str, np.ndarray]


@dataclass(frozen=True)
class Coverage:
    """The answer to a Question."""

    scenario: Scenario
    question: Question
    latitude: np.ndarray  # float64[rows] rad, from the north
    longitude: np.ndarray  # float64[columns] rad
    layers: tuple[Layer, ...]
    radars: tuple[str, ...]  # that are on
    sites: np.ndarray  # float64[draws, 2] rad


def coverage(scenario: Scenario, question: Question, progress: Callable[[float], None] | None = None) -> Coverage:
    """Draw the site as often as asked, and lay the fields of all radars that are on over each other."""
    model = _checked(scenario, question)
    vignette = question.vignette or _default_vignette(scenario)
    region = scenario.sites[scenario.modifiers.site]
    draws = question.sites if region.radius > 0.0 and any(r.at == "site" for r in scenario.radars) else 1
    first = build(scenario, question.posture, vignette, question.seed, 0, warning=question.warning)
    grid = _grid(scenario, question, first)
    sums: list[dict[str, np.ndarray]] = [{} for _ in question.heights]
    areas: list[dict[str, list[float]]] = [{} for _ in question.heights]
    cell_area = _cell_area(grid.latitude, grid.longitude)
    sites = np.zeros((draws, 2))
    fixed: Field | None = None
    for d in range(draws):
        sim = (
            first if d == 0 else build(scenario, question.posture, vignette, question.seed, d, warning=question.warning)
        )
        sites[d] = sim.world.site
        if question.what == "engage":
            maps = _engaged(scenario, sim, model, grid)
        else:
            fixed = fixed if fixed is not None else _field(sim, _on(sim, system=False), model, question, grid)
            maps = _seen(fixed, _field(sim, _on(sim, system=True), model, question, grid))
        for h, bands in enumerate(maps):
            for name, band in bands.items():
                sums[h][name] = sums[h].get(name, 0.0) + band
            for name, band in _counted(bands).items():
                areas[h].setdefault(name, []).append(float((cell_area * band).sum(dtype=np.float64)))
        if progress:
            progress((d + 1) / draws)
    layers = tuple(
        Layer(
            height,
            {k: (v / draws).astype(np.float32) for k, v in sums[h].items()},
            {k: np.array(v) for k, v in areas[h].items()},
        )
        for h, height in enumerate(question.heights)
    )
    on = sorted([*_on(first, True), *_on(first, False)])
    names = tuple(scenario.radars[r].name for r in on)
    return Coverage(scenario, question, grid.latitude, grid.longitude, layers, names, sites)


def _counted(bands: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What areas are measured of."""
    counted = {"any": bands["share"], "system": bands["system"]}
    return counted | {"two": bands["number"] >= 2.0} if "number" in bands else counted


def _cell_area(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """km2 of the cells of a row, float64[rows, 1]."""
    north, east = abs(float(latitude[0] - latitude[1])), float(longitude[1] - longitude[0])
    return (EARTH_RADIUS / 1e3) ** 2 * north * east * np.cos(latitude)[:, None]


def _checked(scenario: Scenario, q: Question) -> BodyClass:
    scenario.require(posture=q.posture, vignette=q.vignette)
    if q.body not in scenario.library.bodies:
        raise UsageError(
            f"scenario '{scenario.name}': {words.unknown('body class', q.body, sorted(scenario.library.bodies))}"
        )
    good = len(set(q.heights)) == len(q.heights) and all(0.0 < h <= 40e3 for h in q.heights)
    if not 1 <= len(q.heights) <= MOST_HEIGHTS or not good:
        given = ", ".join(f"{h:g}" for h in q.heights[:8]) + (", ..." if len(q.heights) > 8 else "")
        raise UsageError(f"heights = {given} m: give 1 to {MOST_HEIGHTS} different ones, each above 0 and up to 40 km")
    if not SMALLEST_CELL <= q.cell <= 50e3:
        raise UsageError(f"cell = {q.cell:g} m: 1 to 50 km are accepted; a finer map would promise what is not known")
    if not 1 <= q.sites <= 1000:
        raise UsageError(f"sites = {q.sites}: 1 to 1,000 draws are accepted")
    if not 0.0 <= q.warning <= MOST_WARNING:
        raise UsageError(f"warning = {q.warning / 3600.0:g} h: 0 to {MOST_WARNING / 3600.0:g} h are accepted")
    model = scenario.library.bodies[q.body]
    if q.what == "engage" and (model.kind == "ballistic" or model.speed is None):
        raise UsageError(f"class '{q.body}' falls on an arc; the engaged area is defined for what flies level")
    return model


def _default_vignette(scenario: Scenario) -> str:
    return next((name for name, v in scenario.vignettes.items() if v.kind == "raid"), next(iter(scenario.vignettes)))


def _on(sim: Simulation, system: bool) -> list[int]:
    """Radars that emit once the warning has passed: the system's, or all others."""
    own = system_nodes(sim.scenario)
    ready, node = sim.params.readiness, sim.params.radars.node
    on = [r for r in range(node.size) if ready.allowed[r] and ready.start[r] <= 0.0]
    return [r for r in on if (int(node[r]) in own) == system]


def _grid(scenario: Scenario, q: Question, sim: Simulation) -> Grid:
    """Cells over the terrain; on a smooth Earth over the reach of the radars."""
    limits = edges(scenario.terrain)
    if limits is None:
        radars = sim.params.radars
        reach = (float(radars.reach[:, 1].max()) + _MARGIN) / EARTH_RADIUS
        lat, lon = radars.antenna[:, 0], radars.antenna[:, 1]
        south, north = max(-1.5, float(lat.min()) - reach), min(1.5, float(lat.max()) + reach)
        across = reach / math.cos(max(abs(south), abs(north)))
        limits = south, north, float(lon.min()) - across, float(lon.max()) + across
    south, north, west, east = limits
    step = q.cell / EARTH_RADIUS
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
    return Grid(latitude, longitude, ground, np.array(q.heights), q.reference == "ground")


def _field(sim: Simulation, radars: list[int], model: BodyClass, q: Question, grid: Grid) -> Field:
    """What some radars see together of a class that shows its nose."""
    field = empty_field(grid)
    needed = SEEN if q.what == "detect" else _tracked()
    bit = kind_bits([model.kind])
    for r in radars:
        if sim.params.radars.dimensions[r] > 1 and int(sim.params.radars.kinds[r]) & bit:
            add_radar(
                sim.params.radars, r, sight_of(sim, r, q.cell), model.rcs_nose, needed, grid, field, os.cpu_count() or 1
            )
    return field


def sight_of(sim: Simulation, r: int, cell: float) -> Sight:
    """Lowest visible height around a radar, out to its reach."""
    lat, lon, height = (float(x) for x in sim.params.radars.antenna[r])
    n = 2 * math.ceil(float(sim.params.radars.reach[r, 1]) / cell) + 1
    ground = local_grid(sim.params.terrain, lat, lon, cell, n)
    if sim.params.radars.bend.shape[1] > 1:
        straighten(ground, sim.params.radars.bend[r], cell, height)
    lowest = minimum_visible_height(ground, cell, height, RADIO_RADIUS)
    return Sight(lowest, cell)


def _tracked() -> float:
    """Probability of detection from which 3 plots in 4 looks are as likely as not."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if m_of_n(middle, *TRACK) < SEEN else (low, middle)
    return high


def _seen(rest: Field, own: Field) -> list[dict[str, np.ndarray]]:
    """The bands of each height from what the other radars and the system's see."""
    maps = []
    for h in range(rest.count.shape[0]):
        number = rest.count[h].astype(np.float32) + own.count[h]
        pd = 1.0 - rest.missed[h] * own.missed[h]
        maps.append(
            {
                "share": (number > 0) * np.float32(1),
                "system": (own.count[h] > 0) * np.float32(1),
                "number": number,
                "pd": pd,
            }
        )
    return maps


def _engaged(scenario: Scenario, sim: Simulation, model: BodyClass, grid: Grid) -> list[dict[str, np.ndarray]]:
    """For each height: share of approaches from which a cell is defended by any fire unit, and by the system's."""
    own = system_nodes(scenario)
    node = sim.params.units.node
    every = units_on(sim.params, list(range(node.size)))
    system = [f for f in every if int(node[f]) in own]

    def share(units: list[int], height: float) -> np.ndarray:
        return defended_share(sim.params, units, model, height, grid.latitude, grid.longitude, grid.above_ground)

    return [{"share": share(every, float(h)), "system": share(system, float(h))} for h in grid.height]
