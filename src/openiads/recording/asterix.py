"""Reports of radars from ASTERIX: CAT048 gives the plots, CAT034 the periods of the scans and where radars stand."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from openiads.interop.asterix import Decoded, Table, decode
from openiads.recording.clock import WRONG_TIME, unwrapped
from openiads.recording.framing import blocks
from openiads.recording.reports import UNKNOWN, Account, Reports, Sieve
from openiads.recording.sensors import Sensors
from openiads.tracking import Plots
from openiads.tracking.earth import elevations_at
from openiads.units import UNITS

NM, FL, DEG = UNITS["length"]["nm"], 100.0 * UNITS["length"]["ft"], UNITS["angle"]["deg"]
_FRAMING = ("block header cut off", "block length below 3", "block longer than the data", "unknown category")
SIMULATED = "simulated; `simulated = true` at the top of the sensor file accepts them"
UNKNOWN_SENSOR = "sensor that the sensor file does not have"


@dataclass
class Heard:
    """What the recordings say of the sensors themselves."""

    periods: dict[int, list[float]] = field(default_factory=dict)  # s, of scans, by row of the sensor
    places: dict[tuple[int, int], tuple[float, float, float]] = field(default_factory=dict)  # rad, rad, m by SAC, SIC
    strangers: Counter[tuple[int, int]] = field(default_factory=Counter)  # plots by SAC and SIC without a sensor

    def period(self) -> dict[int, float]:
        """The middle one of each sensor's periods (s)."""
        return {row: float(np.median(all_)) for row, all_ in self.periods.items() if all_}


def read_blocks(data: bytes, account: Account) -> Decoded:
    """Records of a recording; past a place where blocks do not follow one another they are found again."""
    decoded = decode(data)
    if any(reason in _FRAMING for reason in decoded.refused.reason):
        decoded = decode(blocks(data, account.skipped))
    for refusal in decoded.refused:
        account.skipped[f"octets: {refusal.reason}"] += refusal.octets
    for category, table in decoded.tables.items():
        if category not in (34, 48):
            account.skipped[f"records of CAT{category:03d}"] += len(table)
        elif category == 34:
            account.skipped["service messages (CAT034), not plots"] += len(table)
    return decoded


def reports(decoded: Decoded, sensors: Sensors, heard: Heard, account: Account) -> Reports:
    """Reports in s of the first midnight, in the order of the recording."""
    if 34 in decoded.tables:
        _service(decoded[34], sensors, heard)
    table = decoded.tables.get(48)
    if table is None:
        none = np.zeros(0)
        return Reports(Plots(none, none, none, none), none.astype("S8"), none, none.astype(np.int64))
    n = len(table)
    sieve = Sieve(n, account)
    row = np.where(_has(table, "010"), sensors.rows(_whole(table, "010.SAC"), _whole(table, "010.SIC")), -1)
    t, wrong = np.full(n, np.nan), np.zeros(n, np.bool_)
    timed = _has(table, "140")
    t[timed], wrong[timed] = unwrapped(table.columns["140.TOD"][timed]) if timed.any() else (t[timed], wrong[timed])
    _strangers(table, sieve.keep & (row < 0), heard)
    sieve.refuse(UNKNOWN_SENSOR, row < 0)
    sieve.refuse("no time of day", ~timed)
    sieve.refuse(WRONG_TIME, wrong)
    sieve.refuse(SIMULATED, (_whole(table, "020.SIM") == 1) & (not sensors.file.simulated))
    sieve.refuse("test target", _whole(table, "020.TST") == 1)
    sieve.refuse("field monitor", _whole(table, "020.RAB") == 1)
    sieve.refuse("no detection", _has(table, "020") & (_whole(table, "020.TYP") == 0))
    distance = NM * _real(table, "040.RHO")
    sieve.refuse("no measured position", ~_has(table, "040"))
    sieve.refuse("range 0", ~(distance > 0.0))
    level, own = _heights(table)
    clear = (_whole(table, "070.V") == 0) & (_whole(table, "070.G") == 0)
    mode_3a = np.where(_has(table, "070") & clear, _whole(table, "070.MODE3A"), UNKNOWN)
    address = np.where(_has(table, "220"), _whole(table, "220.ADR"), UNKNOWN)
    callsign = table.columns.get("240.ID", np.zeros(n, "S8"))
    azimuth = DEG * _real(table, "040.THETA")
    elevation = np.where(np.isnan(level), _elevations(sensors, row, distance, azimuth, own), np.nan)
    height = np.where(np.isnan(level) & np.isnan(elevation), own, level)
    plots = Plots(t, row, distance, azimuth, elevation, height, address=address, mode_3a=mode_3a)
    return Reports(plots, callsign, level, np.zeros(n, np.int64)).rows(sieve.keep)


