"""Records to bytes and back, and what is refused on the way out."""

from __future__ import annotations

import itertools
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openiads.interop.asterix import CATEGORIES, EncodeError, decode, editions, encode, spec, table, to_dicts
from tests.oracles.asterix import make_record

SOURCE = {"SAC": 25, "SIC": 201}


@given(st.integers(0, 2**64 - 1))
@settings(max_examples=60)
def test_records_of_all_categories_in_any_order(seed: int) -> None:
    rng = random.Random(seed)
    records = [make_record(spec(rng.choice(CATEGORIES)), rng) for _ in range(rng.randint(1, 8))]
    data = encode(records)
    decoded = decode(data, strict=True)
    assert to_dicts(decoded) == records
    assert encode(decoded) == data
    changes = sum(a["category"] != b["category"] for a, b in itertools.pairwise(records))
    assert decoded.blocks == 1 + changes


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_field_of_every_edition_comes_back(category: int) -> None:
    for edition in editions()[category]:
        chosen, rng = spec(category, edition), random.Random(3)
        names = [node.name for node in chosen.nodes if node.name != "-"]
        records = [make_record(chosen, rng, names) for _ in range(40)]
        decoded = decode(encode(records, {category: edition}), {category: edition}, strict=True)
        assert to_dicts(decoded) == records
        fields = {field.key for unit in chosen.units for field in unit.fields}
        assert fields <= set(decoded[category].columns)


def test_spare_bits_and_long_field_specifications_do_not_come_back() -> None:
    long = bytes.fromhex("300008810100" + "19c9")
    assert encode(decode(long, strict=True)) == bytes.fromhex("3000068019c9")
    spare = bytes.fromhex("300007" + "0110" + "f123")  # track number with its four spare bits set
    assert encode(decode(spare, strict=True)) == bytes.fromhex("300007" + "0110" + "0123")


def test_blocks_are_as_long_as_they_may_be() -> None:
    records = [{"category": 48, "items": {"010": SOURCE, "161": {"TRN": k}}} for k in range(4000)]
    for longest in (10, 100, 1472, 65535):
        data = encode(records, longest=longest)
        decoded = decode(data, strict=True)
        assert decoded[48].columns["161.TRN"].tolist() == list(range(4000))
        at, lengths = 0, []
        while at < len(data):
            lengths.append(int.from_bytes(data[at + 1 : at + 3], "big"))
            at += lengths[-1]
        assert max(lengths) <= longest and all(length + 6 > longest for length in lengths[:-1])
    with pytest.raises(EncodeError, match="a record of 6 octets"):
        encode(records, longest=8)


def test_columns_of_ones_own() -> None:
    n = 1000
    rng = np.random.default_rng(1)
    columns = {
        "010.SAC": np.full(n, 25), "010.SIC": np.arange(n) % 256,
        "140.TOD": np.linspace(0.0, 86399.0, n), "040.RHO": rng.uniform(0.0, 250.0, n), "040.THETA": rng.uniform(0.0, 359.9, n),
        "090.FL": np.where(np.arange(n) % 3 == 0, np.nan, 330.0), "240.ID": np.array([f"FL{k}" for k in range(n)]),
    }  # fmt: skip
    back = decode(encode(table(spec(48), columns)), strict=True)[48]
    assert len(back) == n
    for name, lsb in (("140.TOD", 1 / 128), ("040.RHO", 1 / 256), ("040.THETA", 360 / 65536)):
        assert np.abs(back.columns[name] - columns[name]).max() <= lsb / 2 * 1.0000001
    assert back.columns["010.SIC"].tolist() == columns["010.SIC"].tolist()
    assert back.present["090"].tolist() == [k % 3 != 0 for k in range(n)]
    assert np.isnan(back.columns["090.FL"]).tolist() == (~back.present["090.FL"]).tolist()
    assert back.columns["240.ID"].astype(str).tolist() == columns["240.ID"].tolist()
    assert back.columns["090.V"].max() == 0  # a flag left out


def test_absent_is_nan_zero_or_empty() -> None:
    records = [
        {"category": 48, "items": {"010": SOURCE}},
        {"category": 48, "items": {"040": {"RHO": 1.5, "THETA": 90.0}, "240": {"ID": "ABC"}, "250": []}},
    ]
    found = decode(encode(records), strict=True)[48]
    assert np.isnan(found.columns["040.RHO"][0]) and found.columns["040.RHO"][1] == 1.5
    assert found.columns["010.SIC"].tolist() == [201, 0] and found.columns["240.ID"].tolist() == [b"", b"ABC"]
    assert found.present["010"].tolist() == [True, False] and found.present["040.THETA"].tolist() == [False, True]
    assert found.present["250"].tolist() == [False, True] and found.offsets["250"].tolist() == [0, 0, 0]


def test_odd_characters_are_kept() -> None:
    for code in range(64):
        word = (code << 42 | 1 << 36 | sum(32 << 6 * k for k in range(6))).to_bytes(6, "big")
        data = b"\x30\x00\x0b\x01\x40" + word
        decoded = decode(data, strict=True)
        assert encode(decoded) == data, code
    names = {
        "category": 62,
        "items": {"390": {"CS": "AB\xe9 7", "DEP": "", "RDS": {"NU1": "1", "NU2": "8", "LTR": "L"}}},
    }
    assert to_dicts(decode(encode([names]), strict=True)) == [names]


