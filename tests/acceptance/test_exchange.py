"""Exchanges of fire that are known exactly, through the whole engine: both sides shoot, and both can be lost.

A fire unit shoots at carriers, carriers release weapons at the fire unit as an asset, and what is lost shoots no more.
Oracles: closed forms of duels, Hughes' salvo equations (1995), Lanchester's square law (1916), uncoordinated fire and
saturated channels. Form: |mean - exact| < 3.3 s / sqrt(n) (one false alarm in a thousand), the variance within 10 %
or within 3.3 of its own standard errors where n runs can not tell 10 %.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from openiads.engine import motion, outcome
from openiads.scenario.build import Simulation
from openiads.scenario.flights import Flight
from openiads.scenario.raid import weapons
from openiads.scenario.spec import Scenario
from tests import builders

FIRST = 3  # ticks until a body that is seen in every scan is a firm track, and is shot at
CYCLE = 3  # ticks from one launch of a channel to its next: flight of less than a tick, assessment, order


def agree(sample: np.ndarray, mean: float, variance: float | None = None) -> None:
    """The mean within 3.3 standard errors, the variance as the head of this file says."""
    error = sample.std(ddof=1) / math.sqrt(sample.size)
    assert abs(sample.mean() - mean) < 3.3 * error, f"{sample.mean():.5f} +- {error:.5f} against {mean:.5f}"
    if variance is not None:
        kurtosis = ((sample - sample.mean()) ** 4).mean() / sample.var() ** 2
        spread = math.sqrt((kurtosis - 1.0) / sample.size)  # standard error of a variance, as a share of it
        assert sample.var(ddof=1) == pytest.approx(variance, rel=max(0.10, 3.3 * spread))


def exchange(
    units: list[dict], carrier: dict[str, Any], weapon: dict[str, Any], tick: float = 1.0, **rest: Any
) -> Scenario:
    """Fire units at the site that are themselves the targets, carriers of one class, weapons that no radar sees."""
    radar = {"targets": ["aircraft"], "scan_period_s": tick, "track_period_s": tick}
    assets = [
        {"name": f"at-{u['name']}", "title": u["name"], "component": u["name"], "hits_to_kill": u["launchers"]}
        for u in units
    ]
    plain = {"title": "a weapon", "kind": "cruise", "speed_mps": 8000.0}
    bodies = {
        "carrier": {**builders.RAIDER, "kind": "aircraft", "speed_mps": 20.0, "weapon": "weapon", **carrier},
        "weapon": {**builders.RAIDER, **plain, **weapon},
    }
    changes = {
        "assets": assets, "fire_units": units,
        "doctrine": {"control_status": "free", "rounds_max": 32},
        "vignettes": {"raid": {"tick_s": tick, "duration_min": 60.0}},
        "library": {
            "radars": {"sharp": radar}, "missiles": {"round": {"speed_mps": 20000.0}},
            "fire_units": {"unit": {"reaction_s": 0.0, "assessment_s": 0.0}}, "bodies": bodies,
        },
    }  # fmt: skip
    return builders.scenario(**builders.laid_over(changes, rest))


def unit(name: str = "unit", launchers: int = 1, **rest: Any) -> dict[str, Any]:
    return {**builders.BASE["fire_units"][0], "name": name, "launchers": launchers, **rest}


def carriers(s: Scenario, bearings: np.ndarray, far: float) -> list[Flight]:
    """Carriers that come in from `far` (m) with what they carry, each with the next asset as its target."""
    assets = np.tile(builders.SITE, (len(s.assets), 1))
    flights = []
    for i, bearing in enumerate(bearings):
        carrier = builders.inbound(s, f"carrier-{i}", float(bearing), far, 100.0, body="carrier")
        flights += [carrier, *weapons(s, carrier, i % len(s.assets), assets, math.inf)]
    return flights


# ---------------------------------------------------------------- duels


@pytest.mark.parametrize(
    ("late", "exact"), [(2.0, 0.6 / (1.0 - 0.4 * 0.6)), (0.1, 0.6 * (1.0 - 0.4) / (1.0 - 0.4 * 0.6))]
)
def test_duel(late, exact):
    """DUEL-1: .6 against .4, round after round until one is left; the carrier fires `late` s after the fire unit.

    Two seconds late it fires only if it lived through the round; a tenth of a second late both fire whatever happens.
    """
    assert exact == pytest.approx(0.789474 if late > 1.0 else 0.473684, abs=1e-6)
    far, cycle = 14_000.0, CYCLE + 2  # m: a weapon is out of the way of the round that meets its carrier
    s = exchange(
        [unit()],
        {"releases": 20, "interval_s": float(cycle), "release_distance_km": (far - 20.0 * (FIRST + late)) / 1e3},
        {"hit_probability": 0.4},
        library={"missiles": {"round": {"pk_aircraft": 0.6}}, "fire_units": {"unit": {"assessment_s": 3.0}}},
    )
    run = builders.Repeated(builders.simulation(s, carriers(s, np.zeros(1), far), log=200))
    wins = []
    for k in range(3_000):
        state = run.run(k, FIRST + 18 * cycle)
        killed, lost = state.truth.status[0] == motion.KILLED, state.damage.share[0] == 1.0
        assert killed or lost
        assert not (killed and lost) or late < 1.0
        wins.append(killed and not lost)
        events = state.events.row[: state.events.count[0]]
        launches = events[events[:, 1] == outcome.LAUNCH, 0]
        assert set(np.diff(launches)) <= {float(cycle)} and launches[0] == FIRST
    agree(np.array(wins, float), exact, exact * (1.0 - exact))


# ---------------------------------------------------------------- salvoes


@pytest.mark.parametrize(
    ("attackers", "shots", "defenders", "stops", "hits", "loss"),
    [
        (3, 4, 3, 3, 2, 1.5),  # A = B = 3, 4 shots, 3 stopped, 2 hits each: both lose the same
        (2, 4, 3, 1, 2, 2.5),  # A = 2 against B = 3: what B loses
        (3, 3, 2, 2, 1, 2.0),  # and what A loses: 5 hits on 2 ships
    ],
)
def test_salvo(attackers, shots, defenders, stops, hits, loss):
    """SALVO-1, Hughes: loss = (shots of all attackers - what the defenders stop) / hits each, within 0 and all.

    The two sides' equations share no variable: each is put through by itself, the side that is shot at as fire units.
    """
    assert loss == min(defenders, (shots * attackers - stops * defenders) / hits)
    s = exchange(
        [unit(f"ship-{i}", stops) for i in range(defenders)],
        {"releases": shots, "interval_s": 15.0, "release_distance_km": 20.0, "aims": "living"},
        {"speed_mps": 300.0},
        assets=[
            {"name": f"at-{i}", "title": "a ship", "component": f"ship-{i}", "hits_to_kill": hits} for i in range(defenders)
        ],
        library={
            "radars": {"sharp": {"targets": ["cruise"]}}, "missiles": {"round": {"pk_cruise": 1.0, "range_max_km": 8.0}},
            "fire_units": {"unit": {"rounds_per_launcher": 1}},
        },
    )  # fmt: skip
    flights = carriers(s, 2.0 * math.pi * np.arange(attackers) / attackers, 20e3)
    run = builders.Repeated(builders.simulation(s, flights))
    for k in range(5):
        state = run.run(k, 140)
        assert state.tally.rounds.sum() == state.tally.hits.sum() == stops * defenders
        assert state.damage.hits[:, 0].sum() == shots * attackers - stops * defenders
        assert state.damage.share.sum() == loss


# ---------------------------------------------------------------- attrition


def attrition(posts: list[int], p_launcher: float, bodies: int, p_body: float, cycles: int, runs: int) -> np.ndarray:
    """The same exchange as a chain, float64[runs, 3]: launchers and carriers left, and the cycles that it took.

    In every cycle each side takes the hits of all who lived when it began; carriers share out what still stands.
    """
    draw = np.random.default_rng(5)
    units, alive, took = np.tile(posts, (runs, 1)), np.full(runs, bodies), np.full(runs, cycles)
    for k in range(cycles):
        launchers = units.sum(axis=1)
        both = (launchers > 0) & (alive > 0)
        standing, free = (units > 0).sum(axis=1), np.where(both, alive, 0)
        for u in range(len(posts)):
            here = units[:, u] > 0
            aimed = np.where(here, draw.binomial(free, 1.0 / np.maximum(1, standing)), 0)
            units[:, u] -= np.minimum(units[:, u], draw.binomial(aimed, p_body))
            free, standing = free - aimed, standing - here
        alive = np.maximum(0, alive - draw.binomial(np.where(both, launchers, 0), p_launcher))
        took[both & ((units.sum(axis=1) == 0) | (alive == 0))] = k + 1
    return np.stack([units.sum(axis=1), alive, took], axis=1).astype(float)


def fought(posts: list[int], bodies: int, p_launcher: float, p_body: float, cycles: int, runs: int) -> np.ndarray:
    """The exchange through the engine, float64[runs, 3]: launchers and carriers left, and the cycles that it took.

    Launchers stand in one fire unit for each post; each has a channel of its own and is lost with one hit.
    """
    tick, far = 5.0, 60e3  # m: so far out that no round finds another body than the one that was meant
    names = [f"post-{i}" for i in range(len(posts))]
    s = exchange(
        [unit(f"unit-{i}", n, node=names[i], radar=f"eye-{i}", **{"class": f"unit-{n}"}) for i, n in enumerate(posts)],
        {"releases": cycles, "interval_s": CYCLE * tick, "release_distance_km": (far - 20.0 * (FIRST + 0.1) * tick) / 1e3,
         "aims": "living"},
        {"hit_probability": p_body},
        tick,
        nodes=[{**builders.BASE["nodes"][0], "name": name} for name in names],
        radars=[{**builders.BASE["radars"][0], "name": f"eye-{i}", "node": name} for i, name in enumerate(names)],
        doctrine={"authority": names[0]},
        library={
            "missiles": {"round": {"pk_aircraft": p_launcher}},
            "fire_units": {f"unit-{n}": {**builders.UNIT, "reaction_s": 0.0, "assessment_s": 0.0, "channels": n} for n in posts},
        },
    )  # fmt: skip
    bearings = 2.0 * math.pi * np.arange(bodies) / bodies
    sim: Simulation = builders.simulation(s, carriers(s, bearings, far), log=40_000)
    sim.params.doctrine.most[:] = 10**6  # rounds against one target: a scenario's limit is 32
    count, run_out = len(sim.world.flights), (FIRST + CYCLE * cycles) * tick
    carry = np.array([f.group == "carrier" for f in sim.world.flights])
    run, out = builders.Repeated(sim), []
    for k in range(runs):
        state = run.run(k, FIRST + CYCLE * cycles + 2)
        rows = state.events.row[: state.events.count[0]]
        assert state.tally.dropped[3] == 0
        left = (np.array(posts) * (1.0 - state.damage.share)).sum()
        alive = (state.truth.status[:count][carry] == motion.FLYING).sum()
        kills = rows[(rows[:, 1] == outcome.MEETING) & (rows[:, 6] == 1.0), 0]
        ends = [state.damage.t_lost.max(), kills.max() if alive == 0 else math.inf, run_out]
        out.append((left, alive, math.ceil((min(ends) / tick - FIRST) / CYCLE)))
    return np.array(out, float)


def compare(found: np.ndarray, chain: np.ndarray) -> None:
    """Survivors and duration of the engine against the chain."""
    agree(found[:, 1], chain[:, 1].mean(), chain[:, 1].var())
    agree(found[:, 2], chain[:, 2].mean(), chain[:, 2].var())


def square_law(squares: np.ndarray, exact: float, step: float) -> None:
    """Survivors by the law, which is about a x a - b x b: its mean, since survivors scatter widely (12 of 60).

    Beside the statistical error, cycles count: fire that is counted a cycle at a time is weaker by a share of `step`,
    the probability of a hit in one.
    """
    error = squares.std(ddof=1) / math.sqrt(squares.size) / (2.0 * exact)
    assert math.sqrt(squares.mean()) == pytest.approx(exact, abs=3.3 * error + step * exact)


UNITS, CYCLES, RUNS = 2.0, 100, 40  # units of time a cycle; cycles; runs


def test_equal_fire():
    """LANC-1, 100 carriers against 80 launchers, rate .01 each: the square law leaves 60 after atanh(.8) / .01 = 109.861."""
    p = 0.01 * UNITS
    found = fought([40, 40], 100, p, p, CYCLES, RUNS)
    compare(found, attrition([40, 40], p, 100, p, CYCLES, 50_000))
    square_law(found[:, 1] ** 2 - found[:, 0] ** 2, 60.0, p)
    # a median scatters by 1.25 s / sqrt(n)
    error = 1.25 * found[:, 2].std(ddof=1) / math.sqrt(RUNS) * UNITS
    assert np.median(found[:, 2]) * UNITS == pytest.approx(109.861229, abs=3.3 * error)
    assert math.atanh(0.8) / 0.01 == pytest.approx(109.861229)


def test_better_fire():
    """LANC-1, 100 launchers of rate .01 against 80 carriers of rate .02: the second side wins with 37.417.

    Four posts, so that all launchers find a target while less than a hundred carriers are left.
    """
    assert math.sqrt(80.0**2 - 100.0**2 * 0.01 / 0.02) == pytest.approx(37.416574)
    p = 0.01 * UNITS
    found = fought([25] * 4, 80, p, 2.0 * p, CYCLES, RUNS)
    compare(found, attrition([25] * 4, p, 80, 2.0 * p, CYCLES, 50_000))
    square_law(found[:, 1] ** 2 - 0.5 * found[:, 0] ** 2, 37.416574, 2.0 * p)


# ---------------------------------------------------------------- channels and coordination


def raiders(s: Scenario, count: int, far: float, near: float, speed: float | None = None) -> list[Flight]:
    """[count] raiders around the site that come in from `far` to `near` (m) together."""
    return [
        builders.inbound(s, f"raider-{i}", 0.1 + 2.0 * math.pi * i / count, far, near, target=0, speed=speed)
        for i in range(count)
    ]


@pytest.mark.parametrize(
    ("channels", "service", "window", "count", "pk", "engaged", "leak"),
    [(4, 12, 60, 30, 0.8, 20, 14.0), (2, 20, 90, 10, 0.7, 8, 4.4), (6, 15, 45, 24, 0.75, 18, 10.5)],
)
def test_saturated_channels(channels, service, window, count, pk, engaged, leak):
    """LEAK-4: of a raid that comes at once, k = min(N, c floor(W / s)) are shot at, and N - k Pk leak.

    The reaction is what an engagement takes: it shoots at its end, and in a part of one nothing is shot.
    """
    assert engaged == min(count, channels * (window // service)) and leak == pytest.approx(count - engaged * pk)
    s = builders.scenario(
        library={
            "missiles": {"round": {"pk_cruise": pk, "speed_mps": 20000.0}},
            "fire_units": {"unit": {"channels": channels, "reaction_s": float(service - CYCLE), "assessment_s": 0.0}},
        }
    )
    speed, near = 50.0, 15e3  # so that a round flies for less than a tick, and finds no other raider
    way = speed * (FIRST + window - 0.5)
    run = builders.Repeated(builders.simulation(s, raiders(s, count, near + way, near, speed)))
    leakers = []
    for k in range(1_200):
        state = run.run(k, FIRST + window + 2)
        leakers.append((state.truth.status[:count] == motion.ARRIVED).sum())
        assert state.tally.rounds.sum() == engaged
    agree(np.array(leakers, float), leak, engaged * pk * (1.0 - pk))


def volley(posts: list[int], count: int, pk: float, laydown: int = 0, **changes: Any) -> builders.Repeated:
    """Shooters with one round each, in posts that share out their targets; posts do not know of each other.

    Raiders come from all around, so that errors of measurement decide which one a post takes for the most urgent. They
    depend on when its beam passes; the names of a laydown's radars set that, so several laydowns make it random.
    """
    names = [f"post-{i}" for i in range(len(posts))]
    one = {**builders.BASE["fire_units"][0], "launchers": 1}
    radar = builders.BASE["radars"][0]
    laid = {
        "nodes": [{**builders.BASE["nodes"][0], "name": name} for name in names],
        "radars": [{**radar, "name": f"eye-{laydown}-{i}", "node": name} for i, name in enumerate(names)],
        "fire_units": [
            {**one, "name": f"unit-{i}-{j}", "node": names[i], "radar": f"eye-{laydown}-{i}"} for i, n in enumerate(posts) for j in range(n)
        ],
        "doctrine": {"authority": names[0]},
        "library": {
            "missiles": {"round": {"pk_cruise": pk, "speed_mps": 20000.0}},
            "fire_units": {"unit": {"channels": 1, "rounds_per_launcher": 1, "reaction_s": 0.0}},
        },
    }  # fmt: skip
    s = builders.scenario(**builders.laid_over(laid, changes))
    return builders.Repeated(builders.simulation(s, raiders(s, count, 40e3, 5e3), log=400))


def survivors(run: builders.Repeated, shooters: int, count: int, runs: int, ticks: int = FIRST + 5) -> np.ndarray:
    """Share of the raiders that live through the volley, float64[runs]."""
    left = []
    for k in range(runs):
        state = run.run(k, ticks)
        assert state.tally.rounds.sum() == shooters
        left.append((state.truth.status[:count] == motion.FLYING).mean())
    return np.array(left)


@pytest.mark.parametrize(
    ("count", "shooters", "pk", "random", "even"),
    [(10, 10, 0.8, 0.434388, 0.2), (10, 20, 0.8, 0.188693, 0.04), (20, 30, 0.7, 0.343415, 0.195)],
)
def test_the_value_of_coordination(count, shooters, pk, random, even):
    """LEAK-3: each shooter on its own picks as if at random, (1 - Pk / N)^M live; under posts that share out, fewer."""
    q = 1.0 - pk / count
    both = (1.0 - 2.0 * pk / count) ** shooters
    assert q**shooters == pytest.approx(random, abs=1e-6)
    spread = q**shooters * (1.0 - q**shooters) / count + (count - 1) / count * (both - q ** (2 * shooters))
    alone = [survivors(volley([1] * shooters, count, pk, laydown), shooters, count, 120) for laydown in range(6)]
    agree(np.concatenate(alone), random, spread)
    posts = [count] * (shooters // count) + ([shooters % count] if shooters % count else [])
    agree(survivors(volley(posts, count, pk), shooters, count, 600), even)


def in_turn(count: int, pk: float, laydown: int, status: bool) -> builders.Repeated:
    """As many posts as raiders, which begin to see three seconds apart, each with one round, on links to all others.

    Rounds are slow: all are under way before the first meets its target, so no post learns from a kill.
    """
    names = [f"post-{i}" for i in range(count)]
    line = {"role": "fixed", "latency_s": 0.5, "period_s": 1.0, "capacity": 40, "message_bits": 400.0, "status": status}
    radar = builders.BASE["radars"][0]
    return volley(
        [1] * count, count, pk, laydown,
        radars=[
            {**radar, "name": f"eye-{laydown}-{i}", "node": name, "silence": [{"from_s": 0.0, "to_s": 3.0 * i}] if i else []}
            for i, name in enumerate(names)
        ],
        links=[{**line, "name": f"{a}-{b}", "from": a, "to": b} for a in names for b in names if a != b],
        library={"missiles": {"round": {"speed_mps": 600.0}}},
    )  # fmt: skip


def test_the_value_of_the_link():
    """LEAK-3 over links: posts that tell each other whom they engage share out the raid; on the air picture alone they do not."""
    count, pk = 10, 0.8
    ticks = FIRST + 3 * count + 50
    told = np.concatenate(
        [survivors(in_turn(count, pk, laydown, True), count, count, 100, ticks) for laydown in range(3)]
    )
    agree(told, 0.2, pk * (1.0 - pk) / count)
    q, both = 1.0 - pk / count, (1.0 - 2.0 * pk / count) ** count
    spread = q**count * (1.0 - q**count) / count + (count - 1) / count * (both - q ** (2 * count))
    untold = [survivors(in_turn(count, pk, laydown, False), count, count, 60, ticks) for laydown in range(10)]
    agree(np.concatenate(untold), 0.434388, spread)
