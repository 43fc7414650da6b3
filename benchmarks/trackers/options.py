"""What the options of the tracker cost and gain: joint association, life by score, late plots, fusion of nodes."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.tools import Row, alternately
from benchmarks.trackers import ours
from benchmarks.trackers.scenes import STEP, Scene, common, manoeuvring, straight
from benchmarks.trackers.score import score
from openiads.tracking import Config, Tracker, fuse

SEED = 1
TURNS = 9
LATE = 0.3  # of the plots ...
DELAY = 6.0 * STEP  # ... come up to so many seconds late


def rows() -> list[Row]:
    """All of them."""
    return [*association_rows(), late_row(), fusion_row()]


def _times(*calls: Callable[[], Any]) -> list[float]:
    """Median processor time (s) of each, taken in turn."""
    return [statistics.median(seconds) for seconds in alternately([*calls], TURNS)]


def association_rows() -> list[Row]:
    """Joint association and life by score over the usual, on targets that turn with 1 to 3 g."""
    scene = manoeuvring(100, 50, SEED)
    settings = [ours.IMM, replace(ours.IMM, association="jpda"), replace(ours.IMM, lifecycle="score"),
                replace(ours.IMM, association="jpda", lifecycle="score")]  # fmt: skip
    quality = [score(scene, ours.pictures(scene, ours.tracked(scene, config))) for config in settings]
    spent = _times(*(lambda config=config: ours.tracked(scene, config) for config in settings))  # type: ignore[misc]
    names = ("joint association (JPDA)", "life by score", "both")
    return [
        (f"IMM on the same targets, {name}: GOSPA and time over those without", f"{q / quality[0]:.3f} ×, {s / spent[0]:.2f} ×", "")
        for name, q, s in zip(names, quality[1:], spent[1:], strict=True)
    ]  # fmt: skip


def late_row() -> Row:
    """Scan by scan, with a share of the plots that comes late, over the same calls with every plot in time."""
    scene = straight(100, 50, SEED)
    plots, g = scene.plots, np.random.default_rng(SEED)
    delay = np.where(g.random(len(plots)) < LATE, g.uniform(0.0, DELAY, len(plots)), 0.0)
    config = replace(ours.TUNED, late=DELAY + STEP)
    runs = [lambda when=when: _live(scene, config, when) for when in (plots.t, plots.t + delay)]  # type: ignore[misc]
    quality = [score(scene, run()) for run in runs]
    spent = _times(*runs)
    what = f"{LATE:.0%} of the plots up to {DELAY:.0f} s late: GOSPA and time over all in time"
    return what, f"{quality[1] / quality[0]:.3f} ×, {spent[1] / spent[0]:.2f} ×", ""


def _live(scene: Scene, config: Config, when: np.ndarray) -> list[np.ndarray]:
    """Pictures after every scan of a tracker that is given what has come by then."""
    tracker, pictures, before = Tracker(scene.radars, config), [], -np.inf
    for now in scene.times.tolist():
        tracks = tracker.process(scene.plots.rows((when > before) & (when <= now)), until=now)
        pictures += common(tracks, np.array([now]))
        before = now
    return pictures


def fusion_row() -> Row:
    """Tracks of two nodes, one radar each, into system tracks."""
    scene = straight(100, 50, SEED)
    nodes = []
    for r, radar in enumerate(scene.radars):
        mine = scene.plots.rows(scene.plots.radar == r)
        own = Tracker([radar], ours.TUNED)
        own.process(mine.rows(np.zeros(0, np.int64)), until=float(scene.times[0]) - STEP)
        nodes.append(own.process(replace(mine, radar=np.zeros(len(mine), np.int64)), until=float(scene.times[-1])))
    (seconds,) = _times(lambda: fuse(nodes))
    system = fuse(nodes)
    alone = [score(scene, common(n, scene.times)) for n in nodes]
    what = "two nodes of one radar each into system tracks, 100 targets: GOSPA over the better node, time of an instant"
    return (
        what,
        f"{score(scene, common(system, scene.times)) / min(alone):.3f} ×, {seconds / len(scene.times) * 1e3:.1f} ms",
        "",
    )


if __name__ == "__main__":
    for row in rows():
        print(*row, sep=" | ", flush=True)