BAD: list[tuple[dict[str, Any], str]] = [
    ({"010": {"SAC": 256, "SIC": 1}}, "048/010 SAC: 256 was given; accepted: 0 to 255"),
    ({"010": {"SAC": -1, "SIC": 1}}, "048/010 SAC: -1 was given; accepted: 0 to 255"),
    ({"010": {"SAC": 1.5, "SIC": 1}}, "048/010 SAC: 1.5 was given"),
    ({"010": {"SAC": "x", "SIC": 1}}, "048/010 SAC: 'x' was given"),
    ({"010": {"SAC": 2**80}}, "048/010 SAC: 1208925819614629174706176 was given"),
    ({"040": {"RHO": 300.0, "THETA": 1.0}}, "048/040 RHO: 300.0 was given; accepted: 0 to 255.9960938 NM"),
    ({"040": {"RHO": float("nan"), "THETA": 1.0}}, "048/040 RHO: nan was given"),
    ({"040": {"RHO": float("inf"), "THETA": 1.0}}, "048/040 RHO: inf was given"),
    ({"040": {"RHO": 1.0}}, "048/040 THETA: None was given"),
    ({"090": {"FL": -2048.2}}, "048/090 FL: -2048.2 was given; accepted: -2048 to 2047.75 FL"),
    ({"070": {"MODE3A": "0480"}}, r"048/070 MODE3A: '0480' was given; accepted: 0000 to 7777 \(octal\)"),
    ({"070": {"MODE3A": "17777"}}, "048/070 MODE3A: 8191 was given"),
    ({"240": {"ID": "ABCDEFGHI"}}, "048/240 ID: 'ABCDEFGHI' was given; accepted: 8 characters"),
    ({"240": {"ID": "abc"}}, "048/240 ID: 'abc' was given"),
    ({"240": {"ID": 5}}, "048/240 ID: 5 was given"),
    ({"040": {"RHO": 1.0, "THETA": 1.0, "PHI": 1.0}}, "048/040: 'PHI' was given; accepted: RHO, THETA"),
    ({"999": {}}, "048: '999' was given; accepted: 010, 140"),
    ({"130": {"XYZ": 1.0}}, "048/130: 'XYZ' was given; accepted: SRL"),
    ({"120": {"CAL": {"CAL": 512.0}}}, "048/120.CAL CAL: 512.0 was given; accepted: -512 to 511 m/s"),
    ({"040": 5}, "048/040: 5 was given; accepted: a dict with some of RHO, THETA"),
    ({"030": []}, "048/030: 0 was given; accepted: 1 to 65535 repetitions"),
    ({"250": [{"MBDATA": 1}] * 256}, "048/250: 256 was given; accepted: 0 to 255 repetitions"),
    ({"250": [{"MBDATA": 1 << 56}]}, "048/250 MBDATA: 72057594037927936 was given"),
    ({"120": {"RDS": [{"DOP": 1.0, "AMB": 2.0}]}}, "048/120.RDS FRQ: None was given"),
    ({"RE": bytes(255)}, "048/RE: 255 was given; accepted: 0 to 254 octets"),
    ({}, "048: {} was given; accepted: a record with at least one item"),
]


@pytest.mark.parametrize(("items", "message"), BAD)
def test_what_does_not_fit_is_named(items: dict[str, Any], message: str) -> None:
    with pytest.raises(EncodeError, match=f"^{message}"):
        encode([{"category": 48, "items": items}])


def test_what_is_no_record_is_named() -> None:
    with pytest.raises(EncodeError, match="category: 21 was given"):
        encode([{"category": 21, "items": {}}])
    with pytest.raises(EncodeError, match="record: 5 was given"):
        encode([5])  # type: ignore[list-item]
    with pytest.raises(EncodeError, match="048: 'abc' was given"):
        table(spec(48), {"abc": np.zeros(3)})
    with pytest.raises(EncodeError, match="accepted: 3 records"):
        table(spec(48), {"010.SAC": np.zeros(3, np.int64), "010.SIC": np.zeros(4, np.int64)})


def test_an_error_says_its_parts() -> None:
    with pytest.raises(EncodeError) as error:
        encode([{"category": 62, "items": {"105": {"LAT": 20000.0, "LON": 0.0}}}], {62: "1.18"})
    assert (error.value.item, error.value.field, error.value.given) == ("062/105", "LAT", 20000.0)
    assert error.value.accepted == "-11520 to 11519.99999 deg"


def test_a_result_is_not_touched_by_later_calls_nor_by_other_threads() -> None:
    """Scratch memory is kept from call to call, one for each thread."""
    rng = random.Random(5)
    batches = [[make_record(spec(c), rng) for c in (48, 62, 48) for _ in range(k)] for k in range(1, 25)]
    data = [encode(batch) for batch in batches]
    kept = [decode(each) for each in data]
    decode(b"\xff" * 5000)
    assert [to_dicts(each) for each in kept] == batches
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            assert [to_dicts(each) for each in pool.map(decode, data)] == batches
    long = encode(batches[-1] * 200)
    assert len(long) > 1 << 20 and to_dicts(decode(long)) == batches[-1] * 200
