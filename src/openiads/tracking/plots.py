"""What a tracker is given: the radars, and one table of their plots. SI units and radians."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from openiads.engine.geo import EARTH_RADIUS
from openiads.engine.sensing import NO_CODE, NOTHING, Antennas, empty_plots
from openiads.engine.sensing import Plots as Bundle
from openiads.engine.sensing.measurement import ASSUMED_HEIGHT, gauge_all, place_all
from openiads.errors import UsageError
from openiads.tracking.earth import Earth, elevations, frames, to_ecef

FARTHEST = 1e8  # m, of ranges and points
_ROUNDING = 1e-6  # of correlations


@dataclass(frozen=True)
class Radar:
    """One radar: where it stands and how well it measures. Without sigma_elevation it has no height of its own.

    Without sigma_range it hears bearings, of what is no farther than `reach`.
    """

    name: str
    latitude: float  # rad
    longitude: float  # rad
    height: float  # m above the sea
    sigma_range: float | None = 50.0  # m
    sigma_azimuth: float = math.radians(0.1)  # rad
    sigma_elevation: float | None = None  # rad
    period: float = 4.0  # s, of a scan
    range_bias: float = 0.0  # m, taken off every plot
    azimuth_bias: float = 0.0  # rad
    time_bias: float = 0.0  # s, of its clock: what it stamps less what is true
    sigma_range_rate: float | None = None  # m/s; without it range rates are not used
    reach: float = 400e3  # m, of bearings

    def __post_init__(self) -> None:
        for name in ("sigma_azimuth", "period", "reach"):
            value = getattr(self, name)
            if not (value > 0.0 and math.isfinite(value)):
                raise UsageError(f"radar '{self.name}': {name} = {value!r} must be a number above 0")
        for name, most in (("latitude", 0.5 * math.pi), ("longitude", 2.0 * math.pi)):
            if not abs(getattr(self, name)) <= most:
                raise UsageError(f"radar '{self.name}': {name} = {getattr(self, name)!r} must be in radians")
        for name in ("height", "range_bias", "azimuth_bias", "time_bias"):
            if not math.isfinite(getattr(self, name)):
                raise UsageError(f"radar '{self.name}': {name} = {getattr(self, name)!r} must be a finite number")
        for name in ("sigma_range", "sigma_elevation", "sigma_range_rate"):
            value = getattr(self, name)
            if value is not None and not (value > 0.0 and math.isfinite(value)):
                raise UsageError(f"radar '{self.name}': {name} = {value!r} must be a number above 0, or None")


@dataclass(frozen=True)
class Source:
    """What reports whole positions: ADS-B, multilateration. It stands among the radars of a tracker."""

    name: str
    period: float = 4.0  # s, between two reports of an aircraft

    def __post_init__(self) -> None:
        if not (self.period > 0.0 and math.isfinite(self.period)):
            raise UsageError(f"source '{self.name}': period = {self.period!r} must be a number above 0")


_COLUMNS: dict[str, tuple[type, tuple[int, ...], float | bool]] = {  # what is not one number a row: kind, width, none
    "radar": (np.int64, (), -1), "point": (np.float64, (3,), math.nan), "covariance": (np.float64, (6,), math.nan),
    "starts": (np.bool_, (), True), "address": (np.int64, (), NO_CODE), "mode_3a": (np.int64, (), NO_CODE),
    "wide": (np.bool_, (), False), "single": (np.int8, (), NOTHING), "gauge": (np.float64, (8,), 0.0),
}  # fmt: skip


@dataclass(frozen=True)
class Plots:
    """Plots as columns, each [Q]: one row is one report of one radar, or one position (`Plots.positions`)."""

    t: np.ndarray  # s
    radar: np.ndarray  # row of the radar or source among those of the tracker
    range: np.ndarray  # m
    azimuth: np.ndarray  # rad from north, clockwise
    elevation: np.ndarray | None = None  # rad, NaN where there is none
    height: np.ndarray | None = None  # m above the sea as the target reports it (mode C), NaN where there is none
    latitude: np.ndarray | None = None  # rad, of a position; NaN in the plot of a radar
    longitude: np.ndarray | None = None  # rad
    sigma_horizontal: np.ndarray | None = None  # m, of a position, on each axis
    sigma_vertical: np.ndarray | None = None  # m
    point: np.ndarray | None = None  # float64[Q, 3] m, earth-centred, of a plot that is placed already, else NaN
    covariance: np.ndarray | None = None  # float64[Q, 6] m2, of a point: xx xy xz yy yz zz
    starts: np.ndarray | None = None  # bool, may begin a track: all of them if None
    range_rate: np.ndarray | None = None  # m/s, growing, over the ground; NaN where there is none
    address: np.ndarray | None = None  # mode S, 24 bits; -1 where none was reported
    mode_3a: np.ndarray | None = None  # 12 bits; -1 where none was reported
    single: np.ndarray | None = None  # int8, of a point: 1 a range rate beside it, 2 a bearing instead of it, else 0
    gauge: np.ndarray | None = None  # float64[Q, 8], of a point: that as openiads.engine.sensing.Plots holds it
    wide: np.ndarray | None = (
        None  # bool, of a point: too noisy a direction from the antenna in gauge for its covariance
    )

    def __post_init__(self) -> None:
        size = len(self.t)
        for f in fields(self):
            kind, width, none = _COLUMNS.get(f.name, (np.float64, (), math.nan))
            column = getattr(self, f.name)
            if column is None:
                column = np.full((size, *width), none)
            column = np.ascontiguousarray(column, kind)
            if column.shape != (size, *width):
                raise UsageError(
                    f"plots: column '{f.name}' has shape {column.shape}, 't' has {size} rows; it must be {(size, *width)}"
                )
            object.__setattr__(self, f.name, column)

    def __len__(self) -> int:
        return len(self.t)

    @classmethod
    def positions(
        cls,
        t: np.ndarray,
        source: np.ndarray,
        latitude: np.ndarray,
        longitude: np.ndarray,
        height: np.ndarray,
        sigma_horizontal: float | np.ndarray = 50.0,
        sigma_vertical: float | np.ndarray = 50.0,
    ) -> Plots:
        """Positions (rad, rad, m) with their errors (m), each [Q]; source: row of the Source among those of the tracker."""
        t = np.asarray(t, np.float64)
        none = np.full(t.shape, np.nan)
        across, upright = (np.broadcast_to(s, t.shape) for s in (sigma_horizontal, sigma_vertical))
        return cls(t, source, none, none, None, height, latitude, longitude, across, upright)

    @classmethod
    def points(
        cls,
        t: np.ndarray,
        radar: np.ndarray,
        point: np.ndarray,
        covariance: np.ndarray,
        starts: np.ndarray | None = None,
    ) -> Plots:
        """Plots that are placed already: t [Q] s, earth-centred points [Q, 3] m with their covariances [Q, 6] m2."""
        none = np.full(len(np.asarray(t)), np.nan)
        return cls(t, radar, none, none, point=point, covariance=covariance, starts=starts)

    @classmethod
    def joined(cls, parts: Sequence[Plots]) -> Plots:
        """One table of several, row after row."""
        if not parts:
            return cls(np.zeros(0), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
        return cls(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)))

    def rows(self, chosen: np.ndarray) -> Plots:
        """Some rows, by number or by mask."""
        return Plots(*(getattr(self, f.name)[chosen] for f in fields(self)))

    @property
    def placed(self) -> np.ndarray:
        """Rows that are positions, bool[Q]."""
        return np.isfinite(self.latitude)  # type: ignore[arg-type]

    @property
    def pointed(self) -> np.ndarray:
        """Rows that are points with a covariance, bool[Q]."""
        assert self.point is not None and self.covariance is not None
        if not np.isfinite(self.point[:, 0]).any():
            return np.zeros(len(self), np.bool_)
        near = np.abs(self.point).max(axis=1) < FARTHEST
        return near & np.isfinite(self.covariance).all(axis=1) & _definite(self.covariance)

    def refused(self, radars: Sequence[Radar | Source]) -> np.ndarray:
        """Rows that no tracker of these can use, bool[Q]: not finite, no range or one above 1e8 m, no angle in radians, no
        covariance that errors can have, or of a radar not there.
        """
        there = (self.radar >= 0) & (self.radar < len(radars))
        whole = np.array([isinstance(r, Source) for r in radars], np.bool_)[np.where(there, self.radar, 0)]
        deaf = hears_bearings(radars)[np.where(there, self.radar, 0)]
        polar = np.isfinite(self.azimuth) & (deaf | ((self.range > 0.0) & (self.range < FARTHEST)))
        assert self.elevation is not None and self.height is not None and self.range_rate is not None
        assert self.latitude is not None and self.longitude is not None
        assert self.sigma_horizontal is not None and self.sigma_vertical is not None
        polar &= ~(np.abs(self.elevation) > 0.5 * math.pi) & ~np.isinf(self.range_rate) & ~np.isinf(self.height)
        position = (
            np.isfinite(self.height)
            & (np.abs(self.latitude) <= 0.5 * math.pi)
            & (np.abs(self.longitude) <= 2.0 * math.pi)
        )
        position &= (self.sigma_horizontal > 0.0) & (self.sigma_vertical > 0.0)
        position &= np.isfinite(self.sigma_horizontal) & np.isfinite(self.sigma_vertical)
        return ~(np.isfinite(self.t) & there & (self.pointed | np.where(whole, position, polar & ~self.placed)))


def _definite(p: np.ndarray) -> np.ndarray:
    """Covariances [Q, 6] without a direction in which the variance is below 0, bool[Q]; to rounding."""
    xx, xy, xz, yy, yz, zz = p.T
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b, c = xy / np.sqrt(xx * yy), xz / np.sqrt(xx * zz), yz / np.sqrt(yy * zz)
        whole = (1.0 + 2.0 * a * b * c - a * a - b * b - c * c > -_ROUNDING) & (
            np.abs([a, b, c]).max(axis=0) < 1.0 + _ROUNDING
        )
    return np.asarray((xx > 0.0) & (yy > 0.0) & (zz > 0.0) & whole)


def hears_bearings(radars: Sequence[Radar | Source]) -> np.ndarray:
    """Which of these measure no range, bool[R]."""
    return np.array([isinstance(r, Radar) and r.sigma_range is None for r in radars], np.bool_)


def stand_ins(radars: Sequence[Radar | Source]) -> tuple[list[Radar], np.ndarray]:
    """Radars, with one in the place of each source, which no plot of a radar names; and where they stand, [R, 3] rad, rad, m."""
    real = [r if isinstance(r, Radar) else Radar(r.name, 0.0, 0.0, 0.0) for r in radars]
    return real, np.array([[r.latitude, r.longitude, r.height] for r in real])


def true_times(plots: Plots, radars: Sequence[Radar | Source]) -> np.ndarray:
    """When the plots of radars really were, float64[Q] s: their stamps less the errors of the clocks."""
    bias = np.array([r.time_bias if isinstance(r, Radar) else 0.0 for r in radars])
    return plots.t - bias[plots.radar]


def placed(plots: Plots, radars: Sequence[Radar | Source], earth: Earth = "sphere") -> tuple[np.ndarray, np.ndarray]:
    """Plots as earth-centred points without bias, float64[Q, 3] m, and their covariances float64[Q, 6] m2."""
    found = bundle(plots, radars, earth)
    return found.pos[: len(plots)], found.cov[: len(plots)]


def bundle(plots: Plots, radars: Sequence[Radar | Source], earth: Earth = "sphere") -> Bundle:
    """The engine's arrays of plots, in the same order. A bearing is placed half way, and gauged."""
    n = len(plots)
    out, _ = empty_plots(len(radars), max(1, n))
    assert plots.point is not None and plots.covariance is not None
    assert plots.starts is not None and plots.address is not None and plots.mode_3a is not None
    out.t[:n], out.pos[:n], out.cov[:n] = plots.t, plots.point, plots.covariance
    out.snr[:n], out.address[:n], out.code[:n] = 1.0, plots.address, plots.mode_3a
    out.single[:n], out.gauge[:n], out.wide[:n] = plots.single, plots.gauge, plots.wide
    whole, left = plots.placed, ~plots.pointed
    if (polar := left & ~whole).any():
        _polar(plots, np.flatnonzero(polar), radars, earth, out)
    if (whole := left & whole).any():
        out.pos[:n][whole], out.cov[:n][whole] = _positions(plots.rows(whole), earth)
    out.starts[:n] = plots.starts & ~(polar & hears_bearings(radars)[plots.radar])
    return out


