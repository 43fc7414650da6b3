"""Which rows of a picture show one object, and what they tell each other. docs/equations/network.md."""

from __future__ import annotations

import math

import numpy as np

from openiads.engine.jit import part
from openiads.engine.network.bundles import ASSUMED_FRIEND, FRIEND, HOSTILE, NEUTRAL, PENDING, SUSPECT

_SAME_SIGMAS = 3.0  # two tracks of two nodes are one object within this many sigmas ...
_SAME_FLOOR = 1_000.0  # ... plus registration between nodes (m)
_SAME_CAP = 12_000.0  # m
_SAME_SPEED = 150.0  # m/s


@part
def correlate(pictures, n):
    """Mark each received row that shows an object which an earlier row shows; the earlier row learns its identity.

    Nearest neighbour within a gate, by a sweep along one axis; two tracks of one origin are never one object.
    """
    rows = pictures.valid.shape[1]
    own = pictures.held.shape[1]
    index = np.empty(rows, np.int64)
    count = 0
    for p in range(rows):
        if pictures.valid[n, p]:
            index[count] = p
            count += 1
            if p < own:
                pictures.told[n, p] = PENDING
    along = np.empty(count)
    for i in range(count):
        along[i] = pictures.x[n, index[i], 0]
    order = np.argsort(along, kind="mergesort")
    place = np.empty(rows, np.int64)
    for i in range(count):
        place[index[order[i]]] = i
    for i in range(count):
        p = index[i]
        if p < own:
            continue
        best, nearest = -1, math.inf
        for direction in (-1, 1):
            j = place[p] + direction
            while 0 <= j < count and abs(along[order[j]] - pictures.x[n, p, 0]) < _SAME_CAP:
                q = index[order[j]]
                j += direction
                if q >= p or (q >= own and (pictures.origin[n, q, 0] == pictures.origin[n, p, 0])):
                    continue
                far = gap(pictures, n, p, q)
                if far < nearest:
                    best, nearest = q, far
        if best >= own and pictures.same[n, best] >= 0:
            best = pictures.same[n, best]
        pictures.same[n, p] = best
        if best >= 0 and _outranks(pictures.told[n, p], pictures.told[n, best]):
            pictures.told[n, best], pictures.teller[n, best] = pictures.told[n, p], pictures.teller[n, p]


@part
def gap(pictures, n, p, q):
    """Distance between two rows in units of their gate; infinite outside it."""
    far, fast = 0.0, 0.0
    for i in range(3):
        far += (pictures.x[n, p, i] - pictures.x[n, q, i]) ** 2
        fast += (pictures.x[n, p, i + 3] - pictures.x[n, q, i + 3]) ** 2
    sigma = math.sqrt(pictures.sigma[n, p] ** 2 + pictures.sigma[n, q] ** 2)
    gate = min(_SAME_CAP, _SAME_SIGMAS * sigma + _SAME_FLOOR)
    if far > gate * gate or fast > _SAME_SPEED * _SAME_SPEED:
        return math.inf
    return math.sqrt(far) / gate


@part
def _outranks(new, old):
    """Friend outranks hostile outranks neutral outranks the rest: a positive reply is the strongest evidence."""
    return _rank(new) > _rank(old)


@part
def _rank(identity):
    if identity == FRIEND:
        return 6
    if identity == ASSUMED_FRIEND:
        return 5
    if identity == NEUTRAL:
        return 4
    if identity == HOSTILE:
        return 3
    return identity if identity != SUSPECT else 2
