"""report.html of a parameter box: shares, ranks, regrets, drivers, the box itself; one self-contained file."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from openiads import __version__
from openiads.scenario.load import sources
from openiads.scenario.spec import Scenario
from openiads.studies.report import groups, table_cell
from openiads.studies.robustness.pictures import pictures, titles
from openiads.studies.robustness.words import decision_parts, driver_lines, how, percent
from openiads.studies.table import number, without


def render(summary: dict[str, Any], scenario: Scenario, path: Path) -> None:
    """Write the report; no network, no scripts."""
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"number": number, "percent": percent}
    text = files("openiads.studies.robustness").joinpath("report.html.j2").read_text(encoding="utf-8")
    style = files("openiads.studies.report").joinpath("report.css").read_text(encoding="utf-8")
    page = environment.from_string(text).render(
        s=summary, scenario=scenario, style=style, version=__version__, how=how(summary), pictures=pictures(summary),
        titles=titles(summary), driven=[x.strip() for x in driver_lines(summary)], groups=groups(summary), cell=table_cell,
        span=_span, sources=sources(), beliefs=[b for b in summary["beliefs"] if b["changes"]["estimate"] > 0.0],
        decisions=list(decision_parts(summary)), without=without,
    )  # fmt: skip
    path.write_text(page, encoding="utf-8")


def _span(x: dict[str, Any]) -> str:
    """The range or the choices of an input."""
    if x["scale"] == "choice":
        return ", ".join(x["choices"])
    return f"{x['low']:.5g} to {x['high']:.5g}"
