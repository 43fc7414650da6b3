"""Motion: where every body is. Writes Truth; a body flies a route, falls on an arc, or is a round in flight.

A weapon that is carried waits; its carrier releases it, if it still flies then, at what still stands.

Reduced-order kinematics in closed form of time, so that a body's path does not depend on the tick:
great circles between timed waypoints, and Kepler arcs of a vacuum trajectory (docs/equations/motion.md).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from openiads.engine.bundle import bundle
from openiads.engine.geo import EARTH_RADIUS, GM, ground_height, to_ecef, to_geodetic
from openiads.engine.jit import jit, part

# Sides
FRIEND, CIVIL, HOSTILE, OWN = 0, 1, 2, 3
# Kinds
AIRCRAFT, AIRLINER, CRUISE, DRONE, BALLISTIC, ROUND = 0, 1, 2, 3, 4, 5
# What has become of a body
WAITING, FLYING, ARRIVED, KILLED = 0, 1, 2, 3


@bundle
class Bodies(NamedTuple):
    """What a body is and where it will go; axis 0 = body, the last `rounds` slots are for interceptors."""

    key: np.ndarray  # uint32[B] hash of the scenario name
    side: np.ndarray  # int8[B]
    kind: np.ndarray  # int8[B]
    group: np.ndarray  # int32[B] row of the body's class
    rcs: np.ndarray  # float64[B, 3] m2 seen from the nose, the beam, the tail
    modes: np.ndarray  # int32[B] modes of its transponder, a bit for each of sensing.IFF_MODES
    crypto: np.ndarray  # uint32[B] whose keys it holds
    reply: np.ndarray  # float64[B, 8] probability that an interrogation in a held mode is answered
    jammer: np.ndarray  # float64[B] W, effective radiated power of its noise
    jammer_bandwidth: np.ndarray  # float64[B] Hz
    jammer_bands: np.ndarray  # int32[B] bands that it reaches, a bit each
    emission: np.ndarray  # float64[B] W, effective radiated power that a passive sensor hears
    emission_bands: np.ndarray  # int32[B]
    signature: np.ndarray  # bool[B] flies without reflectors and its signature matters
    owner: np.ndarray  # int8[B] 0 national, 1 allied, 2 civil, 3 hostile
    first: np.ndarray  # int32[B] first waypoint
    count: np.ndarray  # int32[B] waypoints; 0 for a ballistic arc or a round
    arc: np.ndarray  # int32[B] row in arcs, -1 for none
    target: np.ndarray  # int32[B] asset that a threat was sent to, -1 for none
    carrier: np.ndarray  # int32[B] body that releases it when its route begins, -1 for none
    choices: np.ndarray  # int32[B] routes that it may take, one after the other: to its target, to the next asset, ...
    hit: np.ndarray  # float64[B] probability that it hits what it was sent to (the user's input)
    debris: np.ndarray  # float64[B, 2] m within which its debris reaches its target, probability that it hits there
    # waypoints, W
    way_t: np.ndarray  # float64[W] s
    way_unit: np.ndarray  # float64[W, 3] direction from the centre of the Earth
    way_height: np.ndarray  # float64[W] m
    way_ground: np.ndarray  # bool[W] the leg that starts here keeps its height above the ground
    # arcs, A
    arc_t: np.ndarray  # float64[A, 2] s launch, impact
    arc_axis: np.ndarray  # float64[A, 2, 3] unit vectors to perigee and 90 degrees onward
    arc_orbit: np.ndarray  # float64[A, 3] semi-major axis (m), eccentricity, mean anomaly at launch (rad)


@bundle
class Truth(NamedTuple):
    """Where every body is now; axis 0 = body."""

    status: np.ndarray  # int8[B]
    pos: np.ndarray  # float64[B, 3] m, earth-centred, at the end of the tick
    vel: np.ndarray  # float64[B, 3] m/s
    leg: np.ndarray  # int32[B] waypoint that was passed last
    choice: np.ndarray  # int32[B] which of its routes a released weapon took
    t_end: np.ndarray  # float64[B] s, when it arrived or was killed
    # rounds in flight, as their launch set them
    round_from: np.ndarray  # float64[B, 3] m
    round_to: np.ndarray  # float64[B, 3] m
    round_t: np.ndarray  # float64[B, 2] s launch, intercept


@bundle
class Effects(NamedTuple):
    """Inbox: what weapons did in the last tick; applied before the bodies move."""

    killed: np.ndarray  # bool[B]
    launched: np.ndarray  # bool[B] this slot became a round
    launch_from: np.ndarray  # float64[B, 3] m
    launch_to: np.ndarray  # float64[B, 3] m
    launch_t: np.ndarray  # float64[B, 2] s
    lost: np.ndarray  # bool[A] assets that do not stand any more, as a raid that aims at the living knows


def empty_truth(bodies: int) -> Truth:
    """Truth [bodies] before the first tick."""
    return Truth(
        np.zeros(bodies, np.int8), np.zeros((bodies, 3)), np.zeros((bodies, 3)), np.zeros(bodies, np.int32),
        np.zeros(bodies, np.int32), np.full(bodies, np.inf), np.zeros((bodies, 3)), np.zeros((bodies, 3)), np.zeros((bodies, 2)),
    )  # fmt: skip


def empty_effects(bodies: int, assets: int = 0) -> Effects:
    """An empty inbox for [bodies] and [assets]."""
    return Effects(
        np.zeros(bodies, np.bool_), np.zeros(bodies, np.bool_),
        np.zeros((bodies, 3)), np.zeros((bodies, 3)), np.zeros((bodies, 2)), np.zeros(assets, np.bool_),
    )  # fmt: skip


@part
def apply_effects(effects, truth, t):
    """Take bodies out that were killed, put rounds in that were launched, and empty the inbox."""
    for b in range(truth.status.size):
        if effects.killed[b]:
            effects.killed[b] = False
            if truth.status[b] == FLYING:
                truth.status[b] = KILLED
                truth.t_end[b] = t
        if effects.launched[b]:
            effects.launched[b] = False
            truth.status[b] = FLYING
            truth.round_from[b] = effects.launch_from[b]
            truth.round_to[b] = effects.launch_to[b]
            truth.round_t[b] = effects.launch_t[b]


@jit
def move(bodies, terrain, effects, truth, t):
    """Bring every body to time t (s)."""
    apply_effects(effects, truth, t)
    for b in range(truth.status.size):
        if truth.status[b] > FLYING:
            continue
        if bodies.kind[b] == ROUND:
            if truth.status[b] == FLYING:
                _move_round(truth, b, t)
        elif bodies.arc[b] >= 0:
            _move_arc(bodies, truth, b, t)
        else:
            _move_route(bodies, terrain, effects, truth, b, t)


@part
def aimed_at(bodies, truth, b):
    """The asset that a body is on its way to, -1 for none; routes lead to the assets in turn."""
    if truth.choice[b] == 0:
        return bodies.target[b]
    return (bodies.target[b] + truth.choice[b]) % bodies.choices[b]


@part
def _released(bodies, effects, truth, b):
    """Does the carrier still fly when the route of its weapon begins; if so, take the first route to what still stands."""
    carrier = bodies.carrier[b]
    late = truth.status[carrier] == ARRIVED and truth.t_end[carrier] >= bodies.way_t[bodies.first[b]]
    if truth.status[carrier] != FLYING and not late:
        return False
    for k in range(bodies.choices[b]):
        if bodies.choices[b] > 1 and not effects.lost[(bodies.target[b] + k) % bodies.choices[b]]:
            truth.choice[b] = k
            break
    return True


@part
def _move_round(truth, b, t):
    """A round flies the chord from launcher to aim point at its average speed."""
    t0, t1 = truth.round_t[b, 0], truth.round_t[b, 1]
    if t >= t1:
        truth.status[b] = WAITING  # the slot is free for the next round
        return
    f = max(0.0, (t - t0) / (t1 - t0))
    for i in range(3):
        step = truth.round_to[b, i] - truth.round_from[b, i]
        truth.pos[b, i] = truth.round_from[b, i] + f * step
        truth.vel[b, i] = step / (t1 - t0)


@part
def _move_arc(bodies, truth, b, t):
    """Kepler arc: solve E - e sin E = M by Newton, then position and velocity in the orbit's plane."""
    a = bodies.arc[b]
    t0, t1 = bodies.arc_t[a, 0], bodies.arc_t[a, 1]
    if t < t0:
        return
    if t >= t1:
        truth.status[b] = ARRIVED
        truth.t_end[b] = t1
        return
    truth.status[b] = FLYING
    semi, ecc = bodies.arc_orbit[a, 0], bodies.arc_orbit[a, 1]
    n = math.sqrt(GM / semi**3)
    mean = bodies.arc_orbit[a, 2] + n * (t - t0)
    anomaly = math.pi
    for _ in range(60):
        step = (anomaly - ecc * math.sin(anomaly) - mean) / (1.0 - ecc * math.cos(anomaly))
        anomaly -= step
        if abs(step) < 1e-13:
            break
    root = math.sqrt(1.0 - ecc * ecc)
    along, across = semi * (math.cos(anomaly) - ecc), semi * root * math.sin(anomaly)
    rate = n / (1.0 - ecc * math.cos(anomaly))
    v_along, v_across = -semi * math.sin(anomaly) * rate, semi * root * math.cos(anomaly) * rate
    for i in range(3):
        truth.pos[b, i] = along * bodies.arc_axis[a, 0, i] + across * bodies.arc_axis[a, 1, i]
        truth.vel[b, i] = v_along * bodies.arc_axis[a, 0, i] + v_across * bodies.arc_axis[a, 1, i]


