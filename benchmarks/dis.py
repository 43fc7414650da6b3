"""DIS entity states into columns and back, beside opendis in its own environment (it needs numpy < 2)."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.tools import Row, alternately, one_core
from openiads.interop.dis import STATE, decode, encode, entity_states

MANY, THEIRS = 1 << 16, 1 << 10  # PDUs a call
GOAL = "20 ×"
PYTHON = Path(sys.prefix) / "dis" / "bin" / "python"
SCRIPT = Path(__file__).parent.parent / "tests" / "oracles" / "opendis_states.py"


def rows() -> list[Row]:
    """PDUs a second, and how many times as many as opendis, one after the other on one core."""
    rng = np.random.default_rng(1)
    states = entity_states(MANY, location=rng.uniform(-7e6, 7e6, (MANY, 3)), entity=rng.integers(1, 60000, (MANY, 3)))
    data = encode(states)
    calls: list[Callable[[], object]] = [lambda: _columns(data), lambda: encode(states)]
    with one_core():
        spent = alternately(calls, 15)
        theirs = _opendis(data[: THEIRS * STATE.itemsize])
    rate, back = (MANY / statistics.median(seconds) / 1e6 for seconds in spent[:2])
    what = "DIS entity states into columns, one core"
    out = [(what, f"{rate:.0f} M/s ({back:.0f} M/s back)", "")]
    if theirs is None:
        return [*out, (f"{what}, against opendis", "opendis is not installed", GOAL)]
    ratio = statistics.median(theirs) / statistics.median(spent[0]) * MANY / THEIRS
    return [
        *out,
        (f"{what}, against opendis", f"{ratio:,.0f} × ({THEIRS / statistics.median(theirs) / 1e3:.0f} k/s)", GOAL),
    ]


def _opendis(data: bytes) -> list[float] | None:
    """Seconds of the processor in which opendis reads PDUs; None where it is not installed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pdus.dis"
        path.write_bytes(data)
        try:
            done = subprocess.run([PYTHON, SCRIPT, path, "--time", "15"], capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            return None
    return [float(seconds) for seconds in json.loads(done.stdout)]


def _columns(data: bytes) -> list[np.ndarray]:
    """Fields as arrays of this machine's own octet order, as a user wants them."""
    states = decode(data).states
    names = ("timestamp", "entity", "force", "location", "velocity", "orientation")
    return [states[name].astype(states[name].dtype.newbyteorder("=")) for name in names]
