"""What a tracker of one's own changes: the same replications with it and with the one that ships, on the same luck."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from openiads.errors import UsageError
from openiads.record import new_folder, write_tables
from openiads.running import require_draw, ticks_of, warm_up
from openiads.scenario.build import assemble
from openiads.scenario.spec import Scenario
from openiads.scenario.world import World, draw_world
from openiads.studies.measure import raid_row
from openiads.studies.picture import CUTOFF, Watch
from openiads.studies.statistics import TESTED_N, Estimate, mean_t
from openiads.tracking.own import BUILT_IN, Maker, TrackerClass, find_tracker

MOST = 10_000  # replications
_TITLES = {  # figure -> title, unit
    "gospa": (f"GOSPA, horizontal, cut off at {CUTOFF / 1e3:g} km", "m"),
    "completeness": ("reported bodies with a track", "%"),
    "false": ("tracks without a body", "%"),
    "error": ("horizontal RMS error", "m"),
    "changes": ("number changes", "/h"),
    "leakers": ("leakers", ""), "rounds": ("rounds fired", ""), "kills": ("kills", ""),
    "friends_lost": ("friendly aircraft lost", ""), "civil_lost": ("airliners lost", ""),
}  # fmt: skip
_RAID = ("leakers", "rounds", "kills", "friends_lost", "civil_lost", "overflow")


@dataclass(frozen=True)
class Comparison:
    """Figures of every replication with the tracker that ships and with another, [N] each, by name."""

    tracker: str
    replications: int  # that are in
    complete: bool  # false after Ctrl-C
    built_in: dict[str, np.ndarray]
    own: dict[str, np.ndarray]

    def difference(self, figure: str) -> Estimate:
        """Mean of own - built-in over the replications, with its interval."""
        return mean_t(self.own[figure] - self.built_in[figure])

    def lines(self) -> list[tuple[str, str, str, str]]:
        """The table: figure, mean of the tracker that ships, mean of the other, difference with its interval."""
        return [
            (_title(name), _mean(self.built_in[name]), _mean(self.own[name]), _change(self.own[name] - self.built_in[name]))
            for name in self.built_in
            if name != "overflow"
        ]  # fmt: skip

    def save(self, out: Path) -> None:
        """comparison.csv in a new folder: a row for each replication and tracker."""
        twice = np.repeat(np.arange(self.replications), 2)
        table = {"replication": twice, "tracker": np.array([BUILT_IN, self.tracker] * self.replications, object)}
        for name, values in self.built_in.items():
            table[name.replace(" ", "_")] = np.stack([values, self.own[name]], axis=1).reshape(-1)
        with new_folder(out) as folder:
            write_tables(folder, {"comparison": table}, "csv")


def compare_trackers(
    scenario: Scenario, posture: str, vignette: str, tracker: TrackerClass | str, replications: int = 5, seed: int = 1, *,
    stratum: int = 0, duration: float | None = None, progress: Callable[[float, float], None] | None = None,
) -> Comparison:  # fmt: skip
    """Run each replication twice; all that differs is the tracker of every node. duration in s, else the whole vignette."""
    scenario.require(posture=posture, vignette=vignette)
    require_draw(scenario, vignette, seed, stratum=stratum)
    if not 1 <= replications <= MOST:
        raise UsageError(f"replications = {replications}: 1 to {MOST:,} are accepted")
    if duration is not None and not (duration > 0.0 and math.isfinite(duration)):
        raise UsageError(f"duration = {duration!r} s must be above 0")
    maker = find_tracker(tracker)
    rows: list[list[dict[str, float]]] = []
    try:
        for r in range(replications):
            world = draw_world(scenario, vignette, seed, r, stratum)
            pair = []
            for k, one in enumerate((None, maker)):
                pair.append(_lived(scenario, world, posture, one, duration))
                if progress is not None:
                    progress(2.0 * r + k + 1.0, 2.0 * replications)
            rows.append(pair)
    except KeyboardInterrupt:
        if not rows:
            raise
    built_in, own = ({name: np.array([pair[k][name] for pair in rows]) for name in rows[0][k]} for k in (0, 1))
    return Comparison(maker.name, len(rows), len(rows) == replications, built_in, own)


def _lived(
    scenario: Scenario, world: World, posture: str, maker: Maker | None, duration: float | None
) -> dict[str, float]:
    """Scores of the picture and what happened, in one replication."""
    simulation = assemble(scenario, world, posture, scenario.modifiers.warning)
    live, watch, tick = ticks_of(simulation, maker), Watch(simulation), simulation.tick
    last = simulation.ticks if duration is None else min(simulation.ticks, math.ceil(duration / tick))
    warm_up(simulation, live)
    for i in range(last):
        live(i, 1)
        watch.look(i * tick, (i + 1) * tick)
    happened = raid_row(simulation)
    return {**watch.scores(), **{name: happened[name] for name in _RAID}}


def _mean(values: np.ndarray) -> str:
    found = mean_t(values).estimate
    return "-" if found is None else f"{found:.4g}" if abs(found) < 1e3 else f"{found:,.0f}"


def _title(figure: str) -> str:
    """A figure in words; `gospa` is followed by a node where it is that of one."""
    name, _, node = figure.partition(" ")
    title, unit = _TITLES[name]
    return f"GOSPA of {node} [m]" if node else title + (f" [{unit}]" if unit else "")


def _change(differences: np.ndarray) -> str:
    """The mean of differences in words, with a mark where its sign is decided."""
    found = mean_t(differences)
    if found.estimate is None:
        return "undefined"
    text = f"{found.estimate:+.3g}"
    if found.n < TESTED_N:
        return text
    if found.low is None or found.high is None:
        some = np.count_nonzero(differences[np.isfinite(differences)])
        if some == 0:
            return text
        return f"{text} (differs in {some} of {found.n})" if some < TESTED_N else f"{text} ({found.reason})"
    mark = " ↑" if found.low > 0.0 else " ↓" if found.high < 0.0 else ""
    return f"{text} [{found.low:+.3g}, {found.high:+.3g}]{mark}"


def print_comparison(found: Comparison) -> None:
    """The table in the terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console = console if console.is_terminal else Console(width=120)
    table = Table(box=SIMPLE_HEAD)
    last = "difference" + (", 95 % interval" if found.replications >= TESTED_N else "")
    for name in ("mean of a replication", BUILT_IN, found.tracker, last):
        table.add_column(name.replace("[", "\\["), justify="left" if name == "mean of a replication" else "right")
    for line in found.lines():
        table.add_row(*(cell.replace("[", "\\[") for cell in line))
    console.print(table)
    lost = int(found.built_in["overflow"].sum() + found.own["overflow"].sum())
    if lost:
        console.print(f"{lost} plots or tracks found no room in the engine's tables", highlight=False)
