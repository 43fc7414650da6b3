"""SHA-256 over result tables: the same for any order of rows or columns, any byte order and any platform.

Per table and column: name, dtype in little-endian spelling, length, bytes. Times, paths and file formats stay out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from openiads.errors import UsageError

Column = NDArray[np.generic]
Tables = Mapping[str, Mapping[str, Column]]
VERSION = b"openiads tables 1"


def digest(tables: Tables, keys: Mapping[str, Sequence[str]] | None = None) -> str:
    """Hexadecimal SHA-256 of {table: {column: values [n]}}; keys: columns that rows are sorted by first, per table."""
    if unknown := set(keys or {}) - set(tables):
        raise UsageError(f"keys name the tables {sorted(unknown)}; there are {sorted(tables)}")
    sha = hashlib.sha256(_framed(VERSION))
    sha.update(_count(len(tables)))
    for name in sorted(tables):
        sha.update(_framed(name.encode("utf-8")))
        sha.update(_table(name, tables[name], list((keys or {}).get(name, ()))))
    return sha.hexdigest()


def _table(name: str, columns: Mapping[str, Column], keys: list[str]) -> bytes:
    """The canonical bytes of one table: columns in the order of their names, rows sorted."""
    if unknown := set(keys) - set(columns):
        raise UsageError(f"table {name}: keys {sorted(unknown)} are no columns; there are {sorted(columns)}")
    arrays = {c: canonical(np.asarray(columns[c]), f"{name}.{c}") for c in sorted(columns)}
    lengths = {c: len(a) for c, a in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise UsageError(f"table {name}: columns have one length, got {lengths}")
    rows = _order(arrays, keys)
    parts = [_count(len(arrays)), _count(len(rows))]
    for column, values in arrays.items():
        spelling = "utf-8" if values.dtype == object else values.dtype.newbyteorder("<").str.replace("|", "<")
        parts += [_framed(column.encode("utf-8")), _framed(spelling.encode()), _framed(_bytes(values[rows]))]
    return b"".join(parts)


def canonical(values: Column, where: str = "column") -> Column:
    """Values [n] little-endian with one NaN and one zero; strings as an object array of UTF-8 bytes."""
    if values.ndim != 1:
        raise UsageError(f"{where}: a column has one dimension, got shape {values.shape}")
    kind = values.dtype.kind
    if kind in "OUT":
        return _encoded(values.tolist(), where)
    if kind == "b" or (kind in "iuf" and values.dtype.itemsize <= 8):
        little = values.astype(values.dtype.newbyteorder("<"))
        if kind == "f":
            little[np.isnan(little)] = np.nan
            little[little == 0.0] = 0.0
        return little
    raise UsageError(f"{where}: numbers up to 64 bits, booleans and strings have a digest, got {values.dtype}")


def _encoded(texts: list[object], where: str) -> Column:
    """Strings [n] as UTF-8 bytes in an object array, which keeps trailing zeros that numpy's own would drop."""
    out = np.empty(len(texts), object)
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise UsageError(f"{where}: row {i} holds {type(text).__name__}; a column of texts holds str alone")
        out[i] = text.encode("utf-8", "surrogatepass")
    return out


def _order(arrays: Mapping[str, Column], keys: list[str]) -> NDArray[np.intp]:
    """Row numbers [n] sorted by the key columns, then by all others in the order of their names."""
    if not arrays:
        return np.empty(0, np.intp)
    by = keys + [c for c in arrays if c not in keys]
    return np.lexsort([_ranks(arrays[c]) for c in reversed(by)])


def _ranks(values: Column) -> Column:
    """Values [n] as something that lexsort orders; equal values, NaN included, have equal ranks."""
    if values.dtype != object:
        return values
    rank = {text: i for i, text in enumerate(sorted(set(values.tolist())))}
    return np.array([rank[text] for text in values.tolist()], np.int64)


def _bytes(values: Column) -> bytes:
    """The bytes of a canonical column [n]; each text follows its length."""
    if values.dtype != object:
        return values.tobytes()
    return b"".join(_framed(text) for text in values.tolist())


def _framed(data: bytes) -> bytes:
    """Bytes behind their length, so that no two lists of parts read alike."""
    return _count(len(data)) + data


def _count(n: int) -> bytes:
    """A count in eight bytes, little-endian."""
    return n.to_bytes(8, "little")
