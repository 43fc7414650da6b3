"""Best settings of every tracker, on scenes of other seeds than the benchmark's: `python -m benchmarks.trackers.tune`.

Stone Soup is tuned with its tree, which gives the same tracks as without and is quicker.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.trackers import ours
from benchmarks.trackers.scenes import Scene, manoeuvring, straight
from benchmarks.trackers.score import score
from openiads.tracking import Model

SEEDS = 101, 102


def best(scenes: Sequence[Scene], settings: Iterable[Any], run: Callable[[Scene, Any], list[np.ndarray]]) -> Any:
    """The setting with the least mean GOSPA over the scenes, and that (m)."""
    tried = [
        (float(np.mean([score(s, run(s, setting)) for s in scenes])), i, setting) for i, setting in enumerate(settings)
    ]
    least, _, setting = min(tried)
    return setting, least


def our_best(scenes: Sequence[Scene], accels: Sequence[float], base: Any = ours.TUNED) -> Any:
    """Our single filter: process noise and the speed of a new track, then gate and time to confirm."""

    def run(scene: Scene, config: Any) -> list[np.ndarray]:
        return ours.pictures(scene, ours.tracked(scene, config))

    settings = [
        replace(base, models=(Model("straight", a),), speed=v) for a, v in itertools.product(accels, [150.0, 250.0])
    ]
    first, _ = best(scenes, settings, run)
    others = itertools.product([16.0, 20.0, 25.0], [1.5, 2.5, 3.5])
    return best(scenes, [first, *(replace(first, gate=g, confirm_scans=c) for g, c in others)], run)


def stone_best(scenes: Sequence[Scene], noises: Sequence[float]) -> Any:
    """Stone Soup: process noise, gate, and how long its initiator holds a track."""
    from benchmarks.trackers import stone

    def run(scene: Scene, setting: Any) -> list[np.ndarray]:
        tracker = stone.Run(scene, setting)
        tracker()
        return tracker.pictures

    settings = [stone.Setting(tree=True, noise=q) for q in noises]
    first, _ = best(scenes, settings, run)
    others = itertools.product([3, 4, 7], [3.5, 4.0, 5.0])
    return best(scenes, [first, *(replace(first, hold=h, gate=g) for h, g in others)], run)


def nrl_best(scenes: Sequence[Scene], base: Any) -> Any:
    """nrl-tracker: process noise, gate, then the spread of a new track and how many plots confirm it."""
    from benchmarks.trackers import nrl

    def run(scene: Scene, setting: Any) -> list[np.ndarray]:
        tracker = nrl.Run(scene, setting)
        tracker()
        return tracker.pictures

    grid = itertools.product([1.0, 3.0], [0.999, 0.9999, 0.99999])
    first, _ = best(scenes, [replace(base, noise=q, gate=g) for q, g in grid], run)
    more = [replace(first, place=p, speed=v) for p, v in itertools.product([70.0, 100.0, 150.0], [150.0, 250.0])]
    second, _ = best(scenes, [first, *more], run)
    return best(scenes, [second, replace(second, hits=4), replace(second, window=5)], run)


CALM, WILD = (0.5, 0.7, 1.0, 1.4, 2.0), (8.0, 11.0, 14.0, 17.0, 20.0, 24.0, 28.0, 33.0)  # m/s2


def main() -> None:
    """Print them."""
    from benchmarks.trackers import nrl

    calm = [straight(100, 40, seed) for seed in SEEDS]
    wild = [manoeuvring(100, 40, seed) for seed in SEEDS]
    print("ours, straight:", *our_best(calm, CALM), flush=True)
    print("ours, turning:", *our_best(wild, WILD), flush=True)
    print("Stone Soup, straight:", *stone_best(calm, [0.3, 1.0, 2.0, 4.0]), flush=True)
    print("Stone Soup, turning:", *stone_best(wild, [100.0, 200.0, 400.0, 800.0]), flush=True)
    print("nrl-tracker, each:", *nrl_best(calm, nrl.Setting()), flush=True)
    print("nrl-tracker, one error:", *nrl_best(calm, nrl.ONE_ERROR), flush=True)


if __name__ == "__main__":
    main()
