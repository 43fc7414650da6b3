"""UDP payloads of a packet capture: pcap and pcapng, over Ethernet, Linux cooked, loopback and raw IP.

Formats: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng, linktypes of tcpdump.org; RFC 791, 8200, 768.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from openiads.recording.spans import SECTION, Blocks, Packets, order_of, spans

_MAGIC = {
    b"\xd4\xc3\xb2\xa1": ("<", 1e-6), b"\xa1\xb2\xc3\xd4": (">", 1e-6),
    b"\x4d\x3c\xb2\xa1": ("<", 1e-9), b"\xa1\xb2\x3c\x4d": (">", 1e-9),
}  # fmt: skip
_IPV4, _IPV6, _UDP, _VLAN = 0x0800, 0x86DD, 17, (0x8100, 0x88A8, 0x9100)
_EXTENSIONS = (0, 43, 60)  # of IPv6: hop by hop, routing, destination


@dataclass(frozen=True)
class Packet:
    """One packet as it was captured."""

    t: float  # s of 1970, NaN if not stated
    link: int  # type of link
    data: bytes
    whole: bool  # nothing was cut off when it was captured


def is_capture(head: bytes) -> bool:
    """Do octets begin a capture?"""
    return head[:4] in _MAGIC or head[:4] == SECTION


def payloads(data: bytes, skipped: Counter[str]) -> Iterator[tuple[float, bytes]]:
    """Time (s of 1970) and payload of every UDP datagram; what is none is counted by reason."""
    for packet in _pcapng(data, skipped) if data[:4] == SECTION else _pcap(data, skipped):
        try:
            found = _datagram(packet)
        except IndexError:
            found = "packets cut short within their headers"
        if isinstance(found, str):
            skipped[found] += 1
        else:
            yield packet.t, found


def _pcap(data: bytes, skipped: Counter[str]) -> Iterator[Packet]:
    order, unit = _MAGIC[data[:4]]
    if len(data) < 24:
        skipped["octets of a capture without a whole header"] += len(data)
        return
    link = struct.unpack_from(order + "I", data, 20)[0] & 0x0FFFFFFF
    for at, end in spans(data, 24, Packets(order, round(1.0 / unit)), skipped):
        seconds, part, length, original = struct.unpack_from(order + "IIII", data, at)
        yield Packet(seconds + part * unit, link, data[at + 16 : end], length >= original)


def _pcapng(data: bytes, skipped: Counter[str]) -> Iterator[Packet]:
    order = "<"
    interfaces: list[tuple[int, int, float, float]] = []  # link, octets kept, unit and offset of times
    for at, end in spans(data, 0, Blocks(), skipped):
        body, begins = data[at + 8 : end - 4], order_of(data, at)
        if begins:
            order, interfaces = begins, []
        kind = struct.unpack_from(order + "I", data, at)[0]
        if kind == 1 and len(body) >= 8:
            interfaces.append(_interface(order, body))
        elif kind in (3, 6):
            packet = _ng_packet(order, kind, body, interfaces)
            if packet is None:
                skipped["packets without an interface or with a wrong length"] += 1
            else:
                yield packet


def _interface(order: str, body: bytes) -> tuple[int, int, float, float]:
    """Link, octets kept of a packet, unit (s) and offset (s) of its times."""
    link, keep = struct.unpack_from(order + "HxxI", body)
    unit, offset, at = 1e-6, 0.0, 8
    while at + 4 <= len(body):
        code, size = struct.unpack_from(order + "HH", body, at)
        value = body[at + 4 : at + 4 + size]
        if code == 9 and len(value) == 1:
            unit = 2.0 ** -(value[0] & 127) if value[0] & 128 else 10.0 ** -value[0]
        elif code == 14 and len(value) == 8:
            offset = float(struct.unpack(order + "q", value)[0])
        at += 4 + (size + 3) // 4 * 4
    return link, keep, unit, offset


def _ng_packet(order: str, kind: int, body: bytes, interfaces: list[tuple[int, int, float, float]]) -> Packet | None:
    """A packet of an enhanced (6) or simple (3) block."""
    if kind == 3:
        if not interfaces or len(body) < 4:
            return None
        link, keep, *_ = interfaces[0]
        original = struct.unpack_from(order + "I", body)[0]
        length = min(original, keep or original, len(body) - 4)
        return Packet(float("nan"), link, body[4 : 4 + length], length >= original)
    if len(body) < 20:
        return None
    which, high, low, length, original = struct.unpack_from(order + "IIIII", body)
    if which >= len(interfaces) or 20 + length > len(body):
        return None
    link, _, unit, offset = interfaces[which]
    return Packet((high << 32 | low) * unit + offset, link, body[20 : 20 + length], length >= original)


def _datagram(packet: Packet) -> bytes | str:
    """The payload of a packet, or why it has none; IndexError where the headers are cut."""
    data = packet.data
    if packet.link == 1:
        kind, at = _two(data, 12), 14
        while kind in _VLAN:
            kind, at = _two(data, at + 2), at + 4
    elif packet.link == 113:
        kind, at = _two(data, 14), 16
    elif packet.link == 276:
        kind, at = _two(data, 0), 20
    elif packet.link in (0, 108):
        kind, at = {4: _IPV4, 6: _IPV6}.get(data[4] >> 4, 0), 4
    elif packet.link in (12, 14, 101, 228, 229):
        kind, at = {4: _IPV4, 6: _IPV6}.get(data[0] >> 4, 0), 0
    else:
        return f"packets of link type {packet.link}, which is not read"
    if kind == _IPV4:
        return _ipv4(data, at, packet.whole)
    return _ipv6(data, at, packet.whole) if kind == _IPV6 else "packets that are not IP"


def _ipv4(data: bytes, at: int, whole: bool) -> bytes | str:
    size = 4 * (data[at] & 15)
    if data[at] >> 4 != 4 or size < 20:
        return "packets with a wrong IP header"
    if _two(data, at + 6) & 0x3FFF:
        return "fragments of IP packets"
    if data[at + 9] != _UDP:
        return "packets that are not UDP"
    return _udp(data, at + size, min(len(data), at + max(_two(data, at + 2), size)), whole)


def _ipv6(data: bytes, at: int, whole: bool) -> bytes | str:
    if data[at] >> 4 != 6:
        return "packets with a wrong IP header"
    end, after, at = min(len(data), at + 40 + _two(data, at + 4)), data[at + 6], at + 40
    while after in _EXTENSIONS:
        after, at = data[at], at + 8 + 8 * data[at + 1]
    if after == 44:
        return "fragments of IP packets"
    return _udp(data, at, end, whole) if after == _UDP else "packets that are not UDP"


def _udp(data: bytes, at: int, end: int, whole: bool) -> bytes | str:
    length = _two(data, at + 4)
    if length < 8:
        return "packets with a wrong UDP length"
    if at + length > end:
        return "packets with a wrong UDP length" if whole else "packets that were captured in part"
    return data[at + 8 : at + length] if length > 8 else "datagrams without a payload"


def _two(data: bytes, at: int) -> int:
    return data[at] << 8 | data[at + 1]
