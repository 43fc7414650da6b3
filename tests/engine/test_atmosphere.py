"""What the air takes: against the ITU's validation rows, the printed spots, ITU-Rpy, and integrals by quadrature.

ITU-Rpy is imported within the tests that need it: that import takes seconds.
"""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from openiads.engine.geo import RADIO_RADIUS
from openiads.engine.sensing import atmosphere
from openiads.engine.sensing.atmosphere import (
    TILT,
    gas_attenuation,
    rain_attenuation,
    reference_atmosphere,
    refractivity,
    two_way_loss,
    vapour_pressure,
)
from openiads.engine.sensing.lines import OXYGEN, WATER

ITUR = Path(__file__).parents[1] / "data" / "itur"
BANDS = (0.2e9, 1.3e9, 3e9, 10e9, 22.235e9, 35e9, 60e9, 94e9)  # Hz
ELEVATIONS = np.radians([-5.0, -1.0, 0.0, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0, 90.0])
RANGES = np.linspace(5e3, 400e3, 64)  # m


def table(name: str) -> np.ndarray:
    """The rows of a file of validation examples: two lines of headings, then numbers."""
    return np.loadtxt(ITUR / name, delimiter=",", skiprows=2)


# ---------------------------------------------------------------- gases


@pytest.mark.parametrize(("name", "rows", "rounding"), [("13", 175, 0.0), ("12", 177, 6e-9)])
def test_gas_against_the_validation_rows(name, rows, rounding):
    """PROP-2: 1e-6, and for the older file the rounding of its printed digits (dB/km). Its pressure is the dry one."""
    t = table(f"ITURP676-{name}_gamma.csv")
    assert len(t) == rows
    dry, wet = gas_attenuation(t[:, 0] * 1e9, t[:, 1], t[:, 2], t[:, 3])
    for got, column in ((dry, 4), (wet, 5), (dry + wet, 6)):
        np.testing.assert_allclose(got * 1e3, t[:, column], rtol=1e-6, atol=rounding)


@pytest.mark.parametrize(
    ("ghz", "dry", "wet"),
    [
        (1, 0.005388658, 5.09046e-5),
        (3, 0.007075960, 0.000462793),
        (10, 0.008224417, 0.005974125),
        (15, 0.009618924, 0.019439422),
        (35, 0.031843034, 0.069614296),
        (95, 0.033858390, 0.381834969),
    ],
)
def test_printed_gas(ghz, dry, wet):
    """PROP-2, to the printed digits."""
    got = np.array(gas_attenuation(ghz * 1e9, 1013.25, 288.15, 7.5)) * 1e3
    assert got == pytest.approx([dry, wet], rel=1e-6, abs=5e-10)


def test_gas_against_itur():
    """Twenty random states of the air, line by line."""
    from itur.models import itu676

    assert OXYGEN.shape == (44, 7) and WATER.shape == (35, 7)
    g = np.random.default_rng(676)
    f, p, t, rho = g.uniform(0.1, 350, 20), g.uniform(1, 1050, 20), g.uniform(200, 320, 20), g.uniform(0, 30, 20)
    dry, wet = gas_attenuation(f * 1e9, p, t, rho)
    for i in range(20):
        assert dry[i] * 1e3 == pytest.approx(itu676.gamma0_exact(f[i], p[i], rho[i], t[i]).value, rel=1e-6)
        assert wet[i] * 1e3 == pytest.approx(itu676.gammaw_exact(f[i], p[i], rho[i], t[i]).value, rel=1e-6)


def test_gas_broadcasts():
    f, p = np.array([3e9, 10e9, 35e9]), np.linspace(100.0, 1000.0, 5)
    dry, wet = gas_attenuation(f[:, None], p, 280.0, 5.0)
    assert dry.shape == wet.shape == (3, 5)
    assert (dry[1, 2], wet[1, 2]) == pytest.approx(gas_attenuation(f[1], p[2], 280.0, 5.0), rel=1e-12)
    assert gas_attenuation(10e9, 1000.0, 280.0, 0.0)[1] == 0.0


# ---------------------------------------------------------------- reference atmosphere and refractivity


def test_reference_against_itur():
    """P.835-6 in the layers up to 84 km; its pressure is the total one."""
    from itur.models import itu835

    heights = np.linspace(0.0, 84e3, 300)
    dry, temperature, vapour = reference_atmosphere(heights)
    total = dry + vapour * temperature / 216.7
    np.testing.assert_allclose(temperature, itu835.standard_temperature(heights / 1e3).value, rtol=1e-9)
    np.testing.assert_allclose(total, itu835.standard_pressure(heights / 1e3).value, rtol=1e-9)
    low = heights < 10e3
    density = itu835.standard_water_vapour_density(heights / 1e3).value
    np.testing.assert_allclose(vapour[low], density[low], rtol=1e-9)
    np.testing.assert_allclose(
        (vapour * temperature / 216.7 / total)[~low], np.maximum((density * temperature / 216.7 / total)[~low], 2e-6)
    )


