"""Coverage maps: every cell against plain geometry and the closed form of Swerling 1, and the files as others read them."""

from __future__ import annotations

import csv
import json
import math

import numpy as np
import pytest

from openiads.coverage import Question, coverage, lines, table, write
from openiads.coverage.picture import caption, edges, panel_columns
from openiads.engine.geo import EARTH_RADIUS, REFRACTION
from openiads.errors import ScenarioError, UsageError
from tests import builders

rasterio = pytest.importorskip("rasterio", reason="extra geo is not installed")
from rasterio.features import geometry_mask  # noqa: E402
from rasterio.transform import Affine  # noqa: E402

PD, PFA, RANGE, REACH, CROSS_SECTION = 0.8, 1e-6, 120e3, 260e3, math.sqrt(10.0)  # of RADAR against a raider
RADAR = {
    "swerling": 1, "range_km": 120.0, "range_rcs_m2": 1.0, "range_pd": 0.8, "pfa": 1e-6, "instrumented_range_km": 260.0,
    "minimum_range_m": 3000.0, "elevation_min_deg": -10.0, "elevation_max_deg": 40.0,
}  # fmt: skip
FAR_EYE = {"name": "far-eye", "class": "sharp", "node": "net", "latitude_deg": 39.0, "longitude_deg": 35.5}
AWAY = (math.radians(39.0), math.radians(35.5))
MAST = 10.0  # m
HEIGHTS = (100.0, 1000.0, 10_000.0)
CELL = 5000.0


def scenario(**changes):
    """A radar of the system at the site, and one of another node 170 km away."""
    nodes = [*builders.BASE["nodes"], {"name": "net", "title": "the other net", "owner": "national", "tracks": True}]
    base = {"nodes": nodes, "radars": [*builders.BASE["radars"], FAR_EYE], "library": {"radars": {"sharp": RADAR}}}
    return builders.scenario(**builders.laid_over(base, changes))


def ask(s, **changes):
    values = {"posture": "on", "body": "raider", "heights": HEIGHTS, "cell": CELL, "warning": 0.0} | changes
    return coverage(s, Question(**values))


def arcs(answer, place):
    """Great-circle angle (rad) of every cell from a place (rad)."""
    lat, lon = answer.latitude[:, None], answer.longitude[None, :]
    half = np.sin(0.5 * (lat - place[0])) ** 2 + np.cos(lat) * np.cos(place[0]) * np.sin(0.5 * (lon - place[1])) ** 2
    return 2.0 * np.arcsin(np.sqrt(half))


def detected(answer, place, height, mast=MAST):
    """Pd of one radar of `scenario` in every cell over a smooth Earth, and where rounding may decide."""
    arc = arcs(answer, place)
    low, high = EARTH_RADIUS + mast, EARTH_RADIUS + height
    slant = np.sqrt(low**2 + high**2 - 2.0 * low * high * np.cos(arc))
    radio = REFRACTION * EARTH_RADIUS
    horizon = REFRACTION * (math.acos(radio / (radio + mast)) + math.acos(radio / (radio + height)))
    elevation = np.degrees(np.arcsin((high * np.cos(arc) - low) / slant))
    snr = (math.log(PFA) / math.log(PD) - 1.0) * (RANGE / slant) ** 4 * CROSS_SECTION
    seen = (arc <= horizon) & (slant >= 3e3) & (slant <= REACH) & (elevation >= -10.0) & (elevation <= 40.0)
    pd = np.where(seen, PFA ** (1.0 / (1.0 + snr)), 0.0)
    # the lowest visible height stands on cells, so that it is known to about a cell around the horizon
    unsure = np.abs(arc - horizon) * EARTH_RADIUS < CELL
    for value, limit, margin in ((slant, 3e3, 10.0), (slant, REACH, 10.0), (elevation, 40.0, 0.01)):
        unsure |= np.abs(value - limit) < margin
    return pd, unsure


