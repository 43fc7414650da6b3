"""Small worlds for the scores: random truth and tracks of it, and the same as Stone Soup holds them."""

from __future__ import annotations

import datetime
from types import SimpleNamespace

import numpy as np
from stonesoup.types.groundtruth import GroundTruthPath, GroundTruthState
from stonesoup.types.state import State
from stonesoup.types.track import Track

from openiads.tracking import Truth

EPOCH = datetime.datetime(2020, 1, 1)


def table(rows):
    """Tracks from rows of (t, number, x, y, z, vx, vy, vz)."""
    rows = np.asarray(rows, float).reshape(-1, 8)
    return SimpleNamespace(t=rows[:, 0], number=rows[:, 1].astype(int), x=rows[:, 2:])


def world(seed, bodies=5, frames=20, step=2.0, size=4000.0, sigma=60.0, lost=0.15, ghosts=2):
    """Bodies on straight lines that come and go; tracks that lose them, change their number, double and lie."""
    g = np.random.default_rng(seed)
    t = step * np.arange(frames)
    truth, tracks, number = [], [], 100
    for b in range(bodies):
        first, last = sorted(g.choice(frames + 1, 2, replace=False))
        x0, v = g.uniform(-size, size, 3), g.normal(0, 80, 3)
        for k in range(first, last):
            truth.append((t[k], b, *(x0 + t[k] * v), *v))
            if g.random() < lost:
                number += 1
            if g.random() > lost / 2:
                tracks.append((t[k], 100 * (b + 1) + number, *(x0 + t[k] * v + g.normal(0, sigma, 3)), *(v + g.normal(0, 5, 3))))  # fmt: skip
    for n in range(ghosts):
        first, last = sorted(g.choice(frames + 1, 2, replace=False))
        x0, v = g.uniform(-size, size, 3), g.normal(0, 80, 3)
        tracks += [(t[k], n, *(x0 + t[k] * v), *v) for k in range(first, last)]
    rows = np.array(truth)
    return Truth(rows[:, 0], rows[:, 1].astype(int), rows[:, 2:5], rows[:, 5:8], earth=False), table(tracks)


def when(t):
    """Seconds as a moment."""
    return EPOCH + datetime.timedelta(seconds=float(t))


def paths(truth, tracks):
    """The same as Stone Soup's ground truth paths and tracks, with states of position and velocity."""

    def states(kind, rows, t, x):
        return [kind(x[r].reshape(-1, 1), timestamp=when(t[r])) for r in rows]

    both = np.hstack([truth.x, truth.v])
    there = [
        GroundTruthPath(states(GroundTruthState, np.flatnonzero(truth.id == b), truth.t, both))
        for b in np.unique(truth.id)
    ]
    here = []
    for n in np.unique(tracks.number):
        rows = np.flatnonzero(tracks.number == n)
        here.append(Track(states(State, rows[np.argsort(tracks.t[rows])], tracks.t, tracks.x)))
    return there, here
