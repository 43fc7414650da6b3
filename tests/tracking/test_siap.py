"""SIAP against Stone Soup, and in small cases that can be counted by hand."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from stonesoup.dataassociator.tracktotrack import TrackToTruth
from stonesoup.measures import Euclidean
from stonesoup.metricgenerator.manager import MultiManager
from stonesoup.metricgenerator.tracktotruthmetrics import SIAPMetrics

from openiads.tracking import Truth, align, siap
from openiads.tracking.scene import near
from openiads.tracking.siap import continuity, nearest
from tests.tracking.scenes import paths, table, when, world

SCORES = {
    "completeness": "Completeness",
    "ambiguity": "Ambiguity",
    "spuriousness": "Spuriousness",
    "position": "Position Accuracy",
    "velocity": "Velocity Accuracy",
    "number_changes": "Rate of Track Number Change",
    "longest": "Longest Track Segment",
}


def stone_soup(truth, tracks, cutoff):
    """Its SIAP, with tracks that belong to the nearest body at once, and its times for what it scores in each frame."""
    there, here = paths(truth, tracks)
    metric = SIAPMetrics(position_measure=Euclidean(mapping=[0, 1, 2]), velocity_measure=Euclidean(mapping=[3, 4, 5]))
    associator = TrackToTruth(
        association_threshold=cutoff,
        measure=Euclidean(mapping=[0, 1, 2]),
        consec_pairs_confirm=1,
        consec_misses_end=1,
    )
    manager = MultiManager([metric], associator=associator)
    manager.add_data({"groundtruth_paths": there, "tracks": here})
    return manager.generate_metrics()["siap_generator"]


def whole(seed):
    """A world of stretches of several samples, each of which outlives the one before by two.

    Stone Soup needs this: it refuses a stretch of one sample, and it stops counting changes at a stretch that adds
    only one sample to what is covered. It also takes a pair that meets twice for one long stretch.
    """
    g = np.random.default_rng(seed)
    t, truth, tracks = 2.0 * np.arange(24), [], []
    for b in range(6):
        x0, v = g.uniform(-9e3, 9e3, 3), g.normal(0, 80, 3)
        first, last = sorted(g.choice(25, 2, replace=False)) if b else (0, 24)
        last = max(last, min(24, first + 8))
        truth += [(t[k], b, *(x0 + t[k] * v), *v) for k in range(first, last)]
        cuts = [first, *range(first + int(g.integers(5, 8)), last - 4, int(g.integers(5, 8))), last]
        for n, (low, high) in enumerate(itertools.pairwise(cuts)):
            high = min(last, high + int(g.integers(-1, 3)))  # a handover with a gap or with both at once
            if high - low > 1:
                tracks += [(t[k], 10 * b + n, *(x0 + t[k] * v + g.normal(0, 60, 3)), *(v + g.normal(0, 5, 3)))
                           for k in range(low, high)]  # fmt: skip
    x0, v = g.uniform(-9e3, 9e3, 3), g.normal(0, 80, 3)
    tracks += [(t[k], 90, *(x0 + t[k] * v + 3e4), *v) for k in range(4, 20)]
    rows = np.array(truth)
    return Truth(rows[:, 0], rows[:, 1].astype(int), rows[:, 2:5], rows[:, 5:8], earth=False), table(tracks)


@pytest.mark.parametrize("seed", range(12))
def test_against_stone_soup(seed):
    truth, tracks = whole(seed)
    scene = align(truth, tracks)
    pairs = near(scene, 500.0)
    assert len(nearest(pairs).track) == len(pairs.track), "bodies are far apart here"
    mine, theirs = siap(scene, 500.0), stone_soup(truth, tracks, 500.0)
    for name, title in SCORES.items():
        assert getattr(mine, name) == pytest.approx(theirs[f"SIAP {title}"].value, rel=1e-9), name
    for name, title in list(SCORES.items())[:5]:
        each = {m.timestamp: m.value for m in theirs[f"SIAP {title} at times"].value}
        for t, value in zip(scene.t, getattr(mine, f"{name}_at"), strict=True):
            if not math.isnan(value):
                assert value == pytest.approx(each[when(t)], rel=1e-9), (name, t)


@pytest.mark.parametrize("seed", range(12))
def test_in_tangled_worlds(seed):
    """Where tracks break, meet twice and have one sample, which Stone Soup refuses: against counting one by one."""
    truth, tracks = world(seed, lost=0.1)
    scene, cutoff = align(truth, tracks), 500.0
    bodies, all_tracks, belonging, error, speed = 0, 0, 0, 0.0, 0.0
    found = set()
    for t in scene.t:
        there, here = np.flatnonzero(truth.t == t), np.flatnonzero(tracks.t == t)
        bodies, all_tracks = bodies + len(there), all_tracks + len(here)
        for k in here:
            gaps = [(np.linalg.norm(tracks.x[k, :3] - truth.x[b]), b) for b in there]
            gap, b = min(gaps, default=(math.inf, -1))
            if gap < cutoff:
                belonging, error = belonging + 1, error + gap
                speed += np.linalg.norm(tracks.x[k, 3:] - truth.v[b])
                found.add(b)
    got = siap(scene, cutoff)
    expected = (
        len(found) / bodies,
        belonging / len(found),
        1 - belonging / all_tracks,
        error / belonging,
        speed / belonging,
    )
    np.testing.assert_allclose(
        (got.completeness, got.ambiguity, got.spuriousness, got.position, got.velocity), expected, rtol=1e-9
    )


def one_body(*tracks, frames=10):
    """A body at rest for so many frames of 1 s, and tracks of it from a frame to another: (number, first, last)."""
    t = np.arange(float(frames))
    truth = Truth(t, np.zeros(frames, int), np.zeros((frames, 3)), np.zeros((frames, 3)), earth=False)
    rows = [(k, number, 1.0, 0, 0, 0, 0, 0) for number, low, high in tracks for k in range(low, high + 1)]
    return align(truth, table(rows))


@pytest.mark.parametrize(
    ("tracks", "changes", "tracked", "longest"),
    [
        ([(1, 0, 9)], 0, 9.0, 9.0),
        ([(1, 0, 4), (2, 5, 9)], 1, 8.0, 4.0),
        ([(1, 0, 5), (2, 5, 9)], 1, 9.0, 5.0),
        ([(1, 0, 9), (2, 3, 6)], 0, 9.0, 9.0),
        ([(1, 0, 4), (2, 2, 7), (3, 4, 9)], 1, 9.0, 5.0),  # 1 and 3 are enough
        ([(1, 0, 3), (1, 6, 9)], 1, 6.0, 6.0),  # a stretch is without a break, time is added up
        ([(1, 4, 4)], 0, 0.0, 0.0),
    ],
)
def test_continuity_by_hand(tracks, changes, tracked, longest):
    scene = one_body(*tracks)
    got = continuity(scene, nearest(near(scene, 10.0)))
    assert [float(c[0]) for c in got] == [changes, tracked, longest, 9.0]
    score = siap(scene, 10.0)
    assert score.longest == pytest.approx(longest / 9.0)
    assert score.number_changes == pytest.approx(changes / tracked) if tracked else math.isnan(score.number_changes)


def test_what_is_undefined_is_no_number():
    truth = Truth(np.arange(3.0), np.zeros(3, int), np.zeros((3, 3)), earth=False)
    score = siap(align(truth, table([])), 10.0)
    assert score.completeness == 0.0
    assert all(
        math.isnan(getattr(score, n)) for n in ("ambiguity", "spuriousness", "position", "velocity", "number_changes")
    )


def test_velocities_that_are_not_known_are_left_out():
    truth = Truth(np.arange(3.0), np.zeros(3, int), np.zeros((3, 3)), np.zeros((3, 3)), earth=False)
    tracks = table([(t, 1, 1.0, 0, 0, v, 0, 0) for t, v in ((0.0, 2.0), (1.0, math.nan), (2.0, 4.0))])
    score = siap(align(truth, tracks), 10.0)
    assert score.velocity == pytest.approx(3.0) and score.position == pytest.approx(1.0)


def test_order_of_rows_does_not_matter():
    truth, tracks = world(3)
    shuffled = np.random.default_rng(1).permutation(len(tracks.t))
    again = table(np.column_stack([tracks.t, tracks.number, tracks.x])[shuffled])
    one, two = siap(align(truth, tracks), 500.0), siap(align(truth, again), 500.0)
    for name in SCORES:
        assert getattr(one, name) == pytest.approx(getattr(two, name), nan_ok=True), name
