"""Detection: the probability that one look at a fluctuating target crosses the threshold. docs/equations/detection.md.

Convention: square-law detector, N pulses summed noncoherently, noise samples exp(1), snr = mean power SNR of a pulse
(linear). The target fluctuates by a gamma law of order K = inf, 1, N, 2, 2 N: Swerling cases 0 to 4 (Swerling 1954).
Exact values by one series for all cases; kernels read them from a table made for one radar. A field of many values
of one pulse at a Swerling 1 or 2 target takes the closed form, which fills the lanes of the processor where a table
can not.
"""

from __future__ import annotations

import math

import numpy as np

from openiads.engine.jit import jit, part

# The table: snr from 2**-9 (-27 dB) to 2**22 (66 dB), 128 equal steps an octave, 32 kB. Error against the exact value,
# all cases and every Pfa that a scenario may state (1e-20 to 0.01): N up to 100, 2e-6 between the steps, 7e-6 below the
# first (Pfa 0.01, N = 100), 1.1e-5 beyond the last (Pfa 1e-20, N = 1); N = 1000, 7.3e-5 below the first (Pfa 0.01).
LOWEST, HIGHEST, STEPS = -9, 22, 128
_CELLS = STEPS // 2  # a cell is two steps: a parabola through three values
_SHIFT = 53 - _CELLS.bit_length()  # below it a float64 tells the place within a cell, above it octave and cell
_FIRST = (1023 + LOWEST) * _CELLS
_COUNT = (HIGHEST - LOWEST) * _CELLS
_WITHIN = (1 << _SHIFT) - 1
_TO_UNIT = 1.0 / (1 << _SHIFT)
_TO_FIRST = 2.0**-LOWEST

_ROUND = 1.5 * 2.0**52
_STRONGEST = 1e30  # any case and any number of pulses is detected with certainty; keeps infinity out of the series
_FAINT = -700.0  # exp of less would be 0 to the recurrence


@jit
def threshold(log_pfa, pulses=1):
    """T with Q(N, T) = Pfa, regularised upper gamma, in units of the mean noise power; 1e-13 relative for N <= 1000.

    Newton on ln Q, which is concave, from the bound of Laurent and Massart (2000) above the root: no step overshoots.
    """
    x = -log_pfa
    if x <= 0.0:
        return 0.0
    if pulses == 1:
        return x
    level = pulses + x + math.sqrt(2.0 * pulses * x)
    for _ in range(200):
        log_tail, hazard = _gamma_tail(pulses, level)
        step = (log_tail - log_pfa) / hazard
        if not step < -1e-15 * level:  # what is left is rounding
            break
        level += step
    return level


@part
def _gamma_tail(pulses, level):
    """ln Q(N, T) and -d ln Q / dT: the sum of T^k exp(-T) / k! over k < N, outward from its largest term."""
    top = min(pulses - 1, int(level))
    total, term = 1.0, 1.0
    for k in range(top, 0, -1):
        term *= k / level
        total += term
    term = 1.0
    for k in range(top + 1, pulses):
        term *= level / k
        total += term
    return top * math.log(level) - level - math.lgamma(top + 1.0) + math.log(total), term / total


@jit
def detection_probability(snr, log_pfa, swerling, pulses=1):
    """Exact probability of detection of one look, error below 1e-11 for N <= 1000; swerling 0 to 4, pulses >= 1."""
    return _exact(max(0.0, snr), log_pfa, threshold(log_pfa, pulses), swerling, pulses)


@part
def _exact(snr, log_pfa, level, swerling, pulses):
    """Pd above a known threshold; a single pulse of a fluctuating target in closed form (Swerling 1954)."""
    snr = min(snr, _STRONGEST)
    if pulses > 1 or swerling == 0:
        return _series(pulses * snr, log_pfa, level, _spread(swerling, pulses), pulses)
    if swerling <= 2:
        return math.exp(-level / (1.0 + snr))
    k = 1.0 + 0.5 * snr
    return math.exp(-level / k) * (1.0 + 0.5 * snr * level / (k * k))


@part
def _spread(swerling, pulses):
    """1 / K: squared coefficient of variation of the energy of a look."""
    if swerling == 0:
        return 0.0
    order = 1.0 if swerling <= 2 else 2.0
    return 1.0 / order if swerling == 1 or swerling == 3 else 1.0 / (order * pulses)


