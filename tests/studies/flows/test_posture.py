"""Flows of scenarios: what visits, guards and the undeclared channel do to reach, cuts and chances."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openiads.errors import UsageError
from openiads.scenario.load import load, scenario_names
from openiads.studies.flows.answer import Question, answer
from openiads.studies.flows.guards import guards
from openiads.studies.flows.posture import Flows, flows_of, names_of, over_topologies
from openiads.studies.flows.words import lines
from openiads.studies.metrics import metrics
from tests.studies.flows.graphs import OWNERS, small

TURKEY = load("turkey-2019")
CHAIN = (("ally", "relay", {}), ("relay", "post", {}), ("post", "beyond", {"role": "undeclared"}))


@pytest.mark.parametrize(
    ("posture", "nodes", "sensitive", "cut"),
    [
        ("sealed", (0, 0, 0), (0, 0, 0), (0, 0, 0)),
        ("installed-cold", (1, 1, 1), (0, 0, 0), (0, 0, 0)),
        ("standalone", (1, 1, 1), (0, 0, 0), (0, 0, 0)),
        ("one-way-out", (1, 1, 1), (0, 0, 0), (0, 0, 0)),
        ("one-way-in", (6, 5, 6), (3, 3, 3), (1, 1, 1)),
        ("filtered-two-way", (6, 5, 6), (3, 3, 3), (1, 1, 1)),
        ("full-links", (6, 5, 6), (3, 3, 3), (1, 1, 1)),
        ("custody-elsewhere", (0, 0, 0), (0, 0, 0), (0, 0, 0)),
    ],
)
def test_the_flagship_in_its_three_topologies(posture, nodes, sensitive, cut):
    assert over_topologies(TURKEY, posture, lambda f: len(f.reach().nodes)) == nodes
    assert over_topologies(TURKEY, posture, lambda f: len(f.reach().sensitive)) == sensitive
    assert over_topologies(TURKEY, posture, lambda f: f.cut().size) == cut
    rows = {m.id: m.estimate(TURKEY, {}, posture)[:3] for m in metrics(TURKEY, ()) if m.how == "exact"}
    assert rows.keys() == {"X3", "X3.sensitive", "X3.onward", "X3.onward.sensitive", "X5", "X5.bits", "X5.visits"}
    assert (rows["X3"], rows["X3.sensitive"], rows["X5"]) == (nodes, sensitive, cut)


def test_ways_lead_hop_by_hop():
    way = flows_of(TURKEY, "full-links").reach(sinks=["outside"]).ways["awacs"]
    assert [(e.from_, e.to) for e in way] == [
        ("awacs", "nato"), ("nato", "nato-gateway"), ("nato-gateway", "national"), ("national", "s400"), ("s400", "outside"),
    ]  # fmt: skip


def test_what_full_links_can_carry_is_what_leaves_the_system():
    """500 tracks of 400 bits in 30 s at 0.95, and 50 of 200 in 60 s at 0.9 for a quarter of the time."""
    found = flows_of(TURKEY, "full-links").narrowest()
    assert found.size == pytest.approx(500 * 400 / 30 * 0.95 + 50 * 200 / 60 * 0.9 * 0.25)
    assert names_of(found.edges) == ["support-link", "undeclared-channel"]


def test_orders_carry_no_track():
    """The system's order link leads to it and not away; one without room for tracks is no flow at all."""
    assert "order-link" not in names_of(flows_of(TURKEY, "full-links").edges)


