"""One metric for every tracker: GOSPA of positions, cut off at 2 km, order 1, alpha 2."""

from __future__ import annotations

import numpy as np

from benchmarks.trackers.scenes import Scene
from tests.oracles.metrics import gospa

CUTOFF, ORDER = 2e3, 1.0
SETTLED = 10  # scans before the first that counts: a track needs three plots


def score(scene: Scene, pictures: list[np.ndarray]) -> float:
    """Mean GOSPA (m) over the scans after the first `SETTLED`; pictures: positions [n, 3] after every scan."""
    return float(np.mean(each(scene, pictures)))


def each(scene: Scene, pictures: list[np.ndarray]) -> list[float]:
    """GOSPA (m) of every scan that counts."""
    pairs = list(zip(scene.truth, pictures, strict=True))[SETTLED:]
    return [gospa(truth[:, :3], picture, CUTOFF, ORDER) for truth, picture in pairs]
