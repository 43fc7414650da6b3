"""The calendar from rates to dates: known answers on rates laid by hand, and a study that is run, saved and read."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from functools import lru_cache

import numpy as np
import pytest

import openiads as oi
from openiads.errors import RecordError, UsageError
from openiads.studies.calendar.conduct import calendars
from openiads.studies.calendar.files import load_path
from openiads.studies.calendar.lags import moved, with_lags
from openiads.studies.calendar.outcome import Limit, limits, outcome
from openiads.studies.calendar.rates import WEIGHT, Rates, rates
from openiads.studies.calendar.reckon import crossing, interval, reckon
from openiads.studies.calendar.source import needs
from openiads.studies.calendar.timeline import State, Timeline, Variant, timeline
from openiads.studies.calendar.traffic import Factor
from openiads.studies.calendar.watch import Medians
from openiads.studies.measure import shown_cells
from openiads.studies.study import Study
from tests import builders
from tests.studies.paths import path_text

FLAGSHIP = oi.load("turkey-2019")
DAY = 86400.0
NOTICE = Medians((2011, 2019, 2022), (416 * DAY, 56 * DAY, 16 * DAY))


def steady(days: int) -> Factor:
    """The traffic of the reference month."""
    one = np.ones(days)
    return Factor(one, one, one, one.astype(bool))


def by_hand(sites=1, dwells=0.0, weekend=0.0) -> Rates:
    """10 civil and 2 military track-hours a day, 4 of them sent, 6 kept; half of all at weekends; dwells in two cells of 36."""
    one = np.array([[[[6.0, 1.0], [4.0, 1.0]], [[5.0, 1.0], [0.0, 0.0]]]] * sites)  # two windows a day
    counts = np.zeros((sites, 2, 2, 648))
    counts[:, 0, :, 8 * 36], counts[:, 0, :, 8 * 36 + 1] = dwells, dwells / 10.0
    counts[:, 1, :, 8 * 36] = weekend
    flows = {"held_now": one, "sent": one / 3.0, "kept": one / 2.0, "hidden": one / 12.0}
    full = {name: np.ones((sites, 2, 2)) for name in ("sent", "hidden")}
    return Rates(
        flows, full, {"jet.X": counts}, np.full((2, 2), 12.0), 0.25, {"jet.X": np.array([shown_cells(5.0)] * sites)}
    )


def of(states: list[State], start=date(2020, 6, 1)) -> Timeline:  # a Monday
    return Timeline(start, states, [], [])


V = Variant("visiting", True, 1)
OFF, ON = State("sealed", V, 0.0, 0.0, 0.0, 0.0), State("standalone", V, 0.5, 0.0, 0.0, 90.0 * DAY)


def made(states, hand, factor=None, path=None):
    line = of(states)
    return reckon(
        path or load_path("article"), line, FLAGSHIP, {(V, "standalone"): hand}, factor or steady(line.days), NOTICE
    )


def test_exposure_is_the_sum_of_days():
    found = made([OFF] * 7 + [ON] * 7, by_hand())
    week = 0.5 * (5 * 12.0 + 2 * 6.0)
    assert found.series["C1"][0, 6] == 0.0 and found.series["C1"][0, -1] == pytest.approx(week)
    assert found.series["C1.military"][0, -1] == pytest.approx(week / 6.0)
    assert found.series["X2"][0, -1] == pytest.approx(week / 12.0)
    assert found.series["X1"][0, -1] == pytest.approx(week / 3.0)  # no visit yet


def test_traffic_scales_civil_flights_alone():
    half = Factor(np.full(14, 0.5), np.full(14, 0.25), np.ones(14), np.ones(14, bool))
    found = made([OFF] * 7 + [ON] * 7, by_hand(), half)
    week = 0.5 * (5 * (5.0 + 2.0) + 2 * (2.5 + 1.0))
    assert found.series["C1"][0, -1] == pytest.approx(week)
    assert found.traffic_low[-1] < week < found.traffic_high[-1] == pytest.approx(36.0)


def test_a_full_link_stays_full_until_little_is_left_to_send():
    """Three times as much is offered as there is room for: a third of it fills the link; beyond that it empties, civil flights first."""
    hand = by_hand()
    hand.full["hidden"][...] = 3.0
    now = hand.day("hidden", 1.0)
    for civil in (2.0, 1.0, 0.5, 0.24):  # of 12, 2 are military
        assert hand.day("hidden", civil) == pytest.approx(now), civil
    assert hand.day("hidden", 0.0)[0, 0] == pytest.approx(3.0 * 2.0 / 12.0), (
        "1/12 for each of 12, and all of 2 have room"
    )
    assert hand.day("sent", 0.5)[0, 0] == pytest.approx(7.0 / 3.0), "a link with room sends what there is"


def test_visits_carry_out_what_is_kept():
    found = made([ON] * 93, by_hand())
    total, left = recordings(found)
    assert not left[:90].any()
    assert left[90:] == pytest.approx(np.full(3, total[90]))


def recordings(found):
    """What was kept and what was carried out by each day; the rest is held."""
    total, left = found.series["C1"][0] / 2.0, found.series["X1"][0] - found.series["C1"][0] / 3.0
    assert found.series["X1.held"][0] == pytest.approx(total - left)
    return total, left


def test_what_nobody_took_stays_held_until_somebody_comes():
    """40 days on, then sealed: nobody visits a sealed system unless the path says so; then all of it leaves at once."""
    total, left = recordings(made([ON] * 40 + [OFF] * 100, by_hand()))
    assert not left.any() and total[-1] == total[39] > 0.0
    visited = replace(OFF, visit=30.0 * DAY)
    total, left = recordings(made([ON] * 40 + [OFF] * 10 + [visited] * 40, by_hand()))
    assert not left[:80].any() and left[80:] == pytest.approx(np.full(10, total[39]))
    total, left = recordings(made([ON] * 40 + [OFF] * 10 + [ON] * 100, by_hand()))
    assert not left[:140].any() and left[140:] == pytest.approx(np.full(10, total[140]))  # the agreement begins anew


def test_visits_go_on_where_only_the_posture_changes():
    other = replace(ON, posture="one-way-out")
    line = of([ON] * 50 + [other] * 50)
    found = reckon(load_path("article"), line, FLAGSHIP, {(V, p): by_hand() for p in ("standalone", "one-way-out")},
                   steady(100), NOTICE)  # fmt: skip
    assert np.flatnonzero(np.diff(recordings(found)[1])).tolist() == [89]


def test_filling_counts_the_cells_shown():
    found = made([ON] * 400, by_hand(dwells=1000.0)).filling["jet.X"]
    two = WEIGHT[8 * 36] * 2 / WEIGHT[shown_cells(5.0)].sum()
    assert found.shown == 36 and found.seen == pytest.approx(two) == found.share[-1] and found.error is None
    assert found.most[-1] == pytest.approx(1.0, abs=1e-6) and (found.most >= found.share).all()


def test_cells_that_few_sites_show_weigh_as_little():
    """Two sites in six show the next ten degrees too: known there for certain, they count a third in both sums."""
    hand = by_hand(sites=6, dwells=1000.0)
    steep = shown_cells(15.0) & ~shown_cells(5.0)
    hand.shown["jet.X"][:2] |= steep
    hand.counts["jet.X"][:2][:, :, :, steep] = 1000.0
    found = made([ON] * 20, hand).filling["jet.X"]
    low = WEIGHT[shown_cells(5.0)].sum()
    extra = WEIGHT[steep].sum() / 3.0
    assert found.shown == pytest.approx(36 + 12)
    assert found.share[-1] == pytest.approx((low / 18.0 + extra) / (low + extra), rel=1e-3)


def test_a_sealed_path_never_fills_and_holds_nothing():
    found = made([OFF] * 50, by_hand(dwells=1000.0))
    assert not found.filling["jet.X"].share.any() and not found.defended.any()
    assert not any(series.any() for series in found.series.values())
    assert not found.filling["jet.X"].most.any()


def test_weekdays_and_weekends_fill_by_their_own_rates():
    hand = by_hand(weekend=0.001)
    found = made([ON] * 21, hand).filling["jet.X"].share
    steps = np.flatnonzero(np.diff(found, prepend=0.0))
    assert steps.tolist() == [5, 6, 12, 13, 19, 20]


def test_filling_and_sums_never_fall():
    found = made([ON] * 30 + [OFF] * 5 + [ON] * 30, by_hand(sites=6, dwells=0.002, weekend=0.01))
    sums = [series for name, series in found.series.items() if name != "X1.held"]
    for series in [*sums, found.filling["jet.X"].share[None], found.defended[None]]:
        assert (np.diff(series, axis=1) >= -1e-12).all()


def test_sites_give_intervals_from_five_on():
    hand = by_hand(sites=6)
    hand.flows["held_now"][...] *= np.linspace(0.5, 1.5, 6)[:, None, None, None]
    found = made([ON] * 7, hand)
    low, high = (x[-1] for x in interval(found.series["C1"])[1:])
    assert low < 36.0 < high and (high - 36.0) == pytest.approx(
        2.5706 * 36.0 * np.linspace(0.5, 1.5, 6).std(ddof=1) / 6**0.5, rel=1e-4
    )
    assert interval(made([ON] * 7, by_hand(sites=4)).series["C1"]) is None


def test_defended_days_follow_the_readiness():
    cold = State("installed-cold", V, 0.0, 0.0, 0.0, 0.0)
    away = State("custody-elsewhere", V, 0.0, 0.0, 0.0, 0.0)
    found = made([OFF, cold, ON, away], by_hand())
    assert found.defended.tolist() == [0.0, 1.0, 2.0, 2.0]  # sealed needs 48 h, a day of warning is supposed
    path = load_path("article", {"warning_h": "72"})
    assert made([OFF, cold, ON, away], by_hand(), path=path).defended.tolist() == [1.0, 2.0, 3.0, 3.0]
    path = load_path("article", {"warning_h": "0"})
    assert made([OFF, cold, ON], by_hand(), path=path).defended.tolist() == pytest.approx([0.0, 0.0, ON.share])


def test_thresholds_have_dates_or_say_why_not():
    c = made([OFF] * 7 + [ON] * 7, by_hand())
    said = outcome(
        c, FLAGSHIP, None, None, [Limit("C1", 12.0), Limit("C1", 1e9), Limit("defended", 3.0), Limit("C3.jet.X", 0.5)]
    )
    assert [x["date"] for x in said["limits"]] == [date(2020, 6, 9), None, date(2020, 6, 10), None]
    assert "not reached within the calendar (36 at its end)" in said["limits"][1]["reason"]
    assert "not reached: 0% of the cells shown" in said["filling"]["jet.X"]["reached"]["0.5"]["reason"]
    assert crossing(np.array([0.0, 1.0, 1.0]), 1.0) == 1


@pytest.mark.parametrize(
    "text", ["C1", "C1=", "C1=-3", "C1=inf", "C9=3", "=3", "C1=nan", "C3.jet=2", "C3.jet=-0.1", "C3.jet=0"]
)
def test_limits_that_can_not_be(text):
    with pytest.raises(UsageError, match="--limit"):
        limits([text])


def raids(first, gains, first_name="sealed", last_name="custody-elsewhere"):
    """A study of raids laid by hand: area and leakers of two postures, replication by replication."""
    n = len(gains)
    names = np.array([first_name] * n + [last_name] * n)
    area = np.concatenate([np.full(n, first), first + np.array(gains)])
    rows = {"posture": names, "warning_s": np.full(2 * n, DAY), "replication": np.tile(np.arange(n, dtype=float), 2)}
    tables = {
        "area": {**rows, "area_100": area},
        "raid": {**rows, "leakers": np.concatenate([np.full(n, 9.0), np.full(n, 9.0)])},
    }
    return Study(
        FLAGSHIP, {"baseline": first_name, "metrics": {"D1.24h": {"postures": {}}, "D3.24h": {"postures": {}}}}, tables
    )


def worth_of(study):
    path = load_path("patriot-instead")
    line = timeline(path, FLAGSHIP)
    c = reckon(path, line, FLAGSHIP, {}, steady(line.days), NOTICE)
    return outcome(c, FLAGSHIP, study, None, [])["K1"]


def test_money_is_a_path_against_what_it_changes():
    """The cost is a number, so the limits are the cost over Student's limits of the mean gain of 700 km2 (symmetric: no skewness)."""
    gains = 700.0 + np.array([-30.0, -20.0, -10.0, 10.0, 20.0, 30.0])
    money = worth_of(raids(0.0, gains))
    assert money["sunk_usd"] == 2.5e9 and money["further_usd"] == pytest.approx(12.5e9)
    half = 2.570582 * gains.std(ddof=1) / 6**0.5
    per = money["per"]["D1"]
    assert per["decided"] and per["reason"] is None
    assert [per[k] for k in ("estimate", "low", "high")] == pytest.approx(
        [12.5e9 / x for x in (700.0, 700.0 + half, 700.0 - half)]
    )
    assert money["per"]["D3"]["estimate"] is None and "no better" in money["per"]["D3"]["reason"]


