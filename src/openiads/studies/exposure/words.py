"""A ledger in words and as JSON."""

from __future__ import annotations

import math
from typing import Any

from openiads.scenario.phrasing import place
from openiads.studies.calendar.known import filling_band
from openiads.studies.exposure.behind import Holder
from openiads.studies.exposure.ledger import Ledger, Observer, Sensors
from openiads.studies.exposure.signatures import DAYS, Growth, Signature
from openiads.studies.hypotheses import span
from openiads.studies.measure import class_and_band

OWNERS = {"national": "the owner's", "nato": "NATO's", "vendor": "the vendor's", "outside": "outside"}


def lines(ledger: Ledger) -> list[str]:
    """The whole ledger of a posture, one line each."""
    out = [f"{ledger.scenario.name}, posture {ledger.posture}: what was learned in {ledger.per}"]
    dark = [o.node for o in ledger.observers if not o.hours.estimate]
    for o in ledger.observers:
        if o.node not in dark:
            out += ["", *_observer(o)]
    if dark:
        out += ["", f"held nothing: {', '.join(dark)}"]
    if not ledger.signatures:
        return [
            *out,
            "",
            "no aspect of an aircraft without reflectors was seen at 13 dB by a radar that keeps signatures",
        ]
    out.append("")
    for s in ledger.signatures:
        out += _signature(s)
    out += [_growth(g) for g in ledger.growths]
    return [*out, "who is passed tracks alone has no signature: a track says no signal"]


def _observer(o: Observer) -> list[str]:
    hours, run = o.hours.estimate or 0.0, o.hours.n == 1
    much = _much(hours) if run else span(o.hours._asdict())
    told = f"{o.node} ({OWNERS[o.owner]}): {much} body-hours {'of' if run else 'a day, of'} {_count(o.bodies)} bodies{'' if run else ' in one window'}"
    out = [
        f"{told}; {100.0 * o.own / hours:.0f} % of it seen by the system's own radars; stated error {o.sigma:,.0f} m"
    ]
    if o.kinds:
        out.append("  of " + ", ".join(f"{name} {h:,.1f} h" for name, h in o.kinds.items() if h > 0.0))
    out += [_sensors(o, s) for s in o.sensors]
    if o.engaged > 0.0:
        out.append(f"  hears who engages what: {o.engaged:,.2f} track-hours")
    return out + [f"  behind it: {way}" for way in o.behind]


def _sensors(o: Observer, s: Sensors) -> str:
    """Whose sensors it sees at work, and what their reports betray."""
    text = f"  sees the sensors work of {s.maker}: {_much(s.hours)} track-hours"
    if s.maker == o.node:
        return f"{text}, its own"
    parts = [f"in {100.0 * s.heard:.0f} % of the time"]
    if not math.isnan(s.within):
        where = "from where it reckons" if s.place is None else f"of {place(*map(math.radians, s.place))}"
        parts.append(
            f"their middle is within {s.within / 1e3:,.0f} km {where} (reports within {s.extent / 1e3:,.0f} km)"
        )
    parts.append("no regular look" if math.isnan(s.period) else f"a look every {s.period:.1f} s or a part of it")
    return f"{text}; {'; '.join(parts)}" + ("" if s.place is not None or math.isnan(s.within) else "; of one window")


def _signature(s: Signature) -> list[str]:
    bands = ", ".join(f"{band} {s.cells[band]} cells at {s.snr[band]:.0f} dB" for band in sorted(s.dwells))
    a_day = len(s.bits) > 1
    much = f"{s.whole.sum():,.0f} looks{' a day' if a_day else ''}"
    where = f"{s.cells['all']} of 648 cells ({100.0 * s.sphere:.1f} % of the sphere)" + (
        " in all windows" if a_day else ""
    )
    bits = ", ".join(f"{b:,.0f} after {d:,}" for d, b in zip(DAYS, s.bits, strict=False) if d in (1, 30, 365))
    told = f"{bits} days" if a_day else f"{s.bits[0]:,.0f}"
    held = "; ".join(map(_holder, s.held_by))
    return [
        f"aspects of {s.name}, without reflectors, seen by {s.node}: {much} at {where}: {bands}; bits (C4): {told}",
        f"  held by {held}",
    ]


