"""What a fire unit has left: its magazine, and an inbox that is filled when launchers or the engagement radar are hit."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from openiads.engine.bundle import bundle
from openiads.engine.jit import part


@bundle
class Losses(NamedTuple):
    """Inbox: what hits have taken from every fire unit; axis 0 = fire unit."""

    launchers: np.ndarray  # float64[F] share of its launchers
    radar: np.ndarray  # bool[F] its engagement radar


def empty_losses(units: int) -> Losses:
    """Nothing lost."""
    return Losses(np.zeros(units), np.zeros(units, np.bool_))


@part
def remaining(units, losses, engagements, f):
    """Targets at once of what is left of a fire unit; rounds go with the launchers they lie on, the reserve in proportion."""
    before, now = engagements.launchers_lost[f], losses.launchers[f]
    if now > before:
        kept = (1.0 - now) / (1.0 - before)
        engagements.rounds[f] = int(engagements.rounds[f] * kept + 0.5)
        engagements.reserve[f] = int(engagements.reserve[f] * kept + 0.5)
        engagements.launchers_lost[f] = now
    if losses.radar[f]:
        return 0
    return math.ceil(units.channels[f] * (1.0 - now) - 1e-9)


@part
def reload(units, engagements, f, t1):
    """An empty fire unit takes its reserve aboard after the reload time."""
    if engagements.rounds[f] == 0:
        engagements.t_empty[f] = min(engagements.t_empty[f], t1)
        if engagements.reserve[f] > 0 and engagements.t_reload[f] == math.inf:
            engagements.t_reload[f] = t1 + units.reload[f]
    if t1 >= engagements.t_reload[f]:
        engagements.rounds[f] += engagements.reserve[f]
        engagements.reserve[f] = 0
        engagements.t_reload[f] = math.inf
