"""One metric for every tracker: GOSPA of positions, cut off at 2 km, order 1, alpha 2; and the scores of a picture."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from benchmarks.trackers.scenes import Scene
from openiads.tracking import Truth, align, clear_mot, gospa, ospa, quality
from openiads.tracking.scene import TrackTable
from tests.oracles import metrics as oracle

CUTOFF, ORDER = 2e3, 1.0
SETTLED = 10  # scans before the first that counts: a track needs three plots


def score(scene: Scene, pictures: list[np.ndarray]) -> float:
    """Mean GOSPA (m) over the scans after the first `SETTLED`; pictures: positions [n, 3] after every scan."""
    return float(np.mean(each(scene, pictures)))


def each(scene: Scene, pictures: list[np.ndarray]) -> list[float]:
    """GOSPA (m) of every scan that counts."""
    pairs = list(zip(scene.truth, pictures, strict=True))[SETTLED:]
    return [oracle.gospa(truth[:, :3], picture, CUTOFF, ORDER) for truth, picture in pairs]


class Table(NamedTuple):
    """Tracks of any tracker as columns, earth-centred."""

    t: np.ndarray  # s
    number: np.ndarray
    x: np.ndarray  # float64[N, 6] m, m/s


class Scores(NamedTuple):
    """Means over the times that count; order and cutoff as above."""

    completeness: float  # bodies with a track, of all
    ospa: float  # m
    gospa: float  # m
    horizontal: float  # m, RMS
    whole: float  # m, RMS in three dimensions
    spurious: float  # tracks without a body
    changes: int  # of number


def scores(truth: Truth, tracks: TrackTable, times: np.ndarray) -> Scores:
    """How good tracks are at those times (s), at which they have rows."""
    scene = align(truth, tracks, times)
    mot = clear_mot(scene, CUTOFF)
    rows = {row.name: row.value for row in quality(truth, tracks, times=times, cutoff=CUTOFF)}
    return Scores(
        len(mot.pairs.truth) / len(scene.truth_id),
        float(ospa(scene, CUTOFF, ORDER).mean()),
        float(gospa(scene, CUTOFF, ORDER).distance.mean()),
        rows["horizontal RMS error"],
        float(np.sqrt(np.mean(mot.pairs.distance**2))),
        mot.false / len(scene.t),
        mot.switches,
    )
