"""Identity by Bayes' rule, against the rule written out in Python, and its limits: what silence can and can not do."""

from __future__ import annotations

import math
from functools import cache

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta

from openiads.engine.command import REPLIES, time_to_asset
from openiads.engine.command.identity import in_lane, judge, odds, own_identity
from openiads.engine.geo import destination, to_ecef
from openiads.engine.network import (
    ASSUMED_FRIEND,
    FRIEND,
    HOSTILE,
    NEUTRAL,
    PENDING,
    SUSPECT,
    UNKNOWN,
    empty_pictures,
)
from openiads.scenario.build import assemble
from tests import builders

TOLD = {"friend": FRIEND, "assumed": ASSUMED_FRIEND, "neutral": NEUTRAL, "suspect": SUSPECT, "hostile": HOSTILE}


@numba.njit
def _odds(doctrine, pictures, told):
    return odds(doctrine, pictures, 0, 0, told, 0.0)


@numba.njit
def _judge(doctrine, pictures, told, declared):
    return judge(doctrine, pictures, 0, 0, told, declared, 0.0)


@numba.njit
def _own(doctrine, pictures, told, declarer):
    pictures.told[0, 0] = told
    return own_identity(doctrine, pictures, 0, 0, declarer, 0.0)


@numba.njit
def _time(doctrine, x, arc):
    return time_to_asset(doctrine, x, arc)[0]


@numba.njit
def _in_lane(doctrine, x, t):
    return in_lane(doctrine, x, t)


def doctrine(**changes):
    s = builders.scenario(doctrine={"hostile_time_s": 300.0, "hostile_speed_mps": 1000.0, **changes})
    return assemble(s, builders.world(s, []), "on", 0.0, 0).params.doctrine


def picture(asked=(0, 0, 0), answered=(0, 0, 0), far=30e3, inbound=True, speed=200.0, height=1000.0, address=-1):
    """One track of the node's own, flying at or away from the depot."""
    pictures = empty_pictures(1, 4, 4, 1)
    latitude, longitude = destination(*builders.SITE, 1.0, far)
    pictures.valid[0, 0], pictures.number[0, 0], pictures.teller[0, 0] = True, 1, 0
    here, there = (np.array(to_ecef(*p, height)) for p in ((latitude, longitude), builders.SITE))
    pictures.x[0, 0, :3] = here
    pictures.x[0, 0, 3:] = (there - here) / np.linalg.norm(there - here) * (speed if inbound else -speed)
    pictures.asked[0, 0], pictures.answered[0, 0], pictures.address[0, 0] = asked, answered, address
    return pictures


@cache
def works(answers, silences):
    """Likelihood of these from transponders that answer one question in 0.9 of all cases, some better than others."""
    return quad(lambda p: p**answers * (1.0 - p) ** silences * beta.pdf(p, 1.8, 0.2), 0.0, 1.0, limit=200)[0]


