"""Looks as a run takes them: a small scenario, bodies where a reference wants them, one scan of `sense`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from openiads.engine import motion, sensing
from openiads.engine.geo import EARTH_RADIUS
from openiads.scenario.build import Simulation
from openiads.scenario.flights import Flight, to_bodies
from openiads.scenario.spec import Scenario
from tests import builders

NORTH_EAST = 1.0  # rad, the azimuth of the middle of one column of a horizon mask
ANSWERS = {"iff_modes": ["3A"], "iff_range_km": 2000.0}  # who answers gives a plot, detected or not


@dataclass(frozen=True)
class Body:
    """What a radar looks at: distance over ground, height (m), cross-section (m2), noise (W over Hz), azimuth (rad)."""

    distance: float
    height: float
    rcs: float = 10.0
    jammer: float = 0.0
    bandwidth: float = 1e6
    azimuth: float = NORTH_EAST


@dataclass(frozen=True)
class Eye:
    """One radar at the builders' site on a smooth earth, or aboard a carrier above it."""

    scenario: Scenario
    simulation: Simulation
    carrier: Flight | None = None

    @property
    def radars(self) -> sensing.Radars:
        """As the engine has it."""
        return self.simulation.params.radars

    def behind(self, mask: np.ndarray) -> Eye:
        """The same with another horizon mask, float32[720, K]."""
        params = self.simulation.params._replace(radars=self.radars._replace(mask=mask[None]))
        return replace(self, simulation=replace(self.simulation, params=params))


def eye(air: dict[str, Any] | None = None, **changes: Any) -> Eye:
    """A fixed radar: the builders' sharp one with changes, in empty space unless the propagation says otherwise."""
    s = builders.scenario(library={"radars": {"sharp": changes}}, propagation={"gases": False, **(air or {})})
    return of(s)


def of(s: Scenario) -> Eye:
    """The one radar of a small scenario."""
    return Eye(s, builders.simulation(s, []))


def sharp(antenna: float, instrumented_km: float = 800.0) -> Eye:
    """A radar that geometry alone limits."""
    return eye(antenna_height_m=antenna, range_km=20_000.0, instrumented_range_km=instrumented_km)


def airborne(height: float) -> Eye:
    """The same radar aboard a body at a height (m)."""
    orbit = {
        "name": "watch", "title": "an orbit", "class": "raider", "kind": "orbit", "owner": "nato", "in_raid": True,
        "latitude_deg": 38.0, "longitude_deg": 34.0, "radius_km": 30.0, "altitude_m": height,
    }  # fmt: skip
    s = builders.scenario(
        radars=[{"name": "up", "class": "sharp", "node": "post", "aboard": "watch"}], sorties=[orbit], fire_units=[],
        library={"radars": {"sharp": {"range_km": 20_000.0, "instrumented_range_km": 800.0}}},
    )  # fmt: skip
    carrier = builders.inbound(s, "watch", 1.0, 1.0, 0.5, height=height, speed=1e-6)
    return Eye(s, builders.simulation(s, [carrier]), carrier)


def strengths(eye: Eye, bodies: Sequence[Body]) -> np.ndarray:
    """SNR of the plot of each body, float64[bodies]; nan for one without a plot."""
    s, params = eye.scenario, eye.simulation.params
    flights = [
        builders.inbound(s, f"b{i}", b.azimuth, b.distance, b.distance - 0.1, height=b.height, speed=1e-6)
        for i, b in enumerate(bodies)
    ]
    first = [eye.carrier] if eye.carrier else []
    laid, _ = to_bodies([*first, *flights])
    for row, b in enumerate(bodies, len(first)):
        laid.rcs[row] = b.rcs
        laid.modes[row], laid.reply[row] = -1, 1.0
        if b.jammer > 0.0:
            laid.jammer[row], laid.jammer_bandwidth[row], laid.jammer_bands[row] = b.jammer, b.bandwidth, -1
    truth = motion.empty_truth(laid.key.size)
    motion.move(laid, params.terrain, motion.empty_effects(laid.key.size), truth, 0.0)
    plots, origin = sensing.empty_plots(1, len(flights) + 8)
    taskings = sensing.empty_taskings(1, 1)
    taskings.on[:] = True
    sensing.sense(
        params.radars, laid, params.terrain, params.key, truth, sensing.empty_antennas(params.radars),
        sensing.empty_due(laid.key.size), taskings, plots, origin, -float(params.radars.period[0]), 0.0,
    )  # fmt: skip
    out = np.full(len(flights), np.nan)
    found = slice(0, int(plots.first[1]))
    out[origin.body[found] - len(first)] = plots.snr[found]
    return out


def plotted(eye: Eye, distance: float, height: float) -> bool:
    """Is a body there (m, m) plotted."""
    return bool(np.isfinite(strengths(eye, [Body(distance, height)]))[0])


def border(seen: Callable[[float], bool], low: float, high: float, within: float) -> float:
    """Where a yes at low becomes a no at high (or the other way round)."""
    first = seen(low)
    assert first != seen(high), (low, high)
    while abs(high - low) > within:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if seen(middle) == first else (low, middle)
    return 0.5 * (low + high)


def farthest(eye: Eye, height: float, high: float = 790e3, low: float = 2.5e3) -> float:
    """How far (m over ground) a body at a height (m) stays in sight."""
    return border(lambda d: plotted(eye, d, height), low, high, 1.0)


def lowest(eye: Eye, distance: float) -> float:
    """From which height (m) a body at a distance (m over ground) is in sight."""
    return border(lambda h: plotted(eye, distance, h), 0.0, 40e3, 0.1)


def place(eye: Eye, slant: float, height: float) -> Body:
    """A body at a height (m) whose straight line from the antenna is `slant` m: the law of cosines."""
    low, high = EARTH_RADIUS + float(eye.radars.antenna[0, 2]), EARTH_RADIUS + height
    half = math.asin(math.sqrt((slant**2 - (high - low) ** 2) / (4.0 * low * high)))
    return Body(2.0 * half * EARTH_RADIUS, height)
