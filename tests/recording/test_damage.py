"""Recordings cut short, with bits flipped or octets lost: what is whole is read, the rest counted, nothing is raised."""

from __future__ import annotations

import time
from collections import Counter

import numpy as np
import pytest

from openiads.errors import RecordError
from openiads.recording import track, write
from openiads.recording.asterix import Heard, read_blocks, reports
from openiads.recording.framing import blocks
from openiads.recording.reports import Account
from openiads.recording.sensors import load_sensors
from tests.recording.recordings import SENSORS, flights, radar_records


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    """Two minutes of a dozen aircraft: the blocks, the plots, the sensors and their file."""
    folder = tmp_path_factory.mktemp("short")
    (folder / "sensors.toml").write_text(SENSORS, encoding="utf-8")
    rows, pieces = radar_records(flights(12, 120.0))
    return pieces, rows, load_sensors(folder / "sensors.toml"), folder / "sensors.toml"


def taken(data, sensors):
    """Plots of octets, and the account of them."""
    account = Account("x", "asterix", len(data))
    return reports(read_blocks(data, account), sensors, Heard(), account), account


def test_cut_anywhere(short):
    """Every plot whose record is whole is there, wherever the recording ends."""
    pieces, rows, sensors, _ = short
    data = b"".join(pieces)
    whole, _ = taken(data, sensors)
    assert len(whole) == len(rows)
    last = 0
    for end in sorted(np.random.default_rng(1).integers(0, len(data), 250).tolist()):
        part, account = taken(data[:end], sensors)
        assert np.array_equal(part.plots.range, whole.plots.range[: len(part)])
        assert account.read == len(part) + sum(account.refused.values()) >= last
        assert account.read >= 0.93 * len(rows) * end / len(data) - 12  # a record is 1/100 of a block
        last = account.read


@pytest.mark.parametrize("seed", range(4))
def test_flipped_bits(short, seed):
    """Some bits of a thousand octets each: most plots are still read, and every one is used or refused for a reason."""
    pieces, rows, sensors, _ = short
    g = np.random.default_rng(seed)
    for flips in (1, 10, 100):
        data = np.frombuffer(b"".join(pieces), np.uint8).copy()
        where = g.integers(0, len(data), flips)
        data[where] ^= (1 << g.integers(0, 8, flips)).astype(np.uint8)
        part, account = taken(data.tobytes(), sensors)
        assert account.read == len(part) + sum(account.refused.values())
        assert len(part) > len(rows) * (1.0 - 0.008 * flips) - 15
        assert np.isfinite(part.plots.t).all() and np.ptp(part.plots.t) < 86400.0


def test_a_wrong_length_costs_one_block(short):
    pieces, rows, sensors, _ = short
    for wrong in (b"\x00\x02", b"\xff\xff", b"\x00\x20"):
        broken = [*pieces[:40], pieces[40][:1] + wrong + pieces[40][3:], *pieces[41:]]
        part, account = taken(b"".join(broken), sensors)
        assert len(part) >= len(rows) - 20, wrong
        assert account.skipped["octets that are no block"] or sum(account.skipped.values()) > 0


def test_noise_between_blocks(short):
    pieces, rows, sensors, _ = short
    g = np.random.default_rng(5)
    noisy = b"".join(piece + (g.bytes(50) if k % 10 == 0 else b"") for k, piece in enumerate(pieces))
    part, account = taken(noisy, sensors)
    assert len(part) >= 0.99 * len(rows)
    assert account.skipped["octets that are no block"] > 0


def test_blocks_are_kept_as_they_are(short):
    data, skipped = b"".join(short[0]), Counter()
    assert blocks(data, skipped) == data and not skipped


def test_noise_alone_ends_in_one_message(tmp_path):
    g = np.random.default_rng(3)
    for size in (1, 2, 3, 100, 100_000):
        path = tmp_path / f"{size}.bin"
        path.write_bytes(b"\xff" + g.bytes(size - 1))
        with pytest.raises(RecordError):
            track([path])


def test_a_broken_recording_still_makes_files(short, tmp_path):
    pieces, _, _, sensors = short
    data = bytearray(b"".join(pieces)[:-7])
    for k in range(0, len(data), 997):
        data[k] ^= 16
    (tmp_path / "bad.ast").write_bytes(bytes(data))
    answer = track([tmp_path / "bad.ast"], sensors)
    write(answer, tmp_path / "out")
    assert len({*answer.picture.number.tolist()}) >= 10
    (account,) = answer.stream.accounts
    assert account.used == answer.plots and account.skipped


def test_midnight_and_a_wrong_clock(short, tmp_path):
    """Over midnight tracks go on; one clock that is wrong by hours takes one plot with it."""
    _, pieces = radar_records(flights(6, 240.0, start=86400.0 - 120.0), clutter=0.0)
    (tmp_path / "night.ast").write_bytes(b"".join(pieces))
    answer = track([tmp_path / "night.ast"], short[3])
    t = answer.stream.reports.plots.t
    assert 86280 < t.min() < 86300 and 86500 < t.max() < 86641
    p = answer.picture
    early, late = (set(p.number[(p.t > a) & (p.t < b)].tolist()) for a, b in ((86370, 86390), (86420, 86440)))
    assert early == late and len(early) == 6


def test_a_date_is_kept(short, tmp_path):
    (tmp_path / "a.ast").write_bytes(b"".join(short[0]))
    answer = track([tmp_path / "a.ast"], short[3], date=86400.0 * 20000)
    assert answer.stream.midnight == 86400.0 * 20000


def test_no_octets_take_long():
    """Blocks that lead nowhere, by the hundred thousand: a second a megabyte at most, on one core."""
    for piece in (b"\x30\x00\x04\x80" * 3 + b"\xff", b"\x30\xff\xff", b"\x30\x00\x04", b"\x30"):
        data, begin = piece * (1_000_000 // len(piece)), time.process_time()
        blocks(data, Counter())
        assert time.process_time() - begin < 5.0, piece
