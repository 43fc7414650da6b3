"""The commands. Heavy libraries are imported inside the command that needs them, so that --help is quick."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openiads import __version__
from openiads.errors import OpenIadsError, OutputError, UsageError

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

INTERRUPTED = 130  # exit code
_TRACKER = "a tracker of your own in place of the one that ships, as module:Class; modules of this folder are found"

ScenarioArg = Annotated[str, typer.Argument(help="name of a shipped scenario, or the path of a .toml file")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="change a value, as site=south-coast or doctrine.salvo=1 (again for more)"),
]
TrackerOption = Annotated[str | None, typer.Option("--tracker", help=_TRACKER)]


def main() -> None:
    """Run the command line; an error that a user can mend is one line and exit code 2."""
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


def _load(name: str, sets: list[str] | None) -> Scenario:
    from openiads.scenario.load import load

    return load(name, _pairs(sets))


def _pairs(sets: list[str] | None) -> dict[str, str]:
    pairs = {}
    for item in sets or []:
        key, separator, value = item.partition("=")
        if not separator or not key or not value:
            raise UsageError(f"--set {item}: write key=value, as site=south-coast")
        pairs[key.strip()] = value.strip()
    return pairs


@app.command("list")
def list_() -> None:
    """What is shipped: scenarios, their postures and vignettes.

    Example: openiads list
    """
    from openiads.scenario.load import load, scenario_names

    for name in scenario_names():
        scenario = load(name)
        print(f"{name}: {scenario.title}")
        print(f"  postures:  {', '.join(scenario.postures)}")
        print(f"  vignettes: {', '.join(scenario.vignettes)}")
        print(f"  sites:     {', '.join(scenario.sites)}")


@app.command()
def check(file: ScenarioArg, sets: SetOption = None) -> None:
    """Check a scenario file and say what is wrong with it, each problem with key, what was given, what is accepted.

    Example: openiads check my-scenario.toml
    """
    from openiads.errors import ScenarioError
    from openiads.scenario.check import check as problems_of

    problems = problems_of(file)
    if problems:
        raise ScenarioError("\n".join(str(p) for p in problems))
    scenario = _load(file, sets)
    print(
        f"{file}: good. {len(scenario.postures)} postures, {len(scenario.vignettes)} vignettes, "
        f"{len(scenario.radars)} radars, {len(scenario.fire_units)} fire units, {len(scenario.links)} links"
    )


@app.command()
def schema() -> None:
    """Print the JSON schema of a scenario file, units in the keys.

    Example: openiads schema > scenario.schema.json
    """
    import json

    from openiads.scenario.schema import json_schema

    print(json.dumps(json_schema(), indent=1, ensure_ascii=False))


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="name of your scenario; NAME.toml is written here")],
    origin: Annotated[str, typer.Option("--from", help="scenario to copy")] = "turkey-2019",
) -> None:
    """Make a copy of a scenario of your own to edit.

    Example: openiads new my-question --from turkey-2019
    """
    import re

    from openiads.scenario.load import library_file

    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,59}", name):
        raise UsageError(f"name '{name}': small letters, digits, '_' and '-' are accepted")
    target = Path(f"{name}.toml")
    text = library_file(origin).read_text(encoding="utf-8")
    text = re.sub(r'(?m)^name = ".*"$', f'name = "{name}"', text, count=1)
    try:
        with target.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise OutputError(f"'{target}' exists; choose another name") from None
    except OSError as error:
        raise OutputError(f"'{target}' can not be written: {error.strerror}") from None
    print(f"wrote {target}; edit it, then: openiads check {target}")


@app.command()
def show(
    scenario: ScenarioArg,
    posture: Annotated[str, typer.Option("--posture", "-p", help="which way of holding the system")],
    sets: SetOption = None,
) -> None:
    """Show what stands where in a posture, what it emits, who can order it, which links are open.

    Example: openiads show turkey-2019 --posture one-way-in
    """
    from openiads.scenario import describe

    print(describe.show(_load(scenario, sets), posture))


@app.command()
def diff(
    scenario: ScenarioArg,
    first: Annotated[str, typer.Argument(help="a posture")],
    second: Annotated[str, typer.Argument(help="another posture")],
    sets: SetOption = None,
) -> None:
    """Say in words what differs between two postures.

    Example: openiads diff turkey-2019 standalone one-way-in
    """
    from openiads.scenario import describe

    for line in describe.diff(_load(scenario, sets), first, second) or ["nothing differs"]:
        print(line)


@contextmanager
def _bar(what: str) -> Iterator[Callable[[float, float], None]]:
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


@app.command()
def run(
    scenario: ScenarioArg,
    posture: Annotated[str, typer.Option("--posture", "-p", help="which way of holding the system")],
    vignette: Annotated[str, typer.Option("--vignette", "-v", help="which stretch of time")] = "raid",
    seed: Annotated[int, typer.Option(help="seed of all random numbers")] = 1,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="new folder for the record")] = None,
    start: Annotated[float, typer.Option(help="record from here, seconds")] = 0.0,
    duration: Annotated[float | None, typer.Option(help="record for so long, seconds")] = None,
    step: Annotated[float, typer.Option(help="seconds between two samples of the replay")] = 10.0,
    replication: Annotated[int, typer.Option(help="which draw of the study")] = 0,
    window: Annotated[int, typer.Option(help="which window of the day, in a vignette of peace")] = 0,
    plots: Annotated[bool, typer.Option("--plots", help="record every report of every radar too")] = False,
    tracker: TrackerOption = None,
    sets: SetOption = None,
) -> None:
    """Run one replication and write its record: tables as Parquet, replay.czml, and replay.html to watch.

    Example: openiads run turkey-2019 --posture standalone --vignette raid --seed 1 --out first-raid
    """
    from openiads.interop.czml import write_czml
    from openiads.record import new_folder, require_new
    from openiads.running import run as simulate
    from openiads.studies.study import default_out
    from openiads.view.replay import write_replay

    loaded = _load(scenario, sets)
    loaded.require(posture=posture, vignette=vignette)
    folder = out or default_out(f"{loaded.name}-{posture}-{vignette}")
    require_new(folder)
    _seed(seed)
    with _bar(f"{posture}, {vignette}") as bar:
        record = simulate(
            loaded, posture, vignette, seed, replication=replication, stratum=window, start=start, duration=duration,
            sample=step, plots=plots, tracker=tracker, progress=lambda f: bar(f, 1.0),
        )  # fmt: skip
    with new_folder(folder) as beside:
        record.write(beside)
        write_czml(record, beside / "replay.czml")
        write_replay(record, beside / "replay.html")
    s = record.meta["summary"]
    print(
        f"{loaded.title}: {posture}, {vignette}, seed {seed}{f', tracker {tracker}' if tracker else ''}\n"
        f"threats {s['threats']}, leakers {s['leakers']}, rounds {s['rounds']}, kills {s['kills']}, "
        f"friendly aircraft lost {s['friendly_lost']}, airliners lost {s['civil_lost']}, refused by the authority {s['refused']}"
    )
    print(f"record in {folder}; watch {folder / 'replay.html'}")
    if not record.meta["complete"]:
        print(f"stopped at {record.meta['duration_s']:g} s: what happened until then is in the record", file=sys.stderr)
        sys.exit(INTERRUPTED)


@app.command()
def explain(
    record: Annotated[Path, typer.Argument(help="folder of a run that was recorded")],
    body: Annotated[
        str | None, typer.Option("--body", "-b", help="which body; without it those that can be explained")
    ] = None,
    picture: Annotated[Path | None, typer.Option(help="write the timeline to this picture (.png, .svg)")] = None,
    otherwise: Annotated[
        bool, typer.Option(help="live through the run again with one condition of the defence changed at a time")
    ] = True,
) -> None:
    """Why a leaker got through or a friend was shot at: the chain of causes, and what would have changed it.

    Examples:
      openiads explain first-run
      openiads explain first-run --body cruise-missile-1-3 --picture why.png
    """
    from openiads.explain.chain import TABLES, require
    from openiads.explain.words import explained, listed
    from openiads.record import Run, require_new_file

    if picture is not None:
        if body is None:
            raise UsageError("--picture draws the chain of one body; name it with --body")
        require_new_file(picture)
    run = Run.load(record, only=set(TABLES))
    require(run)
    if body is None:
        print("\n".join(listed(run)))
        return
    with _bar("again") as bar:
        lines = explained(run, body, picture, otherwise, bar)
    print("\n".join(lines))


@app.command("export")
def export_(
    record: Annotated[Path, typer.Argument(metavar="RUN", help="folder that openiads run wrote")],
    form: Annotated[str, typer.Option("--format", "-f", help="asterix, dis, csv or czml")],
    out: Annotated[Path, typer.Option("--out", "-o", help="new folder (asterix, csv) or new file (dis, czml)")],
) -> None:
    """Write a recorded run as others read it: ASTERIX of every radar and node, DIS entity states, CSV tables, CZML.

    Example: openiads run s400-alone --posture complete --plots --out raid && openiads export raid --format asterix --out sent
    """
    from openiads.interop.export import READ, export, require
    from openiads.record import Run

    require(form, out)
    print("\n".join(export(Run.load(record, READ.get(form)), form, out)))
    print(f"written: {out}")


def _seed(seed: int) -> None:
    if not 0 <= seed < 2**32:
        raise UsageError(f"seed = {seed}: accepted are 0 to {2**32 - 1}")


def _names(text: str | None) -> list[str] | None:
    return [part.strip() for part in text.split(",") if part.strip()] if text else None


@app.command()
def coverage(
    scenario: ScenarioArg,
    posture: Annotated[str | None, typer.Option("--posture", "-p", help="which way of holding the system")] = None,
    heights: Annotated[str, typer.Option(help="heights with their unit")] = "30m,100m,300m,1km,3km,10km",
    body: Annotated[str, typer.Option("--class", help="class of aircraft or threat")] = "fighter",
    what: Annotated[str, typer.Option(help="detect, track or engage")] = "detect",
    reference: Annotated[str, typer.Option(help="heights above: ground or sea")] = "ground",
    cell: Annotated[str, typer.Option(help="size of a cell, at least 1km")] = "2km",
    sites: Annotated[int, typer.Option(help="draws of the site within its region")] = 10,
    warning: Annotated[float, typer.Option(help="hours of warning after which the map is drawn")] = 24.0,
    seed: Annotated[int, typer.Option(help="seed of all random numbers")] = 1,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="new folder for the maps")] = None,
    sets: SetOption = None,
) -> None:
    """Draw who can see, track or engage a class of target at each height: GeoTIFF, GeoJSON, a picture and a table.

    Example: openiads coverage turkey-2019 --posture one-way-in --class cruise-missile --heights 100m,1km --out maps
    """
    from openiads import coverage as maps
    from openiads.record import new_folder, require_new
    from openiads.studies.study import default_out

    maps.require_raster_library()
    for name, given, accepted in (
        ("what", what, ("detect", "track", "engage")),
        ("reference", reference, ("ground", "sea")),
    ):
        if given not in accepted:
            raise UsageError(f"--{name} {given}: accepted are {', '.join(accepted)}")
    loaded = _load(scenario, sets)
    _seed(seed)
    question = maps.Question(
        loaded.baseline if posture is None else posture, body, what, tuple(_length("heights", h) for h in heights.split(",")), reference,
        warning=3600.0 * warning, sites=sites, seed=seed, cell=_length("cell", cell),
    )  # fmt: skip
    folder = out or default_out(f"{loaded.name}-{question.posture}-coverage")
    require_new(folder)
    with _bar(f"{question.posture}, {what}") as bar:
        answer = maps.coverage(loaded, question, lambda done: bar(done, 1.0))
    with new_folder(folder) as beside:
        maps.write(answer, beside)
    print("\n".join(maps.lines(answer)))
    print(f"maps in {folder}; look at {folder / 'coverage.png'}")


def _length(option: str, text: str) -> float:
    """A length with its unit, such as 100m or 1.5km, in metres."""
    from openiads.units import UNITS

    match = re.fullmatch(r"\s*([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)\s*([a-z]+)\s*", text)
    if match is None or match[2] not in UNITS["length"]:
        raise UsageError(
            f"--{option} {text.strip()!r}: write a number with its unit, one of {', '.join(UNITS['length'])}; such as 100m"
        )
    try:
        length = float(match[1]) * UNITS["length"][match[2]]
    except ValueError:
        raise UsageError(f"--{option} {text.strip()!r}: '{match[1]}' is no number") from None
    if length < 0.0:
        raise UsageError(f"--{option} {text.strip()!r}: must not be below 0")
    return length


@app.command()
def exposure(
    folder: Annotated[Path, typer.Argument(help="folder that openiads run or openiads study wrote")],
    posture: Annotated[str | None, typer.Option("--posture", "-p", help="of a study, only this one")] = None,
    dwells: Annotated[
        int, typer.Option(help="looks at 13 dB that make an aspect known: 19 tell its mean to 1 dB")
    ] = 19,
    picture: Annotated[Path | None, typer.Option(help="draw it into this picture (.png, .svg)")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print everything as JSON")] = False,
) -> None:
    """What every observer has learned: bodies, how long, how precisely, whose sensors, which aspects of whom.

    Examples:
      openiads exposure first-run
      openiads exposure my-study --posture one-way-in --picture learned.png
    """
    import json

    from openiads.record import new_file, require_new_file
    from openiads.studies.exposure.ledger import ledgers
    from openiads.studies.exposure.picture import draw, require_drawable
    from openiads.studies.exposure.words import as_json as told
    from openiads.studies.exposure.words import lines

    if picture is not None:
        require_drawable(picture)
        require_new_file(picture)
    found = ledgers(folder, posture, dwells)
    if picture is not None:
        with new_file(picture) as file:
            draw(found, file, picture.suffix[1:])
    if as_json:
        print(json.dumps([told(x) for x in found], indent=1, ensure_ascii=False))
    else:
        print("\n\n".join("\n".join(lines(x)) for x in found))
        if picture is not None:
            print(f"picture: {picture}")


@app.command()
def flows(
    scenario: ScenarioArg,
    posture: Annotated[str | None, typer.Option("--posture", "-p", help="which way of holding the system; all")] = None,
    source: Annotated[
        str | None, typer.Option(help="nodes to protect, separated by commas; all, for cuts the sensitive ones")
    ] = None,
    sink: Annotated[str | None, typer.Option(help="nodes where it must not arrive; the vendor's and outside")] = None,
    chance: Annotated[
        float | None,
        typer.Option(
            help="how far a compromise of the system spreads if each flow carries it on with this chance, 0 to 1"
        ),
    ] = None,
    step: Annotated[
        float | None, typer.Option(help="and how soon, if each flow takes so many hours on average")
    ] = None,
    within: Annotated[float | None, typer.Option(help="with --step: within how many hours; 720 without it")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print everything as JSON")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="draw the graph into this new picture (.png, .svg)")
    ] = None,
    sets: SetOption = None,
) -> None:
    """Say from whom tracks can flow outside and how, which links to close at least, which guard would protect most.

    Examples:
      openiads flows turkey-2019 --posture one-way-in
      openiads flows turkey-2019 --set topology=mesh --out flows.png
      openiads flows turkey-2019 --posture full-links --source awacs --sink outside --json
      openiads flows turkey-2019 --posture full-links --chance 0.5 --step 24
    """
    import json

    from openiads.record import new_file, require_new_file
    from openiads.studies.flows.answer import answer, question
    from openiads.studies.flows.picture import draw, require_drawable
    from openiads.studies.flows.posture import flows_of
    from openiads.studies.flows.words import lines

    loaded = _load(scenario, sets)
    loaded.require(posture=posture)
    if out is not None:
        require_drawable(out)
        require_new_file(out)
    asked = question(_names(source), _names(sink), chance, step, within)
    postures = [posture] if posture is not None else list(loaded.postures)
    answers = [answer(loaded, p, asked) for p in postures]
    if as_json:
        text = json.dumps(answers[0] if posture is not None else answers, indent=1, ensure_ascii=False, allow_nan=False)
    else:
        text = "\n\n".join("\n".join(lines(a)) for a in answers) + (f"\npicture: {out}" if out is not None else "")
    if out is not None:
        with new_file(out) as beside:
            draw([flows_of(loaded, p) for p in postures], beside, out.suffix, asked.sources, asked.sinks)
    print(text)


@app.command()
def study(
    scenario: ScenarioArg,
    preset: Annotated[str | None, typer.Option(help="demo (a minute or two) or full (the README's table)")] = None,
    postures: Annotated[str | None, typer.Option(help="only these, separated by commas")] = None,
    vignettes: Annotated[str | None, typer.Option(help="only these, separated by commas")] = None,
    baseline: Annotated[str | None, typer.Option(help="posture that the others are compared with")] = None,
    replications: Annotated[int | None, typer.Option(help="raids a posture")] = None,
    seed: Annotated[int, typer.Option(help="seed of all random numbers")] = 1,
    workers: Annotated[int | None, typer.Option(help="threads; results do not depend on it")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="new folder for the report and the tables")] = None,
    compromise: Annotated[
        str | None, typer.Option(help="one of the scenario's compromises: every posture is also lived through with it")
    ] = None,
    tracker: TrackerOption = None,
    sets: SetOption = None,
) -> None:
    """Run every posture through every vignette and write the decision table, a report and the results.

    Examples:
      openiads study turkey-2019 --preset demo
      openiads study turkey-2019 --set site=south-coast --postures standalone,one-way-in --replications 50
      openiads study turkey-2019 --postures full-links,one-way-out --compromise false-tracks --replications 20
    """
    from openiads.record import require_new
    from openiads.studies.study import default_out
    from openiads.studies.study import study as conduct
    from openiads.studies.table import print_table

    loaded = _load(scenario, sets)
    folder = out or default_out(loaded.name)
    require_new(folder)
    with _bar(loaded.name) as bar:
        result = conduct(
            loaded, preset=preset, replications=replications, postures=_names(postures), vignettes=_names(vignettes),
            baseline=baseline, seed=seed, workers=workers, tracker=tracker, compromise=compromise,
            progress=bar,
        )  # fmt: skip
    result.save(folder)
    print_table(result.summary)
    print(f"report: {folder / 'report.html'}")
    _warn_of_overflow(result.summary["overflow"])
    if not result.summary["complete"]:
        print("stopped before every replication was in: what is whole is in the tables", file=sys.stderr)
        sys.exit(INTERRUPTED)


def _warn_of_overflow(lost: int) -> None:
    if lost:
        print(f"warning: {lost} plots or tracks found no room in the engine's tables and were lost", file=sys.stderr)


@app.command()
def calendar(
    targets: Annotated[
        list[str],
        typer.Argument(help="a scenario, whose windows of peace are run first, or folders that openiads study wrote"),
    ],
    paths: Annotated[
        list[str],
        typer.Option("--path", help="name of a shipped path, 'all', or the path of a .toml file (again for more)"),
    ],
    as_of: Annotated[str | None, typer.Option(help="leave out what was not known on this day, as 2019-11-22")] = None,
    until: Annotated[str | None, typer.Option(help="end there instead of where the path ends, as 2024-12-31")] = None,
    limit: Annotated[
        list[str] | None, typer.Option(help="the day on which METRIC=VALUE is reached, as C1=100000 (again for more)")
    ] = None,
    windows: Annotated[
        int, typer.Option(help="windows of each stratum of a day, for a scenario; five give intervals")
    ] = 5,
    seed: Annotated[int, typer.Option(help="seed of all random numbers")] = 1,
    workers: Annotated[int | None, typer.Option(help="threads; results do not depend on it")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="new folder for calendar.json, days.parquet, pictures")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead of tables")] = False,
    sets: SetOption = None,
) -> None:
    """What has been learned, lost and defended by which day, along a path of postures and political events.

    Examples:
      openiads calendar turkey-2019 --path article --windows 2 --out by-the-article
      openiads calendar my-study --path standalone --path crete-model --limit X1=100000
      openiads calendar turkey-2019 --path article --as-of 2019-11-22 --set reflectors=false --set assumptions.dwells=5
    """
    from openiads.record import require_new
    from openiads.studies.calendar.conduct import calendars
    from openiads.studies.calendar.outcome import limits
    from openiads.studies.calendar.words import print_calendars

    if out is not None:
        require_new(out)
    _seed(seed)
    asked = limits(limit or [])
    days = _day("as-of", as_of), _day("until", until)
    with _bar("windows of peace") as bar:
        found = calendars(
            targets, paths, _pairs(sets), as_of=days[0], until=days[1], asked=asked, windows=windows, seed=seed,
            workers=workers, progress=bar,
        )  # fmt: skip
    if out is not None:
        found.save(out)
    if as_json:
        print(found.json())
        return
    print_calendars(found.said)
    if out is not None:
        print(f"written to {out}")


def _day(option: str, text: str | None) -> date | None:
    """A date as a user writes it."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--{option} {text}: write year, month and day, as 2019-11-22") from None


