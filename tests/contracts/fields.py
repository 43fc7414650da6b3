"""Fields of the engine's bundles that are only ever written: found in the syntax trees, by the names in use.

A bundle goes by one name everywhere (Tally is `tally`, in a kernel and in `state.tally`); NAMES lists the exceptions.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

NAMES = {
    "Blend": "mix",
    "Likelihoods": "likely",
    "FireUnits": "units",
    "OneTrack": "one",
    "PlotOrigin": "origin",
    "Pass": "turn",
}


def unread(sources: Iterable[str], readers: Iterable[str]) -> list[tuple[str, str]]:
    """(class, field) of every NamedTuple in `sources` that no text of `readers` loads."""
    read = {pair for text in readers for pair in _loads(ast.parse(text))}
    return [
        (cls.name, field)
        for text in sources
        for cls in ast.walk(ast.parse(text))
        if isinstance(cls, ast.ClassDef) and any(isinstance(b, ast.Name) and b.id == "NamedTuple" for b in cls.bases)
        for field in _fields(cls)
        if (NAMES.get(cls.name, cls.name.lower()), field) not in read
    ]


def _fields(cls: ast.ClassDef) -> list[str]:
    return [s.target.id for s in cls.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)]


def _loads(tree: ast.AST) -> Iterable[tuple[str, str]]:
    """(name of the bundle, field) of every mention but a store into an element: `tally.rounds[f] += 1` reads nothing."""
    stores = {id(element) for node in ast.walk(tree) for element in _stored(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and id(node) not in stores:
            base = node.value
            yield base.id if isinstance(base, ast.Name) else getattr(base, "attr", ""), node.attr


def _stored(node: ast.AST) -> Iterable[ast.expr]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
    for target in targets:
        for element in target.elts if isinstance(target, ast.Tuple) else [target]:
            if isinstance(element, ast.Subscript):
                yield element.value
