"""Every row of the article's tour is walked: its commands are carried out, and what came out is what they showed."""

from __future__ import annotations

import re
import shlex

import pytest

from openiads import tour as page
from openiads.errors import OpenIadsError, UsageError
from openiads.tour import ROWS, Result, carry_out, to_markdown, tour

LATER = {2, 14, 18, 20, 21, 23, 26, 27}  # claims of money and of dates, and of what a compromise costs


@pytest.fixture(scope="module")
def walked() -> list[Result]:
    return tour()


def test_there_is_a_row_for_every_claim():
    assert len(ROWS) == 27
    assert {i for i, row in enumerate(ROWS, 1) if row.depth} == LATER


@pytest.mark.parametrize("number", range(1, 28))
def test_row(walked, number):
    result = walked[number - 1]
    assert result.number == number and result.claim.endswith(".")
    assert result.commands and all(c.startswith("openiads ") for c in result.commands)
    assert len(result.outcome) > 15 and "undefined" not in result.outcome
    assert not re.search(r": *(;|,|$)", result.outcome), "every part of the outcome has something in it"


def estimates(text: str) -> dict[str, float]:
    """Posture and estimate, as in `standalone 569 [434, 703], one-way-in 1329`."""
    return {name: float(number) for name, number in re.findall(r"([a-z-]+) ([\d.]+)(?= \[|, |;|$)", text)}


def test_outcomes_say_what_the_claims_are_about(walked):
    text = [r.outcome for r in walked]
    assert "without engagement radars:" in text[0] and "rounds 0" in text[0].split("without")[1]
    assert int(re.search(r"rounds (\d+)", text[0]).group(1)) > 0
    assert "batches=1: 2 engagement radars" in text[2] and "batches=2: 4 engagement radars" in text[2]
    reach = estimates(text[5])
    assert reach["standalone"] == 1 < reach["full-links"]
    on, off = (estimates(part) for part in text[6].split("without:"))
    assert on["standalone"] == 0 < off["standalone"]
    held = estimates(text[14].split(";")[0])
    assert held["one-way-in"] > 1.2 * held["standalone"]
    assert all(value > 0 for value in estimates(text[15]).values())
    assert estimates(text[16].split(";")[0])["standalone"] == 0
    assert "one-way-out: X3: tracks of 1 " in text[18] and "X5: with 1 link closed" in text[18]
    cold = [estimates(part) for part in text[24].split(";")]
    assert cold[0]["installed-cold"] == 0 < cold[1]["installed-cold"] == cold[1]["standalone"]
    assert text[25].startswith("4 fire units") and "0 parts missing" in text[25]


def test_a_command_is_what_a_user_types(tmp_path):
    """Every subcommand of the tour exists; studies and runs write what the outcome is picked from."""
    used = {shlex.split(c)[1] for row in ROWS for c in row.commands}
    assert used == {"list", "show", "diff", "flows", "run", "study"}
    shown = carry_out("openiads run s400-alone --posture no-launchers --duration 60", tmp_path / "run")
    assert "rounds 0" in shown.text and (tmp_path / "run" / "replay.html").exists()


def test_a_command_that_fails_is_no_outcome(tmp_path):
    with pytest.raises(OpenIadsError, match="no-such-posture"):
        carry_out("openiads show turkey-2019 --posture no-such-posture", tmp_path / "x")


def test_page(walked):
    text = to_markdown(walked)
    assert text.count("\n| ") == 28 and "undeclared" in text


def test_unknown_row():
    with pytest.raises(UsageError, match="1 to 27"):
        page.tour([28])
