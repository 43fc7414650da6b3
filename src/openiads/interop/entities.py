"""The bodies of a run as DIS entities: places on our sphere become places on WGS-84, kinds become types. docs/dis.md."""

from __future__ import annotations

import numpy as np

from openiads.errors import UsageError
from openiads.interop.dis import entity_states
from openiads.record import Run

# kind of body: kind, domain, country, category, subcategory, specific, extra of SISO-REF-010; country 0 is other
TYPES = {
    "aircraft": (1, 2, 0, 0, 0, 0, 0),  # platform, air
    "airliner": (1, 2, 0, 87, 0, 0, 0),  # civil, fixed wing, large
    "drone": (1, 2, 0, 50, 0, 0, 0),  # unmanned
    "cruise": (2, 9, 0, 1, 0, 0, 0),  # munition, battlefield support, guided
    "ballistic": (2, 9, 0, 2, 0, 0, 0),  # ballistic
    "interceptor": (2, 1, 0, 1, 0, 0, 0),  # munition, anti-air, guided
}
FORCES = {"own": 1, "friend": 1, "hostile": 2, "civil": 3}
STRAIGHT = 2  # dead reckoning with constant velocity in world axes
_AXIS, _FLATTENING = 6_378_137.0, 1.0 / 298.257223563  # WGS-84 (NIMA TR8350.2)


def entities(run: Run) -> np.ndarray:
    """A state of every body that flies at every sample, in order of time."""
    truth, bodies = run.tables["truth"], run.tables["bodies"]
    if len(bodies["body"]) > 65534:
        raise UsageError(f"{len(bodies['body'])} bodies: DIS numbers 65,534 entities of a site")
    order = np.lexsort((truth["body"], truth["t"]))
    row = {name: np.asarray(values, float)[order] for name, values in truth.items()}
    body = row["body"].astype(int)
    place = row["lat_deg"], row["lon_deg"], row["alt_m"]
    velocity, orientation = attitude(*place[:2], row["heading_deg"], row["speed_mps"], row["climb_mps"])
    return entity_states(
        body.size, timestamp=timestamp(float(run.meta["clock_s"]) + row["t"]), algorithm=STRAIGHT,
        entity=np.stack([np.ones_like(body), np.ones_like(body), body + 1], axis=1), location=location(*place),
        velocity=velocity, orientation=orientation,
        force=np.array([FORCES[side] for side in bodies["side"]], int)[body],
        kind=np.array([TYPES[kind] for kind in bodies["kind"]], int).reshape(-1, 7)[body],
        marking=np.array([str(name)[-11:] for name in bodies["name"]], "U11")[body],
    )  # fmt: skip


def location(lat_deg: np.ndarray, lon_deg: np.ndarray, alt_m: np.ndarray) -> np.ndarray:
    """Earth-centred x, y, z (m) on WGS-84 of the same latitude, longitude and height: float64[n, 3]."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    square = _FLATTENING * (2.0 - _FLATTENING)
    across = _AXIS / np.sqrt(1.0 - square * np.sin(lat) ** 2)
    level = (across + alt_m) * np.cos(lat)
    return np.stack([level * np.cos(lon), level * np.sin(lon), (across * (1.0 - square) + alt_m) * np.sin(lat)], axis=1)


def attitude(lat_deg: np.ndarray, lon_deg: np.ndarray, heading_deg: np.ndarray, speed: np.ndarray,
             climb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Velocity (m/s) in earth-centred axes and psi, theta, phi (rad) of a body that points where it flies, wings level."""
    lat, lon, heading = np.radians(lat_deg), np.radians(lon_deg), np.radians(heading_deg)
    sl, cl, so, co, zero = np.sin(lat), np.cos(lat), np.sin(lon), np.cos(lon), np.zeros_like(lat)
    east, north = np.stack([-so, co, zero], axis=1), np.stack([-sl * co, -sl * so, cl], axis=1)
    up = np.stack([cl * co, cl * so, sl], axis=1)
    along = np.sin(heading)[:, None] * east + np.cos(heading)[:, None] * north
    right = np.cos(heading)[:, None] * east - np.sin(heading)[:, None] * north
    level = np.sqrt(np.maximum(0.0, speed**2 - climb**2))
    velocity = level[:, None] * along + climb[:, None] * up
    pitch = np.arctan2(climb, level)
    nose = np.cos(pitch)[:, None] * along + np.sin(pitch)[:, None] * up
    below = np.cross(nose, right)
    psi, theta = np.arctan2(nose[:, 1], nose[:, 0]), -np.arcsin(np.clip(nose[:, 2], -1.0, 1.0))
    return velocity, np.stack([psi, theta, np.arctan2(right[:, 2], below[:, 2])], axis=1)


def timestamp(clock: np.ndarray) -> np.ndarray:
    """Relative timestamps of a clock (s): 2^31 units an hour, shifted by one bit that says that it is a clock of its own."""
    return (np.rint(np.mod(clock, 3600.0) / 3600.0 * 2.0**31).astype(np.int64) % 2**31) << 1
