"""What radars report: detection, measurement errors, scan timing, replies, false plots, terrain, common numbers.

Oracles: the exact probabilities of test_detection; binomial, chi-square and Poisson tests of what the real loop over
ticks puts out.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from openiads.engine import motion, sensing
from openiads.engine.geo import EARTH_RADIUS, Terrain, destination, ground_height, smooth_earth, to_geodetic
from tests import builders
from tests.watching import Seen, radar, residuals, standing, watch


@pytest.mark.parametrize("swerling", [0, 1, 3])
def test_frequency_of_detection_is_its_probability(swerling):
    """120 bodies, 40 scans, at ranges where Pd is low, middle and high."""
    for share in (0.7, 1.0, 1.3):
        s = builders.scenario(
            **radar(swerling=swerling, range_km=100.0 / share, range_pd=0.5, range_rcs_m2=math.sqrt(10))
        )
        sim = builders.simulation(s, standing(s, 120, 100e3))
        seen = watch(sim, 40, 1.0)
        snr = sim.params.radars.gain[0] * math.sqrt(10.0) / 100e3**4
        pd = sensing.detection_probability(snr, math.log(1e-6), swerling, 1)
        slant = math.sqrt(snr / seen.snr.mean())
        assert slant == pytest.approx(1.0, rel=0.03), "all bodies at the same distance"
        pd = sensing.detection_probability(float(seen.snr.mean()), math.log(1e-6), swerling, 1)
        assert stats.binomtest(seen.t.size, 120 * 40, pd).pvalue > 1e-3, (swerling, share)
        assert stats.chisquare(np.bincount(seen.tick, minlength=40)).pvalue > 1e-3, "scans are alike"
    assert pd < 0.5


def test_errors_have_the_stated_covariance():
    s = builders.scenario(
        **radar(range_km=110.0, range_rcs_m2=math.sqrt(10), range_pd=0.9, sigma_range_m=80.0, sigma_azimuth_deg=0.1,
                sigma_elevation_deg=0.2)
    )  # fmt: skip
    sim = builders.simulation(s, standing(s, 60, 100e3))
    seen = watch(sim, 60, 1.0)
    errors, squares = residuals(sim, seen)
    n = len(squares)
    assert n > 2_500
    assert stats.kstest(squares, stats.chi2(3).cdf).pvalue > 1e-3
    assert stats.chi2.ppf(5e-4, 3 * n) < squares.sum() < stats.chi2.ppf(1 - 5e-4, 3 * n)
    sharp = math.sqrt(sim.params.radars.snr_ref[0] / seen.snr.mean())
    slant = math.hypot(100e3, 7e3)
    want = sharp * np.array([80.0, math.radians(0.1) * 100e3, math.radians(0.2) * slant])
    assert errors.std(axis=0) == pytest.approx(want, rel=0.05)
    assert (abs(errors.mean(axis=0)) < 3.5 * want / math.sqrt(n)).all(), "no bias"
    corner = np.corrcoef(errors.T)[np.triu_indices(3, 1)]
    assert (abs(corner) < 4.0 / math.sqrt(n)).all()


@pytest.mark.parametrize("degrees", [1.0, 107.0])
def test_a_registration_error_turns_all_plots(degrees):
    """107 degrees: the north alignment behind PS752 (docs/equations/sensing.md)."""
    s = builders.scenario(radars=[{**builders.BASE["radars"][0], "azimuth_bias_deg": degrees, "range_bias_m": 250.0}])
    sim = builders.simulation(s, standing(s, 30, 100e3))
    errors, _ = residuals(sim, watch(sim, 10, 1.0))
    assert errors[:, 1].mean() == pytest.approx(math.radians(degrees) * 100e3, rel=0.01)
    assert errors[:, 0].mean() == pytest.approx(250.0, abs=2.0)


def test_false_plots_are_poisson_and_fill_the_scan():
    s = builders.scenario(**radar(false_plots_per_scan=5.0, scan_period_s=4.0))
    sim = builders.simulation(s, standing(s, 1, 300e3, height=10.0))  # below the horizon
    seen = watch(sim, 2_000, 1.0)
    assert (seen.body == -1).all()
    period, phase = sim.params.radars.period[0], sim.params.radars.phase[0]
    scan = np.floor((seen.t - phase) / period).astype(int)
    counts = np.bincount(scan - scan.min())[1:-1]
    assert counts.mean() == pytest.approx(5.0, abs=3.3 * math.sqrt(5.0 / counts.size))
    assert counts.var() / counts.mean() == pytest.approx(1.0, abs=3.3 * math.sqrt(2.0 / counts.size))
    assert stats.kstest((seen.t - phase) / period % 1.0, "uniform").pvalue > 1e-3
    distance = np.linalg.norm(seen.pos - sim.state.antennas.pos[0], axis=1)
    assert stats.kstest(distance / 600e3, "uniform").pvalue > 1e-3, "a cell is as likely far off as near"


@pytest.mark.parametrize("terrain", ["smooth", "shipped"])
def test_false_plots_lie_between_the_ground_and_the_highest_beam(terrain):
    s = builders.scenario(
        **radar(false_plots_per_scan=20.0, scan_period_s=4.0, elevation_min_deg=-5.0, elevation_max_deg=40.0),
        terrain=terrain,
    )  # fmt: skip
    sim = builders.simulation(s, standing(s, 1, 300e3, height=10.0))
    seen = watch(sim, 400, 1.0)
    false = seen.pos[seen.body == -1]
    site, antenna = sim.params.radars.antenna[0], sim.state.antennas
    line = false - antenna.pos[0]
    slant = np.linalg.norm(line, axis=1)
    elevation = np.arcsin(line @ antenna.axes[0, 2] / slant)
    assert elevation.max() < math.radians(40.0) and elevation.max() > math.radians(38.0)
    above = []
    for x, y, z in false:
        lat, lon, height = to_geodetic(x, y, z)
        above.append(height - ground_height(sim.params.terrain, lat, lon))
    low = 30.0 if terrain == "smooth" else 400.0  # the mask knows the ground by kilometres and half degrees
    assert len(above) > 1_000 and np.quantile(above, 0.001) > -low
    assert site[2] < 3_000.0


@pytest.mark.parametrize("length", [0.5, 1.0, 2.5, 10.0])
@pytest.mark.parametrize("width", [360.0, 90.0])
def test_one_look_a_scan_at_any_tick(length, width):
    """A rotating and a sector radar look at each body once in each scan, at the same moments for every tick."""
    s = builders.scenario(
        **radar(scan_period_s=10.0, track_period_s=10.0, sector_width_deg=width),
        radars=[{**builders.BASE["radars"][0], "sector_center_deg": 70.0}],
    )
    sim = builders.simulation(s, standing(s, 24, 100e3))
    seen = watch(sim, int(200 / length), length)
    inside = [
        i
        for i in range(24)
        if abs(math.remainder(math.radians(15.0 * i - 70.0), 2 * math.pi)) < math.radians(width / 2)
    ]
    assert sorted(set(seen.body.tolist())) == inside
    phase = sim.params.radars.phase[0]
    for b in inside:
        times = np.sort(seen.t[seen.body == b])
        assert times.size == 20
        assert np.diff(times) == pytest.approx(10.0, abs=1e-3)
        bearing = math.radians(15.0 * b) - (math.radians(70.0) - math.radians(width) / 2)
        share = (bearing % (2 * math.pi)) / math.radians(width)
        assert (times[0] - phase) / 10.0 % 1.0 == pytest.approx(share, abs=1e-4)
        assert (seen.t > seen.tick * length).all() and (seen.t <= (seen.tick + 1) * length + 1e-9).all()


def test_a_designated_place_is_looked_at_more_often():
    s = builders.scenario(**radar(scan_period_s=10.0, track_period_s=2.0))
    sim = builders.simulation(s, standing(s, 6, 100e3))
    taskings = sensing.empty_taskings(1, 4)
    motion.move(sim.params.bodies, sim.params.terrain, sim.state.effects, sim.state.truth, 0.0)
    taskings.active[0, 2] = True
    taskings.centre[0, 2] = sim.state.truth.pos[3]
    taskings.radius[0, 2] = 2_000.0
    seen = watch(sim, 100, 1.0, taskings)
    assert np.bincount(seen.body, minlength=6).tolist() == [10, 10, 10, 50, 10, 10]


def test_a_radar_that_is_off_says_nothing():
    s = builders.scenario(**radar(false_plots_per_scan=50.0))
    sim = builders.simulation(s, standing(s, 6, 100e3))
    taskings = sensing.empty_taskings(1, 1)
    p, state = sim.params, sim.state
    motion.move(p.bodies, p.terrain, state.effects, state.truth, 1.0)
    sensing.sense(p.radars, p.bodies, p.terrain, p.key, state.truth, state.antennas, state.due, taskings, state.plots,
                  state.origin, 0.0, 1.0)  # fmt: skip
    assert state.plots.first.tolist() == [0, 0]


def test_replies_fail_at_their_rate():
    """Who is asked in a mode it has answers with its probability; who lacks the mode, or is too far, never."""
    civil = {**builders.RAIDER, "kind": "airliner", "iff_modes": ["3A", "C"], "reply_probability": 0.7}
    military = {**builders.RAIDER, "kind": "aircraft", "iff_modes": ["5"], "reply_probability": 0.4}
    s = builders.scenario(
        library={
            "radars": {"sharp": {"iff_modes": ["3A", "5"], "iff_range_km": 150.0}},
            "bodies": {"civil": civil, "military": military},
        }
    )
    bodies = standing(s, 40, 100e3) + standing(s, 40, 100e3, body="civil", side=motion.CIVIL)
    bodies += standing(s, 40, 100e3, body="military", side=motion.FRIEND)
    bodies += standing(s, 40, 200e3, body="civil", side=motion.CIVIL)
    bodies = [replace(f, name=f"n{i}") for i, f in enumerate(bodies)]
    seen = watch(builders.simulation(s, bodies), 40, 1.0)
    group = seen.body // 40
    civil_bit, secure_bit = 1 << sensing.IFF_MODES.index("3A"), 1 << sensing.IFF_MODES.index("5")
    asked = civil_bit | secure_bit
    assert (seen.reply[group < 3] & asked == asked).all()
    assert (seen.reply[group == 3] == 0).all(), "beyond the interrogator's range nobody is asked"
    assert (seen.reply[group == 0] == asked).all(), "no transponder, no reply"
    answered = {
        1: (civil_bit << 8, secure_bit << 8, 0.7),
        2: (secure_bit << 8, civil_bit << 8, 0.4),
    }
    for g, (bit, other, rate) in answered.items():
        replies = seen.reply[group == g]
        assert replies.size == 1_600 and not (replies & other).any()
        assert stats.binomtest(int((replies & bit > 0).sum()), 1_600, rate).pvalue > 1e-3


def test_a_ridge_hides_what_is_behind_it():
    """A wall of 600 m, 20 km north: behind it low bodies are hidden and high ones are not; to the south nothing is."""
    step = math.radians(0.01)
    north, west = builders.SITE[0] + 200 * step, builders.SITE[1] - 200 * step
    height = np.zeros((400, 400), np.int16)
    row = 200 - round(20e3 / (step * EARTH_RADIUS))
    height[row - 1 : row + 1, :] = 600
    terrain = Terrain(height, north, west, step, step, 0.0, float(height.max()))
    s = builders.scenario()
    places = [(0.0, h) for h in (300.0, 1_450.0, 1_800.0, 3_000.0)] + [(math.pi, 300.0)]
    flights = [
        builders.inbound(s, f"b{i}", bearing, 50e3, 49e3, height=h, speed=0.01) for i, (bearing, h) in enumerate(places)
    ]

    def plotted(ground: Terrain) -> list[int]:
        sim = builders.simulation(s, flights)
        mask = np.empty_like(sim.params.radars.mask)
        sensing.horizon_mask(ground, np.zeros((1, 1), np.float32), *sim.params.radars.antenna[0], mask[0])
        sim = replace(sim, params=sim.params._replace(terrain=ground, radars=sim.params.radars._replace(mask=mask)))
        return sorted(set(watch(sim, 3, 1.0).body.tolist()))

    assert plotted(smooth_earth()) == [0, 1, 2, 3, 4]
    # VIS-2: with drops of 23.5 m and 147 m, the ray over the wall is at 10 + (600 - 23.5 - 10) 50/20 + 147 = 1,573 m
    assert plotted(terrain) == [2, 3, 4]


def test_an_aspect_has_its_cross_section():
    """Nose, beam and tail: the same body crossing, coming and going."""
    s = builders.scenario(
        library={"bodies": {"raider": {"rcs_nose": "0.01-0.1", "rcs_beam": "10-100", "rcs_tail": "0.1-1"}}}
    )
    lat, lon = builders.SITE
    coming = builders.inbound(s, "coming", 0.0, 100e3, 90e3, height=8_000.0)
    going = builders.flight(
        s, "going", destination(lat, lon, 2.0, 100e3), destination(lat, lon, 2.0, 110e3), height=8_000.0
    )
    across = destination(lat, lon, 4.0, 100e3)
    crossing = builders.flight(s, "crossing", across, destination(*across, 4.0 + math.pi / 2, 10e3), height=8_000.0)
    sim = builders.simulation(s, [coming, going, crossing])
    seen = watch(sim, 4, 1.0)
    snr = [seen.snr[seen.body == b].mean() for b in range(3)]
    assert snr[2] / snr[0] == pytest.approx(1_000.0, rel=0.1)
    assert snr[1] / snr[0] == pytest.approx(10.0, rel=0.1)


@given(st.integers(0, 2**31), st.integers(1, 100))
def test_two_postures_with_the_same_truth_see_the_same_looks(seed, replication):
    """Common random numbers: a second radar, or one more body, changes nothing in the looks of the first."""
    more = {**builders.BASE["radars"][0], "name": "second"}
    changes = radar(range_km=150.0, swerling=1, false_plots_per_scan=2.0, scan_period_s=2.0)
    alone = builders.scenario(**changes)
    both = builders.scenario(**changes, radars=[more, builders.BASE["radars"][0]])
    flights = standing(alone, 12, 100e3)
    first = watch(builders.simulation(alone, flights, seed=seed, replication=replication), 8, 1.0)
    second = watch(builders.simulation(both, flights[::-1], seed=seed, replication=replication), 8, 1.0)
    eye = second.radar == 1
    real = second.body >= 0
    assert first.t.size > 10

    def sorted_rows(seen: Seen, rows: np.ndarray, bodies: np.ndarray) -> list:
        return sorted(zip(bodies[rows].tolist(), seen.t[rows], *seen.pos[rows].T, seen.snr[rows], strict=True))

    back = np.where(second.body >= 0, 11 - second.body, -1)
    assert sorted_rows(first, first.body >= -1, first.body) == sorted_rows(second, eye, back)
    other = sorted_rows(second, ~eye & real, back)
    assert other != sorted_rows(second, eye & real, back), "the other radar has luck of its own"