def written_out(d, asked, answered, coming, airliner, fast, address, told):
    """The same in plain Python."""
    likely = d.likely
    out = []
    for h in range(3):
        dead, quiet = likely.dead[h], likely.emcon[h]
        states = [dead, (1.0 - dead) * quiet, (1.0 - dead) * (1.0 - quiet)]  # nothing works, under keys only, all
        for g in range(3):
            r, q = min(answered[g], REPLIES), min(asked[g] - answered[g], REPLIES)
            wrong = (0.005, 0.005, 0.00001)[g]
            yes = works(r, q)
            no = wrong**r * (1.0 - wrong) ** q
            either = likely.holds[g, h] * yes + (1.0 - likely.holds[g, h]) * no
            states = [states[0] * no, states[1] * (either if g == 2 else no), states[2] * either]
        p = likely.prior[h] * sum(states)  # a lane and an address count after what is told
        for row, there in ((1, coming), (2, airliner), (3, fast)):
            p *= likely.sign[row, h] if there else 1.0 - likely.sign[row, h]
        if told in TOLD and (told not in ("suspect", "hostile") or any(answered)):
            says = {"friend": 0, "assumed": 0, "neutral": 1, "suspect": 2, "hostile": 2}[told]
            weight = 0.995 if says == h else 0.0025
            p *= math.sqrt(weight) if told in ("assumed", "suspect") else weight
        out.append(p)
    if told in ("suspect", "hostile") and not any(answered):
        least = {"suspect": likely.limit[1], "hostile": 0.995}[told]
        if out[2] / sum(out) < least:
            out[2] = (out[0] + out[1]) * least / (1.0 - least)
    if address:
        out = [p * likely.sign[0, h] for h, p in enumerate(out)]
    return np.array(out) / sum(out)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(0, 30), min_size=3, max_size=3), st.lists(st.floats(0, 1), min_size=3, max_size=3), st.booleans(),
    st.sampled_from([150.0, 200.0, 1500.0]), st.sampled_from([1000.0, 9000.0]), st.booleans(), st.sampled_from([None, *TOLD]),
)  # fmt: skip
def test_the_odds_are_those_of_bayes_rule(asked, share, inbound, speed, height, address, told):
    answered = [round(q * s) for q, s in zip(asked, share, strict=True)]
    d = doctrine()
    pictures = picture(asked, answered, 30e3, inbound, speed, height, 5 if address else -1)
    f, m, e, _, _ = _odds(d, pictures, TOLD.get(told, PENDING))
    fast, airliner = speed > 1000.0, height > 6000.0 and 130.0 < speed < 290.0
    coming = _time(d, pictures.x[0, 0], fast) < 300.0
    expected = written_out(d, asked, answered, coming, airliner, fast, address, told)
    np.testing.assert_allclose(np.array([f, m, e]) / (f + m + e), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("seen", "told", "identity"),
    [
        (picture((5, 0, 5), (5, 0, 5)), PENDING, FRIEND),  # replies under keys
        (picture((5, 5, 0), (5, 5, 0)), PENDING, ASSUMED_FRIEND),  # in clear
        (picture((5, 5, 0), (5, 0, 0), height=10e3, speed=235.0, address=7), PENDING, NEUTRAL),  # an airliner
        (picture((5, 5, 5)), PENDING, HOSTILE),  # silent, and comes for the depot
        (picture((5, 5, 5), inbound=False), PENDING, SUSPECT),  # silent alone: never hostile
        (picture((500, 500, 500), inbound=False), PENDING, SUSPECT),  # however often it was asked
        (picture((2, 2, 2)), PENDING, PENDING),  # too early
        (picture(), PENDING, HOSTILE),  # never asked, but comes
        (picture(inbound=False), PENDING, UNKNOWN),
        (picture(height=10e3, speed=235.0, inbound=False), PENDING, UNKNOWN),
        (picture((5, 5, 5)), FRIEND, UNKNOWN),  # silent and coming, but a link says friend: nobody shoots
        (picture((5, 5, 5)), ASSUMED_FRIEND, SUSPECT),  # an assumption counts half, and clears nobody
        (picture((5, 5, 5), inbound=False), FRIEND, FRIEND),
        (picture((5, 5, 5), inbound=False), HOSTILE, HOSTILE),
        (picture((2, 2, 2), speed=1500.0), PENDING, HOSTILE),  # nothing else is so fast
    ],
)
def test_who_it_is(seen, told, identity):
    assert _judge(doctrine(), seen, told, False) == identity


def test_a_declaration_is_taken_back_by_evidence_alone():
    d = doctrine()
    turned = picture((5, 5, 5), inbound=False)
    assert _judge(d, turned, PENDING, False) == SUSPECT and _judge(d, turned, PENDING, True) == HOSTILE
    assert _judge(d, turned, FRIEND, True) == FRIEND
    climbed = picture((5, 0, 0), inbound=False, height=9000.0)
    assert _judge(d, climbed, PENDING, False) == UNKNOWN and _judge(d, climbed, PENDING, True) == HOSTILE
    assert _judge(d, picture((5, 5, 5)), NEUTRAL, True) == HOSTILE, "a word that does not make it likelier"


def test_a_declaration_stays_that_of_the_node_which_made_it():
    """No node takes over, in silence, what a link told it: it would hear its own echo as news."""
    turned, coming, alone = picture((5, 0, 0), inbound=False), picture((5, 5, 5)), doctrine()
    d = alone._replace(likely=alone.likely._replace(trust=np.full(4, 0.995)))
    for seen in (turned, coming):
        seen.teller[0, 0] = 3
    assert _own(d, turned, HOSTILE, -1) == (HOSTILE, 3)
    for told in (HOSTILE, PENDING, UNKNOWN):
        assert _own(d, turned, told, 3) == (HOSTILE, 3)
    assert _own(d, coming, HOSTILE, 3) == _own(d, coming, PENDING, 3) == (HOSTILE, 0), "evidence of its own"
    assert _own(d, turned, HOSTILE, 0) == _own(d, turned, PENDING, 0) == (HOSTILE, 0)


