"""Fields with a unit in their key, and numbers that carry their evidence."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from openiads.units import UNITS, spellings, to_si


@dataclass(frozen=True)
class Evidence:
    """Where a number comes from: SI value, range over which sources disagree, source and grade."""

    value: float
    low: float
    high: float
    source: str
    grade: str
    note: str = ""


GRADES = ("A", "B", "C", "D", "GK", "CALC", "assumption")


def quantity(dimension: str, default: Any = ..., *, ge: float | None = 0.0, gt: float | None = None,
             le: float | None = None, sweepable: bool = True) -> Any:  # fmt: skip
    """A float field in SI that a file writes with a unit suffix."""
    return Field(
        default, ge=None if gt is not None else ge, gt=gt, le=le, allow_inf_nan=False,
        json_schema_extra={"dimension": dimension, "sweepable": sweepable},
    )  # fmt: skip


def number(default: Any = ..., *, ge: float | None = 0.0, gt: float | None = None, le: float | None = None,
           sweepable: bool = True) -> Any:  # fmt: skip
    """A dimensionless number."""
    return Field(
        default, ge=None if gt is not None else ge, gt=gt, le=le, allow_inf_nan=False,
        json_schema_extra={"sweepable": sweepable},
    )  # fmt: skip


class Spec(BaseModel):
    """Base of every table of a scenario: unknown keys are refused, quantities carry their unit in the key."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    _evidence: dict[str, Evidence] = PrivateAttr(default_factory=dict)

    @property
    def evidence(self) -> dict[str, Evidence]:
        """Source, grade and range of the fields that state them."""
        return self._evidence

    @classmethod
    def accepted(cls) -> dict[str, tuple[str, str | None, str | None]]:
        """Every key that a file may use: key -> (field, dimension, suffix)."""
        keys: dict[str, tuple[str, str | None, str | None]] = {}
        for name, info in cls.model_fields.items():
            extra = info.json_schema_extra
            dimension = extra.get("dimension") if isinstance(extra, dict) else None
            spelled = info.alias or name.rstrip("_")
            if dimension:
                for suffix in UNITS[str(dimension)]:
                    keys[f"{spelled}_{suffix}"] = (name, str(dimension), suffix)
            else:
                keys[spelled] = (name, None, None)
        return keys

    @model_validator(mode="wrap")
    @classmethod
    def _units(cls, data: Any, handler: Any) -> Any:
        if not isinstance(data, dict):
            return handler(data)
        keys = cls.accepted()
        plain: dict[str, Any] = {}
        evidence: dict[str, Evidence] = {}
        for key, given in data.items():
            if key not in keys:
                raise ValueError(_unknown(cls, key, keys))
            name, dimension, suffix = keys[key]
            if name in plain:
                raise ValueError(f"'{key}' states '{name.rstrip('_')}' a second time; keep one of the two")
            value = given
            if isinstance(given, dict) and "value" in given:
                value, proof = _with_evidence(key, given, dimension, suffix)
                evidence[name] = proof
            elif dimension and suffix:
                value = _converted(key, given, dimension, suffix)
            plain[name] = value
        model = handler(plain)
        model._evidence.update(evidence)
        return model


def _converted(key: str, given: Any, dimension: str, suffix: str) -> Any:
    if isinstance(given, list):
        return [_converted(key, item, dimension, suffix) for item in given]
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        raise ValueError(f"'{key}' = {given!r} is not a finite number")
    return to_si(float(given), dimension, suffix)


def _with_evidence(key: str, given: dict[str, Any], dimension: str | None, suffix: str | None) -> tuple[Any, Evidence]:
    """A table {value, low, high, source, grade, note}."""
    odd = set(given) - {"value", "low", "high", "source", "grade", "note"}
    if odd:
        raise ValueError(f"'{key}' has unknown entries {sorted(odd)}; accepted: value, low, high, source, grade, note")
    if given.get("grade") not in GRADES:
        raise ValueError(f"'{key}' has grade {given.get('grade')!r}; accepted: {', '.join(GRADES)}")
    if not given.get("source"):
        raise ValueError(f"'{key}' has no source; say where the number comes from")
    value = given["value"]
    if isinstance(value, str):
        return value, Evidence(math.nan, math.nan, math.nan, given["source"], given["grade"], given.get("note", ""))
    bounds = [given.get(k, value) for k in ("value", "low", "high")]
    if dimension and suffix:
        bounds = [_converted(key, b, dimension, suffix) for b in bounds]
    if any(isinstance(b, bool) or not isinstance(b, int | float) or not math.isfinite(b) for b in bounds):
        raise ValueError(f"'{key}' = {given!r}: value, low and high must be finite numbers")
    if not bounds[1] <= bounds[0] <= bounds[2]:
        raise ValueError(f"'{key}': low <= value <= high does not hold in {bounds[1]:g}, {bounds[0]:g}, {bounds[2]:g}")
    proof = Evidence(*(float(b) for b in bounds), given["source"], given["grade"], given.get("note", ""))
    return bounds[0], proof


def _unknown(cls: type[Spec], key: str, keys: dict[str, tuple[str, str | None, str | None]]) -> str:
    """What to say of a key that is not accepted."""
    for name, info in cls.model_fields.items():
        extra = info.json_schema_extra
        spelled = info.alias or name.rstrip("_")
        if isinstance(extra, dict) and extra.get("dimension") and key == spelled:
            return f"'{key}' has no unit; write one of {', '.join(spellings(spelled, str(extra['dimension'])))}"
    near = difflib.get_close_matches(key, keys, n=1, cutoff=0.5)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return f"unknown key '{key}'{hint or ';'} accepted: {', '.join(sorted(keys))}"
