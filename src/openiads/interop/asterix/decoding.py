"""Bytes to columns."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from openiads.interop.asterix import kernels
from openiads.interop.asterix.errors import DecodeError
from openiads.interop.asterix.spec import Book, Field, Spec, Unit, book, chosen
from openiads.interop.asterix.table import Decoded, Refused, Table

_KEPT = 1 << 20  # octets of data for which a thread keeps the scratch memory of its last call: pages take time to make
_PAD = 8  # octets behind the data, so that a field is read as one word wherever it stands


@dataclass(frozen=True)
class Plan:
    """Which units a category uses, and its scalar fields by the type of their column."""

    slot: np.ndarray  # int64[units of the book] row of `places`
    units: tuple[Unit, ...]  # in the order of the rows
    groups: tuple[Group, ...]
    texts: tuple[Field, ...]
    many: tuple[int, ...]  # rows of the units that repeat or are explicit


@dataclass(frozen=True)
class Group:
    """Fields of one type of column."""

    dtype: type
    fields: tuple[Field, ...]
    where: np.ndarray  # int64[c, 5] row of `places`, octet, lead bits, bits, signed?
    lsb: np.ndarray  # float64[c] or int64[c]


def decode(data: bytes, editions: Mapping[int, str] | None = None, strict: bool = False) -> Decoded:
    """Records of any number of data blocks as one table for each category; never fails unless `strict`.

    `editions` names other editions than the newest: {48: "1.15"} (ValueError for unknown ones). What can not be read
    is refused with a reason: a block as a whole, or the rest of a block from the first record on that is bad.
    With `strict` the first refusal is raised as DecodeError. Units: those of EUROCONTROL-SPEC-0149.
    """
    tables = book(chosen(editions))
    size = len(data)
    octets, walk = _scratch(size, tables.units)
    octets[:size] = np.frombuffer(data, np.uint8)
    octets[size:] = 0
    records, _, refusals, blocks = kernels.scan(octets, size, tables.roots, tables.nodes, walk)
    refused = _refused(walk.refused[:refusals], tables)
    if strict and refusals:
        first = next(iter(refused))
        raise DecodeError(first.at, first.item, first.reason)
    category = walk.category[:records]
    found = {}
    for spec, first_unit in zip(tables.specs, tables.first_unit, strict=True):
        used = walk.used[first_unit : first_unit + len(spec.units)]
        if used.any():
            rows = np.flatnonzero(category == spec.category)
            if len(rows):
                found[spec.category] = _table(
                    octets, walk, rows, spec, _plan(spec, first_unit, tables.units, used.tobytes())
                )
    return Decoded(found, refused, int(blocks))


_local = threading.local()


def _scratch(size: int, units: int) -> tuple[np.ndarray, kernels.Walk]:
    """Room for the data with what stands behind it, and for the walk; what is read from it is copied."""
    if size > _KEPT:
        return np.empty(size + _PAD, np.uint8), kernels.walk(size, units)
    if not hasattr(_local, "kept"):
        _local.kept = np.empty(_KEPT + _PAD, np.uint8), kernels.walk(_KEPT, 0)
    octets, walk = _local.kept
    return octets[: size + _PAD], walk._replace(used=np.zeros(units, np.uint8))


def _refused(rows: np.ndarray, tables: Book) -> Refused:
    reasons = tuple(kernels.REASONS[k] for k in rows[:, 2].tolist())
    items = tuple(tables.names[k] if k >= 0 else "" for k in rows[:, 4].tolist())
    return Refused(rows[:, 0].copy(), rows[:, 1].copy(), reasons, rows[:, 3].copy(), items)


@lru_cache(maxsize=256)
def _plan(spec: Spec, first_unit: int, units: int, used: bytes) -> Plan:
    """The fields of the units that are used; a stream of one sensor has few such sets."""
    slot = np.zeros(units, np.int64)
    kept = [k for k, flag in enumerate(used) if flag]
    slot[[first_unit + k for k in kept]] = np.arange(len(kept))
    many = tuple(row for row, k in enumerate(kept) if spec.units[k].kind in _MANY)
    scalars = [(row, field) for row, k in enumerate(kept) if row not in many for field in spec.units[k].fields]
    return Plan(
        slot,
        tuple(spec.units[k] for k in kept),
        _groups([(row, 0, field) for row, field in scalars if not field.text]),
        tuple(field for _, field in scalars if field.text),
        many,
    )


_MANY = (kernels.REPEATED, kernels.CHAINED, kernels.EXPLICIT)


def _groups(fields: list[tuple[int, int, Field]]) -> tuple[Group, ...]:
    """Fields, each with its row of places and the octets to go back, by type of column."""
    groups = []
    for dtype in (np.int32, np.int64, np.float64):
        mine = [(row, back, field) for row, back, field in fields if column_type(field) is dtype]
        if mine:
            where, base = [], (-1, 0)
            for row, back, f in mine:
                if base[0] != row or f.bit + f.bits > 8 * base[1] + 64:
                    base = (row, f.bit // 8)  # the word that this field and its neighbours are read from
                where.append((row, base[1] - back, f.bit - 8 * base[1], f.bits, f.kind == "s"))
            factors = [field.lsb or 1 for *_, field in mine]
            kind = np.float64 if dtype is np.float64 else np.int64
            groups.append(Group(dtype, tuple(f for *_, f in mine), np.array(where, np.int64), np.array(factors, kind)))
    return tuple(groups)


def column_type(field: Field) -> type:
    """Type of the column of a field that is no text."""
    return np.float64 if field.lsb else np.int32 if field.bits < 32 else np.int64


def _table(octets: np.ndarray, walk: kernels.Walk, rows: np.ndarray, spec: Spec, plan: Plan) -> Table:
    """Columns of the records `rows` of the walk."""
    start = walk.start[rows]
    width = len(rows)
    if width > kernels.TILE:  # rows a line off the pages' beginnings: else their lines push each other out of the cache
        width = -(-width // 2048) * 2048 + 32
    places = np.zeros((len(plan.units), width), np.uint16)[:, : len(rows)]
    kernels.place(walk, rows, plan.slot, places)
    masks = places != 0
    columns = _numbers(octets, start, places, plan.groups)
    present: dict[str, np.ndarray] = {}
    offsets: dict[str, np.ndarray] = {}
    for row, unit in enumerate(plan.units):
        present.setdefault(unit.key, masks[row])
        for field in unit.fields:
            present[field.key] = masks[row]
            if field.text:
                columns[field.key] = _text(octets, start, places[row], field)
        if row in plan.many:
            flat, each = _many(octets, start, places[row], unit)
            columns |= flat
            offsets |= dict.fromkeys([unit.key, *flat], each)
    return Table(spec, start, walk.stop[rows] - start, walk.block[rows], columns, present, offsets)


def _numbers(octets: np.ndarray, start: np.ndarray, places: np.ndarray, groups: Iterable[Group]) -> dict[str, Any]:
    """Columns of the fields that are no text."""
    words = as_strided(octets[:8].view(np.uint64), (len(octets) - _PAD + 1,), (1,), writeable=False)
    columns: dict[str, Any] = {}
    scratch = np.empty(kernels.TILE, np.uint64)
    for group in groups:
        out: np.ndarray = np.empty((len(group.fields), len(start)), group.dtype)
        absent = group.dtype(np.nan if group.dtype is np.float64 else 0)
        kernels.numbers(words, start, places, group.where, group.lsb, absent, scratch, out)
        columns |= {field.key: out[c] for c, field in enumerate(group.fields)}
    return columns


def _text(octets: np.ndarray, start: np.ndarray, place: np.ndarray, field: Field) -> np.ndarray:
    """Column of a field of characters."""
    six = field.kind == "i"
    width = field.bits // (6 if six else 8)
    out = np.zeros((len(start), width), np.uint8)
    kernels.text(octets, start, place, field.bit // 8, six, out)
    return out.view(f"S{width}")[:, 0]


def _many(octets: np.ndarray, start: np.ndarray, place: np.ndarray, unit: Unit) -> tuple[dict[str, Any], np.ndarray]:
    """Flat columns of a unit that repeats or is explicit, and where each record's values begin."""
    offsets = np.zeros(len(start) + 1, np.int64)
    kernels.repetitions(octets, start, place, unit.kind, unit.size, offsets)
    first = np.empty(offsets[-1], np.int64)
    kernels.elements(start, place, offsets, int(unit.kind != kernels.CHAINED), unit.size, first)
    if unit.kind == kernels.EXPLICIT:
        return {unit.key: octets[first]}, offsets
    return _numbers(octets, first, np.ones((1, len(first)), np.uint16), _repeated(unit)), offsets


@lru_cache(maxsize=256)
def _repeated(unit: Unit) -> tuple[Group, ...]:
    return _groups([(0, 1, field) for field in unit.fields])
