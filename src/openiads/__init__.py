"""OpenIADS: an open simulator of integrated air and missile defence.

>>> import openiads as oi
>>> scenario = oi.load("turkey-2019")
>>> run = oi.run(scenario, posture="standalone", vignette="raid", seed=1)
>>> study = oi.study(scenario, replications=50)
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from openiads.errors import OpenIadsError, OutputError, RecordError, ScenarioError, UsageError
from openiads.record import Run

if TYPE_CHECKING:
    from openiads.scenario.spec import Scenario
    from openiads.studies.study import Study

__version__ = "0.1.0"
__all__ = [
    "OpenIadsError", "OutputError", "RecordError", "Run", "ScenarioError", "UsageError", "load", "run", "study",
]  # fmt: skip


def load(scenario: str | Path, sets: dict[str, str] | None = None) -> Scenario:
    """A scenario by the name of a shipped one or the path of a file; `sets` changes values, {"site": "thrace"}."""
    from openiads.scenario.load import load

    return load(scenario, sets)


def run(scenario: Scenario | str | Path, posture: str, vignette: str, seed: int = 1, **options: Any) -> Run:
    """One recorded run; options as in openiads.running.run: replication, stratum, warning, start, duration, sample (s), tracker."""
    from openiads.running import run
    from openiads.scenario.load import load

    return run(load(scenario), posture, vignette, seed, **options)


def study(scenario: Scenario | str | Path, **options: Any) -> Study:
    """Every posture through every vignette; options as in openiads.studies.study.study: preset, replications, seed, …"""
    from openiads.scenario.load import load
    from openiads.studies.study import study

    return study(load(scenario), **options)
