"""Networks: reliability, percolation and spread (NET-1 to NET-3) through the functions behind `openiads flows`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import brentq

from openiads.studies.flows.chance import largest_part, reached, time_to_reach
from openiads.studies.flows.graph import Graph
from validation import Row, Section

MANY, SIDE = 100_000, 100  # vertices of a random graph; of a row of the lattice
GIANT = ((1.1, 0.176134), (1.5, 0.582812), (2.0, 0.796812), (3.0, 0.940480))  # mean degree, share of the vertices


def section() -> Section:
    """The chapter."""
    text = (
        "Both ways of a line are two edges of a directed graph, each there on its own: what is reached from one side has the same "
        f"distribution as if the line had one state. Random graphs have {MANY:,} vertices and a mean degree of 4, thinned to what "
        f"the row says; the lattice has {SIDE * SIDE:,} sites, and its threshold is where half of 100 draws let something cross. "
        "A site is two vertices, joined by an edge that is there with its probability. Small graphs are exact."
    )
    figures = {"Largest part of a random graph: drawn (dots) and S = 1 - exp(-cS)": _figure}
    return Section("Networks", text, [*_reliability(), *_percolation(), *_spread()], figures)


def two_way(count: int, pairs: Sequence[tuple[int, int]] | np.ndarray) -> Graph:
    """Every line as an edge each way."""
    a, b = np.array(pairs, int).reshape(-1, 2).T
    return Graph(count, np.concatenate([a, b]), np.concatenate([b, a]))


def random_graph(count: int, degree: float, seed: int) -> Graph:
    """Lines between vertices drawn evenly (Erdos and Renyi), of a mean degree."""
    rng = np.random.default_rng(seed)
    ends = rng.integers(0, count, (2, rng.poisson(0.5 * degree * count)))
    return Graph(count, *ends)


def _reliability() -> list[Row]:
    """NET-1."""
    bridge = two_way(4, [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)])
    ring = two_way(5, [(i, (i + 1) % 5) for i in range(5)])
    whole = two_way(4, [(i, j) for i in range(4) for j in range(i)])
    rows = [
        _row("NET-1", f"{what}, p {p:g}", expected, reached(graph, np.array(p), [0]).at_least(1, [end]).estimate)
        for what, graph, end, p, expected in (
            ("bridge", bridge, 3, 0.5, 0.5), ("bridge", bridge, 3, 0.9, 0.97848), ("bridge", bridge, 3, 0.95, 0.994780625),
            ("ring of 5, two apart", ring, 2, 0.9, 0.94851), ("four, each with each", whole, 3, 0.5, 0.75),
        )
    ]  # fmt: skip
    for k, n, p, expected in ((3, 5, 0.8, 0.94208), (2, 3, 0.9, 0.972), (8, 10, 0.95, 0.98849644)):
        star = Graph(n + 1, np.zeros(n, int), np.arange(1, n + 1))
        got = reached(star, np.array(p), [0]).at_least(k, range(1, n + 1)).estimate
        rows.append(_row("NET-1", f"{k} of {n}, p {p:g}", expected, got, 5e-9))
    return rows


def _percolation() -> list[Row]:
    """NET-2."""
    rows = [
        Row("NET-2", f"largest part of a random graph, mean degree {c:g}", "M", expected, largest(c), 0.01)
        for c, expected in GIANT
    ]
    sizes = reached(_both(random_graph(MANY, 4.0, 0)), np.array(0.5), [0], draws=200).member.mean(axis=1)
    large = float(sizes[sizes > 0.01].mean())
    rows.append(Row("NET-2", "final size of an epidemic that breaks out, mean degree 2", "M", 0.796812, large, 0.01))
    for what, expected, sites in (("bonds", 0.5, False), ("sites", 0.592746, True)):
        rows.append(Row("NET-2", f"threshold of the square lattice, {what}", "M", expected, threshold(sites), 0.01))
    return rows


def largest(degree: float) -> float:
    """Mean share of the largest part over five random graphs of mean degree 4, thinned to `degree`."""
    graphs = (random_graph(MANY, 4.0, seed) for seed in range(5))
    found = [largest_part(g, np.array(0.25 * degree), draws=8, seed=i).estimate for i, g in enumerate(graphs)]
    return float(np.mean(found))


def _both(graph: Graph) -> Graph:
    return Graph(graph.count, np.concatenate([graph.tail, graph.head]), np.concatenate([graph.head, graph.tail]))


def threshold(sites: bool) -> float:
    """Probability with which half of the draws of a square lattice let something cross from side to side."""
    spot = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    along = np.array([spot[:, :-1].ravel(), spot[:, 1:].ravel()]).T
    graph = two_way(SIDE * SIDE, np.concatenate([along, np.array([spot[:-1].ravel(), spot[1:].ravel()]).T]))
    first, last, by_chance = spot[:, 0], spot[:, -1], np.ones(len(graph.tail), bool)
    if sites:  # into a site, through it by chance, and out of it
        n = graph.count
        by_chance = np.arange(len(graph.tail) + n) >= len(graph.tail)
        tail, head = np.append(graph.tail + n, np.arange(n)), np.append(graph.head, np.arange(n) + n)
        graph, last = Graph(2 * n, tail, head), last + n

    def excess(p: float) -> float:
        crossed = reached(graph, np.where(by_chance, p, 1.0), first.tolist(), draws=100).at_least(1, last.tolist())
        return float(crossed.estimate or 0.0) - 0.5

    return float(brentq(excess, 0.3, 0.9, xtol=1e-3))


def _spread() -> list[Row]:
    """NET-3."""
    line = two_way(5, [(i, i + 1) for i in range(4)])
    tree = Graph(15, (np.arange(1, 15) - 1) // 2, np.arange(1, 15))
    rows = [
        _row(
            "NET-3",
            "line of 5 from its end, p 0.5",
            1.9375,
            reached(line, np.array(0.5), [0]).expected(range(5)).estimate,
        ),
        _row(
            "NET-3",
            "binary tree of depth 3, p 0.5",
            4.0,
            reached(tree, np.array(0.5), [0]).expected(range(15)).estimate,
        ),
    ]
    path = Graph(4, np.arange(3), np.arange(1, 4))
    mean, within = time_to_reach(path, np.full(3, 2.0), [0], [3], 6.0)
    rows.append(_row("NET-3", "three exponential steps of 2 h: mean time, h", 6.0, mean.estimate))
    rows.append(_row("NET-3", "three exponential steps of 2 h: within 6 h", 0.576810, within.estimate, 5e-7))
    fan = Graph(5, np.array([0, 0, 0, 1, 2, 3]), np.array([1, 2, 3, 4, 4, 4]))
    got = reached(fan, np.array([0.2, 0.5, 0.9, 1.0, 1.0, 1.0]), [0]).at_least(1, [4]).estimate
    rows.append(_row("NET-3", "one of three independent ways, 0.2, 0.5, 0.9", 0.96, got))
    return rows


def _row(name: str, what: str, expected: float, got: float | None, tolerance: float = 1e-9) -> Row:
    return Row(name, what, "A", expected, float("nan") if got is None else got, tolerance)


def _figure(axis: Any) -> None:
    """Giant component against the mean degree."""
    share = np.linspace(1e-3, 0.96, 200)
    axis.plot([0.0, 1.0], [0.0, 0.0], color="#1d2329")
    axis.plot(-np.log1p(-share) / share, share, color="#1d2329")
    degrees = np.arange(0.5, 3.3, 0.25)
    drawn = [largest_part(random_graph(20_000, 4.0, 9), np.array(0.25 * c), draws=3).estimate for c in degrees]
    axis.plot(degrees, drawn, "o", color="#c0392b", ms=5)
    axis.set_xlabel("mean degree c")
    axis.set_ylabel("share of the vertices")
