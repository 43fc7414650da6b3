"""A tracker of one's own: what it has to offer, how it is found, and a check of all that it says. docs/guide.md."""

from __future__ import annotations

import importlib
import math
import re
import sys
import sysconfig
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from openiads.errors import UsageError
from openiads.tracking.earth import Earth
from openiads.tracking.fusion import full_covariance
from openiads.tracking.plots import Plots, Radar, Source, bundle
from openiads.tracking.tracker import Config, Tracks
from openiads.tracking.truth import SAME_TIME

BUILT_IN = "built-in"  # what the tracker that ships is called
_NAMED = re.compile(r"\w[\w.]*:[A-Za-z_]\w*")
_WIDTH: dict[str, tuple[int, ...]] = {"t": (), "number": (), "t_update": (), "x": (6,), "p": (21,)}  # of columns [N]
_VARIANCES = [0, 3, 5, 15, 18, 20]  # of p
_FARTHEST, _FASTEST = 1e9, 1e5  # m, m/s, on each axis: more is no body
_ROUNDING = 1e-6  # by which an eigenvalue of scaled covariances may be off
_HERE, _PYTHON = Path(__file__).parents[1], Path(sysconfig.get_paths()["stdlib"])


class OwnTracks(Protocol):
    """The tracks of a node at one moment as columns [N], and who took the Q plots; `openiads.tracking.Tracks` is one."""

    @property
    def t(self) -> Any:
        """The moment, in every row; s."""

    @property
    def number(self) -> Any:
        """From 1; a track keeps its number, and no later one gets it."""

    @property
    def t_update(self) -> Any:
        """Last plot of each; s."""

    @property
    def x(self) -> Any:
        """Position and velocity, earth-centred, [N, 6]; m, m/s."""

    @property
    def p(self) -> Any:
        """Covariance, [N, 21]: position xx xy xz yy yz zz, position x velocity row by row, velocity (packed_covariance)."""

    @property
    def partner(self) -> Any:
        """Number of the track that took each plot, [Q], also of one that is not shown yet; 0 for none."""


class OwnTracker(Protocol):
    """What follows the plots of one node."""

    def process(self, plots: Plots, until: float) -> OwnTracks:
        """Take in the plots up to a moment (s) and give the tracks of that moment.

        Called once a tick, with or without plots; the first time without any, at the moment at which time begins. Plots
        are sorted by time. Each has its `radar`, a `point` (m, earth-centred) with its `covariance`, and `starts` if it
        may begin a track (a bearing alone may not); beside it `address`, `mode_3a`, and a range rate or a bearing in `gauge`.
        """


class TrackerClass(Protocol):
    """What makes the tracker of a node from its radars and from what the tracker that ships is set to there."""

    def __call__(self, radars: Sequence[Radar | Source], config: Config, /) -> OwnTracker:
        """A new tracker."""


class Maker(NamedTuple):
    """A class of trackers and how it is called in messages and tables."""

    name: str
    make: TrackerClass


def find_tracker(tracker: str | TrackerClass) -> Maker:
    """A class, or the one that `module:Class` names; modules of the current folder are found too, as by `python -m`."""
    if not isinstance(tracker, str):
        if not callable(tracker):
            raise UsageError(
                f"tracker: a {type(tracker).__name__} is neither a class nor the name of one (module:Class)"
            )
        return Maker(f"{tracker.__module__}:{getattr(tracker, '__qualname__', type(tracker).__name__)}", tracker)
    if not _NAMED.fullmatch(tracker):
        raise UsageError(f"tracker '{tracker}': write module:Class, as my_tracker:MyTracker")
    module, _, attribute = tracker.partition(":")
    found = _import(module, tracker)
    make = getattr(found, attribute, None)
    if make is None:
        offered = sorted(k for k, v in vars(found).items() if isinstance(v, type) and v.__module__ == module)
        raise UsageError(
            f"tracker '{tracker}': '{module}' has no '{attribute}'; it defines: {', '.join(offered) or 'no class'}"
        )
    if not callable(make):
        raise UsageError(f"tracker '{tracker}': '{attribute}' is a {type(make).__name__}, not a class")
    return Maker(tracker, make)


