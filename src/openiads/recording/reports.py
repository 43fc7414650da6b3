"""What inputs are turned into: reports as columns with who they are of, and the account of what was not used."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields, replace

import numpy as np

from openiads.tracking import Plots

UNKNOWN = -1  # an address or a mode 3/A code that was not reported


@dataclass(frozen=True)
class Reports:
    """Plots of radars and positions, and what the aircraft said of itself, each [Q]; t is s of UTC midnight or of 1970."""

    plots: Plots
    callsign: np.ndarray  # S8, empty
    level: np.ndarray  # float64 m, pressure height as it was reported (mode C), NaN
    origin: np.ndarray  # int64, which input it is from

    def __len__(self) -> int:
        return len(self.plots)

    @property
    def address(self) -> np.ndarray:
        """Mode S, 24 bits, UNKNOWN where none was reported, int64[Q]."""
        assert self.plots.address is not None
        return self.plots.address

    @property
    def mode_3a(self) -> np.ndarray:
        """Mode 3/A, 12 bits, UNKNOWN where none was reported, int64[Q]."""
        assert self.plots.mode_3a is not None
        return self.plots.mode_3a

    def rows(self, chosen: np.ndarray) -> Reports:
        """Some rows, by number or by mask."""
        rest = (getattr(self, f.name)[chosen] for f in fields(self)[1:])
        return Reports(self.plots.rows(chosen), *rest)

    @property
    def repeated(self) -> tuple[np.ndarray, np.ndarray]:
        """Reports that say what another of the sensor said at the same time, and that other one: rows, int64[K] each."""
        p = self.plots
        told = [
            np.round(p.t, 3), p.radar, p.range, p.azimuth, p.elevation, p.height, p.latitude, p.longitude, p.address, p.mode_3a,
        ]  # fmt: skip
        said = np.nan_to_num(np.array(told, np.float64), nan=-1e99)
        order = np.lexsort(said[::-1])
        same = np.append(False, (np.diff(said[:, order], axis=1) == 0.0).all(axis=0))[: len(order)]
        first = np.maximum.accumulate(np.where(same, 0, np.arange(len(order))))
        return order[same], order[first[same]]

    def at(self, t: np.ndarray) -> Reports:
        """The same at other times (s)."""
        return replace(self, plots=replace(self.plots, t=t))

    @classmethod
    def joined(cls, parts: list[Reports]) -> Reports:
        """One table of several, in the order of time."""
        plots = Plots.joined([part.plots for part in parts])
        names = [f.name for f in fields(cls)][1:]
        rest = [np.concatenate([getattr(part, name) for part in parts]) for name in names]
        return cls(plots, *rest).rows(np.argsort(plots.t, kind="stable"))


@dataclass
class Account:
    """One input: how many reports it held, how many went into the tracker, and why the others did not."""

    name: str
    kind: str
    octets: int
    read: int = 0
    used: int = 0
    refused: Counter[str] = field(default_factory=Counter)  # reports by reason
    skipped: Counter[str] = field(default_factory=Counter)  # what is no report: octets, packets, messages, by reason
    notes: list[str] = field(default_factory=list)


class Sieve:
    """Takes rows out of a table of reports, each for the first reason that holds."""

    def __init__(self, size: int, account: Account) -> None:
        self.keep, self.account = np.ones(size, np.bool_), account
        account.read += size

    def refuse(self, reason: str, rows: np.ndarray) -> None:
        """Refuse rows, bool[Q]."""
        new = self.keep & rows
        count = int(np.count_nonzero(new))
        if count:
            self.account.refused[reason] += count
            self.keep &= ~rows
