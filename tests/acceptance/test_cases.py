"""Three published losses of friends and airliners: the chain of causes happens under its conditions, not without one.

Oracles: the accounts that docs/cases.md names. How often depends on assumptions; that it depends on these conditions does not.
"""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy import stats

from openiads import load, run
from openiads.explain import chain, otherwise
from openiads.explain.chain import bodies_to_explain
from openiads.record import Run

CASES = {"tornado-2003": "in-contact", "il20-2018": "in-contact", "ps752-2020": "in-contact"}
TORNADO, IL20, PS752 = CASES
RUNS = 40
MANY = 100  # where the chain needs a coincidence


@cache
def lived(name: str, posture: str = "as-it-was", count: int = RUNS, **sets: str) -> list[Run]:
    """Replications of a shipped case, with values set as on the command line (`__` for the dots, `_` kept)."""
    s = load(name, {key.replace("__", "."): value for key, value in sets.items()})
    return [run(s, posture, "raid", seed=1, replication=k, sample=60.0) for k in range(count)]


def with_set(name: str, posture: str, count: int, key: str, value: str) -> list[Run]:
    """The same with one value set whose key is no identifier."""
    return lived(name, posture, count, **{key.replace(".", "__"): value})


def lost(runs: list[Run], side: str = "friendly_lost") -> int:
    return sum(r.meta["summary"][side] > 0 for r in runs)


def differ(often: list[Run], seldom: list[Run], side: str = "friendly_lost") -> bool:
    """Is one lost more often in some runs than in others, beyond chance: Fisher's exact test, one-sided, at 1 in 100."""
    counts = [[lost(runs, side), len(runs) - lost(runs, side)] for runs in (often, seldom)]
    return bool(stats.fisher_exact(counts, "greater").pvalue < 0.01)


def ordered(runs: list[Run], body: str) -> list[dict[str, Any]]:
    """Orders to shoot at bodies whose name begins so; the other decisions held fire."""
    return [d for d in rows(runs, "decisions", body) if d["ordered"]]


def rows(runs: list[Run], table: str, body: str) -> list[dict[str, Any]]:
    """Rows of a table about bodies whose name begins so, of all runs."""
    out = []
    for r in runs:
        columns = r.tables[table]
        for i, name in enumerate(columns["body_name"]):
            if str(name).startswith(body):
                out.append({key: column[i] for key, column in columns.items()})
    return out


def place(r: Run, e: dict[str, Any]) -> np.ndarray:
    """Where what was fired at was at launch, km north and east of the site; from samples a minute apart."""
    t = r.tables["truth"]
    mine = t["body"] == e["body"]
    north = np.interp(e["t_launch"], t["t"][mine], t["lat_deg"][mine]) - r.meta["site_lat_deg"]
    east = np.interp(e["t_launch"], t["t"][mine], t["lon_deg"][mine]) - r.meta["site_lon_deg"]
    return 111.2 * np.array([north, east * np.cos(np.radians(r.meta["site_lat_deg"]))])


# ---------------------------------------------------------------- Patriot class and Tornado class, 2003


def killed_as(runs: list[Run], event: str) -> set[str]:
    """What the log says of such losses."""
    logs = [r.tables["events"] for r in runs]
    return {
        str(text).split("(")[1].rstrip(")") for e in logs for text in np.array(e["text"])[np.array(e["event"]) == event]
    }


def test_tornado_is_shot_at_by_a_unit_that_decides_alone():
    runs = lived(TORNADO)
    orders, shots = ordered(runs, "returning"), rows(runs, "engagements", "returning")
    assert len(orders) > 0.8 * RUNS and lost(runs) > 0.6 * RUNS
    for o in orders:
        assert o["identity"] == "hostile" and o["by_itself"] and o["answers"] == 0 and o["questions"] > 0
        assert o["asset"] == "unit-itself" and o["seconds_left"] < 101.0
    assert all(e["t_intercept"] - e["t_assigned"] < 60.0 for e in shots), "less than a minute"
    assert killed_as(runs, "friendly_killed") == {
        "no reply to interrogation; decided alone, since nobody who should have been asked could be reached"
    }
    far = [np.hypot(*place(r, e)) for r in runs for e in rows([r], "engagements", "returning")]
    assert np.median(far) == pytest.approx(25.0, abs=4.0)


