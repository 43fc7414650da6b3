"""DIS: the sample's values, any value that fits comes back, anything else is refused, bodies stand where they should."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pymap3d
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openiads.interop.dis import STATE, DisError, decode, encode, entity_states
from openiads.interop.entities import TYPES, attitude, entities, location, timestamp
from openiads.scenario.flights import KINDS
from tests.records import short_run

SAMPLE = Path(__file__).parents[2].parent / "shared" / "data" / "dis" / "EntityStatePdu-26.raw"
# the fields that the sample was published with: open-dis, test of its Entity State PDU
LOCATION = (4374082.80485589, 1667679.95730107, 4318284.36890269)


@pytest.mark.skipif(not SAMPLE.exists(), reason="the sample lies outside the repository")
def test_sample():
    data = SAMPLE.read_bytes()
    found = decode(data)
    state = found.states[0]
    assert len(found.states) == 1 and state["version"] == 6 and state["exercise"] == 7
    assert state["entity"].tolist() == [42, 4, 26] and state["force"] == 1
    assert state["kind"].tolist() == (1, 1, 39, 7, 2, 1, 0)
    assert state["location"] == pytest.approx(LOCATION, abs=1e-8)
    assert state["orientation"] == pytest.approx([1.93505, 0.0, -2.31924], abs=5e-6)
    assert state["marking"] == b"26"
    assert encode(found.states) == data


def test_layout():
    """IEEE 1278.1-2012, 7.2.2: 144 octets, and where the fields begin."""
    assert STATE.itemsize == 144
    begins = {"entity": 12, "force": 18, "kind": 20, "alternative": 28, "velocity": 36, "location": 48,
              "orientation": 72, "appearance": 84, "algorithm": 88, "acceleration": 104, "marking": 129,
              "capabilities": 140}  # fmt: skip
    assert {name: (STATE.fields or {})[name][1] for name in begins} == begins


@given(st.data(), st.integers(0, 4))
def test_round_trip(data, count):
    """Random octets are read as fields; the fields give the octets back, parameters and other PDUs among them."""
    states = np.frombuffer(data.draw(st.binary(min_size=144 * count, max_size=144 * count)), STATE).copy()
    states["type"], states["version"] = 1, data.draw(st.sampled_from([5, 6, 7]))
    parameters = [bytes(16 * data.draw(st.integers(0, 3))) for _ in range(count)]
    octets = encode(states, parameters)
    between = bytes([6, 1, 2, 2, 0, 0, 0, 0, 0, 16, 0, 0, 1, 2, 3, 4])
    found = decode(between + octets)
    assert found.skipped == 1 and found.parameters == parameters
    assert encode(found.states, found.parameters) == octets == encode(*decode(octets)[:2])


@given(st.binary(max_size=400))
def test_any_octets_are_read_or_refused(data):
    try:
        found = decode(data)
    except DisError as error:
        assert "offset" in str(error)
    else:
        assert len(found.states) == len(found.parameters)


@given(st.integers(0, 287))
def test_a_cut_is_refused(cut):
    data = encode(entity_states(2))
    if cut in (0, 144):
        assert len(decode(data[:cut]).states) == cut // 144
        return
    with pytest.raises(DisError, match=f"offset {144 if cut > 144 else 0}"):
        decode(data[:cut])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"force": 256}, "force: whole numbers of 0 to 255"),
        ({"entity": [1, 1, -1]}, "entity: whole numbers"),
        ({"location": [0.0, 0.0, np.nan]}, "location: numbers"),
        ({"velocity": [1e39, 0, 0]}, "velocity: numbers"),
        ({"marking": "twelve chars"}, "marking: text of up to 11"),
        ({"kind": [1, 2, 70000, 0, 0, 0, 0]}, "kind.country"),
        ({"colour": 1}, "no column 'colour'"),
        ({"timestamp": 1.5}, "timestamp: whole"),
    ],
)
def test_what_does_not_fit_is_refused(columns, message):
    with pytest.raises(DisError, match=message):
        entity_states(1, **columns)


def test_parameters_must_be_whole():
    with pytest.raises(DisError, match="16 octets"):
        encode(entity_states(1), [b"short"])


def test_places_keep_latitude_longitude_and_height():
    """Oracle: pymap3d on WGS-84."""
    rng = np.random.default_rng(2)
    lat, lon, height = rng.uniform(-90, 90, 200), rng.uniform(-180, 180, 200), rng.uniform(-400, 1e6, 200)
    np.testing.assert_allclose(
        location(lat, lon, height), np.stack(pymap3d.geodetic2ecef(lat, lon, height), axis=1), atol=1e-6
    )


def test_a_body_points_where_it_flies_with_level_wings():
    """Oracle: the Euler rotations of the standard, z by psi, then y by theta, then x by phi; velocity by pymap3d."""
    rng = np.random.default_rng(3)
    lat, lon, heading = rng.uniform(-89, 89, 50), rng.uniform(-180, 180, 50), rng.uniform(0, 360, 50)
    speed = rng.uniform(10, 5000, 50)
    climb = speed * rng.uniform(-0.99, 0.99, 50)
    velocity, angles = attitude(lat, lon, heading, speed, climb)
    np.testing.assert_allclose(np.linalg.norm(velocity, axis=1), speed, rtol=1e-12)
    for i in range(50):
        level = np.sqrt(speed[i] ** 2 - climb[i] ** 2)
        e, n = level * np.sin(np.radians(heading[i])), level * np.cos(np.radians(heading[i]))
        expected = pymap3d.enu2uvw(e, n, climb[i], lat[i], lon[i])
        np.testing.assert_allclose(velocity[i], np.array(expected).ravel(), rtol=1e-9, atol=1e-6)
        turn = _about(2, angles[i, 0]) @ _about(1, angles[i, 1]) @ _about(0, angles[i, 2])
        np.testing.assert_allclose(turn[:, 0], velocity[i] / speed[i], atol=1e-9)
        up = np.array(pymap3d.enu2uvw(0, 0, 1, lat[i], lon[i])).ravel()
        assert turn[:, 1] @ up == pytest.approx(0.0, abs=1e-9)  # the right wing is level
        assert turn[:, 2] @ up < 0.0  # and the belly is below


def _about(axis, angle):
    c, s = np.cos(angle), np.sin(angle)
    turn = np.eye(3)
    a, b = (axis + 1) % 3, (axis + 2) % 3
    turn[a, a], turn[a, b], turn[b, a], turn[b, b] = c, -s, s, c
    return turn


def test_timestamps_count_the_hour():
    assert timestamp(np.array([0.0, 1800.0, 3600.0, 5400.0])).tolist() == [0, 2**31, 0, 2**31]
    assert timestamp(np.array([3600.0 - 1e-9]))[0] < 2**32


def test_entities_of_a_run():
    run = short_run()
    truth, bodies = run.tables["truth"], run.tables["bodies"]
    found = decode(encode(entities(run))).states
    assert len(found) == truth["t"].size
    order = np.lexsort((truth["body"], truth["t"]))
    body = truth["body"][order]
    assert found["entity"][:, 2].tolist() == (body + 1).tolist()
    assert [m.decode() for m in found["marking"]] == [str(bodies["name"][b])[-11:] for b in body]
    assert set(found["force"][bodies["side"][body] == "hostile"].tolist()) == {2}
    lat, lon, height = pymap3d.ecef2geodetic(*found["location"].astype(float).T)
    np.testing.assert_allclose(lat, truth["lat_deg"][order], atol=1e-8)
    np.testing.assert_allclose(lon, truth["lon_deg"][order], atol=1e-8)
    np.testing.assert_allclose(height, truth["alt_m"][order], atol=1e-3)
    assert [tuple(k) for k in found["kind"].tolist()] == [TYPES[bodies["kind"][b]] for b in body]


def test_every_kind_of_body_has_a_type():
    assert set(TYPES) == set(KINDS)
