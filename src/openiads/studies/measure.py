"""What one replication says: one row of plain numbers per posture, from the engine's ledgers."""

from __future__ import annotations

import math

import numpy as np

from openiads.coverage import defended_area
from openiads.engine import motion, outcome
from openiads.engine.geo import EARTH_RADIUS, ground_distance
from openiads.inferred import inferred
from openiads.recorder import dwells
from openiads.scenario.build import CAUSES, CONDITIONS, Simulation, bands_of, keepers_of, system_nodes
from openiads.scenario.flights import Waypoint
from openiads.scenario.links import hidden_ends, powered
from openiads.scenario.spec import COLLECTORS, BodyClass, Scenario

HEIGHTS = (30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0)  # m above the ground
REFERENCE_HEIGHT, REFERENCE_CLASS = 100.0, "cruise-missile"
HIGH = 10000.0  # m, where the classes are compared again
ALSO_DEFENDED = ("fighter-low-observable", "awacs")
_ALLIED = (0, 1)  # owners: national, allied


def raid_row(simulation: Simulation) -> dict[str, float]:
    """Counts and times of one raid; NaN where a quantity is not defined in this replication."""
    state, params = simulation.state, simulation.params
    bodies, truth, exposure = params.bodies, state.truth, state.exposure
    flights = len(simulation.world.flights)
    side = bodies.side[:flights]
    carried = (bodies.carrier[:flights] >= 0) & (truth.status[:flights] == motion.WAITING)  # never released
    hostile = (side == motion.HOSTILE) & ~carried
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
        "asked_system": float(tally.asked[own].sum()), "refused_system": float(tally.refused[own].sum()),
        "wait_system": float(tally.wait[own].sum()),
    }  # fmt: skip
    friend = (side == motion.FRIEND) | (side == motion.CIVIL)
    for c, cause in enumerate(CAUSES):
        row[f"cause_{cause}"] = float((friend & (exposure.cause[:flights] == c)).sum())
    lost = friend & (exposure.cause[:flights] >= 0)
    for c, what in enumerate(CONDITIONS):
        row[f"cause_{what}"] = float((lost & exposure.beside[:flights, c]).sum())
    row["overflow"] = float(tally.dropped[:3].sum())
    row["unresolved"], row["undecided"] = (tally.undecided[simulation.system_nodes].sum(axis=0) / 60.0).tolist()
    row |= _warning(simulation, hostile)
    row |= _empty(simulation, own)
    row |= picture_row(simulation)
    return row


def _warning(simulation: Simulation, hostile: np.ndarray) -> dict[str, float]:
    """Median and tenth percentile of the time from first firm track to arrival, as the system's node had it.

    A threat that is not seen within the vignette gave no warning. `near`: threats sent to an asset in the envelope.
    """
    exposure, bodies = simulation.state.exposure, simulation.params.bodies
    choice = simulation.state.truth.choice
    near = _protected(simulation)
    first = (
        exposure.first[simulation.system_nodes].min(axis=0)
        if simulation.system_nodes
        else np.full(hostile.size, np.inf)
    )
    warnings, among_near = [], []
    for b in np.flatnonzero(hostile):
        last = bodies.first[b] + (choice[b] + 1) * bodies.count[b] - 1
        arrival = bodies.arc_t[bodies.arc[b], 1] if bodies.arc[b] >= 0 else bodies.way_t[last]
        warnings.append(max(0.0, arrival - first[b]) if first[b] < math.inf else 0.0)
        if bodies.target[b] in near:
            among_near.append(warnings[-1])
    return {
        "warning": float(np.median(warnings)) if warnings else math.nan,
        "warning_p10": float(np.percentile(warnings, 10)) if warnings else math.nan,
        "warning_near": float(np.median(among_near)) if among_near else math.nan,
    }


def _protected(simulation: Simulation) -> set[int]:
    """Assets within the aerodynamic reach of a fire unit of the system, whether it runs or not."""
    units, assets = simulation.params.units, simulation.world.assets
    found = set()
    for f in np.flatnonzero(np.isin(units.node, simulation.system_nodes)):
        latitude, longitude, _ = motion.geodetic(units.pos[f])
        reach = float(units.corner[f, 0, :, 0].max())
        found |= {i for i, place in enumerate(assets) if ground_distance(latitude, longitude, *place) < reach}
    return found


