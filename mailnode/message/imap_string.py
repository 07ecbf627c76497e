"""Bytes as IMAP strings: RFC 9051 §4.3 (quoted where seven bits without CR, LF and NUL suffice, else a literal)."""

from __future__ import annotations

import re

_QUOTABLE = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-\x7f]*+")
_SPECIAL = re.compile(rb'(["\\])')
MAX_QUOTED = 8000  # clients read lines into buffers; longer strings go as literals


def string(value: bytes) -> bytes:
    """``"..."`` or ``{n}\\r\\n...``. NUL fits in neither and becomes 0x80, as other servers do."""
    if len(value) <= MAX_QUOTED and _QUOTABLE.fullmatch(value):
        if b'"' in value or b"\\" in value:
            value = _SPECIAL.sub(rb"\\\1", value)
        return b'"' + value + b'"'
    return b"{%d}\r\n%b" % (len(value), value.replace(b"\0", b"\x80"))


def nstring(value: bytes | None) -> bytes:
    """A string, or NIL for None."""
    return b"NIL" if value is None else string(value)
