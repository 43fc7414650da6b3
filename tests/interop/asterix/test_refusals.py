"""Every reason to refuse, what is kept beside it, and that nothing takes long."""

from __future__ import annotations

import random
import time

import pytest

from openiads.interop.asterix import CATEGORIES, DecodeError, decode, editions, encode, spec, to_dicts
from openiads.interop.asterix.kernels import REASONS
from tests.oracles.asterix import make_record

GOOD = bytes.fromhex("8019c9")  # a record of CAT048: data source 25/201


def block(category: int, body: bytes) -> bytes:
    """A data block."""
    return bytes([category]) + (len(body) + 3).to_bytes(2, "big") + body


# reason, bad bytes (behind a good record, in a block), item, octet at fault after the beginning of the bad record
BAD = [
    ("field specification too long", b"\x81\x01\x01\x01\x01\x00", "", 0),
    ("record without items", b"\x00", "", 1),
    ("record without items", b"\x01\x00", "", 2),
    ("cut off at the end of the block", b"\x80\x19", "048/010", 2),
    ("cut off at the end of the block", b"\x81", "", 0),
    ("cut off at the end of the block", b"\x20", "048/020", 1),
    ("cut off at the end of the block", b"\x20\x01", "048/020", 2),
    ("cut off at the end of the block", b"\x01\x20\x02" + bytes(15), "048/250", 18),
    ("cut off at the end of the block", b"\x01\x01\x40\x03\x05\x05", "048/030", 6),
    ("cut off at the end of the block", b"\x02\x81", "048/130", 1),
    ("cut off at the end of the block", b"\x02\x80", "048/130 SRL", 2),
    ("cut off at the end of the block", b"\x01\x01\x01\x04\x03\x00", "048/SP", 6),
    ("extension beyond the last one", b"\x20\x01\x01\x01\x01\x01\x01\x00", "048/020", 7),
    ("extension beyond the last one", b"\x01\x02\x01\x01\x00", "048/170", 4),
    ("undefined subfield", b"\x01\x01\x04\x20", "048/120", 4),
    ("field specification too long", b"\x02\x81\x00\x00", "048/130", 1),
    ("explicit length of 0", b"\x01\x01\x01\x04\x00", "048/SP", 4),
]


@pytest.mark.parametrize(("reason", "bad", "item", "fault"), BAD)
def test_a_bad_record_ends_its_block_and_no_other(reason: str, bad: bytes, item: str, fault: int) -> None:
    data = block(48, GOOD + bad) + block(48, GOOD)
    decoded = decode(data)
    assert len(decoded[48]) == 2 and decoded[48].start.tolist() == [3, 9 + len(bad)]
    (refusal,) = decoded.refused
    assert refusal == (6, len(bad), reason, min(6 + fault, 6 + len(bad)), item)
    assert decoded.refused.counts() == {reason: 1} and decoded.blocks == 2
    with pytest.raises(DecodeError) as error:
        decode(data, strict=True)
    assert (error.value.offset, error.value.item, error.value.reason) == (refusal.at, item, reason)


def test_an_item_that_no_edition_defines() -> None:
    bad = b"\x01\x01\x01\x01\x80\x00"
    assert decode(block(62, bad)).refused.counts() == {"undefined item": 1}  # FRN 29 is spare
    (refusal,) = decode(block(65, b"\x01\x80\x00")).refused
    assert (refusal.reason, refusal.at, refusal.item) == ("undefined item", 5, "065/-")


def test_blocks() -> None:
    good = block(48, GOOD)
    for tail, reason, octets in [
        (b"\x30", "block header cut off", 1),
        (b"\x30\x00", "block header cut off", 2),
        (b"\x30\x00\x02\xff", "block length below 3", 4),
        (b"\x30\x00\x00", "block length below 3", 3),
        (b"\x30\x00\x05\x80", "block longer than the data", 4),
        (b"\x01\x00\x06abc", "unknown category", 6),
        (b"\x00\x00\x03", "unknown category", 3),
        (b"\x30\x00\x03", "block without records", 3),
    ]:
        decoded = decode(good + tail)
        (refusal,) = decoded.refused
        assert (refusal.offset, refusal.octets, refusal.reason) == (6, octets, reason) and len(decoded) == 1
    assert len(decode(b"\x01\x00\x06abc" + good)) == 1  # skipped by its length
    assert len(decode(b"")) == 0 and len(decode(b"").refused) == 0 and encode(decode(b"")) == b""


