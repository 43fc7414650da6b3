"""A chain of causes as a timeline."""

from __future__ import annotations

import textwrap
from pathlib import Path

import numpy as np

from openiads.explain.chain import Chain

_COLOURS = {
    "held": "#4477aa", "identity": "#66ccee", "decision": "#228833", "refused": "#aa3377", "spared": "#ee8866", "not_engaged": "#bb5566", "launch": "#ccbb44", "miss": "#bbbbbb",
    "kill": "#ee6677", "end": "#000000",
}  # fmt: skip
_WIDTH = 68  # characters of a line


def draw(found: Chain, path: Path) -> None:
    """One entry for each thing that happened, from top to bottom in the order of time."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    links, texts = found.links, [textwrap.wrap(link.text, _WIDTH) for link in found.links]
    below = np.cumsum([0.0, *(0.4 + 0.6 * len(lines) for lines in texts)])  # where each entry begins, and the end
    title = textwrap.fill(f"{found.body} ({found.side}): {found.fate}; {found.broke}", 2 * _WIDTH)
    figure, axis = plt.subplots(figsize=(12.0, 1.4 + 0.24 * float(below[-1])), layout="constrained")
    for row, link, lines in zip(below, links, texts, strict=False):
        axis.plot([links[0].t, link.t], [row, row], color="#dddddd", linewidth=0.8, zorder=1)
        axis.plot([link.t], [row], "o", color=_COLOURS[link.kind], zorder=2)
        place = ("axes fraction", "data")
        axis.annotate("\n".join(lines), (1.01, row - 0.3), xycoords=place, va="top", fontsize=8)
    axis.set_yticks(below[:-1], [link.kind for link in links], fontsize=8)
    axis.set_ylim(below[-1] - 0.3, -0.7)
    axis.set_xlabel("time, s")
    axis.set_title(title, loc="left", fontsize=10)
    axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=130)
    plt.close(figure)
