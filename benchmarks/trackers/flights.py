"""Flights of the samples in the package `traffic`, as truth.

The package's code is under the MIT licence; its samples are positions that the OpenSky Network received. None of it
is kept here: the wheel is fetched by its hash (requirements/flights.txt) into `build`, and only its samples are read.

What is left out, and counted: reports from the ground or below `LOW`; a position that repeats the one before (held by
the receiver); a report further than `FAR` or `HIGH` from the median of the five around it. A flight is cut where
nothing was reported for `GAP`, and parts shorter than `SHORT` are left out. Positions are stamped to the second, which
moves them along the track by 25 m (one sigma): a smoothing spline takes that out.
"""

from __future__ import annotations

import gzip
import json
import math
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.interpolate import BSpline, make_smoothing_spline
from scipy.ndimage import median_filter

from benchmarks.trackers.axes import Axes, frame
from openiads.engine.geo import destination
from openiads.tracking import Truth
from openiads.tracking.earth import to_ecef, to_geodetic

ROOT = Path(__file__).parents[2]
FOLDER, WHEEL = ROOT / "build" / "flights", "traffic-2.13-py3-none-any.whl"
FOOT = 0.3048  # m
LOW, FAR, HIGH = 500.0, 1000.0, 300.0  # m
GAP, SHORT = 60.0, 60.0  # s
SMOOTH = 8.0  # s: a turn of 3 degrees a second keeps 97 % of its radius; of a wave of 20 s a fifth is left
JOLT = 10.0  # m/s2
NOON = 1633608000.0  # s, 7 October 2021, 12:00 UTC
MIDDLE, WIDE = Axes(math.radians(49.0), math.radians(2.4)), 60e3  # m
GOLDEN = math.pi * (3.0 - math.sqrt(5.0))
TURNING = (
    *(f"calibration/{place}" for place in (
        "ajaccio", "bornholm", "brussels_ils", "brussels_vor", "funchal", "guatemala", "kingston", "kiruna",
        "kota_kinabalu", "liege_sprimont", "lisbon", "london_gatwick", "london_heathrow", "monastir", "montreal",
        "munich", "noumea", "perth", "sydney", "toulouse", "vancouver", "vienna",
    )),
    "featured/belevingsvlucht", "featured/switzerland_map", "featured/turkish_flag", "featured/zero_gravity",
    "military/inflight_refuelling", "surveys/liguria", "surveys/mecsek_mountains", "surveys/pixair_toulouse",
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """A flight without a gap: where it is between two times (s), in earth-centred coordinates of the sphere."""

    name: str
    begin: float
    end: float
    path: BSpline  # of the time since its begin: [3] m
    speed: BSpline  # m/s

    def moved(self, name: str, begin: float, turn: np.ndarray) -> Part:
        """The same at another time (s), turned about the centre of the earth by a rotation [3, 3]."""
        path, speed = (BSpline(s.t, s.c @ turn.T, s.k) for s in (self.path, self.speed))
        return Part(name, begin, begin + self.end - self.begin, path, speed)


def fetched() -> Path | None:
    """The wheel, fetched once; None where it can not be."""
    wheel = FOLDER / WHEEL
    if not wheel.exists():
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        locked = ["--require-hashes", "--requirement", str(ROOT / "requirements" / "flights.txt")]
        subprocess.run([*pip, *locked, "--dest", str(FOLDER)], capture_output=True, check=False)
    return wheel if wheel.exists() else None


def sample(wheel: Path, name: str) -> list[dict[str, Any]]:
    """The reports of one sample (`collections/quickstart`), a record each."""
    with zipfile.ZipFile(wheel) as archive:
        records = json.loads(gzip.decompress(archive.read(f"traffic/data/samples/{name}.json.gz")))
    assert isinstance(records, list)
    return records


def parts(records: Iterable[dict[str, Any]]) -> tuple[list[Part], Counter[str]]:
    """Smooth parts of all flights, sorted by name, and how many reports were left out for which reason."""
    out, counts = [], Counter[str]()
    flights: dict[str, list[tuple[float, float, float, float]]] = {}
    for r in records:
        height = r.get("altitude")
        counts["reports"] += 1
        if r.get("onground") or height is None or r.get("latitude") is None or height * FOOT < LOW:
            counts["low"] += 1
        else:
            row = r["timestamp"] / 1e3, r["latitude"], r["longitude"], height * FOOT
            flights.setdefault(r["icao24"], []).append(row)
    for name in sorted(flights):
        t, latitude, longitude, height = np.array(sorted(flights[name])).T
        x = to_ecef(np.radians(latitude), np.radians(longitude), height)
        kept = _kept(t, x, counts)
        t, x = t[kept], x[kept]
        for k, rows in enumerate(np.split(np.arange(len(t)), np.flatnonzero(np.diff(t) > GAP) + 1)):
            if len(rows) >= 12 and t[rows[-1]] - t[rows[0]] >= SHORT:
                out.append(_smoothed(f"{name}/{k}", t[rows], x[rows]))
            else:
                counts["short"] += len(rows)
    return out, counts


def _kept(t: np.ndarray, x: np.ndarray, counts: Counter[str]) -> np.ndarray:
    """Rows that are neither held nor outliers."""
    level = np.stack(to_geodetic(x)[:2], axis=1)
    fresh = np.append(True, (np.diff(t) > 0.0) & np.any(np.diff(level, axis=0) != 0.0, axis=1))
    rows = np.flatnonzero(fresh)
    middle = np.stack([median_filter(x[rows, i], 5, mode="nearest") for i in range(3)], axis=1)
    up = x[rows] / np.linalg.norm(x[rows], axis=1, keepdims=True)
    off = x[rows] - middle
    rise = (off * up).sum(axis=1)
    good = (np.linalg.norm(off - rise[:, None] * up, axis=1) <= FAR) & (np.abs(rise) <= HIGH)
    counts["held"] += int(np.count_nonzero(~fresh))
    counts["outliers"] += int(np.count_nonzero(~good))
    return rows[good]


def _smoothed(name: str, t: np.ndarray, x: np.ndarray) -> Part:
    """Weights by the time that a report stands for, so that the smoothing does not depend on how dense they are."""
    since, middle = t - t[0], x.mean(axis=0)
    splines = [make_smoothing_spline(since, x[:, i] - middle[i], np.gradient(t), SMOOTH**4) for i in range(3)]
    path = BSpline(splines[0].t, np.stack([s.c for s in splines], axis=1) + middle, splines[0].k)
    return Part(name, float(t[0]), float(t[-1]), path, path.derivative())


def truth(flown: Sequence[Part], begin: float, end: float) -> Truth:
    """All parts at every second that they are there, with velocities; time 0 is `begin` (s)."""
    times, columns = np.arange(begin, end + 0.5), []
    for part in flown:
        now = times[(times >= part.begin) & (times <= part.end)]
        past = now - part.begin
        columns.append((now - begin, np.full(len(now), part.name), part.path(past), part.speed(past)))
    t, who, x, v = (np.concatenate(column) for column in zip(*columns, strict=True))
    return Truth(t, who, x, v)


def paris(wheel: Path, minute: float, seconds: float) -> Truth:
    """Arrivals, departures and overflights of Paris on 7 October 2021, `minute` minutes after 12:00 UTC."""
    found, _ = parts(sample(wheel, "collections/quickstart"))
    begin = NOON + 60.0 * minute
    return truth(found, begin, begin + seconds)


def turning(wheel: Path, seconds: float, rank: int = 0) -> Truth:
    """Flights that turn all the time, brought to one time and place: of each the stretch in which it turns most.

    Each stretch lies about a point of a spiral within `WIDE` of the middle of the radars, its heights as flown.
    rank: 1 takes the stretch that turns second most, ...
    """
    chosen = []
    for name in TURNING:
        found, _ = parts(sample(wheel, name))
        stretches = [(load, name, part, begin) for part in found for load, begin in _stretches(part, seconds)]
        chosen += sorted(stretches, key=lambda s: (-s[0], s[3]))[rank : rank + 1]
    flown = []
    for k, (_, name, part, begin) in enumerate(chosen):
        far, bearing = WIDE * math.sqrt((k + 0.5) / len(chosen)), k * GOLDEN
        middle = part.path(begin + seconds / 2.0)
        latitude, longitude, _ = (float(a[0]) for a in to_geodetic(middle[None]))
        turn = frame(*destination(*MIDDLE, bearing, far)).T @ frame(latitude, longitude)
        flown.append(part.moved(name, -begin, turn))
    return truth(flown, 0.0, seconds)


def _stretches(part: Part, seconds: float) -> Iterator[tuple[float, float]]:
    """Mean acceleration (m/s2) and begin (s) of the stretches of a part, one after the other; not of those with a jolt."""
    for begin in np.arange(0.0, part.end - part.begin - seconds, seconds):
        load = np.linalg.norm(part.speed.derivative()(begin + np.arange(0.0, seconds)), axis=1)
        if load.max() < JOLT:
            yield float(load.mean()), float(begin)
