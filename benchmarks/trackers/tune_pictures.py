"""Best settings for the hard pictures, on plots of other seeds and other flights than the benchmark's; an hour.

`python -m benchmarks.trackers.tune_pictures`. One setting after the other is tried; what is better is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.pictures import RADARS, TICK, instants
from benchmarks.trackers import flights, jpda, ours, stone
from benchmarks.trackers.scenes import ORIGIN, STEP, Scene, crossing, raid
from benchmarks.trackers.score import scores
from benchmarks.trackers.sensed import sensed
from openiads.tracking import MANOEUVRING, Config, Model, Tracker, Truth

SEEDS = 101, 102
MINUTES, SECONDS = 30.0, 250.0
OURS = {
    "lifecycle": ("count", "score"), "gate": (16.0, 20.0, 25.0, 30.0), "hits": (3, 4), "lost": (1e-4, 1e-3, 0.01),
    "confirm_scans": (1.0, 1.5, 2.0, 3.0, 4.0), "coast_scans": (1.5, 2.0, 2.5, 3.5), "speed": (150.0, 250.0),
}  # fmt: skip
GNN = {"noise": (0.3, 0.5, 1.0, 2.0), "points": (3, 4), "gate": (4.0, 4.5, 5.0), "hold": (3, 4, 5), "coast": (4, 5, 7)}
JOINT = {"noise": (0.3, 0.5, 1.0, 2.0), "gate": (0.999, 0.9999), "points": (3, 4), "coast": (10.0, 14.0)}
FLOWN = {
    "noise": (4.0, 8.0, 15.0, 25.0, 40.0), "coast": (7.5, 10.0, 15.0), "points": (3, 4), "gate": (0.999, 0.9999),
    "hold": (5.0, 10.0), "speed": (150.0, 250.0),
}  # fmt: skip


def stepwise(setting: Any, grid: Mapping[str, Sequence[Any]], cost: Callable[[Any], float]) -> tuple[Any, float]:
    """The setting after every field was tried, and its cost (m)."""
    least = cost(setting)
    for name, values in grid.items():
        for value in values:
            other = replace(setting, **{name: value})
            found = least if other == setting else cost(other)
            if found < least:
                setting, least = other, found
    return setting, least


def of_ours(scenes: Sequence[Scene]) -> Callable[[Any], float]:
    """Mean GOSPA (m) of a configuration of ours."""
    return lambda c: float(np.mean([scores(s.bodies(), ours.tracked(s, c), s.times[10:]).gospa for s in scenes]))


def of_peer(scenes: Sequence[Scene], made: Callable[[Scene, Any], Any]) -> Callable[[Any], float]:
    """The same of a peer's setting; made: a run of it."""

    def cost(setting: Any) -> float:
        found = []
        for s in scenes:
            run = made(s, setting)
            run()
            found.append(scores(s.bodies(), run.table(ORIGIN), s.times[10:]).gospa)
        return float(np.mean(found))

    return cost


def joint(scene: Scene, setting: Any) -> jpda.Run:
    """A run of JPDA on a scene."""
    return jpda.Run(jpda.scans(scene.plots, scene.radars, ORIGIN, STEP), jpda.of_scene(setting, scene))


def flown(truth: Truth, setting: Any) -> tuple[Any, float]:
    """JPDA on flights, by its OSPA."""
    seen = sensed(truth, RADARS, SEEDS[0])
    read = jpda.scans(seen.plots, seen.radars, flights.MIDDLE, TICK)

    def cost(setting: Any) -> float:
        run = jpda.Run(read, setting)
        run()
        return scores(truth, run.table(flights.MIDDLE), instants(seen)).ospa

    return stepwise(replace(setting, density=seen.density), FLOWN, cost)


def ours_flown(truths: Sequence[Truth]) -> tuple[Any, float]:
    """Ours on all flights, by its OSPA."""
    pairs = [(truth, sensed(truth, RADARS, SEEDS[0])) for truth in truths]

    def cost(config: Any) -> float:
        tracks = [Tracker(seen.radars, config).process(seen.plots) for _, seen in pairs]
        return float(np.mean([scores(t, k, instants(seen)).ospa for (t, seen), k in zip(pairs, tracks, strict=True)]))

    return stepwise(Config(models=MANOEUVRING, tick=TICK), OURS, cost)


def main() -> None:
    """Print them."""
    for name, whole, small in (
        ("CROSSING", [crossing(12, 60, s) for s in SEEDS], [crossing(4, 60, s) for s in SEEDS]),
        ("RAID", [raid(100, 30, s) for s in SEEDS], [raid(30, 30, s) for s in SEEDS]),
    ):
        models = {"models": [(Model("straight", a),) for a in (0.5, 0.7, 1.0, 1.4)]}
        print("ours", name, *stepwise(ours.TUNED, {**models, **OURS}, of_ours(whole)), flush=True)
        run = of_peer(whole, stone.Run)
        print("GNN", name, *stepwise(stone.Setting(tree=True), GNN, run), flush=True)
        print("JPDA", name, *stepwise(getattr(jpda, name), JOINT, of_peer(small, joint)), flush=True)
    wheel = flights.fetched()
    assert wheel is not None, "the samples of traffic could not be fetched"
    truths = [flights.paris(wheel, MINUTES, SECONDS), flights.turning(wheel, SECONDS, 1)]
    print("ours, flights", *ours_flown(truths), flush=True)
    for truth, setting in zip(truths, (jpda.PARIS, jpda.TURNING), strict=True):
        print("JPDA, flights", *flown(truth, setting), flush=True)


if __name__ == "__main__":
    main()
