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

SEEDS = 101, 102


def best(scenes: Sequence[Scene], settings: Iterable[Any], run: Callable[[Scene, Any], list[np.ndarray]]) -> Any:
    """The setting with the least mean GOSPA over the scenes, and that (m)."""
    tried = [
        (float(np.mean([score(s, run(s, setting)) for s in scenes])), i, setting) for i, setting in enumerate(settings)
    ]
    least, _, setting = min(tried)
    return setting, least


def our_best(scenes: Sequence[Scene], base: Any = ours.TUNED) -> Any:
    """Our single filter: process noise and the spread of a new track's speed."""
    grid = [0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 13.0, 16.0, 20.0]
    settings = [replace(base, accel=a, speed=v) for a, v in itertools.product(grid, [150.0, 250.0])]
    return best(scenes, settings, lambda s, c: ours.pictures(s, ours.tracked(s, c)))


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


def main() -> None:
    """Print them."""
    calm = [straight(100, 40, seed) for seed in SEEDS]
    wild = [manoeuvring(100, 40, seed) for seed in SEEDS]
    print("straight:", *our_best(calm))
    print("manoeuvring:", *our_best(wild))
    print("straight:", *stone_best(calm, [0.3, 1.0, 2.0, 4.0]))
    print("manoeuvring:", *stone_best(wild, [16.0, 36.0, 64.0, 100.0, 200.0]))


if __name__ == "__main__":
    main()
