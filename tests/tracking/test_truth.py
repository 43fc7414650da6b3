"""Truth at other times: closed forms, gaps, single samples; and its frames beside tracks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openiads.engine.geo import EARTH_RADIUS, set_frame, to_ecef
from openiads.errors import UsageError
from openiads.tracking import Truth, align
from openiads.tracking.truth import SPHERE
from tests.tracking.scenes import table


def test_the_earth_is_that_of_the_tracker():
    assert SPHERE == EARTH_RADIUS
    truth = Truth.geodetic([0.0], [1], [0.6], [0.5], [9e3], np.array([[100.0, 50.0, -3.0]]))
    np.testing.assert_allclose(truth.x[0], to_ecef(0.6, 0.5, 9e3), rtol=1e-15)
    axes = np.empty((1, 3, 3))
    set_frame(axes, 0, 0.6, 0.5)
    np.testing.assert_allclose(truth.v[0], np.array([100.0, 50.0, -3.0]) @ axes[0], atol=1e-12)


def polynomial(degree, seed=1):
    """A path of this degree in time, as functions of time: position and velocity."""
    c = np.random.default_rng(seed).normal(size=(degree + 1, 3)) * np.array([100.0, 50.0, 2.0, 0.1])[: degree + 1, None]
    return (
        lambda t: sum(c[k] * np.asarray(t)[:, None] ** k for k in range(degree + 1)),
        lambda t: sum(k * c[k] * np.asarray(t)[:, None] ** (k - 1) for k in range(1, degree + 1)),
    )


@pytest.mark.parametrize(("degree", "given_v"), [(1, False), (2, False), (3, True)])
def test_cubic_is_exact(degree, given_v):
    """Parabolas from positions alone, cubics with velocities, at any spacing of the samples."""
    x, v = polynomial(degree)
    t = np.array([0.0, 1.0, 4.0, 6.5, 7.0, 12.0])
    truth = Truth(t, np.zeros(6, int), x(t), v(t) if given_v else None)
    times = np.linspace(0, 12, 49)
    got = truth.at(times)
    np.testing.assert_allclose(got.t, times)
    np.testing.assert_allclose(got.x, x(times), atol=1e-9)
    np.testing.assert_allclose(got.v, v(times), atol=1e-9)


def test_linear_is_the_chord():
    x, _ = polynomial(1)
    truth = Truth(np.array([0.0, 10.0]), np.zeros(2, int), x(np.array([0.0, 10.0])))
    times = np.array([0.0, 2.5, 10.0])
    np.testing.assert_allclose(truth.at(times, "linear").x, x(times))
    bent = Truth([0.0, 10.0], [0, 0], np.zeros((2, 3)), np.array([[1.0, 0, 0], [3.0, 0, 0]]))
    np.testing.assert_allclose(bent.at([5.0], "linear").v, [[2.0, 0, 0]])


def test_a_turn_is_kept():
    """3 degrees a second at 200 m/s, seen every 4 s: within a metre where the chord is 21 m off."""
    w, r = math.radians(3.0), 200.0 / math.radians(3.0)

    def path(t):
        return np.stack([r * np.sin(w * t), r * np.cos(w * t), 0 * t], axis=1)

    t = np.arange(0.0, 61.0, 4.0)
    truth, times = Truth(t, np.zeros(len(t), int), path(t), earth=False), np.linspace(4, 56, 201)
    assert np.linalg.norm(truth.at(times).x - path(times), axis=1).max() < 1.0
    assert np.linalg.norm(truth.at(times, "linear").x - path(times), axis=1).max() == pytest.approx(
        r * (1 - math.cos(2 * w)), rel=0.01
    )


def test_nothing_is_made_up():
    """Not before the first sample, not after the last, not within a long gap; a single sample at its own time only."""
    truth = Truth(
        np.array([0.0, 4.0, 30.0, 34.0, 9.0]), np.array(["a", "a", "a", "a", "b"]), np.arange(15.0).reshape(5, 3)
    )
    got = truth.at(np.arange(-5.0, 40.0), longest=10.0)
    a = got.t[got.id == "a"]
    assert a.tolist() == [0, 1, 2, 3, 4, 30, 31, 32, 33, 34]
    assert got.t[got.id == "b"].tolist() == [9.0] and np.isnan(got.v[got.id == "b"]).all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3)), min_size=1, unique=True), st.randoms())
def test_samples_are_kept_whatever_their_order(samples, random):
    rows = np.array(samples)
    x = np.column_stack([rows[:, 0] ** 2, rows[:, 1], rows[:, 0]]).astype(float)
    order = random.sample(range(len(rows)), len(rows))
    one, two = (Truth(r[:, 0], r[:, 1], y) for r, y in ((rows, x), (rows[order], x[order])))
    assert np.array_equal(one.x, two.x)
    got = one.at(np.unique(rows[:, 0]))
    there = {(t, b): y for t, b, y in zip(got.t, got.id, got.x, strict=True)}
    for t, b, y in zip(one.t, one.id, one.x, strict=True):
        np.testing.assert_allclose(there[t, b], y)


def test_a_time_that_is_only_nearly_there():
    """Clocks that add up differ in the last digits; the last sample is not lost for that."""
    truth = Truth([0.0, 0.3], [0, 0], np.zeros((2, 3)))
    assert len(truth.at([0.0, 0.1 + 0.2])) == 2


def straight(frames=10):
    t = np.arange(float(frames))
    return Truth(t, np.zeros(frames, int), np.column_stack([100 * t, 0 * t, 0 * t]), earth=False)


def test_frames_go_on_where_no_track_is():
    """A body without a track is missed in every frame, also while there is no track at all."""
    rows = [(t, 1, 100.0 * t, 0, 0, 100, 0, 0) for t in (3.0, 4.0, 7.0)]
    scene = align(straight(), table(rows))
    assert scene.t.tolist() == list(range(10))
    assert scene.t[scene.track_frame].tolist() == [3.0, 4.0, 7.0]


def test_a_row_is_held_and_moved_on():
    scene = align(straight(), table([(3.2, 1, 320.0, 0, 0, 100, 0, 0)]), times=[3.0, 4.0, 5.0, 6.0], hold=2.0)
    assert scene.t[scene.track_frame].tolist() == [4.0, 5.0]
    np.testing.assert_allclose(scene.track_x[:, 0], [400.0, 500.0])


def test_tracks_of_many_clocks_are_refused_without_times():
    rows = [(k + n / 7, n, 0, 0, 0, 0, 0, 0) for k in range(9) for n in range(7)]
    with pytest.raises(UsageError, match="give times="):
        align(straight(), table(rows))


@pytest.mark.parametrize("row", [(math.nan, 1, 0, 0, 0, 0, 0, 0), (1.0, 1, math.inf, 0, 0, 0, 0, 0)])
def test_tracks_that_are_not_finite_are_refused(row):
    with pytest.raises(UsageError, match="row 0 is not finite"):
        align(straight(), table([row]))


def test_no_truth_is_all_false():
    scene = align(Truth([], [], np.zeros((0, 3))), table([(1.0, 1, 0, 0, 0, 0, 0, 0)]))
    assert len(scene.t) == len(scene.track_id) == 1 and len(scene.truth_id) == 0


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Truth([0.0], [0], np.zeros((1, 2))), "column 'x' has shape"),
        (lambda: Truth([0.0, 0.0], [0, 0], np.zeros((2, 3))), "there twice at 0 s"),
        (lambda: Truth([math.nan], [0], np.zeros((1, 3))), "row 0 is not finite"),
        (lambda: Truth.geodetic([0.0], [0], [40.0], [0.0], [0.0]), "radians"),
        (lambda: straight().at([0.0], "spline"), "cubic or linear"),
    ],
)
def test_clear_errors(make, words):
    with pytest.raises(UsageError, match=words):
        make()
