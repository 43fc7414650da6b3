"""What the radars of a run reported: one row for each plot, and one for each time that a beam passed north."""

from __future__ import annotations

from typing import Any

import numpy as np

from openiads.engine import motion
from openiads.engine.geo import to_geodetic
from openiads.engine.sensing import IFF_MODES
from openiads.scenario.build import Simulation

COLUMNS: dict[str, list[Any]] = {
    "plots": ["t", "radar", "range_m", "azimuth_deg", "elevation_deg", "height_m", "asked", "answered"],
    "scans": ["t", "radar", "lat_deg", "lon_deg", "alt_m"],
}
_WORDS = np.array([" ".join(m for k, m in enumerate(IFF_MODES) if word >> k & 1) for word in range(256)], object)
_SAYS_HEIGHT = sum(1 << IFF_MODES.index(mode) for mode in ("C", "S", "ADS-B"))


def plots_of(simulation: Simulation) -> dict[str, np.ndarray]:
    """The plots of the last tick as the radars measured them: NaN where a radar measures no such thing.

    The engine hands on points whose mean shortening by noise has been taken off; here it is put back.
    """
    plots, antennas, radars = simulation.state.plots, simulation.state.antennas, simulation.params.radars
    first = plots.first[: radars.key.size + 1]  # behind them lie those that links brought to others
    count = int(first[-1])
    r = np.repeat(np.arange(radars.key.size), np.diff(first))
    axes, cov = antennas.axes[r], _square(plots.cov[:count])
    local = np.einsum("qij,qj->qi", axes, plots.pos[:count] - antennas.pos[r])
    spread = np.einsum("qij,qjk,qlk->qil", axes, cov, axes)
    azimuth = np.arctan2(local[:, 0], local[:, 1])
    level = np.hypot(local[:, 0], local[:, 1])
    elevation = np.arctan2(local[:, 2], level)
    sa, ca, se, ce = np.sin(azimuth), np.cos(azimuth), np.sin(elevation), np.cos(elevation)
    upright = _stretch(_along(spread, -se * sa, -se * ca, ce) / np.maximum(1.0, level**2 + local[:, 2] ** 2))
    upright = np.where(radars.dimensions[r] == 3, upright, 1.0)
    flat = upright * _stretch(_along(spread, ca, -sa, 0.0 * sa) / np.maximum(1.0, level**2))
    east, north, up = local[:, 0] / flat, local[:, 1] / flat, local[:, 2] / upright
    point = antennas.pos[r] + np.einsum("qij,qi->qj", axes, np.stack([east, north, up], axis=1))
    height = np.array([to_geodetic(*p)[2] for p in point])
    asked, answered = plots.reply[:count] & 255, plots.reply[:count] >> 8 & 255
    three, bearing = radars.dimensions[r] == 3, radars.dimensions[r] == 1
    known = three | ((answered & _SAYS_HEIGHT) > 0) & ~bearing
    return {
        "t": plots.t[:count].copy(), "radar": np.array([radar.name for radar in simulation.scenario.radars], object)[r],
        "range_m": np.where(bearing, np.nan, np.sqrt(east**2 + north**2 + up**2)),
        "azimuth_deg": np.degrees(azimuth) % 360.0,
        "elevation_deg": np.where(three, np.degrees(np.arctan2(up, np.hypot(east, north))), np.nan),
        "height_m": np.where(known, height, np.nan), "asked": _WORDS[asked], "answered": _WORDS[answered],
    }  # fmt: skip


def scans_of(simulation: Simulation, t0: float, t1: float) -> dict[str, np.ndarray]:
    """When in (t0, t1] the beam of a radar that turns all the way round passed north, and where it stood."""
    radars, state = simulation.params.radars, simulation.state
    t, which = [], []
    for r in np.flatnonzero(state.taskings.on & (radars.dimensions > 1) & (radars.sector_width > 2.0 * np.pi - 1e-9)):
        host = radars.host[r]
        if host >= 0 and state.truth.status[host] != motion.FLYING:
            continue
        fraction = (np.pi - radars.sector_centre[r]) / (2.0 * np.pi) % 1.0  # north within the turn
        first = radars.phase[r] + fraction * radars.period[r]
        turns = np.arange(np.floor((t0 - first) / radars.period[r]), np.floor((t1 - first) / radars.period[r])) + 1.0
        t += (first + turns * radars.period[r]).tolist()
        which += [r] * turns.size
    site = state.antennas.site[np.array(which, int)].reshape(-1, 3)
    return {
        "t": np.array(t, float), "radar": np.array([simulation.scenario.radars[r].name for r in which], object),
        "lat_deg": np.degrees(site[:, 0]), "lon_deg": np.degrees(site[:, 1]), "alt_m": site[:, 2],
    }  # fmt: skip


def _square(cov: np.ndarray) -> np.ndarray:
    return cov[:, [0, 1, 2, 1, 3, 4, 2, 4, 5]].reshape(-1, 3, 3)


def _along(spread: np.ndarray, *direction: np.ndarray) -> np.ndarray:
    """Variance (m2) along a direction, three columns."""
    d = np.stack(direction, axis=1)
    return np.einsum("qi,qij,qj->q", d, spread, d)


def _stretch(square: np.ndarray) -> np.ndarray:
    """As the engine's own, of a variance (rad2)."""
    return 1.0 + 0.5 * square * (1.0 + 0.25 * square)