@pytest.mark.parametrize("reference", ["ground", "sea"])
def test_every_cell_is_what_geometry_and_the_closed_form_say(reference):
    answer = ask(scenario(), reference=reference)
    assert answer.radars == ("eye", "far-eye")
    for layer, height in zip(answer.layers, HEIGHTS, strict=True):
        own, unsure_own = detected(answer, builders.SITE, height)
        other, unsure_other = detected(answer, AWAY, height)
        sure = ~(unsure_own | unsure_other)
        assert sure.mean() > 0.9 and (own[sure] > 0).any() and (other[sure] > 0).any()
        together = 1.0 - (1.0 - own) * (1.0 - other)
        assert np.abs(layer.bands["pd"] - together)[sure].max() < 2e-5
        clear = sure & (np.abs(own - 0.5) > 1e-4) & (np.abs(other - 0.5) > 1e-4)
        number = (own >= 0.5).astype(int) + (other >= 0.5)
        assert np.array_equal(layer.bands["number"][clear], number[clear])
        assert np.array_equal(layer.bands["share"][clear], (number > 0)[clear])
        assert np.array_equal(layer.bands["system"][clear], (own >= 0.5)[clear])


def test_a_track_asks_for_more_than_a_plot():
    """3 of 4 looks as likely as not: the median of four looks, Pd 0.6142724."""
    detect, track = ask(scenario()), ask(scenario(), what="track")
    for a, b, height in zip(detect.layers, track.layers, HEIGHTS, strict=True):
        assert (b.bands["number"] <= a.bands["number"]).all() and b.areas["any"][0] <= a.areas["any"][0]
        own, unsure = detected(track, builders.SITE, height)
        clear = ~unsure & (np.abs(own - 0.6142724) > 1e-4)
        assert height < 3000.0 or ((own >= 0.5) & (own < 0.6142724))[clear].any()
        assert np.array_equal(b.bands["system"][clear], (own >= 0.6142724)[clear])


def test_areas_are_those_of_a_cap_of_the_sphere():
    """A radar certain out to its instrumented range: the area of a cap, 2 pi a^2 (1 - cos arc)."""
    certain = {"range_km": 2000.0, "swerling": 0, "elevation_max_deg": 88.0}
    answer = ask(scenario(library={"radars": {"sharp": certain}}), heights=(10_000.0,), cell=2000.0)
    low, high = EARTH_RADIUS + MAST, EARTH_RADIUS + 10_000.0
    cap = (low**2 + high**2 - REACH**2) / (2.0 * low * high)
    expected = 2.0 * math.pi * (EARTH_RADIUS / 1e3) ** 2 * (1.0 - cap)
    assert answer.layers[0].areas["system"][0] == pytest.approx(expected, rel=2e-3)


def test_a_sector_is_seen_and_nothing_beside_it():
    eye = {**builders.BASE["radars"][0], "sector_center_deg": 90.0}
    changes = {"sector_width_deg": 90.0, "track_width_deg": 90.0}
    s = scenario(radars=[eye], library={"radars": {"sharp": changes}})
    answer = ask(s, heights=(10_000.0,))
    lat, lon = answer.latitude[:, None], answer.longitude[None, :] - builders.SITE[1]
    east = np.cos(lat) * np.sin(lon)
    north = math.cos(builders.SITE[0]) * np.sin(lat) - math.sin(builders.SITE[0]) * np.cos(lat) * np.cos(lon)
    azimuth = np.degrees(np.arctan2(east, north))
    own, unsure = detected(answer, builders.SITE, 10_000.0)
    clear = ~unsure & (np.abs(np.abs(azimuth - 90.0) - 45.0) > 0.01) & (np.abs(own - 0.5) > 1e-4)
    expected = (own >= 0.5) & (np.abs(azimuth - 90.0) < 45.0)
    assert expected.any() and np.array_equal(answer.layers[0].bands["system"][clear], expected[clear])


