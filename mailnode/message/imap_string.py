"""Bytes as IMAP strings: RFC 9051 §4.3 (quoted where seven bits without CR, LF and NUL suffice, else a literal)."""

from __future__ import annotations

import re

_UNUSUAL = re.compile(rb'[\0\n\r"\\\x80-\xff]')
_NOT_QUOTABLE = re.compile(rb"[\0\n\r\x80-\xff]")
_SPECIAL = re.compile(rb'(["\\])')
# Most strings of a BODYSTRUCTURE are one of these.
_USUAL = {
    word: b'"' + word + b'"'
    for word in (
        b"text plain html charset utf-8 UTF-8 us-ascii gb2312 GB2312 gbk gb18030 7bit 8bit base64 quoted-printable "
        b"format flowed multipart mixed alternative related boundary application pdf octet-stream name filename "
        b"attachment inline image png jpeg"
    ).split()
}
MAX_QUOTED = 8000  # clients read lines into buffers; longer strings go as literals


def string(value: bytes) -> bytes:
    """``"..."`` or ``{n}\\r\\n...``. NUL fits in neither and becomes 0x80, as other servers do."""
    known = _USUAL.get(value)
    if known:
        return known
    if len(value) <= MAX_QUOTED:
        if not _UNUSUAL.search(value):
            return b'"%b"' % value
        if not _NOT_QUOTABLE.search(value):
            return b'"%b"' % _SPECIAL.sub(rb"\\\1", value)
    return b"{%d}\r\n%b" % (len(value), value.replace(b"\0", b"\x80"))


def nstring(value: bytes | None) -> bytes:
    """A string, or NIL for None."""
    return b"NIL" if value is None else string(value)
