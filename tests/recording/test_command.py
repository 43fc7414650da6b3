"""`openiads track` as it is typed: what it prints, what it leaves, its exit codes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.recording.recordings import SENSORS, flights, radar_records, write_truth


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("command")
    flown = flights(5, 120.0)
    (path / "scene.ast").write_bytes(b"".join(radar_records(flown)[1])[:-5])
    (path / "sensors.toml").write_text(SENSORS, encoding="utf-8")
    write_truth(flown, path / "truth.csv")
    return path


def openiads(folder, *arguments):
    code = "from openiads.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, "track", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def test_it_prints_the_account_and_the_table(folder):
    done = openiads(
        folder, "scene.ast", "--sensors", "sensors.toml", "--out", "out", "--truth", "truth.csv", "--date", "2026-03-31"
    )
    assert done.returncode == 0 and done.stderr == ""
    assert "scene.ast (asterix): " in done.stdout and "octets that are no block" in done.stdout
    assert "horizontal RMS error" in done.stdout and "tracks in out" in done.stdout
    files = {f.name for f in (folder / "out").iterdir()}
    assert files == {"tracks.parquet", "cat062.ast", "tracks.czml", "quality.csv", "about.json"}
    assert '"midnight": "2026-03-31T00:00:00Z"' in (folder / "out" / "about.json").read_text(encoding="utf-8")
    assert '"2026-03-31T10:0' in (folder / "out" / "tracks.czml").read_text(encoding="utf-8")
    again = openiads(folder, "scene.ast", "--sensors", "sensors.toml", "--out", "out")
    assert again.returncode == 2 and again.stderr == "error: 'out' exists and is not empty; name a new folder\n"


WRONG = [
    (["scene.ast", "--out", "x"], "give each a [[sensor]]"),
    (["nothing.ast", "--out", "x"], "can not be read"),
    (["sensors.toml", "--out", "x"], "holds no record that can be read"),
    (["scene.ast", "--sensors", "scene.ast", "--out", "x"], "not valid TOML"),
    (["scene.ast", "--sensors", "sensors.toml", "--date", "31.3.2026", "--out", "x"], "write year, month and day"),
    (
        ["scene.ast", "--sensors", "sensors.toml", "--models", "fast", "--out", "x"],
        "accepted are manoeuvring, straight",
    ),
    ([], "Missing argument"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_one_message_and_code_2_if_nothing_can_be_tracked(arguments, message, folder):
    done = openiads(folder, *arguments)
    assert done.returncode == 2 and message in done.stderr and "Traceback" not in done.stderr
    assert not (folder / "x").exists() and not list(folder.glob(".x-*"))


def test_a_tracker_of_the_users_own(folder):
    """What ships, by its name or by that of a module beside the recording: the same table, and about.json says which."""
    (folder / "mine.py").write_text(
        "from openiads.tracking import Tracker\n\n\nclass Mine(Tracker):\n    pass\n", encoding="utf-8"
    )
    asked = ["scene.ast", "--sensors", "sensors.toml", "--truth", "truth.csv", "--out"]
    tables = []
    for name, own in (("shipped", []), ("own", ["--tracker", "mine:Mine"])):
        done = openiads(folder, *asked, name, *own)
        assert done.returncode == 0 and done.stderr == ""
        tables.append((folder / name / "quality.csv").read_text(encoding="utf-8").splitlines())
    assert [row for row in tables[0] if not row.startswith("NIS")] == tables[1] != tables[0]
    assert '"tracker": "built-in"' in (folder / "shipped" / "about.json").read_text(encoding="utf-8")
    assert '"tracker": "mine:Mine"' in (folder / "own" / "about.json").read_text(encoding="utf-8")


def test_a_tracker_that_fails_is_one_message(folder):
    (folder / "bad.py").write_text(
        "class Bad:\n    def __init__(self, radars, config):\n        self.x = radars[99]\n", encoding="utf-8"
    )
    done = openiads(folder, "scene.ast", "--sensors", "sensors.toml", "--tracker", "bad:Bad", "--out", "x")
    assert done.returncode == 2 and not (folder / "x").exists()
    assert done.stderr == (
        "error: tracker 'bad:Bad': called with (radars, config) it fails: IndexError: list index out of range "
        "(bad.py, line 3: self.x = radars[99])\n"
    )


def test_help_has_examples(folder):
    done = openiads(folder, "--help")
    assert done.returncode == 0 and "openiads track morning.ast --sensors sensors.toml --out tracks" in done.stdout
