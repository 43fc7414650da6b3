"""Rays, refractivity, gas, rain, multipath: PROP-1 to PROP-3."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
from scipy import special
from scipy.optimize import brentq

from openiads.engine.geo import EARTH_RADIUS, RADIO_RADIUS, sight_slope
from openiads.engine.sensing import atmosphere
from openiads.engine.sensing import propagation as prop
from validation import Row, Section, horizon, looks
from validation.detection import db

DATA = Path(__file__).parent.parent / "tests" / "data" / "itur"
WAVE = 299_792_458.0 / 3e9


def section() -> Section:
    """The chapter."""
    text = (
        "4/3 earth unless a scenario asks for the exponential atmosphere. The two differ by what PROP-1 says: "
        "they are not made to agree. The page's horizons add tangents, sqrt(2 a h) for each antenna; those got "
        "here are where a body leaves the sight of the run's own sensing, on arcs, within 0.1 %. MATLAB's "
        "`horizonrange`, `range2height` and `height2range` take an effective radius of 1.3306, not 4/3: "
        "`horizonrange(30)` has a second value for 4/3, the other two differ by up to 0.15 %. The decay of the "
        "exponential atmosphere follows the refractivity at the ground; six digits are those of the CRPL table "
        "(Bean and Thayer 1959) as the literature repeats them, four those that MATLAB prints. Diffraction over a "
        "knife edge is not modelled: terrain hides."
    )
    rows = [*_rays(), *_decay(), *_refractivity(), *_gas_and_rain(), *_multipath()]
    return Section(
        "Propagation",
        text,
        rows,
        {"One-way field over a smooth 4/3 earth, 3 GHz, 10 m to 100 m: optics, then diffraction": _field},
    )


def _rays() -> list[Row]:
    heights, paths = prop.trace(10.0, np.radians([2.0]), 313.0, 40e3, 10.0)
    ground = float(np.interp(1e3, heights[:, 0], np.arange(heights.shape[0]) * 10.0))
    radio = float(np.interp(1e3, heights[:, 0], paths[:, 0]))
    low, high, arc = EARTH_RADIUS + 10.0, EARTH_RADIUS + 1e3, ground / EARTH_RADIUS
    slant = math.sqrt(low**2 + high**2 - 2 * low * high * math.cos(arc))
    up = math.degrees(math.asin((high**2 - low**2 - slant**2) / (2 * low * slant)))
    rows = [
        Row(
            "PROP-1",
            "horizon of 30 m, exactly 4/3 earth",
            "P",
            22_576.1,
            looks.farthest(horizon.airborne(30.0), 0.0),
            2.0,
            "m",
        ),
        Row(
            "PROP-1",
            "range2height(300e3, 10, 0.5)",
            "P",
            7.9325e3,
            _height_at(300e3, 10.0, 0.5),
            0.0015,
            "m",
            "relative",
        ),
        Row("PROP-1", "height2range(1e3, 10, 2)", "P", 2.7125e4, _range_to(1e3, 10.0, 2.0), 0.0015, "m", "relative"),
        Row("PROP-1", "CRPL: radio range to 1 km, antenna 10 m, 2°", "P", 27_171, radio, 0.5, "m"),
        Row("PROP-1", "CRPL: slant range", "P", 27_163, slant, 0.5, "m"),
        Row("PROP-1", "CRPL: true elevation", "P", 1.9666, up, 5e-5, "°"),
    ]
    for one, two, km in ((20, 100, 59.652), (10, 50, 42.180), (15, 3000, 241.745)):
        got = looks.farthest(horizon.sharp(one), two) / 1e3
        rows.append(Row("PROP-1", f"two antennas, {one} and {two} m", "A", km, got, 1e-3, "km", "relative"))
    got = looks.farthest(horizon.airborne(1000.0), 10e3) / 1e3
    rows.append(Row("PROP-1", "two antennas, 1000 m (carried) and 10000 m", "A", 542.649, got, 1e-3, "km", "relative"))
    return rows


def _slant(arc: float, low: float, high: float) -> float:
    """Straight line (m) over an arc (m) on the sphere of 4/3 radius, between heights (m)."""
    a, b = RADIO_RADIUS + low, RADIO_RADIUS + high
    return math.sqrt((b - a) ** 2 + 4.0 * a * b * math.sin(0.5 * arc / RADIO_RADIUS) ** 2)


def _height_on(arc: float, antenna: float, elevation: float) -> float:
    """Height (m) that the slope of a look puts over an arc (m) at an elevation (deg)."""
    tangent = math.tan(math.radians(elevation))
    return float(brentq(lambda h: sight_slope(arc, antenna, h) - tangent, 0.0, 60e3))


def _height_at(slant: float, antenna: float, elevation: float) -> float:
    """Height (m) of the ray of an elevation (deg) at a slant range (m)."""
    arc = brentq(lambda d: _slant(d, antenna, _height_on(d, antenna, elevation)) - slant, 0.9 * slant, slant)
    return _height_on(arc, antenna, elevation)


def _range_to(height: float, antenna: float, elevation: float) -> float:
    """Slant range (m) at which that ray reaches a height (m)."""
    tangent = math.tan(math.radians(elevation))
    return _slant(brentq(lambda d: sight_slope(d, antenna, height) - tangent, 1e3, 500e3), antenna, height)


def _decay() -> list[Row]:
    """The refractivity's decay with height, from its value at the ground."""
    printed = ((200, 0.1184), (313, 0.1439), (450, 0.2233))
    table = ((200, 0.118400), (250, 0.125625), (301, 0.139632), (313, 0.143859), (400, 0.186719), (450, 0.223256))
    what = "CRPL decay with height at Ns ="
    return [
        *(
            Row("CRPL", f"{what} {n}: `refractionexp`", "P", want, 1e3 * prop.decay_of(n), 5e-5, "1/km")
            for n, want in printed
        ),
        *(Row("CRPL", f"{what} {n}", "M", want, 1e3 * prop.decay_of(n), 1e-4, "1/km", "relative") for n, want in table),
    ]


