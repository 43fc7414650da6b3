"""What a tracker can be told beside range and angles: range rates, bearings alone, who a plot is of, and plots that are late."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from openiads.errors import UsageError
from openiads.tracking import MANOEUVRING, Config, Model, Radar, Tracker
from openiads.tracking.earth import frames, to_ecef
from openiads.tracking.fusion import full_covariance
from tests.tracking.recorded import NORTH, SOUTH, STILL, errors, flights, mixed, plots_of, recorded, rms, seen


def test_a_range_rate_makes_velocities_better():
    """Along the line of sight the velocity is nearly what is measured, after four scans."""
    table, _, truth = recorded(1, [NORTH], count=40, scans=4)
    site = to_ecef(*(np.array([a]) for a in (NORTH.latitude, NORTH.longitude, NORTH.height)))
    along = []
    for rate in (False, True):
        tracks = Tracker([NORTH], STILL).process(plots_of(table, rate))
        x, there = tracks.x[tracks.t == tracks.t.max()], truth(tracks.t.max())
        near = np.linalg.norm(x[:, None, :3] - there[None, :, :3], axis=2).argmin(axis=1)
        ray = (x[:, :3] - site) / np.linalg.norm(x[:, :3] - site, axis=1, keepdims=True)
        along.append(rms(((x - there[near])[:, 3:] * ray).sum(axis=1)))
    assert along[1] < 2.0 < 5.0 < along[0]


def test_a_radar_without_an_error_of_range_rate_does_not_use_it():
    table, _, _ = recorded(1, [NORTH])
    deaf = replace(NORTH, sigma_range_rate=None)
    with_, without = (Tracker([deaf], STILL).process(plots_of(table, rate)) for rate in (True, False))
    assert np.array_equal(with_.x, without.x)


@pytest.mark.parametrize("kind", ["straight", "turning", "accelerating"])
def test_range_rates_keep_the_covariance_honest(kind):
    """NEES of 6 numbers with its 99.9 % bounds over some 40 tracks, which a filter that trusts too much leaves."""
    config = Config(models=(Model(kind, 1.0),))
    values = []
    for seed in range(3):
        table, _, truth = recorded(seed, [NORTH, SOUTH], count=40, scans=10)
        tracks = Tracker([NORTH, SOUTH], config).process(plots_of(table))
        t = tracks.t.max()
        x, p = tracks.x[tracks.t == t], tracks.p[tracks.t == t]
        gap = np.linalg.norm(x[:, None, :3] - truth(t)[None, :, :3], axis=2)
        off, near = x - truth(t)[gap.argmin(axis=1)], gap.min(axis=1) < 2e3
        values += [o @ np.linalg.solve(c, o) for o, c in zip(off[near], full_covariance(p[near]), strict=True)]
    assert len(values) > 100 and 1.0 < np.mean(values) < 6.9  # truth is calmer than the model: below 6 is expected


def test_a_range_rate_tells_crossing_bodies_apart():
    """Two streams through one another: what opens is not confused with what closes."""

    def streams(start):
        axes = frames(np.array([0.681]), np.array([0.60]))[0]
        way = np.where(np.arange(len(start)) % 2, 200.0, -200.0)
        return np.column_stack([0.0 * way, way, 0.0 * way]) @ axes

    wrong = []
    for rate in (False, True):
        table, who, _ = recorded(3, [NORTH], count=60, scans=12, velocity=streams)
        tracks = Tracker([NORTH], STILL).process(plots_of(table, rate))
        wrong.append(mixed(tracks.partner, who))
    assert wrong[1] < wrong[0]


def test_bearings_sharpen_a_track_but_start_none():
    ear = Radar("ear", 0.681, 0.615, 500.0, None, math.radians(0.05), period=4.0)
    blunt = replace(NORTH, sigma_azimuth=math.radians(1.0))
    both, _, truth = recorded(2, [blunt, ear], count=25)
    both[both[:, 1] == 1, 2] = np.nan
    only = both[both[:, 1] == 0]
    tracked = [Tracker([blunt, ear], STILL).process(plots_of(rows, False)) for rows in (only, both)]
    alone, helped = (np.median(errors(tracks, truth, tracks.t.max())[0]) for tracks in tracked)
    assert helped < 0.5 * alone
    heard = plots_of(both[both[:, 1] == 1], False)
    assert len(Tracker([blunt, ear], STILL).process(heard)) == 0


def formation(seed, gap=250.0, names=True):
    """Four aircraft abreast, closer than the radar can tell apart, and the addresses of their plots."""
    g = np.random.default_rng(seed)
    start, v = flights(g, 1)
    side = np.cross(start[0], v[0])
    start = start + gap * np.arange(4)[:, None] * side / np.linalg.norm(side)
    rows, who = [], []
    far = replace(NORTH, latitude=0.665)
    for k in range(40):
        t, there = 4.0 * k + np.sort(g.random(4)) * 0.05, g.random(4) < 0.9
        rows.append(seen(far, 0, t, start + t[:, None] * v, v, g)[there])
        who.append(np.flatnonzero(there))
    who = np.concatenate(who)
    named = {"address": 0x4B0000 + who} if names else {}
    return plots_of(np.concatenate(rows), False, **named), who, far


def test_an_address_keeps_a_formation_apart():
    with_, without = 0, 0
    for seed in range(3):
        for names in (True, False):
            plots, who, radar = formation(seed, names=names)
            wrong = mixed(Tracker([radar], STILL).process(plots).partner, who)
            with_, without = with_ + names * wrong, without + (not names) * wrong
    assert without > 20 and with_ == 0


def test_a_shared_code_does_not_merge_two_aircraft():
    plots, who, radar = formation(1, gap=4e3)
    same = replace(plots, address=None, mode_3a=np.full(len(plots), 0o7000))
    tracks = Tracker([radar], STILL).process(same)
    assert len(np.unique(tracks.number[tracks.t == tracks.t.max()])) == 4
    assert mixed(tracks.partner, who) == 0


def test_late_plots_are_worth_nearly_as_much():
    """A third of the plots comes up to 12 s late: the tracks end close to those of plots in time, and beat their loss."""
    table, _, truth = recorded(5, [NORTH, SOUTH], count=60, scans=20)
    g = np.random.default_rng(1)
    arrival = table[:, 0] + np.where(g.random(len(table)) < 0.33, g.uniform(4.0, 12.0, len(table)), 0.0)
    config = replace(STILL, late=16.0)
    found = {}
    for name, when, kept in (("late", arrival, table[:, 0] > -1), ("lost", table[:, 0], arrival == table[:, 0])):
        tracker, parts = Tracker([NORTH, SOUTH], config), []
        for k in range(24):
            now = (when > 4.0 * k) & (when <= 4.0 * (k + 1)) & kept
            parts.append(tracker.process(plots_of(table[now], False), until=4.0 * (k + 1)))
        found[name] = [e for part in parts[8:20] if len(part) for e in errors(part, truth, part.t.max())[0]]
    in_time = Tracker([NORTH, SOUTH], config).process(plots_of(table, False), until=80.0)
    best = [e for t in np.unique(in_time.t)[8:20] for e in errors(in_time, truth, t)[0]]
    assert rms(best) < rms(found["late"]) < rms(found["lost"])
    assert rms(found["late"]) < 1.25 * rms(best)


def test_late_plots_never_come_twice_into_one_scan():
    """Two scans of one body in one call: each is taken, in order, by one track."""
    table, _, _ = recorded(7, [NORTH], count=1, scans=12, pd=1.0)
    tracker = Tracker([NORTH], replace(STILL, late=30.0))
    tracker.process(plots_of(table[:6], False), until=table[5, 0])
    later = tracker.process(plots_of(table[8:9], False))
    delayed = tracker.process(plots_of(table[6:8], False))
    assert delayed.partner.tolist() == [1, 1] and len(delayed) == 0
    after = tracker.process(plots_of(table[9:], False))
    assert set(later.number.tolist()) == set(after.number.tolist()) == {1}


def test_plots_that_are_too_late_are_refused():
    table, _, _ = recorded(7, [NORTH], count=3)
    tracker = Tracker([NORTH], replace(STILL, late=5.0))
    tracker.process(plots_of(table, False))
    with pytest.raises(UsageError, match=r"let them come late \(Config.late\)"):
        tracker.process(plots_of(table[:1], False))


def test_settings_that_can_not_be():
    with pytest.raises(UsageError, match="late"):
        Config(late=-1.0)
    with pytest.raises(UsageError, match="sigma_range_rate"):
        replace(NORTH, sigma_range_rate=0.0)
    with pytest.raises(UsageError, match="reach"):
        replace(NORTH, reach=math.inf)


def test_everything_at_once_with_all_models():
    """Range rates, addresses, bearings and late plots under several models: one track for each body."""
    ear = Radar("ear", 0.681, 0.615, 500.0, None, math.radians(0.1), period=4.0)
    table, who, truth = recorded(4, [NORTH, SOUTH, ear], count=15, scans=15)
    table[table[:, 1] == 2, 2] = np.nan
    tracker = Tracker([NORTH, SOUTH, ear], Config(models=MANOEUVRING, late=12.0))
    g = np.random.default_rng(0)
    arrival = table[:, 0] + np.where(g.random(len(table)) < 0.2, 6.0, 0.0)
    for k in range(15):
        now = (arrival > 4.0 * k) & (arrival <= 4.0 * (k + 1))
        tracks = tracker.process(plots_of(table[now], address=0xA00000 + who[now]), until=4.0 * (k + 1))
    t = tracks.t.max()
    assert len(tracks) and (tracks.t == t).sum() == 15
    assert rms(errors(tracks, truth, t)[0]) < 250.0
