"""A posture in words, and what two postures differ in."""

from __future__ import annotations

import itertools

import pytest

from openiads.errors import UsageError
from openiads.scenario.describe import diff, show, used_evidence
from openiads.scenario.links import links_of
from openiads.scenario.load import load
from openiads.scenario.phrasing import duration
from tests import builders


@pytest.fixture(scope="module")
def turkey():
    return load("turkey-2019")


def test_every_posture_can_be_shown(turkey) -> None:
    texts = {p: show(turkey, p) for p in turkey.postures}
    assert len(set(texts.values())) == len(texts)
    for posture, text in texts.items():
        assert posture in text and turkey.postures[posture].title in text
        assert turkey.summary.strip().splitlines()[0] in text
        for name in [r.name for r in turkey.radars] + [u.name for u in turkey.fire_units]:
            assert name in text


def test_show_says_when_the_system_emits(turkey) -> None:
    def said(posture: str) -> str:
        return next(line for line in show(turkey, posture).splitlines() if "Emission:" in line).strip()

    assert {p: said(p).removeprefix("Emission: it ") for p in turkey.postures} == {
        "sealed": "never emits.", "custody-elsewhere": "never emits.",
        "installed-cold": "emits only when a threat is reported.",
        "test-only": "emits on 10 announced days a year.",
        **{p: "emits 30 % of the time." for p, x in turkey.postures.items() if x.emits == "duty-cycle"},
    }  # fmt: skip


def test_show_says_which_links_are_open(turkey) -> None:
    for posture in turkey.postures:
        text = show(turkey, posture)
        opened = {x.name for x in links_of(turkey, posture)}
        for link in turkey.links:
            if link.role != "fixed":
                assert (f"{link.name}: closed" in text) == (link.name not in opened)


def test_show_says_what_is_not_there() -> None:
    alone = load("s400-alone")
    assert "[taken away]" not in show(alone, "complete")
    text = show(alone, "no-launchers")
    assert [line.split(":")[0].strip() for line in text.splitlines() if "[taken away]" in line] == [
        "battalion-north", "battalion-south",
    ]  # fmt: skip
    assert show(load("turkey-2019"), "standalone").count("[comes with the second batch]") == 7
    assert "second batch" not in show(load("turkey-2019", {"batches": "2"}), "standalone")
    assert "[elsewhere]" in show(load("turkey-2019"), "custody-elsewhere")


def test_show_prints_numbers_in_readers_units(turkey) -> None:
    text = show(turkey, "standalone")
    assert "390 km against 4 m2" in text and "32 rounds ready" in text and "every 90 days" in text


def test_a_posture_does_not_differ_from_itself(turkey) -> None:
    assert all(diff(turkey, p, p) == [] for p in turkey.postures)


def test_any_two_postures_differ_and_both_are_named(turkey) -> None:
    for p, q in itertools.combinations(turkey.postures, 2):
        sentences = diff(turkey, p, q)
        assert sentences, (p, q)
        assert all(p in s and q in s and s.endswith(".") for s in sentences)
        assert len(diff(turkey, q, p)) == len(sentences)


def test_diff_names_what_differs_and_nothing_else(turkey) -> None:
    assert [s.split(":")[0] for s in diff(turkey, "standalone", "one-way-out")] == ["Feeds", "Link system-tracks-out"]
    assert [s.split(":")[0] for s in diff(turkey, "filtered-two-way", "full-links")] == [
        "Feeds", "Support", "Link support-link", "Link national-picture-in", "Link system-tracks-out", "Link order-link",
    ]  # fmt: skip


def test_diff_names_parts_that_are_taken_away() -> None:
    assert diff(load("s400-alone"), "complete", "no-engagement-radar") == [
        "Parts: in no-engagement-radar engagement-north and engagement-south are taken away; not in complete."
    ]


def test_unknown_postures_are_refused(turkey) -> None:
    with pytest.raises(UsageError, match="no posture 'sealled'; did you mean 'sealed'"):
        show(turkey, "sealled")
    with pytest.raises(UsageError, match="no posture 'x'"):
        diff(turkey, "sealed", "x")


def test_evidence_is_that_of_the_classes_in_use() -> None:
    paths = {path for path, *_ in used_evidence(load("s400-alone"))}
    assert "library.radars.92n6e-class.range" in paths
    assert not any("rat-31dl" in path or "airliner" in path for path in paths)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0 s"), (0.5, "0.5 s"), (59.0, "59 s"), (360.0, "6 min"), (86400.0, "1 day"), (7776000.0, "90 days")],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_show_says_what_can_be_lost_and_what_then_stops() -> None:
    def said(component: str, **rest: object) -> str:
        assets = [
            *builders.BASE["assets"],
            {"name": "part", "title": "a part", "component": component, "hits_to_kill": 2},
        ]
        return show(builders.scenario(assets=assets, **rest), "on")

    assert "eye, after 2 hits: never emits again, its tracks fade; unit can not fire" in said("eye")
    assert "unit, after 2 hits: hit by hit it loses launchers" in said("unit")
    assert "eye reports to nobody; unit is without orders; the others shoot by the rules as before" in said("post")
    assert "part: a part, the fire unit unit, value 1, destroyed by 2 hits" in said("unit")
    assert "What can be lost" not in show(builders.scenario(), "on")


def test_show_says_what_threats_carry_and_do() -> None:
    bearer = {"releases": 4, "weapon": "one-way-drone", "release_distance_km": 40.0, "interval_s": 30.0, "hit_probability": 0.5,
              "debris_km": 2.0, "debris_probability": 0.1}  # fmt: skip
    text = show(builders.scenario(library={"bodies": {"raider": bearer}}), "on")
    assert "from 40 km on it releases 4 one-way drone class, one every 30 s, at its own target" in text
    assert "hits with 0.5, its debris with 0.1 within 2 km" in text


def test_readiness_is_that_of_the_state_or_the_postures_own(turkey) -> None:
    assert "Readiness: it is on standby and needs 5 min from the order" in show(turkey, "standalone")
    assert "Readiness: it is sealed and needs 2 days from the order" in show(turkey, "sealed")
    assert "Readiness: it needs 30 days from the order" in show(turkey, "custody-elsewhere")
