"""Plots over links, through the whole engine: the receiver's tracker has one more radar, as late as the link is."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from openiads.engine import network, outcome, step
from openiads.engine.tracking import FIRM
from openiads.errors import ScenarioError
from openiads.scenario.build import Simulation
from openiads.scenario.spec import Scenario
from tests import builders

COUNT = 6  # bodies in the air
LINE = {"name": "line", "from": "post", "to": "centre", "role": "fixed", "carries": "plots", "latency_s": 0.0, "period_s": 1.0,
        "capacity": 50, "message_bits": 100.0}  # fmt: skip
BLUNT = {
    **builders.SHARP_RADAR,
    "sigma_range_m": 100.0,
    "sigma_azimuth_deg": 0.1,
    "sigma_elevation_deg": 0.1,
    "scan_period_s": 4.0,
}


def laid(radars: dict[str, str] | None = None, noisy: bool = False, **link: Any) -> Scenario:
    """A post and a centre with radars by name and node, and a link for plots from the one to the other; nobody shoots."""
    nodes = ("post", "centre")
    return builders.scenario(
        nodes=[{"name": n, "title": n, "owner": "national", "tracks": True} for n in nodes],
        radars=[{"name": r, "class": "sharp", "node": n, "at": "site"} for r, n in (radars or {"eye": "post"}).items()],
        links=[{k: v for k, v in {**LINE, **link}.items() if v is not None}],
        fire_units=[],
        library={"radars": {"sharp": BLUNT}} if noisy else {},
    )  # fmt: skip


def ready(s: Scenario, count: int = COUNT) -> Simulation:
    """Bodies far apart that come in from all around."""
    return builders.simulation(
        s, [builders.inbound(s, f"body-{i}", 2.0 * math.pi * i / count, 80e3, 5e3) for i in range(count)]
    )


def run(s: Scenario, ticks: int = 60, count: int = COUNT) -> Simulation:
    sim = ready(s, count)
    step.simulate(sim.params, sim.state, 0, sim.tick, ticks)
    return sim


def firm(sim: Simulation, n: int) -> np.ndarray:
    return sim.state.tracks.status[n] == FIRM


def errors(sim: Simulation, n: int) -> np.ndarray:
    """Distance (m) of every firm track of a node from the nearest body."""
    where, at = sim.state.truth.pos, sim.state.tracks.x[n][firm(sim, n)][:, :3]
    return np.linalg.norm(at[:, None] - where[None], axis=-1).min(axis=1)


def test_a_centre_without_radars_tracks_what_another_sees():
    sim = run(laid())
    assert firm(sim, 1).sum() == firm(sim, 0).sum() == COUNT
    own, brought = (sim.state.tracks.hits[n][firm(sim, n)].sum() for n in (0, 1))
    assert own - 2 * COUNT <= brought <= own - COUNT, "a frame leaves at the end of a tick and arrives in the next"
    assert errors(sim, 1).max() < 100.0
    assert not firm(run(laid(guard="filter", guard_area="inside", guard_latitude_deg=10.0, guard_longitude_deg=10.0, guard_radius_km=100.0)), 1).any()  # fmt: skip


def test_late_plots_say_where_a_body_was():
    """Twenty seconds on the way: the tracks still lie where the bodies are now, since they are carried forward."""
    sim = run(laid(latency_s=20.0, period_s=10.0), 100)
    assert firm(sim, 1).sum() == COUNT
    age = 100.0 - sim.state.tracks.t_update[1][firm(sim, 1)]
    assert ((age >= 20.0) & (age <= 32.0)).all(), "a frame waits up to 10 s, a plot up to a scan before it"
    assert errors(sim, 1).max() < 400.0, "20 to 30 s at 300 m/s are 6 to 9 km"


def test_the_plots_of_a_second_radar_sharpen_a_track():
    """Two radars at one tracker against one: less error, by what the tracker states of itself, and less than that where both stand."""

    def middle(radars: dict[str, str], **link: Any) -> tuple[float, float]:
        """Root mean square of errors, and of the errors that are stated, m."""
        sim, square, stated = ready(laid(radars, noisy=True, **link), 24), [], []
        for i in range(100):
            step.simulate(sim.params, sim.state, i, sim.tick, 1)
            if i > 40:
                square.append(np.mean(errors(sim, 1) ** 2))
                stated.append(np.mean(sim.state.tracks.p[1][firm(sim, 1)][:, [0, 3, 5]].sum(axis=1)))
        return math.sqrt(np.mean(square)), math.sqrt(np.mean(stated))

    away = {"from": "centre", "to": "post"}
    alone, both = middle({"near": "centre"}, **away), middle({"near": "centre", "far": "post"})
    beside = middle({"near": "centre", "far": "centre"}, **away)
    assert beside[0] < both[0] < alone[0]
    assert both[1] < 0.92 * alone[1]
    assert both[0] < both[1], "bodies that fly straight are tracked better than a tracker that allows for turns says"


def test_a_frame_holds_no_more_than_its_capacity():
    narrow = run(laid(capacity=2), 30)
    assert narrow.state.tally.link_tracks[0] == pytest.approx(2 * 30, abs=2)
    assert narrow.state.tally.link_withheld[0, network.BY_CAPACITY] > 3 * 25
    assert narrow.state.carried.count.max() <= 4 * 2


def test_a_slow_line_brings_plots_as_its_bits_take():
    """Six plots of 100 bits a second at 200 bit/s: a third gets through."""
    slow = run(laid(rate_bit_s=200.0, capacity=6), 120)
    sent = float(slow.state.tally.link_tracks[0])
    assert 100.0 * sent == pytest.approx(200.0 * 120.0, rel=0.15)
    assert 6 * 120 - sent == pytest.approx(slow.state.tally.link_withheld[0, network.BY_CAPACITY], abs=4 * 6)


def test_an_outage_ends_the_tracks_and_only_those():
    """What left before still arrives; then tracks coast and are dropped."""
    cut = run(laid(outages=[{"from_s": 30.0, "to_s": 1e4}]), 60)
    assert not firm(cut, 1).any() and firm(cut, 0).sum() == COUNT
    whole, cut = run(laid(), 60), run(laid(outages=[{"from_s": 30.0, "to_s": 1e4}]), 60)
    assert np.array_equal(whole.state.tracks.x[0], cut.state.tracks.x[0])


def test_a_guard_rounds_what_it_lets_through():
    sim = ready(laid(guard="filter", guard_precision_m=1000.0))
    seen = []
    for i in range(20):
        step.simulate(sim.params, sim.state, i, sim.tick, 1)
        plots = sim.state.plots
        rows = slice(plots.first[1], plots.first[2])
        seen.append(plots.pos[rows].copy())
        assert (plots.cov[rows][:, [0, 3, 5]] >= 1e6 / 12.0).all()
    places = np.concatenate(seen)
    assert len(places) > 60 and np.array_equal(places, np.round(places / 1000.0) * 1000.0)


def test_who_is_credited_with_what():
    """The centre sees the post's radar at work, and nobody its own; a body is credited to the track that is of it."""
    sim = run(laid())
    e = sim.state.exposure
    assert e.source[1, 0] > 100.0 and e.source[1, 1] == 0.0
    at_work = np.asarray(sim.params.bodies.key)[e.body[1][firm(sim, 1)]]
    assert (at_work == sim.state.tracks.luck[1][firm(sim, 1)]).all() and len(at_work) == COUNT
    both = run(laid({"near": "centre", "far": "post"}))
    assert both.state.exposure.source[1, 0] > 100.0 and both.state.exposure.source[1, 1] > 100.0


