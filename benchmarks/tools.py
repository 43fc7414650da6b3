"""What several benchmarks need: a core of their own, alternating measurement, and C compiled for this machine."""

from __future__ import annotations

import ctypes
import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Row = tuple[str, str, str]

FLAGS = ("-O3", "-march=native")


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this thread, and those that it starts, on one core, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def alternately(calls: list[Callable[[], object]], times: int) -> list[list[float]]:
    """Processor time (s) of each call, `times` of them in turn after one that is not counted."""
    spent: list[list[float]] = [[] for _ in calls]
    for trial in range(times + 1):
        for call, seconds in zip(calls, spent, strict=True):
            begin = time.process_time()
            call()
            if trial:
                seconds.append(time.process_time() - begin)
    return spent


def paired(ours: list[float], theirs: list[float]) -> float:
    """Median of the ratios of runs that followed each other."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def compiled(source: str, folder: Path, *flags: str) -> ctypes.CDLL | None:
    """One of the C sources as a library; None without gcc."""
    gcc = shutil.which("gcc")
    if gcc is None:
        return None
    library = folder / f"{source}.so"
    text = Path(__file__).parent / "c" / f"{source}.c"
    subprocess.run([gcc, *FLAGS, *flags, "-shared", "-fPIC", str(text), "-o", str(library), "-lm"], check=True)
    return ctypes.CDLL(str(library))
