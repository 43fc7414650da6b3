"""One table: the suffix of a key says the unit of its value; inside everything is SI and radians."""

from __future__ import annotations

import math

# dimension -> {suffix: factor to SI}; DECIBELS marks the one scale that is not a factor
DECIBELS = math.nan
UNITS: dict[str, dict[str, float]] = {
    "length": {"m": 1.0, "km": 1e3, "nm": 1852.0, "ft": 0.3048},
    "speed": {"mps": 1.0, "kmh": 1.0 / 3.6, "kt": 1852.0 / 3600.0},
    "time": {"s": 1.0, "min": 60.0, "h": 3600.0, "days": 86400.0, "ms": 1e-3, "us": 1e-6},
    "angle": {"deg": math.pi / 180.0, "rad": 1.0},
    "area": {"m2": 1.0, "km2": 1e6},
    "cross-section": {"m2": 1.0, "dbsm": DECIBELS},
    "data": {"bits": 1.0, "bytes": 8.0},
    "frequency": {"ghz": 1e9, "mhz": 1e6, "khz": 1e3, "hz": 1.0},
    "power": {"w": 1.0, "kw": 1e3, "dbw": DECIBELS},
    "ratio": {"db": DECIBELS},
    "temperature": {"k": 1.0},
    "rain": {"mm_h": 1.0},  # the one scale that is not SI inside: ITU-R P.838 is written in it
}

# classes of radar cross-section, m2: what a scenario says instead of a number
DECADES = ("0.0001-0.001", "0.001-0.01", "0.01-0.1", "0.1-1", "1-10", "10-100", "100-1000")


def spellings(name: str, dimension: str) -> list[str]:
    """Keys under which a quantity may be written."""
    return [f"{name}_{suffix}" for suffix in UNITS[dimension]]


def to_si(value: float, dimension: str, suffix: str) -> float:
    """A value with a unit suffix in SI."""
    factor = UNITS[dimension][suffix]
    return 10.0 ** (value / 10.0) if math.isnan(factor) else value * factor


def from_si(value: float, dimension: str, suffix: str) -> float:
    """An SI value in the unit of a suffix."""
    factor = UNITS[dimension][suffix]
    if not math.isnan(factor):
        return value / factor
    return 10.0 * math.log10(value) if value > 0.0 else -math.inf
