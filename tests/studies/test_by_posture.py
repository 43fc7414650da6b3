"""Zeros that a posture makes are certain, zeros that were only seen are not; the rules against what the runs give."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from openiads.scenario.load import load
from openiads.studies.by_posture import BY_POSTURE, zero
from openiads.studies.decide.decision import decide
from openiads.studies.decide.limits import read_limits
from openiads.studies.decide.words import lines
from openiads.studies.hypotheses import hypotheses
from openiads.studies.metrics import metrics
from openiads.studies.report import table_cell
from openiads.studies.study import Study, study
from openiads.studies.table import cell
from tests import builders

LINE = {"latency_s": 1.0, "period_s": 5.0, "capacity": 20, "message_bits": 100.0}
ON = builders.BASE["postures"]["on"]
LINKS = {
    "in": {**LINE, "name": "in", "from": "centre", "to": "post", "role": "feed_in"},
    "out": {**LINE, "name": "out", "from": "post", "to": "centre", "role": "feed_out"},
    "help": {**LINE, "name": "help", "from": "post", "to": "vendor", "role": "support"},
    "dark": {**LINE, "name": "dark", "from": "post", "to": "outside", "role": "undeclared"},
}  # fmt: skip
SORTIE = {
    "title": "a sortie", "class": "friend", "count": 3, "kind": "orbit", "latitude_deg": 38.0, "longitude_deg": 34.5,
    "radius_km": 20.0, "altitude_m": 6000.0, "speed_mps": 200.0, "in_raid": True,
}  # fmt: skip
WAYS = {
    "records": ("none", "in-view", "all"), "support": ("none", "visits", "link"), "in_feed": ("none", "open"),
    "out_feed": ("none", "open"),
}  # fmt: skip
POSTURES = {
    "_".join(ways): {**ON, "duty": 0.5, **dict(zip(WAYS, ways, strict=True))}
    for ways in itertools.product(*WAYS.values())
} | {
    "boxed": {**ON, "emits": "never", "order_path": "none", "ready_h": 12.0, "in_feed": "open"},
    "cold": {**ON, "emits": "on-threat", "ready_h": 0.5, "records": "all", "support": "visits"},
    "abroad": {**ON, "emits": "never", "located": "away", "order_path": "none"},
    "blind": {**ON, "absent": ["eye"], "records": "all", "support": "visits", "in_feed": "open"},
    "unarmed": {**ON, "absent": ["unit"]},
    "severed": {**ON, "absent": ["vendor", "outside"], "records": "all", "support": "visits"},
}  # fmt: skip


def scenario(**changes):
    """A post that is fed by a centre with a radar of its own and asked by a vendor, with an undeclared channel."""
    return builders.scenario(**builders.laid_over({
        "baseline": "all_visits_open_open",
        "nodes": [
            *builders.BASE["nodes"],
            {"name": "centre", "title": "air command", "owner": "national", "tracks": True, "latitude_deg": 38.5, "longitude_deg": 34.5},
            {"name": "vendor", "title": "the vendor", "owner": "vendor"},
            {"name": "outside", "title": "who knows", "owner": "outside"},
        ],
        "radars": [*builders.BASE["radars"],
                   {"name": "mast", "class": "sharp", "node": "centre", "latitude_deg": 38.6, "longitude_deg": 34.6}],
        "links": list(LINKS.values()),
        "undeclared": {"p_exists": 0.3},
        "sorties": [
            {**SORTIE, "name": "guests", "owner": "nato"},
            {**SORTIE, "name": "low", "owner": "nato", "latitude_deg": 38.6, "longitude_deg": 34.6, "radius_km": 5.0, "altitude_m": 100.0},
        ],
        "vignettes": {
            "raid": {"warnings_h": [0.0, 1.0]},
            "peace": {"kind": "peace", "duration_min": 2.0, "tick_s": 1.0, "warmup_min": 0.5, "windows": 1},
        },
        "postures": {"on": None, **POSTURES},
        "library": {"bodies": {"friend": {**builders.RAIDER, "kind": "aircraft", "signature": True, "augmented_rcs": "10-100"}}},
    }, changes))  # fmt: skip


@pytest.fixture(scope="module")
def done() -> Study:
    return study(scenario(), replications=5, days=3)


def test_what_is_zero_by_rule_is_zero_in_every_row(done: Study) -> None:
    ruled = 0
    for name, column in [(t, c) for t in ("peace", "raid", "area") for c in done.tables[t]]:
        table = done.tables[name]
        for posture, warning in itertools.product(POSTURES, (0.0, 3600.0) if name != "peace" else (None,)):
            why = zero(done.scenario, posture, name, column, warning)
            if why is not None:
                keep = table["posture"] == posture
                if warning is not None:
                    keep &= table["warning_s"] == warning
                assert not np.nan_to_num(table[column][keep]).any(), (name, column, posture, warning, why)
                ruled += 1
    assert ruled > 200


def test_what_is_copied_out_is_no_zero_of_the_undeclared_channel_and_no_declared_one() -> None:
    """Without that channel X2 is what the copy takes, as in the rows, and its end is none of the declared links."""
    copy = {"name": "tap", "title": "it copies out", "of": "post", "effect": "copy", "p_exists": 0.2, "sink": "outside",
            "rate_kbit_s": 9.6, "period_s": 5.0}  # fmt: skip
    declared = [x for name, x in LINKS.items() if name != "dark"]
    whole = scenario(links=declared)
    tapped = scenario(links=declared, compromises=[copy], modifiers={"compromise": "tap"})
    posture = "none_none_none_open"
    assert zero(tapped, posture, "peace", "hidden_all", None) is None
    assert zero(tapped, posture, "peace", "sent_all", None) is not None
    assert zero(whole, posture, "peace", "hidden_all", None) is not None


def test_what_flows_all_day_is_zero_only_where_a_rule_says_so(done: Study) -> None:
    """Guests are in view of both radars all the time, and low ones of the centre's alone, so no zero of these is luck."""
    for metric in ("C1.hours", "C2", "X1.sent", "X1.held", "X1.fed", "X1.bits", "X2", "X2.fed", "X.fed", "X2.bits"):
        for posture in POSTURES:
            entry = done.estimate(metric, posture)
            if entry["estimate"] == 0.0:
                assert entry["kind"] == BY_POSTURE and (entry["low"], entry["high"]) == (0.0, 0.0), (metric, posture)
                assert entry["reason"].startswith("by posture: ")
            else:
                assert entry["kind"] == "sampled"
    sent = {p for p in POSTURES if done.estimate("X1.sent", p)["estimate"]}
    assert sent == {p for p in POSTURES if "_link_" in p}
    held = {p for p in POSTURES if done.estimate("X1.held", p)["estimate"]}
    assert held == {p for p in POSTURES if "_visits_" in p and not p.startswith("none")} | {"severed"}