# ---------------------------------------------------------------- over hills


@pytest.fixture(scope="module")
def hills(tmp_path_factory):
    """Ridges and a valley, 3 x 3 degrees around the site, and the same as a function of place (rad)."""
    rows = columns = 360
    step = 1.0 / 120.0
    lat = 39.5 - (np.arange(rows) + 0.5) * step
    lon = 32.5 + (np.arange(columns) + 0.5) * step
    heights = (
        700.0
        + 400.0 * np.sin(4.0 * lat)[:, None] * np.cos(5.0 * lon)[None, :]
        + 80.0 * np.sin(21.0 * (lat[:, None] + lon))
    )
    path = tmp_path_factory.mktemp("ground") / "hills.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=rows, width=columns, count=1, dtype="int16", crs="EPSG:4326",
        transform=Affine(step, 0.0, 32.5, 0.0, -step, 39.5),
    ) as target:  # fmt: skip
        target.write(np.round(heights).astype(np.int16), 1)
    return path, np.round(heights), (39.5 - 0.5 * step, 32.5 + 0.5 * step, step)


def ground(hills, lat, lon):
    """Bilinear height (m) at places (rad)."""
    from scipy.ndimage import map_coordinates

    _, heights, (north, west, step) = hills
    where = np.array([(north - np.degrees(lat)) / step, (np.degrees(lon) - west) / step])
    return map_coordinates(heights, where.reshape(2, -1), order=1, mode="nearest").reshape(np.shape(lat))


def marched(hills, site, mast, lat, lon, height):
    """Is a place (rad; height in m above the sea) in line of sight: a march in steps of 200 m on a 4/3 earth."""
    a = np.array([math.cos(site[0]) * math.cos(site[1]), math.cos(site[0]) * math.sin(site[1]), math.sin(site[0])])
    b = np.array([math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)])
    arc = math.acos(float(np.clip(a @ b, -1.0, 1.0)))
    n = max(2, int(arc * EARTH_RADIUS / 200.0))
    psi = arc * np.arange(1, n) / n
    way = (np.sin(arc - psi)[:, None] * a + np.sin(psi)[:, None] * b) / math.sin(arc)
    under = ground(hills, np.arcsin(way[:, 2]), np.arctan2(way[:, 1], way[:, 0]))
    radio = REFRACTION * EARTH_RADIUS

    def slope(psi, height):
        d = psi / REFRACTION
        return (np.cos(d) - (radio + mast) / (radio + height)) / np.sin(d)

    return bool(slope(arc, height) >= slope(psi, under).max())


def test_sight_over_hills_is_that_of_a_march_along_the_ray(hills):
    s = scenario(terrain=str(hills[0]), radars=builders.BASE["radars"])
    at_ground = ask(s, heights=(100.0, 1000.0), cell=1000.0)
    at_sea = ask(s, heights=(1200.0, 2500.0), cell=1000.0, reference="sea")
    mast = float(ground(hills, *builders.SITE)) + MAST
    rng = np.random.default_rng(5)
    for answer, above_ground in ((at_ground, True), (at_sea, False)):
        rows, columns = (rng.integers(0, n, 400) for n in (answer.latitude.size, answer.longitude.size))
        for layer in answer.layers:
            agreed = []
            for i, j in zip(rows, columns, strict=True):
                lat, lon = answer.latitude[i], answer.longitude[j]
                height = layer.height + (float(ground(hills, lat, lon)) if above_ground else 0.0)
                pd, _ = detected(answer, builders.SITE, height, mast)
                if pd[i, j] < 0.5 or height < ground(hills, lat, lon):
                    continue  # too weak or below the ground: not a matter of sight
                agreed.append(
                    marched(hills, builders.SITE, mast, lat, lon, height) == bool(layer.bands["system"][i, j])
                )
            assert len(agreed) > 100 and np.mean(agreed) >= 0.97, np.mean(agreed)


