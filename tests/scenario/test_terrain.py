"""A user's own ground: rasters of several formats and projections are read to the metre, broken ones are refused."""

from __future__ import annotations

import math
import zipfile

import numpy as np
import pytest

from openiads.engine.geo import NO_DATA, ground_height, has_height
from openiads.errors import ScenarioError
from openiads.scenario.terrain import edges, outside, read_raster, terrain_of
from tests import builders

rasterio = pytest.importorskip("rasterio", reason="extra geo is not installed")
from rasterio.shutil import copy  # noqa: E402
from rasterio.transform import Affine  # noqa: E402
from rasterio.warp import transform as project  # noqa: E402

NORTH, WEST, CELL = 39.0, 33.0, 1.0 / 120.0  # degrees
SIZE = 240


def plane(latitude, longitude):
    """Heights that bilinear interpolation returns as they are, whole metres at cell centres."""
    return 1200.0 * (latitude - 37.0) + 600.0 * (longitude - 33.0)


def centres(cell: float = CELL, size: int = SIZE) -> tuple[np.ndarray, np.ndarray]:
    k = (np.arange(size) + 0.5) * cell
    return np.meshgrid(NORTH - k, WEST + k, indexing="ij")


def from_origin(west, north, east, south):
    """The affine transform of a raster whose first cell has its corner there."""
    return Affine(east, 0.0, west, 0.0, -south, north)


def write(path, heights, crs="EPSG:4326", transform=None, driver="GTiff", **more):
    rows, columns = heights.shape
    with rasterio.open(
        path, "w", driver=driver, height=rows, width=columns, count=1, dtype=heights.dtype, crs=crs,
        transform=transform or from_origin(WEST, NORTH, CELL, CELL), **more,
    ) as target:  # fmt: skip
        target.write(heights, 1)
    return path


@pytest.fixture
def tif(tmp_path):
    return write(tmp_path / "ground.tif", np.round(plane(*centres())).astype(np.int16))


def places(count: int = 200, margin: float = 0.1):
    """Latitude and longitude (degrees) well within the raster."""
    rng = np.random.default_rng(3)
    span = SIZE * CELL
    yield from zip(
        NORTH - rng.uniform(margin, span - margin, count), WEST + rng.uniform(margin, span - margin, count), strict=True
    )


def at(terrain, latitude, longitude):
    return ground_height(terrain, math.radians(latitude), math.radians(longitude))


def test_a_geotiff_of_degrees_lies_where_it_says(tif):
    terrain = read_raster(tif)
    assert all(abs(at(terrain, *p) - plane(*p)) <= 0.5 + 1e-6 for p in places())
    assert edges(str(tif)) == pytest.approx([math.radians(x) for x in (37.0, 39.0, 33.0, 35.0)], abs=1e-12)
    assert at(terrain, 40.0, 34.0) == 0.0  # the sea, beyond it


def test_a_projected_geotiff_is_warped_to_within_a_metre(tmp_path):
    """UTM zone 36: the same plane sampled in metres; what is left is rounding and the warp's bilinear step."""
    (west, *_), (*_, north) = project("EPSG:4326", "EPSG:32636", [33.0, 35.0], [37.0, 39.0])
    east, up = np.meshgrid(west + 500.0 + 900.0 * np.arange(190), north - 900.0 * np.arange(240))
    lon, lat = project("EPSG:32636", "EPSG:4326", east.ravel(), up.ravel())
    heights = plane(np.array(lat), np.array(lon)).reshape(east.shape).astype(np.float32)
    path = write(tmp_path / "utm.tif", heights, "EPSG:32636", from_origin(west + 50.0, north + 450.0, 900.0, 900.0))
    terrain = read_raster(path)
    assert all(abs(at(terrain, *p) - plane(*p)) <= 1.0 for p in places(margin=0.2))


def test_hgt_and_dted_are_read_by_their_names(tmp_path):
    """One degree of SRTM and of DTED level 0: samples stand on the edges, so a cell reaches half a step beyond."""
    for name, driver, size, kind in (("N38E033.hgt", "SRTMHGT", 1201, np.int16), ("n38.dt0", "DTED", 121, np.int16)):
        step = 1.0 / (size - 1)
        lat = 39.0 - step * np.arange(size)[:, None]
        lon = 33.0 + step * np.arange(size)[None, :]
        heights = np.round(plane(lat, lon)).astype(kind)
        place = from_origin(33.0 - 0.5 * step, 39.0 + 0.5 * step, step, step)
        memory = rasterio.MemoryFile()
        with memory.open(driver="GTiff", height=size, width=size, count=1, dtype=kind, crs="EPSG:4326", transform=place) as target:  # fmt: skip
            target.write(heights, 1)
        copy(memory.name, tmp_path / name, driver=driver)
        terrain = read_raster(tmp_path / name)
        assert terrain.height.shape == (size, size)
        for latitude, longitude in ((38.5, 33.5), (38.1234, 33.9), (38.999, 33.001)):
            assert abs(at(terrain, latitude, longitude) - plane(latitude, longitude)) <= 1.0


