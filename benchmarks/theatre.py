"""Coverage of a theatre: eight radars over the shipped terrain, four million cells, six heights."""

from __future__ import annotations

import os
import statistics
import time
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from benchmarks.tools import Row
from openiads.coverage import Question, coverage, maps
from openiads.scenario.load import parse
from openiads.scenario.spec import Scenario

CELL = 731.0  # m: 1,521 x 2,639 cells
PLACES = (
    (41.2, 28.9),
    (39.9, 32.8),
    (38.4, 27.2),
    (37.0, 30.7),
    (38.7, 35.5),
    (41.0, 39.7),
    (37.9, 40.2),
    (38.5, 43.3),
)
PARTS = ("grid_of", "_field", "_seen", "local_grid", "minimum_visible_height", "add_radar")
PLAIN = {
    "name": "theatre", "title": "eight radars over the shipped terrain", "terrain": "shipped", "baseline": "on",
    "modifiers": {"site": "plain"}, "country": {"title": "the terrain", "area_km2": 1000000.0},
    "sites": {"plain": {"title": "a plain", "latitude_deg": 38.7, "longitude_deg": 35.5, "radius_km": 0.0}},
    "assets": [{"name": "depot", "title": "the depot", "latitude_deg": 38.7, "longitude_deg": 35.5, "value": 1.0}],
    "nodes": [{"name": "post", "title": "command post", "owner": "national", "tracks": True}],
    "fire_units": [
        {"name": "unit", "class": "generic-fire-unit", "node": "post", "radar": "engagement", "launchers": 1}
    ],
    "doctrine": {
        "control_status": "tight", "method": "decentralised", "authority": "post", "operators": 1, "service_s": 10.0,
        "service_sigma": 0.5, "voice_delay_s": 0.0, "contact_availability": 1.0, "shot": "salvo", "salvo": 1,
        "rounds_max": 1, "silent_interrogations": 3, "hostile_time_s": 3600.0, "hostile_speed_mps": 3000.0,
    },
    "vignettes": {
        "raid": {
            "kind": "raid", "duration_min": 2.0, "tick_s": 1.0, "warmup_min": 0.0, "warnings_h": [0.0],
            "threats": [{"class": "fighter", "count": 1, "distance_km": 60.0, "spread_min": 0.0}],
        }
    },
    "postures": {
        "on": {
            "title": "on", "emits": "duty-cycle", "duty": 1.0, "ready_h": 0.0, "records": "none",
            "order_path": "voice", "support": "none",
        }
    },
}  # fmt: skip


def theatre() -> Scenario:
    """Seven surveillance radars and an engagement radar, spread over the terrain."""
    radars: list[dict[str, Any]] = [
        {"name": f"surveillance-{i}", "class": "generic-surveillance", "node": "post", "at": "place",
         "latitude_deg": latitude, "longitude_deg": longitude}
        for i, (latitude, longitude) in enumerate(PLACES[:-1], 1)
    ]  # fmt: skip
    radars.append({**radars[0], "name": "engagement", "class": "generic-engagement"})
    radars[-1]["latitude_deg"], radars[-1]["longitude_deg"] = PLACES[-1]
    return parse({**PLAIN, "radars": radars}, "theatre")


def question() -> Question:
    """Six heights above the ground over about four million cells."""
    return Question("on", "fighter", cell=CELL)


def rows() -> list[Row]:
    """Seconds of a whole map on all cores but without its files."""
    scenario, asked = theatre(), question()
    with patch.object(maps, "SMALLEST_CELL", CELL):
        answer = coverage(scenario, asked)
        cells = answer.layers[0].bands["share"].size
        times = []
        for _ in range(5):
            begin = time.perf_counter()
            coverage(scenario, asked)
            times.append(time.perf_counter() - begin)
    what = f"coverage map of {len(answer.radars)} radars, {cells / 1e6:.1f} M cells, {len(answer.layers)} heights"
    return [(f"{what}, {os.cpu_count()} cores", f"{statistics.median(times):.2f} s", "3 s on two cores")]


def profile() -> dict[str, float]:
    """Wall time (s) of the parts of one map; some parts hold others."""
    spent: dict[str, float] = dict.fromkeys(PARTS, 0.0)

    def timed(name: str, function: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            begin = time.perf_counter()
            try:
                return function(*arguments, **options)
            finally:
                spent[name] += time.perf_counter() - begin

        return call

    with ExitStack() as stack:
        stack.enter_context(patch.object(maps, "SMALLEST_CELL", CELL))
        for name in PARTS:
            if hasattr(maps, name):
                stack.enter_context(patch.object(maps, name, timed(name, getattr(maps, name))))
        begin = time.perf_counter()
        coverage(theatre(), question())
        spent["whole"] = time.perf_counter() - begin
    return spent


if __name__ == "__main__":
    for row in rows():
        print(*row, sep=" | ")
    for name, seconds in profile().items():
        print(f"  {name}: {seconds:.2f} s")
