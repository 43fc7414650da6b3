"""What one replication says: one row of plain numbers per posture, from the engine's ledgers."""

from __future__ import annotations

import math

import numpy as np

from openiads.coverage import defended_area
from openiads.engine import motion, outcome
from openiads.scenario.build import Simulation, links_of, powered
from openiads.scenario.spec import BodyClass, Scenario

HEIGHTS = (30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0)  # m above the ground
REFERENCE_HEIGHT, REFERENCE_CLASS = 100.0, "cruise-missile"
CAUSES = ("silence", "never-asked", "told-hostile", "speed", "wrong-body")
_ALLIED = (0, 1)  # owners: national, allied


def raid_row(simulation: Simulation) -> dict[str, float]:
    """Counts and times of one raid; NaN where a quantity is not defined in this replication."""
    state, params = simulation.state, simulation.params
    bodies, truth, exposure = params.bodies, state.truth, state.exposure
    flights = len(simulation.world.flights)
    side = bodies.side[:flights]
    hostile = side == motion.HOSTILE
    leakers = int((hostile & (truth.status[:flights] == motion.ARRIVED)).sum())
    own = [f for f in range(params.units.key.size) if params.units.node[f] in simulation.system_nodes]
    tally = state.tally
    row = {
        "threats": float(hostile.sum()), "leakers": float(leakers), "none": float(leakers == 0),
        "rounds": float(tally.rounds.sum()), "kills": float(tally.hits[:, motion.HOSTILE].sum()),
        "rounds_system": float(tally.rounds[own].sum()), "kills_system": float(tally.hits[own, motion.HOSTILE].sum()),
        "friends_lost": float(tally.hits[:, motion.FRIEND].sum()), "civil_lost": float(tally.hits[:, motion.CIVIL].sum()),
        "friends_lost_system": float(tally.hits[own, motion.FRIEND].sum()),
        "civil_lost_system": float(tally.hits[own, motion.CIVIL].sum()),
        "transits": float((exposure.transit[:flights] & (side == motion.FRIEND)).sum()),
        "civil_transits": float((exposure.transit[:flights] & (side == motion.CIVIL)).sum()),
        "held_hostile": float((hostile & exposure.tracked[:flights]).sum()),
        "restrained": float((hostile & exposure.tracked[:flights] & ~exposure.known[:flights]).sum()),
        "asked": float(tally.asked.sum()), "refused": float(tally.refused.sum()),
    }  # fmt: skip
    for c, cause in enumerate(CAUSES):
        friend = (side == motion.FRIEND) | (side == motion.CIVIL)
        row[f"cause_{cause}"] = float((friend & (exposure.cause[:flights] == c)).sum())
    row |= _warning(simulation, hostile)
    row |= _empty(simulation, own)
    row |= picture_row(simulation)
    return row


def _warning(simulation: Simulation, hostile: np.ndarray) -> dict[str, float]:
    """Median and tenth percentile of the time from first firm track to arrival, as the system's node had it.

    A threat that arrives unseen gave no warning; one that is still to arrive at the end and unseen is censored.
    """
    exposure, bodies = simulation.state.exposure, simulation.params.bodies
    end = simulation.ticks * simulation.tick
    first = (
        exposure.first[simulation.system_nodes].min(axis=0)
        if simulation.system_nodes
        else np.full(hostile.size, np.inf)
    )
    warnings = []
    for b in np.flatnonzero(hostile):
        last = bodies.first[b] + bodies.count[b] - 1
        arrival = bodies.arc_t[bodies.arc[b], 1] if bodies.arc[b] >= 0 else bodies.way_t[last]
        if first[b] < math.inf:
            warnings.append(max(0.0, arrival - first[b]))
        elif arrival <= end:
            warnings.append(0.0)
    if not warnings:
        return {"warning": math.nan, "warning_p10": math.nan}
    return {"warning": float(np.median(warnings)), "warning_p10": float(np.percentile(warnings, 10))}


