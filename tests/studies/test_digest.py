"""The digest sees every value and nothing else."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from openiads.errors import UsageError
from openiads.studies.digest import digest

Columns = dict[str, np.ndarray]
DTYPES = ("i4", "u1", "i8", "f8", "f4", "?", "U3")


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Columns]:
    """One to three tables of one to four columns; few distinct values, so that rows tie."""
    found = {}
    for name in draw(st.sets(st.sampled_from(["raid", "peace", "area"]), min_size=1)):
        rows = draw(st.integers(0, 6))
        names = draw(st.sets(st.sampled_from("abcd"), min_size=1))
        found[name] = {c: draw(hnp.arrays(draw(st.sampled_from(DTYPES)), rows)) for c in sorted(names)}
    return found


def _rearranged(given_tables: dict[str, Columns], seed: int) -> dict[str, Columns]:
    """The same content: rows shuffled, columns and tables turned round, bytes swapped, texts as objects."""
    rng = np.random.default_rng(seed)
    out: dict[str, Columns] = {}
    for name in reversed(list(given_tables)):
        columns = given_tables[name]
        rows = rng.permutation(len(next(iter(columns.values()))))
        out[name] = {}
        for column in reversed(list(columns)):
            values = columns[column][rows]
            swapped = (
                values.astype(object) if values.dtype.kind == "U" else values.astype(values.dtype.newbyteorder(">"))
            )
            out[name][column] = swapped
    return out


@given(tables(), st.integers(0, 2**32 - 1))
def test_order_and_byte_order_do_not_count(content: dict[str, Columns], seed: int) -> None:
    other = _rearranged(content, seed)
    assert digest(content) == digest(other)
    keys = {name: list(columns)[:1] for name, columns in content.items()}
    assert digest(content, keys) == digest(other, keys)


@given(tables(), st.data())
def test_every_value_counts(content: dict[str, Columns], data: st.DataObject) -> None:
    before = digest(content)
    name = data.draw(st.sampled_from(sorted(content)))
    column = data.draw(st.sampled_from(sorted(content[name])))
    values = content[name][column].copy()
    if len(values) == 0:
        return
    row = data.draw(st.integers(0, len(values) - 1))
    values[row] = "zz!" if values.dtype.kind == "U" else not values[row] if values.dtype.kind == "b" else 77
    changed = {**content, name: {**content[name], column: values}}
    assert (digest(changed) == before) == bool(values[row] == content[name][column][row])


def test_rows_are_kept_together() -> None:
    one = {"t": {"a": np.array([1, 2]), "b": np.array([1, 2])}}
    other = {"t": {"a": np.array([1, 2]), "b": np.array([2, 1])}}
    assert digest(one) != digest(other)


def test_rows_are_counted() -> None:
    assert digest({"t": {"a": np.array([1, 1])}}) != digest({"t": {"a": np.array([1])}})


def test_every_nan_is_one_and_every_zero() -> None:
    odd = np.array([0x7FF8000000000001, 0xFFF8000000000000], np.uint64).view(np.float64)
    assert digest({"t": {"x": odd}}) == digest({"t": {"x": np.array([np.nan, np.nan])}})
    assert digest({"t": {"x": np.array([-0.0, 1.0])}}) == digest({"t": {"x": np.array([1.0, 0.0])}})
    assert digest({"t": {"x": np.array([-1.0])}}) != digest({"t": {"x": np.array([1.0])}})


def test_names_and_types_count() -> None:
    values = np.array([1, 2, 3])
    seen = {
        digest({"t": {"a": values}}),
        digest({"u": {"a": values}}),
        digest({"t": {"b": values}}),
        digest({"t": {"a": values.astype("f8")}}),
        digest({"t": {"a": values.astype("i4")}}),
        digest({"t": {"a": values.astype("U1")}}),
        digest({"t": {}}),
        digest({}),
    }
    assert len(seen) == 8


def test_texts_are_framed_and_keep_their_end() -> None:
    def of(*texts: str) -> str:
        return digest({"t": {"x": np.array(texts, object)}})

    assert len({of("ab", "c"), of("a", "bc"), of("abc"), of("abc", ""), of("ab\0", "c"), of("é", "c")}) == 6
    assert digest({"t": {"x": np.array(["ab", "c"])}}) == digest({"t": {"x": np.array(["c", "ab"], "U40")}})


def test_a_known_digest_stays() -> None:
    """A change of this value is a change of every digest that was ever printed: it needs a new version."""
    content = {
        "raid": {
            "leakers": np.array([2, 0, 1]),
            "posture": np.array(["a", "b", "a"]),
            "x": np.array([0.5, np.nan, -0.0]),
        }
    }
    assert digest(content) == "61fd8803801e8a4a9ab243cb489d664153f79e00b0069eda2c90ebd9f9ae45af"


def test_the_hash_seed_does_not_count() -> None:
    program = "import numpy as np; from openiads.studies.digest import digest; print(digest({'t': {k: np.array([k, 'x']) for k in 'abcdef'}}))"
    seen = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1 and len(seen.pop().strip()) == 64


@pytest.mark.parametrize(
    ("content", "keys", "message"),
    [
        ({"t": {"a": np.array([1, 2]), "b": np.array([1])}}, None, "one length"),
        ({"t": {"a": np.zeros((2, 2))}}, None, "one dimension"),
        ({"t": {"a": np.array(["x", None], object)}}, None, "row 1 holds NoneType"),
        ({"t": {"a": np.array(["2019-11-13"], "M8[D]")}}, None, "datetime64"),
        ({"t": {"a": np.array([1j])}}, None, "complex128"),
        ({"t": {"a": np.array([1])}}, {"t": ["b"]}, "no columns"),
        ({"t": {"a": np.array([1])}}, {"u": ["a"]}, r"tables \['u'\]"),
    ],
)
def test_what_has_no_digest_is_refused(content: Any, keys: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        digest(content, keys)
