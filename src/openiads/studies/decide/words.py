"""A decision in lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openiads.studies.by_posture import BY_POSTURE
from openiads.studies.table import number, without

_OTHERS = 4  # concessions that are told beside the smallest


def lines(found: dict[str, Any]) -> Iterator[str]:
    """What every actor says of every posture, what all accept, and what it would take."""
    box = found["kind"] == "robustness"
    yield f"{found['scenario']}, limits: {found['limits']}"
    yield (
        "a bound is decided where the range that holds 95 % of the draws lies on one side of it"
        if box
        else "a bound is decided where the whole 95 % interval lies on one side of it"
    ) + "; (in) and (out): undecided, and where the estimate lies"
    width = max(len(p) for p in found["all"])
    for actor in found["actors"]:
        yield f"{actor['name']} ({actor['title']}): " + ", ".join(_bound(found, x) for x in actor["limits"])
        for posture, answer in actor["postures"].items():
            yield f"  {posture:{width}}  {said(answer):14}{_why(found, answer)}".rstrip()
    yield from _together(found)
    if found["draws"]:
        yield from _over_draws(found)
    if not found["complete"]:
        yield "what was decided on was stopped before it was whole"


def said(answer: dict[str, Any]) -> str:
    """A verdict in a word or two."""
    if answer["verdict"] != "undecided":
        return str(answer["verdict"])
    return "undecided (in)" if answer["inside"] else "undecided (out)"


def _bound(found: dict[str, Any], x: dict[str, Any]) -> str:
    """A bound in words, with its unit."""
    unit = found["units"][x["metric"]]
    return f"{x['metric']} at {x['bound']} {number(x['value'])}{unit and ' ' + unit}"


def _why(found: dict[str, Any], answer: dict[str, Any]) -> str:
    """The bounds that are broken or open, with what was estimated."""
    parts = []
    for b in answer["bounds"]:
        if b["inside"] and b["decided"]:
            continue
        if b["estimate"] is None:
            parts.append(f"{b['metric']} {_missing(b)}")
            continue
        if b["kind"] == BY_POSTURE:
            parts.append(f"{b['metric']} {number(b['estimate'])} ({b['reason']})")
            continue
        bare = b["low"] is None or b["high"] is None
        span = f"no interval: {b['reason']}" if bare else f"{number(b['low'])} to {number(b['high'])}"
        parts.append(f"{b['metric']} {number(b['estimate'])} [{span}]")
    return "  " + "; ".join(parts) if parts else ""


def _missing(b: dict[str, Any]) -> str:
    """What stands where a bound has no estimate, with the reason, which may say it by itself."""
    reason = b["reason"] or ""
    return reason if reason.startswith(without(b)) else f"{without(b)} ({reason})"


def _together(found: dict[str, Any]) -> Iterator[str]:
    inside = [p for p, answer in found["all"].items() if answer["inside"]]
    decided = [p for p, answer in found["all"].items() if answer["verdict"] == "accepted"]
    yield f"every actor accepts, by the estimates: {', '.join(inside) or 'no posture'}; decidedly: {', '.join(decided) or 'none'}"
    possible = [p for p, answer in found["all"].items() if answer["verdict"] != "refused"]
    yield f"not ruled out: {', '.join(possible) or 'no posture'}"
    if found["smallest"] is None:
        if not inside:
            yield "no concession would do: in every posture a metric is undefined or has no limit; say in the limits what that means (undefined = …)"
        return
    yield f"smallest concession (fewest bounds, then the least share of a bound): {_concession(found, found['smallest'])}"
    for other in [c for c in found["concessions"] if c != found["smallest"]][:_OTHERS]:
        yield f"  other: {_concession(found, other)}"


def _concession(found: dict[str, Any], c: dict[str, Any]) -> str:
    return f"{c['posture']}, if " + ", and ".join(_move(found, m) for m in c["moves"])


def _move(found: dict[str, Any], m: dict[str, Any]) -> str:
    share = "from nothing" if m["share"] is None else f"{number(100 * m['share'])} % of the bound"
    unit = found["units"][m["metric"]]
    return (
        f"{m['actor']} moves {m['metric']} from at {m['bound']} {number(m['value'])} to {number(m['to'])}{unit and ' ' + unit} "
        f"(by {number(m['by'])}, {share})"
    )


def _over_draws(found: dict[str, Any]) -> Iterator[str]:
    draws = found["draws"]
    yield f"over {draws['n']} draws of what is uncertain, some posture suits every actor in {_percent(draws['nonempty'])}"
    if draws["after_concession"] is not None:
        yield f"  after the smallest concession in {_percent(draws['after_concession'])}"
    for posture, share in draws["all"].items():
        if share["estimate"] > 0.0:
            yield f"  {posture} in {_percent(share)}"


def _percent(share: dict[str, Any]) -> str:
    return f"{100 * share['estimate']:.0f} % [{100 * share['low']:.0f}, {100 * share['high']:.0f}] of the draws"
