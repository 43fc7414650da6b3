"""Geodesy: GEO-1, and what a sphere keeps of GEO-2."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from openiads.engine.geo import EARTH_RADIUS, destination, ground_distance, to_ecef, to_geodetic
from validation import Row, Section

DATA = Path(__file__).parent.parent / "tests" / "data" / "geodesy"


def section() -> Section:
    """The chapter."""
    with (DATA / "geodtest_20cases.csv").open(encoding="utf-8") as file:
        cases = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
    worst = 0.0
    for c in cases:
        got = ground_distance(*(math.radians(c[k]) for k in ("lat1", "lon1", "lat2", "lon2")))
        worst = max(worst, abs(got - c["s12_m"]) / c["s12_m"])
    first = cases[0]
    got = ground_distance(*(math.radians(first[k]) for k in ("lat1", "lon1", "lat2", "lon2")))
    rows = [
        Row("GEO-1", "Karney's case 1, on the sphere", "P", first["s12_m"], got, 0.005, "m", "relative"),
        Row("GEO-1", f"largest relative difference to {len(cases)} geodesics", "P", 0.005, worst, kind="most"),
    ]
    for lat, lon, what in ((0.0, 0.0, "the equator"), (90.0, 0.0, "the pole"), (38.7, 35.5, "Kayseri")):
        for height in (-0.9 * EARTH_RADIUS, 0.0, 1e4):
            back = to_geodetic(*to_ecef(math.radians(lat), math.radians(lon), height))
            rows.append(
                Row(
                    "GEO-2",
                    f"there and back at {what}, height {height / 1e3:g} km",
                    "A",
                    lat,
                    math.degrees(back[0]),
                    1e-9,
                    "°",
                )
            )
    place = destination(math.radians(38.7), math.radians(35.5), 1.0, 4e5)
    rows.append(
        Row(
            "GEO-2",
            "a great circle of 400 km",
            "A",
            4e5,
            ground_distance(math.radians(38.7), math.radians(35.5), *place),
            1e-3,
            "m",
        )
    )
    text = (
        "The product uses a sphere of the mean radius (decision 0002), so the ellipsoidal coordinates of GEO-2 do "
        "not apply; the page allows a sphere 0.5 % in distance, and the degenerate places must hold."
    )
    return Section("Geodesy", text, rows)
