"""Aircraft that turn: several models beat the best single one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from openiads.engine.geo import set_frame, to_ecef
from openiads.tracking import MANOEUVRING, Config, Model, Plots, Radar, Tracker
from tests.oracles.metrics import gospa

EYE = Radar("eye", 0.66, 0.61, 0.0, 50.0, math.radians(0.2), math.radians(0.1), period=4.0)
DT, G = 0.1, 9.80665  # s of a step of the truth, m/s2


def flights(g, targets, seconds):
    """Straight for 30 to 60 s, then a turn of 1 to 3 g for 10 to 25 s, and so on: places [steps, targets, 3]."""
    place = np.column_stack([g.uniform(-6e4, 6e4, (targets, 2)), g.uniform(2e3, 11e3, targets)])
    speed, course, rate = g.uniform(150, 300, targets), g.uniform(0, 7, targets), np.zeros(targets)
    left, out = g.uniform(0, 60, targets), []
    for _ in range(int(seconds / DT) + 1):
        out.append(place)
        middle = course + 0.5 * DT * rate
        place = place + DT * np.column_stack([speed * np.sin(middle), speed * np.cos(middle), np.zeros(targets)])
        course, left = course + DT * rate, left - DT
        for b in np.flatnonzero(left <= 0):
            turns = rate[b] == 0.0
            left[b] = g.uniform(10, 25) if turns else g.uniform(30, 60)
            rate[b] = g.choice([-1, 1]) * g.uniform(1, 3) * G / speed[b] if turns else 0.0
    return np.array(out)


def scene(seed, spread, targets=40, scans=50):
    """Truth at the end of each scan, and the plots; spread: the beam passes a body where it is, else at the end."""
    g = np.random.default_rng(seed)
    truth, rows = flights(g, targets, 4.0 * scans), []
    for k in range(scans):
        for b in np.flatnonzero(g.random(targets) < 0.9):
            bearing = math.atan2(*truth[40 * k, b, :2]) % (2 * math.pi)
            step = 40 * k + 1 + int(bearing / (2 * math.pi) * 39) if spread and k else 40 * k + 40
            x, y, z = truth[step, b]
            d = math.sqrt(x * x + y * y + z * z)
            rows.append((DT * step, d, math.atan2(x, y), math.asin(z / d)))
        for _ in range(g.poisson(2)):
            rows.append((4.0 * k + 4.0, g.uniform(5e3, 8e4), g.uniform(-3, 3), g.uniform(0.02, 0.2)))
    table = np.array(rows)
    table[:, 1:] += g.normal(size=(len(rows), 3)) * [50.0, math.radians(0.2), math.radians(0.1)]
    return truth[40::40], Plots(table[:, 0], np.zeros(len(rows)), *table.T[1:])


def score(scenes, models):
    """Mean GOSPA (m) from the tenth scan on."""
    axes, site, found = np.empty((1, 3, 3)), np.array(to_ecef(EYE.latitude, EYE.longitude, EYE.height)), []
    set_frame(axes, 0, EYE.latitude, EYE.longitude)
    for truth, plots in scenes:
        tracks = Tracker([EYE], Config(models=models, speed=150.0)).process(plots)
        for k in range(10, len(truth)):
            now = np.abs(tracks.t - 4.0 * (k + 1)) < 1e-3
            found.append(gospa(truth[k], (tracks.x[now, :3] - site) @ axes[0].T, 2e3, 1))
    return float(np.mean(found))


@pytest.mark.parametrize("spread", [False, True])
def test_several_models_beat_the_best_single_one(spread, record_property):
    scenes = [scene(seed, spread) for seed in (21, 22)]
    single = min(score(scenes, (Model(accel=accel),)) for accel in (16.0, 20.0, 25.0, 30.0))
    ratio = score(scenes, MANOEUVRING) / single
    record_property("ratio", round(ratio, 3))
    assert ratio < 0.96
