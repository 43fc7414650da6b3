"""The import graph is the information graph: it holds, and the checks bite when someone cheats."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contracts.information import MAY_SEE, SEES_ALL, bundles, leaks, sources, stage_of

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "openiads"

# where the cheat goes, what it says, and who must notice: the import contracts, the syntax trees
CHEATS = [
    ("command", "from openiads.engine.motion import Truth", "blind", "command may not see Truth"),
    ("network", "import openiads.engine.outcome as scorer", "blind", None),
    ("tracking", "from ..motion import Truth as Weather", "blind", "tracking may not see Truth"),
    ("command", "from openiads.engine.sensing import Plots", "command-sees-pictures", "may not see Plots"),
    ("motion", "from openiads.engine.sensing import Plots", "stages", "motion may not see Plots"),
    ("network", "from openiads.engine.tracking import Truth", None, "tracking, but motion defines it"),
    ("tracking", "from openiads.engine.sensing import *", None, "imports everything"),
    (
        "tracking",
        "from openiads.engine import sensing\nX = sensing.PlotOrigin",
        None,
        "may not see PlotOrigin",
    ),
    ("command", "def peek(orders, state): ...", None, "'state' is the whole state"),
    ("sensing", "def peek(everything: 'step.State'): ...", None, "'everything' is the whole state"),
    ("command", "def peek(orders, truth): ...", None, "command may not see 'truth'"),
    ("tracking", "def peek(tracks, *, origin): ...", None, "tracking may not see 'origin'"),
    ("geo", "from openiads.errors import OpenIadsError", "engine-alone", None),
]


def _lint(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as run; run()"
    return subprocess.run(
        [
            sys.executable,
            "-c",
            command,
            "--no-cache",
            "--no-logo",
            "--config",
            str(ROOT / "pyproject.toml"),
            *arguments,
        ],
        cwd=folder,
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def cheat(folder: Path, stage: str, text: str) -> Path:
    """A copy of the package in which one stage says `text` as well."""
    package = folder / "openiads"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", "library"))
    path = package / "engine" / f"{stage}.py"
    path = path if path.exists() else package / "engine" / stage / "__init__.py"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n\n{text}\n", encoding="utf-8")
    return package


def test_import_contracts_hold() -> None:
    result = _lint(PACKAGE.parent)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


def test_no_stage_sees_more_than_it_may() -> None:
    assert leaks(PACKAGE) == []


def test_every_stage_has_its_rule() -> None:
    """A new file of the engine must say what it may see; a rule must have its file."""
    stages = {stage_of(module) for module, _, _ in sources(PACKAGE)} - {""}
    assert stages == set(MAY_SEE) | SEES_ALL
    owner = bundles(PACKAGE)
    written = {"Truth": "motion", "Plots": "sensing", "PlotOrigin": "sensing", "Tracks": "tracking"}
    written |= {"Pictures": "network", "Orders": "command", "Engagements": "engagement", "State": "step"}
    assert {bundle: owner.get(bundle) for bundle in written} == written


@pytest.mark.parametrize(("stage", "text", "contract", "message"), CHEATS)
def test_a_cheat_is_caught(tmp_path: Path, stage: str, text: str, contract: str | None, message: str | None) -> None:
    package = cheat(tmp_path, stage, text)
    if contract is not None:
        result = _lint(tmp_path, "--contract", contract)
        assert result.returncode == 1 and "1 broken" in result.stdout, result.stdout + result.stderr
    if message is not None:
        assert any(message in leak for leak in leaks(package)), leaks(package)


def test_a_copy_without_a_cheat_passes(tmp_path: Path) -> None:
    """Else the copy itself could be what the checks above reject."""
    package = cheat(tmp_path, "command", "")
    assert _lint(tmp_path).returncode == 0
    assert leaks(package) == []
