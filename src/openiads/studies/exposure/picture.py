"""A ledger as a picture: who holds how much, which aspects of a class were seen, and how that fills over days."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from openiads.errors import UsageError
from openiads.studies.calendar.known import filling_band
from openiads.studies.exposure.ledger import Ledger
from openiads.studies.exposure.signatures import DAYS, Growth, Signature
from openiads.studies.measure import class_and_band

_OWN, _FED, _INK = "#4477aa", "#ee9955", "#1d2329"
_COLOURS = ("#4477aa", "#cc6677", "#228833", "#aa7744")  # of classes
_UNIT = "looks at 13 dB"


def require_drawable(path: Path) -> None:
    """Refuse a picture of a kind that is not drawn."""
    if path.suffix not in (".png", ".svg"):
        raise UsageError(f"--picture {path}: pictures end in .png or .svg")


def draw(every: list[Ledger], path: Path, kind: str) -> None:
    """One row a posture: bars of the observers, the aspects of each class by whose radars, and their filling."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    seen = sorted({(s.node, s.name) for ledger in every for s in ledger.signatures})
    grown = any(ledger.growths for ledger in every)
    columns, tall = 1 + len(seen) + grown, max(len(ledger.observers) for ledger in every)
    figure, axes = plt.subplots(len(every), columns, figsize=(5.0 * columns, max(3.0, 0.6 + 0.33 * tall) * len(every) + 0.3),
                                squeeze=False, layout="constrained")  # fmt: skip
    widest = max([o.hours.high or o.hours.estimate or 0.0 for ledger in every for o in ledger.observers] + [1e-9])
    looks = np.concatenate([s.whole[s.whole > 0] for ledger in every for s in ledger.signatures] or [np.ones(1)])
    scale = matplotlib.colors.LogNorm(
        10.0 ** np.floor(np.log10(looks.min())), 10.0 ** np.ceil(np.log10(looks.max()) + 1e-9)
    )
    for row, ledger in zip(axes, every, strict=True):
        _observers(row[0], ledger, widest)
        found = {(s.node, s.name): s for s in ledger.signatures}
        for axis, (node, name) in zip(row[1:], seen, strict=False):
            _aspects(axis, found.get((node, name)), f"{name}, seen by {node}", scale)
        if grown:
            _filling(row[-1], ledger.growths)
    if len(seen):
        colours = matplotlib.cm.ScalarMappable(scale, "viridis")
        bar = figure.colorbar(
            colours, ax=axes[:, 1 : 1 + len(seen)], location="bottom", shrink=0.5, aspect=45, pad=0.02
        )
        bar.set_label(f"{_UNIT} {'in a day of peace' if grown else 'in the run'}, by ten-degree cell", fontsize=8)
        bar.ax.tick_params(labelsize=8)
    axes[-1][0].legend(*axes[0][0].get_legend_handles_labels(), fontsize=7, frameon=False, loc="upper left",
                       bbox_to_anchor=(0.0, -0.16), ncols=2)  # fmt: skip
    figure.savefig(path, format=kind, dpi=110, metadata={"Software": None} if kind == "png" else {"Date": None})
    plt.close(figure)


def _observers(axis: Any, ledger: Ledger, widest: float) -> None:
    names = [o.node for o in ledger.observers]
    own = np.array([o.own for o in ledger.observers])
    whole = np.array([o.hours.estimate or 0.0 for o in ledger.observers])
    axis.barh(names, own, color=_OWN, label="seen by the system's own radars")
    axis.barh(names, np.maximum(whole - own, 0.0), left=own, color=_FED, label="by others only")
    for y, o in enumerate(ledger.observers):
        if o.hours.low is not None and o.hours.high is not None:
            axis.plot([o.hours.low, o.hours.high], [y, y], color=_INK, lw=1.2)
        if not whole[y]:
            axis.text(0.01 * widest, y, "nothing", fontsize=7, va="center", color="#6b7280")
    axis.set_xlim(0.0, 1.1 * widest)
    axis.invert_yaxis()
    _plain(axis, f"{ledger.posture}: body-hours held in {ledger.per.split(',')[0]}")


def _aspects(axis: Any, found: Signature | None, what: str, scale: Any) -> None:
    """Looks by azimuth and elevation from which the body was seen, all bands."""
    looks = np.zeros(648) if found is None else found.whole
    grid = np.where(looks > 0, looks, np.nan).reshape(18, 36)
    axis.imshow(grid, origin="lower", extent=(0, 360, -90, 90), aspect="auto", cmap="viridis", norm=scale)
    axis.set_facecolor("#f0f1f3")
    axis.set_xticks([0, 90, 180, 270, 360], ["nose", "right", "tail", "left", "nose"])
    axis.set_yticks([-90, -45, 0, 45, 90], ["below", "−45°", "level", "45°", "above"])
    axis.set_title(f"{what}: {0 if found is None else found.cells['all']} of 648 cells", fontsize=9, loc="left")
    axis.tick_params(labelsize=8)


def _filling(axis: Any, growths: tuple[Growth, ...]) -> None:
    """The filled share with its 95 % band; dotted what windows may have missed as well."""
    for g, colour in zip(growths, _COLOURS * (1 + len(growths)), strict=False):
        band = filling_band(g.filling)
        if band is not None:
            axis.fill_between(DAYS, 100.0 * band[0], 100.0 * band[1], color=colour, alpha=0.2, lw=0)
        axis.plot(DAYS, 100.0 * g.filling.share, "o-", ms=3, color=colour, label=" ".join(class_and_band(g.name)))
        axis.plot(DAYS, 100.0 * g.filling.most, ":", lw=1.2, color=colour)
    axis.set_xscale("log")
    axis.set_xticks(DAYS, [str(d) for d in DAYS])
    axis.set_xticks([], minor=True)
    axis.set_ylim(0.0, 105.0)
    for level in (50, 90):
        axis.axhline(level, color="#b8bec4", lw=0.7, ls="--")
    axis.set_xlabel("days in this posture (dotted: with what windows may miss)", fontsize=8)
    _plain(axis, "% of the aspects shown that are known")
    if growths:
        axis.legend(fontsize=7, frameon=False, loc="center right")
    else:
        axis.text(0.5, 0.5, "none is seen", transform=axis.transAxes, ha="center", fontsize=8, color="#6b7280")


def _plain(axis: Any, title: str) -> None:
    axis.set_title(title, fontsize=9, loc="left")
    axis.tick_params(labelsize=8)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
