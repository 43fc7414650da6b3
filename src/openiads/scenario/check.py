"""What single tables can not know: names that refer to each other, and parts that can not work together."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable

from openiads.scenario.spec import Scenario


def cross_references(scenario: Scenario) -> list[str]:
    """One line for every reference that leads nowhere and every combination that can not work."""
    return [*_unknown_names(scenario), *_doubles(scenario), *_contradictions(scenario)]


def _missing(path: str, name: str, known: Iterable[str], what: str) -> list[str]:
    names = list(known)
    if name in names:
        return []
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ";"
    return [f"{path}: no {what} '{name}'{hint} accepted: {', '.join(names) or 'none is defined'}"]


def _unknown_names(s: Scenario) -> list[str]:
    nodes = [n.name for n in s.nodes]
    radars = [r.name for r in s.radars]
    parts = nodes + radars + [u.name for u in s.fire_units]
    found = _missing("baseline", s.baseline, s.postures, "posture")
    found += _missing("modifiers.site", s.modifiers.site, s.sites, "site")
    found += _missing("doctrine.authority", s.doctrine.authority, nodes, "node")
    for r in s.radars:
        found += _missing(f"radars.{r.name}.class", r.class_, s.library.radars, "radar class")
        found += _missing(f"radars.{r.name}.node", r.node, nodes, "node")
        if r.aboard is not None:
            found += _missing(f"radars.{r.name}.aboard", r.aboard, [x.name for x in s.sorties], "sortie")
    for u in s.fire_units:
        found += _missing(f"fire_units.{u.name}.class", u.class_, s.library.fire_units, "fire unit class")
        found += _missing(f"fire_units.{u.name}.node", u.node, nodes, "node")
        found += _missing(f"fire_units.{u.name}.radar", u.radar, radars, "radar")
    for name, unit in s.library.fire_units.items():
        found += _missing(f"library.fire_units.{name}.missile", unit.missile, s.library.missiles, "missile class")
    for link in s.links:
        found += _missing(f"links.{link.name}.from", link.from_, nodes, "node")
        found += _missing(f"links.{link.name}.to", link.to, nodes, "node")
    for sortie in s.sorties:
        found += _missing(f"sorties.{sortie.name}.class", sortie.class_, s.library.bodies, "body class")
    if s.civil is not None:
        found += _missing("civil.airliner", s.civil.airliner, s.library.bodies, "body class")
    for name, vignette in s.vignettes.items():
        for threat in vignette.threats:
            found += _missing(f"vignettes.{name}.threats.class", threat.class_, s.library.bodies, "body class")
    for name, posture in s.postures.items():
        for part in posture.absent:
            found += _missing(f"postures.{name}.absent", part, parts, "node, radar or fire unit")
    return found


def _doubles(s: Scenario) -> list[str]:
    found = []
    for kind, entries in (("nodes", s.nodes), ("radars", s.radars), ("fire_units", s.fire_units), ("links", s.links),
                          ("assets", s.assets), ("sorties", s.sorties)):  # fmt: skip
        seen: set[str] = set()
        for entry in entries:
            if entry.name in seen:
                found.append(f"{kind}: '{entry.name}' is defined twice; names key the random numbers and must differ")
            seen.add(entry.name)
    return found


def _contradictions(s: Scenario) -> list[str]:
    found = []
    tracking = {n.name for n in s.nodes if n.tracks}
    by_name = {r.name: r for r in s.radars}
    for r in s.radars:
        if r.node in {n.name for n in s.nodes} and r.node not in tracking:
            found.append(f"radars.{r.name}.node: node '{r.node}' has no tracker; set tracks = true there")
    for u in s.fire_units:
        radar = by_name.get(u.radar)
        if radar is None or radar.class_ not in s.library.radars:
            continue
        if s.library.radars[radar.class_].role != "engagement":
            found.append(
                f"fire_units.{u.name}.radar: '{u.radar}' is no engagement radar; a fire unit engages what its own engagement radar tracks"
            )
        if radar.node != u.node:
            found.append(f"fire_units.{u.name}.radar: '{u.radar}' reports to node '{radar.node}', not to '{u.node}'")
        if radar.aboard is not None:
            found.append(
                f"fire_units.{u.name}.radar: '{u.radar}' is carried by a sortie; fire units stand on the ground"
            )
    for name, m in s.library.missiles.items():
        if m.range_min >= m.range_max or m.altitude_min >= m.altitude_max:
            found.append(
                f"library.missiles.{name}: its envelope is empty; minimum range and altitude must lie below the maximum"
            )
    for name, r in s.library.radars.items():
        if r.elevation_min >= r.elevation_max or r.minimum_range >= r.instrumented_range:
            found.append(
                f"library.radars.{name}: its coverage is empty; minimum elevation and range must lie below the maximum"
            )
        if r.role == "engagement" and r.track_period is None:
            found.append(
                f"library.radars.{name}: an engagement radar needs track_period_s, the revisit of a designated target"
            )
    for name, body in s.library.bodies.items():
        if (body.speed is None) != (body.kind == "ballistic"):
            what = "an arc sets its own speed; leave speed out" if body.speed else "speed is missing; write speed_mps"
            found.append(f"library.bodies.{name}: {what}")
    for name, v in s.vignettes.items():
        if v.kind == "peace" and v.threats:
            found.append(f'vignettes.{name}.threats: a vignette of peace has no threats; make it kind = "raid"')
        for what, length in (("duration", v.duration), ("warmup", v.warmup)):
            if not math.isclose(length / v.tick, round(length / v.tick), abs_tol=1e-9):
                found.append(f"vignettes.{name}.{what}: {length:g} s is not a whole number of ticks of {v.tick:g} s")
    for link in s.links:
        if link.from_ == link.to:
            found.append(f"links.{link.name}: runs from '{link.from_}' to itself")
    return found
