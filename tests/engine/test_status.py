"""The word of who engages what: it goes with the track, it is believed as long as it is said, and no echo comes back."""

from __future__ import annotations

import numpy as np

from openiads.engine import step
from openiads.engine.command import IDLE
from tests import builders

LINK = {
    "role": "fixed", "latency_s": 0.0, "period_s": 1.0, "capacity": 100, "message_bits": 100.0, "availability": 1.0, "status": True,
}  # fmt: skip


def posts(link: dict):
    """Two posts at one place, linked both ways; the second one's unit is the slower to shoot."""
    one = {**builders.BASE["fire_units"][0], "launchers": 1}
    s = builders.scenario(
        nodes=[{**builders.BASE["nodes"][0], "name": name} for name in ("a", "b")],
        radars=[{**builders.BASE["radars"][0], "name": f"eye-{n}", "node": n} for n in ("a", "b")],
        fire_units=[{**one, "name": f"unit-{n}", "class": n, "node": n, "radar": f"eye-{n}"} for n in ("a", "b")],
        links=[{**link, "name": f"{x}{y}", "from": x, "to": y} for x, y in (("a", "b"), ("b", "a"))],
        doctrine={"authority": "a", "rounds_max": 8},
        library={
            "missiles": {"round": {"pk_cruise": 0.0, "range_max_km": 100.0}, "short": {**builders.MISSILE, "range_max_km": 25.0}},
            "fire_units": {"a": {**builders.UNIT, "reaction_s": 0.0}, "b": {**builders.UNIT, "missile": "short"}},
        },
    )  # fmt: skip
    return builders.simulation(s, [builders.inbound(s, "raider", 1.0, 60e3, 5e3, target=0)])


def test_a_copy_that_was_forwarded_does_not_undo_the_word():
    """a tells b straight and by way of c, whose copies do not know: b holds that a engages as long as a does."""
    s = builders.scenario(
        nodes=[{**builders.BASE["nodes"][0], "name": name} for name in ("a", "b", "c")],
        radars=[{**builders.BASE["radars"][0], "name": "eye", "node": "a"}],
        fire_units=[{**builders.BASE["fire_units"][0], "launchers": 1, "node": "a", "radar": "eye"}],
        links=[{**LINK, "period_s": 4.0, "name": f"{x}{y}", "from": x, "to": y} for x, y in ("ab", "ac", "cb")],
        doctrine={"authority": "a", "rounds_max": 8},
        library={"missiles": {"round": {"pk_cruise": 0.0}}, "fire_units": {"unit": {"assessment_s": 300.0}}},
    )
    sim = builders.simulation(s, [builders.inbound(s, "raider", 1.0, 60e3, 5e3, target=0)])
    begun, known = None, []
    for tick in range(100):
        step.simulate(sim.params, sim.state, tick, sim.tick, 1)
        if begun is None and (sim.state.orders.state[0] != IDLE).any():
            begun = tick
        if begun is not None and tick > begun + 5:
            known.append((sim.state.pictures.engaged & sim.state.pictures.valid)[1].any())
    assert len(known) > 50 and all(known)


def watched(sim, ticks: int):
    """By tick: does a have an order, does b, does b hold that a engages, does a hold that b does."""
    rows = []
    for tick in range(ticks):
        step.simulate(sim.params, sim.state, tick, sim.tick, 1)
        o, p = sim.state.orders, sim.state.pictures
        rows.append(
            [
                (o.state[0] != IDLE).any(),
                (o.state[1] != IDLE).any(),
                (p.engaged & p.valid)[1].any(),
                (p.engaged & p.valid)[0].any(),
            ]
        )
    return np.array(rows)


def test_the_second_post_waits_while_the_first_says_that_it_engages():
    seen = watched(posts(LINK), 150)
    assert seen[:, 0].any()
    told = seen[:-1, 2]
    opened = seen[1:, 1] & ~seen[:-1, 1]
    assert not (opened & told & seen[1:, 2]).any()
    silent = watched(posts({**LINK, "status": False}), 150)
    assert not silent[:, 2:].any() and silent[:, 1].sum() > seen[:, 1].sum()


def test_no_echo():
    """What a engages b holds as engaged by a, and never tells it back: a holds nothing of the kind while b has no order."""
    seen = watched(posts(LINK), 150)
    before = np.zeros(len(seen), bool)
    for lag in range(4):  # order, frame, delivery
        before[lag:] |= seen[: len(seen) - lag, 1]
    assert seen[:, 2].any() and not (seen[:, 3] & ~before).any()
