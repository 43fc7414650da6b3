"""The permitted flows of postures as graphs, one panel each."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse.csgraph import dijkstra

from openiads.errors import UsageError
from openiads.scenario.phrasing import conjoined
from openiads.studies.flows.graph import Graph
from openiads.studies.flows.posture import Edge, Flows, topology_of

Names = Collection[str] | None
_PANEL = 4.6, 1.3  # inches, at least
_INCH = 0.68  # inches of a unit of the drawing
_CAPTION = 15  # characters of the caption an inch
_COLUMN, _ROW, _MARGIN = 1.9, 1.6, 0.6  # units between nodes
_RED, _INK, _GREY = "#c0392b", "#1d2329", "#b8bec4"
_FILL = {"national": "#dfe9f5", "nato": "#e4f2e1", "vendor": "#f8ded9", "outside": "#f8ded9"}
_BEND, _SHORT = 0.16, 25.0  # of the arrows; points that they end before the middle of a node
_CLEAR = 0.5  # units between an arrow and a node that it passes


def require_drawable(path: Path) -> None:
    """Refuse a picture of a kind that is not drawn."""
    if path.suffix not in (".png", ".svg"):
        raise UsageError(f"--out {path}: pictures end in .png or .svg")


def draw(every: list[Flows], path: Path, kind: str, sources: Names = None, sinks: Names = None) -> None:
    """Nodes from left to right towards the outside; red are the shortest ways there, to each end, of `sources`, else of all."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    ends = every[0].sinks if sinks is None else list(sinks)
    place = _places(every, ends)
    wide, high = np.maximum(_PANEL, _INCH * np.ptp(_extent(place), axis=1))
    columns = min(3, len(every))
    rows = math.ceil(len(every) / columns)
    with matplotlib.rc_context({"text.parse_math": False, "svg.hashsalt": "flows"}):  # a dollar in a title is a dollar
        figure, axes = plt.subplots(
            rows, columns, figsize=(wide * columns, (high + 0.3) * rows + 0.5), squeeze=False, layout="constrained"
        )
        for axis, flows in zip(axes.flat, every, strict=False):
            _panel(axis, flows, place, sources, sinks)
        for axis in list(axes.flat)[len(every) :]:
            axis.set_visible(False)
        far = conjoined(ends) if ends else "an outside that nobody is"
        signs = (
            f"red: shortest ways to {far}; thick outline: sensitive; crossed: a smallest set of links to close; dashed: "
            "undeclared or copied out; dotted: visits; triangle: diode; F: filter; notional, from open literature"
        )
        topology = topology_of(every[0].scenario)
        head = every[0].scenario.title + (f", topology {topology}" if topology else "")
        width = round(_CAPTION * wide * columns)
        figure.suptitle("\n".join([*textwrap.wrap(head, width), *textwrap.wrap(signs, width)]), fontsize=9)
        figure.savefig(
            path, dpi=130, format=kind.removeprefix("."), metadata={"Date": None} if kind == ".svg" else None
        )
    plt.close(figure)


def _places(every: list[Flows], sinks: list[str]) -> dict[str, np.ndarray]:
    """Where each node stands: column by links to the outside in any of the postures, those of a column spread out."""
    one = every[0]
    pairs = sorted({(e.from_, e.to) for flows in every for e in flows.edges})
    at = {name: i for i, name in enumerate(one.names)}
    graph = Graph(len(at), np.array([at[a] for a, _ in pairs], int), np.array([at[b] for _, b in pairs], int))
    far = _steps(graph, [at[s] for s in sinks])
    column = np.where(np.isfinite(far), far, 1.0 + far[np.isfinite(far)].max(initial=0.0))
    place = {}
    for c in np.unique(column):
        members = np.flatnonzero(column == c)
        for i, node in enumerate(members):
            lift = 0.22 * (-1) ** int(c) if len(members) == 1 else 0.0  # so that no arrow runs through a node
            aside = 0.5 * (i % 2) if len(members) > 2 else 0.0
            place[one.names[node]] = np.array([aside - _COLUMN * c, _ROW * (0.5 * (len(members) - 1) - i) + lift])
    return place


def _steps(graph: Graph, ends: list[int]) -> np.ndarray:
    """Edges float[count] from each vertex to the nearest of some, inf without a way."""
    from scipy.sparse import csr_matrix

    if not ends:
        return np.full(graph.count, np.inf)
    matrix = csr_matrix((np.ones(len(graph.tail)), (graph.head, graph.tail)), shape=2 * (graph.count,))
    return np.asarray(dijkstra(matrix, indices=ends, min_only=True, unweighted=True))


