"""The tracker by itself: plots of any radars in, numbered tracks out. docs/equations/tracking.md.

>>> from openiads.tracking import Config, Radar, Tracker
>>> tracker = Tracker([Radar("north", 0.69, 0.57, 1200.0)], Config())
>>> tracks = tracker.process(plots)  # openiads.tracking.Plots
"""

from __future__ import annotations

from openiads.tracking.plots import Plots, Radar
from openiads.tracking.tracker import Config, Tracker, Tracks

__all__ = ["Config", "Plots", "Radar", "Tracker", "Tracks"]
