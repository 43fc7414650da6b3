"""Robustness from end to end: draw the box, run a small study at every draw, and say how far the comparison holds."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from openiads.errors import UsageError
from openiads.record import new_folder, relation
from openiads.scenario import words
from openiads.scenario.box import Input, box, draw, drawn
from openiads.scenario.spec import Scenario
from openiads.studies.digest import digest
from openiads.studies.metrics import Metric, Tables, metrics
from openiads.studies.replicate import Design, Progress, columns, replicate_each
from openiads.studies.report.figures import chosen
from openiads.studies.robustness.drivers import LEAST
from openiads.studies.robustness.summary import summarise
from openiads.studies.study import break_evens, plan, sizes, threads, write_results

# Draws; raids; draws that share the strata of a day. A demo has as few draws as drivers need, at each of which every other
# stratum is lived; a full one decides differences.
PRESETS: dict[str, tuple[int, ...]] = {"demo": (LEAST, 2, 2), "full": (128, 5, 1)}
MOST = 10_000  # draws


@dataclass(frozen=True)
class Robustness:
    """Results over the box: the summary, and tables `inputs` (a row a draw), `values` (a row a draw and posture),
    `decided` (a row a draw, metric and pair of which one is decidedly better) and `beliefs` (break-evens)."""

    scenario: Scenario
    summary: dict[str, Any]
    tables: Tables

    def relation(self, table: str) -> Any:
        """One table as a DuckDB relation."""
        return relation(self.tables[table])

    def save(self, out: str | Path) -> None:
        """summary.json, report.html and results/*.parquet in a new folder, all or nothing."""
        from openiads.studies.robustness.report import render

        with new_folder(Path(out)) as folder:
            write_results(folder, self.summary, self.tables)
            render(self.summary, self.scenario, folder / "report.html")


def robustness(scenario: Scenario, *, preset: str | None = None, draws: int | None = None, vary: list[str] | None = None,
               fixed: Collection[str] = (), compared: list[str] | None = None, replications: int | None = None,
               postures: list[str] | None = None, vignettes: list[str] | None = None, baseline: str | None = None,
               seed: int = 1, workers: int | None = None,
               progress: Progress | None = None) -> Robustness:  # fmt: skip
    """A study of all postures at each of `draws` points of the parameter box, each with luck of its own.

    `vary`: patterns of inputs; `fixed`: keys that were set by hand; `compared`: metrics in which postures are compared.
    """
    count, raids, share = sizes(PRESETS, preset)
    count = count if draws is None else draws
    raids = raids if replications is None else replications
    if not 2 <= count <= MOST:
        raise UsageError(f"draws = {count}: 2 to {MOST:,} are accepted")
    design, base = plan(scenario, raids, 1, postures, vignettes, baseline, seed)
    lines = {m.id: m for m in metrics(scenario, design.vignettes)}
    if len(design.postures) < 2:
        raise UsageError(
            f"postures = {base}: there is nothing to compare it with; name another beside it, or run openiads study"
        )
    names = _compared(lines, compared)
    inputs = box(scenario, vary, design.postures, fixed)
    if not inputs:
        raise UsageError(
            f"scenario '{scenario.name}' states no range: write {{ value = …, low = …, high = …, … }}, "
            "or name a modifier, as --vary site"
        )
    values = draw(inputs, count, seed)
    points = [drawn(scenario, inputs, v, f"draw {i}") for i, v in enumerate(values)]
    designs = [replace(design, scenario=s, seed=luck(seed, i), turn=(i % share, share)) for i, s in enumerate(points)]
    rows: dict[str, list[Any]] = {"inputs": [], "values": [], "decided": [], "beliefs": []}
    overflow = 0
    for i, tables in _lived(designs, threads(workers), progress):
        lost = float(sum(tables[name]["overflow"].sum() for name in ("raid", "peace") if name in tables))
        about_it = {"draw": float(i), "seed": float(designs[i].seed), "overflow": lost}
        rows["inputs"].append({**about_it, **_typed(inputs, values[i])})
        rows["values"] += list(_values(i, designs[i], lines, tables))
        rows["decided"] += list(_decided(i, designs[i], [lines[n] for n in names], tables))
        rows["beliefs"] += list(_beliefs(i, designs[i], tables))
        overflow += int(lost)
    tables = {name: columns(table) for name, table in rows.items() if table}
    about = {
        "preset": preset or "demo", "seed": seed,
        "draws": len(rows["inputs"]), "planned": count, "complete": len(rows["inputs"]) == count, "overflow": overflow,
        "digest": digest(tables),
    }  # fmt: skip
    return Robustness(scenario, summarise(designs[0], base, inputs, list(lines.values()), names, tables, about), tables)


def luck(seed: int, i: int) -> int:
    """The seed of the study at draw i: other raids and sites than at every other draw."""
    return int.from_bytes(hashlib.sha256(f"draw {i} of seed {seed}".encode()).digest()[:4], "little")


def _compared(lines: dict[str, Metric], names: list[str] | None) -> list[str]:
    """The metrics in which postures are compared: those asked for, or one or two for each question."""
    if names is None:
        return list(dict.fromkeys(name for name, _ in chosen(lines)))
    for name in names:
        if name not in lines:
            raise UsageError(words.unknown("metric", name, lines))
        if lines[name].better is None:
            raise UsageError(f"metric '{name}' has no better direction; compare in others")
    return list(dict.fromkeys(names))


def _lived(designs: list[Design], workers: int, progress: Progress | None) -> Iterator[tuple[int, Tables]]:
    """Draws that are whole, in order; an interrupt ends them, one before the first draw is whole goes on."""
    for i, results in enumerate(replicate_each(designs, workers, progress)):
        if not results.complete:
            if i == 0:
                raise KeyboardInterrupt
            return
        yield i, {name: columns(rows) for name, rows in results.tables.items() if rows}


def _typed(inputs: list[Input], values: dict[str, str]) -> dict[str, float | str]:
    return {x.name: values[x.name] if x.scale == "choice" else float(values[x.name]) for x in inputs}


def _values(i: int, design: Design, lines: dict[str, Metric], tables: Tables) -> Iterator[dict[str, float | str]]:
    """Every metric in every posture at one draw; NaN where undefined, infinite where nothing bounds it."""
    for posture in design.postures:
        row: dict[str, float | str] = {"draw": float(i), "posture": posture}
        for name, metric in lines.items():
            found = metric.estimate(design.scenario, tables, posture).estimate
            row[name] = np.nan if found is None else found
        yield row


def _decided(i: int, design: Design, compared: list[Metric], tables: Tables) -> Iterator[dict[str, float | str]]:
    """Pairs of which the paired interval says that one is better, at one draw."""
    for metric in compared:
        sign = 1.0 if metric.better == "high" else -1.0
        for k, a in enumerate(design.postures):
            for b in design.postures[k + 1 :]:
                low, high = _limits(metric, design, tables, a, b)
                if sign * low > 0.0 < sign * high:
                    yield {"draw": float(i), "metric": metric.id, "better": a, "worse": b}
                elif sign * low < 0.0 > sign * high:
                    yield {"draw": float(i), "metric": metric.id, "better": b, "worse": a}


def _limits(metric: Metric, design: Design, tables: Tables, a: str, b: str) -> tuple[float, float]:
    """The interval of a - b: of paired replications, or the difference itself where it is exact; NaN, 0 without one.

    What is undefined in one of the two has no difference; two values without limit are equal.
    """
    if metric.how == "exact":
        x, y = (metric.estimate(design.scenario, tables, p).estimate for p in (a, b))
        gap = math.nan if x is None or y is None else 0.0 if x == y else x - y
        return gap, gap
    found = metric.difference(tables, a, b)
    if found is None or found.low is None or found.high is None:
        return 0.0, 0.0
    return found.low, found.high


def _beliefs(i: int, design: Design, tables: Tables) -> Iterator[dict[str, float | str]]:
    """Break-even beliefs in the undeclared channel, and where less leaves below and above them, at one draw."""
    for row in break_evens(tables, design.postures):
        names = {"first": row["a"], "second": row["b"], None: ""}
        yield {
            "draw": float(i), "a": row["a"], "b": row["b"], "p": np.nan if row["belief"] is None else row["belief"],
            "less_below": names[row["less_below"]], "less_above": names[row["less_above"]],
        }  # fmt: skip