def test_what_a_gain_costs_that_may_be_none_has_no_upper_end():
    gains = np.array([-300.0, -200.0, 0.0, 100.0, 200.0, 400.0])
    per = worth_of(raids(1000.0, gains))["per"]["D1"]
    assert (
        not per["decided"]
        and per["high"] is None
        and "not decided" in per["reason"]
        and "replications would decide" in per["reason"]
    )
    assert per["estimate"] == pytest.approx(12.5e9 / gains.mean())
    assert per["low"] == pytest.approx(12.5e9 / per["change_high"]) and per["change_low"] < 0.0 < per["change_high"]
    worse = worth_of(raids(1000.0, -600.0 + gains))["per"]["D1"]
    assert worse["estimate"] is None and worse["decided"] and "decidedly worse" in worse["reason"]
    few = worth_of(raids(0.0, np.array([600.0, 700.0, 800.0])))["per"]["D1"]
    assert few["estimate"] == pytest.approx(12.5e9 / 700.0) and few["low"] is None and "fewer than 5" in few["reason"]


def test_money_without_a_study_or_a_posture_says_so():
    assert "no study with raids" in worth_of(None)["per"]["D1"]["reason"]
    other = raids(0.0, np.arange(6.0), last_name="standalone")
    assert "no D1.24h of custody-elsewhere" in worth_of(other)["per"]["D1"]["reason"]


