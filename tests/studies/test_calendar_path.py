"""Paths: what the library says, what a file may say, the state of each day, and what was known on a day."""

from __future__ import annotations

import tomllib
from datetime import date
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import openiads as oi
from openiads.errors import ScenarioError, UsageError
from openiads.scenario.load import sources
from openiads.studies.calendar.files import library_events, load_path, path_names, periods
from openiads.studies.calendar.path import Step
from openiads.studies.calendar.source import needs
from openiads.studies.calendar.timeline import timeline
from openiads.studies.calendar.traffic import traffic

SCENARIO = oi.load("turkey-2019")
ARTICLE = date(2019, 11, 22)
LIBRARY = files("openiads").joinpath("library")

MINE = """
name = "mine"
title = "a path"
end = 2020-03-01
events = ["second-batch-talks"]
[[step]]
date = 2020-01-01
posture = "sealed"
pattern = "none"
text = "boxes"
source = "assumption"
grade = "assumption"
[[step]]
date = 2020-01-11
posture = "standalone"
duty = 0.5
marks = ["talks"]
text = "on"
source = "assumption"
grade = "assumption"
[[step]]
date = 2020-01-21
posture = "one-way-in"
batches = 2
text = "more"
source = "assumption"
grade = "assumption"
[[event]]
name = "protest"
title = "a protest"
trigger = "operates"
lag_days = 10
pattern = "visiting"
published = 2019-01-01
source = "assumption"
grade = "assumption"
[[event]]
name = "second-batch-talks"
title = "short talks"
trigger = "talks"
lag_days = 5
delays = "batches"
published = 2024-01-01
source = "assumption"
grade = "assumption"
"""


def mine(tmp_path, text=MINE, **options):
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    return load_path(file, **options)


def test_each_day_has_the_state_that_steps_and_events_give_it(tmp_path):
    line = timeline(mine(tmp_path), SCENARIO)
    assert line.days == 61 and line.start == date(2020, 1, 1)
    at = {d: line.states[(date(2020, m, d) - line.start).days] for m in (1,) for d in range(1, 32)}
    assert at[1].posture == "sealed" and at[1].share == 0.0 and at[1].variant == ("none", True, 1)
    assert at[11].posture == "standalone" and at[11].share == 0.5
    assert at[20].variant.pattern == "none" and at[21].variant.pattern == "visiting"  # ten days after operating began
    assert at[21].share == SCENARIO.postures["one-way-in"].duty  # a duty belongs to its step
    assert at[25].variant.batches == 1 and at[26].variant.batches == 2  # the talks put it off by five days
    assert [(h.event.name, h.day) for h in line.happenings] == [
        ("protest", date(2020, 1, 21)),
        ("second-batch-talks", date(2020, 1, 26)),
    ]
    assert [(b - a) for _, a, b in line.spans()] == [10, 10, 5, 36]


def test_a_batch_that_is_put_off_beyond_the_end_does_not_come(tmp_path):
    line = timeline(mine(tmp_path, MINE.replace("lag_days = 5", "lag_days = 500")), SCENARIO)
    assert {s.variant.batches for s in line.states} == {1}
    assert [h.event.name for h in line.happenings] == ["protest"]


def test_only_what_emits_must_be_run(tmp_path):
    found = needs([timeline(mine(tmp_path), SCENARIO)])
    assert {posture for _, posture in found} == {"standalone", "one-way-in"} and len(found) == 3


@pytest.mark.parametrize("name", path_names())
def test_every_shipped_path_can_be_lived_and_cites_its_sources(name):
    path = load_path(name)
    line = timeline(path, SCENARIO)
    assert all(s.posture for s in line.states)
    for part in [*path.step, *path.event]:
        for source in part.source.split(", "):
            assert source in sources() or source in ("GK", "CALC", "assumption"), (name, source)
        assert part.grade in ("GK", "CALC", "assumption") or part.source.startswith("S"), (name, part)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(path_names()), st.dates(date(2019, 7, 17), date(2027, 1, 1)))
