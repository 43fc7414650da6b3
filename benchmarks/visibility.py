"""Minimum-visible-height maps: speed and error beside GDAL's viewshed, and growth with the number of cells."""

from __future__ import annotations

import ctypes
import math
import statistics
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.tools import Row, alternately, one_core, paired
from openiads.engine.geo import EARTH_RADIUS, RADIO_RADIUS, sight_slope
from openiads.engine.jit import jit
from openiads.engine.sensing.visibility import local_grid, minimum_visible_height
from openiads.scenario.terrain import terrain_of

PLACE = (math.radians(38.73), math.radians(35.48))
CELL = 430.0  # m
ABOVE = 30.0  # m, antenna above the ground
SIZES = (501, 1001, 2001, 4001)
CHECKED = 20_000  # cells that the oracle judges
_EDGE, _MIN_HEIGHT_FROM_DEM = 2, 2


def rows() -> list[Row]:
    """Speed and error against GDAL on one core, and the growth of the time with the cells."""
    out = []
    with one_core():
        ground, antenna = _ground(2001)
        try:
            gdal = Gdal(ground)
        except (ImportError, OSError):
            out.append(("minimum-visible-height map against GDAL, one core", "rasterio is not installed", "1.2 ×"))
        else:
            with gdal:
                ours, theirs = alternately([lambda: _ours(ground, antenna), gdal.viewshed], 5)
                errors = _errors(ground, antenna, (_ours(ground, antenna), gdal.heights()))
            speed = ground.size / statistics.median(ours) / 1e6
            ratio, error = 1.0 / paired(ours, theirs), errors[0] / errors[1]
            what = f"minimum-visible-height map against GDAL {gdal.version}"
            out += [
                (f"{what}, one core, 2001 × 2001 cells", f"{ratio:.2f} × ({speed:.0f} M cells/s)", "1.2 ×"),
                ("its RMS error against GDAL's, over an oracle's heights",
                 f"{error:.3f} × ({errors[0]:.2f} m, {errors[1]:.2f} m)", "0.1 ×"),
            ]  # fmt: skip
        out.append(("growth of its time with the cells, 501² to 4001²", f"exponent {_growth():.2f}", "1"))
    return out


