"""What single tables can not know: names that refer to each other, and parts that can not work together."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice

from openiads.engine.geo import EARTH_RADIUS
from openiads.scenario import link_rules, weapon_rules, words
from openiads.scenario.classes import BAND_LIMITS, MOST_FALSE_PLOTS
from openiads.scenario.radars import false_plots
from openiads.scenario.spec import Scenario, Sortie, Vignette
from openiads.scenario.terrain import outside
from openiads.scenario.words import known, twice

MOST_LINES = 100  # of problems; whoever has more mends these first
MOST_BODIES = 2000  # of one vignette, without civil traffic, which is drawn


def cross_references(scenario: Scenario) -> list[str]:
    """One line for every reference that leads nowhere and every combination that can not work."""
    rules = (
        _parts, _doctrine, _library, _flights, _assets, _carriers, _postures, _doubles, _fire_units, _coverages,
        _descriptions, _places, _jamming, _vignettes,
        _ticks, _ground, _surface, *link_rules.RULES, *weapon_rules.RULES,
    )  # fmt: skip
    return list(islice((line for rule in rules for line in rule(scenario)), MOST_LINES))


def _parts(s: Scenario) -> Iterator[str]:
    nodes = {n.name: n for n in s.nodes}
    sorties = {x.name: x for x in s.sorties}
    yield from known("modifiers.site", s.modifiers.site, s.sites, "site")
    yield from known("doctrine.authority", s.doctrine.authority, nodes, "node")
    for r in s.radars:
        path = f"radars.{r.name}"
        yield from known(f"{path}.class", r.class_, s.library.radars, "radar class")
        yield from known(f"{path}.node", r.node, nodes, "node")
        if r.node in nodes and not nodes[r.node].tracks:
            yield f"{path}.node: node '{r.node}' has no tracker; set tracks = true there"
        if r.aboard is not None:
            yield from _carried(f"{path}.aboard", r.aboard, sorties)
        elif r.at == "place" and not {"latitude", "longitude"} <= r.model_fields_set:
            yield f'{path}: has no place; write latitude_deg and longitude_deg, at = "site", or aboard = a sortie'
    for n in s.nodes:
        if n.aboard is not None:
            yield from _carried(f"nodes.{n.name}.aboard", n.aboard, sorties)
    for link in s.links:
        yield from known(f"links.{link.name}.from", link.from_, nodes, "node")
        yield from known(f"links.{link.name}.to", link.to, nodes, "node")


def _carried(path: str, name: str, sorties: dict[str, Sortie]) -> Iterator[str]:
    """What is aboard is aboard one aircraft."""
    yield from known(path, name, sorties, "sortie")
    if name in sorties and sorties[name].count != 1:
        yield f"{path}: sortie '{name}' has {sorties[name].count} aircraft; it must have one"


def _doctrine(s: Scenario) -> Iterator[str]:
    d, i = s.doctrine, s.doctrine.identification
    if d.second_key is not None:
        yield from known("doctrine.second_key", d.second_key, [n.name for n in s.nodes], "node")
        if d.second_key == d.authority and d.method != "decentralised":
            yield f"doctrine.second_key: '{d.second_key}' is the authority already; name another node, or leave the key out"
    yield from _approves_nothing(s)
    for x in d.control:
        if 0 < sum(v is not None for v in (x.latitude, x.longitude, x.radius)) < 3:
            yield f"doctrine.control.{x.name}: an area needs latitude_deg, longitude_deg and radius_km; without all three it holds everywhere"
    for lane in d.lanes:
        if not lane.altitude_min < lane.altitude_max:
            yield f"doctrine.lanes.{lane.name}: altitude_min is {lane.altitude_min:g} m, altitude_max {lane.altitude_max:g} m; it must be lower"
        if not lane.from_ < lane.to:
            yield f"doctrine.lanes.{lane.name}: it is open from {lane.from_:g} s to {lane.to:g} s; it must end after it begins"
        if (lane.latitude, lane.longitude) == (lane.to_latitude, lane.to_longitude):
            yield f"doctrine.lanes.{lane.name}: both its ends are at one place; give to_latitude_deg and to_longitude_deg of another"
    if abs(sum(i.prior) - 1.0) > 0.01:
        yield f"doctrine.identification.prior: {i.prior} add up to {sum(i.prior):g}; shares of friends, neutrals and hostiles add up to 1"
    if not i.clear < i.suspect <= i.hostile:
        yield (
            f"doctrine.identification: clear {i.clear:g}, suspect {i.suspect:g} and hostile {i.hostile:g} must rise in this order"
        )


def _approves_nothing(s: Scenario) -> Iterator[str]:
    """Who approves only what it holds itself must be able to hold something."""
    d = s.doctrine
    asked = [d.second_key] if d.second_key is not None else []
    asked += [d.authority] if d.method != "decentralised" else []
    for name in asked if d.approval == "when-held" else []:
        if not any(r.node == name for r in s.radars) and not any(x.to == name and x.capacity > 0 for x in s.links):
            yield (
                f"doctrine.approval: 'when-held', and node '{name}' has neither a radar nor a link that brings it tracks: it would "
                "approve nothing; give it one, or write approval = 'unless-friend'"
            )


def _library(s: Scenario) -> Iterator[str]:
    for name, unit in s.library.fire_units.items():
        yield from known(f"library.fire_units.{name}.missile", unit.missile, s.library.missiles, "missile class")
    for u in s.fire_units:
        yield from known(f"fire_units.{u.name}.class", u.class_, s.library.fire_units, "fire unit class")


def _flights(s: Scenario) -> Iterator[str]:
    bodies = s.library.bodies
    patterns = {"none"} | {p for x in s.sorties for p in x.patterns}
    yield from known("modifiers.allied_pattern", s.modifiers.allied_pattern, sorted(patterns), "flight pattern")
    named = [(f"sorties.{x.name}", x.class_) for x in s.sorties]
    named += [("civil.airliner", s.civil.airliner)] if s.civil else []
    for name, v in s.vignettes.items():
        named += [(f"vignettes.{name}.threats.{t.class_}", t.class_) for t in v.threats]
    for path, body in named:
        yield from known(f"{path}.class", body, bodies, "body class")
    for x in s.sorties:
        if x.kind == "transit" and not {"to_latitude", "to_longitude"} <= x.model_fields_set:
            yield f"sorties.{x.name}: a transit leads somewhere; write to_latitude_deg and to_longitude_deg"
        if x.end < x.start:
            yield f"sorties.{x.name}: ends at {x.end / 3600:g} h, before it starts at {x.start / 3600:g} h"
    for path, body in named:
        if body in bodies and bodies[body].speed is None and bodies[body].kind != "ballistic":
            yield f"library.bodies.{body}: speed missing; only a ballistic class has its speed from its arc ({path})"
    if s.civil and not sum(s.civil.hour_profile) > 0.0:
        yield "civil.hour_profile: is zero at every hour; give at least one hour a weight"


def _assets(s: Scenario) -> Iterator[str]:
    """An asset stands at one place of its own, or is one part of the defence that stands on the ground."""
    radars = {r.name: r for r in s.radars}
    nodes = {n.name: n for n in s.nodes}
    for a in s.assets:
        path = f"assets.{a.name}"
        given = sorted({"latitude", "longitude"} & a.model_fields_set)
        if a.component is None:
            if len(given) < 2:
                yield f"{path}: has no place; write latitude_deg and longitude_deg, or component = a radar, fire unit or node"
            continue
        if given:
            yield f"{path}: stands where '{a.component}' stands; leave out {' and '.join(given)}, or component"
        parts = [*radars, *(u.name for u in s.fire_units), *nodes]
        yield from known(f"{path}.component", a.component, parts, "radar, fire unit or node")
        radar = radars.get(a.component)
        if radar is not None and radar.aboard is not None:
            yield f"{path}.component: '{a.component}' is carried by a sortie; a raid is sent to what stands on the ground"
        node = nodes.get(a.component)
        grounded = any(r.node == a.component and r.aboard is None for r in s.radars)
        if node is not None and node.latitude is None and not grounded:
            yield f"{path}.component: node '{a.component}' has no place; give it latitude_deg and longitude_deg"
    for name in twice([a.component for a in s.assets if a.component is not None]):
        yield f"assets: '{name}' is the component of two; its hits would be counted apart"


def _carriers(s: Scenario) -> Iterator[str]:
    """A class that releases weapons says which and from where, and what it releases flies level and carries nothing."""
    bodies = s.library.bodies
    for name, body in bodies.items():
        path = f"library.bodies.{name}"
        if not body.releases:
            if body.weapon is not None:
                yield f"{path}: has a weapon and releases none; write releases = how many"
            continue
        if body.kind == "ballistic":
            yield f"{path}.releases: a ballistic class carries nothing; only classes that fly level do"
        if body.weapon is None or body.release_distance == 0.0:
            yield f"{path}: releases {body.releases}; write weapon = their class, and release_distance_km"
        if body.weapon is None:
            continue
        yield from known(f"{path}.weapon", body.weapon, bodies, "body class")
        weapon = bodies.get(body.weapon)
        if body.weapon == name:
            yield f"{path}.weapon: a carrier can not release itself; name another class"
        elif weapon is not None and weapon.releases:
            yield f"{path}.weapon: '{body.weapon}' releases weapons itself; name a class that carries nothing"
        elif weapon is not None and (weapon.kind == "ballistic" or weapon.speed is None):
            yield f"{path}.weapon: '{body.weapon}' must fly level and have a speed"


def _postures(s: Scenario) -> Iterator[str]:
    parts = [n.name for n in s.nodes] + [r.name for r in s.radars] + [u.name for u in s.fire_units]
    yield from known("baseline", s.baseline, s.postures, "posture")
    links = {link.role for link in s.links}
    for name, p in s.postures.items():
        for part in p.absent:
            yield from known(f"postures.{name}.absent", part, parts, "node, radar or fire unit")
        for key, wanted, role in (
            ("in_feed", p.in_feed != "none", "feed_in"), ("out_feed", p.out_feed != "none", "feed_out"),
            ("order_path", p.order_path == "link", "orders"), ("support", p.support == "link", "support"),
        ):  # fmt: skip
            if wanted and role not in links:
                yield f'postures.{name}.{key}: no link has role = "{role}"; add one, or write {key} = "none"'
        if p.readiness is None and p.ready is None:
            states = ", ".join(f"'{state.replace('_', '-')}'" for state in type(s.readiness).model_fields)
            yield f"postures.{name}: write readiness = one of {states}, or ready_h = a time of its own"
        if p.emits == "duty-cycle" and p.readiness in ("sealed", "installed-cold"):
            yield (
                f"postures.{name}: is {p.readiness} and emits for a share of the time; in between it stands by: write readiness = "
                "'standby' or 'radiating', or emits = 'never', 'on-threat' or 'announced-days'"
            )
        if p.emits == "never" and p.readiness == "radiating":
            yield f"postures.{name}: is radiating and never emits; write another readiness, or emits = 'on-threat' or 'duty-cycle'"
        if p.emits == "announced-days" and "announced_days" not in p.model_fields_set:
            yield f"postures.{name}: emits on announced days; write announced_days = how many a year"
        if p.emits == "duty-cycle" and "duty" not in p.model_fields_set:
            yield f"postures.{name}: emits for a share of the time; write duty = that share"


def _doubles(s: Scenario) -> Iterator[str]:
    lists = {
        "nodes": [x.name for x in s.nodes], "radars": [x.name for x in s.radars],
        "fire_units": [x.name for x in s.fire_units], "links": [x.name for x in s.links],
        "assets": [x.name for x in s.assets], "sorties": [x.name for x in s.sorties],
        "doctrine.control": [x.name for x in s.doctrine.control], "doctrine.lanes": [x.name for x in s.doctrine.lanes],
        "civil.airports": [x.name for x in s.civil.airports] if s.civil else [],
        "civil.gates": [x.name for x in s.civil.gates] if s.civil else [],
    }  # fmt: skip
    for kind, names in lists.items():
        for name in twice(names):
            yield f"{kind}.{name}: is defined twice; names key the random numbers and must differ"
    for name in twice([n for kind in ("nodes", "radars", "fire_units") for n in sorted(set(lists[kind]))]):
        yield f"nodes, radars, fire_units: '{name}' names parts of two kinds; a posture could not take one of them away"


def _fire_units(s: Scenario) -> Iterator[str]:
    radars = {r.name: r for r in s.radars}
    for u in s.fire_units:
        path = f"fire_units.{u.name}"
        yield from known(f"{path}.node", u.node, [n.name for n in s.nodes], "node")
        yield from known(f"{path}.radar", u.radar, radars, "radar")
        radar = radars.get(u.radar)
        if radar is None or radar.class_ not in s.library.radars:
            continue
        if s.library.radars[radar.class_].role != "engagement":
            yield f"{path}.radar: '{u.radar}' is no engagement radar; a fire unit engages what its own one tracks"
        if radar.node != u.node:
            yield f"{path}.radar: '{u.radar}' reports to node '{radar.node}', not to '{u.node}'"
        if radar.aboard is not None:
            yield f"{path}.radar: '{u.radar}' is carried by a sortie; fire units stand on the ground"
        if radar.batch > u.batch:
            yield f"{path}.radar: '{u.radar}' comes with batch {radar.batch}, the fire unit with batch {u.batch}"


def _coverages(s: Scenario) -> Iterator[str]:
    for name, r in s.library.radars.items():
        if r.elevation_min >= r.elevation_max or r.minimum_range >= r.instrumented_range:
            yield f"library.radars.{name}: its coverage is empty; minimum elevation and range must lie below the maximum"
        if r.role == "engagement" and r.track_period is None:
            yield f"library.radars.{name}: missing track_period_s, the revisit of a designated target"


def _descriptions(s: Scenario) -> Iterator[str]:
    """A radar is described in one of two ways, and completely."""
    for name, r in s.library.radars.items():
        path = f"library.radars.{name}"
        low, high = BAND_LIMITS[r.band]
        if r.frequency is not None and not low <= r.frequency <= high:
            yield (
                f"{path}.frequency: {r.frequency / 1e9:g} GHz lies outside its band {r.band} ({low / 1e9:g} to {high / 1e9:g} "
                f"GHz, IEEE 521); {_band_of(r.frequency)}"
            )
        sheet = {"peak_power": r.peak_power, "pulse": r.pulse, "cfar_cells": r.cfar_cells}
        given = [key for key, value in sheet.items() if value is not None]
        stated = [key for key in ("range", "range_rcs", "range_emission") if getattr(r, key) is not None]
        if r.dimensions == 1:
            if given or r.range is None or r.range_emission is None or r.range_rcs is not None:
                yield f"{path}: dimensions = 1 hears what bodies emit; describe it by range_km and range_emission_w alone"
        elif r.range_emission is not None:
            yield f"{path}.range_emission: only a sensor with dimensions = 1 hears; state range_rcs, or set dimensions = 1"
        elif given and stated:
            yield f"{path}: states a range ({', '.join(stated)}) and a data sheet ({', '.join(given)}); keep one of the two"
        elif given:
            missing = [key for key in ("peak_power", "pulse", "gain") if getattr(r, key) is None]
            if missing:
                yield f"{path}: the data sheet is incomplete; missing {', '.join(missing)}"
        elif r.range is None or r.range_rcs is None:
            yield f"{path}: give range_km and range_rcs_m2, or a data sheet: peak_power_kw, pulse_us, gain_db"
        elif "losses" in r.model_fields_set:
            yield f"{path}.losses: belongs to a data sheet; a stated range was reached with the losses that there were"
        needs = [("sigma_azimuth", "beam_azimuth")]
        needs += [("sigma_range", "bandwidth")] if r.dimensions > 1 else []
        needs += [("sigma_elevation", "beam_elevation")] if r.dimensions > 2 else []
        for sigma, source in needs:
            if getattr(r, sigma) is None and getattr(r, source) is None:
                yield f"{path}: no error of its own; give {sigma}, or {source} from which it follows"
        if r.false_plots_per_scan is None and (r.bandwidth is None or r.beam_azimuth is None):
            yield f"{path}: give false_plots_per_scan, or bandwidth and beam_azimuth, from whose cells they are counted"
        elif false_plots(r) > MOST_FALSE_PLOTS:
            yield (
                f"{path}: pfa = {r.pfa:g} in its resolution cells makes {false_plots(r):.0f} false plots a scan, at most "
                f"{MOST_FALSE_PLOTS} are accepted; lower pfa, or state false_plots_per_scan"
            )
        if r.cfar_cells is not None and (r.pulses > 1 or r.swerling not in (1, 2)):
            yield (
                f"{path}.cfar_cells: the loss is known for one pulse of a Swerling 1 or 2 target, not for pulses = "
                f"{r.pulses}, swerling = {r.swerling}; leave cfar_cells out and put the loss into losses"
            )


def _band_of(frequency: float) -> str:
    """What to do with a frequency (Hz) that is not of its band."""
    right = [band for band, (low, high) in BAND_LIMITS.items() if low <= frequency <= high]
    return (
        f"set band = {words.listed(map(repr, right))}"
        if right
        else f"no band of {words.listed(BAND_LIMITS)} has it; change it"
    )


def _places(s: Scenario) -> Iterator[str]:
    """A radar's place and height are stated once, and a silence ends after it begins."""
    for r in s.radars:
        for quiet in r.silence:
            if quiet.to <= quiet.from_:
                yield f"radars.{r.name}.silence: ends at {quiet.to:g} s, not after its start at {quiet.from_:g} s; swap from and to"
        given = {"latitude", "longitude"} & r.model_fields_set
        if given and (r.at == "site" or r.aboard):
            where = "the site" if r.at == "site" else f"sortie '{r.aboard}'"
            yield f"radars.{r.name}: stands with {where}; leave out {' and '.join(sorted(given))}, or at and aboard"
        if r.altitude is not None and r.antenna_height is not None:
            yield f"radars.{r.name}: altitude (above the sea) and antenna_height (above the ground) both say how high; keep one"
        if r.aboard and (r.altitude is not None or r.antenna_height is not None):
            yield f"radars.{r.name}: flies as high as sortie '{r.aboard}'; leave out altitude and antenna_height"


