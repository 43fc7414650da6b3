"""Inputs of any kind, told apart by what they hold, as one stream of reports."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from openiads.errors import RecordError, UsageError
from openiads.recording import asterix, pcap, tables
from openiads.recording.clock import DAY, days
from openiads.recording.framing import CATEGORIES
from openiads.recording.reports import Account, Reports
from openiads.recording.sensors import Sensors

_HEAD = 4096  # octets that tell the kind


@dataclass(frozen=True)
class Stream:
    """All reports in the order of time, s of a midnight in UTC; `midnight` is in s of 1970, None without a date."""

    reports: Reports
    accounts: list[Account]
    heard: asterix.Heard
    midnight: float | None


def kind_of(head: bytes) -> str:
    """`parquet`, `pcap`, `table` (text with commas) or `asterix`, by the first octets."""
    if head[:4] == b"PAR1":
        return "parquet"
    if pcap.is_capture(head):
        return "pcap"
    text = head.removeprefix(b"\xef\xbb\xbf")
    if text and not set(text) & (set(range(32)) - {9, 10, 13}) and (b"," in text or b";" in text or b"\t" in text):
        return "csv"
    return "asterix"


def read(paths: list[Path], sensors: Sensors, date: float | None = None) -> Stream:
    """Every input; an error only if nothing of any of them can be used."""
    heard, accounts, found = asterix.Heard(), [], []
    for row, path in enumerate(paths):
        account = Account(path.name, "", 0)
        accounts.append(account)
        try:
            part, midnight = _one(path, sensors, heard, account)
        except RecordError as error:
            if len(paths) == 1:
                raise
            account.notes.append(str(error))
            continue
        if len(part):
            found.append((replace(part, origin=np.full(len(part), row)), midnight, account))
    if not found:
        raise RecordError(_nothing(accounts, sensors, heard))
    own_zero = [m or 0.0 for _, m, _ in found]
    first = [float(part.plots.t.min()) + m for (part, *_), m in zip(found, own_zero, strict=True)]
    middle = [float(np.median(part.plots.t)) + m for (part, *_), m in zip(found, own_zero, strict=True)]
    shifts, midnight = days(first, middle, [m is not None for _, m, _ in found], date)
    parts = []
    for (part, own, account), shift in zip(found, shifts, strict=True):
        account.used = len(part)
        parts.append(part.at(part.plots.t + (0.0 if own is None else own) + shift))
    _agree(date, midnight, any(m is not None for _, m, _ in found))
    return Stream(_once(Reports.joined(parts), accounts), accounts, heard, midnight)


def _agree(date: float | None, midnight: float | None, dated: bool) -> None:
    """Refuse a day (s of 1970) beside inputs that know better."""
    if date is not None and midnight is not None and dated and not 0.0 <= date - midnight < DAY:
        given, own = (np.datetime64(int(s), "s").astype("M8[D]") for s in (date, midnight))
        raise UsageError(f"--date {given}: the inputs have dates of their own and begin on {own}; leave --date out")


def _once(reports: Reports, accounts: list[Account]) -> Reports:
    """Every report once: two taps of one line, or a file given twice, tell nothing new."""
    again, first = reports.repeated
    pairs, counts = np.unique(np.stack([reports.origin[again], reports.origin[first]]), axis=1, return_counts=True)
    for mine, other, count in zip(*pairs.tolist(), counts.tolist(), strict=True):
        accounts[mine].used -= count
        accounts[mine].refused["the same report again"] += count
        if mine != other:
            accounts[mine].notes.append(f"repeats {accounts[other].name}: {count} reports are the same")
    return reports.rows(np.delete(np.arange(len(reports)), again))


def _one(path: Path, sensors: Sensors, heard: asterix.Heard, account: Account) -> tuple[Reports, float | None]:
    """Reports of one input, and what to add to their times for s of 1970; None if it has no date."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
            kind = account.kind = kind_of(head)
            account.octets = path.stat().st_size
            _refuse_packed(path, head)
            data = b"" if kind in ("parquet", "csv") else head + file.read()
    except OSError as error:
        raise UsageError(f"'{path}' can not be read: {error.strerror}; give files of recordings") from None
    if account.octets == 0:
        raise RecordError(f"'{path}' is empty")
    if kind in ("parquet", "csv"):
        columns = tables.read_table(path, kind == "parquet", account)
        account.kind += " of plots" if columns.polar else " of positions"
        return tables.reports(columns, sensors, account)[0], 0.0 if columns.dated else None
    stamps: list[float] = []
    if kind == "pcap":
        data = _joined(data, stamps, account)
    decoded = asterix.read_blocks(data, account)
    if not len(decoded) and not account.read:
        _no_asterix(path, data, account)
    part = asterix.reports(decoded, sensors, heard, account)
    if stamps and len(part):
        middle, captured = float(np.median(part.plots.t)), float(np.median(stamps))
        return part, 86_400.0 * round((captured - middle) / 86_400.0)
    return part, None


