"""Every metric of a study, defined once: what it counts, over which rows, with which interval."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from openiads.scenario.build import CAUSES, CONDITIONS
from openiads.scenario.spec import Scenario
from openiads.studies.by_posture import zero
from openiads.studies.compare import (
    Difference,
    as_mean,
    difference_of_means,
    difference_of_proportions,
    difference_of_ratios,
    difference_of_totals,
    median_of_differences,
)
from openiads.studies.flows.posture import TOPOLOGIES, Flows, over_topologies
from openiads.studies.measure import (
    HEIGHTS,
    HIGH,
    REFERENCE_CLASS,
    REFERENCE_HEIGHT,
    defended_classes,
    signature_classes,
    signature_keys,
)
from openiads.studies.statistics import TESTED_N, Estimate, Kind, mean_t, median, proportion, ratio, stratified_total

Table = dict[str, np.ndarray]
Tables = dict[str, Table]
_FLOWS: dict[str, Callable[[Flows], float]] = {  # exact figures of the permitted flows
    "reach": lambda flows: len(flows.reach().nodes),
    "reach_sensitive": lambda flows: len(flows.reach().sensitive),
    "onward": lambda flows: len(flows.onward().nodes),
    "onward_sensitive": lambda flows: len(flows.onward().sensitive),
    "cut": lambda flows: flows.cut().size,
    "bits": lambda flows: flows.narrowest(way="links").size,
    "recorded": lambda flows: flows.narrowest(way="visits").size,
}
_UNBOUNDED = {
    "cut": "no limit: the undeclared channel begins at a sensitive node",
    "recorded": "no limit: a sensitive node records itself what visits carry",
}


@dataclass(frozen=True)
class Metric:
    """One line of the decision table."""

    id: str
    title: str
    unit: str
    definition: str
    how: Literal["mean", "share", "ratio", "median", "total", "exact"]
    table: str  # raid, area, peace
    column: str = ""
    over: str = ""  # denominator of a ratio
    warning: float | None = None  # s, rows of this strategic warning only
    scale: float = 1.0
    better: Literal["low", "high"] | None = None
    kind: Literal["sampled", "exact", "box"] = "sampled"
    group: str = ""
    bounds: tuple[float, float] | None = None

    @property
    def vignette(self) -> str:
        """The kind of vignette that it is taken from."""
        return {"": "none", "area": "raid"}.get(self.table, self.table)

    def estimate(self, scenario: Scenario, tables: Tables, posture: str) -> Estimate:
        """Value and interval in one posture; a zero that scenario and posture make is certain, and says why; what nothing bounds is infinite."""
        if self.how == "exact":
            return _flows(scenario, posture, self.column, self.scale)
        rows = self._rows(tables, posture)
        if not rows:
            return Estimate(None, None, None, 0, "the vignette was not run")
        found = self._sampled(rows)
        why = self.zero(scenario, posture) if found.estimate == 0.0 else None
        return found if why is None else Estimate(0.0, 0.0, 0.0, found.n, why)

    def zero(self, scenario: Scenario, posture: str) -> str | None:
        """Why it is 0 by rule in a posture; None where the replications decide."""
        return zero(scenario, posture, self.table, self.column, self.warning)

    def _sampled(self, rows: Table) -> Estimate:
        if self.how == "total":
            return _not_negative(stratified_total(strata(rows, self.column, self.scale), hours(rows)))
        values = self.scale * rows[self.column]
        if self.how == "mean":
            kind: Kind = "exact" if self.kind == "exact" else "sampled"
            return _not_negative(mean_t(values, kind=kind, bounds=self.bounds))
        if self.how == "share":
            return proportion(int(values.sum()), len(values))
        if self.how == "median":
            right = rows[f"{self.column}_censored"] > 0 if f"{self.column}_censored" in rows else None
            return median(values, right=right)
        y, x = _weighted(rows, self.column), _weighted(rows, self.over)
        return ratio(y, x, scale=self.scale, per=_words(self.over), bounds=self.bounds)

    def difference(self, tables: Tables, posture: str, baseline: str) -> Difference | None:
        """Paired difference to the baseline on common random numbers; None for exact metrics."""
        if self.how == "exact":
            return None
        a, b = self._rows(tables, posture), self._rows(tables, baseline)
        if not a or not b:
            return None
        x, y = self.scale * a[self.column], self.scale * b[self.column]
        if self.how == "mean":
            return difference_of_means(x, y, bounds=self.bounds)
        if self.how == "share":
            return difference_of_proportions(x, y)
        if self.how == "median":
            if f"{self.column}_censored" in a:
                c = f"{self.column}_censored"
                return median_of_differences(x, y, right=(a[c] > 0, b[c] > 0))
            return median_of_differences(x, y)
        if self.how == "total":
            sides = strata(a, self.column, self.scale), strata(b, self.column, self.scale)
            return difference_of_totals(*sides, hours(a))
        return difference_of_ratios(
            (_weighted(a, self.column), _weighted(a, self.over)),
            (_weighted(b, self.column), _weighted(b, self.over)),
            scale=self.scale,
            per=_words(self.over),
        )

    def samples(self, tables: Tables, posture: str) -> tuple[list[np.ndarray], list[float]] | None:
        """Values [h][n_h] and weights [h] whose weighted means add up to the estimate; None where it is no sum of means."""
        rows = self._rows(tables, posture)
        if not rows or self.how in ("exact", "median"):
            return None
        if self.how == "total":
            return strata(rows, self.column, self.scale), hours(rows)
        if self.how != "ratio":
            return [self.scale * rows[self.column]], [1.0]
        y, x = _weighted(rows, self.column), _weighted(rows, self.over)
        return None if np.count_nonzero(x) < TESTED_N else ([as_mean(self.scale * y, x)], [1.0])

    @property
    def unit_of_samples(self) -> str:
        """What one of the values of `samples` is of."""
        return "window" if self.how == "total" else "replication"

    def _rows(self, tables: Tables, posture: str) -> Table:
        table = tables.get(self.table, {})
        if not table:
            return {}
        keep = table["posture"] == posture
        if self.warning is not None:
            keep &= table["warning_s"] == self.warning
        return {name: column[keep] for name, column in table.items()} if keep.any() else {}


def _not_negative(found: Estimate) -> Estimate:
    """Counts, hours and areas: an interval ends at 0."""
    return found if found.low is None else found._replace(low=max(0.0, found.low))


_OVER = {
    "siap_bodies": "bodies in the air", "siap_tracked": "tracked bodies", "siap_on": "tracks on bodies", "siap_tracks": "tracks",
    "kills_system": "kills of the system", "civil_transits": "transits of airliners", "held_hostile": "hostile bodies held",
    "cells": "aspects seen", "leaving_all": "track-hours that leave",
    "asked_system": "requests to fire", "offered": "reports offered",
}  # fmt: skip


def _words(column: str) -> str:
    """What a ratio is taken over, in words."""
    return _OVER.get(column.removesuffix("_national"), column)


def strata(rows: Table, column: str, scale: float = 1.0) -> list[np.ndarray]:
    """Rates per hour of the windows, by stratum of the day."""
    return [scale * rows[column][rows["stratum"] == k] for k in np.unique(rows["stratum"])]


def _weighted(rows: Table, column: str) -> np.ndarray:
    """A column with each window of peace counting by the hours that it stands for."""
    return rows[column] * rows["stands_for"] if "stands_for" in rows else rows[column]


def hours(rows: Table) -> list[float]:
    """Hours of an average day that each stratum stands for; those that are in share the day."""
    _, first = np.unique(rows["stratum"], return_index=True)
    stands_for = rows["stands_for"][first]
    return [float(h) for h in stands_for * 24.0 / stands_for.sum()]


def _flows(scenario: Scenario, posture: str, column: str, scale: float) -> Estimate:
    """A figure of the flows: in the scenario's topology, and the range over the three inventions; inf where nothing bounds it."""
    own, low, high = (scale * x for x in over_topologies(scenario, posture, _FLOWS[column]))
    return Estimate(own, low, high, len(TOPOLOGIES), None if np.isfinite(high) else _UNBOUNDED.get(column))


