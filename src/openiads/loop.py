"""The slow path: a run in which a tracker of the user's own follows what each node's radars report.

The engine does the rest of every tick. A tracker is handed plots and the radars that they come from, nothing else:
no truth, no picture, and not what becomes of its tracks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from openiads.engine import step
from openiads.engine.sensing import NO_CODE
from openiads.engine.tracking import FIRM, FREE, IFF_GROUPS, NEVER, TENTATIVE
from openiads.scenario.build import Simulation
from openiads.tracking import Config, Model, Plots, Radar, Tracks
from openiads.tracking.own import Checked, Maker
from openiads.tracking.tracker import KINDS


class Loop:
    """Ticks of a simulation with a tracker of the user's own at every node that has radars and tracks."""

    def __init__(self, simulation: Simulation, maker: Maker) -> None:
        self.simulation = simulation
        self._nodes = [_Node(simulation, int(n), maker) for n in tracking_nodes(simulation)]
        self._begun = False

    def __call__(self, first: int, ticks: int) -> None:
        """Run ticks as `step.simulate` does."""
        s = self.simulation
        if not self._begun:
            for node in self._nodes:
                node.begin(first * s.tick)
            self._begun = True
        for i in range(first, first + ticks):
            step.simulate(s.params, s.state, i, s.tick, 1, step.OBSERVE)
            for node in self._nodes:
                node.follow((i + 1) * s.tick)
            step.simulate(s.params, s.state, i, s.tick, 1, step.RESPOND)


def tracking_nodes(simulation: Simulation) -> np.ndarray:
    """Nodes that have a tracker and plots for it, int64[n]."""
    active = simulation.params.trackers.active
    return np.flatnonzero(active & np.isin(np.arange(active.size), simulation.params.feeds.node))


def radars_of(simulation: Simulation, rows: np.ndarray) -> list[Radar]:
    """Radars as a tracker is told of them; a carried one stands where it is at the start."""
    r = simulation.params.radars
    return [
        Radar(
            simulation.scenario.radars[k].name, float(r.antenna[k, 0]), float(r.antenna[k, 1]), float(r.antenna[k, 2]),
            sigma_range=float(r.sigma[k, 0]) if r.dimensions[k] > 1 else None, sigma_azimuth=float(r.sigma[k, 1]),
            sigma_elevation=float(r.sigma[k, 2]) if r.dimensions[k] == 3 else None, period=float(r.period[k]),
            sigma_range_rate=float(r.sigma[k, 3]) or None,
            reach=float(r.reach[k, 1]),
        )
        for k in rows
    ]  # fmt: skip


def config_of(simulation: Simulation, n: int) -> Config:
    """What the tracker that ships is set to at a node."""
    t, feeds = simulation.params.trackers, simulation.params.feeds
    longest = float(simulation.params.radars.period[feeds.radar[feeds.node == n]].max())
    models = [
        Model(KINDS[kind], float(accel), float(sojourn), float(prior), 1.0 / float(drag) if drag > 0.0 else math.inf)
        for kind, accel, sojourn, prior, drag in zip(t.kind, t.accel[n], t.sojourn, t.prior, t.drag, strict=True)
    ]
    return Config(
        tuple(models), speed=float(t.speed[n]), hits=int(t.hits[n]), confirm_scans=round(float(t.window[n]) / longest, 9),
        coast_scans=round(float(t.coast[n]) / longest, 9), gate=float(t.gate[n]), tick=simulation.tick,
        association="jpda" if t.joint[n] else "gnn", lifecycle="score" if t.scored[n] else "count", detection=float(t.detect[n]),
    )  # fmt: skip


@dataclass
class _Book:
    """What is kept of a track number beside its estimate: what the plots said that its track took."""

    t_first: float  # s
    luck: int
    radar_t: np.ndarray  # float64[K] s
    t_last: float = -math.inf  # s
    hits: int = 0
    asked: np.ndarray = field(default_factory=lambda: np.zeros(3, np.int32))
    answered: np.ndarray = field(default_factory=lambda: np.zeros(3, np.int32))
    plot: int = -1  # row of the last plot of this tick
    address: int = NO_CODE  # of mode S, as last reported
    slot: int = -1
    firm: bool = False


