"""Links, nets and what may be wrong with them, as the engine's arrays: which are open, when they send, what passes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from openiads.engine import network, rng
from openiads.engine.geo import EARTH_RADIUS, to_ecef
from openiads.engine.radio import Stations
from openiads.engine.sensing import Radars
from openiads.errors import ScenarioError
from openiads.scenario.compromises import compromised, copies, tampering
from openiads.scenario.flights import Flight, name_key
from openiads.scenario.spec import COLLECTORS, IDENTITIES, Link, Posture, Scenario

KEEP_FRAMES = 2.5  # frames of its slowest link for which a node keeps a received track beyond the coasting of its maker
KINDS = {"any": 0b11, "aerodynamic": 0b01, "ballistic": 0b10}
_ALL_IDENTITIES = (1 << len(IDENTITIES)) - 1
COLLECTING = ("support", "undeclared")  # roles of links that reach into a machine, not only its reports
_ACCESS = {"turns": network.OWN_TURN, "slotted": network.SLOTTED, "unslotted": network.UNSLOTTED}
_OUTAGE = np.uint32(2)  # draws of a link beside those of its frames
_EVERYWHERE = (0.0, 0.0, 0.0, -1.0)


def powered(posture: Posture) -> bool:
    """Does the system ever run in this posture."""
    return posture.emits != "never" and posture.located == "site"


def links_of(scenario: Scenario, posture: str) -> list[Link]:
    """The links that are open in a posture, with the guard that the posture puts on them; at the end what a compromise copies out."""
    p = scenario.postures[posture]
    gone = set(p.absent)
    opened = []
    for link in scenario.links:
        if (link.topologies and scenario.modifiers.topology not in link.topologies) or {link.from_, link.to} & gone:
            continue
        guard = link.guard
        if link.role in ("feed_in", "feed_out"):
            feed = p.in_feed if link.role == "feed_in" else p.out_feed
            if feed == "none":
                continue
            guard = "none" if feed == "open" else feed
        elif link.role == "orders" and p.order_path == "link":
            guard = "filter" if p.in_feed == "filter" else link.guard  # orders pass the guard of the feed
        elif (
            link.role == "orders"
            or (link.role == "support" and p.support != "link")
            or (link.role == "undeclared" and not powered(p))
        ):
            continue
        opened.append(link.model_copy(update={"guard": guard}))
    silent = set() if powered(p) else {r.node for r in scenario.radars if r.at == "site"}
    opened += copies(scenario, posture, opened, silent | gone)
    for link in opened:
        back = [o for o in opened if o.from_ == link.to and o.to == link.from_]
        if link.guard == "diode" and back:
            raise ScenarioError(
                f"posture '{posture}': link '{link.name}' is a diode, but '{back[0].name}' runs the other way; "
                "close one of the two or take the diode off"
            )
    return opened


def require_ends(scenario: Scenario, posture: str, opened: list[Link]) -> None:
    """Refuse what can not be run: who is credited with what it is told must not be told what it told itself, over others like it."""
    told: dict[str, set[str]] = {n.name: set() for n in scenario.nodes if n.owner in COLLECTORS}
    for x in opened:
        if x.capacity and {x.from_, x.to} <= told.keys():
            told[x.from_].add(x.to)
    for name in told:
        reached: set[str] = set()
        while new := set().union(told[name], *(told[n] for n in reached)) - reached:
            reached |= new
        if name in reached:
            raise ScenarioError(
                f"posture '{posture}': what '{name}' is told comes back to it over links between nodes of the vendor and outside, "
                "so it would be credited with it for ever; close one of those links, or make one node of them"
            )


def hidden_ends(scenario: Scenario, posture: str) -> set[str]:
    """Nodes where the undeclared channel ends, open or not, and what a compromise of the posture copies out."""
    return {x.to for x in [*scenario.links, *links_of(scenario, posture)] if x.role == "undeclared"}


def duty_of(scenario: Scenario, link: Link) -> float:
    """Share of the time for which a link works besides its availability: that of the undeclared channel, on it."""
    return scenario.undeclared.duty if scenario.undeclared and kind_of(scenario, link) == "undeclared" else 1.0


def kind_of(scenario: Scenario, link: Link) -> Literal["link", "undeclared", "copy"]:
    """A declared link, the channel that nobody declared, or what a compromise that is lived through copies out."""
    if link.role != "undeclared":
        return "link"
    return "undeclared" if any(x.name == link.name for x in scenario.links) else "copy"


def to_links(scenario: Scenario, posture: str, opened: list[Link], key: np.ndarray, span: tuple[float, float], coast: float,
             places: np.ndarray) -> network.Links:  # fmt: skip
    """The open links, drawn for a replication `key` over `span` (s); coast (s) of the trackers, places of nodes [N, 3]."""

    def column(values: Sequence[Any], dtype: Any = np.float64) -> np.ndarray:
        return np.array(values, dtype)

    require_ends(scenario, posture, opened)
    nodes = {node.name: i for i, node in enumerate(scenario.nodes)}
    nets = {net.name: i for i, net in enumerate(scenario.nets)}
    # the far end of a channel that takes information away is credited with what it was told and no more: a frame a report
    credited = {n.name for n in scenario.nodes if n.owner in COLLECTORS}
    periods, phases, slots = _turns(scenario, opened)
    return network.Links(
        key=column([name_key(x.name) for x in opened], np.uint32),
        source=column([nodes[x.from_] for x in opened], np.int32),
        sink=column([nodes[x.to] for x in opened], np.int32),
        latency=column([delay_of(x) for x in opened]),
        period=column(periods),
        phase=column(phases),
        capacity=column([x.capacity for x in opened], np.int32),
        rate=column([x.rate or math.inf for x in opened]),
        availability=column([(1.0 if x.outage else x.availability) * duty_of(scenario, x) for x in opened]),
        outage=stretches([outages(x, key, span) for x in opened]),
        access=column([_ACCESS[x.access] for x in opened], np.int8),
        net=column([nets.get(x.net or "", -1) for x in opened], np.int32),
        slots=column(slots, np.int32),
        radio=column([x.medium == "radio" for x in opened], np.bool_),
        plots=column([x.carries == "plots" for x in opened], np.bool_),
        bits=column([x.message for x in opened]),
        identity=column([x.identity for x in opened], np.bool_),
        status=column([x.status for x in opened], np.bool_),
        check=column([math.inf if x.cross_check is None else x.cross_check for x in opened]),
        check_rcs=column([x.cross_check_rcs for x in opened]),
        guards=_guards(opened, scenario.doctrine.hostile_speed),
        tampering=tampering(compromised(scenario, posture), opened, nodes, places),
        keep=column([math.inf if n.name in credited else _keep(opened, periods, n.name, coast) for n in scenario.nodes]),
        credit=column([p if x.to in credited else math.inf for x, p in zip(opened, periods, strict=True)]),
    )  # fmt: skip


def feeds_of(opened: list[Link], nodes: dict[str, int], radars: Radars) -> network.Feeds:
    """Every radar at its own node, then those of the senders of links that carry plots, at the receivers."""
    rows = [(r, n, k, -1) for r, (n, k) in enumerate(zip(radars.node.tolist(), radars.local.tolist(), strict=True))]
    count = np.bincount(radars.node, minlength=len(nodes))
    for k, x in enumerate(opened):
        for r in np.flatnonzero(radars.node == nodes[x.from_]).tolist() if x.carries == "plots" else []:
            rows.append((r, nodes[x.to], int(count[nodes[x.to]]), k))
            count[nodes[x.to]] += 1
    columns = np.array(rows, np.int32).reshape(-1, 4).T
    return network.Feeds(*(np.ascontiguousarray(c) for c in columns))


def _turns(scenario: Scenario, opened: list[Link]) -> tuple[list[float], list[float], list[int]]:
    """Period (s), phase (s) and slots of a period of every open link.

    Turns of a net are dealt out in the order of the scenario, open or not, so that a posture moves nobody's; a link with
    several has them evenly spaced. Who sends when it likes chooses anew in each frame.
    """
    nets = {net.name: net for net in scenario.nets}
    first = dict.fromkeys(nets, 0)
    turn = {}
    for x in scenario.links:
        if x.net is not None:
            turn[x.name] = first[x.net]
            first[x.net] += x.slots
    periods, phases, slots = [], [], []
    for x in opened:
        period, phase, count = scenario.period_of(x), 0.0, 1
        if x.net is None:
            phase = float(name_key(x.name) % 1000) / 1000.0 * period
        elif x.access == "turns":
            phase = (turn[x.name] + 1) * nets[x.net].frame / nets[x.net].slots
        else:
            count = nets[x.net].slots
        periods.append(period)
        phases.append(phase)
        slots.append(count)
    return periods, phases, slots


def outages(link: Link, key: np.ndarray, span: tuple[float, float]) -> list[tuple[float, float]]:
    """Stretches (s) in which a link is down: those that it states, and those drawn where it states their mean length.

    Up and down alternate with exponential lengths, up for the share `availability` of the time, from equilibrium on.
    """
    found = [(gap.from_, gap.to) for gap in link.outages]
    if link.outage is None or link.availability >= 1.0:
        return found
    if link.availability <= 0.0:
        return [*found, (-math.inf, math.inf)]
    name, up = name_key(link.name), link.availability / (1.0 - link.availability) * link.outage
    t, i = span[0], 1
    down = rng.uniform(key, rng.LINK, name, _OUTAGE, 0) >= link.availability
    while t < span[1]:
        length = -math.log(rng.uniform(key, rng.LINK, name, _OUTAGE, i)) * (link.outage if down else up)
        if down:
            found.append((t, t + length))
        t, i, down = t + length, i + 1, not down
    return found


def stretches(lists: list[list[tuple[float, float]]]) -> np.ndarray:
    """Lists of stretches as one array [L, W, 2], what is left of it never."""
    out = np.full((len(lists), max([1, *map(len, lists)]), 2), np.inf)
    for k, gaps in enumerate(lists):
        for w, gap in enumerate(gaps):
            out[k, w] = gap
    return out


def _guards(opened: list[Link], fast: float) -> network.Guards:
    """Filters; a link without one lets everything through as it is, and so does a diode in its direction."""
    filtered = [x.guard == "filter" for x in opened]
    return network.Guards(
        passes=np.array([_passes(x.guard_pass) if f else _ALL_IDENTITIES for x, f in zip(opened, filtered, strict=True)], np.int32),
        kinds=np.array([KINDS[x.guard_kind] if f else 0b11 for x, f in zip(opened, filtered, strict=True)], np.uint8),
        fast=np.full(len(opened), fast),
        area=np.array([_area(x) if f else _EVERYWHERE for x, f in zip(opened, filtered, strict=True)], float).reshape(-1, 4),
        outside=np.array([x.guard_area == "outside" for x in opened], np.bool_),
        precision=np.array([x.guard_precision if f else 0.0 for x, f in zip(opened, filtered, strict=True)], float),
    )  # fmt: skip


def _area(x: Link) -> tuple[float, float, float, float]:
    if x.guard_latitude is None or x.guard_longitude is None or x.guard_radius is None:
        return _EVERYWHERE
    return circle(x.guard_latitude, x.guard_longitude, x.guard_radius)


def circle(latitude: float, longitude: float, radius: float) -> tuple[float, float, float, float]:
    """Direction of the centre of an area (rad), and the cosine of its radius (m) seen from the Earth's centre."""
    x, y, z = (float(c) / EARTH_RADIUS for c in to_ecef(latitude, longitude, 0.0))
    return x, y, z, math.cos(radius / EARTH_RADIUS)