@pytest.mark.parametrize(
    ("posture", "reached", "own"),
    [
        ({"support": "visits", "records": "in-view"}, {"post"}, True),
        ({"support": "visits", "records": "all"}, {"post", "relay", "ally"}, False),
        ({"support": "visits", "records": "none"}, set(), None),
        ({"support": "none", "records": "all"}, set(), None),
        ({"support": "visits", "records": "all", "emits": "never"}, set(), None),
    ],
)
def test_visits_carry_what_is_recorded(posture, reached, own):
    flows = flows_of(small(*CHAIN[:2], posture=posture), "on")
    assert set(flows.reach().nodes) == reached
    assert [e.own for e in flows.edges if e.kind == "visits"] == ([] if own is None else [own])
    if own is False:
        assert flows.cut().size == 1.0 and names_of(flows.cut().edges) == ["visits"]
        assert flows.narrowest().size == pytest.approx(50 * 200 / 10 * 0.8)
        assert flows.narrowest(way="links").size == 0.0, "nothing leaves at once"
        assert flows.narrowest(way="visits") == flows.narrowest()
        assert flows.narrowest(["post"], way="visits").size == float("inf"), "what it records itself has no stated size"
        closed = flows.guarded("visits", "closed")
        assert closed.reach().nodes == ()


def test_a_node_that_is_taken_away_neither_knows_nor_forwards():
    flows = flows_of(small(*CHAIN, posture={"absent": ["relay"]}), "on")
    assert flows.reach().nodes == ("post",) and names_of(flows.edges) == ["post-beyond"]


def test_own_tracks_leave_beside_fed_ones_that_stay():
    """A recording of its own tracks gives the system away, and nobody who feeds it; another link from it gives all."""
    visits = {"support": "visits", "records": "in-view"}
    flows = flows_of(small(*CHAIN, posture=visits), "on")
    assert set(flows.reach(sinks=["vendor"]).nodes) == {"post"}
    assert set(flows.reach(sinks=["beyond"]).nodes) == {"post", "relay", "ally"}


def test_the_undeclared_channel_can_not_be_closed():
    flows = flows_of(small(*CHAIN), "on")
    assert flows.cut().size == 1.0 and names_of(flows.cut().edges) == ["relay-post"]
    assert names_of(flows.cut(near="sources").edges) == ["ally-relay"]
    assert flows.cut(["post"]).size == float("inf")
    assert flows.narrowest(["post"]).size == pytest.approx(50 * 200 / 10 * 0.8 * 0.5)
    with pytest.raises(UsageError, match="no open link 'post-beyond'"):
        flows.guarded("post-beyond", "closed")
    assert not any(g.link == "post-beyond" for g in guards(flows))


def test_chances_of_the_chain_by_hand():
    """0.8 a link; the channel works for half of the time and exists with 0.25."""
    flows = flows_of(small(*CHAIN), "on")
    ally, post = flows.vertex("ally"), flows.vertex("post")
    assert flows.leaks(exists=0.0).at_least(1, [ally]).estimate == 0.0
    assert flows.leaks(exists=1.0).at_least(1, [ally]).estimate == pytest.approx(0.8 * 0.8 * 0.8 * 0.5)
    assert flows.leaks().at_least(1, [ally]).estimate == pytest.approx(0.25 * 0.8 * 0.8 * 0.8 * 0.5)
    assert flows.leaks().expected([ally, post]).estimate == pytest.approx(0.25 * 0.4 * (1.0 + 0.64))
    assert flows.together().estimate == pytest.approx((0.64 * 3 + 0.32 * 2 + 0.04) / 3, abs=0.01)


def test_a_filter_keeps_identities_in_and_a_diode_what_runs_back():
    links = (("ally", "post", {"guard_pass": ["hostile", "suspect"]}), ("post", "ally", {}), CHAIN[2])
    flows = flows_of(small(*links), "on")
    filtered = flows.guarded("ally-post", "filter")
    assert filtered.reach(identity="hostile").sensitive == ("ally",)
    assert filtered.reach(identity="friend").sensitive == ()
    assert filtered.reach().sensitive == ("ally",)
    assert flows.guarded("post-ally", "filter").edges != flows.edges
    assert flows.guarded("post-ally", "diode").reach().nodes == ("post",)
    assert flows.guarded("ally-post", "diode").reach().nodes == ("post", "ally")
    assert names_of(flows.guarded("ally-post", "diode").edges) == ["ally-post", "post-beyond"]


