"""Errors of three radars found beside ADS-B: plots a second, of telling the bodies and of the search."""

from __future__ import annotations

import statistics

from benchmarks.tools import Row, alternately, one_core
from openiads.tracking import common_targets, estimate_bias
from tests.tracking.biased import ADSB, BIAS, RADARS, World, with_source


def rows() -> list[Row]:
    """One row: 60 aircraft for ten minutes."""
    sensors = [*RADARS, ADSB]
    plots, _ = World(50, 60, 600.0).plots(sensors, with_source(BIAS))
    target = common_targets(plots, sensors)
    with one_core():
        spent = alternately(
            [lambda: common_targets(plots, sensors), lambda: estimate_bias(plots, sensors, target)], times=5
        )
    bodies, search = (len(plots) / statistics.median(seconds) / 1e3 for seconds in spent)
    what = "registration errors of 3 radars beside ADS-B, 60 aircraft, one core"
    return [(what, f"{search:.0f} k plots/s (which body: {bodies:.0f} k plots/s)", "")]
