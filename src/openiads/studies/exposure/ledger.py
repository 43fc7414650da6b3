"""The ledger of a run or of a posture of a study: what each node held, who stands behind it, and what was seen of whom."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from openiads.errors import RecordError, UsageError
from openiads.record import Run
from openiads.scenario.load import parse
from openiads.scenario.spec import COLLECTORS, Node, Scenario
from openiads.studies.calendar.filling import Floats
from openiads.studies.calendar.rates import rates
from openiads.studies.exposure.behind import behind, system_names
from openiads.studies.exposure.signatures import DWELLS, Growth, Signature, growths, signatures
from openiads.studies.statistics import Estimate, stratified_total
from openiads.studies.study import Study

MOST_DWELLS = 100_000  # looks that make an aspect known, as the calendar accepts them


@dataclass(frozen=True)
class Sensors:
    """What a node can tell of the sensors of one whose tracks it holds; NaN where it can not. Of a study in one window (median)."""

    maker: str
    hours: float  # h of its tracks; of a run, or of a day of peace
    place: tuple[float, float] | None  # deg; None of a study, whose site is drawn
    within: float  # m, how far their middle is from there at most
    extent: float  # m, how far its reports spread
    period: float  # s between two looks
    heard: float  # share of the time with at least one of its tracks


@dataclass(frozen=True)
class Observer:
    """What one node held. Hours of bodies: of a run, or of a day of peace with its 95 % interval."""

    node: str
    title: str
    owner: str
    behind: tuple[str, ...]  # who else learns it, and how
    hours: Estimate
    own: float  # h of them from the system's own radars
    bodies: float  # different ones; of a study in one window, in the mean of a day
    kinds: dict[str, float]  # h by owner of the body; of a run
    sigma: float  # m, mean one-sigma error while held
    sensors: tuple[Sensors, ...]  # at work, by the node that made the tracks
    engaged: float  # h of tracks of which somebody said that it engages them


@dataclass(frozen=True)
class Ledger:
    """Of one posture."""

    scenario: Scenario
    posture: str
    per: str  # what the hours are of: "this run" or "a day of peace"
    observers: tuple[Observer, ...]
    signatures: tuple[Signature, ...]
    growths: tuple[Growth, ...] = ()  # of a study


def ledgers(folder: Path, posture: str | None = None, dwells: int | None = None) -> list[Ledger]:
    """From the folder of a recorded run or of a study, every posture or one; `dwells` make an aspect known (of a study)."""
    if dwells is not None and not 1 <= dwells <= MOST_DWELLS:
        raise UsageError(f"dwells = {dwells}: 1 to {MOST_DWELLS:,} looks make an aspect known")
    if (folder / "meta.json").exists():
        if dwells is not None:
            raise UsageError(
                f"dwells = {dwells}: '{folder}' is a run, in which nothing fills over days; give a study, or leave it out"
            )
        run = Run.load(folder, ("exposure", "sources", "aspects"))
        if posture is not None and posture != run.meta["posture"]:
            raise UsageError(f"'{folder}' is a run of posture '{run.meta['posture']}', not of '{posture}'")
        return [of_run(run)]
    if (folder / "results" / "values.parquet").exists():
        raise RecordError(
            f"'{folder}' is a parameter box, which keeps figures and no ledgers; name the folder of a study or a run"
        )
    if not (folder / "summary.json").exists():
        raise RecordError(
            f"'{folder}' holds neither a run nor a study; openiads run and openiads study write such folders"
        )
    study = Study.load(folder)
    if "known" not in study.tables:
        raise RecordError(
            f"'{folder}' has no windows of peace, or was written by an earlier build; run the study with peace again"
        )
    there = list(dict.fromkeys(study.tables["peace"]["posture"].tolist()))
    if posture is not None and posture not in there:
        raise UsageError(f"the study did not run posture '{posture}'; it has {', '.join(there)}")
    return [of_study(study, name, dwells or DWELLS) for name in ([posture] if posture else there)]


def of_run(run: Run) -> Ledger:
    """What was learned in one recorded run."""
    if run.scenario is None or "heard_s" not in run.tables.get("sources", {}):
        raise RecordError("the run was recorded by an earlier build, without what its sources tell; run it again")
    scenario, posture = parse(run.scenario, "scenario.json"), str(run.meta["posture"])
    held, sources, found = run.tables["exposure"], run.tables["sources"], []
    for node in scenario.nodes:
        mine = held["observer"] == node.name
        from_ = {name: column[sources["observer"] == node.name] for name, column in sources.items()}
        seconds = held["own_s"][mine] + held["fed_s"][mine]
        whole = float(seconds.sum())
        kinds = {
            str(o): float(seconds[held["owner"][mine] == o].sum()) / 3600.0 for o in sorted(set(held["owner"][mine]))
        }
        found.append(Observer(
            node.name, node.title, node.owner, behind(scenario, posture, node.name),
            Estimate(whole / 3600.0, None, None, 1, "one run"), float(held["own_s"][mine].sum()) / 3600.0, float(mine.sum()),
            kinds, float((held["sigma_m"][mine] * seconds).sum()) / whole if whole else math.nan,
            tuple(_sensors(from_, row, float(run.meta["duration_s"])) for row in range(len(from_["origin"]))),
            float(from_["engaged_s"].max(initial=0.0)) / 3600.0,
        ))  # fmt: skip
    aspects = run.tables["aspects"]
    seen = signatures(scenario, posture, aspects, np.ones(len(aspects["cell"])), False)
    return Ledger(scenario, posture, "this run", tuple(found), tuple(seen))


def _sensors(table: dict[str, np.ndarray], row: int, duration: float) -> Sensors:
    """One row of the table of sources."""
    at = {name: float(table[name][row]) for name in table if name not in ("observer", "origin")}
    place = None if math.isnan(at["lat_deg"]) else (at["lat_deg"], at["lon_deg"])
    return Sensors(str(table["origin"][row]), at["track_s"] / 3600.0, place, at["within_m"], at["extent_m"], at["period_s"],
                   at["heard_s"] / duration)  # fmt: skip


class _Day:
    """From windows of peace to a day: what the system and those behind it hold is weighted by the share of time for which it
    emits; what other nodes hold is that of a day on which it does.
    """

    def __init__(self, study: Study, posture: str) -> None:
        peace, known = study.tables["peace"], study.tables["known"]
        mine = peace["posture"] == posture
        self.scenario, self.posture = study.scenario, posture
        self.windows = list(zip(peace["replication"][mine].tolist(), peace["stratum"][mine].tolist(), strict=True))
        self.place = {w: i for i, w in enumerate(self.windows)}
        self.length, self.share = peace["hours"][mine], peace["share"][mine]  # h of a window
        self.stratum = peace["stratum"][mine]
        self.strata, self.counts = np.unique(self.stratum, return_counts=True)
        hours = np.array([peace["stands_for"][mine][self.stratum == k][0] for k in self.strata])
        self.hours = 24.0 * hours / hours.sum()
        self.known = {name: c[known["posture"] == posture] for name, c in known.items()}
        self._system = system_names(self.scenario)

    def weight(self, node: Node) -> Floats:
        """Of each window, for what a node holds."""
        emits = node.name in self._system or node.owner in COLLECTORS
        return self.share if emits else np.ones(len(self.windows))

    def total(self, node: Node, values: Floats) -> Estimate:
        """Of a day, of what was summed over each window."""
        rate = values * self.weight(node) / self.length
        return stratified_total([rate[self.stratum == k] for k in self.strata], self.hours.tolist())

    def scale(self, node: Node, windows: np.ndarray) -> Floats:
        """What a count in each of some windows is of a mean day."""
        stands_for = dict(zip(self.strata.tolist(), (self.hours / self.counts).tolist(), strict=True))
        per = np.array([stands_for[k] for k in self.stratum.tolist()]) * self.weight(node) / self.length
        return np.asarray(per[windows])

    def column(self, node: str, name: str, origin: str | None = None, rest: float = 0.0) -> Floats:
        """A column of `known` by window, `rest` where it has no row; of the node as a whole it stands in every row."""
        out = np.full(len(self.windows), rest)
        rows = self.known["node"] == node
        rows &= self.known["origin"] == origin if origin is not None else True
        out[self.at(self.known, rows)] = self.known[name][rows]
        return out

    def at(self, table: dict[str, np.ndarray], rows: np.ndarray) -> np.ndarray:
        """Places of the windows of some rows."""
        pairs = zip(table["replication"][rows].tolist(), table["stratum"][rows].tolist(), strict=True)
        return np.array([self.place[w] for w in pairs], int)

    def makers(self, node: str) -> list[str]:
        """Nodes whose tracks a node held in any window."""
        return sorted(set(self.known["origin"][self.known["node"] == node].tolist()))

    def sensors(self, node: Node, maker: str) -> Sensors:
        """What a node can tell of the sensors of another in one window."""

        def middle(name: str) -> float:
            """Of the windows with a report, nothing where half of them tell nothing."""
            values = self.column(node.name, name, maker, math.nan)[reported]
            told = np.isfinite(values)
            return float(np.median(values[told])) if 2 * told.sum() > len(told) else math.nan

        reported = self.column(node.name, "heard_s", maker) > 0.0
        heard = float((self.column(node.name, "heard_s", maker) / (3600.0 * self.length)).mean())
        hours = self.total(node, self.column(node.name, "track_hours", maker)).estimate or 0.0
        return Sensors(maker, hours, None, middle("within_m"), middle("extent_m"), middle("period_s"), heard)

    def observer(self, node: Node) -> Observer:
        """What a node holds in a day; different bodies are those of one window, since who comes back is drawn anew in the next."""
        body, sigma = self.column(node.name, "body_hours"), np.nan_to_num(self.column(node.name, "sigma_m"))
        hours = self.total(node, body)
        bodies = self.column(node.name, "bodies")
        window = min(
            float(np.average([bodies[self.stratum == k].mean() for k in self.strata], weights=self.hours)),
            bodies.max(initial=0.0),
        )
        return Observer(
            node.name, node.title, node.owner, behind(self.scenario, self.posture, node.name), hours,
            self.total(node, self.column(node.name, "own_hours")).estimate or 0.0, window, {},
            float((sigma * body).sum() / body.sum()) if body.any() else math.nan,
            tuple(self.sensors(node, maker) for maker in self.makers(node.name)),
            self.total(node, self.column(node.name, "orders_hours")).estimate or 0.0,
        )  # fmt: skip

    def signatures(self, aspect: dict[str, np.ndarray]) -> list[Signature]:
        """What the radars of each node see in a day."""
        mine = {name: c[aspect["posture"] == self.posture] for name, c in aspect.items()}
        scale = np.zeros(len(mine["cell"])) if mine else np.zeros(0)
        for node in self.scenario.nodes:
            rows = mine["node"] == node.name if mine else np.zeros(0, bool)
            scale[rows] = self.scale(node, self.at(mine, rows)) if rows.any() else 0.0
        return signatures(self.scenario, self.posture, mine, scale, True)


def of_study(study: Study, posture: str, dwells: int) -> Ledger:
    """What is learned in a day of peace."""
    if not {"heard_s", "bodies"} <= study.tables["known"].keys():
        raise RecordError(
            "the study was written by an earlier build, which counted otherwise what is held; run it again"
        )
    scenario, day = study.scenario, _Day(study, posture)
    grown = growths(rates(scenario, study.tables, posture), float(day.share.mean()), dwells)
    return Ledger(scenario, posture, f"a day of peace, from {len(day.windows)} windows", tuple(map(day.observer, scenario.nodes)),
                  tuple(day.signatures(study.tables.get("aspect", {}))), tuple(grown))  # fmt: skip
