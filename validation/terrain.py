"""Terrain: VIS-1 to VIS-3."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import map_coordinates

from openiads.engine import sensing
from openiads.engine.geo import EARTH_RADIUS, RADIO_RADIUS, Terrain
from openiads.engine.jit import jit
from openiads.engine.sensing.horizon import above_mask
from openiads.engine.sensing.visibility import minimum_visible_height
from openiads.scenario.terrain import terrain_of
from validation import Row, Section, horizon, looks

KAYSERI = (math.radians(38.73), math.radians(35.48))
DATA = Path(__file__).parent.parent / "tests" / "data" / "terrain"


@lru_cache(maxsize=1)
def _kayseri() -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Reference arrays, ours, and the disc of 150 km."""
    with np.load(DATA / "viewshed_kayseri.npz") as file:
        data = {name: file[name] for name in file.files}
    k = np.arange(301) - 150
    disc = np.hypot(*np.meshgrid(k, k, indexing="ij")) <= 150.0
    ground = data["ground"].astype(np.float32)
    return data, minimum_visible_height(ground, 1000.0, float(ground[150, 150]) + 20.0, RADIO_RADIUS), disc


def section() -> Section:
    """The chapter."""
    text = (
        "Line of sight around Kayseri, as coverage maps sweep it and as the horizon mask of a fixed radar has it "
        "in a run, beside GDAL 3.6 (`gdal_viewshed`) and GRASS 8.2 (`r.viewshed`), which also differ from each "
        "other. For the mask the 1 km cells are laid on a grid of 15 arc-seconds. A carried radar walks along the "
        "ground: beside a march of 100 m steps over the same shipped grid, written here a second time, around "
        "38.2 N 41.5 E, 180 azimuths, every kilometre to 300 km. The shipped grid is GLOBE, 30 arc-seconds: its "
        "cells are means and lie 100 to 300 m below summits."
    )
    rows = [*_viewshed(), *_mask(), *_walk(), *_closed_forms(), *_readings()]
    return Section("Terrain", text, rows, {
        "Visible from Kayseri, 20 m above ground, target 3,000 m above ground (blue), and where GRASS differs (red)": _map,
    })  # fmt: skip


def _viewshed() -> list[Row]:
    data, lowest, _ = _kayseri()
    rows = []
    for i, target in enumerate(data["target"]):
        ours = data["ground"] + np.float32(target) >= lowest
        rows += _beside(f"map, target {target:g} m", ours, i, int(target))
    return rows


def _beside(what: str, ours: np.ndarray, i: int, target: int) -> list[Row]:
    """Cells and area of ours, bool[301, 301], beside both programs; i: number of the target's height in the data."""
    data, _, disc = _kayseri()
    rows = []
    for who, least in (("grass", 0.99), ("gdal", 0.97)):
        agreement = float((ours == (data[who][i] > 0))[disc].mean())
        rows.append(Row("VIS-1", f"{what}: cells that agree with {who.upper()}", "X", least, agreement, kind="least"))
    if target in (500, 3000):
        share = float((ours & disc).sum() / (data["grass"][i].astype(bool) & disc).sum())
        rows.append(Row("VIS-1", f"{what}: visible area over that of GRASS", "X", 1.0, share, 0.03))
    return rows


def _laid_out(ground: np.ndarray, step: float = math.radians(15.0 / 3600.0)) -> Terrain:
    """The cells around Kayseri (azimuthal equidistant, 1 km) as a grid of latitude and longitude, bilinear."""
    lat0, lon0 = KAYSERI
    rows = 2 * math.ceil(149e3 / EARTH_RADIUS / step)
    columns = 2 * math.ceil(149e3 / EARTH_RADIUS / step / math.cos(lat0 + 150e3 / EARTH_RADIUS))
    north, west = lat0 + 0.5 * rows * step, lon0 - 0.5 * columns * step
    lat = (north - (np.arange(rows) + 0.5) * step)[:, None]
    turn = (west + (np.arange(columns) + 0.5) * step - lon0)[None, :]
    up = np.cos(lat0) * np.sin(lat) - np.sin(lat0) * np.cos(lat) * np.cos(turn)
    side = np.cos(lat) * np.sin(turn)
    arc = np.arctan2(np.hypot(up, side), np.sin(lat0) * np.sin(lat) + np.cos(lat0) * np.cos(lat) * np.cos(turn))
    scale = EARTH_RADIUS * arc / np.maximum(np.hypot(up, side), 1e-12) / 1e3
    height = map_coordinates(ground.astype(float), [150.0 - up * scale, 150.0 + side * scale], order=1, mode="nearest")
    return Terrain(
        np.round(height).astype(np.int16), north, west, step, step, min(0.0, float(height.min())), float(height.max())
    )


