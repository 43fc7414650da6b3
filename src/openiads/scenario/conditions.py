"""When two postures live the same run in one world, and what has to be kept of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from openiads.engine import network, step
from openiads.scenario.build import Simulation

LEDGERS = ("truth", "engagements", "tally", "exposure", "overheard")  # what the rows of a study are made of


def conditions(simulation: Simulation) -> bytes:
    """All that can differ between two postures in one world: equal conditions give equal runs, lived once.

    What comes to nothing is left out. A system that stays dark throughout is the same in its boxes, cold on its site and
    in custody: whatever it could engage with, and whatever link leads out of it. One that is on before the first tick is
    the same however long it would have taken to get ready.
    """
    p = simulation.params
    at = p.radars.node
    on = p.readiness.allowed & (p.readiness.start <= -simulation.warmup * simulation.tick)
    called = np.isin(np.arange(p.doctrine.ready.size), at[p.readiness.allowed & ~on])
    readiness = p.readiness._replace(start=np.where(on, -np.inf, p.readiness.start))
    system = np.isin(at, simulation.system_nodes)
    if (p.readiness.allowed & system).any():
        doctrine = p.doctrine._replace(ready=np.where(called, p.doctrine.ready, 0.0))
        bundles: tuple[Any, ...] = (p.links, p.feeds, readiness, p.trackers, p.units, doctrine)
    else:
        bundles = (_sending(p.links, simulation.system_nodes), p.feeds, readiness, p.trackers)
    return b"|".join(np.ascontiguousarray(array).tobytes() for array in _arrays(bundles))


def _sending(links: network.Links, dark: list[int]) -> network.Links:
    """The links of nodes that are not dark; a node that none of them leads to keeps nothing for any time."""
    rows = ~np.isin(links.source, dark)
    told = np.isin(np.arange(len(links.keep)), links.sink[rows])
    kept = _each(links._replace(keep=links.keep[:0]), lambda array: array[rows] if len(array) else array)
    return kept._replace(keep=np.where(told, links.keep, 0.0))


def as_lived(simulation: Simulation, lived: Simulation) -> Simulation:
    """A posture with the ledgers of a run under the same conditions; its links are those of that run, whose rows they count."""
    params = simulation.params._replace(links=lived.params.links)
    return replace(simulation, params=params, links=lived.links, state=lived.state)


def ledgers(state: step.State) -> step.State:
    """A state with what rows are made of; the rest is emptied, so that a study does not hold whole engines (80 MB each)."""
    rest = {
        name: _each(bundle, lambda array: np.empty((0,) * array.ndim, array.dtype))
        for name, bundle in state._asdict().items() if name not in LEDGERS
    }  # fmt: skip
    return state._replace(**rest)


def _arrays(bundle: tuple[Any, ...]) -> Iterator[np.ndarray]:
    """Every array of nested bundles, in order."""
    for part in bundle:
        if isinstance(part, tuple):
            yield from _arrays(part)
        else:
            yield part


def _each(bundle: Any, change: Callable[[np.ndarray], np.ndarray]) -> Any:
    """Nested bundles with every array changed."""
    return type(bundle)(*(_each(x, change) if isinstance(x, tuple) else change(x) for x in bundle))
