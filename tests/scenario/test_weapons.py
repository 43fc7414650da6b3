"""Weapons that are none: one line for each, with the place, the reason and what to do; and how they enter the engine.

Oracle for outlines: every pair of edges tried by solving for the common point (numpy).
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openiads.errors import ScenarioError
from openiads.scenario.load import parse
from openiads.scenario.weapon_rules import faults
from tests import builders

BOX = {"range_max_km": None, "range_min_km": None, "altitude_max_km": None, "altitude_min_m": None}
ARCS = {"ballistic_range_km": None, "ballistic_altitude_max_km": None, "ballistic_altitude_min_km": None}
GOOD = [[1.0, 0.0], [50.0, 0.0], [40.0, 20.0], [10.0, 20.0]]
TABLE = {
    "speed_mps": None, "flyout_range_km": [10.0, 50.0], "flyout_altitude_km": [1.0, 10.0],
    "flyout_speed_mps": [[700.0, 600.0], [900.0, 1000.0]],
}  # fmt: skip
M = "library.missiles.round"


def refused(**changes) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        parse(builders.table(**changes), "mine.toml")
    assert all(line.startswith("mine.toml: ") and "\n" not in line for line in caught.value.problems)
    return [line.removeprefix("mine.toml: ") for line in caught.value.problems]


MISSILES = [
    # kill probabilities
    ({"pk_cruise": 1.2}, f"{M}.pk_cruise: must be at most 1 (given: 1.2)"),
    ({"pk_ballistic": -0.1}, f"{M}.pk_ballistic: must be at least 0 (given: -0.1)"),
    ({"common_failure": 1.5}, f"{M}.common_failure: must be at most 1 (given: 1.5)"),
    ({"pk_factor_receding": 2.0}, f"{M}.pk_factor_receding: must be at most 1 (given: 2.0)"),
    ({"pk_factor_low": 0.5}, f"{M}: pk_low says below which altitude, pk_factor_low by what pk is multiplied; give both or neither"),
    ({"pk_low_m": 50.0}, f"{M}: pk_low says below which altitude, pk_factor_low by what"),
    # envelopes
    ({**BOX, "envelope_km": [GOOD[0], GOOD[2], GOOD[1], GOOD[3]]},
     f"{M}.envelope: crosses itself: the edge from corner 1 to 2 and that from corner 3 to 4 meet; order the corners around"),
    ({**BOX, "envelope_km": [[1.0, 1.0], [5.0, 5.0], [9.0, 9.0]]}, f"{M}.envelope: runs back on itself at corner 1 and encloses nothing"),
    ({**BOX, "envelope_km": [*GOOD, GOOD[0]]}, f"{M}.envelope: corners 5 and 1 are the same; leave one out"),
    ({**BOX, "envelope_km": [*GOOD[:3], [-10.0, 20.0]]}, f"{M}.envelope_km.3.0: must be at least 0 (given: -10.0)"),
    ({**BOX, "envelope_km": GOOD[:2]}, f"{M}.envelope_km: must have at least 3 entries (given: 2)"),
    ({**BOX, "envelope_km": [[float(i), float(i * i)] for i in range(17)]}, f"{M}.envelope_km: must have at most 16 entries (given: 17)"),
    ({**BOX, "envelope_km": [*GOOD[:3], [10.0]]}, f"{M}.envelope_km.3: must have at least 2 entries (given: 1)"),
    ({**BOX, "envelope": GOOD}, f"{M}.envelope: has no unit"),
    ({"envelope_km": GOOD}, f"{M}: states an envelope and a box (range_max, range_min, altitude_max, altitude_min), which would each"),
    ({"ballistic_envelope_km": GOOD}, f"{M}: states a ballistic_envelope and a box (ballistic_range, "),
    ({**ARCS, "ballistic_envelope_km": [[0.0, 2.0], [9.0, 9.0], [9.0, 2.0], [0.0, 9.0]]}, f"{M}.ballistic_envelope: crosses itself"),
    ({"ballistic_altitude_min_km": 40.0}, f"{M}: its ballistic envelope is empty; ballistic_altitude_min must lie below"),
    ({"range_min_km": 100.0}, f"{M}: its envelope is empty; minimum range and altitude must lie below the maximum"),
    ({"range_min_km": None}, f"{M}: its box lacks range_min; give them, or envelope_km = [[range, altitude], …]"),
    # fly-out
    ({"speed_mps": None}, f"{M}: has no speed; give speed_mps, or flyout_range_km, flyout_altitude_km and flyout_speed_mps"),
    ({**TABLE, "speed_mps": 900.0}, f"{M}: states one average speed and a table of it"),
    ({**TABLE, "flyout_range_km": None}, f"{M}: its fly-out table lacks flyout_range"),
    ({**TABLE, "flyout_range_km": [50.0, 10.0]}, f"{M}.flyout_range: must rise from entry to entry"),
    ({**TABLE, "flyout_speed_mps": [[700.0, 600.0]]}, f"{M}.flyout_speed: must have a row for each of 2 altitudes, with 2 speeds"),
    ({**TABLE, "flyout_speed_mps": [[700.0, 0.0], [900.0, 1000.0]]}, f"{M}.flyout_speed_mps.0.1: must be at least 1 (given: 0.0)"),
    ({**TABLE, "flyout_speed_mps": [[100.0, 600.0], [900.0, 1000.0]]},
     f"{M}.flyout_speed: at 1 km of altitude a round would be 50 km away after 83.3 s and 10 km away after 100.0 s"),
]  # fmt: skip


@pytest.mark.parametrize(("missile", "said"), MISSILES, ids=[said[22:60] for _, said in MISSILES])
def test_a_missile_that_is_none(missile, said):
    problems = refused(library={"missiles": {"round": missile}})
    assert len(problems) == 1 and problems[0].startswith(said), problems


UNIT = builders.BASE["fire_units"][0]
ONE_EACH = {"fire_units": {"unit": {"rounds_per_launcher": 1}}}
FIRING = [
    ({"doctrine": {"control_status": "hold"}}, "doctrine.control_status: under 'hold' nothing is ever engaged"),
    ({"doctrine": {"control_status": "hold", "control": [{"name": "all", "status": "hold"}]}}, "doctrine.control_status: under 'hold' nothing"),
    ({"doctrine": {"control": [{"name": "all", "status": "hold"}]}}, "doctrine.control_status: under 'hold' nothing"),
    ({"doctrine": {"control": [{"name": "all", "status": "hold"}, {"name": "way", "status": "tight"}]}}, "doctrine.control_status: under 'hold' nothing"),
    ({"doctrine": {"second_key": "post"}}, "doctrine.second_key: 'post' commands fire units and would agree with itself"),
    ({"doctrine": {"identification": {"hostile": 1.0}}}, "doctrine.identification.hostile: 1 is never reached"),
    ({"doctrine": {"method": "centralised", "approval": "when-held"}}, "doctrine.authority: 'post' would ask itself"),
    ({"doctrine": {"identification": {"prior": [0.5, 0.5, 0.0]}}}, "doctrine.identification.prior: no track is ever hostile"),
    ({"doctrine": {"identification": {"prior": [0.5, 0.5, 0.5]}}}, "doctrine.identification.prior: [0.5, 0.5, 0.5] add up to 1.5;"),
    ({"doctrine": {"hostile_time_s": 0.0}}, "doctrine.hostile_time: 0, so nothing ever comes for an asset within it"),
    ({"doctrine": {"salvo": 4, "rounds_max": 2}}, "doctrine.salvo: 4 rounds at once, and rounds_max allows 2 against one track; write salvo = 2"),
    ({"doctrine": {"method": "centralised", "contact_availability": 0.0}}, "doctrine.contact_availability: 0, and no shot may be"),
    ({"doctrine": {"rounds_max": 0}}, "doctrine.rounds_max: must be at least 1 (given: 0)"),
    ({"doctrine": {"salvo": 0}}, "doctrine.salvo: must be at least 1 (given: 0)"),
    ({"doctrine": {"salvo": 3}, "fire_units": [{**UNIT, "launchers": 2}, {**UNIT, "name": "poor", "launchers": 1}], "library": ONE_EACH},
     "doctrine.salvo: 3 rounds at once, and the largest magazine, that of 'unit', holds 2; write salvo = 2, or give a fire unit more"),
    ({"doctrine": {"salvo": None}, "fire_units": [{**UNIT, "launchers": 1}], "library": ONE_EACH},
     "doctrine.salvo: 2 rounds at once, and the largest magazine, that of 'unit', holds 1; write salvo = 1"),
    ({"library": {"radars": {"sharp": {"instrumented_range_km": 0.5}}}},
     "fire_units.unit: never fires: its envelope begins 1 km away, its radar looks 0.5 km far; give it another missile or radar"),
    ({"library": {"radars": {"sharp": {"channels": 0}}}}, "library.radars.sharp.channels: must be at least 1 (given: 0)"),
    ({"nodes": [*builders.BASE["nodes"], {"name": "net", "title": "a net", "owner": "national", "system_channels": 4}]},
     "nodes.net.system_channels: the node has no fire unit; leave it out"),
    ({"library": {"radars": {"far": {**builders.SHARP_RADAR, "role": "surveillance", "channels": 4}}}},
     'library.radars.far.channels: only a radar with role = "engagement" guides rounds; leave it out'),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "said"), FIRING, ids=[said[:40] for _, said in FIRING])
def test_what_never_fires(changes, said):
    problems = refused(**changes)
    assert any(line.startswith(said) for line in problems), problems


LINKED = {"on": {"order_path": "link"}}
CENTRE = {"name": "centre", "title": "the centre", "owner": "national"}
ORDERS = {
    "name": "order", "from": "centre", "to": "post", "role": "orders", "latency_s": 1.0, "period_s": 6.0, "capacity": 0, "message_bits": 1.0,
}  # fmt: skip
ASKED = {"method": "centralised", "authority": "centre", "contact_availability": 0.0}


def test_an_order_link_is_a_way_to_ask():
    """Only if it leads to a fire unit, works, and a posture uses it."""
    nodes = [*builders.BASE["nodes"], CENTRE]
    good = {"nodes": nodes, "doctrine": ASKED, "links": [ORDERS], "postures": LINKED}
    assert parse(builders.table(**good), "mine.toml").doctrine.method == "centralised"
    for change in (
        {"postures": {}},
        {"links": [{**ORDERS, "availability": 0.0}]},
        {"links": [{**ORDERS, "from": "post", "to": "centre"}]},
    ):
        assert any("no shot may be fired without asking" in line for line in refused(**{**good, **change}))


def test_a_doctrine_that_fires_somewhere_is_none_of_them():
    for doctrine in (
        {"control_status": "hold", "control": [{"name": "falling", "status": "tight", "kind": "ballistic"}]},
        {"control_status": "free", "identification": {"prior": [0.5, 0.5, 0.0]}},
        {"method": "autonomous", "contact_availability": 0.0},
        {"control_status": "free", "hostile_time_s": 0.0},
        {"hostile_time_s": 0.0, "hostile_speed_mps": 200.0},
    ):
        parse(builders.table(doctrine=doctrine), "mine.toml")
    parse(builders.table(doctrine={"control_status": "hold"}, fire_units=[]), "mine.toml")
    two = [{**UNIT, "launchers": 2}, {**UNIT, "name": "poor", "launchers": 1}]
    parse(builders.table(doctrine={"salvo": 2, "rounds_max": 2}, fire_units=two, library=ONE_EACH), "mine.toml")


SLOPE = st.integers(1, 40).map(lambda tenths: 0.1 * tenths)


@given(SLOPE, SLOPE, st.lists(st.integers(0, 60), min_size=3, max_size=16, unique=True))
def test_corners_on_one_line_enclose_nothing(east, up, steps):
    """Whatever is left of the line when its numbers are rounded."""
    assert list(faults([(1e3 * (east * k), 1e3 * (up * k)) for k in steps]))


def test_a_thin_outline_is_one():
    """A metre high and a hundred kilometres long."""
    assert not list(faults([(0.0, 10.0), (100e3, 10.0), (100e3, 11.0)]))


COORDINATE = st.integers(0, 6).map(float)


@given(st.lists(st.tuples(COORDINATE, COORDINATE), min_size=3, max_size=7))
def test_what_is_no_outline(corners):
    """On a small grid, where edges meet, touch and overlap all the time."""
    assert bool(list(faults(corners))) == _meets_itself(corners)


def _meets_itself(corners) -> bool:
    """Any two edges with a common point, but the corner of neighbours; sampled where they overlap."""
    n = len(corners)
    points = [np.array(c) for c in corners]
    if any((points[i] == points[(i + 1) % n]).all() for i in range(n)):
        return True
    for i in range(n):
        for k in range(i + 1, n):
            a, b, c, d = points[i], points[(i + 1) % n], points[k], points[(k + 1) % n]
            common = _common(a, b, c, d)
            shared = [p for p in (a, b) if (p == c).all() or (p == d).all()]
            if k in ((i + 1) % n, (i - 1) % n):
                common = [p for p in common if not any(np.allclose(p, q) for q in shared[:1])]
            if common:
                return True
    return False


def _common(a, b, c, d) -> list:
    """Points that a-b and c-d share: where they cross, or the ends that lie on the other."""
    matrix = np.array([b - a, c - d]).T
    if abs(np.linalg.det(matrix)) > 1e-9:
        t, u = np.linalg.solve(matrix, c - a)
        return [a + t * (b - a)] if -1e-9 <= t <= 1 + 1e-9 and -1e-9 <= u <= 1 + 1e-9 else []

    def on(p, q, r) -> bool:
        along = (p - q) @ (r - q) / ((r - q) @ (r - q))
        return bool(np.allclose(q + along * (r - q), p)) and -1e-9 <= along <= 1.0 + 1e-9

    return [p for p, q, r in ((a, c, d), (b, c, d), (c, a, b), (d, a, b)) if on(p, q, r)]


def test_missiles_of_all_shapes_side_by_side():
    """Boxes, polygons and tables of different size in one array: each keeps its own, filled up behind it."""
    missiles = {
        "shaped": {**builders.MISSILE, **BOX, "envelope_km": [*GOOD, [1.0, 5.0]], **TABLE},
        "round": {"ballistic_range_km": 0.0},
    }
    classes = {name: {k: v for k, v in m.items() if v is not None} for name, m in missiles.items()}
    units = builders.BASE["fire_units"]
    s = builders.scenario(
        fire_units=[*units, {**units[0], "name": "other", "class": "shaped"}],
        library={"missiles": classes, "fire_units": {"shaped": {**builders.UNIT, "missile": "shaped"}}},
    )
    p = builders.simulation(s, []).params.units
    assert p.corners.tolist() == [[4, 0], [5, 4]]
    np.testing.assert_array_equal(p.corner[1, 0], 1e3 * np.array([*GOOD, [1.0, 5.0]]))
    assert p.corner[0, 0, :4].tolist() == [[1e3, 1.0], [100e3, 1.0], [100e3, 30e3], [1e3, 30e3]]
    assert (p.corner[0, 0, 4:] == 0.0).all() and (p.corner[0, 1] == 0.0).all()
    assert p.speed.tolist() == [3000.0, 0.0]
    assert p.flyout[1].tolist() == [[700.0, 600.0, 600.0], [900.0, 1000.0, 1000.0], [900.0, 1000.0, 1000.0]]
    assert p.flyout_range[1].tolist() == [10e3, 50e3, np.inf] and p.flyout_altitude[1].tolist() == [1e3, 10e3, np.inf]


def test_a_box_can_be_swept():
    s = parse(builders.table(), "mine.toml", {"library.missiles.round.range_max_km": "42"})
    assert builders.simulation(s, []).params.units.corner[0, 0, :, 0].max() == 42e3
