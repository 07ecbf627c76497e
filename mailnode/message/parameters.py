"""``value; name=value; ...``: the fields of RFC 2045 §5.1 and RFC 2183, with RFC 2231 continuations joined.

More lenient than the grammar: unquoted values may hold blanks and specials, semicolons may be missing or
doubled, a quotation mark may be unpaired. At most 200 parameters are read.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import count, islice, takewhile
from urllib.parse import unquote_to_bytes

from mailnode.message.charsets import decode, guess
from mailnode.message.encoded_words import decode_text

Parameters = tuple[tuple[bytes, bytes], ...]

MAX_PARAMETERS = 200
MAX_VALUE = 64 * 1024
MAX_USUAL = 60

_SINGLE = re.compile(rb"[!-'*-:>-~]{1,80}")
# What may stand between two parameters is taken with the one before it: where each began with it, a search would fail,
# and begin again, at every one of a thousand semicolons.
_BETWEEN = rb"(?:[\s;]|\([^()]*+\))*+"
_START = re.compile(rb"(?:\s|\([^()]*+\))*+(?:([^\s;()=]++)(?!\s*+=))?+" + _BETWEEN)
_PARAMETER = re.compile(
    rb'([^\s=;"()]++)(?:\s|\([^()]*+\))*+'
    rb'(?:=(?:\s|\([^()]*+\))*+(?:"((?:[^"\\]++|\\.)*+)"?|([^;\s]*+(?:[ \t]++[^;\s=]++(?=[\s;]|\Z))*+)))?' + _BETWEEN,
    re.S,
)
_PARENTHESIS, _BACKSLASH, _ASTERISK = b"(\\*"  # numbers, as in encoded_words
_BREAKS = re.compile(r"[\t\r\n]+")
_ESCAPE = re.compile(rb"\\(.)", re.S)


def parse(value: bytes | None) -> tuple[bytes, Parameters]:
    """The first word in lower case, and the parameters: names in lower case, values as they came.

    A value of which any piece is percent-encoded keeps its encoding under ``name*`` (RFC 2231 §4.1).
    """
    if not value:
        return b"", ()
    return _parse_usual(value) if len(value) <= MAX_USUAL else _parse(value[:MAX_VALUE])


def _parse(value: bytes) -> tuple[bytes, Parameters]:
    if _SINGLE.fullmatch(value):
        return value.lower().strip(b'"'), ()
    start = _START.match(value)
    word, at = (start[1] or b"", start.end()) if start else (b"", 0)
    found = []
    continued = False
    for match in islice(_PARAMETER.finditer(value, at), MAX_PARAMETERS):
        name, quoted, plain = match.groups()
        if quoted is None and not plain:
            continue
        text = plain if quoted is None else quoted
        if quoted is None and _PARENTHESIS in plain and name.lower() not in (b"name", b"filename"):
            text = plain.partition(b" (")[0]  # a comment; in the name of a file it belongs to the name
        if quoted and _BACKSLASH in quoted:
            text = _ESCAPE.sub(rb"\1", quoted)
        continued = continued or _ASTERISK in name
        found.append((name.lower(), text))
    return word.lower().strip(b'"'), tuple(_join(found) if continued else found)


# The same few values come with every message.
_parse_usual = lru_cache(maxsize=1024)(_parse)


def _join(found: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """RFC 2231 §3: ``name*0``, ``name*1*`` and so on become one value at the place of the first."""
    pieces: dict[bytes, dict[int, tuple[bytes, bool]]] = {}
    order: list[tuple[bytes, bytes | None]] = []
    for name, value in found:
        stem, _, number = name.removesuffix(b"*").rpartition(b"*")
        if not stem or not number.isdigit() or len(number) > 3:
            order.append((name, value))
            continue
        if stem not in pieces:
            pieces[stem] = {}
            order.append((stem, None))
        pieces[stem].setdefault(int(number), (value, name.endswith(b"*")))
    return [(name, value) if value is not None else _joined(name, pieces[name]) for name, value in order]


def _joined(name: bytes, pieces: dict[int, tuple[bytes, bool]]) -> tuple[bytes, bytes]:
    """What follows a gap in the numbers is left out. A charset has its place in front even when only a later piece is
    encoded (RFC 2231 §4.1)."""
    first = min(pieces)
    values = [pieces[number] for number in takewhile(pieces.__contains__, count(first))]
    if not any(encoded for _, encoded in values):
        return name, b"".join(value for value, _ in values)
    mark = b"" if values[0][1] else b"''"
    return name + b"*", mark + b"".join(value if encoded else value.replace(b"%", b"%25") for value, encoded in values)


def value_of(parameters: Parameters, name: bytes) -> bytes | None:
    """The first value under that very name."""
    for key, value in parameters:
        if key == name:
            return value
    return None


def word_of(parameters: Parameters, name: bytes) -> bytes:
    """The value of a parameter that programs read, b"" without one; some senders percent-encode even these."""
    return value_of(parameters, name) or text_of(parameters, name).encode()


def text_of(parameters: Parameters, name: bytes) -> str:
    """The readable value of a parameter, "" without one: RFC 2231, or RFC 2047 words as many senders do."""
    if not parameters:
        return ""
    extended = value_of(parameters, name + b"*")
    if extended is not None:
        charset, mark, rest = extended.partition(b"'")
        _, mark, text = rest.partition(b"'")
        data = unquote_to_bytes(text if mark else extended)
        return _BREAKS.sub(" ", decode(data, charset) if mark else guess(data))
    plain = value_of(parameters, name)
    return decode_text(plain) if plain else ""
