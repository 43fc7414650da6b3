"""The same seed gives the same rows: for any number of workers, any hash seed, and any way of cutting a run.

Oracle: the digest of the result tables (SHA-256), and the bytes of the whole state.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openiads.engine import step
from openiads.studies.digest import digest
from openiads.studies.replicate import Design, columns, replicate
from tests import builders

ROOT = Path(__file__).parents[2]


def small():
    """Raid and peace, two postures, false plots, misses, a link, civil-like friends: chance everywhere."""
    on = builders.BASE["postures"]["on"]
    line = {"from": "post", "to": "far", "latency_s": 1.0, "period_s": 5.0, "capacity": 5, "message_bits": 100.0}
    return builders.scenario(
        nodes=[*builders.BASE["nodes"], {"name": "far", "title": "another post", "owner": "nato"}],
        links=[{**line, "name": "line", "role": "feed_out", "availability": 0.7}],
        sorties=[
            {"name": "patrol", "title": "a patrol", "class": "raider", "count": 3, "kind": "orbit", "owner": "nato",
             "latitude_deg": 38.4, "longitude_deg": 34.2, "radius_km": 20.0, "in_raid": True}
        ],
        doctrine={"rounds_max": 3, "shot": "shoot-look-shoot"},
        vignettes={
            "raid": {"threats": [{"class": "raider", "count": 6, "distance_km": 45.0, "spread_min": 0.5}]},
            "peace": {"kind": "peace", "duration_min": 2.0, "tick_s": 2.0, "warmup_min": 0.5, "windows": 2},
        },
        postures={"on": {"out_feed": "open"}, "filtered": {**on, "out_feed": "filter"}},
        library={
            "radars": {"sharp": {"false_plots_per_scan": 2.0, "swerling": 1, "range_km": 100.0, "scan_period_s": 2.0,
                                 "track_period_s": 2.0}},
            "missiles": {"round": {"range_max_km": 40.0}},
            "bodies": {"raider": {"signature": True}},
        },
    )  # fmt: skip


def study(workers: int, seed: int = 5) -> str:
    """The digest of all rows."""
    s = small()
    results = replicate(Design(s, ("on", "filtered"), ("raid", "peace"), seed, 3, 2), workers)
    assert results.complete and results.done == 3 + 2 * 4
    tables = {name: columns(rows) for name, rows in results.tables.items()}
    assert all(tables.values())
    return digest(tables)


@pytest.fixture(scope="module")
def alone() -> str:
    return study(1)


@pytest.mark.parametrize("workers", [2, 3])
def test_any_number_of_workers(alone, workers):
    assert study(workers) == alone


def test_the_digest_says_something(alone):
    assert study(1, seed=6) != alone


@pytest.mark.parametrize("hash_seed", ["0", "1234"])
def test_any_hash_seed(alone, hash_seed):
    code = "from tests.studies.test_determinism import study; print(study(2))"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": hash_seed},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert result.stdout.strip() == alone


def state_after(cuts: list[int], ticks: int = 60) -> bytes:
    sim = builders.simulation(small(), replication=2, log=2_000)
    first = 0
    for end in [*sorted(cuts), ticks]:
        step.simulate(sim.params, sim.state, first, sim.tick, end - first)
        first = end
    assert sim.state.tally.rounds.sum() > 0
    return b"".join(a.tobytes() for a in builders.arrays(sim.state._replace(scratch=())))


WHOLE: list[bytes] = []


@settings(max_examples=8)
@given(st.lists(st.integers(0, 60), max_size=6))
def test_any_way_of_cutting_a_run(cuts):
    if not WHOLE:
        WHOLE.append(state_after([]))
    assert state_after(cuts) == WHOLE[0]