def test_value_of_the_feed_is_that_of_a_study_with_raids():
    path = load_path("standalone")
    line = timeline(path, FLAGSHIP)
    with pytest.raises(KeyError):  # a path that emits can not be reckoned without its rates
        reckon(path, line, FLAGSHIP, {}, steady(line.days), NOTICE)
    change = {"estimate": -2.0, "low": -3.0, "high": -1.0}
    cell = {"estimate": 5.0, "low": 4.0, "high": 6.0, "difference": change}
    summary = {"baseline": "one-way-in", "metrics": {"D3.24h": {"unit": "leakers", "postures": {"standalone": cell}}}}
    said = outcome(made([ON] * 3, by_hand()), FLAGSHIP, Study(FLAGSHIP, summary, {}), None, [])
    assert said["D6"] == [
        {"metric": "D3.24h", "posture": "standalone", "baseline": "one-way-in", "unit": "leakers", **change}
    ]
    ready = {r["posture"]: r for r in said["D5"]}
    assert ready["standalone"]["estimate"] == pytest.approx(5 / 60) and ready["standalone"]["source"] == "S51"


def test_lags_of_events_move_sums_and_dates():
    """The second batch doubles what is held: early from day 10 on, central from day 20 on, late never."""
    both = State("standalone", V._replace(batches=2), 0.5, 0.0, 0.0, 0.0)
    one = replace(both, variant=V)
    rates = {(V, "standalone"): by_hand(), (both.variant, "standalone"): doubled()}
    lines = [of([one] * n + [both] * (30 - n)) for n in (20, 10, 30)]
    path, asked = load_path("article"), [Limit("C1", 150.0), Limit("C1", 280.0)]
    each = [
        outcome(reckon(path, line, FLAGSHIP, rates, steady(30), NOTICE), FLAGSHIP, None, None, asked) for line in lines
    ]
    totals = [s["metrics"]["C1"]["estimate"] for s in each]
    dates = [[x["date"] for x in s["limits"]] for s in each]
    said = with_lags(each[0], each[1:])
    assert totals[2] < totals[0] < totals[1] and said["metrics"]["C1"]["lag"] == [totals[2], totals[1]]
    assert said["limits"][0]["lag"] == [dates[1][0], dates[2][0]] and dates[1][0] < dates[0][0] < dates[2][0]
    assert said["limits"][1]["lag"] == [dates[1][1], None] and dates[2][1] is None
    assert said["defended"]["lag"] == [30.0, 30.0]


