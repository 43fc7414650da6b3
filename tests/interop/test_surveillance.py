"""What radars and nodes sent, read by libasterix: the values are those of the record, within a step of the format."""

from __future__ import annotations

import numpy as np
import pytest

from openiads.errors import UsageError
from openiads.interop.asterix import editions
from openiads.interop.surveillance import Sender, messages, senders
from openiads.record import Run
from tests.oracles.asterix import common_editions, read_block, read_expansion
from tests.records import plotted_run

NM, FT = 1852.0, 0.3048
ERR, FOE_FRIEND = 6, 10  # among the values of 048/020: TYP SIM RDP SPI RAB, TST ERR XPP ME MI FOE/FRI
SIM_62, TSE, TSB = 5, 6, 7  # among those of 062/080: MON SPI MRH SRC CNF, SIM TSE TSB


def read(data):
    """(category, items) of every record, blocks split on their length, each read by libasterix in our newest edition."""
    out, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at + 1 : at + 3], "big")
        newest = editions()[data[at]][-1]
        assert common_editions(data[at], (newest,)) == [newest]
        records = read_block(data[at : at + size], data[at], newest)
        assert records, "libasterix refuses the block"
        out += [(data[at], record) for record in records]
        at += size
    return out


def changed(**tables):
    """The run with tables replaced."""
    run = plotted_run()
    return Run(run.meta, run.tables | tables)


def made(name, count, **columns):
    """A table of a run of which only some columns matter: the first row, repeated, with others laid over it."""
    first = {c: np.repeat(v[:1], count) for c, v in plotted_run().tables[name].items()}
    return first | {c: np.array(v, object if isinstance(v[0], str) else None) for c, v in columns.items()}


def of(run, what, name):
    return next(s for s in senders(run) if (s.what, s.name) == (what, name))


def time_of_day(run, t):
    return (run.meta["clock_s"] + t) % 86400.0


@pytest.mark.parametrize("name", ["acquisition", "engagement-north"])
def test_reports_of_a_radar_are_its_plots(name):
    run = plotted_run()
    sender = of(run, "radar", name)
    data, counts = messages(run, sender)
    found = read(data)
    plots = {c: v[run.tables["plots"]["radar"] == name] for c, v in run.tables["plots"].items()}
    reports = [items for category, items in found if category == 48]
    assert len(reports) == plots["t"].size == counts[48] > 0
    for i, items in enumerate(reports):
        assert items["010"] == [0, sender.sic]
        assert items["140"][0] == pytest.approx(time_of_day(run, plots["t"][i]), abs=1 / 256 + 1e-9)
        assert items["020"][:2] == [1, 1]  # seen by the primary radar, simulated
        assert distance(items) == pytest.approx(plots["range_m"][i], abs=NM / 512 + 1e-6)
        assert items["040"][1] == pytest.approx(plots["azimuth_deg"][i], abs=180 / 65536 + 1e-9)
        fits = plots["height_m"][i] < 8191.5 * 25.0 * FT  # what 14 bits hold; false plots may lie above
        assert set(items) - {"RE"} == {"010", "140", "020", "040"} | ({"110"} if fits else set())
        if fits:
            assert items["110"][0] * FT == pytest.approx(plots["height_m"][i], abs=12.5 * FT + 1e-6)


def test_markers_of_a_radar_stand_among_its_reports():
    run = plotted_run()
    found = read(messages(run, of(run, "radar", "acquisition"))[0])
    scans = {c: v[run.tables["scans"]["radar"] == "acquisition"] for c, v in run.tables["scans"].items()}
    marks = [items for category, items in found if category == 34]
    assert len(marks) == scans["t"].size > 10
    for i, items in enumerate(marks):
        assert items["000"] == [1] and items["041"] == [10.0]
        assert items["030"][0] == pytest.approx(time_of_day(run, scans["t"][i]), abs=1 / 256 + 1e-9)
        assert items["120"][0] == round(scans["alt_m"][i])
        assert items["120"][1:] == pytest.approx([scans["lat_deg"][i], scans["lon_deg"][i]], abs=360 / 2**24)
    times = [items["140" if category == 48 else "030"][0] for category, items in found]
    assert times == sorted(times)


def test_tracks_of_a_node_are_its_picture():
    run = plotted_run()
    table, sender = run.tables["tracks"], of(run, "node", "s400")
    found = read(messages(run, sender)[0])
    assert len(found) == table["t"].size > 10
    for i, (category, items) in enumerate(found):
        assert category == 62 and items["010"] == [0, sender.sic]
        assert items["070"][0] == pytest.approx(time_of_day(run, table["t"][i]), abs=1 / 256 + 1e-9)
        assert items["105"] == pytest.approx([table["lat_deg"][i], table["lon_deg"][i]], abs=180 / 2**26 + 1e-12)
        assert items["130"][0] * FT == pytest.approx(table["alt_m"][i], abs=3.125 * FT + 1e-6)
        level = np.sqrt(table["speed_mps"][i] ** 2 - table["climb_mps"][i] ** 2)
        heading = np.radians(table["heading_deg"][i])
        assert items["185"] == pytest.approx([level * np.sin(heading), level * np.cos(heading)], abs=0.126)
        assert items["220"][0] * FT / 60 == pytest.approx(table["climb_mps"][i], abs=3.2 * FT / 60)
        assert items["510"] == [[sender.sic, table["track"][i]]]
    numbers = [items["040"][0] for _, items in found]
    assert len(set(zip(numbers, table["track"], strict=True))) == len(set(numbers))
    assert len(set(numbers)) == len(set(table["track"]))
    assert {items["080"][SIM_62] for _, items in found} == {1}
    first = [items["080"][TSB] for _, items in found].count(1)
    assert first == len(set(numbers))


