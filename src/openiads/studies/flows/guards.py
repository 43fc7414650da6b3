"""Which guard on which link protects most, and what each guard that stands keeps in: in the order of what they protect."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import NamedTuple

from openiads.scenario.compromises import compromised
from openiads.scenario.spec import IDENTITIES
from openiads.studies.flows.posture import ALL, HIDDEN, Edge, Flows, guards_for

Names = Collection[str] | None


@dataclass(frozen=True)
class Guarded:
    """A guard that does not stand yet, and what could no longer flow if it did; or one that does, and what could without it."""

    link: str
    guard: str  # filter, diode, closed
    sensitive: tuple[str, ...]  # nodes whose tracks the sinks would lose (get)
    nodes: tuple[str, ...]
    identities: tuple[str, ...]  # as which they would lose (get) tracks of a source (a sensitive node)
    onward: tuple[str, ...]  # nodes that a compromise of the system would lose (get)
    bits: float  # bit/s of the sources (the sensitive nodes) that could then leave


class _Figures(NamedTuple):
    """What can flow, before or after."""

    sensitive: tuple[str, ...]
    nodes: tuple[str, ...]
    identities: tuple[str, ...]
    onward: tuple[str, ...]


def guards(flows: Flows, sources: Names = None, sinks: Names = None) -> list[Guarded]:
    """Every guard on every link, first the one that protects most sensitive nodes, then nodes, identities, nodes onward.

    A diode on a link closes what runs the other way; a filter passes what the scenario states for the link.
    """
    before, found = _figures(flows, sources, sinks), []
    for edge in flows.edges:
        for guard in guards_for(edge):
            other = flows.guarded(edge.name, guard)
            lost = _only(before, _figures(other, sources, sinks))
            found.append(Guarded(edge.name, guard, *lost, other.narrowest(sources, sinks).size))
    return _by_size(found)


def standing(flows: Flows, sources: Names = None, sinks: Names = None) -> list[Guarded]:
    """Every guard that stands, first the one without which most sensitive nodes (nodes, identities, nodes onward) would be open."""
    before, found = _figures(flows, sources, sinks), []
    for edge in flows.edges:
        if edge.guard != "none" and edge.kind not in HIDDEN:
            other = without_guard(flows, edge)
            more = _only(_figures(other, sources, sinks), before)
            found.append(Guarded(edge.name, edge.guard, *more, other.narrowest(sources, sinks).size))
    return _by_size(found)


def without_guard(flows: Flows, edge: Edge) -> Flows:
    """The same with the guard of a link taken off: all identities pass, and what had a diode carries as much both ways.

    What a compromise copies off the link is no longer filtered either.
    """
    c = compromised(flows.scenario, flows.posture)
    bare = {edge.name} | ({c.name} if c is not None and c.of == edge.name else set())
    edges = [replace(e, guard="none", passes=ALL) if e.name in bare else e for e in flows.edges]
    if edge.guard == "diode":
        edges.append(
            replace(edge, name=f"{edge.name} backwards", from_=edge.to, to=edge.from_, guard="none", passes=ALL)
        )
    return replace(flows, edges=tuple(edges))


def _figures(flows: Flows, sources: Names, sinks: Names) -> _Figures:
    reach = flows.reach(sources, sinks)
    begin = flows.protected(sinks) if sources is None else sources
    told = tuple(i for i in IDENTITIES if flows.reach(begin, sinks, i).nodes)
    return _Figures(reach.sensitive, reach.nodes, told, flows.onward().nodes)


def _only(more: _Figures, less: _Figures) -> _Figures:
    """What is in the first and not in the second."""
    return _Figures(*(tuple(x for x in a if x not in b) for a, b in zip(more, less, strict=True)))


def _by_size(found: list[Guarded]) -> list[Guarded]:
    return sorted(found, key=lambda g: (-len(g.sensitive), -len(g.nodes), -len(g.identities), -len(g.onward)))