def _polar(plots: Plots, rows: np.ndarray, radars: Sequence[Radar | Source], earth: Earth, out: Bundle) -> None:
    """Rows that are plots of radars, int64[K], into the arrays."""
    part = plots if len(rows) == len(plots) else plots.rows(rows)
    real, sites = stand_ins(radars)
    origin, axes = to_ecef(sites[:, 0], sites[:, 1], sites[:, 2], earth), frames(sites[:, 0], sites[:, 1])
    sigma = np.array([
        [r.sigma_range or r.reach / math.sqrt(12.0), r.sigma_azimuth, r.sigma_elevation or math.nan, r.sigma_range_rate or 0.0]
        for r in real
    ])  # fmt: skip
    bias = np.array([[r.range_bias, r.azimuth_bias] for r in real])
    height, who = part.height, part.radar
    assert height is not None
    distance = np.where(hears_bearings(radars), [0.5 * r.reach for r in real], np.nan)[who]
    distance = np.where(np.isnan(distance), part.range, distance)
    if earth == "wgs84":  # the kernel places on a sphere: give it the height that has the right elevation there
        d, a = np.maximum(distance - bias[who, 0], 1.0), part.azimuth - bias[who, 1]
        wanted = np.where(np.isfinite(height), height, ASSUMED_HEIGHT)
        e = elevations(sites[who], axes[who], origin[who], d, a, wanted)
        height = np.where(np.isfinite(height), _height_on_sphere(sites[who, 2], d, e), np.nan)
    antennas = Antennas(sites, origin, axes)
    place_all(antennas, out, sigma, bias, rows, who, distance, part.azimuth, part.elevation, height)
    gauge_all(antennas, out, sigma, bias, hears_bearings(radars), rows, who, part.azimuth, part.range_rate)


def _height_on_sphere(antenna: np.ndarray, distance: np.ndarray, elevation: np.ndarray) -> np.ndarray:
    """Height (m) above the sphere at a slant range (m) and an elevation (rad), each [Q]."""
    low = EARTH_RADIUS + antenna
    return np.sqrt(low * low + distance**2 + 2.0 * low * distance * np.sin(elevation)) - EARTH_RADIUS


def _positions(plots: Plots, earth: Earth) -> tuple[np.ndarray, np.ndarray]:
    """Plots that are positions; their errors lie along the local axes."""
    assert plots.latitude is not None and plots.longitude is not None and plots.height is not None
    assert plots.sigma_horizontal is not None and plots.sigma_vertical is not None
    up = frames(plots.latitude, plots.longitude)[:, 2]
    across, upright = plots.sigma_horizontal**2, plots.sigma_vertical**2
    pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]
    cov = [across * (i == j) + (upright - across) * up[:, i] * up[:, j] for i, j in pairs]
    return to_ecef(plots.latitude, plots.longitude, plots.height, earth), np.stack(cov, axis=-1)
