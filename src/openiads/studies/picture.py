"""How good each node's own picture is over a run: scores of its tracks against the bodies that its radars reported."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from openiads.engine import motion
from openiads.engine.tracking import FIRM
from openiads.loop import tracking_nodes
from openiads.scenario.build import LEDGER_STEP, Simulation
from openiads.tracking.metrics import clear_mot, gospa
from openiads.tracking.scene import Scene

CUTOFF = 5_000.0  # m, horizontal: a track farther from every body is false


class _Frame(NamedTuple):
    """One node at one moment."""

    bodies: np.ndarray  # [n]
    truth: np.ndarray  # float64[n, 6]
    numbers: np.ndarray  # [m]
    tracks: np.ndarray  # float64[m, 6]


class Watch:
    """Looks at a simulation after every tick.

    A body counts at a node from the first plot of it there until no radar of the node has reported it for as long as the
    tracker that ships would coast; so no tracker is blamed for what nobody could see. Rounds in flight do not count.
    """

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        shape = simulation.params.trackers.active.size, simulation.params.bodies.key.size
        self.nodes = tracking_nodes(simulation)
        self._reported = np.full(shape, -math.inf)  # s, last plot
        self._frames: list[list[_Frame]] = [[] for _ in self.nodes]
        self._t: list[float] = []

    def look(self, t0: float, t1: float) -> None:
        """After the tick from t0 to t1 (s); every so often a frame is kept."""
        state, params = self.simulation.state, self.simulation.params
        count = int(state.plots.first[-1])
        node = np.repeat(params.feeds.node, np.diff(state.plots.first))
        body = self._bodies(count)
        np.maximum.at(self._reported, (node[body >= 0], body[body >= 0]), state.plots.t[:count][body >= 0])
        if t1 > 0.0 and math.floor(t1 / LEDGER_STEP + 1e-9) > math.floor(t0 / LEDGER_STEP + 1e-9):
            self._t.append(t1)
            for frames, n in zip(self._frames, self.nodes, strict=True):
                frames.append(self._frame(int(n), t1))

    def _bodies(self, count: int) -> np.ndarray:
        """Body behind each plot of the tick, -1 for a false one; what came over a link is known by its name alone."""
        state, params = self.simulation.state, self.simulation.params
        body, own = state.origin.body[:count].copy(), int(state.plots.first[params.radars.key.size])
        if own < count:
            order = np.argsort(params.bodies.key)
            found = np.searchsorted(params.bodies.key, state.plots.luck[own:count], sorter=order)
            found = order[np.minimum(found, order.size - 1)]
            body[own:] = np.where(params.bodies.key[found] == state.plots.luck[own:count], found, -1)
        return body

    def _frame(self, n: int, t: float) -> _Frame:
        truth, tracks = self.simulation.state.truth, self.simulation.state.tracks
        flies = (truth.status == motion.FLYING) & (self.simulation.params.bodies.kind != motion.ROUND)
        b = np.flatnonzero(flies & (self._reported[n] > t - self.simulation.params.trackers.coast[n]))
        s = np.flatnonzero(tracks.status[n] == FIRM)
        return _Frame(b, np.hstack([truth.pos[b], truth.vel[b]]), tracks.number[n, s].copy(), tracks.x[n, s].copy())

    def scores(self) -> dict[str, float]:
        """Of all nodes together: GOSPA (mean of frames and nodes), and what the rest add up to; then GOSPA of each."""
        names = [self.simulation.scenario.nodes[n].name for n in self.nodes]
        each, sums = {}, np.zeros(6)
        for name, frames in zip(names, self._frames, strict=True):
            scene = _scene(np.array(self._t), frames).level()
            mot = clear_mot(scene, CUTOFF)
            each[name] = float(gospa(scene, CUTOFF).distance.mean()) if len(scene.t) else math.nan
            d = mot.pairs.distance
            sums += [len(scene.truth_id), len(scene.track_id), len(d), mot.false, (d**2).sum(), mot.switches]
        bodies, tracks, pairs, false, squares, switches = sums.tolist()
        hours = pairs * LEDGER_STEP / 3600.0
        return {
            "gospa": float(np.mean(list(each.values()))) if each else math.nan,
            "completeness": _share(100.0 * pairs, bodies), "false": _share(100.0 * false, tracks),
            "error": math.sqrt(_share(squares, pairs)), "changes": _share(switches, hours),
            **{f"gospa {name}": value for name, value in each.items() if len(each) > 1},
        }  # fmt: skip


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0.0 else math.nan


def _scene(t: np.ndarray, frames: list[_Frame]) -> Scene:
    """Frames as the scores take them."""
    when = [np.repeat(np.arange(len(frames)), [len(f[k]) for f in frames]) for k in (0, 2)]
    bodies, body = np.unique(_joined([f.bodies for f in frames], np.int64), return_inverse=True)
    numbers, number = np.unique(_joined([f.numbers for f in frames], np.int64), return_inverse=True)
    truth, tracks = (_joined([f[k] for f in frames]).reshape(-1, 6) for k in (1, 3))
    return Scene(
        t, when[0], body, truth[:, :3], truth[:, 3:], when[1], number, tracks[:, :3], tracks[:, 3:],
        np.arange(len(number)), bodies, numbers,
    )  # fmt: skip


def _joined(parts: list[np.ndarray], kind: type = np.float64) -> np.ndarray:
    return np.concatenate(parts) if parts else np.zeros(0, kind)
