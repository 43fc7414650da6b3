"""What a commander is told of its fire units and of its doctrine, and what it has decided."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from openiads.engine.bundle import bundle
from openiads.engine.command.allocation import Chances, Plan, empty_chances, empty_plan

FREE, TIGHT, HOLD = 0, 1, 2  # control status
CENTRALISED, DECENTRALISED, AUTONOMOUS = 0, 1, 2  # method of control
IDLE, ASKED, APPROVED = 0, 1, 2  # state of an order
UNLESS_FRIEND, WHEN_HELD = 0, 1  # what an authority that is asked approves
WEAPONS_HELD, NO_CONTACT, TAKEN, OUT_OF_REACH, NO_CHANNEL, NO_ROUNDS = (
    1,
    2,
    3,
    4,
    5,
    6,
)  # why a hostile track is not engaged
FRIEND_THERE, NOTHING_THERE = 1, 2  # why it says no, 0 for not
LOST, ACQUIRING, IN_FLIGHT, ASSESSING = -1, 1, 2, 3  # phase of an engagement, 0 for none; LOST with its launcher
BELIEVED_KILLED, BELIEVED_MISSED = 1, 2
AERODYNAMIC, ARC = 0, 1  # the two envelopes of a missile
SILENCE, NEVER_ASKED, TOLD_HOSTILE, FAST = (
    0,
    1,
    2,
    3,
)  # what an engagement was ordered on, for the ledger of friendly losses
ADDRESS, APPROACH, AIRLINER, FAST_SIGN, LANE = 0, 1, 2, 3, 4  # rows of Likelihoods.sign
NO_LIMIT = 2**30  # channels, where radar and system set none
REPLIES = 20  # answers, and silences, of one group that count
LUCKS = 1024  # requests are counted by luck modulo this: it names their draws


@bundle
class FireUnits(NamedTuple):
    """What a fire unit is; axis 0 = fire unit."""

    key: np.ndarray  # uint32[F]
    node: np.ndarray  # int32[F] command post
    radar: np.ndarray  # int32[F] its engagement radar
    local: np.ndarray  # int32[F] that radar's number at the node
    pos: np.ndarray  # float64[F, 3] m, launchers
    bias: np.ndarray  # float64[F, 2] rad, m: registration error of its engagement radar, which its rounds share
    channels: np.ndarray  # int32[F] targets at once
    limit: np.ndarray  # int32[F, 2] targets at once of all that share its engagement radar, of all of its node
    rounds: np.ndarray  # int32[F] ready rounds at the start
    reserve: np.ndarray  # int32[F] rounds that a reload brings
    reload: np.ndarray  # float64[F] s
    corner: np.ndarray  # float64[F, 2, V, 2] m, ground range and altitude: envelopes against aircraft, against arcs
    corners: np.ndarray  # int32[F, 2] how many of them count; 0 for no envelope
    longest: np.ndarray  # float64[F, 2] s, no flight within the envelope lasts longer
    speed: np.ndarray  # float64[F] m/s, average of a round; 0 where it depends on the point
    flyout: np.ndarray  # float64[F, A, R] m/s, average by altitude and slant range of the point
    flyout_range: np.ndarray  # float64[F, R] m, rising, the last infinite
    flyout_altitude: np.ndarray  # float64[F, A] m, rising, the last infinite
    target_speed: np.ndarray  # float64[F] m/s, fastest target
    pk: np.ndarray  # float64[F, 5] kill probability of a round by kind of body (the user's input)
    common: np.ndarray  # float64[F] share of a round's failures that is common to its salvo
    low: np.ndarray  # float64[F, 2] m, altitude of a target below which pk is multiplied, and by what
    receding: np.ndarray  # float64[F] factor of pk against a target that opens at launch
    reaction: np.ndarray  # float64[F] s from holding the target to launch
    interval: np.ndarray  # float64[F] s between rounds of a salvo
    hold: np.ndarray  # float64[F] s, how old the radar's last plot may be
    assessment: np.ndarray  # float64[F] s from intercept to kill assessment
    right: np.ndarray  # float64[F] probability that the assessment is right


@bundle
class Likelihoods(NamedTuple):
    """How likely a friend, a neutral and a hostile are to show what can be seen of them; user inputs. [3] in that order."""

    prior: np.ndarray  # float64[3] before anything is known
    dead: np.ndarray  # float64[3] has no transponder that works
    emcon: np.ndarray  # float64[3] else answers under keys only
    holds: np.ndarray  # float64[3, 3] else has one of this group: civil, military in clear, under keys
    reply: (
        np.ndarray
    )  # float64[4, R, R] of answers and silences: from one that works, falsely by group; [., answered, not]
    sign: np.ndarray  # float64[5, 3] ADDRESS, APPROACH, AIRLINER, FAST_SIGN, LANE
    trust: np.ndarray  # float64[N] probability that an identity which this node established is right
    limit: np.ndarray  # float64[3] least probability of hostile that makes a hostile, a suspect; most that clears


@bundle
class Doctrine(NamedTuple):
    """How a node decides; axis 0 = node."""

    status: np.ndarray  # int8[N] control status
    method: np.ndarray  # int8[N] method of control
    authority: np.ndarray  # int32[N] node that authorises, -1 for nobody
    contact: np.ndarray  # float64[N] probability that the authority can be reached in a replication
    closed: np.ndarray  # float64[N, W, 2] s, from, to: within it the order path is down
    delay: np.ndarray  # float64[N] s, each way on the order path
    operators: np.ndarray  # int32[N] people who authorise, at the authority
    service: np.ndarray  # float64[N, 2] s median of their time to decide, and its sigma in logarithm
    second: np.ndarray  # int32[N] node that must agree as well, -1 for none
    tiring: np.ndarray  # float64[N] 1/s, by which the median grows with the time on watch
    watch: np.ndarray  # float64[N] s on watch when the run begins
    patience: np.ndarray  # float64[N] s in the queue after which an answer is given without a look; inf for never
    approval: np.ndarray  # int8[N] what it approves as an authority: UNLESS_FRIEND, WHEN_HELD
    clearance: np.ndarray  # float64[N] m, it fires at nothing that would be met this near to a friend; 0 for no rule
    zone: np.ndarray  # float64[Z, 4] direction of the centre of an area with a status of its own, cosine of its radius
    zone_kind: np.ndarray  # uint8[Z] bit 0: what flies by itself, bit 1: ballistic
    zone_status: np.ndarray  # int8[Z] the first area that holds a track decides
    lane: np.ndarray  # float64[K, 11] m, two ends of a lane for friends, half its width, heights; s, from and to
    likely: Likelihoods
    salvo: np.ndarray  # int32[N] rounds of an engagement
    shared: np.ndarray  # bool[N] all tracks are shared out at once, else most urgent first
    look: np.ndarray  # bool[N] one round and a look at what it did, where time is left to shoot again
    most: np.ndarray  # int32[N] rounds against one track
    silent: np.ndarray  # int32[N] interrogations without a reply that make a suspect
    urgent: np.ndarray  # float64[N] s to an asset below which a suspect is hostile
    ballistic: np.ndarray  # float64[N] m/s above which a track is a ballistic missile
    key: np.ndarray  # uint32[N]
    asset: np.ndarray  # float64[A, 3] m, earth-centred
    value: np.ndarray  # float64[A] of an asset
    ready: np.ndarray  # float64[N] s from the alert to the first emission of what the node commands


@bundle
class Orders(NamedTuple):
    """Decisions and what they were taken on; [F, C] = fire unit, engagement channel."""

    identity: np.ndarray  # int8[N, P]
    number: np.ndarray  # int64[N, P] the track that the identity belongs to
    basis: np.ndarray  # int32[N, P] node whose evidence decided it
    state: np.ndarray  # int8[F, C] IDLE, ASKED, APPROVED
    slot: np.ndarray  # int32[F, C] own track slot
    track: np.ndarray  # int64[F, C] its track number
    luck: np.ndarray  # uint32[F, C]
    ordinal: np.ndarray  # int32[F, C] number of this request among those of its node and luck
    rounds: np.ndarray  # int32[F, C] rounds to fire
    t_asked: np.ndarray  # float64[F, C] s
    t_answer: np.ndarray  # float64[F, C] s, when the authority will have answered
    x: np.ndarray  # float64[F, C, 6] the track now
    arc: np.ndarray  # bool[F, C] it is taken as ballistic
    held: np.ndarray  # float64[F, C] s, last plot of the engagement radar
    live: np.ndarray  # bool[F, C] the track is still in the picture
    cause: np.ndarray  # int8[F, C] evidence the engagement was ordered on (see Cause constants)
    alone: np.ndarray  # bool[F, C] approved because nobody who should have been asked could be reached
    refused: np.ndarray  # int8[F, C] why the authority said no in this tick, 0 for not
    unseen: (
        np.ndarray
    )  # int8[F, C] answers given without a look, the queue being too long; bit 0: authority, 1: second key
    clear: np.ndarray  # bool[F, C] no friend is held near where a round fired now would meet the target
    fired: np.ndarray  # int32[N, S] rounds fired at the track so far
    done: np.ndarray  # float64[N, S] s, believed killed at; inf for not
    kept: np.ndarray  # int8[N, S] why a hostile track is not engaged (WEAPONS_HELD ...), 0 for none of these reasons
    t_kept: np.ndarray  # float64[N, S] s, since when that is why
    barred: np.ndarray  # float64[N, S] s until which the track is not asked for again
    spared: (
        np.ndarray
    )  # int32[N, S, 2] unit that holds its fire for a friend near the track, and the friend's row; -1 for none
    t_spared: np.ndarray  # float64[N, S] s since when
    memory: np.ndarray  # int64[N, S] track number that fired, done, barred and spared belong to
    cue: np.ndarray  # int32[F, X] further rows to search at, -1 for none
    cue_x: np.ndarray  # float64[F, X, 4] m, where, and how wide
    busy: np.ndarray  # float64[N, O] s until which each operator is busy
    alert: np.ndarray  # float64[N] s, when the node first held a hostile track; inf before
    requests: np.ndarray  # int32[N, 1024] engagements opened so far, by luck modulo 1024: names their draws
    chances: Chances  # working memory of a plan for all tracks of a node
    plan: Plan


def empty_orders(
    nodes: int, rows: int, slots: int, units: int, channels: int, operators: int, cues: int, aims: int
) -> Orders:
    """No decision taken."""
    shape = (units, channels)
    return Orders(
        np.zeros((nodes, rows), np.int8), np.full((nodes, rows), -1, np.int64), np.full((nodes, rows), -1, np.int32), np.zeros(shape, np.int8),
        np.zeros(shape, np.int32), np.zeros(shape, np.int64), np.zeros(shape, np.uint32), np.zeros(shape, np.int32),
        np.zeros(shape, np.int32), np.zeros(shape), np.zeros(shape), np.zeros((*shape, 6)), np.zeros(shape, np.bool_),
        np.full(shape, -1e9), np.zeros(shape, np.bool_), np.zeros(shape, np.int8), np.zeros(shape, np.bool_), np.zeros(shape, np.int8),
        np.zeros(shape, np.int8), np.ones(shape, np.bool_), np.zeros((nodes, slots), np.int32), np.full((nodes, slots), np.inf),
        np.zeros((nodes, slots), np.int8), np.full((nodes, slots), -np.inf),
        np.full((nodes, slots), -np.inf), np.full((nodes, slots, 2), -1, np.int32), np.full((nodes, slots), -np.inf),
        np.full((nodes, slots), -1, np.int64), np.full((units, cues), -1, np.int32), np.zeros((units, cues, 4)),
        np.full((nodes, operators), -np.inf), np.full(nodes, np.inf), np.zeros((nodes, LUCKS), np.int32),
        empty_chances(units, aims), empty_plan(units, aims),
    )  # fmt: skip
