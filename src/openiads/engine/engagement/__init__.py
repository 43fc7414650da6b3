"""Engagement: what a fire unit does with an order. Reads Orders and Truth (nature decides the hit), writes Engagements.

Acquire with the own engagement radar, react, fire the salvo, guide each round to its meeting point, draw the kill,
assess it. A round hits one of the bodies around the predicted point, which need not be the one that was meant.
docs/equations/engagement.md.
"""

from __future__ import annotations

from openiads.engine.command import ACQUIRING, IN_FLIGHT, LOST
from openiads.engine.engagement.bundles import Engagements as Engagements
from openiads.engine.engagement.bundles import empty_engagements as empty_engagements
from openiads.engine.engagement.flight import acquire, guide
from openiads.engine.engagement.kill import assess, meet
from openiads.engine.engagement.losses import Losses as Losses
from openiads.engine.engagement.losses import empty_losses as empty_losses
from openiads.engine.engagement.losses import reload, remaining
from openiads.engine.engagement.registration import true_place as true_place
from openiads.engine.jit import part


@part
def engage(units, orders, losses, bodies, truth, engagements, key, t1):
    """One tick of every engagement."""
    for f in range(units.key.size):
        reload(units, engagements, f, t1)
        left = remaining(units, losses, engagements, f)
        for c in range(units.channels[f]):
            engagements.launched[f, c] = False
            engagements.met[f, c] = False
            engagements.verdict[f, c] = 0
            phase = engagements.phase[f, c]
            if phase <= ACQUIRING and c >= left:
                engagements.phase[f, c] = LOST
            elif phase <= ACQUIRING:
                acquire(units, orders, engagements, f, c, t1)
            elif phase == IN_FLIGHT:
                engagements.lost[f, c] |= losses.radar[f]
                guide(units, orders, engagements, f, c, t1)
                if t1 >= engagements.t_meet[f, c]:
                    meet(units, orders, bodies, truth, engagements, key, f, c, t1)
            elif t1 >= engagements.t_assess[f, c]:
                assess(units, orders, engagements, key, f, c)
