"""Weapon-target assignment: gap and time of the heuristic, random instances of many shapes and the public ones; time of the proof."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import numpy as np

from benchmarks.tools import Row, one_core
from openiads.assignment import Assignment, heuristic_assignment, optimal_assignment

PUBLIC = Path(__file__).parents[2] / "shared" / "data" / "assignment"
OPTIMA = {1: 1734.302278, 2: 123.838458}  # by rounds of a unit, proven
SHAPES = ((10, 10, 1), (10, 10, 2), (10, 10, 3), (8, 16, 2), (20, 20, 1), (20, 10, 1), (15, 15, 1), (30, 60, 1))
GOAL = "1 %"


def rows() -> list[Row]:
    """Random instances beside their proven optima; the public instances where they lie beside the project."""
    with one_core():
        heuristic_assignment([1.0], [[0.5]], 1)
        out = [_random()]
        for ready, optimum in OPTIMA.items():
            path = PUBLIC / f"wta_50x100x{ready}.txt"
            what = f"weapon-target assignment, public instance of 50 units and 100 targets, {ready} round(s) a unit"
            if not path.exists():
                out.append((what, "the instance is not there", GOAL))
                continue
            value, pk = _read(path)
            best, spent = _timed(value, pk, ready, tries=0)
            out.append(
                (what, f"{100 * (best.expected / optimum - 1):.3f} % above the optimum, {1e3 * spent:.1f} ms", GOAL)
            )
            if ready == 1:
                begin = time.perf_counter()
                proven = optimal_assignment(value, pk, ready)
                took = time.perf_counter() - begin
                out.append((f"{what}, proof", f"{took:.0f} s, within {proven.expected - proven.bound:.0e}", "1e-6"))
    return out


def _random() -> Row:
    gaps, times = [], []
    for seed in range(40):
        g = np.random.default_rng(seed)
        units, targets, ready = SHAPES[seed % len(SHAPES)]
        value = g.integers(1, 101, targets).astype(float)
        pk = g.uniform(*((0.0, 1.0), (0.4, 0.9))[seed % 2], (units, targets))
        best = optimal_assignment(value, pk, ready, time_limit_s=30.0)
        fast, spent = _timed(value, pk, ready)
        gaps.append(100 * (fast.expected / best.expected - 1))
        times.append(1e3 * spent)
    figure = f"mean {statistics.mean(gaps):.3f} %, worst {max(gaps):.2f} %, {statistics.median(times):.1f} ms"
    return ("weapon-target assignment, 40 random instances of 8 shapes, above the optimum", figure, GOAL)


def _timed(value: np.ndarray, pk: np.ndarray, ready: int, tries: int | None = None) -> tuple[Assignment, float]:
    """An assignment and the least seconds of three."""
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        best = heuristic_assignment(value, pk, ready, tries=tries)
        times.append(time.perf_counter() - begin)
    return best, min(times)


def _read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """value[T] and pk[W, T] of a file: units, targets and rounds; values; then unit, target, pk."""
    numbers = np.array(path.read_text(encoding="ascii").split(), float)
    units, targets = int(numbers[0]), int(numbers[1])
    return numbers[3 : 3 + targets], numbers[3 + targets :].reshape(-1, 3)[:, 2].reshape(units, targets)


if __name__ == "__main__":
    for line in rows():
        print(" | ".join(line))
