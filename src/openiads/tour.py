"""The tour: every claim of the article, how it is represented, the commands that show it, and what came out.

The commands are carried out when the tour is walked, as a user would type them; an outcome is picked from what they
print and write. Nothing here is a stored result.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from openiads.errors import OpenIadsError, UsageError
from openiads.studies.table import number

_WRITES = ("run", "study")  # commands that take --out


@dataclass(frozen=True)
class Shown:
    """What one command printed, and the folder that it wrote."""

    text: str
    folder: Path

    def lines(self, *words: str) -> str:
        """The printed lines that contain one of some words."""
        return "; ".join(
            line.strip().removesuffix(".") for line in self.text.splitlines() if any(w in line for w in words)
        )

    def count(self, word: str, without: str = "\0") -> int:
        """How many printed lines contain one word and not the other."""
        return sum(word in line and without not in line for line in self.text.splitlines())

    @cached_property
    def summary(self) -> dict[str, Any]:
        """summary.json of a study."""
        content: dict[str, Any] = json.loads((self.folder / "summary.json").read_text(encoding="utf-8"))
        return content

    def cells(self, metric: str, *postures: str) -> str:
        """One line of the decision table: estimate and interval in some postures."""
        found = self.summary["metrics"][metric]
        parts = [f"{p} {_interval(found['postures'][p])}" for p in postures]
        unit = f" ({found['unit']})" if found["unit"] else ""
        return f"{metric}, {found['title']}{unit}: {', '.join(parts)}"


def _interval(found: dict[str, Any]) -> str:
    if found["estimate"] is None:
        return "undefined"
    if found["low"] is None or found["low"] == found["high"]:
        return number(found["estimate"])
    return f"{number(found['estimate'])} [{number(found['low'])}, {number(found['high'])}]"


@dataclass(frozen=True)
class Row:
    """A claim of the article in our words; `pick` says what came out of the commands."""

    claim: str
    represented: str
    commands: tuple[str, ...]
    pick: Callable[..., str]
    depth: str = ""


@dataclass(frozen=True)
class Result:
    """One claim and what the simulation makes of it."""

    number: int
    claim: str
    represented: str
    commands: tuple[str, ...]
    outcome: str
    depth: str  # what a later part adds; empty for nothing


def _show(posture: str, *sets: str) -> str:
    return " ".join([f"openiads show turkey-2019 --posture {posture}", *(f"--set {s}" for s in sets)])


_PEACE = "openiads study turkey-2019 --vignettes peace --replications 4"
_HOLDINGS = f"{_PEACE} --postures standalone,one-way-in,full-links"
_RAID = "openiads study turkey-2019 --vignettes raid --replications 12 --postures sealed,installed-cold,standalone,one-way-in"
_BASED = "allied_pattern=based-in-country"
_CALENDAR = "Dates, triggers and lags: openiads calendar turkey-2019 --path article."


def _break_even(shown: Shown) -> str:
    rows = [r for r in shown.summary["break_even"] if {r["a"], r["b"]} == {"standalone", "full-links"}]
    belief = rows[0]["p_exists"]
    return (
        "as much leaves standalone as full-links at a belief of "
        + (f"{belief:.3g}" if belief is not None else "none: no belief changes sides")
    )  # fmt: skip


ROWS = (
    Row("It is a missile and air-defence system.", "radars, fire units and missiles with two envelopes (aerodynamic, ballistic)",
        ("openiads run s400-alone --posture complete", "openiads run s400-alone --posture no-engagement-radar"),
        lambda whole, part: f"complete: {whole.lines('rounds')}; without engagement radars: {part.lines('rounds')}"),
    Row("It cost 2.5 billion dollars.", "what is bought is counted, not priced: radars, launchers, rounds and what they defend",
        (_RAID,), lambda s: s.cells("D1.24h", "sealed", "standalone"), "Prices and cost per outcome: openiads calendar, from a study with raids."),
    Row("It comes in batteries.", "fire units and radars with a batch; engagement radars and launchers are counted",
        (_show("standalone"), _show("standalone", "batches=2")),
        lambda *both: "; ".join(
            f"batches={i}: {x.count('92N6E class', '[comes')} engagement radars, {x.count('48N6E3 class', '[comes')} battalions of 8 launchers"
            for i, x in enumerate(both, 1))),
    Row("Data links come attached to it.", "links: direction, role, latency, capacity, availability, guard, far end",
        ("openiads diff turkey-2019 standalone full-links",), lambda s: s.lines("Link ")),
    Row("Allied assets on the country's soil are near it.", "nodes marked sensitive, radars and flights of allies",
        (_show("standalone"),), lambda s: s.lines("sensitive")),
    Row("NATO's networks in general could be touched.", "reach over open links (X3), three notional topologies",
        (_HOLDINGS,), lambda s: s.cells("X3", "standalone", "one-way-in", "full-links")),
    Row("The F-35 programme is part of the dispute.", "class fighter-low-observable, decade classes, reflectors on or off; signature dwells",
        tuple(f"{_PEACE} --postures standalone --set site=south-coast --set {_BASED} --set reflectors={x}" for x in ("true", "false")),
        lambda on, off: f"with reflectors: {on.cells('C2.fighter-low-observable', 'standalone')}; without: "
        f"{off.cells('C2.fighter-low-observable', 'standalone')}"),
    Row("The owner's leaders call the purchase irrevocable.", "postures are options; the furthest is custody outside the country",
        ("openiads diff turkey-2019 standalone custody-elsewhere",), lambda s: s.lines("Place", "Readiness")),
    Row("Its procurement chief will not leave it unused.", "readiness of each posture; raids with 0, 1 and 24 h of warning",
        ("openiads diff turkey-2019 sealed standalone", _RAID),
        lambda d, s: f"{d.lines('Readiness')}; {s.cells('D3.24h', 'sealed', 'standalone')}"),
    Row("A diplomat accepts only that it stays in its boxes.", "posture sealed",
        ("openiads diff turkey-2019 sealed standalone",), lambda s: s.lines("Emission", "Recording", "Support")),
    Row("The vendor delivered it and may reach it.", "nodes vendor-support and outside, support by visits or link",
        (_show("full-links"),), lambda s: s.lines("vendor")),
    Row("Other allies share the air picture.", "allied flights by pattern, feeds from the national picture",
        (_show("one-way-in", _BASED),), lambda s: f"{s.count(' allied, ')} allied groups of flights; {s.lines('national-picture-in')}"),
    Row("Something in between is being sought.", "a ladder of nine postures, each complete; the report shows all and ranks none",
        ("openiads list",), lambda s: s.lines("sealed")),
    Row("A law threatens sanctions.", "which postures ever emit; no event with a date exists in a vignette",
        ("openiads diff turkey-2019 sealed test-only",), lambda s: s.lines("Emission"), _CALENDAR),
    Row("Operations would be at risk.", "exposure ledger: what the system's picture holds of friends, by source",
        (_HOLDINGS,), lambda s: f"{s.cells('C1.hours', 'standalone', 'one-way-in')}; {s.cells('C1.allied', 'standalone', 'one-way-in')}"),
    Row("A remote party could have access.", "the undeclared channel, simulated as if it exists, in every powered posture",
        (_HOLDINGS,), lambda s: s.cells("X2", "standalone", "one-way-in", "full-links")),
    Row("A back door could spy on allied assets.", "tracks copied out over links, counted at the far end",
        (_HOLDINGS,), lambda s: f"{s.cells('X1.sent', 'standalone', 'full-links')}; {s.cells('X2.fed', 'standalone', 'full-links')}"),
    Row("The links are of questionable security.", "p_exists as a range, break-even for each pair of postures",
        (_HOLDINGS, _show("standalone")), lambda s, t: f"{t.lines('belief')}; {_break_even(s)}",
        "Hazard rates and detection of a compromise: openiads calendar."),
    Row("Networks beyond the country could be compromised.", "permitted flows: who is within reach, what to close at least, which guard protects whom",
        tuple(f"openiads flows turkey-2019 --posture {p}" for p in ("one-way-out", "one-way-in")),
        lambda out, fed: f"one-way-out: {out.lines('X3:', 'X3.onward:', 'X5:')}; "
        f"one-way-in: {fed.lines('X3:', 'X3.onward:', 'X5:', 'of theirs')}"),
    Row("Sanctions follow when it begins operating.", "postures say when it emits; nothing counts the days",
        (_show("test-only"), _show("standalone")), lambda a, b: f"test-only: {a.lines('Emission')}; standalone: {b.lines('Emission')}", _CALENDAR),
    Row("The programme suspended the owner.", "flights of the programme's aircraft by pattern: none, visiting, based in the country",
        (_show("standalone", "allied_pattern=none"), _show("standalone", _BASED)),
        lambda a, b: f"none: {a.count('F-35-class flights')} groups of F-35-class flights; based in the country: {b.count('F-35-class flights')}",
        _CALENDAR),
    Row("Option: leave it in its boxes.", "posture sealed", (_RAID, _show("sealed")),
        lambda s, t: f"{s.cells('D1.24h', 'sealed', 'standalone')}; {t.lines('Emission', 'Recording')}"),
    Row("Option: activate it in April.", "posture standalone with its duty and readiness", (_show("standalone"),),
        lambda s: s.lines("Emission", "Readiness"), _CALENDAR),
    Row("Option: a negotiated state in between.", "installed-cold, test-only, one-way-in, one-way-out, filtered-two-way",
        ("openiads diff turkey-2019 one-way-in one-way-out",), lambda s: s.lines("Feeds", "Link ")),
    Row("Option: keep it and not use it.", "posture installed-cold: dark until called", (_RAID,),
        lambda s: "; ".join(s.cells(m, "installed-cold", "standalone") for m in ("D1", "D1.1h"))),
    Row("A second batch may come later.", "modifier batches", (_show("standalone", "batches=2"),),
        lambda s: f"{s.count('battalion-')} fire units of 8 launchers, 32 rounds ready each; {s.count('[comes')} parts missing", "Delays: openiads calendar."),
    Row("Dates run from July 2019 to April 2020.", "times that a posture is made of: readiness and visits; vignettes last minutes",
        (_show("sealed"), _show("standalone")), lambda a, b: f"sealed: {a.lines('Readiness')}; standalone: {b.lines('Support')}", _CALENDAR),
)  # fmt: skip


def tour(rows: Sequence[int] | None = None, progress: Callable[[int, int], None] | None = None) -> list[Result]:
    """Walk all rows, or those named 1 to 27: carry out their commands, each once, and pick the outcomes."""
    numbers = list(range(1, len(ROWS) + 1)) if rows is None else list(rows)
    for n in numbers:
        if not 1 <= n <= len(ROWS):
            raise UsageError(f"row {n}: accepted are 1 to {len(ROWS)}")
    commands = list(dict.fromkeys(c for n in numbers for c in ROWS[n - 1].commands))
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        folders = [Path(place) / str(i) for i in range(len(commands))]
        shown: dict[str, Shown] = {}
        for command, found in zip(commands, pool.map(carry_out, commands, folders), strict=True):
            shown[command] = found
            if progress is not None:
                progress(len(shown), len(commands))
        return [_result(n, ROWS[n - 1], shown) for n in numbers]


def _result(number: int, row: Row, shown: dict[str, Shown]) -> Result:
    outcome = row.pick(*(shown[c] for c in row.commands))
    return Result(number, row.claim, row.represented, row.commands, outcome, row.depth)


def carry_out(command: str, folder: Path) -> Shown:
    """Run one command line in a process of its own; what it writes goes into a new folder."""
    _, *arguments = shlex.split(command)
    if arguments[0] in _WRITES:
        arguments += ["--out", str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", "openiads.cli", *arguments], capture_output=True, text=True, encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"}, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise OpenIadsError(f"'{command}' ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return Shown(done.stdout, folder)


def to_markdown(results: list[Result]) -> str:
    """The page docs/article.md."""
    lines = [
        "# The article, claim by claim", "",
        "The claims of a press report of November 2019 in our own words, how each is represented, the commands that show it,",
        "and what came out of them when this page was made (`openiads tour --write docs`). The studies here are small, so",
        "that the whole tour takes a minute or two; their intervals are wide.", "",
        "| # | claim | represented as | commands | outcome | later |", "|--:|---|---|---|---|---|",
    ]  # fmt: skip
    for r in results:
        commands = "<br>".join(f"`{c}`" for c in r.commands)
        lines.append(f"| {r.number} | {r.claim} | {r.represented} | {commands} | {r.outcome} | {r.depth} |")
    return "\n".join(lines) + "\n"
