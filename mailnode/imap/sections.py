"""The pieces of a message that FETCH can ask for (RFC 9051 §6.4.5.1, RFC 3516).

Positions come from the tree that was made at delivery; nothing is parsed here but the lines of a header whose
fields are picked out. The recipient's own trace fields (``prefix``) stand in front of the shared body and count as
part of the message's header.
"""

from __future__ import annotations

from mailnode.errors import UnknownEncoding
from mailnode.message import headers, structure, text
from mailnode.message.decoded import decoded
from mailnode.message.structure import Part
from mailnode.octets import Octets, joined, stretch
from mailnode.proto.imap.commands import Section


class Source:
    """One message, its tree decoded when first needed."""

    __slots__ = ("_parts", "_root", "body", "prefix")

    def __init__(self, prefix: bytes, body: Octets, parts: bytes) -> None:
        self.prefix = prefix
        self.body = body
        self._parts = parts
        self._root: Part | None = None

    @property
    def root(self) -> Part:
        if self._root is None:
            self._root = structure.decode(self._parts)
        return self._root

    def part(self, number: tuple[int, ...]) -> Part | None:
        return structure.find(self.root, ".".join(map(str, number))) if number else self.root


def cut(source: Source, section: Section) -> Octets | None:
    """The octets of the section, its partial range applied; None when the message has no such part."""
    data = _binary(source, section) if section.binary else _text(source, section)
    if data is None or section.partial is None:
        return data
    start, size = section.partial
    return stretch(data, start, start + size)


def _text(source: Source, section: Section) -> Octets | None:
    if not section.part and not section.text:
        return joined([source.prefix, source.body])
    part = source.part(section.part)
    if part is None:
        return None
    if not section.text:
        return stretch(source.body, part.body_start, part.body_end)
    if section.text == "MIME":
        return source.body[part.header_start : part.body_start]
    message = part.message if section.part else part
    if message is None:  # HEADER and TEXT belong to messages, not to other parts
        return None
    if section.text == "TEXT":
        return stretch(source.body, message.body_start, message.body_end)
    header = source.body[message.header_start : message.body_start]
    if not section.part:
        header = source.prefix + header
    return header if section.text == "HEADER" else pick_fields(header, section)


def pick_fields(header: bytes, section: Section) -> bytes:
    """The wanted fields as they stand, in the order of the header, and the blank line behind them.

    A message that ends with its header has no blank line, and then there is none here (RFC 9051 §6.4.5.1).
    """
    wanted = {name.encode("ascii") for name in section.fields}
    but = section.text == "HEADER.FIELDS.NOT"
    end, body_start = headers.split(header)
    lines = [found[0] for found in headers.matches(header, 0, end) if (found[1].upper() in wanted) != but]
    if lines and not lines[-1].endswith(b"\n"):
        lines.append(b"\r\n")
    return b"".join(lines) + (b"\r\n" if end < body_start else b"")


def _binary(source: Source, section: Section) -> Octets | None:
    part = source.part(section.part)
    if part is None:
        return None
    if not section.part:
        return joined([source.prefix, source.body])
    if part.encoding not in text.KNOWN_ENCODINGS:
        raise UnknownEncoding
    return decoded(source.body, part)
