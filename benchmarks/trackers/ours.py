"""Our tracker on a scene."""

from __future__ import annotations

import numpy as np

from benchmarks.trackers.scenes import STEP, Scene, common
from openiads.tracking import Config, Model, Tracker, Tracks

# Tuned as the peers are (benchmarks/trackers/tune.py); speed 250 would be 0.07 % nearer to the truth and 10 % slower.
TUNED = Config(models=(Model("straight", 1.0),), speed=150.0, gate=25.0, confirm_scans=2.5, tick=STEP)


def tracked(scene: Scene, config: Config = TUNED) -> Tracks:
    """From plots to tracks; this is what is timed."""
    return Tracker(scene.radars, config).process(scene.plots)


def pictures(scene: Scene, tracks: Tracks) -> list[np.ndarray]:
    """Positions after every scan."""
    return common(tracks, scene.times)
