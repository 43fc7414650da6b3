"""Targets, two radars and their plots in one local Cartesian frame, so that every tracker is told the same.

Axes east, north, up (m) at `ORIGIN`. Each radar measures in its own local frame, which its place on the sphere gives
it; `Scene.local` is the same plot seen from the radar's place in axes parallel to those of the common frame.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.trackers.axes import Axes, cartesian, frame, polar
from openiads.engine.geo import to_geodetic
from openiads.tracking import Plots, Radar, Tracks, Truth

ORIGIN = Axes(math.radians(38.0), math.radians(35.0))
SIDE = 120e3  # m, of the square in which 100 targets begin; it grows so that their density stays
CEILING = 2e3, 11e3  # m
SIGMA_RANGE, SIGMA_ANGLE = 50.0, math.radians(0.1)  # of 100 targets; angles shrink as the square grows
DETECTION, CLUTTER = 0.9, 0.2  # chance of a plot; false plots a scan and target
PERIOD, STEP = 4.0, 2.0  # s, of a scan of one radar; between the scans of one and of the other
WANDER = 1.0  # m/s2 over a second: white acceleration of straight flight
G = 9.80665


@dataclass(frozen=True)
class Clutter:
    """How well the radars see."""

    detection: float  # chance of a plot
    mean: float  # false plots a scan
    half: float  # m, of the side of the square on which they lie, from the ground to the ceiling


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
    clutter: Clutter

    def bodies(self) -> Truth:
        """The truth as a table, earth-centred."""
        scans, count, _ = self.truth.shape
        x = ORIGIN.earth(self.truth.reshape(-1, 6))
        return Truth(np.repeat(self.times, count), np.tile(np.arange(count), scans), x[:, :3], x[:, 3:])

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
    return _seen(rng, truth, _size(targets), _usual(targets))


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
    return _seen(rng, truth, _size(targets), _usual(targets))


def crossing(groups: int, scans: int, seed: int) -> Scene:
    """Pairs, and pairs of formations of four, that meet at one height and 2 to 15 degrees when half the time is over.

    Aircraft of a formation keep 200 to 1,500 m; every other group is of single aircraft.
    """
    rng = np.random.default_rng(seed)
    members = []  # of each formation, aircraft [n, 6] when they meet
    for g in range(groups):
        place = np.append(rng.uniform(-SIDE / 3, SIDE / 3, 2), rng.uniform(*CEILING))
        course, angle = rng.uniform(0.0, 2 * math.pi), math.radians(rng.uniform(2.0, 15.0))
        for way in (course, course + angle):
            ahead = np.array([math.sin(way), math.cos(way), 0.0])
            beside = np.array([ahead[1], -ahead[0], 0.0])
            count = 4 if g % 2 else 1
            steps = (
                rng.uniform(200.0, 1500.0) * np.arange(count)[:, None] * (rng.choice([-1, 0, 1]) * ahead + beside) / 1.5
            )
            velocity = rng.uniform(180.0, 280.0) * ahead
            members.append(np.hstack([place + steps, np.tile(velocity, (count, 1))]))
    whose = np.repeat(np.arange(len(members)), [len(m) for m in members])
    state = np.vstack(members)
    state[:, :3] -= state[:, 3:] * STEP * scans / 2
    truth = np.empty((scans, len(state), 6))
    for k in range(scans):
        truth[k] = state
        kick = WANDER / math.sqrt(STEP) * rng.normal(size=(len(members), 3))
        state = _carried(state, kick[whose], STEP)
    return _seen(rng, truth, 1.0, _usual(len(state)))


def raid(targets: int, scans: int, seed: int) -> Scene:
    """Targets from 30 km around that fly straight to one place, all still on their way at the end; many false plots."""
    rng = np.random.default_rng(seed)
    bearing, speed = rng.uniform(0.0, 2 * math.pi, targets), rng.uniform(200.0, 300.0, targets)
    far = rng.uniform(speed * STEP * scans, 30e3)
    start = np.column_stack([far * np.sin(bearing), far * np.cos(bearing), rng.uniform(1e3, 6e3, targets)])
    way = np.array([0.0, 0.0, 100.0]) - start
    velocity = way / np.linalg.norm(way, axis=1, keepdims=True) * speed[:, None]
    t = STEP * np.arange(scans)[:, None, None]
    truth = np.concatenate([start + t * velocity, np.broadcast_to(velocity, (scans, targets, 3))], axis=2)
    return _seen(rng, truth, 1.0, Clutter(0.8, 1.5 * targets, 30e3))


def _usual(targets: int) -> Clutter:
    return Clutter(DETECTION, CLUTTER * targets, _size(targets) * SIDE / 2)


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


def _seen(rng: np.random.Generator, truth: np.ndarray, size: float, clutter: Clutter) -> Scene:
    """Plots of two radars a quarter of a side left and right of the middle."""
    targets, times = truth.shape[1], STEP * np.arange(1, len(truth) + 1)
    sigma = np.array([SIGMA_RANGE, SIGMA_ANGLE / size, SIGMA_ANGLE / size])
    sites = np.array([[-size * SIDE / 4, 0.0, 100.0], [size * SIDE / 4, 0.0, 100.0]])
    frames, radars = zip(*(_placed(site, f"radar-{i}", sigma) for i, site in enumerate(sites)), strict=True)
    rows, starts = [], [0]
    for k, t in enumerate(times):
        r = k % 2
        found = truth[k, rng.random(targets) < clutter.detection, :3]
        false = rng.poisson(clutter.mean)
        ground = rng.uniform(-clutter.half, clutter.half, (false, 2))
        false_points = np.column_stack([ground, rng.uniform(0.0, CEILING[1], false)])
        measured = polar((found - sites[r]) @ frames[r].T)
        measured += rng.normal(size=measured.shape) * sigma
        measured = np.vstack([measured, polar((false_points - sites[r]) @ frames[r].T)])
        measured = measured[rng.permutation(len(measured))]
        rows.append(np.column_stack([np.full(len(measured), t), np.full(len(measured), r), measured]))
        starts.append(starts[-1] + len(measured))
    table = np.vstack(rows)
    radar = table[:, 1].astype(np.int64)
    plots = Plots(table[:, 0], radar, table[:, 2], table[:, 3], table[:, 4])
    turned = np.array([frame.T for frame in frames])[radar]
    seen = np.einsum("qij,qj->qi", turned, cartesian(table[:, 2:]))
    first = np.array(starts)
    return Scene(times, truth, list(radars), sites, plots, first, polar(seen), seen + sites[radar], clutter)


def _placed(site: np.ndarray, name: str, sigma: np.ndarray) -> tuple[np.ndarray, Radar]:
    """A radar at a point of the common frame, and its own axes in it [3, 3], a row each."""
    latitude, longitude, height = to_geodetic(*(ORIGIN.middle + site @ ORIGIN.rows))
    radar = Radar(name, latitude, longitude, height, sigma[0], sigma[1], sigma[2], period=PERIOD)
    return frame(latitude, longitude) @ ORIGIN.rows.T, radar


def common(tracks: Tracks, times: np.ndarray) -> list[np.ndarray]:
    """Positions [n, 3] m in the common frame of the firm tracks at each time."""
    points = ORIGIN.points(tracks.x[:, :3])
    return [points[np.abs(tracks.t - t) < 1e-6] for t in times]