def test_guards_stand_in_the_order_of_what_they_protect():
    links = (("ally", "post", {"guard_pass": ["hostile"]}), ("post", "ally", {}), ("relay", "post", {}), CHAIN[2])
    found = guards(flows_of(small(*links), "on"))
    first = [(g.guard, g.link, g.sensitive, g.nodes) for g in found[:4]]
    assert first[:2] == [("closed", "ally-post", ("ally",), ("ally",)), ("diode", "post-ally", ("ally",), ("ally",))]
    assert first[2] == ("closed", "relay-post", (), ("relay",))
    assert first[3] == ("filter", "ally-post", (), ()) and len(found[3].identities) == 6
    assert found[0].bits == 0.0 and found[2].bits == pytest.approx(400.0)
    assert all(not (g.sensitive or g.nodes or g.identities) for g in found[4:])


def test_spread_and_time_along_a_chain_by_hand():
    out = (("post", "relay", {}), ("relay", "ally", {}), CHAIN[2])
    flows = flows_of(small(*out), "on")
    expected, each = flows.spread(0.5)
    assert expected.estimate == pytest.approx(0.75) and each == {"ally": 0.25, "relay": 0.5}
    mean, within = flows.time_to(3600.0, 7200.0)
    assert mean.estimate == pytest.approx(7200.0)
    assert within.estimate == pytest.approx(1.0 - 3.0 * 2.718281828459045**-2)
    assert flows_of(small(*CHAIN), "on").spread(0.5)[0].estimate == 0.0
    assert flows_of(small(*CHAIN), "on").time_to(3600.0, 7200.0)[0].estimate is None


@given(st.lists(st.tuples(OWNERS, OWNERS), min_size=1, max_size=7, unique=True), st.data())
@settings(max_examples=40, deadline=None)
def test_no_guard_and_no_closed_link_ever_raises_what_can_flow(pairs, data):
    pairs = [(a, b) for a, b in pairs if a != b] or [("ally", "beyond")]
    passes = data.draw(st.lists(st.sampled_from(["friend", "hostile", "unknown"]), min_size=1, max_size=2, unique=True))
    support = data.draw(st.sampled_from([{}, {"support": "visits", "records": "in-view"}]))
    base = flows_of(small(*((a, b, {"guard_pass": passes}) for a, b in pairs), posture=support), "on")
    before = _figures(base)
    for g in guards(base):
        after = _figures(base.guarded(g.link, g.guard))
        assert all(set(a) <= set(b) for a, b in zip(after[0], before[0], strict=True))
        assert all(a <= b + 1e-9 for a, b in zip(after[1], before[1], strict=True)), g


ENDS = st.tuples(OWNERS, OWNERS).filter(lambda pair: pair[0] != pair[1])


