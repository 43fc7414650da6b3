"""A recorded run in the formats of others: what its radars and nodes would have sent, its entities, its tables."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np

from openiads.errors import RecordError, UsageError
from openiads.interop import dis
from openiads.interop.czml import write_czml
from openiads.interop.entities import entities
from openiads.interop.surveillance import SAC, messages, senders
from openiads.record import Run, Table, new_file, new_folder, require_new, require_new_file, write_tables

FORMATS = ("asterix", "dis", "csv", "czml")
READ = {"dis": ("truth", "bodies")}  # tables of a record that a format is made of; of the others all
DAY = 86_400.0  # s
_FOLDERS = ("asterix", "csv")
_NEEDED = {
    "asterix": {
        "nodes": ["node"], "truth": ["t"],
        "sensors": ["name", "node", "dimensions", "period_s", "sigma_range_m", "sigma_azimuth_deg", "sigma_elevation_deg"],
        "tracks": ["t", "node", "track", "origin", "lat_deg", "lon_deg", "alt_m", "heading_deg", "speed_mps", "climb_mps"],
    },
    "dis": {
        "truth": ["t", "body", "lat_deg", "lon_deg", "alt_m", "heading_deg", "speed_mps", "climb_mps"],
        "bodies": ["body", "name", "kind", "side"],
    },
    "csv": {},
    "czml": {"truth": ["t"], "bodies": ["name"], "links": ["link"], "nodes": ["node"], "sensors": ["on"], "assets": ["name"]},
}  # fmt: skip


def require(form: str, out: Path) -> None:
    """Refuse a format that is unknown, or an output that can not be new."""
    if form not in FORMATS:
        raise UsageError(f"--format {form}: accepted are {', '.join(FORMATS)}")
    require_new(out) if form in _FOLDERS else require_new_file(out)


def export(run: Run, form: str, out: Path) -> list[str]:
    """Write a run into a new folder (asterix, csv) or file (dis, czml), whole or not at all; lines that say what."""
    require(form, out)
    for name, columns in _NEEDED[form].items():
        lacking = [c for c in columns if c not in run.tables.get(name, {})]
        if lacking or "clock_s" not in run.meta:
            raise RecordError(
                f"the record lacks {name}.{lacking[0] if lacking else 'clock_s'}, which {form} needs; run it again and export that"
            )
    if form in _FOLDERS:
        with new_folder(out) as folder:
            return _asterix(run, folder) if form == "asterix" else _csv(run, folder)
    with new_file(out) as file:
        if form == "czml":
            write_czml(run, file)
            return [f"{np.unique(run.tables['truth']['body']).size} bodies"]
        file.write_bytes(dis.encode(entities(run)))
        return [
            f"{len(run.tables['truth']['t'])} entity states of {np.unique(run.tables['truth']['body']).size} bodies"
        ]


def _asterix(run: Run, folder: Path) -> list[str]:
    lines, rows = [], []
    for sender in senders(run):
        data, counts = messages(run, sender)
        name = re.sub(r"[^\w.-]", "_", f"{sender.sic:03d}-{sender.what}-{sender.name}.ast")
        (folder / name).write_bytes(data)
        held = ", ".join(f"{n} records of CAT{c:03d}" for c, n in counts.items())
        lines.append(f"SAC {SAC} SIC {sender.sic}: {sender.what} {sender.name}, {held}")
        rows.append([SAC, sender.sic, sender.what, sender.name, name, *(counts.get(c, 0) for c in (34, 48, 62))])
    with (folder / "senders.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["sac", "sic", "what", "name", "file", "cat034", "cat048", "cat062"])
        out.writerows(rows)
    (folder / "sensors.toml").write_text(_sensors(run), encoding="utf-8")
    if "plots" not in run.tables:
        lines.append("the record holds no plots, so the radars sent nothing: run it with --plots")
    return lines


def _sensors(run: Run) -> str:
    """The radars that stand still and measure range, as `openiads track --sensors` reads them."""
    lines, sensors = ["# written by openiads export", "simulated = true"], run.tables["sensors"]
    sic = {s.name: s.sic for s in senders(run) if s.what == "radar"}
    for row in np.flatnonzero(~sensors["carried"].astype(bool) & (sensors["dimensions"] > 1)).tolist():
        s = {name: column[row] for name, column in sensors.items()}
        lines += [
            "", "[[sensor]]", f"name = {json.dumps(str(s['name']), ensure_ascii=False)}", f"sac = {SAC}", f"sic = {sic[str(s['name'])]}",
            f"latitude_deg = {float(s['lat_deg'])!r}", f"longitude_deg = {float(s['lon_deg'])!r}", f"height_m = {float(s['alt_m'])!r}",
            *(f"{key} = {float(s[key])!r}" for key in ("sigma_range_m", "sigma_azimuth_deg")),
            *([f"sigma_elevation_deg = {float(s['sigma_elevation_deg'])!r}"] if s["dimensions"] == 3 else []),
            f"scan_period_s = {float(s['period_s'])!r}",
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _timed(run: Run, table: Table) -> Table:
    """A table with the time of day (s, on over midnight) that the radars and nodes would state, beside the time of the run."""
    if "t" not in table or "clock_s" not in run.meta:
        return table
    return table | {"t_s": float(run.meta["clock_s"]) % DAY + np.asarray(table["t"], np.float64)}


def _csv(run: Run, folder: Path) -> list[str]:
    write_tables(folder, {name: _timed(run, table) for name, table in run.tables.items()}, "csv")
    return [f"{name}.csv: {len(next(iter(table.values())))} rows" for name, table in run.tables.items()]
