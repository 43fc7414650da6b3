"""Postures that live the same run are lived once, with the same rows; of a run its ledgers are kept and no more."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest

from openiads.scenario.build import assemble
from openiads.scenario.conditions import LEDGERS, ledgers
from openiads.scenario.load import load
from openiads.scenario.world import draw_world
from openiads.studies import replicate
from openiads.studies.replicate import Design, Unit, live

TURKEY = load("turkey-2019")
UNITS = {"peace": Unit("peace", 0, 2), "raid": Unit("raid", 0, 0)}


@cache
def rows(vignette: str, shared: bool) -> tuple[dict[str, list[dict[str, float | str]]], int]:
    """Rows of all postures in one draw of the world, and how many runs they took; each posture for itself, or shared."""
    runs, number, real = [], itertools.count(), (replicate.complete, replicate.conditions)
    replicate.complete = lambda *what: (runs.append(1), real[0](*what))
    if not shared:
        replicate.conditions = lambda _: str(next(number)).encode()
    try:
        design = Design(TURKEY, tuple(TURKEY.postures), (vignette,), 3, 1, 1)
        return live(design, UNITS[vignette]), len(runs)
    finally:
        replicate.complete, replicate.conditions = real


@pytest.mark.parametrize(("vignette", "alone", "most"), [("peace", 9, 6), ("raid", 27, 14)])
def test_what_is_lived_once_gives_every_posture_its_own_rows(vignette, alone, most):
    (own, each), (shared, fewer) = rows(vignette, False), rows(vignette, True)
    assert repr(own) == repr(shared), "NaN is written alike"
    assert each == alone and fewer <= most


def test_dark_is_the_same_in_boxes_cold_and_away_but_not_beside_a_feed():
    world = draw_world(TURKEY, "peace", 1, 0, 2)
    said = {p: replicate.conditions(assemble(TURKEY, world, p, 0.0)) for p in TURKEY.postures}
    assert said["sealed"] == said["installed-cold"] == said["custody-elsewhere"]
    assert said["standalone"] == said["test-only"], "one emits for fewer days, which weighs the day and not the window"
    assert len(set(said.values())) == 6


def test_of_a_run_the_ledgers_are_kept_and_the_rest_is_let_go():
    state = assemble(TURKEY, draw_world(TURKEY, "peace", 1, 0, 2), "full-links", 0.0).state
    kept = ledgers(state)
    assert all(getattr(kept, name) is getattr(state, name) for name in LEDGERS)
    assert size(kept) < 0.02 * size(state) and type(kept) is type(state)


def size(bundle: object) -> int:
    """Bytes of all arrays of nested bundles."""
    return bundle.nbytes if isinstance(bundle, np.ndarray) else sum(map(size, bundle))
