"""The repository speaks of the project alone: no paths of a machine, no registry hosts, no large files."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LARGEST = 3_000_000  # bytes; the shipped terrain is the largest file that has a reason

# each pattern is written so that it does not match its own line
FORBIDDEN = {
    "a path of one machine": re.compile(r"(?<![\w.~])/(?:wor[k]|far[m]|hom[e]|roo[t]|User[s]|op[t])/\w"),
    "the host of a package registry": re.compile(
        r"(?:py[p]i|python[h]osted|registry\.npm[j]s|npm[m]irror|conda\.anacond[a]|cra[t]es)\.(?:org|com|io)",
        re.I,
    ),
    "the address of a package index": re.compile(r"--(?:extra-)?index-ur[l]\s+\S|--find-link[s]\s+\S|^-[if] \S"),
}


def lines_to_mend(text: str) -> list[str]:
    """One line for everything in a file that must not stand there."""
    return [
        f"{number}: {what}: {line.strip()[:100]}"
        for number, line in enumerate(text.splitlines(), 1)
        for what, pattern in FORBIDDEN.items()
        if pattern.search(line)
    ]


@pytest.fixture(scope="module")
def files() -> list[Path]:
    """What is or would be committed; a tree without git (an unpacked archive) has no such list."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_file_names_a_machine_or_a_registry(files: list[Path]) -> None:
    found = []
    for path in files:
        data = path.read_bytes()
        if b"\0" not in data[:8000]:
            found += [f"{path.relative_to(ROOT)}:{line}" for line in lines_to_mend(data.decode("utf-8"))]
    assert found == []


def test_no_file_is_large(files: list[Path]) -> None:
    large = {str(p.relative_to(ROOT)): p.stat().st_size for p in files if p.stat().st_size > LARGEST}
    assert large == {}


def test_every_requirement_is_locked_with_a_hash(files: list[Path]) -> None:
    for path in (p for p in files if p.parent == ROOT / "requirements" and p.suffix == ".txt"):
        entries = re.split(r"\n(?=\S)", path.read_text(encoding="utf-8").strip())
        assert entries, path
        for entry in entries:
            assert re.match(r"[\w.-]+==[\w.]+", entry) and "--hash=sha256:" in entry, f"{path.name}: {entry[:80]}"


def test_one_package_has_one_version(files: list[Path]) -> None:
    """Else `make test` would test other versions than `make demo` runs."""
    runtime, test = (
        set(re.findall(r"^\S+==.*?(?= \\)", (ROOT / "requirements" / f"{name}.txt").read_text(), re.M))
        for name in ("runtime", "test")
    )
    assert len(runtime) > 9
    assert runtime <= test, sorted(runtime - test)


@pytest.mark.parametrize(
    "line",
    [
        "see /{}/main/notes".format("work"),
        "open('/{}/someone/data.csv')".format("home"),
        "file:///{}/wheels/x.whl".format("opt"),
        "https://files.{}.org/packages/x".format("pythonhosted"),
        "https://{}.org/simple".format("pypi"),
        "--{} https://example.org/simple".format("index-url"),
    ],
)
def test_what_must_not_stand_there_is_found(line: str) -> None:
    assert len(lines_to_mend(f"first\n{line}\n")) >= 1


@pytest.mark.parametrize(
    "line",
    [
        "https://example.org/home/page",
        "#!/usr/bin/env bash",
        "docs/{}/flow".format("work"),
        "uv pip compile --no-emit-index-url",
    ],
)
def test_what_may_stand_there_is_left_alone(line: str) -> None:
    assert lines_to_mend(line) == []
