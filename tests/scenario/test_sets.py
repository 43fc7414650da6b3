"""Values set from outside a file: modifiers by bare name, the rest by dotted path, and what is kept out."""

from __future__ import annotations

import math

import pytest

from openiads.errors import ScenarioError, UsageError
from openiads.scenario.load import load
from openiads.scenario.spec import Scenario


def value(scenario: Scenario, path: str) -> object:
    """Follow attributes, entries of dicts, and entries of lists by their name."""
    here: object = scenario
    for part in path.split("."):
        if isinstance(here, dict):
            here = here[part]
        elif isinstance(here, (list, tuple)):
            here = next(x for x in here if x.name == part)
        else:
            here = getattr(here, part)
    return here


@pytest.mark.parametrize(
    ("key", "text", "path", "expected"),
    [
        ("site", "south-coast", "modifiers.site", "south-coast"),
        ("reflectors", "false", "modifiers.reflectors", False),
        ("batches", "2", "modifiers.batches", 2),
        ("warning_h", "24", "modifiers.warning", 86400.0),
        ("warning_min", "30", "modifiers.warning", 1800.0),
        ("modifiers.topology", "mesh", "modifiers.topology", "mesh"),
        ("doctrine.salvo", "1", "doctrine.salvo", 1),
        ("doctrine.service_s", "45", "doctrine.service", 45.0),
        ("postures.standalone.duty", "0.25", "postures.standalone.duty", 0.25),
        ("postures.full-links.support", "none", "postures.full-links.support", "none"),
        ("undeclared.p_exists", "1", "undeclared.p_exists", 1.0),
        ("sites.thrace.radius_km", "10", "sites.thrace.radius", 10e3),
        ("links.order-link.availability", "0.5", "links.order-link.availability", 0.5),
        ("links.national-picture-in.guard_pass", '["friend"]', "links.national-picture-in.guard_pass", ["friend"]),
        ("radars.engagement-1.sector_center_deg", "90", "radars.engagement-1.sector_center", math.pi / 2),
        ("fire_units.battalion-1.launchers", "4", "fire_units.battalion-1.launchers", 4),
        ("sorties.training-konya.altitude_ft", "10000", "sorties.training-konya.altitude", 3048.0),
        ("civil.airports.ankara.weight", "5", "civil.airports.ankara.weight", 5.0),
        ("library.fire_units.s400-battalion.channels", "6", "library.fire_units.s400-battalion.channels", 6),
        ("library.fire_units.s400-battalion.missile", "9m96e2-class", "library.fire_units.s400-battalion.missile", "9m96e2-class"),
        ("library.radars.91n6e-class.range_m", "250000", "library.radars.91n6e-class.range", 250e3),
        ("library.bodies.fighter-small.rcs_nose", "0.1-1", "library.bodies.fighter-small.rcs_nose", math.sqrt(0.1)),
        ("vignettes.raid.warmup_min", "1", "vignettes.raid.warmup", 60.0),
    ],
)  # fmt: skip
def test_set(key: str, text: str, path: str, expected: object) -> None:
    before = value(load("turkey-2019"), path)
    after = value(load("turkey-2019", {key: text}), path)
    assert after == (pytest.approx(expected) if isinstance(expected, float) else expected)
    assert after != before
    assert value(load("turkey-2019"), path) == before  # the shipped library is as it was


def test_areas_and_lanes_are_set_by_name() -> None:
    area = load("il20-2018", {"doctrine.control.around-il-20.radius_km": "20"}).doctrine.control[0]
    lane = load("tornado-2003", {"doctrine.lanes.return-route.width_km": "20"}).doctrine.lanes[0]
    assert (area.name, area.radius, lane.name, lane.width) == ("around-il-20", 20e3, "return-route", 20e3)


def test_a_set_value_has_no_evidence_left() -> None:
    plain = load("turkey-2019").library.radars["91n6e-class"].evidence
    changed = load("turkey-2019", {"library.radars.91n6e-class.range_km": "250"}).library.radars["91n6e-class"].evidence
    assert set(plain) - set(changed) == {"range"}


