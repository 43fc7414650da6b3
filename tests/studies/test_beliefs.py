"""Compromises in a study: twins on the same random numbers, and what a belief makes of the difference."""

from __future__ import annotations

import re
import tomllib
from copy import deepcopy as copied
from pathlib import Path

import pytest

from openiads import load
from openiads.errors import UsageError
from openiads.scenario.load import parse
from openiads.scenario.spec import Scenario
from openiads.studies.beliefs import _side, lines, twin, with_twins
from openiads.studies.exposure.ledger import ledgers
from openiads.studies.flows.answer import Question, answer
from openiads.studies.flows.posture import flows_of
from openiads.studies.flows.words import lines as words
from openiads.studies.study import Study, study
from tests import builders

PAGE = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text(encoding="utf-8")
TABLE = tomllib.loads(re.findall(r"```toml\n(.*?)```", PAGE, re.S)[0])

SWITCH = {
    "name": "switch", "title": "the post is out of action", "of": "post", "effect": "disable", "p_exists": 0.25, "from_s": 0.0,
}  # fmt: skip
SPARE = {
    "name": "spare",
    "title": "nothing that matters",
    "of": "post",
    "effect": "delay",
    "p_exists": 0.5,
    "late_s": 1.0,
}


@pytest.fixture(scope="module")
def done() -> Study:
    s = builders.scenario(
        compromises=[SWITCH, SPARE], vignettes={"raid": {"duration_min": 5.0}}
    )  # long enough to arrive
    return study(s, replications=8, compromise="switch")


def test_twins_are_the_same_but_for_the_compromise():
    s, names = with_twins(builders.scenario(compromises=[SWITCH, SPARE]), "switch", None)
    assert names == ["on", "on-if-switch"] == ["on", twin("on", "switch")]
    one, other = s.postures["on"], s.postures["on-if-switch"]
    assert one.model_dump(exclude={"compromise"}) == other.model_dump(exclude={"compromise"})


def test_what_a_belief_expects_lies_between(done):
    (row,) = done.summary["compromises"]
    assert (row["without"], row["posture"], row["p_exists"]) == ("on", "on-if-switch", 0.25)
    leakers = row["metrics"]["D3"]
    assert leakers["with"] == 4.0, "nobody shoots"
    assert leakers["without"] == done.estimate("D3", "on")["estimate"] < 4.0
    assert leakers["weighted"] == pytest.approx(0.75 * leakers["without"] + 0.25 * 4.0)
    low, high = (leakers["difference"][k] for k in ("low", "high"))
    assert leakers["weighted_difference"][1:] == [0.25 * low, 0.25 * high]


def test_it_is_said_in_the_table_and_in_the_report(done, tmp_path):
    (line,) = lines(done.summary)
    assert line.startswith("on, if post is compromised (the post is out of action; belief 0.25): ") and "D3 " in line
    done.save(tmp_path / "out")
    assert "If a node or link is not what it seems" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_the_belief_at_which_two_postures_come_to_the_same():
    """Leakers: 1 without, 3 with it, against 2 in a posture that it leaves alone: at one half."""
    none = [None] * 4
    found = _side([1.0, 3.0, 2.0, 2.0], none, "replication")
    assert found is not None and found.belief == 0.5 and (found.less_below, found.less_above) == ("first", "second")
    assert found.low is None and "no mean" in str(found.reason)
    never = _side([1.0, 3.0, 9.0, 9.0], none, "replication")
    assert never is not None and never.belief is None and never.reason == "less in the first at every belief"
    both = _side([8.0, 20.0, 10.0, 20.0], none, "replication")  # the other suffers, too: as bad at a belief of 1 only
    assert both is not None and both.belief == 1.0
    assert _side([1.0, 1.0, 2.0, 2.0], none, "replication") is None, "it changes neither"
    assert _side([1.0, 3.0, None, 2.0], none, "replication") is None, "undefined"


