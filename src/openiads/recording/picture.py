"""Tracks over time as plain columns: what is written out, and what the quality table reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from openiads.recording.identity import Latest
from openiads.recording.reports import UNKNOWN, Reports
from openiads.tracking import Tracks
from openiads.tracking.earth import Earth, frames, to_geodetic

_PAIR = {(0, 0): 0, (0, 1): 1, (0, 2): 2, (1, 1): 3, (1, 2): 4, (2, 2): 5}  # where the engine keeps a covariance


@dataclass(frozen=True)
class Picture:
    """Firm tracks at the end of every update, each [N]: SI, radians, WGS-84."""

    t: np.ndarray  # s of the midnight of the stream
    number: np.ndarray
    t_update: np.ndarray  # s, last plot
    x: np.ndarray  # float64[N, 6] m, m/s, earth-centred
    latitude: np.ndarray
    longitude: np.ndarray
    height: np.ndarray  # m
    velocity: np.ndarray  # float64[N, 3] m/s towards east, north, up
    sigma_horizontal: np.ndarray  # m, root of the mean of both axes' squares
    sigma_vertical: np.ndarray  # m
    sigma_velocity: np.ndarray  # m/s, horizontal, as above
    address: np.ndarray  # int64, UNKNOWN
    mode_3a: np.ndarray  # int64, UNKNOWN
    callsign: np.ndarray  # S8
    level: np.ndarray  # m, pressure height as last reported, NaN

    def __len__(self) -> int:
        return len(self.t)


class Painter:
    """Collects tracks and plots piece by piece."""

    def __init__(self, earth: Earth) -> None:
        self._earth: Earth = earth
        self._pieces: list[tuple[np.ndarray, ...]] = []
        self._said = {name: Latest() for name in ("address", "mode_3a", "callsign", "level")}
        self._partner: list[np.ndarray] = []
        self._nis: list[np.ndarray] = []

    def add(self, reports: Reports, tracks: Tracks) -> None:
        """Tracks of a stretch of time, and the reports that led to them."""
        t, number = reports.plots.t, tracks.partner
        self._partner.append(number)
        if tracks.nis is not None and tracks.freedom is not None:
            self._nis.append(np.stack([reports.plots.radar, tracks.nis / tracks.freedom, number], axis=-1))
        self._said["address"].tell(number, t, reports.address, reports.address != UNKNOWN)
        self._said["mode_3a"].tell(number, t, reports.mode_3a, reports.mode_3a != UNKNOWN)
        self._said["callsign"].tell(number, t, reports.callsign, reports.callsign != b"")
        self._said["level"].tell(number, t, reports.level, np.isfinite(reports.level))
        latitude, longitude, height = to_geodetic(tracks.x[:, :3], self._earth)
        axes = frames(latitude, longitude)
        place = _spread(tracks.p[:, :6], axes)
        speed = _spread(tracks.p[:, 15:], axes)
        self._pieces.append((
            tracks.t, tracks.number, tracks.t_update, tracks.x, latitude, longitude, height,
            np.einsum("nij,nj->ni", axes, tracks.x[:, 3:]), place[0], place[1], speed[0],
        ))  # fmt: skip

    def lonely(self, picture: Picture) -> int:
        """Plots that went into no track of the picture."""
        return int(np.count_nonzero(~np.isin(np.concatenate(self._partner), np.unique(picture.number))))

    def nis(self, picture: Picture) -> dict[int, float]:
        """Mean of the normalised innovations squared over their dimensions in the tracks of the picture, by radar."""
        if not self._nis:
            return {}
        radar, nis, number = np.concatenate(self._nis).T
        used = np.isfinite(nis) & np.isin(number, np.unique(picture.number))
        return {int(r): float(nis[used & (radar == r)].mean()) for r in np.unique(radar[used])}

    def done(self) -> Picture:
        """Everything, in the order of time and track number."""
        columns = [np.concatenate(column) for column in zip(*self._pieces, strict=True)]
        order = np.lexsort((columns[1], columns[0]))
        columns = [column[order] for column in columns]
        t, number = columns[0], columns[1]
        unknown: dict[str, float | bytes] = {"address": UNKNOWN, "mode_3a": UNKNOWN, "callsign": b"", "level": np.nan}
        said = (self._said[name].look_up(number, t, absent) for name, absent in unknown.items())
        return Picture(*columns, *said)


def _spread(p: np.ndarray, axes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Standard deviations across and along the vertical of covariances [N, 6] in local axes [N, 3, 3]."""
    full = np.empty((len(p), 3, 3))
    for (i, j), k in _PAIR.items():
        full[:, i, j] = full[:, j, i] = p[:, k]
    upright = np.einsum("ni,nij,nj->n", axes[:, 2], full, axes[:, 2])
    across = 0.5 * (np.trace(full, axis1=1, axis2=2) - upright)
    return np.sqrt(np.maximum(across, 0.0)), np.sqrt(np.maximum(upright, 0.0))
