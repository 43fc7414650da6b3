"""Small scenarios and random graphs, and slow answers that nobody can doubt."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import strategies as st

from openiads.scenario.spec import Scenario
from openiads.studies.flows.graph import Graph
from openiads.studies.flows.posture import Flows, flows_of
from tests.builders import scenario

LINK = {"latency_s": 1.0, "period_s": 10.0, "capacity": 50, "message_bits": 200.0, "availability": 0.8, "role": "fixed"}
NODES = [
    {"name": "post", "title": "command post", "owner": "national", "tracks": True},
    {"name": "ally", "title": "an ally", "owner": "nato", "tracks": True, "sensitive": True},
    {"name": "relay", "title": "a relay", "owner": "nato"},
    {"name": "vendor", "title": "the vendor", "owner": "vendor"},
    {"name": "beyond", "title": "outside", "owner": "outside"},
]
OWNERS = st.sampled_from([n["name"] for n in NODES])


def small(*links: tuple[str, str, dict], posture: dict | None = None, **changes) -> Scenario:
    """An ally, a relay, the system's post and two ends; links between them by name."""
    table = [
        LINK | {"name": f"{a}-{b}", "from": a, "to": b} | rest for a, b, rest in links
    ]  # fmt: skip
    return scenario(
        nodes=NODES, links=table, postures={"on": {"title": "on"} | (posture or {})},
        undeclared={"p_exists": 0.25, "duty": 0.5}, **changes,
    )  # fmt: skip


def on(*links: tuple[str, str, dict], **changes) -> Flows:
    """The flows of a small scenario, whose system is the post."""
    return flows_of(small(*links, **changes), "on")


@st.composite
def graphs(draw: st.DrawFn, most: int = 8) -> Graph:
    """Up to five vertices and `most` edges, parallel ones and loops among them."""
    count = draw(st.integers(2, 5))
    ends = st.integers(0, count - 1)
    pairs = draw(st.lists(st.tuples(ends, ends), max_size=most))
    tail, head = np.array(pairs, int).reshape(-1, 2).T
    return Graph(count, tail, head)


def walked(graph: Graph, start: list[int], keep: np.ndarray) -> set[int]:
    """What is reached, step by step."""
    found = set(start)
    for _ in range(graph.count):
        found |= {int(b) for a, b, k in zip(graph.tail, graph.head, keep, strict=True) if k and a in found}
    return found


def every_state(edges: int) -> itertools.product:
    """All ways in which edges can be there or not."""
    return itertools.product((False, True), repeat=edges)
