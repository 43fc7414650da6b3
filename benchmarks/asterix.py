"""ASTERIX into arrays, beside the decoders in Python that are installed."""

from __future__ import annotations

import importlib
import random
import statistics
from collections import deque
from collections.abc import Callable
from typing import Any

from benchmarks.tools import Row, alternately, one_core, paired
from openiads.interop.asterix import decode, encode

PIECE, PIECES, THEIRS = 1 << 14, 16, 1 << 11  # records at a time (0.7 MB) and times a trial; records of the others
GOAL = "50 ×"
PEERS = {  # module, categories, how to read
    "aviconv": ("aviconv_asterix", (48, 62), lambda m, data: m.iter_records(data)),
    "pyobelix": ("pyobelix", (48,), lambda m, data: m.iter_records(data)),
    "pyasteryx": ("pyasteryx", (48, 62), lambda m, data: m.Decoder().iter_messages(data)),
}


def rows() -> list[Row]:
    """Records a second, and how many times as many as each of the others, run alternately on one core."""
    return [row for category, many in ((48, plots), (62, tracks)) for row in _compared(category, many)]


def _compared(category: int, many: Callable[[int], bytes]) -> list[Row]:
    what = f"ASTERIX CAT{category:03d} into arrays, one core"
    large, small = many(PIECE), many(THEIRS)
    names, calls = [], [lambda: deque(map(decode, [large] * PIECES), maxlen=0)]
    missing = []
    for name, (module, categories, read) in PEERS.items():
        if category not in categories:
            continue
        try:
            peer = importlib.import_module(module)
        except ImportError:
            missing.append((f"{what}, against {name}", f"{name} is not installed", GOAL))
            continue
        assert len(list(read(peer, small))) == THEIRS
        names.append(name)
        calls.append(_consumed(read, peer, small))
    assert len(decode(large, strict=True)) == PIECE
    with one_core():
        spent = alternately(calls, 15)
    rate = PIECE * PIECES / statistics.median(spent[0])
    size = len(large) / PIECE
    out = [(what, f"{rate / 1e6:.1f} M records/s ({size:.0f} octets each)", "5 M records/s")]
    for name, seconds in zip(names, spent[1:], strict=True):
        ratio = paired(seconds, spent[0]) * PIECE * PIECES / THEIRS
        out.append((f"{what}, against {name}", f"{ratio:.0f} × ({rate / ratio / 1e3:.0f} k records/s)", GOAL))
    return out + missing


def _consumed(read: Callable[[Any, bytes], Any], peer: Any, data: bytes) -> Callable[[], object]:
    return lambda: deque(read(peer, data), maxlen=0)


def plots(count: int) -> bytes:
    """Mode S plots with a track number, as a radar sends them."""
    rng = random.Random(1)
    records = []
    for k in range(count):
        items: dict[str, Any] = {
            "010": {"SAC": 25, "SIC": rng.randrange(4)}, "140": {"TOD": k / 128 % 86400},
            "020": {"TYP": 5, "RDP": k & 1}, "040": {"RHO": rng.uniform(0, 250), "THETA": rng.uniform(0, 359.9)},
            "070": {"MODE3A": rng.getrandbits(12)}, "090": {"FL": rng.randrange(0, 400) * 1.0},
            "130": {"SRR": 4, "SAM": -60.0}, "220": {"ADR": rng.getrandbits(24)}, "240": {"ID": f"FL{k % 1000}"},
            "161": {"TRN": k % 4096}, "200": {"GSP": rng.uniform(0, 0.2), "HDG": rng.uniform(0, 359.9)},
            "170": {"RAD": 2}, "230": {"COM": 1, "AIC": 1},
        }  # fmt: skip
        if k % 2:
            items["250"] = [{"MBDATA": rng.getrandbits(56), "BDS1": 4, "BDS2": 0}]
        records.append({"category": 48, "items": items})
    return encode(records, longest=1472)


def tracks(count: int) -> bytes:
    """System tracks as a tracker sends them."""
    rng = random.Random(2)
    records = []
    for k in range(count):
        items: dict[str, Any] = {
            "010": {"SAC": 25, "SIC": 1}, "015": {"SID": 1}, "070": {"TOT": k / 128 % 86400},
            "105": {"LAT": rng.uniform(35, 43), "LON": rng.uniform(25, 45)},
            "100": {"X": rng.uniform(-4e5, 4e5), "Y": rng.uniform(-4e5, 4e5)},
            "185": {"VX": rng.uniform(-300, 300), "VY": rng.uniform(-300, 300)},
            "060": {"MODE3A": rng.getrandbits(12)}, "245": {"CHR": f"FL{k % 1000}"}, "040": {"TN": k % 65536},
            "080": {"SRC": 2, "SIM": 0}, "290": {"SSR": 1.0, "MDS": 2.0}, "200": {"TRANS": 1},
            "136": {"FL": rng.randrange(0, 400) * 1.0}, "220": {"ROC": 100.0},
            "500": {"APC": {"X": 30.0, "Y": 40.0}, "ATV": {"X": 1.0, "Y": 1.0}},
        }  # fmt: skip
        records.append({"category": 62, "items": items})
    return encode(records, longest=1472)


if __name__ == "__main__":
    for line in rows():
        print(" | ".join(line))
