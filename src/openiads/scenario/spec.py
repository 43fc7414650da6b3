"""What a user writes: the tables of a scenario file. Quantities are SI here; the file's key carries the unit."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, PrivateAttr

from openiads.errors import UsageError
from openiads.scenario import words
from openiads.scenario.classes import MOST, Library, Name, Positive, Text
from openiads.scenario.classes import BodyClass as BodyClass
from openiads.scenario.classes import FireUnitClass as FireUnitClass
from openiads.scenario.classes import MissileClass as MissileClass
from openiads.scenario.classes import RadarClass as RadarClass
from openiads.scenario.quantity import Spec, number, quantity

IdentityName = Literal["pending", "unknown", "assumed friend", "friend", "neutral", "suspect", "hostile"]
Feed = Literal["none", "diode", "filter", "open"]
IDENTITIES: tuple[str, ...] = get_args(IdentityName)
COLLECTORS = ("vendor", "outside")  # owners of nodes that are credited with what they are told, and no more
FRAMES = 4  # of one link that can be under way at once: the engine keeps as many slots
MOST_TRACKS = 5000  # in a frame


# ---------------------------------------------------------------- the laydown


class Propagation(Spec):
    """What the air and the ground do to a radar's energy."""

    atmosphere: Literal["four-thirds", "exponential"] = "four-thirds"
    refractivity: float = number(313.0, ge=200.0, le=450.0)  # of the exponential atmosphere at the ground, N units
    gases: bool = True
    rain_rate: float = quantity("rain", 0.0, le=200.0)
    rain_height: float = quantity("length", 3000.0, le=10e3)
    rain_extent: float = quantity("length", 50e3, le=1e6)
    reflection: float = number(0.0, le=1.0)  # of a smooth surface; 0 leaves multipath out


class Country(Spec):
    """What the defended area is compared with."""

    title: Text
    area: float = quantity("area", gt=0.0)


class Place(Spec):
    """A weighted point of the public map."""

    name: Name
    latitude: float = quantity("angle", ge=-math.pi / 2, le=math.pi / 2)
    longitude: float = quantity("angle", ge=-math.pi, le=math.pi)
    weight: float = number(1.0, gt=0.0)


class Region(Spec):
    """A region within which the system's position is drawn."""

    title: Text
    latitude: float = quantity("angle", ge=-math.pi / 2, le=math.pi / 2)
    longitude: float = quantity("angle", ge=-math.pi, le=math.pi)
    radius: float = quantity("length", le=200e3)


class Asset(Spec):
    """Something that is defended. Raids are laid on assets, so what says where they go can not be swept.

    It has a place, or it is a part of the defence and stands where that stands.
    """

    name: Name
    title: Text
    latitude: float | None = quantity("angle", None, ge=-math.pi / 2, le=math.pi / 2, sweepable=False)
    longitude: float | None = quantity("angle", None, ge=-math.pi, le=math.pi, sweepable=False)
    component: Name | None = Field(None, json_schema_extra={"sweepable": False})  # a radar, fire unit or node
    hits_to_kill: int = Field(1, ge=1, le=1000)  # hits that destroy it
    value: float = number(1.0, gt=0.0, sweepable=False)


class Node(Spec):
    """A command place or an observer."""

    name: Name
    title: Text
    owner: Literal["national", "nato", "vendor", "outside"]
    sensitive: bool = False
    tracks: bool = False
    latitude: float | None = quantity("angle", None, ge=-math.pi / 2, le=math.pi / 2)
    longitude: float | None = quantity("angle", None, ge=-math.pi, le=math.pi)
    aboard: Name | None = None  # the sortie that carries it
    antenna_height: float = quantity("length", 10.0, le=200.0)  # of its radio, above the ground
    system_channels: int | None = Field(None, ge=1, le=1000)  # targets at once of its fire units, all together


class Stretch(Spec):
    """A stretch of a vignette: in which a radar does not emit (emission control), or a link is down."""

    from_: float = quantity("time", alias="from", ge=None)
    to: float = quantity("time", ge=None)


class Radar(Spec):
    """One radar: at a place, at the system's site, or aboard a sortie."""

    name: Name
    class_: Name = Field(alias="class")
    node: Name
    latitude: float = quantity("angle", 0.0, ge=-math.pi / 2, le=math.pi / 2)
    longitude: float = quantity("angle", 0.0, ge=-math.pi, le=math.pi)
    at: Literal["place", "site"] = "place"
    aboard: Name | None = None
    offset: float = quantity("length", 0.0, le=100e3)
    bearing: float = quantity("angle", 0.0)
    altitude: float | None = quantity("length", None, ge=-500.0, le=9000.0)  # above the sea; else on the ground
    antenna_height: float | None = quantity("length", None, le=200.0)  # above the ground; else its class's
    sector_center: float = quantity("angle", 0.0)
    azimuth_bias: float = quantity("angle", 0.0, ge=-math.pi, le=math.pi)
    range_bias: float = quantity("length", 0.0, ge=-50e3, le=50e3)
    silence: list[Stretch] = Field([], max_length=20)
    batch: Literal[1, 2] = 1


