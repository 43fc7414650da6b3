"""Decisions through the real engine: declarations, what an authority approves, friends beside a target.

Oracles: the identities of every track, tick by tick, in the flagship's raid, and what the node held of it; small scenes in which it is
known what must happen.
"""

from __future__ import annotations

import numpy as np
import pytest

from openiads import load
from openiads.engine import motion, outcome, step
from openiads.engine.command import FRIEND_THERE, NOTHING_THERE
from openiads.engine.network import ASSUMED_FRIEND, FRIEND, HOSTILE, NEUTRAL, Pictures
from openiads.running import warm_up
from openiads.scenario.build import build
from tests import builders


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


# ---------------------------------------------------------------- what an authority approves

ASKING = {**builders.SHARP_RADAR, "iff_modes": ["5"], "iff_range_km": 300.0}
FRIEND_BODY = {
    **builders.RAIDER,
    "title": "a friend",
    "kind": "aircraft",
    "iff_modes": ["5"],
    "reply_probability": 0.99,
}


def asked(approval: str, reach: float, body: str = "raider") -> tuple[int, list[int]]:
    """Rounds fired at one body of which an authority is asked whose own radar reaches so far (km), and why it refused."""
    s = builders.scenario(
        nodes=[*builders.BASE["nodes"], {"name": "centre", "title": "centre", "owner": "national", "tracks": True}],
        radars=[
            *builders.BASE["radars"],
            {"name": "far", "class": "centres", "node": "centre", "latitude_deg": 38.1, "longitude_deg": 34.1},
        ],
        doctrine={"method": "centralised", "authority": "centre", "service_s": 3.0, "service_sigma": 0.0, "approval": approval},
        library={
            "radars": {"centres": {**ASKING, "role": "surveillance", "instrumented_range_km": reach}},
            "bodies": {"friend": FRIEND_BODY},
        },
    )  # fmt: skip
    side = motion.HOSTILE if body == "raider" else motion.FRIEND
    sim = builders.simulation(s, [builders.inbound(s, "body", 1.0, 80e3, 25e3, body=body, side=side)], log=500)
    step.simulate(sim.params, sim.state, 0, sim.tick, 120)
    log = sim.state.events.row[: sim.state.events.count[0]]
    return int(sim.state.tally.rounds.sum()), [int(x) for x in log[log[:, 1] == outcome.REFUSAL, 5]]


def test_who_approves_only_what_it_holds_refuses_what_it_does_not_see():
    """A centre that sees the raider approves it by either rule; one that sees nothing only where silence is a yes."""
    assert asked("unless-friend", 300.0) == (1, [])
    assert asked("when-held", 300.0) == (1, [])
    assert asked("unless-friend", 1.0) == (1, [])
    fired, why = asked("when-held", 1.0)
    assert fired == 0 and len(why) == 2 and set(why) == {NOTHING_THERE}, "asked again after a minute"


@pytest.mark.parametrize("approval", ["unless-friend", "when-held"])
def test_a_friend_that_is_held_there_is_refused_by_either_rule(approval):
    fired, why = asked(approval, 300.0, "friend")
    assert fired == 0 and set(why) == {FRIEND_THERE}


# ---------------------------------------------------------------- friends beside the target

SLOW_ROUND = {
    "speed_mps": 600.0,
    "pk_cruise": 0.0,
    "pk_aircraft": 0.0,
}  # it meets who is d away and comes at 300 m/s at 2 d / 3


def beside(
    clearance: float, reply: float = 0.99, place: float = 40e3, since: float = 0.0, reaction: float = 1.0
) -> tuple[float, list[float]]:
    """When the first round leaves at a raider that starts 60 km out while a friend hovers on its way; since when it was held."""
    s = builders.scenario(
        doctrine={"friend_clearance_km": clearance},
        library={
            "radars": {"sharp": ASKING}, "missiles": {"round": SLOW_ROUND}, "fire_units": {"unit": {"reaction_s": reaction}},
            "bodies": {"friend": {**FRIEND_BODY, "reply_probability": reply}},
        },
    )  # fmt: skip
    raider = builders.inbound(s, "raider", 1.0, 60e3, 10e3)
    friend = builders.inbound(
        s, "friend", 1.0, place, place - 1e3, body="friend", side=motion.FRIEND, speed=2.0, t0=since
    )
    sim = builders.simulation(s, [raider, friend], log=500)
    step.simulate(sim.params, sim.state, 0, sim.tick, 110)
    log = sim.state.events.row[: sim.state.events.count[0]]
    spared = log[log[:, 1] == outcome.SPARED]
    assert set(spared[:, 4]) <= {0.0} and set(spared[:, 5]) <= {1.0}, "the raider, for the friend"
    return float(log[log[:, 1] == outcome.LAUNCH, 0][0]), spared[:, 0].tolist()


def test_fire_is_held_while_a_friend_would_be_near_where_they_meet():
    """It fires once they would meet 5 km this side of the friend: 35 km out, when the raider is 52.5 km away, at 25 s.

    The friend is 20 km from the raider when it could first be fired at: what counts is where they meet.
    """
    free, none = beside(0.0)
    assert free < 10.0 and none == []
    launch, spared = beside(5.0)
    assert 25.0 <= launch <= 29.0 and spared[0] < 10.0 and max(spared) < launch


def test_who_is_not_known_as_a_friend_protects_nobody():
    assert beside(5.0, reply=0.0) == beside(0.0, reply=0.0)


def test_a_round_that_was_ordered_stays_while_a_friend_is_near():
    """Ordered at once, to leave after 20 s; a friend that appears at 8 s holds it until they would meet 28 km out: at 60 s."""
    ordered, none = beside(0.0, place=36e3, since=8.0, reaction=20.0)
    assert 20.0 < ordered < 30.0 and none == []
    launch, spared = beside(8.0, place=36e3, since=8.0, reaction=20.0)
    assert 58.0 <= launch <= 63.0 and len(spared) == 1 and 8.0 < spared[0] < ordered
