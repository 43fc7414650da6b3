"""Stretches of time in which something is off."""

from __future__ import annotations

from openiads.engine.jit import part


@part
def within(spans, k, t):
    """Falls a time (s) into one of the stretches of row k: spans float64[K, W, 2] from, to; infinite for none."""
    for w in range(spans.shape[1]):
        if spans[k, w, 0] <= t < spans[k, w, 1]:
            return True
    return False
