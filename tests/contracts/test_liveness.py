"""No setting that nothing reads: every field of a scenario is changed in turn, and some output must change.

Oracle: the scenario as it was. An output is what enters the engine, a row of a study or its summary, a table of a run,
or the text that describes a posture. The models of spec.py are walked, so a new field is asked for by itself.
"""

from __future__ import annotations

import copy
import hashlib
import json
import math
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import openiads
from openiads.errors import OpenIadsError, ScenarioError
from openiads.running import run
from openiads.scenario.build import assemble
from openiads.scenario.describe import diff, show
from openiads.scenario.load import parse
from openiads.scenario.quantity import Spec
from openiads.scenario.spec import Scenario
from openiads.scenario.world import draw_world
from openiads.studies.replicate import Design, columns, replicate
from openiads.studies.study import summarise
from tests import builders
from tests.contracts import fields

SOURCE = Path(openiads.__file__).parent

# Fields that must agree with another part: a change of one alone is refused, and says so.
TIED = {("FireUnit", "node"), ("Node", "name"), ("Net", "name"), ("Compromise", "name"), ("RadarClass", "role"), ("Scenario", "terrain"),
        ("Vignette", "kind")}  # fmt: skip


def everything() -> dict[str, Any]:
    """A raw table in which every field has work to do."""
    base = builders.BASE
    line = {"latency_s": 1.0, "period_s": 6.0, "capacity": 3, "message_bits": 100.0, "availability": 0.7}
    behind = {"guard_pass": ["hostile", "pending", "unknown", "suspect"], "guard_precision_m": 500.0, "guard_delay_s": 2.0}  # fmt: skip
    place = {"latitude_deg": 38.0, "longitude_deg": 34.0, "radius_km": 25.0}
    sortie = {"title": "a sortie", "class": "friend", "owner": "nato", **place}
    on = {**base["postures"]["on"], "duty": 0.5, "announced_days": 200.0, "visit_days": 20.0, "ready_h": 0.02}
    radar = base["radars"][0]
    return builders.laid_over(base, {
        "summary": "everything", "baseline": "on",
        "propagation": {"atmosphere": "exponential", "refractivity": 320.0, "gases": True, "rain_rate_mm_h": 4.0,
                        "rain_height_km": 3.0, "rain_extent_km": 20.0, "reflection": 0.3},
        "modifiers": {"site": "plain", "allied_pattern": "busy", "reflectors": True, "batches": 1, "topology": "hub",
                      "interrogator": "vendor", "warning_h": 0.0},
        "sites": {"plain": {"radius_km": 5.0}, "coast": {**place, "title": "coast", "latitude_deg": 36.9}},
        "assets": [*base["assets"], {"name": "town", "title": "a town", "latitude_deg": 38.3, "longitude_deg": 34.3,
                                     "value": 2.0},
                   {"name": "post-itself", "title": "the post", "component": "post", "hits_to_kill": 3}],
        "readiness": {"sealed_h": 0.05, "installed_cold_h": 0.02, "standby_min": 1.0, "radiating_s": 2.0},
        "nodes": [
            *base["nodes"],
            {"name": "centre", "title": "air command", "owner": "national", "tracks": True, "sensitive": True,
             "latitude_deg": 38.5, "longitude_deg": 34.5},
            {"name": "vendor", "title": "the vendor", "owner": "vendor"},
            *({"name": name, "title": "somebody", "owner": "outside"} for name in ("stranger", "other")),
            {"name": "allies", "title": "the allies", "owner": "nato", "tracks": True, "latitude_deg": 37.5,
             "longitude_deg": 34.5, "aboard": "watch"},
        ],
        "radars": [
            {**radar, "sector_center_deg": 20.0, "offset_km": 1.0, "bearing_deg": 45.0, "azimuth_bias_deg": 0.1},
            {**radar, "name": "second-eye", "batch": 2, "offset_km": 3.0},
            {"name": "mast", "class": "far", "node": "centre", "latitude_deg": 38.6, "longitude_deg": 34.6},
            {"name": "carried", "class": "far", "node": "allies", "aboard": "watch"},
            {"name": "modern", "class": "sheet", "node": "centre", "latitude_deg": 38.2, "longitude_deg": 34.2,
             "antenna_height_m": 20.0, "range_bias_m": 30.0, "silence": [{"from_min": 0.5, "to_min": 1.0}]},
            {"name": "hill", "class": "ear", "node": "centre", "latitude_deg": 38.4, "longitude_deg": 34.2, "altitude_m": 2500.0},
        ],
        "fire_units": [*base["fire_units"], {**base["fire_units"][0], "name": "second", "radar": "second-eye", "batch": 2},
                       {**base["fire_units"][0], "name": "shaped", "class": "shaped"}],
        "links": [
            {**line, **behind, "name": "in", "from": "centre", "to": "post", "role": "feed_in", "cross_check_s": 5.0, "cross_check_rcs_m2": 2.0},
            {**line, **behind, "name": "out", "from": "post", "to": "centre", "role": "feed_out"},
            {**line, **behind, "name": "order", "from": "centre", "to": "post", "role": "orders"},
            {**line, "name": "help", "from": "post", "to": "vendor", "role": "support"},
            {**line, "name": "dark", "from": "post", "to": "vendor", "role": "undeclared"},
            {**line, **behind, "name": "both", "from": "allies", "to": "centre", "role": "fixed", "guard": "filter",
             "topologies": ["hub", "mesh"], "guard_area": "outside", "guard_latitude_deg": 38.0, "guard_longitude_deg": 34.0,
             "guard_radius_km": 30.0, "guard_kind": "aerodynamic", "rate_kbit_s": 2.0, "outage_s": 20.0,
             "outages": [{"from_s": 5.0, "to_s": 15.0}]},
            *({**{k: v for k, v in line.items() if k != "period_s"}, "name": name, "from": a, "to": b, "role": "fixed", "net": net,
               "medium": "radio", "access": access} for name, net, a, b, access in (
                ("turn", "air", "allies", "centre", "turns"), ("burst", "chance", "allies", "post", "slotted"),
                ("burst-too", "chance", "centre", "post", "slotted"), ("shout", "ground", "centre", "allies", "unslotted"),
                ("shout-too", "hill", "allies", "centre", "unslotted"))),
            {"name": "raw", "from": "allies", "to": "centre", "role": "fixed", "carries": "plots", "latency_s": 1.0, "period_s": 2.0,
             "capacity": 5, "message_bits": 200.0},
        ],
        "nets": [{"name": "air", "frame_s": 8.0, "slots": 6}, {"name": "ground", "frame_s": 9.0, "slots": 7}, {"name": "chance", "frame_s": 7.0, "slots": 5},
                 {"name": "hill", "frame_s": 8.0, "slots": 5}],
        "compromises": [
            {"name": effect, "title": f"it would {effect}", "of": of, "effect": effect, "p_exists": 0.2, "from_s": 10.0, "to_s": 90.0, **what}
            for effect, of, what in (
                ("inject", "centre", {"ghosts": 3, "radius_km": 20.0, "claim": "hostile", "latitude_deg": 38.3, "longitude_deg": 34.3}), ("alter", "in", {"shift_km": 3.0}),
                ("delay", "in", {"late_s": 3.0}), ("deny", "in", {"share": 0.5}), ("disable", "centre", {}),
                ("copy", "in", {"sink": "stranger", "rate_bit_s": 200.0, "period_s": 5.0, "message_bits": 90.0, "duty": 0.6,
                                "pause_s": 20.0, "late_s": 4.0}))
        ],
        "undeclared": {"p_exists": 0.3, "duty": 0.4},
        "doctrine": {"method": "centralised", "authority": "centre", "voice_delay_s": 1.0, "service_s": 3.0,
                     "contact_availability": 0.6, "salvo": 2, "rounds_max": 3, "tiring": 0.1, "watch_h": 2.0, "patience_s": 60.0,
                     "second_key": "allies",
                     "control": [{"name": "dome", "status": "free", "kind": "ballistic", **place}],
                     "lanes": [{"name": "east", "latitude_deg": 38.0, "longitude_deg": 34.0, "to_latitude_deg": 38.0,
                                "to_longitude_deg": 36.0, "width_km": 10.0, "altitude_min_m": 1e3, "altitude_max_m": 9e3,
                                "from_min": 0.0, "to_min": 60.0}],
                     "identification": {"prior": [0.2, 0.3, 0.5]}},
        "civil": {
            "domestic": 3000.0, "international": 2000.0, "overflight": 1000.0, "hour_profile": [float(h) + 1 for h in range(24)],
            "airliner": "liner",
            "airports": [{"name": f"a{i}", "latitude_deg": 37.2 + 0.7 * i, "longitude_deg": 33.0 + i} for i in range(3)],
            "gates": [{"name": f"g{i}", "latitude_deg": 36.5 + i, "longitude_deg": 35.5 - i} for i in range(3)],
        },
        "sorties": [
            {**sortie, "name": "watch", "kind": "orbit", "in_raid": True, "altitude_m": 9000.0, "speed_mps": 190.0},
            {**sortie, "name": "training", "kind": "box", "count": 2, "start_h": 0.0, "end_h": 24.0, "weekdays_only": False,
             "reflectors": "modifier", "patterns": ["busy", "quiet"], "in_raid": True},
            {**sortie, "name": "passing", "kind": "transit", "to_latitude_deg": 39.0, "to_longitude_deg": 35.0, "in_raid": True},
        ],
        "vignettes": {
            "raid": {"warmup_min": 0.5, "warnings_h": [0.0, 1.0], "civil_share": 0.5,
                     "threats": [{"class": "raider", "count": 4, "distance_km": 50.0, "spread_min": 0.5},
                                 {"class": "falling", "count": 2, "distance_km": 200.0, "spread_min": 0.2},
                                 {"class": "raider", "count": 1, "distance_km": 90.0, "stand_off_km": 60.0},
                                 {"class": "bearer", "count": 2, "distance_km": 80.0}]},
            "peace": {"kind": "peace", "duration_min": 2.0, "tick_s": 1.0, "warmup_min": 0.5, "windows": 2},
        },
        "postures": {
            "on": on,
            "linked": {**on, "emits": "announced-days", "in_feed": "open", "order_path": "link", "support": "link",
                       "ready_h": None, "readiness": "standby", "records": "in-view", "absent": ["mast"]},
            **{state: {**on, "ready_h": None, "readiness": state, "emits": emits} for state in ("sealed", "installed-cold", "radiating")
               for emits in ["duty-cycle" if state == "radiating" else "on-threat"]},
            **{effect: {**on, "in_feed": "open", "compromise": effect} for effect in ("inject", "alter", "delay", "deny", "disable", "copy")},
            "guarded": {**on, "out_feed": "filter", "emits": "on-threat", "support": "visits", "records": "all"},
        },
        "library": {
            "radars": {
                "sharp": {"swerling": 1, "range_km": 150.0, "false_plots_per_scan": 2.0, "iff_modes": ["C"],
                          "iff_range_km": 150.0, "sector_width_deg": 300.0, "track_width_deg": 320.0},
                "sheet": {
                    **{k: v for k, v in builders.SHARP_RADAR.items() if not k.startswith(("range_", "sigma_", "false_"))},
                    "role": "surveillance", "band": "S", "frequency_ghz": 2.9, "peak_power_kw": 50.0, "pulse_us": 100.0,
                    "gain_db": 35.0, "losses_db": 6.0, "noise_temperature_k": 600.0, "cfar_cells": 24, "swerling": 2,
                    "bandwidth_mhz": 1.0, "beam_azimuth_deg": 1.5, "beam_elevation_deg": 2.0, "sidelobes_db": -30.0,
                    "elevation_min_deg": -2.0, "elevation_max_deg": 30.0, "dimensions": 3, "crypto": "alliance",
                },
                "ear": {
                    **{k: v for k, v in builders.SHARP_RADAR.items() if k != "range_rcs_m2"}, "role": "surveillance",
                    "dimensions": 1, "range_km": 200.0, "range_emission_w": 1000.0,
                },
                "far": {**builders.SHARP_RADAR, "role": "surveillance", "iff_modes": ["3A", "5"], "iff_range_km": 200.0},
            },
            "missiles": {
                "round": {"pk_low_m": 500.0, "pk_factor_low": 0.8, "pk_factor_receding": 0.7, "common_failure": 0.2},
                "shaped": {
                    **{k: v for k, v in builders.MISSILE.items() if not k.startswith(("range_", "altitude_", "ballistic_", "speed"))},
                    "envelope_km": [[2.0, 0.0], [80.0, 0.0], [60.0, 20.0], [25.0, 20.0]],
                    "ballistic_envelope_km": [[3.0, 2.0], [40.0, 2.0], [30.0, 20.0]],
                    "flyout_range_km": [10.0, 80.0], "flyout_altitude_km": [1.0, 15.0],
                    "flyout_speed_mps": [[700.0, 600.0], [900.0, 1000.0]],
                },
            },
            "fire_units": {"shaped": {**builders.UNIT, "missile": "shaped"},
                           "unit": {"rounds_per_launcher": 1, "assessment_correct": 0.8, "reload_min": 1.0, "reload_rounds": 4,
                                    "launch_interval_s": 1.0, "channels": 6}},
            "bodies": {
                "raider": {"jammer_w": 50.0, "jammer_bandwidth_mhz": 20.0, "jammer_bands": ["S"], "emission_w": 500.0,
                           "emission_bands": ["X"]},
                "friend": {**builders.RAIDER, "kind": "aircraft", "augmented_rcs": "10-100", "iff_modes": ["5", "3A"],
                           "reply_probability": 0.8, "signature": True, "mode_failures": {"5": 0.2}, "crypto": "alliance"},
                "liner": {**builders.RAIDER, "kind": "airliner", "iff_modes": ["3A"], "reply_probability": 0.9},
                "bearer": {**builders.RAIDER, "kind": "aircraft", "hit_probability": 0.5, "debris_km": 3.0, "debris_probability": 0.4,
                           "releases": 2, "weapon": "raider", "release_distance_km": 70.0, "interval_s": 10.0, "aims": "living"},
                "falling": {**builders.RAIDER, "kind": "ballistic"},
            },
        },
    })  # fmt: skip


