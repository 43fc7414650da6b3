"""Fields with a unit in their key, and numbers that carry their evidence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, NoReturn

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from openiads.scenario import spelling, words
from openiads.scenario.spelling import GRADES, PROOF
from openiads.units import DECADES, LARGEST, SMALLEST, UNITS, spellings, to_si

_MOST_ODD = 10  # unknown keys of one table that an error repeats


@dataclass(frozen=True)
class Evidence:
    """Where a number comes from: SI value, range over which sources disagree, source and grade."""

    value: float
    low: float
    high: float
    source: str
    grade: str
    note: str = ""


class Key(NamedTuple):
    """What a key of a file stands for: a field and, for a quantity, its dimension and the unit's suffix."""

    field: str
    dimension: str | None = None
    suffix: str | None = None


def quantity(dimension: str, default: Any = ..., *, ge: float | None = 0.0, gt: float | None = None,
             le: float | None = None, sweepable: bool = True, alias: str | None = None) -> Any:  # fmt: skip
    """A float field in SI that a file writes with a unit suffix; without limits of its own it has those of its dimension."""
    le = LARGEST[dimension] if le is None else le
    if gt == 0.0 and dimension in SMALLEST:
        gt, ge = None, SMALLEST[dimension]
    elif ge is None and gt is None:
        ge = -LARGEST[dimension]
    return Field(
        default, alias=alias, ge=None if gt is not None else ge, gt=gt, le=le, allow_inf_nan=False,
        json_schema_extra={"dimension": dimension, "sweepable": sweepable},
    )  # fmt: skip


def quantities(dimension: str) -> Any:
    """A list of quantities, or None; its type holds the limits, in SI."""
    return Field(None, json_schema_extra={"dimension": dimension})


def number(default: Any = ..., *, ge: float | None = 0.0, gt: float | None = None, le: float | None = None,
           sweepable: bool = True) -> Any:  # fmt: skip
    """A dimensionless number."""
    return Field(
        default, ge=None if gt is not None else ge, gt=gt, le=le, allow_inf_nan=False,
        json_schema_extra={"sweepable": sweepable},
    )  # fmt: skip


def decade(value: object) -> object:
    """The geometric mean of a decade class of radar cross-section (m2), which stands for it."""
    if isinstance(value, str) and value in DECADES:
        low, high = (float(x) for x in value.split("-"))
        return math.sqrt(low * high)
    raise ValueError(
        f"{words.show(value)} is no decade class of radar cross-section (m2); accepted: {', '.join(DECADES)}"
    )


Decade = Annotated[float, BeforeValidator(decade), Field(json_schema_extra={"decade": True})]


