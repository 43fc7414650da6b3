"""Fire that is shared out: what gets through is the optimum of the assignment problem, through the whole engine.

Oracle: `openiads.assignment.optimal_assignment` on the same units and raiders (integer programming), and urgent-first by hand.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from openiads.assignment import optimal_assignment
from openiads.engine import motion
from tests import builders
from tests.acceptance.test_exchange import agree

RUNS = 800
GOOD, POOR = 0.9, 0.3  # kill probabilities; the round of the poor unit is the faster one


def sites(assignment: str, good: int, poor: int, rounds_max: int, salvo: int = 1) -> dict:
    """Units of one channel and two rounds each, of two classes, at one command post; nobody shoots twice."""
    kinds = ["good"] * good + ["poor"] * poor
    one = {**builders.BASE["fire_units"][0], "launchers": 1}
    unit = {**builders.UNIT, "channels": 1, "rounds_per_launcher": 2, "reaction_s": 0.0, "assessment_s": 60.0}
    return builders.scenario(
        fire_units=[{**one, "name": f"{kind}-{k}", "class": kind} for k, kind in enumerate(kinds)],
        doctrine={"assignment": assignment, "rounds_max": rounds_max, "salvo": salvo},
        library={
            "missiles": {
                kind: {**builders.MISSILE, "speed_mps": speed, "pk_aircraft": pk, "pk_cruise": pk, "pk_drone": pk}
                for kind, pk, speed in (("good", GOOD, 10_000.0), ("poor", POOR, 20_000.0))
            },
            "fire_units": {kind: {**unit, "missile": kind} for kind in ("good", "poor")},
        },
    )  # fmt: skip


def alive(s, count: int, ticks: int = 12) -> np.ndarray:
    """Raiders that live through the first orders, int64[RUNS]."""
    flights = [builders.inbound(s, f"raider-{i}", 2.0 * math.pi * i / count, 40e3, 5e3, target=0) for i in range(count)]
    run = builders.Repeated(builders.simulation(s, flights, log=400))
    return np.array([(run.run(k, ticks).truth.status[:count] == motion.FLYING).sum() for k in range(RUNS)])


@pytest.mark.parametrize(
    ("good", "poor", "count", "most", "salvo"), [(3, 3, 3, 1, 1), (3, 3, 3, 2, 1), (2, 4, 5, 2, 2), (1, 2, 4, 4, 2)]
)
def test_shared_fire_leaves_what_the_optimum_leaves(good, poor, count, most, salvo):
    pk = np.repeat([[GOOD], [POOR]], [good, poor], axis=0) * np.ones(count)
    best = optimal_assignment(np.ones(count), pk, 2, channels=1, most_salvo=salvo, most=most)
    agree(alive(sites("least-loss", good, poor, most, salvo), count), best.expected)


def test_urgent_first_takes_the_soonest_unit_and_leaves_more():
    """Three fast and poor rounds at three raiders, though three good ones lie ready."""
    agree(alive(sites("urgent-first", 3, 3, 1), 3), 3 * (1.0 - POOR))


@pytest.mark.parametrize("assignment", ["urgent-first", "least-loss"])
def test_what_comes_for_the_dearer_asset_goes_first(assignment):
    """One round; the raider for the depot arrives a little later than the one for the shed, and the depot is worth three."""
    far = {"title": "the shed", "latitude_deg": 38.0, "longitude_deg": 34.6, "value": 1.0}
    one = {**builders.BASE["fire_units"][0], "launchers": 1}
    s = builders.scenario(
        assets=[{**builders.BASE["assets"][0], "value": 3.0}, {"name": "shed", **far}],
        fire_units=[one], doctrine={"assignment": assignment},
        library={
            "missiles": {"round": {"pk_cruise": 1.0, "speed_mps": 20000.0}},
            "fire_units": {"unit": {"channels": 1, "rounds_per_launcher": 1, "reaction_s": 0.0}},
        },
    )  # fmt: skip
    shed = (math.radians(38.0), math.radians(34.6))
    flights = [
        builders.inbound(s, "for-the-depot", math.pi, 45e3, 5e3, target=0),
        builders.flight(s, "for-the-shed", (math.radians(38.36), shed[1]), shed, target=1),
    ]
    run = builders.Repeated(builders.simulation(s, flights))
    for k in range(20):
        assert run.run(k, 8).truth.status[:2].tolist() == [motion.KILLED, motion.FLYING]


@pytest.mark.parametrize("assignment", ["urgent-first", "least-loss"])
def test_more_tracks_than_are_shared_out_at_once(assignment):
    """Those that are engaged leave their place to those behind them."""
    s = builders.scenario(
        doctrine={"assignment": assignment},
        library={"fire_units": {"unit": {"channels": 48, "assessment_s": 600.0, "reaction_s": 0.0}}},
    )
    flights = [
        builders.inbound(s, f"raider-{i}", 2.0 * math.pi * i / 45, 40e3 + 1e3 * i, 5e3, target=0) for i in range(45)
    ]
    run = builders.Repeated(builders.simulation(s, flights, log=2000))
    assert run.run(0, 20).tally.rounds.sum() == 45
