"""The permitted flows of a posture: who can learn what from whom, over which links, past which guards."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, NamedTuple, get_args

import numpy as np

from openiads.errors import UsageError
from openiads.scenario.build import system_nodes
from openiads.scenario.links import duty_of, kind_of, links_of, powered
from openiads.scenario.phrasing import conjoined
from openiads.scenario.spec import COLLECTORS, IDENTITIES, Link, Scenario
from openiads.studies.flows.chance import Reached, largest_part, reached, time_to_reach
from openiads.studies.flows.graph import Graph, Near
from openiads.studies.statistics import Estimate

Topology = Literal["hub", "mesh", "national"]
Way = Literal["links", "visits"]  # on which information leaves: at once, or with the next visit
TOPOLOGIES: tuple[Topology, ...] = get_args(Topology)

ALL = frozenset(IDENTITIES)
HIDDEN = ("undeclared", "copy")  # nobody knows of them, so nobody closes them or puts a guard on them


@dataclass(frozen=True)
class Edge:
    """One way on which tracks can flow: an open link, the undeclared channel, what a compromise copies out, or visits."""

    name: str
    from_: str
    to: str
    kind: Literal["link", "undeclared", "copy", "visits"]
    guard: str  # none, filter, diode
    passes: frozenset[str]  # identities that get through
    own: bool  # only what the sender has observed itself
    bits: float  # bit/s while the system runs, every frame full; inf for visits, which carry all that was recorded
    up: float  # chance that it works at a given moment


class Reach(NamedTuple):
    """Who can be learned from at the sinks, or written into from a start, and the way of each: the edges between."""

    nodes: tuple[str, ...]
    sensitive: tuple[str, ...]
    ways: dict[str, tuple[Edge, ...]]


class CutSet(NamedTuple):
    """What stands between the sources and the sinks: its size, and the edges; inf if it can not be closed."""

    size: float
    edges: tuple[Edge, ...]


@dataclass(frozen=True)
class Flows:
    """Directed graph over the nodes of a scenario; a node whose edge carries its own tracks only has a vertex for those."""

    scenario: Scenario
    posture: str
    edges: tuple[Edge, ...]

    @cached_property
    def names(self) -> list[str]:
        """Nodes in the scenario's order: the first vertices."""
        return [n.name for n in self.scenario.nodes]

    @cached_property
    def sinks(self) -> list[str]:
        """Nodes of the vendor and outside."""
        return [n.name for n in self.scenario.nodes if n.owner in COLLECTORS]

    @cached_property
    def sources(self) -> list[str]:
        """All other nodes."""
        return [name for name in self.names if name not in self.sinks]

    @cached_property
    def sensitive(self) -> list[str]:
        """Sources that are marked sensitive."""
        marked = {n.name for n in self.scenario.nodes if n.sensitive}
        return [name for name in self.sources if name in marked]

    def all(self, sinks: Iterable[str] | None = None) -> list[str]:
        """Whose reach is asked for where nobody is named: all sources that are no sink."""
        return [name for name in self.sources if name not in set(sinks or ())]

    def protected(self, sinks: Iterable[str] | None = None) -> list[str]:
        """Whom a cut protects where nobody is named: the sensitive ones of these."""
        return [name for name in self.all(sinks) if name in self.sensitive]

    @cached_property
    def graph(self) -> Graph:
        """Edges in their order, then one from each observer's own vertex to its node."""
        observers = sorted({e.from_ for e in self.edges if e.own})
        own = {name: len(self.names) + i for i, name in enumerate(observers)}
        at = {name: i for i, name in enumerate(self.names)}
        tail = [own[e.from_] if e.own else at[e.from_] for e in self.edges] + [own[o] for o in observers]
        head = [at[e.to] for e in self.edges] + [at[o] for o in observers]
        return Graph(len(self.names) + len(own), np.array(tail, int), np.array(head, int))

    @cached_property
    def writing(self) -> Graph:
        """The same edges between nodes alone: who is compromised writes what is recorded as its own tracks, too."""
        return replace(self, edges=tuple(replace(e, own=False) for e in self.edges)).graph

    def vertex(self, name: str) -> int:
        """Where the information begins that a node has itself."""
        observers = sorted({e.from_ for e in self.edges if e.own})
        return len(self.names) + observers.index(name) if name in observers else self.names.index(name)

    def reach(self, sources: Iterable[str] | None = None, sinks: Iterable[str] | None = None,
              identity: str | None = None) -> Reach:  # fmt: skip
        """X3: sources whose tracks can flow to a sink; only tracks that everyone on the way takes for one identity."""
        begin, ends = self._ends(self.all(sinks) if sources is None else sources, sinks)
        keep = np.ones(len(self.graph.tail), bool)
        if identity is not None:
            keep[: len(self.edges)] = [identity in e.passes for e in self.edges]
        first = self.graph.ways_out([self.names.index(s) for s in ends], keep)
        return self._reach({name: self._way(self.graph, self.vertex(name), first) for name in begin})

    def onward(self, start: Iterable[str] | None = None) -> Reach:
        """X3.onward: further sources that the system (`start`) writes into if it is compromised, by permitted flows.

        Over others and over the vendor as well. A filter lets lies through as what it passes.
        """
        begin, others = self._start(start)
        back = self.writing.reverse()
        first = back.ways_out(begin)
        return self._reach({name: self._way(back, self.names.index(name), first)[::-1] for name in others})

    def _reach(self, ways: dict[str, tuple[Edge, ...]]) -> Reach:
        there = {name: way for name, way in ways.items() if way}
        return Reach(tuple(there), tuple(n for n in there if n in self.sensitive), there)

    def _way(self, graph: Graph, vertex: int, first: np.ndarray) -> tuple[Edge, ...]:
        way = []
        while first[vertex] >= 0:
            if first[vertex] < len(self.edges):
                way.append(self.edges[first[vertex]])
            vertex = graph.head[first[vertex]]
        return tuple(way)

    def cut(
        self, sources: Iterable[str] | None = None, sinks: Iterable[str] | None = None, near: Near = "sinks"
    ) -> CutSet:
        """X5: the fewest links (and visits) without which nothing gets from the sources (the sensitive ones) to a sink.

        The undeclared channel and what is copied out can not be closed: nobody knows of it.
        """
        return self._cut(sources, sinks, [np.inf if e.kind in HIDDEN else 1.0 for e in self.edges], near)

    def narrowest(self, sources: Iterable[str] | None = None, sinks: Iterable[str] | None = None,
                  way: Way | None = None) -> CutSet:  # fmt: skip
        """The cut that carries least (bit/s while the system runs): so much can leave at most, at once, by visits, or both ways.

        What visits carry is bounded by what the links bring into the recording; inf where a source records itself.
        """
        begin, ends = self._ends(self.protected(sinks) if sources is None else sources, sinks)
        kept = [
            e for e in self.edges
            if way is None or (e.kind != "visits" if way == "links" else e.kind == "visits" or e.to not in ends)
        ]  # fmt: skip
        flows = replace(self, edges=tuple(kept))
        return flows._cut(begin, ends, [e.bits for e in flows.edges], "sinks")

    def _cut(
        self, sources: Iterable[str] | None, sinks: Iterable[str] | None, capacity: list[float], near: Near
    ) -> CutSet:
        begin, ends = self._ends(self.protected(sinks) if sources is None else sources, sinks)
        every = np.full(len(self.graph.tail), np.inf)
        every[: len(self.edges)] = capacity
        found = self.graph.min_cut([self.vertex(n) for n in begin], [self.names.index(n) for n in ends], every, near)
        return CutSet(found.value, tuple(self.edges[e] for e in found.edges))

    def leaks(self, sinks: Iterable[str] | None = None, *, exists: float | None = None) -> Reached:
        """From whom (by `vertex`) tracks can flow to a sink at a given moment: links fail, and the channel may not exist.

        exists: the belief in the undeclared channel, else the scenario's; a compromise is lived through as if it existed.
        What visits carry leaves later and is left out.
        """
        _, ends = self._ends((), sinks)
        belief = exists if exists is not None else self.belief
        chance = np.ones(len(self.graph.tail))
        for i, e in enumerate(self.edges):
            chance[i] = {"link": e.up, "undeclared": e.up * belief, "copy": e.up, "visits": 0.0}[e.kind]
        start = [self.names.index(n) for n in ends]
        return reached(self.graph.reverse(), chance, start, name=f"{self.scenario.name} {self.posture}")

    @property
    def belief(self) -> float:
        """The scenario's probability that the undeclared channel exists."""
        return self.scenario.undeclared.p_exists if self.scenario.undeclared else 1.0

    def together(self) -> Estimate:
        """Expected share of the sources that hang together in one part at a given moment."""
        at = {name: i for i, name in enumerate(self.sources)}
        edges = [e for e in self.edges if e.from_ in at and e.to in at]
        ends = [(at[e.from_], at[e.to]) for e in edges]
        graph = Graph(len(at), *np.array(ends, int).reshape(-1, 2).T)
        name = f"{self.scenario.name} {self.posture} together"
        return largest_part(graph, np.array([e.up for e in edges]), name=name)

    def spread(self, chance: float, start: Iterable[str] | None = None) -> tuple[Estimate, dict[str, float]]:
        """Expected number of further sources that a compromise reaches from `start` (the system), and the chance of each.

        Every permitted flow carries it on with one chance, whatever carries it: only the effect is modelled.
        """
        begin, others = self._start(start)
        every = np.full(len(self.edges), chance)
        found = reached(self.writing, every, begin, name=f"{self.scenario.name} {self.posture} spread")
        each = {n: found.at_least(1, [self.names.index(n)]).estimate or 0.0 for n in others}
        return found.expected([self.names.index(n) for n in others]), each

    def time_to(self, mean: float, within: float, targets: Iterable[str] | None = None,
                start: Iterable[str] | None = None) -> tuple[Estimate, Estimate]:  # fmt: skip
        """Mean time (s) until a compromise reaches one of `targets` (the sensitive nodes), and the chance within a time.

        Each permitted flow takes an exponential time of one mean (s).
        """
        begin, _ = self._start(start)
        goals, _ = self._ends(self.sensitive if targets is None else targets, ())
        return time_to_reach(self.writing, np.full(len(self.edges), mean), begin, [self.names.index(n) for n in goals], within,
                             name=f"{self.scenario.name} {self.posture} time")  # fmt: skip

    def _start(self, start: Iterable[str] | None) -> tuple[list[int], list[str]]:
        """Vertices where a compromise begins, and the sources that it can reach beyond."""
        system = [self.scenario.nodes[i].name for i in sorted(system_nodes(self.scenario))]
        begin, _ = self._ends(system if start is None else start, ())
        return [self.names.index(n) for n in begin], [n for n in self.sources if n not in begin]

    def guarded(self, link: str, guard: str) -> Flows:
        """The same with a filter or a diode on a link as well, or with the link (or the visits) closed."""
        edge = next((e for e in self.edges if e.name == link and e.kind not in HIDDEN), None)
        if edge is None:
            known = conjoined([e.name for e in self.edges if e.kind not in HIDDEN] or ["none"])
            raise UsageError(f"posture '{self.posture}' has no open link '{link}'; it has {known}")
        if guard not in guards_for(edge):
            raise UsageError(f"'{link}' takes no {guard}; accepted are {', '.join(guards_for(edge))}")
        if guard == "closed":
            kept = [e for e in self.edges if e is not edge]
        elif guard == "diode":  # what stands on the line lets nothing back
            kept = [e for e in self.edges if not (e.kind == "link" and (e.from_, e.to) == (edge.to, edge.from_))]
            kept = [replace(e, guard="diode") if e is edge else e for e in kept]
        else:
            passes = edge.passes & filter_of(next(x for x in self.scenario.links if x.name == link))
            kept = [replace(e, guard="filter", passes=passes) if e is edge else e for e in self.edges]
        return Flows(self.scenario, self.posture, tuple(kept))

    def _ends(self, sources: Iterable[str], sinks: Iterable[str] | None) -> tuple[list[str], list[str]]:
        """Names of both ends, checked and in the scenario's order."""
        begin, ends = set(sources), set(self.sinks if sinks is None else sinks)
        if unknown := sorted((begin | ends) - set(self.names)):
            raise UsageError(f"no node '{unknown[0]}' in '{self.scenario.name}'; it has {conjoined(self.names)}")
        if both := sorted(begin & ends):
            raise UsageError(f"'{both[0]}' is a source and a sink at once; name it on one side")
        return [n for n in self.names if n in begin], [n for n in self.names if n in ends]