def test_reference_spots():
    """The ground of P.835-6; the U.S. Standard Atmosphere 1976 at 5 and 30 km; both ends are clamped."""
    for height, total, temperature in ((0.0, 1013.25, 288.15), (5e3, 540.48, 255.676), (30e3, 11.970, 226.509)):
        dry, t, vapour = reference_atmosphere(height)
        assert t == pytest.approx(temperature, abs=1e-3)
        assert dry + vapour * t / 216.7 == pytest.approx(total, rel=1e-4)
    assert reference_atmosphere(-500.0) == reference_atmosphere(0.0)
    assert reference_atmosphere(2e5) == reference_atmosphere(atmosphere.TOP)


@pytest.mark.parametrize(
    ("celsius", "total", "humidity", "n"),
    [(15, 1013.25, 0.6, 319.0698), (25, 1013.25, 0.6, 343.9088), (30, 1010.0, 0.8, 397.1093)],
)
def test_refractivity(celsius, total, humidity, n):
    """PROP-1."""
    e = vapour_pressure(celsius + 273.15, humidity, total)
    assert refractivity(total - e, celsius + 273.15, e) == pytest.approx(n, abs=5e-5)


# ---------------------------------------------------------------- rain


def test_rain_against_the_validation_rows():
    """PROP-2."""
    t = table("ITURP838-3_rain_specific_attenuation.csv")
    assert len(t) == 32
    got = rain_attenuation(t[:, 2], t[:, 1] * 1e9, np.radians(t[:, 0]), np.radians(t[:, 3]))
    np.testing.assert_allclose(got * 1e3, t[:, 6], rtol=1e-7)


@pytest.mark.parametrize(
    ("ghz", "rate", "horizontal", "vertical", "circular", "digits"),
    [
        (3, 16, 0.0042327, 0.0037604, 0.0038964, 7),
        (10, 16, 0.397080, 0.328510, 0.362199, 6),
        (10, 50, 1.663232, 1.312533, 1.483022, 6),
        (35, 16, 4.144874, 3.658835, 3.898799, 6),
    ],
)
def test_printed_rain(ghz, rate, horizontal, vertical, circular, digits):
    """PROP-2, level rays, to the printed digits."""
    got = [rain_attenuation(rate, ghz * 1e9, 0.0, tilt) * 1e3 for tilt in TILT.values()]
    assert got == pytest.approx([horizontal, vertical, circular], abs=0.51 * 10.0**-digits)


def test_rain_below_one_gigahertz_is_that_of_one():
    assert rain_attenuation(16.0, 2e8, 0.0, 0.0) == rain_attenuation(16.0, 1e9, 0.0, 0.0) < 1e-6


# ---------------------------------------------------------------- along a ray


def height_on_ray(s: float, antenna: float, elevation: float) -> float:
    """Height (m) at slant range s, by the law of cosines."""
    r = RADIO_RADIUS + antenna
    return math.sqrt(r * r + s * s - 2.0 * r * s * math.cos(elevation + math.pi / 2)) - RADIO_RADIUS


@pytest.mark.parametrize("frequency", [1.3e9, 10e9, 35e9])
@pytest.mark.parametrize(("antenna", "elevation"), [(20.0, 0.0), (20.0, 0.02), (20.0, 0.5), (10e3, -0.05), (0.0, 1.5)])
def test_path_against_quadrature(frequency, antenna, elevation):
    """Gas along a ray by adaptive quadrature, without tables."""

    def gamma(s: float) -> float:
        h = height_on_ray(s, antenna, elevation)
        return float(sum(gas_attenuation(frequency, *reference_atmosphere(h)))) if h < atmosphere.TOP else 0.0

    got = two_way_loss(frequency, antenna, [elevation], [3e3, 40e3, 250e3])[0]
    knots = [0.0, 3e3, 10e3, 20e3, 40e3, 80e3, 150e3, 250e3]
    parts = [quad(gamma, a, b, epsrel=1e-5)[0] for a, b in pairwise(knots)]
    assert got == pytest.approx([2.0 * sum(parts[:n]) for n in (1, 4, 7)], rel=2e-3)


