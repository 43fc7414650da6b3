"""The only way into the engine: a world, a scenario and a posture become Params and State."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import betaln

from openiads.engine import (
    command,
    damage,
    engagement,
    motion,
    network,
    outcome,
    overheard,
    rng,
    sensing,
    step,
    tracking,
)
from openiads.engine.geo import ground_height, to_ecef
from openiads.scenario.compromises import compromised, disabled, ghosts
from openiads.scenario.flights import name_key
from openiads.scenario.links import (
    COLLECTING,
    KINDS,
    circle,
    delay_of,
    feeds_of,
    links_of,
    order_path,
    outages,
    powered,
    stations,
    stretches,
    to_links,
)
from openiads.scenario.radars import radars_of
from openiads.scenario.spec import FRAMES, Control, Identification, Lane, Link, Posture, Scenario, Vignette
from openiads.scenario.weapons import envelopes, flyouts, longest_flights
from openiads.scenario.world import World, draw_world, require_ground

CHANNELS = 48  # most engagement channels a fire unit can have
CUES = 16
OPERATORS = 16
_TENTATIVE = 5.0  # tracks that false plots keep alive at a node, of the false plots of one scan
LEDGER_STEP = 10.0  # s between two samples of what every node holds
CAUSES = {  # what an engagement rested on, in the order of the engine's constants
    "silence": "no reply to interrogation",
    "never-asked": "never interrogated",
    "told-hostile": "reported hostile over a link",
    "speed": "taken for a ballistic missile",
    "wrong-body": "stood near the target that was meant",
}
CONDITIONS = {  # what else was so when it was shot at, whatever it rested on, in the order of the engine's columns
    "alone": "decided alone, since nobody who should have been asked could be reached",
    "misplaced": "held more than 6 km from where it was",
}
STATUS = ("free", "tight", "hold")
_METHOD = ("centralised", "decentralised", "autonomous")
_APPROVAL = ("unless-friend", "when-held")
# why an authority says no, and why a hostile track is not engaged, as in the engine
REFUSALS = ("", "it holds a friend or a neutral there", "it holds nothing there")
KEPT = (
    "",
    "weapons are on hold there",
    "who must be asked can not be reached",
    "another post says that it engages it",
    "no fire unit can meet it inside its envelope",
    "those who could meet it have no channel left",
    "those who could meet it have no round left",
)


@dataclass(frozen=True)
class Simulation:
    """A run that is ready to go."""

    scenario: Scenario
    world: World
    posture: str
    warning: float  # s
    params: step.Params
    state: step.State
    tick: float  # s
    warmup: int  # ticks before t = 0
    ticks: int  # ticks from t = 0 on
    links: list[str]  # names of the open links, in the engine's order
    system_nodes: list[int]


def build(scenario: Scenario, posture: str, vignette: str, seed: int = 1, replication: int = 0, *,
          stratum: int = 0, warning: float | None = None, world: World | None = None, log: int = 0) -> Simulation:  # fmt: skip
    """Draw the world unless one is given, and put a posture into it."""
    scenario.require(posture=posture, vignette=vignette)
    world = world or draw_world(scenario, vignette, seed, replication, stratum)
    return assemble(scenario, world, posture, scenario.modifiers.warning if warning is None else warning, log)


def assemble(scenario: Scenario, world: World, posture: str, warning: float, log: int = 0) -> Simulation:
    """Params and State of one posture in a given world; warning (s) is what the raid grants."""
    p = scenario.postures[posture]
    vignette = scenario.vignettes[world.vignette]
    node_index = {node.name: i for i, node in enumerate(scenario.nodes)}
    radars = radars_of(scenario, world, node_index, vignette.tick)
    open_links = links_of(scenario, posture)
    feeds = feeds_of(open_links, node_index, radars)
    late = _late(scenario, open_links, vignette.tick)
    trackers = _trackers(scenario, radars, feeds, late, p)
    system = system_nodes(scenario)
    span = (-vignette.warmup, vignette.duration)
    keepers, bands = keepers_of(scenario), bands_of(scenario)
    models = [scenario.library.radars[r.class_] for r in scenario.radars]
    where = stations(scenario, world.flights, world.antenna, partial(ground_height, world.terrain))
    bodies = world.bodies.key.size
    clutter = np.bincount(
        feeds.node, radars.false_mean[feeds.radar], 1
    ).max()  # false plots in a scan, all radars of a node
    slots = min(1024, max(96, math.ceil(_TENTATIVE * clutter)) + bodies + bodies // 4)
    slots += ghosts(compromised(scenario, posture))
    params = step.Params(
        key=world.key,
        bodies=world.bodies,
        terrain=world.terrain,
        radars=radars,
        feeds=feeds,
        trackers=trackers,
        stations=where,
        links=to_links(
            scenario, posture, open_links, world.key, span, float(trackers.coast.max(initial=0.0)), where.place
        ),
        units=_units(scenario, world, p, node_index, radars),
        doctrine=_doctrine(scenario, world, p, open_links, node_index, system, span),
        targets=_targets(scenario, world, node_index),
        observers=outcome.Observers(
            np.array([i in system for i in range(len(scenario.nodes))]),
            np.array([node.tracks for node in scenario.nodes]),
            _whose(len(scenario.nodes), feeds, radars.node),
            np.where(late > 0.0, trackers.coast, np.inf),
            np.array([keepers.index(n) if n in keepers else -1 for n in range(len(scenario.nodes))], np.int32),
            np.array([bands.index(r.band) if r.band in bands else 0 for r in models], np.int32),
            np.array([max(vignette.tick, LEDGER_STEP)]),
        ),
        readiness=_readiness(scenario, world, posture, vignette, warning),
    )
    state = empty_state(params, len(scenario.nodes), slots, (len(keepers), len(world.groups), max(1, len(bands))), log)
    return Simulation(
        scenario, world, posture, warning, params, state, vignette.tick,
        round(vignette.warmup / vignette.tick), round(vignette.duration / vignette.tick),
        [link.name for link in open_links], sorted(system),
    )  # fmt: skip


def empty_state(params: step.Params, nodes: int, slots: int, signatures: tuple[int, int, int], log: int) -> step.State:
    """State before the first tick, sized by what it must hold; signatures: their keepers, groups of bodies, bands."""
    radars, units, links = params.radars.key.size, params.units.key.size, params.links.key.size
    bodies, assets = params.bodies.key.size, params.targets.key.size
    feeds = params.feeds.radar.size
    local = int(params.feeds.local.max(initial=0)) + 1
    plots, origin = sensing.empty_plots(feeds, max(512, feeds * bodies))
    waiting = FRAMES * int(params.links.capacity[params.links.plots].max(initial=0))
    engagements = engagement.empty_engagements(units, CHANNELS, bodies)
    engagements.rounds[:] = params.units.rounds
    engagements.reserve[:] = params.units.reserve
    reports = network.empty_reports(nodes, 2 * slots, units, CHANNELS, links)
    reports.rounds[:] = params.units.rounds
    room = int(params.links.capacity.max(initial=1))
    return step.State(
        truth=motion.empty_truth(bodies),
        damage=damage.empty_damage(bodies, assets, radars, units, nodes),
        antennas=sensing.empty_antennas(params.radars),
        due=sensing.empty_due(bodies),
        plots=plots,
        origin=origin,
        tracks=tracking.empty_tracks(nodes, slots, local),
        messages=network.empty_messages(links, FRAMES, min(room, 2 * slots)),
        carried=network.empty_carried(links, waiting),
        pictures=network.empty_pictures(nodes, slots, slots, local),
        orders=command.empty_orders(nodes, 2 * slots, slots, units, CHANNELS, OPERATORS, CUES, command.AIMS),
        engagements=engagements,
        tally=outcome.empty_tally(units, nodes, links),
        exposure=outcome.empty_exposure(nodes, slots, bodies, signatures),
        overheard=overheard.empty_overheard(nodes, 2 * slots),
        events=outcome.empty_events(log),
        effects=motion.empty_effects(bodies, assets),
        losses=engagement.empty_losses(units),
        taskings=sensing.empty_taskings(radars, CHANNELS + CUES),
        reports=reports,
        scratch=tracking.empty_scratch(slots, plots.t.size),
    )


def system_nodes(scenario: Scenario) -> set[int]:
    """Nodes whose radars stand at the site: the system that the study is about."""
    names = {radar.node for radar in scenario.radars if radar.at == "site"}
    return {i for i, node in enumerate(scenario.nodes) if node.name in names}


def keepers_of(scenario: Scenario) -> list[int]:
    """Nodes whose radars keep signatures: the system's, and those from which a channel of a collector starts, in order."""
    watched = {x.from_ for x in scenario.links if x.role in COLLECTING}
    return sorted(system_nodes(scenario) | {i for i, node in enumerate(scenario.nodes) if node.name in watched})


