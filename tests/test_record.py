"""A record comes back as it was saved, appears whole or not at all, and says what is wrong."""

from __future__ import annotations

import os
import signal
import threading

import duckdb
import numpy as np
import pytest

import openiads as oi
from openiads import running
from openiads.errors import OutputError, RecordError, UsageError
from openiads.record import Run, interruptible
from tests.records import short_run


def test_round_trip(tmp_path):
    run = short_run()
    run.save(tmp_path / "run")
    back = Run.load(tmp_path / "run")
    assert back.meta == run.meta
    assert set(back.tables) == set(run.tables)
    for name, table in run.tables.items():
        for column, values in table.items():
            if values.dtype.kind in "fiub":
                np.testing.assert_array_equal(back.tables[name][column], values, err_msg=f"{name}.{column}")
            else:
                assert list(back.tables[name][column]) == list(values)


def test_relation_answers_sql():
    run = short_run()
    hostile = len(run.relation("bodies").filter("side = 'hostile'").fetchall())
    assert hostile == run.meta["summary"]["threats"] > 0


def test_a_folder_that_holds_something_is_refused_and_left_alone(tmp_path):
    (tmp_path / "keep.txt").write_text("mine")
    with pytest.raises(OutputError, match="not empty"):
        short_run().save(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["keep.txt"]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "run").touch()
    with pytest.raises(OutputError, match="is a file, not a folder"):
        short_run().save(tmp_path / "run")


def test_the_longest_name_that_a_file_system_takes_is_written(tmp_path):
    short_run().save(tmp_path / ("x" * 255))
    assert [p.name for p in tmp_path.iterdir()] == ["x" * 255]


def test_nothing_is_left_behind_when_writing_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(Run, "write", lambda self, folder: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OutputError, match="disk full"):
        short_run().save(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_unknown_table_and_column():
    with pytest.raises(UsageError, match="accepted: truth"):
        short_run().array("truht", "t")
    with pytest.raises(UsageError, match="no column 'lat'"):
        short_run().array("truth", "lat")


def test_a_folder_without_a_record(tmp_path):
    with pytest.raises(RecordError, match="no readable run"):
        Run.load(tmp_path)


def test_ctrl_c_within_duckdb_is_ctrl_c():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell runs in the background ignores it
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    connection = duckdb.connect()
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt), interruptible():
            connection.execute("select sum(a.range * b.range) from range(100000) a, range(100000) b").fetchall()
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, before)


def test_other_errors_are_left_as_they_are():
    with pytest.raises(RuntimeError, match="something else"), interruptible():
        raise RuntimeError("something else")


def test_tables_agree_with_each_other():
    run = short_run()
    bodies = len(run.tables["bodies"]["body"])
    assert run.tables["truth"]["body"].max() < bodies
    assert set(run.tables["tracks"]["node"]) <= set(run.tables["nodes"]["node"])
    assert (np.diff(run.tables["events"]["t"]) >= 0).all()
    assert run.meta["summary"]["dropped"] == [0, 0, 0, 0]


def test_a_run_that_is_stopped_keeps_what_happened_until_then(tmp_path):
    """Ctrl-C at half time: the tables end there, and are the same as those of the whole run up to there."""

    def stop(share: float) -> None:
        if share >= 0.5:
            raise KeyboardInterrupt

    asked = {"posture": "complete", "vignette": "raid", "seed": 3, "duration": 120.0}
    whole, half = oi.run(oi.load("s400-alone"), **asked), running.run(oi.load("s400-alone"), **asked, progress=stop)
    assert whole.meta["complete"] and not half.meta["complete"]
    assert half.meta["duration_s"] == 60.0
    for name in ("truth", "tracks"):
        early = whole.tables[name]["t"] <= 60.0
        assert early.any() and not early.all()
        for column, values in half.tables[name].items():
            assert list(values) == list(whole.tables[name][column][early])
    half.save(tmp_path / "half")
    assert Run.load(tmp_path / "half").meta == half.meta


def test_a_run_that_is_stopped_before_its_first_sample_is_no_record(monkeypatch):
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(running.step, "simulate", stop)
    with pytest.raises(KeyboardInterrupt):
        oi.run(oi.load("s400-alone"), posture="complete", vignette="raid", seed=3)


def test_every_decision_says_what_was_known():
    """A row for each order: odds that add up, the rules that held, and a shot that follows no decision does not exist."""
    run = oi.run(oi.load("s400-alone"), posture="complete", vignette="raid", seed=1)
    d, shots = run.tables["decisions"], run.tables["engagements"]
    assert len(d["t"]) >= len(shots["id"]) > 5
    np.testing.assert_allclose(d["p_friend"] + d["p_neutral"] + d["p_hostile"], 1.0)
    assert set(d["identity"]) == {"hostile"} and set(d["control_status"]) == {"tight"} and d["by_itself"].all()
    assert (d["p_hostile"] >= 0.5).all() and (d["answers"] <= d["questions"]).all() and set(d["asset"]) <= {"depot", ""}
    asked = set(zip(d["fire_unit"].tolist(), d["track"].tolist(), np.round(d["t"], 3).tolist(), strict=True))
    fired = zip(
        shots["fire_unit"].tolist(), shots["track"].tolist(), np.round(shots["t_assigned"], 3).tolist(), strict=True
    )
    assert set(fired) <= asked
