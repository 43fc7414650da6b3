"""Joint association and scores of tracks through the tracker: in what they are better than the usual, and that they are not worse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from openiads.errors import UsageError
from openiads.tracking import MANOEUVRING, Config, Model, Plots, Tracker
from tests.tracking.recorded import NORTH, SOUTH, STILL, errors, passes, plots_of, recorded, rms

RADARS = [replace(NORTH, sigma_range_rate=None), replace(SOUTH, sigma_range_rate=None)]


def cluttered(seed, false, count=20, scans=20, pd=0.9, top=0.2):
    """Straight flights, and so many false plots a scan of each radar, uniform in range, azimuth and elevation up to `top`."""
    table, who, truth = recorded(seed, RADARS, count=count, scans=scans, pd=pd, turning=True)
    g = np.random.default_rng(seed + 1000)
    extra = g.poisson(false, (scans, 2))
    k, r = np.repeat(np.indices(extra.shape).reshape(2, -1), extra.ravel(), axis=1)
    n = len(k)
    azimuth = g.uniform(-np.pi, np.pi, n)
    noise = np.column_stack([
        4.0 * k + passes(azimuth), r, g.uniform(5e3, 100e3, n), azimuth, g.uniform(0.05, top, n), np.zeros(n),
    ])  # fmt: skip
    both = np.concatenate([table, noise])
    order = np.argsort(both[:, 0], kind="stable")
    return plots_of(both[order], False), np.concatenate([who, np.full(n, -1)])[order], truth


def false_tracks(tracks, who):
    """Numbers most of whose plots were clutter."""
    return sum(int(np.mean(who[tracks.partner == n] < 0) > 0.5) for n in np.unique(tracks.number))


@pytest.mark.parametrize("models", [(Model(accel=1.0),), MANOEUVRING], ids=["one model", "several"])
def test_jpda_follows_everyone_in_clutter(models):
    plots, who, truth = cluttered(1, 150)
    tracks = Tracker(RADARS, Config(models=models, association="jpda", lifecycle="score")).process(plots)
    error = errors(tracks, truth, tracks.t.max())[0]
    assert len(error) == 20 and rms(error) < 200.0 and false_tracks(tracks, who) == 0


def test_jpda_is_the_same_where_there_is_nothing_to_doubt():
    """Without clutter or neighbours, and with a body that is nearly always seen, a pair is sure, and the filter is the usual one."""
    table, _, _ = recorded(2, RADARS, count=1, pd=1.0)
    sure = replace(STILL, detection=1.0 - 1e-12)
    usual, joint = (Tracker(RADARS, replace(sure, association=a)).process(plots_of(table, False)) for a in ("gnn", "jpda"))  # fmt: skip
    assert np.array_equal(usual.number, joint.number) and np.array_equal(usual.partner, joint.partner)
    np.testing.assert_allclose(joint.x, usual.x, atol=2.0)


def test_jpda_widens_the_covariance_where_it_doubts():
    """Two plots, one on each side of where a track is expected: the middle, and less sure than after either."""
    table, _, _ = recorded(3, RADARS[:1], count=1, scans=12, pd=1.0)
    last = table[-1].copy()
    pair = np.stack([last, last])
    pair[:, 3] += np.array([-1.0, 1.0]) * 3e-3
    pair[:, 0] += np.array([0.0, 1e-3])
    plots = plots_of(np.concatenate([table[:-1], pair]), False)
    usual, joint = (Tracker(RADARS[:1], replace(STILL, association=a)).process(plots) for a in ("gnn", "jpda"))
    size = [t.p[(t.t == t.t.max()) & (t.number == t.number[0])][:, [0, 3, 5]].sum() for t in (usual, joint)]
    assert size[1] > 1.05 * size[0] > 0.0


def test_scores_keep_clutter_from_becoming_tracks():
    """Where a radar has a thousand false plots a scan, three plots in time are no proof; the odds know how dense they are."""
    plots, who, truth = cluttered(4, 1000, count=20, scans=25)
    found = {}
    for lifecycle in ("count", "score"):
        tracker = Tracker(RADARS, replace(STILL, lifecycle=lifecycle))
        tracks = tracker.process(plots)
        near = errors(tracks, truth, tracks.t.max())[0]
        found[lifecycle] = false_tracks(tracks, who), int((near < 500.0).sum())
    assert found["count"][0] > 20
    assert found["score"][0] <= 2
    assert found["score"][1] >= 19


def test_scores_confirm_as_soon_as_the_odds_allow():
    """In a clean sky most tracks are firm no later than by counting."""
    plots, _, _ = cluttered(5, 2)
    first = {}
    for lifecycle in ("count", "score"):
        tracks = Tracker(RADARS, replace(STILL, lifecycle=lifecycle)).process(plots)
        first[lifecycle] = np.median([tracks.t[tracks.number == n].min() for n in np.unique(tracks.number)])
    assert first["score"] <= first["count"]


def test_a_start_that_nobody_sees_again_is_given_up():
    """However low the chance of detection leaves its score: a tentative track ends as a firm one does."""
    table, _, _ = recorded(8, RADARS[:1], count=1, scans=2, pd=1.0)
    tracker = Tracker(RADARS[:1], replace(STILL, detection=0.5))
    tracker.process(plots_of(table[:1], False), until=4.0)
    tracker.process(Plots.joined([]), until=60.0)
    assert not tracker._tracks.status.any()


def test_a_radar_that_is_silent_changes_nothing():
    """Each radar's silence counts by its own scan, and only where it has seen the track."""
    plots, who, _ = cluttered(9, 300, scans=12)
    plots, who = plots.rows(plots.radar == 0), who[plots.radar == 0]
    slow = replace(SOUTH, sigma_range_rate=None, period=12.0)
    config = replace(STILL, tick=4.0, coast_scans=3.0)
    alone = Tracker(RADARS[:1], config).process(plots)
    beside = Tracker([RADARS[0], slow], replace(config, coast_scans=1.0)).process(plots)
    assert len(alone) > 100 and np.array_equal(alone.number, beside.number) and np.array_equal(alone.x, beside.x)


