"""Detection, its look-up table, its approximations, CFAR and m of n: against values that others computed.

Oracles: exact values to 40 digits (DET-3), published outputs of the two approximations (DET-1, DET-2), printed
thresholds and probabilities (DET-4, DET-6), scipy's noncentral chi-square, and draws of pulses.
"""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from openiads.engine.jit import jit
from openiads.engine.sensing import approximations, logic
from openiads.engine.sensing import detection as det

DATA = Path(__file__).parents[1] / "data" / "detection"
EXACT = json.loads((DATA / "swerling_exact.json").read_text())
PUBLISHED = json.loads((DATA / "matlab_albersheim_shnidman_vectors.json").read_text())
CASES = range(5)
PULSES = (1, 4, 10, 30, 100)
PFAS = (1e-4, 1e-6, 1e-8)

cases = st.integers(0, 4)
pulses = st.one_of(st.integers(1, 20), st.sampled_from((30, 100, 300, 1000)))
log_pfas = st.floats(math.log(1e-12), math.log(1e-2))
decibels = st.floats(-40.0, 70.0)


def linear(db: float) -> float:
    return 10.0 ** (db / 10.0)


def db(x: float) -> float:
    return 10.0 * math.log10(x)


@jit
def look_up(table, snr, out):
    for i in range(snr.size):
        out[i] = det.probability(table, snr[i])


@jit
def compute(snr, log_pfa, swerling, pulses, out):
    for i in range(snr.size):
        out[i] = det.detection_probability(snr[i], log_pfa, swerling, pulses)


# ---------------------------------------------------------------- exact values


@pytest.mark.parametrize("swerling", CASES)
def test_exact_probabilities(swerling):
    """DET-3; case 4 with many pulses is where alternating sums fail."""
    rows = [r for r in EXACT["pd"] if r["sw"] == swerling]
    assert len(rows) > 30 and {r["N"] for r in rows} == set(PULSES)
    for r in rows:
        got = det.detection_probability(linear(r["snr_db"]), math.log(r["pfa"]), swerling, r["N"])
        assert got == pytest.approx(r["pd"], abs=1e-11), r


@pytest.mark.parametrize("swerling", CASES)
def test_exact_required_snr(swerling):
    rows = [r for r in EXACT["req"] if r["sw"] == swerling]
    assert len(rows) == 30
    for r in rows:
        got = det.required_snr(r["pd"], math.log(r["pfa"]), swerling, r["N"])
        assert db(got) == pytest.approx(r["snr_db"], abs=1e-5), r


def test_textbook_anchors():
    assert db(det.required_snr(0.9, math.log(1e-6), 0)) == pytest.approx(13.2, abs=0.05)
    assert db(det.required_snr(0.9, math.log(1e-6), 1)) == pytest.approx(21.1, abs=0.05)


def test_printed_thresholds():
    """DET-4: the threshold on power, and on amplitude."""
    assert det.threshold(math.log(1e-6)) == pytest.approx(13.81551056, abs=1e-8)
    assert math.sqrt(det.threshold(math.log(1e-6))) == pytest.approx(3.71692219, abs=1e-8)


@pytest.mark.parametrize(("snr_db", "pd"), [(0, 0.01846703), (5, 0.14995286), (10, 0.81029237)])
def test_printed_single_sample(snr_db, pd):
    """DET-4."""
    assert det.detection_probability(linear(snr_db), math.log(1e-3), 0) == pytest.approx(pd, abs=1e-8)


@pytest.mark.parametrize("n", [1, 2, 3, 10, 100, 1000])
def test_threshold_against_scipy(n):
    for pfa in (0.9, 0.5, 0.1, 1e-3, 1e-6, 1e-9, 1e-12):
        assert det.threshold(math.log(pfa), n) == pytest.approx(special.gammainccinv(n, pfa), rel=1e-13)


@settings(max_examples=300)
@given(st.floats(-25.0, 20.0), log_pfas, pulses)
def test_steady_target_against_scipy(snr_db, log_pfa, n):
    snr = linear(snr_db)
    expected = stats.ncx2.sf(2.0 * det.threshold(log_pfa, n), 2 * n, 2.0 * n * snr)
    assert det.detection_probability(snr, log_pfa, 0, n) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("swerling", "n"), [*itertools.product((1, 2, 3, 4), (1, 3, 10, 100))])
