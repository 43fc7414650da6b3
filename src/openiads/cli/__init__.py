"""The commands, in the order in which --help lists them. Heavy libraries are imported inside the command that needs them."""

from openiads.cli import scenarios, runs, studies, channels, recordings  # noqa: F401, I001
from openiads.cli.common import app, main

__all__ = ["app", "main"]
