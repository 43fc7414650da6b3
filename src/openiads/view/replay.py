"""replay.html: one self-contained page that plays a run on a map, without any request to a network."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from openiads.record import Run

IDENTITIES = ("pending", "unknown", "assumed friend", "friend", "neutral", "suspect", "hostile")
_DEGREES = 1e4  # positions are kept to 1/10,000 of a degree, about 11 m
_METRES = 10.0  # heights to 10 m


def write_replay(run: Run, path: Path) -> None:
    """Write the page of a run."""
    path.write_text(page(run), encoding="utf-8")


def page(run: Run) -> str:
    """The whole page; scripts and styles are allowed by their hash, everything else is forbidden."""
    folder = files("openiads.view")
    script = folder.joinpath("replay.js").read_text(encoding="utf-8")
    style = folder.joinpath("replay.css").read_text(encoding="utf-8")
    body = folder.joinpath("replay.html").read_text(encoding="utf-8")
    policy = f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:"
    parts = {
        "@POLICY@": policy, "@STYLE@": style, "@SCRIPT@": script, "@TITLE@": _escape(_title(run)),
        "@DATA@": json.dumps(data(run), separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c"),
    }  # fmt: skip
    for mark, text in parts.items():
        body = body.replace(mark, text)
    return body


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _title(run: Run) -> str:
    m = run.meta
    return f"{m['title']} · {m['posture']} · {m['vignette']} · seed {m['seed']}"


def data(run: Run) -> dict[str, Any]:
    """Everything that the page draws: small tables as lists, samples as packed columns."""
    land = json.loads(files("openiads").joinpath("library/map/coast_borders.geojson").read_text(encoding="utf-8"))
    nodes = [str(n) for n in run.tables["nodes"]["node"]]
    times = np.unique(run.tables["truth"]["t"])
    return {
        "meta": run.meta, "title": _title(run), "identities": IDENTITIES,
        "land": {f["properties"]["kind"]: f["geometry"]["coordinates"] for f in land["features"]},
        "times": times.tolist(), "nodes": _rows(run, "nodes"), "sensors": _rows(run, "sensors"), "assets": _rows(run, "assets"),
        "bodies": _rows(run, "bodies"), "events": _rows(run, "events"), "shots": _rows(run, "engagements"),
        "links": _links(run, times), "truth": _samples(run, "truth", times, nodes), "tracks": _samples(run, "tracks", times, nodes),
    }  # fmt: skip


def _rows(run: Run, name: str) -> list[dict[str, Any]]:
    """A small table as a list of objects; what is undefined is null."""
    table = run.tables[name]
    names = list(table)
    return [dict(zip(names, map(_plain, row), strict=True)) for row in zip(*table.values(), strict=True)]


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return round(value, 4) if np.isfinite(value) else None
    return value


def _links(run: Run, times: np.ndarray) -> list[dict[str, Any]]:
    """Each link with the tracks that it carried up to each sample."""
    table = run.tables["links"]
    out = []
    for name in sorted(set(table["link"])):
        rows = np.flatnonzero(table["link"] == name)
        carried = np.zeros(times.size, np.int64)
        carried[np.searchsorted(times, table["t"][rows]).clip(0, times.size - 1)] = table["tracks"][rows]
        first = rows[0]
        out.append(
            {
                "link": str(name),
                "from": str(table["from"][first]),
                "to": str(table["to"][first]),
                "tracks": carried.tolist(),
            }
        )
    return out


def _samples(run: Run, name: str, times: np.ndarray, nodes: list[str]) -> dict[str, Any]:
    """Truth or tracks as columns: rows ordered by sample (and node), `first` says where each begins."""
    table = run.tables[name]
    sample = np.searchsorted(times, table["t"]).astype(np.int64)
    if name == "truth":
        group, groups, who = sample, times.size, table["body"]
        flags = np.round(np.asarray(table["heading_deg"], float) / 2.0).astype(np.uint8)
    else:
        index = np.array([nodes.index(n) for n in table["node"]], np.int64)
        group, groups, who = sample * len(nodes) + index, times.size * len(nodes), table["track"]
        identity = np.array([IDENTITIES.index(i) for i in table["identity"]], np.uint8)
        flags = identity + 16 * np.asarray(table["own"], np.uint8)
    order = np.lexsort((who, group))
    first = np.searchsorted(group[order], np.arange(groups + 1))
    columns = {
        "first": first.astype("<u4"), "who": np.asarray(who, np.int64)[order].astype("<u4"),
        "lat": np.round(np.asarray(table["lat_deg"], float)[order] * _DEGREES).astype("<i4"),
        "lon": np.round(np.asarray(table["lon_deg"], float)[order] * _DEGREES).astype("<i4"),
        "alt": np.clip(np.round(np.asarray(table["alt_m"], float)[order] / _METRES), 0, 65535).astype("<u2"),
        "speed": np.clip(np.round(np.asarray(table["speed_mps"], float)[order]), 0, 65535).astype("<u2"),
        "flags": flags[order].astype("u1"),
    }  # fmt: skip
    return {key: [str(c.dtype), base64.b64encode(zlib.compress(c.tobytes(), 9)).decode()] for key, c in columns.items()}
