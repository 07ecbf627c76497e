"""Messages that come as binary: what cannot travel in lines, or be sent as BODY[] later, is put into base64.

RFC 3516 §4.4: a literal8 may hold any octet, while no other section of IMAP than BINARY may answer with a NUL. So
the bodies of parts in the encoding "binary" are encoded here, and their header says so; nothing else is touched.

RFC 3030 §3: what came with BODY=BINARYMIME may be passed on to those who do not take it only when it is encoded.
RFC 2045 §6.2, §6.4: a multipart says the widest encoding of its parts, which is 8bit then.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from mailnode.message import structure
from mailnode.message.attachments import leaves
from mailnode.message.structure import Part
from mailnode.octets import Large, Octets, Sequential, joined, stretch

_ENCODING = re.compile(rb"^(content-transfer-encoding[ \t]*+:[ \t]*+)(?:[^\n]*+\n[ \t])*+[^\r\n]*+", re.M | re.I)
LINE = 57  # octets that make a line of 76 characters
MANY = 4096  # lines that are made together


def without_nul(raw: Octets) -> Octets | None:
    """The message with its binary parts in base64; None when a NUL stands where it cannot be encoded."""
    if raw.find(b"\0") < 0:
        return raw
    pieces: list[Octets] = []
    done = 0
    for part in leaves(structure.scan(raw)):
        if part.encoding == b"binary" and raw.find(b"\0", part.body_start, part.body_end) >= 0:
            pieces += [stretch(raw, done, part.header_start), *_encoded(raw, part)]
            done = part.body_end
    whole = joined([*pieces, stretch(raw, done, len(raw))])
    return whole if whole.find(b"\0") < 0 else None


def in_lines(raw: Octets) -> Octets:
    """The message with every binary part in base64. What is still no text in lines never was MIME."""
    pieces: list[Octets] = []
    done = 0
    for part in _walk(structure.scan(raw)):
        if part.encoding != b"binary":
            continue
        pieces.append(stretch(raw, done, part.header_start))
        if part.children or part.message:
            pieces.append(_ENCODING.sub(rb"\g<1>8bit", raw[part.header_start : part.body_start], count=1))
            done = part.body_start
        else:
            pieces += _encoded(raw, part)
            done = part.body_end
    return joined([*pieces, stretch(raw, done, len(raw))]) if pieces else raw


def _walk(part: Part) -> Iterator[Part]:
    """Every part, in the order of the message."""
    waiting = [part]
    while waiting:
        part = waiting.pop()
        yield part
        waiting.extend(reversed(part.children))
        if part.message:
            waiting.append(part.message)


def _encoded(raw: Octets, part: Part) -> list[Octets]:
    header = _ENCODING.sub(rb"\g<1>base64", raw[part.header_start : part.body_start], count=1)
    end = b"" if part.body_end < len(raw) else b"\r\n"
    body = stretch(raw, part.body_start, part.body_end)
    return [header, _Base64(body) if isinstance(body, Large) else b"".join(_lines(body)), end]


def _lines(body: Octets) -> Iterator[bytes]:
    """Lines of base64, many at a time; no line end behind the last one."""
    for at in range(0, len(body), MANY * LINE):
        data = body[at : at + MANY * LINE]
        lines = [binascii.b2a_base64(data[start : start + LINE], newline=False) for start in range(0, len(data), LINE)]
        yield (b"\r\n" if at else b"") + b"\r\n".join(lines)


class _Base64(Sequential):
    """A large body in base64."""

    __slots__ = ("_body",)

    def __init__(self, body: Octets) -> None:
        self._body = body
        super().__init__()

    def __len__(self) -> int:
        size = len(self._body)
        return (size + 2) // 3 * 4 + (size - 1) // LINE * 2

    def pieces(self) -> Iterator[bytes]:
        return _lines(self._body)