def test_as_of_never_uses_later_evidence(name, day):
    path = load_path(name, as_of=day)
    assert all(s.known <= day for s in path.step) and all(e.published <= day for e in path.event)
    everything = load_path(name)
    assert len(path.step) == sum(s.known <= day for s in everything.step)


@settings(max_examples=40, deadline=None)
@given(st.dates(date(2019, 9, 6), date(2022, 6, 1)))
def test_traffic_as_of_a_day_is_that_of_the_figures_known_then(day):
    known = [p for p in periods() if p.published <= day]
    found = traffic(date(2019, 7, 12), 900, periods(), as_of=day)
    assert np.array_equal(found.value, traffic(date(2019, 7, 12), 900, known).value)
    assert (found.low <= found.value + 1e-12).all() and (found.value <= found.high + 1e-12).all()


def test_an_event_is_the_version_that_was_known_last():
    lag = {d: next(e.lag for e in load_path("article", as_of=d).event if e.name == "sanctions-by-operating") / 86400.0
           for d in (ARTICLE, date(2021, 1, 1))}  # fmt: skip
    assert lag == {ARTICLE: 60.0, date(2021, 1, 1): 59.0}
    assert len({e.name for e in load_path("article").event}) == len(load_path("article").event)
    assert len({e.name for e in library_events()}) < len(library_events())


def test_plans_are_known_before_their_day():
    steps = load_path("article", as_of=ARTICLE).step
    assert date(2020, 4, 1) in [s.date for s in steps]
    assert [s.date for s in load_path("happened", as_of=ARTICLE).step] == [date(2019, 7, 12)]


def test_traffic_of_known_months():
    found = traffic(date(2019, 9, 1), 300, periods())
    at = {m: found.value[(date(*m, 15) - date(2019, 9, 1)).days] for m in ((2019, 9), (2020, 2), (2020, 5))}
    assert at[2019, 9] == pytest.approx(1.0)
    assert at[2020, 2] == pytest.approx(133548 / 29 / (194923 / 30))
    assert at[2020, 5] == pytest.approx(18585 / 31 / (194923 / 30))
    assert found.sourced.all()


def test_figures_published_later_hold():
    old = traffic(date(2019, 7, 1), 1, periods(), as_of=date(2019, 12, 1))
    new = traffic(date(2019, 7, 1), 1, periods())
    assert old.value[0] == pytest.approx(723770 / 122 / (194923 / 30)) and new.value[0] == pytest.approx(
        393255 / 61 / (194923 / 30)
    )


def test_published_sums_are_the_sum_of_their_months():
    months = {(p.from_, p.to): p.movements for p in periods()}

    def total(*keys):
        return sum(months[date.fromisoformat(a), date.fromisoformat(b)] for a, b in keys)

    assert total(("2021-01-01", "2021-01-31"), ("2021-02-01", "2021-02-28"), ("2021-03-01", "2021-03-31")) == 238448
    to_july = [("2020-01-01", "2020-01-31"), ("2020-02-01", "2020-02-29"), ("2020-03-01", "2020-04-30"),
               ("2020-05-01", "2020-05-31"), ("2020-06-01", "2020-06-30"), ("2020-07-01", "2020-07-31")]  # fmt: skip
    assert total(*to_july) == 556489
    rest = [
        ("2020-08-01", "2020-08-31"),
        ("2020-09-01", "2020-09-30"),
        ("2020-10-01", "2020-10-31"),
        ("2020-11-01", "2020-11-30"),
    ]
    assert total(*to_july, *rest) == 979959


def test_every_number_of_the_calendar_states_its_evidence():
    for name in ("assumptions.toml", "traffic.toml", "events.toml"):
        table = tomllib.loads(LIBRARY.joinpath(f"calendar/{name}").read_text(encoding="utf-8"))
        entries = [table] + [e for v in table.values() if isinstance(v, list) for e in v]
        for entry in entries:
            plain = [k for k, v in entry.items() if isinstance(v, int | float) and k != "year"]
            assert not plain, (name, plain)


