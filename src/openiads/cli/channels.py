"""What the links give and let out: by body, by graph, by day."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from openiads.cli.common import (
    ScenarioArg,
    SetOption,
    app,
    day,
    load_scenario,
    names,
    pairs,
    progress_bar,
    require_seed,
)


@app.command()
def exposure(
    folder: Annotated[Path, typer.Argument(help="folder that openiads run or openiads study wrote")],
    posture: Annotated[str | None, typer.Option("--posture", "-p", help="of a study, only this one")] = None,
    dwells: Annotated[
        int | None,
        typer.Option(
            help="of a study, looks at 13 dB that make an aspect known; 19 without it, which tell its mean to 1 dB"
        ),
    ] = None,
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
    """Say from whom tracks can flow outside, whom a compromise could write into, which links to close, what each guard does.

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

    loaded = load_scenario(scenario, sets)
    loaded.require(posture=posture)
    if out is not None:
        require_drawable(out)
        require_new_file(out)
    asked = question(names("source", source), names("sink", sink), chance, step, within)
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
        int | None, typer.Option(help="windows of each stratum of a day, for a scenario; 5, which give intervals")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="seed of all random numbers, for a scenario; 1")] = None,
    workers: Annotated[int | None, typer.Option(help="threads, for a scenario; results do not depend on it")] = None,
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
    if seed is not None:
        require_seed(seed)
    asked = limits(limit or [])
    days = day("as-of", as_of), day("until", until)
    with progress_bar("windows of peace") as bar:
        found = calendars(
            targets, paths, pairs(sets), as_of=days[0], until=days[1], asked=asked, windows=windows, seed=seed,
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
