"""The chain of causes of one body, read from the record of a run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from openiads.errors import RecordError, UsageError
from openiads.record import Run
from openiads.scenario.phrasing import counted

LEAKED, LOST, KILLED, THROUGH = "leaker", "wrong shot", "killed", "alive"
_KM_A_DEGREE = 111.2  # of a great circle
_ELSEWHERE = 5.0  # km: a track that stands farther from its body shows it elsewhere
_FATES = {"leaker": LEAKED, "kill": KILLED, "friendly_killed": LOST, "civil_killed": LOST}


@dataclass(frozen=True)
class Link:
    """One thing that happened, or that did not."""

    t: float  # s
    kind: str  # held, identity, decision, refused, spared, not_engaged, launch, miss, kill, end
    text: str


@dataclass(frozen=True)
class Chain:
    """What became of a body, why, and where the chain of the defence broke."""

    body: str
    side: str
    fate: str
    t_end: float  # s
    links: list[Link]
    broke: str  # in words
    stage: str  # seen, identity, assignment, authority, launch, kill, and shot for one that was shot at wrongly


TABLES = ("events", "bodies", "tracks", "truth", "decisions", "engagements")  # what a chain is read from
_META: dict[str, type | tuple[type, ...]] = {
    "posture": str,
    "vignette": str,
    "seed": int,
    "replication": int,
    "duration_s": (int, float),
    "warning_s": (int, float),
}


def require(run: Run) -> None:
    """Refuse a record that is not whole, or not one run of its scenario."""
    lacking = [f"{name}.parquet" for name in TABLES if name not in run.tables]
    lacking += [f"{key} in meta.json" for key, kind in _META.items() if not isinstance(run.meta.get(key), kind)]
    table = run.scenario
    if table is not None and run.meta.get("posture") not in table.get("postures", {}):
        lacking.append("its posture in scenario.json")
    if lacking:
        raise RecordError(f"the record lacks {', '.join(lacking)}; run it again")


def bodies_to_explain(run: Run) -> list[str]:
    """Leakers, and friends and airliners that were shot down, in the order of time."""
    events = run.tables["events"]
    return [
        str(events["object"][k] if kind != "leaker" else events["subject"][k])
        for k, kind in enumerate(events["event"].tolist())
        if kind in ("leaker", "friendly_killed", "civil_killed")
    ]


def chain(run: Run, body: str) -> Chain:
    """The chain of causes of one body of a run, by its name."""
    bodies = run.tables["bodies"]
    names = bodies["name"].tolist()
    if body not in names:
        known = bodies_to_explain(run)
        raise UsageError(f"no body '{body}' in this run; leakers and wrong shots: {', '.join(known[:20]) or 'none'}")
    row = names.index(body)
    fate, t_end = _fate(run, body)
    shooters = sorted({str(n) for n in run.tables["engagements"]["node"]} | _command_posts(run))
    links = sorted([*_held(run, body), *_identities(run, row, shooters), *_decisions(run, body, t_end), *_shots(run, body)],
                   key=lambda link: link.t)  # fmt: skip
    links.append(Link(t_end, "end", _end(run, body, fate)))
    stage, broke = _broken(run, body, row, fate, shooters, t_end)
    return Chain(body, str(bodies["side"][row]), fate, t_end, links, broke, stage)


def _command_posts(run: Run) -> set[str]:
    """Nodes whose fire units could shoot."""
    table = run.scenario or {}
    return {str(unit["node"]) for unit in table.get("fire_units", [])}


def _fate(run: Run, body: str) -> tuple[str, float]:
    events = run.tables["events"]
    for t, kind, subject, thing in zip(*(events[c].tolist() for c in ("t", "event", "subject", "object")), strict=True):
        if kind in _FATES and body == (subject if kind == "leaker" else thing):
            return _FATES[kind], float(t)
    return THROUGH, float(run.meta["duration_s"])


def _end(run: Run, body: str, fate: str) -> str:
    if fate == THROUGH:
        return f"the record ends; {body} still flies or has landed"
    events = run.tables["events"]
    mine = (events["subject"] == body) | (events["object"] == body)
    texts = [
        str(x)
        for x, kind, m in zip(events["text"], events["event"], mine, strict=True)
        if m and _FATES.get(kind) == fate
    ]
    return texts[-1]


def _held(run: Run, body: str) -> list[Link]:
    """Who came to hold it, and when."""
    return [Link(t, "held", text) for t, _, text in _events(run, body, "track_started")]


def _events(run: Run, body: str, *kinds: str, until: float = math.inf) -> list[tuple[float, str, str]]:
    """Time (s), kind and words of what happened to it, of these kinds."""
    e = run.tables["events"]
    mine = np.isin(e["event"], kinds) & (e["object"] == body) & (e["t"] <= until)
    columns = (e[name][mine] for name in ("t", "event", "text"))
    return [(float(t), str(kind), str(text)) for t, kind, text in zip(*columns, strict=True)]


def _identities(run: Run, row: int, nodes: list[str]) -> list[Link]:
    """When the identity changed that a command post gave it; as often as the record samples, and at every decision."""
    out = []
    for node in nodes:
        before = None
        for t, now in sorted(_taken_for(run, row, node)):
            if now != before:
                out.append(Link(t, "identity", f"{node} takes it for {now}"))
            before = now
    return out


def _taken_for(run: Run, row: int, node: str) -> list[tuple[float, str]]:
    """Times (s) of which it is known what a node took a body for, and what."""
    found: list[tuple[float, str]] = []
    for table in (run.tables["tracks"], run.tables["decisions"]):
        mine = (table["node"] == node) & (table["body"] == row)
        found += zip(table["t"][mine].tolist(), table["identity"][mine].tolist(), strict=True)
    return found


def _orders(run: Run, body: str) -> np.ndarray:
    """Rows of the decisions in which a shot at it was ordered; the others held fire."""
    d = run.tables["decisions"]
    return np.flatnonzero((d["body_name"] == body) & d["ordered"].astype(bool))


def _decisions(run: Run, body: str, t_end: float) -> list[Link]:
    """Orders, with what was known when they were given; refusals, and fire that was held for a friend."""
    d, out = run.tables["decisions"], []
    method = (run.scenario or {}).get("doctrine", {}).get("method")
    alone = "alone, since the authority can not be reached" if method == "autonomous" else "without asking"
    meant = {body: math.inf} | _meant_for_others(run, body)
    for k in [k for name, last in meant.items() for k in _orders(run, name).tolist() if d["t"][k] <= last]:
        whom = "it" if d["body_name"][k] == body else str(d["body_name"][k])
        told = f"; {d['told_by'][k]} said {d['told'][k]}" if d["told"][k] else ""
        left = f"{d['seconds_left'][k]:.0f} s from {d['asset'][k]}" if d["asset"][k] else "coming for no asset"
        how = (
            f"orders {whom} to be engaged, {alone}"
            if d["by_itself"][k]
            else f"asks to engage {whom}, answer at {d['t_answer'][k]:.0f} s"
        )
        how += ", which nobody looked at" if d["unseen"][k] else ""
        out.append(Link(
            float(d["t"][k]), "decision",
            f"{d['fire_unit'][k]} {how}: taken for {d['identity'][k]}, with {d['p_hostile'][k]:.1%} for hostile, "
            f"{d['p_friend'][k]:.1%} for friend, {d['p_neutral'][k]:.1%} for neutral; {d['answers'][k]} answers to {d['questions'][k]} questions{told}; "
            f"{left}; weapons {d['control_status'][k]}",
        ))  # fmt: skip
    return out + [Link(*e) for e in _events(run, body, "refused", "spared", "not_engaged", until=t_end)]


def _meant_for_others(run: Run, body: str) -> dict[str, float]:
    """Bodies that rounds which found this one were meant for, and when (s) these were fired."""
    shots = run.tables["engagements"]
    mine = (shots["victim"] == body) & (shots["body_name"] != body)
    return {str(n): float(t) for n, t in zip(shots["body_name"][mine], shots["t_launch"][mine], strict=True)}


def _shots(run: Run, body: str) -> list[Link]:
    """Rounds fired at it, and those that found it though they were meant for another."""
    shots, out = run.tables["engagements"], []
    for k in range(len(shots["id"])):
        if body not in (shots["body_name"][k], shots["victim"][k]):
            continue
        meant = "" if shots["body_name"][k] == body else f" at {shots['body_name'][k]}"
        out.append(Link(
            float(shots["t_launch"][k]), "launch", f"{shots['fire_unit'][k]} fires {counted(shots['rounds'][k], 'round')}{meant}"
        ))  # fmt: skip
        if shots["outcome"][k] == "open":
            continue
        what = "they hit it" if shots["victim"][k] == body else "they miss it"
        believed = f"; the crew takes it for a {shots['believed'][k]}" if shots["believed"][k] else ""
        kind = "kill" if shots["victim"][k] == body else "miss"
        out.append(Link(float(shots["t_intercept"][k]), kind, what + believed))
    return out


def _broken(run: Run, body: str, row: int, fate: str, nodes: list[str], t_end: float) -> tuple[str, str]:
    """The first link of the defence that did not hold: stage and words."""
    if fate == LOST:
        return _why_shot(run, body, row)
    if fate != LEAKED:
        return (
            "",
            "nothing broke: it did not get through"
            if fate == KILLED
            else "it neither got through nor was it shot down",
        )
    tracks, shots, d = run.tables["tracks"], run.tables["engagements"], run.tables["decisions"]
    seen = (tracks["body"] == row) & np.isin(tracks["node"], nodes)
    if not seen.any() and not any(
        link.kind == "held" and link.text.split(" ")[0] in nodes for link in _held(run, body)
    ):
        return "seen", "no command post with fire units ever held it"
    objections = d["objection"][d["body_name"] == body]
    if not objections.size:
        hostile = seen & (tracks["identity"] == "hostile")
        if not hostile.any():
            last = tracks["identity"][np.flatnonzero(seen)[-1]] if seen.any() else "pending"
            return "identity", f"it was never declared hostile: at last it was {last}"
        if not (tracks["own"][seen]).any():
            return "seen", "it was known from others alone: no radar of a command post held it, and none could guide"
        return "assignment", _not_engaged(run, body, t_end)
    mine = shots["body_name"] == body
    if not mine.any():
        said = [str(x) for x in objections if x]
        if said:
            return "authority", f"no round was fired: {said[-1]}"
        return (
            "launch",
            "an engagement was ordered and no round left: the answer, the lock or the meeting point came too late",
        )
    if (mine & (shots["believed"] == "kill") & (shots["victim"] != body)).any():
        return (
            "kill",
            f"{counted(shots['rounds'][mine].sum(), 'round')} did not find it, and a miss was taken for a kill",
        )
    return "kill", f"{counted(shots['rounds'][mine].sum(), 'round')} fired at it, and none hit it"


def _not_engaged(run: Run, body: str, t_end: float) -> str:
    """Why a hostile track was not engaged: what held longest until the end."""
    told = _events(run, body, "not_engaged", until=t_end)
    if not told:
        return "it was declared hostile too late for an engagement"
    spans: dict[str, float] = {}
    for (begin, _, text), end in zip(told, [*(t for t, _, _ in told[1:]), t_end], strict=True):
        why = text.partition(": ")[2]
        spans[why] = spans.get(why, 0.0) + end - begin
    return f"it was declared hostile, and not engaged: {max(spans, key=spans.__getitem__)}"


def _why_shot(run: Run, body: str, row: int) -> tuple[str, str]:
    """Why a friend or an airliner was shot at."""
    d, shots = run.tables["decisions"], run.tables["engagements"]
    hit: list[Any] = np.flatnonzero(shots["victim"] == body).tolist()
    if hit and shots["body_name"][hit[-1]] != body:
        node, t = str(shots["node"][hit[-1]]), float(shots["t_launch"][hit[-1]])
        known = [identity for at, identity in sorted(_taken_for(run, row, node)) if at <= t]
        held = f"which {node} took for {known[-1]}" if known else f"which {node} did not hold"
        return "kill", f"the rounds were meant for {shots['body_name'][hit[-1]]} and found what stood beside it, {held}"
    mine = _orders(run, body)
    if not mine.size:
        return "shot", "it was shot down"
    k = mine[-1]
    if d["told"][k] == "hostile":
        return "identity", f"{d['told_by'][k]} reported it hostile"
    if d["questions"][k] == 0:
        return "identity", "nobody asked who it was, and it came for what is defended"
    answers = f"it gave {d['answers'][k]} answers to {d['questions'][k]} questions"
    apart = _apart(run, row, str(d["node"][k]), float(d["t"][k]))
    if apart > _ELSEWHERE:
        return (
            "identity",
            f"{answers} and seemed to come for what is defended: it was held {apart:.0f} km from where it was",
        )
    return "identity", f"{answers} and came for what is defended"


def _apart(run: Run, row: int, node: str, t: float) -> float:
    """How far (km) a node held a body from where it was, in the sample that is nearest to a time (s)."""
    tracks, truth = run.tables["tracks"], run.tables["truth"]
    mine = np.flatnonzero((tracks["node"] == node) & (tracks["body"] == row))
    if not mine.size:
        return 0.0
    k = mine[np.argmin(np.abs(tracks["t"][mine] - t))]
    there = np.flatnonzero((truth["body"] == row) & (truth["t"] == tracks["t"][k]))
    if not there.size:
        return 0.0
    north = tracks["lat_deg"][k] - truth["lat_deg"][there[0]]
    east = (tracks["lon_deg"][k] - truth["lon_deg"][there[0]]) * np.cos(np.radians(tracks["lat_deg"][k]))
    return _KM_A_DEGREE * float(np.hypot(north, east))
