"""Registration errors of the sensors of a recording, and a sensor file with them: `openiads track --register`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from openiads.errors import RecordError, UsageError
from openiads.recording.reports import Reports
from openiads.recording.sensors import SensorFile, Sensors
from openiads.scenario.quantity import Spec
from openiads.tracking import Config, Radar, Registration, Source, common_targets, estimate_bias
from openiads.units import UNITS, from_si

HEIGHT_SHARE = 0.05  # one sigma: air 14 degrees warmer or colder than standard; more is rare
NAMES = ("range", "azimuth", "time")
UNIT = {dimension: next(iter(units)) for dimension, units in UNITS.items()}  # in which a sensor file is written
DIMENSIONS = ("length", "angle", "time")  # of the three errors


def register(reports: Reports, radars: Sequence[Radar | Source], config: Config, file: SensorFile) -> Registration:
    """Errors of the radars from the aircraft that several sensors report, told by address or by lying nearest."""
    there = [radars[r].name for r in np.unique(reports.plots.radar).tolist()]
    if len(there) < 2:
        raise UsageError(
            f"--register compares sensors that see the same aircraft, and only {there[0]} has plots here; "
            "add a recording of another radar or of ADS-B, or leave --register out"
        )
    target = common_targets(reports.plots, radars, file.earth, config, reports.address)
    found = estimate_bias(
        reports.plots, radars, target, file.earth, height_share=0.0 if file.simulated else HEIGHT_SHARE
    )
    if not found.plots.any():
        raise RecordError(
            f"--register: no aircraft is seen by two of {', '.join(there)} within the same minute, so nothing can be compared; "
            "check where the sensor file places them and that the inputs are of the same time, or leave --register out"
        )
    return found


def in_units(found: Registration) -> tuple[np.ndarray, np.ndarray]:
    """Errors and their sigmas, each [R, 3], in m, degrees and s."""
    unit = np.array([from_si(1.0, d, UNIT[d]) for d in DIMENSIONS])
    return found.bias * unit, found.sigma * unit


def corrected(sensors: Sensors, found: Registration) -> str:
    """The sensor file with these errors, as TOML."""
    lines = [
        "# written by openiads track --register; errors with one sigma",
        f"simulated = {_text(sensors.file.simulated)}",
    ]
    _, sigmas = in_units(found)
    for row, sensor in enumerate(sensors.file.sensor):
        told = ", ".join(
            f"{name} ± {s:.2g} {UNIT[d]}" for name, s, d in zip(NAMES, sigmas[row], DIMENSIONS, strict=True)
        )
        lines += ["", f"# {told}; from {found.plots[row]} plots", "[[sensor]]"]
        b = found.bias[row]
        lines += _keys(sensor.model_copy(update={"range_bias": b[0], "azimuth_bias": b[1], "time_bias": b[2]}))
    for name, table in (("positions", sensors.file.positions), ("system", sensors.file.system)):
        lines += ["", f"[{name}]", *_keys(table)]
    return "\n".join(lines) + "\n"


def _keys(table: Spec) -> list[str]:
    """One line for each key that has a value."""
    lines = []
    for name in type(table).model_fields:
        value, dimension = getattr(table, name), type(table).extra(name, "dimension")
        if dimension:
            if value is not None:
                lines.append(f"{name}_{UNIT[dimension]} = {from_si(float(value), dimension, UNIT[dimension])!r}")
        elif value is not None:
            lines.append(f"{name} = {_text(value)}")
    return lines


def _text(value: Any) -> str:
    """A word or a whole number in TOML, whose strings are those of JSON."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
