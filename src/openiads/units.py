"""One table: the suffix of a key says the unit of its value; inside everything is SI and radians."""

from __future__ import annotations

import math

# dimension -> {suffix: factor to SI}
UNITS: dict[str, dict[str, float]] = {
    "length": {"m": 1.0, "km": 1e3, "nm": 1852.0, "ft": 0.3048},
    "speed": {"mps": 1.0, "kmh": 1.0 / 3.6, "kt": 1852.0 / 3600.0},
    "time": {"s": 1.0, "min": 60.0, "h": 3600.0, "days": 86400.0},
    "angle": {"deg": math.pi / 180.0, "rad": 1.0},
    "area": {"m2": 1.0, "km2": 1e6},
    "data": {"bits": 1.0, "bytes": 8.0},
    "money": {"usd": 1.0, "musd": 1e6, "busd": 1e9},
}


def spellings(name: str, dimension: str) -> list[str]:
    """Keys under which a quantity may be written."""
    return [f"{name}_{suffix}" for suffix in UNITS[dimension]]


def to_si(value: float, dimension: str, suffix: str) -> float:
    """A value with a unit suffix in SI."""
    return value * UNITS[dimension][suffix]
