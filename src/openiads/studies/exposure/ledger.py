"""The ledger of a run or of a posture of a study: what each node held, who stands behind it, and what was seen of whom."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from openiads.errors import RecordError, UsageError
from openiads.record import Run
from openiads.scenario.build import system_nodes
from openiads.scenario.links import links_of, powered
from openiads.scenario.load import parse
from openiads.scenario.spec import COLLECTORS, Node, Scenario
from openiads.studies.calendar.filling import Floats, filled, share_filled
from openiads.studies.calendar.rates import WEIGHT, Rates, rates
from openiads.studies.flows.posture import flows_of
from openiads.studies.statistics import Estimate, stratified_total
from openiads.studies.study import Study

DAYS = (1, 3, 10, 30, 100, 365)
RECORDED = {
    "while-on": "what it sees", "in-view": "what it sees", "all": "what it sees and is fed",
    "test-aircraft": "the owner's own flights in view",
}  # fmt: skip


_PRIOR = 10.0 / math.sqrt(12.0)  # dB: anywhere within its decade
_LOOK = 5.57  # dB: one look at what fluctuates (exponential power)


def information(dwells: Floats) -> Floats:
    """C4: bits that looks [..., 648] tell of the mean of each aspect cell, summed [...]; the hundredth says little (Lindley 1956)."""
    told: Floats = 0.5 * np.log2(1.0 + dwells * (_PRIOR / _LOOK) ** 2).sum(axis=-1)
    return told


@dataclass(frozen=True)
class Observer:
    """What one node held. Hours of bodies: of a run, or of a day of peace with its 95 % interval."""

    node: str
    title: str
    owner: str
    behind: tuple[str, ...]  # who else learns it, and how
    hours: Estimate
    own: float  # h of them from the system's own radars
    bodies: float
    kinds: dict[str, float]  # h by owner of the body; of a run
    sigma: float  # m, mean one-sigma error while held
    sources: dict[str, float]  # h of tracks by the node that made them: whose sensors it sees at work
    engaged: float  # h of tracks of which somebody said that it engages them


@dataclass(frozen=True)
class Signature:
    """What was seen of a class that flew without reflectors: dwells at 13 dB and more, float64[648] by band."""

    name: str
    dwells: dict[str, Floats]
    snr: dict[str, float]  # dB, mean
    bits: Floats  # C4: [1] of the dwells above; of a study [DAYS], at the mean dwells of so many days
    growth: Floats | None  # [DAYS] share of the aspects shown, after so many days; of a study

    @property
    def cells(self) -> dict[str, int]:
        """Aspect cells with a dwell, by band and together."""
        seen = {band: int((d > 0).sum()) for band, d in self.dwells.items()}
        return seen | {"all": int((sum(self.dwells.values(), np.zeros(len(WEIGHT))) > 0).sum())}

    @property
    def sphere(self) -> float:
        """Share of all aspects, by solid angle."""
        return float(WEIGHT[sum(self.dwells.values(), np.zeros(len(WEIGHT))) > 0].sum())


@dataclass(frozen=True)
class Ledger:
    """Of one posture."""

    scenario: Scenario
    posture: str
    per: str  # what the hours are of: "this run" or "a day of peace"
    observers: tuple[Observer, ...]
    signatures: tuple[Signature, ...]


def ledgers(folder: Path, posture: str | None = None, dwells: int = 19) -> list[Ledger]:
    """From the folder of a recorded run or of a study, every posture or one; `dwells` make an aspect known."""
    if dwells < 1:
        raise UsageError(f"dwells = {dwells}: at least one look makes an aspect known")
    if (folder / "meta.json").exists():
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
    return [of_study(study, name, dwells) for name in ([posture] if posture else there)]


def of_run(run: Run) -> Ledger:
    """What was learned in one recorded run."""
    if run.scenario is None or "sources" not in run.tables:
        raise RecordError("the run was recorded by an earlier build, without its sources; run it again")
    scenario, posture = parse(run.scenario, "scenario.json"), str(run.meta["posture"])
    held, sources, found = run.tables["exposure"], run.tables["sources"], []
    for node in scenario.nodes:
        mine, from_ = held["observer"] == node.name, sources["observer"] == node.name
        seconds = held["own_s"][mine] + held["fed_s"][mine]
        whole = float(seconds.sum())
        kinds = {
            str(o): float(seconds[held["owner"][mine] == o].sum()) / 3600.0 for o in sorted(set(held["owner"][mine]))
        }
        found.append(Observer(
            node.name, node.title, node.owner, behind(scenario, posture, node.name),
            Estimate(whole / 3600.0, None, None, 1, "one run"), float(held["own_s"][mine].sum()) / 3600.0, float(mine.sum()),
            kinds, float((held["sigma_m"][mine] * seconds).sum()) / whole if whole else math.nan,
            {str(o): float(t) / 3600.0 for o, t in zip(sources["origin"][from_], sources["track_s"][from_], strict=True)},
            float(sources["engaged_s"][from_].max(initial=0.0)) / 3600.0,
        ))  # fmt: skip
    return Ledger(scenario, posture, "this run", tuple(found), tuple(_signatures(run.tables["aspects"], None, 1.0, 1)))


def of_study(study: Study, posture: str, dwells: int) -> Ledger:
    """What is learned in a day of peace. What the system and those behind it hold is weighted by the share of time for which it
    emits; what other nodes hold is that of a day on which it does.
    """
    scenario, peace, known = study.scenario, study.tables["peace"], study.tables["known"]
    mine = peace["posture"] == posture
    windows = list(zip(peace["replication"][mine].tolist(), peace["stratum"][mine].tolist(), strict=True))
    place = {w: i for i, w in enumerate(windows)}
    length, share = peace["hours"][mine], peace["share"][mine]  # h of a window
    system = {scenario.nodes[i].name for i in system_nodes(scenario)}
    stratum, strata = peace["stratum"][mine], np.unique(peace["stratum"][mine])
    hours = np.array([peace["stands_for"][mine][stratum == k][0] for k in strata])
    hours *= 24.0 / hours.sum()

    def day(node: Node, values: Floats) -> Estimate:
        weight = share if node.name in system or node.owner in COLLECTORS else 1.0
        return stratified_total([(values * weight / length)[stratum == k] for k in strata], hours.tolist())

    def column(node: str, name: str, origin: str | None = None) -> Floats:
        out = np.zeros(len(windows))
        rows = (known["posture"] == posture) & (known["node"] == node)
        rows &= known["origin"] == origin if origin is not None else True
        for r, s, value in zip(
            known["replication"][rows].tolist(),
            known["stratum"][rows].tolist(),
            known[name][rows].tolist(),
            strict=True,
        ):
            out[place[r, s]] = value  # of the node as a whole it stands in every row
        return out

    found = []
    for node in scenario.nodes:
        rows = (known["posture"] == posture) & (known["node"] == node.name)
        body, sigma = column(node.name, "body_hours"), np.nan_to_num(column(node.name, "sigma_m"))
        found.append(Observer(
            node.name, node.title, node.owner, behind(scenario, posture, node.name), day(node, body),
            day(node, column(node.name, "own_hours")).estimate or 0.0, float(column(node.name, "bodies").mean()), {},
            float((sigma * body).sum() / body.sum()) if body.any() else math.nan,
            {str(o): day(node, column(node.name, "track_hours", str(o))).estimate or 0.0 for o in sorted(set(known["origin"][rows]))},
            day(node, column(node.name, "orders_hours")).estimate or 0.0,
        ))  # fmt: skip
    aspect = {
        name: c[study.tables["aspect"]["posture"] == posture] for name, c in study.tables.get("aspect", {}).items()
    }
    return Ledger(scenario, posture, f"a day of peace, from {len(windows)} windows", tuple(found),
                  tuple(_signatures(aspect, rates(scenario, study.tables, posture), float(share.mean()), dwells)))  # fmt: skip


def behind(scenario: Scenario, posture: str, node: str) -> tuple[str, ...]:
    """Who else learns what a node holds: by links out of it, by visits, and in what period."""
    p = scenario.postures[posture]
    out = [x for x in links_of(scenario, posture) if x.from_ == node and x.capacity]
    ways = [
        f"{x.to} over {x.name}" + (" (undeclared, if it exists)" if x.role == "undeclared" else "") for x in out
    ]  # fmt: skip
    system = {scenario.nodes[i].name for i in system_nodes(scenario)}
    if node in system and p.support == "visits" and p.records != "none" and powered(p):
        ways.append(f"the vendor's visitors, every {p.visit / 86400.0:g} days: {RECORDED[p.records]}")
    flows, told = flows_of(scenario, posture), {node, *(x.to for x in out)}
    far = [end for end in flows.sinks if end not in told and flows.reach([node], [end]).nodes]
    return (*ways, *(f"{end}, by way of others" for end in far))


def _signatures(table: dict[str, Floats], found: Rates | None, share: float, known: int) -> list[Signature]:
    """By class; how they grow with days of emission, where windows of a study tell."""
    out = []
    for name in sorted(set(table.get("class", np.zeros(0, str)).tolist())):
        dwells, snr = {}, {}
        for band in sorted(set(table["band"][table["class"] == name].tolist())):
            rows = (table["class"] == name) & (table["band"] == band)
            dwells[str(band)] = np.bincount(table["cell"][rows].astype(int), table["dwells"][rows], len(WEIGHT)).astype(
                np.float64
            )
            snr[str(band)] = float(np.average(table["snr_db"][rows], weights=table["dwells"][rows]))
        if found is None:
            whole = sum(dwells.values(), np.zeros(len(WEIGHT)))
            out.append(Signature(str(name), dwells, snr, information(whole[None]), None))
        else:
            mean, grown = _growth(found, str(name), share, known)
            out.append(Signature(str(name), dwells, snr, information(np.array(DAYS)[:, None] * mean), grown))
    return out


def _growth(found: Rates, name: str, share: float, known: int) -> tuple[Floats, Floats]:
    """Dwells of a day in each cell [648], and share of the aspects shown that has `known` dwells after DAYS of the posture, all bands together; weekdays and weekends mixed."""
    shown = found.shown[name]
    cells, sites = np.flatnonzero(shown.any(axis=0)), np.arange(found.replications)
    mean, variance, lasting = np.zeros(len(cells)), np.zeros(len(cells)), np.zeros(len(cells))
    for day_type, part in ((0, 5.0 / 7.0), (1, 2.0 / 7.0)):
        m = found.moments(name, day_type, sites, cells)
        mean, variance, lasting = mean + part * m.mean, variance + part * m.variance, lasting + part * m.mean * m.spread
    spread = np.divide(lasting, mean, out=np.zeros_like(mean), where=mean > 0.0)
    days = share * np.array(DAYS, float)[:, None]
    probability = np.zeros((len(DAYS), len(WEIGHT)))
    probability[:, cells] = filled(days * mean, days * variance, spread, known)
    daily = np.zeros(len(WEIGHT))
    daily[cells] = share * mean
    return daily, np.maximum.accumulate(share_filled(probability, WEIGHT, shown.any(axis=0).astype(float)))