@app.command()
def robustness(
    scenario: ScenarioArg,
    preset: Annotated[str | None, typer.Option(help="demo (minutes) or full (an hour or two)")] = None,
    draws: Annotated[int | None, typer.Option(help="points of the parameter box")] = None,
    vary: Annotated[
        str | None,
        typer.Option(help="only these inputs, separated by commas: site, doctrine.*, library.missiles.*, batches, …"),
    ] = None,
    metrics: Annotated[str | None, typer.Option(help="metrics in which postures are compared")] = None,
    postures: Annotated[str | None, typer.Option(help="only these, separated by commas")] = None,
    vignettes: Annotated[str | None, typer.Option(help="only these, separated by commas")] = None,
    baseline: Annotated[str | None, typer.Option(help="posture that the others are compared with")] = None,
    replications: Annotated[int | None, typer.Option(help="raids a posture at each draw; five and more decide")] = None,
    seed: Annotated[int, typer.Option(help="seed of all random numbers")] = 1,
    workers: Annotated[int | None, typer.Option(help="threads; results do not depend on it")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="new folder for the report and the tables")] = None,
    sets: SetOption = None,
) -> None:
    """Draw all that is uncertain within its stated range, and say how far the comparison of postures holds.

    Examples:
      openiads robustness turkey-2019 --preset demo
      openiads robustness turkey-2019 --vary site,postures.* --postures standalone,one-way-in --draws 32
    """
    from openiads.record import require_new
    from openiads.studies.robustness.conduct import robustness as conduct
    from openiads.studies.robustness.words import lines
    from openiads.studies.study import default_out

    loaded = _load(scenario, sets)
    folder = out or default_out(f"{loaded.name}-robustness")
    require_new(folder)
    with _bar(loaded.name) as bar:
        result = conduct(
            loaded, preset=preset, draws=draws, vary=_names(vary), fixed=_pairs(sets), compared=_names(metrics),
            postures=_names(postures), vignettes=_names(vignettes), baseline=baseline, replications=replications,
            seed=seed, workers=workers, progress=bar,
        )  # fmt: skip
    result.save(folder)
    print("\n".join(lines(result.summary)))
    print(f"report: {folder / 'report.html'}")
    _warn_of_overflow(result.summary["overflow"])
    if not result.summary["complete"]:
        print("stopped before every draw was in: the draws that are whole are in the tables", file=sys.stderr)
        sys.exit(INTERRUPTED)


