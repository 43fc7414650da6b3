"""The study's questions H1 to H5, answered from the summary in words: confirmed, refuted or open, with intervals."""

from __future__ import annotations

from typing import Any

import numpy as np

from openiads.errors import UsageError
from openiads.scenario.spec import Scenario
from openiads.studies.by_posture import BY_POSTURE
from openiads.studies.calendar.known import filling_band
from openiads.studies.calendar.rates import Rates, rates
from openiads.studies.compare import IDENTICAL
from openiads.studies.components import share_of_draws
from openiads.studies.exposure.signatures import DWELLS, growth
from openiads.studies.measure import class_and_band, emitting_share
from openiads.studies.metrics import Tables

Summary = dict[str, Any]
Cell = dict[str, Any]
_HOLDINGS = ("test-only", "standalone")  # that H4 compares
_NO_DIFFERENCE = 0.01  # of the largest area: neither site nor posture changes it, and a share of nothing says nothing


def hypotheses(summary: Summary) -> list[dict[str, str]]:
    """One entry per hypothesis that the scenario's postures can answer."""
    found = [_h1(summary), _h2(summary), _h3(summary), _h4(summary), _h5(summary)]
    return [h for h in found if h]


def _cell(summary: Summary, metric: str, posture: str) -> dict[str, Any]:
    cells: dict[str, dict[str, Any]] = summary["metrics"].get(metric, {}).get("postures", {})
    return cells.get(posture, {})


def span(cell: dict[str, Any], unit: str = "") -> str:
    """An estimate with its interval in words."""
    if cell.get("estimate") is None:
        return f"undefined ({cell.get('reason') or 'not run'})"
    if cell.get("kind") == BY_POSTURE:
        return f"{_number(cell['estimate'])} ({cell['reason']})"
    text = f"{_number(cell['estimate'])}{unit and ' ' + unit}"
    if cell.get("low") is None or cell.get("high") is None:
        return f"{text} (no interval: {cell.get('reason') or 'too few replications'})"
    return f"{text} [{_number(cell['low'])}, {_number(cell['high'])}]"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _sign(difference: dict[str, Any] | None) -> int | None:
    """Sign of a decided difference; None when its interval contains 0 or is missing."""
    if not difference or difference.get("low") is None or difference.get("high") is None:
        return None
    if difference["low"] > 0.0:
        return 1
    return -1 if difference["high"] < 0.0 else None


def _h1(summary: Summary) -> dict[str, str]:
    area, hours = _cell(summary, "D1.24h", "standalone"), _cell(summary, "C1.hours", "standalone")
    if not area or not hours:
        return {}
    lines, verdicts = [], []
    for posture in summary["metrics"]["D1.24h"]["postures"]:
        if posture == summary["baseline"]:
            continue
        a, c = _cell(summary, "D1.24h", posture)["difference"], _cell(summary, "C1.hours", posture)["difference"]
        lines.append(f"{posture}: area {_moved(a)}, track-hours {_moved(c)}")
        if _sign(c) == 1:
            verdicts.append({1: "refuted", -1: "confirmed", 0: "confirmed", None: "open"}[0 if _same(a) else _sign(a)])
    verdict = next((v for v in ("refuted", "open", "confirmed") if v in verdicts), "open")
    return {
        "id": "H1", "verdict": verdict,
        "statement": "Who collects more does not protect more: no way of holding it that sees more friendly and civil traffic "
        "than standalone defends more area below 100 m.",
        "text": f"standalone defends {span(area, 'km²')} below 100 m against the cruise-missile class "
        f"({span(_cell(summary, 'D1.share', 'standalone'), '%')} of the country) and holds "
        f"{span(hours, 'friendly and civil track-hours')} a day. Against standalone, " + "; ".join(lines)
        + ". The two have no common unit.",
    }  # fmt: skip


def _same(difference: dict[str, Any] | None) -> bool:
    """Equal in every replication."""
    return difference is not None and IDENTICAL in (difference.get("reason") or "")


def _moved(difference: dict[str, Any] | None) -> str:
    return "the same" if _same(difference) else _word(_sign(difference))


def _word(sign: int | None) -> str:
    return {1: "more", -1: "less", None: "undecided"}[sign]


def _h2(summary: Summary) -> dict[str, str]:
    feed = "one-way-in"
    last = _last(summary)
    f, d = _cell(summary, f"F1{last}", feed).get("difference"), _cell(summary, f"D3{last}", feed).get("difference")
    if not f or not d:
        return {}
    signs = _sign(f), _sign(d)
    identical = f.get("estimate") == 0.0 and f.get("low") is None
    verdict = "confirmed" if signs[0] == -1 else ("refuted" if signs[0] == 1 else "open")
    text = (
        f"one-way-in minus standalone: friendly losses per 1,000 transits {_change(f)}; leakers {_change(d)}. "
        + ("Losses are the same in every replication. " if identical else "")
        + f"Losses {_word(signs[0])}, leakers {_word(signs[1])}, each by its own interval."
    )
    return {
        "id": "H2", "verdict": verdict, "text": text,
        "statement": "Feeding the system the national picture cuts losses among friends (sign of F1's difference; D3 beside it).",
    }  # fmt: skip


def _change(difference: dict[str, Any]) -> str:
    """A difference in words."""
    if difference.get("estimate") is None:
        return f"undefined ({difference.get('reason')})"
    text = f"{difference['estimate']:+.3g}"
    if difference.get("low") is not None and difference.get("high") is not None:
        text += f" [{difference['low']:+.3g}, {difference['high']:+.3g}]"
    elif difference.get("reason"):
        text += f" ({difference['reason']})"
    if difference.get("needed"):
        text += f", about {difference['needed']:,} replications would decide it"
    return text