ON = builders.BASE["postures"]["on"]
POSTURES = {
    "on": ON, "broken": {**ON, "compromise": "switch"}, "half": {**ON, "duty": 0.5}, "off": {**ON, "absent": ["unit"]},
}  # fmt: skip
WITH = {"on": "broken"}  # the others are left as they are


@pytest.fixture(scope="module")
def three() -> Study:
    """A post that may go out of action, against one that is on in half of the raids and one that can not shoot."""
    s = builders.scenario(
        compromises=[SWITCH, SPARE], vignettes={"raid": {"duration_min": 5.0}}, postures=POSTURES,
        library={"missiles": {"round": {"pk_cruise": 0.5}}},
    )  # fmt: skip
    return study(s, replications=30)


def test_every_pair_of_postures_has_its_belief_metric_by_metric(three):
    """By the estimates of the table: who has less leakers, and where the lines of two postures cross."""
    rows = {(x["metric"], x["a"], x["b"]): x for x in three.summary["compromise_sides"]}
    assert {k[1:] for k in rows} == {("on", "half"), ("on", "off")}, "nothing changes between the other two"
    assert {k[0] for k in rows} >= {"D3", "D3.fraction", "D3.p0"} and not any(
        k[0].startswith(("X3", "X5")) for k in rows
    )
    for (metric, a, b), row in rows.items():
        at = [three.estimate(metric, p)["estimate"] for p in (a, WITH.get(a, a), b, WITH.get(b, b))]
        gap = [at[0] - at[2], at[1] - at[3]]  # at a belief of nothing, and of 1
        if row["belief"] is None:
            assert gap[0] * gap[1] >= 0.0 and row["reason"], (metric, a, b)
            continue
        p = row["belief"]
        assert (1.0 - p) * gap[0] + p * gap[1] == pytest.approx(0.0, abs=1e-9)
        if gap[0] != 0.0:
            assert row["less_below"] == (a if gap[0] < 0.0 else b)
        assert row["low"] is None or row["low"] <= p <= row["high"]
    leakers = rows["D3", "on", "half"]
    assert 0.2 < leakers["low"] < leakers["belief"] < leakers["high"] < 0.8, "half of the raids are lost either way"
    assert (leakers["less_below"], leakers["less_above"]) == ("on", "half")
    assert rows["D3.fraction", "on", "half"]["belief"] == pytest.approx(leakers["belief"]), "of four in every raid"
    assert rows["D2", "on", "off"]["low"] is None, "a median"


def test_the_pairs_are_in_the_report_and_against_the_baseline_in_words(three, tmp_path):
    three.save(tmp_path / "out")
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert (
        "Who believes what, and which posture has less" in text
        and "<td>switch</td><td>D3</td><td>on</td><td>half</td>" in text
    )
    turned = study(three.scenario, replications=30, baseline="half")
    belief = next(x["belief"] for x in turned.summary["compromise_sides"] if (x["metric"], x["b"]) == ("D3", "half"))
    (line,) = lines(turned.summary)
    assert f"as much as the baseline at a belief of {belief:.2g} [" in line


def test_a_study_without_one_says_nothing_of_it():
    plain = study(builders.scenario(compromises=[SWITCH, SPARE]), replications=5)
    assert plain.summary["compromises"] == [] == lines(plain.summary) == plain.summary["compromise_sides"]
    with pytest.raises(UsageError, match="no compromise 'swich'; did you mean 'switch'"):
        study(builders.scenario(compromises=[SWITCH, SPARE]), compromise="swich")


# ---------------------------------------------------------------- a compromise that copies out


def harbour(of: str, **copy: object) -> Scenario:
    """The tutorial's three nodes, and a fourth to which something is copied; no link ends there."""
    table = copied(TABLE)
    table["nodes"].append({"name": "stranger", "title": "somebody", "owner": "outside"})
    table["compromises"] = [{
        "name": "tap", "title": "it copies out", "of": of, "effect": "copy", "p_exists": 0.2, "sink": "stranger",
        "rate_kbit_s": 9.6, "period_s": 20, **copy,
    }]  # fmt: skip
    return parse(table, "harbour.toml")


