"""Every row of docs/validation.md holds, and a row that does not is seen."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from validation import Row, Section, page, sections

CHAPTERS = sections()
ROWS = [row for chapter in CHAPTERS for row in chapter.rows]


@pytest.mark.parametrize("row", ROWS, ids=[f"{i}-{row.id}" for i, row in enumerate(ROWS)])
def test_a_reference_holds(row: Row) -> None:
    assert row.ok, row.cells()


def test_the_references_of_every_stage_are_there() -> None:
    wanted = {"DET-1", "DET-2", "DET-3", "DET-4", "DET-6", "RRE-1", "EW-1", "ACC-1", "PROP-1", "PROP-2", "PROP-3", "GEO-1", "GEO-2",
              "VIS-1", "VIS-2", "VIS-3", "V1", "V4", "V5", "V8", "V9", "V10", "V11", "6.1", "6.3"}  # fmt: skip
    assert wanted <= {row.id for row in ROWS}
    assert len(ROWS) > 180


@pytest.mark.parametrize("row", ROWS[::7], ids=lambda row: row.id)
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
    assert "18 of 18 rows hold" in (tmp_path / "one" / "validation.md").read_text(encoding="utf-8")
