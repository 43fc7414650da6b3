"""Tracking: the frozen scenario S1 of TRK-10 through the public tracker, by the scores of `openiads.tracking`."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np

from openiads.tracking import Config, Model, Plots, Radar, Tracker, Truth, align, clear_mot, gospa, ospa
from openiads.tracking.earth import to_ecef
from validation import Row, Section

DATA = Path(__file__).parent.parent / "tests" / "data" / "tracking"
CUTOFF, SETTLED = 2000.0, 40.0  # m, s
CONFIG = Config(models=(Model(accel=0.3),), speed=200.0, hits=4, confirm_scans=5.0, coast_scans=5.0)


def section() -> Section:
    """The chapter."""
    given = json.loads((DATA / "meta.json").read_text(encoding="utf-8"))["S1"]
    t, distance, bearing, _ = np.loadtxt(DATA / "S1_detections.csv", delimiter=",", skiprows=1).T
    radar = Radar("origin", 0.0, 0.0, 0.0, given["sigma_r"], math.radians(given["sigma_b_deg"]), 1e-4)
    plots = Plots(t, np.zeros(len(t)), distance, bearing, np.zeros(len(t)))
    t, who, east, north = np.loadtxt(DATA / "S1_truth.csv", delimiter=",", skiprows=1).T
    origin = to_ecef(*(np.zeros(1) for _ in range(3)))
    truth = Truth(t, who.astype(int), origin + np.column_stack([0.0 * t, east, north]))
    tracks = Tracker([radar], CONFIG).process(plots)
    scene = align(truth, tracks, times=np.unique(t[t >= SETTLED]))
    mot = clear_mot(scene, CUTOFF)
    found = len(mot.pairs.truth) / len(scene.truth_id)
    rows = [
        ("mean OSPA", 51.6, float(ospa(scene, CUTOFF).mean()), "m", "most"),
        ("mean GOSPA", 309.8, float(gospa(scene, CUTOFF).distance.mean()), "m", "most"),
        ("RMS error", 63.9, float(np.sqrt(np.mean(mot.pairs.distance**2))), "m", "most"),
        ("completeness", 1.0, found, "", "least"),
        ("spurious tracks", 0.0, float(mot.false), "", "most"),
        ("changes of number", 4.0, float(mot.switches), "", "most"),
    ]
    text = (
        "Six targets that cross, 75 scans of 4 s, Pd 0.9, 50 m and 0.2°, 15 false plots a scan. Expected: what Stone Soup "
        "1.9.1 reaches untuned (nearest neighbours by assignment, extended Kalman filter, constant velocity, a start by 4 "
        "plots, an end by 5 misses). Ours starts and ends its tracks likewise; its process noise, 0.3 m/s² over a second, is "
        "a choice for straight flight, and with 1 m/s² it is level with the reference (51.64 m, 309.84 m, 63.83 m). Scored "
        "from 40 s on, cutoff 2 km, order 1."
    )
    what = "S1, six crossing targets: {}".format
    return Section("Tracking", text, [Row("TRK-10", what(w), "X", e, g, 0.0, u, k) for w, e, g, u, k in rows])
