"""What a message says: what was given, what is accepted, and the nearest known name."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from openiads.units import UNITS, from_si, spellings

_LONGEST = 60  # characters of a value that a message repeats
_BOUNDS = {
    "greater_than": ("gt", "greater than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
_KINDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}

GROUND = r"^(shipped|smooth|.+\.([dD][tT][012]|[hH][gG][tT]|[tT][iI][fF][fF]?|[vV][rR][tT]))$"  # what terrain may be


def show(value: Any) -> str:
    """A value as a message repeats it, cut to a length that a line can hold."""
    try:
        text = f"'{value}'" if isinstance(value, str) else str(value)
    except ValueError:  # an integer with thousands of digits
        text = "a very long number"
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known name that looks most like a given one, or that it begins."""
    names = list(known)
    near = difflib.get_close_matches(name[:_LONGEST], names, n=1, cutoff=cutoff)
    return near[0] if near else next((n for n in names if name and n.startswith(name)), None)


def hint(near: str | None) -> str:
    """Tail of a message before the list of what is accepted."""
    return f"; did you mean '{near}'?" if near else ";"


def listed(known: Iterable[str], most: int = 40) -> str:
    """Names in a line; a long list is cut."""
    names = list(known)
    cut = f", … ({len(names)} in all)" if len(names) > most else ""
    return (", ".join(names[:most]) + cut) or "none is defined"


def unknown(what: str, name: str, known: Iterable[str], inside: str = "") -> str:
    """One line for a name that leads nowhere."""
    names = list(known)
    where = f" in '{inside}'" if inside else ""
    return f"no {what} {show(name)}{where}{hint(nearest(name, names))} accepted: {listed(names)}"


def keys(cls: Any) -> str:
    """The keys that a table accepts, with the units of a quantity in brackets."""
    found = []
    for field in cls.model_fields:
        dimension = cls.extra(field, "dimension")
        found.append(cls.spelled(field) + (f"_({'|'.join(UNITS[dimension])})" if dimension else ""))
    return ", ".join(sorted(found))


def wanted(cls: Any, field: str) -> str:
    """What to write for a field that is missing."""
    dimension = cls.extra(field, "dimension")
    name = cls.spelled(field)
    return f"write one of {', '.join(spellings(name, dimension))}" if dimension else f"write {name} = …"


def explain(line: Mapping[str, Any], given: Any, key: Any) -> str:
    """A pydantic error line in the words and units of the file; key: what the file's key stands for."""
    kind, context = line["type"], line.get("ctx") or {}
    if isinstance(given, dict) and "value" in given:
        given = given["value"]
    was = f" (given: {show(given)})"
    if kind in _BOUNDS:
        which, text = _BOUNDS[kind]
        if isinstance(context[which], str | date):
            return f"must be {'on or after' if which in ('ge', 'gt') else 'on or before'} {context[which]}{was}"
        limit = float(context[which])
        if key.dimension:
            limit = from_si(limit, key.dimension, key.suffix)
        return f"must be {text} {limit:.6g}{was}"
    if kind == "literal_error":
        accepted = [part.strip("'") for part in context["expected"].replace(" or ", ", ").split(", ")]
        return f"{show(given)} is not known{hint(nearest(str(given), accepted))} accepted: {', '.join(accepted)}"
    if kind in ("too_long", "too_short"):
        bound, word = ("max_length", "most") if kind == "too_long" else ("min_length", "least")
        return f"must have at {word} {context[bound]} entries (given: {context['actual_length']})"
    if kind in ("string_too_long", "string_too_short"):
        bound, word = ("max_length", "most") if kind == "string_too_long" else ("min_length", "least")
        return f"must have at {word} {context[bound]} characters{was}"
    if kind == "string_pattern_mismatch" and context["pattern"] == GROUND:
        return f"{show(given)} is no ground; accepted: shipped, smooth, or the path of a .tif, .hgt, .dt0, .dt1, .dt2 or .vrt file"
    if kind == "string_pattern_mismatch":
        return f"{show(given)} is no name; accepted: lower-case letters, digits, '_' and '-', at most 60"
    if kind == "finite_number":
        return f"must be a finite number{was}"
    if kind in _KINDS:
        return f"must be {_KINDS[kind]}{was}"
    text = line["msg"].removeprefix("Value error, ")
    return text if kind == "value_error" else text + was


def known(path: str, name: str, names: Iterable[str], what: str) -> Iterator[str]:
    """A problem line where a name is none of those that there are."""
    there = list(names)
    if name not in there:
        yield f"{path}: {unknown(what, name, there)}"


def twice(names: list[str]) -> list[str]:
    """Names that stand there more than once, sorted."""
    return sorted(name for name, count in Counter(names).items() if count > 1)
