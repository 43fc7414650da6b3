"""Coverage maps of a posture: which cells its radars see, or its fire units defend, at each height."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from openiads.coverage.active import emitting, placing, units_on, why_nobody
from openiads.coverage.defended import defended_share
from openiads.coverage.fields import Field, Grid, Sight, add_radar, empty_field
from openiads.coverage.frame import beyond, cell_area, grid_of, spoken
from openiads.engine.geo import RADIO_RADIUS, horizon_distance
from openiads.engine.sensing.logic import m_of_n
from openiads.engine.sensing.visibility import local_grid, minimum_visible_height, straighten
from openiads.errors import UsageError
from openiads.scenario import words
from openiads.scenario.build import Simulation, build, system_nodes
from openiads.scenario.spec import BodyClass, Scenario
from openiads.scenario.terrain import edges

TRACK = (3, 4)  # plots out of looks that make a track (docs/equations/tracking.md)
SEEN = 0.5  # probability from which a target counts as detected, or as tracked
SMALLEST_CELL = 1000.0  # m
MOST_HEIGHTS = 20
MOST_WARNING = 365.0 * 86400.0  # s


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


OUTLINE = 0.5  # share of the draws, or of the approaches, from which an outline is drawn
ASPECT = {"detect": "nose on", "track": "nose on", "engage": "nose, beam or tail as each approach shows"}


@dataclass(frozen=True)
class Layer:
    """The map of one height: bands float32[rows, columns], means over the draws of the site.

    share: seen by any radar, or defended by any fire unit; system: by the system's own; number: radars that see;
    pd: probability that one look of each detects. areas: km2 of each draw, for any, system and two radars or more.
    """

    height: float
    bands: dict[str, np.ndarray]
    areas: dict[str, np.ndarray]
    buried: np.ndarray  # bool[rows, columns] the ground is higher than this height above the sea


@dataclass(frozen=True)
class Coverage:
    """The answer to a Question."""

    scenario: Scenario
    question: Question
    latitude: np.ndarray  # float64[rows] rad, from the north
    longitude: np.ndarray  # float64[columns] rad
    layers: tuple[Layer, ...]
    radars: tuple[str, ...]  # that are on and can place the class
    units: tuple[str, ...]  # fire units that are ready, with such a radar
    sites: np.ndarray  # float64[draws, 2] rad
    off_terrain: float  # share of what they reach at the greatest height that lies off the terrain
    notes: tuple[str, ...]  # what a reader has to know


def coverage(scenario: Scenario, question: Question, progress: Callable[[float], None] | None = None) -> Coverage:
    """Draw the site as often as asked, and lay the fields of all radars that are on over each other."""
    model = _checked(scenario, question)
    vignette = question.vignette or _default_vignette(scenario)
    region = scenario.sites[scenario.modifiers.site]
    draws = question.sites if region.radius > 0.0 and any(r.at == "site" for r in scenario.radars) else 1
    first = build(scenario, question.posture, vignette, question.seed, 0, warning=question.warning)
    grid = grid_of(first, question.cell, question.heights, question.reference == "ground")
    sums: list[dict[str, np.ndarray]] = [{} for _ in question.heights]
    areas: list[dict[str, list[float]]] = [{} for _ in question.heights]
    square = cell_area(grid.latitude, grid.longitude)
    sites = np.zeros((draws, 2))
    fixed: Field | None = None
    for d in range(draws):
        sim = (
            first if d == 0 else build(scenario, question.posture, vignette, question.seed, d, warning=question.warning)
        )
        sites[d] = sim.world.site
        if question.what == "engage":
            maps = _engaged(sim, model, grid)
        else:
            fixed = fixed if fixed is not None else _field(sim, _on(sim, model, system=False), model, question, grid)
            maps = _seen(fixed, _field(sim, _on(sim, model, system=True), model, question, grid))
        for h, bands in enumerate(maps):
            for name, band in bands.items():
                sums[h][name] = sums[h].get(name, 0.0) + band
            for name, band in _counted(bands).items():
                areas[h].setdefault(name, []).append(float((square * band).sum(dtype=np.float64)))
        if progress:
            progress((d + 1) / draws)
    layers = tuple(
        Layer(
            height,
            {k: (v / draws).astype(np.float32) for k, v in sums[h].items()},
            {k: np.array(v) for k, v in areas[h].items()},
            (grid.ground > height) & (not grid.above_ground),
        )
        for h, height in enumerate(question.heights)
    )
    radars, units = _on(first, model), _ready(first, model)
    off = _off_terrain(first, question, radars, units)
    seen = any(layer.areas["any"].any() for layer in layers)
    return Coverage(
        scenario, question, grid.latitude, grid.longitude, layers, tuple(scenario.radars[r].name for r in radars),
        tuple(scenario.fire_units[f].name for f in units), sites, off, _notes(first, model, question, off, seen),
    )  # fmt: skip


def _notes(sim: Simulation, model: BodyClass, q: Question, off: float, seen: bool) -> tuple[str, ...]:
    """Why a map is empty, where it is cut, and why more may be engaged than detected."""
    notes = []
    if not seen:
        why = why_nobody(sim.params, model.kind, q.what)
        notes.append(
            f"nothing is shown: {why or 'at these heights all is below the horizon, too weak or out of range'}"
        )
    limits = edges(sim.scenario.terrain)
    if limits and off >= 0.005:
        notes.append(
            f"{100.0 * off:.0f} % of the {'fire units' if q.what == 'engage' else 'radars'}' reach at "
            f"{max(q.heights):,g} m (stated range and horizon) lies off the terrain ({spoken(limits)}); areas count only "
            "cells on the terrain"
        )
    rows = sim.params.units.radar[_ready(sim, model)]
    radars = sim.params.radars
    wider = bool((radars.track_width[rows] > radars.sector_width[rows]).any())
    if q.what == "engage" and (wider or max(model.rcs_beam, model.rcs_tail) > model.rcs_nose):
        notes.append(
            "the engaged area may exceed the detected one: it takes the cross-section of each approach, and the whole "
            "sector in which a radar that is told where to look tracks"
        )
    return tuple(notes)


def _off_terrain(sim: Simulation, q: Question, radars: list[int], units: list[int]) -> float:
    """Share of what radars, or fire units, reach at the greatest height that lies off the terrain."""
    limits = edges(sim.scenario.terrain)
    if limits is None:
        return 0.0
    p = sim.params
    rows = p.units.radar[units] if q.what == "engage" else np.array(radars, np.int64)
    far = p.units.corner[units, 0, :, 0].max(axis=1) if q.what == "engage" else p.radars.reach[rows, 1]
    horizon = [horizon_distance(max(0.0, h), max(q.heights)) for h in p.radars.antenna[rows, 2]]
    return beyond(limits, p.radars.antenna[rows], np.minimum(far, horizon))


def _counted(bands: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What areas are measured of."""
    counted = {"any": bands["share"], "system": bands["system"]}
    return counted | {"two": bands["number"] >= 2.0} if "number" in bands else counted


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
    names = [height_name(h) for h in q.heights]
    for i, name in enumerate(names):
        if name in names[:i]:
            first = q.heights[names.index(name)]
            raise UsageError(f"heights {first} m and {q.heights[i]} m would both be written to '{name}'; keep one")
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


