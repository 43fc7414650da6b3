"""Reports that are there twice: two taps of one line, a file given twice, plots that a radar split."""

from __future__ import annotations

import numpy as np
import pytest

from openiads.recording import track
from tests.recording.packets import frame, ipv4, pcap, udp
from tests.recording.recordings import SENSORS, flights, radar_records, write_truth

NAMES = {1: "north", 2: "west", 3: "east"}


def table(rows, addressed=True):
    """Rows of radars as CSV."""
    lines = ["t_s,sensor,range_m,azimuth_rad,height_ft,address"]
    for t, sic, distance, azimuth, level, who in rows:
        height = "" if np.isnan(level) else f"{100 * level:.0f}"
        address = f"{0x4B0000 + int(who):06x}" if addressed and who >= 0 else ""
        lines.append(f"{t:.4f},{NAMES[int(sic)]},{distance:.2f},{azimuth:.8f},{height},{address}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("repeats")
    flown = flights(10, 240.0)
    rows, pieces = radar_records(flown, clutter=0.5)
    (path / "sensors.toml").write_text(SENSORS, encoding="utf-8")
    write_truth(flown, path / "truth.csv")
    later = rows + [0.05, 0.0, 20.0, 0.0, 0.0, 0.0]
    for name, said in (("named", True), ("nameless", False)):
        (path / f"{name}.csv").write_text(table(rows, said), encoding="utf-8")
        (path / f"{name}-twice.csv").write_text(table(np.repeat(rows, 2, axis=0), said), encoding="utf-8")
    (path / "split.csv").write_text(table(np.concatenate([rows, later[later[:, 5] >= 0]])), encoding="utf-8")
    (path / "raw.ast").write_bytes(b"".join(pieces))
    frames = [(36_000.0 + 0.1 * k, frame(1, ipv4(udp(piece)))) for k, piece in enumerate(pieces)]
    (path / "twice.pcap").write_bytes(pcap([f for f in frames for _ in range(2)]))
    return path


@pytest.mark.parametrize(
    ("once", "twice"),
    [
        (["named.csv"], ["named-twice.csv"]),
        (["nameless.csv"], ["nameless-twice.csv"]),
        (["named.csv"], ["named.csv", "named.csv"]),
        (["raw.ast"], ["twice.pcap"]),
        (["raw.ast"], ["raw.ast", "twice.pcap"]),
    ],
)
def test_what_is_there_twice_is_used_once(folder, once, twice):
    one, two = (track([folder / n for n in names], folder / "sensors.toml") for names in (once, twice))
    assert one.plots == two.plots == sum(a.used for a in two.stream.accounts)
    assert np.array_equal(one.picture.x, two.picture.x)
    refused = sum(a.refused["the same report again"] for a in two.stream.accounts)
    assert refused == sum(a.read for a in two.stream.accounts) - one.plots > 0


def test_an_input_that_repeats_another_is_told(folder):
    answer = track([folder / "named.csv", folder / "named.csv"], folder / "sensors.toml")
    assert answer.stream.accounts[1].notes == [f"repeats named.csv: {answer.plots} reports are the same"]
    assert not answer.stream.accounts[0].notes


def test_plots_that_a_radar_split_are_one(folder):
    """A second plot 0.05 s and 20 m after each: the same scans, and no track beside another."""
    answer = track([folder / "split.csv"], folder / "sensors.toml", folder / "truth.csv")
    assert [r.period for r in answer.radars[:3]] == pytest.approx([4.0, 5.0, 6.0], abs=0.2)
    values = {r.name: r.value for r in answer.quality}
    assert values["bodies with a track"] > 95.0 and values["multiple tracks"] == 0.0
    assert answer.stream.accounts[0].refused["second plot of the aircraft in one scan"] > 500
