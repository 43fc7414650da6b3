"""The tracking kernel beside the same in C, on the same arrays: `c/track.c`."""

from __future__ import annotations

import ctypes
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.tools import compiled, one_core, paired
from benchmarks.trackers import ours
from benchmarks.trackers.scenes import STEP, Scene
from openiads.engine import tracking as engine
from openiads.engine.tracking.batch import Log, empty_log, track_all
from openiads.tracking import Config, Tracker
from openiads.tracking.plots import bundle
from openiads.tracking.tracker import _tick_of, grouped

_FIELDS = {
    "Plots": ("t", "pos", "cov", "reply", "starts", "luck"),
    "Tracks": ("status", "number", "next_number", "x", "p", "t_update", "t_first", "hits", "asked", "answered", "luck",
               "plot", "radar_t", "dropped"),
    "Grid": ("live", "count", "axes", "low", "per", "cells", "head", "next", "widest", "box", "near"),
    "Pairs": ("first", "slot", "cost", "size", "base"),
    "Matching": ("track_of", "plot_of", "u", "v", "reach", "via", "settled", "met"),
    "Log": ("count", "tick", "number", "t_update", "x", "p"),
}  # fmt: skip


class _Sizes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_long) for name in ("slots", "radars", "ticks", "log_room", "pair_room")]
    _fields_ += [(name, ctypes.c_double) for name in ("accel", "speed", "window", "coast", "gate")]
    _fields_ += [("hits", ctypes.c_long), ("room", ctypes.c_long)]


class Prepared:
    """A scene as the kernel takes it, with memory of its own for the tracks, so that nothing is made while it runs."""

    def __init__(self, scene: Scene, config: Config = ours.TUNED) -> None:
        radars = scene.radars
        self.settings = Tracker(radars, config)._settings
        self.times = np.append(scene.times[0] - STEP, scene.times)
        tick_of = _tick_of(scene.plots.t, self.times)
        order, self.first = grouped(scene.plots, tick_of, len(self.times) - 1, len(radars))
        self.plots = bundle(scene.plots.rows(order), radars)
        most, slots = int(np.diff(self.first).max()), 6 * scene.truth.shape[1]
        self.tracks = engine.empty_tracks(1, slots, len(radars))
        self.scratch = engine.empty_scratch(slots, most, len(scene.plots))
        self.log = empty_log(slots * len(scene.times))
        self.nodes, self.local = np.zeros(len(radars), np.int32), np.arange(len(radars), dtype=np.int32)

    def clear(self) -> None:
        engine.clear(self.tracks)

    def ours(self) -> None:
        """All ticks by the engine."""
        track_all(
            self.settings, self.nodes, self.local, self.plots, self.tracks, self.scratch, self.first, self.times,
            0, len(self.first), self.log,
        )  # fmt: skip

    def in_c(self, library: ctypes.CDLL) -> Callable[[], None]:
        """All ticks by the C, which is given the addresses of the same arrays."""
        s, t = self.settings, self.tracks
        sizes = _Sizes(t.status.shape[1], t.radar_t.shape[2], len(self.first), self.log.tick.size,
                       self.scratch.pairs.slot.size, s.accel[0, 0], s.speed[0], s.window[0], s.coast[0], s.gate[0],
                       int(s.hits[0]), self.scratch.grid.head.shape[1])  # fmt: skip
        parts = [self.plots, t, self.scratch.grid, self.scratch.pairs, self.scratch.matching]
        handed = [ctypes.byref(_structure(part)) for part in parts]
        whole = [self.scratch.taken, self.scratch.nis, self.first, self.times]
        taken, nis, first, times = (ctypes.c_void_p(a.ctypes.data) for a in whole)
        log, call = ctypes.byref(_structure(self.log)), library.track_ticks
        return lambda: call(ctypes.byref(sizes), *handed, taken, nis, first, times, log)

    def result(self) -> Log:
        """What has been logged, as a copy."""
        rows = slice(int(self.log.count[0]))
        return Log(*(a[rows].copy() if a.size > 1 else a.copy() for a in self.log))


def _structure(part: Any) -> ctypes.Structure:
    kind, arrays = type(part).__name__, part._asdict()
    names = _FIELDS[kind]
    structure = type(kind, (ctypes.Structure,), {"_fields_": [(name, ctypes.c_void_p) for name in names]})
    for name in names:
        assert arrays[name].flags["C_CONTIGUOUS"], name
    return structure(*(arrays[name].ctypes.data for name in names))


def same(mine: Log, theirs: Log) -> None:
    """The same tracks, but for the last bits of their numbers."""
    for name in ("count", "tick", "number", "t_update"):
        assert np.array_equal(getattr(mine, name), getattr(theirs, name)), name
    np.testing.assert_allclose(mine.x, theirs.x, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(mine.p, theirs.p, rtol=1e-6, atol=1e-3)


def against_c(scene: Scene, times: int = 25) -> tuple[float, float] | None:
    """Time of the kernel over that of C, and seconds of the kernel; None without gcc."""
    prepared = Prepared(scene)
    with tempfile.TemporaryDirectory() as folder:
        library = compiled("track", Path(folder))
        if library is None:
            return None
        calls = [prepared.ours, prepared.in_c(library)]
        results = []
        for call in calls:
            prepared.clear()
            call()
            results.append(prepared.result())
        assert results[0].tick.size > 0
        same(*results)
        spent: list[list[float]] = [[], []]
        with one_core():
            for _ in range(times):
                for call, seconds in zip(calls, spent, strict=True):
                    prepared.clear()
                    begin = time.process_time()
                    call()
                    seconds.append(time.process_time() - begin)
    return paired(*spent), statistics.median(spent[0])


def kernel_time(scene: Scene, times: int = 9) -> float:
    """Seconds of the kernel alone."""
    prepared, spent = Prepared(scene), []
    with one_core():
        for _ in range(times + 1):
            prepared.clear()
            begin = time.process_time()
            prepared.ours()
            spent.append(time.process_time() - begin)
    return statistics.median(spent[1:])
