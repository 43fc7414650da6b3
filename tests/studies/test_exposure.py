"""What observers have learned, from the tutorial's scenario: three nodes, two links, one guard; and the command."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest

from openiads.errors import OpenIadsError, RecordError, UsageError
from openiads.running import run
from openiads.scenario.load import parse
from openiads.studies.exposure.ledger import DAYS, Ledger, behind, information, ledgers
from openiads.studies.exposure.picture import draw
from openiads.studies.exposure.words import as_json, lines
from openiads.studies.study import study

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
    """Four aircraft in the air all day, in view of the one radar nearly all the time: at most 96 body-hours."""
    for o in day["open"].observers:
        assert 85.0 < (o.hours.estimate or 0.0) <= 97.0 and o.bodies == 4.0
        assert o.own == pytest.approx(o.hours.estimate)  # there is no other radar


def test_everybody_behind_a_node_is_named(day):
    assert [o.behind for o in day["open"].observers] == [
        ("authority over to-the-authority", "company, by way of others"), ("company over to-the-company",), (),
    ]  # fmt: skip
    assert [set(o.sources) for o in day["open"].observers] == [{"coast"}] * 3


def test_visits_and_the_undeclared_channel_stand_behind_the_system(tmp_path):
    from openiads import load

    ways = behind(load("turkey-2019"), "one-way-in", "s400")
    assert any("undeclared, if it exists" in w for w in ways)
    assert any(w.startswith("the vendor's visitors, every") and w.endswith("what it sees and is fed") for w in ways)
    assert behind(load("turkey-2019"), "sealed", "s400") == ()


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
    assert seen.growth is not None and len(seen.growth) == len(DAYS)
    assert (np.diff(seen.growth) >= 0.0).all() and 0.0 < seen.growth[0] < seen.growth[-1] <= 1.0


def test_the_hundredth_look_tells_less_than_the_first(day):
    """C4: half a bit a cell where looks quarter the variance; a thousand looks at one cell tell less than one at each of ten."""
    worth = (10.0 / np.sqrt(12.0) / 5.57) ** 2
    assert information(np.array([3.0 / worth])) == pytest.approx(1.0)
    assert information(np.array([1000.0] + [0.0] * 29)) < 30.0 * information(np.array([1.0]))
    bits = day["open"].signatures[0].bits
    assert (np.diff(bits) > 0.0).all() and bits[-1] < 365.0 * bits[0]


def test_more_looks_for_an_aspect_fill_later(kept, day):
    (stricter,) = ledgers(kept / "study", "open", 50)
    assert stricter.signatures[0].growth is not None and day["open"].signatures[0].growth is not None
    assert (stricter.signatures[0].growth <= day["open"].signatures[0].growth + 1e-12).all()


def test_words_picture_and_json(day, tmp_path):
    text = "\n".join(lines(day["filtered"]))
    assert (
        "company (outside):" in text and "behind it: company over to-the-company" in text and "after 365 days" in text
    )
    draw(list(day.values()), tmp_path / "x.png", "png")
    assert (tmp_path / "x.png").stat().st_size > 20_000
    told = json.loads(json.dumps(as_json(day["open"])))
    assert told["observers"][2]["node"] == "company" and len(told["signatures"][0]["dwells"]["S"]) == 648


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
        ("", None, 1, RecordError, "holds neither a run nor a study"),
        ("open", "filtered", 1, UsageError, "is a run of posture 'open', not of 'filtered'"),
        ("study", "closed", 1, UsageError, "the study did not run posture 'closed'; it has open, filtered"),
        ("study", None, 0, UsageError, "dwells = 0: at least one look"),
    ],
)
def test_what_is_refused(kept, where, posture, dwells, error: type[OpenIadsError], said):
    with pytest.raises(error, match=re.escape(said)):
        ledgers(kept / where, posture, dwells)
