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
from openiads.scenario.build import CHANNELS, build
from openiads.scenario.load import parse

Conditions = Iterator[tuple[str, dict[str, str]]]  # in words, and what to set
_FATES = {motion.ARRIVED: "gets through", motion.KILLED: "is shot down"}
_FATES_OF_FRIENDS = {motion.ARRIVED: "arrives", motion.KILLED: "is shot down"}


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
    kind, model = (str(run.tables["bodies"][column][row]) for column in ("kind", "class"))
    trials = list(conditions(run.scenario, str(run.meta["posture"]), found.fate, kind, model))
    before, out = _fate(run, run.scenario, {}, row), []
    if before != (motion.ARRIVED if found.fate == LEAKED else motion.KILLED):
        raise UsageError(
            f"lived through again, '{found.body}' meets another end than the record says: it was made by another build of openiads, or "
            "changed; run it again, or leave the changes out with --no-otherwise"
        )
    fates = _FATES if found.fate == LEAKED else _FATES_OF_FRIENDS
    for k, (words, sets) in enumerate(trials):
        progress(float(k), float(len(trials)))
        try:
            fate = _fate(run, run.scenario, sets, row)
        except OpenIadsError:  # a change that this scenario does not allow
            continue
        out.append(Trial(words, sets, fate != before, fates.get(fate, "flies on")))
    progress(float(len(trials)), float(len(trials)))
    return out


def _fate(run: Run, table: dict[str, Any], sets: dict[str, str], row: int) -> int:
    """Status of a body at the end of the run with values set."""
    m = run.meta
    simulation = build(parse(table, "scenario", sets), m["posture"], m["vignette"], m["seed"], m["replication"],
                       stratum=m.get("window", 0), warning=m["warning_s"])  # fmt: skip
    complete(simulation)
    return int(simulation.state.truth.status[row])


def conditions(table: dict[str, Any], posture: str, fate: str, kind: str, model: str) -> Conditions:
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
        if most < 32:
            yield "twice as many rounds against one target", {"doctrine.rounds_max": str(min(32, 2 * most))}
        yield from _stronger(table, kind)
    else:
        if d["control_status"] != "hold":
            yield "weapons on hold", {"doctrine.control_status": "hold"}
        yield from _where(d)
        asked = {"doctrine.contact_availability": "1", "doctrine.method": "centralised"}
        if _number(d.get("contact_availability", 1.0)) < 1.0 or d["method"] == "decentralised":
            yield "the authority is asked, and can be reached", asked
        if d.get("approval", "unless-friend") != "when-held":
            yield (
                "the authority is asked, and approves only what it holds itself",
                {**asked, "doctrine.approval": "when-held"},
            )
        yield from _asking(table, model)
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
        for key in radar:
            if key.startswith(("azimuth_bias", "range_bias")) and _number(radar[key]):
                yield f"{radar['name']} is set up right", {f"radars.{radar['name']}.{key}": "0"}


def _where(doctrine: dict[str, Any]) -> Conditions:
    """Areas, lanes and distances of the scenario in which friends are safe, where they are not so yet."""
    for area in doctrine.get("control", []):
        if area["status"] != "hold":
            yield f"weapons on hold in {area['name']}", {f"doctrine.control.{area['name']}.status": "hold"}
    for lane in doctrine.get("lanes", []):
        for key in lane:
            if key.startswith("from_"):
                yield f"lane {lane['name']} is in force from the start", {f"doctrine.lanes.{lane['name']}.{key}": "0"}
    if not any(_number(x) for key, x in doctrine.items() if key.startswith("friend_clearance")):
        yield "no shot within 10 km of a friend that it holds", {"doctrine.friend_clearance_km": "10"}


def _asking(table: dict[str, Any], model: str) -> Conditions:
    """The radars of the fire units ask what a class of bodies answers, under its keys."""
    body = table["library"]["bodies"].get(model, {})
    if not body.get("iff_modes"):
        return
    guiding = {u["radar"] for u in table.get("fire_units", [])}
    sets = {}
    for c in sorted({r["class"] for r in table["radars"] if r["name"] in guiding}):
        sets[f"library.radars.{c}.iff_modes"] = str(body["iff_modes"])
        sets[f"library.radars.{c}.crypto"] = body.get("crypto", "alliance")
    yield f"it asks what {model} answers", sets


def _stronger(table: dict[str, Any], kind: str) -> Conditions:
    """More channels and surer rounds of the fire units that are there."""
    classes = sorted({u["class"] for u in table.get("fire_units", [])})
    units = table["library"]["fire_units"]
    yield (
        "twice as many channels",
        {
            f"library.fire_units.{c}.channels": str(min(CHANNELS, 2 * int(_number(units[c]["channels"]))))
            for c in classes
        },
    )
    reactions = {
        f"library.fire_units.{c}.{key}": str(0.5 * _number(value))
        for c in classes for key, value in units[c].items() if key.startswith("reaction")
    }  # fmt: skip
    yield "reaction in half the time", reactions
    missiles = sorted({units[c]["missile"] for c in classes})
    kind = "aircraft" if kind == "airliner" else kind
    launchers = {u["name"]: int(_number(u.get("launchers", 1))) for u in table.get("fire_units", [])}
    yield (
        "twice as many launchers, with their rounds",
        {f"fire_units.{u}.launchers": str(2 * k) for u, k in launchers.items()},
    )
    yield "every round kills what it finds", {f"library.missiles.{m}.pk_{kind}": "1" for m in missiles}


def _number(value: Any) -> float:
    """A number that may carry its evidence."""
    return float(value["value"] if isinstance(value, dict) else value)
