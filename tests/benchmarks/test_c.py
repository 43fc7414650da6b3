"""The C that kernels are measured against does what they do: each benchmark compares before it measures."""

from __future__ import annotations

import shutil

import pytest

from benchmarks import field, sensing
from benchmarks.trackers.kernel import against_c
from benchmarks.trackers.scenes import straight

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


@pytest.mark.parametrize("rows", [sensing.rows, field.rows])
def test_sensing_and_detection(rows):
    assert all("×" in figure for _, figure, _ in rows(times=1))


def test_tracking():
    assert against_c(straight(20, 20, 1), times=1) is not None
