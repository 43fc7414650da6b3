"""A tracker of one's own: found by its name, and nothing that it says goes unchecked."""

from __future__ import annotations

import itertools
import math
import sys
import textwrap
from dataclasses import replace

import numpy as np
import pytest

from openiads.errors import UsageError
from openiads.tracking import Config, Plots, Radar, Tracker, Tracks
from openiads.tracking.fusion import full_covariance, packed_covariance
from openiads.tracking.own import Checked, Maker, Stepwise, find_tracker

SITE = Radar("eye", 0.68, 0.62, 900.0, 50.0, math.radians(0.2), math.radians(0.2), period=4.0)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, in which modules are found; what is loaded from it is forgotten again."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def write(folder, text, name="mine_of_a_test"):
    (folder / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")


def test_a_class_of_the_current_folder(folder):
    write(folder, "class Mine:\n    pass\n")
    found = find_tracker("mine_of_a_test:Mine")
    assert found.name == "mine_of_a_test:Mine" and found.make.__name__ == "Mine"


def test_a_class_that_is_installed_or_handed_over():
    assert find_tracker("openiads.tracking:Tracker") == Maker("openiads.tracking:Tracker", Tracker)
    assert find_tracker(Tracker).name == "openiads.tracking.tracker:Tracker"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("mine_of_a_test", "", "write module:Class"),
        ("mine_of_a_test.py:Mine:x", "", "write module:Class"),
        ("nowhere_at_all:Mine", "", "there is no module 'nowhere_at_all' in this folder"),
        ("mine_of_a_test.deeper:Mine", "", "can not be imported|there is no module"),
        ("mine_of_a_test:Mien", "import json\nclass Mine: ...\n", "has no 'Mien'; it defines: Mine$"),
        ("mine_of_a_test:Mine", "Mine = 3\n", "'Mine' is a int, not a class"),
        ("mine_of_a_test:Mine", "import nothing_like_it\n", r"No module named .* \(mine_of_a_test.py, line 1: import nothing"),
        ("mine_of_a_test:Mine", "import json\njson.loads('{')\n", r"JSONDecodeError: .* \(mine_of_a_test.py, line 2: json"),
        ("mine_of_a_test:Mine", "def f(:\n", r"SyntaxError: .*mine_of_a_test.py, line 1"),
        ("mine_of_a_test:Mine", "import sys\nsys.exit(3)\n", r"SystemExit: 3 \(mine_of_a_test.py, line 2"),
    ],
)  # fmt: skip
def test_what_can_not_be_found_is_said(folder, name, text, said):
    write(folder, text)
    with pytest.raises(UsageError, match=said) as raised:
        find_tracker(name)
    assert "\n" not in str(raised.value)


def test_an_instance_is_no_class():
    with pytest.raises(UsageError, match="a Config is neither a class"):
        find_tracker(Config())


class Still:
    """One track that stands still; a test changes what it says."""

    def __init__(self, radars, config):
        pass

    def process(self, plots, until):
        p = packed_covariance(np.eye(6)[None])
        return Tracks(
            np.array([until]), np.array([1]), np.array([until]), np.full((1, 6), 1.0), p, np.zeros(len(plots))
        )


def plots(n=2, t=1.0):
    return Plots.points(np.full(n, t), np.zeros(n), np.full((n, 3), 6.4e6), np.tile([1.0, 0, 0, 1, 0, 1], (n, 1)))


def saying(**columns):
    """A tracker of which some columns are as given; a function gets the honest ones."""

    class Said(Still):
        def process(self, plots, until):
            honest = super().process(plots, until)
            return replace(honest, **{k: v(honest) if callable(v) else v for k, v in columns.items()})

    return Checked(Maker("mine:Said", Said), [SITE], Config())


def test_what_is_right_passes():
    found = saying().process(plots(), 4.0)
    assert found.number.tolist() == [1] and found.partner.tolist() == [0, 0] and found.number.dtype == np.int64


def test_lists_and_no_rows_pass():
    empty = {name: [] for name in ("t", "number", "t_update", "x", "p")}
    found = saying(**empty, partner=[0, 3]).process(plots(), 4.0)
    assert found.x.shape == (0, 6) and found.p.shape == (0, 21) and found.partner.tolist() == [0, 3]


