"""Noticing: inspections and monitoring against draws, the time to notice against its published quantiles."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openiads.errors import UsageError
from openiads.studies.calendar.files import load_path, notices
from openiads.studies.calendar.losses import (
    SHARES,
    Watched,
    lost_by_compromise,
    lost_through_channel,
    spread_of_channel,
    spread_of_compromise,
)
from openiads.studies.calendar.watch import (
    DAY,
    YEAR,
    either,
    medians,
    noticed_within,
    seen_by_chance,
    seen_from_afar,
    seen_on_schedule,
    sigma,
    unnoticed,
)

ASSUMED = load_path("article").assumptions


def guard(days, powered=1.0, hazard=0.0, allow_list=0.0, baseline=0.0, median=56.0 * DAY):
    """The same on every day, or what an array says."""
    columns = (np.broadcast_to(np.asarray(x, float), days) for x in (powered, hazard, allow_list, baseline, median))
    return Watched(*columns, ASSUMED)


def test_random_inspections_against_draws():
    """Visits at random over a year; the interval begins at random; seen if a visit overlaps it."""
    draw = np.random.default_rng(1)
    rate, interval, visit, n = 12.0, 4.0 * DAY, 0.5 * DAY, 20_000
    begin = draw.uniform(0.3, 0.7, n) * YEAR
    seen = 0
    for b in begin:
        visits = draw.uniform(0.0, YEAR, draw.poisson(rate))
        seen += bool(((visits < b + interval) & (visits + visit > b)).any())
    assert seen / n == pytest.approx(seen_by_chance(rate, interval, visit), abs=0.012)


def test_scheduled_inspections_against_draws():
    draw = np.random.default_rng(2)
    rate, interval, visit = 12.0, 4.0 * DAY, 0.5 * DAY
    since = draw.uniform(0.0, YEAR / rate, 20_000)  # from the begin of the last visit to the begin of the interval
    seen = (since < visit) | (since + interval > YEAR / rate)
    assert seen.mean() == pytest.approx(seen_on_schedule(rate, interval, visit), abs=0.012)


def test_known_answers():
    assert seen_by_chance(365.25, DAY) == pytest.approx(1.0 - math.exp(-1.0))
    assert seen_on_schedule(365.25, 0.5 * DAY) == pytest.approx(0.5)
    assert seen_on_schedule(365.25, 3.0 * DAY) == 1.0
    assert seen_from_afar(0.5, 7200.0) == pytest.approx(0.75)
    assert seen_from_afar(1.0, 1.0) == 1.0 and seen_from_afar(0.0, 1e9) == 0.0
    assert either(0.5, 0.5) == 0.75 and seen_by_chance(0.0, DAY, DAY) == 0.0


@given(st.floats(0.01, 300.0), st.floats(1.0, 1e7))
def test_a_schedule_is_never_worse_than_chance(rate, interval):
    assert seen_on_schedule(rate, interval) >= seen_by_chance(rate, interval) - 1e-12


def test_time_to_notice_has_the_published_median_and_tail():
    assert sigma(56.0, 700.0, 0.04) == pytest.approx(1.44, abs=0.01)
    assert sigma(21.0, 700.0, 0.04) == pytest.approx(2.0, abs=0.01)
    left = unnoticed(np.array([0.0, 56.0, 700.0]), 56.0 * DAY, ASSUMED)
    assert left == pytest.approx([1.0, 0.5, 0.04])
    with pytest.raises(UsageError, match="must exceed the median"):
        sigma(800.0, 700.0, 0.04)


def test_what_a_channel_loses_against_draws():
    """Times to notice are drawn; each loses a unit a day from the first day of emission until it is noticed or the end comes."""
    draw = np.random.default_rng(3)
    days, begin = 600, 100
    rate = np.zeros((1, days))
    rate[0, begin:] = 1.0
    spread = sigma(56.0, 700.0, 0.04)
    times = 56.0 * np.exp(spread * draw.standard_normal(100_000))
    drawn = np.minimum(times, days - begin).mean()
    found = lost_through_channel(rate, guard(days))
    assert found[0, -1] == pytest.approx(drawn, rel=0.02)
    assert (np.diff(found[0]) >= 0.0).all() and found[0, begin - 1] == 0.0


def test_what_compromises_lose_against_draws():
    draw = np.random.default_rng(4)
    days = 500
    spread = sigma(56.0, 700.0, 0.04)
    begin = draw.exponential(YEAR / DAY / 2.0, 100_000)
    times = 56.0 * np.exp(spread * draw.standard_normal(100_000))
    drawn = np.clip(np.minimum(begin + times, days) - begin, 0.0, None).mean()
    found = lost_by_compromise(np.ones((1, days)), guard(days, hazard=2.0))
    assert found[0, -1] == pytest.approx(drawn, rel=0.02)


def test_an_allow_list_and_a_flow_baseline_against_draws():
    """A unit a day is sent of which half is stopped; an alarm comes for every ten units, or somebody notices, or the end comes."""
    draw, days = np.random.default_rng(5), 300
    watched = guard(days, allow_list=0.5, baseline=10.0, hazard=3.0)
    times = 56.0 * np.exp(sigma(56.0, 700.0, 0.04) * draw.standard_normal(200_000))
    times = np.minimum(times, draw.exponential(20.0, times.size))
    found = lost_through_channel(np.ones((1, days)), watched)
    assert found[0, -1] == pytest.approx(0.5 * np.minimum(times, days).mean(), rel=0.02)
    begin = draw.exponential(YEAR / DAY / 3.0, times.size)
    drawn = 0.5 * np.clip(np.minimum(begin + times, days) - begin, 0.0, None).mean()
    found = lost_by_compromise(np.ones((1, days)), watched)
    assert found[0, -1] == pytest.approx(drawn, rel=0.02)
    assert not lost_through_channel(np.ones((1, 5)), guard(5, allow_list=1.0)).any()


def test_nothing_is_lost_where_nothing_runs():
    assert not lost_through_channel(np.zeros((2, 5)), guard(5)).any()
    assert not lost_by_compromise(np.ones((2, 5)), guard(5, powered=0.0, hazard=1.0)).any()
    assert spread_of_channel(np.zeros((2, 5)), guard(5)) is None
    assert spread_of_compromise(np.ones((2, 5)), guard(5, powered=0.0, hazard=1.0)) is None


def test_a_hazard_counts_powered_time():
    """On a tenth of every day, on whole days one in ten, always with a tenth of the hazard: as many compromises."""
    days, whole = 1000, np.zeros(1000)
    whole[::10] = 1.0
    lost = [lost_by_compromise(np.ones((1, days)), w)[0, -1]
            for w in (guard(days, powered=0.1, hazard=1.0), guard(days, powered=whole, hazard=1.0), guard(days, hazard=0.1))]  # fmt: skip
    assert lost[1:] == pytest.approx([lost[0]] * 2, rel=0.01)
    always = lost_by_compromise(np.ones((1, days)), guard(days, hazard=1.0))[0, -1]
    assert always > 4.0 * lost[0]


def test_a_compromise_is_noticed_as_those_of_its_year_are():
    """416 days in the first half, 10 in the second: each against draws of its own."""
    draw, days = np.random.default_rng(6), 800
    median = np.where(np.arange(days) < 400, 416.0, 10.0)
    begin = draw.exponential(YEAR / DAY, 200_000)
    times = np.zeros(begin.size)
    for m, mine in ((416.0, begin < 400.0), (10.0, begin >= 400.0)):
        times[mine] = m * np.exp(sigma(m, 700.0, 0.04) * draw.standard_normal(mine.sum()))
    drawn = np.clip(np.minimum(begin + times, days) - begin, 0.0, None)
    watched = guard(days, hazard=1.0, median=median * DAY)
    assert lost_by_compromise(np.ones((1, days)), watched)[0, -1] == pytest.approx(drawn.mean(), rel=0.02)
    spread = spread_of_compromise(np.ones((1, days)), watched)
    assert spread.chance == pytest.approx((begin < days).mean(), abs=0.005)
    assert spread.lost == pytest.approx(np.quantile(drawn[begin < days], SHARES), rel=0.06, abs=1.0)


def test_quantiles_of_what_is_lost_against_draws():
    draw, days = np.random.default_rng(7), 900
    times = 56.0 * np.exp(sigma(56.0, 700.0, 0.04) * draw.standard_normal(200_000))
    assert noticed_within(SHARES, 56.0 * DAY, ASSUMED) == pytest.approx(np.quantile(times, SHARES), rel=0.03)
    spread = spread_of_channel(np.full((3, days), 2.0), guard(days))
    assert spread.lost == pytest.approx(2.0 * np.quantile(np.minimum(times, days), SHARES), rel=0.03, abs=1.5)
    watched = guard(days, baseline=40.0)
    alarmed = np.minimum(times, draw.exponential(20.0, times.size))
    spread = spread_of_channel(np.full((3, days), 2.0), watched)
    assert spread.lost == pytest.approx(2.0 * np.quantile(alarmed, SHARES), rel=0.05, abs=1.5)
    short = spread_of_channel(np.full((1, 20), 2.0), guard(20))
    assert short.lost[1:] == (40.0, 40.0), "nobody has noticed by the end"


def test_medians_are_those_that_were_known():
    from datetime import date

    known = medians(notices())
    assert [known.of(date(y, 7, 1)) / DAY for y in (2005, 2012, 2019, 2020, 2022, 2024)] == [
        416.0,
        416.0,
        56.0,
        24.0,
        16.0,
        10.0,
    ]
    assert [x.of(date(2020, 1, 1)) / DAY for x in known.ends()] == [10.0, 416.0]
    then = medians(notices(date(2019, 11, 22)))
    assert [x.of(date(2020, 1, 1)) / DAY for x in (then, *then.ends())] == [78.0, 78.0, 416.0]
    with pytest.raises(UsageError, match="later --as-of"):
        medians(notices(date(2010, 1, 1)))
