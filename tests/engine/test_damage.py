"""Damage: hits, debris, what a lost part stops and what goes on without it, and carriers.

Oracle: closed forms of the draws, and runs that are small enough to know what must stop when.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from openiads.engine import motion, outcome, step
from openiads.engine.command import LOST
from openiads.engine.geo import destination
from openiads.running import run as record
from openiads.scenario.build import Simulation
from openiads.scenario.flights import Flight
from openiads.scenario.raid import weapons
from openiads.scenario.spec import Scenario
from tests import builders

HAMMER = {
    **builders.RAIDER,
    "kind": "drone",
    "speed_mps": 8000.0,
}  # that no radar reports: it takes a part away at a given time
UNIT = builders.BASE["fire_units"][0]


def scenario(assets: list[dict], **rest: Any) -> Scenario:
    changes = {
        "assets": [{"title": "an asset", **asset} for asset in assets],
        "library": {"radars": {"sharp": {"targets": ["cruise", "aircraft"]}}, "bodies": {"hammer": HAMMER}},
    }
    return builders.scenario(**builders.laid_over(changes, rest))


def at(name: str, distance: float = 0.0, bearing: float = 0.0) -> dict[str, Any]:
    lat, lon = (math.degrees(x) for x in destination(*builders.SITE, bearing, distance))
    return {"name": name, "latitude_deg": lat, "longitude_deg": lon}


def hammer(s: Scenario, name: str, target: int, t: float) -> Flight:
    """What arrives at the site at time t (s)."""
    return builders.inbound(s, name, 3.0, 80e3, 0.0, body="hammer", t0=t - 10.0, target=target)


def lived(sim: Simulation, first: int, last: int) -> Simulation:
    step.simulate(sim.params, sim.state, first, sim.tick, last - first)
    return sim


def launches(sim: Simulation) -> np.ndarray:
    rows = sim.state.events.row[: sim.state.events.count[0]]
    return rows[rows[:, 1] == outcome.LAUNCH, 0]


def test_hits_are_drawn_and_add_up_to_damage():
    """20 leakers that hit with .3; the target is gone at the fourth hit and takes no notice of more."""
    s = scenario([{**at("depot"), "hits_to_kill": 4}], library={"bodies": {"hammer": {"hit_probability": 0.3}}})
    run = builders.Repeated(builders.simulation(s, [hammer(s, f"h{i}", 0, 12.0 + i) for i in range(20)]))
    hits = []
    for k in range(400):
        damage = run.run(k, 35).damage
        hits.append(int(damage.hits[0, 0]))
        assert damage.share[0] == min(1.0, hits[-1] / 4.0) and (damage.t_lost[0] < 35.0) == (hits[-1] >= 4)
        assert damage.hits[0, 1] == 0
    error = math.sqrt(20 * 0.3 * 0.7 / 400)
    assert np.mean(hits) == pytest.approx(6.0, abs=3.3 * error)


@pytest.mark.parametrize(("within_km", "share"), [(30.0, 0.4), (5.0, 0.0)])
def test_debris_of_what_is_killed_close_by(within_km, share):
    """All raiders are killed about 20 km from where they were sent; debris reaches 30 km or 5 km."""
    s = scenario(
        [at("depot")],
        library={
            "missiles": {"round": {"pk_cruise": 1.0, "range_max_km": 20.0}},
            "bodies": {"raider": {"debris_km": within_km, "debris_probability": 0.4}},
        },
    )
    raiders = [builders.inbound(s, f"r{i}", 0.7 * i, 30e3, 0.0, target=0) for i in range(8)]
    run, debris = builders.Repeated(builders.simulation(s, raiders)), []
    for k in range(200):
        state = run.run(k, 60)
        assert (state.truth.status[:8] == motion.KILLED).all() and state.damage.hits[0, 0] == 0
        debris.append(int(state.damage.hits[0, 1]))
    assert np.mean(debris) == pytest.approx(8 * share, abs=3.3 * math.sqrt(8 * 0.4 * 0.6 / 200) if share else 0.0)


def test_a_radar_that_is_lost():
    """It is off for good, its unit fires no more and its round in flight is lost; the node and the other radar go on."""
    radar = builders.BASE["radars"][0]
    s = scenario(
        [{"name": "eye-itself", "component": "eye"}],
        radars=[radar, {**radar, "name": "other", "offset_km": 5.0}],
        fire_units=[UNIT, {**UNIT, "name": "second", "radar": "other"}],
        doctrine={"rounds_max": 2},
        library={
            "missiles": {"round": {"pk_cruise": 1.0, "speed_mps": 1000.0}},
            "fire_units": {"unit": {"channels": 1}},
        },
    )
    late = [builders.inbound(s, f"late-{i}", 2.0 + i, 40e3, 1e3, t0=20.0) for i in range(2)]
    early = [builders.inbound(s, f"early-{i}", 0.3 * i, 30e3, 1e3) for i in range(2)]
    sim = lived(builders.simulation(s, [*early, hammer(s, "hammer", 0, 14.5), *late], log=200), 0, 14)
    state = sim.state
    assert state.taskings.on.all() and len(launches(sim)) == 2, "both units have a round in flight"
    lived(sim, 14, 120)
    assert state.taskings.on.tolist() == [False, True] and state.reports.up.all()
    assert state.engagements.lost[0, 0] and state.engagements.phase[0, 0] == LOST
    assert state.tally.hits[:, motion.HOSTILE].tolist() == [0, 4], "the other unit takes all that are left"
    assert state.tally.rounds.tolist() == [1, 4]


def test_a_fire_unit_loses_launchers_rounds_and_channels():
    s = scenario(
        [{"name": "launchers", "component": "unit", "hits_to_kill": 4}],
        doctrine={"hostile_time_s": 0.001},
        fire_units=[{**UNIT, "launchers": 4}],
        library={"fire_units": {"unit": {"channels": 6, "rounds_per_launcher": 2, "reload_rounds": 8}}},
    )
    sim = builders.simulation(s, [hammer(s, f"h{i}", 0, 10.5 + 10 * i) for i in range(4)])
    kept = []
    for first in range(0, 50, 10):
        lived(sim, first, first + 10)
        engagements = sim.state.engagements
        usable = int((engagements.phase[0, :6] != LOST).sum())
        kept.append((int(engagements.rounds[0]), int(engagements.reserve[0]), usable))
    assert kept == [(8, 8, 6), (6, 6, 5), (4, 4, 3), (2, 2, 2), (0, 0, 0)]
    assert sim.state.taskings.on.all(), "its radar goes on"


def posts(method: str = "autonomous") -> Scenario:
    """Two posts that send each other tracks; the far one is the authority of both and can be hit."""
    radar, line = (
        builders.BASE["radars"][0],
        {"role": "fixed", "latency_s": 0.0, "period_s": 1.0, "capacity": 50, "message_bits": 1.0},
    )
    return scenario(
        [{"name": "far-post", "component": "far"}],
        nodes=[*builders.BASE["nodes"], {**builders.BASE["nodes"][0], "name": "far"}],
        radars=[radar, {**radar, "name": "far-eye", "node": "far", "offset_km": 5.0}],
        fire_units=[UNIT, {**UNIT, "name": "far-unit", "node": "far", "radar": "far-eye"}],
        links=[{**line, "name": "there", "from": "post", "to": "far"}, {**line, "name": "back", "from": "far", "to": "post"}],
        doctrine={"method": method, "authority": "far", "service_s": 1.0, "service_sigma": 0.0},
        library={"missiles": {"round": {"pk_cruise": 1.0}}},
    )  # fmt: skip


@pytest.mark.parametrize(("method", "shoots"), [("autonomous", True), ("decentralised", True), ("centralised", False)])
def test_a_node_that_is_lost(method, shoots):
    """It holds nothing, orders nothing and sends nothing; its radar emits on; the others decide by the method of control."""
    s = posts(method)
    before = [builders.inbound(s, f"before-{i}", 0.5 * i, 60e3, 1e3) for i in range(2)]
    after = [builders.inbound(s, f"after-{i}", 3.0 + 0.5 * i, 60e3, 1e3, t0=30.0) for i in range(2)]
    sim = lived(builders.simulation(s, [*before, *after, hammer(s, "hammer", 0, 25.5)], log=300), 0, 25)
    state = sim.state
    assert state.tally.rounds.sum() > 0 and state.tally.link_tracks[1] > 0
    lived(sim, 25, 30)
    sent, fired = state.tally.link_tracks.copy(), state.tally.rounds.copy()
    lived(sim, 30, 60)
    assert state.taskings.on.all() and state.reports.stands.tolist() == [True, False]
    assert (
        not state.pictures.valid[1].any()
        and state.tally.rounds[1] == fired[1]
        and state.tally.link_tracks[1] == sent[1]
    )
    assert state.tracks.status[1].any() != shoots, "its radar reports what still flies, to nobody who could use it"
    assert (state.tally.rounds[0] == fired[0] + 2) == shoots and (state.tally.rounds[0] == fired[0]) != shoots
    assert not state.pictures.valid[0, state.pictures.held.shape[1] :].any(), "what it sent is forgotten"


def test_a_request_to_an_authority_that_is_lost_meanwhile():
    """Asked for before the hit, answered after it: the asker decides itself, or not at all."""
    for method, shoots in (("autonomous", 1), ("centralised", 0)):
        s = posts(method)
        s = s.model_copy(update={"doctrine": s.doctrine.model_copy(update={"service": 20.0})})
        raider = builders.inbound(s, "raider", 0.0, 60e3, 1e3)
        sim = lived(builders.simulation(s, [raider, hammer(s, "hammer", 0, 12.5)]), 0, 12)
        assert sim.state.orders.state[0].any() and sim.state.tally.rounds.sum() == 0
        assert lived(sim, 12, 40).state.tally.rounds[0] == shoots


def carriage(pk: float, aims: str = "own") -> tuple[Scenario, list[Flight]]:
    """A carrier with six weapons, a minute apart from 60 km on, sent to the first of three assets."""
    bearer = {**builders.RAIDER, "kind": "aircraft", "releases": 6, "weapon": "hammer", "release_distance_km": 60.0,
              "interval_s": 10.0, "aims": aims}  # fmt: skip
    s = scenario(
        [at(f"a{i}", 3e3 * i) for i in range(3)],
        library={"missiles": {"round": {"pk_aircraft": pk, "range_max_km": 55.0}}, "bodies": {"bearer": bearer}},
    )
    carrier = builders.inbound(s, "bearer", 0.0, 66e3, 0.0, body="bearer", target=0)
    places = np.array([(a.latitude, a.longitude) for a in s.assets])
    return s, [carrier, *weapons(s, carrier, 0, places, 1e9)]


def test_a_carrier_releases_as_long_as_it_flies():
    for pk, released in ((0.0, 6), (1.0, 2)):
        s, flights = carriage(pk)
        assert [round(f.route[0].t) for f in flights[1:]] == [20, 30, 40, 50, 60, 70]
        sim = lived(builders.simulation(s, flights), 0, 100)
        status = sim.state.truth.status[1:7]
        assert (status[:released] == motion.ARRIVED).all() and (status[released:] == motion.WAITING).all()
        assert sim.state.damage.hits[:, 0].tolist() == [released, 0, 0]


def test_a_weapon_starts_where_its_carrier_is():
    s, flights = carriage(0.0)
    sim = lived(builders.simulation(s, flights), 0, 40)
    bodies, pos = sim.params.bodies, sim.state.truth.pos
    here = pos[0] / np.linalg.norm(pos[0])
    assert bodies.way_t[bodies.first[3]] == pytest.approx(40.0, abs=0.05)
    assert np.linalg.norm(bodies.way_unit[bodies.first[3]] - here) * 6.371e6 < 20.0


def test_weapons_go_to_what_still_stands():
    """One asset after the other; two that are lost beforehand are passed over; with all three lost, as if all stood."""
    s, flights = carriage(0.0, "living")
    sim = lived(builders.simulation(s, flights), 0, 100)
    assert sim.state.damage.hits[:, 0].tolist() == [2, 2, 2]
    sim = builders.simulation(s, flights)
    sim.state.damage.t_lost[[0, 1]] = 0.0
    lived(sim, 0, 59)
    assert sim.state.damage.t_lost[2] < 30.0
    assert [outcome.aimed_at(sim.params.bodies, sim.state.truth, b) for b in range(1, 5)] == [2, 1, 2, 0]
    assert sim.state.damage.hits[:, 0].tolist() == [1, 1, 2]


def test_a_record_tells_who_was_hit_and_what_is_lost():
    s = scenario(
        [{"name": "eye-itself", "component": "eye", "title": "the radar"}],
        vignettes={"raid": {"threats": [{"class": "hammer", "count": 1, "distance_km": 80.0}]}},
    )
    tables = record(s, "on", "raid", 1).tables
    events = list(zip(tables["events"]["event"], tables["events"]["text"], strict=True))
    assert ("asset_hit", "hammer-0-1 hits the radar, of which 100 % is lost") in events
    assert ("asset_lost", "the radar is lost") in events and ("off", "eye is off") in events
    assert tables["assets"]["damage"].tolist() == [1.0] and tables["assets"]["component"].tolist() == ["eye"]
    assert tables["assets"]["lat_deg"][0] == pytest.approx(38.0)
