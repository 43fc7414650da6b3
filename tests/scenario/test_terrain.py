"""A user's own ground: rasters of several formats and projections are read to the metre, broken ones are refused."""

from __future__ import annotations

import math
import zipfile

import numpy as np
import pytest

from openiads.engine.geo import NO_DATA, ground_height, has_height
from openiads.errors import ScenarioError
from openiads.scenario.check import check
from openiads.scenario.load import library_file, load
from openiads.scenario.terrain import edges, outside, read_raster, terrain_of
from openiads.scenario.world import draw_site, draw_world
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


UTM = from_origin(400_000.0, 4_300_000.0, 900.0, 900.0)  # in zone 36
TURNED = Affine.translation(WEST, NORTH) @ Affine.rotation(20.0) @ Affine.scale(CELL, -CELL)


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # rasterio multiplies as affine once did
@pytest.mark.parametrize(("crs", "transform"), [("EPSG:32636", UTM), ("EPSG:4326", TURNED)], ids=["UTM", "rotated"])
def test_the_corners_of_a_warped_raster_are_unknown(tmp_path, crs, transform):
    """North up, a raster that was not leaves corners about which it says nothing, with or without a nodata tag."""
    heights = np.full((SIZE, SIZE), 500, np.int16)
    bare = read_raster(write(tmp_path / "bare.tif", heights, crs, transform))
    tagged = read_raster(write(tmp_path / "tagged.tif", heights, crs, transform, nodata=-9999))
    assert set(np.unique(bare.height)) == {NO_DATA, 500}
    assert (bare.height == tagged.height).all()
    assert not has_height(bare, bare.north - 0.5 * bare.step_north, bare.west + 0.5 * bare.step_east)


def test_the_largest_float_as_nodata(tmp_path):
    heights = np.full((SIZE, SIZE), 500.0)
    heights[0, :] = np.finfo(np.float64).min
    terrain = read_raster(write(tmp_path / "float64.tif", heights, nodata=np.finfo(np.float64).min))
    assert (terrain.height == NO_DATA).sum() == SIZE


def test_a_mask_band_says_what_is_unknown(tmp_path):
    path = write(tmp_path / "masked.tif", np.full((SIZE, SIZE), 500, np.int16))
    known = np.full((SIZE, SIZE), True)
    known[:10] = False
    with rasterio.open(path, "r+") as target:
        target.write_mask(known)
    assert (read_raster(path).height == NO_DATA).sum() == 10 * SIZE


def test_the_ground_reaches_to_the_edge_of_the_raster(tif):
    """The outer half of an edge cell has the height of the nearest centre; the sea begins beyond it."""
    terrain, half = read_raster(tif), 0.5 * CELL
    for out in (0.01, 0.5, 0.99):
        for place, inner in (
            ((NORTH - half * (1 - out), 34.0), (NORTH - half, 34.0)),
            ((37.0 + half * (1 - out), 34.0), (37.0 + half, 34.0)),
            ((38.0, WEST + half * (1 - out)), (38.0, WEST + half)),
            ((38.0, 35.0 - half * (1 - out)), (38.0, 35.0 - half)),
            ((NORTH - half * (1 - out), 35.0 - half * (1 - out)), (NORTH - half, 35.0 - half)),
        ):  # fmt: skip
            assert at(terrain, *place) == pytest.approx(at(terrain, *inner), abs=1e-6)
            assert at(terrain, *place) == pytest.approx(plane(*inner), abs=1.0)
    for place in ((NORTH + 1e-6, 34.0), (37.0 - 1e-6, 34.0), (38.0, WEST - 1e-6), (38.0, 35.0 + 1e-6)):
        assert at(terrain, *place) == 0.0


def test_the_smallest_raster(tmp_path):
    terrain = read_raster(write(tmp_path / "four.tif", np.full((2, 2), 700, np.int16)))
    assert at(terrain, NORTH - 0.1 * CELL, WEST + 1.9 * CELL) == 700.0


def test_the_highest_ground_is_that_of_the_sea_where_all_land_is_lower(tmp_path):
    assert read_raster(write(tmp_path / "low.tif", np.full((SIZE, SIZE), -400, np.int16))).highest == 0.0


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


def flat(name, dtype=np.int16, **more):
    """Makes a raster of 500 m with one thing that is off."""
    return lambda folder: write(folder / f"{name}.tif", np.full((SIZE, SIZE), 500, dtype), **more)


def with_a_cell_of(value, name="cell", **more):
    def make(folder):
        heights = np.full((SIZE, SIZE), 500.0, np.float32)
        heights[50:60, 50:60] = value
        return write(folder / f"{name}.tif", heights, **more)

    return make


def pictures(folder):
    path = folder / "rgb.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=SIZE, width=SIZE, count=3, dtype="uint8", crs="EPSG:4326",
        transform=from_origin(WEST, NORTH, CELL, CELL),
    ) as target:  # fmt: skip
        target.write(np.zeros((3, SIZE, SIZE), np.uint8))
    return path


def of_size(rows, columns):
    return lambda folder: write(folder / "small.tif", np.full((rows, columns), 500, np.int16))


def nowhere(folder):
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        return flat("nowhere", transform=Affine.identity())(folder)


