"""Library entries: classes of radars, missiles, fire units and bodies, by what the open literature gives."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from openiads.scenario.quantity import Decade, Spec, number, quantities, quantity
from openiads.units import LARGEST

Text = Annotated[str, Field(min_length=1, max_length=400)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=60)]
Positive = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Kind = Literal["aircraft", "airliner", "cruise", "drone", "ballistic"]
Mode = Literal["1", "2", "3A", "C", "4", "5", "S", "ADS-B"]
Metres = Annotated[float, Field(ge=0.0, le=LARGEST["length"], allow_inf_nan=False)]
MetresPerSecond = Annotated[float, Field(ge=1.0, le=LARGEST["speed"], allow_inf_nan=False)]
Band = Literal["VHF", "UHF", "L", "S", "C", "X", "Ku", "Ka"]

MOST_CORNERS = 16  # of an envelope
MOST_NODES = 12  # of a fly-out table, in range and in altitude
MOST_FALSE_PLOTS = 200  # of a radar in a scan
MOST = 500  # entries of one kind
FARTHEST = 3e6  # m: how far a radar looks or asks
Corner = Annotated[list[Metres], Field(min_length=2, max_length=2)]
Polygon = Annotated[list[Corner], Field(min_length=3, max_length=MOST_CORNERS)]
Nodes = Annotated[list[Metres], Field(min_length=1, max_length=MOST_NODES)]
Speeds = Annotated[list[MetresPerSecond], Field(min_length=1, max_length=MOST_NODES)]
# limits of each band in Hz, and what a class that states no frequency has (IEEE 521-2019)
BAND_LIMITS = {
    "VHF": (30e6, 300e6), "UHF": (0.3e9, 1e9), "L": (1e9, 2e9), "S": (2e9, 4e9), "C": (4e9, 8e9), "X": (8e9, 12e9),
    "Ku": (12e9, 18e9), "Ka": (27e9, 40e9),
}  # fmt: skip
BANDS = {"VHF": 0.165e9, "UHF": 0.45e9, "L": 1.3e9, "S": 3.0e9, "C": 5.5e9, "X": 9.5e9, "Ku": 15e9, "Ka": 35e9}


class RadarClass(Spec):
    """A class of radar: by a range against a cross-section, as the open literature has it, or by its data sheet."""

    title: Text
    role: Literal["surveillance", "engagement"]
    band: Band
    frequency: float | None = quantity("frequency", None, gt=0.0)  # within its band; else in the middle
    dimensions: Literal[1, 2, 3] = 3  # 2: no height of its own; 1: a bearing alone, from what bodies emit
    # a stated range ...
    range: float | None = quantity("length", None, gt=0.0)
    range_rcs: float | None = quantity("cross-section", None, gt=0.0)
    range_emission: float | None = quantity("power", None, gt=0.0)
    range_pd: float = number(0.9, gt=0.0, le=0.999)
    # ... or a data sheet
    peak_power: float | None = quantity("power", None, gt=0.0)
    pulse: float | None = quantity("time", None, gt=0.0, le=1.0)
    losses: float = quantity("ratio", 1.0, gt=0.0)
    cfar_cells: int | None = Field(None, ge=2, le=1000)
    # what both may say
    gain: float | None = quantity("ratio", None, gt=0.0)
    noise_temperature: float = quantity("temperature", 290.0, gt=0.0)
    bandwidth: float | None = quantity("frequency", None, gt=0.0)
    beam_azimuth: float | None = quantity("angle", None, gt=0.0, le=math.pi)
    beam_elevation: float | None = quantity("angle", None, gt=0.0, le=math.pi)
    sidelobes: float = quantity("ratio", 10.0**-2.5, gt=0.0, le=1.0)
    pfa: float = number(1e-6, ge=1e-20, le=0.01)
    swerling: Literal[0, 1, 2, 3, 4] = 1
    pulses: int = Field(1, ge=1, le=1000)  # added up after the detector
    instrumented_range: float = quantity("length", gt=0.0, le=FARTHEST)
    minimum_range: float = quantity("length", 1000.0, le=FARTHEST)
    scan_period: float = quantity("time", gt=0.0, le=120.0)
    track_period: float | None = quantity("time", None, gt=0.0, le=60.0)
    sector_width: float = quantity("angle", gt=0.0, le=2.0 * math.pi + 1e-9)
    track_width: float | None = quantity("angle", None, gt=0.0, le=2.0 * math.pi + 1e-9)
    elevation_min: float = quantity("angle", ge=-math.pi / 2, le=math.pi / 2)
    elevation_max: float = quantity("angle", ge=-math.pi / 2, le=math.pi / 2)
    antenna_height: float = quantity("length", le=200.0)
    sigma_range: float | None = quantity("length", None, gt=0.0)  # else from bandwidth and beams
    sigma_azimuth: float | None = quantity("angle", None, gt=0.0)
    sigma_elevation: float | None = quantity("angle", None, gt=0.0)
    sigma_range_rate: float | None = quantity("speed", None, gt=0.0, le=1000.0)  # else it measures none
    false_plots_per_scan: float | None = number(None, le=MOST_FALSE_PLOTS)  # else from pfa and the resolution cells
    iff_modes: list[Mode] = Field([], max_length=8)
    iff_range: float = quantity("length", 0.0, le=FARTHEST)
    crypto: Name = "alliance"  # whose keys it holds for modes 4 and 5
    channels: int | None = Field(None, ge=1, le=1000)  # targets at once of the fire units that it serves, all together
    targets: list[Kind] = Field(["aircraft", "airliner", "cruise", "drone", "ballistic"], min_length=1, max_length=5)


class MissileClass(Spec):
    """A class of missile: two envelopes, how fast it flies out, and kill probabilities that the user supplies."""

    title: Text
    # against what flies by itself: a box ...
    range_max: float | None = quantity("length", None, gt=0.0)
    range_min: float | None = quantity("length", None)
    altitude_max: float | None = quantity("length", None, gt=0.0)
    altitude_min: float | None = quantity("length", None)
    # ... or a polygon of ground range and altitude
    envelope: Polygon | None = quantities("length")
    # against ballistic targets, likewise
    ballistic_range: float = quantity("length", 0.0)
    ballistic_altitude_max: float = quantity("length", 0.0)
    ballistic_altitude_min: float = quantity("length", 0.0)
    ballistic_envelope: Polygon | None = quantities("length")
    # an average speed, or a table of it by slant range and altitude of the point that is flown to: rows are altitudes
    speed: float | None = quantity("speed", None, gt=0.0)
    flyout_range: Nodes | None = quantities("length")
    flyout_altitude: Nodes | None = quantities("length")
    flyout_speed: Annotated[list[Speeds], Field(min_length=1, max_length=MOST_NODES)] | None = quantities("speed")
    target_speed_max: float = quantity("speed", gt=0.0)
    # of one round
    pk_aircraft: float = number(le=1.0)
    pk_cruise: float = number(le=1.0)
    pk_drone: float = number(le=1.0)
    pk_ballistic: float = number(le=1.0)
    # by which it is multiplied, and what a salvo has in common
    pk_factor_low: float = number(1.0, le=1.0)
    pk_low: float = quantity("length", 0.0, le=30e3)  # altitude of the target below which it is
    pk_factor_receding: float = number(1.0, le=1.0)
    common_failure: float = number(0.0, le=1.0)  # share of its failures that all rounds of a salvo have together


class FireUnitClass(Spec):
    """The smallest element that can engage alone."""

    title: Text
    missile: Name
    channels: int = Field(ge=1, le=48)
    rounds_per_launcher: int = Field(ge=1, le=100)
    reaction: float = quantity("time", le=600.0)
    launch_interval: float = quantity("time", 0.0, le=60.0)
    assessment: float = quantity("time", 5.0, le=600.0)
    assessment_correct: float = number(1.0, le=1.0)
    reload: float = quantity("time", 0.0)
    reload_rounds: int = Field(0, ge=0, le=1000)


class BodyClass(Spec):
    """A class of aircraft or threat."""

    title: Text
    kind: Kind
    speed: float | None = quantity("speed", None, gt=0.0, le=8000.0)
    altitude: float = quantity("length", 0.0, le=30e3, sweepable=False)
    altitude_reference: Literal["sea", "ground"] = Field("sea", json_schema_extra={"sweepable": False})
    rcs_nose: Decade
    rcs_beam: Decade
    rcs_tail: Decade
    augmented_rcs: Decade | None = Field(None, json_schema_extra={"decade": True})
    iff_modes: list[Mode] = Field([], max_length=8)
    reply_probability: float = number(0.0, le=1.0)
    mode_failures: dict[Mode, Share] = Field({}, max_length=8)  # of single modes, on top of the transponder's
    crypto: Name = "alliance"
    signature: bool = False
    jammer: float | None = quantity("power", None, gt=0.0)  # effective radiated power of noise
    jammer_bandwidth: float = quantity("frequency", 100e6, gt=0.0)
    jammer_bands: list[Band] = Field([], max_length=8)
    emission: float | None = quantity("power", None, gt=0.0)  # effective radiated power that a passive sensor hears
    emission_bands: list[Band] = Field([], max_length=8)
    # of a threat: what it does where it was sent (user inputs), and what it carries
    hit_probability: float = number(1.0, le=1.0)
    debris: float = quantity("length", 0.0, le=100e3)  # killed this close to its target, it may still hit
    debris_probability: float = number(0.0, le=1.0)
    releases: int = Field(0, ge=0, le=100, json_schema_extra={"sweepable": False})
    weapon: Name | None = Field(None, json_schema_extra={"sweepable": False})  # class of what it releases
    release_distance: float = quantity("length", 0.0, le=3e6, sweepable=False)  # from its target, of the first
    interval: float = quantity("time", 0.0, le=86400.0, sweepable=False)  # between two releases
    aims: Literal["own", "living"] = Field("own", json_schema_extra={"sweepable": False})  # its own target, or in turn


class Library(Spec):
    """Classes by name."""

    radars: dict[Name, RadarClass] = Field({}, max_length=MOST)
    missiles: dict[Name, MissileClass] = Field({}, max_length=MOST)
    fire_units: dict[Name, FireUnitClass] = Field({}, max_length=MOST)
    bodies: dict[Name, BodyClass] = Field({}, max_length=MOST)
