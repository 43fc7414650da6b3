"""The commands as a user types them: what they print, what they refuse, with which exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

POSTURES = (
    "sealed installed-cold test-only standalone one-way-in one-way-out filtered-two-way full-links custody-elsewhere"
)


def openiads(*words, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "openiads.cli", *map(str, words)], capture_output=True, text=True, cwd=cwd, check=False
    )


def test_help_names_every_command():
    text = openiads("--help").stdout
    for command in (
        "list",
        "check",
        "schema",
        "new",
        "show",
        "diff",
        "run",
        "export",
        "coverage",
        "study",
        "calendar",
        "exposure",
        "flows",
        "robustness",
        "decide",
        "compare",
        "tour",
    ):
        assert f"  {command} " in text


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from openiads.cli import app; "
        "heavy = {'numba', 'scipy', 'duckdb', 'matplotlib', 'pydantic'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_list_shows_the_flagship_with_its_nine_postures():
    text = openiads("list").stdout
    assert "turkey-2019" in text and "s400-alone" in text
    assert all(p in text for p in POSTURES.split())


def test_new_is_a_copy_that_checks(tmp_path):
    assert openiads("new", "mine", "--from", "turkey-2019", cwd=tmp_path).returncode == 0
    assert 'name = "mine"' in (tmp_path / "mine.toml").read_text(encoding="utf-8")
    done = openiads("check", "mine.toml", cwd=tmp_path)
    assert done.returncode == 0 and "good" in done.stdout
    again = openiads("new", "mine", cwd=tmp_path)
    assert again.returncode == 2 and "exists" in again.stderr


def test_schema_is_json():
    assert "properties" in json.loads(openiads("schema").stdout)


REFUSED = {
    ("show", "turkey-2019", "--posture", "standalon"): "did you mean 'standalone'",
    ("show", "turkey-2018", "--posture", "sealed"): "did you mean 'turkey-2019'",
    ("check", "nowhere.toml"): "nowhere.toml",
    ("run", "turkey-2019", "--posture", "standalone", "--vignette", "war"): "accepted: peace, raid",
    ("run", "s400-alone", "--posture", "complete", "--seed", "-1"): "seed",
    ("run", "s400-alone", "--posture", "complete", "--start", "99999"): "start",
    ("study", "turkey-2019", "--preset", "huge"): "accepted: demo, full",
    ("study", "turkey-2019", "--postures", "sealed,open"): "no posture 'open'",
    ("study", "turkey-2019", "--replications", "0"): "1 to 100,000 are accepted",
    ("study", "turkey-2019", "--workers", "0"): "at least 1",
    ("study", "turkey-2019", "--set", "site"): "key=value",
    ("study", "turkey-2019", "--set", "sit=ankara"): "did you mean 'site'",
    ("study", "turkey-2019", "--set", "vignettes.raid.threats.cruise-missile.count=40"): "kept out",
    ("study", "turkey-2019", "--set", "vignettes.raid.threats.cruise-missile.distance_km=40"): "kept out",
    ("study", "turkey-2019", "--frobnicate"): "frobnicate",
    ("tour", "28"): "27",
    ("run", "s400-alone", "-p", "complete", "--duration", "nan"): "finite numbers",
    ("run", "s400-alone", "-p", "complete", "--replication", "-1"): "replication = -1: accepted are 0 to",
    ("run", "s400-alone", "-p", "complete", "--window", "1"): "window = 1: accepted are 0 to 0",
    ("study", "s400-alone", "--replications", "100000000000"): "1 to 100,000 are accepted",
    ("coverage", "s400-alone", "--heights", "30"): "write a number with its unit",
    ("coverage", "s400-alone", "--heights", "0m"): "each above 0 and up to 40 km",
    ("coverage", "s400-alone", "--heights", "-100m"): "--heights '-100m': must not be below 0",
    ("coverage", "s400-alone", "--heights", "1e+9m"): "each above 0 and up to 40 km",
    ("coverage", "s400-alone", "--cell", "1e-3m"): "cell = 0.001 m: 1 to 50 km are accepted",
    ("coverage", "s400-alone", "--posture", ""): "no posture ''",
    ("coverage", "s400-alone", "--out", "x" * 300): "can not be written: File name too long",
    ("coverage", "s400-alone", "--out", "/dev/null"): "'/dev/null' is a file, not a folder",
    ("run", "s400-alone", "-p", "complete", "--out", "x" * 300): "can not be written: File name too long",
    ("coverage", "s400-alone", "--heights", "1km,1000m"): "different",
    ("coverage", "s400-alone", "--heights", ""): "write a number with its unit",
    ("coverage", "s400-alone", "--what", "see"): "accepted are detect, track, engage",
    ("coverage", "s400-alone", "--reference", "moon"): "accepted are ground, sea",
    ("coverage", "s400-alone", "--class", "figter"): "did you mean",
    ("coverage", "s400-alone", "--cell", "100m"): "1 to 50 km are accepted",
    ("coverage", "s400-alone", "--sites", "0"): "1 to 1,000 draws",
    ("coverage", "s400-alone", "--posture", "open"): "no posture 'open'",
    ("coverage", "s400-alone", "--warning", "-1"): "warning",
    ("run", "s400-alone", "-p", "complete", "--tracker", "nowhere_at_all:T"): "there is no module 'nowhere_at_all'",
    ("study", "s400-alone", "--tracker", "mine"): "write module:Class, as my_tracker:MyTracker",
    ("compare", "s400-alone", "-p", "complete", "--tracker", "json:Mine"): "'json' has no 'Mine'; it defines: no class",
    ("compare", "s400-alone", "-p", "complete"): "--tracker",
    ("compare", "s400-alone", "-p", "complete", "--tracker", "json:JSONDecoder", "--out", "cmp"): "it fails: TypeError",
}


@pytest.mark.parametrize("words", list(REFUSED), ids=lambda w: " ".join(w)[:60])
def test_bad_input_is_one_clear_error(words, tmp_path):
    done = openiads(*words, cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert REFUSED[words] in done.stderr
    assert "Traceback" not in done.stderr
    assert all(line.startswith("error: ") for line in done.stderr.strip().splitlines())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('terrain = "smooth"', 'terrain = "smooth"\nterain = "x"', "did you mean 'terrain'"),
        ("radius_km = 1\n", "radius = 1\n", "radius_km"),
        ("launchers = 8", "launchers = -8", "launchers"),
        ("hostile_time_s = 900", "hostile_time_s = nan", "hostile_time"),
        ("count = 2\n", "count = 1000000000\n", "count"),
        ("distance_km = 220", "distance_km = -5", "distance"),
    ],
)
def test_a_broken_file_is_named_with_key_and_remedy(tmp_path, old, new, said):
    openiads("new", "mine", "--from", "s400-alone", cwd=tmp_path)
    file = tmp_path / "mine.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    done = openiads("run", "mine.toml", "--posture", "complete", "--out", "r", cwd=tmp_path)
    assert done.returncode == 2 and said in done.stderr and "mine.toml" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr and not (tmp_path / "r").exists()


def test_coverage_writes_a_map_for_every_height_and_prints_the_table(tmp_path):
    done = openiads("coverage", "s400-alone", "--heights", "100m,3km", "--class", "fighter-small", "--cell", "10km", "--out", "maps", cwd=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    names = {p.name for p in (tmp_path / "maps").iterdir()}
    maps = {f"detect-{height}.{kind}" for height in ("100m", "3km") for kind in ("tif", "geojson")}
    assert names == maps | {"areas.csv", "about.json", "coverage.png"}
    assert "heights above the ground" in done.stdout and "3,000 m  anybody" in done.stdout
    again = openiads("coverage", "s400-alone", "--heights", "100m", "--out", "maps", cwd=tmp_path)
    assert again.returncode == 2 and "not empty" in again.stderr


def test_run_writes_all_its_files(tmp_path):
    done = openiads("run", "s400-alone", "--posture", "complete", "--duration", "60", "--out", "first", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    names = {p.name for p in (tmp_path / "first").iterdir()}
    assert {
        "events.parquet",
        "tracks.parquet",
        "engagements.parquet",
        "exposure.parquet",
        "replay.czml",
        "replay.html",
    } <= names
    again = openiads("run", "s400-alone", "--posture", "complete", "--out", "first", cwd=tmp_path)
    assert again.returncode == 2 and "not empty" in again.stderr


INTERRUPTED = """
import os, signal
from rich.progress import Progress
from openiads import cli
signal.signal(signal.SIGINT, signal.default_int_handler)
Progress.update = lambda *_, **__: os.kill(os.getpid(), signal.SIGINT)
cli.main()
"""


def interrupted(*words, cwd):
    """The command in a process that gets SIGINT at its first sign of progress."""
    command = [sys.executable, "-c", INTERRUPTED, *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)


def test_an_interrupted_map_is_not_written(tmp_path):
    done = interrupted("coverage", "s400-alone", "--heights", "100m", "--cell", "10km", "--out", "maps", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "stopped\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "whole"),
    [
        (("run", "s400-alone", "--posture", "complete"), "meta.json"),
        (("study", "s400-alone", "--replications", "3", "--postures", "complete", "--workers", "1"), "summary.json"),
    ],
)
def test_an_interrupted_run_or_study_keeps_what_is_whole(words, whole, tmp_path):
    done = interrupted(*words, "--out", "kept", cwd=tmp_path)
    assert done.returncode == 130, done.stderr
    assert done.stderr.startswith("stopped ") and done.stderr.count("stopped") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]
    assert json.loads((tmp_path / "kept" / whole).read_text(encoding="utf-8"))["complete"] is False


ENDED = """
import os, signal
from openiads import cli, record
record.write_tables = lambda *_: os.kill(os.getpid(), signal.SIGTERM)
cli.main()
"""


def test_who_is_ended_while_it_writes_leaves_nothing(tmp_path):
    command = [
        sys.executable,
        "-c",
        ENDED,
        "run",
        "s400-alone",
        "--posture",
        "complete",
        "--duration",
        "30",
        "--out",
        "kept",
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 143, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_read_only_folder_is_refused(tmp_path):
    if os.geteuid() == 0:
        locked = "/proc/openiads"  # root may write anywhere but there
    else:
        (tmp_path / "locked").mkdir(mode=0o500)
        locked = str(tmp_path / "locked" / "x")
    done = openiads("run", "s400-alone", "--posture", "complete", "--out", locked, cwd=tmp_path)
    assert done.returncode == 2 and "can not be written" in done.stderr and "Traceback" not in done.stderr


def test_study_writes_report_summary_and_results(tmp_path):
    done = openiads(
        "study", "s400-alone", "--replications", "2", "--postures", "complete,no-launchers", "--out", "s", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "s"
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["complete"] is True and summary["baseline"] == "complete" and len(summary["digest"]) == 64
    assert (folder / "report.html").stat().st_size > 10_000
    assert {p.name for p in (folder / "results").iterdir()} >= {"raid.parquet", "area.parquet"}
    for metric in summary["metrics"].values():
        assert {"unit", "kind", "vignette", "definition", "postures"} <= set(metric)
        assert set(metric["postures"]) == {"complete", "no-launchers"}
    assert summary["digest"][:12] in done.stdout


def test_a_tracker_of_the_users_own(tmp_path):
    """A module of the current folder in a run and in a comparison; the record says which tracker it was."""
    (tmp_path / "mine.py").write_text("from openiads.tracking import Tracker as Mine\n", encoding="utf-8")
    asked = ["s400-alone", "-p", "complete", "--duration", "60", "--tracker", "mine:Mine"]
    done = openiads("run", *asked, "--out", "run", cwd=tmp_path)
    assert done.returncode == 0 and "seed 1, tracker mine:Mine" in done.stdout, done.stderr
    assert json.loads((tmp_path / "run" / "meta.json").read_text(encoding="utf-8"))["tracker"] == "mine:Mine"
    done = openiads("compare", *asked, "--replications", "2", "--out", "cmp", cwd=tmp_path)
    assert done.returncode == 0 and "mine:Mine" in done.stdout and "leakers" in done.stdout, done.stderr
    assert [f.name for f in (tmp_path / "cmp").iterdir()] == ["comparison.csv"]


def test_check_counts_in_singulars_and_plurals():
    assert openiads("check", "s400-alone").stdout.strip() == (
        "s400-alone: good. 6 postures, 1 vignette, 4 radars, 2 fire units, 0 links"
    )


@pytest.mark.parametrize("words", [
    ("study", "s400-alone", "--postures", ""), ("study", "s400-alone", "--vignettes", " , "),
    ("robustness", "s400-alone", "--vary", ""), ("robustness", "s400-alone", "--metrics", ","),
])  # fmt: skip
def test_an_option_that_names_nothing_is_refused(tmp_path, words):
    done = openiads(*words, cwd=tmp_path)
    assert done.returncode == 2 and f"{words[2]} '{words[3]}' names nothing" in done.stderr
    assert list(tmp_path.iterdir()) == []
