"""ASTERIX, the surveillance data of EUROCONTROL-SPEC-0149: CAT034, 048, 062, 063 and 065 to columns and back.

decode(bytes) gives a Table of columns for each category and counts what it refuses; encode(records) gives bytes in
one canonical form; to_dicts(decoded) is the slow form to read. docs/asterix.md.
"""

from openiads.interop.asterix.decoding import decode
from openiads.interop.asterix.dicts import to_dicts
from openiads.interop.asterix.encoding import encode
from openiads.interop.asterix.errors import DecodeError, EncodeError
from openiads.interop.asterix.spec import CATEGORIES, editions, spec
from openiads.interop.asterix.table import Decoded, Refusal, Refused, Table, table

__all__ = [
    "CATEGORIES",
    "DecodeError",
    "Decoded",
    "EncodeError",
    "Refusal",
    "Refused",
    "Table",
    "decode",
    "editions",
    "encode",
    "spec",
    "table",
    "to_dicts",
]