def _empty(simulation: Simulation, own: list[int]) -> dict[str, float]:
    """When the system's magazines were empty first (s); the vignette's end where they never were."""
    loaded = [f for f in own if simulation.params.units.rounds[f] > 0]
    end = simulation.ticks * simulation.tick
    if not loaded:
        return {"empty": math.nan, "empty_censored": 0.0, "salvo_capacity": 0.0}
    usable = [f for f in loaded if simulation.params.readiness.allowed[simulation.params.units.radar[f]]]
    capacity = _channels(simulation, usable)
    most = int(simulation.params.doctrine.salvo.max())
    first = float(simulation.state.engagements.t_empty[loaded].min())
    return {
        "empty": min(first, end), "empty_censored": float(first > end), "salvo_capacity": float(capacity * most),
    }  # fmt: skip


def _channels(simulation: Simulation, usable: list[int]) -> int:
    """Targets that fire units can engage at once, within what their radars and their systems can."""
    units = simulation.params.units
    by_radar: dict[tuple[int, int], int] = {}
    by_node: dict[int, int] = {}
    for f in usable:
        pair = int(units.node[f]), int(units.radar[f])
        by_radar[pair] = min(by_radar.get(pair, 0) + int(units.channels[f]), int(units.limit[f, 0]))
    for node, radar in by_radar:
        by_node[node] = by_node.get(node, 0) + by_radar[node, radar]
    limit = {int(units.node[f]): int(units.limit[f, 1]) for f in usable}
    return sum(min(count, limit[node]) for node, count in by_node.items())


def picture_row(simulation: Simulation) -> dict[str, float]:
    """Sums for picture quality and the age of tracks at the system's node and at the authority."""
    state = simulation.state
    row = {}
    authority = int(simulation.params.doctrine.authority[0])
    for label, node in (("", simulation.system_nodes[0] if simulation.system_nodes else 0), ("_national", authority)):
        sums = state.tally.siap[node]
        for name, value in zip(("bodies", "tracked", "on", "tracks", "error", "speed_error"), sums, strict=True):
            row[f"siap_{name}{label}"] = float(value)
        row[f"siap_spurious{label}"] = float(sums[3] - sums[2])
        ages = np.repeat(np.arange(outcome.AGE_BINS) + 0.5, state.tally.age[node])
        row[f"age{label}"] = float(np.median(ages)) if ages.size else math.nan
        row[f"age_p95{label}"] = float(np.percentile(ages, 95)) if ages.size else math.nan
    return row


