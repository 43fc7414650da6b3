"""What finds no room is counted, in the ledger of the run and in every row of a study."""

from __future__ import annotations

from dataclasses import replace

import pytest

from openiads.engine import step
from openiads.engine.sensing import empty_plots
from openiads.studies.measure import raid_row
from tests import builders


def test_plots_without_room_are_counted():
    """Four bodies over a radar whose plot table has two rows: two are lost at every scan."""
    s = builders.scenario(doctrine={"hostile_time_s": 0.001})  # nobody is hostile, so all of them fly on
    flights = [builders.inbound(s, f"raider-{i}", 0.5 * i, 60e3, 40e3) for i in range(4)]
    sim = builders.simulation(s, flights)
    step.simulate(sim.params, sim.state, 0, sim.tick, 10)
    assert raid_row(sim)["overflow"] == 0.0
    sim = builders.simulation(s, flights)
    plots, origin = empty_plots(sim.params.radars.key.size, 2)
    sim = replace(sim, state=sim.state._replace(plots=plots, origin=origin))
    step.simulate(sim.params, sim.state, 0, sim.tick, 10)
    assert sim.state.tally.dropped[0] == raid_row(sim)["overflow"] == 20


@pytest.mark.parametrize("place", [1, 2])
def test_tracks_without_room_are_counted(place):
    """The counters of tracking and of the network, which count since the beginning, stand in the ledger."""
    s = builders.scenario()
    sim = builders.simulation(s, [builders.inbound(s, "raider", 0.0, 60e3, 40e3)])
    (sim.state.tracks if place == 1 else sim.state.pictures).dropped[0] = 7
    step.simulate(sim.params, sim.state, 0, sim.tick, 3)
    assert sim.state.tally.dropped[place] == raid_row(sim)["overflow"] == 7
