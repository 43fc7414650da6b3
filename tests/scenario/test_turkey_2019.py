"""The flagship scenario is what the study says it compares."""

from __future__ import annotations

import numpy as np
import pytest

from openiads.scenario import build
from openiads.scenario.load import library_file, load, scenario_names, sources
from openiads.scenario.spec import FRAMES, Posture, Scenario
from openiads.scenario.traffic import civil_flights

# emits, records, in-feed, out-feed, order path, support channel
TABLE = {
    "sealed": ("never", "none", "none", "none", "none", "none"),
    "installed-cold": ("on-threat", "while-on", "none", "none", "voice", "visits"),
    "test-only": ("announced-days", "test-aircraft", "none", "none", "voice", "visits"),
    "standalone": ("duty-cycle", "in-view", "none", "none", "voice", "visits"),
    "one-way-in": ("duty-cycle", "all", "diode", "none", "voice", "visits"),
    "one-way-out": ("duty-cycle", "in-view", "none", "diode", "voice", "visits"),
    "filtered-two-way": ("duty-cycle", "all", "filter", "filter", "link", "visits"),
    "full-links": ("duty-cycle", "all", "open", "open", "link", "link"),
    "custody-elsewhere": ("never", "none", "none", "none", "none", "none"),
}


@pytest.fixture(scope="module")
def turkey() -> Scenario:
    return load("turkey-2019")


def test_nine_postures_as_the_table_has_them(turkey: Scenario) -> None:
    def row(p: Posture) -> tuple[str, ...]:
        return (p.emits, p.records, p.in_feed, p.out_feed, p.order_path, p.support)

    assert {name: row(p) for name, p in turkey.postures.items()} == TABLE
    assert [name for name, p in turkey.postures.items() if p.located == "away"] == ["custody-elsewhere"]
    assert turkey.baseline == "standalone"


def test_readiness_differs_by_strategic_warning(turkey: Scenario) -> None:
    ready = {name: turkey.ready(p) / 3600.0 for name, p in turkey.postures.items()}
    states = turkey.readiness
    assert (states.sealed, states.installed_cold, states.standby, states.radiating) == (43200.0, 3600.0, 300.0, 0.0)
    assert ready["standalone"] < 1.0 <= ready["installed-cold"] < 12.0 <= ready["sealed"] < ready["custody-elsewhere"]
    assert turkey.vignettes["raid"].warnings == [0.0, 3600.0, 86400.0]


def test_postures_that_emit_alike_do_so_alike(turkey: Scenario) -> None:
    """Else the comparison would mix feeds with duty cycles."""
    active = [p for p in turkey.postures.values() if p.emits == "duty-cycle"]
    assert len(active) == 5
    assert len({(p.duty, turkey.ready(p)) for p in active}) == 1


def test_base_case_counts_engagement_radars_and_launchers(turkey: Scenario) -> None:
    def counted(batch: int) -> tuple[int, ...]:
        radars = [r for r in turkey.radars if r.node == "s400" and r.batch == batch]
        units = [u for u in turkey.fire_units if u.node == "s400" and u.batch == batch]
        rounds = [turkey.library.fire_units[u.class_].rounds_per_launcher * u.launchers for u in units]
        by_class = [sum(r.class_ == c for r in radars) for c in ("91n6e-class", "92n6e-class", "96l6e-class")]
        return (*by_class, sum(u.launchers for u in units), sum(rounds))

    assert counted(1) == (1, 2, 2, 16, 64)
    assert counted(2) == counted(1)


@pytest.mark.parametrize("topology", ["hub", "mesh", "national"])
def test_which_links_a_posture_opens(topology: str) -> None:
    turkey = load("turkey-2019", {"topology": topology})
    opened = {p: {x.name: x for x in build.links_of(turkey, p)} for p in turkey.postures}
    own = {p: sorted({x.role for x in links.values()} - {"fixed"}) for p, links in opened.items()}
    assert own == {
        "sealed": [], "custody-elsewhere": [], "installed-cold": ["undeclared"], "test-only": ["undeclared"],
        "standalone": ["undeclared"], "one-way-in": ["feed_in", "undeclared"], "one-way-out": ["feed_out", "undeclared"],
        "filtered-two-way": ["feed_in", "feed_out", "orders", "undeclared"],
        "full-links": ["feed_in", "feed_out", "orders", "support", "undeclared"],
    }  # fmt: skip
    fixed = [{n for n, x in links.items() if x.role == "fixed"} for links in opened.values()]
    assert all(f == fixed[0] for f in fixed) and len(fixed[0]) > 4
    assert opened["one-way-in"]["national-picture-in"].guard == "diode"
    assert opened["filtered-two-way"]["national-picture-in"].guard == "filter"
    assert opened["full-links"]["national-picture-in"].guard == "none"


