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
    "data-rate": {"bit_s": 1.0, "kbit_s": 1e3, "mbit_s": 1e6},
    "frequency": {"ghz": 1e9, "mhz": 1e6, "khz": 1e3, "hz": 1.0},
    "power": {"w": 1.0, "kw": 1e3, "dbw": DECIBELS},
    "ratio": {"db": DECIBELS},
    "temperature": {"k": 1.0},
    "rain": {"mm_h": 1.0},  # the one scale that is not SI inside: ITU-R P.838 is written in it
}

# what no quantity of a scenario exceeds, SI, and what one that may be written in decibels does not fall below
LARGEST = {
    "length": 2e7,  # half way round the Earth
    "speed": 2e4,  # beyond any ballistic arc
    "time": 1e9,  # 30 years
    "angle": 4.0 * math.pi,
    "area": 5.2e14,  # the Earth's
    "cross-section": 1e6,
    "data": 1e9,
    "data-rate": 1e12,
    "frequency": 1e12,
    "power": 1e12,
    "ratio": 1e10,
    "temperature": 1e6,
    "rain": 500.0,
}
SMALLEST = {"cross-section": 1e-6, "power": 1e-9, "ratio": 1e-10}
_EDGE = 1e300  # SI, of a float: what is written beyond it is far beyond every limit

# classes of radar cross-section, m2: what a scenario says instead of a number
DECADES = ("0.0001-0.001", "0.001-0.01", "0.01-0.1", "0.1-1", "1-10", "10-100", "100-1000")


def spellings(name: str, dimension: str) -> list[str]:
    """Keys under which a quantity may be written."""
    return [f"{name}_{suffix}" for suffix in UNITS[dimension]]


def to_si(value: float, dimension: str, suffix: str) -> float:
    """A value with a unit suffix in SI, held within what a float can say."""
    factor = UNITS[dimension][suffix]
    if math.isnan(factor):
        return 10.0 ** min(max(value / 10.0, -300.0), 300.0)
    return min(max(value * factor, -_EDGE), _EDGE)


def from_si(value: float, dimension: str, suffix: str) -> float:
    """An SI value in the unit of a suffix."""
    factor = UNITS[dimension][suffix]
    if not math.isnan(factor):
        return value / factor
    return 10.0 * math.log10(value) if value > 0.0 else -math.inf
