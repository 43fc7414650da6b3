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
from openiads.studies.calendar.evidence import appeared, later_numbers
from openiads.studies.calendar.files import library_events, load_path, notices, path_names, periods
from openiads.studies.calendar.path import Step
from openiads.studies.calendar.source import needs
from openiads.studies.calendar.timeline import timeline
from openiads.studies.calendar.traffic import traffic
from tests.studies.paths import path_text

SCENARIO = oi.load("turkey-2019")
ARTICLE = date(2019, 11, 22)
LIBRARY = files("openiads").joinpath("library")

MINE = path_text(
    [{"date": "2020-01-01", "posture": "sealed", "pattern": "none"},
     {"date": "2020-01-11", "posture": "standalone", "duty": 0.5, "marks": ["talks"]},
     {"date": "2020-01-21", "posture": "one-way-in", "batches": 2}],
    [{"name": "protest", "trigger": "operates", "lag_days": 10, "pattern": "visiting", "published": "2019-01-01"},
     {"name": "second-batch-talks", "trigger": "talks", "lag_days": 5, "delays": "batches", "published": "2024-01-01"}],
    end="2020-03-01", events=["second-batch-talks"],
)  # fmt: skip


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


def test_what_an_event_changes_moves_with_its_lag(tmp_path):
    band = 'lag_days = { value = 10, low = 4, high = 30, source = "assumption", grade = "assumption" }'
    path = mine(tmp_path, MINE.replace("lag_days = 10", band))
    lines = {end: timeline(path, SCENARIO, end) for end in ("low", "value", "high")}
    first = {end: x.day(x.first(lambda s: s.variant.pattern == "visiting")) for end, x in lines.items()}
    assert first == {"low": date(2020, 1, 15), "value": date(2020, 1, 21), "high": date(2020, 2, 10)}
    protests = [h for x in lines.values() for h in x.happenings if h.event.name == "protest"]
    assert [h.day for h in protests] == list(first.values())
    assert {(h.earliest, h.latest) for h in protests} == {(date(2020, 1, 15), date(2020, 2, 10))}


def test_visitors_come_where_the_posture_or_the_step_says_so(tmp_path):
    line = timeline(mine(tmp_path, MINE.replace('pattern = "none"', 'pattern = "none"\nvisit_days = 45')), SCENARIO)
    assert [line.states[d].visit / 86400.0 for d in (0, 9, 10, 60)] == [45.0, 45.0, 90.0, 90.0]
    assert timeline(mine(tmp_path), SCENARIO).states[0].visit == 0.0


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
@given(st.sampled_from(path_names()), st.dates(date(2019, 7, 31), date(2027, 1, 1)))
def test_as_of_never_uses_later_evidence(name, day):
    path = load_path(name, as_of=day)
    assert not [source for source in used(path) if (appeared(source) or day) > day]
    assert all(s.known <= day for s in path.step) and all(e.published <= day for e in path.event)
    assert all(n.published <= day for n in notices(day))
    everything = load_path(name)
    assert len(path.step) == sum(s.known <= day for s in everything.step)


def used(path):
    """Every source that stands behind a path: of steps and events, of their numbers, of what is supposed."""
    parts = [path, path.assumptions, *path.step, *path.event]
    return [p.source for part in parts for p in part.evidence.values()] + [x.source for x in [*path.step, *path.event]]


def test_as_of_the_article_leaves_out_what_the_library_knows_from_later():
    """The tail of the time to notice is of 2022, the firing of 2020, and one report of the delivery's price of 2020."""
    assert any((appeared(source) or ARTICLE) > ARTICLE for name in path_names() for source in used(load_path(name)))
    now, then = load_path("article").assumptions, load_path("article", as_of=ARTICLE).assumptions
    assert (now.notice_tail_share, now.evidence["notice_tail_share"].source) == (0.04, "S185, CALC")
    assert (then.notice_tail_share, then.evidence["notice_tail_share"].source) == (0.1, "assumption")
    assert load_path("article", as_of=date(2022, 4, 30)).assumptions.notice_tail_share == 0.04
    assert load_path("article", {"notice_tail_share": "0.3"}, ARTICLE).assumptions.notice_tail_share == 0.3
    assert load_path("article", as_of=date(2019, 11, 19)).sunk_usd == 0.0  # its source is the article
    assert load_path("article", as_of=ARTICLE).sunk_usd == 2.5e9


