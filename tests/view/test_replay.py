"""replay.html holds everything it needs, asks nobody for anything, and starts in a real browser."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
import zlib
from dataclasses import replace

import numpy as np
import pytest

from openiads.view.replay import data, page
from tests.records import short_run


def test_nothing_is_fetched():
    text = page(short_run())
    assert not re.search(r"(src|href)\s*=|https?://|@import|\bfetch\(|XMLHttpRequest|@[A-Z]+@", text)
    assert "default-src 'none'" in text


def test_policy_names_the_hashes_of_what_is_inside():
    text = page(short_run())
    for kind, tag in (("script", "script"), ("style", "style")):
        inner = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.S)[0]
        digest = base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in text


def test_samples_come_back():
    run = short_run()
    packed = data(run)["truth"]
    lat = np.frombuffer(zlib.decompress(base64.b64decode(packed["lat"][1])), packed["lat"][0])
    assert lat.size == run.tables["truth"]["t"].size
    assert abs(np.sort(lat / 1e4) - np.sort(run.tables["truth"]["lat_deg"])).max() < 1e-4


def test_a_title_can_not_break_out():
    run = short_run()
    text = page(replace(run, meta={**run.meta, "title": "</script><b>x"}))
    assert "</script><b>x" not in text and "&lt;/script&gt;&lt;b&gt;x" in text


def test_starts_in_a_browser_without_an_error(tmp_path):
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no chromium on this machine")
    file = tmp_path / "replay.html"
    file.write_text(page(short_run()), encoding="utf-8")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=8000",
               f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", "--dump-dom", f"file://{file}"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert 'data-ready="yes"' in done.stdout
    assert "CONSOLE" not in done.stderr, [line for line in done.stderr.splitlines() if "CONSOLE" in line]
