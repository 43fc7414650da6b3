"""What it is worth: time until ready (D5), value of the feed (D6), and money for a change of D1 and D3 (K1)."""

from __future__ import annotations

from typing import Any

from openiads.scenario.spec import Scenario
from openiads.studies.calendar.path import Path
from openiads.studies.calendar.timeline import Timeline

Cell = dict[str, Any]
_FEED = ("D1", "D2", "D3")


def time_to_ready(scenario: Scenario, postures: list[str]) -> list[Cell]:
    """D5: hours from the order to the first emission in each posture, with the range and the source that it states."""
    out = []
    for name in postures:
        posture = scenario.postures[name]
        own = posture.ready is not None
        state = str(posture.readiness).replace("-", "_")
        proof = posture.evidence.get("ready") if own else scenario.readiness.evidence.get(state)
        value = scenario.ready(posture)
        out.append({
            "posture": name, "state": "its own" if own else posture.readiness, "estimate": value / 3600.0,
            "low": (proof.low if proof else value) / 3600.0, "high": (proof.high if proof else value) / 3600.0,
            "source": proof.source if proof else "scenario", "grade": proof.grade if proof else "assumption",
        })  # fmt: skip
    return out


def value_of_feed(summary: dict[str, Any] | None, postures: list[str], warning: float) -> list[Cell]:
    """D6: paired differences of area, warning and leakers to the baseline, from a study with raids; none without one."""
    found = []
    for metric in _FEED:
        name = _metric(summary, metric, warning)
        cells = summary["metrics"][name]["postures"] if summary and name else {}
        for posture in postures:
            change = cells.get(posture, {}).get("difference")
            if change and name and summary:
                found.append({"metric": name, "posture": posture, "baseline": summary["baseline"],
                              "unit": summary["metrics"][name]["unit"], **{k: change[k] for k in ("estimate", "low", "high")}})  # fmt: skip
    return found


def money(path: Path, line: Timeline, summary: dict[str, Any] | None) -> Cell:
    """K1: what the path costs beside what is sunk, and that over the change of D1 and D3 from its first to its last posture."""
    items = [{"usd": s.cost_usd, "what": s.text, "source": s.source, "grade": s.grade} for d, s in line.steps
             if s.cost_usd and line.start <= d <= line.day(line.days - 1)]  # fmt: skip
    items += [{"usd": h.event.cost_usd, "what": h.event.title, "source": h.event.source, "grade": h.event.grade}
              for h in line.happenings if h.event.cost_usd]  # fmt: skip
    further = sum(float(i["usd"]) for i in items)
    first, last = line.states[0].posture, line.states[-1].posture
    per: dict[str, Cell] = {}
    for metric, sign, unit in (("D1", 1.0, "per km2"), ("D3", -1.0, "per leaker avoided")):
        per[metric] = {
            "unit": unit,
            "from": first,
            "to": last,
            **_per(further, metric, sign, summary, path, first, last),
        }
    return {"sunk_usd": path.sunk_usd, "further_usd": further, "items": items, "per": per}


def _per(
    cost: float, metric: str, sign: float, summary: dict[str, Any] | None, path: Path, first: str, last: str
) -> Cell:
    """Cost over a change, or why it is not defined."""
    name = _metric(summary, metric, path.assumptions.warning)
    if first == last:
        return {"estimate": None, "reason": "the path begins and ends in the same posture"}
    if not cost:
        return {"estimate": None, "reason": "the path states no further cost"}
    if summary is None or name is None:
        return {"estimate": None, "reason": f"the rates come from no study with raids, which gives {metric}"}
    cells = summary["metrics"][name]["postures"]
    missing = [p for p in (first, last) if p not in cells or cells[p]["estimate"] is None]
    if missing:
        return {"estimate": None, "reason": f"the study has no {name} of {', '.join(missing)}"}
    change = sign * (cells[last]["estimate"] - cells[first]["estimate"])
    if change <= 0.0:
        return {"estimate": None, "change": change, "metric": name, "reason": f"{name} is no better at the end"}
    return {"estimate": cost / change, "change": change, "metric": name, "reason": None}


def _metric(summary: dict[str, Any] | None, metric: str, warning: float) -> str | None:
    """The metric of a study for a strategic warning (s): D1 without, D1.24h with a day of it; else the plain one."""
    for name in (f"{metric}.{warning / 3600.0:g}h", metric):
        if summary and name in summary["metrics"]:
            return name
    return None
