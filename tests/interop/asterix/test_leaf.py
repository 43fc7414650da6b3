"""The codec is a leaf: nothing of the project but itself, and no package but numpy and numba."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import openiads.interop.asterix as package

OWN = "openiads.interop.asterix"


def _imported(source: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names.add(node.module or "")
    return names


def test_only_numpy_numba_and_itself() -> None:
    files = sorted(Path(package.__path__[0]).glob("*.py"))
    assert len(files) > 5
    for path in files:
        for name in _imported(path.read_text(encoding="utf-8")):
            top = name.partition(".")[0]
            fine = (
                top in {"numpy", "numba"} or top in sys.stdlib_module_names or name == OWN or name.startswith(OWN + ".")
            )
            assert fine, f"{path.name} imports {name}"


def test_the_check_sees_what_it_must() -> None:
    assert _imported("import openiads.units as u\nfrom scipy import linalg") == {"openiads.units", "scipy"}


def test_public_names() -> None:
    assert package.__all__ == sorted(
        package.__all__, key=lambda name: (name.isupper() is False, name[0].islower(), name)
    )
    assert all(hasattr(package, name) for name in package.__all__)
