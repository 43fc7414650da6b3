"""Straight flights around two radars as a tracker is given them, and how far its tracks are from them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from openiads.tracking import Config, Model, Plots, Radar
from openiads.tracking.earth import frames, to_ecef

NORTH = Radar("north", 0.690, 0.60, 900.0, 50.0, math.radians(0.2), math.radians(0.2), period=4.0, sigma_range_rate=1.0)
SOUTH = replace(NORTH, name="south", latitude=0.672)
STILL = Config(models=(Model(accel=1.0),))


def flights(g, count, width=60e3, spread=150.0):
    """Starts and velocities around the radars, earth-centred: float64[count, 3] m, m/s."""
    axes = frames(np.array([0.681]), np.array([0.60]))[0]
    origin = to_ecef(np.array([0.681]), np.array([0.60]), np.array([9e3]))[0]
    local = np.column_stack([g.uniform(-width, width, (count, 2)), np.zeros(count)])
    return origin + local @ axes, np.column_stack([g.normal(0, spread, (count, 2)), np.zeros(count)]) @ axes


def from_radar(radar, x):
    """Bodies as the radar has them: their offsets (m), earth-centred and as east, north and up."""
    d = x - to_ecef(*(np.array([a]) for a in (radar.latitude, radar.longitude, radar.height)))
    return d, (d @ frames(np.array([radar.latitude]), np.array([radar.longitude]))[0].T).T


def passes(azimuth):
    """When in a scan of 4 s a beam that turns is at an azimuth."""
    return 4.0 * (azimuth / (2.0 * np.pi) % 1.0)


def seen(radar, row, t, x, v, g, sharp=1.0):
    """One plot of each of these bodies: rows of (t, radar, range, azimuth, elevation, range rate)."""
    d, (east, north, up) = from_radar(radar, x)
    far = np.sqrt(east**2 + north**2 + up**2)
    n = g.normal(size=(5, len(x)))
    return np.column_stack([
        t, np.full(len(x), row), far + n[0] * 50.0 * sharp, np.arctan2(east, north) + n[1] * radar.sigma_azimuth * sharp,
        np.arcsin(up / far) + n[2] * math.radians(0.2) * sharp, (d * v).sum(axis=1) / far + n[3] * sharp,
    ])  # fmt: skip


def recorded(seed, radars, count=20, scans=15, pd=0.9, velocity=None, turning=False):
    """Plots of straight flights in the order of time, whose they are, and where everyone is at a time.

    turning: by a beam that turns, else each at any time of a scan.
    """
    g = np.random.default_rng(seed)
    start, v = flights(g, count)
    v = v if velocity is None else velocity(start)
    rows, who = [], []
    for k in range(scans):
        for r, radar in enumerate(radars):
            t = 4.0 * k + 4.0 * g.random(count)
            for _ in range(3 * turning):
                _, (east, north, _) = from_radar(radar, start + t[:, None] * v)
                t = 4.0 * k + passes(np.arctan2(east, north))
            there = g.random(count) < pd
            rows.append(seen(radar, r, t, start + t[:, None] * v, v, g)[there])
            who.append(np.flatnonzero(there))
    table, who = np.concatenate(rows), np.concatenate(who)
    order = np.argsort(table[:, 0], kind="stable")
    return table[order], who[order], lambda t: np.hstack([start + t * v, v])


def plots_of(table, rate=True, **more):
    t, radar, d, a, e, doppler = table.T
    return Plots(t, radar, d, a, e, range_rate=doppler if rate else None, **more)


def errors(tracks, truth, t):
    """Position and speed errors (m, m/s) of the tracks at a time, each against its nearest body."""
    x = tracks.x[tracks.t == t]
    gap = np.linalg.norm(x[:, None, :3] - truth(t)[None, :, :3], axis=2)
    off = x - truth(t)[gap.argmin(axis=1)]
    return np.linalg.norm(off[:, :3], axis=1), np.linalg.norm(off[:, 3:], axis=1)


def rms(a):
    return float(np.sqrt(np.mean(np.square(a))))


def mixed(partner, who):
    """Plots that went to a track most of whose plots are of another body."""
    return sum(int((who[partner == n] != np.bincount(who[partner == n]).argmax()).sum()) for n in np.unique(partner[partner > 0]))  # fmt: skip