@app.command()
def decide(
    folder: Annotated[Path, typer.Argument(help="folder that openiads study or openiads robustness wrote")],
    limits: Annotated[str, typer.Option("--limits", help="a .toml file with every actor's bounds, or: example")],
    postures: Annotated[str | None, typer.Option(help="only these, separated by commas")] = None,
    picture: Annotated[Path | None, typer.Option(help="write the matrix to this picture (.png, .svg)")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print everything as JSON")] = False,
) -> None:
    """Is there a posture that everybody can live with? Bounds of every actor, what each accepts, the smallest concession.

    Examples:
      openiads decide turkey-2019-… --limits example
      openiads decide turkey-2019-robustness-… --limits my-limits.toml --picture who-accepts-what.png
    """
    import json

    from openiads.record import require_new_file
    from openiads.studies.decide.decision import decide as judge
    from openiads.studies.decide.limits import load_limits
    from openiads.studies.decide.picture import draw, require_ending
    from openiads.studies.decide.words import lines

    if picture is not None:
        require_ending(picture)
        require_new_file(picture)
    found = judge(folder, load_limits(limits), _names(postures))
    if picture is not None:
        draw(found, picture)
    print(json.dumps(found, indent=1, ensure_ascii=False) if as_json else "\n".join(lines(found)))


@app.command()
def compare(
    scenario: ScenarioArg,
    posture: Annotated[str, typer.Option("--posture", "-p", help="which way of holding the system")],
    tracker: Annotated[str, typer.Option("--tracker", help=_TRACKER)],
    vignette: Annotated[str, typer.Option("--vignette", "-v", help="which stretch of time")] = "raid",
    replications: Annotated[int, typer.Option(help="draws; five and more give intervals")] = 10,
    seed: Annotated[int, typer.Option(help="seed of all random numbers")] = 1,
    window: Annotated[int, typer.Option(help="which window of the day, in a vignette of peace")] = 0,
    duration: Annotated[float | None, typer.Option(help="run for so long, seconds")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="new folder for comparison.csv")] = None,
    sets: SetOption = None,
) -> None:
    """Compare a tracker of your own with the one that ships, in the loop: pictures, leakers, rounds, losses on the same luck.

    Example: openiads compare s400-alone --posture complete --tracker my_tracker:MyTracker --replications 20
    """
    from openiads.record import require_new
    from openiads.studies.trackers import compare_trackers, print_comparison

    loaded = _load(scenario, sets)
    if out is not None:
        require_new(out)
    with _bar(f"{posture}, {vignette}") as bar:
        found = compare_trackers(
            loaded, posture, vignette, tracker, replications, seed, stratum=window, duration=duration, progress=bar
        )
    if out is not None:
        found.save(out)
    print(f"{loaded.title}: {posture}, {vignette}, seed {seed}, {found.replications} replications")
    print_comparison(found)
    if not found.complete:
        print("stopped before every replication was in: what is whole is in the table", file=sys.stderr)
        sys.exit(INTERRUPTED)


