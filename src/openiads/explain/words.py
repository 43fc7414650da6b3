"""What `openiads explain` prints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from openiads.errors import OutputError, UsageError
from openiads.explain.chain import LEAKED, LOST, Chain, bodies_to_explain, chain
from openiads.explain.otherwise import Trial, otherwise
from openiads.explain.picture import draw
from openiads.record import Run


def listed(run: Run) -> list[str]:
    """Who can be explained."""
    found = bodies_to_explain(run)
    if not found:
        return ["nobody got through, and no friend or airliner was shot down"]
    lines = [chain(run, body) for body in found]
    return [f"{c.t_end:7.0f} s  {c.fate:10s}  {c.body}: {c.broke}" for c in lines]


def explained(
    run: Run, body: str, picture: Path | None, again: bool, progress: Callable[[float, float], None]
) -> list[str]:
    """The chain of one body, where it broke and, if asked, what would have changed it; the picture is written."""
    if picture is not None and picture.suffix not in (".png", ".svg", ".pdf"):
        raise UsageError(f"--picture {picture}: accepted endings are .png, .svg, .pdf")
    found = chain(run, body)
    lines = [
        f"{found.body} ({found.side}): {found.fate}",
        *(f"{x.t:7.0f} s  {x.text}" for x in found.links),
        f"=> {found.broke}",
    ]
    if again and found.fate in (LEAKED, LOST):
        lines += _otherwise(found, otherwise(run, found, progress))
    if picture is not None:
        try:
            draw(found, picture)
        except OSError as error:
            raise OutputError(f"'{picture}' can not be written: {error.strerror}") from None
        lines.append(f"timeline in {picture}")
    return lines


def _otherwise(found: Chain, trials: list[Trial]) -> list[str]:
    """What the same run comes to on the same random numbers with one thing changed."""
    if not trials:
        return ["no condition of the defence could be changed"]
    helped = [t for t in trials if t.changed]
    lines = ["", "the same run, one condition of the defence changed at a time:"]
    lines += [f"  {'*' if t.changed else ' '} {t.words}: it {t.fate}" for t in trials]
    lines.append(
        f"{len(helped)} of {len(trials)} changes would have changed what became of {found.body}; one draw of many, not a rate"
    )
    return lines