def metrics(scenario: Scenario, vignettes: tuple[str, ...]) -> Iterator[Metric]:
    """The metrics that the chosen vignettes can answer, in the order of the decision table."""
    kinds = {scenario.vignettes[v].kind for v in vignettes}
    yield from (m for m in _every(scenario) if m.vignette in kinds or m.vignette == "none")


def left_out(scenario: Scenario, vignettes: tuple[str, ...]) -> dict[str, dict[str, list[str]]]:
    """What the chosen vignettes can not answer: by the kind that is missing its metrics, and the scenario's vignettes of it."""
    kinds = {scenario.vignettes[v].kind for v in vignettes}
    return {
        kind: {
            "vignettes": [name for name, v in scenario.vignettes.items() if v.kind == kind],
            "metrics": [m.id for m in _every(scenario) if m.vignette == kind],
        }
        for kind in ("raid", "peace") if kind not in kinds
    }  # fmt: skip


def _every(scenario: Scenario) -> Iterator[Metric]:
    yield from _defence(scenario)
    yield from _friends(scenario)
    yield from _peace(scenario)
    yield from _leaving()


def _leaving() -> Iterator[Metric]:
    """What the permitted flows say, without a run."""
    topologies = " Exact for the scenario's NATO topology; the range is over the three notional topologies."
    for name, column, title, unit, scale, words in (
        (
            "X3",
            "reach",
            "nodes whose information can flow outside",
            "nodes",
            1.0,
            "Nodes from which open links, the undeclared "
            "channel or visits lead to the vendor or to the outside node, directly or over others.",
        ),
        (
            "X3.sensitive",
            "reach_sensitive",
            "sensitive nodes among them",
            "nodes",
            1.0,
            "As X3, nodes marked sensitive only.",
        ),
        (
            "X3.onward",
            "onward",
            "further nodes that a compromised system could write into",
            "nodes",
            1.0,
            "Nodes to which open links lead "
            "from the system, directly or over others. Filters count as open: they pass lies that look like what they pass. Whether it "
            "is compromised is not asked.",
        ),
        (
            "X3.onward.sensitive",
            "onward_sensitive",
            "sensitive nodes among them",
            "nodes",
            1.0,
            "As X3.onward, nodes marked sensitive only.",
        ),
        (
            "X5",
            "cut",
            "links to close that keep the sensitive nodes in",
            "links",
            1.0,
            "Smallest number of open links and visits "
            "without which no track of a sensitive node can flow to the vendor or outside; 0 where none can. The undeclared "
            "channel can not be closed.",
        ),
        (
            "X5.bits",
            "bits",
            "most that can flow from sensitive nodes outside over links",
            "kbit/s",
            1e-3,
            "Maximum flow from the sensitive "
            "nodes to the vendor and outside over links while the system runs: each carries its full frames times its availability, the "
            "undeclared channel exists. What waits for a visit is in X5.visits.",
        ),
        (
            "X5.visits",
            "recorded",
            "most from sensitive nodes that can be recorded for visits",
            "kbit/s",
            1e-3,
            "Maximum flow from the sensitive nodes into what visits carry to the vendor, while the system runs: links as in X5.bits, "
            "a recording of all takes in whatever they bring.",
        ),
    ):
        yield Metric(name, title, unit, words + topologies, "exact", "", column, scale=scale, better="low", kind="box",
                     group="leaves")  # fmt: skip


