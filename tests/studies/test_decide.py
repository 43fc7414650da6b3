"""Verdicts, intersections and concessions on summaries written by hand; what is off is refused in one line."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openiads.errors import RecordError, ScenarioError, UsageError
from openiads.record import write_tables
from openiads.scenario.load import load
from openiads.studies.decide.decision import decide
from openiads.studies.decide.judge import Concession, concession, judge, judgements, kept, smallest, verdict
from openiads.studies.decide.limits import Limit, load_limits, read_limits, require
from openiads.studies.decide.picture import draw
from openiads.studies.decide.words import lines
from openiads.studies.metrics import left_out, metrics
from tests.test_cli import openiads

POSTURES = ("closed", "half", "open")


def cell(estimate, low=None, high=None, reason=None):
    return {"estimate": estimate, "low": low, "high": high, "n": 20, "reason": reason, "difference": None}


def summary(**kind):
    """Leakers: 9, 5, 2 within 1 either way. What leaves: 0, 10, 40 within 5. Losses: undefined while it is closed."""
    return {
        "scenario": "small", "digest": "0", "complete": True, **kind,
        "metrics": {
            "D3": {"unit": "threats", "postures": {"closed": cell(9, 8, 10), "half": cell(5, 4, 6), "open": cell(2, 1, 3)}},
            "X1": {"unit": "h", "postures": {"closed": cell(0, 0, 0), "half": cell(10, 5, 15), "open": cell(40, 35, 45)}},
            "F1": {"unit": "", "postures": {
                "closed": cell(None, reason="no transits"), "half": cell(1, None, None, "0 in all but 1"), "open": cell(2, 1, 3),
            }},
        },
    }  # fmt: skip


def limits(**bounds):
    """One actor for each name: owner={"D3": ("most", 6)}."""
    return read_limits(
        {
            "title": "a test",
            "actor": [
                {"name": n, "title": n, "limits": [{"metric": m, side: value} for m, (side, value) in b.items()]}
                for n, b in bounds.items()
            ],
        },
        "test",
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "summary.json").write_text(json.dumps(summary()), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("bound", "given", "inside", "decided"),
    [
        ({"most": 6.0}, cell(5, 4, 6), True, True),
        ({"most": 5.5}, cell(5, 4, 6), True, False),
        ({"most": 4.5}, cell(5, 4, 6), False, False),
        ({"most": 3.0}, cell(5, 4, 6), False, True),
        ({"least": 3.0}, cell(5, 4, 6), True, True),
        ({"least": 7.0}, cell(5, 4, 6), False, True),
        ({"most": 6.0}, cell(5), True, False),
        ({"most": 6.0}, cell(None), None, False),
        ({"most": 6.0, "undefined": "accepted"}, cell(None), True, True),
        ({"most": 6.0, "undefined": "refused"}, cell(None), False, True),
        ({"most": 6.0, "undefined": "accepted"}, {**cell(None), "unlimited": ["estimate", "low", "high"]}, False, True),
        ({"most": 6.0, "undefined": "accepted"}, {**cell(None, 5), "unlimited": ["estimate", "high"]}, False, False),
        ({"most": 6.0}, {**cell(7, 7), "unlimited": ["high"]}, False, True),
        ({"least": 6.0}, {**cell(7, 7), "unlimited": ["high"]}, True, True),
    ],
)
def test_a_bound_is_decided_where_the_whole_interval_lies_on_one_side(bound, given, inside, decided):
    found = judge("a", Limit(metric="m", **bound), given)
    assert (found.inside, found.decided) == (inside, decided)


def test_accepted_needs_every_bound_and_one_decidedly_broken_refuses():
    owner = limits(owner={"D3": ("most", 6.5), "X1": ("most", 12)})
    words = {p: verdict(judgements(owner, summary()["metrics"], p)) for p in POSTURES}
    assert words == {"closed": "refused", "half": "undecided", "open": "refused"}
    assert verdict(judgements(limits(owner={"D3": ("most", 6.5)}), summary()["metrics"], "half")) == "accepted"


def test_the_intersection_is_what_all_accept(folder):
    found = decide(folder, limits(owner={"D3": ("most", 7)}, ally={"X1": ("most", 20)}))
    assert [p for p, a in found["all"].items() if a["inside"]] == ["half"]
    assert found["all"]["half"]["verdict"] == "accepted" and found["smallest"] is None and found["draws"] is None


def test_the_smallest_concession_moves_the_fewest_bounds_and_then_the_least(folder):
    """closed: D3 from 3 to 9 (200 %); half: D3 to 5 (67 %) and X1 from 8 to 10; open: X1 from 8 to 40 (400 %)."""
    found = decide(folder, limits(owner={"D3": ("most", 3)}, ally={"X1": ("most", 8)}))
    assert found["smallest"]["posture"] == "closed"
    (move,) = found["smallest"]["moves"]
    assert (move["actor"], move["metric"], move["to"], move["by"]) == ("owner", "D3", 9.0, 6.0)
    assert move["share"] == pytest.approx(2.0)
    assert [c["posture"] for c in found["concessions"]] == ["closed", "open", "half"]
    text = "\n".join(lines(found))
    assert (
        "no posture" in text
        and "closed, if owner moves D3 from at most 3 to 9 threats (by 6, 200 % of the bound)" in text
    )


def test_what_has_no_limit_is_said_to_have_none(tmp_path):
    """It is over every bound, so neither undefined nor open to a concession."""
    table = summary()
    table["metrics"]["F1"]["postures"]["closed"] = {
        **cell(None, 5, reason="no limit: it records itself"),
        "unlimited": ["estimate", "high"],
    }
    (tmp_path / "summary.json").write_text(json.dumps(table), encoding="utf-8")
    found = decide(tmp_path, limits(pilots={"F1": ("most", 0.5)}), ["closed"])
    text = "\n".join(lines(found))
    assert "F1 no limit: it records itself" in text and "F1 undefined" not in text
    assert found["smallest"] is None and "has no limit" in text
    assert found["actors"][0]["postures"]["closed"]["bounds"][0]["unlimited"] == ["estimate", "high"]


def test_a_bound_of_nothing_moves_without_a_share_and_comes_last(folder):
    found = decide(folder, limits(ally={"X1": ("most", 0), "D3": ("most", 8)}))
    assert found["smallest"]["posture"] == "closed"
    other = next(c for c in found["concessions"] if c["posture"] == "open")
    assert other["moves"][0]["share"] is None and "from nothing" in "\n".join(lines(found))
    json.dumps(found, allow_nan=False)


def test_an_undefined_metric_has_no_concession_and_says_why(folder):
    found = decide(folder, limits(pilots={"F1": ("most", 0.5)}), ["closed"])
    assert found["concessions"] == [] and found["smallest"] is None
    text = "\n".join(lines(found))
    assert "F1 undefined (no transits)" in text and "undefined = …" in text


CELLS = st.fixed_dictionaries({"estimate": st.floats(-100, 100), "low": st.none(), "high": st.none()})
LIMIT = st.builds(
    lambda side, value: Limit(metric="m", **{side: value}), st.sampled_from(["most", "least"]), st.floats(-100, 100)
)


@given(st.lists(st.tuples(LIMIT, CELLS), min_size=1, max_size=4))
def test_after_its_concession_a_posture_is_inside_and_no_bound_moved_in_vain(pairs):
    found = concession("p", [judge("a", limit, given) for limit, given in pairs])
    assert found is not None
    moved = {id(m.limit): m for m in found.moves}
    for limit, shown in pairs:
        assert (id(limit) in moved) == (not limit.inside(shown["estimate"]))
        after = limit.moved(moved[id(limit)].to) if id(limit) in moved else limit
        assert after.inside(shown["estimate"])


def test_smallest_is_by_count_before_share():
    one = concession("one", [judge("a", Limit(metric="m", most=1.0), cell(50))])
    two = concession("two", [judge("a", Limit(metric="m", most=1.0), cell(1.1)) for _ in range(2)])
    assert one is not None and two is not None
    assert smallest([two, one]) is one and smallest([]) is None
    assert Concession("none", []).size == (0, 0.0)


def over(tmp_path, values):
    """A parameter box of four draws: leakers and what leaves in the three postures."""
    (tmp_path / "results").mkdir()
    (tmp_path / "summary.json").write_text(json.dumps(summary(kind="robustness")), encoding="utf-8")
    table = {"draw": np.repeat(np.arange(4.0), 3), "posture": np.tile(POSTURES, 4)}
    write_tables(tmp_path / "results", {"values": table | {k: np.array(v, float).ravel() for k, v in values.items()}})
    return tmp_path


def test_shares_of_draws_before_and_after_the_concession(tmp_path):
    box = over(
        tmp_path,
        {"D3": [[9, 5, 2], [9, 2, 1], [8, 6, 5], [9, 7, 6]], "X1": [[0, 10, 40], [0, 8, 40], [0, 9, 50], [0, 20, 60]]},
    )
    found = decide(box, limits(owner={"D3": ("most", 3)}, ally={"X1": ("most", 8)}))
    draws = found["draws"]
    assert draws["nonempty"]["estimate"] == 0.25 and draws["all"]["half"]["estimate"] == 0.25, "the second draw alone"
    assert found["smallest"]["posture"] == "closed" and draws["after_concession"]["estimate"] == 1.0, "D3 up to 9"
    assert draws["actors"]["ally"]["closed"]["estimate"] == 1.0 and draws["nonempty"]["n"] == 4
    assert draws["nonempty"]["low"] < 0.25 < draws["nonempty"]["high"]
    only = decide(box, limits(owner={"D3": ("most", 3)}), ["open"])
    assert list(only["draws"]["all"]) == ["open"] and only["draws"]["nonempty"]["estimate"] == 0.5


def test_undefined_in_a_draw_is_kept_only_where_the_limit_says_so():
    columns = {"m": np.array([[1.0, math.nan]])}
    for undefined, expected in ((None, [True, False]), ("refused", [True, False]), ("accepted", [True, True])):
        actor = read_limits(
            {"title": "t", "actor": [{"name": "a", "title": "a", "limits": [
                {"metric": "m", "most": 2.0} | ({"undefined": undefined} if undefined else {})]}]}, "t",
        ).actor[0]  # fmt: skip
        assert kept(actor, columns)[0].tolist() == expected


def test_the_shipped_example_says_that_it_is_invented_and_fits_the_flagship():
    example = load_limits("example")
    assert "invented" in example.title and all("invented" in a.title for a in example.actor)
    scenario = load("turkey-2019")
    lines_of = metrics(scenario, tuple(scenario.vignettes))
    require(example, {m.id: {"unit": m.unit} for m in lines_of})


@pytest.mark.parametrize(
    ("limit", "says"),
    [
        ({"metric": "D3"}, "state one bound"),
        ({"metric": "D3", "most": 1, "least": 0}, "state one bound"),
        ({"metric": "D3", "most": "few"}, "must be a number"),
        ({"metric": "D3", "most": math.inf}, "must be a finite number"),
        ({"metric": "D3", "mots": 1}, "did you mean 'most'"),
        ({"metric": "D3", "most": 1, "undefined": "good"}, "accepted"),
    ],
)
def test_wrong_limits_are_refused_with_their_place(limit, says):
    with pytest.raises(ScenarioError, match=r"mine\.toml: actor\.owner\.limits") as error:
        read_limits({"title": "t", "actor": [{"name": "owner", "title": "o", "limits": [limit]}]}, "mine.toml")
    assert says in str(error.value)


def test_wrong_names_and_units_are_refused_all_at_once(folder):
    wrong = read_limits(
        {"title": "t", "actor": [{"name": "a", "title": "a", "limits": [
            {"metric": "D33", "most": 1}, {"metric": "D3", "most": 1, "unit": "km"}]}]}, "t",
    )  # fmt: skip
    with pytest.raises(UsageError) as error:
        decide(folder, wrong)
    assert "did you mean 'D3'" in str(error.value) and "has the unit 'threats' (given: 'km')" in str(error.value)
    with pytest.raises(UsageError, match="did you mean 'half'"):
        decide(folder, limits(a={"D3": ("most", 1)}), ["halv"])
    with pytest.raises(ScenarioError, match="defined twice"):
        actor = {"name": "a", "title": "a", "limits": [{"metric": "D3", "most": 1}]}
        read_limits({"title": "t", "actor": [actor, actor]}, "t")


def test_a_vignette_that_was_not_run_is_one_line_for_all_its_metrics(tmp_path):
    """The shipped limits ask for raids and peace; each that is missing is named once, with what to run."""
    example = load_limits("example")
    turkey = load("turkey-2019")
    for lived, names in (("raid", "C1.allied, C2, X1.sent and X2"), ("peace", "D1.24h, D3.24h and F1.24h")):
        kept = {m.id: {"unit": m.unit, "postures": {"closed": cell(0)}} for m in metrics(turkey, (lived,))}
        missing = left_out(turkey, (lived,))
        (kind,) = missing
        text = json.dumps(summary() | {"scenario": "turkey-2019", "metrics": kept, "left_out": missing})
        (tmp_path / "summary.json").write_text(text, encoding="utf-8")
        with pytest.raises(UsageError) as error:
            decide(tmp_path, example)
        assert str(error.value) == (
            f"limits on {names} need vignette {kind}, which was not run; run 'turkey-2019' again with it in --vignettes, "
            "or without that option"
        )
        assert not set(missing[kind]["metrics"]) & set(kept)
    alone = load("s400-alone")
    with pytest.raises(UsageError, match="'s400-alone' has none; add one"):
        require(limits(a={"X2": ("most", 1)}), {}, left_out(alone, tuple(alone.vignettes)), "s400-alone")
    assert left_out(turkey, tuple(turkey.vignettes)) == {}


def test_a_study_keeps_what_it_left_out():
    from openiads.studies.study import study

    kept = study(load("s400-alone"), replications=1, postures=["complete"]).summary["left_out"]
    assert list(kept) == ["peace"] and "C1.hours" in kept["peace"]["metrics"] and kept["peace"]["vignettes"] == []


def test_a_folder_that_no_study_wrote_is_refused(tmp_path):
    with pytest.raises(RecordError, match="openiads study or openiads robustness"):
        decide(tmp_path, limits(a={"D3": ("most", 1)}))
    (tmp_path / "summary.json").write_text('{"metrics": {}}', encoding="utf-8")
    with pytest.raises(RecordError, match="openiads study or openiads robustness"):
        decide(tmp_path, limits(a={"D3": ("most", 1)}))


def test_the_picture_is_the_same_twice_and_shows_every_posture(folder, tmp_path):
    found = decide(folder, limits(owner={"D3": ("most", 3)}, ally={"X1": ("most", 8)}))
    draw(found, tmp_path / "one.svg")
    draw(found, tmp_path / "two.svg")
    text = (tmp_path / "one.svg").read_text(encoding="utf-8")
    assert text == (tmp_path / "two.svg").read_text(encoding="utf-8")
    assert all(p in text for p in POSTURES) and "refused" in text and "accepted" in text


def test_the_command(folder, tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text(
        'title = "mine"\n[[actor]]\nname = "owner"\ntitle = "o"\nlimits = [{ metric = "D3", most = 7 }]\n', "utf-8"
    )
    done = openiads("decide", folder, "--limits", mine, "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["all"]["half"]["verdict"] == "accepted"
    done = openiads("decide", folder, "--limits", mine, "--picture", tmp_path / "x.png")
    assert done.returncode == 0 and (tmp_path / "x.png").stat().st_size > 5000 and "half" in done.stdout
    done = openiads("decide", folder, "--limits", "exampel")
    assert done.returncode == 2 and "did you mean 'example'" in done.stderr and not done.stdout
