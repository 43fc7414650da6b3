"""A ledger as a picture: who holds how much, which aspects of a class were seen, and how that fills over days."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from openiads.errors import UsageError
from openiads.studies.exposure.ledger import DAYS, Ledger, Signature

_OWN, _FED, _INK = "#4477aa", "#ee9955", "#1d2329"


def require_drawable(path: Path) -> None:
    """Refuse a picture of a kind that is not drawn."""
    if path.suffix not in (".png", ".svg"):
        raise UsageError(f"--picture {path}: pictures end in .png or .svg")


def draw(every: list[Ledger], path: Path, kind: str) -> None:
    """One row a posture: bars of the observers, the aspects of each class, and their filling."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    classes = sorted({s.name for ledger in every for s in ledger.signatures})
    grown = any(s.growth is not None for ledger in every for s in ledger.signatures)
    columns = 1 + len(classes) + grown
    figure, axes = plt.subplots(
        len(every), columns, figsize=(5.2 * columns, 3.4 * len(every)), squeeze=False, layout="constrained"
    )
    widest = max([o.hours.high or o.hours.estimate or 0.0 for ledger in every for o in ledger.observers] + [1e-9])
    for row, ledger in zip(axes, every, strict=True):
        _observers(row[0], ledger, widest)
        seen = {s.name: s for s in ledger.signatures}
        for axis, name in zip(row[1:], classes, strict=False):
            _aspects(axis, seen.get(name), name)
        if grown:
            _filling(row[-1], ledger)
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
    axis.set_xlim(0.0, 1.1 * widest)
    axis.invert_yaxis()
    axis.set_title(f"{ledger.posture}: body-hours held in {ledger.per}", fontsize=9, loc="left")
    axis.legend(fontsize=7, framealpha=0.9, loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2)
    axis.tick_params(labelsize=8)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def _aspects(axis: Any, found: Signature | None, name: str) -> None:
    """Dwells by azimuth and elevation from which the body was seen, all bands."""
    dwells = np.zeros(648) if found is None else sum(found.dwells.values(), np.zeros(648))
    grid = np.where(dwells > 0, np.log10(np.maximum(dwells, 1.0)), np.nan).reshape(18, 36)
    image = axis.imshow(grid, origin="lower", extent=(0, 360, -90, 90), aspect="auto", cmap="viridis", vmin=0.0)
    axis.set_facecolor("#f0f1f3")
    axis.set_xticks([0, 90, 180, 270, 360], ["nose", "right", "tail", "left", "nose"], fontsize=8)
    axis.set_yticks([-90, -45, 0, 45, 90], ["below", "−45°", "level", "45°", "above"], fontsize=8)
    cells = 0 if found is None else found.cells["all"]
    axis.set_title(f"aspects of {name}: {cells} of 648 cells", fontsize=9, loc="left")
    if cells:
        bar = axis.figure.colorbar(image, ax=axis, shrink=0.8)
        bar.set_label("dwells at 13 dB, log10", fontsize=7)
        bar.ax.tick_params(labelsize=7)


def _filling(axis: Any, ledger: Ledger) -> None:
    for s in ledger.signatures:
        if s.growth is not None:
            axis.plot(DAYS, 100.0 * s.growth, "o-", ms=3, label=s.name)
    axis.set_xscale("log")
    axis.set_xticks(DAYS, [str(d) for d in DAYS], fontsize=8)
    axis.set_ylim(0.0, 105.0)
    for level in (50, 90):
        axis.axhline(level, color="#b8bec4", lw=0.7, ls="--")
    axis.set_xlabel("days in this posture", fontsize=8)
    axis.set_title("% of the aspects shown that are known", fontsize=9, loc="left")
    if any(s.growth is not None for s in ledger.signatures):
        axis.legend(fontsize=7, frameon=False)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
