"""Bodies laid around a radar, and every plot that comes of them: the sensing stage alone, tick after tick."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from openiads.engine import motion, sensing
from openiads.engine.geo import set_frame
from openiads.scenario.build import Simulation
from tests import builders


@dataclass
class Seen:
    """Every plot of a run."""

    t: np.ndarray
    tick: np.ndarray
    pos: np.ndarray
    cov: np.ndarray
    snr: np.ndarray
    reply: np.ndarray
    body: np.ndarray
    radar: np.ndarray


def watch(sim: Simulation, ticks: int, length: float, taskings: sensing.Taskings | None = None) -> Seen:
    """Move and sense alone, tick after tick, as the loop of a run calls them."""
    p, s = sim.params, sim.state
    taskings = taskings or sensing.empty_taskings(p.radars.key.size, 4)
    taskings.on[:] = True
    rows: list[list[np.ndarray]] = []
    for i in range(ticks):
        motion.move(p.bodies, p.terrain, s.effects, s.truth, (i + 1) * length)
        sensing.sense(
            p.radars, p.bodies, p.terrain, p.key, s.truth, s.antennas, s.due, taskings, s.plots, s.origin,
            i * length, (i + 1) * length,
        )  # fmt: skip
        n = s.plots.first[-1]
        assert s.plots.dropped[0] == 0
        radar = np.repeat(np.arange(p.radars.key.size), np.diff(s.plots.first))
        rows.append([s.plots.t[:n].copy(), np.full(n, i), s.plots.pos[:n].copy(), s.plots.cov[:n].copy(),
                     s.plots.snr[:n].copy(), s.plots.reply[:n].copy(), s.origin.body[:n].copy(), radar])  # fmt: skip
    return Seen(*(np.concatenate(column) for column in zip(*rows, strict=True)))


def radar(**changes) -> dict:
    return {"library": {"radars": {"sharp": changes}}}


def standing(s, count: int, far: float, height: float = 8_000.0, **rest):
    """[count] bodies that hardly move, all around the site."""
    return [
        builders.inbound(s, f"b{i}", 2 * math.pi * i / count, far, far - 10.0, height=height, speed=0.01, **rest)
        for i in range(count)
    ]


def residuals(sim: Simulation, seen: Seen) -> tuple[np.ndarray, np.ndarray]:
    """Position errors in range, azimuth, elevation (m) of plots of bodies that hardly move; squared distances."""
    site = sim.params.radars.antenna[0]
    axes = np.empty((1, 3, 3))
    set_frame(axes, 0, site[0], site[1])
    origin = sim.state.antennas.pos[0]
    errors, squares = [], []
    for pos, packed, b in zip(seen.pos, seen.cov, seen.body, strict=True):
        cov = np.empty((3, 3))
        cov[np.triu_indices(3)] = packed
        cov.T[np.triu_indices(3)] = packed
        gap = pos - sim.state.truth.pos[b]
        squares.append(gap @ np.linalg.solve(cov, gap))
        true = axes[0] @ (sim.state.truth.pos[b] - origin)
        got = axes[0] @ (pos - origin)
        level = math.hypot(*true[:2])
        errors.append([
            np.linalg.norm(got) - np.linalg.norm(true),
            math.remainder(math.atan2(got[0], got[1]) - math.atan2(true[0], true[1]), 2 * math.pi) * level,
            (math.atan2(got[2], math.hypot(*got[:2])) - math.atan2(true[2], level)) * np.linalg.norm(true),
        ])  # fmt: skip
    return np.array(errors), np.array(squares)
