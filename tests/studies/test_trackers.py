"""A tracker of one's own against the one that ships: the same luck, honest scores, and a study that says which it was."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import openiads as oi
from openiads.engine import motion
from openiads.errors import UsageError
from openiads.running import ticks_of
from openiads.studies.picture import CUTOFF, Watch
from openiads.studies.statistics import mean_t
from openiads.studies.trackers import Comparison, compare_trackers
from openiads.tracking import Tracker
from tests import builders
from tests.oracles.metrics import gospa
from tests.test_loop import SHIPPED, nothing

PEACE = {"hostile_time_s": 0.001}  # nothing accuses anybody, so nobody is shot at


class Strict(Tracker):
    """What ships with a gate so narrow that it loses what it follows."""

    def __init__(self, radars, config):
        super().__init__(radars, replace(config, gate=4.0))


def against(tracker, replications=6, **rest):
    return compare_trackers(oi.load("s400-alone"), "complete", "raid", tracker, replications, **rest)


@pytest.fixture(scope="module")
def same() -> Comparison:
    return against(SHIPPED)


@pytest.fixture(scope="module")
def strict() -> Comparison:
    return against(Strict)


def test_what_ships_against_itself_differs_in_nothing(same):
    assert same.tracker == SHIPPED and same.complete and same.replications == 6
    for figure, values in same.built_in.items():
        assert np.array_equal(values, same.own[figure], equal_nan=True), figure
    assert (same.built_in["rounds"] > 0).all() and len(set(same.built_in["rounds"])) > 1
    assert all(line[3].startswith("+0") or line[1] == "-" for line in same.lines())


def test_a_worse_tracker_shows_in_the_picture_and_in_the_battle(same, strict):
    for figure, values in strict.built_in.items():
        assert np.array_equal(values, same.built_in[figure], equal_nan=True), "the same luck"
    assert strict.difference("gospa").low > 0.0 and strict.difference("completeness").high < 0.0
    assert strict.difference("leakers").estimate > 0.0
    gaps = strict.own["gospa"] - strict.built_in["gospa"]
    assert strict.difference("gospa") == mean_t(gaps)
    assert strict.lines()[0][3].endswith("↑") and "[" in strict.lines()[0][3]


def test_a_flagship_replication_has_every_node():
    found = compare_trackers(oi.load("turkey-2019"), "full-links", "raid", SHIPPED, 1, duration=60.0)
    nodes = {f.removeprefix("gospa ") for f in found.own if f.startswith("gospa ")}
    assert nodes == {"s400", "national", "nato", "awacs", "patriot"}
    assert found.own["gospa"][0] == pytest.approx(np.mean([found.own[f"gospa {n}"][0] for n in nodes]))


def watched(sim, ticks, make=None):
    from openiads.tracking.own import find_tracker

    live, watch = ticks_of(sim, find_tracker(make) if make else None), Watch(sim)
    kept = []
    for i in range(ticks):
        live(i, 1)
        watch.look(float(i), i + 1.0)
        if (i + 1) % 10 == 0:
            s = sim.state
            flying = s.truth.status == motion.FLYING
            firm = s.tracks.status[0] == 2
            kept.append((s.truth.pos[flying].copy(), s.tracks.x[0, firm, :3].copy()))
    return watch, kept


def small():
    """Six bodies that one radar sees all the time; none is shot at, since nothing accuses them."""
    s = builders.scenario(doctrine=PEACE)
    return builders.simulation(s, [builders.inbound(s, f"r{i}", i, 90e3, 30e3) for i in range(6)])


def test_gospa_is_that_of_the_definition():
    """Oracle: the metric in full tables, on the bodies and tracks of every tenth second, at sea level."""
    watch, kept = watched(small(), 60)

    def level(x):
        return x * (6_371_008.8 / np.linalg.norm(x, axis=1, keepdims=True))

    expected = [gospa(level(truth), level(tracks), CUTOFF, 1.0) for truth, tracks in kept]
    assert len(expected) == 6 and min(map(len, kept[-1])) == 6
    assert watch.scores()["gospa"] == pytest.approx(np.mean(expected), rel=1e-9)


def blind(sim):
    """Scores of a tracker that sees nothing, over a minute."""
    return watched(sim, 60, type("Nothing", (Tracker,), {"process": nothing}))[0].scores()


def test_no_tracker_is_blamed_for_what_nobody_reports():
    """A body behind the limb does not count; one that a radar reports no more, until a track of it would end."""
    s = builders.scenario(doctrine=PEACE)
    near, far = builders.inbound(s, "near", 0.0, 60e3, 30e3), builders.inbound(s, "far", 1.0, 500e3, 400e3, height=50.0)
    sim = builders.simulation(s, [near, far])
    scores = watched(sim, 60)[0].scores()
    assert scores["completeness"] > 80.0 and scores["false"] == 0.0
    sim = builders.simulation(s, [near, far])
    scores = blind(sim)
    assert scores["completeness"] == 0.0 and math.isnan(scores["false"]) and math.isnan(scores["error"])
    assert scores["gospa"] == pytest.approx(CUTOFF / 2.0), "one missed body in every frame"
    off = [{**builders.BASE["radars"][0], "silence": [{"from_min": 0.32, "to_min": 2.0}]}]  # after 19 s
    s = builders.scenario(doctrine=PEACE, radars=off)
    scores = blind(builders.simulation(s, [near]))
    assert scores["gospa"] == pytest.approx(CUTOFF / 2.0 * 2.0 / 6.0), "at 10 and at 20 s, of six"


def test_one_that_nobody_sees_has_no_score():
    s = builders.scenario()
    sim = builders.simulation(s, [builders.inbound(s, "far", 1.0, 500e3, 400e3, height=50.0)])
    scores = watched(sim, 20)[0].scores()
    assert scores["gospa"] == 0.0 and math.isnan(scores["completeness"])


def test_every_replication_is_written(strict, tmp_path):
    strict.save(tmp_path / "out")
    rows = (tmp_path / "out" / "comparison.csv").read_text(encoding="utf-8").splitlines()
    assert rows[0].startswith("replication,tracker,gospa,") and len(rows) == 1 + 2 * 6
    assert rows[1].startswith("0,built-in,") and rows[2].startswith("0,tests.studies.test_trackers:Strict,")
    with pytest.raises(oi.OutputError, match="not empty"):
        strict.save(tmp_path / "out")


def test_one_that_is_stopped_keeps_what_is_whole():
    def stop(done, total):
        if done >= 3.0:
            raise KeyboardInterrupt

    found = against(SHIPPED, progress=stop, duration=40.0)
    assert (found.complete, found.replications, len(found.own["gospa"])) == (False, 1, 1)
    assert not any("[" in line[3] for line in found.lines()), "no interval from one replication"


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ({"replications": 0}, "replications = 0"), ({"duration": 0.0}, "duration = 0.0 s must be above 0"),
        ({"duration": math.nan}, "duration = nan"), ({"seed": -1}, "seed = -1"), ({"stratum": 3}, "window = 3"),
        ({"tracker": "nowhere_at_all:T"}, "no module 'nowhere_at_all'"),
    ],
)  # fmt: skip
def test_bad_input(rest, said):
    with pytest.raises(UsageError, match=said):
        against(**{"tracker": SHIPPED, "replications": 1, **rest})


def test_a_study_with_what_ships_in_its_own_place_has_the_same_digest(tmp_path):
    asked = {"replications": 1, "postures": ["complete"]}
    stage, own = oi.study("s400-alone", **asked), oi.study("s400-alone", **asked, tracker=SHIPPED)
    assert own.summary["digest"] == stage.summary["digest"]
    assert (stage.summary["tracker"], own.summary["tracker"]) == ("built-in", SHIPPED)
    own.save(tmp_path / "s")
    text = (tmp_path / "s" / "report.html").read_text(encoding="utf-8")
    assert f"tracker {SHIPPED}" in text and f"--tracker {SHIPPED}" in text
