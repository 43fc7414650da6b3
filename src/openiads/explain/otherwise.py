"""What would have changed it: the same run, the same random numbers, with one condition of the defence changed at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from openiads.engine import motion
from openiads.errors import OpenIadsError, UsageError
from openiads.explain.chain import LEAKED, LOST, Chain
from openiads.record import Run
from openiads.running import complete
from openiads.scenario.build import build
from openiads.scenario.load import parse

_FATES = {motion.ARRIVED: "gets through", motion.KILLED: "is shot down"}


@dataclass(frozen=True)
class Trial:
    """One condition changed."""

    words: str
    sets: dict[str, str]
    changed: bool  # the body meets another end
    fate: str


def otherwise(
    run: Run, found: Chain, progress: Callable[[float, float], None] = lambda done, total: None
) -> list[Trial]:
    """Lives through the run again with each condition; only leakers and wrong shots are asked about."""
    if found.fate not in (LEAKED, LOST):
        raise UsageError(f"'{found.body}' is neither a leaker nor a wrong shot: nothing to change")
    if run.scenario is None:
        raise UsageError("this record was written before records carried their scenario; run it again")
    row = run.tables["bodies"]["name"].tolist().index(found.body)
    trials = list(
        conditions(run.scenario, str(run.meta["posture"]), found.fate, str(run.tables["bodies"]["kind"][row]))
    )
    before, out = _fate(run, run.scenario, {}, row), []
    for k, (words, sets) in enumerate(trials):
        progress(float(k), float(len(trials)))
        try:
            fate = _fate(run, run.scenario, sets, row)
        except OpenIadsError:  # a change that this scenario does not allow
            continue
        out.append(Trial(words, sets, fate != before, _FATES.get(fate, "flies on")))
    progress(float(len(trials)), float(len(trials)))
    return out


def _fate(run: Run, table: dict[str, Any], sets: dict[str, str], row: int) -> int:
    """Status of a body at the end of the run with values set."""
    m = run.meta
    simulation = build(parse(table, "scenario", sets), m["posture"], m["vignette"], m["seed"], m["replication"],
                       stratum=m.get("window", 0), warning=m["warning_s"])  # fmt: skip
    complete(simulation)
    return int(simulation.state.truth.status[row])


def conditions(table: dict[str, Any], posture: str, fate: str, kind: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Conditions of the defence, each as what to set; only what would be a change."""
    d, p = table["doctrine"], table["postures"][posture]
    if fate == LEAKED:
        if p.get("emits") != "duty-cycle" or _number(p.get("duty", 1.0)) < 1.0:
            yield "the system radiates from the start", {
                f"postures.{posture}.emits": "duty-cycle", f"postures.{posture}.duty": "1", f"postures.{posture}.ready_h": "0",
            }  # fmt: skip
        if d["control_status"] != "free":
            yield "weapons are free: suspects and unknowns too", {"doctrine.control_status": "free"}
        if d["method"] != "decentralised":
            yield "the crew decides without asking", {"doctrine.method": "decentralised"}
        salvo, most = int(d.get("salvo", 2)), int(d.get("rounds_max", 4))
        if d.get("shot") == "salvo":
            yield (
                f"{salvo + 2} rounds at once",
                {"doctrine.salvo": str(salvo + 2), "doctrine.rounds_max": str(max(most, salvo + 2))},
            )
        yield "twice as many rounds against one target", {"doctrine.rounds_max": str(min(32, 2 * most))}
        yield from _stronger(table, kind)
    else:
        if d["control_status"] != "hold":
            yield "weapons on hold", {"doctrine.control_status": "hold"}
        if _number(d.get("contact_availability", 1.0)) < 1.0 or d["method"] == "decentralised":
            yield (
                "the authority is asked, and can be reached",
                {"doctrine.contact_availability": "1", "doctrine.method": "centralised"},
            )
        if table["modifiers"].get("interrogator", "vendor") == "vendor":
            yield "it asks in the modes that friends answer", {"interrogator": "national"}
        yield "hostile only above 99.9 %", {"doctrine.identification.hostile": "0.999"}
        yield (
            "twice as many questions before silence counts",
            {"doctrine.silent_interrogations": str(min(100, 2 * int(d.get("silent_interrogations", 3))))},
        )
        yield "one round at a time", {"doctrine.shot": "shoot-look-shoot"}
    if p.get("in_feed", "none") == "none" and any(x.get("role") == "feed_in" for x in table.get("links", [])):
        yield "the national picture is fed", {f"postures.{posture}.in_feed": "open"}
    for radar in table["radars"]:
        for key in ("azimuth_bias_deg", "range_bias_m"):
            if _number(radar.get(key, 0.0)):
                yield f"{radar['name']} is set up right", {f"radars.{radar['name']}.{key}": "0"}


def _stronger(table: dict[str, Any], kind: str) -> Iterator[tuple[str, dict[str, str]]]:
    """More channels and surer rounds of the fire units that are there."""
    classes = sorted({u["class"] for u in table.get("fire_units", [])})
    units = table["library"]["fire_units"]
    yield (
        "twice as many channels",
        {f"library.fire_units.{c}.channels": str(2 * int(_number(units[c]["channels"]))) for c in classes},
    )
    yield (
        "reaction in half the time",
        {f"library.fire_units.{c}.reaction_s": str(0.5 * _number(units[c]["reaction_s"])) for c in classes},
    )
    missiles = sorted({units[c]["missile"] for c in classes})
    kind = "aircraft" if kind == "airliner" else kind
    yield "every round kills what it finds", {f"library.missiles.{m}.pk_{kind}": "1" for m in missiles}


def _number(value: Any) -> float:
    """A number that may carry its evidence."""
    return float(value["value"] if isinstance(value, dict) else value)
