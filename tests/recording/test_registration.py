"""`openiads track --register`: errors of the radars of a recording found, printed, written and taken off."""

from __future__ import annotations

import csv
import json
import math
import shutil

import numpy as np
import pytest

import openiads as oi
from openiads.errors import RecordError, UsageError
from openiads.interop.asterix import decode
from openiads.interop.export import export
from openiads.recording import track, write
from openiads.recording.sensors import load_sensors
from openiads.recording.words import remarks, with_sigma
from tests.recording.recordings import DEG, SENSORS, flights, misaligned, radar_records, write_truth
from tests.recording.test_command import openiads
from tests.test_cli import openiads as command

ERRORS = {1: (100.0, 0.2, 0.4), 2: (-60.0, -0.1, -0.3), 3: (40.0, 0.15, 0.8)}  # SIC -> m, degrees, s
CUT = np.array([0.0, 0.5 * 360.0 / 65536.0, 0.5 / 128.0])  # what encoding cuts off on average: m, degrees, s


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Radars with errors, with and without addresses; the same without errors; ADS-B; truth."""
    path = tmp_path_factory.mktemp("registration")
    flown = flights(30, 400.0)
    rows, _ = radar_records(flown)
    for name, errors, mode_s in (("named", ERRORS, True), ("bare", ERRORS, False), ("right", {}, False)):
        (path / f"{name}.ast").write_bytes(misaligned(rows, errors, mode_s)[1])
    (path / "alone.ast").write_bytes(misaligned(rows[rows[:, 1] == 1], {}, True)[1])
    (path / "sensors.toml").write_text(SENSORS, encoding="utf-8")
    write_truth(flown, path / "truth.csv")
    g = np.random.default_rng(4)
    lines = ["t_s,icao24,latitude,longitude,height_m"]
    for b in range(30):
        for t in np.arange(flown.t[0] + 4.0 * g.random(), flown.t[-1], 4.0):
            latitude, longitude, height = (float(c) for c in flown.at(b, np.array(t)))
            noise = 20.0 * g.normal(size=2) / 6.37e6 / DEG
            lines.append(
                f"{t:.3f},{0x4B0000 + b:06x},{latitude / DEG + noise[0]:.7f},{longitude / DEG + 1.3 * noise[1]:.7f},{height}"
            )
    (path / "adsb.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def in_file_units(found):
    """Errors and sigmas of the three radars in m, degrees and s."""
    unit = np.array([1.0, 1.0 / DEG, 1.0])
    return (found.bias * unit)[:3], (found.sigma * unit)[:3]


def value(answer, name):
    return next(r.value for r in answer.quality if r.name == name)


@pytest.mark.parametrize("name", ["named.ast", "bare.ast"])
def test_errors_are_found_with_positions_as_reference(folder, name):
    answer = track([folder / name, folder / "adsb.csv"], folder / "sensors.toml", registered=True)
    bias, sigma = in_file_units(answer.registration)
    assert np.abs((bias - (np.array(list(ERRORS.values())) - CUT)) / sigma).max() < 3.5
    assert answer.registration.differs[:3].all() and (sigma < [3.0, 0.005, 0.03]).all()
    assert [r.time_bias for r in answer.radars[:3]] == pytest.approx(answer.registration.bias[:3, 2])
    off = [value(answer, f"plots off common paths, {when} registration") for when in ("before", "after")]
    assert off[1] < 0.7 * off[0]


def test_the_picture_is_as_good_as_without_errors(folder):
    """Radars alone: the mean of their clocks stays, 0.3 s, which is up to 75 m."""
    sets = {"right": ("right.ast", False), "raw": ("bare.ast", False), "found": ("bare.ast", True)}
    answers = {
        key: track([folder / name], folder / "sensors.toml", folder / "truth.csv", registered=registered)
        for key, (name, registered) in sets.items()
    }
    rms = {key: value(answer, "horizontal RMS error") for key, answer in answers.items()}
    assert rms["found"] < math.hypot(rms["right"], 75.0) and rms["raw"] > 2.0 * rms["found"]
    assert value(answers["raw"], "multiple tracks") > 5.0 > 1.0 > value(answers["found"], "multiple tracks")
    found = answers["found"].registration
    assert found.observable[:3].tolist() == [[True, True, False]] * 3
    assert remarks(answers["found"].radars, found)[0].startswith(
        "time: only the differences between north, west, east are known"
    )


def test_the_written_sensor_file_gives_the_same_picture(folder, tmp_path):
    inputs = [folder / "bare.ast", folder / "adsb.csv"]
    shutil.copy(folder / "sensors.toml", tmp_path / "given.toml")
    with (tmp_path / "given.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[sensor]]\nname = "a \\"quoted\\" ü"\nlatitude_deg = 1\nlongitude_deg = 2\nheight_ft = 3\n')
        file.write(
            "sigma_range_m = 5\nsigma_azimuth_deg = 0.1\nsigma_elevation_deg = 0.2\nsigma_range_rate_kt = 4\nscan_period_s = 7\n[system]\nsac = 9\n"
        )
    answer = track(inputs, tmp_path / "given.toml", registered=True)
    write(answer, tmp_path / "out")
    again = track(inputs, tmp_path / "out" / "sensors.toml")
    assert np.array_equal(again.picture.number, answer.picture.number)
    assert np.allclose(again.picture.x, answer.picture.x, atol=1e-3)
    given, written = (load_sensors(tmp_path / p).file for p in ("given.toml", "out/sensors.toml"))
    assert written.system == given.system and written.positions == given.positions
    silent = written.sensor[3]
    assert silent.sigma_range_rate == pytest.approx(4 * 1852 / 3600)
    assert (silent.name, silent.sac, silent.scan_period) == ('a "quoted" ü', None, 7.0)
    assert (
        silent.height == pytest.approx(0.9144) and silent.range_bias == silent.azimuth_bias == silent.time_bias == 0.0
    )
    about = json.loads((tmp_path / "out" / "about.json").read_text(encoding="utf-8"))["registration"]
    assert [s["name"] for s in about["sensors"]][:3] == ["north", "west", "east"] and about["before_m"] > about[
        "after_m"
    ]
    assert about["sensors"][0]["bias"]["time_s"] == pytest.approx(written.sensor[0].time_bias)
    assert about["sensors"][3]["plots"] == 0 and not any(about["sensors"][3]["observable"].values())


def test_the_command_prints_the_table(folder):
    done = openiads(folder, "bare.ast", "--sensors", "sensors.toml", "--register", "--out", "printed")
    assert done.returncode == 0 and done.stderr == ""
    row = next(line.split() for line in done.stdout.splitlines() if line.split()[:1] == ["west"])
    assert float(row[1]) == pytest.approx(-60.0, abs=8.0) and row[2] == "±" and row[4] == "*"
    assert row[-2] == "?" and int(row[-1]) > 1000
    assert "the plots do not tell" in done.stdout and "plots off common paths, after registration" in done.stdout
    assert "sensors.toml" in {f.name for f in (folder / "printed").iterdir()}
    plain = openiads(folder, "bare.ast", "--sensors", "sensors.toml", "--out", "plain")
    assert plain.returncode == 0 and "Registration" not in plain.stdout
    assert not (folder / "plain" / "sensors.toml").exists()
    assert json.loads((folder / "plain" / "about.json").read_text(encoding="utf-8"))["registration"] is None


def test_a_stated_clock_is_set_right(folder, tmp_path):
    """A radar that is 0.75 s late and says so gives the picture of one that is not."""
    rows = radar_records(flights(5, 120.0))[0]
    (tmp_path / "late.ast").write_bytes(misaligned(rows, {2: (0.0, 0.0, 0.75)})[1])
    (tmp_path / "right.ast").write_bytes(misaligned(rows, {})[1])
    stated = SENSORS.replace("sic = 2\n", "sic = 2\ntime_bias_ms = 750\n")
    (tmp_path / "stated.toml").write_text(stated, encoding="utf-8")
    late = track([tmp_path / "late.ast"], tmp_path / "stated.toml").picture
    right = track([tmp_path / "right.ast"], folder / "sensors.toml").picture
    assert np.array_equal(late.number, right.number) and np.allclose(late.x, right.x, atol=1e-3)
    assert np.array_equal(late.t, right.t) and np.array_equal(late.address, right.address)


def test_one_sensor_can_not_be_compared(folder):
    done = openiads(folder, "alone.ast", "--sensors", "sensors.toml", "--register", "--out", "x")
    assert done.returncode == 2 and "only north has plots here" in done.stderr and not (folder / "x").exists()
    with pytest.raises(UsageError, match="only positions has plots here"):
        track([folder / "adsb.csv"], registered=True)


def test_sensors_without_a_common_aircraft_are_told(folder, tmp_path):
    """One of the radars stands half way round the Earth."""
    far = SENSORS.replace("latitude_deg = 39.2", "latitude_deg = -30").replace(
        "latitude_deg = 39.4", "latitude_deg = 0"
    )
    (tmp_path / "far.toml").write_text(far, encoding="utf-8")
    with pytest.raises(RecordError, match="no aircraft is seen by two of north, west, east"):
        track([folder / "bare.ast"], tmp_path / "far.toml", registered=True)


def test_errors_that_are_larger_than_stated_are_remarked(folder, tmp_path):
    (tmp_path / "s.toml").write_text(SENSORS.replace("sigma_range_m = 40", "sigma_range_m = 15"), encoding="utf-8")
    answer = track([folder / "bare.ast"], tmp_path / "s.toml", registered=True)
    told = remarks(answer.radars, answer.registration)
    assert sum("errors of range are 2." in line for line in told) == 3 and not any(
        "azimuth are" in line for line in told
    )


@pytest.mark.parametrize(
    ("number", "sigma", "text"),
    [
        (98.84, 0.591, "98.84 ± 0.59"),
        (0.16, 0.996, "0.2 ± 1.0"),
        (-4.2, 10.4, "-4 ± 10"),
        (12345.6, 500.0, "12346 ± 500"),
    ],
)
def test_a_value_is_written_to_two_digits_of_its_sigma(number, sigma, text):
    assert with_sigma(number, sigma) == text


RADARS = {f"radar-{k}": e for k, e in {
    "northwest": (0.0, 0.0), "west": (100.0, 0.2), "centre": (-60.0, -0.1), "south": (40.0, 0.15), "northeast": (0.0, 0.0),
    "southeast": (0.0, -0.2),
}.items()}  # fmt: skip


def test_errors_set_in_a_scenario_come_out_of_what_its_radars_sent(tmp_path):
    """A run of the simulator, exported, registered and tracked; the same sensor file without `simulated` refuses every report."""
    assert command("new", "biased", "--from", "turkey-2019", cwd=tmp_path).returncode == 0
    text = (tmp_path / "biased.toml").read_text(encoding="utf-8")
    for name, (distance, azimuth) in RADARS.items():
        text = text.replace(f'"{name}"\n', f'"{name}"\nrange_bias_m = {distance}\nazimuth_bias_deg = {azimuth}\n', 1)
    (tmp_path / "biased.toml").write_text(text, encoding="utf-8")
    run = oi.run(oi.load(tmp_path / "biased.toml"), "one-way-in", "peace", seed=1, plots=True)
    for form, name in (("asterix", "sent"), ("csv", "tables")):
        export(run, form, tmp_path / name)
    lines, inputs = [], []
    with (tmp_path / "sent" / "senders.csv").open(encoding="utf-8", newline="") as file:
        for sender in csv.DictReader(file):
            if sender["name"] in RADARS:
                inputs.append(tmp_path / "sent" / sender["file"])
                c = decode(inputs[-1].read_bytes())[34].columns
                place = [
                    f"latitude_deg = {c['120.LAT'][0]}",
                    f"longitude_deg = {c['120.LON'][0]}",
                    f"height_m = {c['120.HGT'][0]}",
                ]
                lines += ["[[sensor]]", f'name = "{sender["name"]}"', "sac = 0", f"sic = {sender['sic']}", *place]
                lines += ["sigma_range_m = 100", "sigma_azimuth_deg = 0.2"]
    (tmp_path / "real.toml").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "run.toml").write_text("\n".join(["simulated = true", *lines]), encoding="utf-8")
    with pytest.raises(RecordError, match="refused: simulated; `simulated = true` at the top"):
        track(inputs, tmp_path / "real.toml")
    answer = track(inputs, tmp_path / "run.toml", tmp_path / "tables" / "truth.csv", registered=True)
    assert {r.name: r.value for r in answer.quality}["bodies with a track"] > 50.0
    found, unit = answer.registration, np.array([1.0, 1.0 / DEG])
    truth = np.array([RADARS[r.name] for r in answer.radars[:-1]])
    assert np.abs((found.bias[:-1, :2] * unit - truth) / (found.sigma[:-1, :2] * unit)).max() < 3.5
    turned = {r.name.removeprefix("radar-") for r, row in zip(answer.radars, found.differs, strict=True) if row[1]}
    assert turned == {"west", "centre", "south", "southeast"}
    assert found.after < 0.7 * found.before
