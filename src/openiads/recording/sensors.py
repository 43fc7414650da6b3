"""sensors.toml: where the radars of a recording stand and how well they measure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pydantic import Field, ValidationError

from openiads.errors import ScenarioError
from openiads.scenario.load import read_toml, refused
from openiads.scenario.quantity import Spec, quantity
from openiads.tracking import Radar, Source
from openiads.tracking.earth import Earth

USUAL_PERIOD = 5.0  # s, of a scan that neither the file nor the recording states


class Sensor(Spec):
    """One radar."""

    name: str = Field(min_length=1, max_length=60)
    sac: int | None = Field(None, ge=0, le=255)  # how ASTERIX calls it: system area code ...
    sic: int | None = Field(None, ge=0, le=255)  # ... and system identification code
    latitude: float = quantity("angle", ge=-math.pi / 2.0, le=math.pi / 2.0)
    longitude: float = quantity("angle", ge=-math.pi, le=math.pi)
    height: float = quantity("length", ge=-500.0, le=10_000.0)  # of the antenna above the sea
    sigma_range: float = quantity("length", gt=0.0, le=20_000.0)
    sigma_azimuth: float = quantity("angle", gt=0.0, le=0.5)
    sigma_elevation: float | None = quantity("angle", None, gt=0.0, le=0.5)
    sigma_range_rate: float | None = quantity("speed", None, gt=0.0, le=1000.0)  # without it range rates are not used
    scan_period: float | None = quantity("time", None, gt=0.0, le=120.0)
    range_bias: float = quantity("length", 0.0, ge=None, le=20_000.0)
    azimuth_bias: float = quantity("angle", 0.0, ge=-math.pi, le=math.pi)
    time_bias: float = quantity("time", 0.0, ge=-60.0, le=60.0)  # of its clock: what it stamps less what is true


class PositionSource(Spec):
    """How well reported positions (ADS-B) are believed: receivers stamp them to a second, in which a jet flies 200 m."""

    sigma_horizontal: float = quantity("length", 200.0, gt=0.0, le=20_000.0)
    sigma_vertical: float = quantity("length", 30.0, gt=0.0, le=20_000.0)
    period: float | None = quantity("time", None, gt=0.0, le=120.0)  # between two reports of an aircraft that are used


class System(Spec):
    """How the tracker calls itself in CAT062."""

    sac: int = Field(0, ge=0, le=255)
    sic: int = Field(0, ge=0, le=255)


class SensorFile(Spec):
    """The whole file."""

    simulated: bool = False  # a run of the simulator: on its sphere, and reports that say so are used
    sensor: list[Sensor] = Field(default_factory=list, max_length=1000)
    positions: PositionSource = Field(default_factory=lambda: PositionSource.model_validate({}))
    system: System = Field(default_factory=lambda: System.model_validate({}))

    @property
    def earth(self) -> Earth:
        """What the radars stand on."""
        return "sphere" if self.simulated else "wgs84"


@dataclass(frozen=True)
class Sensors:
    """The radars, and behind them one source for all positions."""

    file: SensorFile
    by_name: Mapping[str, int] = field(default_factory=dict)

    @property
    def source(self) -> int:
        """Row of the source of positions among what a tracker is given."""
        return len(self.file.sensor)

    def rows(self, sac: np.ndarray, sic: np.ndarray) -> np.ndarray:
        """Row of the radar that each SAC and SIC names, -1 for none."""
        table = np.full(1 << 16, -1, np.int64)
        for row, sensor in enumerate(self.file.sensor):
            if sensor.sac is not None and sensor.sic is not None:
                table[sensor.sac << 8 | sensor.sic] = row
        return table[(np.asarray(sac, np.int64) & 255) << 8 | (np.asarray(sic, np.int64) & 255)]

    def radars(self, measured: Mapping[int, float]) -> list[Radar | Source]:
        """What a tracker is given; `measured` holds scan periods (s) by row for radars that state none."""
        radars: list[Radar | Source] = [
            Radar(
                s.name, s.latitude, s.longitude, s.height, s.sigma_range, s.sigma_azimuth, s.sigma_elevation,
                s.scan_period or measured.get(row, USUAL_PERIOD), s.range_bias, s.azimuth_bias, s.time_bias, s.sigma_range_rate,
            )
            for row, s in enumerate(self.file.sensor)
        ]  # fmt: skip
        return [*radars, Source("positions", self.file.positions.period or measured.get(self.source, USUAL_PERIOD))]


def load_sensors(path: Path | None) -> Sensors:
    """The sensors of a file; without one there are only positions."""
    if path is None:
        return Sensors(SensorFile.model_validate({}))
    table = read_toml(path, str(path))
    try:
        file = SensorFile.model_validate(table)
    except ValidationError as error:
        raise refused(str(path), table, error) from None
    problems = _doubles(file)
    if problems:
        raise ScenarioError("\n".join(f"{path}: {p}" for p in problems), problems)
    return Sensors(file, {s.name: row for row, s in enumerate(file.sensor)})


def _doubles(file: SensorFile) -> list[str]:
    """Names and codes that two sensors share, and codes of which half is missing."""
    problems, names, codes = [], set[str](), dict[tuple[int, int], str]()
    for s in file.sensor:
        if s.name in names:
            problems.append(f"sensor.{s.name}: there are two sensors of this name; give each its own")
        names.add(s.name)
        if (s.sac is None) != (s.sic is None):
            lacking = "sic" if s.sic is None else "sac"
            problems.append(f"sensor.{s.name}: {lacking} is missing; give sac and sic, or neither")
        if s.sac is not None and s.sic is not None:
            code = (s.sac, s.sic)
            if code in codes:
                problems.append(
                    f"sensor.{s.name}: sac = {s.sac}, sic = {s.sic} is also that of {codes[code]}; give each its own"
                )
            codes.setdefault(code, s.name)
    return problems