def guards_for(edge: Edge) -> tuple[str, ...]:
    """What can be put on an edge that does not stand there yet."""
    if edge.kind in HIDDEN:
        return ()
    return ("closed",) if edge.kind == "visits" else tuple(g for g in ("filter", "diode", "closed") if g != edge.guard)


def filter_of(link: Link) -> frozenset[str]:
    """Identities that a filter on a link lets through, as the scenario states them; all where it states none."""
    return frozenset(link.guard_pass) or ALL


def flows_of(scenario: Scenario, posture: str) -> Flows:
    """The permitted flows of a posture."""
    scenario.require(posture=posture)
    gone = set(scenario.postures[posture].absent)
    # a link without room for tracks carries orders
    edges = [_edge(scenario, link) for link in links_of(scenario, posture) if link.capacity]
    every = (*edges, *_visits(scenario, posture))
    return Flows(scenario, posture, tuple(e for e in every if not {e.from_, e.to} & gone))


def _edge(scenario: Scenario, link: Link) -> Edge:
    up = link.availability * duty_of(scenario, link)
    passes = filter_of(link) if link.guard == "filter" else ALL
    bits = min(link.capacity * link.message / scenario.period_of(link), link.rate or np.inf) * up
    return Edge(link.name, link.from_, link.to, kind_of(scenario, link), link.guard, passes, False, bits, up)