def warnings_of(scenario: Scenario) -> list[tuple[str, float, str]]:
    """Suffix, seconds and words of each strategic warning; the first has no suffix."""
    found: list[float] = next((v.warnings for v in scenario.vignettes.values() if v.kind == "raid"), [0.0])
    return [("" if i == 0 else f".{w / 3600:g}h", w, f"{w / 3600:g} h of warning") for i, w in enumerate(found)]


def _defence(scenario: Scenario) -> Iterator[Metric]:
    classes = defended_classes(scenario)
    reference = REFERENCE_CLASS if REFERENCE_CLASS in classes else next(iter(classes), "")
    warnings = warnings_of(scenario)
    raiders = max(sum(t.count for t in v.threats) for v in scenario.vignettes.values())
    base = f"area_{REFERENCE_HEIGHT:.0f}"
    words = (
        "Area in which a target of this class, level at this height above the ground, is engaged before it is overhead: "
        "seen by the engagement radar for reaction and fly-out time, meeting point inside the envelope; mean over eight "
        "approach directions; 0 where the system does not run when the raid begins. The site varies with the replication."
    )
    for suffix, w, text in warnings:
        yield Metric(f"D1{suffix}", f"area defended at {REFERENCE_HEIGHT:.0f} m, {reference}, {text}", "km²", words,
                     "mean", "area", base, warning=w, better="high", group="defends")  # fmt: skip
    last = warnings[-1]
    yield Metric("D1.share", f"the same as a share of the country, {last[2]}", "%", "D1 over the country's area.", "mean",
                 "area", base, warning=last[1], scale=1e8 / scenario.country.area, better="high", group="defends")  # fmt: skip
    for height in HEIGHTS:
        if height != REFERENCE_HEIGHT:
            yield Metric(f"D1.h{height:.0f}", f"area defended at {height:.0f} m, {reference}, {last[2]}", "km²", "As D1.",
                         "mean", "area", f"area_{height:.0f}", warning=last[1], better="high", group="defends")  # fmt: skip
    for name in classes:
        if name != reference:
            yield Metric(f"D1.{name}", f"area defended at {REFERENCE_HEIGHT:.0f} m, {name}, {last[2]}", "km²", "As D1.",
                         "mean", "area", f"{base}_{name}", warning=last[1], better="high", group="defends")  # fmt: skip
    for name in classes:
        if name == reference:
            continue
        yield Metric(f"D1.h{HIGH:.0f}.{name}", f"area defended at {HIGH:.0f} m, {name}, {last[2]}", "km²", "As D1.", "mean",
                     "area", f"area_{HIGH:.0f}_{name}", warning=last[1], better="high", group="defends")  # fmt: skip
    seen = (
        "Time from the first firm track in the system's picture, own or fed, to arrival at what the threat was sent to; 0 for "
        "a threat that is not seen within the vignette. Per raid the median over threats"
    )
    for suffix, w, text in warnings:
        yield Metric(f"D2{suffix}", f"warning before arrival, threats to what it could protect, {text}", "s",
                     f"{seen} sent to assets within its reach; median over raids.", "median", "raid", "warning_near",
                     warning=w, better="high", group="defends")  # fmt: skip
    yield Metric("D2.all", f"warning before arrival, all threats, {last[2]}", "s", f"{seen}; median over raids.", "median",
                 "raid", "warning", warning=last[1], better="high", group="defends")  # fmt: skip
    yield Metric("D2.p10", f"tenth percentile of it, all threats, {last[2]}", "s", "As D2.all, the tenth percentile over the "
                 "threats of a raid.", "median", "raid", "warning_p10", warning=last[1], better="high",
                 group="defends")  # fmt: skip
    for suffix, w, text in warnings:
        yield Metric(f"D3{suffix}", f"leakers, {text}", "threats", "Hostile bodies that reached what they were sent to, of "
                     "all in the raid, within the vignette.", "mean", "raid", "leakers", warning=w, better="low",
                     group="defends", bounds=(0.0, float(raiders)))  # fmt: skip
    yield Metric("D3.fraction", f"the same as a share of the raid, {last[2]}", "share", "D3 over the threats of the raid.",
                 "ratio", "raid", "leakers", "threats", warning=last[1], better="low", group="defends",
                 bounds=(0.0, 1.0))  # fmt: skip
    yield Metric("D3.p0", f"probability of no leaker, {last[2]}", "", "Share of raids in which nothing got through.", "share",
                 "raid", "none", warning=last[1], better="high", group="defends")  # fmt: skip
    for suffix, w, text in (warnings[0], *warnings[-1:]) if len(warnings) > 1 else warnings:
        yield Metric(f"D4{suffix}", f"rounds per kill of the system, {text}", "rounds", "Rounds fired over hostile bodies "
                     "killed by the system's fire units, all replications.", "ratio", "raid", "rounds_system",
                     "kills_system", warning=w, better="low", group="defends")  # fmt: skip
    yield Metric("D4.empty", f"time until a magazine is empty, {last[2]}", "s", "First time at which a fire unit of the "
                 "system has no ready round; censored at the vignette's end.", "median", "raid", "empty", warning=last[1],
                 better="high", group="defends")  # fmt: skip
    yield Metric("D4.salvo", f"rounds the system can have in the air, {last[2]}", "rounds", "Engagement channels, within "
                 "those of radars and system, times rounds of a salvo.", "mean", "raid", "salvo_capacity", warning=last[1], kind="exact", better="high", group="defends")  # fmt: skip

    yield Metric("D4.wait", f"time from request to answer of the authority, {last[2]}", "s", "Seconds from a request to fire "
                 "to its answer over requests, the system's fire units, all replications.", "ratio", "raid", "wait_system",
                 "asked_system", warning=last[1], better="low", group="defends")  # fmt: skip
    yield Metric("D4.refused", f"requests refused, {last[2]}", "share", "Requests to fire that the authority refused, of "
                 "all that the system's fire units made.", "ratio", "raid", "refused_system", "asked_system",
                 warning=last[1], group="defends", bounds=(0.0, 1.0))  # fmt: skip


