"""Detectability by formulas that fit on a page: a check by hand of the exact functions. docs/equations/detection.md."""

from __future__ import annotations

import math


def albersheim(pd: float, pfa: float, pulses: int = 1) -> float:
    """SNR of a pulse (dB) that a steady target needs, N pulses summed noncoherently (Albersheim 1981).

    Stated for 0.1 <= Pd <= 0.9, 1e-7 <= Pfa <= 1e-3, N <= 8096.
    """
    a = math.log(0.62 / pfa)
    b = math.log(pd / (1.0 - pd))
    slope = 6.2 + 4.54 / math.sqrt(pulses + 0.44)
    return -5.0 * math.log10(pulses) + slope * math.log10(a + 0.12 * a * b + 1.7 * b)


def shnidman(pd: float, pfa: float, pulses: int = 1, swerling: int = 0) -> float:
    """SNR of a pulse (dB) that a target of Swerling case 0 to 4 needs, N pulses summed noncoherently (Shnidman 2002).

    Stated for 0.1 <= Pd <= 0.99, 1e-9 <= Pfa <= 1e-3, N <= 100. At N = 40, where prints differ,
    the bend for many pulses is left out: that is 1.4 mdB from the exact value, with it 18.8 mdB.
    """
    order = (math.inf, 1.0, float(pulses), 2.0, 2.0 * pulses)[swerling]
    bend = 0.25 if pulses > 40 else 0.0
    above = math.sqrt(-0.8 * math.log(4.0 * pfa * (1.0 - pfa)))
    eta = above + math.copysign(math.sqrt(-0.8 * math.log(4.0 * pd * (1.0 - pd))), pd - 0.5)
    steady = eta * (eta + 2.0 * math.sqrt(0.5 * pulses + bend - 0.25))
    loss = (((17.7006 * pd - 18.4496) * pd + 14.5339) * pd - 3.525) / order
    if pd > 0.872:
        rest = 0.7 * math.log(1e-5 / pfa) + (2.0 * pulses - 20.0) / 80.0
        loss += (math.exp(27.31 * pd - 25.14) + (pd - 0.8) * rest) / order
    return loss + 10.0 * math.log10(steady / pulses)