@part
def _series(mean, log_pfa, level, spread, pulses):
    """Sum over m of P(m) Q(N + m, T): m Poisson with a gamma mean, that is negative binomial (Poisson for spread 0).

    All terms are positive, so nothing cancels. P(m + 1) / P(m) never grows with m, which bounds what is left out.
    """
    drive = mean / (1.0 + spread * mean)
    log_weight = -math.log1p(spread * mean) / spread if spread > 0.0 else -mean
    weight = math.exp(log_weight)
    tail = math.exp(log_pfa)
    rise = math.exp(pulses * math.log(level) - level - math.lgamma(pulses + 1.0))
    found, mass, m = 0.0, 0.0, 0
    while True:
        found += weight * tail
        mass += weight
        ratio = drive * (1.0 + spread * m) / (m + 1.0)
        if log_weight < _FAINT:
            log_weight += math.log(ratio)
            weight = math.exp(log_weight)
        else:
            weight *= ratio
        tail = min(1.0, tail + rise)
        m += 1
        rise *= level / (pulses + m)
        ratio = drive * (1.0 + spread * m) / (m + 1.0)
        if ratio < 1.0 and weight < 1e-17 * (1.0 - ratio) * found:
            return min(1.0, found)
        if rise < 1e-17 and pulses + m > level and mass < 0.999:  # from here on Q = 1: all the rest is detected
            return min(1.0, found + (1.0 - mass))


@jit
def required_snr(pd, log_pfa, swerling, pulses=1):
    """Linear snr of a pulse at which a look detects with probability pd, to 1e-10; 0 for pd <= Pfa, inf for 1."""
    if pd <= math.exp(log_pfa):
        return 0.0
    if pd >= 1.0:
        return math.inf
    level = threshold(log_pfa, pulses)
    high = 1.0
    while high < _STRONGEST and _exact(high, log_pfa, level, swerling, pulses) < pd:
        high *= 2.0
    low = 0.5 * high
    while low > 1e-30 and _exact(low, log_pfa, level, swerling, pulses) >= pd:
        high, low = low, 0.5 * low
    while high - low > 1e-10 * high:
        middle = 0.5 * (low + high)
        if _exact(middle, log_pfa, level, swerling, pulses) < pd:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@jit
def detection_table(log_pfa, swerling, pulses=1):
    """Pd of one radar for `probability`, float64[3971]: Pfa, Pd at every step from 2**LOWEST to 2**HIGHEST, and
    the threshold where a closed form holds (one pulse, Swerling 1 or 2), else 0."""
    table = np.empty(2 * _COUNT + 3)
    table[0] = math.exp(log_pfa)
    level = threshold(log_pfa, pulses)
    table[-1] = level if pulses == 1 and 1 <= swerling <= 2 else 0.0
    for i in range(2 * _COUNT + 1):
        octave, step = i // STEPS, i % STEPS
        snr = (1.0 + step / STEPS) * 2.0 ** (LOWEST + octave)
        table[i + 1] = _exact(snr, log_pfa, level, swerling, pulses)
    return table


@part
def probability(table, snr):
    """Pd from a table of `detection_table`: a line up to its first step, parabolas within it, 1 beyond it; snr >= 0.

    The bits of a float64 are octave and place in it, so that the cell is found without a logarithm.
    """
    bits = np.float64(snr).view(np.int64)
    cell = (bits >> _SHIFT) - _FIRST
    if cell < 0:
        return table[0] + snr * _TO_FIRST * (table[1] - table[0])
    if cell >= _COUNT:
        return 1.0
    t = (bits & _WITHIN) * _TO_UNIT
    low, middle, high = table[2 * cell + 1], table[2 * cell + 2], table[2 * cell + 3]
    return low + t * (4.0 * middle - 3.0 * low - high + t * 2.0 * (low - 2.0 * middle + high))


@jit
def probabilities(table, snr, out):
    """Pd of many snr >= 0 into out, both float64[n]: in closed form to 6e-11 relative where there is one, else looked up."""
    level = table[-1]
    if level > 0.0:
        scaled = level / math.log(2.0)
        for i in range(snr.size):
            out[i] = _two_to(-scaled / (1.0 + snr[i]))
    else:
        for i in range(snr.size):
            out[i] = probability(table, snr[i])


@part
def _two_to(x):
    """2**x for -1000 <= x <= 0, relative error below 6e-11; no branch and no call, so that a loop of it fills lanes.

    Adding 1.5 * 2**52 leaves the nearest integer in the low bits, which go to the exponent of 2**fraction (Chebyshev).
    """
    whole = x + _ROUND
    f = x - (whole - _ROUND)
    g = f * f
    low = (0.9999999999595622 + 0.6931471805568341 * f) + (0.24022651213495422 + 0.055504109063177154 * f) * g
    high = (0.009618025613598036 + 0.0013333478480888061 * f) + (
        0.00015469729140704658 + 1.5303699001378845e-05 * f
    ) * g
    fraction = low + high * (g * g)
    bits = np.float64(fraction).view(np.int64) + (np.float64(whole).view(np.int64) << 52)
    return np.int64(bits).view(np.float64)