@pytest.mark.parametrize(
    ("posture", "key", "value"),
    [
        ("in-contact", "doctrine.voice_delay_s", "3"),
        ("as-it-was", "library.bodies.tornado-class.mode_failures", "{}"),
        ("as-it-was", "doctrine.identification.hostile", "0.99"),
        ("as-it-was", "doctrine.lanes.return-route.from_min", "0"),
    ],
)
def test_tornado_lives_without_any_one_condition(posture: str, key: str, value: str):
    runs = with_set(TORNADO, posture, RUNS, key, value)
    assert lost(runs) == 0
    assert sum(r.meta["summary"]["rounds"] > 0 for r in runs) > 0, "the unit still shoots at what it is there for"
    if posture == "in-contact":
        assert sum(r.meta["summary"]["refused"] > 0 for r in runs) > 0.8 * RUNS


@pytest.mark.parametrize("hostile", ["0.8", "0.9", "0.95"])
def test_tornado_and_its_lane_do_not_hang_on_one_threshold(hostile: str):
    """Alone it is lost, in the lane it is not, whatever between these makes a hostile."""
    key = {"doctrine__identification__hostile": hostile}
    assert lost(lived(TORNADO, **key)) > 0.6 * RUNS
    assert lost(lived(TORNADO, **key, **{"doctrine__lanes__return-route__from_min": "0"})) == 0


def test_salvos_at_the_tornado_miss_as_often_as_their_rounds_say():
    """Two rounds that kill with 0.7 each: 9 of 100 salvos miss. In the first 40 runs 8 of 37 do, which is chance."""
    shots = [e for e in rows(lived(TORNADO, count=2 * MANY), "engagements", "returning") if e["outcome"] != "open"]
    assert {int(e["rounds"]) for e in shots} == {2} and len(shots) > MANY
    missed = sum(e["outcome"] == "miss" for e in shots)
    assert stats.binomtest(missed, len(shots), 0.3**2).pvalue > 0.01


def test_contact_with_who_knows_no_more_saves_nobody():
    runs = with_set(TORNADO, "in-contact", RUNS, "library.bodies.tornado-class.reply_probability", "0")
    assert lost(runs) > 0.6 * RUNS
    assert not any(o["by_itself"] for o in ordered(runs, "returning"))


# ---------------------------------------------------------------- S-200 class and Il-20 class, 2018

ANSWERS = "library.radars.s-200-class.crypto"


def found(runs: list[Run]) -> int:
    """Shots at the strike whose round found the ally's aircraft and killed it."""
    return sum(e["victim"] == "il-20" and e["outcome"] == "wrong-body" for e in rows(runs, "engagements", "f-16"))


def test_il20_is_found_by_a_round_that_was_meant_for_the_strike():
    runs = lived(IL20, count=MANY)
    assert found(runs) >= 5 and found(runs) > 0.8 * lost(runs)
    for e in rows(runs, "engagements", "f-16"):
        if e["victim"] == "il-20":
            assert e["t_authorised"] == e["t_assigned"], "nobody was asked"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sorties.il-20.latitude_deg", "36.3"),
        ("doctrine.control.around-il-20.status", "hold"),
        (ANSWERS, "vendor"),
    ],
)
def test_il20_lives_where_it_is_apart_or_held_or_known(key: str, value: str):
    """And the unit still fires at the strike."""
    runs = with_set(IL20, "as-it-was", MANY, key, value)
    assert differ(lived(IL20, count=MANY), runs)
    assert sum(r.meta["summary"]["rounds"] > 0 for r in runs) > 0.2 * MANY


def test_an_answer_saves_by_the_rule_that_it_feeds():
    """Without the rule who answers is found as often by a round that was meant for another."""
    known = with_set(IL20, "as-it-was", MANY, ANSWERS, "vendor")
    spared = [d for d in rows(known, "decisions", "f-16") if not d["ordered"]]
    assert (
        spared
        and np.mean([d["objection"].startswith("the unit holds il-20 as a friend within 10 km") for d in spared]) > 0.9
    )
    assert not any(d["objection"] for d in rows(lived(IL20, count=MANY), "decisions", "f-16")), "it knows of no friend"
    unruly = lived(IL20, count=MANY, **{ANSWERS.replace(".", "__"): "vendor", "doctrine__friend_clearance_km": "0"})
    assert found(unruly) >= 5 and differ(unruly, known)


def test_the_larger_reflector_is_found_more_often():
    small = with_set(IL20, "as-it-was", MANY, "library.bodies.il-20-class.rcs_beam", "1-10")
    counts = [[found(runs), MANY - found(runs)] for runs in (lived(IL20, count=MANY), small)]
    assert stats.fisher_exact(counts, "greater").pvalue < 0.05


# ---------------------------------------------------------------- Tor class and an airliner, 2020