def _refuse_packed(path: Path, head: bytes) -> None:
    """Refuse what must be unpacked first."""
    if head[:2] == b"\x1f\x8b" or head[:4] in (b"PK\x03\x04", b"7z\xbc\xaf", b"\x28\xb5\x2f\xfd") or head[:3] == b"BZh":
        raise RecordError(f"'{path}' is compressed; unpack it first")


def _joined(data: bytes, stamps: list[float], account: Account) -> bytes:
    """The payloads that begin with a block, behind one another; each is held to its own blocks."""
    kept = []
    for t, payload in pcap.payloads(data, account.skipped):
        at = 0
        while at + 3 < len(payload) and payload[at] in CATEGORIES:
            length = payload[at + 1] << 8 | payload[at + 2]
            if length < 4 or at + length > len(payload):
                break
            at += length
        if at:
            kept.append(payload[:at])
            if not np.isnan(t):
                stamps.append(t)
        if at < len(payload):
            reason = "octets at the end of datagrams that are no block" if at else "datagrams that are not ASTERIX"
            account.skipped[reason] += len(payload) - at if at else 1
    return b"".join(kept)


def _no_asterix(path: Path, data: bytes, account: Account) -> None:
    """Say so if a file has nothing of what is read here."""
    if account.kind == "asterix":
        raise RecordError(
            f"'{path}' holds no record that can be read. Accepted: ASTERIX (raw, or UDP in pcap and pcapng), "
            "plots or positions in Parquet or CSV"
        )
    why = ", ".join(f"{count} {reason}" for reason, count in account.skipped.items())
    raise RecordError(f"'{path}': no packet of this capture holds ASTERIX over UDP ({why or 'it has no packets'})")


def _nothing(accounts: list[Account], sensors: Sensors, heard: asterix.Heard) -> str:
    """Why nothing can be tracked, and what to do."""
    lines = [f"nothing in {', '.join(a.name for a in accounts)} can be tracked"]
    lines += [note for a in accounts for note in a.notes]
    for a in accounts:
        lines += [f"{a.name}: {count} refused: {reason}" for reason, count in a.refused.most_common(5)]
        if not a.read and a.skipped:
            lines += [f"{a.name}: {count} {reason}" for reason, count in a.skipped.most_common(5)]
    if heard.strangers:
        known = ", ".join(
            f"SAC {a} SIC {b} ({n} plots{_stands(heard, a, b)})" for (a, b), n in heard.strangers.most_common(8)
        )
        lines.append(f"sensors of the recordings: {known}; give each a [[sensor]] in a file and name it with --sensors")
    return "; ".join(lines)


def _stands(heard: asterix.Heard, sac: int, sic: int) -> str:
    if (sac, sic) not in heard.places:
        return ""
    latitude, longitude, height = heard.places[sac, sic]
    return f", at {np.degrees(latitude):.5f} {np.degrees(longitude):.5f}, {height:.0f} m"