def _refractivity() -> list[Row]:
    rows = []
    for celsius, pressure, humid, want in (
        (15, 1013.25, 0.6, 319.0698),
        (25, 1013.25, 0.6, 343.9088),
        (30, 1010.0, 0.8, 397.1093),
    ):
        kelvin = celsius + 273.15
        vapour = float(atmosphere.vapour_pressure(kelvin, humid, pressure))
        got = float(atmosphere.refractivity(pressure - vapour, kelvin, vapour))
        rows.append(Row("PROP-1", f"P.453 refractivity, {celsius} °C, {100 * humid:g} %", "X", want, got, 1e-4))
    return rows


def _numbers(name: str) -> list[list[float]]:
    with (DATA / name).open(encoding="utf-8") as file:
        return [[float(x) for x in row] for row in list(csv.reader(file))[2:] if row]


def _gas_and_rain() -> list[Row]:
    gas = _numbers("ITURP676-13_gamma.csv")
    off = [0.0, 0.0]
    for f, p, t, rho, dry, wet, _ in gas:
        got = atmosphere.gas_attenuation(f * 1e9, p, t, rho)
        off = [max(o, abs(1e3 * float(g) - w) / w) for o, g, w in zip(off, got, (dry, wet), strict=True)]
    rows = [
        Row("PROP-2", f"P.676-13, {what}: largest relative difference to {len(gas)} rows", "P", 0.0, o, 1e-6)
        for what, o in zip(("dry air", "water vapour"), off, strict=True)
    ]
    for f, total in ((10, 0.014198542), (35, 0.101457329)):
        dry, wet = atmosphere.gas_attenuation(f * 1e9, 1013.25, 288.15, 7.5)
        rows.append(Row("PROP-2", f"P.676-13, {f} GHz, both", "P", total, 1e3 * float(dry + wet), 1e-8, "dB/km"))
    rain = _numbers("ITURP838-3_rain_specific_attenuation.csv")
    worst = 0.0
    for el, f, rate, tau, _, _, want in rain:
        got = 1e3 * float(atmosphere.rain_attenuation(rate, f * 1e9, math.radians(el), math.radians(tau)))
        worst = max(worst, abs(got - want) / want)
    rows.append(Row("PROP-2", f"P.838-3: largest relative difference to {len(rain)} rows", "P", 0.0, worst, 1e-6))
    spots = ((3, 16, (0.0042327, 0.0037604, 0.0038964)), (10, 16, (0.397080, 0.328510, 0.362199)),
             (10, 50, (1.663232, 1.312533, 1.483022)), (35, 16, (4.144874, 3.658835, 3.898799)))  # fmt: skip
    for f, rate, wanted in spots:
        for tilt, name, want in zip((0.0, 90.0, 45.0), ("horizontal", "vertical", "circular"), wanted, strict=True):
            got = 1e3 * float(atmosphere.rain_attenuation(rate, f * 1e9, 0.0, math.radians(tilt)))
            rows.append(Row("PROP-2", f"P.838-3, {f} GHz, {rate} mm/h, {name}", "X", want, got, 1e-6, "dB/km"))
    return rows