def digested(*parts: Any) -> str:
    sha = hashlib.sha256()
    for part in parts:
        for array in builders.arrays(part):
            sha.update(array.tobytes() + str(array.shape).encode())
        if not isinstance(part, tuple | np.ndarray):
            sha.update(repr(part).encode())
    return sha.hexdigest()


def entering(s: Scenario) -> str:
    """What enters the engine, in every posture and vignette, without a warning and with one."""
    parts: list[Any] = []
    for name in s.vignettes:
        world = draw_world(s, name, 3, 1)
        parts += [world.clock, world.weekday, world.bodies, world.antenna, world.mask]
        parts += [f.augmented for f in world.flights]
        for posture in s.postures:
            for warning in (s.modifiers.warning, 3600.0):
                sim = assemble(s, world, posture, warning)
                p = sim.params._replace(radars=sim.params.radars._replace(mask=None))
                parts += [
                    tuple(x for x in p if x is not p.terrain),
                    sim.tick,
                    sim.ticks,
                    sim.warmup,
                    sim.links,
                    sim.system_nodes,
                ]
    return digested(*parts)


def said(s: Scenario) -> str:
    """What the commands say of the postures."""
    names = list(s.postures)
    return digested([show(s, p) for p in names], [diff(s, p, q) for p in names for q in names])


