"""The ground a scenario stands on: the shipped grid, a smooth Earth, or a user's own raster (DTED, HGT, GeoTIFF)."""

from __future__ import annotations

import io
import lzma
import math
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from openiads.engine.geo import NO_DATA, Terrain, smooth_earth
from openiads.errors import ScenarioError, UsageError

SHIPPED, SMOOTH = "shipped", "smooth"
MOST_CELLS = 400_000_000


@lru_cache(maxsize=2)
def terrain_of(kind: str) -> Terrain:
    """The ground by its name in a scenario: shipped, smooth, or the path of a raster."""
    if kind == SMOOTH:
        return smooth_earth()
    if kind != SHIPPED:
        return read_raster(Path(kind))
    packed = files("openiads").joinpath("library/terrain/globe30s.npy.xz").read_bytes()
    step = math.radians(1.0 / 120.0)
    height = np.load(io.BytesIO(lzma.decompress(packed)))
    return Terrain(
        height, math.radians(43.0), math.radians(24.0), step, step, min(0.0, float(height.min())), float(height.max())
    )


def edges(kind: str) -> tuple[float, float, float, float] | None:
    """South, north, west and east edge (rad) of a scenario's ground; a smooth Earth has none."""
    if kind == SMOOTH:
        return None
    if kind == SHIPPED:  # without unpacking it
        return math.radians(33.0), math.radians(43.0), math.radians(24.0), math.radians(46.0)
    terrain = terrain_of(kind)
    rows, columns = terrain.height.shape
    south, east = terrain.north - rows * terrain.step_north, terrain.west + columns * terrain.step_east
    return south, terrain.north, terrain.west, east


def outside(kind: str, latitude: float, longitude: float, up: float = 0.0, across: float = 0.0) -> str | None:
    """Why a place (rad) with a margin (rad) is not on a scenario's ground, or None."""
    limits = edges(kind)
    if limits is None:
        return None
    south, north, west, east = limits
    if south <= latitude - up and latitude + up <= north and west <= longitude - across and longitude + across <= east:
        return None
    which = "the shipped terrain" if kind == SHIPPED else f"the terrain '{Path(kind).name}'"
    s, n, w, e = (math.degrees(x) for x in limits)
    return f'lies outside {which} ({s:g} to {n:g} N, {w:g} to {e:g} E); move it, or set terrain = "smooth"'


def read_raster(path: Path) -> Terrain:
    """A raster of heights in metres as a grid of latitude and longitude; another projection is warped to one."""
    rasterio = _rasterio()
    if not path.is_file():
        raise ScenarioError(
            f"terrain: no file '{path}'; give the path of a DTED, HGT or GeoTIFF file, or 'shipped' or 'smooth'"
        )
    try:
        with rasterio.open(path) as source:
            if source.crs is None:
                raise ScenarioError(
                    f"terrain: '{path}' has no coordinate reference system, so nobody knows where it lies; "
                    "assign one: gdal_edit.py -a_srs EPSG:4326 FILE"
                )
            if source.width * source.height > MOST_CELLS:
                raise ScenarioError(
                    f"terrain: '{path}' has {source.width * source.height:,} cells; at most {MOST_CELLS:,} are accepted"
                )
            return _grid(source)
    except (rasterio.errors.RasterioError, OSError) as error:
        raise ScenarioError(f"terrain: '{path}' can not be read as a raster: {error}") from None


def _grid(source: Any) -> Terrain:
    """Band 1 in EPSG:4326, north up, rounded to metres; cells without data keep NO_DATA."""
    from rasterio.enums import Resampling
    from rasterio.vrt import WarpedVRT

    with WarpedVRT(
        source, crs="EPSG:4326", resampling=Resampling.bilinear, nodata=source.nodata, dtype="float32",
        tolerance=0.01,  # of a cell; GDAL's own 0.125 moves a steep slope by metres
    ) as vrt:  # fmt: skip
        values = vrt.read(1, masked=True).astype(np.float64)
        transform = vrt.transform
    values = np.ma.masked_invalid(values)
    if values.count() == 0:
        raise ScenarioError(f"terrain: '{source.name}' holds no height, only cells without data")
    heights = np.where(np.ma.getmaskarray(values), NO_DATA, np.clip(np.round(values.filled(0.0)), -500, 9000))
    return Terrain(
        np.ascontiguousarray(heights, np.int16), math.radians(transform.f), math.radians(transform.c),
        math.radians(-transform.e), math.radians(transform.a),
        min(0.0, float(heights[heights != NO_DATA].min())), float(heights.max()),
    )  # fmt: skip


def _rasterio() -> Any:
    try:
        import rasterio
        import rasterio.errors
    except ImportError:
        raise UsageError("a terrain of your own is read with rasterio: pip install 'openiads[geo]'") from None
    return rasterio
