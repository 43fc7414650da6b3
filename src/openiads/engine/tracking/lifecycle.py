"""From plot to track and out again: start, credit, confirm, drop."""

from __future__ import annotations

import math

from openiads.engine.jit import jit

FREE, TENTATIVE, FIRM = 0, 1, 2
NEVER = -1e9  # s


@jit
def open_track(tracks, plots, n, s, q):
    """Put a tentative track without plots into a free slot; the plot that starts it is credited next."""
    tracks.status[n, s] = TENTATIVE
    tracks.number[n, s] = tracks.next_number[n]
    tracks.next_number[n] += 1
    tracks.t_first[n, s] = plots.t[q]
    tracks.t_firm[n, s] = math.inf
    tracks.t_update[n, s] = NEVER
    tracks.hits[n, s] = 0
    tracks.asked_civil[n, s] = tracks.civil[n, s] = 0
    tracks.asked_military[n, s] = tracks.military[n, s] = 0
    tracks.luck[n, s] = plots.luck[q]
    for k in range(tracks.radar_t.shape[2]):
        tracks.radar_t[n, s, k] = NEVER


@jit
def credit_plot(tracks, plots, n, s, q, local):
    """Enter plot q of a local radar into the books of a track."""
    reply = plots.reply[q]
    tracks.hits[n, s] += 1
    tracks.asked_civil[n, s] += reply & 1
    tracks.civil[n, s] += (reply >> 1) & 1
    tracks.asked_military[n, s] += (reply >> 2) & 1
    tracks.military[n, s] += (reply >> 3) & 1
    tracks.t_update[n, s] = max(tracks.t_update[n, s], plots.t[q])
    tracks.radar_t[n, s, local] = max(tracks.radar_t[n, s, local], plots.t[q])
    tracks.plot[n, s] = q


@jit
def settle(trackers, tracks, n, t1):
    """Confirm tentative tracks that have their plots in time; drop those out of time, and firm ones without news."""
    for s in range(tracks.status.shape[1]):
        status = tracks.status[n, s]
        if status == TENTATIVE:
            lasted = tracks.t_update[n, s] - tracks.t_first[n, s]
            if tracks.hits[n, s] >= trackers.hits[n] and lasted <= trackers.window[n]:
                tracks.status[n, s] = FIRM
                tracks.t_firm[n, s] = t1
            elif t1 - tracks.t_first[n, s] > trackers.window[n]:
                tracks.status[n, s] = FREE
        elif status == FIRM and t1 - tracks.t_update[n, s] > trackers.coast[n]:
            tracks.status[n, s] = FREE
        if tracks.status[n, s] == FREE:
            tracks.plot[n, s] = -1
