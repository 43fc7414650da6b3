"""A coverage answer as one picture: a panel for every height, with coast and borders."""

from __future__ import annotations

import json
import math
import textwrap
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from openiads.coverage.maps import ASPECT, OUTLINE, Coverage, Layer

_PANEL = 5.2  # inches
_WIDEST = 13  # characters of the caption an inch
_FRAGMENT = 0.05  # of the width of a panel: what is smaller would be hidden under its own outline
_RED, _INK = "#c0392b", "#1d2329"


def picture(answer: Coverage, path: Path) -> None:
    """Colours for how many see (or the share defended), an outline for the system alone."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    with matplotlib.rc_context({"text.parse_math": False}):  # titles are the user's: a dollar is a dollar
        figure = _drawn(plt, answer)
        figure.savefig(path, dpi=110)
    plt.close(figure)


def _drawn(plt: Any, answer: Coverage) -> Any:
    west, east, south, north = extent = edges(answer)
    squeeze = 1.0 / math.cos(math.radians(0.5 * (south + north)))
    columns = panel_columns(len(answer.layers))
    rows = math.ceil(len(answer.layers) / columns)
    high = _PANEL * squeeze * (north - south) / (east - west)
    lines = caption(answer, extent, columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(_PANEL * columns, high * rows + 0.7 + 0.2 * len(lines)), squeeze=False,
        layout="constrained",
    )  # fmt: skip
    engaged = answer.question.what == "engage"
    band = "share" if engaged else "number"
    top = 1.0 if engaged else max(1.0, *(float(x.bands[band].max()) for x in answer.layers))
    colours = plt.get_cmap("OrRd" if engaged else "YlGnBu").with_extremes(under="white", bad="#d5d8dc")
    for axis, layer in zip(axes.flat, answer.layers, strict=False):
        values = np.where(layer.buried, np.nan, layer.bands[band])
        image = axis.imshow(
            values, extent=extent, cmap=colours, vmin=1e-6, vmax=top, aspect=squeeze, interpolation="nearest"
        )
        _panel(axis, answer, layer, extent)
    for axis in list(axes.flat)[len(answer.layers) :]:
        axis.set_visible(False)
    figure.suptitle("\n".join(lines), fontsize=10)
    label = "share of approaches defended" if engaged else "radars that see, mean over site draws"
    figure.colorbar(image, ax=axes, shrink=0.7, label=label)
    return figure


def _panel(axis: Any, answer: Coverage, layer: Layer, extent: tuple[float, ...]) -> None:
    """Outline, coast, sites and title of one height."""
    from contourpy import contour_generator

    lat, lon = np.degrees(answer.latitude), np.degrees(answer.longitude)
    engaged = answer.question.what == "engage"
    if not engaged:
        lines: Any = contour_generator(lon, lat, layer.bands["system"]).lines(OUTLINE)
        for line in lines:
            if np.ptp(line, axis=0).max() > _FRAGMENT * (extent[1] - extent[0]):
                axis.plot(*line.T, color=_RED, lw=0.8)
    for coast, line in land():
        axis.plot(*line.T, color="#555e66", lw=0.7 if coast else 0.5, ls="-" if coast else (0, (4, 3)))
    axis.plot(*np.degrees(answer.sites[:, ::-1]).T, ".", color=_INK if engaged else _RED, ms=2.5, mew=0.0)
    axis.set_xlim(extent[0], extent[1])
    axis.set_ylim(extent[2], extent[3])
    spoken = f"{layer.height / 1e3:g} km" if layer.height >= 1e3 else f"{layer.height:g} m"
    above = "ground" if answer.question.reference == "ground" else "the sea"
    axis.set_title(f"{spoken} above {above}: {layer.areas['any'].mean():,.0f} km²", fontsize=10)
    axis.tick_params(labelsize=7)


def caption(answer: Coverage, extent: tuple[float, ...], columns: int) -> list[str]:
    """What the picture shows, and what a reader has to know of it."""
    q, s = answer.question, answer.scenario
    verb = {"detect": "detects", "track": "tracks", "engage": "can engage"}[q.what]
    shown = f"{s.title}: {q.posture}: who {verb} {s.library.bodies[q.body].title}, {ASPECT[q.what]}"
    signs = ["notional, from open literature", "dots: drawn sites"]
    if q.what != "engage":
        signs.append("red line: seen by the system alone in half of the draws, without small patches")
    if any(layer.buried.any() for layer in answer.layers):
        signs.append("grey: the ground is higher")
    if not any(_within(line, extent) for _, line in land()):
        signs.append("no coastline for this region")
    texts = (shown, "; ".join(signs), *answer.notes)
    return [line for text in texts for line in textwrap.wrap(text, round(_WIDEST * _PANEL * columns))]


def edges(answer: Coverage) -> tuple[float, float, float, float]:
    """West, east, south and north edge (degrees) of the cells."""
    lat, lon = np.degrees(answer.latitude), np.degrees(answer.longitude)
    up, right = 0.5 * (lat[0] - lat[1]), 0.5 * (lon[1] - lon[0])
    return float(lon[0] - right), float(lon[-1] + right), float(lat[-1] - up), float(lat[0] + up)


def panel_columns(count: int) -> int:
    """Columns of a nearly square grid of panels that leaves few of them empty."""
    root = math.ceil(math.sqrt(count))
    return min(root, root + 1, key=lambda columns: -count % columns)


def land() -> list[tuple[bool, np.ndarray]]:
    """Lines of the shipped map: is it a coast (else a border), and float64[n, 2] longitude and latitude (degrees)."""
    text = files("openiads").joinpath("library/map/coast_borders.geojson").read_text(encoding="utf-8")
    return [
        (feature["properties"]["kind"] == "coast", np.array(line))
        for feature in json.loads(text)["features"]
        for line in feature["geometry"]["coordinates"]
    ]


def _within(line: np.ndarray, extent: tuple[float, ...]) -> bool:
    west, east, south, north = extent
    return bool(((line[:, 0] >= west) & (line[:, 0] <= east) & (line[:, 1] >= south) & (line[:, 1] <= north)).any())
