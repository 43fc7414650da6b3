"""What goes wrong: bytes that can not be read, and records that can not be written."""

from __future__ import annotations


class DecodeError(ValueError):
    """Bytes that are refused: `offset` in the data, `item` that was being read, `reason`."""

    def __init__(self, offset: int, item: str, reason: str) -> None:
        super().__init__(f"byte {offset}, {item}: {reason}")
        self.offset, self.item, self.reason = offset, item, reason


class EncodeError(ValueError):
    """A value that does not fit: `item` and `field` (`048/040`, `RHO`), what was `given`, what is `accepted`."""

    def __init__(self, item: str, field: str, given: object, accepted: str) -> None:
        where = f"{item} {field}" if field else item
        super().__init__(f"{where}: {given!r} was given; accepted: {accepted}")
        self.item, self.field, self.given, self.accepted = item, field, given, accepted