@part
def _move_route(bodies, terrain, effects, truth, b, t):
    """Great circle between two timed waypoints; height linear, above the ground or above the sea."""
    first, count = bodies.first[b], bodies.count[b]
    if count == 0 or t < bodies.way_t[first]:
        return
    if bodies.carrier[b] >= 0:
        if truth.status[b] == WAITING and not _released(bodies, effects, truth, b):
            return
        first += truth.choice[b] * count
    last = first + count - 1
    if t >= bodies.way_t[last]:
        truth.status[b] = ARRIVED
        truth.t_end[b] = bodies.way_t[last]
        return
    truth.status[b] = FLYING
    w = max(truth.leg[b], first)
    while w + 1 < last and t >= bodies.way_t[w + 1]:
        w += 1
    truth.leg[b] = w
    span = bodies.way_t[w + 1] - bodies.way_t[w]
    f = (t - bodies.way_t[w]) / span
    u0, u1 = bodies.way_unit[w], bodies.way_unit[w + 1]
    cos_arc = min(1.0, max(-1.0, u0[0] * u1[0] + u0[1] * u1[1] + u0[2] * u1[2]))
    cross = math.sqrt(max(0.0, 1.0 - cos_arc * cos_arc))
    arc = math.atan2(cross, cos_arc)
    climb = (bodies.way_height[w + 1] - bodies.way_height[w]) / span
    height = bodies.way_height[w] + f * (bodies.way_height[w + 1] - bodies.way_height[w])
    if arc < 1e-12:  # hovering
        p, q, dp, dq = 1.0 - f, f, -1.0 / span, 1.0 / span
    else:
        p, q = math.sin((1.0 - f) * arc) / cross, math.sin(f * arc) / cross
        dp, dq = -math.cos((1.0 - f) * arc) / cross * arc / span, math.cos(f * arc) / cross * arc / span
    if bodies.way_ground[w]:
        up = p * u0[2] + q * u1[2]
        lat = math.asin(min(1.0, max(-1.0, up)))
        lon = math.atan2(p * u0[1] + q * u1[1], p * u0[0] + q * u1[0])
        height += ground_height(terrain, lat, lon)
    radius = EARTH_RADIUS + height
    for i in range(3):
        unit = p * u0[i] + q * u1[i]
        truth.pos[b, i] = radius * unit
        truth.vel[b, i] = radius * (dp * u0[i] + dq * u1[i]) + climb * unit


