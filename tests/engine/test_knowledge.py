"""What nodes are credited with knowing, over random networks through the whole engine: nothing out of nothing.

Conservation: every row of a picture has a chain of deliveries back to a track that the node at its start made of its
own plots. Monotony: no link that is taken away and no guard that is put on tells anybody more. Locality: a lost link
changes nothing for who does not depend on it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from openiads.engine import step
from openiads.engine.tracking import FIRM
from openiads.scenario.build import Simulation
from openiads.scenario.spec import Scenario
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


def laid(network: tuple[list[int], list[dict[str, Any]]]) -> Scenario:
    (count, *seeing), links = network
    radar = builders.BASE["radars"][0]
    late = {"latency_s": lambda x: min(x["latency_s"], 3.0 * x["period_s"])}
    return builders.scenario(
        nodes=[{"name": f"node-{i}", "title": "a node", "owner": "national", "tracks": True} for i in range(count)],
        radars=[{**radar, "name": f"eye-{i}", "node": f"node-{i}"} for i in seeing],
        links=[{**x, **{key: f(x) for key, f in late.items()}} for x in links],
        doctrine={"authority": "node-0"}, fire_units=[],
    )  # fmt: skip


def ready(network: tuple[list[int], list[dict[str, Any]]]) -> Simulation:
    s = laid(network)
    return builders.simulation(
        s, [builders.inbound(s, f"body-{i}", 2.0 * math.pi * i / BODIES, 90e3, 5e3) for i in range(BODIES)]
    )


def lived(network: tuple[list[int], list[dict[str, Any]]]) -> step.State:
    return builders.Repeated(ready(network)).run(3, TICKS)


def chains(sim: Simulation) -> tuple[list[dict[Key, int]], step.State]:
    """Live tick by tick; by node every track that it can know, and the body behind it, by deliveries alone."""
    state, params = sim.state, sim.params
    nodes, own = state.pictures.held.shape[:2]
    proven: list[dict[Key, int]] = [{} for _ in range(nodes)]
    under_way: list[tuple[int, float, dict[Key, int]]] = []
    for i in range(TICKS):
        t = (i + 1) * sim.tick
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
            source, told = int(params.links.source[k]), {}
            for m in range(state.messages.count[k, d]):
                key = (*map(int, state.messages.origin[k, d, m]), int(state.messages.number[k, d, m]))
                assert key in proven[source], "a node tells what it knows"
                told[key] = proven[source][key]
            under_way.append((int(k), float(state.messages.due[k, d]), told))
    return proven, state


@settings(max_examples=40, deadline=None)
@given(networks())
def test_everything_that_is_known_goes_back_to_a_look(network):
    proven, state = chains(ready(network))
    for n, known in enumerate(proven):
        credited = set(np.flatnonzero(state.exposure.seconds[n, :BODIES, 1] > 0.0).tolist())
        assert credited <= set(known.values())
        own = set(np.flatnonzero(np.isfinite(state.exposure.first[n, :BODIES])).tolist())
        assert own <= set(known.values())


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
