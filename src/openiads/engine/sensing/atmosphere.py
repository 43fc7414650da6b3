"""What the air takes from a wave: gases, rain, and the refractivity that bends it. ITU-R P.453, P.676, P.835, P.838.

Called when a scenario is built, never within a tick. Arguments broadcast like numpy arrays. Pressures are in hPa
and vapour densities in g/m3 as in the recommendations; a dry pressure is that of the air without its vapour, and
the total (barometric) pressure is dry pressure + vapour pressure. docs/equations/atmosphere.md.
"""

from __future__ import annotations

import math

import numpy as np

from openiads.engine.geo import RADIO_RADIUS
from openiads.engine.sensing.lines import OXYGEN, WATER

# P.835-6, Annex 1, section 1.1: geopotential height of a layer's base (m), its temperature (K), lapse (K/m),
# total pressure (hPa)
REFERENCE = np.array(
    [
        [0.0, 288.15, -0.0065, 1013.25],
        [11e3, 216.65, 0.0, 226.3226],
        [20e3, 216.65, 0.001, 54.74980],
        [32e3, 228.65, 0.0028, 8.680422],
        [47e3, 270.65, 0.0, 1.109106],
        [51e3, 270.65, -0.0028, 0.6694167],
        [71e3, 214.65, -0.002, 0.03956649],
    ]
)
TOP = 86e3  # m, where the layers end; no gas above
TILT = {"horizontal": 0.0, "vertical": 0.5 * math.pi, "circular": 0.25 * math.pi}  # rad, tau of P.838

_EARTH = 6_356_766.0  # m, radius that turns height into geopotential height
_HYDROSTATIC = 0.0341632  # K/m, gravity x molar mass of air / gas constant
_VAPOUR = 216.7  # g K / (m3 hPa): density = 216.7 x pressure / temperature

# P.838-3, Tables 1 to 4: rows of (a, b, c) of the Gaussians in log10 frequency (GHz), then slope and constant
_K_HORIZONTAL = (
    ((-5.33980, -0.10008, 1.13098), (-0.35351, 1.26970, 0.45400), (-0.23789, 0.86036, 0.15354),
     (-0.94158, 0.64552, 0.16817)), -0.18961, 0.71147,
)  # fmt: skip
_K_VERTICAL = (
    ((-3.80595, 0.56934, 0.81061), (-3.44965, -0.22911, 0.51059), (-0.39902, 0.73042, 0.11899),
     (0.50167, 1.07319, 0.27195)), -0.16398, 0.63297,
)  # fmt: skip
_ALPHA_HORIZONTAL = (
    ((-0.14318, 1.82442, -0.55187), (0.29591, 0.77564, 0.19822), (0.32177, 0.63773, 0.13164),
     (-5.37610, -0.96230, 1.47828), (16.1721, -3.29980, 3.43990)), 0.67849, -1.95537,
)  # fmt: skip
_ALPHA_VERTICAL = (
    ((-0.07771, 2.33840, -0.76284), (0.56727, 0.95545, 0.54039), (-0.20238, 1.14520, 0.26809),
     (-48.2991, 0.791669, 0.116226), (48.5833, 0.791459, 0.116479)), -0.053739, 0.83433,
)  # fmt: skip

_HEIGHTS = 256  # steps of the height grid from 0 to TOP
_STEPS = 256  # steps along a ray


def reference_atmosphere(height_m):
    """Mean annual global reference: dry pressure (hPa), temperature (K), vapour density (g/m3) at a height; P.835-6.

    Heights are clamped to 0 and TOP. Vapour falls from 7.5 g/m3 with a scale of 2 km until its mixing ratio is 2e-6.
    """
    height = np.clip(np.asarray(height_m, float), 0.0, TOP)
    geopotential = _EARTH * height / (_EARTH + height)
    layer = np.searchsorted(REFERENCE[:, 0], geopotential, side="right") - 1
    base, warmth, lapse, pressure = REFERENCE.T[:, layer]
    above = geopotential - base
    temperature = warmth + lapse * above
    sloped = np.where(lapse == 0.0, 1.0, lapse)
    total = pressure * np.where(
        lapse == 0.0, np.exp(-_HYDROSTATIC * above / warmth), (temperature / warmth) ** (-_HYDROSTATIC / sloped)
    )
    vapour = np.maximum(7.5 * np.exp(-height / 2e3), 2e-6 * total * _VAPOUR / temperature)
    return total - vapour * temperature / _VAPOUR, temperature, vapour


def gas_attenuation(frequency_hz, dry_pressure_hpa, temperature_k, vapour_density_g_m3):
    """Specific attenuation (dB/m) by dry air and by water vapour, one way; P.676-13, Annex 1, line by line."""
    f = np.asarray(frequency_hz, float)[..., None] * 1e-9
    p = np.asarray(dry_pressure_hpa, float)[..., None]
    t = np.asarray(temperature_k, float)[..., None]
    e = np.asarray(vapour_density_g_m3, float)[..., None] * t / _VAPOUR
    theta = 300.0 / t

    f0, a1, a2, a3, a4, a5, a6 = OXYGEN.T
    width = a3 * 1e-4 * (p * theta ** (0.8 - a4) + 1.1 * e * theta)
    width = np.sqrt(width**2 + 2.25e-6)  # Zeeman splitting
    overlap = (a5 + a6 * theta) * 1e-4 * (p + e) * theta**0.8
    strength = a1 * 1e-7 * p * theta**3 * np.exp(a2 * (1.0 - theta))
    dry = (strength * _shape(f, f0, width, overlap)).sum(-1)

    f0, b1, b2, b3, b4, b5, b6 = WATER.T
    width = b3 * 1e-4 * (p * theta**b4 + b5 * e * theta**b6)
    width = 0.535 * width + np.sqrt(0.217 * width**2 + 2.1316e-12 * f0**2 / theta)  # Doppler broadening
    strength = b1 * 0.1 * e * theta**3.5 * np.exp(b2 * (1.0 - theta))
    wet = (strength * _shape(f, f0, width, 0.0)).sum(-1)

    f, p, e, theta = f[..., 0], p[..., 0], e[..., 0], theta[..., 0]
    debye = 5.6e-4 * (p + e) * theta**0.8
    nitrogen = 1.4e-12 * p * theta**1.5 / (1.0 + 1.9e-5 * f**1.5)
    dry = dry + f * p * theta**2 * (6.14e-5 / (debye * (1.0 + (f / debye) ** 2)) + nitrogen)
    return 0.182e-3 * f * dry, 0.182e-3 * f * wet


