"""A study from end to end on the newcomer's scenario: the summary, what it says in words, the report, an interruption."""

from __future__ import annotations

import json
import re
from functools import lru_cache

import numpy as np
import pytest

import openiads as oi
from openiads.errors import OutputError, UsageError
from openiads.studies import replicate
from openiads.studies.hypotheses import hypotheses, site_spread
from openiads.studies.replicate import Design
from openiads.studies.report import render, table_cell
from openiads.studies.report.figures import figures
from openiads.studies.study import summarise
from tests import builders

CELL = {"estimate", "low", "high", "n", "reason", "kind", "difference"}


@lru_cache(maxsize=1)
def small():
    return oi.study("s400-alone", replications=6, postures=["complete", "no-launchers"], seed=2)


def test_summary_has_the_promised_shape():
    summary = small().summary
    assert {"digest", "complete", "preset", "seed", "baseline", "metrics"} <= set(summary)
    for metric in summary["metrics"].values():
        assert {"unit", "kind", "vignette", "definition", "postures"} <= set(metric)
        assert set(metric["postures"]) == {"complete", "no-launchers"}
        for posture, entry in metric["postures"].items():
            assert set(entry) == CELL
            if entry["estimate"] is None:
                assert entry["reason"]
            if posture != "complete" and metric["kind"] == "sampled":
                assert {"estimate", "low", "high", "variance_ratio"} <= set(entry["difference"])


def test_a_system_without_launchers_kills_nothing_and_says_why():
    cell = small().estimate("D4", "no-launchers")
    assert cell["estimate"] is None and "kills" in cell["reason"]
    assert small().estimate("D4", "complete")["estimate"] >= 1.0
    assert small().estimate("D1", "no-launchers")["estimate"] == 0.0
    assert small().estimate("D3", "no-launchers")["difference"]["estimate"] > 0.0


def test_the_baseline_is_always_run():
    result = oi.study("s400-alone", replications=1, postures=["no-launchers"])
    assert "complete" in result.summary["metrics"]["D3"]["postures"]


def test_another_baseline():
    result = oi.study("s400-alone", replications=1, postures=["complete"], baseline="no-launchers")
    assert result.summary["baseline"] == "no-launchers"
    assert result.estimate("D3", "no-launchers")["difference"] is None


def test_estimates_are_those_of_the_rows():
    result = small()
    keep = result.array("raid", "posture") == "complete"
    assert result.estimate("D3", "complete")["estimate"] == pytest.approx(result.array("raid", "leakers")[keep].mean())


def test_an_interrupt_keeps_what_is_whole(monkeypatch):
    real = replicate.live

    def interrupted(design, unit, stop=None):
        if unit.replication >= 2:
            raise KeyboardInterrupt
        return real(design, unit, stop)

    monkeypatch.setattr(replicate, "live", interrupted)
    result = oi.study("s400-alone", replications=6, postures=["complete"], workers=1)
    assert result.summary["complete"] is False
    assert sorted(set(result.array("raid", "replication"))) == [0.0, 1.0]


def test_report_is_one_whole_file(tmp_path):
    small().save(tmp_path / "out")
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<script" not in text and "default-src 'none'" in text
    assert not re.search(r'(src|href)="(?!#)', text.replace("xlink:href", "xlink"))
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    for metric in summary["metrics"]:
        assert f"<b>{metric}</b>" in text
    assert summary["digest"] in text and "no kills" in text and "Credibility card" in text and "(GK)" in text


def test_titles_can_not_break_the_report(tmp_path):
    result = small()
    scenario = result.scenario.model_copy(update={"title": "<b>x</b>"})
    render(result.summary, result.tables, scenario, tmp_path / "r.html")
    assert "&lt;b&gt;x&lt;/b&gt;" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_shading_needs_a_decided_difference():
    change = {"estimate": -1.0, "low": -2.0, "high": -0.5, "variance_ratio": 2.0, "needed": None, "reason": None}
    entry = {"estimate": 1.0, "low": 0.5, "high": 1.5, "n": 9, "reason": None, "difference": change}
    assert table_cell(entry, "low")["shade"] == "good"
    assert table_cell(entry, "high")["shade"] == "bad"
    open_ = {**entry, "difference": {**change, "high": 0.5, "needed": 40}}
    assert table_cell(open_, "low")["shade"] == "" and "40 would decide" in table_cell(open_, "low")["more"]
    assert table_cell({**entry, "estimate": None, "reason": "no kills"}, "low") == {
        "value": "undefined", "more": "no kills", "shade": "none",
    }  # fmt: skip


def test_a_folder_in_use_is_refused(tmp_path):
    (tmp_path / "mine").write_text("x")
    with pytest.raises(OutputError, match="not empty"):
        small().save(tmp_path)


def test_unknown_cells_are_named():
    with pytest.raises(UsageError, match="no metric 'D9'"):
        small().estimate("D9", "complete")
    with pytest.raises(UsageError, match="accepted: complete"):
        small().estimate("D3", "sealed")