def test_above_the_sea_nothing_is_seen_inside_a_hill(hills):
    s = scenario(terrain=str(hills[0]), radars=builders.BASE["radars"])
    answer = ask(s, heights=(500.0,), reference="sea", cell=2000.0)
    lat, lon = np.meshgrid(answer.latitude, answer.longitude, indexing="ij")
    buried = ground(hills, lat, lon) > 501.0
    assert buried.any() and not answer.layers[0].bands["share"][buried].any()


# ---------------------------------------------------------------- who can engage


def test_engaged_is_what_is_seen_long_enough_inside_the_envelope():
    """Reaction and fly-out at the cell, six points back along each of eight ways, all in sight."""
    s = scenario(library={"radars": {"sharp": {"swerling": 0, "range_km": 2000.0, "instrumented_range_km": 110.0, "elevation_max_deg": 88.0}},
                          "fire_units": {"unit": {"reaction_s": 40.0}}})  # fmt: skip
    answer = ask(s, what="engage", heights=(8000.0,), warning=0.0)
    band = answer.layers[0].bands["share"]
    low, high = EARTH_RADIUS + MAST, EARTH_RADIUS + 8000.0
    lat, lon = np.meshgrid(answer.latitude, answer.longitude, indexing="ij")
    unit = EARTH_RADIUS * np.array([math.cos(builders.SITE[0]) * math.cos(builders.SITE[1]), math.cos(builders.SITE[0]) * math.sin(builders.SITE[1]), math.sin(builders.SITE[0])])  # fmt: skip
    cell = high * np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)
    gap = np.linalg.norm(cell - unit, axis=-1)
    length = (40.0 + gap / 3000.0) * 300.0
    count, doubt = np.zeros(lat.shape), np.zeros(lat.shape, bool)
    for way in 2.0 * math.pi * np.arange(8) / 8:
        all_seen = np.ones(lat.shape, bool)
        for k in range(6):
            d = length * k / 5.0 / EARTH_RADIUS
            there = np.arcsin(np.sin(lat) * np.cos(d) + np.cos(lat) * np.sin(d) * math.cos(way))
            across = lon + np.arctan2(math.sin(way) * np.sin(d) * np.cos(lat), np.cos(d) - np.sin(lat) * np.sin(there))
            half = np.sin(0.5 * (there - builders.SITE[0])) ** 2
            half += np.cos(there) * math.cos(builders.SITE[0]) * np.sin(0.5 * (across - builders.SITE[1])) ** 2
            arc = 2.0 * np.arcsin(np.sqrt(half))
            slant = np.sqrt(low**2 + high**2 - 2.0 * low * high * np.cos(arc))
            all_seen &= (slant <= 110e3) & (slant >= 100.0)
            doubt |= np.abs(slant - 110e3) < 300.0
        count += all_seen
    expected = np.where(gap <= 100e3, count / 8.0, 0.0)
    sure = ~doubt & (np.abs(gap - 100e3) > 300.0)
    assert sure.sum() > 1000 and expected[sure].max() > 0.0 and ((expected > 0) & (expected < 1))[sure].any()
    assert np.array_equal(band[sure], expected[sure].astype(np.float32))
    assert answer.layers[0].areas["system"][0] == answer.layers[0].areas["any"][0] > 0.0


