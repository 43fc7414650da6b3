"""Where the rates come from: studies that were saved, or windows of peace that are run for the calendar."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path as File
from typing import Any

import numpy as np

from openiads.errors import OpenIadsError, UsageError
from openiads.scenario.load import load
from openiads.scenario.spec import Scenario
from openiads.studies.calendar.rates import Rates, rates
from openiads.studies.calendar.timeline import Timeline, Variant
from openiads.studies.study import Study, study, threads

Need = tuple[Variant, str]  # what must be known: a variant, and a posture in it
WINDOWS, SEED = 5, 1
_ALIKE = {"seed": "seed", "tracker": "tracker", "build": "build of openiads"}  # of folders whose rows are paired
Progress = Callable[[int, int], None]


class Source:
    """Studies by variant; what a path needs and no study has is run, or refused where only folders were given."""

    def __init__(self, targets: Sequence[str | File], sets: dict[str, str] | None = None, *, windows: int | None = None,
                 seed: int | None = None, workers: int | None = None) -> None:  # fmt: skip
        self.windows, self.seed, self.workers = windows or WINDOWS, SEED if seed is None else seed, workers
        self._sets, self._name = sets, ""
        self.studies: dict[Variant, Study] = {}
        self._folders: dict[Variant, str] = {}
        folders = [t for t in targets if File(t).is_dir()]
        if folders and (len(folders) < len(targets) or sets):
            raise UsageError("give folders of studies, or one scenario with --set; not both")
        given = {"--windows": windows, "--seed": seed, "--workers": workers}
        if folders and any(x is not None for x in given.values()):
            named = ", ".join(f"{name} {x}" for name, x in given.items() if x is not None)
            raise UsageError(f"{named}: a folder has its windows already; leave it out, or name a scenario to run them")
        if windows is not None and windows < 2:
            raise UsageError(f"windows of a stratum = {windows}: at least 2, since sites are told from days by them")
        threads(workers)
        if not folders:
            if len(targets) != 1:
                raise UsageError(f"{len(targets)} scenarios; one is accepted")
            self._name = str(targets[0])
            self.scenario: Scenario = load(self._name, sets)
            return
        for folder in folders:
            self._add(Study.load(folder), folder)

    def _add(self, found: Study, folder: str | File) -> None:
        if self.studies and _apart(found.scenario) != _apart(self.scenario):
            raise UsageError(
                f"'{folder}' is a study of another scenario, or with other settings than those a path changes"
            )
        variant = Variant.of(found.scenario)
        for other, first in self._folders.items():
            if other == variant:
                raise UsageError(f"'{first}' and '{folder}' are both of {variant}; give one of them")
            _require_alike(self.studies[other].summary, found.summary, first, str(folder))
        if not self.studies:
            self.scenario = found.scenario
        self.studies[variant], self._folders[variant] = found, str(folder)

    def run(self, needs: Iterable[Need], progress: Progress | None = None) -> None:
        """Make sure that every need can be met; windows of peace are run for those that no study meets."""
        wanted: dict[Variant, list[str]] = {}
        for variant, posture in needs:
            wanted.setdefault(variant, []).append(posture)
        if not self._name:
            missing = sorted(str(v) for v in set(wanted) - set(self.studies))
            if missing:
                raise UsageError(
                    f"the path needs windows of peace with {'; '.join(missing)}. Run a study with these --set and give its "
                    "folder too, or give the scenario instead of folders"
                )
            self._pair(wanted)
            return
        if not any(v.kind == "peace" for v in self.scenario.vignettes.values()):
            raise UsageError(
                f"scenario '{self.scenario.name}' has no vignette of peace, from which the rates of a day come"
            )
        peace = [next(n for n, v in self.scenario.vignettes.items() if v.kind == "peace")]
        for i, variant in enumerate(sorted(wanted)):
            if self.studies.get(variant):
                continue
            scenario = load(self._name, (self._sets or {}) | variant.sets())
            postures = list(dict.fromkeys(wanted[variant]))
            self.studies[variant] = study(
                scenario, days=self.windows, replications=1, postures=postures, vignettes=peace, baseline=postures[0],
                seed=self.seed, workers=self.workers, progress=_part(progress, i, len(wanted)),
            )  # fmt: skip
            if not self.studies[variant].summary["complete"]:
                raise KeyboardInterrupt

    def _pair(self, wanted: dict[Variant, list[str]]) -> None:
        """Leave only the replications that have all their windows in every study and posture, so that rows pair."""
        for variant, postures in wanted.items():
            had = list(
                dict.fromkeys(
                    self.studies[variant].tables.get("peace", {}).get("posture", np.zeros(0, object)).tolist()
                )
            )
            if absent := sorted(set(postures) - set(had)):
                raise UsageError(
                    f"the path needs windows of peace in posture '{absent[0]}'; the study of '{self._folders[variant]}' "
                    f"{'has those of ' + ', '.join(had) if had else 'has none'}. Run it with --postures and all that the path lives "
                    f"through ({', '.join(sorted(set(postures)))}), or name the scenario instead of folders"
                )
        sets = [r for v, postures in wanted.items() for p in postures if (r := _whole(self.studies[v], p)).size]
        shared = sorted(set(sets[0].tolist()).intersection(*sets[1:])) if sets else []
        if sets and not shared:
            raise UsageError(
                "the folders share no replication whose windows of peace are all there; run their studies with the same "
                "--replications"
            )
        for variant in wanted:
            found = self.studies[variant]
            kept = {
                name: _rows(table, shared) if name in ("peace", "aspect") else table
                for name, table in found.tables.items()
            }
            self.studies[variant] = replace(found, tables=kept)

    def rates(self, need: Need) -> Rates:
        """What a day yields."""
        found = self.studies[need[0]]
        try:
            return rates(found.scenario, found.tables, need[1])
        except OpenIadsError as error:
            raise UsageError(f"{need[0]}: {error}") from None

    def raids(self, variant: Variant) -> Study | None:
        """A study with raids: of a variant where there is one, else the first of any."""
        found = [s for v, s in sorted(self.studies.items(), key=lambda x: x[0] != variant) if "raid" in s.tables]
        return found[0] if found else None


def needs(timelines: Iterable[Timeline]) -> list[Need]:
    """Variant and posture of every day on which a system emits."""
    return sorted({(s.variant, s.posture) for t in timelines for s in t.states if s.share > 0.0})


def _apart(scenario: Scenario) -> Any:
    """A scenario without what a path changes."""
    table = scenario.table
    free = {
        k: v for k, v in scenario.modifiers.model_dump().items() if k not in ("allied_pattern", "reflectors", "batches")
    }
    return {k: v for k, v in table.items() if k != "modifiers"} | {"modifiers": free}


def _require_alike(first: dict[str, Any], second: dict[str, Any], a: str, b: str) -> None:
    """Refuse folders whose rows do not come from the same draws."""
    for key, what in _ALIKE.items():
        if first.get(key) != second.get(key):
            raise UsageError(
                f"'{a}' and '{b}' differ in {what} ({first.get(key)}, {second.get(key)}), so their rows do not pair; run both "
                "studies alike, or name the scenario instead of folders"
            )


def _whole(found: Study, posture: str) -> np.ndarray:
    """Replications that have all their windows of peace in a posture."""
    vignette = next((v for v in found.scenario.vignettes.values() if v.kind == "peace"), None)
    peace = found.tables.get("peace")
    if vignette is None or not peace:
        return np.zeros(0)
    numbers, counts = np.unique(peace["replication"][peace["posture"] == posture], return_counts=True)
    return numbers[counts == vignette.strata]


def _rows(table: dict[str, np.ndarray], replications: list[float]) -> dict[str, np.ndarray]:
    keep = np.isin(table["replication"], replications) if table else None
    return {name: column[keep] for name, column in table.items()}


def _part(progress: Progress | None, i: int, parts: int) -> Progress | None:
    """Progress of the i-th of several studies as progress of all."""
    if progress is None:
        return None
    return lambda done, total: progress(i * total + done, parts * total)
