"""Values that are set from outside a file, by modifier or dotted path; what studies must not sweep is refused."""

from __future__ import annotations

import tomllib
from typing import Any, NamedTuple, get_origin

from openiads.errors import UsageError
from openiads.scenario import words
from openiads.scenario.quantity import Spec
from openiads.scenario.spec import Scenario

KEPT_OUT = (
    "kept out: the route, bearing, height, timing and composition of a raid, and what it is aimed at, can not be set "
    "or swept; axes are drawn by the seed. To lay down another raid, write a scenario file of your own"
)


def set_value(table: dict[str, Any], key: str, text: str) -> None:
    """Set one value of a raw table: `site`, `doctrine.salvo`, `library.radars.91n6e-class.range_km`, …"""
    parts = str(key).split(".")
    if len(parts) == 1:
        _require(key, parts[0], Scenario.modifiers_model().accepted(), "modifier")
        parts = ["modifiers", *parts]
    target: Any = table
    model: Any = Scenario
    for i, part in enumerate(parts[:-1]):
        target, model = _descend(target, model, part, ".".join(parts[:i]), key)
    last = parts[-1]
    if not _is_spec(model) or not isinstance(target, dict):
        raise UsageError(f"--set {key}: '{'.'.join(parts[:-1])}' is no table of settings; name one of its entries")
    accepted = model.accepted()
    _require(key, last, accepted, "setting")
    field = accepted[last].field
    _refuse_unsweepable(model, field, key)
    if _inner_model(model.model_fields[field].annotation) is not None:
        raise UsageError(f"--set {key}: '{last}' is a table; set one of its entries: {key}.…")
    for other, meaning in accepted.items():
        if meaning.field == field:
            target.pop(other, None)
    target[last] = _typed(text)


def _require(key: str, name: str, known: Any, what: str, inside: str = "") -> None:
    if name not in known:
        raise UsageError(f"--set {key}: {words.unknown(what, name, sorted(known), inside)}")


def _is_spec(model: Any) -> bool:
    return isinstance(model, type) and issubclass(model, Spec)


class _Entries(NamedTuple):
    """The model of the named entries of a table such as [postures]."""

    model: type[Spec]


def _descend(target: Any, model: Any, part: str, path: str, key: str) -> tuple[Any, Any]:
    """One step of a dotted path: to a field of a table, or to a named entry of a table or list of entries.

    What lies on the way is copied, so that the shipped library stays as it is.
    """
    if isinstance(target, list):
        names = [str(e.get("name", e.get("class"))) for e in target if isinstance(e, dict)]
        _require(key, part, names, "entry", path)
        i = names.index(part)
        target[i] = dict(target[i])
        return target[i], model
    if not isinstance(target, dict):
        raise UsageError(f"--set {key}: '{path}' is no table")
    inner: Any
    if isinstance(model, _Entries):
        _require(key, part, target, "entry", path)
        inner = model.model
    elif model is None:
        raise UsageError(f"--set {key}: '{path}' is a single value; nothing lies below it")
    else:
        fields = {model.spelled(name): name for name in model.model_fields}
        _require(key, part, fields, "table", path)
        _refuse_unsweepable(model, fields[part], key)
        annotation = model.model_fields[fields[part]].annotation
        inner = _inner_model(annotation)
        if get_origin(annotation) is dict and inner is not None:
            inner = _Entries(inner)
    value = target.get(part, {})
    target[part] = list(value) if isinstance(value, list) else dict(value) if isinstance(value, dict) else value
    return target[part], inner


def _inner_model(annotation: Any) -> Any:
    """The Spec inside `X`, `X | None`, `list[X]` or `dict[Name, X]`; None for a plain value."""
    if _is_spec(annotation):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _inner_model(argument)
        if found is not None:
            return found
    return None


def _refuse_unsweepable(model: type[Spec], field: str, key: str) -> None:
    if not model.sweepable(field):
        raise UsageError(f"--set {key}: {KEPT_OUT}")


def _typed(text: str) -> Any:
    """A value as TOML would read it; what TOML can not read is text."""
    try:
        read = tomllib.loads(f"x = {text}")
    except (ValueError, RecursionError):
        return text
    return read["x"] if set(read) == {"x"} else text