def bands_of(scenario: Scenario) -> list[str]:
    """Bands of the keepers' radars, sorted."""
    keepers = {scenario.nodes[i].name for i in keepers_of(scenario)}
    return sorted({scenario.library.radars[r.class_].band for r in scenario.radars if r.node in keepers})


def present(scenario: Scenario, posture: Posture, name: str, batch: int) -> bool:
    """Is a part there: delivered, and not taken away."""
    return batch <= scenario.modifiers.batches and name not in posture.absent


def _late(scenario: Scenario, links: list[Link], tick: float) -> np.ndarray:
    """How much later than its own radars' a node has the plots of others, s [N]; 0 where no link brings it any."""
    late = {node.name: 0.0 for node in scenario.nodes}
    for x in links:
        if x.carries == "plots":
            late[x.to] = max(late[x.to], delay_of(x) + scenario.period_of(x) + tick)
    return np.array(list(late.values()))


def _whose(nodes: int, feeds: network.Feeds, node: np.ndarray) -> np.ndarray:
    """Node of each radar of a tracker, int32[N, K], -1 for none; node: int32[R] of the radars."""
    whose = np.full((nodes, int(feeds.local.max(initial=0)) + 1), -1, np.int32)
    whose[feeds.node, feeds.local] = node[feeds.radar]
    return whose


