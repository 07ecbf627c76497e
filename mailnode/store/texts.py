"""The searchable text of a message: its decoded header, a NUL, the decoded text of its body, all folded.

The text of a body is made at delivery and kept with it, once for all who have it. Of a plain message on this machine's
disk it is not kept: that is as soon read, and would be there twice. Each recipient's own trace fields come to the
header when it is asked for. Everything is compared by i;unicode-casemap (RFC 9051 §6.4.4, RFC 5255 §4.4).
"""

from __future__ import annotations

import re
import threading

import zstandard

from mailnode.message import structure
from mailnode.message.addresses import ADDRESS_LISTS, addresses
from mailnode.message.casemap import casemap
from mailnode.message.headers import decode_text
from mailnode.message.text import search_text

_BETWEEN_FIELDS = re.compile(rb"\n(?![ \t])")
_FOLDED = b"\x01"  # in front of what `pack` has made; what was kept before was folded in another way
_local = threading.local()


def searchable(header: bytes, text: str) -> str:
    """What TEXT and BODY look through, from the body's own header and its readable text."""
    return f"{_readable(header)}\x00{text}"


def _readable(header: bytes) -> str:
    """Each field on a line of its own, decoded as any search for the field does it. An address list with comments
    comes once more without them, as programs read it: both can be searched for."""
    lines: list[str] = []
    for line in _BETWEEN_FIELDS.split(header):
        name, colon, value = line.partition(b":")
        lines.append(f"{decode_text(name)}{colon.decode()} {decode_text(value)}")
        if b"(" in value and name.strip().lower() in ADDRESS_LISTS:
            lines += map(str, addresses(value))
    return "\n".join(lines).replace("\0", "")


def of_body(raw: bytes, header_size: int, parts: bytes) -> bytes:
    """The text of a body, folded, when none is kept. ``parts``: `structure.encode`d."""
    return encoded(searchable(raw[:header_size], search_text(raw, structure.decode(parts))))


def pack(text: str) -> bytes:
    """Folded and compressed, as it is kept."""
    return _FOLDED + _compressor().compress(encoded(text))


def unpack(packed: bytes) -> bytes:
    """The kept text, folded. What is older than this way of folding is folded again: so it is compared like
    anything else, but for an "ß", which is "ss" there."""
    if packed[:1] == _FOLDED:
        return zstandard.decompress(packed[1:])
    return encoded(zstandard.decompress(packed).decode("utf-8", "replace"))


def encoded(text: str) -> bytes:
    """A text folded as the kept ones are, in UTF-8."""
    return casemap(text).encode("utf-8", "replace")


def folded_prefix(prefix: bytes) -> bytes:
    """The trace fields that stand in front of the kept header."""
    return encoded(_readable(prefix)) if prefix else b""


def _compressor() -> zstandard.ZstdCompressor:
    """One for each thread: they are costly to make, and keep state while they work."""
    found: zstandard.ZstdCompressor | None = getattr(_local, "compressor", None)
    if found is None:
        found = _local.compressor = zstandard.ZstdCompressor(level=1)
    return found
