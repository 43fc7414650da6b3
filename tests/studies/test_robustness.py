"""A parameter box from end to end on a small scenario: tables, summary, report, an interruption, any number of workers."""

from __future__ import annotations

import json
import re
from functools import cache

import numpy as np
import pytest

from openiads.errors import OutputError, UsageError
from openiads.record import read_tables
from openiads.scenario.box import box, sets_of
from openiads.scenario.load import parse
from openiads.studies import replicate
from openiads.studies.decide.decision import decide
from openiads.studies.decide.limits import read_limits
from openiads.studies.robustness.conduct import luck, robustness
from openiads.studies.robustness.words import lines
from openiads.studies.study import study
from tests import builders
from tests.test_cli import openiads

PROOF = {"source": "assumption", "grade": "assumption"}
ON = builders.BASE["postures"]["on"]


def scenario(**changes):
    """A raid of eight on one fire unit whose rounds may be sure or not; a second posture answers late, a third never."""
    return builders.scenario(
        **builders.laid_over(
            dict(
                doctrine={"voice_delay_s": {"value": 0.0, "low": 0.0, "high": 5.0, **PROOF}},
                vignettes={
                    "raid": {"duration_min": 5.0, "threats": [{"class": "raider", "count": 8, "distance_km": 60.0}]}
                },
                postures={
                    "on": ON,
                    "late": {
                        **ON,
                        "title": "late",
                        "emits": "on-threat",
                        "ready_h": {"value": 0.03, "low": 0.01, "high": 0.06, **PROOF},
                    },
                    "never": {**ON, "title": "never", "emits": "on-threat", "ready_h": 5.0},
                },
                library={"missiles": {"round": {"pk_cruise": {"value": 0.7, "low": 0.05, "high": 0.95, **PROOF}}}},
            ),
            changes,
        )
    )


@cache
def small(workers=1, draws=24):
    return robustness(scenario(), draws=draws, replications=6, seed=4, workers=workers, compared=["D1", "D3"])


def test_every_draw_lives_every_posture_within_the_ranges():
    tables = small().tables
    assert len(tables["inputs"]["draw"]) == 24 and len(tables["values"]["draw"]) == 24 * 3
    pk = tables["inputs"]["library.missiles.round.pk_cruise"]
    assert pk.min() >= 0.05 and pk.max() <= 0.95 and len(np.unique(pk)) == 24
    assert set(small().summary["metrics"]) <= set(tables["values"])


def test_a_draw_can_be_lived_again_by_itself():
    result, inputs, i = small(), box(scenario()), 5
    values = {x.name: f"{result.tables['inputs'][x.name][i]:.6g}" for x in inputs}
    again = parse(scenario().table, "small", sets_of(inputs, values))
    alone = study(again, replications=6, seed=int(result.tables["inputs"]["seed"][i]), workers=1)
    for p, posture in enumerate(("on", "late", "never")):
        assert alone.estimate("D3", posture)["estimate"] == result.tables["values"]["D3"][3 * i + p]


def test_the_set_is_non_dominated_and_what_can_not_fire_is_not_in_it():
    pareto = small().summary["pareto"]
    assert pareto["on"]["share"]["estimate"] == 1.0 and pareto["on"]["share"]["low"] > 0.8
    assert pareto["never"]["share"]["estimate"] == 0.0
    assert 0.0 < pareto["never"]["decided"]["estimate"] < 0.5, "where hardly a round hits, six raids do not tell"
    assert all(0.0 <= row["share"]["low"] <= row["share"]["high"] <= 1.0 for row in pareto.values())


def test_the_kill_probability_drives_what_the_launchers_are_worth():
    found = small().summary["drivers"]["D3"]["never"]
    first = found["found"][0]
    assert first["input"] == "library.missiles.round.pk_cruise" and first["share"] > found["level"]
    assert first["mean"][1] > first["mean"][0] > 0.0, "the surer the rounds, the more leak without them"


def test_ranks_and_regrets_follow_from_the_values():
    result = small()
    leakers = result.tables["values"]["D3"].reshape(-1, 3)
    short = leakers[:, 2] - leakers.min(axis=1)
    cell = result.summary["regret"]["D3"]["never"]
    assert cell["estimate"] == pytest.approx(short.mean()) and cell["most"] == short.max()
    assert sum(result.summary["ranks"]["D3"]["on"]) == pytest.approx(1.0)
    assert result.summary["ranks"]["D3"]["on"][0] == pytest.approx((leakers[:, 0] == leakers.min(axis=1)).mean())


