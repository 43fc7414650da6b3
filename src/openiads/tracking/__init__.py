"""The tracker by itself: plots of any radars in, numbered tracks out. docs/equations/tracking.md.

>>> from openiads.tracking import Config, Radar, Tracker
>>> tracker = Tracker([Radar("north", 0.69, 0.57, 1200.0)], Config())
>>> tracks = tracker.process(plots)  # openiads.tracking.Plots

Scores (docs/equations/tracking-metrics.md): a `Truth`, then `quality(truth, tracks)` for the table, or
`align(truth, tracks)` for the frames that `ospa`, `gospa`, `siap` and `clear_mot` compare.
Registration errors of radars: `estimate_bias(plots, radars, common_targets(plots, radars))`, docs/equations/registration.md.
Tracks of several nodes, whatever their clocks, become system tracks by `fuse`. Two estimates become one by `covariance_intersection`,
`fuse_independent` or `fuse_correlated`; `openiads.tracking.fusion` has the rest. What a tracker of one's own must offer to take the place of `Tracker` in a run, a study or on a recording: `TrackerClass`, `OwnTracker`, `OwnTracks`.
"""

from __future__ import annotations

from openiads.tracking.common import common_targets
from openiads.tracking.fusion import covariance_intersection, fuse_correlated, fuse_independent
from openiads.tracking.metrics import clear_mot, gospa, nees, ospa
from openiads.tracking.own import OwnTracker, OwnTracks, TrackerClass
from openiads.tracking.plots import Plots, Radar, Source
from openiads.tracking.quality import quality, quality_alone
from openiads.tracking.registration import Registration, estimate_bias
from openiads.tracking.scene import align
from openiads.tracking.siap import siap
from openiads.tracking.system import SystemTracks, fuse
from openiads.tracking.tracker import MANOEUVRING, Config, Model, Tracker, Tracks
from openiads.tracking.truth import Truth

__all__ = [
    "MANOEUVRING", "Config", "Model", "OwnTracker", "OwnTracks", "Plots", "Radar", "Registration", "Source", "SystemTracks",
    "Tracker", "TrackerClass", "Tracks", "Truth",
    "align", "clear_mot", "common_targets", "covariance_intersection", "estimate_bias", "fuse", "fuse_correlated",
    "fuse_independent", "gospa", "nees", "ospa", "quality", "quality_alone", "siap",
]  # fmt: skip
