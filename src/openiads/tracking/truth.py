"""Where the bodies really were: a table of samples, and its values at any other time. docs/equations/tracking-metrics.md."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from openiads.engine.geo import EARTH_RADIUS
from openiads.errors import UsageError

SPHERE = EARTH_RADIUS  # m, of the Earth on which the radars and tracks of this package stand
SAME_TIME = 1e-6  # s, closer instants are one


@dataclass(frozen=True)
class Truth:
    """Samples of bodies as columns [N], sorted by body and time when made. Without v, velocities follow from positions."""

    t: np.ndarray  # s
    id: np.ndarray  # whole numbers or words
    x: np.ndarray  # float64[N, 3] m, earth-centred; or on a plane, the third axis up
    v: np.ndarray | None = None  # float64[N, 3] m/s, NaN where it is not known
    earth: bool = True  # False: a plane

    def __post_init__(self) -> None:
        t, x, who = np.asarray(self.t, np.float64), np.asarray(self.x, np.float64), np.asarray(self.id)
        v = None if self.v is None else np.asarray(self.v, np.float64)
        size = len(t)
        for name, column, shape in (("id", who, (size,)), ("x", x, (size, 3)), ("v", v, (size, 3))):
            if column is not None and column.shape != shape:
                raise UsageError(
                    f"truth: column '{name}' has shape {column.shape}; with {size} times it must be {shape}"
                )
        finite = np.isfinite(t) & np.isfinite(x).all(axis=1) & (True if v is None else ~np.isinf(v).any(axis=1))
        if not finite.all():
            raise UsageError(f"truth: row {np.flatnonzero(~finite)[0]} is not finite; leave such rows out")
        order = np.lexsort((t, np.unique(who, return_inverse=True)[1].reshape(-1)))
        t, who = t[order], who[order]
        twice = np.flatnonzero((who[1:] == who[:-1]) & (np.diff(t) <= 0.0))
        if twice.size:
            raise UsageError(
                f"truth: body {who[twice[0]]} is there twice at {t[twice[0]]:g} s; keep one sample of each time"
            )
        for name, column in (("t", t), ("id", who), ("x", x[order]), ("v", None if v is None else v[order])):
            object.__setattr__(self, name, column)

    def __len__(self) -> int:
        return len(self.t)

    @classmethod
    def geodetic(
        cls,
        t: np.ndarray | Sequence[float],
        id: np.ndarray | Sequence[int],
        latitude: np.ndarray | Sequence[float],
        longitude: np.ndarray | Sequence[float],
        height: np.ndarray | Sequence[float],
        v: np.ndarray | None = None,
    ) -> Truth:
        """From latitude, longitude (rad) and height (m), each [N]; v float64[N, 3] m/s towards east, north and up."""
        phi, lam, h = (np.asarray(a, np.float64) for a in (latitude, longitude, height))
        if np.any(np.abs(phi) > math.pi / 2 + 1e-9):
            raise UsageError("truth: a latitude is beyond a pole; latitudes and longitudes are in radians")
        sp, cp, sl, cl = np.sin(phi), np.cos(phi), np.sin(lam), np.cos(lam)
        up = np.stack([cp * cl, cp * sl, sp], axis=-1)
        if v is not None:
            east = np.stack([-sl, cl, np.zeros_like(sl)], axis=-1)
            north = np.stack([-sp * cl, -sp * sl, cp], axis=-1)
            v = np.asarray(v, np.float64)
            v = v[:, :1] * east + v[:, 1:2] * north + v[:, 2:] * up
        return cls(np.asarray(t), np.asarray(id), (SPHERE + h)[:, None] * up, v)

    def at(self, times: np.ndarray | Sequence[float], method: str = "cubic", longest: float = math.inf) -> Truth:
        """Every body at every time (s) between its first and last sample, but not within gaps longer than `longest` (s)."""
        if method not in ("cubic", "linear"):
            raise UsageError(f"truth: method '{method}' is not known; cubic or linear")
        times = np.unique(np.asarray(times, np.float64))
        if not np.isfinite(times).all():
            raise UsageError("truth: a time is not finite")
        left, wanted, tau = self._segments(times)
        right = np.minimum(left + 1, max(0, len(self) - 1))
        same = (self.id[left] == self.id[right]) & (right > left)
        step = np.where(same, self.t[right] - self.t[left], 0.0)
        keep = (tau <= SAME_TIME) | (step - tau <= SAME_TIME) | (step <= longest)
        left, right, wanted, tau, step = (a[keep] for a in (left, right, wanted, tau, step))
        derived = slopes(self)
        v = derived if self.v is None else np.where(np.isnan(self.v), derived, self.v)
        x, speed = _between(self.x, v, left, right, tau, step, method == "cubic")
        if method == "linear" and self.v is not None:
            share = np.divide(tau, step, out=np.zeros_like(tau), where=step > 0.0)[:, None]
            speed = np.where(step[:, None] > 0.0, (1.0 - share) * v[left] + share * v[right], v[left])
        return Truth(wanted, self.id[left], x, speed, self.earth)

    def _segments(self, times: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """For each body and each time in its span: the row at or before it, the time, and how far it is past the row (s)."""
        rows, wanted, past = [np.zeros(0, np.int64)], [np.zeros(0)], [np.zeros(0)]
        edges = np.flatnonzero(np.append(True, self.id[1:] != self.id[:-1])[: len(self)])
        for first, end in itertools.pairwise([*edges.tolist(), len(self)]):
            own = self.t[first:end]
            low, high = np.searchsorted(times, (own[0] - SAME_TIME, own[-1] + SAME_TIME))
            inside = np.clip(times[low:high], own[0], own[-1])
            k = np.searchsorted(own, inside, "right") - 1
            rows.append(first + k)
            wanted.append(times[low:high])
            past.append(inside - own[k])
        return np.concatenate(rows), np.concatenate(wanted), np.concatenate(past)


def slopes(truth: Truth) -> np.ndarray:
    """Velocities, float64[N, 3] m/s, of the parabola through each sample and its neighbours; NaN for a single sample."""
    n = len(truth)
    out = np.full((n, 3), np.nan)
    if n < 2:
        return out
    same = truth.id[1:] == truth.id[:-1]
    step = np.where(same, np.diff(truth.t), 1.0)
    chord = np.where(same[:, None], np.diff(truth.x, axis=0) / step[:, None], 0.0)
    before, after = np.append(False, same), np.append(same, False)
    both = np.flatnonzero(before & after)
    h0, h1 = step[both - 1][:, None], step[both][:, None]
    out[both] = (h1 * chord[both - 1] + h0 * chord[both]) / (h0 + h1)
    for end, to, sign in ((np.flatnonzero(~before & after), 0, 1), (np.flatnonzero(before & ~after), -1, -1)):
        out[end] = chord[end + to]
        inner = end + sign  # the neighbour, whose own parabola continues here
        curved = before[inner] & after[inner]
        out[end[curved]] = 2.0 * chord[end[curved] + to] - out[inner[curved]]
    return out


def _between(
    x: np.ndarray, v: np.ndarray, left: np.ndarray, right: np.ndarray, tau: np.ndarray, step: np.ndarray, cubic: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Hermite cubic or chord from the rows `left` to `right`: positions and velocities [K, 3] at tau of step (s)."""
    s = np.divide(tau, step, out=np.zeros_like(tau), where=step > 0.0)[:, None]
    moves, h = step[:, None] > 0.0, np.where(step > 0.0, step, 1.0)[:, None]
    x0, rise = x[left], np.where(moves, x[right] - x[left], 0.0)
    if not cubic:
        return x0 + s * rise, np.where(moves, rise / h, v[left])
    a, b = np.where(moves, h * v[left] - rise, 0.0), np.where(moves, rise - h * v[right], 0.0)
    here = x0 + s * rise + s * (1.0 - s) * ((1.0 - s) * a + s * b)
    speed = (rise + (1.0 - 2.0 * s) * ((1.0 - s) * a + s * b) + s * (1.0 - s) * (b - a)) / h
    return here, np.where(moves, speed, v[left])
