"""What can go wrong, each with one message that says what was given, what is accepted and what to do.

OpenIadsError
├─ UsageError          an argument of a command or function
├─ ScenarioError       a scenario file: names file, key path, what was given, what is accepted
├─ OutputError         a folder or file that can not be written
└─ RecordError         a record that can not be read
"""

from __future__ import annotations


class OpenIadsError(Exception):
    """Any error that a user can mend; commands print it in one line and exit with 2."""


class UsageError(OpenIadsError):
    """An argument is off."""


class ScenarioError(OpenIadsError):
    """A scenario is off; `problems` holds one line each."""

    def __init__(self, message: str, problems: list[str] | None = None) -> None:
        super().__init__(message)
        self.problems = problems or [message]


class OutputError(OpenIadsError):
    """An output can not be written."""


class RecordError(OpenIadsError):
    """A record can not be read."""
