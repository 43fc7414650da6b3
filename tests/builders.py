"""Small scenarios for tests: one command post, one or two radars, one fire unit, smooth earth, bodies laid by hand.

Everything goes the way that a run goes: a raw table is parsed, a world is assembled, the engine's own loop runs.
Only the flights may be given by hand, so that a test knows who is where.
"""

from __future__ import annotations

import ast
import copy
import inspect
import math
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numba
import numpy as np

from openiads.engine import motion, step
from openiads.engine.geo import destination, to_geodetic
from openiads.scenario.build import Simulation, assemble
from openiads.scenario.flights import Flight, Waypoint, cruise, to_bodies
from openiads.scenario.load import parse
from openiads.scenario.spec import Scenario
from openiads.scenario.world import World, draw_world

SITE = (math.radians(38.0), math.radians(34.0))  # rad

# A radar that sees all that is above the horizon: without fluctuation the detection is certain at these ranges.
SHARP_RADAR = {
    "title": "a radar without weaknesses", "role": "engagement", "band": "X", "range_km": 2000.0, "range_rcs_m2": 1.0,
    "range_pd": 0.9, "pfa": 1e-6, "swerling": 0, "instrumented_range_km": 600.0, "minimum_range_m": 100.0,
    "scan_period_s": 1.0, "track_period_s": 1.0, "sector_width_deg": 360.0, "elevation_min_deg": -80.0,
    "elevation_max_deg": 88.0, "antenna_height_m": 10.0, "sigma_range_m": 4.0, "sigma_azimuth_deg": 0.002,
    "sigma_elevation_deg": 0.002, "false_plots_per_scan": 0.0, "iff_modes": [], "iff_range_km": 0.0,
}  # fmt: skip

MISSILE = {
    "title": "a fast round", "range_max_km": 100.0, "range_min_km": 1.0, "altitude_max_km": 30.0, "altitude_min_m": 1.0,
    "ballistic_range_km": 60.0, "ballistic_altitude_max_km": 30.0, "ballistic_altitude_min_km": 1.0,
    "speed_mps": 3000.0, "target_speed_max_mps": 8000.0, "pk_aircraft": 0.7, "pk_cruise": 0.7, "pk_drone": 0.7,
    "pk_ballistic": 0.7,
}  # fmt: skip

UNIT = {
    "title": "a fire unit", "missile": "round", "channels": 48, "rounds_per_launcher": 100, "reaction_s": 1.0,
    "launch_interval_s": 0.0, "assessment_s": 2.0, "assessment_correct": 1.0, "reload_min": 0.0, "reload_rounds": 0,
}  # fmt: skip

RAIDER = {
    "title": "a raider", "kind": "cruise", "speed_mps": 300.0, "altitude_m": 3000.0, "altitude_reference": "sea",
    "rcs_nose": "1-10", "rcs_beam": "1-10", "rcs_tail": "1-10",
}  # fmt: skip

BASE: dict[str, Any] = {
    "name": "small", "title": "a small scenario", "terrain": "smooth", "baseline": "on",
    "modifiers": {"site": "plain"}, "propagation": {"gases": False},
    "country": {"title": "a plain", "area_km2": 10000.0},
    "sites": {"plain": {"title": "a plain", "latitude_deg": 38.0, "longitude_deg": 34.0, "radius_km": 0.0}},
    "assets": [{"name": "depot", "title": "the depot", "latitude_deg": 38.0, "longitude_deg": 34.0, "value": 1.0}],
    "nodes": [{"name": "post", "title": "command post", "owner": "national", "tracks": True}],
    "radars": [{"name": "eye", "class": "sharp", "node": "post", "at": "site"}],
    "fire_units": [{"name": "unit", "class": "unit", "node": "post", "radar": "eye", "launchers": 100}],
    "doctrine": {
        "control_status": "tight", "method": "decentralised", "authority": "post", "operators": 1, "service_s": 10.0,
        "service_sigma": 0.5, "voice_delay_s": 0.0, "contact_availability": 1.0, "shot": "salvo", "salvo": 1,
        "rounds_max": 1, "silent_interrogations": 3, "hostile_time_s": 3600.0, "hostile_speed_mps": 3000.0,
    },
    "vignettes": {
        "raid": {
            "kind": "raid", "duration_min": 2.0, "tick_s": 1.0, "warmup_min": 0.0, "warnings_h": [0.0],
            "threats": [{"class": "raider", "count": 4, "distance_km": 60.0, "spread_min": 0.0}],
        }
    },
    "postures": {
        "on": {
            "title": "on", "emits": "duty-cycle", "duty": 1.0, "ready_h": 0.0, "records": "none",
            "order_path": "voice", "support": "none",
        }
    },
    "library": {
        "radars": {"sharp": SHARP_RADAR}, "missiles": {"round": MISSILE}, "fire_units": {"unit": UNIT},
        "bodies": {"raider": RAIDER},
    },
}  # fmt: skip


def laid_over(base: Any, changes: Any) -> Any:
    """A copy of a nested table with others laid over it; lists are replaced whole, None takes a key away."""
    if not isinstance(base, dict) or not isinstance(changes, dict):
        return copy.deepcopy(changes)
    out = {key: copy.deepcopy(value) for key, value in base.items()}
    for key, value in changes.items():
        if value is None:
            out.pop(key, None)
        else:
            out[key] = laid_over(out.get(key, {}), value)
    return out


def table(**changes: Any) -> dict[str, Any]:
    """The raw table of the small scenario with changes laid over it."""
    return laid_over(BASE, changes)


def scenario(**changes: Any) -> Scenario:
    """The small scenario, parsed."""
    return parse(table(**changes), "test")