class FireUnit(Spec):
    """One fire unit; it stands where its engagement radar stands."""

    name: Name
    class_: Name = Field(alias="class")
    node: Name
    radar: Name
    launchers: int = Field(ge=1, le=100)
    batch: Literal[1, 2] = 1


class Net(Spec):
    """A medium that links share: the slots of a frame are dealt out, or taken by who wants to send."""

    name: Name
    frame: float = quantity("time", 12.0, gt=0.0, le=3600.0)
    slots: int = Field(1536, ge=1, le=100_000)  # of a frame


class Link(Spec):
    """A directed link between two nodes."""

    name: Name
    from_: Name = Field(alias="from")
    to: Name
    role: Literal["fixed", "feed_in", "feed_out", "orders", "support", "undeclared"]
    latency: float = quantity("time", le=3600.0)
    period: float | None = quantity("time", None, gt=0.0, le=3600.0)  # between frames; on a net its frame over `slots`
    net: Name | None = None
    access: Literal["turns", "slotted", "unslotted"] = "turns"  # to its net: slots of its own, or when it likes
    slots: int = Field(1, ge=1, le=100_000)  # of its own in a frame of its net
    medium: Literal["line", "radio"] = "line"  # radio needs line of sight
    carries: Literal["tracks", "plots"] = "tracks"  # plots: of the sender's radars, to the receiver's tracker
    capacity: int = Field(ge=0, le=MOST_TRACKS)  # tracks or plots a frame; 0 for a link that carries orders only
    message: float = quantity("data", gt=0.0)
    rate: float | None = quantity("data-rate", None, gt=0.0)  # at which a frame is sent; else at once
    identity: bool = True  # it says who a track is
    status: bool = False  # it also says which tracks the sender engages
    availability: float = number(1.0, le=1.0)  # share of frames that go out; with `outage` the share of time it is up
    outage: float | None = quantity("time", None, gt=0.0, le=86400.0)  # how long it is down on average
    outages: list[Stretch] = Field([], max_length=20)
    # its receiver puts aside what its own radars do not see for so long, where they nearly always see such a body
    cross_check: float | None = quantity("time", None)
    cross_check_rcs: float = quantity("area", 1.0, gt=0.0, le=1e4)
    guard: Literal["none", "filter", "diode"] = "none"
    guard_pass: list[IdentityName] = Field([], max_length=7)
    guard_precision: float = quantity("length", 0.0)
    guard_delay: float = quantity("time", 0.0)
    guard_kind: Literal["any", "aerodynamic", "ballistic"] = "any"  # ballistic is what is faster than hostile_speed
    guard_area: Literal["everywhere", "inside", "outside"] = "everywhere"  # of the circle that follows
    guard_latitude: float | None = quantity("angle", None, ge=-math.pi / 2, le=math.pi / 2)
    guard_longitude: float | None = quantity("angle", None, ge=-math.pi, le=math.pi)
    guard_radius: float | None = quantity("length", None, gt=0.0, le=2e6)
    topologies: list[Literal["hub", "mesh", "national"]] = Field([], max_length=3)


class Undeclared(Spec):
    """The channel that is feared: nobody declared it."""

    p_exists: float = number(le=1.0)
    duty: float = number(1.0, gt=0.0, le=1.0)


