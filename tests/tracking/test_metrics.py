"""OSPA, GOSPA and CLEAR MOT against published numbers, Stone Soup, a slow oracle and the axioms of a metric."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linear_sum_assignment
from stonesoup.measures import Euclidean
from stonesoup.metricgenerator.clearmotmetrics import ClearMotMetrics
from stonesoup.metricgenerator.manager import MultiManager
from stonesoup.metricgenerator.ospametric import GOSPAMetric, OSPAMetric
from stonesoup.types.association import AssociationSet, TimeRangeAssociation
from stonesoup.types.time import TimeRange

from openiads.errors import UsageError
from openiads.tracking import align, clear_mot, gospa, nees, ospa
from openiads.tracking.metrics import consistency_gate, gate, mot_of
from openiads.tracking.scene import Pairs, Scene, assign, near
from tests.engine.test_tracking_accuracy import METRICS
from tests.oracles import metrics as slow
from tests.tracking.scenes import paths, when, world


def distances(truth, tracks, cutoff, order, alpha=2.0):
    """OSPA and GOSPA of two sets of points."""
    scene = Scene.instant(np.asarray(truth, float), np.asarray(tracks, float))
    return float(ospa(scene, cutoff, order)[0]), float(gospa(scene, cutoff, order, alpha).distance[0])


@pytest.mark.parametrize(("truth", "tracks", "expected_ospa", "expected_gospa"), METRICS)
def test_published_distances(truth, tracks, expected_ospa, expected_gospa):
    """TRK-4, on which three implementations agree."""
    for p, first, second in zip((1, 2), expected_ospa, expected_gospa, strict=True):
        np.testing.assert_allclose(distances(truth, tracks, 100.0, p), (first, second), atol=1e-5)


def test_the_parts_of_gospa():
    """TRK-4, third case at p = 1: two pairs, and a track that no body needs."""
    truth, tracks, _, _ = METRICS[2]
    got = gospa(Scene.instant(truth, tracks), 100.0, 1.0)
    np.testing.assert_allclose([got.localisation[0], got.missed[0], got.false[0]], [60.0, 0.0, 50.0])


@pytest.mark.parametrize("order", [1.0, 2.0])
@pytest.mark.parametrize("seed", range(6))
def test_against_stone_soup(seed, order):
    """Every frame of worlds in which bodies come and go, tracks are lost, doubled and false."""
    truth, tracks = world(seed)
    scene = align(truth, tracks)
    there, here = paths(truth, tracks)
    cutoff = 500.0
    where = Euclidean(mapping=[0, 1, 2])
    theirs = {}
    for name, kind in (("ospa", OSPAMetric), ("gospa", GOSPAMetric)):
        manager = MultiManager([kind(p=order, c=cutoff, measure=where)])
        manager.add_data({"groundtruth_paths": there, "tracks": here})
        (metrics,) = manager.generate_metrics().values()
        (theirs[name],) = (m.value for m in metrics.values())
    here_or_there = np.isin(np.arange(len(scene.t)), np.append(scene.truth_frame, scene.track_frame))
    assert [m.timestamp for m in theirs["ospa"]] == [when(t) for t in scene.t[here_or_there]]
    mine = ospa(scene, cutoff, order)
    np.testing.assert_allclose(mine[here_or_there], [m.value for m in theirs["ospa"]], rtol=1e-9)
    assert (mine[~here_or_there] == 0.0).all()
    got = gospa(scene, cutoff, order)
    np.testing.assert_allclose(got.distance[here_or_there], [m.value["distance"] for m in theirs["gospa"]], rtol=1e-9)
    for name in ("localisation", "missed", "false"):
        parts = [m.value[name] for m in theirs["gospa"]]
        np.testing.assert_allclose(getattr(got, name)[here_or_there], parts, rtol=1e-9, atol=1e-6, err_msg=name)


clouds = arrays(float, st.tuples(st.integers(0, 6), st.just(2)), elements=st.floats(-150, 150, width=16))
choices = st.tuples(st.sampled_from([20.0, 100.0, 400.0]), st.sampled_from([1.0, 2.0, 5.0]))


@settings(max_examples=150, deadline=None)
@given(clouds, clouds, choices)
def test_against_the_slow_oracle(x, y, chosen):
    cutoff, order = chosen
    expected = slow.ospa(x, y, cutoff, order), slow.gospa(x, y, cutoff, order)
    rounding = 1e-13 * cutoff**order * (1 + len(x) + len(y))  # powers of the cutoff are added and taken off again
    got, wanted = np.array(distances(x, y, cutoff, order)) ** order, np.array(expected) ** order
    np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=rounding)


@settings(max_examples=150, deadline=None)
@given(clouds, clouds, clouds, choices, st.sampled_from([0.5, 1.0, 2.0]), st.randoms(use_true_random=False))
def test_they_are_metrics(x, y, z, chosen, alpha, random):
    """Identity, symmetry, triangle inequality; the order of the points does not matter."""
    cutoff, order = chosen

    def d(a, b):
        return np.array(distances(a, b, cutoff, order, alpha))

    assert (d(x, x) == 0.0).all()
    np.testing.assert_allclose(d(x, y), d(y, x), rtol=1e-12)
    assert (d(x, z) <= d(x, y) + d(y, z) + 1e-9 * cutoff).all()
    shuffled = x[random.sample(range(len(x)), len(x))]
    np.testing.assert_allclose(d(shuffled, y), d(x, y), rtol=1e-12)
    if not np.array_equal(np.unique(x, axis=0), np.unique(y, axis=0)):
        assert (d(x, y) > 0.0).all()


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0])
def test_parts_add_up(alpha):
    got = gospa(align(*world(3)), 500.0, 2.0, alpha)
    np.testing.assert_allclose(got.distance**2, got.localisation + got.missed + got.false)


def test_alpha_one_is_ospa_not_divided():
    """Rahmathullah et al. 2017: with alpha 1 only the mean over the larger set is left out."""
    scene = align(*world(4))
    most = np.maximum(*(np.bincount(f, minlength=len(scene.t)) for f in (scene.truth_frame, scene.track_frame)))
    np.testing.assert_allclose(gospa(scene, 500.0, 2.0, 1.0).distance, ospa(scene, 500.0, 2.0) * np.sqrt(most))


def test_a_frame_with_nothing_is_no_distance():
    assert distances(np.zeros((0, 2)), np.zeros((0, 2)), 10.0, 1.0) == (0.0, 0.0)
    assert distances(np.zeros((0, 2)), np.zeros((2, 2)), 10.0, 1.0) == (10.0, 10.0)


@pytest.mark.parametrize("density", [0.02, 0.2, 1.0])
def test_assignment_saves_most(density):
    """TRK-9: sparse, tangled and complete, against SciPy on the whole table."""
    g = np.random.default_rng(5)
    for _ in range(20):
        n, m = g.integers(1, 40, 2)
        table = g.uniform(0.1, 1.0, (n, m)) * (g.random((n, m)) < density)
        i, j = np.nonzero(table)
        taken = assign(i, j, table[i, j])
        assert np.bincount(i[taken], minlength=1).max() <= 1 and np.bincount(j[taken], minlength=1).max() <= 1
        assert table[i, j][taken].sum() == pytest.approx(table[linear_sum_assignment(table, maximize=True)].sum())


def test_a_tree_finds_what_trying_all_finds():
    g = np.random.default_rng(6)
    x, y = g.uniform(0, 100, (90, 3)), g.uniform(0, 100, (80, 3))
    y[:5] = x[7:12]  # no distance at all is one too
    pairs = near(Scene.instant(x, y), 20.0)
    gaps = np.linalg.norm(x[:, None] - y[None], axis=2)
    i, j = np.nonzero(gaps < 20.0)
    assert np.array_equal(pairs.truth, i) and np.array_equal(pairs.track, j)
    np.testing.assert_allclose(pairs.distance, gaps[i, j])


def frames_of(*frames):
    """A scene and its pairs from frames of (bodies, tracks, distances with NaN where a pair is barred)."""
    body, track, when, whose, pairs = [], [], [], [], []
    for k, (bodies, tracks, table) in enumerate(frames):
        pairs += [(len(body) + i, len(track) + j, d) for (i, j), d in np.ndenumerate(np.array(table)) if d == d]
        body, when = body + bodies, when + [k] * len(bodies)
        track, whose = track + tracks, whose + [k] * len(tracks)

    def at(n):
        return np.zeros((n, 1))

    n, m = len(body), len(track)
    scene = Scene(np.arange(len(frames)), np.array(when), np.array(body), at(n), at(n), np.array(whose), np.array(track),
                  at(m), at(m), np.arange(m), np.arange(3), np.arange(4))  # fmt: skip
    i, j, d = map(np.array, zip(*pairs, strict=True))
    return scene, Pairs(i, j, d)


def test_clear_mot_of_the_motmetrics_example():
    """TRK-4 [P], three frames: 2 pairs and a false one; a pair and a miss; a pair that holds and a switch: 0.5 and 0.34."""
    got = mot_of(*frames_of(
        ([1, 2], [1, 2, 3], [[0.1, math.nan, 0.3], [0.5, 0.2, 0.3]]),
        ([1, 2], [1], [[0.2], [0.4]]),
        ([1, 2], [1, 3], [[0.6, 0.2], [0.1, 0.6]]),
    ))  # fmt: skip
    assert (got.misses, got.false, got.switches) == (1, 1, 1)
    assert got.mota == pytest.approx(0.5)
    assert got.motp == pytest.approx(0.34)


@pytest.mark.parametrize("seed", range(4))
def test_clear_mot_against_stone_soup(seed):
    """With our pairs, and tracks that are never lost: there a change from one frame to the next is every change."""
    truth, tracks = world(seed, lost=0.0)
    scene = align(truth, tracks)
    got = clear_mot(scene, 500.0)
    there, here = paths(truth, tracks)
    step = scene.t[1] - scene.t[0]
    links = set()
    for i, j in zip(got.pairs.truth, got.pairs.track, strict=True):
        t = scene.t[scene.truth_frame[i]]
        pair = {there[scene.truth_id[i]], here[scene.track_id[j]]}
        links.add(TimeRangeAssociation(pair, TimeRange(when(t), when(t + step / 10))))
    metric = ClearMotMetrics(distance_measure=Euclidean(mapping=[0, 1, 2]))
    manager = MultiManager([metric])
    manager.add_data({"groundtruth_paths": there, "tracks": here})
    manager.association_set = AssociationSet(links)
    motp, mota = (m.value for m in metric.compute_metric(manager))
    assert got.mota == pytest.approx(mota) and got.motp == pytest.approx(motp)


def test_a_body_that_was_lost_and_found_under_another_number_has_switched():
    near_by = [[1.0]]
    got = mot_of(*frames_of(([0], [1], near_by), ([0], [], np.zeros((1, 0))), ([0], [2], near_by)))
    assert (got.misses, got.false, got.switches) == (1, 0, 1)


@pytest.mark.parametrize(
    ("dimensions", "runs", "low", "high"),
    [(2, 50, 1.4844, 2.5912), (4, 50, 3.2546, 4.8212), (6, 50, 5.0782, 6.9975), (4, 100, 3.4648, 4.5731),
     (6, 100, 5.3402, 6.6977), (2, 100, 1.6273, 2.4106), (3, 100, 2.5391, 3.4987)],
)  # fmt: skip
def test_gates_of_consistency(dimensions, runs, low, high):
    """TRK-3; the first is Bar-Shalom's [1.5, 2.6]."""
    np.testing.assert_allclose(consistency_gate(dimensions, runs), (low, high), atol=5e-5)