def _import(module: str, tracker: str) -> Any:
    """A module of the current folder or of an installed package."""
    if not {"", str(Path.cwd())} & set(sys.path):
        sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(module)
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{error.name}."):
            raise UsageError(
                f"tracker '{tracker}': there is no module '{error.name}' in this folder or among the installed packages"
            ) from None
        raise UsageError(f"tracker '{tracker}': '{module}' can not be imported: {_told(error)}") from error


def _told(error: BaseException) -> str:
    """An exception in one line, with the line of the user's own code that led to it."""
    text = " ".join(f"{type(error).__name__}: {error}".split())
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not _foreign(f.filename)]
    if not frames or isinstance(error, SyntaxError):
        return text
    return f"{text} ({Path(frames[-1].filename).name}, line {frames[-1].lineno}: {frames[-1].line})"


def _foreign(file: str) -> bool:
    """Is a file a part of Python, of an installed package or of this one."""
    path = Path(file)
    return file.startswith("<") or "site-packages" in file or any(path.is_relative_to(p) for p in (_HERE, _PYTHON))


class Checked:
    """A tracker of the user's own at one node, and a check of everything that it says."""

    def __init__(self, maker: Maker, radars: Sequence[Radar | Source], config: Config) -> None:
        self.name = maker.name
        try:
            self._tracker = maker.make(list(radars), config)
        except (Exception, SystemExit) as error:
            raise self._wrong(f"called with (radars, config) it fails: {_told(error)}") from error
        if not callable(getattr(self._tracker, "process", None)):
            raise self._wrong("it has no method process(plots, until)")
        self._shown: set[int] = set()  # numbers of the last answer
        self._over: set[int] = set()  # numbers of tracks that have ended

    def process(self, plots: Plots, until: float) -> Tracks:
        """Its tracks at a moment (s), or one error that says what is wrong with them."""
        try:
            answer = self._tracker.process(plots, until)
        except (Exception, SystemExit) as error:
            raise self._wrong(f"process fails at {until:g} s: {_told(error)}") from error
        columns = {name: self._column(answer, name, until) for name in (*_WIDTH, "partner")}
        for name, column in columns.items():
            size, of = (len(plots), "plots") if name == "partner" else (len(columns["t"]), "times")
            if len(column) != size:
                raise self._wrong(f"at {until:g} s column '{name}' has {len(column)} rows for {size} {of}")
        tracks = Tracks(**columns)
        self._require(tracks, until)
        self._definite(tracks, until)
        self._number(tracks, until)
        return tracks

    def _column(self, answer: OwnTracks, name: str, until: float) -> np.ndarray:
        """A column as numbers, an array of its own; one without rows may have any shape."""
        if not hasattr(answer, name):
            raise self._wrong(
                f"process gives back {type(answer).__name__} without '{name}'; "
                "give t, number, t_update, x, p and partner, as openiads.tracking.Tracks has them"
            )
        try:
            column = np.array(getattr(answer, name), np.float64)
        except (TypeError, ValueError):
            raise self._wrong(f"at {until:g} s column '{name}' holds what is no number") from None
        width = _WIDTH.get(name, ())
        if column.size == 0:
            column = column.reshape(0, *width)
        if column.ndim == 0 or column.shape[1:] != width:
            wanted = ", ".join(map(str, ("N", *width)))
            raise self._wrong(f"at {until:g} s column '{name}' has shape {column.shape}; it must be [{wanted}]")
        if (bad := np.nonzero(~np.isfinite(column))[0]).size:
            raise self._wrong(f"at {until:g} s row {bad[0]} of column '{name}' is not finite")
        if name not in ("number", "partner"):
            return column
        if (bad := np.nonzero(column != np.floor(column))[0]).size:
            raise self._wrong(f"at {until:g} s row {bad[0]} of column '{name}' is no whole number: {column[bad[0]]:g}")
        return column.astype(np.int64)

    def _require(self, tracks: Tracks, until: float) -> None:
        """Times, variances and numbers that can be."""
        least = tracks.p[:, _VARIANCES].min(axis=1)
        far, fast = (np.abs(tracks.x[:, k : k + 3]).max(axis=1) for k in (0, 3))
        for wrong, value, name, why in (
            (np.abs(tracks.t - until) > SAME_TIME, tracks.t, "t", f"must be {until!r}, the moment that was asked for"),
            (tracks.t_update > until + SAME_TIME, tracks.t_update, "t_update", "lies after the moment that was asked for"),
            (far > _FARTHEST, far, "x", f"is farther than {_FARTHEST:g} m from the middle of the Earth"),
            (fast > _FASTEST, fast, "x", f"is faster than {_FASTEST:g} m/s"),
            (least <= 0.0, least, "p", "has a variance that is not above 0"),
            (tracks.number < 1, tracks.number, "number", "must be 1 or more"),
            (tracks.partner < 0, tracks.partner, "partner", "must be the number of a track, or 0"),
        ):  # fmt: skip
            if wrong.any():
                row = int(np.flatnonzero(wrong)[0])
                raise self._wrong(f"at {until:g} s row {row} of column '{name}' {why}; it is {value[row]}")

    def _definite(self, tracks: Tracks, until: float) -> None:
        """Covariances that errors can have: no direction in which the variance is below 0."""
        sigma = np.sqrt(tracks.p[:, _VARIANCES])
        scaled = full_covariance(tracks.p) / (sigma[:, :, None] * sigma[:, None, :])
        try:
            np.linalg.cholesky(scaled + _ROUNDING * np.eye(6))
        except np.linalg.LinAlgError:
            least = np.linalg.eigvalsh(scaled)[:, 0]
            row = int(least.argmin())
            raise self._wrong(
                f"at {until:g} s row {row} of column 'p' is no covariance: scaled to variances of 1 it has the "
                f"eigenvalue {least[row]:.3g}; it may have none below 0"
            ) from None

    def _number(self, tracks: Tracks, until: float) -> None:
        """A number is not given twice, neither at once nor later."""
        numbers, count = np.unique(tracks.number, return_counts=True)
        if (count > 1).any():
            raise self._wrong(f"at {until:g} s two tracks have the number {numbers[count > 1][0]}")
        shown = set(numbers.tolist())
        self._over |= self._shown - shown
        self._shown = shown
        if again := self._over & (shown | set(tracks.partner.tolist())):
            raise self._wrong(f"at {until:g} s number {min(again)} is back, whose track had ended; give a new one")

    def _wrong(self, what: str) -> UsageError:
        return UsageError(f"tracker '{self.name}': {what}")


