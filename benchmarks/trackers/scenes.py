"""Targets, two radars and their plots in one local Cartesian frame, so that every tracker is told the same.

Axes east, north, up (m) at `ORIGIN`. Each radar measures in its own local frame, which its place on the sphere gives
it; `Scene.local` is the same plot seen from the radar's place in axes parallel to those of the common frame.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from openiads.engine.geo import set_frame, to_ecef, to_geodetic
from openiads.tracking import Plots, Radar, Tracks

ORIGIN = math.radians(38.0), math.radians(35.0)
SIDE = 120e3  # m, of the square in which 100 targets begin; it grows so that their density stays
CEILING = 2e3, 11e3  # m
SIGMA_RANGE, SIGMA_ANGLE = 50.0, math.radians(0.1)  # of 100 targets; angles shrink as the square grows
DETECTION, CLUTTER = 0.9, 0.2  # chance of a plot; false plots a scan and target
PERIOD, STEP = 4.0, 2.0  # s, of a scan of one radar; between the scans of one and of the other
WANDER = 1.0  # m/s2 over a second: white acceleration of straight flight
G = 9.80665


@dataclass(frozen=True)
class Scene:
    """One scan each `STEP` s, of the radars in turn. Every plot of a scan has its time, the kindest case for a peer."""

    times: np.ndarray  # [K] s, of the scans
    truth: np.ndarray  # [K, B, 6] m, m/s
    radars: list[Radar]
    sites: np.ndarray  # [2, 3] m, the radars
    plots: Plots  # as the radars report them
    first: np.ndarray  # [K + 1] rows of each scan
    local: np.ndarray  # [Q, 3] range (m), azimuth from north, elevation (rad) in the common axes
    points: np.ndarray  # [Q, 3] m, where they lie

    def until(self, scans: int) -> Scene:
        """The first scans of it."""
        rows = slice(int(self.first[scans]))
        names = ("t", "radar", "range", "azimuth", "elevation")
        plots = Plots(*(getattr(self.plots, name)[rows] for name in names))
        return replace(
            self, times=self.times[:scans], truth=self.truth[:scans], plots=plots,
            first=self.first[: scans + 1], local=self.local[rows], points=self.points[rows],
        )  # fmt: skip


def straight(targets: int, scans: int, seed: int) -> Scene:
    """Aircraft in nearly straight flight."""
    rng = np.random.default_rng(seed)
    state = _begin(rng, targets)
    truth = np.empty((scans, targets, 6))
    for k in range(scans):
        truth[k] = state
        kick = WANDER / math.sqrt(STEP) * rng.normal(size=(targets, 3))
        state = _carried(state, kick, STEP)
    return _seen(rng, truth, targets)


def manoeuvring(targets: int, scans: int, seed: int, parts: int = 20) -> Scene:
    """Straight flight of 20 to 60 s and level turns of 1 to 3 g through 45 to 180 degrees, in turn."""
    rng = np.random.default_rng(seed)
    state = _begin(rng, targets)
    truth = np.empty((scans, targets, 6))
    turning, left = np.zeros(targets, bool), rng.uniform(0.0, 40.0, targets)
    rate, dt = np.zeros(targets), STEP / parts
    for k in range(scans):
        truth[k] = state
        for _ in range(parts):
            turn = rate * dt
            vx, vy = state[:, 3].copy(), state[:, 4].copy()
            state[:, 3], state[:, 4] = (
                vx * np.cos(turn) - vy * np.sin(turn), vx * np.sin(turn) + vy * np.cos(turn)
            )  # fmt: skip
            state[:, :3] += dt * 0.5 * (state[:, 3:] + np.column_stack([vx, vy, state[:, 5]]))
            left -= dt
            for b in np.flatnonzero(left <= 0.0):
                turning[b] = not turning[b]
                speed = math.hypot(state[b, 3], state[b, 4])
                rate[b] = rng.choice([-1.0, 1.0]) * rng.uniform(1.0, 3.0) * G / speed if turning[b] else 0.0
                angle = rng.uniform(math.pi / 4, math.pi)
                left[b] = angle / abs(rate[b]) if turning[b] else rng.uniform(20.0, 60.0)
    return _seen(rng, truth, targets)


def _begin(rng: np.random.Generator, targets: int) -> np.ndarray:
    half = _size(targets) * SIDE / 2
    state = np.empty((targets, 6))
    state[:, :2] = rng.uniform(-half, half, (targets, 2))
    state[:, 2] = rng.uniform(*CEILING, targets)
    course, speed = rng.uniform(0.0, 2 * math.pi, targets), rng.uniform(150.0, 300.0, targets)
    state[:, 3], state[:, 4], state[:, 5] = speed * np.sin(course), speed * np.cos(course), 0.0
    return state


def _size(targets: int) -> float:
    """Length of a scene over that of 100 targets."""
    return math.sqrt(targets / 100)


def _carried(state: np.ndarray, kick: np.ndarray, dt: float) -> np.ndarray:
    v = state[:, 3:] + dt * kick
    return np.hstack([state[:, :3] + dt * state[:, 3:] + 0.5 * dt * dt * kick, v])


def _seen(rng: np.random.Generator, truth: np.ndarray, targets: int) -> Scene:
    """Plots of two radars a quarter of a side left and right of the middle."""
    size, times = _size(targets), STEP * np.arange(1, len(truth) + 1)
    sigma = np.array([SIGMA_RANGE, SIGMA_ANGLE / size, SIGMA_ANGLE / size])
    sites = np.array([[-size * SIDE / 4, 0.0, 100.0], [size * SIDE / 4, 0.0, 100.0]])
    frames, radars = zip(*(_placed(site, f"radar-{i}", sigma) for i, site in enumerate(sites)), strict=True)
    half, rows, first = size * SIDE / 2, [], [0]
    for k, t in enumerate(times):
        r = k % 2
        found = truth[k, rng.random(targets) < DETECTION, :3]
        false = rng.poisson(CLUTTER * targets)
        ground = rng.uniform(-half, half, (false, 2))
        false_points = np.column_stack([ground, rng.uniform(0.0, CEILING[1], false)])
        measured = polar((found - sites[r]) @ frames[r].T)
        measured += rng.normal(size=measured.shape) * sigma
        measured = np.vstack([measured, polar((false_points - sites[r]) @ frames[r].T)])
        measured = measured[rng.permutation(len(measured))]
        rows.append(np.column_stack([np.full(len(measured), t), np.full(len(measured), r), measured]))
        first.append(first[-1] + len(measured))
    table = np.vstack(rows)
    radar = table[:, 1].astype(np.int64)
    plots = Plots(table[:, 0], radar, table[:, 2], table[:, 3], table[:, 4])
    turned = np.array([frame.T for frame in frames])[radar]
    seen = np.einsum("qij,qj->qi", turned, cartesian(table[:, 2:]))
    return Scene(times, truth, list(radars), sites, plots, np.array(first), polar(seen), seen + sites[radar])


def _placed(site: np.ndarray, name: str, sigma: np.ndarray) -> tuple[np.ndarray, Radar]:
    """A radar at a point of the common frame, and its own axes in it [3, 3], a row each."""
    common, middle = frame(*ORIGIN), np.array(to_ecef(*ORIGIN, 0.0))
    latitude, longitude, height = to_geodetic(*(middle + site @ common))
    radar = Radar(name, latitude, longitude, height, sigma[0], sigma[1], sigma[2], period=PERIOD)
    return frame(latitude, longitude) @ common.T, radar


def frame(latitude: float, longitude: float) -> np.ndarray:
    """East, north and up of a place as rows, in earth-centred coordinates."""
    axes = np.empty((1, 3, 3))
    set_frame(axes, 0, latitude, longitude)
    return axes[0]


def polar(points: np.ndarray) -> np.ndarray:
    """Range, azimuth from north, elevation of points [n, 3] east, north, up."""
    x, y, z = points.T
    distance = np.sqrt(x * x + y * y + z * z)
    return np.column_stack([distance, np.arctan2(x, y), np.arcsin(z / distance)])


def cartesian(seen: np.ndarray) -> np.ndarray:
    """The inverse of `polar`."""
    distance, azimuth, elevation = seen.T
    flat = distance * np.cos(elevation)
    return np.column_stack([flat * np.sin(azimuth), flat * np.cos(azimuth), distance * np.sin(elevation)])


def common(tracks: Tracks, times: np.ndarray) -> list[np.ndarray]:
    """Positions [n, 3] m in the common frame of the firm tracks at each time."""
    middle = np.array(to_ecef(*ORIGIN, 0.0))
    points = (tracks.x[:, :3] - middle) @ frame(*ORIGIN).T
    return [points[np.abs(tracks.t - t) < 1e-6] for t in times]
