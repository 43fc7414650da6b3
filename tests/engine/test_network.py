"""Links through the real engine: what arrives, how late, what a guard keeps back, and that nothing runs against an arrow."""

from __future__ import annotations

import numpy as np
import pytest

import openiads as oi
from openiads.engine import network
from openiads.errors import ScenarioError
from openiads.running import complete
from openiads.scenario.build import build
from openiads.scenario.links import links_of

SYSTEM, NATIONAL = "s400", "national"


def lived(posture, **sets):
    scenario = oi.load("turkey-2019", {"vignettes.peace.duration_min": "4", **sets})
    simulation = build(scenario, posture, "peace", 1, 0, stratum=3)
    complete(simulation)
    return simulation


def held(simulation, node):
    """Seconds for which a node held a body: by the system's own sensors, by others only."""
    names = [n.name for n in simulation.scenario.nodes]
    own, every = simulation.state.exposure.seconds[names.index(node)].sum(axis=0)
    return own, every - own


def test_one_way_in_holds_fed_tracks_and_one_way_out_holds_none():
    into, out = lived("one-way-in"), lived("one-way-out")
    assert held(into, SYSTEM)[1] > 0.0
    assert held(out, SYSTEM)[1] == 0.0
    assert held(out, NATIONAL)[0] > 0.0  # the system's own tracks, seen at the centre
    assert held(into, NATIONAL)[0] == 0.0


def test_standalone_hears_and_tells_nobody_but_the_undeclared_channel():
    alone = lived("standalone")
    assert held(alone, SYSTEM)[1] == 0.0 and held(alone, NATIONAL)[0] == 0.0
    assert sum(held(alone, "vendor-support")) == 0.0
    assert held(alone, "outside")[0] > 0.0


def test_a_filter_passes_no_more_than_an_open_link():
    opened, filtered = lived("full-links"), lived("filtered-two-way")
    k = opened.links.index("national-picture-in")
    f = filtered.links.index("national-picture-in")
    assert filtered.state.tally.link_withheld[f, network.BY_GUARD] > 0
    assert not opened.state.tally.link_withheld[k].any()
    assert held(filtered, SYSTEM)[1] <= held(opened, SYSTEM)[1]


def test_latency_makes_pictures_old():
    quick, slow = lived("one-way-in"), lived("one-way-in", **{"links.national-picture-in.latency_s": "9"})
    node = [n.name for n in quick.scenario.nodes].index(SYSTEM)

    def age(simulation):
        bins = simulation.state.tally.age[node]
        return (bins * np.arange(bins.size)).sum() / bins.sum()

    assert age(slow) > age(quick) + 1.5


def test_a_link_that_is_never_up_carries_nothing():
    silent = lived("one-way-in", **{"links.national-picture-in.availability": "0.0"})
    assert silent.state.tally.link_tracks[silent.links.index("national-picture-in")] == 0
    assert held(silent, SYSTEM)[1] == 0.0


def test_capacity_bounds_a_frame():
    narrow = lived("one-way-in", **{"links.national-picture-in.capacity": "7"})
    k = narrow.links.index("national-picture-in")
    frames = (narrow.ticks + 1) * narrow.tick / narrow.params.links.period[k] + 1
    assert 0 < narrow.state.tally.link_tracks[k] <= 7 * frames
    assert narrow.state.tally.link_withheld[k, network.BY_CAPACITY] > 0


@pytest.mark.parametrize("topology", ["hub", "mesh", "national"])
def test_no_copy_outlives_its_track(topology):
    """Two nodes that forward to each other keep no dead track: every copy rests on a plot that is young enough."""
    simulation = lived("full-links", **{"modifiers.topology": topology, "vignettes.peace.duration_min": "8"})
    pictures, tracks = simulation.state.pictures, simulation.state.tracks
    end, own = simulation.ticks * simulation.tick, pictures.held.shape[1]
    dead = alive = 0
    for n, node in enumerate(simulation.scenario.nodes):
        most = simulation.params.links.keep[n]
        assert node.owner in ("vendor", "outside") or most < 120.0
        for p in own + np.flatnonzero(pictures.valid[n, own:]):
            assert end - pictures.t_update[n, p] <= most
            origin, slot = pictures.origin[n, p]
            gone = tracks.status[origin, slot] == 0 or tracks.number[origin, slot] != pictures.number[n, p]
            dead, alive = dead + gone, alive + (not gone)
    assert alive > 50 and dead < 0.1 * alive


