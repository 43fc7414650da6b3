"""From what a scenario says of a radar to the arrays of the engine: loop gain, errors, false plots, air and ground."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from openiads.engine import sensing
from openiads.engine.sensing import equation
from openiads.errors import ScenarioError
from openiads.scenario.air import bend_of, clear_air, transmission_of
from openiads.scenario.classes import BANDS, RadarClass
from openiads.scenario.flights import KINDS, band_bits, mode_bits, name_key
from openiads.scenario.spec import Propagation, Radar, Scenario
from openiads.scenario.world import World

_MOST_ELEVATION = math.radians(89.0)
NATIONAL_MODES = ["3A", "C", "5"]  # of a national interrogator fitted to the system


def radars_of(scenario: Scenario, world: World, node_index: dict[str, int], tick: float) -> sensing.Radars:
    """All radars of the scenario, present or not, so that their numbers are the same in every posture."""
    specs = scenario.radars
    models = [scenario.library.radars[r.class_] for r in specs]
    names = [f.name for f in world.flights]
    nodes = [node_index[r.node] for r in specs]
    air = scenario.propagation
    for spec, model in zip(specs, models, strict=True):
        shortest = min(model.scan_period, model.track_period or math.inf)
        if tick > shortest:
            raise ScenarioError(
                f"the tick of {tick:g} s is longer than the shortest scan of radar '{spec.name}' ({shortest:g} s); "
                "shorten the vignette's tick"
            )
    heights = [float(h) for h in world.antenna[:, 2]]
    return sensing.Radars(
        key=np.array([name_key(r.name) for r in specs], np.uint32),
        node=np.array(nodes, np.int32),
        local=np.array([nodes[:i].count(n) for i, n in enumerate(nodes)], np.int32),
        host=np.array([names.index(r.aboard) if r.aboard in names else -1 for r in specs], np.int32),
        kinds=np.array([kind_bits(m.targets) for m in models], np.int32),
        dimensions=np.array([m.dimensions for m in models], np.int8),
        period=np.array([m.scan_period for m in models]),
        phase=np.array([
            float(name_key(r.name) % 1000) / 1000.0 * m.scan_period for r, m in zip(specs, models, strict=True)
        ]),
        track_period=np.array([m.track_period or 0.0 for m in models]),
        sector_centre=np.array([r.sector_center or 0.0 for r in specs]),
        sector_width=np.array([m.sector_width for m in models]),
        track_width=np.array([m.track_width or m.sector_width for m in models]),
        slope=np.array([[math.tan(m.elevation_min), math.tan(min(m.elevation_max, _MOST_ELEVATION))] for m in models]),
        reach=np.array([[m.minimum_range, m.instrumented_range] for m in models]),
        gain=np.array([loop_gain(m, air, height) for m, height in zip(models, heights, strict=True)]),
        detection=np.stack([_detection(m.pfa, m.swerling, m.pulses) for m in models]),
        floor=np.array([_required(0.5, m.pfa, 0, m.pulses) for m in models]),
        sigma=np.array([errors(m) for m in models]),
        snr_ref=np.array([reference_snr(m) for m in models]),
        bias=np.array([[r.azimuth_bias, r.range_bias] for r in specs]),
        band=np.array([band_bits([m.band]) for m in models], np.int32),
        wavelength=np.array([equation.LIGHT / frequency(m) for m in models]),
        reflection=np.full(len(specs), air.reflection),
        transmission=np.stack([
            transmission_of(air, frequency(m), h, m.instrumented_range) for m, h in zip(models, heights, strict=True)
        ]),
        bend=np.stack([bend_of(air, height) for height in heights]),
        hears=np.array([_hears(m) for m in models]),
        bandwidth=np.array([m.bandwidth or 0.0 for m in models]),
        beam=np.array([m.beam_azimuth or 2.0 * math.pi for m in models]),
        sidelobes=np.array([m.sidelobes for m in models]),
        modes=np.array([mode_bits(modes_of(scenario, r)) for r in specs], np.int32),
        crypto=np.array([
            name_key("alliance" if nationally_asked(scenario, r) else m.crypto)
            for r, m in zip(specs, models, strict=True)
        ], np.uint32),
        iff_range=np.array([m.iff_range for m in models]),
        false_mean=np.array([false_plots(m) for m in models]),
        antenna=world.antenna,
        mask=world.mask,
    )  # fmt: skip


def nationally_asked(scenario: Scenario, radar: Radar) -> bool:
    """Has the owner fitted an interrogator of its own."""
    return scenario.modifiers.interrogator == "national" and radar.at == "site"


def modes_of(scenario: Scenario, radar: Radar) -> Sequence[str]:
    """Modes that a radar asks for."""
    return NATIONAL_MODES if nationally_asked(scenario, radar) else scenario.library.radars[radar.class_].iff_modes


def kind_bits(kinds: Sequence[str]) -> int:
    """Kinds of bodies as bits."""
    return sum(1 << KINDS.index(k) for k in kinds)


def frequency(model: RadarClass) -> float:
    """Hz: as stated, else the middle of the band."""
    return model.frequency or BANDS[model.band]


def loop_gain(model: RadarClass, air: Propagation, height: float) -> float:
    """SNR x R^4 / RCS in empty space; of a passive sensor SNR x R^2 / emission.

    From the data sheet, or from the stated range: that was reached through air, so what the air took there from a
    target on the horizon of the antenna is given back.
    """
    if model.peak_power is not None:
        assert model.pulse is not None and model.gain is not None
        gain = equation.loop_gain(
            model.peak_power,
            model.pulse,
            model.gain,
            model.gain,
            frequency(model),
            model.noise_temperature,
            model.losses,
        )
        return gain / (_cfar_loss(model) if model.cfar_cells else 1.0)
    assert model.range is not None
    needed = _required(model.range_pd, model.pfa, model.swerling, model.pulses)
    if model.dimensions == 1:
        assert model.range_emission is not None
        return (
            needed
            * model.range**2
            / (model.range_emission * math.sqrt(clear_air(air, frequency(model), height, model.range)))
        )
    assert model.range_rcs is not None
    return needed * model.range**4 / (model.range_rcs * clear_air(air, frequency(model), height, model.range))


def reference_snr(model: RadarClass) -> float:
    """SNR at which the errors of `errors` hold: that of the stated range."""
    return _required(model.range_pd, model.pfa, model.swerling, model.pulses)


def errors(model: RadarClass) -> tuple[float, float, float, float]:
    """Standard deviations of range (m), azimuth, elevation (rad) at reference_snr, as stated, else by ACC-1; of range rate."""
    snr = reference_snr(model)
    sigma_range = model.sigma_range or (equation.range_error(model.bandwidth, snr) if model.bandwidth else 0.0)
    sigma_azimuth = model.sigma_azimuth or (
        equation.angle_error(model.beam_azimuth, snr) if model.beam_azimuth else 0.0
    )
    sigma_elevation = model.sigma_elevation or (
        equation.angle_error(model.beam_elevation, snr) if model.beam_elevation else 0.0
    )
    sigma_rate = model.sigma_range_rate if model.dimensions > 1 else None  # what emits tells no range rate
    return sigma_range, sigma_azimuth, sigma_elevation, sigma_rate or 0.0


def false_plots(model: RadarClass) -> float:
    """Mean number of false plots a scan: as stated, else pfa in every resolution cell of the search."""
    if model.false_plots_per_scan is not None:
        return model.false_plots_per_scan
    if model.bandwidth is None or model.beam_azimuth is None:
        return 0.0
    cells = (model.instrumented_range - model.minimum_range) / (equation.LIGHT / (2.0 * model.bandwidth))
    cells *= model.sector_width / model.beam_azimuth
    if model.beam_elevation is not None:
        cells *= max(1.0, (model.elevation_max - max(0.0, model.elevation_min)) / model.beam_elevation)
    return model.pfa * cells


def _hears(model: RadarClass) -> float:
    """Noise-jamming power over noise x R^2 / (W/Hz): what the main beam takes from a density of jamming."""
    if model.gain is None:
        return 0.0
    return equation.jamming_gain(model.gain, frequency(model), model.noise_temperature)


def _cfar_loss(model: RadarClass) -> float:
    """As a ratio, at the probability of detection of the stated range."""
    assert model.cfar_cells is not None
    return 10.0 ** (sensing.cfar_loss(model.range_pd, model.pfa, model.cfar_cells) / 10.0)


@lru_cache(maxsize=256)
def _required(pd: float, pfa: float, swerling: int, pulses: int) -> float:
    return float(sensing.required_snr(pd, math.log(pfa), swerling, pulses))


@lru_cache(maxsize=256)
def _detection(pfa: float, swerling: int, pulses: int) -> np.ndarray:
    return sensing.detection_table(math.log(pfa), swerling, pulses)
