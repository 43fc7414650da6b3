"""Our tracker on a scene."""

from __future__ import annotations

import numpy as np

from benchmarks.trackers.scenes import STEP, Scene, common
from openiads.tracking import Config, Tracker, Tracks

TUNED = Config(accel=1.0, speed=150.0, tick=STEP)


def tracked(scene: Scene, config: Config = TUNED) -> Tracks:
    """From plots to tracks; this is what is timed."""
    return Tracker(scene.radars, config).process(scene.plots)


def pictures(scene: Scene, tracks: Tracks) -> list[np.ndarray]:
    """Positions after every scan."""
    return common(tracks, scene.times)
