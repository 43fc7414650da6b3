"""What a description of a radar becomes in the loop: data sheets, 2-D and passive sensors, jamming, air, ground, IFF.

Oracles: the radar equation, accuracy and jamming formulas written here a second time with other groupings, and what
test_detection, test_atmosphere and test_propagation check by themselves.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from openiads.engine import motion, sensing
from openiads.engine.geo import EARTH_RADIUS, RADIO_RADIUS, destination
from openiads.engine.sensing import atmosphere, logic, propagation
from openiads.errors import ScenarioError
from openiads.scenario.build import Simulation
from openiads.scenario.classes import BAND_LIMITS
from openiads.scenario.radars import loop_gain
from tests import builders
from tests.watching import radar, residuals, standing, watch

K, C = 1.380649e-23, 299_792_458.0
RCS = math.sqrt(10.0)  # m2, of the builders' raider
SHEET = {
    "range_km": None, "range_rcs_m2": None, "band": "S", "frequency_ghz": 3.0, "peak_power_kw": 20.0, "pulse_us": 50.0,
    "gain_db": 35.0, "losses_db": 5.0, "noise_temperature_k": 500.0, "swerling": 0, "bandwidth_mhz": 1.0,
    "beam_azimuth_deg": 1.5, "beam_elevation_deg": 2.0, "sidelobes_db": -30.0,
}  # fmt: skip
BIT = {mode: 1 << i for i, mode in enumerate(sensing.IFF_MODES)}


def slant(sim: Simulation, b: int = 0) -> float:
    return float(np.linalg.norm(sim.state.truth.pos[b] - sim.state.antennas.pos[0]))


def sheet_snr(distance: float, rcs: float = RCS) -> float:
    """The radar equation in decibels, term by term."""
    db = 10.0 * np.log10(
        [20e3 * 50e-6, rcs, (C / 3e9) ** 2, 1.0 / (4.0 * math.pi) ** 3, 1.0 / (K * 500.0), distance**-4.0]
    )
    return float(10.0 ** ((db.sum() + 35.0 + 35.0 - 5.0) / 10.0))


def test_a_data_sheet_gives_the_signal_of_the_radar_equation():
    s = builders.scenario(**radar(**SHEET))
    sim = builders.simulation(s, standing(s, 12, 90e3))
    seen = watch(sim, 5, 1.0)
    assert seen.snr.size == 60
    assert seen.snr.mean() == pytest.approx(sheet_snr(slant(sim)), rel=1e-4)


def test_pulses_are_added_up_behind_the_detector():
    """Eight pulses of a steady target: the frequency of detection is the exact probability for eight."""
    s = builders.scenario(**radar(**SHEET, pulses=8))
    sim = builders.simulation(s, standing(s, 120, 235e3))
    seen = watch(sim, 30, 1.0)
    pd = sensing.detection_probability(sheet_snr(slant(sim)), math.log(1e-6), 0, 8)
    assert 0.2 < pd < 0.9
    assert stats.binomtest(seen.t.size, 120 * 30, pd).pvalue > 1e-3


def test_cfar_costs_its_loss():
    plain = builders.simulation(builders.scenario(**radar(**{**SHEET, "swerling": 1})), [])
    guarded = builders.simulation(builders.scenario(**radar(**{**SHEET, "swerling": 1, "cfar_cells": 16})), [])
    loss = 10.0 * math.log10(plain.params.radars.gain[0] / guarded.params.radars.gain[0])
    assert loss == pytest.approx(logic.cfar_loss(0.9, 1e-6, 16), abs=1e-9) and 1.0 < loss < 2.5


def test_errors_follow_from_bandwidth_and_beam():
    """ACC-1 through the plots: c / (2 B sqrt(2 SNR)), beam / (1.6 sqrt(2 SNR))."""
    bare = {**SHEET, "sigma_range_m": None, "sigma_azimuth_deg": None, "sigma_elevation_deg": None}
    s = builders.scenario(**radar(**bare))
    sim = builders.simulation(s, standing(s, 60, 120e3))
    seen = watch(sim, 40, 1.0)
    errors, squares = residuals(sim, seen)
    root = math.sqrt(2.0 * seen.snr.mean())
    far = slant(sim)
    want = [C / (2e6 * root), math.radians(1.5) / (1.6 * root) * 120e3, math.radians(2.0) / (1.6 * root) * far]
    assert errors.std(axis=0) == pytest.approx(want, rel=0.06)
    assert stats.kstest(squares, stats.chi2(3).cdf).pvalue > 1e-3


def test_false_plots_come_from_resolution_cells():
    s = builders.scenario(**radar(**SHEET, false_plots_per_scan=None, elevation_min_deg=0.0, elevation_max_deg=20.0))
    sim = builders.simulation(s, [])
    cells = (600e3 - 100.0) / (C / 2e6) * 360.0 / 1.5 * 10.0
    assert sim.params.radars.false_mean[0] == pytest.approx(1e-6 * cells, rel=1e-6)
    seen = watch(sim, 200, 1.0)
    assert seen.t.size / 200 == pytest.approx(1e-6 * cells, abs=3.3 * math.sqrt(1e-6 * cells / 200))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"range_km": 100.0, "range_rcs_m2": 1.0}, "keep one of the two"),
        ({"peak_power_kw": None}, "the data sheet is incomplete; missing peak_power"),
        ({"peak_power_kw": None, "pulse_us": None}, "give range_km and range_rcs_m2, or a data sheet"),
        ({"sigma_range_m": None, "bandwidth_mhz": None}, "give sigma_range, or bandwidth"),
        (
            {"false_plots_per_scan": None, "beam_azimuth_deg": None},
            "give false_plots_per_scan, or bandwidth and beam_azimuth",
        ),
        ({"dimensions": 1}, "dimensions = 1 hears what bodies emit"),
        ({"false_plots_per_scan": None, "pfa": 1e-3}, "makes [0-9]* false plots a scan, at most 200"),
        ({"cfar_cells": 16, "pulses": 8, "swerling": 1}, "the loss is known for one pulse"),
        ({"range_emission_w": 5.0}, "only a sensor with dimensions = 1 hears"),
    ],
)
def test_a_radar_is_described_once_and_completely(changes, words):
    with pytest.raises(ScenarioError, match=words):
        builders.scenario(**radar(**{**SHEET, **changes}))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"altitude_m": 900.0, "antenna_height_m": 10.0}, "both say how high; keep one"),
        ({"at": "site", "latitude_deg": 38.0}, "stands with the site; leave out latitude"),
    ],
)
def test_a_place_is_stated_once(changes, words):
    with pytest.raises(ScenarioError, match=words):
        builders.scenario(radars=[{**builders.BASE["radars"][0], **changes}])


def test_a_carried_radar_flies_above_the_ground():
    sortie = {"name": "eye", "title": "an eye", "class": "raider", "owner": "nato", "kind": "orbit", "altitude_m": 200.0,
              "latitude_deg": 38.73, "longitude_deg": 35.48, "in_raid": True}  # fmt: skip
    radar = {"name": "airborne", "class": "sharp", "node": "post", "aboard": "eye"}
    s = builders.scenario(radars=[*builders.BASE["radars"], radar], sorties=[sortie], terrain="shipped")
    with pytest.raises(ScenarioError, match="below the ground there"):
        builders.simulation(s, [])


# ---------------------------------------------------------------- what it measures


def test_a_false_alarm_probability_that_no_radar_has_is_refused():
    """Below about 1e-307 the exact series would never end."""
    assert builders.scenario(**radar(pfa=1e-20)).library.radars["sharp"].pfa == 1e-20
    with pytest.raises(ScenarioError, match="pfa"):
        builders.scenario(**radar(pfa=1e-310))


def heights(sim: Simulation, seen) -> np.ndarray:
    return np.linalg.norm(seen.pos, axis=1) - EARTH_RADIUS


def test_a_radar_without_height_assumes_one():
    s = builders.scenario(**radar(dimensions=2))
    sim = builders.simulation(s, standing(s, 20, 100e3, height=9_000.0))
    seen = watch(sim, 10, 1.0)
    assert heights(sim, seen) == pytest.approx(6_000.0, abs=20.0)
    cov = np.zeros((seen.t.size, 3, 3))
    cov[:, *np.triu_indices(3)] = seen.cov
    up = seen.pos / np.linalg.norm(seen.pos, axis=1)[:, None]
    spread = np.sqrt(np.einsum("qi,qij,qj->q", up, cov + np.triu(cov, 1).transpose(0, 2, 1), up))
    assert spread == pytest.approx(3_500.0, rel=0.02), "and says how little it knows"


def test_a_reported_height_is_used_by_a_radar_without_one():
    liner = {**builders.RAIDER, "kind": "airliner", "iff_modes": ["3A", "C"], "reply_probability": 1.0}
    s = builders.scenario(
        library={
            "radars": {"sharp": {"dimensions": 2, "iff_modes": ["3A", "C"], "iff_range_km": 400.0}},
            "bodies": {"liner": liner},
        }
    )
    sim = builders.simulation(s, standing(s, 40, 100e3, height=11_000.0, body="liner", side=motion.CIVIL))
    got = heights(sim, watch(sim, 20, 1.0))
    assert got.mean() == pytest.approx(11_000.0, abs=10.0)
    assert got.std() == pytest.approx(38.0, rel=0.15)


EAR = {
    "dimensions": 1,
    "range_rcs_m2": None,
    "range_km": 200.0,
    "range_emission_w": 1000.0,
    "range_pd": 0.5,
    "swerling": 0,
}
LOUD = {"emission_w": 1000.0, "emission_bands": ["X"]}


def test_a_passive_sensor_hears_what_emits_and_gives_a_bearing():
    """One-way: half the range at a quarter of the power; who is silent, or emits in another band, is not heard."""
    bodies = {
        "loud": {**builders.RAIDER, **LOUD}, "soft": {**builders.RAIDER, **LOUD, "emission_w": 250.0},
        "other": {**builders.RAIDER, **LOUD, "emission_bands": ["VHF"]},
    }  # fmt: skip
    s = builders.scenario(library={"radars": {"sharp": {**EAR, "sigma_azimuth_deg": 0.5}}, "bodies": bodies})
    flights = [
        builders.inbound(s, f"l{i}", 0.1 * i, 200e3, 199e3, height=9e3, speed=0.01, body="loud") for i in range(40)
    ]
    flights += [
        builders.inbound(s, f"s{i}", 0.1 * i, 100e3, 99e3, height=9e3, speed=0.01, body="soft") for i in range(40)
    ]
    flights += [
        builders.inbound(s, f"o{i}", 0.1 * i, 50e3, 49e3, height=9e3, speed=0.01, body="other") for i in range(3)
    ]
    flights += [builders.inbound(s, f"m{i}", 0.1 * i, 50e3, 49e3, height=9e3, speed=0.01) for i in range(3)]
    sim = builders.simulation(s, flights)
    seen = watch(sim, 50, 1.0)
    count = np.bincount(seen.body, minlength=86)
    for group in (count[:40].sum(), count[40:80].sum()):
        assert group / 2000 == pytest.approx(0.5, abs=0.04)
    assert count[80:].sum() == 0
    errors, _ = residuals(sim, seen)
    far = np.where(seen.body < 40, 200e3, 100e3)
    assert (errors[:, 1] / far).std() == pytest.approx(math.radians(0.5), rel=0.05)
    assert errors[:, 0].std() > 40e3, "the range is not measured"


def test_a_bearing_starts_no_track():
    bodies = {"loud": {**builders.RAIDER, **LOUD}}
    s = builders.scenario(library={"radars": {"sharp": {**EAR, "range_km": 2000.0}}, "bodies": bodies})
    flights = [builders.inbound(s, "x", 1.0, 100e3, 20e3, height=9e3, body="loud")]
    state = builders.Repeated(builders.simulation(s, flights)).run(0, 60)
    assert state.plots.first[-1] > 0 and not state.plots.starts[: state.plots.first[-1]].any()
    assert (state.tracks.status == 0).all()


# ---------------------------------------------------------------- electronic attack


def jammer_scenario(bandwidth_mhz: float = 50.0, power_w: float = 2_000.0, **changes):
    """Everybody answers, so that a plot tells the signal even of what is not detected."""
    answers = {"iff_modes": ["3A"], "reply_probability": 1.0}
    noise = {"jammer_w": power_w, "jammer_bandwidth_mhz": bandwidth_mhz, "jammer_bands": ["S"]}
    sheet = {**SHEET, "iff_modes": ["3A"], "iff_range_km": 400.0, **changes}
    bodies = {"jam": {**builders.RAIDER, **answers, **noise}, "raider": answers}
    return builders.scenario(library={"radars": {"sharp": sheet}, "bodies": bodies})


def over_noise(power: float, bandwidth: float, distance: float) -> float:
    """Jamming over noise in the main beam: what reaches the antenna per Hz, over k T."""
    aperture = 10.0**3.5 * (C / 3e9) ** 2 / (4.0 * math.pi)
    return power / max(bandwidth, 1e6) / (4.0 * math.pi * distance**2) * aperture / (K * 500.0)


@pytest.mark.parametrize("bandwidth", [0.2, 1.0, 50.0, 200.0])
def test_self_screening(bandwidth):
    """The signal falls by the noise; a barrage is diluted over its bandwidth, a narrow spot not sharpened beyond the receiver's."""
    s = jammer_scenario(bandwidth)
    sim = builders.simulation(s, [builders.inbound(s, "j", 0.3, 8e3, 7.9e3, speed=0.01, body="jam", height=2e3)])
    seen = watch(sim, 5, 1.0)
    far = slant(sim)
    assert seen.snr.mean() == pytest.approx(
        sheet_snr(far) / (1.0 + over_noise(2_000.0, bandwidth * 1e6, far)), rel=1e-3
    )