def _empty(simulation: Simulation, own: list[int]) -> dict[str, float]:
    """When the system's magazines were empty first (s); the vignette's end where they never were."""
    loaded = [f for f in own if simulation.params.units.rounds[f] > 0]
    end = simulation.ticks * simulation.tick
    if not loaded:
        return {"empty": math.nan, "empty_censored": 0.0, "salvo_capacity": 0.0}
    usable = [f for f in loaded if simulation.params.readiness.allowed[simulation.params.units.radar[f]]]
    capacity = sum(int(simulation.params.units.channels[f]) for f in usable)
    most = int(simulation.params.doctrine.salvo.max())
    first = float(simulation.state.engagements.t_empty[loaded].min())
    return {
        "empty": min(first, end), "empty_censored": float(first > end), "salvo_capacity": float(capacity * most),
    }  # fmt: skip


def picture_row(simulation: Simulation) -> dict[str, float]:
    """Sums for picture quality and the age of tracks at the system's node and at the authority."""
    state = simulation.state
    row = {}
    authority = int(simulation.params.doctrine.authority[0])
    for label, node in (("", simulation.system_nodes[0] if simulation.system_nodes else 0), ("_national", authority)):
        sums = state.tally.siap[node]
        for name, value in zip(("bodies", "tracked", "on", "tracks", "error"), sums, strict=True):
            row[f"siap_{name}{label}"] = float(value)
        ages = np.repeat(np.arange(outcome.AGE_BINS) + 0.5, state.tally.age[node])
        row[f"age{label}"] = float(np.median(ages)) if ages.size else math.nan
        row[f"age_p95{label}"] = float(np.percentile(ages, 95)) if ages.size else math.nan
    return row


def peace_row(simulation: Simulation) -> dict[str, float]:
    """Rates per hour of one window of peace, weighted by the share of time for which the posture emits."""
    scenario, state = simulation.scenario, simulation.state
    share = emitting_share(scenario, simulation.posture)
    hours = simulation.ticks * simulation.tick / 3600.0
    flights = simulation.world.flights
    owner = simulation.params.bodies.owner[: len(flights)]
    military = np.isin(owner, _ALLIED)
    allied = owner == 1
    augmented = np.array([f.augmented for f in flights], bool)
    nodes = {node.name: i for i, node in enumerate(scenario.nodes)}
    seconds = state.exposure.seconds[:, : len(flights)]
    system = seconds[simulation.system_nodes].max(axis=0) if simulation.system_nodes else np.zeros((len(flights), 2))
    first = state.exposure.first[simulation.system_nodes, : len(flights)].min(axis=0)
    new = (first >= 0.0) & np.isfinite(first)
    held = system.max(axis=1)
    kept = _recorded(simulation, system, owner)
    row = {
        "hours": hours, "share": share,
        "tracks": share * float(new.sum()) / hours, "track_hours": share * held.sum() / 3600.0 / hours,
        "tracks_military": share * float((new & military).sum()) / hours,
        "hours_military": share * held[military].sum() / 3600.0 / hours,
        "hours_allied": share * held[allied].sum() / 3600.0 / hours,
        "hours_unaugmented": share * held[allied & ~augmented].sum() / 3600.0 / hours,
        "hours_own": share * system[:, 0].sum() / 3600.0 / hours, "hours_fed": share * system[:, 1].sum() / 3600.0 / hours,
        "held_own": share * kept[:, 0].sum() / 3600.0 / hours, "held_fed": share * kept[:, 1].sum() / 3600.0 / hours,
        "undecided": share * sum(state.tally.undecided[n] for n in simulation.system_nodes) / 60.0 / hours,
        "dwells": share * state.exposure.aspect.sum() / hours,
        "cells": float((state.exposure.aspect.sum(axis=0) > 0).sum()),
    }  # fmt: skip
    for label, owner_word in (("sent", "vendor"), ("hidden", "outside")):
        far = [nodes[n.name] for n in scenario.nodes if n.owner == owner_word]
        out = seconds[far].max(axis=0) if far else np.zeros((len(flights), 2))
        row[f"{label}_own"] = share * out[:, 0].sum() / 3600.0 / hours
        row[f"{label}_fed"] = share * out[:, 1].sum() / 3600.0 / hours
        row[f"{label}_all"] = share * out.max(axis=1).sum() / 3600.0 / hours
    row["held_all"] = share * kept.max(axis=1).sum() / 3600.0 / hours
    row["x1_fed"] = row["sent_fed"] + row["held_fed"]
    for name, bits in zip(("support", "undeclared"), _bits(simulation), strict=True):
        row[f"bits_{name}"] = share * bits / hours
    return row | picture_row(simulation)


