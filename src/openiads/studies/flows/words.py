"""An answer about flows in words, for the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from openiads.scenario.phrasing import conjoined, duration
from openiads.scenario.spec import IDENTITIES

_KINDS = {"visits": "carried by hand", "undeclared": "undeclared", "copy": "copied out"}
_TOPMOST = 12  # guards that are listed


def lines(a: dict[str, Any]) -> list[str]:
    """One posture."""
    what = "sensitive nodes" if a["protected"] != a["sources"] else "these nodes"
    blocks = [
        [f"{a['scenario']}: {a['posture']}" + _topology(a)],
        _reach(a), _onward(a), _cuts(a, what), _chances(a, what), _compromise(a), _guards(a), _standing(a),
    ]  # fmt: skip
    return [line for block in blocks for line in block]


def _topology(a: dict[str, Any]) -> str:
    return f", topology {a['topology']} (in brackets: the range over hub, mesh, national)" if a["topology"] else ""


def _reach(a: dict[str, Any]) -> Iterable[str]:
    r = a["reach"]
    if not a["sinks"]:
        yield "X3: no node is the vendor's or outside, so nothing can leave; --sink names where tracks shall not arrive"
        return
    yield (
        f"X3: tracks of {_few(r['count'], 'node')} can flow to {conjoined(a['sinks'])}; of these sensitive: "
        f"{_range(r['count_sensitive'])}"
    )
    yield from _ways(r, a)


def _onward(a: dict[str, Any]) -> Iterable[str]:
    r = a["onward"]
    yield (
        f"X3.onward: if the system is compromised it can write into {_few(r['count'], 'node')}; of these sensitive: "
        f"{_range(r['count_sensitive'])}"
    )
    yield from _ways(r, a)


def _ways(r: dict[str, Any], a: dict[str, Any]) -> Iterable[str]:
    for way in r["ways"].values():
        yield "  " + way[0]["from"] + "".join(f" -({_hop(h, a)})-> {h['to']}" for h in way)


def _hop(hop: dict[str, str], a: dict[str, Any]) -> str:
    edge = next(e for e in a["flows"] if e["name"] == hop["link"])
    marks = [] if hop["guard"] == "none" else [hop["guard"]]
    marks += ["its own tracks only"] if edge["own_tracks_only"] else []
    marks += [_KINDS[edge["kind"]]] if edge["kind"] in _KINDS and edge["kind"] not in hop["link"] else []
    return ", ".join([hop["link"], *marks])


def _cuts(a: dict[str, Any], what: str) -> Iterable[str]:
    size = a["cut"]["size"]
    if not a["sinks"]:
        return
    if not a["protected"]:
        yield "X5: no node is marked sensitive; --source names whom to protect"
    elif size[0] is None:
        yield f"X5: no closing of links keeps tracks of {what} in: what nobody knows of begins at one of them"
    elif size[0] == 0:
        yield f"X5: {_range(size)} links to close: no track of {what} can flow there"
    else:
        yield f"X5: with {_few(size, 'link')} closed no track of {what} flows there: {conjoined(a['cut']['links'])}"
        if a["cut"]["links_near_sources"] != a["cut"]["links"]:
            yield f"  or, nearest to those nodes: {conjoined(a['cut']['links_near_sources'])}"
    for way, said in (
        ("links", "can leave at once"),
        ("visits", f"can be recorded for the next visit, every {duration(a['visit_s'])}"),
    ):
        bits = a["bits_per_s"][way]
        if bits["size"][0] is None:
            yield f"  of theirs any amount {said}: it is what they record themselves"
        elif bits["size"][0] > 0.0:
            yield f"  at most {_range(bits['size'], 1e-3)} kbit/s of theirs {said}: so much fits through {conjoined(bits['links'])}"


def _chances(a: dict[str, Any], what: str) -> Iterable[str]:
    c = a["chance"]
    if "p_exists" in c:
        yield (
            f"Chance that tracks of {what} can leave over links at a given moment: {_value(c['without'])} without the "
            f"undeclared channel, {_value(c['with'])} if it exists, {_value(c['believed'])} by the scenario's belief of "
            f"{c['p_exists']:g}; expected number {_value(c['expected_nodes'])}"
        )
    t = a["together"]
    if t["estimate"] is not None:
        yield f"At a given moment the largest part that hangs together holds {t['estimate']:.1%} of the nodes of the defence"


def _compromise(a: dict[str, Any]) -> Iterable[str]:
    if s := a.get("spread"):
        yield (
            f"If the system is compromised and each permitted flow carries that on with a chance of {s['chance']:g}, "
            f"the expected number of further nodes reached is {_value(s['expected_nodes'])}"
        )
        if chances := [f"{name} {p:.3g}" for name, p in s["each"].items() if p > 0.0]:
            yield "  " + ", ".join(chances)
    if t := a.get("time_to_sensitive"):
        if t["mean_s"]["estimate"] is None:
            yield "No permitted flow leads from the system to a sensitive node"
        else:
            yield (
                f"If each flow carries it on for certain, after {duration(t['step_s'])} on average, a compromise of the system reaches a sensitive node after "
                f"{duration(t['mean_s']['estimate'])} on average, within {duration(t['within_s'])} with a chance of {_value(t['probability'])}"
            )


def _guards(a: dict[str, Any]) -> Iterable[str]:
    useful = [g for g in a["guards"] if _changes(g)]
    if not useful:
        return
    yield (
        "Guards by what they protect (nodes whose tracks could then no longer flow there; onward: nodes that the system could "
        "no longer write into):"
    )
    yield from _rows(useful[:_TOPMOST], "kbit/s left")
    rest = len(a["guards"]) - len(useful)
    more = f"{len(useful) - _TOPMOST} more protect something; " if len(useful) > _TOPMOST else ""
    yield f"  {more}{_others(rest)} would protect nothing here"


def _standing(a: dict[str, Any]) -> Iterable[str]:
    every = a["guards_standing"]
    needed = [g for g in every if _changes(g)]
    if needed:
        yield (
            "Guards that stand, by what is open without them (nodes whose tracks could then flow there as well; onward: nodes that "
            "the system could then write into):"
        )
        yield from _rows(needed, "kbit/s then")
    rest = len(every) - len(needed)
    if needed and rest:
        yield f"  {_others(rest)} would open nothing here if taken off"
    elif rest:
        yield f"Guards that stand: {rest}; taken off, none would open anything here"


def _others(n: int) -> str:
    return f"{n} other{'' if n == 1 else 's'}"


def _changes(g: dict[str, Any]) -> bool:
    return bool(g["sensitive"] or g["nodes"] or g["identities"] or g["onward"])


def _rows(found: list[dict[str, Any]], left: str) -> Iterable[str]:
    """A table of guards."""
    rows = [("guard", "link", "sensitive", "nodes", "tracks taken for", left, "onward")]
    rows += [(
        g["guard"], g["link"], str(len(g["sensitive"])), str(len(g["nodes"])), _identities(g),
        "no limit" if g["bits"] is None else f"{1e-3 * g['bits']:.3g}", str(len(g["onward"])),
    ) for g in found]  # fmt: skip
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        yield "  " + "  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)).rstrip()


def _identities(g: dict[str, Any]) -> str:
    """Identities that change; all of them, and what flows from no node at all, need no list."""
    whole = len(g["identities"]) == len(IDENTITIES) or (g["identities"] and g["bits"] == 0.0)
    return "any" if whole else ", ".join(g["identities"]) or "-"


def _range(value: list[float | None], scale: float = 1.0) -> str:
    """A figure with its range over the topologies."""
    own, low, high = (_number(x, scale) for x in value)
    return own if own == low == high else f"{own} [{low}, {high}]"


def _few(value: list[float | None], one: str) -> str:
    return f"{_range(value)} {one}{'' if value[0] == 1 else 's'}"


def _number(x: float | None, scale: float = 1.0) -> str:
    return "no limit" if x is None else f"{x * scale:.3g}"


def _value(e: dict[str, Any]) -> str:
    """An estimate, with its interval where it was drawn."""
    if e["estimate"] is None:
        return "undefined"
    drawn = e["low"] is not None and e["low"] != e["high"]
    return f"{e['estimate']:.3g}" + (f" [{e['low']:.3g}, {e['high']:.3g}]" if drawn else "")
