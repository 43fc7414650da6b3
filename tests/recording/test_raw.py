"""Raw ASTERIX in, tracks out: an hour of three radars, scored, and every format that is written read again."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pytest

from openiads.interop.asterix import decode, encode, spec, table
from openiads.recording import track, write
from openiads.tracking import Radar
from openiads.tracking.earth import to_geodetic
from openiads.tracking.plots import placed
from tests.oracles.asterix import common_editions, read_block
from tests.recording.recordings import DEG, SENSORS, flights, radar_records, write_truth

COUNT = 60


@pytest.fixture(scope="module")
def hour(tmp_path_factory):
    """The recording of an hour, its truth, and what came out of it."""
    folder = tmp_path_factory.mktemp("hour")
    flown = flights(COUNT)
    rows, blocks = radar_records(flown)
    (folder / "hour.ast").write_bytes(b"".join(blocks))
    (folder / "sensors.toml").write_text(SENSORS, encoding="utf-8")
    write_truth(flown, folder / "truth.csv")
    answer = track([folder / "hour.ast"], folder / "sensors.toml", folder / "truth.csv")
    write(answer, folder / "out")
    return folder, rows, answer


def test_every_plot_is_accounted_for(hour):
    folder, rows, answer = hour
    (account,) = answer.stream.accounts
    assert account.kind == "asterix" and account.read == len(rows) == account.used + sum(account.refused.values())
    assert set(account.refused) <= {"second plot of the aircraft in one scan"}
    assert sum(account.refused.values()) < 20, "who flies across north as the beam comes by may be seen twice"
    about = json.loads((folder / "out" / "about.json").read_text(encoding="utf-8"))
    assert about["plots"] == account.used and len(rows) == sum(s["plots"] for s in about["sensors"])
    assert [s["period_s"] for s in about["sensors"]] == [4.0, 5.0, 6.0]  # from the service messages
    false = np.count_nonzero(rows[:, 5] < 0)
    assert 0.6 * false < about["plots_without_a_track"] < 1.1 * false + 0.01 * len(rows)


def test_completeness_and_number_of_tracks(hour):
    table = {}
    for r in hour[2].quality:
        table.setdefault(r.name, r)
    assert table["bodies with a track"].value > 99.0
    assert table["probability of update in 8 s"].value > 0.99
    assert table["number changes"].value < 0.3
    assert table["horizontal RMS error"].value < 120.0
    assert table["extra tracks"].value < 1.0
    assert COUNT <= len(np.unique(hour[2].picture.number)) <= COUNT + 20


def test_a_track_knows_its_aircraft(hour):
    """Address, mode 3/A and call sign of a track belong to one aircraft, nearly always."""
    p = hour[2].picture
    told = p.address >= 0
    assert told.mean() > 0.99
    assert np.array_equal(p.mode_3a[told] - 0o1000, p.address[told] - 0x4B0000)
    assert p.callsign[told][0] == b"TST%03d" % (p.address[told][0] - 0x4B0000)
    purity = [np.unique(p.address[told & (p.number == n)], return_counts=True)[1] for n in np.unique(p.number[told])]
    assert sum(c.max() for c in purity) / told.sum() > 0.995


def test_the_parquet_file_is_the_picture(hour):
    folder, _, answer = hour
    got = duckdb.sql(f"select * from read_parquet('{folder / 'out' / 'tracks.parquet'}')").fetchnumpy()
    p = answer.picture
    assert np.allclose(got["latitude_deg"], np.degrees(p.latitude)) and np.array_equal(got["number"], p.number)
    assert np.array_equal(got["t_s"], p.t) and set(got["mode_3a"].tolist()) >= {"1000", "1073"}
    speed = np.hypot(got["velocity_east_mps"], got["velocity_north_mps"])
    assert 150.0 < np.median(speed) < 240.0 and np.abs(np.median(got["velocity_up_mps"])) < 1.0
    assert np.all(got["sigma_horizontal_m"] > 0) and np.median(got["sigma_horizontal_m"]) < 300.0


def test_cat062_says_the_same(hour):
    folder, _, answer = hour
    p, found = answer.picture, decode((folder / "out" / "cat062.ast").read_bytes(), strict=True)[62]
    assert len(found) == len(p)
    c = found.columns
    assert np.abs(c["105.LAT"] - np.degrees(p.latitude)).max() < 180 / 2**25 + 1e-12
    assert np.abs(c["070.TOT"] - p.t % 86400).max() <= 1 / 256 + 1e-9
    assert np.abs(c["185.VX"] - p.velocity[:, 0]).max() <= 0.125 + 1e-9
    assert np.array_equal(c["040.TN"], p.number)
    assert np.array_equal(c["380.ADR"][found.present["380.ADR"]], p.address[p.address >= 0])
    high = found.present["130"]
    assert np.abs(c["130.ALT"][high] * 0.3048 - p.height[high]).max() < 1.0


def test_libasterix_reads_cat062(hour):
    """The first block by another decoder, cut to a few records: that one is slow."""
    from openiads.interop.asterix import editions, encode
    from openiads.recording.output import cat062
    from openiads.recording.picture import Picture

    answer = hour[2]
    fields = [getattr(answer.picture, name)[1000:1040] for name in Picture.__dataclass_fields__]
    part = Picture(*fields)
    records = read_block(encode(cat062(part, answer)), 62, common_editions(62, editions()[62])[-1])
    assert records is not None and len(records) == 40
    for record, lat, number in zip(records, np.degrees(part.latitude), part.number, strict=True):
        assert record["105"][0] == pytest.approx(lat, abs=1e-5) and record["040"][0] == number


def test_czml_is_json_with_a_path_a_track(hour):
    packets = json.loads((hour[0] / "out" / "tracks.czml").read_text(encoding="utf-8"))
    lines = [each for each in packets if each["id"].startswith("tracks/")]
    assert packets[0]["id"] == "document" and packets[0]["version"] == "1.0"
    assert len(lines) == len(np.unique(hour[2].picture.number))
    for each in lines:
        samples = np.array(each["position"]["cartographicDegrees"]).reshape(-1, 4)
        assert np.all(np.diff(samples[:, 0]) > 0) or len(samples) == 1
        assert np.all((samples[:, 1] > 30) & (samples[:, 1] < 36) & (samples[:, 2] > 37) & (samples[:, 2] < 42))
        assert each["label"]["text"] and "path" in each
    assert any(each["label"]["text"].startswith("TST0") for each in lines)


def test_the_quality_table_is_a_csv(hour):
    with (hour[0] / "out" / "quality.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {"name", "value", "unit", "bound", "source", "verdict"} == set(rows[0])
    assert "horizontal RMS error" in {r["name"] for r in rows}


def test_the_tracks_are_a_truth_and_an_input_of_their_own(hour, tmp_path):
    """What is written has the names of columns that are read."""
    folder = hour[0]
    again = track([folder / "out" / "tracks.parquet"])
    assert again.stream.accounts[0].kind == "parquet of positions" and again.stream.accounts[0].used > 10_000


def test_no_stage_of_the_simulation_is_loaded():
    """Neither the orders nor the shots, nor what steps them: only the tracker and what it needs."""
    code = (
        "import sys; import openiads.cli, openiads.recording, openiads.recording.words, openiads.interop.czml; "
        "print(*[m for m in sys.modules if m.startswith('openiads.engine.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "openiads.engine.tracking" in loaded
    for stage in ("network", "command", "engagement", "outcome", "step"):
        assert not any(m == f"openiads.engine.{stage}" or m.startswith(f"openiads.engine.{stage}.") for m in loaded), (
            stage
        )


FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "asterix"
PLACE = "latitude_deg = 48.0\nlongitude_deg = 11.0\nheight_m = 500\nsigma_range_m = 50\nsigma_azimuth_deg = 0.1\n"


@pytest.mark.parametrize(
    ("file", "sac", "sic"), [("cat048.raw", 25, 201), ("cat048ed1.15.bin", 0, 1), ("cat048ed1.23.bin", 0, 1)]
)
def test_real_samples_are_read(file, sac, sic, tmp_path):
    if not FOLDER.is_dir():
        pytest.skip("the sample files are not part of the project")
    (tmp_path / "s.toml").write_text(f'[[sensor]]\nname = "r"\nsac = {sac}\nsic = {sic}\n{PLACE}', encoding="utf-8")
    answer = track([FOLDER / file], tmp_path / "s.toml")
    assert answer.plots == 1 and answer.stream.reports.plots.t[0] > 0
    write(answer, tmp_path / "out")
    assert decode((tmp_path / "out" / "cat062.ast").read_bytes()).blocks == 0  # one plot makes no track


def test_the_height_of_a_3d_radar_is_as_good_as_its_angle(tmp_path):
    """CAT048 item 110 is placed by the elevation behind it; mode C, which is better, is taken first."""
    table_ = table(spec(48), {
        "010.SAC": np.full(3, 25), "010.SIC": np.ones(3, np.int64), "140.TOD": np.array([1.0, 5.0, 9.0]),
        "020.TYP": np.ones(3, np.int64), "040.RHO": np.full(3, 60.0), "040.THETA": np.full(3, 90.0),
        "110.3DH": np.array([30_000.0, 30_000.0, np.nan]), "090.FL": np.array([np.nan, 290.0, np.nan]),
    })  # fmt: skip
    path, sensors = tmp_path / "three.ast", tmp_path / "sensors.toml"
    path.write_bytes(encode(table_))
    known = SENSORS.replace("sigma_azimuth_deg = 0.08", "sigma_azimuth_deg = 0.08\nsigma_elevation_deg = 0.4", 1)
    sensors.write_text(known)
    plots = track([path], sensors).stream.reports.plots
    radar = Radar("north", 40.2 * DEG, 32.6 * DEG, 1100.0, 40.0, 0.08 * DEG, 0.4 * DEG)
    places, cov = placed(plots, [radar], "wgs84")
    height = to_geodetic(places, "wgs84")[2]
    assert height[0] == pytest.approx(30_000 * 0.3048, abs=15.0) and height[1] == pytest.approx(
        29_000 * 0.3048, abs=15.0
    )
    up = places / np.linalg.norm(places, axis=1, keepdims=True)
    i, j = np.triu_indices(3)
    spread = np.sqrt((cov * up[:, i] * up[:, j] * np.where(i == j, 1.0, 2.0)).sum(axis=1))
    assert spread[0] == pytest.approx(60.0 * 1852.0 * 0.4 * DEG, rel=0.02) and spread[1] < 60.0
    sensors.write_text(SENSORS)  # without an error of the angle it stays a height
    assert track([path], sensors).stream.reports.plots.height[0] == pytest.approx(30_000 * 0.3048, abs=1.0)