def test_a_dead_zone_is_a_hole_and_a_table_of_one_speed_changes_nothing():
    """A polygon with a cone overhead: at 8 km its first 11.2 km of ground are not engaged, all else as in the box."""
    box = {"range_max_km": None, "range_min_km": None, "altitude_max_km": None, "altitude_min_m": None}
    cone = {**box, "envelope_km": [[2.0, 0.0], [100.0, 0.0], [100.0, 30.0], [36.5, 30.0]]}
    table = {
        "speed_mps": None,
        "flyout_range_km": [5.0, 50.0],
        "flyout_altitude_km": [0.0],
        "flyout_speed_mps": [[3000.0, 3000.0]],
    }
    shares = []
    for missile in ({"range_min_km": 2.0}, {**cone, **table}):
        s = builders.scenario(
            library={"radars": {"sharp": {**RADAR, "elevation_max_deg": 88.0}}, "missiles": {"round": missile}}
        )
        answer = ask(s, what="engage", heights=(8000.0,), cell=2000.0, reference="sea")
        shares.append(answer.layers[0].bands["share"])
    plain, holed = shares
    ground, edge = EARTH_RADIUS * arcs(answer, builders.SITE), 1e3 * (2.0 + 34.5 * 8.0 / 30.0)
    hole, sure = ground < edge, np.abs(ground - edge) > 10.0
    assert (hole & sure & (plain > 0.0)).sum() > 50
    assert np.array_equal(holed[sure], np.where(hole, 0.0, plain)[sure])


# ---------------------------------------------------------------- the draws of a site


def test_a_region_is_the_share_of_its_draws():
    sites = {"plain": {"title": "a plain", "latitude_deg": 38.0, "longitude_deg": 34.0, "radius_km": 60.0}}
    s = scenario(sites=sites)
    four, again, two = (ask(s, sites=n, heights=(3000.0,)) for n in (4, 4, 2))
    assert len(np.unique(four.sites, axis=0)) == 4 and np.array_equal(four.sites[:2], two.sites)
    layer = four.layers[0]
    expected = np.zeros(layer.bands["system"].shape)
    unsure = np.zeros(expected.shape, bool)
    for site in four.sites:
        own, close = detected(four, site, 3000.0)
        expected += (own >= 0.5) / 4.0
        unsure |= close | (np.abs(own - 0.5) < 1e-4)
    assert np.array_equal(layer.bands["system"][~unsure], expected[~unsure].astype(np.float32))
    assert ((expected > 0) & (expected < 1)).mean() > 0.0
    for name, band in layer.bands.items():
        assert np.array_equal(band, again.layers[0].bands[name])
    assert layer.areas["system"].size == 4 and np.array_equal(layer.areas["system"][:2], two.layers[0].areas["system"])


# ---------------------------------------------------------------- files, as others read them


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    answer = ask(
        scenario(sites={"plain": {"title": "a plain", "latitude_deg": 38.0, "longitude_deg": 34.0, "radius_km": 30.0}}),
        sites=3,
    )
    folder = tmp_path_factory.mktemp("maps")
    write(answer, folder)
    return answer, folder


def test_every_height_is_a_geotiff_that_lies_where_it_should(written):
    answer, folder = written
    for layer, name in zip(answer.layers, ("100m", "1km", "10km"), strict=True):
        with rasterio.open(folder / f"detect-{name}.tif") as file:
            assert file.crs.to_epsg() == 4326
            assert file.descriptions == ("any", "system", "number of radars", "probability of detection")
            assert file.tags()["height_m"] == str(layer.height) and file.tags()["reference"] == "ground"
            for i, band in enumerate(layer.bands.values(), 1):
                assert np.array_equal(file.read(i), band)
            for row, column in ((0, 0), (17, 31)):
                lon, lat = file.xy(row, column)
                assert (lat, lon) == pytest.approx((math.degrees(answer.latitude[row]), math.degrees(answer.longitude[column])), abs=1e-9)  # fmt: skip