def studied(s: Scenario) -> str:
    """Rows and summary of a small study."""
    design = Design(s, tuple(s.postures), tuple(s.vignettes), 3, 2, 1)
    tables = {name: columns(rows) for name, rows in replicate(design, 1).tables.items() if rows}
    summary = summarise(design, tables, s.baseline, "custom", True)
    return digested(json.dumps(summary, default=str, sort_keys=True))


def recorded(s: Scenario) -> str:
    """Where a run's record puts the parts."""
    tables = run(s, s.baseline, "raid", 3, duration=10.0).tables
    return digested([[c.tolist() for c in tables[name].values()] for name in ("nodes", "sensors", "assets", "bodies")])


OUTPUTS = (entering, said, recorded, studied)


@pytest.fixture(scope="module")
def raw() -> dict[str, Any]:
    return everything()


@pytest.fixture(scope="module")
def before(raw) -> list[str]:
    s = parse(raw, "test")
    return [output(s) for output in OUTPUTS]


def models(cls: type[Spec] = Scenario) -> list[type[Spec]]:
    """Every table of a scenario file."""
    found = [cls]
    for field in cls.model_fields.values():
        for inner in _specs(field.annotation):
            found += [m for m in models(inner) if m not in found]
    return found


def _specs(annotation: Any) -> Iterator[type[Spec]]:
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _specs(argument)


