"""A tracker of one node: give it plots as they come, it gives back its firm tracks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from openiads.engine import sensing
from openiads.engine import tracking as engine
from openiads.engine.tracking.batch import empty_log, track_all
from openiads.engine.tracking.evidence import USUAL
from openiads.errors import UsageError
from openiads.tracking.earth import Earth, require_earth
from openiads.tracking.plots import Plots, Radar, Source, bundle, true_times

_ROOM = 512  # slots of a new tracker; it grows
_ALMOST = 1e-6  # of a tick, by which the time that a call says may fall short of an update
_LOG = 1 << 12  # rows that are logged in one call
_DIMENSIONS = np.array([3, 4, 1])  # of plots without more, with a range rate, of a bearing alone

_ASSOCIATIONS, _LIFECYCLES = ("gnn", "jpda"), ("count", "score")
Kind = Literal["straight", "turning", "falling", "accelerating"]
KINDS: tuple[Kind, ...] = get_args(Kind)  # in the order of the engine's constants


@dataclass(frozen=True)
class Model:
    """One motion model: straight, a turn at the rate the track shows, free fall with drag, or the acceleration it shows."""

    kind: Kind = "straight"
    accel: float = (
        5.0  # m/s2, one-sigma acceleration over a second that the model leaves to chance; of its change if accelerating
    )
    sojourn: float = 20.0  # s that it holds on average before another takes over
    prior: float = 1.0  # weight of the model for a new track
    ballistic_coefficient: float = math.inf  # kg/m2 of a falling model; infinite without drag

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UsageError(f"tracker: no motion model '{self.kind}'; accepted: {', '.join(KINDS)}")
        for name in ("accel", "sojourn", "prior"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise UsageError(
                    f"tracker: {name} of a {self.kind} model = {getattr(self, name)!r} must be a number above 0"
                )
        if not self.ballistic_coefficient > 0.0:
            raise UsageError(f"tracker: ballistic_coefficient = {self.ballistic_coefficient!r} must be above 0 kg/m2")


MANOEUVRING = (Model("straight", 2.0, 25.0), Model("turning", 4.0, 14.0))


@dataclass(frozen=True)
class Config:
    """What a tracker is set to (docs/equations/tracking.md); times in scans count the longest period of its radars."""

    models: tuple[Model, ...] = (Model(),)  # several interact (IMM); MANOEUVRING is a set for aircraft
    speed: float = 250.0  # m/s, one-sigma speed of a new track on each axis
    hits: int = 3  # plots that confirm a track, by count ...
    confirm_scans: float = 3.5  # ... within this time of the first
    coast_scans: float = 3.5  # without a plot until a track is dropped
    gate: float = 25.0  # chi-square of 3 degrees
    tick: float | None = None  # s between updates; the shortest period if None
    association: Literal["gnn", "jpda"] = "gnn"  # the likeliest plot of a track, or all that may be its, by probability
    lifecycle: Literal["count", "score"] = "score"  # hits and scans as above, or the odds that a track is of a body
    detection: float = 0.9  # probability that a radar sees a body that it covers; for jpda and scores
    false_start: float = 1e-4  # probability that a plot of clutter becomes a firm track; of scores, as the next two
    missed: float = 0.01  # that a body is given up before its track is firm
    lost: float = 1e-3  # that a body in sight stays unseen until its firm track is given up
    late: float = 0.0  # s by which a plot may come after the update of its time; it then goes into the next one

    def __post_init__(self) -> None:
        for name in ("speed", "confirm_scans", "coast_scans", "gate"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise UsageError(f"tracker: {name} = {getattr(self, name)!r} must be a number above 0")
        if not (self.hits >= 1 and self.hits == int(self.hits)):
            raise UsageError(f"tracker: hits = {self.hits!r} must be a whole number, 1 or more")
        if not self.models:
            raise UsageError("tracker: models is empty; give at least one motion model")
        if self.tick is not None and not 0.0 < self.tick < math.inf:
            raise UsageError(f"tracker: tick = {self.tick!r} must be a number of seconds above 0, or None")
        if self.association not in _ASSOCIATIONS or self.lifecycle not in _LIFECYCLES:
            raise UsageError(
                f"tracker: association = {self.association!r}, lifecycle = {self.lifecycle!r}; accepted: "
                f"{' or '.join(_ASSOCIATIONS)}, {' or '.join(_LIFECYCLES)}"
            )
        for name in ("detection", "false_start", "missed", "lost"):
            if not 0.0 < getattr(self, name) < 1.0:
                raise UsageError(f"tracker: {name} = {getattr(self, name)!r} must lie between 0 and 1")
        if self.association == "jpda" and any(m.kind == "accelerating" for m in self.models):
            raise UsageError(
                "tracker: association = 'jpda' works with models that are straight, turning or falling, not accelerating"
            )
        if not 0.0 <= self.late < math.inf:
            raise UsageError(f"tracker: late = {self.late!r} must be a number of seconds, 0 or more")


@dataclass(frozen=True)
class Tracks:
    """Firm tracks at the end of every tick, as columns [N]; and what became of each plot, [Q]."""

    t: np.ndarray  # s
    number: np.ndarray
    t_update: np.ndarray  # s, last plot
    x: np.ndarray  # float64[N, 6] m, m/s, earth-centred
    p: np.ndarray  # float64[N, 21] covariance: position [6], position x velocity [9], velocity [6]
    partner: np.ndarray  # int64[Q] number of the track that took it, 0 for none and as long as it waits
    nis: np.ndarray | None = None  # float64[Q] normalised innovation squared there, NaN where there was no track before
    freedom: np.ndarray | None = None  # int64[Q] dimensions of that: 3, 4 with a range rate, 1 of a bearing

    def __len__(self) -> int:
        return len(self.t)


class Tracker:
    """One node's tracker. `process` may be called again and again: where calls are cut changes nothing if each says `until`.

    With Config.late plots may be older than the last tick by so much: they are taken in, in their order, before what is new.
    The earth is the simulator's sphere, or "wgs84" for plots and positions that were really measured.
    """

    def __init__(self, radars: Sequence[Radar | Source], config: Config | None = None, earth: Earth = "sphere") -> None:
        if not radars:
            raise UsageError("a tracker needs at least one radar")
        require_earth(earth)
        self.radars, self.config, self.earth = list(radars), config or Config(), earth
        self.tick = self.config.tick or min(r.period for r in self.radars)
        longest = max(r.period for r in self.radars)
        c = self.config
        self._settings = engine.Trackers(
            active=np.ones(1, np.bool_),
            kind=np.array([KINDS.index(m.kind) for m in c.models], np.int8),
            accel=np.array([[m.accel for m in c.models]]),
            sojourn=np.array([m.sojourn for m in c.models]),
            prior=np.array([m.prior for m in c.models]) / sum(m.prior for m in c.models),
            drag=np.array([1.0 / m.ballistic_coefficient for m in c.models]),
            speed=np.full(1, c.speed),
            hits=np.full(1, c.hits, np.int32),
            window=np.full(1, c.confirm_scans * longest),
            coast=np.full(1, c.coast_scans * longest),
            gate=np.full(1, c.gate),
            joint=np.full(1, c.association == "jpda"),
            scored=np.full(1, c.lifecycle == "score"),
            detect=np.full(1, c.detection),
            scan=np.array([[r.period for r in self.radars]]),
            late=np.full(1, c.late),
            limit=np.array([_limits(c)]),
        )
        self._tracks = engine.empty_tracks(1, _ROOM, len(self.radars), len(c.models))
        self._scratch = engine.empty_scratch(_ROOM, _ROOM, models=len(c.models))
        self._log = empty_log(_LOG)
        self._start: float | None = None  # s, where the first tick begins
        self._done = 0  # ticks
        self._waiting = Plots.joined([])  # of a tick that is not over

    def process(self, plots: Plots, until: float | None = None) -> Tracks:
        """Firm tracks after every tick up to the last plot; or those over by a time (s), and what is later waits."""
        self._admit(plots)
        waited, plots = len(self._waiting), replace(plots, t=true_times(plots, self.radars))
        plots = Plots.joined([self._waiting, plots]) if waited else plots
        if len(plots) == 0 and until is None:
            return _joined([], np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64))
        if self._start is None:
            self._start = (float(plots.t.min()) if len(plots) else float(until or 0.0)) - self.tick
        now = self._start + self.tick * self._done
        if len(plots) and plots.t.min() <= now - self.config.late:
            raise UsageError(
                f"plots: the first is of {plots.t.min():g} s, but tracks are already at {now:g} s; sort the calls by time, "
                "say in each up to when all plots are there (until), or let them come late (Config.late)"
            )
        due = _due(plots.t)
        if until is None:
            last = max(self._done, math.ceil((due.max() - self._start) / self.tick))
            last += int(due.max() > self._start + self.tick * last)  # what the division rounded off
        else:
            last = max(self._done, math.floor((until - self._start) / self.tick + _ALMOST))
        waits = due > self._start + self.tick * last
        self._waiting = plots.rows(waits)
        if not waits.any():  # no copy of what need not be copied
            pieces, *of_plots = self._follow(plots, now, last)
        else:
            pieces, *of_rows = self._follow(plots.rows(~waits), now, last)
            of_plots = [np.zeros(len(plots), np.int64), np.full(len(plots), np.nan), np.zeros(len(plots), np.int64)]
            for column, found in zip(of_plots, of_rows, strict=True):
                column[~waits] = found
        return _joined(pieces, *(column[waited:] for column in of_plots))

    def _admit(self, plots: Plots) -> None:
        """Refuse plots that can not be used."""
        refused = np.flatnonzero(plots.refused(self.radars))
        if refused.size:
            bad = int(refused[0])
            raise UsageError(
                f"plots: row {bad} can not be used (t {plots.t[bad]:g}, radar {plots.radar[bad]}, range {plots.range[bad]:g}); "
                "numbers must be finite, angles in radians, errors above 0; leave such rows out (Plots.refused finds them)"
            )

    def _follow(
        self, plots: Plots, now: float, last: int
    ) -> tuple[list[tuple[np.ndarray, ...]], *tuple[np.ndarray, ...]]:
        """Ticks up to number `last` from where tracks are (s): pieces of tracks, and partner, nis and freedom of plots."""
        assert self._start is not None
        late, again = _late(plots.t, now, self.tick)
        times = np.append(np.full(again, now), self._start + self.tick * np.arange(self._done, last + 1))
        tick_of = np.where(late >= 0, late, again + _tick_of(plots.t, times[again:]))
        order, first = grouped(plots, tick_of, len(times) - 1, len(self.radars))
        ready = bundle(plots.rows(order), self.radars, self.earth)
        if again:
            drift = _drift(self.config.models[0], np.where(late >= 0, now - plots.t, 0.0))[order]
            ready.cov[: len(plots), [0, 3, 5]] += drift[:, None]
        pieces = list(self._run(ready, first, times))
        self._done = last
        scratch, back, n = self._scratch, np.argsort(order), len(plots)
        return pieces, scratch.taken[:n][back], scratch.nis[:n][back], _DIMENSIONS[ready.single[:n]][back]

    @property
    def clutter(self) -> np.ndarray:
        """False plots of each radar, [R], in one blur of a plot, (2 pi)^(n/2) |R|^(1/2); NaN unless jpda or scores count."""
        if not (self._settings.joint[0] or self._settings.scored[0]):
            return np.full(len(self.radars), np.nan)
        counted = self._tracks.clutter[0]
        return (counted[:, 0] + USUAL[0]) / (counted[:, 1] + USUAL[1])

    def _run(self, plots: sensing.Plots, first: np.ndarray, times: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
        """As many ticks at a time as there is room for tracks and rows."""
        nodes, local = np.zeros(len(self.radars), np.int32), np.arange(len(self.radars), dtype=np.int32)
        self._reserve(0, int(np.diff(first).max(initial=1)))
        self._scratch = self._scratch._replace(
            taken=np.zeros(plots.t.size, np.int64), nis=np.full(plots.t.size, np.nan)
        )
        k, ticks = 0, len(times) - 1
        while k < ticks:
            log = self._log
            done = track_all(
                self._settings, nodes, local, plots, self._tracks, self._scratch, first, times, k, ticks, log
            )
            rows = slice(int(log.count[0]))
            yield tuple(
                column[rows].copy() for column in (times[log.tick[rows] + 1], log.number, log.t_update, log.x, log.p)
            )
            if done == k:
                needed = int(np.count_nonzero(self._tracks.status)) + int(first[k, -1] - first[k, 0])
                self._reserve(needed, int(self._scratch.matching.track_of.size))
            k = done

    def _reserve(self, slots: int, plots: int) -> None:
        """Room for tracks, and for the plots of a radar in a tick; grows by doubling."""
        if slots > self._tracks.status.shape[1]:
            self._grow(2 * slots)
        matching, room = self._scratch.matching, self._tracks.status.shape[1]
        if matching.plot_of.size < room or matching.track_of.size < plots:
            taken, nis, models = self._scratch.taken, self._scratch.nis, len(self.config.models)
            self._scratch = engine.empty_scratch(room, max(plots, matching.track_of.size), models=models)
            self._scratch = self._scratch._replace(taken=taken, nis=nis)
        if self._log.tick.size < 2 * room:
            self._log = empty_log(2 * room)

    def _grow(self, slots: int) -> None:
        """Room for more tracks; those that are there keep their slots."""
        before = self._tracks
        larger = engine.empty_tracks(1, slots, len(self.radars), len(self.config.models))
        for old, new in zip(before, larger, strict=True):
            new[tuple(slice(n) for n in old.shape)] = old
        self._tracks = larger


def _limits(c: Config) -> tuple[float, float, float]:
    """Wald's limits of the logarithm of the odds for the two errors; and how far a firm track may fall below its best."""
    return math.log((1.0 - c.missed) / c.false_start), math.log(c.missed / (1.0 - c.false_start)), -math.log(c.lost)


