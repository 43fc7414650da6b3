"""Blocks of a recording, also of one with octets lost or changed: how it goes on after a gap."""

from __future__ import annotations

from collections import Counter

import numpy as np

from openiads.interop.asterix import decode

# categories of EUROCONTROL-SPEC-0149 and those that its users were given: what may stand at the head of a block
CATEGORIES = frozenset({
    1, 2, 3, 4, 7, 8, 9, 10, 11, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 30, 31, 32, 34, 48, 62, 63, 65, 129, 150, 204, 205,
    238, 239, 240, 247, 250, 252,
})  # fmt: skip
_CHAIN = 3  # blocks in a row that show where blocks begin again
_READ = (34, 48)  # categories
_TRIES = 10_000  # places where records are looked at one by one; at more than that a length is believed if it fits
_STRETCH = 1 << 16  # octets that are searched at a time, at most
_KNOWN = np.isin(np.arange(256), _READ)
GAP = "octets that are no block"


def _length(data: bytes, at: int) -> int:
    """Length of the block that may begin here, 0 if none does."""
    if at + 3 > len(data) or data[at] not in CATEGORIES:
        return 0
    length = data[at + 1] << 8 | data[at + 2]
    return length if length > 3 and at + length <= len(data) else 0


def _chained(data: bytes, at: int, links: int) -> bool:
    """Do so many blocks follow one another from here, or fewer to the end?"""
    for _ in range(links):
        if at == len(data):
            return True
        length = _length(data, at)
        if not length:
            return False
        at += length
    return True


def _again(data: bytes, octets: np.ndarray, at: int) -> int:
    """Where blocks that are read begin again at or after an offset; the end if nowhere.

    Others would be found too often within blocks, where small numbers are common.
    """
    stretch = 64
    while at < len(data) - 3:
        for k in np.flatnonzero(_KNOWN[octets[at : min(at + stretch, len(data) - 3)]]).tolist():
            if _length(data, at + k) and _chained(data, at + k, _CHAIN):
                return int(at + k)
        at += stretch
        stretch = min(2 * stretch, _STRETCH)
    return len(data)


def _whole(data: bytes, at: int) -> int:
    """Octets of the header here and of the whole records behind it, 0 if there is none or they are not read.

    Whatever length the header states: what the records need is told from their own specifications.
    """
    if at + 3 > len(data) or data[at] not in _READ:
        return 0
    told = data[at + 1] << 8 | data[at + 2]
    span = min(told, len(data) - at)
    if span < 4:
        return 0
    refused = decode(data[at : at + 1] + span.to_bytes(2, "big") + data[at + 3 : at + span]).refused
    end = int(refused.offset[0]) if len(refused) else span
    return end if end > 3 else 0


def blocks(data: bytes, skipped: Counter[str]) -> bytes:
    """The blocks of data, one behind the other; what lies between them is counted.

    A block counts if the next ones follow it, or if it is made of whole records. Of one that is cut off, or that states a
    wrong length, the whole records are kept as a shorter block.
    """
    octets = np.frombuffer(data, np.uint8)
    kept: list[bytes] = []
    at = begin = found = tries = 0  # begin: of the blocks that stand together; found: where a chain of blocks begins
    while at < len(data):
        length = _length(data, at)
        if length and _chained(data, at + length, _CHAIN - 1):
            at += length
            continue
        tries += 1
        whole = _whole(data, at) if tries < _TRIES else length
        if length and whole == length:
            at += length
            continue
        found = _again(data, octets, at + max(whole, 1)) if found < at + max(whole, 1) else found
        if length and data[at] not in _READ and at + length <= found:
            at += length
            continue
        kept.append(data[begin:at])
        if whole:
            kept.append(data[at : at + 1] + whole.to_bytes(2, "big") + data[at + 3 : at + whole])
            at += whole
        skipped[GAP] += found - at
        at = begin = found
    kept.append(data[begin:at])
    return b"".join(kept)
