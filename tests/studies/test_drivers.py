"""Variance shares against closed forms: a line, Ishigami's function, a choice; noise; and how often intervals cover."""

from __future__ import annotations

import math

import numpy as np
import pytest

from openiads.scenario.box import Input
from openiads.studies.robustness.drivers import (
    LEAST,
    chance_level,
    classes_of,
    drivers,
    variance_share,
    variance_share_limits,
)


def number(name="x", low=0.0, high=1.0):
    return Input(name, (name,), "uniform", low, high)


def hypercube(n, names, rng):
    return {name: (rng.permutation(n) + rng.random(n)) / n for name in names}


def test_ishigami():
    """f = sin x1 + 7 sin^2 x2 + 0.1 x3^4 sin x1 on [-pi, pi]^3: first-order shares 0.314, 0.442, 0 (Saltelli et al. 2008)."""
    rng = np.random.default_rng(1)
    x = {k: math.pi * (2.0 * v - 1.0) for k, v in hypercube(4096, "abc", rng).items()}
    y = np.sin(x["a"]) + 7.0 * np.sin(x["b"]) ** 2 + 0.1 * x["c"] ** 4 * np.sin(x["a"])
    shares = [variance_share(y, classes_of(x[k], number())) for k in "abc"]
    assert shares == pytest.approx([0.3139, 0.4424, 0.0], abs=0.02)


def test_a_line_is_split_by_its_slopes():
    """y = 3 a + 4 b with equal variances: 9 and 16 of 25 parts, less what k equal classes can not see (1 / k^2)."""
    x = hypercube(2048, "ab", np.random.default_rng(2))
    y = 3.0 * x["a"] + 4.0 * x["b"]
    assert variance_share(y, classes_of(x["a"], number())) == pytest.approx(9 / 25, abs=0.03)
    assert variance_share(y, classes_of(x["b"], number())) == pytest.approx(16 / 25, abs=0.03)


def test_a_choice_is_split_into_its_choices_and_whole_numbers_that_are_equal_stay_together():
    choice = np.array(["north", "south", "north", "west"])
    assert classes_of(choice, Input("site", ("site",), "choice", choices=("north", "south", "west"))).tolist() == [
        0, 1, 0, 2,
    ]  # fmt: skip
    channels = np.array([6.0, 6.0, 6.0, 6.0, 7.0, 7.0, 8.0, 9.0])
    classes = classes_of(channels, Input("c", ("c",), "whole", 6, 9))
    assert all(len(set(classes[channels == v])) == 1 for v in (6.0, 7.0, 8.0, 9.0))


def test_a_cause_is_found_among_many_inputs_with_its_direction():
    rng = np.random.default_rng(3)
    names = [f"input-{i}" for i in range(60)]
    x: dict[str, np.ndarray] = dict(hypercube(64, names, rng))
    x["site"] = rng.permutation(np.repeat(["coast", "plain"], 32))
    y = 2.0 * x["input-7"] + 3.0 * (x["site"] == "coast") + 0.2 * rng.normal(size=64)
    inputs = [number(n) for n in names] + [Input("site", ("site",), "choice", choices=("coast", "plain"))]
    found = drivers(inputs, x, y, seed=1)
    assert [d.input for d in found.found[:2]] == ["site", "input-7"]
    site, seven = found.found[:2]
    assert site.at == ("plain", "coast") and site.mean[1] - site.mean[0] == pytest.approx(3.0, abs=0.3)
    assert seven.mean[1] > seven.mean[0] and site.low < site.share < site.high
    assert found.level is not None and site.share > found.level
    assert all(a.share >= b.share for a, b in zip(found.found, found.found[1:], strict=False))


def test_noise_passes_the_level_of_chance_about_one_time_in_twenty():
    passed = 0
    for trial in range(100):
        rng = np.random.default_rng([4, trial])
        x = hypercube(32, [str(i) for i in range(40)], rng)
        found = drivers([number(str(i)) for i in range(40)], x, rng.normal(size=32), seed=trial)
        passed += found.found[0].share > found.level
    assert 1 <= passed <= 12


def test_the_order_of_the_draws_changes_no_share():
    rng = np.random.default_rng(5)
    x = hypercube(40, "ab", rng)
    y, order = x["a"] + rng.normal(size=40), rng.permutation(40)
    shuffled = {k: v[order] for k, v in x.items()}
    one, two = (drivers([number("a"), number("b")], v, w, 1) for v, w in ((x, y), (shuffled, y[order])))
    assert [d.input for d in one.found] == [d.input for d in two.found]
    assert [d.share for d in one.found] == pytest.approx([d.share for d in two.found])


@pytest.mark.parametrize(
    ("y", "says"),
    [
        (np.arange(LEAST - 1.0), "12 are needed"),
        (np.ones(20), "the same in every draw"),
        (np.r_[np.arange(5.0), np.full(15, np.nan)], "defined in 5 draws"),
    ],
)
def test_without_scatter_or_draws_there_are_no_drivers_and_a_reason(y, says):
    found = drivers([number()], {"x": np.linspace(0.0, 1.0, len(y))}, y, 1)
    assert found.found == [] and found.level is None and says in found.reason


def test_the_level_of_chance_falls_with_draws_and_rises_with_inputs():
    def level(n, inputs):
        rng = np.random.default_rng([6, n])
        classes = [classes_of(c, number()) for c in hypercube(n, [str(i) for i in range(inputs)], rng).values()]
        return chance_level(rng.normal(size=n), classes, 1)

    assert level(256, 20) < level(32, 20) < level(32, 200)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_intervals_of_a_share_cover(share):
    """A line with noise, 32 draws, three classes: covers the true share between classes; see docs/equations/robustness.md."""
    covered, n, trials = 0, 32, 200
    for trial in range(trials):
        rng = np.random.default_rng([7, trial])
        x = hypercube(n, "x", rng)["x"]
        y = math.sqrt(12.0 * share) * x + math.sqrt(1.0 - share) * rng.normal(size=n)
        low, high = variance_share_limits(y, classes_of(x, number()))
        covered += low <= share * (1.0 - 1.0 / 9.0) <= high
    assert covered / trials > 0.88
