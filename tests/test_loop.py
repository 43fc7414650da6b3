"""A tracker of the user's own in a run: what it is handed, what becomes of what it says, and what it can not see.

Oracle: the engine's own tracking stage, which is the same code as `openiads.tracking.Tracker`.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import numpy as np
import pytest

import openiads as oi
from openiads import loop
from openiads.engine.sensing import BEARING, RATE
from openiads.engine.tracking import FIRM, FREE
from openiads.errors import UsageError
from openiads.running import complete, ticks_of, warm_up
from openiads.scenario.build import build
from openiads.tracking import Config, Plots, Tracker, Tracks
from openiads.tracking.own import Maker, find_tracker
from tests import builders

SHIPPED = "openiads.tracking:Tracker"


def without_numbers(text):
    return re.sub(r"track \d+", "track", text)


def numbers(table, node, column):
    """(node, number) of each row."""
    return list(zip(table[node].tolist(), table[column].tolist(), strict=True))


@pytest.mark.parametrize(
    ("scenario", "posture", "seed", "duration"),
    [("s400-alone", "complete", 1, 1200.0), ("s400-alone", "complete", 2, 1200.0), ("turkey-2019", "full-links", 3, 400.0)],
)  # fmt: skip
def test_what_ships_in_its_own_place_gives_the_same_run(scenario, posture, seed, duration):
    """Bit by bit, but for the numbers of the tracks: those of a tick are numbered by time here, by body in the stage."""
    asked = {"posture": posture, "vignette": "raid", "seed": seed, "duration": duration, "sample": 4.0}
    stage, own = oi.run(scenario, **asked), oi.run(scenario, **asked, tracker=SHIPPED)
    assert stage.meta | {"tracker": SHIPPED} == own.meta and stage.meta["tracker"] == "built-in"
    assert len(stage.tables["tracks"]["t"]) > 300
    assert stage.meta["summary"]["rounds"] > 0 or not stage.tables["tracks"]["own"].all(), "shots, or tracks over links"
    for name, table in stage.tables.items():
        for column, values in table.items():
            other = own.tables[name][column]
            if (name, column) in {("tracks", "track"), ("engagements", "track"), ("decisions", "track")}:
                continue
            if column == "text":
                assert [*map(without_numbers, values)] == [*map(without_numbers, other)]
            elif values.dtype.kind == "f":
                assert np.array_equal(values, other, equal_nan=True), (name, column)
            else:
                assert list(values) == list(other), (name, column)
    pairs = set()
    for name, node in (("tracks", "origin"), ("engagements", "node")):
        pairs |= set(zip(*(numbers(run.tables[name], node, "track") for run in (stage, own)), strict=True))
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs}), "one number for each number"


def test_the_same_again():
    first, again = (oi.run("s400-alone", "complete", "raid", 5, duration=300.0, tracker=Tracker) for _ in range(2))
    assert list(first.tables["events"]["text"]) == list(again.tables["events"]["text"])
    assert np.array_equal(first.tables["tracks"]["lat_deg"], again.tables["tracks"]["lat_deg"])


def test_it_does_not_matter_how_a_run_is_cut():
    states = []
    for cuts in ((0, 60), (0, 7, 8, 31, 60)):
        sim = raid()
        live = ticks_of(sim, find_tracker(Tracker))
        for first, last in itertools.pairwise(cuts):
            live(first, last - first)
        states.append(b"".join(a.tobytes() for a in builders.arrays(sim.state.tracks)))
    assert states[0] == states[1]


def test_the_settings_are_those_of_the_stage():
    """Every node of the flagship: what is handed over, made into the engine's settings again."""
    sim = build(oi.load("turkey-2019"), "full-links", "raid", 1, warning=86400.0)
    t = sim.params.trackers
    nodes = loop.tracking_nodes(sim)
    assert len(nodes) > 3
    for n in nodes:
        own = Tracker(loop.radars_of(sim, np.flatnonzero(sim.params.radars.node == n)), loop.config_of(sim, n))
        for name in ("speed", "hits", "window", "coast", "gate", "accel", "joint", "scored", "detect"):
            assert np.array_equal(getattr(own._settings, name)[0], getattr(t, name)[n]), name
        assert np.array_equal(own._settings.scan[0], t.scan[n, : own._settings.scan.shape[1]])
        for name in ("kind", "sojourn", "prior", "drag"):
            assert np.array_equal(getattr(own._settings, name), getattr(t, name)), name
        assert own.tick == sim.tick