@jit
def _above(radars, antenna, distance, azimuth, height, out):
    for i in range(distance.size):
        out[i] = above_mask(radars, 0, antenna, distance[i], azimuth[i], height[i])


def _mask() -> list[Row]:
    """The mask of a fixed radar and the comparison that a look makes with it, for the same cells."""
    data, _, disc = _kayseri()
    antenna = float(data["ground"][150, 150]) + 20.0
    mask = np.empty((1, sensing.MASK_AZIMUTHS, 300), np.float32)
    sensing.horizon_mask(_laid_out(data["ground"]), horizon.STRAIGHT, *KAYSERI, antenna, mask[0])
    radars = looks.eye().radars._replace(mask=mask)
    k = np.arange(301) - 150.0
    north, east = (x.ravel() for x in np.meshgrid(-k, k, indexing="ij"))
    distance, azimuth = 1e3 * np.maximum(np.hypot(north, east), 1e-3), np.arctan2(east, north)
    rows = []
    for i, target in enumerate(data["target"]):
        ours = np.empty(distance.size, np.bool_)
        _above(radars, antenna, distance, azimuth, (data["ground"] + float(target)).ravel(), ours)
        rows += _beside(f"mask of a radar, target {target:g} m", ours.reshape(disc.shape), i, int(target))
    return rows


@jit
def _walked(terrain, site, height, distance, azimuth, out):
    for i in range(distance.size):
        out[i] = sensing.line_of_sight(terrain, site, height[i], distance[i], azimuth)


def _walk() -> list[Row]:
    """Area seen from the air at low targets over that of a fine march."""
    terrain, fine, each = terrain_of("shipped"), 100.0, 10
    place = (math.radians(38.2), math.radians(41.5))
    far = fine * np.arange(1, 3001)
    picked = np.arange(each - 1, far.size, each)
    area: dict[tuple[float, float], list[float]] = {}
    for azimuth in np.radians(np.arange(1.0, 360.0, 2.0)):
        ground = _profile(terrain, *place, float(azimuth), far)
        for antenna in (3_000.0, 9_150.0):
            steepest = np.maximum.accumulate(_slope(far, antenna, ground))
            for target in (30.0, 100.0, 300.0):
                height, distance = ground[picked] + target, far[picked]
                hidden = _slope(distance, antenna, height) < steepest[picked - 1]
                walked = np.empty(picked.size, np.bool_)
                _walked(terrain, np.array([*place, antenna]), height, distance, float(azimuth), walked)
                sums = area.setdefault((antenna, target), [0.0, 0.0])
                sums[0] += float(distance[walked].sum())
                sums[1] += float(distance[~hidden].sum())
    return [
        Row(
            "VIS-1",
            f"walk of a carried radar at {antenna:,.0f} m, target {target:g} m: area over that of a march of 100 m",
            "A",
            1.0,
            ours / theirs,
            0.03,
        )
        for (antenna, target), (ours, theirs) in area.items()
    ]


def _slope(distance: np.ndarray, antenna: float, height: np.ndarray) -> np.ndarray:
    """Tangent of the elevation on a sphere of 4/3 radius."""
    arc = distance / RADIO_RADIUS
    return (np.cos(arc) - (RADIO_RADIUS + antenna) / (RADIO_RADIUS + height)) / np.sin(arc)


