"""The two earths a tracker may stand on: the sphere of the simulator, and WGS-84 for what was really measured.

A place of WGS-84 put on the sphere is off by up to 0.5 % of its distance from a radar: more than a radar errs.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from openiads.engine.geo import EARTH_RADIUS
from openiads.engine.sensing.measurement import STEEPEST
from openiads.errors import UsageError

Earth = Literal["sphere", "wgs84"]
EARTHS = ("sphere", "wgs84")
_A, _F = 6_378_137.0, 1.0 / 298.257223563  # m, WGS-84 (NIMA TR8350.2)
_AXES = {"sphere": (EARTH_RADIUS, 0.0), "wgs84": (_A, _F * (2.0 - _F))}  # m, square of the eccentricity


def require_earth(earth: str) -> None:
    """Refuse an earth that is not known."""
    if earth not in EARTHS:
        raise UsageError(f"earth = '{earth}' is not known; accepted: {', '.join(EARTHS)}")


def to_ecef(latitude: np.ndarray, longitude: np.ndarray, height: np.ndarray, earth: Earth = "sphere") -> np.ndarray:
    """Latitude, longitude (rad) and height (m), each [N], as earth-centred float64[N, 3] m."""
    a, e2 = _AXES[earth]
    phi, lam, h = (np.asarray(c, np.float64) for c in (latitude, longitude, height))
    n = a / np.sqrt(1.0 - e2 * np.sin(phi) ** 2)
    r = (n + h) * np.cos(phi)
    return np.stack([r * np.cos(lam), r * np.sin(lam), ((1.0 - e2) * n + h) * np.sin(phi)], axis=-1)


def to_geodetic(x: np.ndarray, earth: Earth = "sphere") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Earth-centred float64[N, 3] m as latitude, longitude (rad) and height (m), each [N]; within 1 mm to 100 km."""
    a, e2 = _AXES[earth]
    flat, z = np.hypot(x[:, 0], x[:, 1]), x[:, 2]
    b = a * math.sqrt(1.0 - e2)
    beta = np.arctan2(a * z, b * flat)  # Bowring 1976
    for _ in range(2):
        phi = np.arctan2(z + e2 / (1.0 - e2) * b * np.sin(beta) ** 3, flat - e2 * a * np.cos(beta) ** 3)
        beta = np.arctan2(b * np.sin(phi), a * np.cos(phi))
    n = a / np.sqrt(1.0 - e2 * np.sin(phi) ** 2)
    height = flat * np.cos(phi) + z * np.sin(phi) - a * a / n
    return phi, np.arctan2(x[:, 1], x[:, 0]), height


def frames(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Local axes float64[N, 3, 3]: rows are east, north and up in earth-centred coordinates."""
    sp, cp, sl, cl = np.sin(latitude), np.cos(latitude), np.sin(longitude), np.cos(longitude)
    east = np.stack([-sl, cl, np.zeros_like(sl)], axis=-1)
    north = np.stack([-sp * cl, -sp * sl, cp], axis=-1)
    return np.stack([east, north, np.stack([cp * cl, cp * sl, sp], axis=-1)], axis=-2)


def elevations_at(
    sites: np.ndarray, distance: np.ndarray, azimuth: np.ndarray, height: np.ndarray, earth: Earth = "sphere"
) -> np.ndarray:
    """Elevation (rad) at which a slant range (m) on an azimuth (rad) ends at a height (m), each [N]; sites [N, 3] rad, rad, m."""
    if earth == "wgs84":
        axes, origin = frames(sites[:, 0], sites[:, 1]), to_ecef(sites[:, 0], sites[:, 1], sites[:, 2], earth)
        return elevations(sites, axes, origin, distance, azimuth, height)
    return np.asarray(np.arcsin(_sine(EARTH_RADIUS + sites[:, 2], EARTH_RADIUS + height, distance)))


def _sine(low: np.ndarray, high: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Sine of the elevation at which a distance leads from one radius to another, cut at STEEPEST; each [N] m."""
    return np.asarray(np.clip((high * high - low * low - distance**2) / (2.0 * low * distance), -STEEPEST, STEEPEST))


def elevations(
    sites: np.ndarray,
    axes: np.ndarray,
    origin: np.ndarray,
    distance: np.ndarray,
    azimuth: np.ndarray,
    height: np.ndarray,
) -> np.ndarray:
    """Elevation (rad) at which a slant range (m) on an azimuth (rad) ends at a height (m) of WGS-84, each [N].

    sites [N, 3] rad, rad, m, axes [N, 3, 3], origin [N, 3] m: of the radar of each. Heights that no elevation reaches
    give the steepest one.
    """
    sp = np.sin(sites[:, 0])
    w = 1.0 - _AXES["wgs84"][1] * sp**2
    east, north = _A / np.sqrt(w), _A * (1.0 - _AXES["wgs84"][1]) / w**1.5  # radii of curvature
    radius = 1.0 / (np.cos(azimuth) ** 2 / north + np.sin(azimuth) ** 2 / east)  # Euler
    low, aim = radius + sites[:, 2], height.copy()
    for _ in range(3):  # the sphere that touches here leaves a few metres at 400 km; aim off by them
        sine = _sine(low, radius + aim, distance)
        cosine = np.sqrt(1.0 - sine * sine)
        ray = np.stack([cosine * np.sin(azimuth), cosine * np.cos(azimuth), sine], axis=-1)
        point = origin + distance[:, None] * np.einsum("nk,nkj->nj", ray, axes)
        aim = aim + np.where(np.abs(sine) < 0.95, height - to_geodetic(point, "wgs84")[2], 0.0)
    return np.arcsin(sine)
