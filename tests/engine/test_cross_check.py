"""A node that asks its own radars whether what it is told is there, through the whole engine."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from openiads.engine import motion, step
from openiads.errors import ScenarioError
from openiads.scenario.build import Simulation
from tests import builders

TOLD = {"name": "told", "from": "centre", "to": "post", "role": "fixed", "latency_s": 0.0, "period_s": 2.0, "capacity": 40,
        "message_bits": 100.0}  # fmt: skip
GHOSTS = {"name": "bad", "title": "it invents tracks", "of": "told", "effect": "inject", "p_exists": 0.5, "ghosts": 4, "radius_km": 30.0,
          "claim": "hostile"}  # fmt: skip


def table(invents: bool = True, radar: dict[str, Any] | None = None, **link: Any) -> dict[str, Any]:
    """A centre with a radar of its own tells the post, which has one too, of four bodies and of four that are not."""
    eyes = [{"name": "eye", "class": "near", "node": "post", "at": "site"},
            {"name": "wide", "class": "sharp", "node": "centre", "latitude_deg": 38.2, "longitude_deg": 34.2}]  # fmt: skip
    return builders.table(
        nodes=[*builders.BASE["nodes"], {"name": "centre", "title": "centre", "owner": "national", "tracks": True}],
        radars=eyes, links=[{**TOLD, **link}], fire_units=[], compromises=[GHOSTS],
        modifiers={"compromise": "bad"} if invents else {},
        library={"radars": {"near": {**builders.SHARP_RADAR, **(radar or {})}}},
    )  # fmt: skip


def run(raw: dict[str, Any], ticks: int = 60, **body: Any) -> Simulation:
    s = builders.parse(raw, "test")
    bodies = [builders.inbound(s, f"body-{i}", 0.3 + 1.5 * i, 80e3, 5e3, **body) for i in range(4)]
    sim = builders.simulation(s, bodies)
    step.simulate(sim.params, sim.state, 0, sim.tick, ticks)
    return sim


def told(sim: Simulation) -> tuple[int, int]:
    """Tracks that the post holds from the centre: of bodies, of nothing."""
    pictures = sim.state.pictures
    own = pictures.held.shape[1]
    number = pictures.number[0, own:][pictures.valid[0, own:]]
    return int((number >= 0).sum()), int((number < 0).sum())


def test_what_is_not_there_is_put_aside_and_what_is_there_is_not():
    assert told(run(table())) == (4, 4)
    checked = run(table(cross_check_s=10.0))
    assert told(checked) == (4, 0)
    true, false = checked.state.tally.aside[0]
    assert true == 0.0 and false == pytest.approx(4 * (60 - 14), abs=4 * 12)
    assert told(run(table(cross_check_s=10.0), 8)) == (4, 4), "not before its time"


def test_nothing_changes_where_nothing_is_invented():
    plain, checked = run(table(invents=False)), run(table(invents=False, cross_check_s=5.0))
    for a, b in zip(builders.arrays(plain.state.pictures), builders.arrays(checked.state.pictures), strict=True):
        if a.dtype != float or not np.isinf(a).any():
            assert np.array_equal(a, b)


def test_what_the_radar_can_not_see_is_not_doubted():
    """Its range ends before them, or its sector lies elsewhere, or the body asked for is too small: nothing is put aside."""
    short = table(cross_check_s=5.0, radar={"instrumented_range_km": 2.0})
    assert told(run(short)) == (4, 4)
    weak = table(cross_check_s=5.0, cross_check_rcs_m2=1e-9, radar={"range_km": 20.0})
    assert told(run(weak)) == (4, 4)


def test_who_is_small_is_taken_for_nothing():
    """The price: friends that reflect less than the radar is asked for are put aside with the ghosts."""
    small = {"rcs_nose": "0.0001-0.001", "rcs_beam": "0.0001-0.001", "rcs_tail": "0.0001-0.001"}
    raw = table(cross_check_s=10.0, radar={"range_km": 100.0})
    raw = builders.laid_over(raw, {"library": {"bodies": {"raider": small}}})
    sim = run(raw)
    assert told(sim)[1] == 0
    assert sim.state.tally.aside[0, 0] > 0.0


def test_a_track_that_is_seen_after_all_is_taken_back():
    """The post's radar is silent to no one: it sees a body only from 20 km on, and believes it then."""
    raw = table(invents=False, cross_check_s=10.0, radar={"range_km": 100.0})
    raw = builders.laid_over(raw, {"library": {"bodies": {"raider": {"rcs_nose": "0.001-0.01", "rcs_beam": "0.001-0.01", "rcs_tail": "0.001-0.01"}}}})  # fmt: skip
    s = builders.parse(raw, "test")
    sim = builders.simulation(s, [builders.inbound(s, "body", 0.3, 80e3, 5e3)])
    aside = []
    for i in range(240):
        step.simulate(sim.params, sim.state, i, sim.tick, 1)
        if sim.state.truth.status[0] == motion.FLYING:
            aside.append(bool(sim.state.pictures.aside[0].any()))
    assert any(aside) and not aside[-1] and math.isinf(sim.state.pictures.unseen[0].max())


@pytest.mark.parametrize(
    ("link", "said"),
    [({"to": "blind", "cross_check_s": 5.0}, "has no radar to check with"), ({"cross_check_rcs_m2": 1.0}, "without cross_check"),
     ({"cross_check_s": 5.0, "carries": "plots"}, "leave it out")],
)  # fmt: skip
def test_what_can_not_be_checked_is_refused(link, said):
    raw = table(invents=False, **link)
    raw["nodes"].append(
        {"name": "blind", "title": "blind", "owner": "national", "latitude_deg": 38.1, "longitude_deg": 34.1}
    )
    with pytest.raises(ScenarioError, match=said):
        builders.parse(raw, "test")
