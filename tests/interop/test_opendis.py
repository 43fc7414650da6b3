"""Entity states against opendis, which runs in an environment of its own (`make test` makes it)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from benchmarks.dis import PYTHON, SCRIPT
from openiads.interop.dis import decode, encode, entity_states
from openiads.interop.export import export
from tests.records import short_run


def installed() -> bool:
    return PYTHON.exists() and subprocess.run([PYTHON, "-c", "import opendis"], capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not installed(), reason="opendis is not installed")


def compare(path: Path) -> list[dict]:
    """What opendis reads in a file is what we read, and what it writes of it is the file."""
    again = path.with_suffix(".again")
    done = subprocess.run([PYTHON, SCRIPT, path, again], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert again.read_bytes() == path.read_bytes()
    theirs, ours = json.loads(done.stdout), decode(path.read_bytes()).states
    assert len(theirs) == len(ours) > 0
    for name in theirs[0]:
        column = [list(row) for row in ours[name].tolist()] if ours[name].dtype.names else ours[name].tolist()
        if name == "marking":
            column = [word.decode() for word in column]
        assert [row[name] for row in theirs] == column, name
    return theirs


def test_an_exported_run(tmp_path):
    export(short_run(), "dis", tmp_path / "run.dis")
    states = compare(tmp_path / "run.dis")
    assert {s["force"] for s in states} == {1, 2}


def test_values_of_every_field(tmp_path):
    g, n = np.random.default_rng(1), 300
    states = entity_states(
        n, location=g.uniform(-7e6, 7e6, (n, 3)), velocity=g.normal(0.0, 300.0, (n, 3)), force=g.integers(0, 4, n),
        entity=g.integers(0, 1 << 16, (n, 3)), kind=np.column_stack([g.integers(0, 256, (n, 2)), g.integers(0, 1 << 16, n), g.integers(0, 256, (n, 4))]),
        orientation=g.uniform(-np.pi, np.pi, (n, 3)), timestamp=g.integers(0, 1 << 32, n), appearance=g.integers(0, 1 << 32, n),
        algorithm=g.integers(0, 10, n), capabilities=g.integers(0, 1 << 32, n), marking=[f"body {k}" for k in range(n)],
    )  # fmt: skip
    (tmp_path / "any.dis").write_bytes(encode(states))
    compare(tmp_path / "any.dis")
