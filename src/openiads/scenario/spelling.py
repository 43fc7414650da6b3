"""How a JSON schema spells the fields of a table: the unit in the key, the number plain or with its evidence."""

from __future__ import annotations

import math
from typing import Any

from openiads.units import DECADES, UNITS, from_si

_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
GRADES = ("A", "B", "C", "D", "GK", "CALC", "assumption")
PROOF = ("value", "low", "high", "source", "grade", "note")


def spelled_out(cls: Any, schema: dict[str, Any]) -> dict[str, Any]:
    """Replace every field by the keys that a file may use for it; a required quantity needs one of them."""
    fields = {cls.spelled(name): name for name in cls.model_fields}
    required = set(schema.pop("required", []))
    properties: dict[str, Any] = {}
    demands: list[dict[str, Any]] = []
    for key, prop in schema.pop("properties", {}).items():
        name = fields.get(key, key)
        dimension = cls.extra(name, "dimension")
        decade = bool(cls.extra(name, "decade"))
        plain = {k: v for k, v in prop.items() if k not in ("dimension", "sweepable", "decade", "default", "title")}
        if decade:
            plain = {"enum": list(DECADES)}
        for suffix in UNITS[dimension] if dimension else [""]:
            spelled = f"{key}_{suffix}" if suffix else key
            stated = in_unit(plain, dimension, suffix) if suffix else plain
            properties[spelled] = _or_evidence(stated) if decade or _is_number(stated) else stated
            if not cls.sweepable(name):
                properties[spelled]["description"] = "kept out of --set and of every sweep"
        spellings = [f"{key}_{suffix}" for suffix in UNITS[dimension]] if dimension else [key]
        if key in required or name in required:
            demands.append({"anyOf": [{"required": [s]} for s in spellings]} if dimension else {"required": [key]})
    schema["properties"] = properties
    if demands:
        schema["allOf"] = demands
    return schema


def in_unit(prop: Any, dimension: str, suffix: str) -> Any:
    """A property with its bounds in the unit of the key."""
    if isinstance(prop, list):
        return [in_unit(item, dimension, suffix) for item in prop]
    if not isinstance(prop, dict):
        return prop
    out = {k: in_unit(v, dimension, suffix) for k, v in prop.items()}
    for bound in _BOUNDS:
        if bound in out:
            limit = from_si(out.pop(bound), dimension, suffix)
            if math.isfinite(limit):
                out[bound] = float(f"{limit:.12g}")
    return out


def _is_number(prop: dict[str, Any]) -> bool:
    """May a property hold a number."""
    if any(_is_number(x) for x in prop.get("anyOf", [])):
        return True
    if "enum" in prop or "const" in prop:
        return all(isinstance(x, int) for x in prop.get("enum", [prop.get("const")]))
    return prop.get("type") in ("number", "integer")


def _or_evidence(prop: dict[str, Any]) -> dict[str, Any]:
    """A number may be written as a table that says where it comes from."""
    proof = {
        "type": "object",
        "additionalProperties": False,
        "required": ["value", "source", "grade"],
        "properties": {
            **{k: prop for k in ("value", "low", "high")},
            "source": {"type": "string", "minLength": 1},
            "grade": {"enum": list(GRADES)},
            "note": {"type": "string"},
        },
    }
    return {"anyOf": [prop, proof]}