def doubled():
    hand = by_hand()
    return replace(hand, flows={name: 2.0 * x for name, x in hand.flows.items()})


def test_only_lags_that_change_a_day_are_reckoned():
    path = load_path("article")
    line = timeline(path, FLAGSHIP)
    others = [timeline(path, FLAGSHIP, end) for end in ("low", "high")]
    assert moved(line, others) == others
    batch = [next((x.day(i) for i, s in enumerate(x.states) if s.variant.batches == 2), None) for x in (line, *others)]
    assert batch == [date(2021, 7, 1), date(2020, 9, 29), None]  # 365 days after the planned 1 July 2020; 90; 730
    path = load_path("standalone")  # its sanctions have a wide lag and change no day
    assert moved(timeline(path, FLAGSHIP), [timeline(path, FLAGSHIP, end) for end in ("low", "high")]) == []


# ---------------------------------------------------------------- with the engine

PATH = path_text(
    [{"date": "2020-01-06", "posture": "off"}, {"date": "2020-02-03", "posture": "on"}],
    title="off, then on",
    end="2020-02-29",
)


RAIDER = "raider.X"


def small():
    """One radar, friends that orbit near it, two windows a day, a posture that is off and one that is on."""
    sortie = {"name": "patrol", "title": "a patrol", "class": "raider", "count": 3, "kind": "orbit", "owner": "nato",
              "latitude_deg": 38.4, "longitude_deg": 34.2, "radius_km": 20.0}  # fmt: skip
    off = {**builders.BASE["postures"]["on"], "emits": "never", "title": "off"}
    return builders.table(
        sorties=[sortie], library={"bodies": {"raider": {"signature": True}}}, postures={"on": {"duty": 0.5}, "off": off},
        vignettes={"peace": {"kind": "peace", "duration_min": 2.0, "tick_s": 1.0, "warmup_min": 0.5, "windows": 2}},
    )  # fmt: skip