def test_ps752_an_airliner_seems_to_come_from_elsewhere():
    runs = lived(PS752)
    orders = ordered(runs, "international")
    assert lost(runs, "civil_lost") > 0.7 * RUNS
    assert all(o["by_itself"] and o["identity"] == "hostile" for o in orders)
    assert np.mean([o["asset"] == "guarded" for o in orders]) > 0.9, "a declaration outlives the approach"
    assert all("decided alone" in why for why in killed_as(runs, "civil_killed"))
    assert any("held more than 6 km from where it was" in why for why in killed_as(runs, "civil_killed"))
    gaps = []
    for r in runs:
        shots = rows([r], "engagements", "international")
        for a, b in pairwise(shots):
            gaps += [b["t_launch"] - a["t_launch"]] if a["body"] == b["body"] else []
    assert len(gaps) > 5 and 20.0 <= np.median(gaps) <= 40.0, (
        "published: 20 to 30 s; the times assumed here are a little longer"
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("radars.radar.azimuth_bias_deg", "0"),
        ("doctrine.method", "centralised"),
        ("library.radars.tor-class.iff_modes", '["3A"]'),
    ],
)
def test_ps752_lives_without_any_one_condition(key: str, value: str):
    runs = with_set(PS752, "as-it-was", RUNS, key, value)
    assert lost(runs, "civil_lost") == 0 and sum(r.meta["summary"]["rounds"] for r in runs) == 0


@pytest.mark.parametrize("width", ["4", "8", "12", "18"])
def test_ps752_over_the_widths_that_its_lane_may_have(width: str):
    """The lane decides neither the loss nor that contact or a radar set up right prevents it."""
    key = {"doctrine__lanes__airway__width_km": width}
    turned = lived(PS752, **key)
    assert lost(turned, "civil_lost") > 0.7 * RUNS
    assert differ(turned, lived(PS752, "in-contact", **key), "civil_lost")
    assert differ(turned, lived(PS752, **key, radars__radar__azimuth_bias_deg="0"), "civil_lost")


def test_ps752_lives_where_the_centre_approves_only_what_it_holds():
    """It holds the airliner where it is, not where the unit says. A centre that takes silence for a yes prevents nothing."""
    strict, lax = lived(PS752, "in-contact"), lived(PS752, "in-contact", doctrine__approval="unless-friend")
    assert lost(strict, "civil_lost") == 0 and lost(lax, "civil_lost") > 0.7 * RUNS
    orders = ordered(strict, "international")
    assert len(orders) >= RUNS and not any(o["by_itself"] for o in orders)
    refused = [o["objection"] for o in orders if o["objection"]]
    assert len(refused) > 0.8 * len(orders)
    assert np.mean([said == "the authority refuses: it holds nothing there" for said in refused]) > 0.9


# ---------------------------------------------------------------- all three


@pytest.mark.parametrize(("name", "other"), CASES.items())
def test_commands_of_the_cases(name: str, other: str):
    for words in (("check", name), ("show", name, "--posture", other), ("diff", name, "as-it-was", other)):
        done = subprocess.run(
            [sys.executable, "-m", "openiads.cli", *words], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0 and done.stdout.strip(), done.stderr


@pytest.mark.parametrize(
    ("name", "seed", "broke", "helped", "useless"),
    [
        (
            TORNADO, 1, "it gave 0 answers to",
            ["the authority is asked, and can be reached", "it asks what tornado-class answers",
             "lane return-route is in force from the start"],
            "twice as many questions before silence counts",
        ),
        (
            IL20, 12, "meant for f-16-class-0-1 and found what stood beside it, which unit took for suspect",
            ["weapons on hold in around-il-20", "it asks what il-20-class answers"],
            "twice as many questions before silence counts",
        ),
        (
            PS752, 1, "seemed to come for what is defended: it was held",
            ["radar is set up right", "the authority is asked, and can be reached", "it asks what airliner-climbing answers"],
            "no shot within 10 km of a friend that it holds",
        ),
    ],
)  # fmt: skip
def test_explain_tells_the_chain_and_what_would_have_changed_it(name, seed, broke, helped, useless):
    """The runs that stand at the top of the files."""
    record = run(load(name), "as-it-was", "raid", seed=seed)
    body = next(b for b in bodies_to_explain(record) if chain(record, b).fate == "wrong shot")
    found = chain(record, body)
    assert broke in found.broke
    trials = {t.words: t.changed for t in otherwise(record, found)}
    assert all(trials[words] for words in helped) and not trials[useless]


def test_explain_says_why_a_shot_was_refused():
    record = run(load(PS752), "in-contact", "raid", seed=1)
    refused = [d for d in rows([record], "decisions", "international") if d["objection"]]
    links = chain(record, str(refused[0]["body_name"])).links
    assert any(x.kind == "refused" and x.text.endswith("it holds nothing there") for x in links)
