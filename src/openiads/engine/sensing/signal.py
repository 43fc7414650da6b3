"""How strong a body is at a radar: one function for the run, for maps of detection and for defended areas.

Range and elevation limits, radar equation, air, and the smooth surface below. docs/equations/sensing.md.
"""

from __future__ import annotations

import math

from openiads.engine.geo import EARTH_RADIUS, RADIO_RADIUS
from openiads.engine.jit import part
from openiads.engine.sensing.propagation import pattern_factor, transmission

RISE = 0.5 * (1.0 / EARTH_RADIUS - 1.0 / RADIO_RADIUS)  # 1/m: a ray rises by this times the square of its length


@part
def signal(radars, r, source, slant, level, up):
    """SNR over thermal noise, 0 outside the range and elevation limits; slant, level, up: m from the antenna.

    source: RCS (m2) of the aspect seen; for a passive sensor what is emitted in its band (W).
    """
    if not radars.reach[r, 0] <= slant <= radars.reach[r, 1]:
        return 0.0
    if not radars.slope[r, 0] * level <= up <= radars.slope[r, 1] * level:
        return 0.0
    through = transmission(radars, r, apparent_sine(slant, level, up), slant / radars.reach[r, 1])
    if radars.dimensions[r] == 1:
        return radars.gain[r] * source / (slant * slant) * math.sqrt(through)
    square = slant * slant
    return radars.gain[r] * source / (square * square) * through


@part
def apparent_sine(slant, level, up):
    """Sine of the elevation at which a 4/3 earth shows what lies `up` and `level` (m) away, to 2.2e-4.

    The ray of the 4/3 earth leaves the antenna above the straight line, by slant / 2 (1/a - 3/4a) cos e. The error is
    that over 1 to 600 km, bodies to 20 km and antennas to 9,150 m.
    """
    return (up + RISE * level * level) / slant


@part
def surface_factor(radars, r, distance, above_1, above_2):
    """Power factor of a smooth surface: F^4 for an echo, F^2 for what a passive sensor hears; heights (m) over it."""
    if radars.reflection[r] <= 0.0:
        return 1.0
    factor = pattern_factor(distance, above_1, above_2, radars.wavelength[r], radars.reflection[r], RADIO_RADIUS)
    return factor * factor if radars.dimensions[r] == 1 else factor**4


@part
def aspect_side(closing):
    """Which RCS is seen: 0 nose, 1 beam, 2 tail, from the cosine between velocity and the way to the radar."""
    return 0 if closing > 0.7071 else (2 if closing < -0.7071 else 1)
