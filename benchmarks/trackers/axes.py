"""Common Cartesian axes for trackers that know no earth: east, north, up (m) at one place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from openiads.engine.geo import set_frame
from openiads.tracking import Plots, Radar
from openiads.tracking.earth import to_ecef
from openiads.tracking.plots import placed


class Axes(NamedTuple):
    """Where they begin, rad."""

    latitude: float
    longitude: float

    @property
    def rows(self) -> np.ndarray:
        """East, north and up as rows, in earth-centred coordinates."""
        return frame(self.latitude, self.longitude)

    @property
    def middle(self) -> np.ndarray:
        """Their origin, float64[3] m, earth-centred."""
        return to_ecef(*(np.array(c) for c in (self.latitude, self.longitude, 0.0)))

    def points(self, x: np.ndarray) -> np.ndarray:
        """Earth-centred points [n, 3] m in these axes."""
        return (x - self.middle) @ self.rows.T

    def earth(self, states: np.ndarray) -> np.ndarray:
        """Positions and velocities [n, 6] of these axes, earth-centred."""
        return np.hstack([states[:, :3] @ self.rows + self.middle, states[:, 3:] @ self.rows])

    def sites(self, radars: Sequence[Radar]) -> np.ndarray:
        """Where radars stand, float64[R, 3] m."""
        return self.points(
            np.array([to_ecef(*(np.array(c) for c in (r.latitude, r.longitude, r.height))) for r in radars])
        )

    def seen(self, plots: Plots, radars: Sequence[Radar]) -> np.ndarray:
        """Range (m), azimuth from north, elevation (rad) [Q, 3] of plots at their radar, in directions of these axes."""
        return polar(self.points(placed(plots, radars)[0]) - self.sites(radars)[plots.radar])


def frame(latitude: float, longitude: float) -> np.ndarray:
    """East, north and up of a place as rows, in earth-centred coordinates."""
    axes = np.empty((1, 3, 3))
    set_frame(axes, 0, latitude, longitude)
    return axes[0]


def polar(points: np.ndarray) -> np.ndarray:
    """Range, azimuth from north, elevation of points [n, 3] east, north, up."""
    x, y, z = points.T
    distance = np.sqrt(x * x + y * y + z * z)
    return np.column_stack([distance, np.arctan2(x, y), np.arcsin(z / distance)])


def cartesian(seen: np.ndarray) -> np.ndarray:
    """The inverse of `polar`."""
    distance, azimuth, elevation = seen.T
    flat = distance * np.cos(elevation)
    return np.column_stack([flat * np.sin(azimuth), flat * np.cos(azimuth), distance * np.sin(elevation)])
