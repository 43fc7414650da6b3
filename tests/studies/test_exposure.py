"""What observers have learned, from the tutorial's scenario: three nodes, two links, one guard; and the command."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import tomllib
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from openiads.errors import OpenIadsError, RecordError, UsageError
from openiads.running import run
from openiads.scenario.load import parse
from openiads.studies.calendar.files import load_path
from openiads.studies.calendar.rates import rates
from openiads.studies.calendar.reckon import reckon
from openiads.studies.calendar.timeline import State, Timeline, Variant
from openiads.studies.calendar.traffic import Factor
from openiads.studies.calendar.watch import Medians
from openiads.studies.exposure.behind import behind, holders
from openiads.studies.exposure.ledger import Ledger, ledgers
from openiads.studies.exposure.picture import draw
from openiads.studies.exposure.signatures import DAYS, growth, information
from openiads.studies.exposure.words import as_json, lines
from openiads.studies.study import Study, study

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"
TEXT = re.search(r"```toml\n(.*?)```", TUTORIAL.read_text(encoding="utf-8"), re.S)
assert TEXT is not None
HARBOUR = parse(tomllib.loads(TEXT[1]), "harbour.toml")


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Path:
    """A study of both postures, and a run of each, saved."""
    folder = tmp_path_factory.mktemp("exposure")
    begun = time.monotonic()
    study(HARBOUR, replications=100).save(folder / "study")
    assert time.monotonic() - begun < 240.0, "the tutorial promises a minute without compilation"
    for posture in HARBOUR.postures:
        run(HARBOUR, posture, "peace", 1).save(folder / posture)
    return folder


@pytest.fixture(scope="module")
def day(kept) -> dict[str, Ledger]:
    return {x.posture: x for x in ledgers(kept / "study", dwells=5)}


def hours(ledger: Ledger) -> dict[str, float]:
    return {o.node: o.hours.estimate or 0.0 for o in ledger.observers}


def test_a_guard_costs_the_receiver_and_nobody_else(day):
    plain, behind_it = (hours(day[p]) for p in ("open", "filtered"))
    assert plain["coast"] == behind_it["coast"] and plain["authority"] == behind_it["authority"]
    assert 0.3 * plain["company"] < behind_it["company"] < 0.9 * plain["company"]
    sigma = {p: {o.node: o.sigma for o in day[p].observers} for p in day}
    assert sigma["filtered"]["company"] == pytest.approx(np.hypot(sigma["open"]["company"], 1000.0), rel=0.08)


def test_four_patrols_all_day_are_four_times_a_day(day):
    """Four aircraft in the air all day, in view of the one radar nearly all the time: at most 96 body-hours, of four bodies."""
    for o in day["open"].observers:
        assert 85.0 < (o.hours.estimate or 0.0) <= 97.0 and 3.5 < o.bodies <= 4.0
        assert o.own == pytest.approx(o.hours.estimate)  # there is no other radar


def test_a_guard_shows_no_further_bodies(day):
    """Who leaves a guarded area and comes back is no other: never more than fly."""
    bodies = {p: {o.node: o.bodies for o in day[p].observers} for p in day}
    assert bodies["filtered"]["company"] <= bodies["open"]["company"] <= 4.0


def test_everybody_behind_a_node_is_named(day):
    assert [o.behind for o in day["open"].observers] == [
        ("authority over to-the-authority", "company, by way of others"), ("company over to-the-company",), (),
    ]  # fmt: skip
    assert [[s.maker for s in o.sensors] for o in day["open"].observers] == [["coast"]] * 3


def test_visits_and_the_undeclared_channel_stand_behind_the_system(tmp_path):
    from openiads import load

    ways = behind(load("turkey-2019"), "one-way-in", "s400")
    assert any("undeclared, if it exists" in w for w in ways)
    assert any(w.startswith("the vendor's visitors, every") and w.endswith("what it sees and is fed") for w in ways)
    assert behind(load("turkey-2019"), "sealed", "s400") == ()


def test_signatures_are_held_by_the_radars_node_and_by_who_reaches_into_it():
    from openiads import load

    flagship = load("turkey-2019")

    def held(posture: str, name: str = "fighter-small") -> dict[str, tuple[str, float]]:
        return {h.who: (h.way, h.delay) for h in holders(flagship, posture, "s400", name)}

    month = flagship.postures["standalone"].visit
    hidden = {"s400": ("", 0.0), "outside": ("undeclared-channel", 30.0)}
    assert held("standalone") == hidden | {"the vendor's visitors": ("visits", month)}
    assert held("full-links") == hidden | {"vendor-support": ("support-link", 5.0)}
    assert held("one-way-out") == held("standalone")  # its tracks go out, and no signal with them
    assert holders(flagship, "full-links", "national", "fighter-small")[1:] == ()
    room = {h.who: h.room for h in holders(flagship, "standalone", "s400", "fighter-small")}
    assert room["outside"] == pytest.approx(50 / 60 * 0.9 * 0.25 * 86400)
    # of announced test flights the visitors get the owner's alone: none of a class that allies fly, a part where both do
    assert "the vendor's visitors" not in held("test-only", "fighter-low-observable")
    visitors = [h for h in holders(flagship, "test-only", "s400", "fighter-small") if h.way == "visits"]
    assert [h.own_only for h in visitors] == [True]


def test_what_the_company_can_tell_of_the_radar(kept):
    """One look in 10 s as the class says, every second one over a frame of 20 s; the place to within what its reach and the spread
    of the reports leave.
    """
    (run_,) = ledgers(kept / "open")
    ((near,), (told,)) = (o.sensors for o in run_.observers[1:])
    scan = HARBOUR.library.radars["generic-surveillance"].scan_period
    assert near.period == pytest.approx(scan, abs=0.3) and told.period == pytest.approx(2.0 * scan, abs=0.3)
    assert told.place is not None and told.heard > 0.9
    meta = json.loads((kept / "open" / "meta.json").read_text())
    gap = np.hypot(
        told.place[0] - meta["site_lat_deg"], (told.place[1] - meta["site_lon_deg"]) * np.cos(np.radians(38.0))
    )
    assert gap * 111.2e3 < told.within
    (own,) = run_.observers[0].sensors
    assert np.isnan(own.within) and "its own" in "\n".join(lines(run_))


def test_a_run_says_what_its_study_says(kept, day):
    """Body-hours of a run of 20 minutes, times 72, are about those of a day."""
    for posture in HARBOUR.postures:
        (one,) = ledgers(kept / posture)
        for node, h in hours(one).items():
            assert 72.0 * h == pytest.approx(hours(day[posture])[node], rel=0.35)
        assert one.observers[0].kinds.keys() == {"national"}


def test_aspects_by_band_and_how_they_fill(day):
    (seen,) = day["open"].signatures
    assert seen.name == "fighter-small" and set(seen.dwells) == {"S"} and seen.snr["S"] >= 13.0
    assert seen.cells["all"] == (seen.dwells["S"] > 0).sum() > 50
    (grown,) = day["open"].growths
    share, most = grown.filling.share, grown.filling.most
    assert (np.diff(share) >= 0.0).all() and 0.0 < share[0] < share[-1] <= 1.0 and (most >= share).all()
    assert 0.0 < grown.day <= seen.sphere


def test_looks_are_those_of_a_day_of_peace(kept, day):
    """As C2 of the study says, which sums them in another way."""
    for posture in HARBOUR.postures:
        (seen,) = day[posture].signatures
        said = Study.load(kept / "study").estimate("C2", posture)["estimate"]
        assert seen.whole.sum() == pytest.approx(said)


def test_the_calendar_and_the_ledger_say_one_thing(kept, day):
    """C3 after whole weeks in a posture from a Monday on, with the same looks for an aspect; on other days a week is spread evenly."""
    found, weeks = rates(HARBOUR, Study.load(kept / "study").tables, "open"), (7, 28, 364)
    variant = Variant("visiting", True, 1)
    on, one = State("open", variant, 0.7, 0.0, 0.0, 0.0), np.ones(364)
    line, path = Timeline(date(2020, 6, 1), [on] * 364, [], []), load_path("article", {"dwells": "5"})
    c = reckon(
        path, line, HARBOUR, {(variant, "open"): found}, Factor(one, one, one, one > 0.0), Medians((2019,), (1e6,))
    )
    theirs, ours = c.filling["fighter-small.S"], growth(found, "fighter-small.S", 0.7, 5, weeks)
    at = np.array(weeks) - 1
    assert ours.share == pytest.approx(theirs.share[at], rel=1e-9) and ours.most == pytest.approx(
        theirs.most[at], rel=1e-9
    )
    assert (ours.seen, ours.sphere, ours.shown) == (theirs.seen, theirs.sphere, theirs.shown)


def test_sites_that_differ_do_not_add_up_their_looks(kept):
    """Half of the sites see a cell ten times a day, half never show it: half of it is known after a day, not all of it."""
    found = rates(HARBOUR, Study.load(kept / "study").tables, "open")
    cell, sites = 8 * 36, found.replications
    for table, value in ((found.counts, 0.0), (found.shown, False)):
        table["fighter-small.S"][...] = value
    found.shown["fighter-small.S"][: sites // 2, cell] = True
    found.shown["fighter-small.S"][sites // 2 :, cell + 1] = True
    found.counts["fighter-small.S"][: sites // 2, :, :, cell] = 1.0
    assert sites == 4 and growth(found, "fighter-small.S", 1.0, 5).share[-1] == pytest.approx(0.5, abs=1e-6)


def test_the_hundredth_look_tells_less_than_the_first(day):
    """C4: half a bit a cell where looks quarter the variance; a thousand looks at one cell tell less than one at each of ten."""
    worth = (10.0 / np.sqrt(12.0) / 5.57) ** 2
    assert information(np.array([3.0 / worth])) == pytest.approx(1.0)
    assert information(np.array([1000.0] + [0.0] * 29)) < 30.0 * information(np.array([1.0]))
    bits = day["open"].signatures[0].bits  # after DAYS
    assert len(bits) == len(DAYS)
    assert (np.diff(bits) > 0.0).all() and bits[-1] < 365.0 * bits[0]


def test_more_looks_for_an_aspect_fill_later(kept, day):
    (stricter,) = ledgers(kept / "study", "open", 50)
    few, many = (x.growths[0].filling.share for x in (day["open"], stricter))
    assert (many <= few + 1e-12).all() and many[-1] < few[-1]


def test_words_picture_and_json(day, tmp_path):
    text = "\n".join(lines(day["filtered"]))
    assert (
        "company (outside):" in text and "behind it: company over to-the-company" in text and "after 365 days" in text
    )
    assert "  held by coast\n" in text and "who is passed tracks alone has no signature" in text
    draw(list(day.values()), tmp_path / "x.png", "png")
    assert (tmp_path / "x.png").stat().st_size > 20_000
    told = json.loads(json.dumps(as_json(day["open"])))
    assert told["observers"][2]["node"] == "company" and len(told["signatures"][0]["dwells"]["S"]) == 648
    assert (
        told["filling"][0]["most"][-1] >= told["filling"][0]["filled"][-1] and told["signatures"][0]["node"] == "coast"
    )


def test_the_command(kept):
    def openiads(*args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "openiads.cli", "exposure", *args], capture_output=True, text=True, check=False
        )

    good = openiads(str(kept / "open"), "--json")
    assert good.returncode == 0 and json.loads(good.stdout)[0]["posture"] == "open"
    assert openiads(str(kept)).returncode == 2 and openiads(str(kept / "open"), "--picture", "x.gif").returncode == 2


@pytest.mark.parametrize(
    ("where", "posture", "dwells", "error", "said"),
    [
        ("", None, None, RecordError, "holds neither a run nor a study"),
        ("open", "filtered", None, UsageError, "is a run of posture 'open', not of 'filtered'"),
        ("study", "closed", None, UsageError, "the study did not run posture 'closed'; it has open, filtered"),
        ("study", None, 0, UsageError, "dwells = 0: 1 to 100,000 looks make an aspect known"),
        ("study", None, 100_001, UsageError, "dwells = 100001: 1 to 100,000 looks"),
        ("open", None, 19, UsageError, "is a run, in which nothing fills over days"),
    ],
)
def test_what_is_refused(kept, where, posture, dwells, error: type[OpenIadsError], said):
    with pytest.raises(error, match=re.escape(said)):
        ledgers(kept / where, posture, dwells)
