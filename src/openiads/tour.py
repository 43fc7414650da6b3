"""The tour: every claim of the article, how it is represented, the command that shows it, and what came out.

Outcomes are computed from the shipped scenario when the tour is walked; nothing here is a stored result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from openiads.errors import UsageError
from openiads.record import Run
from openiads.running import run
from openiads.scenario.build import assemble, links_of, powered
from openiads.scenario.load import load
from openiads.scenario.spec import Scenario
from openiads.scenario.world import draw_world
from openiads.studies.measure import area_row, emitting_share, reach

SCENARIO = "turkey-2019"


@dataclass(frozen=True)
class Result:
    """One claim and what the simulation makes of it."""

    number: int
    claim: str
    represented: str
    command: str
    outcome: str
    depth: str  # what a later part adds; empty for nothing


@dataclass(frozen=True)
class Row:
    """A claim of the article in our words; `check` computes the outcome."""

    claim: str
    represented: str
    command: str
    check: Callable[[], str]
    depth: str = ""


@lru_cache(maxsize=4)
def _scenario(**sets: str) -> Scenario:
    return load(SCENARIO, dict(sets) or None)


@lru_cache(maxsize=2)
def _alone(posture: str) -> Run:
    """The system by itself: the first 15 minutes."""
    return run(load("s400-alone"), posture, "raid", 1, duration=900.0, sample=30.0)


@lru_cache(maxsize=3)
def _peace(posture: str) -> Run:
    """Five minutes of a weekday noon."""
    return run(_scenario(), posture, "peace", 1, stratum=3, duration=300.0, sample=60.0)


def _hours(record: Run, observer: str, column: str) -> float:
    table = record.tables["exposure"]
    return float(table[column][table["observer"] == observer].sum()) / 3600.0


def _parts() -> str:
    shots = {p: _alone(p).meta["summary"] for p in ("complete", "no-engagement-radar")}
    return (
        f"complete: {shots['complete']['rounds']} rounds, {shots['complete']['kills']} kills; without engagement radars: "
        f"{shots['no-engagement-radar']['rounds']} rounds"
    )


def _elements() -> str:
    counts = []
    for batches in (1, 2):
        s = _scenario(batches=str(batches))
        radars = {u.radar for u in s.fire_units if u.node == "s400" and u.batch <= batches}
        launchers = sum(u.launchers for u in s.fire_units if u.node == "s400" and u.batch <= batches)
        counts.append(f"batches={batches}: {len(radars)} engagement radars, {launchers} launchers")
    return "; ".join(counts)


def _edges() -> str:
    open_links = {
        p: [x.name for x in links_of(_scenario(), p) if "s400" in (x.from_, x.to)] for p in _scenario().postures
    }
    return "; ".join(f"{p}: {', '.join(names) or 'none'}" for p, names in open_links.items())


def _sensitive() -> str:
    names = [n.title for n in _scenario().nodes if n.sensitive]
    return f"{len(names)} sensitive nodes: {', '.join(names)}"


def _reached(posture: str) -> str:
    nodes, sensitive = reach(_scenario(), posture)
    return f"{posture}: {nodes} nodes upstream of the outside, {sensitive} of them sensitive"


def _networks() -> str:
    return "; ".join(_reached(p) for p in ("standalone", "one-way-in", "full-links"))


def _low_observable() -> str:
    model = _scenario().library.bodies["fighter-low-observable"]
    return (
        f"nose {model.rcs_nose:.3g} m2 without and {model.augmented_rcs or model.rcs_nose:.3g} m2 with reflectors "
        "(geometric mean of the decade class)"
    )


def _postures() -> str:
    return f"{len(_scenario().postures)} postures, each a complete option; the report shows all and ranks none"


def _ready() -> str:
    return "; ".join(f"{n} {p.ready / 3600:g} h" for n, p in _scenario().postures.items())


def _sealed() -> str:
    return f"sealed emits {100 * emitting_share(_scenario(), 'sealed'):.0f} % of the time and is powered: {powered(_scenario().postures['sealed'])}"


def _outsider() -> str:
    far = [n.name for n in _scenario().nodes if n.owner in ("vendor", "outside")]
    return f"far ends: {', '.join(far)}; visits every {_scenario().postures['standalone'].visit / 86400:g} days in standalone"


def _allies() -> str:
    patterns = sorted({p for x in _scenario().sorties for p in x.patterns})
    own = [x.name for x in _scenario().sorties if x.owner == "nato"]
    return f"{len(own)} allied sorties, flight patterns {', '.join(patterns)}"


def _ladder() -> str:
    s = _scenario()
    return ", ".join(f"{n} ({p.emits})" for n, p in s.postures.items())


def _hidden() -> str:
    record = _peace("standalone")
    out, held = _hours(record, "outside", "own_s"), _hours(record, "s400", "own_s")
    return (
        f"in 5 minutes of peace the system holds {held:.2f} track-hours; {out:.2f} reach the outside, given the channel"
    )


def _spied() -> str:
    record = _peace("full-links")
    return (
        f"in 5 minutes of peace {_hours(record, 'vendor-support', 'own_s') + _hours(record, 'vendor-support', 'fed_s'):.2f} track-hours "
        "reach the vendor over the declared link of full-links"
    )


def _questionable() -> str:
    s = _scenario()
    proof = s.undeclared.evidence["p_exists"] if s.undeclared else None
    if proof is None:
        return "no undeclared channel in the scenario"
    return f"p_exists is a belief from {proof.low:g} to {proof.high:g}; results are conditional on the channel, with a break-even"


def _risk() -> str:
    record = _peace("one-way-in")
    return (
        f"one-way-in, 5 minutes of peace: the system holds {_hours(record, 's400', 'own_s'):.2f} track-hours from its own "
        f"sensors and {_hours(record, 's400', 'fed_s'):.2f} from the feed"
    )


def _april() -> str:
    share = emitting_share(_scenario(), "standalone")
    return f"once active, standalone emits {100 * share:.0f} % of the time"


def _between() -> str:
    s = _scenario()
    middle = [p for p in s.postures if p not in ("sealed", "full-links", "custody-elsewhere")]
    return f"{len(middle)} postures between in its boxes and fully linked: {', '.join(middle)}"


def _cold() -> str:
    s = _scenario()
    world = draw_world(s, "raid", 1, 0)
    rows = []
    for warning in s.vignettes["raid"].warnings:
        area = area_row(assemble(s, world, "installed-cold", warning))["area_100"]
        rows.append(f"{warning / 3600:g} h of warning: {area:,.0f} km2")
    return "installed-cold, defended below 100 m at one site: " + "; ".join(rows)


def _second() -> str:
    s = _scenario(batches="2")
    rounds = sum(
        s.library.fire_units[u.class_].rounds_per_launcher * u.launchers for u in s.fire_units if u.node == "s400"
    )
    return f"both batches: {rounds} ready rounds; the same postures can be run with --set batches=2"


def _cost() -> str:
    return "not a quantity of the simulation: no metric is divided by money yet"


def _policy() -> str:
    return "not simulated yet: an event with a date and a trigger, outside a vignette of minutes"


_LATER_CALENDAR = "Dates, triggers and lags come with the calendar."
_LATER_COST = "Cost per outcome comes with the calendar."
_STUDY, _SHOW = "openiads study turkey-2019 --preset demo", "openiads show turkey-2019 --posture"

ROWS = (
    Row("It is a missile and air-defence system.", "radars, fire units and missiles with two envelopes (aerodynamic, ballistic)",
        "openiads run s400-alone --posture complete", _parts),
    Row("It cost 2.5 billion dollars.", "not yet: money is no input of any stage", "openiads show turkey-2019 --posture sealed",
        _cost, _LATER_COST),
    Row("It comes in batteries.", "fire_units and radars with a batch; engagement radars and launchers are counted",
        "openiads show turkey-2019 --posture standalone --set batches=2", _elements),
    Row("Data links come attached to it.", "[[links]]: direction, role, latency, capacity, availability, guard, far end",
        "openiads diff turkey-2019 standalone full-links", _edges),
    Row("Allied assets on the country's soil are near it.", "nodes marked sensitive, sorties owned by allies", f"{_SHOW} standalone", _sensitive),
    Row("NATO's networks in general could be touched.", "reach over open links (X3), three notional topologies", _STUDY, _networks),
    Row("The F-35 programme is part of the dispute.", "class fighter-low-observable, decade classes, reflectors on or off",
        "openiads study turkey-2019 --set reflectors=false --set allied_pattern=based-in-country", _low_observable),
    Row("The owner's leaders call the purchase irrevocable.", "postures are options; weights are the reader's", "openiads list", _postures),
    Row("Its procurement chief will not leave it unused.", "readiness (ready_h) of each posture, raids with 0, 1 and 24 h of warning",
        f"{_SHOW} installed-cold", _ready),
    Row("A diplomat accepts only that it stays in its boxes.", "posture sealed", "openiads diff turkey-2019 sealed standalone", _sealed),
    Row("The vendor delivered it and may reach it.", "nodes vendor-support and outside, support by visits or link", f"{_SHOW} full-links", _outsider),
    Row("Other allies share the air picture.", "allied sorties by pattern, feeds from the national picture", "openiads show turkey-2019 --posture one-way-in --set allied_pattern=based-in-country", _allies),
    Row("Something in between is being sought.", "a ladder of nine postures", "openiads list", _ladder),
    Row("A law threatens sanctions.", "not yet: no event with a date exists in a vignette", "openiads list", _policy, _LATER_CALENDAR),
    Row("Operations would be at risk.", "exposure ledger: what the system's picture holds, by source", _STUDY, _risk),
    Row("A remote party could have access.", "the undeclared channel, simulated as if it exists, in every powered posture (X2)",
        "openiads run turkey-2019 --posture standalone --vignette peace", _hidden),
    Row("A back door could spy on allied assets.", "tracks copied out over links, counted at the far end (X1, X2)",
        "openiads run turkey-2019 --posture full-links --vignette peace", _spied),
    Row("The links are of questionable security.", "p_exists as a range, break-even for each pair of postures", _STUDY, _questionable,
        "Hazard rates and detection of a compromise come with the calendar."),
    Row("Networks beyond the country could be compromised.", "reach with and without one-way devices (X3)", _STUDY, _networks,
        "Minimum cuts and what each guard protects come later."),
    Row("Sanctions follow when it begins operating.", "not yet: postures say when it emits, nothing counts the days", f"{_SHOW} test-only",
        _policy, _LATER_CALENDAR),
    Row("The programme suspended the owner.", "not yet: a past event of the calendar", "openiads list", _policy, _LATER_CALENDAR),
    Row("Option: leave it in its boxes.", "posture sealed", f"{_SHOW} sealed", _sealed),
    Row("Option: activate it in April.", "posture standalone with its duty", f"{_SHOW} standalone", _april, _LATER_CALENDAR),
    Row("Option: a negotiated state in between.", "installed-cold, test-only, one-way-in, one-way-out, filtered-two-way", "openiads diff turkey-2019 one-way-in one-way-out", _between),
    Row("Option: keep it and not use it.", "posture installed-cold: dark until called", f"{_SHOW} installed-cold", _cold),
    Row("A second batch may come later.", "modifier batches", "openiads study turkey-2019 --set batches=2", _second, "Delays come with the calendar."),
    Row("Dates run from July 2019 to April 2020.", "not yet: vignettes last minutes", "openiads list", _policy, _LATER_CALENDAR),
)  # fmt: skip


def tour(rows: list[int] | None = None) -> list[Result]:
    """Walk all rows, or those named 1 to 27."""
    numbers = list(range(1, len(ROWS) + 1)) if rows is None else rows
    for n in numbers:
        if not 1 <= n <= len(ROWS):
            raise UsageError(f"row {n}: accepted are 1 to {len(ROWS)}")
    return [_walk(n, ROWS[n - 1]) for n in numbers]


def _walk(number: int, row: Row) -> Result:
    return Result(number, row.claim, row.represented, row.command, row.check(), row.depth)


def to_markdown(results: list[Result]) -> str:
    """The page docs/article.md."""
    lines = [
        "# The article, claim by claim", "",
        "The claims of a press report of November 2019 in our own words, how each is represented, the command that shows it,",
        "and what came out when this page was made (`openiads tour --write docs`).", "",
        "| # | claim | represented as | command | outcome | later |", "|--:|---|---|---|---|---|",
    ]  # fmt: skip
    lines += [
        f"| {r.number} | {r.claim} | {r.represented} | `{r.command}` | {r.outcome} | {r.depth} |" for r in results
    ]
    return "\n".join(lines) + "\n"
