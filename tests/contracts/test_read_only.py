"""A stage writes its own bundles and nothing else: what comes from upstream is read only.

Oracle: numpy itself, which refuses to write into an array that is not writeable (kernels uncompiled), and the bytes
of every bundle before and after each stage of a compiled run.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from openiads import load
from openiads.scenario.build import Simulation, build
from tests import builders

# the bundles that a stage may write; inboxes are filled by the table of contents itself
WRITES = {
    "emit": {"taskings", "reports"},
    "move": {"effects", "truth"},
    "strike": {"damage"},
    "sense": {"antennas", "due", "plots", "origin"},
    "bring_plots": {"carried", "plots"},
    "track": {"tracks", "scratch"},
    "connect": {"reports"},
    "exchange": {"messages", "carried", "pictures"},
    "decide": {"orders"},
    "engage": {"engagements"},
    "credit": {"exposure"},
    "account": {"tally", "exposure", "events"},
    "overhear": {"overheard"},
    "report": {"reports"},
    "task": {"taskings"},
    "affect": {"effects"},
    "lose": {"losses", "effects"},
}


FIRST = 10  # ticks: uncompiled, the generator takes no negative number of a scan


def small() -> Simulation:
    """Two posts, a link, a raid, false plots: every stage has work within a few ticks."""
    s = builders.scenario(
        nodes=[*builders.BASE["nodes"], {"name": "far", "title": "another post", "owner": "nato"}],
        links=[{"name": "line", "from": "post", "to": "far", "role": "fixed", "latency_s": 0.5, "period_s": 2.0,
                "capacity": 10, "message_bits": 100.0}],
        library={"radars": {"sharp": {"false_plots_per_scan": 1.0, "iff_modes": ["3A"], "iff_range_km": 100.0}}},
    )  # fmt: skip
    raiders = [builders.inbound(s, f"r{i}", 1.5 * i, 30e3, 5e3, t0=FIRST, target=0) for i in range(4)]
    return builders.simulation(s, raiders, log=1_000)


def live(sim: Simulation, ticks: int, before=None, after=None) -> None:
    """Stage by stage, with something done around each."""
    names = builders.bundles(sim.params, sim.state)
    for i in range(FIRST, FIRST + ticks):
        names |= {"t0": i * sim.tick, "t1": (i + 1) * sim.tick}
        for stage, function, wanted in builders.stages():
            if before is not None:
                before(stage, names)
            function(*(builders.value(names, what) for what in wanted))
            if after is not None:
                after(stage, names)


def frozen(stage: str, names: dict) -> None:
    """Everything but the stage's own bundles refuses to be written."""
    for name, bundle in names.items():
        for array in builders.arrays(bundle):
            array.flags.writeable = name in WRITES[stage]


def test_every_stage_has_its_rule():
    assert [stage for stage, _, _ in builders.stages()] == list(WRITES)


def test_no_compiled_stage_writes_upstream():
    """The flagship's raid with all links: the bytes of every other bundle are those from before the stage."""
    sim = build(load("turkey-2019"), "full-links", "raid", 3, 1, warning=86400.0)
    kept: dict[str, list[np.ndarray]] = {}
    changed: set[tuple[str, str]] = set()
    names = [
        n for n, b in builders.bundles(sim.params, sim.state).items() if n not in ("terrain",) and builders.arrays(b)
    ]

    def before(stage, bundles):
        for name in names:
            if name not in WRITES[stage] and name in WATCHED:
                kept[name] = [a.copy() for a in builders.arrays(bundles[name])]

    def after(stage, bundles):
        for name in names:
            if name in WATCHED:
                if name in WRITES[stage]:
                    continue
                now = builders.arrays(bundles[name])
                if not all(
                    np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in zip(now, kept[name], strict=True)
                ):
                    changed.add((stage, name))

    live(sim, 90)
    live(sim, 3, before, after)
    assert changed == set()


WATCHED = {
    "truth", "antennas", "plots", "origin", "tracks", "messages", "pictures", "orders", "engagements", "effects",
    "damage", "losses", "targets", "taskings", "reports", "bodies", "doctrine", "units", "trackers", "links", "tally", "events", "exposure",
    "overheard",
}  # fmt: skip

SCRIPT = """
from tests.contracts import test_read_only as t
from tests import builders
sim = t.small()
if {cheat!r}:
    stage, bundle, field = {cheat!r}.split()
    honest = getattr(builders.step, stage)
    def cheating(*arguments):
        honest(*arguments)
        for a in arguments:
            if type(a).__name__ == bundle:
                getattr(a, field)[...] = 0
    setattr(builders.step, stage, cheating)
t.live(sim, 14, t.frozen)
s = sim.state
assert s.tracks.status.any() and s.pictures.valid[1].any() and s.tally.rounds.sum() > 0
print("nothing refused")
"""


def uncompiled(cheat: str = "") -> subprocess.CompletedProcess[str]:
    """The small run in a process of its own, without the compiler."""
    return subprocess.run(
        [sys.executable, "-c", SCRIPT.format(cheat=cheat)],
        cwd=Path(__file__).parents[2], env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_nothing_upstream_is_written():
    result = uncompiled()
    assert result.returncode == 0 and "nothing refused" in result.stdout, result.stderr[-2_000:]


@pytest.mark.parametrize("cheat", ["track Plots snr", "decide Pictures sigma", "engage Truth pos"])
def test_a_cheat_is_caught(cheat):
    result = uncompiled(cheat)
    assert result.returncode != 0 and "read-only" in result.stderr, result.stderr[-2_000:]