@given(st.lists(ENDS, max_size=6, unique=True), ENDS, st.sampled_from(["none", "in-view", "all"]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_one_more_way_never_lowers_a_cut(pairs, more, records, visited):
    """One more link, or visits where there were none: at least as many links to close, and as much can leave each way."""
    links = [(a, b, {"capacity": 10 * (i + 1)}) for i, (a, b) in enumerate(pairs) if (a, b) != more]
    posture = {"records": records, "support": "visits" if visited else "none"}
    before = flows_of(small(*links, posture=posture), "on")
    for wider in (
        flows_of(small(*links, (*more, {"capacity": 25}), posture=posture), "on"),
        flows_of(small(*links, posture=posture | {"support": "visits"}), "on"),
    ):
        assert _cuts(wider)[0] >= _cuts(before)[0]
        assert all(b >= a - 1e-3 for a, b in zip(_cuts(before), _cuts(wider), strict=True))


def _cuts(flows: Flows) -> list[float]:
    return [flows.cut().size, *(flows.narrowest(way=way).size for way in (None, "links", "visits"))]


def test_the_wider_a_posture_is_linked_the_more_can_leave():
    """Over links at once, and with the next visit: full links are not visited (X5.bits, X5.visits)."""
    at_once, carried = (
        {p: flows_of(TURKEY, p).narrowest(way=way).size for p in TURKEY.postures} for way in ("links", "visits")
    )
    assert 0.0 == at_once["standalone"] == at_once["one-way-out"] < at_once["one-way-in"] < at_once["full-links"]
    assert at_once["filtered-two-way"] == at_once["one-way-in"]
    assert (
        carried["one-way-in"] == carried["filtered-two-way"] == pytest.approx(62720.0) and carried["full-links"] == 0.0
    )


def _figures(flows: Flows) -> tuple[list[tuple[str, ...]], list[float]]:
    reaches = [flows.reach(), flows.reach(identity="friend"), flows.reach(identity="hostile")]
    spread = flows.spread(0.5)[0].estimate
    leak = flows.leaks().at_least(1, [flows.vertex("ally")]).estimate
    return [r.nodes for r in reaches], [flows.cut().size, flows.narrowest().size, spread, leak]


def test_names_that_are_not_there():
    flows = flows_of(TURKEY, "full-links")
    with pytest.raises(UsageError, match=r"no node 'nowhere'.*it has s400, national"):
        flows.reach(["nowhere"])
    with pytest.raises(UsageError, match="'outside' is a source and a sink"):
        flows.cut(["outside"])
    with pytest.raises(UsageError, match=r"takes no wall; accepted are filter, diode, closed"):
        flows.guarded("national-picture-in", "wall")
    with pytest.raises(UsageError, match="no posture 'x'"):
        flows_of(TURKEY, "x")


def test_an_answer_is_json_and_its_words_say_the_same():
    asked = Question(chance=0.5, step=86400.0)
    for posture in TURKEY.postures:
        found = json.loads(json.dumps(answer(TURKEY, posture, asked), allow_nan=False))
        text = "\n".join(lines(found))
        assert f"X3: tracks of {found['reach']['count'][0]} " in text
        assert all(f"  {name} -(" in text for name in found["reach"]["nodes"])
        assert all(name in text for name in found["cut"]["links"])
    assert "0.214 if it exists" in "\n".join(lines(answer(TURKEY, "one-way-in", asked)))
    narrow = answer(TURKEY, "full-links", Question(sources=("awacs",), sinks=("outside",)))
    assert narrow["reach"]["nodes"] == ["awacs"] and narrow["bits_per_s"]["links"]["links"] == ["undeclared-channel"]
    assert "spread" not in narrow and "time_to_sensitive" not in narrow


def test_without_a_limit_and_without_a_cut_is_said():
    alone = small(*CHAIN, posture={"support": "visits", "records": "in-view"})
    found = answer(alone, "on", Question(sources=("post",)))
    assert found["cut"]["size"][0] is None and found["bits_per_s"]["visits"]["size"][0] is None
    text = "\n".join(lines(found))
    assert "no closing of links" in text and "any amount can be recorded" in text
    assert found["bits_per_s"]["links"]["size"][0] == pytest.approx(50 * 200 / 10 * 0.8 * 0.5)


def test_every_shipped_scenario_has_an_answer_in_every_posture():
    """Also those with nobody outside and nobody sensitive."""
    for name in scenario_names():
        shipped = load(name)
        for posture in shipped.postures:
            text = "\n".join(lines(answer(shipped, posture, Question(chance=0.5, step=3600.0))))
            assert "X3: " in text and "None" not in text and "nan" not in text
    assert "--sink names where" in text, "two-systems has no node outside"


def test_a_node_of_ones_own_can_be_the_far_end():
    found = answer(TURKEY, "one-way-out", Question(sinks=("nato",)))
    assert found["reach"]["nodes"] == ["s400", "national", "nato-gateway", "awacs", "patriot"]
    assert "nato" not in found["sources"] + found["protected"]
