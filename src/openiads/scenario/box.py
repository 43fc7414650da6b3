"""The parameter box of a scenario: every number that states a range and may be swept, and what can be chosen."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, get_args

import numpy as np

from openiads.errors import ScenarioError, UsageError
from openiads.scenario import words
from openiads.scenario.describe import used_evidence
from openiads.scenario.load import parse
from openiads.scenario.quantity import Evidence, Spec
from openiads.scenario.sets import set_value
from openiads.scenario.spec import Scenario
from openiads.units import DECADES, UNITS, from_si

WEIGHT = "p_exists"  # beliefs in the channel and in compromises weigh results afterwards; never a draw
BY_DEFAULT = ("site", "topology")  # modifiers that are varied without being asked for
_DECADE = 10.0  # ranges wider than this factor are drawn on a logarithmic scale
Scale = Literal["uniform", "log", "whole", "choice"]


@dataclass(frozen=True)
class Input:
    """One thing that nobody knows: its keys for --set, and its range (in the unit of the keys) or its choices."""

    name: str
    keys: tuple[str, ...]
    scale: Scale
    low: float = math.nan
    high: float = math.nan
    choices: tuple[str, ...] = ()
    source: str = ""
    grade: str = ""

    def text(self, u: float) -> str:
        """The value at u in [0, 1), as --set takes it."""
        if self.scale == "choice":
            return self.choices[int(u * len(self.choices))]
        if self.scale == "whole":
            return str(int(self.low) + int(u * (self.high - self.low + 1.0)))
        if self.scale == "log":
            return f"{math.exp((1.0 - u) * math.log(self.low) + u * math.log(self.high)):.6g}"
        return f"{self.low + u * (self.high - self.low):.6g}"


def box(scenario: Scenario, vary: Collection[str] | None = None, postures: Collection[str] | None = None,
        fixed: Collection[str] = ()) -> list[Input]:  # fmt: skip
    """The inputs of a scenario that patterns in `vary` name, all but rarely asked modifiers without it.

    `fixed`: keys that were set by hand and stay; `postures`: those that are run, the inputs of others are left out.
    """
    fixed = {key.removeprefix("modifiers.") for key in fixed}
    known = [x for x in (*_modifiers(scenario), *_numbers(scenario, postures)) if not fixed & set(x.keys)]
    if vary is None:
        return [x for x in known if x.scale != "choice" or x.name in BY_DEFAULT or "." in x.name]
    chosen: dict[str, Input] = {}
    for pattern in vary:
        found = [x for x in known if any(fnmatchcase(name, pattern) for name in _spellings(x))]
        if not found:
            _refuse(scenario, pattern, known)
        chosen |= {x.name: x for x in found}
    return [x for x in known if x.name in chosen]


def draw(inputs: list[Input], draws: int, seed: int) -> list[dict[str, str]]:
    """Per draw the value of every input by its name: a Latin hypercube (McKay, Beckman & Conover 1979).

    The column of an input is keyed by seed and name: it stays the same whatever else is varied.
    """
    columns = {}
    for x in inputs:
        rng = np.random.default_rng([seed, *hashlib.sha256(x.name.encode()).digest()])
        columns[x.name] = [x.text(u) for u in (rng.permutation(draws) + rng.random(draws)) / draws]
    return [{name: column[i] for name, column in columns.items()} for i in range(draws)]


def sets_of(inputs: list[Input], values: dict[str, str]) -> dict[str, str]:
    """What --set would say for one draw."""
    return {key: values[x.name] for x in inputs for key in x.keys}


def drawn(scenario: Scenario, inputs: list[Input], values: dict[str, str], label: str) -> Scenario:
    """The scenario at one draw; ranges that contradict one another are an error that names the draw."""
    try:
        return parse(scenario.table, scenario.name, sets_of(inputs, values))
    except ScenarioError as error:
        raise ScenarioError(
            f"{label}: values from the stated ranges contradict one another; narrow the ranges, or leave an input "
            f"out with --vary\n{error}"
        ) from None


def _numbers(scenario: Scenario, postures: Collection[str] | None) -> Iterator[Input]:
    """Numbers with a range. What several postures state alike is one input: it is no part of what they differ in."""
    alike: dict[tuple[str, Evidence], list[str]] = {}
    stated: dict[str, int] = {}
    for where, model, field, proof in used_evidence(scenario):
        parts = where.split(".")
        if not model.sweepable(field) or not proof.low < proof.high or parts[-1] == WEIGHT:
            continue
        if parts[0] != "postures":
            yield _number((where,), where, model, field, proof)
        elif postures is None or parts[1] in postures:
            alike.setdefault((parts[2], proof), []).append(parts[1])
            stated[parts[2]] = stated.get(parts[2], 0) + 1
    for (key, proof), names in alike.items():
        every = len(names) == stated[key] > 1
        name = f"postures.{'*' if every else '+'.join(names)}.{key}"
        model = scenario.postures[names[0]]
        field = next(f for f in type(model).model_fields if model.spelled(f) == key)
        yield _number(tuple(f"postures.{n}.{key}" for n in names), name, model, field, proof)


def _number(keys: tuple[str, ...], name: str, model: Spec, field: str, proof: Evidence) -> Input:
    """An input in a unit that its keys then carry."""
    if model.extra(field, "decade"):
        centres = {c: math.sqrt(math.prod(map(float, c.split("-")))) for c in DECADES}
        within = tuple(c for c, x in centres.items() if proof.low <= x <= proof.high)
        return Input(name, keys, "choice", choices=within, source=proof.source, grade=proof.grade)
    low, high = proof.low, proof.high
    scale: Scale = "log" if low > 0.0 and high > _DECADE * low else "uniform"
    if isinstance(getattr(model, field), int):
        scale = "whole"
    dimension = model.extra(field, "dimension")
    if dimension:
        suffix = _suffix(dimension, high)
        low, high = (from_si(x, dimension, suffix) for x in (low, high))
        scale = "uniform" if math.isnan(UNITS[dimension][suffix]) else scale  # decibels are a logarithm already
        name, keys = f"{name}_{suffix}", tuple(f"{key}_{suffix}" for key in keys)
    return Input(name, keys, scale, low, high, source=proof.source, grade=proof.grade)


def _suffix(dimension: str, high: float) -> str:
    """The unit in which a reader expects a quantity of this size."""
    if dimension == "angle":
        return "deg"
    if dimension == "length":
        return "km" if high >= 10e3 else "m"
    if dimension == "time":
        return next((s for s in ("days", "h", "min") if high >= 2.0 * UNITS["time"][s]), "s")
    return next(iter(UNITS[dimension]))


def _modifiers(scenario: Scenario) -> Iterator[Input]:
    """Modifiers that have more than one choice here."""
    model = type(scenario.modifiers)
    patterns = sorted({p for s in scenario.sorties for p in s.patterns})
    batches = {getattr(x, "batch", 1) for x in (*scenario.radars, *scenario.fire_units)}
    choices: dict[str, tuple[str, ...]] = {
        "site": tuple(scenario.sites),
        "topology": get_args(model.model_fields["topology"].annotation)
        if any(x.topologies for x in scenario.links)
        else (),
        "allied_pattern": tuple(dict.fromkeys(("none", *patterns))),
        "reflectors": ("false", "true") if any(s.reflectors == "modifier" for s in scenario.sorties) else (),
        "batches": ("1", "2") if len(batches) > 1 else (),
        "interrogator": get_args(model.model_fields["interrogator"].annotation),
    }
    for name, names in choices.items():
        if len(names) > 1:
            yield Input(name, (name,), "choice", choices=names)


def _spellings(x: Input) -> Iterator[str]:
    """Names under which an input is found, with and without the unit."""
    for name in (x.name, *x.keys):
        yield name
        yield name.rpartition("_")[0] or name


def _refuse(scenario: Scenario, pattern: str, known: list[Input]) -> None:
    """Say why a pattern names no input: kept out, without a range, or unknown."""
    names = [x.name for x in known]
    if not set("*?[") & set(pattern) and "." in pattern:
        try:
            set_value(dict(scenario.table), pattern, "0")
        except UsageError as error:
            raise UsageError(str(error).replace("--set", "--vary", 1)) from None
        raise UsageError(
            f"--vary {pattern}: it states no range here (or --set fixes it, or it is a belief that weighs results "
            f"afterwards); in a scenario file write {{ value = …, low = …, high = …, source = …, grade = … }}"
        )
    raise UsageError(f"--vary {pattern}: {words.unknown('input', pattern, names)}")
