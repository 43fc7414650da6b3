"""Captures made here: UDP datagrams in every frame that is read, in pcap and pcapng."""

from __future__ import annotations

import struct


def udp(payload, port=8600):
    return struct.pack(">HHHH", 40000, port, 8 + len(payload), 0) + payload


def ipv4(payload, protocol=17, flags=0, options=b""):
    size = 20 + len(options)
    head = struct.pack(">BBHHHBBH", 0x40 | size // 4, 0, size + len(payload), 1, flags, 16, protocol, 0)
    return head + b"\x0a\x00\x00\x01\xef\x01\x02\x03" + options + payload


def ipv6(payload, after=17):
    return struct.pack(">IHBB", 6 << 28, len(payload), after, 16) + bytes(32) + payload


def frame(link, packet, six=False):
    """An IP packet as a link of this type carries it."""
    kind = b"\x86\xdd" if six else b"\x08\x00"
    return {
        1: bytes(12) + kind, 113: bytes(14) + kind, 276: kind + bytes(18), 0: struct.pack("<I", 24 if six else 2), 101: b"",
    }[link] + packet  # fmt: skip


def pcap(frames, link=1, order="<", nano=False):
    """Frames [(t, octets)] as a pcap file; an octet string may be a pair (kept, original length)."""
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link)]
    for t, data in frames:
        kept, original = data if isinstance(data, tuple) else (data, len(data))
        part = round((t % 1) * (1e9 if nano else 1e6))
        out.append(struct.pack(order + "IIII", int(t), part, len(kept), original) + kept)
    return b"".join(out)


def _block(order, kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack(order + "II", kind, 12 + len(body)) + body + struct.pack(order + "I", 12 + len(body))


def pcapng(frames, link=1, order="<", simple=False):
    """Frames as a pcapng file with times in nanoseconds, a block of another kind in between."""
    out = [_block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))]
    out.append(_block(order, 1, struct.pack(order + "HHI", link, 0, 0) + struct.pack(order + "HHBxxx", 9, 1, 9)))
    for t, data in frames:
        ticks = round(t * 1e9)
        if simple:
            out.append(_block(order, 3, struct.pack(order + "I", len(data)) + data))
        else:
            head = struct.pack(order + "IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
            out.append(_block(order, 6, head + data))
        out.append(_block(order, 5, bytes(12)))
    return b"".join(out)
