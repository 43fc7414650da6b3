"""Where the packets of a capture lie, also of one with damaged headers: how it goes on behind them."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from typing import Protocol

import numpy as np

SECTION = b"\x0a\x0d\x0d\x0a"
_LONGEST = 1 << 18  # octets of a packet; more is a length that is wrong
_STRETCH = 1 << 16  # octets that are searched at a time
_CHAIN = 3  # packets in a row that show where packets begin again


class Layout(Protocol):
    """How the packets of a kind of capture follow one another."""

    head: int  # octets of a header
    links: int  # packets in a row that show where packets begin again

    def end(self, data: bytes, at: int) -> int:
        """Where the packet that may begin here ends, behind the data for one that is cut off; 0 if none can begin here."""

    def likely(self, heads: np.ndarray) -> np.ndarray:
        """Which of these octets may be headers, uint8[K, head] -> bool[K]."""


class Packets:
    """Of pcap: seconds, parts of a second, octets kept, octets of the packet."""

    head, links = 16, _CHAIN

    def __init__(self, order: str, parts: int) -> None:
        self.order, self.parts = order, parts  # parts of a second

    def end(self, data: bytes, at: int) -> int:
        if at + 16 > len(data):
            return 0
        _, part, length, original = struct.unpack_from(self.order + "IIII", data, at)
        return at + 16 + int(length) if part < self.parts and length <= min(original, _LONGEST) else 0

    def likely(self, heads: np.ndarray) -> np.ndarray:
        _, part, length, original = heads.view(self.order + "u4").T
        return np.asarray((part < self.parts) & (length > 0) & (length <= original) & (original <= _LONGEST))


def order_of(data: bytes, at: int) -> str:
    """Order of octets that a block states, "<" or ">"; "" for one that begins no section."""
    if data[at : at + 4] != SECTION:
        return ""
    return "<" if data[at + 8 : at + 12] == b"\x4d\x3c\x2b\x1a" else ">"


class Blocks:
    """Of pcapng: kind, length, octets, and the length again; sections may differ in the order of octets."""

    head, links = 12, 1

    def __init__(self) -> None:
        self.order = "<"

    def end(self, data: bytes, at: int) -> int:
        if at + 12 > len(data):
            return 0
        order = order_of(data, at) or self.order
        length = int(struct.unpack_from(order + "I", data, at + 4)[0])
        if length < 12 or length % 4:
            return 0
        if at + length > len(data):
            return at + length if length <= _LONGEST else 0
        if data[at + length - 4 : at + length] != data[at + 4 : at + 8]:
            return 0
        self.order = order
        return at + length

    def likely(self, heads: np.ndarray) -> np.ndarray:
        length = heads[:, 4:8].copy().view(self.order + "u4")[:, 0]
        return np.asarray((length >= 12) & (length % 4 == 0) & (length <= _LONGEST))


def spans(data: bytes, at: int, layout: Layout, skipped: Counter[str]) -> Iterator[tuple[int, int]]:
    """Begin and end of each packet; what lies behind a damaged header, up to the next packets, is counted.

    A packet that another can not follow is believed if packets begin again behind it, else its length is what is wrong.
    """
    while at < len(data):
        end = layout.end(data, at)
        if end and (end == len(data) or (end < len(data) and layout.end(data, end))):
            yield at, end
            at = end
            continue
        found = _again(data, at + 1, layout)
        if 0 < end <= found:
            yield at, end
            at = end
        cut = found == len(data) and (at + layout.head > len(data) or layout.end(data, at) > len(data))
        reason = (
            "at the end of the capture, cut off" if cut else "of the capture from a damaged header to the next packet"
        )
        skipped[f"octets {reason}"] += found - at
        at = found


def _again(data: bytes, at: int, layout: Layout) -> int:
    """Where packets begin again at or after an offset; the end if nowhere."""
    octets = np.frombuffer(data, np.uint8)
    while at + layout.head <= len(data):
        heads = np.lib.stride_tricks.sliding_window_view(octets[at : at + _STRETCH + layout.head - 1], layout.head)
        for k in np.flatnonzero(layout.likely(np.ascontiguousarray(heads))).tolist():
            if _chained(data, at + k, layout):
                return int(at + k)
        at += len(heads)
    return len(data)


def _chained(data: bytes, at: int, layout: Layout) -> bool:
    """Do whole packets follow one another from here, or fewer to the end?"""
    for link in range(layout.links):
        end = layout.end(data, at)
        if not end or end > len(data):
            return link > 0 and (end > 0 or at + layout.head > len(data))
        if end == len(data):
            return True
        at = end
    return True
