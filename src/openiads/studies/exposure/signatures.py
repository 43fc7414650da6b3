"""What the radars of a node saw of aircraft without reflectors: aspects by class and band, and how they fill over days."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from openiads.scenario.spec import Scenario
from openiads.studies.calendar.filling import Floats
from openiads.studies.calendar.known import Filling, Spell, filling
from openiads.studies.calendar.rates import WEIGHT, Rates
from openiads.studies.exposure.behind import Holder, holders

DWELLS = 19  # looks that make an aspect known, as the calendar supposes
DAYS = (1, 3, 10, 30, 100, 365)
_WEEK = np.array([5.0, 2.0]) / 7.0  # weekdays and weekends of a day
_PRIOR = 10.0 / math.sqrt(12.0)  # dB: anywhere within its decade
_LOOK = 5.57  # dB: one look at what fluctuates (exponential power)


def information(dwells: Floats) -> Floats:
    """C4: bits that looks [..., 648] in a band tell of the mean of each aspect cell, summed [...]; the hundredth says little (Lindley 1956)."""
    told: Floats = 0.5 * np.log2(1.0 + dwells * (_PRIOR / _LOOK) ** 2).sum(axis=-1)
    return told


@dataclass(frozen=True)
class Signature:
    """What the radars of a node saw of a class that flew without reflectors: dwells at 13 dB and more, float64[648] by band."""

    node: str
    name: str
    dwells: dict[str, Floats]  # of a run, or of a day of peace
    snr: dict[str, float]  # dB, mean
    bits: Floats  # C4: [1] of the dwells of a run; of a study [DAYS], at the mean dwells of so many days
    held_by: tuple[Holder, ...]

    @property
    def whole(self) -> Floats:
        """Dwells of all bands, float64[648]."""
        return sum(self.dwells.values(), np.zeros(len(WEIGHT)))

    @property
    def cells(self) -> dict[str, int]:
        """Aspect cells with a dwell in the run or in any window, by band and together."""
        return {band: int((d > 0).sum()) for band, d in self.dwells.items()} | {"all": int((self.whole > 0).sum())}

    @property
    def sphere(self) -> float:
        """Share of all aspects that these are, by solid angle."""
        return float(WEIGHT[self.whole > 0].sum())


@dataclass(frozen=True)
class Growth:
    """How the aspects of a class in a band fill with days in a posture, all radars of the system together."""

    name: str  # CLASS.BAND
    day: float  # share of all aspects with at least one dwell in a day of peace
    filling: Filling  # after DAYS


def signatures(
    scenario: Scenario, posture: str, table: dict[str, Floats], scale: Floats, days: bool
) -> list[Signature]:
    """By node and class, from a table of dwells and what each of its rows counts for; of a study after DAYS."""
    found = []
    pairs = sorted(set(zip(table["node"].tolist(), table["class"].tolist(), strict=True))) if table else []
    for node, name in pairs:
        dwells, snr = {}, {}
        mine = (table["node"] == node) & (table["class"] == name)
        for band in sorted(set(table["band"][mine].tolist())):
            rows = mine & (table["band"] == band)
            weight = table["dwells"][rows] * scale[rows]
            dwells[str(band)] = np.bincount(table["cell"][rows].astype(int), weight, len(WEIGHT)).astype(np.float64)
            snr[str(band)] = float(np.average(table["snr_db"][rows], weights=table["dwells"][rows]))
        after = (np.array(DAYS) if days else np.ones(1))[:, None]
        bits = sum((information(after * d) for d in dwells.values()), np.zeros(len(after)))
        found.append(
            Signature(str(node), str(name), dwells, snr, bits, holders(scenario, posture, str(node), str(name)))
        )
    return found


def growth(found: Rates, name: str, share: float, dwells: int, days: tuple[int, ...] = DAYS) -> Filling:
    """C3 after days in a posture that emits a share of the time; days of the week come as often as they do."""
    return filling([Spell(found, share * np.outer(days, _WEEK))], name, dwells)


def growths(found: Rates, share: float, dwells: int) -> list[Growth]:
    """Of every class that flew in view, band by band."""
    out = []
    for name in sorted(found.counts):
        grown, day = growth(found, name, share, dwells), growth(found, name, share, 1, (1,))
        if grown.shown and share > 0.0:
            out.append(Growth(name, float(day.share[0]) * day.sphere, grown))
    return out