def raid(seed=3):
    return build(oi.load("s400-alone"), "complete", "raid", seed)


class Recorded(Tracker):
    """What ships, and a list of all that went in and out."""

    calls: list

    def process(self, plots, until=None):
        found = super().process(plots, until)
        self.calls.append((plots, until, found))
        return found


def lived(sim, ticks=150, make=Recorded, **members):
    """A simulation after some ticks with a class of its own that has these members."""
    made = type("Made", (make,), {"calls": [], "made_of": [], **members})
    live = ticks_of(sim, Maker("t", made))
    warm_up(sim, live)
    live(0, ticks)
    return made.calls


def test_it_is_called_once_a_tick_from_the_first_on():
    sim = raid()
    calls = lived(sim)
    times = [until for _, until, _ in calls]
    begin = -sim.warmup * sim.tick
    assert times == [begin + sim.tick * k for k in range(sim.warmup + 150 + 1)]
    assert len(calls[0][0]) == 0, "time begins without plots"


def test_it_is_handed_plots_and_radars_alone():
    """Points in the order of time, which tells nothing of the bodies that they are of; and nothing that names them."""
    sim = raid()
    calls, told = lived(sim), []

    class Told(Tracker):
        def __init__(self, radars, config):
            told.extend([radars, config])
            super().__init__(radars, config)

    lived(raid(), 1, Told)
    radars, config = told
    assert [r.name for r in radars] == ["acquisition", "all-altitude", "engagement-north", "engagement-south"]
    assert isinstance(config, Config)
    several = 0
    for plots, until, _ in calls[1:]:
        assert plots.pointed.all() and ((plots.t > until - sim.tick) & (plots.t <= until)).all()
        assert (np.diff(plots.t) >= 0.0).all() and set(plots.radar) <= set(range(4))
        assert not any(np.isfinite(c).any() for c in (plots.range, plots.azimuth, plots.elevation, plots.height))
        several += len(plots) > 3
    assert several > 20


def sensed(count=6):
    """A radar that measures range rates and asks who is there, and a sensor that hears bearings; bodies that answer."""
    ear = {
        **{k: v for k, v in builders.SHARP_RADAR.items() if k not in ("range_rcs_m2", "sigma_range_m")},
        "role": "surveillance", "dimensions": 1, "range_emission_w": 1000.0,
    }  # fmt: skip
    s = builders.scenario(
        radars=[*builders.BASE["radars"], {"name": "ear", "class": "ear", "node": "post", "at": "site"}],
        library={
            "radars": {"ear": ear, "sharp": {"sigma_range_rate_mps": 2.0, "iff_modes": ["3A", "S"], "iff_range_km": 300.0,
                                             "false_plots_per_scan": 3.0, "sigma_azimuth_deg": 0.3}},
            "bodies": {"raider": {"emission_w": 1e5, "emission_bands": ["X"], "iff_modes": ["3A", "S"], "reply_probability": 0.8}},
        },
    )  # fmt: skip
    return builders.simulation(s, [builders.inbound(s, f"r{i}", 0.3 + 0.02 * i, 90e3, 20e3) for i in range(count)])