LOCAL = 'LOCAL_CS["a building site",UNIT["metre",1]]'
MOON = "+proj=longlat +R=1737400 +no_defs"
PACIFIC = from_origin(178.0, NORTH, 4.0 / SIZE, 4.0 / SIZE)

ODD = [
    (with_a_cell_of(-9999.0), "has a height of -9999 m, accepted are -500 to 9000 m; if", "gdal_edit.py -a_nodata -9999 FILE"),
    (with_a_cell_of(5e32), "has a height of 5e+32 m", "-a_nodata 5e+32"),
    (with_a_cell_of(-9999.0, crs="EPSG:32636", transform=UTM), "has a height of -9999 m", "-a_nodata -9999"),
    (flat("complex", np.complex64), "holds complex numbers (complex64)", "gdal_translate -ot Float32"),
    (pictures, "has 3 bands, heights are one", "gdal_translate -b 1"),
    (of_size(1, 1), "has 1 x 1 cells, a ground at least 2 x 2", "smooth"),
    (of_size(1, SIZE), "has 1 x 240 cells", "larger raster"),
    (of_size(SIZE, 1), "has 240 x 1 cells", "larger raster"),
    (flat("local", crs=LOCAL, transform=UTM), "does not lead to a latitude", "gdal_edit.py -a_srs"),
    (flat("geocentric", crs="EPSG:4978", transform=UTM), "system 'EPSG:4978', which does not lead", "gdal_edit.py -a_srs"),
    (flat("moon", crs=MOON), "does not lead to a latitude and a longitude on Earth", "gdal_edit.py -a_srs"),
    (nowhere, "has no position (geotransform)", "gdal_edit.py -a_ullr"),
    (flat("pacific", transform=PACIFIC), "reaches from 178 to 182 E", "cut it at the date line"),
    (flat("fiji", crs="EPSG:32760", transform=from_origin(700_000.0, 8e6, 900.0, 900.0)), "reaches from 17", "date line"),
    (flat("metres", transform=UTM), "accepted are -180 to 180 E", "gdal_edit.py -a_srs"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "said", "remedy"), ODD, ids=[said[:40] for _, said, _ in ODD])
def test_an_odd_raster_is_refused_with_the_remedy(tmp_path, make, said, remedy):
    with pytest.raises(ScenarioError) as caught:
        read_raster(make(tmp_path))
    text = str(caught.value)
    assert said in text and remedy in text and len(text.splitlines()) == 1 and len(text) < 500


def test_heights_at_the_limits_are_taken(tmp_path):
    heights = np.full((SIZE, SIZE), -500, np.int16)
    heights[:100] = 9000
    terrain = read_raster(write(tmp_path / "limits.tif", heights))
    assert set(np.unique(terrain.height)) == {-500, 9000} and terrain.highest == 9000.0


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


def own_scenario(folder, heights, more=""):
    """A scenario file whose ground is a raster beside it."""
    write(folder / "own.tif", heights, nodata=-9999)
    text = library_file("s400-alone").read_text(encoding="utf-8").replace('"smooth"', '"own.tif"')
    (folder / "mine.toml").write_text(text.replace("[doctrine]", f"{more}[doctrine]"), encoding="utf-8")
    return folder / "mine.toml"


RADAR = '[[radars]]\nname = "far"\nclass = "generic-surveillance"\nnode = "s400"\nlatitude_deg = 38.5\nlongitude_deg = 33.5\n'


@pytest.mark.parametrize("unknown", [-9999.0, np.nan, np.inf])
def test_a_site_where_nothing_is_known_is_said_so_by_run_and_check(tmp_path, unknown):
    heights = np.full((SIZE, SIZE), 500.0, np.float32)
    heights[100:140, 100:140] = unknown  # around 38 N 34 E
    path = own_scenario(tmp_path, heights)
    with pytest.raises(
        ScenarioError, match=r"site region 'plain' lies where the terrain has no data .*gdal_fillnodata"
    ):
        draw_site(load(path), np.zeros(2, np.uint32))
    assert [p.key for p in check(path)] == ["sites.plain"] and "has no data" in check(path)[0].text


def test_check_finds_a_radar_where_nothing_is_known(tmp_path):
    heights = np.full((SIZE, SIZE), 500, np.int16)
    heights[:80, :80] = -9999
    (problem,) = check(own_scenario(tmp_path, heights, RADAR))
    assert (
        problem.key == "radars.far" and "'far' at 38.50 N 33.50 E stands where the terrain has no data" in problem.text
    )


def test_check_finds_a_radar_below_the_ground(tmp_path):
    (problem,) = check(own_scenario(tmp_path, np.full((SIZE, SIZE), 500, np.int16), RADAR + "altitude_m = 100\n"))
    assert problem.key == "radars.far" and "400 m below the ground" in problem.text


def test_check_finds_a_site_in_the_sea(tmp_path):
    (problem,) = check(own_scenario(tmp_path, np.zeros((SIZE, SIZE), np.int16)))
    assert problem.key == "sites.plain" and "has no land within 1 km of its centre; move it or widen it" in problem.text


def test_a_site_may_lie_below_the_sea(tmp_path):
    path = own_scenario(tmp_path, np.full((SIZE, SIZE), -400, np.int16))
    assert check(path) == []
    assert draw_world(load(path), "raid", 1, 0).antenna[:, 2].max() < -300.0


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
