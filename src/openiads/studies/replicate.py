"""Replications of every posture on common random numbers, spread over threads; results do not depend on how."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from dataclasses import dataclass, field, replace

import numpy as np

from openiads.coverage import units_on
from openiads.running import complete
from openiads.scenario.build import Simulation, assemble
from openiads.scenario.conditions import as_lived, conditions, ledgers
from openiads.scenario.spec import Scenario
from openiads.scenario.world import draw_world
from openiads.studies.measure import area_row, aspect_rows, known_rows, peace_row, raid_row, steepest_looks
from openiads.tracking.own import Maker

Row = dict[str, float | str]
Numbers = Mapping[str, float]
TABLES = ("raid", "peace", "area", "aspect", "known")


@dataclass(frozen=True)
class Unit:
    """One draw of the world: a replication of a raid, or of one window of a day of peace; all postures live it."""

    vignette: str
    replication: int
    stratum: int


@dataclass
class Results:
    """Rows by table, and whether every planned unit is in."""

    tables: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in TABLES})
    complete: bool = False
    done: int = 0
    planned: int = 0


@dataclass(frozen=True)
class Design:
    """What a study runs."""

    scenario: Scenario
    postures: tuple[str, ...]
    vignettes: tuple[str, ...]
    seed: int
    replications: int  # of a raid
    days: int  # windows of each stratum of a day of peace
    tracker: Maker | None = None  # the user's own, in place of the one that ships

    def units(self) -> list[Unit]:
        """Every draw of the world, in a fixed order."""
        out = []
        for name in self.vignettes:
            vignette = self.scenario.vignettes[name]
            if vignette.kind == "raid":
                out += [Unit(name, r, 0) for r in range(self.replications)]
            else:
                out += [Unit(name, r, k) for r in range(self.days) for k in range(vignette.strata)]
        return out


def replicate(design: Design, workers: int, progress: Callable[[int, int], None] | None = None) -> Results:
    """Run every unit; an interrupt stops after the units under way and keeps what is whole."""
    units = design.units()
    results = Results(planned=len(units))
    rows: dict[int, dict[str, list[Row]]] = {}
    stop = threading.Event()
    try:
        for index, tables in _spread(design, units, workers, stop):
            rows[index] = tables
            results.done = len(rows)
            if progress is not None:
                progress(results.done, results.planned)
    except KeyboardInterrupt:
        stop.set()
    for index in sorted(rows):
        for name, table in rows[index].items():
            results.tables[name] += table
    results.complete = results.done == results.planned
    return results


def _spread(design: Design, units: list[Unit], workers: int,
            stop: threading.Event) -> Iterator[tuple[int, dict[str, list[Row]]]]:  # fmt: skip
    """Units to threads, in order; at most two per worker wait at a time."""
    with ThreadPoolExecutor(workers) as pool:
        try:
            waiting: dict[Future[dict[str, list[Row]]], int] = {}
            following = iter(enumerate(units))
            while True:
                while len(waiting) < 2 * workers:
                    item = next(following, None)
                    if item is None:
                        break
                    waiting[pool.submit(live, design, item[1], stop)] = item[0]
                if not waiting:
                    return
                done, _ = wait_for(waiting, return_when="FIRST_COMPLETED")
                for future in sorted(done, key=lambda f: waiting[f]):
                    yield waiting.pop(future), future.result()
        except BaseException:
            stop.set()
            raise


def live(design: Design, unit: Unit, stop: threading.Event | None = None) -> dict[str, list[Row]]:
    """One draw of the world lived through by every posture."""
    scenario = design.scenario
    vignette = scenario.vignettes[unit.vignette]
    world = draw_world(scenario, unit.vignette, design.seed, unit.replication, unit.stratum)
    tables: dict[str, list[Row]] = {name: [] for name in TABLES}
    areas: dict[tuple[int, ...], Numbers] = {}
    lived: dict[bytes, Simulation] = {}
    looks: dict[str, float] = {}
    for posture in design.postures:
        for warning in vignette.warnings if vignette.kind == "raid" else [0.0]:
            if stop is not None and stop.is_set():
                raise KeyboardInterrupt
            names: Row = {"posture": posture, "vignette": unit.vignette, "replication": float(unit.replication)}
            simulation = assemble(scenario, world, posture, warning)
            same = conditions(simulation)
            if same not in lived:
                complete(simulation, design.tracker)
                lived[same] = replace(simulation, state=ledgers(simulation.state))
            simulation = as_lived(simulation, lived[same])
            if vignette.kind == "peace":
                names["stratum"] = float(unit.stratum)
                stands_for = vignette.hours(unit.stratum)
                looks = looks or steepest_looks(simulation)  # of the world: the same in every posture
                tables["peace"].append({**names, "stands_for": stands_for, **peace_row(simulation, looks)})
                tables["aspect"] += [{**names, **row} for row in aspect_rows(simulation)]
                tables["known"] += [{**names, "stands_for": stands_for, **row} for row in known_rows(simulation)]
                continue
            names["warning_s"] = warning
            tables["raid"].append({**names, **raid_row(simulation)})
            units = [f for f, node in enumerate(simulation.params.units.node) if node in simulation.system_nodes]
            on = tuple(units_on(simulation.params, units))
            if on not in areas:
                areas[on] = area_row(simulation)
            tables["area"].append({**names, **areas[on]})
    return tables


def columns(rows: list[Row]) -> dict[str, np.ndarray]:
    """Rows as columns: text as str, numbers as float64."""
    if not rows:
        return {}
    return {
        name: np.array([row[name] for row in rows], str if isinstance(rows[0][name], str) else np.float64)
        for name in rows[0]
    }
