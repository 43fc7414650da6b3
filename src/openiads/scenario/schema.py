"""The JSON schema of a scenario file, for editors and for other programs that write one."""

from __future__ import annotations

from typing import Any

from openiads.scenario.spec import Scenario


def json_schema() -> dict[str, Any]:
    """The JSON schema of a scenario file: keys with their units, numbers plain or with their evidence.

    A file may leave the library out, or give single entries of a shipped class in [library.KIND.NAME].
    """
    schema = Scenario.model_json_schema()
    for name in ("RadarClass", "MissileClass", "FireUnitClass", "BodyClass"):
        schema["$defs"][name].pop("allOf", None)
    schema["allOf"] = [demand for demand in schema["allOf"] if demand != {"required": ["library"]}]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