def _jamming(s: Scenario) -> Iterator[str]:
    """A jammer names its bands, and what it can reach says how it receives."""
    reached: set[str] = set()
    for name, body in s.library.bodies.items():
        for what, power, bands in (
            ("jammer", body.jammer, body.jammer_bands), ("emission", body.emission, body.emission_bands),
        ):  # fmt: skip
            if power is not None and not bands:
                yield f"library.bodies.{name}: {what} has no band; write {what}_bands = [...]"
        reached |= set(body.jammer_bands) if body.jammer is not None else set()
    for radar in s.radars:
        model = s.library.radars.get(radar.class_)
        if model is None or model.band not in reached:
            continue
        missing = [key for key in ("gain", "bandwidth", "beam_azimuth") if getattr(model, key) is None]
        if missing:
            yield f"library.radars.{radar.class_}: a jammer reaches its band; give {', '.join(missing)}"


def _vignettes(s: Scenario) -> Iterator[str]:
    for name, v in s.vignettes.items():
        path = f"vignettes.{name}"
        if v.kind == "peace" and v.threats:
            yield f'{path}.threats: a vignette of peace has no threats; make it kind = "raid"'
        if v.kind == "raid" and not v.threats:
            yield f"{path}.threats: missing; a raid has at least one [[{path}.threats]]"
        for what, length in (("duration", v.duration), ("warmup", v.warmup)):
            if not math.isclose(length / v.tick, round(length / v.tick), abs_tol=1e-9):
                yield f"{path}.{what}: {length:g} s is no whole number of ticks of {v.tick:g} s"
        for t in v.threats:
            body = s.library.bodies.get(t.class_)
            if t.stand_off > 0.0 and (t.stand_off >= t.distance or (body is not None and body.kind == "ballistic")):
                yield f"{path}.threats.{t.class_}.stand_off: must be shorter than distance, of a class that flies level"
            if body is not None and body.releases and body.release_distance < t.stand_off:
                yield (
                    f"{path}.threats.{t.class_}.stand_off: stays at {t.stand_off / 1e3:g} km and never comes within its release "
                    f"distance of {body.release_distance / 1e3:g} km; shorten it"
                )
        count = _bodies(s, v)
        if count > MOST_BODIES:
            yield f"{path}: {count} bodies without civil traffic; at most {MOST_BODIES} are accepted"