FIELDS = [
    (cls.__name__, field)
    for cls in models()
    for field, info in cls.model_fields.items()
    if (cls.__name__, field) not in TIED and not list(_specs(info.annotation))
]


def places(table: Any, cls: type[Spec], wanted: str) -> Iterator[dict[str, Any]]:
    """Every raw table of a model inside another."""
    if cls.__name__ == wanted:
        yield table
    for name, info in cls.model_fields.items():
        inner = next(_specs(info.annotation), None)
        below = table.get(cls.spelled(name)) if inner is not None else None
        if below is None or inner is None:
            continue
        origin = typing.get_origin(info.annotation)
        entries = below if origin is list else below.values() if origin is dict else [below]
        for entry in entries:
            yield from places(entry, inner, wanted)


def others(cls: type[Spec], field: str, key: str, now: Any, names: list[str]) -> Iterator[Any]:
    """Other values that the field may hold."""
    annotation = cls.model_fields[field].annotation
    choices = [c for a in (annotation, *typing.get_args(annotation)) if typing.get_origin(a) is typing.Literal
               for c in typing.get_args(a)]  # fmt: skip
    if field == "terrain":
        yield "shipped"
    elif field == "mode_failures":
        yield {"5": 0.5}
    elif cls.extra(field, "decade"):
        yield from ("100-1000", "0.001-0.01", "0.1-1")
    elif isinstance(now, bool):
        yield not now
    elif isinstance(now, list) and now and isinstance(now[0], list):
        yield [[1.1 * x for x in row] for row in now]
    elif isinstance(now, list) and now and isinstance(now[0], float):
        yield [now[0] + 1.0, *now[1:]]
        yield now[::-1]
    elif typing.get_origin(annotation) is list:
        inner = typing.get_args(annotation)[0]
        yield []
        if typing.get_origin(inner) is typing.Literal:
            yield [typing.get_args(inner)[0]]
            yield [typing.get_args(inner)[-1]]
        yield from ([name] for name in names)
    elif choices:
        yield from (c for c in choices if c != now)
    elif isinstance(now, int):
        yield from (now + 1, max(1, now - 1), 1)
    elif isinstance(now, float):
        yield from (now * 0.5 + 0.01, now * 1.5 + 0.1, now + 1.0, 2.0 * now, 0.0, 1.0, 0.5, now + 12.0)
    elif isinstance(now, str):
        yield from (name for name in names if name != now)
    elif now is None:
        yield from (0.5, 10.0, 100.0, 1, "coast", "quiet")


