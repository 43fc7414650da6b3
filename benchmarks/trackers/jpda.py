"""Stone Soup's joint probabilistic data association on plots of radars that turn, each plot at its own time.

`MultiTargetMixtureTracker`, `PDAHypothesiser` and `MultiMeasurementInitiator` as documented, with `JPDAwithEHM2`: the
exact probabilities of JPDA, which the plain `JPDA` would enumerate over all tracks at once. The tracker is handed what
each radar saw in a tick, one radar after the other, as ours takes it; it is told the chance of detection and the
density of false plots. Two things are added so that times and far plots cost it nothing: what a plot makes of a track
is carried on to the end of the tick before the mixture is taken, and plots beyond `FAR` are not put to a track.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np
from stonesoup.base import Property
from stonesoup.dataassociator.neighbour import GNNWith2DAssignment
from stonesoup.dataassociator.probability import JPDAwithEHM2
from stonesoup.deleter.time import UpdateTimeDeleter
from stonesoup.hypothesiser.distance import DistanceHypothesiser
from stonesoup.hypothesiser.probability import PDAHypothesiser
from stonesoup.initiator.simple import MultiMeasurementInitiator
from stonesoup.measures import Mahalanobis
from stonesoup.models.transition.linear import CombinedLinearGaussianTransitionModel, ConstantVelocity
from stonesoup.predictor.kalman import KalmanPredictor
from stonesoup.tracker.simple import MultiTargetMixtureTracker
from stonesoup.types.array import StateVector
from stonesoup.types.detection import Detection
from stonesoup.types.state import GaussianState
from stonesoup.updater.kalman import ExtendedKalmanUpdater

from benchmarks.trackers.axes import Axes, cartesian
from benchmarks.trackers.scenes import CEILING, Scene
from benchmarks.trackers.score import Table
from benchmarks.trackers.stone import MAPPING, models, stamp, table, vector
from openiads.tracking import Plots, Radar

FAR = 20e3  # m, beyond any gate of these tracks
Scan = tuple[datetime.datetime, set[Any]]


@dataclass(frozen=True)
class Setting:
    """What was tuned on plots of other seeds; `python -m benchmarks.trackers.tune_pictures`."""

    noise: float = 20.0  # m2/s3, diffusion of the constant-velocity model
    gate: float = 0.9999  # probability
    hold: float = 10.0  # s without a plot that end a track of the initiator
    coast: float = 17.5  # s without a plot that end a track
    speed: float = 150.0  # m/s, one-sigma speed of a new track on each axis
    start: float = 4.0  # Mahalanobis distance of a missed detection in the initiator
    points: int = 3  # plots that confirm a track
    detection: float = 0.9
    density: float = 1e-6  # false plots a scan, m, rad and rad


PARIS = Setting(noise=8.0, coast=7.5)
TURNING = Setting(noise=15.0, coast=10.0)
CROSSING = Setting(noise=1.0, gate=0.999, hold=8.0, coast=10.0, points=4)
RAID = Setting(noise=0.3, hold=6.0, coast=14.0, points=4)


def of_scene(setting: Setting, scene: Scene) -> Setting:
    """The same, told how the radars of a scene see; false plots are uniform in space, so their density is a mean."""
    clutter, (distance, _, elevation) = scene.clutter, scene.local.T
    volume = (2.0 * clutter.half) ** 2 * CEILING[1] / np.mean(distance**2 * np.cos(elevation))
    return replace(setting, detection=clutter.detection, density=clutter.mean / volume)


class _Near:
    """A hypothesiser without the plots that are nowhere near the track."""

    def hypothesise(self, track: Any, detections: Any, timestamp: Any, **kwargs: Any) -> Any:
        place = track.state.state_vector[MAPPING, 0].astype(float)
        near = [d for d in detections if np.abs(d.metadata["place"] - place).max() < FAR]
        return super().hypothesise(track, near, timestamp, **kwargs)  # type: ignore[misc]


class NearProbability(_Near, PDAHypothesiser):
    """For tracks."""


class NearDistance(_Near, DistanceHypothesiser):
    """For those of the initiator."""


class Remembered(CombinedLinearGaussianTransitionModel):
    """The motion model, whose matrices of an interval are made once: otherwise half of the time goes there."""

    @lru_cache(maxsize=1024)  # noqa: B019 one model lives as long as its run
    def matrix(self, **kwargs: Any) -> Any:
        return super().matrix(**kwargs)

    @lru_cache(maxsize=1024)  # noqa: B019
    def covar(self, **kwargs: Any) -> Any:
        return super().covar(**kwargs)


class OnTime(ExtendedKalmanUpdater):
    """An updater whose result is carried on to the end of the tick."""

    motion: Any = Property()
    now: Any = Property(default=None)

    def update(self, hypothesis: Any, **kwargs: Any) -> Any:
        return self.motion.predict(super().update(hypothesis, **kwargs), timestamp=self.now)


def scans(plots: Plots, radars: Sequence[Radar], axes: Axes, tick: float) -> list[Scan]:
    """What each radar saw in each tick, ended by the time of the first plot, as our tracker counts them."""
    sites, seen, begin = axes.sites(radars), axes.seen(plots, radars), float(plots.t.min())
    at = models(SimpleNamespace(radars=radars, sites=sites))
    number = np.ceil((plots.t - begin) / tick - 1e-9).astype(int)
    order = np.lexsort((plots.t, plots.radar, number))
    edges = np.flatnonzero(np.diff(number[order] * len(radars) + plots.radar[order])) + 1
    out = []
    for rows in np.split(order, edges):
        k, r = number[rows[0]], plots.radar[rows[0]]
        out.append((stamp(begin + k * tick), {_detection(at[r], plots.t[q], seen[q], sites[r]) for q in rows}))
    return out


def _detection(model: Any, t: float, seen: np.ndarray, site: np.ndarray) -> Any:
    """A plot, and the place by which the far ones are told."""
    place = site + cartesian(seen[None])[0]
    return Detection(vector(seen), timestamp=stamp(t), measurement_model=model, metadata={"place": place})


class Run:
    """One run: plots are made into detections beforehand, `__call__` is what is timed."""

    def __init__(self, read: list[Scan], setting: Setting) -> None:
        self.scans = read
        motion = Remembered([ConstantVelocity(setting.noise)] * 3)
        predictor, starter = KalmanPredictor(motion), ExtendedKalmanUpdater(None)
        self.updater = OnTime(measurement_model=None, motion=predictor)
        prior = GaussianState(StateVector(np.zeros(6)), np.diag([0.0, setting.speed**2] * 3))
        hold, coast = (UpdateTimeDeleter(datetime.timedelta(seconds=s)) for s in (setting.hold, setting.coast))
        nearest = GNNWith2DAssignment(NearDistance(predictor, starter, Mahalanobis(), missed_distance=setting.start))
        joint = JPDAwithEHM2(NearProbability(predictor, self.updater, setting.density, setting.detection, setting.gate))
        initiator = MultiMeasurementInitiator(prior, hold, nearest, starter, min_points=setting.points)
        self.tracker = MultiTargetMixtureTracker(initiator, coast, self, joint, self.updater)
        self.rows: dict[tuple[Any, str], Any] = {}  # state vector by time and name of the track

    def __iter__(self) -> Iterator[Scan]:
        for now, found in self.scans:
            self.updater.now = now
            yield now, found

    def __call__(self) -> None:
        for now, tracks in self.tracker:
            for track in tracks:
                self.rows[now, track.id] = track.state.state_vector

    def table(self, axes: Axes) -> Table:
        """Its tracks after every tick: the last radar's word."""
        return table([(now, name, state) for (now, name), state in self.rows.items()], axes)