def _ticks(s: Scenario) -> Iterator[str]:
    for r in s.radars:
        if r.class_ not in s.library.radars:
            continue
        model = s.library.radars[r.class_]
        shortest = min(model.scan_period, model.track_period or math.inf)
        for name, v in s.vignettes.items():
            if v.tick > shortest:
                yield (
                    f"vignettes.{name}.tick: {v.tick:g} s is longer than the shortest scan of radar '{r.name}' "
                    f"({shortest:g} s); shorten it"
                )


def _bodies(s: Scenario, v: Vignette) -> int:
    sorties = sum(x.count for x in s.sorties if (x.in_raid if v.kind == "raid" else x.in_peace))
    carried = {name: body.releases for name, body in s.library.bodies.items()}
    return sorties + sum(t.count * (1 + carried.get(t.class_, 0)) for t in v.threats)


def _ground(s: Scenario) -> Iterator[str]:
    """Everything that stands on the ground must lie on the terrain."""
    places = [(f"sites.{name}", x.latitude, x.longitude, x.radius) for name, x in s.sites.items()]
    places += [(f"radars.{r.name}", r.latitude, r.longitude, 0.0) for r in s.radars if r.at == "place" and not r.aboard]
    places += [
        (f"assets.{a.name}", a.latitude, a.longitude, 0.0)
        for a in s.assets
        if a.latitude is not None and a.longitude is not None
    ]
    for path, latitude, longitude, radius in places:
        up = radius / EARTH_RADIUS
        why = outside(s.terrain, latitude, longitude, up, up / max(0.01, math.cos(latitude)))
        if why:
            within = f" with its radius of {radius / 1e3:g} km" if radius else ""
            yield f"{path}: {math.degrees(latitude):.2f} N {math.degrees(longitude):.2f} E{within} {why}"


def _surface(s: Scenario) -> Iterator[str]:
    """Multipath is that of one smooth surface."""
    if s.propagation.reflection > 0.0 and s.terrain != "smooth":
        yield (
            f"propagation.reflection = {s.propagation.reflection:g} on terrain '{s.terrain}': multipath is modelled over "
            'a smooth surface only; set terrain = "smooth" or reflection = 0'
        )