def test_all_that_a_radar_says_is_handed_over():
    """Range rates, bearings, addresses and codes: what ships gives the estimates of the stage, bit by bit."""
    stage, own = sensed(), sensed()
    complete(stage)
    complete(own, find_tracker(Tracker))
    assert (own.state.tracks.status == FIRM).sum() > 3
    assert np.array_equal(stage.state.tracks.status, own.state.tracks.status)
    shown = stage.state.tracks.status == FIRM
    for name in ("x", "p", "t_update", "hits", "asked", "answered", "radar_t"):
        a, b = (getattr(sim.state.tracks, name)[shown] for sim in (stage, own))
        assert np.array_equal(a, b), name


def test_what_plots_hold_beside_their_points():
    """A bearing starts no track and has its plane; a range rate stands by its antenna; names are those of transponders."""
    sim = sensed()
    calls = lived(sim, 30)
    plots = Plots.joined([p for p, _, _ in calls])
    bearing, rate = plots.single == BEARING, plots.single == RATE
    assert bearing.sum() > 10 and (plots.radar[bearing] == 1).all() and not plots.starts[bearing].any()
    assert rate.sum() > 10 and (plots.radar[rate] == 0).all() and (np.abs(plots.gauge[rate, 0]) > 100.0).any()
    np.testing.assert_allclose(np.linalg.norm(plots.gauge[bearing, 5:], axis=1), 1.0)
    antenna = sim.state.antennas.pos[plots.radar]
    np.testing.assert_allclose(plots.gauge[bearing | rate, 2:5], antenna[bearing | rate])
    assert len(set(plots.address[plots.address >= 0])) == 6 and (plots.mode_3a >= 0).any()
    radar, ear = loop.radars_of(sim, np.array([0, 1]))
    assert radar.sigma_range_rate == 2.0 and ear.sigma_range is None and ear.reach == sim.params.radars.reach[1, 1]


def test_it_can_not_change_what_it_is_handed():
    """Plots are copies: what a tracker does to them stays with it."""

    def careless(self, plots, until=None):
        found = Tracker.process(self, plots, until)
        for column in (plots.t, plots.point, plots.covariance):
            column[...] = np.nan
        return found

    honest, other = raid(), raid()
    lived(honest)
    lived(other, process=careless)
    for name in ("plots", "tracks", "truth", "orders"):
        for a, b in zip(*(builders.arrays(getattr(s.state, name)) for s in (honest, other)), strict=True):
            assert np.array_equal(a, b, equal_nan=a.dtype.kind == "f"), name


def test_it_is_blind(monkeypatch):
    """With the truth, and which plot is of which body, blotted out while trackers work, they say the same."""
    honest, blind = raid(), raid()
    lived(honest)
    hidden = [*builders.arrays(blind.state.truth), *builders.arrays(blind.state.origin)]
    follow = loop._Node.follow

    def blindfolded(node, t1):
        kept = [a.copy() for a in hidden]
        for a in hidden:
            a[...] = np.nan if a.dtype.kind == "f" else np.roll(a[::-1], 3) + 1
        follow(node, t1)
        for a, before in zip(hidden, kept, strict=True):
            a[...] = before

    monkeypatch.setattr(loop._Node, "follow", blindfolded)
    lived(blind)
    assert (honest.state.tracks.status == FIRM).any()
    for a, b in zip(*(builders.arrays(s.state.tracks) for s in (honest, blind)), strict=True):
        assert a.tobytes() == b.tobytes()


def nothing(self, plots, until=None):
    return Tracks(*np.zeros((3, 0)), np.zeros((0, 6)), np.zeros((0, 21)), np.zeros(len(plots)))


def without_partner(self, plots, until=None):
    return replace(Tracker.process(self, plots, until), partner=np.zeros(len(plots)))


def test_a_tracker_that_sees_nothing_lets_all_through():
    run = oi.run("s400-alone", "complete", "raid", 1, tracker=type("Nothing", (Tracker,), {"process": nothing}))
    s = run.meta["summary"]
    assert s["rounds"] == 0 and s["leakers"] == s["threats"] > 0
    assert len(run.tables["tracks"]["t"]) == 0


