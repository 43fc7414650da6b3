"""Stone Soup's documented multi-target tracker with global nearest neighbour, plain and gated by a tree.

Extended Kalman filter, constant velocity, `MultiMeasurementInitiator`, `UpdateTimeStepsDeleter`: the components of its
tutorial on multi-target tracking with GNN and two-dimensional assignment, in three dimensions.
"""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from stonesoup.dataassociator.neighbour import GNNWith2DAssignment
from stonesoup.dataassociator.tree import TPRTreeGNN2D
from stonesoup.deleter.time import UpdateTimeStepsDeleter
from stonesoup.hypothesiser.distance import DistanceHypothesiser
from stonesoup.initiator.simple import MultiMeasurementInitiator
from stonesoup.measures import Mahalanobis
from stonesoup.models.measurement.nonlinear import CartesianToElevationBearingRange
from stonesoup.models.transition.linear import CombinedLinearGaussianTransitionModel, ConstantVelocity
from stonesoup.predictor.kalman import KalmanPredictor
from stonesoup.tracker.simple import MultiTargetTracker
from stonesoup.types.array import StateVector
from stonesoup.types.detection import Detection
from stonesoup.types.state import GaussianState
from stonesoup.updater.kalman import ExtendedKalmanUpdater

from benchmarks.trackers.axes import Axes
from benchmarks.trackers.scenes import STEP, Scene
from benchmarks.trackers.score import Table

BEGIN = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
MAPPING, RATES = (0, 2, 4), (1, 3, 5)
HORIZON = 10 * STEP  # s, of the tree: longer than a track may go without a plot


@dataclass(frozen=True)
class Setting:
    """What was tuned on scenes of other seeds; `python -m benchmarks.trackers.tune`."""

    noise: float = 1.0  # m2/s3, diffusion of the constant-velocity model
    gate: float = 5.0  # Mahalanobis distance of a missed detection
    hold: int = 4  # scans without a plot that end a track of the initiator
    coast: int = 7  # scans without a plot that end a track
    speed: float = 150.0  # m/s, one-sigma speed of a new track on each axis
    points: int = 3  # plots that confirm a track
    tree: bool = False


TURNING = Setting(noise=400.0, hold=3)  # the best for targets that turn
CROSSING = Setting(points=4, coast=5)
RAID = Setting(noise=0.3, points=4, gate=4.0, hold=3)


class WideTree(TPRTreeGNN2D):
    """The tree with boxes of the gate's size: the stock ones, 3 sigma of the track alone, lose plots.

    A plot without error of its own is what the tree is asked for, so its error is added to the track's.
    """

    widths: np.ndarray  # [3, 1] m2, largest variance of a plot on each axis
    sigmas: float

    def _track_tree_coordinates(self, track: Any) -> Any:
        variance = np.diag(track.covar).reshape(-1, 1)
        place, rate = track.mean[self.pos_mapping, :], track.mean[self.vel_mapping, :]
        wide = self.sigmas * np.sqrt(variance[self.pos_mapping, :] + self.widths)
        fast = self.sigmas * np.sqrt(variance[self.vel_mapping, :])
        sides = (*(place - wide).ravel(), *(place + wide).ravel()), (*(rate - fast).ravel(), *(rate + fast).ravel())
        return (*sides, track.timestamp.timestamp())


def stamp(t: float) -> datetime.datetime:
    return BEGIN + datetime.timedelta(seconds=float(t))


def models(scene: Scene) -> list[Any]:
    """A measurement model for each radar in the common axes."""
    return [
        CartesianToElevationBearingRange(
            ndim_state=6, mapping=MAPPING, translation_offset=StateVector(site),
            noise_covar=np.diag([radar.sigma_elevation**2, radar.sigma_azimuth**2, radar.sigma_range**2]),
        )
        for radar, site in zip(scene.radars, scene.sites, strict=True)
    ]  # fmt: skip


def vector(seen: np.ndarray) -> Any:
    """Range, azimuth and elevation [3] as this library has them: its bearings begin at x and turn left."""
    distance, azimuth, elevation = seen
    return StateVector(np.array([elevation, math.remainder(math.pi / 2 - azimuth, 2 * math.pi), distance]))


def detections(scene: Scene, at: list[Any]) -> list[tuple[datetime.datetime, set[Any]]]:
    """The plots of each scan, made before the clock starts."""
    scans = []
    for k, t in enumerate(scene.times):
        now, found = stamp(t), set()
        for q in range(scene.first[k], scene.first[k + 1]):
            seen = vector(scene.local[q])
            found.add(Detection(seen, timestamp=now, measurement_model=at[scene.plots.radar[q]]))
        scans.append((now, found))
    return scans


def tracker(scene: Scene, at: list[Any], setting: Setting) -> Any:
    """The pipeline, without a reader: scans are handed to it."""
    motion = CombinedLinearGaussianTransitionModel([ConstantVelocity(setting.noise)] * 3)
    predictor, updater = KalmanPredictor(motion), ExtendedKalmanUpdater(None)
    hypothesiser = DistanceHypothesiser(predictor, updater, Mahalanobis(), missed_distance=setting.gate)
    far = max(float(scene.local[:, 0].max()), 1.0)
    width = max(scene.radars[0].sigma_range, far * scene.radars[0].sigma_azimuth)

    def associator() -> Any:
        if not setting.tree:
            return GNNWith2DAssignment(hypothesiser)
        tree = WideTree(
            hypothesiser, at[0], datetime.timedelta(seconds=HORIZON), pos_mapping=list(MAPPING), vel_mapping=list(RATES)
        )
        tree.widths, tree.sigmas = np.full((3, 1), width**2), setting.gate
        return tree

    prior = GaussianState(StateVector(np.zeros(6)), np.diag([0.0, setting.speed**2] * 3))
    initiator = MultiMeasurementInitiator(
        prior, UpdateTimeStepsDeleter(setting.hold), associator(), updater, min_points=setting.points
    )
    return MultiTargetTracker(initiator, UpdateTimeStepsDeleter(setting.coast), None, associator(), updater)


class Run:
    """One run: everything that is read is made beforehand, `__call__` is what is timed."""

    def __init__(self, scene: Scene, setting: Setting) -> None:
        at = models(scene)
        self.scans, self.tracker = detections(scene, at), tracker(scene, at, setting)
        self.rows: list[tuple[Any, str, Any]] = []  # time, name of the track, state vector

    def __call__(self) -> None:
        for now, found in self.scans:
            _, tracks = self.tracker.update_tracker(now, found)
            self.rows += [(now, track.id, track.state.state_vector) for track in tracks]

    @property
    def pictures(self) -> list[np.ndarray]:
        """Positions after every scan."""
        places: dict[Any, list[Any]] = {now: [] for now, _ in self.scans}
        for now, _, state in self.rows:
            places[now].append(state[MAPPING, 0])
        return [np.array(found, dtype=float).reshape(-1, 3) for found in places.values()]

    def table(self, axes: Axes) -> Table:
        """Its tracks after every scan."""
        return table(self.rows, axes)


def table(rows: list[tuple[Any, str, Any]], axes: Axes) -> Table:
    """Tracks as columns, from a time, a name and a state vector in those axes each."""
    numbers: dict[str, int] = {}
    number = np.array([numbers.setdefault(name, len(numbers) + 1) for _, name, _ in rows], np.int64)
    states = np.array([state[:, 0] for _, _, state in rows], float).reshape(-1, 6)[:, [*MAPPING, *RATES]]
    return Table(np.array([(now - BEGIN).total_seconds() for now, _, _ in rows]), number, axes.earth(states))
