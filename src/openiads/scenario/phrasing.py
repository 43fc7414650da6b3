"""Numbers and places in words, as a reader expects them."""

from __future__ import annotations

import math

from openiads.scenario.quantity import Spec
from openiads.units import UNITS, from_si

_SPOKEN = {
    "length": ("km", "m"),
    "speed": ("mps",),
    "angle": ("deg",),
    "area": ("km2",),
    "cross-section": ("m2",),
    "data": ("bits",),
}
_UNIT = {"mps": "m/s", "deg": "degrees", "km2": "km2", "m2": "m2"}


def in_words(model: Spec, field: str, value: float) -> str:
    """An SI value of a field with a unit that a reader expects."""
    dimension = model.extra(field, "dimension")
    if not dimension:
        return f"{value:.3g}"
    if dimension == "time":
        return duration(value)
    suffix = _SPOKEN[dimension][0]
    if dimension == "length" and value < 1000.0:
        suffix = "m"
    return f"{from_si(value, dimension, suffix):.6g} {_UNIT.get(suffix, suffix)}"


def duration(seconds: float) -> str:
    """A time in the largest unit that keeps it at one or more."""
    for suffix, factor in sorted(UNITS["time"].items(), key=lambda x: -x[1]):
        if seconds >= factor >= 1.0:
            text = f"{seconds / factor:.3g}"
            return f"{text} {'day' if (text, suffix) == ('1', 'days') else suffix}"
    return f"{seconds:.3g} s"


def km(metres: float) -> str:
    """A length in kilometres."""
    return f"{metres / 1e3:.4g} km"


def place(latitude: float, longitude: float) -> str:
    """A position (rad) in degrees to two digits."""
    lat, lon = math.degrees(latitude), math.degrees(longitude)
    return f"{abs(lat):.2f} {'N' if lat >= 0 else 'S'} {abs(lon):.2f} {'E' if lon >= 0 else 'W'}"


def conjoined(names: list[str]) -> str:
    """One name, or several with commas and an and."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def counted(n: int, one: str) -> str:
    """How many of a thing, as 1 link or 2 links."""
    return f"{n} {one}{'' if n == 1 else 's'}"
