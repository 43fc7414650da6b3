"""Rules of a doctrine that could never act, or that share a name, are refused; those that hold are said by `show`."""

from __future__ import annotations

from typing import Any

import pytest

from openiads.errors import ScenarioError
from openiads.scenario.describe import show
from tests import builders

CENTRE = {"name": "centre", "title": "the centre", "owner": "national", "tracks": True}
FAR = {"name": "far", "class": "sharp", "node": "centre", "latitude_deg": 38.1, "longitude_deg": 34.1}
PICTURE = {
    "name": "picture",
    "from": "post",
    "to": "centre",
    "role": "fixed",
    "latency_s": 1.0,
    "period_s": 2.0,
    "message_bits": 100.0,
}
HELD = {"method": "centralised", "authority": "centre", "approval": "when-held"}
LANE = {
    "name": "east",
    "latitude_deg": 38.0,
    "longitude_deg": 34.0,
    "to_latitude_deg": 38.0,
    "to_longitude_deg": 36.0,
    "width_km": 9.0,
}
AREA = {"name": "dome", "status": "hold", "latitude_deg": 38.0, "longitude_deg": 34.0, "radius_km": 5.0}


def asked(**parts: Any) -> dict[str, Any]:
    return {"nodes": [*builders.BASE["nodes"], CENTRE], **parts}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (asked(doctrine=HELD), "doctrine.approval: 'when-held', and node 'centre' has neither a radar nor a link"),
        (asked(doctrine=HELD, links=[{**PICTURE, "role": "orders", "capacity": 0}]), "it would approve nothing; give it one"),
        ({"doctrine": {"approval": "always"}}, "doctrine.approval: 'always' is not known; accepted: unless-friend, when-held"),
        ({"doctrine": {"friend_clearance_km": -1.0}}, "doctrine.friend_clearance_km: must be at least 0"),
        ({"doctrine": {"control": [{"status": "hold"}]}}, "name: missing"),
        ({"doctrine": {"lanes": [{**LANE, "to_longitude_deg": 34.0}]}}, "doctrine.lanes.east: both its ends are at one place"),
        ({"postures": {"on": {"ready_h": None, "readiness": "sealed"}}}, "postures.on: is sealed and emits for a share of the time"),
        ({"postures": {"on": {"emits": "never", "readiness": "radiating"}}}, "postures.on: is radiating and never emits"),
        ({"doctrine": {"control": [AREA, AREA]}}, "doctrine.control.dome: is defined twice"),
        ({"doctrine": {"control": [{"name": "dome", "status": "hold", "latitude_deg": 38.0}]}}, "doctrine.control.dome: an area needs latitude_deg"),
    ],
)  # fmt: skip
def test_what_is_refused(changes, said):
    with pytest.raises(ScenarioError) as refused:
        builders.scenario(**changes)
    assert any(said in line for line in refused.value.problems), refused.value.problems


def test_who_can_hold_something_may_approve_what_it_holds():
    for parts in ({"radars": [*builders.BASE["radars"], FAR]}, {"links": [{**PICTURE, "capacity": 5}]}):
        assert builders.scenario(**asked(doctrine=HELD, **parts)).doctrine.approval == "when-held"
    assert builders.scenario(**asked(doctrine={**HELD, "method": "decentralised"})).doctrine.approval == "when-held"


def test_what_show_says_of_it():
    plain = show(builders.scenario(), "on")
    assert "approves only" not in plain and "of a friend" not in plain
    doctrine = {**HELD, "friend_clearance_km": 12.0, "control": [AREA]}
    text = show(builders.scenario(**asked(doctrine=doctrine, radars=[*builders.BASE["radars"], FAR])), "on")
    assert "who is asked approves only what it holds itself, and no friend or neutral" in text
    assert "no round is fired at what would be met within 12 km of a friend that the unit holds" in text
    assert "dome: weapons hold within 5 km of 38.00 N 34.00 E" in text
