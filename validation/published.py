"""Published figures of real radars and of geometry: facts 6.1 to 6.3."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from openiads.engine.geo import RADIO_RADIUS, horizon_distance, sight_slope
from openiads.engine.sensing.propagation import pattern_factor
from openiads.scenario.load import load
from openiads.scenario.radars import loop_gain, reference_snr
from openiads.scenario.spec import Propagation
from validation import Row, Section

HORIZONS = {  # antenna m -> target m: km
    4: {30: 30.8, 100: 49.5, 1000: 138.6, 10000: 420.4}, 10: {30: 35.6, 100: 54.3, 1000: 143.4, 11000: 445.3, 30000: 727.0},
    24: {60: 52.1, 300: 91.6, 5000: 311.6}, 40: {30: 48.6, 150: 76.6, 3000: 251.8, 20000: 609.0},
}  # fmt: skip
LOWEST = {
    20: 3,
    35: 28,
    60: 130,
    120: 674,
    150: 1104,
    200: 2058,
    250: 3305,
    380: 7926,
    400: 8814,
    600: 20279,
}  # km -> m


def section() -> Section:
    """The chapter."""
    text = (
        "Geometry first: no claim reaches beyond it. V4 and V5 are brochure figures for low and high targets. They come out of "
        "multipath and diffraction over a smooth 4/3 earth with one stated range for each radar and no fitted factor: V4's is "
        "taken from its own second row, V5's from its own 10,000 m. What is missing: the brochures name no antenna height (the "
        "rows show 6 to 10 m), no probability of detection, no terrain; P.526's first mode is within 1.5 dB of the field. V3 is the area "
        "of a circle of 315 km, a smaller definition than V1's. V2, V6, V7 and V13 are limited by a sensitivity that nobody published: no row."
    )
    return Section("Published figures", text, [*_geometry(), *_claims(), *_low_flyers(), *_scaling()],
                   {"Largest detection range over free-space range, by height of the target (S-band, antenna 6 m, 36D6M class)": _low_curve})  # fmt: skip


def _geometry() -> list[Row]:
    rows = [
        Row("6.1", f"horizon, antenna {a} m, target {t} m", "A", km, horizon_distance(a, t) / 1e3, 0.06, "km")
        for a, line in HORIZONS.items()
        for t, km in line.items()
    ]
    for km, want in LOWEST.items():
        low, high = 0.0, 40e3
        for _ in range(60):
            middle = 0.5 * (low + high)
            hidden = sight_slope(km * 1e3, 10.0, middle) < -math.sqrt(2.0 * 10.0 / RADIO_RADIUS)
            low, high = (middle, high) if hidden else (low, middle)
        rows.append(
            Row("6.1", f"lowest visible height at {km} km, antenna 10 m", "A", want, high, max(1.0, 0.004 * want), "m")
        )
    return rows


def _claims() -> list[Row]:
    return [
        Row("V1", "E-3A at 9,150 m: low flyers within 400 km; horizon to the sea", "P", 400, horizon_distance(9150.0, 0.0) / 1e3, 0.06, "km", "relative"),
        Row("V1", "the same, a target at 30 m", "P", 400, horizon_distance(9150.0, 30.0) / 1e3, 0.06, "km", "relative"),
        Row("V2", "E-3A, 520 km at medium altitude: the horizon of 3,000 m lies beyond", "P", 520, horizon_distance(9150.0, 3000.0) / 1e3, unit="km", kind="least"),
        Row("V3", "E-3A covers 312,000 km²: radius of that circle", "P", 315, math.sqrt(312_000 / math.pi), 1.0, "km"),
        Row("V7", "Sopka-2, 10,000 m at 400 km: within the horizon of 8 m", "P", 400, horizon_distance(8.0, 10e3) / 1e3, unit="km", kind="least"),
        Row("V8", "90K6E, 450 km at 10 km: beyond the horizon of 10 m", "P", 450, horizon_distance(10.0, 10e3) / 1e3, unit="km", kind="most"),
        Row("V9", "600 km: horizon of a target at 20.3 km", "A", 600, horizon_distance(10.0, 20_300.0) / 1e3, 1.0, "km"),
        Row("V9", "an airliner at 11 km is lost beyond", "A", 445, horizon_distance(10.0, 11_000.0) / 1e3, 1.0, "km"),
        Row("V10", "400 km: horizon of a target at 8.8 km", "A", 400, horizon_distance(10.0, 8_814.0) / 1e3, 0.5, "km"),
        Row("V11", "250 km: horizon of a target at 3.3 km", "A", 250, horizon_distance(10.0, 3_305.0) / 1e3, 0.5, "km"),
        Row("V16", "a picket every 53.8 km: horizon of a 30 m mast to 60 m", "P", 53.8, horizon_distance(30.0, 60.0) / 1e3, 0.15, "km", "relative"),
    ]  # fmt: skip


def farthest(free: float, antenna: float, target: float, wavelength: float) -> float:
    """Largest distance (m) up to the horizon at which F x free-space range reaches the target."""
    far = np.linspace(2e3, horizon_distance(antenna, target), 6000)
    reach = np.array([free * pattern_factor(x, antenna, target, wavelength, 1.0, RADIO_RADIUS) for x in far])
    seen = reach >= far
    return float(far[seen].max()) if seen.any() else 0.0


def free_range(antenna: float, target: float, wavelength: float, wanted: float) -> float:
    """Free-space range (m) with which a target is seen as far as wanted."""
    low, high = 1e4, 1e6
    for _ in range(50):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if farthest(middle, antenna, target, wavelength) < wanted else (low, middle)
    return high


def _low_flyers() -> list[Row]:
    rows = []
    for antenna, allowed in ((6.0, 0.05), (8.0, 0.05), (10.0, 0.05)):
        free = free_range(antenna, 1000.0, 0.1, 115e3)
        got = farthest(free, antenna, 100.0, 0.1) / 1e3
        what = f"36D6M, 1 m² at 100 m; free-space range {free / 1e3:.0f} km from its 115 km at 1,000 m; antenna {antenna:g} m"
        rows.append(Row("V4", what, "P", 42, got, allowed, "km", "relative"))
    for target, want in ((500.0, 60), (10e3, 250), (27e3, 270)):
        got = farthest(250e3, 8.0, target, 1.8) / 1e3
        rows.append(
            Row(
                "V5",
                f"P-18 class, fighter at {target:,.0f} m; free-space range 250 km, antenna 8 m",
                "P",
                want,
                got,
                unit="km",
                kind="least",
            )
        )
    return rows


def _scaling() -> list[Row]:
    """Through the loop gain that the shipped class gets from its stated range."""
    model = load("turkey-2019").library.radars["91n6e-class"]
    gain, needed = loop_gain(model, Propagation(gases=False), 10.0), reference_snr(model)

    def reach(rcs: float) -> float:
        return float((gain * rcs / needed) ** 0.25) / 1e3

    rows = [
        Row(
            "6.3",
            "390 km against 4 m²: the same class against 0.4 m²; published 230 km",
            "P",
            230,
            reach(0.4),
            0.06,
            "km",
            "relative",
        )
    ]
    for rcs, want in ((20, 583), (1, 276), (0.1, 155), (0.01, 87), (0.001, 49)):
        rows.append(
            Row("6.3", f"390 km against 4 m²: the same class against {rcs:g} m²", "A", want, reach(rcs), 0.6, "km")
        )
    return rows


def _low_curve(axis: Any) -> None:
    heights = np.geomspace(30.0, 3000.0, 25)
    free = free_range(6.0, 1000.0, 0.1, 115e3)
    axis.semilogx(
        heights,
        [farthest(free, 6.0, h, 0.1) / 1e3 for h in heights],
        lw=1.3,
        label=f"free-space range {free / 1e3:.0f} km",
    )
    axis.semilogx(
        heights, [horizon_distance(6.0, h) / 1e3 for h in heights], "--", color="#888", lw=1.0, label="horizon"
    )
    axis.plot([100.0, 1000.0], [42.0, 115.0], "o", color="#c0392b", label="published")
    axis.set_xlabel("height of the target, m")
    axis.set_ylabel("detection range, km")
    axis.legend(fontsize=8)
