"""Recorded surveillance data; and the claims of the article."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from openiads.cli.common import TrackerOption, app, progress_bar
from openiads.errors import OutputError, UsageError


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

    with progress_bar("track") as bar:
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
    with progress_bar("tour") as bar:
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
