"""How the filters of a node's tracks lie in memory: sixteen tracks side by side, so that one loop fills the lanes.

A block holds the tracks of LANES slots; of each model it holds ROWS rows, each one number of every track:
0-5 position (m) and velocity (m/s); 6-11 covariance of position xx xy xz yy yz zz; 12-20 position i with velocity j, row
by row; 21-26 of velocity, as position. Loops over lanes index one flat view by constants, which lets them vectorise:
1.4 ns a track for a prediction, 5 ns for an update, where one track after the other takes 30 and 70.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from openiads.engine.bundle import bundle
from openiads.engine.jit import inlined, part

LANES = 16
ROWS = 27
SIZE = ROWS * LANES  # of one model's block


@bundle
class OneTrack(NamedTuple):
    """Room for one track at a time; nothing in it is read later."""

    x: np.ndarray  # float64[6] m, m/s
    p: np.ndarray  # float64[21]
    slope: np.ndarray  # float64[6] derivatives of what is measured
    cross: np.ndarray  # float64[6] its covariance with the state
    then: np.ndarray  # float64[6] state at the moment of a plot
    there: np.ndarray  # float64[6] derivatives at that moment


def empty_one() -> OneTrack:
    """Room for one track."""
    return OneTrack(np.zeros(6), np.zeros(21), *(np.zeros(6) for _ in range(4)))


@bundle
class Lanes(NamedTuple):
    """Room for the blocks of one node; nothing in it is read later."""

    best: np.ndarray  # float64[B * SIZE] combined estimates of several models, none for one: there it is the estimate
    mixed: np.ndarray  # float64[M * SIZE]
    weight: np.ndarray  # float64[M * LANES] of the models in what is combined
    step: (
        np.ndarray
    )  # float64[37 * LANES] of a curved model: new position, velocity, derivatives with velocity and rate
    bent: np.ndarray  # float64[11 * LANES] plots as a curved model has to see them
    plot: np.ndarray  # float64[B, 11 * LANES] plot of each lane: position, covariance, age (s), 1 where there is one
    some: np.ndarray  # bool[B] has a lane with a plot
    single: np.ndarray  # int8[B * LANES] what the plot of each lane holds beside or instead of a point (sensing.Plots)
    gauge: np.ndarray  # float64[B * LANES, 8] that
    fit: np.ndarray  # float64[M * 2 * LANES] squared distance of the plot, determinant of its covariance
    one: OneTrack


def blocks_of(slots: int) -> int:
    """Blocks that hold [slots]."""
    return -(-slots // LANES)


def empty_lanes(slots: int, models: int) -> Lanes:
    """Working memory for a node's slots."""
    blocks = blocks_of(slots)
    return Lanes(
        np.zeros(blocks * SIZE if models > 1 else 0), np.zeros(models * SIZE), np.zeros(models * LANES), np.zeros(37 * LANES), np.zeros(11 * LANES),
        np.zeros((blocks, 11 * LANES)), np.zeros(blocks, np.bool_), np.zeros(blocks * LANES, np.int8),
        np.zeros((blocks * LANES, 8)), np.zeros(models * 2 * LANES), empty_one(),
    )  # fmt: skip


@part
def model_of(bank, blocks, models, n, b, m):
    """One model of a block, of Tracks.bank or Tracks.extra: float64[SIZE]."""
    begin = ((n * blocks + b) * models + m) * SIZE
    return bank[begin : begin + SIZE]


@inlined
def estimates(tracks, lanes, n):
    """Of all tracks of a node, combined from their models: float64[B * SIZE]. One model is the estimate itself."""
    size = lanes.some.size * SIZE
    return tracks.bank[n * size : (n + 1) * size] if tracks.share.shape[2] == 1 else lanes.best


@inlined
def lane(f, s):
    """The numbers of slot s among blocks of one model: k is [k * LANES]."""
    begin = s // LANES * SIZE + s % LANES
    return f[begin : begin + SIZE - LANES + 1]


@inlined
def take_out(f, x, p):
    """The numbers of a lane into a state and its covariance."""
    for k in range(6):
        x[k] = f[k * LANES]
    for k in range(21):
        p[k] = f[(6 + k) * LANES]


@inlined
def put_in(f, x, p):
    """A state and its covariance into a lane."""
    for k in range(6):
        f[k * LANES] = x[k]
    for k in range(21):
        f[(6 + k) * LANES] = p[k]
