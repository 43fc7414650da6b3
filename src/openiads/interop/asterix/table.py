"""Records of one category as columns, and what was refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from openiads.interop.asterix.errors import EncodeError
from openiads.interop.asterix.spec import Spec


@dataclass(frozen=True)
class Table:
    """Records of one category, n of them in the order of the data; a column is there if any record has it.

    `columns["040.RHO"]`: float64[n] in the unit of the specification, NaN for absent; int32[n] or int64[n] for what is
    no quantity, 0 for absent; bytes (`S8`) for text, without the blanks at the end. `present["040"]`,
    `present["040.RHO"]`: bool[n]. Where `offsets` has the name, a record has any number of values: those of record i
    are `columns["250.BDS1"][offsets["250.BDS1"][i] : offsets["250.BDS1"][i + 1]]`; of an explicit item (`RE`, `SP`)
    they are its octets (uint8).
    """

    spec: Spec
    start: np.ndarray  # int64[n] first octet of the record
    size: np.ndarray  # int64[n] octets
    block: np.ndarray  # int32[n] the block that it stood in
    columns: Mapping[str, np.ndarray]
    present: Mapping[str, np.ndarray]
    offsets: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.start)


class Refusal(NamedTuple):
    """A stretch that was not read: `octets` from `offset` on, because of the octet `at` while reading `item`."""

    offset: int
    octets: int
    reason: str
    at: int
    item: str


@dataclass(frozen=True)
class Refused:
    """Every stretch that was not read, in order."""

    offset: np.ndarray  # int64[m]
    octets: np.ndarray  # int64[m]
    reason: tuple[str, ...]
    at: np.ndarray  # int64[m]
    item: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.reason)

    def __iter__(self) -> Iterator[Refusal]:
        columns = (self.offset.tolist(), self.octets.tolist(), self.reason, self.at.tolist(), self.item)
        return (Refusal(*row) for row in zip(*columns, strict=True))

    def counts(self) -> dict[str, int]:
        """Stretches by reason."""
        return dict(Counter(self.reason))


@dataclass(frozen=True)
class Decoded:
    """What bytes held: a table for each category that was met, the stretches refused, the number of blocks."""

    tables: Mapping[int, Table]
    refused: Refused
    blocks: int

    def __getitem__(self, category: int) -> Table:
        return self.tables[category]

    def __len__(self) -> int:
        """Records of all categories."""
        return sum(len(table) for table in self.tables.values())


def table(
    spec: Spec,
    columns: Mapping[str, np.ndarray],
    present: Mapping[str, np.ndarray] | None = None,
    offsets: Mapping[str, np.ndarray] | None = None,
    order: np.ndarray | None = None,
) -> Table:
    """Columns of one's own as a table that `encode` takes; names and shapes as in Table.

    A column that `present` does not name is there where it is not NaN, or everywhere if it is no float.
    """
    given, starts = dict(present or {}), dict(offsets or {})
    known = {name for unit in spec.units for name in [unit.key, *(field.key for field in unit.fields)]}
    unknown = sorted({*columns, *given, *starts} - known)
    if unknown:
        raise EncodeError(f"{spec.category:03d}", "", unknown[0], "the columns of its tables, such as " + min(known))
    for key, column in columns.items():
        if key not in starts:
            given.setdefault(key, ~np.isnan(column) if column.dtype.kind == "f" else np.ones(len(column), np.bool_))
    lengths = {key: len(mask) for key, mask in given.items()} | {key: len(each) - 1 for key, each in starts.items()}
    n = next(iter(lengths.values()), 0)
    for key, length in lengths.items():
        if length != n or (key in columns and key not in starts and len(columns[key]) != n):
            raise EncodeError(spec.label(key), "", length, f"{n} records, as in the other columns")
    for key in starts:
        given.setdefault(key, np.diff(starts[key]) > 0)
    zeros = np.zeros(n, np.int64)
    return Table(spec, np.arange(n) if order is None else order, zeros, zeros.astype(np.int32), columns, given, starts)
