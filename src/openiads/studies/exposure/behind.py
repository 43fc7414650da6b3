"""Who stands behind a node: who learns what it holds, and who has the signatures that its radars saw, when."""

from __future__ import annotations

import math
from dataclasses import dataclass

from openiads.scenario.build import system_nodes
from openiads.scenario.links import COLLECTING, links_of, powered
from openiads.scenario.spec import COLLECTORS, Scenario
from openiads.studies.flows.posture import flows_of

RECORDED = {
    "while-on": "what it sees", "in-view": "what it sees", "all": "what it sees and is fed",
    "test-aircraft": "the owner's own flights in view",
}  # fmt: skip


@dataclass(frozen=True)
class Holder:
    """Who has the signatures that the radars of a node saw: how, and after how long at most."""

    who: str
    way: str  # the link; "visits"; "" for the node itself
    delay: float = 0.0  # s
    room: float = math.inf  # looks a day that fit through
    undeclared: bool = False  # only if the channel exists
    own_only: bool = False  # of the owner's own aircraft, which others of the class fly as well


def system_names(scenario: Scenario) -> set[str]:
    """Names of the nodes of the system."""
    return {scenario.nodes[i].name for i in system_nodes(scenario)}


def visited(scenario: Scenario, posture: str, node: str) -> bool:
    """Do visitors of the vendor carry recordings of a node away."""
    p = scenario.postures[posture]
    return node in system_names(scenario) and p.support == "visits" and p.records != "none" and powered(p)


def behind(scenario: Scenario, posture: str, node: str) -> tuple[str, ...]:
    """Who else learns what a node holds: by links out of it, by visits, and in what period."""
    p = scenario.postures[posture]
    out = [x for x in links_of(scenario, posture) if x.from_ == node and x.capacity]
    ways = [
        f"{x.to} over {x.name}" + (" (undeclared, if it exists)" if x.role == "undeclared" else "") for x in out
    ]  # fmt: skip
    if visited(scenario, posture, node):
        ways.append(f"the vendor's visitors, every {p.visit / 86400.0:g} days: {RECORDED[p.records]}")
    flows, told = flows_of(scenario, posture), {node, *(x.to for x in out)}
    far = [end for end in flows.sinks if end not in told and flows.reach([node], [end]).nodes]
    return (*ways, *(f"{end}, by way of others" for end in far))


def holders(scenario: Scenario, posture: str, node: str, name: str) -> tuple[Holder, ...]:
    """Who has the signatures of a class that the radars of a node saw.

    A track says no signal: who is passed tracks alone has none. A channel of a collector reaches into the machine and takes
    recordings, as far as it has room; visitors carry them away, as far as they are kept.
    """
    p, edges = scenario.postures[posture], {e.name: e for e in flows_of(scenario, posture).edges}
    found = [Holder(node, "")]
    for x in links_of(scenario, posture):
        collects = x.role in COLLECTING and next(n.owner for n in scenario.nodes if n.name == x.to) in COLLECTORS
        if x.from_ == node and collects and x.name in edges:
            room = edges[x.name].bits / x.message * 86400.0
            found.append(Holder(x.to, x.name, x.latency, room, x.role == "undeclared"))
    if visited(scenario, posture, node):
        owners = {s.owner for s in scenario.sorties if s.class_ == name and s.in_peace}
        own = p.records == "test-aircraft"
        if not own or "national" in owners:
            found.append(Holder("the vendor's visitors", "visits", p.visit, own_only=own and len(owners) > 1))
    return tuple(found)
