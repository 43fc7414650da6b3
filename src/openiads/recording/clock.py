"""Time of day without a date: over midnight, past wrong clocks, and beside inputs that know the date."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

DAY = 86_400.0  # s
WRONG_TIME = "time far from that of its neighbours"
_NEAR = 5  # neighbours on each side that a time is compared with
_OFF = 300.0  # s beyond its neighbours at which a time is taken for wrong
_FEW = 0.05  # share of times that may be wrong; if more seem so, the order of a table is not that of time
_SILENCE = 3600.0  # s without a report that tell where a day of a table begins; so close to midnight it is gone over


def unwrapped(tod: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Times of day (s) in the order of the recording as s of its first midnight, and which of them are wrong, bool[Q].

    Each is taken for the moment nearest to the one before it, so midnight, and one wrong time, do no harm later.
    """
    if not len(tod):
        return np.zeros(0), np.zeros(0, np.bool_)
    step = np.diff(tod)
    t = tod[0] + np.cumsum(np.append(0.0, step - DAY * np.round(step / DAY)))
    wrong = _astray(t)
    good = t[~wrong]
    return (t - DAY * np.floor(good[0] / DAY) if len(good) else t), wrong


def over_midnight(t: np.ndarray) -> tuple[np.ndarray, bool]:
    """Times of day (s) of a table, sorted by time or by body, as s of one midnight; and whether that is a guess.

    In a table that is in order of time each fall by most of a day is a midnight. Otherwise they go over midnight if some row does and the
    longest time without a report is at another hour; without such a time they are taken for one day.
    """
    day = (t >= 0.0) & (t < DAY)
    hours, steps = np.sort(t[day]), np.diff(t[day])
    midnights = -np.round(steps / DAY) * (np.abs(steps) > DAY - _SILENCE)
    if not (midnights > 0).any():
        return t, False
    if ((midnights != 0) | (steps > -_OFF) & (steps < 0.5 * DAY)).all():
        t = t.copy()
        t[day] += DAY * np.append(0.0, np.cumsum(midnights))
        return t, False
    gaps = np.diff(hours)
    if gaps.max() < _SILENCE:
        return t, True
    return np.where(day & (t <= hours[gaps.argmax()]), t + DAY, t), False


def strays(t: np.ndarray) -> np.ndarray:
    """Times (s) of a table that are wrong, bool[Q]: far from those of the rows beside, or from all in a table without order."""
    out, rows = np.zeros(len(t), np.bool_), np.flatnonzero(np.isfinite(t))
    wrong = _astray(t[rows])
    if np.count_nonzero(wrong) > _FEW * len(rows):
        order = np.argsort(t[rows], kind="stable")
        wrong[order] = _astray(t[rows][order])
    out[rows] = wrong
    return out


def _astray(t: np.ndarray) -> np.ndarray:
    """Times far from those before and from those after, by more than these are from each other, bool[Q]."""
    if len(t) < 3:
        return np.zeros(len(t), np.bool_)
    padded = np.concatenate([np.full(_NEAR, np.nan), t, np.full(_NEAR, np.nan)])
    windows = sliding_window_view(padded, _NEAR)
    before, after = windows[: len(t)], windows[_NEAR + 1 :]
    early, late = _median(before), _median(after)
    early, late = np.where(np.isnan(early), late, early), np.where(np.isnan(late), early, late)
    spread = np.abs(late - early)
    first, last = np.isnan(before).all(axis=1), np.isnan(after).all(axis=1)
    spread[first], spread[last] = _width(after[first]), _width(before[last])
    return (np.abs(t - early) > _OFF + spread) & (np.abs(t - late) > _OFF + spread)


def _median(a: np.ndarray) -> np.ndarray:
    """Lower median of each row; NaN for a row of NaN alone."""
    count = np.count_nonzero(~np.isnan(a), axis=1)
    return np.sort(a, axis=1)[np.arange(len(a)), np.maximum(0, (count - 1) // 2)]


def _width(a: np.ndarray) -> np.ndarray:
    """How far the values of each row lie apart, NaN left out."""
    return np.fmax.reduce(a, axis=1) - np.fmin.reduce(a, axis=1)


def days(
    first: list[float], middle: list[float], dated: list[bool], date: float | None
) -> tuple[list[float], float | None]:
    """What to add to the times of each input (s), given their first and middle ones, and the midnight (s of 1970) they then
    count from.

    The middle of an input without a date lies within half a day of that of the first that has one, else of the one before.
    """
    known = [t for t, has in zip(middle, dated, strict=True) if has]
    midnight = DAY * np.floor(known[0] / DAY) if known else date
    shifts: list[float] = []
    near = known[0] - midnight if known and midnight is not None else None
    for t, has in zip(middle, dated, strict=True):
        if has and midnight is not None:
            shifts.append(-float(midnight))
        else:
            shifts.append(0.0 if near is None else DAY * round((near - t) / DAY))
            near = t + shifts[-1] if not known else near
    lowest = min((t + s for t, s in zip(first, shifts, strict=True)), default=0.0)
    back = DAY * np.floor(lowest / DAY)
    return [float(s - back) for s in shifts], None if midnight is None else float(midnight + back)