def test_assumptions_can_be_set_and_are_laid_over():
    assert load_path("article", {"dwells": "7", "interval_min": "30"}).assumptions.dwells == 7
    assert load_path("article", {"interval_min": "30"}).assumptions.interval == 1800.0
    with pytest.raises(UsageError, match="a number is accepted"):
        load_path("article", {"dwells": "many"})
    with pytest.raises(ScenarioError, match=r"assumptions\.dwell: unknown key"):
        load_path("article", {"dwell": "7"})
    with pytest.raises(ScenarioError, match="at least 1"):
        load_path("article", {"dwells": "0"})


BAD = [
    ('posture = "sealed"\n', "", "first one must say its posture"),
    ("date = 2020-01-21", "date = 2020-01-02", "dates must rise"),
    ("end = 2020-03-01", "end = 2020-01-21", "must lie after the last step"),
    ('"second-batch-talks"]', '"no-such-event"]', "no event 'no-such-event'; accepted: f35-suspension"),
    ('trigger = "operates"', 'trigger = "date"', "state `date`"),
    ('trigger = "operates"', 'trigger = "talks"\ndate = 2020-01-05', "goes with trigger = 'date'"),
    ('trigger = "operates"', 'trigger = "rain"', "accepted: date, operates, transaction, talks"),
    ("duty = 0.5", "duty = 1.5", "at most 1"),
    ("duty = 0.5", "duties = 0.5", "unknown key"),
    ("lag_days = 10", "lag = 10", "has no unit"),
    ("date = 2020-01-11", 'date = "tomorrow"', "date"),
    ('grade = "assumption"', 'grade = "E"', "accepted: A, B, C, D, GK, CALC, assumption"),
]


@pytest.mark.parametrize(("old", "new", "said"), BAD)
def test_a_bad_file_is_refused_with_what_to_mend(tmp_path, old, new, said):
    assert old in MINE
    with pytest.raises(ScenarioError) as caught:
        mine(tmp_path, MINE.replace(old, new, 1))
    assert said in str(caught.value)
    assert "mine.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [('posture = "standalone"', 'posture = "stand-alone"', "standalone"), ('pattern = "none"', 'pattern = "nun"', "visiting"),
     ('posture = "standalone"', 'posture = "installed-cold"', "does not emit in peace")],
)  # fmt: skip
def test_names_that_the_scenario_does_not_have(tmp_path, old, new, said):
    with pytest.raises(UsageError, match=said):
        timeline(mine(tmp_path, MINE.replace(old, new, 1)), SCENARIO)


def test_unknown_paths_and_days_without_evidence():
    with pytest.raises(UsageError, match="article"):
        load_path("artcle")
    with pytest.raises(UsageError, match="no file"):
        load_path("nowhere.toml")
    with pytest.raises(UsageError, match="nothing of path 'article' was known then"):
        load_path("article", as_of=date(2019, 7, 11))
    with pytest.raises(UsageError, match="no figure of the traffic"):
        traffic(date(2020, 1, 1), 3, periods(), as_of=date(2018, 1, 1))


def test_a_step_is_known_from_its_date_unless_it_says_so():
    base = {"date": date(2020, 4, 1), "text": "x", "source": "S00", "grade": "B"}
    assert Step.model_validate(base).known == date(2020, 4, 1)
    assert Step.model_validate(base | {"published": date(2019, 11, 20)}).known == date(2019, 11, 20)


def test_the_path_of_the_guide_can_be_lived(tmp_path):
    guide = (Path(__file__).parents[2] / "docs" / "guide.md").read_text(encoding="utf-8")
    shown = next(b for b in guide.split("```toml\n")[1:] if "[[step]]" in b).split("```")[0]
    line = timeline(mine(tmp_path, shown), SCENARIO)
    assert [h.event.name for h in line.happenings] == ["bases-closed", "sanctions-by-operating"]
    assert line.states[-1].variant.pattern == "none" and line.states[-1].share == 0.1
    for name in path_names():
        assert f"`{name}`" in guide
