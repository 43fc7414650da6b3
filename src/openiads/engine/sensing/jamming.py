"""Electronic attack by its effect: noise that reaches a radar's receiver. docs/equations/jamming.md."""

from __future__ import annotations

import math

from openiads.engine.geo import turned
from openiads.engine.jit import part
from openiads.engine.motion import FLYING
from openiads.engine.sensing.horizon import visible
from openiads.engine.sensing.propagation import transmission
from openiads.engine.sensing.signal import apparent_sine

_HALF_POWER = 4.0 * math.log(2.0)


@part
def hear(radars, bodies, terrain, truth, antennas, due, r):
    """Azimuth (rad) and power over noise in the main beam of every jammer that radar r hears, into due.noise.


    Returns their number, int. The jammer's power lies even over its bandwidth: what falls into the receiver's is its
    density times that of the narrower of the two.
    """
    count = 0
    if radars.hears[r] <= 0.0:
        return count
    site, axes = antennas.pos[r], antennas.axes[r]
    for b in range(truth.status.size):
        if bodies.jammer[b] <= 0.0 or truth.status[b] != FLYING or not bodies.jammer_bands[b] & radars.band[r]:
            continue
        dx, dy, dz = truth.pos[b, 0] - site[0], truth.pos[b, 1] - site[1], truth.pos[b, 2] - site[2]
        east = axes[0, 0] * dx + axes[0, 1] * dy + axes[0, 2] * dz
        north = axes[1, 0] * dx + axes[1, 1] * dy + axes[1, 2] * dz
        azimuth = math.atan2(east, north)
        if not visible(radars, terrain, truth, antennas, r, b, 0.0, azimuth):
            continue
        density = bodies.jammer[b] / max(bodies.jammer_bandwidth[b], radars.bandwidth[r])
        up = axes[2, 0] * dx + axes[2, 1] * dy + axes[2, 2] * dz
        level = math.sqrt(east * east + north * north)
        slant = max(1.0, math.sqrt(level * level + up * up))
        through = transmission(radars, r, apparent_sine(slant, level, up), slant / radars.reach[r, 1])
        due.noise[0, count] = azimuth
        due.noise[1, count] = radars.hears[r] * density / (slant * slant) * math.sqrt(through)  # one way
        count += 1
    return count


@part
def jammed(radars, due, r, jammers, azimuth):
    """Noise over thermal noise (float) when radar r looks along an azimuth (rad): Gaussian main beam, even sidelobes.

    due.noise: float64[2, B] of `hear`, of which the first `jammers` count.
    """
    total = 0.0
    for j in range(jammers):
        off = turned(due.noise[0, j] - azimuth + math.pi) - math.pi
        lobe = math.exp(-_HALF_POWER * (off / radars.beam[r]) ** 2)
        total += due.noise[1, j] * max(lobe, radars.sidelobes[r])
    return total