class Spec(BaseModel):
    """Base of every table of a scenario: unknown keys are refused, quantities carry their unit in the key."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, strict=True)
    _evidence: dict[str, Evidence] = PrivateAttr(default_factory=dict)

    @property
    def evidence(self) -> dict[str, Evidence]:
        """Source, grade and range of the fields that state them."""
        return self._evidence

    @classmethod
    def spelled(cls, field: str) -> str:
        """The key of a field, without its unit."""
        return cls.model_fields[field].alias or field

    @classmethod
    def extra(cls, field: str, what: str) -> Any:
        """What a field declares beside its type: dimension, sweepable, decade."""
        given = cls.model_fields[field].json_schema_extra
        return given.get(what) if isinstance(given, dict) else None

    @classmethod
    @lru_cache(maxsize=64)
    def accepted(cls) -> dict[str, Key]:
        """Every key that a file may use."""
        keys: dict[str, Key] = {}
        for name in cls.model_fields:
            dimension = cls.extra(name, "dimension")
            if dimension:
                for suffix in UNITS[dimension]:
                    keys[f"{cls.spelled(name)}_{suffix}"] = Key(name, dimension, suffix)
            else:
                keys[cls.spelled(name)] = Key(name)
        return keys

    @classmethod
    def sweepable(cls, field: str) -> bool:
        """May a field be set or swept from outside a file."""
        return cls.extra(field, "sweepable") is not False

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> dict[str, Any]:
        """Properties as a file spells them: with the unit, and with the table that carries the evidence."""
        return spelling.spelled_out(cls, handler.resolve_ref_schema(handler(core)))

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls, data: Any, handler: Any) -> Any:
        """From the keys of a file to fields in SI; everything that is wrong with the table is said at once."""
        if not isinstance(data, dict):
            return handler(data)
        table = _Table(cls, data)
        model = None
        try:
            model = handler(table.plain)
        except ValidationError as error:
            table.translate(error)
        if model is None or table.faults:
            _refuse(cls, table.faults)
        model._evidence.update(table.evidence)
        return model


def _refuse(cls: type[Spec], faults: list[InitErrorDetails]) -> NoReturn:
    raise ValidationError.from_exception_data(cls.__name__, faults)


class _Table:
    """One raw table on its way in: plain SI values, the evidence behind them, and what is wrong."""

    def __init__(self, cls: type[Spec], data: dict[str, Any]) -> None:
        self.cls = cls
        self.plain: dict[str, Any] = {}
        self.evidence: dict[str, Evidence] = {}
        self.faults: list[InitErrorDetails] = []
        self.key_of: dict[str, str] = {}  # field -> key that gave it
        self.spoiled: set[str] = set()  # fields that a fault already speaks of
        self.data = data
        accepted = cls.accepted()
        odd = [key for key in data if key not in accepted]
        for key in odd[:_MOST_ODD]:
            self._unknown(key, accepted)
        if len(odd) > _MOST_ODD:
            self.fault((), f"… and {len(odd) - _MOST_ODD} more unknown keys")
        for key in data:
            if key in accepted:
                self._take(key, data[key], accepted[key])

    def fault(self, where: tuple[int | str, ...], text: str, given: Any = None) -> None:
        """Remember one problem."""
        error = PydanticCustomError("scenario", "{text}", {"text": text})
        self.faults.append(InitErrorDetails(type=error, loc=where, input=given))

    def _take(self, key: str, given: Any, meaning: Key) -> None:
        if meaning.field in self.key_of:
            name = self.cls.spelled(meaning.field)
            self.fault((key,), f"states '{name}' a second time beside '{self.key_of[meaning.field]}'; keep one")
            return
        self.key_of[meaning.field] = key
        try:
            if isinstance(given, dict) and "value" in given:
                value, proof = with_evidence(given, meaning, bool(self.cls.extra(meaning.field, "decade")))
                self.evidence[meaning.field] = proof
            else:
                value = converted(given, meaning)
        except ValueError as error:
            self.spoiled.add(meaning.field)
            self.fault((key,), str(error), given)
            return
        self.plain[meaning.field] = value

    def _unknown(self, key: str, accepted: dict[str, Key]) -> None:
        for name in self.cls.model_fields:
            dimension = self.cls.extra(name, "dimension")
            if dimension and key == self.cls.spelled(name):
                self.spoiled.add(name)
                units = ", ".join(spellings(key, dimension))
                self.fault((key,), f"has no unit (given: {words.show(self.data[key])}); write one of {units}")
                return
        near = words.nearest(key, accepted)
        if near:
            self.spoiled.add(accepted[near].field)
        self.fault((key,), f"unknown key{words.hint(near)} accepted: {words.keys(self.cls)}")

    def translate(self, error: ValidationError) -> None:
        """Faults of fields in the words of the file; those of tables inside are passed on as they are."""
        for line in error.errors(include_url=False):
            where, kind = line["loc"], line["type"]
            field = str(where[0]) if where else ""
            if kind == "missing" and len(where) == 1:
                name = next((n for n in self.cls.model_fields if field in (n, self.cls.spelled(n))), field)
                if name not in self.spoiled:
                    self.fault((self.cls.spelled(name),), f"missing; {words.wanted(self.cls, name)}")
                continue
            name = next((n for n in self.cls.model_fields if field in (n, self.cls.spelled(n))), field)
            key = self.key_of.get(name, field)
            if name in self.spoiled:
                continue
            given = _at(self.data, (key, *where[1:]), line.get("input"))
            meaning = self.cls.accepted().get(key, Key(name))
            text = line["ctx"]["text"] if kind == "scenario" else words.explain(line, given, meaning)
            self.fault((key, *where[1:]), text, given)


def _at(data: Any, where: tuple[int | str, ...], default: Any) -> Any:
    """What a file says at a place, in the file's own unit."""
    try:
        for part in where:
            data = data[part]
    except (KeyError, IndexError, TypeError):
        return default
    return data


def converted(given: Any, meaning: Key) -> Any:
    """A value of a file in SI; a quantity must be a finite number, or a list of them."""
    if meaning.dimension is None or meaning.suffix is None:
        return given
    if isinstance(given, list):
        return [converted(item, meaning) for item in given]
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise ValueError(f"must be a number (given: {words.show(given)})")
    return to_si(_finite(given), meaning.dimension, meaning.suffix)


def _finite(given: int | float) -> float:
    try:
        value = float(given)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise ValueError(f"must be a finite number (given: {words.show(given)})")
    return value


def with_evidence(given: dict[str, Any], meaning: Key, is_decade: bool = False) -> tuple[Any, Evidence]:
    """A table {value, low, high, source, grade, note}: the value for the field, and the evidence in SI."""
    odd = sorted(set(given) - set(PROOF))
    if odd:
        raise ValueError(f"unknown entry {', '.join(odd)}; accepted: {', '.join(PROOF)}")
    if given.get("grade") not in GRADES:
        raise ValueError(f"grade (given: {words.show(given.get('grade'))}) must be one of {', '.join(GRADES)}")
    texts = {k: given.get(k, "") for k in ("source", "note")}
    if not all(isinstance(x, str) for x in texts.values()) or not texts["source"]:
        raise ValueError('has no source; say where the number comes from: source = "S44", or "assumption"')
    three = [given.get(k, given["value"]) for k in ("value", "low", "high")]
    plain = [decade(x) for x in three] if is_decade else [converted(x, meaning) for x in three]
    if any(isinstance(x, bool) or not isinstance(x, int | float) for x in plain):
        raise ValueError(f"value, low and high must be numbers (given: {words.show(three)})")
    value, low, high = (_finite(x) for x in plain)  # type: ignore[arg-type]
    if not low <= value <= high:
        raise ValueError(
            f"low <= value <= high does not hold (given: low {three[1]}, value {three[0]}, high {three[2]})"
        )
    proof = Evidence(value, low, high, texts["source"], given["grade"], texts["note"])
    return (given["value"] if is_decade else plain[0]), proof