def _multipath() -> list[Row]:
    spots = [(3, 1.0, 1.720820), (7, 1.0, 0.857034), (12, 1.0, 1.728468), (25, 1.0, 1.172763), (40, 1.0, 1.999999),
             (80, 1.0, 1.414982), (3, 0.5, 1.315527), (12, 0.5, 1.320530)]  # fmt: skip
    rows = [
        Row(
            "PROP-3",
            f"F over a plane, {km} km, rho {-rho:g}",
            "A",
            want,
            prop.pattern_factor(km * 1e3, 20.0, 50.0, WAVE, rho, math.inf),
            1e-6,
        )
        for km, rho, want in spots
    ]
    far = np.linspace(15e3, 60e3, 45_001)
    factor = np.array([prop.pattern_factor(x, 20.0, 50.0, WAVE, 1.0, math.inf) for x in far])
    rows += [
        Row("PROP-3", "last peak", "A", 40.028, float(far[factor.argmax()]) / 1e3, 0.01, "km"),
        Row("PROP-3", "its height", "A", 6.0206, 2.0 * db(float(factor.max())), 1e-4, "dB"),
        Row("PROP-3", "null before it", "A", 20.014, float(far[factor.argmin()]) / 1e3, 0.01, "km"),
    ]
    zero = special.ai_zeros(1)[0][0]
    for wave, d in ((0.1, 90e3), (1.8, 150e3)):
        scale = 2.0 * (math.pi**2 / (wave**2 * RADIO_RADIUS)) ** (1.0 / 3.0)
        x = d * (math.pi / (wave * RADIO_RADIUS**2)) ** (1.0 / 3.0)
        turn = np.exp(1j * math.pi / 3.0)
        gains = [abs(special.airy(zero + scale * h * turn)[0] / special.airy(zero)[1]) for h in (20.0, 100.0)]
        mode = 20.0 * math.log10(
            2.0 * math.sqrt(math.pi * x) * math.exp(0.5 * math.sqrt(3.0) * zero * x) * math.prod(gains)
        )
        got = float(prop.diffracted(d, 20.0, 100.0, wave, RADIO_RADIUS))
        rows.append(
            Row(
                "P.526",
                f"behind a smooth sphere, wavelength {wave:g} m, {d / 1e3:g} km: first mode by Airy functions",
                "A",
                mode,
                got,
                1.5,
                "dB",
            )
        )
    return rows


def _field(axis: Any) -> None:
    far = np.linspace(5e3, horizon.closed_form(10.0, 100.0), 1500)
    for wave, name in ((WAVE, "3 GHz"), (1.8, "166 MHz")):
        line = [20.0 * math.log10(max(1e-3, prop.pattern_factor(x, 10.0, 100.0, wave, 1.0, RADIO_RADIUS))) for x in far]
        axis.plot(far / 1e3, line, lw=1.0, label=name)
    axis.axhline(0.0, color="#888", lw=0.8)
    axis.set_ylim(-40.0, 8.0)
    axis.set_xlabel("ground distance, km (to the horizon)")
    axis.set_ylabel("field over empty space, dB")
    axis.legend(fontsize=8)
