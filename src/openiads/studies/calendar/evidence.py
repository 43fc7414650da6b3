"""When evidence appeared: the dates that citations name, and what was not there yet on a day."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import date as Date
from typing import Any

from openiads.scenario.describe import used_evidence
from openiads.scenario.load import sources
from openiads.scenario.quantity import Evidence
from openiads.scenario.spec import Scenario

_MONTHS = {name: i for i, name in enumerate(calendar.month_abbr) if name}
_DATE = re.compile(rf"(?:\b(\d{{1,2}}) )?\b({'|'.join(_MONTHS)}) (\d{{4}})\b")


def appeared(source: str) -> Date | None:
    """The last date in a source or in the citations that its ids stand for, of a month its last day; None where none is named."""
    texts = [source, *(sources().get(name, "") for name in ids(source))]
    return max((day for text in texts for day in map(_day, _DATE.findall(text)) if day), default=None)


def ids(source: str) -> list[str]:
    """The ids of the library's list in a source, as S00 in "S00, CALC"; other text is a citation of its own."""
    return [part for part in source.split(", ") if re.fullmatch(r"S\d+", part)]


def later(source: str, as_of: Date | None) -> bool:
    """Did it appear after a day; never where no day is asked for, or none is named."""
    day = appeared(source)
    return as_of is not None and day is not None and day > as_of


def earlier(table: Mapping[str, Any], as_of: Date | None) -> dict[str, Any]:
    """Raw numbers of a file without those whose evidence appeared after a day."""
    return {k: v for k, v in table.items() if not (isinstance(v, dict) and later(str(v.get("source", "")), as_of))}


def known(stated: Date, *proofs: str | Evidence) -> Date:
    """The day on which something was known: the one stated, and not before its sources appeared."""
    days = [appeared(p if isinstance(p, str) else p.source) for p in proofs]
    return max([stated, *(day for day in days if day is not None)])


def later_numbers(scenario: Scenario, as_of: Date | None) -> list[dict[str, Any]]:
    """Numbers of a scenario with a source that appeared after a day: it states no earlier ones, so they hold, and are said."""
    return [
        {"number": path, "source": source, "appeared": appeared(source)}
        for path, _, _, proof in used_evidence(scenario)
        for source in proof.source.split(", ")
        if later(source, as_of)
    ]


def _day(found: tuple[str, str, str]) -> Date | None:
    day, month, year = found
    last = calendar.monthrange(int(year), _MONTHS[month])[1] if int(year) else 0
    number = int(day) if day else last
    return Date(int(year), _MONTHS[month], number) if 1 <= number <= last else None
