"""Write the decision table of two finished studies side by side into the README, and draw the first into docs/report.png.

openiads study turkey-2019 --preset full --out full-ankara
openiads study turkey-2019 --preset full --set site=south-coast --out full-south-coast
python scripts/readme_table.py full-ankara full-south-coast
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib

from openiads.studies.table import cell

ROOT = Path(__file__).parent.parent
START, END = "<!-- table: start -->", "<!-- table: end -->"
ROWS = ("D1.24h", "D2.24h", "D3", "D3.24h", "F1.24h", "C1.hours", "X1.sent", "X1.held", "X2", "X3", "X3.onward")


def main(folders: list[str]) -> None:
    """Postures as rows, each site a row of its own below the posture's name; metrics as columns."""
    studies = [json.loads((Path(folder) / "summary.json").read_text(encoding="utf-8")) for folder in folders]
    metrics = studies[0]["metrics"]
    parts = [START, "| posture | site | " + " | ".join(ROWS) + " |", "|---|---|" + "--:|" * len(ROWS)]
    for posture in metrics[ROWS[0]]["postures"]:
        for i, summary in enumerate(studies):
            cells = [cell(summary["metrics"][r]["postures"][posture]) for r in ROWS]
            parts.append(f"| {'' if i else posture} | {summary['site']} | " + " | ".join(cells) + " |")
    s = studies[0]
    parts += ["", f"Estimates with 95 % intervals from {s['replications']} raids and {s['windows']} windows of peace (preset "
              f"{s['preset']}, seed {s['seed']}); ↑ ↓ where the paired difference to `standalone` is decided.", ""]  # fmt: skip
    parts += [f"- {r}: {metrics[r]['title']}{', ' + metrics[r]['unit'] if metrics[r]['unit'] else ''}" for r in ROWS]
    parts += ["", "What follows, in each site's own numbers (the report says it with the intervals):", ""]
    for first, *others in zip(*(summary["hypotheses"] for summary in studies), strict=True):
        verdicts = ", ".join(
            f"{summary['site']} {h['verdict']}" for summary, h in zip(studies, (first, *others), strict=True)
        )
        parts.append(f"- {first['id']}: {first['statement']} {verdicts[0].upper() + verdicts[1:]}.")
    parts.append(END)
    draw(studies[0])
    readme = ROOT / "README.md"
    before, _, rest = readme.read_text(encoding="utf-8").partition(START)
    readme.write_text(before + "\n".join(parts) + rest.partition(END)[2], encoding="utf-8")


def draw(summary: dict[str, Any]) -> None:
    """The picture of intervals of the report."""
    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    from openiads.studies.report.figures import STYLE, intervals

    plt.rcParams.update(STYLE)
    figure = intervals(plt, summary)
    figure.savefig(
        ROOT / "docs" / "report.png", dpi=90, bbox_inches="tight", facecolor="white", metadata={"Software": None}
    )


if __name__ == "__main__":
    main(sys.argv[1:])
