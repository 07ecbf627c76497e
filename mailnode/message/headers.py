"""Header fields of a message, as positions in its bytes: nothing is copied until someone asks.

Bare LF is taken as a line end too, because mail that moved in from elsewhere holds it. A line that is
no field and continues none (an mbox ``From `` line, rubbish) is passed over, and the header goes on, so
that one broken line does not turn the rest of the header into text. A header ends after `MAX_HEADER` octets at
the latest, and what follows is the body.

RFC 5322 §2.2 and §3.6; the grammar of single values is in addresses, dates, encoded_words, parameters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailnode.message.addresses import Address, addresses
from mailnode.message.dates import date
from mailnode.message.encoded_words import decode_text, unfold
from mailnode.octets import Octets

__all__ = [
    "Address",
    "Field",
    "addresses",
    "date",
    "decode_text",
    "fields",
    "first",
    "get",
    "get_all",
    "index",
    "matches",
    "split",
    "whole",
]

MAX_HEADER = 1 << 20
TOO_LARGE = "The header of the message is larger than this server takes"
FIRST_LOOK = 16 * 1024  # octets of a large message in which most headers end

_BLANK = re.compile(rb"\n\r?\n")
_SHAPE = rb"([!-9;-~]++)[ \t]*+:((?:[^\n]*+\n[ \t])*+[^\n]*+)\n?"
_FIELD = re.compile(rb"^" + _SHAPE, re.M)
_WHOLE_FIELD = re.compile(rb"^(" + _SHAPE + rb")", re.M)

Index = dict[bytes, list[bytes]]


@dataclass(frozen=True, slots=True)
class Field:
    """``raw[start:end]`` is the whole field with its line end; its value begins at ``value_start``, still folded."""

    name: bytes  # in lower case
    start: int
    value_start: int
    end: int


def split(raw: Octets, start: int = 0, end: int | None = None) -> tuple[int, int]:
    """Where the header ends and where the body starts: the blank line lies between. Both are ``end`` without one."""
    end = len(raw) if end is None else end
    if raw.startswith(b"\n", start, end):
        return start, start + 1
    if raw.startswith(b"\r\n", start, end):
        return start, start + 2
    stop = min(end, start + MAX_HEADER)
    if isinstance(raw, bytes):
        blank = _BLANK.search(raw, start, stop)
        before = 0
    else:
        before = start
        blank = _BLANK.search(raw[start : min(stop, start + FIRST_LOOK)]) or _BLANK.search(raw[start:stop])
    if blank is not None:
        return before + blank.start() + 1, before + blank.end()
    if stop < end:
        stop = start + (raw[start:stop].rfind(b"\n") + 1 or MAX_HEADER)
    return stop, stop


def is_endless(raw: Octets) -> bool:
    """True when nothing ends the header but `MAX_HEADER`: no mail program writes such a message, and what we do not
    look at others might."""
    return len(raw) > MAX_HEADER and len(set(split(raw))) == 1


def fields(raw: bytes, start: int = 0, end: int | None = None) -> list[Field]:
    """Every field of the header that begins at ``start``, in order."""
    header_end, _ = split(raw, start, end)
    return [
        Field(found[1].lower(), found.start(), found.start(2), found.end())
        for found in _FIELD.finditer(raw, start, header_end)
    ]


def index(raw: Octets, start: int, end: int) -> Index:
    """The folded values by lower-case name of the header that is known to lie in ``raw[start:end]``."""
    found: Index = {}
    if not isinstance(raw, bytes):
        raw, start, end = raw[start:end], 0, end - start
    for name, value in _FIELD.findall(raw, start, end):
        found.setdefault(name.lower(), []).append(value)
    return found


def matches(raw: bytes, start: int, end: int) -> Iterator[re.Match[bytes]]:
    """Every field in ``raw[start:end]``: group 0 is the whole, 1 the name, 2 the folded value."""
    return _FIELD.finditer(raw, start, end)


def whole(raw: bytes, start: int, end: int) -> list[tuple[bytes, bytes, bytes]]:
    """The same as its bytes: the whole, the name, the folded value."""
    return _WHOLE_FIELD.findall(raw, start, end)


def first(values: Index, name: bytes) -> bytes | None:
    """The unfolded value of the first field of that name in an index."""
    found = values.get(name)
    return unfold(found[0]) if found else None


def get(raw: Octets, name: bytes | str) -> bytes | None:
    """The unfolded value of the first field of that name, or None."""
    for value in _values(raw, name):
        return unfold(value)
    return None


def get_all(raw: Octets, name: bytes | str) -> list[bytes]:
    """The unfolded values of all fields of that name, in order."""
    return [unfold(value) for value in _values(raw, name)]


def _values(raw: Octets, name: bytes | str) -> list[bytes]:
    wanted = (name.encode("ascii", "replace") if isinstance(name, str) else name).lower()
    header_end, _ = split(raw)
    held = raw if isinstance(raw, bytes) else raw[:header_end]
    return [found[2] for found in _FIELD.finditer(held, 0, header_end) if found[1].lower() == wanted]
