"""What is refused of links: those that can not send, nets that are full, guards and compromises that are half stated."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from openiads.scenario.spec import COLLECTORS, FRAMES, Compromise, Link, Scenario
from openiads.scenario.words import known, twice


def links(s: Scenario) -> Iterator[str]:
    for link in s.links:
        path = f"links.{link.name}"
        if link.from_ == link.to:
            yield f"{path}: runs from '{link.from_}' to itself"
        yield from _when_it_sends(s, path, link)
        yield from _guarded(path, link)
        if link.carries == "plots":
            yield from _of_plots(s, path, link)
        for gap in link.outages:
            if gap.to <= gap.from_:
                yield f"{path}.outages: ends at {gap.to:g} s, not after its start at {gap.from_:g} s; swap from and to"
        if link.cross_check is not None and not any(r.node == link.to for r in s.radars):
            yield f"{path}.cross_check: node '{link.to}' has no radar to check with; leave it out, or give it one"
        if link.cross_check is None and "cross_check_rcs" in link.model_fields_set:
            yield f"{path}.cross_check_rcs: without cross_check = a time nothing is checked; give both or neither"
        if "guard_pass" in link.model_fields_set and not link.guard_pass:
            yield f"{path}.guard_pass: names no identity, so nothing would pass; leave it out for all of them, or close the link"
        if link.capacity == 0 and link.role != "orders":
            yield f'{path}.capacity: 0 carries nothing; only a link with role = "orders" may do without'
        if link.role == "undeclared" and s.undeclared is None:
            yield f"{path}: is undeclared; write [undeclared] with p_exists and duty"


def _of_plots(s: Scenario, path: str, link: Link) -> Iterator[str]:
    """Plots go from who has radars to who tracks, and say nothing but where something was when."""
    source, sink = (next((n for n in s.nodes if n.name == end), None) for end in (link.from_, link.to))
    if source is not None and not any(r.node == source.name for r in s.radars):
        yield f"{path}.carries: plots, and node '{source.name}' has no radar; give it one, or write carries = 'tracks'"
    if sink is not None and not sink.tracks:
        yield f"{path}.carries: plots, and node '{sink.name}' tracks nothing; write tracks = true there, or carries = 'tracks'"
    if sink is not None and sink.owner in COLLECTORS:
        yield f"{path}.carries: plots, and node '{sink.name}' of the {sink.owner} only keeps what it is told; write carries = 'tracks'"
    if link.role not in ("fixed", "feed_in", "feed_out"):
        yield f"{path}.carries: plots, and role = '{link.role}'; accepted are fixed, feed_in, feed_out"
    if link.access != "turns":
        yield f"{path}.access: '{link.access}', and plots need turns of their own; write access = 'turns', or leave it out"
    said = {"status", "identity", "cross_check", "guard_pass", "guard_kind"} & link.model_fields_set
    for key in sorted(said):
        yield f"{path}.{key}: a plot has no identity, no speed and no track; leave it out, or write carries = 'tracks'"


def _when_it_sends(s: Scenario, path: str, link: Link) -> Iterator[str]:
    """A link has a period of its own, or slots of a net, and is not late by more frames than can be under way."""
    nets = {net.name: net for net in s.nets}
    if link.net is not None:
        yield from known(f"{path}.net", link.net, nets, "net")
        if link.period is not None:
            yield f"{path}: sends when net '{link.net}' lets it; leave out period"
        if link.access != "turns" and link.slots != 1:
            yield f"{path}.slots: {link.slots} of its own, and access = '{link.access}' has none; leave it out, or write access = 'turns'"
    elif link.period is None:
        yield f"{path}: write period = the time between two frames, or net = the medium that it shares"
    elif link.access != "turns" or link.slots != 1:
        yield f"{path}: access and slots are those of a net; name it, or leave them out"
    late = link.latency + link.guard_delay
    if late > (longest := (FRAMES - 1) * s.period_of(link)):
        yield (
            f"{path}.latency: {late:g} s with its guard exceeds {FRAMES - 1} periods ({longest:g} s); lengthen the "
            "period or shorten the latency"
        )


def _guarded(path: str, link: Link) -> Iterator[str]:
    """An area of a guard is stated whole, and a filter's settings where there can be a filter."""
    stated = [
        link.spelled(key) for key in sorted(link.model_fields_set) if key.startswith("guard_") and key != "guard_pass"
    ]
    # postures put a filter on feeds and on the orders beside them, `flows` asks of any link what a filter would let through, and
    # a guard that is named as none is switched off on purpose
    if stated and "guard" not in link.model_fields_set and link.role not in ("feed_in", "feed_out", "orders"):
        yield (
            f"{path}: states {', '.join(stated)} and no guard, so nothing reads them; write guard = 'filter', or guard = 'none' "
            "to keep them for another time"
        )
    given = [key for key in ("guard_latitude", "guard_longitude", "guard_radius") if getattr(link, key) is not None]
    if (link.guard_area == "everywhere") == bool(given) or 0 < len(given) < 3:
        yield (
            f"{path}.guard_area: an area has guard_latitude_deg, guard_longitude_deg and guard_radius_km, and guard_area = 'inside' or "
            "'outside'; give all four or none"
        )


