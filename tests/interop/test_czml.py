"""CZML: a document first, every body inside its availability, samples in order."""

from __future__ import annotations

import json
from datetime import datetime

from openiads.interop.czml import packets, write_czml
from tests.records import short_run


def test_packets_follow_the_guide(tmp_path):
    write_czml(short_run(), tmp_path / "x.czml")
    found = json.loads((tmp_path / "x.czml").read_text(encoding="utf-8"))
    assert found[0]["id"] == "document" and found[0]["version"] == "1.0"
    assert len({p["id"] for p in found}) == len(found)
    start, end = (datetime.fromisoformat(t) for t in found[0]["clock"]["interval"].split("/"))
    assert (end - start).total_seconds() == short_run().meta["duration_s"]


def test_bodies_are_sampled_in_order_within_bounds():
    bodies = [p for p in packets(short_run()) if p["id"].startswith("bodies/")]
    flown = {
        n
        for n, k in zip(short_run().tables["bodies"]["name"], short_run().tables["bodies"]["kind"], strict=True)
        if k != "interceptor"
    }
    assert {p["name"] for p in bodies} & flown
    for packet in bodies:
        samples = packet["position"]["cartographicDegrees"]
        times, lon, lat = samples[0::4], samples[1::4], samples[2::4]
        assert len(samples) % 4 == 0 and times == sorted(times)
        assert all(-180 <= x <= 180 for x in lon) and all(-90 <= y <= 90 for y in lat)
