"""The generator against the known answers of Random123 (kat_vectors of philox4x32, 10 rounds), and what is built on it.

Oracles: the published vectors; the moments and the distribution of independent uniforms (scipy).
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from openiads.engine import rng

WORD = st.integers(0, 2**32 - 1)
ONES = 0xFFFFFFFF


@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((ONES,) * 4, (ONES,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_known_answers(counter, key, answer):
    words = [np.uint32(word) for word in (*counter, *key)]
    assert tuple(int(word) for word in rng.philox(*words)) == answer


@given(WORD, WORD, WORD, WORD, WORD, WORD)
def test_against_whole_numbers(c0, c1, c2, c3, k0, k1):
    """The same ten rounds in Python's unbounded integers."""
    want = (c0, c1, c2, c3)
    key = (k0, k1)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * want[0], 0xCD9E8D57 * want[2]
        want = (p1 >> 32 ^ want[1] ^ key[0], p1 & ONES, p0 >> 32 ^ want[3] ^ key[1], p0 & ONES)
        key = ((key[0] + 0x9E3779B9) & ONES, (key[1] + 0xBB67AE85) & ONES)
    got = rng.philox(*(np.uint32(word) for word in (c0, c1, c2, c3, k0, k1)))
    assert tuple(int(word) for word in got) == want


def test_a_uniform_is_never_zero_or_one():
    assert 0.0 < rng.unit(np.uint32(0)) < 1e-9
    assert 1.0 - 1e-9 < rng.unit(np.uint32(ONES)) < 1.0


@given(WORD, st.integers(0, 2**31), st.integers(1, 16), WORD, WORD, st.integers(0, 2**31))
def test_a_draw_depends_on_its_name_alone(seed, replication, purpose, a, b, ordinal):
    key = np.array([seed, replication], np.uint32)
    names = (np.uint32(purpose), np.uint32(a), np.uint32(b))
    first = rng.uniforms(key, *names, ordinal)
    rng.uniforms(key, *names, ordinal + 1)
    assert rng.uniforms(key, *names, ordinal) == first
    assert rng.uniform(key, *names, ordinal) == first[0]
    assert rng.uniforms(key, *names, ordinal + 1) != first
    assert rng.uniforms(key, np.uint32(purpose + 1), *names[1:], ordinal) != first
    assert rng.uniforms(np.array([seed, replication + 1], np.uint32), *names, ordinal) != first


def test_no_two_purposes_share_a_number():
    numbers = [int(value) for name, value in vars(rng).items() if name.isupper() and not name.startswith("_")]
    assert len(numbers) == len(set(numbers)) >= 16


def test_uniforms_are_uniform_and_independent():
    u = rng.uniform_table(np.array([3, 1], np.uint32), rng.LOOK, np.uint32(5), np.uint32(6), 20_000)
    for column in u.T:
        assert stats.kstest(column, "uniform").pvalue > 1e-4
    cells = (u[:, :2] * 10).astype(int)
    counts = np.bincount(cells[:, 0] * 10 + cells[:, 1], minlength=100)
    assert stats.chisquare(counts).pvalue > 1e-4


def test_normals_are_normal():
    u = rng.uniform_table(np.array([3, 2], np.uint32), rng.NOISE, np.uint32(5), np.uint32(6), 20_000)
    pairs = np.array([rng.normals(a, b) for a, b in u[:, :2]])
    for column in pairs.T:
        assert stats.kstest(column, "norm").pvalue > 1e-4
    assert abs(np.corrcoef(pairs.T)[0, 1]) < 4.0 / np.sqrt(20_000)