def _heights(table: Table) -> tuple[np.ndarray, np.ndarray]:
    """Mode C, and the height that a 3-D radar measured, m, NaN for none."""
    sound = (_whole(table, "090.V") == 0) & (_whole(table, "090.G") == 0)
    level = np.where(sound, FL * _real(table, "090.FL"), np.nan)
    return level, UNITS["length"]["ft"] * _real(table, "110.3DH")


def _elevations(
    sensors: Sensors, row: np.ndarray, distance: np.ndarray, azimuth: np.ndarray, height: np.ndarray
) -> np.ndarray:
    """The angles (rad) that 3-D radars made their heights (m) of, where the sensor file says how well; NaN elsewhere.

    A height is as good as the angle: half a degree is a kilometre at 120 km, where mode C is good to 38 m.
    """
    out = np.full(len(row), np.nan)
    steep = np.array([s.sigma_elevation is not None for s in sensors.file.sensor], np.bool_)
    rows = np.flatnonzero((row >= 0) & np.isfinite(height) & (distance > 0.0))
    rows = rows[steep[row[rows]]]
    if rows.size:
        sites = np.array([[s.latitude, s.longitude, s.height] for s in sensors.file.sensor])[row[rows]]
        out[rows] = elevations_at(sites, distance[rows], azimuth[rows], height[rows], sensors.file.earth)
    return out


def _service(table: Table, sensors: Sensors, heard: Heard) -> None:
    """Periods of scans and places of radars that CAT034 states."""
    sac, sic = _whole(table, "010.SAC"), _whole(table, "010.SIC")
    row, period = sensors.rows(sac, sic), _real(table, "041.PERIOD")
    for r in np.unique(row[row >= 0]).tolist():
        good = (row == r) & (period > 0.0)
        if good.any():
            heard.periods.setdefault(r, []).extend(period[good].tolist())
    placed = _has(table, "120")
    for i in np.flatnonzero(placed).tolist():
        place = (DEG * float(table.columns["120.LAT"][i]), DEG * float(table.columns["120.LON"][i]))
        heard.places.setdefault((int(sac[i]), int(sic[i])), (*place, float(table.columns["120.HGT"][i])))


def _strangers(table: Table, rows: np.ndarray, heard: Heard) -> None:
    pairs, counts = np.unique(_whole(table, "010.SAC")[rows] << 8 | _whole(table, "010.SIC")[rows], return_counts=True)
    heard.strangers.update({(int(p) >> 8, int(p) & 255): int(c) for p, c in zip(pairs, counts, strict=True)})


def _has(table: Table, key: str) -> np.ndarray:
    return table.present.get(key, np.zeros(len(table), np.bool_))


def _whole(table: Table, key: str) -> np.ndarray:
    """A column without a unit, 0 where it is absent."""
    return np.asarray(table.columns.get(key, np.zeros(len(table), np.int64)), np.int64)


def _real(table: Table, key: str) -> np.ndarray:
    """A column with a unit, NaN where it is absent."""
    return np.asarray(table.columns.get(key, np.full(len(table), np.nan)), np.float64)
