"""Who can see, and engage, what, at which height: the defended area (metric D1) and coverage maps."""

from openiads.coverage.active import units_on
from openiads.coverage.defended import Area, approach_seen, defended_area, seen
from openiads.coverage.maps import Coverage, Layer, Question, coverage
from openiads.coverage.output import lines, require_raster_library, table, write

__all__ = [
    "Area", "Coverage", "Layer", "Question", "approach_seen", "coverage", "defended_area", "lines", "require_raster_library",
    "seen", "table", "units_on", "write",
]  # fmt: skip
