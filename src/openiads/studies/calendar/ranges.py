"""What each assumption moves within its range, the others as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from openiads.scenario.spec import Scenario
from openiads.studies.calendar.filling import Floats
from openiads.studies.calendar.known import filling
from openiads.studies.calendar.losses import watched
from openiads.studies.calendar.outcome import verification
from openiads.studies.calendar.path import Assumptions, Path
from openiads.studies.calendar.rates import Rates
from openiads.studies.calendar.reckon import losses, ready_share, spells
from openiads.studies.calendar.source import Need
from openiads.studies.calendar.timeline import Timeline, timeline
from openiads.studies.calendar.watch import Medians

Cell = dict[str, Any]


def ranges(path: Path, line: Timeline, scenario: Scenario, rates: dict[Need, Rates], daily: dict[str, Floats],
           notice: Medians) -> list[Cell]:  # fmt: skip
    """Each assumption with a range of its own, and what it makes of the sums at the end; `daily` as Calendar has it."""
    out = []
    for name, proof in sorted(path.assumptions.evidence.items()):
        if proof.low == proof.high:
            continue
        whole = isinstance(getattr(path.assumptions, name), int)
        ends = [round(x) if whole else x for x in (proof.low, proof.high)]
        said = [dict(_moved(name, _with(path, name, x), line, scenario, rates, daily, notice)) for x in ends]
        out += [
            {"assumption": name, "value": getattr(path.assumptions, name), "low": ends[0], "high": ends[1],
             "metric": metric, "from": said[0][metric], "to": said[1][metric]}
            for metric in said[0]
        ]  # fmt: skip
    return out


def _with(path: Path, name: str, value: float) -> Path:
    return path.model_copy(update={"assumptions": path.assumptions.model_copy(update={name: value})})


def _moved(name: str, path: Path, line: Timeline, scenario: Scenario, rates: dict[Need, Rates], daily: dict[str, Floats],
           notice: Medians) -> Iterator[tuple[str, float]]:  # fmt: skip
    """What an assumption goes into, at the end of a path that has it."""
    assumed: Assumptions = path.assumptions
    if name == "dwells":
        every = spells(line, rates)
        for key in sorted({key for r in rates.values() for key in r.counts}):
            found = filling(every, key, assumed.dwells, errors=False)
            if found.shown:
                yield f"C3.{key}", float(found.share[-1])
    elif name in ("interval", "visit"):
        for row in verification(line, assumed):
            if row["inspections"] or row["monitor"]:
                yield f"I1 from {row['since']}", row["random_and_afar"]
    elif name == "warning":
        yield "defended", float(sum(ready_share(scenario, s, assumed.warning) for s in line.states))
    elif name in ("hazard", "allow_list", "baseline", "notice_tail", "notice_tail_share"):
        lost = losses(daily, watched(timeline(path, scenario), assumed, notice))
        yield from ((metric, float(np.mean(x, axis=0)[-1])) for metric, x in lost.items())
