"""Links one at a time, through the whole engine: when they send, what arrives and when, against closed forms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from openiads.engine import network, step
from openiads.errors import ScenarioError
from openiads.scenario.build import Simulation
from openiads.scenario.links import links_of, outages
from openiads.scenario.spec import Scenario
from tests import builders

LINE = {"role": "fixed", "latency_s": 0.0, "period_s": 4.0, "capacity": 50, "message_bits": 100.0}
NODE = {"title": "a node", "owner": "national", "tracks": True}
PLACE = {"latitude_deg": 38.1, "longitude_deg": 34.1}
COUNT = 6  # bodies in the air


def laid(
    links: list[dict[str, Any]], nodes: int = 2, owner: str = "national", placed: bool = False, **changes: Any
) -> Scenario:
    """The post with the only radar, `nodes` others, and links; nobody shoots."""
    names = [f"node-{i}" for i in range(nodes)]
    return builders.scenario(
        nodes=[
            *builders.BASE["nodes"],
            *({**NODE, "name": name, "owner": owner, **(PLACE if placed else {})} for name in names),
        ],
        links=[
            {k: v for k, v in {**LINE, "name": f"link-{i}", **x}.items() if v is not None} for i, x in enumerate(links)
        ],
        fire_units=[],
        **changes,
    )


def bodies(s: Scenario, count: int = COUNT, near: float = 5e3) -> list[Any]:
    """Bodies far apart that come in from all around."""
    return [builders.inbound(s, f"body-{i}", 2.0 * math.pi * i / count, 80e3, near) for i in range(count)]


def ready(s: Scenario, count: int = COUNT, **rest: Any) -> Simulation:
    return builders.simulation(s, bodies(s, count), **rest)


class Watched:
    """A run watched tick by tick: what was sent, and the age of the news when it arrives."""

    def __init__(self, s: Scenario, ticks: int, count: int = COUNT, seed: int = 7, replication: int = 0) -> None:
        sim = ready(s, count)
        run = builders.Repeated(sim)
        params = sim.params._replace(key=np.array([seed, replication], np.uint32))
        run.run(replication, 0)
        self.sim, state = sim, sim.state
        self.own = state.pictures.held.shape[1]
        self.sent, self.kept, self.lag, self.held = [], [], [], []
        for i in range(ticks):
            before, filed = state.pictures.t_update.copy(), state.pictures.valid.copy()
            step.simulate(params, state, i, sim.tick, 1)
            self.sent.append(state.messages.sent.copy())
            self.kept.append(state.messages.withheld.copy())
            t = (i + 1) * sim.tick
            pictures = state.pictures
            new = (pictures.valid & (~filed | (pictures.t_update > before)))[:, self.own :]
            self.lag.append([t - pictures.t_update[n, self.own :][new[n]] for n in range(new.shape[0])])
            self.held.append(pictures.valid[:, self.own :].sum(axis=1))
        self.sent, self.kept, self.held = np.array(self.sent), np.array(self.kept), np.array(self.held)

    def ages(self, node: int) -> np.ndarray:
        """Age (s) of every report that reached a node, when it did."""
        return np.concatenate([x[node] for x in self.lag])


TO = {"from": "post", "to": "node-0"}


# ---------------------------------------------------------------- capacity and rate


def test_a_frame_takes_as_long_as_its_bits():
    """Six tracks of 100 bits at 200 bit/s: three seconds."""
    at_once, slow = Watched(laid([TO]), 60), Watched(laid([{**TO, "rate_bit_s": 200.0}]), 60)
    assert np.median(slow.ages(1)) == pytest.approx(np.median(at_once.ages(1)) + 3.0 - 1.0), (
        "what is sent at once arrives in the next tick"
    )
    assert (slow.sent == at_once.sent).all()


def test_what_a_line_can_not_carry_waits_and_then_is_dropped():
    """Offered three times the rate: what gets through is the rate, what waits is at most the frames that may be under way."""
    # 600 bits every 4 s, to one who throws no old news away
    crowded = Watched(laid([{**TO, "rate_bit_s": 50.0}], owner="outside"), 240)
    bits = 100.0 * crowded.sent[40:].sum()
    assert bits == pytest.approx(50.0 * 200.0, rel=0.13)  # a frame of 600 more or less
    assert crowded.kept[:, 0, network.BY_CAPACITY].sum() > 0
    ages = crowded.ages(1)
    assert ages.max() > 30.0, "four frames of twelve seconds before the line is free"
    assert ages.max() < 4 * 12.0 + 4.0


def test_a_narrow_frame_takes_every_track_in_turn():
    narrow = Watched(laid([{**TO, "capacity": 2}]), 90)
    assert narrow.sent.max() == 2
    assert narrow.held[-1, 1] == COUNT


# ---------------------------------------------------------------- outages


def test_nothing_goes_out_in_an_outage():
    stated = Watched(laid([{**TO, "outages": [{"from_s": 20.0, "to_s": 40.0}]}]), 60)
    t = np.arange(1, 61)
    down = (t >= 20) & (t < 40)
    assert stated.sent[down].sum() == 0
    assert stated.sent[~down & (t > 8)].sum() > 0


def test_outages_are_as_long_and_as_many_as_they_are_said_to_be():
    """Alternating exponential times: the share of time up is the availability, from the first second on."""
    link = laid([{**TO, "availability": 0.8, "outage_s": 30.0}]).links[0]
    span, runs = (-100.0, 5_000.0), 400
    lengths, share, first = [], [], []
    for k in range(runs):
        gaps = outages(link, np.array([3, k], np.uint32), span)
        share.append(1.0 - sum(max(0.0, min(b, span[1]) - max(a, span[0])) for a, b in gaps) / (span[1] - span[0]))
        first.append(not any(a <= span[0] < b for a, b in gaps))
        lengths += [b - a for a, b in gaps if b < span[1]]
    assert np.mean(share) == pytest.approx(0.8, abs=3.3 * np.std(share) / math.sqrt(runs))
    assert np.mean(first) == pytest.approx(0.8, abs=3.3 * 0.4 / math.sqrt(runs))
    assert np.mean(lengths) == pytest.approx(30.0, rel=0.03)  # those that the end cuts are the long ones
    assert outages(link.model_copy(update={"availability": 1.0}), np.zeros(2, np.uint32), span) == []


def test_an_outage_closes_an_order_path():
    """Its authority is not reached while the link is down, so a unit that must ask does not shoot."""
    order = {"name": "order", "from": "node-0", "to": "post", "role": "orders", "capacity": 0, **{k: LINE[k] for k in ("latency_s", "period_s", "message_bits")}}  # fmt: skip
    asked = {"method": "centralised", "authority": "node-0", "service_s": 1.0, "voice_delay_s": 0.0}

    def rounds(**link: Any) -> int:
        s = builders.scenario(
            nodes=[*builders.BASE["nodes"], {**NODE, "name": "node-0"}], links=[{**order, **link}], doctrine=asked,
            postures={"on": {"order_path": "link"}},
        )  # fmt: skip
        return int(builders.Repeated(builders.simulation(s, bodies(s))).run(0, 60).tally.rounds.sum())

    assert rounds() == COUNT
    assert rounds(outages=[{"from_s": -1.0, "to_s": 100.0}]) == 0
    assert rounds(outages=[{"from_s": -1.0, "to_s": 30.0}]) == COUNT, "once it is up again"


def test_orders_take_the_quickest_way_over_others():
    order = {"role": "orders", "capacity": 0, "period_s": 4.0, "message_bits": 1.0}
    s = builders.scenario(
        nodes=[*builders.BASE["nodes"], *({**NODE, "name": f"node-{i}"} for i in range(3))],
        doctrine={"method": "centralised", "authority": "node-0"}, postures={"on": {"order_path": "link"}},
        links=[
            {**order, "name": "a", "from": "node-0", "to": "node-1", "latency_s": 2.0, "availability": 0.9},
            {**order, "name": "b", "from": "node-1", "to": "post", "latency_s": 3.0, "availability": 0.8},
            {**order, "name": "c", "from": "node-0", "to": "node-2", "latency_s": 1.0},
            {**order, "name": "d", "from": "node-2", "to": "post", "latency_s": 9.0},
        ],
    )  # fmt: skip
    doctrine = builders.simulation(s, []).params.doctrine
    assert doctrine.delay[0] == 5.0 and doctrine.contact[0] == pytest.approx(0.72)


# ---------------------------------------------------------------- shared media


def shared(count: int, slots: int, access: str) -> Scenario:
    """As many terminals as can be, each with a link to a node of its own over one medium."""
    return laid(
        [{"from": "post", "to": f"node-{i % 59}", "period_s": None, "net": "radio", "access": access} for i in range(count)],
        nodes=59, nets=[{"name": "radio", "frame_s": 2.0, "slots": slots}],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("slots", "access", "limit"),
    [(120, "slotted", 0.367879), (240, "slotted", 0.303265), (240, "unslotted", 0.183940)],
)
def test_who_sends_when_it_likes_collides(slots, access, limit):
    """LINK-1: frames a slot that get through are G exp(-G), G exp(-2G) without slots; exact for as many senders as there are."""
    count = 120
    load = count / slots
    alone = (1.0 - 1.0 / slots) ** (count - 1) if access == "slotted" else (1.0 - 2.0 / slots) ** (count - 1)
    assert load * alone == pytest.approx(limit, rel=0.02)
    run = builders.Repeated(ready(shared(count, slots, access), 1))
    # after the tick in which all send, the frames under way are those that met no other
    through = [float((run.run(k, 20).messages.count >= 0).sum()) for k in range(60)]
    error = np.std(through, ddof=1) / math.sqrt(len(through))
    assert np.mean(through) == pytest.approx(count * alone, abs=3.3 * error)


def test_turns_and_chance_need_two_nets():
    links = [
        {"from": "post", "to": f"node-{i}", "period_s": None, "net": "radio", "access": a}
        for i, a in enumerate(("turns", "slotted"))
    ]
    with pytest.raises(ScenarioError, match="its links have access slotted and turns"):
        laid(links, nets=[{"name": "radio"}])


def test_turns_of_a_net_are_even_and_nobody_elses():
    """Like a 12 s frame of 1,536 slots: two turns make a period of 6 s; each has its slot, whatever a posture closes."""
    links = [
        {"from": "post", "to": f"node-{i}", "period_s": None, "net": "radio", "slots": n}
        for i, n in enumerate((1, 2, 3))
    ]
    s = laid(links, nodes=3, nets=[{"name": "radio"}])
    engine = ready(s).params.links
    assert engine.period.tolist() == [12.0, 6.0, 4.0]
    assert engine.phase == pytest.approx(np.array([1, 2, 4]) * 12.0 / 1536.0)
    watched = Watched(s, 48)
    frames = (watched.sent[12:] > 0).sum(axis=0)
    assert frames.tolist() == [3, 6, 9]


# ---------------------------------------------------------------- line of sight


@pytest.mark.parametrize(("far", "sees"), [(25.8e3, True), (26.4e3, False)])
def test_radio_needs_line_of_sight(far, sees):
    """Two antennas of 10 m see each other within 4.1218 (sqrt 10 + sqrt 10) = 26.07 km of smooth earth."""
    latitude, longitude = (math.degrees(x) for x in builders.destination(*builders.SITE, 0.0, far))
    node = {**NODE, "name": "node-0", "latitude_deg": latitude, "longitude_deg": longitude}
    link = {**LINE, **TO, "name": "link", "medium": "radio"}
    s = builders.scenario(nodes=[*builders.BASE["nodes"], node], links=[link], fire_units=[])
    assert (Watched(s, 20).sent.sum() > 0) == sees
    both_ways = [link, {**link, "name": "back", "from": "node-0", "to": "post"}]
    sight = builders.Repeated(
        ready(builders.scenario(nodes=[*builders.BASE["nodes"], node], links=both_ways, fire_units=[]))
    )
    assert sight.run(0, 20).reports.sight.tolist() == [sees, sees]


def test_a_carried_node_sees_farther_and_loses_sight_as_it_goes():
    """At 9 km: 4.1218 (sqrt 10 + sqrt 9000) = 404 km."""

    def carried(far: float) -> list[bool]:
        latitude, longitude = (math.degrees(x) for x in builders.destination(*builders.SITE, 0.0, far))
        s = builders.scenario(
            nodes=[*builders.BASE["nodes"], {**NODE, "name": "crew", "aboard": "watch"}],
            links=[{**LINE, "name": "link", "from": "post", "to": "crew", "medium": "radio"}], fire_units=[],
            sorties=[{"name": "watch", "title": "a watch", "class": "raider", "owner": "nato", "kind": "orbit", "radius_km": 1.0,
                      "latitude_deg": latitude, "longitude_deg": longitude, "altitude_m": 9000.0, "in_raid": True}],
        )  # fmt: skip
        run = builders.Repeated(builders.simulation(s))
        return [bool(run.run(0, ticks).reports.sight[0]) for ticks in (4, 40)]

    assert carried(398e3) == [True, True]
    assert carried(412e3) == [False, False]


# ---------------------------------------------------------------- guards


def passed(**guard: Any) -> np.ndarray:
    """Tracks of the six bodies that reach the other node in a minute."""
    s = laid([{**TO, "guard": "filter", **guard}], library={"bodies": {"fast": {**builders.RAIDER, "speed_mps": 900.0}}},
             doctrine={"hostile_speed_mps": 600.0})  # fmt: skip
    flights = [
        builders.inbound(s, f"body-{i}", 2.0 * math.pi * i / 6, 80e3, 5e3, body="fast" if i < 2 else "raider")
        for i in range(6)
    ]
    state = builders.Repeated(builders.simulation(s, flights)).run(0, 40)
    return np.flatnonzero(state.exposure.seconds[1, :6, 1] > 0.0)


def test_a_guard_passes_by_kind_and_area():
    assert passed().tolist() == [0, 1, 2, 3, 4, 5]
    assert passed(guard_kind="ballistic").tolist() == [0, 1]
    assert passed(guard_kind="aerodynamic").tolist() == [2, 3, 4, 5]
    north = {"guard_latitude_deg": 38.7, "guard_longitude_deg": 34.0, "guard_radius_km": 40.0}
    assert passed(guard_area="inside", **north).tolist() == [0]
    assert passed(guard_area="outside", **north).tolist() == [1, 2, 3, 4, 5]


def test_what_a_guard_costs_the_receiver():
    """It comes later and coarser: the rounding of 500 m adds a quarter of its square to the variance."""
    plain, behind = (
        Watched(laid([{**TO, "guard": "filter", **g}]), 60)
        for g in ({}, {"guard_delay_s": 5.0, "guard_precision_m": 500.0})
    )
    assert np.median(behind.ages(1)) == pytest.approx(np.median(plain.ages(1)) + 4.0)
    sigma = [w.sim.state.pictures.sigma[1, w.own :][w.sim.state.pictures.valid[1, w.own :]] for w in (plain, behind)]
    assert np.sqrt(sigma[1] ** 2 - 250.0**2) == pytest.approx(sigma[0], rel=0.1)


# ---------------------------------------------------------------- who is credited with what it was told


def test_a_collector_is_credited_alike_however_often_it_is_told():
    """A radar that looks every ten seconds, told of every 2, 3, 4 or 10 s: what was told again counts on, plot or no plot."""
    slow = {"radars": {"sharp": {"scan_period_s": 10.0, "track_period_s": 10.0}}}
    told = [
        Watched(laid([{**TO, "period_s": p}], owner="outside", library=slow), 200).held[80:, 1].sum()
        for p in (2.0, 3.0, 4.0, 10.0)
    ]
    assert told[0] == pytest.approx(COUNT * 120, rel=0.02)
    assert told == pytest.approx([told[0]] * 4, rel=0.03)


def test_a_report_counts_up_to_the_next_of_its_own_link():
    """Two links into one collector: when the quick one falls silent, what it told last does not count for the slow one's period."""
    stop = [{"from_s": 60.0, "to_s": 300.0}]
    quick = {**TO, "period_s": 2.0, "outages": stop}
    slow = {**TO, "period_s": 30.0, "latency_s": 1.0, "outages": [{"from_s": 0.0, "to_s": 300.0}]}
    w = Watched(laid([quick, slow], owner="outside"), 80)
    assert (w.held[20:59, 1] == COUNT).all() and w.held[64:, 1].sum() == 0
    both = Watched(laid([quick, {**slow, "outages": stop}], owner="outside"), 100)
    assert both.held[64, 1] == COUNT and both.held[93:, 1].sum() == 0


