"""What is refused of weapons: envelopes and fly-out tables that are none, channels of nothing, a doctrine that never fires."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

from openiads.scenario.classes import MissileClass
from openiads.scenario.spec import Scenario
from openiads.scenario.weapons import Corners, aerodynamic, ballistic

_BOX = ("range_max", "range_min", "altitude_max", "altitude_min")
_BALLISTIC_BOX = ("ballistic_range", "ballistic_altitude_max", "ballistic_altitude_min")
_TABLE = ("flyout_range", "flyout_altitude", "flyout_speed")
_FLAT = 1e-9  # rad: a corner that turns back this sharply is one, whatever the rounding of its numbers
_OWN = "(a shipped class keeps its keys: write a class of your own and name it as the fire unit's missile)"


def missiles(s: Scenario) -> Iterator[str]:
    """Every class has one envelope against aircraft, at most one against ballistic targets, and one speed."""
    for name, m in s.library.missiles.items():
        path = f"library.missiles.{name}"
        yield from _envelope(path, m)
        yield from _ballistic(path, m)
        yield from _flyout(path, m)
        if (m.pk_low > 0.0) != ("pk_factor_low" in m.model_fields_set):
            yield f"{path}: pk_low says below which altitude, pk_factor_low by what pk is multiplied; give both or neither"


def _envelope(path: str, m: MissileClass) -> Iterator[str]:
    given = [key for key in _BOX if getattr(m, key) is not None]
    if m.envelope is not None and given:
        yield f"{path}: states an envelope and a box ({', '.join(given)}), which would each be scaled alone; keep one {_OWN}"
    elif m.envelope is not None:
        yield from (f"{path}.envelope: {fault}" for fault in faults(aerodynamic(m)))
    elif len(given) < len(_BOX):
        missing = ", ".join(key for key in _BOX if key not in given)
        yield f"{path}: its box lacks {missing}; give them, or envelope_km = [[range, altitude], …]"
    elif m.range_min >= m.range_max or m.altitude_min >= m.altitude_max:  # type: ignore[operator]
        yield f"{path}: its envelope is empty; minimum range and altitude must lie below the maximum"


def _ballistic(path: str, m: MissileClass) -> Iterator[str]:
    given = [key for key in _BALLISTIC_BOX if key in m.model_fields_set]
    if m.ballistic_envelope is not None and given:
        yield f"{path}: states a ballistic_envelope and a box ({', '.join(given)}); keep one {_OWN}"
    elif m.ballistic_envelope is not None:
        yield from (f"{path}.ballistic_envelope: {fault}" for fault in faults(ballistic(m)))
    elif m.ballistic_range > 0.0 and m.ballistic_altitude_min >= m.ballistic_altitude_max:
        yield (
            f"{path}: its ballistic envelope is empty; ballistic_altitude_min must lie below ballistic_altitude_max, "
            "or ballistic_range be 0"
        )


def faults(corners: Corners) -> Iterator[str]:
    """What makes a closed polygon none: edges that cross or touch, or no area. Corners are counted from 1."""
    count = len(corners)
    edges = [(corners[i], corners[(i + 1) % count]) for i in range(count)]
    named = [f"corner {i + 1} to {(i + 1) % count + 1}" for i in range(count)]
    for i in range(count):
        if edges[i][0] == edges[i][1]:
            yield f"corners {i + 1} and {(i + 1) % count + 1} are the same; leave one out"
            return
    for i in range(count):
        for k in range(i + 2, count - (i == 0)):
            if _meet(*edges[i], *edges[k]):
                yield f"crosses itself: the edge from {named[i]} and that from {named[k]} meet; order the corners around its outline"
                return
    for i in range(count):
        before, here, after = corners[i - 1], corners[i], corners[(i + 1) % count]
        ahead = (here[0] - before[0]) * (after[0] - here[0]) + (here[1] - before[1]) * (after[1] - here[1])
        if ahead < 0.0 and abs(_side(before, here, after)) <= -_FLAT * ahead:
            yield f"runs back on itself at corner {i + 1} and encloses nothing there; leave that corner out"
            return


def _side(a: tuple[float, float], b: tuple[float, float], p: tuple[float, float]) -> float:
    """Twice the area of a, b, p: its sign says on which side of the line from a to b the point p lies."""
    return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])


def _meet(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], d: tuple[float, float]) -> bool:
    """Do the stretches a-b and c-d have a point in common."""
    overlap = all(min(a[i], b[i]) <= max(c[i], d[i]) and min(c[i], d[i]) <= max(a[i], b[i]) for i in range(2))
    return overlap and _side(a, b, c) * _side(a, b, d) <= 0.0 and _side(c, d, a) * _side(c, d, b) <= 0.0


def _flyout(path: str, m: MissileClass) -> Iterator[str]:
    """One average speed, or a whole table in which what is farther takes longer."""
    given = [key for key in _TABLE if getattr(m, key) is not None]
    if not given:
        if m.speed is None:
            yield f"{path}: has no speed; give speed_mps, or flyout_range_km, flyout_altitude_km and flyout_speed_mps"
        return
    if m.speed is not None:
        yield f"{path}: states one average speed and a table of it ({', '.join(given)}); keep one {_OWN}"
    if m.flyout_range is None or m.flyout_altitude is None or m.flyout_speed is None:
        yield f"{path}: its fly-out table lacks {', '.join(key for key in _TABLE if key not in given)}"
        return
    for key, nodes in (("flyout_range", m.flyout_range), ("flyout_altitude", m.flyout_altitude)):
        if any(b <= a for a, b in pairwise(nodes)):
            yield f"{path}.{key}: must rise from entry to entry"
            return
    rows, columns = len(m.flyout_altitude), len(m.flyout_range)
    if len(m.flyout_speed) != rows or any(len(row) != columns for row in m.flyout_speed):
        yield f"{path}.flyout_speed: must have a row for each of {rows} altitudes, with {columns} speeds, one for each range"
        return
    for high, row in zip(m.flyout_altitude, m.flyout_speed, strict=True):
        times = [r / v for r, v in zip(m.flyout_range, row, strict=True)]
        for i in range(columns - 1):
            if times[i + 1] <= times[i]:
                yield (
                    f"{path}.flyout_speed: at {high / 1e3:g} km of altitude a round would be {m.flyout_range[i + 1] / 1e3:g} km away "
                    f"after {times[i + 1]:.1f} s and {m.flyout_range[i] / 1e3:g} km away after {times[i]:.1f} s; they are averages over the flight"
                )
                return


def channels(s: Scenario) -> Iterator[str]:
    """Channels belong to what guides rounds."""
    for name, r in s.library.radars.items():
        if r.channels is not None and r.role != "engagement":
            yield f'library.radars.{name}.channels: only a radar with role = "engagement" guides rounds; leave it out'
    for node in s.nodes:
        if node.system_channels is not None and not any(u.node == node.name for u in s.fire_units):
            yield f"nodes.{node.name}.system_channels: the node has no fire unit; leave it out"


def never_fires(s: Scenario) -> Iterator[str]:
    """A doctrine, or a fire unit, that could never fire."""
    d = s.doctrine
    if not s.fire_units:
        return
    statuses = _statuses(s, "aerodynamic") | _statuses(s, "ballistic")
    if statuses == {"hold"}:
        yield (
            "doctrine.control_status: under 'hold' nothing is ever engaged; write 'tight' or 'free', here or in an entry of "
            "doctrine.control, or leave the fire units out"
        )
    elif "free" not in statuses and d.identification.prior[2] == 0.0:
        yield (
            "doctrine.identification.prior: no track is ever hostile, and under 'tight' nothing else is engaged; give hostile a "
            "share, or write control_status = 'free'"
        )
    elif "free" not in statuses and d.identification.hostile >= 1.0:
        yield (
            "doctrine.identification.hostile: 1 is never reached, and under 'tight' nothing but hostiles is engaged; give less than 1, "
            "or write control_status = 'free'"
        )
    elif "free" not in statuses and d.hostile_time == 0.0 and not _too_fast_for_a_friend(s):
        yield (
            "doctrine.hostile_time: 0, so nothing ever comes for an asset within it, and no threat is faster than hostile_speed: under "
            "'tight' nothing becomes hostile; give it some minutes, or write control_status = 'free'"
        )
    alone = d.second_key is None and all(u.node == d.authority for u in s.fire_units)
    if d.method != "decentralised" and d.approval == "when-held" and alone:
        yield (
            f"doctrine.authority: '{d.authority}' would ask itself, and what it holds itself proves nothing to it; name another node, "
            "or write method = 'decentralised'"
        )
    if d.second_key is not None and any(u.node == d.second_key for u in s.fire_units):
        yield f"doctrine.second_key: '{d.second_key}' commands fire units and would agree with itself; name another node, or leave it out"
    asks = d.method == "centralised" or d.second_key is not None
    if asks and d.contact_availability == 0.0 and not _asked_over_a_link(s):
        yield (
            "doctrine.contact_availability: 0, and no shot may be fired without asking; give a contact, a posture with order_path = "
            "'link' and a link with role 'orders' to a fire unit's node, or method = 'autonomous' without a second key"
        )
    yield from _larger_than_any_magazine(s)
    yield from _never_meets(s)


def _too_fast_for_a_friend(s: Scenario) -> bool:
    """Is there a threat that is taken for a missile by its speed alone."""
    bodies = [s.library.bodies.get(t.class_) for v in s.vignettes.values() for t in v.threats]
    return any(b is not None and (b.kind == "ballistic" or (b.speed or 0.0) > s.doctrine.hostile_speed) for b in bodies)


def _statuses(s: Scenario, kind: str) -> set[str]:
    """Control statuses that may hold for a kind of track: of the areas in their order, up to one that is everywhere, else the node's."""
    found: set[str] = set()
    for area in s.doctrine.control:
        if area.kind in ("any", kind):
            found.add(area.status)
            if area.radius is None:
                return found
    return found | {s.doctrine.control_status}


