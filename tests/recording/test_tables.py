"""Plots and positions in CSV and Parquet, told from each other by their columns."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest

from openiads.errors import OpenIadsError, RecordError, UsageError
from openiads.recording import track
from openiads.recording.inputs import kind_of
from tests.recording.recordings import DEG, SENSORS, flights, radar_records, write_truth

DAY = "2021-10-07"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files of one scene: positions as others export them, plots, the same as ASTERIX, the sensors."""
    path = tmp_path_factory.mktemp("tables")
    flown = flights(10, 300.0)
    rows, pieces = radar_records(flown)
    (path / "sensors.toml").write_text(SENSORS, encoding="utf-8")
    (path / "scene.ast").write_bytes(b"".join(pieces))
    write_truth(flown, path / "truth.csv")
    lines = ["altitude,callsign,groundspeed,icao24,latitude,longitude,onground,squawk,timestamp,track"]
    for b in range(10):
        for k in range(0, 300):
            t = int(flown.t[k])
            stamp = f"{DAY} {t // 3600:02d}:{t % 3600 // 60:02d}:{t % 60:02d}+00:00"
            height = f"{flown.height[b, k] / 0.3048:.0f}" if k % 50 else ""
            lines.append(
                f"{height},TST{b:03d},400,{0x4B0000 + b:06x},{flown.lat[b, k]:.6f},{flown.lon[b, k]:.6f},False,1{b:03o},{stamp},90"
            )
    (path / "adsb.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    duckdb.sql(
        f"copy (select * replace (timestamp::timestamptz as timestamp) from read_csv('{path / 'adsb.csv'}', "
        f"types = {{'icao24': 'varchar', 'squawk': 'varchar', 'timestamp': 'varchar'}})) to '{path / 'adsb.parquet'}'"
    )
    names = {1: "north", 2: "west", 3: "east"}
    plots = ["t_s,sensor,range_nm,azimuth_rad,height_ft,address,mode_3a"]
    for t, sic, distance, azimuth, level, who in rows:
        height = "" if np.isnan(level) else f"{100 * level:.0f}"
        address = "" if who < 0 else f"{0x4B0000 + int(who):06x}"
        plots.append(f"{t:.4f},{names[int(sic)]},{distance / 1852:.6f},{azimuth:.8f},{height},{address},")
    (path / "plots.csv").write_text("\n".join(plots) + "\n", encoding="utf-8")
    duckdb.sql(
        f"copy (from read_csv('{path / 'plots.csv'}', types = {{'address': 'varchar'}})) to '{path / 'plots.parquet'}'"
    )
    return path


@pytest.mark.parametrize("name", ["adsb.csv", "adsb.parquet"])
def test_positions_as_others_export_them(folder, name):
    answer = track([folder / name], truth=folder / "truth.csv")
    (account,) = answer.stream.accounts
    assert account.read == 3000 and account.refused["no height"] == 60
    assert account.used + sum(account.refused.values()) == 3000 and account.used == answer.plots
    assert answer.stream.midnight == 1633564800.0  # of that day
    p = answer.picture
    assert len(set(p.number.tolist())) == 10 and set(p.callsign.tolist()) == {b"TST%03d" % b for b in range(10)}
    assert set(p.mode_3a.tolist()) == {0o1000 + b for b in range(10)}
    values = {}
    for r in answer.quality:
        values.setdefault(r.name, r.value)
    assert values["bodies with a track"] > 95.0 and values["number changes"] == 0.0
    assert values["horizontal RMS error"] < 90.0


@pytest.mark.parametrize("name", ["plots.csv", "plots.parquet"])
def test_plots_in_a_table_are_those_of_the_recording(folder, name):
    table, recording = (track([folder / n], folder / "sensors.toml") for n in (name, "scene.ast"))
    assert table.stream.accounts[0].kind.endswith("of plots") and table.plots == recording.plots
    assert len(set(table.picture.number.tolist())) == len(set(recording.picture.number.tolist()))
    assert [r.period for r in table.radars[:3]] == pytest.approx([4.0, 5.0, 6.0], abs=0.2)  # from the plots themselves


def test_all_kinds_together_are_still_one_track_an_aircraft(folder):
    """Radars without a date beside positions with one, over the same minutes."""
    inputs = [folder / "scene.ast", folder / "adsb.parquet"]
    answer = track(inputs, folder / "sensors.toml", folder / "truth.csv")
    assert [a.used > 500 for a in answer.stream.accounts] == [True, True] and answer.stream.midnight == 1633564800.0
    p = answer.picture
    firm = [n for n in set(p.number.tolist()) if np.count_nonzero(p.number == n) > 60]
    assert len(firm) == 10
    values = {}
    for r in answer.quality:
        values.setdefault(r.name, r.value)
    assert values["horizontal RMS error"] < 80.0 and values["multiple tracks"] < 1.0


def test_a_registration_error_is_taken_off(folder, tmp_path):
    text = SENSORS.replace('name = "north"', 'name = "north"\nrange_bias_m = 800\nazimuth_bias_deg = 0.5', 1)
    (tmp_path / "s.toml").write_text(text, encoding="utf-8")
    good, bad = (
        track([folder / "scene.ast"], s, folder / "truth.csv") for s in (folder / "sensors.toml", tmp_path / "s.toml")
    )
    rms = [next(r.value for r in a.quality if r.name == "horizontal RMS error") for a in (good, bad)]
    assert rms[0] < 120.0 < rms[1]


