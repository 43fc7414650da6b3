"""Recorded surveillance data in, tracks out: `openiads track`. docs/guide.md.

>>> from openiads.recording import track, write
>>> answer = track([Path("recording.ast")], Path("sensors.toml"))
>>> write(answer, Path("tracks"))
"""

from openiads.recording.output import write
from openiads.recording.process import Answer, track

__all__ = ["Answer", "track", "write"]
