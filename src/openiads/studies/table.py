"""The decision table in the terminal."""

from __future__ import annotations

from typing import Any

from openiads.studies.beliefs import lines
from openiads.studies.by_posture import BY_POSTURE

HEADLINES = (
    "D1", "D1.24h", "D1.share", "D2.24h", "D3", "D3.1h", "D3.24h", "D4.24h", "F1", "F1.24h", "F1.civil", "F2", "F3",
    "P1.completeness", "P1.completeness.national", "P2", "C1.tracks", "C1.hours", "C1.allied", "C2", "X1.sent", "X1.held",
    "X1.fed", "X2", "X2.fed", "X3", "X3.sensitive", "X3.onward", "X5",
)  # fmt: skip


def number(value: float | None) -> str:
    """A number as short as it can be read."""
    if value is None:
        return "-"
    if abs(value) >= 10000:
        return f"{value / 1000:.0f}k"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"


def cell(entry: dict[str, Any]) -> str:
    """Estimate with its interval, and a mark where the difference to the baseline is decided."""
    if entry["estimate"] is None:
        return without(entry)
    text = number(entry["estimate"])
    if entry.get("kind") == BY_POSTURE:
        text += f" {BY_POSTURE}"
    elif entry["low"] is not None and entry["high"] is not None and entry["low"] != entry["high"]:
        text += f" [{number(entry['low'])}, {number(entry['high'])}]"
    change = entry.get("difference")
    if change and change.get("low") is not None and change.get("high") is not None:
        if change["low"] > 0.0:
            text += " ↑"
        elif change["high"] < 0.0:
            text += " ↓"
    return text


def without(entry: dict[str, Any]) -> str:
    """What stands where there is no number."""
    return "no limit" if "estimate" in entry.get("unlimited", ()) else "undefined"


def print_table(summary: dict[str, Any]) -> None:
    """Metrics as rows, postures as columns; ↑ and ↓ mark a decided difference to the baseline."""
    from rich.console import Console
    from rich.table import Table

    metrics = summary["metrics"]
    postures = list(next(iter(metrics.values()))["postures"])
    console = Console()
    width = max(1, (console.width - 44) // 22) if console.width else 4
    console.print(
        f"{summary['scenario']}, site {summary['site']}, preset {summary['preset']}: {summary['replications']} raids and "
        f"{summary['windows']} windows of peace a posture; 95 % intervals; ↑ ↓ decided against {summary['baseline']}; tracker {summary['tracker']}"
    )
    for i in range(0, len(postures), width):
        table = Table(show_lines=False, header_style="bold")
        table.add_column("metric", max_width=42)
        for posture in postures[i : i + width]:
            table.add_column(posture, justify="right")
        for name in HEADLINES:
            if name in metrics:
                m = metrics[name]
                unit = f" [{m['unit']}]" if m["unit"] else ""
                row = [cell(m["postures"][p]) for p in postures[i : i + width]]
                table.add_row(f"{name} {m['title']}{unit}".replace("[", "\\["), *(r.replace("[", "\\[") for r in row))
        console.print(table)
    for h in summary["hypotheses"]:
        console.print(f"{h['id']} {h['verdict']}: {h['statement']} {h['text']}", markup=False, highlight=False)
    for line in lines(summary):
        console.print(line, markup=False, highlight=False)
    console.print(f"digest {summary['digest']}", highlight=False)
