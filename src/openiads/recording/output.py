"""The picture as files: tracks.parquet, cat062.ast, tracks.czml, quality.csv, about.json, and sensors.toml if registered."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from openiads import __version__
from openiads.interop.asterix import Table, encode, spec, table
from openiads.interop.czml import write_tracks
from openiads.record import new_folder, write_tables
from openiads.recording.clock import DAY
from openiads.recording.picture import Picture
from openiads.recording.process import Answer
from openiads.recording.registration import DIMENSIONS, NAMES, UNIT, corrected, in_units
from openiads.recording.reports import UNKNOWN, Account
from openiads.tracking import Source
from openiads.units import UNITS

FT, DEG = UNITS["length"]["ft"], UNITS["angle"]["deg"]
_SURE = 1000.0  # m, sigma of a height above which CAT062 does not tell it


def write(answer: Answer, out: Path) -> None:
    """Write everything into a new folder, all or nothing."""
    with new_folder(out) as folder:
        write_tables(folder, {"tracks": columns(answer.picture)})
        (folder / "cat062.ast").write_bytes(encode(cat062(answer.picture, answer)))
        write_czml(answer, folder / "tracks.czml")
        with (folder / "quality.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["name", "value", "unit", "bound", "source", "verdict"])
            for r in answer.quality:
                value = "" if np.isnan(r.value) else repr(round(r.value, 6))
                writer.writerow([r.name, value, r.unit, "" if r.bound is None else r.bound, r.source, r.verdict])
        if answer.registration is not None:
            (folder / "sensors.toml").write_text(corrected(answer.sensors, answer.registration), encoding="utf-8")
        text = json.dumps(about(answer), indent=1, ensure_ascii=False, allow_nan=False)
        (folder / "about.json").write_text(text + "\n", encoding="utf-8")


def columns(p: Picture) -> dict[str, np.ndarray]:
    """Columns of tracks.parquet; units stand in their names."""
    return {
        "t_s": p.t, "number": p.number, "t_update_s": p.t_update,
        "latitude_deg": p.latitude / DEG, "longitude_deg": p.longitude / DEG, "height_m": p.height,
        "velocity_east_mps": p.velocity[:, 0], "velocity_north_mps": p.velocity[:, 1], "velocity_up_mps": p.velocity[:, 2],
        "sigma_horizontal_m": p.sigma_horizontal, "sigma_vertical_m": p.sigma_vertical,
        "sigma_velocity_mps": p.sigma_velocity,
        "address": _written(p.address, "06x"), "mode_3a": _written(p.mode_3a, "04o"),
        "callsign": np.char.decode(p.callsign, "latin-1"), "reported_height_m": p.level,
    }  # fmt: skip


def _written(codes: np.ndarray, form: str) -> np.ndarray:
    """Codes as text, '' for unknown; each is written once."""
    distinct, which = np.unique(codes, return_inverse=True)
    return np.array(["" if c == UNKNOWN else format(int(c), form) for c in distinct] or [""], dtype="U6")[which]


def cat062(p: Picture, answer: Answer) -> Table:
    """One record for each track and update. Track numbers are those of the picture, modulo 65535, from 1."""
    n, old = len(p), p.t - p.t_update
    system = answer.sensors.file.system
    known, coded = p.address != UNKNOWN, p.mode_3a != UNKNOWN
    named = _codable(p.callsign)
    high = (p.sigma_vertical < _SURE) & (np.abs(p.height) < 60_000.0)
    told = np.isfinite(p.level) & (p.level > -9_000.0) & (p.level < 60_000.0)
    flat = np.minimum(p.sigma_horizontal, 32_767.0)
    zeros, lat, lon = np.zeros(n, np.int64), p.latitude / DEG, p.longitude / DEG
    values: dict[str, np.ndarray] = {
        "010.SAC": np.full(n, system.sac), "010.SIC": np.full(n, system.sic), "070.TOT": np.mod(p.t, DAY),
        "105.LAT": lat, "105.LON": lon,
        "185.VX": np.clip(p.velocity[:, 0], -8000.0, 8000.0), "185.VY": np.clip(p.velocity[:, 1], -8000.0, 8000.0),
        "060.CH": zeros, "060.MODE3A": np.where(coded, p.mode_3a, 0),
        "380.ADR": np.where(known, p.address, 0), "380.ID": p.callsign, "040.TN": (p.number - 1) % 65_535 + 1,
        "080.MON": zeros, "080.CNF": zeros,
        "290.TRK": np.minimum(old, 63.75),
        "136.FL": p.level / (100.0 * FT), "130.ALT": p.height / FT,
        "220.ROC": np.clip(60.0 * p.velocity[:, 2] / FT, -200_000.0, 200_000.0),
        "500.APC.X": flat, "500.APC.Y": flat,
    }  # fmt: skip
    values["070.TOT"] = np.where(values["070.TOT"] > DAY - 0.004, 0.0, values["070.TOT"])
    present = {
        "060": coded, "060.CH": coded, "060.MODE3A": coded, "380": known | named, "380.ADR": known, "380.ID": named,
        "136": told, "136.FL": told, "130": high, "130.ALT": high, "220": high, "220.ROC": high,
    }  # fmt: skip
    return table(spec(62), values, present)


def _codable(callsigns: np.ndarray) -> np.ndarray:
    """Call signs that 6-bit characters can write, bool[N]."""
    distinct, which = np.unique(callsigns, return_inverse=True)
    good = [bool(c) and all(48 <= k <= 57 or 65 <= k <= 90 or k == 32 for k in bytes(c)) for c in distinct]
    return np.array(good or [False], np.bool_)[which]


def write_czml(answer: Answer, path: Path) -> None:
    """Paths with labels: call sign, else address, else the track's number."""
    p = answer.picture
    order = np.lexsort((p.t, p.number))
    edges = np.flatnonzero(np.diff(p.number[order])) + 1
    lines = []
    for rows in np.split(order, edges) if len(order) else []:
        last = rows[-1]
        name, code = p.callsign[last].decode("latin-1").strip(), f"{p.address[last]:06X}"
        label = name or (code if p.address[last] != UNKNOWN else f"track {p.number[last]}")
        words = [f"track {p.number[last]}", *([f"address {code}"] if p.address[last] != UNKNOWN else [])]
        words += [f"mode 3/A {p.mode_3a[last]:04o}"] if p.mode_3a[last] != UNKNOWN else []
        samples = np.stack([p.t[rows], p.longitude[rows] / DEG, p.latitude[rows] / DEG, p.height[rows]], axis=-1)
        lines.append((f"tracks/{p.number[last]}", label, ", ".join(words), samples))
    radars = [
        (r.name, r.latitude / DEG, r.longitude / DEG) for r in answer.radars if not isinstance(r, Source)
    ]  # fmt: skip
    midnight = datetime.fromtimestamp(answer.stream.midnight or 0.0, UTC)
    names = ", ".join(a.name for a in answer.stream.accounts)
    write_tracks(path, f"tracks of {names}", midnight, lines, radars)