class _Node:
    """The tracker of one node, and what it says written into the arrays of the engine's tracking stage.

    Slots are given and given back as that stage does, so that the same tracks lie in the same places.
    """

    def __init__(self, simulation: Simulation, n: int, maker: Maker) -> None:
        self.n, self.plots, self.tracks = n, simulation.state.plots, simulation.state.tracks
        self.feeds = np.flatnonzero(simulation.params.feeds.node == n)
        self.window = float(simulation.params.trackers.window[n])
        self.tracker = Checked(
            maker, radars_of(simulation, simulation.params.feeds.radar[self.feeds]), config_of(simulation, n)
        )
        self.books: dict[int, _Book] = {}  # by number

    def begin(self, t: float) -> None:
        """Tell the tracker when time begins (s)."""
        self.tracker.process(Plots.joined([]), t)

    def follow(self, t1: float) -> None:
        """Hand over the plots of the tick that ends at t1 (s), and take the tracks."""
        p, first = self.plots, self.plots.first
        rows = np.concatenate([np.arange(first[r], first[r + 1]) for r in self.feeds])
        local = np.repeat(np.arange(self.feeds.size), first[self.feeds + 1] - first[self.feeds])
        order = np.argsort(p.t[rows], kind="stable")  # the engine's own order would tell which plots are of one body
        q = rows[order]
        points = Plots.points(p.t[q], local[order], p.pos[q], p.cov[q], p.starts[q])
        plots = replace(
            points, single=p.single[q], gauge=p.gauge[q], wide=p.wide[q], address=p.address[q], mode_3a=p.code[q]
        )
        found = self.tracker.process(plots, t1)
        taken = np.zeros(rows.size, np.int64)
        taken[order] = found.partner
        self._count(rows, local, taken)
        self._show(found, t1)
        self._settle(set(found.number.tolist()), t1)

    def _count(self, rows: np.ndarray, local: np.ndarray, taken: np.ndarray) -> None:
        """Enter the plots of a tick into the books of the tracks that took them."""
        p = self.plots
        for book in self.books.values():
            book.plot = -1
        for q, r, number in zip(rows.tolist(), local.tolist(), taken.tolist(), strict=True):
            if number == 0:
                continue
            t, reply = float(p.t[q]), int(p.reply[q])
            book = self.books.get(number) or self._open(number, t, int(p.luck[q]))
            book.hits += 1
            book.t_last, book.radar_t[r], book.plot = max(book.t_last, t), max(book.radar_t[r], t), q
            if p.address[q] != NO_CODE:
                book.address = int(p.address[q])
            book.asked += [reply & group != 0 for group in IFF_GROUPS]
            book.answered += [reply >> 8 & group != 0 for group in IFF_GROUPS]

    def _open(self, number: int, t: float, luck: int) -> _Book:
        """A book for a new number; without a slot for it a start is dropped."""
        book = self.books[number] = _Book(t, luck, np.full(self.tracks.radar_t.shape[2], NEVER))
        self._place(number, book)
        self.tracks.dropped[0] += book.slot < 0
        return book

    def _place(self, number: int, book: _Book) -> None:
        """The first free slot, if there is one."""
        free = np.flatnonzero(self.tracks.status[self.n] == FREE)
        if free.size:
            book.slot = int(free[0])
            self.tracks.status[self.n, book.slot], self.tracks.number[self.n, book.slot] = TENTATIVE, number

    def _show(self, found: Tracks, t1: float) -> None:
        """The tracks as the tracker has them, and what the books say of them."""
        to, n = self.tracks, self.n
        for number in found.number.tolist():
            book = self.books.get(number) or self._open(number, t1, number % 2**32)
            book.firm = True
            if book.slot < 0:
                self._place(number, book)
        for book in self.books.values():
            if (s := book.slot) >= 0:
                to.t_first[n, s], to.hits[n, s] = book.t_first, book.hits
                to.luck[n, s], to.plot[n, s], to.address[n, s] = book.luck, book.plot, book.address
                to.asked[n, s], to.answered[n, s], to.radar_t[n, s] = book.asked, book.answered, book.radar_t
        slots = np.array([self.books[number].slot for number in found.number.tolist()], np.int64)
        there = slots >= 0
        at, x, p, t_update = (column[there] for column in (slots, found.x, found.p, found.t_update))
        to.status[n, at], to.x[n, at], to.p[n, at], to.t_update[n, at] = FIRM, x, p, t_update

    def _settle(self, shown: set[int], t1: float) -> None:
        """A track that is no longer shown is over; one that is not shown in time gives its slot back."""
        for number, book in list(self.books.items()):
            if number in shown or not (book.firm or t1 - book.t_first > self.window):
                continue
            if book.slot >= 0:
                self.tracks.status[self.n, book.slot], self.tracks.plot[self.n, book.slot] = FREE, -1
                book.slot = -1
            if book.firm or t1 - book.t_last > self.window:
                del self.books[number]