def names_in(raw: Any) -> list[str]:
    """Every name of the scenario, for what refers to another part."""
    found = [*raw["postures"], *raw["sites"], "quiet"]
    for kind in ("nodes", "radars", "sorties", "fire_units", "links", "nets", "compromises"):
        found += [entry["name"] for entry in raw[kind]]
    for entries in raw["library"].values():
        found += list(entries)
    return [*found, "generic-missile", "generic-engagement", "generic-fire-unit", "strike-aircraft", "patriot-class"]


@pytest.mark.parametrize(("model", "field"), FIELDS)
def test_some_output_changes(raw, before, model, field):
    cls = next(m for m in models() if m.__name__ == model)
    keys = [key for key, meaning in cls.accepted().items() if meaning.field == field]
    count = len(list(places(raw, Scenario, model)))
    assert count > 0, f"the scenario of this test has no {model}"
    tried = []
    for stage, output in enumerate(OUTPUTS):
        for i in range(count):
            entry = list(places(raw, Scenario, model))[i]
            key = next((k for k in keys if k in entry), keys[0])
            now = entry.get(key, plain_default(cls, field))
            for value in others(cls, field, key, now, names_in(raw)):
                changed = copy.deepcopy(raw)
                list(places(changed, Scenario, model))[i][key] = value
                try:
                    got = output(parse(changed, "test"))
                except OpenIadsError:
                    continue
                tried.append((key, value))
                if got != before[stage]:
                    return
                if output is studied and len(tried) > 60:
                    break
    pytest.fail(f"{model}.{field}: nothing reads it; tried {tried[:12]}")


