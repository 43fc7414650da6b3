"""What a run leaves behind: its tables, collected block by block from the engine's arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from openiads.engine import command, damage, motion, outcome
from openiads.engine.geo import to_geodetic
from openiads.inferred import INFERRED, inferred
from openiads.plots import COLUMNS, plots_of, scans_of
from openiads.record import Run
from openiads.scenario.build import CAUSES, CONDITIONS, KEPT, REFUSALS, STATUS, Simulation, bands_of, keepers_of
from openiads.scenario.flights import KINDS, OWNERS, SIDES
from openiads.scenario.phrasing import km
from openiads.scenario.spec import IDENTITIES

_EMPTY: dict[str, list[Any]] = {
    "truth": ["t", "body", "lat_deg", "lon_deg", "alt_m", "heading_deg", "speed_mps", "climb_mps"],
    "tracks": [
        "t", "node", "track", "origin", "lat_deg", "lon_deg", "alt_m", "heading_deg", "speed_mps", "climb_mps", "identity", "via",
        "own", "body",
    ],
    "links": ["t", "link", "from", "to", "tracks", "bits"],
    "events": ["t", "event", "subject", "object", "text"],
    "decisions": [
        "t", "node", "fire_unit", "track", "body", "body_name", "identity", "p_friend", "p_neutral", "p_hostile", "questions",
        "answers", "told", "told_by", "asset", "seconds_left", "control_status", "t_answer", "by_itself", "unseen",
        "ordered", "objection",
    ],
    "engagements": [
        "id", "fire_unit", "node", "track", "body", "body_name", "t_assigned", "t_authorised", "t_launch",
        "t_intercept", "rounds", "outcome", "victim", "believed",
    ],
    **COLUMNS,
}  # fmt: skip


class Recorder:
    """Collects the tables of a run, block by block."""

    def __init__(self, simulation: Simulation, listening: float | None = None) -> None:
        self.simulation = simulation
        self.nodes = [node.name for node in simulation.scenario.nodes]
        self.names = [f.name for f in simulation.world.flights]
        rounds = simulation.params.bodies.key.size - len(self.names)
        self.names += [f"round-{i + 1}" for i in range(rounds)]
        self.units = [u.name for u in simulation.scenario.fire_units]
        self.blocks: dict[str, list[dict[str, np.ndarray]]] = {name: [] for name in ("truth", "tracks", "links")}
        self.heard: dict[str, list[dict[str, np.ndarray]]] = (
            {name: [] for name in COLUMNS} if listening is not None else {}
        )
        self.start = listening or 0.0
        self.times: list[float] = []
        self.events: list[tuple[float, str, str, str, str]] = []
        self.decisions: list[dict[str, Any]] = []
        self.shots: dict[tuple[int, int, float], dict[str, Any]] = {}
        self.sent = np.zeros(len(simulation.links), np.int64)
        self.radars_on: np.ndarray | None = None

    def take(self, t: float, keep: bool) -> None:
        """Sample truth, pictures and links at time t, and drain the events."""
        self._events()
        self._switches(t)
        if keep:
            self.times.append(t)
            self.blocks["truth"].append(self._truth(t))
            self.blocks["tracks"].extend(self._tracks(t))
            self.blocks["links"].append(self._links(t))

    def listen(self, t0: float, t1: float) -> None:
        """Keep what the radars reported in (t0, t1], the tick that has just been simulated."""
        self.heard["plots"].append(plots_of(self.simulation))
        self.heard["scans"].append(scans_of(self.simulation, t0, t1))

    def _truth(self, t: float) -> dict[str, np.ndarray]:
        truth = self.simulation.state.truth
        rows = np.flatnonzero(truth.status == motion.FLYING)
        lat, lon, height = geodetic(truth.pos[rows])
        heading, speed, climb = course(truth.pos[rows], truth.vel[rows])
        return {
            "t": np.full(rows.size, t), "body": rows.astype(np.int64), "lat_deg": lat, "lon_deg": lon,
            "alt_m": height, "heading_deg": heading, "speed_mps": speed, "climb_mps": climb,
        }  # fmt: skip

    def _tracks(self, t: float) -> list[dict[str, np.ndarray]]:
        state = self.simulation.state
        pictures, exposure = state.pictures, state.exposure
        out = []
        for n, name in enumerate(self.nodes):
            rows = np.flatnonzero(pictures.valid[n] & (pictures.same[n] < 0))
            if rows.size == 0:
                continue
            lat, lon, height = geodetic(pictures.x[n, rows, :3])
            heading, speed, climb = course(pictures.x[n, rows, :3], pictures.x[n, rows, 3:])
            origin, slot = pictures.origin[n, rows, 0], pictures.origin[n, rows, 1]
            same = exposure.number[origin, slot] == pictures.number[n, rows]
            out.append({
                "t": np.full(rows.size, t), "node": np.full(rows.size, name, object),
                "track": pictures.number[n, rows], "origin": np.array([self.nodes[i] for i in origin], object),
                "lat_deg": lat, "lon_deg": lon, "alt_m": height,
                "heading_deg": heading, "speed_mps": speed, "climb_mps": climb,
                "identity": np.array([IDENTITIES[i] for i in state.orders.identity[n, rows]], object),
                "via": np.array(["" if k < 0 else self.simulation.links[k] for k in np.where(origin == n, -1, pictures.via[n, rows])], object),
                "own": origin == n, "body": np.where(same, exposure.body[origin, slot], -1).astype(np.int64),
            })  # fmt: skip
        return out

    def _links(self, t: float) -> dict[str, np.ndarray]:
        links, tally = self.simulation.params.links, self.simulation.state.tally
        new = tally.link_tracks - self.sent
        self.sent = tally.link_tracks.copy()
        return {
            "t": np.full(new.size, t), "link": np.array(self.simulation.links, object),
            "from": np.array([self.nodes[i] for i in links.source], object),
            "to": np.array([self.nodes[i] for i in links.sink], object), "tracks": new, "bits": new * links.bits,
        }  # fmt: skip

    def _switches(self, t: float) -> None:
        on = self.simulation.state.taskings.on
        before = np.zeros_like(on) if self.radars_on is None else self.radars_on
        for r in np.flatnonzero(on != before):
            word = "on" if on[r] else "off"
            radar = self.simulation.scenario.radars[r]
            self._note(0.0 if self.radars_on is None else t, word, radar.name, radar.node, f"{radar.name} is {word}")
        self.radars_on = on.copy()

    def _note(self, t: float, event: str, subject: str, thing: str, text: str) -> None:
        self.events.append((float(t), event, subject, thing, text))

    def _name(self, body: float) -> str:
        return self.names[int(body)] if body >= 0 else "nothing"

    def _events(self) -> None:
        log = self.simulation.state.events
        for row in log.row[: log.count[0]]:
            self._event(row)
        log.count[0] = 0

    def _event(self, row: np.ndarray) -> None:
        t, kind = row[0], int(row[1])
        if kind == outcome.FIRM_TRACK:
            node, body = self.nodes[int(row[2])], self._name(row[4])
            source = self.nodes[int(row[5])]
            how = "" if source == node else f" (from {source})"
            self._note(t, "track_started", node, body, f"{node} holds {body} as track {int(row[3])}{how}")
            return
        if kind == outcome.LEAKER:
            asset = self.simulation.scenario.assets[int(row[3])]
            self._note(t, "leaker", self._name(row[2]), asset.name, f"{self._name(row[2])} reaches {asset.title}")
            return
        if kind in (outcome.ASSET_HIT, outcome.ASSET_LOST):
            self._damage(row)
            return
        if kind == outcome.KEPT:
            self._kept(row)
            return
        unit = self.units[int(row[2])]
        track, body = int(row[3]), row[4]
        if kind in (outcome.EVIDENCE, outcome.RULES):
            self._decision(row, unit)
        elif kind == outcome.ASKED_FOR:
            self.decisions[-1].update(
                body=int(body), body_name=self._name(body), t_answer=row[5], by_itself=bool(row[6])
            )
            word = "decides itself" if row[6] else f"asks the authority, answer at {row[5]:.0f} s"
            event = "authorised" if row[6] else "asked"
            self._note(
                t,
                event,
                unit,
                self._name(body),
                f"{unit} wants to engage track {track} ({self._name(body)}) and {word}",
            )
        elif kind == outcome.REFUSAL:
            self._refused(row, unit)
        elif kind == outcome.SPARED:
            self._spared(row, unit)
        elif kind == outcome.LAUNCH:
            self._note(
                t, "launch", unit, self._name(body), f"{unit} fires {int(row[5])} at track {track} ({self._name(body)})"
            )
            self.shots[(int(row[2]), track, round(t, 3))] = self._shot(row, unit)
        elif kind == outcome.MEETING:
            self._meeting(row, unit)
        elif kind == outcome.ASSESSED:
            believed = "kill" if int(row[4]) == command.BELIEVED_KILLED else "miss"
            for shot in self.shots.values():
                if (
                    shot["fire_unit"] == unit
                    and shot["track"] == track
                    and shot["outcome"] != "open"
                    and not shot["believed"]
                ):
                    shot["believed"] = believed
            self._note(t, "assessed", unit, "", f"{unit} takes its shot at track {track} for a {believed}")

    def _decision(self, row: np.ndarray, unit: str) -> None:
        """What was known when an engagement was ordered; the rules follow the evidence, and the order both."""
        if int(row[1]) == outcome.EVIDENCE:
            self.decisions.append({
                "t": row[0], "node": self.simulation.scenario.fire_units[int(row[2])].node, "fire_unit": unit,
                "track": int(row[3]), "p_friend": row[4], "p_neutral": row[5], "p_hostile": row[6], "questions": int(row[7]),
                "answers": int(row[8]), "seconds_left": row[9],
            })  # fmt: skip
            return
        told, teller, asset = int(row[5]), int(row[6]), int(row[8])
        self.decisions[-1].update(
            identity=IDENTITIES[int(row[4])], told=IDENTITIES[told] if told else "",
            told_by=self.nodes[teller] if told and teller >= 0 else "", control_status=STATUS[int(row[7])],
            asset=self.simulation.scenario.assets[asset].name if asset >= 0 else "", unseen=bool(row[9]),
            ordered=True, objection="",
        )  # fmt: skip

    def _refused(self, row: np.ndarray, unit: str) -> None:
        """An authority said no, and why; entered into the order as well."""
        track, body, why = int(row[3]), self._name(row[4]), REFUSALS[int(row[5])]
        for order in reversed(self.decisions):  # one that was given before the record began is not there
            if (order["fire_unit"], order["track"]) == (unit, track):
                order["objection"] = f"the authority refuses: {why}"
                break
        self._note(row[0], "refused", unit, body, f"the authority refuses track {track} ({body}): {why}")

    def _spared(self, row: np.ndarray, unit: str) -> None:
        """A fire unit begins to hold its fire at a track, for a friend near it."""
        body, friend = self._name(row[4]), self._name(row[5])
        near = f"within {km(self.simulation.scenario.doctrine.friend_clearance)} of where they would meet"
        self.decisions[-1].update(
            body=int(row[4]),
            body_name=body,
            t_answer=row[0],
            by_itself=True,
            ordered=False,
            objection=f"the unit holds {friend} as a friend {near}",
        )
        text = f"{unit} holds its fire at track {int(row[3])} ({body}): it holds {friend} as a friend {near}"
        self._note(row[0], "spared", unit, body, text)

    def _kept(self, row: np.ndarray) -> None:
        """A node does not engage a hostile track, and why."""
        node, body = self.nodes[int(row[2])], self._name(row[4])
        text = f"{node} does not engage track {int(row[3])} ({body}): {KEPT[int(row[5])]}"
        self._note(row[0], "not_engaged", node, body, text)

    def _damage(self, row: np.ndarray) -> None:
        """An asset was hit, or lost; how much is left is said of what states its hits, and of parts of the defence."""
        assets = self.simulation.scenario.assets
        lost = int(row[1]) == outcome.ASSET_LOST
        asset = assets[int(row[2] if lost else row[3])]
        stated = asset.component is not None or "hits_to_kill" in asset.model_fields_set
        if not lost:
            body = self._name(row[2])
            what = f"debris of {body}" if int(row[4]) == damage.BY_DEBRIS else body
            share = f", of which {100.0 * row[5]:.3g} % is lost" if stated else ""
            self._note(row[0], "asset_hit", body, asset.name, f"{what} hits {asset.title}{share}")
        elif stated:
            self._note(row[0], "asset_lost", asset.name, asset.component or "", f"{asset.title} is lost")

    def _shot(self, row: np.ndarray, unit: str) -> dict[str, Any]:
        node = self.simulation.scenario.fire_units[int(row[2])].node
        return {
            "id": len(self.shots), "fire_unit": unit, "node": node, "track": int(row[3]), "body": int(row[4]),
            "body_name": self._name(row[4]), "t_assigned": row[7], "t_authorised": row[8], "t_launch": row[0],
            "t_intercept": row[6], "rounds": int(row[5]), "outcome": "open", "victim": "", "believed": "",
        }  # fmt: skip

    def _meeting(self, row: np.ndarray, unit: str) -> None:
        t, aimed, hit, killed = row[0], int(row[4]), int(row[5]), bool(row[6])
        bodies = self.simulation.params.bodies
        shot = self.shots.get((int(row[2]), int(row[3]), round(row[7], 3)))
        result = "miss" if not killed else ("kill" if hit == aimed else "wrong-body")
        if shot is not None:
            shot.update(outcome=result, victim=self._name(hit) if killed else "", t_intercept=t)
        if not killed:
            self._note(t, "miss", unit, self._name(aimed), f"{unit} misses track {int(row[3])} ({self._name(aimed)})")
            return
        side = int(bodies.side[hit])
        event = {motion.FRIEND: "friendly_killed", motion.CIVIL: "civil_killed"}.get(side, "kill")
        why = "" if event == "kill" else f" ({self._why(hit)})"
        self._note(t, event, unit, self._name(hit), f"{unit} hits {self._name(hit)}{why}")

    def _why(self, hit: int) -> str:
        """What the shot rested on, and what else was so."""
        exposure = self.simulation.state.exposure
        held = [words for words, so in zip(CONDITIONS.values(), exposure.beside[hit], strict=True) if so]
        return "; ".join([list(CAUSES.values())[exposure.cause[hit]], *held])

    def finish(self, posture: str, vignette: str, seed: int, replication: int, end: float) -> Run:
        """All tables and the meta data."""
        simulation, scenario = self.simulation, self.simulation.scenario
        tables = {name: _stack(blocks, name) for name, blocks in self.blocks.items()}
        for name, blocks in self.heard.items():
            table = _stack(blocks, name)
            rows = np.argsort(table["t"], kind="stable")
            rows = rows[(table["t"][rows] > self.start) & (table["t"][rows] <= self.times[-1])]
            tables[name] = {column: values[rows] for column, values in table.items()}
        self.events.sort(key=lambda row: row[0])
        tables["events"] = _columns([dict(zip(_EMPTY["events"], row, strict=True)) for row in self.events], "events")
        tables["decisions"] = _columns(self.decisions, "decisions")
        tables["engagements"] = _columns(list(self.shots.values()), "engagements")
        tables["bodies"] = self._bodies()
        tables["exposure"] = self._exposure()
        tables["aspects"], tables["sources"] = dwells(simulation), self._sources()
        tables |= self._laydown()
        tally = simulation.state.tally
        hostile = int((simulation.params.bodies.side == motion.HOSTILE).sum())
        summary = {
            "threats": hostile, "leakers": int((tables["events"]["event"] == "leaker").sum()),
            "rounds": int(tally.rounds.sum()), "kills": int(tally.hits[:, motion.HOSTILE].sum()),
            "friendly_lost": int(tally.hits[:, motion.FRIEND].sum()), "civil_lost": int(tally.hits[:, motion.CIVIL].sum()),
            "refused": int(tally.refused.sum()), "dropped": [int(x) for x in tally.dropped],
        }  # fmt: skip
        meta = {
            "scenario": scenario.name, "title": scenario.title, "posture": posture,
            "posture_title": scenario.postures[posture].title, "vignette": vignette, "seed": seed,
            "replication": replication, "warning_s": simulation.warning, "duration_s": min(end, self.times[-1]),
            "complete": self.times[-1] > end - 1e-6, "tick_s": simulation.tick,
            "clock_s": simulation.world.clock, "site": scenario.modifiers.site, "summary": summary,
            "site_lat_deg": math.degrees(simulation.world.site[0]), "site_lon_deg": math.degrees(simulation.world.site[1]),
        }  # fmt: skip
        return Run(meta, tables, scenario.table)

    def _bodies(self) -> dict[str, np.ndarray]:
        bodies, flights = self.simulation.params.bodies, self.simulation.world.flights
        count = len(self.names)
        return {
            "body": np.arange(count), "name": np.array(self.names, object),
            "class": np.array([f.group for f in flights] + ["round"] * (count - len(flights)), object),
            "kind": np.array([KINDS[k] for k in bodies.kind], object),
            "side": np.array([SIDES[s] for s in bodies.side], object),
            "augmented": np.array([f.augmented for f in flights] + [False] * (count - len(flights))),
        }  # fmt: skip

    def _sources(self) -> dict[str, np.ndarray]:
        """Whose tracks every node held: seconds of rows by who made them, and of rows that somebody said to engage; what they tell
        of the sensors of who made them.
        """
        exposure = self.simulation.state.exposure
        n, o = np.nonzero(exposure.source)
        told = [inferred(self.simulation, int(a), int(b)) for a, b in zip(n, o, strict=True)]
        found = {name: np.array([row[name] for row in told], float) for name in INFERRED}
        return {
            "observer": np.array([self.nodes[i] for i in n], object), "origin": np.array([self.nodes[i] for i in o], object),
            "track_s": exposure.source[n, o], "engaged_s": exposure.told[n], **found,
        }  # fmt: skip

    def _exposure(self) -> dict[str, np.ndarray]:
        """Every node that held a body: seconds by the system's own sensors, by others only, and the first time."""
        exposure, flights = self.simulation.state.exposure, self.simulation.world.flights
        held = exposure.seconds[:, :, 1] > 0.0
        nodes, bodies = np.nonzero(held[:, : len(flights)])
        first = exposure.first[nodes, bodies]
        return {
            "observer": np.array([self.nodes[n] for n in nodes], object), "body": bodies.astype(np.int64),
            "name": np.array([flights[b].name for b in bodies], object),
            "class": np.array([flights[b].group for b in bodies], object),
            "side": np.array([SIDES[flights[b].side] for b in bodies], object),
            "owner": np.array([OWNERS[flights[b].owner] for b in bodies], object),
            "sigma_m": exposure.error[nodes, bodies] / exposure.seconds[nodes, bodies, 1],
            "own_s": exposure.seconds[nodes, bodies, 0],
            "fed_s": exposure.seconds[nodes, bodies, 1] - exposure.seconds[nodes, bodies, 0],
            "first_s": np.where(np.isinf(first), np.nan, first),
            "augmented": np.array([flights[b].augmented for b in bodies], bool),
        }  # fmt: skip

    def _laydown(self) -> dict[str, dict[str, np.ndarray]]:
        scenario, world, hurt = self.simulation.scenario, self.simulation.world, self.simulation.state.damage
        antennas = self.simulation.state.antennas.site
        on = self.simulation.state.taskings.on
        centre = {r.node: antennas[i] for i, r in reversed(list(enumerate(scenario.radars)))}
        place = [
            centre.get(n.name, (*world.site, 0.0))
            if n.latitude is None or n.longitude is None
            else (n.latitude, n.longitude, 0.0)
            for n in scenario.nodes
        ]
        models, radars = [scenario.library.radars[r.class_] for r in scenario.radars], self.simulation.params.radars
        reach = [model.range or model.instrumented_range for model in models]
        return {
            "nodes": {
                "node": np.array(self.nodes, object), "title": np.array([n.title for n in scenario.nodes], object),
                "owner": np.array([n.owner for n in scenario.nodes], object),
                "lat_deg": np.degrees([p[0] for p in place]), "lon_deg": np.degrees([p[1] for p in place]),
            },
            "sensors": {
                "name": np.array([r.name for r in scenario.radars], object),
                "class": np.array([r.class_ for r in scenario.radars], object),
                "node": np.array([r.node for r in scenario.radars], object),
                "lat_deg": np.degrees(antennas[:, 0]), "lon_deg": np.degrees(antennas[:, 1]),
                "alt_m": antennas[:, 2].copy(), "carried": radars.host >= 0,
                "dimensions": radars.dimensions.astype(np.int64),
                "sigma_range_m": radars.sigma[:, 0].copy(), "sigma_azimuth_deg": np.degrees(radars.sigma[:, 1]),
                "sigma_elevation_deg": np.degrees(radars.sigma[:, 2]),
                "period_s": radars.period.copy(), "range_km": np.array(reach) / 1e3, "on": on.copy(),
            },
            "assets": {
                "name": np.array([a.name for a in scenario.assets], object),
                "title": np.array([a.title for a in scenario.assets], object),
                "lat_deg": np.degrees(world.assets[:, 0]), "lon_deg": np.degrees(world.assets[:, 1]),
                "component": np.array([a.component or "" for a in scenario.assets], object),
                "hits": hurt.hits[:, 0].astype(np.int64), "debris_hits": hurt.hits[:, 1].astype(np.int64),
                "damage": hurt.share.copy(),
            },
        }  # fmt: skip