@pytest.mark.parametrize("frequency", BANDS)
@pytest.mark.parametrize("antenna", [0.0, 3e3, 12e3])
def test_half_the_step_changes_little(monkeypatch, frequency, antenna):
    coarse = two_way_loss(frequency, antenna, ELEVATIONS, RANGES, 16.0)
    monkeypatch.setattr(atmosphere, "_HEIGHTS", 2 * atmosphere._HEIGHTS)
    monkeypatch.setattr(atmosphere, "_STEPS", 2 * atmosphere._STEPS)
    np.testing.assert_allclose(coarse, two_way_loss(frequency, antenna, ELEVATIONS, RANGES, 16.0), rtol=5e-3)


@pytest.mark.parametrize("ghz", [1.3, 3.0, 10.0, 35.0])
def test_slant_path_against_itur(ghz):
    """Through the whole air at 30 degrees, one way; ITU-Rpy traces the bent ray and takes P.835's pressure for dry."""
    from itur.models import itu676

    exact = itu676.gaseous_attenuation_slant_path(ghz, 30.0, 7.5, 1013.25, 288.15, mode="exact").value
    assert 0.5 * two_way_loss(ghz * 1e9, 0.0, [math.radians(30.0)], [300e3])[0, 0] == pytest.approx(exact, rel=0.03)
    zenith = 0.5 * two_way_loss(ghz * 1e9, 0.0, [math.pi / 2], [150e3])[0, 0]
    assert zenith == pytest.approx(0.5 * exact, rel=0.03), "a flat Earth gives 1 / sin(elevation)"


def test_two_ways_are_twice_one():
    """Near the antenna the air is that of its height."""
    for height in (0.0, 5e3):
        one_way = 100.0 * sum(gas_attenuation(10e9, *reference_atmosphere(height)))
        assert two_way_loss(10e9, height, [0.0], [100.0])[0, 0] == pytest.approx(2.0 * one_way, rel=1e-3)


@given(
    st.sampled_from(BANDS),
    st.floats(0.0, 12e3),
    st.floats(0.0, 100.0),
    st.floats(0.0, 6e3),
)
def test_loss_grows_with_range_and_rain(frequency, antenna, rate, rain_height):
    dry = two_way_loss(frequency, antenna, ELEVATIONS, RANGES)
    wet = two_way_loss(frequency, antenna, ELEVATIONS, RANGES, rate, rain_height, 50e3)
    assert dry.shape == (ELEVATIONS.size, RANGES.size) and dry.dtype == np.float64
    assert np.all(dry > 0.0) and np.all(np.diff(dry, axis=1) >= 0.0) and np.all(np.diff(wet, axis=1) >= 0.0)
    assert np.all(wet >= dry)
    far = two_way_loss(frequency, antenna, ELEVATIONS, RANGES, rate, rain_height)
    assert np.all(far >= wet), "a smaller area of rain takes less"
    no_rain = two_way_loss(frequency, antenna, ELEVATIONS, RANGES, 0.0, rain_height, 50e3)
    assert np.array_equal(no_rain, dry)


@pytest.mark.parametrize("antenna", [0.0, 20.0, 2e3, 8e3])
@pytest.mark.parametrize("extent", [30e3, math.inf])
def test_rain_lies_below_its_height_and_within_its_extent(antenna, extent):
    """The wetted length of each ray, counted by steps of 10 m."""
    s = np.arange(5.0, 400e3, 10.0)
    gas = two_way_loss(10e9, antenna, ELEVATIONS, RANGES)
    rain = two_way_loss(10e9, antenna, ELEVATIONS, RANGES, 16.0, 4000.0, extent) - gas
    for i, elevation in enumerate(ELEVATIONS):
        r = RADIO_RADIUS + antenna
        under = np.sqrt(r * r + s * s + 2.0 * r * s * math.sin(elevation)) - RADIO_RADIUS < 4000.0
        length = np.array([10.0 * np.count_nonzero(under & (s < min(end, extent))) for end in RANGES])
        per_metre = rain_attenuation(16.0, 10e9, elevation, 0.0)
        np.testing.assert_allclose(rain[i], 2.0 * per_metre * length, atol=2.0 * per_metre * 21.0, rtol=1e-9)


def test_ranges_in_any_order():
    shuffled = np.random.default_rng(0).permutation(RANGES.size)
    straight = two_way_loss(10e9, 20.0, ELEVATIONS, RANGES, 16.0)
    assert np.array_equal(two_way_loss(10e9, 20.0, ELEVATIONS, RANGES[shuffled], 16.0), straight[:, shuffled])
