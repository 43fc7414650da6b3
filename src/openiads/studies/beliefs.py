"""Postures with and without a compromise that may exist: what it would change, and that weighted by the belief in it."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping
from typing import Any

from openiads.errors import UsageError
from openiads.scenario import words
from openiads.scenario.compromises import compromised
from openiads.scenario.load import parse
from openiads.scenario.spec import Scenario
from openiads.studies.compare import BreakEven, break_even
from openiads.studies.metrics import Metric, Tables
from openiads.studies.statistics import Floats

Shown = Mapping[str, Any]
Samples = tuple[list[Floats], list[float]] | None


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


def beliefs(scenario: Scenario, tables: Tables, metrics: list[Metric], shown: Shown,
            postures: tuple[str, ...]) -> list[dict[str, Any]]:  # fmt: skip
    """For each posture that has a twin with a compromise: every metric without it, with it, and weighted by the belief.

    What a reader expects who believes in it with p is without + p (with - without), metric by metric; shown: the cells of the
    decision table by metric and posture.
    """
    rows = []
    for name in postures:
        plain, c = without(scenario, name, postures), compromised(scenario, name)
        if plain is None or c is None:
            continue
        cells = {m.id: _cell(m, tables, shown, name, plain, c.p_exists) for m in metrics}
        rows.append({
            "posture": name, "without": plain, "compromise": c.name, "title": c.title, "of": c.of, "effect": c.effect,
            "p_exists": c.p_exists, "metrics": {k: v for k, v in cells.items() if v},
        })  # fmt: skip
    return rows


def sides(scenario: Scenario, tables: Tables, metrics: list[Metric], shown: Shown,
          postures: tuple[str, ...]) -> list[dict[str, Any]]:  # fmt: skip
    """For each compromise, metric and pair of postures the belief at which both come to the same, and who has less beside it.

    A posture without a twin is taken as one that the compromise leaves as it is. Metrics that it changes in neither are left out.
    """
    plain = [p for p in postures if compromised(scenario, p) is None]
    rows = []
    for c in scenario.compromises:
        twins = {
            plain_one: p for p in postures
            if compromised(scenario, p) is c and (plain_one := without(scenario, p, postures)) is not None
        }  # fmt: skip
        pairs = [(a, b) for a, b in itertools.combinations(plain, 2) if a in twins or b in twins]
        for m in metrics:
            if m.how == "exact":
                continue
            samples = {p: m.samples(tables, p) for p in {*plain, *twins.values()}} if pairs else {}
            estimates = {p: shown[m.id]["postures"][p]["estimate"] for p in samples}
            for a, b in pairs:
                four = a, twins.get(a, a), b, twins.get(b, b)
                found = _side([estimates[p] for p in four], [samples[p] for p in four], m.unit_of_samples)
                if found is not None:
                    less = {"first": a, "second": b, None: None}
                    rows.append({
                        "compromise": c.name, "metric": m.id, "a": a, "b": b, **found._asdict(),
                        "less_below": less[found.less_below], "less_above": less[found.less_above],
                    })  # fmt: skip
    return rows


def _side(estimates: list[float | None], samples: list[Samples], unit: str) -> BreakEven | None:
    """One pair, from (first, first with it, second, second with it); None where the belief weighs nothing or one is undefined."""
    values = [x for x in estimates if x is not None]
    if len(values) < 4 or (values[0] == values[1] and values[2] == values[3]):
        return None
    parts = [x for x in samples if x is not None]
    if len(parts) == 4:
        first, first_with, second, second_with = (x for x, _ in parts)
        return break_even((first, _more(first, first_with)), (second, _more(second, second_with)), parts[0][1], unit)
    a, a_with, b, b_with = values
    found = break_even(([a], [a_with - a]), ([b], [b_with - b]))
    return (
        found
        if found.belief is None
        else found._replace(reason="no interval: it is no mean, or over too few replications")
    )


def _more(plain: list[Floats], with_it: list[Floats]) -> list[Floats]:
    return [y - x for x, y in zip(plain, with_it, strict=True)]


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


def _cell(m: Metric, tables: Tables, shown: Shown, with_it: str, plain: str, p: float) -> dict[str, Any] | None:
    """One metric; None where it is exact or undefined."""
    change = m.difference(tables, with_it, plain)
    before, after = (shown[m.id]["postures"][x]["estimate"] for x in (plain, with_it))
    if change is None or change.estimate is None or before is None or after is None:
        return None
    return {
        "without": before, "with": after, "weighted": before + p * (after - before), "difference": change._asdict(),
        "weighted_difference": [None if x is None else p * x for x in (change.estimate, change.low, change.high)],
    }  # fmt: skip


def lines(summary: dict[str, Any]) -> list[str]:
    """What each compromise changes, for whom the change is decided."""
    out = []
    base = summary["baseline"]
    even = {(x["compromise"], x["metric"], x["a"], x["b"]): x for x in summary["compromise_sides"]}
    for row in summary["compromises"]:

        def against(metric: str, c: str = row["compromise"], plain: str = row["without"]) -> dict[str, Any] | None:
            return even.get((c, metric, plain, base)) or even.get((c, metric, base, plain))

        decided = {
            k: v for k, v in row["metrics"].items()
            if v["difference"]["low"] is not None and (v["difference"]["low"] > 0.0 or v["difference"]["high"] < 0.0)
        }  # fmt: skip
        out.append(
            f"{row['without']}, if {row['of']} is compromised ({row['title']}; belief {row['p_exists']:g}): "
            + ("; ".join(_words(k, v, against(k)) for k, v in decided.items()) if decided else _undecided(row))
        )
    return out


def _undecided(row: dict[str, Any]) -> str:
    if all(v["without"] == v["with"] and v["difference"]["estimate"] == 0.0 for v in row["metrics"].values()):
        return "it changes nothing in any replication"
    return "nothing that these replications decide"


def _words(metric: str, v: dict[str, Any], even: dict[str, Any] | None) -> str:
    d = v["difference"]
    text = f"{metric} {v['without']:.3g} becomes {v['with']:.3g} (change [{d['low']:.3g}, {d['high']:.3g}]), {v['weighted']:.3g} by belief"
    if even is None or even["belief"] is None:
        return text
    span = "" if even["low"] is None or even["high"] is None else f" [{even['low']:.2g}, {even['high']:.2g}]"
    return f"{text}, as much as the baseline at a belief of {even['belief']:.2g}{span}"
