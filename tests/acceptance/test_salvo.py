"""Mission-level limits that are known exactly, through the whole engine: radar, tracker, command, fire units, kills.

Oracles: binomial leakers and truncated-geometric shots (closed form); Erlang's loss formula (Erlang 1917, standard
tables), which holds for any law of the service time and therefore for a constant one. The radar sees everything
and the raiders fly far apart, so that only the salvo, the kill draw and the channels are left to chance.
Form: |mean - exact| < 3.3 s / sqrt(n) (one false alarm in a thousand), the variance within 10 % or within 3.3 of its
own standard errors where n runs can not tell 10 %, P(no leaker) inside its 99.9 % binomial interval.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from openiads.engine import motion, outcome, rng
from openiads.engine import step as engine
from openiads.engine.geo import destination
from tests import builders

NEAR = 31e3  # m from the site, where each raider reaches an asset of its own: 40 of them are 4.9 km apart there
RUNS, FEWER = 10_000, 800  # what the reference of the exact limits asks for; enough for a printed probability


def raid(count: int, pk: float, shots: int, doctrine: dict, way: float = 5e3, **missile: float) -> builders.Repeated:
    """[count] raiders on bearings all around, each with a way (m) to an asset of its own, further out if they are many.

    Two fire units where one has too few channels.
    """
    near = NEAR if count <= 40 else 2.0 * NEAR
    bearings = 2.0 * math.pi * np.arange(count) / count
    assets = []
    for i, bearing in enumerate(bearings):
        lat, lon = (math.degrees(x) for x in destination(*builders.SITE, bearing, near))
        assets.append({"name": f"asset-{i}", "title": "an asset", "latitude_deg": lat, "longitude_deg": lon})
    unit = builders.BASE["fire_units"][0]
    s = builders.scenario(
        assets=assets,
        doctrine={"rounds_max": shots, **doctrine},
        fire_units=[{**unit, "name": f"unit-{i}"} for i in range(1 if count <= 48 else 2)],
        library={"missiles": {"round": {"pk_cruise": pk, "speed_mps": 6000.0, **missile}}},
    )
    raiders = [
        builders.inbound(s, f"raider-{i}", bearing, near + way, near, target=i) for i, bearing in enumerate(bearings)
    ]
    return builders.Repeated(builders.simulation(s, raiders))


def lived_through(run: builders.Repeated, runs: int, ticks: int) -> tuple[np.ndarray, np.ndarray]:
    """Leakers and rounds of each replication; every raider has an end."""
    count = len(run.simulation.world.flights)
    leakers, rounds = np.zeros(runs), np.zeros(runs)
    for k in range(runs):
        state = run.run(k, ticks)
        status = state.truth.status[:count]
        assert set(status.tolist()) <= {motion.ARRIVED, motion.KILLED}
        assert int(state.tally.hits.sum()) == int((status == motion.KILLED).sum())
        leakers[k] = (status == motion.ARRIVED).sum()
        rounds[k] = state.tally.rounds.sum()
    return leakers, rounds


def agree(sample: np.ndarray, mean: float) -> None:
    error = sample.std(ddof=1) / math.sqrt(sample.size)
    assert abs(sample.mean() - mean) < 3.3 * error, f"{sample.mean():.4f} +- {error:.4f} against {mean:.4f}"


@pytest.mark.parametrize(
    ("count", "pk", "shots", "mean", "deviation", "nobody"),
    [
        # independent shots (validation LEAK-1)
        (10, 0.7, 1, 3.0, 1.449138, 0.0282475),
        (10, 0.7, 2, 0.9, 0.904986, 0.389416),
        (20, 0.8, 2, 0.8, 0.876356, 0.442002),
        (40, 0.85, 1, 6.0, 2.258318, 0.00150230),
        (40, 0.85, 2, 0.9, 0.937950, 0.402412),
        # salvo arithmetic of the published claims (facts 6.5)
        (4, 0.7, 2, 0.36, None, 0.686),
        (10, 0.8, 2, 0.40, None, 0.665),
        (20, 0.7, 2, 1.80, None, 0.152),
        (36, 0.8, 2, 1.44, None, 0.230),
        (36, 0.9, 2, 0.36, None, 0.696),
        (80, 0.8, 2, 3.20, None, 0.038),
    ],
)
def test_salvo(count, pk, shots, mean, deviation, nobody):
    leak = (1.0 - pk) ** shots
    assert mean == pytest.approx(count * leak, abs=5e-3) and nobody == pytest.approx((1.0 - leak) ** count, abs=5e-4)
    runs = RUNS if deviation is not None else FEWER
    way = 5e3 if count <= 40 else 9e3
    leakers, rounds = lived_through(raid(count, pk, shots, {"salvo": shots}, way), runs, int(way / 300.0) + 3)
    assert (rounds == count * shots).all(), "every raider is shot at once, with the whole salvo"
    agree(leakers, count * leak)
    exact = stats.binom(count, leak)
    spread = math.sqrt((float(exact.stats("k")) + 2.0) / runs)  # standard error of a variance, as a share of it
    assert leakers.var(ddof=1) == pytest.approx(exact.var(), rel=max(0.10, 3.3 * spread))
    if deviation is not None:
        assert exact.std() == pytest.approx(deviation, abs=1e-6)
    interval = stats.binomtest(int((leakers == 0).sum()), runs).proportion_ci(0.999)
    assert interval.low <= (1.0 - leak) ** count <= interval.high


@pytest.mark.parametrize("pk", [0.7, 0.8])
@pytest.mark.parametrize("shots", [1, 2, 3, 4])
def test_leak_probability_of_a_salvo(pk, shots):
    """(1 - Pk)^n for n = 1 .. 4 (facts 6.5), over 40 raiders a run."""
    runs = 100
    leakers, _ = lived_through(raid(40, pk, shots, {"salvo": shots}), runs, 19)
    interval = stats.binomtest(int(leakers.sum()), 40 * runs).proportion_ci(0.999)
    assert interval.low <= (1.0 - pk) ** shots <= interval.high


@pytest.mark.parametrize(
    ("pk", "shots", "missile", "leak"),
    [
        # c = common (1 - p) of the salvos fail together, else each round kills with p / (1 - c)
        (0.8, 2, {"common_failure": 0.5}, 0.1 + 0.9 * (1.0 - 0.8 / 0.9) ** 2),
        (0.7, 4, {"common_failure": 0.2}, 0.06 + 0.94 * (1.0 - 0.7 / 0.94) ** 4),
        (0.8, 2, {"common_failure": 1.0}, 0.2),
        (0.8, 1, {"common_failure": 0.5}, 0.2),
        # factors multiply: the raiders fly at 3 km and come closer
        (0.8, 2, {"pk_low_m": 4000.0, "pk_factor_low": 0.5}, 0.36),
        (0.8, 2, {"pk_low_m": 2000.0, "pk_factor_low": 0.5}, 0.04),
        (0.8, 2, {"pk_factor_receding": 0.5}, 0.04),
        (0.8, 2, {"pk_low_m": 4000.0, "pk_factor_low": 0.75, "common_failure": 0.5}, 0.2 + 0.8 * 0.25**2),
    ],
)
def test_common_failures_and_factors(pk, shots, missile, leak):
    """P(leak) of a salvo in closed form; who fails together shows in the number of leakers, not in the single round."""
    runs = 150
    leakers, rounds = lived_through(raid(40, pk, shots, {"salvo": shots}, **missile), runs, 19)
    assert (rounds == 40 * shots).all()
    interval = stats.binomtest(int(leakers.sum()), 40 * runs).proportion_ci(0.999)
    assert interval.low <= leak <= interval.high


@pytest.mark.parametrize(("pk", "most", "expected"), [(0.7, 2, 1.3), (0.8, 2, 1.2), (0.6, 3, 1.56)])
def test_shoot_look_shoot(pk, most, expected):
    """LEAK-2: rounds for each raider (1 - (1 - p)^S) / p; those who leak are (1 - p)^S."""
    assert expected == pytest.approx((1.0 - (1.0 - pk) ** most) / pk)
    count = 20
    leakers, rounds = lived_through(
        raid(count, pk, most, {"shot": "shoot-look-shoot", "salvo": most}, way=15e3), RUNS, 52
    )
    agree(rounds / count, expected)
    agree(leakers / count, (1.0 - pk) ** most)


def erlang_b(channels: int, offered: float) -> float:
    """Share of calls lost by [channels] without waiting, by the usual recurrence."""
    lost = 1.0
    for c in range(1, channels + 1):
        lost = offered * lost / (c + offered * lost)
    return lost


SHELL = 29.5e3  # m, where rounds can meet a target: 9.8 s of flight, so that none straddles a tick
SPEED, ROUND_SPEED = 300.0, 3000.0  # m/s
ASSESSMENT = 29.0  # s
SERVICE = 11 + int(ASSESSMENT)  # ticks of 1 s: meeting in the 10th, assessment, and the channel is free in the next


def loss_system(channels: int, offered: float, count: int, replication: int, pk: float) -> builders.Simulation:
    """A fire unit and Poisson arrivals that can be asked for in one tick only: who finds no channel then is lost.

    The missile's envelope is a shell just as thick as a target's meeting point moves in a tick, so that each
    target is inside it at one tick (the radar's errors are millimetres). Arrivals lie anywhere within a tick
    and are served at its end, for SERVICE ticks: they meet a channel as if it took half a tick less.
    """
    step = SPEED * ROUND_SPEED / (ROUND_SPEED + SPEED)  # m, by which the meeting point moves in a tick
    s = builders.scenario(
        library={
            "radars": {"sharp": {"sigma_range_m": 0.01, "sigma_azimuth_deg": 1e-6, "sigma_elevation_deg": 1e-6}},
            "missiles": {"round": {"pk_cruise": pk, "range_max_km": SHELL / 1e3, "range_min_km": (SHELL - step) / 1e3}},
            "fire_units": {"unit": {"channels": channels, "reaction_s": 0.0, "assessment_s": ASSESSMENT}},
        }
    )
    key = np.array([11, replication], np.uint32)
    gaps = -np.log(rng.uniform_table(key, rng.RAID, np.uint32(0), np.uint32(0), count)[:, 0])
    starts = np.cumsum(gaps) * (SERVICE - 0.5) / offered
    arrivals = [
        builders.inbound(s, f"arrival-{i}", i * 2.399963, 35e3, 29e3, t0=float(t)) for i, t in enumerate(starts)
    ]  # golden angle: those who come one after the other are far apart
    return builders.simulation(s, arrivals, replication=replication, log=60 * count)


def live(sim: builders.Simulation) -> tuple[np.ndarray, np.ndarray]:
    """Launch times (s), and who was killed, of a whole run."""
    flights = sim.world.flights
    engine.simulate(sim.params, sim.state, 0, sim.tick, int(flights[-1].route[-1].t) + 2 + SERVICE)
    rows = sim.state.events.row[: sim.state.events.count[0]]
    assert sim.state.tally.dropped.sum() == 0
    return rows[rows[:, 1] == outcome.LAUNCH], sim.state.truth.status[: len(flights)] == motion.KILLED


def test_every_target_has_one_chance_and_every_service_one_length():
    """With channels for all, all are shot at, once; with one channel, launches are SERVICE ticks apart or more."""
    launches, _ = live(loss_system(48, 4.0, 150, 0, 0.0))
    assert sorted(launches[:, 4].astype(int)) == list(range(150))
    launches, _ = live(loss_system(1, 8.0, 150, 0, 0.0))
    assert np.diff(launches[:, 0]).min() == SERVICE


def taken(starts: np.ndarray, channels: int) -> np.ndarray:
    """Who finds a channel in the loss system itself, in continuous time."""
    free_at = np.full(channels, -np.inf)
    out = np.zeros(starts.size, bool)
    for i, t in enumerate(starts):
        c = free_at.argmin()
        if free_at[c] <= t:
            out[i], free_at[c] = True, t + SERVICE - 0.5
    return out


@pytest.mark.parametrize(
    ("channels", "offered", "lost"),
    [(1, 1.0, 0.5), (4, 4.0, 0.31067961), (4, 6.0, 0.46956522), (10, 10.0, 0.21458234)],
)
def test_erlang_b(channels, offered, lost):
    """QUEUE-1: the share of targets that no channel takes; with Pk 0.8 those who leak are B + 0.2 (1 - B).

    The run starts empty: what comes in the first five services is not counted. Each run gives one mean. The same
    arrivals through the loss system in continuous time take the luck of the arrivals out of the comparison.
    """
    assert erlang_b(channels, offered) == pytest.approx(lost, abs=1e-8)
    blocked, leaked, ideal = [], [], []
    for replication in range(12):
        sim = loss_system(channels, offered, int(60 * offered) + 100, replication, 0.8)
        launches, killed = live(sim)
        shot = np.zeros(killed.size, bool)
        shot[launches[:, 4].astype(int)] = True
        starts = np.array([f.route[0].t for f in sim.world.flights])
        counted = starts > 5 * SERVICE
        ideal.append(1.0 - taken(starts, channels)[counted].mean())
        blocked.append(1.0 - shot[counted].mean())
        leaked.append(1.0 - killed[counted].mean())
    agree(np.array(blocked), lost)
    agree(np.array(leaked), lost + 0.2 * (1.0 - lost))
    assert np.mean(blocked) == pytest.approx(np.mean(ideal), abs=0.006)
