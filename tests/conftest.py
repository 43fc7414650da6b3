"""What every test starts from: figures without a display, and the same generated examples on every run."""

from __future__ import annotations

import os

from hypothesis import settings

os.environ["MPLBACKEND"] = "Agg"

# a kernel compiles in the first example that calls it: a deadline would measure the compiler
settings.register_profile("openiads", deadline=None, derandomize=True)
settings.load_profile("openiads")
