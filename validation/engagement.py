"""Engagement: ENG-1, and rounds whose average speed depends on where they fly."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from openiads.engine import command
from tests import builders
from validation import Row, Section

# target m, m/s, east, north and up of the launcher; round m/s; seconds
ENG_1 = (
    ((60e3, 0.0, 10e3), (-250.0, 0.0, 0.0), 1000.0, 48.827977),
    ((40e3, 30e3, 12e3), (-200.0, 50.0, 0.0), 900.0, 50.832513),
    ((30e3, 0.0, 500.0), (-300.0, 0.0, 0.0), 680.0, 30.618372),
    ((20e3, 20e3, 5e3), (100.0, -250.0, 0.0), 800.0, 33.206382),
)


def section() -> Section:
    """The chapter."""
    text = (
        "When a round meets a target that keeps its course: the engine's own function, on targets laid around a launcher of a "
        "small scenario. A second time with the same speed written as a fly-out table, which the engine solves by bracketing to "
        "half a millisecond. Where the average speed falls with distance, v = a - b r, and the target comes straight at the "
        "launcher, r solves a quadratic. The same meetings through whole runs: `tests/engine/test_flyout.py`."
    )
    return Section("Engagement", text, [*_meetings(), *_slowing()])


def meeting(units: Any, place: tuple[float, ...], velocity: tuple[float, ...], delay: float = 0.0) -> float:
    """Seconds until a round of the first fire unit meets a target."""
    return float(command.intercept(units, 0, builders.seen_from(units, place, velocity), False, delay))


def table(ranges: list[float], altitudes: list[float], speeds: list[list[float]]) -> dict[str, Any]:
    """Keys of a missile with a fly-out table (km, km, m/s) instead of a speed."""
    return {"speed_mps": None, "flyout_range_km": ranges, "flyout_altitude_km": altitudes, "flyout_speed_mps": speeds}


def _meetings() -> list[Row]:
    rows = []
    for place, velocity, speed, expected in ENG_1:
        what = f"({', '.join(f'{x / 1e3:g}' for x in place)}) km at ({', '.join(f'{v:g}' for v in velocity)}) m/s, round {speed:g} m/s"
        one = builders.armed(speed_mps=speed)
        same = builders.armed(**table([20.0, 80.0], [1.0, 20.0], [[speed] * 2] * 2))
        rows.append(Row("ENG-1", what, "A", expected, meeting(one, place, velocity), 1e-6, "s"))
        rows.append(Row("ENG-1", f"{what}, as a table", "A", expected, meeting(same, place, velocity), 5e-4, "s"))
    return rows


def _slowing() -> list[Row]:
    """Average speed 1200 m/s at 0 and 700 m/s at 100 km, a target that comes straight at the launcher."""
    units = builders.armed(**table([0.0, 100.0], [0.0], [[1200.0, 700.0]]))
    a, b = 1200.0, 500.0 / 100e3
    rows = []
    for start, speed in ((50e3, 250.0), (90e3, 300.0), (120e3, 600.0)):
        # (start - r) / speed = r / (a - b r)
        p, q, c = b, -(a + b * start + speed), a * start
        distance = (-q - math.sqrt(q * q - 4.0 * p * c)) / (2.0 * p)
        direction = np.array([math.cos(0.2), 0.0, math.sin(0.2)])
        got = meeting(units, tuple(start * direction), tuple(-speed * direction))
        what = f"from {start / 1e3:g} km at {speed:g} m/s, a round that slows from 1200 to 700 m/s on average"
        rows.append(Row("ENG-1", what, "A", (start - distance) / speed, got, 5e-4, "s"))
    return rows
