"""The compiled loops. All in one file, since numba's cache follows the file of a kernel and no other (numba#1833).

`scan` walks blocks and records and notes where each unit begins; the others read fields from those places.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numba
import numpy as np
from numba.extending import register_jitable

NONE, FIXED, EXTENDED, REPEATED, CHAINED, EXPLICIT, COMPOUND = range(7)  # kinds of item

(
    READ, HEADER, SHORT, LONG, CATEGORY, EMPTY, FSPEC, NOTHING, UNDEFINED, TRUNCATED, EXTENSION, SUBFIELD, LENGTH
) = range(13)  # fmt: skip

REASONS = (
    "", "block header cut off", "block length below 3", "block longer than the data", "unknown category",
    "block without records", "field specification too long", "record without items", "undefined item",
    "cut off at the end of the block", "extension beyond the last one", "undefined subfield", "explicit length of 0",
)  # fmt: skip

TILE = 1024  # records whose octets and places stay in the cache while their columns are read


class Walk(NamedTuple):
    """What `scan` writes. E: units, R: records, B: blocks; each capacity follows from the number of bytes."""

    event: np.ndarray  # uint32[E] unit << 16 | octets after the beginning of its record
    used: np.ndarray  # uint8[units] has it been met?
    start: np.ndarray  # int64[R] first octet of each record
    stop: np.ndarray  # int64[R] the octet after it
    first: np.ndarray  # int64[R + 1] first event of each record
    block: np.ndarray  # int32[R] its block
    category: np.ndarray  # uint8[R]
    refused: np.ndarray  # int64[B, 5] first octet, octets, reason, octet at fault, node that was being read or -1


def walk(size: int, units: int) -> Walk:
    """Room for `size` bytes; pages that are not written are never made."""
    records, blocks = size // 2 + 1, size // 3 + 2
    return Walk(
        np.empty(size + 1, np.uint32), np.zeros(units, np.uint8), np.empty(records, np.int64),
        np.empty(records, np.int64), np.empty(records + 1, np.int64), np.empty(records, np.int32), np.empty(records, np.uint8),
        np.empty((blocks, 5), np.int64),
    )  # fmt: skip


_PLAIN: Any = {"nogil": True, "error_model": "numpy", "_nrt": False}


def _jit(function: Callable[..., Any]) -> Any:
    """Compile a kernel that allocates nothing: references to its arrays are not counted, which took 0.35 us a record."""
    try:
        return numba.njit(cache=True, **_PLAIN)(function)
    except RuntimeError:  # no folder of this machine takes a cache: compile for this process alone
        return numba.njit(**_PLAIN)(function)


def _part(function: Callable[..., Any]) -> Any:
    return register_jitable(no_cpython_wrapper=True, no_cfunc_wrapper=True, **_PLAIN)(function)


@_part
def _specification(data, p, end, most):
    """Octets of the field specification at p, 0 if it is cut off, -1 if it has more than `most` of them."""
    q = p
    while q < end:
        q += 1
        if not data[q - 1] & 1:
            return q - p if q - p <= most else -1
    return 0 if q - p <= most else -1


@_part
def _leaf(data, q, end, nodes, at, base, out, e):
    """Read over an item or subfield that is not compound: what is next, events, reason."""
    kind, size, unit = nodes[at, 0], nodes[at, 1], nodes[at, 2]
    if kind == FIXED:
        out[e] = unit << 16 | (q - base)
        q += size
        return q, e + 1, READ if q <= end else TRUNCATED
    if kind == NONE:
        return q, e, UNDEFINED
    if q >= end:
        return q, e, TRUNCATED
    if kind == EXTENDED:
        more = True
        for k in range(size):
            if q >= end:
                return q, e, TRUNCATED
            out[e] = (unit + k) << 16 | (q - base)
            e += 1
            q += 1
            more = data[q - 1] & 1 != 0
            if not more:
                break
        return q, e, EXTENSION if more else READ
    out[e] = unit << 16 | (q - base)
    if kind == REPEATED:
        q += 1 + size * data[q]
    elif kind == EXPLICIT:
        if data[q] == 0:
            return q, e, LENGTH
        q += data[q]
    else:  # CHAINED
        q += size
        while q <= end and data[q - 1] & 1:
            q += size
    return q, e + 1, READ if q <= end else TRUNCATED


@_part
def _compound(data, q, end, nodes, at, base, out, e):
    """Read over a compound item: what is next, events, reason, node at fault."""
    first, count = nodes[at, 3], nodes[at, 4]
    out[e] = nodes[at, 2] << 16 | (q - base)
    e += 1
    octets = _specification(data, q, end, (count + 6) // 7)
    if octets <= 0:
        return q, e, TRUNCATED if octets == 0 else FSPEC, at
    begin = q
    q += octets
    for k in range(octets):
        bits = data[begin + k]
        for j in range(7):
            if bits & (0x80 >> j):
                child = 7 * k + j
                if child >= count:
                    return q, e, SUBFIELD, at
                q, e, reason = _leaf(data, q, end, nodes, first + child, base, out, e)
                if reason != READ:
                    return q, e, SUBFIELD if reason == UNDEFINED else reason, first + child
    return q, e, READ, at


@_part
def _record(data, base, end, first, count, nodes, out, e):
    """Read over one record: what is next, events, reason, node at fault or -1."""
    octets = _specification(data, base, end, (count + 6) // 7)
    if octets <= 0:
        return base, e, TRUNCATED if octets == 0 else FSPEC, -1
    q, begin = base + octets, e
    for k in range(octets):
        bits = data[base + k]
        for j in range(7):
            if bits & (0x80 >> j):
                item = 7 * k + j
                if item >= count:
                    return q, e, UNDEFINED, -1
                at = first + item
                reason = READ
                if nodes[at, 0] == FIXED:  # most of them: not worth a call
                    out[e] = nodes[at, 2] << 16 | (q - base)
                    e += 1
                    q += nodes[at, 1]
                    if q > end:
                        return q, e, TRUNCATED, at
                elif nodes[at, 0] == COMPOUND:
                    q, e, reason, at = _compound(data, q, end, nodes, at, base, out, e)
                else:
                    q, e, reason = _leaf(data, q, end, nodes, at, base, out, e)
                if reason != READ:
                    return q, e, reason, at
    return q, e, NOTHING if e == begin else READ, -1


@_part
def _refuse(walk, refusals, at, octets, reason, fault, node):
    """Note a stretch that is not read."""
    walk.refused[refusals, 0] = at
    walk.refused[refusals, 1] = octets
    walk.refused[refusals, 2] = reason
    walk.refused[refusals, 3] = fault
    walk.refused[refusals, 4] = node
    return refusals + 1


@_jit
def scan(data, size, roots, nodes, walk):
    """Walk all blocks of data[:size]; numbers of records, events, refusals, blocks. data has 8 octets more."""
    at, records, events, refusals, blocks = 0, 0, 0, 0, 0
    while at < size:
        length = np.int64(data[at + 1]) << 8 | data[at + 2]
        reason = HEADER if size - at < 3 else SHORT if length < 3 else LONG if at + length > size else READ
        if reason != READ:  # nothing says where the next block begins
            refusals = _refuse(walk, refusals, at, size - at, reason, at, -1)
            break
        first, count, end, p = roots[data[at], 0], roots[data[at], 1], at + length, at + 3
        if count == 0 or length == 3:
            refusals = _refuse(walk, refusals, at, length, CATEGORY if count == 0 else EMPTY, at, -1)
            p = end
        while p < end:
            q, e, reason, node = _record(data, p, end, first, count, nodes, walk.event, events)
            if reason != READ:
                refusals = _refuse(walk, refusals, p, end - p, reason, min(q, end), node)
                break
            for i in range(events, e):
                walk.used[walk.event[i] >> 16] = 1
            walk.start[records], walk.stop[records], walk.first[records] = p, q, events
            walk.block[records], walk.category[records] = blocks, data[at]
            records += 1
            p, events = q, e
        at = end
        blocks += 1
    walk.first[records] = events
    return records, events, refusals, blocks


@_jit
def place(walk, rows, slot, out):
    """out[slot of the unit, i] (uint16): octets from the beginning of record rows[i] to the unit, 0 for absent."""
    for i in range(rows.size):
        for e in range(walk.first[rows[i]], walk.first[rows[i] + 1]):
            out[slot[walk.event[e] >> 16], i] = walk.event[e] & 0xFFFF


@_part
def _turned(w):
    """A word with its octets in the other order."""
    w = (w & np.uint64(0x00FF00FF00FF00FF)) << np.uint64(8) | (w >> np.uint64(8)) & np.uint64(0x00FF00FF00FF00FF)
    w = (w & np.uint64(0x0000FFFF0000FFFF)) << np.uint64(16) | (w >> np.uint64(16)) & np.uint64(0x0000FFFF0000FFFF)
    return w << np.uint64(32) | w >> np.uint64(32)


@_jit
def numbers(words, start, places, fields, lsb, absent, scratch, out):
    """out[c, i]: field c of record i. words[p]: octets p to p + 7; fields: slot, octet, lead, bits, signed.

    Fields of one word stand beside each other: it is read once for all of them (scratch, uint64[TILE]).
    """
    for begin in range(0, start.size, scratch.size):
        count = min(scratch.size, start.size - begin)
        for c in range(fields.shape[0]):
            place = places[fields[c, 0], begin : begin + count]
            if c == 0 or fields[c, 0] != fields[c - 1, 0] or fields[c, 1] != fields[c - 1, 1]:
                first, octet = start[begin : begin + count], fields[c, 1]
                for i in range(count):
                    word = _turned(words[first[i] + place[i] + octet])
                    scratch[i] = word if place[i] else np.uint64(0)
            lead, tail, factor = np.uint64(fields[c, 2]), np.uint64(64 - fields[c, 3]), lsb[c]
            column = out[c, begin : begin + count]
            if fields[c, 4]:
                for i in range(count):
                    value = np.int64(scratch[i] << lead) >> np.int64(tail)
                    column[i] = value * factor if place[i] else absent
            else:
                for i in range(count):
                    value = np.int64(scratch[i] << lead >> tail)
                    column[i] = value * factor if place[i] else absent


@_jit
def text(data, start, place, octet, six, out):
    """out[i, k] (uint8): characters of 6 or 8 bits without the blanks at the end."""
    width = out.shape[1]
    for i in range(start.size):
        if place[i] == 0:
            continue
        p, last = start[i] + place[i] + octet, -1
        for k in range(width):
            if six:
                bit = 6 * k
                pair = np.int64(data[p + bit // 8]) << 8 | data[p + bit // 8 + 1]
                code = pair >> (10 - bit % 8) & 63
                code = code + 64 if code < 32 else code
            else:
                code = np.int64(data[p + k])
            out[i, k] = code
            if code != 32 and code != 0:
                last = k
        for k in range(last + 1, width):
            out[i, k] = 0


@_jit
def repetitions(data, start, place, kind, size, out):
    """out[i + 1] - out[i] (int64): repetitions in record i, or octets of an explicit item."""
    for i in range(start.size):
        p, count = start[i] + place[i], 0
        if place[i] and kind == CHAINED:
            count = 1
            while data[p + size * count - 1] & 1:
                count += 1
        elif place[i]:
            count = np.int64(data[p]) - (kind == EXPLICIT)
        out[i + 1] = out[i] + count


@_jit
def elements(start, place, offsets, lead, size, out):
    """out[j] (int64): first octet of each repetition."""
    for i in range(start.size):
        for j in range(offsets[i], offsets[i + 1]):
            out[j] = start[i] + place[i] + lead + size * (j - offsets[i])