def test_a_fire_unit_shoots_only_at_what_its_radar_tracks():
    """Tracks without a word on who sees them are shown, and not shot at."""
    run = oi.run("s400-alone", "complete", "raid", 1, tracker=type("Mute", (Tracker,), {"process": without_partner}))
    assert len(run.tables["tracks"]["t"]) > 100 and run.meta["summary"]["rounds"] == 0


def test_what_plots_say_is_counted_however_late_a_track_is_shown():
    """Hits, interrogations and replies of every plot that it took, also of those from before it was shown."""

    class Late(Recorded):
        def __init__(self, radars, config):
            super().__init__(radars, replace(config, hits=30, confirm_scans=40.0))

    sim = raid()
    calls = lived(sim, 150, Late)
    tracks, shown = sim.state.tracks, calls[-1][2].number
    slots = np.flatnonzero(tracks.status[0] == FIRM)
    assert sorted(tracks.number[0, slots]) == sorted(shown) and len(shown) > 0
    for s in slots:
        mine = [(p.t[found.partner == tracks.number[0, s]]) for p, _, found in calls]
        taken = np.concatenate(mine)
        late = taken[29] - taken[0] > sim.params.trackers.window[0]
        assert late, "the stage would have given it up"
        assert tracks.hits[0, s] == len(taken)
        assert tracks.t_first[0, s] in taken and tracks.t_first[0, s] - taken[0] < sim.tick
        assert tracks.radar_t[0, s].max() == taken.max()
        assert tracks.asked[0, s].max() == len(taken), "each of its plots was an interrogation"


def test_a_plot_of_this_tick_is_named_by_its_row():
    """What the ledgers find behind a track is the body of its last plot."""
    sim = raid()
    calls = lived(sim, 150)
    tracks, plots = sim.state.tracks, sim.state.plots
    fresh = np.flatnonzero((tracks.status[0] != FREE) & (tracks.plot[0] >= 0))
    last, _, found = calls[-1]
    assert fresh.size > 0
    for s in fresh:
        t = plots.t[tracks.plot[0, s]]
        assert t in last.t[found.partner == tracks.number[0, s]]
    held = np.flatnonzero(tracks.status[0] == FIRM)
    assert (sim.state.exposure.body[0, held] >= 0).any()


def test_too_many_tracks_are_counted_not_lost_in_silence():
    def flood(self, plots, until=None):
        n = 3000
        p = np.tile(np.r_[1.0, 0, 0, 1, 0, 1, np.zeros(9), 1, 0, 0, 1, 0, 1], (n, 1))
        x = np.tile(np.r_[np.full(3, 3.7e6), np.zeros(3)], (n, 1))
        return Tracks(np.full(n, until), np.arange(1, n + 1), np.full(n, until), x, p, np.zeros(len(plots)))

    sim = raid()
    lived(sim, 3, process=flood)
    room = sim.state.tracks.status.shape[1]
    assert (sim.state.tracks.status[0] == FIRM).all() and sim.state.tracks.dropped[0] == 3000 - room


def test_a_track_that_is_no_longer_shown_is_over():
    """Its slot is free at once, and the next tick gives it away."""

    def moody(self, plots, until=None):
        found = Tracker.process(self, plots, until)
        return found if until < 200.0 else nothing(self, plots)

    sim = raid()
    lived(sim, 90, process=moody)
    assert (sim.state.tracks.status[0] == FIRM).sum() > 1
    sim = raid()
    lived(sim, 110, process=moody)
    assert not (sim.state.tracks.status[0] == FIRM).any() and not sim.state.pictures.valid.any()


def test_what_is_wrong_ends_the_run_with_one_message():
    def drifts(self, plots, until=None):
        found = Tracker.process(self, plots, until)
        return replace(found, t=found.t + 1.0)

    wrong = type("Drifts", (Tracker,), {"process": drifts})
    with pytest.raises(UsageError, match=r"test_loop:Drifts': at [-\d]+ s row 0 of column 't' must be"):
        complete(raid(), find_tracker(wrong))
