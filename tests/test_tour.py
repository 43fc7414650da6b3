"""Every row of the article's tour is walked; outcomes are computed, and rows whose depth comes later say so."""

from __future__ import annotations

import pytest

from openiads.errors import UsageError
from openiads.tour import ROWS, to_markdown, tour


def test_there_is_a_row_for_every_claim():
    assert len(ROWS) == 27


@pytest.mark.parametrize("number", range(1, 28))
def test_row(number):
    (result,) = tour([number])
    assert result.number == number and result.claim.endswith(".")
    assert result.command.startswith("openiads ")
    assert len(result.outcome) > 15
    assert result.depth or not result.represented.startswith("not yet"), "a row without depth says what comes later"


def test_the_system_alone_stops_without_its_engagement_radars():
    assert "without engagement radars: 0 rounds" in tour([1])[0].outcome
    assert "complete: 0 rounds" not in tour([1])[0].outcome


def test_linked_postures_reach_further_than_standalone():
    text = tour([6])[0].outcome
    assert "standalone: 1 nodes" in text and "0 of them sensitive" in text and "full-links: 6 nodes" in text


def test_page():
    page = to_markdown(tour([4, 16]))
    assert page.count("\n| ") == 3 and "undeclared" in page


def test_unknown_row():
    with pytest.raises(UsageError, match="1 to 27"):
        tour([28])