@app.command()
def track(
    inputs: Annotated[
        list[Path],
        typer.Argument(help="recordings: ASTERIX (raw, or UDP in pcap or pcapng), plots or positions (Parquet, CSV)"),
    ],
    sensors: Annotated[
        Path | None, typer.Option(help="sensors.toml: where the radars stand; not needed for positions alone")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="new folder for the tracks")] = None,
    truth: Annotated[Path | None, typer.Option(help="positions (Parquet, CSV) to score the tracks against")] = None,
    models: Annotated[str, typer.Option(help="how aircraft fly: manoeuvring or straight")] = "manoeuvring",
    tick: Annotated[float | None, typer.Option(help="seconds between updates; a quarter of a scan without it")] = None,
    date: Annotated[str | None, typer.Option(help="day on which an ASTERIX recording begins, as 2026-03-31")] = None,
    register: Annotated[
        bool,
        typer.Option(
            "--register", help="first estimate the radars' errors of range, azimuth and time from common aircraft"
        ),
    ] = False,
    association: Annotated[
        str, typer.Option(help="gnn: the likeliest plot of a track; jpda: all that may be its, by probability")
    ] = "gnn",
    lifecycle: Annotated[
        str, typer.Option(help="how tracks live: score, by the odds against clutter; count, by their plots in time")
    ] = "score",
    tracker: TrackerOption = None,
) -> None:
    """Track recorded surveillance data: tracks as Parquet, ASTERIX CAT062 and CZML, and a quality table.

    Several inputs are merged in time. What can not be used is counted by reason in about.json.

    Examples:
      openiads track morning.ast --sensors sensors.toml --out tracks
      openiads track radars.pcap adsb.parquet --sensors sensors.toml --truth gps.csv
      openiads track adsb.csv --models straight --tick 2
      openiads track radars.ast adsb.parquet --sensors sensors.toml --register
      openiads track clutter.ast --sensors sensors.toml --association jpda
      openiads track morning.ast --sensors sensors.toml --tracker my_tracker:MyTracker
    """
    from datetime import UTC, datetime

    from openiads.record import require_new

    folder = out or Path(f"{inputs[0].stem}-tracks")
    require_new(folder)
    day = None
    if date is not None:
        try:
            day = datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()
        except ValueError:
            raise UsageError(f"--date {date}: write year, month and day, as 2026-03-31") from None
    from openiads.recording import track as follow
    from openiads.recording import write
    from openiads.recording.words import print_answer

    with _bar("track") as bar:
        answer = follow(inputs, sensors, truth, models, tick, day, bar, register, tracker, association, lifecycle)
    write(answer, folder)
    print_answer(answer)
    print(f"tracks in {folder}")


@app.command()
def tour(
    row: Annotated[int | None, typer.Argument(help="one claim of the article, 1 to 27; all without it")] = None,
    write: Annotated[Path | None, typer.Option("--write", help="write article.md into this folder")] = None,
) -> None:
    """Every claim of the article: how it is represented, the command that shows it, what came out.

    Example: openiads tour 16
    """
    from openiads.tour import to_markdown
    from openiads.tour import tour as walk

    if write is not None and not write.is_dir():
        raise OutputError(f"'{write}' is no folder")
    with _bar("tour") as bar:
        results = walk([row] if row is not None else None, bar)
    if write is not None:
        (write / "article.md").write_text(to_markdown(results), encoding="utf-8")
        print(f"wrote {write / 'article.md'}")
        return
    for r in results:
        print(
            f"{r.number}. {r.claim}\n   represented: {r.represented}\n   commands: {', '.join(r.commands)}\n"
            f"   outcome: {r.outcome}\n"
        )


if __name__ == "__main__":
    main()