def _profile(terrain: Terrain, lat: float, lon: float, azimuth: float, distance: np.ndarray) -> np.ndarray:
    """Ground (m) along a great circle, bilinear between the centres of the cells."""
    arc = distance / EARTH_RADIUS
    up = math.sin(lat) * np.cos(arc) + math.cos(lat) * np.sin(arc) * math.cos(azimuth)
    aside = np.arctan2(math.sin(azimuth) * np.sin(arc) * math.cos(lat), np.cos(arc) - math.sin(lat) * up)
    row = (terrain.north - np.arcsin(up)) / terrain.step_north - 0.5
    column = (lon + aside - terrain.west) / terrain.step_east - 0.5
    return map_coordinates(terrain.height.astype(float), [row, column], order=1)


def _closed_forms() -> list[Row]:
    n, cell = 601, 500.0
    rows = []
    k = (np.arange(n) - n // 2) * cell
    far = np.hypot(*np.meshgrid(k, k, indexing="ij"))
    lowest = minimum_visible_height(np.zeros((n, n), np.float32), cell, 20.0, RADIO_RADIUS)
    for height in (50.0, 100.0, 500.0):
        reach = float(far[lowest <= height].max())
        want = horizon.closed_form(20.0, height)
        rows.append(Row("VIS-2", f"sea, antenna 20 m: farthest cell seen at {height:g} m", "A", want, reach, cell, "m"))
    ground = np.zeros((n, n), np.float32)
    ground[n // 2 - 80, :] = 300.0
    shadow = minimum_visible_height(ground, cell, 20.0, RADIO_RADIUS)[n // 2 - 200, n // 2]
    d1, d2 = 80 * cell, 200 * cell
    want = 20.0 + (300.0 - d1**2 / (2 * RADIO_RADIUS) - 20.0) * d2 / d1 + d2**2 / (2 * RADIO_RADIUS)
    rows.append(
        Row("VIS-2", "behind a wall of 300 m at 40 km: lowest height at 100 km", "A", want, float(shadow), 1.0, "m")
    )
    flat = minimum_visible_height(ground, cell, 20.0, 1e12)[n // 2 - 200, n // 2]
    rows.append(Row("VIS-2", "the same on a flat earth", "A", 20.0 + 280.0 * d2 / d1, float(flat), 0.5, "m"))
    return rows


def _readings() -> list[Row]:
    height = terrain_of("shipped").height
    places = (("Ararat, highest cell near", 39.70, 44.30, 0.2, 4938), ("Erciyes, highest cell near", 38.53, 35.45, 0.2, 3661),
              ("Olympos (Cyprus), highest cell near", 34.94, 32.86, 0.2, 1971), ("Ida (Crete), highest cell near", 35.23, 24.77, 0.2, 2429))  # fmt: skip
    rows = []
    for name, lat, lon, around, want in places:
        row, column, span = int((43.0 - lat) * 120), int((lon - 24.0) * 120), int(around * 120)
        got = float(height[row - span : row + span, max(0, column - span) : column + span].max())
        rows.append(Row("VIS-3", name, "X", want, got, 0.0, "m"))
    for name, lat, lon, want in (("Ankara", 39.93, 32.86, 889), ("the sea off Mersin", 36.2, 34.0, 0)):
        got = float(height[int((43.0 - lat) * 120), int((lon - 24.0) * 120)])
        rows.append(Row("VIS-3", name, "X", want, got, 0.0, "m"))
    return rows


def _map(axis: Any) -> None:
    data, lowest, disc = _kayseri()
    last = list(data["target"]).index(3000)
    ours = data["ground"] + np.float32(3000) >= lowest
    shown = np.where(disc, np.where(ours == (data["grass"][last] > 0), np.where(ours, 1.0, 0.0), 2.0), np.nan)
    from matplotlib.colors import ListedColormap

    axis.imshow(shown, cmap=ListedColormap(["#f2efe9", "#6f9fd8", "#c0392b"]), vmin=0, vmax=2, extent=(-150.5, 150.5, -150.5, 150.5),
                interpolation="nearest")  # fmt: skip
    axis.set_xlabel("km east")
    axis.set_ylabel("km north")
