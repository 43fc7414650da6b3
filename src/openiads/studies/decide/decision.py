"""A decision from a folder: a study's or a parameter box's metrics against limits, as a dict that can be printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from openiads.errors import RecordError, UsageError
from openiads.record import read_tables
from openiads.scenario import words
from openiads.studies.decide.judge import (
    Concession,
    Judgement,
    concession,
    judgements,
    over_draws,
    smallest,
    verdict,
)
from openiads.studies.decide.limits import Limit, Limits, require


def decide(folder: str | Path, limits: Limits, postures: list[str] | None = None) -> dict[str, Any]:
    """Per actor the postures that it accepts, what all accept, the smallest concession, and over the draws if there are any."""
    source = Path(folder)
    summary = _summary(source)
    metrics = summary["metrics"]
    require(limits, metrics, summary.get("left_out"), summary["scenario"])
    known = list(next(iter(metrics.values()))["postures"])
    chosen = list(dict.fromkeys(postures or known))
    for name in chosen:
        if name not in known:
            raise UsageError(words.unknown("posture", name, known))
    found = {p: judgements(limits, metrics, p) for p in chosen}
    every = [c for p, js in found.items() if (c := concession(p, js)) is not None]
    least = smallest(every)
    return {
        "scenario": summary["scenario"], "kind": summary.get("kind", "study"), "limits": limits.title,
        "digest": summary["digest"], "complete": summary["complete"],
        "units": {x.metric: metrics[x.metric]["unit"] for a in limits.actor for x in a.limits},
        "actors": [
            {
                "name": a.name, "title": a.title, "limits": [_limit(x) for x in a.limits],
                "postures": {p: _answer([j for j in js if j.actor == a.name]) for p, js in found.items()},
            }
            for a in limits.actor
        ],
        "all": {p: {"verdict": verdict(js), "inside": all(j.inside for j in js)} for p, js in found.items()},
        "concessions": [_concession(c) for c in sorted(every, key=lambda c: c.size)],
        "smallest": None if least is None or not least.moves else _concession(least),
        "draws": _draws(source, summary, limits, known, chosen, least),
    }  # fmt: skip


def _summary(folder: Path) -> dict[str, Any]:
    """summary.json of a study or a parameter box."""
    try:
        read = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        if not (read["metrics"] and {"scenario", "digest", "complete"} <= set(read)):
            raise ValueError("nothing to decide on")
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = getattr(error, "strerror", None) or "not what was expected"
        raise RecordError(
            f"'{folder}' holds no readable summary.json ({why}); name a folder that openiads study or openiads robustness wrote"
        ) from None
    return dict(read)


def _limit(x: Limit) -> dict[str, Any]:
    return {"metric": x.metric, "bound": "least" if x.most is None else "most", "value": x.bound}


def _answer(found: list[Judgement]) -> dict[str, Any]:
    """What an actor says of a posture, and every bound that speaks against it or is not decided."""
    return {
        "verdict": verdict(found),
        "inside": all(j.inside for j in found),
        "bounds": [
            {
                **_limit(j.limit), **{k: j.cell[k] for k in ("estimate", "low", "high", "reason")},
                "unlimited": list(j.cell.get("unlimited", ())),
                "kind": j.cell.get("kind"), "inside": j.inside, "decided": j.decided,
            }
            for j in found
        ],
    }  # fmt: skip


def _concession(c: Concession) -> dict[str, Any]:
    moves = [
        {"actor": m.actor, **_limit(m.limit), "to": m.to, "by": abs(m.to - m.limit.bound),
         "share": m.share if np.isfinite(m.share) else None}
        for m in c.moves
    ]  # fmt: skip
    return {"posture": c.posture, "moves": moves}


def _draws(folder: Path, summary: dict[str, Any], limits: Limits, known: list[str], chosen: list[str],
           made: Concession | None) -> dict[str, Any] | None:  # fmt: skip
    """Shares over the draws of a parameter box; None for a study."""
    if summary.get("kind") != "robustness":
        return None
    values = read_tables(folder / "results", {"values"}).get("values")
    if values is None:
        raise RecordError(f"'{folder}' lacks results/values.parquet, its draws; run openiads robustness again")
    keep = [known.index(p) for p in chosen]
    names = {x.metric for a in limits.actor for x in a.limits}
    columns = {name: values[name].reshape(-1, len(known))[:, keep] for name in sorted(names)}
    return over_draws(limits, columns, chosen, made)
