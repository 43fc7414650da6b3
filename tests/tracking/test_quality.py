"""The quality tables: worlds whose every figure can be worked out, and the tracker's own tracks."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest

from openiads.engine.geo import to_ecef
from openiads.errors import UsageError
from openiads.tracking import (
    Config,
    Model,
    Plots,
    Radar,
    Tracker,
    Truth,
    align,
    clear_mot,
    gospa,
    ospa,
    quality,
    quality_alone,
    siap,
)
from openiads.tracking.truth import SPHERE
from tests.tracking.scenes import table
from tests.tracking.test_tracker import DATA, SITE, frame
from tests.tracking.test_tracker import world as plots_of_a_world


def rows(found):
    """Values by name; of two lines of one name the first."""
    return {row.name: row.value for row in reversed(found)}


def fliers(frames=101, step=4.0, bodies=3):
    """Bodies 20 km apart that fly north at 200 m/s on a plane."""
    t = step * np.arange(frames)
    when, who = np.tile(t, bodies), np.repeat(np.arange(bodies), frames)
    x = np.column_stack([2e4 * who, 200.0 * when, np.full(len(when), 9e3)])
    return Truth(when, who, x, np.tile([0.0, 200.0, 0.0], (len(when), 1)), earth=False)


def followed(truth, offset=(30.0, 40.0, 12.0), speed=(3.0, 0.0, 4.0)):
    """A track of every body, always off by so much."""
    return table(np.column_stack([truth.t, truth.id + 10, truth.x + offset, truth.v + speed]))


def test_a_constant_error_is_every_figure():
    truth = fliers()
    got = quality(truth, followed(truth))
    value = rows(got)
    assert value["probability of update in 8 s"] == 1.0
    for name in ("horizontal RMS error", "horizontal error, 95 %", "horizontal error, 99 %"):
        assert value[name] == pytest.approx(50.0)
    assert value["height RMS error"] == value["height error, 95 %"] == pytest.approx(12.0)
    assert value["velocity RMS error, straight"] == pytest.approx(3.0)
    assert math.isnan(value["velocity RMS error, turning"])
    for name in ("horizontal errors above 500 m", "multiple tracks", "false tracks", "extra tracks", "number changes"):
        assert value[name] == 0.0
    assert {row.verdict for row in got if row.bound is not None} == {"met"}


def test_bounds_are_those_that_are_published():
    """SPEC-0147 for primary radar and COMPASS; no bound where the published figure is not certain."""
    truth = fliers(41)
    for separation, interval, rms in (("5NM", 8, 500.0), ("3NM", 5, 300.0)):
        bounds = [(row.name, row.bound, row.above) for row in quality(truth, followed(truth), separation) if row.bound]
        assert bounds == [
            (f"probability of update in {interval} s", 0.90, True),
            ("horizontal RMS error", rms, False),
            ("horizontal RMS error", 200.0, False),
            ("horizontal errors above 500 m", 1.0, False),
            ("extra tracks", 3.0, False),
        ]


def test_what_misses_a_bound_is_said():
    truth = fliers(41)
    got = {(r.name, r.bound): r.verdict for r in quality(truth, followed(truth, offset=(600.0, 0.0, 0.0))) if r.bound}
    assert got["horizontal RMS error", 500.0] == got["horizontal errors above 500 m", 1.0] == "not met"
    assert got["probability of update in 8 s", 0.90] == "met"


def test_gaps_are_counted():
    """One body of three is lost for 10 intervals of 8 s (long) and for 2 (not long), of 50."""
    truth = fliers()
    tracks = followed(truth)
    gone = (tracks.number == 10) & (
        ((tracks.t > 80.0) & (tracks.t <= 160.0)) | ((tracks.t > 240.0) & (tracks.t <= 256.0))
    )
    tracks = table(np.column_stack([tracks.t, tracks.number, tracks.x])[~gone])
    value = rows(quality(truth, tracks))
    assert value["probability of update in 8 s"] == pytest.approx(138 / 150)
    assert value["the same of the worst flight"] == pytest.approx(38 / 50)
    assert value["updates missed in long gaps"] == pytest.approx(100 * 10 / 150)
    assert value["number changes"] == 0.0, "it has the same number after the gap"


def test_a_coasted_track_is_not_an_update():
    truth = fliers()
    tracks = followed(truth)
    last_plot = np.minimum(tracks.t, 200.0)
    coasted = SimpleNamespace(t=tracks.t, number=tracks.number, x=tracks.x, t_update=last_plot)
    assert rows(quality(truth, coasted))["probability of update in 8 s"] == pytest.approx(0.5)


def test_extra_tracks_and_changes_of_number():
    """A double of one body, a track far from all, and a body whose number changes half way."""
    truth = fliers()
    tracks = followed(truth)
    all_rows = np.column_stack([tracks.t, tracks.number, tracks.x])
    all_rows[(all_rows[:, 1] == 11) & (all_rows[:, 0] > 200.0), 1] = 50
    double, far = all_rows[all_rows[:, 1] == 12].copy(), all_rows[all_rows[:, 1] == 10].copy()
    double[:, 1:3] += (60 - 12, 200.0)
    far[:, 1:3] += (70 - 10, -9e4)
    value = rows(quality(truth, table(np.vstack([all_rows, double, far]))))
    assert value["multiple tracks"] == value["false tracks"] == pytest.approx(20.0)
    assert value["extra tracks"] == pytest.approx(40.0)
    assert value["track numbers that never followed a body"] == 2.0
    assert value["number changes"] == pytest.approx(1 / (3 * 400 / 3600))


def test_turns_are_apart():
    """3 degrees a second at 200 m/s is 10 m/s2 across: an error there is not one of straight flight."""
    w, t = math.radians(3.0), np.arange(0.0, 60.5, 0.5)
    r = 200.0 / w
    x = np.column_stack([r * np.sin(w * t), r * np.cos(w * t), 0 * t])
    v = 200.0 * np.column_stack([np.cos(w * t), -np.sin(w * t), 0 * t])
    bent = Truth(t, np.zeros(len(t), int), x, v, earth=False)
    value = rows(quality(bent, followed(bent)))
    assert math.isnan(value["velocity RMS error, straight"])
    assert value["velocity RMS error, turning"] == pytest.approx(3.0)


def test_up_is_away_from_the_earth():
    t = np.arange(0.0, 60.0, 4.0)
    n = len(t)
    truth = Truth.geodetic(t, np.zeros(n, int), np.full(n, 0.7) + 3e-5 * t, np.full(n, 0.6), np.full(n, 9e3))
    higher = Truth.geodetic(t, np.zeros(n, int), np.full(n, 0.7) + 3e-5 * t, np.full(n, 0.6), np.full(n, 9.1e3))
    value = rows(quality(truth, table(np.column_stack([t, np.ones(n), higher.x, higher.at(t).v]))))
    assert value["height RMS error"] == pytest.approx(100.0)
    assert value["horizontal RMS error"] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("earth", [False, True])
def test_a_track_of_the_wrong_height_is_still_a_track(earth):
    """6 km too high, as from a radar without elevations."""
    truth = fliers(41)
    tracks = followed(truth, offset=(0.0, 100.0, 6000.0))
    if earth:
        lift = np.array([0.0, 0.0, SPHERE])  # the plane touches the Earth at a pole
        tracks.x[:, :3] += lift
        truth = Truth(truth.t, truth.id, truth.x + lift, truth.v)
    value = rows(quality(truth, tracks))
    assert value["bodies with a track"] == 100.0 and value["extra tracks"] == 0.0
    assert value["horizontal RMS error"] == pytest.approx(100.0, rel=0.3 if earth else 1e-9)
    assert value["height RMS error"] == pytest.approx(6000.0, rel=1e-3)


def test_without_a_truth():
    """Tracks of 400 s at one update in 4 s; one of them is cut by 20 s and goes on under another number."""
    truth = fliers()
    tracks = followed(truth)
    all_rows = np.column_stack([tracks.t, tracks.number, tracks.x])
    all_rows = all_rows[~((all_rows[:, 1] == 11) & (all_rows[:, 0] > 200.0) & (all_rows[:, 0] < 220.0))]
    all_rows[(all_rows[:, 1] == 11) & (all_rows[:, 0] > 200.0), 1] = 50
    got = rows(quality_alone(table(all_rows)))
    assert got["tracks"] == 4.0
    assert got["number changes"] == 1.0
    assert got["updates"] == pytest.approx(0.25)
    assert got["update interval, median"] == got["update interval, 95 %"] == got["longest gap"] == 4.0
    assert got["track length, median"] == pytest.approx(300.0)
    assert got["tracks shorter than 60 s"] == 0.0
    assert got["tracks at a time, mean"] == pytest.approx((400 + 400 + 200 + 180) / 400)


def test_a_gap_without_a_truth():
    truth = fliers()
    tracks = followed(truth)
    all_rows = np.column_stack([tracks.t, tracks.number, tracks.x])
    all_rows = all_rows[~((all_rows[:, 1] == 11) & (all_rows[:, 0] > 200.0) & (all_rows[:, 0] < 220.0))]
    got = rows(quality_alone(table(all_rows)))
    assert got["longest gap"] == 20.0 and got["number changes"] == 0.0
    assert got["gaps above 3 intervals"] == pytest.approx(100 / (300 - 4))


def test_the_tracks_of_the_tracker():
    """Plots of one radar, tracks by the public class, truth in the same coordinates: found, near, and no more than there are."""
    plots, start, velocity = plots_of_a_world(5, targets=12, scans=40, clutter=1)
    tracks = Tracker([SITE], Config(models=(Model(accel=2.0),))).process(plots)
    t, axes = np.arange(0.0, 164.0, 4.0), frame(SITE)
    local = np.concatenate([start + when * velocity for when in t])
    x = np.column_stack([local, np.full(len(local), 8e3)]) @ axes
    truth = Truth(
        np.repeat(t, 12), np.tile(np.arange(12), len(t)), to_ecef(SITE.latitude, SITE.longitude, SITE.height) + x
    )
    value = rows(quality(truth, tracks, times=tracks.t[tracks.t >= 40.0]))
    assert value["bodies with a track"] > 98.0
    assert value["probability of update in 8 s"] > 0.95
    assert 20.0 < value["horizontal RMS error"] < 400.0
    assert value["extra tracks"] < 5.0
    alone = rows(quality_alone(tracks))
    assert alone["update interval, median"] == pytest.approx(4.0, abs=1.0)


def test_the_frozen_scenario():
    """TRK-10 S1 through the public door, by the product's own scores: the reference's 51.6 m, 309.8 m, 63.9 m are beaten."""
    given = json.loads((DATA / "meta.json").read_text())["S1"]
    rows_of = {name: np.loadtxt(DATA / f"S1_{name}.csv", delimiter=",", skiprows=1) for name in ("detections", "truth")}
    radar = Radar("origin", 0.0, 0.0, 0.0, given["sigma_r"], math.radians(given["sigma_b_deg"]), 1e-4)
    t, distance, bearing, _ = rows_of["detections"].T
    plots = Plots(t, np.zeros(len(t)), distance, bearing, np.zeros(len(t)))
    tracks = Tracker(
        [radar], Config(models=(Model(accel=0.3),), speed=200.0, hits=4, confirm_scans=5.0, coast_scans=5.0)
    ).process(plots)
    t, who, east, north = rows_of["truth"].T
    truth = Truth(t, who.astype(int), to_ecef(0.0, 0.0, 0.0) + np.column_stack([0 * t, east, north]))
    scene = align(truth, tracks, times=np.arange(40.0, 297.0, 4.0))
    assert ospa(scene, 2000.0).mean() < 45.0
    assert gospa(scene, 2000.0).distance.mean() < 265.0
    assert clear_mot(scene, 2000.0).switches <= 4
    score = siap(scene, 2000.0)
    assert score.completeness > 0.99 and score.spuriousness == 0.0, (
        "where bodies cross, one may be nearest to two tracks"
    )
    value = rows(quality(truth, tracks, times=scene.t))
    assert value["bodies with a track"] == 100.0
    assert value["horizontal RMS error"] < 60.0


@pytest.mark.parametrize("tracks", [table([])])
def test_no_tracks_is_an_answer(tracks):
    value = rows(quality(fliers(), tracks))
    assert value["probability of update in 8 s"] == 0.0 and value["bodies with a track"] == 0.0
    assert math.isnan(value["horizontal RMS error"])
    assert rows(quality_alone(tracks))["tracks"] == 0.0


def test_clear_errors():
    truth = fliers()
    with pytest.raises(UsageError, match="5NM or 3NM"):
        quality(truth, followed(truth), "10NM")
    with pytest.raises(UsageError, match="no time at which"):
        quality(truth, followed(truth), times=[1e6])