def _trackers(scenario: Scenario, radars: sensing.Radars, feeds: network.Feeds, late: np.ndarray,
              posture: Posture) -> tracking.Trackers:  # fmt: skip
    """Tracker settings from the scan of the radars that feed a node (docs/equations/tracking.md); late (s) as plots may come."""
    count, period = len(scenario.nodes), radars.period[feeds.radar]
    longest = np.array([period[feeds.node == n].max(initial=1.0) for n in range(count)])
    scan = np.ones((count, int(feeds.local.max(initial=0)) + 1))
    scan[feeds.node, feeds.local] = period
    active = np.array([node.tracks and node.name not in posture.absent for node in scenario.nodes])
    return tracking.Trackers(
        active=active,
        kind=np.zeros(1, np.int8),
        accel=np.full((count, 1), 12.0),
        sojourn=np.ones(1),
        prior=np.ones(1),
        drag=np.zeros(1),
        speed=np.full(count, 350.0),
        hits=np.full(count, 3, np.int32),
        window=3.5 * longest + late,
        coast=3.5 * longest + late,
        gate=np.full(count, 16.0),
        joint=np.zeros(count, np.bool_),
        scored=np.zeros(count, np.bool_),
        detect=np.full(count, 0.9),
        scan=scan,
        late=late,
        limit=np.zeros((count, 3)),
    )


def _units(scenario: Scenario, world: World, posture: Posture, node_index: dict[str, int],
           radars: sensing.Radars) -> command.FireUnits:  # fmt: skip
    """All fire units; one that is absent or not delivered has no channel and no round."""
    specs = scenario.fire_units
    names = [r.name for r in scenario.radars]
    rows = [names.index(u.radar) for u in specs]
    models = [scenario.library.fire_units[u.class_] for u in specs]
    missiles = [scenario.library.missiles[m.missile] for m in models]
    here = [present(scenario, posture, u.name, u.batch) for u in specs]
    away = posture.located == "away"
    usable = [h and not (away and scenario.radars[r].at == "site") for h, r in zip(here, rows, strict=True)]
    corner, corners = envelopes(missiles)
    flyout, flyout_altitude, flyout_range = flyouts(missiles)
    rounds = [m.rounds_per_launcher * u.launchers if ok else 0 for m, u, ok in zip(models, specs, usable, strict=True)]
    return command.FireUnits(
        key=np.array([name_key(u.name) for u in specs], np.uint32),
        node=np.array([node_index[u.node] for u in specs], np.int32),
        radar=np.array(rows, np.int32),
        local=radars.local[rows] if rows else np.zeros(0, np.int32),
        pos=np.array([to_ecef(*world.antenna[r]) for r in rows]).reshape(-1, 3),
        bias=radars.bias[rows].reshape(-1, 2),
        channels=np.array([min(CHANNELS, m.channels) if ok else 0 for m, ok in zip(models, usable, strict=True)], np.int32),
        limit=_limits(scenario),
        rounds=np.array(rounds, np.int32),
        reserve=np.array([m.reload_rounds if ok else 0 for m, ok in zip(models, usable, strict=True)], np.int32),
        reload=np.array([m.reload for m in models]),
        corner=corner,
        corners=corners,
        longest=longest_flights(missiles),
        speed=np.array([x.speed or 0.0 for x in missiles]),
        flyout=flyout,
        flyout_range=flyout_range,
        flyout_altitude=flyout_altitude,
        target_speed=np.array([x.target_speed_max for x in missiles]),
        pk=np.array([[x.pk_aircraft, x.pk_aircraft, x.pk_cruise, x.pk_drone, x.pk_ballistic] for x in missiles]).reshape(-1, 5),
        common=np.array([x.common_failure for x in missiles]),
        low=np.array([[x.pk_low, x.pk_factor_low] for x in missiles]).reshape(-1, 2),
        receding=np.array([x.pk_factor_receding for x in missiles]),
        reaction=np.array([m.reaction for m in models]),
        interval=np.array([m.launch_interval for m in models]),
        hold=np.array([2.5 * (radars.track_period[r] or radars.period[r]) for r in rows]),
        assessment=np.array([m.assessment for m in models]),
        right=np.array([m.assessment_correct for m in models]),
    )  # fmt: skip


