"""What the commands share: the way errors end, common options, the progress bar."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from openiads import __version__
from openiads.errors import OpenIadsError, UsageError

if TYPE_CHECKING:
    from openiads.scenario.spec import Scenario

app = typer.Typer(
    help="An open simulator of integrated air and missile defence: compare ways of holding a system, with intervals.",
    epilog="First steps: openiads list · openiads show turkey-2019 --posture standalone · openiads study turkey-2019",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

INTERRUPTED, TERMINATED = 130, 143  # exit codes
TRACKER = "a tracker of your own in place of the one that ships, as module:Class; modules of this folder are found"

ScenarioArg = Annotated[str, typer.Argument(help="name of a shipped scenario, or the path of a .toml file")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="change a value, as site=south-coast or doctrine.salvo=1 (again for more)"),
]
TrackerOption = Annotated[str | None, typer.Option("--tracker", help=TRACKER)]
OnlyOption = Annotated[str | None, typer.Option(help="only these, separated by commas")]
BaselineOption = Annotated[str | None, typer.Option(help="posture that the others are compared with")]
SeedOption = Annotated[int, typer.Option(help="seed of all random numbers")]
WorkersOption = Annotated[int | None, typer.Option(help="threads; results do not depend on it")]


def main() -> None:
    """Run the command line; an error that a user can mend is one line and exit code 2."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))  # else half-written folders would stay
    try:
        code = app(standalone_mode=False)
    except OpenIadsError as error:
        for line in str(error).splitlines() or [type(error).__name__]:
            print(f"error: {line}", file=sys.stderr)
        sys.exit(2)
    except Exception as error:
        usage = getattr(error, "format_message", None)
        if usage is None:
            raise
        print(f"error: {usage()}", file=sys.stderr)
        sys.exit(getattr(error, "exit_code", 2))
    if code == INTERRUPTED:  # typer catches Ctrl-C and returns this
        print("stopped", file=sys.stderr)
    sys.exit(code)


def _version(value: bool) -> None:
    if value:
        print(f"openiads {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version")
    ] = False,
) -> None:
    """An open simulator of integrated air and missile defence: compare ways of holding a system, with intervals."""


def load_scenario(name: str, sets: list[str] | None) -> Scenario:
    """A scenario with the values that --set changes."""
    from openiads.scenario.load import load

    return load(name, pairs(sets))


def pairs(sets: list[str] | None) -> dict[str, str]:
    """The values that --set changes, by key."""
    found = {}
    for item in sets or []:
        key, separator, value = item.partition("=")
        if not separator or not key or not value:
            raise UsageError(f"--set {item}: write key=value, as site=south-coast")
        found[key.strip()] = value.strip()
    return found


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[float, float], None]]:
    """A progress bar with the time left, on standard error."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    bars = (
        TextColumn(what),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*bars, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)

        def advance(done: float, total: float) -> None:
            progress.update(task, completed=done, total=total)

        yield advance


def require_seed(seed: int) -> None:
    """Refuse a seed that the random numbers can not take."""
    if not 0 <= seed < 2**32:
        raise UsageError(f"seed = {seed}: accepted are 0 to {2**32 - 1}")


def names(option: str, text: str | None) -> list[str] | None:
    """Names separated by commas; None where the option was left out."""
    if text is None:
        return None
    found = [part.strip() for part in text.split(",") if part.strip()]
    if not found:
        raise UsageError(f"--{option} '{text}' names nothing; give names separated by commas, or leave it out")
    return found


def day(option: str, text: str | None) -> date | None:
    """A date as a user writes it."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--{option} {text}: write year, month and day, as 2019-11-22") from None


def warn_of_overflow(lost: int) -> None:
    """Say that the engine's tables were too small."""
    if lost:
        print(f"warning: {lost} plots or tracks found no room in the engine's tables and were lost", file=sys.stderr)
