"""Radar equation, jamming, accuracy: RRE-1, EW-1, ACC-1."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from openiads.engine.sensing import equation
from validation import Row, Section
from validation.detection import db, linear


def section() -> Section:
    """The chapter."""
    text = (
        "The loop gain is what a radar class with a data sheet gets; the same formula runs in every look. Velocity is not "
        "measured by the simulated radars, so the velocity column of ACC-1 has no row."
    )
    return Section("Radar equation, jamming, accuracy", text, [*_equation(), *_jamming(), *_accuracy()],
                   {"Signal over jamming for a self-screening jammer (EW-1, 50 kW, 10 m²)": _burn_through})  # fmt: skip


def gain(frequency: float, power: float, pulse: float, out: float, back: float | None = None, temperature: float = 290.0,
         losses: float = 0.0) -> float:  # fmt: skip
    """Loop gain from decibels."""
    return equation.loop_gain(
        power, pulse, linear(out), linear(out if back is None else back), frequency, temperature, linear(losses)
    )


def _equation() -> list[Row]:
    first = gain(1e9, 1e6, 0.2e-6, 20.0)
    second = gain(10e9, 1e6, 1e-6, 40.0, temperature=300.0, losses=3.0)
    third = gain(10e9, 1e6, 1e-6, 40.0, 20.0)
    rows = [
        Row("RRE-1", "radareqsnr, 1 GHz, 50 km", "P", 5.5868, db(first / 50e3**4), 5e-5, "dB"),
        Row("RRE-1", "radareqsnr, 10 GHz, 100 km, 0.5 m²", "P", 14.3778, db(second * 0.5 / 100e3**4), 5e-5, "dB"),
        Row("RRE-1", "radareqsnr, bistatic, 50 and 75 km", "P", 9.0547, db(third / (50e3 * 75e3) ** 2), 5e-5, "dB"),
    ]
    near, far = gain(10e9, 1e6, 10e-6, 20.0), gain(10e9, 1e6, 10e-6, 40.0, losses=3.0)
    rows += [
        Row("RRE-1", "radareqrng, G 20 dB, SNR 6 dB", "P", 4.1057e4, (near / linear(6.0)) ** 0.25, 0.5, "m"),
        Row("RRE-1", "radareqrng, G 40 dB, 0.1 m², L 3 dB", "P", 1.9426e5, (far * 0.1 / linear(6.0)) ** 0.25, 5.0, "m"),
    ]
    weak = gain(1e9, 1.0, 1e-6, 20.0)
    strong = gain(10e9, 1.0, 1e-6, 30.0, temperature=300.0, losses=3.0)
    return [
        *rows,
        Row("RRE-1", "radareqpow, 1 GHz, 50 km, SNR 6 dB", "P", 2.1996e5, linear(6.0) * 50e3**4 / weak, 5.0, "W"),
        Row(
            "RRE-1",
            "radareqpow, 10 GHz, 0.5 m², SNR 10 dB",
            "P",
            2.2809e6,
            linear(10.0) * 50e3**4 / (strong * 0.5),
            50.0,
            "W",
        ),
        Row(
            "RRE-1", "thermal floor kT0 at 290 K", "P", -173.97519, db(equation.BOLTZMANN * 290.0 * 1e3), 1e-5, "dBm/Hz"
        ),
    ]


def jam_to_signal(far: float, erp: float, bandwidth: float, receiver: float, power: float, antenna: float, rcs: float, *,
                  jammer: float | None = None, losses: float = 0.0, frequency: float = 5e9) -> float:  # fmt: skip
    """J/S of a jammer at `jammer` (m; the target itself unless said) in the main beam, through the product's two gains."""
    signal = gain(frequency, power, 1.0 / receiver, antenna, losses=losses) * rcs / far**4
    noise = equation.jamming_gain(linear(antenna), frequency, 290.0) * erp / max(bandwidth, receiver)
    return noise / (far if jammer is None else jammer) ** 2 / signal


def _crossover(ratio: Any) -> float:
    low, high = 1.0, 1e7
    for _ in range(200):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if ratio(middle) < 1.0 else (low, middle)
    return high


