"""The content of a part of any size without its transfer encoding (RFC 2045 §6); of a large one nothing is held."""

from __future__ import annotations

import binascii
import string
from collections.abc import Iterator

from mailnode.message.structure import Part
from mailnode.message.text import content, quoted_printable
from mailnode.octets import LARGE, WINDOW, Octets, Sequential, blocks, stretch

_DIGITS = (string.ascii_letters + string.digits + "+/").encode()
_NO_BASE64 = bytes(sorted(set(range(256)) - set(_DIGITS) - {ord("=")}))


def decoded(raw: Octets, part: Part) -> Octets:
    """What `text.content` gives. An unknown encoding is taken as none."""
    if part.size <= LARGE:
        return content(raw, part)
    body = stretch(raw, part.body_start, part.body_end)
    if part.encoding == b"base64":
        return _Base64(body)
    return _QuotedPrintable(body) if part.encoding == b"quoted-printable" else body


class _Decoded(Sequential):
    """Its length costs one pass."""

    __slots__ = ("_encoded", "_size")

    def __init__(self, encoded: Octets) -> None:
        self._encoded = encoded
        self._size = sum(map(len, self.pieces()))
        super().__init__()

    def __len__(self) -> int:
        return self._size


class _Base64(_Decoded):
    """As lenient as ``encoded_words.unbase64``."""

    __slots__ = ()

    def pieces(self) -> Iterator[bytes]:
        left = b""
        for block in blocks(self._encoded):
            *ended, digits = (left + block.translate(None, _NO_BASE64)).split(b"=")
            for one in ended:  # some senders join pieces that were padded one by one
                yield _padded(one)
            whole = len(digits) // 4 * 4
            yield binascii.a2b_base64(digits[:whole])
            left = digits[whole:]
        yield _padded(left)


def _padded(digits: bytes) -> bytes:
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def _within_line(data: bytes) -> int:
    """Where a line that is too long can be cut: not within an octet in three signs, nor before blanks."""
    cut = len(data) - 2
    cut = data.rfind(b"=", cut - 2, cut) if b"=" in data[cut - 2 : cut] else cut
    return len(data[:cut].rstrip(b" \t")) or cut


class _QuotedPrintable(_Decoded):
    __slots__ = ()

    def pieces(self) -> Iterator[bytes]:
        rest = b""
        for block in blocks(self._encoded):
            data = rest + block
            cut = data.rfind(b"\n") + 1
            if not cut and len(data) > WINDOW:
                cut = _within_line(data)
            rest = data[cut:]
            yield quoted_printable(data[:cut])
        yield quoted_printable(rest)
