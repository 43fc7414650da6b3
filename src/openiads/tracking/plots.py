"""What a tracker is given: the radars, and one table of their plots. SI units and radians."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np

from openiads.engine.geo import set_frame, to_ecef
from openiads.engine.sensing import Antennas, empty_plots
from openiads.engine.sensing.measurement import place_all
from openiads.errors import UsageError


@dataclass(frozen=True)
class Radar:
    """One radar: where it stands and how well it measures. Without sigma_elevation it has no height of its own."""

    name: str
    latitude: float  # rad
    longitude: float  # rad
    height: float  # m above the sea
    sigma_range: float = 50.0  # m
    sigma_azimuth: float = math.radians(0.1)  # rad
    sigma_elevation: float | None = None  # rad
    period: float = 4.0  # s, of a scan
    range_bias: float = 0.0  # m, taken off every plot
    azimuth_bias: float = 0.0  # rad

    def __post_init__(self) -> None:
        for name in ("sigma_range", "sigma_azimuth", "period"):
            value = getattr(self, name)
            if not (value > 0.0 and math.isfinite(value)):
                raise UsageError(f"radar '{self.name}': {name} = {value!r} must be a number above 0")
        if self.sigma_elevation is not None and not self.sigma_elevation > 0.0:
            raise UsageError(
                f"radar '{self.name}': sigma_elevation = {self.sigma_elevation!r} must be above 0, or None"
            )


@dataclass(frozen=True)
class Plots:
    """Plots as columns, each [Q]: one row is one report of one radar."""

    t: np.ndarray  # s
    radar: np.ndarray  # row of the radar among those of the tracker
    range: np.ndarray  # m
    azimuth: np.ndarray  # rad from north, clockwise
    elevation: np.ndarray | None = None  # rad, NaN where there is none
    height: np.ndarray | None = None  # m above the sea as the target reports it (mode C), NaN where there is none

    def __post_init__(self) -> None:
        size = len(self.t)
        for f in fields(self):
            column = getattr(self, f.name)
            if column is None:
                object.__setattr__(self, f.name, np.full(size, np.nan))
                continue
            column = np.ascontiguousarray(column, np.int64 if f.name == "radar" else np.float64)
            if column.shape != (size,):
                raise UsageError(
                    f"plots: column '{f.name}' has shape {column.shape}, 't' has {size} rows; all must be equal"
                )
            object.__setattr__(self, f.name, column)

    def __len__(self) -> int:
        return len(self.t)

    def refused(self, radars: int) -> np.ndarray:
        """Rows that no tracker can use, bool[Q]: not finite, no range, or of a radar that is not there."""
        finite = np.isfinite(self.t) & np.isfinite(self.range) & np.isfinite(self.azimuth)
        return ~finite | (self.range <= 0.0) | (self.radar < 0) | (self.radar >= radars)


def placed(plots: Plots, radars: list[Radar]) -> tuple[np.ndarray, np.ndarray]:
    """Plots as earth-centred points without bias, float64[Q, 3] m, and their covariances float64[Q, 6] m2."""
    site = np.array([[r.latitude, r.longitude, r.height] for r in radars])
    antennas = Antennas(site, np.zeros((len(radars), 3)), np.zeros((len(radars), 3, 3)))
    for i, (latitude, longitude, height) in enumerate(site):
        antennas.pos[i] = to_ecef(latitude, longitude, height)
        set_frame(antennas.axes, i, latitude, longitude)
    sigma = np.array([[r.sigma_range, r.sigma_azimuth, r.sigma_elevation or math.nan] for r in radars])
    bias = np.array([[r.range_bias, r.azimuth_bias] for r in radars])
    out, _ = empty_plots(len(radars), len(plots))
    place_all(antennas, out, sigma, bias, plots.radar, plots.range, plots.azimuth, plots.elevation, plots.height)
    return out.pos, out.cov
