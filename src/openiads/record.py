"""The record of a run: named tables of plain columns, on disk one Parquet file each and meta.json beside them."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from openiads.errors import OutputError, RecordError, UsageError

Table = dict[str, np.ndarray]


@dataclass(frozen=True)
class Run:
    """One run: `meta` says what was run, `tables` hold what happened (docs/guide.md)."""

    meta: dict[str, Any]
    tables: dict[str, Table]
    scenario: dict[str, Any] | None = None  # the table that it was read from

    def array(self, table: str, column: str) -> np.ndarray:
        """One column of one table."""
        if table not in self.tables:
            raise UsageError(f"no table '{table}'; accepted: {', '.join(self.tables)}")
        if column not in self.tables[table]:
            raise UsageError(f"table '{table}' has no column '{column}'; accepted: {', '.join(self.tables[table])}")
        return self.tables[table][column]

    def relation(self, table: str) -> Any:
        """One table as a DuckDB relation."""
        self.array(table, next(iter(self.tables.get(table, {"": None}))))
        return relation(self.tables[table])

    def save(self, out: str | Path) -> None:
        """Write every table and meta.json into a new folder, all or nothing."""
        with new_folder(Path(out)) as folder:
            self.write(folder)

    def write(self, folder: Path) -> None:
        """Write every table and meta.json into a folder that is there."""
        write_tables(folder, self.tables)
        (folder / "meta.json").write_text(json.dumps(self.meta, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        if self.scenario is not None:
            (folder / "scenario.json").write_text(
                json.dumps(self.scenario, ensure_ascii=False) + "\n", encoding="utf-8"
            )

    @staticmethod
    def load(folder: str | Path, only: Collection[str] | None = None) -> Run:
        """A run that was saved, or only some tables of it."""
        source = Path(folder)
        try:
            meta = json.loads((source / "meta.json").read_text(encoding="utf-8"))
            told = source / "scenario.json"
            scenario = json.loads(told.read_text(encoding="utf-8")) if told.exists() else None
        except (OSError, ValueError) as error:
            raise RecordError(f"'{source}' holds no readable run: {str(error).splitlines()[0]}") from None
        return Run(meta, read_tables(source, only), scenario)


@contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C while DuckDB is at work, which DuckDB makes an error of its own, is Ctrl-C."""
    try:
        yield
    except RuntimeError as error:
        if "interrupt" in str(error).lower():
            raise KeyboardInterrupt from None
        raise


def _filled(column: Any) -> np.ndarray:
    """A column without a mask: what was undefined is NaN."""
    if isinstance(column, np.ma.MaskedArray):
        return column.filled(np.nan) if column.dtype.kind == "f" else np.asarray(column.filled())
    return np.asarray(column)


def relation(table: Mapping[str, np.ndarray]) -> Any:
    """Columns as a DuckDB relation; NaN is null."""
    import duckdb

    connection = duckdb.connect()
    connection.register("columns", {n: c.astype(object) if c.dtype.kind == "U" else c for n, c in table.items()})
    return connection.sql("select * from columns")


def write_tables(folder: Path, tables: Mapping[str, Mapping[str, np.ndarray]], ending: str = "parquet") -> None:
    """One Parquet or CSV file a table."""
    for name, table in tables.items():
        file = str(folder / f"{name}.{ending}")
        with interruptible():
            relation(table).write_parquet(file) if ending == "parquet" else relation(table).write_csv(file, header=True)


def read_tables(folder: Path, only: Collection[str] | None = None, what: str = "run") -> dict[str, Table]:
    """The tables of a folder, or only some of them: one Parquet file each; `what` a message calls the whole."""
    import duckdb

    tables = {}
    try:
        for file in sorted(folder.glob("*.parquet")):
            if only is not None and file.stem not in only:
                continue
            with interruptible():
                columns = duckdb.connect().execute("select * from read_parquet(?)", [str(file)]).fetchnumpy()
            tables[file.stem] = {name: _filled(column) for name, column in columns.items()}
    except (OSError, duckdb.Error) as error:
        raise RecordError(f"'{folder}' holds no readable {what}: {str(error).splitlines()[0]}") from None
    return tables


def require_new(out: Path) -> None:
    """Refuse a folder that holds something, or that can not be written."""
    try:
        if out.exists() and not out.is_dir():
            raise OutputError(f"'{out}' is a file, not a folder; name a new folder")
        if out.exists() and any(out.iterdir()):
            raise OutputError(f"'{out}' exists and is not empty; name a new folder")
    except OSError as error:  # a folder that may not be read
        raise OutputError(f"'{out}' can not be written: {error.strerror}; name a folder of your own") from None
    _require_parent(out)


def require_new_file(out: Path) -> None:
    """Refuse a file that is there, or that can not be written."""
    try:
        if out.exists():
            raise OutputError(f"'{out}' exists; name a new file")
    except OSError as error:
        raise OutputError(f"'{out}' can not be written: {error.strerror}; name a file of your own") from None
    _require_parent(out)


def _require_parent(out: Path) -> None:
    """Refuse a place that can not be made."""
    parent = out.absolute()
    try:
        while not parent.exists():
            parent = parent.parent
    except OSError as error:  # a name that is too long, a folder that may not be read
        raise OutputError(f"'{out}' can not be written: {error.strerror}; name a folder of your own") from None
    if not parent.is_dir():
        raise OutputError(f"'{out}' can not be written ('{parent}' is a file); name a folder of your own")
    if not os.access(parent, os.W_OK):
        raise OutputError(f"'{out}' can not be written ('{parent}' is read-only); name a folder of your own")


@contextmanager
def _way_to(out: Path) -> Iterator[Path]:
    """The folder in which something is to appear; what had to be made for it goes again if it does not."""
    parent, made = out.absolute().parent, []
    while not parent.exists():
        made.append(parent)
        parent = parent.parent
    try:
        try:
            out.absolute().parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"'{out}' can not be written: {error.strerror}; name a folder of your own") from None
        yield out.absolute().parent
    except BaseException:
        for folder in made:
            with suppress(OSError):  # not there, or somebody else has put something into it
                folder.rmdir()
        raise


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A folder that appears under its name only when everything in it is whole."""
    require_new(out)
    with _way_to(out) as parent:
        try:
            beside = Path(tempfile.mkdtemp(prefix=f".{out.name[:40]}-", dir=parent))
        except OSError as error:
            raise OutputError(f"'{out}' can not be written: {error.strerror}; name a folder of your own") from None
        try:
            yield beside
            beside.chmod(0o755)
            if out.exists():
                out.rmdir()
            beside.rename(out)
        except OSError as error:
            raise OutputError(f"'{out}' could not be written: {error}") from None
        finally:
            shutil.rmtree(beside, ignore_errors=True)


@contextmanager
def new_file(out: Path) -> Iterator[Path]:
    """A file that appears under its name only when it is whole."""
    require_new_file(out)
    with _way_to(out) as parent:
        try:
            handle, name = tempfile.mkstemp(prefix=f".{out.name[:40]}-", dir=parent)
            os.close(handle)
        except OSError as error:
            raise OutputError(f"'{out}' can not be written: {error.strerror}; name a file of your own") from None
        beside = Path(name)
        try:
            yield beside
            beside.chmod(0o644)
            beside.rename(out)
        except OSError as error:
            raise OutputError(f"'{out}' could not be written: {error}") from None
        finally:
            beside.unlink(missing_ok=True)