def _passes(identities: Sequence[str]) -> int:
    return sum(1 << IDENTITIES.index(name) for name in identities) if identities else _ALL_IDENTITIES


def _keep(links: list[Link], periods: list[float], node: str, coast: float) -> float:
    """Age of its last plot (s) up to which a node keeps a received track: as long as its maker would coast, and a few frames."""
    return coast + KEEP_FRAMES * max((p for x, p in zip(links, periods, strict=True) if x.to == node), default=1.0)


def order_path(links: list[Link], authority: str, node: str) -> list[Link] | None:
    """The links by which an authority's orders reach a node, over others where there is none of its own: the quickest way."""
    best: dict[str, tuple[float, list[Link]]] = {authority: (0.0, [])}
    for _ in links:  # no way is longer than the links there are
        for x in links:
            if x.role == "orders" and x.from_ in best:
                late, way = best[x.from_]
                late += delay_of(x)
                if x.to not in best or late < best[x.to][0]:
                    best[x.to] = late, [*way, x]
    return best[node][1] if node in best else None


def delay_of(x: Link) -> float:
    """Time (s) on a link, with its guard."""
    return x.latency + (x.guard_delay if x.guard == "filter" else 0.0)


def stations(scenario: Scenario, flights: list[Flight], antenna: np.ndarray, ground: Any) -> Stations:
    """Where the radios of nodes are: stated, carried by a sortie, or at the first of their radars that stands.

    antenna: float64[R, 3] places of the radars; ground: height of the ground (m) at a latitude and longitude (rad).
    """
    names = [f.name for f in flights]
    place, host = np.zeros((len(scenario.nodes), 3)), np.full(len(scenario.nodes), -1, np.int32)
    for n, node in enumerate(scenario.nodes):
        radar = next((r for r, x in enumerate(scenario.radars) if x.node == node.name and x.aboard is None), -1)
        if node.aboard is not None and node.aboard in names:
            host[n] = names.index(node.aboard)
        if node.latitude is not None and node.longitude is not None:
            place[n] = node.latitude, node.longitude, ground(node.latitude, node.longitude) + node.antenna_height
        elif radar >= 0:
            place[n] = antenna[radar, 0], antenna[radar, 1], ground(*antenna[radar, :2]) + node.antenna_height
    return Stations(place, host)
