"""Pictures of a parameter box as SVG: Pareto shares, ranks, tornadoes."""

from __future__ import annotations

import math
from typing import Any

from openiads.studies.report.figures import STYLE, chosen, svg

_INK, _BAND, _DIM, _LOW = "#1d2329", "#2f6db3", "#8a949d", "#c77b30"
_INPUTS = 6  # of a tornado
_LONGEST = 44  # characters of an input's name


def pictures(summary: dict[str, Any]) -> dict[str, str]:
    """SVG by name."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    plt.rcParams.update(STYLE)
    with plt.rc_context({"text.parse_math": False}):
        return {
            "pareto": svg(plt, pareto(plt, summary)),
            "ranks": svg(plt, rank_bars(plt, summary)),
            "tornado": svg(plt, tornado(plt, summary)),
        }


def titles(summary: dict[str, Any]) -> dict[str, str]:
    """A short title for each metric that is compared."""
    short = dict(chosen(summary["metrics"]))
    return {name: short.get(name, summary["metrics"][name]["title"]) for name in summary["compared"]}


def pareto(plt: Any, summary: dict[str, Any]) -> Any:
    """Bars of the share of draws in which each posture is non-dominated; the black mark counts decided differences only."""
    names = summary["postures"]
    figure, axis = plt.subplots(figsize=(8.5, 0.7 + 0.36 * len(names)))
    for i, name in enumerate(names):
        row = summary["pareto"][name]
        share, sure = row["share"], row["decided"]
        axis.barh(i, 100 * share["estimate"], height=0.6, color=_BAND, alpha=0.75)
        axis.plot([100 * share["low"], 100 * share["high"]], [i, i], color=_INK, lw=1.2)
        if sure is not None:
            axis.plot([100 * sure["low"], 100 * sure["high"]], [i + 0.22, i + 0.22], color=_LOW, lw=1.2)
            axis.plot(100 * sure["estimate"], i + 0.22, "D", color=_LOW, ms=4.5)
    axis.set_yticks(range(len(names)), names)
    axis.invert_yaxis()
    axis.set_xlim(-1, 101)
    axis.set_xlabel("% of draws in which no other posture is at least as good in all that is compared; weights are yours, none is the winner",
                    fontsize=8)  # fmt: skip
    axis.grid(axis="x", color="#e3e7ea", lw=0.6)
    axis.set_axisbelow(True)
    return figure


def rank_bars(plt: Any, summary: dict[str, Any]) -> Any:
    """Per metric the shares of draws in which a posture has each rank: dark is first."""
    names, shown = summary["postures"], titles(summary)
    columns = min(4, len(shown))
    rows = math.ceil(len(shown) / columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(13, rows * (0.9 + 0.26 * len(names))), sharey=True, squeeze=False
    )
    shades = plt.get_cmap("Blues_r")
    for axis, (metric, title) in zip(axes.flat, shown.items(), strict=False):
        for i, name in enumerate(names):
            left = 0.0
            for r, share in enumerate(summary["ranks"][metric][name]):
                axis.barh(
                    i, 100 * share, left=left, height=0.72, color=shades(0.08 + 0.84 * r / max(1, len(names) - 1)), lw=0
                )
                left += 100 * share
            if left < 99.99:
                axis.barh(i, 100.0 - left, left=left, height=0.72, fill=False, hatch="////", edgecolor="#c3cbd2", lw=0)
        axis.set_title(f"{metric}: {title}", fontsize=9, loc="left")
        axis.set_yticks(range(len(names)), names)
        axis.set_xlim(0, 100)
    axes.flat[0].invert_yaxis()
    for axis in axes.flat[len(shown) :]:
        axis.set_visible(False)
    figure.supxlabel("% of draws; dark: rank 1, light: last; equal values share a rank; hatched: undefined", fontsize=9)
    figure.tight_layout()
    return figure


def tornado(plt: Any, summary: dict[str, Any]) -> Any:
    """Per metric, for the posture whose difference varies most, the mean difference at the two ends of its first inputs."""
    panels = [(m, p) for m in summary["compared"] if (p := widest(summary, m)) is not None]
    if not panels:
        return None
    columns = min(2, len(panels))
    rows = math.ceil(len(panels) / columns)
    figure, axes = plt.subplots(rows, columns, figsize=(13, rows * (0.75 + 0.27 * _INPUTS)), squeeze=False)
    for axis, (metric, posture) in zip(axes.flat, panels, strict=False):
        _bars(axis, summary, metric, posture)
    for axis in axes.flat[len(panels) :]:
        axis.set_visible(False)
    figure.tight_layout()
    return figure


def widest(summary: dict[str, Any], metric: str) -> str | None:
    """The posture with drivers whose difference to the baseline has the widest range over the draws."""
    cells = summary["metrics"][metric]["postures"]
    changes = {p: cells[p]["difference"] for p, row in summary["drivers"][metric].items() if row["reason"] is None}
    width = {p: d["high"] - d["low"] for p, d in changes.items() if d["high"] is not None and d["low"] is not None}
    return max(width, key=lambda p: width[p]) if width else None


def _bars(axis: Any, summary: dict[str, Any], metric: str, posture: str) -> None:
    row = summary["drivers"][metric][posture]
    middle = summary["metrics"][metric]["postures"][posture]["difference"]["estimate"]
    found = row["found"][:_INPUTS]
    for i, d in enumerate(found):
        first, last = d["mean"]
        strength = 0.85 if d["share"] > row["level"] else 0.25
        axis.barh(i, first - middle, left=middle, height=0.66, color=_LOW, alpha=strength)
        axis.barh(i, last - middle, left=middle, height=0.66, color=_BAND, alpha=strength)
        for value, text, other in ((first, d["at"][0], last), (last, d["at"][1], first)):
            left = value < other or (value == other and value < middle)
            inner = (value < middle) != left  # both ends lie on one side: this one is under the other's bar
            if not inner:
                axis.annotate(text, (value, i), xytext=(-3 if left else 3, 0), textcoords="offset points", fontsize=6.5,
                              va="center", ha="right" if left else "left", color=_DIM)  # fmt: skip
    axis.axvline(middle, color=_INK, lw=0.8)
    axis.set_yticks(range(len(found)), [f"{_short(d['input'])}  {d['share']:.2f}" for d in found], fontsize=7.5)
    axis.invert_yaxis()
    axis.margins(x=0.36)  # room for the ends of the ranges
    unit = summary["metrics"][metric]["unit"]
    axis.set_title(
        f"{metric}: {posture} less {summary['baseline']}{f' [{unit}]' if unit else ''}", fontsize=9, loc="left"
    )
    axis.set_xlabel(
        f"mean difference{f', {unit}' if unit else ''}; line: its median; number: share of the variance", fontsize=7.5
    )


def _short(name: str) -> str:
    """An input's name without the folder of its table, cut at the front if it is still long."""
    name = name.removeprefix("library.")
    return name if len(name) <= _LONGEST else "…" + name[-_LONGEST:]