def _visits(scenario: Scenario, posture: str) -> list[Edge]:
    """What the vendor's people carry out of the recordings of the system; its own tracks, or the fed ones as well."""
    p = scenario.postures[posture]
    if p.support != "visits" or p.records == "none" or not powered(p):
        return []
    own = p.records != "all"
    systems = [scenario.nodes[i].name for i in sorted(system_nodes(scenario))]
    far = [n.name for n in scenario.nodes if n.owner == "vendor"]
    return [
        Edge("visits" if len(systems) == len(far) == 1 else f"visits {a} {b}", a, b, "visits", "none", ALL, own, np.inf, 1.0)
        for a in systems for b in far
    ]  # fmt: skip


def topology_of(scenario: Scenario) -> str | None:
    """Which of NATO's notional topologies is asked about; None where no link depends on it."""
    return scenario.modifiers.topology if any(x.topologies for x in scenario.links) else None


def over_topologies(scenario: Scenario, posture: str, ask: Callable[[Flows], float]) -> tuple[float, float, float]:
    """A figure in the scenario's own topology of NATO's networks, and its least and most over the three."""
    found = []
    for topology in (scenario.modifiers.topology, *TOPOLOGIES):
        modifiers = scenario.modifiers.model_copy(update={"topology": topology})
        found.append(ask(flows_of(scenario.model_copy(update={"modifiers": modifiers}), posture)))
    return found[0], min(found), max(found)


def names_of(edges: Collection[Edge]) -> list[str]:
    """Names of edges, sorted."""
    return sorted(e.name for e in edges)
