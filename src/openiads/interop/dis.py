"""Entity State PDUs of DIS (IEEE 1278.1-1995, -1998 and -2012: versions 5 to 7) to columns and back. docs/dis.md.

A PDU of another type is skipped by its length; what can not be read is a DisError with its offset, nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from openiads.errors import OpenIadsError

TYPE, FAMILY, ASCII = 1, 1, 1  # an Entity State PDU, its family (entity information), its character set
VERSIONS = (5, 6, 7)  # one layout
_KIND: Any = (
    [(name, "u1") for name in ("kind", "domain")] + [("country", ">u2")]
    + [(name, "u1") for name in ("category", "subcategory", "specific", "extra")]
)  # fmt: skip
# Metres, m/s, radians; earth-centred axes of WGS-84
STATE = np.dtype([
    ("version", "u1"), ("exercise", "u1"), ("type", "u1"), ("family", "u1"),
    ("timestamp", ">u4"),  # past the hour: 2^31 units, shifted by one bit that is 1 if it is absolute
    ("length", ">u2"), ("status", ">u2"),  # padding before version 7
    ("entity", ">u2", 3),  # site, application, entity
    ("force", "u1"),  # 0 other, 1 friendly, 2 opposing, 3 neutral
    ("parameters", "u1"),  # how many
    ("kind", _KIND), ("alternative", _KIND),
    ("velocity", ">f4", 3), ("location", ">f8", 3), ("orientation", ">f4", 3),  # orientation: psi, theta, phi
    ("appearance", ">u4"),
    ("algorithm", "u1"), ("other", "u1", 15), ("acceleration", ">f4", 3), ("rate", ">f4", 3),  # of dead reckoning
    ("characters", "u1"), ("marking", "S11"), ("capabilities", ">u4"),
])  # fmt: skip
_HEAD, _PARAMETER = 12, 16  # octets of a header, and of an articulated or attached part
_FIXED = {"version": 6, "exercise": 1, "type": TYPE, "family": FAMILY, "length": STATE.itemsize, "characters": ASCII}


class DisError(OpenIadsError):
    """Bytes that are no PDU, or values that fit none."""


class Decoded(NamedTuple):
    """Entity states in order, the octets of their parameters, and how many PDUs of another type stood between them."""

    states: np.ndarray  # STATE[n]
    parameters: list[bytes]
    skipped: int


def entity_states(count: int, **columns: Any) -> np.ndarray:
    """STATE[count] with columns of one's own, `kind` as [count, 7]; the rest is 0, version 6, exercise 1, ASCII."""
    out = np.zeros(count, STATE)
    for name, given in (_FIXED | columns).items():
        if name not in (STATE.names or ()):
            raise DisError(f"no column '{name}'; accepted: {', '.join(STATE.names or ())}")
        if name in ("kind", "alternative"):
            parts = np.asarray(given)
            for k, part in enumerate(STATE[name].names or ()):
                out[name][part] = _fitting(f"{name}.{part}", parts[..., k], STATE[name][part])
        else:
            out[name] = _fitting(name, given, STATE[name].base)
    return out


def _fitting(name: str, given: Any, wanted: np.dtype[Any]) -> np.ndarray:
    """Values of a column, refused where a field can not hold them."""
    values = np.asarray(given)
    if wanted.kind == "S":
        texts = np.char.encode(values, "ascii", "replace") if values.dtype.kind == "U" else values
        if texts.dtype.kind != "S" or np.char.str_len(texts).max(initial=0) > wanted.itemsize:
            raise DisError(f"{name}: text of up to {wanted.itemsize} characters is accepted")
        return texts
    if wanted.kind == "u":
        low, high = 0.0, float(np.iinfo(wanted).max)
        whole = values.dtype.kind in "iub"
    else:
        high = float(np.finfo(wanted).max)
        low, whole = -high, values.dtype.kind in "iuf"
    if not whole or not np.all((values >= low) & (values <= high)):
        raise DisError(f"{name}: {'whole ' if wanted.kind == 'u' else ''}numbers of {low:g} to {high:g} are accepted")
    return values


def encode(states: np.ndarray, parameters: Sequence[bytes] | None = None) -> bytes:
    """Bytes of the PDUs, one after the other; lengths and the counts of the parameters are set."""
    pdus = states.astype(STATE)
    pdus["length"], pdus["parameters"] = STATE.itemsize, 0
    if parameters is None or not any(parameters):
        return pdus.tobytes()
    counts = np.array([len(p) for p in parameters])
    if len(counts) != len(pdus) or np.any(counts % _PARAMETER) or np.any(counts > 255 * _PARAMETER):
        raise DisError(f"parameters: {len(pdus)} times up to 255 times {_PARAMETER} octets are accepted")
    pdus["length"] += counts.astype(np.uint16)
    pdus["parameters"] = counts // _PARAMETER
    return b"".join(pdu.tobytes() + more for pdu, more in zip(pdus, parameters, strict=True))


def decode(data: bytes) -> Decoded:
    """Every Entity State PDU of data."""
    if data and len(data) % STATE.itemsize == 0:
        states = np.frombuffer(data, STATE)
        if _plain(states):
            return Decoded(states, [b""] * len(states), 0)
    found, parameters, skipped, at = [], [], 0, 0
    while at < len(data):
        length = _length(data, at)
        if data[at + 2] == TYPE:
            found.append(data[at : at + STATE.itemsize])
            parameters.append(bytes(data[at + STATE.itemsize : at + length]))
        else:
            skipped += 1
        at += length
    return Decoded(np.frombuffer(b"".join(found), STATE), parameters, skipped)


def _plain(states: np.ndarray) -> bool:
    """Entity states of this layout throughout, none with parameters."""
    right = (states["type"] == TYPE) & (states["length"] == STATE.itemsize) & (states["parameters"] == 0)
    return bool(np.all(right & np.isin(states["version"], VERSIONS)))


def _length(data: bytes, at: int) -> int:
    """Octets of the PDU at an offset."""
    left = len(data) - at
    if left < _HEAD:
        raise DisError(f"offset {at}: {left} octets are left, a header has {_HEAD}")
    length = int.from_bytes(data[at + 8 : at + 10], "big")
    if not _HEAD <= length <= left:
        raise DisError(f"offset {at}: length {length}; {_HEAD} to {left} octets are there")
    if data[at + 2] != TYPE:
        return length
    if data[at] not in VERSIONS:
        raise DisError(f"offset {at}: version {data[at]}; accepted are 5, 6 and 7")
    if length < STATE.itemsize or length != STATE.itemsize + _PARAMETER * data[at + 19]:
        raise DisError(
            f"offset {at}: length {length}; an entity state has {STATE.itemsize}, each parameter {_PARAMETER} more"
        )
    return length