@pytest.fixture(scope="module")
def tapped(tmp_path_factory) -> Study:
    """A study in which the line behind the guard is tapped, saved and read again."""
    done = study(harbour("to-the-company"), replications=6, compromise="tap", workers=2)
    folder = tmp_path_factory.mktemp("tapped") / "study"
    done.save(folder)
    return Study.load(folder)


def test_what_is_copied_out_counts_as_the_undeclared_channel_does(tapped):
    """X2 is nothing without it, and behind a guard less than without one; what is declared stays as it was."""
    rows = {row["without"]: row["metrics"] for row in tapped.summary["compromises"]}
    for posture, metrics in rows.items():
        assert metrics["X2"]["without"] == 0.0 < metrics["X2"]["with"]
        assert metrics["X2"]["weighted"] == pytest.approx(0.2 * metrics["X2"]["with"])
        assert metrics["X2.bits"]["with"] > 0.0
        assert metrics["X1.sent"]["with"] == metrics["X1.sent"]["without"] > 0.0
        twins = [tapped.estimate("X1.sent", p)["estimate"] for p in (posture, twin(posture, "tap"))]
        assert twins[0] == twins[1]
    assert rows["filtered"]["X2"]["with"] < 0.95 * rows["open"]["X2"]["with"]
    assert rows["open"]["X2"]["with"] == pytest.approx(rows["open"]["X1.sent"]["with"], rel=0.05), (
        "the same line, twice"
    )


def test_the_ledger_names_who_gets_the_copy(tapped, tmp_path):
    tapped.save(tmp_path / "study")
    found = {x.posture: {o.node: o for o in x.observers} for x in ledgers(tmp_path / "study")}
    assert found["open"]["stranger"].hours.estimate == 0.0
    assert found["open-if-tap"]["stranger"].hours.estimate > 50.0
    assert "stranger over tap (undeclared, if it exists)" in found["open-if-tap"]["authority"].behind
    assert "stranger, by way of others" in found["open-if-tap"]["coast"].behind


def test_the_flows_know_it_and_nobody_can_close_it():
    s = harbour("authority", duty=0.5)
    with_it, names = with_twins(s, "tap", ["open"])
    plain, copied_out = (flows_of(with_it, p) for p in names)
    (edge,) = [e for e in copied_out.edges if e.kind == "copy"]
    assert (edge.name, edge.from_, edge.to) == ("tap", "authority", "stranger")
    assert edge.bits == pytest.approx(0.5 * 9600.0) and edge.up == 0.5
    assert [e for e in copied_out.edges if e is not edge] == list(plain.edges)
    assert plain.cut().size == 1.0 and copied_out.cut().size == float("inf")
    assert (
        copied_out.reach(sinks=["stranger"]).nodes == ("coast", "authority")
        and plain.reach(sinks=["stranger"]).nodes == ()
    )
    said = "\n".join(words(answer(with_it, names[1], Question(sinks=("stranger",)))))
    assert "authority -(tap, copied out)-> stranger" in said and "what nobody knows of begins at one of them" in said
    with pytest.raises(UsageError, match="no open link 'tap'"):
        copied_out.guarded("tap", "closed")


def test_a_tap_behind_a_filter_carries_what_the_filter_lets_through():
    (edge,) = [
        e
        for e in flows_of(with_twins(harbour("to-the-company"), "tap", ["filtered"])[0], "filtered-if-tap").edges
        if e.kind == "copy"
    ]
    assert edge.guard == "filter"


def test_the_shipped_tap_is_open_where_its_line_is():
    s = load("turkey-2019", {"compromise": "tapped-line"})
    opened = {p: [e.to for e in flows_of(s, p).edges if e.kind == "copy"] for p in s.postures}
    assert {p for p, ends in opened.items() if ends} == {"one-way-out", "filtered-two-way", "full-links"}
    assert all(ends in ([], ["outside"]) for ends in opened.values())
