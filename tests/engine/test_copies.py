"""What a compromise copies out of a node or a link, through the whole engine: to whom, how much, when, past which guard."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from openiads.engine import network
from openiads.errors import ScenarioError
from openiads.scenario.describe import show
from openiads.scenario.links import links_of
from openiads.scenario.spec import Scenario
from tests import builders
from tests.engine.test_links import COUNT, LINE, NODE, PLACE, TO, Watched

COPY = {"name": "tap", "title": "it copies out", "effect": "copy", "p_exists": 0.1, "sink": "far", "rate_bit_s": 2000.0,
        "message_bits": 100.0, "period_s": 2.0}  # fmt: skip
FAR = {"name": "far", "title": "somebody", "owner": "outside"}


def tapped(of: str = "post", links: list[dict[str, Any]] | None = None, named: bool = True, posture: dict[str, Any] | None = None,
           **copy: Any) -> Scenario:  # fmt: skip
    """The post tells node-0, and something of it is copied to a node outside."""
    return builders.scenario(
        nodes=[*builders.BASE["nodes"], {**NODE, **PLACE, "name": "node-0"}, FAR],
        links=[{**LINE, "name": f"link-{i}", **x} for i, x in enumerate(links or [TO])],
        fire_units=[], compromises=[{**COPY, "of": of, **copy}],
        **({"modifiers": {"compromise": "tap"}} if named else {}), **({"postures": {"on": posture}} if posture else {}),
    )  # fmt: skip


def far(w: Watched) -> np.ndarray:
    """Tracks that the node outside holds, by tick."""
    return w.held[:, 2]


def test_the_picture_of_a_node_goes_out_and_whose_it_is_is_credited():
    w = Watched(tapped(), 60)
    assert (far(w)[10:] == COUNT).all()
    exposure = w.sim.state.exposure
    assert (exposure.seconds[2, :COUNT, 1] > 0.0).all()


def test_nothing_else_changes():
    """Every other node lives as without it, to the last bit; and unless it is named there is none."""
    plain, copied = Watched(tapped(named=False), 60), Watched(tapped(), 60)
    assert plain.sim.links == ["link-0"] and copied.sim.links == ["link-0", "tap"]
    for name in ("valid", "x", "number", "sigma", "told"):
        a, b = (getattr(w.sim.state.pictures, name)[:2] for w in (plain, copied))
        np.testing.assert_array_equal(a, b)
    assert far(plain).sum() == 0


def test_it_carries_what_its_rate_lets_it():
    """250 bit/s and 100 bits a track: five tracks every two seconds, all of them in turn."""
    w = Watched(tapped(rate_bit_s=150.0), 120)
    assert w.sent[20:, 1].max() == 3 and w.sent[20:, 1].sum() * 100.0 == pytest.approx(150.0 * 100.0, rel=0.02)
    assert w.kept[20:, 1, network.BY_CAPACITY].sum() == 3 * 50
    assert (w.sim.state.exposure.seconds[2, :COUNT, 1] > 0.0).all()
    assert far(w)[20:].max() <= 6, "a report counts until the next frame, as long as the line takes for one"


def test_it_works_a_share_of_the_time_in_stretches():
    """Drawn by the seed as outages are, 0.4 of the time and silent for a minute on average; within one nothing goes out."""
    s, runs = tapped(duty=0.4, pause_s=60.0), 200
    share, silent = [], []
    for i in range(runs):
        gaps = builders.simulation(s, [], replication=i).params.links.outage[1]
        gaps = gaps[np.isfinite(gaps[:, 0])]
        share.append(1.0 - np.diff(np.clip(gaps, 0.0, 120.0)).sum() / 120.0)
        silent += [b - a for a, b in gaps if b < 120.0]
    assert np.mean(share) == pytest.approx(0.4, abs=3.3 * np.std(share) / np.sqrt(runs))
    whole = 0.6 * np.exp(-120.0 / 60.0)  # down at the start, and for all of it
    assert np.mean(np.array(share) == 0.0) == pytest.approx(whole, abs=3.3 * np.sqrt(whole * (1.0 - whole) / runs))
    assert 20.0 < np.mean(silent) < 60.0, "the end cuts the long ones"
    w = Watched(s, 120)
    t, gaps = np.arange(1, 121), w.sim.params.links.outage[1]
    down = (gaps[:, :1] <= t) & (t < gaps[:, 1:])
    assert down.any() and not down.all() and w.sent[down.any(axis=0), 1].sum() == 0
    assert w.sent[~down.any(axis=0), 1].sum() > 0


def test_it_comes_late_and_only_for_its_time():
    at_once, late = (Watched(tapped(late_s=x), 60) for x in (0.0, 5.0))
    assert np.median(late.ages(2)) == pytest.approx(np.median(at_once.ages(2)) + 5.0)
    timed = Watched(tapped(from_s=20.0, to_s=40.0), 60)
    t = np.arange(1, 61)
    during = (t >= 20) & (t < 40)
    assert timed.sent[~during, 1].sum() == 0 and timed.sent[during, 1].sum() == 10 * COUNT


def test_of_a_link_it_is_what_its_guard_lets_through():
    north = {"guard": "filter", "guard_area": "inside", "guard_latitude_deg": 38.7, "guard_longitude_deg": 34.0,
             "guard_radius_km": 40.0, "guard_precision_m": 500.0}  # fmt: skip
    link, node = Watched(tapped("link-0", [{**TO, **north}]), 40), Watched(tapped("post", [{**TO, **north}]), 40)
    assert far(link)[20] == 1 and far(node)[20] == COUNT
    assert link.sim.params.links.guards.precision.tolist() == [500.0, 500.0]
    assert node.sim.params.links.guards.precision.tolist() == [500.0, 0.0]
    exposure = link.sim.state.exposure
    assert np.flatnonzero(exposure.seconds[2, :COUNT, 1]).tolist() == [0]


def test_a_link_that_is_closed_and_a_node_that_never_runs_copy_nothing():
    fed = {"in_feed": "open"}
    back = [TO, {"from": "node-0", "to": "post", "role": "feed_in"}]
    assert [x.name for x in links_of(tapped("link-1", back, posture=fed), "on")] == ["link-0", "link-1", "tap"]
    closed = tapped("link-1", back)
    assert [x.name for x in links_of(closed, "on")] == ["link-0"]
    assert "tap: closed, since there is nothing to copy" in show(closed, "on")
    never = {"emits": "never", "duty": None, "readiness": "sealed", "ready_h": None, "located": "away"}
    assert [x.name for x in links_of(tapped(posture=never), "on")] == ["link-0"]
    elsewhere = tapped("node-0", posture=never)
    assert [x.name for x in links_of(elsewhere, "on")] == ["link-0", "tap"], "another node runs on"


def test_a_node_that_is_silent_copies_nothing():
    """Its radar does not emit for half a minute, so it holds nothing and tells nothing."""
    s = tapped()
    radar = {**builders.BASE["radars"][0], "silence": [{"from_s": 20.0, "to_s": 50.0}]}
    s = builders.scenario(**{**{k: v for k, v in s.table.items() if k in ("nodes", "links", "compromises", "modifiers")},
                             "fire_units": [], "radars": [radar]})  # fmt: skip
    w = Watched(s, 60)
    assert w.sent[10:19, 1].sum() > 0 and w.sent[21:49, 1].sum() == 0 and w.sent[55:, 1].sum() > 0


def test_it_is_said():
    text = show(tapped(), "on")
    assert "post: it copies out (copy), simulated as if it existed (belief 0.1)" in text
    assert "tap: post to far, 40 tracks, with who engages them every 2 s at 2 kbit/s" in text


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"sink": None}, "compromises.tap: effect = 'copy' needs sink, a node of the vendor or outside, and rate"),
        ({"rate_bit_s": None}, "compromises.tap: effect = 'copy' needs sink, a node of the vendor or outside, and rate"),
        ({"sink": "node-0"}, "compromises.tap.sink: no node of the vendor or outside 'node-0'"),
        ({"rate_bit_s": 10.0}, "compromises.tap.rate: 10 bit/s do not carry a track of 100 bits in a period of 2 s"),
        ({"late_s": 7.0}, "compromises.tap.late: with the 0 s of the guard of 'post' it exceeds 3 of its periods (6 s)"),
        ({"pause_s": 5.0}, "compromises.tap.pause: with duty = 1 it never rests"),
        ({"name": "link-0"}, "compromises.link-0: a link has this name, too"),
        ({"of": "far"}, "compromises.tap: copies from 'far' to itself"),
        ({"of": "link-1"}, "compromises.tap.of: link 'link-1' carries no tracks"),
        ({"share": 0.5}, "compromises.tap: effect = 'copy' does not use share"),
        ({"effect": "deny"}, "compromises.tap: effect = 'deny' does not use message, period, rate, sink"),
    ],
)  # fmt: skip
def test_what_is_refused(stated, said):
    orders = {"from": "node-0", "to": "post", "role": "orders", "capacity": 0}
    changed = {k: v for k, v in {**COPY, "of": "post", **stated}.items() if v is not None}
    with pytest.raises(ScenarioError) as refused:
        builders.scenario(
            nodes=[*builders.BASE["nodes"], {**NODE, "name": "node-0"}, FAR], fire_units=[], compromises=[changed],
            links=[{**LINE, "name": f"link-{i}", **x} for i, x in enumerate([TO, orders])],
        )  # fmt: skip
    assert any(said in line for line in refused.value.problems), refused.value.problems


def test_a_sink_that_declared_links_tell_is_refused():
    with pytest.raises(ScenarioError, match="'far' is told by declared link 'link-1' as well"):
        tapped(links=[TO, {"from": "node-0", "to": "far"}])
