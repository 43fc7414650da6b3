"""Postures with and without a compromise that may exist: what it would change, and that weighted by the belief in it."""

from __future__ import annotations

import copy
from typing import Any

from openiads.errors import UsageError
from openiads.scenario import words
from openiads.scenario.compromises import compromised
from openiads.scenario.load import parse
from openiads.scenario.spec import Scenario
from openiads.studies.metrics import Metric, Tables


def with_twins(scenario: Scenario, compromise: str, postures: list[str] | None) -> tuple[Scenario, list[str]]:
    """A scenario in which every one of the postures has a twin that lives through a compromise, and the names of all."""
    known = [c.name for c in scenario.compromises]
    if compromise not in known:
        raise UsageError(f"scenario '{scenario.name}': {words.unknown('compromise', compromise, known)}")
    if scenario.modifiers.compromise != "none":
        raise UsageError(
            f"modifiers.compromise = {scenario.modifiers.compromise} is lived through already; leave it out beside --compromise"
        )
    table, chosen = copy.deepcopy(scenario.table), list(postures or scenario.postures)
    for name in chosen:
        scenario.require(posture=name)
        if scenario.postures[name].compromise is not None:
            raise UsageError(
                f"posture '{name}' lives through compromise '{scenario.postures[name].compromise}' already; name others with --postures"
            )
        table["postures"][twin(name, compromise)] = {**table["postures"][name], "compromise": compromise}
    named = [n for name in chosen for n in (name, twin(name, compromise))]
    return parse(table, f"{scenario.name}.toml"), named


def twin(posture: str, compromise: str) -> str:
    """What the twin of a posture is called."""
    return f"{posture}-if-{compromise}"


def beliefs(
    scenario: Scenario, tables: Tables, metrics: list[Metric], postures: tuple[str, ...], baseline: str
) -> list[dict[str, Any]]:
    """For each posture that has a twin with a compromise: every metric without it, with it, and weighted by the belief.

    What a reader expects who believes in it with p is without + p (with - without), metric by metric; `break_even` is the p at
    which that equals the baseline's, which lives through the same compromise where it has a twin.
    """
    rows = []
    for name in postures:
        plain = without(scenario, name, postures)
        c = compromised(scenario, name)
        if plain is None or c is None:
            continue
        other = twin(baseline, c.name)
        four = plain, name, baseline, other if other in postures else baseline
        cells = {m.id: _cell(m, scenario, tables, four, c.p_exists) for m in metrics}
        rows.append({
            "posture": name, "without": plain, "compromise": c.name, "title": c.title, "of": c.of, "effect": c.effect,
            "p_exists": c.p_exists, "metrics": {k: v for k, v in cells.items() if v},
        })  # fmt: skip
    return rows


def without(scenario: Scenario, posture: str, postures: tuple[str, ...]) -> str | None:
    """The posture of a study that is the same but for the compromise."""
    one = scenario.postures[posture]
    if one.compromise is None:
        return None
    same = one.model_dump(exclude={"title", "compromise"})
    return next((
        p for p in postures
        if scenario.postures[p].compromise is None and scenario.postures[p].model_dump(exclude={"title", "compromise"}) == same
    ), None)  # fmt: skip


def _cell(
    m: Metric, scenario: Scenario, tables: Tables, four: tuple[str, str, str, str], p: float
) -> dict[str, Any] | None:
    """One metric; None where it is exact or undefined."""
    plain, with_it, baseline, baseline_with_it = four
    change = m.difference(tables, with_it, plain)
    before = m.estimate(scenario, tables, plain).estimate
    if change is None or change.estimate is None or before is None:
        return None
    base, base_with_it = (m.estimate(scenario, tables, x).estimate for x in (baseline, baseline_with_it))
    even = None
    if base is not None and base_with_it is not None and change.estimate != (moved := base_with_it - base):
        even = (base - before) / (change.estimate - moved)
    return {
        "without": before, "with": before + change.estimate, "weighted": before + p * change.estimate,
        "difference": change._asdict(),
        "weighted_difference": [None if x is None else p * x for x in (change.estimate, change.low, change.high)],
        "break_even": even if even is not None and 0.0 < even <= 1.0 and baseline not in (plain, with_it) else None,
    }  # fmt: skip


def lines(summary: dict[str, Any]) -> list[str]:
    """What each compromise changes, for whom the change is decided."""
    out = []
    for row in summary["compromises"]:
        decided = {
            k: v for k, v in row["metrics"].items()
            if v["difference"]["low"] is not None and (v["difference"]["low"] > 0.0 or v["difference"]["high"] < 0.0)
        }  # fmt: skip
        out.append(
            f"{row['without']}, if {row['of']} is compromised ({row['title']}; belief {row['p_exists']:g}): "
            + (
                "; ".join(_words(k, v) for k, v in decided.items())
                if decided
                else "nothing that these replications decide"
            )
        )
    return out


def _words(metric: str, v: dict[str, Any]) -> str:
    d = v["difference"]
    text = f"{metric} {v['without']:.3g} becomes {v['with']:.3g} (change [{d['low']:.3g}, {d['high']:.3g}]), {v['weighted']:.3g} by belief"
    return text + (f", as the baseline at {v['break_even']:.2g}" if v["break_even"] is not None else "")
