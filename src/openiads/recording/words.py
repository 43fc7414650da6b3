"""What `openiads track` prints: where every report went, and the quality table."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from openiads.recording.process import Answer
from openiads.recording.registration import NAMES, in_units
from openiads.recording.reports import Account
from openiads.tracking import Radar, Registration, Source
from openiads.tracking.quality import Row

_WIDER = 1.5  # times the stated error: worth a remark
_WIDTH = 110  # columns, where the output is no terminal


def print_answer(answer: Answer, console: Console | None = None) -> None:
    """Inputs with their counts by reason, then the table."""
    to = console or Console()
    if not to.is_terminal:
        to = Console(width=_WIDTH)
    for account in [*answer.stream.accounts, *([answer.truth] if answer.truth else [])]:
        for line in lines(account):
            to.print(line, markup=False, highlight=False, soft_wrap=True)
    for note in answer.notes():
        to.print(note, markup=False, highlight=False, soft_wrap=True)
    if answer.registration is not None:
        to.print(_registration(answer, answer.registration))
        for line in remarks(answer.radars, answer.registration):
            to.print(line, markup=False, highlight=False, soft_wrap=True)
    to.print(_table(answer.quality, answer.truth is not None))


def lines(account: Account) -> list[str]:
    """One line for an input, and one for each reason."""
    counts = f"{account.read} read, {account.used} used" if account.read else "no report read"
    out = [f"{account.name} ({account.kind or 'not read'}): {counts}"]
    out += [f"  {count} refused: {reason}" for reason, count in account.refused.most_common()]
    out += [f"  {count} skipped: {reason}" for reason, count in account.skipped.most_common() if count]
    return out + [f"  {note}" for note in account.notes]


def _table(rows: list[Row], scored: bool) -> Table:
    table = Table(
        title="Tracks against the truth" if scored else "Tracks by themselves", title_justify="left", box=SIMPLE_HEAD
    )
    for name in ("", "value", "", "bound", ""):
        table.add_column(name, justify="right" if name in ("value", "bound") else "left")
    for r in rows:
        bound = "" if r.bound is None else f"{'>' if r.above else '≤'} {r.bound:g} ({r.source})"
        value = "-" if math.isnan(r.value) else f"{r.value:.4g}"
        table.add_row(r.name, value, r.unit, bound, r.verdict)
    return table


def _registration(answer: Answer, found: Registration) -> Table:
    """Errors of the radars with one sigma; which of them differ from zero, and which the plots do not tell."""
    title = f"Registration errors, taken off, from {found.targets} common targets"
    caption = "* differs from 0 by three sigmas   ? the plots do not tell"
    table = Table(title=title, title_justify="left", caption=caption, caption_justify="left", box=SIMPLE_HEAD)
    for name in ("radar", "range, m", "azimuth, deg", "time, s", "plots"):
        table.add_column(name, justify="left" if name == "radar" else "right", no_wrap=True)
    values, sigmas = in_units(found)
    for k, radar in enumerate(answer.radars[: answer.sensors.source]):
        marks = np.where(found.differs[k], "*", np.where(found.observable[k], " ", "?"))
        cells = [
            f"{with_sigma(*cell)} {mark}"
            for *cell, mark in zip(values[k].tolist(), sigmas[k].tolist(), marks, strict=True)
        ]
        table.add_row(radar.name, *cells, str(found.plots[k]))
    return table


def with_sigma(value: float, sigma: float) -> str:
    """A value and its sigma to two digits of it."""
    digits = max(0, 1 - math.floor(math.log10(float(f"{sigma:.1e}"))))
    return f"{value:.{digits}f} ± {sigma:.{digits}f}"


def remarks(radars: Sequence[Radar | Source], found: Registration) -> list[str]:
    """What a reader of the table should know: what is known of differences alone, and errors that are larger than stated."""
    out = []
    for k, name in enumerate(NAMES):
        rows = np.flatnonzero(found.relative[:, k]).tolist()
        if rows:
            out.append(
                f"{name}: only the differences between {', '.join(radars[r].name for r in rows)} are known; "
                "the same may have to be added to all (positions as a reference, ADS-B, would tell)"
            )
    for r, radar in enumerate(radars):
        if isinstance(radar, Radar):
            wide = [(name, scale) for name, scale in zip(NAMES[:2], found.scale[r], strict=False) if scale > _WIDER]
            out += [
                f"{radar.name}: errors of {name} are {scale:.1f} times as large as the sensor file says"
                for name, scale in wide
            ]
    return out