def _ground(n: int) -> tuple[np.ndarray, float]:
    """The ground around the place, and the height of the antenna above the sea."""
    ground = local_grid(terrain_of("shipped"), *PLACE, CELL, n)
    return ground, float(ground[n // 2, n // 2]) + ABOVE


def _ours(ground: np.ndarray, antenna: float) -> np.ndarray:
    return minimum_visible_height(ground, CELL, antenna, RADIO_RADIUS)


def _growth() -> float:
    """Slope of log time over log cells."""
    seconds = []
    for n in SIZES:
        ground, antenna = _ground(n)
        seconds.append(min(alternately([lambda g=ground, a=antenna: _ours(g, a)], 5)[0]))
    return float(np.polyfit(np.log(np.array(SIZES, float) ** 2), np.log(seconds), 1)[0])


def _errors(ground: np.ndarray, antenna: float, maps: tuple[np.ndarray, ...]) -> list[float]:
    """RMS (m) of maps against the oracle over cells drawn at random."""
    rng = np.random.default_rng(1)
    n = ground.shape[0]
    cells = rng.integers(0, n, (CHECKED, 2))
    cells = cells[(cells != n // 2).any(axis=1)]
    truth = _marched(ground.astype(np.float64), cells, CELL, antenna)
    return [float(np.sqrt(np.mean((m[cells[:, 0], cells[:, 1]] - truth) ** 2))) for m in maps]


@jit
def _marched(ground, cells, cell, antenna):
    """The oracle: lowest visible heights by a march along the ray in tenths of a cell, exact on the sphere."""
    out = np.empty(cells.shape[0])
    middle = ground.shape[0] // 2
    for c in range(cells.shape[0]):
        down, right = float(cells[c, 0] - middle), float(cells[c, 1] - middle)
        length = math.sqrt(down * down + right * right)
        steps = math.ceil(10.0 * length)
        steepest = -1e9
        for s in range(1, steps):
            u, v = middle + down * s / steps, middle + right * s / steps
            i, j = min(int(u), ground.shape[0] - 2), min(int(v), ground.shape[0] - 2)
            u, v = u - i, v - j
            height = (ground[i, j] * (1.0 - v) + ground[i, j + 1] * v) * (1.0 - u) + (
                ground[i + 1, j] * (1.0 - v) + ground[i + 1, j + 1] * v
            ) * u
            steepest = max(steepest, sight_slope(length * cell * s / steps, antenna, height))
        arc = length * cell / RADIO_RADIUS
        lowest = (RADIO_RADIUS + antenna) / (math.cos(arc) - steepest * math.sin(arc)) - RADIO_RADIUS
        out[c] = max(lowest, ground[cells[c, 0], cells[c, 1]])
    return out


class Gdal:
    """The viewshed of the GDAL that comes with rasterio, over a grid written as a GeoTIFF."""

    def __init__(self, ground: np.ndarray) -> None:
        import rasterio
        from rasterio.transform import Affine

        near = Path(rasterio.__file__).parent.parent / "rasterio.libs"
        found = sorted(near.glob("libgdal*.so*"))
        if not found:
            raise OSError("rasterio brings no GDAL of its own")
        self.version = rasterio.__gdal_version__
        self.library: Any = ctypes.CDLL(str(found[0]))
        lib = self.library
        pointer, number, whole = ctypes.c_void_p, ctypes.c_double, ctypes.c_int
        lib.GDALOpen.restype, lib.GDALOpen.argtypes = pointer, [ctypes.c_char_p, whole]
        lib.GDALGetRasterBand.restype, lib.GDALGetRasterBand.argtypes = pointer, [pointer, whole]
        lib.GDALClose.argtypes = [pointer]
        lib.GDALViewshedGenerate.restype = pointer
        lib.GDALViewshedGenerate.argtypes = [
            pointer, ctypes.c_char_p, ctypes.c_char_p, pointer, *[number] * 9, whole, number, pointer, pointer, whole,
            pointer,
        ]  # fmt: skip
        lib.GDALRasterIO.argtypes = [pointer, *[whole] * 5, pointer, *[whole] * 5]
        lib.GDALAllRegister()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "ground.tif"
        n = ground.shape[0]
        lat, lon = (math.degrees(x) for x in PLACE)
        crs = f"+proj=aeqd +lat_0={lat} +lon_0={lon} +R={EARTH_RADIUS} +units=m +no_defs"
        west = -(n // 2 + 0.5) * CELL
        self.shape = ground.shape
        with rasterio.open(
            path, "w", driver="GTiff", height=n, width=n, count=1, dtype="float32", crs=crs,
            transform=Affine(CELL, 0.0, west, 0.0, -CELL, -west),
        ) as target:  # fmt: skip
            target.write(ground, 1)
        self.source = lib.GDALOpen(str(path).encode(), 0)
        self.band = lib.GDALGetRasterBand(self.source, 1)

    def __enter__(self) -> Gdal:
        return self

    def __exit__(self, *_: object) -> None:
        self.library.GDALClose(self.source)
        self.folder.cleanup()

    def _made(self) -> Any:
        made = self.library.GDALViewshedGenerate(
            self.band, b"MEM", b"", None, 0.0, 0.0, ABOVE, 0.0, 255.0, 0.0, 0.0, -1.0, EARTH_RADIUS / RADIO_RADIUS,
            _EDGE, 0.0, None, None, _MIN_HEIGHT_FROM_DEM, None,
        )  # fmt: skip
        if not made:
            raise RuntimeError("GDAL made no viewshed")
        return made

    def viewshed(self) -> None:
        """One map, thrown away."""
        self.library.GDALClose(self._made())

    def heights(self) -> np.ndarray:
        """One map as an array."""
        made = self._made()
        out = np.empty(self.shape, np.float64)
        band = self.library.GDALGetRasterBand(made, 1)
        n = self.shape[0]
        self.library.GDALRasterIO(band, 0, 0, 0, n, n, out.ctypes.data, n, n, 7, 0, 0)
        self.library.GDALClose(made)
        return out


if __name__ == "__main__":
    for row in rows():
        print(*row, sep=" | ")
