"""Sensing: what every radar reports. Reads Truth, writes Plots (and PlotOrigin, which only outcome may read).

One look: is the body in the beam now, above the horizon and the terrain mask, strong enough (radar equation),
detected (Swerling), answered (IFF), and where does the radar believe it is. docs/equations/sensing.md.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from openiads.engine.bundle import bundle
from openiads.engine.geo import set_frame, to_ecef, turned
from openiads.engine.jit import jit
from openiads.engine.sensing.beam import bearing, beyond, carry, cull, designated, line_up, look_time, swept
from openiads.engine.sensing.detection import detection_probability, detection_table, required_snr
from openiads.engine.sensing.horizon import MASK_AZIMUTHS, MASK_STEP, horizon_mask, line_of_sight
from openiads.engine.sensing.jamming import hear
from openiads.engine.sensing.logic import cfar_loss
from openiads.engine.sensing.look import CIVIL, IFF_MODES, PLAIN, SECURE, false_plots, looks, would_detect
from openiads.engine.sensing.measurement import BEARING, NO_CODE, NOTHING, RATE
from openiads.engine.sensing.propagation import apparent_slope

__all__ = [
    "BEARING", "CIVIL", "IFF_MODES", "MASK_AZIMUTHS", "MASK_STEP", "NOTHING", "NO_CODE", "PLAIN", "RATE", "SECURE",
    "Antennas", "Due", "PlotOrigin", "Plots", "Radars", "Taskings", "apparent_slope", "cfar_loss", "detection_probability", "detection_table", "empty_antennas",
    "empty_due", "empty_plots", "empty_taskings", "horizon_mask", "line_of_sight", "required_snr", "sense", "would_detect",
]  # fmt: skip

_TRACK_LOOKS = 1 << 30  # scan numbers of track dwells start here, so that they never meet those of search


@bundle
class Radars(NamedTuple):
    """What a radar is; axis 0 = radar."""

    key: np.ndarray  # uint32[R]
    node: np.ndarray  # int32[R] tracking node that gets its plots
    local: np.ndarray  # int32[R] its number among the radars of that node
    host: np.ndarray  # int32[R] body that carries it, -1 on the ground
    kinds: np.ndarray  # int32[R] bit k: it reports bodies of kind k
    dimensions: np.ndarray  # int8[R] 3, 2 without a height of its own, 1 a bearing to what emits
    period: np.ndarray  # float64[R] s, rotation or search frame
    phase: np.ndarray  # float64[R] s
    track_period: np.ndarray  # float64[R] s, revisit of a designated target; 0 for a radar that takes none
    sector_centre: np.ndarray  # float64[R] rad
    sector_width: np.ndarray  # float64[R] rad, of its search
    track_width: np.ndarray  # float64[R] rad, within which it can look at a designated target
    slope: np.ndarray  # float64[R, 2] tangent of the lowest and the highest elevation
    reach: np.ndarray  # float64[R, 2] m, minimum and instrumented range
    gain: np.ndarray  # float64[R] SNR x R^4 / RCS in empty space; of a passive sensor SNR x R^2 / emission
    detection: np.ndarray  # float64[R, M] probability of detection by SNR (detection_table)
    floor: np.ndarray  # float64[R] SNR that a false plot shows
    sigma: np.ndarray  # float64[R, 4] m, rad, rad, m/s at snr_ref: range, azimuth, elevation, range rate (0: none)
    snr_ref: np.ndarray  # float64[R]
    bias: np.ndarray  # float64[R, 2] rad, m: registration error in azimuth and range
    band: np.ndarray  # int32[R] one bit
    wavelength: np.ndarray  # float64[R] m
    reflection: np.ndarray  # float64[R] of the surface around it; 0 without multipath
    transmission: np.ndarray  # float32[R, E, K] two-way power that the air lets through, by elevation and range
    bend: np.ndarray  # float32[R, D, H] added to the slope of a ray on a 4/3 earth
    hears: np.ndarray  # float64[R] noise-jamming power over noise x R^2 / (W/Hz), in the main beam
    bandwidth: np.ndarray  # float64[R] Hz
    beam: np.ndarray  # float64[R] rad, width in azimuth
    sidelobes: np.ndarray  # float64[R] power relative to the main beam, one way
    modes: np.ndarray  # int32[R] what it interrogates, a bit for each of IFF_MODES
    crypto: np.ndarray  # uint32[R] whose keys it holds
    iff_range: np.ndarray  # float64[R] m
    false_mean: np.ndarray  # float64[R] false plots a scan
    antenna: np.ndarray  # float64[R, 3] latitude, longitude (rad), height (m) of a fixed antenna
    mask: np.ndarray  # float32[R, 720, K] tangent of the lowest visible elevation by azimuth and range


@bundle
class Antennas(NamedTuple):
    """Where every antenna is now; axis 0 = radar."""

    site: np.ndarray  # float64[R, 3] latitude, longitude (rad), height (m)
    pos: np.ndarray  # float64[R, 3] m
    axes: np.ndarray  # float64[R, 3, 3] east, north, up


@bundle
class Taskings(NamedTuple):
    """Inbox: which radars may emit, and where the engagement radars are told to look; axis 0 = radar."""

    on: np.ndarray  # bool[R]
    active: np.ndarray  # bool[R, C]
    centre: np.ndarray  # float64[R, C, 3] m
    radius: np.ndarray  # float64[R, C] m


@bundle
class Plots(NamedTuple):
    """The reports of one tick, grouped by radar, then those that links brought, by feed; axis 0 = plot unless said."""

    first: np.ndarray  # int32[R + 1], or [E + 1] with feeds: plots of radar r are rows first[r]:first[r + 1]
    t: np.ndarray  # float64[Q] s, when the beam passed
    pos: np.ndarray  # float64[Q, 3] m, earth-centred
    cov: np.ndarray  # float64[Q, 6] m2, xx xy xz yy yz zz
    snr: np.ndarray  # float64[Q]
    reply: np.ndarray  # int32[Q] modes asked, a bit for each of IFF_MODES, and from bit 8 on modes answered
    starts: np.ndarray  # bool[Q] may start a track: a bearing alone may not
    luck: np.ndarray  # uint32[Q] names the object for later draws; tells a reader nothing
    single: np.ndarray  # int8[Q] the one number in gauge: NOTHING, RATE beside the point, BEARING instead of it
    gauge: np.ndarray  # float64[Q, 8] it (m/s; 0 on the bearing), variance, antenna (m), normal of the bearing
    address: np.ndarray  # int32[Q] of mode S, NO_CODE for none
    code: np.ndarray  # int32[Q] of mode 3/A, NO_CODE for none
    wide: np.ndarray  # bool[Q] too noisy a direction for cov to lie along it (tracking.filter.turn_to)
    dropped: np.ndarray  # int64[1] plots for which there was no room


@bundle
class Due(NamedTuple):
    """The looks of one radar in one tick, and what leads to them; nothing in it is read later."""

    place: np.ndarray  # float64[3, B] m, positions as lanes
    within: np.ndarray  # float64[B] >= 0: in range and not behind the limb
    lit: np.ndarray  # float64[B] >= 0: also in what the beam sweeps
    body: np.ndarray  # int64[B]
    scan: np.ndarray  # int64[B]
    t: np.ndarray  # float64[B] s
    noise: np.ndarray  # float64[2, B] azimuth (rad) and power over noise of what jams


@bundle
class PlotOrigin(NamedTuple):
    """Which body a plot came from; only outcome may read it."""

    body: np.ndarray  # int32[Q], -1 for a false plot
    aspect: np.ndarray  # int32[Q] ten-degree cell of azimuth and elevation from which the body was seen


def empty_plots(radars: int, capacity: int) -> tuple[Plots, PlotOrigin]:
    """No plots, of [radars] or feeds, room for [capacity]."""
    plots = Plots(
        np.zeros(radars + 1, np.int32), np.zeros(capacity), np.zeros((capacity, 3)), np.zeros((capacity, 6)),
        np.zeros(capacity), np.zeros(capacity, np.int32), np.zeros(capacity, np.bool_), np.zeros(capacity, np.uint32),
        np.zeros(capacity, np.int8), np.zeros((capacity, 8)), np.full(capacity, NO_CODE, np.int32), np.full(capacity, NO_CODE, np.int32),
        np.zeros(capacity, np.bool_), np.zeros(1, np.int64),
    )  # fmt: skip
    return plots, PlotOrigin(np.full(capacity, -1, np.int32), np.zeros(capacity, np.int32))


def empty_taskings(radars: int, channels: int) -> Taskings:
    """Nobody emits, nobody is told where to look."""
    return Taskings(
        np.zeros(radars, np.bool_), np.zeros((radars, channels), np.bool_),
        np.zeros((radars, channels, 3)), np.zeros((radars, channels)),
    )  # fmt: skip


def empty_due(bodies: int) -> Due:
    """Room for a look at each of [bodies]."""
    return Due(
        np.zeros((3, bodies)), np.zeros(bodies), np.zeros(bodies), np.zeros(bodies, np.int64), np.zeros(bodies, np.int64),
        np.zeros(bodies), np.zeros((2, bodies)),
    )  # fmt: skip


def empty_antennas(radars: Radars) -> Antennas:
    """Fixed antennas in place; carried ones follow their body from the first tick on."""
    count = radars.key.size
    antennas = Antennas(radars.antenna.copy(), np.zeros((count, 3)), np.zeros((count, 3, 3)))
    for r in range(count):
        antennas.pos[r] = to_ecef(*radars.antenna[r])
        set_frame(antennas.axes, r, radars.antenna[r, 0], radars.antenna[r, 1])
    return antennas


@jit
def sense(radars, bodies, terrain, key, truth, antennas, due, taskings, plots, origin, t0, t1):
    """All looks of all radars in (t0, t1]; bodies are where Truth has them at t1.

    Range and beam are tested for all bodies at once, in lanes: nine of ten pairs end there.
    """
    key = (key[0], key[1])  # numbers: an array would be counted at every call
    row = np.int64(0)
    plots.dropped[0] = 0
    line_up(truth, due)
    for r in range(radars.key.size):
        plots.first[r] = row
        if not taskings.on[r] or not carry(radars, truth, antennas, r):
            continue
        period, phase, width = radars.period[r], radars.phase[r], radars.sector_width[r]
        begin = radars.sector_centre[r] - 0.5 * width
        beam, limb = swept(period, phase, width, begin, t0, t1), beyond(radars, terrain, antennas, r)
        cull(antennas, due, r, radars.reach[r, 1], beam, limb)
        kinds, host = radars.kinds[r], radars.host[r]
        dwells = radars.track_period[r] > 0.0 and taskings.active[r].any()
        candidates = due.within if dwells else due.lit
        count = 0
        for b in range(truth.status.size):
            if not candidates[b] >= 0.0 or not (kinds >> bodies.kind[b]) & 1 or host == b:
                continue
            azimuth = bearing(antennas, due, r, b)
            if dwells and designated(taskings.active[r], taskings.centre[r], taskings.radius[r], truth.pos[b]):
                turn = abs(turned(azimuth - radars.sector_centre[r] + math.pi) - math.pi)
                if turn > 0.5 * radars.track_width[r]:
                    continue
                t, scan = look_time(0.0, radars.track_period[r], phase, t0, t1)
                scan += _TRACK_LOOKS
            else:
                offset = turned(azimuth - begin)
                if not due.lit[b] >= 0.0 or offset > width:
                    continue
                t, scan = look_time(offset / width, period, phase, t0, t1)
            if t > t0:
                due.body[count], due.scan[count], due.t[count] = b, scan, t
                count += 1
        jammers = hear(radars, bodies, terrain, truth, antennas, due, r) if count > 0 else 0
        row = looks(radars, bodies, terrain, key, truth, antennas, plots, origin, due, count, jammers, r, row, t1)
        row = false_plots(radars, key, antennas, plots, origin, r, row, t0, t1)
    plots.first[radars.key.size] = row