def test_the_table_is_the_area_of_the_rasters(written):
    answer, folder = written
    with (folder / "areas.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 9 == len(table(answer))
    for row in rows:
        assert float(row["km2_low"]) <= float(row["km2"]) <= float(row["km2_high"])
        assert float(row["percent_of_country"]) == pytest.approx(100.0 * float(row["km2"]) / 10_000.0, abs=2e-3)
        assert row["draws"] == "3" and row["what"] == "detect" and row["reference"] == "ground"
        if row["by"] == "two":
            continue
        height = float(row["height_m"])
        with rasterio.open(folder / f"detect-{f'{height / 1e3:g}km' if height >= 1e3 else f'{height:g}m'}.tif") as file:
            share = file.read(1 if row["by"] == "any" else 2).astype(float)
            south = np.sin(np.radians([file.transform.f + file.transform.e * k for k in range(file.height + 1)]))
            strip = (EARTH_RADIUS / 1e3) ** 2 * math.radians(file.transform.a) * -np.diff(south)
            assert float(row["km2"]) == pytest.approx(float((share * strip[:, None]).sum()), rel=1e-5)


def test_the_outlines_enclose_the_cells_of_half_the_draws(written):
    answer, folder = written
    for layer, name in zip(answer.layers, ("100m", "1km", "10km"), strict=True):
        features = json.loads((folder / f"detect-{name}.geojson").read_text(encoding="utf-8"))["features"]
        assert [f["properties"]["by"] for f in features] == ["any", "system"]
        with rasterio.open(folder / f"detect-{name}.tif") as file:
            transform = file.transform
        for feature, band in zip(features, ("share", "system"), strict=True):
            assert feature["properties"]["height_m"] == layer.height and feature["properties"]["at_least"] == 0.5
            inside = layer.bands[band] >= 0.5
            assert inside.any()
            drawn = ~geometry_mask([feature["geometry"]], inside.shape, transform)
            assert np.array_equal(drawn, inside)


def test_the_picture_shows_a_panel_for_every_height(written):
    from matplotlib.image import imread

    pixels = imread(written[1] / "coverage.png")
    assert pixels.shape[1] > 900 and len(np.unique(pixels.reshape(-1, pixels.shape[2]), axis=0)) > 100


def test_it_is_told_what_the_files_show(written):
    answer, folder = written
    said = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    assert said["posture"] == "on" and said["class"] == "raider" and said["sites_drawn"] == 3
    assert (
        said["heights_are"] == "above the ground" and said["heights_m"] == list(HEIGHTS) and said["terrain"] == "smooth"
    )
    assert said["radars_on"] == list(answer.radars) and said["cross_section_m2"] == {
        "nose": pytest.approx(CROSS_SECTION)
    }
    assert said["aspect"] == "nose on" and said["notes"] == [] and said["reach_off_terrain"] == 0.0


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"body": "raidr"}, "no body class 'raidr'; did you mean 'raider'"), ({"posture": "off"}, "no posture 'off'"),
        ({"heights": ()}, "1 to 20"), ({"heights": (100.0, 100.0)}, "different"), ({"heights": (-5.0,)}, "above 0"),
        ({"heights": (math.nan,)}, "above 0"), ({"cell": 500.0}, "1 to 50 km"), ({"cell": math.nan}, "1 to 50 km"),
        ({"sites": 0}, "1 to 1,000"), ({"heights": (1500.0001, 1500.0002)}, "both be written to '1500m'"),
    ],
)  # fmt: skip
def test_a_question_without_an_answer_is_refused(changes, said):
    with pytest.raises(UsageError, match=said):
        ask(scenario(), **changes)


@pytest.mark.parametrize("longitudes", [(-179.5, 179.5), (178.0, 178.0)])
def test_a_map_across_the_date_line_is_refused(longitudes):
    places = [{**FAR_EYE, "name": f"eye-{i}", "longitude_deg": x} for i, x in enumerate(longitudes)]
    with pytest.raises(ScenarioError, match="crosses the date line"):
        ask(scenario(radars=[*builders.BASE["radars"], *places]))


@pytest.mark.parametrize("latitude", [83.0, 89.9, -89.9])
def test_a_map_near_a_pole_is_refused(latitude):
    with pytest.raises(ScenarioError, match="within 5 degrees of a pole"):
        ask(scenario(radars=[*builders.BASE["radars"], {**FAR_EYE, "latitude_deg": latitude}]))