def test_burn_through_moves_with_the_root_of_the_power():
    """J/S is 1 where the formula says, and at half the range for four times the power: crossover as ERP^-1/2."""

    def ratio(power: float, far: float) -> float:
        s = jammer_scenario(50.0, power)
        sim = builders.simulation(
            s, [builders.inbound(s, "j", 0.3, far, far - 10.0, speed=0.01, body="jam", height=300.0)]
        )
        got = watch(sim, 3, 1.0).snr.mean()
        return sheet_snr(slant(sim)) / got - 1.0

    noise = ratio(2_000.0, 6e3)
    signal = sheet_snr(6e3)
    crossover = 6e3 * math.sqrt(signal / noise)
    assert crossover == pytest.approx(
        math.sqrt(20e3 * 50e-6 * 10.0**3.5 * RCS * 50e6 / (2_000.0 * 4.0 * math.pi * 10.0**0.5)), rel=0.01
    )
    assert ratio(8_000.0, 3e3) / sheet_snr(3e3) == pytest.approx(noise / signal, rel=0.02)


def test_stand_off_jamming_enters_by_the_sidelobes():
    """A jammer far to the side costs its sidelobe; in line with the target it costs the main beam."""
    s = jammer_scenario(50.0, 1e6)

    def loss(turn: float) -> float:
        flights = [
            builders.inbound(s, "target", 0.3, 20e3, 19.9e3, speed=0.01, height=4e3),
            builders.inbound(s, "j", 0.3 + turn, 150e3, 149e3, speed=0.01, body="jam", height=9e3),
        ]
        sim = builders.simulation(s, flights)
        seen = watch(sim, 20, 1.0)
        return sheet_snr(slant(sim)) / seen.snr[seen.body == 0].mean() - 1.0

    side = loss(1.0)
    assert side == pytest.approx(1e-3 * over_noise(1e6, 50e6, 150.2e3), rel=0.02)
    assert loss(0.0) == pytest.approx(1e3 * side, rel=0.02)
    assert loss(math.radians(0.75)) == pytest.approx(500.0 * side, rel=0.03), "half power at half the beam width"


