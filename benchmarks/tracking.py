"""`openiads.tracking` beside other trackers on the same plots, and beside the same algorithm in C.

Scenes, settings and metric: benchmarks/trackers. Plots are read beforehand; what is timed goes from plots to tracks.
Each peer has the settings that suit it best on scenes of other seeds (benchmarks/trackers/tune.py).
"""

from __future__ import annotations

import itertools
import math
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from benchmarks.tools import Row, alternately, one_core
from benchmarks.trackers import ours
from benchmarks.trackers.kernel import against_c
from benchmarks.trackers.scenes import Scene, manoeuvring, straight
from benchmarks.trackers.score import score
from benchmarks.trackers.tune import SEEDS, WILD, our_best
from openiads.tracking import Config

SEED = 1
TURNS = 15  # of ours to one of a peer
TREE_SIZES = {20: 60, 100: 60, 300: 30, 1000: 20}  # targets: scans
GROWTH_SIZES = 100, 1000, 10_000


def rows() -> list[Row]:
    """All of them; about five minutes."""
    with one_core():
        return [*stone_rows(), *tree_rows(), *nrl_rows(), *c_rows(), *growth_rows(), *manoeuvre_rows()]


def _compared(
    scene: Scene, peer: Callable[[], Any], turns: int, config: Config = ours.TUNED
) -> tuple[float, float, float]:
    """Processor time of a peer over ours on the same plots, GOSPA of ours over the peer's, seconds of ours."""
    tracks = ours.tracked(scene, config)
    mine, theirs = [], []
    for _ in range(turns):
        for _ in range(TURNS):
            begin = time.process_time()
            ours.tracked(scene, config)
            mine.append(time.process_time() - begin)
        run = peer()
        begin = time.process_time()
        run()
        theirs.append(time.process_time() - begin)
    quality = score(scene, ours.pictures(scene, tracks)) / score(scene, run.pictures)
    return statistics.median(theirs) / statistics.median(mine), quality, statistics.median(mine)


def _figure(scene: Scene, compared: tuple[float, float, float]) -> str:
    faster, quality, seconds = compared
    return f"{faster:,.0f} × at {quality:.3f} × its GOSPA ({seconds / len(scene.times) * 1e6:.0f} µs a scan)"


def stone_rows() -> list[Row]:
    """Stone Soup's documented pipeline."""
    from benchmarks.trackers import stone

    scene = straight(100, 50, SEED)
    what = f"tracker against Stone Soup {version('stonesoup')}, `GNNWith2DAssignment`, 100 targets, 2 radars, Pd 0.9, 20 false plots a scan"
    compared = _compared(scene, lambda: stone.Run(scene, stone.Setting()), 2)
    return [(what, _figure(scene, compared), "10,000 × at 1.005 ×")]


def tree_rows() -> list[Row]:
    """The same with its tree, from few targets to many at one density."""
    from benchmarks.trackers import stone

    found = []
    for targets, scans in TREE_SIZES.items():
        scene = straight(targets, scans, SEED)
        compared = _compared(scene, lambda scene=scene: stone.Run(scene, stone.Setting(tree=True)), 1)
        what = f"the same with its tree `TPRTreeGNN2D`, box as wide as the gate, {targets:,} targets"
        found.append((what, _figure(scene, compared), "2,000 × at 1.005 ×"))
    return found


def nrl_rows() -> list[Row]:
    """nrl-tracker, with the covariance of every plot and, as in its introduction, with one for all."""
    from benchmarks.trackers import nrl

    scene, found = straight(100, 50, SEED), []
    for setting, which in (
        (nrl.Setting(), "every plot with its covariance"),
        (nrl.ONE_ERROR, "one covariance for all"),
    ):
        compared = _compared(scene, lambda setting=setting: nrl.Run(scene, setting), 2)
        what = f"tracker against nrl-tracker {version('nrl-tracker')} `MultiTargetTracker`, {which}"
        found.append((what, _figure(scene, compared), "1,000 × at 0.6 ×"))
    return found


def c_rows() -> list[Row]:
    """The kernel over the same in C."""
    what = "tracking kernel, 100 targets, 2 radars, against C -O3"
    scene = straight(100, 150, SEED)
    found = against_c(scene)
    if found is None:
        return [(what, "gcc is not installed", "1.0 ×")]
    ratio, seconds = found
    return [(what, f"{ratio:.2f} × ({seconds / len(scene.plots) * 1e9:.0f} ns a plot)", "1.0 ×")]


def growth_rows() -> list[Row]:
    """Exponent of the time of a scan in the number of targets."""
    each = []
    for targets in GROWTH_SIZES:
        scene, spent = straight(targets, 20, SEED), []
        tracks = ours.tracked(scene)
        last = tracks.t == scene.times[-1]
        assert 0.95 * targets < last.sum() < 1.05 * targets
        for _ in range(15 if targets < 5000 else 5):
            begin = time.process_time()
            ours.tracked(scene)
            spent.append(time.process_time() - begin)
        each.append(statistics.median(spent) / len(scene.times))
    spans = [math.log10(b / a) for a, b in itertools.pairwise(each)]
    exponent = math.log(each[-1] / each[0]) / math.log(GROWTH_SIZES[-1] / GROWTH_SIZES[0])
    what = "growth of the tracker's time in targets at one density, exponent from 100 to 10,000"
    return [(what, f"{exponent:.2f} ({spans[0]:.2f} to 1,000, {spans[1]:.2f} beyond)", "1.1")]


def manoeuvre_rows() -> list[Row]:
    """Targets that turn with 1 to 3 g: the best single filter, and several models beside it."""
    scene = manoeuvring(100, 50, SEED)
    tuned, _ = our_best([manoeuvring(100, 40, seed) for seed in SEEDS], WILD)
    tracks = ours.tracked(scene, tuned)
    single = score(scene, ours.pictures(scene, tracks))
    where = "100 targets that turn with 1 to 3 g"
    found = [
        (f"{where}: mean GOSPA of the best single filter, `accel` = {tuned.models[0].accel:g}", f"{single:,.0f} m", "")
    ]
    from benchmarks.trackers import stone

    quality = score(scene, ours.pictures(scene, ours.tracked(scene, ours.IMM))) / single
    spent = alternately([lambda: ours.tracked(scene, ours.IMM), lambda: ours.tracked(scene, tuned)], TURNS)
    cost = statistics.median(spent[0]) / statistics.median(spent[1])
    found.append((f"{where}: IMM over that filter, GOSPA and time", f"{quality:.2f} ×, {cost:.1f} ×", "0.96 ×, 2.5 ×"))
    compared = _compared(scene, lambda: stone.Run(scene, stone.TURNING), 1, ours.IMM)
    what = f"{where}: IMM against Stone Soup {version('stonesoup')}, `GNNWith2DAssignment`, one model"
    return [*found, (what, _figure(scene, compared), "5,000 ×")]


if __name__ == "__main__":
    for row in rows():
        print(*row, sep=" | ", flush=True)
