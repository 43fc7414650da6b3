"""Everything that is asked of the flows of a posture, as plain data: what `openiads flows --json` prints."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, get_args

from openiads.errors import UsageError
from openiads.scenario.spec import IDENTITIES, Scenario
from openiads.studies.flows.guards import Guarded, guards, standing
from openiads.studies.flows.posture import CutSet, Flows, Reach, Way, flows_of, names_of, over_topologies, topology_of
from openiads.studies.statistics import Estimate

_LONGEST = 1e6  # h


@dataclass(frozen=True)
class Question:
    """From whom to whom, and what to assume of a compromise; without chances and times none is reckoned."""

    sources: tuple[str, ...] | None = None  # all nodes for the reach, the sensitive ones for cuts
    sinks: tuple[str, ...] | None = None  # the nodes of the vendor and outside
    chance: float | None = None  # that a permitted flow carries a compromise on
    step: float | None = None  # s, mean time that it takes for that
    within: float = 30 * 86400.0  # s, for which the chance of that is said


def question(sources: list[str] | None, sinks: list[str] | None, chance: float | None, step: float | None,
             within: float | None) -> Question:  # fmt: skip
    """A question as options state it, times in hours; UsageError for what can not be."""
    if chance is not None and not 0.0 <= chance <= 1.0:
        raise UsageError(f"--chance {chance:g}: accepted are 0 to 1")
    for option, hours in (("step", step), ("within", within)):
        if hours is not None and not 0.0 < hours <= _LONGEST:
            raise UsageError(f"--{option} {hours:g}: accepted are hours above 0, up to {_LONGEST:g}")
    if within is not None and step is None:
        raise UsageError("--within says until when a compromise is followed; state with --step how long a flow takes")
    begin, ends = (None if names is None else tuple(dict.fromkeys(names)) for names in (sources, sinks))
    seconds = [None if hours is None else 3600.0 * hours for hours in (step, within)]
    return Question(begin, ends, chance, seconds[0], seconds[1] or Question.within)


def answer(scenario: Scenario, posture: str, question: Question) -> dict[str, Any]:
    """Flows, reach both ways, cuts, guards and chances of a posture; ranges are over NATO's three notional topologies."""
    flows = flows_of(scenario, posture)
    sources, sinks = question.sources, question.sinks
    cut = flows.cut(sources, sinks)

    def over(ask: Callable[[Flows], float]) -> list[float | None]:
        return [_finite(x) for x in over_topologies(scenario, posture, ask)]

    return {
        "scenario": scenario.name, "posture": posture, "topology": topology_of(scenario),
        "sources": flows.all(sinks) if sources is None else list(sources),
        "protected": flows.protected(sinks) if sources is None else list(sources),
        "sinks": flows.sinks if sinks is None else list(sinks),
        "flows": [_edge(e) for e in flows.edges],
        "reach": _reach(flows.reach(sources, sinks))
        | {
            "count": over(lambda f: len(f.reach(sources, sinks).nodes)),
            "count_sensitive": over(lambda f: len(f.reach(sources, sinks).sensitive)),
        },
        "onward": _reach(flows.onward())
        | {
            "count": over(lambda f: len(f.onward().nodes)), "count_sensitive": over(lambda f: len(f.onward().sensitive)),
        },
        "cut": _cut(cut, over(lambda f: f.cut(sources, sinks).size))
        | {"links_near_sources": names_of(flows.cut(sources, sinks, "sources").edges)},
        "bits_per_s": {
            way: _cut(flows.narrowest(sources, sinks, way), over(partial(_narrowest, sources, sinks, way)))
            for way in get_args(Way)
        },
        "visit_s": scenario.postures[posture].visit,
        "guards": [_guard(g) for g in guards(flows, sources, sinks)],
        "guards_standing": [_guard(g) for g in standing(flows, sources, sinks)],
        "chance": _chances(flows, sources, sinks),
        "together": flows.together()._asdict(),
    } | _compromise(flows, question)  # fmt: skip


def _narrowest(sources: tuple[str, ...] | None, sinks: tuple[str, ...] | None, way: Way, flows: Flows) -> float:
    return flows.narrowest(sources, sinks, way).size


def _finite(x: float) -> float | None:
    """None stands for without limit."""
    return x if math.isfinite(x) else None


def _edge(e: Any) -> dict[str, Any]:
    return {
        "name": e.name, "from": e.from_, "to": e.to, "kind": e.kind, "guard": e.guard, "own_tracks_only": e.own,
        "passes": [i for i in IDENTITIES if i in e.passes], "bits_per_s": _finite(e.bits), "up": e.up,
    }  # fmt: skip


def _reach(found: Reach) -> dict[str, Any]:
    ways = {name: [_hop(e) for e in way] for name, way in found.ways.items()}
    return {"nodes": list(found.nodes), "sensitive": list(found.sensitive), "ways": ways}


def _guard(g: Guarded) -> dict[str, Any]:
    return asdict(g) | {"bits": _finite(g.bits)}


def _hop(e: Any) -> dict[str, str]:
    return {"from": e.from_, "link": e.name, "guard": e.guard, "to": e.to}


def _cut(found: CutSet, over: list[float | None]) -> dict[str, Any]:
    return {"size": over, "links": names_of(found.edges)}


def _chances(flows: Flows, sources: tuple[str, ...] | None, sinks: tuple[str, ...] | None) -> dict[str, Any]:
    """That tracks of at least one node can leave over links at a given moment, as the undeclared channel exists or not."""
    of = [flows.vertex(n) for n in (flows.protected(sinks) if sources is None else sources)]

    def some(exists: float | None) -> dict[str, Any]:
        return _clear(flows.leaks(sinks, exists=exists).at_least(1, of))

    expected = flows.leaks(sinks).expected(of)
    channel = any(e.kind == "undeclared" for e in flows.edges)
    belief = {"p_exists": flows.belief, "without": some(0.0), "with": some(1.0)} if channel else {}
    return belief | {"believed": some(None), "expected_nodes": _clear(expected)}


def _clear(x: Estimate) -> dict[str, Any]:
    return x._asdict()


def _compromise(flows: Flows, question: Question) -> dict[str, Any]:
    """How far a compromise of the system spreads along permitted flows, if a chance or a time is assumed."""
    found: dict[str, Any] = {}
    if question.chance is not None:
        expected, each = flows.spread(question.chance)
        found["spread"] = {"chance": question.chance, "expected_nodes": _clear(expected), "each": each}
    if question.step is not None:
        mean, within = flows.time_to(question.step, question.within)
        found["time_to_sensitive"] = {
            "step_s": question.step, "mean_s": _clear(mean), "within_s": question.within, "probability": _clear(within),
        }  # fmt: skip
    return found
