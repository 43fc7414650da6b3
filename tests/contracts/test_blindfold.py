"""Nobody decides on the truth: with Truth blotted out and the origin of plots mixed up, every order stays the same.

Oracle: the same run with open eyes, byte by byte. Two cheats show that the blindfold bites.
"""

from __future__ import annotations

import numpy as np
import pytest

from openiads import load
from openiads.engine import step
from openiads.scenario.build import Simulation, build
from tests import builders

BLIND = ("track", "exchange", "decide", "emit", "report", "task")  # who must do without the truth
DECIDED = ("tracks", "messages", "pictures", "orders", "engagements", "taskings", "reports")
FIRST, LAST = 310, 400  # ticks: the first shots are asked for within


def raid() -> Simulation:
    return build(load("turkey-2019"), "full-links", "raid", 3, 1, warning=86400.0)


def live(sim: Simulation, blindfold: bool, cheat=None) -> dict[str, bytes]:
    """The bytes of all that was believed and decided, after some ticks."""
    step.simulate(sim.params, sim.state, 0, sim.tick, FIRST)
    names = builders.bundles(sim.params, sim.state)
    hidden = [*builders.arrays(sim.state.truth), *builders.arrays(sim.state.origin)]
    seen = 0
    for i in range(FIRST, LAST):
        names |= {"t0": i * sim.tick, "t1": (i + 1) * sim.tick}
        for stage, function, wanted in builders.stages():
            kept = [a.copy() for a in hidden]
            if blindfold and stage in BLIND:
                for a in hidden:
                    a[...] = np.nan if a.dtype.kind == "f" else np.roll(a[::-1], 3) + 1
            if cheat is not None and stage == "track":
                cheat(sim)
            function(*(builders.value(names, what) for what in wanted))
            for a, before in zip(hidden, kept, strict=True):
                if blindfold and stage in BLIND:
                    a[...] = before
        seen += int(sim.state.orders.state.any())
    assert seen > 0 or cheat is not None, "something was decided"
    return {n: b"".join(a.tobytes() for a in builders.arrays(getattr(sim.state, n))) for n in DECIDED}


@pytest.fixture(scope="module")
def open_eyes() -> dict[str, bytes]:
    return live(raid(), False)


def test_the_stages_are_those_of_a_run(open_eyes):
    """Stage by stage as here, or in one go in the engine's own loop: the same bytes."""
    sim = raid()
    step.simulate(sim.params, sim.state, 0, sim.tick, LAST)
    for n in DECIDED:
        assert b"".join(a.tobytes() for a in builders.arrays(getattr(sim.state, n))) == open_eyes[n], n


def test_orders_do_not_change(open_eyes):
    blind = live(raid(), True)
    assert [n for n in DECIDED if blind[n] != open_eyes[n]] == []


def peek_at_truth(sim: Simulation) -> None:
    """A tracker that adds a millionth of the truth to its plots; not NaN, for which no kernel is made."""
    sim.state.plots.pos[:] += 1e-6 * np.nan_to_num(sim.state.truth.pos[0])


def peek_at_origin(sim: Simulation) -> None:
    """A tracker that knows which plots are of the first body."""
    n = sim.state.plots.first[-1]
    sim.state.plots.pos[:n][sim.state.origin.body[:n] == 0] += 1.0


@pytest.mark.parametrize("cheat", [peek_at_truth, peek_at_origin])
def test_a_cheat_is_caught(cheat):
    assert live(raid(), True, cheat)["tracks"] != live(raid(), False, cheat)["tracks"]
