"""A ledger in words and as JSON."""

from __future__ import annotations

import math
from typing import Any

from openiads.studies.exposure.ledger import DAYS, Ledger, Observer, Signature
from openiads.studies.hypotheses import span

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
    out += ["", *(_signature(s) for s in ledger.signatures)]
    if not ledger.signatures:
        out.append("no aspect of an aircraft without reflectors was seen at 13 dB by a radar of the system")
    return out


def _observer(o: Observer) -> list[str]:
    hours = o.hours.estimate or 0.0
    much = f"{hours:,.3g}" if o.hours.n == 1 else span(o.hours._asdict())
    seen = "" if o.hours.n == 1 else " in a window"
    told = f"{o.node} ({OWNERS[o.owner]}): {much} body-hours of {o.bodies:,.0f} bodies{seen}"
    out = [
        f"{told}; {100.0 * o.own / hours:.0f} % of it seen by the system's own radars; stated error {o.sigma:,.0f} m"
    ]
    if o.kinds:
        out.append("  of " + ", ".join(f"{name} {h:,.1f} h" for name, h in o.kinds.items() if h > 0.0))
    if o.sources:
        out.append(
            "  sees the sensors work of " + ", ".join(f"{name} ({h:,.1f} track-hours)" for name, h in o.sources.items())
        )
    if o.engaged > 0.0:
        out.append(f"  hears who engages what: {o.engaged:,.2f} track-hours")
    return out + [f"  behind it: {way}" for way in o.behind]


def _signature(s: Signature) -> str:
    bands = ", ".join(f"{band} {s.cells[band]} cells at {s.snr[band]:.0f} dB" for band in sorted(s.dwells))
    of = "" if s.growth is None else ", all windows together"
    text = f"aspects of {s.name}, without reflectors: {s.cells['all']} of 648 cells ({100.0 * s.sphere:.1f} % of the sphere{of}): {bands}"
    if s.growth is None:
        return f"{text}; {s.bits[0]:,.0f} bits of them (C4)"
    grown = ", ".join(f"{100.0 * g:.0f} % after {d:,} days" for d, g in zip(DAYS, s.growth, strict=True) if d > 1)
    bits = ", ".join(f"{b:,.0f} after {d:,}" for d, b in zip(DAYS, s.bits, strict=True) if d in (1, 30, 365))
    return f"{text}; of the aspects that its flights show it knows {grown}; bits of information (C4): {bits} days"


def as_json(ledger: Ledger) -> dict[str, Any]:
    """Numbers as they are; undefined is null."""
    return {
        "scenario": ledger.scenario.name, "posture": ledger.posture, "per": ledger.per,
        "observers": [
            {"node": o.node, "owner": o.owner, "behind": list(o.behind), "body_hours": o.hours._asdict(), "own_hours": o.own,
             "bodies": o.bodies, "hours_by_owner": o.kinds, "sigma_m": None if math.isnan(o.sigma) else o.sigma,
             "track_hours_by_maker": o.sources, "engaged_hours": o.engaged}
            for o in ledger.observers
        ],
        "signatures": [
            {"class": s.name, "cells": s.cells, "sphere": s.sphere, "snr_db": s.snr,
             "dwells": {band: d.tolist() for band, d in s.dwells.items()},
             "bits": s.bits.tolist(), "filled": None if s.growth is None else dict(zip(map(str, DAYS), s.growth.tolist(), strict=True))}
            for s in ledger.signatures
        ],
    }  # fmt: skip
