"""Tracking: the frozen scenario S1 of TRK-10 through the public tracker, by the scores of `openiads.tracking`."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from openiads.tracking import Config, Model, Plots, Radar, Tracker, Truth, align, clear_mot, gospa, ospa
from openiads.tracking.earth import to_ecef
from openiads.tracking.plots import placed
from validation import Row, Section

DATA = Path(__file__).parent.parent / "tests" / "data" / "tracking"
CUTOFF, SETTLED, FAR = 2000.0, 40.0, 100e3  # m, s, m
CONFIG = Config(speed=200.0, lifecycle="count", hits=4, confirm_scans=5.0, coast_scans=5.0)


def section() -> Section:
    """The chapter."""
    given = json.loads((DATA / "meta.json").read_text(encoding="utf-8"))["S1"]
    t, distance, bearing, _ = np.loadtxt(DATA / "S1_detections.csv", delimiter=",", skiprows=1).T
    radar = Radar("origin", 0.0, 0.0, 0.0, given["sigma_r"], math.radians(given["sigma_b_deg"]), 1e-4)
    plots = Plots(t, np.zeros(len(t)), distance, bearing, np.zeros(len(t)))
    t, who, east, north = np.loadtxt(DATA / "S1_truth.csv", delimiter=",", skiprows=1).T
    origin = to_ecef(*(np.zeros(1) for _ in range(3)))
    truth = Truth(t, who.astype(int), origin + np.column_stack([0.0 * t, east, north]))
    rows = []
    for accel, slack in ((0.3, 0.0), (1.0, 0.005)):
        tracks = Tracker([radar], replace(CONFIG, models=(Model(accel=accel),))).process(plots)
        scene = align(truth, tracks, times=np.unique(t[t >= SETTLED]))
        mot = clear_mot(scene, CUTOFF)
        found = len(mot.pairs.truth) / len(scene.truth_id)
        for what, expected, got, unit, kind in (
            ("mean OSPA", 51.6, float(ospa(scene, CUTOFF).mean()), "m", "most"),
            ("mean GOSPA", 309.8, float(gospa(scene, CUTOFF).distance.mean()), "m", "most"),
            ("RMS error", 63.9, float(np.sqrt(np.mean(mot.pairs.distance**2))), "m", "most"),
            ("completeness", 1.0, found, "", "least"),
            ("spurious tracks", 0.0, float(mot.false), "", "most"),
            ("changes of number", 4.0, float(mot.switches), "", "most"),
        ):
            most = expected * (1.0 + slack * (unit == "m"))
            words = f"S1, six crossing targets, process noise {accel:g} m/s²: {what}"
            rows.append(Row("TRK-10", words, "X", most, got, 0.0, unit, kind))
    text = (
        "Six targets that cross, 75 scans of 4 s, Pd 0.9, 50 m and 0.2°, 15 false plots a scan. Expected: what Stone Soup "
        "1.9.1 reaches untuned (nearest neighbours by assignment, extended Kalman filter, constant velocity, a start by 4 "
        "plots, an end by 5 misses). Ours starts and ends its tracks likewise; a process noise of 0.3 m/s² over a second is a "
        "choice for straight flight, with 1 m/s² it is level with the reference, of which half a percent is allowed there. "
        "Scored from 40 s on, cutoff 2 km, order 1. TRK-8: plots of a body at rest, 100 km away; the error of a track after "
        "60 of them is the mean of 60 runs, and its tolerance three times the error of that mean."
    )
    return Section("Tracking", text, [*rows, *_conversion()])


def _conversion() -> list[Row]:
    """TRK-8: what converting range and angles costs, of plots and of tracks."""
    rows = []
    for degrees, bias in ((0.5, -3.8076), (1.0, -15.2297), (2.0, -60.9049)):
        sigma, n = math.radians(degrees), 400_000
        radar = Radar("far", 0.0, 0.0, 0.0, 1.0, sigma, 1e-5)
        azimuth = np.random.default_rng(1).normal(0.0, sigma, n)
        pos, _ = placed(Plots(np.zeros(n), np.zeros(n), np.full(n, FAR), azimuth, np.zeros(n)), [radar])
        allowed = 4.0 * FAR * sigma**2 / math.sqrt(n)
        plain = FAR * float(np.cos(azimuth).mean()) - FAR
        rows.append(Row("TRK-8", f"{degrees:g}°: mean of plain points, along the ray", "A", bias, plain, allowed, "m"))
        short = float(pos[:, 2].mean()) - FAR
        rows.append(Row("TRK-8", f"{degrees:g}°: the same as plots are placed", "A", 0.0, short, allowed, "m"))
        rows.append(_coarse(degrees))
    return rows


def _coarse(degrees: float) -> Row:
    """How far out tracks stand that are made of coarse angles."""
    sigma, n, origin = math.radians(degrees), 60, to_ecef(*(np.zeros(1) for _ in range(3)))
    radar, off = Radar("coarse", 0.0, 0.0, 0.0, 50.0, sigma, sigma), []
    config = Config(models=(Model(accel=0.01),), speed=30.0, gate=1e4, coast_scans=20.0)
    for k in range(60):
        noise = np.random.default_rng(k).normal(size=(3, n))
        t = radar.period * np.arange(1.0, n + 1.0)
        plots = Plots(t, np.zeros(n), FAR + 50.0 * noise[0], sigma * noise[1], 0.05 + sigma * noise[2])
        last = Tracker([radar], config).process(plots, until=float(t[-1])).x[-1, :3]
        off.append(float(np.linalg.norm(last - origin)) - FAR)
    allowed = 3.0 * float(np.std(off)) / math.sqrt(len(off))
    return Row("TRK-8", f"{degrees:g}°: tracks, along the ray", "A", 0.0, float(np.mean(off)), round(allowed, 1), "m")