def test_rounds_and_areas_of_a_system_that_is_not_there(done: Study) -> None:
    """Boxed and ready after twelve hours; cold and ready in half an hour, an hour after the warning; without launchers."""
    zeros = {p for p in POSTURES if done.estimate("D1", p)["kind"] == BY_POSTURE}
    assert zeros == {"boxed", "cold", "abroad", "blind", "unarmed"}
    assert {p for p in POSTURES if done.estimate("D1.1h", p)["kind"] == BY_POSTURE} == zeros - {"cold"}
    assert "no fire unit of the system can shoot" in done.estimate("D1", "unarmed")["reason"]
    assert {p for p in POSTURES if done.estimate("F1.raid", p)["kind"] == BY_POSTURE} == zeros - {"cold"}
    assert {p for p in POSTURES if done.estimate("D2", p)["kind"] == BY_POSTURE} == zeros - {"unarmed"}, (
        "who is off is not fed"
    )


def test_a_zero_that_was_only_seen_stays_open() -> None:
    """The guests fly, but far from every radar: nothing was held, and nothing says that nothing could be."""
    away = scenario(sorties=[{**SORTIE, "name": "guests", "owner": "nato", "latitude_deg": 60.0}])
    seen = study(away, replications=1, days=3, vignettes=["peace"], postures=["in-view_link_none_none"])
    entry = seen.estimate("C1.hours", "in-view_link_none_none")
    assert (entry["estimate"], entry["low"], entry["high"], entry["kind"]) == (0.0, None, None, "sampled")
    assert seen.estimate("X1.sent", "in-view_link_none_none")["kind"] == "sampled"
    assert seen.estimate("X1.fed", "in-view_link_none_none")["kind"] == BY_POSTURE, "no feed is open"


@pytest.mark.parametrize(
    ("sortie", "column", "zeroed"),
    [
        ({"reflectors": "always"}, "dwells", True), ({"reflectors": "modifier"}, "dwells_friend", True),
        ({"reflectors": "never"}, "dwells", False), ({"patterns": ["busy"]}, "dwells", True),
        ({"in_peace": False}, "dwells", True), ({"owner": "national"}, "hours_unaugmented", True),
        ({"owner": "national"}, "dwells", False), ({}, "dwells_other", True),
    ],
)  # fmt: skip
def test_reflectors_and_who_flies(sortie, column, zeroed) -> None:
    one = scenario(sorties=[{**SORTIE, "name": "guests", "owner": "nato", **sortie}])
    assert (zero(one, "all_visits_open_open", "peace", column, None) is not None) == zeroed