def test_a_received_track_keeps_the_number_of_its_origin():
    nodes = made("nodes", 2, node=["a", "b"])
    tracks = made(
        "tracks", 4, t=[10.0, 10.0, 20.0, 20.0], node=["a"] * 4, origin=["a", "b", "a", "b"], track=[5, 5, 5, 5]
    )
    run = changed(nodes=nodes, tracks=tracks)
    found = [items for _, items in read(messages(run, of(run, "node", "a"))[0])]
    assert [items["040"] for items in found] == [[1], [2], [1], [2]]
    assert [items["510"] for items in found] == [[[1, 5]], [[2, 5]], [[1, 5]], [[2, 5]]]
    assert messages(run, of(run, "node", "b")) == (b"", {62: 0})


def test_a_track_that_is_lost_ends():
    tracks = made("tracks", 3, t=[10.0, 20.0, 300.0], track=[1, 1, 2])
    run = changed(tracks=tracks)
    found = [items for _, items in read(messages(run, of(run, "node", "s400"))[0])]
    assert [items["080"][TSE] for items in found] == [0, 1, 0]
    assert [items["080"][TSB] for items in found] == [1, 0, 1]


def distance(items):
    """Range (m) of a report: the item, or where it is at its end and says so, that of the expansion field."""
    if "RE" not in items:
        assert items["020"][ERR] == 0
        return items["040"][0] * NM
    assert items["020"][ERR] == 1 and items["040"][0] == 65535 / 256
    return read_expansion(items["RE"], 48)["ERR"][0] * NM


def test_far_plots_carry_their_range_in_the_expansion_field():
    """Oracles: libasterix, and the sample of edition 1.23 in the tests of the codec: 08, then 24 bits of 1/256 NM."""
    far = [255.9 * NM, 257.00390625 * NM, 300.0 * NM]
    plots = made(
        "plots", 3, t=[1.0, 2.0, 3.0], radar=["acquisition"] * 3, range_m=far, azimuth_deg=[359.9999, 0.0, 90.0]
    )
    run = changed(plots=plots, scans=made("scans", 0))
    data = messages(run, of(run, "radar", "acquisition"))[0]
    found = [items for _, items in read(data)]
    assert [distance(items) for items in found] == pytest.approx(far, abs=NM / 512)
    assert found[0]["040"][1] == 0.0  # the next step is a whole turn
    assert data.count(b"\x05\x08\x01\x01\x01") == 1


def test_a_day_ends_at_midnight():
    plots = made("plots", 3, t=[0.5, 0.999, 1.5], radar=["acquisition"] * 3)
    run = Run(plotted_run().meta | {"clock_s": 86399.0}, changed(plots=plots, scans=made("scans", 0)).tables)
    found = [items for _, items in read(messages(run, of(run, "radar", "acquisition"))[0])]
    assert [items["140"][0] for items in found] == [86399.5, 0.0, 0.5]


def test_answers_say_what_saw_the_target():
    plots = made(
        "plots", 5, t=[1.0, 2.0, 3.0, 4.0, 5.0], radar=["acquisition"] * 5, elevation_deg=[np.nan] * 5,
        height_m=[np.nan, np.nan, 3048.0, 3048.0, 90e3], asked=["4", "3A 4", "3A C 4", "3A C S", "3A C"],
        answered=["", "3A", "C 4", "S", "C"],
    )  # fmt: skip
    run = changed(plots=plots, scans=made("scans", 0))
    found = [items for _, items in read(messages(run, of(run, "radar", "acquisition"))[0])]
    assert [items["020"][0] for items in found] == [1, 2, 2, 5, 2]
    assert [items["020"][FOE_FRIEND] for items in found] == [
        3,
        3,
        1,
        0,
        0,
    ]  # mode 4: no reply, no reply, friend, not asked
    assert [items.get("090", [0, 0, None])[2] for items in found] == [None, None, 100.0, 100.0, None]
    assert all("110" not in items for items in found)


def test_a_bearing_is_no_target_report():
    plots = made("plots", 1, radar=["acquisition"], range_m=[np.nan])
    run = changed(plots=plots, scans=made("scans", 0))
    assert messages(run, of(run, "radar", "acquisition")) == (b"", {34: 0, 48: 0})


def test_senders_are_numbered_without_gaps():
    assert [s.sic for s in senders(plotted_run())] == [1, 2, 3, 4, 5]
    assert senders(plotted_run())[0] == Sender(1, "node", "s400")
    with pytest.raises(UsageError, match="256 nodes and radars: ASTERIX numbers 255"):
        senders(changed(nodes=made("nodes", 252)))
