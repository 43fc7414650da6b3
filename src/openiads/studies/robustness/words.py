"""A parameter box in the terminal: Pareto shares, what drives the differences, what to believe of the channel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openiads.studies.table import number

_MOST = 3  # drivers that a line names


def percent(cell: dict[str, Any] | None) -> str:
    """A share with its interval, in per cent."""
    if cell is None:
        return "-"
    return f"{100 * cell['estimate']:.0f} % [{100 * cell['low']:.0f}, {100 * cell['high']:.0f}]"


def how(summary: dict[str, Any]) -> str:
    """What was run, in one sentence."""
    inputs = len(summary["inputs"])
    return (
        f"{summary['draws']} draws of {inputs} uncertain input{'s' if inputs > 1 else ''}, at each {summary['replications']} raids and "
        f"{summary['windows']} windows of peace a posture on common random numbers"
    )


def lines(summary: dict[str, Any]) -> Iterator[str]:
    """The answer in lines."""
    yield f"{summary['scenario']}: {how(summary)}"
    yield f"postures are compared in {', '.join(summary['compared'])}; weights are yours, none is called the best"
    yield "share of draws in which no other posture is at least as good in all of them (with 95 % interval), and where only decided differences count:"
    width = max(len(p) for p in summary["postures"])
    for name, row in summary["pareto"].items():
        yield f"  {name:{width}}  {percent(row['share']):>18}  {percent(row['decided']):>18}"
    spared = [f"{name} {row['spared']}" for name, row in summary["pareto"].items() if row["spared"]]
    if spared:
        yield f"  draws in which a posture counts there only since a metric is undefined in it or the other: {', '.join(spared)}"
    if reason := next(iter(summary["pareto"].values()))["reason"]:
        yield f"  ({reason})"
    yield f"pairs of postures of which one is decidedly better, over the draws: {', '.join(decision_parts(summary))}"
    yield f"what drives the difference to {summary['baseline']} (share of its variance over the draws; only what chance does not explain):"
    yield from driver_lines(summary)
    yield f"digest {summary['digest']}"


def decision_parts(summary: dict[str, Any]) -> Iterator[str]:
    """Per metric the share of pairs that are decided, and of those that are undefined: no decision is taken there."""
    for metric, d in summary["decisions"].items():
        undefined = f" ({100 * d['undefined'] / d['pairs']:.0f} % undefined: no decision)" if d["undefined"] else ""
        yield f"{metric} {100 * d['decided'] / d['pairs']:.0f} %{undefined}"


def driver_lines(summary: dict[str, Any]) -> Iterator[str]:
    """Metric by metric the inputs above chance, postures with the same drivers together."""
    for metric, postures in summary["drivers"].items():
        same: dict[str, list[str]] = {}
        for posture, row in postures.items():
            same.setdefault(_driven(row), []).append(posture)
        for text, names in same.items():
            yield f"  {metric}, {', '.join(names)}: {text}"


def _driven(row: dict[str, Any]) -> str:
    if row["reason"]:
        return str(row["reason"])
    above = [d for d in row["found"] if d["share"] > row["level"]][:_MOST]
    if not above:
        return f"no input by itself stands out from chance (a share above {row['level']:.2f} would)"
    return ", ".join(f"{d['input']} {d['share']:.2f} [{number(d['low'])}, {number(d['high'])}]" for d in above)
