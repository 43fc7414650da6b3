"""What a posture lives through, in words: what is defended, who flies, what a raid consists of. The same in every posture."""

from __future__ import annotations

from collections.abc import Iterator

from openiads.scenario.phrasing import conjoined, duration, km, place
from openiads.scenario.spec import Asset, BodyClass, Scenario, Sortie

_OWNERS = {"national": "national", "nato": "allied"}
_KINDS = {"orbit": "on an orbit", "box": "in a training area", "transit": "in transit"}


def defended(s: Scenario) -> Iterator[str]:
    """Assets, with the weight by which a raid picks them."""
    yield f"{s.country.title}, {s.country.area / 1e6:,.0f} km2"
    for asset in s.assets:
        where = f"the {_part(s, asset.component)} {asset.component}" if asset.component else f"at {_place(asset)}"
        hard = f", destroyed by {asset.hits_to_kill} hits" if asset.hits_to_kill > 1 else ""
        yield f"{asset.name}: {asset.title}, {where}, value {asset.value:g}{hard}"


def losses(s: Scenario) -> Iterator[str]:
    """Parts of the defence that a raid may be sent to, and what stops when they are destroyed."""
    for asset in s.assets:
        if asset.component is not None:
            hits = "one hit" if asset.hits_to_kill == 1 else f"{asset.hits_to_kill} hits"
            yield f"{asset.component}, after {hits}: {_stops(s, asset.component)}"


def _stops(s: Scenario, name: str) -> str:
    """What does not work any more without a part, and what goes on."""
    what = _part(s, name)
    if what == "fire unit":
        return "hit by hit it loses launchers, their rounds and targets at once, then all; its radar goes on"
    if what == "radar":
        node = next(r.node for r in s.radars if r.name == name)
        guided = [u.name for u in s.fire_units if u.radar == name]
        fire = f"; {conjoined(guided)} can not fire, rounds in flight are lost" if guided else ""
        return f"never emits again, its tracks fade{fire}; {node} goes on"
    blind = [r.name for r in s.radars if r.node == name]
    without = [u.name for u in s.fire_units if u.node == name]
    said = ["holds no picture, gives no orders and sends nothing over its links"]
    said += [f"{conjoined(blind)} {'reports' if len(blind) == 1 else 'report'} to nobody"] if blind else []
    said += [f"{conjoined(without)} {'is' if len(without) == 1 else 'are'} without orders"] if without else []
    said += [_without_authority(s)] if name == s.doctrine.authority else []
    return "; ".join(said)


def _without_authority(s: Scenario) -> str:
    """What becomes of requests when the authority is gone."""
    return {
        "centralised": "nobody else may shoot",
        "decentralised": "the others shoot by the rules as before",
        "autonomous": "the others decide themselves",
    }[s.doctrine.method]


def _part(s: Scenario, name: str | None) -> str:
    if name in {r.name for r in s.radars}:
        return "radar"
    return "fire unit" if name in {u.name for u in s.fire_units} else "node"


def _place(asset: Asset) -> str:
    return place(asset.latitude or 0.0, asset.longitude or 0.0)


def flights(s: Scenario) -> Iterator[str]:
    """Airliners of a day, and the military flights of the flight pattern that is set."""
    if s.civil is not None:
        c = s.civil
        total = c.domestic + c.international + c.overflight
        yield f"airliners: {total:,.0f} flights a day ({s.library.bodies[c.airliner].title}), of which"
        yield f"  {c.domestic:,.0f} domestic, between {', '.join(x.name for x in c.airports)}"
        yield f"  {c.international:,.0f} international and {c.overflight:,.0f} overflights, over {', '.join(x.name for x in c.gates)}"
    for sortie in s.sorties:
        if not sortie.patterns or s.modifiers.allied_pattern in sortie.patterns:
            yield _sortie(s, sortie)


def _sortie(s: Scenario, x: Sortie) -> str:
    model = s.library.bodies[x.class_]
    reflected = x.reflectors == "always" or (x.reflectors == "modifier" and s.modifiers.reflectors)
    when = (
        [f"{x.start / 3600:g} to {x.end / 3600:g} h{' on weekdays' if x.weekdays_only else ''}"] if x.in_peace else []
    )
    when += ["in a raid"] if x.in_raid else []
    mirror = ", with reflectors" if model.augmented_rcs and reflected else ""
    return (
        f"{x.name}: {x.title}, {x.count} {_OWNERS[x.owner]}, {model.title}{mirror}, {_KINDS[x.kind]} near "
        f"{place(x.latitude, x.longitude)}, {' and '.join(when) or 'never'}"
    )


def attackers(s: Scenario) -> Iterator[str]:
    """Groups of the raid; each comes on an axis of its own, drawn by the seed."""
    for vignette in s.vignettes.values():
        for group in vignette.threats:
            model = s.library.bodies[group.class_]
            yield (
                f"{group.count} {model.title}, from {km(group.distance)}, launched within {duration(group.spread)}"
                f"{_releases(s, model)}{_effect(model)}"
            )


def _releases(s: Scenario, model: BodyClass) -> str:
    """What a carrier does on its way."""
    if not model.releases or model.weapon is None:
        return ""
    weapon = s.library.bodies[model.weapon]
    aims = "at its own target" if model.aims == "own" else "at one target after the other that still stands"
    return (
        f"; from {km(model.release_distance)} on it releases {model.releases} {weapon.title}, one every "
        f"{duration(model.interval)}, {aims}{_effect(weapon)}"
    )


def _effect(model: BodyClass) -> str:
    """Hit and debris where they are not certain and none."""
    hit = f", hits with {model.hit_probability:g}" if model.hit_probability < 1.0 else ""
    return hit + (
        f", its debris with {model.debris_probability:g} within {km(model.debris)}" if model.debris_probability else ""
    )
