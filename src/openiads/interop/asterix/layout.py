"""Columns to the octets of records: first where each unit comes to stand, then what is written there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from openiads.interop.asterix.errors import EncodeError
from openiads.interop.asterix.kernels import CHAINED, COMPOUND, EXPLICIT, EXTENDED, NONE, REPEATED
from openiads.interop.asterix.spec import Node, Unit
from openiads.interop.asterix.table import Table
from openiads.interop.asterix.values import put, write

MOST_REPETITIONS = 255
MOST_EXPLICIT = 254


@dataclass
class Layout:
    """Where things stand, in octets from the beginning of each record."""

    table: Table
    at: np.ndarray  # int64[n] what comes next
    specifications: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=list)
    units: list[tuple[Unit, np.ndarray, np.ndarray]] = field(default_factory=list)  # unit, records, places
    continued: list[tuple[np.ndarray, np.ndarray]] = field(
        default_factory=list
    )  # records, places of bits that say more


def records(table: Table) -> tuple[np.ndarray, np.ndarray]:
    """Octets of all records (uint8) and where each begins (int64[n + 1]); EncodeError for what does not fit."""
    n = len(table)
    layout = Layout(table, np.zeros(n, np.int64))
    masks = [_mask(table, node) for node in table.spec.nodes]
    everyone = np.arange(n)
    empty = ~np.any(masks, axis=0)
    if empty.any():
        raise EncodeError(f"{table.spec.category:03d}", "", {}, "a record with at least one item")
    _specification(layout, everyone, masks)
    for node, mask in zip(table.spec.nodes, masks, strict=True):
        if mask.any():
            _place(layout, node, mask)
    begin = np.concatenate([[0], np.cumsum(layout.at)])
    out = np.zeros(begin[-1], np.uint8)
    for rows, places, octets in layout.specifications:
        for k in range(octets.shape[1]):
            here = octets[:, k] != 0
            out[begin[rows[here]] + places[here] + k] = octets[here, k]
    for unit, mine, at in layout.units:
        _write(out, table, unit, mine, begin[mine] + at)
    for mine, at in layout.continued:
        out[begin[mine] + at] |= 1
    return out, begin


def _mask(table: Table, node: Node) -> np.ndarray:
    """bool[n]: which records have an item or subfield."""
    if node.kind == NONE:
        return np.zeros(len(table), np.bool_)
    units = table.spec.units[node.unit : node.unit + max(1, node.size if node.kind == EXTENDED else 1)]
    masks = [_has(table, unit) for unit in units] + [_mask(table, child) for child in node.children]
    return masks[0] if len(masks) == 1 else np.any(masks, axis=0)


def _has(table: Table, unit: Unit) -> np.ndarray:
    """bool[n]: which records have a unit, by its own name or by one of its fields; an octet of an item by its fields."""
    keys = [each.key for each in unit.fields] + ([unit.key] if unit.kind != EXTENDED else [])
    seen = {id(table.present[key]): table.present[key] for key in keys if key in table.present}
    masks = list(seen.values()) or [np.zeros(len(table), np.bool_)]
    return masks[0] if len(masks) == 1 else np.any(masks, axis=0)


def _specification(layout: Layout, rows: np.ndarray, masks: Sequence[np.ndarray]) -> None:
    """Room for the bits that say which items or subfields there are: no more octets than needed."""
    octets = np.zeros((len(rows), (len(masks) + 6) // 7), np.uint8)
    for k, mask in enumerate(masks):
        octets[mask[rows], k // 7] |= 0x80 >> k % 7
    last = np.where(octets.any(axis=1), octets.shape[1] - 1 - np.argmax(octets[:, ::-1] != 0, axis=1), 0)
    octets |= np.arange(octets.shape[1]) < last[:, None]
    layout.specifications.append((rows, layout.at[rows], octets))
    layout.at[rows] += last + 1


def _place(layout: Layout, node: Node, mask: np.ndarray) -> None:
    """Give an item or subfield its place in the records that have it."""
    table, rows = layout.table, np.flatnonzero(mask)
    unit = table.spec.units[node.unit]
    if node.kind == COMPOUND:
        masks = [_mask(table, child) for child in node.children]
        _specification(layout, rows, masks)
        for child, inner in zip(node.children, masks, strict=True):
            if inner.any():
                _place(layout, child, inner)
    elif node.kind == EXTENDED:
        units = table.spec.units[node.unit : node.unit + node.size]
        there = np.logical_or.accumulate([_has(table, each)[rows] for each in units][::-1])[::-1]
        for k, each in enumerate(units):
            mine = rows[there[k]]
            if not len(mine):
                break
            layout.units.append((each, mine, layout.at[mine]))
            if k:
                layout.continued.append((mine, layout.at[mine] - 1))
            layout.at[mine] += 1
    else:
        layout.units.append((unit, rows, layout.at[rows]))
        layout.at[rows] += _size(table, unit, rows)


def _size(table: Table, unit: Unit, rows: np.ndarray) -> np.ndarray | int:
    """Octets of a unit in each record."""
    if unit.kind not in (REPEATED, CHAINED, EXPLICIT):
        return unit.size
    counts = _counts(table, unit, rows)
    least, most = {REPEATED: (0, MOST_REPETITIONS), CHAINED: (1, 65535), EXPLICIT: (0, MOST_EXPLICIT)}[unit.kind]
    wrong = (counts < least) | (counts > most)
    if wrong.any():
        what = "octets" if unit.kind == EXPLICIT else "repetitions"
        raise EncodeError(table.spec.label(unit.key), "", int(counts[wrong][0]), f"{least} to {most} {what}")
    return counts * unit.size + (unit.kind != CHAINED)


def _counts(table: Table, unit: Unit, rows: np.ndarray) -> np.ndarray:
    keys = [key for key in [unit.key, *(each.key for each in unit.fields)] if key in table.offsets]
    if not keys:
        raise EncodeError(table.spec.label(unit.key), "", None, "offsets of its values")
    return np.diff(table.offsets[keys[0]])[rows]


def _write(out: np.ndarray, table: Table, unit: Unit, rows: np.ndarray, at: np.ndarray) -> None:
    """Write a unit of the records `rows` at the places `at`."""
    if unit.kind not in (REPEATED, CHAINED, EXPLICIT):
        for each in unit.fields:
            write(out, at, table, each, rows)
        return
    counts = _counts(table, unit, rows)
    if unit.kind != CHAINED:
        put(out, at, 0, 8, counts + (unit.kind == EXPLICIT))
    flat, first = _elements(table, unit, rows, counts, at)
    if unit.kind == EXPLICIT:
        out[first] = table.columns[unit.key][flat]
        return
    for each in unit.fields:
        write(out, first, table, each, flat)
    if unit.kind == CHAINED:
        more = np.ones(len(flat), np.bool_)
        more[np.cumsum(counts) - 1] = False
        out[first[more] + unit.size - 1] |= 1


def _elements(
    table: Table, unit: Unit, rows: np.ndarray, counts: np.ndarray, at: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Of each repetition: its row in the flat columns, and the place that it is written to."""
    key = next(key for key in [unit.key, *(each.key for each in unit.fields)] if key in table.offsets)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    flat = np.repeat(table.offsets[key][:-1][rows], counts) + within
    return flat, np.repeat(at + (unit.kind != CHAINED), counts) + within * unit.size