class Compromise(Spec):
    """What a node or link would do that is not what it seems, by its effect."""

    name: Name
    title: Text
    of: Name  # a node, with all that it sends, or a link
    effect: Literal["inject", "alter", "delay", "deny", "disable", "copy"]
    p_exists: float = number(le=1.0)
    from_: float = quantity("time", -math.inf, alias="from", ge=None)
    to: float = quantity("time", math.inf, ge=None)
    ghosts: int = Field(0, ge=0, le=200)  # inject: tracks of nothing in each frame ...
    radius: float = quantity("length", 50e3, gt=0.0, le=1e6)  # ... within this of ...
    latitude: float | None = quantity("angle", None, ge=-math.pi / 2, le=math.pi / 2)  # ... a place; else of the node,
    longitude: float | None = quantity("angle", None, ge=-math.pi, le=math.pi)  # or of who hears the link
    claim: IdentityName | None = None  # inject, alter: the identity that tracks are given
    shift: float = quantity("length", 0.0, le=500e3)  # alter: by how much positions are moved
    late: float = quantity("time", 0.0, le=3600.0)  # delay, copy
    share: float = number(1.0, gt=0.0, le=1.0)  # deny: frames that are lost
    sink: Name | None = None  # copy: the node of the vendor or outside that gets it
    rate: float | None = quantity("data-rate", None, gt=0.0)  # copy: how much it gets
    period: float = quantity("time", 60.0, gt=0.0, le=3600.0)  # copy: between two frames
    message: float = quantity("data", 400.0, gt=0.0)  # copy: size of a track
    duty: float = number(1.0, gt=0.0, le=1.0)  # copy: share of the time for which it works ...
    pause: float = quantity("time", 600.0, gt=0.0, le=86400.0)  # ... and how long it then rests on average

    @property
    def room(self) -> int:
        """Tracks that a frame of a copy holds: as many as its rate sends until the next."""
        return min(MOST_TRACKS, int((self.rate or 0.0) * self.period / self.message + 1e-9))


class Control(Spec):
    """A control status of its own, for an area or for a kind of track."""

    name: Name
    status: Literal["free", "tight", "hold"]
    kind: Literal["any", "aerodynamic", "ballistic"] = "any"
    latitude: float | None = quantity("angle", None, ge=-math.pi / 2, le=math.pi / 2)
    longitude: float | None = quantity("angle", None, ge=-math.pi, le=math.pi)
    radius: float | None = quantity("length", None, gt=0.0, le=2e6)


class Lane(Spec):
    """A corridor in which friends fly: evidence for whoever is inside it, in its time."""

    name: Name
    latitude: float = quantity("angle", ge=-math.pi / 2, le=math.pi / 2)
    longitude: float = quantity("angle", ge=-math.pi, le=math.pi)
    to_latitude: float = quantity("angle", ge=-math.pi / 2, le=math.pi / 2)
    to_longitude: float = quantity("angle", ge=-math.pi, le=math.pi)
    width: float = quantity("length", gt=0.0, le=100e3)
    altitude_min: float = quantity("length", 0.0, le=30e3)
    altitude_max: float = quantity("length", 30e3, le=30e3)
    from_: float = quantity("time", -math.inf, alias="from", ge=None)
    to: float = quantity("time", math.inf, ge=None)


Share = Annotated[float, Field(ge=0.0, le=1.0)]
Three = Annotated[list[Share], Field(min_length=3, max_length=3)]  # of a friend, a neutral and a hostile


class Identification(Spec):
    """What a friend, a neutral and a hostile are likely to show, in that order; the weights of evidence (Bayes' rule)."""

    prior: Three = [1 / 3, 1 / 3, 1 / 3]
    dead: Three = [0.05, 0.02, 0.1]  # no transponder works aboard
    emcon: Three = [0.2, 0.0, 0.0]  # else answers under keys only (emission control)
    civil: Three = [0.95, 0.99, 0.05]  # else has one of this group that the asker understands
    military: Three = [0.9, 0.001, 0.02]
    secure: Three = [0.9, 0.0001, 0.001]
    reply: float = number(0.9, gt=0.0, le=0.9999)  # of one that works, to one question, on average
    steadiness: float = number(
        2.0, gt=0.0, le=1e3
    )  # of that from transponder to transponder: questions that tell it half
    false_reply: Three = [0.005, 0.005, 0.00001]  # heard where none was given: civil, military, secure
    address: Three = [0.5, 0.9, 0.02]  # tells a mode S address
    approach: Three = [0.1, 0.1, 0.6]  # comes for an asset within hostile_time
    airliner: Three = [0.5, 0.95, 0.2]  # flies as airliners do
    ballistic: Three = [1e-6, 1e-6, 0.3]  # is faster than hostile_speed
    lane: Three = [0.7, 0.7, 0.1]  # is in a lane for friends
    trust: float = number(0.995, ge=1 / 3, le=1.0)  # an identity that came over a link is right
    hostile: float = number(0.85, gt=0.5, le=1.0)  # least probability of hostile that makes a hostile ...
    suspect: float = number(0.6, gt=0.0, le=1.0)  # ... and a suspect
    clear: float = number(0.1, gt=0.0, le=0.5)  # most that clears