def peace_row(simulation: Simulation, looks: dict[str, float]) -> dict[str, float]:
    """Rates per hour of one window of peace, weighted by the share of time for which the posture emits; looks: steepest ones."""
    scenario, state = simulation.scenario, simulation.state
    share = emitting_share(scenario, simulation.posture)
    hours = simulation.ticks * simulation.tick / 3600.0
    flights = simulation.world.flights
    owner = simulation.params.bodies.owner[: len(flights)]
    military = np.isin(owner, _ALLIED)
    allied = owner == 1
    bare = simulation.params.bodies.signature[: len(flights)]
    nodes = {node.name: i for i, node in enumerate(scenario.nodes)}
    seconds = state.exposure.seconds[:, : len(flights)]
    system = _held(seconds, simulation.system_nodes)
    first = state.exposure.first[simulation.system_nodes, : len(flights)].min(axis=0)
    new = (first >= 0.0) & np.isfinite(first)
    held = system[:, 1]
    kept = _recorded(simulation, system, owner)
    row = {
        "hours": hours, "share": share,
        "tracks": share * float(new.sum()) / hours, "track_hours": share * held.sum() / 3600.0 / hours,
        "tracks_military": share * float((new & military).sum()) / hours,
        "hours_military": share * held[military].sum() / 3600.0 / hours,
        "hours_allied": share * held[allied].sum() / 3600.0 / hours,
        "hours_unaugmented": share * held[allied & bare].sum() / 3600.0 / hours,
    }  # fmt: skip
    row["unresolved"], row["undecided"] = (
        share * state.tally.undecided[simulation.system_nodes].sum(axis=0) / 60.0 / hours
    ).tolist()
    signature = signature_row(simulation, share, hours, looks)
    row |= signature
    hidden = hidden_ends(scenario, simulation.posture)
    for label, far in (("sent", [n for n in scenario.nodes if n.owner in COLLECTORS and n.name not in hidden]),
                       ("hidden", [n for n in scenario.nodes if n.name in hidden])):  # fmt: skip
        row |= _leaving(label, _held(seconds, [nodes[n.name] for n in far]), military, share / 3600.0 / hours)
        row[f"full_{label}"] = _full(simulation, {n.name for n in far})
    row |= _leaving("held", kept, military, share / 3600.0 / hours)
    row["x1_fed"] = row["sent_fed"] + row["held_fed"]
    row["x1_all"] = row["sent_all"] + row["held_all"]
    row["leaving_fed"] = row["x1_fed"] + row["hidden_fed"]
    row["leaving_all"] = row["x1_all"] + row["hidden_all"]
    row["overflow"] = float(state.tally.dropped[:3].sum())
    row["kept_back"], row["offered"] = _offered(simulation)
    row["aside_bodies"], row["aside_nothing"] = (state.tally.aside.sum(axis=0) / 3600.0 / hours).tolist()
    for name, bits in zip(("support", "undeclared"), _bits(simulation), strict=True):
        row[f"bits_{name}"] = share * bits / hours
    picture = picture_row(simulation)
    if share == 0.0:  # no picture and no aspects while it does not run: undefined, not empty
        picture |= {name: 0.0 if name.startswith("siap") else math.nan for name in picture if "_national" not in name}
        row |= {name: math.nan for name in signature if name == "cells" or name.startswith("sphere_")}
        row |= {name: 0.0 for name in signature if name.startswith("shown_")}
    return row | picture


def _held(seconds: np.ndarray, nodes: list[int]) -> np.ndarray:
    """Seconds float64[flights, 2] for which any of the nodes held a body: by the system's own sensors, at all."""
    return seconds[nodes].max(axis=0) if nodes else np.zeros(seconds.shape[1:])


def _leaving(label: str, seconds: np.ndarray, military: np.ndarray, scale: float) -> dict[str, float]:
    """Track-hours of some seconds [flights, 2], those that rest on fed tracks only, and those on military flights [flights]."""
    own, every = scale * seconds.sum(axis=0)
    soldiers = scale * float(seconds[military, 1].sum())
    return {f"{label}_all": float(every), f"{label}_fed": float(every - own), f"{label}_military": soldiers}


def _full(simulation: Simulation, far: set[str]) -> float:
    """Reports offered on links to some nodes over those for which there was room; 1 where all had room."""
    ends = simulation.params.links.sink.tolist()
    rows = [k for k, n in enumerate(ends) if simulation.scenario.nodes[n].name in far]
    sent = float(simulation.state.tally.link_tracks[rows].sum())
    return 1.0 + float(simulation.state.tally.link_withheld[rows, 1].sum()) / sent if sent else 1.0


def signature_row(simulation: Simulation, share: float, hours: float, looks: dict[str, float]) -> dict[str, float]:
    """C2: dwells on aircraft without reflectors, and by class and band how much of the aspects that it can show was seen.

    Cells are ten degrees square, weighted by solid angle; what one band or class shows tells nothing of another. A level
    body shows every azimuth, and elevations from the horizon down to the steepest look that its route allows.
    """
    weight = cell_weights()
    row = {f"steepest_{name}": look for name, look in looks.items()}
    looked, bands = {name: _dwells(simulation, name) for name in looks}, bands_of(simulation.scenario)
    row |= {f"dwells_{name}": share * float(d.sum()) / hours for name, d in looked.items()}
    every = float(sum(d.sum() for d in looked.values()))
    cells = 0.0
    for key, name, band in signature_keys(simulation.scenario):
        seen = looked[name][bands.index(band)] > 0
        shown = shown_cells(looks[name])
        cells += float(seen.sum())
        row |= {
            f"sphere_{key}": float(weight[seen].sum()), f"shown_{key}": float(weight[shown].sum()),
            f"seen_{key}": float(weight[shown & seen].sum()),
        }  # fmt: skip
    return row | {"dwells": share * every / hours, "dwells_window": every, "cells": cells}