@lru_cache(maxsize=1)
def lived(workers=2):
    from openiads.scenario.load import parse

    return oi.study(parse(small(), "test"), days=3, replications=1, vignettes=["peace"], workers=workers)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("calendar") / "study"
    lived().save(out)
    return out


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    file = tmp_path_factory.mktemp("path") / "mine.toml"
    file.write_text(PATH, encoding="utf-8")
    return file


def test_a_saved_study_gives_the_rates_that_it_was_run_with(folder):
    again, first = Study.load(folder), lived()
    assert again.summary["digest"] == first.summary["digest"] and again.scenario == first.scenario
    a, b = rates(again.scenario, again.tables, "on"), rates(first.scenario, first.tables, "on")
    assert all(np.array_equal(a.flows[k], b.flows[k]) for k in a.flows)
    assert np.array_equal(a.counts[RAIDER], b.counts[RAIDER]) and a.counts[RAIDER].sum() > 0


def test_cells_add_up_to_the_dwells_of_the_decision_table():
    study = lived()
    found = rates(study.scenario, study.tables, "on")
    day = found.dwells(RAIDER) @ np.array([5.0 / 7.0, 2.0 / 7.0])
    assert 0.5 * day.mean() == pytest.approx(study.estimate("C2.raider", "on")["estimate"])
    held = found.flows["held_now"].sum(axis=(2, 3)) @ np.array([5.0 / 7.0, 2.0 / 7.0])
    assert 0.5 * held.mean() == pytest.approx(study.estimate("C1.hours", "on")["estimate"])


def test_a_full_channel_is_that_of_the_engine_with_less_traffic():
    """The calendar's rule for a fifth of the civil flights, from windows with all of them, against windows with a fifth."""
    civil = FLAGSHIP.table["civil"]
    counts = {
        k: civil[k]["value"] if isinstance(civil[k], dict) else civil[k]
        for k in ("domestic", "international", "overflight")
    }
    found = {}
    for factor in (1.0, 0.22):
        s = oi.load("turkey-2019", {f"civil.{k}": str(factor * v) for k, v in counts.items()})
        done = oi.study(
            s,
            days=2,
            replications=1,
            postures=["one-way-in"],
            vignettes=["peace"],
            baseline="one-way-in",
            seed=4,
            workers=2,
        )
        found[factor] = rates(done.scenario, done.tables, "one-way-in")
    lived, full = found[0.22], found[1.0]
    assert full.full["hidden"].mean() > 2.0, "the channel has room for less than half"
    assert full.day("hidden", 0.22).mean() == pytest.approx(lived.day("hidden", 1.0).mean(), rel=0.15)
    assert full.day("held_now", 0.22).mean() == pytest.approx(lived.day("held_now", 1.0).mean(), rel=0.05)
    linear = 0.22 * full.flows["hidden"][..., 0] + full.flows["hidden"][..., 1]
    assert 2.5 * linear.sum(axis=2).mean() < lived.day("hidden", 1.0).mean(), "what a share of it all would say"


def test_a_study_becomes_a_calendar(folder, mine, tmp_path):
    found = calendars([str(folder)], [str(mine)], asked=[Limit("C1", 1.0)])
    c = found.calendars[0]
    hours = lived().estimate("C1.hours", "on")["estimate"]
    assert c.series["C1"][:, 28 * 1 - 1].sum() == 0.0
    assert c.series["C1"].mean(axis=0)[-1] == pytest.approx(27 * hours, rel=0.02)  # 27 days, weekends as they fall
    found.save(tmp_path / "out")
    assert sorted(f.name for f in (tmp_path / "out").iterdir()) == ["calendar.json", "days.parquet", "mine.png"]
    said = json.loads((tmp_path / "out" / "calendar.json").read_text(encoding="utf-8"))["calendars"][0]
    assert said["limits"][0]["date"] == "2020-02-03" and said["states"][1]["from"] == "2020-02-03"
    assert (tmp_path / "out" / "mine.png").read_bytes()[:4] == b"\x89PNG"


