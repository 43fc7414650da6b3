"""A radar that was moved and not aligned again: what its command post takes the same raid for (compare PS752, 107 degrees).

The plots of both search radars are turned, so the command post sees tracks where nobody flies; what is still engaged is what
the engagement radars find in their own sectors.
"""

import numpy as np

import openiads as oi

for degrees in (0, 1, 107):
    turned = {f"radars.{name}.azimuth_bias_deg": str(degrees) for name in ("acquisition", "all-altitude")}
    run = oi.run(oi.load("s400-alone", turned), "complete", "raid", seed=1)
    tracks, truth = run.tables["tracks"], run.tables["truth"]
    gaps = []
    for t, lat, lon in zip(tracks["t"], tracks["lat_deg"], tracks["lon_deg"], strict=True):
        now = truth["t"] == t
        east = (truth["lon_deg"][now] - lon) * np.cos(np.radians(lat))
        gaps.append(111.2 * np.hypot(truth["lat_deg"][now] - lat, east).min(initial=np.inf))
    s = run.meta["summary"]
    print(
        f"{degrees:>3} degrees off: half of the tracks lie within {np.median(gaps):5.1f} km of a body; "
        f"rounds {s['rounds']}, kills {s['kills']}, leakers {s['leakers']} of {s['threats']}"
    )
