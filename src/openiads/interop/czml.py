"""A run as CZML, the time-dynamic JSON that Cesium shows (github.com/AnalyticalGraphicsInc/czml-writer, CZML guide)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from openiads.record import Run

EPOCH = datetime(2019, 11, 13, tzinfo=UTC)  # a notional day; the clock of the run is added
COLOURS = {
    "friend": [70, 130, 230, 255],
    "civil": [60, 170, 90, 255],
    "hostile": [220, 50, 50, 255],
    "own": [240, 150, 30, 255],
}


def write_czml(run: Run, path: Path) -> None:
    """Write the packets of a run as one file."""
    path.write_text(json.dumps(packets(run), separators=(",", ":"), ensure_ascii=False), encoding="utf-8")


def packets(run: Run) -> list[dict[str, Any]]:
    """Document, places, sensors, links and bodies with sampled positions."""
    start = EPOCH + timedelta(seconds=float(run.meta["clock_s"]))
    end = start + timedelta(seconds=float(run.meta["duration_s"]))
    span = f"{_iso(start)}/{_iso(end)}"
    document = {
        "id": "document", "version": "1.0", "name": f"{run.meta['title']}: {run.meta['posture']}, {run.meta['vignette']}",
        "clock": {"interval": span, "currentTime": _iso(start), "multiplier": 30, "range": "LOOP_STOP"},
    }  # fmt: skip
    return [document, *_places(run), *_sensors(run), *_links(run), *_bodies(run, start)]


def write_tracks(
    path: Path, name: str, midnight: datetime, tracks: list[tuple[str, str, str, np.ndarray]],
    radars: list[tuple[str, float, float]], step: float = 10.0,
) -> None:  # fmt: skip
    """Tracks as paths with labels: id, label, description, samples [N, 4] (s of midnight, degrees east and north, m).

    radars: name, degrees north and east. A sample is kept every `step` s, and the first and last of each track.
    """
    times = np.concatenate([each[3][:, 0] for each in tracks]) if tracks else np.zeros(1)
    start, end = (midnight + timedelta(seconds=float(t)) for t in (times.min(), times.max()))
    document = {
        "id": "document", "version": "1.0", "name": name,
        "clock": {"interval": f"{_iso(start)}/{_iso(end)}", "currentTime": _iso(start), "multiplier": 30, "range": "LOOP_STOP"},
    }  # fmt: skip
    places = [_point(f"sensors/{label}", label, lat, lon, COLOURS["friend"], 6) for label, lat, lon in radars]
    lines = [_track(*each, midnight, step) for each in tracks]
    text = json.dumps([document, *places, *lines], separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    path.write_text(text, encoding="utf-8")


def _track(
    identifier: str, label: str, description: str, samples: np.ndarray, midnight: datetime, step: float
) -> dict[str, Any]:
    """One track, shown while it lives."""
    slot = np.floor(samples[:, 0] / step)
    keep = np.append(True, np.diff(slot) != 0)[: len(samples)]
    keep[-1] = True
    first, last = (midnight + timedelta(seconds=float(samples[i, 0])) for i in (0, -1))
    rounded = np.stack([np.round(samples[keep, k], d) for k, d in enumerate((2, 5, 5, 1))], axis=-1)
    return {
        "id": identifier, "name": label, "description": description, "availability": f"{_iso(first)}/{_iso(last + timedelta(seconds=1))}",
        "position": {"epoch": _iso(midnight), "cartographicDegrees": rounded.ravel().tolist(), "interpolationAlgorithm": "LINEAR"},
        "point": {"color": {"rgba": COLOURS["civil"]}, "pixelSize": 6},
        "label": {"text": label, "font": "12px sans-serif", "pixelOffset": {"cartesian2": [0, -14]}, "show": True},
        "path": {"material": {"solidColor": {"color": {"rgba": [*COLOURS["civil"][:3], 140]}}}, "width": 1, "leadTime": 0, "trailTime": 300},
    }  # fmt: skip


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _point(identifier: str, name: str, lat: float, lon: float, colour: list[int], size: int) -> dict[str, Any]:
    return {
        "id": identifier, "name": name, "position": {"cartographicDegrees": [round(lon, 5), round(lat, 5), 0]},
        "point": {"color": {"rgba": colour}, "pixelSize": size, "heightReference": "CLAMP_TO_GROUND"},
        "label": {"text": name, "font": "12px sans-serif", "pixelOffset": {"cartesian2": [0, -16]}, "show": True},
    }  # fmt: skip


def _places(run: Run) -> list[dict[str, Any]]:
    out = []
    for kind, key, colour in (("assets", "name", [200, 160, 40, 255]), ("nodes", "node", [150, 150, 160, 255])):
        table = run.tables[kind]
        for i in range(len(table[key])):
            out.append(
                _point(
                    f"{kind}/{table[key][i]}",
                    str(table["title"][i]),
                    float(table["lat_deg"][i]),
                    float(table["lon_deg"][i]),
                    colour,
                    8,
                )
            )
    return out


def _sensors(run: Run) -> list[dict[str, Any]]:
    """Radars that are on at the end, with the ring of their stated range."""
    table = run.tables["sensors"]
    out = []
    for i in range(len(table["name"])):
        packet = _point(
            f"sensors/{table['name'][i]}",
            str(table["name"][i]),
            float(table["lat_deg"][i]),
            float(table["lon_deg"][i]),
            [90, 140, 200, 255],
            6,
        )
        if table["on"][i]:
            radius = float(table["range_km"][i]) * 1e3
            packet["ellipse"] = {
                "semiMajorAxis": radius, "semiMinorAxis": radius, "fill": False, "outline": True, "height": 0,
                "outlineColor": {"rgba": [90, 140, 200, 120]},
            }  # fmt: skip
        out.append(packet)
    return out


def _links(run: Run) -> list[dict[str, Any]]:
    nodes = run.tables["nodes"]
    place = {n: (float(x), float(y)) for n, x, y in zip(nodes["node"], nodes["lon_deg"], nodes["lat_deg"], strict=True)}
    table = run.tables["links"]
    out = []
    for name, a, b in sorted(set(zip(table["link"], table["from"], table["to"], strict=True))):
        out.append({
            "id": f"links/{name}", "name": str(name),
            "polyline": {
                "positions": {"cartographicDegrees": [*place[a], 0, *place[b], 0]}, "width": 1.5, "clampToGround": True,
                "material": {"polylineArrow": {"color": {"rgba": [120, 120, 120, 180]}}},
            },
        })  # fmt: skip
    return out


def _bodies(run: Run, start: datetime) -> list[dict[str, Any]]:
    """Every body with its samples, shown while it flies."""
    truth, bodies = run.tables["truth"], run.tables["bodies"]
    out = []
    order = np.lexsort((truth["t"], truth["body"]))
    edges = np.flatnonzero(np.diff(truth["body"][order])) + 1
    for rows in np.split(order, edges):
        if rows.size < 2:
            continue
        body = int(truth["body"][rows[0]])
        samples: list[float] = []
        for r in rows:
            samples += [
                round(float(truth["t"][r]), 2), round(float(truth["lon_deg"][r]), 5), round(float(truth["lat_deg"][r]), 5),
                round(float(truth["alt_m"][r]), 1),
            ]  # fmt: skip
        first, last = (start + timedelta(seconds=float(truth["t"][rows[i]])) for i in (0, -1))
        colour = COLOURS[str(bodies["side"][body])]
        out.append({
            "id": f"bodies/{bodies['name'][body]}", "name": str(bodies["name"][body]),
            "availability": f"{_iso(first)}/{_iso(last)}", "description": f"{bodies['class'][body]}, {bodies['side'][body]}",
            "position": {"epoch": _iso(start), "cartographicDegrees": samples, "interpolationAlgorithm": "LINEAR"},
            "point": {"color": {"rgba": colour}, "pixelSize": 7},
            "path": {"material": {"solidColor": {"color": {"rgba": [*colour[:3], 140]}}}, "width": 1, "leadTime": 0, "trailTime": 120},
        })  # fmt: skip
    return out