def test_a_jammer_behind_the_horizon_or_in_another_band_is_not_heard():
    s = jammer_scenario(50.0, 1e6)
    for height, body in ((50.0, "jam"), (9e3, "raider")):
        flights = [
            builders.inbound(s, "target", 0.3, 20e3, 19.9e3, speed=0.01, height=4e3),
            builders.inbound(s, "j", 0.3, 150e3, 149e3, speed=0.01, body=body, height=height),
        ]
        sim = builders.simulation(s, flights)
        seen = watch(sim, 3, 1.0)
        assert seen.snr[seen.body == 0].mean() == pytest.approx(sheet_snr(slant(sim)), rel=1e-4)


def test_what_a_jammer_reaches_says_how_it_receives():
    with pytest.raises(ScenarioError, match="a jammer reaches its band; give gain"):
        builders.scenario(library={
            "radars": {"sharp": {"band": "S"}},
            "bodies": {"jam": {**builders.RAIDER, "jammer_w": 10.0, "jammer_bands": ["S"]}},
        })  # fmt: skip
    with pytest.raises(ScenarioError, match="jammer has no band"):
        builders.scenario(library={"bodies": {"jam": {**builders.RAIDER, "jammer_w": 10.0}}})


def test_a_stand_off_body_stays_where_it_is_told():
    threats = [{"class": "raider", "count": 3, "distance_km": 150.0, "stand_off_km": 80.0}]
    s = builders.scenario(vignettes={"raid": {"threats": threats, "duration_min": 30.0}})
    sim = builders.simulation(s)
    assert (sim.params.bodies.target[:3] == -1).all(), "it reaches nothing, so it is no leaker"
    post = np.array(sensing.empty_antennas(sim.params.radars).pos[0])
    for t in (600.0, 900.0, 1_500.0, 1_799.0):
        motion.move(sim.params.bodies, sim.params.terrain, sim.state.effects, sim.state.truth, t)
        gap = np.linalg.norm(sim.state.truth.pos[:3] - post, axis=1)
        assert (sim.state.truth.status[:3] == motion.FLYING).all()
        assert ((gap > 79e3) & (gap < 84e3)).all()


