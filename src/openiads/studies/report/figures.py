"""The report's pictures as SVG: intervals by posture, protection against exposure, and the map of the laydown."""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Container
from importlib.resources import files
from typing import Any

from openiads.scenario.spec import Scenario
from openiads.studies.by_posture import BY_POSTURE
from openiads.studies.statistics import FROM_BOUNDS
from openiads.studies.table import without

_INK, _BAND, _DIM = "#1d2329", "#2f6db3", "#8a949d"
PANELS = (
    ("D1.24h", "D1", "area defended at 100 m"), ("D3.24h", "D3", "leakers, longest warning"), ("D3", "", "leakers, no warning"),
    ("F1.24h", "F1", "friends lost per 1,000 transits"), ("C1.hours", "", "friendly track-hours held a day"),
    ("X1.held", "", "held for the next visit"), ("X1.sent", "", "sent over declared links"),
    ("X2", "", "through the undeclared channel, if it exists"),
)  # fmt: skip


STYLE: Any = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "openiads",
                         "svg.fonttype": "none", "font.family": "sans-serif"}  # fmt: skip


def figures(summary: dict[str, Any], scenario: Scenario) -> dict[str, str]:
    """SVG by name; pictures whose metrics are not there are left out."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    plt.rcParams.update(STYLE)
    with plt.rc_context({"text.parse_math": False}):  # titles are the user's: a dollar is a dollar
        made = {
            "intervals": svg(plt, intervals(plt, summary)),
            "tradeoff": _tradeoff(plt, summary),
            "map": _map(plt, scenario),
        }
    return {name: svg for name, svg in made.items() if svg}


def svg(plt: Any, figure: Any) -> str:
    """A figure as the text of an SVG, without what changes from run to run; empty for none."""
    if figure is None:
        return ""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None}, bbox_inches="tight")
    plt.close(figure)
    text = out.getvalue()
    return re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.S)


def chosen(metrics: Container[str]) -> list[tuple[str, str]]:
    """The metrics of the panels that there are, with their short titles."""
    found = []
    for name, other, title in PANELS:
        metric = name if name in metrics else other
        if metric in metrics:
            found.append((metric, title))
    return found


def intervals(plt: Any, summary: dict[str, Any]) -> Any:
    """A figure of one panel a metric, one line a posture: estimate and 95 % interval; None without a metric."""
    panels = chosen(summary["metrics"])
    if not panels:
        return None
    postures = list(summary["metrics"][panels[0][0]]["postures"])
    columns = 4
    rows = math.ceil(len(panels) / columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(13, rows * (0.9 + 0.26 * len(postures))), sharey=True, squeeze=False
    )
    for axis, (metric, title) in zip(axes.flat, panels, strict=False):
        cells = summary["metrics"][metric]["postures"]
        for i, posture in enumerate(postures):
            c = cells[posture]
            colour = _INK if posture == summary["baseline"] else _BAND
            if c["estimate"] is None:
                axis.text(
                    0.02, i, without(c), color=_DIM, va="center", fontsize=7, transform=axis.get_yaxis_transform()
                )
                continue
            if c["low"] is not None and c["high"] is not None:
                style: Any = (0, (1.0, 1.5)) if FROM_BOUNDS in (c["reason"] or "") else "solid"
                axis.plot(
                    [c["low"], c["high"]], [i, i], color=colour, lw=2.2, ls=style, solid_capstyle="butt", alpha=0.55
                )
            inside = "white" if c.get("kind") == BY_POSTURE else colour
            axis.plot(c["estimate"], i, "o", color=colour, mfc=inside, ms=4.5, zorder=3)
        unit = summary["metrics"][metric]["unit"]
        axis.set_title(f"{metric}  {title}", fontsize=8.5, loc="left")
        axis.set_xlabel(unit, fontsize=8)
        axis.set_yticks(range(len(postures)), postures)
        axis.set_ylim(len(postures) - 0.5, -0.5)
        axis.set_xlim(left=0.0)
        axis.grid(axis="x", color="#e3e7ea", lw=0.6)
    for axis in list(axes.flat)[len(panels) :]:
        axis.set_visible(False)
    figure.tight_layout()
    return figure


def _tradeoff(plt: Any, summary: dict[str, Any]) -> str:
    """Protection (fewer leakers) against exposure (track-hours held): no posture is called the best."""
    metrics = summary["metrics"]
    if "D3" not in metrics or "C1.hours" not in metrics:
        return ""
    figure, axis = plt.subplots(figsize=(8, 4.4))
    spots: dict[str, tuple[float, float]] = {}
    for posture in metrics["D3"]["postures"]:
        d, c = metrics["D3"]["postures"][posture], metrics["C1.hours"]["postures"][posture]
        if d["estimate"] is None or c["estimate"] is None:
            continue
        x, y = c["estimate"], d["estimate"]
        for cell, points in (
            (c, lambda v, y=y: ([v["low"], v["high"]], [y, y])),
            (d, lambda v, x=x: ([x, x], [v["low"], v["high"]])),
        ):
            if cell["low"] is not None and cell["high"] is not None:
                axis.plot(*points(cell), color=_BAND, alpha=0.35, lw=1.2)
        axis.plot(x, y, "o", color=_INK if posture == summary["baseline"] else _BAND, ms=5)
        spots[posture] = (x, y)
    for names, (x, y), left in _labels(spots):
        axis.annotate("\n".join(names), (x, y), xytext=(-6 if left else 6, 4), textcoords="offset points", fontsize=8,
                      ha="right" if left else "left", va="bottom")  # fmt: skip
    axis.margins(y=0.15)
    axis.set_xlabel("friendly and civil track-hours held a day (C1.hours): less is better")
    axis.set_ylabel("leakers without warning (D3): less is better")
    axis.grid(color="#e3e7ea", lw=0.6)
    return svg(plt, figure)


def _labels(spots: dict[str, tuple[float, float]]) -> list[tuple[list[str], tuple[float, float], bool]]:
    """Names that would lie on each other put together: names, where, and whether to write to the left."""
    if not spots:
        return []
    xs, ys = zip(*spots.values(), strict=True)
    wide, high = max(xs) - min(xs) or 1.0, max(ys) - min(ys) or 1.0
    groups: list[tuple[list[str], tuple[float, float]]] = []
    for name, (x, y) in spots.items():
        near = [names for names, (u, v) in groups if abs(x - u) < 0.12 * wide and abs(y - v) < 0.15 * high]
        if near:
            near[0].append(name)
        else:
            groups.append(([name], (x, y)))
    return [(names, (x, y), x - min(xs) > 0.6 * wide) for names, (x, y) in groups]


def _map(plt: Any, scenario: Scenario) -> str:
    """Coastline, borders, the region of the system, radars, nodes and what is defended."""
    land = json.loads(files("openiads").joinpath("library/map/coast_borders.geojson").read_text(encoding="utf-8"))
    assets = [  # a part of the defence is drawn as what it is
        (a.title, math.degrees(a.longitude), math.degrees(a.latitude))
        for a in scenario.assets
        if a.longitude is not None and a.latitude is not None
    ]
    places = [(x, y) for _, x, y in assets]
    fixed = [r for r in scenario.radars if r.at == "place" and r.aboard is None]
    places += [(math.degrees(r.longitude), math.degrees(r.latitude)) for r in fixed]
    site = scenario.sites[scenario.modifiers.site]
    centre = (math.degrees(site.longitude), math.degrees(site.latitude))
    places.append(centre)
    x0, x1 = min(p[0] for p in places) - 1.5, max(p[0] for p in places) + 1.5
    y0, y1 = min(p[1] for p in places) - 1.2, max(p[1] for p in places) + 1.2
    figure, axis = plt.subplots(figsize=(10, 10 * (y1 - y0) / (x1 - x0) / math.cos(math.radians(centre[1])) + 0.6))
    for feature in land["features"]:
        coast = feature["properties"]["kind"] == "coast"
        for line in feature["geometry"]["coordinates"]:
            axis.plot(
                *zip(*line, strict=True), color="#7b8790", lw=0.9 if coast else 0.6, ls="-" if coast else (0, (4, 3))
            )
    turn = [2 * math.pi * i / 72 for i in range(73)]
    degrees = site.radius / 111_195.0
    for name, region in scenario.sites.items():
        here = name == scenario.modifiers.site
        size = region.radius / 111_195.0 if not here else degrees
        x, y = math.degrees(region.longitude), math.degrees(region.latitude)
        axis.fill([x + size * math.sin(a) / math.cos(region.latitude) for a in turn], [y + size * math.cos(a) for a in turn],
                  color=_BAND if here else "#c9d3db", alpha=0.5 if here else 0.6, lw=0)  # fmt: skip
        axis.annotate(
            region.title, (x, y - size - 0.12), ha="center", va="top", fontsize=8, color=_BAND if here else _DIM
        )
    axis.plot(
        [math.degrees(r.longitude) for r in fixed],
        [math.degrees(r.latitude) for r in fixed],
        "^",
        color=_INK,
        ms=6,
        label="radar (notional)",
    )
    axis.plot(
        [x for _, x, _ in assets],
        [y for _, _, y in assets],
        "s",
        color="#a06a00",
        ms=5,
        label="defended (notional)",
    )
    for title, x, y in assets:
        axis.annotate(
            title,
            (x, y),
            xytext=(5, 3),
            textcoords="offset points",
            fontsize=7.5,
            color="#7a5200",
        )
    axis.set_xlim(x0, x1)
    axis.set_ylim(y0, y1)
    axis.set_aspect(1.0 / math.cos(math.radians(centre[1])))
    axis.set_xlabel("° E")
    axis.set_ylabel("° N")
    axis.legend(loc="lower left", fontsize=8, frameon=True)
    return svg(plt, figure)
