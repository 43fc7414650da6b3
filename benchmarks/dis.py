"""DIS entity states into columns and back, beside opendis where it is installed (it needs numpy < 2)."""

from __future__ import annotations

import importlib
import statistics
from collections.abc import Callable

import numpy as np

from benchmarks.tools import Row, alternately, one_core, paired
from openiads.interop.dis import STATE, decode, encode, entity_states

MANY, THEIRS = 1 << 16, 1 << 10  # PDUs a call
GOAL = "20 ×"


def rows() -> list[Row]:
    """PDUs a second, and how many times as many as opendis, run alternately on one core."""
    rng = np.random.default_rng(1)
    states = entity_states(MANY, location=rng.uniform(-7e6, 7e6, (MANY, 3)), entity=rng.integers(1, 60000, (MANY, 3)))
    data = encode(states)
    calls: list[Callable[[], object]] = [lambda: _columns(data), lambda: encode(states)]
    try:
        factory = importlib.import_module("opendis.PduFactory")
        cut = [data[i : i + STATE.itemsize] for i in range(0, THEIRS * STATE.itemsize, STATE.itemsize)]
        calls.append(lambda: [factory.createPdu(pdu) for pdu in cut])
    except ImportError:
        pass
    with one_core():
        spent = alternately(calls, 15)
    rate, back = (MANY / statistics.median(seconds) / 1e6 for seconds in spent[:2])
    what = "DIS entity states into columns, one core"
    out = [(what, f"{rate:.0f} M/s ({back:.0f} M/s back)", "")]
    if len(spent) < 3:
        return [*out, (f"{what}, against opendis", "opendis is not installed", GOAL)]
    return [*out, (f"{what}, against opendis", f"{paired(spent[2], spent[0]) * MANY / THEIRS:.0f} ×", GOAL)]


def _columns(data: bytes) -> list[np.ndarray]:
    """Fields as arrays of this machine's own octet order, as a user wants them."""
    states = decode(data).states
    names = ("timestamp", "entity", "force", "location", "velocity", "orientation")
    return [states[name].astype(states[name].dtype.newbyteorder("=")) for name in names]
