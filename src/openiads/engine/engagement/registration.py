"""The registration error of the radar that guides: where its picture puts a point, and where the point is. docs/equations/engagement.md."""

from __future__ import annotations

import math

from openiads.engine.jit import part


@part
def true_place(units, f, x, y, z):
    """The place (m) that the engagement radar of fire unit f reports as x, y, z: turned back about its upright, and nearer.

    Azimuths are counted clockwise, and a turn by the right hand is anticlockwise as seen from above (Rodrigues 1840).
    """
    turn, longer = units.bias[f, 0], units.bias[f, 1]
    if turn == 0.0 and longer == 0.0:
        return x, y, z
    px, py, pz = units.pos[f, 0], units.pos[f, 1], units.pos[f, 2]
    dx, dy, dz = x - px, y - py, z - pz
    radius, reach = math.sqrt(px * px + py * py + pz * pz), math.sqrt(dx * dx + dy * dy + dz * dz)
    ux, uy, uz = px / radius, py / radius, pz / radius
    k, cosine, sine = max(0.0, 1.0 - longer / max(reach, 1.0)), math.cos(turn), math.sin(turn)
    rise = (1.0 - cosine) * (ux * dx + uy * dy + uz * dz)
    ex = dx * cosine + (uy * dz - uz * dy) * sine + ux * rise
    ey = dy * cosine + (uz * dx - ux * dz) * sine + uy * rise
    ez = dz * cosine + (ux * dy - uy * dx) * sine + uz * rise
    return px + k * ex, py + k * ey, pz + k * ez
