"""A field of detection probabilities: the look-up that kernels use, beside C with vector math."""

from __future__ import annotations

import ctypes
import math
import statistics
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.tools import Row, alternately, compiled, one_core, paired
from openiads.engine.jit import jit
from openiads.engine.sensing.detection import detection_table, probability

COUNT = 1 << 20
LOG_PFA = math.log(1e-6)


@jit
def looked_up(table, snr, out):
    """Probability of every SNR."""
    for i in range(snr.size):
        out[i] = probability(table, snr[i])


def rows() -> list[Row]:
    """Time for a million of them over that of C."""
    what, goal = "detection-probability field, any Swerling case, against C with vector math for case 1", "0.8 ×"
    snr = 10.0 ** np.random.default_rng(1).uniform(-1.0, 3.0, COUNT)
    mine, theirs = np.empty(COUNT), np.empty(COUNT)
    table = detection_table(LOG_PFA, 1, 1)
    with tempfile.TemporaryDirectory() as folder:
        library = compiled("field", Path(folder), "-ffast-math")
        if library is None:
            return [(what, "gcc is not installed", goal)]
        double = ctypes.POINTER(ctypes.c_double)
        library.field.argtypes = [double, double, ctypes.c_long, ctypes.c_double]

        def in_c() -> None:
            library.field(snr.ctypes.data_as(double), theirs.ctypes.data_as(double), COUNT, -LOG_PFA)

        with one_core():
            spent = alternately([lambda: looked_up(table, snr, mine), in_c], 15)
    assert np.abs(mine - theirs).max() < 1e-5
    each = statistics.median(spent[0]) / COUNT * 1e9
    return [(what, f"{paired(*spent):.2f} × ({each:.1f} ns a cell)", goal)]