# ---------------------------------------------------------------- who takes part


def silent(from_h, to_h):
    """The small scenario with its one radar silent for a while."""
    eye = {**builders.BASE["radars"][0], "silence": [{"from_h": from_h, "to_h": to_h}]}
    return scenario(radars=[eye])


@pytest.mark.parametrize("what", ["detect", "engage"])
def test_a_radar_that_is_silent_when_the_vignette_begins_shows_nothing(what):
    dark = ask(silent(0, 24), heights=(8000.0,), what=what)
    assert dark.radars == dark.units == () and not dark.layers[0].bands["share"].any()
    for begins, ends in ((0.01, 24), (-1, 0)):
        lit = ask(silent(begins, ends), heights=(8000.0,), what=what)
        assert lit.radars == ("eye",) and lit.units == ("unit",) and lit.layers[0].bands["share"].any()


@pytest.mark.parametrize(
    ("changes", "what", "said"),
    [
        ({"postures": {"on": {"emits": "never"}}}, "detect", "no radar is on when the vignette begins"),
        ({"postures": {"on": {"emits": "never"}}}, "engage", "no fire unit has rounds and a radar that is on"),
        ({"library": {"radars": {"sharp": {"targets": ["drone"]}}}}, "detect", "0 hear bearings alone and 1 do not"),
        ({"library": {"radars": {"sharp": {"targets": ["drone"]}}}}, "engage", "reports the kind 'cruise'"),
        ({"library": {"radars": {"sharp": {"elevation_min_deg": 30.0}}}}, "detect", "below the horizon, too weak"),
    ],
)  # fmt: skip
def test_an_empty_map_says_why(changes, what, said):
    answer = ask(scenario(radars=builders.BASE["radars"], **changes), heights=(10.0,), what=what)
    assert answer.layers[0].areas["any"][0] == 0.0 and len(answer.notes) == 1 and said in answer.notes[0]
    assert lines(answer)[-1] == f"note: {answer.notes[0]}"


def test_only_radars_that_can_place_the_class_are_counted():
    ear = {"name": "ear", "class": "ear", "node": "post", "latitude_deg": 38.0, "longitude_deg": 34.0}
    hears = {"dimensions": 1, "range_rcs_m2": None, "range_emission_w": 1000.0, "swerling": 0}
    library = {"radars": {"ear": builders.laid_over(builders.SHARP_RADAR, hears)}}
    s = scenario(radars=[*builders.BASE["radars"], ear], library=library)
    answer = ask(s, heights=(3000.0,))
    assert answer.radars == ("eye",) and lines(answer)[1].startswith("1 radar on that can place it; ")
    assert "1 draw;" in lines(answer)[1]
    alone = ask(scenario(radars=[ear], fire_units=[], library=library), heights=(3000.0,))
    assert "1 hear bearings alone and 0 do not report" in alone.notes[0]


def test_an_engaged_area_that_may_exceed_the_detected_one_says_so():
    alike, broad = scenario(), scenario(library={"bodies": {"raider": {"rcs_beam": "10-100"}}})
    assert ask(alike, what="engage", heights=(3000.0,)).notes == ()
    answer = ask(broad, what="engage", heights=(3000.0,))
    assert len(answer.notes) == 1 and "may exceed the detected one" in answer.notes[0]
    assert lines(answer)[0].endswith("nose, beam or tail as each approach shows")
    assert ask(broad, heights=(3000.0,)).notes == () and lines(ask(broad, heights=(3000.0,)))[0].endswith("nose on")


# ---------------------------------------------------------------- where the terrain ends


