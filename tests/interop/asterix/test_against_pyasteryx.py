"""The items that pyasteryx reads in the units of the specification, one by one.

Left out: speeds of CAT048 (given in knots there), levels of CAT062 (in feet), chained repetitions (only the last is
kept), addresses and registers (as hexadecimal text), CAT048 RE (unknown to it), 380 TID (point numbers signed).
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openiads.interop.asterix import decode, encode, spec, to_dicts
from tests.oracles.asterix import differences, make_record, our_values

CAT048 = [
    "010",
    "140",
    "040",
    "070",
    "090",
    "130",
    "240",
    "161",
    "042",
    "170",
    "080",
    "100",
    "110",
    "120",
    "230",
    "055",
    "050",
    "065",
    "060",
]
CAT062 = [
    "010",
    "015",
    "070",
    "105",
    "100",
    "185",
    "210",
    "060",
    "245",
    "040",
    "080",
    "290",
    "200",
    "295",
    "130",
    "220",
    "390",
    "270",
    "300",
    "110",
    "120",
]


def _flat(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [inner for each in value.values() for inner in _flat(each)]
    if isinstance(value, list):
        return [inner for each in value for inner in _flat(each)]
    return [value]


@pytest.mark.parametrize(
    ("category", "edition", "theirs", "names"),
    [(48, "1.23", "1.21", CAT048), (62, "1.17", "1.17", CAT062), (62, "1.18", "1.18", CAT062)],
)
@given(seed=st.integers(0, 2**64 - 1))
@settings(max_examples=60)
def test_both_read_the_same(category: int, edition: str, theirs: str, names: list[str], seed: int) -> None:
    import pyasteryx

    rng = random.Random(seed)
    table = spec(category, edition)
    record = make_record(table, rng, rng.sample(names, rng.randint(1, len(names))))
    data = encode([record], {category: edition})
    (message,) = pyasteryx.Decoder(editions={category: theirs}).decode(data)
    (ours,) = to_dicts(decode(data, {category: edition}, strict=True))
    readings = our_values(ours, table)
    assert list(readings) == [name.partition("/")[2] for name in message.items]
    for name, value in readings.items():
        assert differences(_flat(value), _flat(message.items[f"I{category:03d}/{name}"]), name) == []