def test_variants_that_no_folder_has_are_named(folder, mine, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text(PATH.replace('posture = "on"', 'posture = "on"\nreflectors = false'), encoding="utf-8")
    with pytest.raises(UsageError, match="reflectors=false"):
        calendars([str(folder)], [str(other)])
    with pytest.raises(UsageError, match="not both"):
        calendars([str(folder), "turkey-2019"], [str(mine)])
    with pytest.raises(UsageError, match="begins on 2020-01-06"):
        calendars([str(folder)], [str(mine)], until=date(2020, 1, 1))
    with pytest.raises(RecordError, match="holds no study"):
        calendars([str(tmp_path)], [str(mine)])
    cut = tmp_path / "cut"
    shutil.copytree(folder, cut)
    (cut / "results" / "aspect.parquet").write_bytes(b"cut off")
    with pytest.raises(RecordError, match="no readable study"):
        calendars([str(cut)], [str(mine)])
    with pytest.raises(UsageError, match="at least 2"):
        calendars(["turkey-2019"], ["article"], windows=1)


def copied(folder, out, **summary):
    """A copy of a study with something of its summary changed."""
    shutil.copytree(folder, out)
    said = json.loads((out / "summary.json").read_text(encoding="utf-8")) | summary
    (out / "summary.json").write_text(json.dumps(said), encoding="utf-8")
    return out


def varied(folder, out, **summary):
    """The same with two batches: a folder of another variant."""
    copied(folder, out, **summary)
    table = json.loads((out / "scenario.json").read_text(encoding="utf-8"))
    table["modifiers"]["batches"] = 2
    (out / "scenario.json").write_text(json.dumps(table), encoding="utf-8")
    return str(out)


@pytest.fixture
def growing(tmp_path):
    """A path whose second batch comes a fortnight after it is switched on."""
    file = tmp_path / "growing.toml"
    steps = [{"date": "2020-01-06", "posture": "on"}, {"date": "2020-01-20", "batches": 2}]
    file.write_text(path_text(steps, end="2020-02-02"), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize(("key", "other", "said"), [("seed", 2, "differ in seed (1, 2)"), ("tracker", "mine:Own", "differ in tracker"),
                                                    ("build", "another", "differ in build")])  # fmt: skip
def test_folders_that_were_not_run_alike_are_refused(folder, growing, tmp_path, key, other, said):
    with pytest.raises(UsageError) as caught:
        calendars([str(folder), varied(folder, tmp_path / "two", **{key: other})], [growing])
    assert said in str(caught.value) and "run both studies alike" in str(caught.value)


def test_two_folders_of_one_variant_are_refused(folder, growing, tmp_path):
    with pytest.raises(UsageError, match="; give one of them"):
        calendars([str(folder), str(copied(folder, tmp_path / "again"))], [growing])


def test_rows_of_several_folders_pair_by_replication(folder, growing, tmp_path):
    """The second folder lacks replication 0: what is left are 1 and 2 of both, not the first two of each."""
    from openiads.record import read_tables, write_tables

    whole = calendars([str(folder), varied(folder, tmp_path / "two")], [growing]).calendars[0]
    cut = varied(folder, tmp_path / "cut")
    tables = read_tables(tmp_path / "cut" / "results", {"peace"})
    keep = (tables["peace"]["replication"] != 0) | (tables["peace"]["stratum"] != 0)
    write_tables(tmp_path / "cut" / "results", {"peace": {n: c[keep] for n, c in tables["peace"].items()}})
    found = calendars([str(folder), cut], [growing]).calendars[0]
    assert whole.replications == 3 and found.replications == 2
    assert np.array_equal(found.series["C1"], whole.series["C1"][1:])
    assert not np.array_equal(found.series["C1"], whole.series["C1"][:2])
    keep = tables["peace"]["stratum"] != 0
    write_tables(tmp_path / "cut" / "results", {"peace": {n: c[keep] for n, c in tables["peace"].items()}})
    with pytest.raises(UsageError, match="no replication with all its windows"):
        calendars([str(folder), cut], [growing])


@pytest.mark.parametrize("option", [{"windows": 5}, {"seed": 1}, {"workers": 2}])
def test_what_a_folder_has_already_can_not_be_asked_for(folder, mine, option):
    with pytest.raises(UsageError, match="a folder has its windows already"):
        calendars([str(folder)], [str(mine)], **option)


def test_a_parameter_box_is_no_study(mine, tmp_path):
    (tmp_path / "box").mkdir()
    (tmp_path / "box" / "summary.json").write_text('{"kind": "robustness"}', encoding="utf-8")
    with pytest.raises(RecordError, match="is a parameter box"):
        calendars([str(tmp_path / "box")], [str(mine)])


def test_labels_end_where_the_axes_end(folder, tmp_path, monkeypatch):
    from openiads.studies.calendar import picture

    title = "a very long title of what happened on the last day of all the days that there are in this path"
    late = {"name": "late", "title": title, "trigger": "date", "date": "2020-02-28", "published": "2020-02-28"}
    file = tmp_path / "late.toml"
    steps = [{"date": "2020-01-06", "posture": "off"}, {"date": "2020-02-25", "posture": "on"}]
    file.write_text(path_text(steps, [late], end="2020-02-29"), encoding="utf-8")
    kept = []

    def keep(figure, axes, inside=picture._keep_inside):
        inside(figure, axes)
        figure.draw_without_rendering()
        kept.extend(
            (t, t.get_window_extent(), axis.get_window_extent())
            for axis in axes
            for t in axis.texts
            if hasattr(t, "xyann")
        )

    monkeypatch.setattr(picture, "_keep_inside", keep)
    picture.draw(calendars([str(folder)], [str(file)]).calendars[0], tmp_path / "late.png")
    assert kept[0][0].get_text() == title
    assert all(text.x1 <= axes.x1 + 1.0 and text.x0 >= axes.x0 for _, text, axes in kept)


def openiads(*words):
    return subprocess.run(
        [sys.executable, "-m", "openiads.cli", *map(str, words)], capture_output=True, text=True, check=False
    )


def test_the_command_prints_dates_and_json(folder, mine):
    shown = openiads("calendar", folder, "--path", mine, "--set", "assumptions.dwells=3")
    assert shown.returncode == 0, shown.stderr
    assert "off, then on" in shown.stdout and "D5 on" in shown.stdout and "K1 sunk" in shown.stdout
    said = json.loads(openiads("calendar", folder, "--path", mine, "--json", "--until", "2020-02-10").stdout)
    assert said["calendars"][0]["end"] == "2020-02-10" and said["calendars"][0]["assumptions"]["dwells"] == 19


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--path", "nowhere"], "nowhere"), (["--path", "article", "--as-of", "yesterday"], "2019-11-22"),
     (["--path", "article", "--as-of", "2011-01-01"], "was known then"), (["--path", "article", "--limit", "C1"], "METRIC=VALUE"),
     (["--path", "article", "--set", "assumptions.dwells=x"], "a number is accepted"), ([], "--path"),
     (["--path", "article", "--workers", "0"], "workers = 0: at least 1"), (["--path", "article", "--windows", "0"], "at least 2"),
     (["--path", "article", "--limit", "C3.fighter-small.X=2"], "at most 1")],
)  # fmt: skip
def test_bad_arguments_end_with_one_line(words, said, tmp_path):
    done = openiads("calendar", "turkey-2019", *words, "--out", tmp_path / "out")
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_results_do_not_depend_on_the_workers(folder, mine):
    lived.cache_clear()
    alone = lived(workers=1)
    assert alone.summary["digest"] == json.loads((folder / "summary.json").read_text(encoding="utf-8"))["digest"]


