"""ASTERIX by libasterix, and records made at random from its tables or from ours."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Any

from openiads.interop.asterix.kernels import CHAINED, COMPOUND, EXPLICIT, EXTENDED, NONE, REPEATED
from openiads.interop.asterix.spec import Field, Node, Spec

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@lru_cache(maxsize=1)
def libasterix() -> tuple[Any, Any]:
    """The modules; importing them takes seconds and half a gigabyte, so only a test that needs them does."""
    from asterix import base, generated

    return base, generated


@lru_cache(maxsize=64)
def category(number: int, edition: str) -> Any:
    """Class of a category in an edition."""
    wanted = tuple(int(part) for part in edition.split("."))
    return next(each for each in libasterix()[1].manifest["CATS"][number] if each.cv_edition == wanted)


def common_editions(number: int, ours: tuple[str, ...]) -> list[str]:
    """Editions that both know."""
    theirs = {each.cv_edition for each in libasterix()[1].manifest["CATS"][number]}
    return [edition for edition in ours if tuple(int(part) for part in edition.split(".")) in theirs]


def read_block(block: bytes, number: int, edition: str) -> list[dict[str, Any]] | None:
    """Records of one block as {item: values in order, a list of lists for repetitions}; None if it is refused."""
    base, _ = libasterix()
    found = category(number, edition).cv_uap._parse(base.Bits.from_bytes(block[3:]))
    return None if isinstance(found, ValueError) else [_items(number, record.items_regular) for record in found]


def read_expansion(octets: bytes, number: int) -> dict[str, Any]:
    """Items of a reserved expansion field in the newest edition of its appendix."""
    base, generated = libasterix()
    newest = max(generated.manifest["REFS"][number], key=lambda each: each.cv_edition)
    found, rest = newest.cv_expansion._parse(base.Bits.from_bytes(octets))
    assert len(rest) == 0
    return {name: _variation(each.arg) for name, each in found.arg.items()}


def _items(number: int, items: dict[str, Any]) -> dict[str, Any]:
    """Values of a record, with two heights signed that libasterix signs only in its newer editions."""
    out = {name: _variation(each.arg) for name, each in items.items()}
    if number == 48 and "090" in out:
        out["090"][2] = (out["090"][2] + 2048.0) % 4096.0 - 2048.0
    if number == 62 and "HEIGHT" in out.get("340", {}):
        out["340"]["HEIGHT"][0] = (out["340"]["HEIGHT"][0] + 819200.0) % 1638400.0 - 819200.0
    if number == 62 and "BDSDATA" in out.get("380", {}):
        out["380"]["MB"] = out["380"].pop("BDSDATA")
    return out


def _variation(v: Any) -> Any:
    base, _ = libasterix()
    v = v.arg if isinstance(v, base.RuleVariation) else v
    if isinstance(v, base.Element):
        return _element(v)
    if isinstance(v, base.Group):
        return _flat(v.arg)
    if isinstance(v, base.Extended):
        return _flat([item for part in v.arg for item in part if item is not None])
    if isinstance(v, base.Repetitive):
        return [_variation(each) for each in v.arg]
    if isinstance(v, base.Explicit):
        return v.get_bytes()
    return {name: _variation(each.arg) for name, each in v.arg.items()}


def _flat(items: list[Any]) -> list[Any]:
    base, _ = libasterix()
    return [value for item in items if not isinstance(item, base.Spare) for value in _variation(item.arg.arg)]


def _element(v: Any) -> list[Any]:
    base, _ = libasterix()
    rule = v.cv_rule
    content = rule.cv_content if issubclass(rule, base.RuleContentContextFree) else rule.cv_default_content
    c = content(v.bs)
    if isinstance(c, base.ContentQuantity):
        return [c._as_quantity()]
    if isinstance(c, base.ContentInteger):
        return [c.as_integer()]
    if isinstance(c, base.ContentString):
        return [c.as_string().rstrip()]
    if len(v.bs) == 64:  # a mode S register with its address
        return [c.as_uint() >> 8, c.as_uint() >> 4 & 15, c.as_uint() & 15]
    return [c.as_uint()]


def make_block(number: int, edition: str, count: int, rng: random.Random) -> bytes:
    """A block of records with any items and any bits that libasterix makes."""
    _base, _ = libasterix()
    cat = category(number, edition)
    record = cat.cv_uap.cv_record
    records = []
    while len(records) < count:
        names = [n for n in record.cv_items_dict if rng.random() < rng.choice([0.2, 0.5, 0.9])]
        if names:
            items = {n: _make(record.cv_items_dict[n].cv_rule.cv_variation, rng) for n in names}
            records.append(record._create(items))
    return bytes(cat._create(records).unparse().to_bytes())


def _make(v: Any, rng: random.Random) -> Any:
    base, _ = libasterix()
    if issubclass(v, base.Element):
        return _bits(v, rng)
    if issubclass(v, base.Group):
        return tuple(_inner(item, rng) for item in v.cv_items_list)
    if issubclass(v, base.Extended):
        parts = v.cv_items_list[: rng.randint(1, len(v.cv_items_list))]
        return [tuple(_inner(i, rng) for i in part) for part in parts]
    if issubclass(v, base.Repetitive):
        least = 1 if v.cv_rep_bytes is None else 0
        return [_make(v.cv_variation, rng) for _ in range(rng.randint(least, 4))]
    if issubclass(v, base.Explicit):
        return rng.randbytes(rng.randint(0, 6))
    names = [n for n in v.cv_items_dict if rng.random() < 0.4]
    return {n: _make(v.cv_items_dict[n].cv_rule.cv_variation, rng) for n in names}


def _inner(item: Any, rng: random.Random) -> Any:
    base, _ = libasterix()
    if item is None:
        return None
    if issubclass(item[0], base.Spare):
        return 0
    return _make(item[0].cv_non_spare.cv_rule.cv_variation, rng)


def _bits(v: Any, rng: random.Random) -> int:
    """A whole number for an element; characters are such as the specification has."""
    base, _ = libasterix()
    content = getattr(v.cv_rule, "cv_content", None)
    if content is not None and issubclass(content, base.ContentString):
        kind = content.cv_string_type
        length = v.cv_bit_size // kind.cv_bits_per_char
        if kind is base.StringOctal:
            return rng.getrandbits(v.cv_bit_size)
        return kind.from_string(v.cv_bit_size, "".join(rng.choices(LETTERS, k=rng.randint(1, length))))
    return rng.choice([rng.getrandbits(v.cv_bit_size), 0, (1 << v.cv_bit_size) - 1, 1 << v.cv_bit_size - 1])


def our_values(record: dict[str, Any], spec: Spec) -> dict[str, Any]:
    """A dict of ours without the names of fields, as `read_block` gives it."""
    nodes = {node.name: node for node in spec.nodes}
    return {name: _ours(nodes[name], value) for name, value in record["items"].items()}


def _ours(node: Node, value: Any) -> Any:
    if node.kind == COMPOUND:
        children = {child.name: child for child in node.children}
        return {name: _ours(children[name], inner) for name, inner in value.items()}
    if node.kind in (REPEATED, CHAINED):
        return [list(each.values()) for each in value]
    if node.kind == EXPLICIT:
        return value
    return list(value.values()) if isinstance(value, dict) else [value]


def make_record(spec: Spec, rng: random.Random, names: list[str] | None = None) -> dict[str, Any]:
    """A record with some of the items, values anywhere within their bits."""
    nodes = {node.name: node for node in spec.nodes if node.kind != NONE}
    chosen = names if names is not None else rng.sample(sorted(nodes), rng.randint(1, len(nodes)))
    ordered = [name for name in nodes if name in chosen]
    return {"category": spec.category, "items": {name: _any(spec, nodes[name], rng) for name in ordered}}


def _any(spec: Spec, node: Node, rng: random.Random) -> Any:
    if node.kind == COMPOUND:
        some = [child for child in node.children if child.kind != NONE and rng.random() < 0.4]
        return {child.name: _subfield(spec, child, rng) for child in some}
    if node.kind == EXPLICIT:
        return rng.randbytes(rng.randint(0, 6))
    unit = spec.units[node.unit]
    if node.kind in (REPEATED, CHAINED):
        return [_values(unit.fields, rng) for _ in range(rng.randint(node.kind == CHAINED, 4))]
    count = rng.randint(1, node.size) if node.kind == EXTENDED else 1
    return _values([field for k in range(count) for field in spec.units[node.unit + k].fields], rng)


def _subfield(spec: Spec, node: Node, rng: random.Random) -> Any:
    value = _any(spec, node, rng)
    return value[node.name] if isinstance(value, dict) and list(value) == [node.name] else value


def _values(fields: Any, rng: random.Random) -> dict[str, Any]:
    return {field.name: _one(field, rng) for field in fields}


def _one(field: Field, rng: random.Random) -> Any:
    if field.text:
        width = field.bits // (6 if field.kind == "i" else 8)
        return "".join(rng.choices(LETTERS, k=rng.randint(1, width)))
    low, high = field.limits()
    raw = rng.choice([rng.randint(low, high), low, high])
    if field.kind == "o":
        return f"{raw:0{field.bits // 3}o}"
    return raw * field.lsb if field.lsb else raw


def differences(ours: Any, theirs: Any, where: str = "") -> list[str]:
    """Where two readings differ; numbers may by a rounding of the last place."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        odd = [f"{where}: {name} on one side" for name in ours.keys() ^ theirs.keys()]
        return odd + [
            d for name in ours.keys() & theirs.keys() for d in differences(ours[name], theirs[name], f"{where}/{name}")
        ]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [d for i, (a, b) in pairs for d in differences(a, b, f"{where}[{i}]")]
    if isinstance(ours, float) and isinstance(theirs, int | float) and abs(ours - theirs) <= 1e-9 * max(1.0, abs(ours)):
        return []
    return [] if type(ours) is type(theirs) and ours == theirs else [f"{where}: {ours!r} and {theirs!r}"]
