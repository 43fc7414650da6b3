"""The order in which plots are listed and radars are numbered tells nothing, so it changes nothing."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from openiads.engine.tracking import FREE, empty_scratch, empty_tracks, track
from openiads.tracking import MANOEUVRING, Config, Model, Plots, Radar, Tracker
from tests.engine.test_tracking import world
from tests.oracles.imm import settings as several
from tests.oracles.tracking import covariance, pack

SEEDS = st.integers(0, 2**32 - 1)
MODELS = [(0, 2.0, 0.0), (1, 4.0, 0.0), (0, 60.0, 0.0)]


def tracks_of(ticks, radars, order):
    """Tracks at the end, sorted by place: estimates, covariances, probabilities, plots; order: (plots) -> plots."""
    chosen = several(MODELS, speed=250.0, window=11.0, coast=9.0)
    tracks, scratch = empty_tracks(1, 128, radars, 3), empty_scratch(128, 256, models=3)
    for k, by_radar in enumerate(ticks):
        t0, t1 = 2.0 * k, 2.0 * k + 2.0
        plots = [order([dataclasses.replace(plot, t=t1) for plot in one]) for one in by_radar]
        track(
            chosen, np.zeros(radars, np.int32), np.arange(radars, dtype=np.int32), pack(plots), tracks, scratch, t0, t1
        )
    live = np.flatnonzero(tracks.status[0] != FREE)
    live = live[np.lexsort(tracks.x[0, live, :3].round(3).T)]
    return (
        tracks.x[0, live], np.array([covariance(tracks, 0, s) for s in live]), tracks.share[0, live],
        tracks.hits[0, live], tracks.status[0, live],
    )  # fmt: skip


@given(SEEDS, SEEDS)
@settings(max_examples=20)
def test_the_order_of_plots(seed, shuffle):
    """Contested plots, false plots, tracks that start and end: the same set of tracks, to rounding."""
    g = np.random.default_rng(shuffle)
    ticks = world(seed, ticks=10, radars=2, second=0.0, width=4e3)
    x, p, share, hits, status = tracks_of(ticks, 2, lambda plots: plots)
    other = tracks_of(ticks, 2, lambda plots: [plots[i] for i in g.permutation(len(plots))])
    assert hits.tolist() == other[3].tolist() and status.tolist() == other[4].tolist()
    scale = np.sqrt(np.diagonal(p, axis1=1, axis2=2))
    np.testing.assert_allclose((other[0] - x) / scale, 0, atol=1e-6)
    np.testing.assert_allclose((other[1] - p) / (scale[:, :, None] * scale[:, None, :]), 0, atol=1e-6)
    np.testing.assert_allclose(other[2], share, atol=1e-6)


SITES = [Radar(f"r{i}", 0.68 + 0.004 * i, 0.62 - 0.003 * i, 900.0, 50.0, 3e-3, 3e-3, period=6.0) for i in range(3)]


def reports(seed, scans=8, targets=6):
    """Three radars that look in turn, two seconds apart, each within a tick of its own; no two plots at one time."""
    g = np.random.default_rng(seed)
    start, velocity = g.uniform(-3e4, 3e4, (targets, 2)), g.normal(0, 150, (targets, 2))
    rows = []
    for k in range(3 * scans):
        # the first tick ends with the first plot, which sets all the others
        for t in g.uniform(2.0 * k + 0.01, 2.0 * k + 1.99, targets + 2) if k else [2.0]:
            b = g.integers(targets)
            x, y = start[b] + t * velocity[b]
            d = math.sqrt(x * x + y * y + 8e3**2)
            e = math.asin(8e3 / d) + g.normal(0, 3e-3)
            rows.append((t, k % 3, d + g.normal(0, 50), math.atan2(x, y) + g.normal(0, 3e-3), e))
    return np.array(rows)


def same(a, b):
    """The same rows but for the order in which the tracks of a moment stand; numbers may differ."""
    one, two = (np.column_stack([t.t, t.x, t.p])[np.lexsort([t.x[:, 0], t.t])] for t in (a, b))
    return np.array_equal(one, two)


@given(SEEDS, st.permutations([0, 1, 2]), st.sampled_from([(Model(),), MANOEUVRING]))
@settings(max_examples=20)
def test_the_order_of_rows_and_the_numbers_of_radars(seed, names, models):
    """Rows of a table in any order; radars under other numbers, no two of which report in one tick."""
    rows = reports(seed)
    config = Config(models=models, tick=2.0, confirm_scans=3.5)
    expected = Tracker(SITES, config).process(Plots(*rows.T))
    assert len(expected) > 20
    mixed = np.random.default_rng(seed).permutation(rows)
    assert same(Tracker(SITES, config).process(Plots(*mixed.T)), expected)
    mixed[:, 1] = np.argsort(names)[mixed[:, 1].astype(int)]
    assert same(Tracker([SITES[i] for i in names], config).process(Plots(*mixed.T)), expected)