def test_the_same_bytes_for_any_number_of_workers_and_others_for_another_seed():
    assert small(workers=2).summary == small().summary
    other = robustness(scenario(), draws=2, replications=2, seed=5, workers=1)
    same = robustness(scenario(), draws=2, replications=2, seed=5, workers=3)
    third = robustness(scenario(), draws=2, replications=2, seed=6, workers=1)
    assert other.summary["digest"] == same.summary["digest"] != third.summary["digest"]


def test_in_a_demo_every_other_stratum_of_the_day_is_lived_by_turns_and_in_a_full_one_all(monkeypatch):
    real, lived = replicate.live, []

    def listed(design, unit, stop=None):
        lived.append((design.seed, unit.stratum))
        return real(design, unit, stop)

    monkeypatch.setattr(replicate, "live", listed)
    peace = {"kind": "peace", "duration_min": 2.0, "tick_s": 1.0, "windows": 3}
    for preset, first, second in (("demo", [0, 2, 4], [1, 3, 5]), ("full", [*range(6)], [*range(6)])):
        lived.clear()
        robustness(
            scenario(vignettes={"peace": peace}), preset=preset, draws=3, replications=1, vignettes=["peace"], workers=1
        )
        seeds = [luck(1, i) for i in range(3)]
        assert [[k for seed, k in lived if seed == s] for s in seeds] == [first, second, first]


def test_few_replications_decide_nothing_and_say_so():
    row = robustness(scenario(), draws=2, replications=2, workers=1).summary["pareto"]["on"]
    assert row["decided"] is None and "fewer than 5" in row["reason"]


def test_an_interrupt_keeps_the_draws_that_are_whole(monkeypatch):
    real, lived = replicate.live, []

    def interrupted(design, unit, stop=None):
        lived.append(unit)
        if len(lived) > 7:
            raise KeyboardInterrupt
        return real(design, unit, stop)

    monkeypatch.setattr(replicate, "live", interrupted)
    result = robustness(scenario(), draws=4, replications=3, workers=1)
    assert result.summary["complete"] is False and result.summary["draws"] == 2 and result.summary["planned"] == 4
    assert set(result.tables["values"]["draw"]) == {0.0, 1.0}
    lived[:] = [None] * 8
    with pytest.raises(KeyboardInterrupt):
        robustness(scenario(), draws=4, replications=3, workers=1)


def test_progress_counts_all_draws():
    seen = []
    robustness(scenario(), draws=2, replications=2, workers=1, progress=lambda done, of: seen.append((done, of)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"draws": 1}, "2 to 10,000"),
        ({"preset": "huge"}, "accepted: demo, full"),
        ({"compared": ["D33"]}, "no metric 'D33'"),
        ({"compared": ["D4.refused"]}, "no better direction"),
        ({"postures": ["off"]}, "posture"),
        ({"vary": ["sitee"]}, "no input 'sitee'"),
        ({"workers": 0}, "workers = 0"),
        ({"postures": ["on"]}, "nothing to compare it with"),
    ],
)
def test_what_is_off_is_refused_before_anything_runs(options, says):
    with pytest.raises(UsageError) as error:
        robustness(scenario(), **{"draws": 2, "replications": 1, **options})
    assert says in str(error.value)


@pytest.mark.parametrize("option", ["--vary", "--metrics", "--postures", "--vignettes"])
def test_an_empty_list_is_refused_and_means_nothing_less_than_everything(option, tmp_path):
    done = openiads("robustness", "turkey-2019", option, "", "--out", str(tmp_path / "out"))
    assert done.returncode == 2 and f"{option} '' names nothing" in done.stderr and not (tmp_path / "out").exists()


def test_a_scenario_without_ranges_says_what_to_write():
    with pytest.raises(UsageError, match="states no range"):
        robustness(builders.scenario(postures={"too": {**ON, "title": "the same"}}), draws=2)


def test_it_is_saved_as_tables_a_summary_and_a_page_without_network(tmp_path):
    small().save(tmp_path / "out")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["kind"] == "robustness" and summary["digest"] == small().summary["digest"]
    values = read_tables(tmp_path / "out" / "results", {"values"})["values"]
    assert np.array_equal(values["D3"], small().tables["values"]["D3"])
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 3 and "library.missiles.round.pk_cruise" in page
    assert not re.search(r'(src|href)="https?:', page) and "<script" not in page
    with pytest.raises(OutputError, match="not empty"):
        small().save(tmp_path / "out")


