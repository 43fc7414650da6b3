"""Every row of docs/validation.md holds, and a row that does not is seen."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from validation import Row, Section, page, sections

CHAPTERS = sections()
ROWS = [row for chapter in CHAPTERS for row in chapter.rows]


@pytest.mark.parametrize("row", ROWS, ids=[f"{i}-{row.id}" for i, row in enumerate(ROWS)])
def test_a_reference_holds(row: Row) -> None:
    assert row.as_stated, row.cells()


def test_the_references_of_every_stage_are_there() -> None:
    wanted = {
        "DET-1", "DET-2", "DET-3", "DET-4", "DET-6", "RRE-1", "EW-1", "trap 3", "ACC-1", "PROP-1", "PROP-2", "PROP-3", "CRPL",
        "GEO-1", "GEO-2", "VIS-1", "VIS-2", "VIS-3", "V1", "V2", "V4", "V5", "V6", "V7", "V8", "V9", "V10", "V11", "V12", "V13",
        "V16", "6.1", "6.3", "TRK-8", "TRK-10", "ENG-1",
        "NET-1", "NET-2", "NET-3",
    }  # fmt: skip
    assert wanted <= {row.id for row in ROWS}
    assert len(ROWS) > 220


def test_what_is_not_reproduced_is_v5_alone() -> None:
    """A published figure that the product misses is said so; a row that begins to hold loses the word."""
    short = [row for row in ROWS if row.missing]
    assert {row.id for row in short} == {"V5"} and len(short) == 4
    assert all("*not reproduced*" in row.cells()[-1] for row in short)
    found = replace(short[0], got=short[0].expected)
    assert not found.as_stated and "FAILS" in found.cells()[-1]


def test_the_committed_page_is_what_the_rows_give() -> None:
    """All words and verdicts; numbers to what another processor may round, or within the tolerance of their row."""
    committed = (Path(__file__).parents[1] / "docs" / "validation.md").read_text(encoding="utf-8").splitlines()
    made = page.text(CHAPTERS).splitlines()
    assert len(committed) == len(made), "run `make docs`"
    tolerances = {" | ".join(row.cells()[:3]): row for row in ROWS}
    for before, now in zip(committed, made, strict=True):
        if before == now:
            continue
        one, two = ([c.strip() for c in line.strip("|").split(" | ")] for line in (before, now))
        row = tolerances[" | ".join(two[:3])]
        assert one[:4] + one[5:] == two[:4] + two[5:], "run `make docs`"
        within = 1e-2 * row.tolerance * (abs(row.expected) if row.kind == "relative" else 1.0)
        got = [float(cells[4].split()[0]) for cells in (one, two)]
        assert got[0] == pytest.approx(got[1], rel=1e-6, abs=max(within, 1e-9)), (before, now)


@pytest.mark.parametrize("row", [row for row in ROWS if not row.missing][::7], ids=lambda row: row.id)
def test_a_wrong_value_fails(row: Row) -> None:
    off = {"least": -1.0, "most": 1.0}.get(row.kind, 1.0) * (2.0 * row.tolerance * max(1.0, abs(row.expected)) + 1e-12)
    wrong = replace(row, got=row.expected + off)
    assert not wrong.ok and "FAILS" in wrong.cells()[-1]
    assert not replace(row, got=math.nan).ok


def test_the_page_is_the_same_bytes_twice(tmp_path, monkeypatch) -> None:
    """And it says how many rows hold."""
    short = [Section(c.title, c.text, c.rows[:3], c.figures) for c in CHAPTERS]
    monkeypatch.setattr(page, "sections", lambda: short)
    written = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        page.write(tmp_path / name)
        written.append({f.relative_to(tmp_path / name): f.read_bytes() for f in sorted((tmp_path / name).rglob("*.*"))})
    assert written[0] == written[1] and len(written[0]) == 1 + sum(len(c.figures) for c in CHAPTERS)
    count = sum(len(c.rows) for c in short)
    assert f"{count} of {count} rows hold" in (tmp_path / "one" / "validation.md").read_text(encoding="utf-8")
