"""Tables with wrong times, values and columns: what is wrong is refused and said, the rest is used."""

from __future__ import annotations

import numpy as np
import pytest

from openiads.errors import RecordError, UsageError
from openiads.recording import track
from openiads.recording.clock import DAY
from tests.recording.recordings import SENSORS, flights

NOON = 1_633_564_800.0 + 43_200.0  # s of 1970
HEAD = "t_s,icao24,latitude,longitude,height_m"
PLOTS = "t_s,sensor,range_m,azimuth_deg,elevation_deg,height_m"


def rows(count=4, seconds=240, start=43_200.0, step=4):
    """Positions in order of time: [t, address, lat, lon, height]."""
    flown = flights(count, float(seconds))
    return [
        [start + k, f"{0x4B0000 + b:06x}", flown.lat[b, k], flown.lon[b, k], flown.height[b, k]]
        for k in range(0, seconds, step)
        for b in range(count)
    ]


def write(path, table, head=HEAD, comma=","):
    path.write_text("\n".join([head, *(comma.join(map(str, row)) for row in table)]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("wrong", [1e300, -1e300, 43_200.0 + 20 * DAY, 0.0, 50_000.0])
@pytest.mark.parametrize("by_aircraft", [False, True])
def test_a_wrong_time_is_refused(wrong, by_aircraft, tmp_path):
    table = sorted(rows(), key=lambda row: row[1] if by_aircraft else "")
    table[77][0] = table[150][0] = wrong
    answer = track([write(tmp_path / "t.csv", table)])
    assert answer.stream.accounts[0].refused["time far from that of its neighbours"] == 2
    assert np.ptp(answer.stream.reports.plots.t) < 240.0 and answer.picture.number.max() == 4


def test_the_order_of_rows_is_nothing_to_go_by(tmp_path):
    """Hours of reports in no order: none is taken for wrong but one."""
    table = [[t, *row[1:]] for t, row in zip(np.linspace(10_000.0, 30_000.0, 240), rows(), strict=True)]
    table[77][0] = 10_000.0 + 20 * DAY
    table = [table[k] for k in np.random.default_rng(1).permutation(len(table))]
    account = track([write(tmp_path / "t.csv", table)]).stream.accounts[0]
    assert dict(account.refused) == {"time far from that of its neighbours": 1}


def test_a_span_that_no_recording_has_is_told_in_days(tmp_path):
    table = rows()
    with pytest.raises(RecordError, match=r"the reports span 1.157e\+295 days"):
        track([write(tmp_path / "t.csv", [[1e300 if k < 50 else row[0], *row[1:]] for k, row in enumerate(table)])])


@pytest.mark.parametrize("by_aircraft", [False, True])
def test_time_of_day_goes_on_over_midnight(by_aircraft, tmp_path):
    table = sorted(rows(start=DAY - 100.0), key=lambda row: row[1] if by_aircraft else "")
    truth = write(tmp_path / "truth.csv", [[row[0] % DAY, *row[1:]] for row in table])
    answer = track([truth], truth=truth)
    t = answer.stream.reports.plots.t
    assert t.min() == DAY - 100.0 and t.max() == DAY + 136.0 and answer.picture.number.max() == 4
    late = track(
        [truth], truth=write(tmp_path / "late.csv", [[row[0] - DAY, *row[1:]] for row in table if row[0] > DAY])
    )
    assert {r.name: r.value for r in late.quality}["bodies with a track"] > 90.0  # a truth of the second day alone


def test_a_day_with_a_quiet_hour_is_one_day(tmp_path):
    """From midnight to midnight, nothing from two to five: no row goes over midnight."""
    table = [[t, *row[1:]] for t, row in zip(np.r_[0:7200:60j, 18000:86399:180j], rows(), strict=True)]
    t = track([write(tmp_path / "t.csv", table)]).stream.reports.plots.t
    assert t.min() == 0.0 and t.max() == 86_399.0


def test_seconds_of_1970_are_a_date(tmp_path):
    path = write(tmp_path / "t.csv", rows(start=NOON))
    assert track([path]).stream.midnight == NOON - 43_200.0 == track([path], date=NOON - 43_200.0).stream.midnight
    with pytest.raises(
        UsageError, match="--date 2021-10-08: the inputs have dates of their own and begin on 2021-10-07; leave"
    ):
        track([path], date=NOON + 43_200.0)


@pytest.mark.parametrize("start", [50_000.0, NOON])
def test_a_truth_of_another_time_is_refused(start, tmp_path):
    path, truth = write(tmp_path / "t.csv", rows()), write(tmp_path / "truth.csv", rows(start=start - 3 * 3600.0))
    with pytest.raises(
        UsageError, match=r"the truth runs from \d+ to \d+ s, the tracks from 43200 to 43436 s; nothing is common"
    ):
        track([path], truth=truth)


REASONS = [
    ([43_260.0, "r", 1e200, 10, "", ""], "range above 100,000 km"),
    ([43_260.0, "r", 1e5, 10, "inf", ""], "elevation beyond 90 degrees"),
    ([43_260.0, "r", 1e5, 10, 95, ""], "elevation beyond 90 degrees"),
    ([43_260.0, "r", 1e5, 10, "", "inf"], "height above 100,000 km"),
]
SENSOR = SENSORS.replace('"north"', '"r"', 1)


@pytest.mark.parametrize(("row", "reason"), REASONS)
def test_values_that_no_radar_reports_are_refused(row, reason, tmp_path):
    table = [[43_200.0 + 4 * k, "r", 5e4 + 800 * k, 10 + 0.01 * k, "", 8000] for k in range(30)]
    (tmp_path / "s.toml").write_text(SENSOR, encoding="utf-8")
    answer = track([write(tmp_path / "t.csv", [*table[:15], row, *table[15:]], PLOTS)], tmp_path / "s.toml")
    assert dict(answer.stream.accounts[0].refused) == {reason: 1} and answer.plots == 30


def test_sensors_that_the_file_does_not_have_are_named(tmp_path):
    table = [[1.0 + k, "nroth" if k < 3 else "x", 5e4, 10, "", 8000] for k in range(5)]
    (tmp_path / "s.toml").write_text(SENSORS, encoding="utf-8")
    said = r"sensors that are not known: nroth \(3 plots\), x \(2 plots\); the sensor file has north, west, east"
    with pytest.raises(RecordError, match=said):
        track([write(tmp_path / "t.csv", table, PLOTS)], tmp_path / "s.toml")
    with pytest.raises(RecordError, match=r"nroth .*; there is no sensor file with any"):
        track([write(tmp_path / "t.csv", table, PLOTS)])
    codes = [[1.0 + k, 25, 9, 5e4, 10] for k in range(5)]
    with pytest.raises(RecordError, match=r"SAC 25 SIC 9 \(5 plots\); the sensor file has SAC 25 SIC 1, SAC 25 SIC 2"):
        track([write(tmp_path / "t.csv", codes, "t_s,sac,sic,range_m,azimuth_deg")], tmp_path / "s.toml")


TABLES = [
    (HEAD + "\n", r"'.*t.csv' has the columns of a table, but no rows$"),
    ("t_s,latitude,longitude,alt\n1,2,3,4\n", r"lacks the column height_m \(or altitude in feet, geoaltitude"),
    ("t_s;latitude;longitude;height_m\n1;51,5;4,2;1000\n2;51,5;4,2;1000\n", r"column 'latitude' can be read, as '51,5'; .*decimal point"),
    ("timestamp,latitude,longitude,height_m\nsoon,51.5,4.2,1000\n", r"column 'timestamp' can be read, as 'soon'; accepted are seconds, or 20"),
    ("t_s,latitude_deg,longitude,latitude,height_m\n1,2,3,4,5\n", r"'latitude' states latitude a second time beside 'latitude_deg'; keep one"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), TABLES)
def test_one_message_says_what_is_wrong_with_the_columns(text, message, tmp_path):
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    with pytest.raises(RecordError, match=message) as raised:
        track([tmp_path / "t.csv"])
    assert "\n" not in str(raised.value)