def _larger_than_any_magazine(s: Scenario) -> Iterator[str]:
    """A salvo that no fire unit has the rounds for."""
    if s.doctrine.salvo > s.doctrine.rounds_max:
        yield (
            f"doctrine.salvo: {s.doctrine.salvo} rounds at once, and rounds_max allows {s.doctrine.rounds_max} against one track; write "
            f"salvo = {s.doctrine.rounds_max}, or a larger rounds_max"
        )
    models = [(u, s.library.fire_units.get(u.class_)) for u in s.fire_units]
    ready = {u.name: u.launchers * model.rounds_per_launcher for u, model in models if model is not None}
    if ready and s.doctrine.salvo > max(ready.values()):
        unit = max(ready, key=ready.__getitem__)
        yield (
            f"doctrine.salvo: {s.doctrine.salvo} rounds at once, and the largest magazine, that of '{unit}', holds {ready[unit]}; "
            f"write salvo = {ready[unit]}, or give a fire unit more launchers"
        )


def _asked_over_a_link(s: Scenario) -> bool:
    """Does an order path lead to a fire unit in some posture."""
    nodes = {u.node for u in s.fire_units}
    linked = any(x.role == "orders" and x.to in nodes and x.availability > 0.0 for x in s.links)
    return linked and any(p.order_path == "link" for p in s.postures.values())


def _never_meets(s: Scenario) -> Iterator[str]:
    """A fire unit whose radar does not look as far as its envelope begins."""
    radars = {r.name: s.library.radars.get(r.class_) for r in s.radars}
    for u in s.fire_units:
        model, radar = s.library.fire_units.get(u.class_), radars.get(u.radar)
        missile = s.library.missiles.get(model.missile) if model else None
        if missile is None or radar is None:
            continue
        outlines = [corners for corners in (aerodynamic(missile), ballistic(missile)) if corners]
        begins = min(math.hypot(*(min(c[i] for c in corners) for i in range(2))) for corners in outlines)
        if begins > radar.instrumented_range:
            yield (
                f"fire_units.{u.name}: never fires: its envelope begins {begins / 1e3:.0f} km away, its radar looks "
                f"{radar.instrumented_range / 1e3:g} km far; give it another missile or radar"
            )


RULES: tuple[Callable[[Scenario], Iterator[str]], ...] = (missiles, channels, never_fires)