def test_what_a_link_lets_out_is_found_over_others_and_not_over_one_that_never_works() -> None:
    lame = scenario(links=[*({**LINKS, "help": {**LINKS["help"], "availability": 0.0}}).values()])
    assert (
        zero(lame, "none_link_none_none", "peace", "sent_all", None) == "by posture: nothing leaves over declared links"
    )
    assert zero(scenario(), "none_link_none_none", "peace", "sent_all", None) is None
    onward = {**LINE, "name": "on", "from": "centre", "to": "vendor", "role": "fixed"}
    relayed = scenario(links=[LINKS["in"], LINKS["out"], LINKS["help"], onward])
    assert zero(relayed, "none_none_none_none", "peace", "sent_all", None) is None, "the centre's own go there"
    assert zero(relayed, "none_none_none_none", "peace", "hidden_all", None) is not None, "no channel in the scenario"


def test_the_flagship_says_what_can_not_be() -> None:
    turkey = load("turkey-2019")
    sent = next(m for m in metrics(turkey, tuple(turkey.vignettes)) if m.id == "X1.sent")
    open_ = {p for p in turkey.postures if sent.zero(turkey, p) is None}
    assert open_ == {"full-links"}
    fed = next(m for m in metrics(turkey, tuple(turkey.vignettes)) if m.id == "X.fed")
    assert fed.zero(turkey, "one-way-out") is not None and fed.zero(turkey, "one-way-in") is None


def test_it_is_told_apart_in_the_table_the_report_and_the_summary(done: Study, tmp_path) -> None:
    done.save(tmp_path / "out")
    kept = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    entry = kept["metrics"]["X1.sent"]["postures"]["cold"]
    assert entry["kind"] == BY_POSTURE and cell(entry).startswith("0 by posture")
    shown = table_cell(entry, "low")
    assert shown["value"] == "0 by posture" and shown["more"].startswith("the system does not emit in peace; ")
    assert cell({**entry, "kind": "sampled", "low": None, "high": None, "difference": None}) == "0"
    assert "0 by posture" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_a_decision_takes_a_zero_by_posture_and_leaves_one_that_was_seen_open(done: Study, tmp_path) -> None:
    done.save(tmp_path / "out")
    nothing = read_limits(
        {"title": "t", "actor": [{"name": "ally", "title": "a", "limits": [{"metric": "X1.sent", "most": 0}]}]}, "t"
    )
    found = decide(tmp_path / "out", nothing, ["cold", "all_link_open_open"])
    assert found["all"]["cold"]["verdict"] == "accepted" and found["all"]["all_link_open_open"]["verdict"] == "refused"
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    summary["metrics"]["X1.sent"]["postures"]["cold"] |= {
        "low": None,
        "high": None,
        "kind": "sampled",
        "reason": "0 in every window",
    }
    (tmp_path / "out" / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    seen = decide(tmp_path / "out", nothing, ["cold"])
    assert seen["all"]["cold"]["verdict"] == "undecided" and "no interval: 0 in every window" in "\n".join(lines(seen))
    least = read_limits(
        {"title": "t", "actor": [{"name": "v", "title": "v", "limits": [{"metric": "X2", "least": 1}]}]}, "t"
    )
    assert "X2 0 (by posture: the system does not emit in peace)" in "\n".join(
        lines(decide(tmp_path / "out", least, ["cold"]))
    )


def test_the_third_hypothesis_falls_with_a_zero_by_posture_and_not_with_one_that_was_seen() -> None:
    zero_ = {
        "estimate": 0.0,
        "low": 0.0,
        "high": 0.0,
        "n": 9,
        "reason": "by posture: no fed track can leave",
        "kind": BY_POSTURE,
    }
    seen = {**zero_, "low": None, "high": None, "reason": "0 in every replication", "kind": "sampled"}
    for entry, verdict, says in (
        (zero_, "refuted", "0 (by posture: no fed track can leave)"),
        (seen, "open", "no interval"),
    ):
        summary = {
            "baseline": "standalone",
            "site_spread": None,
            "metrics": {"X.fed": {"postures": {"one-way-in": entry}}},
        }
        (h3,) = [h for h in hypotheses(summary) if h["id"] == "H3"]
        assert h3["verdict"] == verdict and says in h3["text"]