def _shape(f, f0, width, overlap):
    """Line shape (1/GHz) at f of lines at f0 (GHz); P.676-13, equation 5."""
    below, above = f0 - f, f0 + f
    return (f / f0) * (
        (width - overlap * below) / (below**2 + width**2) + (width - overlap * above) / (above**2 + width**2)
    )


def rain_attenuation(rain_rate_mm_h, frequency_hz, elevation_rad, polarisation):
    """Specific attenuation (dB/m) by rain, one way; P.838-3, from 1 GHz up (below, the value at 1 GHz).

    Polarisation is the tilt from the horizontal (rad): 0 horizontal, pi/2 vertical, pi/4 circular.
    """
    x = np.log10(np.maximum(np.asarray(frequency_hz, float) * 1e-9, 1.0))
    k_h, k_v = 10.0 ** _regression(x, _K_HORIZONTAL), 10.0 ** _regression(x, _K_VERTICAL)
    a_h, a_v = _regression(x, _ALPHA_HORIZONTAL), _regression(x, _ALPHA_VERTICAL)
    tilt = np.cos(elevation_rad) ** 2 * np.cos(2.0 * np.asarray(polarisation, float))
    k = 0.5 * (k_h + k_v + (k_h - k_v) * tilt)
    alpha = 0.5 * (k_h * a_h + k_v * a_v + (k_h * a_h - k_v * a_v) * tilt) / k
    return 1e-3 * k * np.asarray(rain_rate_mm_h, float) ** alpha


def _regression(x, table):
    """Sum of Gaussians and a line in x = log10 frequency (GHz); P.838-3, equations 2 and 3."""
    gaussians, slope, constant = table
    return sum(a * np.exp(-(((x - b) / c) ** 2)) for a, b, c in gaussians) + slope * x + constant


def vapour_pressure(temperature_k, relative_humidity, pressure_hpa):
    """Vapour pressure (hPa) over water at a relative humidity (0 to 1) and a total pressure (hPa); P.453-14."""
    t = np.asarray(temperature_k, float) - 273.15
    enhancement = 1.0 + 1e-4 * (7.2 + pressure_hpa * (0.0320 + 5.9e-6 * t**2))
    return relative_humidity * enhancement * 6.1121 * np.exp((18.678 - t / 234.5) * t / (t + 257.14))


def refractivity(dry_pressure_hpa, temperature_k, vapour_pressure_hpa):
    """Radio refractivity N, (n - 1) x 1e6; P.453-14, equation 2."""
    t = np.asarray(temperature_k, float)
    return 77.6 * dry_pressure_hpa / t + (72.0 + 3.75e5 / t) * vapour_pressure_hpa / t


def two_way_loss(
    frequency_hz,
    antenna_height_m,
    elevations_rad,
    slant_ranges_m,
    rain_rate_mm_h=0.0,
    rain_height_m=3000.0,
    rain_extent_m=math.inf,
):
    """Loss (dB) to a target and back, float64[E, K], at elevations[E] (rad) and slant ranges[K] (m).

    Straight rays on the 4/3 earth. Gas: trapezoids through the reference atmosphere. Rain: one rate below the rain
    height, as far along the ray as the extent from the antenna; its tilt is that of the ray at the antenna.
    """
    ranges = np.asarray(slant_ranges_m, float)
    rise = np.sin(np.asarray(elevations_rad, float))[:, None]
    antenna = RADIO_RADIUS + antenna_height_m

    heights = _stretched(TOP, _HEIGHTS)
    dry, wet = gas_attenuation(frequency_hz, *reference_atmosphere(heights))
    path = _stretched(ranges.max(), _STEPS)
    on_ray = np.sqrt(antenna**2 + path**2 + 2.0 * antenna * path * rise) - RADIO_RADIUS
    gamma = np.interp(on_ray, heights, dry + wet, right=0.0)
    pieces = 0.5 * (gamma[:, 1:] + gamma[:, :-1]) * np.diff(path)
    total = np.cumsum(np.pad(pieces, ((0, 0), (1, 0))), axis=1)
    gas = np.array([np.interp(ranges, path, row) for row in total])

    tangent = -antenna * rise  # where the ray is closest to the centre of the earth
    half = np.sqrt(np.maximum(tangent**2 + (RADIO_RADIUS + rain_height_m) ** 2 - antenna**2, 0.0))
    enter, leave = np.maximum(tangent - half, 0.0), np.minimum(tangent + half, rain_extent_m)
    wetted = np.maximum(np.minimum(ranges, leave) - enter, 0.0)
    rain = rain_attenuation(rain_rate_mm_h, frequency_hz, np.asarray(elevations_rad, float), TILT["horizontal"])
    return 2.0 * (gas + rain[:, None] * wetted)


def _stretched(end, steps):
    """Grid from 0 to an end (m) of steps that grow in proportion to 10 km + the distance reached."""
    return 1e4 * np.expm1(np.linspace(0.0, math.log1p(end / 1e4), steps + 1))