def test_what_it_gave_may_change_later():
    """The answer is copied: a tracker may fill the same arrays again and again."""
    x = np.ones((1, 6))
    found = saying(x=x).process(plots(), 4.0)
    x[:] = 7.0
    assert (found.x == 1.0).all()


WRONG = [
    ({"t": [3.0]}, "row 0 of column 't' must be 4.0, the moment that was asked for; it is 3.0"),
    ({"t": 4.0}, r"column 't' has shape \(\); it must be \[N\]"),
    ({"t": ["now"]}, "column 't' holds what is no number"),
    ({"x": np.ones((1, 3))}, r"column 'x' has shape \(1, 3\); it must be \[N, 6\]"),
    ({"x": np.ones((2, 6))}, "column 'x' has 2 rows for 1 times"),
    ({"x": [[math.nan] * 6]}, "row 0 of column 'x' is not finite"),
    ({"p": np.eye(6)[None]}, r"column 'p' has shape \(1, 6, 6\); it must be \[N, 21\]"),
    ({"p": np.zeros((1, 21))}, "row 0 of column 'p' has a variance that is not above 0; it is 0.0"),
    ({"p": np.where(np.arange(21) == 1, 3.0, packed_covariance(np.eye(6)[None]))},
     "row 0 of column 'p' is no covariance: .* the eigenvalue -2; it may have none below 0"),
    ({"x": np.full((1, 6), 2e9)}, "row 0 of column 'x' is farther than 1e\\+09 m from the middle of the Earth; it is 2000000000"),
    ({"x": [[6.4e6, 0.0, 0.0, 0.0, -2e5, 0.0]]}, "row 0 of column 'x' is faster than 100000 m/s; it is 200000"),
    ({"t_update": [5.0]}, "column 't_update' lies after the moment"),
    ({"number": [0]}, "row 0 of column 'number' must be 1 or more; it is 0"),
    ({"number": [1.5]}, "row 0 of column 'number' is no whole number: 1.5"),
    ({"partner": [0]}, "column 'partner' has 1 rows for 2 plots"),
    ({"partner": [0, -1]}, "row 1 of column 'partner' must be the number of a track, or 0; it is -1"),
    ({n: lambda honest, n=n: np.repeat(getattr(honest, n), 2, axis=0) for n in ("t", "number", "t_update", "x", "p")},
     "two tracks have the number 1"),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "said"), WRONG)
def test_what_is_wrong_is_said(columns, said):
    with pytest.raises(UsageError, match=f"tracker 'mine:Said': at 4 s .*{said}"):
        saying(**columns).process(plots(), 4.0)


def test_a_number_is_given_once():
    """One that had ended comes back, shown or as a partner."""
    for last in ({"number": [1]}, {"partner": [0, 1], "number": [2]}):
        answers = iter([{"number": [1]}, {"number": [2]}, last])
        tracker = saying()
        honest = tracker._tracker.process
        tracker._tracker.process = lambda p, t, said=honest, a=answers: replace(said(p, t), **next(a))
        tracker.process(plots(), 1.0)
        tracker.process(plots(), 2.0)
        with pytest.raises(UsageError, match="at 3 s number 1 is back, whose track had ended"):
            tracker.process(plots(), 3.0)


class Refuses:
    def __init__(self, radars, config):
        raise RuntimeError("not today")


class Leaves:
    def __init__(self, radars, config):
        sys.exit(0)


class LeavesLater(Still):
    def process(self, plots, until):
        sys.exit(0)


class Stops:
    def __init__(self, radars, config):
        pass

    def process(self, plots, until):
        return {}[until]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (Refuses, r"'mine:T': called with \(radars, config\) it fails: RuntimeError: not today \(test_own.py, line"),
        (Leaves, r"it fails: SystemExit: 0 \(test_own.py, line"),
        (LeavesLater, r"process fails at 4 s: SystemExit: 0 \(test_own.py, line"),
        (lambda: 0, "it fails: TypeError: .* takes 0 positional arguments but 2 were given"),
        (lambda radars, config: 0, r"it has no method process\(plots, until\)"),
        (Stops, r"process fails at 4 s: KeyError: 4.0 \(test_own.py, line \d+: return \{\}\[until\]\)"),
        (type("N", (Still,), {"process": lambda *_: None}), "process gives back NoneType without 't'"),
    ],
)  # fmt: skip
def test_what_fails_is_said(make, said):
    with pytest.raises(UsageError, match=said):
        Checked(Maker("mine:T", make), [SITE], Config()).process(plots(), 4.0)


