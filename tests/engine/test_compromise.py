"""Compromise by its effect, through the whole engine: what the receiver then holds, how late, and who is untouched."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from openiads.engine import network
from openiads.engine.geo import to_ecef
from openiads.engine.network import HOSTILE, PENDING
from openiads.errors import ScenarioError
from tests import builders
from tests.engine.test_links import COUNT, NODE, TO, Watched, bodies, laid

FALSE = {"name": "false", "title": "what the link would do", "of": "link-0", "p_exists": 0.1}


def false(of: str = "link-0", **effect: Any) -> dict[str, Any]:
    return {"compromises": [{**FALSE, "of": of, **effect}], "modifiers": {"compromise": "false"}}


def watched(ticks: int = 60, **changes: Any) -> Watched:
    return Watched(laid([TO, {"from": "post", "to": "node-1"}], placed=True, **changes), ticks)


def rows(w: Watched, node: int) -> np.ndarray:
    return w.own + np.flatnonzero(w.sim.state.pictures.valid[node, w.own :])


def test_nothing_happens_unless_it_is_named():
    plain, stated = watched(), watched(compromises=[{**FALSE, "effect": "inject", "ghosts": 5}])
    np.testing.assert_array_equal(plain.sim.state.pictures.x, stated.sim.state.pictures.x)
    assert plain.held[-1, 1] == COUNT


def test_ghosts_are_tracks_of_nothing_and_nobody_is_credited_with_them():
    w = watched(**false(effect="inject", ghosts=5, claim="hostile", radius_km=30.0))
    assert (w.held[-1, 1], w.held[-1, 2]) == (COUNT + 5, COUNT), "the other link tells the truth"
    pictures, exposure = w.sim.state.pictures, w.sim.state.exposure
    ghosts = [p for p in rows(w, 1) if pictures.number[1, p] < 0]
    assert len(ghosts) == 5 and (pictures.told[1, ghosts] == HOSTILE).all()
    home = w.sim.params.links.tampering.home[0]
    gap = np.linalg.norm(pictures.x[1, ghosts, :3] - home, axis=1)
    assert np.linalg.norm(home - to_ecef(*np.radians([38.1, 34.1]), 10.0)) < 1.0
    assert (gap < 35e3).all() and (np.linalg.norm(pictures.x[1, ghosts, 3:], axis=1) > 100.0).all()
    assert (exposure.seconds[1, :COUNT, 1] > 0.0).all() and (exposure.body[0] < COUNT).all()


@pytest.mark.parametrize("of", ["link-0", "post"])
def test_what_is_there_keeps_its_identity_beside_ghosts(of):
    plain, w = watched(), watched(**false(of, effect="inject", ghosts=5, claim="friend"))
    true = [p for p in rows(w, 1) if w.sim.state.pictures.number[1, p] >= 0]
    assert (w.sim.state.pictures.told[1, true] == plain.sim.state.pictures.told[1, rows(plain, 1)]).all()
    assert len(true) == COUNT and HOSTILE in w.sim.state.pictures.told[1, true]


def test_ghosts_fly_on_smoothly():
    """A frame later a ghost is where its speed took it, within what a circle bends."""
    a, b = (watched(ticks, **false(effect="inject", ghosts=3)) for ticks in (22, 26))
    ghosts = [p for p in rows(a, 1) if a.sim.state.pictures.number[1, p] < 0]
    x, y = a.sim.state.pictures.x[1, ghosts], b.sim.state.pictures.x[1, ghosts]
    assert np.linalg.norm(y[:, :3] - x[:, :3], axis=1) == pytest.approx(
        4.0 * np.linalg.norm(x[:, 3:], axis=1), rel=0.15
    )


def test_positions_are_moved_and_identities_renamed_on_that_link_alone():
    plain, w = watched(), watched(**false(effect="alter", shift_km=20.0, claim="friend"))
    a, b = plain.sim.state.pictures, w.sim.state.pictures
    gap = np.linalg.norm(b.x[1, rows(w, 1), :3] - a.x[1, rows(plain, 1), :3], axis=1)
    assert gap == pytest.approx(20e3, rel=1e-6)
    np.testing.assert_array_equal(a.x[2], b.x[2])
    assert (b.told[1, rows(w, 1)] == 3).all() and (b.told[2, rows(w, 2)] == a.told[2, rows(plain, 2)]).all()


def test_a_delay_makes_news_old():
    plain, w = watched(), watched(**false(effect="delay", late_s=5.0))
    assert np.median(w.ages(1)) == pytest.approx(np.median(plain.ages(1)) + 4.0)  # at once is the next tick
    assert np.median(w.ages(2)) == np.median(plain.ages(2))


def test_denial_takes_frames_and_only_for_its_time():
    w = watched(240, **false(effect="deny", share=0.5))
    frames = (w.sent[8:] > 0).sum(axis=0)
    assert frames[1] == 58 and 18 <= frames[0] <= 40
    cut = watched(60, **false(effect="disable", from_s=20.0, to_s=40.0))
    t = np.arange(1, 61)
    assert cut.sent[(t >= 20) & (t < 40), 0].sum() == 0 and cut.sent[t >= 40, 0].sum() > 0


def test_a_node_that_is_disabled_holds_and_tells_nothing():
    w = watched(60, **false(of="post", effect="disable", from_s=20.0))
    assert w.sent[22:].sum() == 0 and not w.sim.state.pictures.valid[0].any()
    assert w.held[18, 1] == COUNT and w.held[-1, 1] == 0


def test_a_node_has_all_that_it_sends_in_its_hand():
    w = watched(**false(of="post", effect="inject", ghosts=2))
    assert (w.held[-1, 1], w.held[-1, 2]) == (COUNT + 2, COUNT + 2)


# ---------------------------------------------------------------- a node lies before its guards, a link behind its own

PLACE = (38.0, 34.0)  # of the post, deg
AROUND_IT = {
    "guard_latitude_deg": 38.0,
    "guard_longitude_deg": 34.0,
    "guard_radius_km": 40.0,
}  # bodies are beyond for 100 s


def guarded(of: str, ticks: int = 40, second: dict[str, Any] | None = None, guard: dict[str, Any] | None = None,
            **effect: Any) -> Watched:  # fmt: skip
    """The post tells two nodes every second, the first behind a guard."""
    filtered = {"guard": "filter", **guard} if guard else {}
    s = laid([{**TO, "period_s": 1.0, **filtered}, {"from": "post", "to": "node-1", "period_s": 1.0, **(second or {})}],
             placed=True, **(false(of, **effect) if effect else {}))  # fmt: skip
    return Watched(s, ticks)


def made_up(w: Watched, node: int) -> list[int]:
    """Rows of ghosts, by number."""
    pictures = w.sim.state.pictures
    return sorted(
        (int(p) for p in rows(w, node) if pictures.number[node, p] < 0), key=lambda p: pictures.number[node, p]
    )


INJECT = {"effect": "inject", "ghosts": 4, "radius_km": 15.0, "claim": "hostile"}


def test_a_filter_outside_a_node_stops_its_ghosts_and_one_before_a_link_does_not():
    """What passes lies outside a circle around the post, where the ghosts are: of the node itself, or of one link behind the filter."""
    outside = {"guard_area": "outside", **AROUND_IT}
    place = dict(zip(("latitude_deg", "longitude_deg"), PLACE, strict=True))
    node, link = guarded("post", guard=outside, **INJECT), guarded("link-0", guard=outside, **INJECT, **place)
    assert (node.held[-1, 1], node.held[-1, 2]) == (COUNT, COUNT + 4)
    assert (link.held[-1, 1], link.held[-1, 2]) == (COUNT + 4, COUNT)
    assert (node.kept[10:, 0, network.BY_GUARD] == 4).all() and node.kept[:, 1].sum() == 0
    assert link.kept[10:, 0].sum() == 0
    inside = guarded("post", guard={"guard_area": "inside", **AROUND_IT}, **INJECT)
    assert inside.held[-1, 1] == 4 and len(made_up(inside, 1)) == 4, (
        "and inside it they pass while the bodies are beyond"
    )


def test_a_filter_judges_what_a_node_calls_its_tracks_and_not_what_a_link_makes_of_them():
    friends = {"guard_pass": ["friend"]}
    claim = {"effect": "alter", "claim": "friend"}
    assert guarded("post", guard=friends).held[-1, 1] == 0
    assert guarded("post", guard=friends, **claim).held[-1, 1] == COUNT
    assert guarded("link-0", guard=friends, **claim).held[-1, 1] == 0
    assert guarded("post", guard=friends, **INJECT).held[-1, 1] == 0, "hostile ghosts do not pass either"


def test_a_filter_judges_where_a_node_says_that_its_tracks_are():
    """Bodies are some 70 km around; moved by 200 km none is near any more."""
    near = {"guard_area": "inside", "guard_latitude_deg": 38.0, "guard_longitude_deg": 34.0, "guard_radius_km": 100.0}
    far = {"effect": "alter", "shift_km": 200.0}
    assert guarded("post", guard=near).held[-1, 1] == COUNT
    assert guarded("post", guard=near, **far).held[-1, 1] == 0
    assert guarded("link-0", guard=near, **far).held[-1, 1] == COUNT


def test_a_node_tells_one_story_on_all_its_links():
    """The same ghosts in the same places, and all positions moved the same way."""
    w = guarded("post", **INJECT)
    pictures = w.sim.state.pictures
    first, second = made_up(w, 1), made_up(w, 2)
    np.testing.assert_array_equal(pictures.x[1, first], pictures.x[2, second])
    np.testing.assert_array_equal(pictures.number[1, first], pictures.number[2, second])
    np.testing.assert_array_equal(pictures.origin[1, first], pictures.origin[2, second])
    gap = np.linalg.norm(pictures.x[1, first, :3] - to_ecef(*np.radians(PLACE), 0.0), axis=1)
    assert (gap < 18e3).all(), "around itself"
    plain, moved = guarded("post"), guarded("post", effect="alter", shift_km=20.0)
    by = [moved.sim.state.pictures.x[n, rows(moved, n)] - plain.sim.state.pictures.x[n, rows(plain, n)] for n in (1, 2)]
    np.testing.assert_array_equal(*by)
    assert np.linalg.norm(by[0][:, :3], axis=1) == pytest.approx(20e3, rel=1e-6)


def test_who_hears_a_liar_from_two_sides_holds_each_ghost_once():
    lines = [
        TO,
        {"from": "post", "to": "node-1"},
        {"from": "node-0", "to": "node-2"},
        {"from": "node-1", "to": "node-2"},
    ]
    w = Watched(laid(lines, nodes=3, placed=True, **false("post", **INJECT)), 60)
    assert [len(made_up(w, n)) for n in (1, 2, 3)] == [4, 4, 4]
    assert w.held[-1].tolist() == [0, COUNT + 4, COUNT + 4, COUNT + 4], "and sends its maker none"


def test_ghosts_fly_where_they_are_said_to():
    w = guarded("post", **INJECT, latitude_deg=39.0, longitude_deg=36.0)
    x = w.sim.state.pictures.x[1, made_up(w, 1), :3]
    assert (np.linalg.norm(x - to_ecef(*np.radians((39.0, 36.0)), 8e3), axis=1) < 16e3).all()


def test_ghosts_of_a_node_share_the_room_and_are_told_as_exactly_as_the_rest():
    """Two tracks a frame, six bodies and four ghosts: everything is told in turn, and what waits is counted."""
    narrow = guarded("post", 60, second={"capacity": 2}, **INJECT)
    assert (narrow.sent[20:, 1] == 2).all() and (narrow.kept[20:, 1, network.BY_CAPACITY] == COUNT + 4 - 2).all()
    assert narrow.held[-1, 2] == COUNT + 4
    coarse = guarded("post", guard={"guard_precision_m": 3000.0}, **INJECT)
    sigma = coarse.sim.state.pictures.sigma[1, made_up(coarse, 1)]
    assert sigma == pytest.approx(np.hypot(200.0, 1500.0))


def test_a_link_that_does_not_say_who_tracks_are_does_not_say_it_of_ghosts():
    w = guarded("post", second={"identity": False}, **INJECT)
    told = w.sim.state.pictures.told
    assert (told[1, made_up(w, 1)] == HOSTILE).all() and (told[2, made_up(w, 2)] == PENDING).all()


def test_many_ghosts_take_no_true_track_away():
    w = guarded("post", second={"capacity": 500}, **{**INJECT, "ghosts": 200})
    assert w.held[-1, 2] == COUNT + 200 and w.sim.state.pictures.dropped[0] == 0


def test_who_is_told_that_raiders_are_friends_holds_its_fire():
    """Alter, by effect: the fire unit's own silence evidence against a word that somebody heard an answer."""
    link = {
        "name": "link-0",
        "from": "node-0",
        "to": "post",
        "role": "fixed",
        "latency_s": 0.0,
        "period_s": 2.0,
        "capacity": 50,
        "message_bits": 1.0,
    }
    radars = [
        {**builders.BASE["radars"][0], "name": n, "node": node} for n, node in (("eye", "post"), ("other", "node-0"))
    ]

    def rounds(**changes: Any) -> int:
        s = builders.scenario(
            nodes=[*builders.BASE["nodes"], {**NODE, "name": "node-0"}], links=[link], radars=radars, **changes
        )
        return int(builders.Repeated(builders.simulation(s, bodies(s))).run(0, 60).tally.rounds.sum())

    assert rounds() == COUNT
    assert rounds(**false(effect="alter", claim="friend")) == 0


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"effect": "inject", "ghosts": 3}, "compromises.false: without latitude_deg and longitude_deg ghosts fly around who hears of them, and node 'node-0' has no place"),
        ({"effect": "inject", "ghosts": 3, "latitude_deg": 38.0}, "compromises.false: a place has latitude_deg and longitude_deg; give both"),
        ({"effect": "inject"}, "compromises.false: effect = 'inject' needs ghosts"),
        ({"effect": "alter"}, "compromises.false: effect = 'alter' needs claim or shift"),
        ({"effect": "delay"}, "compromises.false: effect = 'delay' needs late"),
        ({"effect": "deny", "ghosts": 2}, "compromises.false: effect = 'deny' does not use ghosts"),
        ({"effect": "deny", "of": "moon"}, "compromises.false.of: no node or link 'moon'"),
        ({"effect": "deny", "from_s": 5.0, "to_s": 5.0}, "compromises.false: from 5 s to 5 s; it must end after it begins"),
        ({"effect": "spy"}, "compromises.false.effect: 'spy' is not known"),
    ],
)  # fmt: skip
def test_what_is_refused(stated, said):
    with pytest.raises(ScenarioError) as refused:
        laid([TO], compromises=[{**FALSE, **stated}])
    assert any(said in line for line in refused.value.problems), refused.value.problems


def test_a_compromise_that_is_not_there_can_not_be_named():
    with pytest.raises(ScenarioError, match="no compromise 'other'"):
        laid([TO], modifiers={"compromise": "other"})
