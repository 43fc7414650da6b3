"""Entity states as opendis reads and writes them: run by the Python of `.venv/dis`, since opendis needs an older numpy.

`opendis_states.py FILE AGAIN`: a JSON list of the fields of each PDU of FILE, and the PDUs written again.
`opendis_states.py FILE --time N`: seconds of the processor for each of N readings.
"""

from __future__ import annotations

import io
import json
import sys
import time
from pathlib import Path

from opendis.DataOutputStream import DataOutputStream  # type: ignore[import-not-found]
from opendis.PduFactory import createPdu  # type: ignore[import-not-found]


def cut(data: bytes) -> list[bytes]:
    """The PDUs of a file, by the length that each states."""
    pdus, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at + 8 : at + 10], "big")
        pdus.append(data[at : at + length])
        at += length
    return pdus


def fields(pdu) -> dict:
    """What a PDU says, by the names of `openiads.interop.dis.STATE`."""
    kind, way, dead = pdu.entityType, pdu.entityOrientation, pdu.deadReckoningParameters
    place, speed, marking = pdu.entityLocation, pdu.entityLinearVelocity, bytes(pdu.marking.characters)
    return {
        "version": pdu.protocolVersion, "exercise": pdu.exerciseID, "type": pdu.pduType, "family": pdu.protocolFamily,
        "timestamp": pdu.timestamp, "length": pdu.length, "force": pdu.forceId,
        "entity": [pdu.entityID.siteID, pdu.entityID.applicationID, pdu.entityID.entityID],
        "kind": [kind.entityKind, kind.domain, kind.country, kind.category, kind.subcategory, kind.specific, kind.extra],
        "velocity": [speed.x, speed.y, speed.z], "location": [place.x, place.y, place.z],
        "orientation": [way.psi, way.theta, way.phi], "appearance": pdu.entityAppearance,
        "algorithm": dead.deadReckoningAlgorithm, "marking": marking.rstrip(b"\0").decode(),
        "capabilities": pdu.capabilities,
    }  # fmt: skip


def main() -> None:
    pdus = cut(Path(sys.argv[1]).read_bytes())
    if sys.argv[2] == "--time":
        spent = []
        for _ in range(int(sys.argv[3])):
            begin = time.process_time()
            for pdu in pdus:
                createPdu(pdu)
            spent.append(time.process_time() - begin)
        print(json.dumps(spent))
        return
    read, again = [createPdu(pdu) for pdu in pdus], io.BytesIO()
    for pdu in read:
        pdu.serialize(DataOutputStream(again))
    Path(sys.argv[2]).write_bytes(again.getvalue())
    print(json.dumps([fields(pdu) for pdu in read]))


if __name__ == "__main__":
    main()
