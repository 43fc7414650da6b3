"""What scenario and posture make zero by rule, whatever the luck: read from them, never from zeros that were seen."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from openiads.scenario.build import present, starts, system_nodes
from openiads.scenario.links import hidden_ends, links_of
from openiads.scenario.spec import COLLECTORS, Link, Scenario
from openiads.studies.measure import emitting_share

BY_POSTURE = "by posture"  # kind of a cell, and the beginning of its reason


def zero(scenario: Scenario, posture: str, table: str, column: str, warning: float | None) -> str | None:
    """Why a column of a per-replication table is 0 in every replication; None where luck decides."""
    why = _RULES[table](_Held(scenario, posture, table, warning or 0.0), column) if table in _RULES else None
    return None if why is None else f"{BY_POSTURE}: {why}"


@dataclass(frozen=True)
class _Held:
    """What a posture lets anybody hold in peace, or in a raid with a strategic warning (s)."""

    scenario: Scenario
    name: str
    table: str
    warning: float

    @cached_property
    def system(self) -> set[str]:
        """Nodes of the system."""
        return {self.scenario.nodes[i].name for i in system_nodes(self.scenario)}

    @cached_property
    def first(self) -> tuple[float, float]:
        """When the system is on in a raid by itself, and at the earliest (s); where luck decides, with luck."""
        p = self.scenario.postures[self.name]
        if p.located != "site":
            return math.inf, math.inf
        return starts(self.scenario, p, self.warning, p.emits == "duty-cycle")

    @cached_property
    def dark(self) -> bool:
        """Does the system stay silent throughout."""
        if self.table == "peace":
            return emitting_share(self.scenario, self.name) == 0.0
        lengths = [v.duration for v in self.scenario.vignettes.values() if v.kind == "raid"]
        return self.first[1] >= max(lengths, default=0.0)

    @cached_property
    def makers(self) -> set[str]:
        """Nodes that can have tracks of their own: a radar of theirs can be on."""
        p = self.scenario.postures[self.name]
        return {
            r.node for r in self.scenario.radars
            if present(self.scenario, p, r.name, r.batch) and r.node not in p.absent and not (r.at == "site" and self.dark)
        }  # fmt: skip

    @cached_property
    def links(self) -> list[Link]:
        """Open links that can carry a track."""
        return [x for x in links_of(self.scenario, self.name) if x.capacity and x.availability > 0.0]

    def told(self, makers: set[str]) -> set[str]:
        """Nodes that can hold tracks of some makers: they themselves, and who is told over open links, directly or not.

        A node whose radars all stay off holds nothing and passes nothing on.
        """
        runs = {n.name for n in self.scenario.nodes} - {r.node for r in self.scenario.radars} | self.makers
        found = set(makers)
        while more := {x.to for x in self.links if x.from_ in found and x.to in runs} - found:
            found |= more
        return found

    @cached_property
    def anything(self) -> set[str]:
        """Nodes that can hold a track at all."""
        return self.told(self.makers)

    @cached_property
    def fed(self) -> set[str]:
        """Nodes that can hold tracks that the system did not make."""
        return self.told(self.makers - self.system)

    @cached_property
    def hidden(self) -> set[str]:
        """Ends of the undeclared channel, and of what is copied out."""
        return hidden_ends(self.scenario, self.name)

    @cached_property
    def outside(self) -> set[str]:
        """Nodes of the vendor and outside, those ends left out."""
        return {n.name for n in self.scenario.nodes if n.owner in COLLECTORS} - self.hidden

    @cached_property
    def bare(self) -> set[tuple[str, str]]:
        """Class and owner of the flights in peace whose signature matters and that fly without reflectors."""
        s = self.scenario
        flights: set[tuple[str, str]] = {
            (x.class_, x.owner) for x in s.sorties
            if x.in_peace and (not x.patterns or s.modifiers.allied_pattern in x.patterns)
            and not (x.reflectors == "always" or (x.reflectors == "modifier" and s.modifiers.reflectors))
        }  # fmt: skip
        flights |= {(s.civil.airliner, "civil")} if s.civil else set()
        return {(c, owner) for c, owner in flights if s.library.bodies[c].signature}

    @cached_property
    def armed(self) -> bool:
        """Is there a fire unit of the system with a radar, a channel and a round."""
        s, p = self.scenario, self.scenario.postures[self.name]
        there = {r.name for r in s.radars if present(s, p, r.name, r.batch) and r.node not in p.absent}
        models = s.library.fire_units
        return p.located == "site" and any(
            u.node in self.system and u.radar in there and present(s, p, u.name, u.batch)
            and u.launchers * models[u.class_].rounds_per_launcher * models[u.class_].channels
            for u in s.fire_units
        )  # fmt: skip

    @property
    def recorded(self) -> bool:
        """Is anything kept for a visit."""
        p = self.scenario.postures[self.name]
        return p.records != "none" and p.support == "visits" and bool(self.system & self.anything)

    def carried(self, role: str) -> bool:
        """Can a link of this role be sent anything."""
        return any(x.role == role and x.from_ in self.anything for x in self.links)


_HERE = (
    "tracks",
    "track_hours",
    "hours_",
    "unresolved",
    "undecided",
    "dwells",
    "held_",
)  # how columns begin that say what the system holds
_ELSEWHERE = (
    "sent_",
    "hidden_",
    "x1_",
    "leaving_",
    "bits_",
)  # and what others do; both count by the share of time on the air


def _peace(held: _Held, column: str) -> str | None:
    if column == "dwells_window" or not column.startswith(_HERE + _ELSEWHERE):
        return None
    if held.dark:
        return "the system does not emit in peace"
    if not held.system & held.makers and column.startswith(_HERE):
        return "no radar of the system can be on"
    if column.startswith("dwells"):
        names = {c for c, _ in held.bare}
        seen = names if column == "dwells" else names & {column.removeprefix("dwells_")}
        return None if seen else "no aircraft whose signature matters flies without reflectors"
    if column == "hours_unaugmented":
        return None if any(o == "nato" for _, o in held.bare) else "no allied aircraft flies without reflectors"
    rule = _LEAVING.get(column)
    return rule[1] if rule and not rule[0](held) else None


def _fed_recorded(held: _Held) -> bool:
    return held.recorded and held.scenario.postures[held.name].records == "all" and bool(held.system & held.fed)


_LEAVING: dict[str, tuple[Callable[[_Held], bool], str]] = {  # can it be, and why it can not
    "sent_all": (lambda h: bool(h.outside & h.anything), "nothing leaves over declared links"),
    "held_all": (lambda h: h.recorded, "nothing is recorded for a visit"),
    "hidden_all": (lambda h: bool(h.hidden & h.anything), "no undeclared channel is open"),
    "hidden_fed": (lambda h: bool(h.hidden & h.fed), "no fed track can reach the undeclared channel"),
    "x1_fed": (lambda h: bool(h.outside & h.fed) or _fed_recorded(h), "no fed track is sent or recorded"),
    "leaving_fed": (lambda h: bool((h.outside | h.hidden) & h.fed) or _fed_recorded(h), "no fed track can leave"),
    "bits_support": (lambda h: h.carried("support"), "no support link is open"),
    "bits_undeclared": (lambda h: h.carried("undeclared"), "no undeclared channel is open"),
}


_UNARMED = "no fire unit of the system can shoot"


def _raid(held: _Held, column: str) -> str | None:
    if column in ("unresolved", "undecided", "friends_lost_system") and held.dark:
        return "the system stays dark throughout the raid"
    if column == "friends_lost_system" and not held.armed:
        return _UNARMED
    if column in ("warning", "warning_near", "warning_p10") and not held.system & held.anything:
        return "the system's picture stays empty"
    return None


def _area(held: _Held, column: str) -> str | None:
    if not column.startswith("area_"):
        return None
    if held.first[0] > 0.0:
        return "the system is not on when the raid begins"
    return None if held.armed else _UNARMED


_RULES: dict[str, Callable[[_Held, str], str | None]] = {"peace": _peace, "raid": _raid, "area": _area}
