"""Reads the engine's syntax trees and lists every place where a stage could see more than it may.

import-linter sees which file a name is imported from, not which bundle it is; a bundle that travels through
another stage, or the whole state handed over as one parameter, would pass it. These checks look at names.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ENGINE = "openiads.engine"

# whose bundles a stage may name, besides its own (architecture: the import graph is the information graph)
MAY_SEE = {
    "jit": set[str](),
    "bundle": set[str](),
    "rng": set[str](),
    "geo": set[str](),
    "spans": set[str](),
    "motion": {"geo"},
    "sensing": {"geo", "motion"},
    "tracking": {"geo", "sensing"},
    "network": {"geo", "sensing", "tracking"},
    "command": {"geo", "network"},
    "overheard": {"network"},
    "engagement": {"geo", "motion", "command"},
    "damage": {"geo", "motion"},
    "radio": {"geo", "motion", "network"},
}
SEES_ALL = {"outcome", "step"}  # the scorer and the table of contents
SCORERS_ONLY = {"PlotOrigin", "Origin"}  # which body a plot came from: written by sensing, read by outcome


def stage_of(module: str) -> str:
    """'openiads.engine.tracking.filter' -> 'tracking'; '' outside the engine."""
    return module.removeprefix(ENGINE + ".").split(".")[0] if module.startswith(ENGINE + ".") else ""


def sources(package: Path) -> Iterator[tuple[str, Path, ast.Module]]:
    """Every module below src/openiads: its dotted name, its file and its tree."""
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        yield name, path, ast.parse(path.read_text(encoding="utf-8"))


def bundles(package: Path) -> dict[str, str]:
    """Every NamedTuple class of the engine -> the stage that defines it."""
    found: dict[str, str] = {}
    for module, _, tree in sources(package):
        for node in ast.walk(tree):
            if stage_of(module) and isinstance(node, ast.ClassDef) and "NamedTuple" in map(_name, node.bases):
                found[node.name] = stage_of(module)
    return found


def leaks(package: Path) -> list[str]:
    """One line for every bundle imported from elsewhere than its file, or seen where it may not be."""
    owner = bundles(package)
    found: list[str] = []
    for module, path, tree in sources(package):
        where = str(path.relative_to(package.parent))
        found += [f"{where}:{line}: {text}" for line, text in _imports(module, path, tree, owner)]
        if stage_of(module):
            found += [f"{where}:{line}: {text}" for line, text in _parameters(stage_of(module), tree, owner)]
    return found


def _imports(module: str, path: Path, tree: ast.Module, owner: dict[str, str]) -> Iterator[tuple[int, str]]:
    """Bundles named in import statements, or read off an imported engine module."""
    aliases: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            aliases |= {a.asname or a.name: a.name for a in node.names if a.name.startswith(ENGINE)}
        if not isinstance(node, ast.ImportFrom):
            continue
        source = _source(module, path, node)
        for a in node.names:
            if source == ENGINE:
                aliases[a.asname or a.name] = f"{ENGINE}.{a.name}"
            if a.name == "*" and source.startswith(ENGINE):
                yield node.lineno, f"imports everything from {source}; name what is needed"
            elif a.name in owner and source.startswith(ENGINE):
                for text in _verdict(a.name, stage_of(source), stage_of(module), owner):
                    yield node.lineno, text
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in owner and ast.unparse(node.value) in aliases:
            source = aliases[ast.unparse(node.value)]
            for text in _verdict(node.attr, stage_of(source), stage_of(module), owner):
                yield node.lineno, text


def _verdict(bundle: str, source: str, reader: str, owner: dict[str, str]) -> Iterator[str]:
    if source != owner[bundle]:
        yield f"takes {bundle} from {source}, but {owner[bundle]} defines it"
    if reader and not _may_see(reader, bundle, owner):
        yield f"{reader} may not see {bundle} of {owner[bundle]}"


def _parameters(stage: str, tree: ast.Module, owner: dict[str, str]) -> Iterator[tuple[int, str]]:
    """Parameters that are named or annotated as a bundle that the stage may not see."""
    for node in ast.walk(tree):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        given = node.args
        every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        for parameter in filter(None, every):
            words = set(re.findall(r"\w+", ast.unparse(parameter.annotation) if parameter.annotation else ""))
            if words & {"int", "float", "bool"}:  # a number of radars is not the radars
                continue
            words.add("".join(w.title() for w in parameter.arg.strip("_").split("_")))
            if stage != "step" and "State" in words:
                yield node.lineno, f"'{parameter.arg}' is the whole state; stages receive named bundles"
            for bundle in sorted(words & (set(owner) | SCORERS_ONLY)):
                if not _may_see(stage, bundle, owner):
                    yield node.lineno, f"{stage} may not see '{parameter.arg}' ({bundle})"


def _may_see(stage: str, bundle: str, owner: dict[str, str]) -> bool:
    if bundle == "State":  # said once, by the rule on parameters and by import-linter
        return True
    if stage in SEES_ALL or owner.get(bundle) == stage:
        return True
    if bundle in SCORERS_ONLY:
        return stage == "sensing"
    return owner[bundle] in MAY_SEE[stage]


def _source(module: str, path: Path, node: ast.ImportFrom) -> str:
    """The absolute name of the module that an import statement reads from."""
    if not node.level:
        return node.module or ""
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    return ".".join([*package[: len(package) - node.level + 1], *([node.module] if node.module else [])])


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
