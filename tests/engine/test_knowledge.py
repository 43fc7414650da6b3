"""What nodes are credited with knowing, over random networks through the whole engine: nothing out of nothing.

Conservation: every row of a picture has a chain of deliveries back to a track that the node at its start made of its
own plots, but for tracks of nothing that a compromise tells. Guards: nothing arrives that one forbids. Monotony: no link that
is taken away and no guard that is put on tells anybody more. Locality: a lost link changes nothing for who does not depend on it.

The richer networks of the first two have collectors that only listen, lines with rates and outages, and liars.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from openiads.engine import step
from openiads.engine.geo import EARTH_RADIUS, to_ecef
from openiads.engine.tracking import FIRM
from openiads.scenario.build import Simulation
from openiads.scenario.compromises import compromised
from openiads.scenario.flights import Flight
from openiads.scenario.links import links_of
from openiads.scenario.spec import IDENTITIES, Scenario
from tests import builders

BODIES, TICKS = 5, 40
Key = tuple[int, int, int]  # origin node, slot, track number


def link(name: str, a: int, b: int, draw: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "from": f"node-{a}",
        "to": f"node-{b}",
        "role": "fixed",
        "capacity": 100,
        "message_bits": 100.0,
        **draw,
    }


@st.composite
def networks(draw: st.DrawFn) -> tuple[list[int], list[dict[str, Any]]]:
    """Nodes that have a radar, and links between two to five nodes."""
    count = draw(st.integers(2, 5))
    seeing = draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=2, unique=True))
    pairs = [(a, b) for a in range(count) for b in range(count) if a != b]
    chosen = draw(st.lists(st.sampled_from(pairs), min_size=1, max_size=8, unique=True))
    links = []
    for a, b in chosen:
        period = draw(st.sampled_from([1.0, 2.0, 5.0]))
        guard = draw(
            st.sampled_from([{}, {}, {"guard": "filter", "guard_precision_m": 200.0}, {"guard": "filter", **AREA}])
        )
        made = {
            "period_s": period, "latency_s": draw(st.sampled_from([0.0, 1.0, 2.5])), "availability": draw(st.sampled_from([1.0, 0.6])),
            **guard,
        }  # fmt: skip
        links.append(link(f"line-{a}-{b}", a, b, made))
    return [count, *sorted(seeing)], links


AREA = {"guard_area": "outside", "guard_latitude_deg": 38.5, "guard_longitude_deg": 34.0, "guard_radius_km": 40.0}


def laid(network: tuple[list[int], list[dict[str, Any]]], collectors: Sequence[str] = (), **changes: Any) -> Scenario:
    (count, *seeing), links = network
    radar = builders.BASE["radars"][0]
    late = {"latency_s": lambda x: min(x["latency_s"], 3.0 * x["period_s"])}
    return builders.scenario(
        nodes=[
            *({"name": f"node-{i}", "title": "a node", "owner": "national", "tracks": True} for i in range(count)),
            *({"name": name, "title": "who listens", "owner": "outside"} for name in collectors),
        ],
        radars=[{**radar, "name": f"eye-{i}", "node": f"node-{i}"} for i in seeing],
        links=[{**x, **{key: f(x) for key, f in late.items()}} for x in links],
        doctrine={"authority": "node-0"}, fire_units=[], **changes,
    )  # fmt: skip


def ready(network: tuple[list[int], list[dict[str, Any]]]) -> Simulation:
    s = laid(network)
    return builders.simulation(s, flights(s))


def flights(s: Scenario) -> list[Flight]:
    return [builders.inbound(s, f"body-{i}", 2.0 * math.pi * i / BODIES, 90e3, 5e3) for i in range(BODIES)]


def lived(network: tuple[list[int], list[dict[str, Any]]]) -> step.State:
    return builders.Repeated(ready(network)).run(3, TICKS)


# ---------------------------------------------------------------- conservation, and what guards forbid

GUARDS: list[dict[str, Any]] = [
    {"guard": "filter", **AREA}, {"guard": "filter", **AREA, "guard_area": "inside"},
    {"guard": "filter", "guard_pass": ["pending", "unknown", "suspect"]}, {"guard": "filter", "guard_precision_m": 500.0, "guard_delay_s": 1.0}, {},
]  # fmt: skip
EFFECTS: list[dict[str, Any]] = [
    *2 * [{"effect": "inject", "ghosts": 3, "radius_km": 30.0, "claim": "hostile", "latitude_deg": 38.2, "longitude_deg": 34.1}],
    {"effect": "alter", "shift_km": 60.0, "claim": "hostile"}, {"effect": "delay", "late_s": 2.0}, {"effect": "deny", "share": 0.5},
    {"effect": "copy", "sink": "far", "rate_bit_s": 150.0, "period_s": 3.0, "message_bits": 100.0, "duty": 0.7, "pause_s": 10.0},
]  # fmt: skip


@st.composite
def crowded(draw: st.DrawFn) -> Scenario:
    """Random networks with one or two collectors, full and interrupted lines, guards, and one node or link that is not what it seems."""
    (count, *seeing), links = draw(networks())
    sinks = [f"sink-{i}" for i in range(draw(st.integers(1, 2)))]
    for i, name in enumerate(sinks):
        a = draw(st.integers(0, count - 1))
        links.append(
            link(f"out-{i}", a, 0, {"to": name, "period_s": draw(st.sampled_from([1.0, 3.0, 5.0])), "latency_s": 1.0})
        )
    for x in links:
        for key in [key for key in x if key.startswith("guard")]:
            del x[key]
        x |= draw(st.sampled_from(GUARDS))
        x["latency_s"] = min(
            x["latency_s"], 3.0 * x["period_s"] - 2.0 - x.get("guard_delay_s", 0.0)
        )  # late as it may be
        x |= draw(
            st.sampled_from([{}, {}, {"rate_bit_s": 150.0}, {"availability": 0.5, "outage_s": 8.0}, {"capacity": 2}])
        )
        x |= draw(st.sampled_from([{}, {"outages": [{"from_s": 10.0, "to_s": 20.0}]}]))
    of = draw(
        st.sampled_from(sorted({x["from"] for x in links}) if draw(st.booleans()) else [x["name"] for x in links])
    )
    lie = {
        "name": "lie",
        "title": "a lie",
        "of": of,
        "p_exists": 0.5,
        "from_s": draw(st.sampled_from([0.0, 15.0])),
        **draw(st.sampled_from(EFFECTS)),
    }
    return laid(((count, *seeing), links), collectors=[*sinks, "far"],
                **draw(st.sampled_from([*3 * [{"compromises": [lie], "modifiers": {"compromise": "lie"}}], {}])))  # fmt: skip


def forbidden(sim: Simulation, k: int, identity: int, x: np.ndarray) -> bool:
    """Does what the scenario states of link k keep a track of this identity and place in. Reckoned here, not by the engine."""
    name = sim.links[k]
    stated = next(x for x in links_of(sim.scenario, sim.posture) if x.name == name)
    if stated.guard != "filter":
        return False
    if stated.guard_pass and IDENTITIES[identity] not in stated.guard_pass:
        return True
    if stated.guard_latitude is None or stated.guard_longitude is None or stated.guard_radius is None:
        return False
    centre = to_ecef(stated.guard_latitude, stated.guard_longitude, 0.0)
    angle = math.acos(np.dot(centre, x[:3]) / np.linalg.norm(centre) / np.linalg.norm(x[:3]))
    return bool((angle * EARTH_RADIUS < stated.guard_radius) != (stated.guard_area == "inside"))


def liar(sim: Simulation, node: bool, t: float) -> str:
    """Name of the node, or else of the link, that makes up or alters tracks at a time; none."""
    c = compromised(sim.scenario, sim.posture)
    if c is None or c.effect not in ("inject", "alter") or not c.from_ <= t < c.to:
        return ""
    return c.of if node == c.of.startswith("node") else ""


def watch_frame(
    sim: Simulation, k: int, d: int, t: float, known: dict[Key, int], reports: tuple[np.ndarray, ...]
) -> dict[Key, int]:
    """What a frame that was just sent tells, after a check that its sender may tell it and that the guard lets it."""
    messages, pictures, source = sim.state.messages, sim.state.pictures, int(sim.params.links.source[k])
    name, sender = sim.links[k], sim.scenario.nodes[int(sim.params.links.source[k])].name
    told: dict[Key, int] = {}
    for m in range(messages.count[k, d]):
        key = (*map(int, messages.origin[k, d, m]), int(messages.number[k, d, m]))
        made_up = key[2] < 0 and key not in known
        assert not made_up or liar(sim, True, t) == sender or liar(sim, False, t) == name, (
            "only who injects makes tracks up"
        )
        assert made_up or key in known, "a node tells what it knows"
        told[key] = known.get(key, NOTHING)
        if liar(sim, False, t) == name:
            continue  # it changes what the guard let through
        if liar(sim, True, t) == sender:
            identity, x = int(messages.identity[k, d, m]), messages.x[k, d, m]  # what it says is what the guard judges
        else:
            p = next(
                int(p)
                for p in np.flatnonzero(pictures.valid[source])
                if (*map(int, pictures.origin[source, p]), int(pictures.number[source, p])) == key
            )
            same = reports[1][source, p] == key[2]
            identity, x = int(reports[0][source, p]) if same else 0, pictures.x[source, p]
        assert not forbidden(sim, k, identity, x), "nothing leaves that the guard forbids"
    return told


NOTHING = -2  # the body behind a track of nothing


def chains(sim: Simulation) -> tuple[list[dict[Key, int]], step.State]:
    """Live tick by tick; by node every track that it can know, and the body behind it, by deliveries alone."""
    state, params = sim.state, sim.params
    nodes, own = state.pictures.held.shape[:2]
    proven: list[dict[Key, int]] = [{} for _ in range(nodes)]
    under_way: list[tuple[int, float, dict[Key, int]]] = []
    for i in range(TICKS):
        t = (i + 1) * sim.tick
        reports = state.reports.identity.copy(), state.reports.number.copy()
        step.simulate(params, state, i, sim.tick, 1)
        for k, due, told in under_way:
            if due <= t:
                proven[params.links.sink[k]] |= told
        under_way = [x for x in under_way if x[1] > t]
        for n in range(nodes):
            firm = np.flatnonzero(state.tracks.status[n] == FIRM)
            if firm.size:
                assert n in params.radars.node, "who has no radar makes no track"
            proven[n] |= {(n, int(s), int(state.tracks.number[n, s])): int(state.exposure.body[n, s]) for s in firm}
            for p in own + np.flatnonzero(state.pictures.valid[n, own:]):
                assert (*map(int, state.pictures.origin[n, p]), int(state.pictures.number[n, p])) in proven[n]
        for k, d in zip(*np.nonzero(state.messages.count >= 0), strict=True):
            if state.messages.t[k, d, 0] != t or state.messages.count[k, d] == 0:
                continue  # sent before
            told = watch_frame(sim, int(k), int(d), t, proven[params.links.source[k]], reports)
            under_way.append((int(k), float(state.messages.due[k, d]), told))
    return proven, state


@settings(max_examples=120, deadline=None)
@given(crowded())
def test_everything_that_is_known_goes_back_to_a_look_and_past_every_guard(s):
    proven, state = chains(builders.simulation(s, flights(s)))
    for n, known in enumerate(proven):
        credited = set(np.flatnonzero(state.exposure.seconds[n, :BODIES, 1] > 0.0).tolist())
        assert credited <= set(known.values())
        own = set(np.flatnonzero(np.isfinite(state.exposure.first[n, :BODIES])).tolist())
        assert own <= set(known.values())
        lies = compromised(s, "on")
        assert (lies is not None and lies.effect == "inject") or NOTHING not in known.values(), (
            "ghosts only where injected"
        )


@settings(max_examples=40, deadline=None)
@given(networks(), st.data())
def test_no_link_that_is_taken_away_tells_anybody_more(network, data):
    """Plots and taskings are frozen: nobody shoots, and radars look as they always do. Nothing is crowded."""
    nodes, links = network
    gone = data.draw(st.integers(0, len(links) - 1))
    before, after = lived(network).exposure, lived((nodes, [x for i, x in enumerate(links) if i != gone])).exposure
    assert (after.seconds <= before.seconds).all()
    assert (after.first >= before.first).all()


@settings(max_examples=40, deadline=None)
@given(networks(), st.data())
def test_no_guard_that_is_put_on_passes_more(network, data):
    nodes, links = network
    behind = data.draw(st.integers(0, len(links) - 1))
    guard = data.draw(
        st.sampled_from([AREA, {"guard_kind": "ballistic"}, {"guard_delay_s": 0.5}, {"guard_precision_m": 900.0}])
    )
    guarded = [{**x, "guard": "filter", **guard} if i == behind else x for i, x in enumerate(links)]
    if links[behind].get("guard") == "filter" and "guard_area" in links[behind]:
        guarded[behind] = {**guarded[behind], **AREA}  # a second guard is put behind the first
    before, after = lived(network).exposure, lived((nodes, guarded)).exposure
    assert (after.seconds[:, :BODIES, 1] <= before.seconds[:, :BODIES, 1]).all()


@settings(max_examples=40, deadline=None)
@given(networks(), st.data())
def test_a_lost_link_changes_nothing_for_who_does_not_depend_on_it(network, data):
    """The pictures of nodes that it does not lead to stay the same to the last bit."""
    (count, *_), links = network
    gone = data.draw(st.integers(0, len(links) - 1))
    reached = {int(links[gone]["to"][-1])}
    for _ in range(count):
        reached |= {int(x["to"][-1]) for x in links if int(x["from"][-1]) in reached}
    before, after = lived(network), lived((network[0], [x for i, x in enumerate(links) if i != gone]))
    for n in set(range(count)) - reached:
        for name in ("valid", "x", "number", "told", "sigma"):
            np.testing.assert_array_equal(getattr(before.pictures, name)[n], getattr(after.pictures, name)[n])