def test_others_keep_nothing_for_being_told_of_it_again():
    """A copy without a newer plot: who fights with it throws it away by its age, as before."""
    stop = [{"from_s": 30.0, "to_s": 300.0}]
    w = Watched(laid([{**TO, "period_s": 1.0, "outages": stop}]), 80)
    left = np.flatnonzero(w.held[31:, 1] == 0)[0] + 31
    assert left == pytest.approx(30 + w.sim.params.links.keep[1], abs=2.0)


def test_collectors_that_tell_each_other_are_refused():
    """They would be credited with one report for ever. What could flow there is asked all the same."""
    back = [TO, {"from": "node-0", "to": "node-1"}, {"from": "node-1", "to": "node-0"}]
    with pytest.raises(ScenarioError, match="what 'node-0' is told comes back to it"):
        ready(laid(back, owner="outside"))
    assert len(links_of(laid(back, owner="outside"), "on")) == 3
    ready(laid(back, owner="national"))
    ready(laid(back[:2], owner="outside"))


# ---------------------------------------------------------------- what is refused


ON_NET = {"nets": [{"name": "radio", "frame_s": 12.0, "slots": 4}]}


@pytest.mark.parametrize(
    ("link", "changes", "said"),
    [
        ({"period_s": None}, {}, "links.link-0: write period = the time between two frames, or net ="),
        ({"net": "radio"}, ON_NET, "links.link-0: sends when net 'radio' lets it; leave out period"),
        ({"net": "radar", "period_s": None}, ON_NET, "links.link-0.net: no net 'radar'"),
        ({"net": "radio", "period_s": None, "slots": 5}, ON_NET, "nets.radio.slots: 4 of a frame, and its links take 5 turns"),
        ({"net": "radio", "period_s": None, "slots": 2, "access": "slotted"}, ON_NET, "links.link-0.slots: 2 of its own, and access"),
        ({"access": "slotted"}, {}, "links.link-0: access and slots are those of a net"),
        ({"latency_s": 13.0}, {}, "links.link-0.latency: 13 s with its guard exceeds 3 periods (12 s)"),
        ({"medium": "radio"}, {}, "links.link-0.medium: radio, and node 'node-0' has no place"),
        ({"guard_area": "inside"}, {}, "links.link-0.guard_area: an area has guard_latitude_deg"),
        ({"guard_radius_km": 5.0}, {}, "links.link-0.guard_area: an area has guard_latitude_deg"),
        ({"outages": [{"from_s": 5.0, "to_s": 5.0}]}, {}, "links.link-0.outages: ends at 5 s, not after its start"),
        ({}, {"nets": [{"name": "a"}, {"name": "a"}]}, "nets.a: is defined twice"),
        ({"guard_pass": []}, {}, "links.link-0.guard_pass: names no identity"),
        ({"guard_delay_s": 1.0, "guard_kind": "ballistic"}, {}, "links.link-0: states guard_delay, guard_kind and no guard, so nothing reads them"),
    ],
)  # fmt: skip
def test_what_is_refused(link, changes, said):
    with pytest.raises(ScenarioError) as refused:
        laid([{**TO, **link}], **changes)
    assert any(said in line for line in refused.value.problems), refused.value.problems


def test_a_guard_that_is_switched_off_keeps_its_settings():
    """As --set links.NAME.guard=none does; and on a feed the posture says what stands there."""
    off = laid([{**TO, "guard": "none", "guard_precision_m": 900.0}])
    assert ready(off).params.links.guards.precision.tolist() == [0.0]
    laid([{**TO, "role": "feed_in", "guard_precision_m": 900.0}])