def plain_default(cls: type[Spec], field: str) -> Any:
    default = cls.model_fields[field].get_default(call_default_factory=True)
    if isinstance(default, float) and cls.extra(field, "dimension") == "angle":
        return math.degrees(default)
    return default


@pytest.mark.parametrize(("model", "field"), sorted(TIED))
def test_a_tied_field_is_refused_alone(raw, model, field):
    cls = next(m for m in models() if m.__name__ == model)
    entry = next(places(raw, Scenario, model))
    refused = 0
    for value in others(cls, field, field, entry.get(field), ["centre", "another"]):
        changed = copy.deepcopy(raw)
        next(places(changed, Scenario, model))[field] = value
        with pytest.raises(ScenarioError):
            parse(changed, "test")
        refused += 1
    assert refused > 0


def test_a_field_that_nothing_reads_is_found(raw, before, monkeypatch):
    """A field of a model that no command mentions: the check above must fail on it."""
    monkeypatch.setattr("tests.contracts.test_liveness.show", lambda s, p: "")
    with pytest.raises(pytest.fail.Exception, match="nothing reads it"):
        test_some_output_changes(raw, [before[0], said(parse(raw, "test")), *before[2:]], "BodyClass", "title")


def sources(folder: str) -> list[str]:
    return [path.read_text() for path in sorted((SOURCE / folder).rglob("*.py"))]


def test_every_field_of_the_engine_is_read():
    """What a stage writes, a stage, a ledger's reader or a record reads."""
    assert fields.unread(sources("engine"), sources("")) == []


def test_a_field_that_is_only_written_is_found():
    """A column of a bundle that a kernel sums and nobody reads."""
    cheat = "class Tally(NamedTuple):\n    fired: int\n    kept: int\n"
    kernel = "def account(tally):\n    tally.fired[0] += tally.kept[0]\n"
    assert fields.unread([cheat], [kernel]) == [("Tally", "fired")]


def test_the_terrain_is_read(raw):
    """Alone it is refused, since the surface that reflects must be smooth."""
    changed = copy.deepcopy(raw)
    changed["propagation"]["reflection"] = 0.0
    smooth = entering(parse(changed, "test"))
    changed["terrain"] = "shipped"
    assert entering(parse(changed, "test")) != smooth