def cell_weights() -> np.ndarray:
    """Share of the sphere that each aspect cell is, float64[648]; 36 azimuths in each of 18 elevations, from below."""
    return np.repeat(np.diff(np.sin(np.radians(np.arange(-90.0, 91.0, 10.0)))) / 72.0, 36)


def shown_cells(steepest: float) -> np.ndarray:
    """Cells bool[648] that level flight shows to a radar: all azimuths, from the horizon to the steepest look (deg); -1 for none."""
    lowest = np.arange(-90.0, 90.0, 10.0)
    return np.repeat((steepest >= 0.0) & (lowest < 0.0) & (lowest + 10.0 > -steepest), 36)


def aspect_rows(simulation: Simulation) -> list[dict[str, float | str]]:
    """Dwells of a window by node whose radars they are, class, band and aspect cell, cells without one left out; not weighted by
    the share of emission.
    """
    found, classes = dwells(simulation), signature_classes(simulation.scenario)
    return [
        {"node": node, "class": name, "band": band, **dict(zip(("cell", "dwells", "snr_db"), map(float, numbers), strict=True))}
        for node, name, band, *numbers in zip(*found.values(), strict=True) if name in classes
    ]  # fmt: skip


def known_rows(simulation: Simulation) -> list[dict[str, float | str]]:
    """What every node held in a window, by who made it, and what that tells of the maker's sensors; not weighted."""
    exposure, nodes = simulation.state.exposure, [n.name for n in simulation.scenario.nodes]
    flights = len(simulation.world.flights)
    rows: list[dict[str, float | str]] = []
    for n, node in enumerate(nodes):
        seconds = exposure.seconds[n, :flights]
        whole = float(seconds[:, 1].sum())
        rows += [
            {"node": node, "origin": nodes[o], "track_hours": float(exposure.source[n, o]) / 3600.0,
             "bodies": float((seconds[:, 1] > 0.0).sum()), "body_hours": whole / 3600.0,
             "own_hours": float(seconds[:, 0].sum()) / 3600.0,
             "sigma_m": float(exposure.error[n, :flights].sum()) / whole if whole else math.nan,
             "orders_hours": float(exposure.told[n]) / 3600.0, **inferred(simulation, n, int(o))}
            for o in np.flatnonzero(exposure.source[n])
        ]  # fmt: skip
    return rows


def _dwells(simulation: Simulation, name: str) -> np.ndarray:
    """Dwells of the system's radars by band, float64[K, 648], on bodies of a class."""
    groups, keepers = simulation.world.groups, keepers_of(simulation.scenario)
    aspect = simulation.state.exposure.aspect[[keepers.index(n) for n in simulation.system_nodes]].sum(axis=0)
    return np.asarray(aspect[[groups.index(name)] if name in groups else []].sum(axis=0))


def signature_classes(scenario: Scenario) -> list[str]:
    """Classes in peace whose signature matters."""
    names = {s.class_ for s in scenario.sorties if s.in_peace}
    return sorted(n for n in names if scenario.library.bodies[n].signature)


def signature_keys(scenario: Scenario) -> list[tuple[str, str, str]]:
    """Each class whose signature matters in each band of the system's radars: what the pair is called, class, band."""
    system = {scenario.nodes[i].name for i in system_nodes(scenario)}
    bands = sorted({scenario.library.radars[r.class_].band for r in scenario.radars if r.node in system})
    return [(f"{name}.{band}", name, band) for name in signature_classes(scenario) for band in bands]


def class_and_band(key: str) -> tuple[str, str]:
    """What a key of `signature_keys` stands for."""
    name, _, band = key.rpartition(".")
    return name, band


def steepest_looks(simulation: Simulation) -> dict[str, float]:
    """Per class whose signature matters the steepest look (deg) at it in this world, whether the system runs or not."""
    return {name: _steepest_look(simulation, name) for name in signature_classes(simulation.scenario)}