def about(answer: Answer) -> dict[str, Any]:
    """What was read, refused and set, to be written as JSON."""
    stream, p = answer.stream, answer.picture
    rows, counts = np.unique(stream.reports.plots.radar, return_counts=True)
    used = dict(zip(rows.tolist(), counts.tolist(), strict=True))
    midnight = stream.midnight
    return {
        "version": __version__,
        "midnight": None if midnight is None else datetime.fromtimestamp(midnight, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "from_s": float(stream.reports.plots.t[0]), "to_s": float(stream.reports.plots.t[-1]),
        "tracker": answer.tracker, "models": answer.models, "tick_s": answer.config.tick,
        "association": answer.config.association, "lifecycle": answer.config.lifecycle,
        "plots": answer.plots, "plots_without_a_track": answer.lonely,
        "tracks": len(np.unique(p.number)), "rows": len(p),
        "inputs": [_account(a) for a in stream.accounts],
        "truth": None if answer.truth is None else _account(answer.truth),
        "sensors": [
            {"name": r.name, "period_s": r.period, "plots": used.get(row, 0)} for row, r in enumerate(answer.radars)
            if row in used or row < answer.sensors.source
        ],
        "sensors_not_in_the_file": [
            {"sac": a, "sic": b, "plots": n} for (a, b), n in stream.heard.strangers.most_common(50)
        ],
        "registration": _registration(answer),
        "notes": answer.notes(),
    }  # fmt: skip


def _registration(answer: Answer) -> dict[str, Any] | None:
    """Errors that were found and taken off, in the units of a sensor file."""
    found = answer.registration
    if found is None:
        return None
    values, sigmas = in_units(found)
    keys = [f"{name}_{UNIT[d]}" for name, d in zip(NAMES, DIMENSIONS, strict=True)]
    return {
        "targets": found.targets, "before_m": found.before, "after_m": found.after,
        "sensors": [
            {
                "name": r.name, "plots": int(found.plots[k]),
                "bias": dict(zip(keys, values[k].tolist(), strict=True)),
                "sigma": dict(zip(keys, sigmas[k].tolist(), strict=True)),
                "observable": dict(zip(NAMES, found.observable[k].tolist(), strict=True)),
            }
            for k, r in enumerate(answer.radars[: answer.sensors.source])
        ],
    }  # fmt: skip


def _account(a: Account) -> dict[str, Any]:
    return {
        "name": a.name, "kind": a.kind, "octets": a.octets, "read": a.read, "used": a.used,
        "refused": dict(a.refused.most_common()), "skipped": {k: n for k, n in a.skipped.most_common() if n}, "notes": a.notes,
    }  # fmt: skip
