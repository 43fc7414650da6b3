"""The ground a scenario stands on: the shipped grid, a smooth Earth, or a user's own raster (DTED, HGT, GeoTIFF)."""

from __future__ import annotations

import io
import lzma
import math
import warnings
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from openiads.engine.geo import NO_DATA, Terrain, smooth_earth
from openiads.errors import ScenarioError, UsageError
from openiads.scenario.words import show

SHIPPED, SMOOTH = "shipped", "smooth"
MOST_CELLS = 400_000_000
LOWEST, HIGHEST = -500, 9000  # m: the shore of the Dead Sea is at -430, Everest at 8,849


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
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)  # refused below, with the remedy
            with rasterio.open(path) as source:
                for fault in (_fault_of_cells(source), _fault_of_place(source)):
                    if fault:
                        raise ScenarioError(f"terrain: '{path}' {fault}")
                return _grid(source)
    except (rasterio.errors.RasterioError, OSError) as error:
        raise ScenarioError(f"terrain: '{path}' can not be read as a raster: {error}") from None


def _fault_of_cells(source: Any) -> str | None:
    """Why a raster is no grid of heights, with the remedy, or None."""
    if source.count != 1:
        return f"has {source.count} bands, heights are one; keep that one: gdal_translate -b 1 FILE HEIGHTS.tif"
    if source.dtypes[0].startswith("complex"):
        return (
            f"holds complex numbers ({source.dtypes[0]}), heights are real: gdal_translate -ot Float32 FILE HEIGHTS.tif"
        )
    return None


def _fault_of_place(source: Any) -> str | None:
    """Why nobody knows where on the Earth a raster lies, or why it can not lie there, with the remedy, or None."""
    if source.crs is None:
        return (
            "has no coordinate reference system, so nobody knows where it lies; assign one: "
            "gdal_edit.py -a_srs EPSG:4326 FILE"
        )
    if source.transform.is_identity:
        return "has no position (geotransform); assign its edges: gdal_edit.py -a_ullr WEST NORTH EAST SOUTH FILE"
    limits = _limits(source)
    if limits is None:
        return (
            f"has the coordinate reference system {show(source.crs.to_string())}, which does not lead to a latitude and a "
            "longitude on Earth; assign the one it is in: gdal_edit.py -a_srs EPSG:NUMBER FILE"
        )
    west, south, east, north = limits
    # a global grid may overhang by half a cell
    if west > east or west < -181.0 or east > 181.0 or not -91.0 < south < north < 91.0:
        return (
            f"reaches from {west:.6g} to {east:.6g} E and {south:.6g} to {north:.6g} N, accepted are -180 to 180 E and -90 to "
            "90 N; cut it at the date line (gdalwarp -t_srs EPSG:4326 -te WEST SOUTH EAST NORTH), or, where it lies "
            "elsewhere, assign the coordinate reference system it is in (gdal_edit.py -a_srs EPSG:NUMBER FILE)"
        )
    return None


def _limits(source: Any) -> tuple[float, float, float, float] | None:
    """West, south, east and north edge (degrees) of a raster, west > east across the date line; None if not on Earth."""
    from rasterio._err import CPLE_BaseError  # rasterio.errors does not have it
    from rasterio.errors import RasterioError
    from rasterio.warp import transform_bounds

    if not (source.crs.is_geographic or source.crs.is_projected):
        return None
    left, bottom, right, top = source.bounds
    try:
        limits = transform_bounds(source.crs, "EPSG:4326", left, min(bottom, top), right, max(bottom, top))
    except (RasterioError, CPLE_BaseError):
        return None
    return limits if np.isfinite(limits).all() else None


def _grid(source: Any) -> Terrain:
    """The heights rounded to metres, with the lowest and the highest; cells without data become NO_DATA."""
    heights, transform = _north_up(source)
    known = np.isfinite(heights)
    if not known.any():
        raise ScenarioError(f"terrain: '{source.name}' holds no height, only cells without data")
    low, high = np.min(heights, where=known, initial=np.inf), np.max(heights, where=known, initial=-np.inf)
    if low < LOWEST or high > HIGHEST:
        odd = f"{low if low < LOWEST else high:.8g}"
        raise ScenarioError(
            f"terrain: '{source.name}' has a height of {odd} m, accepted are {LOWEST} to {HIGHEST} m; if the value marks cells "
            f"without data, declare it: gdal_edit.py -a_nodata {odd} FILE"
        )
    heights[~known] = NO_DATA
    return Terrain(
        np.ascontiguousarray(np.rint(heights), np.int16), math.radians(transform.f), math.radians(transform.c),
        math.radians(-transform.e), math.radians(transform.a),
        min(0.0, float(np.rint(low))), max(0.0, float(np.rint(high))),
    )  # fmt: skip


def _north_up(source: Any) -> tuple[np.ndarray, Any]:
    """Heights float32[rows, columns] in EPSG:4326, NaN where there are none, and the affine transform of their place."""
    from rasterio.enums import Resampling
    from rasterio.vrt import WarpedVRT

    with WarpedVRT(
        source, crs="EPSG:4326", resampling=Resampling.bilinear, nodata=np.nan, dtype="float32",
        tolerance=0.01,  # of a cell; GDAL's own 0.125 moves a steep slope by metres
    ) as vrt:  # fmt: skip
        if min(source.height, source.width, vrt.height, vrt.width) < 2:
            raise ScenarioError(
                f"terrain: '{source.name}' has {source.height} x {source.width} cells, a ground at least 2 x 2; take a larger "
                'raster, or set terrain = "smooth"'
            )
        if vrt.width * vrt.height > MOST_CELLS:
            raise ScenarioError(
                f"terrain: '{source.name}' has {vrt.width * vrt.height:,} cells; at most {MOST_CELLS:,} are accepted"
            )
        return vrt.read(1), vrt.transform


def _rasterio() -> Any:
    try:
        import rasterio
        import rasterio.errors
    except ImportError:
        raise UsageError("a terrain of your own is read with rasterio: pip install 'openiads[geo]'") from None
    return rasterio
