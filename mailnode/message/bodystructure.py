"""IMAP's BODY and BODYSTRUCTURE, ready to send: RFC 9051 §7.5.2 and §9 (body-fld-param and its neighbours).

Both are written in one walk, because they differ only in what follows each part.
"""

from __future__ import annotations

from mailnode.message.envelope import envelope
from mailnode.message.imap_string import nstring, string
from mailnode.message.parameters import Parameters
from mailnode.message.structure import Part


def bodystructure(raw: bytes, root: Part) -> bytes:
    """With extension data, for FETCH BODYSTRUCTURE."""
    return both(raw, root)[1]


def body(raw: bytes, root: Part) -> bytes:
    """Without extension data, for FETCH BODY."""
    return both(raw, root)[0]


def both(raw: bytes, root: Part) -> tuple[bytes, bytes]:
    """BODY and BODYSTRUCTURE of the message whose root part this is."""
    short: list[bytes] = []
    long: list[bytes] = []
    _write(raw, root, short, long)
    return b"".join(short), b"".join(long)


def _write(raw: bytes, part: Part, short: list[bytes], long: list[bytes]) -> None:
    short.append(b"(")
    long.append(b"(")
    if part.children:
        for child in part.children:
            _write(raw, child, short, long)
        text = b" " + string(part.subtype)
        short.append(text)
        long += (text, b" ", _parameters(part.params))
    else:
        text = _single(part)
        short.append(text)
        long.append(text)
        if part.message:
            text = b" %b " % envelope(raw, part.message)
            short.append(text)
            long.append(text)
            _write(raw, part.message, short, long)
        if part.message or part.type == b"text":
            text = b" %d" % part.lines
            short.append(text)
            long.append(text)
        long += (b" ", nstring(part.md5))
    short.append(b")")
    long += (_extension(part), b")")


def _single(part: Part) -> bytes:
    return b"%b %b %b %b %b %b %d" % (
        string(part.type),
        string(part.subtype),
        _parameters(part.params),
        nstring(part.content_id),
        nstring(part.description),
        string(part.encoding),
        part.size,
    )


def _extension(part: Part) -> bytes:
    disposition = b"NIL"
    if part.disposition:
        disposition = b"(%b %b)" % (string(part.disposition), _parameters(part.disposition_params))
    language = b"NIL"
    if part.language:
        language = b"(%b)" % b" ".join(map(string, part.language))
    return b" %b %b %b" % (disposition, language, nstring(part.location))


def _parameters(params: Parameters) -> bytes:
    if not params:
        return b"NIL"
    return b"(%b)" % b" ".join([string(piece) for pair in params for piece in pair])