@pytest.mark.parametrize("topology", ["hub", "mesh", "national"])
def test_every_allied_picture_reaches_the_national_centre(topology: str) -> None:
    """And the national picture reaches the allies, in each of the three inventions."""
    turkey = load("turkey-2019", {"topology": topology})
    edges = {(x.from_, x.to) for x in build.links_of(turkey, "standalone") if x.role == "fixed"}

    def reached(start: str) -> set[str]:
        found = {start}
        while True:
            more = {b for a, b in edges if a in found} | found
            if more == found:
                return found
            found = more

    for ally in ("nato", "awacs", "patriot"):
        assert "national" in reached(ally) and ally in reached("national")


def test_the_three_topologies_differ() -> None:
    edges = [
        frozenset((x.from_, x.to) for x in build.links_of(load("turkey-2019", {"topology": t}), "sealed"))
        for t in ("hub", "mesh", "national")
    ]
    assert len(set(edges)) == 3


def test_order_links_carry_no_tracks(turkey: Scenario) -> None:
    """Else a filtered posture would be fed past its guard."""
    assert [x.capacity for x in turkey.links if x.role == "orders"] == [0]


def test_the_undeclared_channel_leads_outside(turkey: Scenario) -> None:
    channel = [x for x in turkey.links if x.role == "undeclared"]
    owner = {n.name: n.owner for n in turkey.nodes}
    assert [(x.from_, owner[x.to]) for x in channel] == [("s400", "outside")]
    assert turkey.undeclared is not None
    proof = turkey.undeclared.evidence["p_exists"]
    assert (proof.low, proof.high, proof.grade) == (0.0, 1.0, "assumption")


def test_civil_flights_are_the_published_movements(turkey: Scenario) -> None:
    """September 2019: domestic movements count twice, international ones and overflights once."""
    civil = turkey.civil
    assert civil is not None
    assert civil.domestic * 2 * 30 == pytest.approx(77365, rel=1e-3)
    assert civil.international * 30 == pytest.approx(75465, rel=1e-3)
    assert civil.overflight * 30 == pytest.approx(42093, rel=1e-3)
    assert len(civil.airports) >= 12 and len(civil.gates) >= 14


def test_raid_is_mixed_and_among_friends(turkey: Scenario) -> None:
    raid = turkey.vignettes["raid"]
    kinds = {turkey.library.bodies[t.class_].kind for t in raid.threats}
    assert kinds == {"cruise", "drone", "aircraft", "ballistic"}
    assert sum(x.count for x in turkey.sorties if x.in_raid) >= 10
    for threat in raid.threats:
        speed = turkey.library.bodies[threat.class_].speed
        if speed is not None:  # all arrive within the vignette
            assert threat.distance / speed + threat.spread <= raid.duration


def test_sites_are_the_four_regions(turkey: Scenario) -> None:
    assert list(turkey.sites) == ["ankara", "south-coast", "thrace", "black-sea"]
    assert all(site.radius >= 20e3 for site in turkey.sites.values())


def test_words_that_are_kept_out() -> None:
    """The word of the article means two opposite things; and no country is named as the origin of a raid."""
    word = "un" + "packed"
    for name in scenario_names():
        assert word not in library_file(name).read_text(encoding="utf-8").lower()
    text = library_file("turkey-2019").read_text(encoding="utf-8")
    raid = text[text.index("[vignettes.raid]") : text.index("[postures.sealed]")]
    assert not any(country in raid for country in ("Russia", "Syria", "Iran", "Greece", "Iraq", "Armenia", "Israel"))
    assert word not in " ".join(sources().values()).lower()


def test_the_engine_keeps_as_many_frames_as_the_rules_allow() -> None:
    assert build.FRAMES == FRAMES


def test_movements_of_drawn_days_are_the_published_ones(turkey: Scenario) -> None:
    """V17: take-offs, landings and overflights of ten drawn days against September 2019, within 2 %."""
    counts = {"domestic": 0, "international": 0, "overflight": 0}
    grounded = {"domestic": (True, True), "overflight": (False, False)}
    days, day = 10, 86400.0
    for replication in range(days):
        for flight in civil_flights(turkey, np.array([17, replication], np.uint32), 0.0, (0.0, day)):
            kind = flight.name.split("-")[0]
            ends = flight.route[0], flight.route[-1]
            on_ground = tuple(point.height <= 150.0 for point in ends)
            assert on_ground == grounded.get(kind, on_ground) and (kind != "international" or sum(on_ground) == 1)
            inside = [0.0 <= point.t < day for point in ends]
            counts[kind] += (
                inside[0] if kind == "overflight" else sum(a and b for a, b in zip(on_ground, inside, strict=True))
            )
    published = {"domestic": 77365 / 30, "international": 75465 / 30, "overflight": 42093 / 30}
    for kind, expected in published.items():
        assert counts[kind] / days == pytest.approx(expected, rel=0.02), kind
    assert sum(counts.values()) / days == pytest.approx(6497, rel=0.02)
