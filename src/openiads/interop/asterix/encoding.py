"""Records to bytes, in one form: shortest field specifications, spare bits 0, blocks as long as they may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from openiads.interop.asterix import layout
from openiads.interop.asterix.dicts import from_dicts
from openiads.interop.asterix.errors import EncodeError
from openiads.interop.asterix.table import Decoded, Table

LONGEST = 65535  # octets of a block, its header included


def encode(
    records: Decoded | Table | Sequence[Mapping[str, Any]],
    editions: Mapping[int, str] | None = None,
    longest: int = LONGEST,
) -> bytes:
    """Bytes of records as `decode`, `table` or `to_dicts` give them, in their order.

    Neighbours of one category share a block of at most `longest` octets. `editions` applies to dicts; a table has
    its own. EncodeError names item, field, what was given and what is accepted.
    """
    if not 4 < longest <= LONGEST:
        raise EncodeError("block", "longest", longest, f"5 to {LONGEST} octets")
    if isinstance(records, Decoded):
        tables = list(records.tables.values())
    elif isinstance(records, Table):
        tables = [records]
    else:
        tables = from_dicts(records, editions)
    return b"".join(_blocks([each for each in tables if len(each)], longest))


def _blocks(tables: list[Table], longest: int) -> list[bytes]:
    """Header and records of each block."""
    if not tables:
        return []
    written = [layout.records(table) for table in tables]
    which = np.concatenate([np.full(len(table), k) for k, table in enumerate(tables)])
    order = np.argsort(np.concatenate([table.start for table in tables]), kind="stable")
    which = which[order]
    runs = np.concatenate([[0], np.flatnonzero(np.diff(which)) + 1, [len(which)]])
    done, blocks = [0] * len(tables), []
    for begin, end in zip(runs[:-1].tolist(), runs[1:].tolist(), strict=True):
        k = int(which[begin])
        octets, starts = written[k]
        first, last = done[k], done[k] + end - begin
        done[k] = last
        while first < last:
            stop = int(np.searchsorted(starts, starts[first] + longest - 3, side="right")) - 1
            stop = min(stop, last)
            if stop == first:
                given = f"a record of {starts[first + 1] - starts[first]} octets"
                raise EncodeError(f"{tables[k].spec.category:03d}", "", given, f"{longest - 3} octets")
            body = octets[starts[first] : starts[stop]].tobytes()
            blocks.append(bytes([tables[k].spec.category]) + (len(body) + 3).to_bytes(2, "big") + body)
            first = stop
    return blocks