def test_emission_control():
    """Silent between 20 and 50 s: no plots then, all before and after."""
    quiet = [{**builders.BASE["radars"][0], "silence": [{"from_s": 20.0, "to_s": 50.0}]}]
    s = builders.scenario(radars=quiet)
    state = builders.Repeated(builders.simulation(s, standing(s, 5, 100e3)))
    counts = [int(state.run(0, ticks).plots.first[-1]) for ticks in (19, 20, 35, 49, 50, 60)]
    assert counts == [5, 0, 0, 0, 5, 5]


# ---------------------------------------------------------------- air and ground


def test_a_stated_range_is_reached_through_the_air():
    """Gases are given back to a stated range, so it holds with them; rain comes on top and is what P.838 says, two-way."""
    stated = {"swerling": 0, "range_km": 60.0, "range_rcs_m2": RCS, "range_pd": 0.5, "instrumented_range_km": 100.0}

    def signal(**air) -> float:
        s = builders.scenario(**radar(**stated), propagation={"gases": True, **air})
        sim = builders.simulation(s, standing(s, 8, 60e3, height=240.0))
        return float(watch(sim, 40, 1.0).snr.mean())

    needed = sensing.required_snr(0.5, math.log(1e-6), 0, 1)
    assert signal() == pytest.approx(needed, rel=0.03)
    rain = {"rain_rate_mm_h": 4.0, "rain_extent_km": 20.0, "rain_height_km": 3.0}
    loss = 10.0 * math.log10(signal() / signal(**rain))
    per_metre = float(atmosphere.rain_attenuation(4.0, 9.5e9, 0.0, 0.0))
    assert loss == pytest.approx(2.0 * 20e3 * per_metre, rel=0.05)