def height_name(height: float) -> str:
    """30m, 1km, 1500m."""
    return f"{height / 1e3:g}km" if height >= 1e3 and height % 1e3 == 0.0 else f"{height:g}m"


def _on(sim: Simulation, model: BodyClass, system: bool | None = None) -> list[int]:
    """Radars that emit once the warning has passed and can place a class: all, the system's, or all others."""
    own = system_nodes(sim.scenario)
    node = sim.params.radars.node
    able = np.flatnonzero(emitting(sim.params) & placing(sim.params.radars, model.kind))
    return [int(r) for r in able if system is None or (int(node[r]) in own) == system]


def _ready(sim: Simulation, model: BodyClass, system: bool = False) -> list[int]:
    """Fire units that are ready and whose radar can place a class: all, or the system's."""
    own, units = system_nodes(sim.scenario), sim.params.units
    able = placing(sim.params.radars, model.kind)
    ready = [f for f in units_on(sim.params, list(range(units.node.size))) if able[units.radar[f]]]
    return [f for f in ready if not system or int(units.node[f]) in own]


def _field(sim: Simulation, radars: list[int], model: BodyClass, q: Question, grid: Grid) -> Field:
    """What some radars see together of a class that shows its nose."""
    field = empty_field(grid)
    needed = SEEN if q.what == "detect" else _tracked()
    for r in radars:
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


def _engaged(sim: Simulation, model: BodyClass, grid: Grid) -> list[dict[str, np.ndarray]]:
    """For each height: share of approaches from which a cell is defended by any fire unit, and by the system's."""
    every, system = _ready(sim, model), _ready(sim, model, system=True)

    def share(units: list[int], height: float) -> np.ndarray:
        return defended_share(sim.params, units, model, height, grid.latitude, grid.longitude, grid.above_ground)

    return [{"share": share(every, float(h)), "system": share(system, float(h))} for h in grid.height]