def test_every_reason_is_met() -> None:
    met = {row[0] for row in BAD} | {"undefined item"}
    met |= {"block header cut off", "block length below 3", "block longer than the data", "unknown category"}
    assert met | {"block without records", ""} == set(REASONS)


def test_an_octet_of_a_later_edition_is_refused_in_an_earlier_one() -> None:
    record = {"category": 48, "items": {"020": {"TYP": 1, "ADSB_EP": 1, "ADSB_VAL": 1}}}
    data = encode([record])
    assert to_dicts(decode(data, {48: "1.31"}))[0]["items"]["020"]["ADSB_VAL"] == 1
    assert decode(data, {48: "1.30"}).refused.counts() == {"extension beyond the last one": 1}


def test_unknown_editions_are_named() -> None:
    with pytest.raises(ValueError, match=r"edition '9\.9' of category 48 was given; accepted: 1\.15"):
        decode(b"", {48: "9.9"})
    with pytest.raises(ValueError, match="category 21 was given; accepted: 34, 48"):
        decode(b"", {21: "2.1"})


@pytest.mark.parametrize("category", CATEGORIES)
def test_truncation_at_every_offset(category: int) -> None:
    """Every beginning of a datagram: all whole records before the cut, and every octet is accounted for."""
    rng = random.Random(category)
    table = spec(category)
    data = b"".join(encode([make_record(table, rng) for _ in range(3)]) for _ in range(4))
    whole = decode(data, strict=True)[category]
    first, last = whole.start.tolist(), (whole.start + whole.size).tolist()
    for cut in range(len(data)):
        decoded = decode(data[:cut])
        ended = sum(end <= cut for block_end, end in zip(_ends(data, first), last, strict=True) if block_end <= cut)
        assert len(decoded) == ended
    for cut in range(4, int.from_bytes(data[1:3], "big")):  # the same inside a block that says how short it is
        short = bytes([category]) + cut.to_bytes(2, "big") + data[3:cut]
        decoded = decode(short)
        kept = sum(end <= cut for end in last)
        assert len(decoded) == kept
        assert (len(decoded.refused) == 0) == (cut in last)


def _ends(data: bytes, starts: list[int]) -> list[int]:
    """End of the block that each record stands in."""
    ends, at = [], 0
    while at < len(data):
        at += int.from_bytes(data[at + 1 : at + 3], "big")
        ends.append(at)
    return [next(end for end in ends if end > start) for start in starts]


@pytest.mark.parametrize(
    "body",
    [b"\xff" * 65532, b"\x01" * 65532, bytes(65532), b"\x01\x01\x40" + b"\x03" * 65529, b"\x80\x00\x00" * 21844,
     b"\x01\x20\xff" * 21844, b"\x02\xff" * 32766],
    ids=["ones", "extensions", "zeros", "chain", "small records", "repetitions", "compounds"],
)  # fmt: skip
def test_a_malicious_block_takes_no_time(body: bytes) -> None:
    data = block(48, body)
    decode(data)
    begin = time.process_time()
    decoded = decode(data)
    assert time.process_time() - begin < 0.25
    kept = sum(table.size.sum() for table in decoded.tables.values())
    assert kept + decoded.refused.octets.sum() == len(body)


def test_a_million_empty_blocks() -> None:
    data = b"\x30\x00\x03" * 1_000_000
    begin = time.process_time()
    decoded = decode(data)
    assert decoded.refused.counts() == {"block without records": 1_000_000}
    assert time.process_time() - begin < 5.0


def test_all_editions_have_a_table() -> None:
    for category, names in editions().items():
        for name in names:
            assert spec(category, name).edition == name