def test_cells_without_data_stay_unknown(tmp_path):
    heights = np.full((SIZE, SIZE), 500, np.int16)
    heights[:120, :120] = -9999
    terrain = read_raster(write(tmp_path / "holes.tif", heights, nodata=-9999))
    assert (terrain.height == NO_DATA).sum() == 120 * 120
    assert not has_height(terrain, math.radians(38.5), math.radians(33.5))
    assert has_height(terrain, math.radians(37.5), math.radians(33.5)) and at(terrain, 37.5, 34.5) == 500.0
    edge = 39.0 - 120.3 * CELL  # within the first known row, but between two centres of which one is known
    assert has_height(terrain, math.radians(edge), math.radians(33.5)) and at(terrain, edge, 33.5) == 500.0
    assert at(terrain, 38.5, 33.5) == 0.0


def test_not_a_number_is_no_data(tmp_path):
    heights = np.full((SIZE, SIZE), 500.0, np.float32)
    heights[0, 0] = np.nan
    assert (read_raster(write(tmp_path / "nan.tif", heights)).height == NO_DATA).sum() == 1


def test_a_scenario_stands_on_its_own_raster(tif):
    """The antenna stands on the plane's height: the file is what the run reads."""
    drawn = builders.world(builders.scenario(terrain=str(tif)), [])
    assert drawn.antenna[0, 2] == pytest.approx(plane(38.0, 34.0) + 10.0, abs=0.6)


def test_outside_says_where_the_raster_ends(tif):
    assert outside(str(tif), math.radians(38.0), math.radians(34.0)) is None
    said = outside(str(tif), math.radians(41.0), math.radians(34.0))
    assert "'ground.tif' (37 to 39 N, 33 to 35 E)" in said and "smooth" in said


# ---------------------------------------------------------------- refused, with the reason and the remedy


def no_crs(folder):
    return write(folder / "bare.tif", np.zeros((SIZE, SIZE), np.int16), crs=None)


def empty(folder):
    return write(folder / "empty.tif", np.full((SIZE, SIZE), -9999, np.int16), nodata=-9999)


def text(folder):
    (folder / "text.tif").write_text("heights\n1 2 3\n", encoding="utf-8")
    return folder / "text.tif"


def missing(folder):
    return folder / "nowhere.tif"


def truncated(folder):
    whole = write(folder / "cut.tif", np.round(plane(*centres())).astype(np.int16)).read_bytes()
    (folder / "cut.tif").write_bytes(whole[: len(whole) // 3])
    return folder / "cut.tif"


def archive(folder):
    with zipfile.ZipFile(folder / "ground.zip", "w") as file:
        file.writestr("readme.txt", "nothing")
    return folder / "ground.zip"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (no_crs, "no coordinate reference system"), (empty, "holds no height"), (text, "can not be read as a raster"),
        (missing, "no file"), (truncated, "can not be read as a raster"), (archive, ".tif"),
    ],
)  # fmt: skip
def test_a_broken_raster_is_refused(tmp_path, make, said):
    path = make(tmp_path)
    with pytest.raises(ScenarioError) as caught:
        builders.world(builders.scenario(terrain=str(path)), [])
    assert said in str(caught.value) and len(str(caught.value).splitlines()) == 1


def test_a_radar_where_nothing_is_known_is_refused(tmp_path):
    heights = np.full((SIZE, SIZE), 500, np.int16)
    heights[100:140, 100:140] = -9999  # around 38 N 34 E
    path = write(tmp_path / "hole.tif", heights, nodata=-9999)
    with pytest.raises(ScenarioError, match=r"radar 'eye'.*without data|site"):
        builders.world(builders.scenario(terrain=str(path)), [])


def test_a_radar_below_the_ground_is_refused(tif):
    radars = [{"name": "eye", "class": "sharp", "node": "post", "at": "site", "altitude_m": 300.0}]
    with pytest.raises(ScenarioError, match="'eye' stands 300 m above the sea, 1500 m below the ground"):
        builders.world(builders.scenario(terrain=str(tif), radars=radars), [])


def test_a_site_off_the_raster_is_refused(tif):
    sites = {"plain": {"title": "far", "latitude_deg": 45.0, "longitude_deg": 34.0, "radius_km": 0.0}}
    with pytest.raises(ScenarioError, match=r"lies outside the terrain 'ground\.tif'"):
        builders.world(builders.scenario(terrain=str(tif), sites=sites), [])


def test_the_shipped_ground_is_there():
    assert terrain_of("shipped").height.shape == (1200, 2640)