def test_what_the_system_is_fed_is_not_its_own():
    """With its radar elsewhere, all that a system holds from plots of others counts as fed."""
    s = builders.scenario(
        nodes=[{"name": n, "title": n, "owner": "national", "tracks": True} for n in ("post", "centre")],
        radars=[
            {"name": "eye", "class": "sharp", "node": "centre", "at": "site"},
            {"name": "away", "class": "sharp", "node": "post", "latitude_deg": 38.2, "longitude_deg": 34.2},
        ],
        links=[LINE], fire_units=[],
        library={"radars": {"short": {**builders.SHARP_RADAR, "instrumented_range_km": 40.0}}},
    )  # fmt: skip
    seconds = run(s).state.exposure.seconds[1]
    assert (seconds[:COUNT, 0] > 40.0).all(), "both radars see every body: it is its own"
    raw = builders.laid_over(s.table, {})
    raw["radars"][0]["class"] = "short"
    fed = run(builders.parse(raw, "test"), 60).state.exposure.seconds[1]
    assert (fed[:COUNT, 1] > 40.0).all() and fed[:, 0].sum() == 0.0, "no body comes nearer than 62 km in a minute"


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ({"to": "far"}, "tracks nothing"),
        ({"from": "far", "to": "post"}, "has no radar"),
        ({"role": "undeclared"}, "accepted are fixed, feed_in, feed_out"),
        ({"status": True}, "a plot has no identity"),
        ({"guard": "filter", "guard_pass": ["friend"]}, "a plot has no identity"),
    ],
)
def test_what_can_not_carry_plots_is_refused(link, said):
    nodes = [{"name": "post", "title": "post", "owner": "national", "tracks": True},
             {"name": "centre", "title": "centre", "owner": "national", "tracks": True},
             {"name": "far", "title": "far", "owner": "outside"}]  # fmt: skip
    with pytest.raises(ScenarioError, match=said):
        builders.scenario(nodes=nodes, links=[{**LINE, **link}], fire_units=[],
                          undeclared={"p_exists": 0.5, "duty": 1.0})  # fmt: skip


def test_a_compromise_delays_plots_and_can_not_invent_them():
    def spoiled(**effect: Any) -> Scenario:
        s = laid()
        return builders.parse(builders.laid_over(s.table, {"compromises": [
            {"name": "bad", "title": "bad", "of": "line", "p_exists": 0.5, **effect}], "modifiers": {"compromise": "bad"}}), "test")  # fmt: skip

    late = run(spoiled(effect="delay", late_s=2.0))
    assert (60.0 - late.state.tracks.t_update[1][firm(late, 1)]).min() >= 2.0
    assert not firm(run(spoiled(effect="deny")), 1).any()
    with pytest.raises(ScenarioError, match="carries plots"):
        spoiled(effect="inject", ghosts=3)


def test_the_ledger_finds_the_body_behind_a_plot_by_its_name():
    """Read back on every tick: what the scorer says of a plot from a link is what sensing wrote when it was made."""
    sim, body = ready(laid()), {}
    for i in range(20):
        step.simulate(sim.params, sim.state, i, sim.tick, 1)
        plots, origin = sim.state.plots, sim.state.origin
        for q in range(plots.first[1]):
            body[plots.t[q], int(plots.luck[q])] = int(origin.body[q])
        for q in range(plots.first[1], plots.first[2]):
            found = outcome._body_of_plot(sim.params.radars, sim.params.bodies, plots, origin, q)
            assert found == body[plots.t[q], int(plots.luck[q])]
    assert len(body) > COUNT