def test_a_narrow_channel_takes_every_track_in_turn():
    simulation = lived("one-way-in", **{"vignettes.peace.duration_min": "8", "undeclared.duty": "1"})
    own, fed = held(simulation, "outside")
    assert (
        simulation.params.links.capacity[simulation.links.index("undeclared-channel")]
        < simulation.state.pictures.valid[0].sum()
    )
    assert own > 0.0 and fed > 0.0


def test_a_dark_system_is_fed_nothing():
    scenario = oi.load("turkey-2019")
    simulation = build(scenario, "one-way-in", "raid", 1, warning=0.0)
    simulation.params.readiness.start[:] = np.where(
        np.isin(simulation.params.radars.node, simulation.system_nodes), np.inf, simulation.params.readiness.start
    )
    simulation.params.doctrine.ready[simulation.system_nodes] = np.inf
    complete(simulation)
    assert sum(held(simulation, SYSTEM)) == 0.0 and sum(held(simulation, NATIONAL)) > 0.0


def test_a_node_that_is_taken_away_is_told_nothing_and_forwards_nothing():
    """It needs no radar for that: the far end of a channel hears all that the system holds, and nothing once it is gone."""
    scenario = oi.load("turkey-2019", {"vignettes.peace.duration_min": "4", "undeclared.duty": "1"})
    gone = scenario.postures["one-way-in"].model_copy(update={"absent": ["outside", "national"]})
    scenario = scenario.model_copy(update={"postures": {**scenario.postures, "gone": gone}})
    told = {}
    for posture in ("one-way-in", "gone"):
        simulation = build(scenario, posture, "peace", 1, 0, stratum=3)
        complete(simulation)
        told[posture] = sum(held(simulation, "outside"))
    assert told["one-way-in"] > 0.0 and told["gone"] == 0.0
    assert not {"national", "outside"} & {end for x in links_of(scenario, "gone") for end in (x.from_, x.to)}


def test_a_diode_beside_a_way_back_is_refused():
    scenario = oi.load("turkey-2019")
    broken = scenario.postures["one-way-in"].model_copy(update={"out_feed": "open"})
    postures = {**scenario.postures, "one-way-in": broken}
    with pytest.raises(ScenarioError, match="diode"):
        links_of(scenario.model_copy(update={"postures": postures}), "one-way-in")


def test_a_relayed_track_is_never_a_second_one():
    """National and NATO pass each other's pictures on: no node may file its own track as a received one."""
    state = lived("full-links").state
    slots = state.pictures.held.shape[1]
    for n in range(state.pictures.valid.shape[0]):
        received = np.flatnonzero(state.pictures.valid[n, slots:]) + slots
        assert not (state.pictures.origin[n, received, 0] == n).any()
        keys = {tuple(o) for o in state.pictures.origin[n, received]}
        assert len(keys) == received.size


def test_a_node_keeps_a_received_track_for_some_frames_of_its_own_links_only():
    """A slow channel elsewhere must not make ghosts here."""
    alone, sealed = lived("standalone"), lived("sealed")
    national = [n.name for n in alone.scenario.nodes].index(NATIONAL)
    assert alone.params.links.keep[national] == sealed.params.links.keep[national]
    coast = alone.params.trackers.coast.max()
    assert alone.params.links.keep[national] == coast + 12.5


def test_who_reports_an_object_still_learns_what_others_know_of_it():
    """The centre holds the system's report of an object beside another node's: the system gets the other one."""
    alone, both = lived("one-way-in"), lived("full-links")

    def known(simulation):
        pictures = simulation.state.pictures
        node = [n.name for n in simulation.scenario.nodes].index(SYSTEM)
        own = pictures.held.shape[1]
        told = pictures.told[node, :own][pictures.valid[node, :own]]
        return int((told > 0).sum())

    assert known(both) >= 0.95 * known(alone) > 0
