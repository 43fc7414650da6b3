"""A study from end to end: plan, replicate, estimate, compare, write."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

import openiads
from openiads.errors import RecordError, UsageError
from openiads.record import new_folder, read_tables, relation, write_tables
from openiads.scenario.load import parse
from openiads.scenario.spec import Scenario
from openiads.studies.beliefs import beliefs, sides, with_twins
from openiads.studies.by_posture import BY_POSTURE
from openiads.studies.compare import break_even
from openiads.studies.digest import digest
from openiads.studies.hypotheses import aspects_of_a_year, hypotheses, site_spread
from openiads.studies.metrics import Metric, Tables, hours, left_out, metrics, strata
from openiads.studies.replicate import Design, columns, replicate
from openiads.tracking.own import BUILT_IN, Maker, TrackerClass, find_tracker

PRESETS: dict[str, tuple[int, int]] = {"demo": (20, 2), "full": (60, 4)}  # raids; windows of each stratum of the day
MOST = 100_000  # replications or windows of a stratum


@dataclass(frozen=True)
class Study:
    """Results of a study: the summary, and one row per posture and replication in `tables`."""

    scenario: Scenario
    summary: dict[str, Any]
    tables: Tables

    def estimate(self, metric: str, posture: str) -> dict[str, Any]:
        """Estimate, interval and paired difference of one cell of the decision table."""
        known = self.summary["metrics"]
        if metric not in known:
            raise UsageError(f"no metric '{metric}'; accepted: {', '.join(known)}")
        if posture not in known[metric]["postures"]:
            raise UsageError(f"no posture '{posture}'; accepted: {', '.join(known[metric]['postures'])}")
        cell: dict[str, Any] = known[metric]["postures"][posture]
        return cell

    def array(self, table: str, column: str) -> np.ndarray:
        """One column of a per-replication table."""
        return self.tables[table][column]

    def relation(self, table: str) -> Any:
        """A per-replication table as a DuckDB relation."""
        return relation(self.tables[table])

    def save(self, out: str | Path) -> None:
        """summary.json, scenario.json, report.html and results/*.parquet in a new folder, all or nothing."""
        from openiads.studies.report import render

        with new_folder(Path(out)) as folder:
            write_results(folder, self.summary, self.tables)
            table = json.dumps(self.scenario.table, ensure_ascii=False)
            (folder / "scenario.json").write_text(table + "\n", encoding="utf-8")
            render(self.summary, self.tables, self.scenario, folder / "report.html")

    @staticmethod
    def load(folder: str | Path) -> Study:
        """A study that was saved; RecordError for a folder that holds none."""
        source = Path(folder)
        try:
            summary = json.loads((source / "summary.json").read_text(encoding="utf-8"))
            if isinstance(summary, dict) and summary.get("kind") == "robustness":
                raise RecordError(
                    f"'{source}' is a parameter box, which keeps no raids and windows; name a folder that openiads study wrote"
                )
            table = json.loads((source / "scenario.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RecordError(f"'{source}' holds no study that can be read: {error}") from None
        return Study(
            parse(table, str(source / "scenario.json")), summary, read_tables(source / "results", what="study")
        )


def write_results(folder: Path, summary: dict[str, Any], tables: Tables) -> None:
    """summary.json and results/*.parquet, in a folder that is there."""
    text = json.dumps(clean(summary), indent=1, ensure_ascii=False)
    (folder / "summary.json").write_text(text + "\n", encoding="utf-8")
    (folder / "results").mkdir()
    write_tables(folder / "results", tables)


def study(scenario: Scenario, *, preset: str | None = None, replications: int | None = None, days: int | None = None,
          postures: list[str] | None = None, vignettes: list[str] | None = None, baseline: str | None = None,
          seed: int = 1, workers: int | None = None, tracker: TrackerClass | str | None = None,
          compromise: str | None = None, progress: Callable[[int, int], None] | None = None) -> Study:  # fmt: skip
    """Run every posture through every vignette; `replications` raids and `days` windows of each stratum of a day.

    A `tracker` of the user's own, a class or `module:Class`, takes the place of the one that ships at every node; without
    `workers` it runs in one thread. With a `compromise` every posture has a twin that lives through it.
    """
    raids, windows = sizes(PRESETS, preset)
    if compromise is not None:
        scenario, postures = with_twins(scenario, compromise, postures)
    raids = raids if replications is None else replications
    windows = windows if days is None else days
    if days is None and replications is not None:
        windows = max(1, math.ceil(replications / 25))
    maker = None if tracker is None else find_tracker(tracker)
    design, base = plan(scenario, raids, windows, postures, vignettes, baseline, seed, maker)
    count = threads(1 if maker and workers is None else workers)
    results = replicate(design, count, progress)
    tables = {name: columns(rows) for name, rows in results.tables.items() if rows}
    summary = summarise(design, tables, base, preset or "custom", results.complete)
    return Study(scenario, summary, tables)


def sizes(presets: Mapping[str, tuple[int, ...]], preset: str | None) -> tuple[int, ...]:
    """The numbers behind the name of a preset; demo without one."""
    if preset is not None and preset not in presets:
        raise UsageError(f"no preset '{preset}'; accepted: {', '.join(presets)}")
    return presets[preset or "demo"]


def threads(workers: int | None) -> int:
    """How many threads to run in: as many as the machine has processors unless said."""
    count = workers if workers is not None else os.cpu_count() or 1
    if count < 1:
        raise UsageError(f"workers = {count}: at least 1")
    return count


def plan(scenario: Scenario, raids: int, windows: int, postures: list[str] | None, vignettes: list[str] | None,
         baseline: str | None, seed: int, tracker: Maker | None = None) -> tuple[Design, str]:  # fmt: skip
    """What is run, and its baseline, which always is; wrong names and numbers are refused."""
    if not (1 <= raids <= MOST and 1 <= windows <= MOST):
        raise UsageError(f"replications = {raids}, windows of a stratum = {windows}: 1 to {MOST:,} are accepted")
    if not 0 <= seed < 2**32:
        raise UsageError(f"seed = {seed}: accepted are 0 to {2**32 - 1}")
    base = baseline or scenario.baseline
    scenario.require(posture=base)
    chosen = list(dict.fromkeys(postures or list(scenario.postures)))
    for name in chosen:
        scenario.require(posture=name)
    if base not in chosen:
        chosen.insert(0, base)
    lived = list(dict.fromkeys(vignettes or list(scenario.vignettes)))
    for name in lived:
        scenario.require(vignette=name)
    return Design(scenario, tuple(chosen), tuple(lived), seed, raids, windows, tracker), base


def summarise(design: Design, tables: Tables, baseline: str, preset: str, complete: bool) -> dict[str, Any]:
    """The content of summary.json."""
    scenario = design.scenario
    raid = next((scenario.vignettes[v] for v in design.vignettes if scenario.vignettes[v].kind == "raid"), None)
    peace = next((scenario.vignettes[v] for v in design.vignettes if scenario.vignettes[v].kind == "peace"), None)
    summary: dict[str, Any] = {
        "digest": digest(tables),
        "complete": complete,
        "preset": preset,
        "seed": design.seed,
        "tracker": design.tracker.name if design.tracker else BUILT_IN,
        "build": build(),
        "baseline": baseline,
        "scenario": scenario.name,
        "site": scenario.modifiers.site,
        "modifiers": scenario.modifiers.model_dump(),
        "replications": design.replications if raid else 0,
        "windows": peace.strata * design.days if peace else 0,
        "overflow": int(sum(tables[name]["overflow"].sum() for name in ("raid", "peace") if name in tables)),
        "metrics": {},
        "left_out": left_out(scenario, design.vignettes),
    }
    every = list(metrics(scenario, design.vignettes))
    for metric in every:
        cells = {p: _cell(metric, scenario, tables, p, baseline) for p in design.postures}
        summary["metrics"][metric.id] = {
            "title": metric.title, "unit": metric.unit, "kind": metric.kind, "vignette": metric.vignette,
            "definition": metric.definition, "better": metric.better, "group": metric.group, "postures": cells,
        }  # fmt: skip
    summary["site_spread"] = site_spread(tables)
    summary["aspects_of_a_year"] = aspects_of_a_year(scenario, tables)
    summary["hypotheses"] = hypotheses(summary)
    summary["break_even"] = break_evens(tables, design.postures)
    summary["compromises"] = beliefs(scenario, tables, every, summary["metrics"], design.postures)
    summary["compromise_sides"] = sides(scenario, tables, every, summary["metrics"], design.postures)
    return summary


@lru_cache(maxsize=1)
def build() -> str:
    """What a row of a study is made by: a digest of the engine's and the scenario's sources and of the measures."""
    package = Path(openiads.__file__).parent
    files = [*package.glob("engine/**/*.py"), *package.glob("scenario/*.py"), package / "studies" / "measure.py"]
    sha = hashlib.sha256(openiads.__version__.encode())
    for file in sorted(files):
        sha.update(file.relative_to(package).as_posix().encode() + b"\0" + file.read_bytes())
    return sha.hexdigest()[:16]


def _cell(metric: Metric, scenario: Scenario, tables: Tables, posture: str, baseline: str) -> dict[str, Any]:
    found = metric.estimate(scenario, tables, posture)
    cell: dict[str, Any] = finite({**found._asdict(), "kind": metric.kind, "difference": None})
    if found.reason is not None and found.reason == metric.zero(scenario, posture):
        cell["kind"] = BY_POSTURE
    if posture != baseline:
        change = metric.difference(tables, posture, baseline)
        if change is not None:
            cell["difference"] = change._asdict()
    return cell


def break_evens(tables: Tables, postures: tuple[str, ...]) -> list[dict[str, Any]]:
    """For each pair of postures the belief in the undeclared channel at which as much leaves one as the other."""
    peace = tables.get("peace")
    if not peace:
        return []

    def windows(posture: str, column: str) -> list[np.ndarray]:
        return strata({name: values[peace["posture"] == posture] for name, values in peace.items()}, column)

    weights = hours(peace)
    rows = []
    for i, a in enumerate(postures):
        for b in postures[i + 1 :]:
            sides = [(windows(p, "x1_all"), windows(p, "hidden_all")) for p in (a, b)]
            found = break_even(sides[0], sides[1], weights)
            rows.append({"a": a, "b": b, "p_exists": found.belief, **found._asdict()})
    return rows


def default_out(name: str) -> Path:
    """A new folder named after scenario and time."""
    return Path(f"{name}-{datetime.now():%Y%m%d-%H%M%S}")


def finite(cell: dict[str, Any]) -> dict[str, Any]:
    """A cell of a summary: JSON knows no infinity, so infinite ends are None, and named under `unlimited`."""
    ends = [name for name, value in cell.items() if isinstance(value, float) and math.isinf(value)]
    return {**cell, **dict.fromkeys(ends), "unlimited": ends} if ends else cell


def clean(value: Any) -> Any:
    """Numbers that JSON knows: NaN and infinities become null."""
    if isinstance(value, dict):
        return {k: clean(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [clean(v) for v in value]
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, np.integer):
        return int(value)
    return value
