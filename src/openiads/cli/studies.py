"""Comparisons: postures over many runs, over the parameter box, against bounds; and trackers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from openiads.cli.common import (
    INTERRUPTED,
    TRACKER,
    BaselineOption,
    OnlyOption,
    ScenarioArg,
    SeedOption,
    SetOption,
    TrackerOption,
    WorkersOption,
    app,
    load_scenario,
    names,
    pairs,
    progress_bar,
    warn_of_overflow,
)


@app.command()
def study(
    scenario: ScenarioArg,
    preset: Annotated[str | None, typer.Option(help="demo (a minute or two) or full (the README's table)")] = None,
    postures: OnlyOption = None,
    vignettes: OnlyOption = None,
    baseline: BaselineOption = None,
    replications: Annotated[int | None, typer.Option(help="raids a posture; five and more give intervals")] = None,
    windows: Annotated[
        int | None, typer.Option(help="windows of peace of each stratum of a day; a 25th of the raids without it")
    ] = None,
    seed: SeedOption = 1,
    workers: WorkersOption = None,
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
      openiads study turkey-2019 --vignettes peace --windows 6
      openiads study turkey-2019 --postures full-links,one-way-out --compromise false-tracks --replications 20
    """
    from openiads.record import require_new
    from openiads.studies.study import default_out
    from openiads.studies.study import study as conduct
    from openiads.studies.table import print_table

    loaded = load_scenario(scenario, sets)
    folder = out or default_out(loaded.name)
    require_new(folder)
    with progress_bar(loaded.name) as bar:
        result = conduct(
            loaded, preset=preset, replications=replications, days=windows, postures=names("postures", postures), vignettes=names("vignettes", vignettes),
            baseline=baseline, seed=seed, workers=workers, tracker=tracker, compromise=compromise,
            progress=bar,
        )  # fmt: skip
    result.save(folder)
    print_table(result.summary)
    print(f"report: {folder / 'report.html'}")
    warn_of_overflow(result.summary["overflow"])
    if not result.summary["complete"]:
        print("stopped before every replication was in: what is whole is in the tables", file=sys.stderr)
        sys.exit(INTERRUPTED)


@app.command()
def compare(
    scenario: ScenarioArg,
    posture: Annotated[str, typer.Option("--posture", "-p", help="which way of holding the system")],
    tracker: Annotated[str, typer.Option("--tracker", help=TRACKER)],
    vignette: Annotated[str, typer.Option("--vignette", "-v", help="which stretch of time")] = "raid",
    replications: Annotated[int, typer.Option(help="draws; five and more give intervals")] = 10,
    seed: SeedOption = 1,
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

    loaded = load_scenario(scenario, sets)
    if out is not None:
        require_new(out)
    with progress_bar(f"{posture}, {vignette}") as bar:
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
def robustness(
    scenario: ScenarioArg,
    preset: Annotated[
        str | None, typer.Option(help="demo (12 draws, about 4 minutes on two cores) or full (128 draws, about 80)")
    ] = None,
    draws: Annotated[int | None, typer.Option(help="points of the parameter box")] = None,
    vary: Annotated[
        str | None,
        typer.Option(help="only these inputs, separated by commas: site, doctrine.*, library.missiles.*, batches, …"),
    ] = None,
    metrics: Annotated[str | None, typer.Option(help="metrics in which postures are compared")] = None,
    postures: OnlyOption = None,
    vignettes: OnlyOption = None,
    baseline: BaselineOption = None,
    replications: Annotated[int | None, typer.Option(help="raids a posture at each draw; five and more decide")] = None,
    seed: SeedOption = 1,
    workers: WorkersOption = None,
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

    loaded = load_scenario(scenario, sets)
    folder = out or default_out(f"{loaded.name}-robustness")
    require_new(folder)
    with progress_bar(loaded.name) as bar:
        result = conduct(
            loaded, preset=preset, draws=draws, vary=names("vary", vary), fixed=pairs(sets), compared=names("metrics", metrics),
            postures=names("postures", postures), vignettes=names("vignettes", vignettes), baseline=baseline, replications=replications,
            seed=seed, workers=workers, progress=bar,
        )  # fmt: skip
    result.save(folder)
    print("\n".join(lines(result.summary)))
    print(f"report: {folder / 'report.html'}")
    warn_of_overflow(result.summary["overflow"])
    if not result.summary["complete"]:
        print("stopped before every draw was in: the draws that are whole are in the tables", file=sys.stderr)
        sys.exit(INTERRUPTED)


@app.command()
def decide(
    folder: Annotated[Path, typer.Argument(help="folder that openiads study or openiads robustness wrote")],
    limits: Annotated[str, typer.Option("--limits", help="a .toml file with every actor's bounds, or: example")],
    postures: OnlyOption = None,
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
    found = judge(folder, load_limits(limits), names("postures", postures))
    if picture is not None:
        draw(found, picture)
    print(json.dumps(found, indent=1, ensure_ascii=False) if as_json else "\n".join(lines(found)))