def test_gases_reach_the_signal():
    far, sheet = 250e3, {**SHEET, "peak_power_kw": 20_000.0, "instrumented_range_km": 400.0}
    signals = []
    for gases in (False, True):
        s = builders.scenario(**radar(**sheet), propagation={"gases": gases})
        sim = builders.simulation(s, standing(s, 8, far, height=5_000.0))
        signals.append(float(watch(sim, 5, 1.0).snr.mean()))
    loss = loss_to(3e9, sim.params.radars.antenna[0, 2], 5_000.0, far)
    assert 10.0 * math.log10(signals[0] / signals[1]) == pytest.approx(loss, abs=0.05) and loss > 2.0


def loss_to(frequency: float, antenna: float, height: float, distance: float) -> float:
    """Two-way loss (dB) to a height at a distance over ground, the elevation found from where the ray arrives."""
    a, b = RADIO_RADIUS + antenna, RADIO_RADIUS + height
    angle = distance / RADIO_RADIUS
    slant = math.sqrt(a * a + b * b - 2.0 * a * b * math.cos(angle))
    elevation = math.atan2(b * math.cos(angle) - a, b * math.sin(angle))
    return float(atmosphere.two_way_loss(frequency, antenna, np.array([elevation]), np.array([slant]))[0, 0])


