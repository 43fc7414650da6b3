"""How good and how dear pictures are where it is hard: real flights, crossings and a dense raid, beside Stone Soup's.

Flights: benchmarks/trackers/flights.py, seen through the engine's own sensing (trackers/sensed.py). Every tracker is
given the same plots and is scored at the same instants by `openiads.tracking`. Stone Soup has the settings that suit
it best on plots of other seeds and of other flights, and so has ours (`python -m benchmarks.trackers.tune_pictures`).
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import numpy as np

from benchmarks.tools import Row, alternately, one_core
from benchmarks.trackers import flights, ours
from benchmarks.trackers.scenes import ORIGIN, Scene, crossing, raid
from benchmarks.trackers.scenes import STEP as SCAN
from benchmarks.trackers.score import Scores, scores
from benchmarks.trackers.sensed import PERIOD, SEEN, Sensed, sensed
from openiads.tracking import MANOEUVRING, Config, Plots, Radar, Tracker, Truth

SEED = 1
TICK = PERIOD / 4.0  # s
RADARS = [(49.6, 1.6), (48.4, 1.7), (49.0, 3.6)]  # deg
MINUTES, SECONDS = 125.0, 600.0
SETTLED, STEP = 20.0, PERIOD  # s, before the first instant that counts; between two
TURNS = 7  # of ours to one of a peer
AS_IT_COMES = Config(models=MANOEUVRING)
SET = replace(ours.AIRCRAFT, tick=TICK)
AIRCRAFT = {  # of ours
    "several models, as they come": replace(AS_IT_COMES, tick=TICK),
    "two models, set on other flights": SET,
    "the same with joint association": replace(SET, association="jpda"),
}
GOAL = "0.97, each below 1 ×"


def rows() -> list[Row]:
    """All of them; under two minutes a group of flights, one for the rest."""
    with one_core():
        return [*flight_rows(), *crossing_rows(), *raid_rows()]


def flight_rows() -> list[Row]:
    """Flights over Paris, and flights that turn all the time, beside the JPDA of Stone Soup."""
    wheel = flights.fetched()
    if wheel is None:
        return [("real flights as plots of three radars", "the samples of `traffic` could not be fetched", "")]
    from benchmarks.trackers import jpda

    found = []
    for what, truth, setting in (
        ("over Paris", flights.paris(wheel, MINUTES, SECONDS), jpda.PARIS),
        ("that turn", flights.turning(wheel, SECONDS), jpda.TURNING),
    ):
        seen = sensed(truth, RADARS, SEED)
        peer = jpda.Run(
            jpda.scans(seen.plots, seen.radars, flights.MIDDLE, TICK), replace(setting, density=seen.density)
        )
        spent = _timed(peer)
        theirs = scores(truth, peer.table(flights.MIDDLE), instants(seen))
        count = len(np.unique(truth.id))
        found += _flight_rows(f"{count} flights {what}, {SEEN}", truth, seen, theirs, spent)
    return found


def instants(seen: Sensed) -> np.ndarray:
    """The times (s) that count: ends of ticks of every tracker."""
    begin, end = seen.plots.t.min(), seen.plots.t.max()
    return np.asarray(np.arange(begin + SETTLED, end, STEP))


def _flight_rows(what: str, truth: Truth, seen: Sensed, theirs: Scores, spent: float) -> list[Row]:
    found = []
    for setting, config in AIRCRAFT.items():
        mine, seconds = _tracked(truth, seen.radars, seen.plots, config, instants(seen))
        figure = (
            f"completeness {mine.completeness:.3f} (its {theirs.completeness:.3f}), "
            f"OSPA {mine.ospa / theirs.ospa:.2f} × ({mine.ospa:.0f} m), RMS error "
            f"{mine.horizontal / theirs.horizontal:.2f} × on the ground ({mine.horizontal:.0f} m), "
            f"{mine.whole / theirs.whole:.2f} × in space ({mine.whole:.0f} m); {_extra(mine, theirs)}; "
            f"{spent / seconds:,.0f} × as fast ({seconds / len(seen.plots) * 1e6:.1f} µs a plot)"
        )
        peer = f"Stone Soup {version('stonesoup')}, `JPDAwithEHM2`"
        found.append((f"{what}: {setting}, against {peer}", figure, GOAL))
    return found


def _extra(mine: Scores, theirs: Scores) -> str:
    return f"{mine.spurious:.1f} tracks too many (its {theirs.spurious:.1f}), {mine.changes} changes of number (its {theirs.changes})"


def crossing_rows() -> list[Row]:
    """Aircraft and formations that cross at small angles."""
    whole, small = crossing(12, 60, SEED), crossing(4, 60, SEED)
    what = "targets that cross at 2 to 15 degrees, singly and in fours"
    return _hard_rows(what, whole, small, "CROSSING")


def raid_rows() -> list[Row]:
    """Many targets that converge, among as many and a half false plots a scan."""
    whole, small = raid(150, 30, SEED), raid(30, 30, SEED)
    what = f"targets that converge within 30 km, Pd {whole.clutter.detection:g}, false plots 1.5 times as many"
    return _hard_rows(what, whole, small, "RAID")


def _hard_rows(what: str, whole: Scene, small: Scene, setting: str) -> list[Row]:
    """The whole scene beside Stone Soup's GNN with its tree, a small one beside its JPDA."""
    from benchmarks.trackers import jpda, stone

    usual: Config = getattr(ours, setting)
    gnn = stone.Run(whole, replace(getattr(stone, setting), tree=True))
    read = jpda.scans(small.plots, small.radars, ORIGIN, SCAN)
    joint = jpda.Run(read, jpda.of_scene(getattr(jpda, setting), small))
    many = {"one model": usual, "several models, as they come": replace(AS_IT_COMES, tick=SCAN)}
    few = {"one model": usual, "one model, joint association": replace(usual, association="jpda")}
    return [
        *_compared(what, whole, many, gnn, "TPRTreeGNN2D"),
        *_compared(what, small, few, joint, "JPDAwithEHM2"),
    ]


def _compared(what: str, scene: Scene, configs: dict[str, Config], peer: Any, name: str) -> list[Row]:
    """Time, GOSPA, tracks and changes of number of ours beside a peer's."""
    truth, times, spent = scene.bodies(), scene.times[10:], _timed(peer)
    theirs, found = scores(truth, peer.table(ORIGIN), times), []
    for setting, config in configs.items():
        mine, seconds = _tracked(truth, scene.radars, scene.plots, config, times)
        figure = (
            f"{spent / seconds:,.0f} × at {mine.gospa / theirs.gospa:.3f} × its GOSPA, {_extra(mine, theirs)}; "
            f"{seconds / len(scene.times) * 1e6:.0f} µs a scan"
        )
        head = f"{scene.truth.shape[1]} {what}: {setting}, against Stone Soup {version('stonesoup')}, `{name}`"
        found.append((head, figure, ""))
    return found


def _tracked(
    truth: Truth, radars: list[Radar], plots: Plots, config: Config, times: np.ndarray
) -> tuple[Scores, float]:
    """Scores of ours, and its processor time (s)."""
    tracks = Tracker(radars, config).process(plots)
    (spent,) = alternately([lambda: Tracker(radars, config).process(plots)], TURNS)
    return scores(truth, tracks, times), statistics.median(spent)


def _timed(run: Callable[[], object]) -> float:
    """Processor time (s) of one call."""
    begin = time.process_time()
    run()
    return time.process_time() - begin


if __name__ == "__main__":
    for row in rows():
        print(*row, sep=" | ", flush=True)