def _friends(scenario: Scenario) -> Iterator[Metric]:
    warnings = warnings_of(scenario)
    zone = "of aircraft that were inside the envelope of a fire unit whose radar was on"
    for suffix, w, text in warnings:
        yield Metric(f"F1{suffix}", f"friendly aircraft lost per 1,000 transits, {text}", "per 1,000",
                     f"Friendly military aircraft shot down per 1,000 {zone}; all fire units, a raid.", "ratio", "raid",
                     "friends_lost", "transits", warning=w, scale=1000.0, better="low", group="endangers",
                     bounds=(0.0, 1000.0))  # fmt: skip
    suffix, w, text = warnings[-1]
    friends = sum(s.count for s in scenario.sorties if s.in_raid)
    yield Metric("F1.civil", f"airliners lost per 1,000 transits, {text}", "per 1,000", f"As F1, civil aircraft {zone}.",
                 "ratio", "raid", "civil_lost", "civil_transits", warning=w, scale=1000.0, better="low",
                 group="endangers", bounds=(0.0, 1000.0))  # fmt: skip
    yield Metric("F1.raid", f"friendly aircraft lost to the system in a raid, {text}", "aircraft", "Friendly military "
                 "aircraft shot down by the system's own fire units.", "mean", "raid", "friends_lost_system", warning=w,
                 better="low", group="endangers", bounds=(0.0, float(friends)))  # fmt: skip
    for cause, rested_on in CAUSES.items():
        yield Metric(f"F1.cause.{cause}", f"friends and airliners lost: {rested_on}, {text}", "aircraft",
                     "Losses of F1 and F1.civil in a raid, by what the engagement rested on.", "mean", "raid",
                     f"cause_{cause}", warning=w, better="low", group="endangers")  # fmt: skip
    for condition, words in CONDITIONS.items():
        yield Metric(f"F1.of.{condition}", f"friends and airliners lost: {words}, {text}", "aircraft",
                     "Losses of F1 and F1.civil in a raid of which this holds, whatever the engagement rested on.", "mean", "raid",
                     f"cause_{condition}", warning=w, better="low", group="endangers")  # fmt: skip
    for column, title in (
        ("unresolved", "unresolved tracks in the zone"),
        ("undecided", "the same with less than a minute to decide"),
    ):
        yield Metric(f"F2.raid.{column}", f"{title}, in a raid, {text}", "track min", "As F2.unresolved and F2, in the whole raid.",
                     "mean", "raid", column, warning=w, better="low", group="endangers")  # fmt: skip
    yield Metric("F3", f"hostile bodies held in the zone and never taken as hostile, {text}", "share", "Of hostile bodies "
                 "that a node held inside the envelope of its fire unit, the share never identified as hostile there.",
                 "ratio", "raid", "restrained", "held_hostile", warning=w, better="low", group="endangers",
                 bounds=(0.0, 1.0))  # fmt: skip


