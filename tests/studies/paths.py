"""Path files for tests of the calendar: a step or an event is a dict, what it needs beside is filled in."""

from __future__ import annotations

from typing import Any

CITED = {"source": "assumption", "grade": "assumption"}


def path_text(steps: list[dict[str, Any]], happenings: list[dict[str, Any]] | None = None, **top: Any) -> str:
    """The text of a path file named `mine`; dates are written as text, as 2020-01-06."""
    tables = [{"name": "mine", "title": "a path", **top}]
    parts = ["\n".join(_lines(tables[0]))]
    parts += ["\n".join(["[[step]]", *_lines({"text": "a step", **CITED, **s})]) for s in steps]
    parts += ["\n".join(["[[event]]", *_lines({"title": "an event", **CITED, **e})]) for e in happenings or []]
    return "\n".join(parts) + "\n"


def _lines(table: dict[str, Any]) -> list[str]:
    return [f"{key} = {_value(key, value)}" for key, value in table.items()]


def _value(key: str, value: Any) -> str:
    if key in ("date", "end", "published"):
        return str(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{ " + ", ".join(_lines(value)).replace("\n", " ") + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value("", v) for v in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
