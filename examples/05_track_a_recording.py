"""An ASTERIX recording of one radar, made here, tracked as a recorded one would be: `openiads track` in Python.

Eight aircraft fly out from the radar in straight lines, and one scan in ten misses each of them.
"""

import tempfile
from pathlib import Path

import numpy as np

from openiads.interop.asterix import decode, encode, spec, table
from openiads.recording import track, write

SENSORS = """
[[sensor]]
name = "hill"
sac = 25
sic = 1
latitude_deg = 40.0
longitude_deg = 32.9
height_m = 1200
sigma_range_m = 50
sigma_azimuth_deg = 0.1
scan_period_s = 4
"""

g = np.random.default_rng(2)
scan, aircraft = (a.ravel() for a in np.meshgrid(np.arange(150), np.arange(8), indexing="ij"))
seen = g.random(len(scan)) < 0.9
scan, aircraft = scan[seen], aircraft[seen]
azimuth = 45.0 * aircraft + 3.0 + g.normal(0.0, 0.1, len(scan))  # degrees
t = 36_000.0 + 4.0 * scan + azimuth / 90.0  # the beam turns once in 4 s
distance = 20_000.0 + 220.0 * (t - 36_000.0) + g.normal(0.0, 50.0, len(scan))  # m
order = np.argsort(t)
plots = {
    "010.SAC": np.full(len(t), 25), "010.SIC": np.full(len(t), 1), "020.TYP": np.full(len(t), 5), "140.TOD": t,
    "040.RHO": distance / 1852.0, "040.THETA": azimuth, "070.MODE3A": 0o2000 + aircraft, "090.FL": 300.0 + 10.0 * aircraft,
    "220.ADR": 0x4B0000 + aircraft,
}  # fmt: skip

with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    recording = encode(table(spec(48), {key: column[order] for key, column in plots.items()}))
    (folder / "recording.ast").write_bytes(recording[:-100])  # the end is lost, as it often is
    (folder / "sensors.toml").write_text(SENSORS, encoding="utf-8")

    answer = track([folder / "recording.ast"], folder / "sensors.toml")
    write(answer, folder / "tracks")

    (account,) = answer.stream.accounts
    print(f"{len(recording)} octets, 100 of them lost: {account.used} of {len(t)} plots used, {dict(account.skipped)}")
    picture = answer.picture
    for number in np.unique(picture.number):
        rows = picture.number == number
        speed = np.hypot(*picture.velocity[rows][-1, :2])
        print(
            f"track {number}: address {picture.address[rows][-1]:06x}, mode 3/A {picture.mode_3a[rows][-1]:04o}, "
            f"{np.ptp(picture.t[rows]):.0f} s long, flies {speed:.0f} m/s (220 in truth)"
        )
    system = decode((folder / "tracks" / "cat062.ast").read_bytes())[62]
    print(f"{len(system)} records of CAT062; files: {', '.join(sorted(f.name for f in (folder / 'tracks').iterdir()))}")
