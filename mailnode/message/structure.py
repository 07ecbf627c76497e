"""The tree of a message's parts, as positions in its bytes: RFC 2045, RFC 2046, RFC 2183.

``scan`` looks at each byte a bounded number of times whatever the message says: at most DEPTH levels,
PARTS parts, and WORK times its length (and a megabyte) searched for boundaries. Beyond a limit the rest is one leaf
(application/octet-stream). Every multipart has at least one child: one without any delimiter, or without
a boundary, has its whole body as a text/plain child, so that a reader sees what is there and IMAP's
grammar (RFC 9051 §9, body-type-mpart) is kept.

A delimiter is a whole line, so a boundary that begins another one is not mistaken for it; an outer
delimiter ends everything inside, closed or not (RFC 2046 §5.1.2), but for a multipart that repeats the
boundary of the one around it, as some programs write.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from mailnode.message import headers, parameters
from mailnode.message.headers import Index
from mailnode.message.parameters import Parameters
from mailnode.octets import Octets, line_ends
from mailnode.quoted import quoted

DEPTH = 64
PARTS = 10_000
WORK = 32
MAX_STRING = 16 * 1024
SMALL = 4096  # octets of a header of which things may be remembered
MAX_LOOKALIKES = 100_000  # lines that begin with a boundary and are none

_SELDOM = frozenset(
    b"content-disposition content-id content-description content-md5 content-language content-location".split()
)
_LANGUAGE = re.compile(rb'\([^()]*+\)|([^\s,;()"]++)')  # RFC 3282 §2: comments may stand between the tags

ContentType = tuple[bytes, bytes, Parameters]

_PLAIN: ContentType = (b"text", b"plain", ((b"charset", b"us-ascii"),))
_DIGEST: ContentType = (b"message", b"rfc822", ())
_OPAQUE: ContentType = (b"application", b"octet-stream", ())


class Part(NamedTuple):
    """One entity: header ``raw[header_start:body_start]`` with the blank line, body ``raw[body_start:body_end]``.

    Names and types are in lower case; strings are bytes as they came, unfolded, and None where empty.
    ``lines`` counts the line ends of the body where IMAP asks for them (text and message), and is 0 elsewhere.
    """

    header_start: int
    body_start: int
    body_end: int
    lines: int = 0
    type: bytes = b"text"
    subtype: bytes = b"plain"
    params: Parameters = ()
    encoding: bytes = b"7bit"
    content_id: bytes | None = None
    description: bytes | None = None
    md5: bytes | None = None
    disposition: bytes | None = None
    disposition_params: Parameters = ()
    language: tuple[bytes, ...] = ()
    location: bytes | None = None
    children: tuple[Part, ...] = ()
    message: Part | None = None  # the root of the message inside, for message/rfc822 and message/global

    @property
    def size(self) -> int:
        """Octets of the body."""
        return self.body_end - self.body_start

    @property
    def is_multipart(self) -> bool:
        return bool(self.children)


_NOTHING = Part(0, 0, 0)[8:]  # of what comes seldom


def scan(raw: Octets, index: Index | None = None, body_start: int | None = None) -> Part:
    """The tree of a whole message. ``index`` and where the body starts save reading its header twice, when the caller
    has them."""
    if index is None or body_start is None:
        header_end, body_start = headers.split(raw)
        index = headers.index(raw, 0, header_end) if index is None else index
    return _Scan(raw).entity((0, body_start, len(raw)), index, 0, _PLAIN)


def find(part: Part, number: str) -> Part | None:
    """The part with that IMAP section number (RFC 9051 §6.4.5.1) below the root of a message, or None.

    The numbers below a message/rfc822 part are those of the message in it.
    """
    here: Part | None = part
    message = True  # "here" is the root of a message: its parts are numbered from 1 even if it is not multipart
    for piece in number.split("."):
        if here is None or not (piece.isascii() and piece.isdigit()) or len(piece) > 6 or piece.startswith("0"):
            return None
        if not message and here.message is not None:
            here, message = here.message, True
        at = int(piece)
        if here.children:
            here = here.children[at - 1] if at <= len(here.children) else None
        elif not message or at != 1:
            return None
        message = False
    return here


def encode(part: Part) -> bytes:
    """The tree as bytes to keep, so that serving a part needs no second scan: JSON in ISO 8859-1 without blanks."""
    return _to_json(part).encode("latin-1")


def decode(data: bytes) -> Part:
    """The tree that ``encode`` wrote."""
    return _from_list(json.loads(data.decode("latin-1")))


def _to_json(part: Part) -> str:
    """A list of the values in the order of the fields of Part, without the empty ones at the end."""
    kind = _usual_kind if part.body_start - part.header_start <= SMALL else _kind
    usual = f"[{part.header_start},{part.body_start},{part.body_end},{part.lines},{kind(part[4:8])}"
    if part[8:] == _NOTHING:
        return usual + "]"
    values = [
        *map(_text, (part.content_id, part.description, part.md5, part.disposition)),
        _flat(part.disposition_params),
        f"[{','.join(map(_text, part.language))}]",
        _text(part.location),
        f"[{','.join(map(_to_json, part.children))}]",
        _to_json(part.message) if part.message else "null",
    ]
    while values[-1] in ("null", "[]"):
        values.pop()
    return f"{usual},{','.join(values)}]"


def _kind(values: tuple[bytes, bytes, Parameters, bytes]) -> str:
    main, sub, params, encoding = values
    return f"{_text(main)},{_text(sub)},{_flat(params)},{_text(encoding)}"


_usual_kind = lru_cache(256)(_kind)


def _text(value: bytes | None) -> str:
    return "null" if value is None else quoted(value.decode("latin-1"))


def _flat(pairs: Parameters) -> str:
    return f"[{','.join([_text(piece) for pair in pairs for piece in pair])}]"


def _from_list(values: list[Any]) -> Part:
    values = values + [None] * (17 - len(values))
    start, body_start, end, lines, *_ = values
    return Part(
        start,
        body_start,
        end,
        lines,
        type=_bytes(values[4]) or b"",
        subtype=_bytes(values[5]) or b"",
        params=_pairs(values[6]),
        encoding=_bytes(values[7]) or b"",
        content_id=_bytes(values[8]),
        description=_bytes(values[9]),
        md5=_bytes(values[10]),
        disposition=_bytes(values[11]),
        disposition_params=_pairs(values[12]),
        language=tuple(language.encode("latin-1") for language in values[13] or ()),
        location=_bytes(values[14]),
        children=tuple(map(_from_list, values[15] or ())),
        message=_from_list(values[16]) if values[16] else None,
    )


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else value.encode("latin-1")


def _pairs(flat: list[str] | None) -> Parameters:
    if not flat:
        return ()
    pieces = [piece.encode("latin-1") for piece in flat]
    return tuple(zip(pieces[::2], pieces[1::2], strict=True))


class _Scan:
    """One scan: the bytes, and what is left of the limits."""

    __slots__ = ("lookalikes", "parts", "raw", "work")

    def __init__(self, raw: Octets) -> None:
        self.raw = raw
        self.parts = PARTS
        self.work = WORK * len(raw) + 1_048_576
        self.lookalikes = MAX_LOOKALIKES

    def inner(self, start: int, end: int, depth: int, default: ContentType) -> Part:
        header_end, body_start = headers.split(self.raw, start, end)
        index = headers.index(self.raw, start, header_end)
        return self.entity((start, body_start, end), index, depth, default)

    def entity(self, place: tuple[int, int, int], index: Index, depth: int, default: ContentType) -> Part:
        _, body_start, end = place
        kind = _content_type(index, default)
        children: tuple[Part, ...] = ()
        message = None
        if kind[0] == b"multipart":
            if depth >= DEPTH or self.work < 0 or self.parts <= 0:
                kind = _OPAQUE
            else:
                children = self.children(kind, body_start, end, depth)
        elif kind[0] == b"message" and kind[1] in (b"rfc822", b"global"):
            if depth >= DEPTH or self.work < 0:
                kind = _OPAQUE
            else:
                self.work -= end - body_start
                message = self.inner(body_start, end, depth + 1, _PLAIN)
        lines = line_ends(self.raw, body_start, end) if message or kind[0] == b"text" else 0
        return _part(index, (*place, lines), kind, children, message)

    def children(self, kind: ContentType, start: int, end: int, depth: int) -> tuple[Part, ...]:
        boundary = parameters.word_of(kind[2], b"boundary")
        spans = self.spans(boundary.rstrip(), start, end) if boundary else []
        if not spans:
            return (Part(start, start, end, line_ends(self.raw, start, end), params=_PLAIN[2]),)
        default = _DIGEST if kind[1] == b"digest" else _PLAIN
        return tuple([self.inner(first, last, depth + 1, default) for first, last in spans])

    def spans(self, boundary: bytes, start: int, end: int) -> list[tuple[int, int]]:
        """Where the parts between the delimiter lines of RFC 2046 §5.1.1 begin and end."""
        raw = self.raw
        self.work -= end - start
        found: list[tuple[int, int]] = []
        opened = -1
        inside = 0  # how many multiparts with this very boundary are open within the part
        for at, after, closes in self.delimiters(boundary, start, end):
            if inside:
                inside -= closes
            else:
                if opened >= 0:
                    # The line end before a delimiter belongs to the delimiter.
                    stop = at - 1 if raw.startswith(b"\r", at - 1, at) else at
                    found.append((opened, max(stop, opened)))
                    self.parts -= 1
                elif closes and not found:
                    found.append((at + 1, at + 1))  # closed before any part: one empty part
                opened = -1 if closes else after
                if closes or self.parts <= 0:
                    break
            if not closes:
                inside += self.repeats(boundary, after, end)
        if 0 <= opened < end:
            found.append((opened, end))
            self.parts -= 1
        return found

    def delimiters(self, boundary: bytes, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
        """Each delimiter line: where the line end before it stands, where the next line begins, whether it closes."""
        raw, delimiter = self.raw, b"\n--" + boundary
        at = raw.find(delimiter, max(start - 1, 0), end)
        while at >= 0:
            tail = at + len(delimiter)
            line_end = raw.find(b"\n", tail, end)
            line_end = end if line_end < 0 else line_end
            rest = raw[tail:line_end].strip(b" \t\r")
            if rest in (b"", b"--"):
                yield at, line_end + 1, bool(rest)
            else:
                self.lookalikes -= 1
                if self.lookalikes < 0:
                    return
            at = raw.find(delimiter, line_end, end)

    def repeats(self, boundary: bytes, start: int, end: int) -> bool:
        """Some programs give a multipart and the one inside it the same boundary: true when the header here does."""
        end = min(end, start + 2048)
        following = self.raw.find(b"\n--" + boundary, start - 1, end)
        end = end if following < 0 else max(following, start)
        at = self.raw.find(boundary, start, end)
        if at < 0:
            return False
        header_end, _ = headers.split(self.raw, start, end)
        if at >= header_end:
            return False
        main, _, params = _content_type(headers.index(self.raw, start, header_end), _PLAIN)
        return main == b"multipart" and parameters.word_of(params, b"boundary").rstrip() == boundary


def _part(
    index: Index, place: tuple[int, int, int, int], kind: ContentType, children: tuple[Part, ...], message: Part | None
) -> Part:
    encoding, _ = parameters.parse(headers.first(index, b"content-transfer-encoding"))
    if _SELDOM.isdisjoint(index):
        return Part(*place, *kind, encoding=encoding or b"7bit", children=children, message=message)
    disposition, disposition_params = parameters.parse(headers.first(index, b"content-disposition"))
    if disposition_params and not disposition:
        disposition = b"attachment"  # RFC 2183 §2.8: what an unknown one means
    languages = headers.first(index, b"content-language")
    return Part(
        *place,
        *kind,
        encoding=encoding or b"7bit",
        content_id=_string(index, b"content-id"),
        description=_string(index, b"content-description"),
        md5=_string(index, b"content-md5"),
        disposition=disposition or None,
        disposition_params=disposition_params,
        language=tuple(filter(None, _LANGUAGE.findall(languages[:1000]))) if languages else (),
        location=_string(index, b"content-location"),
        children=children,
        message=message,
    )


def _string(index: Index, name: bytes) -> bytes | None:
    value = headers.first(index, name)
    return value[:MAX_STRING] if value else None


def _content_type(index: Index, default: ContentType) -> ContentType:
    """RFC 2045 §5.2: without a field, or with one that cannot be read, the default."""
    value = headers.first(index, b"content-type")
    if not value:
        return default
    kind, params = parameters.parse(value)
    main, _, sub = kind.partition(b"/")
    if not main or not sub:
        # "Content-Type: text" was usual before MIME; other single words say nothing.
        return (b"text", b"plain", params) if main == b"text" else (default[0], default[1], params or default[2])
    return main, sub, params
