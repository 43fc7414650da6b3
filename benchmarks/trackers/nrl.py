"""nrl-tracker's `MultiTargetTracker`: linear filter on converted plots, each with its own covariance, and GNN."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pytcl.trackers import MultiTargetTracker

from benchmarks.trackers.scenes import ORIGIN, STEP, Scene
from openiads.tracking.plots import placed


@dataclass(frozen=True)
class Setting:
    """What was tuned on scenes of other seeds; `python -m benchmarks.trackers.tune`."""

    noise: float = 1.0  # m2/s3
    gate: float = 0.9999  # probability
    speed: float = 250.0  # m/s, one-sigma speed of a new track on each axis
    place: float = 100.0  # m, the same of its place: a new track can not be given the plot's own covariance
    hits: int = 3  # plots that confirm a track ...
    window: int = 7  # ... among so many scans
    misses: int = 7  # scans without a plot that end a track
    each: bool = True  # every plot comes with its own covariance


ONE_ERROR = Setting(noise=3.0, gate=0.9999, speed=150.0, place=150.0, hits=4, each=False)  # as in its introduction


def covariances(scene: Scene) -> np.ndarray:
    """Of the plots in the common axes, float64[Q, 3, 3] m2: those that our tracker uses, turned."""
    _, packed = placed(scene.plots, scene.radars)
    whole = packed[:, [0, 1, 2, 1, 3, 4, 2, 4, 5]].reshape(-1, 3, 3)
    axes = ORIGIN.rows
    return np.einsum("ij,qjk,lk->qil", axes, whole, axes)


class Run:
    """One run: plots are converted beforehand, `__call__` is what is timed."""

    def __init__(self, scene: Scene, setting: Setting) -> None:
        self.each = setting.each
        one = np.array([[1.0, STEP], [0.0, 1.0]])
        noise = setting.noise * np.array([[STEP**3 / 3, STEP**2 / 2], [STEP**2 / 2, STEP]])
        begin = np.diag([setting.place**2, setting.speed**2])
        three = np.eye(3)
        self.tracker = MultiTargetTracker(
            6, 3, np.kron(three, one), np.kron(three, [[1.0, 0.0]]), np.kron(three, noise), np.eye(3) * setting.place**2,
            setting.gate, setting.hits, setting.window, setting.misses, np.kron(three, begin),
        )  # fmt: skip
        spread, edges = covariances(scene), scene.first
        rows = [slice(edges[k], edges[k + 1]) for k in range(len(scene.times))]
        self.scans = [(list(scene.points[r]), list(spread[r])) for r in rows]
        self.pictures: list[np.ndarray] = []

    def __call__(self) -> None:
        for points, spread in self.scans:
            self.tracker.process(points, STEP, spread if self.each else None)
            places = [track.state[::2] for track in self.tracker.confirmed_tracks]
            self.pictures.append(np.array(places, dtype=float).reshape(-1, 3))