def test_several_at_once() -> None:
    s = load("turkey-2019", {"site": "thrace", "batches": "2", "doctrine.shot": "shoot-look-shoot"})
    assert (s.modifiers.site, s.modifiers.batches, s.doctrine.shot) == ("thrace", 2, "shoot-look-shoot")


KEPT_OUT = [
    ("vignettes.raid.threats", "[]"),
    ("vignettes.raid.threats.cruise-missile.count", "40"),
    ("vignettes.raid.threats.cruise-missile.distance_km", "100"),
    ("vignettes.raid.threats.cruise-missile.spread_min", "0"),
    ("vignettes.raid.threats.cruise-missile.class", "one-way-drone"),
    ("library.bodies.cruise-missile.altitude_m", "30"),
    ("library.bodies.strike-aircraft.altitude_reference", "ground"),
    ("assets.ankara.latitude_deg", "38"),
    ("assets.ankara.longitude_deg", "38"),
    ("assets.ankara.value", "100"),
]


@pytest.mark.parametrize(("key", "text"), KEPT_OUT)
def test_the_raid_is_kept_out(key: str, text: str) -> None:
    with pytest.raises(UsageError, match=rf"--set {key}: kept out: the route, bearing, height, timing"):
        load("turkey-2019", {key: text})


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("sight", "thrace", "--set sight: no modifier 'sight'; did you mean 'site'? accepted: allied_pattern,"),
        ("doctrine.salvos", "1", "no setting 'salvos'; did you mean 'salvo'? accepted: approval, assignment,"),
        ("docterine.salvo", "1", "no table 'docterine'; did you mean 'doctrine'?"),
        ("postures.standalon.duty", "1", "no entry 'standalon' in 'postures'; did you mean 'standalone'?"),
        ("radars.aquisition.node", "x", "no entry 'aquisition' in 'radars'; did you mean 'acquisition'?"),
        ("library.radar.x.y", "1", "no table 'radar' in 'library'; did you mean 'radars'?"),
        ("library.radars.91n6-class.range_km", "1", "no entry '91n6-class' in 'library.radars'; did you mean '91n6e-class'?"),
        ("postures.standalone", "x", "'postures' is no table of settings; name one of its entries"),
        ("radars", "x", "no modifier 'radars'"),
        ("doctrine", "x", "no modifier 'doctrine'"),
        ("modifiers.site.x.y", "1", "'modifiers.site' is "),
        ("name.x", "1", "is no table of settings"),
        ("undeclared.duty.x", "1", "is no table of settings"),
        ("", "1", "no modifier ''"),
        ("...", "1", "no table ''"),
    ],
)  # fmt: skip
def test_unknown_paths(key: str, text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        load("turkey-2019", {key: text})
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"--set {key}: ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("site", "north-pole", "modifiers.site: no site 'north-pole'; accepted: ankara, south-coast, thrace, black-sea"),
        ("batches", "3", "modifiers.batches: 3 is not known; accepted: 1, 2"),
        ("allied_pattern", "permanent", "modifiers.allied_pattern: no flight pattern 'permanent'; accepted: based-in-country"),
        ("postures.standalone.duty", "nan", "postures.standalone.duty: must be a finite number (given: nan)"),
        ("postures.standalone.duty", "-1", "postures.standalone.duty: must be greater than 0 (given: -1)"),
        ("postures.standalone.duty", "often", "postures.standalone.duty: must be a number (given: 'often')"),
        ("reflectors", "maybe", "modifiers.reflectors: must be true or false (given: 'maybe')"),
        ("doctrine.salvo", "2\ny = 3", "doctrine.salvo: must be a whole number"),
    ],
)  # fmt: skip
def test_values_that_do_not_fit(key: str, text: str, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load("turkey-2019", {key: text})
    assert said in str(caught.value)
