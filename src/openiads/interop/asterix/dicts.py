"""Records as dicts, slow and easy to read: {"category": 48, "items": {"010": {"SAC": 25, "SIC": 201}, ...}}.

Subfields are fields of a compound item, with a dict of their own where they have several fields; repeated ones are a
list of dicts, explicit items bytes. Codes in octal (mode 3/A) are written as such: "0470".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from openiads.interop.asterix.errors import EncodeError
from openiads.interop.asterix.kernels import CHAINED, COMPOUND, EXPLICIT, EXTENDED, NONE, REPEATED
from openiads.interop.asterix.spec import Field, Node, Spec, Unit, spec
from openiads.interop.asterix.table import Decoded, Table, table
from openiads.interop.asterix.values import accepted


def to_dicts(decoded: Decoded) -> list[dict[str, Any]]:
    """Every record as a dict, in the order of the data."""
    found = [(int(start), each, i) for each in decoded.tables.values() for i, start in enumerate(each.start)]
    found.sort(key=lambda entry: entry[0])
    return [{"category": each.spec.category, "items": _items(each, i)} for _, each, i in found]


def _items(each: Table, i: int) -> dict[str, Any]:
    return {node.name: _value(each, node, i) for node in each.spec.nodes if _has(each, node, i)}


def _has(each: Table, node: Node, i: int) -> bool:
    if node.kind == NONE:
        return False
    mask = each.present.get(each.spec.units[node.unit].key)
    return mask is not None and bool(mask[i])


def _value(each: Table, node: Node, i: int) -> Any:
    unit = each.spec.units[node.unit]
    if node.kind == COMPOUND:
        return {child.name: _subfield(each, child, i) for child in node.children if _has(each, child, i)}
    if node.kind in (REPEATED, CHAINED, EXPLICIT):
        rows = slice(each.offsets[unit.key][i], each.offsets[unit.key][i + 1])
        if node.kind == EXPLICIT:
            return each.columns[unit.key][rows].tobytes()
        return [{f.name: _plain(f, each.columns[f.key][j]) for f in unit.fields} for j in range(rows.start, rows.stop)]
    units = each.spec.units[node.unit : node.unit + node.size] if node.kind == EXTENDED else (unit,)
    fields = [field for part in units for field in part.fields if field.key in each.columns]
    return {field.name: _plain(field, each.columns[field.key][i]) for field in fields if each.present[field.key][i]}


def _subfield(each: Table, node: Node, i: int) -> Any:
    value = _value(each, node, i)
    return value[node.name] if alone(each.spec, node) else value


def alone(spec: Spec, node: Node) -> bool:
    """Is a subfield its one field?"""
    fields = spec.units[node.unit].fields
    return node.kind not in (REPEATED, CHAINED, EXPLICIT, EXTENDED) and [f.name for f in fields] == [node.name]


def _plain(field: Field, value: Any) -> Any:
    if field.text:
        return bytes(value).decode("latin-1")
    if field.kind == "o":
        return f"{int(value):0{field.bits // 3}o}"
    return float(value) if field.lsb else int(value)


class _Columns:
    """Values of one category as they come, record by record."""

    def __init__(self, chosen: Spec) -> None:
        self.spec = chosen
        self.order: list[int] = []
        self.values: dict[str, tuple[list[int], list[Any]]] = {}
        self.flat: dict[str, list[Any]] = {}
        self.counts: dict[str, dict[int, int]] = {}
        self.present: dict[str, list[int]] = {}
        self.fields: dict[str, Field] = {}

    def add(self, order: int, items: Mapping[str, Any]) -> None:
        """One record."""
        nodes = {node.name: node for node in self.spec.nodes if node.kind != NONE}
        _known(f"{self.spec.category:03d}", items, nodes)
        self.order.append(order)
        for name, value in items.items():
            node = nodes[name]
            if node.kind != COMPOUND:
                self.leaf(node, name, value)
                continue
            _known(self.spec.label(name), value, {child.name: child for child in node.children if child.kind != NONE})
            self.present.setdefault(name, []).append(len(self.order) - 1)
            for child in node.children:
                if child.name in value:
                    inner = value[child.name]
                    self.leaf(child, f"{name}.{child.name}", {child.name: inner} if alone(self.spec, child) else inner)

    def leaf(self, node: Node, key: str, value: Any) -> None:
        """One item or subfield."""
        row, unit = len(self.order) - 1, self.spec.units[node.unit]
        self.present.setdefault(unit.key, []).append(row)
        if node.kind == EXPLICIT:
            self.flat.setdefault(unit.key, []).extend(bytes(value))
            self.counts.setdefault(unit.key, {})[row] = len(value)
        elif node.kind in (REPEATED, CHAINED):
            self.repeated(unit, value, row)
        else:
            units = self.spec.units[node.unit : node.unit + node.size] if node.kind == EXTENDED else (unit,)
            fields = {field.name: field for part in units for field in part.fields}
            _known(self.spec.label(key), value, fields)
            for name, given in value.items():
                rows, values = self.values.setdefault(fields[name].key, ([], []))
                self.fields[fields[name].key] = fields[name]
                rows.append(row)
                values.append(self.raw(fields[name], key, given))

    def repeated(self, unit: Unit, value: Iterable[Mapping[str, Any]], row: int) -> None:
        """A list of dicts, each with every field."""
        self.counts.setdefault(unit.key, {})[row] = len(list(value))
        for field in unit.fields:
            self.fields[field.key] = field
            self.flat.setdefault(field.key, [])
        for each in value:
            _known(self.spec.label(unit.key), each, {field.name: field for field in unit.fields})
            for field in unit.fields:
                if field.name not in each and field.lsb:
                    raise EncodeError(self.spec.label(unit.key), field.name, None, accepted(field))
                self.flat[field.key].append(self.raw(field, unit.key, each.get(field.name, 0)))

    def raw(self, field: Field, key: str, given: Any) -> Any:
        """A value as its column takes it."""
        kinds: Any = (str, bytes) if field.text else (int, float, np.number, *([str] if field.kind == "o" else []))
        try:
            if not isinstance(given, kinds):
                raise ValueError
            if field.kind == "o" and isinstance(given, str):
                return int(given, 8)
            low, high = field.limits()
            if not field.text and not field.lsb and not low <= given <= high:
                raise ValueError
        except ValueError:
            raise EncodeError(self.spec.label(key), field.name, given, accepted(field)) from None
        return given.encode("latin-1", "replace") if isinstance(given, str) and field.text else given

    def table(self) -> Table:
        """All records."""
        n = len(self.order)
        columns: dict[str, np.ndarray] = {}
        present: dict[str, np.ndarray] = {}
        offsets: dict[str, np.ndarray] = {}
        for key, (rows, values) in self.values.items():
            column = np.array(values)
            columns[key] = np.zeros(n, column.dtype)
            columns[key][rows] = column
            present[key] = _rows(rows, n)
        for key, values in self.flat.items():
            empty = np.float64 if key in self.fields and self.fields[key].lsb else np.int64
            columns[key] = np.array(values, np.int64 if key not in self.fields else empty)
        for key, rows in self.present.items():
            present.setdefault(key, _rows(rows, n))
        for key, counts in self.counts.items():
            lengths = np.zeros(n + 1, np.int64)
            lengths[[row + 1 for row in counts]] = list(counts.values())
            unit = next(unit for unit in self.spec.units if unit.key == key)
            offsets |= dict.fromkeys([key, *(field.key for field in unit.fields)], np.cumsum(lengths))
        return table(self.spec, columns, present, offsets, np.array(self.order, np.int64))


def _rows(rows: list[int], n: int) -> np.ndarray:
    mask = np.zeros(n, np.bool_)
    mask[rows] = True
    return mask


def _known(item: str, given: Any, names: Mapping[str, Any]) -> None:
    """Refuse names that the tables do not have."""
    if not isinstance(given, Mapping):
        raise EncodeError(item, "", given, f"a dict with some of {', '.join(names)}")
    unknown = [name for name in given if name not in names]
    if unknown:
        raise EncodeError(item, "", unknown[0], ", ".join(names))


def from_dicts(records: Iterable[Mapping[str, Any]], editions: Mapping[int, str] | None = None) -> list[Table]:
    """A table for each category of records as `to_dicts` gives them."""
    found: dict[int, _Columns] = {}
    for order, record in enumerate(records):
        if not isinstance(record, Mapping) or "category" not in record:
            raise EncodeError("record", "", record, 'a dict with "category" and "items"')
        category = record["category"]
        if category not in found:
            try:
                found[category] = _Columns(spec(category, (editions or {}).get(category)))
            except ValueError as error:
                raise EncodeError("category", "", category, str(error)) from None
        found[category].add(order, record.get("items", {}))
    return [columns.table() for columns in found.values()]