def nets(s: Scenario) -> Iterator[str]:
    """A net has slots for all links that take turns on it."""
    for net in s.nets:
        taken = sum(x.slots for x in s.links if x.net == net.name and x.access == "turns")
        if taken > net.slots:
            yield f"nets.{net.name}.slots: {net.slots} of a frame, and its links take {taken} turns; give it more, or them fewer"
        ways = sorted({x.access for x in s.links if x.net == net.name})
        if len(ways) > 1:
            yield f"nets.{net.name}: its links have access {' and '.join(ways)}; who takes turns and who sends when it likes need two nets"
    for name in twice([net.name for net in s.nets]):
        yield f"nets.{name}: is defined twice"
    for link in s.links:
        if link.medium == "radio":
            for end in (link.from_, link.to):
                yield from _without_a_place(s, end, f"links.{link.name}.medium: radio")


def _without_a_place(s: Scenario, end: str, path: str, carried: bool = True) -> Iterator[str]:
    """Who speaks by radio, or has ghosts around it, is somewhere; a place that is carried about is one unless said."""
    node = next((n for n in s.nodes if n.name == end), None)
    stands = any(r.node == end and r.aboard is None for r in s.radars)
    aboard = node is not None and node.aboard is not None and carried
    if node is not None and node.latitude is None and not aboard and not stands:
        yield f"{path}, and node '{end}' has no place; give it latitude_deg and longitude_deg, {'aboard, ' if carried else ''}or a radar"


_USES: dict[str, set[str]] = {
    "inject": {"ghosts", "radius", "latitude", "longitude", "claim"}, "alter": {"claim", "shift"}, "delay": {"late"},
    "deny": {"share"}, "disable": set(), "copy": {"sink", "rate", "period", "message", "duty", "pause", "late"},
}  # fmt: skip
_NEEDS = {"inject": ("ghosts",), "alter": ("claim", "shift"), "delay": ("late",)}  # one of them
_OF_AN_EFFECT = set().union(*_USES.values())


