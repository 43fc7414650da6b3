"""The study's questions H1 to H5, answered from the summary in words: confirmed, refuted or open, with intervals."""

from __future__ import annotations

from typing import Any

import numpy as np

from openiads.studies.metrics import Tables

Summary = dict[str, Any]


def hypotheses(summary: Summary, tables: Tables) -> list[dict[str, str]]:
    """One entry per hypothesis that the scenario's postures can answer."""
    found = [_h1(summary), _h2(summary), _h3(summary), _h4(summary), _h5(summary, tables)]
    return [h for h in found if h]


def _cell(summary: Summary, metric: str, posture: str) -> dict[str, Any]:
    cells: dict[str, dict[str, Any]] = summary["metrics"].get(metric, {}).get("postures", {})
    return cells.get(posture, {})


def span(cell: dict[str, Any], unit: str = "") -> str:
    """An estimate with its interval in words."""
    if cell.get("estimate") is None:
        return f"undefined ({cell.get('reason') or 'not run'})"
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
    share = _cell(summary, "D1.share", "standalone")
    if not area or not hours:
        return {}
    lines = [
        f"standalone defends {span(area, 'km²')} below 100 m against the cruise-missile class ({span(share, '%')} of the "
        f"country) and holds {span(hours, 'friendly and civil track-hours')} a day"
    ]
    unlike = []
    for posture in summary["metrics"]["D1.24h"]["postures"]:
        a = _sign(_cell(summary, "D1.24h", posture).get("difference"))
        c = _sign(_cell(summary, "C1.hours", posture).get("difference"))
        if posture != summary["baseline"] and (a is not None or c is not None):
            unlike.append(f"{posture}: area {_word(a)}, track-hours {_word(c)}")
    if unlike:
        lines.append("against standalone, " + "; ".join(unlike))
    low, high = share.get("low"), share.get("high")
    if low is None or high is None or hours.get("low") is None:
        verdict = "open"
    else:
        verdict = "confirmed" if high < 3.0 and hours["low"] > 0.0 else ("refuted" if low > 3.0 else "open")
    return {
        "id": "H1", "verdict": verdict, "text": ". ".join(lines) + ". The two have no common unit.",
        "statement": "Standalone defends at most of the order of 1 % of the country below 100 m (under 3 %) and sees much friendly traffic.",
    }  # fmt: skip


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
    cells = [_cell(summary, m, posture) for m in ("X1.sent", "X1.held", "X1.fed", "X2", "X2.fed")]
    if any(not c or c.get("estimate") is None for c in cells):
        return {}
    sent, held, fed, hidden, hidden_fed = (c["estimate"] for c in cells)
    total = sent + held + hidden
    if total <= 0.0:
        return {}
    share = (fed + hidden_fed) / total
    verdict = "open"
    limits = [cells[2].get("low"), cells[2].get("high"), cells[1].get("low"), cells[1].get("high")]
    if all(isinstance(x, float) for x in limits):
        fed_low, fed_high, held_low, held_high = (float(x) for x in limits if x is not None)
        if fed_low > 0.5 * held_high:
            verdict = "confirmed"
        elif fed_high < 0.5 * held_low:
            verdict = "refuted"
    return {
        "id": "H3", "verdict": verdict,
        "statement": "Most of what leaves one-way-in (X1 + X2) rests on fed tracks, not on its own sensors.",
        "text": f"of {_number(total)} track-hours a day in X1 and in X2 given the channel, {100.0 * share:.0f} % rest on fed "
        f"tracks (X1.fed {span(cells[2])}, X1.held {span(cells[1])}, X2.fed {span(cells[4])}, X2 {span(cells[3])}).",
    }  # fmt: skip


def _h4(summary: Summary) -> dict[str, str]:
    test, alone = _cell(summary, "C2", "test-only"), _cell(summary, "C2", "standalone")
    if not test or not alone:
        return {}
    return {
        "id": "H4", "verdict": "open",
        "statement": "Test-only removes most of the signature collection, provided allied aircraft stay out of the announced area.",
        "text": f"signature dwells a day: test-only {span(test)}, standalone {span(alone)}, with the scenario's flight pattern. "
        "How the database fills over months (C3) comes with the calendar; until then this stays open.",
    }  # fmt: skip


def _h5(summary: Summary, tables: Tables) -> dict[str, str]:
    area = tables.get("area", {})
    if not area or summary["site_spread"] is None:
        return {}
    by_site, by_posture = summary["site_spread"]
    if by_site + by_posture <= 0.0:
        return {}
    share = by_site / (by_site + by_posture)
    return {
        "id": "H5", "verdict": "open",
        "statement": "Where the system stands explains more of the defended area below 100 m than how it is held.",
        "text": f"within this region, the draw of the site explains {100.0 * share:.0f} % and the posture {100.0 * (1 - share):.0f} % "
        "of the variance of D1 over both (a two-way table, 24 h of warning). Between regions it is decided by running the "
        "study with --set site=south-coast and comparing.",
    }  # fmt: skip


def site_spread(tables: Tables) -> tuple[float, float] | None:
    """Variance of D1 between sites and between postures: a two-way table of replications by postures, no interaction."""
    area = tables.get("area", {})
    if not area:
        return None
    keep = area["warning_s"] == area["warning_s"].max()
    postures, replications = np.unique(area["posture"][keep]), np.unique(area["replication"][keep])
    if len(replications) < 2:
        return None
    grid = np.full((len(postures), len(replications)), np.nan)
    rows = np.searchsorted(postures, area["posture"][keep]), np.searchsorted(replications, area["replication"][keep])
    grid[rows] = area["area_100"][keep]
    if np.isnan(grid).any():
        return None
    return float(grid.mean(axis=0).var()), float(grid.mean(axis=1).var())