def _holder(h: Holder) -> str:
    if not h.way:
        return h.who
    only = ", of the owner's own flights alone" if h.own_only else ""
    if h.way == "visits":
        return f"{h.who} within {h.delay / 86400.0:g} days{only}"
    exists = "if it exists, " if h.undeclared else ""
    return f"{h.who} over {h.way} at once ({exists}room for {h.room:,.0f} looks a day){only}"


def _growth(g: Growth) -> str:
    """With the 95 % limits, and what it would be at most with all that windows may have missed."""
    band, f = filling_band(g.filling), g.filling
    said = []
    for i, days in enumerate(DAYS):
        limits = "" if band is None else f" [{100.0 * band[0][i]:.0f}, {100.0 * band[1][i]:.0f}]"
        most = "" if f.seen >= 1.0 or f.most[i] > 0.995 else f" (at most {100.0 * f.most[i]:.0f})"
        said.append(f"{100.0 * f.share[i]:.0f}{limits}{most} % after {days:,}")
    name, band_name = class_and_band(g.name)
    text = f"all aspects of {name} that its flights show, band {band_name}: a day's looks fall on {100.0 * g.day:.1f} % of the sphere; known (C3) are"
    seen = (
        ""
        if f.seen >= 1.0
        else f"; {100.0 * f.seen:.0f} % were seen in any window, at most is with what windows may have missed"
    )
    return f"{text} {', '.join(said)} days{seen}"


def _count(bodies: float) -> str:
    return f"{bodies:,.0f}" if bodies >= 10.0 or bodies == round(bodies) else f"{bodies:.1f}"


def _much(hours: float) -> str:
    return f"{hours:,.0f}" if hours >= 1000.0 else f"{hours:.3g}"


def as_json(ledger: Ledger) -> dict[str, Any]:
    """Numbers as they are; undefined is null."""
    return {
        "scenario": ledger.scenario.name, "posture": ledger.posture, "per": ledger.per,
        "observers": [
            {"node": o.node, "owner": o.owner, "behind": list(o.behind), "body_hours": o.hours._asdict(), "own_hours": o.own,
             "bodies": o.bodies, "hours_by_owner": o.kinds, "sigma_m": _known(o.sigma),
             "sensors": [
                 {"node": s.maker, "track_hours": s.hours, "lat_deg": s.place and s.place[0], "lon_deg": s.place and s.place[1],
                  "within_m": _known(s.within), "extent_m": _known(s.extent), "period_s": _known(s.period),
                  "heard_share": s.heard if s.maker != o.node else None}
                 for s in o.sensors
             ],
             "engaged_hours": o.engaged}
            for o in ledger.observers
        ],
        "signatures": [
            {"node": s.node, "class": s.name, "cells": s.cells, "sphere": s.sphere, "snr_db": s.snr,
             "dwells": {band: d.tolist() for band, d in s.dwells.items()}, "bits": s.bits.tolist(),
             "held_by": [
                 {"who": h.who, "over": h.way or None, "after_s": h.delay, "looks_a_day": _known(h.room), "if_it_exists": h.undeclared,
                  "own_flights_only": h.own_only}
                 for h in s.held_by
             ]}
            for s in ledger.signatures
        ],
        "filling": [_filling(g) for g in ledger.growths],
    }  # fmt: skip


def _filling(g: Growth) -> dict[str, Any]:
    band = filling_band(g.filling)
    name, of = class_and_band(g.name)
    return {"class": name, "band": of, "sphere_of_a_day": g.day, "seen_in_windows": g.filling.seen, "days": list(DAYS),
            "filled": g.filling.share.tolist(), "low": None if band is None else band[0].tolist(),
            "high": None if band is None else band[1].tolist(), "most": g.filling.most.tolist()}  # fmt: skip


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
