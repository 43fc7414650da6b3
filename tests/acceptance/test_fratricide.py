"""Friends shot at: how often, as replies fail and as identity is fed; through radar, tracker, links, command and fire units.

A friend comes for the depot among no raid at all. The post's own interrogator asks a mode that friends keep silent in war;
the centre's asks the one that they answer.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from openiads.engine import motion
from tests import builders

RUNS = 150
WAY = (80e3, 25e3)  # m
ASKING = {**builders.SHARP_RADAR, "iff_range_km": 300.0}


def killed(reply: float, fed: bool, asked: list[str], raiders: int = 0, tells: bool = False, **doctrine) -> np.ndarray:
    """Was the friend shot down, in each replication; the centre feeds the post, or the post tells the centre what it takes it for."""
    friend = {**builders.RAIDER, "title": "a friend", "kind": "aircraft", "speed_mps": 250.0, "iff_modes": ["5"],
              "reply_probability": reply}  # fmt: skip
    s = builders.scenario(
        nodes=[*builders.BASE["nodes"], {"name": "centre", "title": "centre", "owner": "national", "tracks": True}],
        radars=[
            {"name": "eye", "class": "own", "node": "post", "at": "site"},
            {"name": "far", "class": "centres", "node": "centre", "latitude_deg": 38.1, "longitude_deg": 34.1},
        ],
        links=[
            {"name": f"from-{x}", "from": x, "to": y, "role": "fixed", "latency_s": 1.0, "period_s": 2.0, "capacity": 50,
             "message_bits": 100.0} for x, y, there in (("centre", "post", fed), ("post", "centre", tells)) if there
        ],
        doctrine={"hostile_time_s": 300.0, "silent_interrogations": 20, **doctrine},
        library={
            "radars": {"own": {**ASKING, "iff_modes": asked}, "centres": {**ASKING, "iff_modes": ["5"], "role": "surveillance"}},
            "missiles": {"round": {"pk_aircraft": 1.0}}, "bodies": {"friend": friend},
        },
    )  # fmt: skip
    flights = [builders.inbound(s, "friend", 1.0, *WAY, body="friend", side=motion.FRIEND)]
    flights += [builders.inbound(s, f"raider-{k}", 2.0 + 0.2 * k, 95e3, 25e3) for k in range(raiders)]
    run = builders.Repeated(builders.simulation(s, flights))
    ticks = int((WAY[0] - WAY[1]) / 250.0) - 5
    return np.array([run.run(k, ticks).truth.status[0] == motion.KILLED for k in range(RUNS)])


def test_losses_fall_as_friends_answer_more_often():
    """P(fratricide) falls monotonically in the chance of a reply, from nearly every run to none."""
    losses = [int(killed(r, False, ["5"]).sum()) for r in (0.0, 0.01, 0.03, 0.1, 0.4)]
    assert losses == sorted(losses, reverse=True)
    assert losses[0] == RUNS and losses[-1] == 0
    assert losses[0] > losses[2] > losses[-1], "not a step"


def test_identity_that_is_fed_brings_losses_to_their_floor():
    """Who is silent to the post is lost when it stands alone; told by the centre, as rarely as by its own questions."""
    alone, fed, own = (killed(0.9, *given) for given in ((False, ["3A"]), (True, ["3A"]), (False, ["5"])))
    assert alone.sum() > 0.95 * RUNS
    assert fed.sum() == own.sum() == 0
    assert stats.binomtest(int(fed.sum()), RUNS).proportion_ci(0.999).high < 0.06


def test_what_nobody_can_hear_is_fed_by_nobody():
    """A transponder that is dead is dead for the centre too: the feed saves nobody."""
    assert killed(0.0, True, ["3A"]).sum() > 0.95 * RUNS


def test_weapons_tight_in_the_area_of_friends_and_two_keys():
    """A hold over the friend's way, or a second key that sees its reply, saves it; hold elsewhere does not."""
    hold = {"name": "way", "status": "hold", "latitude_deg": 38.2, "longitude_deg": 34.5, "radius_km": 100.0}
    assert killed(0.9, False, ["3A"], control=[hold]).sum() == 0
    assert killed(0.9, False, ["3A"], control=[{**hold, "latitude_deg": 42.0}]).sum() > 0.95 * RUNS
    assert (
        killed(0.9, False, ["3A"], control=[{"name": "falling", "status": "hold", "kind": "ballistic"}]).sum()
        > 0.95 * RUNS
    )
    assert killed(0.9, False, ["3A"], second_key="centre", service_s=3.0).sum() == 0


def test_who_is_asked_is_not_persuaded_by_the_question():
    """The post tells the centre that it is hostile, and asks: the centre, which hears its reply, says no all the same."""
    asks = {"method": "centralised", "authority": "centre", "service_s": 3.0}
    assert killed(0.3, False, ["3A"], **asks).sum() == killed(0.3, False, ["3A"], tells=True, **asks).sum()


def test_who_waits_too_long_is_answered_without_a_look():
    """The authority would see the friend's reply; where a raid fills its queue and nobody waits, it does not look."""
    asks = {"method": "centralised", "authority": "centre", "service_s": 10.0, "service_sigma": 0.0}
    assert killed(0.9, False, ["3A"], raiders=12, **asks).sum() == 0
    assert killed(0.9, False, ["3A"], **asks, patience_s=5.0).sum() == 0, "one request never waits"
    assert killed(0.9, False, ["3A"], raiders=12, **asks, patience_s=5.0).sum() > 0.5 * RUNS


def asked(raiders: int, ticks: int, runs: int = 1, **doctrine):
    """Of each run what was asked for and how long that took, and until when operators are busy, after raiders came."""
    others = [{"name": name, "title": name, "owner": "national"} for name in ("centre", "key")]
    doctrine = {"method": "centralised", "authority": "centre", "service_s": 8.0, **doctrine}
    s = builders.scenario(nodes=[*builders.BASE["nodes"], *others], doctrine=doctrine)
    flights = [builders.inbound(s, f"raider-{k}", 2.0 + 0.2 * k, 95e3, 25e3) for k in range(raiders)]
    run = builders.Repeated(builders.simulation(s, flights))
    states = (run.run(k, ticks) for k in range(runs))
    return [(int(x.tally.asked[0]), float(x.tally.wait[0]), float(x.orders.busy.max())) for x in states]


def test_a_long_watch_makes_people_slower():
    """Twice as slow after ten hours at a tenth an hour."""
    asks = {"service_sigma": 0.0, "tiring": 0.1}
    (fresh, short, _), (tired, long, _) = (asked(1, 60, watch_h=hours, **asks)[0] for hours in (0.0, 10.0))
    assert fresh == tired == 1
    assert short == pytest.approx(8.0, rel=1e-3) and long == pytest.approx(16.0, rel=1e-3)


def test_nobody_is_kept_busy_by_requests_that_were_never_made():
    """The second key can not be reached: the first is not asked, tick after tick."""
    runs = asked(3, 60, 40, second_key="key", contact_availability=0.5)
    both = [busy for count, _, busy in runs if count]
    assert 0 < len(both) < 40 and all(np.isfinite(both))
    assert not any(np.isfinite(busy) for count, _, busy in runs if not count)