def _limits(scenario: Scenario) -> np.ndarray:
    """Targets at once of all that share a fire unit's engagement radar, and of all of its node; int32[F, 2]."""
    radars = {r.name: scenario.library.radars[r.class_].channels for r in scenario.radars}
    nodes = {n.name: n.system_channels for n in scenario.nodes}
    pairs = [(radars[u.radar], nodes[u.node]) for u in scenario.fire_units]
    return np.array([[x or command.NO_LIMIT for x in pair] for pair in pairs], np.int32).reshape(-1, 2)


def _doctrine(scenario: Scenario, world: World, posture: Posture, open_links: list[Link], node_index: dict[str, int],
              system: set[int], span: tuple[float, float]) -> command.Doctrine:  # fmt: skip
    """The same doctrine for every node; only the order path of the system is the posture's."""
    d, count = scenario.doctrine, len(scenario.nodes)
    authority = np.full(count, node_index[d.authority], np.int32)
    delay = np.full(count, d.voice_delay)
    contact = np.full(count, d.contact_availability)
    ready = np.zeros(count)
    closed: list[list[tuple[float, float]]] = [[] for _ in range(count)]
    for n in system:
        way = order_path(open_links, d.authority, scenario.nodes[n].name) if posture.order_path == "link" else None
        if way is not None:
            delay[n] = sum(map(delay_of, way))
            contact[n] = math.prod(x.availability for x in way if x.outage is None)
            closed[n] = [gap for x in way for gap in outages(x, world.key, span)]
        # without an order path nobody can call it during the vignette; a warning beforehand still can, by voice
        ready[n] = math.inf if posture.order_path == "none" else scenario.ready(posture)
    return command.Doctrine(
        status=np.full(count, STATUS.index(d.control_status), np.int8),
        method=np.full(count, _METHOD.index(d.method), np.int8),
        authority=authority,
        contact=contact,
        closed=stretches(closed),
        delay=delay,
        operators=np.full(count, min(OPERATORS, d.operators), np.int32),
        service=np.tile([d.service, d.service_sigma], (count, 1)),
        salvo=np.full(count, d.salvo, np.int32),
        shared=np.full(count, d.assignment == "least-loss"),
        look=np.full(count, d.shot == "shoot-look-shoot"),
        most=np.full(count, d.rounds_max, np.int32),
        second=np.full(count, -1 if d.second_key is None else node_index[d.second_key], np.int32),
        tiring=np.full(count, d.tiring / 3600.0),
        watch=np.full(count, d.watch),
        patience=np.full(count, math.inf if d.patience is None else d.patience),
        approval=np.full(count, _APPROVAL.index(d.approval), np.int8),
        clearance=np.full(count, d.friend_clearance),
        zone=np.array([_area(x) for x in d.control]).reshape(-1, 4),
        zone_kind=np.array([KINDS[x.kind] for x in d.control], np.uint8),
        zone_status=np.array([STATUS.index(x.status) for x in d.control], np.int8),
        lane=np.array([_lane(x) for x in d.lanes]).reshape(-1, 11),
        likely=_likelihoods(d.identification, count),
        silent=np.full(count, d.silent_interrogations, np.int32),
        urgent=np.full(count, d.hostile_time),
        ballistic=np.full(count, d.hostile_speed),
        key=np.array([name_key(node.name) for node in scenario.nodes], np.uint32),
        asset=np.array([to_ecef(*place, 0.0) for place in world.assets]).reshape(-1, 3),
        value=np.array([a.value for a in scenario.assets]),
        ready=ready,
    )


def _area(x: Control) -> tuple[float, float, float, float]:
    """Direction of the centre of an area, and the cosine of its radius seen from the Earth's centre; everywhere without one."""
    if x.latitude is None or x.longitude is None or x.radius is None:
        return 0.0, 0.0, 0.0, -1.0
    return circle(x.latitude, x.longitude, x.radius)


