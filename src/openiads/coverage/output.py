"""A coverage answer as files: GeoTIFF and GeoJSON per height, one picture with coast and borders, one table."""

from __future__ import annotations

import csv
import json
import math
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from openiads.coverage.maps import Coverage, Layer
from openiads.errors import UsageError

_OUTLINE = 0.5  # share of the draws, or of the approaches, from which an outline is drawn
_BANDS = {
    "share": "any", "system": "system", "number": "number of radars", "pd": "probability of detection",
}  # fmt: skip
COLUMNS = ("height_m", "reference", "what", "by", "km2", "km2_low", "km2_high", "percent_of_country", "draws")


def require_raster_library() -> Any:
    """rasterio, or one clear error."""
    try:
        import rasterio
        import rasterio.features
    except ImportError:
        raise UsageError("coverage maps are written with rasterio: pip install 'openiads[geo]'") from None
    return rasterio


def write(answer: Coverage, folder: Path) -> None:
    """All files of an answer into an existing folder."""
    require_raster_library()
    for layer in answer.layers:
        name = f"{answer.question.what}-{height_name(layer.height)}"
        _geotiff(answer, layer, folder / f"{name}.tif")
        (folder / f"{name}.geojson").write_text(json.dumps(_outlines(answer, layer)), encoding="utf-8")
    with (folder / "areas.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(table(answer))
    _picture(answer, folder / "coverage.png")
    (folder / "about.json").write_text(json.dumps(about(answer), indent=1), encoding="utf-8")


def height_name(height: float) -> str:
    """30m, 1km, 1500m."""
    return f"{height / 1e3:g}km" if height >= 1e3 and height % 1e3 == 0.0 else f"{height:g}m"


def _spoken(height: float) -> str:
    return f"{height / 1e3:g} km" if height >= 1e3 else f"{height:g} m"


def table(answer: Coverage) -> list[dict[str, Any]]:
    """Rows of COLUMNS: areas by height and by whom; low and high are the middle 95 % of the site draws."""
    q, country = answer.question, answer.scenario.country.area / 1e6
    rows = []
    for layer in answer.layers:
        for by, draws in layer.areas.items():
            low, high = np.quantile(draws, [0.025, 0.975])
            values = [round(float(x), 1) for x in (draws.mean(), low, high)]
            percent = round(100.0 * float(draws.mean()) / country, 3)
            rows.append(
                dict(zip(COLUMNS, [layer.height, q.reference, q.what, by, *values, percent, draws.size], strict=True))
            )
    return rows


def about(answer: Coverage) -> dict[str, Any]:
    """What the files show, in words and numbers."""
    q, s = answer.question, answer.scenario
    return {
        "scenario": s.name, "posture": q.posture, "what": q.what, "class": q.body, "heights_m": list(q.heights),
        "heights_are": "above the ground" if q.reference == "ground" else "above the sea",
        "terrain": s.terrain, "cell_m": q.cell, "warning_s": q.warning, "seed": q.seed,
        "radars_on": list(answer.radars),
        "site_region": s.modifiers.site, "sites_drawn": len(answer.sites), "propagation": s.propagation.model_dump(),
        "cross_section_m2": s.library.bodies[q.body].rcs_nose, "bands": [_BANDS[b] for b in answer.layers[0].bands],
        "note": "Notional inputs from open literature; without jamming. The map shows who is seen, not where to go.",
    }  # fmt: skip


def _transform(answer: Coverage) -> Any:
    from rasterio.transform import Affine

    lat, lon = np.degrees(answer.latitude), np.degrees(answer.longitude)
    east, south = lon[1] - lon[0], lat[1] - lat[0]
    return Affine(east, 0.0, lon[0] - 0.5 * east, 0.0, south, lat[0] - 0.5 * south)


def _geotiff(answer: Coverage, layer: Layer, path: Path) -> None:
    rasterio = require_raster_library()
    rows, columns = layer.bands["share"].shape
    with rasterio.open(
        path, "w", driver="GTiff", height=rows, width=columns, count=len(layer.bands), dtype="float32", crs="EPSG:4326",
        transform=_transform(answer), compress="deflate", predictor=3,
    ) as target:  # fmt: skip
        for i, (name, band) in enumerate(layer.bands.items(), 1):
            target.write(band, i)
            target.set_band_description(i, _BANDS[name])
        q = answer.question
        target.update_tags(height_m=layer.height, reference=q.reference, what=q.what, body=q.body, posture=q.posture)


def _outlines(answer: Coverage, layer: Layer) -> dict[str, Any]:
    """Polygons of what at least half of the draws see, by anybody and by the system."""
    from rasterio.features import shapes

    features = []
    for by in ("share", "system"):
        inside = (layer.bands[by] >= _OUTLINE).astype(np.uint8)
        polygons = [
            shape["coordinates"] for shape, value in shapes(inside, inside > 0, transform=_transform(answer)) if value
        ]
        features.append({
            "type": "Feature",
            "properties": {
                "by": _BANDS[by], "height_m": layer.height, "reference": answer.question.reference,
                "what": answer.question.what, "class": answer.question.body, "at_least": _OUTLINE,
            },
            "geometry": {"type": "MultiPolygon", "coordinates": [_rounded(rings) for rings in polygons]},
        })  # fmt: skip
    return {"type": "FeatureCollection", "features": features}


def _rounded(rings: Any) -> list[list[list[float]]]:
    return [[[round(x, 5), round(y, 5)] for x, y in ring] for ring in rings]


def _picture(answer: Coverage, path: Path) -> None:
    """A panel per height: colours for how many see (or the share defended), an outline for the system alone."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    q, s = answer.question, answer.scenario
    lat, lon = np.degrees(answer.latitude), np.degrees(answer.longitude)
    columns = min(3, len(answer.layers))
    rows = math.ceil(len(answer.layers) / columns)
    squeeze = 1.0 / math.cos(math.radians(float(lat.mean())))
    shape = squeeze * (lat[0] - lat[-1]) / (lon[-1] - lon[0])
    figure, axes = plt.subplots(
        rows, columns, figsize=(5.2 * columns, 5.2 * shape * rows + 1.1), squeeze=False, layout="constrained"
    )
    engaged = q.what == "engage"
    band, top = (
        ("share", 1.0) if engaged else ("number", max(1.0, *(float(x.bands["number"].max()) for x in answer.layers)))
    )
    colours = plt.get_cmap("OrRd" if engaged else "YlGnBu").with_extremes(under="white")
    extent = (lon[0], lon[-1], lat[-1], lat[0])
    image = None
    for axis, layer in zip(axes.flat, answer.layers, strict=False):
        image = axis.imshow(
            layer.bands[band], extent=extent, cmap=colours, vmin=1e-6, vmax=top, aspect=squeeze, interpolation="nearest"
        )
        if not engaged and float(layer.bands["system"].max()) > 0.0:
            axis.contour(lon, lat, layer.bands["system"], levels=[_OUTLINE], colors="#c0392b", linewidths=1.0)
        _land(axis)
        axis.plot(np.degrees(answer.sites[:, 1]), np.degrees(answer.sites[:, 0]), ".", color="#c0392b", ms=3)
        axis.set_xlim(extent[0], extent[1])
        axis.set_ylim(extent[2], extent[3])
        km2 = layer.areas["any"].mean()
        axis.set_title(
            f"{_spoken(layer.height)} above {'ground' if q.reference == 'ground' else 'the sea'}: {km2:,.0f} km²",
            fontsize=10,
        )
        axis.tick_params(labelsize=7)
    for axis in list(axes.flat)[len(answer.layers) :]:
        axis.set_visible(False)
    verb = {"detect": "detects", "track": "tracks", "engage": "can engage"}[q.what]
    lines = "" if engaged else "; red: at least half of the site draws see it by the system alone"
    figure.suptitle(f"{s.title}: {q.posture}: who {verb} {s.library.bodies[q.body].title}{lines}\n"
                    "notional, from open literature; dots: drawn sites", fontsize=10)  # fmt: skip
    if image is not None:
        label = "share of approaches defended" if engaged else "radars that see, mean over site draws"
        figure.colorbar(image, ax=axes, shrink=0.7, label=label)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _land(axis: Any) -> None:
    land = json.loads(files("openiads").joinpath("library/map/coast_borders.geojson").read_text(encoding="utf-8"))
    for feature in land["features"]:
        coast = feature["properties"]["kind"] == "coast"
        for line in feature["geometry"]["coordinates"]:
            axis.plot(
                *zip(*line, strict=True), color="#555e66", lw=0.7 if coast else 0.5, ls="-" if coast else (0, (4, 3))
            )
