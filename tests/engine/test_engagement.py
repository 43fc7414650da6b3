"""Engagements: one kill a body, reloading, lost guidance, what the crew believes.

Oracle: Truth after the run and the log of events; every scenario is small enough to know what must happen.
"""

from __future__ import annotations

from dataclasses import replace

from openiads.engine import motion, outcome, step
from openiads.engine.command import BELIEVED_KILLED
from openiads.engine.geo import destination
from tests import builders


def pair() -> builders.Repeated:
    """Two raiders side by side; rounds that always kill what they find."""
    s = builders.scenario(library={"missiles": {"round": {"pk_cruise": 1.0}}})
    start, end = (destination(*builders.SITE, 1.0, d) for d in (40e3, 20e3))
    beside = [destination(*place, 1.0 + 1.5708, 300.0) for place in (start, end)]
    return builders.Repeated(
        builders.simulation(s, [builders.flight(s, "left", start, end), builders.flight(s, "right", *beside)])
    )


def test_a_body_is_killed_once():
    """Two salvos that find the same body in one tick are one kill; the other body flies on."""
    run, survivors = pair(), 0
    for replication in range(40):
        state = run.run(replication, 40)
        killed = int((state.truth.status[:2] == motion.KILLED).sum())
        assert state.tally.rounds.sum() == 2
        assert state.tally.hits.sum() == killed
        assert state.engagements.arrived.sum() == 2, "each round that found a body has a draw of its own"
        survivors += 2 - killed
    assert survivors > 5, "both rounds find the same body now and then"


def test_an_empty_unit_fires_again_when_it_has_reloaded():
    """One ready round, three in reserve, a minute to reload: the second launch comes a minute after the first."""
    unit = {"rounds_per_launcher": 1, "reload_min": 1.0, "reload_rounds": 3}
    s = builders.scenario(
        fire_units=[{**builders.BASE["fire_units"][0], "launchers": 1}], library={"fire_units": {"unit": unit}}
    )
    flights = [builders.inbound(s, f"raider-{i}", 2.0 * i, 80e3, 30e3) for i in range(3)]
    sim = builders.simulation(s, flights, log=100)
    step.simulate(sim.params, sim.state, 0, sim.tick, 150)
    state = sim.state
    log = state.events.row[: state.events.count[0]]
    launches = log[log[:, 1] == outcome.LAUNCH, 0]
    assert len(launches) == 3 and state.tally.rounds[0] == 3
    assert 60.0 <= launches[1] - launches[0] <= 63.0
    assert launches[2] - launches[1] < 5.0, "the reserve comes aboard at once"
    assert state.engagements.reserve[0] == 0 and state.engagements.rounds[0] == 1


def test_a_round_whose_target_dives_below_the_horizon_is_lost():
    """Rounds that always kill: a target that keeps its height dies, one that dives behind the horizon does not."""
    s = builders.scenario(library={"missiles": {"round": {"pk_cruise": 1.0, "speed_mps": 1000.0}}})
    for low, killed in ((3000.0, True), (20.0, False)):
        raider = builders.inbound(s, "raider", 1.0, 95e3, 60e3)
        start = raider.route[0]
        places = [destination(*builders.SITE, 1.0, d) for d in (95e3, 85e3, 84e3, 60e3)]
        heights, times = (3000.0, 3000.0, low, low), (0.0, 33.3, 36.7, 116.7)
        raider.route = [
            replace(start, t=t, latitude=p[0], longitude=p[1], height=h)
            for t, p, h in zip(times, places, heights, strict=True)
        ]
        sim = builders.simulation(s, [raider], log=20)
        step.simulate(sim.params, sim.state, 0, sim.tick, 110)
        assert sim.state.tally.rounds.sum() > 0
        assert (sim.state.truth.status[0] == motion.KILLED) == killed
        assert sim.state.engagements.arrived.sum() == int(killed), "a lost round draws nothing"


def test_what_the_crew_believes():
    """With an assessment that is always right the belief is what happened, with one that is always wrong its opposite."""
    for right in (1.0, 0.0):
        s = builders.scenario(
            library={"missiles": {"round": {"pk_cruise": 0.5}}, "fire_units": {"unit": {"assessment_correct": right}}}
        )
        flights = [builders.inbound(s, f"raider-{i}", 0.3 * i, 60e3, 20e3) for i in range(20)]
        sim = builders.simulation(s, flights, log=400)
        step.simulate(sim.params, sim.state, 0, sim.tick, 60)
        log = sim.state.events.row[: sim.state.events.count[0]]
        happened = {int(r[3]): r[6] == 1.0 for r in log if r[1] == outcome.MEETING}
        believed = {int(r[3]): int(r[4]) == BELIEVED_KILLED for r in log if r[1] == outcome.ASSESSED}
        assert len(believed) > 15 and 0 < sum(happened.values()) < len(happened)
        assert all(believed[track] == (happened[track] == (right == 1.0)) for track in believed)
