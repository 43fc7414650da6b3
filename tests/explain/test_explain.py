"""Why a body got through or was shot at: the chain is what the record says, and a change counts only if the end differs."""

from __future__ import annotations

import copy
import subprocess
import sys

import numpy as np
import pytest

import openiads as oi
from openiads.errors import RecordError, UsageError
from openiads.explain import chain, draw, otherwise
from openiads.explain.chain import TABLES, bodies_to_explain, require
from openiads.explain.otherwise import conditions
from openiads.record import Run


@pytest.fixture(scope="module")
def blind():
    """A raid on the system that may not shoot at what it has not been told: salvos of nothing, so that some get through."""
    sets = {"doctrine.control_status": "tight", "library.missiles.48n6e3-class.pk_cruise": "0"}
    return oi.run(oi.load("s400-alone", sets), posture="complete", vignette="raid", seed=1)


def test_everyone_who_got_through_is_explained(blind):
    events = blind.tables["events"]
    leakers = sorted(events["subject"][events["event"] == "leaker"].tolist())
    assert leakers and sorted(bodies_to_explain(blind)) == leakers
    for body in leakers:
        found = chain(blind, body)
        times = [link.t for link in found.links]
        assert found.fate == "leaker" and found.side == "hostile" and times[:-1] == sorted(times[:-1])
        assert found.links[-1].kind == "end" and body in found.links[-1].text
        assert found.stage in ("seen", "identity", "assignment", "authority", "launch", "kill") and found.broke
        fired = int((blind.tables["engagements"]["body_name"] == body).sum())
        assert sum(link.kind == "launch" for link in found.links) >= fired
        assert (found.stage == "kill") == (fired > 0)


@pytest.mark.parametrize(
    ("sets", "why"),
    [
        ({"doctrine.method": "centralised"}, "who must be asked can not be reached"),
        ({"doctrine.control.around-il-20.status": "hold", "doctrine.control.around-il-20.radius_km": "400"}, "weapons are on hold there"),
        ({"library.missiles.s-200-class.range_max_km": "20"}, "no fire unit can meet it inside its envelope"),
    ],
    ids=["contact", "hold", "reach"],
)  # fmt: skip
def test_a_hostile_that_nobody_engages_says_why(sets, why):
    run = oi.run(oi.load("il20-2018", sets), posture="as-it-was", vignette="raid", seed=1)
    found = [chain(run, body) for body in bodies_to_explain(run)]
    assert any(c.broke == f"it was declared hostile, and not engaged: {why}" for c in found)
    assert all(x.t <= c.links[-1].t for c in found for x in c.links if x.kind == "not_engaged")


def test_an_empty_magazine_is_named_and_more_rounds_are_offered():
    run = oi.run(oi.load("two-systems"), posture="apart", vignette="raid", seed=1)
    found = [chain(run, body) for body in bodies_to_explain(run)]
    empty = [c for c in found if c.broke.endswith("those who could meet it have no round left")]
    assert empty
    trials = {t.words: t for t in otherwise(run, empty[-1])}
    assert trials["twice as many launchers, with their rounds"].changed


@pytest.mark.parametrize("missing", TABLES)
def test_a_record_that_is_not_whole_is_refused(blind, missing):
    cut = Run(blind.meta, {k: t for k, t in blind.tables.items() if k != missing}, blind.scenario)
    with pytest.raises(RecordError, match=f"the record lacks {missing}.parquet; run it again"):
        require(cut)


@pytest.mark.parametrize(("key", "value"), [("posture", "nope"), ("seed", "x"), ("duration_s", None)])
def test_a_record_whose_head_was_changed_is_refused(blind, key, value):
    with pytest.raises(RecordError, match="the record lacks"):
        require(Run(blind.meta | {key: value}, blind.tables, blind.scenario))


def test_a_record_that_lives_through_another_run_is_told(blind):
    body = next(b for b in bodies_to_explain(blind) if b.startswith("cruise") and chain(blind, b).stage == "kill")
    table = copy.deepcopy(blind.scenario)
    table["library"]["missiles"]["48n6e3-class"]["pk_cruise"] = 1
    with pytest.raises(UsageError, match="meets another end than the record says"):
        otherwise(Run(blind.meta, blind.tables, table), chain(blind, body))


def test_what_would_have_changed_it(blind):
    """Rounds that can not kill missiles let them through; with rounds that kill what they find, the same missile dies."""
    body = next(b for b in bodies_to_explain(blind) if b.startswith("cruise") and chain(blind, b).stage == "kill")
    trials = {t.words: t for t in otherwise(blind, chain(blind, body))}
    sure = trials["every round kills what it finds"]
    assert sure.changed and sure.fate == "is shot down"
    assert not trials["twice as many channels"].changed
    assert all(t.fate == "gets through" for t in trials.values() if not t.changed)


def test_a_condition_that_holds_already_is_no_change():
    table = oi.load("s400-alone").table
    words = [w for w, _ in conditions(table, "complete", "leaker", "cruise", "cruise-missile")]
    assert not any("without asking" in w for w in words), "it does not ask anyway"
    assert not any("radiates" in w for w in words)
    wrong = [w for w, _ in conditions(table, "complete", "wrong shot", "aircraft", "")]
    assert "weapons on hold" in wrong and "it asks in the modes that friends answer" in wrong


def test_who_is_not_asked_about(blind):
    with pytest.raises(UsageError, match="no body 'nobody' in this run; leakers and wrong shots: "):
        chain(blind, "nobody")
    events = blind.tables["events"]
    killed = str(events["object"][events["event"] == "kill"][0])
    with pytest.raises(UsageError, match="neither a leaker nor a wrong shot"):
        otherwise(blind, chain(blind, killed))
    with pytest.raises(UsageError, match="run it again"):
        otherwise(Run(blind.meta, blind.tables), chain(blind, bodies_to_explain(blind)[0]))


def test_a_record_carries_its_scenario_and_comes_back(blind, tmp_path):
    blind.save(tmp_path / "run")
    back = Run.load(tmp_path / "run")
    assert back.scenario == blind.scenario and back.scenario["doctrine"]["control_status"] == "tight"
    body = bodies_to_explain(back)[0]
    assert chain(back, body) == chain(blind, body)
    draw(chain(back, body), tmp_path / "why.png")
    assert (tmp_path / "why.png").read_bytes()[:4] == b"\x89PNG" and (tmp_path / "why.png").stat().st_size > 5000
    again = oi.run(oi.load("s400-alone"), posture="complete", vignette="raid", seed=1, duration=60.0)
    assert np.array_equal(again.tables["bodies"]["name"], back.tables["bodies"]["name"])


def test_the_command(blind, tmp_path):
    blind.save(tmp_path / "run")

    def ask(*words):
        return subprocess.run([sys.executable, "-m", "openiads.cli", "explain", *words], cwd=tmp_path, capture_output=True, text=True, check=False)  # fmt: skip

    listed = ask("run")
    body = bodies_to_explain(blind)[0]
    assert listed.returncode == 0 and body in listed.stdout
    told = ask("run", "--body", body, "--picture", "why.svg", "--no-otherwise")
    assert told.returncode == 0 and f"=> {chain(blind, body).broke}" in told.stdout and (tmp_path / "why.svg").exists()
    for words, said in (
        (["nowhere"], "no readable run"), (["run", "--body", "x"], "no body 'x'"),
        (["run", "--body", body, "--picture", "why.txt", "--no-otherwise"], "accepted endings"),
    ):  # fmt: skip
        wrong = ask(*words)
        assert wrong.returncode == 2 and said in wrong.stderr and len(wrong.stderr.splitlines()) == 1