def minimum_energy_arc(from_unit, to_unit):
    """The slowest vacuum trajectory between two points on the sphere (Bate, Mueller, White 1971, ch. 6).

    Q = 2 sin(psi/2) / (1 + sin(psi/2)), v2 = GM Q / R, launch angle (pi - psi) / 4; no rotation, no drag.
    """
    dot = min(1.0, max(-1.0, (from_unit * to_unit).sum()))
    psi = math.acos(dot)
    half = math.sin(0.5 * psi)
    q = 2.0 * half / (1.0 + half)
    speed = math.sqrt(GM * q / EARTH_RADIUS)
    angle = 0.25 * (math.pi - psi)
    semi = EARTH_RADIUS / (2.0 - q)
    ecc = math.sqrt(max(0.0, 1.0 - q * (2.0 - q) * math.cos(angle) ** 2))
    cos_e = (1.0 - EARTH_RADIUS / semi) / ecc  # at launch and at impact r = R
    start = math.acos(min(1.0, max(-1.0, cos_e)))  # rising: E in (0, pi)
    mean = start - ecc * math.sin(start)
    n = math.sqrt(GM / semi**3)
    duration = 2.0 * (math.pi - mean) / n
    middle = from_unit + to_unit  # apogee lies half way; perigee opposite
    middle = middle / math.sqrt((middle * middle).sum())
    onward = to_unit - from_unit
    onward = onward / math.sqrt((onward * onward).sum())
    axis = np.empty((2, 3))
    axis[0] = -middle
    axis[1] = -onward
    return axis, np.array([semi, ecc, mean]), speed, angle, semi * (1.0 + ecc) - EARTH_RADIUS, duration


@jit
def height_of(pos):
    """Height (m) above the sphere of an earth-centred point."""
    return math.sqrt(pos[0] ** 2 + pos[1] ** 2 + pos[2] ** 2) - EARTH_RADIUS


@jit
def place(latitude, longitude, height):
    """Earth-centred point float64[3]."""
    x, y, z = to_ecef(latitude, longitude, height)
    return np.array([x, y, z])


@jit
def geodetic(pos):
    """Latitude, longitude (rad), height (m) of an earth-centred point float64[3]."""
    return to_geodetic(pos[0], pos[1], pos[2])
