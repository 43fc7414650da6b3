"""Measure the rows of the README's table of speed and write them between its marks.

`python -m benchmarks tracking options` measures these groups alone; their rows replace those of the same words, new ones
come last.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import assignment, asterix, dis, field, pictures, registration, sensing, theatre, tracking, visibility
from benchmarks.tools import Row
from benchmarks.trackers import options

ROOT = Path(__file__).parent.parent
START, END = "<!-- speed: start -->", "<!-- speed: end -->"


def main() -> None:
    """Every row printed as it is measured, and all of them written at the end."""
    names = sys.argv[1:]
    if unknown := sorted(set(names) - set(GROUPS)):
        sys.exit(f"error: no group {', '.join(unknown)}; accepted: {', '.join(GROUPS)}")
    readme = ROOT / "README.md"
    before, _, rest = readme.read_text(encoding="utf-8").partition(START)
    table, _, after = rest.partition(END)
    kept = [line for line in table.splitlines() if line.startswith("| ")][1:] if names else []
    rows = {line.split(" | ")[0]: line for line in kept}
    for name in names or GROUPS:
        for what, figure, goal in GROUPS[name]():
            line = f"| {what} | {figure} | {goal} |"
            rows[line.split(" | ")[0]] = line
            print(line, flush=True)
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.machine()}"
    head = [START, "| what | figure | goal |", "|---|--:|--:|"]
    text = "\n".join([*head, *rows.values(), "", f"Measured by `make bench` ({machine}); medians.", END])
    readme.write_text(before + text + after, encoding="utf-8")


def clean_demo() -> list[Row]:
    """Seconds of `make demo` in a fresh clone with empty caches: installation, compilation, study."""
    with tempfile.TemporaryDirectory() as folder:
        clone, caches = Path(folder) / "clone", Path(folder) / "caches"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        outside = {k: v for k, v in os.environ.items() if not k.startswith(("VIRTUAL_ENV", "MAKE", "MFLAGS"))}
        emptied = dict.fromkeys(("OPENIADS_CACHE", "XDG_CACHE_HOME", "UV_CACHE_DIR", "PIP_CACHE_DIR"), str(caches))
        begin = time.perf_counter()
        subprocess.run(["make", "demo"], cwd=clone, check=True, capture_output=True, env={**outside, **emptied})
        spent = time.perf_counter() - begin
        return [("`make demo` from a clean clone, installation included", f"{spent:.0f} s", "300 s")]


def help_time() -> list[Row]:
    """Seconds for `openiads --help`."""
    times = []
    for _ in range(7):
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-m", "openiads.cli", "--help"], check=True, capture_output=True)
        times.append(time.perf_counter() - begin)
    return [("`openiads --help`", f"{statistics.median(times):.2f} s", "0.3 s")]


def cold_compile() -> list[Row]:
    """Seconds of the first run after an installation, kernels compiled."""
    code = "import openiads as oi; oi.run('s400-alone', 'complete', 'raid', duration=20.0)"
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "OPENIADS_CACHE": folder})
        return [("first run, compiling every kernel", f"{time.perf_counter() - begin:.0f} s", "30 s")]


def _prepared(seed: int):
    from openiads import load
    from openiads.scenario.build import build

    return build(load("turkey-2019"), "one-way-in", "raid", seed, warning=86400.0)


def raid_speed() -> list[Row]:
    """Real time over processor time of a raid with every stage on, one core; and the same with the building of it."""
    from openiads.running import complete

    complete(_prepared(0))
    ratios, whole = [], []
    for seed in range(1, 12):
        begin = time.process_time()
        simulation = _prepared(seed)
        built = time.process_time()
        complete(simulation)
        spent = time.process_time() - built
        covered = (simulation.ticks + simulation.warmup) * simulation.tick
        ratios.append(covered / spent)
        whole.append(covered / (time.process_time() - begin))
    return [
        (
            "raid of `turkey-2019`, tracker and all stages on, one core",
            f"{statistics.median(ratios):,.0f} × real time",
            "5,000 ×",
        ),
        ("the same with drawing and building the world", f"{statistics.median(whole):,.0f} × real time", ""),
    ]


def two_cores() -> list[Row]:
    """Throughput of a study with two workers over twice that of one, runs alternated; world building included."""
    from openiads import load
    from openiads.studies.replicate import Design, replicate

    scenario = load("turkey-2019")
    ratios = []
    for trial in range(3):
        design = Design(scenario, tuple(scenario.postures), ("raid",), 100 + trial, 6, 1)
        seconds = []
        for workers in (1, 2):
            begin = time.perf_counter()
            replicate(design, workers)
            seconds.append(time.perf_counter() - begin)
        ratios.append(seconds[0] / 2.0 / seconds[1])
    return [("efficiency of a study with two workers", f"{statistics.median(ratios):.2f}", "0.97")]


GROUPS = {
    "help": help_time, "compile": cold_compile, "raid": raid_speed, "workers": two_cores, "visibility": visibility.rows,
    "theatre": theatre.rows, "sensing": sensing.rows, "field": field.rows, "tracking": tracking.rows,
    "options": options.rows, "pictures": pictures.rows, "registration": registration.rows, "asterix": asterix.rows,
    "dis": dis.rows, "assignment": assignment.rows, "demo": clean_demo,
}  # fmt: skip


if __name__ == "__main__":
    main()
