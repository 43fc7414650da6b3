"""What the air does along the rays of one antenna: tables of transmission and bending, made once and shared."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from openiads.engine.sensing import atmosphere, propagation
from openiads.scenario.spec import Propagation

_LOSS_SHAPE = (32, 48)
_HEIGHT_STEP = 50.0  # m: antennas within it share tables of the air, which changes over kilometres
_NO_TABLE = (1, 1)


def transmission_of(air: Propagation, hertz: float, height: float, reach: float) -> np.ndarray:
    """Two-way power that the air lets through, float32[elevations, ranges]; one cell where nothing is lost."""
    if not air.gases and air.rain_rate <= 0.0:
        return np.ones(_NO_TABLE, np.float32)
    return _through(hertz, _step(height), reach, air.gases, air.rain_rate, air.rain_height, air.rain_extent)


def clear_air(air: Propagation, hertz: float, height: float, distance: float) -> float:
    """Two-way power that gases let through along the horizon of an antenna, over a distance (m)."""
    return _gas_over(hertz, _step(height), distance) if air.gases else 1.0


def bend_of(air: Propagation, height: float) -> np.ndarray:
    """Table of bending of an antenna (m above the sea); one cell on a 4/3 earth."""
    if air.atmosphere == "four-thirds":
        return np.zeros(_NO_TABLE, np.float32)
    return _bend(_step(height), air.refractivity)


def _step(height: float) -> float:
    return max(0.0, _HEIGHT_STEP * round(height / _HEIGHT_STEP))


@lru_cache(maxsize=512)
def _through(
    hertz: float, height: float, reach: float, gases: bool, rate: float, top: float, extent: float
) -> np.ndarray:
    elevations, ranges = propagation.loss_elevations(_LOSS_SHAPE[0]), propagation.loss_ranges(_LOSS_SHAPE[1], reach)
    loss = atmosphere.two_way_loss(hertz, height, elevations, ranges, rate, top, extent)
    if not gases:
        loss = loss - atmosphere.two_way_loss(hertz, height, elevations, ranges)
    return (10.0 ** (-loss / 10.0)).astype(np.float32)


@lru_cache(maxsize=512)
def _gas_over(hertz: float, height: float, distance: float) -> float:
    loss = atmosphere.two_way_loss(hertz, height, np.zeros(1), np.array([distance]))
    return float(10.0 ** (-loss[0, 0] / 10.0))


@lru_cache(maxsize=64)
def _bend(height: float, refractivity: float) -> np.ndarray:
    return propagation.bending(height, refractivity)
