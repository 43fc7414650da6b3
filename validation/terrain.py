"""Terrain: VIS-1 to VIS-3."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from openiads.engine.geo import RADIO_RADIUS, horizon_distance
from openiads.engine.sensing.visibility import minimum_visible_height
from openiads.scenario.terrain import terrain_of
from validation import Row, Section

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
        "Line of sight around Kayseri as coverage maps compute it, beside GDAL 3.6 (`gdal_viewshed`) and GRASS 8.2 (`r.viewshed`), "
        "which also differ from each other. The shipped grid is GLOBE, 30 arc-seconds: its cells are means and lie 100 to 300 m "
        "below summits."
    )
    return Section("Terrain", text, [*_viewshed(), *_closed_forms(), *_readings()],
                   {"Visible from Kayseri, 20 m above ground, target 3,000 m above ground (blue), and where GRASS differs (red)": _map})  # fmt: skip


def _viewshed() -> list[Row]:
    data, lowest, disc = _kayseri()
    rows = []
    for i, target in enumerate(data["target"]):
        ours = data["ground"] + np.float32(target) >= lowest
        for who, least in (("grass", 0.99), ("gdal", 0.97)):
            theirs = data[who][i] > 0
            agreement = float((ours == theirs)[disc].mean())
            rows.append(
                Row(
                    "VIS-1",
                    f"target {target} m: cells that agree with {who.upper()}",
                    "X",
                    least,
                    agreement,
                    kind="least",
                )
            )
        if target in (500, 3000):
            share = float((ours & disc).sum() / (data["grass"][i].astype(bool) & disc).sum())
            rows.append(Row("VIS-1", f"target {target} m: visible area over that of GRASS", "X", 1.0, share, 0.03))
    return rows


def _closed_forms() -> list[Row]:
    n, cell = 601, 500.0
    rows = []
    k = (np.arange(n) - n // 2) * cell
    far = np.hypot(*np.meshgrid(k, k, indexing="ij"))
    lowest = minimum_visible_height(np.zeros((n, n), np.float32), cell, 20.0, RADIO_RADIUS)
    for height in (50.0, 100.0, 500.0):
        reach = float(far[lowest <= height].max())
        want = horizon_distance(20.0, height)
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
    rows.append(
        Row("VIS-3", "Ankara", "X", 889, float(height[int((43.0 - 39.93) * 120), int((32.86 - 24.0) * 120)]), 0.0, "m")
    )
    rows.append(
        Row(
            "VIS-3",
            "the sea off Mersin",
            "X",
            0,
            float(height[int((43.0 - 36.2) * 120), int((34.0 - 24.0) * 120)]),
            0.0,
            "m",
        )
    )
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
