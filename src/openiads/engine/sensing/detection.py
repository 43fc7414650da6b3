"""Detection: the probability that one look at a fluctuating target crosses the threshold."""

from __future__ import annotations

import math

from openiads.engine.jit import jit, part


@jit
def detection_probability(snr, log_pfa, swerling):
    """Single-look probability of detection behind a square-law detector; snr linear, any Swerling case.

    Cases 1 and 3 in closed form (Swerling 1954); case 0 as the Marcum Q function by its Poisson series.
    """
    threshold = -log_pfa
    if swerling == 1 or swerling == 2:
        return math.exp(-threshold / (1.0 + snr))
    if swerling >= 3:
        k = 1.0 + 0.5 * snr
        return math.exp(-threshold / k) * (1.0 + 0.5 * snr * threshold / (k * k))
    return _marcum(snr, threshold)


@part
def _marcum(snr, threshold):
    """P(X > threshold) for a noncentral chi-square of 2 degrees: a Poisson mixture of gamma tails."""
    if snr > 300.0:  # the series would underflow; the tail of a normal is exact to double precision here
        return 1.0 if snr > 2.0 * threshold else 0.0
    weight = math.exp(-snr)
    tail_term = math.exp(-threshold)
    tail = tail_term
    total = weight * tail
    n = 0
    while n < 2000:
        n += 1
        weight *= snr / n
        tail_term *= threshold / n
        tail += tail_term
        total += weight * tail
        if n > snr and weight < 1e-17:
            break
    return min(1.0, total)
