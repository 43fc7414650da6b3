"""Compromises in a study: twins on the same random numbers, and what a belief makes of the difference."""

from __future__ import annotations

import pytest

from openiads.errors import UsageError
from openiads.studies.beliefs import lines, twin, with_twins
from openiads.studies.study import Study, study
from tests import builders

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


def test_the_belief_at_which_the_baseline_is_as_good():
    """Leakers: 1 without, 3 with it, 2 in the baseline: at one half."""
    from openiads.studies import beliefs

    class Metric:
        def __init__(self, values):
            self.values = values

        def estimate(self, scenario, tables, posture):
            from openiads.studies.statistics import Estimate

            return Estimate(self.values[posture], None, None, 5)

        def difference(self, tables, a, b):
            from openiads.studies.compare import Difference

            return Difference(self.values[a] - self.values[b], None, None, None, None, 5)

    cell = beliefs._cell(Metric({"p": 1.0, "q": 3.0, "b": 2.0}), None, {}, ("p", "q", "b", "b"), 0.1)
    assert cell is not None and cell["break_even"] == 0.5 and cell["weighted"] == pytest.approx(1.2)
    assert (
        beliefs._cell(Metric({"p": 1.0, "q": 3.0, "b": 9.0}), None, {}, ("p", "q", "b", "b"), 0.1)["break_even"] is None
    )
    both = Metric(
        {"p": 8.0, "q": 20.0, "b": 10.0, "c": 20.0}
    )  # the baseline suffers, too: as bad at a belief of 1 only
    assert beliefs._cell(both, None, {}, ("p", "q", "b", "c"), 0.1)["break_even"] == 1.0


def test_a_study_without_one_says_nothing_of_it():
    plain = study(builders.scenario(compromises=[SWITCH, SPARE]), replications=5)
    assert plain.summary["compromises"] == [] == lines(plain.summary)
    with pytest.raises(UsageError, match="no compromise 'swich'; did you mean 'switch'"):
        study(builders.scenario(compromises=[SWITCH, SPARE]), compromise="swich")
