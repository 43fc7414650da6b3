"""Interacting motion models once more, slow and in full matrices: one track, any number of models.

It shares no code with the kernels and follows docs/equations/tracking.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import expm

from openiads.engine.tracking import Trackers
from tests.oracles.tracking import look, noise, transition

GM, RADIUS = 3.986004418e14, 6_371_008.8  # m3/s2, m
DENSITY, SCALE = 1.225, 7163.0  # kg/m3 at the sea, m


def settings(models, nodes=1, sojourn=(), prior=(), **changed) -> Trackers:
    """Models as (kind, accel, drag) at every node."""
    s = {"speed": 300.0, "hits": 3, "window": 20.0, "coast": 20.0, "gate": 16.0} | changed
    m = len(models)
    kinds, accels, drags = zip(*models, strict=True)
    return Trackers(
        active=np.ones(nodes, np.bool_), kind=np.array(kinds, np.int8), accel=np.tile(np.array(accels, float), (nodes, 1)),
        sojourn=np.array(sojourn or np.full(m, 20.0), float), prior=np.array(prior or np.full(m, 1.0 / m), float),
        drag=np.array(drags, float), speed=np.full(nodes, float(s["speed"])), hits=np.full(nodes, s["hits"], np.int32),
        window=np.full(nodes, float(s["window"])), coast=np.full(nodes, float(s["coast"])),
        gate=np.full(nodes, float(s["gate"])),
    )  # fmt: skip


def cross(u):
    """[u]x: u x v as a matrix."""
    return np.array([[0, -u[2], u[1]], [u[2], 0, -u[0]], [-u[1], u[0], 0]])


def turn_matrix(x, dt, rate):
    """Of constant rotation of the velocity about the vertical of x, by the exponential of its generator."""
    up = x[:3] / np.linalg.norm(x[:3])
    generator = np.zeros((6, 6))
    generator[:3, 3:], generator[3:, 3:] = np.eye(3), rate * cross(up)
    return expm(generator * dt)


def turned(x, dt, rate):
    return turn_matrix(x, dt, rate) @ x


def falling(x, drag):
    """Derivative of states [n, 6] under gravity and drag."""
    r, v = x[:, :3], x[:, 3:]
    far, speed = np.linalg.norm(r, axis=1)[:, None], np.linalg.norm(v, axis=1)[:, None]
    rho = DENSITY * np.exp(-np.maximum(0.0, far - RADIUS) / SCALE)
    return np.hstack([v, -GM * r / far**3 - 0.5 * rho * speed * v * drag])