def test_numbers_of_the_scenario_that_are_later_are_named():
    later = {x["number"]: x["source"] for x in later_numbers(SCENARIO, ARTICLE)}
    assert later["readiness.installed_cold"] == "S62" and "civil.domestic" not in later
    assert later_numbers(SCENARIO, None) == later_numbers(SCENARIO, date(2026, 1, 1)) == []


@pytest.mark.parametrize(
    ("source", "day"),
    [("S38, S155", date(2019, 11, 30)), ("S115", date(2019, 7, 17)), ("S52", None), ("CALC", None), ("assumption", None),
     ("Milliyet, 3 Apr 2020", date(2020, 4, 3)), ("a daily, Feb 2020", date(2020, 2, 29)), ("no day, 31 Feb 2020", None),
     ("figures of March 2019", None), ("S93, Oct 0000", date(2019, 10, 31))],
)  # fmt: skip
def test_when_sources_appeared(source, day):
    assert appeared(source) == day


def test_evidence_of_a_path_of_ones_own_is_left_out_too(tmp_path):
    late = MINE + '[assumptions]\ndwells = { value = 3, source = "my notes, Jan 2030", grade = "D" }\n'
    assert mine(tmp_path, late).assumptions.dwells == 3
    assert mine(tmp_path, late, as_of=date(2025, 1, 1)).assumptions.dwells == 19
    cited = MINE.replace('source = "assumption"', 'source = "S155"', 1)
    with pytest.raises(UsageError, match="the first of it on 2020-01-01"):
        mine(tmp_path, cited, as_of=date(2019, 12, 31))
    cited = MINE.replace('source = "assumption"', 'source = "Milliyet, 3 Apr 2021"', 1)
    assert mine(tmp_path, cited, as_of=date(2021, 1, 1)).step[0].date == date(2020, 1, 11)
    assert mine(tmp_path, cited, as_of=date(2021, 4, 3)).step[0].date == date(2020, 1, 1)


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
    assert lag == {ARTICLE: 60.0, date(2021, 1, 1): 385.0}


def test_sanctions_came_on_the_day_on_which_they_did():
    """On the path that was taken both ways of counting end on 14 December 2020; the firing is the other end of the band."""
    line = timeline(load_path("happened"), SCENARIO)
    days = {h.event.name: h.day for h in line.happenings if h.event.name.startswith("sanctions")}
    assert days == dict.fromkeys(("sanctions-by-operating", "sanctions-by-transaction"), date(2020, 12, 14))
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
    ("end = 2020-03-01", "end = 9999-12-31", "end: must be on or before 2060-12-31 (given: 9999-12-31)"),
    ("date = 2020-01-11", "date = 1999-12-31", "must be on or after 2000-01-01 (given: 1999-12-31)"),
    ('source = "assumption"', 'source = "S00, S9999"', "step 2020-01-01: no source 'S9999' in the library's list"),
    ("duty = 0.5", 'duty = { value = 0.5, source = "S9999", grade = "D" }', "step 2020-01-11: no source 'S9999'"),
    ("duty = 0.5", "visit_days = -1", "at least 0"),
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
     ('posture = "standalone"', 'posture = "installed-cold"', "does not emit in peace"),
     ('posture = "standalone"\nduty = 0.5', 'posture = "full-links"\nvisit_days = 30', "nothing is kept for a visitor")],
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
        load_path("article", as_of=date(2019, 7, 30))
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