def test_fluctuating_target_against_an_integral(swerling, n):
    """The steady target averaged over the gamma law of its energy."""
    order = {1: 1, 2: n, 3: 2, 4: 2 * n}[swerling]
    level = special.gammainccinv(n, 1e-6)
    for pd in (0.05, 0.5, 0.95):
        snr = det.required_snr(pd, math.log(1e-6), swerling, n)
        energy = stats.gamma(order, scale=n * snr / order)

        def seen(x, energy=energy):
            return energy.pdf(x) * stats.ncx2.sf(2.0 * level, 2 * n, 2.0 * x)

        edges = [0.0, *energy.ppf((0.01, 0.1, 0.5, 0.9, 0.99)), energy.isf(1e-12)]
        parts = [integrate.quad(seen, a, b, epsabs=1e-11)[0] for a, b in itertools.pairwise(edges)]
        assert sum(parts) == pytest.approx(pd, abs=1e-8)


@pytest.mark.parametrize(
    ("swerling", "printed"), [(0, 0.85347), (1, 0.48490), (2, 0.73399), (3, 0.56954), (4, 0.78173)]
)
def test_drawn_pulses(swerling, printed):
    """Ten pulses at 5 dB: this many draws and the 400 000 of the reference, both within four sigmas."""
    n, snr, trials = 10, linear(5.0), 100_000
    pd = det.detection_probability(snr, math.log(1e-6), swerling, n)
    rng = np.random.default_rng(swerling)
    shape = (trials, 1 if swerling in (1, 3) else n)
    order = 1.0 if swerling in (1, 2) else 2.0
    power = snr * (rng.gamma(order, 1.0 / order, shape) if swerling else np.ones(shape))
    noise = rng.normal(0.0, math.sqrt(0.5), (2, trials, n))
    total = ((np.sqrt(power) + noise[0]) ** 2 + noise[1] ** 2).sum(axis=1)
    hits = np.count_nonzero(total > det.threshold(math.log(1e-6), n))
    sigma = math.sqrt(pd * (1.0 - pd))
    assert abs(hits / trials - pd) < 4.0 * sigma / math.sqrt(trials)
    assert abs(printed - pd) < 4.0 * sigma / math.sqrt(400_000)


# ---------------------------------------------------------------- what holds everywhere


@settings(max_examples=300)
@given(decibels, st.floats(0.0, 10.0), log_pfas, st.floats(0.0, 5.0), cases, pulses)
def test_probability_grows_with_snr_and_pfa(snr_db, more, log_pfa, dearer, swerling, n):
    pd = det.detection_probability(linear(snr_db), log_pfa, swerling, n)
    assert 0.0 <= pd <= 1.0
    assert pd >= math.exp(log_pfa) * (1.0 - 1e-11)
    assert det.detection_probability(linear(snr_db + more), log_pfa, swerling, n) >= pd - 1e-14
    assert det.detection_probability(linear(snr_db), log_pfa - dearer, swerling, n) <= pd + 1e-11


@given(decibels, log_pfas)
def test_a_single_pulse_has_no_memory(snr_db, log_pfa):
    """Cases 1 and 2 are one case, so are 3 and 4; the closed forms are the series."""
    snr, level = linear(snr_db), -log_pfa
    pd = [det.detection_probability(snr, log_pfa, s) for s in CASES]
    assert pd[1] == pd[2] == pytest.approx(math.exp(log_pfa) ** (1.0 / (1.0 + snr)), rel=1e-12)
    assert pd[3] == pd[4]
    assert pd[1] == pytest.approx(det._series(snr, log_pfa, level, 1.0, 1), abs=1e-13)
    assert pd[3] == pytest.approx(det._series(snr, log_pfa, level, 0.5, 1), abs=1e-13)


@settings(max_examples=200)
@given(st.floats(0.001, 0.999), log_pfas, cases, pulses)
def test_required_snr_inverts(pd, log_pfa, swerling, n):
    snr = det.required_snr(pd, log_pfa, swerling, n)
    assert det.detection_probability(snr, log_pfa, swerling, n) == pytest.approx(max(pd, math.exp(log_pfa)), abs=1e-9)


