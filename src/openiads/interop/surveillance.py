"""A run as ASTERIX: the plots and north markers of every radar, the system tracks of every node. docs/asterix.md."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from openiads.errors import RecordError, UsageError
from openiads.interop.asterix import Decoded, EncodeError, Refused, Table, encode, spec, table
from openiads.record import Run

SAC = 0  # data for local use
LONGEST = 1472  # octets of a block: one datagram
_NM, _FT = 1852.0, 0.3048
_RANGE_STEP, _RANGE_LAST = 1.0 / 256.0, 65535  # NM, of 048/040
_FEET_LIMIT = 8191 * 25.0  # 048/110, 048/090, 062/130: about 62 km
_TURN = 65536


class Sender(NamedTuple):
    """Who sends: a node (CAT062) or a radar (CAT034, CAT048)."""

    sic: int
    what: str  # node or radar
    name: str


def senders(run: Run) -> list[Sender]:
    """Nodes, then radars, in the order of the record, numbered from 1."""
    names = [("node", str(n)) for n in run.tables["nodes"]["node"]]
    names += [("radar", str(n)) for n in run.tables["sensors"]["name"]]
    if len(names) > 255:
        raise UsageError(f"{len(names)} nodes and radars: ASTERIX numbers 255 of one SAC")
    return [Sender(i + 1, what, name) for i, (what, name) in enumerate(names)]


def messages(run: Run, sender: Sender) -> tuple[bytes, dict[int, int]]:
    """What a sender sent, in order of time, and how many records of each category."""
    if sender.what == "node":
        made = {62: tracks(run, sender)}
    else:
        made = {34: markers(run, sender), 48: plots(run, sender)}
    nothing = np.zeros(0, np.int64)
    decoded = Decoded({c: t for c, t in made.items() if len(t)}, Refused(nothing, nothing, (), nothing, ()), 0)
    try:
        return encode(decoded, longest=LONGEST), {c: len(t) for c, t in made.items()}
    except EncodeError as error:
        raise RecordError(
            f"{sender.what} {sender.name}: the record holds what ASTERIX has no room for: {error}"
        ) from None


def _rows(run: Run, name: str, key: str, value: str) -> dict[str, np.ndarray]:
    """Rows of a table in which a column has a value."""
    whole = run.tables.get(name)
    if whole is None:
        return {}
    rows = np.flatnonzero(np.asarray(whole[key]).astype(str) == value)
    return {column: np.asarray(values)[rows] for column, values in whole.items()}


def _source(sender: Sender, count: int) -> dict[str, np.ndarray]:
    return {"010.SAC": np.full(count, SAC), "010.SIC": np.full(count, sender.sic)}


def clock(run: Run, t: np.ndarray) -> np.ndarray:
    """Time of day (s) in steps of 1/128 s."""
    return np.rint((float(run.meta["clock_s"]) + t) * 128.0) % (86400 * 128) / 128.0


def _turn(degrees: np.ndarray) -> np.ndarray:
    """An angle (deg) in steps of a turn / 65536."""
    return np.rint(degrees * (_TURN / 360.0)) % _TURN * (360.0 / _TURN)


def _within(values: np.ndarray, limit: float) -> np.ndarray:
    """NaN, which is left out, for what has no room."""
    return np.where(np.abs(values) <= limit, values, np.nan)


def plots(run: Run, sender: Sender) -> Table:
    """Target reports of a radar, CAT048. One that measures no range sends none."""
    rows = _rows(run, "plots", "radar", sender.name)
    if rows:
        rows = {name: values[np.isfinite(rows["range_m"].astype(float))] for name, values in rows.items()}
    count = len(rows["t"]) if rows else 0
    if count == 0:
        return _empty(48)
    asked, answered = (_modes(rows[name]) for name in ("asked", "answered"))
    replied = np.array([bool(modes) for modes in answered])
    distance = np.rint(rows["range_m"] / (_NM * _RANGE_STEP)).astype(np.int64)
    far = distance > _RANGE_LAST
    height = rows["height_m"].astype(float) / _FT
    three = np.isfinite(rows["elevation_deg"].astype(float))
    mode_4 = np.array([3 * ("4" in a) - 2 * ("4" in b) for a, b in zip(asked, answered, strict=True)])
    columns = {
        **_source(sender, count), "140.TOD": clock(run, rows["t"]),
        "020.TYP": np.where(["S" in modes for modes in answered], 5, np.where(replied, 2, 1)),
        "020.SIM": np.ones(count, np.int64), "020.ERR": far.astype(np.int64), "020.FOEFRI": mode_4,
        "040.RHO": np.minimum(distance, _RANGE_LAST) * _RANGE_STEP, "040.THETA": _turn(rows["azimuth_deg"]),
        "090.FL": np.where(three, np.nan, _within(height, _FEET_LIMIT)) / 100.0,
        "110.3DH": np.where(three, _within(height, _FEET_LIMIT), np.nan),
    }  # fmt: skip
    return _extended(columns, distance, far, _order(run, sender)[1])


def _extended(columns: dict[str, np.ndarray], distance: np.ndarray, far: np.ndarray, order: np.ndarray) -> Table:
    """With the range of far plots in the reserved expansion field: 24 bits of 1/256 NM (part 4, appendix A)."""
    octets = np.stack([np.full(distance.size, 8), distance >> 16, distance >> 8 & 255, distance & 255], axis=1)
    offsets = {"RE": np.concatenate([[0], np.cumsum(4 * far)])}
    if far.any():
        columns["RE"] = octets[far].astype(np.uint8).ravel()
    return table(spec(48), columns, offsets=offsets if far.any() else None, order=order)


def _modes(words: np.ndarray) -> list[list[str]]:
    return [str(word).split() for word in words]


def _order(run: Run, sender: Sender) -> tuple[np.ndarray, np.ndarray]:
    """Places of the north markers and of the plots among both, by time; a marker goes first."""
    marks, found = _rows(run, "scans", "radar", sender.name), _rows(run, "plots", "radar", sender.name)
    t = [
        marks["t"] if marks else np.zeros(0),
        found["t"][np.isfinite(found["range_m"].astype(float))] if found else np.zeros(0),
    ]
    place = np.empty(t[0].size + t[1].size, np.int64)
    place[np.argsort(np.concatenate(t).astype(float), kind="stable")] = np.arange(place.size)
    return place[: t[0].size], place[t[0].size :]


def markers(run: Run, sender: Sender) -> Table:
    """North markers of a radar that turns, CAT034, with where it stands."""
    rows = _rows(run, "scans", "radar", sender.name)
    count = len(rows["t"]) if rows else 0
    if count == 0:
        return _empty(34)
    period = float(_rows(run, "sensors", "name", sender.name)["period_s"][0])
    columns = {
        **_source(sender, count), "000.TYP": np.ones(count, np.int64), "030.TOD": clock(run, rows["t"]),
        "041.PERIOD": np.full(count, period if period < 511.99 else np.nan),
        "120.HGT": np.clip(rows["alt_m"].astype(float), -32768.0, 32767.0), "120.LAT": rows["lat_deg"].astype(float),
        "120.LON": rows["lon_deg"].astype(float),
    }  # fmt: skip
    return table(spec(34), columns, order=_order(run, sender)[0])


def tracks(run: Run, sender: Sender) -> Table:
    """System tracks of a node, CAT062: one record for each sample of each track of its picture."""
    rows = _rows(run, "tracks", "node", sender.name)
    count = len(rows["t"]) if rows else 0
    if count == 0:
        return _empty(62)
    sic = {s.name: s.sic for s in senders(run) if s.what == "node"}
    owners = [str(o) for o in rows["origin"]]
    number, first, last = _numbered(rows, owners)
    sensors = run.tables["sensors"]
    flat = {n for n, d in zip(sensors["node"], sensors["dimensions"], strict=True) if d < 3}
    have, several = np.unique(np.asarray(sensors["node"]).astype(str), return_counts=True)
    single = set(have[several == 1])
    heading = np.radians(rows["heading_deg"])
    level = np.sqrt(np.maximum(0.0, rows["speed_mps"] ** 2 - rows["climb_mps"] ** 2))
    final = rows["t"].astype(float) < float(np.max(run.tables["truth"]["t"], initial=-np.inf))
    columns = {
        **_source(sender, count), "070.TOT": clock(run, rows["t"]), "040.TN": number,
        "105.LAT": rows["lat_deg"].astype(float), "105.LON": rows["lon_deg"].astype(float),
        "185.VX": level * np.sin(heading), "185.VY": level * np.cos(heading),
        "080.MON": np.array([o in single for o in owners], np.int64), "080.MRH": np.ones(count, np.int64),
        "080.SRC": np.array([0 if o in flat or o not in have else 2 for o in owners], np.int64),
        "080.SIM": np.ones(count, np.int64), "080.TSB": first.astype(np.int64), "080.TSE": (last & final).astype(np.int64),
        "130.ALT": _within(rows["alt_m"].astype(float) / _FT, _FEET_LIMIT),
        "220.ROC": _within(rows["climb_mps"].astype(float) * 60.0 / _FT, 32767 * 6.25),
        "510.IDENT": np.array([sic[o] for o in owners]), "510.TRACK": rows["track"].astype(np.int64) % 2**15,
    }  # fmt: skip
    one_each = np.arange(count + 1)
    offsets = {key: one_each for key in ("510", "510.IDENT", "510.TRACK")}
    return table(spec(62), columns, offsets=offsets)


def _numbered(rows: dict[str, np.ndarray], owners: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A node's number of each track, in order of appearance; whether a row is the first and the last of its track."""
    known: dict[tuple[str, int], int] = {}
    number = np.array([known.setdefault(k, len(known)) for k in zip(owners, rows["track"].tolist(), strict=True)])
    first, last = np.zeros(number.size, bool), np.zeros(number.size, bool)
    first[np.unique(number, return_index=True)[1]] = True
    last[number.size - 1 - np.unique(number[::-1], return_index=True)[1]] = True
    return number % 65535 + 1, first, last


def _empty(category: int) -> Table:
    return table(spec(category), {})
