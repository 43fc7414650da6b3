"""openiads export: what it writes, what it refuses with exit code 2, and that nothing half-written stays."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from openiads.errors import OutputError, RecordError, UsageError
from openiads.interop.dis import decode
from openiads.interop.export import FORMATS, export
from openiads.record import Run
from openiads.recording import track
from openiads.recording.sensors import load_sensors
from tests.records import plotted_run, short_run
from tests.test_cli import openiads


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export") / "run"
    plotted_run().save(folder)
    return folder


def test_help_has_an_example():
    text = openiads("export", "--help").stdout
    assert "Example: openiads run" in text and all(form in text for form in FORMATS)
    assert "--plots" in openiads("run", "--help").stdout
    assert "  export " in openiads("--help").stdout


def test_a_saved_run_is_exported_as_it_is_in_memory(recorded, tmp_path):
    """The record that comes back from disk has other column types; the octets are the same."""
    done = openiads("export", recorded, "--format", "asterix", "--out", tmp_path / "sent")
    assert done.returncode == 0, done.stderr
    export(plotted_run(), "asterix", tmp_path / "memory")
    assert {p.name: p.read_bytes() for p in (tmp_path / "sent").iterdir()} == {
        p.name: p.read_bytes() for p in (tmp_path / "memory").iterdir()
    }
    with (tmp_path / "sent" / "senders.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(r["sic"], r["what"], r["name"]) for r in rows][:2] == [
        ("1", "node", "s400"),
        ("2", "radar", "acquisition"),
    ]
    assert all((tmp_path / "sent" / r["file"]).exists() for r in rows)
    assert sum(int(r["cat048"]) for r in rows) == plotted_run().tables["plots"]["t"].size
    assert "SAC 0 SIC 1: node s400" in done.stdout


def test_dis_and_czml_are_files(recorded, tmp_path):
    assert openiads("export", recorded, "-f", "dis", "-o", tmp_path / "a" / "run.dis").returncode == 0
    assert len(decode((tmp_path / "a" / "run.dis").read_bytes()).states) == plotted_run().tables["truth"]["t"].size
    export(Run.load(recorded), "czml", tmp_path / "run.czml")
    assert json.loads((tmp_path / "run.czml").read_text(encoding="utf-8"))[0]["id"] == "document"


def test_a_table_that_is_cut_is_one_message_and_only_where_it_is_needed(recorded, tmp_path):
    shutil.copytree(recorded, tmp_path / "run")
    whole = (tmp_path / "run" / "plots.parquet").read_bytes()
    (tmp_path / "run" / "plots.parquet").write_bytes(whole[: len(whole) // 2])
    done = openiads("export", tmp_path / "run", "-f", "asterix", "-o", tmp_path / "sent")
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "holds no readable run" in done.stderr
    assert openiads("export", tmp_path / "run", "-f", "dis", "-o", tmp_path / "run.dis").returncode == 0


def test_csv_has_every_table(tmp_path):
    export(plotted_run(), "csv", tmp_path / "tables")
    assert {p.stem for p in (tmp_path / "tables").iterdir()} == set(plotted_run().tables)
    with (tmp_path / "tables" / "plots.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    plots = plotted_run().tables["plots"]
    assert list(rows[0]) == [*plots, "t_s"]
    clock = plotted_run().meta["clock_s"]
    np.testing.assert_allclose([float(r["t_s"]) for r in rows], clock + plots["t"])  # as the ASTERIX has it
    np.testing.assert_array_equal([float(r["range_m"]) for r in rows], plots["range_m"])


def test_without_plots_the_radars_are_silent_and_it_is_said(tmp_path):
    lines = export(short_run(), "asterix", tmp_path / "sent")
    assert "run it with --plots" in lines[-1]
    assert (tmp_path / "sent" / "001-node-s400.ast").stat().st_size > 0
    assert (tmp_path / "sent" / "002-radar-acquisition.ast").stat().st_size == 0


REFUSED = {
    ("nowhere", "-f", "dis", "-o", "x"): "holds no readable run",
    (".", "-f", "kml", "-o", "x"): "accepted are asterix, dis, csv, czml",
    (".", "-f", "dis", "-o", "full/keep.txt"): "exists; name a new file",
    (".", "-f", "csv", "-o", "full"): "not empty",
    (".", "-f", "asterix", "-o", "full/keep.txt"): "is a file, not a folder",
    (".", "-f", "czml", "-o", "full/keep.txt/x"): "is a file",
    (".", "-f", "dis", "-o", "x" * 300): "can not be written",
    (".", "-f", "dis"): "--out",
    (".", "-o", "x"): "--format",
}


@pytest.mark.parametrize(
    ("words", "message"), REFUSED.items(), ids=lambda v: " ".join(v)[:40] if isinstance(v, tuple) else ""
)
def test_refusals_are_one_line_with_exit_code_2(tmp_path, words, message):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "keep.txt").write_text("mine")
    done = openiads("export", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr and done.stderr.startswith("error: ") and "Traceback" not in done.stderr
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["full", "keep.txt"]


def test_a_record_of_an_earlier_build_is_refused(tmp_path):
    run = short_run()
    truth = {c: v for c, v in run.tables["truth"].items() if c != "climb_mps"}
    with pytest.raises(RecordError, match=r"lacks truth\.climb_mps, which dis needs; run it again"):
        export(Run(run.meta, run.tables | {"truth": truth}), "dis", tmp_path / "x.dis")


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_is_left_behind_when_writing_fails(tmp_path, monkeypatch, form):
    def fail(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr(Path, "write_bytes", fail)
    monkeypatch.setattr(Path, "write_text", fail)
    monkeypatch.setattr("openiads.interop.export.write_tables", fail)
    with pytest.raises(OutputError, match="disk full"):
        export(plotted_run(), form, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_what_was_sent_is_tracked_with_the_sensor_file_beside_it(tmp_path):
    export(plotted_run(), "asterix", tmp_path / "sent")
    export(plotted_run(), "csv", tmp_path / "tables")
    sent = sorted((tmp_path / "sent").glob("*-radar-*.ast"))
    answer = track(sent, tmp_path / "sent" / "sensors.toml", tmp_path / "tables" / "truth.csv")
    stated = load_sensors(tmp_path / "sent" / "sensors.toml").file
    assert [s.name for s in stated.sensor] == plotted_run().tables["sensors"]["name"].tolist()
    plots = plotted_run().tables["plots"]["t"].size
    assert sum(a.used for a in answer.stream.accounts) > 0.99 * plots
    quality = {r.name: r.value for r in answer.quality}
    assert quality["horizontal error, 95 %"] < 200.0 and quality["multiple tracks"] == 0.0
    assert quality["bodies with a track"] > 20.0  # many bodies of the truth are beyond the horizon


def test_names_of_radars_are_no_paths(tmp_path):
    sensors = plotted_run().tables["sensors"]
    names = np.array(["../up", *sensors["name"][1:]], object)
    export(
        Run(plotted_run().meta, plotted_run().tables | {"sensors": sensors | {"name": names}}),
        "asterix",
        tmp_path / "out",
    )
    assert "002-radar-.._up.ast" in {p.name for p in (tmp_path / "out").iterdir()}
    with pytest.raises(UsageError):
        export(plotted_run(), "shapefile", tmp_path / "y")
