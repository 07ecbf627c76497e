"""The readable text of a message: transfer encodings (RFC 2045 §6) and charsets undone, HTML turned into text."""

from __future__ import annotations

import binascii
import re
from typing import NamedTuple

from mailnode.message.attachments import file_name, leaves
from mailnode.message.charsets import decode
from mailnode.message.encoded_words import unbase64
from mailnode.message.html import to_text
from mailnode.message.parameters import word_of
from mailnode.message.structure import Part
from mailnode.octets import Octets

MAX_TEXT = 1024 * 1024
MAX_NAMES = 1000
# RFC 2045 §6.7 (3): blanks at the end of a line were added on the way, behind a soft line break too.
_LINE_END_BLANKS = re.compile(rb"[ \t](?<![ \t]{2})[ \t]*+(?=\r?\n|\Z)")
_BLANK_BEFORE_LINE_END = re.compile(rb"\n(?:(?<=[ \t]\n)|(?<=[ \t]\r\n))")  # hardly any text has one: soon said


class Text(NamedTuple):
    """One text part and what it says; HTML is already plain text."""

    part: Part
    text: str


def content(raw: Octets, part: Part, limit: int | None = None) -> bytes:
    """The body of a part without its transfer encoding: about the first ``limit`` octets, all without a limit.

    An unknown encoding is taken as none.
    """
    end = part.body_end
    if part.encoding == b"base64":
        end = end if limit is None else min(end, part.body_start + limit * 3 // 2)
        return unbase64(raw[part.body_start : end])
    if part.encoding == b"quoted-printable":
        end = end if limit is None else min(end, part.body_start + limit * 3)
        return quoted_printable(raw[part.body_start : end])[:limit]
    return raw[part.body_start : end if limit is None else min(end, part.body_start + limit)]


def quoted_printable(data: bytes) -> bytes:
    """What a body in quoted-printable says."""
    if data.endswith((b" ", b"\t")) or _BLANK_BEFORE_LINE_END.search(data):
        data = _LINE_END_BLANKS.sub(b"", data)
    return binascii.a2b_qp(data)


KNOWN_ENCODINGS = frozenset((b"7bit", b"8bit", b"binary", b"base64", b"quoted-printable"))


def source(raw: Octets, part: Part, limit: int | None = None) -> str:
    """The text of a text part in Unicode, HTML left as it is."""
    return decode(content(raw, part, limit), word_of(part.params, b"charset"))


def texts(raw: Octets, root: Part, limit: int = MAX_TEXT) -> list[Text]:
    """Every text part, in order, until ``limit`` octets have been read."""
    found: list[Text] = []
    for part in leaves(root):
        if part.type != b"text" or limit <= 0:
            continue
        text = source(raw, part, limit)
        limit -= max(len(text), part.size if part.encoding == b"base64" else 0)
        if part.subtype in (b"html", b"x-amp-html"):
            text = to_text(text)
        found.append(Text(part, text))
    return found


def search_text(raw: Octets, root: Part, found: list[Text] | None = None) -> str:
    """What a search should find: all text and the names of attachments, at most about a megabyte.

    ``found`` saves decoding twice, when the caller has the texts.
    """
    pieces = [text.text for text in (texts(raw, root) if found is None else found)]
    names = [name for part in leaves(root) if (name := _named(part))]
    return "\n".join(pieces + names[:MAX_NAMES])[:MAX_TEXT]


def _named(part: Part) -> str:
    return file_name(part) if part.params or part.disposition_params else ""