def test_a_second_look_is_no_clutter():
    """A radar that searches and tracks reports a body twice in a tick; the sky is as empty as before."""
    table, _, _ = recorded(10, RADARS[:1], count=4, scans=20, pd=1.0, turning=True)
    found = []
    for looks in (table, np.concatenate([table, table + [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]])):
        tracker = Tracker(RADARS[:1], replace(STILL, tick=8.0))
        tracker.process(plots_of(looks[np.argsort(looks[:, 0], kind="stable")], False))
        found.append(tracker.clutter[0])
    assert found[1] < 3.0 * found[0]


def test_clutter_is_counted():
    """Per blur of a plot: false plots a scan over the blurs in range x azimuth x elevation where they lie."""
    plots, _, _ = cluttered(6, 6000, count=200, scans=25, top=0.8)
    tracker = Tracker(RADARS, replace(STILL, lifecycle="score"))
    tracker.process(plots)
    blur = (2.0 * np.pi) ** 1.5 * 50.0 * NORTH.sigma_azimuth * NORTH.sigma_elevation
    expected = 6000.0 * blur / (95e3 * 2.0 * np.pi * 0.75)
    assert tracker.clutter == pytest.approx(expected, rel=0.4)
    assert np.isnan(Tracker(RADARS, replace(STILL, lifecycle="count")).clutter).all(), "not counted"


def test_the_answer_does_not_depend_on_how_plots_are_cut():
    """Calls that end anywhere, each saying up to when all plots are there: those of a tick that is not over wait."""
    plots, _, _ = cluttered(7, 100, scans=10)
    config = Config(models=MANOEUVRING, association="jpda", lifecycle="score")
    whole = Tracker(RADARS, config).process(plots, until=44.0)
    tracker, parts, before = Tracker(RADARS, config), [], -1.0
    for until in [1.7, 1.8, 6.0, 6.5, 14.1, 14.1, 30.0, 39.9, 44.0]:
        parts.append(tracker.process(plots.rows((plots.t > before) & (plots.t <= until)), until=until))
        before = until
    assert len(whole) > 100 and len(parts[1]) == 0
    assert np.array_equal(np.concatenate([p.x for p in parts]), whole.x)
    assert np.array_equal(np.concatenate([p.number for p in parts]), whole.number)


@pytest.mark.parametrize("behind", [0.0, 5e-10, 2e-9, 1e-7, 2e-6, 3.9e-6, 1e-3])
def test_no_plot_is_lost_at_the_end_of_a_tick(behind):
    """One that comes just behind the end goes into the next tick, in one call or in two; none falls between them."""
    table, _, _ = recorded(11, RADARS[:1], count=1, scans=6, pd=1.0)
    table[:, 0] = table[0, 0] + 4.0 * np.arange(6)
    table[2, 0] += behind
    plots = plots_of(table, False)
    whole = Tracker(RADARS[:1], replace(STILL, tick=4.0)).process(plots, until=table[0, 0] + 24.0)
    assert (whole.partner == 1).all()
    tracker, end = Tracker(RADARS[:1], replace(STILL, tick=4.0)), table[0, 0] + 8.0
    parts = [tracker.process(plots_of(table[:3], False), until=end), tracker.process(plots_of(table[3:], False), until=end + 16.0)]  # fmt: skip
    assert np.array_equal(np.concatenate([p.x for p in parts]), whole.x)
    last = Tracker(RADARS[:1], replace(STILL, tick=4.0)).process(plots_of(table[:3], False))
    assert (last.partner == 1).all(), "the last call takes them all"


def test_settings_that_can_not_be():
    with pytest.raises(UsageError, match="gnn or jpda, count or score"):
        Config(association="best")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="false_start"):
        Config(false_start=0.0)
    for wrong in ({"speed": np.inf}, {"tick": np.inf}, {"gate": np.nan}, {"hits": 2.5}):
        with pytest.raises(UsageError, match=f"{next(iter(wrong))} = "):
            Config(**wrong)
    with pytest.raises(UsageError, match="accel of a straight model = inf must be a number"):
        Model(accel=np.inf)
    with pytest.raises(UsageError, match=r"latitude = 40\.0 must be in radians"):
        replace(NORTH, latitude=40.0)
    with pytest.raises(UsageError, match="height = nan must be a finite number"):
        replace(NORTH, height=np.nan)
    with pytest.raises(UsageError, match="not accelerating"):
        Config(models=(Model("accelerating"),), association="jpda")


def test_no_plots_no_clutter():
    tracker = Tracker(RADARS, Config(association="jpda"))
    assert len(tracker.process(Plots.joined([]), until=8.0)) == 0
    assert tracker.clutter.tolist() == [1e-4, 1e-4]
