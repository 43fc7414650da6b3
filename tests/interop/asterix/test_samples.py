"""The sample files decode to the values that two other decoders agree on, and encode to their own bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from openiads.interop.asterix import decode, encode, to_dicts

FOLDER = Path(__file__).parents[3].parent / "shared" / "data" / "asterix"

# file, category, edition, and by item and field what it holds
EXPECTED: list[tuple[str, int, str, dict[str, Any]]] = [
    (
        "cat048ed1.15.bin", 48, "1.15",
        {
            "010": {"SAC": 0, "SIC": 1}, "140": {"TOD": 33499.8359375}, "040": {"RHO": 73.921875, "THETA": 89.67041015625},
            "070": {"V": 0, "G": 0, "L": 1, "MODE3A": "0470"}, "090": {"V": 0, "G": 0, "FL": 370.0},
            "220": {"ADR": 11226301}, "240": {"ID": "RYR5XW"}, "161": {"TRN": 919}, "130": {"SAM": -63.0},
            "020": {"TYP": 5, "SIM": 0, "RDP": 1, "SPI": 0, "RAB": 0},
        },
    ),
    (
        "cat048ed1.23.bin", 48, "1.23",
        {
            "020": {"TYP": 5, "SIM": 0, "RDP": 1, "SPI": 0, "RAB": 0, "TST": 0, "ERR": 1, "XPP": 0, "ME": 0, "MI": 1,
                    "FOEFRI": 0},
            "040": {"RHO": 255.99609375, "THETA": 89.67041015625}, "240": {"ID": "RYR5XW"}, "RE": b"\x08\x01\x01\x00",
        },
    ),
    (
        "cat048.raw", 48, "1.32",
        {
            "010": {"SAC": 25, "SIC": 201}, "140": {"TOD": 27354.6015625}, "040": {"RHO": 197.68359375, "THETA": 340.13671875},
            "070": {"V": 0, "G": 0, "L": 0, "MODE3A": "1000"}, "090": {"V": 0, "G": 0, "FL": 330.0},
            "220": {"ADR": 0x3C660C}, "240": {"ID": "DLH65A"},
        },
    ),
    (
        "cat034.raw", 34, "1.29",
        {"010": {"SAC": 25, "SIC": 14}, "000": {"TYP": 2}, "030": {"TOD": 29906.3359375}, "020": {"SECTOR": 90.0}},
    ),
    (
        "cat034ed1.26.bin", 34, "1.26",
        {"010": {"SAC": 0, "SIC": 2}, "000": {"TYP": 2}, "030": {"TOD": 33499.84375}, "020": {"SECTOR": 90.0}},
    ),
    (
        "cat063ed1.0.bin", 63, "1.0",
        {"010": {"SAC": 0, "SIC": 5}, "030": {"TOM": 33509.796875}, "050": {"SAC": 0, "SIC": 1}, "070": {"BIAS": -53.0},
         "081": {"BIAS": -0.0054931640625}, "091": {"BIAS": -0.010986328125}},
    ),
    (
        "cat065ed1.3.bin", 65, "1.3",
        {"010": {"SAC": 0, "SIC": 5}, "000": {"TYP": 2}, "015": {"SID": 193}, "030": {"TOM": 33502.296875}, "020": {"BATCH": 0}},
    ),
]  # fmt: skip


def _bytes(name: str) -> bytes:
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"the sample {name} is not beside the repository (../shared/data/asterix)")
    return path.read_bytes()


@pytest.mark.parametrize(("name", "category", "edition", "items"), EXPECTED, ids=[each[0] for each in EXPECTED])
def test_a_sample_holds_what_is_published(name: str, category: int, edition: str, items: dict[str, Any]) -> None:
    decoded = decode(_bytes(name), {category: edition}, strict=True)
    (record,) = to_dicts(decoded)
    assert record["category"] == category
    assert {key: record["items"].get(key) for key in items} == items


@pytest.mark.parametrize(("name", "category", "edition"), [each[:3] for each in EXPECTED], ids=[e[0] for e in EXPECTED])
def test_a_sample_is_written_as_it_was(name: str, category: int, edition: str) -> None:
    data = _bytes(name)
    decoded = decode(data, {category: edition})
    assert encode(decoded) == data
    assert encode(to_dicts(decoded), {category: edition}) == data


def test_columns_of_a_sample() -> None:
    table = decode(_bytes("cat048ed1.15.bin") * 3)[48]
    assert table.columns["040.RHO"].tolist() == [73.921875] * 3
    assert table.columns["240.ID"].tolist() == [b"RYR5XW"] * 3
    assert table.offsets["250.BDS1"].tolist() == [0, 3, 6, 9]
    assert table.columns["250.BDS1"].tolist() == [6, 5, 4] * 3
    assert (
        table.start.tolist() == [3, 68, 133] and table.size.tolist() == [62] * 3 and table.block.tolist() == [0, 1, 2]
    )
    assert "120.CAL.CAL" not in table.columns and "042.X" not in table.columns


def test_what_is_not_ours_among_the_samples_is_counted() -> None:
    names = sorted(path.name for path in FOLDER.glob("*")) if FOLDER.is_dir() else []
    if not names:
        pytest.skip("the samples are not beside the repository (../shared/data/asterix)")
    data = b"".join(_bytes(name) for name in names)
    decoded = decode(data)
    assert decoded.refused.counts() == {"unknown category": 12} and len(decoded) == 7
    assert sum(t.size.sum() + 3 * len(t) for t in decoded.tables.values()) + decoded.refused.octets.sum() == len(data)
