"""Which plots of several sensors are of one body, before anybody knows how far their pictures lie apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from openiads.errors import UsageError
from openiads.tracking import Plots, common_targets
from tests.tracking.biased import ADSB, BIAS, RADARS, World, with_source


def purity(target, whose):
    """Share of the plots with a target that are of the body which most of that target's plots are of."""
    rows = target > 0
    pairs, counts = np.unique(np.stack([target[rows], whose[rows]]), axis=1, return_counts=True)
    most = np.zeros(target.max() + 1)
    np.maximum.at(most, pairs[0], counts)
    return most.sum() / rows.sum()


@pytest.mark.parametrize("sensors", [RADARS, [*RADARS, ADSB]])
@pytest.mark.parametrize("times", [0.0, 1.0, 2.0])
def test_bodies_are_told_however_wrong_the_radars_are(sensors, times):
    """Up to 200 m, 0.4 degrees and 1.6 s, 60 aircraft in 240 km."""
    plots, whose = World(30, 60).plots(sensors, times * with_source(BIAS)[: len(sensors)])
    target = common_targets(plots, sensors)
    assert purity(target, whose) > 0.998 and np.mean(target == 0) < 0.01
    assert len(np.unique(target[target > 0])) <= 66  # nearly every body is one: a track that breaks off makes another


def test_radars_without_heights_find_each_other():
    plots, whose = World(31, 40).plots(RADARS, BIAS)
    target = common_targets(replace(plots, height=np.full(len(plots), np.nan)), RADARS)
    assert purity(target, whose) > 0.99 and np.mean(target == 0) < 0.02
    assert len(np.unique(target[target > 0])) <= 60


def test_a_name_ties_what_lies_too_far_apart_and_parts_what_lies_near():
    """Half of the aircraft have an address. One radar's picture is 10 km off: it joins the others by addresses alone."""
    sensors = RADARS[:2]
    plots, whose = World(32, 20).plots(sensors, BIAS[:2] + [[0.0, 0.0, 0.0], [10e3, 0.0, 0.0]])
    names = np.where(whose % 2 == 0, 0x4B0000 + whose, -1)
    target = common_targets(plots, sensors, identity=names)
    for body in np.unique(whose):
        both = [np.unique(target[(whose == body) & (plots.radar == r) & (target > 0)]) for r in (0, 1)]
        together = np.intersect1d(*both).size > 0
        assert together == (body % 2 == 0 and all(b.size for b in both))


def test_two_names_are_never_one():
    """Two aircraft fly side by side; each radar sees one of them."""
    world = World(35, 10)
    plots, whose = world.plots(RADARS[:2], BIAS[:2])
    names = 100 * plots.radar + whose
    target = common_targets(plots, RADARS[:2], identity=names)
    assert not np.intersect1d(target[(plots.radar == 0) & (target > 0)], target[plots.radar == 1]).size
    assert np.intersect1d(*(common_targets(plots, RADARS[:2])[plots.radar == r] for r in (0, 1))).size > 5


def test_a_plot_with_another_name_than_its_track_is_left_out():
    plots, whose = World(33, 10).plots(RADARS[:1], BIAS[:1])
    names = 1000 + whose
    names[50] = 5
    target = common_targets(plots, RADARS[:1], identity=names)
    assert target[50] == 0 and np.count_nonzero(target) > 0.95 * len(plots)
    assert np.array_equal(np.unique(target[target > 0]).size, np.unique(whose).size)


def test_no_plots_and_plots_that_can_not_be_used():
    assert common_targets(Plots.joined([]), RADARS).size == 0
    plots, _ = World(34, 3, 60.0).plots(RADARS, BIAS)
    assert not common_targets(replace(plots, t=np.full(len(plots), np.nan)), RADARS).any()


def test_names_need_one_number_a_plot():
    plots, _ = World(34, 3, 60.0).plots(RADARS, BIAS)
    with pytest.raises(UsageError, match=r"identity has shape \(2,\)"):
        common_targets(plots, RADARS, identity=np.zeros(2))
