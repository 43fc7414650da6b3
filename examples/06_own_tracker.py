"""A tracker of your own in the loop: Stone Soup (`pip install stonesoup`) follows what the radars see, and the raid goes on.

Any class with this constructor and this method will do. From this folder:
openiads compare s400-alone --posture complete --tracker 06_own_tracker:StoneSoup --replications 10
"""

import math
from datetime import datetime, timedelta

import numpy as np
from stonesoup.base import Property
from stonesoup.dataassociator.neighbour import GNNWith2DAssignment
from stonesoup.hypothesiser.distance import DistanceHypothesiser
from stonesoup.measures import Mahalanobis
from stonesoup.models.measurement.linear import LinearGaussian
from stonesoup.models.transition.linear import CombinedLinearGaussianTransitionModel, ConstantVelocity
from stonesoup.predictor.kalman import KalmanPredictor
from stonesoup.types.array import StateVector
from stonesoup.types.detection import Detection
from stonesoup.types.state import GaussianState
from stonesoup.types.track import Track
from stonesoup.updater.kalman import KalmanUpdater

from openiads.scenario.load import load
from openiads.studies.trackers import compare_trackers, print_comparison
from openiads.tracking import Tracks
from openiads.tracking.fusion import packed_covariance

PLACE, SPEED = [0, 2, 4], [1, 3, 5]  # Stone Soup's order of a state; ours is place, then speed
FULL = np.array([[0, 1, 2], [1, 3, 4], [2, 4, 5]])  # where a plot's covariance has xx xy xz yy yz zz


class Earlier(LinearGaussian):
    """Where a body was some seconds ago: a beam passes before the tick is over."""

    ago: float = Property(default=0.0)

    def matrix(self, **kwargs):
        h = super().matrix(**kwargs)
        h[[0, 1, 2], SPEED] = -self.ago
        return h


class StoneSoup:
    """Global nearest neighbour and a Kalman filter of constant velocity, on plots as placed by the radars."""

    def __init__(self, radars, config):
        motion = CombinedLinearGaussianTransitionModel([ConstantVelocity(config.models[0].accel ** 2)] * 3)
        self.predictor, self.updater = KalmanPredictor(motion), KalmanUpdater(None)
        near = DistanceHypothesiser(self.predictor, self.updater, Mahalanobis(), missed_distance=math.sqrt(config.gate))
        self.associator = GNNWith2DAssignment(near)
        self.config, self.scan = config, max(radar.period for radar in radars)
        self.books, self.count = {}, 0  # what is kept of each track: number, times of its plots, firm or not

    def process(self, plots, until):
        now, partner = datetime(2000, 1, 1) + timedelta(seconds=until), np.zeros(len(plots), int)
        for radar in np.unique(plots.radar) if len(plots) else [0]:
            seen = {self.detection(plots, q, until, now): q for q in np.flatnonzero(plots.radar == radar)}
            for track, found in self.associator.associate(set(self.books), set(seen), now).items():
                track.append(self.updater.update(found) if found else found.prediction)
                if found:
                    self.take(track, plots, seen.pop(found.measurement), partner)
            for detection, q in seen.items():
                if plots.starts[q]:
                    self.take(self.start(detection), plots, q, partner)
        self.settle(until)
        shown = [track for track, book in self.books.items() if book["firm"]]
        books, order = [self.books[track] for track in shown], PLACE + SPEED
        x = np.array([track.state_vector[order, 0] for track in shown], float).reshape(-1, 6)
        p = np.array([track.covar[np.ix_(order, order)] for track in shown], float).reshape(-1, 6, 6)
        number, last = [book["number"] for book in books], [max(book["times"]) for book in books]
        return Tracks(np.full(len(shown), until), number, last, x, packed_covariance(p), partner)

    def detection(self, plots, q, until, now):
        model = Earlier(6, PLACE, plots.covariance[q][FULL], ago=until - plots.t[q])
        return Detection(StateVector(plots.point[q]), timestamp=now, measurement_model=model)

    def start(self, detection):
        """A track at rest, give or take the speed of the settings, carried on from its plot to now."""
        x, p, model = np.zeros((6, 1)), np.zeros((6, 6)), detection.measurement_model
        x[PLACE], p[np.ix_(PLACE, PLACE)], p[SPEED, SPEED] = (
            detection.state_vector,
            model.noise_covar,
            self.config.speed**2,
        )
        state = GaussianState(x, p, timestamp=detection.timestamp - timedelta(seconds=model.ago))
        track, self.count = Track([self.predictor.predict(state, timestamp=detection.timestamp)]), self.count + 1
        self.books[track] = {"number": self.count, "times": [], "firm": False}
        return track

    def take(self, track, plots, q, partner):
        self.books[track]["times"].append(plots.t[q])
        partner[q] = self.books[track]["number"]

    def settle(self, until):
        """Three plots in time make a track firm; without one for too long it is dropped."""
        confirm, coast = self.config.confirm_scans * self.scan, self.config.coast_scans * self.scan
        for track, book in list(self.books.items()):
            first, last = book["times"][0], max(book["times"])
            book["firm"] |= len(book["times"]) >= self.config.hits and last - first <= confirm
            if until - last > coast if book["firm"] else until - first > confirm:
                del self.books[track]


if __name__ == "__main__":
    found = compare_trackers(load("s400-alone"), "complete", "raid", StoneSoup, replications=1)
    print("One raid, lived twice; five and more replications give intervals:")
    print_comparison(found)