def test_what_lies_off_the_terrain_is_said(hills):
    answer = ask(scenario(terrain=str(hills[0]), radars=builders.BASE["radars"]), heights=(100.0, 10_000.0))
    rng = np.random.default_rng(3)
    arc = np.arccos(1.0 - rng.random(200_000) * (1.0 - math.cos(REACH / EARTH_RADIUS)))
    way = 2.0 * math.pi * rng.random(arc.size)
    lat = np.arcsin(math.sin(builders.SITE[0]) * np.cos(arc) + math.cos(builders.SITE[0]) * np.sin(arc) * np.cos(way))
    lon = builders.SITE[1] + np.arcsin(np.sin(way) * np.sin(arc) / np.cos(lat))
    off = 1.0 - np.mean((np.abs(np.degrees(lat) - 38.0) < 1.5) & (np.abs(np.degrees(lon) - 34.0) < 1.5))
    assert answer.off_terrain == pytest.approx(off, abs=0.01) and 0.5 < off < 0.7
    assert f"{100.0 * answer.off_terrain:.0f} % of the radars' reach at 10,000 m" in answer.notes[0]
    assert "lies off the terrain (36.5 to 39.5 N, 32.5 to 35.5 E)" in lines(answer)[-1]


def test_a_map_that_the_terrain_holds_has_no_note(hills):
    near = scenario(terrain=str(hills[0]), radars=builders.BASE["radars"], library={"radars": {"sharp": {"instrumented_range_km": 100.0}}})  # fmt: skip
    answer = ask(near, heights=(3000.0,))
    assert answer.off_terrain == pytest.approx(0.0, abs=1e-9) and answer.notes == ()


def test_a_cell_below_the_ground_has_no_value(hills, tmp_path):
    s = scenario(terrain=str(hills[0]), radars=builders.BASE["radars"])
    answer = ask(s, heights=(700.0,), reference="sea", cell=2000.0)
    write(answer, tmp_path)
    buried = answer.layers[0].buried
    assert 0.1 < buried.mean() < 0.9
    with rasterio.open(tmp_path / "detect-700m.tif") as file:
        assert math.isnan(file.nodata)
        for i, band in enumerate(answer.layers[0].bands.values(), 1):
            assert np.array_equal(np.isnan(file.read(i)), buried)
            assert np.array_equal(file.read(i)[~buried], band[~buried])
        assert np.array_equal(file.read_masks(1) == 0, buried)
    lat, lon = np.meshgrid(answer.latitude, answer.longitude, indexing="ij")
    sure = np.abs(ground(hills, lat, lon) - 700.0) > 1.0
    assert np.array_equal(buried[sure], (ground(hills, lat, lon) > 700.0)[sure])


# ---------------------------------------------------------------- the picture


def test_a_picture_reaches_to_the_edges_of_its_cells(written):
    answer, folder = written
    with rasterio.open(folder / "detect-1km.tif") as file:
        assert edges(answer) == pytest.approx(
            (file.bounds.left, file.bounds.right, file.bounds.bottom, file.bounds.top)
        )


def test_panels_are_laid_out_without_empty_rows():
    assert [panel_columns(n) for n in (1, 2, 3, 4, 5, 6, 8, 9, 20)] == [1, 2, 3, 2, 3, 3, 4, 3, 5]


def test_a_title_with_dollars_is_drawn_as_it_is_written(tmp_path):
    s = scenario(title="a $mall $cenario", library={"bodies": {"raider": {"title": "a $\\frac{$ raider"}}})
    write(ask(s, heights=(3000.0,)), tmp_path)
    assert (tmp_path / "coverage.png").stat().st_size > 10_000


@pytest.mark.parametrize(("longitude", "said"), [(34.0, False), (-120.0, True)])
def test_a_region_without_a_coastline_says_so(longitude, said):
    place = {"title": "a plain", "latitude_deg": 38.0, "longitude_deg": longitude, "radius_km": 0.0}
    answer = ask(scenario(radars=builders.BASE["radars"], sites={"plain": place}), heights=(3000.0,))
    assert ("no coastline for this region" in " ".join(caption(answer, edges(answer), 1))) == said
