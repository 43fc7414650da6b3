"""Two published raids that nobody engaged, and the same raids brought into view, which are: a dead engine must not pass.

Oracles: V14, Shayrat 2017: terrain-following missiles 106 and 135 km from S-300/S-400-class sites, no engagement;
V15, Abqaiq 2019: Patriots that faced another way, no detection. Smooth earth: the shipped terrain ends before both.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from openiads import load, run
from openiads.engine import motion
from openiads.engine import step as engine
from openiads.engine.geo import destination
from openiads.scenario.build import Simulation, assemble
from openiads.scenario.load import parse
from tests import builders

RUNS = 12  # replications of each case
MISSILES = 12


def cruise_raid(s, far: float, height: float, count: int = MISSILES):
    """Missiles that fly 60 km along a line that passes the site at a distance (m), to a target there."""
    target = destination(*builders.SITE, math.pi / 2, far)
    starts = [destination(*target, 0.1 * (i - count / 2), 60e3) for i in range(count)]
    return [
        builders.flight(s, f"missile-{i}", start, target, body="cruise-missile", t0=10.0 * i, height=height)
        for i, start in enumerate(starts)
    ]


def outcome_of(sim: Simulation, ticks: int) -> dict[str, int]:
    engine.simulate(sim.params, sim.state, 0, sim.tick, ticks)
    state, count = sim.state, len(sim.world.flights)
    assert state.tally.dropped.sum() == 0
    return {
        "rounds": int(state.tally.rounds.sum()),
        "asked": int(state.tally.asked.sum()),
        "held": int(np.isfinite(state.exposure.first[:, :count]).any(axis=0).sum()),
        "arrived": int((state.truth.status[:count] == motion.ARRIVED).sum()),
        "killed": int((state.truth.status[:count] == motion.KILLED).sum()),
    }


def s400() -> builders.Scenario:
    """The shipped system by itself, with its defended place put where the raid goes."""
    base = load("s400-alone")
    return base.model_copy(update={"sites": {"plain": base.sites["plain"].model_copy(update={"radius": 0.0})}})


def lived_through(s, flights, replication: int, posture: str = "complete") -> dict[str, int]:
    world = builders.world(s, flights, replication=replication)
    world = builders.replace(world, key=np.array([5, replication], np.uint32))
    return outcome_of(assemble(s, world, posture, 0.0), 300)


def near(s, far: float):
    """The scenario with its asset at the raid's target, so that the doctrine would take the missiles as hostile."""
    lat, lon = destination(*builders.SITE, math.pi / 2, far)
    asset = s.assets[0].model_copy(update={"latitude": lat, "longitude": lon})
    return s.model_copy(update={"assets": [asset]})


@pytest.mark.parametrize("height", [60.0, 90.0])
@pytest.mark.parametrize("far", [106e3, 135e3])
def test_v14_below_the_horizon_nobody_is_engaged(far, height):
    """The 24 m mast sees 90 m to 59 km: the missiles stay 46 km and more beyond it."""
    s = near(s400(), far)
    for replication in range(RUNS):
        got = lived_through(s, cruise_raid(s, far, height), replication)
        assert got == {"rounds": 0, "asked": 0, "held": 0, "arrived": MISSILES, "killed": 0}


@pytest.mark.parametrize("far", [106e3, 135e3])
def test_v14_the_same_raid_flown_high_is_engaged(far):
    s = near(s400(), far)
    total = dict.fromkeys(("rounds", "asked", "held", "arrived", "killed"), 0)
    for replication in range(RUNS):
        got = lived_through(s, cruise_raid(s, far, 6_000.0), replication)
        assert got["rounds"] > 0 and got["held"] > 0, "every run sees and shoots"
        total = {name: total[name] + value for name, value in got.items()}
    assert total["killed"] > 0.3 * MISSILES * RUNS


def test_v14_the_same_raid_flown_near_is_engaged():
    """As low as before, but past the site at 20 km: terrain-following alone does not hide."""
    s = near(s400(), 20e3)
    got = [lived_through(s, cruise_raid(s, 20e3, 90.0), replication) for replication in range(4)]
    assert all(g["rounds"] > 0 and g["held"] >= MISSILES // 2 for g in got)


# ---------------------------------------------------------------- V15


def patriot(faces: float):
    """One Patriot-class radar and fire unit of the shipped library that face a bearing (deg), at the place they defend."""
    shipped = load("turkey-2019").library
    radar = next(name for name in shipped.radars if "patriot" in name or "mpq" in name)
    unit = next(name for name, u in shipped.fire_units.items() if "patriot" in name)
    assert shipped.radars[radar].sector_width < 2.1, "a sectored radar"
    return parse(
        builders.table(
            radars=[{"name": "eye", "class": radar, "node": "post", "at": "site", "sector_center_deg": faces}],
            fire_units=[{"name": "unit", "class": unit, "node": "post", "radar": "eye", "launchers": 6}],
            library={"radars": {"sharp": None}, "missiles": {"round": None}, "fire_units": {"unit": None}},
        ),
        "patriot",
    )


def abqaiq(s):
    """18 drones and 7 cruise missiles from 320 to 8 degrees, 1,500 m high from 40 km: above the horizon all the way."""
    out = []
    for i in range(25):
        body, t0 = ("one-way-drone", 0.0) if i < 18 else ("cruise-missile", 600.0)
        bearing = math.radians(320.0 + 2.0 * i)
        out.append(builders.inbound(s, f"{body}-{i}", bearing, 40e3, 1e3, body=body, t0=t0 + 5.0 * i, height=1_500.0))
    return out


def test_v15_the_wrong_sector_sees_nothing():
    s = patriot(180.0)
    for replication in range(4):
        got = outcome_of(builders.simulation(s, abqaiq(s), replication=replication), 1_100)
        assert got == {"rounds": 0, "asked": 0, "held": 0, "arrived": 25, "killed": 0}
    sim, plots = builders.simulation(s, abqaiq(s)), 0
    for i in range(1_100):
        engine.simulate(sim.params, sim.state, i, sim.tick, 1)
        rows = sim.state.plots.first[-1]
        plots += rows
        assert (sim.state.origin.body[:rows] == -1).all(), "a plot of a body"
    assert plots > 0, "the radar is on: its false plots show it"


def test_v15_the_right_sector_engages():
    s = patriot(345.0)
    for replication in range(4):
        got = outcome_of(builders.simulation(s, abqaiq(s), replication=replication), 1_100)
        assert got["held"] == 25 and got["rounds"] > 0 and got["killed"] > 5


def test_a_run_of_the_shipped_scenario_is_not_dead():
    """The command that a newcomer runs first: rounds are fired, and bodies are killed."""
    summary = run(load("s400-alone"), posture="complete", vignette="raid", seed=1).meta["summary"]
    assert summary["rounds"] > 0 and summary["kills"] > 0