def test_ctrl_c_is_no_fault_of_the_tracker():
    class Stopped(Still):
        def process(self, plots, until):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Checked(Maker("mine:T", Stopped), [SITE], Config()).process(plots(), 4.0)


def test_packed_is_the_inverse_of_full():
    g = np.random.default_rng(1)
    p = g.normal(size=(5, 21))
    assert np.array_equal(packed_covariance(full_covariance(p)), p)


EAR = Radar("ear", 0.681, 0.622, 900.0, None, math.radians(0.2), None, period=4.0, reach=100e3)


SITES = [replace(SITE, sigma_range_rate=5.0), EAR]


def flown(seed=1):
    """Plots of eight aircraft with range rates and some that are false, and bearings, as rows in no order."""
    g = np.random.default_rng(seed)
    start, velocity = g.uniform(-6e4, 6e4, (8, 2)), g.normal(0, 160, (8, 2))
    t = np.repeat(4.0 * np.arange(20), 8) + g.uniform(0.0, 4.0, 160)
    x, y = (np.tile(start, (20, 1)) + t[:, None] * np.tile(velocity, (20, 1))).T
    d = np.sqrt(x**2 + y**2 + 8e3**2)
    rows = np.stack([t, d, np.arctan2(x, y), np.arcsin(8e3 / d)], axis=1)
    false = np.stack([*g.uniform([[0.0], [5e3], [-3.0], [0.0]], [[80.0], [9e4], [3.0], [0.2]], (4, 30))], axis=1)
    table = np.concatenate([rows + g.normal(size=rows.shape) * [0.0, 50.0, 3e-3, 3e-3], false])
    rate = (np.stack([x, y], axis=1) * np.tile(velocity, (20, 1))).sum(axis=1) / d
    rate = np.concatenate([rate + g.normal(0.0, 5.0, len(rate)), g.uniform(-300.0, 300.0, len(false))])
    radar = np.where(g.random(len(table)) < 0.2, 1, 0)
    order = g.permutation(len(table))
    return Plots(*table.T[:1], radar, *table.T[1:], range_rate=rate).rows(order)


def test_stepwise_is_what_ships_called_tick_by_tick():
    """The tracks and partners of one call of the tracker that ships, to rounding; on either earth."""
    for earth in ("sphere", "wgs84"):
        given, config = flown(), Config(tick=1.0)
        until = given.t.min() + 84.0
        whole = Tracker(SITES, config, earth).process(given, until=until)
        steps = Stepwise(Maker("t", Tracker), SITES, config, earth).process(given, until=until)
        assert len(whole) > 100 and np.array_equal(whole.partner, steps.partner)
        assert np.array_equal(whole.number, steps.number)
        np.testing.assert_allclose(whole.t, steps.t, atol=1e-9)
        np.testing.assert_allclose(whole.x, steps.x, atol=1e-4)


def test_stepwise_hands_over_places_and_what_was_measured():
    seen = []

    class Looks(Still):
        def process(self, plots, until):
            seen.append((until, plots))
            return super().process(plots, until)

    given = flown()
    stepwise, begin = Stepwise(Maker("t", Looks), SITES, Config(tick=1.0)), given.t.min() - 1.0
    edges = [begin, begin + 20.0, begin + 60.0, begin + 90.0]
    for low, high in itertools.pairwise(edges):
        stepwise.process(given.rows((given.t > low + 1e-9) & (given.t <= high + 1e-9)), high)
    assert len(seen[0][1]) == 0, "time begins"
    assert np.allclose(np.diff([t for t, _ in seen]), 1.0), "then one call a tick"
    assert sum(len(p) for _, p in seen) == len(given)
    for until, p in seen[1:]:
        assert p.pointed.all() and (np.diff(p.t) >= 0.0).all() and np.isfinite(p.range).all()
        assert ((p.t > until - 1.0 - 1e-9) & (p.t <= until + 1e-9)).all()
