"""What follows a look: a threshold set by the cells around (CFAR), and rules over several looks (m of n)."""

from __future__ import annotations

import math

import numpy as np


def cfar_factor(cells: int, pfa: float) -> float:
    """Alpha by which a cell-averaging CFAR multiplies the mean of its cells (Finn and Johnson 1968)."""
    return cells * math.expm1(-math.log(pfa) / cells)


def cfar_probability(snr: float, cells: int, pfa: float) -> float:
    """Pd behind a cell-averaging CFAR of a Swerling 1 target, one pulse, linear snr, noise alone in the cells."""
    return math.exp(-cells * math.log1p(cfar_factor(cells, pfa) / (cells * (1.0 + snr))))


def cfar_loss(pd: float, pfa: float, cells: int) -> float:
    """SNR (dB) by which the CFAR needs more than a threshold from a known noise level; Swerling 1, one pulse."""
    known = math.log(pfa) / math.log(pd) - 1.0
    needed = cfar_factor(cells, pfa) / cells / math.expm1(-math.log(pd) / cells) - 1.0
    return 10.0 * math.log10(needed / known)


def m_of_n(p: float, m: int, n: int) -> float:
    """Probability (float) of m or more hits in n looks that hit with probability p each: the tail of a binomial.

    0 <= p <= 1, 0 <= m <= n; looks independent given p.
    """
    return math.fsum(math.comb(n, k) * p**k * (1.0 - p) ** (n - k) for k in range(m, n + 1))


def m_of_n_by(p: float, m: int, n: int, scans: int) -> float:
    """Probability that by scan [scans] some window of n scans, or fewer at the start, held m hits; 1 <= m <= n.

    Exact: the probability of each pattern of the last n - 1 scans (a bit each) while the rule is not met.
    """
    pattern = np.arange(1 << (n - 1))
    waiting = (pattern == 0).astype(np.float64)
    after_miss = (pattern << 1) & (pattern.size - 1)
    after_hit = after_miss | (1 & (pattern.size - 1))
    last = np.bitwise_count(pattern) + 1 >= m  # one more hit meets the rule
    met = 0.0
    for _ in range(scans):
        met += p * float(waiting[last].sum())
        missed = np.bincount(after_miss, waiting * (1.0 - p), pattern.size)
        waiting = missed + np.bincount(after_hit, np.where(last, 0.0, waiting * p), pattern.size)
    return met


def cumulative(p: float, scans: int) -> float:
    """Probability of a hit in one scan at least."""
    return 1.0 if p >= 1.0 else -math.expm1(scans * math.log1p(-p))
