"""A coverage answer as text and files: GeoTIFF and GeoJSON per height, one picture, one table."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

from openiads.coverage.maps import ASPECT, OUTLINE, Coverage, Layer, height_name
from openiads.coverage.picture import picture
from openiads.errors import UsageError
from openiads.scenario.phrasing import counted

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
    picture(answer, folder / "coverage.png")
    (folder / "about.json").write_text(json.dumps(about(answer), indent=1), encoding="utf-8")


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


def lines(answer: Coverage) -> list[str]:
    """What the console says: who takes part, the table, and what a reader has to know."""
    q, s = answer.question, answer.scenario
    part = f"{counted(len(answer.radars), 'radar')} on that can place it"
    if q.what == "engage":
        part = f"{counted(len(answer.units), 'fire unit')} ready that can engage it"
    said = [
        f"{s.title}: {q.posture}, who can {q.what} a {s.library.bodies[q.body].title}, {ASPECT[q.what]}",
        f"{part}; site region {s.modifiers.site}, {counted(len(answer.sites), 'draw')}; "
        f"heights above the {q.reference}; areas at home and abroad",
    ]
    for row in table(answer):
        spread = f" [{row['km2_low']:,.0f}, {row['km2_high']:,.0f}]" if row["draws"] > 1 else ""
        by = {"any": "anybody", "system": "the system alone", "two": "two radars or more"}[row["by"]]
        size = f"{row['percent_of_country']:.3g} % of the country's size"
        said.append(f"{row['height_m']:>7,g} m  {by:<20} {row['km2']:>11,.0f} km2{spread}  {size}")
    return said + [f"note: {note}" for note in answer.notes]


def about(answer: Coverage) -> dict[str, Any]:
    """What the files show, in words and numbers."""
    q, s = answer.question, answer.scenario
    body = s.library.bodies[q.body]
    sections = {"nose": body.rcs_nose, "beam": body.rcs_beam, "tail": body.rcs_tail}
    return {
        "scenario": s.name, "posture": q.posture, "what": q.what, "class": q.body, "heights_m": list(q.heights),
        "heights_are": "above the ground" if q.reference == "ground" else "above the sea",
        "terrain": s.terrain, "cell_m": q.cell, "warning_s": q.warning, "seed": q.seed,
        "radars_on": list(answer.radars), "fire_units_ready": list(answer.units), "aspect": ASPECT[q.what],
        "site_region": s.modifiers.site, "sites_drawn": len(answer.sites), "propagation": s.propagation.model_dump(),
        "cross_section_m2": sections if q.what == "engage" else {"nose": body.rcs_nose},
        "reach_off_terrain": round(answer.off_terrain, 3), "notes": list(answer.notes),
        "bands": [_BANDS[b] for b in answer.layers[0].bands],
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
        nodata=np.nan,
    ) as target:  # fmt: skip
        for i, (name, band) in enumerate(layer.bands.items(), 1):
            target.write(np.where(layer.buried, np.float32(np.nan), band), i)
            target.set_band_description(i, _BANDS[name])
        q = answer.question
        target.update_tags(height_m=layer.height, reference=q.reference, what=q.what, body=q.body, posture=q.posture)


def _outlines(answer: Coverage, layer: Layer) -> dict[str, Any]:
    """Polygons of what at least half of the draws see, by anybody and by the system."""
    from rasterio.features import shapes

    features = []
    for by in ("share", "system"):
        inside = (layer.bands[by] >= OUTLINE).astype(np.uint8)
        polygons = [
            shape["coordinates"] for shape, value in shapes(inside, inside > 0, transform=_transform(answer)) if value
        ]
        features.append({
            "type": "Feature",
            "properties": {
                "by": _BANDS[by], "height_m": layer.height, "reference": answer.question.reference,
                "what": answer.question.what, "class": answer.question.body, "at_least": OUTLINE,
            },
            "geometry": {"type": "MultiPolygon", "coordinates": [_rounded(rings) for rings in polygons]},
        })  # fmt: skip
    return {"type": "FeatureCollection", "features": features}


def _rounded(rings: Any) -> list[list[list[float]]]:
    return [[[round(x, 5), round(y, 5)] for x, y in ring] for ring in rings]
