"""Aircraft seen by radars with registration errors, and by a source of positions without: plots and whose they are."""

from __future__ import annotations

import math

import numpy as np
from scipy.interpolate import CubicSpline

from openiads.tracking import Plots, Radar, Source, Truth
from openiads.tracking.earth import frames, to_ecef

DEG = math.pi / 180.0
RADARS = [
    Radar("a", 39.5 * DEG, 32.6 * DEG, 1000.0, 40.0, 0.08 * DEG, period=4.0),
    Radar("b", 39.2 * DEG, 34.2 * DEG, 900.0, 50.0, 0.10 * DEG, period=5.0),
    Radar("c", 40.6 * DEG, 33.4 * DEG, 1200.0, 60.0, 0.12 * DEG, period=6.0),
]
ADSB = Source("adsb", 4.0)
BIAS = np.array([[100.0, 0.2 * DEG, 0.4], [-60.0, -0.1 * DEG, -0.3], [40.0, 0.15 * DEG, 0.8]])
FAR = 200e3  # m, to which radars see


class World:
    """Aircraft at 140 to 250 m/s on level paths, some of which turn with 1 to 3 degrees a second."""

    def __init__(self, seed, targets=30, seconds=300.0, turns=True, earth="sphere", width=120e3):
        g = self.g = np.random.default_rng(seed)
        self.seconds, self.earth, self.targets = seconds, earth, targets
        self.t = np.arange(-15.0, seconds + 15.0)
        speed, course = g.uniform(140, 250, (targets, 1)), g.uniform(0, 2 * math.pi, (targets, 1))
        rate = np.zeros((targets, len(self.t)))
        for b in range(targets if turns else 0):
            for begin in np.arange(g.uniform(20, 200), seconds, g.uniform(150, 300)):
                rate[b, int(begin) : int(begin + g.uniform(15, 60))] = g.choice([-1, 1]) * g.uniform(1, 3) * DEG
        course = course + np.cumsum(rate, axis=1)
        east, north = (
            g.uniform(-width, width, (targets, 1)) + np.cumsum(speed * f(course), axis=1) for f in (np.sin, np.cos)
        )
        self.height = g.uniform(3000, 11500, targets)
        self.latitude = CubicSpline(self.t, 39.7 * DEG + north / 6.371e6, axis=1)
        self.longitude = CubicSpline(self.t, 33.4 * DEG + east / (6.371e6 * math.cos(39.7 * DEG)), axis=1)

    def at(self, t, body):
        """Latitude, longitude, height (rad, rad, m) of one aircraft at times (s)."""
        return self.latitude(t)[body], self.longitude(t)[body], np.full(len(t), self.height[body])

    def truth(self):
        """Where everybody is each second."""
        inside = self.t[(self.t >= 0.0) & (self.t <= self.seconds)]
        x = [to_ecef(*self.at(inside, b), self.earth) for b in range(self.targets)]
        return Truth(np.tile(inside, self.targets), np.repeat(np.arange(self.targets), len(inside)), np.concatenate(x))

    def plots(self, sensors, bias, pd=0.95, noise=1.0, warm=0.0):
        """Plots and whose they are, from 1; errors `noise` times as large as stated, heights too large by a share."""
        rows = []
        for r, sensor in enumerate(sensors):
            for b in range(self.targets):
                look = self._positions if isinstance(sensor, Source) else self._polar
                part = look(sensor, b, bias[r], noise, warm)
                part = part[self.g.random(len(part)) < pd]
                rows.append(np.hstack([part, np.tile([r, b + 1.0], (len(part), 1))]))
        table = np.concatenate(rows)
        table = table[np.argsort(table[:, 0], kind="stable")]
        t, distance, azimuth, height, latitude, longitude, across, upright, radar, body = table.T
        made = Plots(t, radar.astype(int), distance, azimuth, None, height, latitude, longitude, across, upright)
        return made, body.astype(int)

    def _polar(self, radar, body, bias, noise, warm):
        """Scan by scan, when the beam passes."""
        site = np.array([radar.latitude]), np.array([radar.longitude]), np.array([radar.height])
        origin, axes = to_ecef(*site, self.earth), frames(*site[:2])[0]
        scans = np.arange(0.0, self.seconds - radar.period, radar.period)
        t = scans + 0.5 * radar.period
        for k in range(4):
            local = (to_ecef(*self.at(t, body), self.earth) - origin) @ axes.T
            azimuth = np.arctan2(local[:, 0], local[:, 1]) % (2 * math.pi)
            t = scans + radar.period * azimuth / (2 * math.pi) if k < 3 else t
        distance, n, none = np.linalg.norm(local, axis=1), self.g.normal(size=(3, len(t))), np.full(len(t), np.nan)
        seen = np.stack([
            t + bias[2], distance + noise * radar.sigma_range * n[0] + bias[0],
            azimuth + noise * radar.sigma_azimuth * n[1] + bias[1],
            (1.0 + warm) * self.height[body] + 38.0 * n[2], none, none, none, none,
        ], axis=-1)  # fmt: skip
        return seen[distance < FAR]

    def _positions(self, source, body, bias, noise, warm, sigma=30.0):
        """A position each period, at the time it says."""
        t = np.arange(self.g.uniform(0, source.period), self.seconds, source.period)
        latitude, longitude, height = self.at(t, body)
        n, none, one = self.g.normal(size=(3, len(t))), np.full(len(t), np.nan), np.ones(len(t))
        return np.stack([
            t, none, none, (1.0 + warm) * height + 10.0 * n[2], latitude + sigma * n[0] / 6.371e6,
            longitude + sigma * n[1] / (6.371e6 * np.cos(latitude)), sigma * one, 10.0 * one,
        ], axis=-1)  # fmt: skip


def with_source(bias):
    """Errors of the radars and of a source behind them, which has none."""
    return np.vstack([bias, np.zeros(3)])
