"""One tick, in order: the table of contents of the engine, and the only file that names every stage.

Loops in the physics are closed here by filling the inboxes that the next tick reads.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from openiads.engine.bundle import bundle
from openiads.engine.command import APPROVED, IDLE, Doctrine, FireUnits, Orders, decide
from openiads.engine.damage import Damage, Targets, strike
from openiads.engine.engagement import Engagements, Losses, engage, true_place
from openiads.engine.geo import Terrain
from openiads.engine.jit import jit, part
from openiads.engine.motion import ROUND, WAITING, Bodies, Effects, Truth, move
from openiads.engine.network import Carried, Feeds, Links, Messages, Pictures, Reports, bring_plots, exchange
from openiads.engine.outcome import Events, Exposure, Observers, Tally, account, credit
from openiads.engine.overheard import Overheard, overhear
from openiads.engine.radio import Stations, connect
from openiads.engine.sensing import Antennas, Due, PlotOrigin, Plots, Radars, Taskings, sense
from openiads.engine.spans import within
from openiads.engine.tracking import Scratch, Trackers, Tracks, track


@bundle
class Readiness(NamedTuple):
    """When a radar may emit; axis 0 = radar."""

    allowed: np.ndarray  # bool[R] present and permitted by the posture
    start: np.ndarray  # float64[R] s from which it is on; inf for on alert only
    silence: np.ndarray  # float64[R, W, 2] s: from, to; within it does not emit (emission control)
    disabled: np.ndarray  # float64[N, 2] s: from, to; within it the node is out of action


@bundle
class Params(NamedTuple):
    """What never changes in a run."""

    key: np.ndarray  # uint32[2] seed, replication
    bodies: Bodies
    terrain: Terrain
    radars: Radars
    feeds: Feeds
    trackers: Trackers
    stations: Stations
    links: Links
    units: FireUnits
    doctrine: Doctrine
    targets: Targets
    observers: Observers
    readiness: Readiness


@bundle
class State(NamedTuple):
    """What changes every tick."""

    truth: Truth
    damage: Damage
    antennas: Antennas
    due: Due
    plots: Plots
    origin: PlotOrigin
    tracks: Tracks
    messages: Messages
    carried: Carried
    pictures: Pictures
    orders: Orders
    engagements: Engagements
    tally: Tally
    exposure: Exposure
    overheard: Overheard
    events: Events
    # inboxes
    effects: Effects
    losses: Losses
    taskings: Taskings
    reports: Reports
    scratch: Scratch


OBSERVE, TRACK, RESPOND = 1, 2, 4  # parts of a tick


def simulate(params, state, first, length, ticks, parts=OBSERVE | TRACK | RESPOND):
    """Run `ticks` ticks of `length` seconds, the first ending at (first + 1) * length; or only some parts of each.

    Times are multiples of the tick number, so results do not depend on how a run is cut into calls.
    """
    _simulate(params, state, first, length, ticks, parts)


@jit
def _simulate(params, state, first, length, ticks, parts):
    """One kernel for whole ticks and for their parts: each function or door of its own costs seconds of compilation."""
    key, bodies, units, doctrine = params.key, params.bodies, params.units, params.doctrine
    radars, feeds, readiness, links = params.radars, params.feeds, params.readiness, params.links
    truth, plots, tracks, pictures, orders = state.truth, state.plots, state.tracks, state.pictures, state.orders
    engagements, taskings, reports = state.engagements, state.taskings, state.reports
    damage, losses, effects = state.damage, state.losses, state.effects
    for i in range(first, first + ticks):
        t0, t1 = i * length, (i + 1) * length
        if parts & OBSERVE:
            emit(readiness, radars, doctrine, orders, damage, taskings, reports, t1)
            move(bodies, params.terrain, effects, truth, t1)
            strike(bodies, params.targets, key, truth, damage, t0, t1)
            sense(radars, bodies, params.terrain, key, truth, state.antennas, state.due, taskings, plots, state.origin,
                  t0, t1)  # fmt: skip
            bring_plots(links, feeds, params.trackers, reports, state.carried, plots, t0)
        if parts & TRACK:
            track(params.trackers, feeds.node, feeds.local, plots, tracks, state.scratch, t0, t1)
        if parts & RESPOND:
            connect(params.stations, links, params.terrain, truth, reports, t0, t1)
            exchange(links, feeds, radars, state.antennas, taskings, plots, tracks, reports, state.messages,
                     state.carried, pictures, key, t0, t1)  # fmt: skip
            decide(units, doctrine, pictures, reports, orders, key, t1)
            engage(units, orders, losses, bodies, truth, engagements, key, t1)
            credit(radars, plots, state.origin, tracks, reports, state.exposure, bodies, params.observers)
            account(units, doctrine, bodies, params.observers, truth, damage, plots, tracks, state.messages, pictures,
                    orders, engagements, taskings, state.tally, state.exposure, state.events, t0, t1)  # fmt: skip
            overhear(pictures, state.overheard, t0, t1)
            report(units, orders, engagements, reports)
            task(units, orders, engagements, taskings)
            affect(units, bodies, truth, engagements, effects, t1)
            lose(units, damage, losses, effects)


@part
def emit(readiness, radars, doctrine, orders, damage, taskings, reports, t1):
    """A radar is on from its start, or once the alert of its authority, the order path and readiness have passed.

    A node runs, holds tracks and exchanges them while one of its radars is on; one without radars always does. A radar
    that was destroyed is off for good, and its node runs on without it; a node that was destroyed is down for good.
    """
    reports.up[:] = True
    for r in range(radars.key.size):
        reports.up[radars.node[r]] = False
    for r in range(radars.key.size):
        n = radars.node[r]
        a = doctrine.authority[n]
        alert = orders.alert[a] if a >= 0 else orders.alert[n]
        called = alert + doctrine.delay[n] + doctrine.ready[n]
        taskings.on[r] = (
            readiness.allowed[r] and t1 >= min(readiness.start[r], called) and not within(readiness.silence, r, t1)
        )
        reports.up[n] |= taskings.on[r]
        taskings.on[r] &= not damage.radar[r]
    for n in range(damage.node.size):
        out = readiness.disabled[n, 0] <= t1 < readiness.disabled[n, 1]
        reports.stands[n] = not damage.node[n] and not out
        reports.up[n] &= reports.stands[n]


@part
def report(units, orders, engagements, reports):
    """Fill the inbox of network and command: identities, what is engaged, and how every engagement stands."""
    reports.engaged[:] = False
    for f in range(units.key.size):
        for c in range(orders.state.shape[1]):
            n, s = units.node[f], orders.slot[f, c]
            if orders.state[f, c] != IDLE and orders.track[f, c] == orders.number[n, s]:
                reports.engaged[n, s] = True
    reports.identity[:] = orders.identity
    reports.number[:] = orders.number
    reports.basis[:] = orders.basis
    reports.rounds[:] = engagements.rounds
    reports.fired[:] = engagements.fired
    reports.phase[:] = engagements.phase
    reports.verdict[:] = engagements.verdict


@part
def task(units, orders, engagements, taskings):
    """Fill the inbox of sensing: where the engagement radars have to look, each through its own registration error."""
    taskings.active[:] = False
    for f in range(units.key.size):
        for c in range(orders.state.shape[1]):
            if orders.state[f, c] == APPROVED or engagements.phase[f, c] > 0:
                _task(units, f, taskings, orders.x[f, c], 5_000.0)
        for i in range(orders.cue.shape[1]):
            if orders.cue[f, i] >= 0:
                _task(units, f, taskings, orders.cue_x[f, i], orders.cue_x[f, i, 3])


@part
def affect(units, bodies, truth, engagements, effects, t1):
    """Fill the inbox of motion: rounds launched, bodies killed."""
    for f in range(units.key.size):
        for c in range(engagements.phase.shape[1]):
            if engagements.launched[f, c]:
                _show_round(bodies, units, truth, effects, engagements, f, c, t1)
            if engagements.met[f, c] and engagements.killed[f, c]:
                effects.killed[engagements.hit[f, c]] = True


@part
def lose(units, damage, losses, effects):
    """Fill the inboxes of engagement and motion: what a fire unit has lost, which assets are left to aim at."""
    for f in range(units.key.size):
        losses.launchers[f] = damage.launchers[f]
        losses.radar[f] = damage.radar[units.radar[f]]
    for a in range(damage.t_lost.size):
        effects.lost[a] = damage.t_lost[a] < np.inf


@part
def _task(units, f, taskings, place, radius):
    """Tell the engagement radar of fire unit f to look at a place, as long as it has a dwell left."""
    r, centre = units.radar[f], taskings.centre
    for c in range(taskings.active.shape[1]):
        if not taskings.active[r, c]:
            taskings.active[r, c] = True
            taskings.radius[r, c] = radius
            centre[r, c, 0], centre[r, c, 1], centre[r, c, 2] = true_place(units, f, place[0], place[1], place[2])
            return


@part
def _show_round(bodies, units, truth, effects, engagements, f, c, t1):
    """A free slot becomes the round in flight; without one the round flies unseen."""
    for b in range(truth.status.size - 1, -1, -1):
        if bodies.kind[b] != ROUND:
            return
        if truth.status[b] == WAITING and not effects.launched[b]:
            effects.launched[b] = True
            effects.launch_t[b, 0], effects.launch_t[b, 1] = t1, engagements.t_meet[f, c]
            aim = engagements.aim[f, c]
            to = true_place(units, f, aim[0], aim[1], aim[2])
            for i in range(3):
                effects.launch_from[b, i] = units.pos[f, i]
                effects.launch_to[b, i] = to[i]
            return
