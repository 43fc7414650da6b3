"""How soon a track comes to an asset. docs/equations/command.md."""

from __future__ import annotations

import math

from openiads.engine.geo import EARTH_RADIUS
from openiads.engine.jit import part

GRAVITY = 9.81
_HALVED = 120.0  # s to the asset in which a track counts half: it can still be met later
_LEAST = 1e-3
_PASS_WITHIN = 15_000.0  # m: a track that will pass an asset this close is coming for it


@part
def falls(doctrine, n, x):
    """Is a track so fast that the node takes it for a ballistic missile."""
    return x[3] * x[3] + x[4] * x[4] + x[5] * x[5] > doctrine.ballistic[n] * doctrine.ballistic[n]


@part
def urgency(doctrine, x, arc):
    """Seconds to the asset that a track comes for, over its value: the least is the most urgent; inf for none."""
    time, which = time_to_asset(doctrine, x, arc)
    return time / doctrine.value[which] if which >= 0 else math.inf


@part
def worth(doctrine, x, arc):
    """What is lost if a track gets through, halved for every 2 minutes that are left to meet it; little if it comes for nothing."""
    time, which = time_to_asset(doctrine, x, arc)
    return doctrine.value[which] * max(_LEAST, 0.5 ** (time / _HALVED)) if which >= 0 else _LEAST


@part
def time_to_asset(doctrine, x, arc):
    """Seconds until a track passes (or falls on) an asset, and which; (inf, -1) when it comes for none."""
    best, which = math.inf, -1
    if arc:
        fall = _time_to_fall(x)
        for a in range(doctrine.asset.shape[0]):
            gap = 0.0
            for i in range(3):
                up = x[i] / EARTH_RADIUS
                end = x[i] + fall * x[i + 3] - 0.5 * GRAVITY * up * fall * fall
                gap += (end - doctrine.asset[a, i]) ** 2
            if gap < (2.0 * _PASS_WITHIN) ** 2 and fall < best:
                best, which = fall, a
        return best, which
    speed2 = max(1e-9, x[3] ** 2 + x[4] ** 2 + x[5] ** 2)
    for a in range(doctrine.asset.shape[0]):
        along, gap = 0.0, 0.0
        for i in range(3):
            along += (doctrine.asset[a, i] - x[i]) * x[i + 3]
        time = along / speed2
        if time <= 0.0 or time >= best:
            continue
        for i in range(3):
            gap += (x[i] + time * x[i + 3] - doctrine.asset[a, i]) ** 2
        if gap < _PASS_WITHIN**2:
            best, which = time, a
    return best, which


@part
def _time_to_fall(x):
    """Seconds until a body without thrust or drag is at sea level (flat-earth gravity along its vertical)."""
    r = math.sqrt(x[0] ** 2 + x[1] ** 2 + x[2] ** 2)
    climb = (x[0] * x[3] + x[1] * x[4] + x[2] * x[5]) / r
    return (climb + math.sqrt(climb * climb + 2.0 * GRAVITY * max(0.0, r - EARTH_RADIUS))) / GRAVITY