def _late(t: np.ndarray, now: float, tick: float) -> tuple[np.ndarray, int]:
    """Which of the updates that come before all others, and take no time, each late plot belongs to, -1 for none; how many.

    Each stands for one that is past: a radar reports a body once in it.
    """
    late = t <= now
    if not late.any():
        return np.full(len(t), -1), 0
    ago = np.where(late, np.floor((now - t) / tick + 1e-9), -1).astype(np.int64)
    kinds = np.unique(ago[late])[::-1]
    return np.where(late, np.searchsorted(-kinds, -ago), -1), len(kinds)


def _drift(model: Model, back: np.ndarray) -> np.ndarray:
    """Variance (m2) on each axis of where a track was so many seconds ago that chance accelerations since leave open."""
    density = model.accel**2 * engine.UNIT_TIME
    return density * (back**5 / 20.0 if model.kind == "accelerating" else back**3 / 3.0)


def _tick_of(t: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The tick, (times[k], times[k + 1]], of each plot."""
    return np.maximum(0, np.searchsorted(times, _due(t), side="left") - 1)


def _due(t: np.ndarray) -> np.ndarray:
    """Times (s) by which plots are told to ticks: one that is behind the end of a tick by rounding alone is still of it."""
    return t * (1.0 - 1e-15) - 1e-9


def grouped(plots: Plots, tick_of: np.ndarray, ticks: int, radars: int) -> tuple[np.ndarray, np.ndarray]:
    """The order of plots, int64[Q], and where those of each tick and radar begin in it, int64[ticks, radars + 1]."""
    order = np.lexsort((plots.t, plots.radar, tick_of))
    edges = np.searchsorted(tick_of[order] * radars + plots.radar[order], np.arange(ticks * radars + 1))
    return order, edges[np.arange(ticks)[:, None] * radars + np.arange(radars + 1)]


def _joined(pieces: list[tuple[np.ndarray, ...]], *of_plots: np.ndarray) -> Tracks:
    if not pieces:
        return Tracks(np.zeros(0), np.zeros(0, np.int64), np.zeros(0), np.zeros((0, 6)), np.zeros((0, 21)), *of_plots)
    t, number, t_update, x, p = (
        pieces[0] if len(pieces) == 1 else (np.concatenate(column) for column in zip(*pieces, strict=True))
    )
    return Tracks(t, number, t_update, x, p, *of_plots)
