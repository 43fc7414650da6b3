"""Formats that others read: bytes from records, no sockets and no engine."""