def emitting_share(scenario: Scenario, posture: str) -> float:
    """Share of a year's time for which the system emits in peace."""
    p = scenario.postures[posture]
    if not powered(p) or p.emits == "on-threat":
        return 0.0
    return p.announced_days / 365.0 * p.duty if p.emits == "announced-days" else p.duty


def _recorded(simulation: Simulation, system: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Seconds float64[flights, 2] that the system's own recording keeps, by source, as the posture says."""
    records = simulation.scenario.postures[simulation.posture].records
    kept = system.copy()
    if records == "none":
        kept[:] = 0.0
    elif records == "test-aircraft":  # the owner's own military flights
        kept[owner != 0] = 0.0
        kept[:, 1] = 0.0
    elif records in ("in-view", "while-on"):
        kept[:, 1] = 0.0
    return kept


def _bits(simulation: Simulation) -> tuple[float, float]:
    """Bits sent over the declared support link and over the undeclared channel."""
    roles = {link.name: link.role for link in simulation.scenario.links}
    sums = {"support": 0.0, "undeclared": 0.0}
    for k, name in enumerate(simulation.links):
        if roles[name] in sums:
            sums[roles[name]] += float(simulation.state.tally.link_tracks[k] * simulation.params.links.bits[k])
    return sums["support"], sums["undeclared"]


def area_row(simulation: Simulation) -> dict[str, float]:
    """Defended area (km2) of the system by height for the reference class, and by class at the reference height.

    Exact for the drawn site. A posture in which the system does not run defends nothing.
    """
    scenario, params = simulation.scenario, simulation.params
    own = [f for f in range(params.units.key.size) if params.units.node[f] in simulation.system_nodes]
    classes = defended_classes(scenario)
    row = {}
    reference = classes.get(REFERENCE_CLASS) or next(iter(classes.values()))
    for height in HEIGHTS:
        row[f"area_{height:.0f}"] = defended_area(params, own, reference, height).square_metres / 1e6
    for name, model in classes.items():
        row[f"area_{REFERENCE_HEIGHT:.0f}_{name}"] = (
            defended_area(params, own, model, REFERENCE_HEIGHT).square_metres / 1e6
        )
    return row


def defended_classes(scenario: Scenario) -> dict[str, BodyClass]:
    """Classes of the raid that fly level; ballistic ones have no height to fly at."""
    names = {t.class_ for v in scenario.vignettes.values() for t in v.threats}
    return {n: scenario.library.bodies[n] for n in sorted(names) if scenario.library.bodies[n].kind != "ballistic"}


def reach(scenario: Scenario, posture: str) -> tuple[int, int]:
    """X3: nodes whose information can flow to the vendor or outside over open links, and how many are sensitive."""
    arrows = [(link.from_, link.to) for link in links_of(scenario, posture) if link.role != "orders"]
    ends = {n.name for n in scenario.nodes if n.owner in ("vendor", "outside")}
    found = set(ends)
    while True:
        new = {a for a, b in arrows if b in found} - found
        if not new:
            break
        found |= new
    sensitive = {n.name for n in scenario.nodes if n.sensitive}
    return len(found - ends), len((found - ends) & sensitive)
