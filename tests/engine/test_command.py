"""Decisions through the real engine: what a node declared it takes back on evidence only.

Oracle: the identities of every track, tick by tick, in the flagship's raid, and what the node held of it.
"""

from __future__ import annotations

import numpy as np

from openiads import load
from openiads.engine import step
from openiads.engine.network import ASSUMED_FRIEND, FRIEND, HOSTILE, NEUTRAL, Pictures
from openiads.running import warm_up
from openiads.scenario.build import build


def vouched(pictures: Pictures, own: int) -> np.ndarray:
    """Has a track of a node's own answered, told an address, or been called a friend or neutral by a link; [N, own]."""
    told = np.isin(pictures.told[:, :own], (FRIEND, ASSUMED_FRIEND, NEUTRAL))
    return (pictures.answered[:, :own] > 0).any(axis=2) | (pictures.address[:, :own] >= 0) | told


def test_a_declaration_is_taken_back_on_evidence_only():
    sim = build(load("turkey-2019"), "standalone", "raid", 3, 1, warning=86400.0)
    warm_up(sim)
    own = sim.state.pictures.held.shape[1]
    before, numbers, declared = None, None, 0
    for tick in range(sim.ticks):
        step.simulate(sim.params, sim.state, tick, sim.tick, 1)
        identity = sim.state.orders.identity[:, :own].copy()
        if before is not None:
            same = (sim.state.orders.number[:, :own] == numbers) & (numbers >= 0) & (before == HOSTILE)
            assert (identity[same] == HOSTILE)[~vouched(sim.state.pictures, own)[same]].all()
            declared += int(same.sum())
        before, numbers = identity, sim.state.orders.number[:, :own].copy()
    assert declared > 100
