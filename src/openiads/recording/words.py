"""What `openiads track` prints: where every report went, and the quality table."""

from __future__ import annotations

import math

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from openiads.recording.process import Answer
from openiads.recording.reports import Account
from openiads.tracking.quality import Row

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
