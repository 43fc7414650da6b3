"""CSV and Parquet files as columns in SI: plots of radars, or positions as trackers of ADS-B export them. docs/guide.md."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from openiads.errors import RecordError
from openiads.record import interruptible
from openiads.recording.asterix import UNKNOWN_SENSOR
from openiads.recording.clock import WRONG_TIME, over_midnight, strays
from openiads.recording.reports import UNKNOWN, Account, Reports, Sieve
from openiads.recording.sensors import Sensors
from openiads.scenario import words
from openiads.tracking import Plots
from openiads.tracking.plots import FARTHEST
from openiads.units import UNITS, spellings

# what a column holds -> its dimension; the unit stands in the name of the column
_QUANTITIES = {
    "t": "time", "range": "length", "azimuth": "angle", "elevation": "angle", "height": "length", "latitude": "angle",
    "longitude": "angle", "altitude": "length", "range_rate": "speed",
}  # fmt: skip
# names without a unit that others write, and what they mean: field, dimension, unit
_OTHERS = {
    "timestamp": ("t", "", ""), "time": ("t", "", ""),
    "latitude": ("latitude", "angle", "deg"), "lat": ("latitude", "angle", "deg"), "lat_deg": ("latitude", "angle", "deg"),
    "longitude": ("longitude", "angle", "deg"), "lon": ("longitude", "angle", "deg"), "lon_deg": ("longitude", "angle", "deg"),
    "altitude": ("altitude", "length", "ft"), "baroaltitude": ("altitude", "length", "m"), "alt_m": ("height", "length", "m"),
    "geoaltitude": ("height", "length", "ft"),
}  # fmt: skip
_WORDS = {
    "sensor": "sensor", "sac": "sac", "sic": "sic", "icao24": "address", "address": "address", "squawk": "mode_3a",
    "mode_3a": "mode_3a", "callsign": "callsign", "flight_id": "flight", "body": "flight", "onground": "onground",
}  # fmt: skip
_GLOB = "*?[]{}"
_REMEDY = {True: "; a Parquet file is there whole or not at all, so write it again, or give CSV", False: ""}
_DATED = 1e8  # s: more than that is no time of day, but a moment since 1970


@dataclass(frozen=True)
class Columns:
    """What a file holds, each [Q]: numbers in SI (NaN where there is none), words ('' where there is none)."""

    numbers: dict[str, np.ndarray]
    words: dict[str, np.ndarray]
    size: int
    dated: bool  # its times are s of 1970

    def number(self, name: str) -> np.ndarray:
        """A column of numbers, NaN if the file has none of this name."""
        return self.numbers.get(name, np.full(self.size, np.nan))

    def word(self, name: str) -> np.ndarray:
        """A column of words."""
        return self.words.get(name, np.full(self.size, ""))

    @property
    def polar(self) -> bool:
        """Plots of radars, not positions."""
        return "range" in self.numbers


def read_table(path: Path, parquet: bool, account: Account) -> Columns:
    """The columns of a file that have a meaning here; RecordError if it is no table, or none of plots or positions."""
    import duckdb

    if any(c in str(path) for c in _GLOB):
        raise RecordError(f"'{path}': a table may not have any of {' '.join(_GLOB)} in its name; rename it")
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    try:
        with interruptible():
            names = _opened(connection, path, parquet, account)
            fields = _meanings(path, names)
            _require(path, names, fields)
            chosen = ", ".join(f"{_expression(name, *fields[name])} as c{k}" for k, name in enumerate(fields))
            got = connection.execute(f"select {chosen} from given").fetchnumpy()
            typed = connection.execute(f"select typeof({_name(_timed(fields))}) from given limit 1").fetchone()
            account.notes += _unread(connection, fields)
    except duckdb.Error as error:
        raise RecordError(f"'{path}' is no readable table: {str(error).splitlines()[0]}{_REMEDY[parquet]}") from None
    if typed is None:
        lines = "".join(f"; {count} {reason}" for reason, count in account.skipped.items())
        raise RecordError(f"'{path}' has the columns of a table, but no rows{lines}")
    return _columns(fields, got, "TIMESTAMP" in typed[0])


def _opened(connection: Any, path: Path, parquet: bool, account: Account) -> list[str]:
    """The columns of a file that is `given` to a connection from now on; lines that are no rows are counted."""
    if parquet:
        connection.execute(f"create view given as select * from read_parquet({_quoted(path)})")
    else:
        connection.execute(
            f"create table given as select * from read_csv({_quoted(path)}, header = true, all_varchar = true, "
            "null_padding = true, ignore_errors = true, store_rejects = true, nullstr = ['', 'NaN', 'nan', 'None', 'NULL'])"
        )
        bad = connection.execute("select count(distinct line) from reject_errors").fetchone()
        if bad and bad[0]:
            account.skipped["lines that are no rows of the table"] += int(bad[0])
    return [str(row[0]) for row in connection.execute("describe given").fetchall()]


def _unread(connection: Any, fields: dict[str, tuple[str, str, str]]) -> list[str]:
    """Columns in which nothing could be read, with a value of each."""
    numbers = {name: meaning for name, meaning in fields.items() if meaning[1] or meaning[0] == "t"}
    counted = ", ".join(
        f"count({_name(name)}), count({_expression(name, *meaning)}), any_value(cast({_name(name)} as varchar))"
        for name, meaning in numbers.items()
    )
    row = connection.execute(f"select {counted} from given").fetchone()
    notes = []
    for k, (name, meaning) in enumerate(numbers.items()):
        there, read, value = row[3 * k : 3 * k + 3]
        if there and not read:
            accepted = "numbers with a decimal point and no unit" if meaning[1] else "seconds, or 2021-10-07T12:00:00"
            notes.append(f"nothing in column '{name}' can be read, as '{value[:40]}'; accepted are {accepted}")
    return notes


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _meanings(path: Path, names: list[str]) -> dict[str, tuple[str, str, str]]:
    """Column of the file -> field, dimension ('' for a word or a moment), unit; refuses two columns of a field."""
    known = {
        key: (field, dimension, unit)
        for field, dimension in _QUANTITIES.items()
        for key, unit in zip(spellings(field, dimension), UNITS[dimension], strict=True)
    }
    known |= _OTHERS | {name: (field, "", "") for name, field in _WORDS.items()}
    if "baroaltitude" in names:  # state vectors of OpenSky are in metres throughout
        known["geoaltitude"] = ("height", "length", "m")
    found = {name: known[key] for name in names if (key := name.strip().lower()) in known}
    first: dict[str, str] = {}
    for name, (field, *_) in found.items():
        if first.setdefault(field, name) != name:
            raise RecordError(
                f"'{path}': column '{name}' states {field.replace('_', ' ')} a second time beside '{first[field]}'; keep one"
            )
    return found


def _timed(fields: dict[str, tuple[str, str, str]]) -> str:
    return next(name for name, meaning in fields.items() if meaning[0] == "t")


def _require(path: Path, names: list[str], fields: dict[str, tuple[str, str, str]]) -> None:
    """Refuse a table without a time, or with neither plots nor positions."""
    have = {meaning[0] for meaning in fields.values()}
    polar, place = {"range", "azimuth"} <= have, {"latitude", "longitude"} <= have
    lacking = ["t_s (or timestamp)"] if "t" not in have else []
    if not polar and not place:
        lacking.append("range_m and azimuth_deg (plots), or latitude and longitude (positions)")
    elif polar and not ({"sensor"} <= have or {"sac", "sic"} <= have):
        lacking.append("sensor (a name of the sensor file), or sac and sic")
    elif not polar and not {"height", "altitude"} & have:
        lacking.append("height_m (or altitude in feet, geoaltitude, baroaltitude)")
    if lacking:
        raise RecordError(
            f"'{path}' lacks the column {'; '.join(lacking)}; it has {words.listed(names, 12)}. "
            "A quantity carries its unit: range_m, range_km, range_nm, azimuth_deg, height_ft, …"
        )


def _expression(name: str, field: str, dimension: str, unit: str) -> str:
    """SQL of a column: SI, s of 1970, or text."""
    column = _name(name)
    if dimension:
        return f"try_cast({column} as double) * {UNITS[dimension][unit]!r}"
    if field != "t":
        return f"coalesce(cast({column} as varchar), '')"
    return f"coalesce(epoch(try_cast(cast({column} as varchar) as timestamptz)), try_cast(cast({column} as varchar) as double))"


def _columns(fields: dict[str, tuple[str, str, str]], got: dict[str, Any], stamped: bool) -> Columns:
    numbers, texts = {}, {}
    for k, (field, dimension, _) in enumerate(fields.values()):
        column = got[f"c{k}"]
        if dimension or field == "t":
            filled = column.filled(np.nan) if isinstance(column, np.ma.MaskedArray) else column
            numbers[field] = np.asarray(filled, np.float64)
        else:
            texts[field] = np.asarray(column).astype(str)
    moment = fields[_timed(fields)][1] == ""  # a date or a count since 1970, not seconds of a day
    t = numbers["t"]
    if moment and not stamped:  # s, ms, us or ns of 1970 as whole numbers
        for factor in (1e9, 1e6, 1e3):
            t = np.where(t > 1e10 * factor / 1e2, t / factor, t)
        numbers["t"] = t
    dated = bool(np.nanmedian(t) > _DATED) if np.isfinite(t).any() else moment
    return Columns(numbers, texts, len(t), dated)


def reports(columns: Columns, sensors: Sensors, account: Account) -> tuple[Reports, np.ndarray]:
    """Reports of a table and which of its rows they are, bool[Q]; the others are refused by reason."""
    sieve = Sieve(columns.size, account)
    t, guessed = (columns.number("t"), False) if columns.dated else over_midnight(columns.number("t"))
    if guessed:
        account.notes.append("times of day at every hour, taken for those of one day; add a date if there are more")
    sieve.refuse("no time", ~np.isfinite(t))
    sieve.refuse(WRONG_TIME, strays(t))
    plots = (_polar if columns.polar else _positions)(columns, t, sensors, sieve)
    address = _codes(columns.word("address"), 16, 1 << 24)
    mode_3a = _codes(columns.word("mode_3a"), 8, 1 << 12)
    callsign = np.char.encode(columns.word("callsign").astype("U8"), "ascii", "ignore").astype("S8")
    plots = replace(plots, address=address, mode_3a=mode_3a)
    told = Reports(plots, np.char.strip(callsign), columns.number("altitude"), np.zeros(columns.size, np.int64))
    return told.rows(sieve.keep), sieve.keep


def _polar(columns: Columns, t: np.ndarray, sensors: Sensors, sieve: Sieve) -> Plots:
    """Plots of radars; those that can not be used are refused."""
    row, height = _sensor_rows(columns, sensors, sieve.account), columns.number("height")
    distance, azimuth, elevation, rate = (columns.number(n) for n in ("range", "azimuth", "elevation", "range_rate"))
    height = np.where(np.isnan(height), columns.number("altitude"), height)
    sieve.refuse(UNKNOWN_SENSOR, row < 0)
    sieve.refuse("no measured position", ~(np.isfinite(distance) & np.isfinite(azimuth)))
    sieve.refuse("range 0", ~(distance > 0.0))
    sieve.refuse("range above 100,000 km", ~(distance < FARTHEST))
    sieve.refuse("elevation beyond 90 degrees", np.abs(elevation) > 0.5 * np.pi)
    sieve.refuse("height above 100,000 km", np.abs(height) > FARTHEST)
    sieve.refuse("range rate above 100 km/s", np.abs(rate) > 1e5)
    return Plots(t, row, distance, azimuth, elevation, height, range_rate=rate)


def _positions(columns: Columns, t: np.ndarray, sensors: Sensors, sieve: Sieve) -> Plots:
    """Positions, by pressure heights first, as radars see these; those that can not be used are refused."""
    latitude, longitude, altitude = (columns.number(n) for n in ("latitude", "longitude", "altitude"))
    sieve.refuse("no position", ~(np.isfinite(latitude) & np.isfinite(longitude)))
    sieve.refuse("position off the Earth", ~((np.abs(latitude) <= np.pi / 2) & (np.abs(longitude) <= 2 * np.pi)))
    known = np.where(np.isnan(altitude), columns.number("height"), altitude)
    on_ground = np.isin(np.char.lower(columns.word("onground")), ("true", "1"))
    sieve.refuse("on the ground", on_ground)  # where aircraft report no height, or any
    sieve.refuse("no height", ~np.isfinite(known))
    sieve.refuse("height below -1 km or above 100 km", ~((known > -1e3) & (known < 1e5)))
    p, source = sensors.file.positions, np.full(columns.size, sensors.source)
    return Plots.positions(t, source, latitude, longitude, known, p.sigma_horizontal, p.sigma_vertical)


def _sensor_rows(columns: Columns, sensors: Sensors, account: Account) -> np.ndarray:
    """Row of the sensor of each plot, by name or by SAC and SIC; -1 for none, whose names are noted."""
    named = "sensor" in columns.words
    if named:
        names, which = np.unique(columns.word("sensor"), return_inverse=True)
        row = np.array([sensors.by_name.get(str(n), -1) for n in names], np.int64)[which]
    else:
        sac, sic = (_codes(columns.word(name), 10, 256) for name in ("sac", "sic"))
        row = np.where((sac >= 0) & (sic >= 0), sensors.rows(sac, sic), -1)
        names, which = np.unique(np.stack([sac, sic]), axis=1, return_inverse=True)
        names = np.array([f"SAC {a} SIC {b}" for a, b in names.T.tolist()])
    counts = np.bincount(which.reshape(-1)[row < 0], minlength=len(names))
    strangers = [
        f"{names[k] or 'no name'} ({counts[k]} plots)" for k in np.argsort(-counts, kind="stable") if counts[k]
    ]
    if strangers:
        known = [
            s.name if named else f"SAC {s.sac} SIC {s.sic}" for s in sensors.file.sensor if named or s.sac is not None
        ]
        has = f"the sensor file has {words.listed(known, 8)}" if known else "there is no sensor file with any"
        account.notes.append(f"sensors that are not known: {words.listed(strangers, 8)}; {has}")
    return row


def _codes(texts: np.ndarray, base: int, limit: int) -> np.ndarray:
    """Numbers written with a base, UNKNOWN for what is none; each text is read once."""
    distinct, which = np.unique(texts, return_inverse=True)
    return np.array([_code(str(text), base, limit) for text in distinct], np.int64)[which]


def _code(text: str, base: int, limit: int) -> int:
    try:
        value = int(text.strip().removesuffix(".0"), base)
    except ValueError:
        return UNKNOWN
    return value if 0 <= value < limit else UNKNOWN
