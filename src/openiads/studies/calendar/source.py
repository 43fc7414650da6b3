"""Where the rates come from: studies that were saved, or windows of peace that are run for the calendar."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path as File
from typing import Any

from openiads.errors import OpenIadsError, UsageError
from openiads.scenario.load import load
from openiads.scenario.spec import Scenario
from openiads.studies.calendar.rates import Rates, rates
from openiads.studies.calendar.timeline import Timeline, Variant
from openiads.studies.metrics import Tables
from openiads.studies.study import Study, study

Need = tuple[Variant, str]  # what must be known: a variant, and a posture in it
Progress = Callable[[int, int], None]


class Source:
    """Studies by variant; what a path needs and no study has is run, or refused where only folders were given."""

    def __init__(self, targets: Sequence[str | File], sets: dict[str, str] | None = None, *, windows: int = 5,
                 seed: int = 1, workers: int | None = None) -> None:  # fmt: skip
        if windows < 2:
            raise UsageError(f"windows of a stratum = {windows}: at least 2, since sites are told from days by them")
        self.windows, self.seed, self.workers, self._sets, self._name = windows, seed, workers, sets, ""
        self.studies: dict[Variant, Study] = {}
        folders = [t for t in targets if File(t).is_dir()]
        if folders and (len(folders) < len(targets) or sets):
            raise UsageError("give folders of studies, or one scenario with --set; not both")
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
        if not self.studies:
            self.scenario = found.scenario
        self.studies[_variant(found.scenario)] = found

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

    def rates(self, need: Need) -> Rates:
        """What a day yields."""
        found = self.studies[need[0]]
        try:
            return rates(found.scenario, found.tables, need[1])
        except OpenIadsError as error:
            raise UsageError(f"{need[0]}: {error}") from None

    def tables(self) -> list[tuple[dict[str, Any], Tables]]:
        """Summary and tables of every study."""
        return [(s.summary, s.tables) for s in self.studies.values()]


def needs(timelines: Iterable[Timeline]) -> list[Need]:
    """Variant and posture of every day on which a system emits."""
    return sorted({(s.variant, s.posture) for t in timelines for s in t.states if s.share > 0.0})


def _variant(scenario: Scenario) -> Variant:
    m = scenario.modifiers
    return Variant(m.allied_pattern, m.reflectors, m.batches)


def _apart(scenario: Scenario) -> Any:
    """A scenario without what a path changes."""
    table = scenario.table
    free = {
        k: v for k, v in scenario.modifiers.model_dump().items() if k not in ("allied_pattern", "reflectors", "batches")
    }
    return {k: v for k, v in table.items() if k != "modifiers"} | {"modifiers": free}


def _part(progress: Progress | None, i: int, parts: int) -> Progress | None:
    """Progress of the i-th of several studies as progress of all."""
    if progress is None:
        return None
    return lambda done, total: progress(i * total + done, parts * total)
