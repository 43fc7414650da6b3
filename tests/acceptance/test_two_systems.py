"""Two systems on one link waste fewer rounds than apart, and it is the word of who engages what that does it."""

from __future__ import annotations

import math

import numpy as np
import pytest

import openiads as oi

RUNS = 40
TRACKS_ONLY = {"links.south-to-north.status": "false", "links.north-to-south.status": "false"}


@pytest.fixture(scope="module")
def raids():
    """Leakers, rounds and kills of the same raids, float64[RUNS, 3]: apart, linked, and linked without the word."""
    return {
        name: np.array([
            [oi.run(s, posture=posture, vignette="raid", seed=seed).meta["summary"][k] for k in ("leakers", "rounds", "kills")]
            for seed in range(RUNS)
        ], float)
        for name, posture, s in (
            ("apart", "apart", oi.load("two-systems")), ("linked", "linked", oi.load("two-systems")),
            ("tracks", "linked", oi.load("two-systems", TRACKS_ONLY)),
        )
    }  # fmt: skip


def margin(a: np.ndarray, b: np.ndarray) -> float:
    """By how many standard errors a is above b, pair by pair."""
    return float((a - b).mean() / ((a - b).std(ddof=1) / math.sqrt(len(a))))


def test_the_link_saves_rounds_and_stops_more(raids):
    apart, linked = raids["apart"], raids["linked"]
    assert margin(apart[:, 0], linked[:, 0]) > 5.0
    assert apart[:, 1].sum() / apart[:, 2].sum() > 1.25 * linked[:, 1].sum() / linked[:, 2].sum()


def test_tracks_alone_do_not(raids):
    """The same air picture without the word of who engages what: both shoot at the most urgent as before."""
    assert abs(margin(raids["apart"][:, 0], raids["tracks"][:, 0])) < 3.3
