"""From names to calendars: read the paths, gather the rates, reckon, write."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date as Date
from pathlib import Path as File
from typing import Any

import numpy as np

from openiads.errors import UsageError
from openiads.record import new_folder, write_tables
from openiads.studies.calendar.files import load_path, notices, path_names, periods
from openiads.studies.calendar.lags import moved, with_lags
from openiads.studies.calendar.outcome import Limit, outcome, require_classes
from openiads.studies.calendar.path import LAST
from openiads.studies.calendar.ranges import ranges
from openiads.studies.calendar.reckon import Calendar, reckon
from openiads.studies.calendar.source import Progress, Source, needs
from openiads.studies.calendar.timeline import ENDS, timeline
from openiads.studies.calendar.traffic import traffic
from openiads.studies.calendar.watch import medians
from openiads.studies.study import clean

ALL = "all"
_OWN = "assumptions."


@dataclass(frozen=True)
class Calendars:
    """The calendars of some paths on the same rates, and what they say."""

    calendars: list[Calendar]
    said: list[dict[str, Any]]
    emits: dict[str, str]  # how each posture emits

    def json(self) -> str:
        """What they say as JSON."""
        return json.dumps(clean({"calendars": self.said}), indent=1, ensure_ascii=False, default=Date.isoformat)

    def save(self, out: File) -> None:
        """calendar.json, days.parquet and a picture of each path in a new folder, all or nothing."""
        from openiads.studies.calendar.picture import draw

        with new_folder(out) as folder:
            (folder / "calendar.json").write_text(self.json() + "\n", encoding="utf-8")
            write_tables(folder, {"days": _days(self.calendars)})
            for calendar in self.calendars:
                draw(calendar, folder / f"{calendar.path.name}.png", self.emits)


def calendars(targets: list[str], paths: list[str], sets: dict[str, str] | None = None, *, as_of: Date | None = None,
              until: Date | None = None, asked: list[Limit] | None = None, windows: int | None = None,
              seed: int | None = None, workers: int | None = None, progress: Progress | None = None) -> Calendars:  # fmt: skip
    """Reckon paths by name or file on the rates of studies (folders) or of a scenario whose windows are run."""
    own = {k.removeprefix(_OWN): v for k, v in (sets or {}).items() if k.startswith(_OWN)}
    others = {k: v for k, v in (sets or {}).items() if not k.startswith(_OWN)}
    names = list(dict.fromkeys(path_names() if ALL in paths else paths))
    if not names:
        raise UsageError(f"no path; accepted: {', '.join(path_names())}, all, or the path of a .toml file")
    read = [load_path(name, own, as_of) for name in names]
    if until is not None and until > LAST:
        raise UsageError(f"--until {until}: accepted are days to {LAST}")
    if until is not None:
        late = [p for p in read if p.step[0].date >= until]
        if late:
            raise UsageError(
                f"--until {until}: path '{late[0].name}' begins on {late[0].step[0].date}; choose a later day"
            )
        read = [p.model_copy(update={"end": until}) for p in read]
    source = Source(targets, others, windows=windows, seed=seed, workers=workers)
    require_classes(asked or [], source.scenario)
    lines = [timeline(p, source.scenario) for p in read]
    lagged = [moved(a, [timeline(p, source.scenario, end) for end in ENDS]) for p, a in zip(read, lines, strict=True)]
    wanted = needs([*lines, *(line for others in lagged for line in others)])
    source.run(wanted, progress)
    rates = {need: source.rates(need) for need in wanted}
    made, said = [], []
    known, notice = periods(), medians(notices(as_of))
    for path, line, moves in zip(read, lines, lagged, strict=True):
        factor = traffic(line.start, line.days, known, as_of)
        raids = source.raids(line.states[-1].variant)
        found = [
            reckon(path, x, source.scenario, {need: rates[need] for need in needs([x])}, factor, notice)
            for x in (line, *moves)
        ]
        each = [outcome(c, source.scenario, raids, as_of, asked or []) for c in found]
        made.append(found[0])
        said.append(with_lags(each[0], each[1:]) if moves else each[0])
        mine = {need: rates[need] for need in needs([line])}
        said[-1]["ranges"] = ranges(path, line, source.scenario, mine, found[0].daily, notice)
    return Calendars(made, said, {name: p.emits for name, p in source.scenario.postures.items()})


def _days(made: list[Calendar]) -> dict[str, np.ndarray]:
    """One row a path and day."""
    columns: dict[str, list[Any]] = {}
    classes = sorted({name for c in made for name in c.filling})
    for c in made:
        line = c.timeline
        day = {
            "path": [c.path.name] * line.days, "date": [line.day(i).isoformat() for i in range(line.days)],
            "posture": [s.posture for s in line.states], "pattern": [s.variant.pattern for s in line.states],
            "batches": np.array([float(s.variant.batches) for s in line.states]), "emits": line.column("share"),
            "traffic": c.factor.value, "traffic_low": c.factor.low, "traffic_high": c.factor.high, "defended": c.defended,
            **{name: series.mean(axis=0) for name, series in c.series.items()},
            **{f"C3.{n}": c.filling[n].share if n in c.filling else np.zeros(line.days) for n in classes},
        }  # fmt: skip
        for name, values in day.items():
            columns.setdefault(name, []).extend(values)
    return {name: np.array(values) for name, values in columns.items()}
