"""The one decorator that compiles a kernel, and the cache that can not serve stale code."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numba
from numba.core import config as numba_config
from numba.extending import register_jitable

config: Any = numba_config


@lru_cache(maxsize=1)
def cache_folder() -> str:
    """Folder of compiled kernels, named after a digest of the engine's sources.

    numba invalidates by the file of a function alone, so a kernel would keep calling an old version of
    a function of another file (numba#1833, #9483). With the digest in the name, any edit starts afresh.
    """
    digest = hashlib.sha256(numba.__version__.encode())
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(str(source.relative_to(Path(__file__).parent)).encode() + b"\0" + source.read_bytes())
    root = os.environ.get("OPENIADS_CACHE") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(root) / "openiads" / "kernels" / digest.hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:  # a read-only home: compile for this process alone
        folder = Path(tempfile.mkdtemp(prefix="openiads-kernels-"))
    return str(folder)


def jit(function: Callable[..., Any]) -> Any:
    """Compile a kernel: no GIL, cached on disk, strict IEEE arithmetic, division by zero gives inf."""
    before = config.CACHE_DIR
    config.CACHE_DIR = cache_folder()
    try:
        return numba.njit(nogil=True, cache=True, fastmath=False, error_model="numpy")(function)
    finally:
        config.CACHE_DIR = before


_PART: dict[str, Any] = {
    "nogil": True, "fastmath": False, "error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True,
}  # fmt: skip


def part(function: Callable[..., Any]) -> Any:
    """Compile a part of a kernel, which Python calls only uncompiled: no wrapper to unpack its arguments is made."""
    return register_jitable(**_PART)(function)


def inlined(function: Callable[..., Any]) -> Any:
    """A part that stands in the code of its caller, whatever its size: what it returns needs no memory."""
    return register_jitable(forceinline=True, **_PART)(function)
