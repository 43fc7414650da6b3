"""What the ledger of kills says is what became of the bodies.

Oracle: Truth after the run; a pair flies 300 m apart, so that a round meant for one may find the other.
"""

from __future__ import annotations

from openiads.engine import motion
from openiads.engine.geo import destination
from tests import builders


def pair() -> builders.Repeated:
    """Two raiders side by side; rounds that always kill what they find."""
    s = builders.scenario(library={"missiles": {"round": {"pk_cruise": 1.0}}})
    start, end = (destination(*builders.SITE, 1.0, d) for d in (40e3, 20e3))
    beside = [destination(*place, 1.0 + 1.5708, 300.0) for place in (start, end)]
    return builders.Repeated(
        builders.simulation(s, [builders.flight(s, "left", start, end), builders.flight(s, "right", *beside)])
    )


def test_a_body_is_killed_once():
    """Two salvos that find the same body in one tick are one kill; the other body flies on."""
    run, survivors = pair(), 0
    for replication in range(40):
        state = run.run(replication, 40)
        killed = int((state.truth.status[:2] == motion.KILLED).sum())
        assert state.tally.rounds.sum() == 2
        assert state.tally.hits.sum() == killed
        assert state.engagements.arrived.sum() == 2, "each round that found a body has a draw of its own"
        survivors += 2 - killed
    assert survivors > 5, "both rounds find the same body now and then"
