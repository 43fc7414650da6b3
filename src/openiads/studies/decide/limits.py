"""What actors insist on: bounds on metrics, written by the reader in a TOML file."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from openiads.errors import ScenarioError, UsageError
from openiads.scenario import words
from openiads.scenario.classes import Name, Text
from openiads.scenario.load import read_toml, refused
from openiads.scenario.phrasing import conjoined
from openiads.scenario.quantity import Spec, number

_LARGEST = 1e15


class Limit(Spec):
    """One red line: a metric of the study and the most or the least that an actor accepts, in the metric's unit."""

    metric: Annotated[str, Field(max_length=100)]
    most: float | None = number(None, ge=-_LARGEST, le=_LARGEST)
    least: float | None = number(None, ge=-_LARGEST, le=_LARGEST)
    unit: Annotated[str, Field(max_length=40)] | None = None
    undefined: Literal["accepted", "refused"] | None = None  # what a posture is in which the metric is undefined

    @model_validator(mode="after")
    def _one_bound(self) -> Limit:
        if (self.most is None) == (self.least is None):
            raise ValueError("state one bound: most = … or least = …")
        return self

    @property
    def bound(self) -> float:
        """The bound, in the metric's unit."""
        return self.least if self.most is None else self.most  # type: ignore[return-value]

    def inside(self, value: float) -> bool:
        """Is a value within the bound."""
        return value >= self.bound if self.most is None else value <= self.bound

    def moved(self, bound: float) -> Limit:
        """The same with another bound."""
        return self.model_copy(update={"least" if self.most is None else "most": bound})


class Actor(Spec):
    """Somebody without whom it does not work, and what they insist on."""

    name: Name
    title: Text
    limits: list[Limit] = Field(min_length=1, max_length=50)


class Limits(Spec):
    """Everybody who has to agree."""

    title: Text
    actor: list[Actor] = Field(min_length=1, max_length=20)


def limits_names() -> list[str]:
    """Names of the examples that are shipped."""
    folder = files("openiads").joinpath("library/limits")
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))


def load_limits(source: str | Path) -> Limits:
    """Limits by the name of a shipped example or the path of a .toml file."""
    path = Path(source)
    if path.suffix == ".toml":
        if not path.is_file():
            raise UsageError(f"no file '{path}'; give the path of a .toml file, or one of {', '.join(limits_names())}")
        return read_limits(read_toml(path, str(path)), str(path))
    if str(source) not in limits_names():
        raise UsageError(f"{words.unknown('limits', str(source), limits_names())}, or the path of a .toml file")
    shipped = files("openiads").joinpath(f"library/limits/{source}.toml")
    return read_limits(read_toml(shipped, f"{source}.toml"), f"{source}.toml")


def read_limits(table: dict[str, Any], label: str) -> Limits:
    """A TOML table as Limits; names of actors are theirs alone."""
    try:
        limits = Limits.model_validate(table)
    except ValidationError as error:
        raise refused(label, table, error) from None
    names = [a.name for a in limits.actor]
    if double := sorted({n for n in names if names.count(n) > 1}):
        raise ScenarioError(f"{label}: actor {', '.join(double)}: defined twice; give each actor a name of its own")
    return limits


def require(
    limits: Limits, metrics: Mapping[str, Any], missing: Mapping[str, Any] | None = None, scenario: str = ""
) -> None:
    """Refuse metrics that the study does not have, and units that are not theirs; all problems at once.

    missing: what a kind of vignette would have answered that was not run, as summary.json has it under "left_out".
    """
    asked = [(f"limits, actor {a.name}", x) for a in limits.actor for x in a.limits]
    problems = []
    unanswered: set[str] = set()
    for kind, what in (missing or {}).items():
        if needing := sorted({x.metric for _, x in asked} & set(what["metrics"])):
            unanswered |= set(needing)
            problems.append(f"limits on {conjoined(needing)} {_to_run(kind, what['vignettes'], scenario)}")
    for where, limit in asked:
        if limit.metric not in metrics:
            if limit.metric not in unanswered:
                problems.append(f"{where}: {words.unknown('metric', limit.metric, metrics)}")
        elif limit.unit is not None and limit.unit != metrics[limit.metric]["unit"]:
            unit = metrics[limit.metric]["unit"] or "none"
            problems.append(f"{where}: {limit.metric} has the unit '{unit}' (given: {words.show(limit.unit)})")
    if problems:
        raise UsageError("\n".join(problems))


def _to_run(kind: str, vignettes: list[str], scenario: str) -> str:
    """Which vignette is missing, and what to do."""
    if not vignettes:
        return f"need a vignette of kind {kind}, and '{scenario}' has none; add one to the scenario, or leave them out"
    return f"need vignette {conjoined(vignettes)}, which was not run; run '{scenario}' again with it in --vignettes, or without that option"
