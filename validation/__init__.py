"""Every model against numbers that nobody here wrote: the rows of docs/validation.md, which the tests demand too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

SOURCES = {
    "P": "printed by an outside source", "X": "output of an outside package",
    "A": "closed form or enumeration, confirmed a second way", "M": "from the literature, page not seen",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One reference: what is expected, what the product gives, and how far they may lie apart.

    kind: absolute or relative tolerance; "least" and "most" bound what is got by what is expected.
    missing: why the product does not reproduce it; such a row must not hold, else the word is out of date.
    """

    id: str
    what: str
    source: str
    expected: float
    got: float
    tolerance: float = 0.0
    unit: str = ""
    kind: str = "absolute"
    missing: str = ""

    @property
    def ok(self) -> bool:
        """Does it hold; a NaN never does."""
        if self.kind == "least":
            return self.got >= self.expected
        if self.kind == "most":
            return self.got <= self.expected
        allowed = self.tolerance * (abs(self.expected) if self.kind == "relative" else 1.0)
        return abs(self.got - self.expected) <= allowed

    def cells(self) -> list[str]:
        """The row of the table."""
        sign = {"least": "at least ", "most": "at most "}.get(self.kind, "")
        tolerance = "" if sign else f"{self.tolerance:g}" if self.kind == "absolute" else f"{100 * self.tolerance:g} %"
        expected, got = (f"{x:.9g}" for x in (self.expected, self.got))
        return [
            self.id, self.what, self.source, f"{sign}{expected} {self.unit}".strip(), f"{got} {self.unit}".strip(),
            tolerance, self.verdict,
        ]  # fmt: skip

    @property
    def verdict(self) -> str:
        """As the page says it."""
        if self.missing:
            return "**FAILS** to be missing" if self.ok else f"*not reproduced*: {self.missing}"
        return "holds" if self.ok else "**FAILS**"

    @property
    def as_stated(self) -> bool:
        """Does it hold, or is it reported as not reproduced and is not."""
        return self.ok != bool(self.missing)


@dataclass(frozen=True)
class Section:
    """A chapter of the page."""

    title: str
    text: str
    rows: list[Row]
    figures: dict[str, Callable[[Any], None]] = field(default_factory=dict)  # caption -> draws on an axis


def sections() -> list[Section]:
    """All of them, in the order in which a look goes."""
    from validation import detection, engagement, geodesy, networks, propagation, published, radar, terrain, tracking

    return [
        module.section()
        for module in (detection, radar, propagation, geodesy, terrain, published, tracking, engagement, networks)
    ]
