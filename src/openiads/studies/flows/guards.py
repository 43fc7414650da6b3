"""Which guard on which link protects most: guards in the order of what they protect."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from openiads.scenario.spec import IDENTITIES
from openiads.studies.flows.posture import Flows, guards_for


@dataclass(frozen=True)
class Guarded:
    """A guard that does not stand yet, and what could no longer flow to the sinks if it did."""

    link: str
    guard: str  # filter, diode, closed
    sensitive: tuple[str, ...]  # nodes
    nodes: tuple[str, ...]
    identities: tuple[str, ...]  # as which no track of a source (a sensitive node) would flow any more
    bits: float  # bit/s of the sources (the sensitive nodes) that could still leave


def guards(flows: Flows, sources: Collection[str] | None = None, sinks: Collection[str] | None = None) -> list[Guarded]:
    """Every guard on every link, first the one that protects most sensitive nodes, then nodes, then identities.

    A diode on a link closes what runs the other way; a filter passes what the scenario states for the link.
    """
    before, told = flows.reach(sources, sinks), _identities(flows, sources, sinks)
    found = []
    for edge in flows.edges:
        for guard in guards_for(edge):
            other = flows.guarded(edge.name, guard)
            after, still = other.reach(sources, sinks), _identities(other, sources, sinks)
            found.append(Guarded(
                edge.name, guard,
                tuple(n for n in before.sensitive if n not in after.sensitive),
                tuple(n for n in before.nodes if n not in after.nodes),
                tuple(i for i in IDENTITIES if i in told and i not in still),
                other.narrowest(sources, sinks).size,
            ))  # fmt: skip
    return sorted(found, key=lambda g: (-len(g.sensitive), -len(g.nodes), -len(g.identities)))


def _identities(flows: Flows, sources: Collection[str] | None, sinks: Collection[str] | None) -> set[str]:
    """Identities as which tracks of some source (sensitive node) can flow."""
    begin = flows.protected(sinks) if sources is None else sources
    return {i for i in IDENTITIES if flows.reach(begin, sinks, i).nodes}