def _jamming() -> list[Row]:
    def mahafza(far: float, erp: float = 200.0 * linear(10.0 - 0.1), bandwidth: float = 50e6) -> float:
        return jam_to_signal(far, erp, bandwidth, 667e3, 50e3, 35.0, 10.0, losses=0.1)

    def stand_off(erp: float, jammer: float) -> float:
        return _crossover(lambda far: jam_to_signal(far, erp, 50e6, 667e3, 50e3, 35.0, 10.0, jammer=jammer))

    def handbook(
        far: float,
    ) -> float:  # the jammer's 10 dB of loss and 5 dB of antenna; the radar's line loss in both ways
        return db(jam_to_signal(far, linear(30.0 - 10.0 + 5.0 - 30.0), 1e6, 1e6, linear(70.0 - 30.0 - 5.0), 45.0, 9.0))

    one = _crossover(mahafza)
    rows = [
        Row("EW-1", "Mahafza: self-screening crossover, 200 W in 50 MHz", "A", 2171.64, one, 1.0, "m"),
        Row("EW-1", "EW Handbook: J/S at 31 km, 9 m²", "M", 6.275, handbook(31e3), 0.05, "dB"),
        Row(
            "EW-1",
            "EW Handbook: J/S is 0 dB at",
            "M",
            15.05,
            _crossover(lambda far: linear(handbook(far))) / 1e3,
            0.05,
            "km",
        ),
        Row(
            "EW-1",
            "four times the power: self-screening crossover",
            "A",
            0.5,
            _crossover(lambda f: mahafza(f, 4 * 200 * linear(9.9))) / one,
            1e-6,
        ),
        Row(
            "EW-1",
            "sixteen times the power: stand-off crossover",
            "A",
            0.5,
            stand_off(16e3, 1e5) / stand_off(1e3, 1e5),
            1e-6,
        ),
        Row(
            "EW-1",
            "four times the distance: stand-off crossover",
            "A",
            2.0,
            stand_off(1e3, 4e5) / stand_off(1e3, 1e5),
            1e-6,
        ),
    ]
    spot, barrage = mahafza(1e4, bandwidth=667e3), mahafza(1e4, bandwidth=200e6)
    narrow = mahafza(1e4, bandwidth=100e3)
    return [
        *rows,
        Row(
            "trap 3",
            "a barrage of 200 MHz reaches the receiver's share of a spot",
            "A",
            667e3 / 200e6,
            barrage / spot,
            1e-9,
        ),
        Row("trap 3", "a spot narrower than the receiver is in whole, and no more", "A", 1.0, narrow / spot, 1e-9),
    ]


def _accuracy() -> list[Row]:
    rows = []
    for snr, far, angle in ((10, 33.5178, 0.209631), (13, 23.7288, 0.148408), (20, 10.5993, 0.0662913)):
        rows.append(
            Row("ACC-1", f"range error, 1 MHz, {snr} dB", "A", far, equation.range_error(1e6, linear(snr)), 1e-4, "m")
        )
        rows.append(
            Row(
                "ACC-1",
                f"angle error, beam 1.5°, {snr} dB",
                "A",
                angle,
                equation.angle_error(1.5, linear(snr)),
                1e-6,
                "°",
            )
        )
    return rows


def _burn_through(axis: Any) -> None:
    far = np.geomspace(300.0, 50e3, 120)
    for bandwidth in (667e3, 50e6, 200e6):
        line = [-db(jam_to_signal(x, 200.0 * linear(9.9), bandwidth, 667e3, 50e3, 35.0, 10.0, losses=0.1)) for x in far]
        axis.semilogx(far / 1e3, line, lw=1.2, label=f"200 W over {bandwidth / 1e6:g} MHz")
    axis.axhline(0.0, color="#888", lw=0.8)
    axis.plot([2.17164], [0.0], "o", color="#c0392b", label="Mahafza's crossover, 50 MHz")
    axis.set_xlabel("range, km")
    axis.set_ylabel("S/J, dB")
    axis.legend(fontsize=8)