@pytest.mark.parametrize(("dimensions", "expected"), [(1, 6.6349), (2, 9.2103), (3, 11.3449)])
def test_gates(dimensions, expected):
    assert gate(dimensions) == pytest.approx(expected, abs=5e-5)


def test_nees_of_what_it_says_is_within_its_gate():
    g = np.random.default_rng(7)
    root = g.normal(size=(400, 6, 6))
    errors = (root @ g.normal(size=(400, 6, 1)))[..., 0]
    covariances = root @ root.swapaxes(1, 2)
    low, high = consistency_gate(6, 400, 0.999)
    assert low < nees(errors, covariances).mean() < high
    assert not low < nees(errors, covariances / 2).mean() < high
    one = errors[3] @ np.linalg.inv(covariances[3]) @ errors[3]
    assert nees(errors, covariances)[3] == pytest.approx(one, rel=1e-6)


def test_a_thousand_bodies_for_a_thousand_frames(record_property):
    """Sparse before the assignment: a million samples are scored in seconds; a twentieth of them here."""
    g = np.random.default_rng(8)
    n, frames = 1000, 50
    x = np.repeat(g.uniform(-2e5, 2e5, (n, 3))[None], frames, axis=0)
    when, who = np.repeat(np.arange(frames), n), np.tile(np.arange(n), frames)
    still, flat = np.zeros((n * frames, 3)), x.reshape(-1, 3)
    scene = Scene(np.arange(float(frames)), when, who, flat, still, when, who, flat + g.normal(0, 50, flat.shape), still,
                  np.arange(n * frames), np.arange(n), np.arange(n))  # fmt: skip
    start = time.perf_counter()
    distance = ospa(scene, 2000.0)
    record_property("seconds", round(time.perf_counter() - start, 3))
    assert distance.mean() == pytest.approx(50 * math.sqrt(8 / math.pi), rel=0.01)
    assert time.perf_counter() - start < 5.0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda s: ospa(s, -1.0), "cutoff"),
        (lambda s: ospa(s, 1.0, 0.5), "order"),
        (lambda s: gospa(s, 1.0, 1.0, 3.0), "alpha"),
        (lambda s: near(s, math.inf), "cutoff"),
        (lambda s: nees(np.zeros((2, 3)), np.zeros((2, 2, 2))), "do not fit"),
        (
            lambda s: nees(np.ones((3, 2)), np.array([np.eye(2), np.ones((2, 2)), np.eye(2)])),
            "covariance 1 is singular",
        ),
    ],
)
def test_clear_errors(call, words):
    with pytest.raises(UsageError, match=words):
        call(Scene.instant(np.zeros((1, 2)), np.zeros((1, 2))))
