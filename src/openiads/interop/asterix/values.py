"""Values of columns to bits; what does not fit is an EncodeError."""

from __future__ import annotations

import numpy as np

from openiads.interop.asterix.errors import EncodeError
from openiads.interop.asterix.spec import Field
from openiads.interop.asterix.table import Table

_BLANK = 32


def write(out: np.ndarray, at: np.ndarray, table: Table, field: Field, rows: np.ndarray) -> None:
    """Write a field of rows of its column into units that begin at `at`; a flag left out is 0."""
    item, values = field.key.removesuffix(field.name).rstrip("."), table.columns.get(field.key)
    given = table.present.get(field.key)
    lacking = values is None or (given is not None and field.key not in table.offsets and not given[rows].all())
    if lacking and (field.lsb or field.text):
        raise EncodeError(table.spec.label(item or field.name), field.name, None, accepted(field))
    if values is None:
        return
    chosen = values[rows]
    if field.text:
        _write_text(out, at, table.spec.label(item), field, chosen)
        return
    raw = _raw(table.spec.label(item), field, chosen)
    put(out, at, field.bit, field.bits, np.where(given[rows], raw, 0) if lacking and given is not None else raw)


def put(out: np.ndarray, at: np.ndarray, bit: int, bits: int, raw: np.ndarray) -> None:
    """Set bits of out (uint8), counted from the octets `at`, to whole numbers (two's complement)."""
    lead = bit % 8
    octets = (lead + bits + 7) // 8
    word = raw.astype(np.int64).view(np.uint64) & np.uint64((1 << bits) - 1)
    word = word << np.uint64(8 * octets - lead - bits)
    for k in range(octets):
        out[at + (bit // 8 + k)] |= (word >> np.uint64(8 * (octets - 1 - k))).astype(np.uint8)


def accepted(field: Field) -> str:
    """What a field takes, in words."""
    if field.kind == "a":
        return f"{field.bits // 8} characters of 8 bits"
    if field.kind == "i":
        return f"{field.bits // 6} characters, A to Z, 0 to 9 and blank"
    low, high = field.limits()
    if field.lsb:
        return f"{low * field.lsb:.10g} to {high * field.lsb:.10g} {field.measure}".removesuffix(" 1")
    return f"{low:04o} to {high:04o} (octal)" if field.kind == "o" else f"{low} to {high}"


def _raw(item: str, field: Field, values: np.ndarray) -> np.ndarray:
    """Whole numbers of a column, int64."""
    low, high = field.limits()
    if values.dtype.kind in "iub":
        raw = np.rint(values / field.lsb) if field.lsb else values
        wrong = (raw < low) | (raw > high)
    elif values.dtype.kind == "f":
        raw = np.rint(values / field.lsb if field.lsb else values)
        wrong = ~((raw >= low) & (raw <= high))
        if not field.lsb:
            wrong |= raw != values
    else:
        raise EncodeError(item, field.name, values[0] if len(values) else None, accepted(field))
    if wrong.any():
        raise EncodeError(item, field.name, values[wrong][0].item(), accepted(field))
    return raw.astype(np.int64)


def _write_text(out: np.ndarray, at: np.ndarray, item: str, field: Field, values: np.ndarray) -> None:
    """Write characters, filled up with blanks."""
    width = field.bits // (6 if field.kind == "i" else 8)
    try:
        octets = np.char.encode(values, "latin-1") if values.dtype.kind == "U" else values.astype(np.bytes_)
        wrong: np.ndarray = np.asarray(np.char.str_len(octets) > width)
    except (UnicodeEncodeError, TypeError, ValueError):
        raise EncodeError(item, field.name, values.tolist()[:3], accepted(field)) from None
    if not wrong.any():
        codes = octets.astype(f"S{width}").view(np.uint8).reshape(len(values), width)
        behind = ~np.logical_or.accumulate(codes[:, ::-1] != 0, axis=1)[:, ::-1]
        codes = np.where(behind, _BLANK, codes)
        if field.kind == "a":
            for k in range(width):
                out[at + (field.bit // 8 + k)] = codes[:, k]
            return
        wrong = np.any((codes < 32) | (codes > 95), axis=1)
    if wrong.any():
        raise EncodeError(item, field.name, octets[wrong][0].decode("latin-1"), accepted(field))
    word = np.zeros(len(values), np.int64)
    for k in range(width):
        word = word << 6 | (codes[:, k].astype(np.int64) & 63)
    put(out, at, field.bit, field.bits, word)