def _peace(scenario: Scenario) -> Iterator[Metric]:
    day = " Rates per hour of stratified windows, weighted by the share of time for which the posture emits, summed to a day."
    yield Metric("F2.unresolved", "unresolved tracks in the zone", "track min/day", "Tracks inside the system's envelope that "
                 "its crew can call neither friend, neutral nor hostile." + day, "total", "peace", "unresolved", better="low",
                 group="endangers")  # fmt: skip
    yield Metric("F2", "unresolved tracks with less than a minute to decide", "track min/day", "Tracks inside the system's "
                 "envelope that come for an asset with under 60 s left to decide and have given no reply, no speed of a "
                 "ballistic missile and no word over a link: the crew decides on silence." + day, "total", "peace",
                 "undecided", better="low", group="endangers")  # fmt: skip
    for where, label, words in (("", "", "the system's"), ("_national", ".national", "the national centre's")):
        yield Metric(f"P1.completeness{label}", f"bodies that {words} picture holds", "share", "Bodies in the air that have "
                     "a track, over all bodies in the air in the scenario, while the system runs (SIAP completeness).",
                     "ratio", "peace", f"siap_tracked{where}", f"siap_bodies{where}", better="high", group="picture",
                     bounds=(0.0, 1.0))  # fmt: skip
        yield Metric(f"P1.ambiguity{label}", f"tracks per tracked body in {words} picture", "tracks", "SIAP ambiguity.",
                     "ratio", "peace", f"siap_on{where}", f"siap_tracked{where}", better="low", group="picture")  # fmt: skip
        yield Metric(f"P1.position{label}", f"position error in {words} picture", "m", "Mean distance between track and "
                     "body (SIAP position accuracy).", "ratio", "peace", f"siap_error{where}", f"siap_on{where}",
                     better="low", group="picture")  # fmt: skip
        yield Metric(f"P1.velocity{label}", f"velocity error in {words} picture", "m/s", "Mean length of the difference of "
                     "velocities (SIAP velocity accuracy).", "ratio", "peace", f"siap_speed_error{where}", f"siap_on{where}",
                     better="low", group="picture")  # fmt: skip
        yield Metric(f"P1.spurious{label}", f"share of tracks on no body in {words} picture", "share", "SIAP spuriousness.",
                     "ratio", "peace", f"siap_spurious{where}", f"siap_tracks{where}", better="low", group="picture",
                     bounds=(0.0, 1.0))  # fmt: skip
        yield Metric(f"P2{label}", f"age of a track in {words} picture", "s", "Median time since the last plot behind a "
                     "track; mean over windows.", "mean", "peace", f"age{where}", better="low", group="picture")  # fmt: skip
        yield Metric(f"P2{label}.p95", f"95th percentile of that age in {words} picture", "s", "As P2.", "mean", "peace",
                     f"age_p95{where}", better="low", group="picture", bounds=(0.0, 120.0))  # fmt: skip
    yield Metric("C1.tracks", "friendly and civil aircraft newly held by the system", "aircraft/day", "Aircraft that its "
                 "picture holds as a firm track for the first time, own sensors and feeds." + day, "total", "peace", "tracks",
                 better="low", group="learns")  # fmt: skip
    yield Metric("C1.hours", "friendly and civil track-hours held", "track h/day", "Time for which its picture holds a "
                 "friendly or civil aircraft." + day, "total", "peace", "track_hours", better="low", group="learns")  # fmt: skip
    yield Metric("C1.military", "military track-hours held", "track h/day", "As C1.hours, national and allied military "
                 "aircraft." + day, "total", "peace", "hours_military", better="low", group="learns")  # fmt: skip
    yield Metric("C1.allied", "allied military track-hours held", "track h/day", "As C1.hours, allied military aircraft." + day,
                 "total", "peace", "hours_allied", better="low", group="learns")  # fmt: skip
    yield Metric("C1.unaugmented", "allied track-hours without reflectors", "track h/day", "As C1.allied, aircraft whose "
                 "signature matters and that fly without radar reflectors." + day, "total", "peace", "hours_unaugmented", better="low", group="learns")  # fmt: skip
    yield Metric("C2", "signature dwells", "dwells/day", "Looks of the system's radars at aircraft whose signature matters "
                 "and that fly without reflectors, at 13 dB or more." + day, "total", "peace", "dwells", better="low",
                 group="learns")  # fmt: skip
    for name in signature_classes(scenario):
        yield Metric(f"C2.{name}", f"signature dwells on {name}", "dwells/day", "As C2, this class only." + day, "total",
                     "peace", f"dwells_{name}", better="low", group="learns")  # fmt: skip
    for key, name, band in signature_keys(scenario):
        yield Metric(f"C2.coverage.{key}", f"share of the aspects shown of {name} seen in a window, band {band}", "share",
                     "Solid angle of the cells with a dwell of a radar of this band, over that of the cells that flights of the class "
                     "without reflectors showed within instrumented range: all azimuths, elevations from the horizon to the steepest "
                     "look.", "ratio", "peace", f"seen_{key}", f"shown_{key}", better="low", group="learns",
                     bounds=(0.0, 1.0))  # fmt: skip
        yield Metric(f"C2.sphere.{key}", f"the same as a share of all aspects, {name}, band {band}", "share", "Solid angle of the "
                     "cells with a dwell over the whole sphere, in a window while the system runs.", "mean", "peace",
                     f"sphere_{key}", better="low", group="learns", bounds=(0.0, 1.0))  # fmt: skip
    most = 648 * len(signature_keys(scenario))
    yield Metric("C2.repeat", "dwells per cell seen", "dwells", "Repeat factor: dwells of a window over cells with a dwell, each class "
                 "and band with cells of its own.", "ratio", "peace", "dwells_window", "cells", better="low", group="learns")  # fmt: skip
    yield Metric("C2.cells", "aspect cells seen in a window", f"cells of {most}", "Ten-degree cells of azimuth and elevation by class "
                 "and band with at least one such dwell in a window while the system runs; level flight beyond 70 km can show at most "
                 "36 of 648.", "mean", "peace", "cells", better="low", group="learns", bounds=(0.0, float(most)))  # fmt: skip
    for name, title, words in (
        (
            "sent",
            "sent over declared links",
            "Track-hours that arrive at the vendor or outside over declared links during the day.",
        ),
        (
            "held",
            "held for the next visit",
            "Track-hours that the system's own recording keeps and the next visit can take.",
        ),
    ):
        yield Metric(f"X1.{name}", f"friendly track-hours {title}", "track h/day", words + day, "total", "peace",
                     f"{name}_all", better="low", group="leaves")  # fmt: skip
    yield Metric("X1.fed", "of both, from feeds", "track h/day", "Track-hours in X1.sent and X1.held that rest on fed tracks "
                 "only." + day, "total", "peace", "x1_fed", better="low", group="leaves")  # fmt: skip
    yield Metric("X1.withheld", "share of reports kept back on declared links", "share", "Reports that a guard or a full link "
                 "kept back, of all offered to the system's declared links, either direction.", "ratio", "peace", "kept_back",
                 "offered", group="leaves", bounds=(0.0, 1.0))  # fmt: skip
    if any(x.cross_check is not None for x in scenario.links):
        for name, title, words in (
            ("bodies", "tracks of bodies", "true tracks"),
            ("nothing", "tracks of nothing", "tracks that a compromise invented"),
        ):
            yield Metric(f"P.aside.{name}", f"{title} put aside by cross-checks", "track h/day", f"Track-hours of {words} that a node was told and its own "
                         "radars should have seen, and did not; all nodes, while the system emits.", "total", "peace", f"aside_{name}", group="picture")  # fmt: skip
    yield Metric("X1.bits", "sent over declared support links", "Mbit/day", "Tracks times bits a track." + day, "total", "peace",
                 "bits_support", scale=1e-6, better="low", group="leaves")  # fmt: skip
    yield Metric("X2", "friendly track-hours through the undeclared channel, given that it exists", "track h/day",
                 "Track-hours that arrive at the end of a link with role undeclared, or of a compromise that copies out, each report counting "
                 "until the next frame; conditional on the channel." + day, "total", "peace",
                 "hidden_all", better="low", group="leaves")  # fmt: skip
    yield Metric("X2.fed", "of these, from feeds", "track h/day", "Track-hours in X2 that rest on fed tracks." + day, "total",
                 "peace", "hidden_fed", better="low", group="leaves")  # fmt: skip
    yield Metric("X.fed", "share of X1 and X2 that rests on fed tracks only", "share", "Fed-only track-hours over all of X1.sent, "
                 "X1.held and X2, the undeclared channel given; windows by the hours that they stand for.", "ratio", "peace",
                 "leaving_fed", "leaving_all", better="low", group="leaves", bounds=(0.0, 1.0))  # fmt: skip
    yield Metric("X2.bits", "sent through the undeclared channel, given that it exists", "Mbit/day", "Tracks times bits a "
                 "track." + day, "total", "peace", "bits_undeclared", scale=1e-6, better="low", group="leaves")  # fmt: skip
