"""Captures: every kind of file and frame gives the same datagrams; the rest is counted, whatever it is."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openiads.errors import RecordError
from openiads.recording import track
from openiads.recording.pcap import is_capture, payloads
from tests.recording.packets import frame, ipv4, ipv6, pcap, pcapng, udp
from tests.recording.recordings import SENSORS, flights, radar_records

START = 1_700_000_000.0


def read(data):
    """Payloads and what was skipped."""
    skipped: Counter[str] = Counter()
    return list(payloads(data, skipped)), skipped


@pytest.mark.parametrize("link", [1, 113, 276, 0, 101])
@pytest.mark.parametrize("six", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_frame_and_file(link, six, order):
    frames = [
        (START + k + 0.25, frame(link, ipv6(udp(b"abc")) if six else ipv4(udp(b"abc"), options=bytes(4)), six))
        for k in range(3)
    ]
    for data in (pcap(frames, link, order), pcap(frames, link, order, nano=True), pcapng(frames, link, order)):
        assert is_capture(data)
        got, skipped = read(data)
        assert got == [(START + k + 0.25, b"abc") for k in range(3)] and not skipped
    got, _ = read(pcapng(frames, link, order, simple=True))
    assert [p for _, p in got] == [b"abc"] * 3 and all(np.isnan(t) for t, _ in got)


def test_tags_of_virtual_networks_and_padding_of_short_frames():
    inner = ipv4(udp(b"xyz"))
    for tags in (b"\x81\x00\x00\x05", b"\x88\xa8\x00\x05\x81\x00\x00\x06"):
        assert read(pcap([(START, bytes(12) + tags + b"\x08\x00" + inner + bytes(20))]))[0] == [(START, b"xyz")]
    assert read(pcap([(START, frame(1, ipv6(b"\x11\x00" + bytes(6) + udp(b"xyz"), after=0), True))]))[0] == [
        (START, b"xyz")
    ]


REASONS = [
    (frame(1, ipv4(udp(b"abc"), protocol=6)), "packets that are not UDP"),
    (frame(1, ipv6(udp(b"abc"), after=58), True), "packets that are not UDP"),
    (frame(1, ipv4(udp(b"abc"), flags=0x2000)), "fragments of IP packets"),
    (frame(1, ipv4(udp(b"abc"), flags=0x0010)), "fragments of IP packets"),
    (frame(1, ipv6(bytes(8) + udp(b"abc"), after=44), True), "fragments of IP packets"),
    (bytes(12) + b"\x08\x06" + bytes(28), "packets that are not IP"),
    (bytes(12) + b"\x08\x00" + b"\x65" + bytes(40), "packets with a wrong IP header"),
    (frame(1, ipv4(udp(b""))), "datagrams without a payload"),
    (frame(1, ipv4(udp(b"abc")[:4] + b"\x00\x03" + bytes(5))), "packets with a wrong UDP length"),
    (frame(1, ipv4(udp(b"abc")[:4] + b"\x00\xff" + bytes(5))), "packets with a wrong UDP length"),
    ((frame(1, ipv4(udp(b"abcdef")))[:-3], 60), "packets that were captured in part"),
    (bytes(9), "packets cut short within their headers"),
]


@pytest.mark.parametrize(("data", "reason"), REASONS)
def test_what_is_no_datagram_has_a_reason(data, reason):
    got, skipped = read(pcap([(START, data), (START, frame(1, ipv4(udp(b"good"))))]))
    assert got == [(START, b"good")] and skipped == {reason: 1}


def test_links_that_are_not_read():
    assert read(pcap([(START, bytes(60))], link=105))[1] == {"packets of link type 105, which is not read": 1}


def damaged(form, k, octets, at):
    """A capture of twenty datagrams, the header of number k with other octets at a place of it; and how much longer it is."""
    frames = [(START + n, frame(1, ipv4(udp(b"datagram %02d" % n)))) for n in range(20)]
    data, begin = bytearray(form(frames)), len(form(frames[:k]))
    data[begin + at : begin + at + len(octets)] = octets
    return bytes(data)


@pytest.mark.parametrize("k", [0, 9, 19])
@pytest.mark.parametrize("octets", [b"\xff\xff\xff\xff", b"\xff\xff\x00\x00", b"\x07\x00\x00\x00", b"\x60\x00\x00\x00"])
@pytest.mark.parametrize(("form", "at"), [(pcap, 8), (pcapng, 4)])
def test_a_damaged_header_costs_its_own_packet(form, at, octets, k):
    """Whatever length it states; at the beginning and at the end, too."""
    got, skipped = read(damaged(form, k, octets, at))
    good = [b"datagram %02d" % n for n in range(20)]
    assert [p for _, p in got if p in good] == good[:k] + good[k + 1 :]
    assert sum(skipped.values()) > 0


def test_octets_between_packets_are_searched_for_the_next_one():
    g = np.random.default_rng(4)
    frames = [(START + n, frame(1, ipv4(udp(b"datagram %02d" % n)))) for n in range(20)]
    for form in (pcap, pcapng):
        data, cut = form(frames), len(form(frames[:10]))
        for size in (1, 3, 100_000):
            got, skipped = read(data[:cut] + b"\xfe" * size + data[cut:])
            assert len(got) == 20 and skipped == {
                "octets of the capture from a damaged header to the next packet": size
            }, size
        got, skipped = read(data[: cut + 40] + g.bytes(3_000_000))  # nothing comes again
        assert len(got) >= 10 and sum(skipped.values()) > 2_900_000


@given(st.binary(max_size=400), st.sampled_from(["pcap", "pcapng", "none"]), st.integers(0, 2000))
def test_no_octets_raise(noise, kind, cut):
    """Noise behind a header, whole captures cut anywhere."""
    whole = {"pcap": pcap, "pcapng": pcapng}.get(kind, lambda f: b"\xd4\xc3\xb2\xa1")(
        [(START, frame(1, ipv4(udp(b"abc"))))] * 5
    )
    read(whole[: max(4, len(whole) - 4)] + noise)
    read(whole[: max(4, cut % (len(whole) + 1))])


def captured(pieces, start, link=1):
    """Blocks as datagrams of a capture that began at a moment; every tenth is followed by a foreign one."""
    frames = []
    for k, piece in enumerate(pieces):
        frames.append((start + 0.1 * k, frame(link, ipv4(udp(piece)))))
        if k % 10 == 0:
            frames.append((start + 0.1 * k, frame(link, ipv4(udp(b"\x12\x34\x01\x00\x00\x01", 53)))))
    return frames


@pytest.mark.parametrize("form", [pcap, pcapng])
def test_a_capture_gives_the_tracks_of_the_recording_and_its_date(form, tmp_path):
    _, pieces = radar_records(flights(8, 120.0))
    (tmp_path / "sensors.toml").write_text(SENSORS, encoding="utf-8")
    (tmp_path / "raw").write_bytes(b"".join(pieces))
    day = 19_000 * 86_400.0
    (tmp_path / "x.bin").write_bytes(form(captured(pieces, day + 36_000.0)))
    raw, packed = (track([tmp_path / name], tmp_path / "sensors.toml") for name in ("raw", "x.bin"))
    assert packed.stream.accounts[0].kind == "pcap" and packed.stream.midnight == day
    assert packed.stream.accounts[0].skipped["datagrams that are not ASTERIX"] == -(-len(pieces) // 10)
    assert np.array_equal(raw.picture.x, packed.picture.x)


def test_a_capture_without_asterix_says_what_it_holds(tmp_path):
    (tmp_path / "dns.pcap").write_bytes(pcap([(START, frame(1, ipv4(udp(b"\x12\x34\x01\x00\x00\x01", 53))))] * 3))
    with pytest.raises(RecordError, match=r"no packet of this capture holds ASTERIX.*3 datagrams that are not ASTERIX"):
        track([tmp_path / "dns.pcap"])
