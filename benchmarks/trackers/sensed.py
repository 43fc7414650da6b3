"""Plots of given flights by the engine's own sensing: three radars that turn, flat chance of detection, false plots."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.theatre import PLAIN
from openiads.engine import motion, sensing
from openiads.plots import plots_of
from openiads.scenario.build import Simulation, assemble
from openiads.scenario.flights import Flight, to_bodies
from openiads.scenario.load import parse
from openiads.scenario.world import draw_world
from openiads.tracking import Plots, Radar, Truth

TICK = 1.0  # s
DETECTION, FALSE = 0.9, 20.0  # chance of a plot; false plots a scan
PERIOD = 5.0  # s
SIGMA_RANGE, SIGMA_ANGLE = 50.0, 0.15  # m, deg in azimuth and elevation
REACH, LOWEST, HIGHEST = (1.0, 220.0), -1.0, 30.0  # km; deg of elevation
SEEN = f"plots of 3 radars by the own sensing, Pd {DETECTION:g}, {FALSE:g} false plots a scan"
_CLASS: dict[str, Any] = {
    "title": "a radar for the benchmark", "role": "surveillance", "band": "S", "range_km": 250.0, "range_rcs_m2": 1.0,
    "range_pd": 0.9, "pfa": 1e-6, "swerling": 1, "instrumented_range_km": REACH[1], "minimum_range_km": REACH[0],
    "scan_period_s": PERIOD, "sector_width_deg": 360.0, "elevation_min_deg": LOWEST, "elevation_max_deg": HIGHEST,
    "antenna_height_m": 30.0, "sigma_range_m": SIGMA_RANGE, "sigma_azimuth_deg": SIGMA_ANGLE,
    "sigma_elevation_deg": SIGMA_ANGLE, "false_plots_per_scan": FALSE, "iff_modes": [], "iff_range_km": 0.0,
}  # fmt: skip


@dataclass(frozen=True)
class Sensed:
    """What the radars reported."""

    radars: list[Radar]
    plots: Plots  # sorted by tick, then by radar
    body: np.ndarray  # row of its flight in the sorted names of the truth, -1 of a false plot
    density: float  # false plots a scan, m, rad of azimuth and rad of elevation


def sensed(truth: Truth, places: list[tuple[float, float]], seed: int) -> Sensed:
    """What radars at these places (latitude, longitude in deg) report of flights that are given every `TICK`."""
    sim = _prepared([str(name) for name in np.unique(truth.id)], places)
    tables, bodies = zip(*_looks(sim, truth, seed), strict=True)
    column = {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
    names, angle = [radar.name for radar in sim.scenario.radars], math.radians(SIGMA_ANGLE)
    plots = Plots(
        column["t"], np.array([names.index(name) for name in column["radar"]]), column["range_m"],
        np.radians(column["azimuth_deg"]), np.radians(column["elevation_deg"]),
    )  # fmt: skip
    sites = zip(names, sim.params.radars.antenna, strict=True)
    radars = [Radar(name, *site, SIGMA_RANGE, angle, angle, PERIOD) for name, site in sites]
    volume = 1e3 * (REACH[1] - REACH[0]) * 2.0 * math.pi * math.radians(HIGHEST)  # false plots lie above the ground
    return Sensed(radars, plots, np.concatenate(bodies), FALSE / volume)


def _looks(sim: Simulation, truth: Truth, seed: int) -> Iterator[tuple[dict[str, np.ndarray], np.ndarray]]:
    """Every tick the flights are put where they are, and the stage of the engine looks: plots and their bodies."""
    s, p = sim.state, sim.params
    assert truth.v is not None
    taskings = sensing.empty_taskings(p.radars.key.size, 1)
    taskings.on[:] = True
    key, who = np.array([seed, 0], np.uint32), np.unique(truth.id, return_inverse=True)[1]
    order = np.argsort(truth.t, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(truth.t[order])) + 1):
        t = truth.t[rows[0]]
        s.truth.status[:] = motion.WAITING
        s.truth.status[who[rows]] = motion.FLYING
        s.truth.pos[who[rows]], s.truth.vel[who[rows]] = truth.x[rows], truth.v[rows]
        sensing.sense(
            p.radars, p.bodies, p.terrain, key, s.truth, s.antennas, s.due, taskings, s.plots, s.origin, t - TICK, t
        )
        assert s.plots.dropped[0] == 0
        yield plots_of(sim), s.origin.body[: s.plots.first[-1]].copy()


def _prepared(names: list[str], places: list[tuple[float, float]]) -> Simulation:
    """The engine with these radars and flights; chances of detection and errors do not depend on the signal."""
    radars = [
        {"name": f"radar-{i}", "class": "flat", "node": "post", "at": "place", "latitude_deg": latitude,
         "longitude_deg": longitude}
        for i, (latitude, longitude) in enumerate(places, 1)
    ]  # fmt: skip
    own = {"terrain": "smooth", "fire_units": [], "radars": radars, "library": {"radars": {"flat": _CLASS}}}
    scenario = parse(PLAIN | own, "flights")
    world = draw_world(scenario, "raid", 1, 0)
    model = scenario.library.bodies["fighter"]
    flights = [Flight(name, "fighter", model, motion.CIVIL, 2) for name in names]
    bodies, groups = to_bodies(flights)
    sim = assemble(scenario, replace(world, flights=flights, bodies=bodies, groups=groups), "on", 0.0)
    found = sim.params.radars
    flat = found._replace(  # the strongest blur that the stage knows is twice sigma, at any signal below snr_ref
        detection=np.full_like(found.detection, DETECTION),
        snr_ref=np.full_like(found.snr_ref, np.inf),
        sigma=found.sigma / 2.0,
    )
    return replace(sim, params=sim.params._replace(radars=flat))
