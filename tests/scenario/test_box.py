"""The parameter box: what is in it, what is kept out, and how it is drawn."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openiads.engine import step
from openiads.errors import ScenarioError, UsageError
from openiads.scenario.box import Input, box, draw, drawn, sets_of
from openiads.scenario.build import build
from openiads.scenario.load import load
from tests import builders

PROOF = {"source": "assumption", "grade": "assumption"}


@cache
def turkey():
    return load("turkey-2019")


def names(inputs):
    return {x.name for x in inputs}


def test_the_flagships_box_holds_channels_ranges_pk_readiness_replies_site_and_topology():
    assert {
        "library.fire_units.s400-battalion.channels", "library.radars.92n6e-class.range_km",
        "library.missiles.48n6e3-class.pk_cruise", "readiness.installed_cold_h", "postures.sealed.ready_days",
        "library.bodies.airliner.reply_probability", "site", "topology",
    } <= names(box(turkey()))  # fmt: skip


def test_what_can_not_be_swept_and_beliefs_are_not_in_it():
    found = names(box(turkey(), ["*"]))
    assert not [n for n in found if "altitude" in n and n.startswith("library.bodies")]
    assert not [n for n in found if ".threats" in n or n.startswith("assets")]
    assert not [n for n in found if "p_exists" in n] and "undeclared.duty" in found


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("library.bodies.cruise-missile.altitude_m", "kept out"),
        ("vignettes.raid.threats.cruise-missile.count", "kept out"),
        ("undeclared.p_exists", "states no range"),
        ("doctrine.salvo", "states no range"),
        ("doctrine.salvos", "did you mean 'salvo'"),
        ("sitee", "did you mean 'site'"),
        ("nothing.*", "no input"),
    ],
)
def test_what_names_no_input_is_refused_with_the_reason(pattern, says):
    with pytest.raises(UsageError, match="--vary") as error:
        box(turkey(), [pattern])
    assert says in str(error.value)


def test_a_pattern_finds_inputs_with_and_without_unit_and_by_any_of_their_keys():
    assert names(box(turkey(), ["doctrine.voice_delay"])) == {"doctrine.voice_delay_s"}
    assert names(box(turkey(), ["postures.standalone.duty"])) == {"postures.*.duty"}
    assert len(box(turkey(), ["library.missiles.*.pk_*"])) == 8


def test_what_postures_state_alike_is_one_input_and_what_they_state_apart_is_not():
    inputs = {x.name: x for x in box(turkey())}
    assert len(inputs["postures.*.duty"].keys) == 5
    assert {"postures.sealed.ready_days", "postures.test-only.ready_h"} <= set(inputs)
    only = {x.name: x for x in box(turkey(), postures=["standalone", "one-way-in"])}
    assert len(only["postures.*.duty"].keys) == 2 and "postures.sealed.ready_days" not in only


def test_modifiers_are_varied_when_asked_and_stay_where_they_were_set():
    assert "batches" not in names(box(turkey())) and names(box(turkey(), ["batches"])) == {"batches"}
    assert "site" not in names(box(turkey(), fixed=["site"])) and "site" not in names(
        box(turkey(), fixed=["modifiers.site"])
    )
    set_by_hand = load("turkey-2019", {"doctrine.service_s": "20"})
    assert "doctrine.service_s" not in names(box(set_by_hand))


@pytest.mark.parametrize("scenario", ["turkey-2019", "s400-alone", "two-systems"])
@pytest.mark.parametrize("u", [0.0, 1.0 - 1e-12])
def test_both_corners_of_a_shipped_box_are_scenarios_that_say_so(scenario, u):
    base = load(scenario)
    inputs = box(base, ["*"])
    values = {x.name: x.text(u) for x in inputs}
    again = drawn(base, inputs, values, "corner")
    for key, text in sets_of(inputs, values).items():
        assert _value_at(again.table, key) == text or float(_value_at(again.table, key)) == float(text)


def _value_at(table, key):
    """What a raw table says at a dotted key."""
    parts = key.split(".") if "." in key else ["modifiers", key]
    for part in parts:
        if isinstance(table, list):
            table = next(e for e in table if e.get("name", e.get("class")) == part)
        else:
            table = table[part]
    return str(table).lower() if isinstance(table, bool) else str(table)


@given(st.floats(0.0, 1.0, exclude_max=True), st.floats(1e-3, 1e3), st.floats(1.01, 1e4))
def test_a_value_lies_within_its_range_on_any_scale(u, low, factor):
    for scale in ("uniform", "log"):
        value = float(Input("x", ("x",), scale, low, low * factor).text(u))
        assert low * (1 - 1e-5) <= value <= low * factor * (1 + 1e-5)


def test_whole_numbers_are_all_alike_likely_and_ranges_over_a_decade_are_drawn_by_their_logarithm():
    whole = Input("x", ("x",), "whole", 6, 9)
    assert [whole.text((i + 0.5) / 8) for i in range(8)] == list("66778899")
    assert float(Input("x", ("x",), "log", 1e-8, 1e-4).text(0.5)) == pytest.approx(1e-6)
    scales = {x.name: x.scale for x in box(turkey())}
    assert scales["library.radars.92n6e-class.pfa"] == "log"
    assert scales["library.radars.92n6e-class.range_km"] == "uniform"
    assert scales["library.fire_units.s400-battalion.channels"] == "whole"


def test_a_latin_hypercube_fills_every_step_once_and_choices_evenly():
    inputs = [Input("a", ("a",), "uniform", 0.0, 1.0), Input("b", ("b",), "choice", choices=("x", "y", "z", "w"))]
    rows = draw(inputs, 40, seed=3)
    assert sorted(int(float(r["a"]) * 40) for r in rows) == list(range(40))
    assert all(sum(r["b"] == c for r in rows) == 10 for c in "xyzw")


def test_the_column_of_an_input_does_not_depend_on_the_others():
    a, b = Input("a", ("a",), "uniform", 0.0, 1.0), Input("b", ("b",), "uniform", 0.0, 1.0)
    assert [r["a"] for r in draw([a, b], 16, 1)] == [r["a"] for r in draw([a], 16, 1)]
    assert [r["a"] for r in draw([a], 16, 1)] != [r["a"] for r in draw([a], 16, 2)]
    both = draw([a, b], 400, 1)
    assert abs(np.corrcoef([float(r["a"]) for r in both], [float(r["b"]) for r in both])[0, 1]) < 0.15


def test_ranges_that_contradict_one_another_name_the_draw():
    base = builders.scenario(
        library={"missiles": {"round": {
            "range_max_km": {"value": 100.0, "low": 5.0, "high": 100.0, **PROOF},
            "range_min_km": {"value": 1.0, "low": 1.0, "high": 60.0, **PROOF},
        }}}
    )  # fmt: skip
    inputs = box(base)
    assert names(inputs) == {"library.missiles.round.range_max_km", "library.missiles.round.range_min_km"}
    values = {"library.missiles.round.range_max_km": "10", "library.missiles.round.range_min_km": "50"}
    with pytest.raises(ScenarioError, match="draw 7: values from the stated ranges contradict"):
        drawn(base, inputs, values, "draw 7")


def test_decade_classes_are_choices_and_decibels_are_drawn_as_they_are():
    base = builders.scenario(
        library={"bodies": {"raider": {"rcs_nose": {"value": "1-10", "low": "0.1-1", "high": "10-100", **PROOF}}}}
    )
    (found,) = box(base)
    assert found.choices == ("0.1-1", "1-10", "10-100")
    assert math.isclose(drawn(base, [found], {found.name: "0.1-1"}, "").library.bodies["raider"].rcs_nose, 0.1**0.5)


def test_there_is_room_for_the_tracks_of_false_plots_at_the_upper_end_of_their_range():
    """Twenty false plots a scan at each of eight radars of one node: without room for them thousands of tracks were lost."""
    noisy = load("turkey-2019", {f"library.radars.{name}.false_plots_per_scan": "20" for name in
                                 ("rat-31dl-class", "e-7t-class", "e-3a-class", "91n6e-class", "96l6e-class")})  # fmt: skip
    simulation = build(noisy, "standalone", "raid", 1)
    step.simulate(simulation.params, simulation.state, -simulation.warmup, simulation.tick, simulation.warmup + 120)
    assert simulation.state.tally.dropped[:3].tolist() == [0, 0, 0]