def _steepest_look(simulation: Simulation, name: str) -> float:
    """Largest angle (deg) below the horizon at which a body of a class without reflectors sees a radar of the system; -1 for none."""
    params, flights = simulation.params, simulation.world.flights
    reach = max(
        (params.radars.reach[r, 1] for r, n in enumerate(params.radars.node) if n in simulation.system_nodes),
        default=0.0,
    )
    places = [simulation.world.antenna[r] for r, n in enumerate(params.radars.node) if n in simulation.system_nodes]
    steepest = -1.0
    for flight, bare in zip(flights, params.bodies.signature[: len(flights)], strict=True):
        if not bare or flight.group != name:
            continue
        latitude, longitude, height = _along(flight.route)
        for place in places:
            gap = EARTH_RADIUS * np.arccos(np.clip(
                np.sin(latitude) * math.sin(place[0]) + np.cos(latitude) * math.cos(place[0]) * np.cos(longitude - place[1]), -1.0, 1.0
            ))  # fmt: skip
            looks = np.degrees(np.arctan2(height, np.maximum(gap, 1.0)))[gap < reach]
            steepest = max(steepest, float(looks.max(initial=-1.0)))
    return steepest


def _along(route: list[Waypoint]) -> np.ndarray:
    """Latitude, longitude (rad) and height (m) at points of a route, float64[3, n]: 64 of each leg."""
    corners = np.array([(p.latitude, p.longitude, p.height) for p in route])
    at = np.linspace(0.0, len(route) - 1.0, 64 * (len(route) - 1) + 1)
    return np.array([np.interp(at, np.arange(len(route)), column) for column in corners.T])


def emitting_share(scenario: Scenario, posture: str) -> float:
    """Share of a year's time for which the system emits in peace."""
    p = scenario.postures[posture]
    if not powered(p) or p.emits == "on-threat":
        return 0.0
    return p.announced_days / 365.0 * p.duty if p.emits == "announced-days" else p.duty


def _recorded(simulation: Simulation, system: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Seconds float64[flights, 2] that the system's own recording keeps for a visit, as the posture says."""
    posture = simulation.scenario.postures[simulation.posture]
    records, kept = posture.records, system.copy()
    if records == "none" or posture.support != "visits":  # without a visit nothing is carried out
        kept[:] = 0.0
    elif records == "test-aircraft":  # the owner's own military flights
        kept[owner != 0] = 0.0
        kept[:, 1] = kept[:, 0]
    elif records in ("in-view", "while-on"):
        kept[:, 1] = kept[:, 0]
    return kept


def _bits(simulation: Simulation) -> tuple[float, float]:
    """Bits sent over the declared support link, and over the undeclared channel and by what is copied out."""
    roles = {link.name: link.role for link in simulation.scenario.links}
    sums = {"support": 0.0, "undeclared": 0.0}
    for k, name in enumerate(simulation.links):
        role = roles.get(name, "undeclared")  # what the file does not have is a copy
        if role in sums:
            sums[role] += float(simulation.state.tally.link_tracks[k] * simulation.params.links.bits[k])
    return sums["support"], sums["undeclared"]


def _offered(simulation: Simulation) -> tuple[float, float]:
    """Reports that guards or full links kept back, and all that were offered, on the system's declared links."""
    scenario, tally = simulation.scenario, simulation.state.tally
    system = {scenario.nodes[n].name for n in simulation.system_nodes}
    declared = {x.name for x in scenario.links if x.role != "undeclared" and {x.from_, x.to} & system}
    rows = [k for k, name in enumerate(simulation.links) if name in declared]
    kept = float(tally.link_withheld[rows].sum())
    return kept, kept + float(tally.link_tracks[rows].sum())


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
        for height in (REFERENCE_HEIGHT, HIGH):
            row[f"area_{height:.0f}_{name}"] = defended_area(params, own, model, height).square_metres / 1e6
    return row


def defended_classes(scenario: Scenario) -> dict[str, BodyClass]:
    """Classes of the raid that fly level, and two that set the scale; ballistic ones have no height to fly at."""
    names = {t.class_ for v in scenario.vignettes.values() for t in v.threats}
    names |= set(ALSO_DEFENDED) & set(scenario.library.bodies)
    return {n: scenario.library.bodies[n] for n in sorted(names) if scenario.library.bodies[n].kind != "ballistic"}
