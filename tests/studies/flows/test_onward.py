"""Whom the system could write into if it were compromised."""

from __future__ import annotations

import pytest

from openiads.scenario.load import load
from openiads.studies.flows.posture import flows_of, names_of, over_topologies
from openiads.studies.metrics import metrics
from tests.studies.flows.graphs import on

TURKEY = load("turkey-2019")


@pytest.mark.parametrize(
    ("posture", "nodes", "sensitive"),
    [
        ("sealed", (0, 0, 0), (0, 0, 0)),
        ("installed-cold", (0, 0, 0), (0, 0, 0)),
        ("test-only", (0, 0, 0), (0, 0, 0)),
        ("standalone", (0, 0, 0), (0, 0, 0)),
        ("one-way-in", (0, 0, 0), (0, 0, 0)),
        ("one-way-out", (5, 4, 5), (3, 3, 3)),
        ("filtered-two-way", (5, 4, 5), (3, 3, 3)),
        ("full-links", (5, 4, 5), (3, 3, 3)),
        ("custody-elsewhere", (0, 0, 0), (0, 0, 0)),
    ],
)
def test_the_flagship_in_its_three_topologies(posture, nodes, sensitive):
    """Where the gateway has no links the national picture goes to NATO's at once: one node less."""
    assert over_topologies(TURKEY, posture, lambda f: len(f.onward().nodes)) == nodes
    assert over_topologies(TURKEY, posture, lambda f: len(f.onward().sensitive)) == sensitive
    rows = {m.id: m.estimate(TURKEY, {}, posture)[:3] for m in metrics(TURKEY, ()) if m.how == "exact"}
    assert (rows["X3.onward"], rows["X3.onward.sensitive"]) == (nodes, sensitive)


def test_one_way_out_writes_into_the_whole_picture():
    found = flows_of(TURKEY, "one-way-out").onward()
    assert set(found.nodes) == {"national", "nato-gateway", "nato", "awacs", "patriot"}
    assert [(e.from_, e.to) for e in found.ways["awacs"]] == [
        ("s400", "national"), ("national", "nato-gateway"), ("nato-gateway", "nato"), ("nato", "awacs"),
    ]  # fmt: skip


def test_a_chain_and_a_fork_by_hand():
    chain = on(("post", "relay", {}), ("relay", "ally", {}))
    assert chain.onward().nodes == ("ally", "relay") and chain.onward().sensitive == ("ally",)
    assert [names_of(chain.onward().ways[n]) for n in ("relay", "ally")] == [
        ["post-relay"],
        ["post-relay", "relay-ally"],
    ]
    assert chain.onward(["relay"]).nodes == ("ally",) and chain.reach().nodes == ()
    fork = on(("post", "relay", {}), ("post", "ally", {}), ("post", "beyond", {}))
    assert fork.onward().nodes == ("ally", "relay"), "who is outside is nobody's picture to spoil"
    assert all(len(way) == 1 for way in fork.onward().ways.values())
    assert on(("relay", "post", {}), ("ally", "relay", {})).onward().nodes == ()
    assert on(("post", "relay", {}), ("relay", "ally", {}), posture={"absent": ["relay"]}).onward().nodes == ()


def test_the_vendor_can_pass_on_what_it_was_told():
    """By link, or by the recording that it carries away: it holds what a compromised system wrote as its own."""
    back = ("vendor", "ally", {})
    assert on(("post", "vendor", {}), back).onward().nodes == ("ally",)
    assert on(back).onward().nodes == ()
    visits = {"support": "visits", "records": "in-view"}
    visited = on(back, ("ally", "relay", {}), posture=visits)
    assert visited.onward().nodes == ("ally", "relay")
    assert names_of(visited.onward().ways["relay"]) == ["ally-relay", "vendor-ally", "visits"]
    assert visited.spread(0.5)[1] == {"ally": 0.25, "relay": 0.125}
    assert visited.time_to(3600.0, 7200.0)[0].estimate == pytest.approx(7200.0)
