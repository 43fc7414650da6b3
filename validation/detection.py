"""Detection theory: DET-1 to DET-6."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from openiads.engine.jit import jit
from openiads.engine.sensing import approximations, logic
from openiads.engine.sensing import detection as det
from validation import Row, Section

DATA = Path(__file__).parent.parent / "tests" / "data" / "detection"
ENVELOPE = {0: 0.17, 1: 0.79, 2: 0.40, 3: 0.67, 4: 0.34}  # dB, Shnidman against the exact value


def db(ratio: float) -> float:
    """Decibels of a power ratio."""
    return 10.0 * math.log10(ratio)


def linear(decibels: float) -> float:
    """Power ratio of decibels."""
    return float(10.0 ** (decibels / 10.0))


@jit
def looked_up(table, snr, out):
    """Pd of an array by the table that kernels use."""
    for i in range(snr.size):
        out[i] = det.probability(table, snr[i])


def section() -> Section:
    """The chapter."""
    exact = json.loads((DATA / "swerling_exact.json").read_text())
    printed = json.loads((DATA / "matlab_albersheim_shnidman_vectors.json").read_text())
    rows = [
        *_albersheim(printed["albersheim"]),
        *_shnidman(printed["shnidman"]),
        *_exact(exact),
        *_single(),
        *_several(),
    ]
    text = (
        "Square-law detector, N pulses added up, SNR the mean of one pulse. Kernels look the exact probability up "
        "in a table; the approximations are there to be checked against."
    )
    return Section(
        "Detection", text, rows, {"Exact probability (lines) and published exact values (dots), Pfa 1e-6": _curves}
    )


def _vectors(sets: dict[str, Any], what: Any) -> list[float]:
    """Differences (dB) over three sets that vary Pd, Pfa and N."""
    off = []
    for values in sets.values():
        pd, pfa, n = (np.broadcast_to(values[k], len(values["snr_db"])) for k in ("pd", "pfa", "N"))
        off += [what(float(p), float(f), int(m)) - w for p, f, m, w in zip(pd, pfa, n, values["snr_db"], strict=True)]
    return off


def _albersheim(sets: dict[str, Any]) -> list[Row]:
    off = _vectors(sets, approximations.albersheim)
    spots = [(0.9, 1e-6, 1, 13.114544494322786), (0.5, 1e-6, 10, 3.556291380845494), (0.5, 1e-6, 100, -2.514880224697833),
             (0.5, 1e-9, 1, 13.041455112681206)]  # fmt: skip
    rows = [
        Row(
            "DET-1",
            f"largest difference to {len(off)} MATLAB values of `albersheim`",
            "P",
            0.0,
            max(map(abs, off)),
            1e-9,
            "dB",
        )
    ]
    return rows + [
        Row(
            "DET-1",
            f"Albersheim, Pd {pd}, Pfa {pfa:g}, N {n}",
            "P",
            want,
            approximations.albersheim(pd, pfa, n),
            1e-9,
            "dB",
        )
        for pd, pfa, n, want in spots
    ]


def _shnidman(sets: dict[str, Any]) -> list[Row]:
    off = _vectors(sets, approximations.shnidman)
    rows = [
        Row(
            "DET-2",
            f"largest difference to {len(off)} MATLAB values of `shnidman`",
            "P",
            0.0,
            max(map(abs, off)),
            1e-9,
            "dB",
        )
    ]
    return rows + [
        Row("DET-2", f"Shnidman, Pd {pd}, Pfa 1e-6, N {n}", "P", want, approximations.shnidman(pd, 1e-6, n), 1e-9, "dB")
        for pd, n, want in ((0.9, 1, 13.121692696758089), (0.5, 100, -2.633013225970103))
    ]


def _exact(values: dict[str, Any]) -> list[Row]:
    rows = []
    for case in range(5):
        mine = [r for r in values["pd"] if r["sw"] == case]
        off = max(
            abs(det.detection_probability(linear(r["snr_db"]), math.log(r["pfa"]), case, r["N"]) - r["pd"])
            for r in mine
        )
        rows.append(
            Row("DET-3", f"Swerling {case}: largest difference to {len(mine)} exact probabilities", "A", 0.0, off, 1e-8)
        )
    for case in range(5):
        mine = [r for r in values["req"] if r["sw"] == case]
        got = {i: db(det.required_snr(r["pd"], math.log(r["pfa"]), case, r["N"])) for i, r in enumerate(mine)}
        off = max(abs(got[i] - r["snr_db"]) for i, r in enumerate(mine))
        rows.append(
            Row("DET-3", f"Swerling {case}: largest difference to {len(mine)} required SNR", "A", 0.0, off, 1e-5, "dB")
        )
        worst = max(abs(approximations.shnidman(r["pd"], r["pfa"], r["N"], case) - got[i]) for i, r in enumerate(mine))
        rows.append(
            Row("DET-3", f"Shnidman against exact, Swerling {case}", "A", ENVELOPE[case], worst, unit="dB", kind="most")
        )
        if case == 0:
            worst = max(abs(approximations.albersheim(r["pd"], r["pfa"], r["N"]) - got[i]) for i, r in enumerate(mine))
            rows.append(Row("DET-3", "Albersheim against exact", "A", 0.32, worst, unit="dB", kind="most"))
    for case, want in enumerate((0.85347, 0.48490, 0.73399, 0.56954, 0.78173)):
        got_pd = det.detection_probability(linear(5.0), math.log(1e-6), case, 10)
        rows.append(Row("DET-3", f"Swerling {case}, N 10, 5 dB, against 400,000 trials", "A", want, got_pd, 3e-3))
    rows += [
        Row(
            "DET-3",
            "textbook: steady target, Pd 0.9, Pfa 1e-6",
            "M",
            13.2,
            db(det.required_snr(0.9, math.log(1e-6), 0, 1)),
            0.05,
            "dB",
        ),
        Row(
            "DET-3",
            "textbook: Swerling 1, Pd 0.9, Pfa 1e-6",
            "M",
            21.1,
            db(det.required_snr(0.9, math.log(1e-6), 1, 1)),
            0.05,
            "dB",
        ),
        Row("DET-3", "table of the kernels against exact, all cases, N to 100, Pfa 1e-4 to 1e-8", "A", 1e-5,
            _table_error((1, 4, 10, 30, 100), (1e-4, 1e-6, 1e-8)), kind="most"),
        Row("DET-3", "the same, N to 100, Pfa 0.01 to 1e-20: all that a scenario may state", "A", 1.2e-5,
            _table_error((1, 4, 10, 30, 100), (1e-2, 1e-3, 1e-12, 1e-20)), kind="most"),
        Row("DET-3", "the same, N 1000", "A", 7.5e-5, _table_error((1000,), (1e-2, 1e-3, 1e-12, 1e-20)), kind="most"),
    ]  # fmt: skip
    return rows


def _table_error(pulses: Sequence[int], pfas: Sequence[float]) -> float:
    """Largest difference, at drawn SNR and at the two places where a line or a 1 stands for a curve."""
    drawn = 10.0 ** (np.random.default_rng(1).uniform(-3.0, 5.0, 300))
    snr = np.concatenate([drawn, 2.0**det.LOWEST * np.linspace(0.0, 1.0, 20), [2.0**det.HIGHEST]])
    worst, got = 0.0, np.empty(snr.size)
    for case in range(5):
        for n in pulses:
            for pfa in pfas:
                looked_up(det.detection_table(math.log(pfa), case, n), snr, got)
                want = [det.detection_probability(x, math.log(pfa), case, n) for x in snr]
                worst = max(worst, float(np.abs(got - want).max()))
    return worst


def _single() -> list[Row]:
    rows = [
        Row(
            "DET-4",
            "threshold of a square-law detector, Pfa 1e-6",
            "P",
            13.81551056,
            det.threshold(math.log(1e-6), 1),
            1e-7,
        ),
        Row(
            "DET-4",
            "threshold of a linear detector, Pfa 1e-6",
            "P",
            3.71692219,
            math.sqrt(det.threshold(math.log(1e-6), 1)),
            1e-7,
        ),
    ]
    for snr, want in ((0, 0.01846703), (5, 0.14995286), (10, 0.81029237)):
        got = det.detection_probability(linear(snr), math.log(1e-3), 0, 1)
        rows.append(Row("DET-4", f"steady target, Pfa 1e-3, {snr} dB", "P", want, got, 1e-7))
    return rows


def _several() -> list[Row]:
    rows = []
    for cells, factor, pd in ((8, 36.987306, 0.346348), (16, 21.941979, 0.517449), (32, 17.277649, 0.591387)):
        rows.append(
            Row("DET-6", f"CA-CFAR factor, {cells} cells, Pfa 1e-6", "A", factor, logic.cfar_factor(cells, 1e-6), 1e-6)
        )
        got = logic.cfar_probability(linear(15.0), cells, 1e-6)
        rows.append(Row("DET-6", f"CA-CFAR, {cells} cells, Swerling 1, 15 dB", "A", pd, got, 1e-6))
    for p, m, n, once, by in ((0.9, 2, 3, 0.972, 0.99999765), (0.9, 3, 5, 0.99144, 0.9999609894), (0.5, 3, 5, 0.5, 0.818359375),
                              (0.8, 3, 4, 0.8192, 0.9930932224), (1e-3, 2, 3, 2.998e-6, 1.6963985e-5)):  # fmt: skip
        rows.append(Row("DET-6", f"{m} of {n}, p {p:g}", "A", once, logic.m_of_n(p, m, n), 1e-9))
        rows.append(Row("DET-6", f"{m} of {n} by scan 10, p {p:g}", "A", by, logic.m_of_n_by(p, m, n, 10), 1e-9))
    for p, want in ((0.2, 0.67232), (0.5, 0.96875)):
        rows.append(Row("DET-6", f"at least once in 5 scans, p {p:g}", "A", want, logic.cumulative(p, 5), 1e-9))
    return rows


def _curves(axis: Any) -> None:
    values = [
        r for r in json.loads((DATA / "swerling_exact.json").read_text())["pd"] if r["pfa"] == 1e-6 and r["N"] == 10
    ]
    snr = np.linspace(-6.0, 22.0, 141)
    for case in range(5):
        line = [det.detection_probability(linear(x), math.log(1e-6), case, 10) for x in snr]
        (drawn,) = axis.plot(snr, line, lw=1.2, label=f"Swerling {case}, N = 10")
        dots = [(r["snr_db"], r["pd"]) for r in values if r["sw"] == case]
        axis.plot(*zip(*dots, strict=True), "o", color=drawn.get_color(), ms=4)
    axis.set_xlabel("SNR of a pulse, dB")
    axis.set_ylabel("probability of detection")
    axis.legend(fontsize=8)
