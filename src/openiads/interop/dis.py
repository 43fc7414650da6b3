"""Entity State PDUs of DIS (IEEE 1278.1-1995 and -2012, versions 5 to 7) to bytes and back. docs/dis.md.

A PDU of another type is skipped by its length; what can not be read is a DisError with its offset, nothing else.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any, NamedTuple

from openiads.errors import OpenIadsError

TYPE, FAMILY = 1, 1  # of an Entity State PDU, and of its family (entity information)
VERSIONS = (5, 6, 7)  # 1278.1-1995, 1278.1A-1998, 1278.1-2012: one layout
_HEAD = struct.Struct(">BBBBIHH")  # version, exercise, type, family, timestamp, length, padding (7: status)
# ... site, application, entity; force, parameters; two types; velocity; location; orientation; appearance; dead reckoning:
# algorithm, other, acceleration, rate; marking: character set, text; capabilities
_STATE = struct.Struct(">BBBBIHH 3H BB BBHBBBB BBHBBBB 3f 3d 3f I B15s3f3f B11s I")
_PARAMETER = 16  # octets of an articulation or attached part
_LONGEST = 255


class DisError(OpenIadsError):
    """Bytes that are no PDU, or values that fit none."""


class EntityState(NamedTuple):
    """One Entity State PDU: metres, m/s, radians, earth-centred axes of WGS-84."""

    entity: tuple[int, int, int]  # site, application, entity
    force: int  # 0 other, 1 friendly, 2 opposing, 3 neutral
    kind: tuple[int, int, int, int, int, int, int]  # kind, domain, country, category, subcategory, specific, extra
    location: tuple[float, float, float]
    velocity: tuple[float, float, float] = (0.0, 0.0, 0.0)
    orientation: tuple[float, float, float] = (0.0, 0.0, 0.0)  # psi, theta, phi
    timestamp: int = 0  # past the hour, in 2^-31 h, times two; odd if it is absolute
    marking: str = ""  # at most 11 characters
    algorithm: int = 0  # of dead reckoning; 2 goes on in a straight line
    acceleration: tuple[float, float, float] = (0.0, 0.0, 0.0)
    rate: tuple[float, float, float] = (0.0, 0.0, 0.0)
    alternative: tuple[int, int, int, int, int, int, int] = (0, 0, 0, 0, 0, 0, 0)
    appearance: int = 0
    capabilities: int = 0
    exercise: int = 1
    version: int = 6
    status: int = 0  # padding before version 7
    characters: int = 1  # 1 is ASCII
    other: bytes = bytes(15)  # parameters of dead reckoning
    parameters: bytes = b""  # articulated and attached parts, 16 octets each


def encode(states: Iterable[EntityState]) -> bytes:
    """Bytes of the PDUs, one after the other."""
    return b"".join(map(_encode, states))


def _encode(s: EntityState) -> bytes:
    count, rest = divmod(len(s.parameters), _PARAMETER)
    try:
        marking = s.marking.encode("latin-1")
        if rest or count > _LONGEST or len(marking) > 11 or len(s.other) != 15 or s.version not in VERSIONS:
            raise DisError(
                f"entity {s.entity}: version {s.version}, marking {s.marking!r}, {len(s.other)} octets of dead reckoning, "
                f"{len(s.parameters)} of parameters; accepted are versions 5 to 7, 11 characters, 15 octets, up to 255 times 16"
            )
        return (
            _STATE.pack(
                s.version, s.exercise, TYPE, FAMILY, s.timestamp, _STATE.size + len(s.parameters), s.status, *s.entity,
                s.force, count, *s.kind, *s.alternative, *s.velocity, *s.location, *s.orientation, s.appearance, s.algorithm,
                s.other, *s.acceleration, *s.rate, s.characters, marking, s.capabilities,
            )
            + s.parameters
        )  # fmt: skip
    except (struct.error, OverflowError, UnicodeEncodeError) as error:
        raise DisError(f"entity {s.entity}: a value does not fit its field: {error}") from None


def decode(data: bytes) -> list[EntityState]:
    """Every Entity State PDU of data, in order."""
    out, at, end = [], 0, len(data)
    while at < end:
        if end - at < _HEAD.size:
            raise DisError(f"offset {at}: {end - at} octets are left, a header has {_HEAD.size}")
        version, _, kind, _, _, length, _ = _HEAD.unpack_from(data, at)
        if not _HEAD.size <= length <= end - at:
            raise DisError(f"offset {at}: length {length}; {_HEAD.size} to {end - at} are accepted")
        if kind == TYPE:
            if version not in VERSIONS:
                raise DisError(f"offset {at}: version {version}; accepted are 5, 6 and 7")
            if length < _STATE.size or length != _STATE.size + _PARAMETER * data[at + 19]:
                raise DisError(
                    f"offset {at}: length {length}; an entity state has {_STATE.size} octets and {_PARAMETER} a parameter"
                )
            out.append(_decoded(_STATE.unpack_from(data, at), bytes(data[at + _STATE.size : at + length])))
        at += length
    return out


def _decoded(v: tuple[Any, ...], parameters: bytes) -> EntityState:
    return EntityState(
        v[7:10], v[10], v[12:19], v[29:32], v[26:29], v[32:35], v[4], v[45].rstrip(b"\0").decode("latin-1"), v[36],
        v[38:41], v[41:44], v[19:26], v[35], v[46], v[1], v[0], v[6], v[44], v[37], parameters,
    )  # fmt: skip
