"""A chain of causes as a timeline."""

from __future__ import annotations

from pathlib import Path

from openiads.explain.chain import Chain

_COLOURS = {
    "held": "#4477aa", "identity": "#66ccee", "decision": "#228833", "refused": "#aa3377", "spared": "#ee8866", "launch": "#ccbb44", "miss": "#bbbbbb",
    "kill": "#ee6677", "end": "#000000",
}  # fmt: skip
_LANES = ("held", "identity", "decision", "refused", "spared", "launch", "miss", "kill", "end")
_WIDTH = 90  # characters of a label


def draw(found: Chain, path: Path) -> None:
    """One line for each thing that happened, from top to bottom in the order of time."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    links = found.links
    figure, axis = plt.subplots(figsize=(11.0, 1.2 + 0.3 * len(links)), layout="constrained")
    for row, link in enumerate(links):
        axis.plot([links[0].t, link.t], [row, row], color="#dddddd", linewidth=0.8, zorder=1)
        axis.plot([link.t], [row], "o", color=_COLOURS[link.kind], zorder=2)
        text = link.text if len(link.text) <= _WIDTH else link.text[: _WIDTH - 1] + "…"
        axis.annotate(text, (1.01, row), xycoords=("axes fraction", "data"), va="center", fontsize=8)
    axis.set_yticks(range(len(links)), [link.kind for link in links], fontsize=8)
    axis.invert_yaxis()
    axis.set_xlabel("time, s")
    axis.set_title(f"{found.body} ({found.side}): {found.fate}; {found.broke}", loc="left", fontsize=10, wrap=True)
    axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=130)
    plt.close(figure)