def endless():
    """The undeclared channel begins at a sensitive node: X5 has no limit where the system has power, and is 0 where not."""
    return scenario(
        nodes=[{**builders.BASE["nodes"][0], "sensitive": True}, {"name": "far", "title": "an outsider", "owner": "outside"}],
        links=[{"name": "line", "from": "post", "to": "far", "role": "undeclared", "latency_s": 1.0, "period_s": 5.0,
                "capacity": 5, "message_bits": 100.0, "availability": 0.9}],
        undeclared={"p_exists": 0.1},
        postures={"away": {**ON, "title": "away", "emits": "never", "located": "away"}},
    )  # fmt: skip


def test_what_has_no_limit_is_never_the_better_one_and_is_no_zero(tmp_path):
    result = robustness(
        endless(), draws=3, replications=5, workers=1, compared=["X5", "D4"], postures=["on", "late", "away"]
    )
    assert result.tables["values"]["X5"].tolist() == [np.inf, np.inf, 0.0] * 3
    cells, s = result.summary["metrics"]["X5"]["postures"], result.summary
    assert cells["on"]["estimate"] is None and "estimate" in cells["on"]["unlimited"]
    assert cells["on"]["reason"] == "no limit in 3 of 3 draws" and cells["away"]["estimate"] == 0.0
    assert cells["late"]["difference"]["estimate"] == 0.0 and "low" in cells["away"]["difference"]["unlimited"]
    assert s["ranks"]["X5"]["away"][0] == 1.0 and s["ranks"]["X5"]["on"][1] == 1.0
    assert s["regret"]["X5"]["away"]["most"] == 0.0 and "most" in s["regret"]["X5"]["on"]["unlimited"]
    rows = {(str(a), str(b)) for a, b, m in zip(*(result.tables["decided"][k] for k in ("better", "worse", "metric")), strict=True)
            if m == "X5"}  # fmt: skip
    assert rows == {("away", "on"), ("away", "late")}, "equal without limit: neither is the better one"
    assert s["decisions"]["X5"] == {"pairs": 9, "decided": 6, "undefined": 0}
    assert s["decisions"]["D4"]["undefined"] >= 6, "rounds per kill of a system that is away: no decision"
    assert "undefined: no decision" in "\n".join(lines(s))
    result.save(tmp_path / "out")
    json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "no limit" in page and "inf" not in re.sub(r"<svg.*?</svg>|infl|info|inform", "", page, flags=re.S)
    strict = read_limits({"title": "t", "actor": [{"name": "a", "title": "a", "limits": [
        {"metric": "X5", "most": 3, "undefined": "accepted"}]}]}, "t")  # fmt: skip
    found = decide(tmp_path / "out", strict)
    assert {p: x["verdict"] for p, x in found["all"].items()} == {
        "on": "refused",
        "late": "refused",
        "away": "accepted",
    }
    assert found["draws"]["all"]["on"]["estimate"] == 0.0 and found["draws"]["all"]["away"]["estimate"] == 1.0


def test_the_terminal_names_no_winner_and_the_driver():
    text = "\n".join(lines(small().summary))
    assert "none is called the best" in text and "library.missiles.round.pk_cruise" in text


def test_beliefs_are_weighed_afterwards_and_windows_of_peace_are_lived():
    far = {"name": "far", "title": "an outsider", "owner": "outside"}
    line = {"from": "post", "to": "far", "role": "undeclared", "latency_s": 1.0, "period_s": 5.0, "capacity": 5}
    peace = builders.scenario(
        nodes=[*builders.BASE["nodes"], far],
        links=[{**line, "name": "line", "message_bits": 100.0,
                "availability": {"value": 0.9, "low": 0.5, "high": 1.0, **PROOF}}],
        undeclared={"p_exists": {"value": 0.1, "low": 0.0, "high": 1.0, **PROOF}},
        sorties=[{"name": "patrol", "title": "a patrol", "class": "raider", "count": 3, "kind": "orbit", "owner": "nato",
                  "latitude_deg": 38.4, "longitude_deg": 34.2, "radius_km": 20.0}],
        vignettes={"peace": {"kind": "peace", "duration_min": 2.0, "tick_s": 1.0, "windows": 3}},
        postures={"on": {**ON, "duty": 0.2, "records": "in-view", "support": "visits"},
                  "seen": {**ON, "title": "always on, nothing kept", "records": "none", "support": "visits"}},
    )  # fmt: skip
    result = robustness(peace, draws=4, vignettes=["peace"], workers=1)
    assert [x["name"] for x in result.summary["inputs"]] == ["links.line.availability"]
    assert result.summary["windows"] == 3 and result.summary["replications"] == 0
    (pair,) = result.summary["beliefs"]
    assert pair["changes"]["n"] == 4 and pair["changes"]["estimate"] == 1.0, "kept at home against sent at once"
    assert 0.0 < pair["low"] <= pair["estimate"] <= pair["high"] < 1.0
