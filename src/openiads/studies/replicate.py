"""Replications of every posture on common random numbers, spread over threads; results do not depend on how."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from dataclasses import dataclass, field, replace

import numpy as np

from openiads.coverage import units_on
from openiads.running import complete
from openiads.scenario.build import Simulation, assemble
from openiads.scenario.conditions import as_lived, conditions, ledgers
from openiads.scenario.spec import Scenario, Vignette
from openiads.scenario.world import draw_world
from openiads.studies.measure import area_row, aspect_rows, known_rows, peace_row, raid_row, steepest_looks
from openiads.tracking.own import Maker

Row = dict[str, float | str]
Numbers = Mapping[str, float]
Progress = Callable[[int, int], None]  # units done, of all
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
    turn: tuple[int, int] = (0, 1)  # of the strata of a day: the first that is lived, and every how manieth from there

    def strata(self, vignette: Vignette) -> range:
        """The strata of a day that are lived."""
        return range(self.turn[0], vignette.strata, self.turn[1])

    def units(self) -> list[Unit]:
        """Every draw of the world, in a fixed order."""
        out = []
        for name in self.vignettes:
            vignette = self.scenario.vignettes[name]
            if vignette.kind == "raid":
                out += [Unit(name, r, 0) for r in range(self.replications)]
            else:
                out += [Unit(name, r, k) for r in range(self.days) for k in self.strata(vignette)]
        return out


def replicate(design: Design, workers: int, progress: Progress | None = None) -> Results:
    """Run every unit; an interrupt stops after the units under way and keeps what is whole."""
    (results,) = replicate_each([design], workers, progress)
    return results


def replicate_each(designs: Sequence[Design], workers: int, progress: Progress | None = None) -> Iterator[Results]:
    """The same for several designs in their order, all in one pool; an interrupt ends them with one that is not complete."""
    tasks = [(design, unit) for design in designs for unit in design.units()]
    ends = list(itertools.accumulate(len(design.units()) for design in designs))
    rows: dict[int, dict[str, list[Row]]] = {}
    stop, first, done = threading.Event(), 0, 0
    try:
        for index, tables in _spread(tasks, workers, stop):
            rows[index], done = tables, done + 1
            if progress is not None:
                progress(done, len(tasks))
            while ends and all(i in rows for i in range(first, ends[0])):
                yield _gathered(rows, first, ends[0])
                first = ends.pop(0)
    except KeyboardInterrupt:
        stop.set()
        if ends:
            yield _gathered(rows, first, ends[0])


def _gathered(rows: dict[int, dict[str, list[Row]]], first: int, end: int) -> Results:
    """Takes the rows of one design's units, in their order."""
    results = Results(planned=end - first)
    for index in range(first, end):
        if index in rows:
            results.done += 1
            for name, table in rows.pop(index).items():
                results.tables[name] += table
    results.complete = results.done == results.planned
    return results


def _spread(tasks: list[tuple[Design, Unit]], workers: int,
            stop: threading.Event) -> Iterator[tuple[int, dict[str, list[Row]]]]:  # fmt: skip
    """Units to threads, in order; at most two per worker wait at a time."""
    with ThreadPoolExecutor(workers) as pool:
        try:
            waiting: dict[Future[dict[str, list[Row]]], int] = {}
            following = iter(enumerate(tasks))
            while True:
                while len(waiting) < 2 * workers:
                    item = next(following, None)
                    if item is None:
                        break
                    waiting[pool.submit(live, *item[1], stop)] = item[0]
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
