"""A field of detection probabilities: as maps take it, beside C with vector math."""

from __future__ import annotations

import ctypes
import math
import statistics
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.tools import Row, alternately, compiled, one_core, paired
from openiads.engine.sensing.detection import detection_table, probabilities

COUNT = 1 << 20
LOG_PFA = math.log(1e-6)
GOAL = "0.8 ×"


def rows(times: int = 15) -> list[Row]:
    """Time for a million of them over that of C: in closed form, and by look-up."""
    closed = "detection-probability field, one pulse of Swerling 1, against C with vector math"
    other = "the same by look-up, any Swerling case, against that closed form in C"
    snr = 10.0 ** np.random.default_rng(1).uniform(-1.0, 3.0, COUNT)
    mine, table_s, theirs = np.empty(COUNT), np.empty(COUNT), np.empty(COUNT)
    table = detection_table(LOG_PFA, 1, 1)
    look_up = np.append(table[:-1], 0.0)
    with tempfile.TemporaryDirectory() as folder:
        library = compiled("field", Path(folder), "-ffast-math")
        if library is None:
            return [(closed, "gcc is not installed", GOAL)]
        double = ctypes.POINTER(ctypes.c_double)
        library.field.argtypes = [double, double, ctypes.c_long, ctypes.c_double]

        def in_c() -> None:
            library.field(snr.ctypes.data_as(double), theirs.ctypes.data_as(double), COUNT, -LOG_PFA)

        calls = [lambda: probabilities(table, snr, mine), lambda: probabilities(look_up, snr, table_s), in_c]
        with one_core():
            spent = alternately(calls, times)
    assert np.abs(mine - theirs).max() < 1e-9 and np.abs(table_s - theirs).max() < 1e-5
    each = [statistics.median(seconds) / COUNT * 1e9 for seconds in spent]
    return [
        (closed, f"{paired(spent[0], spent[2]):.2f} × ({each[0]:.1f} ns a cell)", GOAL),
        (other, f"{paired(spent[1], spent[2]):.2f} × ({each[1]:.1f} ns a cell)", "none set"),
    ]