def _flagship(difference, protects):
    """A summary with what the hypotheses read, the feed's effect on friendly losses as given."""

    def cell(value, low, high, change=None):
        return {"estimate": value, "low": low, "high": high, "n": 60, "reason": None, "difference": change}

    def metric(**postures):
        return {"postures": {p.replace("_", "-"): c for p, c in postures.items()}}

    base = cell(10.0, 8.0, 12.0)
    return {
        "baseline": "standalone", "site_spread": {"estimate": 0.9, "low": 0.8, "high": 0.95, "reason": None},
        "metrics": {
            "D1.24h": metric(standalone=cell(900.0, 700.0, 1100.0), one_way_in=cell(900.0, 700.0, 1100.0, protects)), "D1.share": metric(standalone=cell(0.1, 0.08, 0.13)),
            "C1.hours": metric(standalone=base, one_way_in=cell(20.0, 16.0, 24.0, {**difference, "low": 8.0, "high": 12.0})),
            "X.fed": metric(one_way_in=cell(0.7, 0.6, 0.8)), "F1.24h": metric(standalone=base, one_way_in=cell(9.0, 7.0, 11.0, difference)),
            "D3.24h": metric(standalone=base, one_way_in=cell(9.0, 8.0, 10.0, difference)),
            "X1.sent": metric(one_way_in=cell(0.0, 0.0, 0.0)), "X1.held": metric(one_way_in=cell(100.0, 90.0, 110.0)),
            "X1.fed": metric(one_way_in=cell(70.0, 60.0, 80.0)), "X2": metric(one_way_in=cell(10.0, 9.0, 11.0)),
            "X2.fed": metric(one_way_in=cell(1.0, 0.5, 1.5)),
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high", "verdict"), [(-2.0, -1.0, "confirmed"), (1.0, 2.0, "refuted"), (-1.0, 1.0, "open")]
)
def test_verdicts_follow_the_intervals(low, high, verdict):
    change = {
        "estimate": (low + high) / 2,
        "low": low,
        "high": high,
        "variance_ratio": 1.0,
        "needed": None,
        "reason": None,
    }
    found = {h["id"]: h for h in hypotheses(_flagship(change, change))}
    assert found["H2"]["verdict"] == verdict
    assert found["H1"]["verdict"] == verdict and "900 km²" in found["H1"]["text"]
    assert found["H3"]["verdict"] == "confirmed" and found["H5"]["verdict"] == "confirmed"
    same = {**change, "estimate": 0.0, "low": None, "high": None, "reason": "identical in every replication"}
    assert hypotheses(_flagship(change, same))[0]["verdict"] == "confirmed"


@pytest.mark.parametrize(
    ("pattern", "test", "verdict"),
    [("none", (0.05, 0.02, 0.1), "confirmed"), ("none", (0.4, 0.35, 0.45), "refuted"), ("none", (0.25, 0.1, 0.4), "open"),
     ("none", (0.05, None, None), "open"), ("visiting", (0.05, 0.02, 0.1), "open")],
)  # fmt: skip
def test_test_only_is_judged_by_aspects_where_allied_aircraft_stay_away(pattern, test, verdict):
    """Standalone knows 50 to 60 % in one band and as much in the other: half of it is 25 to 30 %."""
    change = {"estimate": 1.0, "low": 0.5, "high": 1.5, "variance_ratio": 1.0, "needed": None, "reason": None}
    cells = {p: {key: dict(zip(("estimate", "low", "high"), ends, strict=True)) | {"reason": "few"} for key in ("jet.S", "jet.X")}
             for p, ends in (("test-only", test), ("standalone", (0.55, 0.5, 0.6)))}  # fmt: skip
    summary = {**_flagship(change, change), "aspects_of_a_year": cells, "modifiers": {"allied_pattern": pattern}}
    found = {h["id"]: h for h in hypotheses(summary)}["H4"]
    assert found["verdict"] == verdict and "jet in band S: test-only 0." in found["text"]
    assert ("--set allied_pattern=none" in found["text"]) == (pattern != "none")


def _areas(value, replications):
    """Areas of two postures at as many sites: value(posture, replication), km2."""
    rows = [(p, float(r), value(p, r)) for p in "ab" for r in range(replications)]
    names, numbers, areas = (np.array(x) for x in zip(*rows, strict=True))
    return {"area": {"posture": names, "replication": numbers, "area_100": areas, "warning_s": np.zeros(len(rows))}}


def test_site_spread_is_the_share_of_a_two_way_table():
    """Sites of 0 to 4 times the root of 2, and postures that differ by 2: variances 4 and 1."""
    found = site_spread(_areas(lambda p, r: 10.0 + 2.0**0.5 * (r % 5) + 2.0 * (p == "b"), 40))
    assert found["estimate"] == pytest.approx(0.8, abs=0.02)
    assert found["low"] < 0.8 < found["high"]


def test_no_verdict_on_the_site_from_fewer_draws_than_were_measured():
    change = {"estimate": 1.0, "low": 0.5, "high": 1.5, "variance_ratio": 1.0, "needed": None, "reason": None}
    for replications, verdict in ((19, "open"), (20, "confirmed")):
        spread = site_spread(_areas(lambda p, r: 10.0 * (r % 2) + r + (p == "b"), replications))
        found = {h["id"]: h for h in hypotheses({**_flagship(change, change), "site_spread": spread})}
        assert found["H5"]["verdict"] == verdict
    assert site_spread(_areas(lambda p, r: 5.0, 30)) is None


def test_summary_of_a_vignette_that_was_not_run_leaves_its_metrics_out():
    scenario = oi.load("turkey-2019")
    design = Design(scenario, ("standalone",), ("raid",), 1, 1, 1)
    summary = summarise(design, {}, "standalone", "custom", False)
    assert (
        "C1.hours" not in summary["metrics"] and summary["metrics"]["D3"]["postures"]["standalone"]["estimate"] is None
    )


def test_titles_with_dollars_are_drawn_as_they_are_written():
    depot = {**builders.BASE["assets"][0], "title": "$\\frac{$ depot"}
    drawn = figures({"metrics": {}}, builders.scenario(assets=[depot]))
    assert "$\\frac{$ depot" in drawn["map"]