def compromises(s: Scenario) -> Iterator[str]:
    """A compromise has what its effect needs and nothing else, and is of a node or a link."""
    nodes, links = [n.name for n in s.nodes], [x.name for x in s.links]
    names = [c.name for c in s.compromises]
    for name in twice(names):
        yield f"compromises.{name}: is defined twice"
    yield from known("modifiers.compromise", s.modifiers.compromise, ["none", *names], "compromise")
    for name, p in s.postures.items():
        if p.compromise is not None:
            yield from known(f"postures.{name}.compromise", p.compromise, names, "compromise")
    for c in s.compromises:
        path = f"compromises.{c.name}"
        yield from known(f"{path}.of", c.of, [*nodes, *links], "node or link")
        for x in [x for x in s.links if x.carries == "plots" and c.of == x.name and c.effect in ("inject", "alter")]:
            yield f"{path}: effect = '{c.effect}' is of tracks, and link '{x.name}' carries plots; accepted are delay, deny, disable"
        if c.of in nodes and c.of in links:
            yield f"{path}.of: '{c.of}' is a node and a link; give one of them another name"
        if c.to <= c.from_:
            yield f"{path}: from {c.from_:g} s to {c.to:g} s; it must end after it begins"
        needed = _NEEDS.get(c.effect, ())
        if needed and not any(getattr(c, key) not in (0, 0.0, None) for key in needed):
            yield f"{path}: effect = '{c.effect}' needs {' or '.join(needed)}"
        extra = (c.model_fields_set & _OF_AN_EFFECT) - _USES[c.effect]
        if extra:
            yield f"{path}: effect = '{c.effect}' does not use {', '.join(sorted(extra))}; leave out"
        held = [x for x in s.links if c.of in (x.name, x.from_)]
        if c.effect == "inject":
            yield from _ghosts(s, path, c, held)
        if c.effect == "delay":
            for x in held:
                yield from _under_way(path, c.late, x.latency + x.guard_delay, f"link '{x.name}'", s.period_of(x))
        if c.effect == "copy":
            yield from _copied(s, path, c)


def _under_way(path: str, late: float, before: float, of: str, period: float) -> Iterator[str]:
    """No more frames are late at once than can be under way."""
    longest = (FRAMES - 1) * period
    if late + before > longest:
        yield f"{path}.late: with the {before:g} s of {of} it exceeds {FRAMES - 1} of its periods ({longest:g} s)"


def _ghosts(s: Scenario, path: str, c: Compromise, held: list[Link]) -> Iterator[str]:
    """Tracks of nothing fly around a place: a stated one, or that of a node that stands."""
    if (c.latitude is None) != (c.longitude is None):
        yield f"{path}: a place has latitude_deg and longitude_deg; give both or none"
    around = {c.of if c.of == x.from_ else x.to for x in held} if c.latitude is None else set()
    for end in sorted(around):
        whom = "who tells of them" if end == c.of else "who hears of them"
        yield from _without_a_place(
            s, end, f"{path}: without latitude_deg and longitude_deg ghosts fly around {whom}", carried=False
        )


def _copied(s: Scenario, path: str, c: Compromise) -> Iterator[str]:
    """A copy goes to somebody outside, and to a node of its own: what is declared to leave must be told from it."""
    far = {n.name for n in s.nodes if n.owner in COLLECTORS}
    link = next((x for x in s.links if x.name == c.of), None)
    if c.sink is None or c.rate is None:
        yield f"{path}: effect = 'copy' needs sink, a node of the vendor or outside, and rate"
    elif c.room == 0:
        yield f"{path}.rate: {c.rate:g} bit/s do not carry a track of {c.message:g} bits in a period of {c.period:g} s; give it more"
    if c.sink is not None:
        yield from known(f"{path}.sink", c.sink, sorted(far), "node of the vendor or outside")
        if declared := [x.name for x in s.links if x.to == c.sink and x.role != "undeclared"]:
            yield f"{path}.sink: '{c.sink}' is told by declared link '{declared[0]}' as well, and X1 and X2 count by node; name another node"
        if c.sink == (link.from_ if link else c.of):
            yield f"{path}: copies from '{c.sink}' to itself"
    if any(x.name == c.name for x in s.links):
        yield f"{path}: a link has this name, too; give it another"
    if link is not None and link.capacity == 0:
        yield f"{path}.of: link '{link.name}' carries no tracks; name one that does, or its node"
    if "pause" in c.model_fields_set and c.duty == 1.0:
        yield f"{path}.pause: with duty = 1 it never rests; state duty, or leave pause out"
    guard = link.guard_delay if link else 0.0
    yield from _under_way(path, c.late, guard, f"the guard of '{c.of}'", c.period)


RULES: tuple[Callable[[Scenario], Iterator[str]], ...] = (links, nets, compromises)
