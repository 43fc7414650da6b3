"""The picture of a decision: actors by postures, what each says, and the first bound that speaks against it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from openiads.errors import UsageError
from openiads.record import new_file
from openiads.studies.report.figures import STYLE
from openiads.studies.table import number, without

_COLOURS = {"accepted": "#bfe3c8", "refused": "#f4bdb6", "in": "#e6f3e9", "out": "#fbe9e6"}
_ENDINGS = (".png", ".svg")


def require_ending(path: Path) -> None:
    """Refuse a picture of another kind."""
    if path.suffix not in _ENDINGS:
        raise UsageError(f"--picture {path}: write a name that ends in {' or '.join(_ENDINGS)}")


def draw(found: dict[str, Any], path: Path) -> None:
    """A new file with the matrix of actors and postures."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    plt.rcParams.update(STYLE)
    with plt.rc_context({"text.parse_math": False}), new_file(path) as beside:
        figure = matrix(plt, found)
        figure.savefig(beside, format=path.suffix[1:], dpi=130, bbox_inches="tight", metadata=_undated(path))
        plt.close(figure)


def _undated(path: Path) -> dict[str, None]:
    return {"Date": None} if path.suffix == ".svg" else {"Software": None}


def matrix(plt: Any, found: dict[str, Any]) -> Any:
    """One row a posture, one column an actor and a last one for all."""
    postures, actors = list(found["all"]), found["actors"]
    figure, axis = plt.subplots(figsize=(2.0 + 2.6 * (len(actors) + 1), 1.1 + 0.55 * len(postures)))
    for x, answers in enumerate([*(a["postures"] for a in actors), found["all"]]):
        for y, posture in enumerate(postures):
            answer = answers[posture]
            kind = answer["verdict"] if answer["verdict"] != "undecided" else ("in" if answer["inside"] else "out")
            axis.add_patch(plt.Rectangle((x + 0.02, y + 0.04), 0.96, 0.92, color=_COLOURS[kind], lw=0))
            word = {"in": "undecided, inside", "out": "undecided, outside"}.get(kind, kind)
            axis.text(x + 0.5, y + 0.36, word, ha="center", va="center", fontsize=9, color="#1d2329")
            axis.text(x + 0.5, y + 0.72, _reason(answer), ha="center", va="center", fontsize=6.5, color="#5b6670")
    axis.set_xlim(0, len(actors) + 1)
    axis.set_ylim(len(postures), 0)
    axis.set_xticks([x + 0.5 for x in range(len(actors) + 1)], [*(a["title"] for a in actors), "all"], fontsize=8.5)
    axis.xaxis.tick_top()
    axis.set_yticks([y + 0.5 for y in range(len(postures))], postures)
    axis.tick_params(length=0)
    for side in axis.spines.values():
        side.set_visible(False)
    axis.set_xlabel(f"{found['scenario']}; limits: {found['limits']}", fontsize=7.5, color="#5b6670")
    return figure


def _reason(answer: dict[str, Any]) -> str:
    """The first bound that is broken, else the first that is open."""
    bounds = answer.get("bounds", [])
    against = [b for b in bounds if b["inside"] is False] or [b for b in bounds if not (b["inside"] and b["decided"])]
    if not against:
        return ""
    first = against[0]
    more = f" and {len(against) - 1} more" if len(against) > 1 else ""
    value = without(first) if first["estimate"] is None else number(first["estimate"])
    return f"{first['metric']} {value}, at {first['bound']} {number(first['value'])}{more}"