# ---------------------------------------------------------------- no setting that nothing reads

EVERY_STEP = {
    "date": date(2020, 4, 8), "posture": "one-way-in", "pattern": "none", "reflectors": False, "batches": 2, "duty": 0.9,
    "inspections": 24.0, "monitor": 0.2, "hazard": 1.0, "allow_list": 0.5, "baseline": 100.0, "visit": 30.0 * DAY, "marks": ["talks"], "cost_usd": 1e6, "text": "other", "source": "S999", "grade": "D",
    "note": "other", "published": date(2018, 1, 1),
}  # fmt: skip
EVERY_EVENT = {
    "name": "other", "title": "other", "trigger": "transaction", "published": date(2018, 1, 1), "lag": 9 * DAY, "pattern": "none",
    "delays": "batches", "cost_usd": 1e6, "source": "S999", "grade": "D", "note": "other", "date": None,
}  # fmt: skip
EVERY_ASSUMPTION = {"dwells": 2, "hazard": 1.0, "notice_tail": 900 * DAY, "notice_tail_share": 0.1, "interval": 7200.0,
                    "visit": 60.0, "warning": 0.0, "allow_list": 0.5, "baseline": 100.0}  # fmt: skip


def said_of(path):
    line = timeline(path, FLAGSHIP)
    hand = by_hand(dwells=0.0005)
    known = {need: hand for need in needs([line])}
    c = reckon(path, line, FLAGSHIP, known, steady(line.days), NOTICE)
    return json.dumps(outcome(c, FLAGSHIP, None, None, []), default=str) + str(sorted(known))


