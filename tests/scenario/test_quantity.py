"""Quantities: the key carries the unit, inside is SI, and the evidence stays with the number."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from openiads.scenario.classes import Positive
from openiads.scenario.quantity import Decade, Evidence, Spec, number, quantity
from openiads.units import DECADES, LARGEST, SMALLEST, UNITS, from_si


class Thing(Spec):
    """A table with one field of every sort."""

    reach: float = quantity("length", gt=0.0, le=1e6)
    tilt: float = quantity("angle", 0.0, ge=-math.pi, le=math.pi)
    echo: float = quantity("cross-section", 1.0, gt=0.0)
    waits: list[Positive] = Field([], json_schema_extra={"dimension": "time"})
    share: float = number(0.5, le=1.0)
    count: int = number(1)
    rcs: Decade = 0.0


def problems(**table: object) -> str:
    with pytest.raises(ValidationError) as caught:
        Thing.model_validate(table)
    return "\n".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in caught.value.errors())


@given(st.sampled_from(sorted(UNITS["length"])), st.floats(1.0, 1e6))
def test_every_spelling_of_a_quantity_is_the_same_number(suffix: str, metres: float) -> None:
    thing = Thing.model_validate({f"reach_{suffix}": from_si(metres, "length", suffix)})
    assert thing.reach == pytest.approx(min(metres, 1e6), rel=1e-9)


def test_evidence_is_kept_in_si() -> None:
    proof = {"value": 390, "low": 300, "high": 410, "source": "S11", "grade": "C", "note": "why"}
    thing = Thing.model_validate({"reach_km": proof})
    assert thing.reach == 390e3
    assert thing.evidence == {"reach": Evidence(390e3, 300e3, 410e3, "S11", "C", "why")}


def test_evidence_of_a_decade_is_its_geometric_mean() -> None:
    proof = {"value": "0.01-0.1", "high": "0.1-1", "source": "GK", "grade": "GK"}
    thing = Thing.model_validate({"reach_m": 1, "rcs": proof})
    assert thing.rcs == pytest.approx(math.sqrt(1e-3))
    assert thing.evidence["rcs"].high == pytest.approx(math.sqrt(0.1))


def test_a_whole_number_stays_whole_behind_evidence() -> None:
    thing = Thing.model_validate({"reach_m": 1, "count": {"value": 3, "source": "GK", "grade": "GK"}})
    assert thing.count == 3 and type(thing.count) is int


def test_lists_are_converted_item_by_item() -> None:
    assert Thing.model_validate({"reach_m": 1, "waits_h": [0, 1.5]}).waits == [0.0, 5400.0]


@given(st.text("0123456789.-", max_size=12).filter(lambda x: x not in DECADES))
def test_only_decade_classes_are_cross_sections(text: str) -> None:
    assert "decade class" in problems(reach_m=1, rcs=text)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"reach": 5}, ["reach: has no unit (given: 5)", "reach_m, reach_km, reach_nm, reach_ft"]),
        ({"reach_km": 5, "reach_m": 5}, ["reach_m: states 'reach' a second time beside 'reach_km'"]),
        ({"reach_km": math.nan}, ["reach_km: must be a finite number (given: nan)"]),
        ({"reach_km": -math.inf}, ["reach_km: must be a finite number (given: -inf)"]),
        ({"reach_km": -5}, ["reach_km: must be greater than 0 (given: -5)"]),
        ({"reach_km": 5000}, ["reach_km: must be at most 1000 (given: 5000)"]),
        ({"reach_ft": 5e6}, ["reach_ft: must be at most 3.28084e+06 (given: 5000000.0)"]),
        ({"reach_km": 1.7e308}, ["reach_km: must be at most 1000 (given: 1.7e+308)"]),
        ({"reach_m": 1, "echo_dbsm": 4000}, ["echo_dbsm: must be at most 60 (given: 4000)"]),
        ({"reach_m": 1, "echo_dbsm": -4000}, ["echo_dbsm: must be at least -60 (given: -4000)"]),
        ({"reach_km": "5"}, ["reach_km: must be a number (given: '5')"]),
        ({"reach_km": True}, ["reach_km: must be a number (given: True)"]),
        ({"reach_km": 10**400}, ["reach_km: must be a finite number"]),
        ({"reach_m": 1, "tilt_deg": 181}, ["tilt_deg: must be at most 180 (given: 181)"]),
        ({"reach_m": 1, "share": math.nan}, ["share: must be a finite number (given: nan)"]),
        ({"reach_m": 1, "count": 2.5}, ["count: must be a whole number (given: 2.5)"]),
        ({"reach_m": 1, "waits_min": [1, -2]}, ["waits_min.1: must be at least 0 (given: -2)"]),
        ({"reach_m": 1, "waits_s": [1, "x"]}, ["waits_s: must be a number (given: 'x')"]),
        ({"reach_m": 1, "shore": 1}, ["shore: unknown key; did you mean 'share'?", "reach_(m|km|nm|ft)"]),
        ({}, ["reach: missing; write one of reach_m, reach_km, reach_nm, reach_ft"]),
        ({"reach_m": {"value": 1, "grade": "A"}}, ["reach_m: has no source"]),
        ({"reach_m": {"value": 1, "source": "x", "grade": "F"}}, ["grade (given: 'F') must be one of A, B, C, D, GK"]),
        ({"reach_m": {"value": 1, "low": 2, "source": "x", "grade": "A"}}, ["(given: low 2, value 1, high 1)"]),
        ({"reach_m": {"value": 9, "high": 2, "source": "x", "grade": "A"}}, ["(given: low 9, value 9, high 2)"]),
        ({"reach_m": {"value": 1, "mean": 2, "source": "x", "grade": "A"}}, ["unknown entry mean; accepted: value"]),
        ({"reach_m": {"value": 1, "low": math.nan, "source": "x", "grade": "A"}}, ["must be a finite number"]),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_the_file(table: dict[str, object], said: list[str]) -> None:
    text = problems(**table)
    assert all(part in text for part in said), text


def test_every_quantity_of_a_file_is_bounded() -> None:
    """On both sides; where decibels are accepted, above zero."""
    for cls in Spec.__subclasses__():
        for name, field in cls.model_fields.items():
            dimension = cls.extra(name, "dimension")
            if not dimension or "list" in str(field.annotation):
                continue
            low = [x for m in field.metadata for x in (getattr(m, "ge", None), getattr(m, "gt", None)) if x is not None]
            high = [m.le for m in field.metadata if getattr(m, "le", None) is not None]
            assert len(low) == 1 and len(high) == 1 and low[0] < high[0] <= LARGEST[dimension], (cls, name)
            assert dimension not in SMALLEST or low[0] > 0.0, (cls, name)


def test_everything_that_is_wrong_with_a_table_is_said_at_once() -> None:
    text = problems(reach=1, share=2, tilt_deg=999, cuont=3)
    assert len(text.splitlines()) == 4, text


def test_a_missing_field_is_not_reported_beside_its_misspelling() -> None:
    assert "missing" not in problems(raech_km=5)


def test_a_table_of_rubbish_is_reported_in_a_few_lines() -> None:
    assert len(problems(**{f"k{i}": i for i in range(100_000)}).splitlines()) < 20
