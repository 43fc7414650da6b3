"""Bad scenario files: one clear line for each problem, with file, key path, what was given and what is accepted."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path

import pytest

from openiads.errors import OpenIadsError, ScenarioError, UsageError
from openiads.scenario.check import check
from openiads.scenario.load import library_file, load, parse, read_toml

TEXT = library_file("s400-alone").read_text(encoding="utf-8")
SORTIE = """
[[sorties]]
name = "visit"
title = "a visit"
class = "fighter-small"
kind = "transit"
owner = "nato"
latitude_deg = 38
longitude_deg = 34
to_latitude_deg = 39
to_longitude_deg = 34
"""
CARRIER = """[library.bodies.bearer]
title = "a carrier"
kind = "aircraft"
speed_mps = 250
rcs_nose = "1-10"
rcs_beam = "1-10"
rcs_tail = "1-10"
releases = 2
weapon = "bearer"
release_distance_km = 50
"""
LINK = """
[[links]]
name = "line"
from = "s400"
to = "s400"
role = "fixed"
latency_s = 100
period_s = 10
capacity = 0
message_bits = 100
"""
S_BAND = "[library.radars.generic-surveillance]\n"


def refused(old: str, new: str) -> list[str]:
    """Problems of s400-alone after one edit."""
    assert TEXT.count(old) >= 1, old
    with pytest.raises(ScenarioError) as caught:
        parse(tomllib.loads(TEXT.replace(old, new, 1)), "mine.toml")
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


EDITS = [
    # a key
    ("radius_km = 1", "radius = 1", "sites.plain.radius: has no unit (given: 1); write one of radius_m, radius_km"),
    ("radius_km = 1", "radius_lm = 1", "sites.plain.radius_lm: unknown key; did you mean 'radius_m'?"),
    ("radius_km = 1", "", "sites.plain.radius: missing; write one of radius_m, radius_km"),
    ("radius_km = 1", "radius_km = nan", "sites.plain.radius_km: must be a finite number (given: nan)"),
    ("radius_km = 1", "radius_km = -1", "sites.plain.radius_km: must be at least 0 (given: -1)"),
    ("radius_km = 1", "radius_km = 999", "sites.plain.radius_km: must be at most 200 (given: 999)"),
    ('terrain = "smooth"', 'terain = "smooth"', "terain: unknown key; did you mean 'terrain'? accepted: assets,"),
    ('"duty-cycle"', '"duty-cicle"', "emits: 'duty-cicle' is not known; did you mean 'duty-cycle'? accepted: never,"),
    ('name = "depot"', 'name = "De pot"', "assets.De pot.name: 'De pot' is no name; accepted: lower-case letters"),
    ("salvo = 2", 'salvo = "2"', "doctrine.salvo: must be a whole number (given: '2')"),
    ("title = \"a plain\"", "title = 3", "sites.plain.title: must be text (given: 3)"),
    ("tracks = true", 'tracks = "yes"', "nodes.s400.tracks: must be true or false (given: 'yes')"),
    # a size
    ("count = 2", "count = 1000000000", "threats.strike-aircraft.count: must be at most 200 (given: 1000000000)"),
    ("tick_s = 2", "tick_s = 1e-9", "vignettes.raid.tick_s: must be at least 0.1 (given: 1e-09)"),
    ("duration_min = 20", "duration_min = 1e9", "vignettes.raid.duration_min: must be at most 360 (given: 1000000000.0)"),
    ("launchers = 8", "launchers = 1000", "fire_units.battalion-north.launchers: must be at most 100 (given: 1000)"),
    # a reference
    ("91n6e-class", "91n6-class", "radars.acquisition.class: no radar class '91n6-class'; did you mean '91n6e-class'?"),
    ('node = "s400"', 'node = "s500"', "radars.acquisition.node: no node 's500'; did you mean 's400'? accepted: s400"),
    ('site = "plain"', 'site = "hill"', "modifiers.site: no site 'hill'; accepted: plain"),
    ('baseline = "complete"', 'baseline = "compleet"', "baseline: no posture 'compleet'; did you mean 'complete'?"),
    ('authority = "s400"', 'authority = "x"', "doctrine.authority: no node 'x'; accepted: s400"),
    ('class = "cruise-missile"', 'class = "bird"', "vignettes.raid.threats.bird.class: no body class 'bird'; accepted:"),
    ('absent = ["acquisition"]', 'absent = ["aquisition"]', "no-acquisition-radar.absent: no node, radar or fire unit"),
    ('radar = "engagement-north"', 'radar = "north"', "fire_units.battalion-north.radar: no radar 'north'"),
    ('class = "s400-battalion"', 'class = "battery"', "fire_units.battalion-north.class: no fire unit class 'battery'"),
    # assets, carriers, readiness
    ("latitude_deg = 38.03\nlongitude_deg = 34.03", 'component = "radar-x"', "assets.depot.component: no radar, fire unit or node 'radar-x'"),
    ("latitude_deg = 38.03\nlongitude_deg = 34.03", "", "assets.depot: has no place; write latitude_deg and longitude_deg, or component"),
    ("longitude_deg = 34.03", 'longitude_deg = 34.03\ncomponent = "s400"', "assets.depot: stands where 's400' stands; leave out latitude and longitude"),
    ("longitude_deg = 34.03", "longitude_deg = 34.03\nhits_to_kill = 0", "assets.depot.hits_to_kill: must be at least 1 (given: 0)"),
    ("[doctrine]", CARRIER + "[doctrine]", "library.bodies.bearer.weapon: a carrier can not release itself; name another class"),
    ("[doctrine]", CARRIER.replace('weapon = "bearer"\n', "") + "[doctrine]", "bearer: releases 2; write weapon = their class, and release_distance_km"),
    ("[doctrine]", CARRIER.replace('"bearer"', '"bird"') + "[doctrine]", "library.bodies.bearer.weapon: no body class 'bird'"),
    ("[doctrine]", CARRIER.replace('"bearer"', '"short-range-ballistic"') + "[doctrine]", "'short-range-ballistic' must fly level and have a speed"),
    ("[doctrine]", CARRIER.replace("releases = 2\n", "") + "[doctrine]", "bearer: has a weapon and releases none; write releases"),
    ("[doctrine]", CARRIER + "hit_probability = 1.5\n[doctrine]", "library.bodies.bearer.hit_probability: must be at most 1 (given: 1.5)"),
    ('readiness = "radiating"', "", "postures.complete: write readiness = one of 'sealed', 'installed-cold', 'standby', 'radiating', or ready_h"),
    ('readiness = "radiating"', 'readiness = "ready"', "postures.complete.readiness: 'ready' is not known"),
    # parts that do not fit
    ('radar = "engagement-north"', 'radar = "acquisition"', "'acquisition' is no engagement radar"),
    ("tracks = true", "tracks = false", "radars.acquisition.node: node 's400' has no tracker; set tracks = true"),
    ('name = "all-altitude"', 'name = "acquisition"', "radars.acquisition: is defined twice"),
    ('name = "all-altitude"', 'name = "battalion-north"', "'battalion-north' names parts of two kinds"),
    ('at = "site"\noffset_km = 2\nbearing_deg = 0', "", "radars.acquisition: has no place; write latitude_deg"),
    ("tick_s = 2", "tick_s = 7", "vignettes.raid.duration: 1200 s is no whole number of ticks of 7 s"),
    ("tick_s = 2", "tick_s = 4", "vignettes.raid.tick: 4 s is longer than the shortest scan of radar 'engagement-north'"),
    ('kind = "raid"', 'kind = "peace"', "vignettes.raid.threats: a vignette of peace has no threats"),
    ('terrain = "smooth"\n', 'terrain = "shipped"\n[sites.far]\ntitle="far"\nlatitude_deg=60\nlongitude_deg=30\nradius_km=9\n[x]\n', "x: unknown key"),
    ("duty = 1.0", "", "postures.complete: emits for a share of the time; write duty = that share"),
    ('support = "none"', 'support = "link"', 'postures.complete.support: no link has role = "support"; add one'),
    ("[doctrine]", SORTIE.replace("to_latitude_deg = 39", "") + "[doctrine]", "sorties.visit: a transit leads somewhere"),
    ("[doctrine]", SORTIE.replace("fighter-small", "short-range-ballistic") + "[doctrine]", None),
    ("[doctrine]", SORTIE + "start_h = 9\nend_h = 8\n[doctrine]", "sorties.visit: ends at 8 h, before it starts at 9 h"),
    ("[doctrine]", SORTIE + "count = 201\n[doctrine]", "sorties.visit.count: must be at most 200 (given: 201)"),
    ("[doctrine]", LINK + "[doctrine]", "links.line: runs from 's400' to itself"),
    ("[doctrine]", LINK + "[doctrine]", "links.line.latency: 100 s with its guard exceeds 3 periods (30 s)"),
    ("[doctrine]", LINK + "[doctrine]", "links.line.capacity: 0 carries nothing"),
    ("[doctrine]", LINK.replace('role = "fixed"', 'role = "undeclared"') + "[doctrine]", "write [undeclared]"),
    ("[doctrine]", LINK.replace('to = "s400"', 'to = "moon"') + "[doctrine]", "links.line.to: no node 'moon'"),
    # the library
    ("antenna_height_m = {", "antenna_height = {", "library.radars.96l6e-class.antenna_height: has no unit"),
    ("[library.radars.96l6e-class]", "[library.radar.96l6e-class]", "library: no kind of class 'radar'; did you mean 'radars'?"),
    ("[doctrine]", "[library.bodies.bird]\nkind='drone'\n[doctrine]", "library.bodies.bird.title: missing; write title = …"),
    ("[doctrine]", "[library.bodies.airliner]\nrcs_nose = 5.0\n[doctrine]", "library.bodies.airliner.rcs_nose: 5.0 is no decade"),
    ("[doctrine]", "[library.missiles.48n6e3-class]\nrange_min_km=300\n[doctrine]", "its envelope is empty"),
    ("[doctrine]", S_BAND + "frequency_ghz = 60\n[doctrine]", "generic-surveillance.frequency: 60 GHz lies outside its band S (2 to 4 GHz, IEEE 521); no band of VHF, UHF,"),
    ("[doctrine]", S_BAND + "frequency_ghz = 9.5\n[doctrine]", "lies outside its band S (2 to 4 GHz, IEEE 521); set band = 'X'"),
    ("[doctrine]", S_BAND + "range_rcs_dbsm = 4000\n[doctrine]", "range_rcs_dbsm: must be at most 60 (given: 4000)"),
    ("[doctrine]", S_BAND + "range_rcs_dbsm = -4000\n[doctrine]", "range_rcs_dbsm: must be at least -60 (given: -4000)"),
    ("[doctrine]", S_BAND + "range_km = 1e300\n[doctrine]", "range_km: must be at most 20000 (given: 1e+300)"),
    ("[doctrine]", S_BAND + "losses_db = 3500\n[doctrine]", "losses_db: must be at most 100 (given: 3500)"),
    ("[doctrine]", S_BAND + "gain_db = 1e5\n[doctrine]", "gain_db: must be at most 100 (given: 100000.0)"),
    ("[doctrine]", S_BAND + "peak_power_dbw = 4000\n[doctrine]", "peak_power_dbw: must be at most 120 (given: 4000)"),
    # a silence
    ('name = "acquisition"', 'name = "acquisition"\nsilence = [{ from_h = 5, to_h = 2 }]', "radars.acquisition.silence: ends at 7200 s, not after its start at 18000 s; swap"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), [e for e in EDITS if e[2]], ids=lambda x: str(x)[:30])
def test_one_edit_one_line(old: str, new: str, said: str) -> None:
    problems = refused(old, new)
    assert any(said in line for line in problems), problems
    assert all(line.startswith("mine.toml: ") and "\n" not in line for line in problems)


def test_outside_the_shipped_terrain() -> None:
    text = TEXT.replace('terrain = "smooth"', 'terrain = "shipped"').replace(
        "latitude_deg = 38.0", "latitude_deg = 60", 1
    )
    with pytest.raises(ScenarioError, match=r"sites.plain: 60.00 N 34.00 E .* outside the shipped terrain .*smooth"):
        parse(tomllib.loads(text), "mine.toml")


def test_all_problems_of_a_file_are_collected() -> None:
    text = (
        TEXT.replace("radius_km = 1", "radius = 1").replace("salvo = 2", "salvo = -2").replace("value = 1", "valeu = 1")
    )
    with pytest.raises(ScenarioError) as caught:
        parse(tomllib.loads(text), "mine.toml")
    assert len(caught.value.problems) == 3


def test_too_many_problems_are_cut() -> None:
    nodes = "".join(f"[[nodes]]\nname = 'n{i}'\nbad = 1\n" for i in range(59))
    with pytest.raises(ScenarioError) as caught:
        parse(tomllib.loads(TEXT + nodes), "mine.toml")
    lines = str(caught.value).splitlines()
    assert len(lines) == 41 and "more problems" in lines[-1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"name = 'a'\nname = 'b'", "not valid TOML: Cannot overwrite a value"),
        (b"[a]\n[a]", "not valid TOML: Cannot declare"),
        (b"name = ", "not valid TOML: Invalid value"),
        (b"\xff\xfe", "not valid TOML: 'utf-8' codec"),
        (b"x = " + b"9" * 5000, "not valid TOML"),
        (b"x = " + b"[" * 100_000, "not valid TOML: nested too deeply"),
        (b"#" * 5_000_001, "more than 5000000 bytes"),
        (b"library = 3", "library: must be a table (given: 3)"),
        (b"[library]\nradars = 3", "library.radars: must hold tables: [library.radars.NAME]"),
        (b"", "name: missing; write name = …"),
    ],
)
def test_files_that_are_no_scenario(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    start = time.monotonic()
    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert said in str(caught.value)
    assert time.monotonic() - start < 2.0


def test_a_size_of_a_million_entries_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(TEXT + "[[assets]]\nname='a'\n" * 200_000, encoding="utf-8")
    start = time.monotonic()
    with pytest.raises(ScenarioError, match="assets: must have at most 500 entries"):
        load(path)
    assert time.monotonic() - start < 30.0  # nearly all of it is the reading of the TOML


def test_more_bodies_than_the_engine_holds() -> None:
    sorties = "".join(SORTIE.replace("visit", f"visit-{i}") + "count = 200\nin_raid = true\n" for i in range(10))
    with pytest.raises(ScenarioError, match=r"vignettes\.raid: 2008 bodies without civil traffic; at most 2000"):
        parse(tomllib.loads(TEXT + sorties), "mine.toml")


def test_unknown_names_and_absent_files(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"no scenario 'turkey-2018'; did you mean 'turkey-2019'\? accepted: il20-2018"
    ):
        load("turkey-2018")
    with pytest.raises(UsageError, match=r"no file '.*absent.toml'; give the path of a .toml file"):
        load(tmp_path / "absent.toml")
    with pytest.raises(OpenIadsError):
        load(tmp_path)
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(UsageError, match="no file"):
        load(tmp_path / "folder.toml")


def test_a_symlink_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "link.toml").symlink_to(tmp_path / "real.toml")
    assert load(tmp_path / "link.toml").name == "s400-alone"


def test_check_lists_what_load_refuses(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(TEXT.replace("radius_km = 1", "radius = 1").replace("salvo = 2", "salvo = -2"), encoding="utf-8")
    problems = check(path)
    assert [p.key for p in problems] == ["sites.plain.radius", "doctrine.salvo"]
    assert all(str(p).startswith(f"{path}: {p.key}: {p.text}") for p in problems)
    assert check("s400-alone") == [] and check("turkey-2019") == []


def test_check_says_where_a_diode_has_a_way_back(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    text = library_file("turkey-2019").read_text(encoding="utf-8")
    path.write_text(text.replace('in_feed = "diode"', 'in_feed = "diode"\nout_feed = "open"', 1), encoding="utf-8")
    problems = check(path)
    assert {p.key for p in problems} == {"postures.one-way-in"}
    assert "'national-picture-in' is a diode, but 'system-tracks-out' runs the other way" in problems[0].text


def test_read_toml_says_why_a_file_can_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="mine: can not be read"):
        read_toml(tmp_path / "nothing", "mine")
