"""What it is worth: time until ready (D5), value of the feed (D6), and money for a change of D1 and D3 (K1)."""

from __future__ import annotations

from typing import Any

from openiads.scenario.spec import Scenario
from openiads.studies.calendar.path import Path
from openiads.studies.calendar.timeline import Timeline, Variant
from openiads.studies.compare import Difference
from openiads.studies.metrics import metrics, warnings_of
from openiads.studies.study import Study

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


def value_of_feed(raids: Study | None, postures: list[str], warning: float) -> list[Cell]:
    """D6: paired differences of area, warning and leakers to the baseline, from a study with raids; none without one."""
    found = []
    summary = raids.summary if raids else None
    for metric in _FEED:
        name = _metric(raids, metric, warning)
        cells = summary["metrics"].get(name, {}).get("postures", {}) if summary else {}
        for posture in postures:
            change = cells.get(posture, {}).get("difference")
            if change and summary:
                found.append({"metric": name, "posture": posture, "baseline": summary["baseline"],
                              "unit": summary["metrics"][name]["unit"], **{k: change[k] for k in ("estimate", "low", "high")}})  # fmt: skip
    return found


def money(path: Path, line: Timeline, raids: Study | None) -> Cell:
    """K1: what the path costs beside what is sunk, and that over the change of D1 and D3 from its first to its last posture."""
    items = [{"usd": s.cost_usd, "what": s.text, "source": s.source, "grade": s.grade} for d, s in line.steps
             if s.cost_usd and line.start <= d <= line.day(line.days - 1)]  # fmt: skip
    items += [{"usd": h.event.cost_usd, "what": h.event.title, "source": h.event.source, "grade": h.event.grade}
              for h in line.happenings if h.event.cost_usd]  # fmt: skip
    further = sum(float(i["usd"]) for i in items)
    first, last = line.states[0].posture, line.states[-1].posture
    per: dict[str, Cell] = {}
    for metric, sign, unit in (("D1", 1.0, "per km2"), ("D3", -1.0, "per leaker avoided")):
        name = _metric(raids, metric, path.assumptions.warning)
        gain, why = _gain(raids, name, first, last, sign)
        cell = _per(further, gain, name) if gain and further else _nothing(why or "the path states no further cost")
        per[metric] = {"unit": unit, "from": first, "to": last, "metric": name, **cell}
    return {"sunk_usd": path.sunk_usd, "further_usd": further, "items": items, "per": per,
            "raids": str(Variant.of(raids.scenario)) if raids else None}  # fmt: skip


def _gain(raids: Study | None, name: str, first: str, last: str, sign: float) -> tuple[Difference | None, str | None]:
    """Paired change for the better from one posture to another, or why there is none."""
    if first == last:
        return None, "the path begins and ends in the same posture"
    if raids is None or name not in raids.summary["metrics"]:
        run = " and ".join(f"{w / 3600.0:g}" for _, w, _ in warnings_of(raids.scenario)) if raids else ""
        return None, f"the rates come from no study with raids, which gives {name}" + (
            f" (run with {run} h of warning)" if run else ""
        )
    lines = {m.id: m for m in metrics(raids.scenario, tuple(raids.scenario.vignettes))}
    lived = set(raids.tables["raid"]["posture"].tolist())
    missing = [p for p in (first, last) if p not in lived]
    change = None if missing else lines[name].difference(raids.tables, last, first)
    if change is None or change.estimate is None:
        return None, f"the study has no {name} of {', '.join(missing or (first, last))}"
    ends = sorted(sign * x for x in (change.low, change.high) if x is not None)
    low, high = ends if len(ends) == 2 else (None, None)
    return change._replace(estimate=sign * change.estimate, low=low, high=high), None


def _per(cost: float, gain: Difference, name: str) -> Cell:
    """Cost over a gain. The cost is one number, so the limits of the ratio are the cost over those of the gain: what a
    gain that may be none costs has no upper end (Fieller 1954)."""
    cell = {
        "change": gain.estimate,
        "change_low": gain.low,
        "change_high": gain.high,
        "needed": gain.needed,
        "n": gain.n,
    }
    if not gain.estimate or gain.estimate < 0.0:
        decided = gain.high is not None and gain.high < 0.0
        return (
            _nothing(f"{name} is {'decidedly worse' if decided else 'no better'} at the end")
            | cell
            | {"decided": decided}
        )
    estimate = cost / gain.estimate
    if gain.low is None or gain.high is None:
        return cell | {"estimate": estimate, "low": None, "high": None, "decided": False, "reason": gain.reason}
    if gain.low > 0.0:
        return cell | {
            "estimate": estimate,
            "low": cost / gain.high,
            "high": cost / gain.low,
            "decided": True,
            "reason": None,
        }
    more = f"; about {gain.needed} replications would decide" if gain.needed else ""
    why = f"not decided: the change of {name} may be none, and its cost has no upper end{more}"
    return cell | {"estimate": estimate, "low": cost / gain.high, "high": None, "decided": False, "reason": why}


def _nothing(reason: str) -> Cell:
    return {"estimate": None, "low": None, "high": None, "decided": False, "reason": reason}


def _metric(raids: Study | None, metric: str, warning: float) -> str:
    """The metric of a study for a strategic warning (s), whether it was run or not: the first warning that was has no suffix."""
    run = warnings_of(raids.scenario) if raids else []
    return metric + next((suffix for suffix, w, _ in run if w == warning), f".{warning / 3600.0:g}h")
