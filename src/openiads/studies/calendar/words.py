"""The calendar in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from openiads.studies.measure import class_and_band
from openiads.studies.statistics import TESTED_N
from openiads.studies.table import number

_UNITS = {
    "interval": (3600.0, " h"),
    "visit": (3600.0, " h"),
    "warning": (3600.0, " h"),
    "notice_tail": (86400.0, " days"),
}


def print_calendars(said: list[dict[str, Any]]) -> None:
    """One path: all of it; several: one line a path, then what each says."""
    from rich.console import Console

    console = Console()
    if len(said) > 1:
        _compare(console, said)
        return
    s = said[0]
    known = f", as known on {s['as_of']}" if s["as_of"] else ""
    _say(console, f"{s['title']} ({s['path']}), {s['scenario']}, site {s['site']}, {s['start']} to {s['end']}{known}; "
                  f"rates from {s['replications']} windows of each stratum; "
                  + ("95 % intervals over them" if s["replications"] >= TESTED_N else f"fewer than {TESTED_N}: no intervals"))  # fmt: skip
    _events(console, s)
    _dates(console, s)
    _sums(console, s)
    _rest(console, s)


def _say(console: Any, text: str) -> None:
    console.print(text, markup=False, highlight=False)


def _table(title: str, *columns: str) -> Any:
    from rich.table import Table

    table = Table(title=title, title_justify="left", header_style="bold")
    for i, name in enumerate(columns):
        table.add_column(name, justify="left" if i == 0 or name in ("what", "source", "why") else "right")
    return table


def _row(table: Any, *cells: object) -> None:
    table.add_row(*(str(c).replace("[", "\\[") for c in cells))


def _events(console: Any, s: dict[str, Any]) -> None:
    """Steps and events by day."""
    table = _table("What happens", "date", "what", "source")
    rows = [(x["date"], "", x["text"], x["source"], x["grade"]) for x in s["steps"]]
    rows += [(e["date"], "" if e["earliest"] == e["latest"] else f" ({e['earliest']} to {e['latest']})", e["title"], e["source"], e["grade"])
             for e in s["events"]]  # fmt: skip
    for day, band, text, source, grade in sorted(rows, key=lambda r: r[0]):
        _row(table, day, text + band, f"{source} ({grade})")
    console.print(table)


def _dates(console: Any, s: dict[str, Any]) -> None:
    """Days to 50 and 90 %, and thresholds."""
    lag = ("by the lags of events",) if "lag" in s["defended"] else ()
    table = _table("When", "what", "date", "95 %", *lag, "why")
    for name, f in s["filling"].items():
        for level, r in f["reached"].items():
            days = f", {r['days']} days after the first dwells" if r["days"] else ""
            _row(
                table,
                f"C3 {float(level):.0%} of the aspects of {_spoken(name)}{days}",
                r["date"] or "never",
                _between(r),
                *(_lag(r) for _ in lag),
                r["reason"] or "",
            )
    for x in s["limits"]:
        _row(table, f"{x['metric']} reaches {number(x['value'])}", x["date"] or "never", _between(x), *(_lag(x) for _ in lag),
             x["reason"] or "")  # fmt: skip
    d = s["defended"]
    _row(
        table,
        f"ready within {d['warning_h']:g} h of warning",
        d["first"] or "never",
        "",
        *(f"{_lag(d)} days" if _lag(d) else "" for _ in lag),
        f"{d['days']:.0f} of {d['of']} days",
    )
    console.print(table)


def _spoken(key: str) -> str:
    name, band = class_and_band(key)
    return f"{name} in band {band}"


def _lag(cell: dict[str, Any]) -> str:
    """A sum or date over the lags of events; nothing where they do not matter."""
    a, b = (str(x or "never") if "date" in cell else number(x) for x in cell["lag"])
    return "" if a == b else f"{a} to {b}"


def _between(r: dict[str, Any]) -> str:
    if r["earliest"] is None and r["latest"] is None:
        return ""
    return f"{r['earliest'] or '-'} to {r['latest'] or 'later'}"


def _sums(console: Any, s: dict[str, Any]) -> None:
    """What has come together by the end."""
    lag = ("by the lags of events",) if "lag" in s["defended"] else ()
    table = _table(f"By {s['end']}", "what", "sum", "95 %", "band of an input", *lag)
    for name, m in s["metrics"].items():
        band = (
            "traffic " + _pair(m["traffic"])
            if "traffic" in m
            else "time to notice " + _pair(m["notice"])
            if "notice" in m
            else ""
        )
        _row(
            table,
            f"{name} {m['title']} [{m['unit']}]",
            number(m["estimate"]),
            _pair([m["low"], m["high"]]),
            band if m["estimate"] else "",
            *(_lag(m) for _ in lag),
        )
    for name, f in s["filling"].items():
        _row(table, f"C3 {_spoken(name)}: share of {f['cells_shown']:.0f} cells shown ({f['seen_in_windows']:.0%} seen in any window)",
             f"{f['share']:.1%}", "" if f["low"] is None else f"{f['low']:.1%} to {f['high']:.1%}", "", *(_lag(f) for _ in lag))  # fmt: skip
    console.print(table)


def _pair(two: list[float | None]) -> str:
    return "" if two[0] is None else f"{number(two[0])} to {number(two[1])}"


def _interval(d: dict[str, Any]) -> str:
    return "" if d["low"] is None else f" [{_pair([d['low'], d['high']])}]"


def _money(usd: float) -> str:
    """Dollars as they are said."""
    for size, word in ((1e9, "bn"), (1e6, "m")):
        if usd >= size:
            return f"{usd / size:.3g} {word} USD"
    return f"{usd:.3g} USD"


def _rest(console: Any, s: dict[str, Any]) -> None:
    """Verification, readiness, feed, money."""
    for v in s["verification"]:
        if v["inspections"] or v["monitor"]:
            _say(console, f"I1 from {v['since']}: {v['inspections']:g} inspections a year see {v['interval_h']:g} h of undeclared "
                 f"emission with {v['by_chance']:.1%} (evenly spaced {v['on_schedule']:.1%}), monitoring with {v['from_afar']:.1%}, "
                 f"one of both with {v['random_and_afar']:.1%}")  # fmt: skip
    for name in ("X4.channel", "X4.compromise"):
        if s["metrics"][name]["spread"]:
            _say(console, _noticed(name, s["metrics"][name]["spread"]))
    for line in _ranges(s["ranges"]):
        _say(console, line)
    for r in s["D5"]:
        _say(
            console,
            f"D5 {r['posture']}: {number(r['estimate'])} h to ready [{number(r['low'])} to {number(r['high'])}] ({r['source']}, {r['grade']})",
        )
    for d in s["D6"]:
        _say(
            console,
            f"D6 {d['posture']} minus {d['baseline']}, {d['metric']}: {number(d['estimate'])} {d['unit']} [{_pair([d['low'], d['high']])}]",
        )
    if not s["D6"]:
        _say(console, "D6: not said; the folder of a study with raids gives it")
    k = s["K1"]
    spent = "".join(f"; {i['what']}: {_money(i['usd'])} ({i['source']})" for i in k["items"])
    _say(console, f"K1 sunk {_money(k['sunk_usd'])}; further {_money(k['further_usd'])}{spent}")
    for metric, p in k["per"].items():
        said = []
        if p["estimate"] is not None:
            ends = "" if p["low"] is None else f" [{_money(p['low'])} to {_money(p['high']) if p['high'] else 'any'}]"
            said = [
                f"{_money(p['estimate'])}{ends} {p['unit']}, {p['metric']} from {p['from']} to {p['to']}, raids with {k['raids']}"
            ]
        _say(console, f"K1 per change of {metric}: {'; '.join([*said, *([p['reason']] if p['reason'] else [])])}")
    if s["later"]:
        names = ", ".join(dict.fromkeys(x["source"] for x in s["later"]))
        _say(console, f"{len({x['number'] for x in s['later']})} numbers of the scenario rest on what appeared after {s['as_of']} ({names}); it states no earlier "
                      "ones, so they hold")  # fmt: skip
    t = s["traffic"]
    _say(
        console,
        f"Traffic {t['least']:.2f} to {t['most']:.2f} of September 2019; {t['sourced_days']} of {t['days']} days have a published figure",
    )


def _noticed(name: str, x: dict[str, Any]) -> str:
    """How far apart the time to notice draws a loss."""
    days, lost = ([number(v) for v in x[key]] for key in ("days", "lost"))
    if name == "X4.channel":
        begins = "given that the channel exists"
    else:
        begins = f"one begins within the calendar with {x['chance']:.1%}; if so"
    return (f"{name}: {begins}, it is noticed within {days[1]} days in half of the cases ({days[0]} to {days[2]} in nine of ten), "
            f"and {lost[1]} track h ({lost[0]} to {lost[2]}) are lost within the calendar")  # fmt: skip


def _ranges(rows: list[dict[str, Any]]) -> Iterator[str]:
    """What an assumption moves, one line each."""
    for name, group in groupby(rows, key=lambda r: r["assumption"]):
        found = [r for r in group if r["from"] != r["to"]]
        if found:
            scale, unit = _UNITS.get(name, (1.0, ""))
            ends = f"{number(found[0]['low'] / scale)} to {number(found[0]['high'] / scale)}{unit}"
            moved = ", ".join(f"{r['metric']} {number(r['from'])} to {number(r['to'])}" for r in found)
            yield f"{name} = {number(found[0]['value'] / scale)}{unit} is supposed; from {ends}: {moved}"


def _compare(console: Any, said: list[dict[str, Any]]) -> None:
    """Several paths side by side: sums at the end of each, then dates."""
    sums = _narrow("Track-hours by the end of each path", "path", "end", "C1", "X1", "X2", "X4", "ready", "bn USD")
    for s in said:
        m, d = s["metrics"], s["defended"]
        _row(sums, s["path"], s["end"], *(number(m[x]["estimate"]) for x in ("C1", "X1", "X2", "X4.channel")),
             f"{d['days']:.0f}/{d['of']} d", f"{s['K1']['further_usd'] / 1e9:.3g}")  # fmt: skip
    wanted = sorted({name for s in said for name in s["filling"]})
    limits = [f"{x['metric']} = {number(x['value'])}" for x in said[0]["limits"]]
    dates = _narrow("Dates", "path", *(" ".join(class_and_band(c)).replace("-", " ") for c in wanted), *limits)
    for s in said:
        cells = [s["filling"].get(c, {}).get("reached", {}).get("0.5", {}).get("date") for c in wanted]
        _row(dates, s["path"], *(x or "never" for x in [*cells, *(x["date"] for x in s["limits"])]))
    console.print(sums)
    console.print(dates)
    _say(console, "X4: through the undeclared channel before it is noticed. Dates of a class and band: half of the "
                  "aspects that it shows are known (C3). One --path alone says what is behind a line")  # fmt: skip


def _narrow(title: str, *columns: str) -> Any:
    """A table whose headers break and whose cells do not."""
    from rich.box import SIMPLE_HEAD

    table = _table(title, *columns)
    table.box, table.padding = SIMPLE_HEAD, (0, 1, 0, 0)
    for i, column in enumerate(table.columns):
        column.overflow = "fold"
        if not i:
            column.no_wrap = True
        if i and (title == "Dates" or i == 1):
            column.width = 10
    return table
