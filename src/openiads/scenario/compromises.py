"""A node or link that is not what it seems, by its effect: what the engine is told of it. docs/equations/network.md."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

import numpy as np

from openiads.engine import network
from openiads.engine.geo import to_ecef
from openiads.scenario.flights import name_key
from openiads.scenario.spec import IDENTITIES, Compromise, Link, Scenario, Stretch


def compromised(scenario: Scenario, posture: str) -> Compromise | None:
    """The compromise that is lived through in a posture: its own, or that of the modifiers."""
    named = scenario.postures[posture].compromise or scenario.modifiers.compromise
    return next((c for c in scenario.compromises if c.name == named), None)


def tampering(c: Compromise | None, opened: list[Link], nodes: dict[str, int], places: np.ndarray) -> network.Tampering:
    """What a compromise does to the links that it has in its hand: one of them, or all that a node sends.

    places: float64[N, 3] latitude, longitude (rad), height (m) of the nodes.
    """
    held = [c is not None and c.effect != "copy" and c.of in (x.name, x.from_) for x in opened]

    def where(effects: tuple[str, ...], value: Any, rest: Any, dtype: Any = np.float64) -> np.ndarray:
        does = c is not None and c.effect in effects
        return np.array([value if does and h else rest for h in held], dtype)

    claim = -1 if c is None or c.claim is None else IDENTITIES.index(c.claim)
    span = (math.inf, math.inf) if c is None else (c.from_, c.to)
    return network.Tampering(
        during=np.array([span if h else (math.inf, math.inf) for h in held], float).reshape(-1, 2),
        sender=np.array([h and c is not None and c.of == x.from_ for x, h in zip(opened, held, strict=True)], np.bool_),
        key=np.full(len(opened), name_key(c.of) if c else 0, np.uint32),
        deny=where(("deny", "disable"), 1.0 if c is None or c.effect == "disable" else c.share, 0.0),
        late=where(("delay",), c.late if c else 0.0, 0.0),
        shift=where(("alter",), c.shift if c else 0.0, 0.0),
        claim=where(("alter",), claim, -1, np.int8),
        ghosts=where(("inject",), c.ghosts if c else 0, 0, np.int32),
        called=where(("inject",), max(claim, 0), 0, np.int8),
        home=np.array([_home(c, x, nodes, places) for x in opened], float).reshape(-1, 3),
        around=np.full(len(opened), c.radius if c else 0.0),
    )


def _home(c: Compromise | None, x: Link, nodes: dict[str, int], places: np.ndarray) -> tuple[float, float, float]:
    """Where ghosts fly: at a stated place, else around the node that tells of them, or around who hears a link."""
    if c is not None and c.latitude is not None and c.longitude is not None:
        return to_ecef(c.latitude, c.longitude, 0.0)
    return to_ecef(*places[nodes[x.from_ if c is not None and c.of == x.from_ else x.to]])


def ghosts(c: Compromise | None) -> int:
    """Tracks of nothing that a compromise makes up at once."""
    return c.ghosts if c is not None and c.effect == "inject" else 0


def disabled(scenario: Scenario, posture: str) -> np.ndarray:
    """When each node is out of action by a compromise, s: from, to; float64[N, 2], infinite where it is not."""
    c = compromised(scenario, posture)
    out = np.full((len(scenario.nodes), 2), np.inf)
    for n, node in enumerate(scenario.nodes):
        if c is not None and c.effect == "disable" and c.of == node.name:
            out[n] = c.from_, c.to
    return out


def copies(scenario: Scenario, posture: str, opened: list[Link], shut: Collection[str]) -> list[Link]:
    """The link by which a compromise copies out; none where the link that it is of is closed, or the node among those `shut`.

    It tells what the node holds, or what the guard of the link lets through, and works in stretches, as outages are drawn.
    """
    c = compromised(scenario, posture)
    if c is None or c.effect != "copy" or c.rate is None:
        return []
    source = next((x for x in opened if x.name == c.of), None)
    sender = c.of if source is None else source.from_
    if sender in shut or all(n.name != sender for n in scenario.nodes):
        return []
    guard = {} if source is None or source.guard != "filter" else {k: v for k, v in source if k.startswith("guard")}
    idle = [(-math.inf, c.from_), (c.to, math.inf)]
    return [Link.model_construct(
        name=c.name, from_=sender, to=c.sink, role="undeclared", latency=c.late, period=c.period, message=c.message,
        capacity=c.room, rate=c.rate, availability=c.duty, outage=c.pause if c.duty < 1.0 else None,
        outages=[Stretch.model_construct(from_=a, to=b) for a, b in idle if a < b],
        identity=source is None or source.identity, status=source is None or source.status, **guard,
    )]  # fmt: skip