@pytest.mark.parametrize(("swerling", "n"), [*itertools.product(CASES, (1, 10, 1000))])
def test_limits(swerling, n):
    lp = math.log(1e-6)
    for nothing in (0.0, 1e-300, 1e-20):
        assert det.detection_probability(nothing, lp, swerling, n) == pytest.approx(1e-6, rel=1e-11)
    for everything in (1e15, 1e300, math.inf):
        assert det.detection_probability(everything, lp, swerling, n) == pytest.approx(1.0, abs=1e-12)
    assert det.detection_probability(1.0, 0.0, swerling, n) == 1.0, "a threshold of zero lets all through"
    assert det.required_snr(1e-6, lp, swerling, n) == 0.0
    assert det.required_snr(1.0, lp, swerling, n) == math.inf


# ---------------------------------------------------------------- table


@pytest.mark.parametrize("n", PULSES)
def test_table_error(n):
    """At most 1e-5 anywhere, 1.1e-6 between its steps; never falling, and within 32 KiB."""
    steps = np.arange((det.HIGHEST - det.LOWEST) * det.STEPS)
    octave, place = steps // det.STEPS, (steps % det.STEPS + 0.43) / det.STEPS  # near the worst of a parabola
    inside = (1.0 + place) * 2.0 ** (det.LOWEST + octave)
    below = np.linspace(0.0, 2.0**det.LOWEST, 20)
    beyond = 2.0**det.HIGHEST * np.array([1.0, 1.5, 10.0, 1e6])
    snr = np.concatenate([below, inside, beyond])
    got, exact = np.empty_like(snr), np.empty_like(snr)
    for swerling, pfa in itertools.product(CASES, PFAS):
        table = det.detection_table(math.log(pfa), swerling, n)
        assert table.dtype == np.float64 and table.nbytes <= 1 << 15
        look_up(table, snr, got)
        compute(snr, math.log(pfa), swerling, n, exact)
        error = np.abs(got - exact)
        assert error.max() <= 1e-5, (swerling, pfa)
        assert error[: -beyond.size].max() <= 1.1e-6, (swerling, pfa)
        assert np.diff(got).min() >= -1e-15 and got.min() >= 0.0 and got.max() <= 1.0 + 1e-15
        assert got[0] == pytest.approx(pfa, rel=1e-12)


