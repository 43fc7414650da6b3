"""Who takes part in a map: radars that emit and fire units that are ready when the vignette begins, and why nobody does."""

from __future__ import annotations

import numpy as np

from openiads.engine import step
from openiads.engine.sensing import Radars
from openiads.scenario.radars import kind_bits


def emitting(params: step.Params) -> np.ndarray:
    """Radars that are on at t = 0, bool[R]: they may, they have started, and no stretch of silence holds."""
    ready = params.readiness
    silent = ((ready.silence[:, :, 0] <= 0.0) & (ready.silence[:, :, 1] > 0.0)).any(axis=1)
    return ready.allowed & (ready.start <= 0.0) & ~silent


def placing(radars: Radars, kind: str) -> np.ndarray:
    """Radars that can say where a kind of body is, bool[R]: they report it, and give more than a bearing."""
    return (radars.kinds & kind_bits([kind]) != 0) & (radars.dimensions > 1)


def units_on(params: step.Params, units: list[int]) -> list[int]:
    """Fire units with rounds whose engagement radar runs when the vignette begins."""
    on = emitting(params)
    return [f for f in units if params.units.rounds[f] > 0 and on[params.units.radar[f]]]


def why_nobody(params: step.Params, kind: str, what: str) -> str:
    """Why no radar sees a kind of body, or no fire unit engages it; '' when some can."""
    can, on = placing(params.radars, kind), emitting(params)
    if what == "engage":
        units = units_on(params, list(range(params.units.radar.size)))
        if not units:
            return "no fire unit has rounds and a radar that is on when the vignette begins"
        if not can[params.units.radar[units]].any():
            return f"no fire unit that is ready has a radar that reports the kind '{kind}'"
        return ""
    if not on.any():
        return "no radar is on when the vignette begins; another posture or a longer warning may change that"
    if not (on & can).any():
        passive = int((on & (params.radars.dimensions == 1)).sum())
        return (
            f"of the radars that are on, {passive} hear bearings alone and {int(on.sum()) - passive} do not report "
            f"the kind '{kind}'"
        )
    return ""
