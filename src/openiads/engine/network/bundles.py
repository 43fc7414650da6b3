"""Links and what is under way on them, the inbox of what command said, and the pictures that nodes hold."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from openiads.engine.bundle import bundle

PENDING, UNKNOWN, ASSUMED_FRIEND, FRIEND, NEUTRAL, SUSPECT, HOSTILE = 0, 1, 2, 3, 4, 5, 6
OWN_TURN, SLOTTED, UNSLOTTED = 0, 1, 2  # access to a medium that links share: turns, or who sends when it likes
BY_GUARD, BY_CAPACITY = 0, 1  # why a track was kept back: columns of Messages.withheld


@bundle
class Guards(NamedTuple):
    """What stands on each link and decides what passes, how precisely; axis 0 = link."""

    passes: np.ndarray  # int32[L] bit i: identity i may pass
    kinds: np.ndarray  # uint8[L] bit 0: what flies by itself, bit 1: ballistic
    fast: np.ndarray  # float64[L] m/s above which a track is ballistic
    area: np.ndarray  # float64[L, 4] direction of the centre of an area, cosine of its radius; -1 for everywhere
    outside: np.ndarray  # bool[L] only what lies outside the area passes
    precision: np.ndarray  # float64[L] m, positions are rounded to this; 0 for as they are


@bundle
class Tampering(NamedTuple):
    """What a compromise does to each link, by its effect; axis 0 = link."""

    during: np.ndarray  # float64[L, 2] s, from, to; from is infinite where there is none
    sender: np.ndarray  # bool[L] it is of the node that sends, before the guard; else of the link, behind it
    key: np.ndarray  # uint32[L] of the node or link that it is of
    deny: np.ndarray  # float64[L] probability that a frame is lost
    late: np.ndarray  # float64[L] s that a frame takes longer
    shift: np.ndarray  # float64[L] m by which positions are moved, all the same way
    claim: np.ndarray  # int8[L] identity that every true track is given, -1 for its own
    ghosts: np.ndarray  # int32[L] tracks of nothing that are told in each frame
    called: np.ndarray  # int8[L] their identity
    home: np.ndarray  # float64[L, 3] m, earth-centred: ghosts fly around it ...
    around: np.ndarray  # float64[L] m ... within this distance


@bundle
class Links(NamedTuple):
    """Directed connections; axis 0 = link, closed ones are left out."""

    key: np.ndarray  # uint32[L]
    source: np.ndarray  # int32[L] node
    sink: np.ndarray  # int32[L] node
    latency: np.ndarray  # float64[L] s
    period: np.ndarray  # float64[L] s between frames
    phase: np.ndarray  # float64[L] s
    capacity: np.ndarray  # int32[L] tracks or plots a frame
    rate: np.ndarray  # float64[L] bits/s at which a frame is sent; inf for at once
    availability: np.ndarray  # float64[L] probability that a frame goes out
    outage: np.ndarray  # float64[L, W, 2] s, from, to: within it nothing goes out
    access: np.ndarray  # int8[L] OWN_TURN, SLOTTED, UNSLOTTED
    net: np.ndarray  # int32[L] medium that links share, -1 for one of its own
    slots: np.ndarray  # int32[L] slots of a period of that medium
    radio: np.ndarray  # bool[L] it needs line of sight
    plots: np.ndarray  # bool[L] it carries plots of the sender's radars, and no tracks
    bits: np.ndarray  # float64[L] bits a track or a plot
    identity: np.ndarray  # bool[L] it says who a track is
    status: np.ndarray  # bool[L] it also says which tracks the sender engages
    check: (
        np.ndarray
    )  # float64[L] s after which a track that the sink's own radars should see is put aside; inf for never
    check_rcs: np.ndarray  # float64[L] m2, what they should see
    guards: Guards
    tampering: Tampering
    keep: np.ndarray  # float64[N] s, most age of the last plot behind a received track
    credit: np.ndarray  # float64[L] s for which a report counts at its sink; inf for who keeps by age alone


@bundle
class Reports(NamedTuple):
    """Inbox: what command and the fire units said in the last tick, and which radio links have line of sight."""

    identity: np.ndarray  # int8[N, P] what each node believes of each row of its picture
    number: np.ndarray  # int64[N, P] the track it said it of
    basis: np.ndarray  # int32[N, P] node whose evidence that rests on
    engaged: np.ndarray  # bool[N, P] it has given an order to engage it
    phase: np.ndarray  # int8[F, C] state of each engagement
    verdict: np.ndarray  # int8[F, C] kill assessment: 0 none, 1 believed killed, 2 believed missed
    rounds: np.ndarray  # int32[F] ready rounds
    fired: np.ndarray  # int32[F, C] rounds of the engagement
    up: np.ndarray  # bool[N] does the node run
    stands: np.ndarray  # bool[N] it has not been destroyed
    sight: np.ndarray  # bool[L] its ends see each other


@bundle
class Messages(NamedTuple):
    """Frames under way; axis 0 = link, 1 = frame slot, 2 = track."""

    count: np.ndarray  # int32[L, D] tracks in the frame, -1 for an empty slot
    due: np.ndarray  # float64[L, D] s
    x: np.ndarray  # float64[L, D, K, 6]
    sigma: np.ndarray  # float64[L, D, K] m
    t: np.ndarray  # float64[L, D, K] s the state is valid for
    t_update: np.ndarray  # float64[L, D, K] s, last plot behind it
    identity: np.ndarray  # int8[L, D, K]
    basis: np.ndarray  # int32[L, D, K] node whose evidence that rests on
    engaged: np.ndarray  # bool[L, D, K] the sender engages it
    origin: np.ndarray  # int32[L, D, K, 2] node and slot that made the track
    number: np.ndarray  # int64[L, D, K] its track number there; negative for a track of nothing
    luck: np.ndarray  # uint32[L, D, K]
    sent: np.ndarray  # int64[L] tracks or plots sent in this tick
    withheld: np.ndarray  # int64[L, 2] tracks or plots kept back in this tick: BY_GUARD, BY_CAPACITY
    begin: np.ndarray  # int64[L] row at which the next frame begins, so that a narrow link takes every track in turn
    free: np.ndarray  # float64[L] s, when the line has sent what it was given
    turn: np.ndarray  # float64[L] when the latest frame was sent on a shared medium, in slots of its period


@bundle
class Pictures(NamedTuple):
    """The tracks that each node holds; axis 0 = node, 1 = row."""

    valid: np.ndarray  # bool[N, P]
    number: np.ndarray  # int64[N, P] track number at its origin
    origin: np.ndarray  # int32[N, P, 2] node and slot that made the track
    x: np.ndarray  # float64[N, P, 6] m, m/s at the end of the tick
    sigma: np.ndarray  # float64[N, P] m, one-sigma position
    t_update: np.ndarray  # float64[N, P] s, last plot behind it
    asked: np.ndarray  # int32[N, P, 3] interrogations by group of modes: civil, military in clear, under keys
    answered: np.ndarray  # int32[N, P, 3] replies to them
    address: np.ndarray  # int32[N, P] of mode S, -1 for none given
    luck: np.ndarray  # uint32[N, P]
    held: np.ndarray  # float64[N, S, K] s, last plot from each of the node's own radars
    told: np.ndarray  # int8[N, P] identity that came over a link, PENDING for none
    teller: np.ndarray  # int32[N, P] node whose evidence that rests on
    engaged: np.ndarray  # bool[N, P] the sender of a received row engages it
    same: np.ndarray  # int32[N, P] row of the same object that stands earlier, -1 for none
    until: np.ndarray  # float64[N, P] s, up to which the last report of a received track counts
    via: np.ndarray  # int32[N, P] link over which it did, -1 for the node's own
    aside: np.ndarray  # bool[N, P] a received row that is not believed, and so not valid
    unseen: np.ndarray  # float64[N, P] s since when the node's own radars should see it and do not, inf where they do
    row: np.ndarray  # int32[N, N, S] row of (origin node, slot), -1 for none
    dropped: np.ndarray  # int64[1] received tracks for which there was no row


def empty_reports(nodes: int, rows: int, units: int, channels: int, links: int) -> Reports:
    """Nothing said yet."""
    return Reports(
        np.zeros((nodes, rows), np.int8), np.zeros((nodes, rows), np.int64), np.zeros((nodes, rows), np.int32),
        np.zeros((nodes, rows), np.bool_), np.zeros((units, channels), np.int8), np.zeros((units, channels), np.int8),
        np.zeros(units, np.int32), np.zeros((units, channels), np.int32), np.ones(nodes, np.bool_),
        np.ones(nodes, np.bool_), np.ones(links, np.bool_),
    )  # fmt: skip


def empty_messages(links: int, frames: int, tracks: int) -> Messages:
    """No frame under way."""
    return Messages(
        np.full((links, frames), -1, np.int32), np.zeros((links, frames)), np.zeros((links, frames, tracks, 6)),
        np.zeros((links, frames, tracks)), np.zeros((links, frames, tracks)), np.zeros((links, frames, tracks)),
        np.zeros((links, frames, tracks), np.int8), np.zeros((links, frames, tracks), np.int32),
        np.zeros((links, frames, tracks), np.bool_), np.zeros((links, frames, tracks, 2), np.int32),
        np.zeros((links, frames, tracks), np.int64), np.zeros((links, frames, tracks), np.uint32),
        np.zeros(links, np.int64), np.zeros((links, 2), np.int64), np.zeros(links, np.int64), np.full(links, -np.inf),
        np.zeros(links),
    )  # fmt: skip


def empty_pictures(nodes: int, slots: int, received: int, radars: int) -> Pictures:
    """Every picture blank: [slots] own rows and [received] further ones."""
    rows = slots + received
    return Pictures(
        np.zeros((nodes, rows), np.bool_), np.zeros((nodes, rows), np.int64), np.full((nodes, rows, 2), -1, np.int32),
        np.zeros((nodes, rows, 6)), np.zeros((nodes, rows)), np.zeros((nodes, rows)),
        np.zeros((nodes, rows, 3), np.int32), np.zeros((nodes, rows, 3), np.int32), np.full((nodes, rows), -1, np.int32),
        np.zeros((nodes, rows), np.uint32), np.full((nodes, slots, radars), -1e9), np.zeros((nodes, rows), np.int8),
        np.full((nodes, rows), -1, np.int32), np.zeros((nodes, rows), np.bool_),
        np.full((nodes, rows), -1, np.int32), np.zeros((nodes, rows)), np.full((nodes, rows), -1, np.int32),
        np.zeros((nodes, rows), np.bool_), np.full((nodes, rows), np.inf), np.full((nodes, nodes, slots), -1, np.int32),
        np.zeros(1, np.int64),
    )  # fmt: skip
