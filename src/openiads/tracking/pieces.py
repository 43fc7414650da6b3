"""Common targets cut into short pieces, each a parabola that several sensors look at. docs/equations/registration.md."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from openiads.engine.sensing.measurement import ASSUMED_HEIGHT, ASSUMED_SIGMA, REPLY_SIGMA
from openiads.tracking.earth import Earth, frames, to_ecef, to_geodetic
from openiads.tracking.plots import Plots, Radar, Source, hears_bearings, placed, stand_ins, true_times

_SHORTEST, _SCANS = 20.0, 3.0  # s, and scans of the slowest sensor: how long a piece is
CALM = np.array([0.0, 1000.0**-2, 10.0**-2])  # 1 / (m/s)2, 1 / (m/s2)2: a path is not faster nor turns harder than that
_STEEP = 0.7  # height over range above which azimuths mean little
_LOOSE = 1e-12  # 1 / m2: keeps a path on which nothing bears where it is
ELEVATION, HEIGHT, POSITION = 0, 1, 2  # what the third component of a look is; all three are a position's


@dataclass(frozen=True)
class Looks:
    """Plots as three components with errors that are independent, [Q], sorted by group, piece and sensor."""

    piece: np.ndarray
    target: np.ndarray
    group: np.ndarray  # of targets: what is left out together to see how far the answer rests on it
    past: np.ndarray  # s past the middle of its piece, by the stamp
    radar: np.ndarray
    measured: np.ndarray  # float64[Q, 3]: range, azimuth and elevation or height; 0 for a position
    sigma: np.ndarray  # float64[Q, 3]
    kind: np.ndarray
    told: np.ndarray  # bool, whether the third component is a height that the target reports
    origin: np.ndarray  # float64[Q, 3] m: of the radar, or the position that was reported
    axes: np.ndarray  # float64[Q, 3, 3]: east, north, up there
    point: np.ndarray  # float64[Q, 3] m: where the tracker would put it
    spread: np.ndarray  # m, one sigma of that

    def __len__(self) -> int:
        return len(self.piece)

    def rows(self, chosen: np.ndarray) -> Looks:
        """Some rows."""
        return Looks(*(getattr(self, f.name)[chosen] for f in fields(self)))

    @property
    def first(self) -> np.ndarray:
        """The first row of each piece, int64[W]."""
        return np.flatnonzero(np.diff(self.piece, prepend=-1))


def looks_at_common(
    plots: Plots, radars: Sequence[Radar | Source], target: np.ndarray, earth: Earth, most: int, groups: int
) -> Looks:
    """Looks of all pieces in which two sensors saw one target, evenly thinned to about so many."""
    assert plots.height is not None and plots.elevation is not None
    steep = (plots.height > _STEEP * plots.range) | (plots.elevation > np.arcsin(_STEEP))
    sound = ~plots.refused(radars) & ~plots.pointed
    sound[sound] = ~hears_bearings(radars)[plots.radar[sound]]
    rows = np.flatnonzero((target > 0) & ~steep & sound)
    part, who = plots.rows(rows), target[rows]
    t = true_times(part, radars)
    span = max(_SHORTEST, _SCANS * max((radars[r].period for r in np.unique(part.radar)), default=0.0))
    nth = np.floor(t / span).astype(np.int64)
    piece = np.unique(np.stack([who, nth], axis=-1), axis=0, return_inverse=True)[1].reshape(-1)
    keep = shared(piece, part.radar, np.ones(len(piece), np.bool_))
    left, count = np.unique(piece[keep]), np.count_nonzero(keep)
    if count > most:
        keep &= np.isin(piece, left[np.linspace(0, len(left) - 1, len(left) * most // count).astype(np.int64)])
    part, past, piece = part.rows(keep), (part.t - (nth + 0.5) * span)[keep], piece[keep]
    group = np.unique(who[keep], return_inverse=True)[1].reshape(-1) % groups
    order = np.lexsort((past, part.radar, piece, group))
    edges = np.diff(piece[order], prepend=-1) != 0
    number = np.empty(len(order), np.int64)
    number[order] = np.cumsum(edges) - 1  # pieces by group, one behind the other
    looks = Looks(number, who[keep], group, past, *_measured(part, radars, earth))
    assumed = (looks.kind == HEIGHT) & ~looks.told
    shares = np.bincount(number, assumed)[number]  # one assumption for a piece, however many plots make it
    looks.sigma[:, 2] *= np.where(assumed, np.sqrt(np.maximum(shares, 1.0)), 1.0)
    return looks.rows(order)


def shared(piece: np.ndarray, radar: np.ndarray, used: np.ndarray) -> np.ndarray:
    """Rows in use whose piece has rows in use of at least two sensors, bool[Q]."""
    pairs = np.unique(np.stack([piece[used], radar[used]], axis=-1), axis=0)
    sensors = np.bincount(pairs[:, 0], minlength=int(piece.max(initial=-1)) + 1)
    return used & (sensors[piece] > 1)


def _measured(plots: Plots, radars: Sequence[Radar | Source], earth: Earth) -> tuple[np.ndarray, ...]:
    """The columns of looks from `radar` on."""
    real, sites = stand_ins(radars)
    assert plots.elevation is not None and plots.height is not None
    assert plots.latitude is not None and plots.longitude is not None
    assert plots.sigma_horizontal is not None and plots.sigma_vertical is not None
    who, whole = plots.radar, plots.placed
    site = sites[who]
    site[whole] = np.stack([plots.latitude, plots.longitude, plots.height], axis=-1)[whole]
    sigma = np.array([[r.sigma_range or np.nan, r.sigma_azimuth, r.sigma_elevation or np.nan] for r in real])[who]
    steep = np.isfinite(plots.elevation) & np.isfinite(sigma[:, 2])
    known = np.isfinite(plots.height)
    third = np.where(steep, plots.elevation, np.where(known, plots.height, ASSUMED_HEIGHT))
    sigma[:, 2] = np.where(steep, sigma[:, 2], np.where(known, REPLY_SIGMA, ASSUMED_SIGMA))
    own = np.stack([plots.sigma_horizontal, plots.sigma_horizontal, plots.sigma_vertical], axis=-1)
    sigma[whole] = own[whole]
    measured = np.where(whole[:, None], 0.0, np.stack([plots.range, plots.azimuth, third], axis=-1))
    kind = np.where(whole, POSITION, np.where(steep, ELEVATION, HEIGHT))
    point, cov = placed(plots, radars, earth)
    return (
        who, measured, sigma, kind, whole | known & ~steep,
        to_ecef(site[:, 0], site[:, 1], site[:, 2], earth), frames(site[:, 0], site[:, 1]),
        point, np.sqrt(cov[:, 0] + cov[:, 3] + cov[:, 5]),
    )  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """How looks depart from what a path and errors of registration foretell, in sigmas, and how that changes with both."""

    off: np.ndarray  # float64[Q, 3]
    place: np.ndarray  # float64[Q, 3, 9], with the three coefficients of the path on each axis
    error: np.ndarray  # float64[Q, 3, 4], with range (m), azimuth (rad), time (s) and the share of heights


def foretold(looks: Looks, path: np.ndarray, bias: np.ndarray, share: float, earth: Earth) -> Seen:
    """Compare with paths [W, 3, 3] (m, m/s, m/s2 of each piece), errors [R, 3] and heights that are a share too large."""
    s = looks.past - bias[looks.radar, 2]
    power = np.stack([np.ones_like(s), s, 0.5 * s * s], axis=-1)
    x = np.einsum("qp,qpi->qi", power, path[looks.piece])
    v = path[looks.piece, 1] + s[:, None] * path[looks.piece, 2]
    local = np.einsum("qij,qj->qi", looks.axes, x - looks.origin)
    east, north, up = local.T
    flat = np.maximum(np.hypot(east, north), 1.0)
    far = np.hypot(flat, up)
    polar, steep = looks.kind != POSITION, looks.kind == ELEVATION
    expected = local.copy()
    expected[polar] = np.stack([far, np.arctan2(east, north), np.arctan2(up, flat)], axis=-1)[polar]
    zero = np.zeros_like(flat)
    rows = np.stack([
        local / far[:, None],
        np.stack([north, -east, zero], axis=-1) / (flat**2)[:, None],
        np.stack([-east * up, -north * up, flat**2], axis=-1) / (far**2 * flat)[:, None],
    ], axis=1)  # fmt: skip
    slope = np.einsum("qki,qij->qkj", np.where(polar[:, None, None], rows, np.eye(3)), looks.axes)
    latitude, longitude, height = to_geodetic(x, earth)
    level = polar & ~steep
    expected[level, 2] = height[level]
    slope[level, 2] = frames(latitude[level], longitude[level])[:, 2]
    expected[:, 2] += np.where(looks.told, share * height, 0.0)
    slope[:, 2] *= np.where(looks.told, 1.0 + share, 1.0)[:, None]
    expected[polar, :2] += bias[looks.radar[polar], :2]
    off = looks.measured - expected
    off[polar, 1] = np.remainder(off[polar, 1] + np.pi, 2.0 * np.pi) - np.pi
    error = np.zeros((len(looks), 3, 4))
    error[polar, 0, 0] = error[polar, 1, 1] = 1.0
    error[polar, :, 2] = -np.einsum("qki,qi->qk", slope, v)[polar]
    error[:, 2, 3] = np.where(looks.told, height, 0.0)  # that of the path: its noise is not that of the report
    place = (power[:, None, :, None] * slope[:, :, None, :]).reshape(-1, 3, 9)
    return Seen(off / looks.sigma, place / looks.sigma[:, :, None], error / looks.sigma[:, :, None])


def first_paths(looks: Looks) -> np.ndarray:
    """Paths float64[W, 3, 3] through the plots as they were placed, each as heavy as its error lets it be."""
    power = np.stack([np.ones_like(looks.past), looks.past, 0.5 * looks.past**2], axis=-1)
    heavy = power / (looks.spread**2)[:, None]
    normal = np.add.reduceat(heavy[:, :, None] * power[:, None, :], looks.first) + np.diag(CALM + _LOOSE)
    return np.asarray(
        np.linalg.solve(normal, np.add.reduceat(heavy[:, :, None] * looks.point[:, None, :], looks.first))
    )


@dataclass(frozen=True)
class Reduced:
    """Normal equations of the errors alone, in units of their priors, a set for each group; and what paths do then."""

    matrix: np.ndarray  # float64[G, P, P]
    right: np.ndarray  # float64[G, P]
    alone: np.ndarray  # float64[W, 9]: step of each path if the errors stay
    along: np.ndarray  # float64[W, P, 9]: how it follows a step of them, against it
    spread: np.ndarray  # float64[W, 9, 9]: covariance of each path


def reduced(looks: Looks, seen: Seen, weight: np.ndarray, path: np.ndarray, prior: np.ndarray, sensors: int) -> Reduced:
    """Eliminate the paths from weighted least squares; prior [4]: unit of each error."""
    size, first, calm = 3 * sensors + 1, looks.first, np.repeat(CALM, 3)
    root = np.sqrt(weight)[:, None, None]
    off, place, error = root[:, 0] * seen.off, root * seen.place, root * seen.error * prior
    spread = np.linalg.inv(np.add.reduceat(_product(place, place), first) + np.diag(calm + _LOOSE))
    pull = np.add.reduceat(np.einsum("qki,qk->qi", place, off), first) - calm * path.reshape(-1, 9)

    run = np.flatnonzero((np.diff(looks.piece, prepend=-1) != 0) | (np.diff(looks.radar, prepend=-1) != 0))
    column = 3 * looks.radar[run, None] + np.arange(4)
    column[:, 3] = size - 1
    group, tie = looks.group[run], np.zeros((len(first), size, 9))
    np.add.at(tie, (looks.piece[run, None], column), np.add.reduceat(_product(error, place), run))
    matrix, right = np.zeros((int(group.max()) + 1, size, size)), np.zeros((int(group.max()) + 1, size))
    own = np.add.reduceat(_product(error, error), run)
    np.add.at(matrix, (group[:, None, None], column[:, :, None], column[:, None, :]), own)
    np.add.at(right, (group[:, None], column), np.add.reduceat(np.einsum("qki,qk->qi", error, off), run))

    along, alone = tie @ spread, np.einsum("wij,wj->wi", spread, pull)
    edge = np.append(np.flatnonzero(np.diff(looks.group[first], prepend=-1)), len(first))
    for g, (low, high) in enumerate(itertools.pairwise(edge.tolist())):
        matrix[g] -= np.tensordot(tie[low:high], along[low:high], ((0, 2), (0, 2)))
        right[g] -= np.tensordot(tie[low:high], alone[low:high], ((0, 2), (0, 1)))
    return Reduced(matrix, right, alone, along, spread)


def _product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Sums over the components of looks, [Q, i, j], of [Q, 3, i] and [Q, 3, j]."""
    return np.asarray(np.swapaxes(a, 1, 2) @ b)
