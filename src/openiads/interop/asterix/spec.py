"""The tables of `tables/*.toml`, read for one edition.

An item is one line, the compound ones are a list of such lines with a name and "-" for a spare:

    SAC u8, SIC u8          fields in order: name, kind and bits, and for a quantity its LSB and unit (`u16 1/2^8 NM`)
                            kinds: u unsigned, s two's complement, o octal, a 8-bit ASCII, i 6-bit ICAO; `_ 4` spare bits
    fx: A u7 | B u3, _ 4    octets of seven bits, each followed by a bit that says whether the next one is there
    rep: A u8, B u8         an octet with the number of repetitions, then each of them
    fxrep: A u7             repetitions of which each ends with a bit that says whether another follows
    explicit                an octet with the length, itself included, then bytes that are not looked into
    B u1 @1.23              a field, or an octet of `fx`, that is spare before this edition

A *unit* is the smallest stretch that is there or not as a whole: an item, one octet of an extended item, a subfield.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

from openiads.interop.asterix.kernels import CHAINED, COMPOUND, EXPLICIT, EXTENDED, FIXED, NONE, REPEATED

CATEGORIES = (34, 48, 62, 63, 65)

_FORMS = {"fx": EXTENDED, "rep": REPEATED, "fxrep": CHAINED, "explicit": EXPLICIT, "": FIXED}
_ITEM = re.compile(r"(?:(fx|rep|fxrep):|(explicit))?(.*)", re.S)
_SUBFIELD = re.compile(r"(\w+)(?: (fx|rep|fxrep))?:(.*)", re.S)
_FIELD = re.compile(
    r"(?P<name>\w+) (?P<kind>[usoai]?)(?P<bits>\d+)(?: (?P<lsb>[\d./^e-]+) (?P<measure>\S+))?(?: @(?P<since>\S+))?"
)


@dataclass(frozen=True)
class Field:
    """Bits of a unit: `key` is its column, `bit` counts from the unit's first, `lsb` is 0 for what is no quantity."""

    key: str
    name: str
    unit: int
    bit: int
    bits: int
    kind: str
    lsb: float
    measure: str

    @property
    def text(self) -> bool:
        """Is it a string?"""
        return self.kind in "ai"

    def limits(self) -> tuple[int, int]:
        """Least and greatest whole number that the bits hold."""
        if self.kind == "s":
            return -(1 << self.bits - 1), (1 << self.bits - 1) - 1
        return 0, (1 << self.bits) - 1


@dataclass(frozen=True, eq=False)  # there is one of each: a key of caches by identity
class Unit:
    """What is there or not as a whole; `size` in octets, of one repetition for the repeated kinds."""

    key: str
    kind: int
    size: int
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Node:
    """An item or subfield as the walk takes it: its first unit, and for an extended one the number of octets."""

    name: str
    kind: int
    size: int = 0
    unit: int = 0
    children: tuple[Node, ...] = ()


@dataclass(frozen=True, eq=False)  # there is one of each: a key of caches by identity
class Spec:
    """One category in one edition."""

    category: int
    edition: str
    nodes: tuple[Node, ...]  # in the order of the field reference numbers
    units: tuple[Unit, ...]

    def label(self, item: str) -> str:
        """The item as the field writes it: 048/040."""
        return f"{self.category:03d}/{item}"


def editions() -> dict[int, tuple[str, ...]]:
    """The editions of each category that can be asked for, the last one being the default."""
    return {category: tuple(_table(category)["editions"]) for category in CATEGORIES}


@lru_cache(maxsize=64)
def spec(category: int, edition: str | None = None) -> Spec:
    """The tables of a category in an edition, the newest unless one is named; ValueError names those that are known."""
    if category not in CATEGORIES:
        raise ValueError(f"category {category} was given; accepted: {', '.join(map(str, CATEGORIES))}")
    table = _table(category)
    known = table["editions"]
    chosen = known[-1] if edition is None else edition
    if chosen not in known:
        raise ValueError(f"edition {chosen!r} of category {category} was given; accepted: {', '.join(known)}")
    builder = _Builder(_number(chosen))
    nodes = tuple(builder.item(name, table["items"].get(name)) for name in table["uap"].split())
    return Spec(category, chosen, nodes, tuple(builder.units))


