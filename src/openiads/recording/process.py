"""From recordings to a picture and its quality, and into a folder: what `openiads track` does."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from openiads.errors import RecordError, UsageError
from openiads.recording import tables
from openiads.recording.clock import DAY
from openiads.recording.inputs import Stream, kind_of, read
from openiads.recording.picture import Painter, Picture
from openiads.recording.registration import register
from openiads.recording.reports import UNKNOWN, Account, Reports
from openiads.recording.sensors import Sensors, load_sensors
from openiads.recording.thinning import SPLIT, spare, split, thinned
from openiads.tracking import (
    MANOEUVRING,
    Config,
    Model,
    Plots,
    Radar,
    Registration,
    Source,
    Tracker,
    Truth,
    quality,
    quality_alone,
)
from openiads.tracking.earth import Earth, to_ecef
from openiads.tracking.own import BUILT_IN, Stepwise, TrackerClass, find_tracker
from openiads.tracking.plots import true_times
from openiads.tracking.quality import Row
from openiads.tracking.scene import require_common
from openiads.tracking.truth import SAME_TIME

MODELS = {"manoeuvring": MANOEUVRING, "straight": (Model("straight", 5.0),)}
_LEAST, _FEW_GAPS = 4.0, 20  # s between positions of an aircraft that are used; gaps that tell a period
_PIECES = 200  # stretches of time that the bar counts
_MOST_TICKS = 5_000_000
_ELSEWHERE = 500.0  # m between the place of a radar in the file and in the recording that are worth a note
_GAP = 120.0  # s without a sample after which a body of the truth is another one
Bar = Callable[[float, float], None]


@dataclass(frozen=True)
class Answer:
    """What came out: the picture, its quality, the accounts of the inputs and what the tracker was set to."""

    picture: Picture
    stream: Stream
    sensors: Sensors
    radars: list[Radar | Source]
    models: str
    config: Config
    plots: int  # that the tracker got
    lonely: int  # of them, that no track took
    quality: list[Row]
    truth: Account | None
    registration: Registration | None
    tracker: str  # `module:Class`, or built-in

    def notes(self) -> list[str]:
        """What a reader should know: radars that stand elsewhere than the recording says."""
        found = []
        for s in self.sensors.file.sensor:
            place = self.stream.heard.places.get((s.sac, s.sic)) if s.sac is not None and s.sic is not None else None
            if place is None:
                continue
            two = np.array([[s.latitude, s.longitude, s.height], place])
            away = float(
                np.linalg.norm(np.diff(to_ecef(two[:, 0], two[:, 1], two[:, 2], self.sensors.file.earth), axis=0))
            )
            if away > _ELSEWHERE:
                found.append(
                    f"sensor {s.name}: the recording says that it stands {away / 1e3:.2f} km from the place in the file"
                )
        return found


def track(
    paths: Sequence[Path], sensors: Path | None = None, truth: Path | None = None, models: str = "manoeuvring",
    tick: float | None = None, date: float | None = None, progress: Bar = lambda done, total: None, registered: bool = False,
    tracker: TrackerClass | str | None = None, association: str = "gnn", lifecycle: str = "score",
) -> Answer:  # fmt: skip
    """Tracks of recordings; tick in s, date in s of 1970; registered: the errors of the radars are estimated first.

    A `tracker` of the user's own, a class or `module:Class`, takes the place of the one that ships.
    docs/guide.md says what each kind of input may hold.
    """
    if models not in MODELS:
        raise UsageError(f"--models {models}: accepted are {', '.join(MODELS)}")
    if tick is not None and not (0.05 <= tick <= 60.0):
        raise UsageError(f"--tick {tick:g}: accepted are 0.05 to 60 seconds")
    config = Config(MODELS[models], association=association, lifecycle=lifecycle)  # type: ignore[arg-type]
    maker = None if tracker is None else find_tracker(tracker)
    known = load_sensors(sensors)
    earth = known.file.earth
    stream = read(list(paths), known, date)
    radars = known.radars(_periods(stream, known.source))
    present = np.unique(stream.reports.plots.radar).tolist()
    tick = tick or _usual_tick([radars[r] for r in present])
    _bounded(stream.reports, tick)
    reference = None if truth is None else read_truth(truth, known, stream)
    config, found = replace(config, tick=tick), None
    if registered:
        found = register(
            stream.reports.rows(~(spare(stream.reports, known.source, tick) | split(stream.reports, known.source))),
            radars,
            config,
            known.file,
        )
        radars = found.applied(radars)
    reports = thinned(_on_time(stream.reports, radars), stream.accounts, known.source, tick)
    painter, ready = Painter(earth), _set_right(radars, present)
    follow = Tracker(ready, config, earth) if maker is None else Stepwise(maker, ready, config, earth)
    _run(follow, reports, tick, painter, progress)
    picture = painter.done()
    rows = quality_alone(picture) if reference is None else quality(reference[0], picture)
    rows += [Row(f"NIS by dimension of {radars[r].name}", nis, "") for r, nis in painter.nis(picture).items()]
    if found is not None:
        off = (("before", found.before), ("after", found.after))
        rows += [Row(f"plots off common paths, {when} registration", rms, "m") for when, rms in off]
    return Answer(
        picture, stream, known, radars, models, config, len(reports), painter.lonely(picture), rows,
        None if reference is None else reference[1], found, BUILT_IN if maker is None else maker.name,
    )  # fmt: skip


def _periods(stream: Stream, source: int) -> dict[int, float]:
    """Scans (s) as the service messages state them, else as aircraft with an address are seen; of positions at least 4 s."""
    found, plots = {}, stream.reports.plots
    for row in np.unique(plots.radar).tolist():
        mine = np.flatnonzero((plots.radar == row) & (stream.reports.address != UNKNOWN))
        order = mine[np.lexsort((plots.t[mine], stream.reports.address[mine]))]
        gaps = np.diff(plots.t[order])[np.diff(stream.reports.address[order]) == 0]
        gaps = gaps[gaps > SPLIT]
        if gaps.size > _FEW_GAPS:
            found[row] = min(max(float(np.median(gaps)), _LEAST if row == source else 1.0), 60.0)
    return found | stream.heard.period()


def _usual_tick(radars: Sequence[Radar | Source]) -> float:
    """Seconds between updates: no radar sees an aircraft twice in one, even one that flies against its turn."""
    return max(0.25, min(r.period if isinstance(r, Source) else 0.25 * r.period for r in radars))


def _set_right(radars: Sequence[Radar | Source], present: Sequence[int]) -> list[Radar | Source]:
    """What a tracker is given: who is silent sets no scan, and reports come with their true times."""
    longest = max(radars[r].period for r in present)
    heard = [r if k in present else replace(r, period=longest) for k, r in enumerate(radars)]
    return [replace(r, time_bias=0.0) if isinstance(r, Radar) else r for r in heard]


def _on_time(reports: Reports, radars: Sequence[Radar | Source]) -> Reports:
    """Reports at their true times, in that order."""
    right = reports.at(true_times(reports.plots, radars))
    return right.rows(np.argsort(right.plots.t, kind="stable"))


def _bounded(reports: Reports, tick: float) -> None:
    """Refuse a stretch of time that no recording has."""
    t = reports.plots.t
    if (t[-1] - t[0]) / tick > _MOST_TICKS:
        raise RecordError(
            f"the reports span {(t[-1] - t[0]) / DAY:.4g} days, {_MOST_TICKS} updates at most are made; "
            "track the inputs one by one, or give a longer --tick"
        )


def _run(tracker: Tracker | Stepwise, reports: Reports, tick: float, painter: Painter, progress: Bar) -> None:
    """Stretch by stretch, each ending with an update."""
    t = reports.plots.t
    ticks = max(1, math.ceil((t[-1] - t[0]) / tick - 1e-9) + 1)
    size = max(1, math.ceil(ticks / _PIECES))
    begin, first = float(t[0]) - tick, 0
    for done in range(0, ticks, size):
        end = begin + tick * min(done + size, ticks)
        last = len(t) if done + size >= ticks else int(np.searchsorted(t, end + 1e-9, "right"))
        part = reports.rows(np.arange(first, last))
        painter.add(part, tracker.process(part.plots, until=end))
        first = last
        progress(min(done + size, ticks), ticks)


def read_truth(path: Path, sensors: Sensors, stream: Stream) -> tuple[Truth, Account]:
    """Where the aircraft really were, from a table of positions; a body ends where it is silent for `_GAP` seconds.

    Times without a date are of the day that brings them closest to the reports.
    """
    try:
        with path.open("rb") as file:
            kind = kind_of(file.read(4096))
    except OSError as error:
        raise UsageError(f"'{path}' can not be read: {error.strerror}; --truth is a table of positions") from None
    if kind not in ("parquet", "csv"):
        raise UsageError(f"'{path}': --truth is a table of positions in CSV or Parquet")
    account = Account(path.name, f"{kind} of positions, the truth", path.stat().st_size)
    columns = tables.read_table(path, kind == "parquet", account)
    if columns.polar:
        raise UsageError(f"'{path}' holds plots; --truth is a table of positions (latitude, longitude and a height)")
    names = next((columns.words[n] for n in ("flight", "address", "callsign") if n in columns.words), None)
    if names is None:
        raise RecordError(f"'{path}': whose positions? A truth has a column flight_id, icao24, callsign or body")
    reports, kept = tables.reports(columns, sensors, account)
    if not len(reports):
        raise RecordError(f"'{path}' holds no position that can be used as truth")
    account.used = len(reports)
    t, heard = reports.plots.t, stream.reports.plots.t
    if columns.dated and stream.midnight is not None:
        t = t - stream.midnight
    else:
        t = t + DAY * np.round((np.median(heard) - np.median(t)) / DAY)
    require_common(t, heard)
    return _truth(t, names[kept], reports.plots, sensors.file.earth), account


def _truth(t: np.ndarray, names: np.ndarray, plots: Plots, earth: Earth) -> Truth:
    """Samples of bodies: one at a time, and a new body after a gap."""
    assert plots.latitude is not None and plots.longitude is not None and plots.height is not None
    who = np.unique(names, return_inverse=True)[1].reshape(-1)
    order = np.lexsort((t, who))
    first = np.append(True, (np.diff(t[order]) > SAME_TIME) | (np.diff(who[order]) != 0))
    order = order[first]
    body = np.cumsum(np.append(True, (np.diff(t[order]) > _GAP) | (np.diff(who[order]) != 0)))
    x = to_ecef(plots.latitude, plots.longitude, plots.height, earth)
    return Truth(t[order], body, x[order])
