"""What summary.json says of a parameter box: metrics over the draws, Pareto shares, ranks, regrets, drivers, beliefs."""

from __future__ import annotations

from typing import Any

import numpy as np

from openiads.scenario.box import Input
from openiads.studies.metrics import Metric, Tables, left_out
from openiads.studies.replicate import Design
from openiads.studies.robustness.drivers import drivers
from openiads.studies.robustness.rank import non_dominated, non_dominated_decided, ranks, regret, turned
from openiads.studies.statistics import TESTED_N, Estimate, Floats, mean_t, proportion
from openiads.studies.study import finite

SPAN = (0.025, 0.5, 0.975)  # of the draws: the range that is printed, and its middle


def summarise(design: Design, baseline: str, inputs: list[Input], lines: list[Metric], compared: list[str],
              tables: Tables, about: dict[str, Any]) -> dict[str, Any]:  # fmt: skip
    """The content of summary.json; `about` says how it was run."""
    postures, scenario = list(design.postures), design.scenario
    values = {m.id: _column(tables, m.id, len(postures)) for m in lines}
    cube = np.stack([values[name] for name in compared], axis=-1)  # [D, P, M]
    better = [str(next(m.better for m in lines if m.id == name)) for name in compared]
    peace = [scenario.vignettes[v] for v in design.vignettes if scenario.vignettes[v].kind == "peace"]
    raids = design.replications if len(peace) < len(design.vignettes) else 0
    windows = sum(len(design.strata(v)) for v in peace) * design.days
    placed = ranks(turned(cube, better))
    lost = regret(turned(cube, better))
    flags = _flags(tables, compared, postures, len(cube))
    return {
        "kind": "robustness", **about, "scenario": scenario.name, "baseline": baseline, "postures": postures,
        "vignettes": list(design.vignettes), "replications": raids, "windows": windows, "compared": compared,
        "inputs": [_input(x) for x in inputs],
        "left_out": left_out(scenario, design.vignettes),
        "metrics": {m.id: _metric(m, values[m.id], postures, baseline) for m in lines},
        "pareto": _pareto(turned(cube, better), flags, postures, raids, windows),
        "decisions": _decisions(cube, compared, flags),
        "ranks": {name: _ranks(placed[..., m], postures) for m, name in enumerate(compared)},
        "regret": {name: _regret(lost[..., m], postures) for m, name in enumerate(compared)},
        "drivers": _drivers(values, compared, postures, baseline, inputs, tables, about["seed"]),
        "beliefs": _beliefs(tables),
    }  # fmt: skip


def _column(tables: Tables, name: str, postures: int) -> Floats:
    """One metric [draws, postures]; rows come draw by draw, postures in the order of the design."""
    return tables["values"][name].reshape(-1, postures)


def _input(x: Input) -> dict[str, Any]:
    return {
        "name": x.name, "keys": list(x.keys), "scale": x.scale, "low": x.low, "high": x.high,
        "choices": list(x.choices), "source": x.source, "grade": x.grade,
    }  # fmt: skip


def _metric(m: Metric, column: Floats, postures: list[str], baseline: str) -> dict[str, Any]:
    """A line of the decision table over the box: middle and 95 % range over the draws, and of the difference."""
    base = column[:, postures.index(baseline)]
    cells = {}
    for p, name in enumerate(postures):
        change = None if name == baseline else finite(spread(differences(column[:, p], base)))
        cells[name] = {**finite(spread(column[:, p])), "difference": change}
    return {
        "title": m.title, "unit": m.unit, "kind": "box", "vignette": m.vignette, "definition": m.definition,
        "better": m.better, "group": m.group, "postures": cells,
    }  # fmt: skip


def differences(x: Floats, y: Floats) -> Floats:
    """x - y; 0 where both are the same, also without limit."""
    with np.errstate(invalid="ignore"):
        return np.where(x == y, 0.0, x - y)


def spread(x: Floats) -> dict[str, Any]:
    """Median and the range that holds 95 % of the draws in which x [draws] is defined; infinite where nothing bounds it."""
    kept = x[~np.isnan(x)]
    if len(kept) == 0:
        return {"estimate": None, "low": None, "high": None, "n": 0, "reason": "undefined in every draw"}
    endless = int(np.isinf(kept).sum())
    how: Any = "higher" if endless else "linear"  # half way to infinity there is nothing
    low, middle, high = (float(q) for q in np.quantile(kept, SPAN, method=how))
    why = [f"undefined in {len(x) - len(kept)} of {len(x)} draws"] if len(kept) < len(x) else []
    why += [f"no limit in {endless} of {len(x)} draws"] if endless else []
    return {"estimate": middle, "low": low, "high": high, "n": len(kept), "reason": "; ".join(why) or None}


