"""What a day of peace yields, taken from the windows of a study: by posture, day type and replication (one site each)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from openiads.errors import UsageError
from openiads.scenario.build import system_nodes
from openiads.scenario.spec import Scenario
from openiads.studies.calendar.filling import Floats, Moments, moments
from openiads.studies.measure import cell_weights, shown_cells, signature_classes, signature_keys
from openiads.studies.metrics import Tables

WEEKDAY, WEEKEND = 0, 1
CIVIL, MILITARY = 0, 1
FLOWS = {"held_now": ("track_hours", "hours_military"), "sent": ("sent_all", "sent_military"),
         "kept": ("held_all", "held_military"), "hidden": ("hidden_all", "hidden_military")}  # fmt: skip
WEIGHT = cell_weights()


@dataclass(frozen=True)
class Rates:
    """A day on which the system emits all the time, R replications."""

    flows: dict[
        str, Floats
    ]  # [R, 2 day types, K windows, civil and military] track h of a day that the windows stand for
    full: dict[
        str, Floats
    ]  # of those that go over links [R, 2 day types, K]: reports offered over those that had room, from 1 on
    counts: dict[str, Floats]  # by class and band, as signature_keys has them [R, 2 day types, K windows, 648] dwells
    hours: Floats  # [2 day types, K] h of a day that a window stands for
    window: float  # h
    shown: dict[str, np.ndarray]  # by the same bool[R, 648]: cells that the class shows at the site of a replication

    @property
    def replications(self) -> int:
        """How many."""
        return len(next(iter(self.flows.values())))

    @property
    def observed(self) -> float:
        """Hours of all windows together."""
        return self.window * self.hours.size * self.replications

    def day(self, name: str, civil: float) -> Floats:
        """Track-hours of a day [R, 2 day types] with so many times the civil flights; links that are full stay full."""
        flow = self.flows[name]
        whole, scaled = flow.sum(axis=3), civil * flow[..., CIVIL] + flow[..., MILITARY]
        if name in self.full:
            offered = np.divide(scaled, whole, out=np.zeros_like(whole), where=whole > 0.0) * self.full[name]
            scaled = whole * np.where(self.full[name] > 1.0, np.minimum(1.0, offered), offered)
        return np.asarray(scaled.sum(axis=2))

    def dwells(self, name: str) -> Floats:
        """Dwells on a class in a band a day, [R, 2 day types]."""
        totals = (self.counts[name].sum(axis=3) * self.hours[None] / self.window).sum(axis=2)
        return np.asarray(totals)

    def moments(self, name: str, day_type: int, sites: np.ndarray, cells: np.ndarray) -> Moments:
        """Of the dwells of a day in some cells, from some replications."""
        return moments(self.counts[name][sites, day_type][:, :, cells], self.hours[day_type], self.window)


def rates(scenario: Scenario, tables: Tables, posture: str) -> Rates:
    """From the tables of a study; replications without one of their windows are left out."""
    vignette = next((v for v in scenario.vignettes.values() if v.kind == "peace"), None)
    peace = tables.get("peace", {})
    if vignette is None or not peace:
        raise UsageError("the study has no windows of peace; run it with the vignette of peace")
    mine = peace["posture"] == posture
    if not mine.any():
        known = ", ".join(sorted(set(peace["posture"].tolist())))
        raise UsageError(f"the study did not run posture '{posture}'; it has {known}")
    strata = vignette.strata
    columns = {name: column[mine] for name, column in peace.items()}
    if f"steepest_{next(iter(signature_classes(scenario)), '')}" not in columns and signature_classes(scenario):
        raise UsageError("the study was written by an earlier build, without its aspect cells; run it again")
    numbers = np.unique(columns["replication"])
    whole = np.array([r for r in numbers if (columns["replication"] == r).sum() == strata])
    if not len(whole):
        raise UsageError("the study has no replication with all its windows of peace; run it again")
    place = {r: i for i, r in enumerate(whole.tolist())}
    rows = [(k, place[r], int(s)) for k, (r, s) in enumerate(zip(columns["replication"].tolist(), columns["stratum"].tolist(), strict=True)) if r in place]  # fmt: skip

    def grid(name: str) -> Floats:
        out = np.zeros((len(whole), strata))
        for k, r, s in rows:
            out[r, s] = columns[name][k]
        return out.reshape(len(whole), 2, -1)

    hours = grid("stands_for")[0] / np.array([[5.0 / 7.0], [2.0 / 7.0]])
    share = grid("share")
    if "full_sent" not in columns:
        raise UsageError(
            "the study was written by an earlier build, which did not say how full its links were; run it again"
        )
    flows = {name: _daily(grid, pair, hours, share) for name, pair in FLOWS.items()}
    full = {name: grid(f"full_{name}") for name in ("sent", "hidden")}
    window = float(grid("hours")[0, 0, 0])
    looks = {n: grid(f"steepest_{n}").max(axis=(1, 2)) for n in signature_classes(scenario)}
    keys = signature_keys(scenario)
    shown = {key: np.array([shown_cells(float(angle)) for angle in looks[n]]) for key, n, _ in keys}
    aspect = tables.get("aspect", {})
    if aspect and "node" not in aspect:
        raise UsageError(
            "the study was written by an earlier build, which did not say whose radars saw an aspect; run it again"
        )
    aspect = {c: v[np.isin(aspect["node"], _system(scenario))] for c, v in aspect.items()}
    counts = {key: _counts(aspect, posture, (n, band), place, strata) for key, n, band in keys}
    return Rates(flows, full, counts, hours, window, shown)


def _system(scenario: Scenario) -> list[str]:
    """Names of the system's nodes: C3 is what their radars know."""
    return [scenario.nodes[i].name for i in sorted(system_nodes(scenario))]


def _daily(grid, pair: tuple[str, str], hours: Floats, share: Floats) -> Floats:  # type: ignore[no-untyped-def]
    """Track-hours a day by day type and window, civil and military, per unit of the share of emission."""
    every, military = (np.divide(grid(name), share, out=np.zeros_like(share), where=share > 0.0) for name in pair)
    return np.stack([part * hours for part in (every - military, military)], axis=3)


def _counts(
    aspect: dict[str, np.ndarray], posture: str, of: tuple[str, str], place: dict[float, int], strata: int
) -> Floats:
    """Dwells on a class in a band by replication, day type, window and cell."""
    out = np.zeros((len(place), strata, len(WEIGHT)))
    if aspect:
        keep = (aspect["posture"] == posture) & (aspect["class"] == of[0]) & (aspect["band"] == of[1])
        keep &= np.isin(aspect["replication"], list(place))
        r = np.array([place[x] for x in aspect["replication"][keep].tolist()], int)
        np.add.at(
            out, (r, aspect["stratum"][keep].astype(int), aspect["cell"][keep].astype(int)), aspect["dwells"][keep]
        )
    return out.reshape(len(place), 2, strata // 2, len(WEIGHT))
