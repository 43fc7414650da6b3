"""Rounds of a salvo leave one after the other, and each meets its target at its own time, inside the envelope."""

from __future__ import annotations

import numpy as np
import pytest

from openiads.engine import motion, step
from tests import builders


def salvo(rounds: int, interval: float, pk: float, **missile):
    """One unit that fires a salvo at one raider, which comes straight in from 32 km at 300 m/s."""
    one = {**builders.BASE["fire_units"][0], "launchers": 1}
    s = builders.scenario(
        fire_units=[one], doctrine={"salvo": rounds, "rounds_max": rounds},
        library={
            "missiles": {"round": {"pk_cruise": pk, "speed_mps": 1000.0, **missile}},
            "fire_units": {"unit": {"channels": 1, "reaction_s": 0.0, "launch_interval_s": interval}},
        },
    )  # fmt: skip
    return builders.simulation(s, [builders.inbound(s, "raider", 1.0, 32e3, 2e3, target=0)], log=400)


def ends(sim, ticks: int = 120):
    """Second of the kill (nan for none), its distance from the launchers (m), and rounds fired."""
    for tick in range(ticks):
        step.simulate(sim.params, sim.state, tick, 1.0, 1)
        if sim.state.truth.status[0] == motion.KILLED:
            far = float(np.linalg.norm(sim.state.truth.pos[0] - sim.params.units.pos[0]))
            return tick + 1.0, far, int(sim.state.tally.rounds.sum())
    return np.nan, np.nan, int(sim.state.tally.rounds.sum())


def test_the_first_round_kills_when_it_is_there():
    """Not when the last one would be: with a minute between them they would all come too late."""
    alone, _, _ = ends(salvo(1, 0.0, 1.0))
    for interval in (5.0, 60.0):
        assert ends(salvo(2, interval, 1.0))[0] == alone


def test_a_round_that_would_meet_inside_the_dead_zone_stays():
    """From 32 km the raider is inside 20 km 40 s later: of four rounds 15 s apart two can meet it in time."""
    sim = salvo(4, 15.0, 0.0, range_min_km=20.0)
    assert ends(sim)[2] == 2
    _, far, fired = ends(salvo(4, 15.0, 1.0, range_min_km=20.0))
    assert far > 20e3 and fired == 2


@pytest.mark.parametrize("interval", [0.0, 2.0])
def test_a_salvo_kills_as_often_whether_it_comes_at_once_or_not(interval):
    run, killed = builders.Repeated(salvo(3, interval, 0.4)), 0
    for k in range(600):
        killed += run.run(k, 70).truth.status[0] == motion.KILLED
    assert abs(killed / 600 - (1 - 0.6**3)) < 3.3 * (0.784 * 0.216 / 600) ** 0.5
