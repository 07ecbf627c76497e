"""IMAP's BODY and BODYSTRUCTURE, ready to send: RFC 9051 §7.5.2 and §9 (body-fld-param and its neighbours).

Both are written in one walk, because they differ only in what follows each part.
"""

from __future__ import annotations

from functools import lru_cache

from mailnode.message.envelope import envelope
from mailnode.message.imap_string import nstring, string
from mailnode.message.parameters import Parameters, word_of
from mailnode.message.structure import SMALL, Part
from mailnode.octets import Octets

MAX_HEADERS = 2 * 1024 * 1024  # beyond it, messages inside have an empty envelope

_EMPTY = b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"


def bodystructure(raw: Octets, root: Part) -> bytes:
    """With extension data, for FETCH BODYSTRUCTURE."""
    return both(raw, root)[1]


def body(raw: Octets, root: Part) -> bytes:
    """Without extension data, for FETCH BODY."""
    return both(raw, root)[0]


def both(raw: Octets, root: Part) -> tuple[bytes, bytes]:
    """BODY and BODYSTRUCTURE of the message whose root part this is."""
    if not (root.children or root.message):
        return _leaf(root)
    walk = _Walk(raw)
    walk.write(root)
    return b"".join(walk.short), b"".join(walk.long)


class _Walk:
    """What is written so far, and how many octets of the headers of messages inside may still be read."""

    __slots__ = ("headers", "long", "raw", "short")

    def __init__(self, raw: Octets) -> None:
        self.raw = raw
        self.short: list[bytes] = []
        self.long: list[bytes] = []
        self.headers = MAX_HEADERS

    def put(self, text: bytes) -> None:
        self.short.append(text)
        self.long.append(text)

    def write(self, part: Part) -> None:
        if part.children:
            self.put(b"(")
            for child in part.children:
                self.write(child)
            self.short += (b" ", string(part.subtype), b")")
            self.long += (b" ", string(part.subtype), b" ", _parameters(part.params), _extension(part), b")")
        elif part.message:
            self.put(b"%b %b " % (_single(part), self.envelope(part.message)))
            self.write(part.message)
            self.short.append(b" %d)" % part.lines)
            self.long.append(b" %d %b%b)" % (part.lines, nstring(part.md5), _extension(part)))
        else:
            short, long = _leaf(part)
            self.short.append(short)
            self.long.append(long)

    def envelope(self, root: Part) -> bytes:
        self.headers -= root.body_start - root.header_start
        return envelope(self.raw, root) if self.headers >= 0 else _EMPTY


def _leaf(part: Part) -> tuple[bytes, bytes]:
    said = _single(part)
    if part.type == b"text":
        said = b"%b %d" % (said, part.lines)
    return said + b")", b"%b %b%b)" % (said, nstring(part.md5), _extension(part))


def _kind(values: tuple[bytes, bytes, Parameters]) -> bytes:
    main, sub, params = values
    if main == b"text" and not word_of(params, b"charset"):
        params = (*params, (b"charset", b"us-ascii"))  # what RFC 2046 §4.1.2 makes of an absent one, said aloud
    return b"%b %b %b" % (string(main), string(sub), _parameters(params))


_usual_kind = lru_cache(256)(_kind)


def _single(part: Part) -> bytes:
    kind = _usual_kind if part.body_start - part.header_start <= SMALL else _kind
    return b"(%b %b %b %b %d" % (
        kind(part[4:7]),
        nstring(part.content_id),
        nstring(part.description),
        string(part.encoding),
        part.size,
    )


def _extension(part: Part) -> bytes:
    if not (part.disposition or part.language or part.location):
        return b" NIL NIL " + nstring(part.location)
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
