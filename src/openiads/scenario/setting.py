"""What a posture lives through, in words: what is defended, who flies, what a raid consists of. The same in every posture."""

from __future__ import annotations

from collections.abc import Iterator

from openiads.scenario.phrasing import duration, km, place
from openiads.scenario.spec import Scenario, Sortie

_OWNERS = {"national": "national", "nato": "allied"}
_KINDS = {"orbit": "on an orbit", "box": "in a training area", "transit": "in transit"}


def defended(s: Scenario) -> Iterator[str]:
    """Assets, with the weight by which a raid picks them."""
    yield f"{s.country.title}, {s.country.area / 1e6:,.0f} km2"
    for asset in s.assets:
        yield f"{asset.name}: {asset.title}, at {place(asset.latitude, asset.longitude)}, value {asset.value:g}"


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
            yield f"{group.count} {model.title}, from {km(group.distance)}, launched within {duration(group.spread)}"
