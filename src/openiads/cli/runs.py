"""One run: its record, why it went as it did, its other formats; and what can be seen from where."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from openiads.cli.common import (
    INTERRUPTED,
    ScenarioArg,
    SeedOption,
    SetOption,
    TrackerOption,
    app,
    load_scenario,
    progress_bar,
    require_seed,
)
from openiads.errors import UsageError


@app.command()
def run(
    scenario: ScenarioArg,
    posture: Annotated[str, typer.Option("--posture", "-p", help="which way of holding the system")],
    vignette: Annotated[str, typer.Option("--vignette", "-v", help="which stretch of time")] = "raid",
    seed: SeedOption = 1,
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

    loaded = load_scenario(scenario, sets)
    loaded.require(posture=posture, vignette=vignette)
    folder = out or default_out(f"{loaded.name}-{posture}-{vignette}")
    require_new(folder)
    require_seed(seed)
    with progress_bar(f"{posture}, {vignette}") as bar:
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
    with progress_bar("again") as bar:
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
    seed: SeedOption = 1,
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
    loaded = load_scenario(scenario, sets)
    require_seed(seed)
    question = maps.Question(
        loaded.baseline if posture is None else posture, body, what, tuple(_length("heights", h) for h in heights.split(",")), reference,
        warning=3600.0 * warning, sites=sites, seed=seed, cell=_length("cell", cell),
    )  # fmt: skip
    folder = out or default_out(f"{loaded.name}-{question.posture}-coverage")
    require_new(folder)
    with progress_bar(f"{question.posture}, {what}") as bar:
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
