"""Radar equation, jamming, accuracy: RRE-1, EW-1, ACC-1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from openiads.engine.sensing import equation
from validation import Row, Section, looks
from validation.detection import db, linear


def section() -> Section:
    """The chapter."""
    text = (
        "RRE-1 and ACC-1 ask the functions that turn a data sheet into a radar. EW-1 and trap 3 are read from the "
        "plots of a small scenario: a radar with that data sheet looks once at a target that jams or is covered, "
        "in a tick of the run's own sensing, and J/S follows from the SNR with and without the noise. The "
        "simulated radars do not measure velocity: the velocity column of ACC-1 has no row."
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


SHEET = {
    "range_km": None, "range_rcs_m2": None, "band": "C", "pulse_us": 1.0, "bandwidth_mhz": 1.0, "beam_azimuth_deg": 2.0,
    "sidelobes_db": -30.0, "noise_temperature_k": 290.0, "elevation_min_deg": -80.0, **looks.ANSWERS,
}  # fmt: skip


@cache
def mahafza() -> looks.Eye:
    """50 kW, 35 dB, 667 kHz, 0.1 dB of loss; a matched filter."""
    return looks.eye(**{
        **SHEET, "frequency_ghz": 5.6, "peak_power_kw": 50.0, "gain_db": 35.0, "losses_db": 0.1,
        "bandwidth_mhz": 0.667, "pulse_us": 1.0 / 0.667,
    })  # fmt: skip


@cache
def handbook(gain_db: float = 45.0) -> looks.Eye:
    """5 GHz, 70 dBm less 5 dB of line; the line of the receiver takes from echo and noise alike."""
    return looks.eye(
        **{**SHEET, "frequency_ghz": 5.0, "peak_power_kw": dbm(70.0 - 5.0) / 1e3, "gain_db": gain_db, "losses_db": 0.0}
    )


def dbm(level: float) -> float:
    """W."""
    return linear(level - 30.0)


def jam_to_signal(eye: looks.Eye, far: float, rcs: float, erp: float, bandwidth: float,
                  jammer: float | None = None) -> float:  # fmt: skip
    """J/S at a target `far` m away that jams itself, or that another covers from `jammer` m, as plots show it."""
    at = looks.place(eye, far, 500.0 if jammer is None else 1000.0)
    clean = float(looks.strengths(eye, [replace(at, rcs=rcs)])[0])
    if jammer is None:
        noisy = looks.strengths(eye, [replace(at, rcs=rcs, jammer=erp, bandwidth=bandwidth)])[0]
    else:
        cover = replace(looks.place(eye, jammer, 12e3), rcs=1e-9, jammer=erp, bandwidth=bandwidth)
        noisy = looks.strengths(eye, [replace(at, rcs=rcs), cover])[0]
    return 1.0 / float(noisy) - 1.0 / clean


def _crossover(ratio: Callable[[float], float]) -> float:
    """Slant range (m) at which J/S is 1."""
    return looks.border(lambda far: ratio(far) < 1.0, 1e3, 90e3, 0.01)


def _jamming() -> list[Row]:
    watts = 200.0 * linear(10.0 - 0.1)

    def screened(far: float, erp: float = watts, bandwidth: float = 50e6) -> float:
        return jam_to_signal(mahafza(), far, 10.0, erp, bandwidth)

    def stand_off(erp: float, jammer: float) -> float:
        return _crossover(lambda far: jam_to_signal(mahafza(), far, 10.0, erp, 50e6, jammer))

    def navy(far: float) -> float:  # the jammer's 10 dB of loss and 5 dB of antenna
        return jam_to_signal(handbook(), far, 9.0, dbm(30.0 - 10.0 + 5.0), 1e6)

    one, away = _crossover(screened), stand_off(1e3, 1e5)
    spot = screened(1e4, bandwidth=667e3)
    six = looks.border(lambda far: navy(far) < linear(6.0), 1e3, 90e3, 0.01)
    return [
        Row("EW-1", "Mahafza: self-screening crossover, 200 W in 50 MHz", "A", 2171.64, one, 1.0, "m"),
        Row("EW-1", "EW Handbook: one-way power, -1 dB antenna, 5 dB line", "M", -32.254, _one_way(), 0.005, "dBm"),
        Row("EW-1", "EW Handbook: J/S at 31 km, 9 m²", "M", 6.275, db(navy(31e3)), 0.005, "dB"),
        Row("EW-1", "EW Handbook: J/S is 0 dB at", "M", 15.05, _crossover(navy) / 1e3, 0.01, "km"),
        Row("EW-1", "EW Handbook: J/S is 6 dB at", "M", 30.03, six / 1e3, 0.01, "km"),
        Row(
            "EW-1",
            "four times the power: self-screening crossover over that of the power",
            "A",
            0.5,
            _crossover(lambda far: screened(far, 4.0 * watts)) / one,
            1e-4,
        ),
        Row(
            "EW-1", "sixteen times the power: stand-off crossover likewise", "A", 0.5, stand_off(16e3, 1e5) / away, 1e-4
        ),
        Row(
            "EW-1", "four times the distance: stand-off crossover likewise", "A", 2.0, stand_off(1e3, 4e5) / away, 1e-4
        ),
        Row(
            "trap 3",
            "a barrage of 200 MHz: J/S over that of a spot of the receiver's 667 kHz",
            "A",
            667e3 / 200e6,
            screened(1e4, bandwidth=200e6) / spot,
            1e-6,
        ),
        Row(
            "trap 3",
            "a spot of 100 kHz, narrower than the receiver: is in whole, and no more",
            "A",
            1.0,
            screened(1e4, bandwidth=100e3) / spot,
            1e-6,
        ),
    ]


def _one_way() -> float:
    """Power (dBm) at the receiver from what 70 dBm, 5 dB of line and 45 dB radiate 31 km away, as noise over k T B."""
    ratio = jam_to_signal(handbook(-1.0 - 5.0), 31e3, 9.0, dbm(70.0 - 5.0 + 45.0), 1e6)
    clean = looks.strengths(handbook(-1.0 - 5.0), [replace(looks.place(handbook(-6.0), 31e3, 500.0), rcs=9.0)])[0]
    return db(ratio * clean * equation.BOLTZMANN * 290.0 * 1e6 * 1e3)


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
    far = np.geomspace(700.0, 50e3, 60)
    for bandwidth in (667e3, 50e6, 200e6):
        line = [-db(jam_to_signal(mahafza(), x, 10.0, 200.0 * linear(9.9), bandwidth)) for x in far]
        axis.semilogx(far / 1e3, line, lw=1.2, label=f"200 W over {bandwidth / 1e6:g} MHz")
    axis.axhline(0.0, color="#888", lw=0.8)
    axis.plot([2.17164], [0.0], "o", color="#c0392b", label="Mahafza's crossover, 50 MHz")
    axis.set_xlabel("range, km")
    axis.set_ylabel("S/J, dB")
    axis.legend(fontsize=8)
