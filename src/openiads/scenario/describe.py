"""A posture in words: what stands where, what it emits, who can order it, which links are open; and what two differ in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from openiads.scenario.build import present, system_nodes
from openiads.scenario.compromises import compromised
from openiads.scenario.links import links_of, powered
from openiads.scenario.phrasing import conjoined, duration, in_words, km, place
from openiads.scenario.quantity import Evidence, Spec
from openiads.scenario.radars import modes_of
from openiads.scenario.setting import attackers, defended, flights, losses
from openiads.scenario.spec import IDENTITIES, Link, Posture, Radar, RadarClass, Scenario

_WIDEST = 8  # contested numbers that `show` lists
_OWNERS = {"national": "national", "nato": "allied", "vendor": "the vendor's", "outside": "outside"}
_STATES = {
    "sealed": "sealed",
    "installed-cold": "installed but cold",
    "standby": "on standby",
    "radiating": "manned and radiating",
}
_GUARDS = {"none": "no guard", "filter": "a filter", "diode": "a diode"}


def show(scenario: Scenario, posture: str) -> str:
    """A posture of a scenario as plain text."""
    scenario.require(posture=posture)
    p = scenario.postures[posture]
    blocks = [
        [f"{scenario.title}: {posture}", f"{p.title}.", *scenario.summary.strip().splitlines()],
        ["The system", *_system(scenario, p)],
        ["What it does", *(f"{name}: it {phrase(p)}." for name, phrase in _phrases(scenario).items())],
        ["Who decides", *_decisions(scenario)],
        ["Links of the system", *_system_links(scenario, posture)],
        ["The rest of the defence", *_others(scenario, posture)],
        ["What is defended", *defended(scenario)],
        ["What can be lost, and what then stops", *losses(scenario)],
        ["Who flies", *flights(scenario)],
        ["What a raid consists of", *attackers(scenario)],
        ["Where the numbers come from", *_evidence(scenario, posture)],
    ]
    return "\n\n".join("\n".join([head, *(f"  {line}" for line in lines)]) for head, *lines in blocks if lines)


def diff(scenario: Scenario, p: str, q: str) -> list[str]:
    """What differs between two postures, one sentence each; nothing for a posture and itself."""
    scenario.require(posture=p)
    scenario.require(posture=q)
    one, other = scenario.postures[p], scenario.postures[q]
    found = []
    for name, phrase in _phrases(scenario).items():
        if phrase(one) != phrase(other):
            found.append(f"{name}: in {p} the system {phrase(one)}; in {q} it {phrase(other)}.")
    for here, there, ours, theirs in ((p, q, one, other), (q, p, other, one)):
        gone = sorted(set(ours.absent) - set(theirs.absent))
        if gone:
            found.append(
                f"Parts: in {here} {conjoined(gone)} {'is' if len(gone) == 1 else 'are'} taken away; not in {there}."
            )
    mine = {x.name: x for x in links_of(scenario, p)}
    yours = {x.name: x for x in links_of(scenario, q)}
    for here, there, open_here, open_there in ((p, q, mine, yours), (q, p, yours, mine)):
        for name in [n for n in open_here if n not in open_there]:
            found.append(f"Link {name}: open in {here} ({_link(open_here[name])}), closed in {there}.")
    false = [compromised(scenario, x) for x in (p, q)]
    if false[0] != false[1]:
        words = [f"{c.of} is compromised ({c.effect})" if c else "nothing is compromised" for c in false]
        found.append(f"Compromise: in {p} {words[0]}; in {q} {words[1]}.")
    for name in [n for n in mine if n in yours and mine[n].guard != yours[n].guard]:
        found.append(
            f"Link {name}: behind {_GUARDS[mine[name].guard]} in {p}, behind {_GUARDS[yours[name].guard]} in {q}."
        )
    return found


# ---------------------------------------------------------------- what a posture does, as predicates of "it"


def _emits(p: Posture) -> str:
    if p.located == "away" or p.emits == "never":
        return "never emits"
    if p.emits == "on-threat":
        return "emits only when a threat is reported"
    if p.emits == "announced-days":
        return f"emits on {p.announced_days:g} announced days a year"
    return "emits all the time" if p.duty == 1.0 else f"emits {100.0 * p.duty:.3g} % of the time"


def _ready(s: Scenario, p: Posture) -> str:
    state = f"is {_STATES[p.readiness]} and " if p.readiness else ""
    return f"{state}needs {duration(s.ready(p))} from the order to the first emission"


def _records(p: Posture) -> str:
    return {
        "none": "records nothing",
        "while-on": "records what it sees while it is on",
        "test-aircraft": "records the test aircraft only",
        "in-view": "records all that it sees",
        "all": "records all that it sees and all that it is fed",
    }[p.records]


def _feeds(p: Posture) -> str:
    into = {"none": "is fed nothing", "open": "is fed over an unguarded link"}
    out = {"none": "reports nothing", "open": "reports over an unguarded link"}
    first = into.get(p.in_feed, f"is fed through {_GUARDS.get(p.in_feed, p.in_feed)}")
    second = out.get(p.out_feed, f"reports its tracks through {_GUARDS.get(p.out_feed, p.out_feed)}")
    return f"{first} and {second}"


def _ordered(p: Posture) -> str:
    return {
        "none": "can be reached by no order; once a warning has made it ready it is ordered by voice",
        "voice": "is ordered by voice",
        "link": "is ordered over a data link",
    }[p.order_path]


def _supported(p: Posture) -> str:
    if p.support == "visits":
        return f"is visited by the vendor every {duration(p.visit)}"
    return {"none": "has no contact with the vendor", "link": "is connected with the vendor by a link"}[p.support]


def _located(p: Posture) -> str:
    return "is elsewhere" if p.located == "away" else "is at its site"


def _phrases(s: Scenario) -> dict[str, Callable[[Posture], str]]:
    """What a posture does, by heading."""
    return {
        "Place": _located, "Emission": _emits, "Readiness": lambda p: _ready(s, p), "Recording": _records, "Feeds": _feeds,
        "Orders": _ordered, "Support": _supported,
    }  # fmt: skip


# ---------------------------------------------------------------- the blocks of `show`


def _system(s: Scenario, p: Posture) -> Iterator[str]:
    site = s.sites[s.modifiers.site]
    where = f"{km(site.radius)} of {place(site.latitude, site.longitude)}"
    yield f"{site.title}: the place is drawn by the seed within {where}, the same for every posture"
    names = {s.nodes[i].name for i in system_nodes(s)}
    for n in s.nodes:
        if n.name in names:
            yield f"{n.name}: {n.title}{_gone(s, p, n.name, 1)}"
    for r in s.radars:
        if r.node in names:
            yield f"{_radar(s, r)}{_gone(s, p, r.name, r.batch)}"
    for u in s.fire_units:
        if u.node in names:
            model = s.library.fire_units[u.class_]
            rounds = u.launchers * model.rounds_per_launcher
            yield (
                f"{u.name}: {model.title}, {u.launchers} launchers, {rounds} rounds ready, {model.channels} targets at "
                f"once, {s.library.missiles[model.missile].title}{_gone(s, p, u.name, u.batch)}"
            )


def _gone(s: Scenario, p: Posture, name: str, batch: int) -> str:
    if name in p.absent:
        return " [taken away]"
    if not present(s, p, name, batch):
        return " [comes with the second batch]"
    return " [elsewhere]" if p.located == "away" else ""


def _radar(s: Scenario, r: Radar) -> str:
    model = s.library.radars[r.class_]
    where = f", aboard {r.aboard}" if r.aboard else ("" if r.at == "site" else f", at {place(r.latitude, r.longitude)}")
    modes = modes_of(s, r)
    asks = f", asks modes {', '.join(modes)}" if modes else ", no interrogator"
    return f"{r.name}: {model.title}, {model.band}-band, {_reach(model)}{asks}{where}"


def _reach(model: RadarClass) -> str:
    if model.range is None:
        return f"by its data sheet, out to {km(model.instrumented_range)}"
    if model.range_rcs is None:
        return f"hears {model.range_emission:g} W at {km(model.range)}"
    return f"{km(model.range)} against {model.range_rcs:g} m2"


def _decisions(s: Scenario) -> Iterator[str]:
    d = s.doctrine
    method = {
        "centralised": "every shot needs the authority; without contact nobody shoots",
        "decentralised": "the crew shoots by the rules without asking",
        "autonomous": "the crew asks, and decides itself when the authority can not be reached",
    }[d.method]
    yield f"weapons {d.control_status}, {d.method} control: {method}"
    yield f"authority: {d.authority}, {d.operators} operators, {duration(d.service)} for a decision (median)"
    if d.approval == "when-held":
        yield "who is asked approves only what it holds itself, and no friend or neutral"
    if d.friend_clearance > 0.0:
        yield f"no round is fired at what would be met within {km(d.friend_clearance)} of a friend that the unit holds"
    if d.second_key is not None:
        yield f"two keys: {d.second_key} must agree as well"
    if d.patience is not None:
        yield f"who waits longer than {duration(d.patience)} is answered without a look"
    for c in d.control:
        where = (
            "everywhere"
            if c.radius is None
            else f"within {km(c.radius)} of {place(c.latitude or 0.0, c.longitude or 0.0)}"
        )
        yield f"{c.name}: weapons {c.status} {where}{'' if c.kind == 'any' else f', {c.kind} tracks'}"
    for lane in d.lanes:
        ends = place(lane.latitude, lane.longitude), place(lane.to_latitude, lane.to_longitude)
        yield f"lane {lane.name}: {ends[0]} to {ends[1]}, {km(lane.width)} wide, {lane.altitude_min:g} to {lane.altitude_max:g} m"
    shot = "one round, look, then another" if d.shot == "shoot-look-shoot" else f"salvos of {d.salvo}"
    yield {
        "urgent-first": "the most urgent track first, by the fire unit that meets it soonest",
        "least-loss": "all tracks shared out at once, so that the least is expected to get through",
    }[d.assignment]
    yield f"{shot}, at most {d.rounds_max} rounds against one target"


def _system_links(s: Scenario, posture: str) -> Iterator[str]:
    system = {s.nodes[i].name for i in system_nodes(s)}
    opened = {link.name: link for link in links_of(s, posture)}
    for link in s.links:
        if link.from_ not in system and link.to not in system:
            continue
        if link.name not in opened:
            yield f"{link.name}: closed"
        elif link.role == "undeclared":
            belief = s.undeclared.p_exists if s.undeclared else 0.0
            yield f"{link.name}: {_link(opened[link.name])}; simulated as if it existed (belief {belief:g})"
        else:
            yield f"{link.name}: {_link(opened[link.name])}"
    c = compromised(s, posture)
    if c is not None:
        yield f"{c.of}: {c.title} ({c.effect}), simulated as if it existed (belief {c.p_exists:g})"
        if c.effect == "copy":
            yield f"{c.name}: {_link(opened[c.name]) if c.name in opened else 'closed, since there is nothing to copy'}"
    if not powered(s.postures[posture]):
        yield "while it is not powered, only what people and media carry can leave"


def _link(link: Link) -> str:
    cargo = (
        f"{link.capacity} {link.carries}{', with who engages them' if link.status else ''}"
        if link.capacity
        else "orders only"
    )
    cargo += (
        f", put aside if its own radars do not see them for {duration(link.cross_check)}"
        if link.cross_check is not None
        else ""
    )
    cargo += "" if link.identity or not link.capacity else ", without saying who they are"
    return f"{link.from_} to {link.to}, {cargo} {_when(link)}, {duration(link.latency)} late, {_guard(link)}"


def _when(link: Link) -> str:
    """How often it sends, by which medium, and how often it can not."""
    if link.net is None:
        text = f"every {duration(link.period or 0.0)}"
    elif link.access == "turns":
        text = f"in {link.slots} slots of net {link.net}"
    else:
        text = f"when it likes on net {link.net} ({link.access})"
    text += " by radio, in line of sight" if link.medium == "radio" else ""
    if link.rate is not None:
        text += f" at {link.rate / 1e3:g} kbit/s"
    if link.outage is not None:
        text += f", down {100.0 * (1.0 - link.availability):.3g} % of the time for {duration(link.outage)} on average"
    return text + (f", down in {len(link.outages)} stated stretches" if link.outages else "")


def _guard(link: Link) -> str:
    """What stands on it."""
    if link.guard != "filter":
        return _GUARDS[link.guard]
    text = _GUARDS[link.guard]
    text += "" if link.guard_kind == "any" else f", {link.guard_kind} tracks only"
    if link.guard_latitude is not None and link.guard_longitude is not None and link.guard_radius is not None:
        text += (
            f", only {link.guard_area} {km(link.guard_radius)} of {place(link.guard_latitude, link.guard_longitude)}"
        )
    kept = [name for name in IDENTITIES if name not in link.guard_pass] if link.guard_pass else []
    text += f", nothing that is {' or '.join(kept)}" if kept else ""
    text += f", places rounded to {km(link.guard_precision)}" if link.guard_precision else ""
    return text + (f", {duration(link.guard_delay)} later" if link.guard_delay else "")


def _others(s: Scenario, posture: str) -> Iterator[str]:
    p = s.postures[posture]
    names = {s.nodes[i].name for i in system_nodes(s)}
    for n in s.nodes:
        if n.name not in names:
            yield f"{n.name}: {n.title} ({_OWNERS[n.owner]}{', sensitive' if n.sensitive else ''}){_gone_other(p, n.name)}"
    for r in s.radars:
        if r.node not in names:
            yield f"{_radar(s, r)}, for {r.node}{_gone_other(p, r.name)}"
    for u in s.fire_units:
        if u.node not in names:
            yield f"{u.name}: {s.library.fire_units[u.class_].title}, {u.launchers} launchers, for {u.node}{_gone_other(p, u.name)}"
    opened = {link.name: link for link in links_of(s, posture)}
    for link in s.links:
        if not {link.from_, link.to} & names and (not link.topologies or s.modifiers.topology in link.topologies):
            yield f"{link.name}: {_link(opened[link.name]) if link.name in opened else 'closed'}"


def _gone_other(p: Posture, name: str) -> str:
    return " [taken away]" if name in p.absent else ""


def _evidence(s: Scenario, posture: str) -> Iterator[str]:
    found = [x for x in used_evidence(s) if not x[0].startswith("postures.") or x[0].startswith(f"postures.{posture}.")]
    grades: dict[str, int] = {}
    for _, _, _, proof in found:
        grades[proof.grade] = grades.get(proof.grade, 0) + 1
    counted = ", ".join(f"{grades[g]} of grade {g}" for g in sorted(grades))
    yield f"{len(found)} numbers with evidence: {counted or 'none'}"
    wide = [x for x in found if 0.0 < x[3].low < x[3].high and x[3].grade != "assumption"]
    wide.sort(key=lambda x: -x[3].high / x[3].low)
    for path, model, field, proof in wide[:_WIDEST]:
        low, value, high = (in_words(model, field, x) for x in (proof.low, proof.value, proof.high))
        yield f"{path}: {value}, stated from {low} to {high} ({proof.source}, grade {proof.grade})"


def used_evidence(s: Scenario) -> Iterator[tuple[str, Spec, str, Evidence]]:
    """(key path, table, field, evidence) of every number that the scenario uses and that states its source."""
    yield from _inside("", s, _used_classes(s))


def _used_classes(s: Scenario) -> dict[str, set[str]]:
    units = {u.class_ for u in s.fire_units}
    bodies = {x.class_ for x in s.sorties} | {t.class_ for v in s.vignettes.values() for t in v.threats}
    return {
        "library.radars": {r.class_ for r in s.radars},
        "library.fire_units": units,
        "library.missiles": {s.library.fire_units[u].missile for u in units},
        "library.bodies": bodies | ({s.civil.airliner} if s.civil else set()),
    }


def _inside(path: str, model: Spec, used: dict[str, set[str]]) -> Iterator[tuple[str, Spec, str, Evidence]]:
    for field, proof in model.evidence.items():
        yield f"{path}.{model.spelled(field)}".lstrip("."), model, field, proof
    for field in type(model).model_fields:
        value = getattr(model, field)
        below = f"{path}.{model.spelled(field)}".lstrip(".")
        entries: list[tuple[str, Spec]] = []
        if isinstance(value, Spec):
            entries = [("", value)]
        elif isinstance(value, dict):
            entries = [(f".{k}", v) for k, v in value.items() if below not in used or k in used[below]]
        elif isinstance(value, list):
            entries = [
                (f".{getattr(v, 'name', None) or getattr(v, 'class_', '')}", v) for v in value if isinstance(v, Spec)
            ]
        for name, entry in entries:
            if isinstance(entry, Spec):
                yield from _inside(below + name, entry, used)