def test_kinds_are_told_by_what_is_in_them():
    assert kind_of(b"PAR1....") == "parquet" and kind_of(b"t_s,lat\n1,2\n") == "csv"
    assert kind_of(b"\xd4\xc3\xb2\xa1") == "pcap" and kind_of(b"\x0a\x0d\x0d\x0a....") == "pcap"
    assert kind_of(b"\x30\x00\x30\xfd") == "asterix" and kind_of(b"") == "asterix"


SENSOR = '[[sensor]]\nname = "r"\nsac = 1\nsic = 2\nlatitude_deg = 40\nlongitude_deg = 30\nheight_m = 10\nsigma_range_m = 50\nsigma_azimuth_deg = 0.1\n'
WRONG = [
    (
        SENSOR.replace("height_m", "height"),
        r"sensor.r.height: has no unit \(given: 10\); write one of height_m, height_km",
    ),
    (SENSOR.replace("latitude_deg = 40", "latitude_deg = 95"), r"sensor.r.latitude_deg: must be at most 90"),
    (SENSOR.replace("sigma_range_m = 50\n", ""), r"sensor.r.sigma_range: missing"),
    (SENSOR + "colour = 3\n", r"sensor.r.colour: unknown key"),
    (SENSOR + SENSOR, r"sensor.r: there are two sensors of this name"),
    (SENSOR + SENSOR.replace('"r"', '"q"'), r"sensor.q: sac = 1, sic = 2 is also that of r"),
    (SENSOR.replace("sic = 2\n", ""), r"sensor.r: sic is missing"),
    ("sensor = 3", r"sensor: must be a list"),
    ("[[", r"not valid TOML"),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_what_is_wrong_with_a_sensor_file(text, message, folder, tmp_path):
    (tmp_path / "s.toml").write_text(text, encoding="utf-8")
    with pytest.raises(OpenIadsError, match=message):
        track([folder / "scene.ast"], tmp_path / "s.toml")


TABLES = [
    ("a,b\n1,2\n", r"lacks the column t_s \(or timestamp\); range_m and azimuth_deg"),
    ("t_s,range_m,azimuth_deg\n1,2,3\n", r"lacks the column sensor"),
    ("t_s,range,azimuth\n1,2,3\n", r"lacks the column range_m and azimuth_deg"),
    ("t_s,latitude,longitude,height_m\n1,2,3,\n", r"1 refused: no height"),
    (
        "t_s,latitude,longitude,height_m\nx,2,3,4\n1,200,3,4\n1,,3,4\n",
        r"1 refused: no time.*1 refused: position off the Earth",
    ),
]


@pytest.mark.parametrize(("text", "message"), TABLES)
def test_tables_that_can_not_be_used_say_why(text, message, tmp_path):
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    with pytest.raises(RecordError, match=message):
        track([tmp_path / "t.csv"])


def test_lines_that_are_no_rows_are_counted(folder, tmp_path):
    text = (folder / "adsb.csv").read_bytes()
    lines = text.split(b"\n")
    for k in range(100, 2000, 100):
        lines[k] = b"\xff\xfe,broken" + lines[k][:20]
    (tmp_path / "bad.csv").write_bytes(b"\n".join(lines)[:-30])
    answer = track([tmp_path / "bad.csv"])
    (account,) = answer.stream.accounts
    assert account.used > 600 and account.read + sum(account.skipped.values()) >= 2980
    assert len(set(answer.picture.number.tolist())) >= 10


def test_a_cut_parquet_file_is_one_message(folder, tmp_path):
    data = (folder / "adsb.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(data[: len(data) // 2])
    with pytest.raises(RecordError, match="is no readable table"):
        track([tmp_path / "cut.parquet"])
    answer = track([tmp_path / "cut.parquet", folder / "adsb.csv"])  # beside a good one it is a note
    assert "is no readable table" in answer.stream.accounts[0].notes[0] and answer.plots > 600


def test_unknown_sensors_are_named_with_the_remedy(folder):
    with pytest.raises(RecordError, match=r"SAC 25 SIC 1 \(\d+ plots\).*give each a \[\[sensor\]\]"):
        track([folder / "scene.ast"])


def test_arguments(folder):
    with pytest.raises(UsageError, match="--models fast: accepted are manoeuvring, straight"):
        track([folder / "adsb.csv"], models="fast")
    with pytest.raises(UsageError, match="--tick 0"):
        track([folder / "adsb.csv"], tick=0.0001)
    with pytest.raises(UsageError, match="can not be read"):
        track([folder / "nothing.ast"])
    with pytest.raises(UsageError, match="--truth is a table of positions"):
        track([folder / "adsb.csv"], truth=folder / "scene.ast")
    straight = track([folder / "adsb.csv"], models="straight", tick=2.0)
    assert straight.config.tick == 2.0 and len(straight.picture) > 0
    assert np.allclose(np.diff(np.unique(straight.picture.t)), 2.0) and DEG > 0
