"""How every engagement stands, and what every fire unit has left."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from openiads.engine.bundle import bundle


@bundle
class Engagements(NamedTuple):
    """State of every engagement channel; [F, C] = fire unit, channel."""

    phase: np.ndarray  # int8[F, C] 0, ACQUIRING, IN_FLIGHT, ASSESSING, LOST
    track: np.ndarray  # int64[F, C]
    t_held: np.ndarray  # float64[F, C] s since when the engagement radar holds it; inf for not
    t_launch: np.ndarray  # float64[F, C] s
    t_meet: np.ndarray  # float64[F, C] s, when the next round of the salvo meets the target
    between: np.ndarray  # float64[F, C] s from one of its rounds to the next
    t_assess: np.ndarray  # float64[F, C] s
    fired: np.ndarray  # int32[F, C] rounds of this engagement
    met_by: np.ndarray  # int32[F, C] of them have met it, or nothing
    salvo: np.ndarray  # int32[F, C] names the draw of what fails all of them
    aim: np.ndarray  # float64[F, C, 3] m
    opening: np.ndarray  # bool[F, C] the target flew away from the launchers at launch
    verdict: np.ndarray  # int8[F, C] what the crew believes, in the tick of the assessment
    hit: np.ndarray  # int32[F, C] body that the rounds found, -1 for none
    killed: np.ndarray  # bool[F, C]
    lost: np.ndarray  # bool[F, C] guidance was lost before the meeting point
    launched: np.ndarray  # bool[F, C] in this tick
    met: np.ndarray  # bool[F, C] in this tick: it is killed, or the last round is through
    rounds: np.ndarray  # int32[F] ready rounds
    reserve: np.ndarray  # int32[F]
    t_reload: np.ndarray  # float64[F] s, when the reload is done; inf for none under way
    t_empty: np.ndarray  # float64[F] s, when the magazine was first empty; inf for never
    launchers_lost: np.ndarray  # float64[F] share of its launchers whose rounds have been taken off
    arrived: np.ndarray  # int32[F, B] rounds of the unit that have reached the body: names their draws


def empty_engagements(units: int, channels: int, bodies: int) -> Engagements:
    """Nothing under way, and no rounds: who builds the state fills the magazines."""
    shape = (units, channels)
    return Engagements(
        np.zeros(shape, np.int8), np.zeros(shape, np.int64), np.full(shape, np.inf),
        np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape, np.int32), np.zeros(shape, np.int32),
        np.zeros(shape, np.int32), np.zeros((*shape, 3)), np.zeros(shape, np.bool_),
        np.zeros(shape, np.int8), np.full(shape, -1, np.int32), np.zeros(shape, np.bool_), np.zeros(shape, np.bool_),
        np.zeros(shape, np.bool_), np.zeros(shape, np.bool_), np.zeros(units, np.int32), np.zeros(units, np.int32),
        np.full(units, np.inf), np.full(units, np.inf), np.zeros(units), np.zeros((units, bodies), np.int32),
    )  # fmt: skip