def whole():
    path = load_path("monitored")
    path = path.model_copy(update={"step": [path.step[0], path.step[1].model_copy(update={"marks": ["transaction"]})]})
    path = path.model_copy(update={"step": [path.step[0].model_copy(update={"marks": []}), *path.step[1:]]})
    later = path.step[1].model_copy(update={"date": date(2020, 6, 1), "posture": None, "duty": None, "batches": 2, "marks": [],
                                            "inspections": None, "monitor": None, "visit": None})  # fmt: skip
    event = next(e for e in path.event if e.name == "sanctions-by-operating")
    return path.model_copy(update={"step": [*path.step, later], "event": [event]})


@pytest.mark.parametrize("field", sorted(EVERY_STEP))
def test_every_field_of_a_step_is_read(field):
    path = whole()
    changed = path.step[1].model_copy(update={field: EVERY_STEP[field]})
    other = path.model_copy(update={"step": [path.step[0], changed, path.step[2]]})
    if field == "marks":  # what is marked matters to events that wait for it
        event = path.event[0].model_copy(update={"trigger": "transaction"})
        path, other = (p.model_copy(update={"event": [event]}) for p in (path, other))
    assert said_of(path) != said_of(other)


@pytest.mark.parametrize("field", sorted(set(EVERY_EVENT) - {"date"}))
def test_every_field_of_an_event_is_read(field):
    path = whole()
    other = path.model_copy(update={"event": [path.event[0].model_copy(update={field: EVERY_EVENT[field]})]})
    assert said_of(path) != said_of(other)


@pytest.mark.parametrize("field", sorted(EVERY_ASSUMPTION))
def test_every_assumption_is_read(field):
    path = whole()
    other = path.model_copy(
        update={"assumptions": path.assumptions.model_copy(update={field: EVERY_ASSUMPTION[field]})}
    )
    alone = said_of(path).replace(f'"{field}": {path.assumptions.model_dump()[field]}', "")
    assert alone != said_of(other).replace(f'"{field}": {EVERY_ASSUMPTION[field]}', "")


@pytest.mark.parametrize(
    ("field", "value", "channel"), [("hazard", 5.0, 1.0), ("allow_list", 1.0, 0.0), ("baseline", 0.01, 0.1)]
)
def test_a_step_changes_what_guards_the_system_from_its_day_on(field, value, channel):
    """What was lost before stays lost; a greater hazard loses more from then on, the others less. channel: at most so much of it then."""
    path = load_path("standalone")
    step = path.step[-1].model_copy(
        update={"date": date(2020, 7, 1), "posture": None, "text": "watched", "marks": [], field: value}
    )
    path = path.model_copy(update={"end": date(2020, 12, 31), "step": [s for s in path.step if s.date < step.date]})
    other = path.model_copy(update={"step": [*path.step, step]})
    day, lost = (step.date - path.step[0].date).days, {}
    for name, p in (("plain", path), ("other", other)):
        line = timeline(p, FLAGSHIP)
        found = reckon(p, line, FLAGSHIP, {need: by_hand() for need in needs([line])}, steady(line.days), NOTICE)
        lost[name] = {k: np.diff(found.series[k][0], prepend=0.0) for k in ("X4.channel", "X4.compromise")}
    for k in lost["plain"]:
        assert lost["other"][k][:day] == pytest.approx(lost["plain"][k][:day]) and lost["plain"][k][day:].sum() > 0.0
    after = {k: lost["other"][k][day:].sum() / lost["plain"][k][day:].sum() for k in lost["plain"]}
    assert after["X4.channel"] <= channel + 1e-9 and (
        after["X4.compromise"] > 1.0 if field == "hazard" else after["X4.compromise"] < 0.5
    )


def test_the_lists_above_are_complete():
    from openiads.studies.calendar.path import Assumptions, Event, Step

    for model, table in ((Step, EVERY_STEP), (Event, EVERY_EVENT), (Assumptions, EVERY_ASSUMPTION)):
        assert set(model.model_fields) == set(table)