def _pareto(cube: Floats, flags: np.ndarray, postures: list[str], raids: int, windows: int) -> dict[str, Any]:
    """Share of draws in which each posture is non-dominated: by the values, and where only decided differences count."""
    by_value, rest = non_dominated(cube), non_dominated(cube, leave_out=True)
    decided, reason = None, None
    few = [what for what, n in (("raids", raids), ("windows of peace", windows)) if 0 < n < TESTED_N]
    if few:
        reason = f"fewer than {TESTED_N} {' and '.join(few)} a draw: their differences have no interval, so this share is not stated"
    else:
        decided = non_dominated_decided(flags)
    found = {}
    for p, name in enumerate(postures):
        share = proportion(int(by_value[:, p].sum()), len(cube))._asdict()
        sure = None if decided is None else proportion(int(decided[:, p].sum()), len(cube))._asdict()
        # draws in which no other beats it, but for a metric that is undefined in one of them
        spared = int((by_value[:, p] & ~rest[:, p]).sum())
        found[name] = {"share": share, "spared": spared, "decided": sure, "reason": reason}
    return found


def _flags(tables: Tables, compared: list[str], postures: list[str], draws: int) -> np.ndarray:
    """bool[D, P, P, M]: the first posture is decidedly better than the second."""
    flags = np.zeros((draws, len(postures), len(postures), len(compared)), bool)
    rows = tables.get("decided")
    if rows:
        for d, a, b, m in zip(rows["draw"], rows["better"], rows["worse"], rows["metric"], strict=True):
            flags[int(d), postures.index(a), postures.index(b), compared.index(m)] = True
    return flags


def _ranks(placed: Floats, postures: list[str]) -> dict[str, list[float]]:
    """Per posture the share of draws in which it has rank 1, 2, …; what lacks to 1 is undefined."""
    every = np.arange(1, len(postures) + 1)
    return {name: [float((placed[:, p] == r).mean()) for r in every] for p, name in enumerate(postures)}


def _regret(lost: Floats, postures: list[str]) -> dict[str, dict[str, Any]]:
    """Per posture the mean regret over the draws with its interval, and the largest."""
    found = {}
    for p, name in enumerate(postures):
        kept = lost[:, p][~np.isnan(lost[:, p])]
        if endless := int(np.isinf(kept).sum()):
            mean = Estimate(np.inf, None, None, len(kept), f"no limit in {endless} of {len(lost)} draws")
        else:
            mean = mean_t(lost[:, p])
        low = None if mean.low is None else max(0.0, mean.low)
        most = float(kept.max()) if len(kept) else None
        found[name] = finite({**mean._replace(low=low)._asdict(), "most": most})
    return found


def _decisions(cube: Floats, compared: list[str], flags: np.ndarray) -> dict[str, dict[str, int]]:
    """Per metric how many pairs of postures there are over the draws, in how many one is decidedly better, and undefined."""
    draws, count, _ = cube.shape
    first, second = np.triu_indices(count, 1)
    missing = np.isnan(cube)
    return {
        name: {
            "pairs": draws * len(first), "decided": int(flags[..., m].sum()),
            "undefined": int((missing[:, first, m] | missing[:, second, m]).sum()),
        }
        for m, name in enumerate(compared)
    }  # fmt: skip


def _drivers(values: dict[str, Floats], compared: list[str], postures: list[str], baseline: str,
             inputs: list[Input], tables: Tables, seed: int) -> dict[str, Any]:  # fmt: skip
    """Per metric and posture which inputs drive the difference to the baseline."""
    base = postures.index(baseline)
    found: dict[str, Any] = {}
    for name in compared:
        found[name] = {}
        for p, posture in enumerate(postures):
            if p != base:
                change = differences(values[name][:, p], values[name][:, base])
                one = drivers(inputs, tables["inputs"], change, seed)
                found[name][posture] = {**one._asdict(), "found": [d._asdict() for d in one.found]}
    return found


def _beliefs(tables: Tables) -> list[dict[str, Any]]:
    """Per pair of postures how often a belief in the undeclared channel changes sides, and at which."""
    rows = tables.get("beliefs")
    if not rows:
        return []
    found = []
    for a, b in dict.fromkeys(zip(rows["a"].tolist(), rows["b"].tolist(), strict=True)):
        here = (rows["a"] == a) & (rows["b"] == b)
        p, below, above = rows["p"][here], rows["less_below"][here], rows["less_above"][here]
        never = np.isnan(p)
        changes = proportion(int((~never).sum()), len(p))._asdict()
        always = {name: float((never & (below == name) & (above == name)).mean()) for name in (a, b)}
        found.append({"a": a, "b": b, **spread(p), "changes": changes, "less_always": always})
    return found
