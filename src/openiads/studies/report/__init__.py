"""report.html: the decision table, plots, map, assumptions and credibility of a study, in one self-contained file."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from openiads import __version__
from openiads.scenario.describe import used_evidence
from openiads.scenario.load import sources
from openiads.scenario.phrasing import in_words
from openiads.scenario.spec import Scenario
from openiads.studies.by_posture import BY_POSTURE
from openiads.studies.report.credibility import CARD, MEANING
from openiads.studies.report.figures import figures
from openiads.studies.table import HEADLINES, number, without

GROUPS = {
    "defends": "What do I defend?",
    "endangers": "Whom do I endanger?",
    "picture": "How good is the picture?",
    "learns": "What does it learn about friends?",
    "leaves": "What leaves?",
}


def render(summary: dict[str, Any], tables: dict[str, dict[str, np.ndarray]], scenario: Scenario, path: Path) -> None:
    """Write the report of a study; no network, no scripts."""
    from jinja2 import Environment

    folder = files("openiads.studies.report")
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["number"] = number
    template = environment.from_string(folder.joinpath("report.html.j2").read_text(encoding="utf-8"))
    text = template.render(
        s=summary, scenario=scenario, version=__version__, groups=groups(summary), postures=_postures(summary),
        style=folder.joinpath("report.css").read_text(encoding="utf-8"), figures=figures(summary, scenario),
        assumed=_assumed(scenario), sources=sources(), card=CARD, meaning=MEANING, cell=table_cell, sampling=_sampling(summary),
        sides=_sides(summary["compromise_sides"]),
    )  # fmt: skip
    path.write_text(text, encoding="utf-8")


def _postures(summary: dict[str, Any]) -> list[str]:
    return list(next(iter(summary["metrics"].values()))["postures"])


def groups(summary: dict[str, Any]) -> list[tuple[str, list[tuple[str, dict[str, Any]]]]]:
    """Metrics by the question they answer, in the order of the table."""
    out = []
    for key, title in GROUPS.items():
        rows = [(name, m) for name, m in summary["metrics"].items() if m["group"] == key]
        if rows:
            out.append((title, rows))
    return out


def table_cell(entry: dict[str, Any], better: str | None) -> dict[str, str]:
    """Text, difference and shade of one cell; shaded only where the difference to the baseline is decided."""
    if entry["estimate"] is None:
        return {"value": without(entry), "more": str(entry["reason"] or ""), "shade": "none"}
    value = number(entry["estimate"])
    ruled = entry.get("kind") == BY_POSTURE
    if ruled:
        value += f" {BY_POSTURE}"
    elif entry["low"] is not None and entry["high"] is not None and entry["low"] != entry["high"]:
        value += f" [{number(entry['low'])}, {number(entry['high'])}]"
    change = entry.get("difference")
    more, shade = "", ""
    if change and change["estimate"] is not None:
        more = f"{change['estimate']:+.3g}"
        if change["low"] is not None and change["high"] is not None:
            more += f" [{change['low']:+.3g}, {change['high']:+.3g}]"
            if change["low"] > 0.0 or change["high"] < 0.0:
                up = change["low"] > 0.0
                shade = "" if better is None else ("good" if up == (better == "high") else "bad")
        if change.get("variance_ratio"):
            more += f", variance ratio {number(change['variance_ratio'])}"
        if change.get("needed"):
            more += f", about {change['needed']:,} would decide"
        elif change.get("reason"):
            more += f" ({change['reason']})"
    if entry["reason"] and (ruled or not more):
        why = str(entry["reason"]).removeprefix(f"{BY_POSTURE}: ")
        more = f"{why}; {more}" if more else why
    return {"value": value, "more": more, "shade": shade}


def _sides(found: list[dict[str, Any]]) -> dict[str, Any]:
    """How many pairs of postures some belief in a compromise turns round, and which of the headline metrics."""
    turned = [row for row in found if row["belief"] is not None]
    return {"every": len(found), "changes": len(turned), "rows": [row for row in turned if row["metric"] in HEADLINES]}


def _sampling(summary: dict[str, Any]) -> str:
    """What the size of the study does to its intervals."""
    raids, windows = summary["replications"], summary["windows"]
    few = (
        "; a quick look: most intervals are wide, and what is undecided here may be decided by --preset full"
        if raids < 50
        else ""
    )
    width = "" if raids < 2 else f" An interval shrinks with the square root: four times {raids} raids would halve it."
    return f"{raids} raids and {windows} windows of peace in each posture, all postures on the same draws{few}.{width}"


def _assumed(scenario: Scenario) -> list[tuple[str, str, str, str, str, str]]:
    """Where, field, value, range, source and grade, note of every number in use that states its evidence."""
    rows = []
    for where, model, field, proof in used_evidence(scenario):
        if np.isnan(proof.value):
            value, span = "class", ""
        else:
            value = in_words(model, field, proof.value)
            span = (
                f"{in_words(model, field, proof.low)} to {in_words(model, field, proof.high)}"
                if proof.low < proof.high
                else ""
            )
        rows.append((where, field, value, span, f"{proof.source} ({proof.grade})", proof.note))
    return rows