def dwells(simulation: Simulation) -> dict[str, np.ndarray]:
    """Dwells at 13 dB or more on aircraft without reflectors, by node whose radars they are, class, band and aspect cell."""
    exposure, nodes = simulation.state.exposure, simulation.scenario.nodes
    at = c, g, k, cell = np.nonzero(exposure.aspect)
    bands, keepers = bands_of(simulation.scenario), keepers_of(simulation.scenario)
    return {
        "node": np.array([nodes[keepers[i]].name for i in c], object),
        "class": np.array([simulation.world.groups[i] for i in g], object), "band": np.array([bands[i] for i in k], object),
        "cell": cell.astype(np.int64), "dwells": exposure.aspect[at], "snr_db": exposure.snr[at] / exposure.aspect[at],
    }  # fmt: skip


def geodetic(pos: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Degrees, degrees and metres of earth-centred points float64[n, 3]."""
    out = np.array([to_geodetic(*p) for p in pos]).reshape(-1, 3)
    return np.degrees(out[:, 0]), np.degrees(out[:, 1]), out[:, 2]


def course(pos: np.ndarray, vel: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Heading (degrees from north), speed and its upward part (m/s) of float64[n, 3] positions and velocities."""
    up = pos / np.linalg.norm(pos, axis=1, keepdims=True)
    east = np.stack([-up[:, 1], up[:, 0], np.zeros(len(up))], axis=1)
    east /= np.maximum(1e-12, np.linalg.norm(east, axis=1, keepdims=True))
    north = np.cross(up, east)
    heading = np.degrees(np.arctan2((vel * east).sum(axis=1), (vel * north).sum(axis=1))) % 360.0
    return heading, np.linalg.norm(vel, axis=1), (vel * up).sum(axis=1)


def _stack(blocks: list[dict[str, np.ndarray]], name: str) -> dict[str, np.ndarray]:
    if not blocks:
        return {column: np.array([]) for column in _EMPTY[name]}
    return {column: np.concatenate([b[column] for b in blocks]) for column in blocks[0]}


def _columns(rows: list[dict[str, Any]], name: str) -> dict[str, np.ndarray]:
    if not rows:
        return {column: np.array([]) for column in _EMPTY[name]}
    first = rows[0]
    return {c: np.array([r[c] for r in rows], object if isinstance(first[c], str) else None) for c in first}
