"""Recordings made here: aircraft in straight flight and turns, seen by radars that answer in CAT048 and CAT034."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from openiads.interop.asterix import encode, spec, table
from openiads.tracking.earth import frames, to_ecef

NM, DEG = 1852.0, math.pi / 180.0
SITES = {  # name -> SIC, degrees north and east, m, s of a scan
    "north": (1, 40.2, 32.6, 1100.0, 4.0),
    "west": (2, 39.2, 31.2, 900.0, 5.0),
    "east": (3, 39.4, 34.0, 1200.0, 6.0),
}
SENSORS = "\n".join(
    f'[[sensor]]\nname = "{name}"\nsac = 25\nsic = {sic}\nlatitude_deg = {lat}\nlongitude_deg = {lon}\nheight_m = {height}\n'
    "sigma_range_m = 40\nsigma_azimuth_deg = 0.08"
    for name, (sic, lat, lon, height, _) in SITES.items()
)


class Flights(NamedTuple):
    """Where aircraft are each second: degrees, m, [B, T]."""

    t: np.ndarray  # s, [T]
    lat: np.ndarray
    lon: np.ndarray
    height: np.ndarray

    def at(self, b, t):
        """One aircraft at times (s): rad, rad, m."""
        return tuple(np.interp(t, self.t, c[b]) * f for c, f in ((self.lat, DEG), (self.lon, DEG), (self.height, 1.0)))


def flights(count=60, seconds=3600.0, seed=1, start=36000.0):
    """Aircraft around the radars; they turn now and then at 1 to 3 degrees a second, and turn back where it is far."""
    g = np.random.default_rng(seed)
    t = np.arange(0.0, seconds + 1.0)
    speed = g.uniform(140.0, 250.0, count)[:, None]
    rate = np.zeros((count, len(t)))
    for b in range(count):
        for begin in np.arange(g.uniform(60, 300), seconds, g.uniform(240, 420)):
            rate[b, int(begin) : int(begin + g.uniform(15, 60))] = g.choice([-1, 1]) * g.uniform(1.0, 3.0) * DEG
    course, where = g.uniform(0, 2 * math.pi, count), np.zeros((len(t), count, 2))
    where[0] = g.uniform(-70e3, 70e3, (count, 2))
    for k in range(1, len(t)):
        home = np.arctan2(-where[k - 1, :, 1], -where[k - 1, :, 0])
        off = (home - course + math.pi) % (2 * math.pi) - math.pi
        far = np.linalg.norm(where[k - 1], axis=1) > 110e3
        course = course + np.where(far, np.clip(off, -1.5 * DEG, 1.5 * DEG), rate[:, k])
        where[k] = where[k - 1] + speed * np.stack([np.cos(course), np.sin(course)], axis=-1)
    north, east = where[:, :, 0].T, where[:, :, 1].T
    lat = 39.5 + north / 111_200.0
    lon = 32.6 + east / (111_200.0 * math.cos(39.5 * DEG))
    height = np.round(g.uniform(3000.0, 11500.0, count)[:, None] + np.zeros(len(t)), 0)
    return Flights(start + t, lat, lon, height)


def radar_records(flown, seed=2, pd=0.97, clutter=2.0, mode_s=True):
    """CAT048 plots and CAT034 north marks of all radars as columns in the order of time, and as bytes of the recording."""
    g = np.random.default_rng(seed)
    rows, marks = [], []
    for sic, lat, lon, height, period in SITES.values():
        origin = to_ecef(np.array(lat * DEG), np.array(lon * DEG), np.array(height), "wgs84")
        axes = frames(np.array(lat * DEG), np.array(lon * DEG))
        scans = np.arange(flown.t[0], flown.t[-1] - period, period)
        marks += [(t, sic, period) for t in scans]
        for b in range(len(flown.lat)):
            t = scans + 0.5 * period
            for _ in range(2):  # when the beam passes
                x = (to_ecef(*flown.at(b, t), "wgs84") - origin) @ axes.T
                azimuth = np.arctan2(x[:, 0], x[:, 1]) % (2 * math.pi)
                t = scans + period * azimuth / (2 * math.pi)
            distance = np.linalg.norm(x, axis=1) + g.normal(0, 40.0, len(t))
            azimuth = (azimuth + g.normal(0, 0.08 * DEG, len(t))) % (2 * math.pi)
            seen = (g.random(len(t)) < pd) & (distance < 250.0 * NM)
            level = flown.at(b, t)[2] / 30.48
            rows += [(t[k], sic, distance[k], azimuth[k], level[k], b) for k in np.flatnonzero(seen)]
        for scan in scans:
            rows += [
                (scan + period * g.random(), sic, g.uniform(5e3, 200e3), g.uniform(0, 2 * math.pi), np.nan, -1)
                for _ in range(g.poisson(clutter))
            ]
    rows = np.array(sorted(rows))
    return rows, _bytes(rows, sorted(marks), mode_s)


def misaligned(rows, errors, mode_s=True):
    """The same rows from radars with errors, SIC -> (m, degrees, s), and as bytes without north marks."""
    rows = rows.copy()
    for sic, (distance, azimuth, late) in errors.items():
        own = rows[:, 1] == sic
        rows[own, 0] += late
        rows[own, 2] += distance
        rows[own, 3] = (rows[own, 3] + azimuth * DEG) % (2 * math.pi)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    return rows, b"".join(_bytes(rows, [], mode_s))


def cat048(rows, mode_s=True):
    """Rows (t, SIC, m, rad, FL, aircraft) as a table of CAT048."""
    t, sic, distance, azimuth, level, who = rows.T
    real = who >= 0
    callsign = np.array([f"TST{int(b):03d}" if b >= 0 else "" for b in who], "S8")
    values = {
        "010.SAC": np.full(len(t), 25), "010.SIC": sic.astype(int), "140.TOD": np.floor(t * 128) / 128 % 86400.0,
        "020.TYP": np.where(real, 5, 1), "040.RHO": np.minimum(distance / NM, 255.99),
        "040.THETA": np.floor(azimuth / DEG / 360 * 65536) % 65536 * 360 / 65536,
        "070.V": np.zeros(len(t), int), "070.MODE3A": np.where(real, 0o1000 + who.astype(int), 0),
        "090.V": np.zeros(len(t), int), "090.FL": level, "220.ADR": np.where(real, 0x4B0000 + who.astype(int), 0),
        "240.ID": callsign,
    }  # fmt: skip
    told = real & mode_s
    present = {
        "070": real, "070.V": real, "070.MODE3A": real, "090": real, "090.V": real, "090.FL": real,
        "220": told, "220.ADR": told, "240": told, "240.ID": told,
    }  # fmt: skip
    return table(spec(48), values, present)


def _bytes(rows, marks, mode_s):
    """Blocks of a second each, north marks between."""
    blocks = []
    second = np.floor(rows[:, 0]).astype(int)
    for piece in np.split(rows, np.flatnonzero(np.diff(second)) + 1):
        blocks.append((piece[0, 0], encode(cat048(piece, mode_s))))
    for t, sic, period in marks:
        one = {
            "010.SAC": np.array([25]), "010.SIC": np.array([sic]), "000.TYP": np.array([1]),
            "030.TOD": np.array([np.floor(t * 128) / 128 % 86400.0]), "041.PERIOD": np.array([period]),
        }  # fmt: skip
        blocks.append((t, encode(table(spec(34), one))))
    return [data for _, data in sorted(blocks)]


def write_truth(flown, path, step=5):
    """A CSV of positions as truth."""
    lines = ["t_s,icao24,latitude,longitude,height_m"]
    for b in range(len(flown.lat)):
        for k in range(0, len(flown.t), step):
            lines.append(
                f"{flown.t[k]},{0x4B0000 + b:06x},{flown.lat[b, k]:.7f},{flown.lon[b, k]:.7f},{flown.height[b, k]}"
            )
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")
