"""A recorded run that tests share: the first minutes of the newcomer's scenario."""

from __future__ import annotations

from functools import lru_cache

import openiads as oi
from openiads.record import Run


@lru_cache(maxsize=1)
def short_run() -> Run:
    """Five minutes of `s400-alone`."""
    return oi.run("s400-alone", "complete", "raid", seed=3, duration=300.0)


@lru_cache(maxsize=1)
def plotted_run() -> Run:
    """The same five minutes with every plot."""
    return oi.run("s400-alone", "complete", "raid", seed=3, duration=300.0, plots=True)
