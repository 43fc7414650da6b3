"""The lowest visible height around an antenna: against GDAL and GRASS, closed forms, and a march along every ray."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter, map_coordinates

from openiads.engine.geo import RADIO_RADIUS, sight_slope
from openiads.engine.sensing.visibility import minimum_visible_height
from validation.horizon import closed_form

KAYSERI = (math.radians(38.73), math.radians(35.48))
CELL = 1000.0  # m
TARGETS = (0, 100, 500, 3000)  # m above the ground


def distances(n: int, cell: float) -> np.ndarray:
    """Of every cell of a square grid from its centre, m."""
    k = np.arange(n) - n // 2
    return cell * np.hypot(*np.meshgrid(k, k, indexing="ij"))


# ---------------------------------------------------------------- VIS-1: other programs


@pytest.fixture(scope="module")
def reference():
    """Ground and visible cells by GDAL and GRASS, inside the disc of 150 km, and ours."""
    with np.load(Path(__file__).parents[1] / "data" / "terrain" / "viewshed_kayseri.npz") as file:
        data = {name: file[name] for name in file.files}
    ground = data["ground"]
    assert tuple(data["target"]) == TARGETS and ground.shape == (301, 301)
    disc = distances(301, CELL) <= 150e3
    lowest = minimum_visible_height(ground, CELL, float(ground[150, 150]) + 20.0, RADIO_RADIUS)
    ours = {t: ground + np.float32(t) >= lowest for t in TARGETS}
    others = {who: dict(zip(TARGETS, data[who] > 0, strict=True)) for who in ("gdal", "grass")}
    return disc, ours, others


def test_the_disc_is_the_one_of_the_reference_runs(reference):
    disc, _, others = reference
    assert disc.sum() == 70_681
    counts = {who: [int((seen[t] & disc).sum()) for t in TARGETS] for who, seen in others.items()}
    assert counts == {"gdal": [799, 1621, 4303, 36504], "grass": [820, 1743, 4760, 36912]}


@pytest.mark.parametrize("target", TARGETS)
def test_agrees_with_grass(reference, target):
    disc, ours, others = reference
    agreement = (ours[target] == others["grass"][target])[disc].mean()
    assert agreement >= 0.99, agreement


@pytest.mark.parametrize("target", TARGETS)
def test_agrees_with_gdal(reference, target):
    disc, ours, others = reference
    agreement = (ours[target] == others["gdal"][target])[disc].mean()
    assert agreement >= 0.97, agreement


@pytest.mark.parametrize("target", [500, 3000])
def test_visible_area_is_that_of_grass(reference, target):
    disc, ours, others = reference
    assert (ours[target] & disc).sum() == pytest.approx((others["grass"][target] & disc).sum(), rel=0.03)


# ---------------------------------------------------------------- VIS-2: closed forms


@pytest.mark.parametrize("antenna", [10.0, 200.0])
@pytest.mark.parametrize("target", [30.0, 300.0, 1000.0])
def test_over_the_sea_a_target_shows_up_to_the_sum_of_both_horizons(antenna, target):
    n = 501
    lowest = minimum_visible_height(np.zeros((n, n)), CELL, antenna, RADIO_RADIUS)
    d, limit = distances(n, CELL), closed_form(antenna, target)
    assert limit < 250e3
    assert (lowest[d < limit - CELL] <= target).all()
    assert (lowest[d > limit + CELL] > target).all()


def wall(n: int, k: int, height: float) -> np.ndarray:
    """Ground 0 with a wall along the row k cells north of the middle."""
    ground = np.zeros((n, n), np.float32)
    ground[n // 2 - k] = height
    return ground


def behind(n: int, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cells beyond that wall, where only the northern quadrant looks; their distance and that of the wall on their ray."""
    rows = n // 2 - np.arange(n)[:, None] + np.zeros(n, int)
    columns = np.abs(np.arange(n) - n // 2) + np.zeros((n, 1), int)
    cells = (rows > k + 1) & (columns <= rows)
    d = distances(n, CELL)
    return cells, d[cells], d[cells] * k / rows[cells]


def test_a_wall_hides_what_lies_below_the_ray_over_it():
    n, k, antenna, height = 301, 20, 50.0, 400.0
    lowest = minimum_visible_height(wall(n, k, height), CELL, antenna, RADIO_RADIUS)
    cells, d2, d1 = behind(n, k)
    seen_as = height - d1**2 / (2.0 * RADIO_RADIUS)
    expected = antenna + (seen_as - antenna) * d2 / d1 + d2**2 / (2.0 * RADIO_RADIUS)
    assert np.abs(lowest[cells] - expected).max() < 5.0  # of up to 6,000 m


def test_a_huge_radius_is_a_flat_earth():
    n, k, antenna, height = 301, 20, 50.0, 400.0
    lowest = minimum_visible_height(wall(n, k, height), CELL, antenna, 1e15)
    cells, d2, d1 = behind(n, k)
    assert np.abs(lowest[cells] - (antenna + (height - antenna) * d2 / d1)).max() < 5.0
    flat = minimum_visible_height(np.zeros((n, n)), CELL, antenna, 1e15)
    assert flat.max() < antenna  # a ray to anything above 0 stays above 0
    assert (minimum_visible_height(np.full((n, n), 700.0), CELL, 700.0 + antenna, 1e15) < 700.0 + antenna).all()


def test_the_ground_beside_the_antenna_and_the_shape_are_checked():
    ground = np.random.default_rng(1).uniform(0.0, 900.0, (3, 3)).astype(np.float32)
    assert (minimum_visible_height(ground, CELL, 1000.0, RADIO_RADIUS) == ground).all()
    for shape in ((4, 4), (3, 5)):
        with pytest.raises(ValueError, match="odd number of rows"):
            minimum_visible_height(np.zeros(shape), CELL, 10.0, RADIO_RADIUS)


# ---------------------------------------------------------------- invariants


@st.composite
def hills(draw):
    """Ground of any roughness, a cell size, and an antenna above it."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = 2 * draw(st.integers(1, 40)) + 1
    relief = draw(st.sampled_from([1.0, 100.0, 1000.0, 4000.0]))
    ground = gaussian_filter(rng.normal(0.0, 1.0, (n, n)), draw(st.sampled_from([0.0, 1.0, 3.0])))
    ground = (relief * (ground - ground.min()) / max(float(np.ptp(ground)), 1e-9)).astype(np.float32)
    antenna = float(ground[n // 2, n // 2]) + draw(st.floats(1.0, 200.0))
    return rng, ground, draw(st.sampled_from([90.0, 1000.0, 5000.0])), antenna


def rounding(lowest: np.ndarray) -> np.ndarray:
    """m: what float32 may lose over a few operations on heights and ranges of this size."""
    return 0.02 + 2e-5 * np.abs(lowest)


@examples(max_examples=150)
@given(hills())
def test_higher_ground_never_uncovers(drawn):
    rng, ground, cell, antenna = drawn
    before = minimum_visible_height(ground, cell, antenna, RADIO_RADIUS)
    higher = ground + (rng.random(ground.shape) < 0.2) * rng.uniform(0.0, 500.0, ground.shape).astype(np.float32)
    after = minimum_visible_height(higher.astype(np.float32), cell, antenna, RADIO_RADIUS)
    assert (after >= before - rounding(before)).all()


@examples(max_examples=150)
@given(hills(), st.floats(0.1, 5000.0))
def test_a_higher_antenna_never_hides(drawn, lift):
    _, ground, cell, antenna = drawn
    before = minimum_visible_height(ground, cell, antenna, RADIO_RADIUS)
    after = minimum_visible_height(ground, cell, antenna + lift, RADIO_RADIUS)
    assert (after <= before + rounding(before)).all()


@examples(max_examples=50)
@given(hills())
def test_never_below_the_ground_and_the_same_when_turned(drawn):
    _, ground, cell, antenna = drawn
    lowest = minimum_visible_height(ground, cell, antenna, RADIO_RADIUS)
    assert (lowest >= ground).all() and np.isfinite(lowest).all()
    for turned in (np.flipud, np.fliplr, np.transpose, np.rot90):
        again = minimum_visible_height(turned(ground), cell, antenna, RADIO_RADIUS)
        assert (np.abs(again - turned(lowest)) <= rounding(again)).all()


# ---------------------------------------------------------------- against a march along every ray


def marched(ground: np.ndarray, cell: float, antenna: float) -> np.ndarray:
    """Lowest visible height by walking each ray in steps of a tenth of a cell over bilinear ground, float64.

    As in the product, the ground within a row of the cell does not hide it.
    """
    n = ground.shape[0]
    half = n // 2
    out = ground.astype(np.float64).copy()
    slope = np.vectorize(sight_slope.py_func) if hasattr(sight_slope, "py_func") else np.vectorize(sight_slope)
    assert abs(float(slope(5e3, antenna, 80.0)) - _slope(5e3, antenna, 80.0)) < 1e-12
    for i in range(n):
        for j in range(n):
            rows, columns = i - half, j - half
            k = max(abs(rows), abs(columns))
            if k < 2:
                continue
            d = cell * math.hypot(rows, columns)
            end = d * (k - 1) / k
            steps = np.append(np.arange(0.1 * cell, end, 0.1 * cell), end)
            along = map_coordinates(
                ground, [half + rows * steps / d, half + columns * steps / d], np.float64, order=1, mode="nearest"
            )
            steepest = _slope(steps, antenna, along).max()
            psi = d / RADIO_RADIUS
            ray = (RADIO_RADIUS + antenna) / (math.cos(psi) - steepest * math.sin(psi)) - RADIO_RADIUS
            out[i, j] = max(out[i, j], ray)
    return out


def _slope(distance, antenna, height):
    """geo.sight_slope for arrays."""
    psi = distance / RADIO_RADIUS
    return (np.cos(psi) - (RADIO_RADIUS + antenna) / (RADIO_RADIUS + height)) / np.sin(psi)
