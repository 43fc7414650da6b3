"""What guards would keep in, what those that stand keep in, and how an answer says so."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openiads.scenario.load import load
from openiads.scenario.spec import IDENTITIES
from openiads.studies.flows.answer import Question, answer
from openiads.studies.flows.guards import guards, standing, without_guard
from openiads.studies.flows.posture import Flows, flows_of, names_of
from openiads.studies.flows.words import lines
from tests.studies.flows.graphs import OWNERS, on, small

TURKEY = load("turkey-2019")
DIODE = {"guard": "diode"}


def test_a_diode_taken_off_opens_the_way_back():
    fed = on(("ally", "relay", {}), ("relay", "post", DIODE), ("post", "beyond", {"role": "undeclared"}))
    (found,) = standing(fed)
    assert (found.link, found.guard, found.onward) == ("relay-post", "diode", ("relay",))
    assert (found.nodes, found.sensitive, found.identities) == ((), (), ())
    told = on(("post", "relay", DIODE), ("ally", "relay", {}), ("post", "beyond", {"role": "undeclared"}))
    (found,) = standing(told)
    assert (found.nodes, found.sensitive, found.onward) == (("ally", "relay"), ("ally",), ())
    assert found.identities == IDENTITIES
    assert found.bits == pytest.approx(50 * 200 / 10 * 0.8 * 0.5), "the channel, half of the time, bounds it"
    other = without_guard(told, told.edges[0])
    assert names_of(other.edges) == ["ally-relay", "post-beyond", "post-relay", "post-relay backwards"]
    assert other.guarded("post-relay", "diode").reach() == told.reach(), "put on again it closes what it opened"


def test_a_filter_taken_off_passes_every_identity_and_no_node_more():
    filtered = {"guard": "filter", "guard_pass": ["hostile"]}
    flows = on(("ally", "post", filtered), ("post", "relay", filtered), ("post", "beyond", {"role": "undeclared"}))
    inward, outward = standing(flows)
    assert inward.link == "ally-post" and set(inward.identities) == set(IDENTITIES) - {"hostile"}
    assert inward.nodes == inward.onward == () and inward.bits == flows.narrowest().size
    assert outward.link == "post-relay" and not outward.identities
    assert flows.onward().nodes == ("relay",), "a filter keeps no lie out"


def test_what_a_compromise_copies_off_a_link_is_filtered_with_it():
    tap = {"name": "tap", "title": "t", "of": "ally-relay", "effect": "copy", "sink": "beyond", "rate_bit_s": 100.0,
           "p_exists": 0.1}  # fmt: skip
    flows = on(
        ("ally", "relay", {"guard": "filter", "guard_pass": ["friend"]}),
        compromises=[tap],
        posture={"compromise": "tap"},
    )
    assert flows.reach(identity="hostile").nodes == () and flows.reach(identity="friend").nodes == ("ally",)
    (found,) = standing(flows)
    assert (found.link, set(found.identities)) == ("ally-relay", set(IDENTITIES) - {"friend"})


def test_guards_say_what_they_keep_from_a_compromise():
    flows = on(("post", "relay", {}), ("relay", "ally", {}))
    found = {(g.link, g.guard): g.onward for g in guards(flows)}
    assert found["post-relay", "closed"] == ("ally", "relay") and found["relay-ally", "closed"] == ("ally",)
    assert found["post-relay", "filter"] == found["post-relay", "diode"] == ()
    assert [g.link for g in guards(flows)][:2] == ["post-relay", "relay-ally"], "the most protected first"


ENDS = st.tuples(OWNERS, OWNERS).filter(lambda pair: pair[0] != pair[1])
GUARDS = st.sampled_from(["none", "filter", "diode"])


@given(
    st.lists(st.tuples(ENDS, GUARDS), max_size=7, unique_by=lambda x: x[0]), st.sampled_from(["none", "in-view", "all"])
)
@settings(max_examples=60, deadline=None)
def test_guards_only_close_and_taking_them_off_only_opens(links, records):
    pairs = {pair for pair, _ in links}
    table = [
        (a, b, {"guard_pass": ["hostile"], "guard": "none" if guard == "diode" and (b, a) in pairs else guard})
        for (a, b), guard in links
    ]  # fmt: skip
    flows = on(*table, posture={"support": "visits", "records": records})
    for g in guards(flows):
        _at_most(flows.guarded(g.link, g.guard), flows)
    for edge in flows.edges:
        if edge.guard != "none":
            _at_most(flows, without_guard(flows, edge))
    assert {g.link for g in standing(flows)} == {e.name for e in flows.edges if e.guard != "none"}
    certain = {n for n, p in flows.spread(1.0)[1].items() if p == 1.0}
    assert set(flows.onward().nodes) == certain
    assert all(way[0].from_ == "post" and way[-1].to == n for n, way in flows.onward().ways.items())
    assert all(a.to == b.from_ for way in flows.onward().ways.values() for a, b in itertools.pairwise(way))


def _at_most(narrow: Flows, wide: Flows) -> None:
    assert set(narrow.onward().nodes) <= set(wide.onward().nodes)
    for identity in (None, "friend", "hostile"):
        assert set(narrow.reach(identity=identity).nodes) <= set(wide.reach(identity=identity).nodes)
    assert narrow.narrowest().size <= wide.narrowest().size + 1e-6


@pytest.mark.parametrize("posture", list(TURKEY.postures))
def test_words_and_json_say_the_same(posture):
    found = json.loads(json.dumps(answer(TURKEY, posture, Question()), allow_nan=False))
    text = "\n".join(lines(found))
    assert f"X3.onward: if the system is compromised it can write into {found['onward']['count'][0]} " in text
    assert len(found["onward"]["nodes"]) == found["onward"]["count"][0]
    assert all(f"-> {name}\n" in text for name in found["onward"]["nodes"])
    guarded = {e["name"] for e in found["flows"] if e["guard"] != "none"}
    assert {g["link"] for g in found["guards_standing"]} == guarded and ("Guards that stand" in text) == bool(guarded)


def test_what_the_diode_of_each_one_way_posture_keeps_shut():
    """One way in, the system would write into all five; one way out, their tracks would reach the undeclared channel."""
    into, out = (
        next(g for g in standing(flows_of(TURKEY, p)) if g.guard == "diode") for p in ("one-way-in", "one-way-out")
    )
    assert (into.link, len(into.onward), into.nodes) == ("national-picture-in", 5, ())
    assert (out.link, out.onward, len(out.nodes), len(out.sensitive)) == ("system-tracks-out", (), 5, 3)
    assert out.bits == pytest.approx(50 * 200 / 60 * 0.9 * 0.25)


def test_without_any_guard_nothing_is_said_of_taking_one_off():
    alone = small(("post", "relay", {}))
    assert "taken off" not in "\n".join(lines(answer(alone, "on", Question())))
    idle = "\n".join(lines(answer(small(("relay", "ally", DIODE)), "on", Question())))
    assert "Guards that stand: 1; taken off, none would open anything here" in idle
