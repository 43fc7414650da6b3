"""Both directions against libasterix, in every edition that both know."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openiads.interop.asterix import CATEGORIES, decode, editions, encode, spec, to_dicts
from tests.oracles.asterix import common_editions, differences, make_block, make_record, our_values, read_block

SEEDS = st.integers(0, 2**64 - 1)
FEW = settings(max_examples=12)


def _both_ways(category: int, edition: str, seed: int) -> None:
    _we_write(category, edition, random.Random(seed))
    _they_write(category, edition, random.Random(seed))


def _we_write(category: int, edition: str, rng: random.Random) -> None:
    """What we write they read as we meant it."""
    table = spec(category, edition)
    records = [make_record(table, rng) for _ in range(rng.randint(1, 3))]
    data = encode(records, {category: edition})
    theirs = read_block(data, category, edition)
    assert theirs is not None and len(theirs) == len(records)
    assert differences([our_values(record, table) for record in records], theirs) == []
    assert to_dicts(decode(data, {category: edition}, strict=True)) == records


def _they_write(category: int, edition: str, rng: random.Random) -> None:
    """What they write we read as they do, and write as they did."""
    block = make_block(category, edition, rng.randint(1, 3), rng)
    decoded = decode(block, {category: edition}, strict=True)
    ours = [our_values(record, spec(category, edition)) for record in to_dicts(decoded)]
    assert differences(ours, read_block(block, category, edition) or []) == []
    assert encode(decoded) == block


@pytest.mark.parametrize("category", CATEGORIES)
@given(seed=SEEDS)
@settings(max_examples=60)
def test_newest_edition(category: int, seed: int) -> None:
    _both_ways(category, editions()[category][-1], seed)


@pytest.mark.parametrize("category", CATEGORIES)
@given(seed=SEEDS)
@FEW
def test_older_editions(category: int, seed: int) -> None:
    older = common_editions(category, editions()[category][:-1])
    assert older
    for edition in older:
        _both_ways(category, edition, seed)


def test_every_edition_of_libasterix_is_known() -> None:
    from tests.oracles.asterix import libasterix

    for category in CATEGORIES:
        theirs = {".".join(map(str, each.cv_edition)) for each in libasterix()[1].manifest["CATS"][category]}
        ours = set(editions()[category])
        assert theirs - ours == set(), category


@pytest.mark.parametrize("category", CATEGORIES)
@given(seed=SEEDS)
@settings(max_examples=150)
def test_both_refuse_the_same_blocks(category: int, seed: int) -> None:
    """A mutated block is refused by both or by neither; a record without items, which only we refuse, apart."""
    rng = random.Random(seed)
    block = bytearray(make_block(category, editions()[category][-1], rng.randint(1, 2), rng))
    for _ in range(rng.randint(1, 3)):
        block[rng.randrange(3, len(block))] = rng.choice([0, 1, 255, rng.getrandbits(8)])
    if rng.random() < 0.3:
        block = block[: rng.randint(4, len(block))]
        block[1:3] = len(block).to_bytes(2, "big")
    decoded = decode(bytes(block))
    theirs = read_block(bytes(block), category, editions()[category][-1])
    if set(decoded.refused.reason) & {"record without items"}:
        return
    assert (len(decoded.refused) > 0) == (theirs is None), (bytes(block).hex(), list(decoded.refused))
    if theirs is not None:
        assert len(theirs) == len(decoded)
