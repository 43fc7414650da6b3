"""What the aircraft of a track said of itself: the most recent of its plots that said so."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class Latest:
    """Values reported to tracks over time; `look_up` gives, for track rows, the last one that was told by then."""

    def __init__(self) -> None:
        self._number: list[np.ndarray] = []
        self._t: list[np.ndarray] = []
        self._value: list[np.ndarray] = []

    def tell(self, number: np.ndarray, t: np.ndarray, value: np.ndarray, there: np.ndarray) -> None:
        """Values of plots (t in s) taken by tracks; number 0 for none, `there` where a value was reported."""
        rows = there & (number > 0)
        self._number.append(number[rows])
        self._t.append(t[rows])
        self._value.append(value[rows])

    def look_up(self, number: np.ndarray, t: np.ndarray, absent: float | bytes) -> np.ndarray:
        """The last value of each track at or before each time (s), `absent` where there is none."""
        numbers, times, values = (np.concatenate(part) for part in (self._number, self._t, self._value))
        out = np.full(len(number), absent, values.dtype)
        if not len(numbers):
            return out
        order = np.lexsort((times, numbers))
        numbers, times, values = numbers[order], times[order], values[order]
        at = _last_before(numbers, times, number, t)
        good = at >= 0
        out[good] = values[at[good]]
        return out


def _last_before(numbers: np.ndarray, times: np.ndarray, number: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Row of the last (number, time) at or before each (number, t) of the same number, -1 for none; both sorted tables."""
    both = np.concatenate([numbers, number])
    kind = np.append(np.zeros(len(numbers), np.int8), np.ones(len(number), np.int8))
    order = np.lexsort((kind, np.concatenate([times, t]), both))
    told = np.maximum.accumulate(np.where(kind[order] == 0, order, -1))  # rows are sorted, so the highest is the last
    asks = kind[order] == 1
    at = np.empty(len(number), np.int64)
    at[order[asks] - len(numbers)] = told[asks]
    return np.where((at >= 0) & (numbers[np.maximum(at, 0)] == number), at, -1)


def usual(values: Sequence[bytes]) -> bytes:
    """The most frequent of some words that are not empty."""
    words, counts = np.unique([v for v in values if v] or [b""], return_counts=True)
    return bytes(words[counts.argmax()])