@pytest.mark.parametrize(("n", "allowed"), [(1, 1.2e-5), (10, 1.2e-5), (100, 1.2e-5), (1000, 7.5e-5)])
def test_table_error_over_all_that_a_scenario_may_state(n, allowed):
    """Below the first step, between the steps (3e-6), beyond the last: Pfa from 0.01 down to 1e-20."""
    steps = np.arange(0, (det.HIGHEST - det.LOWEST) * det.STEPS, 7)
    inside = (1.0 + (steps % det.STEPS + 0.43) / det.STEPS) * 2.0 ** (det.LOWEST + steps // det.STEPS)
    snr = np.concatenate([2.0**det.LOWEST * np.linspace(0.0, 1.0, 40), [2.0**det.HIGHEST], inside])
    got, exact = np.empty_like(snr), np.empty_like(snr)
    for swerling, pfa in itertools.product(CASES, (1e-2, 1e-3, 1e-12, 1e-20)):
        look_up(det.detection_table(math.log(pfa), swerling, n), snr, got)
        compute(snr, math.log(pfa), swerling, n, exact)
        error = np.abs(got - exact)
        assert error.max() <= allowed, (swerling, pfa)
        assert error[41:].max() <= 3e-6, (swerling, pfa)


def test_table_holds_its_steps_and_its_ends():
    table = det.detection_table(math.log(1e-6), 3, 10)
    steps = np.arange((det.HIGHEST - det.LOWEST) * det.STEPS)
    snr = (1.0 + steps % det.STEPS / det.STEPS) * 2.0 ** (det.LOWEST + steps // det.STEPS)
    got = np.empty_like(snr)
    look_up(table, snr, got)
    assert got == pytest.approx(table[1:-2], abs=1e-15)
    assert table.size == steps.size + 3
    assert [det.probability(table, x) for x in (0.0, 5e-324, math.inf)] == pytest.approx([1e-6, 1e-6, 1.0], rel=1e-12)


@pytest.mark.parametrize(("swerling", "n"), [(0, 1), (1, 1), (2, 1), (3, 1), (4, 1), (1, 2), (2, 10)])
def test_a_field_is_closed_form_where_there_is_one_and_the_look_up_elsewhere(swerling, n):
    """2**x by polynomial: 6e-11 of the closed form over the whole range that a float64 snr can have."""
    snr = np.concatenate([[0.0, 5e-324], np.logspace(-300.0, 300.0, 1201), np.logspace(-4.0, 4.0, 40_001)])
    for pfa in (1e-3, 1e-6, 1e-12, 1e-100, 1e-300):
        table = det.detection_table(math.log(pfa), swerling, n)
        got, exact = np.empty_like(snr), np.empty_like(snr)
        det.probabilities(table, snr, got)
        if n == 1 and swerling in (1, 2):
            exact = np.array([math.exp(math.log(pfa) / (1.0 + x)) for x in snr])
            assert np.abs(got / exact - 1.0).max() < 6e-11
        else:
            look_up(table, snr, exact)
            assert np.array_equal(got, exact)


@given(decibels, cases, pulses, log_pfas)
@settings(max_examples=40)
def test_table_anywhere(snr_db, swerling, n, log_pfa):
    table = det.detection_table(log_pfa, swerling, n)
    exact = det.detection_probability(linear(snr_db), log_pfa, swerling, n)
    assert det.probability(table, linear(snr_db)) == pytest.approx(exact, abs=1e-5)


# ---------------------------------------------------------------- approximations


def rows_of(published: dict) -> list[tuple[float, float, int, float]]:
    """(pd, pfa, N, snr_db), whichever of the three varies."""
    rows = []
    for series in published.values():
        columns = [np.broadcast_to(series[k], len(series["snr_db"])).tolist() for k in ("pd", "pfa", "N")]
        rows += zip(*columns, series["snr_db"], strict=True)
    return rows


def test_albersheim_as_published():
    """DET-1."""
    rows = rows_of(PUBLISHED["albersheim"])
    assert len(rows) == 51
    for pd, pfa, n, snr_db in rows:
        assert approximations.albersheim(pd, pfa, n) == pytest.approx(snr_db, abs=1e-9), (pd, pfa, n)


@pytest.mark.parametrize(
    ("pd", "pfa", "n", "snr_db"),
    [(0.9, 1e-6, 1, 13.114544494322786), (0.5, 1e-6, 10, 3.556291380845494), (0.5, 1e-6, 100, -2.514880224697833),
     (0.5, 1e-9, 1, 13.041455112681206), (0.9, 1e-6, 10, 4.9903859594287)],
)  # fmt: skip
def test_albersheim_spots(pd, pfa, n, snr_db):
    assert approximations.albersheim(pd, pfa, n) == pytest.approx(snr_db, abs=1e-12)


def test_shnidman_as_published():
    """DET-2, N = 40 included."""
    rows = rows_of(PUBLISHED["shnidman"])
    assert len(rows) == 50
    for pd, pfa, n, snr_db in rows:
        assert approximations.shnidman(pd, pfa, n) == pytest.approx(snr_db, abs=1e-9), (pd, pfa, n)
    assert approximations.shnidman(0.9, 1e-6) == pytest.approx(13.121692696758089, abs=1e-12)
    assert approximations.shnidman(0.5, 1e-6, 100) == pytest.approx(-2.633013225970103, abs=1e-12)


def test_shnidman_at_forty_pulses():
    """Of the two readings the one nearer to the exact value."""
    exact = db(det.required_snr(0.5, math.log(1e-6), 0, 40))
    assert abs(approximations.shnidman(0.5, 1e-6, 40) - exact) < 0.002


def test_approximations_of_the_reference_grid():
    """The file holds both approximations to a microdecibel, and for every case how far they may be off."""
    envelope = {0: 0.17, 1: 0.79, 2: 0.40, 3: 0.67, 4: 0.34}
    for r in EXACT["req"]:
        pd, pfa, n, swerling = r["pd"], r["pfa"], r["N"], r["sw"]
        shnidman = approximations.shnidman(pd, pfa, n, swerling)
        assert shnidman == pytest.approx(r["shnidman_db"], abs=1e-6), r
        assert abs(shnidman - r["snr_db"]) <= envelope[swerling], r
        if swerling == 0:
            albersheim = approximations.albersheim(pd, pfa, n)
            assert albersheim == pytest.approx(r["albersheim_db"], abs=1e-6), r
            assert abs(albersheim - r["snr_db"]) <= 0.32, r


def test_approximations_where_they_are_stated_to_hold():
    """The errors that docs/equations/detection.md gives, from Pd 0.1 to 0.99 (Albersheim 0.3 to 0.9)."""
    worst = dict.fromkeys(CASES, 0.0)
    for swerling, n, pfa, pd in itertools.product(CASES, PULSES, PFAS, (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99)):
        exact = db(det.required_snr(pd, math.log(pfa), swerling, n))
        worst[swerling] = max(worst[swerling], abs(approximations.shnidman(pd, pfa, n, swerling) - exact))
        if swerling == 0 and 0.3 <= pd <= 0.9:
            assert abs(approximations.albersheim(pd, pfa, n) - exact) <= 0.29
    assert worst == pytest.approx({0: 0.23, 1: 0.83, 2: 0.83, 3: 0.67, 4: 0.38}, abs=0.005)


# ---------------------------------------------------------------- CFAR


@pytest.mark.parametrize(
    ("cells", "factor", "pd"), [(8, 36.987306, 0.346348), (16, 21.941979, 0.517449), (32, 17.277649, 0.591387)]
)
def test_cfar_as_printed(cells, factor, pd):
    """DET-6."""
    assert logic.cfar_factor(cells, 1e-6) == pytest.approx(factor, abs=1e-6)
    assert logic.cfar_probability(linear(15.0), cells, 1e-6) == pytest.approx(pd, abs=1e-6)


@given(st.integers(1, 200), st.floats(1e-10, 1e-2), st.floats(0.02, 0.99))
def test_cfar_loss_is_the_distance_between_two_curves(cells, pfa, pd):
    loss = logic.cfar_loss(pd, pfa, cells)
    known = det.required_snr(pd, math.log(pfa), 1)
    assert logic.cfar_probability(known * linear(loss), cells, pfa) == pytest.approx(pd, rel=1e-6)
    assert logic.cfar_probability(0.0, cells, pfa) == pytest.approx(pfa, rel=1e-9)
    assert loss > logic.cfar_loss(pd, pfa, cells + 1) > 0.0


def test_cfar_with_many_cells_knows_the_noise():
    assert logic.cfar_factor(10**9, 1e-6) == pytest.approx(-math.log(1e-6), rel=1e-6)
    assert logic.cfar_loss(0.9, 1e-6, 10**9) == pytest.approx(0.0, abs=1e-6)


# ---------------------------------------------------------------- m of n


@pytest.mark.parametrize(
    ("m", "n", "p", "once", "by_ten"),
    [(2, 3, 0.9, 0.972, 0.99999765), (3, 5, 0.9, 0.99144, 0.9999609894), (3, 5, 0.5, 0.5, 0.818359375),
     (3, 4, 0.8, 0.8192, 0.9930932224), (2, 3, 1e-3, 2.998e-6, 1.6963985e-5)],
)  # fmt: skip
def test_m_of_n_as_printed(m, n, p, once, by_ten):
    """DET-6."""
    assert logic.m_of_n(p, m, n) == pytest.approx(once, rel=1e-12)
    assert logic.m_of_n_by(p, m, n, n) == pytest.approx(once, rel=1e-12), "the first n scans are one window"
    assert logic.m_of_n_by(p, m, n, 10) == pytest.approx(by_ten, rel=1e-8)


@settings(max_examples=60)
@given(st.floats(0.0, 1.0), st.integers(1, 5), st.integers(0, 4), st.integers(0, 9))
def test_sliding_window_against_all_outcomes(p, m, wider, scans):
    n, total = m + wider, 0.0
    for hits in itertools.product((0, 1), repeat=scans):
        if any(sum(hits[i : i + n]) >= m for i in range(scans)):
            total += p ** sum(hits) * (1.0 - p) ** (scans - sum(hits))
    assert logic.m_of_n_by(p, m, n, scans) == pytest.approx(total, abs=1e-13)


@given(st.floats(0.0, 1.0), st.integers(1, 12), st.integers(0, 12))
def test_m_of_n_against_scipy(p, m, wider):
    assert logic.m_of_n(p, m, m + wider) == pytest.approx(stats.binom.sf(m - 1, m + wider, p), abs=1e-13)


def test_cumulative():
    """DET-6, and the rule of one hit."""
    assert logic.cumulative(0.2, 5) == pytest.approx(0.67232, rel=1e-12)
    assert logic.cumulative(0.5, 5) == pytest.approx(0.96875, rel=1e-12)
    assert logic.cumulative(0.3, 7) == pytest.approx(logic.m_of_n_by(0.3, 1, 3, 7), rel=1e-12)
    assert (logic.cumulative(0.0, 5), logic.cumulative(1.0, 5)) == (0.0, 1.0)
