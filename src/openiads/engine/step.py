"""One tick, in order: the table of contents of the engine, and the only file that names every stage.

Loops in the physics are closed here by filling the inboxes that the next tick reads.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from openiads.engine.command import APPROVED, Doctrine, FireUnits, Orders, decide
from openiads.engine.engagement import Engagements, engage
from openiads.engine.geo import Terrain
from openiads.engine.jit import jit
from openiads.engine.motion import ROUND, WAITING, Bodies, Effects, Truth, move
from openiads.engine.network import Links, Messages, Pictures, Reports, exchange
from openiads.engine.outcome import Events, Exposure, Observers, Tally, account, credit
from openiads.engine.sensing import Antennas, PlotOrigin, Plots, Radars, Taskings, sense
from openiads.engine.tracking import Scratch, Trackers, Tracks, track


class Readiness(NamedTuple):
    """When a radar may emit; axis 0 = radar."""

    allowed: np.ndarray  # bool[R] present and permitted by the posture
    start: np.ndarray  # float64[R] s from which it is on; inf for on alert only


class Params(NamedTuple):
    """What never changes in a run."""

    key: np.ndarray  # uint32[2] seed, replication
    bodies: Bodies
    terrain: Terrain
    radars: Radars
    trackers: Trackers
    links: Links
    units: FireUnits
    doctrine: Doctrine
    observers: Observers
    readiness: Readiness


class State(NamedTuple):
    """What changes every tick."""

    truth: Truth
    antennas: Antennas
    plots: Plots
    origin: PlotOrigin
    tracks: Tracks
    messages: Messages
    pictures: Pictures
    orders: Orders
    engagements: Engagements
    tally: Tally
    exposure: Exposure
    events: Events
    # inboxes
    effects: Effects
    taskings: Taskings
    reports: Reports
    scratch: Scratch


@jit
def tick(params, state, t0, t1):
    """Bring the whole state from t0 to t1 (s)."""
    emit(params.readiness, params.radars, params.doctrine, state.orders, state.taskings, t1)
    move(params.bodies, params.terrain, state.effects, state.truth, t1)
    sense(params.radars, params.bodies, params.terrain, params.key, state.truth, state.antennas, state.taskings,
          state.plots, state.origin, t0, t1)  # fmt: skip
    track(params.trackers, params.radars.node, params.radars.local, state.plots, state.tracks, state.scratch, t0, t1)
    exchange(params.links, state.tracks, state.reports, state.messages, state.pictures, params.key, t0, t1)
    decide(params.units, params.doctrine, state.pictures, state.reports, state.orders, params.key, t1)
    engage(params.units, state.orders, params.bodies, state.truth, state.engagements, params.key, t1)
    credit(params.radars, state.plots, state.origin, state.tracks, state.exposure, params.bodies, params.observers)
    account(params.units, params.doctrine, params.bodies, params.observers, state.truth, state.tracks, state.messages,
            state.pictures, state.orders, state.engagements, state.taskings, state.tally, state.exposure, state.events,
            t0, t1)  # fmt: skip
    close_loops(params, state, t1)


@jit
def simulate(params, state, first, length, ticks):
    """Run `ticks` ticks of `length` seconds, the first ending at (first + 1) * length.

    Times are multiples of the tick number, so results do not depend on how a run is cut into calls.
    """
    for i in range(first, first + ticks):
        tick(params, state, i * length, (i + 1) * length)


@jit
def emit(readiness, radars, doctrine, orders, taskings, t1):
    """A radar is on from its start, or once the alert of its authority, the order path and readiness have passed."""
    for r in range(radars.key.size):
        n = radars.node[r]
        a = doctrine.authority[n]
        alert = orders.alert[a] if a >= 0 else orders.alert[n]
        called = alert + doctrine.delay[n] + doctrine.ready[n]
        taskings.on[r] = readiness.allowed[r] and t1 >= min(readiness.start[r], called)


@jit
def close_loops(params, state, t1):
    """Fill the inboxes: effects of weapons, tasks of radars, reports of the fire units."""
    orders, engagements, reports = state.orders, state.engagements, state.reports
    for n in range(orders.identity.shape[0]):
        for p in range(orders.identity.shape[1]):
            reports.identity[n, p] = orders.identity[n, p]
            reports.number[n, p] = orders.number[n, p]
    state.taskings.active[:] = False
    for f in range(params.units.key.size):
        reports.rounds[f] = engagements.rounds[f]
        for c in range(orders.state.shape[1]):
            reports.phase[f, c] = engagements.phase[f, c]
            reports.verdict[f, c] = engagements.verdict[f, c]
            if engagements.launched[f, c]:
                _show_round(params.bodies, params.units, state.truth, state.effects, engagements, f, c, t1)
            if engagements.met[f, c] and engagements.killed[f, c]:
                state.effects.killed[engagements.hit[f, c]] = True
            if orders.state[f, c] == APPROVED or engagements.phase[f, c] > 0:
                _task(params.units.radar[f], state.taskings, orders.x[f, c], 5_000.0)
        for i in range(orders.cue.shape[1]):
            if orders.cue[f, i] >= 0:
                _task(params.units.radar[f], state.taskings, orders.cue_x[f, i], orders.cue_x[f, i, 3])


@jit
def _task(r, taskings, place, radius):
    """Tell an engagement radar to look at a place, as long as it has a dwell left."""
    for c in range(taskings.active.shape[1]):
        if not taskings.active[r, c]:
            taskings.active[r, c] = True
            taskings.radius[r, c] = radius
            for i in range(3):
                taskings.centre[r, c, i] = place[i]
            return


@jit
def _show_round(bodies, units, truth, effects, engagements, f, c, t1):
    """A free slot becomes the round in flight; without one the round flies unseen."""
    for b in range(truth.status.size - 1, -1, -1):
        if bodies.kind[b] != ROUND:
            return
        if truth.status[b] == WAITING and not effects.launched[b]:
            effects.launched[b] = True
            effects.launch_t[b, 0], effects.launch_t[b, 1] = t1, engagements.t_meet[f, c]
            for i in range(3):
                effects.launch_from[b, i] = units.pos[f, i]
                effects.launch_to[b, i] = engagements.aim[f, c, i]
            return