def _last(summary: Summary) -> str:
    """Suffix of the longest strategic warning."""
    return ".24h" if "F1.24h" in summary["metrics"] else ""


def _h3(summary: Summary) -> dict[str, str]:
    posture = "one-way-in"
    share = _cell(summary, "X.fed", posture)
    if not share or share.get("estimate") is None:
        return {}
    verdict = "open"
    if share.get("low") is not None and share["low"] > 0.5:
        verdict = "confirmed"
    elif share.get("high") is not None and share["high"] < 0.5:
        verdict = "refuted"
    fed = ", ".join(f"{m} {span(_cell(summary, m, posture))}" for m in ("X1.held", "X1.fed", "X2", "X2.fed"))
    return {
        "id": "H3", "verdict": verdict,
        "statement": "Most of what leaves one-way-in (X1 + X2) rests on fed tracks, not on its own sensors.",
        "text": f"the share that rests on fed tracks only, X2 given that the channel exists, is {span(share)} ({fed} track-hours a day).",
    }  # fmt: skip


def _h4(summary: Summary) -> dict[str, str]:
    known = summary.get("aspects_of_a_year", {})
    test, alone = (known.get(p, {}) for p in _HOLDINGS)
    if not test or not alone:
        return {}
    away = summary["modifiers"]["allied_pattern"] == "none"
    said = "; ".join(
        f"{name} in band {band}: test-only {span(test[key])}, standalone {span(alone[key])}"
        for key, (name, band) in ((key, class_and_band(key)) for key in alone if alone[key]["estimate"] is not None)
    )  # fmt: skip
    dwells = ", ".join(f"{p} {span(_cell(summary, 'C2', p))}" for p in _HOLDINGS)
    flights = (
        "allied aircraft stay away (allied_pattern = none), as the hypothesis has it" if away else
        f"allied flights are as the scenario has them (allied_pattern = {summary['modifiers']['allied_pattern']}); for the proviso, and so a "
        "verdict, the same study with --set allied_pattern=none"
    )  # fmt: skip
    return {
        "id": "H4", "verdict": _most_removed(test, alone) if away else "open",
        "statement": "Test-only removes most of the signature collection, provided allied aircraft stay out of the announced area.",
        "text": f"share of the aspects shown that is known after a year (C3), {said or 'none, since no flight shows any'}; signature dwells a day: {dwells}; {flights}.",
    }  # fmt: skip


def _most_removed(test: dict[str, Cell], alone: dict[str, Cell]) -> str:
    """Is less than half of what standalone knows known in each class and band, decided by the intervals."""
    seen = [key for key in alone if alone[key]["estimate"]]
    ends = [(test[k]["low"], test[k]["high"], alone[k]["low"], alone[k]["high"]) for k in seen]
    if not seen or any(x is None for four in ends for x in four):
        return "open"
    if all(high < 0.5 * least for _, high, least, _ in ends):
        return "confirmed"
    return "refuted" if any(low > 0.5 * most for low, _, _, most in ends) else "open"


def aspects_of_a_year(scenario: Scenario, tables: Tables) -> dict[str, dict[str, Cell]]:
    """C3 after a year by posture, class and band, of the postures that H4 compares; nothing where one of them was not run."""
    peace = tables.get("peace", {})
    if not peace or any(p not in peace["posture"] for p in _HOLDINGS):
        return {}
    try:
        found = {p: rates(scenario, tables, p) for p in _HOLDINGS}
    except UsageError:  # no day of which every window was run
        return {}
    return {
        p: {k: _after_a_year(found[p], k, emitting_share(scenario, p)) for k in sorted(found[p].counts)}
        for p in _HOLDINGS
    }


def _after_a_year(found: Rates, key: str, share: float) -> Cell:
    grown = growth(found, key, share, DWELLS, (365,))
    band = filling_band(grown)
    low, high = (None, None) if band is None else (float(band[0][0]), float(band[1][0]))
    if not grown.shown:
        return {"estimate": None, "low": None, "high": None, "reason": "no flight shows any aspect"}
    return {"estimate": float(grown.share[0]), "low": low, "high": high, "reason": None}


def _h5(summary: Summary) -> dict[str, str]:
    spread = summary["site_spread"]
    if spread is None:
        return {}
    verdict = "open"
    if spread["low"] is not None:
        verdict = "confirmed" if spread["low"] > 0.5 else ("refuted" if spread["high"] < 0.5 else "open")
    return {
        "id": "H5", "verdict": verdict,
        "statement": "Where within its region the system stands explains more of the defended area below 100 m than how it is held.",
        "text": f"the draw of the site explains a share of {span(spread)} of the variance of D1 between sites and postures (a "
        "two-way table, 24 h of warning; jackknife over sites). Regions are compared by a second study with "
        "--set site=south-coast.",
    }  # fmt: skip


def site_spread(tables: Tables) -> dict[str, Any] | None:
    """Share of the variance of D1 that the site explains, over a table of postures by replications, each with a site of its own."""
    area = tables.get("area", {})
    if not area:
        return None
    keep = area["warning_s"] == area["warning_s"].max()
    postures, replications = np.unique(area["posture"][keep]), np.unique(area["replication"][keep])
    if len(postures) < 2:
        return None
    grid = np.full((len(postures), len(replications)), np.nan)
    rows = np.searchsorted(postures, area["posture"][keep]), np.searchsorted(replications, area["replication"][keep])
    grid[rows] = area["area_100"][keep]
    if np.isnan(grid).any() or np.ptp(grid) <= _NO_DIFFERENCE * grid.max():
        return None
    return share_of_draws(grid)._asdict()
