"""The sensing stage beside the same in C: eight radars, a hundred aircraft, ten minutes, the same plots."""

from __future__ import annotations

import ctypes
import math
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.theatre import theatre
from benchmarks.tools import Row, alternately, compiled, one_core, paired
from openiads.engine import motion, sensing
from openiads.engine.jit import jit
from openiads.scenario.build import Simulation, assemble
from openiads.scenario.flights import Flight, cruise, to_bodies
from openiads.scenario.world import draw_world

TARGETS, TICK, TICKS = 100, 1.0, 600
_POINTERS = {
    "Radars": ("key", "kinds", "dimensions", "period", "phase", "sector_centre", "sector_width", "slope", "reach", "gain",
               "detection", "floor", "sigma", "snr_ref", "bias", "transmission", "modes", "crypto", "iff_range",
               "false_mean", "site", "pos", "axes", "mask"),
    "Bodies": ("key", "kind", "status", "rcs", "modes", "crypto", "reply", "pos", "vel"),
    "Plots": ("t", "pos", "cov", "snr", "reply", "starts", "luck", "single", "gauge", "address", "code", "wide", "body", "aspect",
              "first"),
}  # fmt: skip


class _Sizes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_long) for name in ("radars", "bodies", "room", "table", "elevations", "ranges", "bins")]
    _fields_ += [("key", ctypes.c_uint32 * 2), ("lowest", ctypes.c_double)]


@jit
def ticked(radars, bodies, terrain, key, truth, antennas, due, taskings, plots, origin, ticks):
    """The kernel tick after tick."""
    for i in range(ticks):
        sensing.sense(
            radars, bodies, terrain, key, truth, antennas, due, taskings, plots, origin, i * TICK, (i + 1) * TICK
        )


def prepared() -> Simulation:
    """Aircraft all over the theatre, where they are at the beginning."""
    scenario = theatre()
    world = draw_world(scenario, "raid", 1, 0)
    rng = np.random.default_rng(2)
    model, flights = scenario.library.bodies["fighter"], []
    for i in range(TARGETS):
        start = math.radians(rng.uniform(35.0, 42.0)), math.radians(rng.uniform(27.0, 44.0))
        end = start[0] + rng.normal() * 0.1, start[1] + rng.normal() * 0.1
        route = cruise(start, end, 0.0, 250.0, float(rng.choice([300.0, 1e3, 3e3, 1e4])), True)
        flights.append(Flight(f"target-{i}", "fighter", model, motion.HOSTILE, 3, route=route))
    bodies, groups = to_bodies(flights)
    simulation = assemble(scenario, replace(world, flights=flights, bodies=bodies, groups=groups), "on", 0.0)
    motion.move(
        simulation.params.bodies, simulation.params.terrain, simulation.state.effects, simulation.state.truth, 0.0
    )
    return simulation


def _structure(kind: str, arrays: dict[str, np.ndarray]) -> ctypes.Structure:
    names = _POINTERS[kind]
    structure = type(kind, (ctypes.Structure,), {"_fields_": [(name, ctypes.c_void_p) for name in names]})
    for name in names:
        assert arrays[name].flags["C_CONTIGUOUS"]
    return structure(*(arrays[name].ctypes.data for name in names))


def _as_c(sim: Simulation, plots: sensing.Plots, origin: sensing.PlotOrigin) -> list[Any]:
    """Arguments of the C kernel: the very arrays of the engine."""
    p, s = sim.params, sim.state
    r = p.radars
    if s.antennas.site.shape != r.antenna.shape or r.bend.shape[1] > 1 or r.reflection.any() or (r.host >= 0).any():
        raise AssertionError("the C kernel knows fixed radars on a 4/3 earth without multipath only")
    if r.sigma[:, 3].any() or (r.dimensions < 2).any():
        raise AssertionError("the C kernel knows neither range rates nor bearings alone")
    sizes = _Sizes(r.key.size, s.truth.status.size, plots.t.size, r.detection.shape[1], r.transmission.shape[1],
                   r.transmission.shape[2], r.mask.shape[2], tuple(int(k) for k in p.key), p.terrain.lowest)  # fmt: skip
    return [
        ctypes.byref(sizes), ctypes.byref(_structure("Radars", r._asdict() | s.antennas._asdict())),
        ctypes.byref(_structure("Bodies", p.bodies._asdict() | s.truth._asdict())),
        ctypes.byref(_structure("Plots", plots._asdict() | origin._asdict())),
    ]  # fmt: skip


def rows(times: int = 15) -> list[Row]:
    """Processor time of ten minutes of sensing over that of C on the same arrays, after a check of the plots."""
    sim = prepared()
    p, s = sim.params, sim.state
    what = f"sensing kernel, {p.radars.key.size} radars x {TARGETS} targets, against C -O3"
    taskings = sensing.empty_taskings(p.radars.key.size, 4)
    taskings.on[:] = True
    theirs, their_origin = (type(x)(*(np.zeros_like(a) for a in x)) for x in (s.plots, s.origin))
    with tempfile.TemporaryDirectory() as folder:
        library = compiled("sense", Path(folder))
        if library is None:
            return [(what, "gcc is not installed", "1.0 ×")]
        library.sense_ticks.argtypes = [ctypes.c_void_p] * 4 + [ctypes.c_double, ctypes.c_long]
        handed = _as_c(sim, theirs, their_origin)

        def ours(ticks: int = TICKS) -> None:
            ticked(p.radars, p.bodies, p.terrain, p.key, s.truth, s.antennas, s.due, taskings, s.plots, s.origin, ticks)

        def in_c(ticks: int = TICKS) -> None:
            library.sense_ticks(*handed, TICK, ticks)

        for ticks in range(1, 31):  # the plots of a tick stay in the arrays: compare those of thirty
            ours(ticks)
            in_c(ticks)
            _compare(s.plots, s.origin, theirs, their_origin)
        with one_core():
            spent = alternately([ours, in_c], times)
    each = statistics.median(spent[0]) / TICKS * 1e6
    return [(what, f"{paired(*spent):.2f} × ({each:.0f} µs a tick)", "1.0 ×")]


def _compare(
    plots: sensing.Plots, origin: sensing.PlotOrigin, theirs: sensing.Plots, their: sensing.PlotOrigin
) -> None:
    """The same plots, but for the last bits of their numbers."""
    n = plots.first[-1]
    assert n > 0 and np.array_equal(plots.first, theirs.first)
    for name in ("reply", "starts", "luck", "single", "address", "code", "wide"):
        assert np.array_equal(getattr(plots, name)[:n], getattr(theirs, name)[:n]), name
    assert np.array_equal(origin.body[:n], their.body[:n]) and np.array_equal(origin.aspect[:n], their.aspect[:n])
    wide = plots.wide[:n]
    assert np.array_equal(plots.gauge[:n][wide], theirs.gauge[:n][wide])
    for name in ("t", "pos", "cov", "snr"):
        mine, other = getattr(plots, name)[:n], getattr(theirs, name)[:n]
        assert np.allclose(mine, other, rtol=1e-9, atol=1e-3), (name, np.abs(mine - other).max())


if __name__ == "__main__":
    for row in rows():
        print(*row, sep=" | ")
