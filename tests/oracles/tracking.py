"""The tracking stage once more, slow and readable: full matrices, every pair, scipy's assignment.

It shares no code with the kernels and follows docs/equations/tracking.md. Plots are plain objects here;
`pack` turns them into the arrays that the kernels read.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import block_diag
from scipy.optimize import linear_sum_assignment

from openiads.engine.sensing import IFF_MODES, Plots, empty_plots
from openiads.engine.tracking import Trackers, Tracks

UPPER = np.triu_indices(3)
FORBIDDEN = 1e9  # a cost that no optimal assignment contains


@dataclass(frozen=True)
class Plot:
    """One radar report."""

    t: float
    pos: np.ndarray  # m
    cov: np.ndarray  # [3, 3] m2
    reply: int = 0
    luck: int = 0


@dataclass
class OracleTrack:
    """One track; its slot and number are those the kernel has to give it."""

    slot: int
    number: int
    x: np.ndarray
    p: np.ndarray
    t_first: float
    firm: bool = False
    hits: int = 0
    t_update: float = -1e9
    replies: np.ndarray = field(default_factory=lambda: np.zeros(6, int))
    luck: int = 0
    plot: int = -1
    looks: dict[int, float] = field(default_factory=dict)


def pack(radars: list[list[Plot]], room: int = 0) -> Plots:
    """Plots by radar into arrays, with room for at least [room]."""
    rows = [plot for plots in radars for plot in plots]
    size = max(room, len(rows), 1)
    plots, _ = empty_plots(len(radars), size)
    plots.first[:] = np.cumsum([0, *map(len, radars)])
    plots.starts[:] = True
    for q, plot in enumerate(rows):
        plots.t[q], plots.pos[q], plots.cov[q] = plot.t, plot.pos, plot.cov[UPPER]
        plots.reply[q], plots.luck[q] = plot.reply, plot.luck
    return plots


def trackers(nodes: int = 1, **settings: float) -> Trackers:
    """The same settings at every node; those of an aircraft tracker unless said."""
    s = {"accel": 5.0, "speed": 300.0, "hits": 3, "window": 20.0, "coast": 20.0, "gate": 16.0} | settings
    return Trackers(
        np.ones(nodes, np.bool_), np.zeros(1, np.int8), np.full((nodes, 1), s["accel"]), np.ones(1), np.ones(1), np.zeros(1),
        np.full(nodes, s["speed"]),
        np.full(nodes, s["hits"], np.int32), np.full(nodes, float(s["window"])), np.full(nodes, float(s["coast"])),
        np.full(nodes, s["gate"]),
        np.zeros(nodes, np.bool_), np.zeros(nodes, np.bool_), np.full(nodes, 0.9), np.full((nodes, 1), 4.0),
        np.zeros(nodes), np.zeros((nodes, 3)),
    )  # fmt: skip


def covariance(tracks: Tracks, n: int, s: int) -> np.ndarray:
    """The packed covariance of a track as a matrix [6, 6]."""
    return unpack_covariance(tracks.p[n, s])


def unpack_covariance(packed: np.ndarray) -> np.ndarray:
    """A covariance as the kernels hold it [21] as a matrix [6, 6]."""
    p = np.zeros((6, 6))
    p[:3, :3][UPPER] = packed[:6]
    p[:3, 3:] = packed[6:15].reshape(3, 3)
    p[3:, 3:][UPPER] = packed[15:]
    return np.triu(p) + np.triu(p, 1).T


def pack_covariance(p: np.ndarray) -> np.ndarray:
    """A covariance [6, 6] as the kernels hold it [21]."""
    return np.concatenate([p[:3, :3][UPPER], p[:3, 3:].ravel(), p[3:, 3:][UPPER]])


def transition(dt: float) -> np.ndarray:
    """Constant velocity over dt."""
    f = np.eye(6)
    f[:3, 3:] = dt * np.eye(3)
    return f


def noise(dt: float, density: float) -> np.ndarray:
    """An acceleration that is constant over dt, with variance density / dt on each axis."""
    gain = np.vstack([0.5 * dt**2 * np.eye(3), dt * np.eye(3)])
    return gain @ gain.T * (density / dt if dt else 0.0)


def look(back: float) -> np.ndarray:
    """Position `back` seconds ago out of a state."""
    return np.hstack([np.eye(3), -back * np.eye(3)])


class OracleNode:
    """The tracker of one node."""

    def __init__(self, slots: int, accel: float, speed: float, hits: int, window: float, coast: float, gate: float,
                 second_look: float = 0.25) -> None:  # fmt: skip
        self.slots, self.density, self.speed, self.hits = slots, accel**2, speed, hits
        self.window, self.coast, self.gate, self.second_look = window, coast, gate, second_look
        self.tracks: list[OracleTrack] = []
        self.number = 1
        self.dropped = 0

    def tick(self, radars: list[list[Plot]], t0: float, t1: float, row: int = 0) -> None:
        """Bring the node from t0 to t1; `row` is the number of its first plot."""
        f = transition(t1 - t0)
        for track in self.tracks:
            track.plot = -1
            track.x, track.p = f @ track.x, f @ track.p @ f.T + noise(t1 - t0, self.density)
        for radar, plots in enumerate(radars):
            self._turn(radar, plots, t0, t1, row)
            row += len(plots)
        for track in self.tracks:
            in_time = track.t_update - track.t_first <= self.window
            track.firm = track.firm or (track.hits >= self.hits and in_time)
        self.tracks = [track for track in self.tracks if self._lives(track, t1)]

    def _lives(self, track: OracleTrack, t1: float) -> bool:
        return t1 - track.t_update <= self.coast if track.firm else t1 - track.t_first <= self.window

    def _turn(self, radar: int, plots: list[Plot], t0: float, t1: float, row: int) -> None:
        cost = self.costs(plots, t1)
        rows, columns = linear_sum_assignment(cost)
        partner = dict(zip(rows.tolist(), columns.tolist(), strict=True))
        known = list(self.tracks)
        left = []
        for i, plot in enumerate(plots):
            if partner[i] < len(known):
                self._update(known[partner[i]], radar, plot, t1, row + i)
            else:
                left.append(i)
        for i in left:
            again = self._seen_before(radar, plots[i], t0, t1)
            if again is not None:
                self._update(again, radar, plots[i], t1, row + i)
            else:
                self._start(radar, plots[i], t1, row + i)

    def costs(self, plots: list[Plot], t1: float) -> np.ndarray:
        """[plots, tracks + plots]: each pair, and for each plot a column of its own for being left alone."""
        cost = np.full((len(plots), len(self.tracks) + len(plots)), FORBIDDEN)
        for i, plot in enumerate(plots):
            sizes = [0.0]
            for j, track in enumerate(self.tracks):
                far, size = self._far(track, plot, t1)
                if far <= self.gate:
                    cost[i, j] = far + size
                    sizes.append(size)
            cost[i, len(self.tracks) + i] = self.gate + max(sizes[1:] or sizes)
        return cost

    def _far(self, track: OracleTrack, plot: Plot, t1: float) -> tuple[float, float]:
        h = look(t1 - plot.t)
        s = h @ track.p @ h.T + plot.cov
        y = plot.pos - h @ track.x
        return float(y @ np.linalg.solve(s, y)), float(np.linalg.slogdet(s)[1])

    def _seen_before(self, radar: int, plot: Plot, t0: float, t1: float) -> OracleTrack | None:
        rivals = [
            (sum(self._far(track, plot, t1)), track.slot, track)
            for track in self.tracks
            if track.looks.get(radar, -1e9) > t0
            and abs(track.looks[radar] - plot.t) > self.second_look
            and self._far(track, plot, t1)[0] <= self.gate
        ]
        return min(rivals)[2] if rivals else None

    def _update(self, track: OracleTrack, radar: int, plot: Plot, t1: float, row: int) -> None:
        h = look(t1 - plot.t)
        s = h @ track.p @ h.T + plot.cov
        gain = np.linalg.solve(s, h @ track.p).T
        joseph = np.eye(6) - gain @ h
        track.x = track.x + gain @ (plot.pos - h @ track.x)
        track.p = joseph @ track.p @ joseph.T + gain @ plot.cov @ gain.T
        self._credit(track, radar, plot, row)

    def _credit(self, track: OracleTrack, radar: int, plot: Plot, row: int) -> None:
        track.hits += 1
        track.t_update = max(track.t_update, plot.t)
        track.looks[radar] = max(track.looks.get(radar, -1e9), plot.t)
        groups = ("3A", "C", "S", "ADS-B"), ("1", "2"), ("4", "5")
        for g, modes in enumerate(groups):
            bits = [IFF_MODES.index(mode) for mode in modes]
            track.replies[g] += any(plot.reply >> bit & 1 for bit in bits)
            track.replies[3 + g] += any(plot.reply >> (8 + bit) & 1 for bit in bits)
        track.plot = max(track.plot, row)

    def _start(self, radar: int, plot: Plot, t1: float, row: int) -> None:
        free = sorted(set(range(self.slots)) - {track.slot for track in self.tracks})
        if not free:
            self.dropped += 1
            return
        f = transition(t1 - plot.t)
        p = block_diag(plot.cov, self.speed**2 * np.eye(3))
        track = OracleTrack(
            free[0], self.number, f @ np.concatenate([plot.pos, np.zeros(3)]),
            f @ p @ f.T + noise(t1 - plot.t, self.density), plot.t, luck=plot.luck,
        )  # fmt: skip
        self._credit(track, radar, plot, row)
        self.number += 1
        self.tracks.append(track)