def _lane(x: Lane) -> list[float]:
    """A row of Doctrine.lane; its middle line lies half way between its heights."""
    middle = 0.5 * (x.altitude_min + x.altitude_max)
    ends = [*to_ecef(x.latitude, x.longitude, middle), *to_ecef(x.to_latitude, x.to_longitude, middle)]
    return [*ends, 0.5 * x.width, x.altitude_min, x.altitude_max, x.from_, x.to]


def _likelihoods(x: Identification, nodes: int) -> command.Likelihoods:
    """The table of likelihoods. How well a transponder answers differs from one to the next (beta distribution)."""
    count = np.arange(command.REPLIES + 1)
    a, b = x.steadiness * x.reply, x.steadiness * (1.0 - x.reply)
    works = np.exp(betaln(a + count[:, None], b + count) - betaln(a, b))
    false = [p ** count[:, None] * (1.0 - p) ** count for p in x.false_reply]
    return command.Likelihoods(
        prior=np.array(x.prior), dead=np.array(x.dead), emcon=np.array(x.emcon),
        holds=np.array([x.civil, x.military, x.secure]), reply=np.array([works, *false]),
        sign=np.array([x.address, x.approach, x.airliner, x.ballistic, x.lane]), trust=np.full(nodes, x.trust),
        limit=np.array([x.hostile, x.suspect, x.clear]),
    )  # fmt: skip


def _targets(scenario: Scenario, world: World, node_index: dict[str, int]) -> damage.Targets:
    """Assets as what a threat is sent to; one that is a part of the defence is that part, whether it is there or not."""
    parts = [asset.component for asset in scenario.assets]

    def rows(names: Sequence[str]) -> np.ndarray:
        return np.array([names.index(part) if part in names else -1 for part in parts], np.int32)

    return damage.Targets(
        key=np.array([name_key(asset.name) for asset in scenario.assets], np.uint32),
        pos=np.array([to_ecef(*p, ground_height(world.terrain, *p)) for p in world.assets]).reshape(-1, 3),
        hits=np.array([asset.hits_to_kill for asset in scenario.assets], np.int32),
        radar=rows([r.name for r in scenario.radars]),
        unit=rows([u.name for u in scenario.fire_units]),
        node=rows(list(node_index)),
    )


def starts(scenario: Scenario, posture: Posture, warning: float, on: bool) -> tuple[float, float]:
    """When the system emits in a raid by itself, and at the earliest, if it is called (s); `on`: it does when the raid begins."""
    if on:
        return -math.inf, -math.inf
    ready = scenario.ready(posture)
    start = ready - warning if warning > 0.0 else math.inf
    return start, start if posture.order_path == "none" else min(start, ready)


def _readiness(scenario: Scenario, world: World, name: str, vignette: Vignette, warning: float) -> step.Readiness:
    """When each radar may emit. The rest of the defence is always on; the system is as its posture says.

    In peace a posture that emits for a share of the time is run while it emits; the share weights the day
    (studies/metrics). In a raid it is on with that share, else it starts when it is called.
    """
    posture = scenario.postures[name]
    kind, duration = vignette.kind, vignette.duration
    allowed = np.ones(len(scenario.radars), np.bool_)
    start = np.full(len(scenario.radars), -np.inf)
    u = rng.uniform(np.array([world.key[0], world.key[1]]), rng.DUTY, np.uint32(0), np.uint32(0), 0)
    flying = {flight.name for flight in world.flights}
    for r, radar in enumerate(scenario.radars):
        allowed[r] = present(scenario, posture, radar.name, radar.batch)
        if radar.node in posture.absent or (radar.aboard is not None and radar.aboard not in flying):
            allowed[r] = False
        if radar.at != "site":
            continue
        allowed[r] &= powered(posture) or (kind == "raid" and posture.located == "site")
        if kind == "peace":
            allowed[r] &= posture.emits in ("duty-cycle", "announced-days")
        else:
            on = posture.emits == "duty-cycle" and (u < posture.duty or warning > 0.0)
            start[r], earliest = starts(scenario, posture, warning, on)
            allowed[r] &= earliest < duration  # else it stays dark whatever happens
    start[~allowed] = np.inf
    silence = np.full((len(scenario.radars), max(1, *(len(r.silence) for r in scenario.radars), 1), 2), np.inf)
    for r, radar in enumerate(scenario.radars):
        for i, gap in enumerate(radar.silence):
            silence[r, i] = gap.from_, gap.to
    for radar in scenario.radars:
        require_ground(scenario, f"site of '{radar.name}'", world.site) if radar.at == "site" else None
    return step.Readiness(allowed, start, silence, disabled(scenario, name))