@pytest.mark.parametrize(
    ("band", "ghz", "far", "height"), [("X", 10.0, 400e3, 11e3), ("S", 3.0, 400e3, 11e3), ("X", 10.0, 250e3, 5e3)]
)
def test_air_is_that_on_the_ray_of_the_bent_earth(band, ghz, far, height):
    """Low and far, where a straight line to the body would run through thicker air."""
    sheet = {**SHEET, "band": band, "frequency_ghz": ghz, "peak_power_kw": 5e6, "instrumented_range_km": 500.0}
    signals = []
    for gases in (False, True):
        s = builders.scenario(**radar(**sheet), propagation={"gases": gases})
        sim = builders.simulation(s, standing(s, 4, far, height=height))
        signals.append(float(watch(sim, 5, 1.0).snr.mean()))
    loss = loss_to(ghz * 1e9, sim.params.radars.antenna[0, 2], height, far)
    assert 10.0 * math.log10(signals[0] / signals[1]) == pytest.approx(loss, abs=0.1)


@pytest.mark.parametrize("band", BAND_LIMITS)
def test_the_air_of_every_band_lets_a_stated_range_through(band):
    """At the edges of the bands, over the longest range: gases give back a finite loss, less than 60 dB."""
    for hertz in BAND_LIMITS[band]:
        gains = []
        for gases in (False, True):
            s = builders.scenario(
                **radar(band=band, frequency_hz=hertz, range_km=20_000.0), propagation={"gases": gases}
            )
            gains.append(loop_gain(s.library.radars["sharp"], s.propagation, 0.0))
        assert 0.0 < 10.0 * math.log10(gains[1] / gains[0]) < 60.0


def test_multipath_reaches_the_signal():
    """F^4 of the smooth surface between the antenna and the body, from peaks to nulls."""
    for far, height in ((30e3, 300.0), (40e3, 300.0), (60e3, 400.0), (25e3, 1_000.0)):
        signals = []
        for reflection in (0.0, 0.9):
            s = builders.scenario(
                **radar(**{**SHEET, "peak_power_kw": 2e6}), propagation={"gases": False, "reflection": reflection}
            )
            sim = builders.simulation(s, [builders.inbound(s, "x", 0.3, far, far - 0.1, height=height, speed=0.001)])
            signals.append(float(watch(sim, 3, 1.0).snr.mean()))
        factor = propagation.pattern_factor(far, 10.0, height, C / 3e9, 0.9, RADIO_RADIUS)
        assert signals[1] / signals[0] == pytest.approx(factor**4, rel=0.02)


def test_the_exponential_atmosphere_moves_the_horizon():
    """Bodies between the two horizons: seen through one atmosphere and not through the other."""

    def reach(**air) -> float:
        s = builders.scenario(**radar(range_km=20_000.0), propagation={"gases": False, **air})
        low, high = 100e3, 580e3
        while high - low > 500.0:
            far = 0.5 * (low + high)
            sim = builders.simulation(s, [builders.inbound(s, "x", 0.3, far, far - 10.0, height=12_000.0, speed=0.01)])
            low, high = (far, high) if watch(sim, 1, 1.0).t.size else (low, far)
        return low

    straight, bent, dense = (
        reach(),
        reach(atmosphere="exponential"),
        reach(atmosphere="exponential", refractivity=400.0),
    )
    assert straight == pytest.approx(math.sqrt(2 * RADIO_RADIUS * 10.0) + math.sqrt(2 * RADIO_RADIUS * 12e3), abs=1.5e3)
    fan = np.linspace(-0.004, 0.0, 4001)
    lines, _ = propagation.trace(10.0, fan, 313.0, 580e3)
    clear = lines[:, lines.min(axis=0) >= 0.0]
    over = np.flatnonzero(clear.min(axis=1) > 12_000.0)
    assert bent == pytest.approx(over[0] * 1e3, abs=3e3)
    assert dense > bent + 5e3


# ---------------------------------------------------------------- who answers