class Doctrine(Spec):
    """How decisions are taken; the same in every posture."""

    control_status: Literal["free", "tight", "hold"]
    method: Literal["centralised", "decentralised", "autonomous"]
    authority: Name
    operators: int = Field(ge=1, le=16)
    service: float = quantity("time", gt=0.0)
    service_sigma: float = number(0.5, le=3.0)
    voice_delay: float = quantity("time", 5.0)
    contact_availability: float = number(1.0, le=1.0)
    approval: Literal["unless-friend", "when-held"] = "unless-friend"  # what who is asked approves
    second_key: Name | None = None  # another node that must agree
    tiring: float = number(0.0, le=1.0)  # share by which deciding slows in an hour on watch
    watch: float = quantity("time", 0.0, le=24 * 3600.0)  # on duty when the vignette begins
    patience: float | None = quantity("time", None)  # in the queue, after which an answer is given without a look
    friend_clearance: float = quantity(
        "length", 0.0, le=200e3
    )  # nothing is fired at what would be met this near to a friend
    control: list[Control] = Field([], max_length=20)
    lanes: list[Lane] = Field([], max_length=50)
    identification: Identification = Identification()
    assignment: Literal["urgent-first", "least-loss"] = "urgent-first"
    shot: Literal["shoot-look-shoot", "salvo"] = "shoot-look-shoot"
    salvo: int = Field(2, ge=1, le=8)
    rounds_max: int = Field(4, ge=1, le=32)
    silent_interrogations: int = Field(3, ge=1, le=100)
    hostile_time: float = quantity("time", 300.0)
    hostile_speed: float = quantity("speed", 1000.0, gt=0.0)


class Civil(Spec):
    """Civil flights of a day."""

    domestic: float = number(le=20000)
    international: float = number(le=20000)
    overflight: float = number(le=20000)
    hour_profile: list[Positive] = Field(min_length=24, max_length=24)
    airliner: Name
    airports: list[Place] = Field(min_length=2, max_length=MOST)
    gates: list[Place] = Field(min_length=2, max_length=MOST)


class Sortie(Spec):
    """Friendly military flights."""

    name: Name
    title: Text
    class_: Name = Field(alias="class")
    count: int = Field(1, ge=1, le=200)
    kind: Literal["orbit", "box", "transit"]
    owner: Literal["national", "nato"]
    latitude: float = quantity("angle", ge=-math.pi / 2, le=math.pi / 2)
    longitude: float = quantity("angle", ge=-math.pi, le=math.pi)
    radius: float = quantity("length", 30e3, le=500e3)
    to_latitude: float = quantity("angle", 0.0, ge=-math.pi / 2, le=math.pi / 2)
    to_longitude: float = quantity("angle", 0.0, ge=-math.pi, le=math.pi)
    altitude: float | None = quantity("length", None, le=30e3)
    speed: float | None = quantity("speed", None, gt=0.0)
    start: float = quantity("time", 0.0, le=86400.0)
    end: float = quantity("time", 86400.0, le=86400.0)
    weekdays_only: bool = False
    patterns: list[Name] = Field([], max_length=20)
    in_raid: bool = False
    in_peace: bool = True
    reflectors: Literal["modifier", "always", "never"] = "never"


class ThreatGroup(Spec):
    """Hostile bodies of one class; nothing here can be swept."""

    class_: Name = Field(alias="class", json_schema_extra={"sweepable": False})
    count: int = Field(ge=1, le=200, json_schema_extra={"sweepable": False})
    distance: float = quantity("length", gt=0.0, le=3e6, sweepable=False)
    spread: float = quantity("time", 0.0, sweepable=False)
    stand_off: float = quantity("length", 0.0, le=1e6, sweepable=False)  # stays there instead of coming on
    bearing: float | None = quantity(
        "angle", None, ge=None, sweepable=False
    )  # from the target; else drawn over all azimuths


class Vignette(Spec):
    """A stretch of time that every posture lives through."""

    kind: Literal["peace", "raid"]
    duration: float = quantity("time", gt=0.0, le=6 * 3600.0)
    tick: float = quantity("time", ge=0.1, le=60.0)
    warmup: float = quantity("time", 0.0, le=3600.0)
    windows: int = Field(1, ge=1, le=96)

    @property
    def strata(self) -> int:
        """Parts of the day on weekdays and at weekends."""
        return 2 * self.windows if self.kind == "peace" else 1

    def hours(self, stratum: int) -> float:
        """Hours of an average day that a stratum stands for."""
        return 24.0 / self.windows * (5.0 / 7.0 if stratum < self.windows else 2.0 / 7.0)

    civil_share: float = number(1.0, le=1.0)
    warnings: list[Positive] = Field([0.0], max_length=8, json_schema_extra={"dimension": "time"})
    threats: list[ThreatGroup] = Field([], max_length=50, json_schema_extra={"sweepable": False})