def test_more_silence_accuses_more_up_to_a_limit_that_is_known():
    """The weight of silence tends to the share of friends without a working transponder."""
    d = doctrine()
    chances = []
    for q in (1, 2, 4, 8, REPLIES, 80):
        f, _, e, _, _ = _odds(d, picture((0, 0, q), inbound=False), PENDING)
        chances.append(e / (e + f))
    assert (np.diff(chances) >= 0.0).all() and chances[-1] == chances[-2]
    f, _, e, _, _ = _odds(d, picture(inbound=False), PENDING)
    never = e / (e + f)
    weight = (chances[-1] / (1 - chances[-1])) / (never / (1 - never))
    assert weight == pytest.approx((0.1 + 0.9 * 0.999) / (0.05 + 0.95 * (0.1 + 0.9 * works(0, REPLIES))), rel=0.01)


@pytest.mark.parametrize("inbound", [True, False])
@pytest.mark.parametrize("told", [SUSPECT, HOSTILE])
def test_a_silence_that_two_nodes_hear_counts_once(told, inbound):
    """Told of it, a node is as sure as the surer of the two; an answer that it heard itself is evidence against."""
    d = doctrine()
    says = {SUSPECT: d.likely.limit[1], HOSTILE: 0.995}[told]

    def chance(told, asked, answered):
        f, m, e, _, _ = _odds(d, picture(asked, answered, inbound=inbound), told)
        return e / (f + m + e)

    for asked in ((0, 0, 0), (5, 5, 5), (500, 500, 500)):
        assert chance(told, asked, (0, 0, 0)) == pytest.approx(max(says, chance(PENDING, asked, (0, 0, 0))))
    assert chance(PENDING, (0, 0, 3), (0, 0, 3)) < chance(told, (0, 0, 3), (0, 0, 3)) < says


def test_silence_elsewhere_does_not_outweigh_an_answer_under_keys():
    """However often the other groups are asked, the answer keeps the share of its weight that friends under emission control have."""
    d = doctrine()
    known = 0.95 / 0.9 * 0.9 / 0.001
    for q in (0, 1, 3, 20, 500):
        f, _, e, _, _ = _odds(d, picture((q, q, 5), (0, 0, 5)), PENDING)
        unasked, _, other, _, _ = _odds(d, picture(), PENDING)
        weight = f / e / (unasked / other)
        assert 0.2 * known <= weight <= 1.001 * known
        assert _judge(d, picture((q, q, 5), (0, 0, 5)), PENDING, False) == FRIEND, "though it comes for the depot"


def test_a_lane_is_evidence_in_its_place_and_time():
    lane = {"name": "east", "latitude_deg": 38.0, "longitude_deg": 34.0, "to_latitude_deg": 38.0, "to_longitude_deg": 36.0,
            "width_km": 10.0, "altitude_min_m": 2000.0, "altitude_max_m": 4000.0, "from_min": 10.0, "to_min": 20.0}  # fmt: skip
    d = doctrine(lanes=[lane])

    def there(latitude, longitude, height, t):
        return _in_lane(d, np.append(to_ecef(math.radians(latitude), math.radians(longitude), height), np.zeros(3)), t)

    assert there(38.0, 35.0, 3000.0, 900.0) and there(38.04, 35.0, 3000.0, 900.0)
    assert not there(38.06, 35.0, 3000.0, 900.0), "beside it"
    assert not there(38.0, 36.2, 3000.0, 900.0), "beyond its end"
    assert not there(38.0, 35.0, 4500.0, 900.0), "above it"
    assert not there(38.0, 35.0, 3000.0, 500.0), "before its time"
    silent = picture((5, 5, 5), inbound=False, height=3000.0)
    silent.x[0, 0, :3] = to_ecef(math.radians(38.0), math.radians(35.0), 3000.0)
    always = doctrine(lanes=[{k: v for k, v in lane.items() if k not in ("from_min", "to_min")}])
    inside, outside = (_odds(x, silent, PENDING) for x in (always, doctrine()))
    assert inside[0] / inside[2] == pytest.approx(7.0 * outside[0] / outside[2])
