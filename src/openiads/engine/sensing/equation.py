"""The radar equation and what follows from it: loop gain, accuracy, jamming over noise. docs/equations/sensing.md."""

from __future__ import annotations

import math

BOLTZMANN = 1.380649e-23  # J/K
LIGHT = 299_792_458.0  # m/s


def loop_gain(power: float, pulse: float, gain_out: float, gain_in: float, frequency: float, temperature: float,
              losses: float) -> float:  # fmt: skip
    """SNR x R^4 / RCS (m2) of one pulse: power W, pulse s, gains and losses as ratios, Hz, K (Skolnik 2008, 2.1).

    With two ranges (bistatic) R^4 is the product of their squares.
    """
    wavelength = LIGHT / frequency
    return (
        power * pulse * gain_out * gain_in * wavelength**2 / ((4.0 * math.pi) ** 3 * BOLTZMANN * temperature * losses)
    )


def jamming_gain(gain: float, frequency: float, temperature: float) -> float:
    """Jamming over thermal noise x R^2 / (W/Hz radiated) in the main beam: G lambda^2 / ((4 pi)^2 k T)."""
    return gain * (LIGHT / frequency) ** 2 / ((4.0 * math.pi) ** 2 * BOLTZMANN * temperature)


def range_error(bandwidth: float, snr: float) -> float:
    """Standard deviation of range (m) from bandwidth (Hz) and SNR (ratio): c / (2 B sqrt(2 SNR)) (Curry 2005)."""
    return LIGHT / (2.0 * bandwidth * math.sqrt(2.0 * snr))


def angle_error(beam: float, snr: float) -> float:
    """Standard deviation of an angle from the beam's width (same unit) and SNR: width / (1.6 sqrt(2 SNR)) (Skolnik)."""
    return beam / (1.6 * math.sqrt(2.0 * snr))
