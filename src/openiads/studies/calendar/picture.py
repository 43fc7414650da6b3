"""The calendar as a picture: states and events above, what has been learned and defended by each day below."""

from __future__ import annotations

from datetime import date as Date
from itertools import cycle
from pathlib import Path as File
from textwrap import shorten
from typing import Any

import numpy as np

from openiads.studies.calendar.outcome import LEVELS
from openiads.studies.calendar.reckon import Calendar, crossing, filling_band, interval
from openiads.studies.measure import class_and_band

_COLOURS = {"never": "#c9d1d8", "on-threat": "#9fb7cc", "announced-days": "#e3b35c", "duty-cycle": "#2f6db3"}
_INK, _DIM, _WARM = "#1d2329", "#8a949d", "#c0562b"
_LINES = ("#2f6db3", "#c0562b", "#4f8a4c", "#7a5aa6")


def draw(c: Calendar, out: File, emits: dict[str, str] | None = None) -> None:
    """Write a picture (PNG) of one calendar; `emits` colours postures by how they emit."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    with plt.rc_context(
        {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "text.parse_math": False}
    ):
        figure = plt.figure(figsize=(11, 10), dpi=110, layout="constrained")
        grid = figure.add_gridspec(4, 1, height_ratios=[1.5, 1.6, 0.9, 1.6])
        states = figure.add_subplot(grid[0])
        axes = [states, *(figure.add_subplot(grid[k], sharex=states) for k in (1, 2)), figure.add_subplot(grid[3])]
        _states(axes[0], c, emits or {})
        _exposure(axes[1], c)
        _defended(axes[2], c)
        _filling(axes[3], c)
        figure.suptitle(f"{c.path.title} ({c.path.name})", x=0.01, ha="left", weight="bold")
        _keep_inside(figure, axes)
        figure.savefig(out, metadata={"Software": None})
        plt.close(figure)


def _keep_inside(figure: Any, axes: list[Any]) -> None:
    """Move labels that run past the right end of their axes to the left, so that they end there."""
    labels = [(axis, text) for axis in axes for text in axis.texts if hasattr(text, "xyann")]
    for _, text in labels:
        text.set_in_layout(False)  # else the axes would shrink to make room
    figure.draw_without_rendering()
    for axis, text in labels:
        past = text.get_window_extent().x1 - axis.get_window_extent().x1
        if past > 0.0:
            x, y = text.xyann
            text.xyann = (x - past * 72.0 / figure.dpi, y)


def _when(c: Calendar) -> list[Date]:
    return [c.timeline.day(i) for i in range(c.timeline.days)]


def _states(axis: Any, c: Calendar, emits: dict[str, str]) -> None:
    """A bar for each posture and pattern, and every event with the days between which it may fall."""
    line = c.timeline
    for row, name in enumerate(("posture", "flights", "batches")):
        first = 0
        value = [_label(s, name) for s in line.states]
        for i in range(1, line.days + 1):
            if i < line.days and value[i] == value[first]:
                continue
            colour = (
                _COLOURS[emits.get(line.states[first].posture, "never")]
                if name == "posture"
                else ("#e6eaee", "#f3f5f7")[row % 2]
            )
            axis.barh(-row, i - first, left=line.day(first), height=0.8, color=colour, edgecolor="white")
            if i - first > 0.03 * line.days:
                ink = "white" if colour == _COLOURS["duty-cycle"] else _INK
                axis.text(line.day(first), -row, " " + value[first], va="center", fontsize=8, color=ink, clip_on=True)
            first = i
    places = [h for h in c.timeline.happenings if line.start <= h.latest]
    for k, h in enumerate(places):
        y = -3 - 0.8 * k
        axis.plot([max(h.earliest, line.start), h.latest], [y, y], color=_WARM, lw=2, alpha=0.4, solid_capstyle="butt")
        axis.plot([h.day], [y], "o", color=_WARM, ms=5)
        title = shorten(h.event.title, 110, placeholder=" …")
        axis.annotate(title, (h.day, y), xytext=(6, 6), textcoords="offset points", fontsize=7.5, va="center")
    axis.set_yticks([0, -1, -2], ["posture", "allied flights", "batches"])
    axis.set_ylim(-3.4 - 0.8 * max(0, len(places) - 1), 0.6)
    axis.set_xlim(line.start, line.day(line.days - 1))
    axis.spines["left"].set_visible(False)
    axis.tick_params(left=False)


def _label(state: Any, name: str) -> str:
    if name == "posture":
        return str(state.posture)
    return str(state.variant.pattern if name == "flights" else state.variant.batches)


def _exposure(axis: Any, c: Calendar) -> None:
    """Track-hours held, left, and through the undeclared channel; bands over sites and of the traffic."""
    when = _when(c)
    axis.fill_between(
        when, c.traffic_low, c.traffic_high, color=_DIM, alpha=0.35, lw=0, label="traffic that no figure gives"
    )
    for (name, label), colour in zip((("C1", "held (C1)"), ("X1", "left by links and visits (X1)"),
                                      ("X2", "through the undeclared channel, if it exists (X2)")), _LINES, strict=False):  # fmt: skip
        band = interval(c.series[name])
        if band is not None and c.series[name].any():
            axis.fill_between(when, band[1], band[2], color=colour, alpha=0.15, lw=0)
        axis.plot(when, c.series[name].mean(axis=0), color=colour, label=label)
    axis.set_ylim(0, None)
    axis.set_ylabel("track-hours, sum")
    if not c.series["C1"].any():
        _nothing(axis, "nothing: the system never emits")
        return
    axis.legend(loc="upper left", frameon=False, fontsize=8)


def _nothing(axis: Any, why: str) -> None:
    axis.set_ylim(0, 1)
    axis.set_yticks([])
    axis.text(0.5, 0.5, why, transform=axis.transAxes, ha="center", color=_DIM)


def _filling(axis: Any, c: Calendar) -> None:
    """Share of the aspects shown that are known, against days since the first emission, with the days of 50 and 90 %."""
    first = c.timeline.first(lambda s: s.share > 0.0)
    axis.set_ylim(0, 1.02)
    axis.set_ylabel("share of aspects known (C3)")
    if first is None or not c.filling:
        why = "the system never emits" if first is None else "no aircraft without reflectors comes near"
        _nothing(axis, why)
        axis.set_xticks([])
        return
    since = np.arange(1, c.timeline.days - first + 1)
    for level in LEVELS:
        axis.axhline(level, color=_DIM, lw=0.6, ls="--")
    for (name, f), colour in zip(sorted(c.filling.items()), cycle(_LINES), strict=False):
        band = filling_band(f)
        if band is not None:
            axis.fill_between(since, band[0][first:], band[1][first:], color=colour, alpha=0.15, lw=0)
        days = {level: crossing(f.share, level) for level in LEVELS}
        reached = "".join(f", {level:.0%} on {c.timeline.day(day)}" for level, day in days.items() if day is not None)
        label = f"{' in band '.join(class_and_band(name))}, of {f.shown:.0f} cells{reached}"
        axis.plot(since, f.share[first:], color=colour, lw=1.4, label=label)
        axis.plot(since, f.most[first:], color=colour, ls=":", lw=1.0)
        for level, day in days.items():
            if day is not None:
                axis.plot([day - first + 1], [level], "o", color=colour, ms=5)
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
    axis.set_xlim(0.9, max(2, len(since)))
    axis.set_xlabel(f"days since the first emission, {c.timeline.day(first)}")
    head = "dotted: with all that the windows may have missed"
    axis.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, -0.2),
        ncols=2,
        frameon=False,
        fontsize=8,
        title=head,
        title_fontsize=7.5,
    )


def _defended(axis: Any, c: Calendar) -> None:
    """Days on which the system would have been ready."""
    hours = c.path.assumptions.warning / 3600.0
    if not c.defended.any():
        _nothing(axis, f"never ready within {hours:g} h of warning")
        axis.set_ylabel("days defended")
        return
    axis.plot(_when(c), c.defended, color=_INK)
    axis.set_ylim(0, max(1.0, float(c.defended[-1]) * 1.05))
    axis.set_ylabel("days defended")
    axis.text(0.01, 0.85, f"ready within {hours:g} h of warning", transform=axis.transAxes, fontsize=8, color=_DIM)