class Stepwise:
    """A tracker of the user's own for plots that are there beforehand: the same calls as `Tracker.process`."""

    def __init__(self, maker: Maker, radars: Sequence[Radar | Source], config: Config, earth: Earth = "sphere") -> None:
        assert config.tick is not None
        self.radars, self.tick, self.earth = list(radars), config.tick, earth
        self._tracker = Checked(maker, self.radars, config)
        self._start: float | None = None  # s, where the first tick begins
        self._done = 0  # ticks

    def process(self, plots: Plots, until: float) -> Tracks:
        """Its tracks after every tick up to a moment (s); each plot has the point at which it was placed, too."""
        if self._start is None:
            self._start = float(plots.t.min(initial=until)) - self.tick
            self._tracker.process(Plots.joined([]), self._start)
        last = max(self._done, math.ceil((until - self._start) / self.tick - 1e-9))
        times = self._start + self.tick * np.arange(self._done + 1, last + 1)
        made, n = bundle(plots, self.radars, self.earth), len(plots)
        order = np.argsort(plots.t, kind="stable")
        ready = replace(
            plots, point=made.pos[:n], covariance=made.cov[:n], starts=made.starts[:n], single=made.single[:n],
            gauge=made.gauge[:n], wide=made.wide[:n],
        ).rows(order)  # fmt: skip
        edges = np.append(0, np.searchsorted(ready.t, times + 1e-9, "right"))
        pieces = [
            self._tracker.process(ready.rows(np.arange(*edges[k : k + 2])), t) for k, t in enumerate(times.tolist())
        ]
        self._done = last
        whole = {name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in (*_WIDTH, "partner")}
        partner = np.zeros(len(plots), np.int64)
        partner[order[: len(whole["partner"])]] = whole["partner"]
        return Tracks(**{**whole, "partner": partner})
