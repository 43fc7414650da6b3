"""The tracker without the simulator: plots in columns, tracks in columns, however the plots are cut into calls."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from openiads.engine.geo import to_ecef
from openiads.errors import UsageError
from openiads.tracking import Config, Model, Plots, Radar, Tracker
from openiads.tracking.plots import placed

DATA = Path(__file__).parents[1] / "data" / "tracking"
SITE = Radar("eye", 0.68, 0.62, 900.0, 50.0, math.radians(0.2), math.radians(0.2), period=4.0)


def world(seed=1, targets=12, scans=20, clutter=3, site=SITE):
    """Aircraft in straight flight around one radar: plots, and where the bodies are at the end of each scan."""
    g = np.random.default_rng(seed)
    start, velocity = g.uniform(-80e3, 80e3, (targets, 2)), g.normal(0, 160, (targets, 2))
    rows = []
    for k in range(scans):
        for b in range(targets):
            t = 4.0 * k + 4.0 * g.random()
            x, y = start[b] + t * velocity[b]
            if g.random() < 0.9:
                d = math.sqrt(x * x + y * y + 8e3**2)
                rows.append((t, d, math.atan2(x, y), math.asin(8e3 / d)))
        for _ in range(g.poisson(clutter)):
            rows.append((4.0 * k + 4.0 * g.random(), g.uniform(5e3, 120e3), g.uniform(-3, 3), 0.1))
    table = np.array(rows) + g.normal(size=(len(rows), 4)) * [0.0, 50.0, math.radians(0.2), math.radians(0.2)]
    t, d, a, e = table.T
    return Plots(t, np.zeros(len(t)), d, a, e), start, velocity


def test_every_body_has_one_track():
    plots, start, velocity = world()
    tracks = Tracker([SITE], Config(models=(Model(accel=2.0),))).process(plots)
    last = tracks.t == tracks.t.max()
    axes = frame(SITE)
    local = (tracks.x[last, :3] - to_ecef(SITE.latitude, SITE.longitude, SITE.height)) @ axes.T
    there = start + tracks.t.max() * velocity
    gaps = np.linalg.norm(there[:, None] - local[None, :, :2], axis=2)
    assert last.sum() == len(start)
    assert sorted(gaps.argmin(axis=1).tolist()) == list(range(len(start)))
    assert gaps.min(axis=1).max() < 600.0


def test_points_give_the_tracks_of_the_plots_that_they_are():
    plots, _, _ = world()
    x, cov = placed(plots, [SITE])
    points = Plots.points(plots.t, plots.radar, x, cov)
    given, same = Tracker([SITE]).process(plots), Tracker([SITE]).process(points)
    assert len(given) and np.array_equal(given.x, same.x) and np.array_equal(given.partner, same.partner)
    silent = Tracker([SITE]).process(Plots.points(plots.t, plots.radar, x, cov, np.zeros(len(plots), bool)))
    assert len(silent) == 0


def test_a_point_without_a_covariance_is_refused():
    points = Plots.points([1.0, 2.0], [0, 0], np.full((2, 3), 6.4e6), np.zeros((2, 6)))
    with pytest.raises(UsageError, match="row 0 can not be used"):
        Tracker([SITE]).process(points)


def frame(radar):
    from openiads.engine.geo import set_frame

    axes = np.empty((1, 3, 3))
    set_frame(axes, 0, radar.latitude, radar.longitude)
    return axes[0]


@pytest.mark.parametrize("pieces", [2, 7, 40])
def test_it_does_not_matter_how_plots_are_cut_into_calls(pieces):
    """Call after call at the end of ticks gives the bytes of one call."""
    plots, _, _ = world(2, scans=40)
    whole = Tracker([SITE]).process(plots)
    piecewise = Tracker([SITE])
    begin = plots.t.min() - 4.0
    edges = begin + 4.0 * np.unique(np.linspace(0, 40, pieces + 1).round())
    edges[-1] = np.inf
    got = []
    for low, high in itertools.pairwise(edges):
        part = Plots(*(getattr(plots, n)[(plots.t > low) & (plots.t <= high)] for n in ("t", "radar", "range", "azimuth",
                                                                                       "elevation")))  # fmt: skip
        if low == edges[0]:
            part = Plots(*(getattr(plots, n)[plots.t <= high] for n in ("t", "radar", "range", "azimuth", "elevation")))
        got.append(piecewise.process(part, until=None if math.isinf(high) else high))
    assert sum(len(g) for g in got) == len(whole)
    for name in ("t", "number", "x", "p"):
        assert np.array_equal(np.concatenate([getattr(g, name) for g in got]), getattr(whole, name)), name


def test_a_late_clock_is_set_right():
    """Plots stamped late and a radar that says so give the bytes of plots stamped in time, however they are cut."""
    plots, _, _ = world(2, scans=40)
    late = replace(plots, t=plots.t + 0.75)
    right = Tracker([SITE]).process(plots)
    tracker = Tracker([replace(SITE, time_bias=0.75)])
    edge = plots.t.min() - 4.0 + 80.0  # the end of a tick
    parts = [tracker.process(late.rows(plots.t <= edge), until=edge), tracker.process(late.rows(plots.t > edge))]
    for name in ("t", "number", "x", "p"):
        assert np.allclose(np.concatenate([getattr(part, name) for part in parts]), getattr(right, name), rtol=1e-9), (
            name
        )


def test_room_grows_with_the_plots():
    plots, start, _ = world(3, targets=400, scans=6, clutter=100)
    tracks = Tracker([SITE], Config(models=(Model(accel=2.0),), lifecycle="count", confirm_scans=3.5)).process(plots)
    assert np.count_nonzero(tracks.t == tracks.t.max()) >= 0.9 * len(start)


def test_partner_names_the_track_of_a_plot():
    plots, _, _ = world(4)
    tracks = Tracker([SITE]).process(plots)
    assert (tracks.partner > 0).all(), "every plot starts or updates a track"
    assert set(np.unique(tracks.number)) <= set(np.unique(tracks.partner))


def test_the_frozen_scenario_through_the_front_door():
    """TRK-10 S1 by the public class: six tracks, never one too many for long."""
    settings = json.loads((DATA / "meta.json").read_text())["S1"]
    rows = np.loadtxt(DATA / "S1_detections.csv", delimiter=",", skiprows=1)
    radar = Radar("origin", 0.0, 0.0, 0.0, settings["sigma_r"], math.radians(settings["sigma_b_deg"]), 1e-4)
    plots = Plots(rows[:, 0], np.zeros(len(rows)), rows[:, 1], rows[:, 2], np.zeros(len(rows)))
    tracks = Tracker(
        [radar], Config(models=(Model(accel=0.3),), speed=200.0, hits=4, confirm_scans=5.0, coast_scans=5.0)
    ).process(plots)
    late = tracks.t >= 40.0
    _, counts = np.unique(tracks.t[late], return_counts=True)
    assert counts.min() == 6 and counts.mean() < 6.1


def boosted(seed):
    """Plots of a body that gains 40 m/s a second for a minute, its speed at each (m/s)."""
    g, t = np.random.default_rng(seed), 2.0 * np.arange(1, 31)
    place = np.stack([-40e3 + 20.0 * t**2, np.full(30, 30e3), 5e3 + 5.0 * t**2], 1)
    d = np.linalg.norm(place, axis=1)
    plots = Plots(
        t, np.zeros(30), d + g.normal(0, SITE.sigma_range, 30),
        np.arctan2(place[:, 0], place[:, 1]) + g.normal(0, SITE.sigma_azimuth, 30),
        np.arcsin(place[:, 2] / d) + g.normal(0, SITE.sigma_elevation, 30),
    )  # fmt: skip
    return plots, t * math.hypot(40.0, 10.0)


def test_an_accelerating_body():
    """Its speed lags behind in a model of straight flight, however wide, and not where the acceleration is estimated."""
    errors = {}
    for model in (*(Model("straight", accel) for accel in (10.0, 30.0, 90.0)), Model("accelerating", 1.0)):
        gaps = []
        for seed in range(10):
            plots, speed = boosted(seed)
            tracks = Tracker([SITE], Config(models=(model,), tick=2.0)).process(plots)
            late = tracks.t >= 30.0
            assert len(np.unique(tracks.number)) == 1 or model.kind == "straight"
            gaps.append(np.linalg.norm(tracks.x[late, 3:], axis=1) - np.interp(tracks.t[late], plots.t, speed))
        errors[model] = math.sqrt(np.mean(np.concatenate(gaps) ** 2))
    *straight, best = errors.values()
    assert best < 0.5 * min(straight), errors


@pytest.mark.parametrize(
    ("plots", "words"),
    [
        (Plots([0.0], [0], [np.nan], [0.0]), "row 0 can not be used"),
        (Plots([0.0], [3], [1e3], [0.0]), "row 0 can not be used"),
        (Plots([0.0], [0], [-5.0], [0.0]), "row 0 can not be used"),
        (Plots([0.0], [0], [1e200], [0.0]), "row 0 can not be used"),
        (Plots([0.0], [0], [1e4], [0.0], [np.inf]), "row 0 can not be used"),
        (Plots([0.0], [0], [1e4], [0.0], height=[np.inf]), "row 0 can not be used"),
        (Plots([0.0], [0], [1e4], [0.0], range_rate=[np.inf]), "row 0 can not be used"),
        (Plots.points([0.0], [0], [[6.4e6, 0, 0]], [[1.0, 3, 0, 1, 0, 1]]), "row 0 can not be used"),
    ],
)
def test_plots_that_can_not_be_used(plots, words):
    with pytest.raises(UsageError, match=words):
        Tracker([SITE]).process(plots)


def test_clear_errors():
    with pytest.raises(UsageError, match="at least one radar"):
        Tracker([])
    with pytest.raises(UsageError, match="gate = -1 must be a number above 0"):
        Config(gate=-1)
    with pytest.raises(UsageError, match=r"sigma_range = 0\.0"):
        Radar("x", 0.0, 0.0, 0.0, sigma_range=0.0)
    with pytest.raises(UsageError, match="column 'range' has shape"):
        Plots([0.0, 1.0], [0, 0], [1e3], [0.0, 0.0])
    tracker = Tracker([SITE])
    tracker.process(Plots([10.0], [0], [1e4], [0.0], [0.1]))
    with pytest.raises(UsageError, match="sort the calls by time"):
        tracker.process(Plots([9.0], [0], [1e4], [0.0], [0.1]))
    assert len(tracker.process(Plots([], [], [], []))) == 0
