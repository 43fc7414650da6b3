"""Interacting motion models once more, slow and in full matrices: one track, any number of models.

It shares no code with the kernels and follows docs/equations/tracking.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import expm, expm_frechet

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
        joint=np.zeros(nodes, np.bool_),
        scored=np.zeros(nodes, np.bool_),
        detect=np.full(nodes, 0.9),
        scan=np.full((nodes, 1), 4.0),
        late=np.zeros(nodes),
        limit=np.zeros((nodes, 3)),
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


def falling(x, drag):
    """Derivative of states [n, 6] under gravity and drag."""
    r, v = x[:, :3], x[:, 3:]
    far, speed = np.linalg.norm(r, axis=1)[:, None], np.linalg.norm(v, axis=1)[:, None]
    rho = DENSITY * np.exp(-np.maximum(0.0, far - RADIUS) / SCALE)
    return np.hstack([v, -GM * r / far**3 - 0.5 * rho * speed * v * drag])


RATE, MOST, DRIFT = 0.1, 0.3, 1e-5  # rad/s of a turn about to begin, and at most; rad2/s3
PUSH = 20.0  # m/s2 on each axis of an acceleration about to begin
LEAST = 1e-4  # probability that a model keeps


def unknown(p):
    """A covariance of position and velocity with that of a rate and of an acceleration not yet known."""
    out = np.diag([0.0] * 6 + [RATE**2] + [PUSH**2] * 3)
    out[:6, :6] = p
    return out


def accelerated(dt):
    """F of ten states: position, velocity, an unused one, acceleration."""
    f = np.eye(10)
    f[:6, :6] = transition(dt)
    f[:3, 7:], f[3:6, 7:] = np.eye(3) * dt**2 / 2, np.eye(3) * dt
    return f


@dataclass
class Hypothesis:
    """One model of one track: ten states, of which only a turning model uses number 6, an accelerating one 7 to 9."""

    x: np.ndarray
    p: np.ndarray


@dataclass
class OracleImm:
    """One track with its models. `steps`: for each model a function of (x[6], p, dt) -> x', F[6, 6], rough variance."""

    settings: Trackers
    n: int
    steps: list
    parts: list[Hypothesis] = field(default_factory=list)
    share: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def begin(self, z, cov, back):
        f = transition(back)
        p = np.zeros((6, 6))
        p[:3, :3], p[3:, 3:] = cov, np.eye(3) * self.settings.speed[self.n] ** 2
        p = f @ p @ f.T + noise(back, self.settings.accel[self.n, 0] ** 2)
        x = np.concatenate([z, np.zeros(7)])
        self.parts = [Hypothesis(x, unknown(p)) for _ in self.steps]
        self.share = self.settings.prior.copy()
        return self

    def tick(self, dt):
        """Mix, then carry each model forward."""
        if len(self.parts) > 1:
            self._mix(dt)
        for m, part in enumerate(self.parts):
            density = self.settings.accel[self.n, m] ** 2
            part.x, part.p = self._carried(m, part, dt, density)

    def _mix(self, dt):
        count = len(self.parts)
        stay = np.exp(-dt / self.settings.sojourn)
        passage = np.array(
            [[stay[m] if m == j else (1 - stay[m]) / (count - 1) for j in range(count)] for m in range(count)]
        )
        after = self.share @ passage
        mixed = []
        for j in range(count):
            weights = self.share * passage[:, j] / after[j]
            heads = [self._seen_by(j, m) for m in range(count)]
            mixed.append(Hypothesis(*matched(weights, heads)))
        self.parts, self.share = mixed, after

    def _seen_by(self, j, m):
        """Model m as model j sees it: only its own rate and acceleration are such."""
        part = self.parts[m]
        if m == j:
            return part
        return Hypothesis(np.append(part.x[:6], np.zeros(4)), unknown(part.p[:6, :6]))

    def _carried(self, m, part, dt, density):
        kind = self.settings.kind[m]
        if kind == 3:
            whole, jump = accelerated(dt), np.diag([0.0] * 7 + [density * dt] * 3)
            return whole @ part.x, whole @ (part.p + jump) @ whole.T
        whole, x, rough = np.eye(10), part.x.copy(), 0.0
        if kind == 1:
            x[:6], whole[:6, :6], whole[:6, 6] = turned_with_derivatives(part.x[:6], dt, part.x[6])
            wide, variance = np.trace(part.p[3:6, 3:6]) / 2, part.p[6, 6]
            rough = variance * (wide + 0.5 * variance * dt**2 * part.x[3:6] @ part.x[3:6])
        else:
            x[:6], whole[:6, :6], rough = self.steps[m](part.x[:6], part.p[:6, :6], dt)
        p = whole @ part.p @ whole.T
        p[:6, :6] += noise(dt, density) + noise(dt, rough * dt)
        if kind == 1:
            p[6, 6] += DRIFT * dt
        return x, p

    def take(self, z, cov, back):
        """Update each model, weigh them."""
        scores = [self._updated(m, part, z, cov, back) for m, part in enumerate(self.parts)]
        if len(self.parts) > 1:
            grown = np.maximum(LEAST, self.share * np.exp(np.array(scores) - max(scores)))
            self.share = grown / grown.sum()

    def _updated(self, m, part, z, cov, back):
        kind, r = self.settings.kind[m], cov
        if kind == 1 and back > 0:
            there, _, j = turned_with_derivatives(part.x[:6], -back, part.x[6])
            z = z - (there[:3] - part.x[:3] + back * part.x[3:6])
            r = cov + part.p[6, 6] * np.outer(j[:3], j[:3])
        elif kind == 2 and back > 0:
            there = self.steps[m](part.x[:6], part.p[:6, :6], -back)[0]
            z = z - (there[:3] - part.x[:3] + back * part.x[3:6])
        h = np.hstack([look(back), np.zeros((3, 4))])
        if kind == 3:
            h = accelerated(-back)[:3]
        s = h @ part.p @ h.T + r
        y = z - h @ part.x
        gain = np.linalg.solve(s, h @ part.p).T
        joseph = np.eye(10) - gain @ h
        part.x, part.p = part.x + gain @ y, joseph @ part.p @ joseph.T + gain @ r @ gain.T
        part.x[6] = np.clip(part.x[6], -MOST, MOST)
        return -0.5 * (y @ np.linalg.solve(s, y) + np.linalg.slogdet(s)[1])

    def combined(self):
        x, p = matched(self.share, self.parts)
        return x[:6], p[:6, :6]


def matched(weights, parts):
    """Mean and covariance of a mixture."""
    x = sum(w * part.x for w, part in zip(weights, parts, strict=True))
    p = sum(w * (part.p + np.outer(part.x - x, part.x - x)) for w, part in zip(weights, parts, strict=True))
    return x, p


def turned_with_derivatives(x, dt, rate):
    """A turn, its matrix, and the derivative with the rate by that of the exponential."""
    up = x[:3] / np.linalg.norm(x[:3])
    generator, growth = np.zeros((6, 6)), np.zeros((6, 6))
    generator[:3, 3:], generator[3:, 3:] = np.eye(3), rate * cross(up)
    growth[3:, 3:] = cross(up)
    f, slope = expm_frechet(generator * dt, growth * dt)
    return f @ x, f, slope @ x


def straight_step(x, _, dt):
    return transition(dt) @ x, transition(dt), 0.0
