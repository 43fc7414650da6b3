"""Any bytes: what can be read, the rest counted to the octet, and one canonical form."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openiads.interop.asterix import CATEGORIES, Decoded, DecodeError, decode, encode, spec
from tests.oracles.asterix import make_record

DATAGRAMS = 100_000


def _settled(data: bytes, decoded: Decoded) -> None:
    """Every octet is in a record, in a header of a block with records, or refused."""
    blocks = {int(each) for table in decoded.tables.values() for each in table.block}
    kept = sum(int(table.size.sum()) for table in decoded.tables.values())
    whole = sum(int(n) for n in decoded.refused.octets)
    inside = sum(reason not in _OUTSIDE for reason in decoded.refused.reason)
    headers = len(blocks) * 3
    # a block whose very first record is bad has a header that belongs to no record
    lost = len(data) - kept - whole - headers
    assert lost % 3 == 0 and 0 <= lost <= 3 * inside, (data.hex(), lost)


_OUTSIDE = {
    "block header cut off", "block length below 3", "block longer than the data", "unknown category",
    "block without records",
}  # fmt: skip


def _canonical(decoded: Decoded) -> None:
    once = encode(decoded)
    again = decode(once, strict=True)
    assert len(again) == len(decoded) and encode(again) == once


def _mutated(seeds: list[bytes], rng: random.Random) -> bytes:
    """A datagram: parts of good ones with bits, octets, lengths and ends changed."""
    data = bytearray(rng.choice(seeds))
    kind = rng.random()
    for _ in range(rng.choice([1, 1, 2, 4, 16])):
        if not data:
            break
        at = rng.randrange(len(data))
        if kind < 0.3:
            data[at] ^= 1 << rng.randrange(8)
        elif kind < 0.5:
            data[at] = rng.choice([0, 1, 0x7F, 0x80, 0xFE, 0xFF])
        elif kind < 0.6:
            del data[at : at + rng.randrange(8)]
        elif kind < 0.7:
            data[at:at] = rng.randbytes(rng.randrange(8))
        elif kind < 0.8:
            other = rng.choice(seeds)
            data[at:] = other[rng.randrange(len(other)) :]
        elif kind < 0.9:
            del data[at:]
        else:  # the body changes, the length agrees with it
            data = data[: max(4, at)]
            data[3:] = bytes(b if rng.random() < 0.9 else rng.getrandbits(8) for b in data[3:])
            data[1:3] = len(data).to_bytes(2, "big")
    return bytes(data)


def test_mutated_datagrams() -> None:
    rng = random.Random(1)
    tables = [spec(category) for category in CATEGORIES]
    seeds = []
    for _ in range(400):
        records = [make_record(table, rng, _few(table, rng)) for table in rng.choices(tables, k=rng.randint(1, 2))]
        seeds.append(encode(records))
    kept = refused = 0
    for n in range(DATAGRAMS):
        data = _mutated(seeds, rng)
        decoded = decode(data)
        kept, refused = kept + len(decoded), refused + len(decoded.refused)
        if n % 25 == 0:
            _settled(data, decoded)
            _canonical(decoded)
            if len(decoded.refused):
                with pytest.raises(DecodeError):
                    decode(data, strict=True)
    assert kept > DATAGRAMS / 4 and refused > DATAGRAMS / 4  # else it would test one side only


def _few(table, rng: random.Random) -> list[str]:
    names = [node.name for node in table.nodes if node.name != "-"]
    return rng.sample(names, rng.randint(1, min(6, len(names))))


@given(st.binary(max_size=300))
@settings(max_examples=500)
def test_any_bytes(data: bytes) -> None:
    decoded = decode(data)
    _settled(data, decoded)
    _canonical(decoded)


@given(st.sampled_from(CATEGORIES), st.binary(max_size=300))
@settings(max_examples=1000)
def test_any_block(category: int, body: bytes) -> None:
    data = bytes([category]) + (len(body) + 3).to_bytes(2, "big") + body
    decoded = decode(data)
    _settled(data, decoded)
    _canonical(decoded)
