"""Plots and scans of a record: what the radars measured, and nothing else of the run changed by recording it."""

from __future__ import annotations

import numpy as np
import pytest

import openiads as oi
from openiads.engine.sensing.measurement import place
from openiads.interop.export import export
from openiads.plots import COLUMNS, plots_of, scans_of
from openiads.record import Run
from tests import builders
from tests.records import plotted_run, short_run


def test_recording_plots_changes_nothing_else():
    plain, plotted = short_run(), plotted_run()
    assert set(plotted.tables) - set(plain.tables) == {"plots", "scans"}
    assert plain.meta == plotted.meta
    for name, table in plain.tables.items():
        for column, values in table.items():
            assert [*map(repr, values)] == [*map(repr, plotted.tables[name][column])], f"{name}.{column}"


def test_plots_are_in_order_within_the_run_and_of_its_radars():
    plots = plotted_run().tables["plots"]
    assert plots["t"].size > 500
    assert np.all(np.diff(plots["t"]) >= 0.0)
    assert plots["t"][0] > 0.0 and plots["t"][-1] <= plotted_run().meta["duration_s"]
    assert set(plots["radar"]) <= set(plotted_run().tables["sensors"]["name"])


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_a_plot_is_what_the_radar_measured(dimensions):
    """Oracle: the range and angles that the engine's own conversion was given, with noise of a degree."""
    simulation = builders.simulation(builders.scenario())
    state, rng = simulation.state, np.random.default_rng(1)
    simulation.params.radars.dimensions[:] = dimensions
    count = 50
    distance, azimuth, elevation = (
        rng.uniform(5e3, 4e5, count),
        rng.uniform(0, 6.28, count),
        rng.uniform(0.01, 0.5, count),
    )
    for q in range(count):
        builders.compiled(place)(
            state.antennas,
            state.plots,
            0,
            q,
            distance[q],
            azimuth[q],
            elevation[q],
            50.0,
            0.017,
            0.017,
            dimensions == 3,
        )
    state.plots.first[1:] = count
    state.plots.reply[:count] = [0b1100 << 8 | 0b1100 if q % 2 else 0b1100 for q in range(count)]
    found = plots_of(simulation)
    np.testing.assert_allclose(found["azimuth_deg"], np.degrees(azimuth), rtol=1e-9)
    assert set(found["asked"]) == {"3A C"} and set(found["answered"]) == {"3A C", ""}
    if dimensions == 1:
        assert np.isnan(found["range_m"]).all() and np.isnan(found["height_m"]).all()
        return
    np.testing.assert_allclose(found["range_m"], distance, rtol=1e-6)
    if dimensions == 3:
        np.testing.assert_allclose(found["elevation_deg"], np.degrees(elevation), atol=1e-4)
        assert np.isfinite(found["height_m"]).all()
    else:
        assert np.isnan(found["elevation_deg"]).all()
        assert np.array_equal(np.isfinite(found["height_m"]), np.arange(count) % 2 == 1)


def test_a_radar_that_turns_passes_north_once_a_turn():
    scans, sensors = plotted_run().tables["scans"], plotted_run().tables["sensors"]
    period = dict(zip(sensors["name"], sensors["period_s"], strict=True))
    assert set(scans["radar"]) == {"acquisition", "all-altitude"}
    for name in set(scans["radar"]):
        t = scans["t"][scans["radar"] == name]
        np.testing.assert_allclose(np.diff(t), period[name], atol=1e-9)
        assert t.size == pytest.approx(300.0 / period[name], abs=1.0)


def test_the_beam_points_north_when_a_marker_is_sent():
    """Oracle: a plot's own time and azimuth; the fraction of the turn since the marker is the azimuth of the body."""
    plots, scans = plotted_run().tables["plots"], plotted_run().tables["scans"]
    marks = scans["t"][scans["radar"] == "acquisition"]
    rows = (plots["radar"] == "acquisition") & (plots["t"] > marks[0])
    since = (plots["t"][rows] - marks[0]) / 10.0 % 1.0 * 360.0
    off = (since - plots["azimuth_deg"][rows] + 180.0) % 360.0 - 180.0
    assert rows.sum() > 50 and np.abs(off).max() < 2.0  # a body moves, and noise turns it


def test_recording_starts_where_it_is_told():
    run = oi.run("s400-alone", "complete", "raid", seed=3, start=200.0, duration=100.0, plots=True)
    whole = plotted_run().tables["plots"]
    rows = whole["t"] > 200.0
    np.testing.assert_array_equal(run.tables["plots"]["t"], whole["t"][rows])
    np.testing.assert_array_equal(run.tables["plots"]["range_m"], whole["range_m"][rows])


def test_a_run_without_plots_is_recorded_and_exported(tmp_path):
    """A tick, or a whole run, in which no radar reports anything has empty tables of the same columns."""
    simulation = builders.simulation(builders.scenario())
    assert {c: v.size for c, v in plots_of(simulation).items()} == dict.fromkeys(COLUMNS["plots"], 0)
    assert {c: v.size for c, v in scans_of(simulation, 0.0, 0.0).items()} == dict.fromkeys(COLUMNS["scans"], 0)
    run = plotted_run()
    silent = {name: {c: v[:0] for c, v in run.tables[name].items()} for name in COLUMNS}
    Run(run.meta, run.tables | silent).save(tmp_path / "run")
    lines = export(Run.load(tmp_path / "run"), "asterix", tmp_path / "sent")
    assert "radar acquisition, 0 records of CAT034, 0 records of CAT048" in lines[1]
    export(Run.load(tmp_path / "run"), "csv", tmp_path / "tables")