def flight(s: Scenario, name: str, start: tuple[float, float], end: tuple[float, float], *, body: str = "raider",
           t0: float = 0.0, side: int = motion.HOSTILE, height: float | None = None, speed: float | None = None,
           target: int = -1, augmented: bool = False) -> Flight:  # fmt: skip
    """One body on a great circle between two places (rad), at its class's speed and height unless said."""
    model = s.library.bodies[body]
    owner = {motion.FRIEND: 1, motion.CIVIL: 2, motion.HOSTILE: 3}[side]
    height = model.altitude if height is None else height
    route = cruise(start, end, t0, speed or model.speed or 0.0, height, model.altitude_reference == "ground")
    return Flight(name, body, model, side, owner, augmented, target, route)


def inbound(s: Scenario, name: str, bearing: float, far: float, near: float, **rest: Any) -> Flight:
    """A body that comes straight for the site from `far` (m) and stops at `near`, on a bearing (rad)."""
    return flight(s, name, destination(*SITE, bearing, far), destination(*SITE, bearing, near), **rest)


def seen_from(units: Any, place: Iterable[float], velocity: Iterable[float] = (0.0, 0.0, 0.0)) -> np.ndarray:
    """State [6] (m, m/s), earth-centred, of what the first fire unit has at a place and velocity, east, north and up of it."""
    east = np.array([-math.sin(SITE[1]), math.cos(SITE[1]), 0.0])
    up = units.pos[0] / np.linalg.norm(units.pos[0])
    axes = np.array([east, np.cross(up, east), up])
    return np.concatenate([units.pos[0] + np.array([*place]) @ axes, np.array([*velocity]) @ axes])


def armed(**missile: Any) -> Any:
    """Fire units of the small scenario with changes of its missile; None takes a key away."""
    return simulation(scenario(library={"missiles": {"round": missile}}), []).params.units


def straight(s: Scenario, name: str, units: Any, place: Iterable[float], velocity: Iterable[float], t0: float,
             seconds: int = 90) -> Flight:  # fmt: skip
    """A body that is at a place, as the first fire unit sees it, at t0 and flies a straight line from time 0 on."""
    route = []
    for t in range(seconds):
        x = seen_from(units, np.array([*place]) + (t - t0) * np.array([*velocity]))
        route.append(Waypoint(float(t), *to_geodetic(*x[:3])))
    return Flight(name, "raider", s.library.bodies["raider"], motion.HOSTILE, 3, False, -1, route)


def world(s: Scenario, flights: Sequence[Flight] | None = None, seed: int = 1, replication: int = 0,
          vignette: str = "raid") -> World:  # fmt: skip
    """The world as it is drawn, with the flights replaced where a test lays its own."""
    drawn = draw_world(s, vignette, seed, replication)
    if flights is None:
        return drawn
    bodies, groups = to_bodies(list(flights))
    return replace(drawn, flights=list(flights), bodies=bodies, groups=groups)


def simulation(s: Scenario, flights: Sequence[Flight] | None = None, posture: str = "on", seed: int = 1,
               replication: int = 0, vignette: str = "raid", warning: float = 0.0, log: int = 0) -> Simulation:  # fmt: skip
    """A run that is ready to go."""
    return assemble(s, world(s, flights, seed, replication, vignette), posture, warning, log)


def arrays(value: Any) -> Iterable[np.ndarray]:
    """Every array of nested bundles, in order."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from arrays(item)


class Repeated:
    """One simulation run again and again; replications differ by the key alone."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self._fresh = [a.copy() for a in arrays(simulation.state)]

    def run(self, replication: int, ticks: int, seed: int = 7) -> step.State:
        """The state after `ticks` ticks of replication number `replication`."""
        state = self.simulation.state
        for now, before in zip(arrays(state), self._fresh, strict=True):
            np.copyto(now, before)
        params = self.simulation.params._replace(key=np.array([seed, replication], np.uint32))
        step.simulate(params, state, 0, self.simulation.tick, ticks)
        return state


# ---------------------------------------------------------------- a tick, stage by stage

Stage = tuple[str, Callable[..., Any], list[str]]  # name, function, what it is handed


def stages() -> list[Stage]:
    """The calls of one tick, read from the engine's own loop, so that this can not fall behind it."""
    source = inspect.getsource(getattr(step._simulate, "py_func", step._simulate))
    loop = next(node for node in ast.walk(ast.parse(textwrap.dedent(source))) if isinstance(node, ast.For))
    lines = [line for part in loop.body if isinstance(part, ast.If) for line in part.body]
    calls = [line.value for line in lines if isinstance(line, ast.Expr) and isinstance(line.value, ast.Call)]
    return [(call.func.id, compiled(getattr(step, call.func.id)), [*map(_bundle, call.args)]) for call in calls]  # type: ignore[attr-defined]


def _bundle(argument: ast.expr) -> str:
    return ast.unparse(argument).removeprefix("params.").removeprefix("state.")


@cache
def compiled(stage: Callable[..., Any]) -> Callable[..., Any]:
    """A part of the engine's kernel, compiled so that Python can call it."""

    @numba.njit(nogil=True, error_model="numpy")
    def call(*arguments):
        return stage(*arguments)

    return call


def bundles(params: step.Params, state: step.State) -> dict[str, Any]:
    """What the loop calls by name."""
    return {**params._asdict(), **state._asdict()}


def value(names: dict[str, Any], expression: str) -> Any:
    """`plots` or `radars.node` in those bundles."""
    first, *rest = expression.split(".")
    found = names[first]
    for part in rest:
        found = getattr(found, part)
    return found
