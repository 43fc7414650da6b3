"""Write the decision table of two finished studies side by side into the README.

openiads study turkey-2019 --preset full --out full-ankara
openiads study turkey-2019 --preset full --set site=south-coast --out full-south-coast
python scripts/readme_table.py full-ankara full-south-coast
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from openiads.studies.table import cell

ROOT = Path(__file__).parent.parent
START, END = "<!-- table: start -->", "<!-- table: end -->"
ROWS = ("D1.24h", "D3", "D3.24h", "F1.24h", "P1.completeness", "C1.hours", "X1.sent", "X1.held", "X1.fed", "X2", "X3")


def main(folders: list[str]) -> None:
    """Postures as rows, metrics as columns, one table a site."""
    parts = [START]
    for folder in folders:
        summary = json.loads((Path(folder) / "summary.json").read_text(encoding="utf-8"))
        metrics = summary["metrics"]
        rows = [r for r in ROWS if r in metrics]
        parts += ["", f"**Site: {summary['site']}** ({summary['replications']} raids and {summary['windows']} windows of peace "
                  f"a posture, preset {summary['preset']}, seed {summary['seed']})", ""]  # fmt: skip
        parts.append("| posture | " + " | ".join(f"{r}" for r in rows) + " |")
        parts.append("|---|" + "--:|" * len(rows))
        for posture in metrics[rows[0]]["postures"]:
            parts.append(f"| {posture} | " + " | ".join(cell(metrics[r]["postures"][posture]) for r in rows) + " |")
    parts += ["", "Estimates with 95 % intervals; ↑ ↓ where the paired difference to `standalone` is decided."]
    for r in rows:
        unit = f", {metrics[r]['unit']}" if metrics[r]["unit"] else ""
        parts.append(f"{r}: {metrics[r]['title']}{unit}. ")
    parts.append(END)
    readme = ROOT / "README.md"
    before, _, rest = readme.read_text(encoding="utf-8").partition(START)
    readme.write_text(before + "\n".join(parts) + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