class Readiness(Spec):
    """States of readiness: how long the system takes from the order to the first emission."""

    sealed: float = quantity("time", 12 * 3600.0)  # in storage, with the movement to its site
    installed_cold: float = quantity("time", 3600.0)  # on its site, not set up
    standby: float = quantity("time", 300.0)  # set up and manned, silent
    radiating: float = quantity("time", 0.0)


class Posture(Spec):
    """One way of holding the system, complete."""

    title: Text
    emits: Literal["never", "on-threat", "announced-days", "duty-cycle"]
    duty: float = number(1.0, gt=0.0, le=1.0)
    announced_days: float = number(365.0, le=365.0)
    readiness: Literal["sealed", "installed-cold", "standby", "radiating"] | None = None
    ready: float | None = quantity("time", None)  # else that of the state of readiness
    located: Literal["site", "away"] = "site"
    records: Literal["none", "while-on", "test-aircraft", "in-view", "all"]
    in_feed: Feed = "none"
    out_feed: Feed = "none"
    order_path: Literal["none", "voice", "link"]
    support: Literal["none", "visits", "link"]
    visit: float = quantity("time", 30 * 86400.0, gt=0.0)
    compromise: Name | None = None  # what is lived through as if it existed; else that of the modifiers
    absent: list[Name] = Field([], max_length=100)


class Modifiers(Spec):
    """What a user may set by bare name: --set site=south-coast."""

    site: Name
    allied_pattern: Name = "none"
    reflectors: bool = True
    batches: Literal[1, 2] = 1
    topology: Literal["hub", "mesh", "national"] = "hub"
    interrogator: Literal["vendor", "national"] = "vendor"
    warning: float = quantity("time", 0.0)
    compromise: Name = "none"


class Scenario(Spec):
    """A whole question: a laydown, the postures to compare, and what they live through."""

    name: Name
    title: Text
    summary: Annotated[str, Field(max_length=4000)] = ""
    terrain: Annotated[str, Field(pattern=words.GROUND, max_length=400)]  # "shipped", "smooth", or the path of a raster
    propagation: Propagation = Propagation()
    baseline: Name = "standalone"
    modifiers: Modifiers
    country: Country
    sites: dict[Name, Region] = Field(min_length=1, max_length=MOST)
    assets: list[Asset] = Field(min_length=1, max_length=MOST)
    nodes: list[Node] = Field(min_length=1, max_length=60)
    radars: list[Radar] = Field(min_length=1, max_length=100)
    fire_units: list[FireUnit] = Field([], max_length=60)
    nets: list[Net] = Field([], max_length=20)
    links: list[Link] = Field([], max_length=200)
    compromises: list[Compromise] = Field([], max_length=50)
    undeclared: Undeclared | None = None
    doctrine: Doctrine
    civil: Civil | None = None
    sorties: list[Sortie] = Field([], max_length=MOST)
    readiness: Readiness = Readiness()
    vignettes: dict[Name, Vignette] = Field(min_length=1, max_length=20)
    postures: dict[Name, Posture] = Field(min_length=1, max_length=60)
    library: Library
    _table: dict[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def table(self) -> dict[str, Any]:
        """What it was read from, with classes merged in and values set: enough to read it again."""
        return self._table

    def ready(self, posture: Posture) -> float:
        """Time (s) from the order to the first emission: the posture's own, or that of its state of readiness."""
        if posture.ready is not None:
            return posture.ready
        return float(getattr(self.readiness, str(posture.readiness).replace("-", "_")))

    def period_of(self, link: Link) -> float:
        """Time (s) between two frames of a link: its own, or that of its turns on a net."""
        net = next((n for n in self.nets if n.name == link.net), None)
        if net is None:
            return float(link.period or 1.0)
        return net.frame / (link.slots if link.access == "turns" else 1)

    @classmethod
    def modifiers_model(cls) -> type[Modifiers]:
        """What a bare --set can name."""
        return Modifiers

    @classmethod
    def library_model(cls, kind: str) -> type[Spec]:
        """The class of a library entry: radars, missiles, fire_units or bodies."""
        models: dict[str, type[Spec]] = {
            "radars": RadarClass, "missiles": MissileClass, "fire_units": FireUnitClass, "bodies": BodyClass,
        }  # fmt: skip
        return models[kind]

    def require(self, *, posture: str | None = None, vignette: str | None = None) -> None:
        """Refuse names that the scenario does not have."""
        for what, name, known in (("posture", posture, self.postures), ("vignette", vignette, self.vignettes)):
            if name is not None and name not in known:
                raise UsageError(f"scenario '{self.name}': {words.unknown(what, name, known)}")
