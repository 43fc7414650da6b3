"""One run: a scenario, a posture, a vignette and a seed become a record that can be saved, looked at and replayed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from openiads.engine import overheard, step
from openiads.errors import UsageError
from openiads.loop import Loop
from openiads.record import Run
from openiads.recorder import Recorder
from openiads.scenario.build import Simulation, build
from openiads.scenario.spec import Scenario
from openiads.tracking.own import BUILT_IN, Maker, TrackerClass, find_tracker

_LOG = 20_000  # events kept between two drains
Ticks = Callable[[int, int], None]  # number of the first tick, how many


def run(scenario: Scenario, posture: str, vignette: str, seed: int = 1, *, replication: int = 0, stratum: int = 0,
        warning: float | None = None, start: float = 0.0, duration: float | None = None, sample: float = 10.0,
        plots: bool = False, tracker: TrackerClass | str | None = None,
        progress: Callable[[float], None] | None = None) -> Run:  # fmt: skip
    """Simulate one replication and record it every `sample` seconds from `start` for `duration` (s).

    With `plots` every report of every radar is recorded as well (tables plots and scans), which is what costs space.
    A `tracker` of the user's own, a class or `module:Class`, takes the place of the one that ships at every node.
    Stopped by Ctrl-C it returns what was recorded until then, with meta["complete"] false.
    """
    scenario.require(posture=str(posture), vignette=str(vignette))
    maker = None if tracker is None else find_tracker(tracker)
    require_draw(scenario, vignette, seed, replication, stratum)
    if not math.isfinite(sample) or (duration is not None and not math.isfinite(duration)):
        raise UsageError(f"duration = {duration} s and sampling step = {sample:g} s: finite numbers are accepted")
    simulation = build(scenario, posture, vignette, seed, replication, stratum=stratum, warning=warning, log=_LOG)
    total = simulation.ticks * simulation.tick
    if not 0.0 <= start < total:
        raise UsageError(f"start = {start:g} s lies outside the vignette, which lasts {total:g} s")
    if sample < simulation.tick:
        raise UsageError(f"sampling step {sample:g} s is shorter than the tick of {simulation.tick:g} s")
    end = total if duration is None else min(total, start + duration)
    if end <= start:
        raise UsageError(f"duration = {duration:g} s is not positive")
    recorder = Recorder(simulation, start if plots else None)
    live = ticks_of(simulation, maker)
    warm_up(simulation, live)
    try:
        for t in _advance(simulation, live, end, sample, recorder.listen if plots else None, start):
            recorder.take(t, t > start)
            if progress is not None:
                progress(min(1.0, t / end))
    except KeyboardInterrupt:
        if not recorder.times:
            raise
    record = recorder.finish(posture, vignette, seed, replication, end)
    record.meta["window"] = stratum
    record.meta["tracker"] = BUILT_IN if maker is None else maker.name
    return record


def ticks_of(simulation: Simulation, maker: Maker | None = None) -> Ticks:
    """What runs the ticks of a simulation: the engine alone, or with a tracker of the user's own."""
    if maker is not None:
        return Loop(simulation, maker)

    def live(first: int, ticks: int) -> None:
        step.simulate(simulation.params, simulation.state, first, simulation.tick, ticks)

    return live


def _advance(simulation: Simulation, live: Ticks, end: float, sample: float,
             listen: Callable[[float, float], None] | None = None, start: float = 0.0) -> Iterator[float]:  # fmt: skip
    """Times (s) of the samples, each once the engine has come that far; `listen` is called after each tick."""
    block = max(1, round(sample / simulation.tick))
    last = math.ceil(end / simulation.tick - 1e-9)
    for first in range(0, last, block):
        ticks = min(block, last - first)
        if listen is None or (first + ticks) * simulation.tick <= start:
            live(first, ticks)
        else:
            for i in range(first, first + ticks):
                live(i, 1)
                listen(i * simulation.tick, (i + 1) * simulation.tick)
        yield (first + ticks) * simulation.tick


def require_draw(scenario: Scenario, vignette: str, seed: int, replication: int = 0, stratum: int = 0) -> None:
    """Refuse a seed, replication or window that there is not."""
    for name, given, end in (
        ("seed", seed, 2**32), ("replication", replication, 2**20),
        ("window", stratum, scenario.vignettes[vignette].strata),
    ):  # fmt: skip
        if not 0 <= given < end:
            raise UsageError(f"{name} = {given}: accepted are 0 to {end - 1}")


def warm_up(simulation: Simulation, live: Ticks | None = None) -> None:
    """Run up to t = 0 so that flights and tracks are in progress, then set the ledgers to zero."""
    (live or ticks_of(simulation))(-simulation.warmup, simulation.warmup)
    state = simulation.state
    for column in state.tally:
        column[...] = 0
    for column in (state.exposure.seconds, state.exposure.error, state.exposure.source, state.exposure.told, state.exposure.aspect,
                   state.exposure.snr, state.exposure.transit, state.exposure.tracked,
                   state.exposure.known, state.events.count):  # fmt: skip
        column[...] = 0
    state.exposure.cause[:] = -1
    overheard.forget(state.overheard)


def complete(simulation: Simulation, maker: Maker | None = None) -> None:
    """Run a whole vignette without recording: what a study does."""
    live = ticks_of(simulation, maker)
    warm_up(simulation, live)
    live(0, simulation.ticks)