def _panel(axis: Any, flows: Flows, place: dict[str, np.ndarray], sources: Names, sinks: Names) -> None:
    """One posture."""
    reach, cut = flows.reach(sources, sinks), flows.cut(sources, sinks)
    ends = flows.sinks if sinks is None else list(sinks)
    every = [
        reach,
        *(flows.reach(reach.nodes, [sink]) for sink in ends),
    ]  # the ways that are told, and to each of the ends
    red = {e for r in every for way in r.ways.values() for e in way}
    drawn: dict[tuple[str, str], int] = {}
    for e in flows.edges:
        nth = drawn[e.from_, e.to] = drawn.get((e.from_, e.to), 0) + 1
        _arrow(axis, e, place, _free(e, place, _BEND * nth), e in red, e in cut.edges)
    for n in flows.scenario.nodes:
        shown = n.name in reach.nodes
        axis.annotate(
            "\n".join(textwrap.wrap(n.name, 11)), place[n.name], ha="center", va="center", fontsize=8, color=_INK, zorder=4,
            bbox={"boxstyle": "round,pad=0.35", "fc": _FILL[n.owner], "ec": _RED if shown else _INK, "lw": 2.2 if n.sensitive else 0.9},
        )  # fmt: skip
    axis.set_aspect("equal")  # what stands on an arrow is placed as the arrow bends
    (west, east), (south, north) = _extent(place)
    axis.set_xlim(west, east)
    axis.set_ylim(south, north)
    axis.axis("off")
    words = f"{flows.posture}: {len(reach.nodes)} nodes, {len(reach.sensitive)} sensitive"
    axis.set_title(
        words + (f"; {cut.size:g} to close" if math.isfinite(cut.size) else "; can not be closed"), fontsize=10
    )


def _extent(place: dict[str, np.ndarray]) -> np.ndarray:
    """Least and most of x and of y, with a margin."""
    spots = np.array(list(place.values()))
    return np.array([spots.min(axis=0) - _MARGIN, spots.max(axis=0) + _MARGIN]).T


def _along(a: np.ndarray, b: np.ndarray, bend: float, t: float) -> np.ndarray:
    """A point of the arrow from a to b, as it bends."""
    knee = 0.5 * (a + b) + bend * np.array([b[1] - a[1], a[0] - b[0]])
    return np.asarray((1.0 - t) ** 2 * a + 2.0 * t * (1.0 - t) * knee + t**2 * b)


def _free(e: Edge, place: dict[str, np.ndarray], bend: float) -> float:
    """The least bend, from the usual one on and to either side, with which an arrow passes beside every other node."""
    others = np.array([p for name, p in place.items() if name not in (e.from_, e.to)]).reshape(-1, 2)
    a, b = place[e.from_], place[e.to]
    for more in (0.0, 0.2, 0.4, 0.6):
        for turned in (bend + more, -bend - more):
            way = np.array([_along(a, b, turned, t) for t in np.linspace(0.1, 0.9, 17)])
            if not len(others) or np.hypot(*(way[:, None] - others).T).min() > _CLEAR:
                return turned
    return bend


def _arrow(axis: Any, e: Edge, place: dict[str, np.ndarray], bend: float, red: bool, crossed: bool) -> None:
    """An edge with its guard and the cross of a cut on it."""
    from matplotlib.patches import FancyArrowPatch

    a, b = place[e.from_], place[e.to]
    style = {"link": "-", "undeclared": "--", "copy": "--", "visits": ":"}[e.kind]
    axis.add_patch(FancyArrowPatch(
        (a[0], a[1]), (b[0], b[1]), connectionstyle=f"arc3,rad={bend}", arrowstyle="-|>", mutation_scale=9,
        shrinkA=_SHORT, shrinkB=_SHORT, color=_RED if red else _GREY, lw=1.5 if red else 0.9, ls=style, zorder=3 if red else 2,
    ))  # fmt: skip

    def along(t: float) -> np.ndarray:
        return _along(a, b, bend, t)

    if crossed:
        axis.plot(*along(0.62), "x", color=_INK, ms=9, mew=2.2, zorder=6)
    if e.guard == "filter":
        axis.annotate("F", along(0.38), ha="center", va="center", fontsize=7, zorder=5,
                      bbox={"boxstyle": "square,pad=0.2", "fc": "white", "ec": _INK, "lw": 0.7})  # fmt: skip
    elif e.guard == "diode":
        turn = math.degrees(math.atan2(b[1] - a[1], b[0] - a[0])) - 90.0
        axis.plot(*along(0.38), marker=(3, 0, turn), ms=10, mfc="white", mec=_INK, mew=1.0, zorder=5)