def answers(radar_modes, body_modes, rates=None, radar_crypto="alliance", body_crypto="alliance"):
    body = {
        **builders.RAIDER, "kind": "aircraft", "iff_modes": body_modes, "reply_probability": 0.8, "crypto": body_crypto,
        "mode_failures": rates or {},
    }  # fmt: skip
    s = builders.scenario(
        library={
            "radars": {"sharp": {"iff_modes": radar_modes, "iff_range_km": 150.0, "crypto": radar_crypto}},
            "bodies": {"asked": body},
        }
    )
    flights = [replace(f, name=f"n{i}") for i, f in enumerate(standing(s, 40, 100e3, body="asked", side=motion.FRIEND))]
    reply = watch(builders.simulation(s, flights), 50, 1.0).reply
    assert (reply & 255 == sum(BIT[m] for m in radar_modes)).all()
    return {mode: float(np.mean(reply >> 8 & bit > 0)) for mode, bit in BIT.items()}


def test_a_mode_is_answered_by_who_holds_it():
    got = answers(["1", "2", "3A", "C", "5", "S"], ["2", "3A", "5", "ADS-B"], {"3A": 0.5})
    want = {"2": 0.8, "3A": 0.4, "5": 0.8}
    for mode in BIT:
        assert got[mode] == pytest.approx(want.get(mode, 0.0), abs=0.03 if mode in want else 0.0)


def test_keys_of_another_alliance_open_nothing():
    got = answers(["1", "4", "5", "3A"], ["1", "4", "5", "3A"], radar_crypto="vendor")
    assert got["4"] == got["5"] == 0.0
    assert got["1"] == pytest.approx(0.8, abs=0.03) and got["3A"] == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize(
    ("modes", "passing", "coming"),
    [
        (["5"], "friend", "friend"),  # silent in all the rest, as fighters in a raid are
        (["4"], "friend", "friend"),
        (["1", "3A"], "assumed friend", "assumed friend"),  # anybody can send that, but few others do
        (["1"], "unknown", "hostile"),  # two silences outweigh what anybody can send
        (["3A"], "neutral", "neutral"),  # it flies as airliners do
        (["S"], "neutral", "neutral"),
        ([], "unknown", "hostile"),  # silence alone accuses nobody, and this one flies as airliners do
    ],
)
def test_what_a_reply_is_worth(modes, passing, coming):
    """Of who passes the depot far off, and of who comes straight for it; both are asked in every group of modes."""
    from openiads.scenario.spec import IDENTITIES

    body = {**builders.RAIDER, "kind": "aircraft", "iff_modes": modes, "reply_probability": 1.0}
    s = builders.scenario(
        library={
            "radars": {"sharp": {"iff_modes": ["1", "3A", "4", "5", "S"], "iff_range_km": 400.0}},
            "bodies": {"asked": body},
        }
    )
    asked = {"height": 9e3, "speed": 250.0, "body": "asked", "side": motion.FRIEND}
    ends = [destination(*builders.SITE, bearing, 100e3) for bearing in (1.0, 2.5)]
    for name, x in (
        (passing, builders.flight(s, "x", *ends, **asked)),
        (coming, builders.inbound(s, "x", 1.0, 100e3, 20e3, **asked)),
    ):
        state = builders.Repeated(builders.simulation(s, [x])).run(0, 30)
        held = state.orders.identity[0][state.pictures.valid[0]]
        assert [IDENTITIES[i] for i in held] == [name]


def test_a_radar_whose_aircraft_stays_on_the_ground_is_off():
    orbit = {
        "name": "watch", "title": "an orbit", "class": "raider", "kind": "orbit", "owner": "nato", "latitude_deg": 38.0,
        "longitude_deg": 34.0, "radius_km": 30.0, "altitude_m": 9_000.0,
    }  # fmt: skip
    for in_raid in (True, False):
        s = builders.scenario(
            radars=[builders.BASE["radars"][0], {"name": "up", "class": "sharp", "node": "post", "aboard": "watch"}],
            sorties=[{**orbit, "in_raid": in_raid}],
        )
        sim = builders.simulation(s)
        assert bool(sim.params.readiness.allowed[1]) is in_raid
        assert sim.params.radars.antenna[1, 2] == 9_000.0
