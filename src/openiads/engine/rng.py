"""Keyed random numbers: a draw is a function of its name, never of the order in which draws are made.

Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11). The key is (seed,
replication); the counter is (purpose, entity, entity, ordinal). Entities are 32-bit hashes of scenario names.
"""

from __future__ import annotations

import math

import numpy as np

from openiads.engine.jit import jit

# What a draw is for: the first word of the counter, so that no two uses share a number.
LOOK = np.uint32(1)  # radar, body, scan: detection and measurement noise
REPLY = np.uint32(2)  # radar, body, scan: does the transponder answer
FALSE_PLOT = np.uint32(3)  # radar, ordinal, scan
LINK = np.uint32(4)  # link, message ordinal: is it up
HUMAN = np.uint32(5)  # node, object, request ordinal: time to decide
KILL = np.uint32(6)  # fire unit, body, round ordinal
BASKET = np.uint32(7)  # fire unit, object, round ordinal: which body in the basket is hit
ASSESS = np.uint32(8)  # fire unit, object, round ordinal: is the kill assessment right
CONTACT = np.uint32(9)  # node: does the contact to the authority work in this replication
SITE = np.uint32(10)
TRAFFIC = np.uint32(11)
RAID = np.uint32(12)
SORTIE = np.uint32(13)
DUTY = np.uint32(14)
WINDOW = np.uint32(15)
NOISE = np.uint32(16)  # radar, body, scan: measurement errors
DOPPLER = np.uint32(17)  # radar, body or ordinal, scan: error of a range rate
HIT = np.uint32(18)  # body, asset, leaker or debris: does it hit what it was sent to
SALVO = np.uint32(19)  # fire unit, body, ordinal of its first round: does the whole salvo fail
TAMPERING = np.uint32(20)  # link, frame or ghost: what a compromise does to it

_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint32(0x9E3779B9)
_W1 = np.uint32(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_TO_UNIT = 1.0 / 4294967296.0


@jit
def philox(c0, c1, c2, c3, k0, k1):
    """Philox4x32-10: four 32-bit counter words and two key words give four 32-bit words."""
    c0, c1, c2, c3 = np.uint32(c0), np.uint32(c1), np.uint32(c2), np.uint32(c3)
    k0, k1 = np.uint32(k0), np.uint32(k1)
    for _ in range(10):
        p0 = _M0 * np.uint64(c0)
        p1 = _M1 * np.uint64(c2)
        h0, l0 = np.uint32(p0 >> _SHIFT), np.uint32(p0 & _LOW)
        h1, l1 = np.uint32(p1 >> _SHIFT), np.uint32(p1 & _LOW)
        c0, c1, c2, c3 = h1 ^ c1 ^ k0, l1, h0 ^ c3 ^ k1, l0
        k0 = np.uint32(k0 + _W0)
        k1 = np.uint32(k1 + _W1)
    return c0, c1, c2, c3


@jit
def unit(word):
    """A 32-bit word as a number in (0, 1), never 0 or 1."""
    return (np.float64(word) + 0.5) * _TO_UNIT


@jit
def uniforms(key, purpose, a, b, ordinal):
    """Four uniforms in (0, 1) for one name; key uint32[2] = (seed, replication)."""
    w0, w1, w2, w3 = philox(purpose, a, b, ordinal, key[0], key[1])
    return unit(w0), unit(w1), unit(w2), unit(w3)


@jit
def uniform(key, purpose, a, b, ordinal):
    """One uniform in (0, 1) for one name."""
    w0, _, _, _ = philox(purpose, a, b, ordinal, key[0], key[1])
    return unit(w0)


@jit
def normals(u0, u1):
    """Two standard normals from two uniforms (Box and Muller 1958)."""
    radius = math.sqrt(-2.0 * math.log(u0))
    angle = 2.0 * math.pi * u1
    return radius * math.cos(angle), radius * math.sin(angle)


@jit
def uniform_table(key, purpose, a, b, count):
    """Uniforms [count, 4]: row i is the draw with ordinal i."""
    out = np.empty((count, 4))
    for i in range(count):
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = uniforms(key, purpose, a, b, i)
    return out
