"""Units against their definitions (SI Brochure; international nautical mile, foot and knot)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openiads.units import LARGEST, SMALLEST, UNITS, from_si, spellings, to_si

DEFINED = [
    (1.0, "length", "nm", 1852.0),
    (1.0, "length", "ft", 0.3048),
    (2.5, "length", "km", 2500.0),
    (36.0, "speed", "kmh", 10.0),
    (3600.0, "speed", "kt", 1852.0),
    (1.5, "time", "min", 90.0),
    (2.0, "time", "days", 172800.0),
    (180.0, "angle", "deg", math.pi),
    (1.0, "area", "km2", 1e6),
    (2.0, "data", "bytes", 16.0),
    (0.0, "cross-section", "dbsm", 1.0),
    (-20.0, "cross-section", "dbsm", 0.01),
    (10.0, "cross-section", "dbsm", 10.0),
]


@pytest.mark.parametrize(("value", "dimension", "suffix", "si"), DEFINED)
def test_against_the_definition(value: float, dimension: str, suffix: str, si: float) -> None:
    assert to_si(value, dimension, suffix) == pytest.approx(si, rel=1e-12)


ALL = [(dimension, suffix) for dimension in UNITS for suffix in UNITS[dimension]]


@given(st.sampled_from(ALL), st.floats(-80.0, 80.0))
def test_there_and_back(unit: tuple[str, str], value: float) -> None:
    assert from_si(to_si(value, *unit), *unit) == pytest.approx(value, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("unit", ALL)
@pytest.mark.parametrize("value", [-1.7e308, -4000.0, 4000.0, 1.7e308])
def test_no_number_overflows(unit: tuple[str, str], value: float) -> None:
    assert math.isfinite(to_si(value, *unit))


@pytest.mark.parametrize("unit", ALL)
def test_what_a_float_can_not_say_is_beyond_every_limit(unit: tuple[str, str]) -> None:
    assert to_si(1.7e308, *unit) > LARGEST[unit[0]]
    assert unit[0] not in SMALLEST or to_si(-4000.0, unit[0], list(UNITS[unit[0]])[-1]) < SMALLEST[unit[0]]


def test_every_scale_of_decibels_has_a_smallest_value() -> None:
    assert set(SMALLEST) == {d for d, units in UNITS.items() if any(map(math.isnan, units.values()))}
    assert set(LARGEST) == set(UNITS)


def test_a_suffix_means_one_unit_wherever_it_is_used() -> None:
    meanings: dict[str, set[str]] = {}
    for units in UNITS.values():
        for suffix, factor in units.items():
            meanings.setdefault(suffix, set()).add(repr(factor))
    assert all(len(factors) == 1 for factors in meanings.values())


def test_spellings_carry_the_unit() -> None:
    assert spellings("range", "length") == ["range_m", "range_km", "range_nm", "range_ft"]