@lru_cache(maxsize=8)
def _table(category: int) -> dict[str, Any]:
    text = files(__package__).joinpath("tables", f"cat{category:03d}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _number(edition: str) -> tuple[int, ...]:
    return tuple(int(part) for part in edition.split("."))


def _lsb(text: str) -> float:
    """360/2^16, 1/4, 6.25 or 1e-5."""
    above, _, below = text.partition("/")
    base, _, power = below.partition("^")
    return float(above) / (float(base) ** int(power or 1) if below else 1.0)


class _Builder:
    """Turns the lines of a table into nodes, and numbers their units."""

    def __init__(self, edition: tuple[int, ...]) -> None:
        self.edition = edition
        self.units: list[Unit] = []

    def item(self, name: str, lines: str | list[str] | None) -> Node:
        """One item of the UAP; a list of lines is a compound one."""
        if lines is None:
            return Node(name, NONE)
        if isinstance(lines, str):
            found = _ITEM.fullmatch(lines)
            assert found is not None
            return self.simple(name, name, name, found[1] or found[2] or "", found[3])
        unit = self.unit(name, COMPOUND, 0, ())
        return Node(name, COMPOUND, 0, unit, tuple(self.subfield(name, line) for line in lines))

    def subfield(self, item: str, line: str) -> Node:
        """One subfield of a compound item: `NAME: fields`, `NAME rep: fields`, or a single field."""
        if line == "-":
            return Node("-", NONE)
        found = _SUBFIELD.fullmatch(line)
        name, form, body = (found[1], found[2] or "", found[3]) if found else (line.split()[0], "", line)
        inside = [text.split()[0] for text in body.split(",") if not text.strip().startswith("_")]
        prefix = item if inside == [name] and not form else f"{item}.{name}"  # a field alone is the subfield
        return self.simple(name, f"{item}.{name}", prefix, form, body)

    def simple(self, name: str, key: str, prefix: str, form: str, body: str) -> Node:
        """Any item or subfield that is not compound; its fields are called by the prefix."""
        kind, unit = _FORMS[form], len(self.units)
        if kind == EXTENDED:
            return Node(name, kind, sum(self.octet(key, text.strip()) for text in body.split("|")), unit)
        fields, bits = self.fields(prefix, body, unit) if kind != EXPLICIT else ([], 8)
        bits += kind == CHAINED
        assert bits % 8 == 0, f"{key} has {bits} bits"
        self.unit(key, kind, bits // 8, tuple(fields))
        return Node(name, kind, bits // 8, unit)

    def octet(self, key: str, text: str) -> int:
        """One octet of an extended item; 1, or 0 where the edition does not have it."""
        if text.startswith("@"):
            since, _, text = text[1:].partition(" ")
            if _number(since) > self.edition:
                return 0
        fields, bits = self.fields(key, text, len(self.units))
        assert bits == 7, f"an octet of {key} has {bits} bits"
        self.unit(key, EXTENDED, 1, tuple(fields))
        return 1

    def fields(self, key: str, text: str, unit: int) -> tuple[list[Field], int]:
        """The fields of a line, and all its bits."""
        fields, bit = [], 0
        for word in text.split(","):
            found = _FIELD.fullmatch(" ".join(word.split()))
            assert found is not None, f"{key}: {word!r} is no field"
            bits = int(found["bits"])
            later = found["since"] is not None and _number(found["since"]) > self.edition
            if found["name"] != "_" and not later:
                lsb = _lsb(found["lsb"]) if found["lsb"] else 0.0
                name = found["name"]
                fields.append(Field(f"{key}.{name}", name, unit, bit, bits, found["kind"], lsb, found["measure"] or ""))
            bit += bits
        return fields, bit

    def unit(self, key: str, kind: int, size: int, fields: tuple[Field, ...]) -> int:
        """Number a unit."""
        self.units.append(Unit(key, kind, size, fields))
        return len(self.units) - 1


@dataclass(frozen=True)
class Book:
    """Several categories as the kernel walks them, nodes and units numbered through."""

    specs: tuple[Spec, ...]
    roots: np.ndarray  # int32[256, 2] first node and number of nodes of each category; 0 nodes for an unknown one
    nodes: np.ndarray  # int32[N, 5] kind, size, unit, first child, children
    names: tuple[str, ...]  # item of each node
    first_unit: tuple[int, ...]  # of each spec
    units: int


@lru_cache(maxsize=16)
def book(chosen: tuple[tuple[int, str], ...] = ()) -> Book:
    """All categories, in the editions chosen or else the newest."""
    named = dict(chosen)
    unknown = sorted(set(named) - set(CATEGORIES))
    specs = tuple(spec(category, named.get(category)) for category in [*CATEGORIES, *unknown])
    roots, unit = np.zeros((256, 2), np.int32), 0
    rows: list[tuple[int, ...]] = []
    names: list[str] = []
    firsts: list[int] = []
    for each in specs:
        roots[each.category] = len(rows), len(each.nodes)
        firsts.append(unit)
        flat = list(_flat(each.nodes, len(rows)))
        rows += [(node.kind, node.size, unit + node.unit, child, len(node.children)) for node, child, _ in flat]
        names += [each.label(label) for _, _, label in flat]
        unit += len(each.units)
    return Book(specs, roots, np.array(rows, np.int32), tuple(names), tuple(firsts), unit)


def chosen(editions: Mapping[int, str] | None) -> tuple[tuple[int, str], ...]:
    """The editions as a key of `book`."""
    return tuple(sorted((editions or {}).items()))


def _flat(nodes: tuple[Node, ...], base: int) -> Iterator[tuple[Node, int, str]]:
    """Each node with the place of its first child and its label: the items first, then the subfields."""
    place = base + len(nodes)
    for node in nodes:
        yield node, place, node.name
        place += len(node.children)
    for node in nodes:
        for child in node.children:
            yield child, 0, f"{node.name} {child.name}"
